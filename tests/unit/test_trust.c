/*
 * Cards, statements and the table of who may sign what: what is admitted,
 * and that everything else is refused with its own code and changes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/trust_world.h"
#include "trust/attest.h"

/* The people of the tests. */
struct cast {
	struct world w;
	struct world_person coordinator; /* police */
	struct world_person registrar;	 /* advocacy, may enrol */
	struct world_person advocate;	 /* advocacy, on support and team */
	struct world_person officer;	 /* police, on the team only */
	struct world_person stranger;	 /* police, on nothing */
	struct world_person victim;
	struct case_state *c;
};

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

static void victim_card(
	struct cast *t, struct world_person *p, struct wire_card *ret)
{
	world_card(&t->w, p, WIRE_ROLE_VICTIM, "advocacy", ret);
	ret->case_id = t->c->id;
}

static int setup(void **state)
{
	static struct cast t;
	struct wire_card card;
	int rc;

	memset(&t, 0, sizeof t);
	world_init(&t.w);
	assert_int_equal(enrol_staff(&t, &t.coordinator, "coordinator",
				 "police", WIRE_RIGHT_COORDINATE),
		0);
	assert_int_equal(enrol_staff(&t, &t.registrar, "registrar", "advocacy",
				 WIRE_RIGHT_ENROL),
		0);
	assert_int_equal(
		enrol_staff(&t, &t.advocate, "advocate", "advocacy", 0), 0);
	assert_int_equal(
		enrol_staff(&t, &t.officer, "officer", "police", 0), 0);
	assert_int_equal(
		enrol_staff(&t, &t.stranger, "stranger", "police", 0), 0);
	t.c = world_open(&t.w, "a case", &t.coordinator, &rc);
	assert_int_equal(rc, 0);
	assert_int_equal(world_assign(&t.w, t.c, WIRE_CHANNEL_SUPPORT,
				 &t.registrar, &t.coordinator),
		0);
	assert_int_equal(world_assign(&t.w, t.c, WIRE_CHANNEL_SUPPORT,
				 &t.advocate, &t.coordinator),
		0);
	assert_int_equal(world_assign(&t.w, t.c, WIRE_CHANNEL_TEAM, &t.advocate,
				 &t.coordinator),
		0);
	assert_int_equal(world_assign(&t.w, t.c, WIRE_CHANNEL_TEAM, &t.officer,
				 &t.coordinator),
		0);
	world_person(&t.victim, "victim");
	victim_card(&t, &t.victim, &card);
	assert_int_equal(world_enrol(&t.w, &t.victim, &t.registrar, &card), 0);
	assert_int_equal(world_assign(&t.w, t.c, WIRE_CHANNEL_SUPPORT,
				 &t.victim, &t.coordinator),
		0);
	*state = &t;
	return 0;
}

static int teardown(void **state)
{
	struct cast *t = *state;

	world_wipe(&t->w);
	return 0;
}

/* Everything a refusal must not change. */
static void snapshot(const struct cast *t, struct buf *ret)
{
	struct writer w;

	writer_init(&w, 1 << 20);
	clinic_save(&t->w.clinic, &w);
	writer_u64(&w, t->w.card_count);
	for (size_t i = 0; i < t->w.card_count; i++)
		writer_u64(&w, t->w.card[i].revoked);
	for (size_t i = 0; i < t->w.case_count; i++)
		case_save(&t->w.cases[i], &w);
	assert_int_equal(writer_finish(&w, ret), 0);
}

static void assert_unchanged(const struct cast *t, struct buf *before)
{
	struct buf after;

	snapshot(t, &after);
	assert_true(bytes_eq(buf_view(before), buf_view(&after)));
	buf_wipe(&after);
	buf_wipe(before);
}

static int entitled(const struct cast *t, const struct world_person *p,
	uint8_t channel, uint64_t time)
{
	struct rules_context ctx = {
		&t->w.clinic, &t->w.source, t->c, true, time};

	return rules_entitled(&ctx, &p->device, channel, time, NULL);
}

static void only_the_assigned_are_entitled(void **state)
{
	struct cast *t = *state;
	uint64_t now = t->w.now;

	assert_int_equal(entitled(t, &t->victim, WIRE_CHANNEL_SUPPORT, now), 0);
	assert_int_equal(
		entitled(t, &t->advocate, WIRE_CHANNEL_SUPPORT, now), 0);
	assert_int_equal(entitled(t, &t->officer, WIRE_CHANNEL_TEAM, now), 0);
	/* Being on the team never implies reading the victim. */
	assert_int_equal(entitled(t, &t->officer, WIRE_CHANNEL_SUPPORT, now),
		ROWAN_E_RULE);
	assert_int_equal(
		entitled(t, &t->victim, WIRE_CHANNEL_TEAM, now), ROWAN_E_RULE);
	/* Nobody reads the diary before the victim says so. */
	assert_int_equal(entitled(t, &t->advocate, WIRE_CHANNEL_DIARY, now),
		ROWAN_E_RULE);
	assert_int_equal(world_assign(&t->w, t->c, WIRE_CHANNEL_DIARY,
				 &t->advocate, &t->victim),
		0);
	assert_int_equal(entitled(t, &t->advocate, WIRE_CHANNEL_DIARY, now), 0);
	/* Nor does rank: who allocates is not in the channel. */
	for (uint8_t ch = 1; ch <= 3; ch++) {
		assert_int_equal(
			entitled(t, &t->coordinator, ch, now), ROWAN_E_RULE);
		assert_int_equal(
			entitled(t, &t->stranger, ch, now), ROWAN_E_RULE);
	}
	/* A card that ends by date ends. */
	assert_int_equal(entitled(t, &t->advocate, WIRE_CHANNEL_SUPPORT,
				 now + 86400 * 301),
		ROWAN_E_EXPIRED);
	assert_int_equal(entitled(t, &t->victim, WIRE_CHANNEL_SUPPORT,
				 now + 86400 * 10000),
		0);
}

