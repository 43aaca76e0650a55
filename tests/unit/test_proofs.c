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

#include "lib/device_kit.h"
#include "lib/double_line.h"
#include "lib/seed.h"
#include "log/entry.h"
#include "session/proof/proofs.h"
#include "tlog/origin.h"
#include "trust/attest.h"
#include "trust/conflict.h"
#include "wire/log.h"
#include "wire/op.h"
#include "wire/armour.h"

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

/* What a third person makes of the file number ${n} that was kept. */
static enum conflict_verdict kept(uint64_t n)
{
	struct conflict *c = malloc(sizeof *c);
	enum conflict_verdict v = CONFLICT_FORM;
	struct anchor anchor;
	struct wire_key key;
	struct buf file;

	assert_non_null(c);
	attest_key(t->w.authority, &key);
	anchor_init(&anchor);
	anchor_pin(&anchor, &key);
	if (proofs_conflicts(x, n, &file) == 0) {
		v = conflict_check(c, buf_view(&file), &anchor);
		buf_wipe(&file);
	}
	free(c);
	return v;
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

static void a_growing_log_is_followed(void **state)
{
	uint64_t first, second;

	settle();
	first = seen();
	assert_true(first > 0);
	happen();
	assert_int_equal(world_assign(&t->w, t->c, WIRE_CHANNEL_TEAM,
				 &t->stranger, &t->coordinator),
		0);
	happen();
	look();
	second = seen();
	assert_true(second > first);
	/* It is in the vault. */
	proofs_free(x);
	begin_proofs();
	assert_int_equal(seen(), second);
	settle();
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	assert_int_equal(kept(0), CONFLICT_FORM);
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
	assert_int_equal(vault_begin(d.kit.vault), 0);
	assert_int_equal(proofs_keep(x, &s), 0);
	assert_int_equal(vault_commit(d.kit.vault), 0);
}

static int has_proof(uint8_t id)
{
	const struct id16 message = {{id}};
	struct buf file = {NULL, 0};
	int rc = proofs_get(x, &message, &file);

	buf_wipe(&file);
	return rc;
}

static const struct id16 *team(void)
{
	return &case_channel(t->c, WIRE_CHANNEL_TEAM)->channel;
}

/* One more turn of looking at the log: the next is minutes later. */
static void turn(void)
{
	relay_double_pass(clinic.d, PROOFS_LOOK_MS);
	follow_time(d.follow, relay_double_now(clinic.d), false);
	now_ms += PROOFS_LOOK_MS;
	settle();
}

/* What it names is something else, under the log's own proof. */
static void another_leaf_than_ours_is_an_alarm(void **state)
{
	settle();
	taken(7, 0, team());
	settle();
	assert_int_equal(has_proof(7), ROWAN_E_NOT_FOUND);
	assert_int_equal(device_kit_alarms(&d, ROWAN_ALARM_FORK), 1);
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

		settle();
		taken(id, leaves[i], team());
		assert_int_equal(has_proof(id), ROWAN_E_AGAIN);
		settle();
		assert_int_equal(has_proof(id), ROWAN_E_AGAIN);
		assert_int_equal(device_kit_alarms(&d, 0), 0);
		/* The vault has it, too. */
		if (i == 1) {
			proofs_free(x);
			begin_proofs();
			settle();
		} else {
			turn();
		}
		assert_int_equal(has_proof(id), ROWAN_E_NOT_FOUND);
		assert_int_equal(
			device_kit_alarms(&d, ROWAN_ALARM_UNLOGGED), 1);
		turn();
		assert_int_equal(device_kit_alarms(&d, 0), 0);
	}
}

/* Without a connection nothing is asked, however long. */
static void offline_nothing_is_missed(void **state)
{
	settle();
	proofs_online(x, false);
	taken(7, WIRE_LEAF_NONE, team());
	for (int i = 0; i < 300; i++)
		turn();
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	proofs_online(x, true);
	settle();
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	assert_int_equal(has_proof(7), ROWAN_E_AGAIN);
}

static void erase(void)
{
	struct wire_statement s;
	struct buf raw;

	world_statement(&t->w, t->c, WIRE_ST_ERASE, &s);
	s.signer_count = 2;
	s.signers[0].kind = WIRE_SIGNER_AUTHORITY;
	s.signers[1].kind = WIRE_SIGNER_DEVICE;
	s.signers[1].device = t->coordinator.device;
	world_sign(&t->w, &t->coordinator, &s, &raw);
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	buf_wipe(&raw);
}

