/* The store: key packages, blobs, meta values, readers of other threads. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/store_kit.h"

static int setup(void **state)
{
	static struct kit kit;

	kit_start(&kit, NULL);
	kit_people(&kit, 3, 2);
	*state = &kit;
	return 0;
}

/* ---- key packages ---- */

static int publish(struct kit *k, uint32_t device, uint32_t n, bool last)
{
	struct store_package p = {.body = bytes_of(&n, sizeof(n)),
		.until = k->now + 86400,
		.last_resort = last};
	struct id16 id = kit_id('d', device);

	memcpy(p.hash, &n, sizeof(n));
	return store_package_put(k->st, &id, &p, 100);
}

/* The number in the package claimed, or an error. */
static int claim(struct kit *k, uint32_t device, uint32_t *ret, bool *ret_last)
{
	struct id16 id = kit_id('d', device);
	struct buf body;
	int r = store_package_claim(k->st, &id, &body, ret_last);

	*ret = UINT32_MAX;
	if (r == 0) {
		assert_int_equal(body.len, sizeof(*ret));
		memcpy(ret, body.data, sizeof(*ret));
	} else {
		assert_null(body.data);
	}
	buf_wipe(&body);
	return r;
}

static void test_each_claimed_once(void **state)
{
	struct kit *k = *state;
	struct id16 id = kit_id('d', 1);
	struct store_stock stock;
	bool seen[100] = {false}, last;
	uint32_t n;

	kit_begin(k);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(publish(k, 1, i, false), 0);
	assert_int_equal(publish(k, 1, 100, false), ROWAN_E_QUOTA);
	assert_int_equal(publish(k, 1, 101, true), 0);
	kit_commit(k);
	for (int i = 0; i < 1000; i++) {
		kit_begin(k);
		assert_int_equal(claim(k, 1, &n, &last), 0);
		kit_commit(k);
		if (i % 50 == 0)
			kit_reopen(k);
		assert_int_equal(last, i >= 100);
		if (last) {
			assert_int_equal(n, 101);
			continue;
		}
		assert_true(n < 100);
		assert_false(seen[n]);
		seen[n] = true;
	}
	assert_int_equal(
		store_package_count(store_view(k->st), &id, &stock), 0);
	assert_int_equal(stock.available, 0);
	assert_true(stock.last_resort && stock.last_resort_used);

	/* A hash is remembered for ever, also after the package has gone. */
	kit_begin(k);
	assert_int_equal(publish(k, 1, 5, false), ROWAN_E_EXISTS);
	assert_int_equal(publish(k, 2, 5, false), ROWAN_E_EXISTS);
	assert_int_equal(publish(k, 1, 101, true), ROWAN_E_EXISTS);
	assert_int_equal(publish(k, 1, 102, true), 0);
	kit_commit(k);
	assert_int_equal(
		store_package_count(store_view(k->st), &id, &stock), 0);
	assert_true(stock.last_resort && !stock.last_resort_used);
}

static void test_packages_refused(void **state)
{
	struct kit *k = *state;
	struct id16 id = kit_id('d', 1);
	struct store_stock stock;
	uint32_t n;
	bool last;

	kit_begin(k);
	assert_int_equal(claim(k, 1, &n, &last), ROWAN_E_NOT_FOUND);
	assert_int_equal(claim(k, 99, &n, &last), ROWAN_E_NOT_FOUND);
	assert_int_equal(publish(k, 99, 1, false), ROWAN_E_REFUSED);
	assert_int_equal(publish(k, 1, 1, false), 0);
	assert_int_equal(publish(k, 1, 2, true), 0);
	assert_int_equal(store_device_revoke(k->st, &id), 0);
	assert_int_equal(claim(k, 1, &n, &last), ROWAN_E_NOT_FOUND);
	assert_int_equal(publish(k, 1, 3, false), ROWAN_E_REFUSED);
	kit_commit(k);
	assert_int_equal(
		store_package_count(store_view(k->st), &id, &stock), 0);
	assert_int_equal(stock.available, 0);
	assert_false(stock.last_resort);
}

