/*
 * The log at the operations: every act has its leaf and every leaf its act,
 * receipts prove what they say, auditors see who did what and nobody else
 * does, refusals are counted, witnesses cosign.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/acting.h"
#include "log/head.h"
#include "ops/refusals.h"
#include "tlog/leaf.h"
#include "tlog/merkle_proof.h"
#include "tlog/origin.h"

/* Devices of the plain clinic; who is who there. */
#define ADVOCATE 1
#define VICTIM	 2
#define OFFICER	 3 /* not in the victim's channel */

static struct ops_kit plain;
static struct ops_kit *w;

static struct id16 device_of(uint32_t who)
{
	return kit_id('d', who);
}

static struct id16 case_of(void)
{
	return kit_id('s', 1);
}

static void put_device(uint32_t who, uint8_t role, uint32_t rights)
{
	struct id16 id = device_of(who);
	struct store_device d;

	assert_int_equal(store_device_by_id(w->ops.view, &id, &d), 0);
	d.role = role;
	d.rights = rights;
	kit_begin(&w->kit);
	assert_int_equal(
		store_device_put(w->kit.st, &d, bytes_of("card", 4)), 0);
	kit_commit(&w->kit);
}

static int plain_setup(void **state)
{
	config_defaults(&plain.config);
	ops_kit_start(&plain, 100);
	w = &plain;
	put_device(VICTIM, WIRE_ROLE_VICTIM, 0);
	return 0;
}

static int plain_teardown(void **state)
{
	ops_kit_stop(&plain);
	return 0;
}

static uint64_t size_of(void)
{
	uint64_t size;

	assert_int_equal(store_log_size(w->ops.view, &size), 0);
	return size;
}

/* What leaf ${leaf} opens to, for a test that may look into the store. */
static void detail_of(uint64_t leaf, struct wire_detail *ret)
{
	struct buf raw;

	assert_int_equal(store_log_detail(w->ops.view, leaf, &raw), 0);
	assert_int_equal(wire_detail_read(buf_view(&raw), ret), 0);
	buf_wipe(&raw);
}

static uint16_t say(uint32_t who, uint64_t counter, const char *text,
	struct wire_logged *ret)
{
	static struct wire_submit_answer a;
	struct wire_message m;
	uint16_t code;

	ops_kit_item(w, 0, 1, counter, text);
	code = ops_kit_run(w, WIRE_OP_SUBMIT, who);
	if (code != WIRE_OK)
		return code;
	m = ops_kit_answer(w);
	assert_int_equal(wire_submit_answer_decode(&m, &a), 0);
	if (ret != NULL)
		*ret = a.logged[0];
	return a.results[0].code;
}

/* The operation table: whatever changes the store is an act of its kind. */
static void what_changes_something_has_an_act(void **state)
{
	static const struct {
		uint16_t op;
		uint8_t act;
	} acts[] = {{WIRE_OP_KEY_PUBLISH, WIRE_ACT_KEYS},
		{WIRE_OP_KEY_CLAIM, WIRE_ACT_CLAIM},
		{WIRE_OP_SUBMIT, WIRE_ACT_SUBMIT}, {WIRE_OP_ACK, WIRE_ACT_ACK},
		{WIRE_OP_BLOB_BEGIN, WIRE_ACT_BLOB},
		{WIRE_OP_BLOB_PUT, WIRE_ACT_BLOB},
		{WIRE_OP_BLOB_DELETE, WIRE_ACT_BLOB},
		{WIRE_OP_STATEMENT_PUT, WIRE_ACT_STATEMENT},
		{WIRE_OP_GROUP_CREATE, WIRE_ACT_GROUP},
		{WIRE_OP_COMMIT, WIRE_ACT_GROUP},
		{WIRE_OP_NACK, WIRE_ACT_GROUP},
		{WIRE_OP_INVITE_PUT, WIRE_ACT_INVITE},
		{WIRE_OP_INVITE_ANSWER, WIRE_ACT_INVITE},
		{WIRE_OP_INVITE_CONFIRM, WIRE_ACT_INVITE},
		{WIRE_OP_REDEEM_GET, WIRE_ACT_REDEEM},
		{WIRE_OP_REDEEM_COMMIT, WIRE_ACT_REDEEM},
		{WIRE_OP_REDEEM_REVEAL, WIRE_ACT_REDEEM},
		{WIRE_OP_COSIGN, WIRE_ACT_WITNESS}};
	size_t found = 0, count = sizeof acts / sizeof *acts;
	const struct table_entry *e;

	for (size_t i = 0; (e = table_at(i)) != NULL; i++) {
		size_t k = 0;

		while (k < count && acts[k].op != e->op)
			k++;
		assert_int_equal(k < count, e->effect != TABLE_READS);
		if (k < count)
			assert_int_equal(e->act, acts[k].act);
		found += k < count ? 1 : 0;
		if (e->act != TABLE_NONE)
			assert_string_not_equal(
				wire_act_name(e->act), "unknown");
	}
	assert_int_equal(found, count);
}

