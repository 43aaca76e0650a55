/*
 * What an audit asks of the daemon, and what it makes of the answers: see
 * audit.h. Everything is held against the checkpoint before it is told.
 */
#include <stdlib.h>
#include <string.h>

#include "session/proof/audit_inner.h"
#include "tlog/text.h"
#include "wire/op.h"

#define BODY_MAX 64

/* Given up for now, or with the audit itself: nothing was said. */
static bool is_silence(const struct requests_outcome *o)
{
	return o->rc == ROWAN_E_STATE || o->rc == ROWAN_E_AGAIN;
}

/* Refused is said of who may not ask. */
static int outcome(const struct audit *a, const struct requests_outcome *o)
{
	if (o->rc == ROWAN_E_REFUSED)
		return ROWAN_E_SIGNER;
	/* Of a note that came by file these say what is wrong with it. */
	return a->q.kind != AUDIT_COSIGNED &&
			       (o->rc == ROWAN_E_STALE ||
				       o->rc == ROWAN_E_MALFORMED)
		       ? ROWAN_E_REFUSED
		       : o->rc;
}

/* What was signed can be proved, to anybody. */
static int proof_of(const struct requests_outcome *o)
{
	return o->rc == 0 || o->rc == ROWAN_E_REVOKED ? o->rc : ROWAN_E_CHAIN;
}

static void ended(struct audit *a, int rc)
{
	if (rc != 0 && a->rc == 0)
		a->rc = rc;
}

static int start(struct audit *a, uint16_t op, struct writer *w,
	requests_done *done, void *ctx)
{
	const struct requests_new n = {
		.op = op, .body = writer_view(w), .done = done, .ctx = ctx};
	int rc = writer_status(w);

	if (rc == 0)
		rc = requests_start(a->x->o.requests, &n);
	a->asked = a->asked || rc == 0;
	return rc;
}

static void copy_path(const struct wire_log_path *a, struct merkle_proof *ret)
{
	ret->len = a->count;
	memcpy(ret->hash, a->hash, a->count * sizeof ret->hash[0]);
}

/* ---- proofs of what was told ----------------------------------------------
 */

static int check(
	struct audit *a, struct audit_told *t, const struct wire_message *m)
{
	struct wire_log_path path;
	struct merkle_proof p;
	struct wire_opening o;
	struct wire_detail d;
	struct merkle_hash hash;
	uint8_t leaf[WIRE_LEAF_LEN];
	struct bytes opening =
		a->q.kind == AUDIT_RENEW
			? buf_view(&a->opening)
			: bytes_of(a->bytes.data + t->at, t->len);
	int rc = wire_log_path_decode(m, &path);

	if (rc == 0)
		rc = wire_opening_read(opening, &o);
	if (rc == 0)
		rc = leaf_rebuild(&o, leaf, &d);
	if (rc != 0)
		return ROWAN_E_CHAIN;
	copy_path(&path, &p);
	merkle_leaf(bytes_of(leaf, sizeof leaf), &hash);
	if (merkle_proof_check_inclusion(
		    &p, &hash, t->leaf, a->size, &a->root) != 0)
		return ROWAN_E_CHAIN;
	t->proved = true;
	return buf_copy(&t->path, bytes_of(p.hash, p.len * sizeof p.hash[0]));
}

static void got_proof(void *ctx, const struct requests_outcome *o)
{
	struct audit_slot *s = ctx;
	int rc = proof_of(o);

	s->used = false;
	if (is_silence(o)) {
		s->a->told[s->i].asked = false;
		return;
	}
	ended(s->a, rc == 0 ? check(s->a, &s->a->told[s->i], o->answer) : rc);
}

static int ask_proof(struct audit *a, size_t i, struct audit_slot *s)
{
	struct wire_log_proof q = {a->told[i].leaf, a->size};
	uint8_t mem[BODY_MAX];
	struct writer w;
	int rc;

	writer_init_fixed(&w, mem, sizeof mem);
	*s = (struct audit_slot){a, true, i};
	rc = wire_log_proof_encode(&q, &w);
	if (rc == 0)
		rc = start(a, WIRE_OP_LOG_PROOF, &w, got_proof, s);
	s->used = a->told[i].asked = rc == 0;
	return rc == ROWAN_E_AGAIN ? 0 : rc;
}

static int ask_proofs(struct audit *a)
{
	size_t i = a->next_told;
	int rc = 0;

	for (size_t s = 0; rc == 0 && s < AUDIT_ASKED; s++) {
		if (a->slot[s].used)
			continue;
		while (i < a->count && a->told[i].asked)
			i++;
		if (i == a->count)
			break;
		rc = ask_proof(a, i, &a->slot[s]);
	}
	return rc;
}

