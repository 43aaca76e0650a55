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
	const uint32_t members[] = {1, 2};

	kit_start(&kit, "/dev/shm");
	kit.options.mailbox_max = 100000;
	kit_reopen(&kit);
	kit_people(&kit, 3, 3);
	kit_begin(&kit);
	kit_channel(&kit, 2, members, 2);
	kit_commit(&kit);
	assert_int_equal(store_tidy(kit.st, kit.now, false), 0);
	*state = &kit;
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

/* ---- an erased case -------------------------------------------------------
 */

#define VICTIM 9 /* device and member */

/* Somebody who was carded for case 1, in the clinic's chain. */
static void put_victim(struct kit *k)
{
	static uint8_t bytes[600];
	static const struct id16 clinic;
	struct store_device d = {.id = kit_id('d', VICTIM),
		.member = kit_id('m', VICTIM),
		.role = 2,
		.agency = "advocacy"};
	struct store_act act = {.number = 1, .raw = bytes_of(bytes, 400)};
	struct store_standing at = {.logged = 1};
	struct store_part part = {.case_id = kit_id('s', 1)};
	struct id16 staff = kit_id('m', 1);

	memset(d.transport.b, 0x77, sizeof(d.transport.b));
	assert_int_equal(store_device_put(k->st, &d, bytes_of(bytes, 300)), 0);
	assert_int_equal(
		store_act_add(k->st, &clinic, &act, bytes_of("state", 5)), 0);
	act.number = 2;
	assert_int_equal(
		store_act_add(k->st, &clinic, &act, bytes_of("state", 5)), 0);
	assert_int_equal(store_standing_put(k->st, &d.id, &at), 0);
	assert_int_equal(store_part_put(k->st, &d.member, &part), 0);
	assert_int_equal(store_part_put(k->st, &staff, &part), 0);
}

static void put_blob(struct kit *k, uint32_t n)
{
	static uint8_t body[1000];
	struct store_blob b = {.id = kit_id('b', n),
		.channel = kit_id('c', n),
		.owner = kit_id('d', 1),
		.chunks = 20};

	assert_int_equal(store_blob_begin(k->st, &b), 0);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(store_blob_put(k->st, &b.owner, &b.id, i,
					 bytes_of(body, sizeof(body))),
			0);
}

static void leaf_of(struct kit *k, uint32_t n, uint8_t ret[WIRE_LEAF_LEN])
{
	struct wire_detail d = {.act = WIRE_ACT_SUBMIT,
		.grain = WIRE_GRAIN_SECOND,
		.time = k->now,
		.case_id = kit_id('s', n)};
	struct wire_leaf leaf = {d.act, d.grain, d.time, {{0}}};
	uint8_t mem[WIRE_DETAIL_MAX];
	struct wire_salt salt;
	struct writer w;

	writer_init_fixed(&w, mem, sizeof(mem));
	assert_int_equal(wire_detail_write(&d, &w), 0);
	assert_int_equal(store_log_salt(k->st, &d.case_id, &salt), 0);
	leaf_commit(&salt, writer_view(&w), &leaf.commitment);
	assert_int_equal(wire_leaf_write(&leaf, ret), 0);
	assert_int_equal(store_log_append(k->st, ret, writer_view(&w)), 0);
}

/* What a stranger with the files would look for. */
static void remember_case(struct kit *k, struct remembered *m)
{
	remember(k,
		"SELECT id, body FROM envelope WHERE channel="
		"(SELECT min(id) FROM channel)",
		m);
	remember(k,
		"SELECT id, body FROM chunk WHERE id>>16="
		"(SELECT min(id) FROM blob)",
		m);
	remember(k, "SELECT id, card FROM device WHERE length(card)>200", m);
	remember(k, "SELECT id, body FROM act WHERE id&255=1", m);
	remember(k,
		"SELECT id, secret FROM log_secret WHERE id="
		"(SELECT min(id) FROM log_secret)",
		m);
}

/* In slices, the store in use in between; how many there were. */
static unsigned sweep_all(struct kit *k)
{
	struct store_slice s = {.more = true}, lost;
	unsigned n = 0;

	for (; s.more; n++) {
		kit_begin(k);
		assert_int_equal(store_sweep(k->st, 4, &s), 0);
		assert_true(s.done <= 4 + 1);
		assert_int_equal(kit_submit(k, 1, 2, 1000 + n, "goes on"), 0);
		kit_commit(k);
		/* A slice that is taken back, and one whose commit fails. */
		kit_begin(k);
		assert_int_equal(store_mark(k->st), 0);
		assert_int_equal(store_sweep(k->st, 2, &lost), 0);
		assert_int_equal(store_undo(k->st), 0);
		kit_commit(k);
		kit_begin(k);
		assert_int_equal(store_sweep(k->st, 2, &lost), 0);
		store_abort(k->st);
		if (n == 3) {
			kit_reopen(k);
			assert_int_equal(store_tidy(k->st, k->now, false), 0);
		}
	}
	return n;
}

