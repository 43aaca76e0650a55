/*
 * Requests over connections that break, a daemon that says "later", and one
 * that lies: every request ends once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/double_pair.h"
#include "session/link/requests.h"
#include "wire/envelope.h"
#include "wire/hello.h"
#include "wire/op.h"

static struct double_pair p;
static struct requests *q;
static unsigned pushes;

/* What became of a request. */
struct note {
	unsigned called;
	int rc;
	struct wire_error error;
	bool again; /* start another from done */
	bool greets;
};

static void start(uint16_t op, struct note *n);

static void noted(void *ctx, const struct requests_outcome *o)
{
	struct note *n = ctx;

	n->called++;
	n->rc = o->rc;
	n->error = o->error;
	assert_int_equal(o->rc == 0, o->answer != NULL);
	if (n->greets && o->rc == 0)
		requests_version(q, 1);
	if (n->again) {
		n->again = false;
		start(WIRE_OP_PING, n);
	}
}

static void start(uint16_t op, struct note *n)
{
	static const struct wire_hello hello = {{1, 1}};
	struct requests_new r = {.op = op, .done = noted, .ctx = n};
	unsigned called = n->called;
	struct writer w;

	writer_init(&w, 64);
	if (op == WIRE_OP_HELLO)
		assert_int_equal(wire_hello_encode(&hello, &w), 0);
	r.body = writer_view(&w);
	assert_int_equal(requests_start(q, &r), 0);
	assert_int_equal(n->called, called);
	writer_wipe(&w);
}

static void pushed(void *ctx, const struct wire_message *m)
{
	assert_int_equal(m->header.op, WIRE_OP_PUSH);
	pushes++;
}

static enum transport_state step(uint64_t ms)
{
	relay_double_pass(p.d, ms);
	(void)requests_step(q, relay_double_ms(p.d));
	return requests_step(q, relay_double_ms(p.d));
}

static uint64_t wait_ms(void)
{
	return requests_wait(q, relay_double_ms(p.d));
}

static void greet(void)
{
	struct note n = {.greets = true};

	start(WIRE_OP_HELLO, &n);
	assert_int_equal(step(0), TRANSPORT_UP);
	assert_int_equal(n.called, 1);
	assert_int_equal(n.rc, 0);
}

static int setup(void **state)
{
	double_pair_begin(&p, NULL);
	pushes = 0;
	assert_int_equal(
		requests_new(&q, relay_double_transport(p.d, &p.alice.id),
			pushed, NULL),
		0);
	return 0;
}

static int teardown(void **state)
{
	requests_free(q);
	double_pair_end(&p);
	return 0;
}

/* A hook that does one thing to the next so many messages of one way. */
struct plan {
	enum double_way way;
	uint16_t op;
	enum double_fate fate;
	int times;
	void (*alter)(struct double_message *m);
	struct wire_error error; /* if set: the answer becomes it */
};

static enum double_fate act(void *ctx, struct double_message *m)
{
	struct plan *x = ctx;
	struct wire_header h = {1, WIRE_OP_ERROR, m->header.id};
	uint8_t head[WIRE_HEADER_LEN], body[WIRE_ERROR_LEN];
	struct writer w;

	if (m->way != x->way || x->times == 0 ||
		(x->op != 0 && (m->header.op & ~WIRE_ANSWER) != x->op))
		return DOUBLE_PASS;
	x->times--;
	if (x->alter != NULL)
		x->alter(m);
	if (x->error.code != 0) {
		wire_header_encode(&h, head);
		writer_init_fixed(&w, body, sizeof body);
		assert_int_equal(wire_error_encode(&x->error, &w), 0);
		assert_int_equal(
			buf_set(&m->frame[0], bytes_of(head, sizeof head)), 0);
		assert_int_equal(buf_set(&m->frame[1], writer_view(&w)), 0);
	}
	return x->fate;
}

static void plan(struct plan *x)
{
	relay_double_hook(p.d, act, x);
}

/* ---- */