static void cover_begins_and_ends_by_itself(void **state)
{
	struct cast *t = *state;
	struct wire_statement s;
	uint64_t now = t->w.now;

	world_statement(&t->w, t->c, WIRE_ST_ASSIGN, &s);
	s.u.assign.member = t->stranger.member;
	s.u.assign.channel = WIRE_CHANNEL_SUPPORT;
	s.u.assign.from = now + 10;
	s.u.assign.until = now + 10 + 72 * 3600;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	assert_int_equal(case_next_change(t->c, now), now + 10);
	assert_int_equal(entitled(t, &t->stranger, WIRE_CHANNEL_SUPPORT, now),
		ROWAN_E_RULE);
	assert_int_equal(
		entitled(t, &t->stranger, WIRE_CHANNEL_SUPPORT, now + 10), 0);
	assert_int_equal(entitled(t, &t->stranger, WIRE_CHANNEL_SUPPORT,
				 now + 9 + 72 * 3600),
		0);
	assert_int_equal(entitled(t, &t->stranger, WIRE_CHANNEL_SUPPORT,
				 now + 10 + 72 * 3600),
		ROWAN_E_RULE);
	assert_int_equal(
		case_next_change(t->c, now + 10 + 72 * 3600), UINT64_MAX);
}

/* ---- a malicious registrar --------------------------------------------- */

static void a_registrar_signs_its_own_kind_only(void **state)
{
	struct cast *t = *state;
	struct world_person p, q;
	struct wire_card card;
	struct buf before;

	snapshot(t, &before);
	world_person(&p, "somebody new");

	/* a coordinator, another registrar, an auditor, a duty officer */
	for (uint16_t right = 1; right <= WIRE_RIGHT_AUDIT; right <<= 1) {
		world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &card);
		card.rights = right;
		if (right == WIRE_RIGHT_ENROL) {
			card.scope.roles = 1 << WIRE_ROLE_VICTIM;
			card.scope.validity_max = 1;
		}
		assert_int_equal(world_enrol(&t->w, &p, &t->registrar, &card),
			ROWAN_E_SIGNER);
	}
	/* a daemon, a witness */
	for (uint8_t role = WIRE_ROLE_DAEMON; role <= WIRE_ROLE_WITNESS;
		role++) {
		world_card(&t->w, &p, role, "advocacy", &card);
		assert_int_equal(world_enrol(&t->w, &p, &t->registrar, &card),
			ROWAN_E_SIGNER);
	}
	/* another agency's */
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "police", &card);
	assert_int_equal(
		world_enrol(&t->w, &p, &t->registrar, &card), ROWAN_E_SIGNER);
	/* longer than its scope, or begun before it was signed */
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	card.not_after = card.not_before + 86400 * 365 + 1;
	assert_int_equal(
		world_enrol(&t->w, &p, &t->registrar, &card), ROWAN_E_SIGNER);
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	card.not_before--;
	assert_int_equal(
		world_enrol(&t->w, &p, &t->registrar, &card), ROWAN_E_SIGNER);
	/* by somebody who is no registrar */
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	assert_int_equal(
		world_enrol(&t->w, &p, &t->advocate, &card), ROWAN_E_SIGNER);
	/* by somebody without a card */
	world_person(&q, "nobody");
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	assert_int_equal(world_enrol(&t->w, &p, &q, &card), ROWAN_E_UNKNOWN);
	assert_unchanged(t, &before);

	/* and what it may sign */
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	assert_int_equal(world_enrol(&t->w, &p, &t->registrar, &card), 0);
	/* whose card signs nothing further */
	world_person(&q, "one step too far");
	world_card(&t->w, &q, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	assert_int_equal(world_enrol(&t->w, &q, &p, &card), ROWAN_E_SIGNER);
}

static void a_victims_card_needs_the_registrar_on_the_case(void **state)
{
	struct cast *t = *state;
	struct world_person p;
	struct wire_card card;
	struct wire_statement s;
	struct case_state *other;
	struct buf before;
	int rc;

	other = world_open(&t->w, "another case", &t->coordinator, &rc);
	assert_int_equal(rc, 0);
	snapshot(t, &before);
	world_person(&p, "victim of another case");
	world_card(&t->w, &p, WIRE_ROLE_VICTIM, "advocacy", &card);
	card.case_id = other->id;
	assert_int_equal(
		world_enrol(&t->w, &p, &t->registrar, &card), ROWAN_E_SIGNER);
	/* a case nobody has heard of */
	card.case_id.b[0] ^= 1;
	assert_int_equal(
		world_enrol(&t->w, &p, &t->registrar, &card), ROWAN_E_UNKNOWN);
	assert_unchanged(t, &before);

	/*
	 * A daemon that logged it all the same: replaying clients who do not
	 * know the case step over it, and the assignment is refused.
	 */
	card.case_id = other->id;
	{
		struct rules_context ctx = {
			&t->w.clinic, &t->w.source, NULL, false, 0};
		struct buf raw = {0};
		struct wire_card signed_card;

		world_issue(&t->w, &p, &t->registrar, &card, &raw);
		assert_int_equal(
			wire_card_decode(buf_view(&raw), &signed_card), 0);
		assert_int_equal(rules_card(&ctx, &signed_card, t->w.now), 0);
		t->w.raw[t->w.card_count] = raw;
		t->w.card[t->w.card_count].card = signed_card;
		attest_hash(buf_view(&raw), &t->w.card[t->w.card_count].hash);
		t->w.card[t->w.card_count].logged = t->w.clinic.number;
		t->w.card_count++;
	}
	world_statement(&t->w, other, WIRE_ST_ASSIGN, &s);
	s.u.assign.member = p.member;
	s.u.assign.channel = WIRE_CHANNEL_SUPPORT;
	s.u.assign.from = t->w.now;
	assert_int_equal(
		world_act(&t->w, other, &s, &t->coordinator), ROWAN_E_RULE);
	/* Into a case the card does not name: never. */
	assert_int_equal(world_assign(&t->w, t->c, WIRE_CHANNEL_SUPPORT, &p,
				 &t->coordinator),
		ROWAN_E_RULE);
	/* A second victim in one case: never either. */
	world_person(&p, "another victim");
	victim_card(t, &p, &card);
	assert_int_equal(world_enrol(&t->w, &p, &t->registrar, &card), 0);
	assert_int_equal(world_assign(&t->w, t->c, WIRE_CHANNEL_SUPPORT, &p,
				 &t->coordinator),
		ROWAN_E_RULE);
}

