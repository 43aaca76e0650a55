/*
 * Statements into effect: see acts.h.
 *
 * Rules decide in lib/trust; here their outcome becomes rows: what the relay
 * looks at for every message.
 */
#include "clinic/acts.h"
#include "clinic/groups.h"
#include "trust/attest.h"
#include "trust/chain.h"
#include "trust/given.h"
#include "trust/rules.h"
#include "clinic/source.h"

#define CHAIN_MAX (WIRE_CHAIN_MAX * (WIRE_CARD_MAX + 8))

/* One statement on its way in. */
struct act {
	struct store *st;
	struct source source;
	struct clinic clinic;
	struct case_state c;
	struct wire_statement s;
	bool of_case;
	uint64_t now;
};

/* ---- rows ---------------------------------------------------------------- */

/* The card with its registrar's, as members' credentials carry it. */
static int card_chain(
	struct act *a, const struct wire_card *card, struct writer *w)
{
	struct bytes raw[WIRE_CHAIN_MAX] = {card->raw};
	struct trust_card registrar;
	int rc;

	if (card->issuer_kind == WIRE_SIGNER_AUTHORITY)
		return wire_chain_encode(raw, 1, w);
	rc = a->source.source.card(
		&a->source, &card->issuer, CLINIC_NEWEST, &registrar);
	raw[1] = registrar.card.raw;
	return rc != 0 ? rc : wire_chain_encode(raw, 2, w);
}

/* How it stands: where, and after which others of the same device. */
static int card_standing(struct act *a, const struct wire_card *card)
{
	struct store_standing at;
	int rc = store_standing_get(a->source.view, &card->device, &at);

	if (rc != 0 && rc != ROWAN_E_NOT_FOUND)
		return rc;
	/* What was signed under the oldest is long judged. */
	if (at.earlier_count == STORE_EARLIER_MAX)
		memmove(at.earlier, at.earlier + 1,
			--at.earlier_count * sizeof *at.earlier);
	if (rc == 0)
		at.earlier[at.earlier_count++] = at.logged;
	at.logged = a->s.number;
	at.logged_at = a->s.time;
	return store_standing_put(a->st, &card->device, &at);
}

/*
 * Since when the device counts. What has begun by the clock of whoever logged
 * it has begun here, and a card that is renewed takes nothing of it away.
 */
static int card_from(
	const struct act *a, const struct wire_card *card, uint64_t *ret)
{
	struct store_device had;
	int rc = store_device_by_id(a->source.view, &card->device, &had);

	*ret = card->not_before;
	if (card->not_before <= a->s.time && a->now < *ret)
		*ret = a->now;
	if (rc == 0 && had.from < *ret)
		*ret = had.from;
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

static int card_rows(struct act *a, const struct wire_card *card)
{
	struct store_device d = {.id = card->device,
		.member = card->member,
		.role = card->role,
		.rights = card->rights,
		.until = card->not_after};
	struct key32 key;
	struct writer w;
	int rc = card_from(a, card, &d.from);

	if (rc != 0)
		return rc;
	memcpy(d.transport.b, card->transport_key.b, sizeof d.transport.b);
	memcpy(d.agency, card->agency.data, card->agency.len);
	writer_init(&w, CHAIN_MAX);
	rc = card_chain(a, card, &w);
	if (rc == 0)
		rc = store_device_put(a->st, &d, writer_view(&w));
	writer_wipe(&w);
	if (rc == 0)
		rc = card_standing(a, card);
	if (rc == 0)
		rc = store_key_add(a->st, &d.transport);
	memcpy(key.b, card->signature_key.b, sizeof key.b);
	return rc == 0 ? store_key_add(a->st, &key) : rc;
}

static int revoke_rows(struct act *a, const struct id16 *device)
{
	struct store_standing at;
	int rc = store_standing_get(a->source.view, device, &at);

	if (rc != 0)
		return rc;
	at.revoked = a->s.number;
	at.revoked_at = a->s.time;
	rc = store_standing_put(a->st, device, &at);
	return rc == 0 ? store_device_revoke(a->st, device) : rc;
}

/* The case and its channels as they are now. */
static int case_rows(struct act *a)
{
	const struct store_case row = {a->c.id, a->c.status != CASE_OPEN};
	int rc = store_case_put(a->st, &row);

	for (size_t i = 0; rc == 0 && i < a->c.channel_count; i++) {
		const struct case_channel *ch = &a->c.channels[i];

		rc = store_channel_put(
			a->st, &(struct store_channel){.id = ch->channel,
				       .case_id = a->c.id,
				       .kind = ch->kind,
				       .generation = ch->generation,
				       .closed = row.closed});
	}
	return rc;
}

/* Nobody follows the old generation, nor anything that was erased. */
static int group_rows(struct act *a, uint8_t kind)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < a->c.channel_count; i++) {
		const struct case_channel *ch = &a->c.channels[i];

		if (kind != 0 && ch->kind != kind)
			continue;
		rc = store_group_put(a->st, &ch->channel, bytes_of(NULL, 0));
	}
	return rc;
}

