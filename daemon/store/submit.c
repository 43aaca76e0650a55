/*
 * Submitting envelopes.
 *
 * Everything that may be refused is settled before the first write, so a
 * refusal needs no mark to be undone.
 */
#include "store/internal.h"

#include <sodium.h>

#include "base/writer.h"

static struct seal_place at(int64_t row)
{
	return (struct seal_place){TABLE_ENVELOPE, COLUMN_BODY, (uint64_t)row};
}

/* ---- counters ---- */

enum fate { NEW, REPEAT, TOO_OLD };

static enum fate fate_of(const struct device *d, uint64_t counter)
{
	uint64_t back;

	if (counter > d->high)
		return NEW;
	back = d->high - counter;
	if (back >= STORE_WINDOW)
		return TOO_OLD;
	return d->mask[back / 64] >> (back % 64) & 1 ? REPEAT : NEW;
}

/* Bit i stands for high - i: move all up when high grows. */
static void shift(struct device *d, uint64_t by)
{
	size_t words = by / 64, bits = by % 64;

	for (size_t i = MASK_WORDS; i-- > 0;) {
		uint64_t v = 0;

		if (by < STORE_WINDOW && i >= words) {
			v = d->mask[i - words] << bits;
			if (bits && i > words)
				v |= d->mask[i - words - 1] >> (64 - bits);
		}
		d->mask[i] = v;
	}
}

static int accept(struct store *st, struct device *d, uint64_t counter)
{
	uint64_t back;
	int r;

	if ((r = cache_save(st, d)) != 0 || (r = cache_dirty(st, d)) != 0)
		return r;
	if (counter > d->high) {
		shift(d, counter - d->high);
		d->high = counter;
	}
	back = d->high - counter;
	d->mask[back / 64] |= (uint64_t)1 << (back % 64);
	return 0;
}

int store_counter(
	struct store_reader *rd, const struct id16 *device, uint64_t *ret)
{
	sqlite3_stmt *q;
	int64_t row;
	int r = device_row(rd, device, &row);

	*ret = 0;
	if (r != 0)
		return r;
	q = db_use(&rd->db, SQL_SENDER_GET);
	db_int(q, 1, row);
	if ((r = db_row(&rd->db, q)) == 1)
		*ret = (uint64_t)db_get_int(q, 0);
	db_end(q);
	return r < 0 ? r : 0;
}

/* ---- recipients ---- */

/* The devices assigned now, into st->to. */
static int assigned(struct store *st, const struct channel *c,
	const struct device *sender, size_t *ret)
{
	size_t len = 0;

	for (size_t i = 0; i < c->len; i++) {
		const struct seat *seat = &c->seats[i];
		struct device *d = seat->device;

		if (d == sender || d->as_put.revoked ||
			!in_force(d->as_put.from, d->as_put.until, st->sure,
				st->now) ||
			!in_force(seat->from, seat->until, st->sure, st->now))
			continue;
		st->to[len++] = d;
	}
	*ret = len;
	return 0;
}

/* The devices named, each once, into st->to. */
static int named(struct store *st, const struct store_envelope *e, size_t *ret)
{
	size_t len = 0;

	for (size_t i = 0; i < e->to_len; i++) {
		struct device *d;
		size_t k;
		int r = cache_device(st, &e->to[i], &d);

		if (r != 0)
			return r;
		if (d->as_put.revoked)
			continue;
		for (k = 0; k < len && st->to[k] != d; k++)
			;
		if (k == len)
			st->to[len++] = d;
	}
	*ret = len;
	return 0;
}

/* Has each mailbox a place for it? */
static int places(struct store *st, size_t len, bool urgent)
{
	uint32_t max = st->mailbox_max;

	if (!urgent)
		max -= st->mailbox_reserve < max ? st->mailbox_reserve : max;
	for (size_t i = 0; i < len; i++) {
		int r = cache_mailbox(st, st->to[i]);

		if (r != 0)
			return r;
		if (st->to[i]->waiting >= max)
			return ROWAN_E_QUOTA;
	}
	return 0;
}

