/*
 * Channels when it goes wrong: commits that cannot be applied, members who
 * are gone, state that is lost. Nobody is silenced, and nothing that was
 * acknowledged is lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "clinic/groups.h"
#include "lib/channel_kit.h"
#include "store/store_admin.h"
#include "wire/op.h"

#define WHILE_MS 20000
#define LONG_MS	 (15 * 60 * 1000)
#define KITS	 5

struct test {
	struct double_clinic c;
	struct channel_kit kit[KITS];
	struct channel_kit *all[KITS];
	size_t count;
	struct id16 support, team, diary;
	/* what the hook does */
	struct buf good, bad;
	struct id16 liar;
	/* her next device: a kit keeps who it is for */
	struct world_person again;
};

/* What is to be larger than a frame: the commit, its Welcome. */
static bool large_commit, large_welcome;

static int setup(void **state)
{
	static struct test t;

	memset(&t, 0, sizeof t);
	large_commit = large_welcome = false;
	double_clinic_begin(&t.c);
	t.support = case_channel(t.c.cast.c, WIRE_CHANNEL_SUPPORT)->channel;
	t.team = case_channel(t.c.cast.c, WIRE_CHANNEL_TEAM)->channel;
	t.diary = case_channel(t.c.cast.c, WIRE_CHANNEL_DIARY)->channel;
	*state = &t;
	return 0;
}

static int teardown(void **state)
{
	struct test *t = *state;

	for (size_t i = 0; i < t->count; i++)
		channel_kit_end(t->all[i]);
	buf_wipe(&t->good);
	buf_wipe(&t->bad);
	double_clinic_end(&t->c);
	return 0;
}

static struct channel_kit *enter(struct test *t, const struct world_person *p)
{
	struct channel_kit *k = &t->kit[t->count];

	channel_kit_begin(k, &t->c, p);
	t->all[t->count++] = k;
	return k;
}

static void run(struct test *t, uint64_t ms)
{
	channel_kit_run(t->all, t->count, ms);
}

static size_t alarms(struct test *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++) {
		for (int code = 1; code < 16; code++)
			if (channel_kit_alarms(t->all[i], code) > 0) {
				print_error("device %zu: alarm %d\n", i, code);
				n++;
			}
		assert_int_equal(t->all[i]->errors, 0);
	}
	return n;
}

/* A further device of the victim. */
static void second_device(struct test *t, struct world_person *p)
{
	struct wire_card card;

	t->c.cast.w.now = relay_double_now(t->c.d);
	world_person(p, "victim again");
	p->member = t->c.cast.victim.member;
	cast_victim_card(&t->c.cast, p, &card);
	assert_int_equal(
		world_enrol(&t->c.cast.w, p, &t->c.cast.registrar, &card), 0);
}

/* ---- a commit that only its maker can apply --------------------------------
 */

/* The liar's commit is spoilt for everybody else, past the daemon's eyes. */
static enum double_fate spoil(void *ctx, struct double_message *m)
{
	struct test *t = ctx;
	bool of_liar = id16_eq(&m->device, &t->liar);

	if (m->way == DOUBLE_REQUEST && m->header.op == WIRE_OP_COMMIT &&
		of_liar && m->count > 2 && t->good.len == 0 &&
		memcmp(m->frame[1].data, t->support.b, ID16_LEN) == 0) {
		struct buf *f = &m->frame[2];

		assert_int_equal(buf_copy(&t->good, buf_view(f)), 0);
		/* the membership tag is the last thing in it */
		f->data[f->len - 1] ^= 1;
		assert_int_equal(buf_copy(&t->bad, buf_view(f)), 0);
	}
	for (size_t i = 2; m->way == DOUBLE_PUSH && of_liar && i < m->count;
		i++)
		if (bytes_eq(buf_view(&m->frame[i]), buf_view(&t->bad)))
			assert_int_equal(
				buf_set(&m->frame[i], buf_view(&t->good)), 0);
	return DOUBLE_PASS;
}