static void consent(const struct world_person *by, struct wire_card *card)
{
	struct writer w;

	card->has_consent = true;
	card->consent.device = by->device;
	writer_init(&w, 4096);
	assert_int_equal(wire_card_request(card, &w), 0);
	assert_int_equal(attest_sign(ATTEST_CONSENT, writer_view(&w), by->seed,
				 &card->consent.signature),
		0);
	writer_wipe(&w);
}

static void a_second_device_needs_the_members_consent(void **state)
{
	struct cast *t = *state;
	struct world_person p;
	struct wire_card card;
	struct wire_statement s;
	struct buf before;

	snapshot(t, &before);
	world_person(&p, "a device in a colleague's name");
	p.member = t->advocate.member;
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	assert_int_equal(
		world_enrol(&t->w, &p, &t->registrar, &card), ROWAN_E_SIGNER);
	/* somebody else's consent, and one for other keys */
	consent(&t->registrar, &card);
	assert_int_equal(
		world_enrol(&t->w, &p, &t->registrar, &card), ROWAN_E_SIGNER);
	card.transport_key.b[0] ^= 1;
	consent(&t->advocate, &card);
	card.transport_key.b[0] ^= 1;
	assert_int_equal(
		world_enrol(&t->w, &p, &t->registrar, &card), ROWAN_E_CRYPTO);
	/* not even the authority moves a member to another agency */
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "police", &card);
	assert_int_equal(world_enrol(&t->w, &p, NULL, &card), ROWAN_E_RULE);
	assert_unchanged(t, &before);

	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	consent(&t->advocate, &card);
	assert_int_equal(world_enrol(&t->w, &p, &t->registrar, &card), 0);

	/* Once revoked a device consents to nothing. */
	world_statement(&t->w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = p.device;
	s.u.revoke.reason = WIRE_REVOKE_LOST;
	assert_int_equal(world_act(&t->w, NULL, &s, &t->advocate), 0);
	{
		struct world_person q;

		world_person(&q, "a third device");
		q.member = t->advocate.member;
		world_card(&t->w, &q, WIRE_ROLE_CASEWORKER, "advocacy", &card);
		consent(&p, &card);
		assert_int_equal(world_enrol(&t->w, &q, &t->registrar, &card),
			ROWAN_E_REVOKED);
		/* the authority helps a member who lost every device */
		card.has_consent = false;
		memset(&card.consent, 0, sizeof card.consent);
		assert_int_equal(world_enrol(&t->w, &q, NULL, &card), 0);
	}
}

static void cards_hold_fresh_keys_their_owner_has(void **state)
{
	struct cast *t = *state;
	struct world_person p, thief;
	struct wire_card card;
	struct buf before, raw = {0};

	snapshot(t, &before);
	world_person(&p, "p");
	/* a taken device id, signature key, transport key */
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	card.device = t->officer.device;
	assert_int_equal(world_enrol(&t->w, &p, NULL, &card), ROWAN_E_RULE);
	thief = t->officer;
	thief.device = p.device;
	thief.member = p.member;
	thief.transport_key = p.transport_key;
	world_card(&t->w, &thief, WIRE_ROLE_CASEWORKER, "police", &card);
	assert_int_equal(world_enrol(&t->w, &thief, NULL, &card), ROWAN_E_RULE);
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "police", &card);
	card.transport_key = t->victim.transport_key;
	assert_int_equal(world_enrol(&t->w, &p, NULL, &card), ROWAN_E_RULE);
	/* a key the requester does not hold */
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "police", &card);
	world_person(&thief, "thief");
	assert_int_equal(
		world_enrol(&t->w, &thief, NULL, &card), ROWAN_E_CRYPTO);
	/* another clinic's */
	card.clinic.b[0] ^= 1;
	assert_int_equal(world_enrol(&t->w, &p, NULL, &card), ROWAN_E_UNKNOWN);
	/* a card nobody signed: one the registrar signed as the authority */
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "police", &card);
	world_issue(&t->w, &p, NULL, &card, &raw);
	{
		struct rules_context ctx = {
			&t->w.clinic, &t->w.source, NULL, true, t->w.now};
		struct wire_card c;

		assert_int_equal(wire_card_decode(buf_view(&raw), &c), 0);
		assert_int_equal(rules_card(&ctx, &c, t->w.now), 0);
		c.signature.b[7] ^= 1;
		assert_int_equal(
			rules_card(&ctx, &c, t->w.now), ROWAN_E_CRYPTO);
		c.signature.b[7] ^= 1;
		c.issuer_hash.b[0] ^= 1;
		assert_int_equal(rules_card(&ctx, &c, t->w.now), ROWAN_E_CHAIN);
	}
	buf_wipe(&raw);
	assert_unchanged(t, &before);
}

