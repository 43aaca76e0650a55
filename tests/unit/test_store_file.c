/*
 * The store's file in the wrong hands: another key, another program's file,
 * a newer schema, damage, tampering, a second daemon; and old schemas.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>
#include <sqlite3.h>

#include "lib/faulty_vfs.h"
#include "lib/store_kit.h"
#include "store/schema.h"
#include "store/store_admin.h"

#define SHOWN2(x) #x
#define SHOWN(x)  SHOWN2(x)
#define FIXTURE	  "tests/fixtures/store/schema%d.db"

/* Devices 1 and 2 in channel 1; two envelopes wait for 2. */
static void fill(struct kit *k)
{
	const uint32_t members[] = {1, 2};
	struct id16 id = kit_id('d', 2);
	struct store_package p = {
		.body = bytes_of("package", 7), .until = KIT_NOW + 86400};
	struct store_blob b = {.id = kit_id('b', 1),
		.channel = kit_id('c', 1),
		.owner = kit_id('d', 1),
		.size = 5,
		.chunks = 1};

	kit_begin(k);
	kit_device(k, 1, 1);
	kit_device(k, 2, 2);
	kit_channel(k, 1, members, 2);
	assert_int_equal(kit_submit(k, 1, 1, 1, "the first"), 0);
	assert_int_equal(kit_submit(k, 1, 1, 2, "the second"), 0);
	assert_int_equal(store_package_put(k->st, &id, &p, 10), 0);
	assert_int_equal(store_blob_begin(k->st, &b), 0);
	assert_int_equal(
		store_blob_put(k->st, &b.owner, &b.id, 0, bytes_of("chunk", 5)),
		0);
	kit_commit(k);
}

static int setup(void **state)
{
	static struct kit kit;

	kit_start(&kit, NULL);
	fill(&kit);
	*state = &kit;
	return 0;
}

static int teardown(void **state)
{
	kit_stop(*state);
	return 0;
}

