/*
 * Chains of statements and how cards stand in them.
 */
#include "store/internal.h"

#include "base/reader.h"
#include "base/writer.h"

#define NUMBER_BITS  40 /* a row is chain << 40 | number */
#define NUMBER_MAX   ((UINT64_C(1) << NUMBER_BITS) - 1)
#define ACT_HEAD     (8 + 3 * 32)
#define STANDING_LEN (32 + 8 * STORE_EARLIER_MAX)

static struct seal_place act_at(int64_t row)
{
	return (struct seal_place){TABLE_ACT, COLUMN_BODY, (uint64_t)row};
}

static struct seal_place state_at(int64_t row)
{
	return (struct seal_place){TABLE_CHAIN, COLUMN_BODY, (uint64_t)row};
}

/* The row of a chain and its newest number; 0 when there is none. */
static int chain_row(struct store_reader *rd, const struct id16 *chain,
	int64_t *ret, uint64_t *ret_newest)
{
	uint8_t name[SEAL_HASH_LEN];
	sqlite3_stmt *q = db_use(&rd->db, SQL_CHAIN_GET);
	int r;

	row_name(rd->seal, TABLE_CHAIN, chain, name);
	db_bytes(q, 1, name, sizeof(name));
	r = db_row(&rd->db, q);
	*ret = r == 1 ? db_get_int(q, 0) : 0;
	*ret_newest = r == 1 ? (uint64_t)db_get_int(q, 1) : 0;
	db_end(q);
	return r < 0 ? r : 0;
}

/* Seal ${plain} into fresh memory. */
static int seal_buf(struct store *st, struct seal_place place,
	struct bytes plain, struct buf *ret)
{
	int r = buf_alloc(ret, plain.len + SEAL_OVERHEAD);

	if (r == 0)
		seal_put(st->seal, place, plain, ret->data);
	/* Rows may have been written before. */
	return tx_done(st, r);
}

static int state_put(
	struct store *st, int64_t row, uint64_t newest, struct bytes state)
{
	struct db *db = &st->view.db;
	struct buf sealed;
	sqlite3_stmt *q;
	int r = seal_buf(st, state_at(row), state, &sealed);

	if (r != 0)
		return r;
	st->deleted = true;
	q = db_use(db, SQL_CHAIN_SET);
	db_int(q, 1, row);
	db_int(q, 2, (int64_t)newest);
	db_bytes(q, 3, sealed.data, sealed.len);
	r = db_run(db, q);
	buf_wipe(&sealed);
	return r;
}

int store_chain_begin(
	struct store *st, const struct id16 *chain, struct bytes state)
{
	struct db *db = &st->view.db;
	uint8_t name[SEAL_HASH_LEN];
	uint64_t newest;
	sqlite3_stmt *q;
	int64_t row;
	int r = tx_ready(st);

	if (r != 0 || (r = chain_row(&st->view, chain, &row, &newest)) != 0)
		return r;
	if (row != 0)
		return ROWAN_E_EXISTS;
	if (state.len > STORE_STATE_MAX)
		return ROWAN_E_INVAL;
	if ((r = tx_room(st, 1024 + state.len)) != 0 ||
		(r = db_pragma(db, "SELECT coalesce(max(id), 0) + 1 FROM chain",
			 &row)) != 0)
		return r;
	row_name(st->seal, TABLE_CHAIN, chain, name);
	q = db_use(db, SQL_CHAIN_ADD);
	db_int(q, 1, row);
	db_bytes(q, 2, name, sizeof(name));
	if ((r = db_run(db, q)) != 0)
		return r;
	return state_put(st, row, 0, state);
}

static void act_write(const struct store_act *act, struct writer *w)
{
	writer_u64(w, act->time);
	writer_raw(w, act->subject, sizeof(act->subject));
	writer_raw(w, act->content, sizeof(act->content));
	writer_raw(w, act->head, sizeof(act->head));
	writer_raw(w, act->raw.data, act->raw.len);
}

