/*
 * A clinic at the daemon's double, and members who speak MLS and the wire but
 * have no session: they say what a test tells them, right or wrong.
 *
 * What the world of the cast accepts is put into the double's store. For
 * tests only: what cannot fail aborts.
 */
#ifndef TESTS_LIB_DOUBLE_CLINIC_H
#define TESTS_LIB_DOUBLE_CLINIC_H

#include <rowan/mls.h>

#include "lib/relay_double.h"
#include "lib/trust_cast.h"
#include "wire/group.h"

#define MEMBER_HEARD_MAX 64

struct double_clinic {
	struct relay_double *d;
	struct cast cast;
};

void double_clinic_begin(struct double_clinic *c);
void double_clinic_end(struct double_clinic *c);

struct member {
	struct double_clinic *clinic;
	const struct world_person *person;
	const struct transport *t;
	struct buf chain; /* of cards: the credential */
	struct rowan_mls *mls;
	struct rowan_mls_group *group;
	struct id16 channel;
	uint64_t request, counter, sequence;
	bool removed;	/* a commit said so */
	struct buf aad; /* of commits; the test's. Empty: as it should be */
	bool no_aad;
	/* What was said to this one: 0-terminated, in order. */
	char heard[MEMBER_HEARD_MAX][32];
	size_t heard_count;
	size_t welcomes, handshakes, nacks;
	uint64_t (*clock)(void *ctx); /* of its client; ctx: the member */
	struct wire_nacked nacked;    /* the last one */
};

/**
 * member_begin(m, c, person, channel), member_end(m):
 * A person with a card, connected, with a client and no group.
 */
void member_begin(struct member *m, struct double_clinic *c,
	const struct world_person *person, const struct id16 *channel);
/* The same device once more, under another credential. */
void member_begin_as(
	struct member *m, const struct member *of, struct bytes credential);
void member_end(struct member *m);

/* One request: the code of the answer; ${ret} until the next call. */
struct member_request {
	uint16_t op;
	const struct writer *body;
	const struct bytes *frames;
	size_t count;
};
uint16_t member_call(struct member *m, const struct member_request *r,
	struct wire_message *ret);

/* Publish ${n} key packages, and one of last resort. */
void member_publish(struct member *m, size_t n);

/* A key package of ${device}; empty, with the code, when refused. */
uint16_t member_claim(
	struct member *m, const struct id16 *device, struct buf *ret);

/* Make the group of a generation under ${id}, and tell the daemon. */
uint16_t member_create(
	struct member *m, uint32_t generation, const struct id16 *id);
/* Tell the daemon of the group there is. */
uint16_t member_offer(struct member *m, uint32_t generation);

/* Where the chains stand. */
void member_heads(const struct member *m, struct wire_heads *ret);

/*
 * Stage a commit of proposals; ${ret} is the caller's. member_send puts it:
 * it is merged when it comes back.
 */
void member_commit(struct member *m, const struct rowan_mls_proposal *p,
	size_t n, struct rowan_mls_committed *ret);
uint16_t member_send(struct member *m, const struct rowan_mls_committed *made,
	struct wire_group_state *ret);

/* Claim, add and send in one. */
uint16_t member_add(struct member *m, const struct member *other);
uint16_t member_remove(struct member *m, uint32_t leaf);

uint16_t member_state(struct member *m, struct wire_group_state *ret);

/* Submit these bytes; encrypt and submit. The item's code. */
uint16_t member_submit(struct member *m, struct bytes frame);
uint16_t member_say(struct member *m, const char *text);

/* Read the whole mailbox, acknowledge, and do what it says. */
void member_read(struct member *m);

/* The leaf of a person in this member's group, or UINT32_MAX. */
uint32_t member_leaf(const struct member *m, const struct world_person *p);

#endif
