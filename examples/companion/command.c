/*
 * What the person can do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "companion.h"
#include "screen.h"

#define PATIENCE_MS 120000 /* while somebody compares codes */

static void when(uint64_t seconds, char *ret, size_t size)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (seconds == 0 || localtime_r(&t, &tm) == NULL ||
		strftime(ret, size, "%d %b %H:%M", &tm) == 0)
		(void)snprintf(ret, size, "not sent yet");
}

/* ---- channels and names ---- */

bool find_channel(struct companion *c, enum rowan_channel_kind kind,
	unsigned char ret[ROWAN_ID_LEN])
{
	struct rowan_list *cases = NULL;
	bool found = false;

	if (rowan_cases(c->r, &cases) != 0)
		return false;
	for (size_t i = 0; !found && i < rowan_list_count(cases); i++) {
		struct rowan_list *l = NULL;

		if (rowan_channels(c->r, rowan_case_id(cases, i), &l) != 0)
			continue;
		for (size_t j = 0; !found && j < rowan_list_count(l); j++)
			if (rowan_channel_kind(l, j) == kind) {
				memcpy(ret, rowan_channel_id(l, j),
					ROWAN_ID_LEN);
				found = true;
			}
		rowan_list_free(l);
	}
	rowan_list_free(cases);
	return found;
}

void name_of(struct companion *c, const unsigned char *channel,
	const unsigned char *member, char *ret, size_t size)
{
	struct rowan_list *l = NULL;

	(void)snprintf(ret, size, "somebody");
	if (channel == NULL || member == NULL ||
		rowan_members(c->r, channel, &l) != 0)
		return;
	for (size_t i = 0; i < rowan_list_count(l); i++) {
		char name[256];

		if (memcmp(rowan_member_id(l, i), member, ROWAN_ID_LEN) != 0)
			continue;
		plain(rowan_member_name(l, i), name, sizeof name);
		(void)snprintf(ret, size, "%s, %s",
			name[0] == '\0' ? "no name yet" : name,
			rowan_member_role(l, i) == ROWAN_ROLE_VICTIM
				? "you or your device"
				: rowan_member_agency(l, i));
		break;
	}
	rowan_list_free(l);
}

static bool need(struct companion *c, enum rowan_channel_kind kind,
	unsigned char channel[ROWAN_ID_LEN])
{
	if (!rowan_enrolled(c->r)) {
		say("This device is not set up yet: enrol INVITE");
		return false;
	}
	if (find_channel(c, kind, channel))
		return true;
	say("There is no such conversation yet. Try again in a moment.");
	return false;
}

/* ---- setting up ---- */

static bool enrolled(struct companion *c)
{
	return rowan_enrolled(c->r);
}

static void do_enrol(struct companion *c, char *invite)
{
	int rc = rowan_enrol(c->r, invite);

	if (rc != 0) {
		explain(rc);
		return;
	}
	say("One moment.");
	work(c, PATIENCE_MS, enrolled);
	if (!enrolled(c)) {
		say("It is not finished. You can give the invite again.");
		return;
	}
	rc = rowan_connect(c->r);
	if (rc != 0)
		explain(rc);
}

static void do_name(struct companion *c, char *name)
{
	unsigned char channel[ROWAN_ID_LEN];
	int rc;

	if (!need(c, ROWAN_CHANNEL_SUPPORT, channel))
		return;
	rc = rowan_set_name(c->r, channel, name);
	if (rc != 0)
		explain(rc);
}

/* ---- writing ---- */

static void send_draft(struct companion *c, enum rowan_channel_kind kind,
	struct rowan_draft *draft, int rc)
{
	unsigned char channel[ROWAN_ID_LEN], id[ROWAN_ID_LEN];

	if (draft == NULL)
		rc = ROWAN_E_NOMEM;
	if (rc == 0 && !need(c, kind, channel)) {
		rowan_draft_free(draft);
		return;
	}
	if (rc == 0)
		rc = rowan_send(c->r, channel, draft, id);
	rowan_draft_free(draft);
	if (rc == 0)
		say("Kept. It is sent as soon as there is a connection.");
	else
		explain(rc);
}

static void do_write(struct companion *c, char *text)
{
	struct rowan_draft *d = rowan_draft_new();

	send_draft(c, ROWAN_CHANNEL_SUPPORT, d,
		rowan_draft_text(d, text, strlen(text)));
}