/* ---- the table ---------------------------------------------------------- */

/* A possible statement of each kind. */
static void fill(
	struct cast *t, uint8_t kind, uint8_t channel, struct wire_statement *s)
{
	world_statement(
		&t->w, wire_statement_of_case(kind) ? t->c : NULL, kind, s);
	switch (kind) {
	case WIRE_ST_REVOKE:
		s->u.revoke.device = t->victim.device;
		s->u.revoke.reason = WIRE_REVOKE_LOST;
		s->u.revoke.case_id = t->c->id;
		break;
	case WIRE_ST_ASSIGN:
		s->u.assign.member = t->stranger.member;
		s->u.assign.channel = channel;
		s->u.assign.from = t->w.now;
		break;
	case WIRE_ST_UNASSIGN:
		s->u.unassign.member = t->advocate.member;
		s->u.unassign.channel = channel;
		break;
	case WIRE_ST_CLOSE: s->u.close.reason = WIRE_CLOSE_RESOLVED; break;
	case WIRE_ST_RESET:
		s->u.reset.channel = channel;
		s->u.reset.generation = 2;
		s->u.reset.group_id.b[0] = 9;
		break;
	case WIRE_ST_HOLD: s->u.hold.on = 1; break;
	default: break;
	}
}

static void the_table_admits_exactly_these(void **state)
{
	/* A authority, C coordinator, R registrar, a advocate, o officer of
	   the team, s stranger, v victim, d the advocate, in the diary too;
	   & both together */
	static const struct {
		uint8_t kind, channel;
		const char *admitted;
	} expect[] = {
		{WIRE_ST_REVOKE, 0, "ACRav"},
		{WIRE_ST_RESTORE, 0, "A"},
		{WIRE_ST_CLOSE, 0, "C"},
		{WIRE_ST_ASSIGN, WIRE_CHANNEL_SUPPORT, "C"},
		{WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, "C"},
		{WIRE_ST_ASSIGN, WIRE_CHANNEL_DIARY, "v"},
		{WIRE_ST_UNASSIGN, WIRE_CHANNEL_SUPPORT, "Cv"},
		{WIRE_ST_UNASSIGN, WIRE_CHANNEL_TEAM, "C"},
		{WIRE_ST_UNASSIGN, WIRE_CHANNEL_DIARY, "v"},
		{WIRE_ST_RECUSE, 0, "Rao"},
		{WIRE_ST_READMIT, 0, "Raov"},
		{WIRE_ST_RESET, WIRE_CHANNEL_SUPPORT, "Ra"},
		{WIRE_ST_RESET, WIRE_CHANNEL_TEAM, "ao"},
		{WIRE_ST_RESET, WIRE_CHANNEL_DIARY, "v"},
		{WIRE_ST_HOLD, 0, ""},
		{WIRE_ST_ERASE, 0, ""},
	};
	struct cast *t = *state;
	const struct {
		char letter;
		const struct world_person *p;
	} people[] = {{'A', NULL}, {'C', &t->coordinator}, {'R', &t->registrar},
		{'a', &t->advocate}, {'o', &t->officer}, {'s', &t->stranger},
		{'v', &t->victim}};
	struct rules_context ctx = {
		&t->w.clinic, &t->w.source, t->c, true, t->w.now};
	struct wire_statement s, got;
	struct buf before, raw;

	assert_int_equal(world_assign(&t->w, t->c, WIRE_CHANNEL_DIARY,
				 &t->advocate, &t->victim),
		0);
	snapshot(t, &before);
	for (size_t i = 0; i < sizeof expect / sizeof *expect; i++) {
		for (size_t k = 0; k < sizeof people / sizeof *people; k++) {
			bool may = strchr(expect[i].admitted,
					   people[k].letter) != NULL;

			fill(t, expect[i].kind, expect[i].channel, &s);
			world_sign(&t->w, people[k].p, &s, &raw);
			assert_int_equal(
				wire_statement_decode(buf_view(&raw), &got), 0);
			assert_int_equal(rules_check(&ctx, &got),
				may ? 0 : ROWAN_E_SIGNER);
			buf_wipe(&raw);
		}
	}
	assert_unchanged(t, &before);
}

static void what_is_signed_must_be_possible(void **state)
{
	struct cast *t = *state;
	struct world_person p;
	struct wire_statement s;
	struct wire_card card;
	struct buf before;

	snapshot(t, &before);
	/* an advocate revokes the victim's devices, nobody else's */
	fill(t, WIRE_ST_REVOKE, 0, &s);
	s.u.revoke.device = t->officer.device;
	assert_int_equal(
		world_act(&t->w, NULL, &s, &t->advocate), ROWAN_E_SIGNER);
	fill(t, WIRE_ST_REVOKE, 0, &s);
	s.u.revoke.device.b[0] ^= 1;
	assert_int_equal(
		world_act(&t->w, NULL, &s, &t->coordinator), ROWAN_E_UNKNOWN);
	/* a card issued in the future */
	world_person(&p, "p");
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	card.issued_at++;
	assert_int_equal(world_enrol(&t->w, &p, NULL, &card), ROWAN_E_RULE);
	/* a cover that is over, a person unknown */
	fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	s.u.assign.from = t->w.now - 2;
	s.u.assign.until = t->w.now;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_RULE);
	fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	s.u.assign.member = p.member;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_UNKNOWN);
	/* a reset onto the group that is there */
	fill(t, WIRE_ST_RESET, WIRE_CHANNEL_TEAM, &s);
	s.u.reset.group_id = case_channel(t->c, WIRE_CHANNEL_TEAM)->group_id;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->officer), ROWAN_E_RULE);
	assert_unchanged(t, &before);

	/* signed before one's card was: the signer is nobody yet */
	fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "police", &card);
	card.rights = WIRE_RIGHT_COORDINATE;
	assert_int_equal(world_enrol(&t->w, &p, NULL, &card), 0);
	snapshot(t, &before);
	assert_int_equal(world_act(&t->w, t->c, &s, &p), ROWAN_E_UNKNOWN);
	assert_unchanged(t, &before);
	fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(world_act(&t->w, t->c, &s, &p), 0);
}

