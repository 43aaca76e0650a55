/*
 * The file of erased cases: see tombstones.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sodium.h>

#include "clinic/tombstones.h"

#define FIRST	 "rowan tombstones 1\n"
#define PATH_LEN 4096
#define LINE_LEN 64

int tombstones_add(const char *dir, const struct id16 *cases, size_t count)
{
	char path[PATH_LEN], hex[2 * ID16_LEN + 1];
	bool ok = true;
	int fd, end;

	if (snprintf(path, sizeof path, "%s/" TOMBSTONES_NAME, dir) >= PATH_LEN)
		return ROWAN_E_INVAL;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == ENOENT ? ROWAN_E_NOT_FOUND : ROWAN_E_IO;
	if (lseek(fd, 0, SEEK_END) == 0)
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
