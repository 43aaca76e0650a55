/*
 * The table of statement by signer, and what each statement needs besides:
 * see rules.h and docs/statements.md section 6.
 */
#include <string.h>

#include "trust/attest.h"
#include "trust/chain.h"
#include "trust/rules.h"
#include "trust/signer.h"

static const struct id16 zero;

typedef int (*possible_fn)(
	const struct rules_context *ctx, const struct wire_statement *s);

/* ---- what is possible --------------------------------------------------- */

static int always(
	const struct rules_context *ctx, const struct wire_statement *s)
{
	return 0;
}

static int card_possible(
	const struct rules_context *ctx, const struct wire_statement *s)
{
	struct wire_card card;
	int rc = wire_card_decode(s->u.card, &card);

	if (rc != 0)
		return ROWAN_E_MALFORMED;
	/*
	 * A registrar logs what it issued itself. The authority is offline:
	 * a coordinator may log its cards for it.
	 */
	if (card.issuer_kind == WIRE_SIGNER_DEVICE &&
		(s->signers[0].kind != WIRE_SIGNER_DEVICE ||
			!id16_eq(&s->signers[0].device, &card.issuer)))
		return ROWAN_E_SIGNER;
	if (card.issued_at > s->time)
		return ROWAN_E_RULE;
	return rules_card(ctx, &card, s->time);
}

static int revoke_possible(
	const struct rules_context *ctx, const struct wire_statement *s)
{
	struct trust_card card;
	int rc = ctx->source->card(
		ctx->source->ctx, &s->u.revoke.device, s->number - 1, &card);

	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_UNKNOWN : rc;
	return card.revoked != 0 && card.revoked < s->number ? ROWAN_E_RULE : 0;
}

static int succeed_possible(
	const struct rules_context *ctx, const struct wire_statement *s)
{
	struct wire_record r;

	if (wire_record_decode(s->u.succeed, &r) != 0)
		return ROWAN_E_MALFORMED;
	if (!id16_eq(&r.clinic, &ctx->clinic->id))
		return ROWAN_E_RULE;
	return attest_verify(ATTEST_RECORD, r.tbs, &r.key, &r.signature);
}

static int open_possible(
	const struct rules_context *ctx, const struct wire_statement *s)
{
	return ctx->of_case->status == CASE_NONE ? 0 : ROWAN_E_RULE;
}

static int while_open(
	const struct rules_context *ctx, const struct wire_statement *s)
{
	return ctx->of_case->status == CASE_OPEN ? 0 : ROWAN_E_RULE;
}

static int while_closed(
	const struct rules_context *ctx, const struct wire_statement *s)
{
	return ctx->of_case->status == CASE_CLOSED ? 0 : ROWAN_E_RULE;
}

static int while_known(
	const struct rules_context *ctx, const struct wire_statement *s)
{
	return ctx->of_case->status == CASE_OPEN ||
			       ctx->of_case->status == CASE_CLOSED
		       ? 0
		       : ROWAN_E_RULE;
}

/* A card of a member that is alive at the statement's place and time. */
static int member_card(const struct rules_context *ctx,
	const struct wire_statement *s, const struct id16 *member,
	struct trust_card *ret)
{
	const struct trust_source *src = ctx->source;
	int last = ROWAN_E_UNKNOWN, rc;
	struct id16 device;

	for (size_t i = 0;; i++) {
		rc = src->device_of(src->ctx, member, i, &device);
		if (rc != 0)
			return rc == ROWAN_E_NOT_FOUND ? last : rc;
		rc = src->card(src->ctx, &device, s->clinic_number, ret);
		if (rc == ROWAN_E_NOT_FOUND)
			continue;
		if (rc != 0)
			return rc;
		last = signer_alive(ctx, ret, s->clinic_number, s->time);
		if (last == 0)
			return 0;
	}
}

/* A victim comes in by a registrar who is on the case. */
static int victim_possible(const struct rules_context *ctx,
	const struct wire_statement *s, const struct wire_card *victim)
{
	const struct case_state *c = ctx->of_case;
	struct id16 issuer = victim->issuer;
	struct trust_card registrar;
	int rc;

	if (!id16_eq(&victim->case_id, &c->id) ||
		(!id16_eq(&c->victim, &zero) &&
			!id16_eq(&c->victim, &victim->member)))
		return ROWAN_E_RULE;
	if (victim->issuer_kind == WIRE_SIGNER_AUTHORITY)
		return 0;
	rc = ctx->source->card(
		ctx->source->ctx, &issuer, s->clinic_number, &registrar);
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_UNKNOWN : rc;
	return case_assigned(c, &registrar.card.member, 0, s->time)
		       ? 0
		       : ROWAN_E_RULE;
}

