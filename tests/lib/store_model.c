/*
 * The store as a handful of arrays. See store_model.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/store_model.h"
#include "log/entry.h"

/* Who is in which channel, by device (each its own member). */
static const bool seats[MODEL_CHANNELS][MODEL_DEVICES] = {
	{true, true, false, false, false},
	{true, true, true, true, false},
	{false, false, false, true, true},
};

uint32_t model_random(struct model *m, uint32_t n)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return (uint32_t)(m->random >> 33) % n;
}

void model_start(struct model *m, struct kit *k, uint64_t seed)
{
	memset(m, 0, sizeof(*m));
	m->random = seed * 0x9e3779b97f4a7c15u + 1;
	kit_begin(k);
	for (uint32_t d = 0; d < MODEL_DEVICES; d++)
		kit_device(k, d, d);
	for (uint32_t c = 0; c < MODEL_CHANNELS; c++) {
		uint32_t members[MODEL_DEVICES];
		size_t len = 0;

		for (uint32_t d = 0; d < MODEL_DEVICES; d++)
			if (seats[c][d])
				members[len++] = d;
		kit_channel(k, c, members, len);
	}
	kit_commit(k);
}

/* The transaction is lost: not an answer but a failure of the machine. */
static bool lost(int r)
{
	return r == ROWAN_E_AGAIN || r == ROWAN_E_FULL || r == ROWAN_E_NOMEM ||
	       r == ROWAN_E_CORRUPT || r == ROWAN_E_INTERNAL;
}

/*
 * A body whose content follows from its number. Few lengths, so that rows are
 * used again.
 */
static size_t body_of(uint64_t number, uint8_t *ret, size_t max)
{
	size_t len = 1 + number % 5 * 600;

	if (number % 50 == 0)
		len = 1 + number * 7919 % max;
	for (size_t i = 0; i < len; i++)
		ret[i] = (uint8_t)(number * 31 + i * 7 + i / 256);
	return len;
}

/* ---- envelopes ---- */

static void check_deliveries(struct model *m, const bool *to, uint64_t number,
	uint64_t expires, const struct store_submitted *done)
{
	size_t n = 0;

	for (uint32_t d = 0; d < MODEL_DEVICES; d++) {
		struct model_box *box = &m->boxes[d];
		struct id16 id = kit_id('d', d);

		if (!to[d])
			continue;
		assert_true(n < done->deliveries_len);
		assert_true(id16_eq(&id, &done->deliveries[n].device));
		assert_true(
			box->len == 0 ||
			done->deliveries[n].seq > box->items[box->len - 1].seq);
		box->items[box->len++] = (struct model_item){
			done->deliveries[n++].seq, number, expires};
	}
	assert_int_equal(n, done->deliveries_len);
}

/* The leaf of what was just accepted, as the relay makes it. */
static int add_leaf(struct model *m, struct kit *k, uint32_t channel)
{
	struct log_entry e = {.act = WIRE_ACT_SUBMIT,
		.time = k->now,
		.case_id = kit_id('s', channel),
		.number = m->leaves};
	int r = entry_add(k->st, &e, NULL);

	if (r == 0)
		m->leaves++;
	return r;
}

