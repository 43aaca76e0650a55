/*
 * The store's log: leaves stand and fall with their transaction, proofs hold
 * over every shape of batch, restarts need no recomputation, and what is
 * erased is gone while the tree stays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>
#include <sqlite3.h>

#include "lib/store_kit.h"

#define CASES 64

static int setup(void **state)
{
	struct kit *k = calloc(1, sizeof(*k));

	assert_non_null(k);
	kit_start(k, NULL);
	*state = k;
	return 0;
}

static int teardown(void **state)
{
	struct kit *k = *state;

	kit_check(k);
	kit_stop(k);
	free(k);
	return 0;
}

/* One leaf of case ${n}, 0: of none; its detail says ${number}. */
static int append(struct kit *k, uint32_t n, uint64_t number)
{
	struct wire_detail d = {.act = WIRE_ACT_SUBMIT,
		.grain = WIRE_GRAIN_SECOND,
		.time = k->now,
		.number = number};
	struct wire_leaf l = {d.act, d.grain, d.time, {{0}}};
	uint8_t mem[WIRE_DETAIL_MAX], leaf[WIRE_LEAF_LEN];
	struct wire_salt salt;
	struct writer w;
	int r;

	if (n > 0)
		d.case_id = kit_id('s', n);
	d.device = kit_id('d', n);
	if ((r = store_log_salt(k->st, &d.case_id, &salt)) != 0)
		return r;
	writer_init_fixed(&w, mem, sizeof mem);
	assert_int_equal(wire_detail_write(&d, &w), 0);
	leaf_commit(&salt, writer_view(&w), &l.commitment);
	assert_int_equal(wire_leaf_write(&l, leaf), 0);
	return store_log_append(k->st, leaf, writer_view(&w));
}

static void append_many(
	struct kit *k, uint32_t n, uint64_t number, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(append(k, n, number + i), 0);
}

static uint64_t size_of(struct kit *k)
{
	uint64_t size;

	assert_int_equal(store_log_size(store_view(k->st), &size), 0);
	return size;
}

static void leaf_hash(struct kit *k, uint64_t leaf, struct merkle_hash *ret)
{
	uint8_t mem[WIRE_LEAF_LEN];
	struct writer w;
	size_t n;

	writer_init_fixed(&w, mem, sizeof mem);
	assert_int_equal(
		store_log_leaves(store_view(k->st), leaf, 1, &w, &n), 0);
	assert_int_equal(n, 1);
	merkle_leaf(writer_view(&w), ret);
}

static int open_leaf(struct kit *k, uint64_t leaf, struct wire_detail *ret)
{
	struct store_reader *rd = store_view(k->st);
	uint8_t mem[WIRE_LEAF_LEN], again[WIRE_LEAF_LEN];
	struct wire_opening o;
	struct buf detail;
	struct writer w;
	size_t n;
	int r = store_log_detail(rd, leaf, &detail);

	if (r == 0)
		r = store_log_open(rd, leaf, buf_view(&detail), &o);
	writer_init_fixed(&w, mem, sizeof mem);
	if (r == 0)
		r = store_log_leaves(rd, leaf, 1, &w, &n);
	if (r == 0)
		r = leaf_rebuild(&o, again, ret);
	if (r == 0)
		assert_memory_equal(mem, again, sizeof mem);
	buf_wipe(&detail);
	return r;
}

/* Every leaf is in the tree of ${size}, under the root as stored. */
static void prove_all(struct kit *k, uint64_t size)
{
	struct merkle_source src = store_log_source(store_view(k->st));
	struct merkle_hash root, leaf;
	struct merkle_proof p;
	struct merkle tree;

	store_log_tree(k->st, &tree);
	assert_int_equal(tree.size, size);
	merkle_root(&tree, &root);
	for (uint64_t i = 0; i < size; i++) {
		leaf_hash(k, i, &leaf);
		assert_int_equal(merkle_proof_inclusion(&src, i, size, &p), 0);
		assert_int_equal(
			merkle_proof_check_inclusion(&p, &leaf, i, size, &root),
			0);
	}
}

