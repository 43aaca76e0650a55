/*
 * Chains of cases as the daemon shows them, and what the application is told
 * of them: see follow.h.
 *
 * The first time a case is followed to its end the application hears that it
 * is there and who is assigned now; from then on of every change. Of an erased
 * case the daemon has the statement that erased it, and nothing else.
 */
#include <stdlib.h>

#include "session/follow/follow_inner.h"
#include "trust/attest.h"

struct taking {
	struct follow *f;
	struct known_case *k;
	struct case_state c;
	bool current;
	bool anew;	 /* read again after a restore */
	uint64_t number; /* of the item at hand */
};

/* ---- events -------------------------------------------------------------- */

static int say(struct taking *t, const struct event *e)
{
	struct event of = *e;

	of.case_id = t->c.id;
	if (of.count == 0)
		of.count = t->c.number;
	return events_add(t->f->o.events, &of);
}

static int say_case(struct taking *t, uint64_t time)
{
	return say(t, &(struct event){.type = ROWAN_EVENT_CASE,
			      .code = t->c.status,
			      .time = time});
}

static struct id16 channel_id(const struct case_state *c, uint8_t kind)
{
	const struct case_channel *ch = case_channel(c, kind);

	return ch != NULL ? ch->channel : follow_clinic_chain;
}

static int say_assigned(struct taking *t, const struct case_assignment *a)
{
	return say(t, &(struct event){.type = ROWAN_EVENT_ASSIGNED,
			      .time = a->until,
			      .channel = channel_id(&t->c, a->channel),
			      .member = a->member});
}

static int say_unassigned(struct follow *f, const struct case_state *c,
	const struct case_assignment *a, uint64_t time)
{
	const struct event e = {.type = ROWAN_EVENT_UNASSIGNED,
		.time = time,
		.case_id = c->id,
		.channel = channel_id(c, a->channel),
		.member = a->member,
		.count = c->number};

	return events_add(f->o.events, &e);
}

