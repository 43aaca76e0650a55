/* The store: devices, channels, envelopes and mailboxes, good and hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/store_kit.h"

/* Channel 1: members 1, 2, 3 with devices 1, 2, 3; 31 is member 3's other. */
static int setup(void **state)
{
	static struct kit kit;
	const uint32_t two[] = {1, 2};

	kit_start(&kit, NULL);
	kit_people(&kit, 4, 3);
	kit_begin(&kit);
	kit_device(&kit, 31, 3);
	kit_channel(&kit, 2, two, 2);
	kit_commit(&kit);
	*state = &kit;
	return 0;
}

/* ---- envelopes ---- */

static void test_cycle(void **state)
{
	struct kit *k = *state;
	struct store_fetch f = {.device = kit_id('d', 2),
		.now = k->now,
		.max_items = 10,
		.max_bytes = 1 << 20};
	const struct store_item *items;
	struct store_batch *b;
	struct id16 channel = kit_id('c', 2);
	size_t len;
	bool more;

	kit_begin(k);
	assert_int_equal(kit_submit(k, 1, 2, 1, "first"), 0);
	assert_int_equal(kit_submit(k, 1, 2, 2, "second"), 0);
	kit_commit(k);
	kit_reopen(k);
	assert_int_equal(store_batch_new(&b), 0);
	assert_int_equal(store_fetch(store_view(k->st), &f, b, &more), 0);
	items = store_batch_items(b, &len);
	assert_int_equal(len, 2);
	assert_false(more);
	assert_true(bytes_eq(items[0].body, bytes_of("first", 5)));
	assert_true(bytes_eq(items[1].body, bytes_of("second", 6)));
	assert_true(items[0].seq > 0 && items[1].seq > items[0].seq);
	assert_memory_equal(&items[0].channel, &channel, sizeof(channel));
	assert_int_equal(items[0].kind, 1);
	assert_int_equal(items[0].received, KIT_NOW);

	kit_begin(k);
	assert_int_equal(kit_ack(k, 2, items[0].seq, items[0].seq), 1);
	assert_int_equal(kit_ack(k, 2, items[0].seq, items[0].seq), 0);
	kit_commit(k);
	assert_int_equal(kit_waiting(k, 2), 1);
	kit_begin(k);
	assert_int_equal(kit_ack(k, 2, 0, UINT64_MAX), 1);
	kit_commit(k);
	assert_int_equal(kit_waiting(k, 2), 0);
	store_batch_free(b);
}

static void test_shared_goes_with_the_last(void **state)
{
	struct kit *k = *state;
	struct store_stats stats;

	kit_begin(k);
	assert_int_equal(kit_submit(k, 1, 1, 1, "to three devices"), 0);
	kit_commit(k);
	assert_int_equal(kit_waiting(k, 1), 0);
	assert_int_equal(kit_waiting(k, 2), 1);
	assert_int_equal(kit_waiting(k, 3), 1);
	assert_int_equal(kit_waiting(k, 31), 1);
	kit_begin(k);
	assert_int_equal(kit_ack(k, 2, 0, 100), 1);
	assert_int_equal(kit_ack(k, 3, 0, 100), 1);
	kit_commit(k);
	kit_check(k);
	assert_int_equal(store_stats(store_view(k->st), &stats), 0);
	assert_int_equal(stats.envelopes, 1);
	assert_int_equal(stats.deliveries, 1);
	kit_begin(k);
	assert_int_equal(kit_ack(k, 31, 0, 100), 1);
	kit_commit(k);
	assert_int_equal(store_stats(store_view(k->st), &stats), 0);
	assert_int_equal(stats.envelopes, 0);
}

static void test_sequences_never_return(void **state)
{
	struct kit *k = *state;
	struct store_submitted done;
	struct store_envelope e;
	struct id16 from = kit_id('d', 1);
	uint64_t last = 0;

	for (uint64_t n = 1; n <= 600; n++) {
		e = kit_envelope(2, n, "x");
		kit_begin(k);
		assert_int_equal(store_submit(k->st, &from, &e, &done), 0);
		assert_int_equal(done.deliveries_len, 1);
		assert_true(done.deliveries[0].seq > last);
		last = done.deliveries[0].seq;
		kit_ack(k, 2, last, last);
		kit_commit(k);
		if (n % 100 == 0)
			kit_reopen(k);
	}
}

