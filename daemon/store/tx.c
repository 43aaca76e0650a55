/*
 * Transactions: begin, a mark for each operation, commit.
 *
 *            store_begin              store_commit, store_abort
 *    closed ------------> open  ---------------------------------> closed
 *                          | ^
 *               store_mark v | store_keep, store_undo
 *                         marked
 *
 * The first engine error inside a transaction sticks (db.failed): every later
 * call and the commit return it, and nothing of the transaction happened.
 */
#include "store/internal.h"
#include "store/log.h"

/* The engine compiles its question for pages anew each time it is asked. */
#define FAR_BYTES (256 << 20)
#define FAR_TURNS 16 /* transactions, which together add less than that */

int tx_ready(const struct store *st)
{
	return st->open ? st->view.db.failed : ROWAN_E_STATE;
}

int tx_done(struct store *st, int r)
{
	bool machine = r == ROWAN_E_NOMEM || r == ROWAN_E_AGAIN ||
		       r == ROWAN_E_CORRUPT || r == ROWAN_E_INTERNAL;

	if (machine && st->open && st->view.db.failed == 0)
		st->view.db.failed = r == ROWAN_E_NOMEM ? ROWAN_E_AGAIN : r;
	return machine && st->open ? st->view.db.failed : r;
}

int tx_room(struct store *st, size_t bytes)
{
	if (!st->room)
		return ROWAN_E_FULL;
	if (st->budget < (int64_t)bytes)
		return ROWAN_E_FULL;
	st->budget -= (int64_t)bytes;
	return 0;
}

static int one_int(struct db *db, enum sql which, int64_t *ret)
{
	sqlite3_stmt *q = db_use(db, which);
	int r = db_row(db, q);

	*ret = r == 1 ? db_get_int(q, 0) : 0;
	db_end(q);
	return r < 0 ? r : 0;
}

/*
 * How much may be added before the hard end of the file: pages up to the
 * quota, less a sixteenth that deletions and expiry may need.
 */
static int measure(struct store *st)
{
	int64_t pages, unused, left;
	int r;

	st->room = st->disk.laid;
	/* Far from the quota: what is left of the last answer will do. */
	if (st->unmeasured < FAR_TURNS && st->budget > FAR_BYTES) {
		st->unmeasured++;
		return 0;
	}
	st->unmeasured = 0;
	if ((r = one_int(&st->view.db, SQL_PAGES, &pages)) != 0 ||
		(r = one_int(&st->view.db, SQL_PAGES_FREE, &unused)) != 0)
		return r;
	left = (int64_t)st->max_pages - (int64_t)(st->max_pages / 16) -
	       (pages - unused);
	st->budget = left > 0 ? left * SCHEMA_PAGE : 0;
	if (left <= 0)
		st->room = false;
	return 0;
}

int store_begin(struct store *st, uint64_t now)
{
	int r;

	if (st->open)
		return ROWAN_E_STATE;
	cache_trim(st);
	st->view.db.failed = 0;
	r = db_run(&st->view.db, db_use(&st->view.db, SQL_BEGIN));
	if (r == 0)
		r = measure(st);
	if (r != 0) {
		db_rollback(&st->view.db);
		return r == ROWAN_E_CORRUPT ? r : ROWAN_E_AGAIN;
	}
	st->open = true;
	st->marked = st->cold = false;
	st->saved_len = st->out_len = 0;
	st->mark++;
	memcpy(st->sweeps.begun, st->sweeps.now, sizeof st->sweeps.now);
	st->now = st->sure = now;
	r = freed_load(st);
	if (r != 0)
		store_abort(st);
	return r == 0 || r == ROWAN_E_CORRUPT ? r : ROWAN_E_AGAIN;
}

void store_doubt(struct store *st, uint64_t sure)
{
	st->sure = sure < st->now ? sure : st->now;
}

