/*
 * How this device comes to its card, and how it brings others to theirs: what
 * lib/trust/enrol.h says, over the daemon's invite operations or by files.
 *
 *	by invite	redeem -> COMPARE -> ENROLLED
 *	by files	install(record) -> request -> install(cards, servers)
 *	for others	invite -> COMPARE -> confirm -> ENROLLED
 *
 * Each side is in the vault before anything of it is said, so it may be
 * interrupted anywhere; a nonce that was given is never given another way.
 * A secret is forgotten once it is of no use.
 *
 * Trusts who holds the invite's text no further than the two people who
 * compare; the daemon for nothing but to carry; a file's record as whoever
 * installs it does.
 *
 * Belongs to the session's thread.
 */
#ifndef SESSION_ENROLMENT_H
#define SESSION_ENROLMENT_H

#include "session/acts/acts.h"
#include "session/link/wake.h"

#define ENROLMENT_INVITES_MAX 512 /* kept, ended ones included: QUOTA */

struct enrolment;

struct enrolment_options {
	struct vault *vault;
	struct events *events;
	struct identity *me; /* gets its card */
	struct wake *wake;   /* NULL: none */
	const char *proxy;   /* or NULL */
	/* Tests: what carries the redemption instead of a socket. */
	const struct transport *transport;
	/* The device has its card now; it is in the vault. */
	void (*enrolled)(void *ctx);
	void *ctx;
};

/**
 * enrolment_new(ret, options), enrolment_free(e):
 * Go on with what the vault has; everything in ${options} is borrowed.
 */
ROWAN_MUST int enrolment_new(
	struct enrolment **ret, const struct enrolment_options *options);
void enrolment_free(struct enrolment *e);

/* What a device with a card has besides; borrowed. NULL: taken away. */
struct enrolment_parts {
	struct requests *requests;
	struct follow *follow;
	struct acts *acts;
};
void enrolment_attach(struct enrolment *e, const struct enrolment_parts *parts);

/**
 * enrolment_online(e, online):
 * Whether the main connection is up and greeted: invites are watched then.
 */
void enrolment_online(struct enrolment *e, bool online);

/* The daemon's key that serves us. */
enum enrolment_key {
	ENROLMENT_KEY_UNTOLD = 0, /* which of these it is */
	ENROLMENT_KEY_PRESENT,
	ENROLMENT_KEY_NEXT /* announced, and has not taken over */
};

/**
 * enrolment_served(e, key, which):
 * The transport key of the daemon on this connection: invites name the key of
 * the enrolment port, which goes over with that of the main port.
 */
void enrolment_served(struct enrolment *e, const struct wire_key *key,
	enum enrolment_key which);

/* ---- this device ---- */

/**
 * enrolment_redeem(e, text):
 * Redeem an invite as it was scanned or typed, over a connection of its own.
 * ROWAN_E_MALFORMED, ROWAN_E_VERSION for what is no invite; ROWAN_E_EXISTS
 * with a card; ROWAN_E_STATE while another invite is being redeemed. The same
 * text goes on where it was, and tells the code again. Events: COMPARE, then
 * ENROLLED or ENROL_FAILED.
 */
ROWAN_MUST int enrolment_redeem(struct enrolment *e, struct bytes text);
ROWAN_MUST int enrolment_cancel(struct enrolment *e);

/**
 * enrolment_redeeming(e, w):
 * The armoured card request with which this device redeems its invite, for
 * the consent of another device of the same member. ROWAN_E_STATE before
 * COMPARE.
 */
ROWAN_MUST int enrolment_redeeming(struct enrolment *e, struct writer *w);

/* What to ask the authority for. */
struct enrolment_wish {
	uint8_t role; /* enum wire_role */
	struct bytes agency;
	uint16_t rights;
	struct id16 member; /* of a further device; zero: a new one */
};

/**
 * enrolment_request(e, wish, w):
 * Write an armoured card request. ROWAN_E_STATE before the clinic's record is
 * installed; ROWAN_E_EXISTS with a card.
 */
ROWAN_MUST int enrolment_request(struct enrolment *e,
	const struct enrolment_wish *wish, struct writer *w);

/**
 * enrolment_install(e, text):
 * Take in the armoured blocks of a file, whichever there are: the authority's
 * records (first to present) alone, which pins the clinic; or this device's
 * card, its registrar's if one signed it, the daemon's and the servers
 * (wire/servers.h), which enrols it. On an enrolled device: other servers,
 * whose first key a daemon's card of the same file binds. Nothing changes on
 * an error: ROWAN_E_STATE before there is a record, ROWAN_E_NOT_FOUND when
 * something is missing, ROWAN_E_CRYPTO for a card of other keys, the codes of
 * bundle_check, ROWAN_E_EXISTS for another clinic or another card, and the
 * decoders' codes.
 */
ROWAN_MUST int enrolment_install(struct enrolment *e, struct bytes text);

/* ---- others, as registrar ---- */

struct enrolment_offer {
	struct id16 case_id; /* zero: a colleague's device */
	uint8_t role;	     /* enum wire_role: victim with a case */
	uint32_t lifetime;   /* seconds */
	struct id16 member;  /* a colleague's further device; zero: a first */
};

/**
 * enrolment_invite(e, offer, ret_id, w):
 * Make an invite and write its text (trust/invite.h). A victim who has a
 * device gets a further one. ROWAN_E_SIGNER without the right to enrol or for
 * a role outside the scope, ROWAN_E_RULE when not assigned to the case or for
 * a colleague of another agency, ROWAN_E_UNKNOWN for one without a device,
 * ROWAN_E_NOT_FOUND before the daemon's card or its enrolment port are known,
 * ROWAN_E_AGAIN before the time is, or which key the enrolment port has,
 * ROWAN_E_QUOTA. Events: COMPARE, ENROLLED, ENROL_FAILED, the alarm REDEEMED;
 * their message is the invite's id.
 */
ROWAN_MUST int enrolment_invite(struct enrolment *e,
	const struct enrolment_offer *offer, struct id16 *ret_id,
	struct writer *w);

/**
 * enrolment_confirm(e, id, same):
 * Whether the people saw the same code. true signs and logs the card; false
 * withdraws the invite, as it may be at any time before. ROWAN_E_NOT_FOUND;
 * ROWAN_E_STATE for true before COMPARE, or for what is over.
 */
ROWAN_MUST int enrolment_confirm(
	struct enrolment *e, const struct id16 *id, bool same);

/**
 * enrolment_consent(e, request, w), enrolment_confirm_with(e, id, consent):
 * A colleague's further device: a live device of the same member consents to
 * its armoured request; the registrar confirms with the consent, armoured
 * too, which must be to the very request that was revealed. Codes of
 * enrolment_confirm, of the decoders, ROWAN_E_CRYPTO for a request without
 * proof of possession or another one than was revealed, ROWAN_E_RULE for
 * another member's, ROWAN_E_EXISTS for a device that has a card;
 * without a consent enrolment_confirm gives ROWAN_E_SIGNER.
 */
ROWAN_MUST int enrolment_consent(
	struct enrolment *e, struct bytes request, struct writer *w);
ROWAN_MUST int enrolment_confirm_with(
	struct enrolment *e, const struct id16 *id, struct bytes consent);

/**
 * enrolment_step(e, now_ms), enrolment_wait(e, now_ms):
 * Do what is due; milliseconds until there is more to do without being
 * woken. Errors are the vault's.
 */
ROWAN_MUST int enrolment_step(struct enrolment *e, uint64_t now_ms);
uint64_t enrolment_wait(const struct enrolment *e, uint64_t now_ms);

#endif
