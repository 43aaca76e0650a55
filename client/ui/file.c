/*
 * Files whole: see file.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/writer.h"
#include "ui/file.h"
#include "ui/mem.h"
#include "ui/words.h"

static int read_fd(int fd, size_t max, struct buf *ret)
{
	struct writer w;
	uint8_t part[8192];
	ssize_t n;
	int rc = 0;

	*ret = (struct buf){NULL, 0};
	writer_init(&w, max);
	while ((n = read(fd, part, sizeof part)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			rc = ROWAN_E_IO;
			break;
		}
		writer_raw(&w, part, (size_t)n);
		rc = writer_status(&w);
		if (rc != 0)
			break;
	}
	if (rc == 0)
		return writer_finish(&w, ret);
	writer_wipe(&w);
	return rc;
}

int file_read(
	const struct ui *ui, const char *path, size_t max, struct buf *ret)
{
	return file_read_or(ui, path, max, NULL, ret);
}

static int cannot_read(const struct ui *ui, const char *path)
{
	return ui_fail(ui, errno == ENOENT ? EXIT_NOT_FOUND : EXIT_MACHINE,
		_("check its name, and that you may read it"), "%s: %s", path,
		strerror(errno));
}

int file_there(const struct ui *ui, const char *path)
{
	return strcmp(path, "-") == 0 || access(path, R_OK) == 0
		       ? EXIT_DONE
		       : cannot_read(ui, path);
}

static int taken(const struct ui *ui, const char *path)
{
	return ui_fail(ui, EXIT_TAKEN,
		_("choose another name; nothing is overwritten"),
		_("%s exists already"), path);
}

int file_free(const struct ui *ui, const char *path)
{
	return strcmp(path, "-") == 0 || access(path, F_OK) != 0
		       ? EXIT_DONE
		       : taken(ui, path);
}

int file_read_or(const struct ui *ui, const char *path, size_t max,
	const char *hint, struct buf *ret)
{
	bool in = strcmp(path, "-") == 0;
	int fd = in ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), rc;

	*ret = (struct buf){NULL, 0};
	if (fd < 0)
		return cannot_read(ui, path);
	rc = read_fd(fd, max, ret);
	if (rc == ROWAN_E_LIMIT)
		rc = ui_fail(ui, EXIT_INPUT, hint,
			_("%s is longer than %zu bytes"),
			in ? _("what comes in") : path, max);
	else if (rc != 0)
		rc = ui_fail(ui, EXIT_MACHINE,
			_("check its name, and that you may read it"), "%s: %s",
			path, strerror(errno));
	if (!in)
		(void)close(fd);
	return rc;
}

static int write_all(int fd, struct bytes data)
{
	size_t at = 0;

	while (at < data.len) {
		ssize_t n = write(fd, data.data + at, data.len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return errno == ENOSPC || errno == EDQUOT ? ROWAN_E_FULL
								  : ROWAN_E_IO;
		at += (size_t)n;
	}
	return 0;
}

static int sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? mem_text(".")
				  : mem_part(path, (size_t)(slash - path) + 1);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	free(dir);
	if (fd < 0)
		return ROWAN_E_IO;
	if (fsync(fd) != 0 && errno != EINVAL)
		rc = ROWAN_E_IO;
	(void)close(fd);
	return rc;
}

int file_put(const char *path, struct bytes data, unsigned flags)
{
	char *part = mem_print("%s.XXXXXX", path);
	int fd = mkostemp(part, O_CLOEXEC), rc = 0;
	mode_t mask = umask(077);

	(void)umask(mask);
	if (fd < 0) {
		rc = errno == ENOSPC ? ROWAN_E_FULL : ROWAN_E_IO;
		free(part);
		return rc;
	}
	if ((flags & FILE_SECRET) == 0 && fchmod(fd, 0644 & ~mask) != 0)
		rc = ROWAN_E_IO;
	if (rc == 0)
		rc = write_all(fd, data);
	if (rc == 0 && (flags & FILE_SOON) == 0 && fsync(fd) != 0)
		rc = errno == ENOSPC ? ROWAN_E_FULL : ROWAN_E_IO;
	if (close(fd) != 0 && rc == 0)
		rc = ROWAN_E_IO;
	if (rc == 0 && (flags & FILE_REPLACE) != 0) {
		rc = rename(part, path) != 0 ? ROWAN_E_IO : 0;
	} else if (rc == 0 && link(part, path) != 0) {
		rc = errno == EEXIST ? ROWAN_E_EXISTS : ROWAN_E_IO;
	}
	if (rc != 0 || (flags & FILE_REPLACE) == 0) {
		int kept = errno;

		(void)unlink(part);
		errno = kept;
	}
	free(part);
	return rc == 0 && (flags & FILE_SOON) == 0 ? sync_folder(path) : rc;
}

int file_write(const struct ui *ui, const char *path, struct bytes data,
	unsigned flags)
{
	int rc;

	if (strcmp(path, "-") == 0) {
		(void)fwrite(data.data, 1, data.len, stdout);
		return EXIT_DONE;
	}
	rc = file_put(path, data, flags);
	if (rc == ROWAN_E_EXISTS)
		return taken(ui, path);
	if (rc != 0)
		return ui_fail(ui, EXIT_MACHINE,
			_("is there room, and may you write in that folder?"),
			_("cannot write %s: %s"), path, strerror(errno));
	return EXIT_DONE;
}

int file_give(const struct ui *ui, const char *path, struct bytes data)
{
	int code = file_write(ui, path != NULL ? path : "-", data, 0);

	if (code == EXIT_DONE && path != NULL && strcmp(path, "-") != 0)
		ui_json(ui, json_pack("{s:s}", "path", path));
	return code;
}

static int unmake_one(
	const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)remove(path);
	return 0;
}

void file_unmake(const char *folder)
{
	(void)nftw(folder, unmake_one, 8, FTW_DEPTH | FTW_PHYS);
}
