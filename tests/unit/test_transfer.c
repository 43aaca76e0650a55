/*
 * Attachments and held messages between two devices: over cuts and restarts,
 * past a daemon that lies and a disk that is full.
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

#include "lib/double_pair.h"
#include "lib/vault_kit.h"
#include "session/chunk.h"
#include "session/transfer.h"
#include "session/transfer_file.h"
#include "wire/blob.h"
#include "wire/hello.h"
#include "wire/op.h"

#define BIG (20 * CHUNK_PLAIN_LEN + 12345)

/* One device. */
struct side {
	struct id16 device;
	struct vault_kit kit;
	struct events *events;
	struct requests *q;
	struct transfer *x;
	uint64_t greeted;
	unsigned sent, given;
	int sent_rc, given_rc;
	uint8_t memory[4096];
	size_t memory_len;
};

static struct double_pair p;
static struct side a, b;
static uint8_t *big;

static void pushed(void *ctx, const struct wire_message *m)
{
}

static void greeted(void *ctx, const struct requests_outcome *o)
{
	struct side *s = ctx;

	if (o->rc == 0)
		requests_version(s->q, 1);
}

static void sent(void *ctx, const struct id16 *blob, int rc)
{
	struct side *s = ctx;

	s->sent++;
	s->sent_rc = rc;
}

static void given(
	void *ctx, const struct transfer_what *what, int rc, struct bytes data)
{
	struct side *s = ctx;

	s->given++;
	s->given_rc = rc;
	s->memory_len = data.len;
	if (data.len > 0 && data.len <= sizeof s->memory)
		memcpy(s->memory, data.data, data.len);
}

static void start(struct side *s)
{
	struct transfer_options o = {
		.vault = s->kit.vault, .sent = sent, .got = given, .ctx = s};

	assert_int_equal(events_new(&s->events, s->kit.vault), 0);
	assert_int_equal(
		requests_new(&s->q, relay_double_transport(p.d, &s->device),
			pushed, s),
		0);
	s->greeted = 0;
	relay_double_cut(p.d, &s->device);
	o.events = s->events;
	o.requests = s->q;
	assert_int_equal(transfer_new(&s->x, &o), 0);
}

static void stop(struct side *s)
{
	transfer_free(s->x);
	requests_free(s->q);
	events_free(s->events);
}

static void restart(struct side *s)
{
	stop(s);
	vault_kit_again(&s->kit);
	start(s);
}

static int step(struct side *s)
{
	static const struct wire_hello hello = {{1, 1}};
	const struct transport *t = relay_double_transport(p.d, &s->device);
	struct requests_new n = {
		.op = WIRE_OP_HELLO, .done = greeted, .ctx = s};
	struct writer w;
	int rc;

	(void)requests_step(s->q, relay_double_ms(p.d));
	if (t->connection(t->ctx) != s->greeted) {
		s->greeted = t->connection(t->ctx);
		writer_init(&w, 64);
		assert_int_equal(wire_hello_encode(&hello, &w), 0);
		n.body = writer_view(&w);
		assert_int_equal(requests_start(s->q, &n), 0);
		writer_wipe(&w);
	}
	rc = transfer_step(s->x, relay_double_ms(p.d));
	(void)requests_step(s->q, relay_double_ms(p.d));
	return rc;
}

/* Until nothing is due within a minute. */
static void run(struct side *s)
{
	for (int i = 0; i < 20000; i++) {
		uint64_t now = relay_double_ms(p.d), wait, wait2;

		assert_int_equal(step(s), 0);
		wait = transfer_wait(s->x, now);
		wait2 = requests_wait(s->q, now);
		wait = wait < wait2 ? wait : wait2;
		if (wait > 60000)
			return;
		relay_double_pass(p.d, wait);
	}
	fail_msg("%s", "never at rest");
}

static int setup(void **state)
{
	struct config config;

	config_defaults(&config);
	double_pair_begin(&p, &config);
	memset(&a, 0, sizeof a);
	memset(&b, 0, sizeof b);
	a.device = p.alice.id;
	b.device = p.bob.id;
	vault_kit_begin(&a.kit);
	vault_kit_begin(&b.kit);
	start(&a);
	start(&b);
	big = malloc(BIG);
	assert_non_null(big);
	for (size_t i = 0; i < BIG; i++)
		big[i] = (uint8_t)(i * 31 + i / 1000);
	return 0;
}