static void a_commit_nobody_can_apply_is_reset(void **state)
{
	struct test *t = *state;
	struct channel_kit *advocate = enter(t, &t->c.cast.advocate);
	struct channel_kit *victim = enter(t, &t->c.cast.victim);
	struct channel_kit *registrar = enter(t, &t->c.cast.registrar);

	run(t, WHILE_MS);
	channel_kit_say(victim, &t->support, "before");
	run(t, WHILE_MS);
	/* the advocate lies: makes a commit with nothing in it */
	t->liar = t->c.cast.advocate.device;
	relay_double_hook(t->c.d, spoil, t);
	/* the others do not read at first */
	relay_double_offline(t->c.d, &victim->person->device, true);
	relay_double_offline(t->c.d, &registrar->person->device, true);
	relay_double_pass(t->c.d, CHANNEL_UPDATE_S * 1000ull);
	run(t, LONG_MS);
	assert_true(t->bad.len > 0);
	/* acknowledged, in an epoch that they cannot enter */
	channel_kit_say(advocate, &t->support, "acknowledged");
	run(t, WHILE_MS);
	assert_int_equal(advocate->sent, 1);
	relay_double_offline(t->c.d, &victim->person->device, false);
	relay_double_offline(t->c.d, &registrar->person->device, false);
	run(t, LONG_MS);
	for (size_t i = 0; i < t->count; i++) {
		struct channel_info info =
			channel_kit_info(t->all[i], &t->support);

		assert_int_equal(info.generation, 2);
		assert_true(info.joined);
		assert_false(info.frozen);
		assert_true(channel_kit_events(
				    t->all[i], ROWAN_EVENT_FROZEN, 0) > 0);
	}
	assert_int_equal(channel_kit_heard(victim, "acknowledged"), 1);
	assert_int_equal(channel_kit_heard(registrar, "acknowledged"), 1);
	channel_kit_say(victim, &t->support, "after");
	run(t, WHILE_MS);
	assert_int_equal(channel_kit_heard(advocate, "after"), 1);
	assert_int_equal(channel_kit_heard(advocate, "before"), 1);
	assert_int_equal(alarms(t), 0);
}

/* ---- a commit that the daemon does not take --------------------------------
 */

static enum double_fate spoil_welcome(void *ctx, struct double_message *m)
{
	if (m->way == DOUBLE_REQUEST && m->header.op == WIRE_OP_COMMIT &&
		m->count > 3)
		assert_int_equal(
			buf_set(&m->frame[3], buf_view(&m->frame[2])), 0);
	return DOUBLE_PASS;
}

/* Whoever was to come waits longer each time: their packages are not used up,
 * and the others go on talking. */
static void who_cannot_be_added_waits(void **state)
{
	struct test *t = *state;
	struct channel_kit *advocate = enter(t, &t->c.cast.advocate);
	struct channel_kit *registrar = enter(t, &t->c.cast.registrar);
	struct channel_kit *victim;
	uint64_t claims;

	run(t, WHILE_MS);
	assert_true(
		channel_kit_in(advocate, &t->support, &t->c.cast.registrar));
	relay_double_hook(t->c.d, spoil_welcome, t);
	victim = enter(t, &t->c.cast.victim);
	claims = relay_double_requests(t->c.d, WIRE_OP_KEY_CLAIM);
	for (size_t i = 0; i < 4; i++)
		run(t, LONG_MS);
	claims = relay_double_requests(t->c.d, WIRE_OP_KEY_CLAIM) - claims;
	/* two of them try, for an hour */
	assert_in_range(claims, 2, 40);
	channel_kit_say(advocate, &t->support, "without her");
	run(t, WHILE_MS);
	assert_int_equal(channel_kit_heard(registrar, "without her"), 1);
	assert_false(channel_kit_info(victim, &t->support).joined);
	relay_double_hook(t->c.d, NULL, NULL);
	run(t, LONG_MS);
	assert_true(channel_kit_info(victim, &t->support).joined);
	assert_int_equal(alarms(t), 0);
}

/* ---- a commit that no frame can take ---------------------------------------
 */

int __real_rowan_mls_commit(struct rowan_mls_group *group,
	const struct rowan_mls_commit_options *options,
	struct rowan_mls_committed *ret);
int __wrap_rowan_mls_commit(struct rowan_mls_group *group,
	const struct rowan_mls_commit_options *options,
	struct rowan_mls_committed *ret);

static void enlarge(struct rowan_mls_buf *b)
{
	b->data = realloc(b->data, WIRE_FRAME_MAX + 1);
	assert_non_null(b->data);
	memset(b->data + b->len, 0, WIRE_FRAME_MAX + 1 - b->len);
	b->len = WIRE_FRAME_MAX + 1;
}

int __wrap_rowan_mls_commit(struct rowan_mls_group *group,
	const struct rowan_mls_commit_options *options,
	struct rowan_mls_committed *ret)
{
	int rc = __real_rowan_mls_commit(group, options, ret);

