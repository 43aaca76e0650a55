/* The store: what time's work erases, slice by slice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/store_kit.h"

/* Channel 1: members 1, 2, 3 with devices 1, 2, 3; 31 is member 3's other. */
static int setup(void **state)
{
	static struct kit kit;
	const uint32_t two[] = {1, 2};

	kit_start(&kit, NULL);
	kit_people(&kit, 4, 3);
	kit_begin(&kit);
	kit_device(&kit, 31, 3);
	kit_channel(&kit, 2, two, 2);
	kit_commit(&kit);
	*state = &kit;
	return 0;
}

static void test_revoked_mailbox_is_swept(void **state)
{
	struct kit *k = *state;
	struct store_slice slice = {.more = true};
	struct id16 id = kit_id('d', 3);
	int rounds = 0;

	kit_begin(k);
	for (uint64_t n = 1; n <= 50; n++)
		assert_int_equal(kit_submit(k, 1, 1, n, "x"), 0);
	assert_int_equal(store_device_revoke(k->st, &id), 0);
	kit_commit(k);
	while (slice.more) {
		kit_begin(k);
		assert_int_equal(store_sweep(k->st, 7, &slice), 0);
		assert_true(slice.done <= 7);
		kit_commit(k);
		rounds++;
	}
	assert_true(rounds > 7);
	assert_int_equal(kit_waiting(k, 3), 0);
	assert_int_equal(kit_waiting(k, 31), 50);
}

/* ---- expiry ---- */

static void test_expiry(void **state)
{
	struct kit *k = *state;
	struct store_envelope e = kit_envelope(1, 1, "short");
	struct store_fetch f = {kit_id('d', 2), 0, KIT_NOW + 61, 10, 1 << 20};
	struct id16 from = kit_id('d', 1);
	struct store_submitted done;
	struct store_slice slice;
	struct store_batch *b;
	size_t len;
	bool more;

	kit_begin(k);
	e.expires = k->now + 60;
	assert_int_equal(store_submit(k->st, &from, &e, &done), 0);
	e = kit_envelope(2, 2, "long");
	e.expires = k->now + 36000;
	assert_int_equal(store_submit(k->st, &from, &e, &done), 0);
	assert_int_equal(kit_submit(k, 1, 2, 3, "for ever"), 0);
	assert_int_equal(store_expire(k->st, 10, &slice), 0);
	assert_int_equal(slice.done, 0);
	assert_int_equal(slice.next, KIT_NOW + 3600);
	kit_commit(k);

	/* Over: not shown at once, erased at the hour. */
	assert_int_equal(store_batch_new(&b), 0);
	assert_int_equal(store_fetch(store_view(k->st), &f, b, &more), 0);
	store_batch_items(b, &len);
	assert_int_equal(len, 2);
	f.now = 0;
	assert_int_equal(store_fetch(store_view(k->st), &f, b, &more), 0);
	store_batch_items(b, &len);
	assert_int_equal(len, 3);
	store_batch_free(b);

	k->now += 3600;
	kit_begin(k);
	assert_int_equal(store_expire(k->st, 10, &slice), 0);
	assert_int_equal(slice.done, 1);
	assert_false(slice.more);
	kit_commit(k);
	assert_int_equal(kit_waiting(k, 2), 2);
	assert_int_equal(kit_waiting(k, 3), 0);
	assert_int_equal(kit_waiting(k, 31), 0);
	kit_check(k);
	k->now += 36000;
	kit_begin(k);
	assert_int_equal(store_expire(k->st, 10, &slice), 0);
	assert_int_equal(slice.done, 1);
	assert_int_equal(slice.next, 0);
	kit_commit(k);
	assert_int_equal(kit_waiting(k, 2), 1);
}

static void test_expiry_in_slices(void **state)
{
	struct kit *k = *state;
	struct store_envelope e;
	struct id16 from = kit_id('d', 1);
	struct store_submitted done;
	struct store_slice slice = {.more = true};
	uint64_t waiting;
	int rounds = 0;

	kit_begin(k);
	for (uint64_t n = 1; n <= 100; n++) {
		e = kit_envelope(1 + n % 2, n, "x");
		e.expires = k->now + n;
		assert_int_equal(store_submit(k->st, &from, &e, &done), 0);
	}
	kit_commit(k);
	k->now += 7200;
	while (slice.more) {
		kit_begin(k);
		assert_int_equal(store_expire(k->st, 9, &slice), 0);
		assert_true(slice.done <= 9);
		kit_commit(k);
		kit_check(k);
		rounds++;
	}
	assert_int_equal(rounds, 12);
	assert_int_equal(
		store_waiting(store_view(k->st), kit_at('d', 2), &waiting), 0);
	assert_int_equal(waiting, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, kit_teardown)
	const struct CMUnitTest tests[] = {
		T(test_expiry),
		T(test_expiry_in_slices),
		T(test_revoked_mailbox_is_swept),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
