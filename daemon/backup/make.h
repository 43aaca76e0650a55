/*
 * Making a backup of the open store, beside everything else it does.
 */
#ifndef BACKUP_MAKE_H
#define BACKUP_MAKE_H

#include "backup/folder.h"

struct store;

struct backup_making {
	const struct store *store; /* NULL: the file ${from}, not open */
	const char *from;
	const char *dir;	 /* of backups */
	const char *key;	 /* path of the recipient's public key */
	uint64_t now;		 /* names the backup */
	const _Atomic int *stop; /* give up once it is set; NULL: never */
	struct backup_manifest manifest; /* schema, log_size, log_root, by */
};

/**
 * backup_make(m, ret):
 * Copy, seal, note, all synced. What is not sealed has no name in the folder:
 * who carries it away or dies leaves nothing of it. Long; gives up at once when
 * told to (ROWAN_E_STATE). ROWAN_E_NOT_FOUND without a key, ROWAN_E_MALFORMED
 * for a key that is none, ROWAN_E_EXISTS when there is a backup of this second,
 * ROWAN_E_IO, ROWAN_E_FULL, ROWAN_E_AGAIN. A failed one leaves nothing behind,
 * and what an interrupted one left goes with the next: one at a time in a
 * folder.
 */
ROWAN_MUST int backup_make(
	const struct backup_making *m, struct backup_entry *ret);

#endif
