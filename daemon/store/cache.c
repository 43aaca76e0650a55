/*
 * What the writer remembers of devices and channels, so that a message costs
 * no look-up.
 *
 * The file is the truth: everything here was read from it or is written to it
 * by the commit that covers it. What changed since a mark is saved first and
 * goes back with store_undo; a lost transaction makes the writer forget all.
 */
#include "store/internal.h"

#include <stdlib.h>

#define DEVICES_MAX  32768
#define CHANNELS_MAX 32768

static int read_identity(struct store *st, struct device *d)
{
	uint8_t name[SEAL_HASH_LEN];
	sqlite3_stmt *q;
	int r;

	row_name(st->seal, TABLE_DEVICE, &d->id, name);
	q = db_use(&st->view.db, SQL_DEVICE_GET);
	db_bytes(q, 1, name, sizeof(name));
	r = db_row(&st->view.db, q);
	if (r == 1) {
		r = device_decode(st->seal, q, &d->as_put, &d->row, &d->member);
	} else if (r == 0) {
		d->row = 0;
	}
	db_end(q);
	d->known = r == 0;
	return r;
}

static int find_device(
	struct store *st, const struct id16 *id, struct device **ret)
{
	struct device *d = st->last_device, *fresh = NULL;
	int r = 0;

	*ret = NULL;
	if (d == NULL || !id16_eq(&d->id, id))
		d = idmap_get(&st->devices, id);
	if (d == NULL) {
		if ((d = fresh = calloc(1, sizeof(*d))) == NULL)
			return ROWAN_E_NOMEM;
		d->id = *id;
	}
	if (!d->known)
		r = read_identity(st, d);
	if (r == 0 && d->row == 0)
		r = ROWAN_E_REFUSED;
	/* Unknown ids are not remembered: anybody can make them up. */
	if (r == 0 && fresh != NULL)
		r = idmap_put(&st->devices, id, d);
	if (r == 0)
		*ret = st->last_device = d;
	else
		free(fresh);
	return r;
}

int cache_device(struct store *st, const struct id16 *id, struct device **ret)
{
	return tx_done(st, find_device(st, id, ret));
}

int cache_device_row(struct store *st, int64_t row, struct device **ret)
{
	struct store_device device;
	int64_t at, member;
	sqlite3_stmt *q;
	int r;

	*ret = NULL;
	q = db_use(&st->view.db, SQL_DEVICE_BY_ROW);
	db_int(q, 1, row);
	r = db_row(&st->view.db, q);
	if (r == 1)
		r = device_decode(st->seal, q, &device, &at, &member);
	else if (r == 0)
		r = ROWAN_E_CORRUPT;
	db_end(q);
	return r != 0 ? r : cache_device(st, &device.id, ret);
}

/* Append the devices of one member to a channel that may move by that. */
static int add_seats(struct store *st, struct channel **c, int64_t member,
	const struct store_assignment *a)
{
	struct store_device device;
	struct channel *bigger;
	int64_t row, of;
	sqlite3_stmt *q;
	int r;

	q = db_use(&st->view.db, SQL_DEVICE_OF_MEMBER);
	db_int(q, 1, member);
	while ((r = db_row(&st->view.db, q)) == 1) {
		struct seat seat = {.from = a->from, .until = a->until};

		r = device_decode(st->seal, q, &device, &row, &of);
		if (r == 0 && (*c)->len == STORE_RECIPIENT_MAX)
			r = ROWAN_E_LIMIT;
		if (r == 0)
			r = cache_device(st, &device.id, &seat.device);
		if (r != 0)
			break;
		bigger = realloc(*c,
			sizeof(**c) + ((*c)->len + 1) * sizeof(struct seat));
		if (bigger == NULL) {
			r = ROWAN_E_NOMEM;
			break;
		}
		*c = bigger;
		bigger->seats[bigger->len++] = seat;
	}
	db_end(q);
	return r;
}

