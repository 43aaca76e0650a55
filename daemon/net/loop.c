/*
 * The network thread's loop: what is there is done in bursts, and only an idle
 * loop sleeps.
 *
 *	monitors, ZAP -> receive -> ring the writer -> batches -> send
 *
 * The writer is rung once for a burst, and only when it sleeps. Ends in two
 * steps: draining (nothing more is received; what was taken is answered), then
 * stopped (the writer's last batch is out).
 */
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <unistd.h>

#include <sodium.h>

#include "clock/clock.h"
#include "net/inner.h"
#include "net/notify.h"
#include "ops/batch.h"

#define BURST	  512 /* messages of one port in one turn */
#define TICK_MS	  100
#define CLOCK_MS  1000
#define TRIM_MS	  10000
#define GONE_MANY 256  /* connections */
#define POLL_US	  1000 /* with something to do, between looks elsewhere */
#define STACK_LEN (64 * 1024)

struct wire_time server_time(struct server *r)
{
	struct clock_reading t = clock_read(r->clock);

	return (struct wire_time){t.now / 1000, t.doubtful};
}

/* Whose connections say nothing yet is known here only: so it is counted. */
static bool may_connect(struct server *r, const struct id16 *id)
{
	const struct bucket_rate *rate = &peers_connect_rate;
	struct device *d;

	if (peers_know(&r->peers, id, r->now, &d) != 0 ||
		bucket_wait(&d->connect, rate, 1, r->now) != 0)
		return false;
	bucket_take(&d->connect, rate, 1);
	return true;
}

static enum zap_known look_up(
	void *cookie, const struct key32 *key, struct id16 *ret)
{
	struct server *r = cookie;
	struct store_device d;
	int rc = store_device_by_key(r->reader, key, &d);

	if (rc == ROWAN_E_NOT_FOUND)
		return ZAP_UNKNOWN;
	if (rc != 0)
		return ZAP_NO_ANSWER;
	*ret = d.id;
	if (!may_connect(r, &d.id))
		return ZAP_NO_ANSWER;
	return d.revoked ? ZAP_REVOKED : ZAP_KNOWN;
}

static void serve_zap(struct server *r)
{
	struct zap_directory dir = {look_up, r};

	zap_serve(r->zap, &dir, r->count.zap);
}

/* Descriptors waited for, by place. Those that do not matter now are -1. */
enum {
	AT_BELL,
	AT_STOP,
	AT_ZAP,
	AT_ROUTER,
	AT_MONITOR = AT_ROUTER + ZAP_PORTS,
	PLACES = AT_MONITOR + ZAP_PORTS
};

/*
 * Everything that came from outside; true when there was anything.
 *
 * A ZeroMQ descriptor tells of a change once, and any call on its socket may
 * take that notice away. So each socket is read until nothing is left, and a
 * ROUTER that was sent to since is looked at whatever its descriptor says.
 */
static bool from_outside(struct server *r, const struct pollfd *p)
{
	size_t n = 0;

	if (p[AT_ZAP].revents != 0)
		serve_zap(r);
	for (int i = 0; i < ZAP_PORTS; i++) {
		bool end;

		if (p[AT_MONITOR + i].revents != 0)
			guard_events(r, (enum zap_port)i);
		if (p[AT_ROUTER + i].revents != 0)
			r->look[i] = true;
		if (!r->look[i] || r->draining)
			continue;
		r->look[i] = false;
		n += receive_some(r, (enum zap_port)i, BURST, &end);
		if (end) {
			guard_ends(r, (enum zap_port)i);
			continue;
		}
		/* For want of turns, or of room. */
		r->look[i] = true;
		r->pressed = true;
	}
	if (n > 0)
		wake_ring(&r->lanes.writer);
	return n > 0;
}

static bool from_writer(struct server *r)
{
	void *b;
	bool any = false;

	while (ring_take(&r->lanes.batches, &b, 1) == 1) {
		send_batch(r, b);
		/* Copies of envelopes go as soon as they have left. */
		batch_clear(b);
		/* There is a place for every batch. */
		if (ring_put(&r->lanes.used, b))
			wake_ring(&r->lanes.writer);
		any = true;
	}
	return any;
}

/*
 * This thread is here; the other one must have moved as well. A writer with
 * nothing to do is rung and shows by the next tick that it moves.
 */
static void feed_watchdog(struct server *r)
{
	uint64_t beats = atomic_load(&r->lanes.beats);

	if (r->watchdog_ms == 0 || r->now < r->watchdog_at)
		return;
	if (beats == r->beats_seen) {
		wake_kick(&r->lanes.writer);
		return;
	}
	(void)notify_send("WATCHDOG=1");
	r->beats_seen = beats;
	r->watchdog_at = r->now + r->watchdog_ms;
}

static void begin_drain(struct server *r)
{
	r->draining = true;
	r->drain_until = r->now + r->config->drain_time;
	r->stop.r.kind = REQUEST_STOP;
	/* The ring has one place more than there are slots. */
	if (ring_put(&r->lanes.requests, &r->stop.r))
		wake_ring(&r->lanes.writer);
}

