/*
 * rowanctl backup, what needs keys the daemon has no business with.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "backup/folder.h"
#include "backup/restore.h"
#include "ctl/offline.h"
#include "ctl/tool_backup.h"
#include "net/keyfile.h"

#define SECRET_NAME "backup-key" /* the credential */

int tool_backup_keygen(struct tool *t)
{
	struct key32 secret, public;
	int rc = offline_note_here(t, CTL_BACKUP_KEYGEN);

	if (rc != EX_OK)
		return rc;
	rc = keyfile_create(t->args[0], &secret);
	if (rc != 0) {
		fprintf(stderr, "rowanctl: %s: %s\n", t->args[0],
			rowan_strerror(rc));
		return EX_CANTCREAT;
	}
	(void)crypto_scalarmult_base(public.b, secret.b);
	key32_wipe(&secret);
	rc = backup_key_write(t->args[1], &public);
	if (rc != 0) {
		fprintf(stderr, "rowanctl: %s: %s\n", t->args[1],
			rowan_strerror(rc));
		(void)unlink(t->args[0]);
		return EX_CANTCREAT;
	}
	return offline_answer(t, EX_OK,
		"keep the secret key away from this machine, twice; without it "
		"no backup opens");
}

/* From --key, $CREDENTIALS_DIRECTORY, or a file of that name here. */
int tool_backup_secret(const struct tool *t, struct key32 *ret)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];

	/* Making a new one, as for other keys, would help nobody. */
	snprintf(path, sizeof path, "%s/" SECRET_NAME, dir != NULL ? dir : ".");
	if (t->key == NULL && access(path, F_OK) != 0) {
		fputs("rowanctl: the secret key of the backups is not on this "
		      "machine: --key FILE, from the stick\n",
			stderr);
		return EX_CONFIG;
	}
	return process_key(t->key != NULL ? t->key : SECRET_NAME, ret);
}

static const char *why(int rc)
{
	switch (rc) {
	case ROWAN_E_CRYPTO:
		return "it was sealed to another key, or is damaged";
	case ROWAN_E_MALFORMED: return "it is no backup";
	case ROWAN_E_EXISTS: return "the folder is not empty";
	case ROWAN_E_NOT_FOUND: return "there is no such file";
	case ROWAN_E_STALE:
		return "the clinic's chain is another one: sign with this "
		       "folder's restore-pending";
	case ROWAN_E_RULE:
		return "the statement is not the restore of these two heads, "
		       "or is signed ahead of this machine's time";
	}
	return rowan_strerror(rc);
}

int tool_backup_why(struct tool *t, int rc)
{
	return offline_answer(t,
		rc == ROWAN_E_EXISTS	  ? EX_CANTCREAT
		: rc == ROWAN_E_FULL	  ? EX_TEMPFAIL
		: rc == ROWAN_E_NOT_FOUND ? EX_NOINPUT
					  : EX_DATAERR,
		why(rc));
}

static int pick(struct tool *t, const struct process *p, char ret[PATH_MAX])
{
	struct backup_entry newest;

	if (t->count == 1) {
		snprintf(ret, PATH_MAX, "%s", t->args[0]);
		return EX_OK;
	}
	if (!t->newest) {
		fputs("rowanctl: a file, or --newest\n", stderr);
		return EX_USAGE;
	}
	if (backup_newest(p->config.backup_dir, &newest) != 0)
		return offline_answer(t, EX_NOINPUT, "there is no backup");
	snprintf(ret, PATH_MAX, "%s/%s", p->config.backup_dir, newest.name);
	return EX_OK;
}

void tool_backup_manifest(struct ctl_answer *a, const struct backup_manifest *m)
{
	char hex[65];

	ctl_row(a);
	ctl_time(a, "made", m->time);
	ctl_number(a, "schema", m->schema);
	ctl_number(a, "bytes", m->bytes);
	ctl_number(a, "log_size", m->log_size);
	ctl_text(a, "log_root",
		sodium_bin2hex(hex, sizeof hex, m->log_root, 32));
	ctl_text(a, "by", m->by);
}

/*
 * The head that was signed when the backup was begun is of this very tree,
 * which may have grown until the copy was made.
 */
static int check_head(struct store_reader *rd, const struct backup_manifest *m,
	uint64_t leaves)
{
	struct merkle_source src = store_log_source(rd);
	struct merkle_hash root;
	int rc;

	if (m->log_size == 0)
		return 0;
	if (m->log_size > leaves)
		return ROWAN_E_CORRUPT;
	rc = merkle_proof_root(&src, m->log_size, &root);
	if (rc == 0 && memcmp(root.b, m->log_root, sizeof root.b) != 0)
		rc = ROWAN_E_CORRUPT;
	return rc;
}

