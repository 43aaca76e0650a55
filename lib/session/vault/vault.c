/*
 * The vault over SQLite: see vault.h. The one place of the session where
 * sqlite3.h is included.
 *
 * One table of values. Its key columns are the kind, a keyed hash of the name
 * and the number; a value is sealed for its kind and number with the hash in
 * front, so that one moved elsewhere does not open. A second table holds what
 * is needed to unlock: the random master key under the host's key or a
 * passphrase.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>
#include <sqlite3.h>

#include "crypto/seal.h"
#include "session/vault/shred.h"
#include "session/vault/vault_left.h"
#include "session/vault/vault_lock.h"

#define SCHEMA	   1
#define HEAD_LEN   SEAL_HASH_LEN
#define NUMBER_MAX INT64_MAX

enum query { PUT, GET, DELETE, DELETE_ALL, NEXT, LAST, QUERIES };

static const char *const queries[QUERIES] = {
	[PUT] = "INSERT INTO item VALUES(?1,?2,?3,?4) ON CONFLICT DO UPDATE "
		"SET value=excluded.value",
	[GET] = "SELECT n,value FROM item WHERE kind=?1 AND name=?2 AND n=?3",
	[DELETE] = "DELETE FROM item WHERE kind=?1 AND name=?2 AND n=?3",
	[DELETE_ALL] = "DELETE FROM item WHERE kind=?1 AND name=?2",
	[NEXT] = "SELECT n,value FROM item WHERE kind=?1 AND name=?2 AND "
		 "n>=?3 ORDER BY n LIMIT 1",
	[LAST] = "SELECT n,value FROM item WHERE kind=?1 AND name=?2 AND "
		 "n<?3 ORDER BY n DESC LIMIT 1",
};

struct vault {
	sqlite3 *db;
	sqlite3_stmt *query[QUERIES];
	struct key32 *master; /* guarded memory */
	struct seal *seal;
	bool open; /* a transaction is */
};

/* What a failure of SQLite is to our caller. */
static int translate(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE: return 0;
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return ROWAN_E_AGAIN;
	case SQLITE_NOMEM: return ROWAN_E_NOMEM;
	case SQLITE_FULL: return ROWAN_E_FULL;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return ROWAN_E_CORRUPT;
	default: return ROWAN_E_IO;
	}
}

static int run(struct vault *v, const char *sql)
{
	return translate(sqlite3_exec(v->db, sql, NULL, NULL, NULL));
}

/* ---- unlocking ---------------------------------------------------------- */

static int lock_write(struct vault *v, const struct vault_unlock *unlock)
{
	sqlite3_stmt *q = NULL;
	struct buf wrapped;
	int form, rc;

	rc = vault_lock_wrap(v->master, unlock, &form, &wrapped);

	if (rc != 0)
		return rc;
	rc = sqlite3_prepare_v2(v->db,
		"INSERT INTO lock VALUES(1,?1,?2) ON CONFLICT DO UPDATE SET "
		"form=excluded.form, wrapped=excluded.wrapped",
		-1, &q, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_bind_int(q, 1, form);
		sqlite3_bind_blob(
			q, 2, wrapped.data, (int)wrapped.len, SQLITE_STATIC);
		rc = sqlite3_step(q);
	}
	sqlite3_finalize(q);
	buf_wipe(&wrapped);
	return translate(rc);
}

