/*
 * Rowan: Messaging Layer Security (RFC 9420), the whole member role. The
 * public group of a delivery service is in rowan/mls_public.h.
 *
 * Usable on its own: no globals, no threads, no files, no output. Time,
 * randomness, judgement of credentials and pre-shared keys come from the
 * application through struct rowan_mls_host.
 *
 * Handles are opaque; one handle and all that was made from it belong to one
 * thread at a time. ..._free(NULL) is harmless, and every free wipes. Inputs
 * are views the library does not keep. Outputs of type struct rowan_mls_buf
 * are the caller's: rowan_mls_buf_free. A struct rowan_mls_bytes that comes
 * out of a getter borrows from its handle until that handle changes or goes.
 * Outputs are set on success only; on failure they are zeroed.
 *
 * Messages are whole MLSMessages (section 6), in and out. Fallible calls
 * return 0 or an enum rowan_error; any of them may return ROWAN_E_NOMEM, and
 * ROWAN_E_INVAL for an argument outside its contract. No call that fails
 * leaves its group changed.
 */
#ifndef ROWAN_MLS_H
#define ROWAN_MLS_H

#include <stdbool.h>

#include <rowan/api.h>
#include <rowan/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One client: a credential, a signature key, key packages. */
struct rowan_mls;
/* One member's view of one group. */
struct rowan_mls_group;
/* One incoming message, opened and checked, perhaps not yet accepted. */
struct rowan_mls_received;
/* A group followed without any of its secrets: rowan/mls_public.h. */
struct rowan_mls_public;

struct rowan_mls_bytes {
	const uint8_t *data;
	size_t len;
};

struct rowan_mls_buf {
	uint8_t *data;
	size_t len;
};

/*
 * rowan_mls_buf_free(buf):
 * Wipe, free, and leave empty.
 */
ROWAN_API void rowan_mls_buf_free(struct rowan_mls_buf *buf);

/* --- What the application supplies ------------------------------------- */

enum rowan_mls_credential_type {
	ROWAN_MLS_BASIC = 1, /* content: the identity */
	ROWAN_MLS_X509 = 2   /* content: DER certificates, each a vector */
};

struct rowan_mls_credential {
	uint16_t type;
	struct rowan_mls_bytes content;
};

/* A credential to be judged (section 5.3.1). */
struct rowan_mls_claim {
	struct rowan_mls_credential credential;
	struct rowan_mls_bytes signature_key;
	/* What it succeeds: an update, or a member who joins again. */
	bool succeeds;
	struct rowan_mls_credential old_credential;
	struct rowan_mls_bytes old_signature_key;
	bool external; /* an entry of external_senders, not a member */
};

enum rowan_mls_psk_type {
	ROWAN_MLS_PSK_EXTERNAL = 1,
	ROWAN_MLS_PSK_RESUMPTION = 2
};

/*
 * ctx is handed to every call. clock, random and validate must be set; psk
 * may be NULL for an application that has none.
 */
struct rowan_mls_host {
	void *ctx;
	/* Seconds since 1970. */
	uint64_t (*clock)(void *ctx);
	/* Fill ret with len unpredictable bytes; not 0 when it cannot. */
	int (*random)(void *ctx, uint8_t *ret, size_t len);
	/* 0 accepts; all else refuses with ROWAN_E_MLS_CREDENTIAL. */
	int (*validate)(void *ctx, const struct rowan_mls_claim *claim);
	/*
	 * Write the external PSK called id to ret, which has room for *len
	 * bytes, and its length to *len. Not 0: ROWAN_E_MLS_PSK.
	 */
	int (*psk)(void *ctx, struct rowan_mls_bytes id, uint8_t *ret,
		size_t *len);
};

#define ROWAN_MLS_PSK_MAX 4096 /* bytes of an external PSK */

/* Operating system's clock and randomness; accepts every credential. */
ROWAN_API void rowan_mls_host_init(struct rowan_mls_host *host);

