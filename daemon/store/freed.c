/*
 * Rows of envelopes that the open transaction is done with, to be used again
 * by it: an envelope of the same size takes the place of one that was
 * acknowledged, in the same page, so that neither is the page written twice
 * nor are pages freed and taken again. What is left over is deleted before the
 * commit.
 *
 * Rows come back under their old id with a number of their own; it is the
 * number, never used twice, that the seal is bound to.
 */
#include "store/internal.h"

static int delete_row(struct store *st, int64_t row)
{
	sqlite3_stmt *q = db_use(&st->view.db, SQL_ENVELOPE_DELETE);

	db_int(q, 1, row);
	return db_run(&st->view.db, q);
}

int freed_add(struct store *st, int64_t row)
{
	struct db *db = &st->view.db;
	struct freed *f = &st->freed[st->freed_len];
	sqlite3_stmt *q;
	int r;

	st->deleted = true;
	/* A mark must be able to bring the row back. */
	if (st->freed_len == FREED_MAX || (st->marked && !st->one))
		return delete_row(st, row);
	q = db_use(db, SQL_ENVELOPE_SIZE);
	db_int(q, 1, row);
	if ((r = db_row(db, q)) == 1) {
		*f = (struct freed){row, db_get_int(q, 0), db_get_int(q, 1)};
		st->freed_len++;
	}
	db_end(q);
	return r < 0 ? r : 0;
}

int64_t freed_take(struct store *st, int64_t until, size_t len)
{
	if (st->marked && !st->one)
		return 0;
	for (size_t i = st->freed_len; i-- > 0;) {
		struct freed f = st->freed[i];

		if (f.until != until || f.len != (int64_t)len)
			continue;
		st->freed[i] = st->freed[--st->freed_len];
		return f.row;
	}
	return 0;
}

int freed_flush(struct store *st)
{
	int r = 0;

	while (st->freed_len > 0 && r == 0)
		r = delete_row(st, st->freed[--st->freed_len].row);
	return r;
}