/* Those of ${before} that are not there any more. */
static int say_gone(
	struct taking *t, const struct case_state *before, uint64_t time)
{
	for (size_t i = 0; i < before->assignment_count; i++) {
		const struct case_assignment *a = &before->assignments[i];
		bool there = false;
		int rc;

		for (size_t k = 0; k < t->c.assignment_count; k++)
			there = there ||
				(t->c.assignments[k].channel == a->channel &&
					id16_eq(&t->c.assignments[k].member,
						&a->member));
		/* Ended by time it was told then. */
		if (there || (a->until != 0 && a->until <= t->f->told))
			continue;
		rc = say_unassigned(t->f, &t->c, a, time);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int say_reset(struct taking *t, const struct wire_statement *s)
{
	return say(t, &(struct event){.type = ROWAN_EVENT_RESET,
			      .time = s->time,
			      .device = s->signers[0].device,
			      .channel = channel_id(&t->c, s->u.reset.channel),
			      .count = s->u.reset.generation});
}

/* A victim's device that was lost and is back: their advocate asks them. */
static int say_readmitted(struct taking *t, const struct wire_statement *s)
{
	struct follow *f = t->f;
	struct event e = {.type = ROWAN_EVENT_READMITTED,
		.time = s->time,
		.device = s->signers[0].device};
	struct trust_card card;
	int rc = f->source.card(f->source.ctx, &e.device, CLINIC_NEWEST, &card);

	e.member = card.card.member;
	if (rc == 0)
		rc = say(t, &e);
	if (rc != 0 || card.card.role != WIRE_ROLE_VICTIM ||
		id16_eq(&e.member, &f->member))
		return rc;
	e.type = ROWAN_EVENT_ALARM;
	e.code = ROWAN_ALARM_RETURNED;
	return say(t, &e);
}

/* What one statement was, after it was applied. */
static int say_statement(struct taking *t, const struct case_state *before,
	const struct wire_statement *s)
{
	const struct wire_st_assign *a = &s->u.assign;

	switch (s->kind) {
	case WIRE_ST_ASSIGN:
		return say_assigned(t, &(struct case_assignment){a->member,
					       a->channel, a->from, a->until});
	case WIRE_ST_UNASSIGN:
	case WIRE_ST_RECUSE: return say_gone(t, before, s->time);
	case WIRE_ST_READMIT: return say_readmitted(t, s);
	case WIRE_ST_RESET: return say_reset(t, s);
	default: return say_case(t, s->time);
	}
}

/* The case is met: what it is now. */
static int say_all(struct taking *t)
{
	int rc = say_case(t, t->c.time);

	for (size_t i = 0; rc == 0 && i < t->c.assignment_count; i++) {
		const struct case_assignment *a = &t->c.assignments[i];

		if (a->until == 0 || a->until > t->f->now)
			rc = say_assigned(t, a);
	}
	return rc;
}

/* ---- statements ---------------------------------------------------------- */

static int check(struct taking *t, const struct wire_statement *s)
{
	const struct rules_context ctx = {.clinic = &t->f->clinic,
		.source = &t->f->source,
		.of_case = &t->c};

	if (!wire_statement_of_case(s->kind) || !id16_eq(&s->case_id, &t->c.id))
		return ROWAN_E_CHAIN;
	return rules_check(&ctx, s);
}

/* From now on these channels are this case's, and no other's. */
static int map_channels(struct taking *t)
{
	struct idmap *map = &t->f->by_channel;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < t->c.channel_count; i++) {
		const struct id16 *id = &t->c.channels[i].channel;
		const struct known_case *k = idmap_get(map, id);

		if (k != NULL && k != t->k)
			rc = ROWAN_E_RULE;
		else if (k == NULL)
			rc = idmap_put(map, id, t->k);
	}
	return rc;
}

/* What did not come to be has no channels. */
static void unmap_channels(struct taking *t)
{
	struct idmap *map = &t->f->by_channel;

	for (size_t i = 0; i < t->c.channel_count; i++)
		if (t->k->c.channel_count == 0 &&
			idmap_get(map, &t->c.channels[i].channel) == t->k)
			idmap_del(map, &t->c.channels[i].channel);
}

/* Somebody who may has decided on it: whatever was lost, this counts. */
static int decided(struct taking *t, const struct wire_statement *s)
{
	switch (s->kind) {
	case WIRE_ST_ASSIGN:
		return follow_decided(
			t->f, s, &s->u.assign.member, s->u.assign.channel);
	case WIRE_ST_UNASSIGN:
		return follow_decided(
			t->f, s, &s->u.unassign.member, s->u.unassign.channel);
	case WIRE_ST_CLOSE:
	case WIRE_ST_REOPEN:
		return follow_decided(
			t->f, s, &follow_clinic_chain, FOLLOW_CLOSED);
	default: return 0;
	}
}

static int keep(struct taking *t, const struct case_state *before,
	const struct wire_statement *s)
{
	struct follow_link link = {
		.time = s->time, .head = t->c.head, .statement = s->raw};
	int rc = chain_link(s, &link.link);

	if (rc == 0)
		rc = follow_put_link(t->f, &t->c.id, s->number, &link);
	if (rc == 0 && !t->anew)
		rc = decided(t, s);
	if (rc == 0 && t->current)
		rc = say_statement(t, before, s);
	return rc;
}

/* Back to ${before}, which is empty then. */
static void undo(struct taking *t, struct case_state *before)
{
	unmap_channels(t);
	case_wipe(&t->c);
	t->c = *before;
	memset(before, 0, sizeof *before);
}

static int take_item(struct taking *t, const struct wire_chain_item *item)
{
	struct case_state before = {0};
	struct wire_statement s;
	int rc = item->withheld ? ROWAN_E_CHAIN
				: wire_statement_decode(item->statement, &s);

	if (rc == 0)
		rc = check(t, &s);
	if (rc == 0)
		rc = case_copy(&before, &t->c);
	if (rc == 0)
		rc = rules_apply_case(&t->c, &t->f->source, &s);
	if (rc == 0)
		rc = map_channels(t);
	if (rc == ROWAN_E_RULE && t->c.number == s.number)
		undo(t, &before);
	if (rc == 0)
		rc = keep(t, &before, &s);
	case_wipe(&before);
	return rc == 0 ? follow_expected(
				 t->f, &t->c.id, t->c.number, &t->c.head)
		       : rc;
}

/*
 * Erased: whatever stood before it is not to be had any more. Those who signed
 * this one are enough, and it is the last.
 */
static int take_erasure(struct taking *t, const struct wire_statement *s)
{
	const struct rules_context ctx = {.clinic = &t->f->clinic,
		.source = &t->f->source,
		.of_case = &t->c};
	struct case_state before = {0};
	int rc = rules_erased(&ctx, s);

	t->number = s->number;
	if (rc == 0)
		rc = case_copy(&before, &t->c);
	if (rc == 0)
		rc = rules_apply_case(&t->c, &t->f->source, s);
	if (rc == 0)
		rc = keep(t, &before, s);
	case_wipe(&before);
	return rc == 0 ? follow_expected(
				 t->f, &t->c.id, t->c.number, &t->c.head)
		       : rc;
}

/* ---- an answer ----------------------------------------------------------- */

/* It stands on more of the clinic's chain than we have. */
static bool needs_clinic(
	struct taking *t, const struct wire_chain_answer *a, size_t i, int rc)
{
	struct wire_statement s;

