/*
 * One turn of the writer after the other: see turn_kit.h.
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

#include "lib/turn_kit.h"
#include "lib/store_kit.h"

#define PATIENCE 60 /* seconds, about, till a test has failed */

static struct kit k;
struct clock_sample turn_wall;
struct clock *turn_clock;
static struct config config;
struct ops_counters turn_counters;
struct lanes turn_lanes;
static struct committer *writer;
struct request turn_at[TURN_MOST];
static size_t count;
struct batch *turn_last; /* is the test's until the next group */
static sem_t held, go;
struct head *turn_head;

/* ---- groups ---- */

struct request *turn_say(enum request_kind kind)
{
	struct request *r = &turn_at[count++];

	assert_true(count <= TURN_MOST);
	writer_wipe(&r->out);
	for (size_t i = 0; i < r->answer_count; i++)
		buf_wipe(&r->answer[i]);
	memset(r, 0, sizeof *r);
	r->kind = kind;
	writer_init(&r->out, WIRE_MESSAGE_MAX);
	return r;
}

void turn_put(struct request *r)
{
	assert_true(ring_put(&turn_lanes.requests, r));
	wake_ring(&turn_lanes.writer);
}

/* Connection n is device n's. */
struct request *turn_ask(uint16_t op, uint32_t n)
{
	struct request *r = turn_say(REQUEST_MESSAGE);

	r->from = (struct peer_ref){n, 1};
	r->device = kit_id('d', n);
	r->header = (struct wire_header){1, op, 7};
	r->entry = table_find(op);
	return r;
}

struct request *turn_job(request_job *f, void *cookie)
{
	struct request *r = turn_say(REQUEST_JOB);

	r->job = f;
	r->cookie = cookie;
	turn_put(r);
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
void turn_begin(void)
{
	if (turn_last != NULL)
		assert_true(ring_put(&turn_lanes.used, turn_last));
	turn_last = NULL;
	count = 0;
	turn_job(hold, NULL);
	while (sem_wait(&held) != 0)
		assert_int_equal(errno, EINTR);
}

struct batch *turn_next(void)
{
	struct pollfd p = {.fd = turn_lanes.network.fd, .events = POLLIN};
	void *b = NULL;

	for (int i = 0; ring_take(&turn_lanes.batches, &b, 1) == 0; i++) {
		assert_true(i < PATIENCE);
		wake_doze(&turn_lanes.network);
		if (ring_empty(&turn_lanes.batches))
			(void)poll(&p, 1, 1000);
		wake_rise(&turn_lanes.network, p.revents != 0);
	}
	return b;
}

void turn_end(void)
{
	assert_int_equal(sem_post(&go), 0);
	turn_last = turn_next();
	assert_int_equal(turn_last->request_count, count);
}

/* Messages pushed to the connection of device ${n}. */
size_t turn_pushed(uint32_t n)
{
	size_t ret = 0;

	for (size_t i = 0; i < turn_last->push_count; i++)
		ret += turn_last->pushes[i].to.slot == n;
	return ret;
}

/* ---- what is asked ---- */

struct request *turn_submit(uint32_t n, uint64_t counter)
{
	struct request *r = turn_ask(WIRE_OP_SUBMIT, n);
	struct wire_submit *s = &r->body.submit;

	s->count = 1;
	s->items[0] = (struct wire_submit_item){.channel = kit_id('c', 1),
		.counter = counter,
		.envelope = bytes_of("sealed", 6)};
	r->frames[2] = s->items[0].envelope;
	r->frame_count = 3;
	turn_put(r);
	return r;
}

uint16_t turn_submitted(const struct request *r)
{
	struct wire_message m = {.body = writer_view(&r->out)};
	struct wire_submit_answer a;

	if (r->error.code != WIRE_OK)
		return r->error.code;
	assert_int_equal(wire_submit_answer_decode(&m, &a), 0);
	return a.results[0].code;
}

void turn_subscribe(uint32_t n, uint32_t credit)
{
	struct request *r = turn_ask(WIRE_OP_SUBSCRIBE, n);

	r->body.subscribe.credit = credit;
	turn_put(r);
}

/* As everybody who is connected and has seen all. */
void turn_all_subscribe(uint32_t credit)
{
	turn_begin();
	for (uint32_t n = 1; n <= 3; n++)
		turn_subscribe(n, credit);
	turn_end();
	assert_int_equal(turn_last->push_count, 0);
}

static int leaves(void *cookie, struct ops *o)
{
	*(uint64_t *)cookie = store_log_next(o->store);
	return 0;
}

uint64_t turn_leaves(void)
{
	uint64_t n;

	turn_begin();
	turn_job(leaves, &n);
	turn_end();
	return n;
}

/* ---- a daemon's writer ---- */

static int read_clock(void *ctx, struct clock_sample *ret)
{
	*ret = turn_wall;
	return 0;
}

static void open_head(void)
{
	static const struct key32 seed = {{7}};
	static const struct id16 clinic = {{0xc1}};
	struct head_options o = {.store = k.st,
		.seed = &seed,
		.clinic = &clinic,
		.accept = true,
		.now = KIT_NOW};
	struct head_found found;
	char path[128];

	snprintf(path, sizeof path, "%s/guard", k.dir);
	o.guard = path;
	assert_int_equal(head_open(&turn_head, &o, &found), 0);
}

int turn_setup(void **state)
{
	static const struct clock_options co = {.jump = 1000, .ahead = 1000};
	static const struct clock_source source = {read_clock, NULL};
	struct committer_options o = {.clock = NULL,
		.config = &config,
		.lanes = &turn_lanes,
		.counters = &turn_counters};
	char path[128];

	kit_start(&k, NULL);
	kit_people(&k, 3, 3);
	config_defaults(&config);
	config.batch_time = 600000;
	turn_wall = (struct clock_sample){KIT_NOW * 1000, 1000, true};
	snprintf(path, sizeof path, "%s/clock", k.dir);
	assert_int_equal(clock_open(path, &co, &source, &turn_clock), 0);
	memset(&turn_counters, 0, sizeof turn_counters);
	assert_int_equal(lanes_init(&turn_lanes, TURN_MOST), 0);
	assert_int_equal(sem_init(&held, 0, 0), 0);
	assert_int_equal(sem_init(&go, 0, 0), 0);
	turn_last = NULL;
	open_head();
	o.store = k.st;
	o.clock = turn_clock;
	o.head = turn_head;
	assert_int_equal(committer_start(&writer, &o), 0);
	return 0;
}

void turn_over(void)
{
	assert_true(turn_last->stopped);
	committer_join(writer);
	writer = NULL;
}

int turn_teardown(void **state)
{
	if (writer != NULL) {
		turn_begin();
		turn_put(turn_say(REQUEST_STOP));
		turn_end();
		assert_false(turn_last->fatal);
		turn_over();
	}
	head_close(turn_head);
	for (size_t i = 0; i < TURN_MOST; i++) {
		writer_wipe(&turn_at[i].out);
		memset(&turn_at[i], 0, sizeof turn_at[i]);
	}
	lanes_wipe(&turn_lanes);
	assert_int_equal(clock_close(turn_clock), 0);
	sem_destroy(&held);
	sem_destroy(&go);
	kit_stop(&k);
	return 0;
}

int turn_revoke(void *device, struct ops *o)
{
	int rc = store_device_revoke(o->store, device);

	return rc == 0 ? ops_revoked(o, device) : rc;
}

int turn_erase(void *case_id, struct ops *o)
{
	return ops_erased(o, case_id);
}
