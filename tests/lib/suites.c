/*
 * Cipher suites for tests: see suites.h.
 */
#include <limits.h>
#include <pthread.h>

#include <openssl/evp.h>

#include "crypto/suite.h"
#include "lib/suites.h"

#define GCM_KEY	  16
#define GCM_NONCE 12
#define GCM_TAG	  16

/* Update with ${in} where there is any, else leave everything alone. */
static int gcm_update(EVP_CIPHER_CTX *ctx, uint8_t *ret, struct bytes in)
{
	int len;

	if (in.len == 0)
		return 1;
	return in.len <= INT_MAX &&
	       EVP_CipherUpdate(ctx, ret, &len, in.data, (int)in.len) == 1;
}

static int gcm_seal(const uint8_t *key, const uint8_t *nonce, struct bytes aad,
	struct bytes plain, uint8_t *ret)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len, ok;

	ok = ctx != NULL &&
	     EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, key, nonce) ==
		     1 &&
	     gcm_update(ctx, NULL, aad) && gcm_update(ctx, ret, plain) &&
	     EVP_EncryptFinal_ex(ctx, ret + plain.len, &len) == 1 &&
	     EVP_CIPHER_CTX_ctrl(
		     ctx, EVP_CTRL_AEAD_GET_TAG, GCM_TAG, ret + plain.len) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : ROWAN_E_INTERNAL;
}

static int gcm_open(const uint8_t *key, const uint8_t *nonce, struct bytes aad,
	struct bytes sealed, uint8_t *ret)
{
	EVP_CIPHER_CTX *ctx;
	uint8_t tag[GCM_TAG];
	size_t len;
	int n, ok;

	if (sealed.len < GCM_TAG)
		return ROWAN_E_CRYPTO;
	len = sealed.len - GCM_TAG;
	for (size_t i = 0; i < GCM_TAG; i++)
		tag[i] = sealed.data[len + i];
	ctx = EVP_CIPHER_CTX_new();
	ok = ctx != NULL &&
	     EVP_DecryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, key, nonce) ==
		     1 &&
	     gcm_update(ctx, NULL, aad) &&
	     gcm_update(ctx, ret, bytes_of(sealed.data, len)) &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, GCM_TAG, tag) ==
		     1 &&
	     EVP_DecryptFinal_ex(ctx, ret + len, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	for (size_t i = 0; !ok && i < len; i++)
		ret[i] = 0;
	return ok ? 0 : ROWAN_E_CRYPTO;
}

static const struct aead aes_128_gcm = {
	.id = 0x0001,
	.key_len = GCM_KEY,
	.nonce_len = GCM_NONCE,
	.tag_len = GCM_TAG,
	.seal = gcm_seal,
	.open = gcm_open,
};

/* MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519: suite 3 but for the AEAD. */
static struct suite suite_0001;

static const struct suite *const all[] = {&suite_0003, &suite_0001, NULL};

static void fill(void)
{
	suite_0001 = suite_0003;
	suite_0001.id = 0x0001;
	suite_0001.aead = &aes_128_gcm;
}

const struct suite *const *suites_all(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, fill);
	return all;
}

const struct suite *suites_find(uint16_t id)
{
	return suite_find(suites_all(), id);
}
