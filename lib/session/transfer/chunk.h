/*
 * Chunks of a blob: what an attachment or a held message looks like at the
 * daemon.
 *
 * The plaintext is padded with zeros to a size that tells little (Padme), cut
 * into pieces and sealed piece by piece under the blob's own random key,
 * XChaCha20-Poly1305. Each is bound to the blob's id, its place and the number
 * of all, so that one swapped, repeated, cut off or taken from another blob
 * does not open. A key seals one blob once, so nonces count.
 *
 * Never touches a file or the vault.
 */
#ifndef SESSION_CHUNK_H
#define SESSION_CHUNK_H

#include "session/channel/content.h"
#include "wire/limits.h"

#define CHUNK_OVERHEAD	16
#define CHUNK_PLAIN_LEN (WIRE_CHUNK_LEN - CHUNK_OVERHEAD)
#define CHUNK_SIZE_MIN	4096			/* padded, at least */
#define CHUNK_SIZE_MAX	(1024ULL * 1024 * 1024) /* plaintext */

/* How a plaintext of some size is cut. */
struct chunk_plan {
	uint64_t size;	 /* plaintext */
	uint64_t padded; /* plaintext and padding */
	uint64_t sealed; /* of the blob */
	uint32_t count;	 /* chunks */
};

/**
 * chunk_plan(size, ret):
 * ROWAN_E_LIMIT for more than CHUNK_SIZE_MAX.
 */
ROWAN_MUST int chunk_plan(uint64_t size, struct chunk_plan *ret);

/**
 * chunk_plain(plan, i), chunk_sealed(plan, i):
 * How many bytes of the plaintext are in chunk ${i}, padding left out; how
 * many the sealed chunk has.
 */
size_t chunk_plain(const struct chunk_plan *plan, uint32_t i);
size_t chunk_sealed(const struct chunk_plan *plan, uint32_t i);

/**
 * chunk_seal(blob, i, plain, ret):
 * Seal chunk_plain bytes at ${plain} into chunk_sealed bytes at ${ret}, room
 * for WIRE_CHUNK_LEN; id, key and size of ${blob} are used. ROWAN_E_INVAL for
 * a chunk that is not the blob's.
 */
ROWAN_MUST int chunk_seal(const struct content_blob *blob, uint32_t i,
	struct bytes plain, uint8_t *ret);

/**
 * chunk_open(blob, i, sealed, ret):
 * Open into chunk_plain bytes at ${ret}, room for CHUNK_PLAIN_LEN.
 * ROWAN_E_CRYPTO for anything but what chunk_seal made of this chunk; ${ret}
 * is then zeroed.
 */
ROWAN_MUST int chunk_open(const struct content_blob *blob, uint32_t i,
	struct bytes sealed, uint8_t *ret);

#endif
