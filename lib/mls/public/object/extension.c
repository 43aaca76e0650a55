/*
 * Extension lists: see extension.h.
 */
#include "mls/public/object/extension.h"
#include "mls/public/object/limits.h"

static int read_extension(struct reader *r, struct extension *ret)
{
	int rc;

	*ret = (struct extension){0};
	if ((rc = reader_u16(r, &ret->type)) != 0)
		return rc;
	return reader_vec(r, MLS_MESSAGE_MAX, &ret->data);
}

int extension_list_check(struct bytes list)
{
	uint16_t seen[MLS_EXTENSIONS_MAX];
	struct extension extension;
	struct reader r;
	size_t n = 0;
	int rc;

	reader_init(&r, list);
	while (reader_left(&r) > 0) {
		if (n == MLS_EXTENSIONS_MAX)
			return ROWAN_E_LIMIT;
		if ((rc = read_extension(&r, &extension)) != 0)
			return rc;
		/* 13.4: "MUST NOT have more than one extension of any given
		 * type" */
		for (size_t i = 0; i < n; i++) {
			if (seen[i] == extension.type)
				return ROWAN_E_MLS_EXTENSION;
		}
		seen[n++] = extension.type;
	}
	return 0;
}

int extension_list_read(struct reader *r, struct bytes *ret)
{
	struct reader ahead = *r;
	struct bytes list;
	int rc;

	*ret = bytes_of(NULL, 0);
	if ((rc = reader_vec(&ahead, MLS_MESSAGE_MAX, &list)) != 0 ||
		(rc = extension_list_check(list)) != 0)
		return rc;
	*r = ahead;
	*ret = list;
	return 0;
}

bool extension_next(struct bytes *list, struct extension *ret)
{
	struct reader r;

	reader_init(&r, *list);
	if (reader_left(&r) == 0 || read_extension(&r, ret) != 0) {
		*ret = (struct extension){0};
		return false;
	}
	*list = bytes_of(r.pos, reader_left(&r));
	return true;
}

bool extension_find(struct bytes list, uint16_t type, struct bytes *ret)
{
	struct extension extension;

	*ret = bytes_of(NULL, 0);
	while (extension_next(&list, &extension)) {
		if (extension.type == type) {
			*ret = extension.data;
			return true;
		}
	}
	return false;
}

bool extension_is_default(uint16_t type)
{
	return type >= EXTENSION_APPLICATION_ID &&
	       type <= EXTENSION_EXTERNAL_SENDERS;
}

void extension_write(struct writer *w, uint16_t type, struct bytes data)
{
	writer_u16(w, type);
	writer_vec(w, data);
}
