/*
 * From a configuration to an open store: see process.h.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <sys/statvfs.h>

#include "backup/make.h"
#include "backup/restore.h"
#include "clinic/import.h"
#include "clinic/logged.h"
#include "journal/journal.h"
#include "log/entry.h"
#include "net/keyfile.h"
#include "process/noted.h"
#include "process/process.h"
#include "process/version.h"

#define LOG_BYTES (64ull << 20) /* what the write-ahead log may take */
#define KEY	  JOURNAL_TEXT("key", name)

static void say_report(const char *path, const struct config_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct config_problem *p = &report->problems[i];

		if (p->line != 0)
			SAY(MSG_CONFIG_PROBLEM_AT, JOURNAL_TEXT("path", path),
				JOURNAL_NUMBER("line", p->line),
				JOURNAL_TEXT("problem", p->text));
		else
			SAY(MSG_CONFIG_PROBLEM, JOURNAL_TEXT("path", path),
				JOURNAL_TEXT("problem", p->text));
	}
	if (report->dropped > 0)
		SAY(MSG_CONFIG_PROBLEM, JOURNAL_TEXT("path", path),
			JOURNAL_TEXT("problem", "and more"));
}

int process_config(const char *path, struct config *ret)
{
	static struct config_report report;
	int rc = config_load(path, ret, &report);

	if (rc == 0)
		return EX_OK;
	say_report(path, &report);
	return rc == ROWAN_E_NOMEM ? EX_OSERR : EX_CONFIG;
}

static void look_at(
	const char *setting, const char *path, struct config_report *report)
{
	struct config_problem *p = &report->problems[report->count];

	if (access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR))
		return;
	p->line = 0;
	snprintf(p->text, sizeof p->text, "%s: %.120s: %s", setting, path,
		strerror(errno));
	report->count++;
}

int process_check(const char *path, struct config_report *report)
{
	static struct config c;
	const struct {
		const char *name, *file;
	} key[] = {{"store_key", c.store_key}, {"log_key", c.log_key},
		{"transport_key", c.transport_key},
		{"transport_key_next", c.transport_key_next},
		{"log_key_next", c.log_key_next},
		{"transport_key_enrol", c.transport_key_enrol}};
	int rc = config_load(path, &c, report);

	if (rc != 0)
		return rc;
	if (c.authority[0] != '\0')
		look_at("authority", c.authority, report);
	for (size_t i = 0; i < sizeof key / sizeof *key; i++)
		if (strchr(key[i].file, '/') != NULL)
			look_at(key[i].name, key[i].file, report);
	return report->count == 0 ? 0 : ROWAN_E_NOT_FOUND;
}

int process_check_said(const char *path)
{
	static struct config_report report;
	int rc = process_check(path, &report);

	if (rc == 0)
		return EX_OK;
	say_report(path, &report);
	return rc == ROWAN_E_NOMEM ? EX_OSERR : EX_CONFIG;
}

int process_key(const char *name, struct key32 *ret)
{
	int rc = keyfile_read(name, getenv("CREDENTIALS_DIRECTORY"), ret);

	switch (rc) {
	case 0: return EX_OK;
	case ROWAN_E_NOT_FOUND: SAY(MSG_KEY_MISSING, KEY); return EX_CONFIG;
	case ROWAN_E_REFUSED: SAY(MSG_KEY_EXPOSED, KEY); return EX_NOPERM;
	case ROWAN_E_MALFORMED: SAY(MSG_KEY_BAD, KEY); return EX_CONFIG;
	}
	SAY(MSG_KEY_UNREADABLE, KEY);
	return EX_NOPERM;
}

static bool has_moved(const char *key, const char *next)
{
	return strchr(key, '/') != NULL && strchr(next, '/') != NULL &&
	       keyfile_place(key, next) == KEYFILE_MOVED;
}

/*
 * A change of keys on files that was cut off, or after which the settings of
 * the next keys were not cleared. With the log key alone in its place clients
 * are served all the same: they know the next one from its card.
 */
static int check_moved(const struct config *c)
{
	if (has_moved(c->transport_key, c->transport_key_next)) {
		SAY(MSG_KEYS_MOVED, JOURNAL_TEXT("key", c->transport_key_next));
		return EX_CONFIG;
	}
	if (has_moved(c->log_key, c->log_key_next))
		SAY(MSG_KEYS_MOVED, JOURNAL_TEXT("key", c->log_key_next));
	return EX_OK;
}