static int act_put(struct store *st, int64_t row, const struct store_act *act)
{
	struct db *db = &st->view.db;
	struct buf plain, sealed = {0};
	struct writer w;
	sqlite3_stmt *q;
	int r;

	writer_init(&w, ACT_HEAD + STORE_ACT_MAX);
	act_write(act, &w);
	if ((r = writer_finish(&w, &plain)) != 0)
		return r;
	r = seal_buf(st, act_at(row), buf_view(&plain), &sealed);
	if (r == 0) {
		q = db_use(db, SQL_ACT_ADD);
		db_int(q, 1, row);
		db_bytes(q, 2, sealed.data, sealed.len);
		r = db_run(db, q);
	}
	buf_wipe(&plain);
	buf_wipe(&sealed);
	return r;
}

int store_act_add(struct store *st, const struct id16 *chain,
	const struct store_act *act, struct bytes state)
{
	uint64_t newest;
	int64_t row;
	int r = tx_ready(st);

	if (r != 0 || (r = chain_row(&st->view, chain, &row, &newest)) != 0)
		return r;
	if (act->number != newest + 1)
		return ROWAN_E_EXISTS;
	if (act->number > NUMBER_MAX || act->raw.len > STORE_ACT_MAX ||
		act->raw.len == 0 || state.len > STORE_STATE_MAX)
		return ROWAN_E_INVAL;
	if (row == 0) {
		if ((r = store_chain_begin(st, chain, state)) != 0 ||
			(r = chain_row(&st->view, chain, &row, &newest)) != 0)
			return r;
	}
	if ((r = tx_room(st, 512 + act->raw.len)) != 0 ||
		(r = act_put(st, row << NUMBER_BITS | (int64_t)act->number,
			 act)) != 0)
		return r;
	return state_put(st, row, act->number, state);
}

/* A statement of which only its place is left, in a row that is there. */
static int act_empty(struct store *st, int64_t row, bool there)
{
	static const uint8_t nothing[ACT_HEAD];
	uint8_t sealed[ACT_HEAD + SEAL_OVERHEAD];
	sqlite3_stmt *q =
		db_use(&st->view.db, there ? SQL_ACT_SET : SQL_ACT_ADD);

	seal_put(st->seal, act_at(row), bytes_of(nothing, ACT_HEAD), sealed);
	db_int(q, 1, row);
	db_bytes(q, 2, sealed, sizeof(sealed));
	return db_run(&st->view.db, q);
}

static int act_replace(
	struct store *st, int64_t row, const struct store_act *act)
{
	struct buf plain, sealed = {NULL, 0};
	struct writer w;
	sqlite3_stmt *q;
	int r;

	writer_init(&w, ACT_HEAD + STORE_ACT_MAX);
	act_write(act, &w);
	if ((r = writer_finish(&w, &plain)) != 0)
		return tx_done(st, r);
	r = seal_buf(st, act_at(row), buf_view(&plain), &sealed);
	if (r == 0) {
		q = db_use(&st->view.db, SQL_ACT_SET);
		db_int(q, 1, row);
		db_bytes(q, 2, sealed.data, sealed.len);
		r = db_run(&st->view.db, q);
	}
	buf_wipe(&plain);
	buf_wipe(&sealed);
	return r;
}

int store_chain_erase(struct store *st, const struct id16 *chain,
	const struct store_act *last, struct bytes state)
{
	uint64_t newest, end;
	int64_t row;
	int r = tx_ready(st);

	if (r != 0 || (r = chain_row(&st->view, chain, &row, &newest)) != 0)
		return r;
	if (row == 0) {
		if ((r = store_chain_begin(st, chain, state)) != 0 ||
			(r = chain_row(&st->view, chain, &row, &newest)) != 0)
			return r;
	}
	end = last != NULL ? last->number : newest;
	if (end < newest || end - newest > STORE_GAP_MAX ||
		state.len > STORE_STATE_MAX ||
		(last != NULL &&
			(last->raw.len == 0 || last->raw.len > STORE_ACT_MAX)))
		return tx_done(st, ROWAN_E_INVAL);
	st->deleted = true;
	for (uint64_t n = 1; r == 0 && n <= end; n++)
		r = act_empty(st, row << NUMBER_BITS | (int64_t)n, n <= newest);
	if (r == 0 && last != NULL)
		r = act_replace(st, row << NUMBER_BITS | (int64_t)end, last);
	return r == 0 ? state_put(st, row, end, state) : r;
}

