/*
 * Invites: a registrar makes one and answers its redemption (main port); a
 * device whose key nobody knows redeems it (enrolment port).
 *
 *	registrar              daemon               device
 *	invite-put        -->            <--  redeem-get
 *	invite-watch      -->            <--  redeem-commit
 *	invite-answer     -->            <--  redeem-result
 *	invite-watch      -->            <--  redeem-reveal
 *	statement-put     -->
 *	invite-confirm    -->            <--  redeem-result
 *
 * What is sealed, committed and revealed is lib/trust; here it is opaque.
 * docs/enrolment.md tells the whole story.
 */
#ifndef WIRE_INVITE_H
#define WIRE_INVITE_H

#include "wire/card.h"
#include "wire/code.h"
#include "wire/request.h"

enum wire_invite_state {
	WIRE_INVITE_OPEN = 1,	   /* waits for a device */
	WIRE_INVITE_COMMITTED = 2, /* a device has committed itself */
	WIRE_INVITE_ANSWERED = 3,  /* the registrar's nonce is there */
	WIRE_INVITE_REVEALED = 4,  /* the device has revealed: compare */
	WIRE_INVITE_DONE = 5,	   /* confirmed, the card is logged */
	WIRE_INVITE_WITHDRAWN = 6, /* by the registrar */
	WIRE_INVITE_BURNT = 7,	   /* redeemed differently: spent for all */
	WIRE_INVITE_EXPIRED = 8
};

enum wire_invite_flags {
	WIRE_INVITE_ALARM = 0x01 /* somebody else tried it, now or later */
};

#define WIRE_NONCE_LEN 32

struct wire_nonce {
	uint8_t b[WIRE_NONCE_LEN];
};

/* ---- the registrar, on the main port ---- */

struct wire_invite_put {
	struct id16 invite;  /* derived from the secret */
	struct id16 case_id; /* of a victim; zero: staff */
	uint32_t lifetime;   /* seconds; 0: the default */
	struct bytes bundle; /* sealed under the secret */
};

struct wire_invite_put_answer {
	uint64_t expires; /* seconds since 1970 */
};

/* Invites ascend. */
struct wire_invite_watch {
	struct id16 invites[WIRE_INVITES_MAX];
	size_t count;
};

/* When refused everything but the error is zero and absent on the wire. */
struct wire_invite_seen {
	struct wire_error error;
	uint8_t state; /* enum wire_invite_state */
	uint8_t flags; /* enum wire_invite_flags */
	uint64_t expires;
	struct wire_hash commitment; /* committed to revealed */
	struct wire_nonce nonce;     /* revealed: the device's */
	struct bytes request;	     /* revealed: a card request */
};

/* One for each invite of the request, in its order. */
struct wire_invite_watch_answer {
	struct wire_invite_seen seen[WIRE_INVITES_MAX];
	size_t count;
};

struct wire_invite_answer {
	struct id16 invite;
	struct wire_hash commitment; /* the one answered */
	struct wire_nonce nonce;     /* the registrar's */
};

struct wire_invite_confirm {
	struct id16 invite;
	bool accepted; /* the card is logged; else: withdraw it */
};

/* ---- the device, on the enrolment port ---- */

struct wire_redeem {
	struct id16 invite;
};

struct wire_redeem_get_answer {
	uint64_t expires;
	struct bytes bundle;
};

struct wire_redeem_commit {
	struct id16 invite;
	struct wire_hash commitment;
};

struct wire_redeem_reveal {
	struct id16 invite;
	struct wire_nonce nonce;
	struct bytes request;
};

struct wire_redeem_result {
	uint8_t state;		 /* from committed on */
	struct wire_nonce nonce; /* answered, revealed: the registrar's */
	struct bytes chain;	 /* done: the card with its chain */
};

ROWAN_MUST int wire_invite_put_decode(
	const struct wire_message *m, struct wire_invite_put *ret);
ROWAN_MUST int wire_invite_put_encode(
	const struct wire_invite_put *p, struct writer *w);

ROWAN_MUST int wire_invite_put_answer_decode(
	const struct wire_message *m, struct wire_invite_put_answer *ret);
ROWAN_MUST int wire_invite_put_answer_encode(
	const struct wire_invite_put_answer *a, struct writer *w);

ROWAN_MUST int wire_invite_watch_decode(
	const struct wire_message *m, struct wire_invite_watch *ret);
ROWAN_MUST int wire_invite_watch_encode(
	const struct wire_invite_watch *q, struct writer *w);

ROWAN_MUST int wire_invite_watch_answer_decode(
	const struct wire_message *m, struct wire_invite_watch_answer *ret);
ROWAN_MUST int wire_invite_watch_answer_encode(
	const struct wire_invite_watch_answer *a, struct writer *w);

ROWAN_MUST int wire_invite_answer_decode(
	const struct wire_message *m, struct wire_invite_answer *ret);
ROWAN_MUST int wire_invite_answer_encode(
	const struct wire_invite_answer *a, struct writer *w);

ROWAN_MUST int wire_invite_confirm_decode(
	const struct wire_message *m, struct wire_invite_confirm *ret);
ROWAN_MUST int wire_invite_confirm_encode(
	const struct wire_invite_confirm *c, struct writer *w);

ROWAN_MUST int wire_redeem_decode(
	const struct wire_message *m, struct wire_redeem *ret);
ROWAN_MUST int wire_redeem_encode(
	const struct wire_redeem *q, struct writer *w);

ROWAN_MUST int wire_redeem_get_answer_decode(
	const struct wire_message *m, struct wire_redeem_get_answer *ret);
ROWAN_MUST int wire_redeem_get_answer_encode(
	const struct wire_redeem_get_answer *a, struct writer *w);

ROWAN_MUST int wire_redeem_commit_decode(
	const struct wire_message *m, struct wire_redeem_commit *ret);
ROWAN_MUST int wire_redeem_commit_encode(
	const struct wire_redeem_commit *q, struct writer *w);

ROWAN_MUST int wire_redeem_reveal_decode(
	const struct wire_message *m, struct wire_redeem_reveal *ret);
ROWAN_MUST int wire_redeem_reveal_encode(
	const struct wire_redeem_reveal *q, struct writer *w);

ROWAN_MUST int wire_redeem_result_decode(
	const struct wire_message *m, struct wire_redeem_result *ret);
ROWAN_MUST int wire_redeem_result_encode(
	const struct wire_redeem_result *a, struct writer *w);

#endif