/* ---- rows ---- */

/* Where an envelope goes: its number, and the row it takes. */
struct spot {
	int64_t number, row;
	bool reused;
	int64_t until;
};

static int find_spot(
	struct store *st, const struct store_envelope *e, struct spot *ret)
{
	size_t len = e->body.len + ENVELOPE_HEAD + SEAL_OVERHEAD;

	ret->until = e->expires ? hour_up(e->expires) : 0;
	ret->row = freed_take(st, ret->until, len);
	ret->reused = ret->row != 0;
	return tx_id(st, SEQUENCE_ENVELOPE, &ret->number);
}

static int add_envelope(struct store *st, const struct store_envelope *e,
	const struct spot *spot, int64_t channel,
	const struct store_delivery *sole)
{
	struct db *db = &st->view.db;
	sqlite3_stmt *q;
	struct writer w;
	int r;

	writer_init_fixed(&w, st->plain, PLAIN_MAX);
	writer_raw(&w, e->channel.b, ID16_LEN);
	writer_u8(&w, e->kind);
	writer_u8(&w, e->urgent | ENVELOPE_LEAF);
	writer_u64(&w, hour_down(st->now));
	writer_u64(&w, e->expires);
	writer_u64(&w, e->leaf);
	writer_raw(&w, e->body.data, e->body.len);
	seal_put(st->seal, at(spot->number), writer_view(&w), st->sealed);
	sodium_memzero(st->plain, w.len);
	q = db_use(db, spot->reused ? SQL_ENVELOPE_REUSE : SQL_ENVELOPE_ADD);
	db_int(q, 1, spot->row);
	db_int(q, 2, channel);
	db_int(q, 3, sole ? st->to[0]->row : 0);
	db_int(q, 4, sole ? (int64_t)sole->seq : 0);
	db_bytes(q, 5, st->sealed, w.len + SEAL_OVERHEAD);
	db_int(q, 6, spot->reused ? spot->number : spot->until);
	r = db_run(db, q);
	if (r == 0 && sqlite3_changes(db->h) != 1)
		r = ROWAN_E_CORRUPT;
	if (r == 0)
		freed_recent(st, &(struct freed){spot->row, spot->until,
					 (int64_t)(w.len + SEAL_OVERHEAD)});
	return r;
}

static int add_delivery(struct store *st, int64_t row, struct device *d,
	uint64_t seq, bool shared)
{
	sqlite3_stmt *q = db_use(&st->view.db, SQL_DELIVERY_ADD);

	db_int(q, 1, d->row);
	db_int(q, 2, (int64_t)seq);
	db_int(q, 3, row);
	db_int(q, 4, shared);
	return db_run(&st->view.db, q);
}

static int add_pending(
	struct store *st, int64_t row, const struct device *d, uint64_t seq)
{
	sqlite3_stmt *q = db_use(&st->view.db, SQL_PENDING_ADD);

	db_int(q, 1, row);
	db_int(q, 2, d->row);
	db_int(q, 3, (int64_t)seq);
	return db_run(&st->view.db, q);
}

static int write_rows(struct store *st, const struct store_envelope *e,
	int64_t channel, size_t len)
{
	struct spot spot;
	uint64_t seq = 0;
	int r = find_spot(st, e, &spot);

	if (r == 0 && !spot.reused)
		spot.row = spot.number;
	for (size_t i = 0; i < len && r == 0; i++) {
		struct device *d = st->to[i];

		if ((r = mailbox_place(st, d, &seq)) != 0 ||
			(r = mailbox_out(st, d, seq)) != 0 ||
			(r = add_delivery(st, spot.row, d, seq, len > 1)) != 0)
			break;
		if (len > 1)
			r = add_pending(st, spot.row, d, seq);
	}
	if (r == 0 && e->urgent)
		urgent_add(st, spot.row, spot.number);
	return r != 0 ? r
		      : add_envelope(st, e, &spot, channel,
				len == 1 ? st->out : NULL);
}

