/*
 * Leaves: against vectors that a script computed from the definitions, every
 * single bit of an opening, and what is not the one form of anything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "tlog/leaf.h"
#include "tlog/merkle_proof.h"

#define VECTORS	 "tests/tlog/vectors.txt"
#define TREE_MAX 10000

/* ---- the script's vectors -------------------------------------------------
 */

/* All leaves as the script makes them; hashes computed where asked for. */
struct tree {
	struct merkle_hash leaf[TREE_MAX];
	uint64_t size;
};

static void leaf_of(uint64_t i, struct merkle_hash *ret)
{
	uint8_t data[8];

	for (size_t k = 0; k < sizeof data; k++)
		data[k] = (uint8_t)(i >> (8 * k));
	merkle_leaf(bytes_of(data, (size_t)(i % 9)), ret);
}

static int fetch(
	void *ctx, uint8_t level, uint64_t index, struct merkle_hash *ret)
{
	const struct tree *t = ctx;
	struct merkle_hash right;

	if (level == 0) {
		*ret = t->leaf[index];
		return 0;
	}
	(void)fetch(ctx, level - 1, 2 * index, ret);
	(void)fetch(ctx, level - 1, 2 * index + 1, &right);
	merkle_parent(ret, &right, ret);
	return 0;
}

static void root_of(
	const struct tree *t, uint64_t size, struct merkle_hash *ret)
{
	struct merkle_node nodes[MERKLE_LEVELS];
	struct merkle m;
	size_t n;

	merkle_init(&m);
	for (uint64_t i = 0; i < size; i++)
		assert_int_equal(merkle_append(&m, &t->leaf[i], nodes, &n), 0);
	merkle_root(&m, ret);
}

static size_t hex(const char *text, uint8_t *ret, size_t size)
{
	size_t len = 0;

	assert_int_equal(
		sodium_hex2bin(ret, size, text, strlen(text), NULL, &len, NULL),
		0);
	return len;
}

static void check_path(
	struct tree *t, const char *kind, uint64_t a, uint64_t size, char *rest)
{
	struct merkle_source src = {fetch, t};
	struct merkle_proof p;
	struct merkle_hash want, root, old;
	char *word;
	size_t n = 0;
	bool inclusion = strcmp(kind, "inclusion") == 0;

	assert_int_equal(inclusion
				 ? merkle_proof_inclusion(&src, a, size, &p)
				 : merkle_proof_consistency(&src, a, size, &p),
		0);
	while ((word = strtok(rest, " \n")) != NULL) {
		rest = NULL;
		assert_int_equal(hex(word, want.b, sizeof want), sizeof want);
		assert_true(n < p.len && merkle_eq(&p.hash[n], &want));
		n++;
	}
	assert_int_equal(n, p.len);
	root_of(t, size, &root);
	if (inclusion) {
		assert_int_equal(merkle_proof_check_inclusion(
					 &p, &t->leaf[a], a, size, &root),
			0);
		return;
	}
	root_of(t, a, &old);
	assert_int_equal(
		merkle_proof_check_consistency(&p, a, &old, size, &root), 0);
}

static void check_salt(uint64_t number, char *rest)
{
	struct wire_salt want, salt;
	struct key32 secret;

	for (uint8_t i = 0; i < sizeof secret.b; i++)
		secret.b[i] = i;
	leaf_salt(&secret, number, &salt);
	(void)hex(strtok(rest, " \n"), want.b, sizeof want);
	assert_memory_equal(&want, &salt, sizeof want);
}

static bool opens(const uint8_t leaf[WIRE_LEAF_LEN],
	const struct wire_opening *o, struct wire_detail *ret)
{
	uint8_t again[WIRE_LEAF_LEN];

	return leaf_rebuild(o, again, ret) == 0 &&
	       memcmp(again, leaf, sizeof again) == 0;
}

