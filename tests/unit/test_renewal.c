/*
 * A card renewed for the keys it has: what counts as a renewal and what does
 * not; what was signed under the card before goes on counting; and the
 * daemon, followers and the device itself come to the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "clinic/group_policy.h"
#include "clinic/source.h"
#include "lib/device_kit.h"
#include "session/session_parts.h"
#include "trust/attest.h"

#define DAY 86400

static struct double_clinic clinic;
static struct cast *t;

static int setup(void **state)
{
	double_clinic_begin(&clinic);
	t = &clinic.cast;
	return 0;
}

static int teardown(void **state)
{
	double_clinic_end(&clinic);
	return 0;
}

static void pass(uint64_t seconds)
{
	relay_double_pass(clinic.d, seconds * 1000);
	t->w.now = relay_double_now(clinic.d);
}

/* The same card for ${days} from now. */
static void longer(
	const struct world_person *p, unsigned days, struct wire_card *ret)
{
	struct trust_card has;

	assert_int_equal(
		t->w.source.card(&t->w, &p->device, CLINIC_NEWEST, &has), 0);
	world_card(&t->w, p, has.card.role, "", ret);
	ret->agency = has.card.agency;
	ret->rights = has.card.rights;
	ret->scope = has.card.scope;
	ret->case_id = has.card.case_id;
	if (ret->role != WIRE_ROLE_VICTIM)
		ret->not_after = t->w.now + (uint64_t)days * DAY;
}

static int renew(const struct world_person *p, const struct world_person *by,
	unsigned days)
{
	struct wire_card card;

	longer(p, days, &card);
	return world_enrol(&t->w, p, by, &card);
}

static int entitled(const struct world_person *p, uint64_t time)
{
	return cast_entitled(t, p, WIRE_CHANNEL_SUPPORT, time);
}

/* ---- the rule ---- */

static void the_same_card_for_longer(void **state)
{
	uint64_t end = t->w.now + 300 * DAY;
	struct id16 device;

	assert_int_equal(entitled(&t->advocate, end), ROWAN_E_EXPIRED);
	pass(100 * DAY);
	assert_int_equal(renew(&t->advocate, NULL, 300), 0);
	assert_int_equal(entitled(&t->advocate, end), 0);
	assert_int_equal(
		entitled(&t->advocate, end + 100 * DAY), ROWAN_E_EXPIRED);
	/* It is no further device. */
	assert_int_equal(
		t->w.source.device_of(&t->w, &t->advocate.member, 1, &device),
		ROWAN_E_NOT_FOUND);
	/* One that is over can be renewed, too. */
	pass(400 * DAY);
	assert_int_equal(entitled(&t->advocate, t->w.now), ROWAN_E_EXPIRED);
	assert_int_equal(renew(&t->advocate, NULL, 300), 0);
	assert_int_equal(entitled(&t->advocate, t->w.now), 0);
}

static void nothing_else_is_a_renewal(void **state)
{
	struct world_person p, other;
	struct wire_card card;
	struct buf before;

	pass(100 * DAY);
	cast_snapshot(t, &before);
	world_person(&other, "other keys");
#define REFUSED(code, change)                                                  \
	do {                                                                   \
		p = t->officer;                                                \
		longer(&p, 300, &card);                                        \
		change;                                                        \
		assert_int_equal(world_enrol(&t->w, &p, NULL, &card), code);   \
	} while (0)
	REFUSED(ROWAN_E_RULE, card.not_after = t->w.now + 200 * DAY);
	REFUSED(ROWAN_E_RULE, card.not_before = t->w.now + 1);
	REFUSED(ROWAN_E_RULE, card.issued_at = t->w.now - 101 * DAY);
	REFUSED(ROWAN_E_RULE, card.member = other.member);
	REFUSED(ROWAN_E_RULE, card.transport_key = other.transport_key);
	REFUSED(ROWAN_E_RULE, card.agency = bytes_of("probation", 9));
	REFUSED(ROWAN_E_RULE, card.role = WIRE_ROLE_WITNESS);
	REFUSED(ROWAN_E_RULE, memcpy(p.seed, other.seed, sizeof p.seed);
		card.signature_key = other.signature_key);
	REFUSED(ROWAN_E_RULE, card.device = other.device);
	REFUSED(ROWAN_E_UNKNOWN, card.clinic.b[0] ^= 1);
	/* Nobody's right is taken by a card. */
	p = t->coordinator;
	longer(&p, 300, &card);
	card.rights = WIRE_RIGHT_AUDIT;
	assert_int_equal(world_enrol(&t->w, &p, NULL, &card), ROWAN_E_RULE);
	/* Victims' cards have no end. */
	assert_int_equal(renew(&t->victim, &t->registrar, 0), ROWAN_E_RULE);
	cast_unchanged(t, &before);
	REFUSED(0, (void)0);
}