static void test_hello_first(void **state)
{
	struct note n = {0};

	start(WIRE_OP_PING, &n);
	assert_int_equal(step(0), TRANSPORT_UP);
	assert_int_equal(relay_double_requests(p.d, 0), 0);
	assert_int_equal(n.called, 0);
	assert_true(wait_ms() == UINT64_MAX);
	greet();
	step(0);
	assert_int_equal(n.called, 1);
	assert_int_equal(n.rc, 0);
	assert_int_equal(requests_open(q), 0);
}

static void test_any_order(void **state)
{
	struct plan x = {
		.way = DOUBLE_ANSWER, .op = 0, .fate = DOUBLE_HOLD, .times = 1};
	struct note a = {0}, b = {0};

	greet();
	plan(&x);
	start(WIRE_OP_PING, &a);
	start(WIRE_OP_KEY_COUNT, &b);
	step(0);
	assert_int_equal(a.called, 0);
	assert_int_equal(b.called, 1);
	relay_double_release(p.d);
	step(0);
	assert_int_equal(a.called, 1);
}

/* Lost on the way there or back, each is sent again after hello. */
static void test_reconnects(void **state)
{
	struct plan there = {.way = DOUBLE_REQUEST,
		.op = WIRE_OP_PING,
		.fate = DOUBLE_CUT,
		.times = 1};
	struct plan back = {.way = DOUBLE_ANSWER,
		.op = WIRE_OP_PING,
		.fate = DOUBLE_CUT,
		.times = 1};
	struct plan *const plans[] = {&there, &back};

	greet();
	for (int i = 0; i < 2; i++) {
		struct note n = {0};

		plan(plans[i]);
		start(WIRE_OP_PING, &n);
		step(0);
		step(0);
		assert_int_equal(n.called, 0);
		greet();
		step(0);
		assert_int_equal(n.called, 1);
		assert_int_equal(n.rc, 0);
	}
	assert_int_equal(relay_double_requests(p.d, WIRE_OP_PING), 3);
}

static void test_offline(void **state)
{
	struct note n = {0};

	greet();
	relay_double_offline(p.d, &p.alice.id, true);
	start(WIRE_OP_PING, &n);
	assert_int_equal(step(0), TRANSPORT_TRYING);
	assert_int_equal(step(10 * REQUESTS_PATIENCE_MS), TRANSPORT_TRYING);
	/* Nobody spins, nobody gives up. */
	assert_true(wait_ms() == UINT64_MAX);
	assert_int_equal(n.called, 0);
	relay_double_offline(p.d, &p.alice.id, false);
	greet();
	step(0);
	assert_int_equal(n.called, 1);
	assert_int_equal(n.rc, 0);
}

/* What kills every connection is given up at last. */
static void test_lost_for_good(void **state)
{
	struct plan x = {.way = DOUBLE_REQUEST,
		.op = WIRE_OP_PING,
		.fate = DOUBLE_CUT,
		.times = 1000};
	struct note n = {0};

	plan(&x);
	start(WIRE_OP_PING, &n);
	for (int i = 0; i < REQUESTS_LOST_MAX; i++) {
		assert_int_equal(n.called, 0);
		greet();
		step(0);
		step(0);
	}
	step(0);
	assert_int_equal(n.called, 1);
	assert_int_equal(n.rc, ROWAN_E_AGAIN);
	assert_int_equal(requests_open(q), 0);
}

static void test_later(void **state)
{
	struct plan x = {.way = DOUBLE_ANSWER,
		.op = WIRE_OP_PING,
		.fate = DOUBLE_PASS,
		.times = 2,
		.error = {WIRE_QUOTA, 5000}};
	struct note n = {0};

	greet();
	plan(&x);
	start(WIRE_OP_PING, &n);
	step(0);
	assert_int_equal(wait_ms(), 5000);
	step(4999);
	assert_int_equal(relay_double_requests(p.d, WIRE_OP_PING), 1);
	step(1);
	assert_int_equal(relay_double_requests(p.d, WIRE_OP_PING), 2);
	assert_int_equal(n.called, 0);
	step(5000);
	assert_int_equal(n.called, 1);
	assert_int_equal(n.rc, 0);
}

