/*
 * Attachments and held messages: blobs on their way to the daemon and from
 * it, a piece at a time, over lost connections and restarts.
 *
 *	up:	keep (sealed into the vault, with the message that names it)
 *		-> begin, put, put ... -> DONE: the message may leave -> drop
 *	down:	fetch -> get, get ... into a file beside -> digest -> renamed
 *
 * One transfer each way at a time, oldest first. Trusts the daemon for
 * nothing: what comes back must be what was sealed under the blob's key, in
 * its place, and have the digest that came in the message.
 *
 * An output file is new, and whole before it has its name. Never overwrites.
 *
 * Belongs to the session's thread. Changes the vault in transactions of its
 * own while under way.
 */
#ifndef SESSION_TRANSFER_H
#define SESSION_TRANSFER_H

#include "session/channel/content.h"
#include "session/vault/events.h"
#include "session/link/requests.h"

#define TRANSFER_MAX	    64			/* each way, waiting and done */
#define TRANSFER_FILE_MAX   (100 * 1024 * 1024) /* bytes */
#define TRANSFER_PATH_MAX   4000
#define TRANSFER_MEMORY_MAX (256 * 1024) /* what is fetched into memory */

struct transfer;

/* Numbers are stored. */
enum transfer_state {
	TRANSFER_WAITING = 1,
	TRANSFER_DONE = 2,  /* all of it is at the daemon */
	TRANSFER_FAILED = 3 /* it never will be; code */
};

/* Whose it is, for events and for the daemon. */
struct transfer_what {
	struct id16 case_id;
	struct id16 channel;
	struct id16 message;
	uint64_t hold_until; /* up: daemon's time, 0: not held */
	uint32_t lifetime;   /* up: seconds, 0: the daemon's default */
};

struct transfer_options {
	struct vault *vault;
	struct events *events;
	struct requests *requests;
	/* A kept blob is DONE (0) or FAILED, in the vault already. */
	void (*sent)(void *ctx, const struct id16 *blob, int rc);
	/*
	 * A blob fetched into memory is here, or will not be. It stays until
	 * transfer_fetch_cancel: without that it is brought again after a
	 * restart.
	 */
	void (*got)(void *ctx, const struct transfer_what *what, int rc,
		struct bytes data);
	void *ctx;
};

/**
 * transfer_new(ret, options), transfer_free(x):
 * Go on with what the vault has; everything in ${options} is borrowed.
 * Freeing calls nothing back.
 */
ROWAN_MUST int transfer_new(
	struct transfer **ret, const struct transfer_options *options);
void transfer_free(struct transfer *x);

/**
 * transfer_keep_file(x, what, path, ret), transfer_keep_bytes(x, what, data,
 * ret):
 * Seal a file or bytes into the vault to be sent, inside the caller's
 * transaction; ${ret} is what the message says of it. ROWAN_E_QUOTA with
 * TRANSFER_MAX kept, ROWAN_E_LIMIT for too large a file, ROWAN_E_NOT_FOUND,
 * ROWAN_E_INVAL for what is not a plain file, ROWAN_E_AGAIN for one that
 * changed while it was read.
 */
ROWAN_MUST int transfer_keep_file(struct transfer *x,
	const struct transfer_what *what, const char *path,
	struct content_blob *ret);
ROWAN_MUST int transfer_keep_bytes(struct transfer *x,
	const struct transfer_what *what, struct bytes data,
	struct content_blob *ret);

/**
 * transfer_state(x, blob, ret, ret_code):
 * Where a kept blob is. ROWAN_E_NOT_FOUND.
 */
ROWAN_MUST int transfer_state(struct transfer *x, const struct id16 *blob,
	enum transfer_state *ret, int *ret_code);

/**
 * transfer_drop(x, blob):
 * Forget a kept blob, inside the caller's transaction: its message has left,
 * or never will; one that is not DONE is deleted at the daemon. Harmless when
 * there is none.
 */
ROWAN_MUST int transfer_drop(struct transfer *x, const struct id16 *blob);

/**
 * transfer_fetch(x, what, blob, path):
 * Bring ${blob} into a new file, or, with ${path} NULL, into memory; inside
 * the caller's transaction. One at a time for a message: with the same path
 * it is the same fetch, with another ROWAN_E_STATE. ROWAN_E_EXISTS when there
 * is such a file, ROWAN_E_QUOTA with TRANSFER_MAX waiting, ROWAN_E_LIMIT for
 * too long a path or a blob too large.
 */
ROWAN_MUST int transfer_fetch(struct transfer *x,
	const struct transfer_what *what, const struct content_blob *blob,
	const char *path);

/**
 * transfer_fetch_cancel(x, message):
 * Give up, inside the caller's transaction; what was written is removed.
 * ROWAN_E_NOT_FOUND.
 */
ROWAN_MUST int transfer_fetch_cancel(
	struct transfer *x, const struct id16 *message);

/**
 * transfer_aborted(x):
 * The transaction that one of the above was called in did not happen.
 */
void transfer_aborted(struct transfer *x);

/**
 * transfer_step(x, now_ms), transfer_wait(x, now_ms):
 * Do what is due, a bounded piece of it; milliseconds until there is more to
 * do without being woken. Errors are the vault's.
 */
ROWAN_MUST int transfer_step(struct transfer *x, uint64_t now_ms);
uint64_t transfer_wait(const struct transfer *x, uint64_t now_ms);

#endif
