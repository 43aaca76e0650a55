/*
 * Batches: see batch.h.
 */
#include <stdlib.h>

#include "ops/batch.h"

/* Bodies of all pushes of a batch, and what is kept for the next one. */
#define BYTES_MAX  (64u << 20)
#define BYTES_KEEP (1u << 20)

int batch_new(struct batch **ret, size_t requests)
{
	struct batch *b = calloc(1, sizeof *b);

	*ret = NULL;
	if (b == NULL)
		return ROWAN_E_NOMEM;
	b->requests = calloc(requests, sizeof(*b->requests));
	if (b->requests == NULL) {
		free(b);
		return ROWAN_E_NOMEM;
	}
	b->request_cap = requests;
	writer_init(&b->bytes, BYTES_MAX);
	*ret = b;
	return 0;
}

void batch_clear(struct batch *b)
{
	for (size_t i = 0; i < b->owned_count; i++)
		buf_wipe(&b->owned[i]);
	b->owned_count = 0;
	b->request_count = 0;
	b->push_count = 0;
	b->frame_count = 0;
	b->revoked_count = 0;
	if (b->bytes.cap > BYTES_KEEP || b->bytes.error != 0) {
		writer_wipe(&b->bytes);
		writer_init(&b->bytes, BYTES_MAX);
	}
	b->bytes.len = 0;
}

void batch_free(struct batch *b)
{
	if (b == NULL)
		return;
	batch_clear(b);
	writer_wipe(&b->bytes);
	free(b->requests);
	free(b->pushes);
	free(b->frames);
	free(b->owned);
	free(b->revoked);
	free(b);
}

/* Make room for ${more} elements of ${size} bytes in ${*p}. */
static int reserve(void **p, size_t *cap, size_t n, size_t more, size_t size)
{
	size_t want = *cap == 0 ? 64 : *cap;
	void *q;

	if (n + more <= *cap)
		return 0;
	while (want < n + more)
		want *= 2;
	q = realloc(*p, want * size);
	if (q == NULL)
		return ROWAN_E_NOMEM;
	*p = q;
	*cap = want;
	return 0;
}

static int reserve_push(struct batch *b, size_t frames)
{
	void *p = b->pushes, *f = b->frames;
	int rc = reserve(&p, &b->push_cap, b->push_count, 1, sizeof *b->pushes);

	b->pushes = p;
	if (rc == 0)
		rc = reserve(&f, &b->frame_cap, b->frame_count, frames,
			sizeof *b->frames);
	b->frames = f;
	return rc;
}

int batch_push(struct batch *b, const struct push *to,
	const struct wire_push *msg, const struct push_frame *frames)
{
	struct push *p;
	size_t at = b->bytes.len;
	int rc = reserve_push(b, msg->count);

	if (rc == 0)
		rc = wire_push_encode(msg, &b->bytes);
	if (rc != 0) {
		b->bytes.len = at;
		return rc;
	}
	p = &b->pushes[b->push_count++];
	*p = *to;
	p->op = WIRE_OP_PUSH;
	p->body_at = at;
	p->body_len = b->bytes.len - at;
	p->frame_at = b->frame_count;
	p->frame_count = msg->count;
	memcpy(&b->frames[b->frame_count], frames, msg->count * sizeof *frames);
	b->frame_count += msg->count;
	return 0;
}

int batch_push_copy(
	struct batch *b, const struct push *to, const struct wire_push *msg)
{
	struct push_frame frames[WIRE_ENVELOPES_MAX];
	struct buf mem = {NULL, 0};
	void *owned = b->owned;
	size_t total = 0, at = 0;
	int rc = reserve(
		&owned, &b->owned_cap, b->owned_count, 1, sizeof *b->owned);

	b->owned = owned;
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < msg->count; i++)
		total += msg->items[i].envelope.len;
	mem.data = malloc(total > 0 ? total : 1);
	if (mem.data == NULL)
		return ROWAN_E_NOMEM;
	mem.len = total;
	for (size_t i = 0; i < msg->count; i++) {
		struct bytes e = msg->items[i].envelope;

		if (e.len > 0)
			memcpy(mem.data + at, e.data, e.len);
		frames[i] = (struct push_frame){
			.bytes = bytes_of(mem.data + at, e.len)};
		at += e.len;
	}
	rc = batch_push(b, to, msg, frames);
	if (rc != 0) {
		free(mem.data);
		return rc;
	}
	b->owned[b->owned_count++] = mem;
	return 0;
}

int batch_notice(
	struct batch *b, const struct push *to, const struct wire_notice *msg)
{
	struct push *p;
	size_t at = b->bytes.len;
	int rc = reserve_push(b, 0);

	if (rc == 0)
		rc = wire_notice_encode(msg, &b->bytes);
	if (rc != 0) {
		b->bytes.len = at;
		return rc;
	}
	p = &b->pushes[b->push_count++];
	*p = *to;
	p->op = WIRE_OP_NOTICE;
	p->body_at = at;
	p->body_len = b->bytes.len - at;
	p->frame_at = b->frame_count;
	p->frame_count = 0;
	return 0;
}
