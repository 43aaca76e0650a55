/*
 * Small sealed values under numbers.
 */
#include "store/internal.h"

static struct seal_place place(uint32_t key)
{
	return (struct seal_place){TABLE_META, COLUMN_BODY, key};
}

int store_meta_put(struct store *st, uint32_t key, struct bytes value)
{
	struct db *db = &st->view.db;
	sqlite3_stmt *q;
	int r = tx_ready(st);

	if (r != 0)
		return r;
	if (value.len > STORE_META_MAX)
		return ROWAN_E_INVAL;
	st->deleted = true;
	if (value.len == 0) {
		q = db_use(db, SQL_META_DELETE);
		db_int(q, 1, key);
		return db_run(db, q);
	}
	seal_put(st->seal, place(key), value, st->sealed);
	q = db_use(db, SQL_META_PUT);
	db_int(q, 1, key);
	db_bytes(q, 2, st->sealed, value.len + SEAL_OVERHEAD);
	return db_run(db, q);
}

int store_meta_get(struct store_reader *rd, uint32_t key, struct buf *ret)
{
	sqlite3_stmt *q = db_use(&rd->db, SQL_META_GET);
	int r;

	*ret = (struct buf){NULL, 0};
	db_int(q, 1, key);
	r = db_row(&rd->db, q);
	if (r == 1)
		r = row_open_buf(rd->seal, place(key), db_get_bytes(q, 0), ret);
	else if (r == 0)
		r = ROWAN_E_NOT_FOUND;
	db_end(q);
	return r;
}
