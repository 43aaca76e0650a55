/*
 * A member's view of a group: the state of its current epoch, and how the
 * next one is made beside it.
 *
 * Inside lib/mls/member; rowan/mls.h is the door.
 *
 *     group --process--> next (staged) --accept--> group is the next
 *          \--commit---> next (staged) --merge---> group is the next
 *                             \-- free, discard --> group as it was
 *
 * An epoch that is staged is a whole struct rowan_mls_group; it shares tree
 * nodes with the current one and nothing else. Moving to it cannot fail: what
 * is needed for that is allocated when it is staged.
 */
#ifndef MLS_GROUP_H
#define MLS_GROUP_H

#include "mls/member/client/client.h"
#include "mls/member/keys/key_schedule.h"
#include "mls/member/keys/psk.h"
#include "mls/member/keys/secret_tree.h"
#include "mls/member/treekem/treekem.h"
#include "mls/public/group/commit_stage.h"
#include "mls/public/framing/mls_message.h"

/* What is kept of an epoch that has ended, to read late messages. */
struct past_epoch {
	struct past_epoch *next; /* older */
	struct group_context *context;
	struct tree *tree;
	struct secret sender_data;
	struct secret_tree *message_keys;
};

/* The resumption PSK of an epoch that has ended. */
struct past_resumption {
	struct past_resumption *next; /* older */
	uint64_t epoch;
	struct secret psk;
};

/* The private key of an Update we proposed in this epoch. */
struct own_update {
	struct own_update *next;
	struct leaf_node *leaf;
	struct secret sk;
};

struct rowan_mls_group {
	struct rowan_mls *client;
	const struct suite *suite;
	struct group_context *context;
	struct tree *tree;
	uint32_t leaf; /* ours */
	struct treekem *keys;
	struct epoch_secrets secrets;
	struct secret_tree *message_keys;
	struct hash_value confirmation_tag;
	struct hash_value interim;
	bool removed;	   /* a commit removed us: nothing goes any more */
	struct buf reinit; /* the ReInit that closed the group, or empty */
	struct proposal_cache cache;
	struct own_update *updates;
	struct past_epoch *past;	     /* newest first */
	struct past_resumption *resumptions; /* newest first */
	uint64_t changes; /* counts what invalidates something received */

	/* Room for moving on: empty until then. */
	struct past_epoch *spare_past;
	struct past_resumption *spare_resumption;

	/* Our own commit, waiting for the delivery service. */
	struct rowan_mls_group *staged;
	struct hash_value staged_message; /* hash of the MLSMessage */
};

/* A message of ours or of others, opened. */
struct rowan_mls_received {
	struct rowan_mls_group *group;
	uint64_t changes; /* of the group when it was made */
	struct authenticated_content *content;
	bool is_private;
	bool own;
	struct hash_value own_message; /* of the staged commit it is */
	bool removed;
	uint64_t epoch;
	uint32_t sender;
	uint32_t generation;
	struct hash_value ref;		/* of a proposal */
	struct cached_proposal *entry;	/* of a proposal */
	struct proposal_list proposals; /* of a commit */
	struct rowan_mls_group *next;	/* of a commit; owned unless own */
};

/* ---- group.c ------------------------------------------------------------- */

/**
 * group_new(client, ret):
 * Zeroed, with room for keys. rowan_mls_group_free.
 */
ROWAN_MUST int group_new(
	struct rowan_mls *client, struct rowan_mls_group **ret);

/**
 * group_view(g, policy, ret):
 * The current epoch, as the public half judges by it; ${policy} is filled in
 * and must live as long as ${ret}.
 */
void group_view(const struct rowan_mls_group *g, struct leaf_policy *policy,
	struct epoch_view *ret);

/**
 * group_shut(g):
 * A commit removed us (section 12.4.2): wipe every secret of the group. What
 * is left says who was in it and that we are not.
 */
void group_shut(struct rowan_mls_group *g);

/**
 * group_usable(g):
 * 0, ROWAN_E_MLS_REMOVED, or ROWAN_E_MLS_REINIT once closed.
 */
ROWAN_MUST int group_usable(const struct rowan_mls_group *g);

/**
 * group_move(g, next):
 * Let ${g} become ${next}, which is freed: cannot fail.
 */
void group_move(struct rowan_mls_group *g, struct rowan_mls_group *next);

/**
 * group_spares_free(g):
 * Give up the room for moving on, of a group that nobody moves to.
 */
void group_spares_free(struct rowan_mls_group *g);

/**
 * group_limits(g):
 * Of the secret tree.
 */
struct secret_tree_limits group_limits(const struct rowan_mls_group *g);

/* ---- group_create.c ----------------------------------------------------- */

/**
 * group_info_make(g, tree, external_pub, ret):
 * A signed GroupInfo of the group's epoch; the caller owns the encoding.
 */
ROWAN_MUST int group_info_make(const struct rowan_mls_group *g, bool tree,
	bool external_pub, struct buf *ret);

/* ---- group_epoch.c ------------------------------------------------------ */

/* What the key schedule of a new epoch takes. */
struct epoch_input {
	const struct secret *init;   /* of the old epoch, or external */
	const struct secret *commit; /* empty: no path */
	const struct psk *psks;
	size_t psks_n;
};

