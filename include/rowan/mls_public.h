/*
 * Rowan: following an MLS group from outside, for a delivery service.
 *
 * A public group is made from a GroupInfo and the ratchet tree and follows
 * handshakes sent as PublicMessage. It checks signatures, tree and parent
 * hashes and the rules for proposals and commits; membership and confirmation
 * tags and path secrets it cannot check, for it holds no secret of the group.
 *
 * Conventions and types as in rowan/mls.h, none of whose functions it needs
 * but rowan_mls_buf_free and rowan_mls_peek.
 */
#ifndef ROWAN_MLS_PUBLIC_H
#define ROWAN_MLS_PUBLIC_H

#include <rowan/mls.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A handshake that was checked, not yet accepted. */
struct rowan_mls_public_received;

struct rowan_mls_public_options {
	struct rowan_mls_host host; /* random and psk are not called */
	uint64_t lifetime_max;	    /* of leaves; default: any */
	bool ignore_lifetimes;
};

/*
 * rowan_mls_public_new(options, group_info, tree, ret):
 * Start following; tree may be empty when it is inside the GroupInfo.
 * ROWAN_E_MLS_NO_TREE, ROWAN_E_MLS_TREE, ROWAN_E_MLS_PARENT_HASH,
 * ROWAN_E_MLS_SIGNATURE, ROWAN_E_MLS_SUITE and what a leaf may give.
 */
ROWAN_API ROWAN_MUST int rowan_mls_public_new(
	const struct rowan_mls_public_options *options,
	struct rowan_mls_bytes group_info, struct rowan_mls_bytes tree,
	struct rowan_mls_public **ret);
ROWAN_API void rowan_mls_public_free(struct rowan_mls_public *group);

/*
 * rowan_mls_public_save, rowan_mls_public_load:
 * As for rowan_mls_group_save; nothing in the blob is secret.
 */
ROWAN_API ROWAN_MUST int rowan_mls_public_save(
	const struct rowan_mls_public *group, struct rowan_mls_buf *ret);
ROWAN_API ROWAN_MUST int rowan_mls_public_load(
	const struct rowan_mls_public_options *options,
	struct rowan_mls_bytes blob, struct rowan_mls_public **ret);

/* State, as of a member's group. */
ROWAN_API uint64_t rowan_mls_public_epoch(const struct rowan_mls_public *group);
ROWAN_API struct rowan_mls_bytes rowan_mls_public_id(
	const struct rowan_mls_public *group);
ROWAN_API struct rowan_mls_bytes rowan_mls_public_tree_hash(
	const struct rowan_mls_public *group);
ROWAN_API struct rowan_mls_bytes rowan_mls_public_confirmed_transcript_hash(
	const struct rowan_mls_public *group);
ROWAN_API struct rowan_mls_bytes rowan_mls_public_context(
	const struct rowan_mls_public *group);
ROWAN_API uint32_t rowan_mls_public_member_count(
	const struct rowan_mls_public *group);
ROWAN_API bool rowan_mls_public_next_member(
	const struct rowan_mls_public *group, uint32_t *leaf,
	struct rowan_mls_member *ret);
ROWAN_API ROWAN_MUST int rowan_mls_public_tree(
	const struct rowan_mls_public *group, struct rowan_mls_buf *ret);

/*
 * rowan_mls_public_process(group, message, ret):
 * Check a PublicMessage. The group is unchanged until
 * rowan_mls_public_accept. Errors as rowan_mls_process, less those that take
 * a secret to find; ROWAN_E_REFUSED for a PrivateMessage, too.
 */
ROWAN_API ROWAN_MUST int rowan_mls_public_process(
	const struct rowan_mls_public *group, struct rowan_mls_bytes message,
	struct rowan_mls_public_received **ret);
ROWAN_API void rowan_mls_public_received_free(
	struct rowan_mls_public_received *received);

/*
 * rowan_mls_public_accept(group, received):
 * Take a commit or proposal in. Fails only when the group has changed since,
 * with ROWAN_E_STATE.
 */
ROWAN_API ROWAN_MUST int rowan_mls_public_accept(struct rowan_mls_public *group,
	struct rowan_mls_public_received *received);

ROWAN_API enum rowan_mls_kind rowan_mls_public_received_kind(
	const struct rowan_mls_public_received *received);
ROWAN_API enum rowan_mls_sender_type rowan_mls_public_received_sender_type(
	const struct rowan_mls_public_received *received);
ROWAN_API uint32_t rowan_mls_public_received_sender(
	const struct rowan_mls_public_received *received);
ROWAN_API struct rowan_mls_bytes rowan_mls_public_received_aad(
	const struct rowan_mls_public_received *received);
ROWAN_API ROWAN_MUST int rowan_mls_public_received_proposal(
	const struct rowan_mls_public_received *received, size_t i,
	struct rowan_mls_proposal_view *ret);
/* The group as it would be; NULL unless a commit. */
ROWAN_API const struct rowan_mls_public *rowan_mls_public_received_next(
	const struct rowan_mls_public_received *received);

#ifdef __cplusplus
}
#endif

#endif
