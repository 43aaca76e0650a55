/*
 * The proposals a commit covers, references resolved, with their senders.
 */
#ifndef MLS_PROPOSAL_LIST_H
#define MLS_PROPOSAL_LIST_H

#include "mls/public/group/proposal_cache.h"

struct proposal_item {
	const struct proposal *proposal;
	struct sender sender; /* the committer's for proposals by value */
	bool by_reference;
	/* What carries the proposal; a reference, or NULL where the caller
	 * keeps the proposal alive. */
	struct authenticated_content *content;
};

/* Starts as {0}, ends with proposal_list_free. */
struct proposal_list {
	struct proposal_item *v;
	size_t n;
	size_t cap;
};

/**
 * proposal_list_add(list, item):
 * Append ${item}, taking a reference of its content.
 */
ROWAN_MUST int proposal_list_add(
	struct proposal_list *list, const struct proposal_item *item);

/**
 * proposal_list_resolve(list, ac, cache):
 * Append the proposals of the Commit in ${ac}, in its order.
 * ROWAN_E_MLS_UNKNOWN_PROPOSAL for a reference that is not in ${cache},
 * ROWAN_E_MLS_PROPOSAL_LIST for any reference in an external commit.
 */
ROWAN_MUST int proposal_list_resolve(struct proposal_list *list,
	struct authenticated_content *ac, const struct proposal_cache *cache);

/**
 * proposal_list_next(list, type, i):
 * Return the place of the first proposal of ${type} from ${i} on, or the
 * length of the list: for loops over one type, in order.
 */
size_t proposal_list_next(
	const struct proposal_list *list, uint16_t type, size_t i);

/**
 * proposal_list_count(list, type):
 * Return how many proposals of ${type} there are.
 */
size_t proposal_list_count(const struct proposal_list *list, uint16_t type);

/**
 * proposal_list_free(list):
 * Drop everything and leave the list empty.
 */
void proposal_list_free(struct proposal_list *list);

#endif