/*
 * And whatever is only read and has none is one of these: none of them hands
 * members of staff an envelope, a blob, a card or a statement. A new operation
 * must be thought of here.
 */
static void what_is_read_without_a_leaf_gives_nothing_away(void **state)
{
	static const uint16_t harmless[] = {WIRE_OP_HELLO, WIRE_OP_PING,
		WIRE_OP_KEY_COUNT,
		/* The daemon's own next key; one's own revocation. */
		WIRE_OP_NEXT_KEY, WIRE_OP_REVOCATION,
		/* The authority's word to everybody. */
		WIRE_OP_RESTORED,
		/* Pushes are logged as reads when they leave. */
		WIRE_OP_SUBSCRIBE, WIRE_OP_CREDIT,
		/* Which chunks are there; ids and epochs of a channel. */
		WIRE_OP_BLOB_STATUS, WIRE_OP_GROUP_STATE, WIRE_OP_CASES_FETCH,
		/* One's own invite; what a stranger's became. */
		WIRE_OP_INVITE_WATCH, WIRE_OP_REDEEM_RESULT,
		/* What erased a case, to witnesses at each look. */
		WIRE_OP_ERASED,
		/* Hashes for everybody; openings of one's own acts. */
		WIRE_OP_CHECKPOINT, WIRE_OP_LOG_PROOF, WIRE_OP_LOG_CONSISTENCY,
		WIRE_OP_RECEIPT, WIRE_OP_LOG_FIND};
	const struct table_entry *e;
	size_t found = 0;

	for (size_t i = 0; (e = table_at(i)) != NULL; i++) {
		bool known = false;

		if (e->effect != TABLE_READS || e->act != TABLE_NONE)
			continue;
		for (size_t k = 0; k < sizeof harmless / sizeof *harmless; k++)
			known = known || harmless[k] == e->op;
		if (!known)
			fail_msg("operation 0x%04x has no leaf", e->op);
		found++;
	}
	assert_int_equal(found, sizeof harmless / sizeof *harmless);
	/* What hands something out is written down. */
	assert_int_equal(table_find(WIRE_OP_FETCH)->act, WIRE_ACT_READ);
	assert_int_equal(table_find(WIRE_OP_BLOB_GET)->act, WIRE_ACT_BLOB_READ);
	assert_int_equal(table_find(WIRE_OP_DEVICES)->act, WIRE_ACT_CARDS);
	assert_int_equal(table_find(WIRE_OP_CASE)->act, WIRE_ACT_CARDS);
	assert_int_equal(table_find(WIRE_OP_CHAIN_FETCH)->act, WIRE_ACT_CARDS);
	assert_int_equal(table_find(WIRE_OP_CASES_ALL)->act, WIRE_ACT_CARDS);
	assert_int_equal(table_find(WIRE_OP_LOG_ENTRIES)->act, WIRE_ACT_AUDIT);
	assert_int_equal(table_find(WIRE_OP_LOG_DETAILS)->act, WIRE_ACT_AUDIT);
}

/* ---- receipts ------------------------------------------------------------
 */

/* Nobody has pinned an authority here. */
static void log_key(struct note_key *ret)
{
	static const struct id16 none;
	uint8_t pk[crypto_sign_PUBLICKEYBYTES], sk[crypto_sign_SECRETKEYBYTES];

	(void)crypto_sign_seed_keypair(pk, sk, w->log_key.b);
	assert_int_equal(origin_log(&none, pk, ret), 0);
}

