/*
 * Blob operations: see blobs.h.
 */
#include "ops/blobs.h"
#include "ops/record.h"

/* How long to wait for a sender who is still putting chunks. */
#define RETRY_INCOMPLETE_MS 5000
/* Longest wait told; a held blob may take weeks. */
#define RETRY_HELD_MAX_MS (24u * 3600 * 1000)

/* The log names a blob by the hash of its id. */
static int record_blob(
	struct ops *o, const struct id16 *id, const struct id16 *channel)
{
	entry_content(id16_view(id), &o->record.content);
	return record_channel(o, channel);
}

/* A blob whose channel the device takes part in; unknown is the same. */
static int find(struct ops *o, const struct request *r, const struct id16 *id,
	struct store_blob *ret)
{
	int rc = store_blob_get(o->view, id, ret);

	if (rc == ROWAN_E_NOT_FOUND)
		return ROWAN_E_REFUSED;
	if (rc == 0)
		rc = ops_allow_channel(o, r, &ret->channel);
	return rc != 0 ? rc : record_blob(o, id, &ret->channel);
}

static int find_own(struct ops *o, const struct request *r,
	const struct id16 *id, struct store_blob *ret)
{
	int rc = find(o, r, id, ret);

	if (rc == 0 && !id16_eq(&ret->owner, &r->device))
		return ROWAN_E_REFUSED;
	return rc;
}

static int tell_next(struct ops *o, struct request *r, const struct id16 *id)
{
	struct wire_blob_next a = {0};
	int rc = store_blob_missing(o->view, id, 0, &a.next);

	return rc != 0 ? rc : wire_blob_next_encode(&a, &r->out);
}

/* One more blob of ${chunks} chunks within what a device may keep. */
static int within_quota(struct ops *o, const struct request *r, uint32_t chunks)
{
	uint64_t most = o->config->blob_total / WIRE_CHUNK_LEN;
	struct store_usage u;
	int rc = store_blob_usage(o->view, &r->device, &u);

	if (rc != 0)
		return rc;
	if (u.open >= o->config->blobs_open || chunks > most ||
		u.chunks > most - chunks)
		return ROWAN_E_QUOTA;
	return 0;
}

int blobs_begin(struct ops *o, struct request *r)
{
	const struct wire_blob_begin *b = &r->body.blob_begin;
	const struct config *c = o->config;
	uint64_t life =
		b->lifetime != 0 ? b->lifetime : c->blob_lifetime / 1000;
	struct store_blob s = {.id = b->blob,
		.channel = b->channel,
		.owner = r->device,
		.size = b->size,
		.hold = b->hold_until > o->now ? b->hold_until : 0};
	struct store_blob old;
	int rc;

	if (b->size > c->blob_bytes || life > c->blob_lifetime_max / 1000 ||
		(s.hold != 0 && s.hold - o->now > c->hold_max / 1000))
		return ROWAN_E_LIMIT;
	s.chunks = wire_blob_chunks(b->size);
	s.expires = (s.hold != 0 ? s.hold : o->now) + life;
	rc = ops_allow_channel(o, r, &b->channel);
	if (rc == 0)
		rc = record_blob(o, &b->blob, &b->channel);
	if (rc != 0)
		return rc;
	/*
	 * A repeat comes later than the first, so its times differ by that:
	 * what was announced first stays.
	 */
	rc = store_blob_get(o->view, &b->blob, &old);
	if (rc == 0) {
		if (!id16_eq(&old.owner, &r->device) ||
			!id16_eq(&old.channel, &b->channel) ||
			old.size != b->size)
			return ROWAN_E_EXISTS;
	} else if (rc == ROWAN_E_NOT_FOUND) {
		rc = within_quota(o, r, s.chunks);
		if (rc == 0)
			rc = store_blob_begin(o->store, &s);
	}
	if (rc == ROWAN_E_REFUSED)
		rc = ROWAN_E_EXISTS;
	return rc != 0 ? rc : tell_next(o, r, &b->blob);
}

int blobs_put(struct ops *o, struct request *r)
{
	const struct wire_blob_put *p = &r->body.blob_put;
	struct store_blob b;
	int rc = find_own(o, r, &p->blob, &b);

	if (rc != 0)
		return rc;
	o->record.number = p->first;
	for (size_t i = 0; i < p->count; i++) {
		uint64_t index = (uint64_t)p->first + i;
		uint64_t at = index * WIRE_CHUNK_LEN, len = WIRE_CHUNK_LEN;

		if (index >= b.chunks)
			return ROWAN_E_LIMIT;
		if (b.size - at < len)
			len = b.size - at;
		if (p->chunks[i].len != len)
			return ROWAN_E_MALFORMED;
		rc = store_blob_put(o->store, &r->device, &p->blob,
			(uint32_t)index, p->chunks[i]);
		if (rc != 0)
			return rc;
	}
	return tell_next(o, r, &p->blob);
}

int blobs_status(struct ops *o, struct request *r)
{
	struct store_blob b;
	struct wire_blob_status a = {0};
	int rc = find(o, r, &r->body.blob_id.blob, &b);

	if (rc == 0)
		rc = store_blob_missing(o->view, &b.id, 0, &a.next);
	if (rc != 0)
		return rc;
	a.size = b.size;
	a.expires = b.expires;
	a.hold_until = b.hold;
	return wire_blob_status_encode(&a, &r->out);
}

/* Withheld until its time; a doubtful clock releases nothing further. */
static bool is_held(const struct ops *o, const struct store_blob *b)
{
	return b->hold != 0 && o->sure < b->hold;
}

static void refuse_held(
	const struct ops *o, const struct store_blob *b, struct request *r)
{
	uint64_t wait = b->hold > o->now ? (b->hold - o->now) * 1000 : 60000;

	ops_refuse(r, WIRE_HELD,
		wait < RETRY_HELD_MAX_MS ? (uint32_t)wait : RETRY_HELD_MAX_MS);
}

int blobs_get(struct ops *o, struct request *r)
{
	const struct wire_blob_get *g = &r->body.blob_get;
	struct wire_blob_get_answer a = {.first = g->first};
	size_t most = g->max < WIRE_CHUNKS_MAX ? g->max : WIRE_CHUNKS_MAX;
	struct store_blob b;
	int rc = find(o, r, &g->blob, &b);

	if (rc != 0)
		return rc;
	if (is_held(o, &b)) {
		refuse_held(o, &b, r);
		return 0;
	}
	if (g->first >= b.chunks)
		return ROWAN_E_LIMIT;
	a.size = b.size;
	o->record.number = g->first;
	while (a.count < most && a.count < b.chunks - g->first) {
		struct buf *chunk = &r->answer[a.count];

		rc = store_blob_chunk(
			o->view, &g->blob, g->first + (uint32_t)a.count, chunk);
		if (rc == ROWAN_E_NOT_FOUND)
			break;
		if (rc != 0)
			return rc;
		a.chunks[a.count++] = buf_view(chunk);
		r->answer_count = a.count;
	}
	if (a.count == 0) {
		ops_refuse(r, WIRE_AGAIN, RETRY_INCOMPLETE_MS);
		return 0;
	}
	return wire_blob_get_answer_encode(&a, &r->out);
}

int blobs_delete(struct ops *o, struct request *r)
{
	struct store_blob b;
	int rc = find_own(o, r, &r->body.blob_id.blob, &b);

	if (rc == 0)
		rc = store_blob_delete(o->store, &b.id);
	if (rc != 0)
		return rc;
	return wire_empty_encode(&(struct wire_empty){0}, &r->out);
}
