/*
 * The table of rowanctl's commands, and what they share: see tool.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "ctl/call.h"
#include "ctl/client.h"
#include "ctl/health.h"
#include "ctl/tool.h"

/* clang-format off */
static const struct tool_command table[] = {
	{"status", "", "how the daemon stands", CTL_STATUS, 0, 0, NULL},
	{"health", "", "every check; leaves with 0 ok, 1 warning, 2 critical,"
		" 3 unknown", CTL_HEALTH, 0, 0, NULL},
	{"metrics", "[--output FILE]", "OpenMetrics text, or a file for a node"
		" exporter", CTL_METRICS, 0, 0, tool_metrics},
	{"sessions", "", "connections, as counts", CTL_SESSIONS, 0, 0, NULL},
	{"check-config", "[FILE]", "everything that is wrong with a"
		" configuration", 0, 0, 1, tool_check_config},
	{"reload", "[--wait]", "read the configuration again", CTL_RELOAD, 0, 0,
		tool_reload},
	{"drain", "[--wait]", "finish what was taken and end", CTL_DRAIN, 0, 0,
		tool_drain},
	{"loglevel", "LEVEL [--for TIME]", "say more or less, for a time",
		CTL_LOGLEVEL, 1, 1, tool_loglevel},
	{"clock show", "", "the daemon's time and whether it is trusted",
		CTL_CLOCK, 0, 0, NULL},
	{"clock accept", "", "vouch for the machine's clock",
		CTL_CLOCK_ACCEPT, 0, 0, NULL},
	{"cards import", "[--dry-run] FILE", "take in signed statements",
		CTL_IMPORT, 1, 1, tool_import},
	{"cards export", "FILE", "the clinic's chain of statements, for the"
		" authority", CTL_EXPORT, 1, 1, tool_export},
	{"cards list", "[ROLE]", "every card and how it stands", CTL_CARDS,
		0, 1, tool_list},
	{"devices list", "[ROLE]", "every device and what waits for it",
		CTL_DEVICES, 0, 1, tool_list},
	{"devices revoke", "[--dry-run] FILE", "take in signed revocations",
		CTL_REVOKE, 1, 1, tool_revoke},
	{"invites list", "[--all]", "open invites, or all that are remembered",
		CTL_INVITES, 0, 0, tool_invites},
	{"invites end", "NUMBER", "end an invite", CTL_INVITE_END, 1, 1,
		tool_invite_end},
	{"quotas", "[DEVICE]", "limits, or what a device uses of them",
		CTL_QUOTAS, 0, 1, tool_quotas},
	{"key show", "", "public transport keys and their cards", CTL_KEYS,
		0, 0, NULL},
	{"key request", "[--next] AGENCY", "ask the authority for the daemon's"
		" card", 0, 1, 1, tool_key_request},
	{"key rotate", "[--dry-run] FOLDER", "make the next transport and log"
		" keys", 0, 1, 1, tool_key_rotate},
	{"key retire", "[--dry-run] [--for TIME]", "let the next keys take"
		" over", CTL_KEYS, 0, 0, tool_key_retire},
	{"retention show", "", "how long things stay, and what is over",
		CTL_RETENTION, 0, 0, NULL},
	{"retention run", "[--dry-run]", "erase now what is over",
		CTL_RETENTION_RUN, 0, 0, tool_retention_run},
	{"backup keygen", "SECRET PUBLIC", "make the key backups are sealed to",
		0, 2, 2, tool_backup_keygen},
	{"backup now", "", "make a backup", CTL_BACKUP_NOW, 0, 0, NULL},
	{"backup list", "", "backups in the folder", CTL_BACKUP_LIST, 0, 0,
		NULL},
	{"backup verify", "[--key FILE] --newest | FILE", "restore aside and"
		" check all of it", 0, 0, 1, tool_backup_verify},
	{"backup restore", "[--key FILE] FILE --into FOLDER"
		" [--last GUARD] [--lost FOLDER]",
		"restore into an empty folder", 0, 1, 1, tool_backup_restore},
	{"backup finish", "FOLDER STATEMENTS [ERASED ...]",
		"finish a restore that the authority signed", 0, 2,
		2 + TOOL_ERASED_MAX, tool_backup_finish},
	{"store check", "", "every invariant of the database",
		CTL_STORE_CHECK, 0, 0, tool_store_check},
	{"store migrate", "[--dry-run]", "bring the database to this version",
		0, 0, 0, tool_store_migrate},
	{"store vacuum", "", "give free pages back to the file system",
		CTL_STORE_VACUUM, 0, 0, tool_store_vacuum},
	{"audit verify", "", "the whole audit log against its head",
		CTL_AUDIT_VERIFY, 0, 0, NULL},
	{"support-bundle", "[--yes] FILE", "what a supporter may need to see,"
		" without people in it", 0, 1, 1, tool_bundle},
};
/* clang-format on */

