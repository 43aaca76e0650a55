/*
 * A device and the log, at the daemon's double: what is promised and not kept,
 * a log that goes back or forks, witnesses and the policy that asks for them.
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
#include "wire/armour.h"
#include "wire/log.h"
#include "wire/op.h"

static struct proofs_kit k;
static struct cast *const t = &k.clinic.cast;

static void a_growing_log_is_followed(void **state)
{
	uint64_t first, second;

	proofs_kit_settle(&k);
	first = proofs_kit_seen(&k);
	assert_true(first > 0);
	proofs_kit_happen(&k);
	assert_int_equal(world_assign(&t->w, t->c, WIRE_CHANNEL_TEAM,
				 &t->stranger, &t->coordinator),
		0);
	proofs_kit_happen(&k);
	proofs_kit_look(&k);
	second = proofs_kit_seen(&k);
	assert_true(second > first);
	/* It is in the vault. */
	proofs_kit_again(&k);
	assert_int_equal(proofs_kit_seen(&k), second);
	proofs_kit_settle(&k);
	assert_int_equal(device_kit_alarms(&k.d, 0), 0);
	assert_int_equal(proofs_kit_kept(&k, 0), CONFLICT_FORM);
}

/* The daemon says it has taken it, and where; ${channel} NULL: none known. */
static void taken(uint8_t id, uint64_t leaf, const struct id16 *channel)
{
	struct proofs_submitted s = {.message = {{id}},
		.counter = id,
		.envelope = bytes_of("never submitted", 15),
		.logged = {.leaf = leaf, .time = 5}};

	if (channel != NULL)
		s.channel = *channel;
	assert_int_equal(vault_begin(k.d.kit.vault), 0);
	assert_int_equal(proofs_keep(k.proofs, &s), 0);
	assert_int_equal(vault_commit(k.d.kit.vault), 0);
}

static int has_proof(uint8_t id)
{
	const struct id16 message = {{id}};
	struct buf file = {NULL, 0};
	int rc = proofs_get(k.proofs, &message, &file);

	buf_wipe(&file);
	return rc;
}

static const struct id16 *team(void)
{
	return &case_channel(t->c, WIRE_CHANNEL_TEAM)->channel;
}

/* What it names is something else, under the log's own proof. */
static void another_leaf_than_ours_is_an_alarm(void **state)
{
	proofs_kit_settle(&k);
	taken(7, 0, team());
	proofs_kit_settle(&k);
	assert_int_equal(has_proof(7), ROWAN_E_NOT_FOUND);
	assert_int_equal(device_kit_alarms(&k.d, ROWAN_ALARM_FORK), 1);
}

/*
 * It names a leaf that is not there, or after a lost answer says that there
 * is none. Once it may be that our knowledge is late; twice it is an alarm.
 */
static void what_was_taken_and_not_logged_is_an_alarm(void **state)
{
	static const uint64_t leaves[] = {100000, WIRE_LEAF_NONE};

	for (size_t i = 0; i < 2; i++) {
		uint8_t id = (uint8_t)(7 + i);

		proofs_kit_settle(&k);
		taken(id, leaves[i], team());
		assert_int_equal(has_proof(id), ROWAN_E_AGAIN);
		proofs_kit_settle(&k);
		assert_int_equal(has_proof(id), ROWAN_E_AGAIN);
		assert_int_equal(device_kit_alarms(&k.d, 0), 0);
		/* The vault has it, too. */
		if (i == 1) {
			proofs_kit_again(&k);
			proofs_kit_settle(&k);
		} else {
			proofs_kit_turn(&k);
		}
		assert_int_equal(has_proof(id), ROWAN_E_NOT_FOUND);
		assert_int_equal(
			device_kit_alarms(&k.d, ROWAN_ALARM_UNLOGGED), 1);
		proofs_kit_turn(&k);
		assert_int_equal(device_kit_alarms(&k.d, 0), 0);
	}
}

