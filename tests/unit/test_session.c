/*
 * A whole session at the daemon's double: what happens after what on a
 * connection, what is said about the device's own card, and a vault that is
 * behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/double_clinic.h"
#include "lib/double_line.h"
#include "lib/vault_kit.h"
#include "session/session_parts.h"
#include "wire/hello.h"
#include "wire/op.h"

static struct double_clinic clinic;
static struct cast *t;
static struct vault_kit kit;
static struct session *s;
static struct id16 device;

static const struct key32 key = {{1, 2, 3}};

static uint64_t clock_of(void *ctx)
{
	/* Never zero: that is a time, too. */
	return 1000 + relay_double_ms(clinic.d);
}

/* As enrolment leaves a vault. */
static void enrol(const struct world_person *p)
{
	struct identity me = {.member = p->member, .device = p->device};
	struct store *st = relay_double_begin(clinic.d);

	double_must(store_device_card(store_view(st), &p->device, &me.chain));
	relay_double_commit(clinic.d);
	memcpy(me.signature_seed.b, p->seed, KEY32_LEN);
	memcpy(me.transport_secret.b, p->transport_secret, KEY32_LEN);
	double_must(buf_copy(&me.record, buf_view(&t->w.record)));
	double_must(vault_begin(kit.vault));
	double_must(identity_put(kit.vault, &me));
	double_must(follow_begin(kit.vault, buf_view(&me.record)));
	double_must(vault_commit(kit.vault));
	identity_wipe(&me);
	vault_close(kit.vault);
	kit.vault = NULL;
	device = p->device;
}

static void open_session(void)
{
	const struct session_options o = {.path = kit.path,
		.unlock = {.key = &key},
		.transport = relay_double_transport(clinic.d, &device),
		.monotonic_ms = clock_of};

	assert_int_equal(session_open(&s, &o), 0);
	relay_double_cut(clinic.d, &device);
}

static int setup(void **state)
{
	double_clinic_begin(&clinic);
	t = &clinic.cast;
	vault_kit_begin(&kit);
	enrol(&t->advocate);
	open_session();
	return 0;
}

static int teardown(void **state)
{
	relay_double_hook(clinic.d, NULL, NULL);
	session_close(s);
	vault_kit_end(&kit);
	double_clinic_end(&clinic);
	return 0;
}

static void settle(void)
{
	int steps = 0;

	do
		assert_int_equal(session_step(s), 0);
	while (session_wait(s) == 0 && ++steps < 2000);
	assert_true(steps < 2000);
}

static void again(void)
{
	session_close(s);
	open_session();
	assert_int_equal(session_connect(s), 0);
}

static unsigned count(uint16_t type, struct event *ret)
{
	struct events *x = session_parts(s)->events;
	struct event e;
	struct buf text;
	unsigned n = 0;

	while (events_next(x, &e, &text) == 0) {
		buf_wipe(&text);
		if (e.type == type) {
			n++;
			if (ret != NULL)
				*ret = e;
		}
		assert_int_equal(events_done(x, e.number), 0);
	}
	return n;
}

/* ---- the order of things ---- */

static uint16_t asked[64];
static size_t asked_len;

static enum double_fate note(void *ctx, struct double_message *m)
{
	if (m->way == DOUBLE_REQUEST && asked_len < 64)
		asked[asked_len++] = m->header.op;
	return DOUBLE_PASS;
}

static size_t first(uint16_t op)
{
	for (size_t i = 0; i < asked_len; i++)
		if (asked[i] == op)
			return i;
	return SIZE_MAX;
}

static void first_hello_then_chains_then_the_mailbox(void **state)
{
	size_t after = 0;

	asked_len = 0;
	relay_double_hook(clinic.d, note, NULL);
	/* Nothing is said before it is told to. */
	settle();
	assert_int_equal(asked_len, 0);
	assert_int_equal(session_link(s), SESSION_DOWN);
	assert_int_equal(session_connect(s), 0);
	settle();
	assert_int_equal(session_link(s), SESSION_CURRENT);
	assert_int_equal(first(WIRE_OP_HELLO), 0);
	assert_true(first(WIRE_OP_CHAIN_FETCH) < first(WIRE_OP_CASES_FETCH));
	assert_true(first(WIRE_OP_CASES_FETCH) < first(WIRE_OP_SUBSCRIBE));
	/* What happened before the subscription is not missed. */
	for (size_t i = first(WIRE_OP_SUBSCRIBE); i < asked_len; i++)
		after += asked[i] == WIRE_OP_CHAIN_FETCH;
	assert_true(after > 0);
	assert_int_equal(session_now(s), relay_double_now(clinic.d));
	session_disconnect(s);
	assert_int_equal(session_link(s), SESSION_DOWN);
}