/*
 * What many connections leave lies in pieces between what others still have.
 * Whole pages of it go back to the kernel, seldom: it holds up everybody for
 * some milliseconds.
 */
static void give_back(struct server *r)
{
	if (r->gone < GONE_MANY || r->now < r->trim_at)
		return;
	r->gone = 0;
	r->trim_at = r->now + TRIM_MS;
#ifdef __GLIBC__
	(void)malloc_trim(0);
#endif
}

static void tick(struct server *r)
{
	r->tick_at = r->now + TICK_MS;
	/* What passed through here does not stay on the stack below. */
	sodium_stackzero(STACK_LEN);
	/* libzmq lets go of what belonged to gone clients when it is called. */
	serve_zap(r);
	for (int i = 0; i < ZAP_PORTS; i++) {
		guard_events(r, (enum zap_port)i);
		r->look[i] = r->socks[i].router != NULL;
	}
	guard_look(r);
	if (r->blocked > 0) {
		send_unsent(r);
		wake_ring(&r->lanes.writer);
	}
	if (r->now >= r->clock_at) {
		r->clock_at = r->now + CLOCK_MS;
		/* A source that fails leaves the time where it was. */
		if (clock_tick(r->clock) != 0)
			r->count.clock_failures++;
	}
	feed_watchdog(r);
	give_back(r);
}

/* Something to do without sleeping. */
static bool busy(struct server *r)
{
	if (!ring_empty(&r->lanes.batches))
		return true;
	/* Without room only the writer can help. */
	for (int i = 0; i < ZAP_PORTS && !r->draining; i++)
		if (r->look[i] && receive_may(r))
			return true;
	return false;
}

static void poll_set(struct server *r, struct pollfd *p)
{
	for (int i = 0; i < PLACES; i++)
		p[i] = (struct pollfd){.fd = -1, .events = POLLIN};
	p[AT_BELL].fd = r->lanes.network.fd;
	p[AT_STOP].fd = r->stop_fd;
	p[AT_ZAP].fd = socket_poll_fd(r->zap);
	for (int i = 0; i < ZAP_PORTS; i++) {
		if (r->socks[i].router == NULL)
			continue;
		r->router_fd[i] = socket_poll_fd(r->socks[i].router);
		p[AT_MONITOR + i].fd = socket_poll_fd(r->socks[i].monitor);
		/* What came before there was anybody to notice. */
		r->look[i] = true;
		p[AT_MONITOR + i].revents = POLLIN;
	}
	p[AT_ZAP].revents = POLLIN;
}

/*
 * What happened meanwhile; sleeps for it when there is nothing to do. While
 * there is, the kernel is asked now and then only.
 */
static void await(struct server *r, struct pollfd *p, bool any)
{
	bool room = !r->draining && receive_may(r);
	int left = r->tick_at > r->now ? (int)(r->tick_at - r->now) : 0;
	uint64_t count;

	for (int i = 0; i < PLACES; i++)
		p[i].revents = 0;
	if (any && r->now_us < r->poll_at && busy(r))
		return;
	r->poll_at = r->now_us + POLL_US;
	/* What would not be read must not keep us awake. */
	for (int i = 0; i < ZAP_PORTS; i++)
		p[AT_ROUTER + i].fd = room && r->socks[i].router != NULL
					      ? r->router_fd[i]
					      : -1;
	if (r->draining)
		p[AT_STOP].fd = -1;
	wake_doze(&r->lanes.network);
	(void)poll(p, PLACES, busy(r) ? 0 : left);
	wake_rise(&r->lanes.network, p[AT_BELL].revents != 0);
	/* What was asked is looked at before the next sleep. */
	if (p[AT_STOP].revents != 0 &&
		read(r->stop_fd, &count, sizeof count) < 0)
		return;
}

int server_run(struct server *r)
{
	struct pollfd p[PLACES];

	poll_set(r, p);
	while (!r->stopped) {
		bool any;

		r->now_us = meter_now();
		r->now = r->now_us / 1000;
		any = from_outside(r, p);
		any = from_writer(r) || any;
		jobs_hand_over(r);
		if (r->now >= r->tick_at)
			tick(r);
		if (atomic_exchange(&r->call_asked, 0) != 0 && r->called)
			r->called(r->cookie);
		if (!r->draining && atomic_load(&r->stop_asked))
			begin_drain(r);
		/*
		 * A writer that hangs does not keep us for ever; but a job it
		 * works on is not taken from under its hands.
		 */
		if (r->draining && r->now >= r->drain_until && !jobs_given(r))
			break;
		await(r, p, any);
	}
	jobs_refuse_all(r);
	return r->damaged ? ROWAN_E_CORRUPT : 0;
}

/* From a signal handler too. */
static void ring_bell(struct server *r)
{
	uint64_t one = 1;
	int saved = errno;

	/* Never full. */
	if (write(r->stop_fd, &one, sizeof one) < 0)
		errno = saved;
	errno = saved;
}

void server_stop(struct server *r)
{
	atomic_store(&r->stop_asked, 1);
	ring_bell(r);
}

void server_call(struct server *r)
{
	atomic_store(&r->call_asked, 1);
	ring_bell(r);
}
