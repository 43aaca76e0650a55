/*
 * The writer's thread: see committer.h.
 *
 * One turn, and the function of each step:
 *
 *	wait ---> gather ---> commit ---> settle ---> serve ---> hand over
 *	rest      run_all     conclude    push        subs_serve publish
 *
 * Invariants:
 *	1. an answer of WIRE_OK is in a batch only after store_commit said 0
 *	2. every request taken from the ring is in exactly one batch
 *	3. a push names only what is committed
 */
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "clinic/tombstones.h"
#include "clock/clock.h"
#include "ops/batch.h"
#include "ops/committer.h"
#include "ops/record.h"
#include "ops/restored.h"

#define BATCHES	     4
#define BATCH_MAX    4096
#define TICK_MS	     1000
#define SLICE	     128	  /* rows of time's work in one turn */
#define SERVE_BUDGET (512 * 1024) /* bytes read back in one turn */
#define RETRY_MS     1000
#define BURY_MS	     5000 /* between two tries to write a tombstone */
#define KEEPER_MS    100
#define SYNC_TURNS   10 /* of the keeper: once a second */

struct committer {
	struct ops ops;
	struct config config; /* the writer's own */
	struct lanes *lanes;
	struct clock *clock;
	pthread_t thread, keeper;
	struct batch *all[BATCHES];
	struct batch *mine[BATCHES]; /* those that are empty and here */
	size_t mine_count;
	uint64_t tick_at;  /* milliseconds, monotonic */
	uint64_t serve_at; /* not before, after a failure */
	uint64_t bury_at;
	size_t most; /* operations in one group */
	bool stopping;
	_Atomic bool keeper_stop;
	_Atomic uint64_t commits;
};

int lanes_init(struct lanes *l, size_t requests)
{
	int rc;

	memset(l, 0, sizeof *l);
	l->writer.fd = l->network.fd = -1;
	rc = ring_init(&l->requests, requests + 1);
	if (rc == 0)
		rc = ring_init(&l->batches, BATCHES + 1);
	if (rc == 0)
		rc = ring_init(&l->used, BATCHES + 1);
	if (rc == 0)
		rc = wake_init(&l->writer);
	if (rc == 0)
		rc = wake_init(&l->network);
	if (rc != 0)
		lanes_wipe(l);
	return rc;
}

void lanes_wipe(struct lanes *l)
{
	ring_wipe(&l->requests);
	ring_wipe(&l->batches);
	ring_wipe(&l->used);
	wake_wipe(&l->writer);
	wake_wipe(&l->network);
	free(atomic_exchange(&l->fresh, NULL));
}

int lanes_config(struct lanes *l, const struct config *config)
{
	struct config *copy = malloc(sizeof *copy);

	if (copy == NULL)
		return ROWAN_E_NOMEM;
	*copy = *config;
	/* One that was not fetched yet is out of date. */
	free(atomic_exchange(&l->fresh, copy));
	wake_ring(&l->writer);
	return 0;
}

static uint64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Collect the batches that the network thread has emptied. */
static void collect(struct committer *c)
{
	void *back[BATCHES];
	size_t n = ring_take(&c->lanes->used, back, BATCHES);

	for (size_t i = 0; i < n; i++)
		c->mine[c->mine_count++] = back[i];
}

/* Somebody is behind, and the store did not just fail to read. */
static bool may_serve(const struct committer *c)
{
	return subs_hungry(&c->ops.subs) && monotonic_ms() >= c->serve_at;
}

/* Something to do, and a batch to do it in. */
static bool ready(struct committer *c)
{
	collect(c);
	return c->mine_count > 0 &&
	       (!ring_empty(&c->lanes->requests) || may_serve(c) ||
		       monotonic_ms() >= c->tick_at);
}