static void a_connection_that_breaks(void **state)
{
	struct id16 team = case_channel(t->c, WIRE_CHANNEL_TEAM)->channel;

	assert_int_equal(session_connect(s), 0);
	settle();
	for (int i = 0; i < 3; i++) {
		relay_double_offline(clinic.d, &device, true);
		settle();
		assert_int_equal(session_link(s), SESSION_TRYING);
		relay_double_offline(clinic.d, &device, false);
		settle();
		assert_int_equal(session_link(s), SESSION_CURRENT);
	}
	assert_int_equal(world_assign(&t->w, t->c, WIRE_CHANNEL_TEAM,
				 &t->stranger, &t->coordinator),
		0);
	relay_double_cut(clinic.d, &device);
	settle();
	assert_int_equal(follow_may(session_parts(s)->follow, &team,
				 &t->stranger.device),
		0);
}

static void the_clock_goes_on(void **state)
{
	uint64_t pings;

	assert_int_equal(session_connect(s), 0);
	settle();
	pings = relay_double_requests(clinic.d, WIRE_OP_PING);
	relay_double_pass(clinic.d, 60 * 1000);
	settle();
	assert_int_equal(session_now(s), relay_double_now(clinic.d));
	assert_int_equal(follow_now(session_parts(s)->follow),
		relay_double_now(clinic.d));
	relay_double_pass(clinic.d, 10 * 60 * 1000);
	settle();
	assert_int_equal(
		relay_double_requests(clinic.d, WIRE_OP_PING), pings + 1);
}

/* ---- the device's own card ---- */

static void it_says_when_the_card_ends(void **state)
{
	struct event e;
	unsigned told = 0;
	uint64_t day = 86400 * 1000;

	assert_int_equal(session_connect(s), 0);
	settle();
	assert_int_equal(count(ROWAN_EVENT_EXPIRING, NULL), 0);
	/* Cards of the cast are good for 300 days. */
	for (int i = 0; i < 299; i += 13) {
		relay_double_pass(clinic.d, 13 * day);
		again();
		settle();
		told += count(ROWAN_EVENT_EXPIRING, &e);
	}
	assert_true(told >= 1 && told <= 3);
	assert_true(e.time > 0);
}

