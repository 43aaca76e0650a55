/*
 * Array-based tree arithmetic against a tree built node by node.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mls/public/tree/tree_math.h"

/*
 * Walk the subtree of the node range [lo, hi] by halving, which is how the
 * RFC defines the in-order array, and compare every relation.
 */
static void walk(uint32_t lo, uint32_t hi, unsigned level)
{
	uint32_t mid = lo + (hi - lo) / 2;

	assert_int_equal(tree_math_level(mid), level);
	assert_int_equal(tree_math_first_leaf(mid), lo / 2);
	assert_int_equal(tree_math_last_leaf(mid), hi / 2);
	for (uint32_t leaf = 0; leaf < 70; leaf++)
		assert_int_equal(tree_math_covers(mid, leaf),
			leaf >= lo / 2 && leaf <= hi / 2);
	if (level == 0)
		return;
	uint32_t left = lo + (mid - 1 - lo) / 2;
	uint32_t right = mid + 1 + (hi - mid - 1) / 2;
	assert_int_equal(tree_math_left(mid), left);
	assert_int_equal(tree_math_right(mid), right);
	assert_int_equal(tree_math_parent(left), mid);
	assert_int_equal(tree_math_parent(right), mid);
	assert_int_equal(tree_math_sibling(left), right);
	assert_int_equal(tree_math_sibling(right), left);
	assert_int_equal(tree_math_ancestor(lo / 2, hi / 2), mid);
	assert_int_equal(tree_math_ancestor(hi / 2, lo / 2), mid);
	walk(lo, mid - 1, level - 1);
	walk(mid + 1, hi, level - 1);
}

static void relations(void **state)
{
	for (unsigned d = 0; d <= 6; d++) {
		uint32_t leaves = UINT32_C(1) << d;
		uint32_t width = tree_math_width(leaves);

		assert_int_equal(width, 2 * leaves - 1);
		assert_int_equal(tree_math_root(leaves), (width - 1) / 2);
		walk(0, width - 1, d);
	}
}

static void paths(void **state)
{
	uint32_t path[TREE_MATH_PATH_MAX];

	assert_int_equal(tree_math_path(0, 1, path), 0);
	assert_int_equal(tree_math_path(5, 8, path), 3);
	assert_int_equal(path[0], 9);
	assert_int_equal(path[1], 11);
	assert_int_equal(path[2], 7);
	assert_int_equal(tree_math_ancestor(3, 3), 6);
}

/* The largest tree the type holds does not overflow. */
static void largest(void **state)
{
	uint32_t path[TREE_MATH_PATH_MAX];
	uint32_t leaves = UINT32_C(1) << 31;

	assert_int_equal(tree_math_width(leaves), UINT32_MAX);
	assert_int_equal(tree_math_path(leaves - 1, leaves, path), 31);
	assert_int_equal(path[30], tree_math_root(leaves));
	assert_int_equal(tree_math_last_leaf(path[30]), leaves - 1);
	assert_int_equal(tree_math_ancestor(0, leaves - 1), path[30]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(relations),
		cmocka_unit_test(paths),
		cmocka_unit_test(largest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
