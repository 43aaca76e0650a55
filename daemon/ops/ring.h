/*
 * The way between the two threads: a bounded ring of pointers with one
 * producer and one consumer, and a wake-up that costs a system call only when
 * the other side sleeps.
 *
 * Trusts that exactly one thread puts and exactly one takes. Never blocks,
 * never grows, never owns what the pointers name.
 */
#ifndef OPS_RING_H
#define OPS_RING_H

#include <stdatomic.h>

#include "base/bytes.h"

struct ring {
	void **slot;
	size_t mask; /* number of slots - 1, a power of two - 1 */
	_Alignas(64) _Atomic size_t head; /* next to take, the consumer's */
	_Alignas(64) _Atomic size_t tail; /* next to put, the producer's */
};

/**
 * ring_init(r, cap):
 * Make ${r} an empty ring for at least ${cap} pointers, at most 2^20.
 * ROWAN_E_INVAL, ROWAN_E_NOMEM. The caller ends it with ring_wipe.
 */
ROWAN_MUST int ring_init(struct ring *r, size_t cap);

/**
 * ring_put(r, p):
 * Append ${p}, not NULL. Return false, with nothing changed, when the ring is
 * full. For the producer only.
 */
ROWAN_MUST bool ring_put(struct ring *r, void *p);

/**
 * ring_take(r, ret, max):
 * Take up to ${max} pointers, oldest first, into ${ret} and return how many.
 * For the consumer only.
 */
ROWAN_MUST size_t ring_take(struct ring *r, void **ret, size_t max);

/**
 * ring_empty(r):
 * Return true iff there is nothing to take. For the consumer only.
 */
bool ring_empty(const struct ring *r);

/**
 * ring_count(r):
 * How many wait, at some moment of the call. From either side.
 */
size_t ring_count(const struct ring *r);

/**
 * ring_wipe(r):
 * Free the slots, not what they name.
 */
void ring_wipe(struct ring *r);

/* The bell of one sleeper. */
struct wake {
	int fd; /* eventfd, readable after a ring */
	_Atomic int asleep;
};

/**
 * wake_init(w):
 * Get the descriptor. ROWAN_E_INTERNAL when none can be had. Ends with
 * wake_wipe.
 */
ROWAN_MUST int wake_init(struct wake *w);

/**
 * wake_doze(w), wake_rise(w, rang):
 * The sleeper's side: say that it is about to sleep, then look at its rings
 * once more, then poll ${w->fd} if they are empty; wake_rise afterwards in
 * any case, which clears the descriptor if poll found it readable.
 */
void wake_doze(struct wake *w);
void wake_rise(struct wake *w, bool rang);

/**
 * wake_ring(w):
 * The other side, after ring_put: wake the sleeper if it sleeps.
 */
void wake_ring(struct wake *w);

/**
 * wake_kick(w):
 * Wake the sleeper now, or keep it from its next sleep. From any thread.
 */
void wake_kick(struct wake *w);

/**
 * wake_wipe(w):
 * Close the descriptor.
 */
void wake_wipe(struct wake *w);

#endif
