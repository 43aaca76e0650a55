/*
 * How to open a vault and reach the daemon: see rowan.h.
 */
#include <stdlib.h>
#include <string.h>

#include "sdk/handle.h"

#define PASSPHRASE_MAX 1024 /* bytes */

struct rowan_options *rowan_options_new(void)
{
	/* Guarded memory: it holds the key or the passphrase. */
	struct rowan_options *o = secret_new(sizeof *o);

	if (o != NULL)
		memset(o, 0, sizeof *o);
	return o;
}

void rowan_options_free(struct rowan_options *o)
{
	if (o == NULL)
		return;
	buf_wipe(&o->passphrase);
	free(o->proxy);
	free(o->endpoint);
	secret_free(o);
}

int rowan_options_key(struct rowan_options *o, const uint8_t key[32])
{
	if (o == NULL || key == NULL)
		return ROWAN_E_INVAL;
	memcpy(o->key.b, key, KEY32_LEN);
	o->has_key = true;
	return 0;
}

int rowan_options_passphrase(
	struct rowan_options *o, const void *passphrase, size_t len)
{
	if (o == NULL || passphrase == NULL || len == 0 || len > PASSPHRASE_MAX)
		return ROWAN_E_INVAL;
	return buf_set(&o->passphrase, bytes_of(passphrase, len));
}

static int set_text(char **to, const char *text, const char *scheme)
{
	char *copy;

	if (text == NULL || strncmp(text, scheme, strlen(scheme)) != 0 ||
		text[strlen(scheme)] == '\0' ||
		strlen(text) > IDENTITY_ENDPOINT_MAX)
		return ROWAN_E_INVAL;
	copy = strdup(text);
	if (copy == NULL)
		return ROWAN_E_NOMEM;
	free(*to);
	*to = copy;
	return 0;
}

int rowan_options_proxy(struct rowan_options *o, const char *url)
{
	return o == NULL ? ROWAN_E_INVAL
			 : set_text(&o->proxy, url, "socks5://");
}

int rowan_options_endpoint(struct rowan_options *o, const char *endpoint)
{
	return o == NULL ? ROWAN_E_INVAL
			 : set_text(&o->endpoint, endpoint, "tcp://");
}
