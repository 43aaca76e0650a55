/*
 * Messages at rest: see messages_row.h. Holds no state, calls no vault.
 */
#include <string.h>

#include <sodium.h>

#include "base/reader.h"
#include "base/writer.h"
#include "session/message/messages_row.h"

#define VERSION 1

unsigned messages_row_type(const struct messages_row *m)
{
	return (m->flags & MESSAGES_HANDED) != 0 ? ROWAN_MESSAGE_HISTORY
						 : m->content.type;
}

void messages_row_wipe(struct messages_row *m)
{
	buf_wipe(&m->mem);
	sodium_memzero(m, sizeof *m);
}

static bool row_ok(const struct messages_row *m)
{
	return m->state >= ROWAN_STATE_WAITING &&
	       m->state <= ROWAN_STATE_SEEN && m->flags <= MESSAGES_FLAGS &&
	       m->blob_count <= MESSAGES_BLOBS_MAX;
}

int messages_row_encode(const struct messages_row *m, struct writer *w)
{
	if (!row_ok(m))
		return ROWAN_E_INVAL;
	writer_u16(w, VERSION);
	writer_raw(w, m->case_id.b, ID16_LEN);
	writer_raw(w, m->channel.b, ID16_LEN);
	writer_raw(w, m->member.b, ID16_LEN);
	writer_raw(w, m->device.b, ID16_LEN);
	writer_raw(w, m->author.b, ID16_LEN);
	writer_raw(w, m->author_device.b, ID16_LEN);
	writer_u8(w, m->state);
	writer_u8(w, m->flags);
	writer_u64(w, m->received);
	writer_u64(w, m->held);
	writer_u64(w, m->expires);
	writer_vec(w, bytes_of(m->blobs, m->blob_count * ID16_LEN));
	writer_vec(w, m->raw);
	return writer_status(w);
}

static int read_blobs(struct reader *r, struct messages_row *m)
{
	struct bytes blobs;
	int rc = reader_vec(r, MESSAGES_BLOBS_MAX * ID16_LEN, &blobs);

	if (rc != 0)
		return rc;
	if (blobs.len % ID16_LEN != 0)
		return ROWAN_E_MALFORMED;
	m->blob_count = blobs.len / ID16_LEN;
	if (blobs.len > 0)
		memcpy(m->blobs, blobs.data, blobs.len);
	return 0;
}

static int read_row(struct reader *r, struct messages_row *m)
{
	uint16_t version;
	int rc = reader_u16(r, &version);

	if (rc == 0 && version != VERSION)
		rc = version > VERSION ? ROWAN_E_TOO_NEW : ROWAN_E_MALFORMED;
	if (rc != 0)
		return rc;
	(void)((rc = reader_array(r, m->case_id.b, ID16_LEN)) ||
		(rc = reader_array(r, m->channel.b, ID16_LEN)) ||
		(rc = reader_array(r, m->member.b, ID16_LEN)) ||
		(rc = reader_array(r, m->device.b, ID16_LEN)) ||
		(rc = reader_array(r, m->author.b, ID16_LEN)) ||
		(rc = reader_array(r, m->author_device.b, ID16_LEN)) ||
		(rc = reader_u8(r, &m->state)) ||
		(rc = reader_u8(r, &m->flags)) ||
		(rc = reader_u64(r, &m->received)) ||
		(rc = reader_u64(r, &m->held)) ||
		(rc = reader_u64(r, &m->expires)) || (rc = read_blobs(r, m)) ||
		(rc = reader_vec(r, CONTENT_MAX, &m->raw)) ||
		(rc = reader_end(r)) ||
		(rc = content_decode(m->raw, &m->content)));
	return rc == 0 && !row_ok(m) ? ROWAN_E_MALFORMED : rc;
}

int messages_row_decode(
	struct buf *mem, uint64_t place, struct messages_row *ret)
{
	struct reader r;
	int rc;

	memset(ret, 0, sizeof *ret);
	reader_init(&r, buf_view(mem));
	rc = read_row(&r, ret);
	if (rc != 0) {
		sodium_memzero(ret, sizeof *ret);
		buf_wipe(mem);
		return rc;
	}
	ret->place = place;
	ret->mem = *mem;
	*mem = (struct buf){0};
	return 0;
}
