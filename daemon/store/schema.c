/*
 * The schema, as the list of steps that lead to it. docs/store.md explains
 * the tables.
 *
 * A step that was ever released is never edited; a new one is added below.
 */
#include "store/schema.h"

/*
 * Why no foreign key from delivery and pending to envelope: erasing an
 * envelope would look for children through an index nobody else needs, for
 * each message. store_check proves what such a key would.
 */
static const char *const steps[SCHEMA_VERSION] = {
	"CREATE TABLE meta ("
	" key INTEGER PRIMARY KEY,"
	" value BLOB NOT NULL) STRICT;"

	"CREATE TABLE sequence ("
	" name INTEGER PRIMARY KEY,"
	" next INTEGER NOT NULL) STRICT;"

	"CREATE TABLE member ("
	" id INTEGER PRIMARY KEY,"
	" name BLOB NOT NULL UNIQUE) STRICT;"

	"CREATE TABLE device ("
	" id INTEGER PRIMARY KEY,"
	" name BLOB NOT NULL UNIQUE,"
	" transport BLOB NOT NULL UNIQUE,"
	" member INTEGER NOT NULL REFERENCES member(id),"
	" revoked INTEGER NOT NULL CHECK (revoked IN (0, 1)),"
	" detail BLOB NOT NULL,"
	" card BLOB NOT NULL) STRICT;"
	"CREATE INDEX device_member ON device(member);"

	"CREATE TABLE cases ("
	" id INTEGER PRIMARY KEY,"
	" name BLOB NOT NULL UNIQUE,"
	" closed INTEGER NOT NULL CHECK (closed IN (0, 1)),"
	" detail BLOB NOT NULL) STRICT;"

	"CREATE TABLE channel ("
	" id INTEGER PRIMARY KEY,"
	" name BLOB NOT NULL UNIQUE,"
	" of_case INTEGER NOT NULL REFERENCES cases(id),"
	" closed INTEGER NOT NULL CHECK (closed IN (0, 1)),"
	" detail BLOB NOT NULL) STRICT;"
	"CREATE INDEX channel_case ON channel(of_case);"

	"CREATE TABLE assignment ("
	" id INTEGER PRIMARY KEY,"
	" channel INTEGER NOT NULL REFERENCES channel(id),"
	" member INTEGER NOT NULL REFERENCES member(id),"
	" detail BLOB NOT NULL,"
	" UNIQUE (channel, member)) STRICT;"
	"CREATE INDEX assignment_member ON assignment(member);"

	"CREATE TABLE package ("
	" id INTEGER PRIMARY KEY,"
	" device INTEGER NOT NULL REFERENCES device(id),"
	" last_resort INTEGER NOT NULL CHECK (last_resort IN (0, 1)),"
	" used INTEGER NOT NULL CHECK (used IN (0, 1)),"
	" until INTEGER NOT NULL,"
	" body BLOB NOT NULL) STRICT;"
	"CREATE INDEX package_device ON package(device, last_resort);"
	"CREATE INDEX package_until ON package(until);"
	"CREATE TABLE package_hash ("
	" name BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;"

	"CREATE TABLE sender ("
	" device INTEGER PRIMARY KEY REFERENCES device(id),"
	" high INTEGER NOT NULL,"
	" m0 INTEGER NOT NULL, m1 INTEGER NOT NULL,"
	" m2 INTEGER NOT NULL, m3 INTEGER NOT NULL) STRICT;"
	"CREATE TABLE mailbox ("
	" device INTEGER PRIMARY KEY REFERENCES device(id),"
	" reserved INTEGER NOT NULL) STRICT;"

	"CREATE TABLE envelope ("
	" id INTEGER PRIMARY KEY,"
	" number INTEGER NOT NULL," /* never used twice; bound to the seal */
	" channel INTEGER NOT NULL REFERENCES channel(id),"
	" device INTEGER NOT NULL," /* 0: see pending */
	" seq INTEGER NOT NULL,"
	" until INTEGER NOT NULL,"
	" body BLOB NOT NULL) STRICT;"
	"CREATE INDEX envelope_until ON envelope(until);"
	"CREATE TABLE delivery ("
	" device INTEGER NOT NULL REFERENCES device(id),"
	" seq INTEGER NOT NULL,"
	" envelope INTEGER NOT NULL,"
	" shared INTEGER NOT NULL,"
	" PRIMARY KEY (device, seq)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE pending ("
	" envelope INTEGER NOT NULL,"
	" device INTEGER NOT NULL REFERENCES device(id),"
	" seq INTEGER NOT NULL,"
	" PRIMARY KEY (envelope, device)) STRICT, WITHOUT ROWID;"

	"CREATE TABLE trash ("
	" kind INTEGER NOT NULL,"
	" row INTEGER NOT NULL,"
	" PRIMARY KEY (kind, row)) STRICT, WITHOUT ROWID;"

	"CREATE TABLE blob ("
	" id INTEGER PRIMARY KEY,"
	" name BLOB NOT NULL UNIQUE,"
	" channel INTEGER NOT NULL REFERENCES channel(id),"
	" owner INTEGER NOT NULL REFERENCES device(id),"
	" chunks INTEGER NOT NULL,"
	" have INTEGER NOT NULL,"
	" until INTEGER NOT NULL," /* soon, while incomplete */
	" detail BLOB NOT NULL) STRICT;"
	"CREATE INDEX blob_until ON blob(until);"
	"CREATE INDEX blob_owner ON blob(owner);"
	"CREATE TABLE chunk ("
	" id INTEGER PRIMARY KEY," /* blob << 16 | index */
	" body BLOB NOT NULL) STRICT;",

	/* 2: statements, and what they amount to. */
	"CREATE TABLE chain ("
	" id INTEGER PRIMARY KEY,"
	" name BLOB NOT NULL UNIQUE,"
	" newest INTEGER NOT NULL,"
	" state BLOB NOT NULL) STRICT;"
	"CREATE TABLE act ("
	" id INTEGER PRIMARY KEY," /* chain << 40 | number */
	" body BLOB NOT NULL) STRICT;"
	"CREATE TABLE standing ("
	" device INTEGER PRIMARY KEY REFERENCES device(id),"
	" detail BLOB NOT NULL) STRICT;"
	"CREATE TABLE public_key ("
	" name BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;"
	"CREATE TABLE part ("
	" id INTEGER PRIMARY KEY,"
	" detail BLOB NOT NULL,"
	" member INTEGER NOT NULL REFERENCES member(id),"
	" name BLOB NOT NULL," /* of the case */
	" UNIQUE (member, name)) STRICT;"
	"CREATE TABLE mls_group ("
	" channel INTEGER PRIMARY KEY REFERENCES channel(id),"
	" state BLOB NOT NULL) STRICT;",

	/* 3: invites. */
	"CREATE TABLE invite ("
	" id INTEGER PRIMARY KEY,"
	" name BLOB NOT NULL UNIQUE,"
	" owner INTEGER NOT NULL REFERENCES device(id),"
	" live INTEGER NOT NULL CHECK (live IN (0, 1)),"
	" until INTEGER NOT NULL," /* ends; once ended: is forgotten */
	" detail BLOB NOT NULL,"
	" body BLOB NOT NULL) STRICT;"
	"CREATE INDEX invite_owner ON invite(owner, live);"
	"CREATE INDEX invite_until ON invite(until);",

	/* 4: the log. */
	"CREATE TABLE log ("
	" id INTEGER PRIMARY KEY," /* its first leaf */
	" count INTEGER NOT NULL,"
	" tree BLOB NOT NULL,"
	" detail BLOB NOT NULL) STRICT;"
	"CREATE TABLE log_secret ("
	" id INTEGER PRIMARY KEY,"
	" name BLOB NOT NULL UNIQUE,"	  /* of the case */
	" secret BLOB NOT NULL) STRICT;", /* empty: erased */

	/* 5: on which day a device was last connected. */
	"CREATE TABLE seen ("
	" device INTEGER PRIMARY KEY REFERENCES device(id),"
	" day INTEGER NOT NULL) STRICT;", /* since 1970 */

	/* 6: rows of the log have another form; see schema_known. */
	"",
};

