/*
 * Subscriptions: who asked for pushes, how much they may get, and what goes
 * out with a batch.
 *
 * A subscriber is either level (nothing in its mailbox waits unpushed), and
 * then gets what was just committed from memory; or behind, and then gets its
 * mailbox from the store in slices, as far as its credit goes. What cannot be
 * sent sets it back, never loses anything: the mailbox is the truth. While its
 * card has ended it is behind and gets nothing.
 *
 *	         subs_put                     slice without more
 *	(none) ------------> behind ------------------------------> level
 *	   ^                   ^                                      |
 *	   | subs_drop         |  no credit, no room, subs_back       |
 *	   +------ any         +--------------------------------------+
 *
 * One subscription a device: a later one takes the place of an earlier one.
 *
 * Notices that a chain has grown go the same way and take one of the credit
 * each. They are kept in memory only, one for each chain.
 */
#ifndef OPS_SUBS_H
#define OPS_SUBS_H

#include "base/idmap.h"
#include "ops/request.h"

struct store_batch;
struct store_item;
struct store_delivery;
struct store_reader;

struct sub;

/* One delivery that the open transaction made. */
struct planned {
	struct id16 device;
	uint64_t seq;
	uint64_t received;
	struct request *request; /* whose submission it is... */
	size_t item;		 /* ...and which one of it */
	uint64_t leaf;		 /* its number in the log */
	struct sub *sub;
	uint32_t next; /* of the same subscriber, 0: none, else index + 1 */
};

/* A chain has grown, in the open transaction. */
struct notice {
	struct id16 chain;
	struct wire_chain_head newest;
	const struct id16 *members; /* whose devices are told... */
	size_t member_count;
	bool all;	     /* ...or everybody's */
	struct peer_ref but; /* who brought it knows it already */
};

struct subs {
	struct idmap map;
	struct notice *notices; /* planned; members owned */
	size_t notice_count, notice_cap;
	struct sub *behind_head, *behind_tail;
	struct planned *planned;
	size_t planned_count, planned_cap;
	size_t count;
	bool ready;	 /* planned deliveries have found who gets them */
	bool short_of;	 /* somebody stands for want of an allowance */
	uint64_t looked; /* at whose card has ended: once a second */
	uint32_t message_bytes; /* of one push, about */
	uint32_t credit_max;
};

/**
 * subs_init(s, message_bytes, credit_max), subs_wipe(s):
 * No subscriptions; pushes of up to about ${message_bytes} and credit up to
 * ${credit_max} envelopes.
 */
void subs_init(struct subs *s, uint32_t message_bytes, uint32_t credit_max);
void subs_wipe(struct subs *s);

struct sub_options {
	struct id16 device;
	struct id16 member;
	struct peer_ref peer;
	uint64_t id;	  /* request id of the subscription */
	uint16_t version; /* and its version, which pushes have too */
	uint64_t after;	  /* what is up to here is not pushed */
	uint64_t until;	  /* the card ends, unless renewed; 0: never */
	uint32_t credit;
	bool staff; /* what it is handed is told, see subs_read */
};

/*
 * Envelopes of one channel are about to be handed to a member of staff: to be
 * written down in the open transaction. ${leaves} are those of submissions,
 * at most WIRE_ENVELOPES_MAX; ${count} counts what has none, too.
 */
struct sub_reading {
	struct id16 device;
	struct id16 channel;
	const uint64_t *leaves;
	size_t leaf_count;
	size_t count;
};
typedef int subs_read(void *ctx, const struct sub_reading *reading);

/**
 * subs_put(s, options):
 * Begin or replace a device's subscription. ROWAN_E_NOMEM.
 */
ROWAN_MUST int subs_put(struct subs *s, const struct sub_options *options);

/**
 * subs_credit(s, device, peer, credit):
 * Grant more. Only the connection that subscribed can; others, and devices
 * without a subscription, are ignored.
 */
void subs_credit(struct subs *s, const struct id16 *device,
	struct peer_ref peer, uint32_t credit);

