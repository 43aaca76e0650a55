/*
 * Cases, channels and who is assigned to them.
 */
#include "store/internal.h"

#include "base/reader.h"
#include "base/writer.h"

#define CHANNEL_LEN    (2 * ID16_LEN + 5) /* id, case, kind, generation */
#define ASSIGNMENT_LEN (ID16_LEN + 16)	  /* member, from, until */

static struct seal_place at(enum schema_table table, int64_t row)
{
	return (struct seal_place){
		(uint8_t)table, COLUMN_DETAIL, (uint64_t)row};
}

/* Find a row by name; 1 with the statement at it, 0, or an error. */
static int named(struct store_reader *rd, enum sql which,
	enum schema_table table, const struct id16 *id, sqlite3_stmt **ret)
{
	uint8_t name[SEAL_HASH_LEN];

	row_name(rd->seal, table, id, name);
	*ret = db_use(&rd->db, which);
	db_bytes(*ret, 1, name, sizeof(name));
	return db_row(&rd->db, *ret);
}

/* ---- cases ---- */

static int case_row(struct store_reader *rd, const struct id16 *id,
	int64_t *ret, bool *ret_closed)
{
	sqlite3_stmt *q;
	int r = named(rd, SQL_CASE_GET, TABLE_CASE, id, &q);

	*ret = r == 1 ? db_get_int(q, 0) : 0;
	*ret_closed = r == 1 && db_get_int(q, 1) != 0;
	db_end(q);
	return r < 0 ? r : 0;
}

int store_case_put(struct store *st, const struct store_case *c)
{
	struct db *db = &st->view.db;
	uint8_t name[SEAL_HASH_LEN], detail[ID16_LEN + SEAL_OVERHEAD];
	sqlite3_stmt *q;
	int64_t row;
	bool closed;
	int r = tx_ready(st);

	if (r != 0 || (r = case_row(&st->view, &c->id, &row, &closed)) != 0)
		return r;
	if (row != 0) {
		q = db_use(db, SQL_CASE_SET);
		db_int(q, 1, row);
		db_int(q, 2, c->closed);
		return db_run(db, q);
	}
	if ((r = tx_room(st, 1024)) != 0 ||
		(r = db_pragma(db, "SELECT coalesce(max(id), 0) + 1 FROM cases",
			 &row)) != 0)
		return r;
	row_name(st->seal, TABLE_CASE, &c->id, name);
	seal_put(st->seal, at(TABLE_CASE, row), id16_view(&c->id), detail);
	q = db_use(db, SQL_CASE_ADD);
	db_int(q, 1, row);
	db_bytes(q, 2, name, sizeof(name));
	db_int(q, 3, c->closed);
	db_bytes(q, 4, detail, sizeof(detail));
	return db_run(db, q);
}

int store_case_get(
	struct store_reader *rd, const struct id16 *id, struct store_case *ret)
{
	int64_t row;
	bool closed;
	int r = case_row(rd, id, &row, &closed);

	*ret = (struct store_case){0};
	if (r == 0 && row == 0)
		r = ROWAN_E_NOT_FOUND;
	if (r == 0)
		*ret = (struct store_case){*id, closed};
	return r;
}

int store_case_next(
	struct store_reader *rd, int64_t *row, struct store_case *ret)
{
	sqlite3_stmt *q = db_use(&rd->db, SQL_CASE_NEXT);
	struct store_case c = {.closed = false};
	int64_t found = 0;
	size_t len;
	int r;

	*ret = c;
	db_int(q, 1, *row);
	if ((r = db_row(&rd->db, q)) == 1) {
		found = db_get_int(q, 0);
		c.closed = db_get_int(q, 1) != 0;
		r = row_open(rd->seal, at(TABLE_CASE, found),
			db_get_bytes(q, 2), ID16_LEN, c.id.b, &len);
		if (r == 0 && len != ID16_LEN)
			r = ROWAN_E_CORRUPT;
	} else if (r == 0) {
		r = ROWAN_E_NOT_FOUND;
	}
	db_end(q);
	if (r != 0)
		return r;
	*row = found;
	*ret = c;
	return 0;
}

/* ---- channels ---- */

