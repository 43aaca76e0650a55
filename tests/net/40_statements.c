/*
 * Statements over the wire: they take effect on the next message of an open
 * connection, and those concerned hear of it.
 */
#include <time.h>

#include "lib/clinic_kit.h"
#include "net/kit.h"

static struct clinic_kit k;
static const struct id16 clinic_chain;

static void told(struct relay_client *c, const struct id16 *chain,
	uint64_t number, const struct wire_hash *head)
{
	struct wire_notice n;

	KIT_CHECK(relay_notice(c, RELAY_PATIENCE_MS, &n) == 0);
	KIT_CHECK(id16_eq(&n.chain, chain));
	KIT_CHECK(n.newest.number == number);
	KIT_CHECK(memcmp(&n.newest.head, head, sizeof *head) == 0);
}

static void unassign(
	struct wire_statement *s, uint8_t channel, const struct world_person *p)
{
	world_statement(&k.cast.w, k.cast.c, WIRE_ST_UNASSIGN, s);
	s->u.unassign.member = p->member;
	s->u.unassign.channel = channel;
}

int main(void)
{
	struct relay_client *coordinator, *officer, *victim;
	struct wire_statement s;
	struct case_state *c;
	struct id16 team;

	KIT_CHECK(rowand_init(&kit_daemon, NULL) == 0);
	clinic_kit_begin(&k, &kit_daemon, (uint64_t)time(NULL) - 5);
	kit_run();
	c = k.cast.c;
	team = case_channel(c, WIRE_CHANNEL_TEAM)->channel;
	coordinator = clinic_kit_connect(&k, &k.cast.coordinator);
	officer = clinic_kit_connect(&k, &k.cast.officer);
	victim = clinic_kit_connect(&k, &k.cast.victim);
	KIT_CHECK(clinic_kit_in_step(&k, coordinator));
	KIT_CHECK(relay_subscribe(officer, 0, 8, NULL) == 0);
	KIT_CHECK(relay_subscribe(victim, 0, 8, NULL) == 0);
	KIT_CHECK(kit_submit(officer, team, 1, 1, 1024).code != WIRE_REFUSED);

	unassign(&s, WIRE_CHANNEL_TEAM, &k.cast.officer);
	KIT_CHECK(clinic_kit_act(&k, coordinator, c, &s, &k.cast.coordinator) ==
		  WIRE_OK);
	/* Nothing between the two but the open connection. */
	KIT_CHECK(kit_submit(officer, team, 2, 1, 1024).code == WIRE_REFUSED);
	told(officer, &c->id, c->number, &c->head);
	told(victim, &c->id, c->number, &c->head);

	/* A revoked one is not even answered any more. */
	world_statement(&k.cast.w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = k.cast.officer.device;
	s.u.revoke.reason = WIRE_REVOKE_LEFT;
	KIT_CHECK(clinic_kit_act(&k, coordinator, NULL, &s,
			  &k.cast.coordinator) == WIRE_OK);
	kit_closed(officer);
	told(victim, &clinic_chain, k.cast.w.clinic.number,
		&k.cast.w.clinic.head);
	KIT_CHECK(clinic_kit_in_step(&k, coordinator));
	relay_close(coordinator);
	relay_close(officer);
	relay_close(victim);
	clinic_kit_wipe(&k);
	return kit_end();
}
