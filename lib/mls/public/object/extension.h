/*
 * Extension lists (RFC 9420 section 13.4).
 *
 * A list is a view of the content of the vector, checked once when it is
 * read: well formed, at most MLS_EXTENSIONS_MAX entries, no type twice.
 * Unknown and GREASE extensions are carried like all others; the content of
 * an extension is read by whoever knows its type.
 */
#ifndef MLS_EXTENSION_H
#define MLS_EXTENSION_H

#include "base/reader.h"
#include "base/writer.h"

enum extension_type {
	EXTENSION_APPLICATION_ID = 1,
	EXTENSION_RATCHET_TREE = 2,
	EXTENSION_REQUIRED_CAPABILITIES = 3,
	EXTENSION_EXTERNAL_PUB = 4,
	EXTENSION_EXTERNAL_SENDERS = 5,
	EXTENSION_LAST_RESORT = 0x000a
};

struct extension {
	uint16_t type;
	struct bytes data;
};

/**
 * extension_list_read(r, ret):
 * Read an extension list; ${ret} is a view of its content.
 * ROWAN_E_MLS_EXTENSION when a type occurs twice.
 */
ROWAN_MUST int extension_list_read(struct reader *r, struct bytes *ret);

/**
 * extension_list_check(list):
 * Check a list that did not come through extension_list_read.
 */
ROWAN_MUST int extension_list_check(struct bytes list);

/**
 * extension_next(list, ret):
 * Take the first extension of a checked ${list} into ${ret} and shorten
 * ${list} by it; false when ${list} is empty.
 */
bool extension_next(struct bytes *list, struct extension *ret);

/**
 * extension_find(list, type, ret):
 * Set ${ret} to the data of the extension of that type; false, and an empty
 * ${ret}, when there is none.
 */
bool extension_find(struct bytes list, uint16_t type, struct bytes *ret);

/**
 * extension_is_default(type):
 * Return true iff every client supports ${type} without listing it (section
 * 7.2).
 */
bool extension_is_default(uint16_t type);

/**
 * extension_write(w, type, data):
 * Append one extension.
 */
void extension_write(struct writer *w, uint16_t type, struct bytes data);

#endif
