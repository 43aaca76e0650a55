/*
 * What a restore has lost for good: the chain is read again from where it
 * begins to differ, and we go on with the daemon's.
 *
 *	the waiting is over, and our chain is another or longer -> read to its
 *	end -> all of it holds, and nothing that ended here begins again:
 *	taken, the application told of each statement that is lost; else
 *	nothing is changed, and an alarm
 *
 * Trusts a restore for what the authority signed: that what was signed before
 * it may be lost. The daemon's word is not asked for what is forgotten: only
 * statements before the restore, never an end of rights, of which the vault
 * keeps who it was (follow_cut.c), and never a succession.
 */
#include <stdlib.h>

#include "session/follow/follow_inner.h"

#define STATEMENTS_MAX 4096

/* ---- which -------------------------------------------------------------- */

static bool again(struct follow_chain *c)
{
	c->anew = c->tried_anew = true;
	c->behind = false;
	return true;
}

/* The restore that stands last in our chain, and where; zero: none does. */
static int last_restore(
	struct follow *f, struct wire_hash *ret, uint64_t *ret_number)
{
	int rc = 0;

	memset(ret, 0, sizeof *ret);
	*ret_number = 0;
	for (uint64_t n = f->clinic.number; rc == 0 && n > 0; n--) {
		struct follow_link link;
		struct wire_statement s;
		struct buf raw = {0};
		bool found;

		rc = follow_get_link(f, &follow_clinic_chain, n, &link, &raw);
		found = rc == 0 && !link.withheld &&
			wire_statement_decode(link.statement, &s) == 0 &&
			s.kind == WIRE_ST_RESTORE;
		buf_wipe(&raw);
		if (found) {
			*ret = link.link.content;
			*ret_number = n;
			break;
		}
	}
	return rc;
}

int follow_restored_at(struct follow *f, uint64_t *ret)
{
	struct wire_hash which;

	return last_restore(f, &which, ret);
}

int follow_anew_done(struct follow *f, const struct id16 *case_id)
{
	struct wire_hash under;
	uint64_t n;
	int rc = last_restore(f, &under, &n);

	return rc == 0 ? follow_put_under(f, case_id, &under) : rc;
}

/* A case goes on with another chain once for a restore, never to and fro. */
static bool was_done(struct follow *f, const struct id16 *chain)
{
	struct wire_hash under, was;
	uint64_t n;
	int rc = 0;

	if (follow_is_clinic(chain))
		return false;
	rc = follow_get_under(f, chain, &was);
	if (rc == ROWAN_E_NOT_FOUND)
		return false;
	if (rc == 0)
		rc = last_restore(f, &under, &n);
	if (rc != 0)
		f->fault = rc;
	return rc != 0 || memcmp(&was, &under, sizeof was) == 0;
}

bool follow_anew(
	struct follow *f, const struct id16 *chain, struct follow_chain *c)
{
	return !c->tried_anew &&
	       (follow_back_late(f, chain) || follow_back_earlier(f, chain)) &&
	       !was_done(f, chain) && again(c);
}

bool follow_anew_other(
	struct follow *f, const struct id16 *chain, struct follow_chain *c)
{
	return follow_anew(f, chain, c) ||
	       (follow_is_clinic(chain) && !c->tried_anew && again(c));
}

void follow_anew_end(struct follow *f)
{
	struct follow_anew *l = &f->anew;

	for (size_t i = 0; i < l->count; i++)
		buf_wipe(&l->items[i].raw);
	free(l->items);
	buf_wipe(&l->restore);
	*l = (struct follow_anew){0};
}

/* Of the clinic's chain what stands before a restore is ours. */
static int opened(struct follow_anew *l, const struct wire_statement *s)
{
	l->seeking = false;
	l->from = s->number - 1;
	return buf_set(&l->restore, s->raw);
}

static int begin(struct follow *f, const struct id16 *chain)
{
	struct follow_anew *l = &f->anew;
	struct wire_statement s;
	int rc = 0;

	follow_anew_end(f);
	l->begun = true;
	l->chain = *chain;
	if (!follow_is_clinic(chain))
		return 0;
	if (follow_back_late(f, chain)) {
		rc = wire_statement_decode(buf_view(&f->back.raw), &s);
		return rc == 0 ? opened(l, &s) : rc;
	}
	l->seeking = true;
	l->below = f->clinic.number + 2;
	return 0;
}

/* What is to be asked for, a whole answer below what was looked at. */
static uint64_t sought_after(const struct follow_anew *l)
{
	return l->below > WIRE_CHAIN_ITEMS_MAX + 1
		       ? l->below - WIRE_CHAIN_ITEMS_MAX - 1
		       : 0;
}

int follow_anew_next(struct follow *f, struct id16 *ret, uint64_t *ret_after,
	bool *ret_found)
{
	struct follow_chain *c = f->chain.anew ? &f->chain : NULL;
	struct follow_anew *l = &f->anew;
	int rc = 0;

	*ret = follow_clinic_chain;
	for (size_t i = 0; c == NULL && i < f->case_count; i++) {
		if (!f->cases[i]->chain.anew)
			continue;
		c = &f->cases[i]->chain;
		*ret = f->cases[i]->c.id;
	}
	*ret_found = c != NULL;
	if (c != NULL && (!l->begun || !id16_eq(&l->chain, ret)))
		rc = begin(f, ret);
	*ret_after = l->seeking ? sought_after(l) : l->from + l->count;
	return rc;
}