/* Open it as the daemon would, and prove every invariant. */
int tool_backup_check(struct process *p, const char *dir,
	const struct backup_manifest *m, struct ctl_answer *a)
{
	const char *problem = NULL;
	struct store_log_whole log = {.size = 0};
	struct store_stats s;
	int code = offline_store_in(p, dir);
	int rc;

	if (code != EX_OK) {
		ctl_say(a, (uint8_t)code, "it opens, but the store does not");
		return code;
	}
	/* Nobody serves a copy that somebody carries away from here. */
	rc = restore_mark(p->store);
	if (rc == 0)
		rc = store_check(store_view(p->store), &problem);
	if (rc == 0)
		rc = store_stats(store_view(p->store), &s);
	if (rc == 0 && (rc = store_log_verify(store_view(p->store), &log)) != 0)
		problem = "the audit log in it is not whole";
	if (rc == 0 &&
		(rc = check_head(store_view(p->store), m, log.size)) != 0)
		problem = "the audit log in it is not the one that was signed "
			  "when it was made";
	if (rc != 0) {
		ctl_say(a, EX_DATAERR, "%s",
			problem != NULL ? problem : rowan_strerror(rc));
		return EX_DATAERR;
	}
	ctl_number(a, "devices", s.devices);
	ctl_number(a, "channels", s.channels);
	ctl_number(a, "envelopes", s.envelopes);
	ctl_number(a, "log_leaves", log.size);
	ctl_say(a, EX_OK, "it opens, and every check passed");
	return EX_OK;
}

static void empty(int fd)
{
	DIR *d = fdopendir(openat(fd, ".", O_RDONLY | O_CLOEXEC));
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		(void)unlinkat(fd, e->d_name, 0);
	if (d != NULL)
		closedir(d);
}

/*
 * The folder of drills, locked and empty: an interrupted one leaves nothing
 * for longer than to the next. EX_OK, or a code that was said.
 */
static int begin_drill(
	struct tool *t, const struct config *c, char *ret, int *ret_fd)
{
	int fd;

	snprintf(ret, PATH_MAX, "%.4000s/drill", c->state_dir);
	(void)mkdir(ret, 0700);
	fd = open(ret, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
		empty(fd);
		*ret_fd = fd;
		return EX_OK;
	}
	if (fd < 0)
		return offline_answer(t, EX_CANTCREAT,
			"no folder for the drill can be made in state_dir");
	close(fd);
	return offline_answer(t, EX_TEMPFAIL, "another drill runs");
}

static void end_drill(int fd, const char *dir)
{
	empty(fd);
	(void)rmdir(dir);
	close(fd);
}

/*
 * Monitoring hears of drills that are no longer done, or fail; of the first
 * one, too: then the time is as old as can be.
 */
static void note_drill(const char *state_dir, bool good)
{
	static const struct timespec never[2] = {
		{.tv_sec = BACKUP_DRILL_NEVER}, {.tv_sec = BACKUP_DRILL_NEVER}};
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof path, "%.4000s/" BACKUP_DRILL, state_dir);
	fd = open(path,
		O_WRONLY | O_CREAT | (good ? O_TRUNC : O_EXCL) | O_CLOEXEC,
		0600);
	if (fd >= 0) {
		(void)futimens(fd, good ? NULL : never);
		close(fd);
	}
}

static int verify(struct tool *t, struct process *p, const struct key32 *secret)
{
	char file[PATH_MAX], dir[PATH_MAX], home[CONFIG_TEXT_MAX];
	struct backup_manifest m;
	struct ctl_answer a;
	int rc, fd = -1, code = pick(t, p, file);

	if (code != EX_OK)
		return code;
	strcpy(home, p->config.state_dir);
	code = begin_drill(t, &p->config, dir, &fd);
	if (code != EX_OK)
		return code;
	rc = restore_unpack(file, dir, secret, &m);
	if (rc == 0) {
		/* No reserve and no pre-migration backup for a drill. */
		p->config.reserve_bytes = 0;
		p->aside = true;
		ctl_answer_init(&a);
		tool_backup_manifest(&a, &m);
		(void)!tool_backup_check(p, dir, &m, &a);
		store_close(p->store);
		p->store = NULL;
		code = tool_show(t, &a);
	} else {
		code = tool_backup_why(t, rc);
	}
	end_drill(fd, dir);
	/* Somebody's try at another file is no drill of this machine. */
	if (code == EX_OK || t->newest)
		note_drill(home, code == EX_OK);
	return code;
}

int tool_backup_verify(struct tool *t)
{
	struct key32 secret = {{0}};
	struct process p;
	int code = offline_begin(t, &p);

	if (code == EX_OK)
		code = tool_backup_secret(t, &secret);
	if (code == EX_OK)
		code = offline_note(t, &p.config, CTL_BACKUP_VERIFY);
	if (code == EX_OK)
		code = verify(t, &p, &secret);
	key32_wipe(&secret);
	offline_end(&p);
	return code;
}