/* In a month, or at once: neither is taken at its word. */
static void test_later_bounds(void **state)
{
	struct plan x = {.way = DOUBLE_ANSWER,
		.op = WIRE_OP_PING,
		.fate = DOUBLE_PASS,
		.times = 1,
		.error = {WIRE_AGAIN, UINT32_MAX}};
	struct note n = {0};

	greet();
	plan(&x);
	start(WIRE_OP_PING, &n);
	step(0);
	assert_int_equal(wait_ms(), REQUESTS_LATER_MAX_MS);
	x.times = 1;
	x.error.retry_ms = 1;
	step(REQUESTS_LATER_MAX_MS);
	assert_in_range(wait_ms(), 50, 1000);
	x.times = 1;
	x.error.retry_ms = 0;
	step(1000);
	assert_in_range(wait_ms(), 50, 1000);
	step(1000);
	assert_int_equal(n.called, 1);
}

static void test_once(void **state)
{
	struct plan x = {.way = DOUBLE_ANSWER,
		.op = WIRE_OP_PING,
		.fate = DOUBLE_PASS,
		.times = 1,
		.error = {WIRE_HELD, 7777}};
	struct note n = {0};
	struct requests_new r = {
		.op = WIRE_OP_PING, .once = true, .done = noted, .ctx = &n};

	greet();
	plan(&x);
	assert_int_equal(requests_start(q, &r), 0);
	step(0);
	assert_int_equal(n.called, 1);
	assert_int_equal(n.rc, ROWAN_E_AGAIN);
	assert_int_equal(n.error.code, WIRE_HELD);
	assert_int_equal(n.error.retry_ms, 7777);
}

static void test_refused(void **state)
{
	struct note n = {0};
	struct requests_new r = {.op = WIRE_OP_PING,
		.body = bytes_of("x", 1),
		.done = noted,
		.ctx = &n};

	greet();
	assert_int_equal(requests_start(q, &r), 0);
	step(0);
	assert_int_equal(n.called, 1);
	assert_int_equal(n.rc, ROWAN_E_MALFORMED);
	assert_int_equal(n.error.code, WIRE_MALFORMED);
}

static void test_overdue(void **state)
{
	struct plan x = {.way = DOUBLE_ANSWER,
		.op = WIRE_OP_PING,
		.fate = DOUBLE_DROP,
		.times = 1};
	struct note n = {0};

	greet();
	plan(&x);
	start(WIRE_OP_PING, &n);
	step(0);
	assert_int_equal(wait_ms(), REQUESTS_PATIENCE_MS);
	step(REQUESTS_PATIENCE_MS);
	assert_int_equal(n.called, 1);
	assert_int_equal(n.rc, 0);
	n.called = 0;
	x.times = 1000;
	start(WIRE_OP_PING, &n);
	for (int i = 0; i < REQUESTS_TRIES; i++) {
		assert_int_equal(n.called, 0);
		step(REQUESTS_PATIENCE_MS);
	}
	step(REQUESTS_PATIENCE_MS);
	assert_int_equal(n.called, 1);
	assert_int_equal(n.rc, ROWAN_E_AGAIN);
}

static void test_twice(void **state)
{
	struct plan x = {.way = DOUBLE_ANSWER,
		.op = WIRE_OP_PING,
		.fate = DOUBLE_TWICE,
		.times = 1};
	struct note n = {0};

	greet();
	plan(&x);
	start(WIRE_OP_PING, &n);
	step(0);
	assert_int_equal(n.called, 1);
	assert_int_equal(requests_dropped(q), 1);
}

/* ---- a daemon that lies ---- */

static void torn(struct double_message *m)
{
	m->frame[1].len--;
}

