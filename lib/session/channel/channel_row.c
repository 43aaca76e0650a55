/*
 * Rows of channels: see channel_row.h.
 */
#include <string.h>

#include "session/channel/channel_row.h"

#define VERSION	 1
#define SEEN_LEN (4 + ID16_LEN + 8 + 8 + 4)
#define REF_MAX	 64

/* What lies in the vault was written by us. */
static int damaged(int rc)
{
	return rc == ROWAN_E_MALFORMED || rc == ROWAN_E_LIMIT ? ROWAN_E_CORRUPT
							      : rc;
}

static int begin(struct reader *r, struct bytes input)
{
	uint16_t version;
	int rc;

	reader_init(r, input);
	rc = reader_u16(r, &version);
	if (rc == 0 && version != VERSION)
		rc = version > VERSION ? ROWAN_E_TOO_NEW : ROWAN_E_CORRUPT;
	return rc;
}

int channel_row_put(struct writer *w, const struct channel_row *row)
{
	size_t mark;

	writer_u16(w, VERSION);
	writer_raw(w, row->case_id.b, ID16_LEN);
	writer_u8(w, row->kind);
	writer_u8(w, row->stand);
	writer_u32(w, row->generation);
	writer_raw(w, row->group_id.b, ID16_LEN);
	writer_u32(w, row->older);
	writer_raw(w, row->older_id.b, ID16_LEN);
	writer_u64(w, row->epoch);
	writer_u64(w, row->since);
	writer_u64(w, row->updated);
	writer_u32(w, row->sent);
	writer_u64(w, row->clinic_number);
	writer_u64(w, row->case_number);
	mark = writer_open(w);
	for (size_t i = 0; i < row->seen_count; i++) {
		const struct channel_seen *s = &row->seen[i];

		writer_u32(w, s->leaf);
		writer_raw(w, s->device.b, ID16_LEN);
		writer_u64(w, s->heard);
		writer_u64(w, s->added);
		writer_u32(w, s->next);
	}
	writer_close(w, mark);
	return writer_status(w);
}

static int read_seen(struct reader *r, struct channel_row *ret)
{
	struct reader list;
	int rc = reader_sub(r, WIRE_CHANNEL_DEVICES_MAX * SEEN_LEN, &list);

	while (rc == 0 && reader_left(&list) > 0) {
		struct channel_seen *s = &ret->seen[ret->seen_count++];

		(void)((rc = reader_u32(&list, &s->leaf)) ||
			(rc = reader_array(&list, s->device.b, ID16_LEN)) ||
			(rc = reader_u64(&list, &s->heard)) ||
			(rc = reader_u64(&list, &s->added)) ||
			(rc = reader_u32(&list, &s->next)));
	}
	return rc;
}

int channel_row_get(struct bytes input, struct channel_row *ret)
{
	struct reader r;
	int rc;

	memset(ret, 0, sizeof *ret);
	(void)((rc = begin(&r, input)) ||
		(rc = reader_array(&r, ret->case_id.b, ID16_LEN)) ||
		(rc = reader_u8(&r, &ret->kind)) ||
		(rc = reader_u8(&r, &ret->stand)) ||
		(rc = reader_u32(&r, &ret->generation)) ||
		(rc = reader_array(&r, ret->group_id.b, ID16_LEN)) ||
		(rc = reader_u32(&r, &ret->older)) ||
		(rc = reader_array(&r, ret->older_id.b, ID16_LEN)) ||
		(rc = reader_u64(&r, &ret->epoch)) ||
		(rc = reader_u64(&r, &ret->since)) ||
		(rc = reader_u64(&r, &ret->updated)) ||
		(rc = reader_u32(&r, &ret->sent)) ||
		(rc = reader_u64(&r, &ret->clinic_number)) ||
		(rc = reader_u64(&r, &ret->case_number)) ||
		(rc = read_seen(&r, ret)) || (rc = reader_end(&r)));
	if (rc == 0 &&
		(ret->stand < CHANNEL_WAITING || ret->stand > CHANNEL_OUT))
		rc = ROWAN_E_CORRUPT;
	if (rc != 0)
		memset(ret, 0, sizeof *ret);
	return damaged(rc);
}

int channel_staged_put(struct writer *w, const struct channel_staged *s)
{
	writer_u16(w, VERSION);
	writer_u64(w, s->epoch);
	(void)!wire_heads_put(w, &s->marks);
	writer_vec(w, s->commit);
	writer_vec(w, s->welcome);
	return writer_status(w);
}

int channel_staged_get(struct bytes input, struct channel_staged *ret)
{
	struct reader r;
	int rc;

	memset(ret, 0, sizeof *ret);
	(void)((rc = begin(&r, input)) || (rc = reader_u64(&r, &ret->epoch)) ||
		(rc = wire_heads_read(&r, &ret->marks)) ||
		(rc = reader_vec(&r, WIRE_FRAME_MAX, &ret->commit)) ||
		(rc = reader_vec(&r, WIRE_FRAME_MAX, &ret->welcome)) ||
		(rc = reader_end(&r)));
	return damaged(rc);
}

int channel_package_put(struct writer *w, const struct channel_package *p)
{
	writer_u16(w, VERSION);
	writer_vec(w, p->ref);
	writer_u64(w, p->until);
	writer_u8(w, p->last_resort ? 1 : 0);
	return writer_status(w);
}

int channel_package_get(struct bytes input, struct channel_package *ret)
{
	struct reader r;
	uint8_t last = 0;
	int rc;

	memset(ret, 0, sizeof *ret);
	(void)((rc = begin(&r, input)) ||
		(rc = reader_vec(&r, REF_MAX, &ret->ref)) ||
		(rc = reader_u64(&r, &ret->until)) ||
		(rc = reader_u8(&r, &last)) || (rc = reader_end(&r)));
	ret->last_resort = last == 1;
	return damaged(rc);
}
