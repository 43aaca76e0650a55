/*
 * The bundle of an invite: all a new device must know of the clinic, sealed
 * under the invite's secret, so that the daemon that keeps it can neither
 * read nor swap it.
 *
 *	struct {
 *		uint16 version = 1;
 *		AuthorityRecord records<V>;	vectors, 1 to 4
 *		opaque registrar<V>;		card of whoever invites
 *		opaque daemon<V>;		card of the daemon
 *		opaque member[16];
 *		uint8 role;
 *		opaque agency<1..16>;
 *		opaque case_id[16];		zero unless role is victim
 *		uint64 clinic_number;		newest statement known
 *		opaque clinic_head[32];
 *		uint64 case_number;		0 and zero without a case
 *		opaque case_head[32];
 *		Server servers<V>;		1 to 4
 *	} Bundle;
 *
 *	struct { opaque endpoint<1..255>; opaque key[32]; } Server;
 *
 *	prk	= HKDF-Extract("Rowan 1.0 invite", secret)
 *	invite	= HKDF-Expand(prk, "id", 16)
 *	key	= HKDF-Expand(prk, "bundle", 32)
 *	sealed	= nonce[24] || XChaCha20-Poly1305(key, nonce, aad = invite)
 *
 * Records go from the first one, where the clinic's chain begins, to the
 * present one. The heads let the newcomer see when it is shown another
 * history than the registrar knows.
 */
#ifndef TRUST_BUNDLE_H
#define TRUST_BUNDLE_H

#include "base/secret.h"
#include "wire/invite.h"

#define BUNDLE_VERSION	    1
#define BUNDLE_RECORDS_MAX  4
#define BUNDLE_SERVERS_MAX  4
#define BUNDLE_ENDPOINT_MAX 255 /* "tcp://host:port" */
#define BUNDLE_OVERHEAD	    40	/* of sealing */
#define BUNDLE_PLAIN_MAX    (WIRE_BUNDLE_MAX - BUNDLE_OVERHEAD)
#define BUNDLE_SECRET_LEN   16

/* 128 random bits that only the invite's text carries. */
struct bundle_secret {
	uint8_t b[BUNDLE_SECRET_LEN];
};

struct bundle_server {
	struct bytes endpoint;
	struct wire_key key; /* X25519, of its CURVE */
};

struct bundle {
	size_t record_count;
	struct wire_record record[BUNDLE_RECORDS_MAX];
	struct wire_card registrar;
	struct wire_card daemon;
	struct id16 member;
	uint8_t role; /* enum wire_role: caseworker or victim */
	struct bytes agency;
	struct id16 case_id;
	uint64_t clinic_number;
	struct wire_hash clinic_head;
	uint64_t case_number;
	struct wire_hash case_head;
	size_t server_count;
	struct bundle_server server[BUNDLE_SERVERS_MAX];
};

/**
 * bundle_decode(input, ret), bundle_encode(b, w):
 * The opened form; views borrow from ${input}. Records and cards are written
 * from their ${raw}. ROWAN_E_VERSION, ROWAN_E_MALFORMED, ROWAN_E_LIMIT;
 * ROWAN_E_INVAL for what would not decode.
 */
ROWAN_MUST int bundle_decode(struct bytes input, struct bundle *ret);
ROWAN_MUST int bundle_encode(const struct bundle *b, struct writer *w);

/**
 * bundle_check(b):
 * Whether it holds together: every record signed by itself and promised by
 * the one before; both cards signed by a key of these records; a daemon's
 * card with the first server's key; a registrar's that may enrol this role in
 * this agency. ROWAN_E_CRYPTO, ROWAN_E_CHAIN, ROWAN_E_SIGNER, ROWAN_E_RULE.
 */
ROWAN_MUST int bundle_check(const struct bundle *b);

/**
 * bundle_records(records, count), bundle_issued(records, count, card):
 * The two halves of bundle_check that a file needs, too: every record signed
 * by itself and promised by the one before; a card signed by the authority
 * under one of them.
 */
ROWAN_MUST int bundle_records(const struct wire_record *records, size_t count);
ROWAN_MUST int bundle_issued(const struct wire_record *records, size_t count,
	const struct wire_card *card);

/**
 * bundle_invite(secret, ret):
 * The id under which the daemon keeps the invite.
 */
ROWAN_MUST int bundle_invite(
	const struct bundle_secret *secret, struct id16 *ret);

/**
 * bundle_seal(secret, plain, w), bundle_open(secret, sealed, ret):
 * Seal an encoded bundle; open one, the caller owns ${ret}. ROWAN_E_LIMIT for
 * more than BUNDLE_PLAIN_MAX, ROWAN_E_CRYPTO for what was not sealed under
 * this secret.
 */
ROWAN_MUST int bundle_seal(const struct bundle_secret *secret,
	struct bytes plain, struct writer *w);
ROWAN_MUST int bundle_open(const struct bundle_secret *secret,
	struct bytes sealed, struct buf *ret);

#endif
