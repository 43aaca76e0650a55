/*
 * The one descriptor: readable while there is something to do, and only then.
 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "session/link/wake.h"

static struct wake *w;

static int setup(void **state)
{
	return wake_new(&w);
}

static int teardown(void **state)
{
	wake_free(w);
	return 0;
}

static bool readable(int ms)
{
	struct pollfd p = {.fd = wake_fd(w), .events = POLLIN};

	return poll(&p, 1, ms) == 1;
}

static void test_now(void **state)
{
	assert_false(readable(0));
	wake_set(w, 0);
	/* Level-triggered: looking changes nothing. */
	assert_true(readable(0));
	assert_true(readable(0));
	wake_set(w, 0);
	wake_set(w, UINT64_MAX);
	assert_false(readable(0));
}

static void test_time(void **state)
{
	wake_set(w, 1);
	assert_true(readable(10000));
	assert_true(readable(0));
	wake_set(w, 3600000);
	assert_false(readable(0));
	wake_set(w, 1);
	wake_set(w, UINT64_MAX);
	assert_false(readable(20));
	wake_set(w, UINT64_MAX - 1);
	assert_false(readable(0));
}

static void test_watch(void **state)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(wake_watch(w, fds[0]), 0);
	assert_int_equal(wake_watch(w, fds[0]), ROWAN_E_IO);
	assert_false(readable(0));
	assert_int_equal(write(fds[1], "ab", 2), 2);
	assert_true(readable(0));
	/* Not by setting a time, only by being served. */
	wake_set(w, UINT64_MAX);
	assert_true(readable(0));
	wake_unwatch(w, fds[0]);
	assert_false(readable(0));
	wake_unwatch(w, fds[0]);
	assert_int_equal(wake_watch(w, -1), ROWAN_E_IO);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_now),
		T(test_time),
		T(test_watch),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
