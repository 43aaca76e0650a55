/*
 * The store against a model: random operations, marks undone, transactions
 * aborted, reopened; a disk that loses what was not synced, refuses writes
 * and syncs, and a machine without memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/faulty_memory.h"
#include "lib/faulty_vfs.h"
#include "lib/store_model.h"

/* Rounds of each campaign; `make crash` raises them. */
static unsigned rounds = 1;

static struct model model, before;

static void start(struct kit *k, uint64_t seed, const char *vfs)
{
	faulty_clear();
	faulty_seed(seed);
	kit_start(k, "/dev/shm");
	k->options.mailbox_max = MODEL_MAILBOX;
	k->options.mailbox_reserve = 0;
	k->options.vfs = vfs;
	kit_reopen(k);
	model_start(&model, k, seed);
}

/* A few steps, some of them undone; 0 or why the transaction is lost. */
static int steps(struct kit *k, struct store_keeper *kp)
{
	uint32_t n = 1 + model_random(&model, 12);
	int r = 0;

	for (uint32_t i = 0; i < n && r == 0; i++) {
		struct model was = model;
		bool undo = model_random(&model, 5) == 0;
		bool mark = undo || model_random(&model, 3) == 0;

		if (mark && (r = store_mark(k->st)) != 0)
			break;
		if ((r = model_step(&model, k)) != 0)
			break;
		if (mark)
			r = undo ? store_undo(k->st) : store_keep(k->st);
		if (undo) {
			was.random = model.random;
			was.next = model.next;
			model = was;
		}
	}
	return r;
}

/* One transaction; 0 when it was committed. */
static int transaction(struct kit *k, struct store_keeper *kp)
{
	int r;

	before = model;
	if (model_random(&model, 10) == 0)
		k->now += 1800;
	if ((r = store_begin(k->st, k->now)) != 0)
		return r;
	if ((r = steps(k, kp)) == 0)
		return store_commit(k->st);
	/* Whatever happens now, it must not be called committed. */
	assert_int_not_equal(store_commit(k->st), 0);
	return r;
}

static void keep(struct model *m, const struct model *from)
{
	uint64_t random = m->random, next = m->next;

	*m = *from;
	m->random = random;
	m->next = next;
}

static void test_random_operations(void **state)
{
	struct store_keeper *kp;
	struct kit k;

	for (unsigned seed = 1; seed <= 3 * rounds; seed++) {
		start(&k, seed, NULL);
		assert_int_equal(store_keeper_open(&kp, k.st), 0);
		for (int i = 0; i < 250; i++) {
			assert_int_equal(transaction(&k, kp), 0);
			if (model_random(&model, 20) == 0) {
				before = model;
				kit_begin(&k);
				assert_int_equal(steps(&k, kp), 0);
				store_abort(k.st);
				keep(&model, &before);
			}
			if (model_random(&model, 20) == 0)
				assert_int_equal(store_keeper_run(kp), 0);
			if (model_random(&model, 20) == 0)
				assert_int_equal(
					store_tidy(k.st, k.now, true), 0);
			if (model_random(&model, 30) == 0) {
				store_keeper_close(kp);
				kit_reopen(&k);
				assert_int_equal(
					store_keeper_open(&kp, k.st), 0);
			}
			if (i % 10 == 0) {
				assert_true(model_fits(&model, &k));
				kit_check(&k);
			}
		}
		assert_true(model_fits(&model, &k));
		store_keeper_close(kp);
		kit_check(&k);
		kit_stop(&k);
	}
}

/* After a lost transaction either state is right, but nothing between. */
static void settle(struct kit *k, bool known)
{
	if (known) {
		keep(&model, &before);
		assert_true(model_fits(&model, k));
		return;
	}
	if (!model_fits(&model, k)) {
		keep(&model, &before);
		assert_true(model_fits(&model, k));
	}
}

