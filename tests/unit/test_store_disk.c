/*
 * A full disk, by quota and by volume: nothing new is taken, everything else
 * goes on, and it recovers by itself.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/faulty_vfs.h"
#include "lib/store_kit.h"
#include "store/internal.h"

#define KIB 1024u
#define MIB (1024u * KIB)

static void fill(struct kit *k)
{
	const uint32_t members[] = {1, 2};

	kit_begin(k);
	kit_device(k, 1, 1);
	kit_device(k, 2, 2);
	kit_channel(k, 1, members, 2);
	kit_commit(k);
}

static int put(struct kit *k, uint64_t counter, size_t len)
{
	static uint8_t body[STORE_ENVELOPE_MAX];
	struct store_envelope e = kit_envelope(1, counter, "");
	struct id16 from = kit_id('d', 1);
	struct store_submitted done;

	e.body = bytes_of(body, len);
	return store_submit(k->st, &from, &e, &done);
}

/* One transaction with one envelope of ${len} bytes. */
static int submit(struct kit *k, uint64_t counter, size_t len)
{
	int r = store_begin(k->st, k->now), r2;

	if (r != 0)
		return r;
	r = put(k, counter, len);
	r2 = store_commit(k->st);
	return r != 0 ? r : r2;
}

/* Submit until nothing more is taken; the last counter that was. */
static uint64_t until_full(struct kit *k, uint64_t counter, size_t len)
{
	struct store_keeper *kp;
	int r;

	assert_int_equal(store_keeper_open(&kp, k->st), 0);
	for (;;) {
		r = submit(k, counter + 1, len);
		if (r != 0)
			break;
		counter++;
		assert_int_equal(store_tidy(k->st, k->now, false), 0);
		assert_true(counter < 100000);
		if (counter % 50 == 0)
			(void)!store_keeper_run(kp);
	}
	store_keeper_close(kp);
	assert_int_equal(r, ROWAN_E_FULL);
	return counter;
}

/* Reads, revocations and acknowledgements of a store that is full. */
static void test_life_goes_on(struct kit *k, uint64_t counter)
{
	struct store_blob b = {.id = kit_id('b', 1),
		.channel = kit_id('c', 1),
		.owner = kit_id('d', 1),
		.chunks = 1};
	struct store_slice slice;
	size_t waiting = kit_waiting(k, 2);

	assert_int_equal(waiting, counter);
	kit_check(k);
	/* At the quota something small may still fit. */
	kit_begin(k);
	if (!store_room(k->st))
		assert_int_equal(store_blob_begin(k->st, &b), ROWAN_E_FULL);
	assert_int_equal(kit_submit(k, 1, 1, counter, "repeat"), 0);
	kit_commit(k);
	while (waiting > 0) {
		size_t n;

		kit_begin(k);
		n = kit_ack(k, 2, 0, counter - waiting + 20);
		assert_int_equal(store_expire(k->st, 10, &slice), 0);
		assert_int_equal(store_sweep(k->st, 10, &slice), 0);
		kit_commit(k);
		assert_int_equal(store_tidy(k->st, k->now, false), 0);
		waiting -= n;
		if (n == 0)
			break;
	}
	assert_int_equal(kit_waiting(k, 2), waiting);
}

static void test_quota(void **state)
{
	struct store_stats stats;
	uint64_t counter = 0;
	struct kit k;

	kit_start(&k, "/dev/shm");
	k.options.max_bytes = 2 * MIB;
	k.options.mailbox_max = 1000000;
	kit_reopen(&k);
	fill(&k);
	for (int round = 0; round < 3; round++) {
		uint64_t before = counter;
		size_t left;

		counter = until_full(&k, counter, round == 1 ? 9000 : 1000);
		assert_true(counter - before > 100);
		assert_int_equal(kit_waiting(&k, 2), counter - before);
		assert_int_equal(store_stats(store_view(k.st), &stats), 0);
		assert_true(stats.pages * stats.page_size <= 2 * MIB);
		/* Half a mailbox, and there is room again. */
		kit_begin(&k);
		kit_ack(&k, 2, 0, UINT64_MAX);
		kit_commit(&k);
		left = kit_waiting(&k, 2);
		assert_int_equal(left, 0);
		assert_int_equal(submit(&k, ++counter, 1000), 0);
		kit_begin(&k);
		assert_true(store_room(k.st));
		assert_int_equal(kit_ack(&k, 2, 0, UINT64_MAX), 1);
		kit_commit(&k);
	}
	until_full(&k, counter, 20000);
	kit_check(&k);
	kit_stop(&k);
}

