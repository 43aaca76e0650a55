/*
 * The one writer: TLS presentation language with the minimal variable-length
 * headers of RFC 9420 section 2.1.2, into memory that grows up to a cap.
 *
 * Errors stick: write everything, then ask once with writer_finish or
 * writer_status. Outgrown memory is wiped, so secrets may be written.
 */
#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include "base/bytes.h"

struct writer {
	uint8_t *data;
	size_t len;
	size_t cap;
	size_t max; /* cap never grows past this */
	bool fixed; /* ${data} belongs to the caller */
	int error;  /* first failure, or 0 */
};

/**
 * writer_init(w, max):
 * Start empty; at most ${max} bytes can be written. Ends with writer_finish
 * or writer_wipe.
 */
void writer_init(struct writer *w, size_t max);

/**
 * writer_init_fixed(w, mem, len):
 * Start empty in the caller's ${len} bytes at ${mem}; allocates nothing and
 * needs no wipe. writer_finish must not be used.
 */
void writer_init_fixed(struct writer *w, void *mem, size_t len);

/**
 * writer_u8, writer_u16, writer_u32, writer_u64(w, value):
 * Append a big-endian integer.
 */
void writer_u8(struct writer *w, uint8_t value);
void writer_u16(struct writer *w, uint16_t value);
void writer_u32(struct writer *w, uint32_t value);
void writer_u64(struct writer *w, uint64_t value);

/**
 * writer_raw(w, data, len):
 * Append ${len} bytes as they are.
 */
void writer_raw(struct writer *w, const void *data, size_t len);

/**
 * writer_vec(w, view):
 * Append a minimal variable-length header and the bytes it counts.
 */
void writer_vec(struct writer *w, struct bytes view);

/**
 * writer_header(w, len):
 * Append the minimal variable-length header that counts ${len} bytes; they
 * are the caller's to bring.
 */
void writer_header(struct writer *w, size_t len);

/**
 * writer_open(w), writer_close(w, mark):
 * Everything written between the two becomes one variable-length vector: the
 * header is filled in by writer_close. Pairs may nest.
 */
size_t writer_open(struct writer *w);
void writer_close(struct writer *w, size_t mark);

/**
 * writer_status(w):
 * Return 0 or the first failure: ROWAN_E_LIMIT, ROWAN_E_NOMEM.
 */
static inline int writer_status(const struct writer *w)
{
	return w->error;
}

/**
 * writer_view(w):
 * Return a view of what was written, valid until the next change.
 */
static inline struct bytes writer_view(const struct writer *w)
{
	return (struct bytes){w->data, w->len};
}

/**
 * writer_finish(w, ret):
 * Hand the bytes over to ${ret}, whose owner the caller becomes, and leave
 * ${w} empty. On a stuck error ${ret} is empty and the bytes are wiped.
 */
ROWAN_MUST int writer_finish(struct writer *w, struct buf *ret);

/**
 * writer_wipe(w):
 * Overwrite and drop everything.
 */
void writer_wipe(struct writer *w);

#endif
