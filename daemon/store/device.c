/*
 * Members and devices.
 */
#include "store/internal.h"

#include "base/reader.h"
#include "base/writer.h"

static struct seal_place detail_at(int64_t row)
{
	return (struct seal_place){TABLE_DEVICE, COLUMN_DETAIL, (uint64_t)row};
}

static struct seal_place card_at(int64_t row)
{
	return (struct seal_place){TABLE_DEVICE, COLUMN_CARD, (uint64_t)row};
}

static int detail_encode(const struct store_device *d, struct writer *w)
{
	writer_raw(w, d->id.b, ID16_LEN);
	writer_raw(w, d->member.b, ID16_LEN);
	writer_raw(w, d->transport.b, KEY32_LEN);
	writer_u8(w, d->role);
	writer_vec(w, bytes_of(d->agency, strlen(d->agency)));
	writer_u32(w, d->rights);
	writer_u64(w, d->from);
	writer_u64(w, d->until);
	return writer_status(w);
}

static int detail_decode(struct bytes plain, struct store_device *ret)
{
	struct bytes agency;
	struct reader r;

	reader_init(&r, plain);
	if (reader_array(&r, ret->id.b, ID16_LEN) != 0 ||
		reader_array(&r, ret->member.b, ID16_LEN) != 0 ||
		reader_array(&r, ret->transport.b, KEY32_LEN) != 0 ||
		reader_u8(&r, &ret->role) != 0 ||
		reader_vec(&r, STORE_AGENCY_MAX, &agency) != 0 ||
		reader_u32(&r, &ret->rights) != 0 ||
		reader_u64(&r, &ret->from) != 0 ||
		reader_u64(&r, &ret->until) != 0 || reader_end(&r) != 0)
		return ROWAN_E_CORRUPT;
	memset(ret->agency, 0, sizeof(ret->agency));
	memcpy(ret->agency, agency.data, agency.len);
	return 0;
}

int device_decode(const struct seal *s, sqlite3_stmt *q,
	struct store_device *ret, int64_t *ret_row, int64_t *ret_member)
{
	uint8_t plain[DETAIL_MAX];
	size_t len;
	int r;

	memset(ret, 0, sizeof(*ret));
	*ret_row = db_get_int(q, 0);
	*ret_member = db_get_int(q, 1);
	r = row_open(s, detail_at(*ret_row), db_get_bytes(q, 3), sizeof(plain),
		plain, &len);
	if (r == 0)
		r = detail_decode(bytes_of(plain, len), ret);
	if (r != 0) {
		memset(ret, 0, sizeof(*ret));
		return r;
	}
	ret->revoked = db_get_int(q, 2) != 0;
	return 0;
}

/* The row in the first column of ${which} under a name; 0: none. */
static int row_of(struct store_reader *rd, enum sql which,
	enum schema_table table, const struct id16 *id, int64_t *ret)
{
	uint8_t name[SEAL_HASH_LEN];
	sqlite3_stmt *q;
	int r;

	row_name(rd->seal, table, id, name);
	q = db_use(&rd->db, which);
	db_bytes(q, 1, name, sizeof(name));
	r = db_row(&rd->db, q);
	*ret = r == 1 ? db_get_int(q, 0) : 0;
	db_end(q);
	return r < 0 ? r : 0;
}

int device_row(struct store_reader *rd, const struct id16 *id, int64_t *ret)
{
	return row_of(rd, SQL_DEVICE_FIND, TABLE_DEVICE, id, ret);
}

int member_row(struct store_reader *rd, const struct id16 *id, int64_t *ret)
{
	return row_of(rd, SQL_MEMBER_FIND, TABLE_MEMBER, id, ret);
}

/* The row of a member, added when new. */
static int member_need(struct store *st, const struct id16 *id, int64_t *ret)
{
	uint8_t name[SEAL_HASH_LEN];
	sqlite3_stmt *q;
	int r = member_row(&st->view, id, ret);

	if (r != 0 || *ret != 0)
		return r;
	row_name(st->seal, TABLE_MEMBER, id, name);
	q = db_use(&st->view.db, SQL_MEMBER_ADD);
	db_bytes(q, 1, name, sizeof(name));
	if ((r = db_run(&st->view.db, q)) == 0)
		*ret = sqlite3_last_insert_rowid(st->view.db.h);
	return r;
}

/* Rows are never deleted, so the highest one plus one is fresh. */
static int fresh_row(struct store *st, int64_t *ret)
{
	return db_pragma(&st->view.db,
		"SELECT coalesce(max(id), 0) + 1 FROM device", ret);
}

struct put {
	int64_t row, member;
	uint8_t name[SEAL_HASH_LEN], transport[SEAL_HASH_LEN];
	uint8_t detail[DETAIL_MAX + SEAL_OVERHEAD];
	size_t detail_len;
};

