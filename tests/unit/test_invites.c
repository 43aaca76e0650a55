/*
 * Invites at the daemon: a whole enrolment, and everything that burns,
 * refuses, expires or only repeats.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "clinic/acts.h"
#include "lib/enrol_kit.h"
#include "lib/ops_kit.h"
#include "ops/held.h"

static struct ops_kit w;
static struct cast t;
static struct enrol_kit k;
static struct enrol registrar, device;
static struct buf sealed;

static bool entering; /* all of it is one transaction */

/* What the world accepts the store accepts too. */
static void sink(void *ctx, struct bytes statement)
{
	struct acts_result put;

	w.kit.now = t.w.now;
	if (!entering)
		kit_begin(&w.kit);
	assert_int_equal(store_mark(w.kit.st), 0);
	assert_int_equal(acts_put(w.kit.st, statement, t.w.now, &put), 0);
	assert_int_equal(store_keep(w.kit.st), 0);
	if (!entering)
		kit_commit(&w.kit);
}

static int setup(void **state)
{
	memset(&w, 0, sizeof w);
	memset(&t, 0, sizeof t);
	config_defaults(&w.config);
	ops_kit_start(&w, 100);
	world_init(&t.w);
	w.kit.now = t.w.now;
	kit_begin(&w.kit);
	assert_int_equal(acts_begin(w.kit.st, buf_view(&t.w.record)), 0);
	t.w.sink = sink;
	entering = true;
	cast_enter(&t);
	entering = false;
	kit_commit(&w.kit);
	enrol_kit_start(&k, &t, "newcomer");
	assert_int_equal(enrol_kit_registrar(&k, &registrar, &sealed), 0);
	assert_int_equal(enrol_kit_device(&k, buf_view(&sealed), &device), 0);
	return 0;
}

static int teardown(void **state)
{
	kit_check(&w.kit);
	enrol_wipe(&registrar);
	enrol_wipe(&device);
	buf_wipe(&sealed);
	enrol_kit_stop(&k);
	world_wipe(&t.w);
	ops_kit_stop(&w);
	return 0;
}

/* ---- requests ---- */

static uint16_t put_as(const struct world_person *who, struct id16 case_id,
	uint32_t lifetime, struct bytes bundle)
{
	w.request.body.invite_put = (struct wire_invite_put){
		registrar.invite, case_id, lifetime, bundle};
	return ops_kit_run_as(&w, WIRE_OP_INVITE_PUT, &who->device);
}

static uint16_t put(void)
{
	return put_as(&t.registrar, t.c->id, 0, buf_view(&sealed));
}

static struct wire_invite_watch_answer seen;

static uint16_t watch_as(const struct world_person *who)
{
	struct wire_message m;
	uint16_t code;

	w.request.body.invite_watch = (struct wire_invite_watch){
		.invites = {registrar.invite}, .count = 1};
	code = ops_kit_run_as(&w, WIRE_OP_INVITE_WATCH, &who->device);
	if (code != WIRE_OK)
		return code;
	m = ops_kit_answer(&w);
	assert_int_equal(wire_invite_watch_answer_decode(&m, &seen), 0);
	assert_int_equal(seen.count, 1);
	return seen.seen[0].error.code;
}

static void assert_state(uint8_t state, bool alarm)
{
	assert_int_equal(watch_as(&t.registrar), WIRE_OK);
	assert_int_equal(seen.seen[0].state, state);
	assert_int_equal(seen.seen[0].flags, alarm ? WIRE_INVITE_ALARM : 0);
}

static uint16_t answer_with(struct wire_hash commitment, struct wire_nonce n)
{
	w.request.body.invite_answer =
		(struct wire_invite_answer){registrar.invite, commitment, n};
	return ops_kit_run_as(&w, WIRE_OP_INVITE_ANSWER, &t.registrar.device);
}

static uint16_t answer(void)
{
	return answer_with(device.commitment, k.nonce);
}

