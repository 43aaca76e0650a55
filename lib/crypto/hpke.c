/*
 * HPKE base mode: see hpke.h.
 */
#include <string.h>

#include <sodium.h>

#include "crypto/hkdf.h"
#include "crypto/hpke.h"

#define MODE_BASE 0x00
#define VERSION	  "HPKE-v1"
#define INFO_MAX  512
#define ID_LEN	  10 /* the longer of the two suite_id */

/*
 * A KEM: seed in, shared secret and encapsulation out. encap and decap leave
 * the KEM's own shared secret, after its own key derivation.
 */
struct kem {
	uint16_t id;
	int (*key_pair)(const struct suite *s, struct bytes ikm,
		struct secret *ret_sk, uint8_t *ret_pk);
	int (*public)(struct bytes sk, uint8_t *ret_pk);
	int (*encap)(const struct suite *s, struct bytes pk, struct bytes seed,
		uint8_t *ret_enc, struct secret *ret);
	int (*decap)(const struct suite *s, const struct hpke_from *from,
		struct bytes enc, struct secret *ret);
};

/* A key schedule's result, for one message or export. Wipe it. */
struct hpke_context {
	uint8_t key[AEAD_KEY_MAX];
	uint8_t nonce[AEAD_NONCE_MAX];
	struct secret exporter;
};

struct suite_id {
	uint8_t b[ID_LEN];
	size_t len;
};

static void put_u16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static struct suite_id kem_suite_id(const struct suite *s)
{
	struct suite_id id = {.b = "KEM", .len = 5};

	put_u16(id.b + 3, s->kem_id);
	return id;
}

static struct suite_id hpke_suite_id(const struct suite *s)
{
	struct suite_id id = {.b = "HPKE", .len = 10};

	put_u16(id.b + 4, s->kem_id);
	put_u16(id.b + 6, s->kdf_id);
	put_u16(id.b + 8, s->aead->id);
	return id;
}

/* LabeledExtract, RFC 9180 section 4. */
static void labeled_extract(const struct suite *s, const struct suite_id *id,
	const struct secret *salt, const char *label, struct bytes ikm,
	struct secret *ret)
{
	const struct hash_algorithm *h = s->hash;
	struct hash_state st;

	h->hmac_init(&st, salt == NULL ? bytes_of(NULL, 0) : secret_view(salt));
	h->hmac_update(&st, bytes_of(VERSION, strlen(VERSION)));
	h->hmac_update(&st, bytes_of(id->b, id->len));
	h->hmac_update(&st, bytes_of(label, strlen(label)));
	h->hmac_update(&st, ikm);
	h->hmac_final(&st, ret->b);
	ret->len = h->len;
	sodium_memzero(&st, sizeof st);
}

/* LabeledExpand, RFC 9180 section 4, from a key that hkdf_key has made. */
static int expand_keyed(const struct suite *s, const struct suite_id *id,
	const struct hash_state *keyed, const char *label, struct bytes info,
	uint8_t *ret, size_t len)
{
	uint8_t mem[INFO_MAX];
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	writer_u16(&w, (uint16_t)len);
	writer_raw(&w, VERSION, strlen(VERSION));
	writer_raw(&w, id->b, id->len);
	writer_raw(&w, label, strlen(label));
	writer_raw(&w, info.data, info.len);
	if (writer_status(&w) != 0)
		return writer_status(&w);
	return hkdf_expand_keyed(s, keyed, writer_view(&w), ret, len);
}

static int labeled_expand(const struct suite *s, const struct suite_id *id,
	const struct secret *prk, const char *label, struct bytes info,
	uint8_t *ret, size_t len)
{
	struct hash_state keyed;
	int rc;

	hkdf_key(s, secret_view(prk), &keyed);
	rc = expand_keyed(s, id, &keyed, label, info, ret, len);
	sodium_memzero(&keyed, sizeof keyed);
	return rc;
}

/*
 * DHKEM(X25519, HKDF-SHA256), RFC 9180 section 4.1. Its KDF is the suite's,
 * which kem_of has checked to be HKDF-SHA256.
 */

static int x25519_public(struct bytes sk, uint8_t *ret_pk)
{
	return crypto_scalarmult_base(ret_pk, sk.data) == 0 ? 0
							    : ROWAN_E_CRYPTO;
}

