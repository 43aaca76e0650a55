/*
 * What the encoders and decoders of this folder share. Private to it.
 */
#ifndef WIRE_CODEC_H
#define WIRE_CODEC_H

#include "base/id.h"
#include "base/reader.h"
#include "base/writer.h"
#include "wire/message.h"

/**
 * codec_finish(r, rc, ret, len):
 * Close a decoder: all bytes of ${r} must be read. Zero the ${len} bytes at
 * ${ret} on failure, whether it was ${rc} or now.
 */
ROWAN_MUST int codec_finish(
	const struct reader *r, int rc, void *ret, size_t len);

/**
 * codec_no_frames(m):
 * Return 0 iff ${m} carries no opaque frame.
 */
static inline int codec_no_frames(const struct wire_message *m)
{
	return m->frame_count == 0 ? 0 : ROWAN_E_MALFORMED;
}

/**
 * codec_open(m, r):
 * Start reading the body of ${m}, which must carry no opaque frame.
 */
ROWAN_MUST int codec_open(const struct wire_message *m, struct reader *r);

/**
 * codec_flags(r, known, ret):
 * Read a byte in which only the bits ${known} may be set.
 */
ROWAN_MUST int codec_flags(struct reader *r, uint8_t known, uint8_t *ret);

/**
 * codec_bool(r, ret):
 * Read a byte that is 0 or 1.
 */
ROWAN_MUST int codec_bool(struct reader *r, bool *ret);

/**
 * codec_choice(r, last, ret):
 * Read a byte from 1 to ${last}.
 */
ROWAN_MUST int codec_choice(struct reader *r, uint8_t last, uint8_t *ret);

/**
 * codec_id(r, ret):
 * Read an id.
 */
static inline int codec_id(struct reader *r, struct id16 *ret)
{
	return reader_array(r, ret->b, ID16_LEN);
}

/**
 * codec_list(r, item, max, ret, ret_count):
 * Open a vector of items of ${item} bytes each, at least one and at most
 * ${max}.
 */
ROWAN_MUST int codec_list(struct reader *r, size_t item, size_t max,
	struct reader *ret, size_t *ret_count);

/**
 * codec_ids(r, max, ret, ret_count):
 * Read a vector of 1 to ${max} strictly ascending ids into ${ret}.
 */
ROWAN_MUST int codec_ids(
	struct reader *r, size_t max, struct id16 *ret, size_t *ret_count);

/**
 * codec_ids_write(ids, count, max, w):
 * Write them; ROWAN_E_INVAL for what codec_ids would refuse.
 */
ROWAN_MUST int codec_ids_write(
	const struct id16 *ids, size_t count, size_t max, struct writer *w);

#endif
