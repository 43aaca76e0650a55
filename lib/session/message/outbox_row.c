/*
 * Rows of the outbox: see outbox_row.h.
 */
#include "session/message/outbox_row.h"

#define VERSION 4

int outbox_row_put(struct writer *w, const struct outbox_row *row)
{
	writer_u16(w, VERSION);
	writer_u8(w, row->state);
	writer_u8(w, row->flags);
	writer_raw(w, row->channel.b, ID16_LEN);
	writer_raw(w, row->message.b, ID16_LEN);
	writer_u32(w, row->lifetime);
	writer_u64(w, row->counter);
	writer_u32(w, row->generation);
	writer_u64(w, row->epoch);
	writer_u64(w, row->sent);
	writer_vec(w, bytes_of(row->blobs, row->blob_count * ID16_LEN));
	writer_vec(w, bytes_of(row->awaited, row->awaited_count * ID16_LEN));
	writer_vec(w, bytes_of(row->members, row->member_count * ID16_LEN));
	writer_vec(w, bytes_of(row->missed, row->missed_count * ID16_LEN));
	writer_raw(w, row->group_id.b, ID16_LEN);
	return writer_status(w);
}

static int read_ids(
	struct reader *r, size_t max, struct id16 *ret, size_t *ret_count)
{
	struct bytes list;
	int rc = reader_vec(r, max * ID16_LEN, &list);

	if (rc == 0 && list.len % ID16_LEN != 0)
		rc = ROWAN_E_MALFORMED;
	if (rc != 0)
		return rc;
	if (list.len > 0)
		memcpy(ret, list.data, list.len);
	*ret_count = list.len / ID16_LEN;
	return 0;
}

int outbox_row_get(struct bytes input, struct outbox_row *ret)
{
	uint16_t version = 0;
	struct reader r;
	int rc;

	memset(ret, 0, sizeof *ret);
	reader_init(&r, input);
	rc = reader_u16(&r, &version);
	if (rc == 0 && version > VERSION)
		return ROWAN_E_TOO_NEW;
	(void)(rc != 0 || (rc = reader_u8(&r, &ret->state)) ||
		(rc = reader_u8(&r, &ret->flags)) ||
		(rc = reader_array(&r, ret->channel.b, ID16_LEN)) ||
		(rc = reader_array(&r, ret->message.b, ID16_LEN)) ||
		(rc = reader_u32(&r, &ret->lifetime)) ||
		(rc = reader_u64(&r, &ret->counter)) ||
		(rc = reader_u32(&r, &ret->generation)) ||
		(rc = reader_u64(&r, &ret->epoch)) ||
		(rc = reader_u64(&r, &ret->sent)) ||
		(rc = read_ids(
			 &r, OUTBOX_BLOBS_MAX, ret->blobs, &ret->blob_count)) ||
		(rc = read_ids(&r, CHANNEL_DEVICES_MAX, ret->awaited,
			 &ret->awaited_count)) ||
		(version > 1 && (rc = read_ids(&r, CASE_ASSIGNMENTS_MAX,
					 ret->members, &ret->member_count))) ||
		(version > 2 && (rc = read_ids(&r, CHANNEL_DEVICES_MAX,
					 ret->missed, &ret->missed_count))) ||
		(version > 3 &&
			(rc = reader_array(&r, ret->group_id.b, ID16_LEN))) ||
		(rc = reader_end(&r)));
	if (rc == 0 && (version == 0 || ret->state < OUTBOX_WAITING ||
			       ret->state > OUTBOX_SENT))
		rc = ROWAN_E_CORRUPT;
	if (rc != 0)
		memset(ret, 0, sizeof *ret);
	return rc == ROWAN_E_MALFORMED || rc == ROWAN_E_LIMIT ? ROWAN_E_CORRUPT
							      : rc;
}
