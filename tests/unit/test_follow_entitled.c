/*
 * Who may take part in a channel is worked out once, and anew as soon as a
 * statement, a card, a revocation or time changes it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/device_kit.h"

#define MOST 8

static struct double_clinic clinic;
static struct cast *t;
static struct device_kit d;
static struct id16 team;
static unsigned reads;

int __real_vault_get(struct vault *v, enum vault_kind kind, struct bytes name,
	uint64_t n, struct buf *ret);
int __wrap_vault_get(struct vault *v, enum vault_kind kind, struct bytes name,
	uint64_t n, struct buf *ret);

int __wrap_vault_get(struct vault *v, enum vault_kind kind, struct bytes name,
	uint64_t n, struct buf *ret)
{
	reads++;
	return __real_vault_get(v, kind, name, n, ret);
}

static int setup(void **state)
{
	double_clinic_begin(&clinic);
	t = &clinic.cast;
	team = case_channel(t->c, WIRE_CHANNEL_TEAM)->channel;
	device_kit_begin(&d, &clinic, &t->coordinator, false);
	device_kit_settle(&d);
	follow_catch_up(d.follow, &t->c->id);
	device_kit_catch_up(&d);
	return 0;
}

static int teardown(void **state)
{
	device_kit_end(&d);
	double_clinic_end(&clinic);
	return 0;
}

/* Asked twice: the second time nothing is read, and it is the same. */
static size_t entitled(struct id16 *ret)
{
	struct id16 again[MOST];
	size_t len, n;

	assert_int_equal(follow_entitled(d.follow, &team, ret, MOST, &len), 0);
	reads = 0;
	assert_int_equal(follow_entitled(d.follow, &team, again, MOST, &n), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(follow_may(d.follow, &team, &again[i]), 0);
	assert_int_equal(reads, 0);
	assert_int_equal(n, len);
	assert_memory_equal(again, ret, n * sizeof *again);
	return n;
}

static bool in(const struct id16 *device)
{
	struct id16 got[MOST];
	size_t n = entitled(got);
	bool found = false;

	for (size_t i = 0; i < n; i++) {
		assert_true(i == 0 || id16_cmp(&got[i - 1], &got[i]) < 0);
		found = found || id16_eq(&got[i], device);
	}
	assert_int_equal(found, follow_may(d.follow, &team, device) == 0);
	return found;
}

static void worked_out_once(void **state)
{
	struct id16 got[MOST];
	size_t n = entitled(got), len;

	assert_int_equal(n, 2);
	/* No more than there is room for, from the list as from the vault. */
	assert_int_equal(
		follow_entitled(d.follow, &team, got, 1, &len), ROWAN_E_LIMIT);
	assert_int_equal(len, 1);
	device_kit_again(&d);
	assert_int_equal(
		follow_entitled(d.follow, &team, got, 1, &len), ROWAN_E_LIMIT);
	assert_int_equal(len, 1);
}

static void a_statement_changes_it(void **state)
{
	struct wire_statement s;

	assert_true(in(&t->officer.device));
	world_statement(&t->w, t->c, WIRE_ST_UNASSIGN, &s);
	s.u.unassign.member = t->officer.member;
	s.u.unassign.channel = WIRE_CHANNEL_TEAM;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	device_kit_catch_up(&d);
	assert_false(in(&t->officer.device));
	assert_int_equal(world_assign(&t->w, t->c, WIRE_CHANNEL_TEAM,
				 &t->officer, &t->coordinator),
		0);
	device_kit_catch_up(&d);
	assert_true(in(&t->officer.device));
}

static void a_card_changes_it(void **state)
{
	struct world_person further;
	struct wire_card card;

	world_person(&further, "further");
	further.member = t->officer.member;
	assert_false(in(&further.device));
	world_card(&t->w, &further, WIRE_ROLE_CASEWORKER, "police", &card);
	assert_int_equal(world_enrol(&t->w, &further, NULL, &card), 0);
	device_kit_catch_up(&d);
	assert_true(in(&further.device));
}

static void a_revocation_changes_it(void **state)
{
	struct wire_statement s;

	assert_true(in(&t->officer.device));
	world_statement(&t->w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = t->officer.device;
	s.u.revoke.reason = WIRE_REVOKE_LOST;
	assert_int_equal(world_act(&t->w, NULL, &s, &t->coordinator), 0);
	device_kit_catch_up(&d);
	assert_false(in(&t->officer.device));
}

static void time_changes_it(void **state)
{
	struct wire_statement s;

	world_statement(&t->w, t->c, WIRE_ST_ASSIGN, &s);
	s.u.assign.member = t->stranger.member;
	s.u.assign.channel = WIRE_CHANNEL_TEAM;
	s.u.assign.from = t->w.now + 50;
	s.u.assign.until = t->w.now + 100;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	device_kit_catch_up(&d);
	assert_false(in(&t->stranger.device));
	follow_time(d.follow, t->w.now + 60, false);
	assert_true(in(&t->stranger.device));
	follow_time(d.follow, t->w.now + 99, false);
	assert_true(in(&t->stranger.device));
	follow_time(d.follow, t->w.now + 100, false);
	assert_false(in(&t->stranger.device));
}

/*
 * What was heard of the time is as old as the way to here was long: whoever
 * was assigned "from now on" is, by the case's own time, also where the clock
 * is seconds behind their coordinator's.
 */
static void clocks_that_are_behind(void **state)
{
	const struct world_person *who[] = {&t->stranger, &t->coordinator};
	struct wire_statement s;

	for (size_t i = 0; i < 2; i++) {
		t->w.now += 3;
		assert_false(in(&who[i]->device));
		assert_int_equal(world_assign(&t->w, t->c, WIRE_CHANNEL_TEAM,
					 who[i], &t->coordinator),
			0);
		device_kit_catch_up(&d);
		assert_true(follow_now(d.follow) + 2 < t->w.now);
		assert_true(in(&who[i]->device));
	}
	/* It is not later than the case says: nobody begins before it. */
	t->w.now += 3;
	world_statement(&t->w, t->c, WIRE_ST_ASSIGN, &s);
	s.u.assign.member = t->registrar.member;
	s.u.assign.channel = WIRE_CHANNEL_TEAM;
	s.u.assign.from = t->w.now + 1;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	device_kit_catch_up(&d);
	assert_false(in(&t->registrar.device));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(worked_out_once),
		T(a_statement_changes_it),
		T(a_card_changes_it),
		T(a_revocation_changes_it),
		T(time_changes_it),
		T(clocks_that_are_behind),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
