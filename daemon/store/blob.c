/*
 * Blobs: attachments in chunks, and held messages.
 *
 * A blob's chunks are numbered by its row, so that one key finds them and a
 * range of keys is all of them. Row ids are never given twice.
 */
#include "store/internal.h"

#include "base/reader.h"
#include "base/writer.h"

#define DETAIL_LEN (3 * ID16_LEN + 28)

static struct seal_place detail_at(int64_t row)
{
	return (struct seal_place){TABLE_BLOB, COLUMN_DETAIL, (uint64_t)row};
}

static struct seal_place chunk_at(int64_t id)
{
	return (struct seal_place){TABLE_CHUNK, COLUMN_BODY, (uint64_t)id};
}

static int64_t chunk_id(int64_t row, uint32_t index)
{
	return (int64_t)((uint64_t)row << 16 | index);
}

static int detail_decode(struct bytes plain, struct store_blob *ret)
{
	struct reader r;

	reader_init(&r, plain);
	if (reader_array(&r, ret->id.b, ID16_LEN) != 0 ||
		reader_array(&r, ret->channel.b, ID16_LEN) != 0 ||
		reader_array(&r, ret->owner.b, ID16_LEN) != 0 ||
		reader_u64(&r, &ret->size) != 0 ||
		reader_u32(&r, &ret->chunks) != 0 ||
		reader_u64(&r, &ret->hold) != 0 ||
		reader_u64(&r, &ret->expires) != 0 || reader_end(&r) != 0)
		return ROWAN_E_CORRUPT;
	return 0;
}

/* The blob under ${id} and its row; ROWAN_E_NOT_FOUND. */
static int find(struct store_reader *rd, const struct id16 *id,
	struct store_blob *ret, int64_t *ret_row)
{
	uint8_t name[SEAL_HASH_LEN], plain[DETAIL_LEN];
	sqlite3_stmt *q = db_use(&rd->db, SQL_BLOB_GET);
	size_t len;
	int r;

	memset(ret, 0, sizeof(*ret));
	*ret_row = 0;
	row_name(rd->seal, TABLE_BLOB, id, name);
	db_bytes(q, 1, name, sizeof(name));
	if ((r = db_row(&rd->db, q)) == 1) {
		*ret_row = db_get_int(q, 0);
		r = row_open(rd->seal, detail_at(*ret_row), db_get_bytes(q, 2),
			sizeof(plain), plain, &len);
		if (r == 0)
			r = detail_decode(bytes_of(plain, len), ret);
		ret->have = (uint32_t)db_get_int(q, 1);
	} else if (r == 0) {
		r = ROWAN_E_NOT_FOUND;
	}
	db_end(q);
	if (r != 0)
		memset(ret, 0, sizeof(*ret));
	return r;
}

static bool same(const struct store_blob *a, const struct store_blob *b)
{
	return id16_eq(&a->channel, &b->channel) &&
	       id16_eq(&a->owner, &b->owner) && a->size == b->size &&
	       a->chunks == b->chunks && a->hold == b->hold &&
	       a->expires == b->expires;
}

/* When a blob goes that has ${have} chunks now. */
static int64_t until(
	const struct store *st, const struct store_blob *b, uint32_t have)
{
	uint64_t at = b->expires;
	uint64_t soon = st->now + st->blob_open_time;

	if (have < b->chunks && st->blob_open_time != 0 &&
		(at == 0 || soon < at))
		at = soon;
	return at != 0 ? hour_up(at) : 0;
}

static int add(struct store *st, const struct store_blob *b, int64_t owner,
	int64_t channel)
{
	struct db *db = &st->view.db;
	uint8_t plain[DETAIL_LEN], detail[DETAIL_LEN + SEAL_OVERHEAD];
	uint8_t name[SEAL_HASH_LEN];
	struct writer w;
	sqlite3_stmt *q;
	int64_t row;
	int r;

	if ((r = tx_id(st, SEQUENCE_BLOB, &row)) != 0)
		return r;
	writer_init_fixed(&w, plain, sizeof(plain));
	writer_raw(&w, b->id.b, ID16_LEN);
	writer_raw(&w, b->channel.b, ID16_LEN);
	writer_raw(&w, b->owner.b, ID16_LEN);
	writer_u64(&w, b->size);
	writer_u32(&w, b->chunks);
	writer_u64(&w, b->hold);
	writer_u64(&w, b->expires);
	seal_put(st->seal, detail_at(row), writer_view(&w), detail);
	row_name(st->seal, TABLE_BLOB, &b->id, name);
	q = db_use(db, SQL_BLOB_ADD);
	db_int(q, 1, row);
	db_bytes(q, 2, name, sizeof(name));
	db_int(q, 3, channel);
	db_int(q, 4, until(st, b, 0));
	db_bytes(q, 5, detail, sizeof(detail));
	db_int(q, 6, owner);
	db_int(q, 7, b->chunks);
	return db_run(db, q);
}

