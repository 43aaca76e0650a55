/*
 * Statements: the signed acts by which the clinic changes
 * (docs/statements.md). Every case is one chain of them; cards, revocations and
 *acts of the whole clinic are one more.
 *
 * Forms only. Who may sign which statement, and what it does, is lib/trust.
 *
 *	struct {
 *		uint16 version = 1;
 *		opaque clinic[16];
 *		opaque case_id[16];	zero: the chain of the clinic
 *		uint64 number;		1, 2, 3 in its chain
 *		opaque previous[32];	hash of the one before
 *		uint64 clinic_number;	case chains: the newest statement of
 *		opaque clinic_head[32];	the clinic's chain the signer knew
 *		uint64 time;
 *		Signer signers<V>;	one or two
 *		uint8 kind;
 *		opaque body<V>;		by kind, see struct wire_statement
 *		Signature signatures<V>; as many as signers
 *	} Statement;
 *
 *	struct {
 *		uint8 kind;
 *		opaque device[16];	zero unless kind is device
 *	} Signer;
 */
#ifndef WIRE_STATEMENT_H
#define WIRE_STATEMENT_H

#include "wire/card.h"

#define WIRE_STATEMENT_VERSION 1
#define WIRE_STATEMENT_MAX     (8 * 1024)
#define WIRE_SIGNERS_MAX       2

/* Numbers are signed and stored: never reused. */
enum wire_statement_kind {
	/* the clinic's chain */
	WIRE_ST_CARD = 1,    /* a card is issued */
	WIRE_ST_REVOKE = 2,  /* a device is revoked */
	WIRE_ST_SUCCEED = 3, /* the authority's key is replaced */
	WIRE_ST_RESTORE = 4, /* the daemon comes back from a backup */

	/* a case's chain; open is its first */
	WIRE_ST_OPEN = 16,
	WIRE_ST_CLOSE = 17,
	WIRE_ST_REOPEN = 18,
	WIRE_ST_ASSIGN = 19,
	WIRE_ST_UNASSIGN = 20,
	WIRE_ST_RECUSE = 21,
	WIRE_ST_READMIT = 22,
	WIRE_ST_RESET = 23,
	WIRE_ST_HOLD = 24, /* legal hold, on or off */
	WIRE_ST_ERASE = 25
};

struct wire_signer {
	uint8_t kind; /* enum wire_signer_kind */
	struct id16 device;
};

enum wire_revoke_reason {
	WIRE_REVOKE_LOST = 1, /* the device, or control over it */
	WIRE_REVOKE_LEFT = 2, /* its member */
	WIRE_REVOKE_OTHER = 3
};

struct wire_st_revoke {
	struct id16 device;
	uint8_t reason;	     /* enum wire_revoke_reason */
	struct id16 case_id; /* an advocate's: the case that gives the right */
};

/* Two log heads: the backup's, and the last one known before the loss. */
struct wire_st_restore {
	uint64_t size;
	struct wire_hash root;
	uint64_t lost_size;
	struct wire_hash lost_root;
};

struct wire_st_channel {
	uint8_t kind; /* enum wire_channel_kind */
	struct id16 channel;
	struct id16 group_id; /* of generation 1 */
};

struct wire_st_open {
	struct bytes agency; /* that referred */
	uint32_t day;	     /* of the referral, days since 1970 */
	struct wire_st_channel channels[WIRE_CASE_CHANNELS_MAX];
	size_t count; /* above 0, kinds ascend */
};

enum wire_close_reason {
	WIRE_CLOSE_RESOLVED = 1,
	WIRE_CLOSE_MOVED = 2, /* to another service */
	WIRE_CLOSE_REQUEST = 3,
	WIRE_CLOSE_OTHER = 4
};

struct wire_st_close {
	uint8_t reason; /* enum wire_close_reason */
};

struct wire_st_assign {
	struct id16 member;
	uint8_t channel; /* enum wire_channel_kind */
	uint64_t from;	 /* seconds since 1970 */
	uint64_t until;	 /* 0: until unassigned */
};

struct wire_st_unassign {
	struct id16 member;
	uint8_t channel;
};

struct wire_st_reset {
	uint8_t channel;
	uint32_t generation; /* the new one, from 2 */
	struct id16 group_id;
};

struct wire_st_hold {
	uint8_t on;
};

struct wire_statement {
	struct id16 clinic;
	struct id16 case_id;
	uint64_t number;
	struct wire_hash previous;
	uint64_t clinic_number;
	struct wire_hash clinic_head;
	uint64_t time; /* seconds since 1970, never before its predecessor's */
	size_t signer_count;
	struct wire_signer signers[WIRE_SIGNERS_MAX];
	uint8_t kind; /* enum wire_statement_kind */
	union {
		struct bytes card; /* a whole card, decoded by the caller */
		struct wire_st_revoke revoke;
		struct bytes succeed; /* a whole authority record */
		struct wire_st_restore restore;
		struct wire_st_open open;
		struct wire_st_close close;
		struct wire_st_assign assign;
		struct wire_st_unassign unassign;
		struct wire_st_reset reset;
		struct wire_st_hold hold;
	} u; /* reopen, recuse, readmit and erase have an empty body */
	struct wire_sig signatures[WIRE_SIGNERS_MAX];

	struct bytes raw; /* decoded: the whole statement */
	struct bytes tbs; /* decoded: what is signed */
};

/**
 * wire_statement_decode(input, ret):
 * Read exactly one statement; views borrow from ${input}. ROWAN_E_VERSION
 * for another version, else ROWAN_E_MALFORMED (an unknown kind, a kind in the
 * wrong chain and signers out of order included) or ROWAN_E_LIMIT.
 */
ROWAN_MUST int wire_statement_decode(
	struct bytes input, struct wire_statement *ret);

/**
 * wire_statement_encode_tbs(s, w), wire_statement_encode(s, w):
 * Write what the signers sign, and the whole statement. ROWAN_E_INVAL for a
 * statement that would not decode.
 */
ROWAN_MUST int wire_statement_encode_tbs(
	const struct wire_statement *s, struct writer *w);
ROWAN_MUST int wire_statement_encode(
	const struct wire_statement *s, struct writer *w);

/**
 * wire_statement_of_case(kind):
 * Return true iff statements of ${kind} stand in the chain of a case.
 */
bool wire_statement_of_case(uint8_t kind);

#endif