/* It is gone, and so it should be: however it was known before. */
static void what_was_erased_is_no_alarm(void **state)
{
	static const uint64_t leaves[] = {100000, WIRE_LEAF_NONE};

	settle();
	for (size_t i = 0; i < 2; i++)
		taken((uint8_t)(7 + i), leaves[i], team());
	/* The first turn may come before the word of it has. */
	settle();
	erase();
	follow_catch_up(d.follow, NULL);
	device_kit_settle(&d);
	turn();
	turn();
	for (uint8_t i = 0; i < 2; i++)
		assert_int_equal(has_proof(7 + i), ROWAN_E_NOT_FOUND);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
}

/* Nor is what a restore has cost. */
static void what_was_lost_in_a_restore_is_no_alarm(void **state)
{
	struct wire_statement s;
	struct watch w;

	settle();
	happen();
	look();
	taken(7, WIRE_LEAF_NONE, team());
	taken(8, seen() - 1, team());
	/* Kept before: the answer comes after the restore. */
	proofs_watch(x, &w);
	world_statement(&t->w, NULL, WIRE_ST_RESTORE, &s);
	s.u.restore.size = w.size - 5;
	s.u.restore.root.b[0] = 1;
	s.u.restore.lost_size = w.size;
	memcpy(s.u.restore.lost_root.b, w.root.b, sizeof w.root.b);
	assert_int_equal(world_act(&t->w, NULL, &s, NULL), 0);
	follow_catch_up(d.follow, NULL);
	device_kit_settle(&d);
	(void)device_kit_alarms(&d, 0);
	for (int i = 0; i < 3; i++)
		turn();
	assert_int_equal(has_proof(7), ROWAN_E_NOT_FOUND);
	assert_int_equal(has_proof(8), ROWAN_E_NOT_FOUND);
	assert_int_equal(device_kit_alarms(&d, ROWAN_ALARM_UNLOGGED), 0);
}

/* One that is older than what was promised and verified undoes none of it. */
static void an_old_restore_undoes_nothing(void **state)
{
	struct wire_statement s;
	struct watch w, after;

	settle();
	happen();
	look();
	taken(7, WIRE_LEAF_NONE, team());
	taken(8, seen() - 1, team());
	proofs_watch(x, &w);
	world_statement(&t->w, NULL, WIRE_ST_RESTORE, &s);
	s.time -= 2 * 3600;
	s.u.restore.size = w.size - 5;
	s.u.restore.root.b[0] = 1;
	s.u.restore.lost_size = w.size;
	memcpy(s.u.restore.lost_root.b, w.root.b, sizeof w.root.b);
	assert_int_equal(world_act(&t->w, NULL, &s, NULL), 0);
	follow_catch_up(d.follow, NULL);
	device_kit_settle(&d);
	(void)device_kit_alarms(&d, 0);
	for (int i = 0; i < 3; i++)
		turn();
	proofs_watch(x, &after);
	assert_true(after.size >= w.size);
	assert_int_equal(device_kit_alarms(&d, ROWAN_ALARM_UNLOGGED), 2);
}

/* Something of no case that is known: no way to tell. */
static void of_no_case_it_is_given_up(void **state)
{
	settle();
	taken(7, WIRE_LEAF_NONE, NULL);
	settle();
	assert_int_equal(has_proof(7), ROWAN_E_NOT_FOUND);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
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

	settle();
	late_code = WIRE_AGAIN;
	late[0] = WIRE_OP_RECEIPT;
	late[1] = WIRE_OP_LOG_FIND;
	relay_double_hook(clinic.d, say_later, NULL);
	taken(7, 0, team());
	taken(8, WIRE_LEAF_NONE, team());
	while (device_kit_alarms(&d, ROWAN_ALARM_UNLOGGED) == 0) {
		assert_true(++turns < 200);
		turn();
	}
	relay_double_hook(clinic.d, NULL, NULL);
	assert_in_range(turns, 24 * 6 - 6, 24 * 6 + 6);
	/* The log itself was looked at all the while. */
	turn();
	assert_int_equal(device_kit_alarms(&d, ROWAN_ALARM_STALE), 0);
}

/* And one that puts off the look at its log is stale. */
static void a_look_that_is_put_off_is_stale(void **state)
{
	int turns = 0;

	settle();
	late_code = WIRE_AGAIN;
	late[0] = late[1] = WIRE_OP_CHECKPOINT;
	relay_double_hook(clinic.d, say_later, NULL);
	while (device_kit_alarms(&d, ROWAN_ALARM_STALE) == 0) {
		assert_true(++turns < 200);
		turn();
	}
	assert_in_range(turns, 24 * 6 - 6, 24 * 6 + 6);
	turn();
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	relay_double_hook(clinic.d, NULL, NULL);
}

