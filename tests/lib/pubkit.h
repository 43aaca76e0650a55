/*
 * A group seen from outside: members with signature keys and made-up
 * encryption keys, whose PublicMessages a public group follows. Makes good
 * messages and, part by part, bad ones. Every failure of the kit itself
 * aborts.
 */
#ifndef TESTS_LIB_PUBKIT_H
#define TESTS_LIB_PUBKIT_H

#include "mls/public/group/public_group.h"

#define PUBKIT_CLIENTS 64

/* A client: a signature key and a name; its leaf number is its place. */
struct pubkit_client {
	uint8_t sk[SIG_SK_MAX];
	uint8_t pk[SIG_PK_MAX];
	uint8_t name[8];
};

struct pubkit {
	const struct suite *suite;
	struct public_group *group;
	struct pubkit_client client[PUBKIT_CLIENTS];
	uint64_t counter; /* what keys are made from */
	struct leaf_policy policy;
	/* Capabilities of every leaf made from now on. */
	uint16_t extension_types[4];
	size_t extension_types_n;
	uint16_t proposal_types[4];
	size_t proposal_types_n;
	uint16_t credential_types[4]; /* basic if empty */
	size_t credential_types_n;
};

/**
 * pubkit_init(k, members, extensions):
 * Make a group of ${members} leaves, whose clients are numbers 0 up, in epoch
 * 1, with the GroupContext extensions ${extensions} (content of the list).
 */
void pubkit_init(struct pubkit *k, uint32_t members, struct bytes extensions);
void pubkit_wipe(struct pubkit *k);

/**
 * pubkit_setup(state), pubkit_teardown(state):
 * A group of PUBKIT_MEMBERS for each test, in ${*state}.
 */
#define PUBKIT_MEMBERS 5
int pubkit_setup(void **state);
int pubkit_teardown(void **state);

/**
 * pubkit_bytes(k, ret):
 * 32 fresh bytes that look like a public key.
 */
void pubkit_bytes(struct pubkit *k, uint8_t ret[32]);

/* What a leaf is made from; zero means the usual. */
struct pubkit_leaf {
	uint8_t source;		 /* key_package */
	uint32_t index;		 /* signed for that leaf */
	struct bytes encryption; /* fresh */
	struct bytes parent_hash;
	struct bytes extensions; /* none */
	uint16_t credential;	 /* basic */
	bool expired;
	bool other_group;		    /* signed for another group */
	const struct pubkit_client *signer; /* the client itself */
};

/**
 * pubkit_leaf(k, client, o):
 * Make a leaf node; the caller holds one reference.
 */
struct leaf_node *pubkit_leaf(struct pubkit *k,
	const struct pubkit_client *client, const struct pubkit_leaf *o);

/* What a key package is made from; zero means the usual. */
struct pubkit_package {
	struct pubkit_leaf leaf;
	struct bytes init;		    /* fresh */
	uint16_t suite;			    /* the group's */
	uint16_t version;		    /* mls10 */
	const struct pubkit_client *signer; /* the client itself */
};

/**
 * pubkit_package(k, client, o), pubkit_add(k, client, o):
 * Make a key package, and an Add proposal of it; the caller owns the bytes.
 */
struct buf pubkit_package(struct pubkit *k, const struct pubkit_client *client,
	const struct pubkit_package *o);
struct buf pubkit_add(struct pubkit *k, const struct pubkit_client *client,
	const struct pubkit_package *o);

/**
 * pubkit_update(k, client, o), pubkit_remove(leaf):
 * Make an Update or Remove proposal.
 */
struct buf pubkit_update(struct pubkit *k, const struct pubkit_client *client,
	const struct pubkit_leaf *o);
struct buf pubkit_remove(uint32_t leaf);

/**
 * pubkit_psk(id), pubkit_extensions(list), pubkit_reinit(),
 * pubkit_external_init(k), pubkit_other(type): Make a proposal of the other
 * types.
 */
struct buf pubkit_psk(const struct psk_id *id);
struct buf pubkit_extensions(struct bytes list);
struct buf pubkit_reinit(void);
struct buf pubkit_external_init(struct pubkit *k);
struct buf pubkit_other(uint16_t type);

/* How a message departs from a good one; zero means not at all. */
struct pubkit_wrong {
	int64_t epoch;	      /* added to the epoch */
	bool group;	      /* of another group */
	bool signature;	      /* one bit of it */
	bool no_context;      /* signed for another epoch's context */
	bool no_tag;	      /* empty membership tag */
	bool short_tag;	      /* short membership tag */
	bool confirmation;    /* short confirmation tag */
	bool no_confirmation; /* empty confirmation tag */
	uint16_t wire_format; /* private: signed for the other one */
	const struct pubkit_client *signer;
};

/**
 * pubkit_message(k, sender, content_type, body, wrong):
 * Make an MLSMessage around an encoded Proposal, Commit or application data;
 * ${wrong} may be NULL.
 */
struct buf pubkit_message(struct pubkit *k, struct sender sender,
	uint8_t content_type, struct bytes body,
	const struct pubkit_wrong *wrong);

/**
 * pubkit_proposal(k, body, wrong):
 * A proposal of member 1, as pubkit_message; takes ${body}.
 */
struct buf pubkit_proposal(
	struct pubkit *k, struct buf body, const struct pubkit_wrong *wrong);

/* The entries of a Commit. Starts as {0}; the commit takes it up. */
struct pubkit_entries {
	struct writer w;
	bool open;
};

/**
 * pubkit_by_value(e, proposal), pubkit_by_ref(k, e, message):
 * Append a proposal, whose bytes are freed here; append a reference to the
 * proposal in an MLSMessage.
 */
void pubkit_by_value(struct pubkit_entries *e, struct buf proposal);
void pubkit_by_ref(
	struct pubkit *k, struct pubkit_entries *e, struct bytes message);

/* What a path is made from; zero means a good path. */
struct pubkit_path {
	bool none;
	struct pubkit_leaf leaf;
	bool leaf_source;    /* ${leaf}.source counts */
	bool parent_hash;    /* wrong */
	bool missing_node;   /* one too few */
	bool extra_node;     /* one too many */
	bool missing_secret; /* one ciphertext too few */
	bool taken_key;	     /* a node with the key of leaf 0 */
	bool twin_nodes;     /* the last node with the key of the first */
	bool leaf_is_node;   /* the leaf with the key of the first node */
	const struct pubkit_client *client; /* whose leaf it is */
};

/**
 * pubkit_commit(k, sender, e, path, wrong):
 * Make a Commit of the entries, which are used up, as MLSMessage. ${e},
 * ${path} and ${wrong} may be NULL.
 */
struct buf pubkit_commit(struct pubkit *k, struct sender sender,
	struct pubkit_entries *e, const struct pubkit_path *path,
	const struct pubkit_wrong *wrong);

/**
 * pubkit_member(leaf):
 * A member as sender.
 */
static inline struct sender pubkit_member(uint32_t leaf)
{
	return (struct sender){SENDER_MEMBER, leaf};
}

/**
 * pubkit_process(k, message):
 * Process and merge; return the first failure. ${message} is freed.
 */
int pubkit_process(struct pubkit *k, struct buf message);

/**
 * pubkit_refuse(k, message):
 * Process ${message}, which is freed, and return what came of it; abort
 * unless the saved state is the same as before, byte for byte. A message that
 * is not refused is discarded.
 */
int pubkit_refuse(struct pubkit *k, struct buf message);

#endif
