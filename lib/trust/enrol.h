/*
 * Both sides of an enrolment by invite (docs/enrolment.md), without any
 * input or output: what to say next, what may be believed.
 *
 *	device				registrar
 *	begin				begin
 *	  | commitment  ------------->	  | commitment
 *	  v				  v
 *	committed			committed
 *	  | answer  <----- nonce -----	  |
 *	  v				  v
 *	answered			  |
 *	  | nonce, request  --------->	  | reveal
 *	  v				  v
 *	(code)				revealed (code)
 *	  | finish  <------ card -----	  | grant
 *	  v
 *	finished		spoiled: from any step, for ever
 *
 * Each step may be repeated with the same content and gives the same result;
 * with another content it spoils the side that sees it, because somebody is
 * trying twice. A caller that keeps its state (save) before it sends anything
 * can be interrupted anywhere. The states hold no private key.
 */
#ifndef TRUST_ENROL_H
#define TRUST_ENROL_H

#include "trust/bundle.h"
#include "trust/compare.h"
#include "trust/issue.h"

enum enrol_step {
	ENROL_NONE = 0,
	ENROL_BEGUN = 1,
	ENROL_COMMITTED = 2,
	ENROL_ANSWERED = 3, /* of a device */
	ENROL_REVEALED = 4, /* of a registrar */
	ENROL_FINISHED = 5, /* of a device */
	ENROL_SPOILED = 6
};

#define ENROL_SAVED_MAX (256 + WIRE_BUNDLE_MAX + WIRE_REQUEST_MAX)

/* One side; which one says the name of the function. */
struct enrol {
	uint8_t step; /* enum enrol_step */
	struct id16 invite;
	struct buf plain;     /* the opened bundle... */
	struct bundle bundle; /* ...and its parts, borrowed from it */
	struct buf request;
	struct wire_hash commitment;
	struct wire_nonce device;    /* the device's nonce */
	struct wire_nonce registrar; /* the registrar's */
	uint64_t expires;	     /* of a registrar's */
};

/**
 * enrol_wipe(e):
 * The end of either side. ${e} must have been zeroed or begun.
 */
void enrol_wipe(struct enrol *e);

/**
 * enrol_save(e, w), enrol_load(e, input):
 * The versioned form at rest; it is as secret as what was said. enrol_load
 * gives ROWAN_E_TOO_NEW, ROWAN_E_CORRUPT, ROWAN_E_NOMEM.
 */
void enrol_save(const struct enrol *e, struct writer *w);
ROWAN_MUST int enrol_load(struct enrol *e, struct bytes input);

/**
 * enrol_code(e, ret):
 * The code to compare. ROWAN_E_STATE before both nonces are known.
 */
ROWAN_MUST int enrol_code(const struct enrol *e, char ret[COMPARE_CODE_LEN]);

/* ---- the device ---- */

/* Who enrols: keys made for this device and kept by the caller. */
struct enrol_self {
	const uint8_t *seed; /* ATTEST_SEED_LEN bytes, Ed25519 */
	struct wire_key transport_key;
	struct id16 device;	 /* random */
	struct wire_nonce nonce; /* random, used for nothing else */
};

/**
 * enrol_device_begin(e, secret, sealed, self):
 * Open and check the bundle, and make the request. ROWAN_E_CRYPTO when the
 * bundle was not sealed under ${secret}, or the codes of bundle_check. Then
 * ${e}->bundle says what one is invited to, ${e}->commitment what to send.
 */
ROWAN_MUST int enrol_device_begin(struct enrol *e,
	const struct bundle_secret *secret, struct bytes sealed,
	const struct enrol_self *self);

/**
 * enrol_device_answer(e, nonce):
 * The registrar's nonce has come: from now on enrol_code may be shown.
 * ROWAN_E_REFUSED, and spoiled, when it is another than before.
 */
ROWAN_MUST int enrol_device_answer(
	struct enrol *e, const struct wire_nonce *nonce);

/**
 * enrol_device_reveal(e, ret):
 * What to reveal; borrows from ${e}. ROWAN_E_STATE before the registrar's
 * nonce has come: revealed earlier the code would be worth nothing.
 */
ROWAN_MUST int enrol_device_reveal(
	const struct enrol *e, struct wire_redeem_reveal *ret);

/**
 * enrol_device_finish(e, chain, ret):
 * The card with its chain has come: is it ours, as we were invited, by the
 * registrar who invited us? ${ret} borrows from ${chain}. ROWAN_E_SIGNER,
 * ROWAN_E_CRYPTO, ROWAN_E_RULE, or the decoder's codes; a wrong one changes
 * nothing, the right one may still come.
 */
ROWAN_MUST int enrol_device_finish(
	struct enrol *e, struct bytes chain, struct wire_card *ret);

/* ---- the registrar ---- */

struct enrol_offer {
	const struct bundle *bundle;
	const struct bundle_secret *secret; /* random */
	struct wire_nonce nonce;	    /* random, used for nothing else */
	uint64_t expires; /* when this side gives up, whatever the daemon
			     says */
};

/**
 * enrol_registrar_begin(e, offer, ret_sealed):
 * Seal the bundle for the daemon; the caller owns ${ret_sealed}. Codes of
 * bundle_check and bundle_seal.
 */
ROWAN_MUST int enrol_registrar_begin(struct enrol *e,
	const struct enrol_offer *offer, struct buf *ret_sealed);

/**
 * enrol_registrar_commitment(e, commitment, now):
 * A device has committed itself. ROWAN_E_REFUSED, and spoiled, for another
 * commitment than before; ROWAN_E_EXPIRED.
 */
ROWAN_MUST int enrol_registrar_commitment(
	struct enrol *e, const struct wire_hash *commitment, uint64_t now);

/**
 * enrol_registrar_answer(e, ret):
 * What to answer it. ROWAN_E_STATE before there is a commitment.
 */
ROWAN_MUST int enrol_registrar_answer(
	const struct enrol *e, struct wire_invite_answer *ret);

/**
 * enrol_registrar_reveal(e, request, nonce, now):
 * The device has revealed. ROWAN_E_CRYPTO, and spoiled, when it is not what
 * was committed to or possession is not proven, ROWAN_E_RULE when it asks for
 * something else than it was invited to; ROWAN_E_EXPIRED.
 */
ROWAN_MUST int enrol_registrar_reveal(struct enrol *e, struct bytes request,
	const struct wire_nonce *nonce, uint64_t now);

/**
 * enrol_registrar_grant(e, ret):
 * After the people have compared: the card as it was invited to, without
 * rights, to be given its times and signed (issue_sign). Borrows from ${e}.
 */
ROWAN_MUST int enrol_registrar_grant(
	const struct enrol *e, struct wire_card *ret);

#endif
