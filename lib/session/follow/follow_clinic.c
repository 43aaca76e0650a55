/*
 * The clinic's chain as the daemon shows it: cards, revocations, and what
 * concerns everybody; and, later, what was withheld of it at first.
 *
 * Each answer is one transaction: everything in front of the first wrong
 * statement counts, nothing behind it. What a restore has lost for good is left
 * in one transaction, too, or not at all.
 */
#include <stdlib.h>

#include "session/follow/follow_inner.h"
#include "trust/attest.h"

/* An answer on its way in. */
struct taking {
	struct follow *f;
	struct clinic c;    /* as far as this transaction has got */
	uint64_t number;    /* of the item at hand */
	bool hidden;	    /* the item is withheld and must not be */
	struct id16 device; /* then: whose it is */
};

/* ---- one statement ------------------------------------------------------- */

static int revoked_event(
	struct follow *f, const struct wire_statement *s, struct trust_card *t)
{
	struct event e = {.type = ROWAN_EVENT_REVOKED,
		.time = s->time,
		.device = s->u.revoke.device,
		.member = t->card.member,
		.case_id = s->u.revoke.case_id,
		.count = s->number};
	int rc = 0;

	/* What was over before we came is no news. */
	if (f->current)
		rc = events_add(f->o.events, &e);
	if (rc != 0 || !id16_eq(&e.device, &f->device))
		return rc;
	e.type = ROWAN_EVENT_SELF_REVOKED;
	e.code = ROWAN_E_REVOKED;
	return events_add(f->o.events, &e);
}

static int keep_revoke(struct follow *f, const struct wire_statement *s)
{
	struct trust_card t;
	int rc = f->source.card(
		f->source.ctx, &s->u.revoke.device, CLINIC_NEWEST, &t);

	if (rc == 0)
		rc = revoked_event(f, s, &t);
	return rc != 0 ? rc
		       : follow_put_revoked(
				 f, &s->u.revoke.device, s->number, s->time);
}

static int clinic_event(struct follow *f, const struct wire_statement *s)
{
	const struct event e = {.type = ROWAN_EVENT_CLINIC,
		.code = s->kind,
		.time = s->time,
		.count = s->number};

	bool known = false;
	int rc = 0;

	/* Perhaps told when it was still waiting for its place. */
	if (s->kind == WIRE_ST_RESTORE) {
		rc = follow_back_heard(f, s->raw, &known);
		/* A case of as many statements may be another. */
		for (size_t i = 0; i < f->case_count; i++)
			f->cases[i]->chain.wanted =
				f->cases[i]->c.status != CASE_ERASED;
	}
	return rc == 0 && f->current && !known ? events_add(f->o.events, &e)
					       : rc;
}

/* What a checked statement changes besides the clinic's own state. */
static int keep(struct follow *f, const struct wire_statement *s)
{
	int rc = 0;

	switch (s->kind) {
	case WIRE_ST_CARD:
		return follow_put_card(f, s->u.card, s->number, s->time);
	case WIRE_ST_REVOKE: return keep_revoke(f, s);
	case WIRE_ST_SUCCEED:
		rc = follow_put_record(f, s->number, s->u.succeed);
		break;
	default: break;
	}
	return rc == 0 ? clinic_event(f, s) : rc;
}

static int take_statement(struct taking *t, const struct wire_statement *s)
{
	struct follow *f = t->f;
	const struct rules_context ctx = {
		.clinic = &t->c, .source = &f->source};
	struct follow_link link = {.time = s->time, .statement = s->raw};
	int rc = wire_statement_of_case(s->kind) ? ROWAN_E_CHAIN : 0;

	if (rc == 0)
		rc = chain_link(s, &link.link);
	/* What was withheld of a device comes before what is shown of it. */
	if (rc == 0 && s->kind == WIRE_ST_CARD) {
		rc = follow_hole_of(f, &link.link.subject);
		rc = rc == 0		       ? ROWAN_E_UNKNOWN
		     : rc == ROWAN_E_NOT_FOUND ? 0
					       : rc;
	}
	if (rc == 0)
		rc = rules_check(&ctx, s);
	if (rc != 0)
		return rc;
	rc = rules_apply_clinic(&t->c, s);
	link.head = t->c.head;
	if (rc == 0)
		rc = follow_put_link(
			f, &follow_clinic_chain, t->c.number, &link);
	return rc == 0 ? keep(f, s) : rc;
}

