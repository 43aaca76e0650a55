/*
 * The proposals seen in an epoch, found by reference (RFC 9420 section 12.1).
 *
 * Trusts that what is put in was authenticated. Keeps order of arrival;
 * bounded by MLS_CACHE_MAX and MLS_CACHE_BYTES_MAX.
 */
#ifndef MLS_PROPOSAL_CACHE_H
#define MLS_PROPOSAL_CACHE_H

#include "mls/public/framing/transcript.h"

struct cached_proposal {
	struct cached_proposal *next;
	struct hash_value ref;
	struct authenticated_content *content; /* a reference */
};

/* Starts as {0}, ends with proposal_cache_clear. */
struct proposal_cache {
	struct cached_proposal *first;
	struct cached_proposal *last;
	size_t n;
	size_t bytes; /* of their contents */
};

/**
 * proposal_cache_entry(suite, cache, ac, ret):
 * Make an entry for ${ac}, which carries a proposal, without changing the
 * cache. ROWAN_E_EXISTS when it is in already, ROWAN_E_LIMIT when the cache
 * is full. The caller owns ${ret} until proposal_cache_put.
 */
ROWAN_MUST int proposal_cache_entry(const struct suite *suite,
	const struct proposal_cache *cache, struct authenticated_content *ac,
	struct cached_proposal **ret);

/**
 * proposal_cache_put(cache, entry), cached_proposal_free(entry):
 * Append an entry, which then belongs to the cache; or drop it. NULL is
 * harmless in both.
 */
void proposal_cache_put(
	struct proposal_cache *cache, struct cached_proposal *entry);
void cached_proposal_free(struct cached_proposal *entry);

/**
 * proposal_cache_find(cache, ref):
 * Return what carries the proposal with that reference, borrowed, or NULL.
 */
struct authenticated_content *proposal_cache_find(
	const struct proposal_cache *cache, struct bytes ref);

/**
 * proposal_cache_clear(cache):
 * Drop every entry: an epoch ended.
 */
void proposal_cache_clear(struct proposal_cache *cache);

/**
 * proposal_cache_write(w, cache), proposal_cache_read(suite, r, cache):
 * Save and load: one vector of encoded contents. Loading fills an empty
 * cache; on failure it is empty again.
 */
void proposal_cache_write(struct writer *w, const struct proposal_cache *cache);
ROWAN_MUST int proposal_cache_read(const struct suite *suite, struct reader *r,
	struct proposal_cache *cache);

#endif
