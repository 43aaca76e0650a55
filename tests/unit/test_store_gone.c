/*
 * Gone means gone: what was deleted is in no file of the store, free pages and
 * log included, once the log was cut; and what nobody may read never was.
 *
 * Bodies lie sealed, so it is the sealed bytes that are remembered and
 * searched for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <sodium.h>
#include <sqlite3.h>

#include "lib/store_kit.h"

#define PIECE 24 /* bytes of a sealed value that tell it apart */

struct remembered {
	uint8_t (*pieces)[PIECE];
	int64_t *rows;
	size_t len, cap;
};

static int setup(void **state)
{
	static struct kit kit;
	const uint32_t members[] = {1, 2, 3};

	kit_start(&kit, "/dev/shm");
	kit.options.mailbox_max = 100000;
	kit_reopen(&kit);
	kit_begin(&kit);
	for (uint32_t n = 1; n <= 3; n++)
		kit_device(&kit, n, n);
	kit_channel(&kit, 1, members, 3);
	kit_channel(&kit, 2, members, 2);
	kit_commit(&kit);
	assert_int_equal(store_tidy(kit.st, kit.now, false), 0);
	*state = &kit;
	return 0;
}

static int teardown(void **state)
{
	kit_check(*state);
	kit_stop(*state);
	return 0;
}

/* Pieces of every value of a column: its middle and its end. */
static void remember(struct kit *k, const char *sql, struct remembered *m)
{
	sqlite3_stmt *q;
	sqlite3 *db;

	assert_int_equal(
		sqlite3_open_v2(k->path, &db, SQLITE_OPEN_READWRITE, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
	while (sqlite3_step(q) == SQLITE_ROW) {
		const uint8_t *p = sqlite3_column_blob(q, 1);
		size_t len = (size_t)sqlite3_column_bytes(q, 1);
		const size_t at[2] = {len / 2 - PIECE, len - PIECE};

		assert_true(len >= 2 * PIECE);
		for (int i = 0; i < 2; i++) {
			if (m->len == m->cap) {
				m->cap = m->cap ? 2 * m->cap : 256;
				m->pieces = realloc(
					m->pieces, m->cap * sizeof(*m->pieces));
				m->rows = realloc(
					m->rows, m->cap * sizeof(*m->rows));
			}
			m->rows[m->len] = sqlite3_column_int64(q, 0);
			memcpy(m->pieces[m->len++], p + at[i], PIECE);
		}
	}
	sqlite3_finalize(q);
	sqlite3_close(db);
}

static void forget(struct remembered *m)
{
	free(m->pieces);
	free(m->rows);
	*m = (struct remembered){0};
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, PIECE);
}

/* How many of the pieces are in one file. */
static size_t count_in(const char *name, const struct remembered *m)
{
	FILE *f = fopen(name, "rb");
	uint8_t *data, piece[PIECE];
	size_t found = 0;
	struct stat st;
	uint8_t(*sorted)[PIECE];

	if (f == NULL || m->len == 0)
		return 0;
	assert_int_equal(fstat(fileno(f), &st), 0);
	data = malloc((size_t)st.st_size + 1);
	sorted = malloc(m->len * sizeof(*sorted));
	memcpy(sorted, m->pieces, m->len * sizeof(*sorted));
	qsort(sorted, m->len, PIECE, by_bytes);
	assert_int_equal(fread(data, 1, (size_t)st.st_size, f), st.st_size);
	fclose(f);
	for (off_t i = 0; i + PIECE <= st.st_size; i++) {
		memcpy(piece, data + i, PIECE);
		found +=
			bsearch(piece, sorted, m->len, PIECE, by_bytes) != NULL;
	}
	free(data);
	free(sorted);
	return found;
}

static size_t count(struct kit *k, const struct remembered *m)
{
	char wal[128];

	snprintf(wal, sizeof(wal), "%s-wal", k->path);
	return count_in(k->path, m) + count_in(wal, m);
}

static void cut(struct kit *k)
{
	k->now += 60;
	assert_int_equal(store_tidy(k->st, k->now, false), 0);
}

static void submit(
	struct kit *k, uint32_t channel, uint64_t counter, size_t len)
{
	static uint8_t body[32768];
	struct store_envelope e = kit_envelope(channel, counter, "");
	struct id16 from = kit_id('d', 1);
	struct store_submitted done;

	e.body = bytes_of(body, len);
	assert_int_equal(store_submit(k->st, &from, &e, &done), 0);
}

static void test_acknowledged_is_gone(void **state)
{
	struct kit *k = *state;
	struct remembered m = {0};

	kit_begin(k);
	for (uint64_t n = 1; n <= 1000; n++)
		submit(k, 2, n, 1 + n * 37 % 20000);
	kit_commit(k);
	remember(k, "SELECT id, body FROM envelope", &m);
	assert_int_equal(m.len, 2000);
	assert_true(count(k, &m) >= 1900);
	assert_int_equal(store_tidy(k->st, k->now, false), 0);
	kit_begin(k);
	assert_int_equal(kit_ack(k, 2, 0, UINT64_MAX), 1000);
	kit_commit(k);
	/* The log still has them: it is the cut that matters. */
	assert_true(count(k, &m) > 0);
	cut(k);
	assert_int_equal(count(k, &m), 0);
	forget(&m);
}

/*
 * A mailbox that fills and empties in no order, for long: pages are split,
 * joined and reused, and still nothing of what went is left anywhere.
 */
static void test_gone_from_a_living_file(void **state)
{
	struct kit *k = *state;
	struct remembered m = {0}, live = {0};
	uint64_t n = 0;

	for (int round = 0; round < 40; round++) {
		kit_begin(k);
		for (int i = 0; i < 50; i++)
			submit(k, 1 + n % 2, n + 1,
				1 + randombytes_uniform(i % 10 ? 1500 : 9000)),
				n++;
		kit_commit(k);
		remember(k, "SELECT id, body FROM envelope", &m);
		kit_begin(k);
		for (int i = 0; i < 30; i++) {
			uint64_t at = randombytes_uniform((uint32_t)n) + 1;

			kit_ack(k, 2, at, at + 2);
			kit_ack(k, 3, at, at + 3);
		}
		kit_commit(k);
		if (round % 5 != 4)
			continue;
		cut(k);
		remember(k, "SELECT id, body FROM envelope", &live);
		for (size_t i = 0; i < m.len;) {
			bool alive = false;

			for (size_t j = 0; j < live.len && !alive; j++)
				alive = live.rows[j] == m.rows[i];
			if (alive) {
				m.len--;
				memcpy(m.pieces[i], m.pieces[m.len], PIECE);
				m.rows[i] = m.rows[m.len];
			} else {
				i++;
			}
		}
		assert_true(m.len > 0);
		assert_int_equal(count(k, &m), 0);
		forget(&live);
	}
	forget(&m);
}

static void test_everything_else_is_gone(void **state)
{
	static uint8_t body[20000];
	struct kit *k = *state;
	struct store_slice slice = {.more = true};
	struct store_blob b = {.id = kit_id('b', 1),
		.channel = kit_id('c', 1),
		.owner = kit_id('d', 1),
		.chunks = 20};
	struct store_package p = {
		.until = k->now + 86400, .body = bytes_of(body, 600)};
	struct id16 d2 = kit_id('d', 2), d3 = kit_id('d', 3);
	struct remembered m = {0};
	struct buf got;
	bool last;

	kit_begin(k);
	assert_int_equal(store_blob_begin(k->st, &b), 0);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(store_blob_put(k->st, &b.owner, &b.id, i,
					 bytes_of(body, 1000 * i + 100)),
			0);
	for (uint32_t i = 0; i < 20; i++) {
		memcpy(p.hash, &i, sizeof(i));
		assert_int_equal(
			store_package_put(k->st, i % 2 ? &d2 : &d3, &p, 100),
			0);
	}
	submit(k, 1, 1, 3000);
	assert_int_equal(store_meta_put(k->st, 2000, bytes_of(body, 700)), 0);
	kit_commit(k);
	remember(k, "SELECT id, body FROM chunk", &m);
	remember(k, "SELECT id, body FROM package", &m);
	remember(k, "SELECT key, value FROM meta WHERE key=2000", &m);
	assert_int_equal(m.len, 2 * 41);

	kit_begin(k);
	assert_int_equal(store_blob_delete(k->st, &b.id), 0);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(
			store_package_claim(k->st, &d2, &got, &last), 0);
		buf_wipe(&got);
	}
	assert_int_equal(store_device_revoke(k->st, &d3), 0);
	assert_int_equal(store_meta_put(k->st, 2000, bytes_of(body, 700)), 0);
	while (slice.more)
		assert_int_equal(store_sweep(k->st, 100, &slice), 0);
	kit_commit(k);
	cut(k);
	assert_int_equal(count(k, &m), 0);
	forget(&m);
}

