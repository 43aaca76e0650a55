/*
 * rowan unlock, lock, status and the like: this device. Its beginning, rowan
 * setup, is in setup.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "agent/agent.h"
#include "agent/line.h"
#include "cmd/families.h"
#include "cmd/remote.h"
#include "ui/pass.h"
#include "ui/text.h"
#include "ui/when.h"
#include "ui/words.h"

/* ---- lock and unlock ---------------------------------------------------- */

static int simple(struct run *r, const char *op, const char *words)
{
	json_t *ret = NULL;
	int code = remote_call(r, json_pack("{s:s}", "op", op), &ret);

	json_decref(ret);
	if (code == EXIT_DONE && words != NULL)
		ui_note(&r->ui, "%s", words);
	if (code == EXIT_DONE)
		ui_json(&r->ui, json_object());
	return code;
}

static int unlock_run(struct run *r)
{
	bool vault;
	int code = remote_open(r, &vault);

	if (code != EXIT_DONE)
		return code;
	if (!vault)
		return ui_fail(&r->ui, EXIT_NO_SETUP,
			_("rowan setup begins it"),
			_("this device is not set up"));
	ui_note(&r->ui, _("The vault is open."));
	ui_json(&r->ui, json_object());
	return EXIT_DONE;
}

/* No agent: nothing is open. */
static int when_running(struct run *r, const char *op, const char *words)
{
	json_t *ret = NULL, *error = NULL;
	int code;

	remote_start_allowed(r, false);
	code = remote_try(r, json_pack("{s:s}", "op", op), &ret, &error);
	if (error != NULL)
		code = remote_say_error(r, error);
	else if (code == EXIT_OFFLINE)
		code = EXIT_DONE;
	json_decref(ret);
	json_decref(error);
	if (code == EXIT_DONE) {
		ui_note(&r->ui, "%s", words);
		ui_json(&r->ui, json_object());
	}
	return code;
}

static int lock_run(struct run *r)
{
	return when_running(r, "lock", _("The vault is locked."));
}

static int passphrase_run(struct run *r)
{
	struct pass old, fresh = {NULL, 0};
	json_t *ret = NULL, *request;
	int code = pass_get(&r->ui, _("Present passphrase:"), &old);

	if (code == EXIT_DONE)
		code = pass_new(&r->ui, _("New passphrase:"), &fresh);
	if (code == EXIT_DONE && old.len == fresh.len &&
		sodium_memcmp(old.b, fresh.b, old.len) == 0)
		code = ui_fail(&r->ui, EXIT_INPUT,
			_("in scripts --passphrase-fd gives both, a line each"),
			_("the new passphrase is the present one"));
	if (code == EXIT_DONE) {
		request = json_pack("{s:s,s:s%,s:s%}", "op", "passphrase",
			"passphrase", old.b, old.len, "new", fresh.b,
			fresh.len);
		code = remote_call(r, request, &ret);
	}
	pass_wipe(&old);
	pass_wipe(&fresh);
	json_decref(ret);
	if (code == EXIT_DONE) {
		ui_note(&r->ui, _("From now on the new passphrase opens it."));
		ui_json(&r->ui, json_object());
	}
	return code;
}

