/*
 * Key packages at the daemon's door: what could not be used by whoever claims
 * it is refused, all of a request or nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/groups_kit.h"
#include "wire/code.h"
#include "wire/key.h"
#include "wire/op.h"

#define DAY 86400

/* ---- asking ---- */

static uint16_t ask(struct member *m, uint16_t op, const struct writer *body,
	struct wire_key_stock *ret)
{
	struct wire_message answer;
	uint16_t code = member_call(
		m, &(struct member_request){.op = op, .body = body}, &answer);

	if (code == WIRE_OK)
		assert_int_equal(wire_key_stock_decode(&answer, ret), 0);
	return code;
}

static uint16_t publish(struct member *m, const struct wire_key_publish *p)
{
	struct wire_key_stock s;
	struct writer w;
	uint16_t code;

	writer_init(&w, WIRE_FRAME_MAX);
	assert_int_equal(wire_key_publish_encode(p, &w), 0);
	code = ask(m, WIRE_OP_KEY_PUBLISH, &w, &s);
	writer_wipe(&w);
	return code;
}

static uint16_t publish_one(struct member *m, struct bytes raw, uint8_t flags)
{
	const struct wire_key_publish p = {
		.count = 1, .packages = {{flags, raw}}};

	return publish(m, &p);
}

/* What the daemon has: single ones, and one more for a last resort. */
static unsigned stock(struct member *m)
{
	struct wire_key_stock s;
	struct writer none;
	uint8_t mem[1];

	writer_init_fixed(&none, mem, sizeof mem);
	assert_int_equal(ask(m, WIRE_OP_KEY_COUNT, &none, &s), WIRE_OK);
	return s.available + (s.last_resort ? 1000 : 0);
}

static struct rowan_mls_buf package(
	struct member *m, const struct rowan_mls_key_package_options *o)
{
	struct rowan_mls_buf ret;

	assert_int_equal(rowan_mls_key_package(m->mls, o, &ret, NULL), 0);
	return ret;
}

static struct bytes of(const struct rowan_mls_buf *b)
{
	return bytes_of(b->data, b->len);
}

/* One of ${m}'s with a lifetime, published by itself. */
static uint16_t lived(struct member *m, uint64_t from, uint64_t until)
{
	const struct rowan_mls_key_package_options o = {
		.not_before = from, .not_after = until};
	struct rowan_mls_buf p = package(m, &o);
	uint16_t code = publish_one(m, of(&p), 0);

	rowan_mls_buf_free(&p);
	return code;
}

/* ---- tests ---- */

static void good_ones_are_taken(void **state)
{
	struct groups_kit *t = *state;
	const struct rowan_mls_key_package_options single = {0},
						   last = {.last_resort = true};
	struct rowan_mls_buf a = package(&t->victim, &single);
	struct rowan_mls_buf b = package(&t->victim, &last);

	assert_int_equal(publish_one(&t->victim, of(&a), 0), WIRE_OK);
	assert_int_equal(
		publish_one(&t->victim, of(&b), WIRE_KEY_LAST_RESORT), WIRE_OK);
	assert_int_equal(stock(&t->victim), 1001);
	/* A repeat is none. */
	assert_int_equal(publish_one(&t->victim, of(&a), 0), WIRE_OK);
	assert_int_equal(stock(&t->victim), 1001);
	rowan_mls_buf_free(&a);
	rowan_mls_buf_free(&b);
}

static void the_flag_is_what_the_package_says(void **state)
{
	struct groups_kit *t = *state;
	const struct rowan_mls_key_package_options single = {0},
						   last = {.last_resort = true};
	struct rowan_mls_buf a = package(&t->victim, &single);
	struct rowan_mls_buf b = package(&t->victim, &last);

	assert_int_equal(publish_one(&t->victim, of(&a), WIRE_KEY_LAST_RESORT),
		WIRE_REFUSED);
	assert_int_equal(publish_one(&t->victim, of(&b), 0), WIRE_REFUSED);
	assert_int_equal(stock(&t->victim), 0);
	rowan_mls_buf_free(&a);
	rowan_mls_buf_free(&b);
}

static void only_ones_own(void **state)
{
	struct groups_kit *t = *state;
	const struct rowan_mls_key_package_options single = {0};
	struct rowan_mls_buf a = package(&t->victim, &single);
	struct member other;
	struct rowan_mls_buf b;

	assert_int_equal(publish_one(&t->advocate, of(&a), 0), WIRE_REFUSED);
	rowan_mls_buf_free(&a);
	/* The right key under a chain of cards that was not logged for it. */
	member_begin_as(&other, &t->victim, buf_view(&t->advocate.chain));
	b = package(&other, &single);
	assert_int_equal(publish_one(&t->victim, of(&b), 0), WIRE_REFUSED);
	rowan_mls_buf_free(&b);
	member_end(&other);
	/* Her own cards, over a key that none of them names. */
	member_begin_as(&other, &t->advocate, buf_view(&t->victim.chain));
	b = package(&other, &single);
	assert_int_equal(publish_one(&t->victim, of(&b), 0), WIRE_REFUSED);
	rowan_mls_buf_free(&b);
	member_end(&other);
	assert_int_equal(stock(&t->victim) + stock(&t->advocate), 0);
}

