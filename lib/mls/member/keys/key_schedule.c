/*
 * The key schedule: see key_schedule.h.
 */
#include <sodium.h>

#include "crypto/hkdf.h"
#include "crypto/hpke.h"
#include "crypto/label.h"
#include "mls/member/keys/key_schedule.h"

void epoch_secrets_wipe(struct epoch_secrets *e)
{
	sodium_memzero(e, sizeof *e);
}

void epoch_start_wipe(struct epoch_start *e)
{
	sodium_memzero(e, sizeof *e);
}

int key_schedule_joiner(const struct suite *s, const struct secret *init,
	const struct secret *commit, struct bytes context, struct secret *ret)
{
	struct secret zero = {.len = s->hash->len}, prk;
	int rc;

	hkdf_extract(s, secret_view(init),
		secret_view(commit->len > 0 ? commit : &zero), &prk);
	rc = label_expand_secret(s, secret_view(&prk), "joiner", context, ret);
	secret_wipe(&prk);
	return rc;
}

int key_schedule_welcome(const struct suite *s, const struct secret *joiner,
	const struct secret *psk, struct secret *ret)
{
	struct secret prk;
	int rc;

	hkdf_extract(s, secret_view(joiner), secret_view(psk), &prk);
	rc = label_derive_secret(s, secret_view(&prk), "welcome", ret);
	secret_wipe(&prk);
	return rc;
}

int key_schedule_first(const struct suite *s, const struct secret *epoch_secret,
	struct epoch_secrets *ret, struct epoch_start *ret_start)
{
	const struct {
		const char *label;
		struct secret *ret;
	} table[] = {
		{"sender data", &ret->sender_data},
		{"encryption", &ret_start->encryption},
		{"exporter", &ret->exporter},
		{"external", &ret->external},
		{"confirm", &ret->confirmation},
		{"membership", &ret->membership},
		{"resumption", &ret->resumption},
		{"authentication", &ret->authenticator},
		{"init", &ret->init},
	};
	struct label_source src;
	size_t i;
	int rc = 0;

	epoch_secrets_wipe(ret);
	epoch_start_wipe(ret_start);
	label_source_init(&src, s, secret_view(epoch_secret));
	for (i = 0; rc == 0 && i < sizeof table / sizeof table[0]; i++)
		rc = label_source_derive(&src, table[i].label, table[i].ret);
	label_source_wipe(&src);
	if (rc != 0) {
		epoch_secrets_wipe(ret);
		epoch_start_wipe(ret_start);
	}
	return rc;
}

int key_schedule_epoch(const struct suite *s,
	const struct key_schedule_input *in, struct epoch_secrets *ret,
	struct epoch_start *ret_start)
{
	struct secret prk, epoch, welcome;
	int rc;

	hkdf_extract(s, secret_view(in->joiner), secret_view(in->psk), &prk);
	rc = label_derive_secret(s, secret_view(&prk), "welcome", &welcome);
	if (rc == 0)
		rc = label_expand_secret(
			s, secret_view(&prk), "epoch", in->context, &epoch);
	if (rc == 0)
		rc = key_schedule_first(s, &epoch, ret, ret_start);
	if (rc == 0)
		ret_start->welcome = welcome;
	secret_wipe(&prk);
	secret_wipe(&epoch);
	secret_wipe(&welcome);
	return rc;
}

int key_schedule_welcome_key(const struct suite *s,
	const struct secret *welcome, uint8_t *ret_key, uint8_t *ret_nonce)
{
	const struct bytes none = {NULL, 0};
	struct label_source src;
	int rc;

	label_source_init(&src, s, secret_view(welcome));
	rc = label_source_expand(&src, "key", none, ret_key, s->aead->key_len);
	if (rc == 0)
		rc = label_source_expand(
			&src, "nonce", none, ret_nonce, s->aead->nonce_len);
	label_source_wipe(&src);
	return rc;
}

int key_schedule_export(const struct suite *s, const struct secret *exporter,
	struct bytes label, struct bytes context, struct buf *ret)
{
	struct secret derived;
	struct hash_value hash;
	int rc;

	suite_hash(s, &context, 1, &hash);
	rc = label_derive_secret_of(s, secret_view(exporter), label, &derived);
	if (rc == 0)
		rc = label_expand(s, secret_view(&derived), "exported",
			hash_view(&hash), ret->data, ret->len);
	secret_wipe(&derived);
	return rc;
}

int key_schedule_external(const struct suite *s, const struct secret *external,
	struct secret *ret_sk, uint8_t *ret_pk)
{
	return hpke_key_pair(s, secret_view(external), ret_sk, ret_pk);
}

void key_schedule_tag(const struct suite *s, const struct secret *key,
	struct bytes input, struct hash_value *ret)
{
	suite_hmac(s, secret_view(key), input, ret);
}