static uint16_t confirm(bool accepted)
{
	w.request.body.invite_confirm =
		(struct wire_invite_confirm){registrar.invite, accepted};
	return ops_kit_run_as(&w, WIRE_OP_INVITE_CONFIRM, &t.registrar.device);
}

static uint16_t get_as(const struct world_person *who)
{
	w.request.body.redeem.invite = registrar.invite;
	return ops_kit_run_stranger(
		&w, WIRE_OP_REDEEM_GET, &who->transport_key);
}

static uint16_t commit_as(
	const struct world_person *who, struct wire_hash commitment)
{
	w.request.body.redeem_commit =
		(struct wire_redeem_commit){registrar.invite, commitment};
	return ops_kit_run_stranger(
		&w, WIRE_OP_REDEEM_COMMIT, &who->transport_key);
}

static uint16_t commit(void)
{
	return commit_as(&k.self, device.commitment);
}

static uint16_t reveal_as(const struct world_person *who, struct bytes request,
	struct wire_nonce nonce)
{
	w.request.body.redeem_reveal =
		(struct wire_redeem_reveal){registrar.invite, nonce, request};
	return ops_kit_run_stranger(
		&w, WIRE_OP_REDEEM_REVEAL, &who->transport_key);
}

static uint16_t reveal(void)
{
	return reveal_as(&k.self, buf_view(&device.request), device.device);
}

static struct wire_redeem_result result;

static uint16_t result_as(const struct world_person *who)
{
	struct wire_message m;
	uint16_t code;

	w.request.body.redeem.invite = registrar.invite;
	code = ops_kit_run_stranger(
		&w, WIRE_OP_REDEEM_RESULT, &who->transport_key);
	if (code != WIRE_OK)
		return code;
	m = ops_kit_answer(&w);
	assert_int_equal(wire_redeem_result_decode(&m, &result), 0);
	return code;
}

/* The card is signed and logged. */
static void log_card(void)
{
	struct wire_statement st;
	struct buf card, raw;

	assert_int_equal(watch_as(&t.registrar), WIRE_OK);
	assert_int_equal(enrol_registrar_commitment(
				 &registrar, &seen.seen[0].commitment, t.w.now),
		0);
	assert_int_equal(
		enrol_registrar_reveal(&registrar, seen.seen[0].request,
			&seen.seen[0].nonce, t.w.now),
		0);
	assert_int_equal(enrol_kit_card(&k, &registrar, &card), 0);
	world_statement(&t.w, NULL, WIRE_ST_CARD, &st);
	st.u.card = buf_view(&card);
	world_sign(&t.w, &t.registrar, &st, &raw);
	assert_int_equal(world_submit(&t.w, NULL, buf_view(&raw)), 0);
	buf_wipe(&raw);
	buf_wipe(&card);
}

/* Up to this step, each of them twice: a repeat is a repeat. */
static void advance(uint8_t state)
{
	for (int i = 0; i < 2; i++)
		assert_int_equal(put(), WIRE_OK);
	for (int i = 0; i < 2 && state >= WIRE_INVITE_COMMITTED; i++)
		assert_int_equal(commit(), WIRE_OK);
	for (int i = 0; i < 2 && state >= WIRE_INVITE_ANSWERED; i++)
		assert_int_equal(answer(), WIRE_OK);
	for (int i = 0; i < 2 && state >= WIRE_INVITE_REVEALED; i++)
		assert_int_equal(reveal(), WIRE_OK);
	if (state >= WIRE_INVITE_DONE)
		log_card();
	for (int i = 0; i < 2 && state >= WIRE_INVITE_DONE; i++)
		assert_int_equal(confirm(true), WIRE_OK);
	assert_state(state, false);
}

/* ---- tests ---- */

