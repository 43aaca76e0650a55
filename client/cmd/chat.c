/*
 * rowan chat: a conversation. Full screen on a terminal; line by line in a
 * pipe, on a dumb terminal and for screen readers (--lines).
 *
 * What is sent is in the vault when the agent has answered; leaving waits for
 * that. What stands unsent in the line when somebody leaves is kept nowhere,
 * and they are told so. A line that begins with a slash is for this program:
 * one that it does not know is refused and never sent.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rowan.h>

#include "base/utf8.h"
#include "cmd/families.h"
#include "cmd/remote.h"
#include "ui/mem.h"
#include "ui/message.h"
#include "ui/screen.h"
#include "ui/text.h"
#include "ui/when.h"
#include "ui/words.h"

#define FIRST	    50	 /* messages shown at first */
#define TICK_MS	    1000 /* how often the state line is looked at */
#define LEAVE_TICKS 200	 /* of 100 ms: how long leaving waits for answers */

static const struct command_option chat_options[] = {
	{"channel", 'c', "CHANNEL", N_("support, team or diary (support)"),
		COMMAND_CHANNEL},
	{"lines", 'l', NULL,
		N_("line by line, for screen readers and dumb terminals"),
		COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

struct chat {
	struct run *r;
	struct screen *screen; /* NULL: line by line */
	const char *of_case;   /* id in hex */
	const char *channel;
	char *channel_id; /* in hex */
	json_int_t place; /* up to which is shown */
	json_int_t read_id, status_id;
	bool read_again;
	bool begun;		   /* what was said before is shown */
	bool states_again, states; /* of what is shown; being read now */
	size_t unanswered;	   /* sends without an answer yet */
	bool offline;		   /* and it was said */
	json_int_t first_send;
	uint64_t now;
	int code;
};

/* ---- showing ------------------------------------------------------------ */

static void remark(struct chat *c, const char *text)
{
	char *safe = ui_safe(&c->r->ui, text);

	if (c->screen != NULL)
		screen_say(c->screen, 0, safe, NULL);
	else
		ui_note(&c->r->ui, "* %s", safe);
	free(safe);
}

static void remark_error(struct chat *c, const char *words)
{
	char *text = mem_print("%s %s", _("error:"), words);

	remark(c, text);
	free(text);
}

static void show(struct chat *c, const json_t *m, bool again)
{
	char *head, *body;

	if (c->screen == NULL) {
		if (c->r->ui.json && !again) {
			(void)ui_json_line(m);
		} else if (!again && (!c->begun || !json_flag(m, "own"))) {
			/* What is typed from now on is there already. */
			message_print(&c->r->ui, m, c->now);
		}
		(void)fflush(stdout);
		return;
	}
	head = message_head(&c->r->ui, m, c->now);
	body = message_body(&c->r->ui, m);
	screen_say(c->screen, (unsigned long long)json_number(m, "place"), head,
		body);
	free(head);
	free(body);
}

static void show_people(struct chat *c, const json_t *of_case)
{
	json_t *channel, *one;
	char *names = mem_text("");
	char last[40] = "";
	const char *alias = json_text(of_case, "alias");
	char id[9];
	size_t i, k;

	(void)snprintf(id, sizeof id, "%.8s", json_text(of_case, "case"));
	json_array_foreach (json_object_get(of_case, "channels"), i, channel) {
		if (strcmp(json_text(channel, "kind"), c->channel) != 0)
			continue;
		free(c->channel_id);
		c->channel_id = mem_text(json_text(channel, "channel"));
		json_array_foreach (
			json_object_get(channel, "people"), k, one) {
			char *who = person_text(one), *more;

			if (strcmp(last, json_text(one, "member")) != 0 &&
				!json_flag(one, "me")) {
				more = mem_print("%s%s%s", names,
					*names != '\0' ? ", " : "", who);
				free(names);
				names = more;
			}
			(void)snprintf(last, sizeof last, "%.36s",
				json_text(one, "member"));
			free(who);
		}
	}
	if (c->screen != NULL) {
		char *text = mem_print("%s %.64s - %s: %s", _("Case"),
			*alias != '\0' ? alias : id, c->channel, names);
		char *safe = ui_safe(&c->r->ui, text);

		screen_head(c->screen, safe);
		free(safe);
		free(text);
	} else {
		remark(c,
			*names != '\0' ? names : _("Nobody else is here yet."));
	}
	free(names);
}

/* ---- the agent's lines -------------------------------------------------- */

static void ask_read(struct chat *c, json_int_t last)
{
	json_t *q = json_pack("{s:s,s:s,s:s,s:b}", "op", "read", "case",
		c->of_case, "channel", c->channel, "mark", 1);

	if (c->read_id != 0) {
		c->read_again = true;
		json_decref(q);
		return;
	}
	if (last > 0)
		(void)json_object_set_new(q, "last", json_integer(last));
	else
		(void)json_object_set_new(q, "after", json_integer(c->place));
	if (remote_send(c->r, q, &c->read_id) != EXIT_DONE)
		c->code = EXIT_INTERRUPTED;
}

/* What became of one's own: what is shown is read again. */
static void ask_states(struct chat *c)
{
	if (c->screen == NULL)
		return;
	if (c->read_id != 0) {
		c->states_again = true;
		return;
	}
	c->states = true;
	ask_read(c, FIRST);
}

static void ask_status(struct chat *c)
{
	if (c->status_id == 0 &&
		remote_send(c->r, json_pack("{s:s}", "op", "status"),
			&c->status_id) != EXIT_DONE)
		c->code = EXIT_INTERRUPTED;
}

static void on_read(struct chat *c, const json_t *ok)
{
	json_t *one;
	size_t i;

	c->now = (uint64_t)json_number(ok, "now");
	json_array_foreach (json_object_get(ok, "messages"), i, one) {
		/* What is new comes in its order. */
		if (c->states && json_number(one, "place") > c->place)
			continue;
		show(c, one, false);
		if (json_number(one, "place") > c->place)
			c->place = json_number(one, "place");
	}
	c->read_id = 0;
	c->begun = true;
	if (c->read_again || (!c->states && json_flag(ok, "more"))) {
		c->read_again = c->states = false;
		ask_read(c, 0);
		return;
	}
	c->states = false;
	if (c->states_again) {
		c->states_again = false;
		ask_states(c);
	}
}

static void on_status(struct chat *c, const json_t *ok)
{
	const char *link = json_text(ok, "link");
	bool offline;
	char *state;

	c->status_id = 0;
	if (json_flag(ok, "locked")) {
		c->code = ui_fail(&c->r->ui, EXIT_LOCKED, _("rowan unlock"),
			_("the vault has locked itself"));
		return;
	}
	offline = strcmp(link, "current") != 0 && strcmp(link, "up") != 0;
	state = mem_print("%s%s",
		offline			  ? _("no connection: texts are kept")
		: strcmp(link, "up") == 0 ? _("catching up")
					  : _("connected"),
		c->unanswered > 0 ? _(", sending") : "");
	if (c->screen != NULL)
		screen_state(c->screen, state);
	else if (offline && !c->offline)
		remark(c, state);
	c->offline = offline;
	free(state);
}

static void on_event(struct chat *c, const json_t *e)
{
	const char *what = json_text(e, "event");
	const char *channel = json_text(e, "channel");

	if (strcmp(what, "alarm") == 0) {
		char *text = mem_print(_("ALARM: %s. Do not go on here; tell "
					 "your coordinator."),
			json_text(e, "alarm"));

		remark(c, text);
		free(text);
		return;
	}
	if (c->channel_id == NULL || strcmp(channel, c->channel_id) != 0)
		return;
	if (strcmp(what, "sent") == 0)
		ask_states(c);
	if (strcmp(what, "message") == 0 || strcmp(what, "sent") == 0)
		ask_read(c, 0);
	else if (strcmp(what, "delivered") == 0 || strcmp(what, "read") == 0 ||
		 strcmp(what, "unsent") == 0 || strcmp(what, "unreached") == 0)
		ask_states(c);
	else if (strcmp(what, "joined") == 0)
		remark(c, _("Somebody has joined: rowan case shows who."));
	else if (strcmp(what, "left") == 0)
		remark(c, _("Somebody has left."));
	else if (strcmp(what, "shut out") == 0)
		remark(c, _("You take no part here any more."));
	if (strcmp(what, "unsent") == 0)
		remark(c, _("A message will not be sent: rowan read says "
			    "which."));
	else if (strcmp(what, "unreached") == 0)
		remark(c, _("A message does not reach everybody it was for: "
			    "write it again or hand it over."));
}

static void on_error(struct chat *c, const json_t *error)
{
	const char *words = json_text(error, "words");

	if (c->screen == NULL) {
		c->code = remote_say_error(c->r, error);
		return;
	}
	remark_error(c, *words != '\0' ? _(words) : "");
	if (json_number(error, "exit") == EXIT_LOCKED)
		c->code = EXIT_LOCKED;
}

static void on_line(struct chat *c, const json_t *line)
{
	json_int_t id = json_number(line, "id");
	const json_t *ok = json_object_get(line, "ok");

	if (json_object_get(line, "event") != NULL) {
		on_event(c, json_object_get(line, "event"));
		return;
	}
	if (json_flag(line, "ended")) {
		c->code = EXIT_INTERRUPTED;
		return;
	}
	if (id == c->read_id && ok != NULL) {
		on_read(c, ok);
		return;
	}
	if (id == c->status_id && ok != NULL) {
		on_status(c, ok);
		return;
	}
	if (id >= c->first_send && c->first_send > 0 && c->unanswered > 0)
		c->unanswered--;
	if (ok == NULL)
		on_error(c, json_object_get(line, "error"));
	else if (json_flag(ok, "pending"))
		ask_status(c);
	ask_read(c, 0);
}

static void hear(struct chat *c)
{
	json_t *line = NULL;
	int code;

	while ((code = remote_next(c->r, &line)) == EXIT_DONE && line != NULL) {
		on_line(c, line);
		json_decref(line);
		line = NULL;
	}
	if (code != EXIT_DONE)
		c->code = code;
}

/* ---- sending ------------------------------------------------------------ */

/* Somebody at a terminal goes on; a script must not take it for sent. */
static void refuse(struct chat *c, const char *why, const char *hint)
{
	int code;

	if (c->screen != NULL) {
		remark_error(c, why);
		if (hint != NULL)
			remark(c, hint);
		return;
	}
	code = ui_fail(&c->r->ui, EXIT_INPUT, hint, "%s", why);
	if (!c->r->ui.in_tty)
		c->code = code;
}

static void send_text(struct chat *c, const char *text)
{
	json_int_t id;

	if (text_blank(text, strlen(text)))
		return;
	if (!utf8_valid(bytes_of(text, strlen(text)))) {
		refuse(c, _("that is not text; it was not sent"),
			_("text is UTF-8; other files go with rowan attach"));
		return;
	}
	/* Answered when it is in the vault, not when it has left. */
	if (remote_send(c->r,
		    json_pack("{s:s,s:s,s:s,s:s,s:i}", "op", "send", "case",
			    c->of_case, "channel", c->channel, "text", text,
			    "wait", 0),
		    &id) != EXIT_DONE) {
		c->code = EXIT_INTERRUPTED;
		return;
	}
	if (c->first_send == 0)
		c->first_send = id;
	c->unanswered++;
}

/* ---- what is typed ------------------------------------------------------ */

static void help(struct chat *c)
{
	if (c->screen == NULL) {
		remark(c, _("Each line is a message, sent by Enter."));
		remark(c, _("/quit leaves, and so does Ctrl-D."));
	} else {
		remark(c, _("Enter sends what you have written."));
		remark(c, _("/quit or Ctrl-C leaves, and on an empty line "
			    "Ctrl-D."));
		remark(c, _("Page Up shows what is older, Page Down what is "
			    "newer."));
		remark(c, _("Ctrl-U throws away what stands before the "
			    "cursor, Ctrl-W a word."));
	}
	remark(c, _("/help says this. Two slashes send a text that begins "
		    "with one: //like this."));
}

/* One line as it was typed; false: they leave. */
static bool typed(struct chat *c, const char *line)
{
	const char *word = line + strspn(line, " \t");
	size_t len = strcspn(word, " \t");
	bool alone = word[len + strspn(word + len, " \t")] == '\0';
	char *why;

	if (*word != '/') {
		send_text(c, line);
	} else if (word[1] == '/') {
		send_text(c, word + 1);
	} else if (alone && len == 5 && memcmp(word, "/quit", len) == 0) {
		return false;
	} else if (alone && len == 5 && memcmp(word, "/help", len) == 0) {
		help(c);
	} else {
		why = mem_print(_("not sent, for it is no command: %s"), word);
		refuse(c, why,
			_("/help lists the commands; begin with // to send a "
			  "text that begins with a slash."));
		mem_wipe_text(why);
	}
	return true;
}

/* Whoever leaves leaves nothing behind that the vault does not have. */
static void settle(struct chat *c)
{
	struct pollfd f = {remote_fd(c->r), POLLIN, 0};

	for (int i = 0;
		(c->unanswered > 0 || c->status_id != 0) && i < LEAVE_TICKS;
		i++) {
		(void)poll(&f, 1, 100);
		hear(c);
		if (c->code == EXIT_INTERRUPTED)
			return;
	}
}

static int full_screen(struct chat *c)
{
	bool leave = false;

	while (!leave && c->code == EXIT_DONE) {
		struct pollfd f[2] = {{remote_fd(c->r), POLLIN, 0},
			{STDIN_FILENO, POLLIN, 0}};

		screen_draw(c->screen);
		if (poll(f, 2, TICK_MS) == 0)
			ask_status(c);
		hear(c);
		switch (screen_key(c->screen)) {
		case SCREEN_SEND: {
			char *text = edit_take(screen_line(c->screen));

			leave = !typed(c, text);
			mem_wipe_text(text);
			break;
		}
		case SCREEN_LEAVE: leave = true; break;
		default: break;
		}
		if ((f[1].revents & (POLLHUP | POLLERR)) != 0)
			leave = true;
	}
	settle(c);
	leave = screen_line(c->screen)->len > 0;
	screen_end(c->screen);
	c->screen = NULL;
	if (leave)
		ui_note(&c->r->ui,
			_("What you had not sent yet was thrown away."));
	return c->code;
}

/* ---- line by line ------------------------------------------------------- */

struct input {
	char buffer[ROWAN_TEXT_MAX + 2];
	size_t len;
	bool skipping; /* the rest of a line that was too long */
	bool ended, left;
};

static void take_input(struct chat *c, struct input *in)
{
	char *end;
	ssize_t n = read(STDIN_FILENO, in->buffer + in->len,
		sizeof in->buffer - 1 - in->len);

	if (n <= 0) {
		in->ended = n == 0 || errno != EINTR;
		n = 0;
	}
	in->len += (size_t)n;
	while (!in->left && c->code == EXIT_DONE &&
		((end = memchr(in->buffer, '\n', in->len)) != NULL ||
			(in->ended && in->len > 0))) {
		size_t len = end != NULL ? (size_t)(end - in->buffer) : in->len;
		size_t used = end != NULL ? len + 1 : len;

		in->buffer[len] = '\0';
		if (len > 0 && in->buffer[len - 1] == '\r')
			in->buffer[len - 1] = '\0';
		if (strlen(in->buffer) + 1 < len)
			refuse(c, _("that is not text; it was not sent"),
				_("text is UTF-8; other files go with rowan "
				  "attach"));
		else if (!in->skipping)
			in->left = !typed(c, in->buffer);
		in->skipping = false;
		in->len -= used;
		memmove(in->buffer, in->buffer + used, in->len);
	}
	if (in->len >= sizeof in->buffer - 1) {
		if (!in->skipping)
			c->code = ui_fail(&c->r->ui, EXIT_INPUT,
				_("longer things go as a file: rowan attach"),
				_("a line was longer than %d bytes and was not "
				  "sent"),
				ROWAN_TEXT_MAX);
		in->skipping = true;
		in->len = 0;
	}
}

static int by_lines(struct chat *c)
{
	struct input *in = mem_get(sizeof *in);

	if (c->r->ui.in_tty)
		remark(c, _("Each line is a message. /quit or Ctrl-D leaves, "
			    "/help says more."));
	while (!in->ended && !in->left && c->code == EXIT_DONE) {
		struct pollfd f[3] = {{remote_fd(c->r), POLLIN, 0},
			{STDIN_FILENO, POLLIN, 0}, {STDOUT_FILENO, 0, 0}};

		(void)poll(f, 3, -1);
		hear(c);
		if (f[1].revents != 0)
			take_input(c, in);
		if (f[2].revents != 0)
			break; /* nobody reads any more */
	}
	settle(c);
	mem_free(in, sizeof *in);
	return c->code;
}

/* For whom a screen that is drawn says nothing: rowan config chat lines. */
static bool wants_lines(struct run *r)
{
	json_t *ret = NULL, *error = NULL;
	bool lines;

	(void)remote_try(r, json_pack("{s:s}", "op", "config"), &ret, &error);
	lines = strcmp(json_text(json_object_get(ret, "settings"), "chat"),
			"lines") == 0;
	json_decref(ret);
	json_decref(error);
	return lines;
}

static int chat_run(struct run *r)
{
	const char *channel = run_option(r, "channel");
	bool lines = run_option(r, "lines") != NULL || !r->ui.out_tty ||
		     !r->ui.in_tty || r->ui.dumb || r->ui.json;
	struct chat c = {
		.r = r, .channel = channel != NULL ? channel : "support"};
	json_t *of_case = NULL, *ret = NULL;
	int code = remote_call(r,
		json_pack("{s:s,s:s}", "op", "case", "case", r->argv[0]),
		&of_case);

	if (code != EXIT_DONE)
		return code;
	c.of_case = json_text(of_case, "case");
	/* Refused before the terminal changes, if it is. */
	code = remote_call(r,
		json_pack("{s:s,s:s,s:s,s:I}", "op", "read", "case", c.of_case,
			"channel", c.channel, "after", (json_int_t)INT64_MAX),
		&ret);
	json_decref(ret);
	ret = NULL;
	lines = lines || wants_lines(r);
	if (code == EXIT_DONE)
		code = remote_call(r, json_pack("{s:s}", "op", "listen"), &ret);
	json_decref(ret);
	if (code == EXIT_DONE) {
		c.screen = lines ? NULL : screen_begin(&r->ui);
		show_people(&c, of_case);
		ask_read(&c, FIRST);
		ask_status(&c);
		code = c.screen != NULL ? full_screen(&c) : by_lines(&c);
	}
	if (code == EXIT_INTERRUPTED)
		(void)ui_fail(&r->ui, code,
			_("rowan read shows what was taken; the same command "
			  "starts it again"),
			_("the agent has gone away; what it had taken is "
			  "safe"));
	free(c.channel_id);
	json_decref(of_case);
	return code;
}

const struct command chat_commands[] = {
	{"chat", "CASE", 1, 1, COMMAND_CASE,
		N_("hold a conversation in the terminal"),
		N_("Enter sends, Page Up shows what is older, Ctrl-C or /quit "
		   "leaves, /help says more. A line that begins with a slash "
		   "and is no command is not sent; //text sends /text. What "
		   "was sent is safe in the vault before it is shown. In a "
		   "pipe each line is a message."),
		0, chat_options, chat_run},
	{NULL, NULL, 0, 0, COMMAND_TEXT, NULL, NULL, 0, NULL, NULL}};
