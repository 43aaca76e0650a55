/*
 * Acts of administration on the files, done while nobody could make their
 * leaves: noted in a file of the state folder, and taken into the audit log
 * when rowand starts next, before it serves.
 *
 *	rowan acts 1 NONCE
 *	act NUMBER TIME WHO: WHAT
 *
 * NUMBER as in ctl/form.h. A line is synced before its act is done; half a
 * line is an act that was not. Taken once: the database remembers the nonce of
 * the file it took last.
 *
 * A guard against forgetting, not against root, who can write here what they
 * like. A line that is none becomes a leaf that says so.
 */
#ifndef PROCESS_NOTED_H
#define PROCESS_NOTED_H

#include "store/store.h"

#define NOTED_NAME     "acts-noted"
#define NOTED_TEXT_MAX 63
#define NOTED_MAX      (256 * 1024) /* bytes of the file */

struct noted_act {
	uint16_t number;
	uint64_t time;
	const char *text; /* printable, at most NOTED_TEXT_MAX */
};

/**
 * noted_add(dir, act):
 * Note an act that is about to be done. Where there is no database there is
 * no log either, and nothing is noted. ROWAN_E_IO, ROWAN_E_LIMIT when the
 * file is full, ROWAN_E_INVAL.
 */
ROWAN_MUST int noted_add(const char *dir, const struct noted_act *act);

/**
 * noted_take(st, dir, now, said, cookie):
 * Make leaves of all that was noted, in one transaction, and remove the file;
 * then ${said} hears of each. Codes of the store; ROWAN_E_IO.
 */
typedef void noted_said(void *cookie, const struct noted_act *act);
ROWAN_MUST int noted_take(struct store *st, const char *dir, uint64_t now,
	noted_said *said, void *cookie);

#endif
