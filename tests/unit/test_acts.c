/*
 * Statements into effect: what the rules admit becomes rows that the relay
 * works by, what they refuse leaves no trace.
 *
 * A clinic in memory (trust_world) makes the statements; the store must come
 * to the same conclusions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "clinic/acts.h"
#include "clinic/source.h"
#include "lib/store_kit.h"
#include "lib/trust_world.h"
#include "trust/attest.h"

struct cast {
	struct kit k;
	struct world w;
	struct world_person coordinator, registrar, officer, victim;
	struct case_state *c;
};

/* The store's verdict on a statement, inside a transaction of its own. */
static int put(struct cast *t, struct bytes raw, struct acts_result *ret)
{
	int rc;

	t->k.now = t->w.now;
	kit_begin(&t->k);
	assert_int_equal(store_mark(t->k.st), 0);
	rc = acts_put(t->k.st, raw, t->w.now, ret);
	assert_int_equal(
		rc == 0 ? store_keep(t->k.st) : store_undo(t->k.st), 0);
	kit_commit(&t->k);
	return rc;
}

/* Both must agree; ${c} NULL is the clinic's chain. */
static int act(struct cast *t, struct case_state *c, struct wire_statement *s,
	const struct world_person *signer)
{
	struct acts_result result;
	struct buf raw;
	int rc, expected;

	world_sign(&t->w, signer, s, &raw);
	rc = put(t, buf_view(&raw), &result);
	expected = world_submit(&t->w, c, buf_view(&raw));
	buf_wipe(&raw);
	assert_int_equal(rc, expected);
	if (rc == 0) {
		assert_int_equal(result.head.number,
			c != NULL ? c->number : t->w.clinic.number);
		assert_memory_equal(&result.head.head,
			c != NULL ? &c->head : &t->w.clinic.head, 32);
	}
	return rc;
}

static int enrol(struct cast *t, struct world_person *p,
	const struct world_person *issuer, struct wire_card *card)
{
	struct wire_statement s;
	struct buf raw;
	int rc;

	world_issue(&t->w, p, issuer, card, &raw);
	world_statement(&t->w, NULL, WIRE_ST_CARD, &s);
	s.u.card = buf_view(&raw);
	rc = act(t, NULL, &s, issuer);
	buf_wipe(&raw);
	return rc;
}

static void staff(struct cast *t, struct world_person *p, const char *name,
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
	assert_int_equal(enrol(t, p, NULL, &card), 0);
}

static int assign(struct cast *t, uint8_t channel, const struct world_person *p,
	uint64_t until)
{
	struct wire_statement s;

	world_statement(&t->w, t->c, WIRE_ST_ASSIGN, &s);
	s.u.assign.member = p->member;
	s.u.assign.channel = channel;
	s.u.assign.from = t->w.now;
	s.u.assign.until = until;
	return act(t, t->c, &s, &t->coordinator);
}

static void open_case(struct cast *t)
{
	struct acts_result result;
	struct wire_statement s;
	struct buf raw;
	struct id16 id = {{9}};

	t->c = &t->w.cases[t->w.case_count++];
	case_init(t->c, &t->w.clinic.id, &id);
	world_statement(&t->w, t->c, WIRE_ST_OPEN, &s);
	s.u.open.agency = bytes_of("police", 6);
	s.u.open.count = 2;
	s.u.open.channels[0].kind = WIRE_CHANNEL_SUPPORT;
	s.u.open.channels[0].channel = kit_id('c', 1);
	s.u.open.channels[1].kind = WIRE_CHANNEL_TEAM;
	s.u.open.channels[1].channel = kit_id('c', 2);
	world_sign(&t->w, &t->coordinator, &s, &raw);
	assert_int_equal(put(t, buf_view(&raw), &result), 0);
	assert_int_equal(world_submit(&t->w, t->c, buf_view(&raw)), 0);
	buf_wipe(&raw);
}

