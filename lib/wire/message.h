/*
 * A message: one header frame, one body frame, and opaque frames.
 *
 * Every decoder of this folder takes a whole message and every encoder writes
 * a body; opaque frames travel beside the body as they are. Decoders allocate
 * nothing: what they return borrows from the frames. They refuse everything
 * that is not the one canonical encoding, with
 *
 *	ROWAN_E_MALFORMED	not canonical: torn, trailing bytes, an unknown
 *				flag or value, zero counts, wrong order
 *	ROWAN_E_LIMIT		more than limits.h allows
 *
 * and zero their result. Encoders write into the caller's writer and return
 * ROWAN_E_INVAL for a struct that has no canonical encoding, else the
 * writer's status.
 */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include "base/id.h"
#include "base/reader.h"
#include "base/writer.h"
#include "wire/limits.h"

struct wire_header {
	uint16_t version;
	uint16_t op; /* op.h; answers carry WIRE_ANSWER too */
	uint64_t id; /* of the request; of the subscription in a push */
};

struct wire_message {
	struct wire_header header;
	struct bytes body;
	const struct bytes *frames; /* opaque, borrowed from the caller */
	size_t frame_count;
};

/**
 * wire_header_decode(frame, ret), wire_header_encode(h, ret):
 * Exactly WIRE_HEADER_LEN bytes. Says nothing about whether version and
 * operation exist: an error answer must be possible.
 */
ROWAN_MUST int wire_header_decode(struct bytes frame, struct wire_header *ret);
void wire_header_encode(
	const struct wire_header *h, uint8_t ret[WIRE_HEADER_LEN]);

/**
 * wire_message_assemble(frames, count, ret):
 * Take apart the ${count} frames of a message: header, size limits, the
 * operation and how many opaque frames it may carry. ROWAN_E_VERSION for a
 * version not served, ROWAN_E_NOT_FOUND for an unknown operation; in both
 * cases and in the two above ${ret}->header is set whenever the first frame
 * was a header, so that the refusal can name its request. ${frames} must
 * outlive ${ret}. Bodies are the business of the operation's own decoder.
 */
ROWAN_MUST int wire_message_assemble(
	const struct bytes *frames, size_t count, struct wire_message *ret);

/**
 * wire_version_served(version):
 * Return true iff operations other than hello are served in ${version}.
 */
static inline bool wire_version_served(uint16_t version)
{
	return version >= WIRE_VERSION_LOW && version <= WIRE_VERSION_HIGH;
}

struct wire_versions {
	uint16_t lowest;
	uint16_t highest;
};

/**
 * wire_version_choose(ours, theirs, ret):
 * The highest version in both ranges, or ROWAN_E_VERSION.
 */
ROWAN_MUST int wire_version_choose(const struct wire_versions *ours,
	const struct wire_versions *theirs, uint16_t *ret);

/* A body without content. */
struct wire_empty {
	char unused;
};

ROWAN_MUST int wire_empty_decode(
	const struct wire_message *m, struct wire_empty *ret);
ROWAN_MUST int wire_empty_encode(const struct wire_empty *e, struct writer *w);

#endif
