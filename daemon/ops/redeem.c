/*
 * Redeeming an invite: see redeem.h.
 *
 * Trusts the key that the transport has proven and nothing else. Keeps no
 * address: what limits a stranger is counted for the invite, and for the port
 * as a whole (daemon/net).
 */
#include "ops/held.h"
#include "log/entry.h"
#include "ops/redeem.h"
#include "trust/compare.h"
#include "trust/issue.h"

static bool is_redeemer(const struct held *h, const struct request *r)
{
	return h->redeemed && memcmp(&h->key, &r->key, sizeof h->key) == 0;
}

/* What was refused and yet changes the invite. */
static int record_attempt(struct ops *o, const struct held *h)
{
	struct log_entry e = {.act = WIRE_ACT_REDEEM,
		.code = WIRE_REFUSED,
		.hour = true,
		.time = o->now};

	entry_content(id16_view(&h->id), &e.content);
	return entry_add(o->store, &e, NULL);
}

/* Somebody else has the secret: the registrar must know. */
static int burn(struct ops *o, struct held *h)
{
	int rc;

	if (!held_live(h) && (h->flags & WIRE_INVITE_ALARM) != 0)
		return 0;
	h->flags |= WIRE_INVITE_ALARM;
	rc = record_attempt(o, h);
	return rc == 0 ? held_end(o, h, WIRE_INVITE_BURNT) : rc;
}

/*
 * One use of an invite: what it decides, and how it is answered. A failure of
 * the store undoes it, a refusal does not.
 */
typedef int use_fn(
	struct ops *o, struct request *r, struct held *h, int *ret_answer);

static int use(
	struct ops *o, struct request *r, const struct id16 *invite, use_fn *fn)
{
	struct held h = {.state = 0};
	int answer = ROWAN_E_REFUSED;
	int rc = held_get(o, invite, &h);

	/* Unknown ones cost no writing. */
	if (rc != 0) {
		held_wipe(&h);
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_REFUSED : rc;
	}
	rc = store_mark(o->store);
	if (rc != 0) {
		o->lost = true;
	} else {
		if (held_live(&h) && ++h.attempts > HELD_ATTEMPTS_MAX)
			rc = burn(o, &h);
		else
			rc = fn(o, r, &h, &answer);
		rc = ops_settle(o, rc);
	}
	held_wipe(&h);
	return rc != 0 ? rc : answer;
}

/* ---- get ---------------------------------------------------------------- */

static int get(
	struct ops *o, struct request *r, struct held *h, int *ret_answer)
{
	struct wire_redeem_get_answer a = {h->expires, h->bundle};

	if (h->redeemed && !is_redeemer(h, r))
		return burn(o, h);
	if (!held_live(h))
		return 0;
	*ret_answer = wire_redeem_get_answer_encode(&a, &r->out);
	return held_put(o, h);
}

int redeem_get(struct ops *o, struct request *r)
{
	return use(o, r, &r->body.redeem.invite, get);
}

/* ---- commit ------------------------------------------------------------- */

static int commit(
	struct ops *o, struct request *r, struct held *h, int *ret_answer)
{
	const struct wire_hash *c = &r->body.redeem_commit.commitment;
	bool same = memcmp(&h->commitment, c, sizeof *c) == 0;

	if (h->redeemed && (!is_redeemer(h, r) || !same))
		return burn(o, h);
	if (!held_live(h)) {
		if (h->state == WIRE_INVITE_DONE)
			*ret_answer = 0;
		return 0;
	}
	if (h->state == WIRE_INVITE_OPEN) {
		h->redeemed = true;
		h->key = r->key;
		h->commitment = *c;
		h->state = WIRE_INVITE_COMMITTED;
	}
	*ret_answer = 0;
	return held_put(o, h);
}

int redeem_commit(struct ops *o, struct request *r)
{
	return use(o, r, &r->body.redeem_commit.invite, commit);
}

/* ---- reveal ------------------------------------------------------------- */

/* A request of this very key, and what was committed to. */
static int reveal_check(const struct request *r, const struct held *h)
{
	const struct wire_redeem_reveal *v = &r->body.redeem_reveal;
	struct wire_hash commitment;
	struct wire_request q;

	if (compare_commit(v->request, &v->nonce, &commitment) != 0 ||
		memcmp(&commitment, &h->commitment, sizeof commitment) != 0 ||
		wire_request_decode(v->request, &q) != 0 ||
		memcmp(q.transport_key.b, r->key.b, sizeof r->key.b) != 0 ||
		issue_check(&q) != 0)
		return ROWAN_E_MALFORMED;
	return 0;
}

static int reveal(
	struct ops *o, struct request *r, struct held *h, int *ret_answer)
{
	const struct wire_redeem_reveal *v = &r->body.redeem_reveal;
	int rc = 0;

	if (h->redeemed && !is_redeemer(h, r))
		return burn(o, h);
	if (h->state == WIRE_INVITE_ANSWERED ||
		h->state == WIRE_INVITE_REVEALED ||
		h->state == WIRE_INVITE_DONE)
		*ret_answer = reveal_check(r, h);
	if (!held_live(h))
		return 0;
	if (h->state == WIRE_INVITE_ANSWERED && *ret_answer == 0) {
		h->device = v->nonce;
		h->request = v->request;
		h->state = WIRE_INVITE_REVEALED;
	}
	if (*ret_answer != 0)
		rc = record_attempt(o, h);
	return rc == 0 ? held_put(o, h) : rc;
}

int redeem_reveal(struct ops *o, struct request *r)
{
	return use(o, r, &r->body.redeem_reveal.invite, reveal);
}

/* ---- result ------------------------------------------------------------- */

static int card_of(struct ops *o, const struct key32 *key, struct buf *ret)
{
	struct store_device d;
	int rc = store_device_by_key(o->view, key, &d);

	if (rc == 0)
		rc = store_device_card(o->view, &d.id, ret);
	return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_REFUSED : rc;
}

int redeem_result(struct ops *o, struct request *r)
{
	struct wire_redeem_result a = {.state = 0};
	struct held h = {.state = 0};
	struct buf card = {NULL, 0};
	int rc = held_get(o, &r->body.redeem.invite, &h);

	if (rc == ROWAN_E_NOT_FOUND || (rc == 0 && !is_redeemer(&h, r)))
		rc = ROWAN_E_REFUSED;
	a.state = h.state;
	if (rc == 0 && (h.state == WIRE_INVITE_ANSWERED ||
			       h.state == WIRE_INVITE_REVEALED))
		a.nonce = h.registrar;
	if (rc == 0 && h.state == WIRE_INVITE_DONE)
		rc = card_of(o, &h.key, &card);
	a.chain = buf_view(&card);
	if (rc == 0)
		rc = wire_redeem_result_encode(&a, &r->out);
	buf_wipe(&card);
	held_wipe(&h);
	return rc;
}
