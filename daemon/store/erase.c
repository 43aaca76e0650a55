/*
 * Erasing a case: what the relay holds of it goes, in slices, so that others
 * are served meanwhile; what everybody's proofs stand on stays.
 *
 * In the transaction of the statement: the secret of the case's leaves, the
 * cards of the victim's devices, the statements that issued them, of which the
 * link alone is left, and that the victim took part; the case's own statements
 * by store_chain_erase. In the slices of store_sweep: envelopes with all
 * their places, blobs with their chunks, assignments, the details of leaves.
 *
 * Trusts the caller that nothing more comes into the case's channels.
 */
#include "store/internal.h"
#include "store/log.h"

#define LOOK 64 /* rows looked at for each one that may be erased */

static int64_t case_row(struct store_reader *rd, const struct id16 *id)
{
	uint8_t name[SEAL_HASH_LEN];
	sqlite3_stmt *q = db_use(&rd->db, SQL_CASE_GET);
	int64_t row = 0;
	int r;

	row_name(rd->seal, TABLE_CASE, id, name);
	db_bytes(q, 1, name, sizeof(name));
	r = db_row(&rd->db, q);
	if (r == 1)
		row = db_get_int(q, 0);
	db_end(q);
	return r < 0 ? r : row;
}

/* ---- whoever was carded for it --------------------------------------------
 */

static int forget_acts(struct store *st, const struct id16 *device)
{
	static const struct id16 clinic;
	struct store_standing at;
	int r = store_standing_get(&st->view, device, &at);

	if (r != 0)
		return r == ROWAN_E_NOT_FOUND ? 0 : r;
	r = act_forget(st, &clinic, at.logged);
	for (size_t i = 0; r == 0 && i < at.earlier_count; i++)
		r = act_forget(st, &clinic, at.earlier[i]);
	return r == 0 && at.revoked != 0 ? act_forget(st, &clinic, at.revoked)
					 : r;
}

/* A device that takes part, and its member's row. */
struct partaker {
	int64_t row, member;
	struct id16 device;
};

/* The next device of that role that took part; 0: none. */
static int next_of(struct store *st, const uint8_t name[SEAL_HASH_LEN],
	uint8_t role, struct partaker *p)
{
	sqlite3_stmt *q;
	struct store_device d = {0};
	int r;

	do {
		q = db_use(&st->view.db, SQL_DEVICE_OF_PART);
		db_bytes(q, 1, name, SEAL_HASH_LEN);
		db_int(q, 2, p->row);
		r = db_row(&st->view.db, q);
		if (r == 1)
			r = device_decode(st->seal, q, &d, &p->row, &p->member);
		else if (r == 0)
			r = ROWAN_E_NOT_FOUND;
		db_end(q);
	} while (r == 0 && d.role != role);
	p->device = d.id;
	return r;
}

static int forget_devices(
	struct store *st, const uint8_t name[SEAL_HASH_LEN], uint8_t role)
{
	struct partaker p = {0};
	int r;

	while ((r = next_of(st, name, role, &p)) == 0) {
		r = store_device_revoke(st, &p.device);
		if (r == 0)
			r = device_card_forget(st, p.row);
		if (r == 0)
			r = forget_acts(st, &p.device);
		if (r != 0)
			return r;
	}
	return r == ROWAN_E_NOT_FOUND ? 0 : r;
}

/* That they took part; whoever of staff did is told by it what became of it. */
static int forget_parts(
	struct store *st, const uint8_t name[SEAL_HASH_LEN], uint8_t role)
{
	struct partaker p = {0};
	sqlite3_stmt *q;
	int r;

	while ((r = next_of(st, name, role, &p)) == 0) {
		st->deleted = true;
		q = db_use(&st->view.db, SQL_PART_DROP);
		db_int(q, 1, p.member);
		db_bytes(q, 2, name, SEAL_HASH_LEN);
		if ((r = db_run(&st->view.db, q)) != 0)
			return r;
		p.row = 0;
	}
	return r == ROWAN_E_NOT_FOUND ? 0 : r;
}

