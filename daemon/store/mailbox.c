/*
 * Mailboxes: places for deliveries, fetching, acknowledging.
 */
#include "store/internal.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/reader.h"

#define SLICE 256 /* deliveries read before they are deleted */

int mailbox_place(struct store *st, struct device *d, uint64_t *ret)
{
	struct db *db = &st->view.db;
	sqlite3_stmt *q;
	int r;

	*ret = 0;
	if ((r = cache_mailbox(st, d)) != 0 || (r = cache_save(st, d)) != 0)
		return r;
	if (d->seq >= d->reserved) {
		q = db_use(db, SQL_MAILBOX_PUT);
		db_int(q, 1, d->row);
		db_int(q, 2, (int64_t)(d->seq + MAILBOX_BLOCK));
		if ((r = db_run(db, q)) != 0)
			return r;
		d->reserved = d->seq + MAILBOX_BLOCK;
	}
	*ret = d->seq++;
	d->waiting++;
	return 0;
}

int mailbox_out(struct store *st, const struct device *d, uint64_t seq)
{
	if (st->out_len == st->out_cap) {
		size_t more = st->out_cap ? st->out_cap * 2 : 64;
		void *bigger = realloc(st->out, more * sizeof(*st->out));

		if (bigger == NULL)
			return tx_done(st, ROWAN_E_NOMEM);
		st->out = bigger;
		st->out_cap = more;
	}
	st->out[st->out_len++] = (struct store_delivery){d->id, seq};
	return 0;
}

/* ---- fetching ---- */

struct store_batch {
	struct store_item *items;
	size_t len, cap;
	uint8_t *data;
	size_t used, size;
};

int store_batch_new(struct store_batch **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : ROWAN_E_NOMEM;
}

void store_batch_free(struct store_batch *b)
{
	if (b == NULL)
		return;
	free(b->items);
	mem_free(b->data, b->size);
	free(b);
}

void store_batch_clear(struct store_batch *b)
{
	if (b->used > 0)
		sodium_memzero(b->data, b->used);
	b->len = b->used = 0;
}

const struct store_item *store_batch_items(
	const struct store_batch *b, size_t *ret_len)
{
	*ret_len = b->len;
	return b->items;
}

static int batch_reserve(struct store_batch *b, size_t bytes)
{
	size_t more = b->size ? b->size : 65536;
	uint8_t *bigger;

	if (b->len == b->cap) {
		size_t cap = b->cap ? b->cap * 2 : 64;
		void *items = realloc(b->items, cap * sizeof(*b->items));

		if (items == NULL)
			return ROWAN_E_NOMEM;
		b->items = items;
		b->cap = cap;
	}
	while (more < b->used + bytes)
		more *= 2;
	if (more > b->size) {
		if ((bigger = realloc(b->data, more)) == NULL)
			return ROWAN_E_NOMEM;
		b->data = bigger;
		b->size = more;
	}
	return 0;
}

/* Open one row into the batch; bodies are offsets until the batch is full. */
static int batch_add(struct store_batch *b, const struct store_reader *rd,
	sqlite3_stmt *q, uint64_t now)
{
	struct seal_place place = {
		TABLE_ENVELOPE, COLUMN_BODY, (uint64_t)db_get_int(q, 1)};
	struct bytes sealed = db_get_bytes(q, 2);
	struct store_item item = {.seq = (uint64_t)db_get_int(q, 0)};
	struct reader r;
	uint8_t urgent;
	size_t len;
	int code;

	if (sealed.len < SEAL_OVERHEAD)
		return ROWAN_E_CORRUPT;
	len = sealed.len - SEAL_OVERHEAD;
	if ((code = batch_reserve(b, len + sizeof(item.leaf))) != 0)
		return code;
	if (seal_get(rd->seal, place, sealed, b->data + b->used) != 0)
		return ROWAN_E_CORRUPT;
	reader_init(&r, bytes_of(b->data + b->used, len));
	if (reader_array(&r, item.channel.b, ID16_LEN) != 0 ||
		reader_u8(&r, &item.kind) != 0 || reader_u8(&r, &urgent) != 0 ||
		reader_u64(&r, &item.received) != 0 ||
		reader_u64(&r, &item.expires) != 0)
		return ROWAN_E_CORRUPT;
	item.leaf = UINT64_MAX;
	if (!(urgent & ENVELOPE_LEAF)) {
		/* From before there was a log: room for what is not there. */
		memmove(b->data + b->used + ENVELOPE_HEAD, r.pos,
			reader_left(&r));
		len += sizeof(item.leaf);
		reader_init(&r, bytes_of(b->data + b->used + ENVELOPE_HEAD,
					len - ENVELOPE_HEAD));
	} else if (reader_u64(&r, &item.leaf) != 0) {
		return ROWAN_E_CORRUPT;
	}
	item.urgent = (urgent & ~ENVELOPE_LEAF) != 0;
	if (now != 0 && item.expires != 0 && item.expires <= now)
		return 0;
	item.body = bytes_of(NULL, reader_left(&r));
	b->items[b->len++] = item;
	b->used += len;
	return 0;
}

static void batch_settle(struct store_batch *b)
{
	uint8_t *p = b->data;

	for (size_t i = 0; i < b->len; i++) {
		p += ENVELOPE_HEAD;
		b->items[i].body.data = p;
		p += b->items[i].body.len;
	}
}

int store_fetch(struct store_reader *rd, const struct store_fetch *f,
	struct store_batch *b, bool *ret_more)
{
	uint8_t name[SEAL_HASH_LEN];
	sqlite3_stmt *q;
	int r;

