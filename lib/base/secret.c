/*
 * Secret values: see secret.h.
 */
#include <string.h>

#include <sodium.h>

#include "base/secret.h"

void key32_wipe(struct key32 *k)
{
	sodium_memzero(k->b, sizeof k->b);
}

int secret_set(struct secret *ret, struct bytes src)
{
	secret_wipe(ret);
	if (src.len > SECRET_MAX)
		return ROWAN_E_INVAL;
	if (src.len > 0)
		memcpy(ret->b, src.data, src.len);
	ret->len = src.len;
	return 0;
}

void secret_wipe(struct secret *s)
{
	sodium_memzero(s, sizeof *s);
}

bool secret_eq(struct bytes a, struct bytes b)
{
	return a.len == b.len &&
	       (a.len == 0 || sodium_memcmp(a.data, b.data, a.len) == 0);
}

void *secret_new(size_t len)
{
	void *p;

	/* Guarded memory is libsodium's; harmless when done before. */
	if (sodium_init() < 0)
		return NULL;
	p = sodium_malloc(len);

	if (p != NULL)
		memset(p, 0, len);
	return p;
}

void secret_free(void *p)
{
	sodium_free(p);
}
