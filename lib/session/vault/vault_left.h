/*
 * What is left of a vault when somebody was killed while they made or wiped
 * it: a file out of which nobody can ever get anything.
 *
 * The master key, sealed, is in the second page of the file and nowhere else;
 * a wipe overwrites that page first (shred.h).
 *
 * Inside the vault: vault.h is the door.
 */
#ifndef SESSION_VAULT_LEFT_H
#define SESSION_VAULT_LEFT_H

#include <stdbool.h>

#define VAULT_APPLICATION_ID 0x526f776e /* "Rown" */
#define VAULT_PAGE	     4096	/* bytes */

/**
 * vault_is_left(path):
 * True iff the file, which did not open, is no more than that. Another file,
 * or a vault that is damaged elsewhere, is not.
 */
bool vault_is_left(const char *path);

#endif
