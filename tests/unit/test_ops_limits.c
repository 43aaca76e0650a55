/*
 * What the operations limit, without a network: claims, blobs, the order of
 * submissions after a refusal, repeats of publishing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/ops_kit.h"

static struct ops_kit w;

static int setup(void **state)
{
	config_defaults(&w.config);
	w.config.claims_by = 5;
	w.config.claims_of = 3;
	w.config.key_packages = 2;
	w.config.blobs_open = 2;
	w.config.blob_total = 4 * WIRE_CHUNK_LEN;
	ops_kit_start(&w, 2);
	return 0;
}

static int teardown(void **state)
{
	ops_kit_stop(&w);
	return 0;
}

static uint16_t run(uint16_t op, uint32_t device)
{
	return ops_kit_run(&w, op, device);
}

static struct wire_message answer(void)
{
	return ops_kit_answer(&w);
}

/* ---- submissions ---- */

static void item(size_t i, uint32_t channel, uint64_t counter)
{
	ops_kit_item(&w, i, channel, counter, "sealed");
}

static void results_are(const uint16_t *codes, size_t count)
{
	struct wire_message m = answer();
	struct wire_submit_answer a;

	assert_int_equal(wire_submit_answer_decode(&m, &a), 0);
	assert_int_equal(a.count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(a.results[i].code, codes[i]);
}

static void nothing_overtakes_what_must_wait(void **state)
{
	const uint16_t first[] = {
		WIRE_OK, WIRE_OK, WIRE_FULL, WIRE_AGAIN, WIRE_REFUSED};
	const uint16_t second[] = {WIRE_OK, WIRE_OK};

	/* Device 2 has room for two. */
	for (size_t i = 0; i < 4; i++)
		item(i, 1, i + 1);
	item(4, 9, 5);
	assert_int_equal(run(WIRE_OP_SUBMIT, 1), WIRE_OK);
	results_are(first, 5);
	assert_int_equal(kit_waiting(&w.kit, 2), 2);
	assert_int_equal(w.counters.items_refused, 3);

	/* The same counters, once there is room. */
	kit_begin(&w.kit);
	assert_int_equal(kit_ack(&w.kit, 2, 1, 2), 2);
	kit_commit(&w.kit);
	item(0, 1, 3);
	item(1, 1, 4);
	assert_int_equal(run(WIRE_OP_SUBMIT, 1), WIRE_OK);
	results_are(second, 2);
	assert_int_equal(kit_waiting(&w.kit, 2), 2);
}

static void another_channel_does_not_wait(void **state)
{
	const uint16_t codes[] = {
		WIRE_OK, WIRE_OK, WIRE_FULL, WIRE_OK, WIRE_AGAIN};
	const uint32_t one_three[] = {1, 3};

	kit_begin(&w.kit);
	kit_channel(&w.kit, 3, one_three, 2);
	kit_commit(&w.kit);
	for (size_t i = 0; i < 3; i++)
		item(i, 1, i + 1);
	item(3, 3, 4);
	item(4, 1, 5);
	assert_int_equal(run(WIRE_OP_SUBMIT, 1), WIRE_OK);
	results_are(codes, 5);
	assert_int_equal(kit_waiting(&w.kit, 3), 1);
}

/* ---- key packages ---- */

static uint16_t publish(uint32_t device, const char *data, uint8_t flags)
{
	w.request.body.key_publish = (struct wire_key_publish){
		.packages = {{flags, bytes_of(data, strlen(data))}},
		.count = 1};
	return run(WIRE_OP_KEY_PUBLISH, device);
}

static void stock_is(uint16_t available)
{
	struct wire_message m = answer();
	struct wire_key_stock s = {0};

	assert_int_equal(wire_key_stock_decode(&m, &s), 0);
	assert_int_equal(s.available, available);
}

static void publishing_again_is_harmless(void **state)
{
	assert_int_equal(publish(1, "one", 0), WIRE_OK);
	stock_is(1);
	assert_int_equal(publish(1, "one", 0), WIRE_OK);
	stock_is(1);
	assert_int_equal(publish(1, "two", 0), WIRE_OK);
	stock_is(2);
	/* Full: a new one is too many, an old one is only a repeat. */
	assert_int_equal(publish(1, "three", 0), WIRE_QUOTA);
	assert_int_equal(publish(1, "two", 0), WIRE_OK);
	stock_is(2);
}

/* Claim of device ${of} by ${by} in channel 2. */
static struct wire_error claim(uint32_t by, uint32_t of)
{
	static struct wire_key_claim_answer a;
	struct wire_message m;

	w.request.body.key_claim =
		(struct wire_key_claim){.channel = kit_id('c', 2),
			.devices = {kit_id('d', of)},
			.count = 1};
	assert_int_equal(run(WIRE_OP_KEY_CLAIM, by), WIRE_OK);
	m = answer();
	assert_int_equal(wire_key_claim_answer_decode(&m, &a), 0);
	return a.results[0].error;
}

static void claims_are_limited_for_both_sides(void **state)
{
	struct wire_error e;

	assert_int_equal(publish(2, "last", WIRE_KEY_LAST_RESORT), WIRE_OK);
	assert_int_equal(
		publish(3, "last of 3", WIRE_KEY_LAST_RESORT), WIRE_OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(claim(1, 2).code, WIRE_OK);
	/* Nobody gets more of device 2 for a while... */
	e = claim(1, 2);
	assert_int_equal(e.code, WIRE_QUOTA);
	assert_int_equal(e.retry_ms, 1200 * 1000);
	assert_int_equal(claim(3, 2).code, WIRE_QUOTA);
	/* ...device 1 has two more of others. */
	assert_int_equal(claim(1, 3).code, WIRE_OK);
	assert_int_equal(claim(1, 3).code, WIRE_OK);
	assert_int_equal(claim(1, 3).code, WIRE_QUOTA);
	w.kit.now += 1199;
	assert_int_equal(claim(3, 2).code, WIRE_QUOTA);
	w.kit.now += 1;
	assert_int_equal(claim(3, 2).code, WIRE_OK);
}

static void one_s_own_packages_are_for_others(void **state)
{
	assert_int_equal(publish(1, "mine", 0), WIRE_OK);
	assert_int_equal(claim(1, 1).code, WIRE_REFUSED);
	assert_int_equal(claim(2, 1).code, WIRE_OK);
}

static void a_refused_claim_costs_the_target_nothing(void **state)
{
	assert_int_equal(publish(2, "last", WIRE_KEY_LAST_RESORT), WIRE_OK);
	w.request.body.key_claim =
		(struct wire_key_claim){.channel = kit_id('c', 1),
			.devices = {kit_id('d', 2)},
			.count = 1};
	for (int i = 0; i < 10; i++)
		assert_int_equal(run(WIRE_OP_KEY_CLAIM, 3), WIRE_REFUSED);
	assert_int_equal(claim(3, 2).code, WIRE_OK);
}

static void the_table_of_claims_keeps_those_who_claimed_most(void **state)
{
	struct id16 busy = {{0}}, target = {{1}}, other;
	struct claims *c;

	assert_int_equal(claims_new(2, 1000000, &c), 0);
	assert_int_equal(claims_take(c, &busy, &target, 5), 0);
	assert_int_equal(claims_take(c, &busy, &target, 5), 0);
	assert_int_not_equal(claims_take(c, &busy, &target, 5), 0);
	/* A crowd in the same set, each with one claim. */
	for (unsigned i = 1; i < 1000; i++) {
		memset(&other, 0, sizeof other);
		memcpy(other.b + 4, &i, sizeof i);
		assert_int_equal(claims_take(c, &other, &target, 5), 0);
	}
	assert_int_not_equal(claims_take(c, &busy, &target, 5), 0);
	claims_free(c);
}

static void what_did_not_happen_is_given_back(void **state)
{
	struct id16 by = {{0}}, of = {{1}}, other = {{2}};
	struct claims *c;

	assert_int_equal(claims_new(3, 2, &c), 0);
	claims_leaf_rate(c, 60, 0);
	assert_int_equal(claims_take(c, &by, &of, 5), 0);
	claims_kept(c);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(claims_take(c, &by, &of, 5), 0);
		assert_int_not_equal(claims_take(c, &by, &of, 5), 0);
		assert_int_equal(claims_leaves(c, &by, 4096, 5), 0);
		assert_int_not_equal(claims_leaves(c, &by, 1, 5), 0);
		claims_undone(c);
	}
	/* What was kept stays counted, of both. */
	assert_int_equal(claims_take(c, &by, &other, 5), 0);
	assert_int_equal(claims_take(c, &by, &of, 5), 0);
	assert_int_not_equal(claims_take(c, &by, &other, 5), 0);
	claims_kept(c);
	claims_undone(c);
	assert_int_not_equal(claims_take(c, &other, &of, 5), 0);
	claims_free(c);
}

/* ---- blobs ---- */

static uint16_t begin(uint32_t n, uint64_t size)
{
	w.request.body.blob_begin =
		(struct wire_blob_begin){.channel = kit_id('c', 1),
			.blob = kit_id('b', n),
			.size = size};
	return run(WIRE_OP_BLOB_BEGIN, 1);
}

static uint16_t put(uint32_t n, uint64_t size)
{
	static const uint8_t chunk[WIRE_CHUNK_LEN];

	w.request.body.blob_put = (struct wire_blob_put){.blob = kit_id('b', n),
		.chunks = {bytes_of(chunk, size)},
		.count = 1};
	return run(WIRE_OP_BLOB_PUT, 1);
}

static void blobs_are_limited(void **state)
{
	assert_int_equal(begin(1, 10), WIRE_OK);
	assert_int_equal(begin(2, WIRE_CHUNK_LEN), WIRE_OK);
	/* Two are open; the same again is one of them. */
	assert_int_equal(begin(3, 10), WIRE_QUOTA);
	assert_int_equal(begin(1, 10), WIRE_OK);
	assert_int_equal(put(1, 10), WIRE_OK);
	/* Two chunks of four are taken. */
	assert_int_equal(begin(3, 3 * WIRE_CHUNK_LEN), WIRE_QUOTA);
	assert_int_equal(begin(3, 2 * WIRE_CHUNK_LEN), WIRE_OK);
	assert_int_equal(put(2, WIRE_CHUNK_LEN), WIRE_OK);
	assert_int_equal(begin(4, 1), WIRE_QUOTA);
	w.request.body.blob_id = (struct wire_blob_id){kit_id('b', 1)};
	assert_int_equal(run(WIRE_OP_BLOB_DELETE, 1), WIRE_OK);
	assert_int_equal(begin(4, 1), WIRE_OK);
}

/* The most that is allowed is; and a blob lives from its time on. */
static void blobs_live_as_long_as_they_may(void **state)
{
	const struct config *c = &w.config;
	struct wire_blob_begin *b = &w.request.body.blob_begin;
	struct wire_blob_status s;
	struct wire_message m;

	w.config.blob_bytes = 4 * WIRE_CHUNK_LEN;
	assert_int_equal(begin(1, c->blob_bytes + 1), WIRE_LIMIT);
	*b = (struct wire_blob_begin){.channel = kit_id('c', 1),
		.blob = kit_id('b', 1),
		.size = c->blob_bytes,
		.lifetime = (uint32_t)(c->blob_lifetime_max / 1000) + 1};
	assert_int_equal(run(WIRE_OP_BLOB_BEGIN, 1), WIRE_LIMIT);
	b->lifetime--;
	b->hold_until = w.kit.now + c->hold_max / 1000 + 1;
	assert_int_equal(run(WIRE_OP_BLOB_BEGIN, 1), WIRE_LIMIT);
	b->hold_until--;
	assert_int_equal(run(WIRE_OP_BLOB_BEGIN, 1), WIRE_OK);
	w.request.body.blob_id = (struct wire_blob_id){kit_id('b', 1)};
	assert_int_equal(run(WIRE_OP_BLOB_STATUS, 2), WIRE_OK);
	m = answer();
	assert_int_equal(wire_blob_status_decode(&m, &s), 0);
	assert_int_equal(s.hold_until, w.kit.now + c->hold_max / 1000);
	assert_int_equal(s.expires, s.hold_until + c->blob_lifetime_max / 1000);
	assert_int_equal(run(WIRE_OP_BLOB_DELETE, 1), WIRE_OK);
	/* Not held, and no lifetime said. */
	assert_int_equal(begin(2, 1), WIRE_OK);
	w.request.body.blob_id = (struct wire_blob_id){kit_id('b', 2)};
	assert_int_equal(run(WIRE_OP_BLOB_STATUS, 2), WIRE_OK);
	m = answer();
	assert_int_equal(wire_blob_status_decode(&m, &s), 0);
	assert_int_equal(s.hold_until, 0);
	assert_int_equal(s.expires, w.kit.now + c->blob_lifetime / 1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_overtakes_what_must_wait),
		TEST(another_channel_does_not_wait),
		TEST(publishing_again_is_harmless),
		TEST(claims_are_limited_for_both_sides),
		TEST(one_s_own_packages_are_for_others),
		TEST(a_refused_claim_costs_the_target_nothing),
		TEST(the_table_of_claims_keeps_those_who_claimed_most),
		TEST(what_did_not_happen_is_given_back),
		TEST(blobs_are_limited),
		TEST(blobs_live_as_long_as_they_may),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