struct rowan_mls_types {
	const uint16_t *v;
	size_t n;
};

/*
 * Zero means the default. Types that every client supports (section 7.2)
 * need not be listed and are left out if they are; the own credential's type
 * is added.
 */
struct rowan_mls_options {
	struct rowan_mls_host host;
	uint16_t suite; /* default 0x0003 */
	struct rowan_mls_credential credential;
	/* 32-byte Ed25519 seed; empty: a fresh one. */
	struct rowan_mls_bytes signature_seed;
	struct rowan_mls_types extensions;
	struct rowan_mls_types proposals;
	struct rowan_mls_types credentials;
	/* Out-of-order messages: skipped keys kept per sender. */
	uint32_t keep_generations; /* default 64 */
	uint32_t max_forward;	   /* default 1000 */
	uint32_t keep_epochs;	   /* past epochs readable; default 0 */
	uint32_t keep_resumption;  /* past resumption PSKs; default 8 */
	uint32_t pad_until;	   /* PrivateMessage plaintext; default 0 */
	uint64_t lifetime_max;	   /* of others' leaves; default: any */
	bool ignore_lifetimes;	   /* for histories out of the past */
};

/* --- The client -------------------------------------------------------- */

/*
 * rowan_mls_new(options, ret):
 * Make a client; rowan_mls_free. It must outlive its groups.
 * ROWAN_E_MLS_SUITE for a suite that is not built in.
 */
ROWAN_API ROWAN_MUST int rowan_mls_new(
	const struct rowan_mls_options *options, struct rowan_mls **ret);
ROWAN_API void rowan_mls_free(struct rowan_mls *client);

/*
 * rowan_mls_signature_key(client):
 * The public signature key.
 */
ROWAN_API struct rowan_mls_bytes rowan_mls_signature_key(
	const struct rowan_mls *client);

/*
 * rowan_mls_save(client, ret), rowan_mls_load(options, blob, ret):
 * Identity, signature key and private key packages in one versioned blob,
 * in the clear: the application seals it. The same bytes while nothing has
 * changed. For load, options give host and limits; credential, key and
 * capabilities come from the blob. ROWAN_E_CORRUPT, ROWAN_E_TOO_NEW.
 */
ROWAN_API ROWAN_MUST int rowan_mls_save(
	const struct rowan_mls *client, struct rowan_mls_buf *ret);
ROWAN_API ROWAN_MUST int rowan_mls_load(const struct rowan_mls_options *options,
	struct rowan_mls_bytes blob, struct rowan_mls **ret);

struct rowan_mls_extension {
	uint16_t type;
	struct rowan_mls_bytes data;
};

struct rowan_mls_extensions {
	const struct rowan_mls_extension *v;
	size_t n;
};

struct rowan_mls_key_package_options {
	/* Default: from an hour ago to 28 days from now, or lifetime_max. */
	uint64_t not_before;
	uint64_t not_after;
	bool last_resort;
	struct rowan_mls_extensions leaf_extensions;
};

/*
 * rowan_mls_key_package(client, options, ret, ret_ref):
 * Make a key package, keep its private keys, and give the MLSMessage to
 * publish and its KeyPackageRef (which may be NULL). options may be NULL.
 */
ROWAN_API ROWAN_MUST int rowan_mls_key_package(struct rowan_mls *client,
	const struct rowan_mls_key_package_options *options,
	struct rowan_mls_buf *ret, struct rowan_mls_buf *ret_ref);

/*
 * rowan_mls_key_package_import(client, key_package, init_priv, leaf_priv):
 * Keep a key package that was made elsewhere, signed with this client's key.
 * ROWAN_E_CRYPTO when the keys do not fit it.
 */
ROWAN_API ROWAN_MUST int rowan_mls_key_package_import(struct rowan_mls *client,
	struct rowan_mls_bytes key_package, struct rowan_mls_bytes init_priv,
	struct rowan_mls_bytes leaf_priv);

