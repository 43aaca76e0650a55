/*
 * Devices whose policy asks for cosignatures, and the witnesses that bring
 * them, at the daemon's double: together, late, and not at all; and a log that
 * is held back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/device_kit.h"
#include "lib/double_line.h"
#include "lib/seed.h"
#include "log/entry.h"
#include "session/proof/proofs.h"
#include "tlog/origin.h"
#include "trust/attest.h"
#include "wire/log.h"
#include "wire/op.h"

static struct double_clinic clinic;
static struct cast *t;
static struct device_kit d;
static struct proofs *x;
static struct world_person server, witness;
static uint64_t now_ms;

static void aborted(void *ctx)
{
	fail_msg("%s", "a transaction did not happen");
}

static void begin_proofs(void)
{
	const struct proofs_options o = {.vault = d.kit.vault,
		.events = d.events,
		.requests = d.q,
		.follow = d.follow,
		.me = &d.me,
		.aborted = aborted};

	assert_int_equal(proofs_new(&x, &o), 0);
	follow_time(d.follow, relay_double_now(clinic.d), false);
	proofs_online(x, true);
}

static void enrol(struct world_person *p, const char *name, uint8_t role,
	const uint8_t *seed)
{
	struct wire_card card;

	world_person(p, name);
	if (seed != NULL) {
		memcpy(p->seed, seed, sizeof p->seed);
		attest_key(p->seed, &p->signature_key);
	}
	world_card(&t->w, p, role, "clinic", &card);
	assert_int_equal(world_enrol(&t->w, p, NULL, &card), 0);
}

/* As somebody; what they know of the clinic is current. */
static void as(const struct world_person *p)
{
	device_kit_begin(&d, &clinic, p, false);
	device_kit_settle(&d);
	begin_proofs();
}

static void leave(void)
{
	proofs_free(x);
	x = NULL;
	device_kit_end(&d);
}

static int setup(void **state)
{
	struct key32 key;

	double_clinic_begin(&clinic);
	t = &clinic.cast;
	seed_log_key(&key);
	enrol(&server, "the daemon", WIRE_ROLE_DAEMON, key.b);
	enrol(&witness, "a witness", WIRE_ROLE_WITNESS, NULL);
	now_ms = 0;
	as(&t->advocate);
	return 0;
}

static int teardown(void **state)
{
	leave();
	double_clinic_end(&clinic);
	return 0;
}

/* Until there is nothing to do. */
static void settle(void)
{
	for (int i = 0; i < 200; i++) {
		now_ms += 1100;
		assert_int_equal(proofs_step(x, now_ms), 0);
		device_kit_settle(&d);
		if (proofs_wait(x, now_ms) > 60000)
			return;
	}
	fail_msg("%s", "never at rest");
}

static void look(void)
{
	proofs_look(x);
	settle();
}

static uint64_t seen(void)
{
	struct watch w;

	proofs_watch(x, &w);
	return w.size;
}

/* Time goes on, and the log with it. */
static void happen(void)
{
	struct log_entry e = {.act = WIRE_ACT_ADMIN};
	struct store *st = relay_double_begin(clinic.d);

	e.time = relay_double_now(clinic.d);
	for (int i = 0; i < 20; i++)
		assert_int_equal(entry_add(st, &e, NULL), 0);
	relay_double_commit(clinic.d);

	relay_double_pass(clinic.d, 2000);
	follow_time(d.follow, relay_double_now(clinic.d), false);
	follow_catch_up(d.follow, NULL);
	device_kit_settle(&d);
}

/* One more turn of looking at the log: the next is minutes later. */
static void turn(void)
{
	relay_double_pass(clinic.d, PROOFS_LOOK_MS);
	follow_time(d.follow, relay_double_now(clinic.d), false);
	now_ms += PROOFS_LOOK_MS;
	settle();
}

static void policy_of(const struct world_person *p, char *ret, size_t size)
{
	char vkey[256] = {0};
	struct note_key key;
	struct writer w;

	assert_int_equal(
		origin_witness(&p->device, p->signature_key.b, &key), 0);
	writer_init_fixed(&w, vkey, sizeof vkey - 1);
	note_key_format(&key, &w);
	snprintf(ret, size, "witness a %s\nquorum a\n", vkey);
}

/* How large what so many have cosigned is; 0: nothing. */
static uint64_t cosigned_by(size_t n)
{
	struct checkpoint c = {.size = 0};
	struct buf note;
	struct note parsed;

	if (head_cosigned(clinic.d->ops.head, n, &note) != 0)
		return 0;
	assert_int_equal(note_parse(&parsed, buf_view(&note)), 0);
	assert_int_equal(checkpoint_parse(&c, parsed.text), 0);
	buf_wipe(&note);
	return c.size;
}