static void assert_same_tree(const struct merkle *a, const struct merkle *b)
{
	struct merkle_hash x, y;

	merkle_root(a, &x);
	merkle_root(b, &y);
	assert_int_equal(a->size, b->size);
	assert_true(merkle_eq(&x, &y));
}

static void test_grows_with_its_transaction(void **state)
{
	static const size_t sizes[] = {1, 2, 1, 61, 255, 256, 257, 3, 700};
	struct kit *k = *state;
	struct merkle before, after;
	uint64_t size = 0;

	assert_int_equal(size_of(k), 0);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		kit_begin(k);
		append_many(k, 1 + i % 3, size, sizes[i]);
		assert_int_equal(store_log_next(k->st), size + sizes[i]);
		assert_int_equal(size_of(k), size); /* not before the commit */
		kit_commit(k);
		size += sizes[i];
		assert_int_equal(size_of(k), size);
	}
	prove_all(k, size);
	/* The same after a restart, from hashes that are there. */
	store_log_tree(k->st, &before);
	kit_reopen(k);
	store_log_tree(k->st, &after);
	assert_same_tree(&before, &after);
	kit_begin(k);
	append_many(k, 1, size, 5);
	kit_commit(k);
	prove_all(k, size + 5);
}

static void test_every_size_is_consistent_with_every_later(void **state)
{
	struct kit *k = *state;
	struct merkle_source src;
	struct merkle_hash root[130];
	struct merkle_proof p;
	struct merkle tree;

	for (uint64_t n = 0; n < 130; n++) {
		store_log_tree(k->st, &tree);
		merkle_root(&tree, &root[n]);
		kit_begin(k);
		append_many(k, 1, n, 1);
		kit_commit(k);
	}
	src = store_log_source(store_view(k->st));
	for (uint64_t b = 1; b < 130; b++)
		for (uint64_t a = 1; a <= b; a++) {
			assert_int_equal(
				merkle_proof_consistency(&src, a, b, &p), 0);
			assert_int_equal(merkle_proof_check_consistency(
						 &p, a, &root[a], b, &root[b]),
				0);
		}
}

static struct store_log_whole whole(struct kit *k)
{
	struct store_log_whole log;

	assert_int_equal(store_log_verify(store_view(k->st), &log), 0);
	assert_int_equal(log.size, size_of(k));
	return log;
}

/* What was written as of an earlier time than what stands before it. */
static void test_a_backdated_leaf_is_named(void **state)
{
	struct kit *k = *state;
	uint64_t now = k->now;

	kit_begin(k);
	append_many(k, 1, 0, 100);
	kit_commit(k);
	k->now += 100;
	kit_begin(k);
	append_many(k, 2, 0, 100);
	kit_commit(k);
	assert_int_equal(store_log_latest(k->st), now + 100);
	assert_false(whole(k).times.backdated);
	k->now -= 99;
	kit_begin(k);
	append_many(k, 3, 0, 3);
	kit_commit(k);
	assert_true(whole(k).times.backdated);
	assert_int_equal(whole(k).times.leaf, 200);
	assert_int_equal(whole(k).times.latest, now + 100);
	/* A store that is opened anew knows how late it is. */
	kit_reopen(k);
	assert_int_equal(store_log_latest(k->st), now + 100);
	k->now = now + 101;
	kit_begin(k);
	append_many(k, 1, 0, 1);
	assert_int_equal(store_log_latest(k->st), now + 101);
	kit_commit(k);
	assert_int_equal(whole(k).times.leaf, 200);
}

