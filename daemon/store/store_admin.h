/*
 * The store's part in administration: walking over devices and invites,
 * counting what is over, copying and compacting the file.
 *
 * Opened by store.h. What is shown here is for ops: ids of devices and
 * members, never content, never which case a person belongs to.
 */
#ifndef STORE_STORE_ADMIN_H
#define STORE_STORE_ADMIN_H

#include "base/bytes.h"
#include "base/id.h"

struct store;
struct store_device;
struct store_reader;

/**
 * store_device_next(rd, row, ret):
 * The device in the first row above ${*row}, which becomes its row; begin with
 * 0. ROWAN_E_NOT_FOUND past the last.
 */
ROWAN_MUST int store_device_next(
	struct store_reader *rd, int64_t *row, struct store_device *ret);

/* An invite as ops may know it: the daemon itself cannot tell its id. */
struct store_invite_row {
	struct id16 owner;
	uint64_t until; /* to the hour; once ended: is forgotten then */
	bool ended;
};

/**
 * store_invite_next(rd, row, ret):
 * As store_device_next.
 */
ROWAN_MUST int store_invite_next(
	struct store_reader *rd, int64_t *row, struct store_invite_row *ret);

/**
 * store_invite_end(st, row):
 * End the invite in ${row} as its time would: its content is erased.
 * ROWAN_E_NOT_FOUND when there is none that has not ended.
 */
ROWAN_MUST int store_invite_end(struct store *st, int64_t row);

/* How many of each are over at some time, and not yet erased. */
struct store_due {
	uint64_t envelopes, blobs, packages, invites;
};

/**
 * store_due(rd, now, ret):
 * Count what store_expire would erase at ${now}.
 */
ROWAN_MUST int store_due(
	struct store_reader *rd, uint64_t now, struct store_due *ret);

/**
 * store_urgent(st, ret):
 * Since when the oldest urgent envelope waits that was stored since the store
 * was opened, or found by store_urgent_find; 0 when none waits. Up to a second
 * late. For the writer's thread.
 */
ROWAN_MUST int store_urgent(struct store *st, uint64_t *ret);

/* Urgent envelopes that wait; ${since} is the hour in which they came. */
#define STORE_URGENT_MAX 128
struct store_urgent_row {
	int64_t row, number;
	uint64_t since;
};
struct store_urgent_found {
	struct store_urgent_row rows[STORE_URGENT_MAX];
	size_t len;
};

/**
 * store_urgent_find(rd, ret), store_urgent_take(st, found),
 * store_urgent_known(st):
 * Look into every envelope that waits, for any thread with a reader: long;
 * remember the first STORE_URGENT_MAX found, on the writer's thread; whether
 * that was done since the store was opened.
 */
ROWAN_MUST int store_urgent_find(
	struct store_reader *rd, struct store_urgent_found *ret);
void store_urgent_take(struct store *st, const struct store_urgent_found *f);
bool store_urgent_known(const struct store *st);

/**
 * store_reader_stop(rd, stop):
 * Have what takes long give up once ${stop} is set: ROWAN_E_AGAIN.
 */
void store_reader_stop(struct store_reader *rd, const _Atomic int *stop);

/**
 * store_schema(path, ret):
 * The number of the schema in the file at ${path}, which is not opened as a
 * store and not changed: 0 when there is no file or nothing in it.
 * ROWAN_E_TOO_OLD when nobody can read it any more, ROWAN_E_CORRUPT when it is
 * something else, ROWAN_E_IO.
 */
ROWAN_MUST int store_schema(const char *path, int64_t *ret);

/**
 * store_schema_newest():
 * The schema this program writes.
 */
int64_t store_schema_newest(void);

/* What is copied, for a backup, and where to. */
struct store_copying {
	const struct store *store; /* NULL: the file ${from}, not open */
	const char *from;
	const char *path; /* of a new file, which loses its name while empty */
	const _Atomic int *stop; /* give up once it is set; NULL: never */
};

/**
 * store_copy(c, ret_fd):
 * What is committed, compacted, in a file that has no name and is gone when
 * the caller closes ${ret_fd}, or dies. Long, from any thread, beside
 * everything else; the log cannot be cut meanwhile. ROWAN_E_EXISTS,
 * ROWAN_E_FULL, ROWAN_E_CORRUPT, ROWAN_E_IO; ROWAN_E_AGAIN, also when it gave
 * up.
 */
ROWAN_MUST int store_copy(const struct store_copying *c, int *ret_fd);

/**
 * store_copy_file(from, path):
 * The same of a file that is not open as a store, of whatever schema, into the
 * new file ${path}, which stays.
 */
ROWAN_MUST int store_copy_file(const char *from, const char *path);

/* What store_void erased. */
struct store_voided {
	uint64_t packages, invites;
};

/**
 * store_void(st, ret):
 * What must not live on after a restore: every key package, last-resort ones
 * too, is erased (their hashes stay known for ever), and every invite ends.
 * Mailboxes go on behind any sequence that may have been given since: a device
 * passes over what it believes to have had.
 */
ROWAN_MUST int store_void(struct store *st, struct store_voided *ret);

/**
 * store_groups_rewrite(st, change, ctx, ret):
 * Pass the state of every channel's group to ${change}, which returns 0 with
 * a new state in ${fresh} (the store wipes it), or an error that ends it.
 * ${ret} counts them.
 */
typedef int store_group_change(
	void *ctx, struct bytes state, struct buf *fresh);
ROWAN_MUST int store_groups_rewrite(
	struct store *st, store_group_change *change, void *ctx, uint64_t *ret);

/**
 * store_vacuum(st):
 * Give free pages back to the file system. Needs the store for itself and as
 * much room again; outside of transactions. ROWAN_E_FULL, ROWAN_E_AGAIN.
 */
ROWAN_MUST int store_vacuum(struct store *st);

#endif
