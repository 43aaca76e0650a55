/*
 * The store's part in trust: chains without gaps, standings, parts, groups,
 * and that none of it can be read or moved without the store key.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>
#include <sqlite3.h>

#include "lib/store_kit.h"

static struct bytes text(const char *s)
{
	return bytes_of(s, strlen(s));
}

static int setup(void **state)
{
	static struct kit k;

	if (sodium_init() < 0)
		return -1;
	kit_start(&k, NULL);
	*state = &k;
	return 0;
}

/* The chains are made up: not for the whole check. */
static int teardown(void **state)
{
	kit_stop(*state);
	return 0;
}

static int add(struct kit *k, const struct id16 *chain, uint64_t number,
	const char *raw, const char *state)
{
	struct store_act act = {.number = number, .time = k->now};

	act.head[0] = (uint8_t)number;
	act.subject[31] = 7;
	act.content[5] = 9;
	act.raw = text(raw);
	return store_act_add(k->st, chain, &act, text(state));
}

static void assert_act(struct kit *k, const struct id16 *chain, uint64_t number,
	const char *raw)
{
	struct store_act act;
	struct buf b;
	int rc = store_act_get(store_view(k->st), chain, number, &act, &b);

	assert_int_equal(rc, raw == NULL ? ROWAN_E_NOT_FOUND : 0);
	if (raw != NULL) {
		assert_true(bytes_eq(act.raw, text(raw)));
		assert_int_equal(act.number, number);
		assert_int_equal(act.time, k->now);
		assert_int_equal(act.head[0], number);
		assert_int_equal(act.subject[31], 7);
		assert_int_equal(act.content[5], 9);
	}
	buf_wipe(&b);
}

static void assert_state(
	struct kit *k, const struct id16 *chain, const char *state)
{
	struct buf b;
	int rc = store_chain_state(store_view(k->st), chain, &b);

	assert_int_equal(rc, state == NULL ? ROWAN_E_NOT_FOUND : 0);
	if (state != NULL)
		assert_true(bytes_eq(buf_view(&b), text(state)));
	buf_wipe(&b);
}

static void chains_grow_one_by_one(void **state)
{
	struct kit *k = *state;
	struct id16 clinic = {{0}}, a = kit_id('s', 1);

	assert_state(k, &clinic, NULL);
	assert_int_equal(add(k, &clinic, 1, "x", "y"), ROWAN_E_STATE);
	kit_begin(k);
	assert_int_equal(store_chain_begin(k->st, &clinic, text("genesis")), 0);
	assert_int_equal(store_chain_begin(k->st, &clinic, text("again")),
		ROWAN_E_EXISTS);
	assert_int_equal(add(k, &clinic, 1, "first", "s1"), 0);
	assert_int_equal(add(k, &clinic, 3, "gap", "s3"), ROWAN_E_EXISTS);
	assert_int_equal(add(k, &clinic, 1, "twice", "s1"), ROWAN_E_EXISTS);
	assert_int_equal(add(k, &clinic, 2, "second", "s2"), 0);
	assert_int_equal(add(k, &a, 1, "open", "case"), 0);
	kit_commit(k);
	kit_reopen(k);
	assert_act(k, &clinic, 1, "first");
	assert_act(k, &clinic, 2, "second");
	assert_act(k, &clinic, 3, NULL);
	assert_act(k, &clinic, 0, NULL);
	assert_act(k, &a, 1, "open");
	assert_state(k, &clinic, "s2");
	assert_state(k, &a, "case");
	/* a mark takes statement and state back together */
	kit_begin(k);
	assert_int_equal(store_mark(k->st), 0);
	assert_int_equal(add(k, &a, 2, "assign", "case 2"), 0);
	assert_int_equal(store_undo(k->st), 0);
	kit_commit(k);
	assert_act(k, &a, 2, NULL);
	assert_state(k, &a, "case");
}