static int x25519_key_pair(const struct suite *s, struct bytes ikm,
	struct secret *ret_sk, uint8_t *ret_pk)
{
	const struct suite_id id = kem_suite_id(s);
	struct secret prk;
	int rc;

	secret_wipe(ret_sk);
	labeled_extract(s, &id, NULL, "dkp_prk", ikm, &prk);
	rc = labeled_expand(s, &id, &prk, "sk", bytes_of(NULL, 0), ret_sk->b,
		s->kem_sk_len);
	if (rc == 0) {
		ret_sk->len = s->kem_sk_len;
		rc = x25519_public(secret_view(ret_sk), ret_pk);
	}
	secret_wipe(&prk);
	return rc;
}

/* ExtractAndExpand over one Diffie-Hellman result. */
static int x25519_shared(const struct suite *s, const uint8_t *dh,
	const uint8_t *enc, const uint8_t *pk, struct secret *ret)
{
	const struct suite_id id = kem_suite_id(s);
	uint8_t context[2 * crypto_scalarmult_BYTES];
	struct secret prk;
	int rc;

	memcpy(context, enc, crypto_scalarmult_BYTES);
	memcpy(context + crypto_scalarmult_BYTES, pk, crypto_scalarmult_BYTES);
	labeled_extract(s, &id, NULL, "eae_prk",
		bytes_of(dh, crypto_scalarmult_BYTES), &prk);
	rc = labeled_expand(s, &id, &prk, "shared_secret",
		bytes_of(context, sizeof context), ret->b, s->hash->len);
	if (rc == 0)
		ret->len = s->hash->len;
	secret_wipe(&prk);
	return rc;
}

static int x25519_encap(const struct suite *s, struct bytes pk,
	struct bytes seed, uint8_t *ret_enc, struct secret *ret)
{
	uint8_t dh[crypto_scalarmult_BYTES];
	struct secret sk;
	int rc;

	rc = x25519_key_pair(s, seed, &sk, ret_enc);
	/*
	 * RFC 9180 section 7.1.4: the Diffie-Hellman result MUST be checked
	 * for all zeros; crypto_scalarmult fails on it.
	 */
	if (rc == 0 && crypto_scalarmult(dh, sk.b, pk.data) != 0)
		rc = ROWAN_E_CRYPTO;
	if (rc == 0)
		rc = x25519_shared(s, dh, ret_enc, pk.data, ret);
	sodium_memzero(dh, sizeof dh);
	secret_wipe(&sk);
	return rc;
}

static int x25519_decap(const struct suite *s, const struct hpke_from *from,
	struct bytes enc, struct secret *ret)
{
	uint8_t dh[crypto_scalarmult_BYTES], pk[crypto_scalarmult_BYTES];
	int rc = 0;

	if (from->pk.len == sizeof pk)
		memcpy(pk, from->pk.data, sizeof pk);
	else
		rc = x25519_public(from->sk, pk);
	/* All zeros refused here too. */
	if (rc == 0 && crypto_scalarmult(dh, from->sk.data, enc.data) != 0)
		rc = ROWAN_E_CRYPTO;
	if (rc == 0)
		rc = x25519_shared(s, dh, enc.data, pk, ret);
	sodium_memzero(dh, sizeof dh);
	return rc;
}

static const struct kem x25519 = {
	.id = 0x0020,
	.key_pair = x25519_key_pair,
	.public = x25519_public,
	.encap = x25519_encap,
	.decap = x25519_decap,
};

/* The KEM of ${s}, or NULL when it is not built in. */
static const struct kem *kem_of(const struct suite *s)
{
	if (s->kem_id == x25519.id && s->kdf_id == 0x0001 &&
		s->kem_pk_len == crypto_scalarmult_BYTES &&
		s->kem_enc_len == crypto_scalarmult_BYTES &&
		s->kem_sk_len == crypto_scalarmult_SCALARBYTES &&
		s->hash->len == crypto_auth_hmacsha256_BYTES)
		return &x25519;
	return NULL;
}

int hpke_key_pair(const struct suite *s, struct bytes ikm,
	struct secret *ret_sk, uint8_t *ret_pk)
{
	const struct kem *kem = kem_of(s);

