/*
 * Since when something urgent waits. What was stored since the start is
 * remembered to the second and never written down; what waited before is found
 * again by opening what waits, and known to the hour only, as everything about
 * time in the store.
 */
#include "base/reader.h"
#include "store/internal.h"

#define SLICE 256 /* rows of one look */
#define QUERY                                                                  \
	"SELECT id,number,body FROM envelope WHERE id>?1 ORDER BY id LIMIT ?2"

/* ---- since the start ---- */

void urgent_add(struct store *st, int64_t row, int64_t number)
{
	/* The oldest ones are what is asked for. */
	if (st->urgent_len < URGENT_MAX)
		st->urgent[st->urgent_len++] =
			(struct urgent){row, number, st->now};
}

/* Nobody tells when one goes or was taken back: it is looked for. */
static int is_there(struct store *st, const struct urgent *u, bool *ret)
{
	sqlite3_stmt *q = db_use(&st->view.db, SQL_ENVELOPE_THERE);
	int r;

	db_int(q, 1, u->row);
	db_int(q, 2, u->number);
	r = db_row(&st->view.db, q);
	*ret = r == 1 && db_get_int(q, 0) > 0;
	db_end(q);
	return r < 0 ? r : 0;
}

int store_urgent(struct store *st, uint64_t *ret)
{
	size_t kept = 0;
	int r = 0;

	*ret = 0;
	for (size_t i = 0; i < st->urgent_len; i++) {
		bool there = true;

		/* Each is looked for once a call, the rest stays. */
		if (r == 0 && (r = is_there(st, &st->urgent[i], &there)) != 0)
			there = true;
		if (!there)
			continue;
		if (*ret == 0 || st->urgent[i].since < *ret)
			*ret = st->urgent[i].since;
		st->urgent[kept++] = st->urgent[i];
	}
	st->urgent_len = kept;
	return r;
}

/* ---- from before the start ---- */

/* ${ret_since}: the hour in which it came, if it is urgent; else 0. */
static int look_into(
	const struct store_reader *rd, sqlite3_stmt *q, uint64_t *ret_since)
{
	struct seal_place place = {
		TABLE_ENVELOPE, COLUMN_BODY, (uint64_t)db_get_int(q, 1)};
	uint8_t kind = 0, urgent = 0;
	struct reader in;
	struct buf plain;
	struct id16 channel;
	int r = row_open_buf(rd->seal, place, db_get_bytes(q, 2), &plain);

	*ret_since = 0;
	if (r != 0)
		return r;
	reader_init(&in, buf_view(&plain));
	if (reader_array(&in, channel.b, ID16_LEN) != 0 ||
		reader_u8(&in, &kind) != 0 || reader_u8(&in, &urgent) != 0 ||
		reader_u64(&in, ret_since) != 0)
		r = ROWAN_E_CORRUPT;
	if ((urgent & ~ENVELOPE_LEAF) == 0)
		*ret_since = 0;
	buf_wipe(&plain);
	return r;
}

static int slice(struct store_reader *rd, struct store_urgent_found *f,
	int64_t *after, bool *ret_more)
{
	sqlite3_stmt *q = NULL;
	int rows = 0, r = 0;
	int rc = sqlite3_prepare_v2(rd->db.h, QUERY, -1, &q, NULL);

	if (rc != SQLITE_OK)
		return db_code(rc);
	db_int(q, 1, *after);
	db_int(q, 2, SLICE);
	while (r == 0 && (rc = sqlite3_step(q)) == SQLITE_ROW) {
		struct store_urgent_row *to = &f->rows[f->len];

		*after = to->row = db_get_int(q, 0);
		to->number = db_get_int(q, 1);
		r = look_into(rd, q, &to->since);
		f->len += r == 0 && to->since != 0;
		rows++;
		if (f->len == STORE_URGENT_MAX)
			break;
	}
	*ret_more = rows == SLICE && f->len < STORE_URGENT_MAX;
	if (r == 0 && rc != SQLITE_ROW && rc != SQLITE_DONE)
		r = db_code(rc);
	sqlite3_finalize(q);
	return r;
}

int store_urgent_find(struct store_reader *rd, struct store_urgent_found *ret)
{
	int64_t after = 0;
	bool more = true;
	int r = 0;

	ret->len = 0;
	while (r == 0 && more)
		r = slice(rd, ret, &after, &more);
	return r;
}

static bool remembered(const struct store *st, const struct store_urgent_row *u)
{
	for (size_t i = 0; i < st->urgent_len; i++)
		if (st->urgent[i].row == u->row &&
			st->urgent[i].number == u->number)
			return true;
	return false;
}

void store_urgent_take(struct store *st, const struct store_urgent_found *f)
{
	st->urgent_known = true;
	for (size_t i = 0; i < f->len && st->urgent_len < URGENT_MAX; i++)
		if (!remembered(st, &f->rows[i]))
			st->urgent[st->urgent_len++] =
				(struct urgent){f->rows[i].row,
					f->rows[i].number, f->rows[i].since};
}

bool store_urgent_known(const struct store *st)
{
	return st->urgent_known;
}
