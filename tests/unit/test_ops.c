/*
 * The operations without a network: rights judged for every message, one
 * refusal for what is unknown and what is not yours, delivery, holding.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/ops_kit.h"

#define STRANGER 99 /* no such device, channel, case, blob */

static struct ops_kit w;

static int setup(void **state)
{
	config_defaults(&w.config);
	ops_kit_start(&w, 100);
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

/* ---- rights ---- */

/* A request of ${op} about channel, case, device and blob ${n}. */
static void ask(uint16_t op, uint32_t n)
{
	static uint64_t counter;
	union request_body *b = &w.request.body;

	memset(b, 0, sizeof *b);
	switch (op) {
	case WIRE_OP_HELLO:
		b->hello.versions = (struct wire_versions){1, 1};
		break;
	case WIRE_OP_KEY_PUBLISH:
		b->key_publish.packages[0].data =
			bytes_of(&counter, sizeof counter);
		b->key_publish.count = 1;
		counter++;
		break;
	case WIRE_OP_KEY_CLAIM:
		b->key_claim.channel = kit_id('c', n);
		b->key_claim.devices[0] = kit_id('d', 2);
		b->key_claim.count = 1;
		break;
	case WIRE_OP_SUBMIT: ops_kit_item(&w, 0, n, ++counter, "sealed"); break;
	case WIRE_OP_SUBSCRIBE: b->subscribe.credit = 1; break;
	case WIRE_OP_CREDIT: b->credit.credit = 1; break;
	case WIRE_OP_FETCH: b->fetch.max = 1; break;
	case WIRE_OP_ACK:
		b->ack.ranges[0] = (struct wire_range){1, 1};
		b->ack.count = 1;
		break;
	case WIRE_OP_BLOB_BEGIN:
		b->blob_begin.channel = kit_id('c', n);
		b->blob_begin.blob = kit_id('b', 1000 + n);
		b->blob_begin.size = 3;
		break;
	case WIRE_OP_BLOB_PUT:
		b->blob_put.blob = kit_id('b', n);
		b->blob_put.chunks[0] = bytes_of("abc", 3);
		b->blob_put.count = 1;
		break;
	case WIRE_OP_BLOB_GET:
		b->blob_get.blob = kit_id('b', n);
		b->blob_get.max = 1;
		break;
	case WIRE_OP_BLOB_STATUS:
	case WIRE_OP_BLOB_DELETE: b->blob_id.blob = kit_id('b', n); break;
	case WIRE_OP_DEVICES:
		b->devices.devices[0] = kit_id('d', n == 1 ? 2 : n);
		b->devices.count = 1;
		break;
	case WIRE_OP_CASE: b->case_id.case_id = kit_id('s', n); break;
	default: break;
	}
}

/* Device 1 puts blob 1 into channel 1. */
static void put_blob(void)
{
	union request_body *b = &w.request.body;

	b->blob_begin = (struct wire_blob_begin){
		.channel = kit_id('c', 1), .blob = kit_id('b', 1), .size = 3};
	assert_int_equal(run(WIRE_OP_BLOB_BEGIN, 1), WIRE_OK);
	ask(WIRE_OP_BLOB_PUT, 1);
	assert_int_equal(run(WIRE_OP_BLOB_PUT, 1), WIRE_OK);
}

/* Every operation of the table by ${device} is refused; a revoked one is told.
 */
static void refused_everything(uint32_t device, bool revoked)
{
	const struct table_entry *e;

	for (size_t i = 0; (e = table_at(i)) != NULL; i++) {
		bool told = revoked && e->right >= TABLE_DEVICE;

		ask(e->op, 1);
		if (run(e->op, device) != (told ? WIRE_REVOKED : WIRE_REFUSED))
			fail_msg("operation %04x by device %u", e->op, device);
		assert_int_equal(w.request.error.retry_ms, 0);
		assert_int_equal(w.request.out.len, 0);
		assert_int_equal(w.request.answer_count, 0);
	}
}

static void the_table_is_the_wire_s(void **state)
{
	const struct wire_op_info *info;
	const struct table_entry *e;
	uint16_t before = 0;

	for (size_t i = 0; (info = wire_op_at(i)) != NULL; i++) {
		e = table_find(info->op);
		if ((info->flags & WIRE_OP_PUSHED) != 0)
			assert_null(e);
	}
	for (size_t i = 0; (e = table_at(i)) != NULL; i++) {
		assert_true(e->op > before);
		before = e->op;
		assert_non_null(wire_op_find(e->op));
		assert_true(e->right != 0 && e->cost != 0 && e->effect != 0);
		assert_ptr_equal(table_find(e->op), e);
	}
	assert_null(table_find(0));
	assert_null(table_find(WIRE_OP_PING | WIRE_ANSWER));
}

/* Device 3 comes into channel 1, and nobody was asked whether it may. */
static int forgets_to_ask(struct ops *o, struct request *r)
{
	const struct store_assignment a = {.member = kit_id('m', 3)};

	writer_u32(&r->out, 7);
	return store_assign(o->store, kit_at('c', 1), &a);
}

static int asks(struct ops *o, struct request *r)
{
	return ops_allow_channel(o, r, kit_at('c', 1));
}

/* An operation that a handler answers without a proof of the right. */
static void a_handler_that_forgot_to_ask_is_refused(void **state)
{
	struct table_entry e = *table_find(WIRE_OP_BLOB_BEGIN);

	w.entry = &e;
	for (e.right = TABLE_CHANNEL; e.right <= TABLE_AUDIT; e.right++) {
		/* What was allowed before is of another request. */
		e.handle = asks;
		assert_int_equal(run(e.op, 1), WIRE_OK);
		e.handle = forgets_to_ask;
		assert_int_equal(run(e.op, 1), WIRE_REFUSED);
		assert_int_equal(w.request.out.len, 0);
		ask(WIRE_OP_BLOB_BEGIN, 1);
		w.entry = NULL;
		assert_int_equal(run(WIRE_OP_BLOB_BEGIN, 3), WIRE_REFUSED);
		w.entry = &e;
	}
	/* Of what is one's own nothing is to be asked. */
	e.right = TABLE_DEVICE;
	assert_int_equal(run(e.op, 1), WIRE_OK);
	assert_int_equal(w.request.out.len, 4);
}

static void who_is_not_in_force_gets_nothing(void **state)
{
	struct store_device d;
	struct id16 id = kit_id('d', 2);

	put_blob();
	refused_everything(STRANGER, false);
	/* Not yet, and no more. */
	assert_int_equal(store_device_by_id(w.ops.view, &id, &d), 0);
	kit_begin(&w.kit);
	d.from = w.kit.now + 1;
	assert_int_equal(store_device_put(w.kit.st, &d, bytes_of("c", 1)), 0);
	kit_commit(&w.kit);
	refused_everything(2, false);
	kit_begin(&w.kit);
	d.from = 0;
	d.until = w.kit.now;
	assert_int_equal(store_device_put(w.kit.st, &d, bytes_of("c", 1)), 0);
	kit_commit(&w.kit);
	refused_everything(2, false);
	kit_begin(&w.kit);
	d.until = w.kit.now + 1;
	assert_int_equal(store_device_put(w.kit.st, &d, bytes_of("c", 1)), 0);
	kit_commit(&w.kit);
	assert_int_equal(run(WIRE_OP_PING, 2), WIRE_OK);
	/* Revoked: with the very next message. */
	kit_begin(&w.kit);
	assert_int_equal(store_device_revoke(w.kit.st, &id), 0);
	kit_commit(&w.kit);
	refused_everything(2, true);
}

/* Of whoever has subscribed: also one that is not known any more. */
static void a_card_has_ended_when_nobody_knows_it(void **state)
{
	struct id16 id = kit_id('d', STRANGER);
	bool ended = false;

	assert_int_equal(ops_ended(&w.ops, &id, &ended), 0);
	assert_true(ended);
	id = kit_id('d', 1);
	assert_int_equal(ops_ended(&w.ops, &id, &ended), 0);
	assert_false(ended);
}

/* The whole answer of ${op} by device 3 about ${n}, error and bytes. */
static size_t answer_of(uint16_t op, uint32_t n, uint8_t *ret, size_t max)
{
	struct writer all;

	ask(op, n);
	(void)run(op, 3);
	writer_init_fixed(&all, ret, max);
	writer_u16(&all, w.request.error.code);
	writer_u32(&all, w.request.error.retry_ms);
	writer_raw(&all, w.request.out.data, w.request.out.len);
	writer_u32(&all, (uint32_t)w.request.answer_count);
	assert_int_equal(writer_status(&all), 0);
	return all.len;
}

/* Device 3 is not in channel 1, its case, nor near its blob. */
static void unknown_and_not_yours_are_the_same_bytes(void **state)
{
	static const uint16_t ops[] = {WIRE_OP_KEY_CLAIM, WIRE_OP_SUBMIT,
		WIRE_OP_BLOB_BEGIN, WIRE_OP_BLOB_PUT, WIRE_OP_BLOB_STATUS,
		WIRE_OP_BLOB_GET, WIRE_OP_BLOB_DELETE, WIRE_OP_CASE};
	uint8_t foreign[512], unknown[512];
	struct store_stats before, after;

	put_blob();
	assert_int_equal(store_stats(w.ops.view, &before), 0);
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		size_t a = answer_of(ops[i], 1, foreign, sizeof foreign);
		size_t b = answer_of(ops[i], STRANGER, unknown, sizeof unknown);

		if (a != b || memcmp(foreign, unknown, a) != 0)
			fail_msg("operation %04x tells", ops[i]);
	}
	assert_int_equal(store_stats(w.ops.view, &after), 0);
	/* But for the log, in which both are the same refusals. */
	before.pages = after.pages;
	before.pages_free = after.pages_free;
	before.log_bytes = after.log_bytes;
	assert_memory_equal(&before, &after, sizeof before);
}