static int log_card(
	struct cast *t, struct bytes card, const struct world_person *by)
{
	struct wire_statement s;

	world_statement(&t->w, NULL, WIRE_ST_CARD, &s);
	s.u.card = card;
	return world_act(&t->w, NULL, &s, by);
}

static void a_coordinator_logs_what_the_authority_signed(void **state)
{
	struct cast *t = *state;
	struct world_person p;
	struct wire_card card;
	struct buf before, raw;

	world_person(&p, "p");
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	snapshot(t, &before);
	world_issue(&t->w, &p, &t->registrar, &card, &raw);
	assert_int_equal(
		log_card(t, buf_view(&raw), &t->coordinator), ROWAN_E_SIGNER);
	assert_int_equal(log_card(t, buf_view(&raw), NULL), ROWAN_E_SIGNER);
	buf_wipe(&raw);
	world_issue(&t->w, &p, NULL, &card, &raw);
	assert_int_equal(
		log_card(t, buf_view(&raw), &t->stranger), ROWAN_E_SIGNER);
	assert_int_equal(
		log_card(t, buf_view(&raw), &t->registrar), ROWAN_E_SIGNER);
	assert_unchanged(t, &before);
	assert_int_equal(log_card(t, buf_view(&raw), &t->coordinator), 0);
	buf_wipe(&raw);
}

static void a_registrar_made_by_a_registrar_counts_for_nothing(void **state)
{
	struct cast *t = *state;
	struct world_person p, q;
	struct wire_card card;
	struct buf before;

	/* A daemon that let such a card into its store. */
	world_person(&p, "p");
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	assert_int_equal(world_enrol(&t->w, &p, &t->registrar, &card), 0);
	t->w.card[t->w.card_count - 1].card.rights = WIRE_RIGHT_ENROL;
	t->w.card[t->w.card_count - 1].card.scope = t->w.card[1].card.scope;
	snapshot(t, &before);
	world_person(&q, "q");
	world_card(&t->w, &q, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	assert_int_equal(world_enrol(&t->w, &q, &p, &card), ROWAN_E_SIGNER);
	assert_unchanged(t, &before);
}

static void hold_and_erase_need_two(void **state)
{
	struct cast *t = *state;
	struct wire_statement s;
	struct buf before;
	const struct world_person *second[] = {&t->advocate, &t->coordinator};

	snapshot(t, &before);
	fill(t, WIRE_ST_HOLD, 0, &s);
	for (size_t i = 0; i < 2; i++) {
		if (i == 1)
			assert_unchanged(t, &before);
		s.signer_count = 2;
		s.signers[0].kind = WIRE_SIGNER_AUTHORITY;
		s.signers[1].kind = WIRE_SIGNER_DEVICE;
		s.signers[1].device = second[i]->device;
		assert_int_equal(world_act(&t->w, t->c, &s, second[i]),
			i == 0 ? ROWAN_E_SIGNER : 0);
	}
	assert_true(t->c->hold);
	/* kept: nothing that is held is erased */
	world_statement(&t->w, t->c, WIRE_ST_ERASE, &s);
	s.signer_count = 2;
	s.signers[0].kind = WIRE_SIGNER_AUTHORITY;
	s.signers[1].kind = WIRE_SIGNER_DEVICE;
	s.signers[1].device = t->coordinator.device;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_RULE);
	fill(t, WIRE_ST_HOLD, 0, &s);
	s.u.hold.on = 0;
	s.signer_count = 2;
	s.signers[0].kind = WIRE_SIGNER_AUTHORITY;
	s.signers[1].kind = WIRE_SIGNER_DEVICE;
	s.signers[1].device = t->coordinator.device;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	world_statement(&t->w, t->c, WIRE_ST_ERASE, &s);
	s.signer_count = 2;
	s.signers[0].kind = WIRE_SIGNER_AUTHORITY;
	s.signers[1].kind = WIRE_SIGNER_DEVICE;
	s.signers[1].device = t->coordinator.device;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	assert_int_equal(t->c->status, CASE_ERASED);
	assert_int_equal(
		entitled(t, &t->victim, WIRE_CHANNEL_SUPPORT, t->w.now),
		ROWAN_E_RULE);
}

