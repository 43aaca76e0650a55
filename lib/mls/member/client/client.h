/*
 * One client: who it is, with which keys, and how it judges others.
 *
 * Inside lib/mls/member; rowan/mls.h is the door. Trusts the application's
 * table for time, randomness and judgement, as the header of struct
 * rowan_mls_host says. The private signature key lies in guarded memory.
 */
#ifndef MLS_CLIENT_H
#define MLS_CLIENT_H

#include <rowan/mls.h>

#include "crypto/suite.h"
#include "mls/public/group/host_policy.h"
#include "mls/public/object/key_package.h"
#include "mls/public/object/limits.h"
#include "mls/public/tree/tree_validate.h"

/* A key package of ours whose private keys we keep. */
struct stored_package {
	struct stored_package *next;
	struct hash_value ref;
	struct buf raw; /* the KeyPackage */
	bool last_resort;
	struct secret init_sk;
	struct secret leaf_sk;
};

/* What a private signature key is made of and expands to. */
struct client_keys {
	uint8_t seed[SIG_SEED_MAX];
	uint8_t sk[SIG_SK_MAX];
};

struct rowan_mls {
	struct rowan_mls_host host;
	const struct suite *const *suites;
	const struct suite *suite;
	uint16_t credential_type;
	struct buf credential; /* content */
	struct client_keys *keys;
	struct buf signature_key; /* public */
	/* Own capabilities: contents of type lists, and views of them. */
	struct buf extensions, proposals, credentials;
	struct stored_package *packages;
	uint32_t keep_generations;
	uint32_t max_forward;
	uint32_t keep_epochs;
	uint32_t keep_resumption;
	uint32_t pad_until;
	uint64_t lifetime_max;
	bool ignore_lifetimes;
};

/**
 * client_new(options, suites, ret):
 * rowan_mls_new over another NULL-terminated table of suites, which must
 * outlive the client.
 */
ROWAN_MUST int client_new(const struct rowan_mls_options *options,
	const struct suite *const *suites, struct rowan_mls **ret);

/**
 * client_load(options, suites, blob, ret):
 * rowan_mls_load, likewise.
 */
ROWAN_MUST int client_load(const struct rowan_mls_options *options,
	const struct suite *const *suites, struct bytes blob,
	struct rowan_mls **ret);

/**
 * client_random(c, ret, len):
 * ${len} unpredictable bytes from the application; ROWAN_E_INTERNAL.
 */
ROWAN_MUST int client_random(const struct rowan_mls *c, void *ret, size_t len);

/**
 * client_lifetime(c, ret):
 * Set the lifetime of a leaf that starts now: 28 days, or what we grant
 * others where that is less.
 */
void client_lifetime(const struct rowan_mls *c, struct leaf_node_params *ret);

/**
 * client_policy(c, ret):
 * How leaves are judged now. Borrows ${c}.
 */
void client_policy(const struct rowan_mls *c, struct leaf_policy *ret);

/**
 * client_sk(c):
 * The private signature key.
 */
struct bytes client_sk(const struct rowan_mls *c);

/**
 * client_capabilities(c, ret):
 * The lists of section 7.2; ${versions} and ${suites} hold them, four and two
 * bytes.
 */
struct client_capabilities {
	uint8_t version[2];
	uint8_t suite[2];
	struct capabilities lists;
};
void client_capabilities(
	const struct rowan_mls *c, struct client_capabilities *ret);

/**
 * client_leaf_params(c, caps, ret):
 * What a leaf node of this client is made from, but for its keys, source and
 * extensions. Borrows ${c} and ${caps}.
 */
void client_leaf_params(const struct rowan_mls *c,
	const struct client_capabilities *caps, struct leaf_node_params *ret);

/* ---- package.c ---------------------------------------------------------- */

/**
 * package_check_keys(c, p, kp):
 * 0 iff the private keys of ${p} belong to ${kp}, which is signed with our
 * signature key; ROWAN_E_CRYPTO otherwise.
 */
ROWAN_MUST int package_check_keys(const struct rowan_mls *c,
	const struct stored_package *p, const struct key_package *kp);

/**
 * package_used(c, p):
 * Wipe ${p} unless it is a last resort: it was joined with.
 */
void package_used(struct rowan_mls *c, struct stored_package *p);

/**
 * package_put(c, p), package_free(p):
 * Give ${p} to the client; drop one. package_free(NULL) is harmless.
 */
void package_put(struct rowan_mls *c, struct stored_package *p);
void package_free(struct stored_package *p);

/* ---- between the public header's types and ours (host_policy.h) ---------- */

/* Hand an owned buffer over. */
static inline struct rowan_mls_buf client_give(struct buf b)
{
	return (struct rowan_mls_buf){b.data, b.len};
}

/**
 * client_extensions(in, ret):
 * Encode and check a list of extensions; the caller owns ${ret}, the content.
 * ROWAN_E_MLS_EXTENSION.
 */
ROWAN_MUST int client_extensions(
	struct rowan_mls_extensions in, struct buf *ret);

#endif