/* How many devices of a member may take part, or will once their time comes. */
static int count_devices(const struct rules_context *ctx,
	const struct wire_statement *s, const struct id16 *member, size_t *n)
{
	const struct trust_source *src = ctx->source;
	struct trust_card card;
	struct id16 device;
	int rc;

	for (size_t i = 0;
		(rc = src->device_of(src->ctx, member, i, &device)) == 0; i++) {
		rc = src->card(src->ctx, &device, CLINIC_NEWEST, &card);
		if (rc == ROWAN_E_NOT_FOUND)
			continue;
		if (rc != 0)
			return rc;
		*n += card.revoked == 0 &&
		      (card.card.not_after == 0 ||
			      s->time < card.card.not_after);
	}
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

/* Whether the channel has places for all of them. */
static int has_room(
	const struct rules_context *ctx, const struct wire_statement *s)
{
	const struct case_state *c = ctx->of_case;
	size_t n = 0;
	int rc = count_devices(ctx, s, &s->u.assign.member, &n);

	for (size_t i = 0; rc == 0 && i < c->assignment_count; i++) {
		const struct case_assignment *a = &c->assignments[i];

		if (a->channel == s->u.assign.channel &&
			(a->until == 0 || s->time < a->until) &&
			!id16_eq(&a->member, &s->u.assign.member))
			rc = count_devices(ctx, s, &a->member, &n);
	}
	return rc == 0 && n > WIRE_CHANNEL_DEVICES_MAX ? ROWAN_E_LIMIT : rc;
}

static int assign_possible(
	const struct rules_context *ctx, const struct wire_statement *s)
{
	const struct wire_st_assign *a = &s->u.assign;
	struct trust_card card;
	int rc = while_open(ctx, s);

	if (rc != 0 || case_channel(ctx->of_case, a->channel) == NULL ||
		(a->until != 0 && a->until <= s->time))
		return ROWAN_E_RULE;
	rc = ctx->accept ? has_room(ctx, s) : 0;
	if (rc == 0)
		rc = member_card(ctx, s, &a->member, &card);
	if (rc != 0)
		return rc;
	switch (card.card.role) {
	case WIRE_ROLE_CASEWORKER: return 0;
	case WIRE_ROLE_VICTIM:
		/* Being the victim of a case never means being in its team. */
		if (a->channel == WIRE_CHANNEL_TEAM)
			return ROWAN_E_RULE;
		return victim_possible(ctx, s, &card.card);
	default: return ROWAN_E_RULE;
	}
}

static int unassign_possible(
	const struct rules_context *ctx, const struct wire_statement *s)
{
	const struct wire_st_unassign *u = &s->u.unassign;
	const struct case_state *c = ctx->of_case;

	if (while_known(ctx, s) != 0)
		return ROWAN_E_RULE;
	for (size_t i = 0; i < c->assignment_count; i++)
		if (c->assignments[i].channel == u->channel &&
			id16_eq(&c->assignments[i].member, &u->member))
			return 0;
	return ROWAN_E_RULE;
}

static int reset_possible(
	const struct rules_context *ctx, const struct wire_statement *s)
{
	const struct case_channel *ch;

	if (while_open(ctx, s) != 0)
		return ROWAN_E_RULE;
	ch = case_channel(ctx->of_case, s->u.reset.channel);
	if (ch == NULL || s->u.reset.generation != ch->generation + 1 ||
		id16_eq(&s->u.reset.group_id, &ch->group_id))
		return ROWAN_E_RULE;
	return 0;
}

static int hold_possible(
	const struct rules_context *ctx, const struct wire_statement *s)
{
	if (while_known(ctx, s) != 0 ||
		ctx->of_case->hold == (s->u.hold.on == 1))
		return ROWAN_E_RULE;
	return 0;
}

static int erase_possible(
	const struct rules_context *ctx, const struct wire_statement *s)
{
	/* Legal hold: kept, not used; and not destroyed. */
	if (while_known(ctx, s) != 0 || ctx->of_case->hold)
		return ROWAN_E_RULE;
	return 0;
}

/* ---- the table ---------------------------------------------------------- */

/*
 * A statement is admitted when its signers together have all capacities of
 * one of the alternatives.
 */
struct rule {
	uint8_t kind;
	uint8_t channel; /* 0: any, or not about a channel */
	unsigned any[4]; /* alternatives, ended by 0 */
	possible_fn possible;
};

static const struct rule table[] = {
	{WIRE_ST_CARD, 0, {CAN_AUTHORITY, CAN_ISSUER, CAN_COORDINATOR},
		card_possible},
	{WIRE_ST_REVOKE, 0,
		{CAN_MEMBER, CAN_ADVOCATE, CAN_COORDINATOR, CAN_AUTHORITY},
		revoke_possible},
	{WIRE_ST_SUCCEED, 0, {CAN_SUCCESSOR}, succeed_possible},
	{WIRE_ST_RESTORE, 0, {CAN_AUTHORITY}, always},

	{WIRE_ST_OPEN, 0, {CAN_COORDINATOR}, open_possible},
	{WIRE_ST_CLOSE, 0, {CAN_COORDINATOR}, while_open},
	{WIRE_ST_REOPEN, 0, {CAN_COORDINATOR}, while_closed},
	{WIRE_ST_ASSIGN, WIRE_CHANNEL_SUPPORT, {CAN_COORDINATOR},
		assign_possible},
	{WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, {CAN_COORDINATOR}, assign_possible},
	{WIRE_ST_ASSIGN, WIRE_CHANNEL_DIARY, {CAN_VICTIM}, assign_possible},
	{WIRE_ST_UNASSIGN, WIRE_CHANNEL_SUPPORT, {CAN_COORDINATOR, CAN_VICTIM},
		unassign_possible},
	{WIRE_ST_UNASSIGN, WIRE_CHANNEL_TEAM, {CAN_COORDINATOR},
		unassign_possible},
	{WIRE_ST_UNASSIGN, WIRE_CHANNEL_DIARY, {CAN_VICTIM}, unassign_possible},
	{WIRE_ST_RECUSE, 0, {CAN_ASSIGNED}, while_known},
	{WIRE_ST_READMIT, 0, {CAN_SELF | CAN_MEMBER}, while_open},
	{WIRE_ST_RESET, WIRE_CHANNEL_SUPPORT, {CAN_ASSIGNED}, reset_possible},
	{WIRE_ST_RESET, WIRE_CHANNEL_TEAM, {CAN_ASSIGNED}, reset_possible},
	{WIRE_ST_RESET, WIRE_CHANNEL_DIARY, {CAN_VICTIM}, reset_possible},
	{WIRE_ST_HOLD, 0, {CAN_COORDINATOR | CAN_AUTHORITY}, hold_possible},
	{WIRE_ST_ERASE, 0, {CAN_COORDINATOR | CAN_AUTHORITY}, erase_possible},
};

static uint8_t channel_of(const struct wire_statement *s)
{
	switch (s->kind) {
	case WIRE_ST_ASSIGN: return s->u.assign.channel;
	case WIRE_ST_UNASSIGN: return s->u.unassign.channel;
	case WIRE_ST_RESET: return s->u.reset.channel;
	default: return 0;
	}
}

static const struct rule *rule_of(const struct wire_statement *s)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].kind == s->kind &&
			table[i].channel == channel_of(s))
			return &table[i];
	return NULL;
}