static void rest(struct committer *c)
{
	while (!ready(c)) {
		struct pollfd p = {.fd = c->lanes->writer.fd, .events = POLLIN};
		uint64_t now = monotonic_ms();
		int left = c->tick_at > now ? (int)(c->tick_at - now) : 0;

		wake_doze(&c->lanes->writer);
		/* Without an empty batch only the network thread can help. */
		if (!ready(c))
			poll(&p, 1, c->mine_count > 0 ? left : TICK_MS);
		wake_rise(&c->lanes->writer, p.revents != 0);
		atomic_fetch_add(&c->lanes->beats, 1);
	}
}

/* Those of a request's kinds that touch no store. */
static void run_control(struct committer *c, struct request *r)
{
	switch (r->kind) {
	case REQUEST_GONE: subs_drop(&c->ops.subs, &r->device, &r->from); break;
	case REQUEST_UNSENT: subs_back(&c->ops.subs, r); break;
	case REQUEST_STOP: c->stopping = true; break;
	case REQUEST_JOB: ops_job(&c->ops, r); break;
	case REQUEST_MESSAGE: ops_run(&c->ops, r); break;
	}
}

static void run_one(struct committer *c, struct request *r)
{
	bool stores = r->kind == REQUEST_MESSAGE || r->kind == REQUEST_JOB;

	/* Nothing more can be done in a lost transaction. */
	if (c->ops.lost && stores)
		ops_refuse(r, WIRE_AGAIN, RETRY_MS);
	else
		run_control(c, r);
}

static bool is_op(const struct request *r, uint16_t op)
{
	return r->kind == REQUEST_MESSAGE && r->entry->op == op;
}

/*
 * In their order, but acknowledgements first: nobody can tell, and what they
 * let go makes places that the submissions after them take, in the same pages.
 * Somebody could tell where there is a subscription among them, whose credit
 * an acknowledgement raises.
 */
static void run_some(struct committer *c, struct request **r, size_t n)
{
	bool any = false;

	for (size_t i = 0; i < n; i++)
		any = any || is_op(r[i], WIRE_OP_SUBSCRIBE);
	for (size_t i = 0; i < n && !any; i++)
		if (is_op(r[i], WIRE_OP_ACK))
			run_one(c, r[i]);
	for (size_t i = 0; i < n; i++)
		if (any || !is_op(r[i], WIRE_OP_ACK))
			run_one(c, r[i]);
}

/* Whatever is there, and what comes meanwhile, up to the group's size. */
static void run_all(struct committer *c, struct batch *b)
{
	uint64_t until = monotonic_ms() + c->ops.config->batch_time;

	while (b->request_count < c->most) {
		struct request **r =
			(struct request **)&b->requests[b->request_count];
		size_t n = ring_take(&c->lanes->requests, (void **)r,
			c->most - b->request_count);

		if (n == 0)
			break;
		b->request_count += n;
		run_some(c, r, n);
		if (monotonic_ms() > until)
			break;
	}
}

/*
 * One slice of what falls due: expiry, erasure of what was deleted. A doubtful
 * clock expires nothing.
 */
static void run_due(struct committer *c)
{
	struct ops *o = &c->ops;
	struct store_slice s = {0};
	bool more = false;
	int rc = store_mark(o->store);

	if (rc != 0) {
		o->lost = true;
		return;
	}
	if (!o->doubtful) {
		rc = store_expire(o->store, SLICE, &s);
		more = rc == 0 && s.more;
	}
	if (rc == 0)
		rc = record_expired(o, s.done);
	if (rc == 0)
		rc = store_sweep(o->store, SLICE, &s);
	if (rc == 0)
		rc = entry_erased(o->store, o->now, &s);
	more = more || (rc == 0 && s.more);
	rc = ops_settle(o, rc);
	c->tick_at = monotonic_ms() + (rc == 0 && more ? 0 : TICK_MS);
}