/* attach PATH [TEXT]: the path has no space in it, or ends at a double one. */
static void do_attach(struct companion *c, char *args)
{
	struct rowan_draft *d = rowan_draft_new();
	char *text = strchr(args, ' ');
	int rc;

	if (text != NULL)
		*text++ = '\0';
	rc = rowan_draft_attach(d, args, NULL, NULL);
	if (rc == 0 && text != NULL)
		rc = rowan_draft_text(d, text, strlen(text));
	send_draft(c, ROWAN_CHANNEL_SUPPORT, d, rc);
}

static bool has_diary(struct companion *c)
{
	unsigned char channel[ROWAN_ID_LEN];

	return find_channel(c, ROWAN_CHANNEL_DIARY, channel);
}

/* The diary is hers: she opens it, and says who else reads it. */
static void open_diary(struct companion *c)
{
	unsigned char channel[ROWAN_ID_LEN];
	struct rowan_list *cases = NULL;
	uint64_t act;
	int rc = rowan_cases(c->r, &cases);

	if (rc == 0 && rowan_list_count(cases) == 0)
		rc = ROWAN_E_NOT_FOUND;
	if (rc == 0)
		rc = rowan_channel_of(c->r, rowan_case_id(cases, 0),
			ROWAN_CHANNEL_DIARY, channel);
	rowan_list_free(cases);
	if (rc == 0)
		rc = rowan_assign(
			c->r, channel, rowan_self_member(c->r), 0, 0, &act);
	if (rc == 0)
		work(c, PATIENCE_MS, has_diary);
	else
		explain(rc);
}

/* diary KIND TEXT: now. A real application asks when. */
static void do_diary(struct companion *c, char *args)
{
	uint64_t now = rowan_now(c->r);
	struct rowan_draft *d = rowan_draft_new();
	char *text = strchr(args, ' ');
	int rc;

	if (text == NULL) {
		say("diary WHAT TEXT, for instance: diary call He rang twice.");
		rowan_draft_free(d);
		return;
	}
	*text++ = '\0';
	if (rowan_enrolled(c->r) && !has_diary(c))
		open_diary(c);
	if (now == 0)
		now = (uint64_t)time(NULL);
	rc = rowan_draft_incident(d, now, now, args);
	if (rc == 0)
		rc = rowan_draft_text(d, text, strlen(text));
	send_draft(c, ROWAN_CHANNEL_DIARY, d, rc);
}

/* evidence PATH: a photograph of the note, into the diary. */
static void do_evidence(struct companion *c, char *args)
{
	struct rowan_draft *d = rowan_draft_new();

	if (rowan_enrolled(c->r) && !has_diary(c))
		open_diary(c);
	send_draft(c, ROWAN_CHANNEL_DIARY, d,
		rowan_draft_attach(d, args, NULL, NULL));
}

/* readers: everybody of staff who speaks with her reads the diary, too. */
static void do_readers(struct companion *c, char *args)
{
	unsigned char support[ROWAN_ID_LEN], diary[ROWAN_ID_LEN];
	struct rowan_list *l = NULL;
	uint64_t act;
	int rc;

	if (!find_channel(c, ROWAN_CHANNEL_SUPPORT, support) ||
		!find_channel(c, ROWAN_CHANNEL_DIARY, diary)) {
		say("There is no diary yet: diary WHAT TEXT");
		return;
	}
	rc = rowan_members(c->r, support, &l);
	for (size_t i = 0; rc == 0 && i < rowan_list_count(l); i++)
		if (rowan_member_role(l, i) == ROWAN_ROLE_CASEWORKER)
			rc = rowan_assign(
				c->r, diary, rowan_member_id(l, i), 0, 0, &act);
	rowan_list_free(l);
	if (rc == 0)
		say("They can read what you write in it from now on.");
	else
		explain(rc);
}

/* letout PURPOSE: every entry of this device. A real application asks which. */
static void do_let_out(struct companion *c, char *args)
{
	unsigned char diary[ROWAN_ID_LEN], ids[64 * ROWAN_ID_LEN];
	struct rowan_message *m;
	uint64_t after = 0;
	size_t n = 0;
	int rc;

	if (!find_channel(c, ROWAN_CHANNEL_DIARY, diary)) {
		say("There is no diary yet: diary WHAT TEXT");
		return;
	}
	while (n < 64 && rowan_message_next(c->r, diary, after, &m) == 0) {
		after = rowan_message_place(m);
		unsigned type = rowan_message_type(m);

		if (rowan_message_own(m) &&
			(type == ROWAN_MESSAGE_DIARY ||
				type == ROWAN_MESSAGE_ATTACHMENT))
			memcpy(ids + ROWAN_ID_LEN * n++, rowan_message_id(m),
				ROWAN_ID_LEN);
		rowan_message_free(m);
	}
	rc = n == 0 ? ROWAN_E_NOT_FOUND
		    : rowan_let_out(c->r, diary, ids, n, args);
	if (rc == 0)
		say("%zu entries may go out for: %s", n, args);
	else
		explain(rc);
}

