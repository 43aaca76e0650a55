/*
 * Envelopes: submit, subscribe, credit, push, fetch, acknowledge.
 *
 * An envelope is one opaque frame; what the daemon must know of it stands in
 * the body, one item for each frame in the same order.
 */
#ifndef WIRE_ENVELOPE_H
#define WIRE_ENVELOPE_H

#include "wire/code.h"
#include "wire/message.h"

enum wire_envelope_flags { WIRE_URGENT = 0x01 };

/* What an envelope is. A submission is always an application message. */
enum wire_kind {
	WIRE_KIND_APPLICATION = 1,
	WIRE_KIND_HANDSHAKE = 2, /* with commits */
	WIRE_KIND_WELCOME = 3,	 /* with commits */
	WIRE_KIND_NACK = 4	 /* wire_nacked: a commit was refused */
};

struct wire_submit_item {
	struct id16 channel;
	uint64_t counter;  /* of this device; above 0, ascending */
	uint8_t flags;	   /* enum wire_envelope_flags */
	uint32_t lifetime; /* seconds until it expires, 0: the default */
	struct bytes envelope;
};

struct wire_submit {
	struct wire_submit_item items[WIRE_ENVELOPES_MAX];
	size_t count;
};

/*
 * Where the log has an accepted item: enough to ask for its receipt and to
 * check it. A repeat's leaf is WIRE_LEAF_NONE (log.h), all else zero.
 */
struct wire_logged {
	uint64_t leaf;
	uint64_t time; /* received, to the second */
	/* Opens that time in a victim's leaf; the daemon has forgotten it. */
	uint8_t time_salt[32];
};

/* One result for each item of the request, in its order. */
struct wire_submit_answer {
	struct wire_error results[WIRE_ENVELOPES_MAX];
	struct wire_logged logged[WIRE_ENVELOPES_MAX]; /* where code is 0 */
	size_t count;
};

struct wire_subscribe {
	uint64_t after;	 /* push only what has a higher sequence */
	uint32_t credit; /* envelopes, 0: none yet */
};

/* Answer to subscribe and to acknowledge. */
struct wire_waiting {
	uint32_t waiting; /* envelopes in the mailbox */
};

struct wire_credit {
	uint32_t credit; /* added to what is left; above 0 */
};

struct wire_delivery {
	uint64_t sequence; /* in this device's mailbox, ascending */
	struct id16 channel;
	uint8_t kind; /* enum wire_kind */
	uint8_t flags;
	uint64_t received; /* daemon's time; the hour if from a victim */
	struct bytes envelope;
};

struct wire_push {
	struct wire_delivery items[WIRE_ENVELOPES_MAX];
	size_t count;
};

struct wire_fetch {
	uint64_t after;
	uint16_t max; /* envelopes, above 0 */
};

struct wire_fetch_answer {
	struct wire_delivery items[WIRE_ENVELOPES_MAX];
	size_t count; /* may be 0 */
	bool more;    /* another fetch would find some now */
};

struct wire_range {
	uint64_t first; /* above 0 */
	uint64_t last;	/* included */
};

/* Ranges ascend and neither overlap nor touch. */
struct wire_ack {
	struct wire_range ranges[WIRE_ACK_RANGES_MAX];
	size_t count;
	uint32_t credit; /* granted with it, may be 0 */
};

ROWAN_MUST int wire_submit_decode(
	const struct wire_message *m, struct wire_submit *ret);
ROWAN_MUST int wire_submit_encode(
	const struct wire_submit *s, struct writer *w);

ROWAN_MUST int wire_submit_answer_decode(
	const struct wire_message *m, struct wire_submit_answer *ret);
ROWAN_MUST int wire_submit_answer_encode(
	const struct wire_submit_answer *s, struct writer *w);

ROWAN_MUST int wire_subscribe_decode(
	const struct wire_message *m, struct wire_subscribe *ret);
ROWAN_MUST int wire_subscribe_encode(
	const struct wire_subscribe *s, struct writer *w);

ROWAN_MUST int wire_waiting_decode(
	const struct wire_message *m, struct wire_waiting *ret);
ROWAN_MUST int wire_waiting_encode(
	const struct wire_waiting *a, struct writer *w);

ROWAN_MUST int wire_credit_decode(
	const struct wire_message *m, struct wire_credit *ret);
ROWAN_MUST int wire_credit_encode(
	const struct wire_credit *c, struct writer *w);

ROWAN_MUST int wire_push_decode(
	const struct wire_message *m, struct wire_push *ret);
ROWAN_MUST int wire_push_encode(const struct wire_push *p, struct writer *w);

ROWAN_MUST int wire_fetch_decode(
	const struct wire_message *m, struct wire_fetch *ret);
ROWAN_MUST int wire_fetch_encode(const struct wire_fetch *f, struct writer *w);

ROWAN_MUST int wire_fetch_answer_decode(
	const struct wire_message *m, struct wire_fetch_answer *ret);
ROWAN_MUST int wire_fetch_answer_encode(
	const struct wire_fetch_answer *f, struct writer *w);

ROWAN_MUST int wire_ack_decode(
	const struct wire_message *m, struct wire_ack *ret);
ROWAN_MUST int wire_ack_encode(const struct wire_ack *a, struct writer *w);

#endif