/* A device that slept while it waited for the answer was put off by nobody. */
static void one_that_slept_was_not_put_off(void **state)
{
	settle();
	late_code = WIRE_AGAIN;
	late[0] = late[1] = WIRE_OP_CHECKPOINT;
	relay_double_hook(clinic.d, say_later, NULL);
	turn();
	turn();
	relay_double_pass(clinic.d, 3 * 86400 * 1000ull);
	now_ms += 3 * 86400 * 1000ull;
	turn();
	assert_int_equal(device_kit_alarms(&d, ROWAN_ALARM_STALE), 0);
	/* Nor was one that is awake for seconds now and then. */
	for (int i = 0; i < 10; i++) {
		relay_double_pass(clinic.d, 45 * 60 * 1000);
		now_ms += 45 * 60 * 1000;
		turn();
		assert_int_equal(device_kit_alarms(&d, ROWAN_ALARM_STALE), 0);
	}
	relay_double_hook(clinic.d, NULL, NULL);
	turn();
	assert_int_equal(device_kit_alarms(&d, 0), 0);
}

/* One without any log may be a daemon that was built so: for a day. */
static void a_daemon_without_a_log_has_a_day(void **state)
{
	int turns = 0;

	late_code = WIRE_REFUSED;
	late[0] = late[1] = WIRE_OP_CHECKPOINT;
	relay_double_hook(clinic.d, say_later, NULL);
	taken(7, WIRE_LEAF_NONE, team());
	settle();
	assert_int_equal(seen(), 0);
	while (device_kit_alarms(&d, ROWAN_ALARM_UNLOGGED) == 0) {
		assert_true(++turns < 200);
		turn();
	}
	assert_in_range(turns, 24 * 6 - 6, 24 * 6 + 6);
	relay_double_hook(clinic.d, NULL, NULL);
}

/* How long the daemon's own log is. */
static uint64_t shown(void)
{
	uint64_t size = 0;

	(void)head_note(clinic.d->ops.head, &size);
	return size;
}

static void a_log_that_goes_back_is_an_alarm(void **state)
{
	uint64_t before;

	relay_double_save(clinic.d);
	happen();
	assert_int_equal(world_assign(&t->w, t->c, WIRE_CHANNEL_TEAM,
				 &t->stranger, &t->coordinator),
		0);
	device_kit_settle(&d);
	look();
	before = seen();
	relay_double_pass(clinic.d, 5000);
	relay_double_rollback(clinic.d);
	device_kit_settle(&d);
	proofs_online(x, false);
	proofs_online(x, true);
	follow_time(d.follow, relay_double_now(clinic.d), false);
	look();
	assert_int_equal(device_kit_alarms(&d, ROWAN_ALARM_ROLLBACK), 1);
	/* What was verified stays what was verified; one alarm is enough. */
	assert_int_equal(seen(), before);
	look();
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	/* Both checkpoints are there for others, and once. */
	assert_int_equal(kept(0), CONFLICT_BACK);
	assert_int_equal(kept(1), CONFLICT_FORM);
	/* It grows past what was verified, with another past: after a restart
	 * of this device, too, and what was kept stands. */
	proofs_free(x);
	begin_proofs();
	while (shown() <= before)
		happen();
	look();
	assert_int_equal(device_kit_alarms(&d, ROWAN_ALARM_FORK), 1);
	assert_int_equal(kept(0), CONFLICT_BACK);
	assert_int_equal(kept(1), CONFLICT_PAST);
	assert_int_equal(kept(2), CONFLICT_FORM);
	assert_int_equal(seen(), before);
}

static void one_more(void)
{
	struct log_entry e = {.act = WIRE_ACT_ADMIN};
	struct store *st = relay_double_begin(clinic.d);

	e.time = relay_double_now(clinic.d);
	assert_int_equal(entry_add(st, &e, NULL), 0);
	relay_double_commit(clinic.d);
}

/* Of a tree of 2^n the proof that is given does not name the root: another
 * one does, and is asked for. */
