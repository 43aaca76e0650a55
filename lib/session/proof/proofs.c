/*
 * Receipts: see proofs.h.
 *
 *	PROOF "w"/leaf		Waiting: its leaf is known
 *	PROOF "l"/counter	the same, its leaf is to be found
 *	PROOF message/0		the file
 *	PROOF message/1		of a diary: the envelope as it was submitted
 *
 *	struct {
 *		uint16 version = 1;
 *		opaque message[16];
 *		uint64 counter;
 *		opaque content[32];
 *		uint64 time;		0: not known
 *		opaque salt[32];
 *	} Waiting;
 */
#include <stdlib.h>
#include <string.h>

#include "session/proof/audit.h"
#include "session/proof/proofs_inner.h"
#include "trust/attest.h"
#include "trust/disclosure.h"
#include "trust/evidence.h"
#include "wire/log.h"
#include "wire/op.h"

#define VERSION	    1
#define LATER_MS    1000
#define WAITING_LEN (2 + ID16_LEN + 8 + WIRE_HASH_LEN + 8 + WIRE_SALT_LEN)

struct waiting {
	struct id16 message;
	uint64_t counter;
	struct wire_hash content;
	uint64_t time;
	struct wire_salt salt;
};

static struct bytes name(const char *what)
{
	return bytes_of(what, 1);
}

int proofs_finish(struct proofs *x, int rc)
{
	if (rc == 0)
		rc = vault_commit(x->o.vault);
	if (rc == 0)
		return 0;
	vault_abort(x->o.vault);
	x->o.aborted(x->o.ctx);
	return rc;
}

/* ---- what is kept ---------------------------------------------------------
 */

static int put_waiting(struct proofs *x, const char *what, uint64_t n,
	const struct waiting *wait)
{
	uint8_t mem[WAITING_LEN];
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	writer_u16(&w, VERSION);
	writer_raw(&w, wait->message.b, ID16_LEN);
	writer_u64(&w, wait->counter);
	writer_raw(&w, wait->content.b, sizeof wait->content.b);
	writer_u64(&w, wait->time);
	writer_raw(&w, wait->salt.b, sizeof wait->salt.b);
	return vault_put(
		x->o.vault, VAULT_PROOF, name(what), n, writer_view(&w));
}

static int read_waiting(struct bytes input, struct waiting *ret)
{
	struct reader r;
	uint16_t version = 0;

	memset(ret, 0, sizeof *ret);
	reader_init(&r, input);
	if (reader_u16(&r, &version) != 0)
		return ROWAN_E_CORRUPT;
	if (version > VERSION)
		return ROWAN_E_TOO_NEW;
	if (reader_array(&r, ret->message.b, ID16_LEN) != 0 ||
		reader_u64(&r, &ret->counter) != 0 ||
		reader_array(&r, ret->content.b, sizeof ret->content.b) != 0 ||
		reader_u64(&r, &ret->time) != 0 ||
		reader_array(&r, ret->salt.b, sizeof ret->salt.b) != 0 ||
		reader_end(&r) != 0)
		return ROWAN_E_CORRUPT;
	return 0;
}

int proofs_keep(struct proofs *x, const struct proofs_submitted *s)
{
	struct waiting wait = {.message = s->message,
		.counter = s->counter,
		.time = s->logged.time};
	bool found = s->logged.leaf != WIRE_LEAF_NONE;
	struct bytes marked;
	int rc = 0;

	/* Of a diary: what was handed in, should she let it out one day. */
	if (said_of_envelope(s->envelope, &marked) == 0 && marked.len > 0)
		rc = vault_put(x->o.vault, VAULT_PROOF, id16_view(&s->message),
			1, s->envelope);
	if (rc != 0)
		return rc;
	leaf_content(s->envelope, &wait.content);
	memcpy(wait.salt.b, s->logged.time_salt, sizeof wait.salt.b);
	x->waiting = true;
	return put_waiting(x, found ? "w" : "l",
		found ? s->logged.leaf : s->counter, &wait);
}

