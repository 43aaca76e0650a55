/*
 * The people of the tests of trust come in: see trust_cast.h. For programs
 * that are no unit tests too.
 */
#include <stdlib.h>

#include "lib/trust_cast.h"

static int enrol_staff(struct cast *t, struct world_person *p, const char *name,
	const char *agency, uint16_t rights)
{
	struct wire_card card;

	world_person(p, name);
	world_card(&t->w, p, WIRE_ROLE_CASEWORKER, agency, &card);
	card.rights = rights;
	if (rights & WIRE_RIGHT_ENROL) {
		card.scope.roles =
			1 << WIRE_ROLE_CASEWORKER | 1 << WIRE_ROLE_VICTIM;
		card.scope.validity_max = 86400 * 365;
	}
	return world_enrol(&t->w, p, NULL, &card);
}

void cast_victim_card(
	struct cast *t, struct world_person *p, struct wire_card *ret)
{
	world_card(&t->w, p, WIRE_ROLE_VICTIM, "advocacy", ret);
	ret->case_id = t->c->id;
}

static void must(int rc)
{
	if (rc != 0)
		abort();
}

void cast_enter(struct cast *t)
{
	struct wire_card card;
	int rc;

	must(enrol_staff(t, &t->coordinator, "coordinator", "police",
		WIRE_RIGHT_COORDINATE));
	must(enrol_staff(
		t, &t->registrar, "registrar", "advocacy", WIRE_RIGHT_ENROL));
	must(enrol_staff(t, &t->advocate, "advocate", "advocacy", 0));
	must(enrol_staff(t, &t->officer, "officer", "police", 0));
	must(enrol_staff(t, &t->stranger, "stranger", "police", 0));
	t->c = world_open(&t->w, "a case", &t->coordinator, &rc);
	must(rc);
	must(world_assign(&t->w, t->c, WIRE_CHANNEL_SUPPORT, &t->registrar,
		&t->coordinator));
	must(world_assign(&t->w, t->c, WIRE_CHANNEL_SUPPORT, &t->advocate,
		&t->coordinator));
	must(world_assign(
		&t->w, t->c, WIRE_CHANNEL_TEAM, &t->advocate, &t->coordinator));
	must(world_assign(
		&t->w, t->c, WIRE_CHANNEL_TEAM, &t->officer, &t->coordinator));
	world_person(&t->victim, "victim");
	cast_victim_card(t, &t->victim, &card);
	must(world_enrol(&t->w, &t->victim, &t->registrar, &card));
	must(world_assign(&t->w, t->c, WIRE_CHANNEL_SUPPORT, &t->victim,
		&t->coordinator));
}
