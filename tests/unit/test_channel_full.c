/*
 * A channel with as many devices as it takes. Whoever would be one too many is
 * refused before anything is changed; a member's further device waits for a
 * place, and the others go on talking.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "clinic/acts.h"
#include "lib/channel_kit.h"
#include "wire/code.h"
#include "wire/op.h"

#define WHILE_MS 20000
#define HOURS_MS (3 * 60 * 60 * 1000)
#define OTHERS	 (WIRE_CHANNEL_DEVICES_MAX - 2)

struct test {
	struct double_clinic c;
	struct channel_kit officer, advocate;
	struct id16 team;
	struct case_state *of_case;
	struct world_person last, again, others[OTHERS];
};

static void enrol(struct test *t, struct world_person *p)
{
	struct wire_card card;

	world_card(&t->c.cast.w, p, WIRE_ROLE_CASEWORKER, "police", &card);
	assert_int_equal(world_enrol(&t->c.cast.w, p, NULL, &card), 0);
}

static int assign(struct test *t, const struct world_person *p)
{
	return world_assign(&t->c.cast.w, t->of_case, WIRE_CHANNEL_TEAM, p,
		&t->c.cast.coordinator);
}

/* The daemon's answer to the same, signed all the same. */
static int assign_at_daemon(struct test *t, const struct world_person *p)
{
	struct acts_result result;
	struct wire_statement s;
	struct buf raw;
	int rc;

	world_statement(&t->c.cast.w, t->of_case, WIRE_ST_ASSIGN, &s);
	s.u.assign.member = p->member;
	s.u.assign.channel = WIRE_CHANNEL_TEAM;
	s.u.assign.from = t->c.cast.w.now;
	world_sign(&t->c.cast.w, &t->c.cast.coordinator, &s, &raw);
	rc = acts_put(relay_double_begin(t->c.d), buf_view(&raw),
		relay_double_now(t->c.d), &result);
	relay_double_commit(t->c.d);
	buf_wipe(&raw);
	return rc;
}

/* Officer and advocate are in it; as many more as there are places. */
static void fill(struct test *t)
{
	char name[32];

	for (size_t i = 2; i < WIRE_CHANNEL_DEVICES_MAX; i++) {
		snprintf(name, sizeof name, "colleague %zu", i);
		world_person(&t->last, name);
		enrol(t, &t->last);
		assert_int_equal(assign(t, &t->last), 0);
	}
}

static int setup(void **state)
{
	static struct test t;

	memset(&t, 0, sizeof t);
	double_clinic_begin(&t.c);
	t.of_case = t.c.cast.c;
	t.team = case_channel(t.of_case, WIRE_CHANNEL_TEAM)->channel;
	*state = &t;
	return 0;
}

static int setup_full(void **state)
{
	int rc = setup(state);

	fill(*state);
	return rc;
}

static int teardown(void **state)
{
	struct test *t = *state;

	double_clinic_end(&t->c);
	return 0;
}

static void nobody_is_one_too_many(void **state)
{
	struct test *t = *state;
	uint64_t number = t->of_case->number;
	struct world_person more;

	world_person(&more, "one too many");
	enrol(t, &more);
	assert_int_equal(assign(t, &more), ROWAN_E_LIMIT);
	assert_int_equal(assign_at_daemon(t, &more), ROWAN_E_LIMIT);
	assert_int_equal(t->of_case->number, number);
	/* Whoever has a place keeps it. */
	assert_int_equal(assign(t, &t->last), 0);
	/* A device that is gone leaves one. */
	channel_kit_revoke(&t->c, &t->last, &t->c.cast.coordinator);
	assert_int_equal(assign(t, &more), 0);
}

