/*
 * Watching a log: what goes with what was seen and what is an alarm; and which
 * cosignatures a policy asks for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "tlog/cosignature.h"
#include "tlog/policy.h"
#include "tlog/text.h"
#include "tlog/watch.h"

/* ---- watch ----------------------------------------------------------------
 */

static struct merkle trees[2][10]; /* of each size; the second one forks at 4 */
static struct merkle_hash nodes_of[2][4][10];

static int fetch(
	void *ctx, uint8_t level, uint64_t index, struct merkle_hash *ret)
{
	*ret = nodes_of[*(int *)ctx][level][index];
	return 0;
}

static void grow(int which)
{
	struct merkle_node nodes[MERKLE_LEVELS];
	struct merkle_hash leaf;
	size_t n;

	merkle_init(&trees[which][0]);
	for (uint8_t i = 0; i < 9; i++) {
		uint8_t data[2] = {i, i >= 4 ? (uint8_t)which : 0};

		trees[which][i + 1] = trees[which][i];
		merkle_leaf(bytes_of(data, 2), &leaf);
		assert_int_equal(
			merkle_append(&trees[which][i + 1], &leaf, nodes, &n),
			0);
		for (size_t k = 0; k < n; k++)
			nodes_of[which][nodes[k].level][nodes[k].index] =
				nodes[k].hash;
	}
}

static char when[64];

static struct checkpoint at(int which, uint64_t size, uint64_t time)
{
	struct checkpoint c = {.size = size};

	merkle_root(&trees[which][size], &c.root);
	snprintf(when, sizeof when, "time %llu\n", (unsigned long long)time);
	c.extension = bytes_of(when, strlen(when));
	return c;
}

static int prove(int which, struct watch *w, const struct checkpoint *c)
{
	struct merkle_source src = {fetch, &which};
	struct merkle_proof p;

	assert_int_equal(
		merkle_proof_consistency(&src, w->size, c->size, &p), 0);
	return watch_grow(w, c, &p);
}

static void a_log_that_grows_is_followed(void **state)
{
	uint8_t saved[WATCH_SAVED_LEN];
	struct checkpoint c;
	struct watch w, again;

	watch_init(&w);
	for (uint64_t n = 1; n <= 9; n += 2) {
		c = at(0, n, 100 + n);
		assert_int_equal(watch_judge(&w, &c, 200, 0), WATCH_GROWN);
		assert_int_equal(prove(0, &w, &c), 0);
		assert_int_equal(watch_judge(&w, &c, 200, 0), WATCH_SAME);
		watch_save(&w, saved);
		assert_int_equal(
			watch_load(&again, bytes_of(saved, sizeof saved)), 0);
		assert_memory_equal(&w, &again, sizeof w);
	}
	c = at(0, 3, 103);
	assert_int_equal(watch_judge(&w, &c, 200, 0), WATCH_OLDER);
	assert_int_equal(watch_load(&again, bytes_of(saved, sizeof saved - 1)),
		ROWAN_E_CORRUPT);
	saved[0] = 2;
	assert_int_equal(watch_load(&again, bytes_of(saved, sizeof saved)),
		ROWAN_E_TOO_NEW);
}

static void alarms(void **state)
{
	struct checkpoint c = at(0, 6, 100);
	struct watch w, before;

	watch_init(&w);
	assert_int_equal(prove(0, &w, &c), 0);
	/* Another tree of the same size; a smaller one, signed later. */
	c = at(1, 6, 101);
	assert_int_equal(watch_judge(&w, &c, 200, 0), WATCH_FORK);
	c = at(0, 5, 101);
	assert_int_equal(watch_judge(&w, &c, 200, 0), WATCH_SHRUNK);
	/* One that does not say when is no better. */
	c.extension = bytes_of(NULL, 0);
	assert_int_equal(watch_judge(&w, &c, 200, 0), WATCH_SHRUNK);
	/* Grown, and another history: its own proof does not help it. */
	before = w;
	c = at(1, 8, 102);
	assert_int_equal(watch_judge(&w, &c, 200, 0), WATCH_GROWN);
	assert_int_equal(prove(1, &w, &c), ROWAN_E_CHAIN);
	assert_int_equal(prove(0, &w, &c), ROWAN_E_CHAIN);
	assert_memory_equal(&w, &before, sizeof w);
	/* Signed too long ago, and nothing new since. */
	c = at(0, 6, 100);
	assert_int_equal(watch_judge(&w, &c, 160, 60), WATCH_SAME);
	assert_int_equal(watch_judge(&w, &c, 161, 60), WATCH_STALE);
	c.extension = bytes_of("x\n", 2);
	assert_int_equal(watch_judge(&w, &c, 160, 60), WATCH_STALE);
	for (int v = WATCH_SAME; v <= WATCH_STALE; v++)
		assert_string_not_equal(watch_verdict_name(v), "unknown");
}

