/*
 * What is known of a clinic: its authority, the head of its chain, and where
 * cards and chains are looked up.
 *
 * The state is small and is saved whole. Cards, of which there may be very
 * many, stay with whoever keeps them (the daemon's store, a client's vault)
 * behind struct trust_source.
 */
#ifndef TRUST_CLINIC_H
#define TRUST_CLINIC_H

#include "wire/statement.h"

/* Where struct trust_source finds the newest card there is. */
#define CLINIC_NEWEST UINT64_MAX

struct case_state;
struct chain_link;

struct clinic {
	struct id16 id;
	struct wire_key authority; /* the key that signs now */
	struct wire_hash record;   /* hash of its record */
	struct wire_hash successor;
	uint64_t number; /* of the newest statement; 0: none */
	struct wire_hash head;
	uint64_t time; /* of that statement */
};

/* A card as the chain of the clinic knows it. */
struct trust_card {
	struct wire_card card; /* borrowed until the next look-up */
	struct wire_hash hash; /* of the whole card */
	uint64_t logged;       /* number of the statement that issued it */
	uint64_t logged_at;    /* its time */
	uint64_t revoked;      /* number; 0: not revoked */
	uint64_t revoked_at;
};

/*
 * Look-ups return 0, ROWAN_E_NOT_FOUND, or an error of the keeper's own that
 * the caller passes on.
 */
struct trust_source {
	/*
	 * The card of a device as it stood at statement ${number} of the
	 * clinic's chain: the newest that was logged up to there. What is
	 * known of its revocation is told whatever the number.
	 */
	int (*card)(void *ctx, const struct id16 *device, uint64_t number,
		struct trust_card *ret);
	/* The i-th device, in any fixed order, of a member; each once. */
	int (*device_of)(void *ctx, const struct id16 *member, size_t i,
		struct id16 *ret);
	/* 0 iff a card with this signature or transport key is known. */
	int (*key)(void *ctx, const struct wire_key *key);
	/* The head of the clinic's chain after statement ${number}. */
	int (*head)(void *ctx, uint64_t number, struct wire_hash *ret);
	/* A case, borrowed until the next look-up. */
	int (*case_of)(void *ctx, const struct id16 *case_id,
		const struct case_state **ret);
	void *ctx;
};

/**
 * clinic_init(c, record):
 * Start from an encoded authority record, pinned by the caller. Returns
 * ROWAN_E_CRYPTO when its signature is wrong, or the decoder's code.
 */
ROWAN_MUST int clinic_init(struct clinic *c, struct bytes record);

/**
 * clinic_save(c, w), clinic_load(c, input):
 * The versioned form at rest. ROWAN_E_TOO_NEW, ROWAN_E_CORRUPT.
 */
#define CLINIC_SAVED_LEN (2 + 16 + 3 * 32 + 8 + 32 + 8)
void clinic_save(const struct clinic *c, struct writer *w);
ROWAN_MUST int clinic_load(struct clinic *c, struct bytes input);

/**
 * clinic_follow(c, link, time):
 * Step over a statement that is withheld from us: ${link} and ${time} come
 * from the daemon. The caller must have seen that ${link} concerns no device
 * it knows (chain.h).
 */
void clinic_follow(
	struct clinic *c, const struct chain_link *link, uint64_t time);

#endif
