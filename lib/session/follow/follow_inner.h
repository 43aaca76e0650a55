/*
 * The inside of follow.h, shared by its files.
 *
 *	follow.c	what is asked for, in which order
 *	follow_rows.c	what the vault keeps; struct trust_source over it
 *	follow_cut.c	what it forgets again, and who stays out by it
 *	follow_clinic.c	the clinic's chain, and what was withheld of it
 *	follow_case.c	chains of cases
 *	follow_heads.c	what others say of the chains; alarms
 *	follow_look.c	looking
 *	follow_vouch.c	whether a card was rightly issued, as known now
 *	follow_return.c	giving back what a restored daemon has lost
 *	follow_anew.c	what was never given back: on with the daemon's chain
 */
#ifndef SESSION_FOLLOW_INNER_H
#define SESSION_FOLLOW_INNER_H

#include "base/idmap.h"
#include "session/follow/follow.h"
#include "trust/chain.h"
#include "trust/rules.h"
#include "wire/chain.h"

#define FOLLOW_CASES_MAX 16384
#define FOLLOW_CARDS	 32 /* kept decoded */
#define FOLLOW_VOUCHED	 256

/* How one chain is being followed; nothing of it outlives the process. */
struct follow_chain {
	bool wanted;
	bool refused;	   /* the daemon will not show it */
	bool tried_clinic; /* for want of something newer in the clinic's */
	bool tried_holes;  /* for want of a card that was withheld */
	uint64_t begun;	   /* fetches */
	uint64_t heard;	   /* a member's word: this number exists */
	uint64_t heard_since;
	unsigned alarmed; /* bit per enum rowan_alarm, until there is news */
	bool behind;	  /* the daemon is, since a restore */
	bool stuck;	  /* and takes nothing more of ours, for now */
	bool took;	  /* something, in this round */
	uint64_t give;	  /* the next to be given back */
	bool anew;	  /* read again from where a restore begins */
	bool tried_anew;
};

/* A restore that the daemon tells of. */
struct follow_back {
	bool wanted;	/* to be asked for */
	bool on;	/* the daemon takes back what it has lost */
	struct buf raw; /* the authority's statement, unjudged */
	uint8_t told;	/* what we have said that we have given */
	uint8_t telling;
	uint64_t again_at, pause; /* milliseconds */
};

/* A statement of the daemon's chain, while it is being read again. */
struct anew_item {
	struct wire_chain_item item; /* its statement lies in raw */
	struct chain_link link;
	struct buf raw;
};

struct follow_anew {
	struct id16 chain;
	bool begun;
	bool seeking; /* the restore, in what stands below that number */
	uint64_t below;
	struct buf restore; /* of the clinic's chain: it must be in the items */
	uint64_t from;	    /* the items stand behind it, one after the other */
	uint64_t first;
	struct anew_item *items;
	size_t count, room;
};

/* One of ours that may be lost. */
struct follow_old {
	bool withheld;
	struct wire_hash content;
	uint64_t number, time;
	uint8_t kind, channel;
	struct id16 device, member;
};

/*
 * Who may take part in a channel, as it was worked out: good for this head of
 * the case, this number of the clinic, these cards, and until something ends
 * or begins by itself.
 */
struct entitled_list {
	bool known;
	struct wire_hash head;
	uint64_t clinic, cards, until;
	struct id16 *device; /* ascending */
	size_t count;
};

struct known_case {
	struct case_state c;
	struct follow_chain chain;
	bool current; /* has been followed to its end once */
	bool listed;  /* in the list that is being read */
	uint64_t next_change;
	struct entitled_list entitled[WIRE_CASE_CHANNELS_MAX]; /* by kind */
};

struct card_slot {
	bool used;
	struct id16 device;
	struct buf raw;
	struct trust_card card;
};

enum follow_ask {
	ASK_NOTHING = 0,
	ASK_CLINIC,
	ASK_HOLES,
	ASK_LIST,
	ASK_ALL,
	ASK_CASE,
	ASK_RESTORED,
	ASK_GIVE,
	ASK_ANEW
};

