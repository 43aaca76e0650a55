/*
 * Lists of 16-bit type numbers (RFC 9420 section 7.2): versions, cipher
 * suites, extension, proposal and credential types.
 *
 * A list is a view of big-endian numbers, checked once when it is read.
 * Unknown and GREASE numbers are carried like all others.
 */
#ifndef MLS_TYPE_LIST_H
#define MLS_TYPE_LIST_H

#include "base/reader.h"
#include "base/writer.h"

/**
 * type_list_read(r, ret):
 * Read a vector of 16-bit numbers as a view of its content. At most
 * MLS_TYPE_LIST_MAX bytes (ROWAN_E_LIMIT); ROWAN_E_MALFORMED for an odd length.
 */
ROWAN_MUST int type_list_read(struct reader *r, struct bytes *ret);

/**
 * type_list_write(w, types, n):
 * Append ${n} numbers at ${types} as a vector.
 */
void type_list_write(struct writer *w, const uint16_t *types, size_t n);

/**
 * type_list_next(list, ret):
 * Take the first number of ${list} into ${ret} and shorten ${list} by it;
 * false when ${list} is empty.
 */
bool type_list_next(struct bytes *list, uint16_t *ret);

/**
 * type_list_has(list, type):
 * Return true iff ${type} is in ${list}.
 */
bool type_list_has(struct bytes list, uint16_t type);

#endif