/*
 * rowan_mls_key_package_forget(client, ref):
 * Wipe the private keys of a package. ROWAN_E_NOT_FOUND.
 */
ROWAN_API ROWAN_MUST int rowan_mls_key_package_forget(
	struct rowan_mls *client, struct rowan_mls_bytes ref);

/*
 * rowan_mls_key_package_check(client, message, ret_ref):
 * Judge somebody's key package as add would, without a group (section 10.1):
 * ROWAN_E_MLS_KEY_PACKAGE, ROWAN_E_MLS_SUITE, ROWAN_E_MLS_LEAF_NODE,
 * ROWAN_E_MLS_LIFETIME, ROWAN_E_MLS_SIGNATURE, ROWAN_E_MLS_CREDENTIAL.
 */
ROWAN_API ROWAN_MUST int rowan_mls_key_package_check(
	const struct rowan_mls *client, struct rowan_mls_bytes message,
	struct rowan_mls_buf *ret_ref);

/* --- Groups ------------------------------------------------------------ */

/*
 * rowan_mls_group_create(client, group_id, extensions, ret):
 * A group with one member (section 11). An empty group_id becomes a random
 * one. ROWAN_E_MLS_EXTENSION.
 */
ROWAN_API ROWAN_MUST int rowan_mls_group_create(struct rowan_mls *client,
	struct rowan_mls_bytes group_id, struct rowan_mls_extensions extensions,
	struct rowan_mls_group **ret);
ROWAN_API void rowan_mls_group_free(struct rowan_mls_group *group);

/*
 * rowan_mls_group_save(group, ret), rowan_mls_group_load(client, blob, ret):
 * The whole state, pending commit and proposals included, in one versioned
 * blob, in the clear. The same bytes while nothing has changed; keys that
 * were used are not in it. ROWAN_E_TOO_NEW; ROWAN_E_CORRUPT for what is
 * damaged, for private keys that do not belong to our leaf, and for the group
 * of a client with another signature key.
 */
ROWAN_API ROWAN_MUST int rowan_mls_group_save(
	const struct rowan_mls_group *group, struct rowan_mls_buf *ret);
ROWAN_API ROWAN_MUST int rowan_mls_group_load(struct rowan_mls *client,
	struct rowan_mls_bytes blob, struct rowan_mls_group **ret);

/*
 * State. rowan_mls_group_active is false once a ReInit has closed the group.
 * Leaves are leaf numbers; rowan_mls_group_next_member steps through them:
 * start with *leaf = 0, and add one after each.
 */
ROWAN_API uint64_t rowan_mls_group_epoch(const struct rowan_mls_group *group);
ROWAN_API uint16_t rowan_mls_group_suite(const struct rowan_mls_group *group);
ROWAN_API uint32_t rowan_mls_group_leaf(const struct rowan_mls_group *group);
ROWAN_API bool rowan_mls_group_active(const struct rowan_mls_group *group);
ROWAN_API struct rowan_mls_bytes rowan_mls_group_id(
	const struct rowan_mls_group *group);
ROWAN_API struct rowan_mls_bytes rowan_mls_group_tree_hash(
	const struct rowan_mls_group *group);
ROWAN_API struct rowan_mls_bytes rowan_mls_group_epoch_authenticator(
	const struct rowan_mls_group *group);
ROWAN_API struct rowan_mls_bytes rowan_mls_group_confirmed_transcript_hash(
	const struct rowan_mls_group *group);
/* The encoded GroupContext, and the content of its list of extensions. */
ROWAN_API struct rowan_mls_bytes rowan_mls_group_context(
	const struct rowan_mls_group *group);
ROWAN_API struct rowan_mls_bytes rowan_mls_group_extensions(
	const struct rowan_mls_group *group);

struct rowan_mls_member {
	uint32_t leaf;
	struct rowan_mls_credential credential;
	struct rowan_mls_bytes signature_key;
	struct rowan_mls_bytes encryption_key;
	struct rowan_mls_bytes leaf_node; /* the whole encoding */
};

