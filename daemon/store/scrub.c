/*
 * A VFS that overwrites the gaps of pages. See scrub.h.
 */
#include "store/scrub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#define FILE_HEADER 100 /* bytes before the b-tree header of page 1 */
#define PAGE_MAX    65536

struct scrub {
	sqlite3_vfs vfs;
	sqlite3_vfs *under;
	char name[32];
};

struct file {
	sqlite3_file base;
	sqlite3_file *real;
	uint8_t *page; /* the main file: room for a copy; else NULL */
};

/* ---- pages ---- */

static size_t get2(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

void scrub_gap(const uint8_t *page, size_t len, bool first, size_t *ret_at,
	size_t *ret_len)
{
	size_t head = first ? FILE_HEADER : 0, from, to;
	const uint8_t *h = page + head;

	*ret_at = *ret_len = 0;
	if (len < 512 || len > PAGE_MAX)
		return;
	switch (h[0]) {
	case 2: /* interior pages have four bytes more */
	case 5: from = 12; break;
	case 10:
	case 13: from = 8; break;
	default: return;
	}
	/* The cells' offsets follow the header; their contents end the page. */
	from += head + 2 * get2(h + 3);
	to = get2(h + 5);
	if (to == 0)
		to = PAGE_MAX;
	if (from >= to || to > len)
		return;
	*ret_at = from;
	*ret_len = to - from;
}

/* ---- files ---- */

static sqlite3_file *real_of(sqlite3_file *f)
{
	return ((struct file *)f)->real;
}

static int on_close(sqlite3_file *f)
{
	struct file *file = (struct file *)f;

	free(file->page);
	file->page = NULL;
	return file->real->pMethods->xClose(file->real);
}

static int on_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return real_of(f)->pMethods->xRead(real_of(f), p, n, at);
}

static int on_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	struct file *file = (struct file *)f;
	size_t gap_at = 0, gap_len = 0;

	if (file->page != NULL && n > 0)
		scrub_gap(p, (size_t)n, at == 0, &gap_at, &gap_len);
	if (gap_len > 0) {
		/* The engine's own copy stays as it is. */
		memcpy(file->page, p, (size_t)n);
		memset(file->page + gap_at, 0, gap_len);
		p = file->page;
	}
	return file->real->pMethods->xWrite(file->real, p, n, at);
}

static int on_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int on_sync(sqlite3_file *f, int flags)
{
	return real_of(f)->pMethods->xSync(real_of(f), flags);
}

static int on_size(sqlite3_file *f, sqlite3_int64 *ret)
{
	return real_of(f)->pMethods->xFileSize(real_of(f), ret);
}

static int on_lock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int on_unlock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int on_reserved(sqlite3_file *f, int *ret)
{
	return real_of(f)->pMethods->xCheckReservedLock(real_of(f), ret);
}

static int on_control(sqlite3_file *f, int op, void *arg)
{
	return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int on_sector(sqlite3_file *f)
{
	return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int on_traits(sqlite3_file *f)
{
	return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int on_shm_map(
	sqlite3_file *f, int page, int size, int extend, void volatile **ret)
{
	return real_of(f)->pMethods->xShmMap(
		real_of(f), page, size, extend, ret);
}

static int on_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}

static void on_shm_barrier(sqlite3_file *f)
{
	real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int on_shm_unmap(sqlite3_file *f, int delete)
{
	return real_of(f)->pMethods->xShmUnmap(real_of(f), delete);
}

/* Version 2: no memory mapping, through which pages would pass unseen. */
static const sqlite3_io_methods methods = {.iVersion = 2,
	.xClose = on_close,
	.xRead = on_read,
	.xWrite = on_write,
	.xTruncate = on_truncate,
	.xSync = on_sync,
	.xFileSize = on_size,
	.xLock = on_lock,
	.xUnlock = on_unlock,
	.xCheckReservedLock = on_reserved,
	.xFileControl = on_control,
	.xSectorSize = on_sector,
	.xDeviceCharacteristics = on_traits,
	.xShmMap = on_shm_map,
	.xShmLock = on_shm_lock,
	.xShmBarrier = on_shm_barrier,
	.xShmUnmap = on_shm_unmap};

/* ---- the VFS ---- */

static sqlite3_vfs *under(sqlite3_vfs *vfs)
{
	return ((struct scrub *)vfs->pAppData)->under;
}

static int on_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f,
	int flags, int *ret_flags)
{
	struct file *file = (struct file *)f;
	int rc;

	memset(file, 0, sizeof(*file));
	file->real = (sqlite3_file *)(file + 1);
	if (flags & SQLITE_OPEN_MAIN_DB &&
		(file->page = malloc(PAGE_MAX)) == NULL)
		return SQLITE_NOMEM;
	rc = under(vfs)->xOpen(under(vfs), name, file->real, flags, ret_flags);
	if (rc != SQLITE_OK) {
		free(file->page);
		file->page = NULL;
		return rc;
	}
	file->base.pMethods = &methods;
	return SQLITE_OK;
}

static int on_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	return under(vfs)->xDelete(under(vfs), name, sync);
}

static int on_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
	return under(vfs)->xAccess(under(vfs), name, flags, ret);
}

static int on_full_path(sqlite3_vfs *vfs, const char *name, int n, char *ret)
{
	return under(vfs)->xFullPathname(under(vfs), name, n, ret);
}

int scrub_new(struct scrub **ret, const char *name)
{
	sqlite3_vfs *base = sqlite3_vfs_find(name);
	struct scrub *s;

	*ret = NULL;
	if (base == NULL)
		return ROWAN_E_INVAL;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return ROWAN_E_NOMEM;
	/* Registered by name: one for each store, so that none is shared. */
	snprintf(s->name, sizeof(s->name), "rowan-%p", (void *)s);
	s->under = base;
	s->vfs = *base;
	s->vfs.pNext = NULL;
	s->vfs.zName = s->name;
	s->vfs.pAppData = s;
	s->vfs.szOsFile = (int)sizeof(struct file) + base->szOsFile;
	s->vfs.xOpen = on_open;
	s->vfs.xDelete = on_delete;
	s->vfs.xAccess = on_access;
	s->vfs.xFullPathname = on_full_path;
	if (sqlite3_vfs_register(&s->vfs, 0) != SQLITE_OK) {
		free(s);
		return ROWAN_E_NOMEM;
	}
	*ret = s;
	return 0;
}

void scrub_free(struct scrub *s)
{
	if (s == NULL)
		return;
	(void)sqlite3_vfs_unregister(&s->vfs);
	free(s);
}

const char *scrub_name(const struct scrub *s)
{
	return s->name;
}
