/*
 * A malicious registrar with a signing key that counts, and everybody else's
 * old statements, against the daemon: refused, and nothing has changed.
 */
#include <time.h>

#include "lib/clinic_kit.h"
#include "net/kit.h"
#include "trust/attest.h"

static struct clinic_kit k;
static struct relay_client *registrar, *coordinator;

/* The registrar issues and logs ${card} for ${p}. */
static uint16_t enrol(const struct world_person *p, struct wire_card *card)
{
	struct wire_statement s;
	struct buf raw;
	uint16_t code;

	world_issue(&k.cast.w, p, &k.cast.registrar, card, &raw);
	world_statement(&k.cast.w, NULL, WIRE_ST_CARD, &s);
	s.u.card = buf_view(&raw);
	code = clinic_kit_act(&k, registrar, NULL, &s, &k.cast.registrar);
	buf_wipe(&raw);
	return code;
}

static void refused(const struct world_person *p, struct wire_card *card)
{
	struct seed_device d;
	struct relay_client *c = NULL;
	struct relay_options o = {
		.kind = RELAY_LINK_RAW, .port = kit_daemon.port, .device = &d};

	KIT_CHECK(enrol(p, card) == WIRE_REFUSED);
	KIT_CHECK(clinic_kit_in_step(&k, coordinator));
	/* Nor does the daemon know the key. */
	memset(&d, 0, sizeof d);
	memcpy(d.public, p->transport_key.b, sizeof d.public);
	memcpy(d.secret, p->transport_secret, sizeof d.secret);
	KIT_CHECK(relay_open(&c, &o) == 0);
	KIT_CHECK(relay_hello(c, NULL) != 0);
	relay_close(c);
}

static void staff(struct world_person *p, const char *name, const char *agency,
	struct wire_card *ret)
{
	world_person(p, name);
	world_card(&k.cast.w, p, WIRE_ROLE_CASEWORKER, agency, ret);
}

static void cards(void)
{
	struct world_person p;
	struct wire_card card;

	staff(&p, "a coordinator", "advocacy", &card);
	card.rights = WIRE_RIGHT_COORDINATE;
	refused(&p, &card);
	staff(&p, "a duty officer", "advocacy", &card);
	card.rights = WIRE_RIGHT_DUTY;
	refused(&p, &card);
	staff(&p, "an auditor", "advocacy", &card);
	card.rights = WIRE_RIGHT_AUDIT;
	refused(&p, &card);
	staff(&p, "a registrar", "advocacy", &card);
	card.rights = WIRE_RIGHT_ENROL;
	card.scope.roles = 1 << WIRE_ROLE_CASEWORKER;
	card.scope.validity_max = 86400 * 300;
	refused(&p, &card);
	staff(&p, "of another agency", "police", &card);
	refused(&p, &card);
	staff(&p, "for too long", "advocacy", &card);
	card.not_after = card.not_before + 86400 * 366;
	refused(&p, &card);
	staff(&p, "from tomorrow's registrar", "advocacy", &card);
	card.issued_at += 86400;
	refused(&p, &card);

	world_person(&p, "a daemon");
	world_card(&k.cast.w, &p, WIRE_ROLE_DAEMON, "advocacy", &card);
	refused(&p, &card);
	world_person(&p, "a witness");
	world_card(&k.cast.w, &p, WIRE_ROLE_WITNESS, "advocacy", &card);
	refused(&p, &card);
	/* A further device of a colleague, who knows nothing of it. */
	staff(&p, "an advocate's phone", "advocacy", &card);
	p.member = card.member = k.cast.advocate.member;
	refused(&p, &card);
	/* Keys that are somebody's. */
	staff(&p, "a twin", "advocacy", &card);
	card.transport_key = k.cast.advocate.transport_key;
	KIT_CHECK(enrol(&p, &card) == WIRE_REFUSED);
	staff(&p, "another twin", "advocacy", &card);
	p.device = card.device = k.cast.advocate.device;
	refused(&p, &card);
	KIT_CHECK(clinic_kit_in_step(&k, coordinator));
}

