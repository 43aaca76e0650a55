/*
 * The daemon's double: what passes, and what its hooks do to it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/double_pair.h"
#include "wire/blob.h"
#include "wire/envelope.h"
#include "wire/hello.h"
#include "wire/op.h"

static struct double_pair pair;
static struct relay_double *d;
static struct seed_device alice, bob, stranger;
static struct id16 channel;

static int setup(void **state)
{
	double_pair_begin(&pair, NULL);
	d = pair.d;
	alice = pair.alice;
	bob = pair.bob;
	channel = pair.channel;
	seed_device(SEED_STRANGER, 0, &stranger);
	return 0;
}

static int teardown(void **state)
{
	double_pair_end(&pair);
	return 0;
}

static const struct transport *up(const struct seed_device *who)
{
	const struct transport *t = relay_double_transport(d, &who->id);

	assert_int_equal(t->step(t->ctx, relay_double_ms(d)), TRANSPORT_UP);
	return t;
}

static void send(const struct transport *t, uint16_t version, uint16_t op,
	uint64_t id, const struct writer *body)
{
	const struct wire_header h = {version, op, id};
	uint8_t head[WIRE_HEADER_LEN];
	struct bytes frames[2] = {
		bytes_of(head, sizeof head), writer_view(body)};

	wire_header_encode(&h, head);
	assert_int_equal(t->send(t->ctx, frames, 2), 0);
}

static struct wire_message got(
	const struct transport *t, uint16_t op, uint64_t id)
{
	static struct transport_frames f;
	struct wire_message m;

	assert_int_equal(t->recv(t->ctx, &f), 0);
	assert_int_equal(wire_message_assemble(f.frame, f.count, &m), 0);
	assert_int_equal(m.header.op, op);
	assert_int_equal(m.header.id, id);
	return m;
}

static void nothing(const struct transport *t)
{
	struct transport_frames f;

	assert_int_equal(t->recv(t->ctx, &f), ROWAN_E_AGAIN);
}

static void ping(const struct transport *t, uint64_t id)
{
	struct writer w;

	writer_init(&w, 16);
	send(t, 1, WIRE_OP_PING, id, &w);
	writer_wipe(&w);
}

static void subscribe(const struct transport *t, uint64_t id)
{
	struct wire_subscribe s = {.credit = 10};
	struct writer w;

	writer_init(&w, 64);
	assert_int_equal(wire_subscribe_encode(&s, &w), 0);
	send(t, 1, WIRE_OP_SUBSCRIBE, id, &w);
	writer_wipe(&w);
}

static void submit(const struct transport *t, uint64_t counter)
{
	static uint8_t text[1024 + 200];
	struct wire_submit s = {.count = 1};
	const struct wire_header h = {1, WIRE_OP_SUBMIT, counter};
	uint8_t head[WIRE_HEADER_LEN];
	struct bytes frames[3];
	struct writer w;

	s.items[0] = (struct wire_submit_item){.channel = channel,
		.counter = counter,
		.envelope = bytes_of(text, sizeof text)};
	writer_init(&w, 256);
	assert_int_equal(wire_submit_encode(&s, &w), 0);
	wire_header_encode(&h, head);
	frames[0] = bytes_of(head, sizeof head);
	frames[1] = writer_view(&w);
	frames[2] = s.items[0].envelope;
	assert_int_equal(t->send(t->ctx, frames, 3), 0);
	writer_wipe(&w);
}

static void submitted(const struct transport *t, uint64_t counter)
{
	struct wire_message m = got(t, WIRE_OP_SUBMIT | WIRE_ANSWER, counter);
	struct wire_submit_answer a;

	assert_int_equal(wire_submit_answer_decode(&m, &a), 0);
	assert_int_equal(a.results[0].code, WIRE_OK);
}

static void test_passes(void **state)
{
	const struct transport *a = up(&alice), *b = up(&bob);
	struct wire_hello hello = {{1, 1}};
	struct wire_hello_answer ha;
	struct wire_message m;
	struct wire_push p;
	struct writer w;

	writer_init(&w, 64);
	assert_int_equal(wire_hello_encode(&hello, &w), 0);
	send(a, 0, WIRE_OP_HELLO, 5, &w);
	writer_wipe(&w);
	m = got(a, WIRE_OP_HELLO | WIRE_ANSWER, 5);
	assert_int_equal(wire_hello_answer_decode(&m, &ha), 0);
	assert_int_equal(ha.time.now, DOUBLE_NOW);
	subscribe(b, 9);
	(void)got(b, WIRE_OP_SUBSCRIBE | WIRE_ANSWER, 9);
	submit(a, 1);
	submitted(a, 1);
	m = got(b, WIRE_OP_PUSH, 9);
	assert_int_equal(wire_push_decode(&m, &p), 0);
	assert_int_equal(p.count, 1);
	assert_int_equal(p.items[0].envelope.len, 1224);
	nothing(a);
	nothing(b);
	assert_int_equal(relay_double_requests(d, WIRE_OP_SUBMIT), 1);
}

static void test_refusals(void **state)
{
	const struct transport *a = up(&alice);
	const struct transport *s = relay_double_transport(d, &stranger.id);
	struct bytes torn = bytes_of("\1\2\3", 3);
	struct wire_error e;
	struct wire_message m;
	struct writer w;

	assert_int_equal(s->step(s->ctx, 0), TRANSPORT_REFUSED);
	assert_int_equal(s->send(s->ctx, &torn, 1), ROWAN_E_AGAIN);
	assert_int_equal(a->send(a->ctx, &torn, 1), 0);
	nothing(a);
	writer_init(&w, 16);
	writer_u8(&w, 1);
	send(a, 1, WIRE_OP_PING, 3, &w);
	m = got(a, WIRE_OP_ERROR, 3);
	assert_int_equal(wire_error_decode(&m, &e), 0);
	assert_int_equal(e.code, WIRE_MALFORMED);
	send(a, 1, 0x7777, 4, &w);
	m = got(a, WIRE_OP_ERROR, 4);
	assert_int_equal(wire_error_decode(&m, &e), 0);
	assert_int_equal(e.code, WIRE_OPERATION);
	writer_wipe(&w);
}

struct plan {
	enum double_way way;
	enum double_fate fate;
	int times;
	int seen;
};

static enum double_fate follow(void *ctx, struct double_message *m)
{
	struct plan *p = ctx;

	if (m->way != p->way)
		return DOUBLE_PASS;
	return p->seen++ < p->times ? p->fate : DOUBLE_PASS;
}

static void test_hooks(void **state)
{
	const struct transport *a = up(&alice);
	struct plan p = {DOUBLE_ANSWER, DOUBLE_DROP, 1, 0};
	uint64_t before;

	relay_double_hook(d, follow, &p);
	ping(a, 1);
	ping(a, 2);
	(void)got(a, WIRE_OP_PING | WIRE_ANSWER, 2);
	nothing(a);
	p = (struct plan){DOUBLE_ANSWER, DOUBLE_HOLD, 1, 0};
	ping(a, 3);
	ping(a, 4);
	(void)got(a, WIRE_OP_PING | WIRE_ANSWER, 4);
	relay_double_release(d);
	(void)got(a, WIRE_OP_PING | WIRE_ANSWER, 3);
	p = (struct plan){DOUBLE_REQUEST, DOUBLE_TWICE, 1, 0};
	ping(a, 5);
	(void)got(a, WIRE_OP_PING | WIRE_ANSWER, 5);
	(void)got(a, WIRE_OP_PING | WIRE_ANSWER, 5);
	nothing(a);
	p = (struct plan){DOUBLE_ANSWER, DOUBLE_CUT, 1, 0};
	before = a->connection(a->ctx);
	ping(a, 6);
	nothing(a);
	up(&alice);
	assert_int_equal(a->connection(a->ctx), before + 1);
	relay_double_hook(d, NULL, NULL);
	relay_double_offline(d, &alice.id, true);
	assert_int_equal(a->step(a->ctx, 0), TRANSPORT_TRYING);
	relay_double_offline(d, &alice.id, false);
	up(&alice);
}

static enum double_fate spoil(void *ctx, struct double_message *m)
{
	if (m->way == DOUBLE_REQUEST)
		assert_int_equal(buf_set(&m->frame[0], bytes_of("x", 1)), 0);
	return DOUBLE_PASS;
}

static void test_alters(void **state)
{
	const struct transport *a = up(&alice);

	relay_double_hook(d, spoil, NULL);
	ping(a, 1);
	nothing(a);
	assert_int_equal(relay_double_requests(d, 0), 0);
}

/* What was stored before a restart comes after it; a roll back forgets. */
static void test_store(void **state)
{
	const struct transport *a = up(&alice), *b = up(&bob);

	relay_double_save(d);
	nothing(a);
	up(&alice);
	submit(a, 1);
	submitted(a, 1);
	relay_double_restart(d);
	up(&alice);
	up(&bob);
	subscribe(b, 1);
	(void)got(b, WIRE_OP_SUBSCRIBE | WIRE_ANSWER, 1);
	(void)got(b, WIRE_OP_PUSH, 1);
	relay_double_rollback(d);
	up(&bob);
	subscribe(b, 2);
	(void)got(b, WIRE_OP_SUBSCRIBE | WIRE_ANSWER, 2);
	nothing(b);
}

static void test_time(void **state)
{
	const struct transport *a = up(&alice), *b = up(&bob);
	uint64_t year = 366ull * 86400 * 1000;

	submit(a, 1);
	submitted(a, 1);
	relay_double_doubt(d, true);
	relay_double_pass(d, year);
	subscribe(b, 1);
	(void)got(b, WIRE_OP_SUBSCRIBE | WIRE_ANSWER, 1);
	(void)got(b, WIRE_OP_PUSH, 1);
	relay_double_doubt(d, false);
	relay_double_pass(d, 1000);
	assert_int_equal(relay_double_now(d), DOUBLE_NOW + year / 1000 + 1);
	subscribe(b, 2);
	(void)got(b, WIRE_OP_SUBSCRIBE | WIRE_ANSWER, 2);
	nothing(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_passes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hooks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_alters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_store, setup, teardown),
		cmocka_unit_test_setup_teardown(test_time, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
