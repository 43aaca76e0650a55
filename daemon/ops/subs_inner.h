/*
 * What subs.c and notices.c share: not for anybody else.
 */
#ifndef OPS_SUBS_INNER_H
#define OPS_SUBS_INNER_H

#include "ops/subs.h"

/* What a subscriber is told, or was told, of one chain. */
struct heard {
	struct id16 chain;
	struct wire_chain_head newest;
	bool due;
};

struct sub {
	struct sub_options o;
	bool level;
	bool stands; /* its next item is kept back */
	bool ended;  /* its card has, and was not renewed */
	bool queued; /* in the list of those behind */
	struct sub *next, *prev;
	uint32_t head, tail; /* planned of this batch: index + 1, 0: none */
	struct heard *heard;
	size_t heard_count, heard_cap;
	size_t due; /* of these */
};

/* notices.c: what was planned is forgotten, or committed. */
void notices_forget(struct subs *s);
void notices_settle(struct subs *s);

/* Send ${sub} what is due, as far as its credit goes. */
void notices_push(struct batch *b, struct sub *sub);

/* What was sent on a subscription may not have left: it is due again. */
void notices_again(struct sub *sub);

/* The end of a subscription. */
void notices_drop(struct sub *sub);

#endif
