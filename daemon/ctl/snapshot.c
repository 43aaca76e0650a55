/*
 * Gathering: see snapshot.h.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/stat.h>
#include <sys/statvfs.h>

#include "clinic/returning.h"
#include "clock/clock.h"
#include "backup/folder.h"
#include "ctl/snapshot.h"

#define ROOM_WANTED (128 * 1024) /* bytes */

/* The last sixteenth of the quota is for deletions: docs/store.md. */
static void look_at_room(struct ctl_snapshot *s)
{
	uint64_t used =
		(s->store.pages - s->store.pages_free) * s->store.page_size;

	s->room = s->relay.room &&
		  used + ROOM_WANTED < s->relay.config.store_bytes / 16 * 15;
}

static void look_at_disk(struct ctl_snapshot *s)
{
	struct statvfs v;

	if (statvfs(s->relay.config.state_dir, &v) != 0)
		return;
	s->disk_free = (uint64_t)v.f_bavail * v.f_frsize;
	s->disk_size = (uint64_t)v.f_blocks * v.f_frsize;
}

static void look_at_backups(struct ctl_snapshot *s)
{
	const struct config *c = &s->relay.config;
	struct backup_entry newest;
	char drill[BACKUP_PATH_MAX];
	struct stat st;

	snprintf(drill, sizeof drill, "%s/" BACKUP_DRILL, c->state_dir);
	if (stat(drill, &st) == 0)
		s->drill_at = (uint64_t)st.st_mtime;
	s->backup_wanted =
		c->backup_key[0] != '\0' && access(c->backup_key, R_OK) == 0;
	if (backup_newest(c->backup_dir, &newest) != 0)
		return;
	s->backup_at = newest.time;
	s->backup_bytes = newest.bytes;
}

int snapshot_take(struct ctl_call *c, struct ctl_snapshot *ret)
{
	struct store_device self;
	struct timespec t;
	int rc;

	memset(ret, 0, sizeof *ret);
	rc = ctl_state(c, &ret->relay);
	if (rc == 0)
		rc = log_look(c, &ret->log);
	if (rc == 0)
		rc = store_stats(c->rd, &ret->store);
	if (rc != 0)
		return rc;
	clock_gettime(CLOCK_MONOTONIC, &t);
	ret->now = clock_read(c->o->clock).now / 1000;
	ret->up = (uint64_t)t.tv_sec - c->o->started;
	if (ret->relay.failed_at != 0)
		ret->failed_ago = (uint64_t)t.tv_sec - ret->relay.failed_at + 1;
	ret->doubt = clock_doubt(c->o->clock);
	if (store_device_by_key(c->rd, &c->o->publics[ZAP_MAIN], &self) == 0) {
		ret->card_until = self.until;
		ret->card_revoked = self.revoked;
	}
	look_at_room(ret);
	look_at_disk(ret);
	look_at_backups(ret);
	return 0;
}

const char *restoring_word(const struct ctl_snapshot *s)
{
	if (s->relay.restore_refused)
		return "refused";
	switch (s->relay.restoring) {
	case RETURNING_CLINIC: return "clinic";
	case RETURNING_CASES: return "cases";
	}
	return "no";
}

uint64_t restoring_until(const struct ctl_snapshot *s)
{
	return s->relay.restoring_since == 0
		       ? 0
		       : s->relay.restoring_since +
				 s->relay.config.restore_wait / 1000;
}
