/*
 * What a restore waits for: one whose signer's word was taken away by what
 * came back neither stands nor takes the relay down, no waiting helps it, and
 * the same restore by whoever is the authority now does. And what was erased
 * has its tombstone again after a crash.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "clinic/acts.h"
#include "clinic/returning.h"
#include "clinic/tombstones.h"
#include "lib/store_kit.h"
#include "lib/trust_world.h"
#include "tlog/leaf.h"
#include "trust/attest.h"

#define DAY 86400u

struct cast {
	struct kit k;
	struct world w;
	struct returning r;
};

static int setup(void **state)
{
	static struct cast t;

	if (sodium_init() < 0)
		return -1;
	memset(&t, 0, sizeof t);
	kit_start(&t.k, NULL);
	world_init(&t.w);
	t.k.now = t.w.now;
	kit_begin(&t.k);
	assert_int_equal(acts_begin(t.k.st, buf_view(&t.w.record)), 0);
	kit_commit(&t.k);
	*state = &t;
	return 0;
}

static int teardown(void **state)
{
	struct cast *t = *state;

	returning_wipe(&t->r);
	world_wipe(&t->w);
	kit_stop(&t->k);
	return 0;
}

/* A restore by the authority as the world knows it. */
static void sign_restore(struct cast *t, struct buf *ret)
{
	struct wire_statement s;

	world_statement(&t->w, NULL, WIRE_ST_RESTORE, &s);
	s.u.restore = (struct wire_st_restore){3, {{1}}, 5, {{2}}};
	world_sign(&t->w, NULL, &s, ret);
}

static int put(struct cast *t, struct bytes raw)
{
	struct acts_result done;
	int rc;

	kit_begin(&t->k);
	rc = acts_put(t->k.st, raw, t->w.now, &done);
	kit_commit(&t->k);
	return rc;
}

static void begin(struct cast *t, struct bytes restore)
{
	kit_begin(&t->k);
	assert_int_equal(returning_begin(t->k.st, restore, t->w.now), 0);
	kit_commit(&t->k);
	assert_int_equal(returning_load(&t->r, store_view(t->k.st)), 0);
	assert_int_equal(t->r.phase, RETURNING_CLINIC);
}

static void step(struct cast *t, uint64_t wait, struct acts_result *ret)
{
	kit_begin(&t->k);
	assert_int_equal(
		returning_step(&t->r, t->k.st, t->w.now, wait, ret), 0);
	kit_commit(&t->k);
}

/* The successor is the authority now; the world signs with its key. */
static void succeed(struct cast *t)
{
	struct wire_record r = {
		.clinic = t->w.clinic.id, .created_at = t->w.now};
	struct wire_statement s;
	struct writer w;
	struct buf raw;

	attest_key(t->w.successor, &r.key);
	writer_init(&w, 4096);
	assert_int_equal(wire_record_encode_tbs(&r, &w), 0);
	assert_int_equal(attest_sign(ATTEST_RECORD, writer_view(&w),
				 t->w.successor, &r.signature),
		0);
	w.len = 0;
	assert_int_equal(wire_record_encode(&r, &w), 0);
	world_statement(&t->w, NULL, WIRE_ST_SUCCEED, &s);
	s.u.succeed = writer_view(&w);
	s.signer_count = 1;
	s.signers[0].kind = WIRE_SIGNER_SUCCESSOR;
	world_sign(&t->w, NULL, &s, &raw);
	assert_int_equal(put(t, buf_view(&raw)), 0);
	assert_int_equal(world_submit(&t->w, NULL, buf_view(&raw)), 0);
	memcpy(t->w.authority, t->w.successor, sizeof t->w.authority);
	buf_wipe(&raw);
	writer_wipe(&w);
}

static void a_restore_finds_its_place(void **state)
{
	struct cast *t = *state;
	struct acts_result done;
	struct buf restore;

	sign_restore(t, &restore);
	begin(t, buf_view(&restore));
	/* Nobody coordinates: nobody is waited for. */
	step(t, DAY, &done);
	assert_int_equal(done.head.number, 1);
	assert_int_equal(t->r.phase, RETURNING_CASES);
	assert_false(t->r.refused);
	t->w.now += DAY;
	step(t, DAY, &done);
	assert_int_equal(t->r.phase, RETURNING_OVER);
	buf_wipe(&restore);
}

