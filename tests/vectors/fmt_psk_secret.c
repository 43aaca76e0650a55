/*
 * Format "psk_secret": a list of external PSKs chained into one secret.
 */
#include <stdlib.h>

#include "mls/member/keys/psk.h"
#include "vectors/vec.h"

void fmt_psk_secret(struct vec *v)
{
	const json_t *list = vec_array(v, v->json, "psks");
	size_t n = json_array_size(list);
	struct psk *psks = calloc(n + 1, sizeof *psks);
	struct secret got;

	if (psks == NULL)
		abort();
	for (size_t i = 0; i < n; i++) {
		const json_t *o = json_array_get(list, i);

		psks[i].id.type = PSK_EXTERNAL;
		psks[i].id.id = vec_hex(v, o, "psk_id");
		psks[i].id.nonce = vec_hex(v, o, "psk_nonce");
		(void)vec_zero(v,
			buf_copy(&psks[i].value, vec_hex(v, o, "psk")), "psk");
	}
	(void)vec_zero(v, psk_secret(v->suite, psks, n, &got), "psk_secret");
	(void)vec_same(v, secret_view(&got), vec_hex(v, v->json, "psk_secret"),
		"psk_secret differs");
	psk_list_free(psks, n);
}
