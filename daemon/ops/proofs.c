/*
 * Proofs from the log: see proofs.h.
 *
 * Everything is read as the last commit left it. Hashes and checkpoints are
 * for anybody; what a leaf opens to is told to the device whose act it was.
 */
#include "ops/audits.h"
#include "ops/ops.h"
#include "ops/proofs.h"

#define FIND_ROWS 64 /* of the log, looked through for one question */

/* What a witness is to cosign; for anybody else the newest. */
static int offer(struct ops *o, struct bytes *ret)
{
	struct note_key key;
	int rc = head_renew(o->head, o->now);

	*ret = head_note(o->head, NULL);
	if (rc != 0 || o->sender.role != WIRE_ROLE_WITNESS)
		return rc;
	rc = audits_witness_key(o, &o->sender.id, &key);
	return rc == 0 ? head_offer(o->head, &key, o->now, ret) : rc;
}

int proofs_checkpoint(struct ops *o, struct request *r)
{
	const struct wire_checkpoint *q = &r->body.checkpoint;
	struct wire_checkpoint_answer a;
	struct buf note = {NULL, 0};
	int rc;

	if (o->head == NULL)
		return ROWAN_E_REFUSED;
	if (q->cosignatures > 0) {
		rc = q->cosignatures < WIRE_CHECKPOINT_KEPT
			     ? head_cosigned(o->head, q->cosignatures, &note)
			     : head_kept(o->head,
				       q->cosignatures - WIRE_CHECKPOINT_KEPT,
				       &note);
		a.note = buf_view(&note);
	} else {
		rc = offer(o, &a.note);
	}
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_REFUSED : rc;
	rc = wire_checkpoint_answer_encode(&a, &r->out);
	buf_wipe(&note);
	return rc;
}

/* A proof of what is not there is refused. */
static int told(int rc)
{
	return rc == ROWAN_E_NOT_FOUND || rc == ROWAN_E_INVAL ? ROWAN_E_REFUSED
							      : rc;
}

static void path_of(const struct merkle_proof *p, struct wire_log_path *ret)
{
	ret->count = p->len;
	for (size_t i = 0; i < p->len; i++)
		memcpy(ret->hash[i].b, p->hash[i].b, sizeof ret->hash[i].b);
}

static int tell_path(struct request *r, int rc, const struct merkle_proof *p)
{
	struct wire_log_path a;

	if (rc != 0)
		return told(rc);
	path_of(p, &a);
	return wire_log_path_encode(&a, &r->out);
}

/* Committed, not only gathered in this transaction. */
static int is_there(struct ops *o, uint64_t size)
{
	uint64_t have;
	int rc = store_log_size(o->view, &have);

	return rc == 0 && size > have ? ROWAN_E_NOT_FOUND : rc;
}

int proofs_inclusion(struct ops *o, struct request *r)
{
	const struct wire_log_proof *q = &r->body.log_proof;
	struct merkle_source src = store_log_source(o->view);
	struct merkle_proof p = {.len = 0};
	int rc = is_there(o, q->size);

	if (rc == 0)
		rc = merkle_proof_inclusion(&src, q->leaf, q->size, &p);
	return tell_path(r, rc, &p);
}

int proofs_consistency(struct ops *o, struct request *r)
{
	const struct wire_log_consistency *q = &r->body.log_consistency;
	struct merkle_source src = store_log_source(o->view);
	struct merkle_proof p = {.len = 0};
	int rc = is_there(o, q->size);

	if (rc == 0)
		rc = merkle_proof_consistency(&src, q->old, q->size, &p);
	return tell_path(r, rc, &p);
}

/* ---- receipts ------------------------------------------------------------
 */

/* What opens the leaf, if it is the device's own act. */
static int opening(struct ops *o, const struct request *r, struct writer *w)
{
	struct wire_opening open;
	struct wire_detail d;
	struct buf detail;
	int rc = store_log_detail(o->view, r->body.receipt.leaf, &detail);

	if (rc == 0)
		rc = wire_detail_read(buf_view(&detail), &d);
	if (rc == 0 && !id16_eq(&d.device, &r->device))
		rc = ROWAN_E_REFUSED;
	if (rc == 0)
		rc = store_log_open(o->view, r->body.receipt.leaf,
			buf_view(&detail), &open);
	if (rc == 0)
		rc = wire_opening_write(&open, w);
	buf_wipe(&detail);
	return rc;
}

int proofs_receipt(struct ops *o, struct request *r)
{
	struct merkle_source src = store_log_source(o->view);
	struct wire_receipt_answer a;
	uint8_t mem[WIRE_OPENING_MAX];
	struct merkle_proof p = {.len = 0};
	struct writer w;
	uint64_t size;
	int rc;

	if (o->head == NULL)
		return ROWAN_E_REFUSED;
	rc = head_renew(o->head, o->now);
	if (rc != 0)
		return rc;
	a.note = head_note(o->head, &size);
	writer_init_fixed(&w, mem, sizeof mem);
	rc = opening(o, r, &w);
	if (rc == 0)
		rc = merkle_proof_inclusion(
			&src, r->body.receipt.leaf, size, &p);
	if (rc != 0)
		return told(rc);
	a.opening = writer_view(&w);
	path_of(&p, &a.path);
	return wire_receipt_answer_encode(&a, &r->out);
}

/* ---- find ---------------------------------------------------------------- */

struct search {
	const struct id16 *device;
	uint64_t counter, leaf;
};

static bool look(void *ctx, uint64_t leaf, struct bytes detail)
{
	struct search *s = ctx;
	struct wire_detail d;

	if (detail.len == 0 || wire_detail_read(detail, &d) != 0 ||
		d.act != WIRE_ACT_SUBMIT || d.number != s->counter ||
		!id16_eq(&d.device, s->device))
		return true;
	s->leaf = leaf;
	return false;
}

int proofs_find(struct ops *o, struct request *r)
{
	const struct wire_log_find *q = &r->body.log_find;
	struct search s = {&r->device, q->counter, WIRE_LEAF_NONE};
	struct store_log_range range = {q->below, FIND_ROWS};
	struct wire_log_find_answer a;
	int rc = store_log_walk_back(o->view, &range, look, &s, &a.below);

	if (rc != 0)
		return rc;
	a.leaf = s.leaf;
	if (a.leaf != WIRE_LEAF_NONE)
		a.below = 0;
	return wire_log_find_answer_encode(&a, &r->out);
}
