/*
 * Where pages go on their way into the file: the engine's usual VFS, with the
 * unused middle of each b-tree page overwritten by zeros.
 *
 * secure_delete overwrites a row where it was deleted. A row that moved to
 * another page before, when pages were joined or split, can leave a copy of
 * itself in the gap of the page it came from, and nobody overwrites that. So
 * it is done here, where a page passes from the log into the file. The log
 * itself is cut (docs/store.md, "gone").
 *
 * Trusts nothing it finds in a page; changes only bytes that no reader of the
 * file format looks at. Never touches the log, whose pages carry checksums.
 */
#ifndef STORE_SCRUB_H
#define STORE_SCRUB_H

#include "base/bytes.h"

/*
 * Pages are told apart by their first byte; overflow and free pages begin with
 * a page number, whose first byte is below 2 in files below this many pages.
 */
#define SCRUB_PAGES_MAX 0x01ffffff

struct scrub;

/**
 * scrub_new(ret, under):
 * Register a VFS over ${under} (NULL: the default). ROWAN_E_NOMEM,
 * ROWAN_E_INVAL for an unknown name. Freed by scrub_free after the last
 * connection that uses it; NULL is harmless.
 */
ROWAN_MUST int scrub_new(struct scrub **ret, const char *under);
void scrub_free(struct scrub *s);

/**
 * scrub_name(s):
 * The name to open connections with; valid until scrub_free.
 */
const char *scrub_name(const struct scrub *s);

/**
 * scrub_gap(page, len, first, ret_at, ret_len):
 * The unused middle of the page of ${len} bytes at ${page}; ${ret_len} is 0
 * when it is no b-tree page or makes no sense. ${first}: it is the first page
 * of the file.
 */
void scrub_gap(const uint8_t *page, size_t len, bool first, size_t *ret_at,
	size_t *ret_len);

#endif
