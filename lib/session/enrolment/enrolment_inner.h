/*
 * The inside of enrolment.h, shared by its files.
 *
 *	enrolment.c		beginning, end, one step
 *	enrolment_file.c	by files
 *	enrolment_redeem.c	this device redeems an invite
 *	enrolment_invite.c	invites made, and confirmed
 *	enrolment_consent.c	a member's further device
 *	enrolment_watch.c	what the daemon says of them
 *	enrolment_row.c		what the vault keeps
 */
#ifndef SESSION_ENROLMENT_INNER_H
#define SESSION_ENROLMENT_INNER_H

#include "session/enrolment/enrolment.h"
#include "session/link/link.h"
#include "trust/enrol.h"
#include "trust/invite.h"
#include "wire/servers.h"

#define ENROLMENT_SOON_MS     200 /* after a step, then twice as long */
#define ENROLMENT_POLL_MS     1500
#define ENROLMENT_RETRY_MS    5000
#define ENROLMENT_DEVICES_MAX 65536 /* looked at for the daemon's */

/* ---- this device ---- */

struct redeem {
	bool active; /* there is one, in the vault */
	struct invite invite;
	struct wire_nonce nonce;
	struct enrol enrol; /* step NONE: the bundle is not here yet */

	/* Nothing of these outlives the process. */
	struct link *link;
	struct requests *requests;
	uint64_t greeted; /* the connection that was */
	bool up;
	bool asking;
	bool committed, revealed; /* the daemon said so */
	unsigned tries;		  /* to get an invite that is not there */
	unsigned looks;		  /* since the last step */
	bool pause, patient;
	uint64_t not_before;
};

/* ---- others ---- */

/* Numbers are stored. */
enum offer_phase {
	OFFER_PUT = 1,	      /* to be put */
	OFFER_WATCH = 2,      /* a device is waited for, or compared */
	OFFER_LOGGING = 3,    /* the card is on its way into the chain */
	OFFER_CONFIRMING = 4, /* it is there */
	OFFER_WITHDRAWING = 5,
	OFFER_ENDED = 6 /* looked at for a second redemption */
};

struct offer {
	uint64_t number; /* in the vault */
	uint8_t phase;	 /* enum offer_phase */
	bool alarmed;
	struct id16 id;
	struct id16 case_id;
	struct id16 device; /* that was granted a card */
	struct id16 member;
	uint32_t lifetime;
	uint64_t act;	/* that logs the card */
	int32_t code;	/* why it is withdrawn */
	uint64_t ended; /* daemon's time */
	struct buf sealed;
	struct enrol enrol; /* wiped when it is over */

	bool looked;	       /* at an ended one, in this round */
	bool answered;	       /* the daemon took our nonce */
	uint64_t lively_until; /* monotonic: looked at often */
};

struct enrolment {
	struct enrolment_options o;
	struct enrolment_parts parts; /* NULL: not attached */
	bool online;
	struct wire_key served; /* the daemon's key that serves us, or zero */
	enum enrolment_key which;
	bool unread;	   /* the vault could not be read */
	int fault;	   /* of the vault, met in an answer */
	uint64_t retry_at; /* monotonic */
	struct redeem redeem;

	struct offer **offer;
	size_t count, room;
	uint64_t next;
	bool asking;
	uint64_t asked; /* the number of the offer, or of the watch */
	uint64_t watched[WIRE_INVITES_MAX]; /* by number */
	size_t watched_len;
	size_t watch_from;
	uint64_t watch_at; /* monotonic */
	uint64_t again_at; /* monotonic: the next round over ended ones */
	unsigned looks;	   /* since something happened */
	bool pause;
	uint64_t not_before;
};

/* ---- enrolment.c ---- */

ROWAN_MUST int enrolment_open(struct enrolment *e, bool *ret_own);
ROWAN_MUST int enrolment_close(struct enrolment *e, bool own, int rc);
/* How long to wait before look number ${n} after a step, from 0. */
uint64_t enrolment_pause(unsigned n);
/* The clinic's time as last heard. */
uint64_t enrolment_now(const struct enrolment *e);

/* ---- enrolment_row.c ---- */

ROWAN_MUST int enrolment_load(struct enrolment *e);
void enrolment_unload(struct enrolment *e);
ROWAN_MUST int redeem_put(struct enrolment *e);
ROWAN_MUST int redeem_delete(struct enrolment *e);
ROWAN_MUST int offer_put(struct enrolment *e, const struct offer *x);
/* Takes over what ${like} holds. */
ROWAN_MUST int offer_add(struct enrolment *e, struct offer *like);
ROWAN_MUST int offer_delete(struct enrolment *e, struct offer *x);
struct offer *offer_find(struct enrolment *e, const struct id16 *id);
struct offer *offer_numbered(struct enrolment *e, uint64_t number);
/* What a file said: the enrolment ports, the daemon's card. */
ROWAN_MUST int enrolment_keep_file(
	struct enrolment *e, struct bytes servers, struct bytes daemon_card);
ROWAN_MUST int enrolment_file(struct enrolment *e, struct buf *ret_servers,
	struct buf *ret_daemon_card);

/* ---- enrolment_redeem.c ---- */

ROWAN_MUST int redeem_step(struct enrolment *e, uint64_t now_ms);
uint64_t redeem_wait(const struct enrolment *e, uint64_t now_ms);
/* Drop the connection. */
void redeem_drop(struct redeem *r);

/* ---- enrolment_watch.c ---- */

ROWAN_MUST int offers_step(struct enrolment *e, uint64_t now_ms);
uint64_t offers_wait(const struct enrolment *e, uint64_t now_ms);

/* ---- enrolment_invite.c ---- */

/* The people have compared; ${consent}, unless NULL, goes into the card. */
ROWAN_MUST int offer_conclude(struct enrolment *e, struct offer *x, bool same,
	const struct wire_consent *consent);
/* Over, in the open transaction; ${code}: ROWAN_E_..., 0: enrolled. */
ROWAN_MUST int offer_end(struct enrolment *e, struct offer *x, int code);

#endif
