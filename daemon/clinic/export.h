/*
 * Statements as a file, in the order in which they were accepted: what
 * import.h takes in.
 *
 * Statements are signed and say nothing of people; a file of them gives
 * nobody any power.
 */
#ifndef CLINIC_EXPORT_H
#define CLINIC_EXPORT_H

#include "base/writer.h"
#include "store/store.h"

/**
 * export_statement(rd, chain, number, w):
 * Write one statement, armoured. Of one that was erased with its case its link
 * alone, which keeps the chain whole, as a line:
 *
 *	withheld NUMBER TIME SUBJECT CONTENT
 *
 * ROWAN_E_NOT_FOUND past the newest.
 */
ROWAN_MUST int export_statement(struct store_reader *rd,
	const struct id16 *chain, uint64_t number, struct writer *w);

/**
 * export_chain(rd, chain, from, w):
 * Write a chain from statement ${from} (1: the first) to its newest. Codes of
 * the writer.
 */
ROWAN_MUST int export_chain(struct store_reader *rd, const struct id16 *chain,
	uint64_t from, struct writer *w);

#endif