/* The lowest one of a kind, from ${from} on. */
static int next(struct proofs *x, const char *what, uint64_t from,
	uint64_t *ret_n, struct waiting *ret)
{
	struct buf mem;
	int rc = vault_next(
		x->o.vault, VAULT_PROOF, name(what), from, ret_n, &mem);

	if (rc != 0)
		return rc;
	rc = read_waiting(buf_view(&mem), ret);
	buf_wipe(&mem);
	return rc;
}

static bool is_waiting(
	struct proofs *x, const char *what, const struct id16 *message)
{
	struct waiting wait;
	uint64_t n = 0;

	for (uint64_t from = 0; next(x, what, from, &n, &wait) == 0;
		from = n + 1)
		if (id16_eq(&wait.message, message))
			return true;
	return false;
}

int proofs_get(struct proofs *x, const struct id16 *message, struct buf *ret)
{
	int rc = vault_get(x->o.vault, VAULT_PROOF, id16_view(message), 0, ret);

	if (rc != ROWAN_E_NOT_FOUND)
		return rc;
	return is_waiting(x, "w", message) || is_waiting(x, "l", message)
		       ? ROWAN_E_AGAIN
		       : ROWAN_E_NOT_FOUND;
}

/* ---- asking ---------------------------------------------------------------
 */

static int ask(
	struct proofs *x, uint16_t op, struct writer *w, requests_done *done)
{
	const struct requests_new n = {
		.op = op, .body = writer_view(w), .done = done, .ctx = x};
	int rc = writer_status(w);

	if (rc == 0)
		rc = requests_start(x->o.requests, &n);
	x->busy = rc == 0;
	/* Too much is open: at another step. */
	return rc == ROWAN_E_AGAIN ? 0 : rc;
}

/* What was asked about is not to be had: no more of it. */
static int give_up(struct proofs *x, const char *what, uint64_t n)
{
	int rc = vault_begin(x->o.vault);

	if (rc == 0)
		rc = vault_delete(x->o.vault, VAULT_PROOF, name(what), n);
	return proofs_finish(x, rc);
}

/* The opening as the daemon gave it, with the time that only we have. */
static int complete(const struct waiting *wait, struct bytes given,
	struct wire_detail *ret, struct writer *w)
{
	struct wire_opening o;
	int rc = wire_opening_read(given, &o);

	if (rc == 0)
		rc = wire_detail_read(o.detail, ret);
	if (rc != 0)
		return rc;
	if (ret->grain == WIRE_GRAIN_HOUR && wait->time != 0) {
		o.has_time = true;
		o.time = wait->time;
		o.time_salt = wait->salt;
	}
	return wire_opening_write(&o, w);
}

/* Is it about this very submission? */
static bool is_ours(const struct proofs *x, const struct waiting *wait,
	const struct wire_detail *d)
{
	return d->act == WIRE_ACT_SUBMIT && d->number == wait->counter &&
	       id16_eq(&d->device, &x->o.me->device) &&
	       memcmp(&d->content, &wait->content, sizeof d->content) == 0;
}

int proofs_records(struct proofs *x, struct proofs_records *ret)
{
	int rc = 0;

	memset(ret, 0, sizeof *ret);
	anchor_init(&ret->anchor);
	while (rc == 0 && ret->count < EVIDENCE_RECORDS_MAX) {
		struct buf *raw = &ret->raw[ret->count];
		struct wire_record record;

		rc = follow_record(x->o.follow, ret->count, raw);
		if (rc == 0)
			rc = wire_record_decode(buf_view(raw), &record);
		if (rc != 0)
			break;
		anchor_pin(&ret->anchor, &record.key);
		ret->view[ret->count++] = buf_view(raw);
	}
	if (rc == ROWAN_E_NOT_FOUND && ret->count > 0)
		rc = 0;
	if (rc != 0)
		proofs_records_wipe(ret);
	return rc;
}

void proofs_records_wipe(struct proofs_records *r)
{
	for (size_t i = 0; i < EVIDENCE_RECORDS_MAX; i++)
		buf_wipe(&r->raw[i]);
	memset(r, 0, sizeof *r);
}

void proofs_records_put(
	const struct proofs_records *r, struct evidence_parts *p)
{
	/* One that nobody followed is in the reader's hand. */
	p->records = r->view;
	p->record_count = r->count > 1 ? r->count : 0;
}