/* Of the leaf that a lost answer is asked for: another message's. */
static enum double_fate find_it(void *ctx, struct double_message *m)
{
	const uint64_t *leaf = ctx;

	if (m->way == DOUBLE_ANSWER && m->count > 1 &&
		m->header.op == (WIRE_OP_LOG_FIND | WIRE_ANSWER))
		for (int i = 0; i < 8; i++)
			m->frame[1].data[m->frame[1].len - 16 + (size_t)i] =
				(uint8_t)(*leaf >> (56 - 8 * i));
	return DOUBLE_PASS;
}

/* One leaf named for two: the second does not make us forget the first. */
static void a_leaf_is_of_one_message(void **state)
{
	static const uint64_t leaves[] = {100000, WIRE_LEAF_NONE};

	for (size_t i = 0; i < 2; i++) {
		proofs_kit_settle(&k);
		relay_double_hook(
			k.clinic.d, find_it, (void *)(uintptr_t)&leaves[0]);
		taken(7, leaves[0], team());
		taken(8, leaves[i], team());
		/* The answer again, of the same message, is no other's. */
		taken(7, leaves[0], team());
		proofs_kit_settle(&k);
		assert_int_equal(has_proof(7), ROWAN_E_AGAIN);
		assert_int_equal(has_proof(8), ROWAN_E_AGAIN);
		proofs_kit_turn(&k);
		proofs_kit_turn(&k);
		proofs_kit_turn(&k);
		assert_int_equal(has_proof(7), ROWAN_E_NOT_FOUND);
		assert_int_equal(has_proof(8), ROWAN_E_NOT_FOUND);
		assert_int_equal(
			device_kit_alarms(&k.d, ROWAN_ALARM_UNLOGGED), 2);
		relay_double_hook(k.clinic.d, NULL, NULL);
	}
}

/* Without a connection nothing is asked, however long. */
static void offline_nothing_is_missed(void **state)
{
	proofs_kit_settle(&k);
	proofs_online(k.proofs, false);
	taken(7, WIRE_LEAF_NONE, team());
	for (int i = 0; i < 300; i++)
		proofs_kit_turn(&k);
	assert_int_equal(device_kit_alarms(&k.d, 0), 0);
	proofs_online(k.proofs, true);
	proofs_kit_settle(&k);
	assert_int_equal(device_kit_alarms(&k.d, 0), 0);
	assert_int_equal(has_proof(7), ROWAN_E_AGAIN);
}

/* The case; ${ret} is the statement as it was signed. */
static void erase(struct buf *ret)
{
	struct wire_statement s;

	world_statement(&t->w, t->c, WIRE_ST_ERASE, &s);
	s.signer_count = 2;
	s.signers[0].kind = WIRE_SIGNER_AUTHORITY;
	s.signers[1].kind = WIRE_SIGNER_DEVICE;
	s.signers[1].device = t->coordinator.device;
	world_sign(&t->w, &t->coordinator, &s, ret);
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
}

/* It is gone, and so it should be: however it was known before. */
static void what_was_erased_is_no_alarm(void **state)
{
	static const uint64_t leaves[] = {100000, WIRE_LEAF_NONE};
	struct buf raw;

	proofs_kit_settle(&k);
	for (size_t i = 0; i < 2; i++)
		taken((uint8_t)(7 + i), leaves[i], team());
	/* The first turn may come before the word of it has. */
	proofs_kit_settle(&k);
	erase(&raw);
	buf_wipe(&raw);
	follow_catch_up(k.d.follow, NULL);
	device_kit_settle(&k.d);
	proofs_kit_turn(&k);
	proofs_kit_turn(&k);
	for (uint8_t i = 0; i < 2; i++)
		assert_int_equal(has_proof(7 + i), ROWAN_E_NOT_FOUND);
	assert_int_equal(device_kit_alarms(&k.d, 0), 0);
}

/*
 * A restore of ${ago} seconds before, which cost five entries: heard of after
 * two promises. How long the log was that had been verified.
 */