static void lifetimes_are_looked_at(void **state)
{
	struct groups_kit *t = *state;
	uint64_t now = relay_double_now(t->c.d);
	struct buf got;

	assert_int_equal(
		lived(&t->victim, now - 2 * DAY, now - 1), WIRE_REFUSED);
	assert_int_equal(
		lived(&t->victim, now + 1, now + 2 * DAY), WIRE_REFUSED);
	assert_int_equal(
		lived(&t->victim, now - 10, now + 29 * DAY), WIRE_REFUSED);
	assert_int_equal(stock(&t->victim), 0);
	assert_int_equal(
		lived(&t->victim, now - 10, now + 29 * DAY - 10), WIRE_OK);
	assert_int_equal(lived(&t->victim, now, now + DAY / 2), WIRE_OK);
	assert_int_equal(stock(&t->victim), 2);
	/* What is over is not given out. */
	relay_double_pass(t->c.d, DAY * 1000);
	assert_int_equal(member_create(&t->advocate, 1, &t->group), WIRE_OK);
	assert_int_equal(
		member_claim(&t->advocate, &t->c.cast.victim.device, &got),
		WIRE_OK);
	buf_wipe(&got);
	assert_int_equal(
		member_claim(&t->advocate, &t->c.cast.victim.device, &got),
		WIRE_REFUSED);
}

static void what_is_no_package(void **state)
{
	struct groups_kit *t = *state;
	const struct rowan_mls_key_package_options single = {0};
	const struct rowan_mls_group_info_options plain = {false, false};
	struct rowan_mls_buf p = package(&t->victim, &single), info;
	struct rowan_mls_group *g;
	const struct rowan_mls_extensions none = {NULL, 0};

	assert_int_equal(publish_one(&t->victim, bytes_of("noise", 5), 0),
		WIRE_MALFORMED);
	assert_int_equal(
		publish_one(&t->victim, bytes_of(p.data + 4, p.len - 4), 0),
		WIRE_MALFORMED);
	assert_int_equal(
		publish_one(&t->victim, bytes_of(p.data, p.len - 1), 0),
		WIRE_MALFORMED);
	/* Another kind of message. */
	assert_int_equal(
		rowan_mls_group_create(t->victim.mls,
			(struct rowan_mls_bytes){(const uint8_t *)"g", 1}, none,
			&g),
		0);
	assert_int_equal(rowan_mls_group_info(g, &plain, &info), 0);
	assert_int_equal(publish_one(&t->victim, of(&info), 0), WIRE_MALFORMED);
	rowan_mls_group_free(g);
	rowan_mls_buf_free(&info);
	/* Any byte of it counts. */
	for (size_t i = 0; i < p.len; i++) {
		p.data[i] ^= 1;
		assert_int_not_equal(
			publish_one(&t->victim, of(&p), 0), WIRE_OK);
		p.data[i] ^= 1;
	}
	assert_int_equal(stock(&t->victim), 0);
	assert_int_equal(publish_one(&t->victim, of(&p), 0), WIRE_OK);
	rowan_mls_buf_free(&p);
}

static void all_of_them_or_none(void **state)
{
	struct groups_kit *t = *state;
	const struct rowan_mls_key_package_options single = {0};
	struct rowan_mls_buf a = package(&t->victim, &single);
	struct rowan_mls_buf b = package(&t->victim, &single);
	const struct wire_key_publish both = {
		.count = 2, .packages = {{0, of(&a)}, {0, of(&b)}}};

	b.data[b.len - 1] ^= 1;
	assert_int_equal(publish(&t->victim, &both), WIRE_REFUSED);
	assert_int_equal(stock(&t->victim), 0);
	/* Nor was it seen: the good one counts as new. */
	assert_int_equal(publish_one(&t->victim, of(&a), 0), WIRE_OK);
	assert_int_equal(stock(&t->victim), 1);
	rowan_mls_buf_free(&a);
	rowan_mls_buf_free(&b);
}

int main(void)
{
#define T(f)                                                                   \
	cmocka_unit_test_setup_teardown(                                       \
		f, groups_kit_setup, groups_kit_teardown)
	const struct CMUnitTest tests[] = {
		T(good_ones_are_taken),
		T(the_flag_is_what_the_package_says),
		T(only_ones_own),
		T(lifetimes_are_looked_at),
		T(what_is_no_package),
		T(all_of_them_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
