/*
 * Cards: what binds a device's keys to a member, a role and an agency, and
 * the authority's record at the root of them (docs/statements.md).
 *
 * Forms only. Who may sign which card, and whether one counts, is lib/trust.
 *
 *	struct {
 *		uint16 version = 1;
 *		opaque clinic[16];
 *		opaque member[16];
 *		opaque device[16];
 *		uint8 role;
 *		opaque agency<1..16>;
 *		uint16 rights;
 *		uint64 not_before;
 *		uint64 not_after;	0: until a statement ends it (victims)
 *		opaque case_id[16];	zero unless role is victim
 *		optional<Scope> scope;	present iff rights has enrol
 *		opaque signature_key[32];
 *		opaque transport_key[32];
 *		opaque possession[64];
 *		optional<Consent> consent;
 *		uint8 issuer_kind;
 *		opaque issuer[16];	device of the registrar, or zero
 *		opaque issuer_hash[32];	of the registrar's card, or the record
 *		uint64 issued_at;
 *		opaque signature[64];
 *	} Card;
 */
#ifndef WIRE_CARD_H
#define WIRE_CARD_H

#include "wire/lookup.h"
#include "wire/message.h"

#define WIRE_CARD_VERSION 1
#define WIRE_KEY_LEN	  32
#define WIRE_HASH_LEN	  32
#define WIRE_SIG_LEN	  64
#define WIRE_CHAIN_MAX	  2 /* cards: the device's, its registrar's */

struct wire_key {
	uint8_t b[WIRE_KEY_LEN];
};

struct wire_hash {
	uint8_t b[WIRE_HASH_LEN];
};

struct wire_sig {
	uint8_t b[WIRE_SIG_LEN];
};

enum wire_right {
	WIRE_RIGHT_ENROL = 0x0001,
	WIRE_RIGHT_COORDINATE = 0x0002,
	WIRE_RIGHT_DUTY = 0x0004,
	WIRE_RIGHT_AUDIT = 0x0008,
	WIRE_RIGHTS_ALL = 0x000f
};

/* Who signed: a card, or a statement (statement.h). */
enum wire_signer_kind {
	WIRE_SIGNER_AUTHORITY = 1,
	WIRE_SIGNER_DEVICE = 2,
	WIRE_SIGNER_SUCCESSOR = 3 /* of the authority; statements only */
};

/* What a registrar may give: the agency is its own. */
struct wire_scope {
	uint8_t roles;	       /* bit per enum wire_role: caseworker, victim */
	uint64_t validity_max; /* seconds a staff card may last */
};

struct wire_consent {
	struct id16 device; /* live device of the same member */
	struct wire_sig signature;
};

struct wire_card {
	struct id16 clinic;
	struct id16 member;
	struct id16 device;
	uint8_t role;	     /* enum wire_role */
	struct bytes agency; /* 1 to 16 of a-z, 0-9 and - */
	uint16_t rights;     /* enum wire_right */
	uint64_t not_before; /* seconds since 1970 */
	uint64_t not_after;
	struct id16 case_id;
	struct wire_scope scope;
	struct wire_key signature_key; /* Ed25519; of a daemon its log key */
	struct wire_key transport_key; /* X25519 */
	struct wire_sig possession;
	bool has_consent;
	struct wire_consent consent;
	uint8_t issuer_kind; /* enum wire_signer_kind */
	struct id16 issuer;
	struct wire_hash issuer_hash;
	uint64_t issued_at;
	struct wire_sig signature;

	struct bytes raw; /* decoded: the whole card */
	struct bytes tbs; /* decoded: what the issuer signed */
};

/**
 * wire_card_decode(input, ret):
 * Read exactly one card; views borrow from ${input}. ROWAN_E_VERSION for
 * another version, else ROWAN_E_MALFORMED or ROWAN_E_LIMIT. A card that
 * decodes keeps its role's shape: rights only on caseworkers, a case only
 * and always on victims, an end on everything but victims, a scope exactly
 * with the right to enrol, a validity that is not empty.
 */
ROWAN_MUST int wire_card_decode(struct bytes input, struct wire_card *ret);

/**
 * wire_card_encode_tbs(c, w), wire_card_encode(c, w):
 * Write what the issuer signs, and the whole card. The decoded views are not
 * looked at. ROWAN_E_INVAL for a card that would not decode.
 */
ROWAN_MUST int wire_card_encode_tbs(
	const struct wire_card *c, struct writer *w);
ROWAN_MUST int wire_card_encode(const struct wire_card *c, struct writer *w);

/**
 * wire_card_request(c, w):
 * Write what possession signs: clinic, member, device and both keys.
 */
ROWAN_MUST int wire_card_request(const struct wire_card *c, struct writer *w);

/* Cards from the device up: an MLS credential's identity. */
struct wire_chain {
	size_t count;
	struct wire_card card[WIRE_CHAIN_MAX];
};

/**
 * wire_chain_decode(input, ret), wire_chain_encode(raw, count, w):
 * A vector of one or two cards, each a vector; the second is the issuer of
 * the first, whose issuer_hash is not checked here.
 */
ROWAN_MUST int wire_chain_decode(struct bytes input, struct wire_chain *ret);
ROWAN_MUST int wire_chain_encode(
	const struct bytes *raw, size_t count, struct writer *w);

/*
 * The authority's record: its key, and a promise about the next one.
 *
 *	struct {
 *		uint16 version = 1;
 *		opaque clinic[16];
 *		uint64 created_at;
 *		opaque key[32];
 *		opaque successor_hash[32];
 *		opaque signature[64];
 *	} AuthorityRecord;
 */
struct wire_record {
	struct id16 clinic;
	uint64_t created_at;
	struct wire_key key;		 /* Ed25519 */
	struct wire_hash successor_hash; /* of the next authority's key */
	struct wire_sig signature;	 /* by ${key} */

	struct bytes raw;
	struct bytes tbs;
};

ROWAN_MUST int wire_record_decode(struct bytes input, struct wire_record *ret);
ROWAN_MUST int wire_record_encode_tbs(
	const struct wire_record *r, struct writer *w);
ROWAN_MUST int wire_record_encode(
	const struct wire_record *r, struct writer *w);

/**
 * wire_agency_ok(agency):
 * Return true iff ${agency} is 1 to 16 of a-z, 0-9 and -.
 */
bool wire_agency_ok(struct bytes agency);

#endif
