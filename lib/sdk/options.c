/*
 * How to open a vault and reach the daemon: see rowan.h.
 */
#include <stdlib.h>
#include <string.h>

#include "sdk/handle.h"
#include "session/link/tunnel.h"

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
	if (o == NULL || passphrase == NULL || len == 0 ||
		len > SDK_PASSPHRASE_MAX)
		return ROWAN_E_INVAL;
	return buf_set(&o->passphrase, bytes_of(passphrase, len));
}

/* "host:port", nothing that libzmq would take for more than that. */
static bool is_place(const char *text)
{
	const char *colon = strrchr(text, ':');
	unsigned port = 0;

	if (colon == NULL || colon == text || strpbrk(text, ";/ ") != NULL)
		return false;
	for (const char *c = colon + 1; *c != '\0'; c++) {
		if (*c < '0' || *c > '9' || port > 6553)
			return false;
		port = 10 * port + (unsigned)(*c - '0');
	}
	return port > 0 && port <= 65535;
}

static int set_text(char **to, const char *text, const char *scheme)
{
	char *copy;

	if (text == NULL || strncmp(text, scheme, strlen(scheme)) != 0 ||
		strlen(text) > IDENTITY_ENDPOINT_MAX ||
		!is_place(text + strlen(scheme)))
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
	static const char scheme[] = "socks5://";

	if (o == NULL || url == NULL ||
		strncmp(url, scheme, sizeof scheme - 1) != 0 ||
		!tunnel_is_proxy(url + sizeof scheme - 1))
		return ROWAN_E_INVAL;
	return set_text(&o->proxy, url, scheme);
}

int rowan_options_endpoint(struct rowan_options *o, const char *endpoint)
{
	return o == NULL ? ROWAN_E_INVAL
			 : set_text(&o->endpoint, endpoint, "tcp://");
}
