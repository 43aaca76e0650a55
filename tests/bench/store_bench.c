/*
 * What the store alone costs: envelopes submitted in batches, and the batch
 * before acknowledged in the same transaction, as the relay does under load.
 *
 *     store_bench [--dir D] [--count N] [--batch N] [--size N]
 *                 [--preload N] [--mark] [--no-ack] [--users N]
 *
 * Prints one line: rate, CPU of the writer's thread and of all, bytes handed
 * to the kernel, syncs are one a batch. --preload puts envelopes into 64
 * other mailboxes first. For one machine's figures, never a test.
 */
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "store/store.h"

static struct {
	const char *dir;
	unsigned count, batch, size, preload, users;
	int mark, no_ack;
} opt = {
	.dir = "/tmp", .count = 200000, .batch = 64, .size = 1024, .users = 64};

static struct store *st;
static uint64_t counters[65536];
static _Atomic bool stop;

static void must(int r, const char *what)
{
	if (r == 0)
		return;
	fprintf(stderr, "store_bench: %s: %s\n", what, rowan_strerror(r));
	exit(1);
}

static struct id16 id(char kind, uint32_t a, uint32_t b)
{
	struct id16 ret = {{0}};

	ret.b[0] = (uint8_t)kind;
	memcpy(ret.b + 4, &a, 4);
	memcpy(ret.b + 8, &b, 4);
	return ret;
}

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Bytes handed to write calls so far. */
static double written(void)
{
	unsigned long long n = 0;
	char line[128];
	FILE *f = fopen("/proc/self/io", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "wchar: %llu", &n) == 1)
			break;
	if (f != NULL)
		fclose(f);
	return (double)n;
}

static void *keep(void *arg)
{
	struct store_keeper *kp = arg;

	while (!stop) {
		must(store_keeper_run(kp), "keeper");
		usleep(100000);
	}
	return NULL;
}

static void person(char kind, uint32_t n)
{
	struct store_device d = {
		.id = id(kind, n, 0), .member = id('m', n, (uint32_t)kind)};

	memcpy(d.transport.b, d.id.b, ID16_LEN);
	must(store_device_put(st, &d, bytes_of(NULL, 0)), "device");
}

static void channel(uint32_t from, uint32_t to)
{
	struct store_channel c = {
		.id = id('c', from, to), .case_id = id('s', 0, 0)};
	struct store_assignment a = {.member = id('m', from, 'u')};
	struct store_assignment b = {.member = id('m', to, 'b')};

	must(store_channel_put(st, &c), "channel");
	must(store_assign(st, &c.id, &a), "assign");
	must(store_assign(st, &c.id, &b), "assign");
}

/* Users 0..users-1 each share a channel with each of 128 mailboxes. */
static void seed(void)
{
	must(store_begin(st, 1), "begin");
	must(store_case_put(st, &(struct store_case){.id = id('s', 0, 0)}),
		"case");
	for (uint32_t i = 0; i < opt.users; i++)
		person('u', i);
	for (uint32_t i = 0; i < 128; i++)
		person('b', i);
	for (uint32_t i = 0; i < opt.users; i++)
		for (uint32_t k = 0; k < 128; k++)
			channel(i, k);
	must(store_commit(st), "commit");
}

static void submit(uint32_t user, uint32_t box, const uint8_t *body,
	struct store_delivery *ret)
{
	struct store_envelope e = {.channel = id('c', user, box),
		.counter = ++counters[user],
		.kind = 1,
		.expires = 5000000,
		.body = bytes_of(body, opt.size)};
	struct id16 from = id('u', user, 0);
	struct store_submitted done;

	if (opt.mark)
		must(store_mark(st), "mark");
	must(store_channel_access(st, &e.channel, &from), "access");
	must(store_submit(st, &from, &e, &done), "submit");
	if (opt.mark)
		must(store_keep(st), "keep");
	*ret = done.deliveries[0];
}

