/*
 * Lists of 16-bit type numbers: see type_list.h.
 */
#include "mls/public/object/limits.h"
#include "mls/public/object/type_list.h"

int type_list_read(struct reader *r, struct bytes *ret)
{
	struct reader ahead = *r;
	struct bytes list;
	int rc = reader_vec(&ahead, MLS_TYPE_LIST_MAX, &list);

	*ret = bytes_of(NULL, 0);
	if (rc != 0)
		return rc;
	if (list.len % 2 != 0)
		return ROWAN_E_MALFORMED;
	*r = ahead;
	*ret = list;
	return 0;
}

void type_list_write(struct writer *w, const uint16_t *types, size_t n)
{
	size_t mark = writer_open(w);

	for (size_t i = 0; i < n; i++)
		writer_u16(w, types[i]);
	writer_close(w, mark);
}

bool type_list_next(struct bytes *list, uint16_t *ret)
{
	*ret = 0;
	if (list->len < 2)
		return false;
	*ret = (uint16_t)(list->data[0] << 8 | list->data[1]);
	*list = bytes_of(list->data + 2, list->len - 2);
	return true;
}

bool type_list_has(struct bytes list, uint16_t type)
{
	uint16_t have;

	while (type_list_next(&list, &have)) {
		if (have == type)
			return true;
	}
	return false;
}