static void longer(struct double_message *m)
{
	uint8_t mem[64] = {0};

	assert_in_range(m->frame[1].len, 1, 60);
	memcpy(mem, m->frame[1].data, m->frame[1].len);
	assert_int_equal(
		buf_set(&m->frame[1], bytes_of(mem, m->frame[1].len + 1)), 0);
}

static void set_header(struct double_message *m, struct wire_header h)
{
	uint8_t head[WIRE_HEADER_LEN];

	wire_header_encode(&h, head);
	assert_int_equal(buf_set(&m->frame[0], bytes_of(head, sizeof head)), 0);
}

static void unasked(struct double_message *m)
{
	struct wire_header h = m->header;

	h.id += 1000;
	set_header(m, h);
}

static void zero_id(struct double_message *m)
{
	struct wire_header h = m->header;

	h.id = 0;
	set_header(m, h);
}

static void other_op(struct double_message *m)
{
	struct wire_header h = m->header;

	h.op = WIRE_OP_ACK | WIRE_ANSWER;
	assert_int_equal(buf_set(&m->frame[1], bytes_of("\0\0\0\0", 4)), 0);
	set_header(m, h);
}

static void as_request(struct double_message *m)
{
	struct wire_header h = m->header;

	h.op = WIRE_OP_PING;
	assert_int_equal(buf_set(&m->frame[1], bytes_of("", 0)), 0);
	set_header(m, h);
}

static void no_op(struct double_message *m)
{
	struct wire_header h = m->header;

	h.op = 0x7000 | WIRE_ANSWER;
	set_header(m, h);
}

static void headless(struct double_message *m)
{
	m->frame[0].len--;
}

static void test_lies(void **state)
{
	void (*const lies[])(struct double_message *) = {torn, longer, unasked,
		zero_id, other_op, as_request, no_op, headless};
	struct plan x = {.way = DOUBLE_ANSWER,
		.op = WIRE_OP_PING,
		.fate = DOUBLE_PASS,
		.times = 0};
	size_t n_lies = sizeof lies / sizeof lies[0];

	greet();
	plan(&x);
	for (size_t i = 0; i < n_lies; i++) {
		struct note n = {0};

		x.alter = lies[i];
		x.times = 1;
		start(WIRE_OP_PING, &n);
		step(0);
		assert_int_equal(n.called, 0);
		assert_int_equal(requests_dropped(q), i + 1);
		assert_int_equal(requests_open(q), 1);
		step(REQUESTS_PATIENCE_MS);
		assert_int_equal(n.called, 1);
		assert_int_equal(n.rc, 0);
	}
	assert_int_equal(pushes, 0);
}

/* ---- what callers do ---- */

static void test_again_from_done(void **state)
{
	struct note n = {.again = true};

	greet();
	start(WIRE_OP_PING, &n);
	step(0);
	step(0);
	assert_int_equal(n.called, 2);
	assert_int_equal(n.rc, 0);
}

static void test_cancel(void **state)
{
	struct note a = {.again = true}, b = {0};

	greet();
	start(WIRE_OP_PING, &a);
	start(WIRE_OP_PING, &b);
	start(WIRE_OP_PING, &a);
	requests_cancel(q, &a);
	assert_int_equal(a.called, 2);
	assert_int_equal(a.rc, ROWAN_E_STATE);
	assert_int_equal(b.called, 0);
	assert_int_equal(requests_open(q), 2);
	step(0);
	assert_int_equal(b.called, 1);
	assert_int_equal(a.called, 3);
}