	if (rc == 0 && large_commit)
		enlarge(&ret->commit);
	if (rc == 0 && large_welcome)
		enlarge(&ret->welcome);
	return rc;
}

/* It is never kept, or its maker could not read it and would stop. */
static void waits_for_a_frame(struct test *t, bool *large)
{
	struct channel_kit *advocate = enter(t, &t->c.cast.advocate);
	struct channel_kit *registrar = enter(t, &t->c.cast.registrar);
	struct channel_kit *victim;
	uint64_t commits;

	run(t, WHILE_MS);
	assert_true(
		channel_kit_in(advocate, &t->support, &t->c.cast.registrar));
	commits = relay_double_requests(t->c.d, WIRE_OP_COMMIT);
	*large = true;
	victim = enter(t, &t->c.cast.victim);
	run(t, LONG_MS);
	channel_kit_say(advocate, &t->support, "without her");
	run(t, WHILE_MS);
	*large = false;
	assert_int_equal(channel_kit_heard(registrar, "without her"), 1);
	assert_int_equal(
		relay_double_requests(t->c.d, WIRE_OP_COMMIT), commits);
	assert_false(channel_kit_info(victim, &t->support).joined);
	run(t, LONG_MS);
	assert_true(channel_kit_info(victim, &t->support).joined);
	assert_int_equal(alarms(t), 0);
}

static void a_commit_larger_than_a_frame_waits(void **state)
{
	waits_for_a_frame(*state, &large_commit);
}

static void a_welcome_larger_than_a_frame_waits(void **state)
{
	waits_for_a_frame(*state, &large_welcome);
}

/* ---- nobody is left --------------------------------------------------------
 */

static void her_only_device_is_lost(void **state)
{
	struct test *t = *state;
	struct channel_kit *victim, *second, *advocate;

	victim = enter(t, &t->c.cast.victim);
	channel_kit_assign(&t->c, WIRE_CHANNEL_DIARY, &t->c.cast.victim,
		&t->c.cast.victim);
	run(t, WHILE_MS);
	assert_true(channel_kit_info(victim, &t->diary).joined);
	/* one's own diary needs no listener */
	channel_kit_say(victim, &t->diary, "he was there again");
	run(t, WHILE_MS);
	assert_int_equal(victim->sent, 1);
	channel_kit_revoke(&t->c, &t->c.cast.victim, &t->c.cast.coordinator);
	second_device(t, &t->again);
	second = enter(t, &t->again);
	run(t, LONG_MS);
	assert_true(channel_kit_info(second, &t->diary).joined);
	assert_int_equal(channel_kit_info(second, &t->diary).generation, 2);
	assert_int_equal(second->resets, 1);
	/* and who may read it comes */
	channel_kit_assign(
		&t->c, WIRE_CHANNEL_DIARY, &t->c.cast.advocate, &t->again);
	advocate = enter(t, &t->c.cast.advocate);
	run(t, WHILE_MS);
	channel_kit_say(second, &t->diary, "and again");
	run(t, WHILE_MS);
	assert_int_equal(channel_kit_heard(advocate, "and again"), 1);
}

static void the_last_of_the_team_leave(void **state)
{
	struct test *t = *state;
	struct channel_kit *officer, *advocate, *next;

	officer = enter(t, &t->c.cast.officer);
	advocate = enter(t, &t->c.cast.advocate);
	run(t, WHILE_MS);
	channel_kit_say(officer, &t->team, "a word");
	run(t, WHILE_MS);
	assert_int_equal(channel_kit_heard(advocate, "a word"), 1);
	channel_kit_unassign(&t->c, WIRE_CHANNEL_TEAM, &t->c.cast.officer,
		&t->c.cast.coordinator);
	channel_kit_unassign(&t->c, WIRE_CHANNEL_TEAM, &t->c.cast.advocate,
		&t->c.cast.coordinator);
	run(t, WHILE_MS);
	channel_kit_assign(&t->c, WIRE_CHANNEL_TEAM, &t->c.cast.registrar,
		&t->c.cast.coordinator);
	next = enter(t, &t->c.cast.registrar);
	run(t, LONG_MS);
	assert_true(channel_kit_info(next, &t->team).joined);
	assert_int_equal(channel_kit_info(next, &t->team).generation, 2);
	channel_kit_assign(&t->c, WIRE_CHANNEL_TEAM, &t->c.cast.officer,
		&t->c.cast.coordinator);
	run(t, LONG_MS);
	channel_kit_say(next, &t->team, "a new team");
	run(t, WHILE_MS);
	assert_int_equal(channel_kit_heard(officer, "a new team"), 1);
	assert_int_equal(channel_kit_count(advocate), 1);
	assert_int_equal(alarms(t), 0);
}