static void a_registrar_renews_within_its_scope(void **state)
{
	struct world_person chair, second;
	struct wire_card card;
	struct buf before;

	world_person(&chair, "chair");
	world_card(&t->w, &chair, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	card.rights = WIRE_RIGHT_COORDINATE;
	assert_int_equal(world_enrol(&t->w, &chair, NULL, &card), 0);
	pass(100 * DAY);
	cast_snapshot(t, &before);
	/* neither a colleague's rights, nor more of them, nor less */
	assert_int_equal(renew(&chair, &t->registrar, 300), ROWAN_E_SIGNER);
	longer(&chair, 300, &card);
	card.rights = 0;
	assert_int_equal(
		world_enrol(&t->w, &chair, &t->registrar, &card), ROWAN_E_RULE);
	longer(&t->advocate, 300, &card);
	card.rights = WIRE_RIGHT_DUTY;
	assert_int_equal(world_enrol(&t->w, &t->advocate, &t->registrar, &card),
		ROWAN_E_SIGNER);
	/* nor its own card, another agency's, or for too long */
	assert_int_equal(
		renew(&t->registrar, &t->registrar, 300), ROWAN_E_SIGNER);
	assert_int_equal(
		renew(&t->officer, &t->registrar, 300), ROWAN_E_SIGNER);
	assert_int_equal(
		renew(&t->advocate, &t->registrar, 366), ROWAN_E_SIGNER);
	cast_unchanged(t, &before);
	/* Who has one device has nobody to consent. */
	assert_int_equal(renew(&t->advocate, &t->registrar, 300), 0);
	/* A further device still needs it. */
	world_person(&second, "in a colleague's name");
	second.member = t->advocate.member;
	world_card(&t->w, &second, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	assert_int_equal(world_enrol(&t->w, &second, &t->registrar, &card),
		ROWAN_E_SIGNER);
	/* The authority gives a right with it. */
	longer(&t->advocate, 301, &card);
	card.rights = WIRE_RIGHT_DUTY;
	assert_int_equal(world_enrol(&t->w, &t->advocate, NULL, &card), 0);
}

static void what_is_revoked_stays_so(void **state)
{
	struct wire_statement s;
	struct store_device d;
	struct buf before;

	pass(100 * DAY);
	assert_int_equal(renew(&t->advocate, NULL, 300), 0);
	world_statement(&t->w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = t->advocate.device;
	s.u.revoke.reason = WIRE_REVOKE_LEFT;
	assert_int_equal(world_act(&t->w, NULL, &s, &t->coordinator), 0);
	assert_int_equal(entitled(&t->advocate, t->w.now), ROWAN_E_REVOKED);
	pass(1);
	cast_snapshot(t, &before);
	assert_int_equal(renew(&t->advocate, NULL, 300), ROWAN_E_RULE);
	/* Nor does it sign for anybody. */
	world_statement(&t->w, t->c, WIRE_ST_RECUSE, &s);
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->advocate), ROWAN_E_REVOKED);
	cast_unchanged(t, &before);
	assert_int_equal(
		store_device_by_id(store_view(relay_double_begin(clinic.d)),
			&t->advocate.device, &d),
		0);
	assert_true(d.revoked);
	relay_double_commit(clinic.d);
}

/* ---- what was signed before ---- */

/* Replay one statement of the case, as a client does much later. */
static int replayed(const struct case_state *before, struct bytes raw)
{
	const struct rules_context ctx = {
		&t->w.clinic, &t->w.source, before, false, 0};
	struct wire_statement s;

	assert_int_equal(wire_statement_decode(raw, &s), 0);
	return rules_check(&ctx, &s);
}

static void statements_are_judged_by_the_card_of_their_time(void **state)
{
	struct case_state before;
	struct wire_statement s;
	struct buf raw, late;
	struct wire_hash head;
	uint64_t place;

	/* One in force, and one by a card that is over, at the same place. */
	assert_int_equal(case_copy(&before, t->c), 0);
	world_statement(&t->w, t->c, WIRE_ST_UNASSIGN, &s);
	s.u.unassign.member = t->advocate.member;
	s.u.unassign.channel = WIRE_CHANNEL_TEAM;
	world_sign(&t->w, &t->coordinator, &s, &raw);
	place = t->w.clinic.number;
	head = t->w.clinic.head;
	pass(301 * DAY);
	world_statement(&t->w, t->c, WIRE_ST_UNASSIGN, &s);
	s.u.unassign.member = t->advocate.member;
	s.u.unassign.channel = WIRE_CHANNEL_TEAM;
	world_sign(&t->w, &t->coordinator, &s, &late);
	assert_int_equal(
		world_submit(&t->w, t->c, buf_view(&late)), ROWAN_E_EXPIRED);
	assert_int_equal(renew(&t->coordinator, NULL, 300), 0);

	/* The new card begins after the first was signed. */
	assert_int_equal(replayed(&before, buf_view(&raw)), 0);
	assert_int_equal(replayed(&before, buf_view(&late)), ROWAN_E_EXPIRED);
	assert_int_equal(
		world_submit(&t->w, t->c, buf_view(&late)), ROWAN_E_EXPIRED);
	buf_wipe(&late);
	world_statement(&t->w, t->c, WIRE_ST_UNASSIGN, &s);
	s.u.unassign.member = t->advocate.member;
	s.u.unassign.channel = WIRE_CHANNEL_TEAM;
	assert_true(s.clinic_number > place);
	world_sign(&t->w, &t->coordinator, &s, &late);
	assert_int_equal(replayed(&before, buf_view(&late)), 0);
	/* A right that came with it does not reach back. */
	buf_wipe(&late);
	s.signer_count = 0;
	s.clinic_number = place;
	s.clinic_head = head;
	world_sign(&t->w, &t->coordinator, &s, &late);
	assert_int_equal(replayed(&before, buf_view(&late)), ROWAN_E_EXPIRED);
	buf_wipe(&late);
	buf_wipe(&raw);
	case_wipe(&before);
}

static void a_registrars_cards_outlive_its_own(void **state)
{
	struct rules_context ctx = {&t->w.clinic, &t->w.source, NULL, false, 0};
	struct world_person p, q;
	struct clinic then = t->w.clinic;
	struct wire_card card, got;
	struct buf raw;
	size_t at = t->w.card_count;

	/* Replayed from before the registrar's renewal. */
	world_person(&p, "p");
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	card.not_after = t->w.now + 100 * DAY;
	world_issue(&t->w, &p, &t->registrar, &card, &raw);
	pass(10 * DAY);
	assert_int_equal(renew(&t->registrar, NULL, 300), 0);
	assert_int_equal(wire_card_decode(buf_view(&raw), &got), 0);
	ctx.clinic = &then;
	assert_int_equal(rules_card(&ctx, &got, got.issued_at), 0);
	/* After it the old card's signature is no new card. */
	ctx.clinic = &t->w.clinic;
	assert_int_equal(rules_card(&ctx, &got, t->w.now), ROWAN_E_CHAIN);
	assert_int_equal(t->w.card_count, at + 1);
	buf_wipe(&raw);
	world_person(&q, "q");
	world_card(&t->w, &q, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	assert_int_equal(world_enrol(&t->w, &q, &t->registrar, &card), 0);
}

/* ---- credentials ---- */

static void chain_of(const struct trust_card *card,
	const struct trust_card *issuer, struct buf *ret)
{
	struct bytes raw[2] = {card->card.raw};
	struct writer w;

	if (issuer != NULL)
		raw[1] = issuer->card.raw;
	writer_init(&w, 16384);
	assert_int_equal(wire_chain_encode(raw, issuer != NULL ? 2 : 1, &w), 0);
	assert_int_equal(writer_finish(&w, ret), 0);
}

/* Both by the rules and as the daemon asks of a leaf. */
static int leaf_of(struct bytes identity, const struct world_person *p)
{
	struct wire_chain chain;
	int rc;

	if (wire_chain_decode(identity, &chain) == 0) {
		rc = rules_logged(&t->w.source, &chain);
	} else {
		rc = ROWAN_E_CHAIN;
	}
	assert_int_equal(
		group_as_logged(store_view(relay_double_begin(clinic.d)),
			identity, bytes_of(p->signature_key.b, WIRE_KEY_LEN)),
		rc == 0 ? 0 : ROWAN_E_REFUSED);
	relay_double_commit(clinic.d);
	return rc;
}

static void leaves_keep_the_card_they_came_with(void **state)
{
	struct trust_card first, second, registrar, unlogged;
	struct world_person p;
	struct wire_card card;
	struct buf raw, other;
	size_t at;

	world_person(&p, "p");
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	card.not_after = t->w.now + 100 * DAY;
	at = t->w.card_count;
	assert_int_equal(world_enrol(&t->w, &p, &t->registrar, &card), 0);
	registrar = t->w.card[1];
	pass(DAY);
	assert_int_equal(renew(&t->registrar, NULL, 300), 0);
	assert_int_equal(renew(&p, &t->registrar, 200), 0);
	first = t->w.card[at];
	second = t->w.card[at + 2];

	chain_of(&first, &registrar, &raw);
	assert_int_equal(leaf_of(buf_view(&raw), &p), 0);
	buf_wipe(&raw);
	chain_of(&second, &t->w.card[at + 1], &raw);
	assert_int_equal(leaf_of(buf_view(&raw), &p), 0);
	buf_wipe(&raw);
	/* with another card of the registrar than the one it was issued by */
	chain_of(&second, &registrar, &raw);
	assert_int_equal(leaf_of(buf_view(&raw), &p), ROWAN_E_CHAIN);
	buf_wipe(&raw);
	chain_of(&first, &t->w.card[at + 1], &raw);
	assert_int_equal(leaf_of(buf_view(&raw), &p), ROWAN_E_CHAIN);
	buf_wipe(&raw);
	/* one that was signed and never logged; somebody without a card */
	longer(&p, 250, &card);
	world_issue(&t->w, &p, &t->registrar, &card, &other);
	memset(&unlogged, 0, sizeof unlogged);
	assert_int_equal(wire_card_decode(buf_view(&other), &unlogged.card), 0);
	chain_of(&unlogged, &t->w.card[at + 1], &raw);
	assert_int_equal(leaf_of(buf_view(&raw), &p), ROWAN_E_CHAIN);
	buf_wipe(&raw);
	buf_wipe(&other);
	world_person(&p, "nobody");
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	world_issue(&t->w, &p, NULL, &card, &other);
	assert_int_equal(wire_card_decode(buf_view(&other), &unlogged.card), 0);
	chain_of(&unlogged, NULL, &raw);
	assert_int_equal(leaf_of(buf_view(&raw), &p), ROWAN_E_NOT_FOUND);
	buf_wipe(&raw);
	buf_wipe(&other);
	/* under another key */
	chain_of(&first, &registrar, &raw);
	assert_int_equal(
		group_as_logged(store_view(relay_double_begin(clinic.d)),
			buf_view(&raw),
			bytes_of(t->officer.signature_key.b, WIRE_KEY_LEN)),
		ROWAN_E_REFUSED);
	relay_double_commit(clinic.d);
	buf_wipe(&raw);
}

/* ---- the daemon ---- */

static int access_now(const struct world_person *p)
{
	struct id16 channel = case_channel(t->c, WIRE_CHANNEL_SUPPORT)->channel;
	int rc = store_channel_access(
		relay_double_begin(clinic.d), &channel, &p->device);

	relay_double_commit(clinic.d);
	return rc;
}

static void the_relay_serves_it_on(void **state)
{
	struct trust_card at;
	struct source source;
	uint64_t first;

	pass(290 * DAY);
	assert_int_equal(renew(&t->advocate, NULL, 300), 0);
	first = t->w.clinic.number;
	pass(20 * DAY);
	assert_int_equal(access_now(&t->registrar), ROWAN_E_REFUSED);
	assert_int_equal(access_now(&t->advocate), 0);
	/* Every card at its place; more than are remembered forget the first.
	 */
	for (unsigned i = 0; i < STORE_EARLIER_MAX; i++) {
		pass(DAY);
		assert_int_equal(renew(&t->advocate, NULL, 300), 0);
	}
	source_init(&source, store_view(relay_double_begin(clinic.d)));
	for (uint64_t n = first; n < first + STORE_EARLIER_MAX; n++) {
		assert_int_equal(source.source.card(
					 &source, &t->advocate.device, n, &at),
			0);
		assert_int_equal(at.logged, n);
		assert_memory_equal(&at.hash,
			&t->w.card[t->w.card_count - 1 - STORE_EARLIER_MAX +
				     (n - first)]
				 .hash,
			sizeof at.hash);
	}
	assert_int_equal(source.source.card(
				 &source, &t->advocate.device, first - 1, &at),
		ROWAN_E_NOT_FOUND);
	source_wipe(&source);
	relay_double_commit(clinic.d);
	assert_int_equal(access_now(&t->advocate), 0);
}

/* The authority's clock may be minutes ahead: nobody is shut out by it. */
static void a_renewal_shuts_nobody_out(void **state)
{
	uint64_t now = t->w.now;

	t->w.now += RULES_CLOCK_SKEW - 1;
	assert_int_equal(renew(&t->advocate, NULL, 300), 0);
	assert_int_equal(access_now(&t->advocate), 0);
	assert_int_equal(entitled(&t->advocate, now), 0);
	/* Not even clocks say that it counts from long before. */
	assert_int_equal(entitled(&t->advocate, now - 2), ROWAN_E_EXPIRED);
}

/* Nor is whoever comes by a first card made to wait for it. */
static void a_first_card_counts_at_once(void **state)
{
	uint64_t now = t->w.now;
	struct store_device d;
	struct world_person p;
	struct wire_card card;

	t->w.now += RULES_CLOCK_SKEW - 1;
	world_person(&p, "somebody new");
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "police", &card);
	assert_int_equal(world_enrol(&t->w, &p, NULL, &card), 0);
	assert_int_equal(
		store_device_by_id(store_view(relay_double_begin(clinic.d)),
			&p.device, &d),
		0);
	relay_double_commit(clinic.d);
	assert_int_equal(d.from, now);
	/* One that is to begin later does. */
	world_person(&p, "somebody to come");
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "police", &card);
	card.not_before = t->w.now + DAY;
	assert_int_equal(world_enrol(&t->w, &p, NULL, &card), 0);
	assert_int_equal(
		store_device_by_id(store_view(relay_double_begin(clinic.d)),
			&p.device, &d),
		0);
	relay_double_commit(clinic.d);
	assert_int_equal(d.from, card.not_before);
}

