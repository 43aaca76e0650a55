/*
 * Opening and closing, the keeper, upkeep. See store.h and docs/store.md.
 */
#include "store/internal.h"
#include "store/log.h"

#include <stdlib.h>

#include <sodium.h>

#define CACHE_KIB	 16384
#define READER_CACHE_KIB 1024
#define KEEPER_CACHE_KIB 64
#define LOG_FRAMES	 8192 /* 32 MiB: time to start the log again */
#define LOG_MOVE	 4096 /* the keeper moves when there are so many */
#define LOG_REST	 512  /* frames the writer may move by itself */
#define CUT_SECONDS	 60
#define CUT_SECONDS_IDLE 5
#define KEY_CHECK	 UINT32_MAX /* meta row that proves the key */

static const uint8_t key_check[] = "rowan store key";

static int on_commit(void *arg, sqlite3 *h, const char *name, int frames)
{
	struct store *st = arg;

	st->frames = (uint64_t)frames;
	atomic_store(&st->shared->frames, st->frames);
	return SQLITE_OK;
}

/* The store key must be the one the store was made with. */
static int check_key(struct store *st)
{
	struct buf value;
	int r = store_meta_get(&st->view, KEY_CHECK, &value);

	if (r == ROWAN_E_CORRUPT)
		return ROWAN_E_CRYPTO;
	if (r == 0) {
		buf_wipe(&value);
		return 0;
	}
	if (r != ROWAN_E_NOT_FOUND)
		return r;
	if ((r = store_begin(st, 0)) != 0)
		return r;
	r = store_meta_put(
		st, KEY_CHECK, bytes_of(key_check, sizeof(key_check)));
	if (r == 0)
		return store_commit(st);
	store_abort(st);
	return r;
}

static int check_pages(struct db *db)
{
	sqlite3_stmt *q = NULL;
	int rc = sqlite3_prepare_v2(
		db->h, "PRAGMA quick_check(1)", -1, &q, NULL);
	bool ok = false;

	if (rc == SQLITE_OK && (rc = sqlite3_step(q)) == SQLITE_ROW)
		ok = strcmp((const char *)sqlite3_column_text(q, 0), "ok") == 0;
	sqlite3_finalize(q);
	if (rc != SQLITE_ROW)
		return db_code(rc);
	return ok ? 0 : ROWAN_E_CORRUPT;
}

/*
 * The engine opens what it may only read, and would refuse every commit. Of
 * the file it says so; of what lies beside it, when a transaction begins.
 */
static int check_writable(struct db *db)
{
	int rc;

	if (sqlite3_db_readonly(db->h, "main") != 0)
		return ROWAN_E_IO;
	rc = sqlite3_exec(db->h, "BEGIN IMMEDIATE; ROLLBACK", NULL, NULL, NULL);
	return (rc & 0xff) == SQLITE_READONLY ? ROWAN_E_IO : db_code(rc);
}

static int set_quota(struct store *st, uint64_t max_bytes)
{
	char text[64];

	st->max_pages = max_bytes / SCHEMA_PAGE;
	if (st->max_pages != 0 && st->max_pages < 64)
		return ROWAN_E_INVAL;
	if (st->max_pages == 0 || st->max_pages > VFS_PAGES_MAX)
		st->max_pages = VFS_PAGES_MAX;
	sqlite3_snprintf(sizeof(text), text, "PRAGMA max_page_count=%llu",
		(unsigned long long)st->max_pages);
	return db_exec(&st->view.db, text);
}

void store_limits(struct store *st, const struct store_options *o)
{
	st->mailbox_max = o->mailbox_max;
	st->mailbox_reserve = o->mailbox_reserve;
	st->blob_open_time = o->blob_open_time;
}

static int open_engine(struct store *st, const struct store_options *o)
{
	struct db_options d = {st->path, vfs_name(st->vfs), DB_WRITER,
		o->cache_kib ? o->cache_kib : CACHE_KIB};
	int r;

	if ((r = db_open(&st->view.db, &d)) != 0)
		return r;
	(void)sqlite3_wal_hook(st->view.db.h, on_commit, st);
	if ((r = schema_migrate(&st->view.db)) != 0 ||
		(r = check_writable(&st->view.db)) != 0 ||
		(r = set_quota(st, o->max_bytes)) != 0)
		return r;
	if (!o->skip_check && (r = check_pages(&st->view.db)) != 0)
		return r;
	return check_key(st);
}

