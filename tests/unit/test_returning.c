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
		T(an_old_authority_restores_nothing),
		T(what_was_erased_has_its_tombstone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