static void strangers_look_like_nobody(void **state)
{
	uint8_t foreign[512], unknown[512];
	const uint32_t alone[] = {4};
	size_t a, b;

	kit_begin(&w.kit);
	kit_device(&w.kit, 4, 4);
	kit_channel(&w.kit, 4, alone, 1);
	kit_commit(&w.kit);
	a = answer_of(WIRE_OP_DEVICES, 4, foreign, sizeof foreign);
	b = answer_of(WIRE_OP_DEVICES, STRANGER, unknown, sizeof unknown);
	assert_int_equal(a, b);
	assert_memory_equal(foreign, unknown, a);
	/* Whose channel one shares can be seen. */
	a = answer_of(WIRE_OP_DEVICES, 1, foreign, sizeof foreign);
	assert_true(a > b);
}

static void an_assignment_that_ends_ends_the_right(void **state)
{
	struct id16 channel = kit_id('c', 1);
	struct store_assignment a = {
		.member = kit_id('m', 1), .until = w.kit.now + 10};

	kit_begin(&w.kit);
	assert_int_equal(store_assign(w.kit.st, &channel, &a), 0);
	kit_commit(&w.kit);
	assert_int_equal(ops_kit_submit(&w, 1, 1, 1, "before"), WIRE_OK);
	w.kit.now += 10;
	/* Also when the clock is doubtful. */
	w.ops.doubtful = true;
	assert_int_equal(ops_kit_submit(&w, 1, 1, 2, "after"), WIRE_REFUSED);
	assert_int_equal(ops_kit_submit(&w, 2, 1, 1, "to nobody"), WIRE_OK);
	assert_int_equal(kit_waiting(&w.kit, 1), 0);
	assert_int_equal(kit_waiting(&w.kit, 2), 1);
}

