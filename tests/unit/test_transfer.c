/*
 * Attachments and held messages between two devices: over cuts and restarts,
 * and past a disk that is full.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/transfer_pair.h"
#include "session/transfer/transfer_file.h"
#include "wire/op.h"

static void test_there_and_back(void **state)
{
	static const size_t sizes[] = {
		0, 1, CHUNK_PLAIN_LEN, CHUNK_PLAIN_LEN + 1, PAIR_BIG};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct content_blob blob;
		struct event e;
		unsigned n;

		pair_a.sent = 0;
		blob = pair_upload(pair_big, sizes[i]);
		assert_int_equal(blob.size, sizes[i]);
		e = pair_last_event(&pair_a, &n);
		assert_int_equal(e.type, ROWAN_EVENT_PROGRESS);
		assert_int_equal(e.count, sizes[i]);
		assert_int_equal(e.total, sizes[i]);
		assert_in_range(n, 1, 21);
		assert_int_equal(pair_fetch(2, &blob, pair_out_path()), 0);
		pair_run(&pair_b);
		e = pair_last_event(&pair_b, &n);
		assert_int_equal(e.type, ROWAN_EVENT_FETCHED);
		assert_int_equal(n, 1);
		assert_int_equal(e.message.b[0], 2);
		pair_assert_file(pair_out_path(), pair_big, sizes[i]);
		assert_int_equal(pair_files(&pair_b), 1);
		unlink(pair_out_path());
		assert_int_equal(vault_begin(pair_a.kit.vault), 0);
		assert_int_equal(transfer_drop(pair_a.x, &blob.blob), 0);
		assert_int_equal(vault_commit(pair_a.kit.vault), 0);
	}
}

/* After every single step the process ends, and the connection before it. */
static void test_restarts(void **state)
{
	struct content_blob blob = pair_keep(pair_big, PAIR_BIG);
	enum transfer_state now = TRANSFER_WAITING;
	int code;

	for (int i = 0; i < 200 && now == TRANSFER_WAITING; i++) {
		for (int n = 0; n < 2 + i % 3; n++)
			assert_int_equal(pair_step(&pair_a), 0);
		pair_restart(&pair_a);
		assert_int_equal(
			transfer_state(pair_a.x, &blob.blob, &now, &code), 0);
	}
	assert_int_equal(now, TRANSFER_DONE);
	assert_int_equal(pair_fetch(2, &blob, pair_out_path()), 0);
	for (int i = 0; i < 200 && access(pair_out_path(), F_OK) != 0; i++) {
		for (int n = 0; n < 2 + i % 4; n++)
			assert_int_equal(pair_step(&pair_b), 0);
		pair_restart(&pair_b);
		/* The same fetch. */
		if (access(pair_out_path(), F_OK) != 0)
			assert_int_equal(
				pair_fetch(2, &blob, pair_out_path()), 0);
	}
	pair_run(&pair_b);
	assert_int_equal(
		pair_last_event(&pair_b, NULL).type, ROWAN_EVENT_FETCHED);
	pair_assert_file(pair_out_path(), pair_big, PAIR_BIG);
	assert_int_equal(pair_files(&pair_b), 1);
}

static unsigned cuts;

static enum double_fate cut(void *ctx, struct double_message *m)
{
	uint16_t op = m->header.op & ~WIRE_ANSWER;

	if (op < WIRE_OP_BLOB_BEGIN || op > WIRE_OP_BLOB_DELETE ||
		++cuts % 3 != 0)
		return DOUBLE_PASS;
	return DOUBLE_CUT;
}

static void test_cuts(void **state)
{
	struct content_blob blob;

	relay_double_hook(pair.d, cut, NULL);
	blob = pair_upload(pair_big, PAIR_BIG);
	assert_int_equal(pair_fetch(2, &blob, pair_out_path()), 0);
	pair_run(&pair_b);
	pair_assert_file(pair_out_path(), pair_big, PAIR_BIG);
	assert_true(cuts > 3);
}

/* A name of as many bytes as a disk takes leaves no room for more. */
static void test_long_name(void **state)
{
	struct content_blob blob = pair_upload(pair_big, 1);
	char name[256] = "", path[400];

	for (size_t i = 0; i < 254; i += 2)
		memcpy(name + i, "\xd1\x84", 2);
	name[254] = 'x';
	vault_kit_path(&pair_b.kit, name, path, sizeof path);
	assert_int_equal(pair_fetch(2, &blob, path), 0);
	pair_run(&pair_b);
	pair_assert_file(path, pair_big, 1);
	unlink(path);
}

