/*
 * The record of the last checkpoint that was signed, in a file of its own that
 * no backup has and nobody restores: what a database that was put back would
 * be behind.
 *
 * Two places of a fixed size, written in turn, so that a torn write leaves the
 * one before. Written after each batch, synced at most once a second: what a
 * power cut may take from it is a second. The checkpoint in it is not verified
 * against a key: whoever can write the file can remove it. It is a guard
 * against mistakes, and witnesses are the one against us.
 */
#ifndef LOG_GUARD_H
#define LOG_GUARD_H

#include "tlog/checkpoint.h"

#define GUARD_NOTE_MAX 2000 /* bytes of a checkpoint kept in it */

struct guard;

/* What the file says. */
struct guard_state {
	uint64_t size;
	struct merkle_hash root;
	uint64_t time; /* when it was signed; 0: it does not say */
};

/**
 * guard_open(ret, path, ret_state):
 * Open or make the file. ${ret_found} says whether it holds a checkpoint,
 * ${ret_state} which.
 * ROWAN_E_CORRUPT when it holds something else, ROWAN_E_IO. ${ret} is closed
 * by guard_close.
 */
ROWAN_MUST int guard_open(struct guard **ret, const char *path, bool *ret_found,
	struct guard_state *ret_state);
void guard_close(struct guard *g);

/**
 * guard_time(path):
 * When the checkpoint in the file was signed; 0 when there is none that can be
 * read. Changes nothing.
 */
uint64_t guard_time(const char *path);

/**
 * guard_write(g, note):
 * Put ${note} in the place of the older one. Not synced. ROWAN_E_IO;
 * ROWAN_E_LIMIT for a note that is too long.
 */
ROWAN_MUST int guard_write(struct guard *g, struct bytes note);

/**
 * guard_reset(g, note):
 * Forget what was there and begin with ${note}; synced. As guard_write.
 */
ROWAN_MUST int guard_reset(struct guard *g, struct bytes note);

/**
 * guard_sync(g):
 * Have the disk keep what was written; harmless when nothing was. For any
 * thread.
 */
ROWAN_MUST int guard_sync(struct guard *g);

#endif