int process_keys(struct process *p)
{
	const struct config *c = &p->config;
	int code = check_moved(c);

	if (code == EX_OK)
		code = process_key(c->store_key, &p->store_key);

	if (code == EX_OK)
		code = process_key(c->log_key, &p->log_key);
	if (code == EX_OK)
		code = process_key(c->transport_key, &p->keys[ZAP_MAIN]);
	if (code != EX_OK)
		return code;
	p->use[ZAP_MAIN] = &p->keys[ZAP_MAIN];
	p->use[ZAP_ENROL] = &p->keys[ZAP_MAIN];
	if (c->transport_key_next[0] != '\0') {
		code = process_key(c->transport_key_next, &p->keys[ZAP_NEXT]);
		p->use[ZAP_NEXT] = &p->keys[ZAP_NEXT];
	}
	if (code == EX_OK && c->transport_key_enrol[0] != '\0') {
		code = process_key(c->transport_key_enrol, &p->keys[ZAP_ENROL]);
		p->use[ZAP_ENROL] = &p->keys[ZAP_ENROL];
	}
	return code;
}

/* A database that may outgrow its volume is worth a word, not a refusal. */
static void check_volume(const struct config *c)
{
	uint64_t want = c->store_bytes + LOG_BYTES + c->reserve_bytes +
			c->reserve_bytes / 2;
	struct statvfs v;

	if (statvfs(c->state_dir, &v) != 0)
		return;
	if ((uint64_t)v.f_blocks * v.f_frsize < want)
		SAY(MSG_VOLUME_SMALL, JOURNAL_TEXT("path", c->state_dir));
}

/*
 * A database of an older schema is saved before it is changed: as a backup
 * where there is a key for it, else as a copy beside it.
 */
static int save_older(const struct config *c, const char *path, int64_t schema)
{
	struct backup_making m = {.from = path,
		.dir = c->backup_dir,
		.key = c->backup_key,
		.now = (uint64_t)time(NULL),
		.manifest = {.schema = (uint64_t)schema, .by = ROWAND_VERSION}};
	struct backup_entry done;
	char copy[PATH_MAX + 32];
	int rc = backup_make(&m, &done);

	if (rc == 0) {
		SAY(MSG_BACKUP_DONE, JOURNAL_TEXT("name", done.name),
			JOURNAL_NUMBER("bytes", done.bytes));
		return EX_OK;
	}
	snprintf(copy, sizeof copy, "%s.schema%lld", path, (long long)schema);
	rc = store_copy_file(path, copy);
	if (rc == 0 || rc == ROWAN_E_EXISTS) {
		SAY(MSG_BACKUP_COPY, JOURNAL_TEXT("path", copy));
		return EX_OK;
	}
	SAY(MSG_BACKUP_FAILED, JOURNAL_TEXT("why", rowan_strerror(rc)));
	return EX_CANTCREAT;
}

/*
 * A clinic that begins has no backups and no record of a log. With either the
 * database was lost, or its volume is not mounted, and an empty one in its
 * place would turn everybody away.
 */
static bool had_one(const struct config *c)
{
	struct backup_entry newest;
	char guard[PATH_MAX];

	snprintf(guard, sizeof guard, "%s/log-guard", c->state_dir);
	return access(c->log_guard[0] != '\0' ? c->log_guard : guard, F_OK) ==
		       0 ||
	       backup_newest(c->backup_dir, &newest) == 0;
}

/* Of a file that failed the system may say more than our own code does. */
static const char *why(int rc, const char *path)
{
	return rc == ROWAN_E_IO && access(path, R_OK | W_OK) != 0 &&
			       errno != ENOENT
		       ? strerror(errno)
		       : rowan_strerror(rc);
}

/* The store does not open: which of its files it is, and why. */
static int say_store(int rc, const char *dir)
{
	static const char *const part[] = {"", "/rowan.db", "/rowan.db-wal",
		"/rowan.db-shm", "/rowan.db-reserve"};
	const char *words = rc == ROWAN_E_AGAIN ? "another process uses it"
						: rowan_strerror(rc);
	char file[PATH_MAX], shown[PATH_MAX];

	snprintf(shown, sizeof shown, "%s", dir);
	for (size_t i = 0;
		rc != ROWAN_E_AGAIN && i < sizeof part / sizeof *part; i++) {
		snprintf(file, sizeof file, "%s%s", dir, part[i]);
		/* The folder alone must be there. */
		if (access(file, i == 0 ? R_OK | W_OK | X_OK : R_OK | W_OK) ==
				0 ||
			(i > 0 && errno == ENOENT))
			continue;
		words = strerror(errno);
		memcpy(shown, file, sizeof shown);
		break;
	}
	SAY(MSG_STORE_UNUSABLE, JOURNAL_TEXT("path", shown),
		JOURNAL_TEXT("why", words));
	return EX_CANTCREAT;
}

