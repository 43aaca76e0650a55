/*
 * Statements: see statements.h.
 */
#include <stdlib.h>

#include "clinic/acts.h"
#include "clinic/source.h"
#include "ops/record.h"
#include "ops/restored.h"
#include "ops/statements.h"
#include "ops/visible.h"

/* Bytes of statements in one answer, about: it is one frame. */
#define ANSWER_BYTES (WIRE_FRAME_MAX / 2)

static bool is_clinic(const struct id16 *chain)
{
	return id16_eq(chain, &source_clinic_chain);
}

/* ---- put ----------------------------------------------------------------- */

/* Up to which number the sender may read the chain: 0 for nothing. */
static int readable(struct ops *o, const struct id16 *chain, uint64_t *ret)
{
	int rc = 0;

	*ret = UINT64_MAX;
	if (!is_clinic(chain))
		rc = visible_case(o, chain, ret);
	if (rc == ROWAN_E_REFUSED) {
		*ret = 0;
		rc = 0;
	}
	return rc;
}

/* The number is taken: by this very statement, or by another. */
static int taken(struct ops *o, const struct wire_statement *s, uint64_t last,
	struct wire_chain_head *ret)
{
	struct store_act act;
	struct buf raw;
	int rc;

	/* What has become of the chain since is not the sender's to know. */
	if (s->number > last)
		return ROWAN_E_REFUSED;
	rc = store_act_get(o->view, &s->case_id, s->number, &act, &raw);
	if (rc == 0 && bytes_eq(act.raw, s->raw)) {
		ret->number = act.number;
		memcpy(ret->head.b, act.head, sizeof ret->head.b);
	} else if (rc == 0 || rc == ROWAN_E_NOT_FOUND) {
		rc = ROWAN_E_STALE;
	}
	buf_wipe(&raw);
	return rc;
}

static int case_now(
	struct ops *o, const struct id16 *case_id, struct case_state *ret)
{
	struct source source;
	int rc;

	source_init(&source, o->view);
	rc = source_case(&source, case_id, ret);
	source_wipe(&source);
	return rc;
}

/*
 * Who is to hear of it: those on the case ${c}, and whom it took off it. Of a
 * case that it erased ${c} is the case before.
 */
static int tell(struct ops *o, const struct request *r,
	const struct wire_statement *s, const struct acts_result *done,
	const struct case_state *c)
{
	struct id16 members[CASE_ASSIGNMENTS_MAX + 1];
	struct notice n = {.chain = done->chain,
		.newest = done->head,
		.members = members,
		.all = is_clinic(&done->chain),
		.but = r->from};

	if (s->kind == WIRE_ST_UNASSIGN)
		members[n.member_count++] = s->u.unassign.member;
	if (s->kind == WIRE_ST_RECUSE)
		members[n.member_count++] = o->sender.member;
	for (size_t i = 0; i < c->assignment_count; i++)
		if (c->assignments[i].until == 0 ||
			c->assignments[i].until > o->now)
			members[n.member_count++] = c->assignments[i].member;
	return subs_notice(&o->subs, &n);
}

/* What follows from it for whoever is connected. */
static int follow_up(struct ops *o, const struct request *r,
	const struct wire_statement *s, const struct acts_result *done,
	const struct case_state *before)
{
	struct case_state now = {0};
	int rc = 0;

	if (done->revoked)
		rc = ops_revoked(o, &done->device);
	if (rc == 0 && done->erased)
		rc = ops_erased(o, &done->chain);
	if (rc == 0 && !done->erased && !is_clinic(&done->chain))
		rc = case_now(o, &done->chain, &now);
	if (rc == 0)
		rc = tell(o, r, s, done, done->erased ? before : &now);
	case_wipe(&now);
	return rc;
}

static int take_in(struct ops *o, struct request *r,
	const struct wire_statement *s, struct wire_chain_head *ret)
{
	struct case_state before = {0};
	struct acts_result done = {0};
	uint64_t last;
	int rc = readable(o, &s->case_id, &last);

	if (rc != 0)
		return rc;
	/* When it would begin cannot be told. */
	if (s->kind == WIRE_ST_ASSIGN && o->doubtful)
		return last == 0 ? ROWAN_E_REFUSED : ROWAN_E_AGAIN;
	if (s->kind == WIRE_ST_ERASE)
		rc = case_now(o, &s->case_id, &before);
	if (rc == 0)
		rc = restored_put(o, r, s, &done);
	if (rc == 0)
		rc = follow_up(o, r, s, &done, &before);
	case_wipe(&before);
	if (rc == ROWAN_E_STALE)
		return taken(o, s, last, ret);
	/* To those only who may know that there is such a case. */
	if (rc == ROWAN_E_RESTORING && last == 0 &&
		o->returning.phase != RETURNING_CLINIC)
		return ROWAN_E_REFUSED;
	/*
	 * Before there is an authority nothing can be signed by it; nor is
	 * what is not there erased.
	 */
	if (rc == ROWAN_E_NOT_FOUND)
		return ROWAN_E_REFUSED;
	*ret = done.head;
	return rc;
}

