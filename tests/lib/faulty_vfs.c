/*
 * A disk that fails. See faulty_vfs.h.
 */
#include "lib/faulty_vfs.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#define SECTOR 512

struct change {
	struct change *next;
	sqlite3_int64 at;
	size_t len;
	bool truncate; /* to ${at} bytes */
	uint8_t data[];
};

struct image {
	struct image *next;
	char *name;
	uint8_t *data;
	size_t len, cap;
	struct change *first, **last;
};

struct file {
	sqlite3_file base;
	struct image *image; /* NULL: not watched */
	sqlite3_file *real;
};

static struct {
	sqlite3_vfs vfs, *real;
	struct image *images;
	uint64_t random, left;
	enum faulty_kind kind;
	bool hit, off, full;
} disk;

static uint32_t random_below(uint32_t n)
{
	disk.random ^= disk.random << 13;
	disk.random ^= disk.random >> 7;
	disk.random ^= disk.random << 17;
	return (uint32_t)(disk.random >> 32) % n;
}

static void *need(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

/* ---- images ---- */

static void image_size(struct image *m, size_t len)
{
	if (len > m->cap) {
		m->cap = len * 2;
		m->data = need(realloc(m->data, m->cap));
	}
	if (len > m->len)
		memset(m->data + m->len, 0, len - m->len);
	m->len = len;
}

static void image_write(struct image *m, size_t at, const uint8_t *p, size_t n)
{
	if (at + n > m->len)
		image_size(m, at + n);
	memcpy(m->data + at, p, n);
}

static void image_apply(struct image *m, const struct change *c)
{
	if (c->truncate)
		image_size(m, (size_t)c->at);
	else
		image_write(m, (size_t)c->at, c->data, c->len);
}

/* Some of the sectors a write touches. */
static void image_tear(struct image *m, const struct change *c)
{
	size_t done = 0;

	while (done < c->len) {
		size_t at = (size_t)c->at + done;
		size_t n = SECTOR - at % SECTOR;

		n = n < c->len - done ? n : c->len - done;
		if (random_below(2))
			image_write(m, at, c->data + done, n);
		done += n;
	}
}

static void image_forget(struct image *m)
{
	while (m->first != NULL) {
		struct change *c = m->first;

		m->first = c->next;
		free(c);
	}
	m->last = &m->first;
}

static void image_sync(struct image *m)
{
	for (struct change *c = m->first; c != NULL; c = c->next)
		image_apply(m, c);
	image_forget(m);
}

/* What a power cut, or a failed sync, leaves of unsynced changes. */
static void image_lose(struct image *m)
{
	uint32_t mood = random_below(4);

	for (struct change *c = m->first; c != NULL; c = c->next) {
		uint32_t luck = mood == 0 ? 0 : mood == 1 ? 1 : random_below(3);

		if (luck == 1)
			image_apply(m, c);
		else if (luck == 2 && !c->truncate)
			image_tear(m, c);
	}
	image_forget(m);
}

static struct image *image_find(const char *name)
{
	struct image *m = disk.images;

	while (m != NULL && strcmp(m->name, name) != 0)
		m = m->next;
	return m;
}

/* The image of a file; what is there already is durable. */
static struct image *image_of(const char *name)
{
	struct image *m = image_find(name);
	uint8_t part[4096];
	size_t n;
	FILE *f;

	if (m != NULL)
		return m;
	m = need(calloc(1, sizeof(*m)));
	m->name = need(strdup(name));
	m->last = &m->first;
	m->next = disk.images;
	disk.images = m;
	if ((f = fopen(name, "rb")) == NULL)
		return m;
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		image_write(m, m->len, part, n);
	fclose(f);
	return m;
}

static void image_note(struct image *m, sqlite3_int64 at, const void *data,
	size_t len, bool truncate)
{
	struct change *c;

	if (m == NULL)
		return;
	c = need(malloc(sizeof(*c) + len));
	*c = (struct change){.at = at, .len = len, .truncate = truncate};
	if (len > 0)
		memcpy(c->data, data, len);
	*m->last = c;
	m->last = &c->next;
}

/* ---- faults ---- */

/* The code this call fails with, or SQLITE_OK. */
static int fault(int code)
{
	if (disk.off)
		return code;
	if (disk.left == 0 || --disk.left > 0)
		return SQLITE_OK;
	disk.hit = true;
	disk.off = disk.kind == FAULTY_POWER;
	return disk.kind == FAULTY_FULL ? SQLITE_FULL : code;
}

/* ---- files ---- */

static sqlite3_file *real_of(sqlite3_file *f)
{
	return ((struct file *)f)->real;
}

static int on_close(sqlite3_file *f)
{
	return real_of(f)->pMethods->xClose(real_of(f));
}

static int on_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return real_of(f)->pMethods->xRead(real_of(f), p, n, at);
}