/* A victim's card without an assignment opens nothing. */
static void victim(void)
{
	struct world_person p;
	struct relay_client *c;
	struct wire_statement s;
	struct wire_card card;
	struct id16 support =
		case_channel(k.cast.c, WIRE_CHANNEL_SUPPORT)->channel;
	static struct wire_chain_answer a;

	world_person(&p, "a made-up victim");
	cast_victim_card(&k.cast, &p, &card);
	card.case_id.b[0] ^= 1;
	refused(&p, &card);
	/* For the case it is on: a card, and nothing comes of it. */
	world_person(&p, "a second victim");
	cast_victim_card(&k.cast, &p, &card);
	if (enrol(&p, &card) == WIRE_OK) {
		c = clinic_kit_connect(&k, &p);
		KIT_CHECK(kit_submit(c, support, 1, 1, 1024).code ==
			  WIRE_REFUSED);
		KIT_CHECK(clinic_kit_fetch(c, &k.cast.c->id, 0, &a) ==
			  WIRE_REFUSED);
		relay_close(c);
	}
	world_statement(&k.cast.w, k.cast.c, WIRE_ST_ASSIGN, &s);
	s.u.assign.member = p.member;
	s.u.assign.channel = WIRE_CHANNEL_SUPPORT;
	s.u.assign.from = k.cast.w.now;
	/* Not by the registrar; and the case has its victim. */
	KIT_CHECK(clinic_kit_act(&k, registrar, k.cast.c, &s,
			  &k.cast.registrar) == WIRE_REFUSED);
	s.signer_count = 0;
	KIT_CHECK(clinic_kit_act(&k, coordinator, k.cast.c, &s,
			  &k.cast.coordinator) == WIRE_REFUSED);
	KIT_CHECK(clinic_kit_in_step(&k, coordinator));
}

/* Old statements again, in any order: as before, or stale. */
static void replay(void)
{
	static struct wire_chain_answer a;
	struct relay_client *c = clinic_kit_connect(&k, &k.cast.advocate);
	struct buf old[64];
	size_t n;

	KIT_CHECK(clinic_kit_fetch(c, &k.cast.c->id, 0, &a) == WIRE_OK);
	n = a.count;
	KIT_CHECK(n > 3 && n < 64);
	for (size_t i = 0; i < n; i++)
		KIT_CHECK(buf_copy(&old[i], a.items[i].statement) == 0);
	for (size_t i = n; i-- > 0;) {
		struct wire_chain_head h;
		struct wire_statement s;

		KIT_CHECK(clinic_kit_put(c, buf_view(&old[i]), &h) == WIRE_OK);
		KIT_CHECK(h.number == i + 1);
		/* The same under another number is not what was signed. */
		KIT_CHECK(wire_statement_decode(buf_view(&old[i]), &s) == 0);
		s.number = k.cast.c->number + 1;
		s.previous = k.cast.c->head;
		KIT_CHECK(clinic_kit_act(&k, c, k.cast.c, &s,
				  &k.cast.advocate) == WIRE_REFUSED);
		buf_wipe(&old[i]);
	}
	KIT_CHECK(clinic_kit_in_step(&k, coordinator));
	relay_close(c);
}

/* Two statements after each other, the second one first. */
static void reorder(void)
{
	struct case_state before;
	struct wire_statement s;
	struct buf first, second;

	KIT_CHECK(case_copy(&before, k.cast.c) == 0);
	world_statement(&k.cast.w, k.cast.c, WIRE_ST_UNASSIGN, &s);
	s.u.unassign.member = k.cast.officer.member;
	s.u.unassign.channel = WIRE_CHANNEL_TEAM;
	world_sign(&k.cast.w, &k.cast.coordinator, &s, &first);
	KIT_CHECK(world_submit(&k.cast.w, k.cast.c, buf_view(&first)) == 0);
	world_statement(&k.cast.w, k.cast.c, WIRE_ST_ASSIGN, &s);
	s.u.assign.member = k.cast.stranger.member;
	s.u.assign.channel = WIRE_CHANNEL_TEAM;
	s.u.assign.from = k.cast.w.now;
	world_sign(&k.cast.w, &k.cast.coordinator, &s, &second);
	KIT_CHECK(clinic_kit_put(coordinator, buf_view(&second), NULL) ==
		  WIRE_REFUSED);
	KIT_CHECK(!clinic_kit_in_step(&k, coordinator));
	KIT_CHECK(
		clinic_kit_put(coordinator, buf_view(&first), NULL) == WIRE_OK);
	KIT_CHECK(clinic_kit_in_step(&k, coordinator));
	buf_wipe(&first);
	buf_wipe(&second);
	case_wipe(&before);
}

int main(void)
{
	KIT_CHECK(rowand_init(&kit_daemon, NULL) == 0);
	clinic_kit_begin(&k, &kit_daemon, (uint64_t)time(NULL) - 5);
	kit_run();
	registrar = clinic_kit_connect(&k, &k.cast.registrar);
	coordinator = clinic_kit_connect(&k, &k.cast.coordinator);
	cards();
	victim();
	replay();
	reorder();
	relay_close(registrar);
	relay_close(coordinator);
	clinic_kit_wipe(&k);
	return kit_end();
}