/* ---- the chain ---------------------------------------------------------- */

/* The clinic as the signer of a case's statement knew it. */
static int referred_check(
	const struct rules_context *ctx, const struct wire_statement *s)
{
	struct wire_hash referred;
	int rc;

	/* Never older than before. */
	if (s->clinic_number < ctx->of_case->clinic_number ||
		s->clinic_number > ctx->clinic->number)
		return ROWAN_E_CHAIN;
	rc = ctx->source->head(ctx->source->ctx, s->clinic_number, &referred);
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_CHAIN : rc;
	return memcmp(&referred, &s->clinic_head, sizeof referred) == 0
		       ? 0
		       : ROWAN_E_CHAIN;
}

/*
 * A restore stands anywhere behind the head it names: what was lost and is
 * given back keeps its numbers and comes first. Its time is the authority's,
 * who is offline.
 */
static int restore_place(
	const struct rules_context *ctx, const struct wire_statement *s)
{
	struct wire_hash named = ctx->clinic->head;
	int rc = 0;

	if (s->number > ctx->clinic->number + 1)
		return ROWAN_E_CHAIN;
	if (s->number <= ctx->clinic->number)
		rc = ctx->source->head(ctx->source->ctx, s->number - 1, &named);
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_CHAIN : rc;
	return memcmp(&named, &s->previous, sizeof named) == 0 ? 0
							       : ROWAN_E_CHAIN;
}

static bool by_both(const struct wire_statement *s)
{
	return s->kind == WIRE_ST_HOLD || s->kind == WIRE_ST_ERASE;
}