static void a_further_device_waits(void **state)
{
	struct test *t = *state;
	struct channel_kit *all[] = {&t->officer, &t->advocate};
	struct wire_group_state s;
	struct member m;

	t->again = t->last;
	world_person(&t->again, "her other telephone");
	t->again.member = t->last.member;
	enrol(t, &t->again);
	channel_kit_begin(&t->officer, &t->c, &t->c.cast.officer);
	channel_kit_begin(&t->advocate, &t->c, &t->c.cast.advocate);
	channel_kit_run(all, 2, WHILE_MS);
	channel_kit_say(&t->officer, &t->team, "full house");
	channel_kit_run(all, 2, WHILE_MS);
	assert_int_equal(channel_kit_heard(&t->advocate, "full house"), 1);
	assert_int_equal(t->officer.errors + t->advocate.errors, 0);
	/* The daemon misses it and nobody must go. */
	member_begin(&m, &t->c, &t->c.cast.officer, &t->team);
	assert_int_equal(member_state(&m, &s), WIRE_OK);
	assert_int_equal(s.flags, WIRE_GROUP_MISSING | WIRE_GROUP_MEMBER);
	member_end(&m);
	channel_kit_end(&t->officer);
	channel_kit_end(&t->advocate);
}

/* It can be added at any time. */
static void offer(struct test *t, const struct world_person *p)
{
	struct member m;

	member_begin(&m, &t->c, p, &t->team);
	member_publish(&m, 1);
	member_end(&m);
}

static void fill_with_offers(struct test *t)
{
	char name[32];

	offer(t, &t->c.cast.advocate);
	for (size_t i = 0; i < OTHERS; i++) {
		snprintf(name, sizeof name, "guest %zu", i);
		world_person(&t->others[i], name);
		enrol(t, &t->others[i]);
		assert_int_equal(assign(t, &t->others[i]), 0);
		offer(t, &t->others[i]);
	}
	t->again = t->others[0];
	world_person(&t->again, "her other telephone");
	t->again.member = t->others[0].member;
	enrol(t, &t->again);
	offer(t, &t->again);
}

/* How many are in it; one who is not. */
static size_t count(struct test *t, const struct world_person **ret)
{
	const struct world_person *p = &t->c.cast.advocate;
	size_t in = channel_kit_in(&t->officer, &t->team, &t->c.cast.officer);

	for (size_t i = 0; p != NULL; i++) {
		if (channel_kit_in(&t->officer, &t->team, p))
			in++;
		else
			*ret = p;
		p = i < OTHERS ? &t->others[i] : i == OTHERS ? &t->again : NULL;
	}
	return in;
}

/* What is said now is owed to this one. */
static bool is_missed(struct test *t, const struct world_person *p)
{
	struct id16 ret[CHANNEL_DEVICES_MAX];
	size_t n = 0;

	assert_int_equal(channels_missing(t->officer.channels, &t->team,
				 &p->member, 1, ret, &n),
		0);
	return n == 1 && id16_eq(&ret[0], &p->device);
}

/*
 * Everybody has a package, and one device has no place: nobody tries to add
 * it, which would cost it its packages. It comes when another has gone.
 */
static void no_package_is_taken_without_a_place(void **state)
{
	struct test *t = *state;
	struct channel_kit *all[] = {&t->officer};
	const struct world_person *waits = NULL, *goes = &t->others[1];
	uint64_t claims, commits;

	fill_with_offers(t);
	channel_kit_begin(&t->officer, &t->c, &t->c.cast.officer);
	channel_kit_run(all, 1, HOURS_MS);
	claims = relay_double_requests(t->c.d, WIRE_OP_KEY_CLAIM);
	commits = relay_double_requests(t->c.d, WIRE_OP_COMMIT);
	assert_int_equal(count(t, &waits), WIRE_CHANNEL_DEVICES_MAX);
	/* 16 at a time, none in vain. */
	assert_int_equal(claims, (WIRE_CHANNEL_DEVICES_MAX + 14) / 16);
	assert_int_equal(commits, claims);
	assert_true(is_missed(t, waits));
	channel_kit_revoke(&t->c, waits == goes ? &t->others[2] : goes,
		&t->c.cast.coordinator);
	channel_kit_run(all, 1, HOURS_MS);
	assert_true(channel_kit_in(&t->officer, &t->team, waits));
	assert_int_equal(count(t, &waits), WIRE_CHANNEL_DEVICES_MAX);
	assert_int_equal(t->officer.errors, 0);
	channel_kit_end(&t->officer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			nobody_is_one_too_many, setup_full, teardown),
		cmocka_unit_test_setup_teardown(
			a_further_device_waits, setup_full, teardown),
		cmocka_unit_test_setup_teardown(
			no_package_is_taken_without_a_place, setup, teardown)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