/* Change the closed file behind the store's back. */
static void tamper(struct kit *k, const char *sql)
{
	sqlite3 *db;
	char *message = NULL;

	store_close(k->st);
	k->st = NULL;
	assert_int_equal(sqlite3_open(k->path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s", message);
	sqlite3_close(db);
}

static void refuse(struct kit *k, int code)
{
	assert_int_equal(store_open(&k->st, &k->options), code);
	assert_null(k->st);
}

static void test_other_key(void **state)
{
	struct kit *k = *state;

	store_close(k->st);
	k->key.b[31] ^= 1;
	refuse(k, ROWAN_E_CRYPTO);
	k->key.b[31] ^= 1;
	assert_int_equal(store_open(&k->st, &k->options), 0);
	assert_int_equal(kit_waiting(k, 2), 2);
}

static void test_newer_schema(void **state)
{
	struct kit *k = *state;

	tamper(k, "PRAGMA user_version=1000");
	refuse(k, ROWAN_E_TOO_NEW);
	/* It was not touched. */
	tamper(k, "PRAGMA user_version=" SHOWN(SCHEMA_VERSION));
	assert_int_equal(store_open(&k->st, &k->options), 0);
	assert_int_equal(kit_waiting(k, 2), 2);
}

static void test_something_else(void **state)
{
	struct kit *k = *state;
	char noise[8192];
	FILE *f;

	tamper(k, "PRAGMA application_id=77");
	refuse(k, ROWAN_E_CORRUPT);
	assert_int_equal(unlink(k->path), 0);
	tamper(k, "CREATE TABLE envelope(a)");
	refuse(k, ROWAN_E_CORRUPT);
	f = fopen(k->path, "wb");
	assert_non_null(f);
	randombytes_buf(noise, sizeof(noise));
	assert_int_equal(fwrite(noise, 1, sizeof(noise), f), sizeof(noise));
	fclose(f);
	refuse(k, ROWAN_E_CORRUPT);
	k->options.path = "/dev/null/store.db";
	refuse(k, ROWAN_E_IO);
}

static void test_second_daemon(void **state)
{
	struct kit *k = *state;
	struct store *second;

	assert_int_equal(store_open(&second, &k->options), ROWAN_E_AGAIN);
	assert_null(second);
	assert_int_equal(kit_waiting(k, 2), 2);
}

static void test_damaged_page(void **state)
{
	struct kit *k = *state;
	FILE *f;
	long size;

	tamper(k, "VACUUM");
	f = fopen(k->path, "r+b");
	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	for (long at = 4096; at < size; at += 4096) {
		fseek(f, at, SEEK_SET);
		fwrite("\xff\xff\xff\xff\xff\xff\xff\xff", 1, 8, f);
	}
	fclose(f);
	refuse(k, ROWAN_E_CORRUPT);
}

/* Where the one page of ${table} begins in the file. */
static long page_of(struct kit *k, const char *table)
{
	sqlite3_stmt *q;
	sqlite3 *db;
	long at;

	assert_int_equal(sqlite3_open(k->path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(db,
			"SELECT rootpage FROM sqlite_schema WHERE name=?1", -1,
			&q, NULL),
		SQLITE_OK);
	sqlite3_bind_text(q, 1, table, -1, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	at = (sqlite3_column_int64(q, 0) - 1) * SCHEMA_PAGE;
	sqlite3_finalize(q);
	sqlite3_close(db);
	return at;
}

/* Nothing at the start reads it but the check. */
static void test_damaged_page_of_what_waits(void **state)
{
	struct kit *k = *state;
	FILE *f;

	tamper(k, "VACUUM");
	f = fopen(k->path, "r+b");
	assert_non_null(f);
	fseek(f, page_of(k, "chunk"), SEEK_SET);
	fwrite("\xff\xff\xff\xff\xff\xff\xff\xff", 1, 8, f);
	fclose(f);
	refuse(k, ROWAN_E_CORRUPT);
	k->options.skip_check = true;
	assert_int_equal(store_open(&k->st, &k->options), 0);
}

/* Every one of these is well formed for the engine, and none may open. */
static void test_sealed_rows_bound_to_their_place(void **state)
{
	static const char *const acts[] = {
		"UPDATE envelope SET body=(SELECT body FROM envelope e2"
		" WHERE e2.id<>envelope.id)",
		"UPDATE envelope SET body=substr(body,1,length(body)-1)",
		"UPDATE envelope SET body=x''",
		"UPDATE envelope SET body=zeroblob(length(body))",
		"UPDATE envelope SET body=(SELECT detail FROM device"
		" LIMIT 1)",
	};
	struct kit *k = *state;
	struct store_fetch f = {kit_id('d', 2), 0, 0, 10, 10000};
	struct store_batch *b;
	size_t len;
	bool more;

	assert_int_equal(store_batch_new(&b), 0);
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		tamper(k, acts[i]);
		assert_int_equal(store_open(&k->st, &k->options), 0);
		assert_int_equal(store_fetch(store_view(k->st), &f, b, &more),
			ROWAN_E_CORRUPT);
		store_batch_items(b, &len);
		assert_int_equal(len, 0);
	}
	store_batch_free(b);
}

static void test_tampered_devices(void **state)
{
	struct kit *k = *state;
	struct id16 id = kit_id('d', 1), channel = kit_id('c', 1);
	struct store_device d;

	tamper(k, "UPDATE device SET detail=(SELECT d2.detail FROM device d2"
		  " WHERE d2.id<>device.id)");
	assert_int_equal(store_open(&k->st, &k->options), 0);
	assert_int_equal(store_device_by_id(store_view(k->st), &id, &d),
		ROWAN_E_CORRUPT);
	kit_begin(k);
	assert_int_equal(
		store_channel_access(k->st, &channel, &id), ROWAN_E_CORRUPT);
	assert_int_equal(store_commit(k->st), ROWAN_E_CORRUPT);
}

static void test_planted_trigger_never_runs(void **state)
{
	struct kit *k = *state;

	tamper(k, "CREATE TRIGGER t AFTER DELETE ON delivery BEGIN"
		  " DELETE FROM device; END");
	assert_int_equal(store_open(&k->st, &k->options), 0);
	kit_begin(k);
	assert_int_equal(kit_ack(k, 2, 0, UINT64_MAX), 2);
	kit_commit(k);
	kit_check(k);
	assert_int_equal(kit_waiting(k, 2), 0);
	kit_begin(k);
	assert_int_equal(kit_submit(k, 1, 1, 3, "goes on"), 0);
	kit_commit(k);
}

/* What the check is for: each invariant broken by hand is found. */
static void test_check_finds(void **state)
{
	static const char *const acts[] = {
		"DELETE FROM envelope",
		"DELETE FROM delivery WHERE seq=1",
		"UPDATE delivery SET shared=1",
		"UPDATE envelope SET device=0, seq=0",
		"INSERT INTO pending VALUES(1, 1, 9)",
		"UPDATE mailbox SET reserved=1",
		"UPDATE sequence SET next=1",
		"INSERT INTO chunk VALUES(99<<16, x'00')",
		"UPDATE blob SET have=7",
		"UPDATE device SET revoked=1",
		"PRAGMA foreign_keys=OFF; DELETE FROM member",
	};
	struct kit *k = *state;
	const char *problem;

	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		kit_stop(k);
		kit_start(k, NULL);
		fill(k);
		kit_check(k);
		tamper(k, acts[i]);
		assert_int_equal(store_open(&k->st, &k->options), 0);
		assert_int_equal(store_check(store_view(k->st), &problem),
			ROWAN_E_CORRUPT);
		assert_non_null(problem);
	}
}

/* ---- old schemas ---- */

static void copy(const char *from, const char *to)
{
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	char part[4096];
	size_t n;

	assert_non_null(in);
	assert_non_null(out);
	while ((n = fread(part, 1, sizeof(part), in)) > 0)
		assert_int_equal(fwrite(part, 1, n, out), n);
	fclose(in);
	fclose(out);
}

static void put_fixture(struct kit *k, int version)
{
	static const char *const beside[] = {"-wal", "-shm", "-reserve"};
	char name[128];

	store_close(k->st);
	k->st = NULL;
	for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", k->path, beside[i]);
		(void)unlink(name);
	}
	snprintf(name, sizeof(name), FIXTURE, version);
	copy(name, k->path);
}

/* What fill() made under an old schema is there under the present one. */
static void assert_filled(struct kit *k)
{
	struct id16 id = kit_id('d', 2), blob = kit_id('b', 1);
	struct buf chunk, package;
	struct store_device d;
	bool last;

	kit_check(k);
	assert_int_equal(kit_waiting(k, 2), 2);
	assert_int_equal(store_device_by_id(store_view(k->st), &id, &d), 0);
	assert_string_equal(d.agency, "police");
	assert_int_equal(
		store_blob_chunk(store_view(k->st), &blob, 0, &chunk), 0);
	assert_true(bytes_eq(buf_view(&chunk), bytes_of("chunk", 5)));
	buf_wipe(&chunk);
	kit_begin(k);
	assert_int_equal(kit_submit(k, 1, 1, 2, "a repeat"), 0);
	assert_int_equal(kit_submit(k, 1, 1, 3, "a new one"), 0);
	assert_int_equal(store_package_claim(k->st, &id, &package, &last), 0);
	assert_false(last);
	buf_wipe(&package);
	kit_commit(k);
	assert_int_equal(kit_waiting(k, 2), 3);
	kit_check(k);
}

static void test_fixture(struct kit *k, int version)
{
	put_fixture(k, version);
	assert_int_equal(store_open(&k->st, &k->options), 0);
	assert_filled(k);
}

/* Gone, or another one in its place: nothing more may be promised. */
static void test_removed_files(void **state)
{
	struct kit *k = *state;
	char name[128], aside[128];

	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "%s%s", k->path,
			i < 2 ? "" : "-wal");
		snprintf(aside, sizeof(aside), "%s.aside", k->path);
		assert_int_equal(store_tidy(k->st, ++k->now, false), 0);
		if (i % 2 == 0) {
			assert_int_equal(rename(name, aside), 0);
		} else {
			copy(name, aside);
			/* Both exist now, so they are not the same file. */
			assert_int_equal(rename(aside, name), 0);
		}
		assert_int_equal(store_tidy(k->st, k->now, false), 0);
		assert_int_equal(
			store_tidy(k->st, ++k->now, false), ROWAN_E_CORRUPT);
		if (i % 2 == 0)
			assert_int_equal(rename(aside, name), 0);
		kit_reopen(k);
	}
}