static uint16_t receipt(
	uint32_t who, uint64_t leaf, struct wire_receipt_answer *ret)
{
	struct wire_message m;
	uint16_t code;

	w->request.body.receipt = (struct wire_receipt){leaf};
	code = ops_kit_run(w, WIRE_OP_RECEIPT, who);
	if (code == WIRE_OK) {
		m = ops_kit_answer(w);
		assert_int_equal(wire_receipt_answer_decode(&m, ret), 0);
	}
	return code;
}

/* As a client would: from the answers and the log's key alone. */
static void a_receipt_proves_the_submission(void **state)
{
	uint8_t leaf[WIRE_LEAF_LEN];
	struct wire_receipt_answer a;
	struct wire_logged logged;
	struct wire_opening open;
	struct wire_detail d;
	struct wire_hash content;
	struct merkle_hash hash;
	struct merkle_proof p;
	struct id16 victim = device_of(VICTIM), of_case = case_of();
	struct checkpoint c;
	struct note_key key;
	struct note n;

	assert_int_equal(say(VICTIM, 1, "at 12:34:56", &logged), WIRE_OK);
	assert_int_equal(logged.time, w->kit.now);
	assert_int_equal(receipt(VICTIM, logged.leaf, &a), WIRE_OK);
	assert_int_equal(wire_opening_read(a.opening, &open), 0);
	assert_false(open.has_time);
	/* The victim's device adds what only it has. */
	open.has_time = true;
	open.time = logged.time;
	memcpy(open.time_salt.b, logged.time_salt, sizeof open.time_salt.b);
	assert_int_equal(leaf_rebuild(&open, leaf, &d), 0);
	assert_int_equal(d.act, WIRE_ACT_SUBMIT);
	assert_int_equal(d.grain, WIRE_GRAIN_HOUR);
	assert_int_equal(d.number, 1);
	assert_true(id16_eq(&d.device, &victim));
	assert_true(id16_eq(&d.case_id, &of_case));
	leaf_content(bytes_of("at 12:34:56", 11), &content);
	assert_memory_equal(&content, &d.content, sizeof content);
	log_key(&key);
	assert_int_equal(checkpoint_open(&c, &n, a.note, &key), 0);
	merkle_leaf(bytes_of(leaf, sizeof leaf), &hash);
	p.len = a.path.count;
	memcpy(p.hash, a.path.hash, sizeof p.hash[0] * p.len);
	assert_int_equal(merkle_proof_check_inclusion(
				 &p, &hash, logged.leaf, c.size, &c.root),
		0);
	/* Nobody else's business; no such leaf: the same. */
	assert_int_equal(receipt(ADVOCATE, logged.leaf, &a), WIRE_REFUSED);
	assert_int_equal(receipt(VICTIM, 1 << 20, &a), WIRE_REFUSED);
}

/* The leaf of a victim shows the hour; that of staff the second. */
static void times_are_as_coarse_as_they_must_be(void **state)
{
	struct wire_logged victim, staff;
	struct wire_leaf leaf;
	uint8_t raw[WIRE_LEAF_LEN];
	struct writer out;
	size_t n;

	w->kit.now += 1234;
	assert_int_equal(say(VICTIM, 1, "a", &victim), WIRE_OK);
	assert_int_equal(say(ADVOCATE, 1, "b", &staff), WIRE_OK);
	writer_init_fixed(&out, raw, sizeof raw);
	assert_int_equal(
		store_log_leaves(w->ops.view, victim.leaf, 1, &out, &n), 0);
	assert_int_equal(wire_leaf_read(writer_view(&out), &leaf), 0);
	assert_int_equal(leaf.time % 3600, 0);
	writer_init_fixed(&out, raw, sizeof raw);
	assert_int_equal(
		store_log_leaves(w->ops.view, staff.leaf, 1, &out, &n), 0);
	assert_int_equal(wire_leaf_read(writer_view(&out), &leaf), 0);
	assert_int_equal(leaf.time, w->kit.now);
	/* And the daemon itself cannot say more of the victim's any more. */
	assert_true(sodium_is_zero(staff.time_salt, sizeof staff.time_salt));
	assert_false(sodium_is_zero(victim.time_salt, sizeof victim.time_salt));
}

