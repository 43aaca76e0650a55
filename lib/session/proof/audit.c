/*
 * Questions to the log: see audit.h.
 */
#include <stdlib.h>
#include <string.h>

#include "session/proof/audit_inner.h"
#include "tlog/text.h"
#include "trust/evidence.h"

#define TEXT_MAX (64 * 1024)

static void unlink_from(struct audit *a)
{
	struct audit **at;

	if (a->x == NULL)
		return;
	for (at = &a->x->audits; *at != a; at = &(*at)->next)
		;
	*at = a->next;
	a->x = NULL;
	/* Nobody is there who would have work. */
	a->asked = false;
}

void audit_gone(struct proofs *x)
{
	while (x->audits != NULL) {
		struct audit *a = x->audits;

		audit_quiet(a);
		unlink_from(a);
	}
}

void audit_look_again(struct proofs *x)
{
	for (struct audit *a = x->audits; a != NULL; a = a->next)
		if (!a->looked && a->look < x->looks)
			a->look = x->looks;
}

/* What opens the leaf; its path is made anew. */
static int take_receipt(struct audit *a, struct bytes file)
{
	struct evidence *e = malloc(sizeof *e);
	struct proofs_records records = {0};
	struct writer w;
	int rc = e == NULL ? ROWAN_E_NOMEM : proofs_records(a->x, &records);

	if (rc == 0 &&
		evidence_check(e, file, &records.anchor, NULL) != EVIDENCE_GOOD)
		rc = ROWAN_E_MALFORMED;
	proofs_records_wipe(&records);
	writer_init(&w, WIRE_OPENING_MAX);
	if (rc == 0)
		rc = wire_opening_write(&e->opening, &w);
	if (rc == 0) {
		a->from = e->proof.index;
		rc = writer_finish(&w, &a->opening);
	}
	writer_wipe(&w);
	free(e);
	return rc;
}

/* Nothing is to be believed for it: the daemon is to. */
static int take_note(struct audit *a, struct bytes text)
{
	struct checkpoint c;
	struct note n;
	int rc = note_parse(&n, text);

	if (rc == 0)
		rc = checkpoint_parse(&c, n.text);
	if (rc != 0)
		return ROWAN_E_MALFORMED;
	a->size = c.size;
	a->looked = true;
	return buf_copy(&a->note, text);
}

int audit_new(
	struct audit **ret, struct proofs *x, const struct audit_question *q)
{
	struct audit *a = calloc(1, sizeof *a);
	int rc = 0;

	*ret = NULL;
	if (a == NULL)
		return ROWAN_E_NOMEM;
	a->x = x;
	a->q = *q;
	a->q.receipt = a->q.checkpoint = bytes_of(NULL, 0);
	a->from = q->from;
	/* From the one before, whose time the first may not go behind. */
	if (q->kind == AUDIT_TREE && a->from > 0)
		a->from--;
	/* One that is under way may have been answered already. */
	a->look = x->looks + (x->in_look ? 1 : 0);
	a->next = x->audits;
	x->audits = a;
	merkle_init(&a->tree);
	writer_init(&a->bytes, 1 << 20);
	writer_init(&a->text, TEXT_MAX);
	if (q->kind == AUDIT_RENEW)
		rc = take_receipt(a, q->receipt);
	if (rc == 0 && q->checkpoint.len > NOTE_MAX)
		rc = ROWAN_E_MALFORMED;
	if (rc == 0 && q->checkpoint.len > 0)
		rc = buf_copy(&a->note, q->checkpoint);
	if (rc == 0 && q->kind == AUDIT_COSIGNED)
		rc = take_note(a, q->receipt);
	if (rc != 0) {
		audit_free(a);
		return rc;
	}
	if (!a->looked && a->note.len == 0)
		proofs_look(x);
	*ret = a;
	return 0;
}

static void forget_told(struct audit *a)
{
	for (size_t i = 0; i < a->count; i++)
		buf_wipe(&a->told[i].path);
	free(a->told);
	a->told = NULL;
	a->count = a->next_told = 0;
	a->bytes.len = 0;
}

void audit_free(struct audit *a)
{
	if (a == NULL)
		return;
	if (a->x != NULL)
		audit_quiet(a);
	unlink_from(a);
	forget_told(a);
	writer_wipe(&a->bytes);
	writer_wipe(&a->text);
	buf_wipe(&a->note);
	buf_wipe(&a->card);
	buf_wipe(&a->opening);
	free(a);
}

bool audit_asked(struct audit *a)
{
	bool asked = a->asked;

	a->asked = false;
	return asked;
}

void audit_checkpoint(
	const struct audit *a, uint64_t *ret_size, struct bytes *ret_note)
{
	*ret_size = a->size;
	*ret_note = buf_view(&a->note);
}

/* ---- the checkpoint -------------------------------------------------------
 */

/* Alarms of the watch: another history than the one that was verified. */
static bool contradicts(const struct proofs *x)
{
	return (x->alarmed & (1U << WATCH_FORK | 1U << WATCH_SHRUNK)) != 0;
}

