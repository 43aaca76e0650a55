/*
 * Overwriting a file before it goes.
 *
 * On storage that moves blocks by itself (flash) old copies may survive below
 * the file system: what is shredded must have been sealed, so that losing its
 * key is enough.
 */
#ifndef SESSION_SHRED_H
#define SESSION_SHRED_H

#include <rowan/error.h>

#define SHRED_LAST 4096 /* bytes at the start of a file that go last */

/**
 * shred_file(path):
 * Overwrite the file with zeros, sync and remove it: what comes behind the
 * first SHRED_LAST bytes from its front on, and these then. A file that is
 * not there is no error; ROWAN_E_IO otherwise, and the file is removed if it
 * can be.
 */
ROWAN_MUST int shred_file(const char *path);

#endif