	*ret_more = false;
	b->len = b->used = 0;
	if (f->from > INT64_MAX)
		return 0;
	row_name(rd->seal, TABLE_DEVICE, &f->device, name);
	q = db_use(&rd->db, SQL_FETCH);
	db_bytes(q, 1, name, sizeof(name));
	db_int(q, 2, (int64_t)f->from);
	while ((r = db_row(&rd->db, q)) == 1) {
		if (b->len == f->max_items ||
			(b->len > 0 &&
				b->used + (size_t)sqlite3_column_bytes(q, 2) >
					f->max_bytes)) {
			*ret_more = true;
			r = 0;
			break;
		}
		if ((r = batch_add(b, rd, q, f->now)) != 0)
			break;
	}
	db_end(q);
	if (r != 0) {
		b->len = 0;
		return r;
	}
	batch_settle(b);
	return 0;
}

int store_waiting(
	struct store_reader *rd, const struct id16 *device, uint64_t *ret)
{
	struct device *d;
	sqlite3_stmt *q;
	int64_t row;
	int r;

	*ret = 0;
	if (rd->owner != NULL) {
		r = cache_device(rd->owner, device, &d);
		if (r == 0)
			r = cache_mailbox(rd->owner, d);
		if (r == 0)
			*ret = d->waiting;
		return r == ROWAN_E_REFUSED ? 0 : r;
	}
	if ((r = device_row(rd, device, &row)) != 0)
		return r;
	q = db_use(&rd->db, SQL_MAILBOX_COUNT);
	db_int(q, 1, row);
	if ((r = db_row(&rd->db, q)) == 1)
		*ret = (uint64_t)db_get_int(q, 0);
	db_end(q);
	return r < 0 ? r : 0;
}

/* ---- acknowledging ---- */

struct place {
	int64_t seq, envelope;
	bool shared;
};

static int run2(struct db *db, enum sql which, int64_t a, int64_t b)
{
	sqlite3_stmt *q = db_use(db, which);

	db_int(q, 1, a);
	db_int(q, 2, b);
	return db_run(db, q);
}

/* The envelope of one place that goes; with the last one it goes too. */
static int let_go(struct store *st, int64_t device, const struct place *p)
{
	struct db *db = &st->view.db;
	sqlite3_stmt *q;
	int r;

	if (p->shared) {
		r = run2(db, SQL_PENDING_DELETE, p->envelope, device);
		if (r != 0)
			return r;
		q = db_use(db, SQL_PENDING_ANY);
		db_int(q, 1, p->envelope);
		r = db_row(db, q);
		db_end(q);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	return freed_add(st, p->envelope);
}

/* Remove up to SLICE places of ${first}..${last}, lowest first. */
static int remove_slice(struct store *st, int64_t device, int64_t first,
	int64_t last, uint32_t max, size_t *ret)
{
	struct db *db = &st->view.db;
	struct place places[SLICE];
	sqlite3_stmt *q;
	size_t len = 0;
	int r;

	*ret = 0;
	q = db_use(db, SQL_DELIVERY_RANGE);
	db_int(q, 1, device);
	db_int(q, 2, first);
	db_int(q, 3, last);
	db_int(q, 4, max < SLICE ? max : SLICE);
	while ((r = db_row(db, q)) == 1 && len < SLICE) {
		places[len++] = (struct place){db_get_int(q, 0),
			db_get_int(q, 1), db_get_int(q, 2) != 0};
	}
	db_end(q);
	if (r < 0 || len == 0)
		return r < 0 ? r : 0;
	if (len == 1) {
		r = run2(db, SQL_DELIVERY_DELETE, device, places[0].seq);
	} else {
		q = db_use(db, SQL_DELIVERY_DELETE_RANGE);
		db_int(q, 1, device);
		db_int(q, 2, places[0].seq);
		db_int(q, 3, places[len - 1].seq);
		r = db_run(db, q);
	}
	for (size_t i = 0; i < len && r == 0; i++)
		r = let_go(st, device, &places[i]);
	*ret = len;
	st->deleted = true;
	return r;
}

static int remove_range(struct store *st, struct device *d,
	const struct store_range *range, size_t *total)
{
	int64_t first, last;
	size_t done;
	int r;

	if (range->first > range->last || range->first > INT64_MAX)
		return 0;
	first = (int64_t)range->first;
	last = range->last > INT64_MAX ? INT64_MAX : (int64_t)range->last;
	do {
		r = remove_slice(st, d->row, first, last, SLICE, &done);
		if (r != 0)
			return r;
		*total += done;
		d->waiting -= done < d->waiting ? (uint32_t)done : d->waiting;
	} while (done == SLICE);
	return 0;
}

int store_acknowledge(struct store *st, const struct id16 *device,
	const struct store_range *ranges, size_t len, size_t *ret_removed)
{
	struct device *d;
	size_t total = 0;
	int r = tx_ready(st);

	if (ret_removed != NULL)
		*ret_removed = 0;
	if (r != 0)
		return r;
	r = cache_device(st, device, &d);
	if (r == 0)
		r = cache_mailbox(st, d);
	if (r == 0)
		r = cache_save(st, d);
	for (size_t i = 0; i < len && r == 0; i++)
		r = remove_range(st, d, &ranges[i], &total);
	if (r == 0 && ret_removed != NULL)
		*ret_removed = total;
	return r;
}

int mailbox_empty(struct store *st, int64_t row, uint32_t max, size_t *ret_done)
{
	struct device *d;
	int r;

	*ret_done = 0;
	if ((r = cache_device_row(st, row, &d)) != 0 ||
		(r = cache_mailbox(st, d)) != 0 || (r = cache_save(st, d)) != 0)
		return r;
	r = remove_slice(st, row, 0, INT64_MAX, max, ret_done);
	if (r == 0)
		d->waiting -= *ret_done < d->waiting ? (uint32_t)*ret_done
						     : d->waiting;
	return r;
}
