/*
 * Rows of envelopes that nobody waits for any more, to be used again: an
 * envelope of the same size takes the place of an acknowledged one, in the
 * same page. So pages are not freed, written as zeros and taken again, and
 * what is submitted together comes to lie together.
 *
 * A few rows are kept from one transaction to the next. They are noted in the
 * file, so that after a crash, or a lost transaction, they are found and
 * nothing that was acknowledged stays behind. The note may name more rows than
 * are spare (then it need not be written so often), never fewer.
 *
 * A row comes back under its old id with a number of its own; it is the
 * number, never used twice, that the seal is bound to.
 */
#include "store/internal.h"

#include <stdlib.h>

#include "base/reader.h"
#include "base/writer.h"

static int delete_row(struct store *st, int64_t row)
{
	sqlite3_stmt *q = db_use(&st->view.db, SQL_ENVELOPE_DELETE);

	db_int(q, 1, row);
	return db_run(&st->view.db, q);
}

static int by_row(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* ---- the note ---- */

/* Every spare row is in the note. */
static void note_all(struct store *st)
{
	struct freed_note *n = &st->note;
	size_t sorted = n->len;

	for (size_t i = 0; i < st->freed_len; i++) {
		const int64_t *row = &st->freed[i].row;

		if (bsearch(row, n->rows, sorted, sizeof(*row), by_row))
			continue;
		if (n->len == FREED_NOTED) {
			/* Only what is spare now. */
			for (n->len = 0; n->len < st->freed_len; n->len++)
				n->rows[n->len] = st->freed[n->len].row;
			st->note_dirty = true;
			break;
		}
		n->rows[n->len++] = *row;
		st->note_dirty = true;
	}
	if (st->note_dirty)
		qsort(n->rows, n->len, sizeof(n->rows[0]), by_row);
}

static int note_write(struct store *st)
{
	uint8_t plain[FREED_NOTED * 8];
	struct writer w;
	int r;

	if (!st->note_dirty)
		return 0;
	writer_init_fixed(&w, plain, sizeof(plain));
	for (size_t i = 0; i < st->note.len; i++)
		writer_u64(&w, (uint64_t)st->note.rows[i]);
	r = store_meta_put(st, FREED_META, writer_view(&w));
	if (r == 0)
		st->note_dirty = false;
	return r;
}

int freed_note_read(struct store_reader *rd, struct freed_note *ret)
{
	struct buf value;
	struct reader in;
	uint64_t row;
	int r = store_meta_get(rd, FREED_META, &value);

	ret->len = 0;
	if (r != 0)
		return r == ROWAN_E_NOT_FOUND ? 0 : r;
	reader_init(&in, buf_view(&value));
	while (ret->len < FREED_NOTED && reader_u64(&in, &row) == 0)
		ret->rows[ret->len++] = (int64_t)row;
	if (reader_end(&in) != 0)
		r = ROWAN_E_CORRUPT;
	buf_wipe(&value);
	return r;
}

int freed_find(struct store_reader *rd, const struct freed_note *n, size_t i,
	struct freed *ret)
{
	sqlite3_stmt *q = db_use(&rd->db, SQL_ENVELOPE_SPARE);
	int r;

	*ret = (struct freed){0};
	db_int(q, 1, n->rows[i]);
	if ((r = db_row(&rd->db, q)) == 1)
		*ret = (struct freed){
			n->rows[i], db_get_int(q, 0), db_get_int(q, 1)};
	db_end(q);
	return r < 0 ? r : 0;
}

int freed_load(struct store *st)
{
	struct freed f;
	int r;

	if (st->freed_known)
		return 0;
	st->freed_len = 0;
	st->note_dirty = false;
	if ((r = freed_note_read(&st->view, &st->note)) != 0)
		return r;
	for (size_t i = 0; i < st->note.len; i++) {
		if ((r = freed_find(&st->view, &st->note, i, &f)) != 0)
			return r;
		if (f.row == 0)
			continue;
		if (st->freed_len < FREED_MAX)
			st->freed[st->freed_len++] = f;
		else if ((r = delete_row(st, f.row)) != 0)
			return r;
	}
	st->freed_known = true;
	return 0;
}

/* ---- the rows ---- */

void freed_recent(struct store *st, const struct freed *row)
{
	st->recent[(uint64_t)row->row % RECENT] = *row;
}

void freed_undo(struct store *st)
{
	memset(st->recent, 0, sizeof(st->recent));
}

int freed_add(struct store *st, int64_t row)
{
	const struct freed *known = &st->recent[(uint64_t)row % RECENT];
	struct db *db = &st->view.db;
	sqlite3_stmt *q;
	int r;

	st->deleted = true;
	/* A mark must be able to bring the row back. */
	if (st->freed_len == FREED_MAX || (st->marked && !st->one))
		return delete_row(st, row);
	if (known->row == row) {
		st->freed[st->freed_len++] = *known;
		return 0;
	}
	q = db_use(db, SQL_ENVELOPE_SIZE);
	db_int(q, 1, row);
	if ((r = db_row(db, q)) == 1)
		st->freed[st->freed_len++] =
			(struct freed){row, db_get_int(q, 0), db_get_int(q, 1)};
	db_end(q);
	return r < 0 ? r : 0;
}

int64_t freed_take(struct store *st, int64_t until, size_t len)
{
	size_t best = FREED_MAX;
	int64_t row;

	if (st->marked && !st->one)
		return 0;
	/* The lowest one: rows that lie together are taken together. */
	for (size_t i = 0; i < st->freed_len; i++) {
		const struct freed *f = &st->freed[i];

		if (f->until == until && f->len == (int64_t)len &&
			(best == FREED_MAX || f->row < st->freed[best].row))
			best = i;
	}
	if (best == FREED_MAX)
		return 0;
	row = st->freed[best].row;
	st->freed[best] = st->freed[--st->freed_len];
	return row;
}

static int flush_to(struct store *st, size_t keep)
{
	int r = 0;

	while (st->freed_len > keep && r == 0)
		r = delete_row(st, st->freed[--st->freed_len].row);
	return r;
}

int freed_flush(struct store *st)
{
	return flush_to(st, 0);
}

static int freed_by_row(const void *a, const void *b)
{
	return by_row(&((const struct freed *)a)->row,
		&((const struct freed *)b)->row);
}

int freed_settle(struct store *st)
{
	int r = 0;

	if (st->freed_len > FREED_KEEP) {
		qsort(st->freed, st->freed_len, sizeof(*st->freed),
			freed_by_row);
		r = flush_to(st, FREED_KEEP);
	}
	if (r != 0)
		return r;
	note_all(st);
	return note_write(st);
}