/* ---- the restore it begins with ------------------------------------------ */

/*
 * Of two restores the daemon tells of the second alone, which stands on what
 * came after the first. The first stands where its chain leaves ours: it is
 * looked for from our end backwards. 0: found; ROWAN_E_AGAIN: not yet.
 */
static int seek(struct follow *f, const struct wire_chain_answer *a)
{
	struct follow_anew *l = &f->anew;
	uint64_t after = sought_after(l);
	struct wire_statement s;

	if (a->count > 0 && a->first != after + 1)
		return ROWAN_E_CHAIN;
	for (size_t i = a->count; i > 0; i--) {
		const struct wire_chain_item *item = &a->items[i - 1];

		if (!item->withheld &&
			wire_statement_decode(item->statement, &s) == 0 &&
			follow_back_opens(f, &s))
			return opened(l, &s);
	}
	l->below = after + 1;
	if (l->below > a->newest.number + 1)
		l->below = a->newest.number + 1;
	return after == 0 || f->clinic.number - after > STATEMENTS_MAX
		       ? ROWAN_E_CHAIN
		       : ROWAN_E_AGAIN;
}

/* ---- ours ---------------------------------------------------------------- */

static int of_card(struct bytes raw, struct follow_old *o)
{
	struct wire_card card;
	int rc = wire_card_decode(raw, &card);

	o->device = card.device;
	o->member = card.member;
	return rc;
}

static int describe(
	struct follow *f, const struct wire_statement *s, struct follow_old *o)
{
	struct trust_card t;

	o->kind = s->kind;
	o->device = s->signers[0].device;
	switch (s->kind) {
	case WIRE_ST_CARD: return of_card(s->u.card, o);
	case WIRE_ST_REVOKE: o->device = s->u.revoke.device; break;
	case WIRE_ST_RESET: o->channel = s->u.reset.channel; break;
	case WIRE_ST_ASSIGN:
		o->channel = s->u.assign.channel;
		o->member = s->u.assign.member;
		return 0;
	case WIRE_ST_UNASSIGN:
		o->channel = s->u.unassign.channel;
		o->member = s->u.unassign.member;
		return 0;
	default: break;
	}
	if (f->source.card(f->source.ctx, &o->device, CLINIC_NEWEST, &t) == 0)
		o->member = t.card.member;
	return 0;
}

static int read_one(struct follow *f, const struct id16 *chain, uint64_t number,
	struct follow_old *ret)
{
	struct follow_link link;
	struct wire_statement s;
	struct buf raw;
	int rc = follow_get_link(f, chain, number, &link, &raw);

	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_CORRUPT : rc;
	*ret = (struct follow_old){.withheld = link.withheld,
		.content = link.link.content,
		.number = number,
		.time = link.time};
	if (!link.withheld) {
		rc = wire_statement_decode(link.statement, &s);
		if (rc == 0)
			rc = describe(f, &s, ret);
		if (rc != 0)
			rc = ROWAN_E_CORRUPT;
	}
	buf_wipe(&raw);
	return rc;
}

int follow_old_read(struct follow *f, const struct id16 *chain, uint64_t from,
	struct follow_old **ret, size_t *ret_count)
{
	const struct known_case *k = follow_find(f, chain);
	uint64_t last = k != NULL ? k->c.number : f->clinic.number;
	struct follow_old *list;
	size_t n = 0;
	int rc = 0;

	*ret = NULL;
	*ret_count = 0;
	if (last < from || last - from > STATEMENTS_MAX)
		return ROWAN_E_CHAIN;
	list = calloc((size_t)(last - from) + 1, sizeof *list);
	if (list == NULL)
		return ROWAN_E_NOMEM;
	for (; rc == 0 && n < last - from; n++)
		rc = read_one(f, chain, from + n + 1, &list[n]);
	if (rc != 0) {
		free(list);
		return rc;
	}
	*ret = list;
	*ret_count = n;
	return 0;
}

size_t follow_old_common(
	const struct follow *f, const struct follow_old *old, size_t count)
{
	const struct follow_anew *l = &f->anew;
	size_t n = 0;

	if (l->first > l->from + 1)
		return 0;
	while (n < count && n < l->count &&
		memcmp(&old[n].content, &l->items[n].link.content,
			sizeof old[n].content) == 0)
		n++;
	return n;
}

int follow_old_lost(struct follow *f, const struct id16 *chain,
	const struct id16 *channel, const struct follow_old *old)
{
	const struct event e = {.type = ROWAN_EVENT_LOST,
		.code = old->kind,
		.time = old->time,
		.case_id = *chain,
		.channel = *channel,
		.member = old->member,
		.device = old->device,
		.count = old->number};

	return events_add(f->o.events, &e);
}

/* ---- what the daemon shows ----------------------------------------------- */

