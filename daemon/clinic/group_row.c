/*
 * The stored form of a channel's group: see group_row.h.
 */
#include <string.h>

#include "clinic/group_row.h"

#define VERSION	     2
#define UNPARKED     1 /* had no list of parked ones */
#define GROUP_ID_MAX 255
#define LEAF_LEN     (4 + ID16_LEN + 1)
#define MLS_MAX	     (4u << 20)

static int read_bool(struct reader *r, bool *ret)
{
	uint8_t b;
	int rc = reader_u8(r, &b);

	*ret = b == 1;
	return rc == 0 && b > 1 ? ROWAN_E_CORRUPT : rc;
}

static int read_leaf(struct reader *r, struct group_row *row)
{
	struct group_leaf *l = &row->leaves[row->leaf_count];

	if (row->leaf_count == GROUP_ROW_LEAVES_MAX ||
		reader_u32(r, &l->leaf) != 0 ||
		reader_array(r, l->device.b, ID16_LEN) != 0 ||
		read_bool(r, &l->replace) != 0 ||
		(row->leaf_count > 0 && l[-1].leaf >= l->leaf))
		return ROWAN_E_CORRUPT;
	row->leaf_count++;
	return 0;
}

static int read_parked(struct reader *r, struct group_row *row)
{
	struct reader list;
	struct id16 *id = row->parked;

	if (reader_sub(r, sizeof row->parked, &list) != 0)
		return ROWAN_E_CORRUPT;
	for (; reader_left(&list) > 0; id++, row->parked_count++)
		if (row->parked_count == GROUP_ROW_LEAVES_MAX ||
			reader_array(&list, id->b, ID16_LEN) != 0 ||
			(row->parked_count > 0 && id16_cmp(id - 1, id) >= 0))
			return ROWAN_E_CORRUPT;
	return 0;
}

int group_row_read(struct bytes input, struct group_row *ret)
{
	uint16_t version = 0;
	struct reader r, list;
	int rc = 0;

	ret->leaf_count = ret->parked_count = 0;
	reader_init(&r, input);
	if (reader_u16(&r, &version) != 0 || version == 0)
		return ROWAN_E_CORRUPT;
	if (version > VERSION)
		return ROWAN_E_TOO_NEW;
	if (reader_u32(&r, &ret->generation) != 0 || ret->generation == 0 ||
		read_bool(&r, &ret->frozen) != 0 ||
		reader_u64(&r, &ret->epoch) != 0 ||
		reader_array(&r, ret->confirmed.b, WIRE_HASH_LEN) != 0 ||
		reader_array(&r, ret->commit.b, WIRE_HASH_LEN) != 0 ||
		reader_array(&r, ret->created.b, WIRE_HASH_LEN) != 0 ||
		reader_vec(&r, GROUP_ID_MAX, &ret->group_id) != 0 ||
		ret->group_id.len == 0 ||
		reader_sub(&r, GROUP_ROW_LEAVES_MAX * LEAF_LEN, &list) != 0)
		return ROWAN_E_CORRUPT;
	while (rc == 0 && reader_left(&list) > 0)
		rc = read_leaf(&list, ret);
	if (rc == 0 && version > UNPARKED)
		rc = read_parked(&r, ret);
	if (rc == 0 && (reader_vec(&r, MLS_MAX, &ret->mls) != 0 ||
			       reader_end(&r) != 0))
		rc = ROWAN_E_CORRUPT;
	return rc;
}

int group_row_write(const struct group_row *row, struct writer *w)
{
	size_t mark;

	writer_u16(w, VERSION);
	writer_u32(w, row->generation);
	writer_u8(w, row->frozen);
	writer_u64(w, row->epoch);
	writer_raw(w, row->confirmed.b, WIRE_HASH_LEN);
	writer_raw(w, row->commit.b, WIRE_HASH_LEN);
	writer_raw(w, row->created.b, WIRE_HASH_LEN);
	writer_vec(w, row->group_id);
	mark = writer_open(w);
	for (size_t i = 0; i < row->leaf_count; i++) {
		writer_u32(w, row->leaves[i].leaf);
		writer_raw(w, row->leaves[i].device.b, ID16_LEN);
		writer_u8(w, row->leaves[i].replace);
	}
	writer_close(w, mark);
	mark = writer_open(w);
	for (size_t i = 0; i < row->parked_count; i++)
		writer_raw(w, row->parked[i].b, ID16_LEN);
	writer_close(w, mark);
	writer_vec(w, row->mls);
	return writer_status(w);
}

struct group_leaf *group_row_leaf(
	struct group_row *row, const struct id16 *device)
{
	for (size_t i = 0; i < row->leaf_count; i++)
		if (id16_eq(&row->leaves[i].device, device))
			return &row->leaves[i];
	return NULL;
}

/* Where it is, or would be. */
static size_t parked_at(const struct group_row *row, const struct id16 *device)
{
	size_t i = 0;

	while (i < row->parked_count && id16_cmp(&row->parked[i], device) < 0)
		i++;
	return i;
}

bool group_row_parked(const struct group_row *row, const struct id16 *device)
{
	size_t i = parked_at(row, device);

	return i < row->parked_count && id16_eq(&row->parked[i], device);
}

void group_row_park(struct group_row *row, const struct id16 *device)
{
	size_t i = parked_at(row, device);

	if (row->parked_count == GROUP_ROW_LEAVES_MAX ||
		group_row_parked(row, device))
		return;
	memmove(row->parked + i + 1, row->parked + i,
		(row->parked_count - i) * sizeof *row->parked);
	row->parked[i] = *device;
	row->parked_count++;
}

bool group_row_unpark(struct group_row *row, const struct id16 *device)
{
	size_t i = parked_at(row, device);

	if (!group_row_parked(row, device))
		return false;
	memmove(row->parked + i, row->parked + i + 1,
		(row->parked_count - i - 1) * sizeof *row->parked);
	row->parked_count--;
	return true;
}
