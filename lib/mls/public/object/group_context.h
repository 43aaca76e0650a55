/*
 * The group context (RFC 9420 section 8.1): immutable, counted, one canonical
 * encoding. A new epoch has a new one.
 */
#ifndef MLS_GROUP_CONTEXT_H
#define MLS_GROUP_CONTEXT_H

#include "mls/public/object/capabilities.h"

/* Fields are read-only views into ${raw}, which lives as long as the object. */
struct group_context {
	size_t refs;
	uint16_t version;
	uint16_t cipher_suite;
	struct bytes group_id;
	uint64_t epoch;
	struct bytes tree_hash;
	struct bytes confirmed_transcript_hash;
	struct bytes extensions; /* checked list */
	struct bytes raw;
};

/**
 * group_context_read(r, ret), group_context_decode(raw, ret):
 * Read one from a stream, or from bytes that hold nothing else; the caller
 * holds one reference. ROWAN_E_VERSION for a version other than mls10.
 */
ROWAN_MUST int group_context_read(struct reader *r, struct group_context **ret);
ROWAN_MUST int group_context_decode(
	struct bytes raw, struct group_context **ret);

/**
 * group_context_ref(gc), group_context_unref(gc):
 * Take and drop a reference. NULL is harmless. Not atomic.
 */
struct group_context *group_context_ref(struct group_context *gc);
void group_context_unref(struct group_context *gc);

/**
 * group_context_new(fields, ret):
 * Make one from the fields of ${fields} (${refs}, ${version} and ${raw} are
 * not looked at); the caller holds one reference.
 */
ROWAN_MUST int group_context_new(
	const struct group_context *fields, struct group_context **ret);

/**
 * group_context_required(gc, ret):
 * Set ${ret} to the required capabilities of the group, empty when it asks
 * for none. ROWAN_E_MLS_EXTENSION when they are malformed.
 */
ROWAN_MUST int group_context_required(
	const struct group_context *gc, struct required_capabilities *ret);

#endif
