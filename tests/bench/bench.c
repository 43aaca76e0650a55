/*
 * make bench: a real rowand under load, and the floor beside it.
 *
 *	bench [--phases "floor store log matrix submit low idle million"]
 *	      [--pubs "16 64 256"] [--secs 4] [--warm 1] [--million 1000000]
 *	      [--idle 2000] [--dealer]
 *
 * One line a measurement, key=value. Starts its own daemon in its own folder
 * under $TMPDIR: choose the disk to measure. Trusts the machine to be quiet.
 */
#include "bench/bench.h"

#include <getopt.h>
#include <libgen.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/floor.h"
#include "bench/log_run.h"
#include "bench/meter.h"
#include "bench/store_run.h"
#include "bench/sync_count.h"
#include "lib/rowand_proc.h"

#define ROUNDS	  5
#define SUBMITTED 60000 /* messages of the phase that only submits */

struct plan {
	const char *phases;
	const char *pubs;
	long million;
	int idle;
	struct rowand_proc daemon;
};

/* The daemon that is measured from now on. */
static void use(struct plan *p)
{
	char path[ROWAND_PATH_MAX];

	O.spid = p->daemon.pid;
	O.port = p->daemon.port;
	O.dir = p->daemon.dir;
	snprintf(path, sizeof path, "%s/syncs", p->daemon.dir);
	if (p->daemon.preload[0] != 0 && sync_count_open(path) != 0)
		b_die("cannot count syncs in %s", path);
}

static void start(struct plan *p, const struct seed_clinic *clinic)
{
	char path[ROWAND_PATH_MAX], self[ROWAND_PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (n <= 0 || rowand_init(&p->daemon, NULL))
		b_die("no rowand beside this program");
	self[n] = 0;
	snprintf(p->daemon.preload, sizeof p->daemon.preload,
		"%.3000s/sync_preload.so", dirname(self));
	snprintf(path, sizeof path, "%s/syncs", p->daemon.dir);
	if (access(p->daemon.preload, R_OK) || sync_count_open(path))
		p->daemon.preload[0] = 0;
	else
		setenv(SYNC_COUNT_ENV, path, 1);
	rowand_set(&p->daemon, ROWAND_NO_LIMITS);
	if (rowand_seed(&p->daemon, clinic) || rowand_start(&p->daemon))
		b_die("rowand does not start, see %s/log", p->daemon.dir);
	use(p);
}

static void print_run(const char *mode, const struct run *r)
{
	printf("mode=%s publishers=%d msgs_per_s=%.0f ack_p50_us=%.0f "
	       "ack_p99_us=%.0f e2e_p50_us=%.0f e2e_p99_us=%.0f "
	       "server_cpu_s_per_1k=%.4f rss_kib=%ld syncs_per_msg=%.3f "
	       "client_cpu_s_per_1k=%.4f disk_write_b_per_msg=%.0f sent=%ld "
	       "acked=%ld delivered=%ld consumed=%ld\n",
		mode, O.npub, r->msgs_per_s, r->ack_p50_us, r->ack_p99_us,
		r->e2e_p50_us, r->e2e_p99_us, r->server_cpu_s_per_1k,
		r->rss_kib, r->syncs_per_msg, r->client_cpu_s_per_1k,
		r->disk_b_per_msg, r->sent, r->acked, r->delivered,
		r->consumed);
	if (r->sent != r->consumed || r->sent != r->delivered)
		b_die("not everything arrived, or something twice");
}

/* What the last child measured. */
static double *rate;

static void measure(const char *mode)
{
	struct run r;

	gen_open();
	gen_run(&r);
	print_run(mode, &r);
	*rate = r.msgs_per_s;
}

/* Each measurement has a process, and so connections, of its own. */
static void in_child(void (*work)(struct plan *, int), struct plan *p, int arg)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		work(p, arg);
		fflush(stdout);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
		rowand_end(&p->daemon);
		b_die("measurement failed");
	}
}

