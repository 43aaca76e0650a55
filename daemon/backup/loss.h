/*
 * What a restore loses, named entry by entry, from the lost database as far as
 * it can still be read: which messages, of which device and channel, under
 * which counter, whether somebody still waited for them.
 *
 *	rowan loss 1
 *	entries FIRST to LAST
 *	message LEAF TIME device ID channel ID counter N state waiting|fetched
 *	blob LEAF TIME device ID channel ID chunk N	a part of an attachment
 *	statement LEAF TIME device ID chain ID number N
 *	other LEAF TIME ACT device ID case ID number N
 *	erased LEAF			of a case that was erased
 *	unread LEAF			its part of the file is damaged
 *	after device ID counter N	of a device's messages the backup has
 *					those up to N
 *
 * Times are as coarse as in the log: a victim's to the hour.
 *
 * Of a case that is erased later its entries are crossed out.
 *
 * Works on a copy. Trusts no byte of it: what it brings back is statements,
 * which are judged by their signatures. Opens no message.
 */
#ifndef BACKUP_LOSS_H
#define BACKUP_LOSS_H

#include <stdio.h>

#include "base/secret.h"
#include "base/writer.h"
#include "store/store.h"

#define LOSS_NAME	"loss.txt"	  /* in the restored folder */
#define LOSS_STATEMENTS "lost-statements" /* and what was brought along */
#define LOSS_ALL	"lost-all"	  /* every one of the lost was read */

struct loss {
	uint64_t first, end; /* leaves that are lost: first..end-1 */
	uint64_t read;	     /* of these, entries that could be read */
	uint64_t messages, waiting, blobs, statements;
};

/**
 * loss_open(ret, from, aside, key):
 * Copy the database ${from} and its write-ahead log to ${aside} and open that,
 * damaged or not. Codes of store_open, ROWAN_E_NOT_FOUND, ROWAN_E_IO. The
 * caller closes it (store_close) and calls loss_remove(aside).
 */
ROWAN_MUST int loss_open(struct store **ret, const char *from,
	const char *aside, const struct key32 *key);
void loss_remove(const char *aside);

/**
 * loss_write(lost, l, report, statements):
 * Name the entries from ${l}->first on, up to ${l}->end or, when that is 0,
 * the last there is; count them. ${statements} gets those among them, armoured,
 * in the order in which they were accepted. What cannot be read is passed
 * over. ROWAN_E_IO of the report, ROWAN_E_NOMEM.
 */
ROWAN_MUST int loss_write(struct store *lost, struct loss *l, FILE *report,
	struct writer *statements);

/**
 * loss_known(rd, report):
 * Of each device the highest counter in what was restored: what it sent with
 * a higher one is lost.
 */
ROWAN_MUST int loss_known(struct store_reader *rd, FILE *report);

/**
 * loss_cross_out(rd, dir):
 * Cross out of ${dir}/loss.txt what is of cases that are erased by now: their
 * entries become "erased", their victims' devices are named no more. Harmless
 * where there is no such file; what a killed one left is gone. ROWAN_E_IO
 * leaves it as it was; ROWAN_E_NOMEM, codes of the store.
 */
ROWAN_MUST int loss_cross_out(struct store_reader *rd, const char *dir);

#endif
