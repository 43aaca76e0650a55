/*
 * rowan inbox, cases, case, people, alias: looking at who and what there is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/families.h"
#include "cmd/remote.h"
#include "ui/mem.h"
#include "ui/table.h"
#include "ui/when.h"
#include "ui/words.h"

/* An alias, or the beginning of the id. */
static char *case_text(const json_t *o)
{
	const char *alias = json_text(o, "alias");

	return *alias != '\0' ? mem_text(alias)
			      : mem_print("%.8s", json_text(o, "case"));
}

/* Of one kind of channel of a case; NULL where we take no part. */
static const json_t *channel_of(const json_t *o, const char *kind)
{
	json_t *one;
	size_t i;

	json_array_foreach (json_object_get(o, "channels"), i, one)
		if (strcmp(json_text(one, "kind"), kind) == 0)
			return one;
	return NULL;
}

/*
 * "3", "." for nothing new, "-" for no part, "!" where it waits for a reset,
 * "x" for own messages that did not arrive.
 */
static void unread_cell(struct table *t, const json_t *o, const char *kind)
{
	const json_t *c = channel_of(o, kind);

	if (c == NULL)
		table_cell(t, "-");
	else if (json_flag(c, "frozen"))
		table_cell(t, "!");
	else if (!json_flag(c, "joined"))
		table_cell(t, "...");
	else if (json_number(c, "unread") == 0)
		table_cell(t, json_number(c, "untold") > 0 ? "x" : ".");
	else
		table_number(t, (long long)json_number(c, "unread"));
}

static uint64_t last_of(const json_t *o)
{
	json_int_t last = 0;
	json_t *one;
	size_t i;

	json_array_foreach (json_object_get(o, "channels"), i, one)
		if (json_number(one, "last") > last)
			last = json_number(one, "last");
	return (uint64_t)last;
}

static struct table *case_table(const struct run *r, bool status)
{
	struct table *t = table_new(&r->ui);

	table_column(t, "#", TABLE_RIGHT);
	table_column(t, _("CASE"), TABLE_FLEX);
	table_column(t, _("REFERRED"), 0);
	table_column(t, _("BY"), TABLE_FLEX);
	if (status)
		table_column(t, _("STATUS"), 0);
	table_column(t, _("SUPPORT"), TABLE_RIGHT);
	table_column(t, _("TEAM"), TABLE_RIGHT);
	table_column(t, _("DIARY"), TABLE_RIGHT);
	table_column(t, _("LAST"), 0);
	return t;
}

static void case_row(
	struct table *t, const json_t *o, uint64_t now, bool status)
{
	char when[WHEN_LEN], day[WHEN_LEN];
	char *name = case_text(o);

	when_day_text((uint32_t)json_number(o, "day"), day);
	when_text(last_of(o), now, when);
	table_number(t, (long long)json_number(o, "number"));
	table_cell(t, name);
	table_cell(t, day);
	table_cell(t, json_text(o, "agency"));
	if (status)
		table_cell(t, json_flag(o, "hold")
				      ? _("on hold")
				      : words_said(json_text(o, "status")));
	unread_cell(t, o, "support");
	unread_cell(t, o, "team");
	unread_cell(t, o, "diary");
	table_cell(t, when);
	if (json_number(o, "unread") > 0)
		table_mark(t, UI_BOLD);
	free(name);
}

/* What was kept, or sent, and did not come to those it was for. */
static void say_untold(const struct run *r, const json_t *o)
{
	json_t *one;
	size_t i;

	json_array_foreach (json_object_get(o, "channels"), i, one) {
		const char *kind = json_text(one, "kind");
		bool support = strcmp(kind, "support") == 0;
		const char *option = support ? "" : " --channel ";
		unsigned long n = (unsigned long)json_number(one, "untold");

		if (n > 0)
			ui_note(&r->ui,
				ngettext("%lu message of yours was not sent, "
					 "or not to everybody: rowan read "
					 "%lld%s%s",
					"%lu messages of yours were not sent, "
					"or not to everybody: rowan read "
					"%lld%s%s",
					n),
				n, (long long)json_number(o, "number"), option,
				support ? "" : kind);
	}
}

static int list_cases(
	struct run *r, json_t *request, bool status, const char *empty)
{
	json_t *ret = NULL, *one;
	struct table *t;
	uint64_t now;
	size_t i;
	int code = remote_call(r, request, &ret);

	if (code != EXIT_DONE)
		return code;
	t = case_table(r, status);
	now = (uint64_t)json_number(ret, "now");
	json_array_foreach (json_object_get(ret, "cases"), i, one) {
		case_row(t, one, now, status);
	}
	table_print(t, empty);
	table_free(t);
	json_array_foreach (json_object_get(ret, "cases"), i, one) {
		say_untold(r, one);
	}
	ui_json(&r->ui, ret);
	return EXIT_DONE;
}