static int take_link(struct taking *t, const struct wire_chain_item *item)
{
	struct follow_link link = {.withheld = true,
		.link = {item->subject, item->content},
		.time = item->time};
	static const struct wire_hash everybody;
	int rc = follow_subject(t->f, &item->subject, &t->device);

	/* What concerns everybody, or somebody we know, is never withheld. */
	t->hidden = rc == 0 ||
		    memcmp(&item->subject, &everybody, sizeof everybody) == 0;
	if (t->hidden)
		return ROWAN_E_CHAIN;
	if (rc != ROWAN_E_NOT_FOUND)
		return rc;
	if (item->time < t->c.time)
		return ROWAN_E_CHAIN;
	clinic_follow(&t->c, &link.link, link.time);
	link.head = t->c.head;
	rc = follow_put_link(t->f, &follow_clinic_chain, t->c.number, &link);
	return rc == 0 ? follow_put_hole(t->f, t->c.number, &item->subject)
		       : rc;
}

static int take_item(struct taking *t, const struct wire_chain_item *item)
{
	struct wire_statement s;
	int rc;

	if (item->withheld) {
		rc = take_link(t, item);
	} else {
		rc = wire_statement_decode(item->statement, &s);
		if (rc == 0)
			rc = take_statement(t, &s);
	}
	return rc == 0 ? follow_expected(t->f, &follow_clinic_chain,
				 t->c.number, &t->c.head)
		       : rc;
}

/* ---- an answer ----------------------------------------------------------- */

static int wrong(struct taking *t, int rc)
{
	struct follow *f = t->f;
	const struct follow_finding what = {
		.alarm = t->hidden ? ROWAN_ALARM_HIDDEN : follow_meaning(rc),
		.device = t->hidden ? t->device : follow_clinic_chain,
		.number = t->number};

	/* Perhaps for want of a card that was withheld once. */
	if (rc == ROWAN_E_UNKNOWN && !f->chain.tried_holes) {
		f->chain.tried_holes = true;
		f->want_holes = true;
		f->holes_from = 0;
		return 0;
	}
	f->chain.wanted = false;
	if (what.alarm == ROWAN_ALARM_FORK &&
		follow_anew_other(f, &follow_clinic_chain, &f->chain))
		return 0;
	return follow_alarm(f, &f->chain, &what);
}

/* The end is reached: what comes now is news. */
static int at_the_end(struct taking *t)
{
	struct follow *f = t->f;
	int rc;

	f->chain.wanted = false;
	f->current = true;
	rc = follow_put_state(f, &t->c);
	return rc == 0 ? follow_owed(f, &follow_clinic_chain, t->c.number) : rc;
}

/*
 * Links tell nothing of what they stand behind. Those at the end of an answer
 * must come to the head that it names, or they are another history's.
 */
static bool is_torn(const struct taking *t, const struct wire_chain_answer *a)
{
	struct wire_hash head = t->c.head;
	struct wire_statement s;

	if (a->count == 0 || !a->items[a->count - 1].withheld ||
		a->first != t->c.number + 1 ||
		t->c.number + a->count != a->newest.number)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct wire_chain_item *item = &a->items[i];
		struct chain_link link = {item->subject, item->content};

		if (!item->withheld &&
			(wire_statement_decode(item->statement, &s) != 0 ||
				chain_link(&s, &link) != 0))
			return false;
		chain_next(&head, &link, &head);
	}
	return memcmp(&head, &a->newest.head, sizeof head) != 0;
}

static int take_all(struct taking *t, const struct wire_chain_answer *a)
{
	struct follow *f = t->f;
	struct wire_chain_head ours;
	int rc = 0;

	t->number = t->c.number + 1;
	if (is_torn(t, a))
		return wrong(t, ROWAN_E_CHAIN);
	if (a->count > 0 && a->first != t->number)
		return wrong(t, ROWAN_E_CHAIN);
	for (size_t i = 0; rc == 0 && i < a->count; i++, t->number++)
		rc = take_item(t, &a->items[i]);
	if (t->c.number != f->clinic.number &&
		(rc == 0 || follow_verdict(rc))) {
		int put = follow_put_state(f, &t->c);

		rc = put != 0 ? put : rc;
		f->chain.tried_holes = false;
		f->chain.alarmed = 0;
	}
	if (rc != 0)
		return follow_verdict(rc) ? (t->number--, wrong(t, rc)) : rc;
	ours = (struct wire_chain_head){t->c.number, t->c.head};
	rc = follow_newest(f, &follow_clinic_chain, &ours, &a->newest);
	if (rc == 0)
		return at_the_end(t);
	if (rc != ROWAN_E_AGAIN) {
		f->chain.wanted = false;
		return rc == ROWAN_E_CHAIN ? 0 : rc;
	}
	/* There is more, and none of it came. */
	if (a->count == 0) {
		const struct follow_finding what = {
			.alarm = ROWAN_ALARM_HIDDEN, .number = t->number};

		f->chain.wanted = false;
		return follow_alarm(f, &f->chain, &what);
	}
	return 0;
}