static void a_whole_enrolment(void **state)
{
	struct wire_redeem_get_answer got;
	struct wire_message m;
	struct wire_card card;

	assert_int_equal(put(), WIRE_OK);
	assert_state(WIRE_INVITE_OPEN, false);
	assert_int_equal(get_as(&k.self), WIRE_OK);
	m = ops_kit_answer(&w);
	assert_int_equal(wire_redeem_get_answer_decode(&m, &got), 0);
	assert_true(bytes_eq(got.bundle, buf_view(&sealed)));
	assert_int_equal(got.expires, t.w.now + 86400);
	assert_int_equal(result_as(&k.self), WIRE_REFUSED);
	assert_int_equal(commit(), WIRE_OK);
	assert_int_equal(result_as(&k.self), WIRE_OK);
	assert_int_equal(result.state, WIRE_INVITE_COMMITTED);
	assert_state(WIRE_INVITE_COMMITTED, false);
	assert_memory_equal(&seen.seen[0].commitment, &device.commitment, 32);
	assert_int_equal(answer(), WIRE_OK);
	assert_int_equal(result_as(&k.self), WIRE_OK);
	assert_int_equal(result.state, WIRE_INVITE_ANSWERED);
	assert_memory_equal(&result.nonce, &k.nonce, 32);
	assert_int_equal(enrol_device_answer(&device, &result.nonce), 0);
	assert_int_equal(reveal(), WIRE_OK);
	assert_state(WIRE_INVITE_REVEALED, false);
	assert_int_equal(confirm(true), WIRE_REFUSED);
	log_card();
	assert_int_equal(confirm(true), WIRE_OK);
	assert_int_equal(result_as(&k.self), WIRE_OK);
	assert_int_equal(result.state, WIRE_INVITE_DONE);
	assert_int_equal(enrol_device_finish(&device, result.chain, &card), 0);
}

static void every_step_may_be_repeated(void **state)
{
	advance(WIRE_INVITE_DONE);
	/* What comes again late is answered as it was. */
	assert_int_equal(commit(), WIRE_OK);
	assert_int_equal(reveal(), WIRE_OK);
	assert_int_equal(result_as(&k.self), WIRE_OK);
	assert_state(WIRE_INVITE_DONE, false);
	/* But the invite cannot be made again, nor taken back. */
	assert_int_equal(put(), WIRE_EXISTS);
	assert_int_equal(confirm(false), WIRE_REFUSED);
}

static void who_may_make_one(void **state)
{
	struct id16 none = {{0}}, unknown = {{7}};
	struct bytes b = buf_view(&sealed);

	/* Without the right. */
	assert_int_equal(put_as(&t.advocate, t.c->id, 0, b), WIRE_REFUSED);
	assert_int_equal(put_as(&t.victim, t.c->id, 0, b), WIRE_REFUSED);
	assert_int_equal(put_as(&t.coordinator, none, 0, b), WIRE_REFUSED);
	/* For a case that is not there, or not the registrar's. */
	assert_int_equal(put_as(&t.registrar, unknown, 0, b), WIRE_REFUSED);
	assert_int_equal(watch_as(&t.registrar), WIRE_REFUSED);
	assert_int_equal(get_as(&k.self), WIRE_REFUSED);
	/* For staff, and for the case. */
	assert_int_equal(put_as(&t.registrar, none, 0, b), WIRE_OK);
	assert_int_equal(put_as(&t.registrar, t.c->id, 0, b), WIRE_OK);
}

static void who_is_off_the_case_makes_none(void **state)
{
	struct wire_statement s;

	world_statement(&t.w, t.c, WIRE_ST_UNASSIGN, &s);
	s.u.unassign.member = t.registrar.member;
	s.u.unassign.channel = WIRE_CHANNEL_SUPPORT;
	assert_int_equal(world_act(&t.w, t.c, &s, &t.coordinator), 0);
	assert_int_equal(put(), WIRE_REFUSED);
}

