/*
 * Whatever stands in a request that is well formed, the answer is the peer's
 * to understand: never "try again", which a client would do for ever, and
 * never the end of the transaction.
 *
 * Every request of the wire's samples, by a device with every right and every
 * id of theirs in place, with each byte and each number of its body changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/ops_kit.h"
#include "lib/wire_samples.h"

static struct ops_kit w;
static size_t runs;

/* The samples' ids are one byte sixteen times. */
static struct id16 id_of(uint8_t b)
{
	struct id16 id = {{0}};

	memset(id.b, b, sizeof id.b);
	return id;
}

static void put_device(uint8_t id)
{
	struct store_device d = {.id = id_of(id),
		.member = id_of(0xe1),
		.role = WIRE_ROLE_CASEWORKER,
		.agency = "police",
		.rights = UINT32_MAX};

	memset(d.transport.b, id, sizeof d.transport.b);
	assert_int_equal(
		store_device_put(w.kit.st, &d, bytes_of("a card", 6)), 0);
}

static int setup(void **state)
{
	struct store_case c = {.id = id_of(0xca)};
	struct store_channel ch = {
		.id = id_of(0xc1), .case_id = c.id, .kind = 1};
	struct store_assignment a = {.member = id_of(0xe1)};

	config_defaults(&w.config);
	w.config.claims_by = w.config.claims_of = 1000000;
	w.config.invites = w.config.key_packages = 10000;
	w.config.blobs_open = 1000;
	ops_kit_start(&w, 1000000);
	kit_begin(&w.kit);
	put_device(0xd1);
	put_device(0xd2);
	assert_int_equal(store_case_put(w.kit.st, &c), 0);
	assert_int_equal(store_channel_put(w.kit.st, &ch), 0);
	assert_int_equal(store_assign(w.kit.st, &ch.id, &a), 0);
	kit_commit(&w.kit);
	return 0;
}

static int teardown(void **state)
{
	kit_check(&w.kit);
	ops_kit_stop(&w);
	return 0;
}

/* The codes of the items of an answer that has some. */
static size_t item_codes(uint16_t op, uint16_t *ret)
{
	static union {
		struct wire_submit_answer submit;
		struct wire_key_claim_answer claim;
		struct wire_devices_answer devices;
		struct wire_invite_watch_answer watch;
	} a;
	struct wire_message m = ops_kit_answer(&w);
	size_t n = 0;

	switch (op) {
	case WIRE_OP_SUBMIT:
		assert_int_equal(wire_submit_answer_decode(&m, &a.submit), 0);
		for (; n < a.submit.count; n++)
			ret[n] = a.submit.results[n].code;
		break;
	case WIRE_OP_KEY_CLAIM:
		assert_int_equal(wire_key_claim_answer_decode(&m, &a.claim), 0);
		for (; n < a.claim.count; n++)
			ret[n] = a.claim.results[n].error.code;
		break;
	case WIRE_OP_DEVICES:
		assert_int_equal(wire_devices_answer_decode(&m, &a.devices), 0);
		for (; n < a.devices.count; n++)
			ret[n] = a.devices.devices[n].error.code;
		break;
	case WIRE_OP_INVITE_WATCH:
		assert_int_equal(
			wire_invite_watch_answer_decode(&m, &a.watch), 0);
		for (; n < a.watch.count; n++)
			ret[n] = a.watch.seen[n].error.code;
		break;
	default: break;
	}
	return n;
}

/*
 * A chunk that nobody has put yet is there later. No statement made the case,
 * so it has no groups to look at.
 */
static void judge(uint16_t op, uint16_t code, struct bytes body)
{
	char hex[2 * WIRE_SAMPLE_BODY + 1];

	if (code != WIRE_AGAIN || op == WIRE_OP_BLOB_GET ||
		(op >= WIRE_OP_GROUP_CREATE && op <= WIRE_OP_NACK))
		return;
	sodium_bin2hex(hex, sizeof hex, body.data, body.len);
	fail_msg("operation %04x says AGAIN to %s", op, hex);
}

static void run(const struct wire_sample *s, struct bytes body)
{
	const struct table_entry *e = table_find(s->header.op);
	const struct wire_key key = {{1}};
	const struct id16 device = id_of(0xd1);
	struct wire_message m = {.header = s->header,
		.body = body,
		.frames = s->frames + 2,
		.frame_count = s->frame_count - 2};
	uint16_t codes[WIRE_ENVELOPES_MAX], code;
	size_t n;

	if (e->decode(&m, &w.request.body) != 0)
		return;
	runs++;
	memcpy(w.request.frames, s->frames,
		s->frame_count * sizeof s->frames[0]);
	w.request.frame_count = s->frame_count;
	code = e->right == TABLE_STRANGER
		       ? ops_kit_run_stranger(&w, e->op, &key)
		       : ops_kit_run_as(&w, e->op, &device);
	judge(e->op, code, body);
	if (code != WIRE_OK)
		return;
	n = item_codes(e->op, codes);
	for (size_t i = 0; i < n; i++)
		judge(e->op, codes[i], body);
}

/* ${len} bytes at ${at} of the sample's body become others. */
static void with(const struct wire_sample *s, size_t at, size_t len,
	uint8_t first, uint8_t rest)
{
	uint8_t body[WIRE_SAMPLE_BODY];
	struct bytes b = s->frames[1];

	if (at + len > b.len)
		return;
	memcpy(body, b.data, b.len);
	memset(body + at, rest, len);
	body[at] = first;
	run(s, bytes_of(body, b.len));
}

static void no_number_is_our_fault(void **state)
{
	struct wire_sample s;

	for (size_t i = 0; wire_sample_make(i, &s) == 0; i++) {
		if (table_find(s.header.op) == NULL)
			continue;
		run(&s, s.frames[1]);
		for (size_t at = 0; at < s.frames[1].len; at++) {
			with(&s, at, 1, 0, 0);
			with(&s, at, 1, 0xff, 0);
			with(&s, at, 8, 0xff, 0xff);
			with(&s, at, 8, 0x7f, 0xff);
			with(&s, at, 8, 0x80, 0);
		}
	}
	/* Not all of them were refused before they got here. */
	assert_true(runs > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			no_number_is_our_fault, setup, teardown),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