	secret_wipe(ret_sk);
	if (kem == NULL)
		return ROWAN_E_MLS_SUITE;
	if (ikm.len < HPKE_SEED_LEN)
		return ROWAN_E_INVAL;
	return kem->key_pair(s, ikm, ret_sk, ret_pk);
}

int hpke_public(const struct suite *s, struct bytes sk, uint8_t *ret_pk)
{
	const struct kem *kem = kem_of(s);

	if (kem == NULL)
		return ROWAN_E_MLS_SUITE;
	if (sk.len != s->kem_sk_len)
		return ROWAN_E_CRYPTO;
	return kem->public(sk, ret_pk);
}

/* KeySchedule<ROLE>, RFC 9180 section 5.1, base mode, no PSK. */
static int key_schedule(const struct suite *s, const struct secret *shared,
	struct bytes info, struct hpke_context *ret)
{
	const struct suite_id id = hpke_suite_id(s);
	const struct bytes none = {NULL, 0};
	uint8_t context[1 + 2 * HASH_MAX] = {MODE_BASE};
	size_t nh = s->hash->len;
	struct bytes view = {context, 1 + 2 * nh};
	struct secret secret, h;
	struct hash_state keyed;
	int rc;

	labeled_extract(s, &id, NULL, "psk_id_hash", none, &h);
	memcpy(context + 1, h.b, nh);
	labeled_extract(s, &id, NULL, "info_hash", info, &h);
	memcpy(context + 1 + nh, h.b, nh);
	labeled_extract(s, &id, shared, "secret", none, &secret);
	hkdf_key(s, secret_view(&secret), &keyed);
	rc = expand_keyed(
		s, &id, &keyed, "key", view, ret->key, s->aead->key_len);
	if (rc == 0)
		rc = expand_keyed(s, &id, &keyed, "base_nonce", view,
			ret->nonce, s->aead->nonce_len);
	if (rc == 0)
		rc = expand_keyed(
			s, &id, &keyed, "exp", view, ret->exporter.b, nh);
	ret->exporter.len = nh;
	sodium_memzero(&keyed, sizeof keyed);
	secret_wipe(&secret);
	return rc;
}

/* SetupBaseS, the ephemeral key pair derived from ${seed}. */
static int setup_to(const struct suite *s, struct bytes pk, struct bytes seed,
	struct bytes info, uint8_t *ret_enc, struct hpke_context *ret)
{
	const struct kem *kem = kem_of(s);
	struct secret shared = {.len = 0};
	int rc;

	sodium_memzero(ret, sizeof *ret);
	if (kem == NULL)
		return ROWAN_E_MLS_SUITE;
	if (seed.len < HPKE_SEED_LEN)
		return ROWAN_E_INVAL;
	if (pk.len != s->kem_pk_len)
		return ROWAN_E_CRYPTO;
	rc = kem->encap(s, pk, seed, ret_enc, &shared);
	if (rc == 0)
		rc = key_schedule(s, &shared, info, ret);
	if (rc != 0)
		sodium_memzero(ret, sizeof *ret);
	secret_wipe(&shared);
	return rc;
}

/* SetupBaseR with the keys of ${from}. */
static int setup_from(const struct hpke_from *from, struct bytes enc,
	struct bytes info, struct hpke_context *ret)
{
	const struct suite *s = from->suite;
	const struct kem *kem = kem_of(s);
	struct secret shared = {.len = 0};
	int rc;

	sodium_memzero(ret, sizeof *ret);
	if (kem == NULL)
		return ROWAN_E_MLS_SUITE;
	if (from->sk.len != s->kem_sk_len || enc.len != s->kem_enc_len)
		return ROWAN_E_CRYPTO;
	rc = kem->decap(s, from, enc, &shared);
	if (rc == 0)
		rc = key_schedule(s, &shared, info, ret);
	if (rc != 0)
		sodium_memzero(ret, sizeof *ret);
	secret_wipe(&shared);
	return rc;
}

/* Context.Export of as many bytes as the suite's hash. */
static int export_secret(const struct suite *s, const struct hpke_context *ctx,
	struct bytes label, struct secret *ret)
{
	const struct suite_id id = hpke_suite_id(s);
	int rc;