static int teardown(void **state)
{
	stop(&a);
	stop(&b);
	vault_kit_end(&a.kit);
	vault_kit_end(&b.kit);
	double_pair_end(&p);
	free(big);
	return 0;
}

/* ---- what the tests say ---- */

static struct transfer_what what(uint8_t message)
{
	struct transfer_what w = {.channel = p.channel};

	w.message.b[0] = message;
	return w;
}

static void write_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void assert_file(const char *path, const void *data, size_t len)
{
	uint8_t *mem = malloc(len + 1);
	FILE *f = fopen(path, "rb");
	struct stat st;

	assert_non_null(f);
	assert_non_null(mem);
	assert_int_equal(fread(mem, 1, len + 1, f), len);
	if (len > 0)
		assert_memory_equal(mem, data, len);
	assert_int_equal(fstat(fileno(f), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_nlink, 1);
	fclose(f);
	free(mem);
}

static size_t files(const struct side *s)
{
	char command[128];
	unsigned n = 0;
	FILE *f;

	snprintf(command, sizeof command, "ls -A %s | grep -vc '^vault'",
		s->kit.dir);
	f = popen(command, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%u", &n), 1);
	pclose(f);
	return n;
}

static struct content_blob keep(const void *data, size_t len)
{
	struct content_blob blob;
	char path[128];
	struct transfer_what w = what(1);

	vault_kit_path(&a.kit, "in", path, sizeof path);
	write_file(path, data, len);
	assert_int_equal(vault_begin(a.kit.vault), 0);
	assert_int_equal(transfer_keep_file(a.x, &w, path, &blob), 0);
	assert_int_equal(vault_commit(a.kit.vault), 0);
	unlink(path);
	return blob;
}

static struct content_blob upload(const void *data, size_t len)
{
	struct content_blob blob = keep(data, len);
	enum transfer_state state;
	int code;

	run(&a);
	assert_int_equal(transfer_state(a.x, &blob.blob, &state, &code), 0);
	assert_int_equal(state, TRANSFER_DONE);
	assert_int_equal(a.sent, 1);
	assert_int_equal(a.sent_rc, 0);
	return blob;
}

static char *out_path(void)
{
	static char path[128];

	vault_kit_path(&b.kit, "out", path, sizeof path);
	return path;
}

static int fetch(
	uint8_t message, const struct content_blob *blob, const char *path)
{
	struct transfer_what w = what(message);
	int rc;

	assert_int_equal(vault_begin(b.kit.vault), 0);
	rc = transfer_fetch(b.x, &w, blob, path);
	if (rc == 0) {
		assert_int_equal(vault_commit(b.kit.vault), 0);
	} else {
		vault_abort(b.kit.vault);
		transfer_aborted(b.x);
	}
	return rc;
}

/* The last event of a side, and how many there were of its type. */
static struct event last_event(struct side *s, unsigned *ret_count)
{
	unsigned count[100] = {0};
	struct event e, last = {0};
	struct buf mem;

	while (events_next(s->events, &e, &mem) == 0) {
		assert_int_equal(events_done(s->events, e.number), 0);
		assert_true(e.type < 100);
		count[e.type]++;
		last = e;
		buf_wipe(&mem);
	}
	if (ret_count != NULL)
		*ret_count = count[last.type];
	return last;
}

static void assert_failed(int code)
{
	struct event e = last_event(&b, NULL);
	struct transfer_what w = what(2);

	assert_int_equal(e.type, ROWAN_EVENT_FETCH_FAILED);
	assert_int_equal(e.code, code);
	assert_int_equal(files(&b), 0);
	assert_int_equal(vault_begin(b.kit.vault), 0);
	assert_int_equal(
		transfer_fetch_cancel(b.x, &w.message), ROWAN_E_NOT_FOUND);
	vault_abort(b.kit.vault);
}

/* ---- */

static void test_there_and_back(void **state)
{
	static const size_t sizes[] = {
		0, 1, CHUNK_PLAIN_LEN, CHUNK_PLAIN_LEN + 1, BIG};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct content_blob blob;
		struct event e;
		unsigned n;

		a.sent = 0;
		blob = upload(big, sizes[i]);
		assert_int_equal(blob.size, sizes[i]);
		e = last_event(&a, &n);
		assert_int_equal(e.type, ROWAN_EVENT_PROGRESS);
		assert_int_equal(e.count, sizes[i]);
		assert_int_equal(e.total, sizes[i]);
		assert_in_range(n, 1, 21);
		assert_int_equal(fetch(2, &blob, out_path()), 0);
		run(&b);
		e = last_event(&b, &n);
		assert_int_equal(e.type, ROWAN_EVENT_FETCHED);
		assert_int_equal(n, 1);
		assert_int_equal(e.message.b[0], 2);
		assert_file(out_path(), big, sizes[i]);
		assert_int_equal(files(&b), 1);
		unlink(out_path());
		assert_int_equal(vault_begin(a.kit.vault), 0);
		assert_int_equal(transfer_drop(a.x, &blob.blob), 0);
		assert_int_equal(vault_commit(a.kit.vault), 0);
	}
}

/* After every single step the process ends, and the connection before it. */
static void test_restarts(void **state)
{
	struct content_blob blob = keep(big, BIG);
	enum transfer_state now = TRANSFER_WAITING;
	int code;

	for (int i = 0; i < 200 && now == TRANSFER_WAITING; i++) {
		for (int n = 0; n < 2 + i % 3; n++)
			assert_int_equal(step(&a), 0);
		restart(&a);
		assert_int_equal(
			transfer_state(a.x, &blob.blob, &now, &code), 0);
	}
	assert_int_equal(now, TRANSFER_DONE);
	assert_int_equal(fetch(2, &blob, out_path()), 0);
	for (int i = 0; i < 200 && access(out_path(), F_OK) != 0; i++) {
		for (int n = 0; n < 2 + i % 4; n++)
			assert_int_equal(step(&b), 0);
		restart(&b);
		/* The same fetch. */
		if (access(out_path(), F_OK) != 0)
			assert_int_equal(fetch(2, &blob, out_path()), 0);
	}
	run(&b);
	assert_int_equal(last_event(&b, NULL).type, ROWAN_EVENT_FETCHED);
	assert_file(out_path(), big, BIG);
	assert_int_equal(files(&b), 1);
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

	relay_double_hook(p.d, cut, NULL);
	blob = upload(big, BIG);
	assert_int_equal(fetch(2, &blob, out_path()), 0);
	run(&b);
	assert_file(out_path(), big, BIG);
	assert_true(cuts > 3);
}

/* Whoever took the part away, or made it shorter: it is brought again. */
static void test_part_gone(void **state)
{
	struct content_blob blob = upload(big, BIG);
	char command[256];

	for (int i = 0; i < 2; i++) {
		assert_int_equal(fetch(2, &blob, out_path()), 0);
		for (int n = 0; n < 4; n++)
			assert_int_equal(step(&b), 0);
		assert_int_equal(files(&b), 1);
		snprintf(command, sizeof command,
			i == 0 ? "rm %s/out.*.part"
			       : "truncate -s 100 %s/out.*.part",
			b.kit.dir);
		restart(&b);
		assert_int_equal(system(command), 0);
		run(&b);
		assert_file(out_path(), big, BIG);
		unlink(out_path());
	}
}

/* ---- a daemon that lies ---- */

static void set_answer(struct double_message *m, struct wire_blob_get_answer *g)
{
	struct writer w;

	writer_init(&w, 256);
	assert_int_equal(wire_blob_get_answer_encode(g, &w), 0);
	assert_int_equal(buf_set(&m->frame[1], writer_view(&w)), 0);
	writer_wipe(&w);
}

static void get_answer(struct double_message *m, struct wire_blob_get_answer *g)
{
	static struct bytes frames[WIRE_FRAMES_MAX];
	struct wire_message wm;

	for (size_t i = 0; i < m->count; i++)
		frames[i] = buf_view(&m->frame[i]);
	assert_int_equal(wire_message_assemble(frames, m->count, &wm), 0);
	assert_int_equal(wire_blob_get_answer_decode(&wm, g), 0);
}

static void swap(struct double_message *m)
{
	struct buf one = m->frame[2];

	m->frame[2] = m->frame[3];
	m->frame[3] = one;
}

static void repeat(struct double_message *m)
{
	assert_int_equal(buf_set(&m->frame[3], buf_view(&m->frame[2])), 0);
}

static void flip(struct double_message *m)
{
	m->frame[4].data[77] ^= 1;
}

static void grow(struct double_message *m)
{
	struct wire_blob_get_answer g;

	get_answer(m, &g);
	g.size += 10 * WIRE_CHUNK_LEN;
	set_answer(m, &g);
}

static void shrink(struct double_message *m)
{
	struct wire_blob_get_answer g;

	get_answer(m, &g);
	buf_wipe(&m->frame[--m->count]);
	g.count--;
	g.size = g.count * (uint64_t)WIRE_CHUNK_LEN;
	set_answer(m, &g);
}

static void elsewhere(struct double_message *m)
{
	struct wire_blob_get_answer g;

	get_answer(m, &g);
	g.first = 1;
	buf_wipe(&m->frame[--m->count]);
	g.count--;
	set_answer(m, &g);
}

static enum double_fate lie(void *ctx, struct double_message *m)
{
	void (*const *alter)(struct double_message *) = ctx;

	if (m->header.op == (WIRE_OP_BLOB_GET | WIRE_ANSWER))
		(*alter)(m);
	return DOUBLE_PASS;
}

static void test_lies(void **state)
{
	static void (*lies[])(struct double_message *) = {
		swap, repeat, flip, grow, shrink, elsewhere};
	struct content_blob blob = upload(big, BIG);

	for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
		relay_double_hook(p.d, lie, &lies[i]);
		assert_int_equal(fetch(2, &blob, out_path()), 0);
		run(&b);
		assert_failed(ROWAN_E_CRYPTO);
	}
	relay_double_hook(p.d, NULL, NULL);
	assert_int_equal(fetch(2, &blob, out_path()), 0);
	run(&b);
	assert_file(out_path(), big, BIG);
}

