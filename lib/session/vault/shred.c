/*
 * Overwriting a file: see shred.h.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session/vault/shred.h"

/* Overwrite the ${len} bytes of an open file. */
static int overwrite(int fd, off_t len)
{
	static const uint8_t zero[4096];
	int rc = 0;

	for (off_t at = 0; rc == 0 && at < len;) {
		size_t n = sizeof zero;

		if ((off_t)n > len - at)
			n = (size_t)(len - at);
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
		rc = overwrite(fd, st.st_size);
	(void)close(fd);
	if (unlink(path) != 0 && rc == 0)
		rc = ROWAN_E_IO;
	return rc;
}