/* ${ret_before}: the schema it will be migrated from, or 0. */
static int before_open(
	const struct config *c, const char *path, int64_t *ret_before)
{
	struct restore_pending pending;
	int64_t schema;
	int rc = restore_pending_read(c->state_dir, &pending);

	/* Whether one is pending cannot be told: that is not to say it is. */
	if (rc == ROWAN_E_IO)
		return say_store(rc, c->state_dir);
	if (rc != ROWAN_E_NOT_FOUND) {
		SAY_ONLY(MSG_RESTORE_PENDING);
		return EX_CONFIG;
	}
	if (access(path, F_OK) != 0 && had_one(c)) {
		SAY(MSG_STORE_MISSING, JOURNAL_TEXT("path", path));
		return EX_CONFIG;
	}
	/* What is wrong with the file store_open says better. */
	if (store_schema(path, &schema) != 0 || schema == 0 ||
		schema >= store_schema_newest())
		return EX_OK;
	*ret_before = schema;
	return save_older(c, path, schema);
}

/* ROWAN_E_STATE: not finished, whatever became of the note beside it. */
static int check_pending(struct process *p)
{
	struct buf mark;
	int rc =
		store_meta_get(store_view(p->store), STORE_META_PENDING, &mark);

	if (rc == ROWAN_E_NOT_FOUND)
		return 0;
	if (rc == 0)
		buf_wipe(&mark);
	store_close(p->store);
	p->store = NULL;
	return rc == 0 ? ROWAN_E_STATE : rc;
}

int process_store(struct process *p)
{
	const struct config *c = &p->config;
	int64_t before = 0;
	char path[PATH_MAX];
	int code;
	struct store_options o = {.path = path,
		.key = &p->store_key,
		.max_bytes = c->store_bytes,
		.reserve_bytes = c->reserve_bytes,
		.mailbox_max = (uint32_t)c->mailbox,
		.mailbox_reserve = (uint32_t)c->mailbox_urgent,
		.blob_open_time = c->blob_open_time / 1000};
	int rc;

	snprintf(path, sizeof path, "%s/rowan.db", c->state_dir);
	if (!p->aside && (code = before_open(c, path, &before)) != EX_OK)
		return code;
	rc = store_open(&p->store, &o);
	if (rc == 0 && !p->aside)
		rc = check_pending(p);
	switch (rc) {
	case 0:
		if (before != 0)
			SAY(MSG_MIGRATED,
				JOURNAL_NUMBER("version",
					(uint64_t)store_schema_newest()),
				JOURNAL_NUMBER("before", (uint64_t)before));
		check_volume(c);
		return EX_OK;
	case ROWAN_E_STATE: SAY_ONLY(MSG_RESTORE_PENDING); return EX_CONFIG;
	case ROWAN_E_TOO_NEW:
		SAY(MSG_STORE_NEWER, JOURNAL_TEXT("path", path));
		return EX_CONFIG;
	case ROWAN_E_TOO_OLD:
		SAY(MSG_STORE_OLD, JOURNAL_TEXT("path", path));
		return EX_CONFIG;
	case ROWAN_E_CRYPTO:
		SAY(MSG_STORE_OTHER_KEY, JOURNAL_TEXT("path", path));
		return EX_CONFIG;
	case ROWAN_E_CORRUPT:
		SAY(MSG_STORE_DAMAGED, JOURNAL_TEXT("path", path));
		return EX_DATAERR;
	}
	return say_store(rc, c->state_dir);
}

static const char *guard_path(const struct config *c, char ret[PATH_MAX])
{
	snprintf(ret, PATH_MAX, "%s/log-guard", c->state_dir);
	return c->log_guard[0] != '\0' ? c->log_guard : ret;
}

/* What the log has signed, and what stands in it, is past. */
static int hold_clock(struct process *p)
{
	char path[PATH_MAX];
	uint64_t signed_at = guard_time(guard_path(&p->config, path));
	uint64_t latest = store_log_latest(p->store);

	if (signed_at > latest)
		latest = signed_at;
	/* Of no clock that counts milliseconds. */
	return latest < UINT64_MAX / 4000 ? clock_hold(p->clock, latest * 1000)
					  : ROWAN_E_CORRUPT;
}