static void test_undone_leaves_never_were(void **state)
{
	struct wire_detail d;
	struct kit *k = *state;
	uint64_t next;

	kit_begin(k);
	assert_int_equal(store_mark(k->st), 0);
	append_many(k, 1, 100, 3);
	assert_int_equal(store_undo(k->st), 0); /* the secret with them */
	assert_int_equal(store_mark(k->st), 0);
	append_many(k, 1, 200, 2);
	assert_int_equal(store_keep(k->st), 0);
	next = store_log_next(k->st);
	append_many(k, 2, 300, 4);
	store_log_back(k->st, next);
	append_many(k, 2, 400, 1);
	kit_commit(k);
	assert_int_equal(size_of(k), 3);
	for (uint64_t i = 0; i < 3; i++) {
		assert_int_equal(open_leaf(k, i, &d), 0);
		assert_int_equal(d.number, i < 2 ? 200 + i : 400);
	}
	kit_begin(k);
	append_many(k, 3, 500, 1);
	store_abort(k->st);
	assert_int_equal(size_of(k), 3);
	kit_begin(k);
	append_many(k, 3, 600, 1);
	kit_commit(k);
	assert_int_equal(open_leaf(k, 3, &d), 0);
	assert_int_equal(d.number, 600);
}

struct seen {
	uint64_t first, last;
	size_t count, empty;
	size_t stop;
};

static bool visit(void *ctx, uint64_t leaf, struct bytes detail)
{
	struct seen *s = ctx;

	if (s->count++ == 0)
		s->first = leaf;
	s->last = leaf;
	s->empty += detail.len == 0;
	return s->count != s->stop;
}

/* A secret that was made in it is not remembered beyond it, however read. */
static void test_secret_of_a_lost_transaction(void **state)
{
	struct kit *k = *state;
	struct wire_detail d;

	kit_begin(k);
	assert_int_equal(append(k, 7, 1), 0);
	assert_int_equal(store_mark(k->st), 0);
	assert_int_equal(append(k, 8, 1), 0);
	assert_int_equal(store_undo(k->st), 0);
	assert_int_equal(append(k, 7, 2), 0);
	store_abort(k->st);

	kit_begin(k);
	append_many(k, 7, 1, 2);
	kit_commit(k);
	kit_reopen(k);
	assert_int_equal(open_leaf(k, 1, &d), 0);
	assert_int_equal(d.number, 2);
}

static void test_walks_in_slices(void **state)
{
	struct kit *k = *state;
	struct store_log_range range = {5, 2};
	struct seen s = {0};
	uint64_t next;

	for (int i = 0; i < 4; i++) {
		kit_begin(k);
		append_many(k, 1, 0, 10);
		kit_commit(k);
	}
	assert_int_equal(
		store_log_walk(store_view(k->st), &range, visit, &s, &next), 0);
	assert_int_equal(next, 20);
	assert_int_equal(s.first, 5);
	assert_int_equal(s.count, 15);
	s = (struct seen){.stop = 3};
	assert_int_equal(
		store_log_walk(store_view(k->st), &range, visit, &s, &next), 0);
	assert_int_equal(next, 8);
	s = (struct seen){0};
	range.from = UINT64_MAX;
	assert_int_equal(store_log_walk_back(
				 store_view(k->st), &range, visit, &s, &next),
		0);
	assert_int_equal(s.first, 39);
	assert_int_equal(s.last, 20);
	assert_int_equal(next, 20);
	range.from = 25;
	s = (struct seen){0};
	assert_int_equal(store_log_walk_back(
				 store_view(k->st), &range, visit, &s, &next),
		0);
	assert_int_equal(s.first, 24);
	assert_int_equal(next, 10);
	range.from = 40;
	assert_int_equal(
		store_log_walk(store_view(k->st), &range, visit, &s, &next), 0);
	assert_int_equal(next, 40);
}

/* Leaves without a detail. */
static uint64_t bare(struct kit *k)
{
	uint64_t n = 0, size = size_of(k);

	for (uint64_t i = 0; i < size; i++) {
		struct buf detail;
		int r = store_log_detail(store_view(k->st), i, &detail);

		assert_true(r == 0 || r == ROWAN_E_NOT_FOUND);
		n += r == ROWAN_E_NOT_FOUND ? 1 : 0;
		buf_wipe(&detail);
	}
	return n;
}

