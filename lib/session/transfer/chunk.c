/*
 * Chunks of a blob: see chunk.h. Holds no state.
 */
#include <string.h>

#include <sodium.h>

#include "base/writer.h"
#include "session/transfer/chunk.h"

#define NONCE_LEN crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define BOUND_MAX 64

static const char label[] = "rowan blob 1";

/*
 * Padme: as many low bits are zero as the exponent has bits, which leaves
 * O(log log) of the size and costs at most 12 %.
 */
static uint64_t padme(uint64_t size)
{
	uint64_t exponent = 0, bits = 0, mask;

	for (uint64_t n = size; n > 1; n >>= 1)
		exponent++;
	for (uint64_t n = exponent; n > 0; n >>= 1)
		bits++;
	mask = (1ull << (exponent - bits)) - 1;
	return (size + mask) & ~mask;
}

int chunk_plan(uint64_t size, struct chunk_plan *ret)
{
	memset(ret, 0, sizeof *ret);
	if (size > CHUNK_SIZE_MAX)
		return ROWAN_E_LIMIT;
	ret->size = size;
	ret->padded = size <= CHUNK_SIZE_MIN ? CHUNK_SIZE_MIN : padme(size);
	ret->count = (uint32_t)((ret->padded + CHUNK_PLAIN_LEN - 1) /
				CHUNK_PLAIN_LEN);
	ret->sealed = ret->padded + (uint64_t)ret->count * CHUNK_OVERHEAD;
	return 0;
}

/* Of ${total} bytes, those in piece ${i}. */
static size_t piece(uint64_t total, uint32_t i)
{
	uint64_t at = (uint64_t)i * CHUNK_PLAIN_LEN;

	if (at >= total)
		return 0;
	return total - at < CHUNK_PLAIN_LEN ? (size_t)(total - at)
					    : CHUNK_PLAIN_LEN;
}

size_t chunk_plain(const struct chunk_plan *plan, uint32_t i)
{
	return piece(plan->size, i);
}

size_t chunk_sealed(const struct chunk_plan *plan, uint32_t i)
{
	return i < plan->count ? piece(plan->padded, i) + CHUNK_OVERHEAD : 0;
}

/* What a chunk is bound to. */
static struct bytes bind(const struct content_blob *blob,
	const struct chunk_plan *plan, uint32_t i, uint8_t mem[BOUND_MAX])
{
	struct writer w;

	writer_init_fixed(&w, mem, BOUND_MAX);
	writer_raw(&w, label, sizeof label - 1);
	writer_raw(&w, blob->blob.b, ID16_LEN);
	writer_u64(&w, plan->size);
	writer_u32(&w, plan->count);
	writer_u32(&w, i);
	return writer_view(&w);
}

static void number(uint32_t i, uint8_t ret[NONCE_LEN])
{
	struct writer w;

	memset(ret, 0, NONCE_LEN);
	writer_init_fixed(&w, ret, NONCE_LEN);
	writer_u32(&w, i);
}

int chunk_seal(const struct content_blob *blob, uint32_t i, struct bytes plain,
	uint8_t *ret)
{
	uint8_t nonce[NONCE_LEN], mem[BOUND_MAX];
	struct chunk_plan plan;
	struct bytes bound;
	size_t len;
	int rc = chunk_plan(blob->size, &plan);

	if (rc != 0)
		return rc;
	if (i >= plan.count || plain.len != chunk_plain(&plan, i))
		return ROWAN_E_INVAL;
	len = chunk_sealed(&plan, i) - CHUNK_OVERHEAD;
	bound = bind(blob, &plan, i, mem);
	number(i, nonce);
	/* In place, padding and all. */
	if (plain.len > 0)
		memmove(ret, plain.data, plain.len);
	memset(ret + plain.len, 0, len - plain.len);
	crypto_aead_xchacha20poly1305_ietf_encrypt(ret, NULL, ret, len,
		bound.data, bound.len, NULL, nonce, blob->key.b);
	return 0;
}

int chunk_open(const struct content_blob *blob, uint32_t i, struct bytes sealed,
	uint8_t *ret)
{
	uint8_t nonce[NONCE_LEN], mem[BOUND_MAX];
	struct chunk_plan plan;
	struct bytes bound;
	size_t len, plain;

	memset(ret, 0, CHUNK_PLAIN_LEN);
	if (chunk_plan(blob->size, &plan) != 0 || i >= plan.count ||
		sealed.len != chunk_sealed(&plan, i))
		return ROWAN_E_CRYPTO;
	bound = bind(blob, &plan, i, mem);
	number(i, nonce);
	len = sealed.len - CHUNK_OVERHEAD;
	plain = chunk_plain(&plan, i);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(ret, NULL, NULL,
		    sealed.data, sealed.len, bound.data, bound.len, nonce,
		    blob->key.b) != 0 ||
		(len > plain && !sodium_is_zero(ret + plain, len - plain))) {
		sodium_memzero(ret, CHUNK_PLAIN_LEN);
		return ROWAN_E_CRYPTO;
	}
	return 0;
}