static int step_submit(struct model *m, struct kit *k)
{
	static uint8_t body[STORE_ENVELOPE_MAX];
	uint32_t from = model_random(m, MODEL_DEVICES);
	uint32_t channel = model_random(m, MODEL_CHANNELS);
	uint64_t number = m->next++;
	struct store_envelope e = {.channel = kit_id('c', channel),
		.counter = m->boxes[from].counter + model_random(m, 3),
		.kind = 1};
	struct id16 id = kit_id('d', from);
	struct store_submitted done;
	bool to[MODEL_DEVICES], full = false;
	int r;

	if (model_random(m, 3) == 0)
		e.expires = k->now + 1 + model_random(m, 3) * 3600;
	e.body = bytes_of(body, body_of(number, body, 20000));
	for (uint32_t d = 0; d < MODEL_DEVICES; d++) {
		to[d] = seats[channel][d] && d != from && !m->boxes[d].revoked;
		full |= to[d] && m->boxes[d].len == MODEL_MAILBOX;
	}
	r = store_submit(k->st, &id, &e, &done);
	if (lost(r))
		return r;
	if (e.counter == 0) {
		assert_int_equal(r, ROWAN_E_INVAL);
	} else if (m->boxes[from].revoked) {
		assert_int_equal(r, ROWAN_E_REFUSED);
	} else if (e.counter == m->boxes[from].counter) {
		assert_int_equal(r, 0);
		assert_true(done.repeat);
		assert_int_equal(done.deliveries_len, 0);
	} else if (full) {
		assert_int_equal(r, ROWAN_E_QUOTA);
	} else {
		assert_int_equal(r, 0);
		assert_false(done.repeat);
		m->boxes[from].counter = e.counter;
		check_deliveries(m, to, number, e.expires, &done);
		return add_leaf(m, k, channel);
	}
	return 0;
}

/* Keep the items for which ${gone} is false. */
static size_t prune(struct model_box *box,
	bool (*gone)(const struct model_item *, uint64_t, uint64_t), uint64_t a,
	uint64_t b)
{
	size_t kept = 0, before = box->len;

	for (size_t i = 0; i < box->len; i++)
		if (!gone(&box->items[i], a, b))
			box->items[kept++] = box->items[i];
	box->len = kept;
	return before - kept;
}

static bool in_range(const struct model_item *i, uint64_t a, uint64_t b)
{
	return a <= i->seq && i->seq <= b;
}

static bool expired(const struct model_item *i, uint64_t now, uint64_t unused)
{
	return i->expires != 0 && (i->expires + 3599) / 3600 * 3600 <= now;
}

static int step_acknowledge(struct model *m, struct kit *k)
{
	uint32_t d = model_random(m, MODEL_DEVICES);
	struct model_box *box = &m->boxes[d];
	struct id16 id = kit_id('d', d);
	struct store_range range = {0, 0};
	size_t removed;
	int r;

	if (box->len > 0) {
		range.first =
			box->items[model_random(m, (uint32_t)box->len)].seq;
		range.last = range.first + model_random(m, 20);
	}
	r = store_acknowledge(k->st, &id, &range, 1, &removed);
	if (lost(r))
		return r;
	assert_int_equal(r, 0);
	assert_int_equal(
		removed, prune(box, in_range, range.first, range.last));
	return 0;
}

/* ---- key packages ---- */

static int step_package(struct model *m, struct kit *k)
{
	uint32_t d = model_random(m, MODEL_DEVICES);
	struct model_box *box = &m->boxes[d];
	struct store_package p = {
		.until = k->now + 1000000000, .body = bytes_of("package", 7)};
	struct id16 id = kit_id('d', d);
	struct buf body;
	bool last;
	int r;

	if (model_random(m, 2)) {
		m->next++;
		memcpy(p.hash, &m->next, sizeof(m->next));
		p.last_resort = model_random(m, 5) == 0;
		r = store_package_put(k->st, &id, &p, 10);
		if (lost(r))
			return r;
		assert_int_equal(r, box->revoked ? ROWAN_E_REFUSED
				    : !p.last_resort && box->packages == 10
					    ? ROWAN_E_QUOTA
					    : 0);
		if (r == 0 && p.last_resort)
			box->last_resort = true;
		else if (r == 0)
			box->packages++;
		return 0;
	}
	r = store_package_claim(k->st, &id, &body, &last);
	if (lost(r))
		return r;
	buf_wipe(&body);
	if (box->packages == 0 && !box->last_resort) {
		assert_int_equal(r, ROWAN_E_NOT_FOUND);
		return 0;
	}
	assert_int_equal(r, 0);
	assert_int_equal(last, box->packages == 0);
	box->packages -= box->packages > 0;
	return 0;
}

