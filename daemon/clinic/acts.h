/*
 * Taking a statement in: checked, applied, kept and put into effect, all in
 * the caller's open transaction.
 *
 * The one way by which devices, cases, channels and assignments change. Used
 * by the operation, by the import of files and by tests alike.
 */
#ifndef CLINIC_ACTS_H
#define CLINIC_ACTS_H

#include "store/store.h"
#include "wire/chain.h"

/* What a statement brought about. */
struct acts_result {
	struct id16 chain;
	struct wire_chain_head head;
	bool erased;  /* the case of ${chain} is */
	bool revoked; /* ${device} has lost its rights */
	struct id16 device;
};

/**
 * acts_begin(st, record):
 * Give an empty store its authority: an encoded authority record that the
 * operator pinned. Harmless when it is the record the store began with, or
 * the present one of the same clinic; ROWAN_E_REFUSED when it is another.
 */
ROWAN_MUST int acts_begin(struct store *st, struct bytes record);

/**
 * acts_put(st, statement, now, ret):
 * Take in one encoded statement at ${now}, inside a mark of the caller: on
 * failure take the mark back. Codes of wire_statement_decode and rules_check;
 * ROWAN_E_NOT_FOUND before the store has an authority; ROWAN_E_FULL,
 * ROWAN_E_CORRUPT. Of a case that it erases its own statement alone is kept.
 */
ROWAN_MUST int acts_put(struct store *st, struct bytes statement, uint64_t now,
	struct acts_result *ret);

/**
 * acts_erase(st, case_id):
 * Erase a case that a copy which was put back still has, or has never known,
 * in the caller's transaction; the statement that erased it may come later, by
 * acts_put. Harmless for one that is erased. Codes of the store.
 */
ROWAN_MUST int acts_erase(struct store *st, const struct id16 *case_id);

/**
 * acts_witnessed(st, statement, ret_erased):
 * As acts_erase, by the statement that erased the case, which a witness has
 * kept: judged as of when it was signed, whatever of its chain and the
 * clinic's is lost. ${ret_erased}: it was not erased before; of one that was,
 * the statement is not looked at further. ROWAN_E_RULE for another kind,
 * ROWAN_E_REFUSED for another clinic, codes of acts_put.
 */
ROWAN_MUST int acts_witnessed(
	struct store *st, struct bytes statement, bool *ret_erased);

/**
 * acts_give(st, statement, given, ret):
 * As acts_put, for a statement that a restore lost and a device gives back:
 * judged as of when it was signed, at its place in its chain, and by whose
 * hand it comes (trust/given.h). Besides its codes ROWAN_E_RESTORING; and
 * ROWAN_E_RULE for one that was signed after ${given}->before.
 */
struct acts_given {
	struct id16 device; /* who brings it */
	uint64_t before;    /* the restore */
	uint64_t now;
	bool waits; /* others may still have another */
};
ROWAN_MUST int acts_give(struct store *st, struct bytes statement,
	const struct acts_given *given, struct acts_result *ret);

/**
 * acts_check(st, statement, now):
 * Whether acts_put would take it in.
 */
ROWAN_MUST int acts_check(
	struct store *st, struct bytes statement, uint64_t now);

#endif
