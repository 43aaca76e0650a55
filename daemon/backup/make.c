/*
 * Making backups: see make.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "backup/make.h"
#include "store/store.h"

struct work {
	char copy[BACKUP_PATH_MAX], part[BACKUP_PATH_MAX],
		final[BACKUP_PATH_MAX];
	struct backup_from from; /* the copy, which has no name */
	int to;
	struct backup_manifest m;
};

static int seal_copy(struct work *w, const struct key32 *key)
{
	int rc;

	w->to = open(w->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (w->to < 0)
		return ROWAN_E_IO;
	rc = backup_hash(&w->from, w->m.hash, &w->m.bytes);
	if (rc == 0)
		rc = backup_seal(&w->from, w->to, key, &w->m);
	return rc;
}

static int finish(struct work *w, const char *dir, struct backup_entry *ret)
{
	struct stat st;

	/* A name that is taken stays what it is. */
	if (link(w->part, w->final) != 0)
		return errno == EEXIST ? ROWAN_E_EXISTS : ROWAN_E_IO;
	if (stat(w->final, &st) != 0)
		return ROWAN_E_IO;
	ret->bytes = (uint64_t)st.st_size;
	return backup_note(dir, ret, &w->m, w->from.stop);
}

static void names(
	struct work *w, const struct backup_making *m, struct backup_entry *ret)
{
	backup_name(m->now, ret->name);
	ret->time = m->now;
	snprintf(w->copy, sizeof w->copy, "%s/.%s.copy", m->dir, ret->name);
	snprintf(w->part, sizeof w->part, "%s/.%s.part", m->dir, ret->name);
	snprintf(w->final, sizeof w->final, "%s/%s", m->dir, ret->name);
}

/* What an interrupted one left. Only one backup is made at a time. */
static void sweep(const char *dir)
{
	char path[BACKUP_PATH_MAX];
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (strncmp(e->d_name, ".rowan-", 7) == 0 &&
			snprintf(path, sizeof path, "%s/%s", dir, e->d_name) <
				(int)sizeof path)
			(void)unlink(path);
	if (d != NULL)
		closedir(d);
}

static int copy(const struct backup_making *m, struct work *w)
{
	const struct store_copying c = {m->store, m->from, w->copy, m->stop};
	int rc = store_copy(&c, &w->from.fd);

	return rc != 0 && m->stop != NULL && atomic_load(m->stop) != 0
		       ? ROWAN_E_STATE
		       : rc;
}

int backup_make(const struct backup_making *m, struct backup_entry *ret)
{
	struct work w = {.from = {-1, m->stop}, .to = -1, .m = m->manifest};
	struct key32 key;
	int rc;

	memset(ret, 0, sizeof *ret);
	names(&w, m, ret);
	w.m.time = m->now;
	rc = backup_key_read(m->key, &key);
	if (rc == 0 && access(m->dir, W_OK | X_OK) != 0)
		rc = ROWAN_E_IO;
	if (rc == 0 && access(w.final, F_OK) == 0)
		rc = ROWAN_E_EXISTS;
	if (rc != 0)
		return rc;
	sweep(m->dir);
	rc = copy(m, &w);
	if (rc == 0)
		rc = seal_copy(&w, &key);
	if (rc == 0)
		rc = finish(&w, m->dir, ret);
	if (rc != 0 && rc != ROWAN_E_EXISTS)
		(void)unlink(w.final);
	if (w.from.fd >= 0)
		close(w.from.fd);
	if (w.to >= 0)
		close(w.to);
	(void)unlink(w.part);
	return rc;
}
