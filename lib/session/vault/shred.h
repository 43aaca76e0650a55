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

/**
 * shred_file(path):
 * Overwrite the file with zeros, sync and remove it. A file that is not there
 * is no error; ROWAN_E_IO otherwise, and the file is removed if it can be.
 */
ROWAN_MUST int shred_file(const char *path);

#endif