static void test_repeat_is_harmless(void **state)
{
	struct kit *k = *state;
	struct store_envelope e = kit_envelope(2, 5, "once");
	struct id16 from = kit_id('d', 1);
	struct store_submitted done;
	uint64_t counter;

	for (int i = 0; i < 4; i++) {
		kit_begin(k);
		assert_int_equal(store_submit(k->st, &from, &e, &done), 0);
		assert_int_equal(done.repeat, i > 0);
		assert_int_equal(done.deliveries_len, i == 0);
		kit_commit(k);
		if (i == 1)
			kit_reopen(k);
		if (i == 2) {
			kit_begin(k);
			kit_ack(k, 2, 0, UINT64_MAX);
			kit_commit(k);
		}
	}
	assert_int_equal(kit_waiting(k, 2), 0);
	assert_int_equal(store_counter(store_view(k->st), &from, &counter), 0);
	assert_int_equal(counter, 5);
}

static void test_counter_window(void **state)
{
	struct kit *k = *state;
	bool sent[2000] = {false};
	uint32_t high = 0, expected = 0;

	for (int i = 0; i < 3000; i++) {
		uint32_t n = high + 1 + randombytes_uniform(5);
		int r;

		if (randombytes_uniform(2) && high > 0)
			n = 1 + randombytes_uniform(high);
		if (n >= 2000)
			break;
		if (i % 50 == 0)
			kit_reopen(k);
		kit_begin(k);
		r = kit_submit(k, 1, 2, n, "x");
		kit_commit(k);
		if (n + STORE_WINDOW <= high) {
			assert_int_equal(r, ROWAN_E_EXISTS);
			continue;
		}
		assert_int_equal(r, 0);
		expected += !sent[n];
		sent[n] = true;
		high = n > high ? n : high;
		kit_begin(k);
		assert_int_equal(kit_ack(k, 2, 0, UINT64_MAX), expected);
		kit_commit(k);
		expected = 0;
	}
	assert_true(high > 1000);
}

static void test_refused(void **state)
{
	struct kit *k = *state;
	struct store_envelope e = kit_envelope(2, 1, "x");
	struct id16 from = kit_id('d', 1), nobody = kit_id('d', 99);
	struct id16 to[2] = {kit_id('d', 2), kit_id('d', 98)};
	struct store_submitted done;
	uint64_t counter;

	kit_begin(k);
	assert_int_equal(
		store_submit(k->st, &nobody, &e, &done), ROWAN_E_REFUSED);
	e.channel = kit_id('c', 77);
	assert_int_equal(
		store_submit(k->st, &from, &e, &done), ROWAN_E_REFUSED);
	e = kit_envelope(2, 0, "x");
	assert_int_equal(store_submit(k->st, &from, &e, &done), ROWAN_E_INVAL);
	e.counter = UINT64_MAX;
	assert_int_equal(store_submit(k->st, &from, &e, &done), ROWAN_E_INVAL);
	e = kit_envelope(2, 1, "");
	assert_int_equal(store_submit(k->st, &from, &e, &done), ROWAN_E_INVAL);
	e = kit_envelope(2, 1, "x");
	e.body.len = STORE_ENVELOPE_MAX + 1;
	assert_int_equal(store_submit(k->st, &from, &e, &done), ROWAN_E_INVAL);
	e = kit_envelope(2, 1, "x");
	e.to = to;
	e.to_len = 2;
	assert_int_equal(
		store_submit(k->st, &from, &e, &done), ROWAN_E_REFUSED);
	kit_commit(k);
	assert_int_equal(kit_waiting(k, 2), 0);
	assert_int_equal(store_counter(store_view(k->st), &from, &counter), 0);
	assert_int_equal(counter, 0);
}

