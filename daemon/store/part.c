/*
 * Who took part in which case, and the public state of channels' groups.
 */
#include <stdlib.h>

#include "store/internal.h"

#include "base/reader.h"
#include "base/writer.h"

#define PART_LEN (ID16_LEN + 8)

/* Bound to its own row; the id that is looked up stands in front. */
static struct seal_place part_at(int64_t row)
{
	return (struct seal_place){TABLE_PART, COLUMN_DETAIL, (uint64_t)row};
}

static int part_decode(
	const struct seal *s, sqlite3_stmt *q, struct store_part *ret)
{
	uint8_t plain[PART_LEN];
	struct reader r;
	size_t len;

	memset(ret, 0, sizeof(*ret));
	if (row_open(s, part_at(db_get_int(q, 0)), db_get_bytes(q, 1),
		    sizeof(plain), plain, &len) != 0)
		return ROWAN_E_CORRUPT;
	reader_init(&r, bytes_of(plain, len));
	if (reader_array(&r, ret->case_id.b, ID16_LEN) != 0 ||
		reader_u64(&r, &ret->last) != 0 || reader_end(&r) != 0) {
		memset(ret, 0, sizeof(*ret));
		return ROWAN_E_CORRUPT;
	}
	return 0;
}

/* The row of a member's part in a case, or 0. */
static int part_row(struct store_reader *rd, int64_t member,
	const struct id16 *case_id, int64_t *ret, struct store_part *ret_part)
{
	uint8_t name[SEAL_HASH_LEN];
	sqlite3_stmt *q = db_use(&rd->db, SQL_PART_GET);
	int r;

	*ret = 0;
	row_name(rd->seal, TABLE_PART, case_id, name);
	db_int(q, 1, member);
	db_bytes(q, 2, name, sizeof(name));
	r = db_row(&rd->db, q);
	if (r == 1) {
		*ret = db_get_int(q, 0);
		r = part_decode(rd->seal, q, ret_part);
	}
	db_end(q);
	return r;
}

int store_part_put(struct store *st, const struct id16 *member,
	const struct store_part *part)
{
	struct db *db = &st->view.db;
	uint8_t name[SEAL_HASH_LEN], plain[PART_LEN];
	uint8_t sealed[PART_LEN + SEAL_OVERHEAD];
	struct store_part old;
	struct writer w;
	sqlite3_stmt *q;
	int64_t row, of;
	bool fresh;
	int r = tx_ready(st);

	if (r != 0 || (r = member_row(&st->view, member, &of)) != 0)
		return r;
	if (of == 0)
		return ROWAN_E_NOT_FOUND;
	if ((r = part_row(&st->view, of, &part->case_id, &row, &old)) != 0)
		return r;
	fresh = row == 0;
	if (fresh && ((r = tx_room(st, 512)) != 0 ||
			     (r = db_pragma(db,
				      "SELECT coalesce(max(id), 0) + 1 FROM "
				      "part",
				      &row)) != 0))
		return r;
	writer_init_fixed(&w, plain, sizeof(plain));
	writer_raw(&w, part->case_id.b, ID16_LEN);
	writer_u64(&w, part->last);
	seal_put(st->seal, part_at(row), writer_view(&w), sealed);
	row_name(st->seal, TABLE_PART, &part->case_id, name);
	q = db_use(db, fresh ? SQL_PART_ADD : SQL_PART_SET);
	db_int(q, 1, row);
	db_bytes(q, 2, sealed, sizeof(sealed));
	if (fresh) {
		db_int(q, 3, of);
		db_bytes(q, 4, name, sizeof(name));
	}
	return db_run(db, q);
}

int store_part_get(struct store_reader *rd, const struct id16 *member,
	const struct id16 *case_id, struct store_part *ret)
{
	int64_t row = 0, of;
	int r = member_row(rd, member, &of);

	memset(ret, 0, sizeof(*ret));
	if (r == 0 && of == 0)
		return ROWAN_E_NOT_FOUND;
	if (r == 0)
		r = part_row(rd, of, case_id, &row, ret);
	return r == 0 && row == 0 ? ROWAN_E_NOT_FOUND : r;
}

static int by_case(const void *a, const void *b)
{
	const struct store_part *x = a, *y = b;

	return id16_cmp(&x->case_id, &y->case_id);
}

int store_part_list(struct store_reader *rd, const struct id16 *member,
	struct store_part *ret, size_t max, size_t *ret_len)
{
	sqlite3_stmt *q;
	size_t len = 0;
	int64_t of;
	int r = member_row(rd, member, &of);

	*ret_len = 0;
	if (r != 0 || of == 0)
		return r;
	q = db_use(&rd->db, SQL_PART_LIST);
	db_int(q, 1, of);
	while ((r = db_row(&rd->db, q)) == 1) {
		if (len == max) {
			r = ROWAN_E_LIMIT;
			break;
		}
		if ((r = part_decode(rd->seal, q, &ret[len++])) != 0)
			break;
	}
	db_end(q);
	if (r != 0)
		return r;
	if (len > 1)
		qsort(ret, len, sizeof(*ret), by_case);
	*ret_len = len;
	return 0;
}

/* ---- groups ---- */

static struct seal_place group_at(int64_t row)
{
	return (struct seal_place){TABLE_GROUP, COLUMN_BODY, (uint64_t)row};
}

int store_group_put(
	struct store *st, const struct id16 *channel, struct bytes state)
{
	struct db *db = &st->view.db;
	struct buf sealed;
	sqlite3_stmt *q;
	int64_t row;
	int r = tx_ready(st);

	if (r != 0 || (r = channel_row(&st->view, channel, &row)) != 0)
		return r;
	if (row == 0)
		return ROWAN_E_NOT_FOUND;
	if (state.len > STORE_GROUP_MAX)
		return ROWAN_E_INVAL;
	st->group_changes++;
	st->deleted = true;
	if (state.len == 0) {
		q = db_use(db, SQL_GROUP_DELETE);
		db_int(q, 1, row);
		return db_run(db, q);
	}
	if ((r = tx_room(st, state.len)) != 0 ||
		(r = buf_alloc(&sealed, state.len + SEAL_OVERHEAD)) != 0)
		return r;
	seal_put(st->seal, group_at(row), state, sealed.data);
	q = db_use(db, SQL_GROUP_PUT);
	db_int(q, 1, row);
	db_bytes(q, 2, sealed.data, sealed.len);
	r = db_run(db, q);
	buf_wipe(&sealed);
	return r;
}

int store_group_get(
	struct store_reader *rd, const struct id16 *channel, struct buf *ret)
{
	sqlite3_stmt *q;
	int64_t row;
	int r = channel_row(rd, channel, &row);

	*ret = (struct buf){NULL, 0};
	if (r != 0)
		return r;
	if (row == 0)
		return ROWAN_E_NOT_FOUND;
	q = db_use(&rd->db, SQL_GROUP_GET);
	db_int(q, 1, row);
	r = db_row(&rd->db, q);
	if (r == 1)
		r = row_open_buf(
			rd->seal, group_at(row), db_get_bytes(q, 0), ret);
	else if (r == 0)
		r = ROWAN_E_NOT_FOUND;
	db_end(q);
	return r;
}

uint64_t store_group_changes(const struct store *st)
{
	return st->group_changes;
}

uint64_t store_seat_changes(const struct store *st)
{
	return st->seat_changes;
}