static int read_seats(struct store *st, struct channel **c)
{
	struct store_assignment a;
	sqlite3_stmt *q;
	int r;

	q = db_use(&st->view.db, SQL_ASSIGNMENT_LIST);
	db_int(q, 1, (*c)->row);
	while ((r = db_row(&st->view.db, q)) == 1) {
		r = assignment_decode(
			st->seal, db_get_int(q, 0), db_get_bytes(q, 2), &a);
		if (r == 0)
			r = add_seats(st, c, db_get_int(q, 1), &a);
		if (r != 0)
			break;
	}
	db_end(q);
	return r;
}

static int read_channel(struct store *st, struct channel *c)
{
	struct store_channel whole = {.closed = false};
	uint8_t name[SEAL_HASH_LEN];
	sqlite3_stmt *q;
	int r;

	row_name(st->seal, TABLE_CHANNEL, &c->id, name);
	q = db_use(&st->view.db, SQL_CHANNEL_GET);
	db_bytes(q, 1, name, sizeof(name));
	r = db_row(&st->view.db, q);
	if (r == 1) {
		c->row = db_get_int(q, 0);
		c->closed = db_get_int(q, 2) != 0;
	}
	db_end(q);
	if (r == 1)
		r = store_channel_get(&st->view, &c->id, &whole);
	else if (r == 0)
		r = ROWAN_E_REFUSED;
	c->case_id = whole.case_id;
	return r;
}

static int find_channel(
	struct store *st, const struct id16 *id, struct channel **ret)
{
	struct channel *c = st->last_channel;
	int r;

	if (c == NULL || !id16_eq(&c->id, id))
		c = idmap_get(&st->channels, id);
	*ret = c;
	if (c != NULL) {
		st->last_channel = c;
		return 0;
	}
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return ROWAN_E_NOMEM;
	c->id = *id;
	r = read_channel(st, c);
	if (r == 0)
		r = read_seats(st, &c);
	if (r == 0)
		r = idmap_put(&st->channels, id, c);
	if (r == 0)
		*ret = c;
	else
		free(c);
	return r;
}

int cache_channel(struct store *st, const struct id16 *id, struct channel **ret)
{
	return tx_done(st, find_channel(st, id, ret));
}

int store_channel_case(
	struct store *st, const struct id16 *channel, struct id16 *ret)
{
	struct channel *c;
	int r = tx_ready(st);

	if (r == 0)
		r = cache_channel(st, channel, &c);
	if (r == 0)
		*ret = c->case_id;
	return r;
}

int cache_mailbox(struct store *st, struct device *d)
{
	sqlite3_stmt *q;
	int64_t reserved = 0, waiting = 0;
	int r;

	if (d->mailbox_known)
		return 0;
	q = db_use(&st->view.db, SQL_MAILBOX_GET);
	db_int(q, 1, d->row);
	if ((r = db_row(&st->view.db, q)) == 1)
		reserved = db_get_int(q, 0);
	db_end(q);
	if (r == 0)
		r = mailbox_first(st, &reserved);
	if (r < 0)
		return r;
	q = db_use(&st->view.db, SQL_MAILBOX_COUNT);
	db_int(q, 1, d->row);
	if ((r = db_row(&st->view.db, q)) == 1)
		waiting = db_get_int(q, 0);
	db_end(q);
	if (r < 0)
		return r;
	d->seq = d->reserved = (uint64_t)reserved;
	d->waiting = (uint32_t)waiting;
	d->mailbox_known = true;
	return 0;
}

int cache_sender(struct store *st, struct device *d)
{
	sqlite3_stmt *q;
	int r;

	if (d->sender_known)
		return 0;
	q = db_use(&st->view.db, SQL_SENDER_GET);
	db_int(q, 1, d->row);
	d->high = 0;
	memset(d->mask, 0, sizeof(d->mask));
	d->sender_stored = (r = db_row(&st->view.db, q)) == 1;
	if (r == 1) {
		d->high = (uint64_t)db_get_int(q, 0);
		for (int i = 0; i < MASK_WORDS; i++)
			d->mask[i] = (uint64_t)db_get_int(q, 1 + i);
	}
	db_end(q);
	d->sender_known = r >= 0;
	return r < 0 ? r : 0;
}