static int make_file(struct proofs *x, const struct waiting *wait,
	const struct wire_receipt_answer *a, struct writer *w)
{
	struct proofs_records records = {0};
	struct evidence_parts p = {.leaf = x->n, .note = a->note};
	struct merkle_proof path = {.len = a->path.count};
	uint8_t mem[WIRE_OPENING_MAX];
	struct evidence *e = malloc(sizeof *e);
	struct checkpoint c;
	struct buf card = {NULL, 0};
	struct wire_detail d;
	struct writer open;
	struct note n;
	int rc = e == NULL ? ROWAN_E_NOMEM
			   : proofs_open(x, a->note, &c, &n, &card);

	memcpy(path.hash, a->path.hash, a->path.count * sizeof path.hash[0]);
	writer_init_fixed(&open, mem, sizeof mem);
	if (rc == 0)
		rc = complete(wait, a->opening, &d, &open);
	if (rc == 0 && !is_ours(x, wait, &d))
		rc = ROWAN_E_CHAIN;
	p.opening = writer_view(&open);
	p.path = &path;
	p.card = buf_view(&card);
	if (rc == 0)
		rc = proofs_records(x, &records);
	proofs_records_put(&records, &p);
	if (rc == 0)
		rc = evidence_write(&p, w);
	/* As anybody would who gets the file. */
	if (rc == 0 && evidence_check(e, writer_view(w), &records.anchor,
			       NULL) != EVIDENCE_GOOD)
		rc = ROWAN_E_CHAIN;
	proofs_records_wipe(&records);
	buf_wipe(&card);
	free(e);
	return rc;
}

static int keep_file(
	struct proofs *x, const struct waiting *wait, struct bytes file)
{
	int rc = vault_begin(x->o.vault);

	if (rc == 0)
		rc = vault_put(x->o.vault, VAULT_PROOF,
			id16_view(&wait->message), 0, file);
	if (rc == 0)
		rc = vault_delete(x->o.vault, VAULT_PROOF, name("w"), x->n);
	return proofs_finish(x, rc);
}

static int take_receipt(struct proofs *x, const struct wire_message *m)
{
	struct wire_receipt_answer a;
	struct waiting wait;
	struct writer w;
	uint64_t n;
	int rc = wire_receipt_answer_decode(m, &a);

	if (rc == 0)
		rc = next(x, "w", x->n, &n, &wait);
	if (rc != 0 || n != x->n)
		return rc;
	writer_init(&w, EVIDENCE_MAX);
	rc = make_file(x, &wait, &a, &w);
	if (rc == 0)
		rc = keep_file(x, &wait, writer_view(&w));
	writer_wipe(&w);
	return rc;
}

static void got_receipt(void *ctx, const struct requests_outcome *o)
{
	struct proofs *x = ctx;
	int rc = o->rc;

	x->busy = false;
	if (rc == 0)
		rc = take_receipt(x, o->answer);
	else if (rc == ROWAN_E_AGAIN || rc == ROWAN_E_STATE)
		return;
	/* Promised, and not kept; or something else than was handed in. */
	if (rc != 0 && rc <= -300) {
		rc = proofs_alarm(x, WATCH_FORK);
		if (rc == 0)
			rc = give_up(x, "w", x->n);
	}
	if (rc != 0 && x->fault == 0)
		x->fault = rc;
}

static int take_found(struct proofs *x, const struct wire_message *m)
{
	struct wire_log_find_answer a;
	struct waiting wait;
	uint64_t n;
	int rc = wire_log_find_answer_decode(m, &a);

	if (rc == 0)
		rc = next(x, "l", x->n, &n, &wait);
	if (rc != 0 || n != x->n)
		return rc;
	if (a.leaf == WIRE_LEAF_NONE && a.below > 0 && a.below < x->below) {
		x->below = a.below;
		return 0;
	}
	x->below = WIRE_LEAF_NONE;
	if (a.leaf == WIRE_LEAF_NONE)
		return give_up(x, "l", x->n);
	rc = vault_begin(x->o.vault);
	if (rc == 0)
		rc = put_waiting(x, "w", a.leaf, &wait);
	if (rc == 0)
		rc = vault_delete(x->o.vault, VAULT_PROOF, name("l"), x->n);
	return proofs_finish(x, rc);
}