static void a_lost_answer_is_found(void **state)
{
	struct wire_log_find_answer a;
	struct wire_logged first, again;
	struct wire_message m;

	assert_int_equal(say(ADVOCATE, 1, "a", &first), WIRE_OK);
	assert_int_equal(say(ADVOCATE, 1, "a", &again), WIRE_OK);
	assert_true(again.leaf == WIRE_LEAF_NONE);
	w->request.body.log_find = (struct wire_log_find){1, WIRE_LEAF_NONE};
	assert_int_equal(ops_kit_run(w, WIRE_OP_LOG_FIND, ADVOCATE), WIRE_OK);
	m = ops_kit_answer(w);
	assert_int_equal(wire_log_find_answer_decode(&m, &a), 0);
	assert_int_equal(a.leaf, first.leaf);
	/* Another device's counter is another. */
	assert_int_equal(ops_kit_run(w, WIRE_OP_LOG_FIND, OFFICER), WIRE_OK);
	m = ops_kit_answer(w);
	assert_int_equal(wire_log_find_answer_decode(&m, &a), 0);
	assert_true(a.leaf == WIRE_LEAF_NONE);
	assert_int_equal(a.below, 0);
	/* Nothing is left to be asked when it was found, wherever it stands. */
	assert_int_equal(say(ADVOCATE, 2, "b", &again), WIRE_OK);
	assert_true(again.leaf > first.leaf);
	w->request.body.log_find = (struct wire_log_find){2, WIRE_LEAF_NONE};
	assert_int_equal(ops_kit_run(w, WIRE_OP_LOG_FIND, ADVOCATE), WIRE_OK);
	m = ops_kit_answer(w);
	assert_int_equal(wire_log_find_answer_decode(&m, &a), 0);
	assert_int_equal(a.leaf, again.leaf);
	assert_int_equal(a.below, 0);
}

/* ---- reads ----------------------------------------------------------------
 */

static uint16_t fetch(uint32_t who)
{
	w->request.body.fetch = (struct wire_fetch){0, 64};
	return ops_kit_run(w, WIRE_OP_FETCH, who);
}

static void staff_that_reads_is_seen(void **state)
{
	struct id16 advocate = device_of(ADVOCATE), of_case = case_of();
	struct wire_logged a, b;
	struct wire_detail d;
	uint64_t before;

	assert_int_equal(say(VICTIM, 1, "one", &a), WIRE_OK);
	assert_int_equal(say(VICTIM, 2, "two", &b), WIRE_OK);
	before = size_of();
	assert_int_equal(fetch(ADVOCATE), WIRE_OK);
	assert_int_equal(size_of(), before + 1);
	detail_of(before, &d);
	assert_int_equal(d.act, WIRE_ACT_READ);
	assert_int_equal(d.op, WIRE_OP_FETCH);
	assert_int_equal(d.leaf_count, 2);
	assert_int_equal(d.leaves[0], a.leaf);
	assert_int_equal(d.leaves[1], b.leaf);
	assert_true(id16_eq(&d.device, &advocate));
	assert_true(id16_eq(&d.case_id, &of_case));
	/* What a victim reads is nobody's business. */
	before = size_of();
	assert_int_equal(fetch(VICTIM), WIRE_OK);
	assert_int_equal(size_of(), before);
}

static void an_acknowledgement_says_up_to_where(void **state)
{
	struct wire_detail d;
	uint64_t before;

	for (uint64_t i = 1; i <= 3; i++)
		assert_int_equal(say(VICTIM, i, "text", NULL), WIRE_OK);
	before = size_of();
	w->request.body.ack =
		(struct wire_ack){.ranges = {{1, 1}, {3, 3}}, .count = 2};
	assert_int_equal(ops_kit_run(w, WIRE_OP_ACK, ADVOCATE), WIRE_OK);
	assert_int_equal(size_of(), before + 1);
	detail_of(before, &d);
	assert_int_equal(d.act, WIRE_ACT_ACK);
	assert_int_equal(d.number, 3);
	/* A repeat deletes nothing, however often. */
	before = size_of();
	assert_int_equal(ops_kit_run(w, WIRE_OP_ACK, ADVOCATE), WIRE_OK);
	assert_int_equal(size_of(), before);
	assert_int_equal(fetch(VICTIM), WIRE_OK);
}

