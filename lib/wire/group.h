/*
 * Channels' groups over the wire: create, commit, state, NACK.
 *
 * MLS objects are opaque here (RFC 9420 messages, as a whole) and travel as
 * opaque frames. What the daemon accepts of them is in daemon/ops.
 */
#ifndef WIRE_GROUP_H
#define WIRE_GROUP_H

#include "wire/card.h"
#include "wire/message.h"

/*
 * The first state of a channel's generation, from the one member it has:
 * frame 1 a GroupInfo, frame 2 the ratchet tree.
 */
struct wire_group_create {
	struct id16 channel;
	uint32_t generation;
	struct bytes group_info;
	struct bytes tree;
};

/*
 * A commit for the epoch the sender knows: frame 1 the PublicMessage, frame
 * 2, only when it adds somebody (and the body says so), the Welcome. The first
 * valid one of an epoch wins; the others get WIRE_STALE and find the winner in
 * their mailbox.
 */
struct wire_commit {
	struct id16 channel;
	struct bytes commit;
	struct bytes welcome; /* empty: nobody is added */
};

enum wire_group_flags {
	WIRE_GROUP_FROZEN = 0x01,   /* a NACK stands: reset is needed */
	WIRE_GROUP_MUST_GO = 0x02,  /* a leaf must be removed first */
	WIRE_GROUP_MISSING = 0x04,  /* assigned devices are not in the tree */
	WIRE_GROUP_DESERTED = 0x08, /* none that may take part is in it */
	WIRE_GROUP_MEMBER = 0x10    /* the asking device has a leaf */
};

#define WIRE_GROUP_MARKS_MAX 64 /* devices in each list, at most */

struct wire_group_id {
	struct id16 channel;
};

/* Where the chains stood for whoever committed: a commit's authenticated data.
 */
struct wire_heads {
	uint64_t clinic_number;
	struct wire_hash clinic;
	uint64_t case_number;
	struct wire_hash of_case;
};

/* Answer to create and commit, and to a question for the state. */
struct wire_group_state {
	uint32_t generation;
	bool exists;   /* false: nobody has created it; what follows is zero */
	uint8_t flags; /* enum wire_group_flags */
	uint64_t epoch;
	struct wire_hash confirmed; /* confirmed transcript hash */
	struct wire_hash commit;    /* SHA-256 of the last commit, or zero */
	/* Devices, ascending; when there are more, the first ones. */
	struct id16 replace[WIRE_GROUP_MARKS_MAX]; /* have lost their state */
	size_t replace_count;
	struct id16 away[WIRE_GROUP_MARKS_MAX]; /* for long, or parked */
	size_t away_count;
};

/*
 * A member cannot apply an accepted commit. ${signature} is the device's
 * over channel, generation, epoch and commit (trust/attest.h), so that it is
 * answered for.
 */
struct wire_nack {
	struct id16 channel;
	uint32_t generation;
	uint64_t epoch; /* that the commit began */
	struct wire_hash commit;
	struct wire_sig signature;
};

/*
 * What members find in their mailboxes (WIRE_KIND_NACK): who refused what.
 *
 *	struct { opaque device[16]; Nack nack; } Nacked;
 */
struct wire_nacked {
	struct id16 device;
	struct wire_nack nack;
};

#define WIRE_NACKED_LEN                                                        \
	(ID16_LEN + ID16_LEN + 4 + 8 + WIRE_HASH_LEN + WIRE_SIG_LEN)

ROWAN_MUST int wire_group_create_decode(
	const struct wire_message *m, struct wire_group_create *ret);
ROWAN_MUST int wire_group_create_encode(
	const struct wire_group_create *g, struct writer *w);

ROWAN_MUST int wire_commit_decode(
	const struct wire_message *m, struct wire_commit *ret);
ROWAN_MUST int wire_commit_encode(
	const struct wire_commit *c, struct writer *w);

/**
 * wire_heads_put(w, h), wire_heads_get(input, ret), wire_heads_read(r, ret):
 * Not a message, but the authenticated data of every commit:
 *
 *	struct {
 *		uint16 version = 1;
 *		uint64 clinic_number;
 *		opaque clinic[32];
 *		uint64 case_number;
 *		opaque of_case[32];
 *	} ChainHeads;
 *
 * ROWAN_E_MALFORMED.
 */
ROWAN_MUST int wire_heads_put(struct writer *w, const struct wire_heads *h);
ROWAN_MUST int wire_heads_get(struct bytes input, struct wire_heads *ret);
ROWAN_MUST int wire_heads_read(struct reader *r, struct wire_heads *ret);

ROWAN_MUST int wire_group_id_decode(
	const struct wire_message *m, struct wire_group_id *ret);
ROWAN_MUST int wire_group_id_encode(
	const struct wire_group_id *g, struct writer *w);

ROWAN_MUST int wire_group_state_decode(
	const struct wire_message *m, struct wire_group_state *ret);
ROWAN_MUST int wire_group_state_encode(
	const struct wire_group_state *g, struct writer *w);

ROWAN_MUST int wire_nack_decode(
	const struct wire_message *m, struct wire_nack *ret);
ROWAN_MUST int wire_nack_encode(const struct wire_nack *n, struct writer *w);

/**
 * wire_nacked_decode(envelope, ret), wire_nacked_encode(n, w):
 * An envelope, not a message.
 */
ROWAN_MUST int wire_nacked_decode(
	struct bytes envelope, struct wire_nacked *ret);
ROWAN_MUST int wire_nacked_encode(
	const struct wire_nacked *n, struct writer *w);

/**
 * wire_nack_signed(n, w):
 * Write what the signature of a NACK covers.
 */
ROWAN_MUST int wire_nack_signed(const struct wire_nack *n, struct writer *w);

#endif