/* The message promised something else than what the blob holds. */
static void test_false_digest(void **state)
{
	struct content_blob blob = upload(big, BIG);

	blob.digest.b[0] ^= 1;
	assert_int_equal(fetch(2, &blob, out_path()), 0);
	run(&b);
	assert_failed(ROWAN_E_CRYPTO);
	assert_int_equal(fetch(2, &blob, NULL), ROWAN_E_LIMIT);
}

static void test_other_blob(void **state)
{
	struct content_blob one = upload(big, BIG), two, mixed;

	a.sent = 0;
	two = upload(big, BIG);
	mixed = one;
	mixed.blob = two.blob;
	assert_int_equal(fetch(2, &mixed, out_path()), 0);
	run(&b);
	assert_failed(ROWAN_E_CRYPTO);
	mixed = one;
	mixed.size -= 100000;
	assert_int_equal(fetch(2, &mixed, out_path()), 0);
	run(&b);
	assert_failed(ROWAN_E_CRYPTO);
	mixed = one;
	mixed.blob.b[0] ^= 1;
	assert_int_equal(fetch(2, &mixed, out_path()), 0);
	run(&b);
	assert_failed(ROWAN_E_REFUSED);
}

static enum double_fate stuck(void *ctx, struct double_message *m)
{
	if (m->header.op == (WIRE_OP_BLOB_PUT | WIRE_ANSWER))
		memset(m->frame[1].data, 0, m->frame[1].len);
	return DOUBLE_PASS;
}