/*
 * With a step that is added to the schema: ROWAN_FIXTURE=n in the environment
 * writes the present schema, which must be n, as the fixture of version n.
 */
static void test_old_schemas(void **state)
{
	struct kit *k = *state;
	const char *write = getenv("ROWAN_FIXTURE");
	char name[64];

	if (write != NULL) {
		snprintf(name, sizeof(name), FIXTURE, atoi(write));
		tamper(k, "VACUUM; PRAGMA journal_mode=DELETE");
		copy(k->path, name);
	}
	/* The present one, too: what was released is kept. */
	for (int version = 1; version <= SCHEMA_VERSION; version++)
		test_fixture(k, version);
}

/* A log that is not read any more is told apart from a damaged one. */
static void test_log_of_before(void **state)
{
	struct kit *k = *state;
	int64_t schema;

	for (int version = 4; version <= 5; version++) {
		put_fixture(k, version);
		tamper(k, "INSERT INTO log VALUES(0,1,zeroblob(42),x'00')");
		assert_int_equal(
			store_schema(k->path, &schema), ROWAN_E_TOO_OLD);
		for (int i = 0; i < 2; i++) /* untouched by the first time */
			refuse(k, ROWAN_E_TOO_OLD);
		tamper(k, "DELETE FROM log");
		assert_int_equal(store_schema(k->path, &schema), 0);
		assert_int_equal(schema, version);
		assert_int_equal(store_open(&k->st, &k->options), 0);
		assert_filled(k);
	}
}