static void test_packages_expire(void **state)
{
	struct kit *k = *state;
	struct store_slice slice;
	uint32_t n;
	bool last;

	kit_begin(k);
	assert_int_equal(publish(k, 1, 1, false), 0);
	kit_commit(k);
	k->now += 86400;
	kit_begin(k);
	assert_int_equal(claim(k, 1, &n, &last), ROWAN_E_NOT_FOUND);
	assert_int_equal(store_expire(k->st, 10, &slice), 0);
	assert_int_equal(slice.done, 1);
	kit_commit(k);
}

/* ---- blobs ---- */

static struct store_blob blob_of(uint32_t n, uint32_t chunks)
{
	return (struct store_blob){.id = kit_id('b', n),
		.channel = kit_id('c', 1),
		.owner = kit_id('d', 1),
		.size = chunks * 1000ull,
		.chunks = chunks};
}

static int put(struct kit *k, uint32_t owner, uint32_t n, uint32_t index)
{
	static uint8_t chunk[STORE_CHUNK_MAX];
	struct id16 id = kit_id('b', n), d = kit_id('d', owner);

	memset(chunk, (int)(n * 16 + index), sizeof(chunk));
	return store_blob_put(
		k->st, &d, &id, index, bytes_of(chunk, sizeof(chunk) - index));
}

static void test_blob_in_any_order(void **state)
{
	struct kit *k = *state;
	struct store_reader *rd = store_view(k->st);
	struct store_blob b = blob_of(1, 5), got;
	struct buf chunk;
	uint32_t missing;

	kit_begin(k);
	assert_int_equal(store_blob_begin(k->st, &b), 0);
	assert_int_equal(store_blob_begin(k->st, &b), 0);
	assert_int_equal(put(k, 1, 1, 0), 0);
	assert_int_equal(put(k, 1, 1, 4), 0);
	assert_int_equal(put(k, 1, 1, 4), 0);
	kit_commit(k);
	kit_reopen(k);
	rd = store_view(k->st);
	assert_int_equal(store_blob_get(rd, &b.id, &got), 0);
	assert_int_equal(got.have, 2);
	assert_int_equal(got.size, 5000);
	assert_int_equal(store_blob_missing(rd, &b.id, 0, &missing), 0);
	assert_int_equal(missing, 1);
	assert_int_equal(store_blob_missing(rd, &b.id, 4, &missing), 0);
	assert_int_equal(missing, 5);
	assert_int_equal(store_blob_missing(rd, &b.id, 9, &missing), 0);
	assert_int_equal(missing, 5);
	kit_begin(k);
	for (uint32_t i = 1; i < 4; i++)
		assert_int_equal(put(k, 1, 1, i), 0);
	kit_commit(k);
	assert_int_equal(store_blob_missing(rd, &b.id, 0, &missing), 0);
	assert_int_equal(missing, 5);
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(store_blob_chunk(rd, &b.id, i, &chunk), 0);
		assert_int_equal(chunk.len, STORE_CHUNK_MAX - i);
		assert_int_equal(chunk.data[chunk.len - 1], 16 + i);
		buf_wipe(&chunk);
	}
	assert_int_equal(
		store_blob_chunk(rd, &b.id, 5, &chunk), ROWAN_E_NOT_FOUND);
}

