/*
 * Leaves of the log: what everybody sees of an act, what those who may audit
 * see of it, and what opens the one to the other.
 *
 * Forms only; hashes and commitments are tlog/leaf.h. A leaf shows the kind of
 * the act, when it was, to the second or the hour, and a commitment; nothing
 * in it can be guessed without the leaf's salt.
 *
 *	struct {
 *		uint8 version = 1;
 *		uint8 act;
 *		uint8 grain;
 *		uint64 time;
 *		opaque commitment[32];
 *	} Leaf;
 *
 *	struct {
 *		uint8 act;
 *		uint8 grain;
 *		uint64 time;
 *		opaque exact[32];	zero when ${grain} is the second
 *		uint16 operation;
 *		uint16 code;
 *		opaque device[16];	zero: the daemon, or a stranger
 *		opaque case_id[16];	zero: of no case
 *		opaque channel[16];	zero without a case
 *		uint64 number;
 *		opaque content[32];
 *		uint64 leaves<V>;	strictly ascending
 *	} Detail;
 *
 *	struct {
 *		opaque detail<V>;
 *		opaque salt[32];
 *		optional<ExactTime> time;
 *	} Opening;
 *
 *	struct {
 *		uint64 time;
 *		opaque salt[32];
 *	} ExactTime;
 */
#ifndef WIRE_LEAF_H
#define WIRE_LEAF_H

#include "wire/card.h"

#define WIRE_LEAF_VERSION 1
#define WIRE_LEAF_LEN	  43
#define WIRE_SALT_LEN	  32
#define WIRE_READS_MAX	  64 /* leaves named by one detail */
#define WIRE_DETAIL_LEN	  (1 + 1 + 8 + 32 + 2 + 2 + 3 * 16 + 8 + 32 + 1)
#define WIRE_DETAIL_MAX	  (WIRE_DETAIL_LEN + 1 + 8 * WIRE_READS_MAX)
#define WIRE_OPENING_MAX  (2 + WIRE_DETAIL_MAX + WIRE_SALT_LEN + 1 + 40)

/* Kinds of acts. Numbers are in the log: never reused. */
enum wire_act {
	WIRE_ACT_SUBMIT = 1,
	WIRE_ACT_READ = 2, /* envelopes handed to a member of staff */
	WIRE_ACT_ACK = 3,
	WIRE_ACT_KEYS = 4,  /* key packages published */
	WIRE_ACT_CLAIM = 5, /* and claimed */
	WIRE_ACT_BLOB = 6,  /* begun, put, deleted */
	WIRE_ACT_BLOB_READ = 7,
	WIRE_ACT_CARDS = 8, /* cards looked up by a member of staff */
	WIRE_ACT_STATEMENT = 9,
	WIRE_ACT_GROUP = 10, /* created, committed, cannot be followed */
	WIRE_ACT_INVITE = 11,
	WIRE_ACT_REDEEM = 12,
	WIRE_ACT_REFUSED = 13,
	WIRE_ACT_EXPIRE = 14, /* time's work */
	WIRE_ACT_ADMIN = 15,  /* of the operator */
	WIRE_ACT_AUDIT = 16,  /* the log itself was read */
	WIRE_ACT_WITNESS = 17,
	WIRE_ACT_ERASE = 18, /* what the log knew of a case */
	WIRE_ACT_LAST = 18
};

/* How exactly a leaf shows its time. */
enum wire_grain {
	WIRE_GRAIN_SECOND = 1,
	WIRE_GRAIN_HOUR = 2 /* the act may be a victim's */
};

struct wire_leaf {
	uint8_t act;   /* enum wire_act */
	uint8_t grain; /* enum wire_grain */
	uint64_t time; /* of WIRE_GRAIN_HOUR: a full hour */
	struct wire_hash commitment;
};

struct wire_detail {
	uint8_t act; /* these three as in the leaf */
	uint8_t grain;
	uint64_t time;
	struct wire_hash exact; /* commitment to the second; else zero */
	uint16_t op;		/* enum wire_op; 0: none */
	uint16_t code;		/* of a refusal; 0: done */
	struct id16 device;
	struct id16 case_id;
	struct id16 channel;
	uint64_t number; /* by act, see docs/log.md */
	struct wire_hash content;
	uint64_t leaves[WIRE_READS_MAX]; /* of what was read */
	size_t leaf_count;
};

struct wire_salt {
	uint8_t b[WIRE_SALT_LEN];
};

struct wire_opening {
	struct bytes detail; /* encoded; borrowed */
	struct wire_salt salt;
	bool has_time;
	uint64_t time;
	struct wire_salt time_salt;
};

/**
 * wire_act_name(act):
 * Return the word for a kind of act, or "unknown". Static.
 */
const char *wire_act_name(uint8_t act);

/**
 * wire_leaf_read(input, ret), wire_leaf_write(l, ret):
 * Exactly WIRE_LEAF_LEN bytes. ROWAN_E_VERSION for another version,
 * ROWAN_E_MALFORMED, ROWAN_E_INVAL. Kinds we do not know are read.
 */
ROWAN_MUST int wire_leaf_read(struct bytes input, struct wire_leaf *ret);
ROWAN_MUST int wire_leaf_write(
	const struct wire_leaf *l, uint8_t ret[WIRE_LEAF_LEN]);

/**
 * wire_detail_read(input, ret), wire_detail_write(d, w):
 * Exactly one detail. ROWAN_E_MALFORMED, ROWAN_E_LIMIT; ROWAN_E_INVAL for one
 * that would not be read.
 */
ROWAN_MUST int wire_detail_read(struct bytes input, struct wire_detail *ret);
ROWAN_MUST int wire_detail_write(const struct wire_detail *d, struct writer *w);

/**
 * wire_opening_read(input, ret), wire_opening_write(o, w):
 * The same for an opening; its detail is not looked into.
 */
ROWAN_MUST int wire_opening_read(struct bytes input, struct wire_opening *ret);
ROWAN_MUST int wire_opening_write(
	const struct wire_opening *o, struct writer *w);

#endif
