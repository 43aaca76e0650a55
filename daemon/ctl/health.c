/*
 * The checks: see health.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "backup/folder.h"
#include "clinic/returning.h"
#include "clock/clock.h"
#include "ctl/health.h"

#define DAY	      86400u
#define HOUR	      3600u
#define CARD_SOON     (30 * DAY)
#define BACKUP_OLD    (26 * HOUR)
#define BACKUP_BAD    (3 * DAY)
#define FAILED_RECENT 300 /* seconds */
#define DRILL_OLD     (9 * DAY)
#define URGENT_LATE   (15 * 60)
#define COSIGNED_OLD  (2 * DAY)

const char *health_word(enum health_state state)
{
	static const char *const words[] = {
		"ok", "warning", "critical", "unknown"};

	return words[state];
}

__attribute__((format(printf, 4, 5))) static void judge(struct health *h,
	const char *name, enum health_state state, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(h->at[h->count].words, sizeof h->at[0].words, fmt, ap);
	va_end(ap);
	h->at[h->count].name = name;
	h->at[h->count++].state = state;
	if (state > h->worst)
		h->worst = state;
}

static void check_store(const struct ctl_snapshot *s, struct health *h)
{
	uint64_t used = s->store.pages * s->store.page_size;
	uint64_t most = s->relay.config.store_bytes;

	if (!s->room)
		judge(h, "disk", HEALTH_BAD,
			"full: nothing new is taken, delivery goes on");
	else if (used > most / 5 * 4)
		judge(h, "disk", HEALTH_WARN,
			"the database has used %llu %% of store_bytes",
			(unsigned long long)(used * 100 / most));
	else if (s->disk_free < s->relay.config.reserve_bytes)
		judge(h, "disk", HEALTH_WARN,
			"the volume has less room than the reserve");
	else
		judge(h, "disk", HEALTH_OK, "%llu MiB free",
			(unsigned long long)(s->disk_free >> 20));
	if (s->failed_ago != 0 && s->failed_ago < FAILED_RECENT)
		judge(h, "commits", HEALTH_BAD,
			"the disk refused a transaction %llu seconds ago",
			(unsigned long long)s->failed_ago);
	else
		judge(h, "commits", HEALTH_OK, "the disk takes transactions");
}

static void check_queue(const struct ctl_snapshot *s, struct health *h)
{
	uint64_t most = s->relay.config.request_queue;

	if (s->relay.queue > most / 2)
		judge(h, "queue", HEALTH_WARN,
			"%llu of %llu requests wait for the disk",
			(unsigned long long)s->relay.queue,
			(unsigned long long)most);
	else
		judge(h, "queue", HEALTH_OK, "%llu waiting",
			(unsigned long long)s->relay.queue);
}

static void check_clock(const struct ctl_snapshot *s, struct health *h)
{
	if ((s->doubt & CLOCK_JUMPED) != 0)
		judge(h, "clock", HEALTH_BAD,
			"it jumped: nothing is released, started or expired");
	else if (s->doubt != 0)
		judge(h, "clock", HEALTH_WARN,
			"no time source has set it since boot");
	else
		judge(h, "clock", HEALTH_OK, "trusted");
}

static void check_card(const struct ctl_snapshot *s, struct health *h)
{
	if (s->card_until == 0)
		judge(h, "card", HEALTH_WARN, "the daemon has no card yet");
	else if (s->card_revoked)
		judge(h, "card", HEALTH_BAD, "revoked: clients refuse it");
	else if (s->now >= s->card_until)
		judge(h, "card", HEALTH_BAD, "expired: clients refuse it");
	else if (s->card_until - s->now < CARD_SOON)
		judge(h, "card", HEALTH_WARN, "ends in %llu days",
			(unsigned long long)((s->card_until - s->now) / DAY));
	else
		judge(h, "card", HEALTH_OK, "%llu days left",
			(unsigned long long)((s->card_until - s->now) / DAY));
}

