/*
 * make abuser: an honest pair goes on while somebody abuses the sockets.
 *
 *	abuser [SECONDS] [CROWD]
 *
 * Prints the pair's quantiles in quiet and under each abuse, how often an
 * honest newcomer had to try before it was greeted, and the daemon's resident
 * memory during the abuse and once it is over. After rounds of a second or more
 * those come again that cost most memory.
 *
 * Fails when the daemon ends, refuses or loses something of the honest, takes
 * no new honest connection during the abuse or afterwards, or keeps more memory
 * after each repetition. Never fails for being slow. The daemon has fewer
 * places for connections than the crowd wants.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/meter.h"
#include "campaign/abuses.h"
#include "lib/relay_client.h"
#include "lib/rowand_proc.h"

#define BEAT_NS	  5000000 /* the pair's messages: 200 a second */
#define TRIES_MAX 200	  /* of a newcomer */
#define OVER_US	  1000000 /* to forget those who have gone */
/*
 * The daemon keeps a place for every request that may wait and the pages the
 * store has read; both grow to what the settings allow, in the first rounds.
 */
#define ROUNDS_MAX 8
#define GROWTH_KIB 1024

struct pair {
	struct relay_client *writer, *reader;
	uint64_t counter;
	struct hist answer, delivery;
};

static struct rowand_proc daemon_;