/* All that ${who} may cause at once, but ${left} leaves. */
static void use_up(uint32_t who, uint64_t left)
{
	struct id16 id = device_of(who);
	uint64_t n = 1 << 20;

	w->ops.now = w->kit.now;
	while (n > 0)
		if (claims_leaves(w->ops.claims, &id, n, w->ops.now) != 0)
			n /= 2;
	w->kit.now += left;
}

/* Envelopes of the last batch. */
static size_t pushed(void)
{
	size_t n = 0;

	for (size_t i = 0; i < w->batch->push_count; i++)
		n += w->batch->pushes[i].frame_count;
	return n;
}

static uint16_t subscribe(uint32_t who)
{
	w->request.body.subscribe = (struct wire_subscribe){0, 10};
	return ops_kit_run(w, WIRE_OP_SUBSCRIBE, who);
}

/*
 * Nobody fills the log by reading the same again and again. Whoever has read
 * too much is told when to come again, and until then is given nothing.
 */
static void reading_without_end_has_an_end(void **state)
{
	uint64_t before;

	/* One leaf a second, and a message's reading counts for its envelopes.
	 */
	claims_leaf_rate(w->ops.claims, 60, 100);
	for (uint64_t i = 1; i <= 3; i++) {
		assert_int_equal(say(VICTIM, i, "text", NULL), WIRE_OK);
		assert_int_equal(say(ADVOCATE, i, "text", NULL), WIRE_OK);
	}
	use_up(ADVOCATE, 3);
	before = size_of();
	assert_int_equal(fetch(ADVOCATE), WIRE_QUOTA);
	assert_true(w->request.error.retry_ms > 0 &&
		    w->request.error.retry_ms <= 60000);
	assert_int_equal(w->request.answer_count, 0);
	assert_int_equal(size_of(), before);
	w->kit.now += 4;
	assert_int_equal(fetch(ADVOCATE), WIRE_OK);
	assert_int_equal(size_of(), before + 1);
	/* By subscribing anew neither: the rest of what waits comes later. */
	use_up(ADVOCATE, 2);
	assert_int_equal(subscribe(ADVOCATE), WIRE_OK);
	w->ops.now = w->kit.now;
	ops_kit_serve(w);
	assert_int_equal(pushed(), 2);
	assert_int_equal(size_of(), before + 2);
	assert_int_equal(subscribe(ADVOCATE), WIRE_OK);
	ops_kit_serve(w);
	assert_int_equal(pushed(), 0);
	assert_true(w->ops.subs.short_of);
	assert_int_equal(size_of(), before + 2);
	for (size_t i = 1; i <= 3; i++) {
		w->ops.now = ++w->kit.now;
		subs_awake(&w->ops.subs);
		assert_false(w->ops.subs.short_of);
		ops_kit_serve(w);
		assert_int_equal(pushed(), 1);
		assert_int_equal(size_of(), before + 2 + i);
	}
	/* What arrives then comes at once: it is its first time. */
	assert_false(w->ops.subs.short_of);
	use_up(ADVOCATE, 0);
	before = size_of();
	assert_int_equal(say(VICTIM, 4, "text", NULL), WIRE_OK);
	assert_int_equal(pushed(), 1);
	assert_int_equal(size_of(), before + 2);
	/* Nor by what is repeated and changes nothing. */
	use_up(ADVOCATE, 0);
	w->request.body.key_publish = (struct wire_key_publish){.count = 0};
	assert_int_equal(
		ops_kit_run(w, WIRE_OP_KEY_PUBLISH, ADVOCATE), WIRE_QUOTA);
	/* What was submitted and read is not held up; nor is anybody else. */
	assert_int_equal(say(ADVOCATE, 4, "text", NULL), WIRE_OK);
	w->request.body.ack = (struct wire_ack){.ranges = {{1, 3}}, .count = 1};
	assert_int_equal(ops_kit_run(w, WIRE_OP_ACK, ADVOCATE), WIRE_OK);
	use_up(VICTIM, 0);
	assert_int_equal(fetch(VICTIM), WIRE_OK);
	assert_int_equal(subscribe(VICTIM), WIRE_OK);
}