static int open_file(struct store *st, const struct store_options *o)
{
	int r = disk_open(&st->disk, o->path, o->reserve_bytes);

	if (r != 0)
		return r;
	/* Whose it is was settled: what fails now is no question of time. */
	if ((r = open_engine(st, o)) != 0)
		return r == ROWAN_E_AGAIN ? ROWAN_E_IO : r;
	disk_note(&st->disk, st->path);
	return log_load(st);
}

int store_open(struct store **ret, const struct store_options *o)
{
	struct store *st = calloc(1, sizeof(*st));
	int r = ROWAN_E_NOMEM;

	*ret = NULL;
	if (st == NULL)
		return r;
	st->disk.fd = -1;
	idmap_init(&st->devices);
	idmap_init(&st->channels);
	store_limits(st, o);
	st->path = strdup(o->path);
	st->shared = calloc(1, sizeof(*st->shared));
	st->plain = malloc(PLAIN_MAX);
	st->sealed = malloc(SEALED_MAX);
	if (st->path == NULL || st->shared == NULL || st->plain == NULL ||
		st->sealed == NULL)
		goto out;
	db_start();
	if ((r = log_new(&st->ledger)) != 0 ||
		(r = log_secrets_new(&st->log_secrets)) != 0 ||
		(r = vfs_new(&st->vfs, o->vfs)) != 0 ||
		(r = seal_new(&st->seal, o->key)) != 0)
		goto out;
	st->view.seal = st->seal;
	st->view.owner = st;
	st->deleted = true; /* the log may be that of a crash */
	r = open_file(st, o);
out:
	if (r == 0)
		*ret = st;
	else
		store_close(st);
	return r;
}

void store_close(struct store *st)
{
	if (st == NULL)
		return;
	store_abort(st);
	cache_forget(st);
	db_close(&st->view.db);
	vfs_free(st->vfs);
	disk_close(&st->disk);
	seal_free(st->seal);
	if (st->plain != NULL)
		sodium_memzero(st->plain, PLAIN_MAX);
	log_free(st->ledger);
	log_secrets_free(st->log_secrets);
	free(st->plain);
	free(st->sealed);
	free(st->saved);
	free(st->dirty);
	free(st->out);
	free(st->shared);
	free(st->path);
	free(st);
}

struct store_reader *store_view(struct store *st)
{
	return &st->view;
}

int store_reader_open(struct store_reader **ret, const struct store *st)
{
	struct db_options d = {
		st->path, vfs_name(st->vfs), DB_READER, READER_CACHE_KIB};
	struct store_reader *rd = calloc(1, sizeof(*rd));
	int r;

	*ret = NULL;
	if (rd == NULL)
		return ROWAN_E_NOMEM;
	rd->seal = st->seal;
	if ((r = db_open(&rd->db, &d)) != 0) {
		free(rd);
		return r;
	}
	*ret = rd;
	return 0;
}

void store_reader_close(struct store_reader *rd)
{
	if (rd == NULL)
		return;
	db_close(&rd->db);
	free(rd);
}

/* ---- the log: moved by the keeper, cut by the writer ---- */

struct store_keeper {
	struct db db;
	struct shared *shared;
};

int store_keeper_open(struct store_keeper **ret, const struct store *st)
{
	struct db_options d = {
		st->path, vfs_name(st->vfs), DB_KEEPER, KEEPER_CACHE_KIB};
	struct store_keeper *kp = calloc(1, sizeof(*kp));
	int r;

	*ret = NULL;
	if (kp == NULL)
		return ROWAN_E_NOMEM;
	kp->shared = st->shared;
	if ((r = db_open(&kp->db, &d)) != 0) {
		free(kp);
		return r;
	}
	*ret = kp;
	return 0;
}

