/*
 * Byte strings: see bytes.h.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/bytes.h"

bool bytes_eq(struct bytes a, struct bytes b)
{
	return a.len == b.len &&
	       (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

int bytes_cmp(struct bytes a, struct bytes b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common == 0 ? 0 : memcmp(a.data, b.data, common);

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

int buf_alloc(struct buf *ret, size_t len)
{
	ret->data = NULL;
	ret->len = 0;
	if (len == 0)
		return 0;
	ret->data = calloc(1, len);
	if (ret->data == NULL)
		return ROWAN_E_NOMEM;
	ret->len = len;
	return 0;
}

int buf_copy(struct buf *ret, struct bytes src)
{
	int rc = buf_alloc(ret, src.len);

	if (rc == 0 && src.len > 0)
		memcpy(ret->data, src.data, src.len);
	return rc;
}

int buf_set(struct buf *b, struct bytes src)
{
	struct buf fresh;
	int rc = buf_copy(&fresh, src);

	if (rc != 0)
		return rc;
	buf_wipe(b);
	*b = fresh;
	return 0;
}

void buf_wipe(struct buf *b)
{
	if (b == NULL)
		return;
	mem_free(b->data, b->len);
	b->data = NULL;
	b->len = 0;
}

void mem_free(void *data, size_t len)
{
	if (data == NULL)
		return;
	sodium_memzero(data, len);
	free(data);
}
