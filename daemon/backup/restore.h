/*
 * Coming back from a backup (docs/operations.md, "Restore").
 *
 *	backup --open--> folder, pending --authority signs--> finished
 *	                 rowand refuses                       rowand serves
 *
 * A restored folder holds a note of what was restored and what the last known
 * head was; as long as it is there no rowand serves the folder. Finishing
 * needs the authority's statement that names both heads. Then, in one
 * transaction: erased cases are erased again, lost statements that the lost
 * database still had are back, the restore is in the clinic's chain, invites
 * and key packages are void, every channel's group waits for a reset, and a
 * leaf says that somebody finished it.
 */
#ifndef BACKUP_RESTORE_H
#define BACKUP_RESTORE_H

#include "backup/format.h"
#include "clinic/import.h"
#include "store/store.h"
#include "wire/statement.h"

#define RESTORE_PENDING "restore-pending" /* in the folder */

/* What lies in a restored folder that is not finished. */
struct restore_pending {
	uint64_t made; /* when the backup was */
	struct wire_st_restore heads;
};

/**
 * restore_pending_write(dir, p, chain), restore_pending_read(dir, ret):
 * The heads, and behind them the clinic's chain as far as it is known,
 * armoured: what the authority signs must stand behind that.
 * ROWAN_E_NOT_FOUND when nothing is pending, ROWAN_E_CORRUPT, ROWAN_E_IO.
 */
ROWAN_MUST int restore_pending_write(
	const char *dir, const struct restore_pending *p, struct bytes chain);
ROWAN_MUST int restore_pending_read(
	const char *dir, struct restore_pending *ret);

/**
 * restore_unpack(file, dir, secret, ret):
 * Open the backup ${file} into ${dir}/rowan.db; ${dir} is made when it is not
 * there and must be empty. Codes of backup_open; ROWAN_E_EXISTS for a folder
 * that is not empty. A failed one leaves the folder as empty as it was, and one
 * that was cut off leaves a note by which no rowand serves it.
 */
ROWAN_MUST int restore_unpack(const char *file, const char *dir,
	const struct key32 *secret, struct backup_manifest *ret);

/**
 * restore_mark(st):
 * The same in the database itself, for whoever takes the note away:
 * process_store refuses it until restore_finish has taken the mark off.
 */
ROWAN_MUST int restore_mark(struct store *st);

/**
 * restore_last(from, to, ret_size, ret_root):
 * The last head that was signed before the loss, from the record of the lost
 * folder (log/guard.h), which is copied to ${to}, or from a checkpoint as
 * text. ROWAN_E_NOT_FOUND when ${from} holds neither, ROWAN_E_IO.
 */
ROWAN_MUST int restore_last(const char *from, const char *to,
	uint64_t *ret_size, uint8_t ret_root[32]);

/* What finishing did. */
struct restore_done {
	struct import_result brought;
	struct store_voided voided;
	uint64_t channels;  /* that wait for a reset */
	uint64_t erased;    /* cases that were erased again */
	uint64_t witnessed; /* by a witness's statement alone */
	uint64_t found;	    /* lost statements that are back by this */
	uint64_t refused;   /* ...that do not go in any more */
	bool waits;	    /* for those who have others: clinic/returning.h */
	/* What is wrong: which of the witnesses' files, and where in it. */
	size_t bad_file, bad_at; /* from 1; 0: nothing */
};

/* What a restore is finished with. */
struct restore_finishing {
	const struct restore_pending *pending;
	struct bytes text;	   /* armoured statements */
	struct bytes lost;	   /* those of the lost database; or empty */
	const struct id16 *erased; /* tombstones */
	size_t erased_count;
	const struct bytes *witnessed; /* witnesses' files: armoured erasures */
	size_t witnessed_count;
	bool all;     /* ${lost} is every statement there was */
	uint16_t act; /* its number and words for the leaf */
	struct bytes who;
	uint64_t now;
};

/**
 * restore_finish(st, f, ret):
 * All of it, in one transaction: tombstones and what witnesses have kept, then
 * ${f}->lost, each statement that still goes in, then ${f}->text. A witness's
 * statement that does not hold even then (acts_witnessed) undoes it all, and
 * ${ret} says which; so does a file without any (ROWAN_E_MALFORMED). Unless
 * nothing can be missing then, the restore waits with the cases until clients
 * have given back what they have.
 * ${f}->text is armoured statements: those
 * that were lost and somebody still has, in their order, and last the restore.
 * ROWAN_E_RULE when the last one is no restore or names other heads than
 * ${f}->pending; codes of import_text.
 */
ROWAN_MUST int restore_finish(struct store *st,
	const struct restore_finishing *f, struct restore_done *ret);

#endif