static uint64_t restored(uint64_t ago)
{
	struct wire_statement s;
	struct watch w;

	proofs_kit_settle(&k);
	proofs_kit_happen(&k);
	proofs_kit_look(&k);
	taken(7, WIRE_LEAF_NONE, team());
	taken(8, proofs_kit_seen(&k) - 1, team());
	proofs_watch(k.proofs, &w);
	world_statement(&t->w, NULL, WIRE_ST_RESTORE, &s);
	s.time -= ago;
	s.u.restore.size = w.size - 5;
	s.u.restore.root.b[0] = 1;
	s.u.restore.lost_size = w.size;
	memcpy(s.u.restore.lost_root.b, w.root.b, sizeof w.root.b);
	assert_int_equal(world_act(&t->w, NULL, &s, NULL), 0);
	follow_catch_up(k.d.follow, NULL);
	device_kit_settle(&k.d);
	(void)device_kit_alarms(&k.d, 0);
	for (int i = 0; i < 3; i++)
		proofs_kit_turn(&k);
	return w.size;
}

/* Nor is what a restore has cost, though the answer comes after it. */
static void what_was_lost_in_a_restore_is_no_alarm(void **state)
{
	(void)restored(0);
	assert_int_equal(has_proof(7), ROWAN_E_NOT_FOUND);
	assert_int_equal(has_proof(8), ROWAN_E_NOT_FOUND);
	assert_int_equal(device_kit_alarms(&k.d, ROWAN_ALARM_UNLOGGED), 0);
}

/* One that is older than what was promised and verified undoes none of it. */
static void an_old_restore_undoes_nothing(void **state)
{
	uint64_t before = restored(2 * 3600);

	assert_true(proofs_kit_seen(&k) >= before);
	assert_int_equal(device_kit_alarms(&k.d, ROWAN_ALARM_UNLOGGED), 2);
}

/* Something of no case that is known: no way to tell. */
static void of_no_case_it_is_given_up(void **state)
{
	proofs_kit_settle(&k);
	taken(7, WIRE_LEAF_NONE, NULL);
	proofs_kit_settle(&k);
	assert_int_equal(has_proof(7), ROWAN_E_NOT_FOUND);
	assert_int_equal(device_kit_alarms(&k.d, 0), 0);
}

/* ---- a daemon that puts off, and one that shows no log --------------------
 */

static uint16_t late[2]; /* operations */
static uint16_t late_code;

static enum double_fate say_later(void *ctx, struct double_message *m)
{
	const struct wire_error e = {
		late_code, late_code == WIRE_AGAIN ? 1000 : 0};
	struct wire_header h = m->header;
	uint8_t head[WIRE_HEADER_LEN], mem[64];
	struct writer w;

	if (m->way != DOUBLE_ANSWER || (h.op != (late[0] | WIRE_ANSWER) &&
					       h.op != (late[1] | WIRE_ANSWER)))
		return DOUBLE_PASS;
	h.op = WIRE_OP_ERROR;
	wire_header_encode(&h, head);
	writer_init_fixed(&w, mem, sizeof mem);
	assert_int_equal(wire_error_encode(&e, &w), 0);
	assert_int_equal(buf_set(&m->frame[0], bytes_of(head, sizeof head)), 0);
	assert_int_equal(buf_set(&m->frame[1], writer_view(&w)), 0);
	while (m->count > 2)
		buf_wipe(&m->frame[--m->count]);
	return DOUBLE_PASS;
}

/* A slow daemon has a day; then it owes too long. */
static void later_is_an_alarm_after_a_day(void **state)
{
	int turns = 0;

	proofs_kit_settle(&k);
	late_code = WIRE_AGAIN;
	late[0] = WIRE_OP_RECEIPT;
	late[1] = WIRE_OP_LOG_FIND;
	relay_double_hook(k.clinic.d, say_later, NULL);
	taken(7, 0, team());
	taken(8, WIRE_LEAF_NONE, team());
	while (device_kit_alarms(&k.d, ROWAN_ALARM_UNLOGGED) == 0) {
		assert_true(++turns < 200);
		proofs_kit_turn(&k);
	}
	relay_double_hook(k.clinic.d, NULL, NULL);
	assert_in_range(turns, 24 * 6 - 6, 24 * 6 + 6);
	/* The log itself was looked at all the while. */
	proofs_kit_turn(&k);
	assert_int_equal(device_kit_alarms(&k.d, ROWAN_ALARM_STALE), 0);
}

