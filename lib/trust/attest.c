/*
 * Signatures for one purpose: see attest.h.
 */
#include <string.h>

#include <sodium.h>

#include "trust/attest.h"

#define PREFIX	   "Rowan 1.0 "
#define LABEL_MAX  64
#define SIGNED_MAX (LABEL_MAX + WIRE_STATEMENT_MAX + 8)

static const char *const labels[] = {
	[ATTEST_RECORD] = PREFIX "authority record",
	[ATTEST_CARD] = PREFIX "card",
	[ATTEST_POSSESSION] = PREFIX "card request",
	[ATTEST_CONSENT] = PREFIX "card consent",
	[ATTEST_STATEMENT] = PREFIX "statement",
	[ATTEST_NACK] = PREFIX "nack",
	[ATTEST_DISCLOSURE] = PREFIX "disclosure",
	[ATTEST_BUNDLE] = PREFIX "bundle",
};

/* The purpose and the content, each with its length. */
static int to_sign(struct writer *w, uint8_t mem[SIGNED_MAX],
	enum attest_purpose purpose, struct bytes content)
{
	const char *label = labels[purpose];

	if (content.len > WIRE_STATEMENT_MAX)
		return ROWAN_E_LIMIT;
	writer_init_fixed(w, mem, SIGNED_MAX);
	writer_vec(w, bytes_of(label, strlen(label)));
	writer_vec(w, content);
	return writer_status(w);
}

int attest_sign(enum attest_purpose purpose, struct bytes content,
	const uint8_t seed[ATTEST_SEED_LEN], struct wire_sig *ret)
{
	uint8_t mem[SIGNED_MAX], pk[crypto_sign_PUBLICKEYBYTES];
	uint8_t sk[crypto_sign_SECRETKEYBYTES];
	struct writer w;
	int rc = to_sign(&w, mem, purpose, content);

	memset(ret, 0, sizeof *ret);
	if (rc != 0)
		return rc;
	(void)crypto_sign_seed_keypair(pk, sk, seed);
	(void)crypto_sign_detached(ret->b, NULL, mem, w.len, sk);
	sodium_memzero(sk, sizeof sk);
	return 0;
}

int attest_verify(enum attest_purpose purpose, struct bytes content,
	const struct wire_key *key, const struct wire_sig *sig)
{
	uint8_t mem[SIGNED_MAX];
	struct writer w;

	if (to_sign(&w, mem, purpose, content) != 0 ||
		crypto_sign_verify_detached(sig->b, mem, w.len, key->b) != 0)
		return ROWAN_E_CRYPTO;
	return 0;
}

void attest_hash(struct bytes content, struct wire_hash *ret)
{
	(void)crypto_hash_sha256(ret->b, content.data, content.len);
}

void attest_key(const uint8_t seed[ATTEST_SEED_LEN], struct wire_key *ret)
{
	uint8_t sk[crypto_sign_SECRETKEYBYTES];

	(void)crypto_sign_seed_keypair(ret->b, sk, seed);
	sodium_memzero(sk, sizeof sk);
}