int process_clock(struct process *p)
{
	const struct config *c = &p->config;
	struct clock_options o = {.jump = c->clock_jump,
		.ahead = c->clock_persist,
		.need_sync = c->clock_need_sync};
	struct clock_source source;
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof path, "%s/clock", c->state_dir);
	clock_system(&source);
	rc = clock_open(path, &o, &source, &p->clock);
	if (rc == 0)
		rc = hold_clock(p);
	if (rc == 0)
		return EX_OK;
	SAY(MSG_CLOCK_UNUSABLE, JOURNAL_TEXT("path", path),
		JOURNAL_TEXT("why", why(rc, path)));
	return rc == ROWAN_E_CORRUPT ? EX_DATAERR : EX_CANTCREAT;
}

int process_authority(struct process *p)
{
	const char *path = p->config.authority;
	int rc;

	if (path[0] == '\0')
		return EX_OK;
	rc = import_authority(p->store, path, clock_read(p->clock).now / 1000);
	switch (rc) {
	case 0: return EX_OK;
	case ROWAN_E_REFUSED:
		SAY(MSG_AUTHORITY_OTHER, JOURNAL_TEXT("path", path));
		return EX_CONFIG;
	case ROWAN_E_CORRUPT:
		SAY(MSG_STORE_DAMAGED, JOURNAL_TEXT("path", "the database"));
		return EX_DATAERR;
	}
	SAY(MSG_AUTHORITY_BAD, JOURNAL_TEXT("path", path),
		JOURNAL_TEXT("why", import_why(path, rc)));
	return rc == ROWAN_E_FULL || rc == ROWAN_E_AGAIN ? EX_CANTCREAT
							 : EX_CONFIG;
}

/* What is wrong with the log, and what to do. */
static int say_verdict(const struct head_found *f, const char *guard)
{
	switch (f->verdict) {
	case HEAD_MISSING:
		SAY(MSG_LOG_UNRECORDED, JOURNAL_TEXT("path", guard),
			JOURNAL_NUMBER("leaves", f->size));
		break;
	case HEAD_BEHIND:
		SAY(MSG_LOG_BEHIND, JOURNAL_NUMBER("leaves", f->size),
			JOURNAL_NUMBER("signed", f->last.size));
		break;
	default: SAY(MSG_LOG_FORKED, JOURNAL_NUMBER("signed", f->last.size));
	}
	return EX_DATAERR;
}

static int append_act(struct process *p, const struct noted_act *act)
{
	int rc = store_begin(p->store, act->time);

	if (rc == 0) {
		rc = entry_admin(p->store, act->time, act->number,
			bytes_of(act->text, strlen(act->text)));
		if (rc == 0)
			rc = store_commit(p->store);
		else
			store_abort(p->store);
	}
	return rc;
}

int process_record(struct process *p, uint16_t number, const char *act)
{
	char text[NOTED_TEXT_MAX + 1];
	struct noted_act a = {number,
		p->clock != NULL ? clock_read(p->clock).now / 1000
				 : (uint64_t)time(NULL),
		text};
	uint64_t leaves;
	int rc = store_log_size(store_view(p->store), &leaves);

	snprintf(text, sizeof text, "uid %u: %s", (unsigned)getuid(), act);
	/* A first leaf that no record knows of is one that was put here. */
	if (rc == 0 && leaves == 0 && p->head == NULL)
		rc = noted_add(p->config.state_dir, &a);
	else if (rc == 0)
		rc = append_act(p, &a);
	if (rc == 0)
		return EX_OK;
	SAY(MSG_STORE_UNUSABLE, JOURNAL_TEXT("path", p->config.state_dir),
		JOURNAL_TEXT("why", rowan_strerror(rc)));
	return rc == ROWAN_E_CORRUPT ? EX_DATAERR : EX_CANTCREAT;
}

int process_log(struct process *p, bool accept)
{
	const struct config *c = &p->config;
	struct head_found found;
	char path[PATH_MAX];
	struct head_options o = {.store = p->store,
		.seed = &p->log_key,
		.guard = guard_path(c, path),
		.accept = accept,
		.now = clock_read(p->clock).now / 1000};
	int rc = logged_open(&p->head, &o, &found);
	key32_wipe(&p->log_key);
	switch (rc) {
	case 0:
		if (accept)
			SAY(MSG_LOG_ACCEPTED,
				JOURNAL_NUMBER("leaves", found.size));
		return EX_OK;
	case ROWAN_E_REFUSED: return say_verdict(&found, o.guard);
	case ROWAN_E_CORRUPT:
		SAY(MSG_GUARD_DAMAGED, JOURNAL_TEXT("path", o.guard));
		return EX_DATAERR;
	}
	SAY(MSG_GUARD_UNUSABLE, JOURNAL_TEXT("path", o.guard),
		JOURNAL_TEXT("why", why(rc, o.guard)));
	return EX_CANTCREAT;
}