/* A member's rows follow from the state of the case. */
static int member_rows(struct act *a, const struct id16 *member)
{
	struct store_part part = {a->c.id, a->s.number};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < a->c.channel_count; i++) {
		const struct case_channel *ch = &a->c.channels[i];
		const struct case_assignment *as = NULL;

		for (size_t k = 0; k < a->c.assignment_count; k++)
			if (a->c.assignments[k].channel == ch->kind &&
				id16_eq(&a->c.assignments[k].member, member))
				as = &a->c.assignments[k];
		if (as == NULL) {
			rc = store_unassign(a->st, &ch->channel, member);
			continue;
		}
		part.last = 0;
		rc = store_assign(a->st, &ch->channel,
			&(struct store_assignment){
				*member, as->from, as->until});
	}
	return rc == 0 ? store_part_put(a->st, member, &part) : rc;
}

static int signer_member(struct act *a, struct id16 *ret)
{
	struct trust_card card;
	int rc = a->source.source.card(
		&a->source, &a->s.signers[0].device, CLINIC_NEWEST, &card);

	if (rc == 0)
		*ret = card.card.member;
	return rc;
}

/* In every channel of the case; and its key packages open nothing. */
static int replace_rows(struct act *a)
{
	int rc = store_package_drop(a->st, &a->s.signers[0].device);

	for (size_t i = 0; rc == 0 && i < a->c.channel_count; i++)
		rc = groups_replace(a->st, &a->c.channels[i].channel,
			&a->s.signers[0].device);
	return rc;
}

static int rows(struct act *a, struct acts_result *ret)
{
	struct wire_card card;
	struct id16 member;
	int rc;

	switch (a->s.kind) {
	case WIRE_ST_CARD:
		rc = wire_card_decode(a->s.u.card, &card);
		return rc == 0 ? card_rows(a, &card) : rc;
	case WIRE_ST_REVOKE:
		ret->revoked = true;
		ret->device = a->s.u.revoke.device;
		return revoke_rows(a, &ret->device);
	case WIRE_ST_OPEN:
	case WIRE_ST_CLOSE:
	case WIRE_ST_REOPEN: return case_rows(a);
	case WIRE_ST_ASSIGN: return member_rows(a, &a->s.u.assign.member);
	case WIRE_ST_UNASSIGN: return member_rows(a, &a->s.u.unassign.member);
	case WIRE_ST_RECUSE:
		rc = signer_member(a, &member);
		return rc == 0 ? member_rows(a, &member) : rc;
	case WIRE_ST_READMIT: return replace_rows(a);
	case WIRE_ST_RESET:
		rc = case_rows(a);
		return rc == 0 ? group_rows(a, a->s.u.reset.channel) : rc;
	default: return 0;
	}
}

/* ---- the way in -----------------------------------------------------------
 */

static int load(struct act *a)
{
	int rc = source_clinic(&a->source, &a->clinic);

	if (rc != 0 || !a->of_case)
		return rc;
	rc = source_case(&a->source, &a->s.case_id, &a->c);
	if (rc != ROWAN_E_NOT_FOUND)
		return rc;
	if (a->s.kind != WIRE_ST_OPEN)
		return ROWAN_E_UNKNOWN;
	case_init(&a->c, &a->clinic.id, &a->s.case_id);
	return 0;
}

/* The statement as it is kept, with the head it leads to. */
static int act_of(
	struct act *a, const struct wire_hash *head, struct store_act *ret)
{
	struct chain_link link;
	int rc = chain_link(&a->s, &link);

	/* A restore's own number is only the lowest it may have. */
	*ret = (struct store_act){
		.number = a->of_case ? a->s.number : a->clinic.number,
		.time = a->s.time,
		.raw = a->s.raw};
	memcpy(ret->subject, link.subject.b, sizeof ret->subject);
	memcpy(ret->content, link.content.b, sizeof ret->content);
	memcpy(ret->head, head->b, sizeof ret->head);
	return rc;
}