ROWAN_API uint32_t rowan_mls_group_member_count(
	const struct rowan_mls_group *group);
ROWAN_API bool rowan_mls_group_next_member(const struct rowan_mls_group *group,
	uint32_t *leaf, struct rowan_mls_member *ret);

/*
 * rowan_mls_group_tree(group, ret):
 * The data of a ratchet_tree extension (section 12.4.3.3).
 */
ROWAN_API ROWAN_MUST int rowan_mls_group_tree(
	const struct rowan_mls_group *group, struct rowan_mls_buf *ret);

/*
 * rowan_mls_group_export(group, label, context, len, ret):
 * MLS-Exporter (section 8.5); label is text without a prefix.
 */
ROWAN_API ROWAN_MUST int rowan_mls_group_export(
	const struct rowan_mls_group *group, struct rowan_mls_bytes label,
	struct rowan_mls_bytes context, size_t len, struct rowan_mls_buf *ret);

struct rowan_mls_group_info_options {
	bool external_pub; /* so that others can join by external commit */
	bool tree;	   /* with the ratchet tree inside */
};

/*
 * rowan_mls_group_info(group, options, ret):
 * A signed GroupInfo of this epoch as an MLSMessage.
 */
ROWAN_API ROWAN_MUST int rowan_mls_group_info(
	const struct rowan_mls_group *group,
	const struct rowan_mls_group_info_options *options,
	struct rowan_mls_buf *ret);

/* --- Proposals and commits --------------------------------------------- */

enum rowan_mls_proposal_type {
	ROWAN_MLS_ADD = 1,
	ROWAN_MLS_UPDATE = 2,
	ROWAN_MLS_REMOVE = 3,
	ROWAN_MLS_PSK = 4,
	ROWAN_MLS_REINIT = 5,
	ROWAN_MLS_EXTERNAL_INIT = 6, /* read only */
	ROWAN_MLS_GROUP_CONTEXT_EXTENSIONS = 7
};

struct rowan_mls_psk_id {
	uint8_t type;		   /* enum rowan_mls_psk_type */
	struct rowan_mls_bytes id; /* external */
	/* Resumption of an epoch of this group, as application PSK. */
	uint64_t epoch;
};

/* The members that belong to ${type}; any other type is a custom one. */
struct rowan_mls_proposal {
	uint16_t type;
	struct rowan_mls_bytes key_package;	/* add: an MLSMessage */
	uint32_t leaf;				/* remove */
	struct rowan_mls_psk_id psk;		/* psk */
	struct rowan_mls_extensions extensions; /* GCE, reinit */
	struct rowan_mls_bytes group_id;	/* reinit */
	uint16_t suite;				/* reinit; 0: the same */
	struct rowan_mls_bytes data;		/* custom */
};

struct rowan_mls_wire {
	bool is_public;		    /* PublicMessage, else PrivateMessage */
	struct rowan_mls_bytes aad; /* authenticated data */
	uint32_t pad_until;	    /* instead of the client's, if not 0 */
};

/*
 * rowan_mls_propose(group, proposal, wire, ret, ret_ref):
 * Make a proposal message, and keep the proposal as pending. An update's new
 * keys are kept until it is committed or its epoch ends. ret_ref (a
 * ProposalRef) may be NULL. wire may be NULL: private. ROWAN_E_MLS_PROPOSAL
 * and what the proposal's own rules give (key packages: see
 * rowan_mls_key_package_check), ROWAN_E_MLS_REINIT, ROWAN_E_LIMIT;
 * ROWAN_E_EXISTS for word for word what is pending already.
 */
ROWAN_API ROWAN_MUST int rowan_mls_propose(struct rowan_mls_group *group,
	const struct rowan_mls_proposal *proposal,
	const struct rowan_mls_wire *wire, struct rowan_mls_buf *ret,
	struct rowan_mls_buf *ret_ref);

