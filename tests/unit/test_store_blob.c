/*
 * Blobs in the store: what one device takes up, and what becomes of those
 * that are never finished.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/store_kit.h"

#define OPEN_TIME 86400ull

static int setup(void **state)
{
	static struct kit k;

	kit_start(&k, NULL);
	k.options.blob_open_time = OPEN_TIME;
	kit_reopen(&k);
	kit_people(&k, 2, 2);
	*state = &k;
	return 0;
}

static void begin(struct kit *k, uint32_t n, uint32_t chunks, uint64_t expires)
{
	struct store_blob b = {.id = kit_id('b', n),
		.channel = kit_id('c', 1),
		.owner = kit_id('d', 1),
		.size = chunks * 10,
		.chunks = chunks,
		.expires = expires};

	assert_int_equal(store_blob_begin(k->st, &b), 0);
}

static void put(struct kit *k, uint32_t n, uint32_t index)
{
	struct id16 id = kit_id('b', n), owner = kit_id('d', 1);

	assert_int_equal(store_blob_put(k->st, &owner, &id, index,
				 bytes_of("0123456789", 10)),
		0);
}

static void usage_is(
	struct kit *k, uint32_t device, uint32_t open, uint64_t chunks)
{
	struct id16 owner = kit_id('d', device);
	struct store_usage u;

	assert_int_equal(store_blob_usage(store_view(k->st), &owner, &u), 0);
	assert_int_equal(u.open, open);
	assert_int_equal(u.chunks, chunks);
}

static void expire(struct kit *k)
{
	struct store_slice s;

	kit_begin(k);
	assert_int_equal(store_expire(k->st, 100, &s), 0);
	kit_commit(k);
}

static bool is_there(struct kit *k, uint32_t n)
{
	struct id16 id = kit_id('b', n);
	struct store_blob b;

	return store_blob_get(store_view(k->st), &id, &b) == 0;
}

static void usage_is_counted_for_each_owner(void **state)
{
	struct kit *k = *state;
	struct id16 first = kit_id('b', 1);

	usage_is(k, 1, 0, 0);
	usage_is(k, 99, 0, 0);
	kit_begin(k);
	begin(k, 1, 3, 0);
	begin(k, 2, 2, 0);
	usage_is(k, 1, 2, 5);
	/* The same again is no second blob. */
	begin(k, 2, 2, 0);
	usage_is(k, 1, 2, 5);
	put(k, 2, 0);
	put(k, 2, 0);
	usage_is(k, 1, 2, 5);
	put(k, 2, 1);
	usage_is(k, 1, 1, 5);
	usage_is(k, 2, 0, 0);
	assert_int_equal(store_blob_delete(k->st, &first), 0);
	usage_is(k, 1, 0, 2);
	kit_commit(k);
	kit_check(k);
}

static void an_unfinished_blob_goes_after_a_while(void **state)
{
	struct kit *k = *state;

	kit_begin(k);
	begin(k, 1, 2, k->now + 30 * OPEN_TIME);
	begin(k, 2, 2, k->now + 30 * OPEN_TIME);
	begin(k, 3, 2, k->now + 3600);
	begin(k, 4, 2, 0);
	put(k, 2, 0);
	put(k, 2, 1);
	kit_commit(k);
	k->now += OPEN_TIME / 2;
	kit_begin(k);
	put(k, 1, 0);
	kit_commit(k);
	expire(k);
	/* Its own time was shorter. */
	assert_false(is_there(k, 3));
	assert_true(is_there(k, 4));

	k->now += OPEN_TIME / 2 + 3600;
	expire(k);
	/* The second chunk of the first gave it another day. */
	assert_true(is_there(k, 1));
	assert_true(is_there(k, 2));
	assert_false(is_there(k, 4));

	k->now += OPEN_TIME;
	expire(k);
	assert_false(is_there(k, 1));
	assert_true(is_there(k, 2));
	usage_is(k, 1, 0, 2);

	k->now += 30 * OPEN_TIME;
	expire(k);
	assert_false(is_there(k, 2));
	kit_check(k);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(usage_is_counted_for_each_owner),
		TEST(an_unfinished_blob_goes_after_a_while),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
