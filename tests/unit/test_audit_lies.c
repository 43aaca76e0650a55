/*
 * Whoever checks the log, at a daemon that makes its answers up: other paths,
 * leaves and openings than it has, those of another question, an old
 * checkpoint, none at all, too much, always more to come. Each ends in an
 * error that says so, or is waited out; none is taken for the truth.
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
#include "lib/log_lies.h"
#include "lib/proofs_kit.h"
#include "log/entry.h"
#include "session/proof/audit.h"
#include "wire/log.h"
#include "wire/op.h"

#define SILENT 1    /* no end, and the daemon is asked again and again */
#define STEPS  1300 /* of a second, most of them: some minutes */
#define ITEMS  20000

static struct proofs_kit k;
static struct world_person auditor;
static struct id16 of_case = {{0xca}};
static struct buf old_note; /* of the daemon, before the rest came */

/* ${n} entries of acts in the case, or in another one, or none. */
static void grow(int n)
{
	struct store *st = relay_double_begin(k.clinic.d);

	for (int i = 0; i < n; i++) {
		struct log_entry e = {.act = WIRE_ACT_READ,
			.time = relay_double_now(k.clinic.d),
			.case_id = of_case};

		e.case_id.b[1] = i % 3 == 0;
		assert_int_equal(entry_add(st, &e, NULL), 0);
	}
	relay_double_commit(k.clinic.d);
	relay_double_pass(k.clinic.d, 2000);
}

static int setup(void **state)
{
	struct wire_card card;

	proofs_kit_begin(&k);
	world_person(&auditor, "an auditor");
	world_card(&k.clinic.cast.w, &auditor, WIRE_ROLE_CASEWORKER, "health",
		&card);
	card.rights = WIRE_RIGHT_AUDIT;
	assert_int_equal(
		world_enrol(&k.clinic.cast.w, &auditor, NULL, &card), 0);
	grow(30);
	proofs_kit_as(&k, &auditor);
	proofs_kit_look(&k);
	assert_int_equal(
		buf_copy(&old_note, head_note(k.clinic.d->ops.head, NULL)), 0);
	log_lies.d = k.clinic.d;
	log_lies.old_note = buf_view(&old_note);
	grow(600);
	proofs_kit_look(&k);
	assert_true(proofs_kit_seen(&k) > 600);
	return 0;
}

static int teardown(void **state)
{
	relay_double_hook(k.clinic.d, NULL, NULL);
	buf_wipe(&old_note);
	buf_wipe(&log_lies.kept);
	proofs_kit_end(&k);
	return 0;
}

/* ---- what comes of it -----------------------------------------------------
 */

/* How the question ends, SILENT after some minutes; how many items it gave. */
static int ask(const struct audit_question *q, unsigned *ret_items)
{
	struct audit_item item;
	int rc = ROWAN_E_AGAIN, steps = 0;
	struct audit *a;

	*ret_items = 0;
	follow_time(k.d.follow, relay_double_now(k.clinic.d), false);
	assert_int_equal(audit_new(&a, k.proofs, q), 0);
	while (rc == 0 || rc == ROWAN_E_AGAIN) {
		if (rc == ROWAN_E_AGAIN) {
			if (steps++ > STEPS) {
				rc = SILENT;
				break;
			}
			k.now_ms += 1100;
			relay_double_pass(k.clinic.d, steps < 20 ? 10 : 1000);
		}
		assert_int_equal(proofs_step(k.proofs, k.now_ms), 0);
		device_kit_settle(&k.d);
		rc = audit_next(a, &item);
		*ret_items += rc == 0;
		assert_true(*ret_items < ITEMS);
	}
	audit_free(a);
	return rc;
}

