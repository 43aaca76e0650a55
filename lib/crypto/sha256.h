/*
 * SHA-256 of what everybody may know: the nodes of a Merkle tree.
 *
 * A log hashes short strings all day, and libsodium's SHA-256 is portable C.
 * Where the processor has instructions for it these are used, after they have
 * agreed with libsodium once; elsewhere it is libsodium's.
 *
 * Never for secrets: nothing here is wiped.
 */
#ifndef CRYPTO_SHA256_H
#define CRYPTO_SHA256_H

#include "base/bytes.h"

#define SHA256_LEN 32

/**
 * sha256_public(data, ret):
 * The hash of ${data}.
 */
void sha256_public(struct bytes data, uint8_t ret[SHA256_LEN]);

#endif