static void a_doubtful_clock_starts_nothing(void **state)
{
	struct id16 channel = kit_id('c', 1);
	struct store_assignment a = {
		.member = kit_id('m', 3), .from = w.kit.now + 10};

	kit_begin(&w.kit);
	assert_int_equal(store_assign(w.kit.st, &channel, &a), 0);
	kit_commit(&w.kit);
	assert_int_equal(ops_kit_submit(&w, 3, 1, 1, "early"), WIRE_REFUSED);
	w.kit.now += 20;
	w.ops.doubtful = true;
	assert_int_equal(ops_kit_submit(&w, 3, 1, 1, "early"), WIRE_REFUSED);
	assert_int_equal(ops_kit_submit(&w, 1, 1, 1, "not to 3"), WIRE_OK);
	assert_int_equal(kit_waiting(&w.kit, 3), 0);
	ask(WIRE_OP_CASE, 1);
	assert_int_equal(run(WIRE_OP_CASE, 3), WIRE_REFUSED);
	w.ops.doubtful = false;
	assert_int_equal(ops_kit_submit(&w, 3, 1, 1, "started"), WIRE_OK);
	/* What has started goes on. */
	w.ops.doubtful = true;
	assert_int_equal(ops_kit_submit(&w, 3, 1, 2, "goes on"), WIRE_OK);
}

