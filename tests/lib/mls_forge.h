/*
 * A malicious member: groups whose signature keys are all known, and
 * messages of theirs that are well signed and say anything at all.
 *
 * Follows the rules only where it is asked to. Aborts when it cannot forge.
 */
#ifndef TESTS_LIB_MLS_FORGE_H
#define TESTS_LIB_MLS_FORGE_H

#include "base/writer.h"
#include "mls/public/group/public_group.h"

#define FORGE_PEOPLE 12

struct forge_person {
	uint8_t sk[SIG_SK_MAX];
	uint8_t pk[SIG_PK_MAX];
};

/* Person number i is leaf number i, or, past the members, a stranger. */
struct forge {
	const struct suite *suite;
	struct forge_person person[FORGE_PEOPLE];
	struct public_group *group; /* what the victim has */
	struct leaf_policy policy;
	struct capabilities caps;
	/* Set to forge for members, who check the tag. */
	const struct secret *membership;
	uint32_t fresh; /* keys made so far */
	uint8_t key[32];
};

/* How a forged leaf differs from an honest one. */
struct forge_leaf {
	unsigned person;
	uint8_t source;			 /* 0: key package */
	struct bytes key;		 /* empty: a fresh one */
	struct bytes extensions;	 /* content of the list */
	const struct capabilities *caps; /* NULL: everybody's */
	struct bytes parent_hash;
	uint32_t index;	       /* signed place, update and commit */
	struct bytes group_id; /* signed place; empty: the group's */
	uint64_t not_before;
	uint64_t not_after;	  /* 0: both as wide as can be */
	uint16_t credential_type; /* 0: basic */
	bool bad_signature;
};

/* One message. */
struct forge_message {
	struct sender sender;
	uint8_t content_type; /* 0: commit */
	struct bytes body;
	struct bytes group_id; /* empty: the group's */
	bool other_epoch;
	uint64_t epoch;	     /* used if other_epoch */
	unsigned signer;     /* person; members: set it to the leaf */
	size_t confirmation; /* bytes of the tag; SIZE_MAX: as it should */
	size_t membership;   /* the same */
	bool bad_signature;
	bool bad_membership;
};

#define FORGE_TAGS .confirmation = SIZE_MAX, .membership = SIZE_MAX

/* How a forged path differs from an honest one. */
struct forge_path {
	int nodes;	 /* more or fewer than there should be */
	int ciphertexts; /* in the first node */
	bool bad_parent_hash;
	bool no_parent_hash;
	struct bytes first_key; /* of the first node; empty: a fresh one */
	struct forge_leaf leaf; /* source 0: commit */
	const struct leaf_set *added; /* by this commit */
	bool for_added;		      /* ciphertexts for those as well */
};

/**
 * forge_begin(f, members, extensions):
 * Make a group of ${members} and ${extensions} (content of the list) and
 * start to follow it. forge_end frees.
 */
void forge_begin(struct forge *f, unsigned members, struct bytes extensions);
void forge_end(struct forge *f);

/**
 * forge_key(f):
 * A public key nobody has seen, borrowed until the next call.
 */
struct bytes forge_key(struct forge *f);

/**
 * forge_leaf(f, leaf), forge_package(f, leaf, init_key, ret):
 * A leaf node, and a key package around one.
 */
struct leaf_node *forge_leaf(struct forge *f, const struct forge_leaf *leaf);
void forge_package(struct forge *f, const struct forge_leaf *leaf,
	struct bytes init_key, struct buf *ret);

/**
 * forge_message(f, m, ret):
 * An MLSMessage with a PublicMessage.
 */
void forge_message(
	struct forge *f, const struct forge_message *m, struct buf *ret);

/**
 * forge_path(f, tree, leaf, path, ret):
 * An encoded UpdatePath of leaf number ${leaf} over ${tree}, whose
 * ciphertexts are rubbish.
 */
void forge_path(struct forge *f, const struct tree *tree, uint32_t leaf,
	const struct forge_path *path, struct buf *ret);

/**
 * forge_commit_body(f, sender, list, path, ret):
 * The Commit of ${sender} with the encoded ${list} of proposals and
 * references (the content of the vector) and, unless NULL, ${path} over the
 * tree as it is after them; over the tree as it is now if they are refused.
 */
void forge_commit_body(struct forge *f, struct sender sender, struct bytes list,
	const struct forge_path *path, struct buf *ret);

/**
 * forge_receive(f, message):
 * Let the victim process and, if it will, accept ${message}. When it refuses
 * its saved state must be what it was. Returns the code.
 */
int forge_receive(struct forge *f, struct bytes message);

#endif