static void do_floor(struct plan *p, int clients)
{
	printf("floor=sqlite batch=%d rows_per_s=%.0f\n", clients,
		floor_sqlite(O.dir, O.size, clients, O.secs / 2));
	printf("floor=curve clients=%d round_trips_per_s=%.0f\n", clients,
		floor_curve(clients, O.size, O.secs / 2));
}

static void do_store(struct plan *p, int batch)
{
	struct store_run r;

	store_run(O.dir, O.size, batch, O.secs / 2, &r);
	printf("store batch=%d msgs_per_s=%.0f cpu_s_per_1k=%.4f "
	       "commit_p50_us=%.0f commit_p99_us=%.0f "
	       "disk_write_b_per_msg=%.0f\n",
		batch, r.msgs_per_s, r.cpu_s_per_1k, r.commit_p50_us,
		r.commit_p99_us, r.disk_b_per_msg);
}

static void do_log(struct plan *p, int unused)
{
	struct log_run r;

	log_run(O.dir, p->million, &r);
	printf("log leaves=%ld appends_per_s_at_1000=%.0f appends_per_s=%.0f "
	       "percent=%.1f cpu_us_at_1000=%.2f cpu_us=%.2f cpu_percent=%.1f "
	       "proof_mean_us=%.0f proof_max_us=%.0f open_us=%.0f "
	       "verify_s=%.2f verify_kib=%ld\n",
		p->million, r.short_per_s, r.long_per_s,
		100 * r.long_per_s / r.short_per_s, r.short_cpu_us,
		r.long_cpu_us, 100 * r.short_cpu_us / r.long_cpu_us,
		r.proof_mean_us, r.proof_max_us, r.open_us, r.verify_s,
		r.verify_kib);
}

static void do_matrix(struct plan *p, int pubs)
{
	O.npub = pubs;
	measure("full");
}

static void do_low(struct plan *p, int pubs)
{
	O.npub = pubs;
	O.rate = 200;
	measure("low");
}

/* Submitted to mailboxes of which nobody fetches anything. */
static void store_away(const char *mode, long n)
{
	int boxes = O.nbox;
	double before;

	O.noff = boxes;
	O.preload = n;
	O.secs = 600;
	O.nbox = 0;
	gen_open();
	O.nbox = boxes;
	before = meter_cpu_s(O.spid);
	gen_preload(rate);
	printf("mode=%s publishers=%d stored=%ld msgs_per_s=%.0f "
	       "server_cpu_s_per_1k=%.4f rss_kib=%ld\n",
		mode, O.npub, n, *rate,
		1000 * (meter_cpu_s(O.spid) - before) / (double)n,
		meter_rss_kib(O.spid));
}

static void do_submit(struct plan *p, int pubs)
{
	O.npub = pubs;
	store_away("submit", SUBMITTED);
}

static void do_preload(struct plan *p, int pubs)
{
	O.npub = pubs;
	O.window = 16;
	store_away("preload", p->million);
}

static void do_waiting(struct plan *p, int pubs)
{
	O.npub = pubs;
	measure("waiting");
}

/*
 * What was written before is on the disk, and the daemon has nothing left to
 * do: half a second in which it uses next to no processor time, if it ever
 * comes.
 */
