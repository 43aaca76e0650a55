/*
 * Look-ups of devices and of a case, for those who share it.
 */
#ifndef WIRE_LOOKUP_H
#define WIRE_LOOKUP_H

#include "wire/code.h"
#include "wire/message.h"

enum wire_role {
	WIRE_ROLE_CASEWORKER = 1,
	WIRE_ROLE_VICTIM = 2,
	WIRE_ROLE_DAEMON = 3,
	WIRE_ROLE_WITNESS = 4
};

enum wire_device_flags { WIRE_DEVICE_REVOKED = 0x01 };

enum wire_channel_kind {
	WIRE_CHANNEL_SUPPORT = 1,
	WIRE_CHANNEL_TEAM = 2,
	WIRE_CHANNEL_DIARY = 3
};

enum wire_case_state { WIRE_CASE_OPEN = 1, WIRE_CASE_CLOSED = 2 };

/* Devices ascend. */
struct wire_devices {
	struct id16 devices[WIRE_LOOKUP_MAX];
	size_t count;
};

/* When refused everything but the error is zero and absent on the wire. */
struct wire_device {
	struct wire_error error;
	struct id16 member;
	uint8_t role;	     /* enum wire_role */
	uint8_t flags;	     /* enum wire_device_flags */
	struct bytes agency; /* 1 to 16 of a-z, 0-9 and - */
	struct bytes card;   /* with its chain; empty before cards */
};

/* One for each device of the request, in its order. */
struct wire_devices_answer {
	struct wire_device devices[WIRE_LOOKUP_MAX];
	size_t count;
};

struct wire_case {
	struct id16 case_id;
};

/* Devices assigned now, ascending; a view of 16-byte ids. */
struct wire_channel {
	struct id16 channel;
	uint8_t kind; /* enum wire_channel_kind */
	uint32_t generation;
	const uint8_t *devices;
	size_t device_count;
};

/* Channels in which the asking device takes part; kinds ascend. */
struct wire_case_answer {
	uint8_t state; /* enum wire_case_state */
	struct wire_channel channels[WIRE_CASE_CHANNELS_MAX];
	size_t count; /* above 0 */
};

ROWAN_MUST int wire_devices_decode(
	const struct wire_message *m, struct wire_devices *ret);
ROWAN_MUST int wire_devices_encode(
	const struct wire_devices *d, struct writer *w);

ROWAN_MUST int wire_devices_answer_decode(
	const struct wire_message *m, struct wire_devices_answer *ret);
ROWAN_MUST int wire_devices_answer_encode(
	const struct wire_devices_answer *d, struct writer *w);

ROWAN_MUST int wire_case_decode(
	const struct wire_message *m, struct wire_case *ret);
ROWAN_MUST int wire_case_encode(const struct wire_case *c, struct writer *w);

ROWAN_MUST int wire_case_answer_decode(
	const struct wire_message *m, struct wire_case_answer *ret);
ROWAN_MUST int wire_case_answer_encode(
	const struct wire_case_answer *c, struct writer *w);

#endif
