/*
 * The inside of outbox.h: what its files share.
 *
 *	outbox.c	what is kept, in memory and in the vault
 *	outbox_row.c	its form at rest
 *	outbox_send.c	sealing, submitting, and what the daemon answers
 *	outbox_owed.c	what was sent and has to go again
 */
#ifndef SESSION_OUTBOX_INNER_H
#define SESSION_OUTBOX_INNER_H

#include "session/message/outbox_row.h"

#define OUTBOX_FLIGHTS 16 /* submissions unanswered, one a channel */
#define OUTBOX_BATCH   16 /* messages in one */

/* What memory knows of a row. */
struct outbox_item {
	uint64_t n;
	struct id16 channel;
	uint8_t state;
	bool flying;
	bool blobs;  /* waits for one to be at the daemon */
	bool missed; /* was meant for a device that was not in the group */
	uint32_t generation;
	struct id16 group_id;
	uint64_t epoch; /* up to which the group was looked at for it */
	uint64_t sent;
	uint64_t due_ms;   /* not before */
	uint64_t again_ms; /* nor sealed again for who missed it */
	unsigned again;	   /* how often it was */
	uint64_t awaited;  /* a bit of each of them: whether to look */
	size_t len;	   /* of the content */
};

struct outbox_flight {
	struct outbox *x;
	bool used;
	struct id16 channel;
	struct channel_at at;
	size_t count;
	uint64_t n[OUTBOX_BATCH];
};

struct outbox {
	struct outbox_options o;
	uint64_t counter, next;
	struct outbox_item *items; /* in order */
	size_t count, cap, waiting;
	struct outbox_flight flight[OUTBOX_FLIGHTS];
	uint32_t buckets[WIRE_BUCKETS_MAX];
	size_t bucket_count;
	uint32_t message_bytes;
	bool online, reload, looked, ending;
	int error;
	uint64_t now_ms, due_ms, swept_ms;
	uint64_t pause_ms; /* the vault has failed: not before */
};

/* outbox.c; writing and dropping change memory, too: see outbox_aborted. */
struct bytes outbox_name(const char *what);
ROWAN_MUST int outbox_commit(struct outbox *x, int rc);
ROWAN_MUST int outbox_read(
	struct outbox *x, uint64_t n, struct outbox_row *ret);
ROWAN_MUST int outbox_write(
	struct outbox *x, uint64_t n, const struct outbox_row *row);
ROWAN_MUST int outbox_drop(
	struct outbox *x, uint64_t n, const struct outbox_row *row);
/* Memory is as the vault has it. */
ROWAN_MUST int outbox_fresh(struct outbox *x);
ROWAN_MUST int outbox_put_counter(struct outbox *x, uint64_t counter);
/* Whether it was in the list. */
bool outbox_take_out(
	struct id16 *list, size_t *count, const struct id16 *device);
struct outbox_item *outbox_item(struct outbox *x, uint64_t n);

/* outbox_send.c: one piece of work; ${ret} whether there was any. */
ROWAN_MUST int outbox_send(struct outbox *x, bool *ret);
/* It never will be sent, with a code; it is to be sealed anew. */
ROWAN_MUST int outbox_unsent(
	struct outbox *x, uint64_t n, const struct outbox_row *row, int code);
ROWAN_MUST int outbox_anew(
	struct outbox *x, uint64_t n, struct outbox_row *row);

/*
 * outbox_owed.c. Before a row is sealed: who is to say that they have it, and
 * who is missing. Whether somebody in the group was not meant. Whether what
 * was sent may have to go again; seal again what has to.
 */
ROWAN_MUST int outbox_await(struct outbox *x, struct outbox_row *row);
ROWAN_MUST int outbox_others(
	struct outbox *x, const struct outbox_row *row, bool *ret);
bool outbox_owes(struct outbox *x, const struct outbox_item *it);
/*
 * The daemon has it: who has no device that it could reach, which is told; is
 * there nobody else? And of a row that ends, which devices never got it.
 */
ROWAN_MUST int outbox_without(
	struct outbox *x, const struct outbox_row *row, bool *ret_nobody);
ROWAN_MUST int outbox_missed(
	struct outbox *x, const struct outbox_row *row, int code);
uint64_t outbox_bit(const struct id16 *device);
ROWAN_MUST int outbox_owed(struct outbox *x, const struct id16 *channel);

#endif
