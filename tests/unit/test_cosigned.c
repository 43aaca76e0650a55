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

#include "lib/double_line.h"
#include "lib/proofs_kit.h"
#include "tlog/origin.h"
#include "wire/log.h"
#include "wire/op.h"

static struct proofs_kit k;
static struct cast *const t = &k.clinic.cast;

/* How large what so many have cosigned is; 0: nothing. */
static uint64_t cosigned_by(size_t n)
{
	struct checkpoint c = {.size = 0};
	struct buf note;
	struct note parsed;

	if (head_cosigned(k.clinic.d->ops.head, n, &note) != 0)
		return 0;
	assert_int_equal(note_parse(&parsed, buf_view(&note)), 0);
	assert_int_equal(checkpoint_parse(&c, parsed.text), 0);
	buf_wipe(&note);
	return c.size;
}

/* Past the device that is looking: what it is given; or what ${others} stand
 * on, whatever it is given. */
static void cosign_as(const struct world_person *p, size_t others)
{
	uint8_t sk[crypto_sign_SECRETKEYBYTES], pk[crypto_sign_PUBLICKEYBYTES];
	struct head *h = k.clinic.d->ops.head;
	struct buf theirs = {NULL, 0};
	struct writer line;
	struct note_key key;
	struct checkpoint c;
	struct bytes given;
	struct note n;

	(void)crypto_sign_seed_keypair(pk, sk, p->seed);
	assert_int_equal(origin_witness(&p->device, pk, &key), 0);
	assert_int_equal(head_renew(h, relay_double_now(k.clinic.d)), 0);
	if (others == 0) {
		assert_int_equal(head_offer(h, &key,
					 relay_double_now(k.clinic.d), &given),
			0);
	} else {
		assert_int_equal(head_cosigned(h, others, &theirs), 0);
		given = buf_view(&theirs);
	}
	assert_int_equal(note_parse(&n, given), 0);
	assert_int_equal(checkpoint_parse(&c, n.text), 0);
	writer_init(&line, WIRE_COSIGN_MAX);
	assert_int_equal(cosignature_sign(&line, n.text,
				 relay_double_now(k.clinic.d), &key, sk),
		0);
	(void)relay_double_begin(k.clinic.d);
	assert_int_equal(head_cosign(h, c.size, writer_view(&line), &key), 0);
	relay_double_commit(k.clinic.d);
	writer_wipe(&line);
	buf_wipe(&theirs);
	/* That is an entry, too. */
	proofs_kit_log(&k, 1);
}

static void look_as(const struct world_person *p)
{
	proofs_kit_as(&k, p);
	proofs_kit_look(&k);
	assert_int_equal(device_kit_alarms(&k.d, 0), 0);
	proofs_kit_leave(&k);
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

	proofs_kit_witness(&k, &second, "the other witness");
	proofs_kit_leave(&k);
	for (int i = 0; i < 4; i++) {
		look_as(i % 2 == 0 ? &k.witness : &second);
		alone = cosigned_by(1);
		assert_int_equal(cosigned_by(2), both);
		relay_double_pass(k.clinic.d, 30000);
		look_as(i % 2 == 0 ? &second : &k.witness);
		assert_true(cosigned_by(2) > both);
		both = cosigned_by(2);
		assert_int_equal(both, alone);
		relay_double_pass(k.clinic.d, 30000);
	}
	/* Who comes later meets the one; who comes much later begins anew. */
	look_as(&k.witness);
	alone = cosigned_by(1);
	assert_true(alone > both);
	relay_double_pass(k.clinic.d, (HEAD_SELDOM + 1) * 1000ull);
	look_as(&second);
	assert_int_equal(cosigned_by(2), both);
	assert_true(cosigned_by(1) > alone);
	proofs_kit_as(&k, &t->advocate);
}

/* Of a policy: this witness and its key. */
static void name_witness(
	struct writer *w, char name, const struct world_person *p)
{
	const char line[] = {'w', 'i', 't', 'n', 'e', 's', 's', ' ', name, ' '};
	struct note_key key;

	assert_int_equal(
		origin_witness(&p->device, p->signature_key.b, &key), 0);
	writer_raw(w, line, sizeof line);
	note_key_format(&key, w);
	writer_u8(w, '\n');
}

/* The advocate's device asks for both. */
static void ask_for_both(
	const struct world_person *a, const struct world_person *b)
{
	static const char rule[] = "group q all a b\nquorum q\n";
	char text[1200];
	struct writer w;

	writer_init_fixed(&w, text, sizeof text);
	name_witness(&w, 'a', a);
	name_witness(&w, 'b', b);
	writer_raw(&w, rule, sizeof rule - 1);
	proofs_kit_as(&k, &t->advocate);
	assert_int_equal(proofs_policy(k.proofs, writer_view(&w)), 0);
	proofs_kit_look(&k);
	assert_int_equal(device_kit_alarms(&k.d, 0), 0);
}

/*
 * What others have cosigned since is no word of those whom the policy asks for:
 * what all of them stand on is believed until these come again.
 */
static void others_words_do_not_hide_ours(void **state)
{
	struct world_person person[3];

	proofs_kit_witness(&k, &person[0], "two");
	proofs_kit_witness(&k, &person[1], "three");
	proofs_kit_witness(&k, &person[2], "four");
	proofs_kit_leave(&k);
	look_as(&k.witness);
	for (int i = 0; i < 3; i++)
		look_as(&person[i]);
	look_as(&person[1]);
	look_as(&person[2]);
	assert_true(cosigned_by(2) > cosigned_by(4) && cosigned_by(4) > 0);
	ask_for_both(&k.witness, &person[0]);
	assert_int_equal(proofs_kit_seen(&k), cosigned_by(4));
}