/* ---- policy ---------------------------------------------------------------
 */

static struct {
	struct note_key key;
	uint8_t sk[64];
	char vkey[256];
} who[4];

static const char *const names[] = {"wa", "wb", "wc", "wd"};

static void make_keys(void)
{
	for (uint8_t i = 0; i < 4; i++) {
		uint8_t seed[32] = {i}, pk[32];
		struct writer w;

		(void)crypto_sign_seed_keypair(pk, who[i].sk, seed);
		assert_int_equal(note_key_init(&who[i].key, names[i],
					 NOTE_COSIGNATURE, pk),
			0);
		writer_init_fixed(&w, who[i].vkey, sizeof who[i].vkey - 1);
		note_key_format(&who[i].key, &w);
	}
}

/* Each % in ${form} is the next witness's key, each & the first one's. */
static int parse(struct policy *p, const char *form, size_t *ret_line)
{
	char text[2048];
	size_t next = 0, len = 0;

	for (; *form != '\0'; form++) {
		const char *add = *form == '%' ? who[next++].vkey : who[0].vkey;

		if (*form != '%' && *form != '&')
			text[len++] = *form;
		else
			len += (size_t)snprintf(
				text + len, sizeof text - len, "%s", add);
	}
	return policy_parse(p, bytes_of(text, len), ret_line);
}

static int judge(const struct policy *p, unsigned signers, uint64_t oldest)
{
	static const char checkpoint[] = "log\n1\n"
					 "3q2+796tvu/erb7v3q2+796tvu/erb7v3q2+"
					 "796tvu8=\n";
	struct writer w;
	struct note n;
	int rc;

	writer_init(&w, 8192);
	writer_raw(&w, checkpoint, sizeof checkpoint - 1);
	writer_raw(&w, "\n", 1);
	writer_raw(&w, "\xe2\x80\x94 log AAAAAA==\n",
		strlen("\xe2\x80\x94 log AAAAAA==\n"));
	for (size_t i = 0; i < 4; i++)
		if (signers >> i & 1)
			assert_int_equal(cosignature_sign(&w,
						 bytes_of(checkpoint,
							 sizeof checkpoint - 1),
						 1000, &who[i].key, who[i].sk),
				0);
	assert_int_equal(note_parse(&n, writer_view(&w)), 0);
	rc = policy_check(p, &n, oldest);
	writer_wipe(&w);
	return rc;
}

static void k_of_n(void **state)
{
	struct policy p;
	size_t line;

	assert_int_equal(parse(&p,
				 "# agencies\n"
				 "witness a %\n"
				 "witness b % https://b.example\n"
				 "\n"
				 "witness c %\n"
				 "group g 2 a b c\n"
				 "quorum g\n",
				 &line),
		0);
	assert_int_equal(policy_needs(&p), 2);
	for (unsigned s = 0; s < 8; s++)
		assert_int_equal(judge(&p, s, 0),
			__builtin_popcount(s) >= 2 ? 0 : ROWAN_E_NOT_FOUND);
	/* A stranger's does not count; nor what was said too long ago. */
	assert_int_equal(judge(&p, 8 | 1, 0), ROWAN_E_NOT_FOUND);
	assert_int_equal(judge(&p, 7, 1001), ROWAN_E_NOT_FOUND);
}

