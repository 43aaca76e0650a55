/*
 * Whatever deletes or replaces something, and be it the only thing that
 * happens, has the write-ahead log emptied afterwards; what only adds has not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/store_kit.h"

#define HOUR 3600

static uint8_t bytes[2000];
static const struct id16 clinic;

static int setup(void **state)
{
	static struct kit k;
	const uint32_t members[] = {1, 2, 3};

	kit_start(&k, "/dev/shm");
	kit_people(&k, 3, 3);
	kit_begin(&k);
	kit_channel(&k, 2, members, 3);
	kit_commit(&k);
	assert_int_equal(store_tidy(k.st, k.now, false), 0);
	*state = &k;
	return 0;
}

/* ---- what is there before ---- */

static void put_package(struct kit *k, uint8_t n, bool last)
{
	struct store_package p = {.hash = {n},
		.until = k->now + 2000 * HOUR,
		.last_resort = last,
		.body = bytes_of(bytes, 600)};
	struct id16 d = kit_id('d', 2);

	assert_int_equal(store_package_put(k->st, &d, &p, 100), 0);
}

static void put_invite(struct kit *k, bool ended)
{
	struct store_invite i = {.id = kit_id('i', 1),
		.owner = kit_id('d', 1),
		.until = k->now + 1000 * HOUR,
		.ended = ended,
		.detail = bytes_of(bytes, 40),
		.body = bytes_of(bytes, ended ? 0 : 900)};

	assert_int_equal(store_invite_put(k->st, &i), 0);
}

static void put_act(struct kit *k, uint64_t number)
{
	struct store_act a = {.number = number, .raw = bytes_of(bytes, 300)};

	assert_int_equal(
		store_act_add(k->st, &clinic, &a, bytes_of(bytes, 200)), 0);
}

static void put_group(struct kit *k, size_t len)
{
	struct id16 c = kit_id('c', 1);

	assert_int_equal(store_group_put(k->st, &c, bytes_of(bytes, len)), 0);
}

static void put_device(struct kit *k, uint8_t role)
{
	struct store_device d = {.id = kit_id('d', 3),
		.member = kit_id('m', 3),
		.role = role,
		.agency = "advocacy"};

	memset(d.transport.b, 0x33, sizeof(d.transport.b));
	assert_int_equal(store_device_put(k->st, &d, bytes_of(bytes, 300)), 0);
}

static void put_blob(struct kit *k)
{
	struct store_blob b = {.id = kit_id('b', 1),
		.channel = kit_id('c', 1),
		.owner = kit_id('d', 1),
		.chunks = 1};

	assert_int_equal(store_blob_begin(k->st, &b), 0);
	assert_int_equal(store_blob_put(k->st, &b.owner, &b.id, 0,
				 bytes_of(bytes, 1500)),
		0);
}

static void put_envelopes(struct kit *k)
{
	struct store_envelope e = kit_envelope(1, 2, "is short-lived");
	struct id16 from = kit_id('d', 1);
	struct store_submitted done;

	assert_int_equal(kit_submit(k, 1, 1, 1, "stays for long"), 0);
	e.expires = k->now + 1;
	assert_int_equal(store_submit(k->st, &from, &e, &done), 0);
}

static void put_leaf(struct kit *k)
{
	struct wire_detail d = {.act = WIRE_ACT_SUBMIT,
		.grain = WIRE_GRAIN_SECOND,
		.time = k->now,
		.case_id = kit_id('s', 1)};
	struct wire_leaf leaf = {d.act, d.grain, d.time, {{0}}};
	uint8_t raw[WIRE_LEAF_LEN], mem[WIRE_DETAIL_MAX];
	struct wire_salt salt;
	struct writer w;

	writer_init_fixed(&w, mem, sizeof(mem));
	assert_int_equal(wire_detail_write(&d, &w), 0);
	assert_int_equal(store_log_salt(k->st, &d.case_id, &salt), 0);
	leaf_commit(&salt, writer_view(&w), &leaf.commitment);
	assert_int_equal(wire_leaf_write(&leaf, raw), 0);
	assert_int_equal(store_log_append(k->st, raw, writer_view(&w)), 0);
}