/* The commit has failed, or there was no transaction: nothing happened. */
static void fail_all(struct committer *c, struct batch *b, int rc)
{
	struct wire_error e;

	ops_code(rc, &e);
	for (size_t i = 0; i < b->request_count; i++) {
		struct request *r = b->requests[i];

		ops_refuse(r, e.code, e.retry_ms);
		r->result = rc;
	}
	subs_forget(&c->ops.subs, b);
	gates_forget(&c->ops.gates);
	claims_undone(c->ops.claims);
	/* What went in did not; nor is over what was not before. */
	if (c->ops.returning.phase != RETURNING_NOT)
		c->ops.damaged |= restored_again(&c->ops) != 0;
	c->ops.revoked_count = 0;
	c->ops.erased_count = 0;
	atomic_fetch_add(&c->ops.counters->failed_commits, 1);
	atomic_store(&c->ops.counters->failed_at, meter_now() / 1000000);
}

/*
 * A case that is erased gets its tombstone beside the backups. Where one could
 * not be written all are looked through again after a while.
 */
static void bury(struct committer *c)
{
	const char *dir = c->config.backup_dir;
	struct ops *o = &c->ops;
	size_t n = o->erased_count;
	bool failed = atomic_load(&o->counters->unburied);

	o->erased_count = 0;
	if (n > 0)
		atomic_fetch_add(&o->counters->erasures, n);
	if (dir[0] == '\0')
		return;
	if (n > 0 && tombstones_add(dir, o->erased, n) != 0) {
		failed = true;
		c->bury_at = monotonic_ms() + BURY_MS;
	}
	if (failed && monotonic_ms() >= c->bury_at) {
		failed = tombstones_settle(dir, o->view) != 0;
		c->bury_at = monotonic_ms() + BURY_MS;
	}
	atomic_store(&o->counters->unburied, failed);
}

/* Pushes and closed connections follow from what is now durable. */
static void settle(struct committer *c, struct batch *b)
{
	struct ops *o = &c->ops;

	claims_kept(o->claims);
	for (size_t i = 0; i < o->revoked_count; i++)
		subs_drop(&o->subs, &o->revoked[i], NULL);
	if (o->revoked_count > 0) {
		/* The two swap their memory. */
		struct id16 *p = b->revoked;
		size_t cap = b->revoked_cap;

		b->revoked = o->revoked;
		b->revoked_cap = o->revoked_cap;
		b->revoked_count = o->revoked_count;
		o->revoked = p;
		o->revoked_cap = cap;
		o->revoked_count = 0;
	}
	bury(c);
	subs_push(&o->subs, b);
	/* What could not be noted down is signed, and due at the next turn. */
	if (o->head != NULL && head_settle(o->head, o->now) != 0)
		atomic_fetch_add(&o->counters->unnoted, 1);
	atomic_fetch_add(&c->commits, 1);
}

/* Batches of clients are measured; a turn of the clock alone is not. */
static int commit(struct committer *c, const struct batch *b)
{
	struct ops_counters *n = c->ops.counters;
	uint64_t before = b->request_count > 0 ? meter_now() : 0;
	int rc = store_commit(c->ops.store);

	if (b->request_count > 0) {
		meter_add(&n->batch_size, meter_sizes, b->request_count);
		meter_add(&n->commit_time, meter_times, meter_now() - before);
	}
	return rc;
}

/*
 * What will be handed to members of staff is written down before: in the
 * transaction that is about to be committed.
 */
static void hand_out(struct committer *c, struct batch *b)
{
	struct ops *o = &c->ops;
	struct subs_slice s = {.rd = o->view,
		.fetched = o->fetched,
		.now = o->now,
		.doubtful = o->doubtful,
		.budget = SERVE_BUDGET,
		.read = record_read,
		.first = returning_on(&o->returning) ? restored_first : NULL,
		.may = record_may_push,
		.ctx = o};
	int rc = subs_cards(&o->subs, o->now, ops_ended, o);

	/*
	 * Who was revoked just now gets nothing more (see settle), of this
	 * group neither: nor is it written down that they did.
	 */
	for (size_t i = 0; i < o->revoked_count; i++)
		subs_behind(&o->subs, &o->revoked[i]);
	if (rc == 0 && !c->stopping && o->revoked_count == 0 && may_serve(c)) {
		rc = subs_serve(&o->subs, b, &s);
		if (rc != 0)
			c->serve_at = monotonic_ms() + TICK_MS;
	}
	if (rc == 0)
		rc = subs_ready(&o->subs, record_read, o);
	if (rc == ROWAN_E_CORRUPT)
		o->damaged = true;
	if (rc != 0)
		o->lost = true;
}