static void give_device(
	struct cast *t, uint8_t n, uint8_t role, uint32_t rights)
{
	struct store_device d = {.id = {{n}},
		.member = {{0xf0, n}},
		.transport = {{0xf1, n}},
		.role = role,
		.rights = rights,
		.agency = "clinic"};

	kit_begin(&t->k);
	assert_int_equal(store_device_put(t->k.st, &d, bytes_of("card", 4)), 0);
	kit_commit(&t->k);
}

static void tells(struct cast *t, uint8_t n, uint8_t given)
{
	struct id16 id = {{n}};
	struct acts_result done;

	assert_int_equal(returning_tell(&t->r, &id, given), 0);
	step(t, DAY, &done);
}

/* Who is to be asked to connect: coordinators first, then everybody. */
static void it_says_whom_it_waits_for(void **state)
{
	struct cast *t = *state;
	struct acts_result done;
	struct buf restore;

	give_device(t, 1, WIRE_ROLE_CASEWORKER, WIRE_RIGHT_COORDINATE);
	give_device(t, 2, WIRE_ROLE_CASEWORKER, WIRE_RIGHT_COORDINATE);
	give_device(t, 3, WIRE_ROLE_CASEWORKER, 0);
	give_device(t, 4, WIRE_ROLE_VICTIM, 0);
	give_device(t, 5, WIRE_ROLE_DAEMON, 0);
	sign_restore(t, &restore);
	begin(t, buf_view(&restore));
	step(t, DAY, &done);
	assert_int_equal(t->r.missing, 2);
	tells(t, 3, WIRE_GIVEN_ALL);
	assert_int_equal(t->r.missing, 2);
	tells(t, 1, WIRE_GIVEN_CLINIC);
	assert_int_equal(t->r.phase, RETURNING_CLINIC);
	assert_int_equal(t->r.missing, 1);
	tells(t, 2, WIRE_GIVEN_ALL);
	assert_int_equal(t->r.phase, RETURNING_CASES);
	step(t, DAY, &done);
	assert_int_equal(t->r.missing, 2);
	tells(t, 1, WIRE_GIVEN_ALL);
	assert_true(returning_waits(&t->r));
	tells(t, 4, WIRE_GIVEN_ALL);
	assert_int_equal(t->r.missing, 0);
	/* Everybody has given all: nothing waits, though it is not over. */
	assert_false(returning_waits(&t->r));
	assert_int_equal(t->r.phase, RETURNING_CASES);
	/* As it is stored nobody knows yet who is waited for. */
	returning_wipe(&t->r);
	assert_int_equal(returning_load(&t->r, store_view(t->k.st)), 0);
	assert_true(returning_waits(&t->r));
	step(t, DAY, &done);
	assert_false(returning_waits(&t->r));
	buf_wipe(&restore);
}

/* ---- who is waited for ---- */

static void change(struct cast *t, uint8_t n, bool revoked, uint64_t until)
{
	const struct id16 id = {{n}};
	struct store_device d;

	assert_int_equal(store_device_by_id(store_view(t->k.st), &id, &d), 0);
	d.until = until;
	kit_begin(&t->k);
	assert_int_equal(store_device_put(t->k.st, &d, bytes_of("card", 4)), 0);
	if (revoked)
		assert_int_equal(store_device_revoke(t->k.st, &id), 0);
	kit_commit(&t->k);
}

static uint32_t missing(struct cast *t)
{
	struct acts_result done;

	step(t, DAY, &done);
	return t->r.missing;
}