/* To the end; what it says in the end is what there is. */
static void sweep(struct kit *k, uint32_t slice)
{
	struct store_slice s = {.more = true};
	uint64_t gone = UINT64_MAX;

	for (unsigned i = 0; s.more; i++) {
		kit_begin(k);
		assert_int_equal(store_mark(k->st), 0);
		assert_int_equal(store_sweep(k->st, slice, &s), 0);
		/* One that is taken back counts for nothing. */
		if (i % 3 == 1) {
			assert_int_equal(store_undo(k->st), 0);
			kit_commit(k);
			s.more = true;
			continue;
		}
		assert_int_equal(store_keep(k->st), 0);
		kit_commit(k);
		if (s.blanked)
			gone = s.gone;
		/* A restart begins it anew. */
		if (i == 3)
			kit_reopen(k);
	}
	assert_int_equal(gone, bare(k));
}

static void test_erased_is_gone_and_the_tree_stays(void **state)
{
	struct id16 one = kit_id('s', 1), three = kit_id('s', 3);
	struct wire_salt salt;
	struct merkle before, after;
	struct wire_detail d;
	struct kit *k = *state;

	for (uint64_t i = 0; i < 20; i++) {
		kit_begin(k);
		append_many(k, 1 + i % 2, i, 3);
		kit_commit(k);
	}
	store_log_tree(k->st, &before);
	kit_begin(k);
	assert_int_equal(store_log_erase(k->st, &one), 0);
	assert_int_equal(store_log_erase(k->st, &three), 0);
	/* At once, the transaction it is in included. */
	assert_int_equal(store_log_salt(k->st, &one, &salt), ROWAN_E_NOT_FOUND);
	kit_commit(k);
	assert_int_equal(open_leaf(k, 0, &d), ROWAN_E_NOT_FOUND);
	sweep(k, 2);
	store_log_tree(k->st, &after);
	assert_same_tree(&before, &after);
	prove_all(k, 60);
	for (uint64_t i = 0; i < 60; i++)
		assert_int_equal(open_leaf(k, i, &d),
			i / 3 % 2 == 0 ? ROWAN_E_NOT_FOUND : 0);
	/* It never gets another secret, nor does one that never had any. */
	kit_reopen(k);
	kit_begin(k);
	assert_int_equal(append(k, 1, 1), ROWAN_E_NOT_FOUND);
	assert_int_equal(append(k, 3, 1), ROWAN_E_NOT_FOUND);
	assert_int_equal(append(k, 2, 77), 0);
	assert_int_equal(store_log_erase(k->st, &one), 0);
	kit_commit(k);
	assert_int_equal(open_leaf(k, 60, &d), 0);
	assert_int_equal(d.number, 77);
}

/*
 * Nothing but chance makes the secret of a case: of many in one place of what
 * is remembered, and in two stores of the same cases, none is another's.
 */
static void test_every_case_has_its_own_secret(void **state)
{
	static struct wire_salt salt[2 * CASES];
	struct kit *k = *state, second, *kits[] = {k, &second};
	struct wire_salt again;

	kit_start(&second, NULL);
	for (size_t i = 0; i < 2 * CASES; i++) {
		struct kit *in = kits[i / CASES];
		struct id16 id = kit_id('s', 1);

		id.b[3] = (uint8_t)(i % CASES);
		if (i % CASES == 0)
			kit_begin(in);
		assert_int_equal(store_log_salt(in->st, &id, &salt[i]), 0);
		if (i % CASES == CASES - 1)
			kit_commit(in);
	}
	for (size_t i = 0; i < 2 * CASES; i++)
		for (size_t n = 0; n < i; n++)
			assert_memory_not_equal(
				&salt[i], &salt[n], sizeof salt[i]);
	/* And each keeps it. */
	kit_reopen(k);
	kit_begin(k);
	for (size_t i = CASES; i-- > 0;) {
		struct id16 id = kit_id('s', 1);

		id.b[3] = (uint8_t)i;
		assert_int_equal(store_log_salt(k->st, &id, &again), 0);
		assert_memory_equal(&again, &salt[i], sizeof again);
	}
	kit_commit(k);
	kit_stop(&second);
}