/* ---- followers ---- */

static void followers_see_every_card_in_its_place(void **state)
{
	struct trust_card at;
	struct device_kit d;
	uint64_t first, second;

	first = t->w.card[3].logged;
	device_kit_begin(&d, &clinic, &t->advocate, false);
	device_kit_settle(&d);
	pass(290 * DAY);
	assert_int_equal(renew(&t->officer, NULL, 300), 0);
	second = t->w.clinic.number;
	pass(5 * DAY);
	for (int i = 0; i < 2; i++) {
		const struct trust_source *s;

		device_kit_catch_up(&d);
		device_kit_settle(&d);
		s = follow_source(d.follow);
		assert_int_equal(
			s->card(s->ctx, &t->officer.device, second, &at), 0);
		assert_int_equal(at.logged, second);
		assert_int_equal(
			s->card(s->ctx, &t->officer.device, second - 1, &at),
			0);
		assert_int_equal(at.logged, first);
		assert_int_equal(
			s->card(s->ctx, &t->officer.device, first - 1, &at),
			ROWAN_E_NOT_FOUND);
		assert_int_equal(device_kit_alarms(&d, 0), 0);
		device_kit_again(&d);
	}
	device_kit_end(&d);
}

/* What was withheld comes first, then the renewal. */
static void a_renewal_after_a_card_that_was_withheld(void **state)
{
	const struct trust_source *s;
	struct trust_card at;
	struct device_kit d;

	device_kit_begin(&d, &clinic, &t->stranger, false);
	device_kit_settle(&d);
	s = follow_source(d.follow);
	assert_int_equal(
		s->card(s->ctx, &t->officer.device, CLINIC_NEWEST, &at),
		ROWAN_E_NOT_FOUND);
	pass(100 * DAY);
	assert_int_equal(renew(&t->officer, NULL, 250), 0);
	device_kit_catch_up(&d);
	device_kit_settle(&d);
	pass(DAY);
	assert_int_equal(world_assign(&t->w, t->c, WIRE_CHANNEL_TEAM,
				 &t->stranger, &t->coordinator),
		0);
	assert_int_equal(renew(&t->officer, NULL, 300), 0);
	device_kit_catch_up(&d);
	device_kit_settle(&d);
	assert_int_equal(
		s->card(s->ctx, &t->officer.device, CLINIC_NEWEST, &at), 0);
	assert_int_equal(at.logged, t->w.clinic.number);
	assert_int_equal(
		s->card(s->ctx, &t->officer.device, at.logged - 1, &at), 0);
	assert_int_equal(at.logged, t->w.clinic.number - 1);
	assert_int_equal(
		s->card(s->ctx, &t->officer.device, at.logged - 1, &at), 0);
	assert_int_equal(at.logged, t->w.card[3].logged);
	assert_int_equal(follow_clinic(d.follow)->number, t->w.clinic.number);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	device_kit_end(&d);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(the_same_card_for_longer),
		T(nothing_else_is_a_renewal),
		T(a_registrar_renews_within_its_scope),
		T(what_is_revoked_stays_so),
		T(statements_are_judged_by_the_card_of_their_time),
		T(a_registrars_cards_outlive_its_own),
		T(leaves_keep_the_card_they_came_with),
		T(the_relay_serves_it_on),
		T(a_renewal_shuts_nobody_out),
		T(a_first_card_counts_at_once),
		T(followers_see_every_card_in_its_place),
		T(a_renewal_after_a_card_that_was_withheld),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
