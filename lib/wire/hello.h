/*
 * hello: versions, limits, padding buckets, the high-water mark. ping: time.
 */
#ifndef WIRE_HELLO_H
#define WIRE_HELLO_H

#include "wire/message.h"

/* Frozen for all versions; sent under version WIRE_VERSION_HELLO. */
struct wire_hello {
	struct wire_versions versions; /* what the client speaks */
};

/* The daemon's time. */
struct wire_time {
	uint64_t now;  /* seconds since 1970, never backwards */
	bool doubtful; /* nothing is released, started or expired */
};

/* Limits in force; each at most what limits.h allows. */
struct wire_hello_limits {
	uint32_t message_bytes;	    /* all frames of a message */
	uint16_t envelopes;	    /* in one message */
	uint32_t credit;	    /* envelopes granted and not yet pushed */
	uint32_t rate_messages;	    /* envelopes a minute from one device */
	uint64_t rate_bytes;	    /* bytes a minute from one device */
	uint32_t mailbox;	    /* envelopes waiting for one device */
	uint16_t key_packages;	    /* stored for one device */
	uint32_t lifetime;	    /* default of an envelope, seconds */
	uint32_t lifetime_max;	    /* seconds */
	uint64_t blob_bytes;	    /* one blob */
	uint32_t blob_lifetime_max; /* seconds */
	uint32_t hold_max;	    /* seconds ahead */
};

struct wire_hello_answer {
	uint16_t version; /* to use from now on */
	struct wire_time time;
	uint64_t counter; /* highest submission counter known, 0: none */
	uint32_t waiting; /* envelopes in the mailbox */
	struct wire_hello_limits limits;
	uint32_t overhead;		    /* allowed above a bucket */
	uint32_t buckets[WIRE_BUCKETS_MAX]; /* strictly ascending */
	size_t bucket_count;
};

ROWAN_MUST int wire_hello_decode(
	const struct wire_message *m, struct wire_hello *ret);
ROWAN_MUST int wire_hello_encode(const struct wire_hello *h, struct writer *w);

ROWAN_MUST int wire_hello_answer_decode(
	const struct wire_message *m, struct wire_hello_answer *ret);
ROWAN_MUST int wire_hello_answer_encode(
	const struct wire_hello_answer *h, struct writer *w);

/*
 * The transport key that takes over next, and the port on which the same host
 * serves it already. Without one everything is zero. Unsigned: the daemon's
 * next card binds the key.
 */
struct wire_next_key {
	uint16_t port;
	uint8_t key[32];
};

ROWAN_MUST int wire_next_key_decode(
	const struct wire_message *m, struct wire_next_key *ret);
ROWAN_MUST int wire_next_key_encode(
	const struct wire_next_key *k, struct writer *w);

/* The answer to a ping, whose request is empty. */
ROWAN_MUST int wire_time_decode(
	const struct wire_message *m, struct wire_time *ret);
ROWAN_MUST int wire_time_encode(const struct wire_time *t, struct writer *w);

#endif