static uint32_t case_of(uint64_t leaf)
{
	return 1 + (uint32_t)(leaf * 7 / 3 % 3);
}

/* What is not erased is what it was, whoever had said it first in its row. */
static void assert_details(struct kit *k, uint64_t size, uint32_t erased)
{
	struct wire_detail d;

	for (uint64_t i = 0; i < size; i++) {
		struct id16 device = kit_id('d', case_of(i));
		struct id16 id = kit_id('s', case_of(i));

		if (case_of(i) == erased) {
			assert_int_equal(
				open_leaf(k, i, &d), ROWAN_E_NOT_FOUND);
			continue;
		}
		assert_int_equal(open_leaf(k, i, &d), 0);
		assert_int_equal(d.number, 1000 + i);
		assert_true(id16_eq(&d.device, &device));
		assert_true(id16_eq(&d.case_id, &id));
	}
}

/* Cases lie in the same rows; one of them goes, in every place of a row. */
static void test_erased_in_a_shared_row(void **state)
{
	static const size_t sizes[] = {1, 95, 96, 97, 192, 193, 250};
	struct store_log_range all = {0, 100};
	struct id16 one = kit_id('s', 1);
	struct kit *k = *state;
	struct merkle before, after;
	struct seen s = {0};
	uint64_t size = 0, gone = 0, next;

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		kit_begin(k);
		for (size_t n = 0; n < sizes[i]; n++, size++) {
			assert_int_equal(
				append(k, case_of(size), 1000 + size), 0);
			gone += case_of(size) == 1;
		}
		kit_commit(k);
	}
	assert_details(k, size, 0);
	store_log_tree(k->st, &before);
	kit_begin(k);
	assert_int_equal(store_log_erase(k->st, &one), 0);
	kit_commit(k);
	kit_reopen(k); /* in the middle of it */
	sweep(k, 1);
	assert_details(k, size, 1);
	store_log_tree(k->st, &after);
	assert_same_tree(&before, &after);
	prove_all(k, size);
	assert_int_equal(
		store_log_walk(store_view(k->st), &all, visit, &s, &next), 0);
	assert_int_equal(next, size);
	assert_int_equal(s.empty, gone);
	s = (struct seen){0};
	all.from = size;
	assert_int_equal(
		store_log_walk_back(store_view(k->st), &all, visit, &s, &next),
		0);
	assert_int_equal(next, 0);
	assert_int_equal(s.empty, gone);
}

/* What is undone lies before, on and behind the end of a row. */
static void test_undone_at_the_end_of_a_row(void **state)
{
	struct kit *k = *state;

	for (uint64_t kept = 94; kept <= 98; kept++) {
		uint64_t size = size_of(k), n = size;

		kit_begin(k);
		for (; n < size + kept; n++)
			assert_int_equal(append(k, case_of(n), 1000 + n), 0);
		assert_int_equal(store_mark(k->st), 0);
		append_many(k, 2, 7, 5);
		assert_int_equal(store_undo(k->st), 0);
		assert_int_equal(store_mark(k->st), 0);
		for (; n < size + kept + 3; n++)
			assert_int_equal(append(k, case_of(n), 1000 + n), 0);
		assert_int_equal(store_keep(k->st), 0);
		kit_commit(k);
		assert_int_equal(size_of(k), n);
		kit_reopen(k);
		prove_all(k, n);
		assert_details(k, n, 0);
	}
}

