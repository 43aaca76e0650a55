/*
 * Backups of the running daemon: made here, listed here. Verifying and
 * restoring need keys that this process has no business with: see rowanctl.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <sodium.h>

#include "backup/make.h"
#include "clock/clock.h"
#include "ctl/log_look.h"
#include "journal/journal.h"
#include "log/head.h"
#include "ops/ops.h"
#include "process/version.h"

#define LIST_MAX 1000

static const char *why(int rc)
{
	switch (rc) {
	case ROWAN_E_NOT_FOUND: return "there is no key at backup_key";
	case ROWAN_E_MALFORMED: return "the file at backup_key is no such key";
	case ROWAN_E_EXISTS: return "there is one of this second already";
	case ROWAN_E_FULL: return "no room in the backup folder";
	case ROWAN_E_IO: return "the backup folder cannot be written";
	case ROWAN_E_STATE: return "rowand ends";
	case ROWAN_E_CORRUPT: return "the database is damaged";
	}
	return rowan_strerror(rc);
}

/* The manifest names a head of now, not of the last time one was signed. */
static int renew(void *cookie, struct ops *o)
{
	(void)cookie;
	return o->head == NULL ? 0 : head_renew(o->head, o->now);
}

static int make(struct ctl_call *c, const struct config *config,
	struct backup_entry *ret)
{
	struct backup_making m = {.store = c->o->store,
		.dir = config->backup_dir,
		.key = config->backup_key,
		.now = clock_read(c->o->clock).now / 1000,
		.stop = c->stop,
		.manifest = {.schema = (uint64_t)store_schema_newest(),
			.by = ROWAND_VERSION}};
	struct log_look l;
	int rc;

	/* Where none can be signed the last one does. */
	(void)!server_job(c->o->relay, renew, NULL);
	rc = log_look(c, &l);
	if (rc != 0)
		return rc;
	m.manifest.log_size = l.size;
	memcpy(m.manifest.log_root, l.root.b, sizeof l.root.b);
	rc = backup_make(&m, ret);
	/* Names are seconds. */
	if (rc == ROWAN_E_EXISTS) {
		sleep(1);
		m.now++;
		rc = backup_make(&m, ret);
	}
	return rc;
}

void ctl_backup_now(struct ctl_call *c)
{
	struct server_state s;
	struct backup_entry done;
	int rc = ctl_state(c, &s);

	if (rc != 0) {
		ctl_fail(c, rc);
		return;
	}
	rc = make(c, &s.config, &done);
	if (rc != 0) {
		SAY(MSG_BACKUP_FAILED, JOURNAL_TEXT("why", why(rc)));
		ctl_say(c->a,
			rc == ROWAN_E_FULL || rc == ROWAN_E_AGAIN ||
					rc == ROWAN_E_STATE
				? EX_TEMPFAIL
			: rc == ROWAN_E_CORRUPT ? EX_DATAERR
						: EX_CANTCREAT,
			"no backup was made: %s", why(rc));
		/* Every page was read for it. */
		if (rc == ROWAN_E_CORRUPT)
			ctl_damaged(c->o->relay);
		return;
	}
	SAY(MSG_BACKUP_DONE, JOURNAL_TEXT("name", done.name),
		JOURNAL_NUMBER("bytes", done.bytes));
	ctl_say(c->a, EX_OK, "%s is complete, %llu bytes", done.name,
		(unsigned long long)done.bytes);
}

void ctl_backup_list(struct ctl_call *c)
{
	struct server_state s;
	struct backup_entry *list = calloc(LIST_MAX, sizeof *list);
	size_t n = 0;
	int rc = list == NULL ? ROWAN_E_NOMEM : ctl_state(c, &s);

	if (rc == 0)
		rc = backup_list(s.config.backup_dir, list, LIST_MAX, &n);
	if (rc != 0)
		ctl_fail(c, rc);
	else if (n == 0)
		ctl_say(c->a, EX_OK, "there is no backup");
	for (size_t i = 0; i < n; i++) {
		ctl_row(c->a);
		ctl_text(c->a, "backup", list[i].name);
		ctl_time(c->a, "time", list[i].time);
		ctl_number(c->a, "bytes", list[i].bytes);
		ctl_number(c->a, "schema", list[i].schema);
		ctl_number(c->a, "log_size", list[i].log_size);
		ctl_text(c->a, "note", list[i].noted ? "yes" : "missing");
	}
	free(list);
}
