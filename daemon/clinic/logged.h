/*
 * The log of the clinic: opened under its name, behind its guard, and past the
 * guard only with the authority's word that the daemon came back from a
 * backup.
 */
#ifndef CLINIC_LOGGED_H
#define CLINIC_LOGGED_H

#include "log/head.h"

/**
 * logged_open(ret, options, ret_found):
 * head_open, for the clinic whose authority the store knows; under the zero
 * id before there is one.
 */
ROWAN_MUST int logged_open(struct head **ret,
	const struct head_options *options, struct head_found *ret_found);

/**
 * logged_restored(rd, lost_size, lost_root):
 * Return 0 iff a statement `restore` in the clinic's chain names this head as
 * the last one known before the loss, and as the backup's a head with which
 * the log here begins. ROWAN_E_NOT_FOUND when there is none.
 */
ROWAN_MUST int logged_restored(struct store_reader *rd, uint64_t lost_size,
	const struct merkle_hash *lost_root);

#endif
