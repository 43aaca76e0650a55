/*
 * The mailbox: what the daemon keeps for this device, taken in order.
 *
 *	subscribe after the mark -> pushes wait in memory, as many as credit
 *	was given -> a batch: MLS state, plaintext, events and the mark in one
 *	transaction of the vault -> acknowledged, credit renewed
 *
 * What the vault has is never shown twice and never lost: the mark is the
 * highest sequence that is safe, and what is below it is not looked at again.
 *
 * Memory is bounded by the credit, whatever waits at the daemon.
 *
 * Belongs to the session's thread.
 */
#ifndef SESSION_MAILBOX_H
#define SESSION_MAILBOX_H

#include "session/channel/channel.h"

#define MAILBOX_CREDIT 128		 /* envelopes not processed yet */
#define MAILBOX_BYTES  (8 * 1024 * 1024) /* of them; beyond: no new credit */
#define MAILBOX_BATCH  128		 /* envelopes in one transaction */

struct mailbox;

/* Who said something, where and when. */
struct mailbox_from {
	struct id16 case_id;
	struct id16 channel;
	uint8_t kind; /* enum wire_channel_kind */
	struct id16 member;
	struct id16 device;
	uint64_t received; /* daemon's time */
	bool urgent;
};

struct mailbox_options {
	struct vault *vault;
	struct events *events;
	struct requests *requests;
	struct channels *channels;
	/*
	 * Inside the mailbox's transaction: a message was opened; one cannot
	 * be read; somebody came into a channel. Other codes than 0 end the
	 * transaction, which is tried again later.
	 */
	int (*opened)(void *ctx, const struct mailbox_from *from,
		struct bytes content);
	int (*unreadable)(void *ctx, const struct mailbox_from *from, int code);
	int (*joined)(void *ctx, const struct id16 *channel, bool ours);
	/* The transaction did not happen; channels_aborted was called. */
	void (*aborted)(void *ctx);
	void *ctx;
};

/**
 * mailbox_new(ret, options), mailbox_free(x):
 * Read the mark. Everything in ${options} is borrowed.
 */
ROWAN_MUST int mailbox_new(
	struct mailbox **ret, const struct mailbox_options *options);
void mailbox_free(struct mailbox *x);

/**
 * mailbox_greeted(x), mailbox_lost(x):
 * The connection is greeted and the chains are caught up: subscribe. It is
 * gone: what waits in memory is dropped, it comes again.
 */
void mailbox_greeted(struct mailbox *x);
void mailbox_lost(struct mailbox *x);

/**
 * mailbox_push(x, m):
 * A push (WIRE_OP_PUSH), copied.
 */
void mailbox_push(struct mailbox *x, const struct wire_message *m);

/**
 * mailbox_noticed(x):
 * A notice has come (WIRE_OP_NOTICE): it has used up one of the envelopes of
 * credit.
 */
void mailbox_noticed(struct mailbox *x);

/**
 * mailbox_current(x):
 * Return true while nothing is known to wait: neither here nor at the daemon.
 */
bool mailbox_current(const struct mailbox *x);

/**
 * mailbox_step(x, now_ms), mailbox_wait(x, now_ms):
 * Do what is due, at most one batch; milliseconds until there is more to do
 * without being woken. Errors are the vault's; the batch is tried again.
 */
ROWAN_MUST int mailbox_step(struct mailbox *x, uint64_t now_ms);
uint64_t mailbox_wait(const struct mailbox *x, uint64_t now_ms);

#endif