static void statements_change_what_they_say(void **state)
{
	struct cast *t = *state;
	struct wire_statement s;

	/* the victim removes somebody from support */
	world_statement(&t->w, t->c, WIRE_ST_UNASSIGN, &s);
	s.u.unassign.member = t->registrar.member;
	s.u.unassign.channel = WIRE_CHANNEL_SUPPORT;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->victim), 0);
	assert_int_equal(
		entitled(t, &t->registrar, WIRE_CHANNEL_SUPPORT, t->w.now),
		ROWAN_E_RULE);
	/* who is not assigned cannot be unassigned */
	world_statement(&t->w, t->c, WIRE_ST_UNASSIGN, &s);
	s.u.unassign.member = t->registrar.member;
	s.u.unassign.channel = WIRE_CHANNEL_SUPPORT;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_RULE);

	/* recusal leaves every channel of the case */
	world_statement(&t->w, t->c, WIRE_ST_RECUSE, &s);
	assert_int_equal(world_act(&t->w, t->c, &s, &t->advocate), 0);
	assert_false(case_assigned(t->c, &t->advocate.member, 0, t->w.now));

	/* a new generation of the team, once */
	fill(t, WIRE_ST_RESET, WIRE_CHANNEL_TEAM, &s);
	s.u.reset.generation = 3;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->officer), ROWAN_E_RULE);
	fill(t, WIRE_ST_RESET, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(world_act(&t->w, t->c, &s, &t->officer), 0);
	assert_int_equal(case_channel(t->c, WIRE_CHANNEL_TEAM)->generation, 2);

	/* closed: nobody takes part, nothing but reopening is possible */
	fill(t, WIRE_ST_CLOSE, 0, &s);
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	assert_int_equal(
		entitled(t, &t->victim, WIRE_CHANNEL_SUPPORT, t->w.now),
		ROWAN_E_RULE);
	fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_RULE);
	world_statement(&t->w, t->c, WIRE_ST_REOPEN, &s);
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	assert_int_equal(
		entitled(t, &t->victim, WIRE_CHANNEL_SUPPORT, t->w.now), 0);
	world_statement(&t->w, t->c, WIRE_ST_REOPEN, &s);
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_RULE);
}

/* ---- the chains --------------------------------------------------------- */

static void the_first_successor_wins(void **state)
{
	struct cast *t = *state;
	struct wire_statement s, late;
	struct buf before, raw, lost;

	fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	fill(t, WIRE_ST_CLOSE, 0, &late);
	world_sign(&t->w, &t->coordinator, &s, &raw);
	world_sign(&t->w, &t->coordinator, &late, &lost);
	assert_int_equal(world_submit(&t->w, t->c, buf_view(&raw)), 0);
	snapshot(t, &before);
	assert_int_equal(
		world_submit(&t->w, t->c, buf_view(&lost)), ROWAN_E_STALE);
	/* the same again is no second statement */
	assert_int_equal(
		world_submit(&t->w, t->c, buf_view(&raw)), ROWAN_E_STALE);
	assert_unchanged(t, &before);
	buf_wipe(&raw);
	buf_wipe(&lost);
}

static void another_history_is_found_out(void **state)
{
	struct cast *t = *state;
	struct wire_statement s;
	struct buf before;

	snapshot(t, &before);
	fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	s.previous.b[3] ^= 1;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_CHAIN);
	fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	s.number++;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_CHAIN);
	/* the clinic as it never was, as it will be, as it was before */
	fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	s.clinic_head.b[31] ^= 1;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_CHAIN);
	fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	s.clinic_number++;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_CHAIN);
	fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	s.clinic_number--;
	s.clinic_head = t->w.head[s.clinic_number];
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_CHAIN);
	/* time that runs backwards, and a clock that is off */
	fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	s.time--;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_CHAIN);
	fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	s.time += RULES_CLOCK_SKEW + 1;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_RULE);
	/* another clinic, another case */
	fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	s.clinic.b[0] ^= 1;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_UNKNOWN);
	fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	s.case_id.b[0] ^= 1;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_UNKNOWN);
	assert_unchanged(t, &before);
}

