/*
 * When a mailbox makes others wait. Its credit: notices take of it too, and
 * must be given back, or a person who has heard of many statements gets every
 * message late. What waits for the chains: opened as soon as they are there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/channel_kit.h"
#include "session/channel/mailbox.h"
#include "wire/op.h"

#define NOTICES (3 * MAILBOX_CREDIT)

struct test {
	struct double_clinic c;
	struct channel_kit advocate, officer, third;
	struct channel_kit *both[3]; /* two, or the third, too */
	struct id16 team;
	unsigned notices; /* pushed to the advocate */
};

static enum double_fate count(void *ctx, struct double_message *m)
{
	struct test *t = ctx;

	if (m->way == DOUBLE_PUSH && m->header.op == WIRE_OP_NOTICE &&
		id16_eq(&m->device, &t->c.cast.advocate.device))
		t->notices++;
	return DOUBLE_PASS;
}

static void begin(struct test *t)
{
	double_clinic_begin(&t->c);
	t->team = case_channel(t->c.cast.c, WIRE_CHANNEL_TEAM)->channel;
	channel_kit_begin(&t->advocate, &t->c, &t->c.cast.advocate);
	channel_kit_begin(&t->officer, &t->c, &t->c.cast.officer);
	t->both[0] = &t->advocate;
	t->both[1] = &t->officer;
	channel_kit_run(t->both, 2, 30000);
	relay_double_hook(t->c.d, count, t);
}

static void end(struct test *t)
{
	channel_kit_end(&t->advocate);
	channel_kit_end(&t->officer);
	double_clinic_end(&t->c);
	free(t);
}

/* Statements one by one: each is a notice to both. */
static void hear_of_much(struct test *t)
{
	for (unsigned i = 0; t->notices < NOTICES && i < 2 * NOTICES; i++) {
		if (i % 2 == 0)
			channel_kit_assign(&t->c, WIRE_CHANNEL_SUPPORT,
				&t->c.cast.officer, &t->c.cast.coordinator);
		else
			channel_kit_unassign(&t->c, WIRE_CHANNEL_SUPPORT,
				&t->c.cast.officer, &t->c.cast.coordinator);
		channel_kit_run(t->both, 2, 5);
	}
	assert_true(t->notices >= NOTICES);
}

/* Without waiting for a poll, which comes every 5 seconds. */
static void say_and_hear(struct test *t, const char *text)
{
	channel_kit_say(&t->officer, &t->team, text);
	channel_kit_run(t->both, 2, 2000);
	assert_int_equal(channel_kit_heard(&t->advocate, text), 1);
}

static void notices_are_given_back(void **state)
{
	struct test *t = calloc(1, sizeof *t);

	assert_non_null(t);
	begin(t);
	say_and_hear(t, "before");
	hear_of_much(t);
	say_and_hear(t, "one");
	say_and_hear(t, "two");
	say_and_hear(t, "three");
	end(t);
}

/* Whoever has never had a message has nothing to acknowledge. */
static void also_without_a_message_before(void **state)
{
	struct test *t = calloc(1, sizeof *t);

	assert_non_null(t);
	begin(t);
	hear_of_much(t);
	say_and_hear(t, "the first");
	end(t);
}

/* Answers are slow, pushes are not. */
static enum double_fate hold(void *ctx, struct double_message *m)
{
	struct test *t = ctx;

	return m->way == DOUBLE_ANSWER &&
			       id16_eq(&m->device, &t->c.cast.advocate.device)
		       ? DOUBLE_HOLD
		       : DOUBLE_PASS;
}

/*
 * What waits for the chains is opened when they are there: the answer to an
 * acknowledgement, which comes in between, puts nothing off.
 */
