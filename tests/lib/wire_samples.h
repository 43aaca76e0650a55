/*
 * One sample message for each operation and direction, always the same bytes:
 * for round trips, for seeds of the fuzzers and for docs/protocol.md.
 */
#ifndef LIB_WIRE_SAMPLES_H
#define LIB_WIRE_SAMPLES_H

#include "wire/message.h"

#define WIRE_SAMPLE_BODY   1024
#define WIRE_SAMPLE_FRAMES 2

struct wire_sample {
	const char *name; /* unique, such as "submit answer" */
	struct wire_header header;
	uint8_t header_bytes[WIRE_HEADER_LEN];
	uint8_t body[WIRE_SAMPLE_BODY];
	struct bytes frames[2 + WIRE_SAMPLE_FRAMES]; /* whole message */
	size_t frame_count;			     /* of all frames */
};

/**
 * wire_sample_make(i, ret):
 * Make the ${i}th sample; ${ret} must not move, its frames point into it.
 * Returns 0, or -1 past the end.
 */
int wire_sample_make(size_t i, struct wire_sample *ret);

#endif
