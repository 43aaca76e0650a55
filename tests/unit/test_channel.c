/*
 * Channels of devices at the daemon's double: they find each other, talk, and
 * keep to the assignments without anybody's doing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/channel_kit.h"

#define WHILE_MS 20000

struct test {
	struct double_clinic c;
	struct channel_kit advocate, registrar, victim;
	struct channel_kit *all[3];
	struct id16 channel;
};

static int setup(void **state)
{
	static struct test t;

	memset(&t, 0, sizeof t);
	double_clinic_begin(&t.c);
	t.channel = case_channel(t.c.cast.c, WIRE_CHANNEL_SUPPORT)->channel;
	channel_kit_begin(&t.advocate, &t.c, &t.c.cast.advocate);
	channel_kit_begin(&t.registrar, &t.c, &t.c.cast.registrar);
	channel_kit_begin(&t.victim, &t.c, &t.c.cast.victim);
	t.all[0] = &t.advocate;
	t.all[1] = &t.registrar;
	t.all[2] = &t.victim;
	*state = &t;
	return 0;
}

static int teardown(void **state)
{
	struct test *t = *state;

	for (size_t i = 0; i < 3; i++)
		channel_kit_end(t->all[i]);
	double_clinic_end(&t->c);
	return 0;
}

static void run(struct test *t, uint64_t ms)
{
	channel_kit_run(t->all, 3, ms);
}

/* Nobody has anything to complain of. */
static void all_is_well(struct test *t)
{
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(t->all[i]->errors, 0);
		assert_int_equal(channel_kit_alarms(t->all[i], 0), 0);
	}
}

static void together(struct test *t)
{
	uint64_t epoch;

	run(t, WHILE_MS);
	epoch = channel_kit_info(&t->advocate, &t->channel).epoch;
	for (size_t i = 0; i < 3; i++) {
		struct channel_info info =
			channel_kit_info(t->all[i], &t->channel);

		assert_true(info.joined);
		assert_false(info.frozen);
		assert_int_equal(info.epoch, epoch);
		for (size_t k = 0; k < 3; k++)
			assert_true(channel_kit_in(
				t->all[i], &t->channel, t->all[k]->person));
	}
	all_is_well(t);
}

static void people_find_each_other_and_talk(void **state)
{
	struct test *t = *state;

	together(t);
	channel_kit_say(&t->victim, &t->channel, "hello");
	channel_kit_say(&t->advocate, &t->channel, "here I am");
	run(t, WHILE_MS);
	assert_int_equal(channel_kit_heard(&t->advocate, "hello"), 1);
	assert_int_equal(channel_kit_heard(&t->registrar, "hello"), 1);
	assert_int_equal(channel_kit_heard(&t->victim, "hello"), 0);
	assert_int_equal(channel_kit_heard(&t->victim, "here I am"), 1);
	assert_int_equal(t->victim.sent, 1);
	all_is_well(t);
}

/* ---- who must go, who comes -----------------------------------------------
 */

static void who_is_unassigned_reads_nothing_more(void **state)
{
	struct test *t = *state;
	uint64_t epoch;

	together(t);
	epoch = channel_kit_info(&t->victim, &t->channel).epoch;
	channel_kit_unassign(&t->c, WIRE_CHANNEL_SUPPORT, &t->c.cast.registrar,
		&t->c.cast.coordinator);
	/* at once: nobody has heard of it yet */
	channel_kit_say(&t->victim, &t->channel, "only for her");
	run(t, WHILE_MS);
	assert_int_equal(channel_kit_heard(&t->advocate, "only for her"), 1);
	assert_int_equal(channel_kit_count(&t->registrar), 0);
	assert_true(channel_kit_info(&t->victim, &t->channel).epoch > epoch);
	assert_false(
		channel_kit_in(&t->victim, &t->channel, &t->c.cast.registrar));
	assert_false(channel_kit_info(&t->registrar, &t->channel).joined);
	assert_int_equal(
		channel_kit_events(&t->registrar, ROWAN_EVENT_SHUT_OUT, 0), 1);
	assert_int_equal(
		channel_kit_events(&t->victim, ROWAN_EVENT_LEFT, 0), 1);
	/* what they still want to say is not sent, and they are told */
	channel_kit_say(&t->registrar, &t->channel, "but");
	run(t, WHILE_MS);
	assert_int_equal(t->registrar.unsent, 1);
	assert_int_equal(channel_kit_heard(&t->victim, "but"), 0);
	all_is_well(t);
}

