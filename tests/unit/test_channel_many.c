/*
 * A channel of many devices: 64 of them commit on one epoch at once. One
 * wins, all end in the same epoch, and no losing Welcome is delivered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/channel_kit.h"
#include "wire/op.h"

#define MANY	 64
#define WHILE_MS 10000

struct test {
	struct double_clinic c;
	struct world_person people[MANY + 1];
	struct channel_kit kit[MANY + 1];
	struct channel_kit *all[MANY + 1];
	struct id16 team;
	unsigned welcomes; /* delivered to the last one */
	unsigned won, lost, held;
	bool hold;
};

static uint32_t at_once(void *ctx, uint32_t n)
{
	return 0;
}

static enum double_fate count(void *ctx, struct double_message *m)
{
	struct test *t = ctx;
	struct bytes frames[WIRE_FRAMES_MAX];
	struct wire_message w;
	struct wire_push p;

	if (m->way == DOUBLE_ANSWER && m->header.op == WIRE_OP_ERROR)
		t->lost++;
	if (m->way == DOUBLE_ANSWER &&
		m->header.op == (WIRE_OP_COMMIT | WIRE_ANSWER))
		t->won++;
	/* Until everybody has made one for the same epoch. */
	if (t->hold && m->way == DOUBLE_REQUEST &&
		m->header.op == WIRE_OP_COMMIT) {
		t->held++;
		return DOUBLE_HOLD;
	}
	if (m->way != DOUBLE_PUSH || m->header.op != WIRE_OP_PUSH ||
		!id16_eq(&m->device, &t->people[MANY].device))
		return DOUBLE_PASS;
	for (size_t i = 0; i < m->count; i++)
		frames[i] = buf_view(&m->frame[i]);
	assert_int_equal(wire_message_assemble(frames, m->count, &w), 0);
	assert_int_equal(wire_push_decode(&w, &p), 0);
	for (size_t i = 0; i < p.count; i++)
		t->welcomes += p.items[i].kind == WIRE_KIND_WELCOME;
	return DOUBLE_PASS;
}

static void enter(struct test *t, size_t i)
{
	struct wire_card card;
	char name[32];

	snprintf(name, sizeof name, "colleague %zu", i);
	world_person(&t->people[i], name);
	world_card(&t->c.cast.w, &t->people[i], WIRE_ROLE_CASEWORKER, "police",
		&card);
	assert_int_equal(
		world_enrol(&t->c.cast.w, &t->people[i], NULL, &card), 0);
	if (i < MANY)
		assert_int_equal(world_assign(&t->c.cast.w, t->c.cast.c,
					 WIRE_CHANNEL_TEAM, &t->people[i],
					 &t->c.cast.coordinator),
			0);
}

static void all_in(struct test *t)
{
	/* The two of the cast are never there. */
	channel_kit_unassign(&t->c, WIRE_CHANNEL_TEAM, &t->c.cast.officer,
		&t->c.cast.coordinator);
	channel_kit_unassign(&t->c, WIRE_CHANNEL_TEAM, &t->c.cast.advocate,
		&t->c.cast.coordinator);
	for (size_t i = 0; i <= MANY; i++) {
		t->kit[i].below = at_once;
		channel_kit_begin(&t->kit[i], &t->c, &t->people[i]);
		t->all[i] = &t->kit[i];
		if (i == 0)
			channel_kit_run(t->all, 1, 1000);
	}
	channel_kit_run(t->all, MANY + 1, 60000);
	for (size_t i = 0; i < MANY; i++) {
		struct id16 in[CHANNEL_DEVICES_MAX];
		size_t n = 0;

		assert_int_equal(channels_devices(t->kit[i].channels, &t->team,
					 in, CHANNEL_DEVICES_MAX, &n),
			0);
		assert_int_equal(n, MANY);
	}
}

static void sixty_four_at_once(void **state)
{
	struct test *t = calloc(1, sizeof *t);
	uint64_t epoch;

	assert_non_null(t);
	double_clinic_begin(&t->c);
	t->team = case_channel(t->c.cast.c, WIRE_CHANNEL_TEAM)->channel;
	for (size_t i = 0; i <= MANY; i++)
		enter(t, i);
	all_in(t);
	epoch = channel_kit_info(&t->kit[0], &t->team).epoch;

	relay_double_hook(t->c.d, count, t);
	channel_kit_assign(&t->c, WIRE_CHANNEL_TEAM, &t->people[MANY],
		&t->c.cast.coordinator);
	channel_kit_unassign(&t->c, WIRE_CHANNEL_TEAM, &t->people[0],
		&t->c.cast.coordinator);
	t->hold = true;
	channel_kit_run(t->all, MANY + 1, WHILE_MS);
	t->hold = false;
	relay_double_release(t->c.d);
	channel_kit_run(t->all, MANY + 1, WHILE_MS);
	for (size_t i = 1; i <= MANY; i++) {
		struct channel_info info =
			channel_kit_info(t->all[i], &t->team);

		assert_true(info.joined);
		assert_int_equal(info.epoch, epoch + 1);
		assert_true(
			channel_kit_in(t->all[i], &t->team, &t->people[MANY]));
		assert_false(
			channel_kit_in(t->all[i], &t->team, &t->people[0]));
		assert_int_equal(channel_kit_alarms(t->all[i], 0), 0);
		assert_int_equal(t->all[i]->errors, 0);
	}
	assert_int_equal(t->won, 1);
	assert_int_equal(t->held, t->won + t->lost);
	assert_true(t->held > MANY / 2);
	assert_int_equal(t->welcomes, 1);
	channel_kit_say(&t->kit[MANY], &t->team, "hello all");
	channel_kit_run(t->all, MANY + 1, WHILE_MS);
	for (size_t i = 1; i < MANY; i++)
		assert_int_equal(channel_kit_heard(t->all[i], "hello all"), 1);
	for (size_t i = 0; i <= MANY; i++)
		channel_kit_end(&t->kit[i]);
	double_clinic_end(&t->c);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sixty_four_at_once)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