static void all(struct kit *k)
{
	put_package(k, 1, false);
	put_package(k, 2, false);
	put_package(k, 3, true);
	put_invite(k, false);
	put_act(k, 1);
	put_group(k, 700);
	put_device(k, 1);
	put_blob(k);
	put_envelopes(k);
	assert_int_equal(store_meta_put(k->st, 2000, bytes_of(bytes, 99)), 0);
	put_leaf(k);
}

/* ---- what deletes ---- */

static int meta(struct kit *k)
{
	return store_meta_put(k->st, 2000, bytes_of(bytes, 50));
}

static int claim(struct kit *k)
{
	struct id16 d = kit_id('d', 2);
	struct buf got;
	bool last;
	int r = store_package_claim(k->st, &d, &got, &last);

	buf_wipe(&got);
	return r;
}

static int last_resort(struct kit *k)
{
	put_package(k, 4, true);
	return 0;
}

static int drop(struct kit *k)
{
	struct id16 d = kit_id('d', 2);

	return store_package_drop(k->st, &d);
}

static int end_invite(struct kit *k)
{
	put_invite(k, true);
	return 0;
}

static int end_invite_by_row(struct kit *k)
{
	struct store_invite_row i;
	int64_t row = 0;
	int r = store_invite_next(store_view(k->st), &row, &i);

	return r == 0 ? store_invite_end(k->st, row) : r;
}

static int act(struct kit *k)
{
	put_act(k, 2);
	return 0;
}

static int erase_chain(struct kit *k)
{
	return store_chain_erase(k->st, &clinic, NULL, bytes_of(bytes, 10));
}

static int group(struct kit *k)
{
	put_group(k, 800);
	return 0;
}

static int no_group(struct kit *k)
{
	put_group(k, 0);
	return 0;
}

static int add_one(void *ctx, struct bytes state, struct buf *fresh)
{
	(void)ctx;
	return buf_alloc(fresh, state.len + 1);
}

static int rewrite(struct kit *k)
{
	uint64_t n;

	return store_groups_rewrite(k->st, add_one, NULL, &n);
}

static int device(struct kit *k)
{
	put_device(k, 2);
	return 0;
}

static int revoke_device(struct kit *k)
{
	struct id16 d = kit_id('d', 3);

	return store_device_revoke(k->st, &d);
}

static int unassign(struct kit *k)
{
	struct id16 c = kit_id('c', 1), m = kit_id('m', 2);

	return store_unassign(k->st, &c, &m);
}

static int blob(struct kit *k)
{
	struct id16 b = kit_id('b', 1);

	return store_blob_delete(k->st, &b);
}

static int acknowledge(struct kit *k)
{
	assert_int_equal(kit_ack(k, 2, 1, 1), 1);
	return 0;
}

static int expire(struct kit *k)
{
	struct store_slice s;
	int r = store_expire(k->st, 100, &s);

	assert_true(s.done > 0);
	return r;
}

static int expire_at(struct kit *k, uint64_t now)
{
	kit_commit(k);
	k->now = now;
	kit_begin(k);
	return expire(k);
}

static int expire_invite(struct kit *k)
{
	return expire_at(k, KIT_NOW + 1010 * HOUR);
}

static int expire_package(struct kit *k)
{
	return expire_at(k, KIT_NOW + 2010 * HOUR);
}

static int erase_log(struct kit *k)
{
	struct id16 s = kit_id('s', 1);

	return store_log_erase(k->st, &s);
}

static int erase_case(struct kit *k)
{
	struct id16 s = kit_id('s', 1);

	return store_case_erase(k->st, &s, 2);
}

static int void_all(struct kit *k)
{
	struct store_voided v;

	return store_void(k->st, &v);
}

static int sweep(struct kit *k)
{
	struct store_slice s;

	return store_sweep(k->st, 1000, &s);
}

static int erase_empty_case(struct kit *k)
{
	struct id16 s = kit_id('s', 2);

	return store_case_erase(k->st, &s, 2);
}