	return rc == ROWAN_E_CHAIN && !a->items[i].withheld &&
	       wire_statement_decode(a->items[i].statement, &s) == 0 &&
	       s.clinic_number > t->f->clinic.number;
}

static int wrong(struct taking *t, int rc, bool needs)
{
	struct follow *f = t->f;
	struct follow_chain *c = &t->k->chain;
	struct follow_finding what = {.alarm = follow_meaning(rc),
		.case_id = t->c.id,
		.number = t->number};

	if (needs && !c->tried_clinic) {
		c->tried_clinic = true;
		follow_catch_up(f, &follow_clinic_chain);
		return 0;
	}
	if (rc == ROWAN_E_UNKNOWN && !c->tried_holes) {
		c->tried_holes = true;
		f->want_holes = true;
		f->holes_from = 0;
		return 0;
	}
	/* Cards that its statements need are withheld from us. */
	if (needs || (rc == ROWAN_E_UNKNOWN &&
			     follow_next_hole(f, 0, &(uint64_t){0}) == 0))
		what.alarm = ROWAN_ALARM_HIDDEN;
	c->wanted = false;
	if (what.alarm == ROWAN_ALARM_FORK && follow_anew(f, &t->c.id, c))
		return 0;
	return follow_alarm(f, c, &what);
}

static int at_the_end(struct taking *t)
{
	/* It is not lost altogether. */
	int rc = follow_unhold(t->f, &t->c.id, &follow_clinic_chain, 0);

	if (rc != 0)
		return rc;
	t->k->chain.wanted = false;
	if (!t->current && t->c.status != CASE_NONE) {
		rc = say_all(t);
		/* Nothing that was due by now is left to be told. */
		t->f->told = t->f->now;
		if (rc == 0)
			rc = follow_put_state(t->f, &t->f->clinic);
	}
	t->current = true;
	return rc == 0 ? follow_owed(t->f, &t->c.id, t->c.number) : rc;
}

static int behind_it(struct taking *t, const struct wire_chain_answer *a)
{
	struct follow *f = t->f;
	struct wire_chain_head ours = {t->c.number, t->c.head};
	int rc = follow_newest(f, &t->c.id, &ours, &a->newest);

	if (rc == 0)
		return at_the_end(t);
	if (rc != ROWAN_E_AGAIN) {
		t->k->chain.wanted = false;
		return rc == ROWAN_E_CHAIN ? 0 : rc;
	}
	if (a->count > 0)
		return 0;
	/* There is more, and none of it came. */
	t->k->chain.wanted = false;
	return follow_alarm(f, &t->k->chain,
		&(struct follow_finding){.alarm = ROWAN_ALARM_HIDDEN,
			.case_id = t->c.id,
			.number = t->number});
}

/* One statement from further on, which erases the case. */
static bool skips(const struct taking *t, const struct wire_chain_answer *a,
	struct wire_statement *ret)
{
	return a->count == 1 && a->first > t->number && !a->items[0].withheld &&
	       wire_statement_decode(a->items[0].statement, ret) == 0 &&
	       ret->kind == WIRE_ST_ERASE && ret->number == a->first;
}

static int take_items(
	struct taking *t, const struct wire_chain_answer *a, size_t *ret_at)
{
	struct wire_statement s;
	int rc = 0;

