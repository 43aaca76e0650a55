/*
 * The writer without a network: what one group of requests does when a device
 * is revoked in it, when it fails, and when the clock is in doubt.
 */
#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "clock/clock.h"
#include "lib/store_kit.h"
#include "ops/batch.h"
#include "ops/committer.h"
#include "wire/card.h"

#define MOST	 16 /* requests of one group */
#define PATIENCE 60 /* seconds, about, till a test has failed */

static struct kit k;
static struct clock_sample wall;
static struct clock *the_clock;
static struct config config;
static struct ops_counters counters;
static struct lanes lanes;
static struct committer *writer;
static struct request group[MOST];
static size_t count;
static struct batch *last; /* is the test's until the next group */
static sem_t held, go;

/* ---- groups ---- */

static struct request *say(enum request_kind kind)
{
	struct request *r = &group[count++];

	assert_true(count <= MOST);
	writer_wipe(&r->out);
	for (size_t i = 0; i < r->answer_count; i++)
		buf_wipe(&r->answer[i]);
	memset(r, 0, sizeof *r);
	r->kind = kind;
	writer_init(&r->out, WIRE_MESSAGE_MAX);
	return r;
}

static void put(struct request *r)
{
	assert_true(ring_put(&lanes.requests, r));
	wake_ring(&lanes.writer);
}

/* Connection n is device n's. */
static struct request *ask(uint16_t op, uint32_t n)
{
	struct request *r = say(REQUEST_MESSAGE);

	r->from = (struct peer_ref){n, 1};
	r->device = kit_id('d', n);
	r->header = (struct wire_header){1, op, 7};
	r->entry = table_find(op);
	return r;
}

static struct request *job(request_job *f, void *cookie)
{
	struct request *r = say(REQUEST_JOB);

	r->job = f;
	r->cookie = cookie;
	put(r);
	return r;
}

static int hold(void *cookie, struct ops *o)
{
	(void)sem_post(&held);
	while (sem_wait(&go) != 0)
		;
	return 0;
}

/* Whatever is put from here until its end is one group. */
static void begin(void)
{
	if (last != NULL)
		assert_true(ring_put(&lanes.used, last));
	last = NULL;
	count = 0;
	job(hold, NULL);
	while (sem_wait(&held) != 0)
		assert_int_equal(errno, EINTR);
}

static struct batch *next(void)
{
	struct pollfd p = {.fd = lanes.network.fd, .events = POLLIN};
	void *b = NULL;

	for (int i = 0; ring_take(&lanes.batches, &b, 1) == 0; i++) {
		assert_true(i < PATIENCE);
		wake_doze(&lanes.network);
		if (ring_empty(&lanes.batches))
			(void)poll(&p, 1, 1000);
		wake_rise(&lanes.network, p.revents != 0);
	}
	return b;
}

static void end(void)
{
	assert_int_equal(sem_post(&go), 0);
	last = next();
	assert_int_equal(last->request_count, count);
}

/* Messages pushed to the connection of device ${n}. */
static size_t pushed(uint32_t n)
{
	size_t ret = 0;

	for (size_t i = 0; i < last->push_count; i++)
		ret += last->pushes[i].to.slot == n;
	return ret;
}

/* ---- what is asked ---- */

static struct request *submit(uint32_t n, uint64_t counter)
{
	struct request *r = ask(WIRE_OP_SUBMIT, n);
	struct wire_submit *s = &r->body.submit;

	s->count = 1;
	s->items[0] = (struct wire_submit_item){.channel = kit_id('c', 1),
		.counter = counter,
		.envelope = bytes_of("sealed", 6)};
	r->frames[2] = s->items[0].envelope;
	r->frame_count = 3;
	put(r);
	return r;
}

static uint16_t submitted(const struct request *r)
{
	struct wire_message m = {.body = writer_view(&r->out)};
	struct wire_submit_answer a;

	if (r->error.code != WIRE_OK)
		return r->error.code;
	assert_int_equal(wire_submit_answer_decode(&m, &a), 0);
	return a.results[0].code;
}

static void subscribe(uint32_t n, uint32_t credit)
{
	struct request *r = ask(WIRE_OP_SUBSCRIBE, n);

	r->body.subscribe.credit = credit;
	put(r);
}

/* As everybody who is connected and has seen all. */
static void all_subscribe(uint32_t credit)
{
	begin();
	for (uint32_t n = 1; n <= 3; n++)
		subscribe(n, credit);
	end();
	assert_int_equal(last->push_count, 0);
}

