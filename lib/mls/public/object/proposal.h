/*
 * Proposals (RFC 9420 section 12.1): all seven types; others are carried as
 * a type and one opaque vector.
 *
 * Decoding checks the form only; proposal_rules judges.
 */
#ifndef MLS_PROPOSAL_H
#define MLS_PROPOSAL_H

#include "mls/public/object/key_package.h"
#include "mls/public/object/proposal_type.h"
#include "mls/public/object/psk_id.h"

struct reinit {
	struct bytes group_id;
	uint16_t version;
	uint16_t cipher_suite;
	struct bytes extensions; /* checked list */
};

/* Views borrow from the decoded input; leaf nodes are references. */
struct proposal {
	uint16_t type;
	struct bytes raw;
	union {
		struct key_package add;
		struct leaf_node *update;
		uint32_t removed;
		struct psk_id psk;
		struct reinit reinit;
		struct bytes kem_output; /* external_init */
		struct bytes extensions; /* group_context_extensions */
		struct bytes data;	 /* any other type */
	};
};

/**
 * proposal_read(r, ret), proposal_decode(raw, ret):
 * Read one from a stream, or from bytes that hold nothing else. End with
 * proposal_wipe.
 */
ROWAN_MUST int proposal_read(struct reader *r, struct proposal *ret);
ROWAN_MUST int proposal_decode(struct bytes raw, struct proposal *ret);

/**
 * proposal_wipe(p):
 * Drop leaf nodes and zero ${p}. Zeroed is harmless.
 */
void proposal_wipe(struct proposal *p);

/**
 * proposal_write_add, proposal_write_update, ... (w, ...):
 * Append a proposal of that type. Key package and leaf node are given as
 * encodings, extensions as the content of the list.
 */
void proposal_write_add(struct writer *w, struct bytes key_package);
void proposal_write_update(struct writer *w, struct bytes leaf_node);
void proposal_write_remove(struct writer *w, uint32_t removed);
void proposal_write_psk(struct writer *w, const struct psk_id *psk);
void proposal_write_reinit(struct writer *w, const struct reinit *reinit);
void proposal_write_external_init(struct writer *w, struct bytes kem_output);
void proposal_write_extensions(struct writer *w, struct bytes extensions);
void proposal_write_other(struct writer *w, uint16_t type, struct bytes data);

#endif
