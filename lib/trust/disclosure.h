/*
 * What a victim lets out of the diary, and what proves it to a stranger.
 *
 * Every application message in a diary carries, in the clear part of its
 * PrivateMessage (authenticated_data), a commitment to what it says:
 *
 *	struct { uint8 version = 1; opaque commitment[32]; } Marked;
 *	commitment = BLAKE2b-256(key = id, "rowan said" padded || said)
 *	struct { opaque id[16]; uint64 sent; uint16 type; opaque body<V>; }
 *Said;
 *
 * The envelope is what the log has the hash of, so whoever is shown the Said
 * knows that this and nothing else was handed in then. No key is shown: what
 * else was sealed stays sealed (docs/log.md).
 *
 *	struct {
 *		uint8 version = 1;
 *		opaque clinic[16], case_id[16], channel[16];
 *		opaque member[16], device[16];	who consents
 *		opaque batch[16];		what is let out together
 *		uint64 time;
 *		uint32 number, count;		this one of so many
 *		uint32 withheld;		entries that stay back
 *		opaque purpose<V>;		her words
 *		opaque said[32];		SHA-256 of the Said
 *		opaque envelope[32];		as the log names it
 *	} Consent;
 *
 *	struct {
 *		opaque consent<V>;
 *		opaque signature[64];		of ${device}, by its card
 *		opaque cards<V>;		of ${device}, as a chain
 *		opaque said<V>;
 *		opaque envelope<V>;
 *		opaque receipt<V>;		trust/evidence.h
 *	} Disclosure;
 *
 * Trusts the authority's key that the caller hands in, and no byte of a file.
 */
#ifndef TRUST_DISCLOSURE_H
#define TRUST_DISCLOSURE_H

#include "trust/evidence.h"
#include "wire/chain.h"

#define SAID_MAX	   (64 * 1024)
#define SAID_COMMITMENT	   32
#define SAID_MARKED_LEN	   (1 + SAID_COMMITMENT)
#define DISCLOSURE_MAX	   (192 * 1024) /* bytes of one */
#define DISCLOSURE_PURPOSE 1024		/* bytes of her words */

/* As content.h numbers them; others are not let out. */
enum said_type { SAID_ATTACHMENT = 2, SAID_DIARY = 7 };

struct said {
	struct id16 id;
	uint64_t sent;
	uint16_t type;
	struct bytes body;
};

/* What a body says, as far as a bundle shows it. */
struct said_entry {
	uint64_t from, until;	 /* SAID_DIARY */
	struct bytes kind;	 /* SAID_DIARY */
	struct bytes text;	 /* both */
	uint64_t size;		 /* SAID_ATTACHMENT, as the rest */
	struct wire_hash digest; /* BLAKE2b-256 of the file */
	struct bytes name, media;
};

/**
 * said_write(s, w), said_read(input, ret):
 * ROWAN_E_MALFORMED, ROWAN_E_LIMIT; borrows.
 */
ROWAN_MUST int said_write(const struct said *s, struct writer *w);
ROWAN_MUST int said_read(struct bytes input, struct said *ret);

/**
 * said_entry_read(s, ret):
 * The body of one that may be let out. ROWAN_E_MALFORMED for other types.
 */
ROWAN_MUST int said_entry_read(const struct said *s, struct said_entry *ret);

/**
 * said_mark(s, ret), said_marked(s, marked):
 * The authenticated data of a message that says ${s}; whether it is that.
 */
ROWAN_MUST int said_mark(const struct said *s, uint8_t ret[SAID_MARKED_LEN]);
bool said_marked(const struct said *s, struct bytes marked);

/**
 * said_of_envelope(envelope, ret):
 * The authenticated data of an application message (RFC 9420 section 6.3).
 * ROWAN_E_MALFORMED for anything else.
 */
ROWAN_MUST int said_of_envelope(struct bytes envelope, struct bytes *ret);

struct consent {
	struct id16 clinic, case_id, channel, member, device, batch;
	uint64_t time;
	uint32_t number, count, withheld;
	struct bytes purpose;
	struct wire_hash said, envelope;
};

struct disclosure {
	struct bytes consent; /* encoded */
	struct wire_sig signature;
	struct bytes cards, said, envelope, receipt;
};

ROWAN_MUST int consent_write(const struct consent *c, struct writer *w);
ROWAN_MUST int consent_read(struct bytes input, struct consent *ret);
ROWAN_MUST int disclosure_write(const struct disclosure *d, struct writer *w);
ROWAN_MUST int disclosure_read(struct bytes input, struct disclosure *ret);

/* What is wrong: each kind of tampering has its name. */
enum disclosure_fault {
	DISCLOSURE_GOOD = 0,
	DISCLOSURE_FORM = 1,	  /* none, or a damaged one */
	DISCLOSURE_CARD = 2,	  /* a card that this authority did not issue */
	DISCLOSURE_SIGNATURE = 3, /* consent by somebody else's key */
	DISCLOSURE_SAID = 4,	  /* other words than were consented to */
	DISCLOSURE_ENVELOPE = 5,  /* another envelope, or not about them */
	DISCLOSURE_RECEIPT = 6,	  /* see ${evidence_fault} */
	DISCLOSURE_OTHER = 7	  /* logged of another device, case or clinic */
};

struct disclosed {
	struct disclosure d;
	struct consent consent;
	struct wire_chain cards;
	struct said said;
	struct said_entry entry;
	struct evidence evidence;
	enum evidence_fault evidence_fault;
};

/**
 * disclosure_check(x, file, anchor):
 * Check everything one disclosure says. ${x} must not move, borrows from
 * ${file}; what was reached before the fault is set.
 */
enum disclosure_fault disclosure_check(
	struct disclosed *x, struct bytes file, const struct anchor *anchor);

/**
 * disclosure_cards(cards, anchor, ret):
 * A chain of cards up to an authority that is believed, as its signatures have
 * it; whether one was revoked is not in it. ROWAN_E_CRYPTO, ROWAN_E_SIGNER, or
 * the decoders'.
 */
ROWAN_MUST int disclosure_cards(struct bytes cards, const struct anchor *anchor,
	struct wire_chain *ret);

/**
 * disclosure_exporter(card, clinic, case_id, time):
 * Whether ${card} is of somebody who can have exported a diary of ${case_id}
 * under a checkpoint signed at ${time} (0: it does not say): staff of
 * ${clinic}, or the victim. Who runs the log and who watches it cannot.
 */
bool disclosure_exporter(const struct wire_card *card,
	const struct id16 *clinic, const struct id16 *case_id, uint64_t time);

/**
 * disclosure_fault_name(fault):
 * A sentence for people. Static.
 */
const char *disclosure_fault_name(enum disclosure_fault fault);

#endif
