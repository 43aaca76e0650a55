/*
 * The mailbox: see mailbox.h.
 *
 *	SETTINGS "mailbox"/0	struct { uint16 version = 1; uint64 mark; }
 *
 * Where it is, and what leads on:
 *
 *	            greeted              answer           waiting is 0
 *	LOST ------------> SUBSCRIBING ---------> READING ----------> CURRENT
 *	  ^                                          ^                   |
 *	  +--- connection lost, from anywhere        +------ push -------+
 *
 * A subscription that ended may still have pushes on their way, and what came
 * before them was dropped here: only the present one's are taken, or an
 * envelope would be passed over, and acknowledged unseen.
 *
 * A batch that fails (the vault's fault) leaves everything as it was, in
 * memory too: the envelopes stay in line and are opened again.
 */
#include <stdlib.h>

#include "session/channel/mailbox.h"
#include "wire/op.h"

#define VERSION 1
#define PAUSE_MS                                                               \
	2000		/* after a failure of the vault, or without the chains \
			 */
#define POLL_MS	   5000 /* the daemon says that more waits, and pushes none */
#define LOOK_MS	   (5 * 60 * 1000) /* whether a push was kept from us */
#define BLOCKED_MS 20		   /* until the chains are looked at again */
#define STALLS_MAX 2		   /* polls without a push */
#define NAME	   bytes_of("mailbox", 7)

enum stage { LOST, GREETED, SUBSCRIBING, READING, CURRENT };

/* An envelope in line. */
struct entry {
	struct entry *next;
	struct wire_delivery d; /* envelope borrows from ${mem} */
	struct buf mem;
};

struct mailbox {
	struct mailbox_options o;
	uint64_t mark;	 /* in the vault */
	uint64_t newest; /* in line or in the vault */
	enum stage stage;
	uint64_t subscription; /* the request's id */
	struct entry *first, **last;
	size_t count, bytes;
	uint32_t owed; /* credit not granted again yet */
	bool asked;    /* an acknowledgement is unanswered */
	bool polling;  /* it was for want of anything pushed */
	bool again;    /* what the vault has is to be acknowledged */
	bool blocked;  /* the first one waits for the chains */
	unsigned stalls;
	uint64_t due_ms, now_ms;
	uint64_t open_ms; /* when blocked: what is in line is tried again */
	bool ending;
};

/* ---- the mark ---- */

static int read_mark(struct mailbox *x)
{
	uint16_t version = 0;
	struct buf mem = {0};
	struct reader r;
	int rc = vault_get(x->o.vault, VAULT_SETTINGS, NAME, 0, &mem);

	if (rc == ROWAN_E_NOT_FOUND)
		return 0;
	if (rc != 0)
		return rc;
	reader_init(&r, buf_view(&mem));
	rc = reader_u16(&r, &version);
	if (rc == 0 && version > VERSION)
		rc = ROWAN_E_TOO_NEW;
	if (rc == 0)
		rc = reader_u64(&r, &x->mark);
	if (rc == 0)
		rc = reader_end(&r);
	buf_wipe(&mem);
	return rc == ROWAN_E_MALFORMED ? ROWAN_E_CORRUPT : rc;
}

static int put_mark(struct mailbox *x, uint64_t mark)
{
	uint8_t mem[16];
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	writer_u16(&w, VERSION);
	writer_u64(&w, mark);
	return vault_put(x->o.vault, VAULT_SETTINGS, NAME, 0, writer_view(&w));
}

int mailbox_new(struct mailbox **ret, const struct mailbox_options *options)
{
	struct mailbox *x = calloc(1, sizeof *x);
	int rc;

	*ret = NULL;
	if (x == NULL)
		return ROWAN_E_NOMEM;
	x->o = *options;
	x->last = &x->first;
	rc = read_mark(x);
	x->newest = x->mark;
	if (rc == 0)
		*ret = x;
	else
		free(x);
	return rc;
}

/* ---- the line ---- */