void store_keeper_close(struct store_keeper *kp)
{
	if (kp == NULL)
		return;
	db_close(&kp->db);
	free(kp);
}

/* Pages change often: moved seldom, each is written once for many changes. */
static bool worthwhile(struct shared *s)
{
	uint64_t frames = atomic_load(&s->frames);
	uint64_t moved = atomic_load(&s->moved);

	/* More moved than there are: the log has begun again. */
	return atomic_exchange(&s->wanted, false) ||
	       frames - (moved <= frames ? moved : 0) >= LOG_MOVE;
}

int store_keeper_run(struct store_keeper *kp)
{
	int frames = 0, moved = 0, rc;

	if (!worthwhile(kp->shared))
		return 0;
	rc = sqlite3_wal_checkpoint_v2(
		kp->db.h, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, &moved);

	if (rc == SQLITE_OK && moved >= 0)
		atomic_store(&kp->shared->moved, (uint64_t)moved);
	/* Busy: the writer is at it. */
	return rc == SQLITE_BUSY ? 0 : db_code(rc);
}

/* Move the rest, so that the next commit starts the log again. */
static int finish_move(struct store *st)
{
	uint64_t moved = atomic_load(&st->shared->moved);
	int frames = 0, done = 0, rc;

	/* Without a reserve the log must not grow: use it again each time. */
	if (st->frames < (st->disk.laid ? LOG_FRAMES : 1))
		return 0;
	if (moved > st->frames)
		moved = 0;
	/* A reader kept the log from beginning again: no use to hurry. */
	if (st->disk.laid && st->frames >= st->finished &&
		st->frames - st->finished < LOG_REST)
		return 0;
	/* Leave the bulk to the keeper, but not for ever. */
	if (st->disk.laid && st->frames - moved > LOG_REST &&
		st->frames < 2 * LOG_FRAMES) {
		atomic_store(&st->shared->wanted, true);
		return 0;
	}
	st->finished = st->frames;
	rc = sqlite3_wal_checkpoint_v2(
		st->view.db.h, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, &done);
	return rc == SQLITE_BUSY ? 0 : db_code(rc);
}

/* Empty the log file: no byte that was deleted before is left in it. */
static int cut(struct store *st, uint64_t now)
{
	int rc, r;

	if (st->freed_len > 0) {
		if ((r = store_begin(st, st->now)) == 0 &&
			(r = freed_flush(st)) != 0)
			store_abort(st);
		if (r != 0 || (r = store_commit(st)) != 0)
			return r;
	}
	sqlite3_busy_timeout(st->view.db.h, 0);
	rc = sqlite3_wal_checkpoint_v2(
		st->view.db.h, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(st->view.db.h, 1000);
	if (rc == SQLITE_OK) {
		st->deleted = false;
		st->cut = now;
		st->frames = 0;
		atomic_store(&st->shared->frames, 0);
	}
	return rc == SQLITE_BUSY ? 0 : db_code(rc);
}

int store_tidy(struct store *st, uint64_t now, bool idle)
{
	uint64_t age;
	int r;

	if (st->open)
		return ROWAN_E_STATE;
	/* What is promised into a file that was removed is not kept. */
	if (now != st->looked && !disk_there(&st->disk, st->path))
		return ROWAN_E_CORRUPT;
	st->looked = now;
	if (st->cut == 0)
		st->cut = now;
	/* Few messages are no reason to make one of them wait. */
	idle = idle && st->frames == st->tidied;
	st->tidied = st->frames;
	age = now >= st->cut ? now - st->cut : CUT_SECONDS;
	if ((r = finish_move(st)) != 0)
		return r;
	/* Soon: the keeper's moving now makes the cut short. */
	if (st->deleted && age == CUT_SECONDS - 1)
		atomic_store(&st->shared->wanted, true);
	if (st->disk.laid && !(st->deleted && age >= (idle ? CUT_SECONDS_IDLE
							   : CUT_SECONDS)))
		return 0;
	/* A reader or a full disk may be in the way: once a second. */
	if (st->tried == now)
		return 0;
	st->tried = now;
	r = cut(st, now);
	return disk_lay(&st->disk) ? 0 : r;
}