static int setup(void **state)
{
	static struct cast t;
	struct wire_card card;

	if (sodium_init() < 0)
		return -1;
	memset(&t, 0, sizeof t);
	kit_start(&t.k, NULL);
	world_init(&t.w);
	t.k.now = t.w.now;
	kit_begin(&t.k);
	assert_int_equal(acts_begin(t.k.st, buf_view(&t.w.record)), 0);
	kit_commit(&t.k);
	staff(&t, &t.coordinator, "coordinator", "police",
		WIRE_RIGHT_COORDINATE);
	staff(&t, &t.registrar, "registrar", "advocacy", WIRE_RIGHT_ENROL);
	staff(&t, &t.officer, "officer", "police", 0);
	open_case(&t);
	assert_int_equal(assign(&t, WIRE_CHANNEL_SUPPORT, &t.registrar, 0), 0);
	assert_int_equal(assign(&t, WIRE_CHANNEL_TEAM, &t.officer, 0), 0);
	world_person(&t.victim, "victim");
	world_card(&t.w, &t.victim, WIRE_ROLE_VICTIM, "advocacy", &card);
	card.case_id = t.c->id;
	assert_int_equal(enrol(&t, &t.victim, &t.registrar, &card), 0);
	assert_int_equal(assign(&t, WIRE_CHANNEL_SUPPORT, &t.victim, 0), 0);
	*state = &t;
	return 0;
}

static int teardown(void **state)
{
	struct cast *t = *state;

	world_wipe(&t->w);
	kit_stop(&t->k);
	return 0;
}

/* May the device use the channel now, as the relay asks it? */
static int access_to(struct cast *t, const struct world_person *p, uint8_t kind)
{
	struct id16 channel = case_channel(t->c, kind)->channel;
	int rc;

	t->k.now = t->w.now;
	kit_begin(&t->k);
	rc = store_channel_access(t->k.st, &channel, &p->device);
	kit_commit(&t->k);
	return rc;
}

static void the_relay_works_by_what_was_stated(void **state)
{
	struct cast *t = *state;
	struct store_device d;
	struct store_part part;
	struct wire_chain chain;
	struct buf card;
	struct key32 key;

	assert_int_equal(access_to(t, &t->victim, WIRE_CHANNEL_SUPPORT), 0);
	assert_int_equal(access_to(t, &t->registrar, WIRE_CHANNEL_SUPPORT), 0);
	assert_int_equal(access_to(t, &t->officer, WIRE_CHANNEL_TEAM), 0);
	assert_int_equal(access_to(t, &t->officer, WIRE_CHANNEL_SUPPORT),
		ROWAN_E_REFUSED);
	assert_int_equal(
		access_to(t, &t->victim, WIRE_CHANNEL_TEAM), ROWAN_E_REFUSED);
	assert_int_equal(access_to(t, &t->coordinator, WIRE_CHANNEL_TEAM),
		ROWAN_E_REFUSED);

	memcpy(key.b, t->victim.transport_key.b, 32);
	assert_int_equal(store_device_by_key(store_view(t->k.st), &key, &d), 0);
	assert_int_equal(d.role, WIRE_ROLE_VICTIM);
	assert_string_equal(d.agency, "advocacy");
	assert_true(id16_eq(&d.member, &t->victim.member));
	/* her card comes with her registrar's */
	assert_int_equal(
		store_device_card(store_view(t->k.st), &d.id, &card), 0);
	assert_int_equal(wire_chain_decode(buf_view(&card), &chain), 0);
	assert_int_equal(chain.count, 2);
	assert_true(id16_eq(&chain.card[1].device, &t->registrar.device));
	buf_wipe(&card);
	assert_int_equal(store_part_get(store_view(t->k.st), &t->victim.member,
				 &t->c->id, &part),
		0);
	assert_int_equal(part.last, 0);
}

static void cover_ends_by_itself(void **state)
{
	struct cast *t = *state;

	assert_int_equal(
		assign(t, WIRE_CHANNEL_SUPPORT, &t->officer, t->w.now + 3600),
		0);
	assert_int_equal(access_to(t, &t->officer, WIRE_CHANNEL_SUPPORT), 0);
	t->w.now += 3600;
	assert_int_equal(access_to(t, &t->officer, WIRE_CHANNEL_SUPPORT),
		ROWAN_E_REFUSED);
	assert_int_equal(access_to(t, &t->officer, WIRE_CHANNEL_TEAM), 0);
}

