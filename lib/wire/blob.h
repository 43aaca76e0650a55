/*
 * Blobs: begin, put, status, get, delete. Sealed attachment chunks and held
 * messages; the daemon sees their size and, while held, the time.
 */
#ifndef WIRE_BLOB_H
#define WIRE_BLOB_H

#include "wire/message.h"

/* The id is chosen by the sender at random, so a repeat is recognised. */
struct wire_blob_begin {
	struct id16 channel;
	struct id16 blob;
	uint64_t size;	     /* bytes, above 0 */
	uint32_t lifetime;   /* seconds, 0: the default */
	uint64_t hold_until; /* daemon's time, 0: not held */
};

/* Answer to begin and put. */
struct wire_blob_next {
	uint32_t next; /* first chunk that is missing */
};

/* Consecutive chunks, one opaque frame each. */
struct wire_blob_put {
	struct id16 blob;
	uint32_t first;
	struct bytes chunks[WIRE_CHUNKS_MAX];
	size_t count;
};

/* Of status and delete. */
struct wire_blob_id {
	struct id16 blob;
};

struct wire_blob_status {
	uint64_t size;
	uint32_t next;
	uint64_t expires; /* daemon's time */
	uint64_t hold_until;
};

struct wire_blob_get {
	struct id16 blob;
	uint32_t first;
	uint16_t max; /* chunks, above 0 */
};

struct wire_blob_get_answer {
	uint64_t size;
	uint32_t first;
	struct bytes chunks[WIRE_CHUNKS_MAX];
	size_t count; /* above 0 */
};

/**
 * wire_blob_chunks(size):
 * Return how many chunks a blob of ${size} bytes has.
 */
static inline uint32_t wire_blob_chunks(uint64_t size)
{
	return (uint32_t)((size + WIRE_CHUNK_LEN - 1) / WIRE_CHUNK_LEN);
}

ROWAN_MUST int wire_blob_begin_decode(
	const struct wire_message *m, struct wire_blob_begin *ret);
ROWAN_MUST int wire_blob_begin_encode(
	const struct wire_blob_begin *b, struct writer *w);

ROWAN_MUST int wire_blob_next_decode(
	const struct wire_message *m, struct wire_blob_next *ret);
ROWAN_MUST int wire_blob_next_encode(
	const struct wire_blob_next *b, struct writer *w);

ROWAN_MUST int wire_blob_put_decode(
	const struct wire_message *m, struct wire_blob_put *ret);
ROWAN_MUST int wire_blob_put_encode(
	const struct wire_blob_put *b, struct writer *w);

ROWAN_MUST int wire_blob_id_decode(
	const struct wire_message *m, struct wire_blob_id *ret);
ROWAN_MUST int wire_blob_id_encode(
	const struct wire_blob_id *b, struct writer *w);

ROWAN_MUST int wire_blob_status_decode(
	const struct wire_message *m, struct wire_blob_status *ret);
ROWAN_MUST int wire_blob_status_encode(
	const struct wire_blob_status *b, struct writer *w);

ROWAN_MUST int wire_blob_get_decode(
	const struct wire_message *m, struct wire_blob_get *ret);
ROWAN_MUST int wire_blob_get_encode(
	const struct wire_blob_get *b, struct writer *w);

ROWAN_MUST int wire_blob_get_answer_decode(
	const struct wire_message *m, struct wire_blob_get_answer *ret);
ROWAN_MUST int wire_blob_get_answer_encode(
	const struct wire_blob_get_answer *b, struct writer *w);

#endif
