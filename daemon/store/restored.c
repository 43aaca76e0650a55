/*
 * What a database from a backup must forget: see store_admin.h, store_void.
 */
#include "base/reader.h"
#include "base/writer.h"
#include "store/internal.h"

static int erase(struct store *st, sqlite3_stmt *q, uint64_t *ret)
{
	int r = db_run(&st->view.db, q);

	st->deleted = true;
	*ret = r == 0 ? (uint64_t)sqlite3_changes64(st->view.db.h) : 0;
	return r;
}

/*
 * Behind all that was given: also by another restore of the same backup, and
 * to devices that this one does not know yet. No mailbox takes a million
 * envelopes a second.
 */
static int skip_sequences(struct store *st)
{
	const uint64_t first = st->now << 20;
	sqlite3_stmt *q = db_use(&st->view.db, SQL_MAILBOX_SKIP);
	uint8_t mem[8];
	struct writer w;
	int r;

	db_int(q, 1, (int64_t)first);
	db_int(q, 2, (int64_t)1 << 32);
	if ((r = db_run(&st->view.db, q)) != 0)
		return r;
	writer_init_fixed(&w, mem, sizeof(mem));
	writer_u64(&w, first);
	return store_meta_put(st, STORE_META_SEQUENCES, writer_view(&w));
}

int mailbox_first(struct store *st, int64_t *ret)
{
	struct buf value;
	struct reader in;
	uint64_t first = 0;
	int r = store_meta_get(&st->view, STORE_META_SEQUENCES, &value);

	*ret = 1;
	if (r != 0)
		return r == ROWAN_E_NOT_FOUND ? 0 : r;
	reader_init(&in, buf_view(&value));
	r = reader_u64(&in, &first);
	if (r == 0 && (reader_end(&in) != 0 || first > INT64_MAX >> 1))
		r = ROWAN_E_CORRUPT;
	buf_wipe(&value);
	if (r == 0)
		*ret = (int64_t)first;
	return r;
}

int store_void(struct store *st, struct store_voided *ret)
{
	sqlite3_stmt *q;
	int r = tx_ready(st);

	memset(ret, 0, sizeof(*ret));
	if (r != 0)
		return r;
	q = db_use(&st->view.db, SQL_PACKAGE_VOID);
	if ((r = erase(st, q, &ret->packages)) != 0)
		return r;
	q = db_use(&st->view.db, SQL_INVITE_VOID);
	db_int(q, 1, STORE_INVITE_MEMORY);
	if ((r = erase(st, q, &ret->invites)) != 0)
		return r;
	/* The store's copies of them are as they were. */
	cache_forget(st);
	return skip_sequences(st);
}

static struct seal_place group_at(int64_t row)
{
	return (struct seal_place){TABLE_GROUP, COLUMN_BODY, (uint64_t)row};
}

static int next_group(struct store *st, int64_t *row, struct buf *ret)
{
	sqlite3_stmt *q = db_use(&st->view.db, SQL_GROUP_NEXT);
	int r;

	*ret = (struct buf){NULL, 0};
	db_int(q, 1, *row);
	r = db_row(&st->view.db, q);
	if (r == 1) {
		*row = db_get_int(q, 0);
		r = row_open_buf(
			st->seal, group_at(*row), db_get_bytes(q, 1), ret);
	} else if (r == 0) {
		r = ROWAN_E_NOT_FOUND;
	}
	db_end(q);
	return r;
}

static int put_group(struct store *st, int64_t row, const struct buf *fresh)
{
	struct buf sealed;
	sqlite3_stmt *q;
	int r;

	if (fresh->len == 0 || fresh->len > STORE_GROUP_MAX)
		return ROWAN_E_INVAL;
	if ((r = buf_alloc(&sealed, fresh->len + SEAL_OVERHEAD)) != 0)
		return r;
	seal_put(st->seal, group_at(row), buf_view(fresh), sealed.data);
	q = db_use(&st->view.db, SQL_GROUP_PUT);
	db_int(q, 1, row);
	db_bytes(q, 2, sealed.data, sealed.len);
	r = db_run(&st->view.db, q);
	buf_wipe(&sealed);
	return r;
}

int store_groups_rewrite(
	struct store *st, store_group_change *change, void *ctx, uint64_t *ret)
{
	struct buf state, fresh;
	int64_t row = 0;
	int r = tx_ready(st);

	*ret = 0;
	st->group_changes++;
	st->deleted = true;
	while (r == 0 && (r = next_group(st, &row, &state)) == 0) {
		fresh = (struct buf){NULL, 0};
		r = change(ctx, buf_view(&state), &fresh);
		if (r == 0)
			r = put_group(st, row, &fresh);
		buf_wipe(&state);
		buf_wipe(&fresh);
		*ret += r == 0;
	}
	return r == ROWAN_E_NOT_FOUND ? 0 : r;
}