/*
 * Pending proposals: every received or own one of this epoch that was
 * accepted. rowan_mls_pending_forget drops them all (and an own pending
 * update's keys): the next commit will not have them.
 */
ROWAN_API size_t rowan_mls_pending_count(const struct rowan_mls_group *group);
ROWAN_API void rowan_mls_pending_forget(struct rowan_mls_group *group);

struct rowan_mls_commit_options {
	const struct rowan_mls_proposal *proposals; /* by value */
	size_t n;
	struct rowan_mls_wire wire;
	bool ignore_pending; /* leave the pending proposals out */
	bool tree;	     /* ratchet tree inside the Welcome */
	bool group_info;     /* give a GroupInfo of the new epoch, too */
	bool external_pub;   /* ... with an external_pub extension */
	bool no_path;	     /* leave the path out where it may be */
};

/* Wipe with rowan_mls_committed_free. */
struct rowan_mls_committed {
	struct rowan_mls_buf commit;
	struct rowan_mls_buf welcome;	 /* empty: nobody was added */
	struct rowan_mls_buf group_info; /* empty: not asked for */
};

ROWAN_API void rowan_mls_committed_free(struct rowan_mls_committed *committed);

/*
 * rowan_mls_commit(group, options, ret):
 * Commit the pending proposals and those of the options (may be NULL). The
 * result is staged: rowan_mls_merge_commit once the delivery service has
 * taken it, rowan_mls_discard_commit when another commit won. Pending
 * proposals that cannot go together with the others (section 12.2: an update
 * beside a removal, an update of our own, ...) are left out; what the options
 * ask for is not: ROWAN_E_MLS_PROPOSAL_LIST and the proposals' own errors.
 * ROWAN_E_STATE while a commit is staged. ROWAN_E_MLS_REINIT,
 * ROWAN_E_MLS_PSK.
 */
ROWAN_API ROWAN_MUST int rowan_mls_commit(struct rowan_mls_group *group,
	const struct rowan_mls_commit_options *options,
	struct rowan_mls_committed *ret);

/*
 * rowan_mls_merge_commit(group), rowan_mls_discard_commit(group):
 * End the staging of an own commit. merge fails only with ROWAN_E_STATE, when
 * nothing is staged. rowan_mls_staged_commit gives the group as it would be,
 * or NULL.
 */
ROWAN_API ROWAN_MUST int rowan_mls_merge_commit(struct rowan_mls_group *group);
ROWAN_API void rowan_mls_discard_commit(struct rowan_mls_group *group);
ROWAN_API const struct rowan_mls_group *rowan_mls_staged_commit(
	const struct rowan_mls_group *group);

/* --- Messages ---------------------------------------------------------- */

/*
 * rowan_mls_send(group, data, wire, ret):
 * Encrypt application data; wire may be NULL, and is_public must be false.
 * ROWAN_E_MLS_PENDING while proposals are pending (section 15.2: commit
 * first), ROWAN_E_MLS_REINIT in a closed group.
 */
ROWAN_API ROWAN_MUST int rowan_mls_send(struct rowan_mls_group *group,
	struct rowan_mls_bytes data, const struct rowan_mls_wire *wire,
	struct rowan_mls_buf *ret);