static int channel_decode(
	const struct seal *s, sqlite3_stmt *q, struct store_channel *ret)
{
	uint8_t plain[CHANNEL_LEN];
	struct reader r;
	size_t len;

	memset(ret, 0, sizeof(*ret));
	if (row_open(s, at(TABLE_CHANNEL, db_get_int(q, 0)), db_get_bytes(q, 3),
		    sizeof(plain), plain, &len) != 0)
		return ROWAN_E_CORRUPT;
	reader_init(&r, bytes_of(plain, len));
	if (reader_array(&r, ret->id.b, ID16_LEN) != 0 ||
		reader_array(&r, ret->case_id.b, ID16_LEN) != 0 ||
		reader_u8(&r, &ret->kind) != 0 ||
		reader_u32(&r, &ret->generation) != 0 || reader_end(&r) != 0) {
		memset(ret, 0, sizeof(*ret));
		return ROWAN_E_CORRUPT;
	}
	ret->closed = db_get_int(q, 2) != 0;
	return 0;
}

static void channel_seal(struct store *st, int64_t row,
	const struct store_channel *c, uint8_t ret[CHANNEL_LEN + SEAL_OVERHEAD])
{
	uint8_t plain[CHANNEL_LEN];
	struct writer w;

	writer_init_fixed(&w, plain, sizeof(plain));
	writer_raw(&w, c->id.b, ID16_LEN);
	writer_raw(&w, c->case_id.b, ID16_LEN);
	writer_u8(&w, c->kind);
	writer_u32(&w, c->generation);
	seal_put(st->seal, at(TABLE_CHANNEL, row), writer_view(&w), ret);
}

int channel_row(struct store_reader *rd, const struct id16 *id, int64_t *ret)
{
	sqlite3_stmt *q;
	int r = named(rd, SQL_CHANNEL_GET, TABLE_CHANNEL, id, &q);

	*ret = r == 1 ? db_get_int(q, 0) : 0;
	db_end(q);
	return r < 0 ? r : 0;
}

static int channel_add(
	struct store *st, const struct store_channel *c, int64_t of_case)
{
	struct db *db = &st->view.db;
	uint8_t name[SEAL_HASH_LEN], detail[CHANNEL_LEN + SEAL_OVERHEAD];
	sqlite3_stmt *q;
	int64_t row;
	int r;

	if ((r = tx_room(st, 1024)) != 0 ||
		(r = db_pragma(db,
			 "SELECT coalesce(max(id), 0) + 1 FROM channel",
			 &row)) != 0)
		return r;
	row_name(st->seal, TABLE_CHANNEL, &c->id, name);
	channel_seal(st, row, c, detail);
	q = db_use(db, SQL_CHANNEL_ADD);
	db_int(q, 1, row);
	db_bytes(q, 2, name, sizeof(name));
	db_int(q, 3, of_case);
	db_int(q, 4, c->closed);
	db_bytes(q, 5, detail, sizeof(detail));
	return db_run(db, q);
}

int store_channel_put(struct store *st, const struct store_channel *c)
{
	struct db *db = &st->view.db;
	uint8_t detail[CHANNEL_LEN + SEAL_OVERHEAD];
	int64_t row, of_case;
	struct store_channel old;
	sqlite3_stmt *q;
	bool closed;
	int r = tx_ready(st);

	if (r != 0 ||
		(r = case_row(&st->view, &c->case_id, &of_case, &closed)) !=
			0 ||
		(r = channel_row(&st->view, &c->id, &row)) != 0)
		return r;
	if (of_case == 0)
		return ROWAN_E_NOT_FOUND;
	cache_cold(st);
	if (row == 0)
		return channel_add(st, c, of_case);
	if ((r = store_channel_get(&st->view, &c->id, &old)) != 0)
		return r;
	if (!id16_eq(&old.case_id, &c->case_id))
		return ROWAN_E_EXISTS;
	channel_seal(st, row, c, detail);
	q = db_use(db, SQL_CHANNEL_SET);
	db_int(q, 1, row);
	db_int(q, 2, c->closed);
	db_bytes(q, 3, detail, sizeof(detail));
	return db_run(db, q);
}

int store_channel_get(struct store_reader *rd, const struct id16 *id,
	struct store_channel *ret)
{
	sqlite3_stmt *q;
	int r = named(rd, SQL_CHANNEL_GET, TABLE_CHANNEL, id, &q);

	memset(ret, 0, sizeof(*ret));
	if (r == 1)
		r = channel_decode(rd->seal, q, ret);
	else if (r == 0)
		r = ROWAN_E_NOT_FOUND;
	db_end(q);
	return r;
}

