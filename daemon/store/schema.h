/*
 * The schema of the store and how an older one becomes the present one.
 *
 * Forward only: a newer schema than SCHEMA_VERSION is refused. Each step runs
 * in one transaction with its version number.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "store/db.h"

#define SCHEMA_VERSION	   6
#define SCHEMA_APPLICATION 0x52574e31 /* "RWN1" */
#define SCHEMA_PAGE	   4096

/* Numbers of tables and columns in associated data; never reused. */
enum schema_table {
	TABLE_META = 1,
	TABLE_MEMBER,
	TABLE_DEVICE,
	TABLE_CASE,
	TABLE_CHANNEL,
	TABLE_ASSIGNMENT,
	TABLE_PACKAGE,
	TABLE_ENVELOPE,
	TABLE_BLOB,
	TABLE_CHUNK,
	TABLE_CHAIN,
	TABLE_ACT,
	TABLE_STANDING,
	TABLE_PART,
	TABLE_GROUP,
	TABLE_INVITE,
	TABLE_LOG,
	TABLE_LOG_SECRET,
};

enum schema_column {
	COLUMN_NAME = 1,
	COLUMN_DETAIL,
	COLUMN_BODY,
	COLUMN_CARD,
	COLUMN_TRANSPORT,
	COLUMN_KEY,
};

/* What a row in `trash` is about. */
enum schema_trash {
	TRASH_BLOB = 1,
	TRASH_DEVICE,
	TRASH_LOG, /* details of an erased case; row: its secret */
	TRASH_CASE /* what its channels held; row: the case */
};

/* Rows of `sequence`. */
enum schema_sequence {
	SEQUENCE_ENVELOPE = 1,
	SEQUENCE_BLOB,
	SEQUENCE_ASSIGNMENT,
	SEQUENCE_PACKAGE,
	SEQUENCE_INVITE,
	SEQUENCE_COUNT,
};

/**
 * schema_known(db, version):
 * That what lies in a file of schema ${version} can be read, or migrated:
 * ROWAN_E_TOO_NEW, ROWAN_E_TOO_OLD. Changes nothing.
 */
ROWAN_MUST int schema_known(struct db *db, int64_t version);

/**
 * schema_migrate(db):
 * Create the schema in an empty file or bring it up to date.
 * ROWAN_E_TOO_NEW and ROWAN_E_TOO_OLD, with nothing changed; ROWAN_E_CORRUPT
 * when the file is something else.
 */
ROWAN_MUST int schema_migrate(struct db *db);

#endif