static void check_opening(uint64_t number, char *rest)
{
	uint8_t leaf[WIRE_LEAF_LEN], mem[WIRE_OPENING_MAX];
	struct wire_opening o;
	struct wire_detail d;
	size_t len;

	assert_int_equal(
		hex(strtok(rest, " \n"), leaf, sizeof leaf), sizeof leaf);
	len = hex(strtok(NULL, " \n"), mem, sizeof mem);
	assert_int_equal(wire_opening_read(bytes_of(mem, len), &o), 0);
	assert_true(opens(leaf, &o, &d));
	assert_int_equal(d.number, 42 + number);
	assert_int_equal(o.has_time, d.grain == WIRE_GRAIN_HOUR);
	/* One bit anywhere, and it opens no more. */
	for (size_t bit = 0; bit < 8 * len; bit++) {
		mem[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (wire_opening_read(bytes_of(mem, len), &o) == 0)
			assert_false(opens(leaf, &o, &d));
		mem[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(wire_opening_read(bytes_of(mem, len), &o), 0);
	for (size_t bit = 0; bit < 8 * sizeof leaf; bit++) {
		leaf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(opens(leaf, &o, &d));
		leaf[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void the_scripts_vectors(void **state)
{
	struct tree *t = calloc(1, sizeof *t);
	char line[8192], kind[16];
	unsigned long long a, b;
	FILE *f = fopen(VECTORS, "r");
	size_t lines = 0;
	int at;

	assert_non_null(t);
	assert_non_null(f);
	for (uint64_t i = 0; i < TREE_MAX; i++)
		leaf_of(i, &t->leaf[i]);
	for (; fgets(line, sizeof line, f) != NULL; lines++) {
		struct merkle_hash root, want;

		assert_int_equal(
			sscanf(line, "%15s %llu %n", kind, &a, &at), 2);
		if (strcmp(kind, "root") == 0) {
			root_of(t, a, &root);
			(void)hex(strtok(line + at, "\n"), want.b, sizeof want);
			assert_true(merkle_eq(&root, &want));
		} else if (strcmp(kind, "salt") == 0) {
			check_salt(a, line + at);
		} else if (strcmp(kind, "opening") == 0) {
			check_opening(a, line + at);
		} else {
			int more = 0;

			assert_int_equal(
				sscanf(line + at, "%llu %n", &b, &more), 1);
			check_path(t, kind, a, b, line + at + more);
		}
	}
	assert_true(lines > 90);
	fclose(f);
	free(t);
}

/* ---- one form -------------------------------------------------------------
 */

static struct wire_detail some_detail(void)
{
	struct wire_detail d = {.act = WIRE_ACT_READ,
		.grain = WIRE_GRAIN_HOUR,
		.time = 1800000000,
		.op = 0x24,
		.leaves = {1, 5, 9},
		.leaf_count = 3};

	memset(&d.device, 0xd1, sizeof d.device);
	memset(&d.case_id, 0xca, sizeof d.case_id);
	memset(&d.channel, 0xc1, sizeof d.channel);
	return d;
}

static int write_detail(const struct wire_detail *d)
{
	uint8_t mem[WIRE_DETAIL_MAX];
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	return wire_detail_write(d, &w);
}

static void what_would_not_be_read_is_not_written(void **state)
{
	struct wire_detail d = some_detail();

	assert_int_equal(write_detail(&d), 0);
	d.time++; /* a leaf by the hour shows no second */
	assert_int_equal(write_detail(&d), ROWAN_E_INVAL);
	d = some_detail();
	d.grain = 3;
	assert_int_equal(write_detail(&d), ROWAN_E_INVAL);
	d = some_detail();
	d.act = 0;
	assert_int_equal(write_detail(&d), ROWAN_E_INVAL);
	d = some_detail();
	d.leaves[1] = 9;
	assert_int_equal(write_detail(&d), ROWAN_E_INVAL);
	d = some_detail();
	d.leaf_count = WIRE_READS_MAX + 1;
	assert_int_equal(write_detail(&d), ROWAN_E_INVAL);
	/* What names a channel belongs to a case, and goes with it. */
	d = some_detail();
	memset(&d.case_id, 0, sizeof d.case_id);
	assert_int_equal(write_detail(&d), ROWAN_E_INVAL);
	d = some_detail();
	d.grain = WIRE_GRAIN_SECOND;
	d.exact.b[0] = 1;
	assert_int_equal(write_detail(&d), ROWAN_E_INVAL);
}

static void torn_details_are_refused(void **state)
{
	uint8_t mem[WIRE_DETAIL_MAX];
	struct wire_detail d = some_detail(), again;
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	assert_int_equal(wire_detail_write(&d, &w), 0);
	assert_int_equal(wire_detail_read(writer_view(&w), &again), 0);
	assert_memory_equal(&d.leaves, again.leaves, sizeof d.leaves);
	for (size_t len = 0; len < w.len; len++)
		assert_int_not_equal(
			wire_detail_read(bytes_of(mem, len), &again), 0);
	mem[w.len] = 0;
	assert_int_equal(wire_detail_read(bytes_of(mem, w.len + 1), &again),
		ROWAN_E_MALFORMED);
}

static void the_exact_time_lies_in_its_hour(void **state)
{
	struct wire_detail d = some_detail(), got;
	uint8_t mem[WIRE_DETAIL_MAX], leaf[WIRE_LEAF_LEN];
	struct wire_opening o = {.has_time = true};
	struct writer w;

	memset(&o.time_salt, 7, sizeof o.time_salt);
	/* A daemon that commits to a second of another hour is found out. */
	leaf_exact(&o.time_salt, d.time + 3600, &d.exact);
	o.time = d.time + 3600;
	writer_init_fixed(&w, mem, sizeof mem);
	assert_int_equal(wire_detail_write(&d, &w), 0);
	o.detail = writer_view(&w);
	assert_int_equal(leaf_rebuild(&o, leaf, &got), ROWAN_E_CRYPTO);
	o.time = d.time;
	assert_int_equal(leaf_rebuild(&o, leaf, &got), ROWAN_E_CRYPTO);
	o.has_time = false;
	assert_int_equal(leaf_rebuild(&o, leaf, &got), 0);
}

/* Seconds and hours, and whether each may follow those before it. */
static void times_do_not_go_back(void **state)
{
	static const struct {
		uint8_t grain;
		uint64_t time;
		bool early;
	} rows[] = {{1, 7300, false}, {1, 7300, false},
		/* in that hour still, and the one before it no more */
		{2, 7200, false}, {2, 3600, true}, {1, 7299, true},
		{2, 10800, false}, {1, 10799, true}, {1, 10800, false},
		{1, 14399, false}, {2, 10800, false}, {1, 14398, true},
		{1, 14400, false}, {2, 10800, true}};
	struct leaf_times t = {.latest = 0};
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct wire_leaf l = {
			WIRE_ACT_READ, rows[i].grain, rows[i].time, {{1}}};
		struct leaf_times one = {.latest = t.latest};
		uint8_t raw[WIRE_LEAF_LEN];

		assert_int_equal(wire_leaf_write(&l, raw), 0);
		assert_int_equal(
			leaf_times_add(&one, i, bytes_of(raw, sizeof raw)), 0);
		assert_int_equal(one.backdated, rows[i].early);
		first = first == UINT64_MAX && rows[i].early ? i : first;
		assert_int_equal(
			leaf_times_add(&t, i, bytes_of(raw, sizeof raw)), 0);
		/* The first one is named, and counts for none after it. */
		assert_int_equal(t.backdated, first != UINT64_MAX);
		if (t.backdated)
			assert_int_equal(t.leaf, first);
	}
	assert_int_equal(first, 3);
	assert_int_equal(t.latest, 14400);
	assert_int_equal(
		leaf_times_add(&t, 0, bytes_of("no leaf", 7)), ROWAN_E_VERSION);
}

static void leaves_of_other_versions_are_told_apart(void **state)
{
	struct wire_leaf l = {.act = 1, .grain = 1, .time = 5}, got;
	uint8_t mem[WIRE_LEAF_LEN + 1] = {0};

	assert_int_equal(wire_leaf_write(&l, mem), 0);
	assert_int_equal(wire_leaf_read(bytes_of(mem, WIRE_LEAF_LEN), &got), 0);
	assert_int_equal(wire_leaf_read(bytes_of(mem, WIRE_LEAF_LEN + 1), &got),
		ROWAN_E_MALFORMED);
	assert_int_equal(wire_leaf_read(bytes_of(mem, WIRE_LEAF_LEN - 1), &got),
		ROWAN_E_MALFORMED);
	mem[0] = 2;
	assert_int_equal(wire_leaf_read(bytes_of(mem, WIRE_LEAF_LEN), &got),
		ROWAN_E_VERSION);
	for (uint8_t act = 1; act <= WIRE_ACT_LAST; act++)
		assert_string_not_equal(wire_act_name(act), "unknown");
	assert_string_equal(wire_act_name(WIRE_ACT_LAST + 1), "unknown");
}

/* ---- one opening and the others --------------------------------------------
 */

#define GUESSES 4 /* what a leaf may say: few, so that guessing is easy */
#define OF_CASE 12

static void candidate(uint64_t leaf, size_t guess, struct writer *w)
{
	struct wire_detail d = {.act = WIRE_ACT_SUBMIT,
		.grain = WIRE_GRAIN_SECOND,
		.time = 1700000000 + leaf,
		.case_id = {{7}},
		.number = leaf};
	const char word = (char)('a' + guess);

	leaf_content(bytes_of(&word, 1), &d.content);
	w->len = 0;
	assert_int_equal(wire_detail_write(&d, w), 0);
}

/* Does any guess at the leaf come to its commitment under that salt? */
static bool guessed(uint64_t leaf, const struct wire_salt *salt,
	const struct wire_hash *commitment)
{
	uint8_t mem[WIRE_DETAIL_MAX];
	struct wire_hash got;
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	for (size_t guess = 0; guess < GUESSES; guess++) {
		candidate(leaf, guess, &w);
		leaf_commit(salt, writer_view(&w), &got);
		if (memcmp(&got, commitment, sizeof got) == 0)
			return true;
	}
	return false;
}

/*
 * A bundle discloses one leaf of a case. Whoever has it knows everything about
 * another leaf but which of four things it says, and tries what can be made of
 * the disclosed salt. Who has the case's secret guesses at once.
 */
static void one_opening_helps_with_no_other(void **state)
{
	struct wire_hash commitment[OF_CASE], hash;
	struct wire_salt salt, shown, tried;
	struct key32 secret, made;
	uint8_t mem[WIRE_DETAIL_MAX];
	struct writer w;

	memset(secret.b, 0x5a, sizeof secret.b);
	writer_init_fixed(&w, mem, sizeof mem);
	for (uint64_t i = 0; i < OF_CASE; i++) {
		candidate(i, i % GUESSES, &w);
		leaf_salt(&secret, i, &salt);
		leaf_commit(&salt, writer_view(&w), &commitment[i]);
		assert_true(guessed(i, &salt, &commitment[i]));
	}
	leaf_salt(&secret, 3, &shown);
	assert_true(guessed(3, &shown, &commitment[3]));
	for (uint64_t i = 0; i < OF_CASE; i++) {
		if (i == 3)
			continue;
		/* The salt itself; as if it were the secret. */
		assert_false(guessed(i, &shown, &commitment[i]));
		memcpy(made.b, shown.b, sizeof made.b);
		for (uint64_t n = 0; n < OF_CASE; n++) {
			leaf_salt(&made, n, &tried);
			assert_false(guessed(i, &tried, &commitment[i]));
		}
		/* What is known besides: numbers, commitments, hashes. */
		for (size_t n = 0; n < sizeof shown.b; n++) {
			tried = shown;
			tried.b[n] ^= (uint8_t)(i ^ 3);
			assert_false(guessed(i, &tried, &commitment[i]));
		}
		memcpy(tried.b, commitment[3].b, sizeof tried.b);
		assert_false(guessed(i, &tried, &commitment[i]));
		leaf_exact(&shown, 1700000000 + i, &hash);
		memcpy(tried.b, hash.b, sizeof tried.b);
		assert_false(guessed(i, &tried, &commitment[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_scripts_vectors),
		cmocka_unit_test(what_would_not_be_read_is_not_written),
		cmocka_unit_test(torn_details_are_refused),
		cmocka_unit_test(the_exact_time_lies_in_its_hour),
		cmocka_unit_test(times_do_not_go_back),
		cmocka_unit_test(leaves_of_other_versions_are_told_apart),
		cmocka_unit_test(one_opening_helps_with_no_other),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