int statements_put(struct ops *o, struct request *r)
{
	struct wire_chain_head head = {0};
	struct wire_statement s;
	int rc = wire_statement_decode(r->body.statement_put.statement, &s);

	if (rc == 0)
		rc = take_in(o, r, &s, &head);
	if (rc != 0)
		return rc;
	o->allowed = true;
	o->record.case_id = s.case_id;
	o->record.number = s.number;
	entry_content(s.raw, &o->record.content);
	return wire_chain_head_encode(&head, &r->out);
}

/* ---- fetch --------------------------------------------------------------- */

/* An answer while it is made. */
struct answer {
	struct wire_chain_answer a;
	struct buf raw[WIRE_CHAIN_ITEMS_MAX];
	struct visible visible;
	size_t bytes;
	bool erased;
};

static int add_item(struct answer *w, const struct store_act *act, bool clinic)
{
	struct wire_chain_item *item = &w->a.items[w->a.count];
	/* Of what was erased the link is left. */
	bool whole = act->raw.len > 0;
	int rc = clinic && whole ? visible_act(&w->visible, act, &whole) : 0;

	if (rc != 0)
		return rc;
	*item = (struct wire_chain_item){.withheld = !whole};
	if (whole) {
		item->statement = act->raw;
		w->bytes += act->raw.len;
	} else {
		memcpy(item->subject.b, act->subject, sizeof item->subject.b);
		memcpy(item->content.b, act->content, sizeof item->content.b);
		item->time = act->time;
	}
	return 0;
}

static bool has_last(struct ops *o, const struct id16 *chain, uint64_t newest)
{
	struct store_act act;
	struct buf raw;
	bool there = store_act_get(o->view, chain, newest, &act, &raw) == 0 &&
		     act.raw.len > 0;

	buf_wipe(&raw);
	return there;
}

/* What comes after ${f}->after, as far as it fits. */
static int collect(
	struct ops *o, const struct wire_chain_fetch *f, struct answer *w)
{
	size_t most =
		f->max < WIRE_CHAIN_ITEMS_MAX ? f->max : WIRE_CHAIN_ITEMS_MAX;
	uint64_t newest = w->a.newest.number, after = f->after;
	struct store_act act;

	if (after >= newest || most == 0)
		return 0;
	/* Of an erased case its last statement is all there is, if that. */
	if (w->erased) {
		after = newest - 1;
		if (!has_last(o, &f->chain, newest))
			return 0;
	}
	if (most > newest - after)
		most = (size_t)(newest - after);
	w->a.first = after + 1;
	while (w->a.count < most && w->bytes < ANSWER_BYTES) {
		struct buf *raw = &w->raw[w->a.count];
		int rc = store_act_get(
			o->view, &f->chain, w->a.first + w->a.count, &act, raw);

		if (rc == 0)
			rc = add_item(w, &act, is_clinic(&f->chain));
		if (rc != 0)
			return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_CORRUPT : rc;
		w->a.count++;
	}
	return 0;
}

/*
 * The newest statement of a chain that is readable up to ${last}, and whether
 * the rest of it is erased.
 */
static int newest_of(struct ops *o, const struct id16 *chain, uint64_t last,
	struct wire_chain_head *ret, bool *ret_erased)
{
	struct case_state c = {0};
	struct clinic clinic;
	struct source source;
	struct store_act act;
	struct buf raw;
	int rc;

	source_init(&source, o->view);
	if (is_clinic(chain)) {
		rc = source_clinic(&source, &clinic);
		*ret = (struct wire_chain_head){clinic.number, clinic.head};
	} else {
		rc = source_case(&source, chain, &c);
		*ret = (struct wire_chain_head){c.number, c.head};
	}
	*ret_erased = c.status == CASE_ERASED;
	case_wipe(&c);
	source_wipe(&source);
	if (rc == ROWAN_E_NOT_FOUND)
		return ROWAN_E_REFUSED;
	if (rc != 0 || ret->number <= last)
		return rc;
	rc = store_act_get(o->view, chain, last, &act, &raw);
	ret->number = last;
	memcpy(ret->head.b, act.head, sizeof ret->head.b);
	buf_wipe(&raw);
	return rc;
}