/* A device whose card was found to be rightly issued, in a case. */
struct vouched {
	struct id16 device, case_id;
};

struct follow {
	struct follow_options o;
	struct id16 device, member; /* of ourselves */
	bool coordinates;
	struct clinic clinic;
	struct follow_chain chain; /* of the clinic */
	bool current;

	struct known_case **cases;
	size_t case_count, case_room;
	struct idmap by_id, by_channel;

	uint64_t now;  /* the daemon's, the latest heard */
	uint64_t told; /* changes up to then have been told */
	bool doubtful;

	enum follow_ask asked;
	struct id16 asked_chain;
	uint64_t asked_after;
	bool want_list, want_holes, want_all;
	struct id16 list_after;
	uint64_t all_from;
	uint64_t holes_from;
	uint64_t looked; /* at all holes, so often */
	bool pause;	 /* ask again a little later */
	uint64_t pause_until;
	struct follow_back back;
	struct follow_anew anew;
	bool holds; /* somebody is held out (follow_held) */
	int fault;  /* of the vault, for the next step */

	struct trust_source source;
	struct card_slot card[FOLLOW_CARDS];
	size_t next_card;
	uint64_t cards; /* counts changes of any of them */
	struct vouched vouched[FOLLOW_VOUCHED]; /* by the device's id */
};

extern const struct id16 follow_clinic_chain; /* zero */

static inline bool follow_is_clinic(const struct id16 *chain)
{
	return id16_eq(chain, &follow_clinic_chain);
}

/* ---- follow_rows.c ---- */

/* A statement as it is kept. */
struct follow_link {
	bool withheld;
	struct chain_link link;
	uint64_t time;
	struct wire_hash head; /* after it */
	struct bytes statement;
};

void follow_source_init(struct follow *f);
void follow_forget_cards(struct follow *f);

ROWAN_MUST int follow_put_state(struct follow *f, const struct clinic *c);
ROWAN_MUST int follow_put_link(struct follow *f, const struct id16 *chain,
	uint64_t number, const struct follow_link *link);
/* Views borrow from ${ret_raw}. */
ROWAN_MUST int follow_get_link(struct follow *f, const struct id16 *chain,
	uint64_t number, struct follow_link *ret, struct buf *ret_raw);
ROWAN_MUST int follow_put_record(
	struct follow *f, uint64_t number, struct bytes record);
/* The clinic as it was before statement ${number}. */
ROWAN_MUST int follow_clinic_at(
	struct follow *f, uint64_t number, struct clinic *ret);

ROWAN_MUST int follow_put_card(struct follow *f, struct bytes card,
	uint64_t logged, uint64_t logged_at);
ROWAN_MUST int follow_put_revoked(struct follow *f, const struct id16 *device,
	uint64_t number, uint64_t time);
/* Whose subject this is: 0, or ROWAN_E_NOT_FOUND. */
ROWAN_MUST int follow_subject(
	struct follow *f, const struct wire_hash *subject, struct id16 *ret);

/* Links that were withheld from us. */
ROWAN_MUST int follow_put_hole(
	struct follow *f, uint64_t number, const struct wire_hash *subject);
ROWAN_MUST int follow_fill_hole(
	struct follow *f, uint64_t number, const struct wire_hash *subject);
ROWAN_MUST int follow_next_hole(struct follow *f, uint64_t from, uint64_t *ret);
ROWAN_MUST int follow_hole_of(
	struct follow *f, const struct wire_hash *subject);

ROWAN_MUST int follow_put_case(
	struct follow *f, const struct case_state *c, bool current, bool fresh);
ROWAN_MUST int follow_load(struct follow *f);

/* ---- follow_cut.c ---- */

/*
 * What was lost for good. The clinic's chain without what stands behind
 * ${from}, of which ${old} are all statements there; of a chain only the links.
 */
ROWAN_MUST int follow_cut(struct follow *f, uint64_t from,
	const struct follow_old *old, size_t count);
ROWAN_MUST int follow_drop_links(struct follow *f, const struct id16 *chain,
	uint64_t from, uint64_t last);
