/*
 * Administration: see store_admin.h.
 */
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

int store_device_next(
	struct store_reader *rd, int64_t *row, struct store_device *ret)
{
	sqlite3_stmt *q = db_use(&rd->db, SQL_DEVICE_NEXT);
	int64_t member;
	int r;

	memset(ret, 0, sizeof(*ret));
	db_int(q, 1, *row);
	r = db_row(&rd->db, q);
	if (r == 1)
		r = device_decode(rd->seal, q, ret, row, &member);
	else if (r == 0)
		r = ROWAN_E_NOT_FOUND;
	db_end(q);
	return r;
}

int store_invite_next(
	struct store_reader *rd, int64_t *row, struct store_invite_row *ret)
{
	sqlite3_stmt *q = db_use(&rd->db, SQL_INVITE_NEXT);
	struct store_device owner;
	int64_t of = 0, member, found = 0;
	int r;

	memset(ret, 0, sizeof(*ret));
	db_int(q, 1, *row);
	if ((r = db_row(&rd->db, q)) == 1) {
		found = db_get_int(q, 0);
		of = db_get_int(q, 1);
		ret->ended = db_get_int(q, 2) == 0;
		ret->until = (uint64_t)db_get_int(q, 3);
	}
	db_end(q);
	if (r != 1)
		return r < 0 ? r : ROWAN_E_NOT_FOUND;
	q = db_use(&rd->db, SQL_DEVICE_BY_ROW);
	db_int(q, 1, of);
	r = db_row(&rd->db, q);
	r = r == 1 ? device_decode(rd->seal, q, &owner, &of, &member)
		   : (r < 0 ? r : ROWAN_E_CORRUPT);
	db_end(q);
	if (r != 0)
		return r;
	ret->owner = owner.id;
	*row = found;
	return 0;
}

int store_invite_end(struct store *st, int64_t row)
{
	sqlite3_stmt *q;
	int r = tx_ready(st);

	if (r != 0)
		return r;
	q = db_use(&st->view.db, SQL_INVITE_END);
	st->deleted = true;
	db_int(q, 1, row);
	db_int(q, 2, STORE_INVITE_MEMORY);
	r = db_run(&st->view.db, q);
	if (r == 0 && sqlite3_changes(st->view.db.h) == 0)
		r = ROWAN_E_NOT_FOUND;
	return r;
}

static int count_due(
	struct store_reader *rd, enum sql which, uint64_t now, uint64_t *ret)
{
	sqlite3_stmt *q = db_use(&rd->db, which);
	int r;

	db_int(q, 1, (int64_t)now);
	r = db_row(&rd->db, q);
	*ret = r == 1 ? (uint64_t)db_get_int(q, 0) : 0;
	db_end(q);
	return r < 0 ? r : 0;
}

int store_due(struct store_reader *rd, uint64_t now, struct store_due *ret)
{
	int r;

	memset(ret, 0, sizeof(*ret));
	if ((r = count_due(rd, SQL_ENVELOPE_DUE, now, &ret->envelopes)) != 0 ||
		(r = count_due(rd, SQL_BLOB_DUE, now, &ret->blobs)) != 0 ||
		(r = count_due(rd, SQL_PACKAGE_DUE, now, &ret->packages)) != 0)
		return r;
	return count_due(rd, SQL_INVITE_DUE, now, &ret->invites);
}

/* ---- the file ---- */

#define STOP_STEPS 1000 /* of the engine between two looks whether to stop */

static int is_stopped(void *cookie)
{
	const _Atomic int *stop = cookie;

	return atomic_load(stop) != 0;
}

static void stop_at(sqlite3 *h, const _Atomic int *stop)
{
	sqlite3_progress_handler(h, STOP_STEPS, is_stopped, (void *)stop);
}

void store_reader_stop(struct store_reader *rd, const _Atomic int *stop)
{
	stop_at(rd->db.h, stop);
}

static int run_copy(sqlite3 *h, const char *path)
{
	char *text = sqlite3_mprintf("VACUUM INTO %Q", path);
	int rc = SQLITE_NOMEM;

	if (text != NULL) {
		sqlite3_busy_timeout(h, 5000);
		(void)sqlite3_db_config(
			h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
		rc = sqlite3_exec(h, text, NULL, NULL, NULL);
	}
	sqlite3_free(text);
	return rc;
}

static int copy(const char *from, const char *vfs, const char *path,
	const _Atomic int *stop)
{
	sqlite3 *h = NULL;
	int rc;

	db_start();
	rc = sqlite3_open_v2(from, &h,
		SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE |
			SQLITE_OPEN_PRIVATECACHE,
		vfs);
	if (rc == SQLITE_OK && stop != NULL)
		stop_at(h, stop);
	if (rc == SQLITE_OK)
		rc = run_copy(h, path);
	sqlite3_close(h);
	return db_code(rc);
}

int store_copy(const struct store_copying *c, int *ret_fd)
{
	const char *from = c->store != NULL ? c->store->path : c->from;
	struct vfs *vfs;
	int fd, r;

	*ret_fd = -1;
	r = vfs_new(&vfs, c->store != NULL ? vfs_name(c->store->vfs) : NULL);
	if (r != 0)
		return r;
	vfs_nameless(vfs);
	fd = open(c->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		r = errno == EEXIST   ? ROWAN_E_EXISTS
		    : errno == ENOSPC ? ROWAN_E_FULL
				      : ROWAN_E_IO;
	else if ((r = copy(from, vfs_name(vfs), c->path, c->stop)) != 0)
		(void)unlink(c->path);
	vfs_free(vfs);
	if (r == 0)
		*ret_fd = fd;
	else if (fd >= 0)
		close(fd);
	return r;
}

int store_copy_file(const char *from, const char *path)
{
	int r;

	if (access(path, F_OK) == 0)
		return ROWAN_E_EXISTS;
	r = copy(from, NULL, path, NULL);
	if (r != 0)
		(void)unlink(path);
	return r;
}

int store_vacuum(struct store *st)
{
	int r;

	if (st->open)
		return ROWAN_E_STATE;
	/* It goes by way of a second file, which need not fit into memory. */
	sqlite3_limit(st->view.db.h, SQLITE_LIMIT_ATTACHED, 1);
	r = db_exec(&st->view.db, "PRAGMA temp_store=FILE;VACUUM;"
				  "PRAGMA temp_store=MEMORY");
	sqlite3_limit(st->view.db.h, SQLITE_LIMIT_ATTACHED, 0);
	st->view.db.failed = 0;
	return r;
}

int64_t store_schema_newest(void)
{
	return SCHEMA_VERSION;
}

int store_schema(const char *path, int64_t *ret)
{
	struct db db = {0};
	int64_t application = 0;
	int rc, r = 0;

	*ret = 0;
	if (access(path, F_OK) != 0)
		return 0;
	db_start();
	rc = sqlite3_open_v2(
		path, &db.h, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE, NULL);
	if (rc != SQLITE_OK)
		r = ROWAN_E_IO;
	if (r == 0)
		r = db_pragma(&db, "PRAGMA application_id", &application);
	if (r == 0)
		r = db_pragma(&db, "PRAGMA user_version", ret);
	if (r == 0 && application != SCHEMA_APPLICATION && *ret != 0)
		r = ROWAN_E_CORRUPT;
	if (r == 0 && *ret <= SCHEMA_VERSION)
		r = schema_known(&db, *ret);
	sqlite3_close(db.h);
	if (r != 0)
		*ret = 0;
	return r;
}
