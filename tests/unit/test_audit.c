/*
 * Whoever checks the log, at the daemon's double: that time goes on in it, and
 * that an entry which says it was earlier is named; and whoever brings a
 * witness's word by file: whose word it is counts.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "lib/channel_kit.h"
#include "lib/double_line.h"
#include "lib/proofs_kit.h"
#include "log/entry.h"
#include "session/proof/audit.h"
#include "tlog/cosignature.h"
#include "tlog/origin.h"
#include "wire/op.h"

static struct proofs_kit k;

static int setup(void **state)
{
	proofs_kit_begin(&k);
	proofs_kit_as(&k, &k.witness);
	return 0;
}

static int teardown(void **state)
{
	proofs_kit_end(&k);
	return 0;
}

/* An entry as of ${ahead} seconds from now, by the hour or not; its number. */
static uint64_t happen(int64_t ahead, bool hour)
{
	struct log_entry e = {.act = WIRE_ACT_READ, .hour = hour};
	struct store *st = relay_double_begin(k.clinic.d);
	struct entry_made made;

	e.time = (uint64_t)((int64_t)relay_double_now(k.clinic.d) + ahead);
	assert_int_equal(entry_add(st, &e, &made), 0);
	relay_double_commit(k.clinic.d);
	relay_double_pass(k.clinic.d, 2000);
	return made.leaf;
}

/* How it ends, and the last of its items. */
static int ends(struct audit *a, struct audit_item *ret)
{
	int rc = ROWAN_E_AGAIN;

	for (int i = 0; rc == 0 || rc == ROWAN_E_AGAIN; i++) {
		assert_true(i < 1000);
		k.now_ms += 1100;
		assert_int_equal(proofs_step(k.proofs, k.now_ms), 0);
		device_kit_settle(&k.d);
		rc = audit_next(a, ret);
	}
	return rc;
}

/* How a check of the whole from ${since} on ends, and what it names. */
static int check(uint64_t since, uint64_t *ret, uint64_t *ret_size)
{
	struct audit_question q = {.kind = AUDIT_TREE, .from = since};
	struct bytes note;
	struct audit_item item;
	struct audit *a;
	int rc;

	follow_time(k.d.follow, relay_double_now(k.clinic.d), false);
	assert_int_equal(audit_new(&a, k.proofs, &q), 0);
	rc = ends(a, &item);
	*ret = item.leaf;
	/* Once more: the same. */
	assert_int_equal(audit_next(a, &item), rc);
	assert_int_equal(item.leaf, *ret);
	audit_checkpoint(a, ret_size, &note);
	audit_free(a);
	return rc;
}

static void sound(uint64_t since)
{
	uint64_t leaf, size;

	assert_int_equal(check(since, &leaf, &size), ROWAN_E_NOT_FOUND);
}

static void backdated(uint64_t since, uint64_t leaf)
{
	uint64_t found, size;

	assert_int_equal(check(since, &found, &size), ROWAN_E_RULE);
	assert_int_equal(found, leaf);
}

static void a_sound_log_is_told_so(void **state)
{
	uint64_t last = 0;

	sound(0);
	for (int i = 0; i < 200; i++)
		last = happen(0, i % 3 == 0);
	sound(0);
	sound(1);
	sound(last / 2);
	sound(last);
	sound(last + 1);
}

static void a_backdated_entry_is_named(void **state)
{
	uint64_t before = happen(0, false), early = happen(-100, false), again;

	backdated(0, early);
	/* Later ones are no more so; the first is named. */
	happen(0, false);
	again = happen(-500, false);
	backdated(0, early);
	/* What was verified to here does not hide it. */
	backdated(before, early);
	backdated(early, early);
	backdated(early + 1, again);
	sound(again + 1);
}

static void an_hour_covers_what_was_in_it(void **state)
{
	uint64_t early;

	/* The double begins at a full hour. */
	relay_double_pass(k.clinic.d, 1800 * 1000);
	happen(0, false);
	happen(0, true);
	happen(0, false);
	sound(0);
	early = happen(-3600, true);
	backdated(0, early);
}

static void a_checkpoint_is_no_earlier_than_its_entries(void **state)
{
	uint64_t last = happen(1000, false), leaf, size;

	assert_int_equal(check(0, &leaf, &size), ROWAN_E_RULE);
	assert_true(size > last);
	/* Or what came after it is the one that is early. */
	assert_true(leaf == size || leaf == last + 1);
	relay_double_pass(k.clinic.d, 2000 * 1000);
	sound(happen(0, false));
}

/* ---- what a witness has signed by file --------------------------------------
 */

/* The daemon's newest checkpoint with the word of ${p}. */
static struct buf note_by(const struct world_person *p)
{
	uint8_t sk[crypto_sign_SECRETKEYBYTES], pk[crypto_sign_PUBLICKEYBYTES];
	struct head *h = k.clinic.d->ops.head;
	struct writer w;
	struct note_key key;
	struct bytes note;
	struct buf ret;
	uint64_t size;
	struct note n;

	(void)crypto_sign_seed_keypair(pk, sk, p->seed);
	assert_int_equal(origin_witness(&p->device, pk, &key), 0);
	assert_int_equal(head_renew(h, relay_double_now(k.clinic.d)), 0);
	note = head_note(h, &size);
	assert_int_equal(note_parse(&n, note), 0);
	writer_init(&w, 4096);
	writer_raw(&w, note.data, note.len);
	assert_int_equal(cosignature_sign(&w, n.text,
				 relay_double_now(k.clinic.d), &key, sk),
		0);
	assert_int_equal(buf_copy(&ret, writer_view(&w)), 0);
	writer_wipe(&w);
	return ret;
}