static void who_comes_back_is_added_again(void **state)
{
	struct test *t = *state;

	together(t);
	channel_kit_say(&t->victim, &t->channel, "one");
	run(t, WHILE_MS);
	channel_kit_unassign(&t->c, WIRE_CHANNEL_SUPPORT, &t->c.cast.registrar,
		&t->c.cast.coordinator);
	run(t, WHILE_MS);
	channel_kit_say(&t->victim, &t->channel, "two");
	run(t, WHILE_MS);
	channel_kit_assign(&t->c, WIRE_CHANNEL_SUPPORT, &t->c.cast.registrar,
		&t->c.cast.coordinator);
	run(t, WHILE_MS);
	channel_kit_say(&t->victim, &t->channel, "three");
	run(t, WHILE_MS);
	assert_int_equal(channel_kit_heard(&t->registrar, "one"), 1);
	assert_int_equal(channel_kit_heard(&t->registrar, "two"), 0);
	assert_int_equal(channel_kit_heard(&t->registrar, "three"), 1);
	all_is_well(t);
}

static void the_revoked_are_out(void **state)
{
	struct test *t = *state;

	together(t);
	channel_kit_revoke(&t->c, &t->c.cast.registrar, &t->c.cast.coordinator);
	channel_kit_say(&t->advocate, &t->channel, "gone");
	run(t, WHILE_MS);
	assert_int_equal(channel_kit_heard(&t->victim, "gone"), 1);
	assert_int_equal(channel_kit_count(&t->registrar), 0);
	assert_false(
		channel_kit_in(&t->victim, &t->channel, &t->c.cast.registrar));
	assert_int_equal(channel_kit_alarms(&t->victim, 0), 0);
}

/* Somebody who is never online, and has no key package: nobody waits. */
static void who_is_away_silences_nobody(void **state)
{
	struct test *t = *state;

	channel_kit_run(&t->all[0], 1, WHILE_MS);
	channel_kit_run(&t->all[0], 1, WHILE_MS);
	/* alone; it would be for nobody's ears */
	channel_kit_say(&t->advocate, &t->channel, "is somebody there?");
	channel_kit_run(&t->all[0], 1, WHILE_MS);
	assert_int_equal(t->advocate.sent, 0);
	/* the victim comes, the registrar does not for two months */
	for (int i = 0; i < 60; i++) {
		struct channel_kit *two[2] = {&t->advocate, &t->victim};

		channel_kit_run(two, 2, WHILE_MS);
		relay_double_pass(t->c.d, 24 * 3600 * 1000);
		if (i % 10 == 0) {
			channel_kit_say(&t->victim, &t->channel, "hello");
			channel_kit_say(&t->advocate, &t->channel, "yes");
		}
	}
	run(t, WHILE_MS);
	assert_int_equal(
		channel_kit_heard(&t->victim, "is somebody there?"), 1);
	assert_int_equal(channel_kit_heard(&t->advocate, "hello"), 6);
	assert_int_equal(channel_kit_heard(&t->victim, "yes"), 6);
	/* and then is there */
	run(t, 15 * 60 * 1000);
	channel_kit_say(&t->registrar, &t->channel, "back");
	run(t, WHILE_MS);
	assert_int_equal(channel_kit_heard(&t->victim, "back"), 1);
	all_is_well(t);
}

/* Own leaves are renewed on schedule. */
static void leaves_are_updated(void **state)
{
	struct test *t = *state;
	uint64_t epoch;

	together(t);
	epoch = channel_kit_info(&t->victim, &t->channel).epoch;
	for (int i = 0; i < 8; i++) {
		relay_double_pass(t->c.d, 24 * 3600 * 1000);
		run(t, WHILE_MS);
		run(t, 2 * 3600 * 1000);
	}
	/* one commit each */
	assert_int_equal(
		channel_kit_info(&t->victim, &t->channel).epoch, epoch + 3);
	all_is_well(t);
}