static int put_row(struct store *st, bool fresh, const struct put *p,
	bool revoked, size_t card_len)
{
	struct db *db = &st->view.db;
	sqlite3_stmt *q = db_use(db, fresh ? SQL_DEVICE_ADD : SQL_DEVICE_SET);
	int i = 1;

	db_int(q, i++, p->row);
	if (fresh)
		db_bytes(q, i, p->name, SEAL_HASH_LEN);
	/* SQL_DEVICE_SET numbers the rest from 3. */
	i = 3;
	db_bytes(q, i++, p->transport, SEAL_HASH_LEN);
	db_int(q, i++, p->member);
	db_int(q, i++, revoked);
	db_bytes(q, i++, p->detail, p->detail_len);
	db_bytes(q, i, st->sealed, card_len + SEAL_OVERHEAD);
	return db_run(db, q);
}

int store_device_put(
	struct store *st, const struct store_device *device, struct bytes card)
{
	struct store_device old;
	uint8_t plain[DETAIL_MAX];
	struct put p = {0};
	struct writer w;
	bool fresh;
	int r = tx_ready(st);

	if (r != 0)
		return r;
	if (card.len > STORE_CARD_MAX ||
		memchr(device->agency, 0, sizeof(device->agency)) == NULL)
		return ROWAN_E_INVAL;
	if ((r = device_row(&st->view, &device->id, &p.row)) != 0)
		return r;
	fresh = p.row == 0;
	if (!fresh &&
		(r = store_device_by_id(&st->view, &device->id, &old)) != 0)
		return r;
	if (fresh && (r = tx_room(st, 4096 + card.len)) != 0)
		return r;
	if ((fresh && (r = fresh_row(st, &p.row)) != 0) ||
		(r = member_need(st, &device->member, &p.member)) != 0)
		return r;
	writer_init_fixed(&w, plain, sizeof(plain));
	if ((r = detail_encode(device, &w)) != 0)
		return r;
	p.detail_len = w.len + SEAL_OVERHEAD;
	seal_put(st->seal, detail_at(p.row), writer_view(&w), p.detail);
	seal_put(st->seal, card_at(p.row), card, st->sealed);
	row_name(st->seal, TABLE_DEVICE, &device->id, p.name);
	seal_hash(st->seal, TABLE_DEVICE, COLUMN_TRANSPORT,
		key32_view(&device->transport), p.transport);
	cache_cold(st);
	st->deleted = true;
	/* What was revoked stays revoked. */
	return put_row(st, fresh, &p,
		device->revoked || (!fresh && old.revoked), card.len);
}

int device_card_forget(struct store *st, int64_t row)
{
	uint8_t sealed[SEAL_OVERHEAD];
	sqlite3_stmt *q;

	st->deleted = true;
	seal_put(st->seal, card_at(row), bytes_of(NULL, 0), sealed);
	q = db_use(&st->view.db, SQL_DEVICE_CARD_SET);
	db_int(q, 1, row);
	db_bytes(q, 2, sealed, sizeof(sealed));
	return db_run(&st->view.db, q);
}

int store_device_revoke(struct store *st, const struct id16 *id)
{
	struct db *db = &st->view.db;
	int64_t row;
	sqlite3_stmt *q;
	int r = tx_ready(st);

	if (r != 0 || (r = device_row(&st->view, id, &row)) != 0)
		return r;
	if (row == 0)
		return ROWAN_E_NOT_FOUND;
	cache_cold(st);
	st->deleted = true;
	q = db_use(db, SQL_DEVICE_REVOKE);
	db_int(q, 1, row);
	if ((r = db_run(db, q)) != 0)
		return r;
	q = db_use(db, SQL_PACKAGE_DELETE_OF);
	db_int(q, 1, row);
	if ((r = db_run(db, q)) != 0)
		return r;
	q = db_use(db, SQL_TRASH_ADD);
	db_int(q, 1, TRASH_DEVICE);
	db_int(q, 2, row);
	return db_run(db, q);
}

static int find(struct store_reader *rd, enum sql which, const uint8_t *hash,
	struct store_device *ret)
{
	sqlite3_stmt *q = db_use(&rd->db, which);
	int64_t row, member;
	int r;

	db_bytes(q, 1, hash, SEAL_HASH_LEN);
	r = db_row(&rd->db, q);
	if (r == 1)
		r = device_decode(rd->seal, q, ret, &row, &member);
	else if (r == 0)
		r = ROWAN_E_NOT_FOUND;
	if (r != 0)
		memset(ret, 0, sizeof(*ret));
	db_end(q);
	return r;
}

int store_device_by_id(struct store_reader *rd, const struct id16 *id,
	struct store_device *ret)
{
	uint8_t name[SEAL_HASH_LEN];
	struct device *d;
	int r;