/* Nor a card that had not begun while the clock was sure. */
static void a_doubtful_clock_begins_no_card(void **state)
{
	struct id16 id = kit_id('d', 2);
	struct store_device d;

	assert_int_equal(store_device_by_id(w.ops.view, &id, &d), 0);
	kit_begin(&w.kit);
	d.from = w.kit.now + 10;
	assert_int_equal(store_device_put(w.kit.st, &d, bytes_of("c", 1)), 0);
	kit_commit(&w.kit);
	assert_int_equal(run(WIRE_OP_PING, 2), WIRE_REFUSED);
	w.kit.now += 20;
	w.ops.doubtful = true;
	assert_int_equal(run(WIRE_OP_PING, 2), WIRE_REFUSED);
	w.ops.doubtful = false;
	assert_int_equal(run(WIRE_OP_PING, 2), WIRE_OK);
}

/* ---- hello, case ---- */

static void hello_tells_where_one_stands(void **state)
{
	struct wire_hello_answer a;
	struct wire_message m;

	assert_int_equal(ops_kit_submit(&w, 1, 1, 41, "x"), WIRE_OK);
	w.ops.doubtful = true;
	ask(WIRE_OP_HELLO, 0);
	w.request.body.hello.versions.highest = 7;
	assert_int_equal(run(WIRE_OP_HELLO, 1), WIRE_OK);
	m = ops_kit_answer(&w);
	assert_int_equal(wire_hello_answer_decode(&m, &a), 0);
	assert_int_equal(a.version, WIRE_VERSION_HIGH);
	assert_int_equal(a.counter, 41);
	assert_int_equal(a.waiting, 0);
	assert_int_equal(a.time.now, w.kit.now);
	assert_true(a.time.doubtful);
	assert_int_equal(a.limits.lifetime, w.config.lifetime / 1000);
	assert_int_equal(a.bucket_count, 4);
	ask(WIRE_OP_HELLO, 0);
	assert_int_equal(run(WIRE_OP_HELLO, 2), WIRE_OK);
	m = ops_kit_answer(&w);
	assert_int_equal(wire_hello_answer_decode(&m, &a), 0);
	assert_int_equal(a.counter, 0);
	assert_int_equal(a.waiting, 1);
	w.request.body.hello.versions = (struct wire_versions){
		WIRE_VERSION_HIGH + 1, WIRE_VERSION_HIGH + 2};
	assert_int_equal(run(WIRE_OP_HELLO, 2), WIRE_VERSION);
}

static void a_case_shows_one_s_own_channels(void **state)
{
	struct wire_case_answer a;
	struct wire_message m;
	struct store_channel team = {
		.id = kit_id('c', 7), .case_id = kit_id('s', 1), .kind = 2};

	kit_begin(&w.kit);
	assert_int_equal(store_channel_put(w.kit.st, &team), 0);
	kit_commit(&w.kit);
	ask(WIRE_OP_CASE, 1);
	assert_int_equal(run(WIRE_OP_CASE, 2), WIRE_OK);
	m = ops_kit_answer(&w);
	assert_int_equal(wire_case_answer_decode(&m, &a), 0);
	assert_int_equal(a.count, 1);
	assert_int_equal(a.state, WIRE_CASE_OPEN);
	assert_int_equal(a.channels[0].device_count, 2);
	assert_memory_equal(a.channels[0].channel.b, kit_id('c', 1).b, 16);
	assert_memory_equal(a.channels[0].devices, kit_id('d', 1).b, 16);
	ask(WIRE_OP_CASE, 1);
	assert_int_equal(run(WIRE_OP_CASE, 3), WIRE_REFUSED);
}

/* ---- submit, push, fetch, acknowledge ---- */

static void a_repeat_gets_the_first_answer(void **state)
{
	assert_int_equal(ops_kit_submit(&w, 1, 1, 5, "once"), WIRE_OK);
	assert_int_equal(ops_kit_submit(&w, 1, 1, 5, "once"), WIRE_OK);
	assert_int_equal(kit_waiting(&w.kit, 2), 1);
	/* Refused before is not used. */
	assert_int_equal(ops_kit_submit(&w, 1, STRANGER, 6, "x"), WIRE_REFUSED);
	assert_int_equal(ops_kit_submit(&w, 1, 1, 6, "x"), WIRE_OK);
	/* Late, still in the window; then out of it. */
	assert_int_equal(ops_kit_submit(&w, 1, 1, 260, "x"), WIRE_OK);
	assert_int_equal(ops_kit_submit(&w, 1, 1, 7, "x"), WIRE_OK);
	assert_int_equal(ops_kit_submit(&w, 1, 1, 4, "x"), WIRE_COUNTER);
	assert_int_equal(ops_kit_submit(&w, 1, 1, 5, "x"), WIRE_OK);
	assert_int_equal(kit_waiting(&w.kit, 2), 4);
}