static void pop(struct mailbox *x)
{
	struct entry *e = x->first;

	x->first = e->next;
	if (x->first == NULL)
		x->last = &x->first;
	x->count--;
	x->bytes -= e->mem.len;
	buf_wipe(&e->mem);
	free(e);
}

static void drop_line(struct mailbox *x)
{
	while (x->first != NULL)
		pop(x);
	x->newest = x->mark;
	x->owed = 0;
	x->blocked = false;
}

void mailbox_free(struct mailbox *x)
{
	if (x == NULL)
		return;
	x->ending = true;
	requests_cancel(x->o.requests, x);
	drop_line(x);
	free(x);
}

static int push_one(struct mailbox *x, const struct wire_delivery *d)
{
	struct entry *e = calloc(1, sizeof *e);
	int rc = e == NULL ? ROWAN_E_NOMEM : buf_copy(&e->mem, d->envelope);

	if (rc != 0) {
		free(e);
		return rc;
	}
	e->d = *d;
	e->d.envelope = buf_view(&e->mem);
	*x->last = e;
	x->last = &e->next;
	x->count++;
	x->bytes += e->mem.len;
	x->newest = d->sequence;
	return 0;
}

/* No memory: it comes again after the next subscribe. */
static void start_over(struct mailbox *x)
{
	drop_line(x);
	x->stage = GREETED;
	x->due_ms = x->now_ms + PAUSE_MS;
}

void mailbox_push(struct mailbox *x, const struct wire_message *m)
{
	struct wire_push *p;

	if ((x->stage != READING && x->stage != CURRENT &&
		    x->stage != SUBSCRIBING) ||
		m->header.id != x->subscription)
		return;
	p = malloc(sizeof *p);
	if (p == NULL) {
		start_over(x);
		return;
	}
	if (wire_push_decode(m, p) != 0)
		p->count = 0;
	for (size_t i = 0; i < p->count; i++) {
		/* More than was allowed is not ours to hold. */
		if (x->count >= 2 * MAILBOX_CREDIT)
			break;
		/* Pushed again: it is here. */
		if (p->items[i].sequence <= x->newest) {
			x->owed++;
			x->again = true;
		} else if (push_one(x, &p->items[i]) != 0) {
			start_over(x);
			break;
		}
	}
	x->polling = false;
	x->stalls = 0;
	if (x->stage == CURRENT)
		x->stage = READING;
	free(p);
}

/*
 * Given back together with what was processed; by itself once half is used up,
 * for a person who hears much of cases and gets few messages.
 */
void mailbox_noticed(struct mailbox *x)
{
	if (x->stage != READING && x->stage != CURRENT)
		return;
	x->owed++;
	if (x->owed < MAILBOX_CREDIT / 2)
		return;
	if (x->mark > 0)
		x->again = true;
	else if (x->count == 0) /* nothing that could be acknowledged */
		start_over(x);
}

bool mailbox_current(const struct mailbox *x)
{
	return x->stage == CURRENT && x->count == 0;
}

/* ---- asking ---- */

void mailbox_greeted(struct mailbox *x)
{
	drop_line(x);
	x->stage = GREETED;
	x->again = x->mark > 0;
	x->due_ms = 0;
}

void mailbox_lost(struct mailbox *x)
{
	drop_line(x);
	x->stage = LOST;
}

/* What the daemon says still waits; nothing more is in line. */
static void took_waiting(struct mailbox *x, const struct requests_outcome *o)
{
	struct wire_waiting w;

	if (o->rc != 0 || wire_waiting_decode(o->answer, &w) != 0) {
		x->due_ms = x->now_ms + PAUSE_MS;
		return;
	}
	if (x->stage == READING && w.waiting == 0 && x->count == 0)
		x->stage = CURRENT;
	else if (x->stage == CURRENT && w.waiting > 0)
		x->stage = READING;
	/* More waits, may be pushed, and is not: ask for it anew. */
	if (x->stage == READING && x->polling)
		x->stalls++;
	x->polling = false;
	if (x->stalls > STALLS_MAX) {
		drop_line(x);
		x->stage = GREETED;
		x->stalls = 0;
	}
	x->due_ms = x->stage == GREETED	  ? 0
		    : x->stage == CURRENT ? x->now_ms + LOOK_MS
					  : x->now_ms + POLL_MS;
}