/* Whoever is gone, or has not been seen for long, is not. */
static void who_will_not_come_is_not_waited_for(void **state)
{
	const struct id16 away = {{4}};
	struct cast *t = *state;
	struct buf restore;

	for (uint8_t n = 1; n <= 4; n++)
		give_device(t, n, WIRE_ROLE_CASEWORKER, WIRE_RIGHT_COORDINATE);
	kit_begin(&t->k);
	assert_int_equal(store_device_seen(t->k.st, &away), 0);
	kit_commit(&t->k);
	sign_restore(t, &restore);
	begin(t, buf_view(&restore));
	assert_int_equal(missing(t), 4);
	change(t, 1, true, 0);
	assert_int_equal(missing(t), 3);
	change(t, 2, false, t->w.now + 1);
	assert_int_equal(missing(t), 3);
	change(t, 2, false, t->w.now);
	assert_int_equal(missing(t), 2);
	t->w.now += STORE_AWAY_DAYS * DAY;
	t->k.now = t->w.now;
	t->r.since = t->w.now;
	assert_int_equal(missing(t), 1);
	assert_int_equal(t->r.desk, WIRE_GIVEN_NOTHING);
	/* Nor is the chain held up by them. */
	tells(t, 3, WIRE_GIVEN_CLINIC);
	assert_int_equal(t->r.phase, RETURNING_CASES);
	assert_int_equal(t->r.desk, WIRE_GIVEN_CLINIC);
	buf_wipe(&restore);
}

/* What others have given, or have not, is of no account for the chain. */
static void the_desk_is_the_coordinators(void **state)
{
	struct cast *t = *state;
	struct buf restore;

	give_device(t, 1, WIRE_ROLE_CASEWORKER, WIRE_RIGHT_COORDINATE);
	give_device(t, 2, WIRE_ROLE_CASEWORKER, WIRE_RIGHT_COORDINATE);
	give_device(t, 3, WIRE_ROLE_CASEWORKER, 0);
	sign_restore(t, &restore);
	begin(t, buf_view(&restore));
	tells(t, 3, WIRE_GIVEN_ALL);
	assert_int_equal(t->r.desk, WIRE_GIVEN_NOTHING);
	/* The least of them, whoever comes last. */
	tells(t, 2, WIRE_GIVEN_CLINIC);
	assert_int_equal(t->r.desk, WIRE_GIVEN_NOTHING);
	assert_int_equal(t->r.phase, RETURNING_CLINIC);
	tells(t, 1, WIRE_GIVEN_ALL);
	assert_int_equal(t->r.desk, WIRE_GIVEN_CLINIC);
	assert_int_equal(missing(t), 1);
	buf_wipe(&restore);
}

static int served(struct cast *t, const struct id16 *of)
{
	int rc;

	t->k.now = t->w.now;
	kit_begin(&t->k);
	rc = returning_case(&t->r, t->k.st, of, t->w.now);
	kit_commit(&t->k);
	return rc;
}

static int says(struct cast *t, uint32_t n, uint8_t given)
{
	return returning_tell(&t->r, kit_at('d', n), given);
}