/* Or it would think the counter free, and what came next under it be lost. */
static void a_repeat_gets_it_whatever_became_of_the_right(void **state)
{
	struct id16 channel = kit_id('c', 1), member = kit_id('m', 1);

	assert_int_equal(ops_kit_submit(&w, 1, 1, 5, "once"), WIRE_OK);
	kit_begin(&w.kit);
	assert_int_equal(store_unassign(w.kit.st, &channel, &member), 0);
	kit_commit(&w.kit);
	assert_int_equal(ops_kit_submit(&w, 1, 1, 5, "once"), WIRE_OK);
	assert_int_equal(ops_kit_submit(&w, 1, 1, 6, "new"), WIRE_REFUSED);
	assert_int_equal(kit_waiting(&w.kit, 2), 1);
}

static void counters_have_a_last_one(void **state)
{
	assert_int_equal(ops_kit_submit(&w, 1, 1, (uint64_t)INT64_MAX + 1, "x"),
		WIRE_LIMIT);
	assert_int_equal(ops_kit_submit(&w, 1, 1, UINT64_MAX, "x"), WIRE_LIMIT);
	assert_int_equal(kit_waiting(&w.kit, 2), 0);
	assert_int_equal(ops_kit_submit(&w, 1, 1, INT64_MAX, "x"), WIRE_OK);
	assert_int_equal(ops_kit_submit(&w, 1, 1, INT64_MAX, "x"), WIRE_OK);
	assert_int_equal(kit_waiting(&w.kit, 2), 1);
}

static void subscribe(uint32_t device, uint64_t after, uint32_t credit)
{
	w.request.body.subscribe = (struct wire_subscribe){after, credit};
	assert_int_equal(run(WIRE_OP_SUBSCRIBE, device), WIRE_OK);
}

/* The batch holds one push to ${device} of sequences first..last, in all. */
static void pushed(uint32_t device, uint64_t first, uint64_t last)
{
	struct wire_message m = {0};
	struct bytes frames[WIRE_ENVELOPES_MAX];
	struct wire_push p;
	const struct push *push = &w.batch->pushes[0];
	struct id16 id = kit_id('d', device);

	assert_int_equal(w.batch->push_count, 1);
	assert_memory_equal(push->device.b, id.b, 16);
	assert_int_equal(push->id, 7);
	m.body = bytes_of(w.batch->bytes.data + push->body_at, push->body_len);
	for (size_t i = 0; i < push->frame_count; i++) {
		const struct push_frame *f =
			&w.batch->frames[push->frame_at + i];

		frames[i] = f->owner != NULL ? f->owner->frames[2 + f->index]
					     : f->bytes;
	}
	m.frames = frames;
	m.frame_count = push->frame_count;
	assert_int_equal(wire_push_decode(&m, &p), 0);
	assert_int_equal(p.items[0].sequence, first);
	assert_int_equal(p.items[p.count - 1].sequence, last);
	assert_int_equal(p.count, last - first + 1);
	assert_int_equal(p.items[0].received % 3600, 0);
}

static void pushes_keep_to_the_credit(void **state)
{
	subscribe(2, 0, 2);
	ops_kit_serve(&w);
	assert_int_equal(w.batch->push_count, 0);
	assert_int_equal(ops_kit_submit(&w, 1, 1, 1, "one"), WIRE_OK);
	pushed(2, 1, 1);
	assert_int_equal(ops_kit_submit(&w, 1, 1, 2, "two"), WIRE_OK);
	pushed(2, 2, 2);
	/* No credit is left: the mailbox keeps it. */
	for (uint64_t i = 3; i <= 5; i++) {
		assert_int_equal(ops_kit_submit(&w, 1, 1, i, "x"), WIRE_OK);
		assert_int_equal(w.batch->push_count, 0);
	}
	ops_kit_serve(&w);
	assert_int_equal(w.batch->push_count, 0);
	w.request.body.credit.credit = 2;
	assert_int_equal(run(WIRE_OP_CREDIT, 2), WIRE_OK);
	ops_kit_serve(&w);
	pushed(2, 3, 4);
	/* Credit that comes with an acknowledgement. */
	w.request.body.ack =
		(struct wire_ack){.ranges = {{1, 4}}, .count = 1, .credit = 10};
	assert_int_equal(run(WIRE_OP_ACK, 2), WIRE_OK);
	ops_kit_serve(&w);
	pushed(2, 5, 5);
	assert_int_equal(kit_waiting(&w.kit, 2), 1);
}