static void transact(struct committer *c, struct batch *b)
{
	struct clock_reading t = clock_read(c->clock);
	struct ops *o = &c->ops;
	bool due = monotonic_ms() >= c->tick_at;
	int rc;

	o->now = t.now / 1000;
	o->sure = t.sure / 1000;
	o->doubtful = t.doubtful;
	o->lost = false;
	rc = store_begin(o->store, o->now);
	if (rc != 0) {
		/* Take them all the same: they are owed an answer. */
		o->lost = true;
		c->tick_at = monotonic_ms() + TICK_MS;
	} else if (o->doubtful) {
		store_doubt(o->store, o->sure);
	}
	atomic_store_explicit(&o->counters->full, !store_room(o->store),
		memory_order_relaxed);
	run_all(c, b);
	if (due && !o->lost)
		restored_step(o);
	if (due && !o->lost)
		run_due(c);
	if (due && o->subs.short_of)
		subs_awake(&o->subs);
	if (!o->lost)
		hand_out(c, b);
	if (o->lost) {
		store_abort(o->store);
		rc = rc != 0 ? rc : ROWAN_E_AGAIN;
	} else {
		rc = commit(c, b);
	}
	if (rc == ROWAN_E_CORRUPT)
		o->damaged = true;
	if (rc == 0)
		settle(c, b);
	else
		fail_all(c, b, rc);
}

/* Give the batch away if there is anything in it. */
static void publish(struct committer *c, struct batch *b)
{
	struct ops_counters *n = c->ops.counters;

	if (b->request_count == 0 && b->push_count == 0 &&
		b->revoked_count == 0 && !b->stopped) {
		c->mine[c->mine_count++] = b;
		return;
	}
	atomic_fetch_add(&n->batches, 1);
	atomic_fetch_add(&n->operations, b->request_count);
	atomic_fetch_add(&n->pushed, b->frame_count);
	/* Never full: there are fewer batches than places. */
	if (ring_put(&c->lanes->batches, b))
		wake_ring(&c->lanes->network);
}

static void turn(struct committer *c)
{
	struct ops *o = &c->ops;
	struct batch *b = c->mine[--c->mine_count];
	bool idle;

	batch_clear(b);
	transact(c, b);
	/* A turn of the clock alone: nobody is waiting for the disk. */
	idle = b->request_count == 0 && !subs_hungry(&o->subs);
	if (o->damaged)
		c->stopping = b->fatal = true;
	b->stopped = c->stopping;
	publish(c, b);
	if (c->stopping)
		return;
	if (store_tidy(o->store, o->now, idle) == ROWAN_E_CORRUPT)
		o->damaged = true;
	atomic_fetch_add(&c->lanes->beats, 1);
}

/* Between two transactions: what every limit was before and after is clear. */
static void take_config(struct committer *c)
{
	struct config *fresh = atomic_exchange(&c->lanes->fresh, NULL);
	struct ops *o = &c->ops;
	struct store_options limits;

	if (fresh == NULL)
		return;
	config_change(&c->config, fresh, NULL);
	free(fresh);
	limits = (struct store_options){
		.mailbox_max = (uint32_t)c->config.mailbox,
		.mailbox_reserve = (uint32_t)c->config.mailbox_urgent,
		.blob_open_time = c->config.blob_open_time / 1000};
	store_limits(o->store, &limits);
	claims_rates(o->claims, c->config.claims_by, c->config.claims_of);
	claims_leaf_rate(o->claims, c->config.rate_messages, c->config.mailbox);
}

/* What was done in the last second is signed too: nothing is left over. */
static void sign_off(struct ops *o)
{
	if (o->head == NULL || o->damaged)
		return;
	if (head_renew(o->head, o->now) != 0 || head_sync(o->head) != 0)
		atomic_fetch_add(&o->counters->unnoted, 1);
}