/* The clinic has changed for everything that stands on it. */
static void moved(struct follow *f)
{
	/* Now the cases' turn may have come. */
	f->back.again_at = f->back.pause = 0;
	f->fault = follow_self(f);
	/* Cards end, too. */
	for (size_t i = 0; i < f->case_count; i++)
		follow_next_change(f, f->cases[i]);
	f->o.changed(f->o.ctx, &follow_clinic_chain);
}

void follow_clinic_answer(struct follow *f, const struct wire_chain_answer *a)
{
	struct taking t = {.f = f, .c = f->clinic};
	bool news, was = f->current;
	int rc = follow_open(f);

	if (rc == 0) {
		rc = take_all(&t, a);
		rc = follow_close(f, rc);
	}
	if (rc != 0) {
		f->fault = rc;
		f->current = was;
		f->chain.wanted = true;
		return;
	}
	news = t.c.number != f->clinic.number;
	f->clinic = t.c;
	if (news)
		moved(f);
}

/* ---- after a restore ----------------------------------------------------- */

/*
 * Rights that were lost may be given again, or not. An end of rights may not
 * be forgotten: whoever had none counts for nothing here, and of a device that
 * may sign for others the end must stand in the daemon's chain.
 */
static int stays_out(struct follow *f, const struct follow_old *old)
{
	struct trust_card t;
	int rc = f->source.card(f->source.ctx, &old->device, CLINIC_NEWEST, &t);

	/* What it signed between its two ends lets nobody in either. */
	if (rc == ROWAN_E_NOT_FOUND || (rc == 0 && t.revoked != 0) ||
		(rc == 0 && t.card.rights == 0 &&
			(t.card.role == WIRE_ROLE_CASEWORKER ||
				t.card.role == WIRE_ROLE_VICTIM)))
		return follow_hold_device(f, &old->device);
	return rc == 0 ? ROWAN_E_CHAIN : rc;
}

/* When it was signed, and which of those of one second. */
static bool is_later(uint64_t time, const struct wire_hash *content,
	uint64_t than, const struct wire_hash *than_content)
{
	return time != than
		       ? time > than
		       : memcmp(content, than_content, sizeof *content) > 0;
}

/*
 * Restores are followed in one order: for one that was followed there must be
 * a later one, or a daemon could lead us to and fro between two.
 */
static int goes_on(struct taking *t, const struct follow_old *old, size_t from,
	size_t count)
{
	const struct follow_anew *l = &t->f->anew;
	const struct follow_old *lost = NULL;
	bool later = false;

	for (size_t i = from; i < count; i++)
		if (!old[i].withheld && old[i].kind == WIRE_ST_RESTORE &&
			(lost == NULL || is_later(old[i].time, &old[i].content,
						 lost->time, &lost->content)))
			lost = &old[i];
	for (size_t i = from; lost != NULL && !later && i < l->count; i++) {
		const struct anew_item *a = &l->items[i];
		struct wire_statement s;

		later = !a->item.withheld &&
			wire_statement_decode(a->item.statement, &s) == 0 &&
			s.kind == WIRE_ST_RESTORE &&
			is_later(s.time, &a->link.content, lost->time,
				&lost->content);
	}
	return lost == NULL || later ? 0 : ROWAN_E_CHAIN;
}

static int lose(struct taking *t, const struct follow_old *old, size_t count)
{
	size_t i = follow_old_common(t->f, old, count);
	int rc = goes_on(t, old, i, count);

	for (; rc == 0 && i < count; i++) {
		if (old[i].withheld)
			continue;
		if (old[i].kind == WIRE_ST_REVOKE)
			rc = stays_out(t->f, &old[i]);
		if (rc == 0)
			rc = follow_old_lost(t->f, &follow_clinic_chain,
				&follow_clinic_chain, &old[i]);
	}
	return rc;
}

/* The same authority as ours, and its restore in it. */
static int is_whole(struct taking *t, const struct wire_chain_head *newest)
{
	const struct follow_anew *l = &t->f->anew;
	bool found = false;

	for (size_t i = 0; !found && i < l->count; i++)
		found = !l->items[i].item.withheld &&
			bytes_eq(l->items[i].item.statement,
				buf_view(&l->restore));
	return found && t->c.number == newest->number &&
			       memcmp(&t->c.head, &newest->head,
				       sizeof newest->head) == 0 &&
			       memcmp(&t->c.record, &t->f->clinic.record,
				       sizeof t->c.record) == 0
		       ? 0
		       : ROWAN_E_CHAIN;
}

