/*
 * The files of transfers: see transfer_file.h. Linux only.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "session/transfer/transfer_file.h"

#define READ_LEN  65536
#define PART_STEM 200 /* bytes of a name before ".HEX.part"; a name has 255 */

static int failed(void)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR: return ROWAN_E_NOT_FOUND;
	case EEXIST: return ROWAN_E_EXISTS;
	case ENOSPC:
	case EDQUOT:
	case EFBIG: return ROWAN_E_FULL;
	case ENOMEM: return ROWAN_E_NOMEM;
	}
	return ROWAN_E_IO;
}

/* ---- reading ---- */

static void note(const struct stat *st, uint64_t ret[4])
{
	ret[0] = (uint64_t)st->st_mtim.tv_sec;
	ret[1] = (uint64_t)st->st_mtim.tv_nsec;
	ret[2] = (uint64_t)st->st_ctim.tv_sec;
	ret[3] = (uint64_t)st->st_ctim.tv_nsec;
}

int transfer_file_open(struct transfer_source *s, const char *path)
{
	struct stat st;

	memset(s, 0, sizeof *s);
	/* A pipe must not hold us up before it is refused. */
	s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (s->fd < 0)
		return failed();
	if (fstat(s->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		transfer_file_close(s);
		return ROWAN_E_INVAL;
	}
	s->size = (uint64_t)st.st_size;
	note(&st, s->changed);
	return 0;
}

int transfer_file_read(struct transfer_source *s, uint8_t *ret, size_t len)
{
	for (size_t have = 0; have < len;) {
		ssize_t n = read(s->fd, ret + have, len - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ROWAN_E_IO;
		if (n == 0)
			return ROWAN_E_AGAIN; /* shorter than it was */
		have += (size_t)n;
	}
	return 0;
}

int transfer_file_same(struct transfer_source *s)
{
	uint64_t now[4];
	struct stat st;
	uint8_t more;

	if (fstat(s->fd, &st) != 0)
		return ROWAN_E_IO;
	note(&st, now);
	if ((uint64_t)st.st_size != s->size ||
		memcmp(now, s->changed, sizeof now) != 0 ||
		read(s->fd, &more, 1) != 0)
		return ROWAN_E_AGAIN;
	return 0;
}

void transfer_file_close(struct transfer_source *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

bool transfer_file_is(
	const char *path, uint64_t size, const struct wire_hash *digest)
{
	crypto_generichash_state state;
	uint8_t mem[READ_LEN], hash[WIRE_HASH_LEN];
	struct transfer_source s;
	uint64_t left = size;
	bool same = false;

	if (transfer_file_open(&s, path) != 0)
		return false;
	crypto_generichash_init(&state, NULL, 0, sizeof hash);
	if (s.size != size)
		goto out;
	while (left > 0) {
		size_t n = left < READ_LEN ? (size_t)left : READ_LEN;

		if (transfer_file_read(&s, mem, n) != 0)
			goto out;
		crypto_generichash_update(&state, mem, n);
		left -= n;
	}
	crypto_generichash_final(&state, hash, sizeof hash);
	same = memcmp(hash, digest->b, sizeof hash) == 0;
out:
	transfer_file_close(&s);
	sodium_memzero(mem, sizeof mem);
	sodium_memzero(&state, sizeof state);
	return same;
}

/* ---- writing ---- */

/* How much of ${path} leaves room for more in its last name; whole letters. */
static size_t part_stem(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	size_t len = strlen(name);

	if (len > PART_STEM)
		for (len = PART_STEM; len > 0 && (name[len] & 0xc0) == 0x80;)
			len--;
	return (size_t)(name - path) + len;
}

int transfer_file_part(const char *path, char *ret, size_t size)
{
	uint8_t random[6];
	char hex[2 * sizeof random + 1];
	struct stat st;
	int n;

	if (path[0] == 0)
		return ROWAN_E_INVAL;
	if (lstat(path, &st) == 0)
		return ROWAN_E_EXISTS;
	randombytes_buf(random, sizeof random);
	sodium_bin2hex(hex, sizeof hex, random, sizeof random);
	n = snprintf(
		ret, size, "%.*s.%s.part", (int)part_stem(path), path, hex);
	return n > 0 && (size_t)n < size ? 0 : ROWAN_E_LIMIT;
}

int transfer_file_begin(const char *part, uint64_t have, int *ret_fd)
{
	const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	struct stat st;
	int fd;

	*ret_fd = -1;
	fd = open(part, flags);
	if (fd < 0 && errno == ENOENT && have == 0)
		fd = open(part, flags | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return failed();
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1 ||
		st.st_uid != geteuid() || (uint64_t)st.st_size < have) {
		close(fd);
		return ROWAN_E_NOT_FOUND;
	}
	if (ftruncate(fd, (off_t)have) != 0) {
		close(fd);
		return ROWAN_E_IO;
	}
	*ret_fd = fd;
	return 0;
}

int transfer_file_write(int fd, uint64_t at, struct bytes data)
{
	for (size_t done = 0; done < data.len;) {
		ssize_t n = pwrite(fd, data.data + done, data.len - done,
			(off_t)(at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? failed() : ROWAN_E_IO;
		done += (size_t)n;
	}
	return fdatasync(fd) == 0 ? 0 : failed();
}

static void sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	int fd;

	snprintf(folder, sizeof folder, "%.*s",
		slash != NULL && slash != path ? (int)(slash - path) : 1,
		slash != NULL ? path : ".");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	/* The bytes are safe; a folder that cannot be synced is as good. */
	(void)fsync(fd);
	close(fd);
}

int transfer_file_name(const char *part, const char *path)
{
	if (renameat2(AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE) != 0) {
		if (errno != EINVAL && errno != ENOSYS)
			return failed();
		/* A file system without: a second name is never put over one */
		if (link(part, path) != 0)
			return failed();
		(void)unlink(part);
	}
	sync_folder(path);
	return 0;
}