/* The advocate's card once more, for ${days} from now. */
static void was_renewed(unsigned days)
{
	struct wire_card card;

	t->w.now = relay_double_now(clinic.d);
	world_card(
		&t->w, &t->advocate, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	card.not_after = t->w.now + (uint64_t)days * 86400;
	assert_int_equal(
		world_enrol(&t->w, &t->advocate, &t->registrar, &card), 0);
}

static void it_takes_the_card_that_renews_its_own(void **state)
{
	struct event e;
	struct wire_card card;
	uint64_t day = 86400 * 1000;

	assert_int_equal(session_connect(s), 0);
	settle();
	relay_double_pass(clinic.d, 295 * day);
	again();
	settle();
	assert_int_equal(count(ROWAN_EVENT_EXPIRING, &e), 1);
	was_renewed(100);
	again();
	settle();
	assert_int_equal(count(ROWAN_EVENT_RENEWED, &e), 1);
	assert_int_equal(e.time, t->w.now + 100 * 86400);
	assert_int_equal(identity_card(session_parts(s)->me, &card), 0);
	assert_int_equal(card.not_after, e.time);
	assert_true(id16_eq(&card.issuer, &t->registrar.device));
	/* Once; and kept. */
	again();
	settle();
	assert_int_equal(count(ROWAN_EVENT_RENEWED, &e), 0);
	assert_int_equal(identity_card(session_parts(s)->me, &card), 0);
	assert_int_equal(card.not_after, t->w.now + 100 * 86400);
	/* Its end is said in its time. */
	relay_double_pass(clinic.d, 75 * day);
	again();
	settle();
	assert_int_equal(count(ROWAN_EVENT_EXPIRING, &e), 1);
	assert_int_equal(e.time, card.not_after);
	assert_int_equal(count(ROWAN_EVENT_ALARM, &e), 0);
}

static void was_revoked(void)
{
	struct wire_statement st;

	t->w.now = relay_double_now(clinic.d);
	world_statement(&t->w, NULL, WIRE_ST_REVOKE, &st);
	st.u.revoke.device = device;
	st.u.revoke.reason = WIRE_REVOKE_LOST;
	assert_int_equal(world_act(&t->w, NULL, &st, &t->coordinator), 0);
}

static void it_says_when_it_was_revoked(void **state)
{
	struct event e;

	assert_int_equal(session_connect(s), 0);
	settle();
	(void)count(0, NULL);
	was_revoked();
	relay_double_cut(clinic.d, &device);
	for (int i = 0; i < 20; i++)
		assert_int_equal(session_step(s), 0);
	assert_int_equal(session_link(s), SESSION_REFUSED);
	assert_int_equal(count(ROWAN_EVENT_SELF_REVOKED, &e), 1);
	/* By a statement that the daemon has shown. */
	assert_int_equal(e.code, ROWAN_E_REVOKED);
	assert_int_equal(e.time, t->w.now);
	assert_int_equal(e.count, t->w.clinic.number);
	/* Once, however often it is refused. */
	again();
	for (int i = 0; i < 5; i++)
		assert_int_equal(session_step(s), 0);
	assert_int_equal(count(ROWAN_EVENT_SELF_REVOKED, NULL), 0);
}

static enum double_fate forge(void *ctx, struct double_message *m)
{
	if (m->way == DOUBLE_ANSWER &&
		m->header.op == (WIRE_OP_REVOCATION | 0x8000))
		m->frame[1].data[m->frame[1].len - 1] ^= 1;
	return DOUBLE_PASS;
}

/* Without a statement that somebody signed it is only said. */
static void the_daemon_alone_revokes_nobody(void **state)
{
	struct event e;

	assert_int_equal(session_connect(s), 0);
	settle();
	(void)count(0, NULL);
	was_revoked();
	relay_double_hook(clinic.d, forge, NULL);
	relay_double_cut(clinic.d, &device);
	for (int i = 0; i < 20; i++)
		assert_int_equal(session_step(s), 0);
	assert_int_equal(session_link(s), SESSION_REFUSED);
	assert_int_equal(count(ROWAN_EVENT_SELF_REVOKED, &e), 1);
	assert_int_equal(e.code, ROWAN_E_REFUSED);
}

/* ---- a daemon that puts a device off ---- */

static unsigned refusals;

/* A daemon to whom the card begins a moment later: ${ctx} is what it is asked.
 */
static enum double_fate refuse(void *ctx, struct double_message *m)
{
	const struct wire_error e = {WIRE_REFUSED, 0};
	const uint16_t *op = ctx;
	struct wire_header h = m->header;
	uint8_t head[WIRE_HEADER_LEN];
	struct writer w;

	if (m->way == DOUBLE_REQUEST && m->header.op == *op)
		asked_len++;
	if (m->way != DOUBLE_ANSWER || m->header.op != (*op | WIRE_ANSWER) ||
		refusals == 0)
		return DOUBLE_PASS;
	refusals--;
	h.op = WIRE_OP_ERROR;
	wire_header_encode(&h, head);
	assert_int_equal(buf_set(&m->frame[0], bytes_of(head, sizeof head)), 0);
	writer_init(&w, 64);
	assert_int_equal(wire_error_encode(&e, &w), 0);
	assert_int_equal(buf_set(&m->frame[1], writer_view(&w)), 0);
	writer_wipe(&w);
	return DOUBLE_PASS;
}

static void a_hello_that_was_refused_is_said_again(void **state)
{
	uint16_t hello = WIRE_OP_HELLO;

	asked_len = 0;
	refusals = 3;
	relay_double_hook(clinic.d, refuse, &hello);
	assert_int_equal(session_connect(s), 0);
	for (size_t i = 1; i <= 3; i++) {
		settle();
		assert_int_equal(session_link(s), SESSION_REFUSED);
		assert_int_equal(asked_len, i);
		/* It asks to be woken then, and not before. */
		assert_true(session_wait(s) > 500U << (i - 1));
		assert_true(session_wait(s) <= 1000U << (i - 1));
		relay_double_pass(clinic.d, 1000U << (i - 1));
	}
	/* On the same connection. */
	settle();
	assert_int_equal(asked_len, 4);
	assert_int_equal(session_link(s), SESSION_CURRENT);
	assert_int_equal(count(ROWAN_EVENT_SELF_REVOKED, NULL), 0);
}

/* It hears of its new card, and asks before the daemon's clock is there. */
static void news_that_were_refused_are_asked_for_again(void **state)
{
	static const struct id16 clinic_chain;
	uint16_t fetch = WIRE_OP_CHAIN_FETCH;

	assert_int_equal(session_connect(s), 0);
	settle();
	(void)count(0, NULL);
	asked_len = 0;
	refusals = 1;
	relay_double_hook(clinic.d, refuse, &fetch);
	was_renewed(320);
	follow_catch_up(session_parts(s)->follow, &clinic_chain);
	settle();
	assert_int_equal(refusals, 0);
	assert_int_equal(asked_len, 1);
	assert_int_equal(session_link(s), SESSION_REFUSED);
	assert_int_equal(count(ROWAN_EVENT_RENEWED, NULL), 0);
	relay_double_pass(clinic.d, session_wait(s));
	settle();
	assert_int_equal(session_link(s), SESSION_CURRENT);
	assert_int_equal(count(ROWAN_EVENT_RENEWED, NULL), 1);
	assert_int_equal(count(ROWAN_EVENT_SELF_REVOKED, NULL), 0);
}

/* ---- a vault that is behind ---- */

static enum double_fate ahead(void *ctx, struct double_message *m)
{
	const struct wire_message msg = {
		.header = m->header, .body = buf_view(&m->frame[1])};
	struct wire_hello_answer a;
	struct writer w;

	if (m->way == DOUBLE_REQUEST && asked_len < 64)
		asked[asked_len++] = m->header.op;
	if (m->way != DOUBLE_ANSWER ||
		m->header.op != (WIRE_OP_HELLO | WIRE_ANSWER))
		return DOUBLE_PASS;
	assert_int_equal(wire_hello_answer_decode(&msg, &a), 0);
	a.counter = 41;
	writer_init(&w, 512);
	assert_int_equal(wire_hello_answer_encode(&a, &w), 0);
	assert_int_equal(buf_set(&m->frame[1], writer_view(&w)), 0);
	writer_wipe(&w);
	return DOUBLE_PASS;
}

static void a_vault_that_is_behind_is_locked(void **state)
{
	const struct session_parts *p;
	struct event e;

	asked_len = 0;
	relay_double_hook(clinic.d, ahead, NULL);
	assert_int_equal(readmit_ask(session_parts(s)->readmit), ROWAN_E_STATE);
	assert_int_equal(session_connect(s), 0);
	settle();
	p = session_parts(s);
	assert_true(readmit_locked(p->readmit));
	assert_int_equal(count(ROWAN_EVENT_READMIT_NEEDED, &e), 1);
	assert_int_equal(e.count, 41);
	/* Nothing of a channel is touched. */
	assert_int_equal(first(WIRE_OP_SUBSCRIBE), SIZE_MAX);
	assert_int_equal(first(WIRE_OP_KEY_PUBLISH), SIZE_MAX);
	assert_int_equal(first(WIRE_OP_GROUP_CREATE), SIZE_MAX);
	/* Nor after a restart, and it is said once. */
	again();
	settle();
	p = session_parts(s);
	assert_true(readmit_locked(p->readmit));
	assert_int_equal(count(ROWAN_EVENT_READMIT_NEEDED, NULL), 0);
	assert_int_equal(first(WIRE_OP_SUBSCRIBE), SIZE_MAX);
	assert_int_equal(readmit_ask(p->readmit), 0);
	assert_int_equal(outbox_counter(p->outbox), 41);
	settle();
	assert_false(readmit_locked(p->readmit));
	assert_true(first(WIRE_OP_SUBSCRIBE) != SIZE_MAX);
	assert_true(first(WIRE_OP_STATEMENT_PUT) != SIZE_MAX);
	assert_int_equal(acts_pending(p->acts, 0, NULL), 0);
	again();
	settle();
	assert_false(readmit_locked(session_parts(s)->readmit));
}

/* ---- beginnings ---- */

static void a_vault_without_a_card(void **state)
{
	char path[160];
	struct session_options o = {.path = path,
		.unlock = {.key = &key},
		.monotonic_ms = clock_of};
	struct session *x;

	vault_kit_path(&kit, "fresh", path, sizeof path);
	assert_int_equal(session_create(&x, &o), 0);
	assert_int_equal(session_connect(x), ROWAN_E_STATE);
	assert_int_equal(session_step(x), 0);
	assert_int_equal(session_wait(x), UINT64_MAX);
	assert_int_equal(session_now(x), 0);
	assert_null(session_parts(x)->follow);
	assert_non_null(session_parts(x)->enrolment);
	session_close(x);
	assert_int_equal(session_create(&x, &o), ROWAN_E_EXISTS);
	o.unlock.key = &(struct key32){{9}};
	assert_int_equal(session_open(&x, &o), ROWAN_E_CRYPTO);
	o.unlock.key = &key;
	assert_int_equal(session_open(&x, &o), 0);
	session_close(x);
	session_close(NULL);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(first_hello_then_chains_then_the_mailbox),
		TEST(a_connection_that_breaks),
		TEST(the_clock_goes_on),
		TEST(it_says_when_the_card_ends),
		TEST(it_takes_the_card_that_renews_its_own),
		TEST(it_says_when_it_was_revoked),
		TEST(the_daemon_alone_revokes_nobody),
		TEST(a_hello_that_was_refused_is_said_again),
		TEST(news_that_were_refused_are_asked_for_again),
		TEST(a_vault_that_is_behind_is_locked),
		TEST(a_vault_without_a_card),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
