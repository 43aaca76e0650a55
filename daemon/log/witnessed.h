/*
 * Checkpoints and the cosignatures that witnesses brought for them: what may
 * still be cosigned, in memory, and what was, in the store.
 */
#ifndef LOG_WITNESSED_H
#define LOG_WITNESSED_H

#include "store/store.h"
#include "tlog/cosignature.h"

struct witnessed;

/* See head.h for all of these. */
ROWAN_MUST int witnessed_load(struct witnessed **ret, struct store *st);
void witnessed_free(struct witnessed *w);
ROWAN_MUST int witnessed_offer(
	struct witnessed *w, uint64_t size, struct bytes note);
ROWAN_MUST int witnessed_add(struct witnessed *w, uint64_t size,
	struct bytes line, const struct note_key *witness);

/*
 * What this witness is to look at: ${note} is the newest, of ${size}, and
 * becomes what it is given. Borrowed until the next call that changes ${w}.
 */
ROWAN_MUST int witnessed_meet(struct witnessed *w,
	const struct note_key *witness, uint64_t now, uint64_t size,
	struct bytes *note);
ROWAN_MUST int witnessed_find(
	const struct witnessed *w, size_t need, struct buf *ret);
ROWAN_MUST int witnessed_kept(
	const struct witnessed *w, size_t at, struct buf *ret);

#endif
