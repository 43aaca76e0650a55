/*
 * Which settings are in force, remembered in the database: what a start brings
 * into force that was not before is an act of administration, and a leaf of the
 * audit log, as it is when rowanctl or SIGHUP does it.
 *
 * Holds no secret: a setting says where a key is, never the key.
 */
#ifndef PROCESS_SETTINGS_H
#define PROCESS_SETTINGS_H

#include "config/config.h"
#include "process/noted.h"

/* What a start has changed. */
struct settings_change {
	bool any;
	/* Which, where those before are known to this version. */
	const char *name[2 * CONFIG_KEYS_MAX];
	size_t count;
};

/**
 * settings_remember(st, c):
 * These are in force, in the open transaction. Codes of the store.
 */
ROWAN_MUST int settings_remember(struct store *st, const struct config *c);

/**
 * settings_begin(st, c, act, ret):
 * Before ${c} comes into force: where it differs from what was remembered, or
 * nothing was, make the leaf of ${act} and remember it, in a transaction of its
 * own. Codes of the store: then nothing is remembered, and it is due again.
 */
ROWAN_MUST int settings_begin(struct store *st, const struct config *c,
	const struct noted_act *act, struct settings_change *ret);

#endif