static void test_named_recipients(void **state)
{
	struct kit *k = *state;
	struct id16 to[3] = {kit_id('d', 4), kit_id('d', 2), kit_id('d', 4)};
	struct store_envelope e = kit_envelope(2, 1, "welcome");
	struct id16 from = kit_id('d', 1);
	struct store_submitted done;

	e.to = to;
	e.to_len = 3;
	kit_begin(k);
	assert_int_equal(store_submit(k->st, &from, &e, &done), 0);
	assert_int_equal(done.deliveries_len, 2);
	kit_commit(k);
	assert_int_equal(kit_waiting(k, 4), 1);
	assert_int_equal(kit_waiting(k, 2), 1);
}

static void test_mailbox_full(void **state)
{
	struct kit *k = *state;
	struct store_envelope e = kit_envelope(1, 2000, "x");
	struct id16 from = kit_id('d', 1);
	struct store_submitted done;
	uint64_t n = 0, waiting;

	kit_begin(k);
	while (n < 990)
		assert_int_equal(kit_submit(k, 1, 2, ++n, "x"), 0);
	assert_int_equal(kit_submit(k, 1, 2, n + 1, "x"), ROWAN_E_QUOTA);
	/* One full mailbox keeps it from everybody. */
	assert_int_equal(store_submit(k->st, &from, &e, &done), ROWAN_E_QUOTA);
	e.urgent = true;
	for (int i = 0; i < 10; i++, e.counter++)
		assert_int_equal(store_submit(k->st, &from, &e, &done), 0);
	assert_int_equal(store_submit(k->st, &from, &e, &done), ROWAN_E_QUOTA);
	kit_commit(k);
	kit_reopen(k);
	kit_begin(k);
	assert_int_equal(store_submit(k->st, &from, &e, &done), ROWAN_E_QUOTA);
	assert_int_equal(kit_ack(k, 2, 1, 500), 500);
	assert_int_equal(
		store_waiting(store_view(k->st), kit_at('d', 2), &waiting), 0);
	assert_int_equal(waiting, 500);
	assert_int_equal(store_submit(k->st, &from, &e, &done), 0);
	kit_commit(k);
	assert_int_equal(kit_waiting(k, 2), 501);
	assert_int_equal(kit_waiting(k, 3), 11);
}

static void test_fetch_in_pieces(void **state)
{
	struct kit *k = *state;
	struct store_fetch f = {
		.device = kit_id('d', 2), .max_items = 7, .max_bytes = 1 << 20};
	const struct store_item *items;
	struct store_batch *b;
	char body[32];
	size_t len, seen = 0;
	bool more = true;

	kit_begin(k);
	for (uint64_t n = 1; n <= 100; n++) {
		snprintf(body, sizeof(body), "number %u", (unsigned)n);
		assert_int_equal(kit_submit(k, 1, 2, n, body), 0);
	}
	kit_commit(k);
	assert_int_equal(store_batch_new(&b), 0);
	while (more) {
		assert_int_equal(
			store_fetch(store_view(k->st), &f, b, &more), 0);
		items = store_batch_items(b, &len);
		assert_true(len > 0 && len <= 7);
		for (size_t i = 0; i < len; i++) {
			snprintf(body, sizeof(body), "number %u",
				(unsigned)++seen);
			assert_true(bytes_eq(
				items[i].body, bytes_of(body, strlen(body))));
			f.from = items[i].seq + 1;
		}
	}
	assert_int_equal(seen, 100);
	/* However small the room, the first one is given. */
	f = (struct store_fetch){kit_id('d', 2), 0, 0, 10, 1};
	assert_int_equal(store_fetch(store_view(k->st), &f, b, &more), 0);
	store_batch_items(b, &len);
	assert_int_equal(len, 1);
	assert_true(more);
	f.from = UINT64_MAX;
	assert_int_equal(store_fetch(store_view(k->st), &f, b, &more), 0);
	store_batch_items(b, &len);
	assert_int_equal(len, 0);
	f = (struct store_fetch){kit_id('d', 99), 0, 0, 10, 1};
	assert_int_equal(store_fetch(store_view(k->st), &f, b, &more), 0);
	store_batch_items(b, &len);
	assert_int_equal(len, 0);
	store_batch_free(b);
}