static void many_words_are_followed_by_an_update(void **state)
{
	struct test *t = *state;
	uint64_t epoch;

	together(t);
	epoch = channel_kit_info(&t->victim, &t->channel).epoch;
	for (int i = 0; i < 500; i++) {
		channel_kit_say(&t->victim, &t->channel, "again");
		if (i % 50 == 49)
			run(t, 1000);
	}
	run(t, WHILE_MS);
	assert_int_equal(channel_kit_heard(&t->advocate, "again"), 500);
	assert_true(channel_kit_info(&t->victim, &t->channel).epoch > epoch);
	all_is_well(t);
}

/* All at once in one epoch: one wins, all end in the same. */
static void all_commit_at_once(void **state)
{
	struct test *t = *state;

	together(t);
	channel_kit_unassign(&t->c, WIRE_CHANNEL_SUPPORT, &t->c.cast.registrar,
		&t->c.cast.coordinator);
	channel_kit_say(&t->victim, &t->channel, "v");
	channel_kit_say(&t->advocate, &t->channel, "a");
	run(t, WHILE_MS);
	assert_int_equal(channel_kit_heard(&t->advocate, "v"), 1);
	assert_int_equal(channel_kit_heard(&t->victim, "a"), 1);
	assert_int_equal(channel_kit_info(&t->victim, &t->channel).epoch,
		channel_kit_info(&t->advocate, &t->channel).epoch);
	all_is_well(t);
}

/* ---- clocks ---------------------------------------------------------------
 */

/* Said for a few minutes, within an hour of the daemon's. */
static void cover(struct test *t, const struct world_person *who, uint64_t from,
	uint64_t until)
{
	struct wire_statement s;

	t->c.cast.w.now = relay_double_now(t->c.d);
	world_statement(&t->c.cast.w, t->c.cast.c, WIRE_ST_ASSIGN, &s);
	s.u.assign.member = who->member;
	s.u.assign.channel = WIRE_CHANNEL_SUPPORT;
	s.u.assign.from = from;
	s.u.assign.until = until;
	assert_int_equal(
		channel_kit_act(&t->c, t->c.cast.c, &s, &t->c.cast.coordinator),
		0);
}

/* Hers is behind that of those who add somebody assigned a moment ago. */
static void a_clock_that_is_behind_blames_nobody(void **state)
{
	struct test *t = *state;
	struct channel_kit officer = {0},
			   *four[4] = {&t->advocate, &t->registrar, &t->victim,
				   &officer};

	together(t);
	t->victim.no_time = true;
	relay_double_pass(t->c.d, 5000);
	cover(t, &t->c.cast.officer, relay_double_now(t->c.d), 0);
	channel_kit_begin(&officer, &t->c, &t->c.cast.officer);
	channel_kit_run(four, 4, WHILE_MS);
	assert_true(channel_kit_info(&officer, &t->channel).joined);
	channel_kit_say(&officer, &t->channel, "just come");
	channel_kit_run(four, 4, WHILE_MS);
	assert_int_equal(channel_kit_heard(&t->victim, "just come"), 1);
	assert_int_equal(
		channel_kit_info(&t->victim, &t->channel).generation, 1);
	assert_true(
		channel_kit_in(&t->victim, &t->channel, &t->c.cast.officer));
	all_is_well(t);
	channel_kit_end(&officer);
}

/* Nor those who take somebody out whose time is over. */
static void nor_who_ends_a_cover(void **state)
{
	struct test *t = *state;
	struct channel_kit officer = {0},
			   *four[4] = {&t->advocate, &t->registrar, &t->victim,
				   &officer};
	uint64_t now;

	together(t);
	now = relay_double_now(t->c.d);
	cover(t, &t->c.cast.officer, now, now + WHILE_MS / 1000 + 5);
	channel_kit_begin(&officer, &t->c, &t->c.cast.officer);
	channel_kit_run(four, 4, WHILE_MS);
	assert_true(
		channel_kit_in(&t->victim, &t->channel, &t->c.cast.officer));
	t->victim.no_time = officer.no_time = true;
	channel_kit_run(four, 4, WHILE_MS);
	channel_kit_say(&t->advocate, &t->channel, "without them");
	channel_kit_run(four, 4, WHILE_MS);
	assert_false(
		channel_kit_in(&t->advocate, &t->channel, &t->c.cast.officer));
	assert_false(
		channel_kit_in(&t->victim, &t->channel, &t->c.cast.officer));
	assert_int_equal(
		channel_kit_info(&t->victim, &t->channel).generation, 1);
	t->victim.no_time = officer.no_time = false;
	channel_kit_run(four, 4, WHILE_MS);
	assert_int_equal(officer.readmits + officer.resets, 0);
	assert_int_equal(channel_kit_alarms(&officer, 0), 0);
	assert_int_equal(
		channel_kit_info(&t->victim, &t->channel).generation, 1);
	all_is_well(t);
	channel_kit_end(&officer);
}