static void test_blob_refused(void **state)
{
	struct kit *k = *state;
	struct store_blob b = blob_of(1, 5), other;
	struct id16 id = kit_id('b', 77);
	uint32_t missing;

	kit_begin(k);
	assert_int_equal(store_blob_begin(k->st, &b), 0);
	other = b;
	other.owner = kit_id('d', 2);
	assert_int_equal(store_blob_begin(k->st, &other), ROWAN_E_REFUSED);
	other = b;
	other.chunks = 6;
	assert_int_equal(store_blob_begin(k->st, &other), ROWAN_E_REFUSED);
	other = blob_of(2, 0);
	assert_int_equal(store_blob_begin(k->st, &other), ROWAN_E_INVAL);
	other = blob_of(2, STORE_CHUNKS_MAX + 1);
	assert_int_equal(store_blob_begin(k->st, &other), ROWAN_E_INVAL);
	other = blob_of(2, 1);
	other.channel = kit_id('c', 9);
	assert_int_equal(store_blob_begin(k->st, &other), ROWAN_E_REFUSED);
	other = blob_of(2, 1);
	other.owner = kit_id('d', 9);
	assert_int_equal(store_blob_begin(k->st, &other), ROWAN_E_REFUSED);

	assert_int_equal(put(k, 2, 1, 0), ROWAN_E_REFUSED);
	assert_int_equal(put(k, 1, 2, 0), ROWAN_E_REFUSED);
	assert_int_equal(put(k, 1, 1, 5), ROWAN_E_LIMIT);
	assert_int_equal(
		store_blob_put(k->st, &b.owner, &b.id, 0, bytes_of("", 0)),
		ROWAN_E_INVAL);
	assert_int_equal(store_blob_delete(k->st, &id), ROWAN_E_NOT_FOUND);
	kit_commit(k);
	assert_int_equal(
		store_blob_missing(store_view(k->st), &id, 0, &missing),
		ROWAN_E_NOT_FOUND);
	assert_int_equal(store_blob_get(store_view(k->st), &b.id, &other), 0);
	assert_int_equal(other.have, 0);
}

static void test_blob_deleted_in_slices(void **state)
{
	struct kit *k = *state;
	struct store_blob b = blob_of(1, 30), got;
	struct store_slice slice = {.more = true};
	int rounds = 0;

	kit_begin(k);
	assert_int_equal(store_blob_begin(k->st, &b), 0);
	for (uint32_t i = 0; i < 30; i++)
		assert_int_equal(put(k, 1, 1, i), 0);
	assert_int_equal(store_blob_delete(k->st, &b.id), 0);
	kit_commit(k);
	kit_check(k);
	assert_int_equal(store_blob_get(store_view(k->st), &b.id, &got),
		ROWAN_E_NOT_FOUND);
	/* The id is free again, and finds nothing of the old one. */
	kit_begin(k);
	assert_int_equal(store_blob_begin(k->st, &b), 0);
	kit_commit(k);
	for (; slice.more; rounds++) {
		kit_begin(k);
		assert_int_equal(store_sweep(k->st, 7, &slice), 0);
		assert_true(slice.done <= 7);
		kit_commit(k);
	}
	assert_true(rounds >= 5);
	assert_int_equal(store_blob_get(store_view(k->st), &b.id, &got), 0);
	assert_int_equal(got.have, 0);
}

static void test_blob_expires(void **state)
{
	struct kit *k = *state;
	struct store_blob b = blob_of(1, 2), got;
	struct store_slice slice;

	b.expires = k->now + 5;
	b.hold = k->now + 3;
	kit_begin(k);
	assert_int_equal(store_blob_begin(k->st, &b), 0);
	assert_int_equal(put(k, 1, 1, 0), 0);
	kit_commit(k);
	assert_int_equal(store_blob_get(store_view(k->st), &b.id, &got), 0);
	assert_int_equal(got.hold, b.hold);
	assert_int_equal(got.expires, b.expires);
	k->now += 3600;
	kit_begin(k);
	assert_int_equal(store_expire(k->st, 10, &slice), 0);
	assert_int_equal(slice.done, 1);
	assert_int_equal(store_sweep(k->st, 10, &slice), 0);
	kit_commit(k);
	assert_int_equal(store_blob_get(store_view(k->st), &b.id, &got),
		ROWAN_E_NOT_FOUND);
}

/* ---- meta ---- */

