/*
 * Overwriting a file: see shred.h.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session/vault/shred.h"

/* Overwrite an open file from ${at} up to ${end}. */
static int overwrite(int fd, off_t at, off_t end)
{
	static const uint8_t zero[4096];
	int rc = 0;

	while (rc == 0 && at < end) {
		size_t n = sizeof zero;

		if ((off_t)n > end - at)
			n = (size_t)(end - at);
		if (pwrite(fd, zero, n, at) != (ssize_t)n)
			rc = ROWAN_E_IO;
		at += (off_t)n;
	}
	return rc == 0 && fsync(fd) != 0 ? ROWAN_E_IO : rc;
}

int shred_file(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW), rc = 0;

	if (fd < 0)
		return access(path, F_OK) == 0 ? ROWAN_E_IO : 0;
	if (fstat(fd, &st) != 0)
		rc = ROWAN_E_IO;
	if (rc == 0)
		rc = overwrite(fd, SHRED_LAST, st.st_size);
	if (rc == 0)
		rc = overwrite(fd, 0,
			st.st_size < SHRED_LAST ? st.st_size : SHRED_LAST);
	(void)close(fd);
	if (unlink(path) != 0 && rc == 0)
		rc = ROWAN_E_IO;
	return rc;
}
