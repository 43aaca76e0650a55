/*
 * The messages of this device's channels: what was written and what came, in
 * the order of the channel, with what is known of where each has got to.
 *
 *	own:	   WAITING -> SENT -> DELIVERED -> READ
 *		      |  outbox gave up, taken back, too late
 *		      +-> FAILED
 *	received:  NEW -> SEEN
 *	held:	   not shown, not counted, not to be found before its time;
 *		   then fetched, opened, and received like any other
 *
 * Trusts who it is told a message is from (the channel has opened it), and
 * nothing that stands in it: a receipt counts only for a message of ours in
 * the same channel, a bar only in the team's, a handed-over message is the
 * word of whoever hands it over. An id that is here already is not taken
 * again, so that what comes twice is shown once; but it is said once more
 * that it came.
 *
 *	MESSAGE "c"+channel/0	how many are unread, where the next goes
 *	MESSAGE "l"/n		channel n
 *	MESSAGE "m"+channel/place one message (messages_row.h)
 *	MESSAGE "i"+id/0	where it is, or that it was forgotten
 *	MESSAGE "r"+id/device	what that device said of an own message
 *	MESSAGE "n"+channel+member/0	a name
 *	MESSAGE "b"+case+member/0	barred or not any more
 *	MESSAGE "b"+case/n	the n-th member of that list
 *	MESSAGE "h"/n		held, waiting for its time
 *	MESSAGE "p"+channel/kind	receipts to be sent
 *	MESSAGE "g"+channel/0	what was handed over and not told yet
 *	MESSAGE "x"/n		own, waiting, until then
 *
 * Belongs to the session's thread.
 */
#ifndef SESSION_MESSAGES_H
#define SESSION_MESSAGES_H

#include <rowan.h>

#include "session/channel/content.h"
#include "session/vault/events.h"
#include "session/transfer/transfer.h"

struct messages;

/*
 * What the outbox is asked to send: sealed when the channel allows, with the
 * heads and the epoch of that moment in place of the zeros in ${content}.
 */
struct messages_post {
	struct id16 case_id;
	struct id16 channel;
	const struct content *content;
	bool kept; /* a row of its own: messages_sent or _unsent is called */
	bool urgent;
	uint32_t lifetime; /* seconds, 0: the daemon's default */
	/* Must be TRANSFER_DONE before it may leave. */
	struct id16 blobs[2];
	size_t blob_count;
};

struct messages_options {
	struct vault *vault;
	struct events *events;
	struct transfer *transfer;
	/*
	 * Keep to be sent, inside the transaction that is open. ROWAN_E_REFUSED
	 * for a channel this device does not take part in, ROWAN_E_QUOTA.
	 */
	int (*post)(void *ctx, const struct messages_post *post);
	/*
	 * Take back, inside the transaction that is open. ROWAN_E_STATE when it
	 * has left or may have.
	 */
	int (*unpost)(void *ctx, const struct id16 *message);
	/*
	 * The case and the kind (enum wire_channel_kind) of a channel.
	 * ROWAN_E_REFUSED for one this device knows nothing of.
	 */
	int (*channel)(void *ctx, const struct id16 *channel,
		struct id16 *ret_case, uint8_t *ret_kind);
	/*
	 * A device says that it has a message of this device, inside the
	 * transaction that is open. May be NULL.
	 */
	int (*delivered)(void *ctx, const struct id16 *message,
		const struct id16 *device);
	/*
	 * A transaction of messages' own did not happen: tell everybody who
	 * keeps something in memory, messages excepted.
	 */
	void (*aborted)(void *ctx);
	void *ctx;
};

/**
 * messages_new(ret, options), messages_free(x):
 * Go on with what the vault has; everything in ${options} is borrowed.
 */
ROWAN_MUST int messages_new(
	struct messages **ret, const struct messages_options *options);
void messages_free(struct messages *x);

/**
 * messages_self(x, member, device, role):
 * Who this device is; told before anything is written or taken, and again
 * when its card comes. Read receipts go out unless ${role} is a victim's;
 * messages_read_receipts says otherwise, and is kept.
 */
void messages_self(struct messages *x, const struct id16 *member,
	const struct id16 *device, enum rowan_role role);
ROWAN_MUST int messages_read_receipts(struct messages *x, bool on);

/**
 * messages_time(x, now):
 * The daemon's time in seconds, whenever the session learns it and before
 * each step; 0: not known.
 */
void messages_time(struct messages *x, uint64_t now);

/**
 * messages_aborted(x):
 * A transaction in which one of these was called did not happen.
 */
void messages_aborted(struct messages *x);

/* --- Called by the mailbox, inside its transaction ------------------------ */

/* Where an opened message comes from. */
struct messages_from {
	struct id16 case_id;
	struct id16 channel;
	struct id16 member;
	struct id16 device;
	uint64_t received; /* daemon's time */
	bool urgent;
};

/**
 * messages_take(x, from, content):
 * Take in one encoded Content as it was opened; heads are the caller's to
 * compare. Adds MESSAGE, NAME, BAR, HISTORY, DELIVERED, READ, or UNREADABLE
 * for content that is not right: the peer's faults are no error. Errors are
 * the vault's; the caller then gives the transaction up.
 */
