/*
 * Channels' groups at the daemon when it goes wrong: a commit that somebody
 * cannot take, a reset, who was let in again, nobody left, a restart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/groups_kit.h"
#include "trust/attest.h"
#include "wire/code.h"
#include "wire/op.h"

static uint16_t nack(struct member *m, const struct wire_group_state *s,
	bool good, struct wire_group_state *ret)
{
	struct wire_nack n = {.channel = m->channel,
		.generation = s->generation,
		.epoch = s->epoch - 1,
		.commit = s->commit};
	struct wire_message answer;
	struct writer w;
	uint16_t code;

	writer_init(&w, 256);
	assert_int_equal(wire_nack_signed(&n, &w), 0);
	assert_int_equal(attest_sign(ATTEST_NACK, writer_view(&w),
				 m->person->seed, &n.signature),
		0);
	n.signature.b[0] ^= !good;
	writer_wipe(&w);
	writer_init(&w, 256);
	assert_int_equal(wire_nack_encode(&n, &w), 0);
	code = member_call(m,
		&(struct member_request){.op = WIRE_OP_NACK, .body = &w},
		&answer);
	writer_wipe(&w);
	if (code == WIRE_OK)
		assert_int_equal(wire_group_state_decode(&answer, ret), 0);
	return code;
}

static void reset(struct groups_kit *t)
{
	struct wire_statement s;

	world_statement(&t->c.cast.w, t->c.cast.c, WIRE_ST_RESET, &s);
	s.u.reset.channel = WIRE_CHANNEL_SUPPORT;
	s.u.reset.generation = 2;
	s.u.reset.group_id = (struct id16){{77}};
	assert_int_equal(
		world_act(&t->c.cast.w, t->c.cast.c, &s, &t->c.cast.advocate),
		0);
}

static void a_nack_freezes_until_a_reset(void **state)
{
	struct groups_kit *t = *state;
	struct rowan_mls_committed made;
	struct wire_group_state s, frozen;
	const struct id16 next = {{77}};

	groups_kit_everybody(t);
	assert_int_equal(member_state(&t->victim, &s), WIRE_OK);
	assert_int_equal(nack(&t->victim, &s, false, &frozen), WIRE_REFUSED);
	s.epoch++;
	assert_int_equal(nack(&t->victim, &s, true, &frozen), WIRE_STALE);
	s.epoch--;
	assert_int_equal(nack(&t->victim, &s, true, &frozen), WIRE_OK);
	/* once: the second says nothing new */
	assert_int_equal(nack(&t->victim, &s, true, &frozen), WIRE_OK);
	member_read(&t->advocate);
	member_read(&t->victim);
	assert_int_equal(t->advocate.nacks, 1);
	assert_int_equal(t->victim.nacks, 0);
	assert_true(
		id16_eq(&t->advocate.nacked.device, &t->c.cast.victim.device));
	assert_int_equal(t->advocate.nacked.nack.epoch, s.epoch - 1);
	assert_int_equal(frozen.flags & ~WIRE_GROUP_MEMBER, WIRE_GROUP_FROZEN);
	member_commit(&t->advocate, NULL, 0, &made);
	assert_int_equal(member_send(&t->advocate, &made, &s), WIRE_MEMBERSHIP);
	rowan_mls_committed_free(&made);
	/* A word of hers silences nobody: the others talk on. */
	rowan_mls_discard_commit(t->advocate.group);
	assert_int_equal(member_say(&t->advocate, "meanwhile"), WIRE_OK);
	member_read(&t->registrar);
	assert_string_equal(t->registrar.heard[0], "meanwhile");

	reset(t);
	assert_int_equal(member_say(&t->advocate, "old"), WIRE_STALE);
	assert_int_equal(member_create(&t->advocate, 1, &t->group), WIRE_STALE);
	assert_int_equal(member_create(&t->advocate, 2, &next), WIRE_OK);
	assert_int_equal(member_add(&t->advocate, &t->victim), WIRE_OK);
	member_read(&t->advocate);
	member_read(&t->victim);
	assert_int_equal(member_say(&t->victim, "anew"), WIRE_OK);
	member_read(&t->advocate);
	assert_string_equal(t->advocate.heard[0], "anew");
}