/* And one that puts off the look at its log is stale. */
static void a_look_that_is_put_off_is_stale(void **state)
{
	int turns = 0;

	proofs_kit_settle(&k);
	late_code = WIRE_AGAIN;
	late[0] = late[1] = WIRE_OP_CHECKPOINT;
	relay_double_hook(k.clinic.d, say_later, NULL);
	while (device_kit_alarms(&k.d, ROWAN_ALARM_STALE) == 0) {
		assert_true(++turns < 200);
		proofs_kit_turn(&k);
	}
	assert_in_range(turns, 24 * 6 - 6, 24 * 6 + 6);
	proofs_kit_turn(&k);
	assert_int_equal(device_kit_alarms(&k.d, 0), 0);
	relay_double_hook(k.clinic.d, NULL, NULL);
}

/* A device that slept while it waited for the answer was put off by nobody. */
static void one_that_slept_was_not_put_off(void **state)
{
	proofs_kit_settle(&k);
	late_code = WIRE_AGAIN;
	late[0] = late[1] = WIRE_OP_CHECKPOINT;
	relay_double_hook(k.clinic.d, say_later, NULL);
	proofs_kit_turn(&k);
	proofs_kit_turn(&k);
	relay_double_pass(k.clinic.d, 3 * 86400 * 1000ull);
	k.now_ms += 3 * 86400 * 1000ull;
	proofs_kit_turn(&k);
	assert_int_equal(device_kit_alarms(&k.d, ROWAN_ALARM_STALE), 0);
	/* Nor was one that is awake for seconds now and then. */
	for (int i = 0; i < 10; i++) {
		relay_double_pass(k.clinic.d, 45 * 60 * 1000);
		k.now_ms += 45 * 60 * 1000;
		proofs_kit_turn(&k);
		assert_int_equal(device_kit_alarms(&k.d, ROWAN_ALARM_STALE), 0);
	}
	relay_double_hook(k.clinic.d, NULL, NULL);
	proofs_kit_turn(&k);
	assert_int_equal(device_kit_alarms(&k.d, 0), 0);
}

/* One without any log may be a daemon that was built so: for a day. */
static void a_daemon_without_a_log_has_a_day(void **state)
{
	int turns = 0;

	late_code = WIRE_REFUSED;
	late[0] = late[1] = WIRE_OP_CHECKPOINT;
	relay_double_hook(k.clinic.d, say_later, NULL);
	taken(7, WIRE_LEAF_NONE, team());
	proofs_kit_settle(&k);
	assert_int_equal(proofs_kit_seen(&k), 0);
	while (device_kit_alarms(&k.d, ROWAN_ALARM_UNLOGGED) == 0) {
		assert_true(++turns < 200);
		proofs_kit_turn(&k);
	}
	assert_in_range(turns, 24 * 6 - 6, 24 * 6 + 6);
	relay_double_hook(k.clinic.d, NULL, NULL);
}

/* How long the daemon's own log is. */
static uint64_t shown(void)
{
	uint64_t size = 0;

	(void)head_note(k.clinic.d->ops.head, &size);
	return size;
}