int store_case_channels(struct store_reader *rd, const struct id16 *case_id,
	struct store_channel *ret, size_t max, size_t *ret_len)
{
	struct store_channel channel;
	sqlite3_stmt *q;
	size_t len = 0;
	int64_t row;
	bool closed;
	int r = case_row(rd, case_id, &row, &closed);

	*ret_len = 0;
	if (r != 0)
		return r;
	q = db_use(&rd->db, SQL_CHANNEL_OF_CASE);
	db_int(q, 1, row);
	while ((r = db_row(&rd->db, q)) == 1) {
		r = channel_decode(rd->seal, q, &channel);
		if (r == 0 && len == max)
			r = ROWAN_E_LIMIT;
		if (r != 0)
			break;
		ret[len++] = channel;
	}
	db_end(q);
	if (r == 0)
		*ret_len = len;
	return r;
}

/* ---- assignments ---- */

int assignment_decode(const struct seal *s, int64_t row, struct bytes sealed,
	struct store_assignment *ret)
{
	uint8_t plain[ASSIGNMENT_LEN];
	struct reader r;
	size_t len;

	memset(ret, 0, sizeof(*ret));
	if (row_open(s, at(TABLE_ASSIGNMENT, row), sealed, sizeof(plain), plain,
		    &len) != 0)
		return ROWAN_E_CORRUPT;
	reader_init(&r, bytes_of(plain, len));
	if (reader_array(&r, ret->member.b, ID16_LEN) != 0 ||
		reader_u64(&r, &ret->from) != 0 ||
		reader_u64(&r, &ret->until) != 0 || reader_end(&r) != 0) {
		memset(ret, 0, sizeof(*ret));
		return ROWAN_E_CORRUPT;
	}
	return 0;
}

/* The rows of a channel and a member; ROWAN_E_NOT_FOUND for either. */
static int pair(struct store_reader *rd, const struct id16 *channel,
	const struct id16 *member, int64_t *ret_channel, int64_t *ret_member)
{
	int r;

	if ((r = channel_row(rd, channel, ret_channel)) != 0 ||
		(r = member_row(rd, member, ret_member)) != 0)
		return r;
	return *ret_channel && *ret_member ? 0 : ROWAN_E_NOT_FOUND;
}

static int assignment_row(
	struct store *st, int64_t channel, int64_t member, int64_t *ret)
{
	sqlite3_stmt *q = db_use(&st->view.db, SQL_ASSIGNMENT_GET);
	int r;

	db_int(q, 1, channel);
	db_int(q, 2, member);
	r = db_row(&st->view.db, q);
	*ret = r == 1 ? db_get_int(q, 0) : 0;
	db_end(q);
	return r < 0 ? r : 0;
}

int store_assign(struct store *st, const struct id16 *channel,
	const struct store_assignment *a)
{
	struct db *db = &st->view.db;
	uint8_t plain[ASSIGNMENT_LEN], detail[ASSIGNMENT_LEN + SEAL_OVERHEAD];
	int64_t in, member, row;
	struct writer w;
	sqlite3_stmt *q;
	bool fresh;
	int r = tx_ready(st);

	if (r != 0 ||
		(r = pair(&st->view, channel, &a->member, &in, &member)) != 0 ||
		(r = assignment_row(st, in, member, &row)) != 0)
		return r;
	fresh = row == 0;
	if (fresh && ((r = tx_room(st, 1024)) != 0 ||
			     (r = tx_id(st, SEQUENCE_ASSIGNMENT, &row)) != 0))
		return r;
	writer_init_fixed(&w, plain, sizeof(plain));
	writer_raw(&w, a->member.b, ID16_LEN);
	writer_u64(&w, a->from);
	writer_u64(&w, a->until);
	seal_put(st->seal, at(TABLE_ASSIGNMENT, row), writer_view(&w), detail);
	cache_cold(st);
	q = db_use(db, fresh ? SQL_ASSIGNMENT_ADD : SQL_ASSIGNMENT_SET);
	db_int(q, 1, row);
	if (fresh) {
		db_int(q, 2, in);
		db_int(q, 3, member);
	}
	db_bytes(q, fresh ? 4 : 2, detail, sizeof(detail));
	return db_run(db, q);
}

int store_unassign(
	struct store *st, const struct id16 *channel, const struct id16 *member)
{
	struct db *db = &st->view.db;
	int64_t in, of;
	sqlite3_stmt *q;
	int r = tx_ready(st);