static void *run(void *cookie)
{
	struct committer *c = cookie;

	while (!c->stopping) {
		rest(c);
		take_config(c);
		turn(c);
	}
	sign_off(&c->ops);
	return NULL;
}

/* Moves what was committed into the file, off the commit's path. */
static void *run_keeper(void *cookie)
{
	struct committer *c = cookie;
	struct store_keeper *k = NULL;
	uint64_t seen = 0;
	unsigned turns = 0;

	if (store_keeper_open(&k, c->ops.store) != 0)
		return NULL;
	while (!atomic_load(&c->keeper_stop)) {
		struct timespec t = {.tv_nsec = KEEPER_MS * 1000000L};
		uint64_t now = atomic_load(&c->commits);

		if (now != seen && store_keeper_run(k) == 0)
			seen = now;
		/* A save that fails leaves the old one and is due again. */
		if (clock_save_due(c->clock) && clock_save(c->clock) != 0)
			continue;
		if (c->ops.head != NULL && turns++ % SYNC_TURNS == 0 &&
			head_sync(c->ops.head) != 0)
			continue;
		nanosleep(&t, NULL);
	}
	store_keeper_close(k);
	return NULL;
}

static void committer_free(struct committer *c)
{
	for (size_t i = 0; i < BATCHES; i++)
		batch_free(c->all[i]);
	subs_wipe(&c->ops.subs);
	gates_wipe(&c->ops.gates);
	returning_wipe(&c->ops.returning);
	refusals_wipe(&c->ops.refusals);
	store_batch_free(c->ops.fetched);
	claims_free(c->ops.claims);
	free(c->ops.revoked);
	free(c);
}

static uint32_t push_bytes(const struct config *config)
{
	uint64_t half = config->message_bytes / 2;

	return half < SERVE_BUDGET ? (uint32_t)half : SERVE_BUDGET;
}

int committer_start(
	struct committer **ret, const struct committer_options *options)
{
	const struct config *config = options->config;
	struct committer *c = calloc(1, sizeof *c);
	int rc = 0;

	*ret = NULL;
	if (c == NULL)
		return ROWAN_E_NOMEM;
	c->lanes = options->lanes;
	c->clock = options->clock;
	c->most = config->batch_operations < BATCH_MAX
			  ? (size_t)config->batch_operations
			  : BATCH_MAX;
	c->ops.store = options->store;
	c->ops.view = store_view(options->store);
	c->ops.head = options->head;
	c->config = *config;
	c->ops.config = &c->config;
	c->ops.counters = options->counters;
	atomic_store(&options->counters->unburied, options->unburied);
	c->ops.next = options->next;
	subs_init(&c->ops.subs, push_bytes(config), (uint32_t)config->credit);
	gates_init(&c->ops.gates);
	refusals_init(&c->ops.refusals);
	rc = returning_load(&c->ops.returning, c->ops.view);
	if (rc == 0)
		rc = store_batch_new(&c->ops.fetched);
	if (rc == 0)
		rc = claims_new(
			config->claims_by, config->claims_of, &c->ops.claims);
	if (rc == 0)
		claims_leaf_rate(
			c->ops.claims, config->rate_messages, config->mailbox);
	for (size_t i = 0; rc == 0 && i < BATCHES; i++) {
		rc = batch_new(&c->all[i], c->most);
		if (rc == 0)
			c->mine[c->mine_count++] = c->all[i];
	}
	if (rc == 0 && pthread_create(&c->thread, NULL, run, c) != 0)
		rc = ROWAN_E_INTERNAL;
	if (rc != 0) {
		committer_free(c);
		return rc;
	}
	/* Without a keeper the writer does its work in store_tidy. */
	if (pthread_create(&c->keeper, NULL, run_keeper, c) != 0)
		atomic_store(&c->keeper_stop, true);
	*ret = c;
	return 0;
}

void committer_join(struct committer *c)
{
	if (c == NULL)
		return;
	pthread_join(c->thread, NULL);
	if (!atomic_exchange(&c->keeper_stop, true))
		pthread_join(c->keeper, NULL);
	committer_free(c);
}