static void a_log_that_goes_back_is_an_alarm(void **state)
{
	uint64_t before;

	relay_double_save(k.clinic.d);
	proofs_kit_happen(&k);
	assert_int_equal(world_assign(&t->w, t->c, WIRE_CHANNEL_TEAM,
				 &t->stranger, &t->coordinator),
		0);
	device_kit_settle(&k.d);
	proofs_kit_look(&k);
	before = proofs_kit_seen(&k);
	relay_double_pass(k.clinic.d, 5000);
	relay_double_rollback(k.clinic.d);
	device_kit_settle(&k.d);
	proofs_online(k.proofs, false);
	proofs_online(k.proofs, true);
	follow_time(k.d.follow, relay_double_now(k.clinic.d), false);
	proofs_kit_look(&k);
	assert_int_equal(device_kit_alarms(&k.d, ROWAN_ALARM_ROLLBACK), 1);
	/* What was verified stays what was verified; one alarm is enough. */
	assert_int_equal(proofs_kit_seen(&k), before);
	proofs_kit_look(&k);
	assert_int_equal(device_kit_alarms(&k.d, 0), 0);
	/* Both checkpoints are there for others, and once. */
	assert_int_equal(proofs_kit_kept(&k, 0), CONFLICT_BACK);
	assert_int_equal(proofs_kit_kept(&k, 1), CONFLICT_FORM);
	/* It grows past what was verified, with another past: after a restart
	 * of this device, too, and what was kept stands. */
	proofs_kit_again(&k);
	while (shown() <= before)
		proofs_kit_happen(&k);
	proofs_kit_look(&k);
	assert_int_equal(device_kit_alarms(&k.d, ROWAN_ALARM_FORK), 1);
	assert_int_equal(proofs_kit_kept(&k, 0), CONFLICT_BACK);
	assert_int_equal(proofs_kit_kept(&k, 1), CONFLICT_PAST);
	assert_int_equal(proofs_kit_kept(&k, 2), CONFLICT_FORM);
	assert_int_equal(proofs_kit_seen(&k), before);
}

/* Of a tree of 2^n the proof that is given does not name the root: another
 * one does, and is asked for. */
static void a_fork_at_a_power_of_two_is_proved(void **state)
{
	proofs_kit_settle(&k);
	relay_double_save(k.clinic.d);
	device_kit_settle(&k.d);
	proofs_online(k.proofs, false);
	proofs_online(k.proofs, true);
	do {
		proofs_kit_log(&k, 1);
		relay_double_pass(k.clinic.d, 2000);
		proofs_kit_look(&k);
	} while ((proofs_kit_seen(&k) & (proofs_kit_seen(&k) - 1)) != 0);
	relay_double_pass(k.clinic.d, 5000);
	relay_double_rollback(k.clinic.d);
	device_kit_settle(&k.d);
	proofs_online(k.proofs, false);
	proofs_online(k.proofs, true);
	/* With nothing between the two trees it cannot be proved yet. */
	while (shown() <= proofs_kit_seen(&k)) {
		proofs_kit_log(&k, 1);
		relay_double_pass(k.clinic.d, 2000);
	}
	assert_int_equal(shown(), proofs_kit_seen(&k) + 1);
	proofs_kit_look(&k);
	assert_int_equal(device_kit_alarms(&k.d, ROWAN_ALARM_FORK), 1);
	assert_int_equal(proofs_kit_kept(&k, 0), CONFLICT_OPEN);
	proofs_kit_happen(&k);
	proofs_kit_look(&k);
	assert_int_equal(proofs_kit_kept(&k, 1), CONFLICT_PAST);
	assert_int_equal(proofs_kit_kept(&k, 2), CONFLICT_FORM);
}

/* ---- lies -----------------------------------------------------------------
 */

static uint16_t lied_about;
static size_t lied_at = 10; /* from the end */

static enum double_fate flip(void *ctx, struct double_message *m)
{
	if (m->way != DOUBLE_ANSWER || m->count < 2 ||
		m->header.op != (lied_about | WIRE_ANSWER) ||
		m->frame[1].len < lied_at + 2)
		return DOUBLE_PASS;
	m->frame[1].data[m->frame[1].len - lied_at] ^= 1;
	return DOUBLE_PASS;
}

