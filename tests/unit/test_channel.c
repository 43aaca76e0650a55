/*
 * Channels of devices at the daemon's double: they find each other, talk, and
 * keep to the assignments without anybody's doing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(people_find_each_other_and_talk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
