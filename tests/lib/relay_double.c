/*
 * The daemon without sockets and threads: running requests, and what follows
 * from them. See relay_double.h; connections are in double_line.c, the store
 * in double_store.c.
 */
#include <stdlib.h>

#include "lib/double_line.h"
#include "lib/leaf_kit.h"
#include "ops/greeting.h"
#include "ops/record.h"
#include "wire/op.h"

#define RETRY_MS 1000
#define SLICE	 1024

/* One request while it runs. */
struct run {
	struct request r;
	struct batch *batch;
};

void double_must(int rc)
{
	if (rc != 0)
		abort();
}

static void queue_frames(struct relay_double *d, const struct id16 *device,
	enum double_way way, const struct bytes *frames, size_t count)
{
	double_deliver(d, double_message_of(way, device, frames, count));
}

static void send_error(struct relay_double *d, const struct request *r)
{
	struct wire_header h = {
		WIRE_VERSION_HELLO, WIRE_OP_ERROR, r->header.id};
	uint8_t head[WIRE_HEADER_LEN], body[WIRE_ERROR_LEN];
	struct bytes frames[2];
	struct writer w;

	if (wire_version_served(r->header.version))
		h.version = r->header.version;
	wire_header_encode(&h, head);
	writer_init_fixed(&w, body, sizeof body);
	double_must(wire_error_encode(&r->error, &w));
	frames[0] = bytes_of(head, sizeof head);
	frames[1] = writer_view(&w);
	queue_frames(d, &r->device, DOUBLE_ANSWER, frames, 2);
}

static void send_answer(struct relay_double *d, const struct request *r)
{
	const struct wire_op_info *info = wire_op_find(r->header.op);
	struct wire_header h = r->header;
	uint8_t head[WIRE_HEADER_LEN];
	struct bytes frames[WIRE_FRAMES_MAX];

	if (r->error.code != WIRE_OK) {
		send_error(d, r);
		return;
	}
	/* Quiet requests hear of refusals only. */
	if (h.id == 0 && (info->flags & WIRE_OP_QUIET) != 0)
		return;
	h.op |= WIRE_ANSWER;
	wire_header_encode(&h, head);
	frames[0] = bytes_of(head, sizeof head);
	frames[1] = writer_view(&r->out);
	for (size_t i = 0; i < r->answer_count; i++)
		frames[2 + i] = buf_view(&r->answer[i]);
	queue_frames(d, &r->device, DOUBLE_ANSWER, frames, 2 + r->answer_count);
}

static void send_push(
	struct relay_double *d, const struct batch *b, const struct push *p)
{
	struct wire_header h = {p->version, p->op, p->id};
	struct double_line *l = double_line_of(d, &p->device);
	uint8_t head[WIRE_HEADER_LEN];
	struct bytes frames[WIRE_FRAMES_MAX];

	if (!l->up || p->to.generation != (uint32_t)l->connection)
		return;
	wire_header_encode(&h, head);
	frames[0] = bytes_of(head, sizeof head);
	frames[1] = bytes_of(b->bytes.data + p->body_at, p->body_len);
	for (size_t i = 0; i < p->frame_count; i++) {
		const struct push_frame *f = &b->frames[p->frame_at + i];

		frames[2 + i] =
			f->owner ? f->owner->frames[2 + f->index] : f->bytes;
	}
	queue_frames(d, &p->device, DOUBLE_PUSH, frames, 2 + p->frame_count);
}

static void send_pushes(struct relay_double *d, const struct batch *b)
{
	for (size_t i = 0; i < b->push_count; i++)
		send_push(d, b, &b->pushes[i]);
}

/* Read back for those who are behind, as long as somebody gets something. */
static void serve(struct relay_double *d)
{
	struct subs_slice slice = {.rd = d->ops.view,
		.fetched = d->ops.fetched,
		.now = d->ops.now,
		.doubtful = d->ops.doubtful,
		.budget = 1 << 20,
		.read = record_read,
		.ctx = &d->ops};
	struct batch *b;

	if (d->serving)
		return;
	d->serving = true;
	double_must(batch_new(&b, 1));
	while (subs_hungry(&d->ops.subs)) {
		batch_clear(b);
		double_must(store_begin(d->ops.store, d->ops.now));
		double_must(subs_serve(&d->ops.subs, b, &slice));
		double_must(store_commit(d->ops.store));
		send_pushes(d, b);
	}
	batch_free(b);
	d->serving = false;
}

void double_begin(struct relay_double *d)
{
	d->ops.now = relay_double_now(d);
	d->ops.doubtful = d->doubtful;
	if (!d->doubtful)
		d->ops.sure = d->ops.now;
	d->ops.lost = false;
	d->ops.revoked_count = 0;
	double_must(store_begin(d->ops.store, d->ops.now));
	if (d->doubtful)
		store_doubt(d->ops.store, d->ops.sure);
}

