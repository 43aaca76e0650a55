/*
 * Listing backups: see folder.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>
#include <sys/stat.h>

#include "backup/folder.h"
#include "base/folder.h"

#define ENDING	 ".backup"
#define NOTE_MAX 1024
#define HEX_LEN	 64

void backup_name(uint64_t when, char ret[BACKUP_NAME_LEN + 1])
{
	time_t t = (time_t)when;
	struct tm tm;

	memset(ret, 0, BACKUP_NAME_LEN + 1);
	if (gmtime_r(&t, &tm) != NULL)
		(void)strftime(ret, BACKUP_NAME_LEN + 1,
			"rowan-%Y%m%dT%H%M%SZ" ENDING, &tm);
}

bool backup_time(const char *name, uint64_t *ret)
{
	char again[BACKUP_NAME_LEN + 1];
	struct tm tm = {0};
	const char *end = strptime(name, "rowan-%Y%m%dT%H%M%SZ" ENDING, &tm);
	time_t t;

	if (end == NULL || *end != '\0' || (t = timegm(&tm)) < 0)
		return false;
	*ret = (uint64_t)t;
	backup_name(*ret, again);
	return strcmp(again, name) == 0;
}

static void path_of(const char *dir, const char *name, const char *ending,
	char ret[BACKUP_PATH_MAX])
{
	int stem = (int)(BACKUP_NAME_LEN - (sizeof ENDING - 1));

	snprintf(ret, BACKUP_PATH_MAX, "%s/%.*s%s", dir, stem, name, ending);
}

/* One line "name value" of a note; NULL when it is not there. */
static const char *line_of(const char *note, const char *name)
{
	size_t len = strlen(name);

	while (note != NULL && *note != '\0') {
		if (strncmp(note, name, len) == 0 && note[len] == ' ')
			return note + len + 1;
		note = strchr(note, '\n');
		note = note == NULL ? NULL : note + 1;
	}
	return NULL;
}

static bool number_of(const char *note, const char *name, uint64_t *ret)
{
	const char *p = line_of(note, name);
	char *end = NULL;

	if (p == NULL || *p < '0' || *p > '9')
		return false;
	*ret = strtoull(p, &end, 10);
	return *end == '\n';
}

static bool hash_of(const char *note, const char *name, uint8_t ret[32])
{
	const char *p = line_of(note, name);
	size_t len;

	return p != NULL && strlen(p) > HEX_LEN && p[HEX_LEN] == '\n' &&
	       sodium_hex2bin(ret, 32, p, HEX_LEN, NULL, &len, NULL) == 0 &&
	       len == 32;
}

static void read_note(const char *dir, struct backup_entry *e)
{
	char path[BACKUP_PATH_MAX], text[NOTE_MAX];
	uint8_t file[BACKUP_HASH_LEN];
	size_t n;
	FILE *f;

	path_of(dir, e->name, ".note", path);
	f = fopen(path, "re");
	if (f == NULL)
		return;
	n = fread(text, 1, sizeof text - 1, f);
	text[n] = '\0';
	fclose(f);
	e->noted = number_of(text, "schema", &e->schema) &&
		   number_of(text, "log_size", &e->log_size) &&
		   hash_of(text, "log_root", e->log_root) &&
		   hash_of(text, "file", file);
}

static bool entry_of(const char *dir, const char *name, struct backup_entry *e)
{
	char path[BACKUP_PATH_MAX];
	struct stat st;

	memset(e, 0, sizeof *e);
	if (!backup_time(name, &e->time))
		return false;
	memcpy(e->name, name, BACKUP_NAME_LEN);
	path_of(dir, name, ENDING, path);
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	e->bytes = (uint64_t)st.st_size;
	return true;
}

static int by_time(const void *a, const void *b)
{
	const struct backup_entry *x = a, *y = b;

	return x->time < y->time ? -1 : x->time > y->time;
}

/* A place for ${e}: when all are taken, that of the oldest, if it is older. */
static struct backup_entry *place(struct backup_entry *ret, size_t max,
	size_t *len, const struct backup_entry *e)
{
	struct backup_entry *oldest = ret;

	if (*len < max)
		return &ret[(*len)++];
	for (size_t i = 1; i < *len; i++)
		if (ret[i].time < oldest->time)
			oldest = &ret[i];
	return oldest->time < e->time ? oldest : NULL;
}

int backup_list(
	const char *dir, struct backup_entry *ret, size_t max, size_t *ret_len)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	size_t len = 0;

	*ret_len = 0;
	if (d == NULL)
		return errno == ENOENT ? ROWAN_E_NOT_FOUND : ROWAN_E_IO;
	while ((entry = readdir(d)) != NULL) {
		struct backup_entry e, *to;

		if (!entry_of(dir, entry->d_name, &e))
			continue;
		to = place(ret, max, &len, &e);
		if (to != NULL)
			*to = e;
	}
	closedir(d);
	for (size_t i = 0; i < len; i++)
		read_note(dir, &ret[i]);
	qsort(ret, len, sizeof *ret, by_time);
	*ret_len = len;
	return 0;
}

int backup_newest(const char *dir, struct backup_entry *ret)
{
	size_t len;
	int rc = backup_list(dir, ret, 1, &len);

	return rc == 0 && len == 0 ? ROWAN_E_NOT_FOUND : rc;
}

static int hash_file(const char *dir, const struct backup_entry *e,
	const _Atomic int *stop, uint8_t ret[BACKUP_HASH_LEN])
{
	struct backup_from from = {.stop = stop};
	char path[BACKUP_PATH_MAX];
	uint64_t bytes;
	int rc;

	path_of(dir, e->name, ENDING, path);
	from.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (from.fd < 0)
		return ROWAN_E_IO;
	rc = backup_hash(&from, ret, &bytes);
	close(from.fd);
	return rc;
}

static int full_or_broken(void)
{
	return errno == ENOSPC ? ROWAN_E_FULL : ROWAN_E_IO;
}

int backup_note(const char *dir, const struct backup_entry *e,
	const struct backup_manifest *m, const _Atomic int *stop)
{
	char path[BACKUP_PATH_MAX], root[HEX_LEN + 1], file[HEX_LEN + 1];
	uint8_t hash[BACKUP_HASH_LEN];
	int rc = hash_file(dir, e, stop, hash), fd;

	if (rc != 0)
		return rc;
	path_of(dir, e->name, ".note", path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return full_or_broken();
	(void)sodium_bin2hex(root, sizeof root, m->log_root, 32);
	(void)sodium_bin2hex(file, sizeof file, hash, sizeof hash);
	if (dprintf(fd,
		    "rowan backup 1\ntime %llu\nschema %llu\nbytes %llu\n"
		    "log_size %llu\nlog_root %s\nby %s\nfile %s\n",
		    (unsigned long long)m->time, (unsigned long long)m->schema,
		    (unsigned long long)m->bytes,
		    (unsigned long long)m->log_size, root, m->by, file) < 0 ||
		fsync(fd) != 0)
		rc = full_or_broken();
	close(fd);
	if (rc == 0)
		rc = folder_sync(dir);
	if (rc != 0)
		(void)unlink(path);
	return rc;
}