/* The statement and the state it leads to. */
static int keep(struct act *a)
{
	const struct id16 *chain =
		a->of_case ? &a->s.case_id : &source_clinic_chain;
	struct store_act row;
	struct writer w;
	int rc = act_of(a, a->of_case ? &a->c.head : &a->clinic.head, &row);

	if (rc != 0)
		return rc;
	writer_init(&w, CASE_SAVED_MAX);
	if (a->of_case)
		case_save(&a->c, &w);
	else
		clinic_save(&a->clinic, &w);
	rc = writer_status(&w);
	if (rc == 0)
		rc = store_act_add(a->st, chain, &row, writer_view(&w));
	writer_wipe(&w);
	return rc;
}

/*
 * What the relay holds of the case goes, and its chain up to ${last}, which
 * alone shows to others that it went rightly; NULL: not even that is here.
 */
static int erase(struct act *a, const struct store_act *last)
{
	struct writer w;
	int rc = a->c.number > 0 ? case_rows(a) : 0;

	if (rc == 0)
		rc = store_case_erase(a->st, &a->c.id, WIRE_ROLE_VICTIM);
	if (rc == 0)
		rc = group_rows(a, 0);
	if (rc != 0)
		return rc;
	case_erase(&a->c);
	writer_init(&w, CASE_SAVED_MAX);
	case_save(&a->c, &w);
	rc = writer_status(&w);
	if (rc == 0)
		rc = store_chain_erase(a->st, &a->c.id, last, writer_view(&w));
	writer_wipe(&w);
	return rc;
}

static int erase_by_statement(struct act *a)
{
	struct store_act last;
	int rc = act_of(a, &a->c.head, &last);

	return rc == 0 ? erase(a, &last) : rc;
}