/* ---- openings -------------------------------------------------------------
 */

/* Somebody's whom we did not ask about, or out of order. */
static bool is_answer(const struct audit *a, uint64_t before,
	const struct wire_log_opened *item)
{
	static const struct id16 any;
	struct wire_opening o;
	struct wire_detail d;

	if (item->leaf < before || wire_opening_read(item->opening, &o) != 0 ||
		wire_detail_read(o.detail, &d) != 0)
		return false;
	return (id16_eq(&a->q.case_id, &any) ||
		       id16_eq(&a->q.case_id, &d.case_id)) &&
	       (id16_eq(&a->q.device, &any) ||
		       id16_eq(&a->q.device, &d.device));
}

static int take_openings(struct audit *a, const struct wire_message *m)
{
	struct wire_log_details_answer *got = malloc(sizeof *got);
	uint64_t before = a->from;
	int rc = got == NULL ? ROWAN_E_NOMEM
			     : wire_log_details_answer_decode(m, got);

	/* It goes on, or it would never end. */
	if (rc == 0 && got->next <= a->from)
		rc = ROWAN_E_CHAIN;
	if (rc == 0) {
		a->told = calloc(got->count + 1, sizeof *a->told);
		rc = a->told == NULL ? ROWAN_E_NOMEM : 0;
	}
	for (size_t i = 0; rc == 0 && i < got->count; i++) {
		struct audit_told *t = &a->told[a->count];

		if (!is_answer(a, before, &got->items[i]))
			rc = ROWAN_E_CHAIN;
		/* What came after the checkpoint: another time. */
		if (rc != 0 || got->items[i].leaf >= a->size)
			break;
		before = got->items[i].leaf + 1;
		t->leaf = got->items[i].leaf;
		t->at = (uint32_t)a->bytes.len;
		t->len = (uint32_t)got->items[i].opening.len;
		writer_raw(&a->bytes, got->items[i].opening.data, t->len);
		rc = writer_status(&a->bytes);
		a->count++;
	}
	/* Of an empty page there is nothing to give, and the next one comes. */
	if (a->count == 0) {
		free(a->told);
		a->told = NULL;
	}
	if (rc == 0)
		a->from = got->next;
	free(got);
	return rc;
}

static void got_openings(void *ctx, const struct requests_outcome *o)
{
	struct audit *a = ctx;
	int rc = outcome(a, o);

	a->busy = false;
	if (is_silence(o))
		return;
	ended(a, rc == 0 ? take_openings(a, o->answer) : rc);
}

static int ask_openings(struct audit *a, struct writer *w)
{
	struct wire_log_details q = {
		a->from, WIRE_OPENINGS_MAX, a->q.case_id, a->q.device};
	int rc = wire_log_details_encode(&q, w);

	return rc == 0 ? start(a, WIRE_OP_LOG_DETAILS, w, got_openings, a) : rc;
}

/* ---- the tree --------------------------------------------------------------
 */

static int take_leaves(struct audit *a, const struct wire_message *m)
{
	struct merkle_node nodes[MERKLE_LEVELS];
	struct wire_log_entries_answer got;
	struct merkle_hash hash;
	size_t n;
	int rc = wire_log_entries_answer_decode(m, &got);

	if (rc == 0 && got.count == 0)
		rc = ROWAN_E_CHAIN;
	for (size_t i = 0; rc == 0 && i < got.count && a->from < a->size; i++) {
		struct bytes leaf = bytes_of(
			got.leaves.data + i * WIRE_LEAF_LEN, WIRE_LEAF_LEN);

		merkle_leaf(leaf, &hash);
		rc = leaf_times_add(&a->times, a->from, leaf) == 0
			     ? merkle_append(&a->tree, &hash, nodes, &n)
			     : ROWAN_E_CHAIN;
		a->from++;
	}
	a->given = rc == 0;
	return rc;
}

static void got_leaves(void *ctx, const struct requests_outcome *o)
{
	struct audit *a = ctx;
	int rc = outcome(a, o);

	a->busy = false;
	if (is_silence(o))
		return;
	ended(a, rc == 0 ? take_leaves(a, o->answer) : rc);
}

static void got_start(void *ctx, const struct requests_outcome *o)
{
	struct wire_log_path path;
	struct merkle_proof p;
	struct audit *a = ctx;
	int rc = proof_of(o);

	a->busy = false;
	if (is_silence(o))
		return;
	if (rc == 0)
		rc = wire_log_path_decode(o->answer, &path);
	if (rc == 0) {
		copy_path(&path, &p);
		rc = merkle_proof_resume(&p, a->from, a->size, &a->tree);
	}
	a->resumed = true;
	ended(a, rc == ROWAN_E_CRYPTO ? ROWAN_E_CHAIN : rc);
}