static void all_ranges_are_acknowledged(void **state)
{
	for (uint64_t i = 1; i <= 6; i++)
		assert_int_equal(ops_kit_submit(&w, 1, 1, i, "x"), WIRE_OK);
	w.request.body.ack = (struct wire_ack){
		.ranges = {{1, 2}, {4, 4}, {6, 9}}, .count = 3};
	assert_int_equal(run(WIRE_OP_ACK, 2), WIRE_OK);
	assert_int_equal(kit_waiting(&w.kit, 2), 2);
	/* What lies between waits, and can be acknowledged. */
	w.request.body.ack =
		(struct wire_ack){.ranges = {{3, 3}, {5, 5}}, .count = 2};
	assert_int_equal(run(WIRE_OP_ACK, 2), WIRE_OK);
	assert_int_equal(kit_waiting(&w.kit, 2), 0);
}

/* 64 here: what would raise it above that is cut off. */
static void credit_has_a_brim(void **state)
{
	uint64_t i = 1;

	subscribe(2, 0, 100);
	ops_kit_serve(&w);
	w.request.body.credit.credit = 5;
	assert_int_equal(run(WIRE_OP_CREDIT, 2), WIRE_OK);
	for (; i <= 64; i++) {
		assert_int_equal(ops_kit_submit(&w, 1, 1, i, "x"), WIRE_OK);
		pushed(2, i, i);
	}
	assert_int_equal(ops_kit_submit(&w, 1, 1, i, "x"), WIRE_OK);
	assert_int_equal(w.batch->push_count, 0);
}

static void only_the_subscribed_connection_grants(void **state)
{
	subscribe(2, 0, 0);
	assert_int_equal(ops_kit_submit(&w, 1, 1, 1, "one"), WIRE_OK);
	w.peer = 2;
	w.request.body.credit.credit = 5;
	assert_int_equal(run(WIRE_OP_CREDIT, 2), WIRE_OK);
	ops_kit_serve(&w);
	assert_int_equal(w.batch->push_count, 0);
	/* A later subscription takes the place of the earlier one. */
	subscribe(2, 0, 5);
	ops_kit_serve(&w);
	pushed(2, 1, 1);
	assert_int_equal(w.batch->pushes[0].to.slot, 2);
	w.peer = 1;
	assert_int_equal(run(WIRE_OP_CREDIT, 2), WIRE_OK);
	assert_int_equal(ops_kit_submit(&w, 1, 1, 2, "two"), WIRE_OK);
	assert_int_equal(w.batch->pushes[0].to.slot, 2);
}

static void a_subscription_begins_where_it_says(void **state)
{
	for (uint64_t i = 1; i <= 4; i++)
		assert_int_equal(ops_kit_submit(&w, 1, 1, i, "x"), WIRE_OK);
	subscribe(2, 2, 10);
	ops_kit_serve(&w);
	pushed(2, 3, 4);
	subscribe(2, UINT64_MAX, 10);
	ops_kit_serve(&w);
	assert_int_equal(w.batch->push_count, 0);
}

static void fetch_reads_and_removes_nothing(void **state)
{
	struct wire_fetch_answer a;
	struct wire_message m;

	for (uint64_t i = 1; i <= 3; i++)
		assert_int_equal(ops_kit_submit(&w, 1, 1, i, "abc"), WIRE_OK);
	for (int i = 0; i < 2; i++) {
		w.request.body.fetch = (struct wire_fetch){1, 1};
		assert_int_equal(run(WIRE_OP_FETCH, 2), WIRE_OK);
		m = ops_kit_answer(&w);
		assert_int_equal(wire_fetch_answer_decode(&m, &a), 0);
		assert_int_equal(a.count, 1);
		assert_true(a.more);
		assert_int_equal(a.items[0].sequence, 2);
		assert_memory_equal(a.items[0].envelope.data, "abc", 3);
	}
	w.request.body.fetch = (struct wire_fetch){UINT64_MAX, 1};
	assert_int_equal(run(WIRE_OP_FETCH, 2), WIRE_OK);
	m = ops_kit_answer(&w);
	assert_int_equal(wire_fetch_answer_decode(&m, &a), 0);
	assert_int_equal(a.count, 0);
}