static void forged_answers_are_alarms(void **state)
{
	static const uint16_t ops[] = {
		WIRE_OP_CHECKPOINT, WIRE_OP_LOG_CONSISTENCY};

	proofs_kit_settle(&k);
	for (size_t i = 0; i < 2; i++) {
		uint64_t before = proofs_kit_seen(&k);

		proofs_kit_happen(&k);
		device_kit_settle(&k.d);
		lied_about = ops[i];
		relay_double_hook(k.clinic.d, flip, NULL);
		proofs_kit_look(&k);
		relay_double_hook(k.clinic.d, NULL, NULL);
		assert_int_equal(device_kit_alarms(&k.d, ROWAN_ALARM_FORK), 1);
		assert_int_equal(proofs_kit_seen(&k), before);
		proofs_kit_look(&k);
		assert_true(proofs_kit_seen(&k) > before);
	}
	/* Unsigned, it says nothing to others; nor does a broken proof. */
	assert_int_equal(proofs_kit_kept(&k, 0), CONFLICT_OPEN);
	assert_int_equal(proofs_kit_kept(&k, 1), CONFLICT_FORM);
}

/* ---- witnesses ------------------------------------------------------------
 */

static void a_witness_cosigns_and_is_asked_for(void **state)
{
	const struct bytes kit_policy = bytes_of("quorum none\n", 12);
	struct world_person other;
	struct buf note;

	/* Before it has, nothing is believed that must have it. */
	assert_int_equal(proofs_policy(k.proofs, bytes_of("witness\n", 8)),
		ROWAN_E_MALFORMED);
	proofs_kit_policy(&k, &k.witness);
	proofs_kit_look(&k);
	assert_int_equal(proofs_kit_seen(&k), 0);
	proofs_kit_leave(&k);
	proofs_kit_as(&k, &k.witness);
	/* Which waits for nobody's word, or two would wait for each other. */
	assert_int_equal(proofs_policy(k.proofs, kit_policy), ROWAN_E_SIGNER);
	assert_int_equal(proofs_policy(k.proofs, bytes_of(NULL, 0)), 0);
	proofs_kit_settle(&k);
	assert_true(proofs_kit_seen(&k) > 0);
	assert_int_equal(head_cosigned(k.clinic.d->ops.head, 1, &note), 0);
	buf_wipe(&note);
	/* Nothing new: it says nothing twice. */
	proofs_kit_look(&k);
	assert_int_equal(head_cosigned(k.clinic.d->ops.head, 2, &note),
		ROWAN_E_NOT_FOUND);
	proofs_kit_leave(&k);
	proofs_kit_as(&k, &t->advocate);
	proofs_kit_policy(&k, &k.witness);
	proofs_kit_look(&k);
	assert_true(proofs_kit_seen(&k) > 0);
	assert_int_equal(device_kit_alarms(&k.d, 0), 0);
	proofs_kit_leave(&k);
	/* Somebody else's word is not the one that is asked for. */
	proofs_kit_as(&k, &t->officer);
	world_person(&other, "another witness");
	proofs_kit_policy(&k, &other);
	proofs_kit_look(&k);
	assert_int_equal(proofs_kit_seen(&k), 0);
}

/* ---- what was erased ------------------------------------------------------
 */

static void kept_erased(struct writer *w)
{
	writer_init(w, 64 * 1024);
	assert_int_equal(proofs_erased(k.proofs, w), 0);
}