#define LOG_SINCE     4 /* there is a log */
#define LOG_ROW_SINCE 6 /* in its present form */

static int step_run(struct db *db, int version)
{
	char number[64];
	int r;

	sqlite3_snprintf(
		sizeof(number), number, "PRAGMA user_version=%d", version + 1);
	r = db_exec(db, "BEGIN IMMEDIATE");
	if (r == 0)
		r = db_exec(db, steps[version]);
	if (r == 0)
		r = db_exec(db, number);
	if (r == 0)
		r = db_exec(db, "COMMIT");
	if (r != 0)
		db_rollback(db);
	return r;
}

/* Leaves cannot be made anew, and those of before commit differently. */
int schema_known(struct db *db, int64_t version)
{
	int64_t rows = 0;
	int r = 0;

	if (version > SCHEMA_VERSION)
		return ROWAN_E_TOO_NEW;
	if (version >= LOG_SINCE && version < LOG_ROW_SINCE)
		r = db_pragma(db, "SELECT count(*) FROM log", &rows);
	return r == 0 && rows > 0 ? ROWAN_E_TOO_OLD : r;
}

int schema_migrate(struct db *db)
{
	int64_t version, application, objects;
	char number[64];
	int r;

	if ((r = db_pragma(db, "PRAGMA user_version", &version)) != 0 ||
		(r = db_pragma(db, "PRAGMA application_id", &application)) !=
			0 ||
		(r = db_pragma(db, "SELECT count(*) FROM sqlite_schema",
			 &objects)) != 0)
		return r;
	if (application == 0 && version == 0 && objects == 0) {
		sqlite3_snprintf(sizeof(number), number,
			"PRAGMA application_id=%d", SCHEMA_APPLICATION);
		if ((r = db_exec(db, number)) != 0)
			return r;
	} else if (application != SCHEMA_APPLICATION) {
		return ROWAN_E_CORRUPT;
	}
	if (version < 0)
		return ROWAN_E_CORRUPT;
	if ((r = schema_known(db, version)) != 0)
		return r;
	for (; version < SCHEMA_VERSION; version++)
		if ((r = step_run(db, (int)version)) != 0)
			return r;
	return 0;
}