static void subscribed(void *ctx, const struct requests_outcome *o)
{
	struct mailbox *x = ctx;

	x->asked = false;
	if (x->ending || x->stage != SUBSCRIBING)
		return;
	x->stage = o->rc == 0 ? READING : GREETED;
	took_waiting(x, o);
}

static void acknowledged(void *ctx, const struct requests_outcome *o)
{
	struct mailbox *x = ctx;

	x->asked = false;
	if (x->ending)
		return;
	took_waiting(x, o);
}

static int start(struct mailbox *x, const struct requests_new *n)
{
	struct requests_new own = *n;
	int rc;

	own.ctx = x;
	rc = requests_start(x->o.requests, &own);
	x->asked = rc == 0;
	if (rc != ROWAN_E_AGAIN)
		return rc;
	x->due_ms = x->now_ms + PAUSE_MS;
	return 0;
}

static int subscribe(struct mailbox *x)
{
	const struct wire_subscribe s = {x->mark, MAILBOX_CREDIT};
	uint8_t mem[32];
	struct writer w;
	int rc;

	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_subscribe_encode(&s, &w);
	if (rc == 0)
		rc = start(x, &(struct requests_new){.op = WIRE_OP_SUBSCRIBE,
				      .body = writer_view(&w),
				      .done = subscribed});
	if (rc == 0 && x->asked) {
		x->stage = SUBSCRIBING;
		x->subscription = requests_last(x->o.requests);
		x->polling = false;
		x->stalls = 0;
	}
	return rc;
}

/* Everything up to the mark is safe; as much credit as there is room for. */
static int acknowledge(struct mailbox *x)
{
	struct wire_ack a = {.ranges = {{1, x->mark}}, .count = 1};
	uint8_t mem[64];
	struct writer w;
	int rc;

	if (x->bytes < MAILBOX_BYTES)
		a.credit = x->owed;
	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_ack_encode(&a, &w);
	if (rc == 0)
		rc = start(x, &(struct requests_new){.op = WIRE_OP_ACK,
				      .body = writer_view(&w),
				      .done = acknowledged});
	if (rc == 0 && x->asked) {
		/* Nothing was done since the last time: why not? */
		x->polling = !x->again && x->stage == READING;
		x->owed -= a.credit;
		x->again = false;
	}
	return rc;
}

/* ---- a batch ---- */

static int lost_some(struct mailbox *x, const struct wire_delivery *d,
	const struct channel_opened *o)
{
	const struct event e = {.type = ROWAN_EVENT_MISSING,
		.time = d->received,
		.case_id = o->case_id,
		.channel = d->channel,
		.member = o->member,
		.device = o->device,
		.count = o->lost};

	return o->lost == 0 ? 0 : events_add(x->o.events, &e);
}

static int hand_over(struct mailbox *x, const struct wire_delivery *d,
	const struct channel_opened *o)
{
	const struct mailbox_from from = {.case_id = o->case_id,
		.channel = d->channel,
		.kind = o->kind,
		.member = o->member,
		.device = o->device,
		.received = d->received,
		.urgent = (d->flags & WIRE_URGENT) != 0};
	int rc = lost_some(x, d, o);

	if (rc == 0 && o->said)
		rc = o->code == 0 ? x->o.opened(x->o.ctx, &from,
					    buf_view(&o->content))
				  : x->o.unreadable(x->o.ctx, &from, o->code);
	if (rc == 0 && o->joined)
		rc = x->o.joined(x->o.ctx, &d->channel, o->ours);
	return rc;
}

