/*
 * The one reader for untrusted bytes: TLS presentation language with the
 * variable-length headers of RFC 9420 section 2.1.2.
 *
 * Trusts nothing it reads. Copies nothing: views borrow from the input. Never
 * reads past the end, never accepts a header longer than needed; a failed
 * call zeroes its output and leaves the position where it was.
 */
#ifndef BASE_READER_H
#define BASE_READER_H

#include "base/bytes.h"

struct reader {
	const uint8_t *pos;
	const uint8_t *end;
};

/**
 * reader_init(r, input):
 * Start reading at the first byte of ${input}, which must outlive ${r} and
 * every view taken from it.
 */
void reader_init(struct reader *r, struct bytes input);

/**
 * reader_left(r):
 * Return how many bytes are unread.
 */
static inline size_t reader_left(const struct reader *r)
{
	return (size_t)(r->end - r->pos);
}

/**
 * reader_u8, reader_u16, reader_u32, reader_u64(r, ret):
 * Read one big-endian integer. ROWAN_E_MALFORMED when too few bytes are left.
 */
ROWAN_MUST int reader_u8(struct reader *r, uint8_t *ret);
ROWAN_MUST int reader_u16(struct reader *r, uint16_t *ret);
ROWAN_MUST int reader_u32(struct reader *r, uint32_t *ret);
ROWAN_MUST int reader_u64(struct reader *r, uint64_t *ret);

/**
 * reader_version(r, want):
 * Read a uint16 that must be ${want}. ROWAN_E_MALFORMED, ROWAN_E_VERSION.
 */
ROWAN_MUST int reader_version(struct reader *r, uint16_t want);

/**
 * reader_array(r, ret, len):
 * Copy exactly ${len} bytes to ${ret}.
 */
ROWAN_MUST int reader_array(struct reader *r, uint8_t *ret, size_t len);

/**
 * reader_view(r, len, ret):
 * Take exactly ${len} bytes as a view.
 */
ROWAN_MUST int reader_view(struct reader *r, size_t len, struct bytes *ret);

/**
 * reader_vec(r, max, ret):
 * Read a variable-length header and take the bytes it counts as a view.
 * ROWAN_E_MALFORMED when the header is not minimal or counts more than is
 * left, ROWAN_E_LIMIT when it counts more than ${max}.
 */
ROWAN_MUST int reader_vec(struct reader *r, size_t max, struct bytes *ret);

/**
 * reader_sub(r, max, ret):
 * As reader_vec, with a reader over the counted bytes as result.
 */
ROWAN_MUST int reader_sub(struct reader *r, size_t max, struct reader *ret);

/**
 * reader_end(r):
 * Return 0 iff everything was read, else ROWAN_E_MALFORMED.
 */
ROWAN_MUST int reader_end(const struct reader *r);

#endif
