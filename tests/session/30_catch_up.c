/*
 * A client that was away catches up with what waits, in bounded memory:
 *
 *	build/tests/session/30_catch_up [envelopes]
 *
 * prints the rate, for each second of one core (of all its threads' processor
 * time together) and of the clock, and the most memory it had meanwhile.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "session/kit.h"

#define ENVELOPES  1000	       /* unless told */
#define LARGE	   512	       /* of 64 KiB each */
#define GROWTH_KIB (24 * 1024) /* less than all of them */
#define MEMORY_KIB (64 * 1024)
#define AHEAD	   512	  /* written and not sent yet */
#define STILL_MS   180000 /* without anything to do: it has stopped */

static struct person coordinator, advocate;
static struct id16 case_id, team;

static double seconds(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A number out of /proc/self/status, in KiB. */
static long status(const char *name)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	long kib = -1;

	KIT_CHECK(f != NULL);
	while (fgets(line, sizeof line, f) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			kib = strtol(line + strlen(name), NULL, 10);
	fclose(f);
	return kib;
}

/* Peak memory is counted from now on. */
static void forget_peak(void)
{
	FILE *f = fopen("/proc/self/clear_refs", "w");

	KIT_CHECK(f != NULL);
	KIT_CHECK(fputs("5", f) >= 0);
	KIT_CHECK(fclose(f) == 0);
}

/* As an application does: until there is something to do. */
static void wait_for(struct person *p)
{
	struct pollfd fd = {.fd = session_fd(p->s), .events = POLLIN};

	KIT_CHECK(poll(&fd, 1, STILL_MS) == 1);
}

static bool both_in(void *ctx)
{
	struct id16 in[CHANNEL_DEVICES_MAX];
	size_t n = 0;

	KIT_CHECK(channels_devices(parts_of(&advocate)->channels, &team, in,
			  CHANNEL_DEVICES_MAX, &n) == 0 ||
		  n == 0);
	return n == 2;
}

static void begin(void)
{
	sessions_begin(ROWAND_NO_LIMITS);
	person_create(&coordinator, "coordinator");
	person_create(&advocate, "advocate");
	person_carded(&coordinator, "police", WIRE_RIGHT_COORDINATE);
	person_carded(&advocate, "advocacy", 0);
	sessions_run();
	sessions_settle();
	case_id = sessions_case(&coordinator);
	team = sessions_channel(&coordinator, &case_id, WIRE_CHANNEL_TEAM);
	sessions_assign(&coordinator, &team, &coordinator);
	sessions_assign(&coordinator, &team, &advocate);
	KIT_CHECK(sessions_until(both_in, NULL));
}

/* Events say what has left. */
static unsigned take_sent(struct person *p)
{
	struct events *x = parts_of(p)->events;
	unsigned n = 0;
	struct buf text;
	struct event e;

	while (events_next(x, &e, &text) == 0) {
		n += e.type == ROWAN_EVENT_SENT;
		buf_wipe(&text);
		KIT_CHECK(events_done(x, e.number) == 0);
	}
	return n;
}

static void write_all(unsigned count, size_t len)
{
	static char text[CONTENT_TEXT_MAX];
	const struct messages_draft d = {.text = bytes_of(text, len)};
	unsigned written = 0, sent = 0;
	struct id16 id;

	memset(text, 'w', sizeof text);
	while (sent < count) {
		while (written < count && written - sent < AHEAD) {
			KIT_CHECK(
				messages_write(parts_of(&coordinator)->messages,
					&team, &d, &id) == 0);
			written++;
		}
		KIT_CHECK(session_step(coordinator.s) == 0);
		sent += take_sent(&coordinator);
		if (sent < count &&
			(written == count || written - sent >= AHEAD / 2))
			wait_for(&coordinator);
	}
}

/* What is waited for was written, and is not there yet. */
static void catch_up(unsigned count, bool large)
{
	double cpu, wall;
	long before, peak;
	size_t have, was;

	person_open(&advocate);
	was = messages_unread(parts_of(&advocate)->messages, &team);
	forget_peak();
	before = status("VmRSS:");
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	wall = seconds(CLOCK_MONOTONIC);
	KIT_CHECK(session_connect(advocate.s) == 0);
	for (;;) {
		KIT_CHECK(session_step(advocate.s) == 0);
		have = messages_unread(parts_of(&advocate)->messages, &team) -
		       was;
		if (have >= count)
			break;
		wait_for(&advocate);
	}
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	wall = seconds(CLOCK_MONOTONIC) - wall;
	peak = status("VmHWM:");
	printf("catch-up: %u envelopes%s, %.0f a second on one core%s, %.0f "
	       "of the clock; memory %ld KiB before, %ld KiB at most\n",
		count, large ? " of 64 KiB" : "", count / cpu,
		large ? "" : " (mark: 2000)", count / wall, before, peak);
	KIT_CHECK(have == count);
	KIT_CHECK(peak < MEMORY_KIB && peak - before < GROWTH_KIB);
}

int main(int argc, char **argv)
{
	unsigned count =
		argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : ENVELOPES;

	begin();
	person_close(&advocate);
	write_all(count, 6);
	catch_up(count, false);
	/* More than may be in memory, of the largest there are. */
	person_close(&advocate);
	write_all(LARGE, CONTENT_TEXT_MAX);
	catch_up(LARGE, true);
	return sessions_end();
}