/* ---- reading ---- */

static const char *state_of(const struct rowan_message *m)
{
	switch (rowan_message_state(m)) {
	case ROWAN_STATE_WAITING: return " (waiting)";
	case ROWAN_STATE_SENT: return " (sent)";
	case ROWAN_STATE_DELIVERED: return " (delivered)";
	case ROWAN_STATE_READ: return " (read)";
	case ROWAN_STATE_FAILED: return " (not sent)";
	case ROWAN_STATE_NEW: return " (new)";
	default: return "";
	}
}

static void show_message(struct companion *c, const struct rowan_message *m)
{
	char who[300], time[32], file[300];

	when(rowan_message_own(m) ? rowan_message_sent(m)
				  : rowan_message_received(m),
		time, sizeof time);
	if (rowan_message_own(m))
		(void)snprintf(who, sizeof who, "you");
	else
		name_of(c, rowan_message_channel(m), rowan_message_member(m),
			who, sizeof who);
	say("%zu. %s, %s%s", c->listed_count, who, time, state_of(m));
	switch (rowan_message_type(m)) {
	case ROWAN_MESSAGE_ATTACHMENT:
		plain(rowan_message_file(m), file, sizeof file);
		say("   [file: %s, %llu bytes; fetch %zu PATH]", file,
			(unsigned long long)rowan_message_size(m),
			c->listed_count);
		break;
	case ROWAN_MESSAGE_DIARY:
		plain(rowan_message_kind(m), file, sizeof file);
		say("   [diary: %s]", file);
		break;
	case ROWAN_MESSAGE_HISTORY:
		say("   [an earlier message, handed over by %s]", who);
		break;
	case ROWAN_MESSAGE_TEXT:
	case ROWAN_MESSAGE_NAME: break;
	default: say("   [something this version cannot show]"); break;
	}
	if (rowan_message_text_len(m) > 0)
		show(rowan_message_text(m), "   ", "   ");
}

static void list(struct companion *c, enum rowan_channel_kind kind, size_t max)
{
	unsigned char channel[ROWAN_ID_LEN];
	struct rowan_message *m = NULL;
	uint64_t place = 0;
	size_t n = 0;

	if (!need(c, kind, channel))
		return;
	/* Back by as many, then forward. */
	while (n < max && rowan_message_last(c->r, channel, place, &m) == 0) {
		place = rowan_message_place(m);
		rowan_message_free(m);
		n++;
	}
	c->listed_count = 0;
	if (n == 0) {
		say("Nothing here.");
		return;
	}
	place--;
	while (c->listed_count < n &&
		rowan_message_next(c->r, channel, place, &m) == 0) {
		place = rowan_message_place(m);
		memcpy(c->listed[c->listed_count++], rowan_message_id(m),
			ROWAN_ID_LEN);
		show_message(c, m);
		if (!rowan_message_own(m))
			(void)!rowan_mark_read(c->r, rowan_message_id(m));
		rowan_message_free(m);
	}
}

static size_t count_of(const char *args)
{
	unsigned long n = strtoul(args, NULL, 10);

	return n == 0 ? 20 : n > LISTED_MAX ? LISTED_MAX : n;
}

static void do_read(struct companion *c, char *args)
{
	list(c, ROWAN_CHANNEL_SUPPORT, count_of(args));
}

static void do_entries(struct companion *c, char *args)
{
	list(c, ROWAN_CHANNEL_DIARY, count_of(args));
}

/* The message that the last listing gave this number. */
static const unsigned char *listed(struct companion *c, char **args)
{
	unsigned long n = strtoul(*args, args, 10);

	while (**args == ' ')
		++*args;
	if (n > 0 && n <= c->listed_count)
		return c->listed[n - 1];
	say("Which one? The number stands before each message: read");
	return NULL;
}

static void do_fetch(struct companion *c, char *args)
{
	const unsigned char *id = listed(c, &args);
	int rc;

	if (id == NULL)
		return;
	rc = rowan_fetch(c->r, id, args);
	if (rc != 0)
		explain(rc);
}