/* Ids, keys, cards, bodies: in no file at any time, waiting or not. */
static void test_nothing_in_the_clear(void **state)
{
	struct kit *k = *state;
	struct id16 ids[] = {
		kit_id('d', 1), kit_id('m', 1), kit_id('c', 1), kit_id('s', 1)};
	struct store_device d;

	kit_begin(k);
	assert_int_equal(kit_submit(k, 1, 1, 1, "planted plaintext"), 0);
	kit_commit(k);
	assert_int_equal(store_device_by_id(store_view(k->st), &ids[0], &d), 0);
	for (int i = 0; i < 2; i++) {
		for (size_t n = 0; n < 4; n++)
			assert_false(kit_files_contain(
				k, ids[n].b, sizeof(ids[n].b)));
		assert_false(kit_files_contain(k, "planted", 7));
		assert_false(kit_files_contain(k, "police", 6));
		assert_false(kit_files_contain(k, "a card", 6));
		assert_false(kit_files_contain(
			k, d.transport.b, sizeof(d.transport.b)));
		assert_false(kit_files_contain(k, k->key.b, sizeof(k->key.b)));
		kit_reopen(k);
	}
}

/* A reader in the middle of its work puts the cut off, not away. */
static void test_cut_waits_for_readers(void **state)
{
	struct kit *k = *state;
	struct remembered m = {0};
	sqlite3_stmt *q;
	sqlite3 *db;

	kit_begin(k);
	submit(k, 2, 1, 1000);
	kit_commit(k);
	remember(k, "SELECT id, body FROM envelope", &m);
	kit_begin(k);
	kit_ack(k, 2, 0, UINT64_MAX);
	kit_commit(k);
	assert_int_equal(sqlite3_open(k->path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(db, "SELECT id FROM device", -1, &q, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	cut(k);
	assert_true(count(k, &m) > 0);
	sqlite3_finalize(q);
	k->now++;
	assert_int_equal(store_tidy(k->st, k->now, false), 0);
	assert_int_equal(count(k, &m), 0);
	sqlite3_close(db);
	forget(&m);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_acknowledged_is_gone),
		T(test_gone_from_a_living_file),
		T(test_everything_else_is_gone),
		T(test_nothing_in_the_clear),
		T(test_cut_waits_for_readers),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
