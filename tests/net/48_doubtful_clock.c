/*
 * While the clock is in doubt nothing expires, however long that takes; when
 * the doubt is over it does. What is over goes at the next full hour, so the
 * daemon begins a few seconds before one.
 */
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "net/kit.h"

#define HOUR 3600
#define DAY  86400

static char path[ROWAND_PATH_MAX];

/* What the daemon's wall clock shows more than it should. */
static void shift(long seconds)
{
	FILE *f = fopen(path, "we");

	KIT_CHECK(f != NULL && fprintf(f, "%ld\n", seconds) > 0 &&
		  fclose(f) == 0);
}

/* The library that shifts lies beside the tests of operations. */
static void prepare(long by)
{
	char self[ROWAND_PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	KIT_CHECK(n > 0);
	self[n] = 0;
	kit_prepare("");
	KIT_CHECK(snprintf(kit_daemon.preload, sizeof kit_daemon.preload,
			  "%.3000s/../ops/shift.so", dirname(self)) > 0);
	KIT_CHECK(access(kit_daemon.preload, R_OK) == 0);
	KIT_CHECK(snprintf(path, sizeof path, "%.3000s/shift", kit_daemon.dir) >
		  0);
	shift(by);
	KIT_CHECK(setenv("SHIFT", path, 1) == 0);
	kit_run();
}

static struct wire_time now(struct relay_client *c)
{
	const struct relay_request q = {.op = WIRE_OP_PING};
	struct wire_message m;
	struct wire_time ret;

	KIT_CHECK(
		relay_call(c, &q, &m) == 0 && wire_time_decode(&m, &ret) == 0);
	return ret;
}

/* The daemon's time at which it doubts, or does not. */
static uint64_t until_doubt(struct relay_client *c, bool doubtful)
{
	static const struct timespec moment = {.tv_nsec = 20000000};
	struct wire_time t;

	while ((t = now(c)).doubtful != doubtful)
		nanosleep(&moment, NULL);
	return t.now;
}

static void until_time(struct relay_client *c, uint64_t time)
{
	static const struct timespec moment = {.tv_nsec = 20000000};

	while (now(c).now < time)
		nanosleep(&moment, NULL);
}

static void submit(struct relay_client *c, uint64_t counter)
{
	static struct wire_submit s;
	static struct wire_submit_answer a;

	s.count = 1;
	s.items[0] = (struct wire_submit_item){.channel = seed_channel(1, 1),
		.counter = counter,
		.lifetime = 1,
		.envelope = bytes_of("word", 4)};
	KIT_CHECK(relay_submit(c, &s, &a) == 0 && a.count == 1 &&
		  a.results[0].code == WIRE_OK);
}

/* How many there are; in doubt those that are over are among them. */
static size_t waiting(struct relay_client *c)
{
	static const struct wire_fetch f = {0, WIRE_ENVELOPES_MAX};
	static struct wire_fetch_answer a;

	KIT_CHECK(relay_fetch(c, &f, &a) == 0);
	return a.count;
}

/* False: the machine was slow, and the hour over before there was doubt. */
static bool try(long margin)
{
	static const struct timespec moment = {.tv_nsec = 20000000};
	long by = HOUR - (long)(time(NULL) % HOUR) - margin;
	struct relay_client *s, *m;
	uint64_t at, hour;
	bool soon;

	prepare(by);
	s = kit_hello(SEED_SENDER, 1);
	m = kit_hello(SEED_MAILBOX, 1);
	hour = ((uint64_t)time(NULL) + (uint64_t)(by + margin)) / HOUR * HOUR;
	submit(s, 1);
	shift(by + DAY);
	at = until_doubt(m, true);
	soon = at < hour;
	if (soon) {
		/* Some turns of the daemon's clock later. */
		until_time(m, hour + 3);
		KIT_CHECK(now(m).doubtful && waiting(m) == 1);
		shift(by);
		(void)until_doubt(m, false);
		while (waiting(m) > 0)
			nanosleep(&moment, NULL);
		/* Gone: in doubt, too, it is not there any more. */
		nanosleep(&(struct timespec){.tv_sec = 3}, NULL);
		shift(by + DAY);
		(void)until_doubt(m, true);
		KIT_CHECK(waiting(m) == 0);
	}
	relay_close(s);
	relay_close(m);
	return kit_end() == 0 && soon;
}

int main(void)
{
	for (long margin = 6; !try(margin); margin *= 2)
		KIT_CHECK(margin < 400);
	return 0;
}