/* What the daemon says of it, whoever brings it. */
static int bring(const struct world_person *p)
{
	struct buf note = note_by(p);
	struct audit_question q = {.kind = AUDIT_COSIGNED};
	struct audit_item item;
	struct audit *a;
	int rc;

	q.receipt = buf_view(&note);
	assert_int_equal(audit_new(&a, k.proofs, &q), 0);
	rc = ends(a, &item);
	audit_free(a);
	buf_wipe(&note);
	return rc;
}

static bool is_cosigned(void)
{
	struct buf note;
	int rc = head_cosigned(k.clinic.d->ops.head, 1, &note);

	buf_wipe(&note);
	return rc == 0;
}

static void only_a_witness_of_ours_is_heard_by_file(void **state)
{
	struct world_person *advocate = &k.clinic.cast.advocate, other;

	/* A member's key under a witness's name; one without a card. */
	assert_int_equal(bring(advocate), ROWAN_E_MALFORMED);
	world_person(&other, "no witness here");
	assert_int_equal(bring(&other), ROWAN_E_MALFORMED);
	/* One whose card was taken away. */
	proofs_kit_witness(&k, &other, "another witness");
	channel_kit_revoke(&k.clinic, &other, NULL);
	assert_int_equal(bring(&other), ROWAN_E_MALFORMED);
	assert_false(is_cosigned());
	assert_int_equal(bring(&k.witness), ROWAN_E_NOT_FOUND);
	assert_true(is_cosigned());
}

/* ---- a connection that is lost ---- */

static enum double_fate hold_checkpoint(void *ctx, struct double_message *m)
{
	return m->way == DOUBLE_ANSWER && m->header.op == (WIRE_OP_CHECKPOINT |
								  WIRE_ANSWER)
		       ? DOUBLE_HOLD
		       : DOUBLE_PASS;
}

static void some_steps(void)
{
	for (int i = 0; i < 4; i++) {
		k.now_ms += 1100;
		assert_int_equal(proofs_step(k.proofs, k.now_ms), 0);
		device_kit_settle(&k.d);
	}
}

/*
 * What was asked over the connection before is asked anew, and the one who
 * waits for it goes on waiting: they are told neither that there is nothing to
 * believe, nor that the log contradicts itself.
 */
static void a_look_over_two_connections(void **state)
{
	struct audit_question q = {.kind = AUDIT_REQUEST};
	struct audit_item item;
	struct audit *a;

	proofs_kit_settle(&k);
	for (int i = 0; i < 3; i++) {
		(void)happen(0, false);
		follow_time(k.d.follow, relay_double_now(k.clinic.d), false);
		q.from = proofs_kit_seen(&k);
		assert_int_equal(audit_new(&a, k.proofs, &q), 0);
		relay_double_hook(k.clinic.d, hold_checkpoint, NULL);
		some_steps();
		assert_int_equal(audit_next(a, &item), ROWAN_E_AGAIN);
		/* One was under way when it was asked for, or not. */
		if (i == 1) {
			audit_free(a);
			assert_int_equal(audit_new(&a, k.proofs, &q), 0);
		}
		proofs_online(k.proofs, false);
		assert_int_equal(audit_next(a, &item), ROWAN_E_AGAIN);
		proofs_online(k.proofs, true);
		some_steps();
		relay_double_hook(k.clinic.d, NULL, NULL);
		relay_double_release(k.clinic.d);
		assert_int_equal(ends(a, &item), ROWAN_E_NOT_FOUND);
		audit_free(a);
		proofs_kit_settle(&k);
	}
	assert_int_equal(device_kit_alarms(&k.d, 0), 0);
}

/* What is wrong is on this side; and it goes on where it was. */
static void a_full_disk_is_no_fault_of_the_log(void **state)
{
	const struct audit_question q = {.kind = AUDIT_TREE};
	int rc = ROWAN_E_AGAIN, faults = 0;
	struct audit_item item;
	struct rlimit old, small;
	struct audit *a;

	(void)state;
	(void)happen(0, false);
	sound(0);
	(void)happen(0, false);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){.rlim_cur = 512, .rlim_max = old.rlim_max};
	assert_int_equal(audit_new(&a, k.proofs, &q), 0);
	k.full = true;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (int i = 0; rc == ROWAN_E_AGAIN && i < 1000; i++) {
		k.now_ms += 1100;
		faults += proofs_step(k.proofs, k.now_ms) != 0;
		device_kit_settle(&k.d);
		rc = audit_next(a, &item);
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	k.full = false;
	audit_free(a);
	assert_true(rc == ROWAN_E_IO || rc == ROWAN_E_FULL);
	/* It is said here, too. */
	assert_true(faults > 0 || proofs_step(k.proofs, k.now_ms) != 0);
	sound(0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_sound_log_is_told_so),
		T(a_backdated_entry_is_named),
		T(an_hour_covers_what_was_in_it),
		T(a_checkpoint_is_no_earlier_than_its_entries),
		T(only_a_witness_of_ours_is_heard_by_file),
		T(a_look_over_two_connections),
		T(a_full_disk_is_no_fault_of_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