static void limits_of_chains_hold(void **state)
{
	struct kit *k = *state;
	struct id16 a = kit_id('s', 1);
	struct store_act act = {.number = 1};
	struct buf big;

	assert_int_equal(buf_alloc(&big, STORE_STATE_MAX + 1), 0);
	kit_begin(k);
	act.raw = bytes_of(big.data, STORE_ACT_MAX + 1);
	assert_int_equal(
		store_act_add(k->st, &a, &act, text("s")), ROWAN_E_INVAL);
	act.raw = bytes_of(NULL, 0);
	assert_int_equal(
		store_act_add(k->st, &a, &act, text("s")), ROWAN_E_INVAL);
	act.raw = text("x");
	assert_int_equal(
		store_act_add(k->st, &a, &act, buf_view(&big)), ROWAN_E_INVAL);
	act.raw = bytes_of(big.data, STORE_ACT_MAX);
	assert_int_equal(store_act_add(k->st, &a, &act,
				 bytes_of(big.data, STORE_STATE_MAX)),
		0);
	kit_commit(k);
	buf_wipe(&big);
}

static void cards_stand_where_they_were_put(void **state)
{
	struct kit *k = *state;
	struct id16 d = kit_id('d', 1), unknown = kit_id('d', 9);
	struct store_standing s = {.logged = 3, .logged_at = 100}, got;
	struct key32 key = {{5}}, other = {{6}};

	kit_begin(k);
	kit_device(k, 1, 1);
	kit_device(k, 2, 1);
	assert_int_equal(
		store_standing_put(k->st, &unknown, &s), ROWAN_E_NOT_FOUND);
	assert_int_equal(store_standing_put(k->st, &d, &s), 0);
	s.revoked = 8;
	s.revoked_at = 200;
	assert_int_equal(store_standing_put(k->st, &d, &s), 0);
	assert_int_equal(store_key_add(k->st, &key), 0);
	assert_int_equal(store_key_add(k->st, &key), 0);
	kit_commit(k);
	kit_reopen(k);
	assert_int_equal(store_standing_get(store_view(k->st), &d, &got), 0);
	assert_memory_equal(&got, &s, sizeof(s));
	d = kit_id('d', 2);
	assert_int_equal(store_standing_get(store_view(k->st), &d, &got),
		ROWAN_E_NOT_FOUND);
	assert_int_equal(store_key_known(store_view(k->st), &key), 0);
	assert_int_equal(
		store_key_known(store_view(k->st), &other), ROWAN_E_NOT_FOUND);
}

static void parts_are_listed_by_case(void **state)
{
	struct kit *k = *state;
	struct id16 m1 = kit_id('m', 1), m2 = kit_id('m', 2), c;
	struct store_part p, list[8];
	size_t n;

	kit_begin(k);
	kit_device(k, 1, 1);
	kit_device(k, 2, 2);
	for (uint32_t i = 5; i > 0; i--) {
		p = (struct store_part){kit_id('s', i), i == 2 ? 17 : 0};
		assert_int_equal(store_part_put(k->st, &m1, &p), 0);
	}
	p = (struct store_part){kit_id('s', 3), 0};
	assert_int_equal(store_part_put(k->st, &m2, &p), 0);
	p.last = 44;
	assert_int_equal(store_part_put(k->st, &m1, &p), 0);
	kit_commit(k);
	kit_reopen(k);
	assert_int_equal(
		store_part_list(store_view(k->st), &m1, list, 8, &n), 0);
	assert_int_equal(n, 5);
	for (size_t i = 1; i < n; i++)
		assert_true(
			id16_cmp(&list[i - 1].case_id, &list[i].case_id) < 0);
	assert_int_equal(store_part_list(store_view(k->st), &m1, list, 4, &n),
		ROWAN_E_LIMIT);
	assert_int_equal(n, 0);
	c = kit_id('s', 3);
	assert_int_equal(store_part_get(store_view(k->st), &m1, &c, &p), 0);
	assert_int_equal(p.last, 44);
	assert_int_equal(store_part_get(store_view(k->st), &m2, &c, &p), 0);
	assert_int_equal(p.last, 0);
	c = kit_id('s', 4);
	assert_int_equal(store_part_get(store_view(k->st), &m2, &c, &p),
		ROWAN_E_NOT_FOUND);
	m1 = kit_id('m', 9);
	assert_int_equal(
		store_part_list(store_view(k->st), &m1, list, 4, &n), 0);
	assert_int_equal(n, 0);
}