/* Opens what is in line; ${ret}: how many are done with. */
static int open_all(struct mailbox *x, size_t *ret)
{
	size_t n = 0;
	int rc = 0;

	for (struct entry *e = x->first; e != NULL && n < MAILBOX_BATCH;
		e = e->next) {
		struct channel_opened o;

		rc = channels_open(x->o.channels, &e->d, &o);
		if (rc == ROWAN_E_AGAIN) {
			x->blocked = true;
			rc = 0;
			break;
		}
		if (rc == 0)
			rc = hand_over(x, &e->d, &o);
		buf_wipe(&o.content);
		if (rc != 0)
			break;
		n++;
	}
	*ret = n;
	return rc;
}

static uint64_t sequence_of(const struct mailbox *x, size_t n)
{
	const struct entry *e = x->first;

	while (--n > 0)
		e = e->next;
	return e->d.sequence;
}

static int batch(struct mailbox *x)
{
	uint64_t mark = x->mark;
	size_t n = 0;
	int rc = vault_begin(x->o.vault);

	if (rc != 0)
		return rc;
	x->blocked = false;
	rc = open_all(x, &n);
	if (rc == 0)
		rc = channels_keep(x->o.channels);
	if (rc == 0 && n > 0) {
		mark = sequence_of(x, n);
		rc = put_mark(x, mark);
	}
	if (rc == 0)
		rc = vault_commit(x->o.vault);
	else
		vault_abort(x->o.vault);
	if (rc != 0) {
		channels_aborted(x->o.channels);
		if (x->o.aborted != NULL)
			x->o.aborted(x->o.ctx);
		return rc;
	}
	x->mark = mark;
	x->owed += (uint32_t)n;
	x->again = x->again || n > 0;
	for (size_t i = 0; i < n; i++)
		pop(x);
	return 0;
}

/* ---- stepped ---- */

static bool may_ack(const struct mailbox *x)
{
	return (x->stage == READING || x->stage == CURRENT ||
		       x->stage == GREETED) &&
	       !x->asked && x->mark > 0;
}

/*
 * For the first envelope of all, which the daemon said waits: it may have gone
 * meanwhile, and there is nothing that could be acknowledged to hear of it.
 */
static bool waits_in_vain(const struct mailbox *x)
{
	return x->stage == READING && !x->asked && x->mark == 0 &&
	       x->count == 0;
}

int mailbox_step(struct mailbox *x, uint64_t now_ms)
{
	int rc = 0;

	x->now_ms = now_ms;
	if (x->stage == LOST ||
		(x->due_ms > now_ms && x->count == 0 && !x->again))
		return 0;
	/* What the vault has leaves the daemon before anything is pushed. */
	if (x->stage == GREETED)
		return x->asked ? 0 : x->again ? acknowledge(x) : subscribe(x);
	if (x->first != NULL && (!x->blocked || x->open_ms <= now_ms)) {
		rc = batch(x);
		if (rc != 0 || x->blocked)
			x->open_ms = now_ms + (rc != 0 ? PAUSE_MS : BLOCKED_MS);
		/* The vault's fault: it is not mended by trying at once. */
		x->blocked = x->blocked || rc != 0;
	}
	/* Also to hear whether more waits. */
	if (rc == 0 && may_ack(x) &&
		(x->again || (x->count == 0 && x->due_ms <= now_ms)))
		rc = acknowledge(x);
	else if (rc == 0 && waits_in_vain(x) && x->due_ms <= now_ms)
		rc = subscribe(x);
	return rc;
}

uint64_t mailbox_wait(const struct mailbox *x, uint64_t now_ms)
{
	uint64_t left = x->due_ms > now_ms ? x->due_ms - now_ms : 0;

	if (x->stage == LOST || x->stage == SUBSCRIBING)
		return UINT64_MAX;
	if (x->stage == GREETED)
		return x->asked ? UINT64_MAX : x->again ? 0 : left;
	if (x->first != NULL && (!x->blocked || x->open_ms <= now_ms))
		return 0;
	if (x->first != NULL)
		return x->open_ms - now_ms;
	if (x->again && !x->asked)
		return 0;
	return x->asked || (x->mark == 0 && !waits_in_vain(x)) ? UINT64_MAX
							       : left;
}
