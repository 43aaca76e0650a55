/*
 * The inside of outbox.h: what its files share.
 *
 *	outbox.c	what is kept, in memory and in the vault
 *	outbox_row.c	its form at rest
 *	outbox_send.c	sealing, submitting, and what the daemon answers
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
	bool blobs; /* waits for one to be at the daemon */
	uint32_t generation;
	uint64_t sent;
	uint64_t due_ms; /* not before */
	size_t len;	 /* of the content */
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
ROWAN_MUST int outbox_put_counter(struct outbox *x, uint64_t counter);
struct outbox_item *outbox_item(struct outbox *x, uint64_t n);

/* outbox_send.c: one piece of work; ${ret} whether there was any. */
ROWAN_MUST int outbox_send(struct outbox *x, bool *ret);

#endif