/* Those who are assigned, to any of its channels, while they are. */
static void a_case_waits_for_its_people(void **state)
{
	const struct id16 of = kit_id('s', 1), none = kit_id('s', 9);
	const uint32_t members[] = {1, 2};
	struct store_assignment a = {.member = kit_id('m', 3)};
	struct cast *t = *state;
	struct store_device d;

	kit_begin(&t->k);
	for (uint32_t n = 1; n <= 3; n++)
		kit_device(&t->k, n, n);
	kit_channel(&t->k, 1, members, 2);
	a.until = t->w.now + 5;
	assert_int_equal(store_assign(t->k.st, kit_at('c', 1), &a), 0);
	kit_commit(&t->k);
	assert_int_equal(served(t, &of), 0);
	t->r.phase = RETURNING_CLINIC;
	t->r.desk = WIRE_GIVEN_ALL;
	assert_int_equal(served(t, &none), ROWAN_E_RESTORING);
	t->r.phase = RETURNING_CASES;
	t->r.desk = WIRE_GIVEN_CLINIC;
	assert_int_equal(served(t, &none), ROWAN_E_RESTORING);
	t->r.desk = WIRE_GIVEN_ALL;
	assert_int_equal(served(t, &none), 0);
	/* Each of them, and all they have. */
	assert_int_equal(says(t, 1, WIRE_GIVEN_ALL), 0);
	assert_int_equal(says(t, 3, WIRE_GIVEN_ALL), 0);
	assert_int_equal(served(t, &of), ROWAN_E_RESTORING);
	assert_int_equal(says(t, 2, WIRE_GIVEN_CLINIC), 0);
	assert_int_equal(served(t, &of), ROWAN_E_RESTORING);
	assert_int_equal(says(t, 2, WIRE_GIVEN_ALL), 0);
	assert_int_equal(served(t, &of), 0);
	/* Whose assignment has ended is not one of them. */
	t->r.told_count = 2;
	assert_int_equal(served(t, &of), ROWAN_E_RESTORING);
	t->w.now += 4;
	assert_int_equal(served(t, &of), ROWAN_E_RESTORING);
	t->w.now += 1;
	assert_int_equal(served(t, &of), 0);
	/* Nor is a device whose card has ended, or that is gone. */
	t->r.told_count = 1;
	assert_int_equal(served(t, &of), ROWAN_E_RESTORING);
	assert_int_equal(
		store_device_by_id(store_view(t->k.st), kit_at('d', 2), &d), 0);
	d.until = t->w.now;
	kit_begin(&t->k);
	assert_int_equal(store_device_put(t->k.st, &d, bytes_of("card", 4)), 0);
	kit_commit(&t->k);
	assert_int_equal(served(t, &of), 0);
	d.until++;
	kit_begin(&t->k);
	assert_int_equal(store_device_put(t->k.st, &d, bytes_of("card", 4)), 0);
	kit_commit(&t->k);
	assert_int_equal(served(t, &of), ROWAN_E_RESTORING);
	kit_begin(&t->k);
	assert_int_equal(store_device_revoke(t->k.st, kit_at('d', 2)), 0);
	kit_commit(&t->k);
	assert_int_equal(served(t, &of), 0);
	t->r.phase = RETURNING_OVER;
	t->r.told_count = 0;
	assert_int_equal(served(t, &of), 0);
}

/* ---- what was told ---- */

static void what_was_told_is_told(void **state)
{
	struct cast *t = *state;
	struct acts_result done;
	struct buf restore;

	/* Nobody asks without a restore, nor when it is over. */
	assert_int_equal(says(t, 1, WIRE_GIVEN_ALL), 0);
	t->r.phase = RETURNING_OVER;
	assert_int_equal(says(t, 1, WIRE_GIVEN_ALL), 0);
	assert_int_equal(t->r.told_count, 0);
	assert_false(t->r.news);
	/* Nor is there a step to take. */
	step(t, 0, &done);
	assert_int_equal(t->r.since, 0);
	give_device(t, 1, WIRE_ROLE_CASEWORKER, WIRE_RIGHT_COORDINATE);
	sign_restore(t, &restore);
	begin(t, buf_view(&restore));
	step(t, DAY, &done);
	for (uint32_t i = 3; i >= 1; i--)
		assert_int_equal(says(t, i, WIRE_GIVEN_CLINIC), 0);
	assert_int_equal(t->r.told_count, 3);
	assert_true(t->r.news);
	step(t, DAY, &done);
	assert_false(t->r.news);
	/* More than before is news, the same or less is not. */
	assert_int_equal(says(t, 2, WIRE_GIVEN_CLINIC), 0);
	assert_int_equal(says(t, 2, WIRE_GIVEN_NOTHING), 0);
	assert_false(t->r.news);
	assert_int_equal(says(t, 2, WIRE_GIVEN_ALL), 0);
	assert_true(t->r.news);
	assert_int_equal(t->r.told_count, 3);
	step(t, DAY, &done);
	returning_wipe(&t->r);
	assert_int_equal(returning_load(&t->r, store_view(t->k.st)), 0);
	assert_int_equal(t->r.told_count, 3);
	for (size_t i = 0; i < 3; i++) {
		uint8_t want = i == 1 ? WIRE_GIVEN_ALL : WIRE_GIVEN_CLINIC;

		assert_true(id16_eq(
			&t->r.told[i].device, kit_at('d', (uint32_t)i + 1)));
		assert_int_equal(t->r.told[i].given, want);
	}
	buf_wipe(&restore);
}