static void a_witness_keeps_what_was_erased(void **state)
{
	struct writer text, again;
	struct buf raw, given;

	proofs_kit_leave(&k);
	proofs_kit_as(&k, &k.witness);
	proofs_kit_settle(&k);
	kept_erased(&text);
	assert_int_equal(text.len, 0);
	writer_wipe(&text);
	erase(&raw);
	/* As the daemon makes it up it is not kept, and the true one is. */
	lied_about = WIRE_OP_ERASED;
	for (lied_at = 10; lied_at < 10 + 3 * 64; lied_at += 64) {
		relay_double_hook(k.clinic.d, flip, NULL);
		proofs_kit_look(&k);
		relay_double_hook(k.clinic.d, NULL, NULL);
		kept_erased(&text);
		assert_int_equal(text.len, 0);
		writer_wipe(&text);
	}
	lied_at = 10;
	proofs_kit_look(&k);
	kept_erased(&text);
	assert_int_equal(
		armour_read(writer_view(&text), ARMOUR_STATEMENT, &given), 0);
	assert_true(bytes_eq(buf_view(&given), buf_view(&raw)));
	/* Once, and in the vault. */
	proofs_kit_look(&k);
	proofs_kit_again(&k);
	kept_erased(&again);
	assert_true(bytes_eq(writer_view(&again), writer_view(&text)));
	writer_wipe(&again);
	writer_wipe(&text);
	buf_wipe(&given);
	buf_wipe(&raw);
	/* Nobody else has it. */
	proofs_kit_leave(&k);
	proofs_kit_as(&k, &t->officer);
	proofs_kit_settle(&k);
	writer_init(&text, 1024);
	assert_int_equal(proofs_erased(k.proofs, &text), ROWAN_E_SIGNER);
	writer_wipe(&text);
}

/* "There are more", for good: it never comes to the look at the log. */
static enum double_fate more_erased(void *ctx, struct double_message *m)
{
	uint64_t *next = ctx;
	const struct wire_erased_answer a = {.next = ++*next};
	struct writer w;

	if (m->way != DOUBLE_ANSWER ||
		m->header.op != (WIRE_OP_ERASED | WIRE_ANSWER))
		return DOUBLE_PASS;
	writer_init(&w, 64);
	assert_int_equal(wire_erased_answer_encode(&a, &w), 0);
	assert_int_equal(buf_set(&m->frame[1], writer_view(&w)), 0);
	writer_wipe(&w);
	return DOUBLE_PASS;
}

static void a_witness_kept_from_looking_says_so(void **state)
{
	uint64_t next = 0;
	int turns = 0;

	proofs_kit_leave(&k);
	proofs_kit_as(&k, &k.witness);
	proofs_kit_settle(&k);
	relay_double_hook(k.clinic.d, more_erased, &next);
	while (device_kit_alarms(&k.d, ROWAN_ALARM_STALE) == 0) {
		assert_true(++turns < 200);
		relay_double_pass(k.clinic.d, PROOFS_LOOK_MS);
		follow_time(k.d.follow, relay_double_now(k.clinic.d), false);
		k.now_ms += PROOFS_LOOK_MS;
		for (int i = 0; i < 4; i++) {
			assert_int_equal(proofs_step(k.proofs, k.now_ms), 0);
			device_kit_settle(&k.d);
		}
	}
	assert_in_range(turns, 24 * 6 - 6, 24 * 6 + 6);
	relay_double_hook(k.clinic.d, NULL, NULL);
}

int main(void)
{
#define T(f)                                                                   \
	cmocka_unit_test_prestate_setup_teardown(                              \
		f, proofs_kit_setup, proofs_kit_teardown, &k)
	const struct CMUnitTest tests[] = {
		T(a_growing_log_is_followed),
		T(another_leaf_than_ours_is_an_alarm),
		T(what_was_taken_and_not_logged_is_an_alarm),
		T(a_leaf_is_of_one_message),
		T(offline_nothing_is_missed),
		T(what_was_erased_is_no_alarm),
		T(what_was_lost_in_a_restore_is_no_alarm),
		T(an_old_restore_undoes_nothing),
		T(of_no_case_it_is_given_up),
		T(later_is_an_alarm_after_a_day),
		T(a_look_that_is_put_off_is_stale),
		T(one_that_slept_was_not_put_off),
		T(a_daemon_without_a_log_has_a_day),
		T(a_log_that_goes_back_is_an_alarm),
		T(a_fork_at_a_power_of_two_is_proved),
		T(forged_answers_are_alarms),
		T(a_witness_cosigns_and_is_asked_for),
		T(a_witness_keeps_what_was_erased),
		T(a_witness_kept_from_looking_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