/* What is believed now, or why nothing is. */
static int hold_on(struct audit *a)
{
	struct proofs *x = a->x;
	struct checkpoint c;
	struct note n;
	bool given = a->note.len > 0;
	int rc;

	if (contradicts(x))
		return ROWAN_E_CHAIN;
	/* What was believed earlier is no answer of today. */
	if (x->note.len == 0 || (!given && !x->shown))
		return x->broken != 0 ? x->broken : ROWAN_E_STATE;
	rc = given ? 0 : buf_copy(&a->note, buf_view(&x->note));
	if (rc == 0)
		rc = proofs_open(x, buf_view(&a->note), &c, &n, &a->card);
	/* One that is given was verified before: no longer, and cosigned. */
	if (rc == 0 && given)
		rc = c.size > x->watch.size
			     ? ROWAN_E_STATE
			     : proofs_cosigned(x, buf_view(&a->card), &n);
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_STATE : rc;
	a->size = c.size;
	a->root = c.root;
	a->looked = true;
	/* A witness that knows more than there is: it will say so. */
	if (a->q.kind != AUDIT_REQUEST && a->q.kind != AUDIT_RENEW &&
		(a->from > a->size || a->q.from > a->size))
		return ROWAN_E_INVAL;
	/* Logged, and no checkpoint that may be believed has it yet. */
	return a->q.kind == AUDIT_RENEW && a->from >= a->size ? ROWAN_E_STATE
							      : 0;
}

/* ---- items ----------------------------------------------------------------
 */

static int tell_proof(struct audit *a, uint64_t leaf, struct bytes opening,
	struct bytes path, struct audit_item *ret)
{
	struct merkle_proof p = {.len = path.len / MERKLE_HASH_LEN};
	struct evidence_parts parts = {.leaf = leaf,
		.opening = opening,
		.path = &p,
		.note = buf_view(&a->note),
		.card = buf_view(&a->card)};
	struct proofs_records records = {0};
	struct wire_opening o;
	int rc = wire_opening_read(opening, &o);

	/* Of the only leaf there is it is empty. */
	if (path.len > 0)
		memcpy(p.hash, path.data, path.len);
	a->text.len = 0;
	ret->leaf = leaf;
	if (rc == 0)
		rc = wire_detail_read(o.detail, &ret->detail);
	if (rc == 0)
		rc = proofs_records(a->x, &records);
	proofs_records_put(&records, &parts);
	if (rc == 0)
		rc = evidence_write(&parts, &a->text);
	proofs_records_wipe(&records);
	ret->text = writer_view(&a->text);
	return rc;
}

/* ROWAN_E_AGAIN: the next one is not proved yet. */
static int give_told(struct audit *a, struct audit_item *ret)
{
	struct audit_told *t = &a->told[a->next_told];
	int rc;

	if (!t->proved)
		return ROWAN_E_AGAIN;
	rc = tell_proof(a, t->leaf,
		a->q.kind == AUDIT_RENEW
			? buf_view(&a->opening)
			: bytes_of(a->bytes.data + t->at, t->len),
		buf_view(&t->path), ret);
	if (++a->next_told == a->count)
		forget_told(a);
	return rc;
}

static int give(struct audit *a, struct audit_item *ret)
{
	a->given = false;
	ret->leaf = a->from;
	if (a->q.kind == AUDIT_REQUEST)
		ret->text = writer_view(&a->text);
	return 0;
}

static bool is_over(const struct audit *a)
{
	switch (a->q.kind) {
	case AUDIT_TREE:
	case AUDIT_OPENINGS: return a->from >= a->size;
	case AUDIT_RENEW:
	case AUDIT_REQUEST:
	case AUDIT_COSIGNED: return a->resumed;
	}
	return true;
}

/* Was the checkpoint signed before the last entry, as the two say it? */
static bool is_signed_early(const struct audit *a)
{
	struct checkpoint c;
	uint64_t time;
	struct note n;

	return note_parse(&n, buf_view(&a->note)) == 0 &&
	       checkpoint_parse(&c, n.text) == 0 &&
	       watch_time(&c, &time) == 0 && time < a->times.latest;
}

/* All was hashed: is it what was signed, and does time go on in it? */
static int conclude(struct audit *a)
{
	struct merkle_hash root;

	if (a->q.kind != AUDIT_TREE)
		return ROWAN_E_NOT_FOUND;
	merkle_root(&a->tree, &root);
	if (a->tree.size != a->size || !merkle_eq(&root, &a->root))
		return ROWAN_E_CHAIN;
	if (!a->times.backdated && is_signed_early(a))
		a->times = (struct leaf_times){0, true, a->size};
	return a->times.backdated ? ROWAN_E_RULE : ROWAN_E_NOT_FOUND;
}

static int go_on(struct audit *a, struct audit_item *ret)
{
	int rc = 0;

	if (!a->looked) {
		if (a->note.len == 0 && a->x->looks <= a->look)
			return ROWAN_E_AGAIN;
		rc = hold_on(a);
	}
	if (rc == 0 && a->given)
		return give(a, ret);
	if (rc == 0 && a->next_told < a->count) {
		rc = audit_ask(a);
		return rc == 0 ? give_told(a, ret) : rc;
	}
	if (rc == 0 && !a->busy && is_over(a))
		return conclude(a);
	if (rc == 0)
		rc = audit_ask(a);
	/* There may have been nothing to ask. */
	if (rc == 0 && a->given)
		return give(a, ret);
	return rc == 0 ? ROWAN_E_AGAIN : rc;
}

int audit_next(struct audit *a, struct audit_item *ret)
{
	int rc;

	memset(ret, 0, sizeof *ret);
	if (a->rc == 0 && a->x == NULL)
		return ROWAN_E_STATE;
	rc = a->rc != 0 ? a->rc : go_on(a, ret);
	if (rc != 0 && rc != ROWAN_E_AGAIN)
		a->rc = rc;
	if (rc == ROWAN_E_RULE)
		ret->leaf = a->times.leaf;
	return rc;
}
