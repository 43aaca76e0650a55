/*
 * Secret keys of 32 bytes from files: the transport keys and the store key.
 *
 * A key file holds 64 lower-case hexadecimal digits and a newline, belongs to
 * us or to root, and nobody else may read it. A name without a slash is looked
 * for in the credential directory that the service manager prepared. The key
 * is never logged, never copied to unguarded memory for longer than a call.
 */
#ifndef NET_KEYFILE_H
#define NET_KEYFILE_H

#include "base/secret.h"

/**
 * keyfile_read(name, creds, ret):
 * Read the key in file ${name}, or in ${creds}/${name} when ${name} has no
 * slash and ${creds} is not NULL. ROWAN_E_NOT_FOUND when there is no such
 * file, ROWAN_E_REFUSED when others may read it, ROWAN_E_MALFORMED when it is
 * no key (all zeros is none), ROWAN_E_IO. The caller wipes ${ret}
 * (key32_wipe).
 */
ROWAN_MUST int keyfile_read(
	const char *name, const char *creds, struct key32 *ret);

/**
 * keyfile_create(name, ret):
 * Make a fresh random key in the new file ${name}, readable by us alone,
 * synced to disk. ROWAN_E_EXISTS when the file is there already, ROWAN_E_IO.
 */
ROWAN_MUST int keyfile_create(const char *name, struct key32 *ret);

/* How far a key file has taken the place of another, which stays beside it. */
enum keyfile_place {
	KEYFILE_APART, /* not begun */
	KEYFILE_BEGUN, /* the old one is kept; the next one is not in place */
	KEYFILE_MOVED, /* done */
	KEYFILE_TAKEN  /* another one is kept there already */
};

/**
 * keyfile_place(old, next), keyfile_replace(old, next):
 * Put the file ${next} in the place of ${old}, which stays as OLD.retired:
 * one that was cut off goes on, one that is done is left. ROWAN_E_EXISTS for
 * KEYFILE_TAKEN, ROWAN_E_IO.
 */
enum keyfile_place keyfile_place(const char *old, const char *next);
ROWAN_MUST int keyfile_replace(const char *old, const char *next);

#endif