static int inbox_run(struct run *r)
{
	return list_cases(r,
		json_pack(
			"{s:s,s:b,s:b}", "op", "cases", "unread", 1, "last", 1),
		false, _("Nothing is unread."));
}

static const struct command_option cases_options[] = {
	{"all", 'a', NULL, N_("closed cases, too"), COMMAND_TEXT},
	{"overdue", 'o', "DAYS",
		N_("only where nobody has written for so many days"),
		COMMAND_TEXT},
	{"unopened", 'u', NULL,
		N_("only what was never opened: nobody allocated, nobody in "
		   "yet, or your words unread"),
		COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

/* Open cases in which nobody has written for ${days} days, or ever. */
static int list_overdue(struct run *r, unsigned long days)
{
	json_t *ret = NULL, *one, *kept = json_array();
	struct table *t;
	uint64_t now;
	size_t i;
	int code = remote_call(
		r, json_pack("{s:s,s:b}", "op", "cases", "last", 1), &ret);

	if (code != EXIT_DONE) {
		json_decref(kept);
		return code;
	}
	t = case_table(r, true);
	now = (uint64_t)json_number(ret, "now");
	json_array_foreach (json_object_get(ret, "cases"), i, one) {
		uint64_t last = last_of(one);

		if (last == 0)
			last = (uint64_t)json_number(one, "day") * 86400;
		if (last + days * 86400 > now)
			continue;
		case_row(t, one, now, true);
		(void)json_array_append(kept, one);
	}
	table_print(t, _("Nothing is overdue."));
	table_free(t);
	(void)json_object_set_new(ret, "cases", kept);
	ui_json(&r->ui, ret);
	return EXIT_DONE;
}

static const char *unopened_words(const char *why)
{
	if (strcmp(why, "nobody") == 0)
		return _("nobody is allocated");
	if (strcmp(why, "not in") == 0)
		return _("who is allocated has not come in yet");
	return _("what you wrote was read by nobody");
}

/* Referrals that nobody has taken up, as far as this device can know. */
static int list_unopened(struct run *r)
{
	json_t *ret = NULL, *one;
	json_int_t out;
	struct table *t;
	size_t i;
	int code = remote_call(r, json_pack("{s:s}", "op", "unopened"), &ret);

	if (code != EXIT_DONE)
		return code;
	t = table_new(&r->ui);
	table_column(t, "#", TABLE_RIGHT);
	table_column(t, _("CASE"), TABLE_FLEX);
	table_column(t, _("REFERRED"), 0);
	table_column(t, _("BY"), TABLE_FLEX);
	table_column(t, _("WHY"), TABLE_FLEX);
	json_array_foreach (json_object_get(ret, "cases"), i, one) {
		char day[WHEN_LEN], *name = case_text(one);

		when_day_text((uint32_t)json_number(one, "day"), day);
		table_number(t, (long long)json_number(one, "number"));
		table_cell(t, name);
		table_cell(t, day);
		table_cell(t, json_text(one, "agency"));
		table_cell(t, unopened_words(json_text(one, "unopened")));
		free(name);
	}
	table_print(t, _("Everything was opened, as far as you can know."));
	table_free(t);
	out = json_number(ret, "left_out");
	if (out > 0)
		ui_note(&r->ui,
			ngettext("%lld allocated case is left out: you take no "
				 "part in it.",
				"%lld allocated cases are left out: you take "
				"no "
				"part in them.",
				(unsigned long)out),
			(long long)out);
	ui_json(&r->ui, ret);
	return EXIT_DONE;
}

static int cases_run(struct run *r)
{
	unsigned long days = 0;
	int code = run_number(r, "overdue", 1, 3650, &days);

	if (code != EXIT_DONE)
		return code;
	if (run_option(r, "unopened") != NULL)
		return list_unopened(r);
	if (days > 0)
		return list_overdue(r, days);
	return list_cases(r,
		json_pack("{s:s,s:b,s:b}", "op", "cases", "all",
			(int)(run_option(r, "all") != NULL), "last", 1),
		true, _("There is no case yet."));
}

/* ${of}: the channel, or NULL for all of the clinic. */
static void people_rows(
	struct table *t, const json_t *list, uint64_t now, const json_t *of)
{
	/* Who takes no part in it cannot know who has come. */
	bool knows = json_flag(of, "part");

	json_t *one;
	size_t i;

	json_array_foreach (list, i, one) {
		char *who = person_text(one), until[WHEN_LEN];

		when_text((uint64_t)json_number(one, "until"), now, until);
		table_number(t, (long long)json_number(one, "number"));
		if (of != NULL)
			table_cell(t, json_text(of, "kind"));
		table_cell(t, who);
		table_cell(t, words_said(json_text(one, "role")));
		table_cell(t, json_text(one, "agency"));
		if (of != NULL) {
			table_cell(t, !knows ? "?"
				      : json_flag(one, "present")
					      ? _("yes")
					      : _("not yet"));
			table_cell(t, until);
			table_cell(t, !knows			   ? "?"
				      : json_flag(one, "verified") ? _("yes")
								   : _("no"));
		}
		free(who);
	}
}

static int case_run(struct run *r)
{
	json_t *ret = NULL, *one;
	bool outside = false;
	char day[WHEN_LEN], *name, *agency, *line;
	struct table *t;
	uint64_t now;
	size_t i;
	int code = remote_call(r,
		json_pack("{s:s,s:s}", "op", "case", "case", r->argv[0]), &ret);

	if (code != EXIT_DONE)
		return code;
	now = (uint64_t)json_number(ret, "now");
	when_day_text((uint32_t)json_number(ret, "day"), day);
	name = ui_safe(&r->ui, json_text(ret, "alias"));
	agency = ui_safe(&r->ui, json_text(ret, "agency"));
	line = mem_print(_("Case %s %s"), json_text(ret, "case"), name);
	ui_beside(&r->ui, 0, line);
	free(line);
	line = mem_print(_("Referred %s by %s; %s%s"), day, agency,
		words_said(json_text(ret, "status")),
		json_flag(ret, "hold") ? _(", legal hold") : "");
	ui_beside(&r->ui, 0, line);
	free(line);
	free(name);
	free(agency);
	t = table_new(&r->ui);
	table_column(t, "#", TABLE_RIGHT);
	table_column(t, _("CHANNEL"), 0);
	table_column(t, _("WHO"), TABLE_FLEX);
	table_column(t, _("ROLE"), 0);
	table_column(t, _("AGENCY"), TABLE_FLEX);
	table_column(t, _("IN"), 0);
	table_column(t, _("UNTIL"), 0);
	table_column(t, _("VERIFIED"), 0);
	json_array_foreach (json_object_get(ret, "channels"), i, one) {
		people_rows(t, json_object_get(one, "people"), now, one);
		if (json_array_size(json_object_get(one, "people")) > 0)
			outside = outside || !json_flag(one, "part");
	}
	table_print(t, _("Nobody takes part yet: rowan assign."));
	table_free(t);
	if (outside)
		ui_note(&r->ui, _("?: who is in a channel is known to those "
				  "who take part in it."));
	ui_json(&r->ui, ret);
	return EXIT_DONE;
}

static int people_run(struct run *r)
{
	json_t *ret = NULL;
	struct table *t;
	int code = remote_call(r, json_pack("{s:s}", "op", "people"), &ret);

	if (code != EXIT_DONE)
		return code;
	t = table_new(&r->ui);
	table_column(t, "#", TABLE_RIGHT);
	table_column(t, _("WHO"), TABLE_FLEX);
	table_column(t, _("ROLE"), 0);
	table_column(t, _("AGENCY"), TABLE_FLEX);
	people_rows(t, json_object_get(ret, "people"), 0, NULL);
	table_print(t, _("Nobody else is known yet."));
	table_free(t);
	ui_json(&r->ui, ret);
	return EXIT_DONE;
}

static const struct command_option alias_options[] = {
	{"person", 'p', NULL, N_("of a person, not of a case"), COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static int alias_run(struct run *r)
{
	json_t *ret = NULL;
	int code = remote_call(r,
		json_pack("{s:s,s:s,s:s*,s:b}", "op", "alias", "of", r->argv[0],
			"alias", r->argc > 1 ? r->argv[1] : NULL, "person",
			(int)(run_option(r, "person") != NULL)),
		&ret);

	if (code == EXIT_DONE)
		ui_json(&r->ui, ret);
	return code;
}

static const struct command_option none[] = {
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

const struct command case_commands[] = {
	{"inbox", "", 0, 0, COMMAND_TEXT, N_("what is unread, by case"),
		N_("A number says how many messages are unread; . none; - you "
		   "take no part; ... you are being added; ! the channel waits "
		   "for a reset; x a message of yours was not sent, or not to "
		   "everybody. A case keeps its number (#) on this device."),
		0, none, inbox_run},
	{"cases", "", 0, 0, COMMAND_TEXT, N_("your cases and referrals"),
		N_("Open cases, the newest referral first; a coordinator sees "
		   "those of the whole clinic. A case keeps its number (#) on "
		   "this device; an alias names it in words."),
		0, cases_options, cases_run},
	{"case", "CASE", 1, 1, COMMAND_CASE,
		N_("one case: its channels and who takes part"), NULL, 0, none,
		case_run},
	{"people", "", 0, 0, COMMAND_TEXT,
		N_("the clinic's staff, with numbers"), NULL, 0, none,
		people_run},
	{"alias", "CASE [WORD]", 1, 2, COMMAND_CASE,
		N_("give a case or a person a private name, or take it away"),
		N_("An alias is kept on this device only, sealed, and is never "
		   "sent. Choose a word that tells a bystander nothing."),
		0, alias_options, alias_run},
	{NULL, NULL, 0, 0, COMMAND_TEXT, NULL, NULL, 0, NULL, NULL}};