static int replay(struct taking *t, const struct wire_chain_head *newest)
{
	struct follow *f = t->f;
	const struct follow_anew *l = &f->anew;
	struct follow_old *old;
	size_t count;
	int rc =
		follow_old_read(f, &follow_clinic_chain, l->from, &old, &count);

	if (rc == 0)
		rc = follow_clinic_at(f, l->from + 1, &t->c);
	if (rc == 0)
		rc = follow_cut(f, l->from, old, count);
	t->number = l->from + 1;
	for (size_t i = 0; rc == 0 && i < l->count; i++, t->number++)
		rc = take_item(t, &l->items[i].item);
	if (rc == 0)
		rc = is_whole(t, newest);
	if (rc == 0)
		rc = lose(t, old, count);
	free(old);
	return rc == 0 ? follow_put_state(f, &t->c) : rc;
}

int follow_clinic_anew(struct follow *f, const struct wire_chain_head *newest)
{
	struct taking t = {.f = f};
	int rc = follow_open(f);

	if (rc == 0)
		rc = follow_close(f, replay(&t, newest));
	if (rc != 0)
		return rc;
	f->clinic = t.c;
	f->chain.alarmed = 0;
	/* What a case said of the clinic may be lost as well. */
	for (size_t i = 0; i < f->case_count; i++)
		follow_catch_up(f, &f->cases[i]->c.id);
	moved(f);
	return 0;
}

/* ---- what was withheld --------------------------------------------------- */

/* A statement in the place of its link: the same one, by all rules. */
static int fill(struct taking *t, const struct wire_chain_item *item,
	const struct follow_link *link)
{
	struct rules_context ctx = {.source = &t->f->source};
	struct follow_link whole = *link;
	struct wire_statement s;
	struct chain_link got;
	struct clinic before;
	int rc = wire_statement_decode(item->statement, &s);

	if (rc == 0)
		rc = chain_link(&s, &got);
	if (rc == 0 && memcmp(&got, &link->link, sizeof got) != 0)
		rc = ROWAN_E_CHAIN;
	if (rc == 0)
		rc = follow_clinic_at(t->f, t->number, &before);
	ctx.clinic = &before;
	if (rc == 0)
		rc = rules_check(&ctx, &s);
	if (rc != 0)
		return rc;
	whole.withheld = false;
	whole.statement = s.raw;
	rc = follow_put_link(t->f, &follow_clinic_chain, t->number, &whole);
	if (rc == 0)
		rc = follow_fill_hole(t->f, t->number, &got.subject);
	return rc == 0 ? keep(t->f, &s) : rc;
}

static int look_again(struct taking *t, const struct wire_chain_item *item)
{
	struct follow_link link;
	struct buf raw;
	int rc = follow_get_link(
		t->f, &follow_clinic_chain, t->number, &link, &raw);

	/* More than we have followed is not asked for here. */
	if (rc == ROWAN_E_NOT_FOUND)
		return 0;
	if (rc == 0 && link.withheld && !item->withheld)
		rc = fill(t, item, &link);
	buf_wipe(&raw);
	return rc;
}

static int look_at_all(struct taking *t, const struct wire_chain_answer *a)
{
	struct follow *f = t->f;
	int rc = 0;

	t->number = f->asked_after + 1;
	if (a->count > 0 && a->first != t->number)
		rc = ROWAN_E_CHAIN;
	for (size_t i = 0; rc == 0 && i < a->count; i++, t->number++)
		rc = look_again(t, &a->items[i]);
	if (rc == 0 && a->count == 0)
		rc = ROWAN_E_CHAIN;
	if (rc == 0 || !follow_verdict(rc))
		return rc;
	f->want_holes = false;
	return follow_alarm(f, &f->chain,
		&(struct follow_finding){
			.alarm = follow_meaning(rc), .number = t->number - 1});
}

void follow_holes_answer(struct follow *f, const struct wire_chain_answer *a)
{
	struct taking t = {.f = f};
	int rc = follow_open(f);

	if (rc == 0) {
		rc = look_at_all(&t, a);
		rc = follow_close(f, rc);
	}
	if (rc != 0) {
		f->fault = rc;
		return;
	}
	f->holes_from = f->asked_after + a->count + 1;
	f->o.changed(f->o.ctx, &follow_clinic_chain);
}
