/*
 * The inside of acts.h, shared by its files.
 *
 *	acts.c		what can be asked for
 *	acts_make.c	statements made, checked and recognised
 *	acts_row.c	what the vault keeps
 *	acts_step.c	bringing them
 */
#ifndef SESSION_ACTS_INNER_H
#define SESSION_ACTS_INNER_H

#include "session/acts/acts.h"
#include "trust/rules.h"

enum act_state {
	ACT_WANTED = 1, /* not signed, or to be signed anew */
	ACT_SIGNED = 2,
	ACT_ENDED = 3 /* quiet ones, until they are forgotten */
};

enum act_flags {
	ACT_QUIET = 0x01,
	ACT_KEEP = 0x02,   /* quiet: until acts_forget */
	ACT_FOREIGN = 0x04 /* signed elsewhere */
};

/*
 * One act. ${want} is a whole statement of which only signer, kind and body
 * count; ${raw} the one that was signed, or empty.
 */
struct act {
	struct acts *acts;
	uint64_t number;
	uint8_t state; /* enum act_state */
	uint8_t flags; /* enum act_flags */
	int32_t code;  /* ended */
	struct id16 chain;
	uint64_t base; /* where the chain stood when it was asked for */
	struct buf want, raw;

	/* Nothing of these outlives the process. */
	bool asking;   /* the daemon, at this moment */
	bool accepted; /* it said so */
	bool anew;     /* sign again before it is brought */
	unsigned refused, tries;
	uint64_t not_before; /* monotonic, of the next try */
	bool pause;
};

struct acts {
	struct acts_options o;
	uint64_t next;
	struct act **act; /* by number */
	size_t count, room;
	bool online;
	bool unread;	   /* the vault could not be read */
	uint64_t retry_at; /* monotonic */
};

/* ---- acts_row.c ---- */

ROWAN_MUST int act_load(struct acts *a);
void act_unload(struct acts *a);
/* In the open transaction. */
ROWAN_MUST int act_put(const struct act *t);
ROWAN_MUST int act_add(struct acts *a, const struct act *like, uint64_t *ret);
ROWAN_MUST int act_delete(struct act *t);
struct act *act_find(const struct acts *a, uint64_t number);
/* A transaction of acts' own around changes; none when one is open. */
ROWAN_MUST int act_open(struct acts *a, bool *ret_own);
ROWAN_MUST int act_close(struct acts *a, bool own, int rc);

/* ---- acts_make.c ---- */

/* A chain as it will be once everything that waits has happened. */
struct act_view {
	struct clinic clinic;
	struct case_state c;
	bool of_case;
};

/* As the chain of ${chain} is now; as after the acts that wait in it. */
ROWAN_MUST int act_view_now(
	struct acts *a, const struct id16 *chain, struct act_view *ret);
ROWAN_MUST int act_view_later(
	struct acts *a, const struct id16 *chain, struct act_view *ret);
void act_view_wipe(struct act_view *v);

uint64_t act_view_number(const struct act_view *v);

/*
 * Sign what is wanted as the next statement of ${v}, and check it by all
 * rules; the caller owns ${ret_raw}. Codes of rules_check.
 */
ROWAN_MUST int act_make(struct acts *a, const struct act_view *v,
	struct bytes want, struct buf *ret_raw);
/* The rules about one that is signed, as of ${v}. */
ROWAN_MUST int act_check(
	struct acts *a, const struct act_view *v, struct bytes raw);

/*
 * Whether the chain has got the act since it was asked for: 0,
 * ROWAN_E_NOT_FOUND; ROWAN_E_STALE when it has got something instead that
 * makes the act pointless.
 */
ROWAN_MUST int act_happened(struct acts *a, const struct act *t);

#endif
