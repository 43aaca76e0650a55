/*
 * rowan setup: how this device comes to its vault and its card, by an invite
 * or by files.
 *
 * What comes in files and from the terminal is judged by the agent and the
 * library; here it is read whole and shown safely. Never keeps an invite.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/families.h"
#include "cmd/remote.h"
#include "trust/invite.h"
#include "ui/file.h"
#include "ui/mem.h"
#include "ui/pass.h"
#include "ui/words.h"

#define ANSWER_MAX ((size_t)256 * 1024)
#define INVITE_MAX ((size_t)4096)

const struct command_option setup_options[] = {
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
	bool vault;
	int code = remote_open(r, &vault);

	if (code != EXIT_DONE || vault)
		return code;
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
		return ui_fail(&r->ui, EXIT_INPUT,
			_("give the file as it was made"), _("%s is not text"),
			path);
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

/* What is wrong with it, and in which group of those that were typed. */
static int look_at_invite(const char *invite, size_t *ret_group)
{
	struct invite i;
	int rc = invite_read(bytes_of(invite, strlen(invite)), &i, ret_group);

	invite_wipe(&i);
	return rc;
}

/* Of one that was typed in groups, or began so, each is checked. */
static int mistyped(struct run *r, const char *invite)
{
	size_t group;
	int rc = look_at_invite(invite, &group);

	if (rc == 0 || group == 0 ||
		(group == 1 && strlen(invite) < INVITE_CODE_LEN))
		return EXIT_DONE;
	return ui_fail(&r->ui, EXIT_INPUT,
		_("have that group read out again: five characters and the one "
		  "that checks them"),
		_("there is a mistake in group %zu of the invite"), group);
}

/* Groups, each as it should be, and there must be more of them. */
static bool unfinished(const char *invite)
{
	size_t group;

	return strchr("Rr", *invite) == NULL &&
	       look_at_invite(invite, &group) == ROWAN_E_MALFORMED &&
	       group == 0;
}

/* It is shown on several lines, so it is copied and typed so, too. */
static int ask_invite(struct run *r, char **ret)
{
	char *line = NULL, *both;
	int code = ui_line(
		&r->ui, _("Invite (as scanned or typed):"), "--invite", ret);

	while (code == EXIT_DONE && unfinished(*ret)) {
		code = ui_line(&r->ui, _("The rest of it:"), "--invite", &line);
		if (code != EXIT_DONE || *line == '\0')
			break;
		both = mem_print("%s %s", *ret, line);
		mem_wipe_text(*ret);
		mem_wipe_text(line);
		*ret = both;
		line = NULL;
	}
	free(line);
	return code;
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
		code = ask_invite(r, &line);
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

int setup_run(struct run *r)
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
