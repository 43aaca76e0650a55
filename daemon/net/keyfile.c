/*
 * Key files: see keyfile.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>
#include <sys/stat.h>

#include "base/folder.h"
#include "net/keyfile.h"

#define TEXT_LEN (2 * KEY32_LEN + 1)

static int open_checked(const char *path, int *ret)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	*ret = -1;
	if (fd < 0)
		return errno == ENOENT ? ROWAN_E_NOT_FOUND : ROWAN_E_IO;
	if (fstat(fd, &st) != 0) {
		close(fd);
		return ROWAN_E_IO;
	}
	if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0 ||
		(st.st_uid != geteuid() && st.st_uid != 0)) {
		close(fd);
		return ROWAN_E_REFUSED;
	}
	*ret = fd;
	return 0;
}

/* Exactly one spelling: 64 digits 0-9a-f and a newline. */
static int parse(const char *text, size_t len, struct key32 *ret)
{
	size_t n = 0;

	if (len != TEXT_LEN || text[TEXT_LEN - 1] != '\n')
		return ROWAN_E_MALFORMED;
	for (size_t i = 0; i < TEXT_LEN - 1; i++)
		if (text[i] >= 'A' && text[i] <= 'F')
			return ROWAN_E_MALFORMED;
	if (sodium_hex2bin(ret->b, KEY32_LEN, text, TEXT_LEN - 1, NULL, &n,
		    NULL) != 0 ||
		n != KEY32_LEN || sodium_is_zero(ret->b, KEY32_LEN))
		return ROWAN_E_MALFORMED;
	return 0;
}

int keyfile_read(const char *name, const char *creds, struct key32 *ret)
{
	char path[PATH_MAX], text[TEXT_LEN + 1];
	int fd = -1, rc, len;
	ssize_t got;

	key32_wipe(ret);
	if (strchr(name, '/') == NULL && creds != NULL)
		len = snprintf(path, sizeof path, "%s/%s", creds, name);
	else
		len = snprintf(path, sizeof path, "%s", name);
	if (len < 0 || (size_t)len >= sizeof path)
		return ROWAN_E_INVAL;
	rc = open_checked(path, &fd);
	if (rc != 0)
		return rc;
	/* One byte more than a key, so that a longer file is seen. */
	got = read(fd, text, sizeof text);
	close(fd);
	rc = got < 0 ? ROWAN_E_IO : parse(text, (size_t)got, ret);
	if (rc != 0)
		key32_wipe(ret);
	sodium_memzero(text, sizeof text);
	return rc;
}

int keyfile_create(const char *name, struct key32 *ret)
{
	char text[TEXT_LEN + 1];
	int fd, rc = ROWAN_E_IO;

	key32_wipe(ret);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == EEXIST ? ROWAN_E_EXISTS : ROWAN_E_IO;
	randombytes_buf(ret->b, KEY32_LEN);
	sodium_bin2hex(text, sizeof text, ret->b, KEY32_LEN);
	text[TEXT_LEN - 1] = '\n';
	if (write(fd, text, TEXT_LEN) == TEXT_LEN && fsync(fd) == 0)
		rc = 0;
	if (close(fd) != 0)
		rc = ROWAN_E_IO;
	if (rc != 0) {
		key32_wipe(ret);
		unlink(name);
	}
	sodium_memzero(text, sizeof text);
	return rc;
}

/* ---- one in the place of another ---- */

static bool kept_path(const char *old, char ret[PATH_MAX])
{
	return snprintf(ret, PATH_MAX, "%s.retired", old) < PATH_MAX;
}

enum keyfile_place keyfile_place(const char *old, const char *next)
{
	struct stat kept, now;
	char path[PATH_MAX];

	if (!kept_path(old, path) || stat(path, &kept) != 0)
		return KEYFILE_APART;
	if (access(next, F_OK) != 0)
		return KEYFILE_MOVED;
	if (stat(old, &now) == 0 && now.st_dev == kept.st_dev &&
		now.st_ino == kept.st_ino)
		return KEYFILE_BEGUN;
	return KEYFILE_TAKEN;
}

int keyfile_replace(const char *old, const char *next)
{
	char path[PATH_MAX];

	if (!kept_path(old, path))
		return ROWAN_E_INVAL;
	switch (keyfile_place(old, next)) {
	case KEYFILE_TAKEN: return ROWAN_E_EXISTS;
	case KEYFILE_MOVED: return 0;
	case KEYFILE_APART:
		if (link(old, path) != 0 || folder_sync_of(old) != 0)
			return ROWAN_E_IO;
		break;
	case KEYFILE_BEGUN: break;
	}
	return rename(next, old) == 0 ? folder_sync_of(old) : ROWAN_E_IO;
}
