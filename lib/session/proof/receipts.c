/*
 * Receipts: see proofs.h.
 *
 *	PROOF "w"/leaf		Waiting: its leaf is known
 *	PROOF "l"/counter	the same, its leaf is to be found
 *	PROOF message/0		the file
 *	PROOF message/1		of a diary: the envelope as it was submitted
 *
 *	struct {
 *		uint16 version = 2;
 *		opaque message[16];
 *		uint64 counter;
 *		opaque content[32];
 *		uint64 time;		0: not known
 *		opaque salt[32];
 *		opaque case_id[16];	from version 2 on, zero: not known
 *		uint64 since;		the daemon's time when it was taken
 *		uint8 missed;		turns that ended without
 *	} Waiting;
 *
 * What the daemon has taken has a leaf, and its sender is told which. When it
 * says otherwise twice, at two turns of looking at the log, with all
 * statements there are at hand, that is an alarm: unless the case was erased
 * since, or the authority has signed a restore. When it only says "later",
 * that is one after a day.
 */
#include <stdlib.h>
#include <string.h>

#include "session/proof/proofs_inner.h"
#include "trust/attest.h"
#include "trust/disclosure.h"
#include "trust/evidence.h"
#include "wire/log.h"
#include "wire/op.h"

#define VERSION	    2
#define VERSION_1   (2 + ID16_LEN + 8 + WIRE_HASH_LEN + 8 + WIRE_SALT_LEN)
#define WAITING_LEN (VERSION_1 + ID16_LEN + 8 + 1)
#define PATIENCE_S  (24 * 3600)
#define PUT_OFF	    8 /* times "later" is a turn without */
#define LATER_MIN   1000
#define FIND_MIN    4096      /* answers of one search, and one a leaf */
#define LOST	    UINT8_MAX /* ${missed}: perhaps by a restore: no alarm */

struct waiting {
	struct id16 message;
	uint64_t counter;
	struct wire_hash content;
	uint64_t time;
	struct wire_salt salt;
	struct id16 case_id;
	uint64_t since;
	uint8_t missed;
};

static struct bytes name(const char *what)
{
	return bytes_of(what, 1);
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
	writer_raw(&w, wait->case_id.b, ID16_LEN);
	writer_u64(&w, wait->since);
	writer_u8(&w, wait->missed);
	return vault_put(
		x->o.vault, VAULT_PROOF, name(what), n, writer_view(&w));
}

static int read_later(struct reader *r, struct waiting *ret)
{
	int rc = reader_array(r, ret->case_id.b, ID16_LEN);

	if (rc == 0)
		rc = reader_u64(r, &ret->since);
	return rc == 0 ? reader_u8(r, &ret->missed) : rc;
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
		(version > 1 && read_later(&r, ret) != 0) ||
		reader_end(&r) != 0)
		return ROWAN_E_CORRUPT;
	return 0;
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

/*
 * Whether the leaf was named for another message, too: it is of one at most,
 * and the other must not be forgotten for it.
 */
static int is_anothers(
	struct proofs *x, uint64_t leaf, const struct id16 *message, bool *ret)
{
	struct waiting wait;
	uint64_t n = 0;
	int rc = next(x, "w", leaf, &n, &wait);