	if (rd->owner != NULL) {
		r = cache_device(rd->owner, id, &d);
		if (r == 0)
			*ret = d->as_put;
		else
			memset(ret, 0, sizeof(*ret));
		return r == ROWAN_E_REFUSED ? ROWAN_E_NOT_FOUND : r;
	}
	row_name(rd->seal, TABLE_DEVICE, id, name);
	return find(rd, SQL_DEVICE_GET, name, ret);
}

int store_device_by_key(struct store_reader *rd, const struct key32 *transport,
	struct store_device *ret)
{
	uint8_t name[SEAL_HASH_LEN];

	seal_hash(rd->seal, TABLE_DEVICE, COLUMN_TRANSPORT,
		key32_view(transport), name);
	return find(rd, SQL_DEVICE_BY_KEY, name, ret);
}

int store_device_card(
	struct store_reader *rd, const struct id16 *id, struct buf *ret)
{
	uint8_t name[SEAL_HASH_LEN];
	sqlite3_stmt *q = db_use(&rd->db, SQL_DEVICE_CARD);
	int r;

	*ret = (struct buf){NULL, 0};
	row_name(rd->seal, TABLE_DEVICE, id, name);
	db_bytes(q, 1, name, sizeof(name));
	r = db_row(&rd->db, q);
	if (r == 1)
		r = row_open_buf(rd->seal, card_at(db_get_int(q, 0)),
			db_get_bytes(q, 1), ret);
	else if (r == 0)
		r = ROWAN_E_NOT_FOUND;
	db_end(q);
	return r;
}

int store_member_device(struct store_reader *rd, const struct id16 *member,
	size_t i, struct id16 *ret)
{
	struct store_device device = {0};
	int64_t row, of;
	sqlite3_stmt *q;
	int r = member_row(rd, member, &row);

	memset(ret, 0, sizeof(*ret));
	if (r != 0)
		return r;
	q = db_use(&rd->db, SQL_DEVICE_OF_MEMBER);
	db_int(q, 1, row);
	while ((r = db_row(&rd->db, q)) == 1 && i > 0)
		i--;
	if (r == 1)
		r = device_decode(rd->seal, q, &device, &row, &of);
	else if (r == 0)
		r = ROWAN_E_NOT_FOUND;
	db_end(q);
	if (r == 0)
		*ret = device.id;
	return r;
}

int store_member_devices(struct store_reader *rd, const struct id16 *member,
	struct id16 *ret, size_t max, size_t *ret_len)
{
	struct store_device device;
	int64_t row, of;
	sqlite3_stmt *q;
	size_t len = 0;
	int r = member_row(rd, member, &row);

	*ret_len = 0;
	if (r != 0)
		return r;
	q = db_use(&rd->db, SQL_DEVICE_OF_MEMBER);
	db_int(q, 1, row);
	while ((r = db_row(&rd->db, q)) == 1) {
		r = device_decode(rd->seal, q, &device, &row, &of);
		if (r == 0 && !device.revoked && len == max)
			r = ROWAN_E_LIMIT;
		if (r != 0)
			break;
		if (!device.revoked)
			ret[len++] = device.id;
	}
	db_end(q);
	if (r == 0)
		*ret_len = len;
	return r;
}

/* ---- the day it was last here ---- */

static int seen_read(struct store *st, struct device *d)
{
	sqlite3_stmt *q;
	int r;

	if (d->seen_known)
		return 0;
	q = db_use(&st->view.db, SQL_SEEN_GET);
	db_int(q, 1, d->row);
	r = db_row(&st->view.db, q);
	d->seen = r == 1 ? (uint64_t)db_get_int(q, 0) : 0;
	d->seen_known = r >= 0;
	db_end(q);
	return r < 0 ? r : 0;
}

int store_device_seen(struct store *st, const struct id16 *id)
{
	uint64_t day = st->now / DAY;
	struct device *d;
	sqlite3_stmt *q;
	int r = tx_ready(st);

	if (r != 0 || (r = cache_device(st, id, &d)) != 0 ||
		(r = seen_read(st, d)) != 0)
		return r;
	/* A full disk has other worries. */
	if (d->seen >= day || tx_room(st, 64) != 0)
		return 0;
	if ((r = cache_save(st, d)) != 0)
		return r;
	d->seen = day;
	q = db_use(&st->view.db, SQL_SEEN_PUT);
	db_int(q, 1, d->row);
	db_int(q, 2, (int64_t)day);
	return db_run(&st->view.db, q);
}

int store_device_away(struct store *st, const struct id16 *id, bool *ret)
{
	struct device *d;
	int r = tx_ready(st);

	*ret = false;
	if (r != 0 || (r = cache_device(st, id, &d)) != 0 ||
		(r = seen_read(st, d)) != 0)
		return r;
	*ret = d->seen != 0 && d->seen + STORE_AWAY_DAYS <= st->sure / DAY;
	return 0;
}
