/*
 * The inside of transfer.h: what its files share.
 *
 *	BLOB "u"/n		Upload (transfer_row.h)
 *	BLOB "c"+blob/i		sealed chunk i of a kept blob
 *	BLOB "d"/n		Download
 */
#ifndef SESSION_TRANSFER_INNER_H
#define SESSION_TRANSFER_INNER_H

#include <sodium.h>

#include "session/transfer/chunk.h"
#include "session/transfer/transfer_row.h"

#define TRANSFER_PAUSE_MS   5000 /* after a failure that may pass */
#define TRANSFER_FOREVER    UINT64_MAX
#define TRANSFER_HELD_MS    (60 * 60 * 1000)
#define TRANSFER_PROGRESSES 20 /* events of one transfer, at most */
#define TRANSFER_CHUNK_NAME (1 + ID16_LEN)

/* Rows that are put aside for a while. */
struct transfer_aside {
	uint64_t n;
	uint64_t until;
};

/* One way. */
struct transfer_lane {
	struct transfer *x;
	const char *name; /* of its rows */
	bool looked;	  /* nothing is due but what is put aside */
	bool active;	  /* row ${n} is under way */
	bool asked;	  /* a request is unanswered */
	bool begun; /* up: the daemon has the blob; down: the file is open */
	uint64_t n;
	uint32_t next, stalls;
	unsigned progress; /* last step told */
	struct chunk_plan plan;
	struct transfer_aside aside[TRANSFER_MAX];
	size_t aside_count;
};

struct transfer {
	struct transfer_options o;
	struct transfer_lane up, down;
	struct transfer_upload upload;
	struct transfer_download download;
	uint32_t per_put;  /* chunks */
	int fd;		   /* of the part */
	struct buf memory; /* in place of it */
	uint64_t hashed;   /* bytes of it, once it is whole */
	crypto_generichash_state hash;
	bool ending; /* answers to what is cancelled are of no interest */
	int error;   /* of the vault, for the next step */
	uint64_t now_ms;
};

/* transfer.c */
struct bytes transfer_name(const struct transfer_lane *l);
ROWAN_MUST int transfer_commit(struct transfer *x, int rc);
void transfer_stop(struct transfer_lane *l);
/* Row ${n} or the next above it, into the lane's kind of row. */
ROWAN_MUST int transfer_read(struct transfer_lane *l, uint64_t *n, void *ret);
void transfer_not_aside(struct transfer_lane *l, uint64_t n);
void transfer_aside(struct transfer_lane *l, uint64_t ms);
ROWAN_MUST int transfer_ask(
	struct transfer_lane *l, const struct requests_new *n);
ROWAN_MUST int transfer_tell(
	struct transfer_lane *l, const struct transfer_what *what);
ROWAN_MUST int transfer_count(struct transfer_lane *l, size_t *ret);

/* transfer_keep.c */
ROWAN_MUST int transfer_put_upload(
	struct transfer *x, const struct transfer_upload *row, uint64_t n);
struct bytes transfer_chunks(
	const struct id16 *blob, uint8_t mem[TRANSFER_CHUNK_NAME]);

/* transfer_up.c: one piece of work. */
ROWAN_MUST int transfer_up_step(struct transfer *x);

/* transfer_down.c */
ROWAN_MUST int transfer_down_step(struct transfer *x);
void transfer_down_close(struct transfer *x);

#endif