	*ret_at = a->count;
	t->number = t->c.number + 1;
	if (skips(t, a, &s))
		return take_erasure(t, &s);
	if (a->count > 0 && a->first != t->number)
		return ROWAN_E_CHAIN;
	for (size_t i = 0; rc == 0 && i < a->count; i++, t->number++) {
		*ret_at = i;
		rc = take_item(t, &a->items[i]);
	}
	t->number -= rc != 0;
	return rc;
}

static int take_all(struct taking *t, const struct wire_chain_answer *a)
{
	struct known_case *k = t->k;
	bool was = t->current;
	size_t at;
	int rc = take_items(t, a, &at);

	if (rc != 0 && !follow_verdict(rc))
		return rc;
	if (t->c.number != k->c.number) {
		k->chain.tried_holes = k->chain.tried_clinic = false;
		k->chain.alarmed = 0;
	}
	rc = rc == 0 ? behind_it(t, a)
		     : wrong(t, rc,
			       at < a->count && needs_clinic(t, a, at, rc));
	if (rc != 0 || (t->c.number == k->c.number && t->current == was) ||
		t->c.status == CASE_NONE)
		return rc;
	return follow_put_case(
		t->f, &t->c, t->current, k->c.status == CASE_NONE);
}

void follow_case_answer(struct follow *f, struct known_case *k,
	const struct wire_chain_answer *a)
{
	struct taking t = {.f = f, .k = k, .current = k->current};
	bool news;
	int rc;

	/* Nothing comes behind it, and less may be had of it any day. */
	if (k->c.status == CASE_ERASED) {
		k->chain.wanted = false;
		return;
	}
	rc = case_copy(&t.c, &k->c);

	if (rc == 0)
		rc = follow_open(f);
	if (rc == 0) {
		rc = take_all(&t, a);
		rc = follow_close(f, rc);
	}
	if (rc != 0) {
		f->fault = rc;
		k->chain.wanted = true;
		unmap_channels(&t);
		case_wipe(&t.c);
		return;
	}
	news = t.c.number != k->c.number;
	case_wipe(&k->c);
	k->c = t.c;
	k->current = t.current;
	follow_next_change(f, k);
	if (news)
		f->o.changed(f->o.ctx, &k->c.id);
	if (k->c.status == CASE_NONE && !k->chain.wanted)
		follow_drop(f, k);
}

void follow_case_refused(struct follow *f, struct known_case *k)
{
	const struct follow_finding what = {.alarm = ROWAN_ALARM_ROLLBACK,
		.case_id = k->c.id,
		.number = k->c.number};
	int rc = 0;

	if (k->c.status == CASE_NONE) {
		follow_drop(f, k);
		return;
	}
	rc = follow_held(f, &k->c.id, &follow_clinic_chain, 0);
	if (k->c.status == CASE_ERASED || rc != 0) {
		k->chain.wanted = false;
		return;
	}
	/* Not the case, or not any more that we are on it. */
	if (follow_back_covers(f, &k->c.id) ||
		(!k->chain.tried_anew && follow_back_late(f, &k->c.id))) {
		k->chain.wanted = false;
		follow_back_behind(f, &k->chain, 0);
		return;
	}
	/* Does it not know us, or not the case? The clinic's chain tells. */
	if (!k->chain.refused) {
		k->chain.refused = true;
		f->chain.wanted = true;
		return;
	}
	k->chain.wanted = false;
	/* Once there was a part in it, it may always be read. */
	rc = follow_alarm(f, &k->chain, &what);
	if (rc != 0)
		f->fault = rc;
}

/* ---- after a restore ----------------------------------------------------- */

/* Whether it let ${a} in as soon, from now on, and as long as that does. */
static bool let_in(const struct case_state *c, const struct case_assignment *a,
	uint64_t now)
{
	for (size_t i = 0; i < c->assignment_count; i++) {
		const struct case_assignment *b = &c->assignments[i];

		if (b->channel == a->channel && id16_eq(&b->member, &a->member))
			return (b->from <= a->from || b->from <= now) &&
			       (b->until == 0 ||
				       (a->until != 0 && a->until <= b->until));
	}
	return false;
}

/* Who was shut out, by what was lost, of what is open to them here. */
static int shut_out(struct taking *t)
{
	const struct case_state *before = &t->k->c;
	int rc = 0;

	if (before->status == CASE_CLOSED && t->c.status == CASE_OPEN)
		rc = follow_hold(
			t->f, before, &follow_clinic_chain, FOLLOW_CLOSED);
	for (size_t i = 0; rc == 0 && i < t->c.assignment_count; i++) {
		const struct case_assignment *a = &t->c.assignments[i];

		if (!let_in(before, a, follow_now(t->f)))
			rc = follow_hold(t->f, before, &a->member, a->channel);
	}
	return rc;
}

/*
 * Whoever was let in by what was lost is not any more. Whoever was shut out by
 * it stays out, until a coordinator says otherwise: later than that, or it is
 * what the lost undid, brought up again.
 */
static int lose(struct taking *t, const struct follow_old *old, size_t count)
{
	const struct follow_anew *l = &t->f->anew;
	const struct case_state *before = &t->k->c;
	size_t common = follow_old_common(t->f, old, count);
	int rc = shut_out(t);

	for (size_t i = common; rc == 0 && i < l->count; i++) {
		struct wire_statement s;

		rc = wire_statement_decode(l->items[i].item.statement, &s);
		if (rc == 0)
			rc = decided(t, &s);
	}
	for (size_t i = common; rc == 0 && i < count; i++) {
		struct id16 channel = channel_id(before, old[i].channel);

		rc = follow_old_lost(t->f, &t->c.id, &channel, &old[i]);
	}
	return rc == 0 ? say_gone(t, before, t->c.time) : rc;
}

static int take_read(struct taking *t)
{
	const struct follow_anew *l = &t->f->anew;
	struct wire_statement s;
	int rc = 0;

	t->number = 1;
	if (l->count == 1 && l->first > 1)
		return wire_statement_decode(l->items[0].item.statement, &s) ==
					       0 &&
				       s.kind == WIRE_ST_ERASE &&
				       s.number == l->first
			       ? take_erasure(t, &s)
			       : ROWAN_E_CHAIN;
	for (size_t i = 0; rc == 0 && i < l->count; i++, t->number++)
		rc = take_item(t, &l->items[i].item);
	return rc;
}

static int replay(struct taking *t, const struct wire_chain_head *newest)
{
	struct known_case *k = t->k;
	struct follow_old *old;
	size_t count;
	int rc = follow_old_read(t->f, &k->c.id, 0, &old, &count);

	if (rc == 0)
		rc = follow_drop_links(t->f, &k->c.id, 0, k->c.number);
	if (rc == 0)
		rc = take_read(t);
	if (rc == 0 && (t->c.number != newest->number ||
			       memcmp(&t->c.head, &newest->head,
				       sizeof newest->head) != 0))
		rc = ROWAN_E_CHAIN;
	if (rc == 0)
		rc = lose(t, old, count);
	free(old);
	if (rc == 0)
		rc = follow_anew_done(t->f, &k->c.id);
	if (rc == 0)
		rc = at_the_end(t);
	return rc == 0 ? follow_put_case(t->f, &t->c, true, false) : rc;
}

int follow_case_anew(struct follow *f, struct known_case *k,
	const struct wire_chain_head *newest)
{
	struct taking t = {.f = f, .k = k, .anew = true};
	int rc;

	case_init(&t.c, &f->clinic.id, &k->c.id);
	rc = follow_open(f);
	if (rc == 0)
		rc = follow_close(f, replay(&t, newest));
	if (rc != 0) {
		case_wipe(&t.c);
		return rc;
	}
	case_wipe(&k->c);
	k->c = t.c;
	k->current = t.current;
	k->chain.alarmed = 0;
	follow_entitled_wipe(k);
	follow_next_change(f, k);
	f->o.changed(f->o.ctx, &k->c.id);
	return 0;
}

/* ---- time ---------------------------------------------------------------- */

/* When a card of an assigned member ends, or begins, next. */
static uint64_t cards_change(
	struct follow *f, const struct case_assignment *a, uint64_t now)
{
	const struct trust_source *src = &f->source;
	uint64_t next = UINT64_MAX;
	struct trust_card card;
	struct id16 device;