static int on_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	struct file *file = (struct file *)f;
	sqlite3_int64 size = 0;
	int rc = fault(SQLITE_IOERR_WRITE);

	if (rc == SQLITE_OK && disk.full && file->image != NULL) {
		rc = file->real->pMethods->xFileSize(file->real, &size);
		if (rc == SQLITE_OK && at + n > size)
			rc = SQLITE_FULL;
	}
	if (rc == SQLITE_OK)
		rc = file->real->pMethods->xWrite(file->real, p, n, at);
	if (rc == SQLITE_OK)
		image_note(file->image, at, p, (size_t)n, false);
	return rc;
}

static int on_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct file *file = (struct file *)f;
	int rc = fault(SQLITE_IOERR_TRUNCATE);

	if (rc == SQLITE_OK)
		rc = file->real->pMethods->xTruncate(file->real, size);
	if (rc == SQLITE_OK)
		image_note(file->image, size, NULL, 0, true);
	return rc;
}

static int on_sync(sqlite3_file *f, int flags)
{
	struct file *file = (struct file *)f;
	int rc = fault(SQLITE_IOERR_FSYNC);

	if (file->image == NULL)
		return rc;
	if (rc == SQLITE_OK)
		image_sync(file->image);
	else if (!disk.off)
		image_lose(file->image);
	return rc;
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
	/* Writes that bypass on_write would be durable by themselves. */
	if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE)
		return SQLITE_OK;
	return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int on_sector(sqlite3_file *f)
{
	return SECTOR;
}

static int on_traits(sqlite3_file *f)
{
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
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

static int on_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f,
	int flags, int *ret_flags)
{
	struct file *file = (struct file *)f;
	int rc;

	memset(file, 0, sizeof(*file));
	file->real = (sqlite3_file *)(file + 1);
	rc = disk.real->xOpen(disk.real, name, file->real, flags, ret_flags);
	if (rc != SQLITE_OK)
		return rc;
	file->base.pMethods = &methods;
	if (name != NULL && flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL))
		file->image = image_of(name);
	return SQLITE_OK;
}

static int on_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	struct image *m = image_find(name);
	int rc = disk.off ? SQLITE_IOERR_DELETE : SQLITE_OK;

	if (rc == SQLITE_OK)
		rc = disk.real->xDelete(disk.real, name, sync);
	if (rc == SQLITE_OK && m != NULL) {
		image_forget(m);
		m->len = 0;
	}
	return rc;
}

static int on_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
	return disk.real->xAccess(disk.real, name, flags, ret);
}

static int on_full_path(sqlite3_vfs *vfs, const char *name, int n, char *ret)
{
	return disk.real->xFullPathname(disk.real, name, n, ret);
}

void faulty_install(void)
{
	if (disk.real != NULL)
		return;
	disk.real = sqlite3_vfs_find(NULL);
	disk.vfs = *disk.real;
	disk.vfs.zName = FAULTY_VFS;
	disk.vfs.szOsFile = (int)sizeof(struct file) + disk.real->szOsFile;
	disk.vfs.pNext = NULL;
	disk.vfs.xOpen = on_open;
	disk.vfs.xDelete = on_delete;
	disk.vfs.xAccess = on_access;
	disk.vfs.xFullPathname = on_full_path;
	if (sqlite3_vfs_register(&disk.vfs, 0) != SQLITE_OK)
		abort();
	faulty_seed(1);
}

void faulty_default(bool on)
{
	if (sqlite3_vfs_register(on ? &disk.vfs : disk.real, 1) != SQLITE_OK)
		abort();
}

void faulty_clear(void)
{
	while (disk.images != NULL) {
		struct image *m = disk.images;

		disk.images = m->next;
		image_forget(m);
		free(m->name);
		free(m->data);
		free(m);
	}
	disk.left = 0;
	disk.hit = disk.off = disk.full = false;
}

void faulty_seed(uint64_t seed)
{
	disk.random = seed * 0x9e3779b97f4a7c15u + 1;
}

void faulty_after(uint64_t n, enum faulty_kind kind)
{
	disk.left = n;
	disk.kind = kind;
	disk.hit = false;
}

void faulty_full(bool full)
{
	disk.full = full;
}

uint64_t faulty_left(void)
{
	return disk.left;
}

bool faulty_hit(void)
{
	return disk.hit;
}

void faulty_power_off(void)
{
	disk.off = true;
}

static void put_back(struct image *m)
{
	FILE *f = need(fopen(m->name, "wb"));

	if (m->len > 0 && fwrite(m->data, 1, m->len, f) != m->len)
		abort();
	fclose(f);
}

void faulty_power_on(void)
{
	char shm[PATH_MAX];

	for (struct image *m = disk.images; m != NULL; m = m->next) {
		image_lose(m);
		put_back(m);
		snprintf(shm, sizeof(shm), "%s-shm", m->name);
		unlink(shm);
	}
	disk.left = 0;
	disk.off = disk.hit = false;
}