static void what_waits_for_the_chains(void **state)
{
	struct test *t = calloc(1, sizeof *t);

	assert_non_null(t);
	begin(t);
	channel_kit_begin(&t->third, &t->c, &t->c.cast.coordinator);
	t->both[2] = &t->third;
	channel_kit_run(t->both, 3, 1000);
	say_and_hear(t, "before");
	relay_double_hook(t->c.d, hold, t);
	channel_kit_say(&t->officer, &t->team, "one");
	channel_kit_run(t->both, 2, 300);
	assert_int_equal(channel_kit_heard(&t->advocate, "one"), 1);
	/* The officer lets somebody in of whom the advocate knows nothing. */
	channel_kit_assign(&t->c, WIRE_CHANNEL_TEAM, &t->c.cast.coordinator,
		&t->c.cast.coordinator);
	channel_kit_run(t->both, 3, 5000);
	assert_true(
		channel_kit_in(&t->officer, &t->team, &t->c.cast.coordinator));
	channel_kit_say(&t->officer, &t->team, "two");
	channel_kit_run(t->both, 3, 300);
	assert_int_equal(channel_kit_heard(&t->advocate, "two"), 0);
	relay_double_hook(t->c.d, NULL, NULL);
	relay_double_release(t->c.d);
	channel_kit_run(t->both, 3, 1000);
	assert_int_equal(channel_kit_heard(&t->advocate, "two"), 1);
	channel_kit_end(&t->third);
	end(t);
}

/* The chains come late to whoever is let in. */
static enum double_fate hold_chains(void *ctx, struct double_message *m)
{
	struct test *t = ctx;

	return m->way == DOUBLE_ANSWER &&
			       id16_eq(&m->device,
				       &t->c.cast.coordinator.device) &&
			       m->header.op ==
				       (WIRE_OP_CHAIN_FETCH | WIRE_ANSWER)
		       ? DOUBLE_HOLD
		       : DOUBLE_PASS;
}

/* A Welcome waits for them, however slow the machines are. */
static void what_waits_for_late_chains(void **state)
{
	struct test *t = calloc(1, sizeof *t);

	assert_non_null(t);
	begin(t);
	channel_kit_begin(&t->third, &t->c, &t->c.cast.coordinator);
	t->both[2] = &t->third;
	channel_kit_run(t->both, 3, 1000);
	relay_double_hook(t->c.d, hold_chains, t);
	channel_kit_assign(&t->c, WIRE_CHANNEL_TEAM, &t->c.cast.coordinator,
		&t->c.cast.coordinator);
	channel_kit_run(t->both, 3, 25000);
	assert_true(
		channel_kit_in(&t->officer, &t->team, &t->c.cast.coordinator));
	relay_double_hook(t->c.d, NULL, NULL);
	relay_double_release(t->c.d);
	channel_kit_run(t->both, 3, 2000);
	assert_true(
		channel_kit_in(&t->third, &t->team, &t->c.cast.coordinator));
	assert_int_equal(t->third.readmits, 0);
	channel_kit_end(&t->third);
	end(t);
}

/* One envelope waits, says the answer, and before it is pushed it is gone. */
static enum double_fate one_waits(void *ctx, struct double_message *m)
{
	const struct wire_waiting waiting = {1};
	unsigned *subscriptions = ctx;
	struct writer w;

	if (m->way != DOUBLE_ANSWER ||
		m->header.op != (WIRE_OP_SUBSCRIBE | WIRE_ANSWER) ||
		(*subscriptions)++ > 0)
		return DOUBLE_PASS;
	writer_init(&w, 64);
	assert_int_equal(wire_waiting_encode(&waiting, &w), 0);
	assert_int_equal(buf_set(&m->frame[1], writer_view(&w)), 0);
	writer_wipe(&w);
	return DOUBLE_PASS;
}

/* Nor does whoever has never had a message wait for it for ever. */
static void what_went_before_it_came(void **state)
{
	struct test *t = calloc(1, sizeof *t);
	unsigned subscriptions = 0;

	assert_non_null(t);
	begin(t);
	relay_double_hook(t->c.d, one_waits, &subscriptions);
	channel_kit_begin(&t->third, &t->c, &t->c.cast.coordinator);
	t->both[0] = &t->third;
	channel_kit_run(t->both, 1, 1000);
	assert_int_equal(subscriptions, 1);
	assert_false(mailbox_current(t->third.mailbox));
	channel_kit_run(t->both, 1, 10000);
	assert_true(mailbox_current(t->third.mailbox));
	assert_int_equal(subscriptions, 2);
	channel_kit_end(&t->third);
	end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notices_are_given_back),
		cmocka_unit_test(also_without_a_message_before),
		cmocka_unit_test(what_waits_for_the_chains),
		cmocka_unit_test(what_waits_for_late_chains),
		cmocka_unit_test(what_went_before_it_came)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