/* With each lie about it; and then without one, all is well again. */
static void lied_to(const struct audit_question *q, const struct log_lie *lies,
	size_t count, int want)
{
	unsigned items, all;

	assert_int_equal(ask(q, &all), ROWAN_E_NOT_FOUND);
	for (size_t i = 0; i < count; i++) {
		struct log_lie lie = lies[i];
		uint64_t seen = proofs_kit_seen(&k);
		int rc;

		log_lies.told = 0;
		relay_double_hook(k.clinic.d, log_lie_hook, &lie);
		rc = ask(q, &items);
		relay_double_hook(k.clinic.d, NULL, NULL);
		if (rc != want || log_lies.told == 0)
			fail_msg("%s of %x: %d, told %u times", lie.name,
				lie.op, rc, log_lies.told);
		assert_true(proofs_kit_seen(&k) >= seen);
		/* What was asked and not answered yet comes late. */
		relay_double_pass(k.clinic.d, 60000);
		device_kit_settle(&k.d);
		proofs_kit_look(&k);
		(void)device_kit_alarms(&k.d, 0);
	}
	assert_int_equal(ask(q, &items), ROWAN_E_NOT_FOUND);
	assert_true(items >= all);
}

#define LIED(q, lies, want)                                                    \
	lied_to(q, lies, sizeof(lies) / sizeof *(lies), want)

static const struct audit_question whole = {.kind = AUDIT_TREE};
/* From the leaf before: all that is on its left is told by its path. */
static const struct audit_question rest = {.kind = AUDIT_TREE, .from = 128};
static const struct audit_question openings = {
	.kind = AUDIT_OPENINGS, .from = 250};
static const struct audit_question growth = {
	.kind = AUDIT_REQUEST, .from = 101};

static void other_leaves_are_told(void **state)
{
	static const struct log_lie lies[] = {
		{"flipped", WIRE_OP_LOG_ENTRIES, log_lie_leaves_flipped},
		{"of no form", WIRE_OP_LOG_ENTRIES, log_lie_leaves_of_no_form},
		{"swapped", WIRE_OP_LOG_ENTRIES, log_lie_leaves_swapped},
		{"missing", WIRE_OP_LOG_ENTRIES, log_lie_leaves_missing},
		{"none", WIRE_OP_LOG_ENTRIES, log_lie_no_leaves},
	};

	LIED(&whole, lies, ROWAN_E_CHAIN);
	LIED(&rest, lies, ROWAN_E_CHAIN);
}

/* Pieces as small as the daemon likes are pieces. */
static void small_pieces_are_put_together(void **state)
{
	struct log_lie lie = {
		"the last", WIRE_OP_LOG_ENTRIES, log_lie_the_last_missing};
	unsigned items;

	relay_double_hook(k.clinic.d, log_lie_hook, &lie);
	assert_int_equal(ask(&whole, &items), ROWAN_E_NOT_FOUND);
	assert_true(items >= 2);
}

static void other_paths_are_told(void **state)
{
	static const struct log_lie lies[] = {
		{"flipped", WIRE_OP_LOG_PROOF, log_lie_a_bit_of_it},
		{"shorter", WIRE_OP_LOG_PROOF, log_lie_a_hash_less},
		{"empty", WIRE_OP_LOG_PROOF, log_lie_no_hash},
		{"longer", WIRE_OP_LOG_PROOF, log_lie_a_hash_more},
		{"longest", WIRE_OP_LOG_PROOF, log_lie_all_the_hashes},
		{"reversed", WIRE_OP_LOG_PROOF, log_lie_other_way_round},
		{"of another leaf", WIRE_OP_LOG_PROOF, log_lie_of_another_leaf},
		{"of growth", WIRE_OP_LOG_PROOF, log_lie_of_another_size},
	};

	LIED(&rest, lies, ROWAN_E_CHAIN);
	LIED(&openings, lies, ROWAN_E_CHAIN);
}

static void other_openings_are_told(void **state)
{
	static const struct log_lie lies[] = {
		{"always more", WIRE_OP_LOG_DETAILS, log_lie_always_more},
		{"back", WIRE_OP_LOG_DETAILS, log_lie_back_again},
		{"one twice", WIRE_OP_LOG_DETAILS, log_lie_one_twice},
		{"swapped", WIRE_OP_LOG_DETAILS, log_lie_under_another_number},
		{"flipped", WIRE_OP_LOG_DETAILS, log_lie_an_opening_flipped},
		{"before", WIRE_OP_LOG_DETAILS, log_lie_before_what_was_asked},
	};

	LIED(&openings, lies, ROWAN_E_CHAIN);
}