static int lock_read(struct vault *v, const struct vault_unlock *unlock)
{
	sqlite3_stmt *q = NULL;
	int rc = sqlite3_prepare_v2(v->db,
		"SELECT form,wrapped FROM lock WHERE one=1", -1, &q, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(q);
	if (rc == SQLITE_ROW)
		rc = vault_lock_unwrap(v->master, unlock,
			sqlite3_column_int(q, 0),
			bytes_of(sqlite3_column_blob(q, 1),
				(size_t)sqlite3_column_bytes(q, 1)));
	else
		rc = rc == SQLITE_DONE ? ROWAN_E_CORRUPT : translate(rc);
	sqlite3_finalize(q);
	return rc;
}

/* ---- opening ------------------------------------------------------------ */

static int pragma_int(struct vault *v, const char *sql, int *ret)
{
	sqlite3_stmt *q = NULL;
	int rc = sqlite3_prepare_v2(v->db, sql, -1, &q, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(q);
	*ret = rc == SQLITE_ROW ? sqlite3_column_int(q, 0) : 0;
	sqlite3_finalize(q);
	return translate(rc);
}

static int connect(struct vault *v, const char *path, int flags)
{
	int rc = sqlite3_open_v2(path, &v->db,
		flags | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_FULLMUTEX, NULL);

	if (rc != SQLITE_OK)
		return (rc & 0xff) == SQLITE_CANTOPEN ? ROWAN_E_IO
						      : translate(rc);
	sqlite3_extended_result_codes(v->db, 1);
	(void)sqlite3_db_config(v->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(v->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	/* Exclusive before WAL: no shared memory file, and the lock is held. */
	rc = run(v, "PRAGMA page_size=4096;"
		    "PRAGMA locking_mode=EXCLUSIVE;"
		    "PRAGMA cell_size_check=ON;"
		    "PRAGMA secure_delete=ON;"
		    "PRAGMA temp_store=MEMORY;"
		    "PRAGMA journal_mode=WAL;"
		    "PRAGMA synchronous=FULL;"
		    "BEGIN EXCLUSIVE; COMMIT");
	return rc;
}

static int prepare(struct vault *v)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < QUERIES; i++)
		rc = sqlite3_prepare_v3(v->db, queries[i], -1,
			SQLITE_PREPARE_PERSISTENT, &v->query[i], NULL);
	return translate(rc);
}

static int vault_new(struct vault **ret)
{
	struct vault *v;

	*ret = NULL;
	/* Harmless when done before, by us or by the host. */
	if (sodium_init() < 0)
		return ROWAN_E_INTERNAL;
	v = calloc(1, sizeof *v);
	if (v == NULL)
		return ROWAN_E_NOMEM;
	v->master = secret_new(sizeof *v->master);
	if (v->master == NULL) {
		free(v);
		return ROWAN_E_NOMEM;
	}
	*ret = v;
	return 0;
}

static bool unlock_ok(const struct vault_unlock *unlock)
{
	return (unlock->key != NULL) == (unlock->passphrase.len == 0);
}

static int create_schema(struct vault *v, const struct vault_unlock *unlock)
{
	char version[96];
	/* The lock first, in a page of its own: vault_left.h. */
	int rc = run(v,
		"BEGIN;"
		"CREATE TABLE lock(one INTEGER PRIMARY KEY CHECK(one=1),"
		" form INTEGER NOT NULL, wrapped BLOB NOT NULL) STRICT;"
		"CREATE TABLE item(kind INTEGER NOT NULL, name BLOB NOT NULL,"
		" n INTEGER NOT NULL, value BLOB NOT NULL,"
		" PRIMARY KEY(kind,name,n)) STRICT, WITHOUT ROWID");

	(void)snprintf(version, sizeof version,
		"PRAGMA user_version=%d;PRAGMA application_id=%d;COMMIT",
		SCHEMA, VAULT_APPLICATION_ID);
	if (rc == 0)
		rc = lock_write(v, unlock);
	return rc == 0 ? run(v, version) : rc;
}

int vault_create(
	struct vault **ret, const char *path, const struct vault_unlock *unlock)
{
	struct vault *v = NULL;
	int fd, rc;

	*ret = NULL;
	if (!unlock_ok(unlock))
		return ROWAN_E_INVAL;
	/* Ours alone, and nobody's before. */
	fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return access(path, F_OK) == 0 ? ROWAN_E_EXISTS : ROWAN_E_IO;
	(void)close(fd);
	rc = vault_new(&v);
	if (rc == 0) {
		randombytes_buf(v->master->b, sizeof v->master->b);
		rc = connect(v, path, SQLITE_OPEN_READWRITE);
	}
	if (rc == 0)
		rc = create_schema(v, unlock);
	if (rc == 0)
		rc = prepare(v);
	if (rc == 0)
		rc = seal_new(&v->seal, v->master);
	if (rc != 0) {
		vault_close(v);
		(void)!vault_destroy(path);
		return rc;
	}
	*ret = v;
	return 0;
}

static int open_checked(
	struct vault *v, const char *path, const struct vault_unlock *unlock)
{
	int id = 0, version = 0;
	int rc = connect(v, path, SQLITE_OPEN_READWRITE);

	if (rc == 0)
		rc = pragma_int(v, "PRAGMA application_id", &id);
	if (rc == 0)
		rc = pragma_int(v, "PRAGMA user_version", &version);
	if (rc == 0 && id != VAULT_APPLICATION_ID)
		rc = ROWAN_E_CORRUPT;
	if (rc == 0 && version > SCHEMA)
		rc = ROWAN_E_TOO_NEW;
	if (rc == 0)
		rc = lock_read(v, unlock);
	/* Whoever was killed over a new lock has left the old one. */
	if (rc == 0)
		(void)!run(v, "PRAGMA wal_checkpoint(TRUNCATE)");
	if (rc == 0)
		rc = prepare(v);
	return rc == 0 ? seal_new(&v->seal, v->master) : rc;
}

int vault_open(
	struct vault **ret, const char *path, const struct vault_unlock *unlock)
{
	struct vault *v;
	int rc;

	*ret = NULL;
	if (!unlock_ok(unlock))
		return ROWAN_E_INVAL;
	if (access(path, F_OK) != 0)
		return ROWAN_E_NOT_FOUND;
	rc = vault_new(&v);
	if (rc != 0)
		return rc;
	rc = open_checked(v, path, unlock);
	if (rc == 0) {
		*ret = v;
		return 0;
	}
	vault_close(v);
	if (rc != ROWAN_E_CORRUPT || !vault_is_left(path))
		return rc;
	rc = vault_destroy(path);
	return rc == 0 ? ROWAN_E_NOT_FOUND : rc;
}

void vault_close(struct vault *v)
{
	if (v == NULL)
		return;
	vault_abort(v);
	for (size_t i = 0; i < QUERIES; i++)
		sqlite3_finalize(v->query[i]);
	/* Closing the last connection checkpoints and removes the log. */
	(void)sqlite3_close(v->db);
	seal_free(v->seal);
	secret_free(v->master);
	free(v);
}

int vault_relock(struct vault *v, const struct vault_unlock *unlock)
{
	int rc;

	if (!unlock_ok(unlock))
		return ROWAN_E_INVAL;
	rc = vault_begin(v);
	if (rc == 0)
		rc = lock_write(v, unlock);
	if (rc == 0)
		rc = vault_commit(v);
	vault_abort(v);
	/* The old lock must not linger in the log. */
	if (rc == 0)
		rc = run(v, "PRAGMA wal_checkpoint(TRUNCATE)");
	return rc;
}

/*
 * From the first page that is overwritten on nothing opens: all is in the
 * main file by then, whose first to go is the lock. What a kill leaves is
 * removed by whoever opens it next.
 */
int vault_destroy(const char *path)
{
	static const char *const suffix[] = {"-wal", "-shm", "-journal", ""};
	struct vault probe = {0};
	char *name;
	int rc, first = 0;

	if (access(path, F_OK) != 0)
		return ROWAN_E_NOT_FOUND;
	/* Not from under somebody's feet. */
	rc = connect(&probe, path, SQLITE_OPEN_READWRITE);
	if (rc == 0) {
		(void)!run(&probe, "PRAGMA wal_checkpoint(FULL)");
		/* It would remove the log, and not overwrite it. */
		(void)sqlite3_db_config(
			probe.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	}
	(void)sqlite3_close(probe.db);
	if (rc == ROWAN_E_AGAIN)
		return rc;
	name = malloc(strlen(path) + 16);
	if (name == NULL)
		return ROWAN_E_NOMEM;
	for (size_t i = 0; i < sizeof suffix / sizeof *suffix; i++) {
		(void)sprintf(name, "%s%s", path, suffix[i]);
		rc = shred_file(name);
		first = first != 0 ? first : rc;
	}
	free(name);
	return first;
}

/* ---- transactions and values -------------------------------------------- */

int vault_begin(struct vault *v)
{
	int rc;

	if (v->open)
		return ROWAN_E_STATE;
	rc = run(v, "BEGIN IMMEDIATE");
	v->open = rc == 0;
	return rc;
}

int vault_commit(struct vault *v)
{
	int rc;

	if (!v->open)
		return ROWAN_E_STATE;
	rc = run(v, "COMMIT");
	if (rc != 0)
		vault_abort(v);
	v->open = false;
	return rc;
}

void vault_abort(struct vault *v)
{
	if (!v->open)
		return;
	(void)sqlite3_exec(v->db, "ROLLBACK", NULL, NULL, NULL);
	v->open = false;
}

bool vault_busy(const struct vault *v)
{
	return v->open;
}

/* Bind kind, name and number, in this order. */
static int bind(struct vault *v, enum query which, enum vault_kind kind,
	struct bytes name, uint64_t n, uint8_t ret_hash[SEAL_HASH_LEN])
{
	sqlite3_stmt *q = v->query[which];

	if (kind < 1 || kind >= VAULT_KINDS || name.len > VAULT_NAME_MAX)
		return ROWAN_E_INVAL;
	seal_hash(v->seal, (uint8_t)kind, 0, name, ret_hash);
	sqlite3_bind_int(q, 1, (int)kind);
	sqlite3_bind_blob(q, 2, ret_hash, SEAL_HASH_LEN, SQLITE_STATIC);
	if (which != DELETE_ALL)
		sqlite3_bind_int64(q, 3, (sqlite3_int64)n);
	return 0;
}

static int finish(sqlite3_stmt *q, int rc)
{
	(void)sqlite3_reset(q);
	(void)sqlite3_clear_bindings(q);
	return rc;
}

/* Run a change. */
static int change(struct vault *v, enum query which)
{
	int rc = translate(sqlite3_step(v->query[which]));

	return finish(v->query[which], rc);
}

int vault_put(struct vault *v, enum vault_kind kind, struct bytes name,
	uint64_t n, struct bytes value)
{
	struct buf plain = {0}, sealed = {0};
	uint8_t hash[SEAL_HASH_LEN];
	int rc;

	if (!v->open)
		return ROWAN_E_STATE;
	if (n > NUMBER_MAX || value.len > VAULT_VALUE_MAX)
		return ROWAN_E_INVAL;
	rc = bind(v, PUT, kind, name, n, hash);
	if (rc == 0)
		rc = buf_alloc(&plain, HEAD_LEN + value.len);
	if (rc == 0)
		rc = buf_alloc(&sealed, plain.len + SEAL_OVERHEAD);
	if (rc == 0) {
		memcpy(plain.data, hash, HEAD_LEN);
		if (value.len > 0)
			memcpy(plain.data + HEAD_LEN, value.data, value.len);
		seal_put(v->seal, (struct seal_place){(uint8_t)kind, 1, n},
			buf_view(&plain), sealed.data);
		sqlite3_bind_blob(v->query[PUT], 4, sealed.data,
			(int)sealed.len, SQLITE_STATIC);
		rc = change(v, PUT);
	} else {
		rc = finish(v->query[PUT], rc);
	}
	buf_wipe(&plain);
	buf_wipe(&sealed);
	return rc;
}

/* Open the value of the row a query stands on. */
static int open_row(struct vault *v, sqlite3_stmt *q, enum vault_kind kind,
	const uint8_t hash[SEAL_HASH_LEN], struct buf *ret)
{
	struct bytes sealed = bytes_of(
		sqlite3_column_blob(q, 1), (size_t)sqlite3_column_bytes(q, 1));
	uint64_t n = (uint64_t)sqlite3_column_int64(q, 0);
	struct buf plain = {0};
	int rc;

	if (sealed.len < HEAD_LEN + SEAL_OVERHEAD)
		return ROWAN_E_CORRUPT;
	rc = buf_alloc(&plain, sealed.len - SEAL_OVERHEAD);
	if (rc == 0 &&
		(seal_get(v->seal, (struct seal_place){(uint8_t)kind, 1, n},
			 sealed, plain.data) != 0 ||
			memcmp(plain.data, hash, HEAD_LEN) != 0))
		rc = ROWAN_E_CORRUPT;
	if (rc == 0)
		rc = buf_copy(ret,
			bytes_of(plain.data + HEAD_LEN, plain.len - HEAD_LEN));
	buf_wipe(&plain);
	return rc;
}

/* One of the three ways to find a value. */
static int find(struct vault *v, enum query which, enum vault_kind kind,
	struct bytes name, uint64_t n, uint64_t *ret_n, struct buf *ret)
{
	sqlite3_stmt *q = v->query[which];
	uint8_t hash[SEAL_HASH_LEN];
	int rc;

	if (ret != NULL)
		*ret = (struct buf){0};
	if (ret_n != NULL)
		*ret_n = 0;
	if (n > NUMBER_MAX)
		n = NUMBER_MAX;
	rc = bind(v, which, kind, name, n, hash);
	if (rc != 0)
		return finish(q, rc);
	rc = sqlite3_step(q);
	if (rc == SQLITE_DONE)
		return finish(q, ROWAN_E_NOT_FOUND);
	if (rc != SQLITE_ROW)
		return finish(q, translate(rc));
	rc = ret != NULL ? open_row(v, q, kind, hash, ret) : 0;
	if (rc == 0 && ret_n != NULL)
		*ret_n = (uint64_t)sqlite3_column_int64(q, 0);
	return finish(q, rc);
}

int vault_get(struct vault *v, enum vault_kind kind, struct bytes name,
	uint64_t n, struct buf *ret)
{
	return find(v, GET, kind, name, n, NULL, ret);
}

int vault_next(struct vault *v, enum vault_kind kind, struct bytes name,
	uint64_t from, uint64_t *ret_n, struct buf *ret)
{
	return find(v, NEXT, kind, name, from, ret_n, ret);
}

int vault_last(struct vault *v, enum vault_kind kind, struct bytes name,
	uint64_t below, uint64_t *ret_n, struct buf *ret)
{
	return find(v, LAST, kind, name, below, ret_n, ret);
}

int vault_delete(
	struct vault *v, enum vault_kind kind, struct bytes name, uint64_t n)
{
	uint8_t hash[SEAL_HASH_LEN];
	int rc;

	if (!v->open)
		return ROWAN_E_STATE;
	if (n > NUMBER_MAX)
		return 0;
	rc = bind(v, DELETE, kind, name, n, hash);
	return rc == 0 ? change(v, DELETE) : rc;
}

int vault_delete_all(struct vault *v, enum vault_kind kind, struct bytes name)
{
	uint8_t hash[SEAL_HASH_LEN];
	int rc;

	if (!v->open)
		return ROWAN_E_STATE;
	rc = bind(v, DELETE_ALL, kind, name, 0, hash);
	return rc == 0 ? change(v, DELETE_ALL) : rc;
}
