/*
 * rowan read, send, team, attach, get, name, history: messages and files.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <rowan.h>

#include "base/utf8.h"
#include "cmd/families.h"
#include "cmd/remote.h"
#include "ui/file.h"
#include "ui/mem.h"
#include "ui/message.h"
#include "ui/pass.h"
#include "ui/progress.h"
#include "ui/text.h"
#include "ui/when.h"
#include "ui/words.h"

/* ---- read --------------------------------------------------------------- */

static const struct command_option read_options[] = {
	{"channel", 'c', "CHANNEL", N_("support, team or diary (support)"),
		COMMAND_CHANNEL},
	{"last", 'l', "N", N_("the last N messages instead of the unread"),
		COMMAND_TEXT},
	{"keep", 'k', NULL, N_("leave them unread"), COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static int read_run(struct run *r)
{
	const char *channel = run_option(r, "channel");
	unsigned long last = 0;
	json_t *ret = NULL, *one;
	uint64_t now;
	size_t i;
	int code = run_number(r, "last", 1, 1000, &last);

	if (code == EXIT_DONE)
		code = remote_call(r,
			json_pack("{s:s,s:s,s:s*,s:i,s:b}", "op", "read",
				"case", r->argv[0], "channel", channel, "last",
				(int)last, "mark",
				(int)(run_option(r, "keep") == NULL)),
			&ret);
	if (code != EXIT_DONE)
		return code;
	now = (uint64_t)json_number(ret, "now");
	json_array_foreach (json_object_get(ret, "messages"), i, one) {
		message_print(&r->ui, one, now);
	}
	if (i == 0)
		ui_note(&r->ui,
			_("Nothing is unread here. rowan read %s "
			  "--last 10 shows what was said before."),
			r->argv[0]);
	if (json_flag(ret, "more"))
		ui_note(&r->ui, _("There is more: the same command goes on."));
	ui_json(&r->ui, ret);
	return EXIT_DONE;
}

/* ---- send --------------------------------------------------------------- */

static const struct command_option send_options[] = {
	{"channel", 'c', "CHANNEL", N_("support, team or diary (support)"),
		COMMAND_CHANNEL},
	{"hold", 'H', "TIME",
		N_("nothing of it is shown or can be opened before TIME"),
		COMMAND_TEXT},
	{"expire", 'e', "TIME", N_("gone from the daemon by TIME"),
		COMMAND_TEXT},
	{"urgent", 'u', NULL, N_("mark it as urgent"), COMMAND_TEXT},
	{"wait", 'w', "SECONDS", N_("how long to wait for the daemon (10)"),
		COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static int nothing_to_send(const struct run *r)
{
	return ui_fail(&r->ui, EXIT_INPUT,
		_("text is UTF-8; other files go with rowan attach"),
		_("there is nothing to send"));
}

/* What stdin has, without the line end at its end. */
static int text_of_stdin(const struct run *r, struct buf *ret)
{
	int code = file_read_or(&r->ui, "-", ROWAN_TEXT_MAX,
		_("longer things go as a file: rowan attach"), ret);

	if (code != EXIT_DONE)
		return code;
	while (ret->len > 0 && (ret->data[ret->len - 1] == '\n' ||
				       ret->data[ret->len - 1] == '\r'))
		ret->len--;
	if (text_blank((const char *)ret->data, ret->len))
		return nothing_to_send(r);
	if (memchr(ret->data, 0, ret->len) == NULL && utf8_valid(buf_view(ret)))
		return EXIT_DONE;
	return ui_fail(&r->ui, EXIT_INPUT,
		_("text is UTF-8; other files go with rowan attach"),
		_("that is not text"));
}

/* The words of the message: arguments with blanks between, or stdin. */
static int text_of(const struct run *r, int first, struct buf *ret)
{
	char *text = NULL;
	int rc;

	*ret = (struct buf){NULL, 0};
	if (r->argc == first ||
		(r->argc == first + 1 && strcmp(r->argv[first], "-") == 0)) {
		if (r->ui.in_tty && r->ui.no_input)
			return ui_fail(&r->ui, EXIT_NEEDS_INPUT,
				_("it goes on the line, after the case, or on "
				  "stdin"),
				_("the text is missing"));
		if (r->ui.in_tty)
			ui_note(&r->ui, _("Write; Ctrl-D on a line of its own "
					  "sends, Ctrl-C drops it."));
		return text_of_stdin(r, ret);
	}
	for (int i = first; i < r->argc; i++) {
		char *more = text == NULL
				     ? mem_text(r->argv[i])
				     : mem_print("%s %s", text, r->argv[i]);

		free(text);
		text = more;
	}
	rc = buf_copy(ret, bytes_of(text, strlen(text)));
	free(text);
	if (rc == 0 && text_blank((const char *)ret->data, ret->len))
		return nothing_to_send(r);
	if (rc != 0 || !utf8_valid(buf_view(ret)))
		return ui_fail(&r->ui, EXIT_INPUT,
			_("text is UTF-8; other files go with rowan attach"),
			_("that is not text"));
	return EXIT_DONE;
}

static int put_time(struct run *r, const char *option, bool span,
	json_t *request, const char *name)
{
	const char *text = run_option(r, option);
	uint64_t now = (uint64_t)time(NULL), at;
	json_t *ret = NULL, *error = NULL;

	if (text == NULL)
		return EXIT_DONE;
	if (remote_try(r, json_pack("{s:s}", "op", "status"), &ret, &error) ==
			EXIT_DONE &&
		json_number(ret, "now") > 0)
		now = (uint64_t)json_number(ret, "now");
	json_decref(ret);
	json_decref(error);
	if (!when_parse(text, now, &at) || at <= now)
		return run_usage(r,
			_("--%s is 30m, 12:30, tomorrow 12:30 or "
			  "2026-01-15 12:30, and lies ahead"),
			option);
	(void)json_object_set_new(request, name,
		json_integer((json_int_t)(span ? at - now : at)));
	return EXIT_DONE;
}

static bool on_progress(struct run *r, const json_t *event, void *ctx)
{
	progress_set(ctx, (uint64_t)json_number(event, "count"),
		(uint64_t)json_number(event, "total"));
	return true;
}

/* Who does not get it has to be told of it another way, quiet or not. */
static void say_unreached(const struct run *r, const json_t *list)
{
	struct ui loud = r->ui;
	json_t *one;
	size_t i;

	loud.quiet = false;
	json_array_foreach (list, i, one) {
		char *who = person_text(one), *safe = ui_safe(&loud, who);

		ui_note(&loud,
			_("It does not reach %s, who has no device to read it "
			  "on: reach them another way."),
			safe);
		free(who);
		free(safe);
	}
}

static int say_sent(struct run *r, json_t *ret, bool held)
{
	if (json_flag(ret, "pending"))
		ui_note(&r->ui, _("Kept; it leaves once there is a "
				  "connection and the channel allows."));
	else if (held)
		ui_note(&r->ui, _("Sent; nothing of it is shown before its "
				  "time."));
	else
		ui_note(&r->ui, _("Sent."));
	say_unreached(r, json_object_get(ret, "unreached"));
	ui_json(&r->ui, ret);
	return EXIT_DONE;
}

static int send_request(struct run *r, json_t *request, bool held)
{
	struct progress *p = progress_new(&r->ui, _("sending"));
	json_t *ret = NULL;
	int code;

	remote_breakable(r);
	code = remote_stream(r, request, on_progress, p, &ret);
	progress_free(p);
	remote_broken_off(r,
		_("rowan read CASE --last 1 numbers it; rowan cancel takes it "
		  "back if it has not left"));
	return code == EXIT_DONE ? say_sent(r, ret, held) : code;
}

static int send_text(struct run *r, const char *channel)
{
	unsigned long wait = 10;
	struct buf text;
	json_t *request;
	int code = run_number(r, "wait", 0, 3600, &wait);

	if (code == EXIT_DONE)
		code = text_of(r, 1, &text);
	else
		text = (struct buf){NULL, 0};
	if (code != EXIT_DONE) {
		buf_wipe(&text);
		return code;
	}
	request = json_pack("{s:s,s:s,s:s*,s:s%,s:i,s:b}", "op", "send", "case",
		r->argv[0], "channel", channel, "text", (const char *)text.data,
		text.len, "wait", (int)wait, "urgent",
		(int)(run_option(r, "urgent") != NULL));
	buf_wipe(&text);
	code = put_time(r, "hold", false, request, "hold");
	if (code == EXIT_DONE)
		code = put_time(r, "expire", true, request, "lifetime");
	if (code != EXIT_DONE) {
		json_decref(request);
		return code;
	}
	return send_request(r, request, run_option(r, "hold") != NULL);
}

static int send_run(struct run *r)
{
	return send_text(r, run_option(r, "channel"));
}

static const struct command_option team_options[] = {
	{"hold", 'H', "TIME", N_("cannot be opened before TIME"), COMMAND_TEXT},
	{"expire", 'e', "TIME", N_("gone from the daemon by TIME"),
		COMMAND_TEXT},
	{"urgent", 'u', NULL, N_("mark it as urgent"), COMMAND_TEXT},
	{"wait", 'w', "SECONDS", N_("how long to wait for the daemon (10)"),
		COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static int team_run(struct run *r)
{
	return send_text(r, "team");
}

/* ---- attach, get -------------------------------------------------------- */

static const struct command_option attach_options[] = {
	{"channel", 'c', "CHANNEL", N_("support, team or diary (support)"),
		COMMAND_CHANNEL},
	{"name", 'N', "NAME", N_("another file name than its own"),
		COMMAND_TEXT},
	{"media", 'm', "TYPE", N_("media type, image/png for instance"),
		COMMAND_TEXT},
	{"text", 't', "TEXT", N_("words that go with it"), COMMAND_TEXT},
	{"wait", 'w', "SECONDS", N_("how long to wait for the daemon (600)"),
		COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static int attach_run(struct run *r)
{
	unsigned long wait = 600;
	char *path;
	struct stat st;
	int code = run_number(r, "wait", 0, 86400, &wait);

	if (code != EXIT_DONE)
		return code;
	if (strcmp(r->argv[1], "-") == 0)
		return ui_fail(&r->ui, EXIT_USAGE,
			_("write it to a file first, which also gives it a "
			  "name; a file called - is ./-"),
			_("what comes in on stdin cannot be attached"));
	if (stat(r->argv[1], &st) != 0)
		return ui_fail(&r->ui,
			errno == ENOENT ? EXIT_NOT_FOUND : EXIT_MACHINE,
			_("check its name, and that you may read it"), "%s: %s",
			r->argv[1], strerror(errno));
	if (!S_ISREG(st.st_mode))
		return ui_fail(&r->ui, EXIT_INPUT,
			_("put what is in it into one file, such as an "
			  "archive"),
			_("%s is no ordinary file"), r->argv[1]);
	if ((uint64_t)st.st_size > ROWAN_ATTACH_MAX)
		return ui_fail(&r->ui, EXIT_INPUT,
			_("send it in parts, or hand it over another way"),
			_("%s is larger than %d MiB"), r->argv[1],
			ROWAN_ATTACH_MAX / 1024 / 1024);
	path = absolute_path(r->argv[1]);
	code = send_request(r,
		json_pack("{s:s,s:s,s:s*,s:s,s:s*,s:s*,s:s*,s:i}", "op", "send",
			"case", r->argv[0], "channel", run_option(r, "channel"),
			"path", path, "name", run_option(r, "name"), "media",
			run_option(r, "media"), "text", run_option(r, "text"),
			"wait", (int)wait),
		false);
	free(path);
	return code;
}

/*
 * A file name from elsewhere as one of ours: no folders, nothing hidden,
 * nothing a terminal or shell trips over. The caller frees.
 */
static char *local_name(const char *name)
{
	const char *last = strrchr(name, '/');
	char *ret = mem_text(last != NULL ? last + 1 : name);
	size_t n = 0;

	for (const char *s = ret; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < ' ' || c == 0x7f || c == '\\' || (n == 0 && c == '.'))
			continue;
		ret[n++] = (char)c;
	}
	ret[n] = '\0';
	if (n == 0) {
		free(ret);
		ret = mem_text("attachment");
	}
	return ret;
}

static const struct command_option get_options[] = {
	{"out", 'o', "FILE", N_("where it goes (its own name, here)"),
		COMMAND_FILE},
	{"wait", 'w', "SECONDS", N_("how long to wait for the daemon (3600)"),
		COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static int fetch(struct run *r, const char *path, unsigned long wait)
{
	struct progress *p = progress_new(&r->ui, _("fetching"));
	json_t *ret = NULL;
	char *safe;
	int code;

	remote_breakable(r);
	code = remote_stream(r,
		json_pack("{s:s,s:s,s:s,s:i}", "op", "fetch", "message",
			r->argv[0], "path", path, "wait", (int)wait),
		on_progress, p, &ret);
	progress_free(p);
	remote_broken_off(r, _("the same command shows how far it is"));
	if (code == EXIT_DONE && json_flag(ret, "pending")) {
		json_decref(ret);
		return ui_fail(&r->ui, EXIT_INTERRUPTED,
			_("it goes on by itself; the same command shows how "
			  "far it is"),
			_("it is not complete yet"));
	}
	if (code != EXIT_DONE)
		return code;
	safe = ui_safe(&r->ui, path);
	ui_note(&r->ui, _("It is in %s."), safe);
	free(safe);
	(void)json_object_set_new(ret, "path", json_string(path));
	ui_json(&r->ui, ret);
	return EXIT_DONE;
}

static int get_run(struct run *r)
{
	const char *out = run_option(r, "out");
	unsigned long wait = 3600;
	json_t *ret = NULL;
	char *name = NULL, *path;
	int code = run_number(r, "wait", 0, 86400, &wait);

	if (code == EXIT_DONE && out != NULL && strcmp(out, "-") == 0)
		code = ui_fail(&r->ui, EXIT_USAGE,
			_("fetch it with --out FILE, then read that; a file "
			  "called - is ./-"),
			_("a file comes in pieces, and again after an "
			  "interruption: not to stdout"));
	if (code == EXIT_DONE)
		code = remote_call(r,
			json_pack("{s:s,s:s}", "op", "message", "message",
				r->argv[0]),
			&ret);
	if (code == EXIT_DONE && *json_text(ret, "file") == '\0')
		code = ui_fail(&r->ui, EXIT_NOT_FOUND,
			_("messages with a file show its name"),
			_("there is no file in this message"));
	if (code == EXIT_DONE) {
		name = local_name(json_text(ret, "file"));
		path = absolute_path(out != NULL ? out : name);
		code = fetch(r, path, wait);
		free(path);
	}
	free(name);
	json_decref(ret);
	return code;
}

/* ---- names, forgetting, history ----------------------------------------- */

static const struct command_option name_options[] = {
	{"channel", 'c', "CHANNEL", N_("support, team or diary (support)"),
		COMMAND_CHANNEL},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static int simple(struct run *r, json_t *request, const char *done)
{
	json_t *ret = NULL;
	int code = remote_call(r, request, &ret);

	if (code != EXIT_DONE)
		return code;
	ui_note(&r->ui, "%s", done);
	ui_json(&r->ui, ret);
	return EXIT_DONE;
}

static int name_run(struct run *r)
{
	if (r->argc == 1)
		return simple(r,
			json_pack(
				"{s:s,s:s}", "op", "name", "name", r->argv[0]),
			_("Those you take part with see that name, also where "
			  "you are assigned later."));
	return simple(r,
		json_pack("{s:s,s:s,s:s,s:s*}", "op", "name", "case",
			r->argv[0], "name", r->argv[1], "channel",
			run_option(r, "channel")),
		_("The others in this channel see that name."));
}

static int forget_run(struct run *r)
{
	return simple(r,
		json_pack("{s:s,s:s}", "op", "forget", "message", r->argv[0]),
		_("Gone from this device. Nobody was told, and it does not "
		  "count as read."));
}

static int cancel_run(struct run *r)
{
	return simple(r,
		json_pack("{s:s,s:s}", "op", "cancel", "message", r->argv[0]),
		_("Taken back; it never left."));
}

static int share_run(struct run *r)
{
	json_t *list = json_array();

	for (int i = 0; i < r->argc; i++)
		(void)json_array_append_new(list, json_string(r->argv[i]));
	return simple(r,
		json_pack("{s:s,s:o}", "op", "hand-over", "messages", list),
		_("Sent to those who came later; everybody in the channel sees "
		  "that it was."));
}

static const struct command_option history_options[] = {
	{"case", 0, "CASE", N_("of one case only"), COMMAND_CASE},
	{"channel", 'c', "CHANNEL", N_("with --case: which (support)"),
		COMMAND_CHANNEL},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

/* The vault is opened first: its passphrase is not that of the file. */
static int open_first(struct run *r)
{
	json_t *ret = NULL;
	int code = remote_call(
		r, json_pack("{s:s,s:i}", "op", "current", "wait", 0), &ret);

	json_decref(ret);
	return code;
}

static int export_run(struct run *r)
{
	char *path = absolute_path(r->argv[0]);
	json_t *request;
	struct pass pass = {NULL, 0};
	int code = open_first(r);

	if (code == EXIT_DONE)
		code = pass_new(&r->ui,
			_("A passphrase for the exported file:"), &pass);
	if (code == EXIT_DONE) {
		request = json_pack("{s:s,s:s,s:s%,s:s*,s:s*}", "op",
			"history-export", "path", path, "passphrase", pass.b,
			pass.len, "case", run_option(r, "case"), "channel",
			run_option(r, "channel"));
		code = simple(r, request,
			_("Exported, sealed under that passphrase."));
	}
	pass_wipe(&pass);
	free(path);
	return code;
}

static int import_run(struct run *r)
{
	char *path = absolute_path(r->argv[0]);
	json_t *ret = NULL;
	struct pass pass = {NULL, 0};
	int code = open_first(r);

	if (code == EXIT_DONE)
		code = pass_get(&r->ui, _("Passphrase of the file:"), &pass);
	if (code == EXIT_DONE)
		code = remote_call(r,
			json_pack("{s:s,s:s,s:s%}", "op", "history-import",
				"path", path, "passphrase", pass.b, pass.len),
			&ret);
	pass_wipe(&pass);
	free(path);
	if (code != EXIT_DONE)
		return code;
	ui_note(&r->ui,
		ngettext("%lld message was new.", "%lld messages were new.",
			(unsigned long)json_number(ret, "new")),
		(long long)json_number(ret, "new"));
	ui_json(&r->ui, ret);
	return EXIT_DONE;
}

static const struct command_option none[] = {
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

const struct command message_commands[] = {
	{"read", "CASE", 1, 1, COMMAND_CASE,
		N_("read what is unread in a case"),
		N_("What was shown counts as read, and the sender is told, "
		   "unless --keep is given. A message keeps its number."),
		0, read_options, read_run},
	{"send", "CASE [TEXT...]", 1, -1, COMMAND_CASE,
		N_("write to the victim and the support channel"),
		N_("Without TEXT it is read from stdin. A message that was "
		   "taken is safe in the vault: it leaves when it can, once."),
		0, send_options, send_run},
	{"team", "CASE [TEXT...]", 1, -1, COMMAND_CASE,
		N_("write to the team, apart from the victim"), NULL, 0,
		team_options, team_run},
	{"attach", "CASE FILE", 2, 2, COMMAND_FILE, N_("send a file"),
		N_("It is copied, sealed, into the vault at once and sent in "
		   "pieces; what was interrupted goes on by itself."),
		0, attach_options, attach_run},
	{"get", "MESSAGE", 1, 1, COMMAND_TEXT,
		N_("fetch the file of a message"),
		N_("MESSAGE is its number in rowan read. Nothing is "
		   "overwritten. What was interrupted goes on where it was."),
		0, get_options, get_run},
	{"share", "MESSAGE...", 1, -1, COMMAND_TEXT,
		N_("show earlier messages to those who came later"), NULL, 0,
		none, share_run},
	{"cancel", "MESSAGE", 1, 1, COMMAND_TEXT,
		N_("take back a message that has not left"), NULL, 0, none,
		cancel_run},
	{"forget", "MESSAGE", 1, 1, COMMAND_TEXT,
		N_("delete a message from this device"), NULL, 0, none,
		forget_run},
	{"name", "[CASE] NAME", 1, 2, COMMAND_CASE,
		N_("what the others in a channel see as your name"),
		N_("Without CASE wherever you take part, now and later. Names "
		   "travel sealed; the daemon never learns them."),
		0, name_options, name_run},
	{"history export", "FILE", 1, 1, COMMAND_FILE,
		N_("write messages to a sealed file"), NULL, 0, history_options,
		export_run},
	{"history import", "FILE", 1, 1, COMMAND_FILE,
		N_("take in what was exported"), NULL, 0, none, import_run},
	{NULL, NULL, 0, 0, COMMAND_TEXT, NULL, NULL, 0, NULL, NULL}};
