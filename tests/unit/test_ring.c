/* Rings and bells between two threads. */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ops/ring.h"

static void test_bounds(void **state)
{
	struct ring r;
	int v[8];
	void *out[8];

	assert_int_equal(ring_init(&r, 0), ROWAN_E_INVAL);
	assert_int_equal(ring_init(&r, (size_t)1 << 21), ROWAN_E_INVAL);
	assert_int_equal(ring_init(&r, 3), 0);
	assert_true(ring_empty(&r));
	assert_int_equal(ring_take(&r, out, 8), 0);
	/* Rounded up to four places, and not one more. */
	for (int i = 0; i < 4; i++)
		assert_true(ring_put(&r, &v[i]));
	assert_false(ring_put(&r, &v[4]));
	assert_int_equal(ring_take(&r, out, 3), 3);
	for (int i = 0; i < 3; i++)
		assert_ptr_equal(out[i], &v[i]);
	/* Around the end. */
	for (int i = 4; i < 7; i++)
		assert_true(ring_put(&r, &v[i]));
	assert_false(ring_put(&r, &v[7]));
	assert_int_equal(ring_take(&r, out, 8), 4);
	for (int i = 0; i < 4; i++)
		assert_ptr_equal(out[i], &v[i + 3]);
	assert_true(ring_empty(&r));
	ring_wipe(&r);
	ring_wipe(&r);
}

static bool rang(struct wake *w)
{
	struct pollfd p = {.fd = w->fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void test_bell(void **state)
{
	struct wake w;

	assert_int_equal(wake_init(&w), 0);
	/* Nobody sleeps: no system call, nothing to hear. */
	wake_ring(&w);
	assert_false(rang(&w));
	wake_doze(&w);
	wake_ring(&w);
	assert_true(rang(&w));
	/* The second one finds it woken already. */
	wake_ring(&w);
	wake_rise(&w, true);
	assert_false(rang(&w));
	wake_kick(&w);
	assert_true(rang(&w));
	wake_doze(&w);
	wake_rise(&w, true);
	assert_false(rang(&w));
	wake_wipe(&w);
	wake_wipe(&w);
}

#define MANY 200000

struct both {
	struct ring r;
	struct wake w;
	int *item;
};

static void *put_many(void *cookie)
{
	struct both *b = cookie;

	for (int i = 0; i < MANY; i++) {
		b->item[i] = i;
		while (!ring_put(&b->r, &b->item[i]))
			;
		if (i % 7 == 0 || i == MANY - 1)
			wake_ring(&b->w);
	}
	return NULL;
}

/* Every pointer once, in order, what it names complete, no bell missed. */
static void test_two_threads(void **state)
{
	static int items[MANY];
	struct both b = {.item = items};
	pthread_t t;
	int seen = 0;

	assert_int_equal(ring_init(&b.r, 64), 0);
	assert_int_equal(wake_init(&b.w), 0);
	assert_int_equal(pthread_create(&t, NULL, put_many, &b), 0);
	while (seen < MANY) {
		struct pollfd p = {.fd = b.w.fd, .events = POLLIN};
		void *out[16];
		size_t n = ring_take(&b.r, out, 16);

		for (size_t i = 0; i < n; i++)
			assert_int_equal(*(int *)out[i], seen++);
		if (n > 0)
			continue;
		wake_doze(&b.w);
		if (ring_empty(&b.r))
			poll(&p, 1, 5);
		wake_rise(&b.w, p.revents != 0);
	}
	pthread_join(t, NULL);
	ring_wipe(&b.r);
	wake_wipe(&b.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_bell),
		cmocka_unit_test(test_two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