	if (r != 0 || (r = pair(&st->view, channel, member, &in, &of)) != 0)
		return r;
	cache_cold(st);
	st->deleted = true;
	q = db_use(db, SQL_ASSIGNMENT_DELETE);
	db_int(q, 1, in);
	db_int(q, 2, of);
	return db_run(db, q);
}

int store_channel_assignments(struct store_reader *rd,
	const struct id16 *channel, struct store_assignment *ret, size_t max,
	size_t *ret_len)
{
	struct store_assignment a;
	sqlite3_stmt *q;
	size_t len = 0;
	int64_t row;
	int r = channel_row(rd, channel, &row);

	*ret_len = 0;
	if (r != 0)
		return r;
	q = db_use(&rd->db, SQL_ASSIGNMENT_LIST);
	db_int(q, 1, row);
	while ((r = db_row(&rd->db, q)) == 1) {
		r = assignment_decode(
			rd->seal, db_get_int(q, 0), db_get_bytes(q, 2), &a);
		if (r == 0 && len == max)
			r = ROWAN_E_LIMIT;
		if (r != 0)
			break;
		ret[len++] = a;
	}
	db_end(q);
	if (r == 0)
		*ret_len = len;
	return r;
}

/* May whoever has this seat take part now? */
static bool seated(const struct store *st, const struct seat *seat)
{
	const struct device *d = seat->device;

	return !d->as_put.revoked &&
	       in_force(d->as_put.from, d->as_put.until, st->sure, st->now) &&
	       in_force(seat->from, seat->until, st->sure, st->now);
}

static int open_channel(
	struct store *st, const struct id16 *channel, struct channel **ret)
{
	int r = tx_ready(st);

	if (r != 0 || (r = cache_channel(st, channel, ret)) != 0)
		return r;
	return (*ret)->closed ? ROWAN_E_REFUSED : 0;
}

int store_channel_access(
	struct store *st, const struct id16 *channel, const struct id16 *device)
{
	struct channel *c;
	int r = open_channel(st, channel, &c);

	if (r != 0)
		return r;
	for (size_t i = 0; i < c->len; i++)
		if (id16_eq(&c->seats[i].device->id, device) &&
			seated(st, &c->seats[i]))
			return 0;
	return ROWAN_E_REFUSED;
}

int store_channel_entitled(struct store *st, const struct id16 *channel,
	struct id16 *ret, size_t max, size_t *ret_len)
{
	struct channel *c;
	size_t len = 0;
	int r = open_channel(st, channel, &c);

	*ret_len = 0;
	if (r != 0)
		return r;
	for (size_t i = 0; i < c->len; i++) {
		if (!seated(st, &c->seats[i]))
			continue;
		if (len < max)
			ret[len] = c->seats[i].device->id;
		len++;
	}
	*ret_len = len;
	return len > max ? ROWAN_E_LIMIT : 0;
}

/* The members of two devices; both ROWAN_E_REFUSED when unknown. */
static int members(struct store_reader *rd, const struct id16 *device,
	const struct id16 *other, int64_t ret[2])
{
	const struct id16 *ids[2] = {device, other};

	for (int i = 0; i < 2; i++) {
		struct store_device d;
		int r = store_device_by_id(rd, ids[i], &d);

		if (r == 0)
			r = member_row(rd, &d.member, &ret[i]);
		if (r != 0)
			return r == ROWAN_E_NOT_FOUND ? ROWAN_E_REFUSED : r;
	}
	return 0;
}

int store_device_shares(struct store_reader *rd, const struct id16 *device,
	const struct id16 *other, uint64_t now)
{
	struct store_assignment a, b;
	int64_t member[2];
	sqlite3_stmt *q;
	int r = members(rd, device, other, member);

	if (r != 0)
		return r;
	q = db_use(&rd->db, SQL_DEVICE_SHARES);
	db_int(q, 1, member[0]);
	db_int(q, 2, member[1]);
	while ((r = db_row(&rd->db, q)) == 1) {
		r = assignment_decode(
			rd->seal, db_get_int(q, 0), db_get_bytes(q, 1), &a);
		if (r == 0)
			r = assignment_decode(rd->seal, db_get_int(q, 2),
				db_get_bytes(q, 3), &b);
		if (r != 0)
			break;
		if (in_force(a.from, a.until, now, now) &&
			in_force(b.from, b.until, now, now)) {
			r = 1;
			break;
		}
	}
	db_end(q);
	return r == 1 ? 0 : r < 0 ? r : ROWAN_E_REFUSED;
}