/* New enough to be accepted, and not of a time that has not come. */
static bool is_of_now(
	const struct rules_context *ctx, const struct wire_statement *s)
{
	uint64_t age = by_both(s) ? RULES_CARRIED_AGE : RULES_CLOCK_SKEW;

	return s->time + age >= ctx->now &&
	       s->time <= ctx->now + RULES_CLOCK_SKEW;
}

/* Does it stand where it says, after what it says? */
static int place_check(
	const struct rules_context *ctx, const struct wire_statement *s)
{
	bool of_case = wire_statement_of_case(s->kind);
	const struct case_state *c = ctx->of_case;
	uint64_t number = of_case ? c->number : ctx->clinic->number;
	uint64_t time = of_case ? c->time : ctx->clinic->time;
	const struct wire_hash *head = of_case ? &c->head : &ctx->clinic->head;

	if (!id16_eq(&s->clinic, &ctx->clinic->id) ||
		(of_case && !id16_eq(&s->case_id, &c->id)))
		return ROWAN_E_UNKNOWN;
	if (s->kind == WIRE_ST_RESTORE) {
		/* Nothing could follow it until that time has come. */
		if (ctx->accept && s->time > ctx->now + RULES_CLOCK_SKEW)
			return ROWAN_E_RULE;
		return restore_place(ctx, s);
	}
	if (s->number <= number)
		return ROWAN_E_STALE;
	if (s->number != number + 1 ||
		memcmp(&s->previous, head, sizeof *head) != 0 || s->time < time)
		return ROWAN_E_CHAIN;
	if (ctx->accept && !is_of_now(ctx, s))
		return ROWAN_E_RULE;
	return of_case ? referred_check(ctx, s) : 0;
}

int rules_check(const struct rules_context *ctx, const struct wire_statement *s)
{
	const struct rule *rule = rule_of(s);
	unsigned can;
	int rc;

	if (rule == NULL ||
		(wire_statement_of_case(s->kind) && ctx->of_case == NULL))
		return ROWAN_E_INVAL;
	rc = place_check(ctx, s);
	if (rc == 0)
		rc = signer_check(ctx, s, &can);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < 4 && rule->any[i] != 0; i++)
		if ((can & rule->any[i]) == rule->any[i])
			return rule->possible(ctx, s);
	return ROWAN_E_SIGNER;
}

int rules_requested(
	const struct rules_context *ctx, const struct wire_statement *s)
{
	struct wire_statement half = *s;
	unsigned can;
	int rc;

	if (!by_both(s) || ctx->of_case == NULL || s->signer_count != 2 ||
		s->signers[0].kind != WIRE_SIGNER_AUTHORITY)
		return ROWAN_E_INVAL;
	half.signer_count = 1;
	half.signers[0] = s->signers[1];
	half.signatures[0] = s->signatures[1];
	rc = place_check(ctx, s);
	if (rc == 0)
		rc = signer_check(ctx, &half, &can);
	if (rc != 0)
		return rc;
	return (can & CAN_COORDINATOR) != 0 ? rule_of(s)->possible(ctx, s)
					    : ROWAN_E_SIGNER;
}

static int erased_check(const struct rules_context *ctx,
	const struct wire_statement *s, bool ahead)
{
	const unsigned both = CAN_COORDINATOR | CAN_AUTHORITY;
	const struct case_state *c = ctx->of_case;
	unsigned can;
	int rc;

	if (s->kind != WIRE_ST_ERASE ||
		!id16_eq(&s->clinic, &ctx->clinic->id) ||
		!id16_eq(&s->case_id, &c->id))
		return ROWAN_E_UNKNOWN;
	if (s->number <= c->number || s->time < c->time)
		return ROWAN_E_CHAIN;
	rc = ahead && s->clinic_number > ctx->clinic->number
		     ? 0
		     : referred_check(ctx, s);
	if (rc == 0)
		rc = signer_check(ctx, s, &can);
	if (rc != 0)
		return rc;
	return (can & both) == both ? 0 : ROWAN_E_SIGNER;
}

int rules_erased(
	const struct rules_context *ctx, const struct wire_statement *s)
{
	return erased_check(ctx, s, false);
}

int rules_witnessed(
	const struct rules_context *ctx, const struct wire_statement *s)
{
	return erased_check(ctx, s, true);
}

/* ---- taking it in ------------------------------------------------------- */