static void test_power_cuts(void **state)
{
	struct store_keeper *kp;
	struct kit k;
	int r, cuts = 0;

	for (unsigned seed = 1; seed <= 6 * rounds; seed++) {
		start(&k, 100 + seed, FAULTY_VFS);
		for (int life = 0; life < 12; life++) {
			assert_int_equal(store_keeper_open(&kp, k.st), 0);
			faulty_after(
				1 + model_random(&model, 400), FAULTY_POWER);
			do {
				r = transaction(&k, kp);
				if (r == 0 && model_random(&model, 4) == 0)
					(void)!store_keeper_run(kp);
				if (r == 0 && model_random(&model, 8) == 0)
					(void)!store_tidy(k.st, k.now, true);
			} while (r == 0 && !faulty_hit());
			cuts += faulty_hit();
			faulty_power_off();
			store_keeper_close(kp);
			store_close(k.st);
			k.st = NULL;
			faulty_power_on();
			assert_int_equal(store_open(&k.st, &k.options), 0);
			kit_check(&k);
			if (r == 0)
				assert_true(model_fits(&model, &k));
			else
				settle(&k, false);
		}
		kit_stop(&k);
	}
	assert_true(cuts > 0);
	faulty_clear();
}

/* Every failed call undoes its transaction and the next one goes on. */
static void faults(enum faulty_kind kind, uint64_t base)
{
	struct store_keeper *kp;
	struct kit k;
	int r, hits = 0;

	for (unsigned seed = 1; seed <= 2 * rounds; seed++) {
		start(&k, base + seed, FAULTY_VFS);
		assert_int_equal(store_keeper_open(&kp, k.st), 0);
		for (int i = 0; i < 150; i++) {
			faulty_after(1 + model_random(&model, 40), kind);
			r = transaction(&k, kp);
			if (r == 0)
				(void)!store_keeper_run(kp);
			if (r == 0)
				(void)!store_tidy(k.st, k.now, true);
			hits += faulty_hit();
			faulty_after(0, kind);
			if (r != 0) {
				assert_true(r == ROWAN_E_AGAIN ||
					    r == ROWAN_E_FULL);
				settle(&k, true);
			}
			/* Full once, and nothing new is taken. */
			k.now++;
			assert_int_equal(store_tidy(k.st, k.now, false), 0);
			if (i % 50 >= 47 && r == 0) {
				assert_true(model_fits(&model, &k));
				kit_check(&k);
				store_keeper_close(kp);
				faulty_power_off();
				store_close(k.st);
				faulty_power_on();
				assert_int_equal(
					store_open(&k.st, &k.options), 0);
				assert_int_equal(
					store_keeper_open(&kp, k.st), 0);
				assert_true(model_fits(&model, &k));
				kit_check(&k);
			}
		}
		store_keeper_close(kp);
		kit_stop(&k);
	}
	assert_true(hits > 0);
	faulty_clear();
}

static void test_failing_writes(void **state)
{
	faults(FAULTY_IO, 1000);
}

static void test_full_at_any_write(void **state)
{
	faults(FAULTY_FULL, 2000);
}

/* The Nth allocation fails, for many N: at opening and in the middle of work.
 */
static void test_without_memory(void **state)
{
	struct kit k;
	uint64_t n = 0;
	int r, hits = 0;

	start(&k, 3000, NULL);
	for (unsigned i = 0; i < 1500 * rounds; i++) {
		faulty_memory_after(1 + model_random(&model, 60));
		r = transaction(&k, NULL);
		hits += faulty_memory_hit();
		faulty_memory_after(0);
		if (r != 0)
			settle(&k, true);
		if (i % 20 == 0)
			kit_reopen(&k);
	}
	assert_true(hits > 0);
	assert_true(model_fits(&model, &k));
	kit_check(&k);
	store_close(k.st);
	do {
		faulty_memory_after(++n);
		r = store_open(&k.st, &k.options);
		if (r != 0)
			assert_null(k.st);
		else
			store_close(k.st);
	} while (faulty_memory_hit());
	faulty_memory_after(0);
	assert_int_equal(r, 0);
	assert_true(n > 50);
	assert_int_equal(store_open(&k.st, &k.options), 0);
	assert_true(model_fits(&model, &k));
	kit_stop(&k);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_operations),
		cmocka_unit_test(test_power_cuts),
		cmocka_unit_test(test_failing_writes),
		cmocka_unit_test(test_full_at_any_write),
		cmocka_unit_test(test_without_memory),
	};

	if (argc > 1 && sscanf(argv[1], "%u", &rounds) != 1)
		return 2;
	if (sodium_init() < 0)
		return 1;
	faulty_memory_install();
	faulty_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