const struct tool_command *tool_at(size_t i)
{
	return i < sizeof table / sizeof *table ? &table[i] : NULL;
}

static int show(struct tool *t, const struct buf *raw)
{
	struct ctl_view v;
	int rc = ctl_answer_decode(buf_view(raw), &v);

	if (rc != 0) {
		fprintf(stderr, "rowanctl: the answer: %s\n",
			rowan_strerror(rc));
		return EX_PROTOCOL;
	}
	t->shown = true;
	if (t->json)
		client_json(v, stdout);
	else
		client_text(v, stdout, stderr);
	return fflush(stdout) == 0 ? v.code : EX_IOERR;
}

int tool_show(struct tool *t, struct ctl_answer *a)
{
	struct buf raw = {NULL, 0};
	struct writer w;
	int code = EX_OSERR;

	writer_init(&w, CTL_ANSWER_MAX);
	if (ctl_answer_encode(a, &w) == 0 && writer_finish(&w, &raw) == 0)
		code = show(t, &raw);
	writer_wipe(&w);
	buf_wipe(&raw);
	ctl_answer_wipe(a);
	return code;
}

static int fail(struct tool *t, int code, const char *words)
{
	struct ctl_answer a;

	ctl_answer_init(&a);
	ctl_say(&a, (uint8_t)code, "%s", words);
	return tool_show(t, &a);
}

/* Nobody has said what became of it. */
static int unanswered(
	struct tool *t, const struct ctl_request *q, int code, const char *why)
{
	const struct ctl_entry *e = ctl_find(q->op);
	bool looks = e == NULL || e->kind == CTL_LOOK || e->kind == CTL_LONG;
	char words[160];

	snprintf(words, sizeof words, "%s%s", why,
		looks ? ""
		      : ". It may be done all the same: look before you do it "
			"again");
	return fail(t, q->op == CTL_HEALTH ? HEALTH_UNKNOWN : code, words);
}

int tool_ask(struct tool *t, const struct ctl_request *q)
{
	struct ctl_request mine = *q;
	struct buf raw;
	int rc, code;

	mine.uid = (uint32_t)getuid();
	rc = client_call(t->socket, &mine, &raw);
	switch (rc) {
	case 0: break;
	case ROWAN_E_NOT_FOUND:
		return fail(t,
			q->op == CTL_HEALTH ? HEALTH_UNKNOWN : EX_UNAVAILABLE,
			"no rowand listens at the control socket");
	case ROWAN_E_REFUSED:
		return fail(t, q->op == CTL_HEALTH ? HEALTH_UNKNOWN : EX_NOPERM,
			"you may not: root and the members of the group "
			"rowand may");
	case ROWAN_E_AGAIN:
		return unanswered(t, q, EX_TEMPFAIL,
			"rowand does not answer: it hangs, or the disk does");
	case ROWAN_E_IO:
		return unanswered(t, q, EX_UNAVAILABLE,
			"rowand ended before it answered");
	case ROWAN_E_INVAL:
		return fail(t, EX_USAGE,
			"an argument is too long, or has characters that no "
			"name has");
	default:
		return fail(t,
			q->op == CTL_HEALTH ? HEALTH_UNKNOWN : EX_PROTOCOL,
			rowan_strerror(rc));
	}
	code = show(t, &raw);
	buf_wipe(&raw);
	/* Monitoring knows four codes, whatever kept the daemon from it. */
	return q->op == CTL_HEALTH && code > HEALTH_UNKNOWN ? HEALTH_UNKNOWN
							    : code;
}

static int read_all(int fd, size_t max, struct buf *ret)
{
	uint8_t part[4096];
	struct writer w;
	ssize_t n;

	writer_init(&w, max);
	while ((n = read(fd, part, sizeof part)) > 0)
		writer_raw(&w, part, (size_t)n);
	if (n == 0)
		return writer_finish(&w, ret);
	writer_wipe(&w);
	return ROWAN_E_IO;
}

int tool_read(const char *path, size_t max, struct buf *ret)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO
					: open(path, O_RDONLY | O_CLOEXEC);
	int rc = ROWAN_E_IO;

	*ret = (struct buf){NULL, 0};
	if (fd >= 0)
		rc = read_all(fd, max, ret);
	if (fd > STDIN_FILENO)
		close(fd);
	if (rc != 0)
		fprintf(stderr, "rowanctl: %s: %s\n", path,
			fd < 0 ? strerror(errno) : rowan_strerror(rc));
	return rc;
}
