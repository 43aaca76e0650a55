/*
 * rowan invite, verify, devices, revoke: who is at the other end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rowan.h>
#include <sodium.h>

#include "cmd/families.h"
#include "cmd/remote.h"
#include "trust/invite.h"
#include "ui/file.h"
#include "ui/mem.h"
#include "ui/qr.h"
#include "ui/table.h"
#include "ui/when.h"
#include "ui/words.h"

#define INVITE_TRIES	60
#define INVITE_PAUSE_MS 500
#define GROUPS_MAX	10 /* on a line */

/* ---- invite ------------------------------------------------------------- */

static const struct command_option invite_options[] = {
	{"colleague", 0, NULL,
		N_("for a colleague's first device instead of a victim's"),
		COMMAND_TEXT},
	{"further", 0, "PERSON",
		N_("for a further device of a colleague, who must consent"),
		COMMAND_PERSON},
	{"hours", 0, "N", N_("how long it is good for, 1 to 168 (24)"),
		COMMAND_TEXT},
	{"no-qr", 0, NULL, N_("only as text"), COMMAND_TEXT},
	{"no-wait", 0, NULL,
		N_("print it and end; rowan confirm goes on later"),
		COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

/* The way it is read out: each group ends with a character that checks it. */
static void say_groups(const struct run *r, const char *text)
{
	size_t group = INVITE_GROUP + 2, line = (r->ui.width + 1) / group;
	char typed[INVITE_TYPED_MAX + 1];
	struct invite i;

	line = group * (line < GROUPS_MAX ? line : GROUPS_MAX);
	if (invite_read(bytes_of(text, strlen(text)), &i, NULL) == 0 &&
		invite_write_typed(&i, typed) == 0) {
		for (size_t at = line; at < strlen(typed); at += line)
			typed[at - 1] = '\n';
		ui_say(&r->ui, "%s", typed);
		sodium_memzero(typed, sizeof typed);
	} else {
		ui_say(&r->ui, "%s", text);
	}
	invite_wipe(&i);
}

static int show_invite(struct run *r, const json_t *made)
{
	const char *text = json_text(made, "text");

	if (!r->ui.json && r->ui.out_tty && run_option(r, "no-qr") == NULL)
		qr_print(&r->ui, text);
	if (r->ui.out_tty)
		say_groups(r, text);
	else
		ui_say(&r->ui, "%s", text);
	ui_note(&r->ui,
		_("Whoever has this can try to enrol once. Give it to the "
		  "person only, and stay with them: on their device they scan "
		  "or type it."));
	return EXIT_DONE;
}

static void say_enrolled(const struct run *r, const json_t *ret)
{
	ui_note(&r->ui, "%s",
		json_flag(ret, "pending")
			? _("Confirmed; the card is logged once there is a "
			    "connection.")
			: _("Enrolled."));
	ui_note(&r->ui, _("Now a coordinator lets them in. A victim: rowan "
			  "assign CASE victim support"));
}

static int confirm_invite(struct run *r, const char *invite, bool same,
	json_t *consent, json_t **ret)
{
	return remote_call(r,
		json_pack("{s:s,s:s,s:b,s:O*,s:i}", "op", "invite-confirm",
			"invite", invite, "same", (int)same, "consent", consent,
			"wait", 60),
		ret);
}

static int not_used(const struct run *r, const char *invite)
{
	char *hint = mem_print(_("rowan confirm %s goes on"), invite);
	int code = ui_fail(&r->ui, EXIT_INTERRUPTED, hint,
		_("nobody has used the invite yet"));

	free(hint);
	return code;
}

static int compare(struct run *r, const char *invite, json_t *consent)
{
	json_t *ret = NULL;
	bool same = false;
	int code = remote_call(r,
		json_pack("{s:s,s:s,s:i}", "op", "invite-code", "invite",
			invite, "wait", 3600),
		&ret);

	if (code == EXIT_DONE && json_flag(ret, "pending"))
		code = not_used(r, invite);
	if (code == EXIT_DONE) {
		ui_say(&r->ui, _("Code: %s"), json_text(ret, "code"));
		if (r->ui.json)
			ui_lead(&r->ui, _("Code: %s"), json_text(ret, "code"));
		ui_note(&r->ui, _("Read it aloud, then let them read theirs."));
		code = ui_ask(&r->ui, _("Is it the same, every digit?"),
			"rowan confirm --same", &same);
	}
	json_decref(ret);
	ret = NULL;
	if (code != EXIT_DONE)
		return code;
	code = confirm_invite(r, invite, same, consent, &ret);
	if (code == EXIT_DONE && !same) {
		json_decref(ret);
		return ui_fail(&r->ui, EXIT_DIFFERENT,
			_("the invite is burnt; make a new one, in another "
			  "place"),
			_("the codes differ: somebody may be in between"));
	}
	if (code != EXIT_DONE)
		return code;
	say_enrolled(r, ret);
	ui_json(&r->ui, ret);
	return EXIT_DONE;
}

/*
 * Where somebody new is to come is what the clinic says once there is a
 * connection: in a moment, mostly.
 */
static int make_invite(struct run *r, const json_t *request, json_t **ret)
{
	json_t *error = NULL, *open = NULL;
	/* The vault is open then. */
	int code = remote_call(
		r, json_pack("{s:s,s:i}", "op", "current", "wait", 0), &open);
	bool again = code == EXIT_DONE;

	json_decref(open);
	for (int i = 0; again && i < INVITE_TRIES; i++) {
		if (i == 1)
			ui_note(&r->ui, _("Waiting for the clinic ..."));
		if (i > 0)
			(void)usleep(INVITE_PAUSE_MS * 1000);
		json_decref(error);
		code = remote_try(r, json_deep_copy(request), ret, &error);
		again = json_number(error, "error") == ROWAN_E_AGAIN;
	}
	if (again)
		code = ui_fail(&r->ui, EXIT_LATER,
			_("that needs a connection: try again once rowan "
			  "status says connected"),
			_("the clinic has not said yet where somebody new is "
			  "to come"));
	else if (error != NULL)
		code = remote_say_error(r, error);
	json_decref(error);
	return code;
}

static int invite_run(struct run *r)
{
	bool colleague = run_option(r, "colleague") != NULL;
	const char *further = run_option(r, "further");
	unsigned long hours = 24;
	json_t *made = NULL, *request;
	int code = run_number(r, "hours", 1, 168, &hours);

	if (code != EXIT_DONE)
		return code;
	if ((colleague ? 1 : 0) + (further != NULL ? 1 : 0) + r->argc != 1)
		return run_usage(r, _("an invite is for the victim of a CASE, "
				      "or with --colleague, or with --further "
				      "PERSON"));
	request = json_pack("{s:s,s:s*,s:s*,s:i}", "op", "invite", "case",
		r->argc > 0 ? r->argv[0] : NULL, "person", further, "hours",
		(int)hours);
	code = make_invite(r, request, &made);
	json_decref(request);
	if (code != EXIT_DONE)
		return code;
	code = show_invite(r, made);
	/* Its consent comes by file first. */
	if (run_option(r, "no-wait") != NULL || further != NULL) {
		ui_say(&r->ui, _("invite: %s"), json_text(made, "invite"));
		ui_note(&r->ui, _("Once they have typed it: rowan confirm %s"),
			json_text(made, "invite"));
		ui_json(&r->ui, made);
		return code;
	}
	ui_note(&r->ui,
		_("Waiting for them ... If this is broken off: rowan confirm "
		  "%s"),
		json_text(made, "invite"));
	code = compare(r, json_text(made, "invite"), NULL);
	json_decref(made);
	return code;
}

static const struct command_option confirm_options[] = {
	{"same", 0, NULL, N_("the codes were compared and are the same"),
		COMMAND_TEXT},
	{"different", 0, NULL, N_("they differ: burn the invite"),
		COMMAND_TEXT},
	{"consent", 0, "FILE", N_("of a colleague's device to a further one"),
		COMMAND_FILE},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

/* The text of --consent, or NULL. */
static int read_consent(struct run *r, json_t **ret)
{
	const char *path = run_option(r, "consent");
	struct buf text;
	int code;

	*ret = NULL;
	if (path == NULL)
		return EXIT_DONE;
	code = file_read(&r->ui, path, (size_t)256 * 1024, &text);
	if (code != EXIT_DONE)
		return code;
	*ret = json_stringn((const char *)text.data, text.len);
	buf_wipe(&text);
	return *ret != NULL ? EXIT_DONE
			    : ui_fail(&r->ui, EXIT_INPUT,
				      _("give the file as it was made"),
				      _("%s is not text"), path);
}

static int confirm_run(struct run *r)
{
	json_t *consent = NULL;
	bool same = run_option(r, "same") != NULL;
	bool different = run_option(r, "different") != NULL;
	json_t *ret = NULL;
	int code;

	code = read_consent(r, &consent);
	if (code != EXIT_DONE)
		return code;
	if (!same && !different) {
		code = compare(r, r->argv[0], consent);
		json_decref(consent);
		return code;
	}
	code = confirm_invite(r, r->argv[0], !different, consent, &ret);
	json_decref(consent);
	if (code != EXIT_DONE)
		return code;
	if (different)
		ui_note(&r->ui, _("The invite is burnt."));
	else
		say_enrolled(r, ret);
	ui_json(&r->ui, ret);
	return EXIT_DONE;
}

static const struct command_option code_options[] = {
	{"wait", 'w', "SECONDS", N_("how long to wait for it (600)"),
		COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static int invite_code_run(struct run *r)
{
	unsigned long wait = 600;
	json_t *ret = NULL;
	int code = run_number(r, "wait", 0, 86400, &wait);

	if (code == EXIT_DONE)
		code = remote_call(r,
			json_pack("{s:s,s:s,s:i}", "op", "invite-code",
				"invite", r->argv[0], "wait", (int)wait),
			&ret);
	if (code != EXIT_DONE)
		return code;
	if (json_flag(ret, "pending")) {
		json_decref(ret);
		return not_used(r, r->argv[0]);
	}
	ui_say(&r->ui, "%s", json_text(ret, "code"));
	ui_json(&r->ui, ret);
	return EXIT_DONE;
}

static const struct command_option consent_options[] = {
	{"same", 0, NULL, N_("the fingerprints were compared and are the same"),
		COMMAND_TEXT},
	{"out", 'o', "FILE", N_("where it goes (REQUEST.consent)"),
		COMMAND_FILE},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static int write_consent(struct run *r, const char *consent)
{
	const char *out = run_option(r, "out");
	char *path = out != NULL ? mem_text(out)
				 : mem_print("%s.consent", r->argv[0]);
	char *safe = ui_safe(&r->ui, path);
	int code =
		file_write(&r->ui, path, bytes_of(consent, strlen(consent)), 0);

	if (code == EXIT_DONE) {
		ui_note(&r->ui,
			_("The consent is in %s. Whoever made the invite: "
			  "rowan "
			  "confirm INVITE --consent FILE"),
			safe);
		ui_json(&r->ui, json_pack("{s:s}", "consent", path));
	}
	free(safe);
	free(path);
	return code;
}

static int consent_run(struct run *r)
{
	bool same = run_option(r, "same") != NULL;
	char print[48];
	struct buf text;
	json_t *request, *ret = NULL;
	int code = file_read(&r->ui, r->argv[0], (size_t)256 * 1024, &text);

	if (code != EXIT_DONE)
		return code;
	request = json_stringn((const char *)text.data, text.len);
	buf_wipe(&text);
	if (request == NULL ||
		!request_fingerprint(json_string_value(request), print)) {
		json_decref(request);
		return ui_fail(&r->ui, EXIT_INPUT,
			_("rowan setup --request writes one; was all of it "
			  "copied?"),
			_("%s is no request for a card"), r->argv[0]);
	}
	ui_say(&r->ui, _("fingerprint: %s"), print);
	if (!same && r->ui.json)
		ui_lead(&r->ui, _("fingerprint: %s"), print);
	if (!same)
		code = ui_ask(&r->ui,
			_("Does your new device show the same fingerprint, and "
			  "is it yours?"),
			"--same", &same);
	if (code == EXIT_DONE && !same)
		code = ui_fail(&r->ui, EXIT_DIFFERENT,
			_("somebody else may want to be you: tell your "
			  "coordinator"),
			_("nothing was signed"));
	if (code == EXIT_DONE)
		code = remote_call(r,
			json_pack(
				"{s:s,s:O}", "op", "consent", "text", request),
			&ret);
	json_decref(request);
	if (code == EXIT_DONE)
		code = write_consent(r, json_text(ret, "consent"));
	json_decref(ret);
	return code;
}

/* ---- verify ------------------------------------------------------------- */

static const struct command_option verify_options[] = {
	{"channel", 'c', "CHANNEL", N_("support, team or diary (support)"),
		COMMAND_CHANNEL},
	{"same", 0, NULL, N_("it was compared and is the same"), COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static json_t *code_request(const struct run *r, bool verified)
{
	return json_pack("{s:s,s:s,s:s*,s:b}", "op", "code", "case", r->argv[0],
		"channel", run_option(r, "channel"), "verified", (int)verified);
}

static int verify_run(struct run *r)
{
	bool same = run_option(r, "same") != NULL;
	json_t *ret = NULL;
	int code = remote_call(r, code_request(r, false), &ret);

	if (code != EXIT_DONE)
		return code;
	ui_say(&r->ui, "%s", json_text(ret, "code"));
	if (!same && (r->ui.no_input || !r->ui.in_tty)) {
		ui_json(&r->ui, ret);
		return EXIT_DONE;
	}
	if (!same) {
		if (r->ui.json)
			ui_lead(&r->ui, "%s", json_text(ret, "code"));
		ui_note(&r->ui,
			_("Everybody in the channel sees this code. Compare "
			  "it over a call or in person."));
		code = ui_ask(
			&r->ui, _("Do they see the same?"), "--same", &same);
	}
	if (code == EXIT_DONE && !same) {
		json_decref(ret);
		return ui_fail(&r->ui, EXIT_DIFFERENT,
			_("somebody may have just joined or left: look again; "
			  "if it stays different, do not write here and tell "
			  "the coordinator"),
			_("the codes differ"));
	}
	json_decref(ret);
	ret = NULL;
	if (code == EXIT_DONE)
		code = remote_call(r, code_request(r, true), &ret);
	if (code == EXIT_DONE) {
		ui_note(&r->ui, _("Noted: the devices that are in it now are "
				  "verified."));
		ui_json(&r->ui, ret);
	}
	return code;
}

/* ---- devices ------------------------------------------------------------ */

static const struct command_option devices_options[] = {
	{"case", 0, "CASE", N_("of the victim of a case"), COMMAND_CASE},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static const char *device_state(const json_t *o, uint64_t now)
{
	uint64_t expires = (uint64_t)json_number(o, "expires");

	if (json_flag(o, "revoked"))
		return _("revoked");
	if (expires != 0 && expires < now)
		return _("expired");
	return json_flag(o, "this") ? _("this one") : _("valid");
}

static int devices_run(struct run *r)
{
	json_t *ret = NULL, *one;
	struct table *t;
	uint64_t now;
	size_t i;
	int code = remote_call(r,
		json_pack("{s:s,s:s*,s:s*}", "op", "devices", "person",
			r->argc > 0 ? r->argv[0] : NULL, "case",
			run_option(r, "case")),
		&ret);

	if (code != EXIT_DONE)
		return code;
	now = (uint64_t)json_number(ret, "now");
	t = table_new(&r->ui);
	table_column(t, "#", TABLE_RIGHT);
	table_column(t, _("DEVICE"), TABLE_FLEX);
	table_column(t, _("SINCE"), 0);
	table_column(t, _("UNTIL"), 0);
	table_column(t, _("STATE"), 0);
	json_array_foreach (json_object_get(ret, "devices"), i, one) {
		char logged[WHEN_LEN], until[WHEN_LEN];

		when_text((uint64_t)json_number(one, "logged"), now, logged);
		when_text((uint64_t)json_number(one, "expires"), now, until);
		table_number(t, (long long)json_number(one, "number"));
		table_cell(t, json_text(one, "device"));
		table_cell(t, logged);
		/* A victim's card ends by a statement. */
		table_cell(t, *until != '\0' ? until : "-");
		table_cell(t, device_state(one, now));
	}
	table_print(t, _("No device is known."));
	table_free(t);
	ui_json(&r->ui, ret);
	return EXIT_DONE;
}

static const struct command_option revoke_options[] = {
	{"reason", 'r', "WORD", N_("lost, left or other (lost)"), COMMAND_TEXT},
	{"case", 0, "CASE", N_("as advocate: the victim's case"), COMMAND_CASE},
	{"yes", 'y', NULL, N_("do not ask"), COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static json_t *revoke_request(const struct run *r, bool look)
{
	return json_pack("{s:s,s:s,s:s*,s:s*,s:b}", "op", "revoke", "device",
		r->argv[0], "reason", run_option(r, "reason"), "case",
		run_option(r, "case"), "look", (int)look);
}

static int revoke_run(struct run *r)
{
	bool yes = run_option(r, "yes") != NULL;
	json_t *ret = NULL;
	int code = EXIT_DONE;

	if (!yes) {
		char *question;

		code = remote_call(r, revoke_request(r, true), &ret);
		question = mem_print(
			json_flag(ret, "this")
				? _("Revoke %.8s, the device you sit at? It is "
				    "refused from its next message on, for "
				    "ever.")
				: _("Revoke the device %.8s? It is refused "
				    "from its next message on, for ever."),
			json_text(ret, "device"));
		json_decref(ret);
		ret = NULL;
		if (code == EXIT_DONE)
			code = ui_ask(&r->ui, question, "--yes", &yes);
		free(question);
	}
	if (code == EXIT_DONE && !yes)
		return ui_fail(&r->ui, EXIT_OTHER, NULL, _("nothing was done"));
	if (code == EXIT_DONE)
		code = remote_call(r, revoke_request(r, false), &ret);
	if (code != EXIT_DONE)
		return code;
	ui_note(&r->ui,
		json_flag(ret, "pending")
			? _("Signed and kept. It takes effect once the clinic "
			    "has it.")
			: _("Revoked. What is written from now on cannot be "
			    "opened on it."));
	ui_json(&r->ui, ret);
	return EXIT_DONE;
}

static int log_run(struct run *r)
{
	struct buf text;
	json_t *ret = NULL;
	int code = file_read(&r->ui, r->argv[0], (size_t)256 * 1024, &text);

	if (code != EXIT_DONE)
		return code;
	ret = json_pack("{s:s,s:s%}", "op", "log-card", "text",
		text.data != NULL ? (const char *)text.data : "", text.len);
	buf_wipe(&text);
	if (ret == NULL)
		return ui_fail(&r->ui, EXIT_INPUT,
			_("give the file as it was made"), _("%s is not text"),
			r->argv[0]);
	code = remote_call(r, ret, &ret);
	if (code != EXIT_DONE)
		return code;
	ui_note(&r->ui, _("The clinic knows the card now."));
	ui_json(&r->ui, ret);
	return EXIT_DONE;
}

static int readmit_run(struct run *r)
{
	json_t *ret = NULL;
	int code = remote_call(r, json_pack("{s:s}", "op", "readmit"), &ret);

	if (code != EXIT_DONE)
		return code;
	ui_note(&r->ui, _("Asked to be taken in anew, in every case. The "
			  "others see it."));
	ui_json(&r->ui, ret);
	return EXIT_DONE;
}

static const struct command_option none[] = {
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

const struct command people_commands[] = {
	{"invite", "[CASE]", 0, 1, COMMAND_CASE,
		N_("invite a victim to their case, or a colleague"),
		N_("Shows a QR code and the same as text, waits until it is "
		   "used, and shows the short code that both of you compare "
		   "aloud. If it differs the invite is burnt."),
		ROWAN_RIGHT_ENROL, invite_options, invite_run},
	{"invite-code", "INVITE", 1, 1, COMMAND_TEXT,
		N_("wait until an invite is used, and print the code"), NULL,
		ROWAN_RIGHT_ENROL, code_options, invite_code_run},
	{"confirm", "INVITE", 1, 1, COMMAND_TEXT,
		N_("compare and confirm an invite that was made before"), NULL,
		ROWAN_RIGHT_ENROL, confirm_options, confirm_run},
	{"consent", "REQUEST", 1, 1, COMMAND_FILE,
		N_("consent to a further device of yours"),
		N_("REQUEST is the file that the new device wrote (rowan setup "
		   "--request FILE). Without the consent of a device you have, "
		   "nobody can make another one in your name."),
		0, consent_options, consent_run},
	{"verify", "CASE", 1, 1, COMMAND_CASE,
		N_("compare a channel's code: nobody is in between"), NULL, 0,
		verify_options, verify_run},
	{"devices", "[PERSON]", 0, 1, COMMAND_PERSON,
		N_("your devices, or a person's"), NULL, 0, devices_options,
		devices_run},
	{"revoke", "DEVICE", 1, 1, COMMAND_TEXT,
		N_("revoke a device: lost, stolen, left"),
		N_("DEVICE is its number in the last rowan devices. For a "
		   "victim's device, as their advocate, name the case."),
		0, revoke_options, revoke_run},
	{"log-card", "FILE", 1, 1, COMMAND_FILE,
		N_("make a card known that the authority signed by file"), NULL,
		ROWAN_RIGHT_COORDINATE, none, log_run},
	{"readmit", "", 0, 0, COMMAND_TEXT,
		N_("after an old copy was restored: ask to be taken in anew"),
		NULL, 0, none, readmit_run},
	{NULL, NULL, 0, 0, COMMAND_TEXT, NULL, NULL, 0, NULL, NULL}};