static void test_meta(void **state)
{
	struct kit *k = *state;
	static uint8_t big[STORE_META_MAX + 1];
	struct buf v;

	kit_begin(k);
	assert_int_equal(
		store_meta_put(k->st, STORE_META_CLOCK, bytes_of("one", 3)), 0);
	assert_int_equal(
		store_meta_put(k->st, STORE_META_CLOCK, bytes_of("two", 3)), 0);
	assert_int_equal(store_meta_put(k->st, STORE_META_USER_FIRST,
				 bytes_of(big, sizeof(big))),
		ROWAN_E_INVAL);
	assert_int_equal(store_meta_put(k->st, STORE_META_USER_FIRST,
				 bytes_of(big, sizeof(big) - 1)),
		0);
	kit_commit(k);
	kit_reopen(k);
	assert_int_equal(
		store_meta_get(store_view(k->st), STORE_META_CLOCK, &v), 0);
	assert_true(bytes_eq(buf_view(&v), bytes_of("two", 3)));
	buf_wipe(&v);
	kit_begin(k);
	assert_int_equal(
		store_meta_put(k->st, STORE_META_CLOCK, bytes_of("", 0)), 0);
	kit_commit(k);
	assert_int_equal(
		store_meta_get(store_view(k->st), STORE_META_CLOCK, &v),
		ROWAN_E_NOT_FOUND);
	assert_int_equal(
		store_meta_put(k->st, STORE_META_CLOCK, bytes_of("x", 1)),
		ROWAN_E_STATE);
}

/* ---- other threads ---- */

struct watcher {
	struct store *st;
	_Atomic bool stop;
	_Atomic uint64_t rounds;
	const char *problem;
};

/* What a reader sees is always a whole transaction: an even number. */
static void *watch(void *arg)
{
	struct watcher *w = arg;
	struct store_fetch f = {.device = kit_id('d', 2),
		.max_items = UINT32_MAX,
		.max_bytes = UINT32_MAX};
	struct store_reader *rd;
	struct store_batch *b;
	size_t len;
	bool more;

	if (store_reader_open(&rd, w->st) != 0 || store_batch_new(&b) != 0) {
		w->problem = "open";
		return NULL;
	}
	while (!w->stop && w->problem == NULL) {
		if (store_fetch(rd, &f, b, &more) != 0)
			w->problem = "fetch";
		store_batch_items(b, &len);
		if (len % 2 != 0)
			w->problem = "half a transaction";
		w->rounds++;
	}
	store_batch_free(b);
	store_reader_close(rd);
	return NULL;
}

static void *move(void *arg)
{
	struct watcher *w = arg;
	struct store_keeper *kp;

	if (store_keeper_open(&kp, w->st) != 0) {
		w->problem = "keeper";
		return NULL;
	}
	while (!w->stop && w->problem == NULL) {
		if (store_keeper_run(kp) != 0)
			w->problem = "keeper run";
		w->rounds++;
	}
	store_keeper_close(kp);
	return NULL;
}

static void test_readers_and_keeper(void **state)
{
	struct kit *k = *state;
	struct watcher w[3];
	pthread_t threads[3];
	uint64_t n = 0;

	for (int i = 0; i < 3; i++) {
		memset(&w[i], 0, sizeof(w[i]));
		w[i].st = k->st;
		assert_int_equal(pthread_create(&threads[i], NULL,
					 i == 2 ? move : watch, &w[i]),
			0);
	}
	for (int i = 0; i < 300 || w[0].rounds < 5 || w[2].rounds < 5; i++) {
		kit_begin(k);
		assert_int_equal(kit_submit(k, 1, 1, ++n, "one"), 0);
		assert_int_equal(kit_submit(k, 1, 1, ++n, "two"), 0);
		if (i % 20 == 19)
			assert_int_equal(kit_ack(k, 2, 0, UINT64_MAX) % 2, 0);
		kit_commit(k);
		if (i % 7 == 0)
			assert_int_equal(
				store_tidy(k->st, k->now += 100, true), 0);
	}
	for (int i = 0; i < 3; i++) {
		w[i].stop = true;
		pthread_join(threads[i], NULL);
		if (w[i].problem != NULL)
			fail_msg("%d: %s", i, w[i].problem);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, kit_teardown)
	const struct CMUnitTest tests[] = {
		T(test_each_claimed_once),
		T(test_packages_refused),
		T(test_packages_expire),
		T(test_blob_in_any_order),
		T(test_blob_refused),
		T(test_blob_deleted_in_slices),
		T(test_blob_expires),
		T(test_meta),
		T(test_readers_and_keeper),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