/* Change the closed file behind the store's back. */
static void sql(struct kit *k, const char *text, const char *path)
{
	sqlite3_stmt *q = NULL;
	sqlite3 *db;

	store_close(k->st);
	k->st = NULL;
	assert_int_equal(sqlite3_open(k->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, text, -1, &q, NULL), SQLITE_OK);
	if (path != NULL)
		sqlite3_bind_text(q, 1, path, -1, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(q), SQLITE_DONE);
	sqlite3_finalize(q);
	sqlite3_close(db);
}

/* Opening or checking says that it is damaged; reading ends, somehow. */
static bool is_told(struct kit *k)
{
	struct store_log_range all = {0, 100};
	const char *problem = NULL;
	struct wire_detail d;
	struct seen s = {0};
	uint64_t next;
	bool told;
	int r = store_open(&k->st, &k->options);

	if (r != 0) {
		assert_int_equal(r, ROWAN_E_CORRUPT);
		return true;
	}
	r = store_check(store_view(k->st), &problem);
	told = r == ROWAN_E_CORRUPT && problem != NULL;
	for (uint64_t i = 0; i < 310; i++)
		(void)!open_leaf(k, i, &d);
	(void)!store_log_walk(store_view(k->st), &all, visit, &s, &next);
	all.from = 310;
	(void)!store_log_walk_back(store_view(k->st), &all, visit, &s, &next);
	return told;
}

/* A row of the log that says what no row says. */
static void test_damaged_rows_are_told(void **state)
{
	static const char *const damages[] = {
		"UPDATE log SET tree=substr(tree,2) WHERE id=0",
		"UPDATE log SET tree=CAST(tree||x'00' AS BLOB) WHERE id=96",
		"UPDATE log SET tree=zeroblob(length(tree)) WHERE id=0",
		"UPDATE log SET tree=CAST(substr(tree,1,length(tree)-1)||x'5a'"
		" AS BLOB) WHERE id=0",
		"UPDATE log SET count=count-1 WHERE id=96",
		"UPDATE log SET count=count+1 WHERE id=192",
		"UPDATE log SET count=0 WHERE id=0",
		"UPDATE log SET count=1000 WHERE id=0",
		"UPDATE log SET count=-1 WHERE id=192",
		"UPDATE log SET id=-1 WHERE id=0",
		"UPDATE log SET id=300 WHERE id=192",
		"UPDATE log SET detail=x'' WHERE id=0",
		"UPDATE log SET detail=(SELECT detail FROM log WHERE id=0)"
		" WHERE id=96",
		"DELETE FROM log WHERE id=0",
		"DELETE FROM log WHERE id=96",
	};
	struct kit *k = *state;
	char aside[128];

	kit_begin(k);
	append_many(k, 1, 0, 200);
	kit_commit(k);
	snprintf(aside, sizeof aside, "%s.aside", k->path);
	sql(k, "VACUUM INTO ?1", aside);
	for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
		sql(k, damages[i], NULL);
		if (!is_told(k))
			fail_msg("not told: %s", damages[i]);
		assert_int_equal(rename(aside, k->path), 0);
		sql(k, "VACUUM INTO ?1", aside);
	}
	(void)unlink(aside);
	assert_int_equal(store_open(&k->st, &k->options), 0);
}

