/*
 * What pages and log pass on their way to the disk: a VFS over the engine's
 * usual one.
 *
 * Pages: secure_delete overwrites a row where it was deleted. A row that moved
 * to another page before, when pages were joined or split, can leave a copy of
 * itself in the unused middle of the page it came from, and nobody overwrites
 * that. So that middle is overwritten here, where a page passes from the log
 * into the file. The log itself is cut (docs/store.md, "gone").
 *
 * Log: the engine writes each page of a transaction with two calls. They are
 * gathered and reach the file with the sync, or when somebody looks.
 *
 * Trusts nothing it finds in a page; changes only bytes that no reader of the
 * file format looks at. Never changes the log, whose pages carry checksums,
 * and never reports a sync before everything written was handed down.
 */
#ifndef STORE_VFS_H
#define STORE_VFS_H

#include "base/bytes.h"

/*
 * Pages are told apart by their first byte; overflow and free pages begin with
 * a page number, whose first byte is below 2 in files below this many pages.
 */
#define VFS_PAGES_MAX 0x01ffffff

struct vfs;

/**
 * vfs_new(ret, under):
 * Register a VFS over ${under} (NULL: the default). ROWAN_E_NOMEM,
 * ROWAN_E_INVAL for an unknown name. Freed by vfs_free after the last
 * connection that uses it; NULL is harmless.
 */
ROWAN_MUST int vfs_new(struct vfs **ret, const char *under);
void vfs_free(struct vfs *v);

/**
 * vfs_nameless(v):
 * From now on a database that is empty when it is opened loses its name before
 * a byte is written into it: all of it is gone with its last descriptor,
 * whoever dies.
 */
void vfs_nameless(struct vfs *v);

/**
 * vfs_name(v):
 * The name to open connections with; valid until vfs_free.
 */
const char *vfs_name(const struct vfs *v);

/**
 * vfs_gap(page, len, first, ret_at, ret_len):
 * The unused middle of the page of ${len} bytes at ${page}; ${ret_len} is 0
 * when it is no b-tree page or makes no sense. ${first}: it is the first page
 * of the file.
 */
void vfs_gap(const uint8_t *page, size_t len, bool first, size_t *ret_at,
	size_t *ret_len);

#endif