static int add(struct follow_anew *l, const struct wire_chain_item *item)
{
	struct wire_statement s;
	struct anew_item *a, *more;
	int rc = 0;

	if (l->count == STATEMENTS_MAX)
		return ROWAN_E_LIMIT;
	if (l->count == l->room) {
		size_t room = l->room == 0 ? 64 : 2 * l->room;

		more = realloc(l->items, room * sizeof *more);
		if (more == NULL)
			return ROWAN_E_NOMEM;
		l->items = more;
		l->room = room;
	}
	a = &l->items[l->count];
	*a = (struct anew_item){
		.item = *item, .link = {item->subject, item->content}};
	if (!item->withheld) {
		rc = buf_copy(&a->raw, item->statement);
		a->item.statement = buf_view(&a->raw);
		if (rc == 0)
			rc = wire_statement_decode(a->item.statement, &s);
		if (rc == 0)
			rc = chain_link(&s, &a->link);
	}
	if (rc == 0)
		l->count++;
	else
		buf_wipe(&a->raw);
	return rc;
}

/* 0: that was all; ROWAN_E_AGAIN: there is more. */
static int add_all(struct follow_anew *l, const struct wire_chain_answer *a)
{
	uint64_t last = l->from + l->count;
	int rc = 0;

	if (l->count == 0)
		l->first = a->first;
	/* Of an erased case there is one statement, wherever it stands. */
	if (a->count > 0 && a->first != last + 1 &&
		!(l->count == 0 && a->count == 1 &&
			a->first == a->newest.number))
		return ROWAN_E_CHAIN;
	for (size_t i = 0; rc == 0 && i < a->count; i++)
		rc = add(l, &a->items[i]);
	if (rc != 0 || l->first + l->count > a->newest.number)
		return rc;
	return a->count > 0 ? ROWAN_E_AGAIN : ROWAN_E_CHAIN;
}

static void failed(struct follow *f, struct follow_chain *c,
	const struct wire_chain_head *newest)
{
	const struct known_case *k = follow_find(f, &f->asked_chain);
	uint64_t ours = k != NULL ? k->c.number : f->clinic.number;
	const struct follow_finding what = {.case_id = f->asked_chain,
		.number = newest == NULL ? ours : newest->number,
		.alarm = !f->anew.seeking && (newest == NULL ||
						     newest->number < ours)
				 ? ROWAN_ALARM_ROLLBACK
				 : ROWAN_ALARM_FORK};
	int rc = follow_alarm(f, c, &what);

	if (rc != 0)
		f->fault = rc;
}

/* Nothing of the case is there any more, and nobody takes ours. */
static int lose_case(struct follow *f, struct known_case *k)
{
	struct follow_old *old = NULL;
	size_t count = 0;
	int rc = follow_open(f);

	if (rc != 0)
		return rc;
	rc = follow_old_read(f, &k->c.id, 0, &old, &count);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		const struct case_channel *ch =
			case_channel(&k->c, old[i].channel);

		rc = follow_old_lost(f, &k->c.id,
			ch != NULL ? &ch->channel : &follow_clinic_chain,
			&old[i]);
	}
	if (rc == 0)
		rc = follow_hold(f, &k->c, &follow_clinic_chain, 0);
	free(old);
	return follow_close(f, rc);
}

void follow_anew_answer(struct follow *f, const struct requests_outcome *o,
	const struct wire_chain_answer *a)
{
	struct known_case *k = follow_find(f, &f->asked_chain);
	struct follow_chain *c = k != NULL ? &k->chain : &f->chain;
	struct follow_anew *l = &f->anew;
	int rc = o->rc;

	/* The difference is known by now: nothing to be silent about. */
	if (l->seeking && (rc == ROWAN_E_AGAIN || rc == ROWAN_E_STATE))
		rc = ROWAN_E_CHAIN;
	if (rc == ROWAN_E_AGAIN || rc == ROWAN_E_STATE) {
		follow_anew_end(f);
		f->pause = true;
		return;
	}
	if (rc == 0 && a == NULL)
		rc = ROWAN_E_MALFORMED;
	if (rc == 0 && l->seeking) {
		rc = seek(f, a);
		/* Now it is read from there. */
		if (rc == 0)
			rc = ROWAN_E_AGAIN;
	} else if (rc == 0) {
		rc = add_all(l, a);
	}
	if (rc == ROWAN_E_AGAIN)
		return;
	c->anew = false;
	if (rc == 0)
		rc = k != NULL ? follow_case_anew(f, k, &a->newest)
			       : follow_clinic_anew(f, &a->newest);
	else if (rc == ROWAN_E_REFUSED && k != NULL)
		rc = lose_case(f, k);
	/* Perhaps for want of a card that was withheld once. */
	if (rc == ROWAN_E_UNKNOWN && !c->tried_holes) {
		c->anew = c->tried_holes = f->want_holes = true;
		f->holes_from = 0;
	} else if (rc != 0 && follow_verdict(rc)) {
		failed(f, c, a == NULL ? NULL : &a->newest);
	} else if (rc != 0) {
		f->fault = rc;
	}
	follow_anew_end(f);
}