/*
 * One that does not cosign what two stand on, and cosigns a later one that one
 * of them has: that has as many words, is newer, and hides nothing.
 */
static void an_eager_witness_does_not_hide_ours(void **state)
{
	struct world_person person[2];
	uint64_t both;

	proofs_kit_witness(&k, &person[0], "two");
	proofs_kit_witness(&k, &person[1], "eager");
	proofs_kit_leave(&k);
	look_as(&k.witness);
	look_as(&person[0]);
	both = cosigned_by(2);
	look_as(&k.witness);
	cosign_as(&person[1], 1);
	assert_true(cosigned_by(2) > both && both > 0);
	assert_int_equal(cosigned_by(3), 0);
	ask_for_both(&k.witness, &person[0]);
	assert_int_equal(proofs_kit_seen(&k), both);
}

/*
 * A daemon that was off over a weekend: whoever looks before the witness has
 * been there is shown what it cosigned on Friday. It is an alarm when that is
 * all for an hour; and when what there is has others' words alone.
 */
static void cosignatures_that_come_late_are_no_alarm(void **state)
{
	struct world_person second;

	proofs_kit_witness(&k, &second, "the other witness");
	proofs_kit_leave(&k);
	look_as(&k.witness);
	proofs_kit_as(&k, &t->advocate);
	proofs_kit_policy(&k, &k.witness);
	proofs_kit_look(&k);
	assert_true(proofs_kit_seen(&k) > 0);
	relay_double_pass(k.clinic.d, 3 * 86400 * 1000ull);
	k.now_ms += 3 * 86400 * 1000ull;
	proofs_kit_turn(&k);
	/* Restarted, too, it has not been told for long. */
	proofs_kit_again(&k);
	proofs_kit_turn(&k);
	assert_int_equal(device_kit_alarms(&k.d, 0), 0);
	cosign_as(&second, 0);
	for (int i = 0; i < 3; i++)
		proofs_kit_turn(&k);
	assert_int_equal(device_kit_alarms(&k.d, 0), 0);
	for (int i = 0; i < 3; i++)
		proofs_kit_turn(&k);
	assert_int_equal(device_kit_alarms(&k.d, ROWAN_ALARM_STALE), 1);
}

static enum double_fate bend(void *ctx, struct double_message *m)
{
	if (m->way == DOUBLE_ANSWER && m->count == 2 &&
		m->header.op == (WIRE_OP_LOG_CONSISTENCY | WIRE_ANSWER) &&
		m->frame[1].len > 10)
		m->frame[1].data[m->frame[1].len - 10] ^= 1;
	return DOUBLE_PASS;
}

/* What was cosigned earlier is believed as a part of what was verified, and not
 * without that. */
static void an_earlier_one_must_be_a_part(void **state)
{
	proofs_kit_leave(&k);
	look_as(&k.witness);
	proofs_kit_as(&k, &t->advocate);
	proofs_kit_happen(&k);
	proofs_kit_look(&k);
	assert_true(proofs_kit_seen(&k) > cosigned_by(1));
	proofs_kit_policy(&k, &k.witness);
	relay_double_hook(k.clinic.d, bend, NULL);
	proofs_kit_look(&k);
	relay_double_hook(k.clinic.d, NULL, NULL);
	assert_int_equal(device_kit_alarms(&k.d, ROWAN_ALARM_FORK), 1);
	proofs_kit_look(&k);
	assert_int_equal(device_kit_alarms(&k.d, 0), 0);
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

	relay_double_hook(k.clinic.d, show_the_same, NULL);
	proofs_kit_settle(&k);
	assert_true(frozen.len > 0);
	relay_double_hook(k.clinic.d, NULL, NULL);
	proofs_kit_happen(&k);
	proofs_kit_look(&k);
	before = proofs_kit_seen(&k);
	relay_double_hook(k.clinic.d, show_the_same, NULL);
	while (device_kit_alarms(&k.d, ROWAN_ALARM_STALE) == 0) {
		assert_true(++turns < 200);
		proofs_kit_turn(&k);
	}
	assert_in_range(turns, 25 * 6 - 2, 25 * 6 + 6);
	proofs_kit_turn(&k);
	assert_int_equal(device_kit_alarms(&k.d, 0), 0);
	assert_int_equal(proofs_kit_seen(&k), before);
	relay_double_hook(k.clinic.d, NULL, NULL);
	buf_wipe(&frozen);
	proofs_kit_look(&k);
	assert_int_equal(device_kit_alarms(&k.d, 0), 0);
}

/* Nobody but a witness is given a meeting, or waited for. */
static void who_is_no_witness_is_shown_the_newest(void **state)
{
	uint64_t size;

	cosign_as(&k.witness, 0);
	for (int i = 0; i < 3; i++) {
		proofs_kit_happen(&k);
		proofs_kit_look(&k);
		(void)head_note(k.clinic.d->ops.head, &size);
		assert_int_equal(proofs_kit_seen(&k), size);
	}
	/* The witness is waited for alone: it begins another one. */
	cosign_as(&k.witness, 0);
	assert_int_equal(cosigned_by(1), size);
}

int main(void)
{
#define T(f)                                                                   \
	cmocka_unit_test_prestate_setup_teardown(                              \
		f, proofs_kit_setup, proofs_kit_teardown, &k)
	const struct CMUnitTest tests[] = {
		T(who_is_no_witness_is_shown_the_newest),
		T(two_witnesses_stand_on_one_checkpoint),
		T(others_words_do_not_hide_ours),
		T(an_eager_witness_does_not_hide_ours),
		T(an_earlier_one_must_be_a_part),
		T(one_that_is_shown_as_it_was_is_stale),
		T(cosignatures_that_come_late_are_no_alarm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