/*
 * The power goes at the ${n}th write of opening a store of an old version, and
 * what was not synced is lost, torn or there. Return false once opening needs
 * fewer writes than that.
 */
static bool cut_at(struct kit *k, int version, uint64_t n, uint64_t seed)
{
	bool hit;
	int r;

	put_fixture(k, version);
	faulty_clear();
	faulty_seed(seed);
	k->options.vfs = FAULTY_VFS;
	faulty_after(n, FAULTY_POWER);
	r = store_open(&k->st, &k->options);
	hit = faulty_hit();
	/* What was opened was opened whole. */
	assert_true(hit || r == 0);
	faulty_power_off();
	store_close(k->st);
	k->st = NULL;
	faulty_power_on();
	assert_int_equal(store_open(&k->st, &k->options), 0);
	assert_filled(k);
	store_close(k->st);
	k->st = NULL;
	k->options.vfs = NULL;
	faulty_clear();
	return hit;
}

static void test_power_cut_in_a_migration(void **state)
{
	struct kit *k = *state;

	faulty_install();
	for (int version = 1; version < SCHEMA_VERSION; version++)
		for (uint64_t seed = 1; seed <= 3; seed++) {
			uint64_t n = 1;

			while (cut_at(k, version, n, seed))
				n++;
			/* Steps there were, and every write of theirs. */
			assert_true(n > 8);
		}
	assert_int_equal(store_open(&k->st, &k->options), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_other_key),
		T(test_newer_schema),
		T(test_something_else),
		T(test_second_daemon),
		T(test_damaged_page),
		T(test_damaged_page_of_what_waits),
		T(test_sealed_rows_bound_to_their_place),
		T(test_tampered_devices),
		T(test_planted_trigger_never_runs),
		T(test_check_finds),
		T(test_removed_files),
		T(test_old_schemas),
		T(test_log_of_before),
		T(test_power_cut_in_a_migration),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