static enum double_fate beyond(void *ctx, struct double_message *m)
{
	if (m->header.op == (WIRE_OP_BLOB_BEGIN | WIRE_ANSWER))
		m->frame[1].data[m->frame[1].len - 1] = 100;
	return DOUBLE_PASS;
}

/* An upload that never gets further, or too far, is given up. */
static void test_false_progress(void **state)
{
	double_hook *const hooks[] = {stuck, beyond};
	enum transfer_state now;
	int code;

	for (unsigned i = 0; i < 2; i++) {
		struct content_blob blob = keep(big, BIG);

		relay_double_hook(p.d, hooks[i], NULL);
		run(&a);
		assert_int_equal(
			transfer_state(a.x, &blob.blob, &now, &code), 0);
		assert_int_equal(now, TRANSFER_FAILED);
		assert_int_equal(code, ROWAN_E_MALFORMED);
		assert_int_equal(a.sent, i + 1);
		assert_int_equal(a.sent_rc, ROWAN_E_MALFORMED);
	}
}

/* ---- this machine ---- */

static void test_never_overwrites(void **state)
{
	struct content_blob blob = upload(big, BIG);

	write_file(out_path(), "mine", 4);
	assert_int_equal(fetch(2, &blob, out_path()), ROWAN_E_EXISTS);
	unlink(out_path());
	assert_int_equal(symlink("/nowhere", out_path()), 0);
	assert_int_equal(fetch(2, &blob, out_path()), ROWAN_E_EXISTS);
	unlink(out_path());
	assert_int_equal(fetch(2, &blob, out_path()), 0);
	assert_int_equal(fetch(2, &blob, "/elsewhere"), ROWAN_E_STATE);
	/* Comes while it is under way. */
	assert_int_equal(step(&b), 0);
	write_file(out_path(), "mine", 4);
	chmod(out_path(), 0600);
	run(&b);
	assert_int_equal(last_event(&b, NULL).code, ROWAN_E_EXISTS);
	assert_file(out_path(), "mine", 4);
	assert_int_equal(files(&b), 1);
}

