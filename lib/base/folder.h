/*
 * Folders made safe on disk: a file's new name survives a power cut only when
 * the folder that holds it was synced, too.
 *
 * Trusts the paths it is given. Never creates or removes anything.
 */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include "base/bytes.h"

/**
 * folder_sync(dir):
 * Make the names in the folder ${dir} durable. ROWAN_E_IO.
 */
ROWAN_MUST int folder_sync(const char *dir);

/**
 * folder_sync_of(path):
 * The same for the folder that holds ${path}. ROWAN_E_INVAL when the name is
 * too long.
 */
ROWAN_MUST int folder_sync_of(const char *path);

#endif