static void test_acknowledge_hostile_ranges(void **state)
{
	struct kit *k = *state;
	const struct store_range odd[] = {
		{5, 4},
		{UINT64_MAX, UINT64_MAX},
		{1ull << 63, UINT64_MAX},
		{0, 0},
		{UINT64_MAX, 0},
	};
	struct id16 id = kit_id('d', 2), nobody = kit_id('d', 99);
	struct id16 other = kit_id('d', 3);
	size_t removed;

	kit_begin(k);
	assert_int_equal(kit_submit(k, 1, 2, 1, "x"), 0);
	assert_int_equal(store_acknowledge(k->st, &id, odd, 5, &removed), 0);
	assert_int_equal(removed, 0);
	assert_int_equal(store_acknowledge(k->st, &nobody, odd, 5, &removed),
		ROWAN_E_REFUSED);
	/* Another device's sequences are its own. */
	assert_int_equal(
		store_acknowledge(k->st, &other,
			&(struct store_range){0, UINT64_MAX}, 1, &removed),
		0);
	assert_int_equal(removed, 0);
	kit_commit(k);
	assert_int_equal(kit_waiting(k, 2), 1);
}

/* ---- marks and transactions ---- */

static void test_undo_and_abort(void **state)
{
	struct kit *k = *state;
	struct id16 from = kit_id('d', 1), channel = kit_id('c', 2);
	struct id16 id = kit_id('d', 2);
	uint64_t counter;

	kit_begin(k);
	assert_int_equal(kit_submit(k, 1, 2, 1, "kept"), 0);
	assert_int_equal(store_mark(k->st), 0);
	assert_int_equal(store_mark(k->st), ROWAN_E_STATE);
	assert_int_equal(kit_submit(k, 1, 2, 2, "undone"), 0);
	assert_int_equal(store_device_revoke(k->st, &id), 0);
	assert_int_equal(
		store_channel_access(k->st, &channel, &id), ROWAN_E_REFUSED);
	assert_int_equal(store_undo(k->st), 0);
	assert_int_equal(store_undo(k->st), ROWAN_E_STATE);
	assert_int_equal(store_channel_access(k->st, &channel, &id), 0);
	assert_int_equal(store_mark(k->st), 0);
	assert_int_equal(kit_submit(k, 1, 2, 2, "again"), 0);
	assert_int_equal(store_keep(k->st), 0);
	kit_commit(k);
	assert_int_equal(kit_waiting(k, 2), 2);

	kit_begin(k);
	assert_int_equal(store_begin(k->st, 1), ROWAN_E_STATE);
	assert_int_equal(kit_submit(k, 1, 2, 3, "aborted"), 0);
	assert_int_equal(kit_ack(k, 2, 0, 100), 3);
	store_abort(k->st);
	assert_int_equal(kit_submit(k, 1, 2, 3, "x"), ROWAN_E_STATE);
	assert_int_equal(store_commit(k->st), ROWAN_E_STATE);
	assert_int_equal(kit_waiting(k, 2), 2);
	assert_int_equal(store_counter(store_view(k->st), &from, &counter), 0);
	assert_int_equal(counter, 2);
	kit_begin(k);
	assert_int_equal(kit_submit(k, 1, 2, 3, "for good"), 0);
	kit_commit(k);
	assert_int_equal(kit_waiting(k, 2), 3);
}