/*
 * rowan_mls_process(group, message, ret):
 * Open and check a message of this group; rowan_mls_received_free. Nothing
 * of a commit or proposal is in the group before rowan_mls_accept; to refuse
 * one, free it. The key of an application message is used up by success.
 *
 *   ROWAN_E_MALFORMED, ROWAN_E_LIMIT, ROWAN_E_VERSION
 *   ROWAN_E_REFUSED            a Welcome, GroupInfo or KeyPackage
 *   ROWAN_E_MLS_WRONG_GROUP, ROWAN_E_MLS_WRONG_EPOCH
 *   ROWAN_E_MLS_SENDER         sender type or leaf; our own private message
 *   ROWAN_E_MLS_MEMBERSHIP, ROWAN_E_MLS_SIGNATURE, ROWAN_E_MLS_DECRYPT
 *   ROWAN_E_MLS_REPLAY, ROWAN_E_MLS_TOO_FAR
 *   ROWAN_E_MLS_UNKNOWN_PROPOSAL   a proposal we do not hold
 *   ROWAN_E_EXISTS             this very proposal is pending already
 *   ROWAN_E_MLS_PROPOSAL, ROWAN_E_MLS_PROPOSAL_LIST
 *   ROWAN_E_MLS_LEAF_NODE, ROWAN_E_MLS_LIFETIME, ROWAN_E_MLS_CREDENTIAL,
 *   ROWAN_E_MLS_KEY_PACKAGE, ROWAN_E_MLS_EXTENSION, ROWAN_E_MLS_SUITE
 *   ROWAN_E_MLS_PATH_REQUIRED, ROWAN_E_MLS_PATH, ROWAN_E_MLS_PARENT_HASH
 *   ROWAN_E_MLS_PSK, ROWAN_E_MLS_CONFIRMATION
 *   ROWAN_E_MLS_REINIT, ROWAN_E_MLS_REMOVED   the group is over for us
 */
ROWAN_API ROWAN_MUST int rowan_mls_process(struct rowan_mls_group *group,
	struct rowan_mls_bytes message, struct rowan_mls_received **ret);
ROWAN_API void rowan_mls_received_free(struct rowan_mls_received *received);

/*
 * rowan_mls_accept(group, received):
 * Take a commit (the group moves to its next epoch) or proposal (it becomes
 * pending) into the group; nothing to do for application data. Fails only
 * when the group has changed since, with ROWAN_E_STATE. A commit ends the
 * staging of an own one. After a commit that removed us every further call
 * on the group is refused with ROWAN_E_MLS_REMOVED.
 */
ROWAN_API ROWAN_MUST int rowan_mls_accept(
	struct rowan_mls_group *group, struct rowan_mls_received *received);

enum rowan_mls_kind {
	ROWAN_MLS_KIND_APPLICATION = 1,
	ROWAN_MLS_KIND_PROPOSAL = 2,
	ROWAN_MLS_KIND_COMMIT = 3
};

enum rowan_mls_sender_type {
	ROWAN_MLS_SENDER_MEMBER = 1,
	ROWAN_MLS_SENDER_EXTERNAL = 2,
	ROWAN_MLS_SENDER_NEW_MEMBER_PROPOSAL = 3,
	ROWAN_MLS_SENDER_NEW_MEMBER_COMMIT = 4
};

ROWAN_API enum rowan_mls_kind rowan_mls_received_kind(
	const struct rowan_mls_received *received);
ROWAN_API enum rowan_mls_sender_type rowan_mls_received_sender_type(
	const struct rowan_mls_received *received);
/*
 * Leaf number for members, and for a new member's commit the leaf it takes;
 * index into external_senders; 0 for a new member's proposal.
 */
ROWAN_API uint32_t rowan_mls_received_sender(
	const struct rowan_mls_received *received);
ROWAN_API uint64_t rowan_mls_received_epoch(
	const struct rowan_mls_received *received);
/* The generation of a PrivateMessage; 0 for a PublicMessage. */
ROWAN_API uint32_t rowan_mls_received_generation(
	const struct rowan_mls_received *received);
ROWAN_API bool rowan_mls_received_is_private(
	const struct rowan_mls_received *received);
ROWAN_API struct rowan_mls_bytes rowan_mls_received_aad(
	const struct rowan_mls_received *received);
/* Application data; empty for other kinds. */
ROWAN_API struct rowan_mls_bytes rowan_mls_received_data(
	const struct rowan_mls_received *received);
/* Our own staged commit, come back; this commit removes us. */
ROWAN_API bool rowan_mls_received_own(
	const struct rowan_mls_received *received);
ROWAN_API bool rowan_mls_received_removed(
	const struct rowan_mls_received *received);
