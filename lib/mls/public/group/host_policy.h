/*
 * Between the application's table (rowan/mls.h) and this library: views,
 * buffers, and the host's judgement as a leaf policy. For both halves.
 */
#ifndef MLS_HOST_POLICY_H
#define MLS_HOST_POLICY_H

#include <rowan/mls.h>

#include "mls/public/group/epoch_view.h"
#include "mls/public/group/proposal_list.h"

static inline struct bytes host_in(struct rowan_mls_bytes b)
{
	return bytes_of(b.data, b.len);
}

static inline struct rowan_mls_bytes host_out(struct bytes b)
{
	return (struct rowan_mls_bytes){b.data, b.len};
}

/**
 * host_give(buf, ret):
 * Move the bytes of ${buf} to the application, which frees them with
 * rowan_mls_buf_free.
 */
void host_give(struct buf *buf, struct rowan_mls_buf *ret);

/* How strict to be about leaves. */
struct host_limits {
	uint64_t lifetime_max; /* 0: any */
	bool ignore_lifetimes;
};

/**
 * host_policy(host, limits, ret):
 * Set ${ret} to a policy that asks ${host}, which must outlive it, and knows
 * what time it is now.
 */
void host_policy(const struct rowan_mls_host *host,
	const struct host_limits *limits, struct leaf_policy *ret);

/**
 * host_member(leaf, index, ret):
 * Describe a leaf to the application; views borrow from ${leaf}.
 */
void host_member(const struct leaf_node *leaf, uint32_t index,
	struct rowan_mls_member *ret);

/**
 * host_proposal(item, ret):
 * Describe a proposal to the application; views borrow from it.
 */
void host_proposal(
	const struct proposal_item *item, struct rowan_mls_proposal_view *ret);

#endif