/* Past the device that is looking. */
static void cosign_as(const struct world_person *p)
{
	uint8_t sk[crypto_sign_SECRETKEYBYTES], pk[crypto_sign_PUBLICKEYBYTES];
	struct head *h = clinic.d->ops.head;
	struct writer line;
	struct note_key key;
	struct bytes given;
	struct note n;
	uint64_t size;

	(void)crypto_sign_seed_keypair(pk, sk, p->seed);
	assert_int_equal(origin_witness(&p->device, pk, &key), 0);
	assert_int_equal(head_renew(h, clinic.d->ops.now), 0);
	(void)head_note(h, &size);
	assert_int_equal(
		head_offer(h, &key, relay_double_now(clinic.d), &given), 0);
	assert_int_equal(note_parse(&n, given), 0);
	writer_init(&line, WIRE_COSIGN_MAX);
	assert_int_equal(cosignature_sign(&line, n.text,
				 relay_double_now(clinic.d), &key, sk),
		0);
	(void)relay_double_begin(clinic.d);
	assert_int_equal(head_cosign(h, size, writer_view(&line), &key), 0);
	relay_double_commit(clinic.d);
	writer_wipe(&line);
}

static void look_as(const struct world_person *p)
{
	as(p);
	look();
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	leave();
}

/*
 * Each cosignature is an entry of the log, so the newest checkpoint is another
 * for each who comes: yet they stand on one, whoever comes first, and nobody
 * waits for one that stays away.
 */
static void two_witnesses_stand_on_one_checkpoint(void **state)
{
	struct world_person second;
	uint64_t alone, both = 0;

	enrol(&second, "the other witness", WIRE_ROLE_WITNESS, NULL);
	leave();
	for (int i = 0; i < 4; i++) {
		look_as(i % 2 == 0 ? &witness : &second);
		alone = cosigned_by(1);
		assert_int_equal(cosigned_by(2), both);
		relay_double_pass(clinic.d, 30000);
		look_as(i % 2 == 0 ? &second : &witness);
		assert_true(cosigned_by(2) > both);
		both = cosigned_by(2);
		assert_int_equal(both, alone);
		relay_double_pass(clinic.d, 30000);
	}
	/* One that comes much later begins anew. */
	look_as(&witness);
	alone = cosigned_by(1);
	assert_true(alone > both);
	relay_double_pass(clinic.d, (HEAD_TOGETHER + 1) * 1000ull);
	look_as(&second);
	assert_int_equal(cosigned_by(2), both);
	assert_true(cosigned_by(1) > alone);
	as(&t->advocate);
}

/*
 * A daemon that was off over a weekend: whoever looks before the witness has
 * been there is shown what it cosigned on Friday. It is an alarm when that is
 * all for an hour; and when what there is has others' words alone.
 */
static void cosignatures_that_come_late_are_no_alarm(void **state)
{
	struct world_person second;
	char text[512];

	enrol(&second, "the other witness", WIRE_ROLE_WITNESS, NULL);
	policy_of(&witness, text, sizeof text);
	leave();
	look_as(&witness);
	as(&t->advocate);
	assert_int_equal(proofs_policy(x, bytes_of(text, strlen(text))), 0);
	look();
	assert_true(seen() > 0);
	relay_double_pass(clinic.d, 3 * 86400 * 1000ull);
	now_ms += 3 * 86400 * 1000ull;
	turn();
	/* Restarted, too, it has not been told for long. */
	proofs_free(x);
	begin_proofs();
	turn();
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	cosign_as(&second);
	for (int i = 0; i < 3; i++)
		turn();
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	for (int i = 0; i < 3; i++)
		turn();
	assert_int_equal(device_kit_alarms(&d, ROWAN_ALARM_STALE), 1);
}

/* ---- a log that is held back ----------------------------------------------
 */

static struct buf frozen;

/* The checkpoint it has shown once, and no other. */
static enum double_fate show_the_same(void *ctx, struct double_message *m)
{
	if (m->way != DOUBLE_ANSWER || m->count < 2 ||
		m->header.op != (WIRE_OP_CHECKPOINT | WIRE_ANSWER))
		return DOUBLE_PASS;
	if (frozen.len == 0)
		assert_int_equal(buf_copy(&frozen, buf_view(&m->frame[1])), 0);
	assert_int_equal(buf_set(&m->frame[1], buf_view(&frozen)), 0);
	return DOUBLE_PASS;
}

/* A true one, from before what was verified: a log that is held back. */
static void one_that_is_shown_as_it_was_is_stale(void **state)
{
	int turns = 0;
	uint64_t before;

	relay_double_hook(clinic.d, show_the_same, NULL);
	settle();
	assert_true(frozen.len > 0);
	relay_double_hook(clinic.d, NULL, NULL);
	happen();
	look();
	before = seen();
	relay_double_hook(clinic.d, show_the_same, NULL);
	while (device_kit_alarms(&d, ROWAN_ALARM_STALE) == 0) {
		assert_true(++turns < 200);
		turn();
	}
	assert_in_range(turns, 25 * 6 - 2, 25 * 6 + 6);
	turn();
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	assert_int_equal(seen(), before);
	relay_double_hook(clinic.d, NULL, NULL);
	buf_wipe(&frozen);
	look();
	assert_int_equal(device_kit_alarms(&d, 0), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(two_witnesses_stand_on_one_checkpoint),
		T(one_that_is_shown_as_it_was_is_stale),
		T(cosignatures_that_come_late_are_no_alarm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