static void run(unsigned count, uint32_t first_box, bool ack)
{
	struct store_delivery *now = calloc(opt.batch, sizeof(*now));
	struct store_delivery *before = calloc(opt.batch, sizeof(*now)), *t;
	uint8_t *body = malloc(opt.size);
	unsigned len = 0;

	for (unsigned n = 0; n < count; n += opt.batch) {
		must(store_begin(st, 1000000 + n / 10000), "begin");
		for (unsigned i = 0; i < len && ack; i++)
			must(store_acknowledge(st, &before[i].device,
				     &(struct store_range){
					     before[i].seq, before[i].seq},
				     1, NULL),
				"acknowledge");
		randombytes_buf(body, 16);
		for (unsigned i = 0; i < opt.batch; i++)
			submit((n + i) % opt.users,
				first_box + randombytes_uniform(64), body,
				&now[i]);
		must(store_commit(st), "commit");
		must(store_tidy(st, 1000000 + n / 10000, false), "tidy");
		t = now, now = before, before = t;
		len = opt.batch;
	}
	free(now);
	free(before);
	free(body);
}

static void options(int argc, char **argv)
{
	static const struct option o[] = {{"dir", 1, 0, 'd'},
		{"count", 1, 0, 'c'}, {"batch", 1, 0, 'b'}, {"size", 1, 0, 's'},
		{"preload", 1, 0, 'p'}, {"users", 1, 0, 'u'},
		{"mark", 0, 0, 'm'}, {"no-ack", 0, 0, 'n'}, {0}};
	int c;

	while ((c = getopt_long(argc, argv, "", o, NULL)) != -1) {
		unsigned n = optarg ? (unsigned)atoi(optarg) : 0;

		switch (c) {
		case 'd': opt.dir = optarg; break;
		case 'c': opt.count = n; break;
		case 'b': opt.batch = n; break;
		case 's': opt.size = n; break;
		case 'p': opt.preload = n; break;
		case 'u': opt.users = n; break;
		case 'm': opt.mark = 1; break;
		case 'n': opt.no_ack = 1; break;
		default: exit(2);
		}
	}
}

static void measure(void)
{
	struct rusage a, b;
	double wall, mine, bytes, all;

	getrusage(RUSAGE_SELF, &a);
	bytes = written();
	wall = seconds(CLOCK_MONOTONIC);
	mine = seconds(CLOCK_THREAD_CPUTIME_ID);
	all = seconds(CLOCK_PROCESS_CPUTIME_ID);
	run(opt.count, 0, !opt.no_ack);
	wall = seconds(CLOCK_MONOTONIC) - wall;
	mine = seconds(CLOCK_THREAD_CPUTIME_ID) - mine;
	all = seconds(CLOCK_PROCESS_CPUTIME_ID) - all;
	bytes = written() - bytes;
	getrusage(RUSAGE_SELF, &b);
	printf("messages=%u batch=%u size=%u waiting=%u msgs_per_s=%.0f "
	       "writer_cpu_us=%.2f all_cpu_us=%.2f written_b=%.0f "
	       "rss_kib=%ld\n",
		opt.count, opt.batch, opt.size, opt.preload, opt.count / wall,
		mine / opt.count * 1e6, all / opt.count * 1e6,
		bytes / opt.count, b.ru_maxrss);
}

int main(int argc, char **argv)
{
	char dir[256], path[300], command[600];
	struct key32 key = {{1}};
	struct store_options o = {.path = path,
		.key = &key,
		.mailbox_max = UINT32_MAX,
		.skip_check = true};
	struct store_keeper *kp;
	pthread_t thread;

	options(argc, argv);
	if (sodium_init() < 0)
		return 1;
	snprintf(dir, sizeof(dir), "%s/store-bench-XXXXXX", opt.dir);
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/store.db", dir);
	must(store_open(&st, &o), "open");
	seed();
	must(store_keeper_open(&kp, st), "keeper");
	pthread_create(&thread, NULL, keep, kp);
	if (opt.preload > 0)
		run(opt.preload, 64, false);
	run(opt.count / 10, 0, true); /* warm */
	measure();
	stop = true;
	pthread_join(thread, NULL);
	store_keeper_close(kp);
	store_close(st);
	snprintf(command, sizeof(command), "rm -r '%s'", dir);
	return system(command) == 0 ? 0 : 1;
}