static void no_bit_of_a_statement_can_be_changed(void **state)
{
	struct cast *t = *state;
	struct rules_context ctx = {
		&t->w.clinic, &t->w.source, t->c, true, t->w.now};
	struct wire_statement s, got;
	struct buf raw;

	fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	world_sign(&t->w, &t->coordinator, &s, &raw);
	assert_int_equal(wire_statement_decode(buf_view(&raw), &got), 0);
	assert_int_equal(rules_check(&ctx, &got), 0);
	for (size_t i = 0; i < raw.len * 8; i++) {
		raw.data[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_true(wire_statement_decode(buf_view(&raw), &got) != 0 ||
			    rules_check(&ctx, &got) != 0);
		raw.data[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t len = 0; len < raw.len; len++)
		assert_int_equal(
			wire_statement_decode(bytes_of(raw.data, len), &got),
			ROWAN_E_MALFORMED);
	buf_wipe(&raw);
}

static void the_revoked_and_expired_sign_nothing(void **state)
{
	struct cast *t = *state;
	struct rules_context replay = {
		&t->w.clinic, &t->w.source, t->c, false, 0};
	struct wire_statement s, old;
	struct buf before, raw;

	/* signed in time, seen after the revocation */
	fill(t, WIRE_ST_RECUSE, 0, &s);
	world_sign(&t->w, &t->officer, &s, &raw);
	assert_int_equal(wire_statement_decode(buf_view(&raw), &old), 0);

	world_statement(&t->w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = t->officer.device;
	s.u.revoke.reason = WIRE_REVOKE_LEFT;
	assert_int_equal(world_act(&t->w, NULL, &s, &t->coordinator), 0);
	snapshot(t, &before);
	/* new statements are judged by what is known now */
	assert_int_equal(
		world_submit(&t->w, t->c, buf_view(&raw)), ROWAN_E_REVOKED);
	/* history by what was known then */
	assert_int_equal(rules_check(&replay, &old), 0);
	buf_wipe(&raw);
	fill(t, WIRE_ST_RECUSE, 0, &s);
	world_sign(&t->w, &t->officer, &s, &raw);
	assert_int_equal(wire_statement_decode(buf_view(&raw), &old), 0);
	assert_int_equal(rules_check(&replay, &old), ROWAN_E_REVOKED);
	buf_wipe(&raw);
	assert_int_equal(entitled(t, &t->officer, WIRE_CHANNEL_TEAM, t->w.now),
		ROWAN_E_REVOKED);
	/* twice revoked is once too often */
	world_statement(&t->w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = t->officer.device;
	s.u.revoke.reason = WIRE_REVOKE_LEFT;
	assert_int_equal(
		world_act(&t->w, NULL, &s, &t->coordinator), ROWAN_E_RULE);
	assert_unchanged(t, &before);

	t->w.now += 86400 * 300;
	fill(t, WIRE_ST_RECUSE, 0, &s);
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->advocate), ROWAN_E_EXPIRED);
}

static void the_authority_is_succeeded(void **state)
{
	struct cast *t = *state;
	struct wire_record r = {0};
	struct wire_statement s;
	struct world_person p;
	struct wire_card card;
	struct buf before, raw;
	struct writer w;

	snapshot(t, &before);
	r.clinic = t->w.clinic.id;
	r.created_at = t->w.now;
	attest_key(t->w.successor, &r.key);
	writer_init(&w, 4096);
	assert_int_equal(wire_record_encode_tbs(&r, &w), 0);
	assert_int_equal(attest_sign(ATTEST_RECORD, writer_view(&w),
				 t->w.successor, &r.signature),
		0);
	writer_wipe(&w);
	writer_init(&w, 4096);
	assert_int_equal(wire_record_encode(&r, &w), 0);
	assert_int_equal(writer_finish(&w, &raw), 0);

	/* the promised key, but for another clinic */
	world_statement(&t->w, NULL, WIRE_ST_SUCCEED, &s);
	s.u.succeed = buf_view(&raw);
	s.signer_count = 1;
	s.signers[0] = (struct wire_signer){WIRE_SIGNER_SUCCESSOR, {{0}}};
	raw.data[2] ^= 1;
	assert_int_equal(world_act(&t->w, NULL, &s, NULL), ROWAN_E_RULE);
	raw.data[2] ^= 1;

	/* the authority alone cannot choose another successor */
	world_statement(&t->w, NULL, WIRE_ST_SUCCEED, &s);
	s.u.succeed = buf_view(&raw);
	assert_int_equal(world_act(&t->w, NULL, &s, NULL), ROWAN_E_SIGNER);
	assert_int_equal(
		world_act(&t->w, NULL, &s, &t->coordinator), ROWAN_E_SIGNER);
	/* nor somebody who is not the promised one */
	t->w.successor[0] ^= 1;
	s.signer_count = 1;
	s.signers[0] = (struct wire_signer){WIRE_SIGNER_SUCCESSOR, {{0}}};
	assert_int_equal(world_act(&t->w, NULL, &s, NULL), ROWAN_E_CRYPTO);
	t->w.successor[0] ^= 1;
	assert_unchanged(t, &before);

	assert_int_equal(world_act(&t->w, NULL, &s, NULL), 0);
	buf_wipe(&raw);
	/* the old key is nobody now; its cards remain */
	world_person(&p, "p");
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "health", &card);
	assert_int_equal(world_enrol(&t->w, &p, NULL, &card), ROWAN_E_CRYPTO);
	memcpy(t->w.authority, t->w.successor, 32);
	assert_int_equal(world_enrol(&t->w, &p, NULL, &card), 0);
	assert_int_equal(
		entitled(t, &t->officer, WIRE_CHANNEL_TEAM, t->w.now), 0);
}

static void what_is_withheld_is_still_followed(void **state)
{
	struct cast *t = *state;
	struct clinic before = t->w.clinic, follower = before;
	struct wire_hash subject;
	struct chain_link link;
	struct wire_statement s, got;
	struct buf raw;

	world_statement(&t->w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = t->stranger.device;
	s.u.revoke.reason = WIRE_REVOKE_LEFT;
	world_sign(&t->w, &t->coordinator, &s, &raw);
	assert_int_equal(wire_statement_decode(buf_view(&raw), &got), 0);
	assert_int_equal(chain_link(&got, &link), 0);
	assert_int_equal(world_submit(&t->w, NULL, buf_view(&raw)), 0);

	clinic_follow(&follower, &link, t->w.now);
	assert_memory_equal(&follower, &t->w.clinic, sizeof follower);
	/* the subject tells whose it is to those who know the device */
	chain_subject(&t->stranger.device, &subject);
	assert_memory_equal(&subject, &link.subject, sizeof subject);
	chain_subject(&t->officer.device, &subject);
	assert_memory_not_equal(&subject, &link.subject, sizeof subject);
	/* passing it off as somebody else's changes the head */
	follower = before;
	link.subject = subject;
	clinic_follow(&follower, &link, t->w.now);
	assert_memory_not_equal(
		&follower.head, &t->w.clinic.head, sizeof follower.head);
	buf_wipe(&raw);
}

/* ---- forms -------------------------------------------------------------- */

static void saved_states_come_back(void **state)
{
	struct cast *t = *state;
	struct case_state c;
	struct clinic clinic;
	struct writer w, again;
	struct bytes saved;

	writer_init(&w, CASE_SAVED_MAX);
	case_save(t->c, &w);
	assert_int_equal(writer_status(&w), 0);
	saved = writer_view(&w);
	assert_int_equal(case_load(&c, saved), 0);
	writer_init(&again, CASE_SAVED_MAX);
	case_save(&c, &again);
	assert_true(bytes_eq(saved, writer_view(&again)));
	case_wipe(&c);
	writer_wipe(&again);
	for (size_t len = 0; len < saved.len; len++)
		assert_int_equal(case_load(&c, bytes_of(saved.data, len)),
			ROWAN_E_CORRUPT);
	w.data[1]++;
	assert_int_equal(case_load(&c, saved), ROWAN_E_TOO_NEW);
	writer_wipe(&w);

	writer_init(&w, CLINIC_SAVED_LEN);
	clinic_save(&t->w.clinic, &w);
	assert_int_equal(w.len, CLINIC_SAVED_LEN);
	assert_int_equal(clinic_load(&clinic, writer_view(&w)), 0);
	assert_memory_equal(&clinic, &t->w.clinic, sizeof clinic);
	for (size_t len = 0; len < w.len; len++)
		assert_int_equal(clinic_load(&clinic, bytes_of(w.data, len)),
			ROWAN_E_CORRUPT);
	writer_wipe(&w);
}

static void cards_of_no_shape_are_refused(void **state)
{
	struct cast *t = *state;
	struct wire_card good, card, got;
	struct writer w;
	struct buf raw;

	world_card(&t->w, &t->officer, WIRE_ROLE_CASEWORKER, "police", &good);
	good.issuer_kind = WIRE_SIGNER_AUTHORITY;
#define REFUSED(change)                                                        \
	do {                                                                   \
		card = good;                                                   \
		change;                                                        \
		writer_init(&w, 4096);                                         \
		assert_int_equal(wire_card_encode(&card, &w), ROWAN_E_INVAL);  \
		writer_wipe(&w);                                               \
	} while (0)
	REFUSED(card.role = 0);
	REFUSED(card.role = 5);
	REFUSED(card.rights = 0x10);
	REFUSED(card.rights = WIRE_RIGHT_ENROL);
	REFUSED(card.scope.roles = 2);
	REFUSED(card.role = WIRE_ROLE_DAEMON; card.rights = 2);
	REFUSED(card.not_after = 0);
	REFUSED(card.not_after = card.not_before);
	REFUSED(card.role = WIRE_ROLE_VICTIM);
	REFUSED(card.case_id.b[0] = 1);
	REFUSED(card.agency = bytes_of("", 0));
	REFUSED(card.agency = bytes_of("Police", 6));
	REFUSED(card.agency = bytes_of("a-very-long-agency", 18));
	REFUSED(card.issuer_kind = WIRE_SIGNER_SUCCESSOR);
	REFUSED(card.issuer_kind = WIRE_SIGNER_DEVICE);
	REFUSED(card.issuer.b[0] = 1);

	writer_init(&w, 4096);
	assert_int_equal(wire_card_encode(&good, &w), 0);
	assert_int_equal(writer_finish(&w, &raw), 0);
	assert_int_equal(wire_card_decode(buf_view(&raw), &got), 0);
	for (size_t len = 0; len < raw.len; len++)
		assert_true(
			wire_card_decode(bytes_of(raw.data, len), &got) != 0);
	raw.data[1] = 2;
	assert_int_equal(
		wire_card_decode(buf_view(&raw), &got), ROWAN_E_VERSION);
	buf_wipe(&raw);
	assert_int_equal(buf_alloc(&raw, WIRE_CARD_MAX + 1), 0);
	assert_int_equal(wire_card_decode(buf_view(&raw), &got), ROWAN_E_LIMIT);
	buf_wipe(&raw);
}

static void chains_of_cards_end_at_the_authority(void **state)
{
	struct cast *t = *state;
	struct bytes root = buf_view(&t->w.raw[1]);
	struct bytes victim = buf_view(&t->w.raw[5]);
	const struct bytes good[] = {victim, root};
	const struct bytes bad[][2] = {
		{victim, victim}, {root, root}, {root, victim}};
	struct wire_chain chain;
	struct writer w;

	writer_init(&w, 16384);
	assert_int_equal(wire_chain_encode(good, 2, &w), 0);
	assert_int_equal(wire_chain_decode(writer_view(&w), &chain), 0);
	assert_int_equal(chain.count, 2);
	assert_int_equal(chain.card[0].role, WIRE_ROLE_VICTIM);
	writer_wipe(&w);
	writer_init(&w, 16384);
	assert_int_equal(wire_chain_encode(&root, 1, &w), 0);
	assert_int_equal(wire_chain_decode(writer_view(&w), &chain), 0);
	writer_wipe(&w);
	writer_init(&w, 16384);
	assert_int_equal(wire_chain_encode(&victim, 1, &w), 0);
	assert_int_equal(
		wire_chain_decode(writer_view(&w), &chain), ROWAN_E_MALFORMED);
	writer_wipe(&w);
	for (size_t i = 0; i < 3; i++) {
		writer_init(&w, 16384);
		assert_int_equal(wire_chain_encode(bad[i], 2, &w), 0);
		assert_int_equal(wire_chain_decode(writer_view(&w), &chain),
			ROWAN_E_MALFORMED);
		assert_int_equal(chain.count, 0);
		writer_wipe(&w);
	}
	assert_int_equal(
		wire_chain_decode(bytes_of("", 1), &chain), ROWAN_E_MALFORMED);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(only_the_assigned_are_entitled),
		T(cover_begins_and_ends_by_itself),
		T(a_registrar_signs_its_own_kind_only),
		T(a_victims_card_needs_the_registrar_on_the_case),
		T(a_second_device_needs_the_members_consent),
		T(cards_hold_fresh_keys_their_owner_has),
		T(the_table_admits_exactly_these),
		T(what_is_signed_must_be_possible),
		T(a_coordinator_logs_what_the_authority_signed),
		T(a_registrar_made_by_a_registrar_counts_for_nothing),
		T(hold_and_erase_need_two),
		T(statements_change_what_they_say),
		T(the_first_successor_wins),
		T(another_history_is_found_out),
		T(no_bit_of_a_statement_can_be_changed),
		T(the_revoked_and_expired_sign_nothing),
		T(the_authority_is_succeeded),
		T(what_is_withheld_is_still_followed),
		T(saved_states_come_back),
		T(cards_of_no_shape_are_refused),
		T(chains_of_cards_end_at_the_authority),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