/* A refusal costs nothing; a change cannot be taken back alone. */
static void test_mark_one(void **state)
{
	struct kit *k = *state;
	struct id16 from = kit_id('d', 1);
	uint64_t counter;

	kit_begin(k);
	assert_int_equal(store_mark_one(k->st), 0);
	assert_int_equal(store_mark(k->st), ROWAN_E_STATE);
	assert_int_equal(kit_submit(k, 1, 2, 1, "kept"), 0);
	assert_int_equal(store_keep(k->st), 0);
	assert_int_equal(store_mark_one(k->st), 0);
	assert_int_equal(kit_submit(k, 1, 99, 2, "refused"), ROWAN_E_REFUSED);
	assert_int_equal(store_undo(k->st), 0);
	kit_commit(k);
	assert_int_equal(kit_waiting(k, 2), 1);

	kit_begin(k);
	assert_int_equal(store_mark_one(k->st), 0);
	assert_int_equal(kit_submit(k, 1, 2, 2, "lost"), 0);
	assert_int_equal(store_undo(k->st), ROWAN_E_AGAIN);
	assert_int_equal(store_commit(k->st), ROWAN_E_AGAIN);
	assert_int_equal(kit_waiting(k, 2), 1);
	assert_int_equal(store_counter(store_view(k->st), &from, &counter), 0);
	assert_int_equal(counter, 1);
	kit_begin(k);
	assert_int_equal(kit_submit(k, 1, 2, 2, "for good"), 0);
	kit_commit(k);
	assert_int_equal(kit_waiting(k, 2), 2);
}

/*
 * A row that is used again within its transaction: the new envelope is there,
 * the old one is not, and a mark brings the old one back.
 */
static void test_rows_used_again(void **state)
{
	struct kit *k = *state;
	struct store_fetch f = {kit_id('d', 2), 0, 0, 10, 10000};
	const struct store_item *items;
	struct store_batch *b;
	struct store_slice slice;
	size_t len;
	bool more;

	kit_begin(k);
	assert_int_equal(kit_submit(k, 1, 2, 1, "old 1"), 0);
	assert_int_equal(kit_submit(k, 1, 2, 2, "old 2"), 0);
	assert_int_equal(kit_submit(k, 1, 2, 3, "longer"), 0);
	kit_commit(k);
	kit_begin(k);
	assert_int_equal(kit_ack(k, 2, 1, 1), 1);
	assert_int_equal(kit_ack(k, 2, 3, 3), 1);
	assert_int_equal(store_mark(k->st), 0);
	assert_int_equal(kit_ack(k, 2, 2, 2), 1);
	assert_int_equal(kit_submit(k, 1, 2, 4, "undo!"), 0);
	assert_int_equal(store_undo(k->st), 0);
	assert_int_equal(kit_submit(k, 1, 2, 4, "new 1"), 0);
	assert_int_equal(store_expire(k->st, 10, &slice), 0);
	assert_int_equal(kit_ack(k, 2, 2, 2), 1);
	assert_int_equal(kit_submit(k, 1, 2, 5, "new 2"), 0);
	assert_int_equal(kit_submit(k, 1, 2, 6, "new 3"), 0);
	kit_commit(k);
	kit_check(k);
	kit_reopen(k);
	assert_int_equal(store_batch_new(&b), 0);
	assert_int_equal(store_fetch(store_view(k->st), &f, b, &more), 0);
	items = store_batch_items(b, &len);
	assert_int_equal(len, 3);
	assert_true(bytes_eq(items[0].body, bytes_of("new 1", 5)));
	assert_true(bytes_eq(items[1].body, bytes_of("new 2", 5)));
	assert_true(bytes_eq(items[2].body, bytes_of("new 3", 5)));
	store_batch_free(b);
}

/* ---- access ---- */