	secret_wipe(ret);
	rc = labeled_expand(
		s, &id, &ctx->exporter, "sec", label, ret->b, s->hash->len);
	if (rc == 0)
		ret->len = s->hash->len;
	return rc;
}

/* EncryptContext, RFC 9420 section 5.1.3. */
static int encrypt_context(
	const char *label, struct bytes context, struct buf *ret)
{
	struct writer w;
	size_t mark;

	writer_init(&w, context.len + 128);
	mark = writer_open(&w);
	writer_raw(&w, "MLS 1.0 ", 8);
	writer_raw(&w, label, strlen(label));
	writer_close(&w, mark);
	writer_vec(&w, context);
	return writer_finish(&w, ret);
}

int hpke_encrypt_label(
	const struct hpke_to *to, struct bytes plain, struct writer *w)
{
	const struct suite *s = to->suite;
	uint8_t enc[HPKE_ENC_MAX];
	struct buf info = {NULL, 0}, ct = {NULL, 0};
	struct hpke_context ctx = {.exporter.len = 0};
	int rc;

	rc = encrypt_context(to->label, to->context, &info);
	if (rc == 0)
		rc = setup_to(s, to->pk, to->seed, buf_view(&info), enc, &ctx);
	if (rc == 0)
		rc = buf_alloc(&ct, plain.len + s->aead->tag_len);
	if (rc == 0)
		rc = s->aead->seal(
			ctx.key, ctx.nonce, bytes_of(NULL, 0), plain, ct.data);
	if (rc == 0) {
		writer_vec(w, bytes_of(enc, s->kem_enc_len));
		writer_vec(w, buf_view(&ct));
		rc = writer_status(w);
	}
	sodium_memzero(&ctx, sizeof ctx);
	buf_wipe(&info);
	buf_wipe(&ct);
	return rc;
}

int hpke_decrypt_label(const struct hpke_from *from,
	const struct hpke_ciphertext *sealed, struct buf *ret)
{
	const struct aead *aead = from->suite->aead;
	struct hpke_context ctx = {.exporter.len = 0};
	struct buf info = {NULL, 0}, plain = {NULL, 0};
	int rc;

	*ret = plain;
	if (sealed->ciphertext.len < aead->tag_len)
		return ROWAN_E_MLS_DECRYPT;
	rc = encrypt_context(from->label, from->context, &info);
	if (rc == 0)
		rc = setup_from(
			from, sealed->kem_output, buf_view(&info), &ctx);
	if (rc == 0)
		rc = buf_alloc(&plain, sealed->ciphertext.len - aead->tag_len);
	if (rc == 0)
		rc = aead->open(ctx.key, ctx.nonce, bytes_of(NULL, 0),
			sealed->ciphertext, plain.data);
	if (rc == 0)
		*ret = plain;
	else
		buf_wipe(&plain);
	sodium_memzero(&ctx, sizeof ctx);
	buf_wipe(&info);
	return rc == ROWAN_E_CRYPTO ? ROWAN_E_MLS_DECRYPT : rc;
}

/* RFC 9420 section 8.3. */
static struct bytes external_label(void)
{
	static const char label[] = "MLS 1.0 external init secret";

	return bytes_of(label, sizeof label - 1);
}

int hpke_export_to(const struct suite *s, struct bytes pk, struct bytes seed,
	uint8_t *ret_enc, struct secret *ret)
{
	struct hpke_context ctx;
	int rc;

	secret_wipe(ret);
	rc = setup_to(s, pk, seed, bytes_of(NULL, 0), ret_enc, &ctx);
	if (rc == 0)
		rc = export_secret(s, &ctx, external_label(), ret);
	sodium_memzero(&ctx, sizeof ctx);
	return rc;
}

int hpke_export_from(const struct suite *s, struct bytes sk, struct bytes enc,
	struct secret *ret)
{
	const struct hpke_from from = {.suite = s, .sk = sk};
	struct hpke_context ctx;
	int rc;

	secret_wipe(ret);
	rc = setup_from(&from, enc, bytes_of(NULL, 0), &ctx);
	if (rc == 0)
		rc = export_secret(s, &ctx, external_label(), ret);
	sodium_memzero(&ctx, sizeof ctx);
	return rc == ROWAN_E_CRYPTO ? ROWAN_E_MLS_DECRYPT : rc;
}