/* A proposal's ProposalRef; empty for other kinds. */
ROWAN_API struct rowan_mls_bytes rowan_mls_received_ref(
	const struct rowan_mls_received *received);
/* The group as it would be; NULL unless a commit that keeps us in. */
ROWAN_API const struct rowan_mls_group *rowan_mls_received_next(
	const struct rowan_mls_received *received);

/* One proposal as the application sees it; who and what, not how. */
struct rowan_mls_proposal_view {
	uint16_t type;
	bool by_reference;
	enum rowan_mls_sender_type sender_type;
	uint32_t sender;
	uint32_t leaf;			/* remove; update: the sender's */
	struct rowan_mls_member member; /* add: without leaf; update */
	struct rowan_mls_bytes data;	/* the encoded Proposal */
};

/*
 * rowan_mls_received_proposal(received, i, ret), rowan_mls_pending(group, i,
 * ret):
 * Proposal number i: of a commit, in its order; the one of a proposal; of the
 * pending ones. ROWAN_E_NOT_FOUND past the last.
 */
ROWAN_API ROWAN_MUST int rowan_mls_received_proposal(
	const struct rowan_mls_received *received, size_t i,
	struct rowan_mls_proposal_view *ret);
ROWAN_API ROWAN_MUST int rowan_mls_pending(const struct rowan_mls_group *group,
	size_t i, struct rowan_mls_proposal_view *ret);

/* --- Joining ----------------------------------------------------------- */

struct rowan_mls_join_options {
	struct rowan_mls_bytes tree; /* empty: inside the message */
	/*
	 * Branch and reinit: the group that is continued, or NULL. Then a
	 * Welcome that is not linked to it is ROWAN_E_MLS_PSK.
	 */
	const struct rowan_mls_group *resuming;
};

/*
 * rowan_mls_join(client, welcome, options, ret):
 * Join by Welcome (section 12.4.3.1); options may be NULL. Success uses up
 * the key package, unless it is a last resort.
 *
 *   ROWAN_E_REFUSED          an MLSMessage, but no Welcome
 *   ROWAN_E_MLS_NOT_FOR_US   names none of our key packages
 *   ROWAN_E_MLS_NO_TREE      call again with the tree
 *   ROWAN_E_MLS_TREE, ROWAN_E_MLS_PARENT_HASH, and what a leaf may give
 *   ROWAN_E_MLS_DECRYPT, ROWAN_E_MLS_SIGNATURE, ROWAN_E_MLS_CONFIRMATION,
 *   ROWAN_E_MLS_PATH, ROWAN_E_MLS_PSK, ROWAN_E_MLS_SUITE,
 *   ROWAN_E_MLS_EXTENSION, ROWAN_E_MALFORMED, ROWAN_E_LIMIT, ROWAN_E_VERSION
 */
ROWAN_API ROWAN_MUST int rowan_mls_join(struct rowan_mls *client,
	struct rowan_mls_bytes welcome,
	const struct rowan_mls_join_options *options,
	struct rowan_mls_group **ret);

struct rowan_mls_external_join_options {
	struct rowan_mls_bytes tree; /* empty: inside the GroupInfo */
	bool resync; /* remove the leaf with our signature key */
	struct rowan_mls_bytes aad;
	const struct rowan_mls_psk_id *psks; /* external ones only */
	size_t psks_n;
};

/*
 * rowan_mls_external_join(client, group_info, options, ret, ret_commit):
 * Join by external commit (section 12.4.3.2). The group is in its new epoch
 * at once: free it if the delivery service takes another commit. Errors as
 * rowan_mls_join; ROWAN_E_REFUSED for what is no GroupInfo;
 * ROWAN_E_MLS_EXTENSION without external_pub; ROWAN_E_NOT_FOUND when resync
 * finds no leaf of ours.
 */
