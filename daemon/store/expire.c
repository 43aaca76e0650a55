/*
 * Time's work: erasing what is over, sweeping up after deletions. One row at
 * a time, a bounded number each call.
 */
#include "store/internal.h"
#include "store/log.h"

static int run2(struct store *st, enum sql which, int64_t a, int64_t b)
{
	sqlite3_stmt *q = db_use(&st->view.db, which);

	db_int(q, 1, a);
	db_int(q, 2, b);
	return db_run(&st->view.db, q);
}

static int drop_envelope(struct store *st, int64_t row)
{
	sqlite3_stmt *q = db_use(&st->view.db, SQL_ENVELOPE_DELETE);

	st->deleted = true;
	db_int(q, 1, row);
	return db_run(&st->view.db, q);
}

struct pending {
	int64_t device, seq;
};

/* Who waits for an envelope, into the caller's array. */
static int waiting_for(
	struct store *st, int64_t row, struct pending *ret, size_t *ret_len)
{
	sqlite3_stmt *q = db_use(&st->view.db, SQL_PENDING_LIST);
	size_t len = 0;
	int r;

	db_int(q, 1, row);
	while ((r = db_row(&st->view.db, q)) == 1 && len < STORE_RECIPIENT_MAX)
		ret[len++] =
			(struct pending){db_get_int(q, 0), db_get_int(q, 1)};
	db_end(q);
	*ret_len = len;
	return r < 0 ? r : 0;
}

/* ---- expired ---- */

static int leave_mailbox(struct store *st, int64_t device, int64_t seq)
{
	struct device *d;
	int r;

	if ((r = cache_device_row(st, device, &d)) != 0 ||
		(r = cache_save(st, d)) != 0 ||
		(r = run2(st, SQL_DELIVERY_DELETE, device, seq)) != 0)
		return r;
	if (d->mailbox_known && d->waiting > 0 &&
		sqlite3_changes(st->view.db.h) > 0)
		d->waiting--;
	return 0;
}

/* An envelope goes with all its places; it may have gone before. */
int envelope_drop(struct store *st, int64_t row)
{
	struct pending to[STORE_RECIPIENT_MAX];
	sqlite3_stmt *q = db_use(&st->view.db, SQL_ENVELOPE_HEAD);
	int64_t device = 0, seq = 0;
	size_t len;
	int r;

	db_int(q, 1, row);
	if ((r = db_row(&st->view.db, q)) == 1) {
		device = db_get_int(q, 0);
		seq = db_get_int(q, 1);
	}
	db_end(q);
	if (r <= 0)
		return r;
	if (device != 0) {
		if ((r = leave_mailbox(st, device, seq)) != 0)
			return r;
		return drop_envelope(st, row);
	}
	r = waiting_for(st, row, to, &len);
	for (size_t i = 0; i < len && r == 0; i++) {
		r = leave_mailbox(st, to[i].device, to[i].seq);
		if (r == 0)
			r = run2(st, SQL_PENDING_DELETE, row, to[i].device);
	}
	return r != 0 ? r : drop_envelope(st, row);
}

static int drop_package(struct store *st, int64_t row)
{
	sqlite3_stmt *q = db_use(&st->view.db, SQL_PACKAGE_DELETE);

	st->deleted = true;
	db_int(q, 1, row);
	return db_run(&st->view.db, q);
}

/* The row whose time is over first, and when. */
static int first_over(
	struct store *st, enum sql which, int64_t *ret_row, int64_t *ret_at)
{
	sqlite3_stmt *q = db_use(&st->view.db, which);
	int r = db_row(&st->view.db, q);

	*ret_row = r == 1 ? db_get_int(q, 0) : 0;
	*ret_at = r == 1 ? db_get_int(q, 1) : 0;
	db_end(q);
	return r < 0 ? r : 0;
}

static int expire_some(struct store *st, enum sql which,
	int (*drop)(struct store *, int64_t), uint32_t max,
	struct store_slice *slice)
{
	int64_t row, at;
	int r;

	for (;;) {
		if ((r = first_over(st, which, &row, &at)) != 0 || row == 0)
			return r;
		if ((uint64_t)at > st->now || slice->done == max)
			break;
		if ((r = drop(st, row)) != 0)
			return r;
		slice->done++;
	}
	if (slice->next == 0 || (uint64_t)at < slice->next)
		slice->next = (uint64_t)at;
	return 0;
}

int store_expire(struct store *st, uint32_t max, struct store_slice *ret)
{
	int r = tx_ready(st);

	*ret = (struct store_slice){0};
	if (r != 0 || (r = freed_flush(st)) != 0 ||
		(r = expire_some(st, SQL_ENVELOPE_OVER, envelope_drop, max,
			 ret)) != 0 ||
		(r = expire_some(st, SQL_BLOB_OVER, blob_drop, max, ret)) !=
			0 ||
		(r = expire_some(
			 st, SQL_PACKAGE_OVER, drop_package, max, ret)) != 0 ||
		(r = expire_some(st, SQL_INVITE_OVER, invite_over, max, ret)) !=
			0)
		return r;
	ret->more = ret->next != 0 && ret->next <= st->now;
	return 0;
}

/* ---- trash ---- */

static int sweep_chunks(
	struct store *st, int64_t row, size_t max, size_t *ret_done)
{
	sqlite3_stmt *q;
	int r;

	for (*ret_done = 0; *ret_done < max; (*ret_done)++) {
		q = db_use(&st->view.db, SQL_CHUNK_SWEEP);
		db_int(q, 1, (int64_t)((uint64_t)row << 16));
		db_int(q, 2, (int64_t)((uint64_t)row << 16 | 0xffff));
		if ((r = db_run(&st->view.db, q)) != 0)
			return r;
		if (sqlite3_changes(st->view.db.h) == 0)
			break;
		st->deleted = true;
	}
	return 0;
}

int store_sweep(struct store *st, uint32_t max, struct store_slice *ret)
{
	int64_t kind = 0, row = 0;
	sqlite3_stmt *q;
	size_t done, left;
	int r = tx_ready(st);

	*ret = (struct store_slice){0};
	if (r != 0 || (r = freed_flush(st)) != 0)
		return r;
	while (ret->done < max) {
		q = db_use(&st->view.db, SQL_TRASH_NEXT);
		if ((r = db_row(&st->view.db, q)) == 1) {
			kind = db_get_int(q, 0);
			row = db_get_int(q, 1);
		}
		db_end(q);
		if (r <= 0)
			return r;
		left = max - ret->done;
		if (kind == TRASH_BLOB)
			r = sweep_chunks(st, row, left, &done);
		else if (kind == TRASH_LOG)
			r = log_sweep(st, row, left, ret, &done);
		else if (kind == TRASH_CASE)
			r = case_sweep(st, row, left, &done);
		else
			r = mailbox_empty(st, row, (uint32_t)left, &done);
		if (r != 0)
			return r;
		ret->done += done ? done : 1;
		if (done == 0 &&
			(r = run2(st, SQL_TRASH_DELETE, kind, row)) != 0)
			return r;
	}
	ret->more = true;
	return 0;
}
