/*
 * Tombstones: which cases were erased, in a file beside the backups, so that a
 * restore erases them again before anybody is served.
 *
 *	rowan tombstones 1
 *	case 32-HEXADECIMAL-DIGITS
 *
 * A case's id is random and says nothing of anybody. The file only grows.
 */
#ifndef CLINIC_TOMBSTONES_H
#define CLINIC_TOMBSTONES_H

#include "base/bytes.h"
#include "base/id.h"
#include "store/store.h"

#define TOMBSTONES_NAME "tombstones" /* in the folder of backups */
#define TOMBSTONES_MAX	100000

/**
 * tombstones_add(dir, cases, count):
 * Append; synced. Half a line, which a crash has left, goes. What is there
 * already may be there twice. ROWAN_E_IO, ROWAN_E_FULL; ROWAN_E_NOT_FOUND
 * without the folder.
 */
ROWAN_MUST int tombstones_add(
	const char *dir, const struct id16 *cases, size_t count);

/**
 * tombstones_settle(dir, rd):
 * Add those that are missing: what was erased just before a crash, or while
 * the folder was away. ROWAN_E_CORRUPT for a file that is none, ROWAN_E_IO when
 * one cannot be added; codes of the store.
 */
ROWAN_MUST int tombstones_settle(const char *dir, struct store_reader *rd);

/**
 * tombstones_erased(rd, case_id, ret):
 * Whether the case is erased; one that is not known is not. Codes of the store.
 */
ROWAN_MUST int tombstones_erased(
	struct store_reader *rd, const struct id16 *case_id, bool *ret);

/**
 * tombstones_read(path, ret, ret_count):
 * All of them; the caller frees ${ret}. A file that is not there has none.
 * ROWAN_E_CORRUPT for a line that is none, ROWAN_E_IO, ROWAN_E_NOMEM.
 */
ROWAN_MUST int tombstones_read(
	const char *path, struct id16 **ret, size_t *ret_count);

#endif
