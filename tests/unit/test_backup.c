/* Backups: sealed and opened, and every way in which a file is none. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>
#include <sys/stat.h>

#include "backup/folder.h"
#include "backup/format.h"
#include "backup/restore.h"
#include "clinic/tombstones.h"

static struct key32 secret, public;
static char dir[64];

static int start(void **state)
{
	strcpy(dir, "/tmp/backup.XXXXXX");
	randombytes_buf(secret.b, KEY32_LEN);
	return sodium_init() < 0 ||
	       crypto_scalarmult_base(public.b, secret.b) != 0 ||
	       mkdtemp(dir) == NULL;
}

static int stop(void **state)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	return system(command);
}

static int temp(void)
{
	char path[128];
	int fd;

	snprintf(path, sizeof path, "%s/XXXXXX", dir);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	unlink(path);
	return fd;
}

static void manifest_of(int fd, struct backup_manifest *m)
{
	memset(m, 0, sizeof *m);
	assert_int_equal(backup_hash(&(struct backup_from){fd, NULL}, m->hash,
				 &m->bytes),
		0);
	m->time = 1700000000;
	m->schema = 4;
	m->log_size = 9;
	strcpy(m->by, "0.1.0");
}

/* A backup of ${len} bytes; the caller closes. */
static int sealed(size_t len, uint8_t *content)
{
	struct backup_manifest m;
	int from = temp(), to = temp();

	randombytes_buf(content, len);
	assert_int_equal(write(from, content, len), (ssize_t)len);
	manifest_of(from, &m);
	assert_int_equal(
		backup_seal(&(struct backup_from){from, NULL}, to, &public, &m),
		0);
	close(from);
	return to;
}

static void round_trips(void **state)
{
	/* Around the size of a chunk: the manifest takes some of the first. */
	static const size_t sizes[] = {0, 1, 4096, 65536 - 200, 65536 - 104,
		65536 - 103, 65536 - 102, 65536, 65537, 200000};
	uint8_t *content = malloc(200000), *back = malloc(200000);

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct backup_manifest m;
		int file = sealed(sizes[i], content), to = temp();

		assert_int_equal(backup_open(file, to, &secret, &m), 0);
		assert_int_equal(m.bytes, sizes[i]);
		assert_int_equal(m.log_size, 9);
		lseek(to, 0, SEEK_SET);
		assert_int_equal(read(to, back, 200000), (ssize_t)sizes[i]);
		assert_memory_equal(back, content, sizes[i]);
		/* Only looked at. */
		assert_int_equal(backup_open(file, -1, &secret, &m), 0);
		close(file);
		close(to);
	}
	free(content);
	free(back);
}

static void other_key(void **state)
{
	struct backup_manifest m;
	struct key32 other;
	uint8_t content[100];
	int file = sealed(sizeof content, content);

	randombytes_buf(other.b, KEY32_LEN);
	assert_int_equal(backup_open(file, -1, &other, &m), ROWAN_E_CRYPTO);
	close(file);
}

static void flip(int fd, off_t at, int bit)
{
	uint8_t b;

	assert_int_equal(pread(fd, &b, 1, at), 1);
	b ^= (uint8_t)(1 << bit);
	assert_int_equal(pwrite(fd, &b, 1, at), 1);
}

/* One bit anywhere; a file cut short anywhere; a byte too many. */
static void damage(void **state)
{
	uint8_t *content = malloc(70000);
	struct backup_manifest m;
	int file = sealed(70000, content);
	off_t len = lseek(file, 0, SEEK_END);

	for (off_t at = 0; at < len; at += at < 400 ? 1 : 4099) {
		flip(file, at, (int)(at % 8));
		assert_int_not_equal(backup_open(file, -1, &secret, &m), 0);
		assert_int_equal(m.bytes, 0);
		flip(file, at, (int)(at % 8));
	}
	assert_int_equal(backup_open(file, -1, &secret, &m), 0);
	lseek(file, 0, SEEK_END);
	assert_int_equal(write(file, "x", 1), 1);
	assert_int_not_equal(backup_open(file, -1, &secret, &m), 0);
	for (off_t n = len - 1; n > 0; n -= n < 300 ? 1 : 997) {
		assert_int_equal(ftruncate(file, n), 0);
		assert_int_not_equal(backup_open(file, -1, &secret, &m), 0);
	}
	close(file);
	free(content);
}