static int ask_leaves(struct audit *a, struct writer *w)
{
	struct wire_log_proof first = {a->from, a->size};
	struct wire_log_entries q = {a->from, WIRE_ENTRIES_MAX};
	int rc;

	if (a->from > 0 && !a->resumed) {
		rc = wire_log_proof_encode(&first, w);
		return rc == 0 ? start(a, WIRE_OP_LOG_PROOF, w, got_start, a)
			       : rc;
	}
	rc = wire_log_entries_encode(&q, w);
	return rc == 0 ? start(a, WIRE_OP_LOG_ENTRIES, w, got_leaves, a) : rc;
}

/* ---- for a witness --------------------------------------------------------
 */

static int write_request(struct audit *a, const struct merkle_proof *p)
{
	text_write(&a->text, "old ");
	text_write_u64(&a->text, a->from);
	text_write(&a->text, "\n");
	for (size_t i = 0; i < p->len; i++) {
		text_write_base64(
			&a->text, bytes_of(p->hash[i].b, MERKLE_HASH_LEN));
		text_write(&a->text, "\n");
	}
	text_write(&a->text, "\n");
	writer_raw(&a->text, a->note.data, a->note.len);
	a->given = a->resumed = true;
	return writer_status(&a->text);
}

static void got_growth(void *ctx, const struct requests_outcome *o)
{
	struct wire_log_path path;
	struct merkle_proof p;
	struct audit *a = ctx;
	int rc = proof_of(o);

	a->busy = false;
	if (is_silence(o))
		return;
	if (rc == 0)
		rc = wire_log_path_decode(o->answer, &path);
	if (rc == 0) {
		copy_path(&path, &p);
		rc = write_request(a, &p);
	}
	ended(a, rc);
}

static int ask_growth(struct audit *a, struct writer *w)
{
	struct wire_log_consistency q = {a->from, a->size};
	static const struct merkle_proof none;
	int rc;

	if (a->from == 0 || a->from >= a->size) {
		a->from = a->from < a->size ? a->from : a->size;
		return write_request(a, &none);
	}
	rc = wire_log_consistency_encode(&q, w);
	return rc == 0 ? start(a, WIRE_OP_LOG_CONSISTENCY, w, got_growth, a)
		       : rc;
}

/* ---- what a witness has signed by file -------------------------------------
 */

static void got_cosigned(void *ctx, const struct requests_outcome *o)
{
	struct audit *a = ctx;
	int rc = outcome(a, o);

	a->busy = false;
	if (is_silence(o))
		return;
	a->resumed = true;
	ended(a, rc);
}

static int ask_cosigned(struct audit *a)
{
	const struct wire_cosign c = {a->size, buf_view(&a->note)};
	struct writer w;
	int rc;

	writer_init(&w, WIRE_NOTE_MAX + BODY_MAX);
	rc = wire_cosign_encode(&c, &w);
	if (rc == 0)
		rc = start(a, WIRE_OP_COSIGN, &w, got_cosigned, a);
	writer_wipe(&w);
	return rc == ROWAN_E_INVAL ? ROWAN_E_MALFORMED : rc;
}

/* ---- one receipt ----------------------------------------------------------
 */

static int ask_renewal(struct audit *a)
{
	a->told = calloc(1, sizeof *a->told);
	if (a->told == NULL)
		return ROWAN_E_NOMEM;
	a->told[0].leaf = a->from;
	a->count = 1;
	a->resumed = true;
	return ask_proofs(a);
}

/* ---------------------------------------------------------------------------
 */

int audit_ask(struct audit *a)
{
	uint8_t mem[BODY_MAX];
	struct writer w;
	int rc = 0;

	if (a->count > 0)
		return ask_proofs(a);
	if (a->busy)
		return 0;
	writer_init_fixed(&w, mem, sizeof mem);
	switch (a->q.kind) {
	case AUDIT_TREE: rc = ask_leaves(a, &w); break;
	case AUDIT_OPENINGS: rc = ask_openings(a, &w); break;
	case AUDIT_RENEW: return ask_renewal(a);
	case AUDIT_REQUEST: rc = ask_growth(a, &w); break;
	case AUDIT_COSIGNED: rc = ask_cosigned(a); break;
	}
	a->busy = rc == 0 && !a->given;
	return rc == ROWAN_E_AGAIN ? 0 : rc;
}

void audit_quiet(struct audit *a)
{
	requests_cancel(a->x->o.requests, a);
	for (size_t i = 0; i < AUDIT_ASKED; i++)
		if (a->slot[i].used)
			requests_cancel(a->x->o.requests, &a->slot[i]);
}
