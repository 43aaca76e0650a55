/*
 * Ids and byte strings between the C ABI and the library.
 */
#include <stdlib.h>
#include <string.h>

#include "sdk/handle.h"

struct id16 sdk_id(const uint8_t *id)
{
	struct id16 ret;

	memcpy(ret.b, id, ID16_LEN);
	return ret;
}

int sdk_bytes(struct rowan_bytes **ret, struct buf *data)
{
	struct rowan_bytes *b = calloc(1, sizeof *b);

	*ret = NULL;
	if (b == NULL) {
		buf_wipe(data);
		return ROWAN_E_NOMEM;
	}
	b->data = *data;
	*data = (struct buf){NULL, 0};
	*ret = b;
	return 0;
}

void rowan_bytes_free(struct rowan_bytes *b)
{
	if (b == NULL)
		return;
	buf_wipe(&b->data);
	free(b);
}

const uint8_t *rowan_bytes_data(const struct rowan_bytes *b)
{
	return b == NULL ? NULL : b->data.data;
}

size_t rowan_bytes_len(const struct rowan_bytes *b)
{
	return b == NULL ? 0 : b->data.len;
}