	*ret = rc == 0 && n == leaf && !id16_eq(&wait.message, message);
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

int proofs_keep(struct proofs *x, const struct proofs_submitted *s)
{
	struct waiting wait = {.message = s->message,
		.counter = s->counter,
		.time = s->logged.time,
		.since = follow_now(x->o.follow)};
	bool found = s->logged.leaf != WIRE_LEAF_NONE, other = false;
	const struct case_state *c;
	uint8_t kind;
	struct bytes marked;
	int rc = 0;

	/* Of a diary: what was handed in, should she let it out one day. */
	if (said_of_envelope(s->envelope, &marked) == 0 && marked.len > 0)
		rc = vault_put(x->o.vault, VAULT_PROOF, id16_view(&s->message),
			1, s->envelope);
	if (rc == 0 && found)
		rc = is_anothers(x, s->logged.leaf, &s->message, &other);
	if (rc != 0)
		return rc;
	found = found && !other;
	c = follow_case_of(x->o.follow, &s->channel, &kind);
	if (c != NULL)
		wait.case_id = c->id;
	leaf_content(s->envelope, &wait.content);
	memcpy(wait.salt.b, s->logged.time_salt, sizeof wait.salt.b);
	x->waiting = true;
	return put_waiting(x, found ? "w" : "l",
		found ? s->logged.leaf : s->counter, &wait);
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

/* ---- without --------------------------------------------------------------
 */

static int forget(struct proofs *x, const char *what, uint64_t n)
{
	return vault_delete(x->o.vault, VAULT_PROOF, name(what), n);
}

/* What was asked about is not to be had: no more of it. */
static int give_up(struct proofs *x, const char *what, uint64_t n)
{
	int rc = vault_begin(x->o.vault);

	if (rc == 0)
		rc = forget(x, what, n);
	return proofs_finish(x, rc);
}

/* Gone for a reason that statements give; or there is no way to tell. */
static bool is_explained(struct proofs *x, const struct waiting *wait)
{
	static const struct id16 none;
	const struct case_state *c;

	if (wait->missed == LOST || id16_eq(&wait->case_id, &none))
		return true;
	c = follow_case(x->o.follow, &wait->case_id);
	return c == NULL || c->status == CASE_ERASED;
}

/*
 * A daemon that says there is none may say so once. One that says "later", or
 * that shows no log at all, has a day.
 */
static bool is_enough(
	const struct proofs *x, const struct waiting *wait, bool later)
{
	bool day = follow_now(x->o.follow) > wait->since + PATIENCE_S;

	if (later || x->watch.size == 0)
		return day && wait->missed > 1;
	return wait->missed > 0;
}

static int alarm(struct proofs *x, const struct waiting *wait)
{
	static const char words[] =
		"the daemon took a message and its log does not have it";
	const struct event e = {.type = ROWAN_EVENT_ALARM,
		.code = ROWAN_ALARM_UNLOGGED,
		.time = follow_now(x->o.follow),
		.case_id = wait->case_id,
		.message = wait->message,
		.text = bytes_of(words, sizeof words - 1)};

	return events_add(x->o.events, &e);
}

/* This turn has ended without it. */
static int missed(struct proofs *x, struct waiting *wait, bool later)
{
	struct fetch *f = &x->fetch;
	bool over = is_explained(x, wait);
	bool told = !over && is_enough(x, wait, later);
	int rc = vault_begin(x->o.vault);

	*(f->leaf ? &f->leaves : &f->counters) = f->n + 1;
	if (rc == 0 && told)
		rc = alarm(x, wait);
	if (wait->missed < LOST - 1)
		wait->missed++;
	if (rc == 0)
		rc = over || told
			     ? forget(x, f->leaf ? "w" : "l", f->n)
			     : put_waiting(x, f->leaf ? "w" : "l", f->n, wait);
	return proofs_finish(x, rc);
}

/* "Later": at another moment, and in the end at another turn. */
static int put_off(struct proofs *x, const struct requests_outcome *o)
{
	struct fetch *f = &x->fetch;
	struct waiting wait;
	uint64_t ms = o->error.retry_ms, n;
	int rc;

	if (ms < LATER_MIN)
		ms = LATER_MIN;
	if (ms > REQUESTS_LATER_MAX_MS)
		ms = REQUESTS_LATER_MAX_MS;
	x->later_ms = x->now_ms + ms;
	if (++f->put_off < PUT_OFF)
		return 0;
	rc = next(x, f->leaf ? "w" : "l", f->n, &n, &wait);
	return rc == 0 && n == f->n ? missed(x, &wait, true) : rc;
}

/* Of leaves that are lost there is no receipt, nor an alarm. */
int receipts_restored(struct proofs *x, uint64_t size, uint64_t time)
{
	struct waiting wait;
	uint64_t n;
	int rc = 0;

	for (uint64_t from = size; rc == 0; from = n + 1) {
		rc = next(x, "w", from, &n, &wait);
		if (rc == 0 && wait.since <= time)
			rc = forget(x, "w", n);
	}
	if (rc == ROWAN_E_NOT_FOUND)
		rc = 0;
	for (uint64_t from = 0; rc == 0; from = n + 1) {
		rc = next(x, "l", from, &n, &wait);
		wait.missed = LOST;
		if (rc == 0 && wait.since <= time)
			rc = put_waiting(x, "l", n, &wait);
	}
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

/* ---- the file -------------------------------------------------------------
 */

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

static int make_file(struct proofs *x, const struct waiting *wait,
	const struct wire_receipt_answer *a, struct writer *w)
{
	struct proofs_records records = {0};
	struct evidence_parts p = {.leaf = x->fetch.n, .note = a->note};
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
		rc = forget(x, "w", x->fetch.n);
	return proofs_finish(x, rc);
}

/* ---- asking ---------------------------------------------------------------
 */

static int take_receipt(struct proofs *x, const struct waiting *wait,
	const struct wire_message *m)
{
	struct wire_receipt_answer a;
	struct writer w;
	int rc = wire_receipt_answer_decode(m, &a);

	if (rc != 0)
		return rc;
	writer_init(&w, EVIDENCE_MAX);
	rc = make_file(x, wait, &a, &w);
	if (rc == 0)
		rc = keep_file(x, wait, writer_view(&w));
	writer_wipe(&w);
	return rc;
}

static int take_leaf(struct proofs *x, struct waiting *wait, uint64_t leaf)
{
	bool other;
	int rc = is_anothers(x, leaf, &wait->message, &other);

	if (rc == 0 && other)
		return missed(x, wait, false);
	if (rc == 0)
		rc = vault_begin(x->o.vault);
	if (rc != 0)
		return rc;
	rc = put_waiting(x, "w", leaf, wait);
	if (rc == 0)
		rc = forget(x, "l", x->fetch.n);
	return proofs_finish(x, rc);
}

/* An honest daemon looks through a leaf at least for each answer. */
static bool goes_on(struct proofs *x, uint64_t below)
{
	struct fetch *f = &x->fetch;
	bool on = below > 0 && below < f->below &&
		  f->answers++ < FIND_MIN + x->watch.size;

	f->below = below;
	return on;
}

static int take_found(
	struct proofs *x, struct waiting *wait, const struct wire_message *m)
{
	struct wire_log_find_answer a;
	int rc = wire_log_find_answer_decode(m, &a);

	if (rc == 0 && a.leaf != WIRE_LEAF_NONE)
		return take_leaf(x, wait, a.leaf);
	return rc == 0 && goes_on(x, a.below) ? 0 : missed(x, wait, false);
}

static int got(struct proofs *x, const struct requests_outcome *o)
{
	struct fetch *f = &x->fetch;
	const char *what = f->leaf ? "w" : "l";
	struct waiting wait;
	uint64_t n;
	int rc;

	f->open = false;
	if (o->rc == ROWAN_E_STATE)
		return 0;
	if (o->rc <= -100 && o->rc > -200)
		return put_off(x, o);
	if (o->rc > -300 && o->rc != 0)
		return o->rc;
	rc = next(x, what, f->n, &n, &wait);
	if (rc != 0 || n != f->n)
		return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	/* Refused: it is not there. */
	if (o->rc != 0)
		return missed(x, &wait, false);
	rc = f->leaf ? take_receipt(x, &wait, o->answer)
		     : take_found(x, &wait, o->answer);
	if (rc > -300)
		return rc;
	/* Something else than was handed in, under the log's own proof. */
	rc = proofs_alarm(x, WATCH_FORK);
	return rc == 0 ? give_up(x, what, f->n) : rc;
}

static void fetched(void *ctx, const struct requests_outcome *o)
{
	struct fetch *f = ctx;
	struct proofs *x = f->x;
	int rc = got(x, o);

	if (rc != 0 && x->fault == 0)
		x->fault = rc;
}

static int ask(struct proofs *x, uint16_t op, struct writer *w)
{
	const struct requests_new n = {.op = op,
		.body = writer_view(w),
		.once = true,
		.done = fetched,
		.ctx = &x->fetch};
	int rc = writer_status(w);

	if (rc == 0)
		rc = requests_start(x->o.requests, &n);
	x->fetch.open = rc == 0;
	/* Too much is open: at another step. */
	return rc == ROWAN_E_AGAIN ? 0 : rc;
}

/* Another one than was asked about last: from the beginning. */
static void turn_to(struct fetch *f, bool leaf, uint64_t n)
{
	if (f->leaf == leaf && f->n == n && f->begun)
		return;
	f->begun = true;
	f->leaf = leaf;
	f->n = n;
	f->below = WIRE_LEAF_NONE;
	f->answers = 0;
	f->put_off = 0;
}

void receipts_turn(struct proofs *x)
{
	x->waiting = true;
	x->fetch.begun = false;
	x->fetch.leaves = x->fetch.counters = 0;
}

void receipts_offline(struct proofs *x)
{
	requests_cancel(x->o.requests, &x->fetch);
	x->fetch.open = false;
}

int receipts_step(struct proofs *x)
{
	struct fetch *f = &x->fetch;
	struct waiting wait;
	uint8_t mem[32];
	struct writer w;
	uint64_t n;
	int rc;

	f->x = x;
	writer_init_fixed(&w, mem, sizeof mem);
	rc = next(x, "w", f->leaves, &n, &wait);
	if (rc == 0) {
		turn_to(f, true, n);
		rc = wire_receipt_encode(&(struct wire_receipt){n}, &w);
		return rc == 0 ? ask(x, WIRE_OP_RECEIPT, &w) : rc;
	}
	if (rc == ROWAN_E_NOT_FOUND)
		rc = next(x, "l", f->counters, &n, &wait);
	if (rc == 0) {
		turn_to(f, false, n);
		rc = wire_log_find_encode(
			&(struct wire_log_find){wait.counter, f->below}, &w);
		return rc == 0 ? ask(x, WIRE_OP_LOG_FIND, &w) : rc;
	}
	x->waiting = rc != ROWAN_E_NOT_FOUND;
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}