static int revoke(void *cookie, struct ops *o)
{
	const struct id16 *id = cookie;
	int rc = store_device_revoke(o->store, id);

	return rc == 0 ? ops_revoked(o, id) : rc;
}

static int erase(void *cookie, struct ops *o)
{
	return ops_erased(o, cookie);
}

static int notice(void *cookie, struct ops *o)
{
	return subs_notice(&o->subs, cookie);
}

/* As when the disk does not take what was written. */
static int lose(void *cookie, struct ops *o)
{
	o->lost = true;
	return 0;
}

static int leaves(void *cookie, struct ops *o)
{
	*(uint64_t *)cookie = store_log_next(o->store);
	return 0;
}

static uint64_t leaves_now(void)
{
	uint64_t n;

	begin();
	job(leaves, &n);
	end();
	return n;
}

/* ---- a daemon's writer ---- */

static int read_clock(void *ctx, struct clock_sample *ret)
{
	*ret = wall;
	return 0;
}

static int setup(void **state)
{
	static const struct clock_options co = {.jump = 1000, .ahead = 1000};
	static const struct clock_source source = {read_clock, NULL};
	struct committer_options o = {.clock = NULL,
		.config = &config,
		.lanes = &lanes,
		.counters = &counters};
	char path[128];

	kit_start(&k, NULL);
	kit_people(&k, 3, 3);
	config_defaults(&config);
	config.batch_time = 600000;
	wall = (struct clock_sample){KIT_NOW * 1000, 1000, true};
	snprintf(path, sizeof path, "%s/clock", k.dir);
	assert_int_equal(clock_open(path, &co, &source, &the_clock), 0);
	memset(&counters, 0, sizeof counters);
	assert_int_equal(lanes_init(&lanes, MOST), 0);
	assert_int_equal(sem_init(&held, 0, 0), 0);
	assert_int_equal(sem_init(&go, 0, 0), 0);
	last = NULL;
	o.store = k.st;
	o.clock = the_clock;
	assert_int_equal(committer_start(&writer, &o), 0);
	return 0;
}

static int teardown(void **state)
{
	begin();
	put(say(REQUEST_STOP));
	end();
	assert_true(last->stopped);
	assert_false(last->fatal);
	committer_join(writer);
	for (size_t i = 0; i < MOST; i++) {
		writer_wipe(&group[i].out);
		memset(&group[i], 0, sizeof group[i]);
	}
	lanes_wipe(&lanes);
	assert_int_equal(clock_close(the_clock), 0);
	sem_destroy(&held);
	sem_destroy(&go);
	kit_stop(&k);
	return 0;
}

/* ---- revocation ---- */

/* It came before the revocation: others get it, the revoked device does not. */
static void a_revoked_device_gets_nothing_of_its_group(void **state)
{
	struct id16 gone = kit_id('d', 2);
	uint64_t before;

	all_subscribe(5);
	before = leaves_now();
	begin();
	submit(1, 1);
	job(revoke, &gone);
	end();
	assert_int_equal(submitted(&group[1]), WIRE_OK);
	assert_int_equal(pushed(3), 1);
	assert_int_equal(last->push_count, 1);
	assert_int_equal(last->revoked_count, 1);
	assert_memory_equal(&last->revoked[0], &gone, sizeof gone);
	/* The submission's, and that 3 was given it; not that 2 was. */
	assert_int_equal(leaves_now(), before + 2);
}

/* Nor is what waits in its mailbox handed to it, nor any news. */
static void a_revoked_device_gets_nothing_that_waits(void **state)
{
	struct id16 gone = kit_id('d', 2);
	struct notice n = {.chain = kit_id('s', 1), .all = true};
	struct request *r;

	all_subscribe(0);
	begin();
	submit(1, 1);
	job(notice, &n);
	end();
	assert_int_equal(last->push_count, 0);
	begin();
	r = ask(WIRE_OP_CREDIT, 2);
	r->body.credit.credit = 5;
	put(r);
	job(revoke, &gone);
	end();
	assert_int_equal(last->push_count, 0);
	assert_int_equal(last->revoked_count, 1);
	/* Others get theirs with the next. */
	begin();
	r = ask(WIRE_OP_CREDIT, 3);
	r->body.credit.credit = 5;
	put(r);
	end();
	assert_int_equal(pushed(3), 2);
	assert_int_equal(last->push_count, 2);
}

