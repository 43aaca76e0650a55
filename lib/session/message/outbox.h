/*
 * The outbox: what this device has said and the daemon may not have yet.
 *
 *	          channel ready             code 0
 *	WAITING ----------------> SEALED -----------> SENT ---> gone
 *	   ^                      |  |                 |  delivered to all
 *	   +--- epoch is over ----+  +-- never: UNSENT |
 *	   +--- channel was reset, or who missed it came
 *
 * A message is sealed in the channel's current epoch under the next counter
 * of this device, and both are in the vault before a byte leaves. Without an
 * answer the same bytes go again under the same counter; when the epoch is
 * over first, the content is sealed anew. The content keeps its id, by which
 * whoever gets it twice knows it. What was sent is kept until every device
 * that was in the channel has said that it has it (at most OUTBOX_KEPT_S), to
 * be sealed again when the channel is reset before that.
 *
 * A word is for those who had a part in the channel, as this device knew it,
 * when it was written. Sealed is what all in the group can open: so when
 * somebody else is in it by then, the word does not go, and its writer decides
 * anew. A device of theirs that was not in the group yet, for want of a key
 * package, does not hold the word up: it is sealed again once the device is
 * in, if nobody else came meanwhile; else its writer hears of the device. Those
 * who come one after the other have it sealed again ever more seldom. Of a
 * member whose devices are all gone, or away for long, the writer hears at
 *once.
 *
 * Belongs to the session's thread. Changes the vault in transactions of its
 * own, but for outbox_put, outbox_cancel, outbox_delivered, outbox_replaced and
 * outbox_skip.
 */
#ifndef SESSION_OUTBOX_H
#define SESSION_OUTBOX_H

#include "session/channel/channel.h"
#include "session/transfer/transfer.h"

#define OUTBOX_WAITING_MAX 1024		    /* not sent yet */
#define OUTBOX_BLOBS_MAX   2		    /* of one message */
#define OUTBOX_KEPT_S	   (30 * 24 * 3600) /* after it was sent */

struct outbox;
struct proofs_submitted;

/* Who will not get what the daemon has. */
struct outbox_unreached {
	struct id16 message;
	struct id16 member; /* zero: whose device it is */
	struct id16 device; /* zero: the member has none that could */
	int code;
	bool nobody; /* and nobody else is waited for any more */
};

struct outbox_options {
	struct vault *vault;
	struct requests *requests;
	struct channels *channels;
	struct transfer *transfer;
	/*
	 * Inside the outbox's transaction: the daemon has it (${time} is its
	 * clock, 0: not known); it never will, with a code. Other codes than
	 * 0 end the transaction, which is tried again later. Only of what was
	 * put with ${kept}.
	 */
	int (*sent)(void *ctx, const struct id16 *message, uint64_t time);
	int (*unsent)(void *ctx, const struct id16 *message, int code);
	/*
	 * In the same way: of those for whom it was, one will not get it; NULL:
	 * nobody wants to know.
	 */
	int (*unreached)(void *ctx, const struct outbox_unreached *u);
	/*
	 * Before ${sent}, in the same transaction: where the log has the
	 * envelope; NULL: nobody wants to know.
	 */
	int (*logged)(void *ctx, const struct proofs_submitted *s);
	/* The transaction did not happen; channels_aborted was called. */
	void (*aborted)(void *ctx);
	void *ctx;
};

/* Something to say. */
struct outbox_post {
	struct id16 channel;
	struct bytes content; /* encoded; its heads are filled in later */
	bool urgent;
	bool kept;	   /* somebody wants to know what became of it */
	uint32_t lifetime; /* seconds at the daemon; 0: its default */
	struct id16 blobs[OUTBOX_BLOBS_MAX]; /* must be there first */
	size_t blob_count;
	/* For nobody but them and ourselves; NULL: whoever is there. */
	const struct id16 *members;
	size_t member_count;
};

/**
 * outbox_new(ret, options), outbox_free(x):
 * Go on with what the vault has.
 */
ROWAN_MUST int outbox_new(
	struct outbox **ret, const struct outbox_options *options);
void outbox_free(struct outbox *x);

/**
 * outbox_put(x, post):
 * Keep it to be sent, inside the caller's transaction. ROWAN_E_QUOTA with
 * OUTBOX_WAITING_MAX waiting, ROWAN_E_INVAL for content that does not decode.
 * When it may not go to somebody in the channel: unsent, ROWAN_E_STALE.
 */
ROWAN_MUST int outbox_put(struct outbox *x, const struct outbox_post *post);

/**
 * outbox_cancel(x, message):
 * Take back what has not been sealed, inside the caller's transaction.
 * ROWAN_E_STATE once it may have left, ROWAN_E_NOT_FOUND.
 */
ROWAN_MUST int outbox_cancel(struct outbox *x, const struct id16 *message);

/**
 * outbox_delivered(x, message, device):
 * A device says that it has a message, inside the caller's transaction.
 * Harmless for one that is not here.
 */
ROWAN_MUST int outbox_delivered(struct outbox *x, const struct id16 *message,
	const struct id16 *device);

/**
 * outbox_replaced(x, channel, device):
 * A device came into the group, inside the caller's transaction: what was
 * sealed when it was in it before, and it has not said to have, is sealed
 * again for it.
 */
ROWAN_MUST int outbox_replaced(struct outbox *x, const struct id16 *channel,
	const struct id16 *device);

/**
 * outbox_aborted(x):
 * The transaction in which one of these was called did not happen.
 */
void outbox_aborted(struct outbox *x);

/**
 * outbox_greeted(x, hello), outbox_online(x, current):
 * The daemon's limits; whether to send (channels_online has been told).
 */
void outbox_greeted(struct outbox *x, const struct wire_hello_answer *hello);
void outbox_online(struct outbox *x, bool current);

/**
 * outbox_moved(x, channel):
 * A channel can be written to now, is in another epoch, or, with NULL, a blob
 * is at the daemon.
 */
void outbox_moved(struct outbox *x, const struct id16 *channel);

/**
 * outbox_counter(x):
 * The highest submission counter this vault has used; the daemon's must not
 * be above it.
 */
uint64_t outbox_counter(const struct outbox *x);

/**
 * outbox_skip(x, counter):
 * Inside the caller's transaction: nothing up to ${counter} is used again,
 * and whatever was sealed is sealed anew. After a readmission.
 */
ROWAN_MUST int outbox_skip(struct outbox *x, uint64_t counter);

/**
 * outbox_step(x, now_ms), outbox_wait(x, now_ms):
 * Do what is due, a bounded piece of it; milliseconds until there is more to
 * do without being woken. Errors are the vault's.
 */
ROWAN_MUST int outbox_step(struct outbox *x, uint64_t now_ms);
uint64_t outbox_wait(const struct outbox *x, uint64_t now_ms);

#endif
