/*
 * One connection to the engine: opening, prepared statements, error codes.
 *
 * The only part of the daemon, with the other files of this folder, that
 * knows SQLite. Trusts no file: every connection is opened defensively.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <sqlite3.h>

#include "base/bytes.h"
#include "store/sql.h"

struct db {
	sqlite3 *h;
	sqlite3_stmt *stmts[SQL_COUNT];
	int failed; /* first failure that costs the transaction, or 0 */
};

enum db_mode { DB_WRITER, DB_READER, DB_KEEPER };

struct db_options {
	const char *path;
	const char *vfs;
	enum db_mode mode;
	uint32_t cache_kib;
};

/**
 * db_start():
 * Settings of the engine as a whole, before its first use in the process.
 */
void db_start(void);

/**
 * db_open(db, options), db_close(db):
 * ${db} is zeroed memory of the caller. db_close is harmless on zeroed memory
 * and after a failed db_open.
 */
ROWAN_MUST int db_open(struct db *db, const struct db_options *options);
void db_close(struct db *db);

/**
 * db_code(rc):
 * The ROWAN_E_* that stands for an engine's result code.
 */
int db_code(int rc);

/**
 * db_exec(db, text):
 * Run statements without values or results.
 */
ROWAN_MUST int db_exec(struct db *db, const char *text);

/**
 * db_rollback(db):
 * Take back the transaction, if one is open; what had failed is forgotten.
 */
void db_rollback(struct db *db);

/**
 * db_pragma(db, text, ret):
 * Run a statement that yields one number.
 */
ROWAN_MUST int db_pragma(struct db *db, const char *text, int64_t *ret);

/**
 * db_use(db, which):
 * The prepared statement, ready for binding. NULL when it cannot be had,
 * which db_row and db_run report; the other calls take NULL.
 */
sqlite3_stmt *db_use(struct db *db, enum sql which);

/* Bind parameter ${i} (from 1); bytes must live until the statement ends. */
void db_int(sqlite3_stmt *q, int i, int64_t value);
void db_bytes(sqlite3_stmt *q, int i, const void *data, size_t len);

/**
 * db_row(db, q):
 * Step: 1 when there is a row, 0 at the end, or ROWAN_E_*. End with db_end.
 */
ROWAN_MUST int db_row(struct db *db, sqlite3_stmt *q);

/**
 * db_run(db, q):
 * Step once, to the end, and end it.
 */
ROWAN_MUST int db_run(struct db *db, sqlite3_stmt *q);

/**
 * db_changes(db):
 * How many rows this connection has changed since it was opened.
 */
int64_t db_changes(struct db *db);

/**
 * db_end(q):
 * Be ready for the next use; must follow the last db_row.
 */
void db_end(sqlite3_stmt *q);

/* Columns of the present row, from 0. */
static inline int64_t db_get_int(sqlite3_stmt *q, int i)
{
	return sqlite3_column_int64(q, i);
}

static inline struct bytes db_get_bytes(sqlite3_stmt *q, int i)
{
	const void *p = sqlite3_column_blob(q, i);

	return bytes_of(p, p ? (size_t)sqlite3_column_bytes(q, i) : 0);
}

#endif