/*
 * Whoever was shut out by what was lost stays out here: a device for ever, a
 * member of a channel until somebody who may has decided anew. With the zero
 * id and 0: the case is lost, and we know it; and FOLLOW_CLOSED: it was closed.
 */
#define FOLLOW_CLOSED 255
ROWAN_MUST int follow_hold_device(struct follow *f, const struct id16 *device);
ROWAN_MUST int follow_hold(struct follow *f, const struct case_state *lost,
	const struct id16 *member, uint8_t channel);
ROWAN_MUST int follow_unhold(struct follow *f, const struct id16 *case_id,
	const struct id16 *member, uint8_t channel);
/*
 * Somebody who may has decided on it by ${s}: it counts, but not what was
 * signed before what shut them out, nor by a device that is out itself.
 */
ROWAN_MUST int follow_decided(struct follow *f, const struct wire_statement *s,
	const struct id16 *member, uint8_t channel);
/* 0: not held; ROWAN_E_RULE, or ROWAN_E_REVOKED for the device. */
ROWAN_MUST int follow_held(struct follow *f, const struct id16 *case_id,
	const struct id16 *member, uint8_t channel);
ROWAN_MUST int follow_held_device(struct follow *f, const struct id16 *device);

/* The restore behind which a case was read again. ROWAN_E_NOT_FOUND. */
ROWAN_MUST int follow_put_under(struct follow *f, const struct id16 *case_id,
	const struct wire_hash *restore);
ROWAN_MUST int follow_get_under(
	struct follow *f, const struct id16 *case_id, struct wire_hash *ret);

/* ---- follow.c ---- */

struct known_case *follow_find(struct follow *f, const struct id16 *case_id);
/* Found or made; NULL without memory or room. */
struct known_case *follow_known(struct follow *f, const struct id16 *case_id);
void follow_drop(struct follow *f, struct known_case *k);
/* A transaction of follow's own; end commits when ${rc} is 0. */
ROWAN_MUST int follow_open(struct follow *f);
ROWAN_MUST int follow_close(struct follow *f, int rc);
/* What this device may see by its newest card. */
ROWAN_MUST int follow_self(struct follow *f);
/* What a peer's statement can be, against what is our own fault. */
bool follow_verdict(int rc);
/* Whether the daemon must show us all of a case. */
bool follow_sees_all(const struct follow *f, const struct known_case *k);

/* ---- follow_vouch.c ---- */

/*
 * When a registrar's card was taken in, less may have been known than now:
 * the member's earlier cards, the case of a victim. Judged again: 0, or a
 * verdict, ROWAN_E_SIGNER when the registrar had no right to issue it.
 */
ROWAN_MUST int follow_vouch(struct follow *f, const struct case_state *c,
	const struct trust_card *card);
void follow_vouch_again(struct follow *f);

/* ---- follow_return.c ---- */

/* Whether a restore says why the daemon has less of a chain than we have. */
bool follow_back_covers(struct follow *f, const struct id16 *chain);
/*
 * Whether the waiting of that restore is over: what is not back is lost, or
 * was signed since and hidden. Of the clinic's chain while the restore does
 * not stand in ours, of a case's once it does.
 */
bool follow_back_late(struct follow *f, const struct id16 *chain);
/* While that one waits: whether one that stands in our chain says why. */
bool follow_back_earlier(struct follow *f, const struct id16 *chain);
/*
 * Whether it is a restore that says why the clinic's chain goes on without
 * what we have behind its head; and it stands in ours not yet.
 */
bool follow_back_opens(struct follow *f, const struct wire_statement *s);
/* The daemon's newest is ${number}: what comes after it is to be given. */
void follow_back_behind(
	struct follow *f, struct follow_chain *c, uint64_t number);
/* Something to ask, or to give; when next. */
bool follow_back_due(struct follow *f, uint64_t now_ms);
uint64_t follow_back_wait(const struct follow *f, uint64_t now_ms);
ROWAN_MUST int follow_back_ask(struct follow *f, uint64_t now_ms);
void follow_back_answer(struct follow *f, enum follow_ask asked,
	const struct requests_outcome *o);