/* ---- blobs ---- */

static int blob_begin(struct model *m, struct kit *k, uint32_t n)
{
	struct model_blob *b = &m->blobs[n];
	uint32_t owner = model_random(m, MODEL_DEVICES);
	struct store_blob blob = {.id = kit_id('b', n),
		.channel = kit_id('c', 0),
		.owner = kit_id('d', owner),
		.chunks = MODEL_CHUNKS};
	int r = store_blob_begin(k->st, &blob);

	if (lost(r))
		return r;
	if (b->known && b->owner != owner) {
		assert_int_equal(r, ROWAN_E_REFUSED);
	} else if (!b->known && m->boxes[owner].revoked) {
		assert_int_equal(r, ROWAN_E_REFUSED);
	} else {
		assert_int_equal(r, 0);
		if (!b->known)
			*b = (struct model_blob){true, owner, 0, m->next++};
	}
	return 0;
}

static int blob_put(struct model *m, struct kit *k, uint32_t n)
{
	static uint8_t chunk[STORE_CHUNK_MAX];
	struct model_blob *b = &m->blobs[n];
	uint32_t index = model_random(m, MODEL_CHUNKS + 1);
	struct id16 id = kit_id('b', n), owner = kit_id('d', b->owner);
	size_t len = body_of(b->number * 16 + index, chunk, sizeof(chunk));
	int r = store_blob_put(k->st, &owner, &id, index, bytes_of(chunk, len));

	if (lost(r))
		return r;
	if (!b->known) {
		assert_int_equal(r, ROWAN_E_REFUSED);
	} else if (index == MODEL_CHUNKS) {
		assert_int_equal(r, ROWAN_E_LIMIT);
	} else {
		assert_int_equal(r, 0);
		b->chunks |= 1u << index;
	}
	return 0;
}

static int step_blob(struct model *m, struct kit *k)
{
	uint32_t n = model_random(m, MODEL_BLOBS);
	struct id16 id = kit_id('b', n);
	int r;

	switch (model_random(m, 8)) {
	case 0: return blob_begin(m, k, n);
	case 1:
		r = store_blob_delete(k->st, &id);
		if (lost(r))
			return r;
		assert_int_equal(r, m->blobs[n].known ? 0 : ROWAN_E_NOT_FOUND);
		m->blobs[n].known = false;
		return 0;
	default: return blob_put(m, k, n);
	}
}

/* ---- time and the rest ---- */

static int step_time(struct model *m, struct kit *k)
{
	struct store_slice slice = {.more = true};
	int r;

	while (slice.more) {
		r = store_expire(k->st, 5, &slice);
		if (lost(r))
			return r;
		assert_int_equal(r, 0);
	}
	for (uint32_t d = 0; d < MODEL_DEVICES; d++)
		prune(&m->boxes[d], expired, k->now, 0);
	r = store_sweep(k->st, 1 + model_random(m, 20), &slice);
	if (lost(r))
		return r;
	assert_int_equal(r, 0);
	return 0;
}

/* At most one device goes, and late, or little would be left to do. */
static int step_revoke(struct model *m, struct kit *k)
{
	struct id16 id = kit_id('d', MODEL_DEVICES - 1);
	struct model_box *box = &m->boxes[MODEL_DEVICES - 1];
	struct store_slice slice = {.more = true};
	int r;

	if (model_random(m, 300) != 0 || box->revoked)
		return 0;
	r = store_device_revoke(k->st, &id);
	while (r == 0 && slice.more)
		r = store_sweep(k->st, 50, &slice);
	if (lost(r))
		return r;
	assert_int_equal(r, 0);
	box->revoked = true;
	box->len = 0;
	box->packages = 0;
	box->last_resort = false;
	return 0;
}

