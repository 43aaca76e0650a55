/*
 * Names and seals of rows.
 */
#include "store/internal.h"

void row_name(const struct seal *s, enum schema_table table,
	const struct id16 *id, uint8_t ret[SEAL_HASH_LEN])
{
	seal_hash(s, (uint8_t)table, COLUMN_NAME, id16_view(id), ret);
}

int row_open(const struct seal *s, struct seal_place place, struct bytes sealed,
	size_t max, uint8_t *ret, size_t *ret_len)
{
	*ret_len = 0;
	if (sealed.len < SEAL_OVERHEAD || sealed.len - SEAL_OVERHEAD > max ||
		seal_get(s, place, sealed, ret) != 0)
		return ROWAN_E_CORRUPT;
	*ret_len = sealed.len - SEAL_OVERHEAD;
	return 0;
}

int row_open_buf(const struct seal *s, struct seal_place place,
	struct bytes sealed, struct buf *ret)
{
	int r;

	*ret = (struct buf){NULL, 0};
	if (sealed.len < SEAL_OVERHEAD)
		return ROWAN_E_CORRUPT;
	if ((r = buf_alloc(ret, sealed.len - SEAL_OVERHEAD)) != 0)
		return r;
	if (seal_get(s, place, sealed, ret->data) == 0)
		return 0;
	buf_wipe(ret);
	return ROWAN_E_CORRUPT;
}
