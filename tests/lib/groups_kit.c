/*
 * Three members of one channel at the daemon: see groups_kit.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/groups_kit.h"
#include "wire/code.h"

int groups_kit_setup(void **state)
{
	static struct groups_kit t;
	const struct case_channel *support;

	memset(&t, 0, sizeof t);
	double_clinic_begin(&t.c);
	support = case_channel(t.c.cast.c, WIRE_CHANNEL_SUPPORT);
	t.channel = support->channel;
	t.group = support->group_id;
	member_begin(&t.advocate, &t.c, &t.c.cast.advocate, &t.channel);
	member_begin(&t.registrar, &t.c, &t.c.cast.registrar, &t.channel);
	member_begin(&t.victim, &t.c, &t.c.cast.victim, &t.channel);
	*state = &t;
	return 0;
}

int groups_kit_setup_published(void **state)
{
	int rc = groups_kit_setup(state);
	struct groups_kit *t = *state;

	member_publish(&t->advocate, 2);
	member_publish(&t->registrar, 2);
	member_publish(&t->victim, 2);
	return rc;
}

int groups_kit_teardown(void **state)
{
	struct groups_kit *t = *state;

	member_end(&t->advocate);
	member_end(&t->registrar);
	member_end(&t->victim);
	double_clinic_end(&t->c);
	return 0;
}

void groups_kit_everybody(struct groups_kit *t)
{
	assert_int_equal(member_create(&t->advocate, 1, &t->group), WIRE_OK);
	assert_int_equal(member_add(&t->advocate, &t->victim), WIRE_OK);
	member_read(&t->advocate);
	member_read(&t->victim);
	assert_int_equal(member_add(&t->victim, &t->registrar), WIRE_OK);
	member_read(&t->advocate);
	member_read(&t->victim);
	member_read(&t->registrar);
}

uint8_t groups_kit_flags(struct member *m)
{
	struct wire_group_state s;

	assert_int_equal(member_state(m, &s), WIRE_OK);
	return s.flags & ~WIRE_GROUP_MEMBER;
}

void groups_kit_unassign(struct groups_kit *t, const struct world_person *p)
{
	struct wire_statement s;

	world_statement(&t->c.cast.w, t->c.cast.c, WIRE_ST_UNASSIGN, &s);
	s.u.unassign.member = p->member;
	s.u.unassign.channel = WIRE_CHANNEL_SUPPORT;
	assert_int_equal(world_act(&t->c.cast.w, t->c.cast.c, &s,
				 &t->c.cast.coordinator),
		0);
}

void groups_kit_refused(struct member *m, const struct rowan_mls_proposal *p,
	size_t n, uint16_t code)
{
	struct rowan_mls_committed made;
	struct wire_group_state before, after, s;

	assert_int_equal(member_state(m, &before), WIRE_OK);
	member_commit(m, p, n, &made);
	assert_int_equal(member_send(m, &made, &s), code);
	rowan_mls_committed_free(&made);
	rowan_mls_discard_commit(m->group);
	assert_int_equal(member_state(m, &after), WIRE_OK);
	assert_memory_equal(&before, &after, sizeof before);
}