/* Her device has lost its state: one commit takes her out and in again. */
static void the_readmitted_are_replaced(void **state)
{
	struct groups_kit *t = *state;
	struct rowan_mls_proposal both[2] = {
		{.type = ROWAN_MLS_REMOVE}, {.type = ROWAN_MLS_ADD}};
	struct rowan_mls_committed made;
	struct wire_group_state g;
	struct wire_statement s;
	struct buf package;

	groups_kit_everybody(t);
	both[0].leaf = member_leaf(&t->advocate, &t->c.cast.victim);
	groups_kit_refused(&t->advocate, both, 1, WIRE_REFUSED);
	world_statement(&t->c.cast.w, t->c.cast.c, WIRE_ST_READMIT, &s);
	assert_int_equal(
		world_act(&t->c.cast.w, t->c.cast.c, &s, &t->c.cast.victim), 0);
	assert_int_equal(groups_kit_flags(&t->advocate), WIRE_GROUP_MISSING);
	assert_int_equal(member_state(&t->victim, &g), WIRE_OK);
	assert_int_equal(g.replace_count, 1);
	assert_true(id16_eq(&g.replace[0], &t->c.cast.victim.device));
	assert_true((g.flags & WIRE_GROUP_MEMBER) != 0);
	/* the others go on meanwhile, without her */
	assert_int_equal(member_say(&t->advocate, "meanwhile"), WIRE_OK);
	/* the keys of what she had published are lost */
	assert_int_equal(
		member_claim(&t->advocate, &t->c.cast.victim.device, &package),
		WIRE_REFUSED);
	member_publish(&t->victim, 2);
	assert_int_equal(
		member_claim(&t->advocate, &t->c.cast.victim.device, &package),
		WIRE_OK);
	both[1].key_package =
		(struct rowan_mls_bytes){package.data, package.len};
	member_commit(&t->advocate, both, 2, &made);
	assert_int_equal(member_send(&t->advocate, &made, &g), WIRE_OK);
	assert_int_equal(g.flags, WIRE_GROUP_MEMBER);
	assert_int_equal(g.replace_count, 0);
	rowan_mls_committed_free(&made);
	buf_wipe(&package);
	member_read(&t->advocate);
	assert_int_equal(member_say(&t->advocate, "welcome back"), WIRE_OK);
	/* she gets the commit that takes her old leaf out, then the Welcome */
	member_read(&t->victim);
	assert_int_equal(t->victim.heard_count, 1);
	assert_string_equal(t->victim.heard[0], "welcome back");
}

/* The only one who was in it may not take part any more. */
static void nobody_is_left(void **state)
{
	struct groups_kit *t = *state;
	struct wire_group_state g;

	assert_int_equal(member_create(&t->advocate, 1, &t->group), WIRE_OK);
	assert_int_equal(member_state(&t->victim, &g), WIRE_OK);
	assert_int_equal(g.flags, WIRE_GROUP_MISSING);
	groups_kit_unassign(t, &t->c.cast.advocate);
	assert_int_equal(member_state(&t->victim, &g), WIRE_OK);
	assert_int_equal(g.flags,
		WIRE_GROUP_MUST_GO | WIRE_GROUP_MISSING | WIRE_GROUP_DESERTED);
}

/* What was remembered of a group is not trusted past a failed transaction. */
static void restarts_change_nothing(void **state)
{
	struct groups_kit *t = *state;

	groups_kit_everybody(t);
	assert_int_equal(member_say(&t->victim, "one"), WIRE_OK);
	relay_double_restart(t->c.d);
	assert_int_equal(member_say(&t->victim, "two"), WIRE_OK);
	member_read(&t->advocate);
	assert_int_equal(t->advocate.heard_count, 2);
	assert_int_equal(groups_kit_flags(&t->advocate), 0);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(                                       \
		name, groups_kit_setup_published, groups_kit_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_nack_freezes_until_a_reset),
		TEST(the_readmitted_are_replaced),
		TEST(nobody_is_left),
		TEST(restarts_change_nothing),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