static void do_forget(struct companion *c, char *args)
{
	const unsigned char *id = listed(c, &args);
	int rc;

	if (id == NULL)
		return;
	rc = rowan_forget(c->r, id);
	if (rc == 0)
		say("Deleted from this device.");
	else
		explain(rc);
}

static void do_who(struct companion *c, char *args)
{
	unsigned char channel[ROWAN_ID_LEN];
	struct rowan_list *l = NULL;
	int rc;

	if (!need(c, ROWAN_CHANNEL_SUPPORT, channel))
		return;
	rc = rowan_members(c->r, channel, &l);
	if (rc != 0) {
		explain(rc);
		return;
	}
	for (size_t i = 0; i < rowan_list_count(l); i++) {
		char who[300];

		name_of(c, channel, rowan_member_id(l, i), who, sizeof who);
		say("%s%s", who,
			rowan_member_present(l, i) ? "" : " (not here yet)");
	}
	rowan_list_free(l);
}

static void do_code(struct companion *c, char *args)
{
	unsigned char channel[ROWAN_ID_LEN];
	char code[ROWAN_CODE_LEN];
	int rc;

	if (!need(c, ROWAN_CHANNEL_SUPPORT, channel))
		return;
	rc = rowan_code(c->r, channel, code);
	if (rc == 0)
		say("%s", code);
	else
		explain(rc);
}

/* ---- leaving ---- */

static void do_wait(struct companion *c, char *args)
{
	unsigned long seconds = strtoul(args, NULL, 10);

	work(c, (int)(seconds > 3600 ? 3600 : seconds) * 1000, NULL);
}

static void do_lock(struct companion *c, char *args)
{
	clear_screen();
	rowan_lock(c->r);
	c->listed_count = 0;
	c->over = !unlock(c);
}

static void do_quit(struct companion *c, char *args)
{
	clear_screen();
	c->over = true;
}

static void do_wipe(struct companion *c, char *args)
{
	int rc;

	if (strcmp(args, "everything") != 0) {
		say("This removes everything from this device, for ever. The "
		    "people you write with keep what they have. To do it: "
		    "wipe everything");
		return;
	}
	rowan_close(c->r);
	c->r = NULL;
	c->over = true;
	rc = rowan_wipe(c->path);
	if (rc == 0)
		say("Removed.");
	else
		explain(rc);
}

static void do_help(struct companion *c, char *args)
{
	say("In danger, call 999. This program cannot call for help.\n"
	    "\n"
	    "enrol INVITE     set this device up\n"
	    "name NAME        what the people you write with see\n"
	    "write TEXT       to your caseworkers\n"
	    "attach PATH TEXT a file to them\n"
	    "read [N]         the last messages\n"
	    "fetch N PATH     the file of message N\n"
	    "diary WHAT TEXT  note down what happened\n"
	    "entries [N]      your diary\n"
	    "evidence PATH    a file into it\n"
	    "readers          let your caseworkers read it\n"
	    "letout PURPOSE   what you wrote in it may go out, with proof\n"
	    "forget N         delete message N from this device\n"
	    "who              who reads what you write\n"
	    "code             to compare, that nobody is in between\n"
	    "wait SECONDS     for what comes\n"
	    "lock             until the passphrase is given again\n"
	    "wipe             remove everything from this device\n"
	    "q, or Ctrl-C     leave at once");
}

static const struct command {
	const char *name;
	bool argument; /* needs one */
	void (*run)(struct companion *c, char *args);
} commands[] = {
	{"enrol", true, do_enrol},
	{"name", true, do_name},
	{"write", true, do_write},
	{"attach", true, do_attach},
	{"read", false, do_read},
	{"fetch", true, do_fetch},
	{"diary", true, do_diary},
	{"entries", false, do_entries},
	{"evidence", true, do_evidence},
	{"readers", false, do_readers},
	{"letout", true, do_let_out},
	{"forget", true, do_forget},
	{"who", false, do_who},
	{"code", false, do_code},
	{"wait", true, do_wait},
	{"lock", false, do_lock},
	{"wipe", false, do_wipe},
	{"help", false, do_help},
	{"quit", false, do_quit},
	{"q", false, do_quit},
};

void command(struct companion *c, char *line)
{
	char *args = line + strcspn(line, " ");

	if (*args != '\0')
		*args++ = '\0';
	args += strspn(args, " ");
	if (*line == '\0')
		return;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (strcmp(commands[i].name, line) != 0)
			continue;
		if (commands[i].argument && *args == '\0')
			say("Something is missing after \"%s\". See: help",
				line);
		else
			commands[i].run(c, args);
		return;
	}
	say("That is not a command. See: help");
}