/* Make room for one more pointer-sized thing. */
static int grow(void **array, size_t *cap, size_t len, size_t each)
{
	size_t more = *cap ? *cap * 2 : 64;
	void *bigger;

	if (len < *cap)
		return 0;
	if ((bigger = realloc(*array, more * each)) == NULL)
		return ROWAN_E_NOMEM;
	*array = bigger;
	*cap = more;
	return 0;
}

int cache_save(struct store *st, struct device *d)
{
	void *array = st->saved;
	int r;

	if (d->mark == st->mark)
		return 0;
	r = grow(&array, &st->saved_cap, st->saved_len, sizeof(*st->saved));
	st->saved = array;
	if (r != 0)
		return tx_done(st, r);
	st->saved[st->saved_len].device = d;
	st->saved[st->saved_len++].was = *d;
	d->mark = st->mark;
	return 0;
}

int cache_dirty(struct store *st, struct device *d)
{
	void *array = st->dirty;
	int r;

	if (d->sender_dirty)
		return 0;
	r = grow(&array, &st->dirty_cap, st->dirty_len, sizeof(*st->dirty));
	st->dirty = array;
	if (r != 0)
		return tx_done(st, r);
	st->dirty[st->dirty_len++] = d;
	d->sender_dirty = true;
	return 0;
}

int cache_write_senders(struct store *st)
{
	int r = 0;

	for (size_t i = 0; i < st->dirty_len && r == 0; i++) {
		struct device *d = st->dirty[i];
		sqlite3_stmt *q;

		if (!d->sender_dirty)
			continue;
		q = db_use(&st->view.db,
			d->sender_stored ? SQL_SENDER_SET : SQL_SENDER_ADD);
		db_int(q, 1, d->row);
		db_int(q, 2, (int64_t)d->high);
		for (int k = 0; k < MASK_WORDS; k++)
			db_int(q, 3 + k, (int64_t)d->mask[k]);
		r = db_run(&st->view.db, q);
		d->sender_stored = true;
		d->sender_dirty = false;
	}
	st->dirty_len = 0;
	return r;
}

static void forget_channels(struct store *st)
{
	size_t pos = 0;
	void *c;

	st->last_channel = NULL;
	while ((c = idmap_next(&st->channels, &pos)) != NULL)
		free(c);
	idmap_wipe(&st->channels);
}

void cache_cold(struct store *st)
{
	st->seat_changes++;
	struct device *d;
	size_t pos = 0;

	st->cold = true;
	forget_channels(st);
	while ((d = idmap_next(&st->devices, &pos)) != NULL)
		d->known = false;
}

void cache_undo(struct store *st)
{
	bool cold = st->cold;

	for (size_t i = st->saved_len; i-- > 0;)
		*st->saved[i].device = st->saved[i].was;
	st->saved_len = 0;
	for (int i = 0; i < SEQUENCE_COUNT; i++)
		st->sequences[i].reserved = 0;
	if (cold)
		cache_cold(st);
	st->cold = false;
}

void cache_forget(struct store *st)
{
	size_t pos = 0;
	void *d;

	forget_channels(st);
	st->last_device = NULL;
	while ((d = idmap_next(&st->devices, &pos)) != NULL)
		free(d);
	idmap_wipe(&st->devices);
	st->saved_len = st->dirty_len = st->out_len = 0;
	for (int i = 0; i < SEQUENCE_COUNT; i++)
		st->sequences[i].reserved = 0;
	st->cold = false;
}

void cache_trim(struct store *st)
{
	if (st->devices.n > DEVICES_MAX || st->channels.n > CHANNELS_MAX)
		cache_forget(st);
}