static void what_is_pushed_is_a_reading(void **state)
{
	struct wire_detail d;
	struct wire_logged a;
	uint64_t before;

	w->request.body.subscribe = (struct wire_subscribe){0, 10};
	assert_int_equal(ops_kit_run(w, WIRE_OP_SUBSCRIBE, ADVOCATE), WIRE_OK);
	ops_kit_serve(w);
	before = size_of();
	assert_int_equal(say(VICTIM, 1, "one", &a), WIRE_OK);
	/* In the transaction of the submission: before it leaves. */
	assert_int_equal(w->batch->push_count, 1);
	assert_int_equal(size_of(), before + 2);
	detail_of(before + 1, &d);
	assert_int_equal(d.act, WIRE_ACT_READ);
	assert_int_equal(d.op, WIRE_OP_PUSH);
	assert_int_equal(d.leaf_count, 1);
	assert_int_equal(d.leaves[0], a.leaf);
}

/* Of a clinic with real cards: a victim's names the case. */
static void who_looks_up_a_card_is_seen(void **state)
{
	struct wire_devices *q = &acting_ops.request.body.devices;
	struct wire_hash content;
	struct wire_detail d;
	uint64_t before;

	w = &acting_ops;
	before = size_of();

	q->devices[0] = acting_cast.victim.device;
	q->count = 1;
	assert_int_equal(ops_kit_run_as(w, WIRE_OP_DEVICES,
				 &acting_cast.advocate.device),
		WIRE_OK);
	assert_int_equal(size_of(), before + 1);
	detail_of(before, &d);
	assert_int_equal(d.act, WIRE_ACT_CARDS);
	leaf_content(id16_view(&acting_cast.victim.device), &content);
	assert_memory_equal(&content, &d.content, sizeof content);
	/* In the victim's case: it goes with the case. */
	assert_true(id16_eq(&d.case_id, &acting_cast.c->id));
}

/* ---- refusals -------------------------------------------------------------
 */

static void refused_attempts_are_counted(void **state)
{
	uint64_t before = size_of();
	struct wire_detail d;

	for (int i = 0; i < 25; i++) {
		w->request.body.case_id = (struct wire_case){{{9}}};
		assert_int_equal(
			ops_kit_run(w, WIRE_OP_CASE, OFFICER), WIRE_REFUSED);
	}
	assert_int_equal(size_of(), before + REFUSALS_MINUTE);
	detail_of(before, &d);
	assert_int_equal(d.act, WIRE_ACT_REFUSED);
	assert_int_equal(d.code, WIRE_REFUSED);
	assert_int_equal(d.op, WIRE_OP_CASE);
	assert_int_equal(d.number, 0);
	/* The rest with the first of another minute. */
	w->kit.now += 60;
	w->request.body.case_id = (struct wire_case){{{9}}};
	assert_int_equal(ops_kit_run(w, WIRE_OP_CASE, OFFICER), WIRE_REFUSED);
	detail_of(before + REFUSALS_MINUTE, &d);
	assert_int_equal(d.number, 25 - REFUSALS_MINUTE);
}