static uint16_t fetch_all(uint32_t device, struct wire_fetch_answer *ret)
{
	struct wire_message m;
	uint16_t code;

	w.request.body.fetch = (struct wire_fetch){0, 64};
	code = run(WIRE_OP_FETCH, device);
	ret->count = 0;
	if (code != WIRE_OK)
		return code;
	m = ops_kit_answer(&w);
	assert_int_equal(wire_fetch_answer_decode(&m, ret), 0);
	return code;
}

/* After a restore: channel 2 waits for device 3, channel 1 for nobody. */
static void a_case_that_waits_keeps_its_envelopes(void **state)
{
	struct returning_told told[] = {{kit_id('d', 1), WIRE_GIVEN_ALL},
		{kit_id('d', 2), WIRE_GIVEN_ALL}};
	struct returning *back = &w.ops.returning;
	struct wire_fetch_answer a;

	for (uint32_t i = 1; i <= 3; i++) {
		ask(WIRE_OP_PING, 0);
		assert_int_equal(run(WIRE_OP_PING, i), WIRE_OK);
	}
	assert_int_equal(ops_kit_submit(&w, 1, 1, 1, "goes out"), WIRE_OK);
	assert_int_equal(ops_kit_submit(&w, 1, 2, 2, "is kept"), WIRE_OK);
	assert_int_equal(ops_kit_submit(&w, 1, 1, 3, "behind it"), WIRE_OK);
	*back = (struct returning){.phase = RETURNING_CASES,
		.desk = WIRE_GIVEN_ALL,
		.since = w.kit.now,
		.told = told,
		.told_count = 2};
	assert_int_equal(fetch_all(2, &a), WIRE_OK);
	assert_int_equal(a.count, 1);
	assert_true(a.more);
	assert_memory_equal(a.items[0].envelope.data, "goes out", 8);
	assert_int_equal(ops_kit_submit(&w, 1, 2, 4, "x"), WIRE_RESTORING);
	assert_int_equal(ops_kit_submit(&w, 1, 1, 5, "x"), WIRE_OK);
	assert_int_equal(fetch_all(3, &a), WIRE_RESTORING);
	/* Everybody waits for the clinic's chain. */
	back->phase = RETURNING_CLINIC;
	assert_int_equal(fetch_all(2, &a), WIRE_RESTORING);
	*back = (struct returning){.phase = RETURNING_NOT};
	assert_int_equal(fetch_all(2, &a), WIRE_OK);
	assert_int_equal(a.count, 4);
	assert_int_equal(fetch_all(3, &a), WIRE_OK);
	assert_int_equal(a.count, 1);
}

static void lifetimes_are_bounded(void **state)
{
	struct wire_submit_answer a;
	struct wire_message m;

	ops_kit_item(&w, 0, 1, 1, "x");
	w.request.body.submit.items[0].lifetime =
		(uint32_t)(w.config.lifetime_max / 1000) + 1;
	assert_int_equal(run(WIRE_OP_SUBMIT, 1), WIRE_OK);
	m = ops_kit_answer(&w);
	assert_int_equal(wire_submit_answer_decode(&m, &a), 0);
	assert_int_equal(a.results[0].code, WIRE_LIMIT);
}

/* ---- blobs ---- */

static uint16_t begin_held(uint64_t until)
{
	w.request.body.blob_begin =
		(struct wire_blob_begin){.channel = kit_id('c', 1),
			.blob = kit_id('b', 1),
			.size = 3,
			.hold_until = until};
	return run(WIRE_OP_BLOB_BEGIN, 1);
}

static uint16_t get(uint32_t device)
{
	ask(WIRE_OP_BLOB_GET, 1);
	return run(WIRE_OP_BLOB_GET, device);
}

