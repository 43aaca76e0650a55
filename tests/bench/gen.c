/*
 * The generator: closed-loop publishers, acknowledging consumers, one loop.
 *
 * Trusts its driver to call back once for each answer and each delivery. Never
 * blocks but in epoll_wait, never counts a message twice.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "bench/bench.h"
#include "bench/meter.h"
#include "bench/sync_count.h"

struct opt O = {.host = "127.0.0.1",
	.extra = "",
	.npub = 64,
	.nbox = 64,
	.size = 1024,
	.secs = 4,
	.warm = 1,
	.window = 1};

static struct {
	uint64_t sent_at[65536];
	int busy[65536];
	char *body;
	uint64_t from, to; /* the measured window */
	long sent, acked, delivered, consumed;
	struct hist ack, e2e;
	bool running, preloading;
} G;

static int ep = -1;
static uint64_t state = 88172645463325252u;

uint64_t b_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void b_die(const char *fmt, ...)
{
	va_list a;

	va_start(a, fmt);
	fprintf(stderr, "bench: ");
	vfprintf(stderr, fmt, a);
	fputc('\n', stderr);
	va_end(a);
	exit(1);
}

void b_watch(struct ev *e, unsigned mask)
{
	struct epoll_event x = {.events = mask, .data.ptr = e};

	if (ep < 0)
		ep = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_ctl(ep, EPOLL_CTL_MOD, e->fd, &x) &&
		epoll_ctl(ep, EPOLL_CTL_ADD, e->fd, &x))
		b_die("epoll: %s", strerror(errno));
	e->mask = mask;
}

void b_poll(int timeout_ms)
{
	struct epoll_event x[512];
	int n;

	drv_tick();
	if (ep < 0)
		ep = epoll_create1(EPOLL_CLOEXEC);
	n = epoll_wait(ep, x, 512, timeout_ms);
	for (int i = 0; i < n; i++) {
		struct ev *e = x[i].data.ptr;

		e->cb(e->arg, x[i].events);
	}
}

static uint64_t rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void fire(int pub)
{
	uint64_t t = b_now();
	int box = (int)(rnd() % (uint64_t)O.nbox);

	if (G.preloading) {
		if (G.sent >= O.preload)
			return;
		box = O.nbox + (int)(G.sent % O.noff);
	}
	G.sent_at[pub] = t;
	G.busy[pub]++;
	memcpy(G.body, &t, sizeof t);
	memcpy(G.body + 8, &G.sent, sizeof G.sent);
	G.sent++;
	drv_publish(pub, box, G.body, O.size);
}

void b_acked(int pub)
{
	uint64_t t = b_now();

	G.acked++;
	G.busy[pub]--;
	if (t >= G.from && t < G.to)
		hist_add(&G.ack, t - G.sent_at[pub]);
	if (G.preloading || (G.running && O.rate <= 0))
		fire(pub);
}

void b_delivered(int box, const void *body, size_t len)
{
	uint64_t t = b_now(), s;

	G.delivered++;
	if (len != (size_t)O.size)
		b_die("mailbox %d got %zu bytes, not %d", box, len, O.size);
	memcpy(&s, body, sizeof s);
	if (s >= G.from && s < G.to)
		hist_add(&G.e2e, t - s);
}

void b_consumed(int n)
{
	G.consumed += n;
}

void gen_open(void)
{
	G.body = malloc((size_t)O.size + 16);
	for (int i = 0; i < O.size; i++)
		G.body[i] = (char)rnd();
	drv_setup();
	for (int i = 0; i < O.nbox; i++)
		drv_con_open(i);
	for (int i = 0; i < O.npub; i++)
		drv_pub_open(i);
	b_poll(0);
}

/* With a rate: fire what is due; return how long to sleep. */
static int pace(uint64_t *next, int *who)
{
	uint64_t t = b_now();

	for (; *next <= t; *next += (uint64_t)(1e9 / O.rate))
		for (int j = 0; j < O.npub; j++) {
			*who = (*who + 1) % O.npub;
			if (G.busy[*who] == 0) {
				fire(*who);
				break;
			}
		}
	/* The last millisecond is spun: no wake-up delay in the figures. */
	return *next > t + 1200000 ? (int)((*next - t) / 1000000) - 1 : 0;
}