static const struct command_option wipe_options[] = {
	{"yes", 'y', NULL, N_("do not ask"), COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static int wipe_run(struct run *r)
{
	bool sure = run_option(r, "yes") != NULL;
	int code = EXIT_DONE;

	if (!sure)
		code = ui_ask(&r->ui,
			_("Everything on this device is lost for ever, unsent "
			  "messages too. Do it?"),
			"--yes", &sure);
	if (code == EXIT_DONE && !sure)
		return ui_fail(&r->ui, EXIT_OTHER, NULL, _("nothing was done"));
	if (code != EXIT_DONE)
		return code;
	return simple(r, "wipe",
		_("It is gone. A coordinator should revoke "
		  "this device."));
}

/* ---- status ------------------------------------------------------------- */

/* "Heading:  words", both at hand to whoever translates; folded beside it. */
__attribute__((format(printf, 2, 3))) static void say_one(
	const struct run *r, const char *format, ...)
{
	char *line = NULL, *words;
	va_list ap;
	size_t head;

	va_start(ap, format);
	if (vasprintf(&line, format, ap) < 0)
		line = NULL;
	va_end(ap);
	if (line == NULL || r->ui.json) {
		free(line);
		return;
	}
	words = strchr(line, ':');
	words = words != NULL ? words + 1 + strspn(words + 1, " ") : line;
	head = text_width(line) - text_width(words);
	(void)printf("%.*s", (int)(words - line), line);
	ui_beside(&r->ui, head, words);
	free(line);
}

static void say_rights(const struct run *r, const json_t *list)
{
	char text[128] = "";
	size_t i;
	json_t *one;

	json_array_foreach (list, i, one) {
		if (i > 0)
			(void)strcat(text, ", ");
		(void)strncat(text, json_string_value(one), 20);
	}
	if (*text != '\0')
		say_one(r, _("Rights:   %s"), text);
}

static const char *link_words(const json_t *s)
{
	const char *link = json_text(s, "link");
	const char *card = json_text(s, "daemon_card");

	if (strcmp(card, "expired") == 0)
		return _("its card has ended; what is said waits here until it "
			 "is renewed");
	if (strcmp(card, "revoked") == 0)
		return _("its card was revoked; what is said waits here");
	if (strcmp(link, "current") == 0)
		return _("connected, nothing is missing");
	if (strcmp(link, "up") == 0)
		return _("connected, catching up");
	if (strcmp(link, "trying") == 0)
		return _("no connection; it is tried again by itself");
	if (strcmp(link, "refused") == 0)
		return _("the daemon does not let this device in");
	return _("not connected");
}

static void say_status(const struct run *r, const json_t *s)
{
	char when[WHEN_LEN];
	char *agency;

	if (!json_flag(s, "vault")) {
		ui_say(&r->ui,
			_("This device is not set up. rowan setup begins "
			  "it."));
		return;
	}
	if (json_flag(s, "locked")) {
		ui_say(&r->ui,
			_("The vault is locked. rowan unlock opens it."));
		return;
	}
	if (!json_flag(s, "enrolled")) {
		ui_say(&r->ui,
			_("The vault is open; this device has no card yet. "
			  "rowan setup goes on with an invite, rowan setup "
			  "--answer FILE with what the authority signed."));
		return;
	}
	agency = ui_safe(&r->ui, json_text(s, "agency"));
	say_one(r, _("Card:     %s, %s"), words_said(json_text(s, "role")),
		agency);
	free(agency);
	if (*json_text(s, "name") != '\0') {
		char *name = ui_safe(&r->ui, json_text(s, "name"));

		say_one(r, _("Name:     %s"), name);
		free(name);
	}
	say_rights(r, json_object_get(s, "rights"));
	when_text((uint64_t)json_number(s, "expires"),
		(uint64_t)json_number(s, "now"), when);
	if (*when != '\0')
		say_one(r, _("Valid to: %s"), when);
	say_one(r, _("Daemon:   %s"), link_words(s));
	say_one(r, _("Unread:   %lld"), (long long)json_number(s, "unread"));
	if (json_flag(s, "revoked"))
		say_one(r, _("Trouble:  this device was revoked"));
	if (json_flag(s, "expired"))
		say_one(r, _("Trouble:  this device's card has expired; "
			     "ask the authority to renew it"));
	if (json_flag(s, "old_copy"))
		say_one(r, _("Trouble:  this vault is an old copy; rowan "
			     "readmit asks to be taken in anew"));
	if (*json_text(s, "fault") != '\0')
		say_one(r, _("Trouble:  %s"), json_text(s, "fault"));
}

static int status_run(struct run *r)
{
	json_t *ret = NULL;
	int code = remote_call(r, json_pack("{s:s}", "op", "status"), &ret);

	if (code != EXIT_DONE)
		return code;
	say_status(r, ret);
	ui_json(&r->ui, ret);
	return EXIT_DONE;
}

/* ---- settings, agent ---------------------------------------------------- */

static int config_run(struct run *r)
{
	json_t *ret = NULL, *value, *settings;
	const char *name;
	int code = remote_call(r,
		json_pack("{s:s,s:s*,s:s*}", "op", "config", "key",
			r->argc > 0 ? r->argv[0] : NULL, "value",
			r->argc > 1 ? r->argv[1] : NULL),
		&ret);

	if (code != EXIT_DONE)
		return code;
	settings = json_object_get(ret, "settings");
	if (r->argc == 1 && json_object_get(settings, r->argv[0]) == NULL) {
		json_decref(ret);
		return ui_fail(&r->ui, EXIT_NOT_FOUND,
			_("rowan config lists them"),
			_("there is no setting %s"), r->argv[0]);
	}
	json_object_foreach (settings, name, value) {
		char *safe;

		if (r->argc > 0 && strcmp(name, r->argv[0]) != 0)
			continue;
		if (json_is_integer(value)) {
			ui_say(&r->ui, "%s = %lld", name,
				(long long)json_integer_value(value));
			continue;
		}
		safe = ui_safe(&r->ui, json_string_value(value));
		ui_say(&r->ui, "%s = %s", name, safe);
		free(safe);
	}
	ui_json(&r->ui, ret);
	return EXIT_DONE;
}

static const struct command_option agent_options[] = {
	{"ready-fd", 0, "N", N_("write a byte to descriptor N once it serves"),
		COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static int agent_run_run(struct run *r)
{
	unsigned long fd = 0;
	int code = run_number(r, "ready-fd", 3, 1 << 20, &fd);

	if (code != EXIT_DONE)
		return code;
	line_wipe_memory();
	code = agent_run(r->home, fd > 0 ? (int)fd : -1);
	if (code == EXIT_TAKEN)
		return ui_fail(&r->ui, code,
			_("rowan agent stop ends it; a --home of its own has "
			  "its own"),
			_("an agent runs for %s already"), r->home);
	if (code != EXIT_DONE)
		return ui_fail(&r->ui, code,
			_("the folder must be yours alone, on a disk with "
			  "room"),
			_("the agent cannot serve in %s"), r->home);
	return code;
}

static int agent_stop_run(struct run *r)
{
	return when_running(r, "stop", _("The agent has ended."));
}

static const struct command_option none[] = {
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

const struct command self_commands[] = {
	{"setup", "", 0, 0, COMMAND_TEXT,
		N_("make this device yours, from an invite or by files"),
		N_("With an invite from a colleague: rowan setup, and type or "
		   "paste it. The first devices of a clinic begin by files: "
		   "rowan setup --authority authority.txt --agency CODE makes "
		   "a request, rowan setup --answer FILE takes the answer. A "
		   "further device of yours is invited, too (rowan invite "
		   "--further): rowan setup --request FILE writes what rowan "
		   "consent on a device you have takes. "
		   "Whatever was interrupted goes on with the same command."),
		0, setup_options, setup_run},
	{"unlock", "", 0, 0, COMMAND_TEXT,
		N_("open the vault; every command asks where needed"), NULL, 0,
		none, unlock_run},
	{"lock", "", 0, 0, COMMAND_TEXT,
		N_("close the vault and the connection now"), NULL, 0, none,
		lock_run},
	{"status", "", 0, 0, COMMAND_TEXT,
		N_("how this device and its connection stand"), NULL, 0, none,
		status_run},
	{"passphrase", "", 0, 0, COMMAND_TEXT,
		N_("change the vault's passphrase"), NULL, 0, none,
		passphrase_run},
	{"wipe", "", 0, 0, COMMAND_TEXT,
		N_("destroy everything on this device"), NULL, 0, wipe_options,
		wipe_run},
	{"config", "[SETTING [VALUE]]", 0, 2, COMMAND_TEXT,
		N_("show or change settings"),
		N_("lock_minutes: the vault locks after so many minutes "
		   "without "
		   "a command, 0 for never. proxy: socks5://HOST:PORT, Tor for "
		   "instance. endpoint: tcp://HOST:PORT instead of what the "
		   "clinic said. These two hold from the next unlock on. "
		   "receipts: yes or no, whether others are told what you have "
		   "read. chat: screen, or lines for a screen reader."),
		0, none, config_run},
	{"agent run", "", 0, 0, COMMAND_TEXT,
		N_("run the agent in the foreground"),
		N_("Commands start it by themselves. A service manager may run "
		   "it instead."),
		0, agent_options, agent_run_run},
	{"agent stop", "", 0, 0, COMMAND_TEXT, N_("lock, and end the agent"),
		NULL, 0, none, agent_stop_run},
	{NULL, NULL, 0, 0, COMMAND_TEXT, NULL, NULL, 0, NULL, NULL}};