ROWAN_MUST int messages_take(struct messages *x,
	const struct messages_from *from, struct bytes content);

/**
 * messages_unreadable(x, from, code):
 * One of ${from} could not be opened: adds UNREADABLE.
 */
ROWAN_MUST int messages_unreadable(
	struct messages *x, const struct messages_from *from, int code);

/**
 * messages_joined(x, channel, ours):
 * A device has come into the channel: what we are called is said again, if it
 * was said; with ${ours}, the commit that added it was this device's, the
 * team's bar list too.
 */
ROWAN_MUST int messages_joined(
	struct messages *x, const struct id16 *channel, bool ours);

/* --- Called by the outbox, inside its transaction ------------------------- */

/**
 * messages_sent(x, message, received), messages_unsent(x, message, code):
 * A post with ${kept} is durable at the daemon since ${received}; will not be
 * sent. Adds SENT or UNSENT and drops its blobs. Harmless for one that was
 * forgotten.
 */
ROWAN_MUST int messages_sent(
	struct messages *x, const struct id16 *message, uint64_t received);
ROWAN_MUST int messages_unsent(
	struct messages *x, const struct id16 *message, int code);

/**
 * messages_unreached(x, u):
 * It is at the daemon and one of those for whom it was will not get it: adds
 * UNREACHED; and UNSENT, when nobody has it or is waited for. Of a hand-over
 * both name the message that was handed.
 */
struct outbox_unreached;
ROWAN_MUST int messages_unreached(
	struct messages *x, const struct outbox_unreached *u);

/* --- Called by the session ------------------------------------------------ */

/**
 * messages_got(x, what, rc, data):
 * As transfer_options.got.
 */
void messages_got(struct messages *x, const struct transfer_what *what, int rc,
	struct bytes data);

/**
 * messages_step(x, now_ms), messages_wait(x, now_ms):
 * Do what is due: send receipts, open what was held, give up what is too
 * late; milliseconds until there is more. Errors are the vault's.
 */
ROWAN_MUST int messages_step(struct messages *x, uint64_t now_ms);
uint64_t messages_wait(struct messages *x, uint64_t now_ms);

/* --- Called for the application; in transactions of their own ------------- */

/* What is to be written. NULL or 0: none. */
struct messages_draft {
	struct bytes text;
	const char *path; /* of an attachment */
	const char *name, *media;
	bool incident; /* diary */
	uint64_t from, until;
	const char *kind;
	uint64_t hold;
	uint32_t lifetime;
	bool urgent;
};

/**
 * messages_write(x, channel, draft, ret):
 * As rowan_send; messages_cancel as rowan_cancel.
 */
ROWAN_MUST int messages_write(struct messages *x, const struct id16 *channel,
	const struct messages_draft *draft, struct id16 *ret);
ROWAN_MUST int messages_cancel(struct messages *x, const struct id16 *message);
ROWAN_MUST int messages_set_name(
	struct messages *x, const struct id16 *channel, struct bytes name);
/* ${channel}: the team's, else ROWAN_E_RULE. */
ROWAN_MUST int messages_bar(struct messages *x, const struct id16 *channel,
	const struct content_bar *bar);
/* ${ids}: of messages of one channel. */
ROWAN_MUST int messages_hand_over(
	struct messages *x, const struct id16 *ids, size_t count);
ROWAN_MUST int messages_mark_read(
	struct messages *x, const struct id16 *message);
ROWAN_MUST int messages_forget(struct messages *x, const struct id16 *message);
ROWAN_MUST int messages_fetch(
	struct messages *x, const struct id16 *message, const char *path);
ROWAN_MUST int messages_fetch_cancel(
	struct messages *x, const struct id16 *message);

/* --- Looking -------------------------------------------------------------- */

struct messages_row;

/**
 * messages_get(x, id, ret), messages_next(x, channel, after, ret),
 * messages_last(x, channel, before, ret):
 * As rowan_message_get and so on; ends with messages_row_wipe
 * (messages_row.h).
 */
ROWAN_MUST int messages_get(
	struct messages *x, const struct id16 *id, struct messages_row *ret);
ROWAN_MUST int messages_next(struct messages *x, const struct id16 *channel,
	uint64_t after, struct messages_row *ret);
ROWAN_MUST int messages_last(struct messages *x, const struct id16 *channel,
	uint64_t before, struct messages_row *ret);

/**
 * messages_unread(x, channel):
 * Of a channel, or with NULL of all. 0 when the vault cannot be read.
 */
size_t messages_unread(struct messages *x, const struct id16 *channel);

/**
 * messages_name(x, channel, member, ret):
 * What a member said they are called, in a channel or, with the zero id, last
 * anywhere. ROWAN_E_NOT_FOUND. Ended by buf_wipe.
 */
ROWAN_MUST int messages_name(struct messages *x, const struct id16 *channel,
	const struct id16 *member, struct buf *ret);

/**
 * messages_barred(x, case_id, member, ret):
 * Whether the bar list of the case's team names a member. Errors are the
 * vault's.
 */
ROWAN_MUST int messages_barred(struct messages *x, const struct id16 *case_id,
	const struct id16 *member, bool *ret);

#endif