static void test_limits(void **state)
{
	static uint8_t big[WIRE_FRAME_MAX + 1];
	struct bytes frames[2] = {bytes_of(big, 10), bytes_of(big, 10)};
	struct note n = {0};
	struct requests_new r = {.op = WIRE_OP_PING, .done = noted, .ctx = &n};

	r.body = bytes_of(big, sizeof big);
	assert_int_equal(requests_start(q, &r), ROWAN_E_LIMIT);
	r.body = bytes_of(NULL, 0);
	r.frames = frames;
	r.frame_count = 1;
	assert_int_equal(requests_start(q, &r), ROWAN_E_LIMIT);
	r.op = WIRE_OP_SUBMIT;
	frames[0] = bytes_of(big, sizeof big);
	assert_int_equal(requests_start(q, &r), ROWAN_E_LIMIT);
	r.op = 0x7000;
	r.frame_count = 0;
	assert_int_equal(requests_start(q, &r), ROWAN_E_LIMIT);
	for (int i = 0; i < REQUESTS_OPEN_MAX; i++)
		start(WIRE_OP_PING, &n);
	r.op = WIRE_OP_PING;
	assert_int_equal(requests_start(q, &r), ROWAN_E_AGAIN);
	/* But for hello: the others wait for its answer. */
	r.op = WIRE_OP_HELLO;
	assert_int_equal(requests_start(q, &r), 0);
	assert_int_equal(requests_start(q, &r), ROWAN_E_AGAIN);

	requests_cancel(q, &n);
	assert_int_equal(n.called, REQUESTS_OPEN_MAX + 1);
	assert_int_equal(requests_open(q), 0);
}

static void test_quiet(void **state)
{
	struct wire_credit c = {5};
	struct requests_new r = {.op = WIRE_OP_CREDIT};
	struct writer w;

	writer_init(&w, 16);
	assert_int_equal(wire_credit_encode(&c, &w), 0);
	r.body = writer_view(&w);
	greet();
	assert_int_equal(requests_start(q, &r), 0);
	step(0);
	assert_int_equal(requests_open(q), 0);
	assert_int_equal(relay_double_requests(p.d, WIRE_OP_CREDIT), 1);
	/* What has not gone with its connection does not go with the next. */
	relay_double_cut(p.d, &p.alice.id);
	assert_int_equal(requests_start(q, &r), 0);
	greet();
	step(0);
	assert_int_equal(relay_double_requests(p.d, WIRE_OP_CREDIT), 1);
	writer_wipe(&w);
}

static void test_push(void **state)
{
	static uint8_t text[1100];
	struct requests_new r = {.op = WIRE_OP_SUBSCRIBE, .done = noted};
	struct wire_subscribe s = {.credit = 4};
	struct wire_submit sub = {.count = 1};
	struct plan x = {.way = DOUBLE_PUSH,
		.op = 0,
		.fate = DOUBLE_PASS,
		.times = 0,
		.alter = torn};
	struct note n = {0};
	struct writer w;

	greet();
	r.ctx = &n;
	writer_init(&w, 256);
	assert_int_equal(wire_subscribe_encode(&s, &w), 0);
	r.body = writer_view(&w);
	assert_int_equal(requests_start(q, &r), 0);
	step(0);
	plan(&x);
	for (uint64_t i = 1; i <= 2; i++) {
		sub.items[0] = (struct wire_submit_item){.channel = p.channel,
			.counter = i,
			.envelope = bytes_of(text, sizeof text)};
		const struct wire_header h = {1, WIRE_OP_SUBMIT, i};
		uint8_t head[WIRE_HEADER_LEN];
		struct bytes frames[3];

		wire_header_encode(&h, head);
		w.len = 0;
		assert_int_equal(wire_submit_encode(&sub, &w), 0);
		frames[0] = bytes_of(head, sizeof head);
		frames[1] = writer_view(&w);
		frames[2] = bytes_of(text, sizeof text);
		relay_double_request(p.d, &p.bob.id, frames, 3);
		step(0);
		assert_int_equal(pushes, 1);
		x.times = 1;
	}
	assert_int_equal(requests_dropped(q), 1);
	writer_wipe(&w);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_hello_first),
		T(test_any_order),
		T(test_reconnects),
		T(test_offline),
		T(test_lost_for_good),
		T(test_later),
		T(test_later_bounds),
		T(test_once),
		T(test_refused),
		T(test_overdue),
		T(test_twice),
		T(test_lies),
		T(test_again_from_done),
		T(test_cancel),
		T(test_limits),
		T(test_quiet),
		T(test_push),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
