/*
 * The whole integrity check, and counts for administration.
 *
 * Each invariant of docs/store.md that a query can prove is proved here.
 */
#include "store/internal.h"
#include "store/log.h"

#include <stdlib.h>

/* Rows 0 are broken in any case; others are, unless they are spare. */
struct invariant {
	const char *broken; /* what to say */
	const char *query;  /* yields a row iff broken: 0, or an envelope */
};

static const struct invariant invariants[] = {
	{"a delivery without its envelope",
		"SELECT 0 FROM delivery WHERE envelope NOT IN"
		" (SELECT id FROM envelope)"},
	{"an envelope of one device without its delivery",
		"SELECT id FROM envelope e WHERE device<>0 AND NOT EXISTS"
		" (SELECT 0 FROM delivery d WHERE d.device=e.device"
		" AND d.seq=e.seq AND d.envelope=e.id AND d.shared=0)"},
	{"a shared envelope nobody waits for",
		"SELECT id FROM envelope e WHERE device=0 AND NOT EXISTS"
		" (SELECT 0 FROM pending p WHERE p.envelope=e.id)"},
	{"a delivery and its envelope disagree",
		"SELECT 0 FROM delivery d JOIN envelope e ON e.id=d.envelope"
		" WHERE (d.shared=0)<>(e.device<>0)"},
	{"a shared delivery is not pending",
		"SELECT 0 FROM delivery d WHERE shared=1 AND NOT EXISTS"
		" (SELECT 0 FROM pending p WHERE p.envelope=d.envelope"
		" AND p.device=d.device AND p.seq=d.seq)"},
	{"a pending place without its delivery",
		"SELECT 0 FROM pending p WHERE NOT EXISTS"
		" (SELECT 0 FROM delivery d WHERE d.device=p.device"
		" AND d.seq=p.seq AND d.envelope=p.envelope)"},
	{"a pending place without its envelope",
		"SELECT 0 FROM pending WHERE envelope NOT IN"
		" (SELECT id FROM envelope)"},
	{"a sequence beyond those reserved",
		"SELECT 0 FROM delivery d WHERE seq>=coalesce((SELECT"
		" reserved FROM mailbox m WHERE m.device=d.device), 0)"},
	{"a row id beyond those reserved", "SELECT 0 FROM envelope WHERE "
					   "number>=coalesce((SELECT next FROM"
					   " sequence WHERE name=1), 0)"},
	{"two envelopes of one number",
		"SELECT 0 FROM envelope GROUP BY number HAVING count(*)>1"},
	{"a chunk without its blob",
		"SELECT 0 FROM chunk WHERE id>>16 NOT IN (SELECT id FROM blob"
		" UNION ALL SELECT row FROM trash WHERE kind=1)"},
	{"a blob that miscounts its chunks",
		"SELECT 0 FROM blob b WHERE have<>(SELECT count(*) FROM chunk"
		" c WHERE c.id BETWEEN b.id<<16 AND (b.id<<16)+65535)"},
	{"a key package of a revoked device",
		"SELECT 0 FROM package p JOIN device d ON d.id=p.device"
		" WHERE d.revoked"},
	{"two last-resort key packages",
		"SELECT 0 FROM package WHERE last_resort=1 GROUP BY device"
		" HAVING count(*)>1"},
	{"a statement without its chain",
		"SELECT 0 FROM act WHERE id>>40 NOT IN"
		" (SELECT id FROM chain)"},
	{"a chain with gaps",
		"SELECT 0 FROM chain c WHERE newest<>(SELECT count(*) FROM act"
		" a WHERE a.id BETWEEN c.id<<40 AND (c.id<<40)+c.newest)"
		" OR EXISTS (SELECT 0 FROM act a WHERE a.id>(c.id<<40)+c.newest"
		" AND a.id<(c.id+1)<<40)"},
	{"an invite that ended and still has a body",
		"SELECT 0 FROM invite WHERE live=0 AND length(body)>0"},
	{"a log with gaps",
		"SELECT 0 FROM log a WHERE id<>0 AND NOT EXISTS (SELECT 0 FROM"
		" log b WHERE b.id<a.id AND b.id+b.count=a.id)"},
	{"a log that begins in the middle",
		"SELECT 0 FROM (SELECT min(id) AS first FROM log) WHERE"
		" first<>0"},
	{"a reference that leads nowhere",
		"SELECT 0 FROM pragma_foreign_key_check"},
	{"a damaged page", "SELECT 0 FROM pragma_integrity_check(1)"
			   " WHERE integrity_check<>'ok'"},
};