static void the_only_member_is_revoked(void **state)
{
	struct test *t = *state;
	struct channel_kit *officer, *advocate;

	officer = enter(t, &t->c.cast.officer);
	run(t, WHILE_MS);
	assert_true(channel_kit_info(officer, &t->team).joined);
	channel_kit_revoke(&t->c, &t->c.cast.officer, &t->c.cast.coordinator);
	advocate = enter(t, &t->c.cast.advocate);
	run(t, LONG_MS);
	assert_true(channel_kit_info(advocate, &t->team).joined);
	assert_false(channel_kit_in(advocate, &t->team, &t->c.cast.officer));
}

/* Others are in it, and never online again: after a day, a reset. */
static void nobody_who_could_add_is_online(void **state)
{
	struct test *t = *state;
	struct channel_kit *officer, *advocate;

	officer = enter(t, &t->c.cast.officer);
	run(t, WHILE_MS);
	channel_kit_kill(officer);
	advocate = enter(t, &t->c.cast.advocate);
	run(t, LONG_MS);
	assert_false(channel_kit_info(advocate, &t->team).joined);
	relay_double_pass(t->c.d, CHANNEL_PATIENCE_S * 1000ull);
	run(t, LONG_MS);
	assert_true(channel_kit_info(advocate, &t->team).joined);
	/* and back comes the officer */
	channel_kit_again(officer);
	run(t, LONG_MS);
	channel_kit_say(officer, &t->team, "here");
	run(t, WHILE_MS);
	assert_int_equal(channel_kit_heard(advocate, "here"), 1);
	assert_int_equal(alarms(t), 0);
}

/* A week is learnt of at once: who was assigned just now has not waited it. */
static void time_leaps_while_one_waits(void **state)
{
	struct test *t = *state;
	struct channel_kit *officer, *late;
	struct wire_statement s;
	uint64_t then;

	officer = enter(t, &t->c.cast.officer);
	late = enter(t, &t->c.cast.registrar);
	run(t, WHILE_MS);
	assert_true(channel_kit_info(officer, &t->team).joined);
	then = relay_double_now(t->c.d);
	late->no_time = true;
	relay_double_pass(t->c.d, 7 * CHANNEL_PATIENCE_S * 1000ull);
	run(t, WHILE_MS);
	/* nobody can add them; the coordinator has not heard of it either */
	channel_kit_kill(officer);
	t->c.cast.w.now = relay_double_now(t->c.d);
	world_statement(&t->c.cast.w, t->c.cast.c, WIRE_ST_ASSIGN, &s);
	s.u.assign.member = t->c.cast.registrar.member;
	s.u.assign.channel = WIRE_CHANNEL_TEAM;
	s.u.assign.from = then - 60;
	assert_int_equal(
		channel_kit_act(&t->c, t->c.cast.c, &s, &t->c.cast.coordinator),
		0);
	run(t, LONG_MS);
	late->no_time = false;
	run(t, 3 * LONG_MS);
	assert_int_equal(late->resets, 0);
	assert_false(channel_kit_info(late, &t->team).joined);
	relay_double_pass(t->c.d, CHANNEL_PATIENCE_S * 1000ull);
	run(t, LONG_MS);
	assert_true(channel_kit_info(late, &t->team).joined);
	assert_int_equal(alarms(t), 0);
}

/* ---- state is lost ---------------------------------------------------------
 */

