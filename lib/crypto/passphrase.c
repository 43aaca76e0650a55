/*
 * Passphrase files: see passphrase.h.
 */
#include <string.h>

#include <sodium.h>

#include "base/reader.h"
#include "base/secret.h"
#include "crypto/passphrase.h"

#define MAGIC	  "rowanpw1"
#define MAGIC_LEN 8
#define NONCE_LEN crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN	  crypto_aead_xchacha20poly1305_ietf_ABYTES
#define SALT_LEN  crypto_pwhash_SALTBYTES

const struct passphrase_cost passphrase_cost_default = {3, 256 * 1024 * 1024};

struct header {
	struct passphrase_cost cost;
	uint8_t salt[SALT_LEN];
	uint8_t nonce[NONCE_LEN];
};

static int cost_check(const struct passphrase_cost *cost)
{
	return cost->operations < 1 || cost->operations > PASSPHRASE_OPS_MAX ||
			       cost->memory < crypto_pwhash_MEMLIMIT_MIN ||
			       cost->memory > PASSPHRASE_MEMORY_MAX
		       ? ROWAN_E_LIMIT
		       : 0;
}

static int derive(const struct header *h, struct bytes pass, struct key32 *ret)
{
	if (crypto_pwhash(ret->b, sizeof ret->b, (const char *)pass.data,
		    pass.len, h->salt, h->cost.operations,
		    (size_t)h->cost.memory, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return ROWAN_E_NOMEM;
	return 0;
}

static void write_header(
	struct writer *w, const char *label, const struct header *h)
{
	writer_raw(w, MAGIC, MAGIC_LEN);
	writer_vec(w, bytes_of(label, strlen(label)));
	writer_u64(w, h->cost.operations);
	writer_u64(w, h->cost.memory);
	writer_raw(w, h->salt, sizeof h->salt);
	writer_raw(w, h->nonce, sizeof h->nonce);
}

int passphrase_seal(struct writer *w, const char *label, struct bytes pass,
	const struct passphrase_cost *cost, struct bytes plain)
{
	struct header h = {.cost = *cost};
	size_t begin = w->len;
	struct buf sealed = {0};
	struct key32 key;
	int rc;

	if (pass.len == 0 || plain.len > PASSPHRASE_PLAIN_MAX ||
		strlen(label) > PASSPHRASE_LABEL_MAX || cost_check(cost) != 0)
		return ROWAN_E_INVAL;
	randombytes_buf(h.salt, sizeof h.salt);
	randombytes_buf(h.nonce, sizeof h.nonce);
	rc = derive(&h, pass, &key);
	if (rc == 0)
		rc = buf_alloc(&sealed, plain.len + TAG_LEN);
	if (rc == 0) {
		write_header(w, label, &h);
		rc = writer_status(w);
	}
	if (rc == 0) {
		(void)crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data,
			NULL, plain.data, plain.len, w->data + begin,
			w->len - begin, NULL, h.nonce, key.b);
		writer_vec(w, buf_view(&sealed));
		rc = writer_status(w);
	}
	key32_wipe(&key);
	buf_wipe(&sealed);
	return rc;
}

/* Everything that can be wrong before the passphrase is asked for. */
static int read_header(struct bytes input, struct bytes *ret_label,
	struct header *h, struct bytes *ret_bound, struct bytes *ret_sealed)
{
	uint8_t magic[MAGIC_LEN];
	struct reader r;
	int rc;

	reader_init(&r, input);
	if ((rc = reader_array(&r, magic, sizeof magic)) ||
		(rc = memcmp(magic, MAGIC, MAGIC_LEN) ? ROWAN_E_MALFORMED
						      : 0) ||
		(rc = reader_vec(&r, PASSPHRASE_LABEL_MAX, ret_label)) ||
		(rc = reader_u64(&r, &h->cost.operations)) ||
		(rc = reader_u64(&r, &h->cost.memory)) ||
		(rc = reader_array(&r, h->salt, sizeof h->salt)) ||
		(rc = reader_array(&r, h->nonce, sizeof h->nonce)))
		return rc;
	*ret_bound = bytes_of(input.data, input.len - reader_left(&r));
	if ((rc = reader_vec(&r, PASSPHRASE_PLAIN_MAX + TAG_LEN, ret_sealed)) ||
		(rc = reader_end(&r)))
		return rc;
	if (ret_sealed->len < TAG_LEN)
		return ROWAN_E_MALFORMED;
	return cost_check(&h->cost);
}

int passphrase_open(struct bytes input, const char *label, struct bytes pass,
	struct buf *ret)
{
	struct bytes found, bound, sealed;
	struct header h;
	struct key32 key;
	int rc;

	*ret = (struct buf){0};
	rc = read_header(input, &found, &h, &bound, &sealed);
	if (rc != 0)
		return rc;
	if (!bytes_eq(found, bytes_of(label, strlen(label))))
		return ROWAN_E_CRYPTO;
	rc = derive(&h, pass, &key);
	if (rc == 0 && sealed.len > TAG_LEN)
		rc = buf_alloc(ret, sealed.len - TAG_LEN);
	if (rc == 0 && crypto_aead_xchacha20poly1305_ietf_decrypt(ret->data,
			       NULL, NULL, sealed.data, sealed.len, bound.data,
			       bound.len, h.nonce, key.b) != 0)
		rc = ROWAN_E_CRYPTO;
	key32_wipe(&key);
	if (rc != 0)
		buf_wipe(ret);
	return rc;
}