/* Erased again after a restore, and the statement itself was lost. */
static int wants_last(struct act *a, bool *ret)
{
	struct store_act act;
	struct buf raw;
	int rc;

	*ret = false;
	if (a->s.kind != WIRE_ST_ERASE || a->c.status != CASE_ERASED)
		return 0;
	rc = store_act_get(
		store_view(a->st), &a->c.id, a->c.number, &act, &raw);
	*ret = rc == ROWAN_E_NOT_FOUND || (rc == 0 && act.raw.len == 0);
	buf_wipe(&raw);
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

static int check(struct act *a, uint64_t now, const struct acts_given *given)
{
	struct rules_context ctx = {
		&a->clinic, &a->source.source, NULL, given == NULL, now};
	bool late = false;
	int rc = load(a);

	if (rc == 0 && a->of_case) {
		ctx.of_case = &a->c;
		rc = wants_last(a, &late);
	}
	if (rc != 0)
		return rc;
	if (late)
		ctx.accept = false;
	rc = late ? rules_erased(&ctx, &a->s) : rules_check(&ctx, &a->s);
	if (rc != 0 || given == NULL)
		return rc;
	if (a->s.time > given->before)
		return ROWAN_E_RULE;
	return a->of_case ? given_check(&a->source.source, &a->s,
				    &(struct given_by){given->device,
					    given->now, given->waits})
			  : 0;
}

static int apply(struct act *a, struct acts_result *ret)
{
	int rc = a->of_case ? rules_apply_case(&a->c, &a->source.source, &a->s)
			    : rules_apply_clinic(&a->clinic, &a->s);

	if (rc == 0 && a->s.kind == WIRE_ST_ERASE) {
		rc = erase_by_statement(a);
	} else if (rc == 0) {
		rc = keep(a);
		if (rc == 0)
			rc = rows(a, ret);
	}
	if (rc != 0)
		return rc;
	ret->erased = a->s.kind == WIRE_ST_ERASE;
	ret->chain = a->of_case ? a->s.case_id : source_clinic_chain;
	ret->head = (struct wire_chain_head){
		a->of_case ? a->c.number : a->clinic.number,
		a->of_case ? a->c.head : a->clinic.head};
	return 0;
}

static int begin(struct act *a, struct store *st, struct bytes statement)
{
	int rc;

	memset(a, 0, sizeof *a);
	a->st = st;
	source_init(&a->source, store_view(st));
	rc = wire_statement_decode(statement, &a->s);
	a->of_case = rc == 0 && wire_statement_of_case(a->s.kind);
	return rc;
}

static int end(struct act *a, int rc, struct acts_result *ret)
{
	source_wipe(&a->source);
	case_wipe(&a->c);
	if (rc != 0)
		memset(ret, 0, sizeof *ret);
	return rc;
}

int acts_put(struct store *st, struct bytes statement, uint64_t now,
	struct acts_result *ret)
{
	struct act a;
	int rc = begin(&a, st, statement);

	a.now = now;
	memset(ret, 0, sizeof *ret);
	if (rc == 0)
		rc = check(&a, now, NULL);
	if (rc == 0)
		rc = apply(&a, ret);
	return end(&a, rc, ret);
}

int acts_give(struct store *st, struct bytes statement,
	const struct acts_given *given, struct acts_result *ret)
{
	struct act a;
	int rc = begin(&a, st, statement);

	a.now = given->now;
	memset(ret, 0, sizeof *ret);
	if (rc == 0)
		rc = check(&a, 0, given);
	if (rc == 0)
		rc = apply(&a, ret);
	return end(&a, rc, ret);
}

int acts_check(struct store *st, struct bytes statement, uint64_t now)
{
	struct acts_result none;
	struct act a;
	int rc = begin(&a, st, statement);

	if (rc == 0)
		rc = check(&a, now, NULL);
	return end(&a, rc, &none);
}

int acts_erase(struct store *st, const struct id16 *case_id)
{
	struct act a = {.st = st, .of_case = true};
	int rc;

	source_init(&a.source, store_view(st));
	rc = source_clinic(&a.source, &a.clinic);
	if (rc == 0)
		rc = source_case(&a.source, case_id, &a.c);
	if (rc == ROWAN_E_NOT_FOUND) {
		/* From before it was opened: it is not to come back either. */
		case_init(&a.c, &a.clinic.id, case_id);
		rc = 0;
	}
	if (rc == 0)
		rc = a.c.status == CASE_ERASED
			     ? store_case_erase(st, case_id, WIRE_ROLE_VICTIM)
			     : erase(&a, NULL);
	source_wipe(&a.source);
	case_wipe(&a.c);
	return rc;
}

int acts_witnessed(struct store *st, struct bytes statement, bool *ret_erased)
{
	struct acts_result none;
	struct act a;
	struct rules_context ctx = {
		&a.clinic, &a.source.source, &a.c, false, 0};
	int rc = begin(&a, st, statement);

	*ret_erased = false;
	if (rc == 0)
		rc = a.s.kind == WIRE_ST_ERASE
			     ? source_clinic(&a.source, &a.clinic)
			     : ROWAN_E_RULE;
	if (rc == 0 && !id16_eq(&a.s.clinic, &a.clinic.id))
		rc = ROWAN_E_REFUSED;
	if (rc != 0)
		return end(&a, rc, &none);
	rc = source_case(&a.source, &a.s.case_id, &a.c);
	if (rc == ROWAN_E_NOT_FOUND) {
		case_init(&a.c, &a.clinic.id, &a.s.case_id);
		rc = 0;
	}
	if (rc == 0 && a.c.status != CASE_ERASED) {
		rc = rules_witnessed(&ctx, &a.s);
		if (rc == 0)
			rc = acts_erase(st, &a.s.case_id);
		*ret_erased = rc == 0;
	}
	return end(&a, rc, &none);
}

/* The first record is what the first statement follows. */
static int began_with(struct store *st, const struct clinic *pinned)
{
	struct wire_statement s;
	struct store_act act;
	struct buf raw;
	int rc = store_act_get(
		store_view(st), &source_clinic_chain, 1, &act, &raw);

	if (rc == 0 && wire_statement_decode(act.raw, &s) != 0)
		rc = ROWAN_E_CORRUPT;
	if (rc == ROWAN_E_NOT_FOUND ||
		(rc == 0 && memcmp(&s.previous, &pinned->head,
				    sizeof s.previous) != 0))
		rc = ROWAN_E_REFUSED;
	buf_wipe(&raw);
	return rc;
}

int acts_begin(struct store *st, struct bytes record)
{
	struct clinic pinned, known;
	struct source source;
	struct writer w;
	int rc = clinic_init(&pinned, record);

	if (rc != 0)
		return rc;
	source_init(&source, store_view(st));
	rc = source_clinic(&source, &known);
	source_wipe(&source);
	if (rc == 0)
		return memcmp(&known.record, &pinned.record,
			       sizeof known.record) == 0
			       ? 0
			       : began_with(st, &pinned);
	if (rc != ROWAN_E_NOT_FOUND)
		return rc;
	writer_init(&w, CLINIC_SAVED_LEN);
	clinic_save(&pinned, &w);
	rc = store_chain_begin(st, &source_clinic_chain, writer_view(&w));
	writer_wipe(&w);
	return rc;
}
