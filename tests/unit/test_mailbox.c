/*
 * The mailbox at the daemon's double: what waits comes once, in order and
 * whole, whatever subscriptions began and ended meanwhile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/channel_kit.h"
#include "wire/op.h"

#define WHILE_MS 20000
#define LOOK_MS	 (6 * 60 * 1000)
#define MANY	 700

struct test {
	struct double_clinic c;
	struct channel_kit writer, reader;
	struct channel_kit *all[2];
	struct id16 team;
	/* what the hook does to the reader's pushes */
	unsigned drop, hold;
	bool let_go; /* at the next subscription */
};

static int setup(void **state)
{
	static struct test t;

	memset(&t, 0, sizeof t);
	double_clinic_begin(&t.c);
	t.team = case_channel(t.c.cast.c, WIRE_CHANNEL_TEAM)->channel;
	channel_kit_begin(&t.writer, &t.c, &t.c.cast.officer);
	channel_kit_begin(&t.reader, &t.c, &t.c.cast.advocate);
	t.all[0] = &t.writer;
	t.all[1] = &t.reader;
	channel_kit_run(t.all, 2, WHILE_MS);
	assert_true(channel_kit_info(&t.reader, &t.team).joined);
	*state = &t;
	return 0;
}

static int teardown(void **state)
{
	struct test *t = *state;

	channel_kit_end(&t->writer);
	channel_kit_end(&t->reader);
	double_clinic_end(&t->c);
	return 0;
}

static enum double_fate meddle(void *ctx, struct double_message *m)
{
	struct test *t = ctx;

	if (!id16_eq(&m->device, &t->c.cast.advocate.device))
		return DOUBLE_PASS;
	if (m->way == DOUBLE_ANSWER &&
		m->header.op == (WIRE_OP_SUBSCRIBE | WIRE_ANSWER) &&
		t->let_go) {
		t->let_go = false;
		/* The old subscription's, in front of the new one's. */
		relay_double_release(t->c.d);
	}
	if (m->way != DOUBLE_PUSH || m->header.op != WIRE_OP_PUSH)
		return DOUBLE_PASS;
	if (t->drop > 0) {
		t->drop--;
		return DOUBLE_DROP;
	}
	if (t->hold > 0) {
		t->hold--;
		return DOUBLE_HOLD;
	}
	return DOUBLE_PASS;
}

static void nothing_is_missing(struct test *t)
{
	assert_int_equal(
		channel_kit_events(&t->reader, ROWAN_EVENT_MISSING, 0), 0);
	assert_int_equal(t->reader.errors, 0);
	assert_true(mailbox_current(t->reader.mailbox));
}

/* What was pushed for a subscription that has ended is not taken. */
static void a_late_push_leaves_no_gap(void **state)
{
	struct test *t = *state;

	relay_double_hook(t->c.d, meddle, t);
	t->drop = t->hold = 1;
	channel_kit_say(&t->writer, &t->team, "one");
	channel_kit_run(t->all, 2, WHILE_MS);
	channel_kit_say(&t->writer, &t->team, "two");
	channel_kit_run(t->all, 2, WHILE_MS);
	assert_int_equal(t->drop + t->hold, 0);
	assert_int_equal(channel_kit_heard(&t->reader, "two"), 0);
	/* It looks, finds that something waits, and subscribes anew. */
	t->let_go = true;
	channel_kit_run(t->all, 2, LOOK_MS);
	assert_false(t->let_go);
	assert_int_equal(channel_kit_heard(&t->reader, "one"), 1);
	assert_int_equal(channel_kit_heard(&t->reader, "two"), 1);
	nothing_is_missing(t);
}

/* Who catches up is not stalled because an answer comes before a push. */
static void a_long_line_needs_one_subscription(void **state)
{
	struct test *t = *state;
	struct channel_kit *writer = &t->writer;
	uint64_t before;
	char text[CHANNEL_KIT_TEXT];

	relay_double_offline(t->c.d, &t->c.cast.advocate.device, true);
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(text, sizeof text, "word %u", i);
		channel_kit_say(writer, &t->team, text);
		if (i % 100 == 99)
			channel_kit_run(&writer, 1, WHILE_MS);
	}
	channel_kit_run(t->all, 1, WHILE_MS);
	assert_int_equal(writer->sent, MANY);
	before = relay_double_requests(t->c.d, WIRE_OP_SUBSCRIBE);
	relay_double_offline(t->c.d, &t->c.cast.advocate.device, false);
	channel_kit_run(t->all, 2, WHILE_MS);
	assert_int_equal(
		relay_double_requests(t->c.d, WIRE_OP_SUBSCRIBE), before + 1);
	assert_int_equal(channel_kit_count(&t->reader), MANY);
	nothing_is_missing(t);
}

/* A message leaves as soon as its attachment is there. */
static void words_follow_their_attachment(void **state)
{
	static const uint8_t data[200000] = {1};
	struct test *t = *state;

	channel_kit_attach(&t->writer, &t->team, "look at this",
		bytes_of(data, sizeof data));
	channel_kit_run(t->all, 2, 1000);
	assert_int_equal(channel_kit_heard(&t->reader, "look at this"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_late_push_leaves_no_gap, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_long_line_needs_one_subscription, setup, teardown),
		cmocka_unit_test_setup_teardown(
			words_follow_their_attachment, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