/* So many are remembered, and of so many it is stored. */
static void so_many_are_remembered(void **state)
{
	struct cast *t = *state;
	struct acts_result done;
	struct buf restore;
	uint32_t n = 0;

	give_device(t, 1, WIRE_ROLE_CASEWORKER, WIRE_RIGHT_COORDINATE);
	sign_restore(t, &restore);
	begin(t, buf_view(&restore));
	for (; n < RETURNING_TOLD_MAX + 5; n++)
		assert_int_equal(says(t, n, WIRE_GIVEN_ALL), 0);
	step(t, DAY, &done);
	for (; n < 65536; n++)
		assert_int_equal(says(t, n, WIRE_GIVEN_ALL), 0);
	assert_int_equal(says(t, n, WIRE_GIVEN_ALL), ROWAN_E_AGAIN);
	/* Of one that is known it is taken all the same. */
	t->r.told[77].given = WIRE_GIVEN_CLINIC;
	assert_int_equal(
		returning_tell(&t->r, &t->r.told[77].device, WIRE_GIVEN_ALL),
		0);
	assert_int_equal(t->r.told[77].given, WIRE_GIVEN_ALL);
	returning_wipe(&t->r);
	assert_int_equal(returning_load(&t->r, store_view(t->k.st)), 0);
	assert_int_equal(t->r.told_count, RETURNING_TOLD_MAX);
	buf_wipe(&restore);
}

/* ---- as it is stored ---- */

/* With such devices, and ${cut} bytes missing at the end. */
static int stored(struct cast *t, uint16_t version, uint8_t phase,
	struct bytes told, size_t count, size_t cut)
{
	struct writer w;
	int rc;

	writer_init(&w, STORE_META_MAX);
	writer_u16(&w, version);
	writer_u8(&w, phase);
	writer_u64(&w, 5);
	writer_u64(&w, 6);
	writer_vec(&w, bytes_of("restore", 7));
	writer_u16(&w, (uint16_t)count);
	writer_raw(&w, told.data, told.len);
	kit_begin(&t->k);
	assert_int_equal(store_meta_put(t->k.st, STORE_META_RETURNING,
				 bytes_of(w.data, w.len - cut)),
		0);
	kit_commit(&t->k);
	returning_wipe(&t->r);
	rc = returning_load(&t->r, store_view(t->k.st));
	if (rc != 0)
		assert_null(t->r.told);
	writer_wipe(&w);
	return rc;
}

static void only_what_was_stored_is_read(void **state)
{
	uint8_t told[3][ID16_LEN + 1] = {{1}, {2}, {3}};
	struct bytes all = bytes_of(told, sizeof told);
	struct cast *t = *state;

	for (uint8_t i = 0; i < 3; i++)
		told[i][ID16_LEN] = i;
	for (uint8_t phase = 0; phase <= RETURNING_OVER; phase++)
		assert_int_equal(stored(t, 1, phase, all, 3, 0), 0);
	assert_int_equal(t->r.told_count, 3);
	assert_int_equal(t->r.before, 5);
	assert_int_equal(t->r.since, 6);
	assert_int_equal(
		stored(t, 1, RETURNING_OVER + 1, all, 3, 0), ROWAN_E_CORRUPT);
	assert_int_equal(stored(t, 2, 1, all, 3, 0), ROWAN_E_TOO_NEW);
	for (size_t cut = 1; cut < 2 + 1 + 8 + 8 + 8 + 2 + 51; cut++)
		assert_int_equal(stored(t, 1, 1, all, 3, cut), ROWAN_E_CORRUPT);
	/* More than it says, or less. */
	assert_int_equal(stored(t, 1, 1, all, 2, 0), ROWAN_E_CORRUPT);
	assert_int_equal(stored(t, 1, 1, all, 4, 0), ROWAN_E_CORRUPT);
	told[1][ID16_LEN] = WIRE_GIVEN_ALL + 1;
	assert_int_equal(stored(t, 1, 1, all, 3, 0), ROWAN_E_CORRUPT);
	told[1][ID16_LEN] = 0;
	/* Not ascending: twice the same, or back. */
	told[1][0] = 1;
	assert_int_equal(stored(t, 1, 1, all, 3, 0), ROWAN_E_CORRUPT);
	told[1][0] = 0;
	assert_int_equal(stored(t, 1, 1, all, 3, 0), ROWAN_E_CORRUPT);
	told[1][0] = 2;
	assert_int_equal(stored(t, 1, 1, all, 3, 0), 0);
}