static void another_content_is_another_invite(void **state)
{
	struct wire_nonce other = k.nonce;

	assert_int_equal(put(), WIRE_OK);
	assert_int_equal(put_as(&t.registrar, t.c->id, 0,
				 bytes_of(sealed.data, sealed.len - 1)),
		WIRE_EXISTS);
	assert_int_equal(commit(), WIRE_OK);
	assert_int_equal(answer(), WIRE_OK);
	other.b[0] ^= 1;
	assert_int_equal(answer_with(device.commitment, other), WIRE_EXISTS);
	assert_int_equal(result_as(&k.self), WIRE_OK);
	assert_memory_equal(&result.nonce, &k.nonce, 32);
}

static void nobody_else_sees_or_answers_it(void **state)
{
	struct wire_invite_answer a = {
		registrar.invite, device.commitment, k.nonce};

	advance(WIRE_INVITE_COMMITTED);
	assert_int_equal(watch_as(&t.advocate), WIRE_REFUSED);
	assert_int_equal(watch_as(&t.coordinator), WIRE_REFUSED);
	w.request.body.invite_answer = a;
	assert_int_equal(ops_kit_run_as(&w, WIRE_OP_INVITE_ANSWER,
				 &t.coordinator.device),
		WIRE_REFUSED);
	w.request.body.invite_confirm =
		(struct wire_invite_confirm){registrar.invite, false};
	assert_int_equal(ops_kit_run_as(&w, WIRE_OP_INVITE_CONFIRM,
				 &t.coordinator.device),
		WIRE_REFUSED);
	assert_state(WIRE_INVITE_COMMITTED, false);
	/* The port decides what one is, not the asker. */
	w.request.body.redeem.invite = registrar.invite;
	assert_int_equal(
		ops_kit_run_as(&w, WIRE_OP_REDEEM_RESULT, &t.registrar.device),
		WIRE_REFUSED);
	assert_int_equal(
		ops_kit_run_stranger(&w, WIRE_OP_PING, &k.self.transport_key),
		WIRE_REFUSED);
}

static void a_second_redemption_burns(void **state)
{
	static const uint8_t states[] = {WIRE_INVITE_COMMITTED,
		WIRE_INVITE_ANSWERED, WIRE_INVITE_REVEALED};
	struct wire_hash other = {{1}};

	for (int what = 0; what < 4; what++) {
		for (size_t i = 0; i < sizeof states; i++) {
			advance(states[i]);
			switch (what) {
			case 0:
				assert_int_equal(commit_as(&t.officer, other),
					WIRE_REFUSED);
				break;
			case 1:
				assert_int_equal(commit_as(&k.self, other),
					WIRE_REFUSED);
				break;
			case 2:
				assert_int_equal(
					get_as(&t.officer), WIRE_REFUSED);
				break;
			case 3:
				assert_int_equal(
					reveal_as(&t.officer,
						buf_view(&device.request),
						device.device),
					WIRE_REFUSED);
				break;
			}
			assert_state(WIRE_INVITE_BURNT, true);
			/* For everybody, and for good. */
			assert_int_equal(get_as(&k.self), WIRE_REFUSED);
			assert_int_equal(commit(), WIRE_REFUSED);
			assert_int_equal(answer(), WIRE_REFUSED);
			assert_int_equal(reveal(), WIRE_REFUSED);
			assert_int_equal(confirm(true), WIRE_REFUSED);
			assert_int_equal(result_as(&k.self), WIRE_OK);
			assert_int_equal(result.state, WIRE_INVITE_BURNT);
			assert_int_equal(result_as(&t.officer), WIRE_REFUSED);
			assert_state(WIRE_INVITE_BURNT, true);
			teardown(NULL);
			setup(NULL);
		}
	}
}

