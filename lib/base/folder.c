/*
 * Folders made safe on disk: see folder.h.
 */
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/folder.h"

int folder_sync(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd >= 0 && fsync(fd) == 0 ? 0 : ROWAN_E_IO;

	if (fd >= 0)
		close(fd);
	return rc;
}

int folder_sync_of(const char *path)
{
	char copy[PATH_MAX];

	if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy)
		return ROWAN_E_INVAL;
	return folder_sync(dirname(copy));
}
