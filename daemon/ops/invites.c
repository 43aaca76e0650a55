/*
 * Invites, for the registrar: see invites.h.
 *
 * The bundle is sealed; its form is the clients' business.
 */
#include <stdlib.h>

#include "clinic/source.h"
#include "ops/held.h"
#include "ops/invites.h"
#include "ops/record.h"

/* The case is open and the registrar's member is on it now. */
static int case_allows(
	struct ops *o, const struct id16 *case_id, const struct id16 *member)
{
	static const struct id16 none;
	struct case_state c;
	struct source s;
	int rc;

	if (id16_eq(case_id, &none))
		return 0;
	source_init(&s, o->view);
	rc = source_case(&s, case_id, &c);
	if (rc == ROWAN_E_NOT_FOUND ||
		(rc == 0 && (c.status != CASE_OPEN ||
				    !case_assigned(&c, member, 0, o->sure) ||
				    !case_assigned(&c, member, 0, o->now))))
		rc = ROWAN_E_REFUSED;
	case_wipe(&c);
	source_wipe(&s);
	return rc;
}

/* The same invite again, and still to be had. */
static bool is_repeat(const struct held *h, const struct request *r)
{
	return id16_eq(&h->owner, &r->device) && held_live(h) &&
	       bytes_eq(h->bundle, r->body.invite_put.bundle);
}

static int put_new(struct ops *o, struct request *r, struct held *h)
{
	const struct wire_invite_put *p = &r->body.invite_put;
	uint64_t life = p->lifetime;
	uint32_t open;
	int rc;

	if (life == 0)
		life = o->config->invite_lifetime / 1000;
	if (life > o->config->invite_lifetime_max / 1000)
		return ROWAN_E_LIMIT;
	/* How long it would live cannot be told. */
	if (o->doubtful)
		return ROWAN_E_AGAIN;
	rc = store_invite_count(o->view, &r->device, &open);
	if (rc == 0 && open >= o->config->invites)
		rc = ROWAN_E_QUOTA;
	if (rc != 0)
		return rc;
	*h = (struct held){.id = p->invite,
		.owner = r->device,
		.state = WIRE_INVITE_OPEN,
		.expires = o->now + life,
		.bundle = p->bundle};
	return held_put(o, h);
}

int invites_put(struct ops *o, struct request *r)
{
	const struct wire_invite_put *p = &r->body.invite_put;
	struct wire_invite_put_answer a;
	struct held h = {.state = 0};
	int rc;

	if ((o->sender.rights & WIRE_RIGHT_ENROL) == 0)
		return ROWAN_E_REFUSED;
	o->record.case_id = p->case_id;
	entry_content(id16_view(&p->invite), &o->record.content);
	rc = case_allows(o, &p->case_id, &o->sender.member);
	if (rc == 0)
		rc = held_get(o, &p->invite, &h);
	if (rc == 0)
		rc = is_repeat(&h, r) ? 0 : ROWAN_E_EXISTS;
	else if (rc == ROWAN_E_NOT_FOUND)
		rc = put_new(o, r, &h);
	a.expires = h.expires;
	held_wipe(&h);
	return rc == 0 ? wire_invite_put_answer_encode(&a, &r->out) : rc;
}

/* One's own, or the one refusal. */
static int get_own(struct ops *o, const struct request *r,
	const struct id16 *id, struct held *ret)
{
	int rc = held_get(o, id, ret);

	entry_content(id16_view(id), &o->record.content);
	if (rc == ROWAN_E_NOT_FOUND ||
		(rc == 0 && !id16_eq(&ret->owner, &r->device)))
		return ROWAN_E_REFUSED;
	return rc;
}

static void show(const struct held *h, struct wire_invite_seen *ret)
{
	ret->state = h->state;
	ret->flags = h->flags;
	ret->expires = h->expires;
	if (h->state >= WIRE_INVITE_COMMITTED &&
		h->state <= WIRE_INVITE_REVEALED)
		ret->commitment = h->commitment;
	if (h->state == WIRE_INVITE_REVEALED) {
		ret->nonce = h->device;
		ret->request = h->request;
	}
}

int invites_watch(struct ops *o, struct request *r)
{
	const struct wire_invite_watch *q = &r->body.invite_watch;
	struct wire_invite_watch_answer a = {.count = q->count};
	struct held *h = calloc(q->count, sizeof *h);
	int rc = h != NULL ? 0 : ROWAN_E_NOMEM;

	for (size_t i = 0; rc == 0 && i < q->count; i++) {
		int one = get_own(o, r, &q->invites[i], &h[i]);

		if (one == 0)
			show(&h[i], &a.seen[i]);
		else if (one == ROWAN_E_REFUSED)
			ops_code(one, &a.seen[i].error);
		else
			rc = one;
	}
	if (rc == 0)
		rc = wire_invite_watch_answer_encode(&a, &r->out);
	for (size_t i = 0; h != NULL && i < q->count; i++)
		held_wipe(&h[i]);
	free(h);
	return rc;
}

static int answer(
	struct ops *o, const struct wire_invite_answer *a, struct held *h)
{
	if (h->state < WIRE_INVITE_COMMITTED ||
		h->state > WIRE_INVITE_REVEALED ||
		memcmp(&h->commitment, &a->commitment, sizeof a->commitment) !=
			0)
		return ROWAN_E_REFUSED;
	if (h->state != WIRE_INVITE_COMMITTED)
		return memcmp(&h->registrar, &a->nonce, sizeof a->nonce) == 0
			       ? 0
			       : ROWAN_E_EXISTS;
	h->registrar = a->nonce;
	h->state = WIRE_INVITE_ANSWERED;
	return held_put(o, h);
}

int invites_answer(struct ops *o, struct request *r)
{
	const struct wire_invite_answer *a = &r->body.invite_answer;
	struct held h = {.state = 0};
	int rc = get_own(o, r, &a->invite, &h);

	if (rc == 0)
		rc = answer(o, a, &h);
	held_wipe(&h);
	return rc;
}

/* Whoever redeems it has a card by now. */
static int accept(struct ops *o, struct held *h)
{
	struct store_device d;
	int rc;

	if (h->state == WIRE_INVITE_DONE)
		return 0;
	if (h->state != WIRE_INVITE_REVEALED)
		return ROWAN_E_REFUSED;
	rc = store_device_by_key(o->view, &h->key, &d);
	if (rc == ROWAN_E_NOT_FOUND || (rc == 0 && d.revoked))
		return ROWAN_E_REFUSED;
	return rc == 0 ? held_end(o, h, WIRE_INVITE_DONE) : rc;
}

static int withdraw(struct ops *o, struct held *h)
{
	if (h->state == WIRE_INVITE_DONE)
		return ROWAN_E_REFUSED;
	return held_live(h) ? held_end(o, h, WIRE_INVITE_WITHDRAWN) : 0;
}

int invites_confirm(struct ops *o, struct request *r)
{
	const struct wire_invite_confirm *c = &r->body.invite_confirm;
	struct held h = {.state = 0};
	int rc = get_own(o, r, &c->invite, &h);

	if (rc == 0)
		rc = c->accepted ? accept(o, &h) : withdraw(o, &h);
	held_wipe(&h);
	return rc;
}