static void settle(void)
{
	static const struct timespec moment = {.tv_nsec = 500000000};
	double before, after = meter_cpu_s(O.spid);
	int tries = 60;

	do {
		sync();
		before = after;
		nanosleep(&moment, NULL);
		after = meter_cpu_s(O.spid);
	} while (after - before > 0.02 && --tries > 0);
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void do_idle(struct plan *p, int n)
{
	printf("mode=idle connections=%d rss_kib_per_1k=%.0f\n", n,
		gen_idle(n));
}

/* Messages a second. */
static double served(struct plan *p, void (*work)(struct plan *, int))
{
	use(p);
	settle();
	in_child(work, p, 64);
	return *rate;
}

/*
 * A daemon with so many waiting and one without serve in turns: a machine that
 * is slower for a while is so for both.
 */
static void million(struct plan *p, const struct seed_clinic *clinic)
{
	struct plan empty = {0};
	double lost[ROUNDS];

	in_child(do_preload, p, 16);
	start(&empty, clinic);
	for (int i = 0; i < ROUNDS; i++) {
		double with, without;

		/* Neither is always the first. */
		with = i % 2 == 0 ? 0 : served(p, do_waiting);
		without = served(&empty, do_matrix);
		if (i % 2 == 0)
			with = served(p, do_waiting);
		lost[i] = 100 * (1 - with / without);
	}
	qsort(lost, ROUNDS, sizeof *lost, by_size);
	printf("million waiting=%ld rounds=%d lost_percent=%.1f least=%.1f "
	       "most=%.1f\n",
		p->million, ROUNDS, lost[ROUNDS / 2], lost[0],
		lost[ROUNDS - 1]);
	rowand_kill(&empty.daemon, SIGTERM);
	rowand_end(&empty.daemon);
}

/* Run ${work} for every number in ${list}. */
static void for_each(
	struct plan *p, const char *list, void (*work)(struct plan *, int))
{
	for (char *end; *list; list = end) {
		long n = strtol(list, &end, 10);

		if (end == list)
			return;
		if (n > 0)
			in_child(work, p, (int)n);
	}
}

static int largest(const char *list)
{
	long max = 64;

	for (char *end; *list; list = end) {
		long n = strtol(list, &end, 10);

		if (end == list)
			break;
		max = n > max ? n : max;
	}
	return (int)max;
}

static void run(struct plan *p)
{
	struct seed_clinic clinic = {.senders = (uint32_t)largest(p->pubs),
		.mailboxes = 2 * (uint32_t)O.nbox,
		.idle = (uint32_t)p->idle};

	O.dir = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
	if (strstr(p->phases, "floor"))
		for_each(p, p->pubs, do_floor);
	if (strstr(p->phases, "store"))
		for_each(p, p->pubs, do_store);
	if (strstr(p->phases, "log"))
		in_child(do_log, p, 0);
	if (!strstr(p->phases, "matrix") && !strstr(p->phases, "submit") &&
		!strstr(p->phases, "low") && !strstr(p->phases, "idle") &&
		!strstr(p->phases, "million"))
		return;
	start(p, &clinic);
	if (strstr(p->phases, "matrix"))
		for_each(p, p->pubs, do_matrix);
	if (strstr(p->phases, "submit"))
		for_each(p, p->pubs, do_submit);
	if (strstr(p->phases, "low"))
		in_child(do_low, p, 1);
	if (strstr(p->phases, "idle") && p->idle > 0)
		in_child(do_idle, p, p->idle);
	if (strstr(p->phases, "million"))
		million(p, &clinic);
	rowand_kill(&p->daemon, SIGTERM);
	rowand_end(&p->daemon);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"phases", required_argument, NULL, 'p'},
		{"pubs", required_argument, NULL, 'n'},
		{"secs", required_argument, NULL, 's'},
		{"warm", required_argument, NULL, 'w'},
		{"million", required_argument, NULL, 'm'},
		{"idle", required_argument, NULL, 'i'},
		{"dealer", no_argument, NULL, 'd'}, {NULL, 0, NULL, 0}};
	struct plan p = {
		.phases = "floor store log matrix submit low idle million",
		.pubs = "16 64 256",
		.million = 1000000,
		.idle = 2000};
	struct rlimit files;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 'p': p.phases = optarg; break;
		case 'n': p.pubs = optarg; break;
		case 's': O.secs = strtod(optarg, NULL); break;
		case 'w': O.warm = strtod(optarg, NULL); break;
		case 'm': p.million = strtol(optarg, NULL, 10); break;
		case 'i': p.idle = atoi(optarg); break;
		case 'd': O.extra = "dealer"; break;
		default: return 64;
		}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (sodium_init() < 0)
		b_die("libsodium");
	rate = mmap(NULL, sizeof *rate, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (rate == MAP_FAILED)
		b_die("memory");
	run(&p);
	return 0;
}
