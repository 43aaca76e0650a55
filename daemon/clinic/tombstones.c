/*
 * The file of erased cases: see tombstones.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "clinic/source.h"
#include "clinic/tombstones.h"

#define FIRST	 "rowan tombstones 1\n"
#define PATH_LEN 4096
#define LINE_LEN 64

/* What a crash has left behind the last whole line goes. */
static bool whole(int fd)
{
	char last[2 * LINE_LEN];
	off_t end = lseek(fd, 0, SEEK_END), from;
	ssize_t n;

	if (end <= 0)
		return end == 0;
	from = end > (off_t)sizeof last ? end - (off_t)sizeof last : 0;
	n = pread(fd, last, sizeof last, from);
	while (n > 0 && last[n - 1] != '\n')
		n--;
	return n >= 0 && (from + n == end || ftruncate(fd, from + n) == 0);
}

int tombstones_add(const char *dir, const struct id16 *cases, size_t count)
{
	char path[PATH_LEN], hex[2 * ID16_LEN + 1];
	bool ok = true;
	int fd, end;

	if (snprintf(path, sizeof path, "%s/" TOMBSTONES_NAME, dir) >= PATH_LEN)
		return ROWAN_E_INVAL;
	fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == ENOENT ? ROWAN_E_NOT_FOUND : ROWAN_E_IO;
	ok = whole(fd);
	if (ok && lseek(fd, 0, SEEK_END) == 0)
		ok = dprintf(fd, FIRST) > 0;
	for (size_t i = 0; ok && i < count; i++) {
		(void)sodium_bin2hex(hex, sizeof hex, cases[i].b, ID16_LEN);
		ok = dprintf(fd, "case %s\n", hex) > 0;
	}
	ok = ok && fsync(fd) == 0;
	end = errno;
	close(fd);
	return ok ? 0 : end == ENOSPC ? ROWAN_E_FULL : ROWAN_E_IO;
}

static int read_line(const char *line, struct id16 *ret)
{
	char hex[2 * ID16_LEN + 1], end;
	size_t len;

	if (sscanf(line, "case %32[0-9a-f]%c", hex, &end) != 2 || end != '\n' ||
		sodium_hex2bin(ret->b, ID16_LEN, hex, 2 * ID16_LEN, NULL, &len,
			NULL) != 0 ||
		len != ID16_LEN)
		return ROWAN_E_CORRUPT;
	return 0;
}

int tombstones_read(const char *path, struct id16 **ret, size_t *ret_count)
{
	char line[LINE_LEN];
	struct id16 *list = NULL;
	FILE *f = fopen(path, "re");
	size_t n = 0;
	int rc = 0;

	*ret = NULL;
	*ret_count = 0;
	if (f == NULL)
		return errno == ENOENT ? 0 : ROWAN_E_IO;
	if (fgets(line, sizeof line, f) == NULL || strcmp(line, FIRST) != 0)
		rc = ROWAN_E_CORRUPT;
	if (rc == 0 && (list = calloc(TOMBSTONES_MAX, sizeof *list)) == NULL)
		rc = ROWAN_E_NOMEM;
	while (rc == 0 && fgets(line, sizeof line, f) != NULL)
		rc = n == TOMBSTONES_MAX ? ROWAN_E_LIMIT
					 : read_line(line, &list[n++]);
	fclose(f);
	if (rc != 0) {
		free(list);
		return rc;
	}
	*ret = list;
	*ret_count = n;
	return 0;
}

static bool has(const struct id16 *list, size_t n, const struct id16 *id)
{
	for (size_t i = 0; i < n; i++)
		if (id16_eq(&list[i], id))
			return true;
	return false;
}

int tombstones_erased(
	struct store_reader *rd, const struct id16 *case_id, bool *ret)
{
	struct source source;
	struct case_state c;
	int rc;

	source_init(&source, rd);
	rc = source_case(&source, case_id, &c);
	*ret = rc == 0 && c.status == CASE_ERASED;
	if (rc == 0)
		case_wipe(&c);
	source_wipe(&source);
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

int tombstones_settle(const char *dir, struct store_reader *rd)
{
	char path[PATH_LEN];
	struct store_case c;
	struct id16 *known;
	bool erased = false;
	int64_t row = 0;
	size_t n;
	int rc = snprintf(path, sizeof path, "%s/" TOMBSTONES_NAME, dir);

	if (rc >= PATH_LEN)
		return ROWAN_E_INVAL;
	/* Of half a line the whole one is in the store. */
	rc = access(path, F_OK) == 0 ? tombstones_add(dir, NULL, 0) : 0;
	if (rc == 0)
		rc = tombstones_read(path, &known, &n);
	if (rc != 0)
		return rc;
	while (rc == 0 && (rc = store_case_next(rd, &row, &c)) == 0) {
		if (has(known, n, &c.id))
			continue;
		rc = tombstones_erased(rd, &c.id, &erased);
		if (rc == 0 && erased && tombstones_add(dir, &c.id, 1) != 0)
			rc = ROWAN_E_IO;
	}
	free(known);
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}