ROWAN_API ROWAN_MUST int rowan_mls_external_join(struct rowan_mls *client,
	struct rowan_mls_bytes group_info,
	const struct rowan_mls_external_join_options *options,
	struct rowan_mls_group **ret, struct rowan_mls_buf *ret_commit);

enum rowan_mls_resume { ROWAN_MLS_RESUME_REINIT = 1, ROWAN_MLS_RESUME_BRANCH };

struct rowan_mls_resume_options {
	enum rowan_mls_resume kind;
	struct rowan_mls_bytes group_id; /* branch; reinit's is in the ReInit */
	const struct rowan_mls_bytes *key_packages; /* of the others */
	size_t n;
	struct rowan_mls_extensions extensions; /* branch */
	bool tree;				/* inside the Welcome */
};

/*
 * rowan_mls_resume(old, options, ret, ret_welcome):
 * Make the successor of a group closed by a ReInit (section 11.2), or a
 * subgroup (section 11.3), with the members of the key packages, linked by a
 * resumption PSK. The new group is in epoch 1. A reinit takes all members of
 * the old group along: ROWAN_E_INVAL when one is missing. ROWAN_E_STATE for a
 * reinit of a group that was not closed; ROWAN_E_MLS_SENDER for the key
 * package of somebody whose credential the old group does not know, and
 * errors as rowan_mls_commit.
 */
ROWAN_API ROWAN_MUST int rowan_mls_resume(struct rowan_mls_group *old,
	const struct rowan_mls_resume_options *options,
	struct rowan_mls_group **ret, struct rowan_mls_buf *ret_welcome);

/* --- From outside ------------------------------------------------------ */

/*
 * rowan_mls_external_senders(senders, n, ret):
 * The data of an external_senders extension (section 12.1.8.1); of each claim
 * credential and signature_key are looked at.
 */
ROWAN_API ROWAN_MUST int rowan_mls_external_senders(
	const struct rowan_mls_claim *senders, size_t n,
	struct rowan_mls_buf *ret);

struct rowan_mls_outside {
	struct rowan_mls_bytes group_id;
	uint64_t epoch;
	uint32_t sender; /* index into external_senders */
	struct rowan_mls_bytes aad;
};

/*
 * rowan_mls_external_propose(client, outside, proposal, ret):
 * Propose as an external sender: add, remove, psk (external), reinit, group
 * context extensions. ROWAN_E_MLS_PROPOSAL for another type.
 */
ROWAN_API ROWAN_MUST int rowan_mls_external_propose(
	const struct rowan_mls *client, const struct rowan_mls_outside *outside,
	const struct rowan_mls_proposal *proposal, struct rowan_mls_buf *ret);

/*
 * rowan_mls_external_add(client, outside, key_package, ret):
 * Ask to be added, with an own key package (an MLSMessage).
 */
ROWAN_API ROWAN_MUST int rowan_mls_external_add(const struct rowan_mls *client,
	const struct rowan_mls_outside *outside,
	struct rowan_mls_bytes key_package, struct rowan_mls_buf *ret);

enum rowan_mls_wire_format {
	ROWAN_MLS_PUBLIC_MESSAGE = 1,
	ROWAN_MLS_PRIVATE_MESSAGE = 2,
	ROWAN_MLS_WELCOME = 3,
	ROWAN_MLS_GROUP_INFO = 4,
	ROWAN_MLS_KEY_PACKAGE = 5
};

/* Views into the message; what a format has not is empty. */
struct rowan_mls_peeked {
	uint16_t wire_format;
	uint8_t content_type; /* enum rowan_mls_kind; public and private */
	struct rowan_mls_bytes group_id;
	uint64_t epoch;
	uint16_t suite; /* welcome, group info, key package */
};

/*
 * rowan_mls_peek(message, ret):
 * What a message is and where it belongs, for routing. Verifies nothing.
 */
ROWAN_API ROWAN_MUST int rowan_mls_peek(
	struct rowan_mls_bytes message, struct rowan_mls_peeked *ret);

#ifdef __cplusplus
}
#endif

#endif