static void groups_of_groups(void **state)
{
	struct policy p;
	size_t line;

	/* One of the police's two, and every other one. */
	assert_int_equal(parse(&p,
				 "witness a %\nwitness b %\nwitness c %\n"
				 "witness d %\ngroup police any a b\n"
				 "group all all police c d\nquorum all",
				 &line),
		0);
	assert_int_equal(policy_needs(&p), 3);
	for (unsigned s = 0; s < 16; s++)
		assert_int_equal(judge(&p, s, 0),
			(s & 3) != 0 && (s & 12) == 12 ? 0 : ROWAN_E_NOT_FOUND);
	assert_int_equal(parse(&p, "quorum none\n", &line), 0);
	assert_int_equal(judge(&p, 0, 0), 0);
	assert_int_equal(policy_needs(&p), 0);
}

static void what_is_no_policy_is_refused(void **state)
{
	static const struct {
		const char *text;
		size_t line;
	} bad[] = {
		{"witness a %\n", 1},
		{"witness a %\nquorum b\n", 2},
		{"witness a %\nwitness a %\nquorum a\n", 2},
		{"witness a &\nwitness b &\nquorum a\n", 2},
		{"witness a %\ngroup g 2 a\nquorum g\n", 2},
		{"witness a %\ngroup g 0 a\nquorum g\n", 2},
		{"witness a %\ngroup g any\nquorum g\n", 2},
		{"witness a %\ngroup g any a a\nquorum g\n", 2},
		{"group g any h\nquorum g\n", 1},
		{"witness none %\nquorum none\n", 1},
		{"witness a %\nquorum a\nquorum a\n", 3},
		{"witness a nonsense\nquorum none\n", 1},
		{"witness a % b c\nquorum a\n", 1},
		{"log %\nquorum none\n", 1},
		{"something else\n", 1},
		/* Of control characters tab and newline alone. */
		{"quorum none\r\n", 1},
		{"# \001\nquorum none\n", 1},
		{"", 0},
	};
	struct policy p;
	size_t line;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (parse(&p, bad[i].text, &line) != ROWAN_E_MALFORMED ||
			line != bad[i].line)
			fail_msg("%zu: line %zu", i, line);
	}
}

/* As many as the format recommends, each key once; and no other log. */
static void logs_that_are_named(void **state)
{
	struct note_key key[33];
	struct policy *p = malloc(sizeof *p);
	uint8_t seed[32] = {1}, sk[64], pk[32];
	struct writer w;
	size_t line, end = 0;

	assert_non_null(p);
	writer_init(&w, POLICY_MAX);
	for (uint8_t i = 0; i < 33; i++) {
		seed[1] = i;
		(void)crypto_sign_seed_keypair(pk, sk, seed);
		assert_int_equal(
			note_key_init(&key[i], "l", NOTE_ED25519, pk), 0);
		if (i == 32)
			break;
		text_write(&w, "log ");
		note_key_format(&key[i], &w);
		text_write(&w, " https://l.example\n");
	}
	end = w.len;
	text_write(&w, "quorum none\n");
	assert_int_equal(policy_parse(p, writer_view(&w), &line), 0);
	for (size_t i = 0; i < 32; i++)
		assert_true(policy_log(p, &key[i]));
	assert_false(policy_log(p, &key[32]));
	/* The same key under another name is another log, and no second. */
	assert_int_equal(
		note_key_init(&key[32], "m", NOTE_ED25519, key[0].pk), 0);
	assert_false(policy_log(p, &key[32]));
	w.len = end / 32;
	text_write(&w, "log ");
	note_key_format(&key[32], &w);
	text_write(&w, "\nquorum none\n");
	assert_int_equal(
		policy_parse(p, writer_view(&w), &line), ROWAN_E_MALFORMED);
	assert_int_equal(line, 2);
	/* None named: any. */
	assert_int_equal(
		policy_parse(p, bytes_of("quorum none", 11), &line), 0);
	assert_true(policy_log(p, &key[0]));
	writer_wipe(&w);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_that_grows_is_followed),
		cmocka_unit_test(alarms),
		cmocka_unit_test(k_of_n),
		cmocka_unit_test(groups_of_groups),
		cmocka_unit_test(logs_that_are_named),
		cmocka_unit_test(what_is_no_policy_is_refused),
	};

	if (sodium_init() < 0)
		return 1;
	grow(0);
	grow(1);
	make_keys();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