int store_case_erase(struct store *st, const struct id16 *case_id, uint8_t role)
{
	uint8_t name[SEAL_HASH_LEN];
	int64_t of_case;
	sqlite3_stmt *q;
	int r = tx_ready(st);

	if (r == 0)
		r = store_log_erase(st, case_id);
	if (r != 0)
		return r;
	row_name(st->seal, TABLE_PART, case_id, name);
	r = forget_devices(st, name, role);
	if (r == 0)
		r = forget_parts(st, name, role);
	if (r != 0)
		return tx_done(st, r);
	of_case = case_row(&st->view, case_id);
	if (of_case <= 0)
		return (int)of_case;
	/* Nothing more comes in, whatever a copy that was put back says. */
	cache_cold(st);
	q = db_use(&st->view.db, SQL_CASE_SHUT);
	db_int(q, 1, of_case);
	if ((r = db_run(&st->view.db, q)) != 0)
		return tx_done(st, r);
	q = db_use(&st->view.db, SQL_TRASH_ADD);
	db_int(q, 1, TRASH_CASE);
	db_int(q, 2, of_case);
	return db_run(&st->view.db, q);
}

/* ---- slices ----------------------------------------------------------------
 */

/* The next ${max} * LOOK envelopes; those of the case go. */
static int sweep_envelopes(struct store *st, int64_t of_case, size_t max,
	size_t *ret_done, bool *ret_end)
{
	struct swept *p = &st->sweeps.now[SWEEP_CASE];
	int64_t rows[LOOK], at = p->at;
	size_t n = 0, looked = 0;
	sqlite3_stmt *q = db_use(&st->view.db, SQL_CASE_ENVELOPES);
	int r;

	if (max > LOOK)
		max = LOOK;
	db_int(q, 1, at);
	db_int(q, 2, of_case);
	db_int(q, 3, (int64_t)max * LOOK);
	while (n < max && (r = db_row(&st->view.db, q)) == 1) {
		looked++;
		at = db_get_int(q, 0);
		if (db_get_int(q, 1) != 0)
			rows[n++] = at;
	}
	*ret_end = n < max && looked < max * LOOK;
	r = n < max ? r : 0;
	db_end(q);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = envelope_drop(st, rows[i]);
	p->at = at;
	/* Looking is work, too. */
	*ret_done = n > 0 ? n : 1;
	return r < 0 ? r : 0;
}

/* One blob or assignment after the other; none left: the end. */
static int sweep_rest(
	struct store *st, int64_t of_case, size_t max, bool *ret_end)
{
	struct db *db = &st->view.db;
	sqlite3_stmt *q;
	int64_t row = 0;
	int r = 0;

	*ret_end = false;
	for (size_t i = 0; r == 0 && i < max; i++) {
		q = db_use(db, SQL_CASE_BLOB);
		db_int(q, 1, of_case);
		r = db_row(db, q);
		row = r == 1 ? db_get_int(q, 0) : 0;
		db_end(q);
		if (r < 0)
			return r;
		*ret_end = row == 0;
		if (row == 0)
			break;
		r = blob_drop(st, row);
	}
	if (r != 0 || !*ret_end)
		return r;
	cache_cold(st);
	st->deleted = true;
	st->seat_changes++;
	q = db_use(db, SQL_CASE_UNASSIGN);
	db_int(q, 1, of_case);
	return db_run(db, q);
}

int case_sweep(struct store *st, int64_t row, size_t max, size_t *ret_done)
{
	struct swept *p = &st->sweeps.now[SWEEP_CASE];
	bool end = false;
	int r;

	if (p->of != row)
		*p = (struct swept){row, 0, 0};
	r = sweep_envelopes(st, row, max, ret_done, &end);
	if (r == 0 && end)
		r = sweep_rest(st, row, max, &end);
	if (r != 0 || !end)
		return r;
	*p = (struct swept){0, 0, 0};
	*ret_done = 0;
	return 0;
}
