/*
 * The operation table: number, required right, cost, decoder, handler. What
 * does not stand here is not served; what stands here has a right.
 */
#ifndef OPS_TABLE_H
#define OPS_TABLE_H

#include "ops/request.h"

struct ops;

/*
 * What the writer makes sure of in the operation's own transaction. All but
 * TABLE_STRANGER ask for a known device whose card is in force and not
 * revoked; those above TABLE_DEVICE also for what the handler must have proven
 * with one of ops_allow_* before its answer counts. An operation of strangers
 * is served on the enrolment port and nowhere else, and no other is there.
 */
enum table_right {
	TABLE_STRANGER = 1, /* has the secret of the invite it acts on */
	TABLE_REVOKED,	    /* is revoked, and may know why; nobody else */
	TABLE_DEVICE,	    /* acts on nothing but the device's own */
	TABLE_CHANNEL,	    /* is assigned to every channel it acts on */
	TABLE_CASE,	    /* shares the case it asks about */
	TABLE_SIGNED,	    /* brings what those signed who have the right */
	TABLE_AUDIT	    /* has the right to audit, or is a witness */
};

/* What it is counted against, besides the sender's bytes. */
enum table_cost {
	TABLE_REQUEST = 1, /* one request */
	TABLE_ENVELOPES, /* one request, and a message for each opaque frame */
	TABLE_LARGE /* one request whose answer may be large: few at a time */
};

/*
 * What it is in the log. Whatever changes the store has a kind of act and a
 * leaf each time; what only reads has one where reading is an act of staff
 * that the log tells: an envelope, a blob, a card.
 */
#define TABLE_NONE 0

/* What it does to the store, and so which marks it needs. */
enum table_effect {
	TABLE_READS = 1, /* nothing */
	TABLE_WRITES,	 /* all of it or nothing */
	TABLE_ONE,	 /* one change of the store, see store_mark_one */
	TABLE_ITEMS	 /* item by item: the handler sets the marks */
};

typedef int table_decode(const struct wire_message *m, union request_body *ret);
typedef int table_handle(struct ops *o, struct request *r);

struct table_entry {
	uint16_t op;
	enum table_right right;
	enum table_cost cost;
	enum table_effect effect;
	uint8_t act; /* enum wire_act; of TABLE_READS: if staff does it */
	table_decode *decode;
	table_handle *handle;
};

/**
 * table_find(op):
 * Return the entry that serves ${op}, or NULL.
 */
const struct table_entry *table_find(uint16_t op);

/**
 * table_at(i):
 * Return the ${i}th entry in ascending order of numbers, NULL past the end.
 */
const struct table_entry *table_at(size_t i);

#endif