static void a_fork_at_a_power_of_two_is_proved(void **state)
{
	settle();
	relay_double_save(clinic.d);
	device_kit_settle(&d);
	proofs_online(x, false);
	proofs_online(x, true);
	do {
		one_more();
		relay_double_pass(clinic.d, 2000);
		look();
	} while ((seen() & (seen() - 1)) != 0);
	relay_double_pass(clinic.d, 5000);
	relay_double_rollback(clinic.d);
	device_kit_settle(&d);
	proofs_online(x, false);
	proofs_online(x, true);
	/* With nothing between the two trees it cannot be proved yet. */
	while (shown() <= seen()) {
		one_more();
		relay_double_pass(clinic.d, 2000);
	}
	assert_int_equal(shown(), seen() + 1);
	look();
	assert_int_equal(device_kit_alarms(&d, ROWAN_ALARM_FORK), 1);
	assert_int_equal(kept(0), CONFLICT_OPEN);
	happen();
	look();
	assert_int_equal(kept(1), CONFLICT_PAST);
	assert_int_equal(kept(2), CONFLICT_FORM);
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

	settle();
	for (size_t i = 0; i < 2; i++) {
		uint64_t before = seen();

		happen();
		device_kit_settle(&d);
		lied_about = ops[i];
		relay_double_hook(clinic.d, flip, NULL);
		look();
		relay_double_hook(clinic.d, NULL, NULL);
		assert_int_equal(device_kit_alarms(&d, ROWAN_ALARM_FORK), 1);
		assert_int_equal(seen(), before);
		look();
		assert_true(seen() > before);
	}
	/* Unsigned, it says nothing to others; nor does a broken proof. */
	assert_int_equal(kept(0), CONFLICT_OPEN);
	assert_int_equal(kept(1), CONFLICT_FORM);
}

/* ---- witnesses ------------------------------------------------------------
 */

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

static void a_witness_cosigns_and_is_asked_for(void **state)
{
	struct world_person other;
	char text[512];
	struct buf note;

	/* Before it has, nothing is believed that must have it. */
	policy_of(&witness, text, sizeof text);
	assert_int_equal(
		proofs_policy(x, bytes_of("witness\n", 8)), ROWAN_E_MALFORMED);
	assert_int_equal(proofs_policy(x, bytes_of(text, strlen(text))), 0);
	look();
	assert_int_equal(seen(), 0);
	leave();
	as(&witness);
	settle();
	assert_true(seen() > 0);
	assert_int_equal(head_cosigned(clinic.d->ops.head, 1, &note), 0);
	buf_wipe(&note);
	/* Nothing new: it says nothing twice. */
	look();
	assert_int_equal(
		head_cosigned(clinic.d->ops.head, 2, &note), ROWAN_E_NOT_FOUND);
	leave();
	as(&t->advocate);
	assert_int_equal(proofs_policy(x, bytes_of(text, strlen(text))), 0);
	look();
	assert_true(seen() > 0);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	leave();
	/* Somebody else's word is not the one that is asked for. */
	as(&t->officer);
	world_person(&other, "another witness");
	policy_of(&other, text, sizeof text);
	assert_int_equal(proofs_policy(x, bytes_of(text, strlen(text))), 0);
	look();
	assert_int_equal(seen(), 0);
}

/* ---- what was erased ------------------------------------------------------
 */

static void kept_erased(struct writer *w)
{
	writer_init(w, 64 * 1024);
	assert_int_equal(proofs_erased(x, w), 0);
}

static void a_witness_keeps_what_was_erased(void **state)
{
	struct wire_statement s;
	struct writer text, again;
	struct buf raw, given;

	leave();
	as(&witness);
	settle();
	kept_erased(&text);
	assert_int_equal(text.len, 0);
	writer_wipe(&text);
	world_statement(&t->w, t->c, WIRE_ST_ERASE, &s);
	s.signer_count = 2;
	s.signers[0].kind = WIRE_SIGNER_AUTHORITY;
	s.signers[1].kind = WIRE_SIGNER_DEVICE;
	s.signers[1].device = t->coordinator.device;
	world_sign(&t->w, &t->coordinator, &s, &raw);
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	/* As the daemon makes it up it is not kept, and the true one is. */
	lied_about = WIRE_OP_ERASED;
	for (lied_at = 10; lied_at < 10 + 3 * 64; lied_at += 64) {
		relay_double_hook(clinic.d, flip, NULL);
		look();
		relay_double_hook(clinic.d, NULL, NULL);
		kept_erased(&text);
		assert_int_equal(text.len, 0);
		writer_wipe(&text);
	}
	lied_at = 10;
	look();
	kept_erased(&text);
	assert_int_equal(
		armour_read(writer_view(&text), ARMOUR_STATEMENT, &given), 0);
	assert_true(bytes_eq(buf_view(&given), buf_view(&raw)));
	/* Once, and in the vault. */
	look();
	proofs_free(x);
	device_kit_again(&d);
	begin_proofs();
	kept_erased(&again);
	assert_true(bytes_eq(writer_view(&again), writer_view(&text)));
	writer_wipe(&again);
	writer_wipe(&text);
	buf_wipe(&given);
	buf_wipe(&raw);
	/* Nobody else has it. */
	leave();
	as(&t->officer);
	settle();
	writer_init(&text, 1024);
	assert_int_equal(proofs_erased(x, &text), ROWAN_E_SIGNER);
	writer_wipe(&text);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_growing_log_is_followed),
		T(another_leaf_than_ours_is_an_alarm),
		T(what_was_taken_and_not_logged_is_an_alarm),
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