static void check_proof(struct kit *k, const uint8_t leaf[WIRE_LEAF_LEN],
	uint64_t at, const struct merkle_hash *root)
{
	struct merkle_source src = store_log_source(store_view(k->st));
	struct store_log_whole log;
	struct merkle_hash hash, now;
	struct merkle_proof p;

	merkle_leaf(bytes_of(leaf, WIRE_LEAF_LEN), &hash);
	assert_int_equal(merkle_proof_inclusion(&src, at, 40, &p), 0);
	assert_int_equal(
		merkle_proof_check_inclusion(&p, &hash, at, 40, root), 0);
	assert_int_equal(store_log_verify(store_view(k->st), &log), 0);
	assert_true(log.size >= 40 && !log.times.backdated);
	assert_int_equal(merkle_proof_root(&src, 40, &now), 0);
	assert_true(merkle_eq(&now, root));
}

static void test_an_erased_case_is_gone(void **state)
{
	static const struct id16 clinic;
	struct kit *k = *state;
	struct id16 erased = kit_id('s', 1), victim = kit_id('d', VICTIM);
	struct id16 blob = kit_id('b', 1);
	struct remembered m = {0}, other = {0};
	uint8_t mine[WIRE_LEAF_LEN], theirs[WIRE_LEAF_LEN];
	struct merkle_source src;
	struct merkle_hash root;
	struct store_device d;
	struct store_act act;
	struct store_blob b;
	struct buf raw;

	kit_begin(k);
	put_victim(k);
	for (uint64_t n = 1; n <= 200; n++)
		submit(k, 1 + n % 2, n, 100 + 20 * n);
	put_blob(k, 1);
	put_blob(k, 2);
	for (uint32_t n = 0; n < 20; n++) {
		leaf_of(k, 1, mine);
		leaf_of(k, 2, theirs);
	}
	kit_commit(k);
	src = store_log_source(store_view(k->st));
	assert_int_equal(merkle_proof_root(&src, 40, &root), 0);
	remember_case(k, &m);
	assert_int_equal(m.len, 2 * (100 + 20 + 1 + 1 + 1));
	remember(k,
		"SELECT id, body FROM envelope WHERE channel="
		"(SELECT max(id) FROM channel)",
		&other);

	kit_begin(k);
	assert_int_equal(store_case_erase(k->st, &erased, 2), 0);
	assert_int_equal(store_case_erase(k->st, &erased, 2), 0);
	kit_commit(k);
	/* In slices of four: never long, and not all at once. */
	assert_true(sweep_all(k) > 30);
	cut(k);
	assert_int_equal(count(k, &m), 0);

	/* Nobody else's went, and the log is what it was. */
	assert_int_equal(count(k, &other), other.len);
	check_proof(k, theirs, 39, &root);
	check_proof(k, mine, 38, &root);
	assert_int_equal(store_log_detail(store_view(k->st), 38, &raw),
		ROWAN_E_NOT_FOUND);
	assert_int_equal(store_log_detail(store_view(k->st), 39, &raw), 0);
	buf_wipe(&raw);
	assert_int_equal(store_device_by_id(store_view(k->st), &victim, &d), 0);
	assert_true(d.revoked);
	/* The chain has no gap: of the victim's card the link is left. */
	assert_int_equal(
		store_act_get(store_view(k->st), &clinic, 1, &act, &raw), 0);
	assert_int_equal(act.raw.len, 0);
	buf_wipe(&raw);
	assert_int_equal(
		store_act_get(store_view(k->st), &clinic, 2, &act, &raw), 0);
	assert_int_equal(act.raw.len, 400);
	buf_wipe(&raw);
	assert_int_equal(store_blob_get(store_view(k->st), &blob, &b),
		ROWAN_E_NOT_FOUND);
	/* Nothing comes in any more. */
	kit_begin(k);
	assert_int_not_equal(kit_submit(k, 1, 1, 5000, "too late"), 0);
	kit_commit(k);
	forget(&m);
	forget(&other);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, kit_teardown)
	const struct CMUnitTest tests[] = {
		T(test_acknowledged_is_gone),
		T(test_gone_from_a_living_file),
		T(test_everything_else_is_gone),
		T(test_nothing_in_the_clear),
		T(test_cut_waits_for_readers),
		T(test_an_erased_case_is_gone),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
