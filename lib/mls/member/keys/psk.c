/*
 * Pre-shared keys: see psk.h.
 */
#include <stdlib.h>

#include "crypto/hkdf.h"
#include "crypto/label.h"
#include "mls/member/keys/psk.h"
#include "mls/public/object/limits.h"

void psk_list_free(struct psk *v, size_t n)
{
	size_t i;

	if (v == NULL)
		return;
	for (i = 0; i < n; i++)
		buf_wipe(&v[i].value);
	free(v);
}

/* psk_input of entry ${i} of ${n}. */
static int psk_input(const struct suite *s, const struct psk *v, size_t i,
	size_t n, struct secret *ret)
{
	struct secret zero = {.len = s->hash->len}, extracted;
	struct writer label;
	int rc;

	writer_init(&label, 2 * MLS_PSK_ID_MAX);
	psk_id_write(&label, &v[i].id);
	writer_u16(&label, (uint16_t)i);
	writer_u16(&label, (uint16_t)n);
	rc = writer_status(&label);
	if (rc == 0) {
		hkdf_extract(s, secret_view(&zero), buf_view(&v[i].value),
			&extracted);
		rc = label_expand_secret(s, secret_view(&extracted),
			"derived psk", writer_view(&label), ret);
		secret_wipe(&extracted);
	}
	writer_wipe(&label);
	return rc;
}

int psk_secret(const struct suite *s, const struct psk *v, size_t n,
	struct secret *ret)
{
	struct secret chain = {.len = s->hash->len}, input, next;
	size_t i;
	int rc = 0;

	secret_wipe(ret);
	if (n > UINT16_MAX)
		return ROWAN_E_LIMIT;
	for (i = 0; i < n; i++) {
		rc = psk_input(s, v, i, n, &input);
		if (rc != 0)
			break;
		hkdf_extract(
			s, secret_view(&input), secret_view(&chain), &next);
		chain = next;
	}
	if (rc == 0)
		*ret = chain;
	secret_wipe(&chain);
	secret_wipe(&input);
	secret_wipe(&next);
	return rc;
}