static void so_many_are_read_back(void **state)
{
	static uint8_t told[RETURNING_TOLD_MAX + 1][ID16_LEN + 1];
	struct cast *t = *state;

	for (size_t i = 0; i <= RETURNING_TOLD_MAX; i++) {
		told[i][0] = (uint8_t)(i >> 8);
		told[i][1] = (uint8_t)i;
	}
	for (size_t n = RETURNING_TOLD_MAX; n <= RETURNING_TOLD_MAX + 1; n++)
		assert_int_equal(
			stored(t, 1, 1, bytes_of(told, n * sizeof told[0]), n,
				0),
			n == RETURNING_TOLD_MAX ? 0 : ROWAN_E_CORRUPT);
}

/* ---- time ---- */

static uint8_t phase_at(struct cast *t, uint64_t now, uint64_t wait)
{
	struct acts_result done;

	t->w.now = now;
	step(t, wait, &done);
	return t->r.phase;
}

/* From the first step on, to the second; not while the clock is before it. */
static void it_waits_so_long(void **state)
{
	struct cast *t = *state;
	uint64_t begun = t->w.now;
	struct buf restore;

	give_device(t, 1, WIRE_ROLE_CASEWORKER, WIRE_RIGHT_COORDINATE);
	sign_restore(t, &restore);
	begin(t, buf_view(&restore));
	assert_int_equal(t->r.since, 0);
	assert_int_equal(phase_at(t, begun + 5, DAY), RETURNING_CLINIC);
	returning_wipe(&t->r);
	assert_int_equal(returning_load(&t->r, store_view(t->k.st)), 0);
	assert_int_equal(t->r.since, begun + 5);
	assert_int_equal(phase_at(t, begun + 4, DAY), RETURNING_CLINIC);
	assert_int_equal(phase_at(t, begun + 4 + DAY, DAY), RETURNING_CLINIC);
	assert_int_equal(t->r.since, begun + 5);
	assert_int_equal(phase_at(t, begun + 5 + DAY, DAY), RETURNING_OVER);
	returning_wipe(&t->r);
	assert_int_equal(returning_load(&t->r, store_view(t->k.st)), 0);
	assert_int_equal(t->r.phase, RETURNING_OVER);
	buf_wipe(&restore);
}

/* Its place has a leaf, as a statement's that somebody brings. */
static void its_place_is_in_the_log(void **state)
{
	struct cast *t = *state;
	struct acts_result done;
	struct wire_hash content;
	struct wire_detail d;
	struct buf restore, raw;
	uint64_t size;

	sign_restore(t, &restore);
	begin(t, buf_view(&restore));
	step(t, DAY, &done);
	assert_int_equal(store_log_size(store_view(t->k.st), &size), 0);
	assert_int_equal(
		store_log_detail(store_view(t->k.st), size - 1, &raw), 0);
	assert_int_equal(wire_detail_read(buf_view(&raw), &d), 0);
	leaf_content(buf_view(&restore), &content);
	assert_int_equal(d.act, WIRE_ACT_STATEMENT);
	assert_int_equal(d.number, done.head.number);
	assert_memory_equal(&d.content, &content, sizeof content);
	/* Once; and as it is stored it has it. */
	step(t, DAY, &done);
	assert_int_equal(done.head.number, 0);
	returning_wipe(&t->r);
	assert_int_equal(returning_load(&t->r, store_view(t->k.st)), 0);
	assert_int_equal(t->r.phase, RETURNING_CASES);
	buf_wipe(&raw);
	buf_wipe(&restore);
}

