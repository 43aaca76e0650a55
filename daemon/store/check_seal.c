/*
 * Every sealed value opened in its place: what no other check sees, a bit that
 * was flipped inside of one, is found and named by table, column and row.
 *
 * In slices, so that a reader in a running daemon is brief. Looks at nothing
 * it opens.
 */
#include <stdlib.h>

#include "store/internal.h"

#define SLICE 256 /* rows of one look */

struct sealed {
	uint8_t table, column;
	const char *name;  /* as in docs/store.md */
	const char *query; /* id, the row it is bound to, the value */
};

#define ROWS_OF(table, id, row, value, which)                                  \
	"SELECT " id "," row "," value " FROM " table " WHERE " id ">?1" which \
	" ORDER BY " id " LIMIT ?2"
#define ROWS(table, id, row, value) ROWS_OF(table, id, row, value, "")

static const struct sealed columns[] = {
	{TABLE_META, COLUMN_BODY, "meta.value",
		ROWS("meta", "key", "key", "value")},
	{TABLE_DEVICE, COLUMN_DETAIL, "device.detail",
		ROWS("device", "id", "id", "detail")},
	{TABLE_DEVICE, COLUMN_CARD, "device.card",
		ROWS("device", "id", "id", "card")},
	{TABLE_CASE, COLUMN_DETAIL, "cases.detail",
		ROWS("cases", "id", "id", "detail")},
	{TABLE_CHANNEL, COLUMN_DETAIL, "channel.detail",
		ROWS("channel", "id", "id", "detail")},
	{TABLE_ASSIGNMENT, COLUMN_DETAIL, "assignment.detail",
		ROWS("assignment", "id", "id", "detail")},
	{TABLE_PACKAGE, COLUMN_BODY, "package.body",
		ROWS("package", "id", "id", "body")},
	{TABLE_ENVELOPE, COLUMN_BODY, "envelope.body",
		ROWS("envelope", "id", "number", "body")},
	{TABLE_BLOB, COLUMN_DETAIL, "blob.detail",
		ROWS("blob", "id", "id", "detail")},
	{TABLE_CHUNK, COLUMN_BODY, "chunk.body",
		ROWS("chunk", "id", "id", "body")},
	{TABLE_CHAIN, COLUMN_BODY, "chain.state",
		ROWS("chain", "id", "id", "state")},
	{TABLE_ACT, COLUMN_BODY, "act.body", ROWS("act", "id", "id", "body")},
	{TABLE_STANDING, COLUMN_DETAIL, "standing.detail",
		ROWS("standing", "device", "device", "detail")},
	{TABLE_PART, COLUMN_DETAIL, "part.detail",
		ROWS("part", "id", "id", "detail")},
	{TABLE_GROUP, COLUMN_BODY, "mls_group.state",
		ROWS("mls_group", "channel", "channel", "state")},
	{TABLE_INVITE, COLUMN_DETAIL, "invite.detail",
		ROWS("invite", "id", "id", "detail")},
	{TABLE_INVITE, COLUMN_BODY, "invite.body",
		/* Of an invite that has ended it is empty. */
		ROWS_OF("invite", "id", "id", "body",
			" AND (live=1 OR length(body)>0)")},
	{TABLE_LOG, COLUMN_DETAIL, "log.detail",
		ROWS("log", "id", "id", "detail")},
	{TABLE_LOG_SECRET, COLUMN_KEY, "log_secret.secret",
		/* Of an erased case it is empty. */
		ROWS_OF("log_secret", "id", "id", "secret",
			" AND length(secret)>0")},
};

/* The present row of ${q}. */
static int open_row(
	struct store_reader *rd, const struct sealed *c, sqlite3_stmt *q)
{
	struct seal_place place = {
		c->table, c->column, (uint64_t)db_get_int(q, 1)};
	struct buf plain;
	int r = row_open_buf(rd->seal, place, db_get_bytes(q, 2), &plain);

	buf_wipe(&plain);
	if (r == ROWAN_E_CORRUPT)
		sqlite3_snprintf(sizeof(rd->problem), rd->problem,
			"%s of row %lld does not open", c->name,
			(long long)db_get_int(q, 0));
	return r;
}

/* 0 with ${ret_more} as long as there may be further rows. */
static int slice(struct store_reader *rd, const struct sealed *c,
	int64_t *after, bool *ret_more)
{
	sqlite3_stmt *q = NULL;
	int rows = 0, r = 0;
	int rc = sqlite3_prepare_v2(rd->db.h, c->query, -1, &q, NULL);

	if (rc != SQLITE_OK)
		return db_code(rc);
	db_int(q, 1, *after);
	db_int(q, 2, SLICE);
	while (r == 0 && (rc = sqlite3_step(q)) == SQLITE_ROW) {
		*after = db_get_int(q, 0);
		r = open_row(rd, c, q);
		rows++;
	}
	*ret_more = rows == SLICE;
	if (r == 0 && rc != SQLITE_DONE)
		r = db_code(rc);
	sqlite3_finalize(q);
	return r;
}

int check_seals(struct store_reader *rd)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(columns) / sizeof(*columns);
		i++) {
		int64_t after = INT64_MIN;
		bool more = true;

		while (r == 0 && more)
			r = slice(rd, &columns[i], &after, &more);
	}
	return r;
}