/* Whether the application has heard of this restore; it has from now on. */
ROWAN_MUST int follow_back_heard(
	struct follow *f, struct bytes raw, bool *ret_known);
ROWAN_MUST int follow_start(
	struct follow *f, uint16_t op, const struct writer *body);

/* ---- follow_anew.c ---- */

/* To be read again; false: no restore says why, or it was tried. */
bool follow_anew(
	struct follow *f, const struct id16 *chain, struct follow_chain *c);
/*
 * It is another than ours. As above, and of the clinic's chain a restore that
 * says why is looked for first, where the newest does not.
 */
bool follow_anew_other(
	struct follow *f, const struct id16 *chain, struct follow_chain *c);
/* A case was, in the open transaction: not again behind the same restore. */
ROWAN_MUST int follow_anew_done(struct follow *f, const struct id16 *case_id);
/* What is to be read again, and behind which number, if anything. */
ROWAN_MUST int follow_anew_next(struct follow *f, struct id16 *ret,
	uint64_t *ret_after, bool *ret_found);
void follow_anew_answer(struct follow *f, const struct requests_outcome *o,
	const struct wire_chain_answer *a);
void follow_anew_end(struct follow *f);
/* Our statements of a chain behind ${from}; the caller frees them. */
ROWAN_MUST int follow_old_read(struct follow *f, const struct id16 *chain,
	uint64_t from, struct follow_old **ret, size_t *ret_count);
/* How many of them are in what was read. */
size_t follow_old_common(
	const struct follow *f, const struct follow_old *old, size_t count);
/* The application is told of one. */
ROWAN_MUST int follow_old_lost(struct follow *f, const struct id16 *chain,
	const struct id16 *channel, const struct follow_old *old);

/* On with what was read, whole; codes of the rules when it is not to be. */
ROWAN_MUST int follow_clinic_anew(
	struct follow *f, const struct wire_chain_head *newest);
ROWAN_MUST int follow_case_anew(struct follow *f, struct known_case *k,
	const struct wire_chain_head *newest);

/* ---- answers ---- */

void follow_clinic_answer(struct follow *f, const struct wire_chain_answer *a);
void follow_holes_answer(struct follow *f, const struct wire_chain_answer *a);
void follow_case_answer(struct follow *f, struct known_case *k,
	const struct wire_chain_answer *a);
void follow_case_refused(struct follow *f, struct known_case *k);
void follow_list_answer(struct follow *f, const struct wire_cases_answer *a);
void follow_all_answer(struct follow *f, const struct wire_cases_all_answer *a);
void follow_next_change(struct follow *f, struct known_case *k);

/* ---- follow_look.c ---- */

void follow_entitled_wipe(struct known_case *k);

/* ---- follow_heads.c ---- */

struct follow_finding {
	enum rowan_alarm alarm;
	struct id16 case_id;
	struct id16 device;
	uint64_t number; /* of the statement */
};

/* Raise it once until there is news; in the open transaction or its own. */
ROWAN_MUST int follow_alarm(struct follow *f, struct follow_chain *chain,
	const struct follow_finding *what);
/* What a statement that was refused as ${rc} means. */
enum rowan_alarm follow_meaning(int rc);
/*
 * The newest head the daemon shows, against ours: 0; ROWAN_E_AGAIN, there is
 * more; ROWAN_E_CHAIN, with an alarm.
 */
ROWAN_MUST int follow_newest(struct follow *f, const struct id16 *chain,
	const struct wire_chain_head *ours,
	const struct wire_chain_head *newest);
/* What we were told to find at ${number} of a chain. ROWAN_E_CHAIN. */
ROWAN_MUST int follow_expected(struct follow *f, const struct id16 *chain,
	uint64_t number, const struct wire_hash *head);
/* Alarm when the daemon's newest, ${number}, is less than we were told. */
ROWAN_MUST int follow_owed(
	struct follow *f, const struct id16 *chain, uint64_t number);
/* Whether we were told of a statement behind ${number}: its number. */
ROWAN_MUST int follow_told_more(struct follow *f, const struct id16 *chain,
	uint64_t number, uint64_t *ret);

#endif