/* Another restore that stands there is of the same loss, or another one. */
static void only_the_same_loss_stands_for_it(void **state)
{
	struct cast *t = *state;
	struct acts_result done;
	struct wire_statement s;
	struct buf restore, other[5];

	sign_restore(t, &restore);
	begin(t, buf_view(&restore));
	for (size_t i = 0; i < 5; i++) {
		world_statement(&t->w, NULL, WIRE_ST_RESTORE, &s);
		s.u.restore = (struct wire_st_restore){3, {{1}}, 5, {{2}}};
		s.u.restore.size += i == 0;
		s.u.restore.root.b[5] ^= i == 1;
		s.u.restore.lost_size += i == 2;
		s.u.restore.lost_root.b[5] ^= i == 3;
		world_sign(&t->w, NULL, &s, &other[i]);
		assert_int_equal(put(t, buf_view(&other[i])), 0);
		assert_int_equal(
			world_submit(&t->w, NULL, buf_view(&other[i])), 0);
		step(t, DAY, &done);
		assert_int_equal(done.head.number, 0);
		assert_int_equal(t->r.refused, i < 4);
		assert_int_equal(
			t->r.phase, i < 4 ? RETURNING_CLINIC : RETURNING_CASES);
	}
	assert_true(bytes_eq(buf_view(&t->r.restore), buf_view(&other[4])));
	for (size_t i = 0; i < 5; i++)
		buf_wipe(&other[i]);
	buf_wipe(&restore);
}

static void an_old_authority_restores_nothing(void **state)
{
	struct cast *t = *state;
	struct buf restore, again;
	struct acts_result done;

	sign_restore(t, &restore);
	begin(t, buf_view(&restore));
	succeed(t); /* is given back */
	step(t, DAY, &done);
	assert_true(t->r.refused);
	assert_int_equal(done.head.number, 0);
	/* The operator's word is not the authority's. */
	step(t, 0, &done);
	t->w.now += 2 * DAY;
	step(t, DAY, &done);
	assert_int_equal(t->r.phase, RETURNING_CLINIC);
	/* Whoever is it now signs the same. */
	sign_restore(t, &again);
	assert_int_equal(put(t, buf_view(&again)), 0);
	step(t, 4 * DAY, &done);
	assert_false(t->r.refused);
	assert_int_equal(t->r.phase, RETURNING_CASES);
	assert_true(bytes_eq(buf_view(&t->r.restore), buf_view(&again)));
	/* It is stored so. */
	returning_wipe(&t->r);
	assert_int_equal(returning_load(&t->r, store_view(t->k.st)), 0);
	assert_int_equal(t->r.phase, RETURNING_CASES);
	assert_true(bytes_eq(buf_view(&t->r.restore), buf_view(&again)));
	buf_wipe(&restore);
	buf_wipe(&again);
}

static void what_was_erased_has_its_tombstone(void **state)
{
	const struct store_case row = {{{9}}, false};
	const struct id16 id = {{9}};
	struct cast *t = *state;
	struct id16 *back;
	char path[128];
	size_t n;

	kit_begin(&t->k);
	assert_int_equal(store_case_put(t->k.st, &row), 0);
	kit_commit(&t->k);
	assert_int_equal(tombstones_settle(t->k.dir, store_view(t->k.st)), 0);
	snprintf(path, sizeof path, "%s/" TOMBSTONES_NAME, t->k.dir);
	assert_int_not_equal(access(path, F_OK), 0);
	kit_begin(&t->k);
	assert_int_equal(acts_erase(t->k.st, &id), 0);
	kit_commit(&t->k);
	/* Twice is once; and half a line, as a crash leaves it, is mended. */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
			tombstones_settle(t->k.dir, store_view(t->k.st)), 0);
		assert_int_equal(tombstones_read(path, &back, &n), 0);
		assert_int_equal(n, 1);
		assert_memory_equal(&back[0], &id, sizeof id);
		free(back);
		if (i == 1)
			assert_int_equal(truncate(path, 40), 0);
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(
		tombstones_settle("/no/such", store_view(t->k.st)), ROWAN_E_IO);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_restore_finds_its_place),
		T(it_says_whom_it_waits_for),
		T(who_will_not_come_is_not_waited_for),
		T(the_desk_is_the_coordinators),
		T(a_case_waits_for_its_people),
		T(what_was_told_is_told),
		T(so_many_are_remembered),
		T(only_what_was_stored_is_read),
		T(so_many_are_read_back),
		T(it_waits_so_long),
		T(its_place_is_in_the_log),
		T(only_the_same_loss_stands_for_it),
		T(an_old_authority_restores_nothing),
		T(what_was_erased_has_its_tombstone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