/* ---- */

/* The log after what was done is a minute old. */
static off_t log_left(struct kit *k)
{
	char name[128];
	struct stat st;

	k->now += 60;
	assert_int_equal(store_tidy(k->st, k->now, false), 0);
	snprintf(name, sizeof(name), "%s-wal", k->path);
	assert_int_equal(stat(name, &st), 0);
	return st.st_size;
}

static off_t left_by(struct kit *k, int (*f)(struct kit *k))
{
	k->now += 3600;
	kit_begin(k);
	assert_int_equal(f(k), 0);
	kit_commit(k);
	return log_left(k);
}

static void fill(struct kit *k)
{
	kit_begin(k);
	all(k);
	kit_commit(k);
	assert_int_equal(log_left(k), 0);
}

static int add_package(struct kit *k)
{
	put_package(k, 9, false);
	return 0;
}

static void what_adds_leaves_it(void **state)
{
	struct kit *k = *state;

	fill(k);
	assert_true(left_by(k, add_package) > 0);
}

static void what_deletes_empties_it(void **state)
{
	static int (*const each[])(struct kit * k) = {erase_log, sweep, meta,
		claim, last_resort, drop, act, group, rewrite, no_group, device,
		acknowledge, blob, sweep, unassign, revoke_device, sweep};
	struct kit *k = *state;

	fill(k);
	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++)
		if (left_by(k, each[i]) != 0)
			fail_msg("after number %zu the log is as it was", i);
}

static void and_so_does_time(void **state)
{
	static int (*const each[])(struct kit * k) = {
		expire, expire_invite, expire_package};
	struct kit *k = *state;

	fill(k);
	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++)
		if (left_by(k, each[i]) != 0)
			fail_msg("after number %zu the log is as it was", i);
}

static void and_so_do_these(void **state)
{
	static int (*const each[])(struct kit * k) = {end_invite_by_row,
		end_invite, erase_chain, void_all, erase_case, sweep,
		erase_empty_case, sweep};
	struct kit *k = *state;

	fill(k);
	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++)
		if (left_by(k, each[i]) != 0)
			fail_msg("after number %zu the log is as it was", i);
}

/* The files as a crash leaves them: ${k}'s own are not touched. */
static void crash(struct kit *k)
{
	static const char *const ends[] = {"", "-wal"};
	char from[128], to[128], mem[4096];
	size_t n;

	for (int i = 0; i < 2; i++) {
		FILE *in, *out;

		snprintf(from, sizeof(from), "%s%s", k->path, ends[i]);
		snprintf(to, sizeof(to), "%s.crash%s", k->path, ends[i]);
		in = fopen(from, "rb");
		out = fopen(to, "wb");
		assert_non_null(in);
		assert_non_null(out);
		while ((n = fread(mem, 1, sizeof(mem), in)) > 0)
			assert_int_equal(fwrite(mem, 1, n, out), n);
		fclose(in);
		assert_int_equal(fclose(out), 0);
	}
}

/* What was deleted just before a crash is in the log that is found. */
static void and_so_does_a_restart(void **state)
{
	struct kit *k = *state, other;

	fill(k);
	kit_begin(k);
	assert_int_equal(acknowledge(k), 0);
	kit_commit(k);
	crash(k);
	other = *k;
	snprintf(other.path, sizeof(other.path), "%.80s.crash", k->path);
	other.options.path = other.path;
	other.st = NULL;
	assert_int_equal(store_open(&other.st, &other.options), 0);
	/* Nothing is done here but what opening did. */
	assert_int_equal(store_tidy(other.st, k->now, false), 0);
	k->now += 60;
	assert_int_equal(log_left(&other), 0);
	store_close(other.st);
	assert_int_equal(remove(other.path), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, kit_teardown)
	const struct CMUnitTest tests[] = {
		T(what_adds_leaves_it),
		T(what_deletes_empties_it),
		T(and_so_does_time),
		T(and_so_do_these),
		T(and_so_does_a_restart),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