static void test_no_folder(void **state)
{
	struct content_blob blob = upload(big, 10);

	assert_int_equal(fetch(2, &blob, "/dev/shm/no/such/folder/x"), 0);
	run(&b);
	assert_failed(ROWAN_E_NOT_FOUND);
	assert_int_equal(fetch(2, &blob, ""), ROWAN_E_INVAL);
}

static void test_disk_full(void **state)
{
	struct rlimit old, small = {300000, RLIM_INFINITY};
	struct content_blob blob;
	size_t len = 1000000;
	uint8_t *more = calloc(1, len);

	assert_non_null(more);
	blob = upload(more, len);
	free(more);
	assert_int_equal(fetch(2, &blob, out_path()), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	run(&b);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_failed(ROWAN_E_FULL);
}

static void test_changing_file(void **state)
{
	struct transfer_source s;
	uint8_t mem[100];
	char path[128];
	FILE *f;

	vault_kit_path(&a.kit, "in", path, sizeof path);
	for (int i = 0; i < 3; i++) {
		write_file(path, big, 100);
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
	struct transfer_what w = what(1);
	struct content_blob blob;
	int rc;

	assert_int_equal(vault_begin(a.kit.vault), 0);
	rc = transfer_keep_file(a.x, &w, path, &blob);
	vault_abort(a.kit.vault);
	transfer_aborted(a.x);
	if (rc != 0)
		assert_int_equal(blob.size, 0);
	return rc;
}

static void test_what_is_no_file(void **state)
{
	char path[128];

	assert_int_equal(try_keep(a.kit.dir), ROWAN_E_INVAL);
	vault_kit_path(&a.kit, "fifo", path, sizeof path);
	assert_int_equal(try_keep(path), ROWAN_E_NOT_FOUND);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(try_keep(path), ROWAN_E_INVAL);
	vault_kit_path(&a.kit, "huge", path, sizeof path);
	write_file(path, "", 0);
	assert_int_equal(truncate(path, TRANSFER_FILE_MAX + 1), 0);
	assert_int_equal(try_keep(path), ROWAN_E_LIMIT);
	run(&a);
	assert_int_equal(a.sent, 0);
}

/* ---- holding, refusing, giving up ---- */

static struct content_blob keep_held(uint64_t until)
{
	struct transfer_what w = what(1);
	struct content_blob blob;

	w.hold_until = until;
	assert_int_equal(vault_begin(a.kit.vault), 0);
	assert_int_equal(
		transfer_keep_bytes(a.x, &w, bytes_of("held", 4), &blob), 0);
	assert_int_equal(vault_commit(a.kit.vault), 0);
	run(&a);
	return blob;
}

static void test_held(void **state)
{
	uint64_t day = 86400;
	struct content_blob held = keep_held(DOUBLE_NOW + day), blob;
	struct transfer_what w = what(2);

	a.sent = 0;
	blob = upload(big, BIG);
	assert_int_equal(fetch(2, &held, NULL), 0);
	assert_int_equal(fetch(3, &blob, out_path()), 0);
	run(&b);
	/* What is held holds up nobody. */
	assert_file(out_path(), big, BIG);
	assert_int_equal(b.given, 0);
	/* In less than an hour it is asked for again, not at once. */
	assert_in_range(
		transfer_wait(b.x, relay_double_ms(p.d)), 60000, 3600000);
	for (uint64_t i = 0; i < 23; i++) {
		relay_double_pass(p.d, 3600000);
		run(&b);
		assert_int_equal(b.given, 0);
	}
	relay_double_pass(p.d, 2 * 3600000);
	run(&b);
	assert_int_equal(b.given, 1);
	assert_int_equal(b.given_rc, 0);
	assert_int_equal(b.memory_len, 4);
	assert_memory_equal(b.memory, "held", 4);
	run(&b);
	assert_int_equal(b.given, 1);
	/* Not taken yet: after a restart it comes again. */
	restart(&b);
	run(&b);
	assert_int_equal(b.given, 2);
	assert_int_equal(vault_begin(b.kit.vault), 0);
	assert_int_equal(transfer_fetch_cancel(b.x, &w.message), 0);
	assert_int_equal(vault_commit(b.kit.vault), 0);
	restart(&b);
	run(&b);
	assert_int_equal(b.given, 2);
}

static void test_refused_channel(void **state)
{
	struct content_blob blob;
	enum transfer_state now;
	int code;

	p.channel.b[5] ^= 1;
	blob = keep(big, BIG);
	run(&a);
	assert_int_equal(a.sent, 1);
	assert_int_equal(a.sent_rc, ROWAN_E_REFUSED);
	restart(&a);
	run(&a);
	assert_int_equal(a.sent, 1);
	assert_int_equal(transfer_state(a.x, &blob.blob, &now, &code), 0);
	assert_int_equal(now, TRANSFER_FAILED);
	assert_int_equal(code, ROWAN_E_REFUSED);
}

static void test_drop(void **state)
{
	struct content_blob blob = keep(big, BIG);
	enum transfer_state now;
	int code;

	for (int i = 0; i < 3; i++)
		assert_int_equal(step(&a), 0);
	assert_int_equal(vault_begin(a.kit.vault), 0);
	assert_int_equal(transfer_drop(a.x, &blob.blob), 0);
	assert_int_equal(transfer_drop(a.x, &blob.blob), 0);
	assert_int_equal(vault_commit(a.kit.vault), 0);
	assert_int_equal(transfer_state(a.x, &blob.blob, &now, &code),
		ROWAN_E_NOT_FOUND);
	run(&a);
	assert_int_equal(a.sent, 0);
	assert_int_equal(relay_double_requests(p.d, WIRE_OP_BLOB_DELETE), 1);
	assert_int_equal(fetch(2, &blob, out_path()), 0);
	run(&b);
	assert_failed(ROWAN_E_REFUSED);
}

static void test_cancel(void **state)
{
	struct content_blob blob = upload(big, BIG);
	struct transfer_what w = what(2);

	assert_int_equal(fetch(2, &blob, out_path()), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(step(&b), 0);
	assert_int_equal(files(&b), 1);
	assert_int_equal(vault_begin(b.kit.vault), 0);
	assert_int_equal(transfer_fetch_cancel(b.x, &w.message), 0);
	assert_int_equal(vault_commit(b.kit.vault), 0);
	run(&b);
	assert_int_equal(files(&b), 0);
	assert_int_not_equal(last_event(&b, NULL).type, ROWAN_EVENT_FETCHED);
}

/* A transaction that did not happen leaves nothing to be sent. */
static void test_aborted(void **state)
{
	struct transfer_what w = what(1);
	struct content_blob blob;

	assert_int_equal(vault_begin(a.kit.vault), 0);
	assert_int_equal(
		transfer_keep_bytes(a.x, &w, bytes_of("x", 1), &blob), 0);
	vault_abort(a.kit.vault);
	transfer_aborted(a.x);
	run(&a);
	assert_int_equal(a.sent, 0);
	assert_int_equal(relay_double_requests(p.d, WIRE_OP_BLOB_BEGIN), 0);
}

static void test_many(void **state)
{
	struct transfer_what w = what(1);
	struct content_blob blob;

	assert_int_equal(vault_begin(a.kit.vault), 0);
	for (int i = 0; i < TRANSFER_MAX; i++)
		assert_int_equal(
			transfer_keep_bytes(a.x, &w, bytes_of("x", 1), &blob),
			0);
	assert_int_equal(transfer_keep_bytes(a.x, &w, bytes_of("x", 1), &blob),
		ROWAN_E_QUOTA);
	assert_int_equal(vault_commit(a.kit.vault), 0);
	relay_double_cut(p.d, &a.device);
	for (int i = 0; i < TRANSFER_MAX; i++)
		assert_int_equal(fetch((uint8_t)(i + 1), &blob, NULL), 0);
	assert_int_equal(fetch(200, &blob, NULL), ROWAN_E_QUOTA);
	blob.size = TRANSFER_MEMORY_MAX + 1;
	assert_int_equal(fetch(201, &blob, NULL), ROWAN_E_LIMIT);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_there_and_back),
		T(test_restarts),
		T(test_cuts),
		T(test_part_gone),
		T(test_lies),
		T(test_false_digest),
		T(test_other_blob),
		T(test_false_progress),
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