/* Its connection may live on for a moment: it has no subscription. */
static void a_revoked_device_hears_nothing_after(void **state)
{
	struct id16 gone = kit_id('d', 2);
	struct notice n = {.chain = kit_id('s', 1), .all = true};

	all_subscribe(5);
	begin();
	job(notice, &n);
	job(revoke, &gone);
	end();
	assert_int_equal(pushed(2), 0);
	assert_int_equal(last->push_count, 2);
	begin();
	job(notice, &n);
	end();
	assert_int_equal(pushed(2), 0);
	assert_int_equal(last->push_count, 2);
}

static void pass(uint64_t seconds)
{
	wall.wall += seconds * 1000;
	wall.boot += seconds * 1000;
	assert_int_equal(clock_tick(the_clock), 0);
}

/* ---- what waits ---- */

/* Members of staff are given what waits, and the log says so. */
static void what_waits_is_told(void **state)
{
	uint64_t before;

	begin();
	submit(1, 1);
	end();
	before = leaves_now();
	begin();
	subscribe(2, 5);
	end();
	assert_int_equal(pushed(2), 1);
	assert_int_equal(leaves_now(), before + 1);
}

static int spend(void *cookie, struct ops *o)
{
	while (claims_some_leaves(o->claims, cookie, 1000, o->now) > 0)
		;
	return 0;
}

/* Whose reading has filled the log waits; then it comes by itself. */
static void what_waits_may_wait_longer(void **state)
{
	struct id16 reader = kit_id('d', 2);

	begin();
	submit(1, 1);
	end();
	begin();
	job(spend, &reader);
	end();
	begin();
	subscribe(2, 5);
	end();
	assert_int_equal(pushed(2), 0);
	pass(60);
	assert_true(ring_put(&lanes.used, last));
	last = next();
	assert_int_equal(last->request_count, 0);
	assert_int_equal(pushed(2), 1);
}

/* ---- the end of a card ---- */

static int give_card(void *cookie, struct ops *o)
{
	struct id16 id = kit_id('d', 2);
	struct store_device d;
	int rc = store_device_by_id(o->view, &id, &d);

	d.until = *(const uint64_t *)cookie;
	return rc == 0 ? store_device_put(o->store, &d, bytes_of("card", 4))
		       : rc;
}

static void card_until(uint64_t time)
{
	begin();
	job(give_card, &time);
	end();
	assert_int_equal(group[1].result, 0);
}

static size_t pushed_one(uint64_t counter)
{
	begin();
	submit(1, counter);
	end();
	assert_int_equal(submitted(&group[1]), WIRE_OK);
	assert_int_equal(pushed(3), 1);
	return pushed(2);
}

/* On the connection that subscribed with it; renewed in time it goes on. */
static void an_ended_card_gets_nothing(void **state)
{
	struct notice n = {.chain = kit_id('s', 1), .all = true};

	card_until(KIT_NOW + 10);
	all_subscribe(9);
	pass(9);
	assert_int_equal(pushed_one(1), 1);
	card_until(KIT_NOW + 20);
	pass(1);
	assert_int_equal(pushed_one(2), 1);
	pass(10);
	assert_int_equal(pushed_one(3), 0);
	begin();
	job(notice, &n);
	end();
	assert_int_equal(pushed(2), 0);
	assert_int_equal(pushed(3), 1);
	/* It was not for a card that had ended. */
	card_until(KIT_NOW + 30);
	pass(1);
	/* The news, and this. */
	assert_int_equal(pushed_one(4), 2);
}

/* ---- a transaction that fails ---- */

static void what_failed_revokes_and_erases_nothing(void **state)
{
	struct id16 here = kit_id('d', 2), gone = kit_id('s', 1);

	all_subscribe(5);
	begin();
	job(revoke, &here);
	job(erase, &gone);
	job(lose, NULL);
	end();
	assert_int_equal(group[1].result, ROWAN_E_AGAIN);
	assert_int_equal(last->revoked_count, 0);
	begin();
	submit(1, 1);
	end();
	assert_int_equal(submitted(&group[1]), WIRE_OK);
	assert_int_equal(last->revoked_count, 0);
	assert_int_equal(pushed(2), 1);
	assert_int_equal(atomic_load(&counters.erasures), 0);
}

static void what_failed_is_pushed_to_nobody(void **state)
{
	struct notice n = {.chain = kit_id('s', 1), .all = true};

	all_subscribe(5);
	begin();
	submit(1, 1);
	job(notice, &n);
	job(lose, NULL);
	end();
	assert_int_equal(submitted(&group[1]), WIRE_AGAIN);
	assert_int_equal(last->push_count, 0);
	begin();
	put(ask(WIRE_OP_PING, 1));
	end();
	assert_int_equal(last->push_count, 0);
	begin();
	submit(1, 1);
	end();
	assert_int_equal(submitted(&group[1]), WIRE_OK);
	assert_int_equal(pushed(2), 1);
	assert_int_equal(pushed(3), 1);
}