/* What the server and we had used up at one moment. */
struct used {
	double server, client, disk, syncs;
	long consumed;
};

static void take_used(struct used *u)
{
	u->server = meter_cpu_s(O.spid);
	u->client = meter_self_cpu_s();
	u->disk = meter_disk_bytes(O.dir);
	u->syncs = (double)sync_count();
	u->consumed = G.consumed;
}

static void drain(void)
{
	uint64_t quiet = b_now();
	long last = -1;

	while ((G.consumed < G.sent || G.acked < G.sent) &&
		b_now() - quiet < 5000000000u) {
		b_poll(50);
		if (G.consumed + G.acked != last) {
			last = G.consumed + G.acked;
			quiet = b_now();
		}
	}
}

static void report(struct run *ret, const struct used *a, const struct used *b)
{
	double n = (double)(b->consumed - a->consumed);

	n = n > 0 ? n : 1;
	ret->msgs_per_s = (double)(b->consumed - a->consumed) /
			  ((double)(G.to - G.from) / 1e9);
	ret->ack_p50_us = hist_quantile_us(&G.ack, .5);
	ret->ack_p99_us = hist_quantile_us(&G.ack, .99);
	ret->e2e_p50_us = hist_quantile_us(&G.e2e, .5);
	ret->e2e_p99_us = hist_quantile_us(&G.e2e, .99);
	ret->server_cpu_s_per_1k = (b->server - a->server) / n * 1000;
	ret->client_cpu_s_per_1k = (b->client - a->client) / n * 1000;
	ret->disk_b_per_msg = (b->disk - a->disk) / n;
	ret->syncs_per_msg = (b->syncs - a->syncs) / n;
	ret->rss_kib = meter_rss_kib(O.spid);
	ret->sent = G.sent;
	ret->acked = G.acked;
	ret->delivered = G.delivered;
	ret->consumed = G.consumed;
}

void gen_run(struct run *ret)
{
	uint64_t start = b_now(), from = start + (uint64_t)(O.warm * 1e9);
	uint64_t end = from + (uint64_t)(O.secs * 1e9), next = start;
	struct used a = {0}, b = {0};
	int who = 0, wait = 100;

	memset(&G.ack, 0, sizeof G.ack);
	memset(&G.e2e, 0, sizeof G.e2e);
	G.sent = G.acked = G.delivered = G.consumed = 0;
	G.from = G.to = UINT64_MAX;
	G.running = true;
	if (O.rate <= 0)
		for (int i = 0; i < O.npub; i++)
			fire(i);
	for (uint64_t t = start; t < end; t = b_now()) {
		if (G.from == UINT64_MAX && t >= from) {
			take_used(&a);
			G.from = b_now();
		}
		if (O.rate > 0)
			wait = pace(&next, &who);
		b_poll(wait);
	}
	G.running = false;
	G.to = b_now();
	take_used(&b);
	drain();
	report(ret, &a, &b);
}

void gen_preload(double *ret_per_s)
{
	uint64_t t = b_now(), end = t + (uint64_t)(O.secs * 1e9);

	G.sent = G.acked = 0;
	G.preloading = true;
	for (int i = 0; i < O.npub; i++)
		for (int w = 0; w < O.window; w++)
			fire(i);
	while (G.acked < O.preload && b_now() < end)
		b_poll(200);
	G.preloading = false;
	if (G.acked < O.preload)
		b_die("only %ld of %ld were stored in time", G.acked,
			O.preload);
	*ret_per_s = (double)G.acked / ((double)(b_now() - t) / 1e9);
}

double gen_idle(int n)
{
	long before = meter_rss_kib(O.spid);
	uint64_t end;

	for (int i = 0; i < n; i++) {
		drv_idle_open(i);
		if (i % 64 == 0)
			b_poll(0);
	}
	end = b_now() + 1000000000u;
	while (b_now() < end)
		b_poll(50);
	return (double)(meter_rss_kib(O.spid) - before) * 1000 / n;
}
