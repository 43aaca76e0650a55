/*
 * What pages and log pass on their way to the disk. See vfs.h.
 */
#include "store/vfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#define FILE_HEADER 100 /* bytes before the b-tree header of page 1 */
#define PAGE_MAX    65536
#define GATHER_MAX  (120 * 1024) /* the engine writes less than 128 KiB */

struct vfs {
	sqlite3_vfs vfs;
	sqlite3_vfs *under;
	char name[32];
	bool nameless; /* empty databases lose theirs */
};

struct file {
	sqlite3_file base;
	sqlite3_file *real;
	uint8_t *page;	  /* the main file: room for a copy; else NULL */
	bool log;	  /* the log: writes are gathered */
	const char *name; /* to be lost before the first write, or NULL */
	sqlite3_vfs *under;
	uint8_t *gathered;
	size_t len;
	sqlite3_int64 at; /* where they belong */
};

/* ---- pages ---- */

static size_t get2(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

void vfs_gap(const uint8_t *page, size_t len, bool first, size_t *ret_at,
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

/* Hand down what was gathered; it is gone whether that worked or not. */
static int hand_down(struct file *file)
{
	size_t len = file->len;

	file->len = 0;
	if (len == 0)
		return SQLITE_OK;
	return file->real->pMethods->xWrite(
		file->real, file->gathered, (int)len, file->at);
}

static int gather(struct file *file, const void *p, size_t n, sqlite3_int64 at)
{
	int rc = SQLITE_OK;

	if (file->gathered == NULL &&
		(file->gathered = malloc(GATHER_MAX)) == NULL)
		return SQLITE_IOERR_NOMEM;
	if (file->len > 0 && (at != file->at + (sqlite3_int64)file->len ||
				     n > GATHER_MAX - file->len))
		rc = hand_down(file);
	if (rc != SQLITE_OK)
		return rc;
	if (n > GATHER_MAX)
		return file->real->pMethods->xWrite(file->real, p, (int)n, at);
	if (file->len == 0)
		file->at = at;
	memcpy(file->gathered + file->len, p, n);
	file->len += n;
	return SQLITE_OK;
}

static int on_close(sqlite3_file *f)
{
	struct file *file = (struct file *)f;
	int rc = hand_down(file), rc2;

	free(file->page);
	free(file->gathered);
	file->page = file->gathered = NULL;
	rc2 = file->real->pMethods->xClose(file->real);
	return rc != SQLITE_OK ? rc : rc2;
}

static int on_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	struct file *file = (struct file *)f;
	int rc = SQLITE_OK;

	if (at < file->at + (sqlite3_int64)file->len && file->at < at + n)
		rc = hand_down(file);
	return rc != SQLITE_OK
		       ? rc
		       : file->real->pMethods->xRead(file->real, p, n, at);
}

/* The engine looks for a name up to the first write, and no longer. */
static int lose_name(struct file *file)
{
	const char *name = file->name;

	file->name = NULL;
	return file->under->xDelete(file->under, name, 0);
}

static int on_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	struct file *file = (struct file *)f;
	size_t gap_at = 0, gap_len = 0;

	if (file->name != NULL && lose_name(file) != SQLITE_OK)
		return SQLITE_IOERR_WRITE;
	if (file->log && n > 0)
		return gather(file, p, (size_t)n, at);
	if (file->page != NULL && n > 0)
		vfs_gap(p, (size_t)n, at == 0, &gap_at, &gap_len);
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
	int rc = hand_down((struct file *)f);

	return rc != SQLITE_OK
		       ? rc
		       : real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int on_sync(sqlite3_file *f, int flags)
{
	int rc = hand_down((struct file *)f);

	return rc != SQLITE_OK ? rc
			       : real_of(f)->pMethods->xSync(real_of(f), flags);
}

static int on_size(sqlite3_file *f, sqlite3_int64 *ret)
{
	int rc = hand_down((struct file *)f);

	return rc != SQLITE_OK
		       ? rc
		       : real_of(f)->pMethods->xFileSize(real_of(f), ret);
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
	return ((struct vfs *)vfs->pAppData)->under;
}

static bool is_empty(sqlite3_file *f)
{
	sqlite3_int64 size = 1;

	return f->pMethods->xFileSize(f, &size) == SQLITE_OK && size == 0;
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
	file->log = (flags & SQLITE_OPEN_WAL) != 0;
	file->base.pMethods = &methods;
	if (((struct vfs *)vfs->pAppData)->nameless &&
		(flags & SQLITE_OPEN_MAIN_DB) != 0 && is_empty(file->real)) {
		file->name = name;
		file->under = under(vfs);
	}
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

int vfs_new(struct vfs **ret, const char *name)
{
	sqlite3_vfs *base = sqlite3_vfs_find(name);
	struct vfs *v;

	*ret = NULL;
	if (base == NULL)
		return ROWAN_E_INVAL;
	if ((v = calloc(1, sizeof(*v))) == NULL)
		return ROWAN_E_NOMEM;
	/* Registered by name: one for each store, so that none is shared. */
	snprintf(v->name, sizeof(v->name), "rowan-%p", (void *)v);
	v->under = base;
	v->vfs = *base;
	v->vfs.pNext = NULL;
	v->vfs.zName = v->name;
	v->vfs.pAppData = v;
	v->vfs.szOsFile = (int)sizeof(struct file) + base->szOsFile;
	v->vfs.xOpen = on_open;
	v->vfs.xDelete = on_delete;
	v->vfs.xAccess = on_access;
	v->vfs.xFullPathname = on_full_path;
	if (sqlite3_vfs_register(&v->vfs, 0) != SQLITE_OK) {
		free(v);
		return ROWAN_E_NOMEM;
	}
	*ret = v;
	return 0;
}

void vfs_free(struct vfs *v)
{
	if (v == NULL)
		return;
	(void)sqlite3_vfs_unregister(&v->vfs);
	free(v);
}

void vfs_nameless(struct vfs *v)
{
	v->nameless = true;
}

const char *vfs_name(const struct vfs *v)
{
	return v->name;
}