static int mark(struct store *st, bool one)
{
	int r = tx_ready(st);

	if (r != 0 || st->marked)
		return r != 0 ? r : ROWAN_E_STATE;
	if (!one && (r = freed_flush(st)) != 0)
		return r;
	if (one)
		st->changes = db_changes(&st->view.db);
	else
		r = db_run(&st->view.db, db_use(&st->view.db, SQL_MARK));
	if (r != 0)
		return r;
	log_mark(st);
	memcpy(st->sweeps.marked, st->sweeps.now, sizeof st->sweeps.now);
	st->marked = true;
	st->one = one;
	st->cold = false;
	st->saved_len = 0;
	st->mark++;
	return 0;
}

int store_mark(struct store *st)
{
	return mark(st, false);
}

int store_mark_one(struct store *st)
{
	return mark(st, true);
}

int store_keep(struct store *st)
{
	int r = tx_ready(st);

	if (r != 0 || !st->marked)
		return r != 0 ? r : ROWAN_E_STATE;
	st->marked = false;
	if (st->one)
		return 0;
	return db_run(&st->view.db, db_use(&st->view.db, SQL_KEEP));
}

int store_undo(struct store *st)
{
	int r = tx_ready(st);

	if (r != 0 || !st->marked)
		return r != 0 ? r : ROWAN_E_STATE;
	st->marked = false;
	log_undo(st);
	memcpy(st->sweeps.now, st->sweeps.marked, sizeof st->sweeps.now);
	if (st->one) {
		/* Nothing to go back to: then nothing may have changed. */
		if (db_changes(&st->view.db) != st->changes)
			r = st->view.db.failed = ROWAN_E_AGAIN;
		cache_undo(st);
		return r;
	}
	freed_undo(st);
	r = db_run(&st->view.db, db_use(&st->view.db, SQL_UNDO));
	if (r == 0)
		r = db_run(&st->view.db, db_use(&st->view.db, SQL_KEEP));
	cache_undo(st);
	return r;
}

void store_abort(struct store *st)
{
	if (!st->open)
		return;
	db_rollback(&st->view.db);
	cache_forget(st);
	log_abort(st);
	memcpy(st->sweeps.now, st->sweeps.begun, sizeof st->sweeps.now);
	freed_undo(st);
	st->freed_known = false;
	st->freed_len = 0;
	st->open = st->marked = false;
}

int store_commit(struct store *st)
{
	struct db *db = &st->view.db;
	int r = tx_ready(st);

	if (r == ROWAN_E_STATE)
		return r;
	if (r == 0 && st->marked)
		r = store_keep(st);
	if (r == 0)
		r = cache_write_senders(st);
	if (r == 0)
		r = freed_settle(st);
	if (r == 0)
		r = log_write(st);
	if (r == 0)
		r = db_run(db, db_use(db, SQL_COMMIT));
	if (r == 0 && sqlite3_get_autocommit(db->h)) {
		st->open = false;
		log_settle(st);
		return 0;
	}
	if (r == ROWAN_E_FULL)
		disk_give_up(&st->disk);
	store_abort(st);
	return r == ROWAN_E_FULL || r == ROWAN_E_CORRUPT ? r : ROWAN_E_AGAIN;
}

bool store_room(const struct store *st)
{
	return st->room;
}

int tx_id(struct store *st, enum schema_sequence which, int64_t *ret)
{
	struct sequence *s = &st->sequences[which];
	struct db *db = &st->view.db;
	sqlite3_stmt *q;
	int64_t stored = 1;
	int r;

	*ret = 0;
	if (s->next >= s->reserved) {
		q = db_use(db, SQL_SEQUENCE_GET);
		db_int(q, 1, which);
		if ((r = db_row(db, q)) == 1)
			stored = db_get_int(q, 0);
		db_end(q);
		if (r < 0)
			return r;
		if (stored > s->next)
			s->next = stored;
		q = db_use(db, SQL_SEQUENCE_PUT);
		db_int(q, 1, which);
		db_int(q, 2, s->next + ID_BLOCK);
		if ((r = db_run(db, q)) != 0)
			return r;
		s->reserved = s->next + ID_BLOCK;
	}
	*ret = s->next++;
	return 0;
}