static void test_access(void **state)
{
	struct kit *k = *state;
	struct store_submitted done;
	struct store_envelope e;
	struct id16 channel = kit_id('c', 1), device = kit_id('d', 3);
	struct id16 stranger = kit_id('d', 4), member = kit_id('m', 3);
	struct store_channel c;
	struct store_assignment a = {.member = member};

	kit_begin(k);
	assert_int_equal(store_channel_access(k->st, &channel, &device), 0);
	assert_int_equal(store_channel_access(k->st, &channel, &stranger),
		ROWAN_E_REFUSED);
	assert_int_equal(store_channel_access(k->st, kit_at('c', 99), &device),
		ROWAN_E_REFUSED);
	a.from = k->now + 10;
	assert_int_equal(store_assign(k->st, &channel, &a), 0);
	assert_int_equal(store_channel_access(k->st, &channel, &device),
		ROWAN_E_REFUSED);
	a.from = 0;
	a.until = k->now + 10;
	assert_int_equal(store_assign(k->st, &channel, &a), 0);
	assert_int_equal(store_channel_access(k->st, &channel, &device), 0);
	kit_commit(k);

	/* An assignment ends by itself: no access, no delivery. */
	k->now += 10;
	kit_begin(k);
	assert_int_equal(store_channel_access(k->st, &channel, &device),
		ROWAN_E_REFUSED);
	assert_int_equal(kit_submit(k, 1, 1, 1, "without 3"), 0);
	kit_commit(k);
	assert_int_equal(kit_waiting(k, 3), 0);
	assert_int_equal(kit_waiting(k, 2), 1);

	kit_begin(k);
	device = kit_id('d', 2);
	assert_int_equal(store_channel_access(k->st, &channel, &device), 0);
	assert_int_equal(store_device_revoke(k->st, &device), 0);
	assert_int_equal(store_channel_access(k->st, &channel, &device),
		ROWAN_E_REFUSED);
	/* Whoever asks for it without having looked. */
	assert_int_equal(kit_submit(k, 2, 1, 1, "revoked"), ROWAN_E_REFUSED);
	member = kit_id('m', 1);
	assert_int_equal(store_unassign(k->st, &channel, &member), 0);
	device = kit_id('d', 1);
	assert_int_equal(store_channel_access(k->st, &channel, &device),
		ROWAN_E_REFUSED);
	assert_int_equal(store_channel_get(store_view(k->st), &channel, &c), 0);
	c.closed = true;
	assert_int_equal(store_channel_put(k->st, &c), 0);
	assert_int_equal(kit_submit(k, 1, 1, 2, "closed"), ROWAN_E_REFUSED);
	e = kit_envelope(1, 0, "of the daemon's own");
	e.to = &device;
	e.to_len = 1;
	assert_int_equal(store_post(k->st, &e, &done), ROWAN_E_REFUSED);
	kit_commit(k);
}

static void test_shares(void **state)
{
	struct kit *k = *state;
	struct store_reader *rd = store_view(k->st);
	struct id16 d[5];

	for (uint32_t i = 0; i < 5; i++)
		d[i] = kit_id('d', i);
	assert_int_equal(store_device_shares(rd, &d[1], &d[3], k->now), 0);
	assert_int_equal(
		store_device_shares(rd, &d[1], &d[4], k->now), ROWAN_E_REFUSED);
	assert_int_equal(
		store_device_shares(rd, &d[0], &d[1], k->now), ROWAN_E_REFUSED);
}

/* ---- devices ---- */

