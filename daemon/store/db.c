/*
 * One connection to the engine. See db.h.
 */
#include "store/db.h"

#include <stddef.h>

#include "store/schema.h"

#define BUSY_MS	   1000
#define LENGTH_MAX (8 << 20) /* above the largest sealed column */

int db_code(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE: return 0;
	case SQLITE_FULL: return ROWAN_E_FULL;
	case SQLITE_CONSTRAINT: return ROWAN_E_EXISTS;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return ROWAN_E_CORRUPT;
	case SQLITE_NOMEM:
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_PROTOCOL:
	case SQLITE_INTERRUPT: return ROWAN_E_AGAIN;
	default: return ROWAN_E_INTERNAL;
	}
}

/* A refused constraint costs the statement; anything else, everything. */
static int fail(struct db *db, int rc)
{
	int code = db_code(rc);

	if (code != 0 && code != ROWAN_E_EXISTS && db->failed == 0)
		db->failed = code;
	return code;
}

int db_exec(struct db *db, const char *text)
{
	return fail(db, sqlite3_exec(db->h, text, NULL, NULL, NULL));
}

void db_rollback(struct db *db)
{
	/* The engine may have rolled back by itself. */
	if (!sqlite3_get_autocommit(db->h))
		(void)sqlite3_exec(db->h, "ROLLBACK", NULL, NULL, NULL);
	db->failed = 0;
}

int db_pragma(struct db *db, const char *text, int64_t *ret)
{
	sqlite3_stmt *q = NULL;
	int rc = sqlite3_prepare_v2(db->h, text, -1, &q, NULL);

	*ret = 0;
	if (rc == SQLITE_OK)
		rc = sqlite3_step(q);
	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return fail(db, rc);
}

/*
 * The defences of every connection: a schema that was tampered with runs no
 * function, a page that was does not crash, deleted bytes are overwritten.
 */
static int defend(struct db *db, const struct db_options *o)
{
	char text[256];
	int r, on;

	if (sqlite3_db_config(db->h, SQLITE_DBCONFIG_DEFENSIVE, 1, &on) !=
			SQLITE_OK ||
		sqlite3_db_config(db->h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0,
			&on) != SQLITE_OK ||
		sqlite3_db_config(db->h, SQLITE_DBCONFIG_ENABLE_FKEY, 1, &on) !=
			SQLITE_OK ||
		sqlite3_db_config(db->h, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0,
			&on) != SQLITE_OK ||
		sqlite3_db_config(db->h, SQLITE_DBCONFIG_ENABLE_VIEW, 0, &on) !=
			SQLITE_OK)
		return ROWAN_E_INTERNAL;
	sqlite3_limit(db->h, SQLITE_LIMIT_LENGTH, LENGTH_MAX);
	sqlite3_limit(db->h, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_busy_timeout(db->h, BUSY_MS);
	sqlite3_snprintf(sizeof(text), text,
		"PRAGMA page_size=%d;"
		"PRAGMA cell_size_check=ON;"
		"PRAGMA mmap_size=0;"
		"PRAGMA temp_store=MEMORY;"
		"PRAGMA secure_delete=ON;"
		"PRAGMA synchronous=FULL;"
		"PRAGMA wal_autocheckpoint=0;"
		"PRAGMA cache_size=-%u",
		SCHEMA_PAGE, o->cache_kib);
	r = db_exec(db, text);
	if (r == 0 && o->mode == DB_WRITER)
		r = db_exec(db, "PRAGMA journal_mode=WAL");
	if (r == 0 && o->mode == DB_READER)
		r = db_exec(db, "PRAGMA query_only=ON");
	return r;
}

void db_start(void)
{
	/*
	 * The engine counts its memory under a lock for each allocation, and
	 * nobody asks. Refused, harmlessly, once the engine has started.
	 */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int db_open(struct db *db, const struct db_options *o)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE |
		    SQLITE_OPEN_PRIVATECACHE;
	int rc, r;

	if (o->mode == DB_WRITER)
		flags |= SQLITE_OPEN_CREATE;
	rc = sqlite3_open_v2(o->path, &db->h, flags, o->vfs);
	r = rc == SQLITE_OK ? defend(db, o) : fail(db, rc);
	if (r != 0)
		db_close(db);
	return r;
}

void db_close(struct db *db)
{
	for (int i = 0; i < SQL_COUNT; i++) {
		sqlite3_finalize(db->stmts[i]);
		db->stmts[i] = NULL;
	}
	sqlite3_close(db->h);
	db->h = NULL;
}

sqlite3_stmt *db_use(struct db *db, enum sql which)
{
	int rc;

	if (db->stmts[which] != NULL)
		return db->stmts[which];
	rc = sqlite3_prepare_v3(db->h, sql_text(which), -1,
		SQLITE_PREPARE_PERSISTENT, &db->stmts[which], NULL);
	if (rc != SQLITE_OK)
		(void)fail(db, rc);
	return db->stmts[which];
}

void db_int(sqlite3_stmt *q, int i, int64_t value)
{
	if (q != NULL)
		(void)sqlite3_bind_int64(q, i, value);
}

void db_bytes(sqlite3_stmt *q, int i, const void *data, size_t len)
{
	/* NULL would bind SQL's NULL; an empty value is a value. */
	if (q != NULL)
		(void)sqlite3_bind_blob(
			q, i, len ? data : "", (int)len, SQLITE_STATIC);
}

int db_row(struct db *db, sqlite3_stmt *q)
{
	int rc;

	if (q == NULL)
		return db->failed ? db->failed : ROWAN_E_AGAIN;
	rc = sqlite3_step(q);
	if (rc == SQLITE_ROW)
		return 1;
	return fail(db, rc);
}

int db_run(struct db *db, sqlite3_stmt *q)
{
	int r = db_row(db, q);

	db_end(q);
	return r < 0 ? r : 0;
}

int64_t db_changes(struct db *db)
{
	return sqlite3_total_changes64(db->h);
}

void db_end(sqlite3_stmt *q)
{
	if (q != NULL)
		(void)sqlite3_reset(q);
}
