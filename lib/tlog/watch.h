/*
 * Watching a log: what somebody has seen of it, and whether what it shows now
 * goes with that. The same for clients, witnesses and auditors.
 *
 * Trusts what it has seen before and verified. Never takes a checkpoint as
 * newer that is not proved to begin with the one before.
 */
#ifndef TLOG_WATCH_H
#define TLOG_WATCH_H

#include "tlog/checkpoint.h"
#include "tlog/merkle_proof.h"

struct watch {
	uint64_t size; /* of the newest tree that was seen; 0: none yet */
	struct merkle_hash root;
	uint64_t time; /* when that was signed */
};

enum watch_verdict {
	WATCH_SAME = 0,	  /* nothing new */
	WATCH_GROWN = 1,  /* to be proved: watch_grow */
	WATCH_OLDER = 2,  /* an earlier checkpoint; says nothing new */
	WATCH_FORK = 3,	  /* another tree of the same size */
	WATCH_SHRUNK = 4, /* signed later, and smaller */
	WATCH_STALE = 5	  /* signed too long ago */
};

#define WATCH_SAVED_LEN (1 + 8 + 32 + 8)

/**
 * watch_init(w):
 * Nothing was seen yet.
 */
void watch_init(struct watch *w);

/**
 * watch_time(c, ret):
 * When a checkpoint was signed, from its line "time". ROWAN_E_MALFORMED when
 * it has none.
 */
ROWAN_MUST int watch_time(const struct checkpoint *c, uint64_t *ret);

/**
 * watch_judge(w, c, now, limit):
 * How a verified checkpoint stands to what was seen. Stale is what has not
 * grown and was signed more than ${limit} seconds before ${now}; 0: nothing
 * is. Judge again after watch_grow.
 */
enum watch_verdict watch_judge(const struct watch *w,
	const struct checkpoint *c, uint64_t now, uint64_t limit);

/**
 * watch_grow(w, c, proof):
 * Take a grown checkpoint as the newest, if ${proof} shows that it begins with
 * the one before; the first one needs none. ROWAN_E_CHAIN when it does not:
 * that is a fork, too.
 */
ROWAN_MUST int watch_grow(struct watch *w, const struct checkpoint *c,
	const struct merkle_proof *proof);

/**
 * watch_save(w, ret), watch_load(w, input):
 * The versioned form at rest. ROWAN_E_TOO_NEW, ROWAN_E_CORRUPT.
 */
void watch_save(const struct watch *w, uint8_t ret[WATCH_SAVED_LEN]);
ROWAN_MUST int watch_load(struct watch *w, struct bytes input);

/**
 * watch_verdict_name(v):
 * A word for people. Static.
 */
const char *watch_verdict_name(enum watch_verdict v);

#endif