/* A channel that nobody knows, when it is to be said what was read. */
static int muddle(void *cookie, struct ops *o)
{
	struct request *r = cookie;

	r->body.submit.items[0].channel = kit_id('c', 99);
	return 0;
}

/* Members of staff get nothing that the log does not say they got. */
static void what_cannot_be_told_is_handed_to_nobody(void **state)
{
	all_subscribe(5);
	begin();
	job(muddle, submit(1, 1));
	end();
	assert_int_equal(submitted(&group[1]), WIRE_AGAIN);
	assert_int_equal(last->push_count, 0);
	begin();
	submit(1, 1);
	end();
	assert_int_equal(submitted(&group[1]), WIRE_OK);
	assert_int_equal(pushed(2), 1);
}

/* Once it has failed nothing more is begun in it. */
static void what_failed_goes_no_further(void **state)
{
	uint64_t n = UINT64_MAX;

	begin();
	job(lose, NULL);
	job(leaves, &n);
	subscribe(2, 5);
	end();
	assert_true(n == UINT64_MAX);
	assert_int_equal(group[3].error.code, WIRE_AGAIN);
	assert_true(group[3].error.retry_ms > 0);
	begin();
	submit(1, 1);
	end();
	assert_int_equal(last->push_count, 0);
}

static int give_chain(void *cookie, struct ops *o)
{
	return store_chain_begin(o->store, cookie, bytes_of("state", 5));
}

/* A channel of statements takes messages of its group alone. */
static void what_failed_closes_no_gate(void **state)
{
	struct id16 of = kit_id('s', 1);

	begin();
	job(give_chain, &of);
	submit(1, 1);
	job(lose, NULL);
	end();
	begin();
	submit(1, 1);
	end();
	assert_int_equal(submitted(&group[1]), WIRE_OK);
}

/* ---- doubt ---- */

static int access_of(void *cookie, struct ops *o)
{
	return store_channel_access(o->store, kit_at('c', 1), cookie);
}

static int assign(void *cookie, struct ops *o)
{
	return store_assign(o->store, kit_at('c', 1), cookie);
}

/* What has not begun while the clock was sure begins when it is again. */
static void in_doubt_nothing_begins(void **state)
{
	struct store_assignment a = {
		.member = kit_id('m', 2), .from = KIT_NOW + 10};
	struct id16 device = kit_id('d', 2);

	begin();
	job(assign, &a);
	end();
	assert_int_equal(group[1].result, 0);
	wall.wall += 86400000;
	wall.boot += 20000;
	assert_int_equal(clock_tick(the_clock), 0);
	assert_true(clock_read(the_clock).doubtful);
	assert_true(clock_read(the_clock).now >= (KIT_NOW + 10) * 1000);
	begin();
	job(access_of, &device);
	end();
	assert_int_equal(group[1].result, ROWAN_E_REFUSED);
	assert_int_equal(clock_accept(the_clock), 0);
	begin();
	job(access_of, &device);
	end();
	assert_int_equal(group[1].result, 0);
}

/* Nor does anything expire. */
static void in_doubt_what_is_over_is_given(void **state)
{
	begin();
	submit(1, 1)->body.submit.items[0].lifetime = 1;
	end();
	assert_int_equal(submitted(&group[1]), WIRE_OK);
	wall.wall += 86400000;
	wall.boot += 20000;
	assert_int_equal(clock_tick(the_clock), 0);
	assert_true(clock_read(the_clock).doubtful);
	begin();
	subscribe(2, 5);
	end();
	assert_int_equal(pushed(2), 1);
	assert_int_equal(clock_accept(the_clock), 0);
	begin();
	subscribe(3, 5);
	end();
	assert_int_equal(pushed(3), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_revoked_device_gets_nothing_of_its_group),
		TEST(a_revoked_device_gets_nothing_that_waits),
		TEST(a_revoked_device_hears_nothing_after),
		TEST(what_waits_is_told),
		TEST(what_waits_may_wait_longer),
		TEST(an_ended_card_gets_nothing),
		TEST(what_failed_revokes_and_erases_nothing),
		TEST(what_failed_is_pushed_to_nobody),
		TEST(what_cannot_be_told_is_handed_to_nobody),
		TEST(what_failed_goes_no_further),
		TEST(what_failed_closes_no_gate),
		TEST(in_doubt_nothing_begins),
		TEST(in_doubt_what_is_over_is_given),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
