/*
 * Saying what changed: see watch.h.
 */
#include "ctl/watch.h"
#include "clock/clock.h"
#include "journal/journal.h"

#define DAY	    86400u
#define HOUR	    3600u
#define CARD_SOON   (30 * DAY)
#define BACKUP_OLD  (26 * HOUR)
#define URGENT_LATE (15 * 60)

/* True when ${now} is not what was said last; then it is. */
static bool turned(bool *said, bool now)
{
	bool differs = *said != now;

	*said = now;
	return differs;
}

static void watch_card(struct watch *w, const struct ctl_snapshot *s)
{
	uint64_t left = s->card_until > s->now ? s->card_until - s->now : 0;
	bool has = s->card_until != 0;

	if (turned(&w->expired, has && left == 0) && w->expired)
		SAY_ONLY(MSG_CARD_EXPIRED);
	if (turned(&w->soon, has && left > 0 && left < CARD_SOON) && w->soon)
		SAY(MSG_CARD_EXPIRES, JOURNAL_NUMBER("days", left / DAY));
}

static void watch_backup(struct watch *w, const struct ctl_snapshot *s)
{
	uint64_t age = s->now > s->backup_at ? s->now - s->backup_at : 0;

	if (turned(&w->old, s->backup_wanted && s->backup_at != 0 &&
				    age > BACKUP_OLD) &&
		w->old)
		SAY(MSG_BACKUP_OLD, JOURNAL_NUMBER("hours", age / HOUR));
}

static void watch_urgent(struct watch *w, const struct ctl_snapshot *s)
{
	uint64_t at = s->log.urgent;
	uint64_t age = at != 0 && s->now > at ? s->now - at : 0;

	if (turned(&w->late, age > URGENT_LATE) && w->late)
		SAY(MSG_DELIVERY_LATE, JOURNAL_NUMBER("minutes", age / 60));
}

static void watch_restore(struct watch *w, const struct ctl_snapshot *s)
{
	if (turned(&w->waits, s->relay.restoring != 0)) {
		if (w->waits)
			SAY(MSG_RESTORE_WAITS,
				JOURNAL_NUMBER(
					"devices", s->relay.restoring_missing));
		else
			SAY_ONLY(MSG_RESTORE_OVER);
	}
	if (turned(&w->refused, s->relay.restore_refused) && w->refused)
		SAY_ONLY(MSG_RESTORE_REFUSED);
	if (turned(&w->unburied, s->relay.unburied) && w->unburied)
		SAY_ONLY(MSG_UNBURIED);
}

void watch_step(struct watch *w, const struct ctl_snapshot *s)
{
	uint64_t failed = s->relay.count.failed_commits;

	if (turned(&w->full, !s->room)) {
		if (w->full)
			SAY_ONLY(MSG_DISK_FULL);
		else
			SAY_ONLY(MSG_DISK_ROOM);
	}
	if (turned(&w->doubtful, s->doubt != 0)) {
		if (w->doubtful)
			SAY(MSG_CLOCK_DOUBTFUL,
				JOURNAL_TEXT("why",
					(s->doubt & CLOCK_JUMPED) != 0
						? "it jumped"
						: "no time source has set it "
						  "since boot"));
		else
			SAY_ONLY(MSG_CLOCK_SURE);
	}
	if (failed > w->failed)
		SAY(MSG_COMMIT_FAILED,
			JOURNAL_NUMBER("count", failed - w->failed));
	w->failed = failed;
	watch_card(w, s);
	watch_backup(w, s);
	watch_urgent(w, s);
	watch_restore(w, s);
}