/* One bit of a row's column in the file; false beyond its end. */
static bool flip(struct kit *k, const char *column, int64_t row, int bit)
{
	sqlite3_blob *b = NULL;
	sqlite3 *db;
	uint8_t byte;
	bool there;

	store_close(k->st);
	k->st = NULL;
	assert_int_equal(sqlite3_open(k->path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_blob_open(db, "main", "log", column, row, 1, &b),
		SQLITE_OK);
	there = bit / 8 < sqlite3_blob_bytes(b);
	if (there) {
		assert_int_equal(sqlite3_blob_read(b, &byte, 1, bit / 8), 0);
		byte ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(sqlite3_blob_write(b, &byte, 1, bit / 8), 0);
	}
	assert_int_equal(sqlite3_blob_close(b), SQLITE_OK);
	sqlite3_close(db);
	return there;
}

/* Damage is told when it is opened or checked; else the root is another. */
static bool is_same(struct kit *k, const struct merkle_hash *root)
{
	struct store_log_whole log;
	const char *problem = NULL;

	if (store_open(&k->st, &k->options) != 0)
		return false;
	return store_check(store_view(k->st), &problem) == 0 &&
	       store_log_verify(store_view(k->st), &log) == 0 &&
	       merkle_eq(&log.root, root) && !log.times.backdated;
}

/*
 * One bit anywhere in a row: of a leaf, a hash, what is sealed. Here one of
 * each so many, in full rows and in the last one.
 */
static void test_no_bit_of_a_row_can_be_changed(void **state)
{
	static const char *const columns[] = {"tree", "detail"};
	static const int64_t rows[] = {0, 96, 192};
	struct kit *k = *state;
	struct merkle_hash root;
	unsigned seen = 0;

	kit_begin(k);
	append_many(k, 1, 0, 203);
	kit_commit(k);
	root = whole(k).root;
	for (size_t c = 0; c < 2; c++)
		for (size_t r = 0; r < 3; r++) {
			int bit = (int)(13 * r + c);

			for (; flip(k, columns[c], rows[r], bit); bit += 499) {
				if (is_same(k, &root))
					fail_msg("%s of row %d: bit %d",
						columns[c], (int)rows[r], bit);
				assert_true(flip(k, columns[c], rows[r], bit));
				seen++;
			}
			assert_true(is_same(k, &root));
		}
	assert_true(seen > 150);
}

/* Details are nowhere in the clear, and not in the log's file afterwards. */
static void test_details_are_sealed(void **state)
{
	struct kit *k = *state;
	struct id16 device = kit_id('d', 4);

	kit_begin(k);
	append_many(k, 4, 1, 3);
	kit_commit(k);
	assert_false(kit_files_contain(k, device.b, sizeof device.b));
}

static void test_two_erasures_at_once(void **state)
{
	struct id16 a = kit_id('s', 1), b = kit_id('s', 2);
	struct store_slice s;
	struct wire_detail d;
	struct kit *k = *state;

	for (uint64_t i = 0; i < 12; i++) {
		kit_begin(k);
		append_many(k, 1 + i % 3, i, 1);
		kit_commit(k);
	}
	/* The later secret first, and in the middle of it the earlier one. */
	kit_begin(k);
	assert_int_equal(store_log_erase(k->st, &b), 0);
	kit_commit(k);
	kit_begin(k);
	assert_int_equal(store_sweep(k->st, 5, &s), 0);
	assert_int_equal(store_log_erase(k->st, &a), 0);
	kit_commit(k);
	sweep(k, 3);
	for (uint64_t i = 0; i < 12; i++) {
		struct buf detail;

		assert_int_equal(
			store_log_detail(store_view(k->st), i, &detail),
			i % 3 == 2 ? 0 : ROWAN_E_NOT_FOUND);
		buf_wipe(&detail);
	}
	assert_int_equal(open_leaf(k, 2, &d), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_grows_with_its_transaction),
		T(test_every_size_is_consistent_with_every_later),
		T(test_a_backdated_leaf_is_named),
		T(test_undone_leaves_never_were),
		T(test_secret_of_a_lost_transaction),
		T(test_walks_in_slices),
		T(test_erased_is_gone_and_the_tree_stays),
		T(test_every_case_has_its_own_secret),
		T(test_erased_in_a_shared_row),
		T(test_undone_at_the_end_of_a_row),
		T(test_damaged_rows_are_told),
		T(test_no_bit_of_a_row_can_be_changed),
		T(test_details_are_sealed),
		T(test_two_erasures_at_once),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