static void a_held_blob_waits_for_its_time_and_a_sure_clock(void **state)
{
	assert_int_equal(begin_held(w.kit.now + w.config.hold_max / 1000 + 1),
		WIRE_LIMIT);
	assert_int_equal(begin_held(w.kit.now + 100), WIRE_OK);
	ask(WIRE_OP_BLOB_PUT, 1);
	assert_int_equal(run(WIRE_OP_BLOB_PUT, 1), WIRE_OK);
	assert_int_equal(get(2), WIRE_HELD);
	assert_int_equal(w.request.error.retry_ms, 100000);
	w.kit.now += 99;
	assert_int_equal(get(2), WIRE_HELD);
	w.kit.now += 1;
	w.ops.doubtful = true;
	assert_int_equal(get(2), WIRE_HELD);
	assert_true(w.request.error.retry_ms > 0);
	w.ops.doubtful = false;
	assert_int_equal(get(2), WIRE_OK);
	/* What was released stays so. */
	w.ops.doubtful = true;
	assert_int_equal(get(2), WIRE_OK);
	/* To a stranger it is as unknown as ever. */
	assert_int_equal(get(3), WIRE_REFUSED);
}

static void blobs_belong_to_who_began_them(void **state)
{
	struct wire_message m;
	struct wire_blob_get_answer a;

	put_blob();
	assert_int_equal(get(2), WIRE_OK);
	m = ops_kit_answer(&w);
	assert_int_equal(wire_blob_get_answer_decode(&m, &a), 0);
	assert_memory_equal(a.chunks[0].data, "abc", 3);
	ask(WIRE_OP_BLOB_PUT, 1);
	assert_int_equal(run(WIRE_OP_BLOB_PUT, 2), WIRE_REFUSED);
	ask(WIRE_OP_BLOB_DELETE, 1);
	assert_int_equal(run(WIRE_OP_BLOB_DELETE, 2), WIRE_REFUSED);
	/* The id is taken: by another device, with another size. */
	assert_int_equal(begin_held(0), WIRE_OK);
	w.request.body.blob_begin.size = 4;
	assert_int_equal(run(WIRE_OP_BLOB_BEGIN, 1), WIRE_EXISTS);
	w.request.body.blob_begin.size = 3;
	assert_int_equal(run(WIRE_OP_BLOB_BEGIN, 2), WIRE_EXISTS);
	/* Chunks that do not fit. */
	ask(WIRE_OP_BLOB_PUT, 1);
	w.request.body.blob_put.first = 1;
	assert_int_equal(run(WIRE_OP_BLOB_PUT, 1), WIRE_LIMIT);
	w.request.body.blob_put.first = 0;
	w.request.body.blob_put.chunks[0] = bytes_of("ab", 2);
	assert_int_equal(run(WIRE_OP_BLOB_PUT, 1), WIRE_MALFORMED);
	ask(WIRE_OP_BLOB_DELETE, 1);
	assert_int_equal(run(WIRE_OP_BLOB_DELETE, 1), WIRE_OK);
	assert_int_equal(get(2), WIRE_REFUSED);
	ask(WIRE_OP_BLOB_DELETE, 1);
	assert_int_equal(run(WIRE_OP_BLOB_DELETE, 1), WIRE_REFUSED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_table_is_the_wire_s),
		TEST(a_handler_that_forgot_to_ask_is_refused),
		TEST(who_is_not_in_force_gets_nothing),
		TEST(a_card_has_ended_when_nobody_knows_it),
		TEST(unknown_and_not_yours_are_the_same_bytes),
		TEST(strangers_look_like_nobody),
		TEST(an_assignment_that_ends_ends_the_right),
		TEST(a_doubtful_clock_starts_nothing),
		TEST(a_doubtful_clock_begins_no_card),
		TEST(hello_tells_where_one_stands),
		TEST(a_case_shows_one_s_own_channels),
		TEST(a_repeat_gets_the_first_answer),
		TEST(a_repeat_gets_it_whatever_became_of_the_right),
		TEST(counters_have_a_last_one),
		TEST(pushes_keep_to_the_credit),
		TEST(all_ranges_are_acknowledged),
		TEST(credit_has_a_brim),
		TEST(only_the_subscribed_connection_grants),
		TEST(a_subscription_begins_where_it_says),
		TEST(fetch_reads_and_removes_nothing),
		TEST(a_case_that_waits_keeps_its_envelopes),
		TEST(lifetimes_are_bounded),
		TEST(a_held_blob_waits_for_its_time_and_a_sure_clock),
		TEST(blobs_belong_to_who_began_them),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