int store_blob_begin(struct store *st, const struct store_blob *b)
{
	struct store_blob old;
	struct device *d;
	int64_t row, channel;
	int r = tx_ready(st);

	if (r != 0)
		return r;
	if (b->chunks == 0 || b->chunks > STORE_CHUNKS_MAX)
		return ROWAN_E_INVAL;
	r = find(&st->view, &b->id, &old, &row);
	if (r == 0)
		return same(&old, b) ? 0 : ROWAN_E_REFUSED;
	if (r != ROWAN_E_NOT_FOUND)
		return r;
	if ((r = cache_device(st, &b->owner, &d)) != 0 ||
		(r = channel_row(&st->view, &b->channel, &channel)) != 0)
		return r;
	if (d->as_put.revoked || channel == 0)
		return ROWAN_E_REFUSED;
	if ((r = tx_room(st, 1024)) != 0)
		return r;
	return add(st, b, d->row, channel);
}

int store_blob_put(struct store *st, const struct id16 *owner,
	const struct id16 *id, uint32_t index, struct bytes chunk)
{
	struct db *db = &st->view.db;
	struct store_blob b;
	sqlite3_stmt *q;
	int64_t row, key;
	int r = tx_ready(st);

	if (r != 0)
		return r;
	if (chunk.len == 0 || chunk.len > STORE_CHUNK_MAX)
		return ROWAN_E_INVAL;
	r = find(&st->view, id, &b, &row);
	if (r == ROWAN_E_NOT_FOUND || (r == 0 && !id16_eq(&b.owner, owner)))
		return ROWAN_E_REFUSED;
	if (r != 0)
		return r;
	if (index >= b.chunks)
		return ROWAN_E_LIMIT;
	if ((r = tx_room(st, chunk.len + 4096)) != 0)
		return r;
	key = chunk_id(row, index);
	seal_put(st->seal, chunk_at(key), chunk, st->sealed);
	q = db_use(db, SQL_CHUNK_ADD);
	db_int(q, 1, key);
	db_bytes(q, 2, st->sealed, chunk.len + SEAL_OVERHEAD);
	if ((r = db_run(db, q)) != 0 || sqlite3_changes(db->h) == 0)
		return r;
	q = db_use(db, SQL_BLOB_HAVE);
	db_int(q, 1, row);
	db_int(q, 2, until(st, &b, b.have + 1));
	return db_run(db, q);
}

int store_blob_get(
	struct store_reader *rd, const struct id16 *id, struct store_blob *ret)
{
	int64_t row;

	return find(rd, id, ret, &row);
}

int store_blob_usage(struct store_reader *rd, const struct id16 *owner,
	struct store_usage *ret)
{
	uint8_t name[SEAL_HASH_LEN];
	sqlite3_stmt *q = db_use(&rd->db, SQL_BLOB_USAGE);
	int r;

	*ret = (struct store_usage){0};
	row_name(rd->seal, TABLE_DEVICE, owner, name);
	db_bytes(q, 1, name, sizeof(name));
	if ((r = db_row(&rd->db, q)) == 1)
		*ret = (struct store_usage){
			(uint32_t)db_get_int(q, 0), (uint64_t)db_get_int(q, 1)};
	db_end(q);
	return r < 0 ? r : 0;
}

int store_blob_missing(struct store_reader *rd, const struct id16 *id,
	uint32_t from, uint32_t *ret)
{
	struct store_blob b;
	sqlite3_stmt *q;
	int64_t row;
	int r = find(rd, id, &b, &row);

	*ret = 0;
	if (r != 0)
		return r;
	if (from >= b.chunks) {
		*ret = b.chunks;
		return 0;
	}
	q = db_use(&rd->db, SQL_CHUNK_LIST);
	db_int(q, 1, chunk_id(row, from));
	db_int(q, 2, chunk_id(row, b.chunks - 1));
	while ((r = db_row(&rd->db, q)) == 1 &&
		db_get_int(q, 0) == chunk_id(row, from))
		from++;
	db_end(q);
	if (r < 0)
		return r;
	*ret = from;
	return 0;
}

int store_blob_chunk(struct store_reader *rd, const struct id16 *id,
	uint32_t index, struct buf *ret)
{
	struct store_blob b;
	sqlite3_stmt *q;
	int64_t row;
	int r = find(rd, id, &b, &row);

	*ret = (struct buf){NULL, 0};
	if (r != 0)
		return r;
	if (index >= b.chunks)
		return ROWAN_E_NOT_FOUND;
	q = db_use(&rd->db, SQL_CHUNK_GET);
	db_int(q, 1, chunk_id(row, index));
	if ((r = db_row(&rd->db, q)) == 1)
		r = row_open_buf(rd->seal, chunk_at(chunk_id(row, index)),
			db_get_bytes(q, 0), ret);
	else if (r == 0)
		r = ROWAN_E_NOT_FOUND;
	db_end(q);
	return r;
}

int blob_drop(struct store *st, int64_t row)
{
	struct db *db = &st->view.db;
	sqlite3_stmt *q = db_use(db, SQL_BLOB_DELETE);
	int r;

	db_int(q, 1, row);
	if ((r = db_run(db, q)) != 0 || sqlite3_changes(db->h) == 0)
		return r;
	st->deleted = true;
	q = db_use(db, SQL_TRASH_ADD);
	db_int(q, 1, TRASH_BLOB);
	db_int(q, 2, row);
	return db_run(db, q);
}

int store_blob_delete(struct store *st, const struct id16 *id)
{
	struct store_blob b;
	int64_t row;
	int r = tx_ready(st);

	if (r == 0)
		r = find(&st->view, id, &b, &row);
	return r != 0 ? r : blob_drop(st, row);
}