static void a_use_after_the_end_raises_the_alarm(void **state)
{
	advance(WIRE_INVITE_DONE);
	assert_int_equal(get_as(&t.officer), WIRE_REFUSED);
	assert_state(WIRE_INVITE_DONE, true);
	/* Four weeks later as well. */
	teardown(NULL);
	setup(NULL);
	advance(WIRE_INVITE_DONE);
	w.kit.now += 28 * 86400;
	assert_int_equal(get_as(&k.self), WIRE_REFUSED);
	assert_state(WIRE_INVITE_DONE, false);
	assert_int_equal(
		commit_as(&t.officer, device.commitment), WIRE_REFUSED);
	assert_state(WIRE_INVITE_DONE, true);
}

static void what_is_not_what_was_committed_is_refused(void **state)
{
	struct wire_nonce other = device.device;
	struct wire_request q;
	struct wire_hash commitment;
	struct writer raw;
	uint64_t leaf;

	advance(WIRE_INVITE_COMMITTED);
	leaf = store_log_next(w.kit.st); /* too early: there is no nonce */
	assert_int_equal(reveal(), WIRE_REFUSED);
	assert_int_equal(store_log_next(w.kit.st), leaf + 1);
	assert_int_equal(answer(), WIRE_OK);
	other.b[0] ^= 1;
	assert_int_equal(reveal_as(&k.self, buf_view(&device.request), other),
		WIRE_MALFORMED);
	assert_int_equal(
		reveal_as(&k.self, bytes_of("x", 1), other), WIRE_MALFORMED);
	assert_state(WIRE_INVITE_ANSWERED, false);
	assert_int_equal(reveal(), WIRE_OK);
	/* A request for another key than the connection's; one unproven. */
	for (int what = 0; what < 2; what++) {
		teardown(NULL);
		setup(NULL);
		assert_int_equal(put(), WIRE_OK);
		assert_int_equal(
			wire_request_decode(buf_view(&device.request), &q), 0);
		if (what == 0)
			q.transport_key = t.officer.transport_key;
		writer_init(&raw, WIRE_REQUEST_MAX);
		assert_int_equal(issue_request(&q, k.self.seed, &raw), 0);
		if (what == 1)
			raw.data[raw.len - 1] ^= 1;
		assert_int_equal(compare_commit(writer_view(&raw),
					 &device.device, &commitment),
			0);
		assert_int_equal(commit_as(&k.self, commitment), WIRE_OK);
		assert_int_equal(answer_with(commitment, k.nonce), WIRE_OK);
		assert_int_equal(
			reveal_as(&k.self, writer_view(&raw), device.device),
			WIRE_MALFORMED);
		assert_state(WIRE_INVITE_ANSWERED, false);
		writer_wipe(&raw);
	}
}

