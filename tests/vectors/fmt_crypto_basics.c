/*
 * Format "crypto-basics": the labelled functions, each against its value and,
 * where the function is random, there and back.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/reader.h"
#include "base/writer.h"
#include "crypto/hpke.h"
#include "crypto/label.h"
#include "vectors/vec.h"

/* A label as C string; fails the case if it cannot be one. */
static const char *label_of(struct vec *v, const json_t *o)
{
	struct bytes text = vec_text(v, o, "label");

	if (!vec_want(v,
		    text.data != NULL &&
			    strlen((const char *)text.data) == text.len,
		    "label holds a zero byte"))
		return "";
	return (const char *)text.data;
}

static void ref_hash(struct vec *v)
{
	const json_t *o = vec_object(v, v->json, "ref_hash");
	struct hash_value got;

	label_ref_hash(v->suite, label_of(v, o), vec_hex(v, o, "value"), &got);
	(void)vec_same(v, hash_view(&got), vec_hex(v, o, "out"), "ref_hash");
}

/* ExpandWithLabel to the length the case names, against its "out". */
static void expand(
	struct vec *v, const json_t *o, struct bytes context, const char *what)
{
	size_t len = (size_t)vec_uint(v, o, "length");
	uint8_t *got;

	if (!vec_want(v, len > 0 && len <= 255 * HASH_MAX, what))
		return;
	got = calloc(1, len);
	if (got == NULL)
		abort();
	(void)vec_zero(v,
		label_expand(v->suite, vec_hex(v, o, "secret"), label_of(v, o),
			context, got, len),
		what);
	(void)vec_same(v, bytes_of(got, len), vec_hex(v, o, "out"), what);
	free(got);
}

static void expansions(struct vec *v)
{
	const json_t *o = vec_object(v, v->json, "expand_with_label");
	uint8_t generation[4];
	struct secret got;
	struct writer w;

	expand(v, o, vec_hex(v, o, "context"), "expand_with_label");

	o = vec_object(v, v->json, "derive_tree_secret");
	writer_init_fixed(&w, generation, sizeof generation);
	writer_u32(&w, (uint32_t)vec_uint(v, o, "generation"));
	expand(v, o, writer_view(&w), "derive_tree_secret");

	o = vec_object(v, v->json, "derive_secret");
	(void)vec_zero(v,
		label_derive_secret(v->suite, vec_hex(v, o, "secret"),
			label_of(v, o), &got),
		"derive_secret");
	(void)vec_same(
		v, secret_view(&got), vec_hex(v, o, "out"), "derive_secret");
}

static void signatures(struct vec *v)
{
	const json_t *o = vec_object(v, v->json, "sign_with_label");
	struct bytes content = vec_hex(v, o, "content");
	struct bytes pub = vec_hex(v, o, "pub");
	struct bytes sig = vec_hex(v, o, "signature");
	const char *label = label_of(v, o);
	uint8_t sk[SIG_SK_MAX], pk[SIG_PK_MAX], mine[SIG_MAX];
	const struct signature *s = v->suite->sig;

	(void)vec_zero(v, label_verify(v->suite, pub, label, content, sig),
		"signature");
	if (!vec_zero(v,
		    suite_sign_keys(v->suite, vec_hex(v, o, "priv"), sk, pk),
		    "signature key"))
		return;
	(void)vec_same(v, bytes_of(pk, s->pk_len), pub, "public key");
	(void)vec_zero(v,
		label_sign(v->suite, bytes_of(sk, s->sk_len), label, content,
			mine),
		"sign");
	(void)vec_zero(v,
		label_verify(v->suite, pub, label, content,
			bytes_of(mine, s->sig_len)),
		"own signature");
	mine[0] ^= 1;
	(void)vec_want(v,
		label_verify(v->suite, pub, label, content,
			bytes_of(mine, s->sig_len)) == ROWAN_E_MLS_SIGNATURE,
		"a forged signature verified");
}

/* Split an encoded HPKECiphertext. */
static void split(
	struct vec *v, const struct writer *w, struct hpke_ciphertext *ret)
{
	struct reader r;

	reader_init(&r, writer_view(w));
	(void)vec_zero(v, reader_vec(&r, w->len, &ret->kem_output), "kem");
	(void)vec_zero(v, reader_vec(&r, w->len, &ret->ciphertext), "text");
	(void)vec_zero(v, reader_end(&r), "HPKECiphertext has a tail");
}

static void decrypt(struct vec *v, const struct hpke_from *from,
	const struct hpke_ciphertext *sealed, struct bytes want)
{
	struct buf got;

	(void)vec_zero(v, hpke_decrypt_label(from, sealed, &got), "decrypt");
	(void)vec_same(v, buf_view(&got), want, "plaintext");
	buf_wipe(&got);
}

static void encryption(struct vec *v)
{
	const json_t *o = vec_object(v, v->json, "encrypt_with_label");
	struct bytes plain = vec_hex(v, o, "plaintext");
	uint8_t seed[HPKE_SEED_LEN], pk[HPKE_PK_MAX];
	struct hpke_from from = {
		.suite = v->suite,
		.sk = vec_hex(v, o, "priv"),
		.label = label_of(v, o),
		.context = vec_hex(v, o, "context"),
	};
	struct hpke_to to = {
		.suite = v->suite,
		.pk = vec_hex(v, o, "pub"),
		.label = from.label,
		.context = from.context,
		.seed = bytes_of(seed, sizeof seed),
	};
	struct hpke_ciphertext sealed = {
		vec_hex(v, o, "kem_output"), vec_hex(v, o, "ciphertext")};
	struct writer w;
	struct buf got;

	(void)vec_zero(v, hpke_public(v->suite, from.sk, pk), "public key");
	(void)vec_same(
		v, bytes_of(pk, v->suite->kem_pk_len), to.pk, "public key");
	decrypt(v, &from, &sealed, plain);
	from.pk = to.pk;
	decrypt(v, &from, &sealed, plain);

	randombytes_buf(seed, sizeof seed);
	writer_init(&w, plain.len + 1000);
	(void)vec_zero(v, hpke_encrypt_label(&to, plain, &w), "encrypt");
	split(v, &w, &sealed);
	decrypt(v, &from, &sealed, plain);
	from.label = "another label";
	(void)vec_want(v,
		hpke_decrypt_label(&from, &sealed, &got) == ROWAN_E_MLS_DECRYPT,
		"opened under another label");
	writer_wipe(&w);
}

void fmt_crypto_basics(struct vec *v)
{
	ref_hash(v);
	expansions(v);
	signatures(v);
	encryption(v);
}