static void fail(const char *what, int r)
{
	fprintf(stderr, "abuser: %s: %s; see %s/log\n", what, rowan_strerror(r),
		daemon_.dir);
	if (daemon_.pid > 0)
		kill(daemon_.pid, SIGKILL);
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static struct relay_client *honest(enum seed_role role)
{
	struct relay_client *c = NULL;
	struct seed_device d;
	int r;

	seed_device(role, 0, &d);
	r = relay_open(&c, &(struct relay_options){.kind = RELAY_LINK_RAW,
				   .port = daemon_.port,
				   .device = &d});
	if (r)
		fail("an honest client cannot connect", r);
	return c;
}

static void pair_open(struct pair *p)
{
	struct wire_hello_answer h;
	int r;

	p->writer = honest(SEED_SENDER);
	p->reader = honest(SEED_MAILBOX);
	r = relay_hello(p->writer, &h);
	if (r == 0)
		r = relay_hello(p->reader, NULL);
	if (r == 0)
		r = relay_subscribe(p->reader, 0, 16, NULL);
	if (r)
		fail("an honest client is not greeted", r);
	p->counter = h.counter;
}

static void pair_close(struct pair *p)
{
	relay_close(p->writer);
	relay_close(p->reader);
}

/* Look at one client; returns true when what it waited for has come. */
static bool look(struct relay_client *c, uint64_t id, uint64_t *ret_sequence)
{
	static struct wire_push push;
	static struct wire_submit_answer answer;
	struct wire_message m;
	int r = relay_next(c, 0, &m);

	if (r == ROWAN_E_AGAIN)
		return false;
	if (r)
		fail("an honest connection", r);
	if (m.header.op == WIRE_OP_PUSH && ret_sequence) {
		r = wire_push_decode(&m, &push);
		if (r || push.count != 1)
			fail("push", r);
		*ret_sequence = push.items[0].sequence;
		return true;
	}
	if (m.header.op == WIRE_OP_ERROR)
		fail("an honest request was refused", ROWAN_E_REFUSED);
	if (m.header.op != (WIRE_OP_SUBMIT | WIRE_ANSWER) || m.header.id != id)
		return false;
	r = wire_submit_answer_decode(&m, &answer);
	if (r || answer.results[0].code)
		fail("an honest envelope was refused",
			wire_code_error(answer.results[0].code));
	return true;
}

/* One envelope: submitted, answered, delivered, acknowledged. */
static void pair_beat(struct pair *p)
{
	static uint8_t body[1024];
	static struct wire_submit s = {.count = 1};
	struct wire_ack ack = {.count = 1, .credit = 1};
	struct pollfd fd[2] = {
		{relay_link_fd(relay_link(p->writer)), POLLIN, 0},
		{relay_link_fd(relay_link(p->reader)), POLLIN, 0}};
	uint64_t id = 0, sequence = 0, start = now_ns();
	bool answered = false, delivered = false;
	int r;

	s.items[0] = (struct wire_submit_item){.channel = seed_channel(0, 0),
		.counter = ++p->counter,
		.envelope = bytes_of(body, sizeof body)};
	r = relay_submit_send(p->writer, &s, &id);
	if (r)
		fail("an honest connection", r);
	while (!answered || !delivered) {
		if (now_ns() - start > 30000000000u)
			fail("an honest envelope took over 30 s",
				ROWAN_E_AGAIN);
		poll(fd, 2, 10);
		if (!answered && look(p->writer, id, NULL)) {
			answered = true;
			hist_add(&p->answer, now_ns() - start);
		}
		if (!delivered && look(p->reader, 0, &sequence)) {
			delivered = true;
			hist_add(&p->delivery, now_ns() - start);
		}
	}
	ack.ranges[0] = (struct wire_range){sequence, sequence};
	r = relay_ack_send(p->reader, &ack, NULL);
	if (r)
		fail("an honest connection", r);
}

static void pair_run(struct pair *p, double secs)
{
	uint64_t start = now_ns(), next = start;

	memset(&p->answer, 0, sizeof p->answer);
	memset(&p->delivery, 0, sizeof p->delivery);
	while ((double)(now_ns() - start) < secs * 1e9) {
		uint64_t t;

		pair_beat(p);
		next += BEAT_NS;
		t = now_ns();
		if (next > t)
			usleep((useconds_t)((next - t) / 1000));
		else
			next = t;
	}
}

/* Somebody new comes while the abuse goes on; returns the tries it took. */
static int newcomer(void)
{
	struct seed_device d;

	seed_device(SEED_MAILBOX, ABUSER_DEVICES - 1, &d);
	for (int tries = 1; tries <= TRIES_MAX; tries++) {
		struct relay_client *c = NULL;
		int r = relay_open(
			&c, &(struct relay_options){.kind = RELAY_LINK_RAW,
				    .port = daemon_.port,
				    .device = &d});

		if (r == 0)
			r = relay_hello(c, NULL);
		relay_close(c);
		if (r == 0)
			return tries;
		usleep(100000);
	}
	fail("an honest newcomer is kept out", ROWAN_E_AGAIN);
	return 0;
}

static void print(
	const char *name, const struct pair *p, int tries, long rss_kib)
{
	printf("abuse=\"%s\" honest=%llu answer_p50_us=%.0f answer_p99_us=%.0f "
	       "delivery_p50_us=%.0f delivery_p99_us=%.0f newcomer_tries=%d "
	       "rss_kib=%ld after_kib=%ld\n",
		name, (unsigned long long)p->answer.n,
		hist_quantile_us(&p->answer, .5),
		hist_quantile_us(&p->answer, .99),
		hist_quantile_us(&p->delivery, .5),
		hist_quantile_us(&p->delivery, .99), tries, rss_kib,
		meter_rss_kib(daemon_.pid));
}

static void under(const struct abuse *a, const struct target *t, double secs)
{
	static struct pair p;
	long rss_kib;
	pid_t pid;
	int tries;

	pair_open(&p);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		a->run(t);
		_exit(0);
	}
	pair_run(&p, secs);
	tries = newcomer();
	rss_kib = meter_rss_kib(daemon_.pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	usleep(OVER_US);
	print(a->name, &p, tries, rss_kib);
	pair_close(&p);
	/* A new honest pair finds the door open. */
	pair_open(&p);
	pair_beat(&p);
	pair_close(&p);
	if (waitpid(daemon_.pid, NULL, WNOHANG) != 0) {
		daemon_.pid = 0;
		fail(a->name, ROWAN_E_INTERNAL);
	}
}

/* Those that cost most, until a round leaves no more than the one before. */
static void again(const struct target *t, double secs)
{
	long before = meter_rss_kib(daemon_.pid);

	for (int round = 1; round <= ROUNDS_MAX; round++) {
		long after;

		for (int i = 0; abuse_at(i) != NULL; i++)
			if (abuse_at(i)->costly)
				under(abuse_at(i), t, secs);
		after = meter_rss_kib(daemon_.pid);
		printf("round=%d kept_kib=%ld more_kib=%ld\n", round, after,
			after - before);
		if (after - before <= GROWTH_KIB)
			return;
		before = after;
	}
	fail("each abuse leaves more memory behind", ROWAN_E_NOMEM);
}

int main(int argc, char **argv)
{
	double secs = argc > 1 ? strtod(argv[1], NULL) : 5;
	struct target t = {.crowd = argc > 2 ? atoi(argv[2]) : 4000};
	struct seed_clinic clinic = {
		.senders = ABUSER_DEVICES, .mailboxes = ABUSER_DEVICES};
	static struct pair quiet;
	struct rlimit files;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (rowand_init(&daemon_, NULL) || rowand_seed(&daemon_, &clinic))
		fail("no store", ROWAN_E_IO);
	/* The honest pair's pace is above what one person's device needs. */
	rowand_set(&daemon_, "rate_messages = 60000;\nrate_requests = 60000;\n"
			     "connections = 256;\n");
	if (rowand_start(&daemon_))
		fail("the daemon does not start", ROWAN_E_IO);
	t.port = daemon_.port;
	pair_open(&quiet);
	pair_run(&quiet, secs);
	print("quiet", &quiet, newcomer(), meter_rss_kib(daemon_.pid));
	pair_close(&quiet);
	for (int i = 0; abuse_at(i) != NULL; i++)
		under(abuse_at(i), &t, secs);
	if (secs >= 1)
		again(&t, secs);
	if (rowand_kill(&daemon_, SIGTERM))
		fail("the daemon did not end well", ROWAN_E_INTERNAL);
	rowand_end(&daemon_);
	return 0;
}