static void manifests(void **state)
{
	struct backup_manifest m, back;
	struct writer w;

	/* Compared with what lies between the fields. */
	memset(&m, 0, sizeof m);
	m.time = 1;
	m.bytes = 3;
	m.hash[0] = 4;
	m.log_size = 5;
	strcpy(m.by, "0.1");
	writer_init(&w, BACKUP_MANIFEST_MAX);
	assert_int_equal(backup_manifest_encode(&m, &w), 0);
	assert_int_equal(backup_manifest_decode(writer_view(&w), &back), 0);
	assert_memory_equal(&m, &back, sizeof m);
	for (size_t n = 0; n < w.len; n++)
		assert_int_not_equal(
			backup_manifest_decode(bytes_of(w.data, n), &back), 0);
	w.data[1] = 9;
	assert_int_equal(backup_manifest_decode(writer_view(&w), &back),
		ROWAN_E_VERSION);
	writer_wipe(&w);
}

/* The public key's file cannot be taken for a secret one, nor back. */
static void key_files(void **state)
{
	char path[128];
	struct key32 back;
	FILE *f;

	snprintf(path, sizeof path, "%s/pub", dir);
	assert_int_equal(backup_key_read(path, &back), ROWAN_E_NOT_FOUND);
	assert_int_equal(backup_key_write(path, &public), 0);
	assert_int_equal(backup_key_write(path, &public), ROWAN_E_EXISTS);
	assert_int_equal(backup_key_read(path, &back), 0);
	assert_memory_equal(back.b, public.b, KEY32_LEN);
	f = fopen(path, "w");
	for (int i = 0; i < 64; i++)
		fputc('a', f);
	fputc('\n', f);
	fclose(f);
	assert_int_equal(backup_key_read(path, &back), ROWAN_E_MALFORMED);
}

static void names(void **state)
{
	char name[BACKUP_NAME_LEN + 1];
	uint64_t t;

	backup_name(1700000000, name);
	assert_string_equal(name, "rowan-20231114T221320Z.backup");
	assert_true(backup_time(name, &t));
	assert_int_equal(t, 1700000000);
	assert_false(backup_time("rowan-20231314T221320Z.backup", &t));
	assert_false(backup_time("rowan-20231114T221320Z.backup.part", &t));
	assert_false(backup_time("../rowan-20231114T221320Z.backup", &t));
	assert_false(backup_time("", &t));
}

