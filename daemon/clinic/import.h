/*
 * The clinic's beginning from files: its authority's record, and statements
 * that were signed offline (wire/armour.h).
 *
 * Trusts the operator for the record, which is the root of everything else;
 * statements are judged as if a device had brought them. For a process that
 * has the store for itself.
 */
#ifndef CLINIC_IMPORT_H
#define CLINIC_IMPORT_H

#include "clinic/acts.h"
#include "store/store.h"

#define IMPORT_FILE_MAX (32 * 1024 * 1024)

/**
 * import_read(path, ret):
 * A whole file of up to IMPORT_FILE_MAX; the caller owns ${ret}. ROWAN_E_IO,
 * ROWAN_E_LIMIT.
 */
ROWAN_MUST int import_read(const char *path, struct buf *ret);

/**
 * import_why(path, rc):
 * ${rc} of what was done with the file ${path}, in words: of one that cannot
 * be opened, why not.
 */
const char *import_why(const char *path, int rc);

/**
 * import_authority(st, path, now):
 * Pin the record in the file ${path}. Codes of acts_begin and armour_read;
 * ROWAN_E_IO when it cannot be read.
 */
ROWAN_MUST int import_authority(
	struct store *st, const char *path, uint64_t now);

/* What became of a file. */
struct import_result {
	size_t taken;	/* statements that are new */
	size_t known;	/* that the store had */
	size_t at;	/* on failure: which statement, from 1; 0: none */
	uint64_t ahead; /* seconds: that one is of a time that has not come */
};

/* How a text is taken in. */
struct import {
	struct store *store;
	uint64_t now;
	uint8_t only; /* the one kind that may be new; 0: any */
	/* A new statement is taken in; or NULL. */
	int (*took)(void *cookie, const struct acts_result *done);
	void *cookie;
	/*
	 * Where not NULL: a new restore is judged and put here, for the
	 * caller, and not taken in.
	 */
	struct buf *floats;
};

/**
 * import_text(in, text, ret):
 * Take in every statement of ${text} inside a mark of the caller, who takes
 * all of them back on failure. Codes of import_statements; ROWAN_E_REFUSED
 * for another kind than ${in}->only.
 */
ROWAN_MUST int import_text(
	struct import *in, struct bytes text, struct import_result *ret);

/**
 * import_each(in, text, ret):
 * Take in each statement of ${text} that goes in, inside marks of its own, and
 * leave out the others; ${ret}->at counts all of them. Codes that cost the
 * transaction, or ROWAN_E_MALFORMED for what is no such text.
 */
ROWAN_MUST int import_each(
	struct import *in, struct bytes text, struct import_result *ret);

/**
 * import_statements(st, path, now, ret):
 * Take in every statement of the file ${path}, all of them or none. What was
 * signed a while ago is judged by its own time, which must not lie ahead.
 * Codes of acts_put and armour_next; ROWAN_E_IO, and ROWAN_E_LIMIT for more
 * than IMPORT_FILE_MAX; ROWAN_E_NOT_FOUND for a file without a statement or a
 * store without an authority.
 */
ROWAN_MUST int import_statements(struct store *st, const char *path,
	uint64_t now, struct import_result *ret);

#endif