/* Between the card and the confirmation it was taken back again. */
static void a_revoked_newcomer_is_not_confirmed(void **state)
{
	struct wire_statement s;

	advance(WIRE_INVITE_REVEALED);
	log_card();
	world_statement(&t.w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = k.self.device;
	s.u.revoke.reason = WIRE_REVOKE_LOST;
	assert_int_equal(world_act(&t.w, NULL, &s, &t.coordinator), 0);
	assert_int_equal(confirm(true), WIRE_REFUSED);
	assert_state(WIRE_INVITE_REVEALED, false);
	assert_int_equal(confirm(false), WIRE_OK);
	assert_state(WIRE_INVITE_WITHDRAWN, false);
}

static void it_expires(void **state)
{
	advance(WIRE_INVITE_REVEALED);
	w.kit.now += 86399;
	assert_state(WIRE_INVITE_REVEALED, false);
	w.kit.now++;
	assert_state(WIRE_INVITE_EXPIRED, false);
	assert_int_equal(reveal(), WIRE_REFUSED);
	assert_int_equal(get_as(&k.self), WIRE_REFUSED);
	assert_int_equal(confirm(true), WIRE_REFUSED);
	assert_int_equal(result_as(&k.self), WIRE_OK);
	assert_int_equal(result.state, WIRE_INVITE_EXPIRED);
	assert_state(WIRE_INVITE_EXPIRED, false);
	/* Somebody else, afterwards. */
	assert_int_equal(get_as(&t.officer), WIRE_REFUSED);
	assert_state(WIRE_INVITE_EXPIRED, true);
}

static void lifetimes_have_bounds(void **state)
{
	struct wire_invite_put_answer a;
	struct wire_message m;
	struct bytes b = buf_view(&sealed);

	w.config.invite_lifetime_max = 3600 * 1000;
	assert_int_equal(put_as(&t.registrar, t.c->id, 3601, b), WIRE_LIMIT);
	assert_int_equal(put_as(&t.registrar, t.c->id, 3600, b), WIRE_OK);
	m = ops_kit_answer(&w);
	assert_int_equal(wire_invite_put_answer_decode(&m, &a), 0);
	assert_int_equal(a.expires, t.w.now + 3600);
	/* A repeat does not live longer. */
	w.kit.now += 60;
	assert_int_equal(put_as(&t.registrar, t.c->id, 3600, b), WIRE_OK);
	m = ops_kit_answer(&w);
	assert_int_equal(wire_invite_put_answer_decode(&m, &a), 0);
	assert_int_equal(a.expires, t.w.now + 3600);
}

static void a_registrar_has_so_many(void **state)
{
	w.config.invites = 2;
	for (uint8_t i = 0; i < 3; i++) {
		registrar.invite.b[0] = i;
		assert_int_equal(put(), i < 2 ? WIRE_OK : WIRE_QUOTA);
	}
	registrar.invite.b[0] = 0;
	assert_int_equal(put(), WIRE_OK);
	assert_int_equal(confirm(false), WIRE_OK);
	assert_state(WIRE_INVITE_WITHDRAWN, false);
	assert_int_equal(confirm(false), WIRE_OK);
	registrar.invite.b[0] = 2;
	assert_int_equal(put(), WIRE_OK);
}

static void it_is_used_up_by_too_much_use(void **state)
{
	assert_int_equal(put(), WIRE_OK);
	for (int i = 0; i < HELD_ATTEMPTS_MAX; i++)
		assert_int_equal(get_as(&k.self), WIRE_OK);
	assert_int_equal(get_as(&k.self), WIRE_REFUSED);
	assert_state(WIRE_INVITE_BURNT, true);
	/* Asking for the result is not use. */
	teardown(NULL);
	setup(NULL);
	advance(WIRE_INVITE_COMMITTED);
	for (int i = 0; i < 2 * HELD_ATTEMPTS_MAX; i++)
		assert_int_equal(result_as(&k.self), WIRE_OK);
	assert_state(WIRE_INVITE_COMMITTED, false);
}

static void a_revoked_registrar_invites_nobody(void **state)
{
	struct wire_statement s;

	advance(WIRE_INVITE_REVEALED);
	world_statement(&t.w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = t.registrar.device;
	s.u.revoke.reason = WIRE_REVOKE_LEFT;
	assert_int_equal(world_act(&t.w, NULL, &s, &t.coordinator), 0);
	assert_int_equal(get_as(&k.self), WIRE_REFUSED);
	assert_int_equal(reveal(), WIRE_REFUSED);
	assert_int_equal(confirm(true), WIRE_REVOKED);
	assert_int_equal(result_as(&k.self), WIRE_OK);
	assert_int_equal(result.state, WIRE_INVITE_EXPIRED);
}

/* The card that made it says less now, or not yet, or nothing any more. */
static void the_maker_must_stand(void **state)
{
	for (int what = 0; what < 4; what++) {
		struct store_device d;

		teardown(NULL);
		setup(NULL);
		advance(WIRE_INVITE_REVEALED);
		kit_begin(&w.kit);
		assert_int_equal(
			store_device_by_id(w.ops.view, &t.registrar.device, &d),
			0);
		d.rights &= (uint8_t)(what == 1 ? ~WIRE_RIGHT_ENROL : ~0);
		d.from = what == 2 ? w.kit.now + 1 : d.from;
		d.until = what == 3 ? w.kit.now : d.until;
		assert_int_equal(
			store_device_put(w.kit.st, &d, bytes_of(NULL, 0)), 0);
		kit_commit(&w.kit);
		assert_int_equal(result_as(&k.self), WIRE_OK);
		assert_int_equal(result.state,
			what == 0 ? WIRE_INVITE_REVEALED : WIRE_INVITE_EXPIRED);
	}
}

static void a_doubtful_clock_starts_no_invite(void **state)
{
	w.ops.doubtful = true;
	w.ops.sure = t.w.now;
	assert_int_equal(put(), WIRE_AGAIN);
	w.ops.doubtful = false;
	assert_int_equal(put(), WIRE_OK);
	w.ops.doubtful = true;
	w.ops.sure = t.w.now;
	/* What has begun goes on, and ends. */
	assert_int_equal(put(), WIRE_OK);
	assert_int_equal(commit(), WIRE_OK);
	assert_int_equal(answer(), WIRE_OK);
	w.kit.now += 86400;
	assert_int_equal(reveal(), WIRE_REFUSED);
}

static void an_end_leaves_no_content(void **state)
{
	for (int how = 0; how < 4; how++) {
		struct store_invite i;
		struct store_slice s;
		struct buf raw[2];

		advance(how == 0 ? WIRE_INVITE_DONE : WIRE_INVITE_REVEALED);
		if (how == 1)
			assert_int_equal(confirm(false), WIRE_OK);
		if (how == 2)
			assert_int_equal(get_as(&t.officer), WIRE_REFUSED);
		if (how == 3) {
			w.kit.now += 90000;
			kit_begin(&w.kit);
			assert_int_equal(store_expire(w.kit.st, 100, &s), 0);
			kit_commit(&w.kit);
		}
		assert_int_equal(store_invite_get(store_view(w.kit.st),
					 &registrar.invite, &i, raw),
			0);
		assert_true(i.ended);
		assert_int_equal(i.body.len, 0);
		buf_wipe(&raw[0]);
		buf_wipe(&raw[1]);
		teardown(NULL);
		setup(NULL);
	}
}

/* ---- a random walk ---- */

static uint32_t dice(uint32_t n)
{
	static uint64_t x = 88172645463325252ull;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 32) % n;
}

/* What must hold of any history; kept by whoever watches it from outside. */
struct history {
	uint8_t state;
	bool alarm, foreign, logged, redeemed;
	struct wire_hash commitment;
	struct wire_nonce nonce;
};

/* One request of anybody, right or wrong. */
static void step(struct history *h)
{
	const struct world_person *who = dice(12) > 0 ? &k.self : &t.officer;
	struct wire_hash c = device.commitment;
	struct wire_nonce n = k.nonce;
	struct wire_nonce d = device.device;
	bool redeemed = h->redeemed;
	bool other = dice(12) == 0 && redeemed;

	/* The first one is the right one. */
	if (!redeemed)
		who = &k.self;
	switch (dice(7)) {
	case 0: (void)put(); return;
	case 1:
		(void)get_as(who);
		h->foreign |= redeemed && who != &k.self;
		return;
	case 2:
		c.b[0] ^= other;
		(void)commit_as(who, c);
		h->foreign |= redeemed && (who != &k.self || other);
		return;
	case 3:
		n.b[0] ^= other;
		(void)answer_with(c, n);
		return;
	case 4:
		d.b[0] ^= other;
		(void)reveal_as(who, buf_view(&device.request), d);
		h->foreign |= redeemed && who != &k.self;
		return;
	case 5:
		if (dice(4) == 0)
			(void)confirm(dice(3) > 0);
		return;
	default:
		if (h->state == WIRE_INVITE_REVEALED && !h->logged) {
			log_card();
			h->logged = true;
		}
	}
}

static void look(struct history *h)
{
	const struct wire_invite_seen *now = &seen.seen[0];
	uint8_t was = h->state;
	struct store_invite i;
	struct buf raw[2];

	if (watch_as(&t.registrar) != WIRE_OK) {
		assert_int_equal(was, 0);
		return;
	}
	/* Forward only, and an end is an end; an alarm stays. */
	assert_true(now->state >= was);
	assert_true(was < WIRE_INVITE_DONE || now->state == was);
	assert_true(was >= WIRE_INVITE_REVEALED || now->state <= was + 1 ||
		    now->state > WIRE_INVITE_DONE);
	assert_true(!h->alarm || now->flags == WIRE_INVITE_ALARM);
	/* One commitment, one nonce, one request that fits. */
	if (was >= WIRE_INVITE_COMMITTED && now->state <= WIRE_INVITE_REVEALED)
		assert_memory_equal(&now->commitment, &h->commitment, 32);
	h->commitment = now->commitment;
	if (now->state == WIRE_INVITE_REVEALED) {
		struct wire_hash c;

		assert_int_equal(
			compare_commit(now->request, &now->nonce, &c), 0);
		assert_memory_equal(&c, &h->commitment, 32);
	}
	assert_true(now->state != WIRE_INVITE_DONE || h->logged);
	/* Burnt means an alarm, and an alarm means that there was cause. */
	h->alarm = now->flags == WIRE_INVITE_ALARM;
	assert_true(now->state != WIRE_INVITE_BURNT || h->alarm);
	h->state = now->state;
	h->redeemed |= h->state == WIRE_INVITE_COMMITTED;
	assert_int_equal(store_invite_get(store_view(w.kit.st),
				 &registrar.invite, &i, raw),
		0);
	assert_int_equal(i.body.len == 0, h->state >= WIRE_INVITE_DONE);
	buf_wipe(&raw[0]);
	buf_wipe(&raw[1]);
	/* The first nonce is the only one the device ever gets. */
	if (result_as(&k.self) != WIRE_OK)
		return;
	assert_true(h->state > WIRE_INVITE_OPEN);
	if (result.state != WIRE_INVITE_ANSWERED &&
		result.state != WIRE_INVITE_REVEALED)
		return;
	if (was == WIRE_INVITE_ANSWERED || was == WIRE_INVITE_REVEALED)
		assert_memory_equal(&result.nonce, &h->nonce, 32);
	h->nonce = result.nonce;
}

static void any_history_is_a_possible_one(void **state)
{
	unsigned ends[WIRE_INVITE_EXPIRED + 1] = {0};

	for (int walk = 0; walk < 20; walk++) {
		struct history h = {.state = 0};

		for (int n = 0; n < 40; n++) {
			step(&h);
			look(&h);
			assert_int_equal(h.alarm, h.foreign);
		}
		ends[h.state]++;
		teardown(NULL);
		setup(NULL);
	}
	/* The walks went everywhere. */
	assert_true(ends[WIRE_INVITE_DONE] > 0);
	assert_true(ends[WIRE_INVITE_BURNT] > 0);
	assert_true(ends[WIRE_INVITE_WITHDRAWN] > 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_whole_enrolment),
		T(every_step_may_be_repeated),
		T(who_may_make_one),
		T(who_is_off_the_case_makes_none),
		T(another_content_is_another_invite),
		T(nobody_else_sees_or_answers_it),
		T(a_second_redemption_burns),
		T(a_use_after_the_end_raises_the_alarm),
		T(what_is_not_what_was_committed_is_refused),
		T(a_revoked_newcomer_is_not_confirmed),
		T(it_expires),
		T(lifetimes_have_bounds),
		T(a_registrar_has_so_many),
		T(it_is_used_up_by_too_much_use),
		T(a_revoked_registrar_invites_nobody),
		T(the_maker_must_stand),
		T(a_doubtful_clock_starts_no_invite),
		T(an_end_leaves_no_content),
		T(any_history_is_a_possible_one),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