int model_step(struct model *m, struct kit *k)
{
	switch (model_random(m, 16)) {
	case 0: return step_time(m, k);
	case 1: return step_package(m, k);
	case 2:
	case 3: return step_blob(m, k);
	case 4:
	case 5:
	case 6:
	case 7:
	case 8: return step_acknowledge(m, k);
	case 9: return step_revoke(m, k);
	default: return step_submit(m, k);
	}
}

/* ---- comparing ---- */

static bool box_fits(const struct model_box *box, struct kit *k, uint32_t d,
	struct store_batch *batch)
{
	static uint8_t body[STORE_ENVELOPE_MAX];
	struct store_fetch f = {.device = kit_id('d', d),
		.max_items = UINT32_MAX,
		.max_bytes = UINT32_MAX};
	struct store_reader *rd = store_view(k->st);
	const struct store_item *items;
	struct store_stock stock;
	uint64_t counter, waiting;
	size_t len;
	bool more;

	assert_int_equal(store_fetch(rd, &f, batch, &more), 0);
	assert_int_equal(store_counter(rd, &f.device, &counter), 0);
	assert_int_equal(store_waiting(rd, &f.device, &waiting), 0);
	assert_int_equal(store_package_count(rd, &f.device, &stock), 0);
	items = store_batch_items(batch, &len);
	if (len != box->len || waiting != len || counter != box->counter ||
		stock.available != box->packages ||
		stock.last_resort != box->last_resort)
		return false;
	for (size_t i = 0; i < len; i++) {
		size_t n = body_of(box->items[i].number, body, 20000);

		if (items[i].seq != box->items[i].seq ||
			!bytes_eq(items[i].body, bytes_of(body, n)))
			return false;
	}
	return true;
}

static bool blob_fits(const struct model_blob *b, struct kit *k, uint32_t n)
{
	static uint8_t chunk[STORE_CHUNK_MAX];
	struct id16 id = kit_id('b', n);
	struct store_reader *rd = store_view(k->st);
	struct store_blob blob;
	struct buf got;
	uint32_t have = 0;
	int r = store_blob_get(rd, &id, &blob);

	if (!b->known || r != 0)
		return !b->known && r == ROWAN_E_NOT_FOUND;
	for (uint32_t i = 0; i < MODEL_CHUNKS; i++) {
		size_t len = body_of(b->number * 16 + i, chunk, sizeof(chunk));
		bool same;

		r = store_blob_chunk(rd, &id, i, &got);
		same = r == 0 && bytes_eq(buf_view(&got), bytes_of(chunk, len));
		buf_wipe(&got);
		if (b->chunks >> i & 1 ? !same : r != ROWAN_E_NOT_FOUND)
			return false;
		have += b->chunks >> i & 1;
	}
	return blob.have == have;
}

/* As many leaves as envelopes, and the last one is whose it should be. */
static bool log_fits(const struct model *m, struct kit *k)
{
	struct store_reader *rd = store_view(k->st);
	struct wire_detail d;
	struct buf detail;
	uint64_t size;
	bool fits;

	if (store_log_size(rd, &size) != 0 || size != m->leaves)
		return false;
	if (size == 0)
		return true;
	if (store_log_detail(rd, size - 1, &detail) != 0)
		return false;
	fits = wire_detail_read(buf_view(&detail), &d) == 0 &&
	       d.number == size - 1;
	buf_wipe(&detail);
	return fits;
}

bool model_fits(const struct model *m, struct kit *k)
{
	struct store_batch *batch;
	bool fits = log_fits(m, k);

	assert_int_equal(store_batch_new(&batch), 0);
	for (uint32_t d = 0; d < MODEL_DEVICES && fits; d++)
		fits = box_fits(&m->boxes[d], k, d, batch);
	for (uint32_t n = 0; n < MODEL_BLOBS && fits; n++)
		fits = blob_fits(&m->blobs[n], k, n);
	store_batch_free(batch);
	return fits;
}
