/*
 * Key packages: each handed out once, its hash remembered for ever.
 */
#include "store/internal.h"

static struct seal_place at(int64_t row)
{
	return (struct seal_place){TABLE_PACKAGE, COLUMN_BODY, (uint64_t)row};
}

static int count(struct store_reader *rd, int64_t device, bool last_resort,
	uint32_t *ret, bool *ret_used)
{
	sqlite3_stmt *q = db_use(&rd->db, SQL_PACKAGE_COUNT);
	int r;

	db_int(q, 1, device);
	db_int(q, 2, last_resort);
	r = db_row(&rd->db, q);
	*ret = r == 1 ? (uint32_t)db_get_int(q, 0) : 0;
	*ret_used = r == 1 && db_get_int(q, 1) != 0;
	db_end(q);
	return r < 0 ? r : 0;
}

static void hash_name(const struct store *st,
	const uint8_t hash[STORE_HASH_LEN], uint8_t ret[SEAL_HASH_LEN])
{
	seal_hash(st->seal, TABLE_PACKAGE, COLUMN_NAME,
		bytes_of(hash, STORE_HASH_LEN), ret);
}

/* ROWAN_E_EXISTS when it was remembered before. */
static int look_for(struct store *st, const uint8_t hash[STORE_HASH_LEN])
{
	sqlite3_stmt *q = db_use(&st->view.db, SQL_PACKAGE_HASH_GET);
	uint8_t name[SEAL_HASH_LEN];
	int r;

	hash_name(st, hash, name);
	db_bytes(q, 1, name, sizeof(name));
	r = db_row(&st->view.db, q);
	db_end(q);
	return r == 1 ? ROWAN_E_EXISTS : r;
}

static int remember(struct store *st, const uint8_t hash[STORE_HASH_LEN])
{
	sqlite3_stmt *q = db_use(&st->view.db, SQL_PACKAGE_HASH_ADD);
	uint8_t name[SEAL_HASH_LEN];

	hash_name(st, hash, name);
	db_bytes(q, 1, name, sizeof(name));
	return db_run(&st->view.db, q);
}

static int put_row(
	struct store *st, int64_t device, const struct store_package *p)
{
	struct db *db = &st->view.db;
	sqlite3_stmt *q;
	int64_t row;
	int r;

	if ((r = tx_id(st, SEQUENCE_PACKAGE, &row)) != 0)
		return r;
	if (p->last_resort) {
		st->deleted = true;
		q = db_use(db, SQL_PACKAGE_LAST_DELETE);
		db_int(q, 1, device);
		if ((r = db_run(db, q)) != 0)
			return r;
	}
	seal_put(st->seal, at(row), p->body, st->sealed);
	q = db_use(db, SQL_PACKAGE_ADD);
	db_int(q, 1, row);
	db_int(q, 2, device);
	db_int(q, 3, p->last_resort);
	db_int(q, 4, hour_up(p->until));
	db_bytes(q, 5, st->sealed, p->body.len + SEAL_OVERHEAD);
	return db_run(db, q);
}

int store_package_put(struct store *st, const struct id16 *device,
	const struct store_package *p, uint32_t max)
{
	struct device *d;
	uint32_t have;
	bool used;
	int r = tx_ready(st);

	if (r != 0)
		return r;
	if (p->body.len == 0 || p->body.len > STORE_PACKAGE_MAX)
		return ROWAN_E_INVAL;
	if ((r = cache_device(st, device, &d)) != 0)
		return r;
	if (d->as_put.revoked)
		return ROWAN_E_REFUSED;
	/* Before the limit: a repeat is a repeat when nothing more fits. */
	if ((r = look_for(st, p->hash)) != 0)
		return r;
	if (!p->last_resort) {
		if ((r = count(&st->view, d->row, false, &have, &used)) != 0)
			return r;
		if (have >= max)
			return ROWAN_E_QUOTA;
	}
	if ((r = tx_room(st, p->body.len + 1024)) != 0 ||
		(r = remember(st, p->hash)) != 0)
		return r;
	return put_row(st, d->row, p);
}

/* Take the body of the row ${q} is at, which may be deleted already. */
static int take(struct store *st, sqlite3_stmt *q, struct buf *ret)
{
	return tx_done(st, row_open_buf(st->seal, at(db_get_int(q, 0)),
				   db_get_bytes(q, 1), ret));
}

int store_package_claim(struct store *st, const struct id16 *device,
	struct buf *ret_body, bool *ret_last_resort)
{
	struct db *db = &st->view.db;
	struct device *d;
	sqlite3_stmt *q;
	bool last = false;
	int64_t row;
	int r = tx_ready(st);

	*ret_body = (struct buf){NULL, 0};
	*ret_last_resort = false;
	if (r != 0)
		return r;
	r = cache_device(st, device, &d);
	if (r == ROWAN_E_REFUSED || (r == 0 && d->as_put.revoked))
		return ROWAN_E_NOT_FOUND;
	if (r != 0)
		return r;
	st->deleted = true;
	q = db_use(db, SQL_PACKAGE_CLAIM);
	db_int(q, 1, d->row);
	db_int(q, 2, (int64_t)st->now);
	if ((r = db_row(db, q)) == 0) {
		db_end(q);
		last = true;
		q = db_use(db, SQL_PACKAGE_LAST_RESORT);
		db_int(q, 1, d->row);
		r = db_row(db, q);
	}
	if (r == 1)
		r = take(st, q, ret_body);
	else if (r == 0)
		r = ROWAN_E_NOT_FOUND;
	row = r == 0 ? db_get_int(q, 0) : 0;
	db_end(q);
	if (r == 0 && last) {
		q = db_use(db, SQL_PACKAGE_LAST_USED);
		db_int(q, 1, row);
		if ((r = db_run(db, q)) != 0)
			buf_wipe(ret_body);
	}
	*ret_last_resort = r == 0 && last;
	return r;
}

int store_package_drop(struct store *st, const struct id16 *device)
{
	struct device *d;
	sqlite3_stmt *q;
	int r = tx_ready(st);

	if (r == 0)
		r = cache_device(st, device, &d);
	if (r != 0)
		return r;
	st->deleted = true;
	q = db_use(&st->view.db, SQL_PACKAGE_DELETE_OF);
	db_int(q, 1, d->row);
	return db_run(&st->view.db, q);
}

int store_package_count(struct store_reader *rd, const struct id16 *device,
	struct store_stock *ret)
{
	uint32_t last = 0;
	bool used;
	int64_t row;
	int r = device_row(rd, device, &row);

	*ret = (struct store_stock){0};
	if (r != 0 ||
		(r = count(rd, row, false, &ret->available, &used)) != 0 ||
		(r = count(rd, row, true, &last, &used)) != 0)
		return r;
	ret->last_resort = last > 0;
	ret->last_resort_used = used;
	return 0;
}

int store_package_known(struct store *st, const uint8_t hash[STORE_HASH_LEN])
{
	int r = tx_ready(st);

	if (r != 0)
		return r;
	r = look_for(st, hash);
	return r == ROWAN_E_EXISTS ? 0 : r == 0 ? ROWAN_E_NOT_FOUND : r;
}