/* Whoever took the part away, or made it shorter: it is brought again. */
static void test_part_gone(void **state)
{
	struct content_blob blob = pair_upload(pair_big, PAIR_BIG);
	char command[256];

	for (int i = 0; i < 2; i++) {
		assert_int_equal(pair_fetch(2, &blob, pair_out_path()), 0);
		for (int n = 0; n < 4; n++)
			assert_int_equal(pair_step(&pair_b), 0);
		assert_int_equal(pair_files(&pair_b), 1);
		snprintf(command, sizeof command,
			i == 0 ? "rm %s/out.*.part"
			       : "truncate -s 100 %s/out.*.part",
			pair_b.kit.dir);
		pair_restart(&pair_b);
		assert_int_equal(system(command), 0);
		pair_run(&pair_b);
		pair_assert_file(pair_out_path(), pair_big, PAIR_BIG);
		unlink(pair_out_path());
	}
}

/* ---- a daemon that lies ---- */

static void test_never_overwrites(void **state)
{
	struct content_blob blob = pair_upload(pair_big, PAIR_BIG);

	pair_write_file(pair_out_path(), "mine", 4);
	assert_int_equal(pair_fetch(2, &blob, pair_out_path()), ROWAN_E_EXISTS);
	unlink(pair_out_path());
	assert_int_equal(symlink("/nowhere", pair_out_path()), 0);
	assert_int_equal(pair_fetch(2, &blob, pair_out_path()), ROWAN_E_EXISTS);
	unlink(pair_out_path());
	assert_int_equal(pair_fetch(2, &blob, pair_out_path()), 0);
	assert_int_equal(pair_fetch(2, &blob, "/elsewhere"), ROWAN_E_STATE);
	/* Comes while it is under way. */
	assert_int_equal(pair_step(&pair_b), 0);
	pair_write_file(pair_out_path(), "mine", 4);
	chmod(pair_out_path(), 0600);
	pair_run(&pair_b);
	assert_int_equal(pair_last_event(&pair_b, NULL).code, ROWAN_E_EXISTS);
	pair_assert_file(pair_out_path(), "mine", 4);
	assert_int_equal(pair_files(&pair_b), 1);
}

static void test_no_folder(void **state)
{
	struct content_blob blob = pair_upload(pair_big, 10);

	assert_int_equal(pair_fetch(2, &blob, "/dev/shm/no/such/folder/x"), 0);
	pair_run(&pair_b);
	pair_assert_failed(ROWAN_E_NOT_FOUND);
	assert_int_equal(pair_fetch(2, &blob, ""), ROWAN_E_INVAL);
}