static void list_and_note(void **state)
{
	struct backup_manifest m = {1700000000, 4, 3, {4}, 5, {6}, "0.1"};
	struct backup_entry list[2], e = {.time = 1700000000};
	char path[128], text[1024];
	size_t n;
	FILE *f;

	for (uint64_t t = 1700000000; t < 1700000003; t++) {
		backup_name(t, e.name);
		snprintf(path, sizeof path, "%s/%s", dir, e.name);
		f = fopen(path, "w");
		fputs("abc", f);
		fclose(f);
		assert_int_equal(backup_note(dir, &e, &m, NULL), 0);
	}
	assert_int_equal(backup_list(dir, list, 2, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(list[0].time, 1700000001);
	assert_int_equal(list[1].time, 1700000002);
	assert_true(list[1].noted);
	assert_int_equal(list[1].log_size, 5);
	assert_int_equal(backup_newest(dir, &e), 0);
	assert_int_equal(e.time, 1700000002);
	/* What `b2sum -l 256` says of "abc". */
	snprintf(strrchr(path, '.'), 6, ".note");
	f = fopen(path, "r");
	assert_non_null(f);
	text[fread(text, 1, sizeof text - 1, f)] = '\0';
	fclose(f);
	assert_non_null(strstr(text, "\nfile bddd813c634239723171ef3fee98579b"
				     "94964e3bb1cb3e427262c8c068d52319\n"));
	assert_int_equal(backup_newest("/no/such", &e), ROWAN_E_NOT_FOUND);
}

/* A disk that is full when only the note is missing: none of it is left. */
static void no_room_for_the_note(void **state)
{
	struct backup_manifest m = {1700000007, 4, 3, {4}, 5, {6}, "0.1"};
	struct backup_entry e = {.time = 1700000007};
	char path[128];
	struct stat st;
	FILE *f;

	backup_name(e.time, e.name);
	snprintf(path, sizeof path, "%s/%s", dir, e.name);
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
	snprintf(strrchr(path, '.'), 6, ".note");
	assert_int_equal(symlink("/dev/full", path), 0);
	assert_int_equal(backup_note(dir, &e, &m, NULL), ROWAN_E_FULL);
	assert_int_not_equal(lstat(path, &st), 0);
}

static void pending_notes(void **state)
{
	struct restore_pending p, back;
	char path[128];

	memset(&p, 0, sizeof p);
	p.made = 7;
	p.heads = (struct wire_st_restore){1, {{2}}, 3, {{4}}};
	assert_int_equal(restore_pending_read(dir, &back), ROWAN_E_NOT_FOUND);
	assert_int_equal(restore_pending_write(dir, &p, bytes_of(NULL, 0)), 0);
	assert_int_equal(restore_pending_read(dir, &back), 0);
	assert_memory_equal(&p, &back, sizeof p);
	/* One that cannot be read is no "nothing": nobody serves it. */
	snprintf(path, sizeof path, "%s/" RESTORE_PENDING, dir);
	assert_int_equal(truncate(path, 40), 0);
	assert_int_equal(restore_pending_read(dir, &back), ROWAN_E_CORRUPT);
}

static void tombstones(void **state)
{
	struct id16 cases[2] = {{{1}}, {{0xff, 2}}}, *back;
	char path[128];
	size_t n;
	FILE *f;

	snprintf(path, sizeof path, "%s/" TOMBSTONES_NAME, dir);
	assert_int_equal(tombstones_read(path, &back, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(tombstones_add(dir, cases, 1), 0);
	assert_int_equal(tombstones_add(dir, cases, 2), 0);
	assert_int_equal(tombstones_read(path, &back, &n), 0);
	assert_int_equal(n, 3);
	assert_memory_equal(&back[2], &cases[1], ID16_LEN);
	free(back);
	/* Half a line is no tombstone, and nothing is restored over it. */
	f = fopen(path, "a");
	fputs("case 00", f);
	fclose(f);
	assert_int_equal(tombstones_read(path, &back, &n), ROWAN_E_CORRUPT);
	assert_null(back);
	/* Whoever adds to it knows the whole of it. */
	assert_int_equal(tombstones_add(dir, cases, 1), 0);
	assert_int_equal(tombstones_read(path, &back, &n), 0);
	assert_int_equal(n, 4);
	free(back);
	assert_int_equal(truncate(path, 10), 0);
	assert_int_equal(tombstones_read(path, &back, &n), ROWAN_E_CORRUPT);
	assert_int_equal(tombstones_add(dir, cases, 1), 0);
	assert_int_equal(tombstones_read(path, &back, &n), 0);
	assert_int_equal(n, 1);
	free(back);
	assert_int_equal(
		tombstones_add("/no/such", cases, 1), ROWAN_E_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(other_key),
		cmocka_unit_test(damage),
		cmocka_unit_test(manifests),
		cmocka_unit_test(key_files),
		cmocka_unit_test(names),
		cmocka_unit_test(list_and_note),
		cmocka_unit_test(no_room_for_the_note),
		cmocka_unit_test(pending_notes),
		cmocka_unit_test(tombstones),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