/* What is too much in one group is refused; what came before it stays. */
static void test_quota_within_a_group(void **state)
{
	uint64_t counter = 0;
	struct kit k;

	kit_start(&k, "/dev/shm");
	k.options.max_bytes = 2 * MIB;
	k.options.mailbox_max = 1000000;
	kit_reopen(&k);
	fill(&k);
	kit_begin(&k);
	while (put(&k, counter + 1, 9000) == 0)
		counter++;
	assert_int_equal(put(&k, counter + 1, 9000), ROWAN_E_FULL);
	kit_commit(&k);
	assert_true(counter > 50);
	assert_int_equal(kit_waiting(&k, 2), counter);
	kit_check(&k);
	kit_stop(&k);
}

/* Far from the quota it is not asked each time how far; but it is asked. */
static void test_far(void **state)
{
	bool room = true;
	struct kit k;

	kit_start(&k, "/dev/shm");
	kit_begin(&k);
	assert_true(store_room(k.st));
	kit_commit(&k);
	k.st->max_pages = 1;
	for (int i = 0; room && i < 100; i++) {
		kit_begin(&k);
		room = store_room(k.st);
		kit_commit(&k);
	}
	assert_false(room);
	kit_stop(&k);
}

/* The engine finds no room where none was expected: a commit fails. */
static void test_volume_full_at_commit(void **state)
{
	char reserve[128];
	struct stat st;
	struct kit k;

	faulty_clear();
	kit_start(&k, "/dev/shm");
	k.options.vfs = FAULTY_VFS;
	k.options.reserve_bytes = MIB;
	kit_reopen(&k);
	fill(&k);
	snprintf(reserve, sizeof(reserve), "%s-reserve", k.path);
	assert_int_equal(stat(reserve, &st), 0);
	assert_int_equal(st.st_size, MIB);
	for (uint64_t n = 1; n <= 20; n++)
		assert_int_equal(submit(&k, n, 3000), 0);

	faulty_full(true);
	assert_int_equal(submit(&k, 21, 3000), ROWAN_E_FULL);
	/* That gave the reserve up, which is room for the next ones. */
	assert_int_equal(stat(reserve, &st), 0);
	assert_int_equal(st.st_size, 0);
	faulty_full(false);
	assert_int_equal(submit(&k, 21, 3000), ROWAN_E_FULL);
	test_life_goes_on(&k, 20);

	/* Once the reserve can be laid again, everything goes on. */
	k.now++;
	assert_int_equal(store_tidy(k.st, k.now, true), 0);
	assert_int_equal(stat(reserve, &st), 0);
	assert_int_equal(st.st_size, MIB);
	assert_int_equal(submit(&k, 21, 3000), 0);
	assert_int_equal(kit_waiting(&k, 2), 1);
	kit_stop(&k);
	faulty_clear();
}

/*
 * The same on a real volume of 100 MiB, where the process may mount one, with
 * a quota that leaves room for log and reserve, as docs/store.md asks for.
 */
static void test_small_volume(void **state)
{
	char base[] = "/tmp/store-volume-XXXXXX", ballast[128] = "";
	uint64_t counter = 0;
	struct kit k;
	FILE *f;

	assert_non_null(mkdtemp(base));
	if (mount("tmpfs", base, "tmpfs", 0, "size=100m") != 0) {
		rmdir(base);
		skip();
	}
	kit_start(&k, base);
	k.options.reserve_bytes = 8 * MIB;
	k.options.max_bytes = 24 * MIB;
	k.options.mailbox_max = 1000000;
	kit_reopen(&k);
	fill(&k);
	counter = until_full(&k, 0, 8000);
	assert_true(counter > 500);
	test_life_goes_on(&k, counter);
	k.now++;
	assert_int_equal(store_tidy(k.st, k.now, true), 0);

	/* Somebody else fills what is left; then goes away. */
	snprintf(ballast, sizeof(ballast), "%s/ballast", base);
	f = fopen(ballast, "wb");
	assert_non_null(f);
	while (fwrite(ballast, 1, sizeof(ballast), f) == sizeof(ballast))
		;
	(void)!fclose(f);
	kit_begin(&k);
	kit_ack(&k, 2, 0, UINT64_MAX);
	(void)!store_commit(k.st);
	counter = until_full(&k, counter, 8000);
	kit_begin(&k);
	kit_ack(&k, 2, 0, UINT64_MAX);
	kit_commit(&k);
	assert_int_equal(kit_waiting(&k, 2), 0);
	kit_check(&k);
	assert_int_equal(unlink(ballast), 0);
	k.now++;
	assert_int_equal(store_tidy(k.st, k.now, true), 0);
	assert_int_equal(submit(&k, counter + 1, 1000), 0);
	assert_int_equal(kit_waiting(&k, 2), 1);
	kit_stop(&k);
	assert_int_equal(umount(base), 0);
	rmdir(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quota),
		cmocka_unit_test(test_quota_within_a_group),
		cmocka_unit_test(test_far),
		cmocka_unit_test(test_volume_full_at_commit),
		cmocka_unit_test(test_small_volume),
	};

	if (sodium_init() < 0)
		return 1;
	faulty_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
