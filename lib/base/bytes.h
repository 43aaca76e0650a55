/*
 * Byte strings: borrowed views and owned buffers.
 *
 * Trusts its callers for lengths they measured themselves; never reads past
 * ${len}; owned bytes are wiped before they are freed.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rowan/error.h>

/* A view: borrowed bytes, valid as long as what they were taken from. */
struct bytes {
	const uint8_t *data;
	size_t len;
};

/* An owned byte string. {NULL, 0} is the empty string. */
struct buf {
	uint8_t *data;
	size_t len;
};

/**
 * bytes_of(data, len):
 * Return a view of ${len} bytes at ${data}.
 */
static inline struct bytes bytes_of(const void *data, size_t len)
{
	return (struct bytes){data, len};
}

/**
 * bytes_eq(a, b):
 * Return true iff ${a} and ${b} hold the same bytes. Time depends on the
 * bytes: for public values only. Secrets go through secret_eq.
 */
bool bytes_eq(struct bytes a, struct bytes b);

/**
 * bytes_cmp(a, b):
 * Order as memcmp does, the shorter first where one is a prefix.
 */
int bytes_cmp(struct bytes a, struct bytes b);

/**
 * buf_view(b):
 * Return a view of ${b}, valid until ${b} changes.
 */
static inline struct bytes buf_view(const struct buf *b)
{
	return (struct bytes){b->data, b->len};
}

/**
 * buf_copy(ret, src):
 * Set ${ret} to a fresh copy of ${src}; the caller owns it (buf_wipe).
 * Whatever ${ret} held before is not freed. ROWAN_E_NOMEM leaves it empty.
 */
ROWAN_MUST int buf_copy(struct buf *ret, struct bytes src);

/**
 * buf_alloc(ret, len):
 * Set ${ret} to ${len} zero bytes, owned by the caller.
 */
ROWAN_MUST int buf_alloc(struct buf *ret, size_t len);

/**
 * buf_set(b, src):
 * Replace the content of ${b} by a copy of ${src}, wiping the old content.
 * On ROWAN_E_NOMEM ${b} is unchanged.
 */
ROWAN_MUST int buf_set(struct buf *b, struct bytes src);

/**
 * buf_wipe(b):
 * Overwrite, free, and leave ${b} empty. NULL and empty are harmless.
 */
void buf_wipe(struct buf *b);

/**
 * mem_free(data, len):
 * Overwrite ${len} bytes at ${data} and free them. NULL is harmless.
 */
void mem_free(void *data, size_t len);

#endif
