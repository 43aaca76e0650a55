/*
 * The file that keeps the daemon's time: see clock_file.h.
 *
 * Written beside the old one, flushed, renamed over it: a crash leaves the
 * one or the other. A checksum tells damage from content.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/folder.h"
#include "base/reader.h"
#include "base/writer.h"
#include "clock/clock_file.h"

#define MAGIC	  "rowan clock 1\n"
#define MAGIC_LEN (sizeof MAGIC - 1)
#define SUM_LEN	  16
#define DATA_LEN  (MAGIC_LEN + 4 * 8 + 1)
#define FILE_LEN  (DATA_LEN + SUM_LEN)
#define PATH_LEN  512

static int sum(const uint8_t *data, uint8_t ret[SUM_LEN])
{
	return crypto_generichash(ret, SUM_LEN, data, DATA_LEN, NULL, 0) == 0
		       ? 0
		       : ROWAN_E_INTERNAL;
}

static int decode(const uint8_t *data, struct clock_file *ret)
{
	uint8_t want[SUM_LEN];
	struct reader r;
	struct bytes magic;
	uint64_t offset = 0;

	if (sum(data, want) != 0 || memcmp(want, data + DATA_LEN, SUM_LEN) != 0)
		return ROWAN_E_CORRUPT;
	reader_init(&r, bytes_of(data, DATA_LEN));
	if (reader_view(&r, MAGIC_LEN, &magic) != 0 ||
		!bytes_eq(magic, bytes_of(MAGIC, MAGIC_LEN)) ||
		reader_u64(&r, &ret->time) != 0 ||
		reader_u64(&r, &ret->sure) != 0 ||
		reader_u64(&r, &ret->boot) != 0 ||
		reader_u64(&r, &offset) != 0 || reader_u8(&r, &ret->doubt) != 0)
		return ROWAN_E_CORRUPT;
	ret->offset = (int64_t)offset;
	return 0;
}

int clock_file_read(const char *path, struct clock_file *ret)
{
	uint8_t data[FILE_LEN + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	*ret = (struct clock_file){0};
	if (fd < 0)
		return errno == ENOENT ? ROWAN_E_NOT_FOUND : ROWAN_E_IO;
	n = read(fd, data, sizeof data);
	close(fd);
	if (n < 0)
		return ROWAN_E_IO;
	return n == FILE_LEN ? decode(data, ret) : ROWAN_E_CORRUPT;
}

static int write_new(const char *path, const uint8_t *data)
{
	int fd = open(path,
		O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	int rc = 0;

	if (fd < 0)
		return ROWAN_E_IO;
	if (write(fd, data, FILE_LEN) != (ssize_t)FILE_LEN || fsync(fd) != 0)
		rc = ROWAN_E_IO;
	if (close(fd) != 0)
		rc = ROWAN_E_IO;
	return rc;
}

int clock_file_write(const char *path, const struct clock_file *f)
{
	char beside[PATH_LEN];
	uint8_t data[FILE_LEN];
	struct writer w;
	int rc;

	if (snprintf(beside, sizeof beside, "%s.new", path) >=
		(int)sizeof beside)
		return ROWAN_E_INVAL;
	writer_init_fixed(&w, data, DATA_LEN);
	writer_raw(&w, MAGIC, MAGIC_LEN);
	writer_u64(&w, f->time);
	writer_u64(&w, f->sure);
	writer_u64(&w, f->boot);
	writer_u64(&w, (uint64_t)f->offset);
	writer_u8(&w, f->doubt);
	if ((rc = writer_status(&w)) != 0 ||
		(rc = sum(data, data + DATA_LEN)) != 0 ||
		(rc = write_new(beside, data)) != 0)
		return rc;
	if (rename(beside, path) != 0)
		return ROWAN_E_IO;
	return folder_sync_of(path);
}
