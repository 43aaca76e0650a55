/*
 * The folder of backups: names that sort by time, and beside each backup a
 * note in plain text of what it is and the BLAKE2b-256 of the file, so that it
 * can be listed and, with `b2sum -l 256`, checked for damage without any key.
 *
 *	rowan-20261126T021500Z.backup
 *	rowan-20261126T021500Z.note
 *
 * Never deletes a backup.
 */
#ifndef BACKUP_FOLDER_H
#define BACKUP_FOLDER_H

#include "backup/format.h"

#define BACKUP_NAME_LEN	   29 /* of the file with its ending */
#define BACKUP_PATH_MAX	   512
#define BACKUP_DRILL	   "last-drill" /* in state_dir: its age is the drill's */
#define BACKUP_DRILL_NEVER 1		/* its time while none has succeeded */

struct backup_entry {
	char name[BACKUP_NAME_LEN + 1];
	uint64_t time;	/* as in the name */
	uint64_t bytes; /* of the file */
	bool noted;	/* there is a note, and the rest is from it */
	uint64_t schema, log_size;
	uint8_t log_root[32];
};

/**
 * backup_name(time, ret), backup_time(name, ret):
 * The name of a backup made at ${time}; and back: false when it is none.
 */
void backup_name(uint64_t time, char ret[BACKUP_NAME_LEN + 1]);
bool backup_time(const char *name, uint64_t *ret);

/**
 * backup_list(dir, ret, max, ret_len):
 * Every backup, oldest first; the newest ${max} when there are more.
 * ROWAN_E_NOT_FOUND without a folder, ROWAN_E_IO.
 */
ROWAN_MUST int backup_list(
	const char *dir, struct backup_entry *ret, size_t max, size_t *ret_len);

/**
 * backup_newest(dir, ret):
 * The newest one. ROWAN_E_NOT_FOUND when there is none.
 */
ROWAN_MUST int backup_newest(const char *dir, struct backup_entry *ret);

/**
 * backup_note(dir, e, m, stop):
 * Write the note of a backup, all of it or none. ROWAN_E_STATE when told to
 * ${stop} (NULL: never), ROWAN_E_FULL, ROWAN_E_IO.
 */
ROWAN_MUST int backup_note(const char *dir, const struct backup_entry *e,
	const struct backup_manifest *m, const _Atomic int *stop);

#endif