/* What was told before, in the place of others; of one case it was asked, and
 * what is told is of any. */
static void true_openings_are_not_taken_for_others(void **state)
{
	struct audit_question q = {.kind = AUDIT_OPENINGS, .case_id = of_case};
	const struct log_lie lie = {
		"", WIRE_OP_LOG_DETAILS, log_lie_the_first_again};
	unsigned items;

	lied_to(&openings, &lie, 1, ROWAN_E_CHAIN);
	/* What is kept is of any case now. */
	assert_int_equal(ask(&q, &items), ROWAN_E_NOT_FOUND);
	assert_true(items > 100);
	relay_double_hook(k.clinic.d, log_lie_hook, (void *)&lie);
	assert_int_equal(ask(&q, &items), ROWAN_E_CHAIN);
	assert_int_equal(items, 0);
	q = (struct audit_question){
		.kind = AUDIT_OPENINGS, .device = auditor.device};
	assert_int_equal(ask(&q, &items), ROWAN_E_CHAIN);
}

/* What is left out is counted by whoever counts (client/cmd/audit.c). */
static void what_is_left_out_is_missing(void **state)
{
	struct log_lie lie = {
		"less", WIRE_OP_LOG_DETAILS, log_lie_some_left_out};
	struct log_lie none = {
		"none", WIRE_OP_LOG_DETAILS, log_lie_further_each_time};
	unsigned items, all;

	assert_int_equal(ask(&openings, &all), ROWAN_E_NOT_FOUND);
	relay_double_hook(k.clinic.d, log_lie_hook, &lie);
	assert_int_equal(ask(&openings, &items), ROWAN_E_NOT_FOUND);
	assert_true(items < all);
	log_lies.told = (unsigned)openings.from;
	relay_double_hook(k.clinic.d, log_lie_hook, &none);
	assert_int_equal(ask(&openings, &items), ROWAN_E_NOT_FOUND);
	assert_int_equal(items, 0);
}

/* What does not decode, or nobody asked, is no answer: it is waited for. */
static void what_is_no_answer_is_waited_out(void **state)
{
	static const struct {
		const struct audit_question *q;
		uint16_t op;
	} asked[] = {{&whole, WIRE_OP_CHECKPOINT},
		{&whole, WIRE_OP_LOG_ENTRIES}, {&rest, WIRE_OP_LOG_PROOF},
		{&openings, WIRE_OP_LOG_DETAILS},
		{&openings, WIRE_OP_LOG_PROOF},
		{&growth, WIRE_OP_LOG_CONSISTENCY}};
	static log_lie_tell *const tells[] = {log_lie_to_another_request,
		log_lie_of_another_operation, log_lie_truncated,
		log_lie_too_long, log_lie_a_frame_more, log_lie_noise};

	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
		for (size_t n = 0; n < sizeof tells / sizeof *tells; n++) {
			const struct log_lie lie = {
				"no answer", asked[i].op, tells[n]};

			/* A look that is not answered has ended. */
			lied_to(asked[i].q, &lie, 1,
				asked[i].op == WIRE_OP_CHECKPOINT
					? ROWAN_E_STATE
					: SILENT);
		}
}