static void test_devices(void **state)
{
	struct kit *k = *state;
	struct store_device d, back;
	struct store_reader *rd;
	struct id16 id = kit_id('d', 3), member = kit_id('m', 3), ids[4];
	struct buf card;
	size_t len;

	assert_int_equal(store_reader_open(&rd, k->st), 0);
	assert_int_equal(store_device_by_id(rd, &id, &d), 0);
	assert_string_equal(d.agency, "police");
	assert_int_equal(store_device_by_key(rd, &d.transport, &back), 0);
	assert_memory_equal(&back.id, &id, sizeof(id));
	assert_int_equal(store_device_card(rd, &id, &card), 0);
	assert_true(bytes_eq(buf_view(&card), bytes_of("a card", 6)));
	buf_wipe(&card);
	assert_int_equal(store_member_devices(rd, &member, ids, 4, &len), 0);
	assert_int_equal(len, 2);
	assert_int_equal(
		store_member_devices(rd, &member, ids, 1, &len), ROWAN_E_LIMIT);

	/* Another one with that key is refused and changes nothing. */
	kit_begin(k);
	back.id = kit_id('d', 50);
	assert_int_equal(store_device_put(k->st, &back, bytes_of("", 0)),
		ROWAN_E_EXISTS);
	kit_commit(k);
	assert_int_equal(
		store_device_by_id(rd, &back.id, &back), ROWAN_E_NOT_FOUND);

	/* Replaced: the new key finds it, the old one does not. */
	kit_begin(k);
	back = d;
	back.transport.b[9] ^= 1;
	back.rights = 7;
	assert_int_equal(store_device_put(k->st, &back, bytes_of("", 0)), 0);
	kit_commit(k);
	assert_int_equal(
		store_device_by_key(rd, &d.transport, &d), ROWAN_E_NOT_FOUND);
	assert_int_equal(store_device_by_key(rd, &back.transport, &d), 0);
	assert_int_equal(d.rights, 7);

	/* Revoked stays revoked, whatever is put. */
	kit_begin(k);
	assert_int_equal(store_device_revoke(k->st, &id), 0);
	assert_int_equal(store_device_revoke(k->st, &id), 0);
	assert_int_equal(store_device_put(k->st, &back, bytes_of("", 0)), 0);
	assert_int_equal(
		store_device_revoke(k->st, kit_at('d', 99)), ROWAN_E_NOT_FOUND);
	kit_commit(k);
	assert_int_equal(store_device_by_id(rd, &id, &d), 0);
	assert_true(d.revoked);
	assert_int_equal(store_member_devices(rd, &member, ids, 4, &len), 0);
	assert_int_equal(len, 1);
	store_reader_close(rd);
}

/* ---- cases and channels ---- */

static void test_cases(void **state)
{
	struct kit *k = *state;
	struct store_reader *rd = store_view(k->st);
	struct store_channel c = {.id = kit_id('c', 10),
		.case_id = kit_id('s', 1),
		.kind = 3,
		.generation = 4};
	struct store_channel got[3];
	struct store_assignment a[3];
	struct store_case s;
	struct id16 id = kit_id('s', 1), nobody = kit_id('s', 99);
	size_t len;

	kit_begin(k);
	assert_int_equal(store_channel_put(k->st, &c), 0);
	c.case_id = kit_id('s', 2);
	assert_int_equal(store_channel_put(k->st, &c), ROWAN_E_EXISTS);
	c.case_id = nobody;
	assert_int_equal(store_channel_put(k->st, &c), ROWAN_E_NOT_FOUND);
	assert_int_equal(
		store_case_put(k->st, &(struct store_case){id, true}), 0);
	kit_commit(k);
	assert_int_equal(store_case_get(rd, &id, &s), 0);
	assert_true(s.closed);
	assert_int_equal(store_case_get(rd, &nobody, &s), ROWAN_E_NOT_FOUND);
	assert_int_equal(store_case_channels(rd, &id, got, 3, &len), 0);
	assert_int_equal(len, 2);
	assert_int_equal(got[1].kind, 3);
	assert_int_equal(got[1].generation, 4);
	assert_memory_equal(&got[1].case_id, &id, sizeof(id));
	assert_int_equal(
		store_case_channels(rd, &id, got, 1, &len), ROWAN_E_LIMIT);
	assert_int_equal(
		store_channel_assignments(rd, kit_at('c', 1), a, 3, &len), 0);
	assert_int_equal(len, 3);
	assert_int_equal(
		store_channel_assignments(rd, kit_at('c', 1), a, 2, &len),
		ROWAN_E_LIMIT);
	assert_int_equal(len, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, kit_teardown)
	const struct CMUnitTest tests[] = {
		T(test_cycle),
		T(test_shared_goes_with_the_last),
		T(test_sequences_never_return),
		T(test_repeat_is_harmless),
		T(test_counter_window),
		T(test_refused),
		T(test_named_recipients),
		T(test_mailbox_full),
		T(test_fetch_in_pieces),
		T(test_acknowledge_hostile_ranges),
		T(test_undo_and_abort),
		T(test_mark_one),
		T(test_rows_used_again),
		T(test_access),
		T(test_shares),
		T(test_devices),
		T(test_cases),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