static void leaving_is_immediate(void **state)
{
	struct cast *t = *state;
	struct wire_statement s;
	struct store_part part;

	world_statement(&t->w, t->c, WIRE_ST_UNASSIGN, &s);
	s.u.unassign.member = t->registrar.member;
	s.u.unassign.channel = WIRE_CHANNEL_SUPPORT;
	assert_int_equal(act(t, t->c, &s, &t->victim), 0);
	assert_int_equal(access_to(t, &t->registrar, WIRE_CHANNEL_SUPPORT),
		ROWAN_E_REFUSED);
	/* she sees the case up to her own leaving and no further */
	assert_int_equal(store_part_get(store_view(t->k.st),
				 &t->registrar.member, &t->c->id, &part),
		0);
	assert_int_equal(part.last, t->c->number);

	world_statement(&t->w, t->c, WIRE_ST_RECUSE, &s);
	assert_int_equal(act(t, t->c, &s, &t->officer), 0);
	assert_int_equal(
		access_to(t, &t->officer, WIRE_CHANNEL_TEAM), ROWAN_E_REFUSED);

	world_statement(&t->w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = t->victim.device;
	s.u.revoke.reason = WIRE_REVOKE_LOST;
	assert_int_equal(act(t, NULL, &s, &t->coordinator), 0);
	assert_int_equal(access_to(t, &t->victim, WIRE_CHANNEL_SUPPORT),
		ROWAN_E_REFUSED);
	kit_reopen(&t->k);
	assert_int_equal(access_to(t, &t->victim, WIRE_CHANNEL_SUPPORT),
		ROWAN_E_REFUSED);
}

static void a_closed_case_takes_nothing(void **state)
{
	struct cast *t = *state;
	struct wire_statement s;

	world_statement(&t->w, t->c, WIRE_ST_CLOSE, &s);
	s.u.close.reason = WIRE_CLOSE_RESOLVED;
	assert_int_equal(act(t, t->c, &s, &t->coordinator), 0);
	assert_int_equal(access_to(t, &t->victim, WIRE_CHANNEL_SUPPORT),
		ROWAN_E_REFUSED);
	world_statement(&t->w, t->c, WIRE_ST_REOPEN, &s);
	assert_int_equal(act(t, t->c, &s, &t->coordinator), 0);
	assert_int_equal(access_to(t, &t->victim, WIRE_CHANNEL_SUPPORT), 0);
}

static void a_reset_forgets_the_old_group(void **state)
{
	struct cast *t = *state;
	struct store_channel ch;
	struct wire_statement s;
	struct id16 team = kit_id('c', 2), support = kit_id('c', 1);
	struct buf b;

	kit_begin(&t->k);
	assert_int_equal(
		store_group_put(t->k.st, &team, bytes_of("old", 3)), 0);
	assert_int_equal(
		store_group_put(t->k.st, &support, bytes_of("old", 3)), 0);
	kit_commit(&t->k);
	world_statement(&t->w, t->c, WIRE_ST_RESET, &s);
	s.u.reset.channel = WIRE_CHANNEL_TEAM;
	s.u.reset.generation = 2;
	s.u.reset.group_id.b[0] = 1;
	assert_int_equal(act(t, t->c, &s, &t->officer), 0);
	assert_int_equal(store_channel_get(store_view(t->k.st), &team, &ch), 0);
	assert_int_equal(ch.generation, 2);
	assert_int_equal(store_group_get(store_view(t->k.st), &team, &b),
		ROWAN_E_NOT_FOUND);
	assert_int_equal(store_group_get(store_view(t->k.st), &support, &b), 0);
	buf_wipe(&b);
}

static void refusals_leave_no_trace(void **state)
{
	struct cast *t = *state;
	struct acts_result result;
	struct wire_statement s;
	struct store_act row;
	struct buf raw, b;

	/* the two clinics agree on refusing (act compares) */
	world_statement(&t->w, t->c, WIRE_ST_UNASSIGN, &s);
	s.u.unassign.member = t->victim.member;
	s.u.unassign.channel = WIRE_CHANNEL_SUPPORT;
	assert_int_equal(act(t, t->c, &s, &t->officer), ROWAN_E_SIGNER);
	assert_int_equal(access_to(t, &t->victim, WIRE_CHANNEL_SUPPORT), 0);
	assert_int_equal(store_act_get(store_view(t->k.st), &t->c->id,
				 t->c->number + 1, &row, &b),
		ROWAN_E_NOT_FOUND);
	/* a case nobody opened, and noise */
	world_statement(&t->w, t->c, WIRE_ST_CLOSE, &s);
	s.u.close.reason = WIRE_CLOSE_OTHER;
	s.case_id.b[5] ^= 1;
	world_sign(&t->w, &t->coordinator, &s, &raw);
	assert_int_equal(put(t, buf_view(&raw), &result), ROWAN_E_UNKNOWN);
	assert_int_equal(put(t, bytes_of(raw.data, raw.len - 1), &result),
		ROWAN_E_MALFORMED);
	buf_wipe(&raw);
}

/* ---- erased -------------------------------------------------------------- */

static void erasure(struct cast *t, struct wire_statement *ret)
{
	world_statement(&t->w, t->c, WIRE_ST_ERASE, ret);
	ret->signer_count = 2;
	ret->signers[0].kind = WIRE_SIGNER_AUTHORITY;
	ret->signers[1].kind = WIRE_SIGNER_DEVICE;
	ret->signers[1].device = t->coordinator.device;
}

/* How many of a chain's statements are there, and whether ${last} is. */
static size_t left_of(struct cast *t, struct bytes last, bool *ret_last)
{
	struct store_act row;
	struct buf raw;
	size_t n = 0;

	*ret_last = false;
	for (uint64_t i = 1; store_act_get(store_view(t->k.st), &t->c->id, i,
				     &row, &raw) == 0;
		i++) {
		static const uint8_t zero[32];

		n += row.raw.len > 0;
		*ret_last = bytes_eq(row.raw, last);
		/* Nothing to try a guess on either. */
		if (row.raw.len == 0) {
			assert_memory_equal(row.content, zero, 32);
			assert_int_equal(row.time, 0);
		}
		buf_wipe(&raw);
	}
	return n;
}

static void check_bare(struct cast *t)
{
	struct source source;
	struct store_part part;
	struct case_state c;

	source_init(&source, store_view(t->k.st));
	assert_int_equal(source_case(&source, &t->c->id, &c), 0);
	assert_int_equal(c.status, CASE_ERASED);
	assert_int_equal(c.assignment_count, 0);
	assert_int_equal(c.channel_count, 0);
	assert_int_equal(c.day, 0);
	assert_int_equal(c.agency[0], 0);
	assert_true(sodium_is_zero(c.victim.b, ID16_LEN));
	case_wipe(&c);
	source_wipe(&source);
	/* Staff is told what became of it; that the victim took part is gone.
	 */
	assert_int_equal(store_part_get(store_view(t->k.st), &t->officer.member,
				 &t->c->id, &part),
		0);
	assert_int_equal(store_part_get(store_view(t->k.st), &t->victim.member,
				 &t->c->id, &part),
		ROWAN_E_NOT_FOUND);
}

static void an_erased_case_leaves_one_statement(void **state)
{
	struct cast *t = *state;
	struct acts_result result;
	struct wire_statement s;
	uint64_t before = t->c->number;
	struct buf raw;
	bool there;

	assert_true(before > 3);
	assert_int_equal(left_of(t, bytes_of("", 0), &there), before);
	erasure(t, &s);
	world_sign(&t->w, &t->coordinator, &s, &raw);
	assert_int_equal(act(t, t->c, &s, &t->coordinator), 0);
	assert_int_equal(left_of(t, buf_view(&raw), &there), 1);
	assert_true(there);
	check_bare(t);
	kit_reopen(&t->k);
	check_bare(t);
	/* Nothing comes behind it, this one again neither. */
	assert_int_equal(put(t, buf_view(&raw), &result), ROWAN_E_STALE);
	buf_wipe(&raw);
	world_statement(&t->w, t->c, WIRE_ST_REOPEN, &s);
	assert_int_equal(act(t, t->c, &s, &t->coordinator), ROWAN_E_RULE);
	erasure(t, &s);
	assert_int_equal(act(t, t->c, &s, &t->coordinator), ROWAN_E_RULE);
}

static void erase_again(struct cast *t, const struct id16 *case_id)
{
	kit_begin(&t->k);
	assert_int_equal(acts_erase(t->k.st, case_id), 0);
	assert_int_equal(acts_erase(t->k.st, case_id), 0);
	kit_commit(&t->k);
}

/*
 * A copy from before is put back: the tombstone erases what there is, and the
 * statement is taken in whatever else of the chain was lost.
 */
static void an_older_copy_is_erased_again(void **state)
{
	struct cast *t = *state;
	struct acts_result result;
	struct wire_statement s;
	struct buf raw, fake;
	const char *problem;
	bool there;

	/* The copy never hears of these. */
	world_statement(&t->w, t->c, WIRE_ST_CLOSE, &s);
	s.u.close.reason = WIRE_CLOSE_OTHER;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	erase_again(t, &t->c->id);
	assert_int_equal(left_of(t, bytes_of("", 0), &there), 0);
	check_bare(t);
	erasure(t, &s);
	world_sign(&t->w, &t->coordinator, &s, &raw);
	/* Not by just anybody. */
	s.signer_count = 1;
	s.signers[0] = s.signers[1];
	world_sign(&t->w, &t->coordinator, &s, &fake);
	assert_int_equal(put(t, buf_view(&fake), &result), ROWAN_E_SIGNER);
	buf_wipe(&fake);
	assert_int_equal(put(t, buf_view(&raw), &result), 0);
	assert_int_equal(result.head.number, t->c->number + 1);
	assert_int_equal(left_of(t, buf_view(&raw), &there), 1);
	assert_true(there);
	check_bare(t);
	assert_int_equal(store_check(store_view(t->k.st), &problem), 0);
	buf_wipe(&raw);
}

static int witnessed(struct cast *t, struct bytes raw, bool *ret_erased)
{
	int rc;

	kit_begin(&t->k);
	rc = acts_witnessed(t->k.st, raw, ret_erased);
	kit_commit(&t->k);
	return rc;
}

/* What is wrong of a witness's statement, each in turn. */
static void no_false_witness_erases(struct cast *t, struct bytes good)
{
	struct wire_statement s;
	struct buf raw;
	bool erased;

	assert_int_equal(buf_copy(&raw, good), 0);
	raw.data[raw.len - 1] ^= 1;
	assert_int_equal(witnessed(t, buf_view(&raw), &erased), ROWAN_E_CRYPTO);
	for (size_t n = 0; n < raw.len; n += 7)
		assert_int_not_equal(
			witnessed(t, bytes_of(good.data, n), &erased), 0);
	buf_wipe(&raw);
	/* One of the two alone. */
	for (int i = 0; i < 2; i++) {
		erasure(t, &s);
		s.signer_count = 1;
		s.signers[0] = s.signers[i];
		world_sign(&t->w, &t->coordinator, &s, &raw);
		assert_int_equal(
			witnessed(t, buf_view(&raw), &erased), ROWAN_E_SIGNER);
		buf_wipe(&raw);
	}
	erasure(t, &s);
	s.clinic.b[0] ^= 1;
	world_sign(&t->w, &t->coordinator, &s, &raw);
	assert_int_equal(
		witnessed(t, buf_view(&raw), &erased), ROWAN_E_REFUSED);
	buf_wipe(&raw);
	/* Where something else stands, so it never was. */
	erasure(t, &s);
	s.number = 1;
	world_sign(&t->w, &t->coordinator, &s, &raw);
	assert_int_not_equal(witnessed(t, buf_view(&raw), &erased), 0);
	buf_wipe(&raw);
	world_statement(&t->w, t->c, WIRE_ST_CLOSE, &s);
	s.u.close.reason = WIRE_CLOSE_OTHER;
	world_sign(&t->w, &t->coordinator, &s, &raw);
	assert_int_equal(witnessed(t, buf_view(&raw), &erased), ROWAN_E_RULE);
	buf_wipe(&raw);
	assert_false(erased);
}

/* Signed behind statements of both chains that the copy never hears of. */
static void what_a_witness_has_kept_erases(void **state)
{
	struct cast *t = *state;
	struct world_person later;
	struct wire_statement s;
	struct wire_card card;
	struct buf raw;
	bool erased;

	world_statement(&t->w, t->c, WIRE_ST_CLOSE, &s);
	s.u.close.reason = WIRE_CLOSE_OTHER;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	world_person(&later, "later");
	world_card(&t->w, &later, WIRE_ROLE_CASEWORKER, "police", &card);
	assert_int_equal(world_enrol(&t->w, &later, NULL, &card), 0);
	erasure(t, &s);
	assert_true(s.clinic_number > 0);
	world_sign(&t->w, &t->coordinator, &s, &raw);
	no_false_witness_erases(t, buf_view(&raw));
	assert_true(access_to(t, &t->officer, WIRE_CHANNEL_TEAM) == 0);
	assert_int_equal(witnessed(t, buf_view(&raw), &erased), 0);
	assert_true(erased);
	check_bare(t);
	assert_int_equal(witnessed(t, buf_view(&raw), &erased), 0);
	assert_false(erased);
	buf_wipe(&raw);
}

/* Erased, and the copy is from before it was opened. */
static void what_was_never_there_does_not_come_back(void **state)
{
	struct cast *t = *state;
	struct case_state other;
	struct wire_statement s;
	struct id16 id = {{77}};
	struct acts_result result;
	struct buf raw;

	erase_again(t, &id);
	case_init(&other, &t->w.clinic.id, &id);
	world_statement(&t->w, &other, WIRE_ST_OPEN, &s);
	s.u.open.agency = bytes_of("police", 6);
	s.u.open.count = 1;
	s.u.open.channels[0] =
		(struct wire_st_channel){WIRE_CHANNEL_TEAM, {{78}}, {{79}}};
	world_sign(&t->w, &t->coordinator, &s, &raw);
	assert_int_equal(put(t, buf_view(&raw), &result), ROWAN_E_RULE);
	buf_wipe(&raw);
	case_wipe(&other);
}

static void history_survives_word_for_word(void **state)
{
	struct cast *t = *state;
	struct source source;
	struct clinic clinic;
	struct case_state c;
	struct writer a, b;

	kit_reopen(&t->k);
	source_init(&source, store_view(t->k.st));
	assert_int_equal(source_clinic(&source, &clinic), 0);
	assert_memory_equal(&clinic, &t->w.clinic, sizeof clinic);
	assert_int_equal(source_case(&source, &t->c->id, &c), 0);
	writer_init(&a, CASE_SAVED_MAX);
	writer_init(&b, CASE_SAVED_MAX);
	case_save(&c, &a);
	case_save(t->c, &b);
	assert_true(bytes_eq(writer_view(&a), writer_view(&b)));
	for (uint64_t n = 1; n <= clinic.number; n++) {
		struct wire_hash head;

		assert_int_equal(source.source.head(&source, n, &head), 0);
		assert_memory_equal(&head, &t->w.head[n], sizeof head);
	}
	writer_wipe(&a);
	writer_wipe(&b);
	case_wipe(&c);
	source_wipe(&source);
}

static void one_authority_for_ever(void **state)
{
	struct cast *t = *state;
	struct buf other;

	kit_begin(&t->k);
	assert_int_equal(acts_begin(t->k.st, buf_view(&t->w.record)), 0);
	assert_int_equal(buf_copy(&other, buf_view(&t->w.record)), 0);
	other.data[30] ^= 1;
	assert_int_equal(acts_begin(t->k.st, buf_view(&other)), ROWAN_E_CRYPTO);
	buf_wipe(&other);
	kit_commit(&t->k);
}

/* Whichever record the operator's file holds, it is the same clinic. */
static void a_succeeded_authority_is_the_same_clinic(void **state)
{
	struct cast *t = *state;
	struct wire_record r = {.clinic = t->w.clinic.id};
	struct buf fresh, first;
	struct wire_statement s;
	struct world other;
	struct writer w;

	r.created_at = t->w.now;
	attest_key(t->w.successor, &r.key);
	writer_init(&w, 4096);
	assert_int_equal(wire_record_encode_tbs(&r, &w), 0);
	assert_int_equal(attest_sign(ATTEST_RECORD, writer_view(&w),
				 t->w.successor, &r.signature),
		0);
	w.len = 0;
	assert_int_equal(wire_record_encode(&r, &w), 0);
	assert_int_equal(writer_finish(&w, &fresh), 0);
	assert_int_equal(buf_copy(&first, buf_view(&t->w.record)), 0);
	kit_begin(&t->k);
	assert_int_equal(
		acts_begin(t->k.st, buf_view(&fresh)), ROWAN_E_REFUSED);
	kit_commit(&t->k);
	world_statement(&t->w, NULL, WIRE_ST_SUCCEED, &s);
	s.u.succeed = buf_view(&fresh);
	s.signer_count = 1;
	s.signers[0].kind = WIRE_SIGNER_SUCCESSOR;
	assert_int_equal(act(t, NULL, &s, NULL), 0);
	world_init_at(&other, t->w.now + 7);
	kit_begin(&t->k);
	assert_int_equal(acts_begin(t->k.st, buf_view(&fresh)), 0);
	assert_int_equal(acts_begin(t->k.st, buf_view(&first)), 0);
	assert_int_equal(
		acts_begin(t->k.st, buf_view(&other.record)), ROWAN_E_REFUSED);
	kit_commit(&t->k);
	world_wipe(&other);
	buf_wipe(&fresh);
	buf_wipe(&first);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(the_relay_works_by_what_was_stated),
		T(cover_ends_by_itself),
		T(leaving_is_immediate),
		T(a_closed_case_takes_nothing),
		T(a_reset_forgets_the_old_group),
		T(refusals_leave_no_trace),
		T(an_erased_case_leaves_one_statement),
		T(an_older_copy_is_erased_again),
		T(what_a_witness_has_kept_erases),
		T(what_was_never_there_does_not_come_back),
		T(history_survives_word_for_word),
		T(one_authority_for_ever),
		T(a_succeeded_authority_is_the_same_clinic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
