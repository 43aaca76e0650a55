/*
 * rowan setup, unlock, lock, status and the like: this device.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rowan.h>
#include <sodium.h>

#include "agent/agent.h"
#include "agent/line.h"
#include "cmd/families.h"
#include "cmd/remote.h"
#include "trust/invite.h"
#include "ui/file.h"
#include "ui/mem.h"
#include "ui/pass.h"
#include "ui/table.h"
#include "ui/when.h"
#include "ui/words.h"

#define ANSWER_MAX ((size_t)256 * 1024)
#define INVITE_MAX ((size_t)4096)

/* ---- setup
 * --------------------------------------------------------------------- */

static const struct command_option setup_options[] = {
	{"invite", 'i', "TEXT",
		N_("redeem an invite; - or nothing: asked for, so that it does "
		   "not stay in the shell's history"),
		COMMAND_TEXT},
	{"authority", 0, "FILE",
		N_("begin by files: the clinic's authority.txt"), COMMAND_FILE},
	{"agency", 0, "CODE", N_("by files: your agency"), COMMAND_TEXT},
	{"rights", 0, "LIST",
		N_("by files: rights to ask for (enrol,coordinate,duty,audit)"),
		COMMAND_TEXT},
	{"witness", 0, NULL, N_("by files: ask for a witness's card"),
		COMMAND_TEXT},
	{"member", 0, "ID",
		N_("by files: a further device of this member, yours"),
		COMMAND_TEXT},
	{"request", 0, "FILE",
		N_("where the request goes: by files (card.request), or with "
		   "an invite to a further device"),
		COMMAND_FILE},
	{"answer", 0, "FILE", N_("by files: take in the authority's answer"),
		COMMAND_FILE},
	{"yes", 'y', NULL, N_("the codes were compared and are the same"),
		COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

/* A vault, unlocked. */
static int setup_vault(struct run *r)
{
	json_t *ret = NULL, *request;
	struct pass pass;
	bool vault, locked;
	int code = remote_call(r, json_pack("{s:s}", "op", "status"), &ret);

	vault = json_flag(ret, "vault");
	locked = json_flag(ret, "locked");
	json_decref(ret);
	if (code != EXIT_DONE)
		return code;
	if (vault)
		return locked ? remote_unlock(r) : EXIT_DONE;
	ui_note(&r->ui,
		_("This device gets a vault. Choose a passphrase that only you "
		  "know; nobody can give you another one if you forget it."));
	code = pass_new(&r->ui, _("New passphrase:"), &pass);
	if (code != EXIT_DONE)
		return code;
	request = json_pack(
		"{s:s,s:s%}", "op", "create", "passphrase", pass.b, pass.len);
	pass_wipe(&pass);
	ret = NULL;
	code = remote_call(r, request, &ret);
	json_decref(ret);
	return code;
}

static bool rights_of(const char *text, unsigned *ret)
{
	static const char *const names[] = {
		"enrol", "coordinate", "duty", "audit"};

	*ret = 0;
	while (text != NULL && *text != '\0') {
		size_t len = strcspn(text, ","), i;

		for (i = 0; i < 4; i++)
			if (strlen(names[i]) == len &&
				memcmp(names[i], text, len) == 0)
				break;
		if (i == 4)
			return false;
		*ret |= 1U << i;
		text += len;
		text += *text == ',';
	}
	return true;
}

/* What cannot be is said before there is a vault and a passphrase for it. */
static int setup_look(const struct run *r)
{
	const char *answer = run_option(r, "answer"), *path;
	unsigned rights;

	path = answer != NULL ? answer : run_option(r, "authority");
	if (path == NULL)
		return EXIT_DONE;
	if (answer == NULL && run_option(r, "agency") == NULL)
		return run_usage(r, _("--agency is missing"));
	if (answer == NULL && !rights_of(run_option(r, "rights"), &rights))
		return run_usage(r, _("rights are enrol, coordinate, duty and "
				      "audit"));
	return file_there(&r->ui, path);
}

static int setup_install(struct run *r, const char *path, bool *ret_enrolled)
{
	struct buf text;
	json_t *ret = NULL;
	int code = file_read(&r->ui, path, ANSWER_MAX, &text);

	*ret_enrolled = false;
	if (code != EXIT_DONE)
		return code;
	ret = json_pack("{s:s,s:s%}", "op", "install", "text",
		text.data != NULL ? (const char *)text.data : "", text.len);
	buf_wipe(&text);
	if (ret == NULL)
		return ui_fail(
			&r->ui, EXIT_INPUT, NULL, _("%s is not text"), path);
	code = remote_call(r, ret, &ret);
	*ret_enrolled = code == EXIT_DONE && json_flag(ret, "enrolled");
	if (code == EXIT_DONE)
		json_decref(ret);
	return code;
}

static bool has_right(const json_t *status, const char *right)
{
	json_t *one;
	size_t i;

	json_array_foreach (json_object_get(status, "rights"), i, one)
		if (strcmp(json_string_value(one), right) == 0)
			return true;
	return false;
}

static int setup_done(struct run *r)
{
	json_t *ret = NULL, *error = NULL;

	(void)remote_try(r, json_pack("{s:s}", "op", "status"), &ret, &error);
	ui_note(&r->ui, _("This device is enrolled. What now?\n"
			  "  rowan status       how things stand"));
	if (strcmp(json_text(ret, "role"), "witness") == 0)
		ui_note(&r->ui,
			_("  rowan witness      follow the clinic's log and "
			  "cosign it; rowan config lock_minutes 0 first"));
	else
		ui_note(&r->ui,
			_("  rowan name 'Sam'   what the others see as your "
			  "name\n"
			  "  rowan cases        your cases, with numbers\n"
			  "  rowan inbox        what is unread\n"
			  "  rowan read 1       read the case with that "
			  "number\n"
			  "  rowan send 1       write to it"));
	if (has_right(ret, "coordinate"))
		ui_note(&r->ui, _("  rowan open police  a referral that police "
				  "made; then rowan assign"));
	if (has_right(ret, "enrol"))
		ui_note(&r->ui, _("  rowan invite 1     its victim, who sits "
				  "beside you"));
	if (has_right(ret, "audit"))
		ui_note(&r->ui, _("  rowan audit verify whether the log is "
				  "what was signed; rowan audit timeline: who "
				  "did what"));
	json_decref(ret);
	json_decref(error);
	ui_json(&r->ui, json_pack("{s:b}", "enrolled", 1));
	return EXIT_DONE;
}

static int setup_request(struct run *r)
{
	const char *agency = run_option(r, "agency");
	const char *path = run_option(r, "request");
	json_t *ret = NULL;
	unsigned rights;
	bool enrolled;
	char *safe;
	int code;

	(void)rights_of(run_option(r, "rights"), &rights);
	if (path == NULL)
		path = "card.request";
	code = setup_install(r, run_option(r, "authority"), &enrolled);
	if (code == EXIT_DONE)
		code = remote_call(r,
			json_pack("{s:s,s:s,s:i,s:s*,s:s}", "op", "request",
				"agency", agency, "rights", (int)rights,
				"member", run_option(r, "member"), "role",
				run_option(r, "witness") != NULL
					? "witness"
					: "caseworker"),
			&ret);
	if (code == EXIT_DONE)
		code = file_write(&r->ui, path,
			bytes_of(json_text(ret, "request"),
				strlen(json_text(ret, "request"))),
			0);
	if (code == EXIT_DONE) {
		char print[48];

		if (request_fingerprint(json_text(ret, "request"), print))
			ui_say(&r->ui, _("fingerprint: %s"), print);
		safe = ui_safe(&r->ui, path);
		ui_note(&r->ui,
			_("Send %s to the clinic's authority, and read the "
			  "fingerprint to them over another line. When the "
			  "answer comes: rowan setup --answer FILE"),
			safe);
		ui_json(&r->ui, json_pack("{s:s,s:s}", "request", path,
					"fingerprint", print));
		free(safe);
	}
	json_decref(ret);
	return code;
}

/* A further device: a file to which one that this person has consents. */
static int setup_further(struct run *r, const char *path)
{
	json_t *ret = NULL;
	char print[48], *safe;
	int code =
		remote_call(r, json_pack("{s:s}", "op", "enrol-request"), &ret);

	if (code == EXIT_DONE)
		code = file_write(&r->ui, path,
			bytes_of(json_text(ret, "request"),
				strlen(json_text(ret, "request"))),
			0);
	if (code == EXIT_DONE &&
		request_fingerprint(json_text(ret, "request"), print)) {
		safe = ui_safe(&r->ui, path);
		ui_say(&r->ui, _("fingerprint: %s"), print);
		ui_note(&r->ui,
			_("Carry %s to the device you have: rowan consent "
			  "FILE. It must show the same fingerprint."),
			safe);
		free(safe);
	}
	json_decref(ret);
	return code;
}

/* Of one that was typed in groups, all or most of it, each is checked. */
static int mistyped(struct run *r, const char *invite)
{
	struct invite i;
	size_t group;
	int rc = invite_read(bytes_of(invite, strlen(invite)), &i, &group);

	invite_wipe(&i);
	if (rc == 0 || group == 0 || strlen(invite) < INVITE_CODE_LEN)
		return EXIT_DONE;
	return ui_fail(&r->ui, EXIT_INPUT,
		_("have that group read out again: five characters and the one "
		  "that checks them"),
		_("there is a mistake in group %zu of the invite"), group);
}

static int setup_invite(struct run *r, const char *invite)
{
	json_t *ret = NULL;
	char *line = NULL;
	bool same = run_option(r, "yes") != NULL;
	int code = EXIT_DONE;

	if (invite == NULL || strcmp(invite, "-") == 0) {
		ui_note(&r->ui,
			_("A colleague with the right to enrol makes an "
			  "invite: "
			  "rowan invite --colleague. The first devices of a "
			  "clinic, and those with rights, begin by files: "
			  "rowan setup --authority authority.txt --agency "
			  "CODE. What the authority answers is for rowan setup "
			  "--answer FILE."));
		code = ui_line(&r->ui, _("Invite (as scanned or typed):"),
			"--invite", &line);
		invite = line;
	}
	if (code == EXIT_DONE && *invite == '\0')
		code = ui_fail(&r->ui, EXIT_INPUT,
			_("the same command asks again"),
			_("without an invite nothing can be set up"));
	if (code == EXIT_DONE && strlen(invite) > INVITE_MAX)
		code = ui_fail(&r->ui, EXIT_INPUT,
			_("an invite is one line and begins with ROWAN:"),
			_("that is too long for an invite"));
	if (code == EXIT_DONE)
		code = mistyped(r, invite);
	if (code == EXIT_DONE) {
		ui_note(&r->ui, _("Talking to the clinic ..."));
		code = remote_call(r,
			json_pack("{s:s,s:s,s:i}", "op", "enrol", "invite",
				invite, "wait", 60),
			&ret);
	}
	free(line);
	if (code == EXIT_DONE && json_flag(ret, "pending"))
		code = ui_fail(&r->ui, EXIT_OFFLINE,
			_("the same command goes on where it was"),
			_("the clinic has not answered yet"));
	if (code == EXIT_DONE) {
		ui_say(&r->ui, _("Code: %s"), json_text(ret, "code"));
		if (r->ui.json && !same)
			ui_lead(&r->ui, _("Code: %s"), json_text(ret, "code"));
		ui_note(&r->ui, _("Let the person who invited you read theirs, "
				  "then read this one aloud. They must be the "
				  "same."));
		if (!same)
			code = ui_ask(
				&r->ui, _("Is it the same?"), "--yes", &same);
		if (code == EXIT_DONE && !same)
			code = ui_fail(&r->ui, EXIT_DIFFERENT,
				_("tell them to withdraw the invite and make "
				  "a new one"),
				_("the codes differ: somebody may be in "
				  "between"));
	}
	json_decref(ret);
	ret = NULL;
	if (code == EXIT_DONE && run_option(r, "request") != NULL)
		code = setup_further(r, run_option(r, "request"));
	if (code == EXIT_DIFFERENT)
		(void)remote_call(
			r, json_pack("{s:s}", "op", "enrol-cancel"), &ret);
	if (code == EXIT_DONE) {
		ui_note(&r->ui, _("Waiting for them to confirm ..."));
		code = remote_call(r,
			json_pack("{s:s,s:i}", "op", "enrolled", "wait", 600),
			&ret);
	}
	if (code == EXIT_DONE && json_flag(ret, "pending"))
		code = ui_fail(&r->ui, EXIT_OFFLINE,
			_("the same command goes on where it was"),
			_("they have not confirmed yet"));
	json_decref(ret);
	return code == EXIT_DONE ? setup_done(r) : code;
}

static int setup_run(struct run *r)
{
	const char *answer = run_option(r, "answer");
	bool enrolled;
	int code = setup_look(r);

	if (code == EXIT_DONE)
		code = setup_vault(r);
	if (code != EXIT_DONE)
		return code;
	if (answer != NULL) {
		code = setup_install(r, answer, &enrolled);
		if (code == EXIT_DONE && !enrolled)
			return ui_fail(&r->ui, EXIT_INPUT,
				_("ask the authority for the whole answer"),
				_("%s has no card for this device"), answer);
		return code == EXIT_DONE ? setup_done(r) : code;
	}
	if (run_option(r, "authority") != NULL)
		return setup_request(r);
	return setup_invite(r, run_option(r, "invite"));
}

/* ---- lock and unlock
 * ---------------------------------------------------------------- */

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
	json_t *ret = NULL;
	bool vault, locked;
	int code = remote_call(r, json_pack("{s:s}", "op", "status"), &ret);

	vault = json_flag(ret, "vault");
	locked = json_flag(ret, "locked");
	json_decref(ret);
	if (code != EXIT_DONE)
		return code;
	if (!vault)
		return ui_fail(&r->ui, EXIT_NO_SETUP,
			_("rowan setup begins it"),
			_("this device is not set up"));
	if (locked)
		code = remote_unlock(r);
	if (code == EXIT_DONE) {
		ui_note(&r->ui, _("The vault is open."));
		ui_json(&r->ui, json_object());
	}
	return code;
}

/* No agent: nothing is open. */
static int when_running(struct run *r, const char *op, const char *words)
{
	json_t *ret = NULL, *error = NULL;
	int code;

	remote_start_allowed(r, false);
	code = remote_try(r, json_pack("{s:s}", "op", op), &ret, &error);
	if (code != EXIT_DONE && code != EXIT_OFFLINE && error != NULL)
		code = remote_say_error(r, error);
	else
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
	if (code != EXIT_DONE || !sure)
		return code;
	return simple(r, "wipe",
		_("It is gone. A coordinator should revoke "
		  "this device."));
}

/* ---- status
 * ---------------------------------------------------------------------- */

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
		ui_say(&r->ui, _("Rights:   %s"), text);
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
	ui_say(&r->ui, _("Card:     %s, %s"), words_said(json_text(s, "role")),
		agency);
	free(agency);
	if (*json_text(s, "name") != '\0') {
		char *name = ui_safe(&r->ui, json_text(s, "name"));

		ui_say(&r->ui, _("Name:     %s"), name);
		free(name);
	}
	say_rights(r, json_object_get(s, "rights"));
	when_text((uint64_t)json_number(s, "expires"),
		(uint64_t)json_number(s, "now"), when);
	if (*when != '\0')
		ui_say(&r->ui, _("Valid to: %s"), when);
	ui_say(&r->ui, _("Daemon:   %s"), link_words(s));
	ui_say(&r->ui, _("Unread:   %lld"),
		(long long)json_number(s, "unread"));
	if (json_flag(s, "revoked"))
		ui_say(&r->ui, _("Trouble:  this device was revoked"));
	if (json_flag(s, "expired"))
		ui_say(&r->ui, _("Trouble:  this device's card has expired; "
				 "ask the authority to renew it"));
	if (json_flag(s, "old_copy"))
		ui_say(&r->ui, _("Trouble:  this vault is an old copy; rowan "
				 "readmit asks to be taken in anew"));
	if (*json_text(s, "fault") != '\0')
		ui_say(&r->ui, _("Trouble:  %s"), json_text(s, "fault"));
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

/* ---- settings, agent
 * -------------------------------------------------------------- */

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
		return ui_fail(&r->ui, code, NULL,
			_("an agent runs for %s already"), r->home);
	if (code != EXIT_DONE)
		return ui_fail(&r->ui, code, NULL,
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