static void check_backup(const struct ctl_snapshot *s, struct health *h)
{
	uint64_t age = s->now > s->backup_at ? s->now - s->backup_at : 0;

	if (!s->backup_wanted)
		judge(h, "backup", HEALTH_WARN,
			"there is no backup_key: no backup is made");
	else if (s->backup_at == 0)
		judge(h, "backup", HEALTH_WARN, "none was made yet");
	else if (age > BACKUP_OLD)
		judge(h, "backup", age > BACKUP_BAD ? HEALTH_BAD : HEALTH_WARN,
			"the newest is %llu hours old",
			(unsigned long long)(age / HOUR));
	else
		judge(h, "backup", HEALTH_OK, "the newest is %llu hours old",
			(unsigned long long)(age / HOUR));
}

/* Where no drill was ever done another machine does them. */
static void check_drill(const struct ctl_snapshot *s, struct health *h)
{
	uint64_t age = s->now > s->drill_at ? s->now - s->drill_at : 0;

	if (s->drill_at == 0)
		judge(h, "drill", HEALTH_OK, "none is done on this machine");
	else if (s->drill_at == BACKUP_DRILL_NEVER)
		judge(h, "drill", HEALTH_WARN,
			"no backup could be restored aside yet");
	else
		judge(h, "drill", age > DRILL_OLD ? HEALTH_WARN : HEALTH_OK,
			"a backup was restored aside %llu days ago",
			(unsigned long long)(age / DAY));
}

/* Whoever cannot write asks why. */
static void check_restore(const struct ctl_snapshot *s, struct health *h)
{
	uint64_t until = restoring_until(s);
	uint64_t left = until > s->now ? until - s->now : 0;

	if (s->relay.restore_refused)
		judge(h, "restore", HEALTH_BAD,
			"who signed it is not the authority any more: nobody "
			"can write");
	else if (s->relay.restoring != RETURNING_NOT)
		judge(h, "restore", HEALTH_WARN,
			"%s %llu %s, %llu hours at most",
			s->relay.restoring == RETURNING_CLINIC
				? "nobody can write; waits for"
				: "some cases wait for",
			(unsigned long long)s->relay.restoring_missing,
			s->relay.restoring == RETURNING_CLINIC
				? "coordinators' devices"
				: "devices",
			(unsigned long long)((left + HOUR - 1) / HOUR));
	else
		judge(h, "restore", HEALTH_OK, "nothing waits");
}

static void check_erased(const struct ctl_snapshot *s, struct health *h)
{
	if (s->relay.unburied)
		judge(h, "erased", HEALTH_WARN,
			"a tombstone could not be written beside the backups");
	else
		judge(h, "erased", HEALTH_OK,
			"no restore brings an erased case back");
}

static void check_urgent(const struct ctl_snapshot *s, struct health *h)
{
	uint64_t at = s->log.urgent;
	uint64_t age = at != 0 && s->now > at ? s->now - at : 0;

	if (age > URGENT_LATE)
		judge(h, "urgent", HEALTH_WARN,
			"a message has waited for %llu minutes",
			(unsigned long long)(age / 60));
	else
		judge(h, "urgent", HEALTH_OK, "none waits for long");
}

/* A clinic without a witness has chosen that; one that had one has not. */
static void check_log(const struct ctl_snapshot *s, struct health *h)
{
	uint64_t at = s->log.cosigned_at;
	uint64_t age = s->now > at ? s->now - at : 0;

	if (at != 0 && age > COSIGNED_OLD)
		judge(h, "log", HEALTH_WARN,
			"no witness has cosigned it for %llu hours",
			(unsigned long long)(age / HOUR));
	else
		judge(h, "log", HEALTH_OK, "%llu leaves",
			(unsigned long long)s->log.size);
}

void health_judge(const struct ctl_snapshot *s, struct health *ret)
{
	memset(ret, 0, sizeof *ret);
	if (s->relay.draining)
		judge(ret, "relay", HEALTH_WARN, "draining");
	else
		judge(ret, "relay", HEALTH_OK, "serving");
	check_store(s, ret);
	check_queue(s, ret);
	check_clock(s, ret);
	check_card(s, ret);
	check_backup(s, ret);
	check_drill(s, ret);
	check_restore(s, ret);
	check_erased(s, ret);
	check_log(s, ret);
	check_urgent(s, ret);
}