static void test_disk_full(void **state)
{
	struct rlimit old, small = {300000, RLIM_INFINITY};
	struct content_blob blob;
	size_t len = 1000000;
	uint8_t *more = calloc(1, len);

	assert_non_null(more);
	blob = pair_upload(more, len);
	free(more);
	/* The relay's own file is short of the limit: its log begins anew. */
	relay_double_restart(pair.d);
	assert_int_equal(pair_fetch(2, &blob, pair_out_path()), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	pair_run(&pair_b);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	pair_assert_failed(ROWAN_E_FULL);
}

static void test_changing_file(void **state)
{
	const struct timespec old[2] = {{1000000000, 0}, {1000000000, 0}};
	struct transfer_source s;
	uint8_t mem[100];
	char path[128];
	FILE *f;

	vault_kit_path(&pair_a.kit, "in", path, sizeof path);
	for (int i = 0; i < 3; i++) {
		pair_write_file(path, pair_big, 100);
		/* The kernel's clock of files may not tick before the end. */
		assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
		assert_int_equal(transfer_file_open(&s, path), 0);
		assert_int_equal(s.size, 100);
		assert_int_equal(transfer_file_read(&s, mem, 50), 0);
		if (i == 0) {
			assert_int_equal(truncate(path, 60), 0);
			assert_int_equal(
				transfer_file_read(&s, mem, 50), ROWAN_E_AGAIN);
		} else {
			f = fopen(path, i == 1 ? "ab" : "r+b");
			assert_non_null(f);
			fputs("x", f);
			fclose(f);
			assert_int_equal(transfer_file_read(&s, mem, 50), 0);
		}
		assert_int_equal(transfer_file_same(&s), ROWAN_E_AGAIN);
		transfer_file_close(&s);
	}
}

static int try_keep(const char *path)
{
	struct transfer_what w = pair_what(1);
	struct content_blob blob;
	int rc;

	assert_int_equal(vault_begin(pair_a.kit.vault), 0);
	rc = transfer_keep_file(pair_a.x, &w, path, &blob);
	vault_abort(pair_a.kit.vault);
	transfer_aborted(pair_a.x);
	if (rc != 0)
		assert_int_equal(blob.size, 0);
	return rc;
}

static void test_what_is_no_file(void **state)
{
	char path[128];

	assert_int_equal(try_keep(pair_a.kit.dir), ROWAN_E_INVAL);
	vault_kit_path(&pair_a.kit, "fifo", path, sizeof path);
	assert_int_equal(try_keep(path), ROWAN_E_NOT_FOUND);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(try_keep(path), ROWAN_E_INVAL);
	vault_kit_path(&pair_a.kit, "huge", path, sizeof path);
	pair_write_file(path, "", 0);
	assert_int_equal(truncate(path, TRANSFER_FILE_MAX + 1), 0);
	assert_int_equal(try_keep(path), ROWAN_E_LIMIT);
	pair_run(&pair_a);
	assert_int_equal(pair_a.sent, 0);
}

/* ---- holding, refusing, giving up ---- */

static struct content_blob keep_held(uint64_t until)
{
	struct transfer_what w = pair_what(1);
	struct content_blob blob;

	w.hold_until = until;
	assert_int_equal(vault_begin(pair_a.kit.vault), 0);
	assert_int_equal(
		transfer_keep_bytes(pair_a.x, &w, bytes_of("held", 4), &blob),
		0);
	assert_int_equal(vault_commit(pair_a.kit.vault), 0);
	pair_run(&pair_a);
	return blob;
}

static void test_held(void **state)
{
	uint64_t day = 86400;
	struct content_blob held = keep_held(DOUBLE_NOW + day), blob;
	struct transfer_what w = pair_what(2);

	pair_a.sent = 0;
	blob = pair_upload(pair_big, PAIR_BIG);
	assert_int_equal(pair_fetch(2, &held, NULL), 0);
	assert_int_equal(pair_fetch(3, &blob, pair_out_path()), 0);
	pair_run(&pair_b);
	/* What is held holds up nobody. */
	pair_assert_file(pair_out_path(), pair_big, PAIR_BIG);
	assert_int_equal(pair_b.given, 0);
	/* In less than an hour it is asked for again, not at once. */
	assert_in_range(transfer_wait(pair_b.x, relay_double_ms(pair.d)), 60000,
		3600000);
	for (uint64_t i = 0; i < 23; i++) {
		relay_double_pass(pair.d, 3600000);
		pair_run(&pair_b);
		assert_int_equal(pair_b.given, 0);
	}
	relay_double_pass(pair.d, 2 * 3600000);
	pair_run(&pair_b);
	assert_int_equal(pair_b.given, 1);
	assert_int_equal(pair_b.given_rc, 0);
	assert_int_equal(pair_b.memory_len, 4);
	assert_memory_equal(pair_b.memory, "held", 4);
	pair_run(&pair_b);
	assert_int_equal(pair_b.given, 1);
	/* Not taken yet: after a restart it comes again. */
	pair_restart(&pair_b);
	pair_run(&pair_b);
	assert_int_equal(pair_b.given, 2);
	assert_int_equal(vault_begin(pair_b.kit.vault), 0);
	assert_int_equal(transfer_fetch_cancel(pair_b.x, &w.message), 0);
	assert_int_equal(vault_commit(pair_b.kit.vault), 0);
	pair_restart(&pair_b);
	pair_run(&pair_b);
	assert_int_equal(pair_b.given, 2);
}

static void test_refused_channel(void **state)
{
	struct content_blob blob;
	enum transfer_state now;
	int code;

	pair.channel.b[5] ^= 1;
	blob = pair_keep(pair_big, PAIR_BIG);
	pair_run(&pair_a);
	assert_int_equal(pair_a.sent, 1);
	assert_int_equal(pair_a.sent_rc, ROWAN_E_REFUSED);
	pair_restart(&pair_a);
	pair_run(&pair_a);
	assert_int_equal(pair_a.sent, 1);
	assert_int_equal(transfer_state(pair_a.x, &blob.blob, &now, &code), 0);
	assert_int_equal(now, TRANSFER_FAILED);
	assert_int_equal(code, ROWAN_E_REFUSED);
}

static void test_drop(void **state)
{
	struct content_blob blob = pair_keep(pair_big, PAIR_BIG);
	enum transfer_state now;
	int code;

	for (int i = 0; i < 3; i++)
		assert_int_equal(pair_step(&pair_a), 0);
	assert_int_equal(vault_begin(pair_a.kit.vault), 0);
	assert_int_equal(transfer_drop(pair_a.x, &blob.blob), 0);
	assert_int_equal(transfer_drop(pair_a.x, &blob.blob), 0);
	assert_int_equal(vault_commit(pair_a.kit.vault), 0);
	assert_int_equal(transfer_state(pair_a.x, &blob.blob, &now, &code),
		ROWAN_E_NOT_FOUND);
	pair_run(&pair_a);
	assert_int_equal(pair_a.sent, 0);
	assert_int_equal(relay_double_requests(pair.d, WIRE_OP_BLOB_DELETE), 1);
	assert_int_equal(pair_fetch(2, &blob, pair_out_path()), 0);
	pair_run(&pair_b);
	pair_assert_failed(ROWAN_E_REFUSED);
}

static void test_cancel(void **state)
{
	struct content_blob blob = pair_upload(pair_big, PAIR_BIG);
	struct transfer_what w = pair_what(2);

	assert_int_equal(pair_fetch(2, &blob, pair_out_path()), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pair_step(&pair_b), 0);
	assert_int_equal(pair_files(&pair_b), 1);
	assert_int_equal(vault_begin(pair_b.kit.vault), 0);
	assert_int_equal(transfer_fetch_cancel(pair_b.x, &w.message), 0);
	assert_int_equal(vault_commit(pair_b.kit.vault), 0);
	pair_run(&pair_b);
	assert_int_equal(pair_files(&pair_b), 0);
	assert_int_not_equal(
		pair_last_event(&pair_b, NULL).type, ROWAN_EVENT_FETCHED);
}

/* A transaction that did not happen leaves nothing to be sent. */
static void test_aborted(void **state)
{
	struct transfer_what w = pair_what(1);
	struct content_blob blob;

	assert_int_equal(vault_begin(pair_a.kit.vault), 0);
	assert_int_equal(
		transfer_keep_bytes(pair_a.x, &w, bytes_of("x", 1), &blob), 0);
	vault_abort(pair_a.kit.vault);
	transfer_aborted(pair_a.x);
	pair_run(&pair_a);
	assert_int_equal(pair_a.sent, 0);
	assert_int_equal(relay_double_requests(pair.d, WIRE_OP_BLOB_BEGIN), 0);
}

static void test_many(void **state)
{
	struct transfer_what w = pair_what(1);
	struct content_blob blob;

	assert_int_equal(vault_begin(pair_a.kit.vault), 0);
	for (int i = 0; i < TRANSFER_MAX; i++)
		assert_int_equal(transfer_keep_bytes(
					 pair_a.x, &w, bytes_of("x", 1), &blob),
			0);
	assert_int_equal(
		transfer_keep_bytes(pair_a.x, &w, bytes_of("x", 1), &blob),
		ROWAN_E_QUOTA);
	assert_int_equal(vault_commit(pair_a.kit.vault), 0);
	relay_double_cut(pair.d, &pair_a.device);
	for (int i = 0; i < TRANSFER_MAX; i++)
		assert_int_equal(pair_fetch((uint8_t)(i + 1), &blob, NULL), 0);
	assert_int_equal(pair_fetch(200, &blob, NULL), ROWAN_E_QUOTA);
	blob.size = TRANSFER_MEMORY_MAX + 1;
	assert_int_equal(pair_fetch(201, &blob, NULL), ROWAN_E_LIMIT);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, pair_setup, pair_teardown)
	const struct CMUnitTest tests[] = {
		T(test_there_and_back),
		T(test_restarts),
		T(test_cuts),
		T(test_long_name),
		T(test_part_gone),
		T(test_never_overwrites),
		T(test_no_folder),
		T(test_disk_full),
		T(test_changing_file),
		T(test_what_is_no_file),
		T(test_held),
		T(test_refused_channel),
		T(test_drop),
		T(test_cancel),
		T(test_aborted),
		T(test_many),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