	for (size_t i = 0;
		src->device_of(src->ctx, &a->member, i, &device) == 0 &&
		src->card(src->ctx, &device, CLINIC_NEWEST, &card) == 0;
		i++) {
		if (card.card.not_before > now && card.card.not_before < next)
			next = card.card.not_before;
		if (card.card.not_after > now && card.card.not_after < next)
			next = card.card.not_after;
	}
	return next;
}

void follow_next_change(struct follow *f, struct known_case *k)
{
	uint64_t now = f->now;

	k->next_change = case_next_change(&k->c, now);
	for (size_t i = 0; i < k->c.assignment_count; i++) {
		uint64_t next = cards_change(f, &k->c.assignments[i], now);

		if (next < k->next_change)
			k->next_change = next;
	}
}

/* Assignments that ended between what was told and now. */
static int say_ended(struct follow *f, const struct known_case *k)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < k->c.assignment_count; i++) {
		const struct case_assignment *a = &k->c.assignments[i];

		if (a->until > f->told && a->until <= f->now)
			rc = say_unassigned(f, &k->c, a, a->until);
	}
	return rc;
}

void follow_time(struct follow *f, uint64_t now, bool doubtful)
{
	bool due = false;
	uint64_t told = f->told;
	int rc;

	f->doubtful = doubtful;
	if (now <= f->now)
		return;
	f->now = now;
	for (size_t i = 0; i < f->case_count; i++)
		due = due || f->cases[i]->next_change <= now;
	if (!due)
		return;
	rc = follow_open(f);
	for (size_t i = 0; rc == 0 && i < f->case_count; i++)
		if (f->cases[i]->next_change <= now)
			rc = say_ended(f, f->cases[i]);
	f->told = now;
	if (rc == 0)
		rc = follow_put_state(f, &f->clinic);
	rc = follow_close(f, rc);
	if (rc != 0) {
		/* Told again with the next time. */
		f->told = told;
		f->now = now - 1;
		f->fault = rc;
		return;
	}
	for (size_t i = 0; i < f->case_count; i++) {
		struct known_case *k = f->cases[i];

		if (k->next_change > now)
			continue;
		follow_next_change(f, k);
		f->o.changed(f->o.ctx, &k->c.id);
	}
}