/* And refused is what is refused, whatever the code says. */
static void refusals_are_told(void **state)
{
	static const uint16_t codes[] = {WIRE_STALE, WIRE_MEMBERSHIP,
		WIRE_COUNTER, WIRE_MALFORMED, WIRE_LIMIT, WIRE_VERSION,
		WIRE_OPERATION, WIRE_REFUSED, WIRE_EXISTS, 0x02ff, 0x03ff};
	static const struct log_lie proof[] = {
		{"refused", WIRE_OP_LOG_PROOF, log_lie_refusal}};
	static const struct log_lie grown[] = {
		{"refused", WIRE_OP_LOG_CONSISTENCY, log_lie_refusal}};
	static const struct log_lie note[] = {
		{"refused", WIRE_OP_CHECKPOINT, log_lie_refusal}};

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		struct log_lie leaves = {
			"", WIRE_OP_LOG_ENTRIES, log_lie_refusal};
		struct log_lie details = {
			"", WIRE_OP_LOG_DETAILS, log_lie_refusal};
		unsigned items;
		int rc;

		log_lies.code = codes[i];
		LIED(&rest, proof, ROWAN_E_CHAIN);
		LIED(&openings, proof, ROWAN_E_CHAIN);
		LIED(&growth, grown, ROWAN_E_CHAIN);
		LIED(&whole, note, ROWAN_E_STATE);
		relay_double_hook(k.clinic.d, log_lie_hook, &leaves);
		rc = ask(&whole, &items);
		/* Of these audit_next says something else. */
		assert_true(rc < 0 && rc != ROWAN_E_NOT_FOUND &&
			    rc != ROWAN_E_RULE && rc != ROWAN_E_STALE &&
			    rc != ROWAN_E_MALFORMED);
		relay_double_hook(k.clinic.d, log_lie_hook, &details);
		assert_int_equal(ask(&openings, &items), rc);
		relay_double_hook(k.clinic.d, NULL, NULL);
		assert_int_equal(items, 0);
		if (log_lies.code == WIRE_REFUSED)
			assert_int_equal(rc, ROWAN_E_SIGNER);
	}
}

/* "Later", for good: it is asked again, and nothing is made of it. */
static void later_is_waited_out(void **state)
{
	static const struct log_lie lies[] = {
		{"later", WIRE_OP_LOG_ENTRIES, log_lie_refusal}};

	log_lies.code = WIRE_AGAIN;
	LIED(&whole, lies, SILENT);
}

/* A checkpoint that was verified before is no answer to "what is there now". */
static void an_old_checkpoint_is_not_todays(void **state)
{
	static const struct log_lie older[] = {
		{"old", WIRE_OP_CHECKPOINT, log_lie_an_old_one}};
	static const struct log_lie forged[] = {
		{"flipped", WIRE_OP_CHECKPOINT, log_lie_a_bit_of_the_note},
		{"no note", WIRE_OP_CHECKPOINT, log_lie_no_note}};

	LIED(&whole, older, ROWAN_E_STATE);
	LIED(&openings, older, ROWAN_E_STATE);
	LIED(&growth, older, ROWAN_E_STATE);
	LIED(&whole, forged, ROWAN_E_CHAIN);
	LIED(&openings, forged, ROWAN_E_CHAIN);
}

static void growth_that_is_not_shown_is_told(void **state)
{
	static log_lie_tell *const tells[] = {log_lie_a_bit_of_it,
		log_lie_a_hash_less, log_lie_no_hash, log_lie_a_hash_more,
		log_lie_all_the_hashes, log_lie_other_way_round,
		log_lie_of_another_leaf, log_lie_of_another_size,
		log_lie_refusal};
	unsigned items;

	log_lies.code = WIRE_STALE;
	for (size_t i = 0; i < sizeof tells / sizeof *tells; i++) {
		struct log_lie lie = {"", WIRE_OP_LOG_CONSISTENCY, tells[i]};
		uint64_t seen = proofs_kit_seen(&k);

		grow(20 + (int)i);
		relay_double_hook(k.clinic.d, log_lie_hook, &lie);
		assert_int_equal(ask(&whole, &items), ROWAN_E_CHAIN);
		assert_int_equal(items, 0);
		relay_double_hook(k.clinic.d, NULL, NULL);
		assert_int_equal(proofs_kit_seen(&k), seen);
		assert_int_equal(device_kit_alarms(&k.d, ROWAN_ALARM_FORK), 1);
		assert_int_equal(ask(&whole, &items), ROWAN_E_NOT_FOUND);
		assert_true(proofs_kit_seen(&k) > seen);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(other_leaves_are_told),
		T(small_pieces_are_put_together),
		T(other_paths_are_told),
		T(other_openings_are_told),
		T(true_openings_are_not_taken_for_others),
		T(what_is_left_out_is_missing),
		T(what_is_no_answer_is_waited_out),
		T(refusals_are_told),
		T(later_is_waited_out),
		T(an_old_checkpoint_is_not_todays),
		T(growth_that_is_not_shown_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