/* ---- the operations ---- */

/* In a few words: is it an envelope at all? */
static bool envelope_ok(const struct store_envelope *e)
{
	return e->body.len > 0 && e->body.len <= STORE_ENVELOPE_MAX &&
	       e->to_len <= STORE_RECIPIENT_MAX;
}

static int judge(struct store *st, const struct id16 *device,
	const struct store_envelope *e, struct device **ret)
{
	struct device *d;
	int r = tx_ready(st);

	if (r != 0)
		return r;
	if (!envelope_ok(e) || e->counter == 0 || e->counter > INT64_MAX)
		return ROWAN_E_INVAL;
	if ((r = cache_device(st, device, &d)) != 0)
		return r;
	if (d->as_put.revoked)
		return ROWAN_E_REFUSED;
	*ret = d;
	return cache_sender(st, d);
}

int store_submit(struct store *st, const struct id16 *device,
	const struct store_envelope *e, struct store_submitted *ret)
{
	struct channel *c;
	struct device *d = NULL;
	enum fate fate;
	size_t len = 0;
	int r;

	*ret = (struct store_submitted){0};
	st->out_len = 0;
	if ((r = judge(st, device, e, &d)) != 0)
		return r;
	if ((fate = fate_of(d, e->counter)) != NEW) {
		ret->repeat = fate == REPEAT;
		ret->received = hour_down(st->now);
		return fate == REPEAT ? 0 : ROWAN_E_EXISTS;
	}
	if ((r = cache_channel(st, &e->channel, &c)) != 0)
		return r;
	if (c->closed)
		return ROWAN_E_REFUSED;
	r = e->to ? named(st, e, &len) : assigned(st, c, d, &len);
	if (r == 0)
		r = places(st, len, e->urgent);
	if (r == 0)
		r = tx_room(st, e->body.len + 512 + 256 * len);
	if (r != 0)
		return r;
	/* From here on only the engine can fail, and then everything does. */
	if (len > 0)
		r = write_rows(st, e, c->row, len);
	if (r == 0)
		r = accept(st, d, e->counter);
	if (r != 0)
		return tx_done(st, r);
	ret->received = hour_down(st->now);
	ret->deliveries = st->out;
	ret->deliveries_len = st->out_len;
	return 0;
}

bool store_is_repeat(
	struct store *st, const struct id16 *device, uint64_t counter)
{
	struct device *d;

	return tx_ready(st) == 0 && cache_device(st, device, &d) == 0 &&
	       cache_sender(st, d) == 0 && fate_of(d, counter) != NEW;
}

int store_post(struct store *st, const struct store_envelope *e,
	struct store_submitted *ret)
{
	struct channel *c;
	size_t len = 0;
	int r = tx_ready(st);

	*ret = (struct store_submitted){0};
	st->out_len = 0;
	if (r != 0)
		return r;
	if (!envelope_ok(e) || e->counter != 0 || e->to == NULL)
		return ROWAN_E_INVAL;
	if ((r = cache_channel(st, &e->channel, &c)) != 0)
		return r;
	if (c->closed)
		return ROWAN_E_REFUSED;
	r = named(st, e, &len);
	for (size_t i = 0; r == 0 && i < len; i++)
		r = cache_mailbox(st, st->to[i]);
	if (r == 0)
		r = tx_room(st, e->body.len + 512 + 256 * len);
	if (r != 0)
		return r;
	if (len > 0)
		r = write_rows(st, e, c->row, len);
	if (r != 0)
		return tx_done(st, r);
	ret->received = hour_down(st->now);
	ret->deliveries = st->out;
	ret->deliveries_len = st->out_len;
	return 0;
}