/* It began and ended within the hour that the daemon tells. */
static void a_short_cover_is_heard_later(void **state)
{
	struct test *t = *state;
	struct channel_kit officer = {0},
			   *three[3] = {&t->advocate, &t->registrar, &officer};
	uint64_t now, hour = 3600;

	together(t);
	channel_kit_kill(&t->victim);
	now = relay_double_now(t->c.d);
	relay_double_pass(t->c.d, (hour - now % hour + 600) * 1000);
	now = relay_double_now(t->c.d);
	cover(t, &t->c.cast.officer, now, now + 900);
	channel_kit_begin(&officer, &t->c, &t->c.cast.officer);
	channel_kit_run(three, 3, WHILE_MS);
	channel_kit_say(&officer, &t->channel, "for her");
	channel_kit_run(three, 3, WHILE_MS);
	assert_int_equal(officer.sent, 1);
	relay_double_pass(t->c.d, 4 * hour * 1000);
	channel_kit_run(three, 3, WHILE_MS);
	channel_kit_again(&t->victim);
	run(t, WHILE_MS);
	assert_int_equal(channel_kit_heard(&t->victim, "for her"), 1);
	assert_false(
		channel_kit_in(&t->victim, &t->channel, &t->c.cast.officer));
	all_is_well(t);
	channel_kit_end(&officer);
}

/* ---- codes, restarts -------------------------------------------------------
 */

static void the_code_is_the_same_for_all(void **state)
{
	struct test *t = *state;
	char code[3][CHANNEL_CODE_LEN], before[CHANNEL_CODE_LEN];

	assert_int_equal(
		channels_code(t->advocate.channels, &t->channel, code[0]),
		ROWAN_E_NOT_FOUND);
	together(t);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(channels_code(t->all[i]->channels, &t->channel,
					 code[i]),
			0);
	assert_int_equal(strlen(code[0]), CHANNEL_CODE_LEN - 1);
	assert_string_equal(code[0], code[1]);
	assert_string_equal(code[0], code[2]);
	memcpy(before, code[0], sizeof before);
	channel_kit_unassign(&t->c, WIRE_CHANNEL_SUPPORT, &t->c.cast.registrar,
		&t->c.cast.coordinator);
	run(t, WHILE_MS);
	assert_int_equal(
		channels_code(t->victim.channels, &t->channel, code[0]), 0);
	assert_string_not_equal(code[0], before);
}

static void restarts_lose_nothing(void **state)
{
	struct test *t = *state;

	together(t);
	for (int i = 0; i < 10; i++) {
		char text[24];

		snprintf(text, sizeof text, "word %d", i);
		channel_kit_say(&t->victim, &t->channel, text);
		channel_kit_step(&t->victim);
		channel_kit_kill(&t->victim);
		channel_kit_again(&t->victim);
		run(t, 200 * (uint64_t)i);
		channel_kit_kill(&t->advocate);
		channel_kit_again(&t->advocate);
	}
	run(t, WHILE_MS);
	for (int i = 0; i < 10; i++) {
		char text[24];

		snprintf(text, sizeof text, "word %d", i);
		assert_int_equal(channel_kit_heard(&t->advocate, text), 1);
		assert_int_equal(channel_kit_heard(&t->registrar, text), 1);
	}
	assert_int_equal(channel_kit_count(&t->advocate), 10);
	all_is_well(t);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(people_find_each_other_and_talk),
		TEST(who_is_unassigned_reads_nothing_more),
		TEST(who_comes_back_is_added_again),
		TEST(the_revoked_are_out),
		TEST(who_is_away_silences_nobody),
		TEST(leaves_are_updated),
		TEST(many_words_are_followed_by_an_update),
		TEST(all_commit_at_once),
		TEST(a_clock_that_is_behind_blames_nobody),
		TEST(nor_who_ends_a_cover),
		TEST(a_short_cover_is_heard_later),
		TEST(the_code_is_the_same_for_all),
		TEST(restarts_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