static bool in_note(const struct freed_note *n, int64_t row)
{
	for (size_t i = 0; i < n->len; i++)
		if (n->rows[i] == row)
			return true;
	return false;
}

/* 1 when the query yields a row, 0 when not, or an error. */
static int yields(
	struct db *db, const char *query, const struct freed_note *note)
{
	sqlite3_stmt *q = NULL;
	int rc = sqlite3_prepare_v2(db->h, query, -1, &q, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(q);
	while (rc == SQLITE_ROW && in_note(note, sqlite3_column_int64(q, 0)))
		rc = sqlite3_step(q);
	sqlite3_finalize(q);
	return rc == SQLITE_ROW ? 1 : db_code(rc);
}

int store_check(struct store_reader *rd, const char **ret_problem)
{
	size_t n = sizeof(invariants) / sizeof(invariants[0]);
	struct store_log_whole log;
	struct freed_note note;
	int r = freed_note_read(rd, &note);

	*ret_problem = NULL;
	for (size_t i = 0; i < n && r == 0; i++) {
		r = yields(&rd->db, invariants[i].query, &note);
		if (r == 1) {
			*ret_problem = invariants[i].broken;
			return ROWAN_E_CORRUPT;
		}
	}
	if (r == 0 && (r = store_log_verify(rd, &log)) == ROWAN_E_CORRUPT)
		*ret_problem = "a log whose hashes are not those of its leaves";
	if (r == 0 && (r = check_seals(rd)) == ROWAN_E_CORRUPT)
		*ret_problem = rd->problem;
	return r;
}

/* Spare rows are no envelopes. */
static int count_spare(struct store_reader *rd, uint64_t *ret)
{
	struct freed_note note;
	struct freed f;
	int r = freed_note_read(rd, &note);

	*ret = 0;
	for (size_t i = 0; i < note.len && r == 0; i++) {
		r = freed_find(rd, &note, i, &f);
		*ret += f.row != 0;
	}
	return r;
}

static int number(struct db *db, enum sql which, uint64_t *ret)
{
	sqlite3_stmt *q = db_use(db, which);
	int r = db_row(db, q);

	*ret = r == 1 ? (uint64_t)db_get_int(q, 0) : 0;
	db_end(q);
	return r < 0 ? r : 0;
}

static uint64_t log_size(struct db *db)
{
	sqlite3_file *f = NULL;
	sqlite3_int64 size = 0;

	if (sqlite3_file_control(db->h, "main", SQLITE_FCNTL_JOURNAL_POINTER,
		    &f) != SQLITE_OK ||
		f == NULL || f->pMethods == NULL ||
		f->pMethods->xFileSize(f, &size) != SQLITE_OK)
		return 0;
	return (uint64_t)size;
}

int store_stats(struct store_reader *rd, struct store_stats *ret)
{
	sqlite3_stmt *q = db_use(&rd->db, SQL_COUNTS);
	uint64_t spare;
	int r = db_row(&rd->db, q);

	memset(ret, 0, sizeof(*ret));
	if (r == 1) {
		ret->devices = (uint64_t)db_get_int(q, 0);
		ret->channels = (uint64_t)db_get_int(q, 1);
		ret->envelopes = (uint64_t)db_get_int(q, 2);
		ret->deliveries = (uint64_t)db_get_int(q, 3);
		ret->blobs = (uint64_t)db_get_int(q, 4);
	}
	db_end(q);
	if (r < 0 || (r = count_spare(rd, &spare)) != 0)
		return r;
	ret->envelopes -= spare < ret->envelopes ? spare : ret->envelopes;
	if ((r = number(&rd->db, SQL_PAGES, &ret->pages)) != 0 ||
		(r = number(&rd->db, SQL_PAGES_FREE, &ret->pages_free)) != 0)
		return r;
	ret->page_size = SCHEMA_PAGE;
	ret->log_bytes = log_size(&rd->db);
	return 0;
}