/* A device that was taken away goes on trying. */
static void so_is_what_a_revoked_device_tries(void **state)
{
	struct id16 id = device_of(OFFICER);
	struct wire_detail d;
	uint64_t before;

	kit_begin(&w->kit);
	assert_int_equal(store_device_revoke(w->kit.st, &id), 0);
	kit_commit(&w->kit);
	before = size_of();
	for (int i = 0; i < 25; i++)
		assert_int_equal(
			ops_kit_run(w, WIRE_OP_PING, OFFICER), WIRE_REVOKED);
	assert_int_equal(size_of(), before + REFUSALS_MINUTE);
	detail_of(before, &d);
	assert_int_equal(d.act, WIRE_ACT_REFUSED);
	assert_int_equal(d.code, WIRE_REVOKED);
	assert_true(id16_eq(&d.device, &id));
	/* A victim's whose card went with the case is not named. */
	id = device_of(VICTIM);
	kit_begin(&w->kit);
	assert_int_equal(store_device_revoke(w->kit.st, &id), 0);
	kit_commit(&w->kit);
	before = size_of();
	assert_int_equal(ops_kit_run(w, WIRE_OP_PING, VICTIM), WIRE_REVOKED);
	detail_of(before, &d);
	assert_int_equal(d.grain, WIRE_GRAIN_HOUR);
	assert_true(sodium_is_zero(d.device.b, ID16_LEN));
}

static void a_refused_submission_is_one_too(void **state)
{
	uint64_t before = size_of();
	struct wire_detail d;

	/* The officer is not in the support channel. */
	assert_int_equal(say(OFFICER, 1, "hello", NULL), WIRE_REFUSED);
	assert_int_equal(size_of(), before + 1);
	detail_of(before, &d);
	assert_int_equal(d.act, WIRE_ACT_REFUSED);
	assert_int_equal(d.op, WIRE_OP_SUBMIT);
}

/* What a victim has written for later is asked for before its time. */
static void so_is_looking_too_early(void **state)
{
	union request_body *b = &w->request.body;
	struct id16 id = device_of(ADVOCATE), of = case_of();
	struct wire_detail d;
	uint64_t before;

	b->blob_begin = (struct wire_blob_begin){.channel = kit_id('c', 1),
		.blob = kit_id('b', 1),
		.size = 3,
		.hold_until = w->kit.now + 100};
	assert_int_equal(ops_kit_run(w, WIRE_OP_BLOB_BEGIN, VICTIM), WIRE_OK);
	before = size_of();
	for (int i = 0; i < 25; i++) {
		b->blob_get = (struct wire_blob_get){kit_id('b', 1), 0, 1};
		assert_int_equal(
			ops_kit_run(w, WIRE_OP_BLOB_GET, ADVOCATE), WIRE_HELD);
	}
	assert_int_equal(size_of(), before + REFUSALS_MINUTE);
	detail_of(before, &d);
	assert_int_equal(d.act, WIRE_ACT_REFUSED);
	assert_int_equal(d.code, WIRE_HELD);
	assert_int_equal(d.op, WIRE_OP_BLOB_GET);
	assert_true(id16_eq(&d.device, &id));
	assert_true(id16_eq(&d.case_id, &of));
	assert_false(sodium_is_zero(d.content.b, sizeof d.content.b));
}

/* ---- auditing -------------------------------------------------------------
 */

static void only_auditors_read_the_log(void **state)
{
	static struct wire_log_details_answer a;
	struct wire_log_entries_answer e;
	struct id16 of_case = case_of();
	struct wire_opening open;
	struct wire_detail d;
	struct wire_message m;
	uint64_t size;

	assert_int_equal(say(VICTIM, 1, "one", NULL), WIRE_OK);
	w->request.body.log_details = (struct wire_log_details){
		.from = 0, .max = 256, .case_id = case_of()};
	assert_int_equal(
		ops_kit_run(w, WIRE_OP_LOG_DETAILS, OFFICER), WIRE_REFUSED);
	/* With the right it is another matter. */
	put_device(OFFICER, WIRE_ROLE_CASEWORKER, WIRE_RIGHT_AUDIT);
	size = size_of();
	w->request.body.log_details = (struct wire_log_details){
		.from = 0, .max = 256, .case_id = case_of()};
	assert_int_equal(ops_kit_run(w, WIRE_OP_LOG_DETAILS, OFFICER), WIRE_OK);
	m = ops_kit_answer(w);
	assert_int_equal(wire_log_details_answer_decode(&m, &a), 0);
	assert_true(a.count > 0 && a.size == size && a.next == size);
	for (size_t i = 0; i < a.count; i++) {
		assert_int_equal(
			wire_opening_read(a.items[i].opening, &open), 0);
		assert_false(open.has_time);
		assert_int_equal(wire_detail_read(open.detail, &d), 0);
		assert_true(id16_eq(&d.case_id, &of_case));
	}
	/* The reading is an act, and where the case goes it goes too. */
	assert_int_equal(size_of(), size + 1);
	detail_of(size, &d);
	assert_int_equal(d.act, WIRE_ACT_AUDIT);
	w->request.body.log_entries = (struct wire_log_entries){1, 1};
	assert_int_equal(ops_kit_run(w, WIRE_OP_LOG_ENTRIES, OFFICER), WIRE_OK);
	m = ops_kit_answer(w);
	assert_int_equal(wire_log_entries_answer_decode(&m, &e), 0);
	assert_int_equal(e.count, 1);
	assert_int_equal(e.size, size + 1);
}

