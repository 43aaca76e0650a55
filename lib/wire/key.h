/*
 * Key packages: publish, claim, count. The packages themselves are MLS
 * objects (RFC 9420 section 10) and opaque here.
 */
#ifndef WIRE_KEY_H
#define WIRE_KEY_H

#include "wire/code.h"
#include "wire/message.h"

enum wire_key_flags { WIRE_KEY_LAST_RESORT = 0x01 };

struct wire_key_package {
	uint8_t flags; /* enum wire_key_flags */
	struct bytes data;
};

/* At most one of the packages is flagged as last resort. */
struct wire_key_publish {
	struct wire_key_package packages[WIRE_KEY_PACKAGES_MAX];
	size_t count;
};

/* What the daemon holds for this device; answers publish and count. */
struct wire_key_stock {
	uint16_t available;    /* single use, unclaimed */
	bool last_resort;      /* there is one */
	bool last_resort_used; /* and it was handed out: publish another */
};

/* Devices ascend. */
struct wire_key_claim {
	struct id16 channel;
	struct id16 devices[WIRE_CLAIMS_MAX];
	size_t count;
};

struct wire_key_claimed {
	struct wire_error error;
	uint8_t flags;	   /* 0 when refused */
	struct bytes data; /* empty when refused */
};

/* One for each device of the request, in its order. */
struct wire_key_claim_answer {
	struct wire_key_claimed results[WIRE_CLAIMS_MAX];
	size_t count;
};

ROWAN_MUST int wire_key_publish_decode(
	const struct wire_message *m, struct wire_key_publish *ret);
ROWAN_MUST int wire_key_publish_encode(
	const struct wire_key_publish *p, struct writer *w);

ROWAN_MUST int wire_key_stock_decode(
	const struct wire_message *m, struct wire_key_stock *ret);
ROWAN_MUST int wire_key_stock_encode(
	const struct wire_key_stock *s, struct writer *w);

ROWAN_MUST int wire_key_claim_decode(
	const struct wire_message *m, struct wire_key_claim *ret);
ROWAN_MUST int wire_key_claim_encode(
	const struct wire_key_claim *c, struct writer *w);

ROWAN_MUST int wire_key_claim_answer_decode(
	const struct wire_message *m, struct wire_key_claim_answer *ret);
ROWAN_MUST int wire_key_claim_answer_encode(
	const struct wire_key_claim_answer *c, struct writer *w);

#endif
