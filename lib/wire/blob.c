/*
 * Blobs: see blob.h. Never looks into a chunk.
 */
#include <string.h>

#include "wire/blob.h"
#include "wire/codec.h"

/* The number of chunks of the largest blob. */
#define CHUNKS_ALL (WIRE_BLOB_MAX / WIRE_CHUNK_LEN)

static int size_check(uint64_t size)
{
	if (size == 0)
		return ROWAN_E_MALFORMED;
	return size > WIRE_BLOB_MAX ? ROWAN_E_LIMIT : 0;
}

int wire_blob_begin_decode(
	const struct wire_message *m, struct wire_blob_begin *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = codec_id(&r, &ret->channel)) != 0 ||
		(rc = codec_id(&r, &ret->blob)) != 0 ||
		(rc = reader_u64(&r, &ret->size)) != 0 ||
		(rc = size_check(ret->size)) != 0 ||
		(rc = reader_u32(&r, &ret->lifetime)) != 0)
		goto out;
	rc = reader_u64(&r, &ret->hold_until);
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_blob_begin_encode(const struct wire_blob_begin *b, struct writer *w)
{
	if (size_check(b->size) != 0)
		return ROWAN_E_INVAL;
	writer_raw(w, b->channel.b, ID16_LEN);
	writer_raw(w, b->blob.b, ID16_LEN);
	writer_u64(w, b->size);
	writer_u32(w, b->lifetime);
	writer_u64(w, b->hold_until);
	return writer_status(w);
}

int wire_blob_next_decode(
	const struct wire_message *m, struct wire_blob_next *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_u32(&r, &ret->next)) != 0)
		goto out;
	if (ret->next > CHUNKS_ALL)
		rc = ROWAN_E_LIMIT;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_blob_next_encode(const struct wire_blob_next *b, struct writer *w)
{
	if (b->next > CHUNKS_ALL)
		return ROWAN_E_INVAL;
	writer_u32(w, b->next);
	return writer_status(w);
}

/* All chunks are full, only the last of these may be shorter. */
static int chunks_check(
	const struct bytes *chunks, size_t count, uint32_t first)
{
	if (count == 0)
		return ROWAN_E_MALFORMED;
	if (count > WIRE_CHUNKS_MAX || first > CHUNKS_ALL - count)
		return ROWAN_E_LIMIT;
	for (size_t i = 0; i < count; i++) {
		if (chunks[i].len > WIRE_CHUNK_LEN)
			return ROWAN_E_LIMIT;
		if (chunks[i].len == 0 ||
			(chunks[i].len < WIRE_CHUNK_LEN && i + 1 < count))
			return ROWAN_E_MALFORMED;
	}
	return 0;
}

static void chunks_take(const struct wire_message *m, struct bytes *ret)
{
	for (size_t i = 0; i < m->frame_count; i++)
		ret[i] = m->frames[i];
}

int wire_blob_put_decode(
	const struct wire_message *m, struct wire_blob_put *ret)
{
	struct reader r;
	int rc;

	reader_init(&r, m->body);
	ret->count = 0;
	if ((rc = codec_id(&r, &ret->blob)) != 0 ||
		(rc = reader_u32(&r, &ret->first)) != 0 ||
		(rc = chunks_check(m->frames, m->frame_count, ret->first)) != 0)
		goto out;
	chunks_take(m, ret->chunks);
	ret->count = m->frame_count;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_blob_put_encode(const struct wire_blob_put *b, struct writer *w)
{
	if (chunks_check(b->chunks, b->count, b->first) != 0)
		return ROWAN_E_INVAL;
	writer_raw(w, b->blob.b, ID16_LEN);
	writer_u32(w, b->first);
	return writer_status(w);
}

int wire_blob_id_decode(const struct wire_message *m, struct wire_blob_id *ret)
{
	struct reader r;
	int rc = codec_open(m, &r);

	if (rc == 0)
		rc = codec_id(&r, &ret->blob);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_blob_id_encode(const struct wire_blob_id *b, struct writer *w)
{
	writer_raw(w, b->blob.b, ID16_LEN);
	return writer_status(w);
}

int wire_blob_status_decode(
	const struct wire_message *m, struct wire_blob_status *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_u64(&r, &ret->size)) != 0 ||
		(rc = size_check(ret->size)) != 0 ||
		(rc = reader_u32(&r, &ret->next)) != 0 ||
		(rc = reader_u64(&r, &ret->expires)) != 0 ||
		(rc = reader_u64(&r, &ret->hold_until)) != 0)
		goto out;
	if (ret->next > wire_blob_chunks(ret->size))
		rc = ROWAN_E_MALFORMED;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_blob_status_encode(const struct wire_blob_status *b, struct writer *w)
{
	if (size_check(b->size) != 0 || b->next > wire_blob_chunks(b->size))
		return ROWAN_E_INVAL;
	writer_u64(w, b->size);
	writer_u32(w, b->next);
	writer_u64(w, b->expires);
	writer_u64(w, b->hold_until);
	return writer_status(w);
}

int wire_blob_get_decode(
	const struct wire_message *m, struct wire_blob_get *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = codec_id(&r, &ret->blob)) != 0 ||
		(rc = reader_u32(&r, &ret->first)) != 0 ||
		(rc = reader_u16(&r, &ret->max)) != 0)
		goto out;
	if (ret->max == 0)
		rc = ROWAN_E_MALFORMED;
	else if (ret->max > WIRE_CHUNKS_MAX || ret->first >= CHUNKS_ALL)
		rc = ROWAN_E_LIMIT;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_blob_get_encode(const struct wire_blob_get *b, struct writer *w)
{
	if (b->max == 0 || b->max > WIRE_CHUNKS_MAX || b->first >= CHUNKS_ALL)
		return ROWAN_E_INVAL;
	writer_raw(w, b->blob.b, ID16_LEN);
	writer_u32(w, b->first);
	writer_u16(w, b->max);
	return writer_status(w);
}

/* The chunks must be where and as long as the size says. */
static int answer_check(
	const struct bytes *chunks, size_t count, uint32_t first, uint64_t size)
{
	uint64_t end;
	int rc;

	if ((rc = size_check(size)) != 0 ||
		(rc = chunks_check(chunks, count, first)) != 0)
		return rc;
	end = (uint64_t)(first + count - 1) * WIRE_CHUNK_LEN +
	      chunks[count - 1].len;
	if (end > size)
		return ROWAN_E_MALFORMED;
	if (end < size && chunks[count - 1].len < WIRE_CHUNK_LEN)
		return ROWAN_E_MALFORMED;
	return 0;
}

int wire_blob_get_answer_decode(
	const struct wire_message *m, struct wire_blob_get_answer *ret)
{
	struct reader r;
	int rc;

	reader_init(&r, m->body);
	ret->count = 0;
	if ((rc = reader_u64(&r, &ret->size)) != 0 ||
		(rc = reader_u32(&r, &ret->first)) != 0 ||
		(rc = answer_check(m->frames, m->frame_count, ret->first,
			 ret->size)) != 0)
		goto out;
	chunks_take(m, ret->chunks);
	ret->count = m->frame_count;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_blob_get_answer_encode(
	const struct wire_blob_get_answer *b, struct writer *w)
{
	if (answer_check(b->chunks, b->count, b->first, b->size) != 0)
		return ROWAN_E_INVAL;
	writer_u64(w, b->size);
	writer_u32(w, b->first);
	return writer_status(w);
}