int rules_apply_clinic(struct clinic *c, const struct wire_statement *s)
{
	struct chain_link link;
	struct wire_record r;
	int rc = chain_link(s, &link);

	if (rc == 0 && s->kind == WIRE_ST_SUCCEED)
		rc = wire_record_decode(s->u.succeed, &r);
	if (rc != 0)
		return rc;
	if (s->kind == WIRE_ST_SUCCEED) {
		c->authority = r.key;
		c->successor = r.successor_hash;
		attest_hash(s->u.succeed, &c->record);
	}
	/* Only a restore may be older than what stands before it. */
	clinic_follow(c, &link, s->time > c->time ? s->time : c->time);
	return 0;
}

static void apply_open(struct case_state *c, const struct wire_st_open *open)
{
	c->status = CASE_OPEN;
	c->day = open->day;
	memcpy(c->agency, open->agency.data, open->agency.len);
	c->channel_count = open->count;
	for (size_t i = 0; i < open->count; i++)
		c->channels[i] = (struct case_channel){open->channels[i].kind,
			open->channels[i].channel, open->channels[i].group_id,
			1};
}

static void apply_reset(struct case_state *c, const struct wire_st_reset *reset)
{
	for (size_t i = 0; i < c->channel_count; i++) {
		if (c->channels[i].kind != reset->channel)
			continue;
		c->channels[i].group_id = reset->group_id;
		c->channels[i].generation = reset->generation;
	}
}

/*
 * When it begins. Whoever is on stays on: by a clock that is behind the
 * signer's they would have to go for a moment, and come back as somebody who
 * has read nothing of it.
 */
static uint64_t assigned_from(
	const struct case_state *c, const struct wire_statement *s)
{
	const struct wire_st_assign *a = &s->u.assign;

	for (size_t i = 0; i < c->assignment_count; i++) {
		const struct case_assignment *has = &c->assignments[i];

		if (has->channel == a->channel &&
			id16_eq(&has->member, &a->member) &&
			has->from <= s->time && has->from < a->from &&
			(has->until == 0 || s->time < has->until) &&
			a->from <= s->time + RULES_CLOCK_SKEW)
			return has->from;
	}
	return a->from;
}

/* The member whose assignments change, and whether as the victim. */
static int member_of(const struct trust_source *source,
	const struct wire_statement *s, struct id16 *ret, bool *ret_victim)
{
	struct id16 device = s->signers[0].device;
	struct trust_card card;
	int rc = 0;

	*ret_victim = false;
	*ret = zero;
	if (s->kind == WIRE_ST_ASSIGN) {
		*ret = s->u.assign.member;
		rc = source->device_of(source->ctx, ret, 0, &device);
	} else if (s->kind == WIRE_ST_UNASSIGN) {
		*ret = s->u.unassign.member;
		return 0;
	} else if (s->kind != WIRE_ST_RECUSE) {
		return 0;
	}
	if (rc == 0)
		rc = source->card(source->ctx, &device, CLINIC_NEWEST, &card);
	if (rc != 0)
		return rc;
	*ret = card.card.member;
	*ret_victim = card.card.role == WIRE_ROLE_VICTIM;
	return 0;
}

int rules_apply_case(struct case_state *c, const struct trust_source *source,
	const struct wire_statement *s)
{
	const struct wire_st_assign *a = &s->u.assign;
	struct chain_link link;
	struct id16 member;
	bool victim;
	int rc = chain_link(s, &link);

	if (rc == 0)
		rc = member_of(source, s, &member, &victim);
	if (rc == 0 && s->kind == WIRE_ST_ASSIGN)
		rc = case_assign(
			c, &(struct case_assignment){member, a->channel,
				   assigned_from(c, s), a->until});
	if (rc != 0)
		return rc;
	switch (s->kind) {
	case WIRE_ST_OPEN: apply_open(c, &s->u.open); break;
	case WIRE_ST_CLOSE: c->status = CASE_CLOSED; break;
	case WIRE_ST_REOPEN: c->status = CASE_OPEN; break;
	case WIRE_ST_ASSIGN:
		if (victim)
			c->victim = member;
		break;
	case WIRE_ST_UNASSIGN:
		(void)case_unassign(c, &member, s->u.unassign.channel);
		break;
	case WIRE_ST_RECUSE: (void)case_unassign(c, &member, 0); break;
	case WIRE_ST_RESET: apply_reset(c, &s->u.reset); break;
	case WIRE_ST_HOLD: c->hold = s->u.hold.on == 1; break;
	case WIRE_ST_ERASE: c->status = CASE_ERASED; break;
	default: break;
	}
	/* Its own predecessor: of an erased case others may be missing. */
	chain_next(&s->previous, &link, &c->head);
	c->number = s->number;
	c->time = s->time;
	c->clinic_number = s->clinic_number;
	return 0;
}