/**
 * subs_back(s, r):
 * Pushes of the subscription that the request ${r} (REQUEST_UNSENT) names did
 * not leave: begin again after a sequence, with their credit given back.
 */
void subs_back(struct subs *s, const struct request *r);

/**
 * subs_drop(s, device, peer):
 * End the subscription of ${device}, what is planned for it included; with
 * ${peer} not NULL only if that connection holds it.
 */
void subs_drop(
	struct subs *s, const struct id16 *device, const struct peer_ref *peer);

/**
 * subs_plan(s, of, d, len):
 * Note the deliveries of one submitted envelope: request, item, received and
 * leaf as in ${of}. They are pushed if the transaction commits.
 */
void subs_plan(struct subs *s, const struct planned *of,
	const struct store_delivery *d, size_t len);

/*
 * Set ${ret} to whether the card of a device has ended, as it is known now.
 */
typedef int subs_ended(void *ctx, const struct id16 *device, bool *ret);

/**
 * subs_cards(s, now, ended, ctx):
 * Before anybody is served: whose card has ended gets nothing more, until it
 * is renewed. Returns the first failure of ${ended}; then nobody may be served.
 */
ROWAN_MUST int subs_cards(
	struct subs *s, uint64_t now, subs_ended *ended, void *ctx);

/**
 * subs_ready(s, read, ctx):
 * Before the commit: settle who gets what was planned, and say what members
 * of staff get of it. Returns the first failure of ${read}.
 */
ROWAN_MUST int subs_ready(struct subs *s, subs_read *read, void *ctx);

/**
 * subs_reading(device, items, len, read, ctx):
 * Say what ${device} gets of ${items}, fetched from its mailbox.
 */
ROWAN_MUST int subs_reading(const struct id16 *device,
	const struct store_item *items, size_t len, subs_read *read, void *ctx);

/**
 * subs_notice(s, notice):
 * Note that a chain has grown; copied. Subscribers are told if the
 * transaction commits. ROWAN_E_NOMEM.
 */
ROWAN_MUST int subs_notice(struct subs *s, const struct notice *notice);

/**
 * subs_behind(s, device):
 * Say that something was put into the mailbox of ${device} that cannot be
 * pushed from memory.
 */
void subs_behind(struct subs *s, const struct id16 *device);

/**
 * subs_forget(s, b):
 * The transaction failed: nothing of what was planned happened, and pushes
 * that subs_serve put into ${b} are taken out of it again.
 */
void subs_forget(struct subs *s, struct batch *b);

/**
 * subs_push(s, b):
 * After the commit: turn what was planned into pushes of ${b}. What finds no
 * memory leaves its subscriber behind.
 */
void subs_push(struct subs *s, struct batch *b);

/*
 * How many items of a mailbox, from its first, may be handed out now.
 */
typedef size_t subs_first(
	void *ctx, const struct store_item *items, size_t len);

/*
 * How many of ${n} envelopes the device of a member of staff may be handed
 * now; they count as handed.
 */
typedef size_t subs_may(void *ctx, const struct id16 *device, size_t n);

struct subs_slice {
	struct store_reader *rd;
	struct store_batch *fetched;
	uint64_t now;
	bool doubtful;	   /* the clock: nothing is left out as expired */
	uint32_t budget;   /* bytes, about */
	subs_read *read;   /* what members of staff get is told it */
	subs_first *first; /* or NULL: all */
	subs_may *may;	   /* or NULL: all */
	void *ctx;
};

/**
 * subs_serve(s, b, slice):
 * Read for those who are behind and have credit, in turn, until the budget is
 * spent, inside the open transaction. Returns the first failure of the store;
 * what was put into ${b} stands, and leaves if the transaction commits.
 */
ROWAN_MUST int subs_serve(
	struct subs *s, struct batch *b, const struct subs_slice *slice);

/**
 * subs_awake(s):
 * What stood still because ${first} or ${may} kept something back is tried
 * again.
 */
void subs_awake(struct subs *s);

/**
 * subs_hungry(s):
 * Return true iff subs_serve would find somebody.
 */
bool subs_hungry(const struct subs *s);

#endif