/* Commit; whoever was revoked by it loses its connection. */
static void conclude(struct relay_double *d, struct run *x)
{
	size_t n = d->ops.revoked_count;
	struct id16 *gone = NULL;

	if (d->ops.lost || d->ops.damaged)
		abort();
	double_must(subs_cards(&d->ops.subs, d->ops.now, ops_ended, &d->ops));
	double_must(subs_ready(&d->ops.subs, record_read, &d->ops));
	double_must(store_commit(d->ops.store));
	double_must(head_settle(d->ops.head, d->ops.now));
	if (n > 0) {
		gone = d->ops.revoked;
		d->ops.revoked = NULL;
		d->ops.revoked_cap = d->ops.revoked_count = 0;
	}
	for (size_t i = 0; i < n; i++)
		subs_drop(&d->ops.subs, &gone[i], NULL);
	subs_push(&d->ops.subs, x->batch);
	send_answer(d, &x->r);
	send_pushes(d, x->batch);
	for (size_t i = 0; i < n; i++)
		double_line_cut(d, double_line_of(d, &gone[i]));
	free(gone);
}

static void run_free(struct run *x)
{
	for (size_t i = 0; i < x->r.answer_count; i++)
		buf_wipe(&x->r.answer[i]);
	writer_wipe(&x->r.out);
	batch_free(x->batch);
	free(x);
}

/* As net/receive.c judges a message: 0 when it is for the writer. */
static int judge(struct relay_double *d, struct request *r)
{
	struct wire_message m = {0};
	size_t total = 0;
	int rc = wire_message_assemble(r->frames, r->frame_count, &m);

	r->header = m.header;
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < r->frame_count; i++)
		total += r->frames[i].len;
	if (total > d->config.message_bytes)
		return ROWAN_E_LIMIT;
	r->entry = table_find(m.header.op);
	return r->entry == NULL ? ROWAN_E_NOT_FOUND
				: r->entry->decode(&m, &r->body);
}

/* The enrolment port greets by itself. */
static void greet_stranger(struct relay_double *d, struct request *r)
{
	struct wire_hello_answer a;

	double_must(greeting_answer(&d->config, &r->body.hello, &a));
	a.time = (struct wire_time){relay_double_now(d), d->doubtful};
	r->header.version = a.version;
	double_must(wire_hello_answer_encode(&a, &r->out));
	r->error = (struct wire_error){WIRE_OK, 0};
	send_answer(d, r);
}

/* A stranger has no device, but a place to be answered at. */
static void run_one(
	struct relay_double *d, struct run *x, const struct double_line *l)
{
	uint64_t before;

	double_begin(d);
	before = store_log_next(d->ops.store);
	if (l->stranger) {
		x->r.stranger = true;
		x->r.key = l->key;
		memset(&x->r.device, 0, sizeof x->r.device);
	}
	ops_run(&d->ops, &x->r);
	x->r.device = l->device;
	conclude(d, x);
	leaf_kit_check(&d->ops, &x->r, before);
}

/* Not on this port. */
static bool misplaced(const struct request *r, const struct double_line *l)
{
	return (r->entry->right == TABLE_STRANGER) != l->stranger;
}

void double_run(struct relay_double *d, const struct double_message *m)
{
	struct double_line *l = double_line_of(d, &m->device);
	struct run *x = calloc(1, sizeof *x);
	int rc;

	if (x == NULL)
		abort();
	double_must(batch_new(&x->batch, 1));
	writer_init(&x->r.out, WIRE_MESSAGE_MAX);
	x->r.kind = REQUEST_MESSAGE;
	x->r.from = (struct peer_ref){l->slot, (uint32_t)l->connection};
	x->r.device = m->device;
	x->r.frame_count = m->count;
	for (size_t i = 0; i < m->count; i++)
		x->r.frames[i] = buf_view(&m->frame[i]);
	rc = judge(d, &x->r);
	if (rc == 0 && l->stranger && x->r.header.op == WIRE_OP_HELLO) {
		greet_stranger(d, &x->r);
		run_free(x);
		return;
	}
	if (rc == 0 && misplaced(&x->r, l))
		rc = ROWAN_E_NOT_FOUND;
	if (rc == 0) {
		d->count[x->r.header.op]++;
		d->total++;
		run_one(d, x, l);
	} else if (m->count > 0 && m->frame[0].len == WIRE_HEADER_LEN) {
		x->r.error.code = rc == ROWAN_E_NOT_FOUND ? WIRE_OPERATION
							  : wire_code_of(rc);
		x->r.error.retry_ms =
			wire_code_retryable(x->r.error.code) ? RETRY_MS : 0;
		send_error(d, &x->r);
	}
	run_free(x);
	serve(d);
}

struct store *relay_double_begin(struct relay_double *d)
{
	double_begin(d);
	return d->ops.store;
}

void relay_double_commit(struct relay_double *d)
{
	double_must(store_commit(d->ops.store));
	/* The store may know its clinic now. */
	double_head(d);
}

void relay_double_pass(struct relay_double *d, uint64_t ms)
{
	struct store_slice expired, swept;

	d->ms += ms;
	do {
		expired.more = false;
		double_begin(d);
		if (!d->doubtful)
			double_must(
				store_expire(d->ops.store, SLICE, &expired));
		double_must(store_sweep(d->ops.store, SLICE, &swept));
		double_must(entry_erased(
			d->ops.store, relay_double_now(d), &swept));
		double_must(store_commit(d->ops.store));
	} while (expired.more || swept.more);
	serve(d);
}

uint64_t relay_double_requests(const struct relay_double *d, uint16_t op)
{
	return op == 0 ? d->total : d->count[op];
}