int act_forget(struct store *st, const struct id16 *chain, uint64_t number)
{
	struct store_act act;
	uint64_t newest;
	struct buf raw;
	int64_t row;
	int r = store_act_get(&st->view, chain, number, &act, &raw);

	if (r == 0)
		r = chain_row(&st->view, chain, &row, &newest);
	buf_wipe(&raw);
	if (r != 0)
		return r == ROWAN_E_NOT_FOUND ? 0 : r;
	act.raw = bytes_of(NULL, 0);
	st->deleted = true;
	return act_replace(st, row << NUMBER_BITS | (int64_t)number, &act);
}

static int act_decode(struct buf *raw, uint64_t number, struct store_act *ret)
{
	struct reader r;

	reader_init(&r, buf_view(raw));
	ret->number = number;
	if (reader_u64(&r, &ret->time) != 0 ||
		reader_array(&r, ret->subject, sizeof(ret->subject)) != 0 ||
		reader_array(&r, ret->content, sizeof(ret->content)) != 0 ||
		reader_array(&r, ret->head, sizeof(ret->head)) != 0 ||
		reader_view(&r, reader_left(&r), &ret->raw) != 0)
		return ROWAN_E_CORRUPT;
	return 0;
}

int store_act_get(struct store_reader *rd, const struct id16 *chain,
	uint64_t number, struct store_act *ret, struct buf *ret_raw)
{
	uint64_t newest;
	sqlite3_stmt *q;
	int64_t row;
	int r = chain_row(rd, chain, &row, &newest);

	memset(ret, 0, sizeof(*ret));
	*ret_raw = (struct buf){NULL, 0};
	if (r != 0)
		return r;
	if (number == 0 || number > newest)
		return ROWAN_E_NOT_FOUND;
	row = row << NUMBER_BITS | (int64_t)number;
	q = db_use(&rd->db, SQL_ACT_GET);
	db_int(q, 1, row);
	r = db_row(&rd->db, q);
	if (r == 1)
		r = row_open_buf(
			rd->seal, act_at(row), db_get_bytes(q, 0), ret_raw);
	else if (r == 0)
		r = ROWAN_E_CORRUPT; /* chains have no gaps */
	db_end(q);
	if (r == 0)
		r = act_decode(ret_raw, number, ret);
	if (r != 0) {
		buf_wipe(ret_raw);
		memset(ret, 0, sizeof(*ret));
	}
	return r;
}

int store_chain_state(
	struct store_reader *rd, const struct id16 *chain, struct buf *ret)
{
	uint64_t newest;
	sqlite3_stmt *q;
	int64_t row;
	int r = chain_row(rd, chain, &row, &newest);

	*ret = (struct buf){NULL, 0};
	if (r != 0)
		return r;
	if (row == 0)
		return ROWAN_E_NOT_FOUND;
	q = db_use(&rd->db, SQL_CHAIN_STATE);
	db_int(q, 1, row);
	r = db_row(&rd->db, q);
	r = r == 1 ? row_open_buf(
			     rd->seal, state_at(row), db_get_bytes(q, 0), ret)
		   : (r < 0 ? r : ROWAN_E_CORRUPT);
	db_end(q);
	return r;
}

/* ---- cards ---- */

static struct seal_place standing_at(int64_t row)
{
	return (struct seal_place){
		TABLE_STANDING, COLUMN_DETAIL, (uint64_t)row};
}