int statements_fetch(struct ops *o, struct request *r)
{
	const struct wire_chain_fetch *f = &r->body.chain_fetch;
	bool clinic = is_clinic(&f->chain);
	uint64_t last = UINT64_MAX;
	struct answer *w;
	int rc = clinic ? 0 : visible_case(o, &f->chain, &last);

	if (rc != 0)
		return rc;
	o->allowed = true;
	w = calloc(1, sizeof *w);
	if (w == NULL)
		return ROWAN_E_NOMEM;
	rc = newest_of(o, &f->chain, last, &w->a.newest, &w->erased);
	if (rc == 0 && clinic)
		rc = visible_init(&w->visible, o);
	if (rc == 0)
		rc = collect(o, f, w);
	/* Where nothing is new nothing was read. */
	o->record.case_id = f->chain;
	o->record.number = w->a.first;
	o->record.done = w->a.count == 0;
	if (rc == 0)
		rc = wire_chain_answer_encode(&w->a, &r->out);
	for (size_t i = 0; i < WIRE_CHAIN_ITEMS_MAX; i++)
		buf_wipe(&w->raw[i]);
	visible_wipe(&w->visible);
	free(w);
	return rc;
}

/* ---- cases --------------------------------------------------------------- */

static int one_case(struct ops *o, const struct store_part *part,
	struct wire_case_head *ret)
{
	struct wire_chain_head newest = {0};
	uint64_t last;
	bool erased;
	int rc = visible_case(o, &part->case_id, &last);

	if (rc == 0)
		rc = newest_of(o, &part->case_id, last, &newest, &erased);
	*ret = (struct wire_case_head){part->case_id, newest.number};
	/* Who has a part has a case. */
	return rc == ROWAN_E_REFUSED ? ROWAN_E_CORRUPT : rc;
}

int statements_cases(struct ops *o, struct request *r)
{
	const struct id16 *after = &r->body.cases_fetch.after;
	struct store_part *parts = calloc(STORE_CASES_MAX, sizeof *parts);
	struct wire_cases_answer a = {.count = 0};
	size_t len = 0;
	int rc;

	if (parts == NULL)
		return ROWAN_E_NOMEM;
	rc = store_part_list(
		o->view, &o->sender.member, parts, STORE_CASES_MAX, &len);
	for (size_t i = 0; rc == 0 && i < len; i++) {
		if (id16_cmp(&parts[i].case_id, after) <= 0)
			continue;
		a.more = a.count == WIRE_CASES_MAX;
		if (a.more)
			break;
		rc = one_case(o, &parts[i], &a.cases[a.count++]);
	}
	free(parts);
	return rc == 0 ? wire_cases_answer_encode(&a, &r->out) : rc;
}

static int by_id(const void *a, const void *b)
{
	const struct wire_case_head *x = a, *y = b;

	return id16_cmp(&x->case_id, &y->case_id);
}

/* One page; the first case past it says that there is more. */
static int collect_all(
	struct ops *o, int64_t row, struct wire_cases_all_answer *a)
{
	struct wire_chain_head newest;
	struct store_case c;
	bool erased;
	int rc;

	while ((rc = store_case_next(o->view, &row, &c)) == 0) {
		struct wire_case_head *h = &a->page.cases[a->page.count];

		if (a->page.count == WIRE_CASES_MAX) {
			a->page.more = true;
			return 0;
		}
		rc = newest_of(o, &c.id, UINT64_MAX, &newest, &erased);
		/* Such are in stores that were filled by hand. */
		if (rc != 0 && rc != ROWAN_E_REFUSED)
			return rc;
		a->next = (uint64_t)row;
		if (rc != 0)
			continue;
		*h = (struct wire_case_head){c.id, newest.number};
		a->page.count++;
	}
	a->next = 0;
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

int statements_all(struct ops *o, struct request *r)
{
	uint64_t from = r->body.cases_all.from;
	struct wire_cases_all_answer *a;
	int rc = (o->sender.rights & WIRE_RIGHT_COORDINATE) != 0
			 ? 0
			 : ROWAN_E_REFUSED;

	if (rc != 0)
		return rc;
	o->allowed = true;
	a = calloc(1, sizeof *a);
	if (a == NULL)
		return ROWAN_E_NOMEM;
	if (from < INT64_MAX)
		rc = collect_all(o, (int64_t)from, a);
	qsort(a->page.cases, a->page.count, sizeof *a->page.cases, by_id);
	o->record.number = a->page.count;
	o->record.done = a->page.count == 0;
	if (rc == 0)
		rc = wire_cases_all_answer_encode(a, &r->out);
	free(a);
	return rc;
}

int statements_revocation(struct ops *o, struct request *r)
{
	struct wire_statement_put a;
	struct store_standing at;
	struct store_act act;
	struct buf raw = {NULL, 0};
	int rc = store_standing_get(o->view, &r->device, &at);

	if (rc == 0)
		rc = store_act_get(
			o->view, &source_clinic_chain, at.revoked, &act, &raw);
	if (rc == 0) {
		a.statement = act.raw;
		rc = wire_statement_put_encode(&a, &r->out);
	}
	buf_wipe(&raw);
	/* By the operator, in a store that was filled by hand. */
	return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_REFUSED : rc;
}
