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

#endif
