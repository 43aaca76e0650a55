/*
 * Commands that steer the running daemon: reload, drain, log level, clock.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "clock/clock.h"
#include "ctl/call.h"
#include "journal/journal.h"
#include "ops/ops.h"
#include "process/settings.h"

#define LEVEL_DEFAULT 600 /* seconds */
#define LEVEL_LONGEST 86400

static void here_reload(void *cookie)
{
	struct ctl_call *c = cookie;

	c->o->reload(c->o->cookie, c->a);
}

static int remember(void *cookie, struct ops *o)
{
	return settings_remember(o->store, cookie);
}

/* The leaf stands. What is not remembered has another with the next start. */
void ctl_reload(struct ctl_call *c)
{
	struct server_state s;
	int rc = server_here(c->o->relay, here_reload, c);

	if (rc != 0)
		ctl_fail(c, rc);
	else if (c->a->code == 0 && ctl_state(c, &s) == 0)
		(void)!server_job(c->o->relay, remember, &s.config);
}

void ctl_drain(struct ctl_call *c)
{
	int rc = ctl_record(c);

	/* Afterwards nothing is written any more. */
	if (rc != 0) {
		ctl_fail(c, rc);
		return;
	}
	server_stop(c->o->relay);
	ctl_say(c->a, EX_OK,
		"draining: what was taken is answered, then it ends");
}

static const char *const levels[] = {
	"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};

void ctl_loglevel(struct ctl_call *c)
{
	uint64_t seconds = c->q.number != 0 ? c->q.number : LEVEL_DEFAULT;
	struct timespec t;

	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		if (!bytes_eq(
			    c->q.name, bytes_of(levels[i], strlen(levels[i]))))
			continue;
		if (seconds > LEVEL_LONGEST)
			break;
		clock_gettime(CLOCK_MONOTONIC, &t);
		journal_set_level((int)i, (uint64_t)t.tv_sec + seconds);
		SAY(MSG_LOGLEVEL, JOURNAL_TEXT("level", levels[i]),
			JOURNAL_NUMBER("seconds", seconds));
		ctl_say(c->a, EX_OK, "%s for %llu seconds", levels[i],
			(unsigned long long)seconds);
		return;
	}
	ctl_say(c->a, EX_USAGE,
		"a level (emerg alert crit err warning notice info debug), for "
		"a day at most");
}

static const char *doubt_words(unsigned doubt)
{
	if ((doubt & CLOCK_JUMPED) != 0)
		return "the clock jumped";
	if ((doubt & CLOCK_UNSYNCED) != 0)
		return "no time source has set the clock since boot";
	return "trusted";
}

void ctl_clock(struct ctl_call *c)
{
	struct clock_reading t = clock_read(c->o->clock);
	unsigned doubt = clock_doubt(c->o->clock);

	ctl_row(c->a);
	ctl_time(c->a, "now", t.now / 1000);
	ctl_time(c->a, "sure", t.sure / 1000);
	ctl_flag(c->a, "doubtful", t.doubtful);
	ctl_text(c->a, "state", doubt_words(doubt));
	ctl_time(c->a, "machine", (uint64_t)time(NULL));
}

static void here_accept(void *cookie)
{
	struct ctl_call *c = cookie;
	int rc = clock_accept(c->o->clock);

	if (rc != 0)
		ctl_fail(c, rc);
	else
		ctl_say(c->a, EX_OK, "the clock is trusted");
}

/* What rowanctl is about to do with files: here it is only written down. */
void ctl_beside(struct ctl_call *c)
{
	ctl_say(c->a, EX_OK, "written into the audit log");
}

/* In the thread that ticks. */
void ctl_clock_accept(struct ctl_call *c)
{
	int rc = server_here(c->o->relay, here_accept, c);

	if (rc != 0)
		ctl_fail(c, rc);
}