/**
 * group_epoch_start(g, in, ret_start, ret_joiner):
 * Fill ${g}'s secrets and message keys from its context and tree.
 * ${ret_start} and ${ret_joiner} are for the Welcome and the caller's to
 * wipe.
 */
ROWAN_MUST int group_epoch_start(struct rowan_mls_group *g,
	const struct epoch_input *in, struct epoch_start *ret_start,
	struct secret *ret_joiner);

/**
 * group_epoch_enter(g, joiner, psks, n, ret_start):
 * The same from a joiner secret: the tail of it, and the way of a Welcome.
 */
ROWAN_MUST int group_epoch_enter(struct rowan_mls_group *g,
	const struct secret *joiner, const struct psk *psks, size_t n,
	struct epoch_start *ret_start);

/**
 * group_tag(g, ret):
 * The confirmation tag the epoch of ${g} must have.
 */
void group_tag(const struct rowan_mls_group *g, struct hash_value *ret);

/**
 * group_psks(client, old, ids, n, ret):
 * Look up the values of ${n} PSKs; resumption PSKs in ${old}, which may be
 * NULL. ROWAN_E_MLS_PSK. ${ret} is the caller's (psk_list_free).
 */
ROWAN_MUST int group_psks(const struct rowan_mls *client,
	const struct rowan_mls_group *old, const struct psk_id *ids, size_t n,
	struct psk **ret);

/**
 * group_stage_psks(stage, ret, ret_n):
 * The ids of the PSK proposals in a stage, in order; the caller frees the
 * array, whose views borrow from the stage.
 */
ROWAN_MUST int group_stage_psks(
	const struct commit_stage *stage, struct psk_id **ret, size_t *ret_n);

/**
 * group_next(g, stage, keys, ret):
 * The group a finished stage leads to, without its secrets: takes tree and
 * context from the stage, ${keys} by value, and makes room for moving.
 */
ROWAN_MUST int group_next(const struct rowan_mls_group *g,
	struct commit_stage *stage, const struct treekem *keys,
	struct rowan_mls_group **ret);

/* ---- group_wire.c ------------------------------------------------------- */

/**
 * group_sign(g, wire, content_type, body, ret):
 * Sign a content as this member. ${wire} may be NULL: private.
 */
ROWAN_MUST int group_sign(const struct rowan_mls_group *g,
	const struct rowan_mls_wire *wire, uint8_t content_type,
	struct bytes body, struct buf *ret);

/**
 * group_seal(g, wire, ac, ret):
 * Make the MLSMessage of a signed content, using up a message key when it is
 * private.
 */
ROWAN_MUST int group_seal(struct rowan_mls_group *g,
	const struct rowan_mls_wire *wire, struct authenticated_content *ac,
	struct buf *ret);

/**
 * group_membership_tag(g, ac, ret):
 * The tag of a member's PublicMessage (section 6.2).
 */
ROWAN_MUST int group_membership_tag(const struct rowan_mls_group *g,
	const struct authenticated_content *ac, struct hash_value *ret);

/* ---- group_propose.c ---------------------------------------------------- */

/**
 * group_encode_proposal(g, in, ret):
 * Encode any proposal but an Update. ROWAN_E_MLS_PROPOSAL.
 */
ROWAN_MUST int group_encode_proposal(const struct rowan_mls_group *g,
	const struct rowan_mls_proposal *in, struct buf *ret);

/* ---- group_commit.c ----------------------------------------------------- */

/* How a commit is made; the RFC's first commit of a resumed group included. */
struct commit_making {
	const struct rowan_mls_commit_options *options;
	struct bytes *extra; /* further encoded proposals, by value */
	size_t extra_n;
	const struct rowan_mls_group *psks_of; /* resumption PSKs, or NULL */
	bool reinit, branch;		       /* what the PSKs may be for */
};

/**
 * group_commit(g, making, ret):
 * Stage a commit in ${g}.
 */
ROWAN_MUST int group_commit(struct rowan_mls_group *g,
	const struct commit_making *making, struct rowan_mls_committed *ret);

/* ---- group_welcome.c ---------------------------------------------------- */

struct treekem_made;

struct welcome_making {
	const struct rowan_mls_group *next;
	const struct commit_stage *stage;
	const struct treekem_made *made; /* path secrets; may be zeroed */
	const struct epoch_start *start;
	const struct secret *joiner;
	const struct psk_id *psks;
	size_t psks_n;
	bool tree;
};

/**
 * group_welcome(making, ret):
 * The Welcome for everybody a stage adds, as an MLSMessage; empty when there
 * is nobody.
 */
ROWAN_MUST int group_welcome(
	const struct welcome_making *making, struct buf *ret);

/* ---- group_process.c ---------------------------------------------------- */

/**
 * group_confirm(next, confirmation_tag):
 * 0 iff the tag is the one of the staged epoch, else
 * ROWAN_E_MLS_CONFIRMATION.
 */
ROWAN_MUST int group_confirm(
	struct rowan_mls_group *next, struct bytes confirmation_tag);

#endif