int store_standing_put(struct store *st, const struct id16 *device,
	const struct store_standing *standing)
{
	struct db *db = &st->view.db;
	uint8_t plain[STANDING_LEN], sealed[STANDING_LEN + SEAL_OVERHEAD];
	struct writer w;
	sqlite3_stmt *q;
	int64_t row;
	int r = tx_ready(st);

	if (r != 0 || (r = device_row(&st->view, device, &row)) != 0)
		return r;
	if (row == 0)
		return ROWAN_E_NOT_FOUND;
	if (standing->earlier_count > STORE_EARLIER_MAX)
		return ROWAN_E_INVAL;
	writer_init_fixed(&w, plain, sizeof(plain));
	writer_u64(&w, standing->logged);
	writer_u64(&w, standing->logged_at);
	writer_u64(&w, standing->revoked);
	writer_u64(&w, standing->revoked_at);
	for (size_t i = 0; i < standing->earlier_count; i++)
		writer_u64(&w, standing->earlier[i]);
	seal_put(st->seal, standing_at(row), writer_view(&w), sealed);
	q = db_use(db, SQL_STANDING_PUT);
	db_int(q, 1, row);
	db_bytes(q, 2, sealed, w.len + SEAL_OVERHEAD);
	return db_run(db, q);
}

static int standing_decode(struct bytes plain, struct store_standing *ret)
{
	struct reader in;

	reader_init(&in, plain);
	if (reader_u64(&in, &ret->logged) != 0 ||
		reader_u64(&in, &ret->logged_at) != 0 ||
		reader_u64(&in, &ret->revoked) != 0 ||
		reader_u64(&in, &ret->revoked_at) != 0)
		return ROWAN_E_CORRUPT;
	while (reader_left(&in) > 0)
		if (ret->earlier_count == STORE_EARLIER_MAX ||
			reader_u64(&in, &ret->earlier[ret->earlier_count++]))
			return ROWAN_E_CORRUPT;
	return 0;
}

int store_standing_get(struct store_reader *rd, const struct id16 *device,
	struct store_standing *ret)
{
	uint8_t plain[STANDING_LEN];
	sqlite3_stmt *q;
	int64_t row;
	size_t len = 0;
	int r = device_row(rd, device, &row);

	memset(ret, 0, sizeof(*ret));
	if (r != 0)
		return r;
	if (row == 0)
		return ROWAN_E_NOT_FOUND;
	q = db_use(&rd->db, SQL_STANDING_GET);
	db_int(q, 1, row);
	r = db_row(&rd->db, q);
	if (r == 1)
		r = row_open(rd->seal, standing_at(row), db_get_bytes(q, 0),
			sizeof(plain), plain, &len);
	else if (r == 0)
		r = ROWAN_E_NOT_FOUND;
	db_end(q);
	if (r == 0)
		r = standing_decode(bytes_of(plain, len), ret);
	if (r != 0)
		memset(ret, 0, sizeof(*ret));
	return r;
}

int store_key_add(struct store *st, const struct key32 *key)
{
	struct db *db = &st->view.db;
	uint8_t name[SEAL_HASH_LEN];
	sqlite3_stmt *q;
	int r = tx_ready(st);

	if (r != 0 || (r = tx_room(st, 128)) != 0)
		return r;
	seal_hash(st->seal, TABLE_DEVICE, COLUMN_KEY, key32_view(key), name);
	q = db_use(db, SQL_KEY_ADD);
	db_bytes(q, 1, name, sizeof(name));
	return db_run(db, q);
}

int store_key_known(struct store_reader *rd, const struct key32 *key)
{
	uint8_t name[SEAL_HASH_LEN];
	sqlite3_stmt *q = db_use(&rd->db, SQL_KEY_GET);
	int r;

	seal_hash(rd->seal, TABLE_DEVICE, COLUMN_KEY, key32_view(key), name);
	db_bytes(q, 1, name, sizeof(name));
	r = db_row(&rd->db, q);
	db_end(q);
	return r == 1 ? 0 : (r == 0 ? ROWAN_E_NOT_FOUND : r);
}