static void got_found(void *ctx, const struct requests_outcome *o)
{
	struct proofs *x = ctx;
	int rc = o->rc;

	x->busy = false;
	if (rc == 0)
		rc = take_found(x, o->answer);
	else if (rc == ROWAN_E_AGAIN || rc == ROWAN_E_STATE)
		return;
	if (rc != 0 && rc <= -300)
		rc = give_up(x, "l", x->n);
	if (rc != 0 && x->fault == 0)
		x->fault = rc;
}

static int step_receipts(struct proofs *x)
{
	struct waiting wait;
	uint8_t mem[32];
	struct writer w;
	int rc;

	writer_init_fixed(&w, mem, sizeof mem);
	rc = next(x, "w", 0, &x->n, &wait);
	if (rc == 0)
		rc = wire_receipt_encode(&(struct wire_receipt){x->n}, &w);
	if (rc == 0)
		return ask(x, WIRE_OP_RECEIPT, &w, got_receipt);
	if (rc != ROWAN_E_NOT_FOUND)
		return rc;
	rc = next(x, "l", 0, &x->n, &wait);
	if (rc == 0)
		rc = wire_log_find_encode(
			&(struct wire_log_find){wait.counter, x->below}, &w);
	if (rc == 0)
		return ask(x, WIRE_OP_LOG_FIND, &w, got_found);
	x->waiting = rc != ROWAN_E_NOT_FOUND;
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

/* ---- the part -------------------------------------------------------------
 */

int proofs_new(struct proofs **ret, const struct proofs_options *options)
{
	struct proofs *x = calloc(1, sizeof *x);
	int rc;

	*ret = NULL;
	if (x == NULL)
		return ROWAN_E_NOMEM;
	x->o = *options;
	x->waiting = true;
	x->below = WIRE_LEAF_NONE;
	rc = proofs_log_load(x);
	if (rc == 0)
		*ret = x;
	else
		proofs_free(x);
	return rc;
}

void proofs_free(struct proofs *x)
{
	if (x == NULL)
		return;
	audit_gone(x);
	buf_wipe(&x->cosign);
	buf_wipe(&x->extension);
	buf_wipe(&x->given);
	buf_wipe(&x->given_card);
	buf_wipe(&x->note);
	free(x);
}

void proofs_online(struct proofs *x, bool online)
{
	if (online && !x->online)
		x->looking = x->waiting = x->erasing = true;
	if (!online)
		x->busy = false;
	x->online = online;
}

void proofs_look(struct proofs *x)
{
	x->looking = x->erasing = true;
}

void proofs_watch(const struct proofs *x, struct watch *ret)
{
	*ret = x->watch;
}

int proofs_step(struct proofs *x, uint64_t now_ms)
{
	int rc = x->fault;

	x->fault = 0;
	if (rc != 0 || !x->online || x->busy || now_ms < x->later_ms)
		return rc;
	if (now_ms >= x->look_ms) {
		x->looking = x->erasing = true;
		x->look_ms = now_ms + PROOFS_LOOK_MS;
	}
	if (x->waiting || x->looking)
		rc = proofs_restored(x);
	/* What was promised first; then the log it is in. */
	if (rc == 0 && x->waiting)
		rc = step_receipts(x);
	if (rc == 0 && !x->busy && x->erasing)
		rc = proofs_erased_step(x);
	if (rc == 0 && !x->busy && !x->erasing)
		rc = proofs_log_step(x);
	/* Too much is open just now. */
	if (!x->busy && (x->waiting || x->looking || x->erasing))
		x->later_ms = now_ms + LATER_MS;
	return rc;
}

uint64_t proofs_wait(const struct proofs *x, uint64_t now_ms)
{
	if (!x->online || x->busy)
		return UINT64_MAX;
	if (x->waiting || x->looking || x->erasing)
		return x->later_ms > now_ms ? x->later_ms - now_ms : 0;
	return x->look_ms > now_ms ? x->look_ms - now_ms : 0;
}
