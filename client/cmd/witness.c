/*
 * rowan witness: an agency's own eyes on the log. It follows, checks that the
 * log only grows, keeps what it verified, and then cosigns; over the normal
 * connection, or by files on a machine without one. It never signs what
 * contradicts what it signed before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/families.h"
#include "cmd/remote.h"
#include "ui/file.h"
#include "ui/when.h"
#include "ui/words.h"

#define REQUEST_MAX (128 * 1024)
#define PATIENCE_S  60

static const struct command_option run_options[] = {
	{"every", 'e', "SECONDS", N_("between two looks at the log (60)"),
		COMMAND_TEXT},
	{"once", 'o', NULL, N_("look once, cosign, and end"), COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static int log_state(struct run *r, json_t **ret)
{
	return remote_call(r, json_pack("{s:s}", "op", "log"), ret);
}

/* A look: what the daemon shows is checked, kept and cosigned on the way. */
static int look(struct run *r)
{
	json_t *ret = NULL;
	int code = remote_call(r,
		json_pack("{s:s,s:s,s:i}", "op", "audit", "kind", "request",
			"wait", PATIENCE_S),
		&ret);
	bool late = code == EXIT_DONE && json_flag(ret, "pending");

	json_decref(ret);
	return late ? EXIT_OFFLINE : code;
}

static int tell(struct run *r, json_int_t *last)
{
	char when[WHEN_LEN];
	json_t *ret = NULL;
	int code = log_state(r, &ret);

	if (code != EXIT_DONE)
		return code;
	if (json_object_get(ret, "key") == NULL) {
		json_decref(ret);
		return ui_fail(&r->ui, EXIT_NOT_ALLOWED,
			_("the authority cards one: rowan setup --witness"),
			_("this device is no witness"));
	}
	if (json_number(ret, "size") > *last) {
		*last = json_number(ret, "size");
		when_text((uint64_t)json_number(ret, "time"), 0, when);
		ui_say(&r->ui,
			ngettext("cosigned: %lld entry, signed %s",
				"cosigned: %lld entries, signed %s",
				(unsigned long)*last),
			(long long)*last, when);
		ui_json(&r->ui, json_incref(ret));
		(void)fflush(stdout);
	}
	json_decref(ret);
	return EXIT_DONE;
}

static int witness_run(struct run *r)
{
	unsigned long every = 60;
	json_int_t last = 0;
	bool once = run_option(r, "once") != NULL;
	int code = run_number(r, "every", 1, 86400, &every);

	while (code == EXIT_DONE) {
		code = look(r);
		/* Nobody there, nothing to be believed yet, or no room here:
		 * what was cosigned stands, and we wait. */
		if (code == EXIT_OFFLINE && !once)
			ui_note(&r->ui, _("no answer from the daemon"));
		if (!once && (code == EXIT_OFFLINE || code == EXIT_LATER ||
				     code == EXIT_MACHINE)) {
			code = EXIT_DONE;
		} else if (code == EXIT_OFFLINE) {
			return ui_fail(&r->ui, code,
				_("rowan status tells whether there is a "
				  "connection"),
				_("no answer from the daemon"));
		}
		if (code == EXIT_DONE)
			code = tell(r, &last);
		if (code != EXIT_DONE || once)
			break;
		(void)nanosleep(
			&(struct timespec){.tv_sec = (time_t)every}, NULL);
	}
	return code;
}

static int sign_run(struct run *r)
{
	json_t *ret = NULL;
	struct buf text;
	const char *line;
	int code = file_read(
		&r->ui, r->argc > 0 ? r->argv[0] : "-", REQUEST_MAX, &text);

	if (code != EXIT_DONE)
		return code;
	code = remote_call(r,
		json_pack("{s:s,s:s%}", "op", "witness", "request",
			text.len > 0 ? (const char *)text.data : "", text.len),
		&ret);
	buf_wipe(&text);
	if (code != EXIT_DONE)
		return code;
	line = json_text(ret, "cosignature");
	if (r->argc > 1)
		code = file_write(
			&r->ui, r->argv[1], bytes_of(line, strlen(line)), 0);
	else if (!r->ui.json)
		(void)fputs(line, stdout);
	ui_json(&r->ui, ret);
	return code;
}

static int erased_run(struct run *r)
{
	json_t *ret = NULL;
	const char *text;
	int code = remote_call(r, json_pack("{s:s}", "op", "erased"), &ret);

	if (code != EXIT_DONE)
		return code;
	text = json_text(ret, "statements");
	if (*text == '\0')
		ui_note(&r->ui, _("this witness has seen no case erased"));
	else if (r->argc > 0)
		code = file_write(
			&r->ui, r->argv[0], bytes_of(text, strlen(text)), 0);
	else if (!r->ui.json)
		(void)fputs(text, stdout);
	ui_json(&r->ui, ret);
	return code;
}

static int status_run(struct run *r)
{
	char when[WHEN_LEN];
	json_t *ret = NULL;
	int code = log_state(r, &ret);

	if (code != EXIT_DONE)
		return code;
	when_text((uint64_t)json_number(ret, "time"), 0, when);
	ui_say(&r->ui,
		ngettext("Verified: %lld entry", "Verified: %lld entries",
			(unsigned long)json_number(ret, "size")),
		(long long)json_number(ret, "size"));
	if (*when != '\0')
		ui_say(&r->ui, _("Signed:   %s"), when);
	if (json_object_get(ret, "key") != NULL)
		ui_say(&r->ui, _("Key:      %s"), json_text(ret, "key"));
	if (json_number(ret, "conflicts") > 0)
		ui_say(&r->ui,
			_("The log has contradicted itself: rowan conflict "
			  "list"));
	ui_json(&r->ui, ret);
	return EXIT_DONE;
}

const struct command witness_commands[] = {
	{"witness", "", 0, 0, COMMAND_TEXT,
		N_("follow the log and cosign it, until interrupted"),
		N_("For a device with a witness's card (rowan setup "
		   "--witness). It checks that the log only grows, keeps what "
		   "it verified, and only then cosigns. A log that forks or "
		   "shrinks is refused: exit code 18. Set lock_minutes to 0."),
		0, run_options, witness_run},
	{"witness sign", "[REQUEST [ANSWER]]", 0, 2, COMMAND_FILE,
		N_("answer a request that came as a file"),
		N_("The request and the answer are those of C2SP tlog-witness "
		   "(rowan audit request, or any tool that speaks it). What "
		   "is vouched for is kept before the answer is written."),
		0, NULL, sign_run},
	{"witness erased", "[FILE]", 0, 1, COMMAND_FILE,
		N_("what this device keeps of erased cases"),
		N_("The statements that erased them. When the relay comes "
		   "back from a backup, rowanctl backup finish takes this "
		   "file and erases those cases again."),
		0, NULL, erased_run},
	{"witness status", "", 0, 0, COMMAND_TEXT,
		N_("what this device has verified of the log"),
		N_("And, of a witness, the verifier key for policy files; and "
		   "whether the log has contradicted itself."),
		0, NULL, status_run},
	{NULL, NULL, 0, 0, COMMAND_TEXT, NULL, NULL, 0, NULL, NULL}};
