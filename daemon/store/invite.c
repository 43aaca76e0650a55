/*
 * Invites: what is left of one after its end is a detail without a body.
 *
 *	put ---> live ---> ended ---> (gone)
 *	           |  time    ^  time
 *	           +----------+
 *	              put
 */
#include "store/internal.h"

#define PUT_ROOM 2048 /* besides the body */

static struct seal_place at(enum schema_column column, int64_t row)
{
	return (struct seal_place){
		TABLE_INVITE, (uint8_t)column, (uint64_t)row};
}

/* The row under a name, 0 when there is none; ends ${*q} then. */
static int find(
	struct store_reader *rd, const struct id16 *id, sqlite3_stmt **q)
{
	uint8_t name[SEAL_HASH_LEN];

	*q = db_use(&rd->db, SQL_INVITE_GET);
	row_name(rd->seal, TABLE_INVITE, id, name);
	db_bytes(*q, 1, name, sizeof(name));
	return db_row(&rd->db, *q);
}

static int invite_row(
	struct store_reader *rd, const struct id16 *id, int64_t *ret)
{
	sqlite3_stmt *q;
	int r = find(rd, id, &q);

	*ret = r == 1 ? db_get_int(q, 0) : 0;
	db_end(q);
	return r < 0 ? r : 0;
}

/* Everything of a row but its owner and its time. */
static int write_row(
	struct store *st, int64_t row, const struct store_invite *i)
{
	struct db *db = &st->view.db;
	uint8_t detail[STORE_INVITE_DETAIL_MAX + SEAL_OVERHEAD];
	size_t len = i->body.len > 0 ? i->body.len + SEAL_OVERHEAD : 0;
	sqlite3_stmt *q;

	seal_put(st->seal, at(COLUMN_DETAIL, row), i->detail, detail);
	if (len > 0)
		seal_put(st->seal, at(COLUMN_BODY, row), i->body, st->sealed);
	st->deleted = true;
	q = db_use(db, SQL_INVITE_SET);
	db_int(q, 1, row);
	db_int(q, 2, i->ended ? 0 : 1);
	db_bytes(q, 3, detail, i->detail.len + SEAL_OVERHEAD);
	db_bytes(q, 4, len > 0 ? st->sealed : (const uint8_t *)"", len);
	db_int(q, 5, STORE_INVITE_MEMORY);
	return db_run(db, q);
}

static int add_row(struct store *st, const struct store_invite *i, int64_t *ret)
{
	struct db *db = &st->view.db;
	uint8_t name[SEAL_HASH_LEN];
	struct device *owner;
	sqlite3_stmt *q;
	int r = cache_device(st, &i->owner, &owner);

	if (r != 0 || (r = tx_room(st, PUT_ROOM + i->body.len)) != 0 ||
		(r = tx_id(st, SEQUENCE_INVITE, ret)) != 0)
		return r;
	row_name(st->seal, TABLE_INVITE, &i->id, name);
	q = db_use(db, SQL_INVITE_ADD);
	db_int(q, 1, *ret);
	db_bytes(q, 2, name, sizeof(name));
	db_int(q, 3, owner->row);
	db_int(q, 4, hour_up(i->until));
	return db_run(db, q);
}

int store_invite_put(struct store *st, const struct store_invite *i)
{
	int64_t row;
	int r = tx_ready(st);

	if (r != 0)
		return r;
	if (i->detail.len > STORE_INVITE_DETAIL_MAX ||
		i->body.len > STORE_INVITE_BODY_MAX ||
		(i->ended && i->body.len > 0))
		return ROWAN_E_INVAL;
	if ((r = invite_row(&st->view, &i->id, &row)) != 0)
		return r;
	if (row == 0 && (r = add_row(st, i, &row)) != 0)
		return r;
	return write_row(st, row, i);
}

static int decode(struct store_reader *rd, sqlite3_stmt *q,
	struct store_invite *ret, struct buf raw[2])
{
	int64_t row = db_get_int(q, 0);
	struct bytes body = db_get_bytes(q, 4);
	int r;

	ret->ended = db_get_int(q, 2) == 0;
	r = row_open_buf(
		rd->seal, at(COLUMN_DETAIL, row), db_get_bytes(q, 3), &raw[0]);
	if (r == 0 && body.len > 0)
		r = row_open_buf(rd->seal, at(COLUMN_BODY, row), body, &raw[1]);
	ret->detail = buf_view(&raw[0]);
	ret->body = buf_view(&raw[1]);
	return r;
}

int store_invite_get(struct store_reader *rd, const struct id16 *id,
	struct store_invite *ret, struct buf ret_raw[2])
{
	struct store_device owner;
	int64_t row, member;
	sqlite3_stmt *q;
	int64_t of = 0;
	int r;

	memset(ret, 0, sizeof(*ret));
	ret_raw[0] = ret_raw[1] = (struct buf){NULL, 0};
	r = find(rd, id, &q);
	if (r == 1) {
		of = db_get_int(q, 1);
		r = decode(rd, q, ret, ret_raw);
	} else if (r == 0) {
		r = ROWAN_E_NOT_FOUND;
	}
	db_end(q);
	if (r == 0) {
		q = db_use(&rd->db, SQL_DEVICE_BY_ROW);
		db_int(q, 1, of);
		r = db_row(&rd->db, q);
		r = r == 1 ? device_decode(rd->seal, q, &owner, &row, &member)
			   : (r < 0 ? r : ROWAN_E_CORRUPT);
		db_end(q);
	}
	if (r != 0) {
		buf_wipe(&ret_raw[0]);
		buf_wipe(&ret_raw[1]);
		memset(ret, 0, sizeof(*ret));
		return r;
	}
	ret->id = *id;
	ret->owner = owner.id;
	return 0;
}

int store_invite_count(
	struct store_reader *rd, const struct id16 *owner, uint32_t *ret)
{
	sqlite3_stmt *q;
	int64_t row;
	int r = device_row(rd, owner, &row);

	*ret = 0;
	if (r != 0 || row == 0)
		return r;
	q = db_use(&rd->db, SQL_INVITE_COUNT);
	db_int(q, 1, row);
	r = db_row(&rd->db, q);
	*ret = r == 1 ? (uint32_t)db_get_int(q, 0) : 0;
	db_end(q);
	return r < 0 ? r : 0;
}

int invite_over(struct store *st, int64_t row)
{
	struct db *db = &st->view.db;
	sqlite3_stmt *q = db_use(db, SQL_INVITE_END);
	int r;

	st->deleted = true;
	db_int(q, 1, row);
	db_int(q, 2, STORE_INVITE_MEMORY);
	if ((r = db_run(db, q)) != 0 || sqlite3_changes(db->h) > 0)
		return r;
	q = db_use(db, SQL_INVITE_DELETE);
	db_int(q, 1, row);
	return db_run(db, q);
}
