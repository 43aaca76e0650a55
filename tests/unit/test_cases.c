/* Lists of more cases than a page holds: whole, and each case once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/acting.h"

#define MANY 300

/* As many again as a page has, each as the first one stands. */
static void put_many(void)
{
	const uint32_t member = 1;
	struct store *st = acting_ops.ops.store;
	struct buf state;

	assert_int_equal(store_chain_state(acting_ops.ops.view,
				 &acting_cast.c->id, &state),
		0);
	kit_begin(&acting_ops.kit);
	for (uint32_t n = 100; n < 100 + MANY; n++) {
		struct store_part part = {.case_id = kit_id('s', n)};

		kit_channel(&acting_ops.kit, n, &member, 1);
		assert_int_equal(
			store_chain_begin(st, &part.case_id, buf_view(&state)),
			0);
		assert_int_equal(
			store_part_put(st, &acting_cast.officer.member, &part),
			0);
	}
	kit_commit(&acting_ops.kit);
	buf_wipe(&state);
}

/* How many of the many are among ${cases}. */
static size_t of_many(const struct wire_case_head *cases, size_t count)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		for (uint32_t n = 100; n < 100 + MANY; n++) {
			struct id16 id = kit_id('s', n);

			found += id16_eq(&id, &cases[i].case_id);
		}
	return found;
}

static void all_cases_come_in_pages(void **state)
{
	static struct wire_cases_all_answer a;
	struct wire_message m;
	size_t found = 0, pages = 0, others = 0;

	put_many();
	do {
		acting_ops.request.body.cases_all.from = a.next;
		assert_int_equal(ops_kit_run_as(&acting_ops, WIRE_OP_CASES_ALL,
					 &acting_cast.coordinator.device),
			WIRE_OK);
		m = ops_kit_answer(&acting_ops);
		assert_int_equal(wire_cases_all_answer_decode(&m, &a), 0);
		assert_true(a.page.count == WIRE_CASES_MAX || !a.page.more);
		found += of_many(a.page.cases, a.page.count);
		others += a.page.count;
	} while (a.next != 0 && ++pages < 9);
	assert_int_equal(pages, 1);
	assert_int_equal(found, MANY);
	assert_int_equal(others, MANY + 1);
}

static void one_s_own_cases_too(void **state)
{
	static struct wire_cases_answer a;
	struct wire_cases_fetch *f = &acting_ops.request.body.cases_fetch;
	struct id16 after = {{0}};
	struct wire_message m;
	size_t found = 0, pages = 0;

	put_many();
	do {
		*f = (struct wire_cases_fetch){after};
		assert_int_equal(
			ops_kit_run_as(&acting_ops, WIRE_OP_CASES_FETCH,
				&acting_cast.officer.device),
			WIRE_OK);
		m = ops_kit_answer(&acting_ops);
		assert_int_equal(wire_cases_answer_decode(&m, &a), 0);
		assert_true(a.count == WIRE_CASES_MAX || !a.more);
		assert_true(id16_cmp(&a.cases[0].case_id, &after) > 0);
		after = a.cases[a.count - 1].case_id;
		found += of_many(a.cases, a.count);
	} while (a.more && ++pages < 9);
	assert_int_equal(pages, 1);
	assert_int_equal(found, MANY);
}

#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(f, acting_setup, acting_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_cases_come_in_pages),
		TEST(one_s_own_cases_too),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
