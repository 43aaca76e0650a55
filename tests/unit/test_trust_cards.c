/*
 * Cards and assignments: who may take part, what a registrar may sign, and
 * that everything else is refused with its own code.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/trust_cast.h"
#include "trust/attest.h"

static void only_the_assigned_are_entitled(void **state)
{
	struct cast *t = *state;
	uint64_t now = t->w.now;

	assert_int_equal(
		cast_entitled(t, &t->victim, WIRE_CHANNEL_SUPPORT, now), 0);
	assert_int_equal(
		cast_entitled(t, &t->advocate, WIRE_CHANNEL_SUPPORT, now), 0);
	assert_int_equal(
		cast_entitled(t, &t->officer, WIRE_CHANNEL_TEAM, now), 0);
	/* Being on the team never implies reading the victim. */
	assert_int_equal(
		cast_entitled(t, &t->officer, WIRE_CHANNEL_SUPPORT, now),
		ROWAN_E_RULE);
	assert_int_equal(cast_entitled(t, &t->victim, WIRE_CHANNEL_TEAM, now),
		ROWAN_E_RULE);
	/* Nobody reads the diary before the victim says so. */
	assert_int_equal(
		cast_entitled(t, &t->advocate, WIRE_CHANNEL_DIARY, now),
		ROWAN_E_RULE);
	assert_int_equal(world_assign(&t->w, t->c, WIRE_CHANNEL_DIARY,
				 &t->advocate, &t->victim),
		0);
	assert_int_equal(
		cast_entitled(t, &t->advocate, WIRE_CHANNEL_DIARY, now), 0);
	/* Nor does rank: who allocates is not in the channel. */
	for (uint8_t ch = 1; ch <= 3; ch++) {
		assert_int_equal(cast_entitled(t, &t->coordinator, ch, now),
			ROWAN_E_RULE);
		assert_int_equal(
			cast_entitled(t, &t->stranger, ch, now), ROWAN_E_RULE);
	}
	/* A card that ends by date ends. */
	assert_int_equal(cast_entitled(t, &t->advocate, WIRE_CHANNEL_SUPPORT,
				 now + 86400 * 301),
		ROWAN_E_EXPIRED);
	assert_int_equal(cast_entitled(t, &t->victim, WIRE_CHANNEL_SUPPORT,
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
	assert_int_equal(
		cast_entitled(t, &t->stranger, WIRE_CHANNEL_SUPPORT, now),
		ROWAN_E_RULE);
	assert_int_equal(
		cast_entitled(t, &t->stranger, WIRE_CHANNEL_SUPPORT, now + 10),
		0);
	assert_int_equal(cast_entitled(t, &t->stranger, WIRE_CHANNEL_SUPPORT,
				 now + 9 + 72 * 3600),
		0);
	assert_int_equal(cast_entitled(t, &t->stranger, WIRE_CHANNEL_SUPPORT,
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

	cast_snapshot(t, &before);
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
	cast_unchanged(t, &before);

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
	cast_snapshot(t, &before);
	world_person(&p, "victim of another case");
	world_card(&t->w, &p, WIRE_ROLE_VICTIM, "advocacy", &card);
	card.case_id = other->id;
	assert_int_equal(
		world_enrol(&t->w, &p, &t->registrar, &card), ROWAN_E_SIGNER);
	/* a case nobody has heard of */
	card.case_id.b[0] ^= 1;
	assert_int_equal(
		world_enrol(&t->w, &p, &t->registrar, &card), ROWAN_E_UNKNOWN);
	cast_unchanged(t, &before);

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
	cast_victim_card(t, &p, &card);
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

	cast_snapshot(t, &before);
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
	cast_unchanged(t, &before);

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

/* Judged again, by who took it in before they knew of hers. */
static int again(struct cast *t, const struct wire_card *card)
{
	const struct rules_context ctx = {
		.clinic = &t->w.clinic, .source = &t->w.source};

	return rules_further(&ctx, card, t->w.now);
}

/* Else whoever may enrol, and is on the team alone, could read as her. */
static void so_does_a_victims_while_hers_lives(void **state)
{
	struct cast *t = *state;
	struct world_person p;
	struct wire_card card;
	struct wire_statement s;
	struct buf before;

	cast_snapshot(t, &before);
	world_person(&p, "a device in her name");
	p.member = t->victim.member;
	cast_victim_card(t, &p, &card);
	assert_int_equal(
		world_enrol(&t->w, &p, &t->registrar, &card), ROWAN_E_SIGNER);
	consent(&t->registrar, &card);
	assert_int_equal(
		world_enrol(&t->w, &p, &t->registrar, &card), ROWAN_E_SIGNER);
	cast_unchanged(t, &before);
	assert_int_equal(again(t, &card), ROWAN_E_SIGNER);
	consent(&t->victim, &card);
	assert_int_equal(again(t, &card), 0);
	assert_int_equal(world_enrol(&t->w, &p, &t->registrar, &card), 0);
	for (size_t i = 0; i < 2; i++) {
		struct world_person q;

		world_person(&q, "after hers are lost");
		q.member = t->victim.member;
		cast_victim_card(t, &q, &card);
		assert_int_equal(world_enrol(&t->w, &q, &t->registrar, &card),
			ROWAN_E_SIGNER);
		world_statement(&t->w, NULL, WIRE_ST_REVOKE, &s);
		s.u.revoke.device = i == 0 ? p.device : t->victim.device;
		s.u.revoke.reason = WIRE_REVOKE_LOST;
		assert_int_equal(
			world_act(&t->w, NULL, &s, &t->coordinator), 0);
	}
	world_person(&p, "when none lives");
	p.member = t->victim.member;
	cast_victim_card(t, &p, &card);
	assert_int_equal(again(t, &card), 0);
	assert_int_equal(world_enrol(&t->w, &p, &t->registrar, &card), 0);
}

static void cards_hold_fresh_keys_their_owner_has(void **state)
{
	struct cast *t = *state;
	struct world_person p, thief;
	struct wire_card card;
	struct buf before, raw = {0};

	cast_snapshot(t, &before);
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
	cast_unchanged(t, &before);
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
	cast_snapshot(t, &before);
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
	cast_unchanged(t, &before);
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
	cast_snapshot(t, &before);
	world_person(&q, "q");
	world_card(&t->w, &q, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	assert_int_equal(world_enrol(&t->w, &q, &p, &card), ROWAN_E_SIGNER);
	cast_unchanged(t, &before);
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
#define T(f) cmocka_unit_test_setup_teardown(f, cast_setup, cast_teardown)
	const struct CMUnitTest tests[] = {
		T(only_the_assigned_are_entitled),
		T(cover_begins_and_ends_by_itself),
		T(a_registrar_signs_its_own_kind_only),
		T(a_victims_card_needs_the_registrar_on_the_case),
		T(a_second_device_needs_the_members_consent),
		T(so_does_a_victims_while_hers_lives),
		T(cards_hold_fresh_keys_their_owner_has),
		T(a_coordinator_logs_what_the_authority_signed),
		T(a_registrar_made_by_a_registrar_counts_for_nothing),
		T(cards_of_no_shape_are_refused),
		T(chains_of_cards_end_at_the_authority),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