static void groups_are_replaced_whole(void **state)
{
	struct kit *k = *state;
	struct id16 c = kit_id('c', 1), unknown = kit_id('c', 9);
	const uint32_t members[] = {1};
	struct buf b, big;

	assert_int_equal(buf_alloc(&big, 700000), 0);
	randombytes_buf(big.data, big.len);
	kit_begin(k);
	kit_device(k, 1, 1);
	kit_channel(k, 1, members, 1);
	assert_int_equal(
		store_group_put(k->st, &unknown, text("x")), ROWAN_E_NOT_FOUND);
	assert_int_equal(
		store_group_get(store_view(k->st), &c, &b), ROWAN_E_NOT_FOUND);
	assert_int_equal(store_group_put(k->st, &c, text("small")), 0);
	assert_int_equal(store_group_put(k->st, &c, buf_view(&big)), 0);
	kit_commit(k);
	kit_reopen(k);
	assert_int_equal(store_group_get(store_view(k->st), &c, &b), 0);
	assert_true(bytes_eq(buf_view(&b), buf_view(&big)));
	buf_wipe(&b);
	kit_begin(k);
	assert_int_equal(store_group_put(k->st, &c, text("")), 0);
	kit_commit(k);
	assert_int_equal(
		store_group_get(store_view(k->st), &c, &b), ROWAN_E_NOT_FOUND);
	buf_wipe(&big);
}

static void sql(struct kit *k, const char *statement)
{
	sqlite3 *db;

	store_close(k->st);
	k->st = NULL;
	assert_int_equal(sqlite3_open(k->path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db, statement, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
	assert_int_equal(store_open(&k->st, &k->options), 0);
}

static void what_is_moved_or_missing_is_damage(void **state)
{
	struct kit *k = *state;
	struct id16 clinic = {{0}}, a = kit_id('s', 1);
	struct store_act act;
	struct buf b;

	kit_begin(k);
	assert_int_equal(add(k, &clinic, 1, "canary statement", "state"), 0);
	assert_int_equal(add(k, &clinic, 2, "second", "state"), 0);
	assert_int_equal(add(k, &a, 1, "open", "canary state"), 0);
	kit_commit(k);
	{
		char command[160];

		(void)snprintf(command, sizeof(command), "grep -arqF canary %s",
			k->dir);
		assert_int_not_equal(system(command), 0);
	}
	sql(k, "UPDATE act SET body=(SELECT body FROM act WHERE id=1<<40|1)"
	       " WHERE id=1<<40|2");
	assert_int_equal(store_act_get(store_view(k->st), &clinic, 2, &act, &b),
		ROWAN_E_CORRUPT);
	sql(k, "DELETE FROM act WHERE id=1<<40|1");
	assert_int_equal(store_act_get(store_view(k->st), &clinic, 1, &act, &b),
		ROWAN_E_CORRUPT);
	sql(k, "UPDATE chain SET state=(SELECT state FROM chain WHERE id=2)"
	       " WHERE id=1");
	assert_int_equal(store_chain_state(store_view(k->st), &clinic, &b),
		ROWAN_E_CORRUPT);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(chains_grow_one_by_one),
		T(limits_of_chains_hold),
		T(cards_stand_where_they_were_put),
		T(parts_are_listed_by_case),
		T(groups_are_replaced_whole),
		T(what_is_moved_or_missing_is_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