/* ---- one opened leaf says nothing about another ----------------------------
 */

/*
 * A bundle discloses one leaf of a case. With everything in it, and with the
 * whole detail of another leaf of the same case guessed right, there is no way
 * to see that the guess is right.
 */
static void a_disclosed_leaf_does_not_open_another(void **state)
{
	struct wire_salt tries[6];
	struct wire_logged a, b;
	struct wire_opening open;
	struct wire_hash guess;
	struct wire_leaf other;
	struct buf mine, theirs;
	uint8_t raw[WIRE_LEAF_LEN];
	struct writer out;
	struct key32 key;
	size_t n;

	assert_int_equal(say(VICTIM, 1, "yes", &a), WIRE_OK);
	assert_int_equal(say(VICTIM, 2, "yes", &b), WIRE_OK);
	assert_int_equal(store_log_detail(w->ops.view, a.leaf, &mine), 0);
	assert_int_equal(store_log_detail(w->ops.view, b.leaf, &theirs), 0);
	assert_int_equal(
		store_log_open(w->ops.view, a.leaf, buf_view(&mine), &open), 0);
	writer_init_fixed(&out, raw, sizeof raw);
	assert_int_equal(store_log_leaves(w->ops.view, b.leaf, 1, &out, &n), 0);
	assert_int_equal(wire_leaf_read(writer_view(&out), &other), 0);
	/* The salt as it is; as the secret of the case; hashed; from time's. */
	tries[0] = open.salt;
	memcpy(key.b, open.salt.b, sizeof key.b);
	leaf_salt(&key, b.leaf, &tries[1]);
	memcpy(tries[2].b, a.time_salt, sizeof tries[2].b);
	memcpy(key.b, a.time_salt, sizeof key.b);
	leaf_salt(&key, b.leaf, &tries[3]);
	crypto_generichash(tries[4].b, 32, open.salt.b, 32, NULL, 0);
	memset(&tries[5], 0, sizeof tries[5]);
	for (size_t i = 0; i < 6; i++) {
		leaf_commit(&tries[i], buf_view(&theirs), &guess);
		assert_memory_not_equal(
			&guess, &other.commitment, sizeof guess);
	}
	/* That the guess was right: with its own salt it is. */
	assert_int_equal(
		store_log_open(w->ops.view, b.leaf, buf_view(&theirs), &open),
		0);
	leaf_commit(&open.salt, buf_view(&theirs), &guess);
	assert_memory_equal(&guess, &other.commitment, sizeof guess);
	buf_wipe(&mine);
	buf_wipe(&theirs);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, plain_setup, plain_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_changes_something_has_an_act),
		cmocka_unit_test(
			what_is_read_without_a_leaf_gives_nothing_away),
		T(a_receipt_proves_the_submission),
		T(times_are_as_coarse_as_they_must_be),
		T(a_lost_answer_is_found),
		T(staff_that_reads_is_seen),
		T(an_acknowledgement_says_up_to_where),
		T(what_is_pushed_is_a_reading),
		T(reading_without_end_has_an_end),
		cmocka_unit_test_setup_teardown(who_looks_up_a_card_is_seen,
			acting_setup, acting_teardown),
		T(refused_attempts_are_counted),
		T(so_is_what_a_revoked_device_tries),
		T(a_refused_submission_is_one_too),
		T(so_is_looking_too_early),
		T(only_auditors_read_the_log),
		T(a_disclosed_leaf_does_not_open_another),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