static void a_lost_vault_is_readmitted(void **state)
{
	struct test *t = *state;
	struct channel_kit *victim = enter(t, &t->c.cast.victim);
	struct channel_kit *advocate = enter(t, &t->c.cast.advocate);
	uint64_t epoch;

	run(t, WHILE_MS);
	channel_kit_say(victim, &t->support, "one");
	run(t, WHILE_MS);
	epoch = channel_kit_info(advocate, &t->support).epoch;
	/* the same device, without anything */
	channel_kit_end(victim);
	channel_kit_begin(victim, &t->c, &t->c.cast.victim);
	run(t, LONG_MS);
	assert_int_equal(victim->readmits, 1);
	assert_true(channel_kit_info(victim, &t->support).joined);
	assert_int_equal(channel_kit_info(advocate, &t->support).generation, 1);
	/* one commit took the leaf out and in */
	assert_int_equal(
		channel_kit_info(advocate, &t->support).epoch, epoch + 1);
	channel_kit_say(advocate, &t->support, "welcome back");
	run(t, WHILE_MS);
	assert_int_equal(channel_kit_heard(victim, "welcome back"), 1);
	assert_true(channel_kit_events(advocate, ROWAN_EVENT_JOINED, 0) > 0);
	assert_int_equal(channel_kit_events(advocate, ROWAN_EVENT_LEFT, 0), 1);
	/* staff are told that a victim's device is back */
	assert_int_equal(channel_kit_alarms(advocate, ROWAN_ALARM_RETURNED), 1);
	assert_int_equal(alarms(t), 1);
}

/* An old copy of a vault says so itself: nothing of it is used again. */
static void a_forgotten_state_is_replaced(void **state)
{
	struct test *t = *state;
	struct channel_kit *victim = enter(t, &t->c.cast.victim);
	struct channel_kit *advocate = enter(t, &t->c.cast.advocate);
	uint64_t counter;

	run(t, WHILE_MS);
	channel_kit_say(victim, &t->support, "one");
	run(t, WHILE_MS);
	counter = outbox_counter(victim->outbox);
	assert_int_equal(vault_begin(victim->vault.vault), 0);
	assert_int_equal(channels_forget(victim->channels), 0);
	assert_int_equal(outbox_skip(victim->outbox, counter + 5), 0);
	assert_int_equal(vault_commit(victim->vault.vault), 0);
	assert_false(channel_kit_info(victim, &t->support).joined);
	run(t, LONG_MS);
	assert_int_equal(victim->readmits, 1);
	channel_kit_say(victim, &t->support, "two");
	channel_kit_say(advocate, &t->support, "three");
	run(t, WHILE_MS);
	assert_int_equal(channel_kit_heard(advocate, "two"), 1);
	assert_int_equal(channel_kit_heard(victim, "three"), 1);
	assert_true(outbox_counter(victim->outbox) > counter + 5);
}

/* As a restore leaves every group: behind its members, and frozen. */
static void freeze(struct test *t)
{
	struct store *st = relay_double_begin(t->c.d);
	static struct group_row row;
	struct store_voided gone;
	struct writer w;
	struct buf raw;

	/* And no sequence is given again. */
	assert_int_equal(store_void(st, &gone), 0);
	assert_int_equal(
		groups_load(store_view(st), &t->support, &row, &raw), 0);
	row.frozen = true;
	writer_init(&w, 1 << 20);
	assert_int_equal(group_row_write(&row, &w), 0);
	assert_int_equal(store_group_put(st, &t->support, writer_view(&w)), 0);
	writer_wipe(&w);
	buf_wipe(&raw);
	relay_double_commit(t->c.d);
}

static void a_group_behind_its_members_is_reset(void **state)
{
	struct test *t = *state;
	struct channel_kit *advocate = enter(t, &t->c.cast.advocate);
	struct channel_kit *victim = enter(t, &t->c.cast.victim);

	run(t, WHILE_MS);
	relay_double_save(t->c.d);
	enter(t, &t->c.cast.registrar);
	run(t, WHILE_MS);
	channel_kit_say(victim, &t->support, "before");
	run(t, WHILE_MS);
	relay_double_rollback(t->c.d);
	freeze(t);
	channel_kit_say(advocate, &t->support, "after");
	run(t, LONG_MS);
	assert_true(channel_kit_info(victim, &t->support).generation > 1);
	assert_int_equal(channel_kit_heard(victim, "after"), 1);
	assert_true(relay_double_requests(t->c.d, WIRE_OP_GROUP_STATE) < 2000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(who_cannot_be_added_waits),
		TEST(a_commit_larger_than_a_frame_waits),
		TEST(a_welcome_larger_than_a_frame_waits),
		TEST(a_commit_nobody_can_apply_is_reset),
		TEST(her_only_device_is_lost),
		TEST(the_last_of_the_team_leave),
		TEST(the_only_member_is_revoked),
		TEST(nobody_who_could_add_is_online),
		TEST(time_leaps_while_one_waits),
		TEST(a_lost_vault_is_readmitted),
		TEST(a_forgotten_state_is_replaced),
		TEST(a_group_behind_its_members_is_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
