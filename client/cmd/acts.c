/*
 * rowan open, assign, cover, handover, recuse, close, reopen, bar, reset: the
 * signed acts. Who is meant is shown, with role and agency, before anything
 * is signed, and what became of it afterwards.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rowan.h>

#include "cmd/families.h"
#include "cmd/remote.h"
#include "ui/mem.h"
#include "ui/table.h"
#include "ui/when.h"
#include "ui/words.h"
#include "wire/card.h"

/* The clinic's time, or this machine's before there was a connection. */
static uint64_t clinic_now(struct run *r)
{
	json_t *ret = NULL, *error = NULL;
	json_int_t now = 0;

	if (remote_try(r, json_pack("{s:s}", "op", "status"), &ret, &error) ==
		EXIT_DONE)
		now = json_number(ret, "now");
	json_decref(ret);
	json_decref(error);
	return now > 0 ? (uint64_t)now : (uint64_t)time(NULL);
}

/* One act, said in words once it stands. ${ret} may be NULL. */
static int do_act(
	struct run *r, json_t *request, const char *done, json_t **ret)
{
	json_t *out = NULL;
	int code = remote_call(r, request, &out);

	if (code == EXIT_DONE && json_flag(out, "pending"))
		ui_note(&r->ui, _("Signed and kept. The clinic learns of it "
				  "once there is a connection."));
	else if (code == EXIT_DONE && done != NULL)
		ui_note(&r->ui, "%s", done);
	if (ret != NULL)
		*ret = out;
	else if (code == EXIT_DONE)
		ui_json(&r->ui, out);
	return code;
}

/* ---- open, close -------------------------------------------------------- */

static const struct command_option open_options[] = {
	{"day", 'd', "DAY", N_("of the referral: today, yesterday, 2026-01-15"),
		COMMAND_TEXT},
	{"alias", 'a', "WORD", N_("a private name for it"), COMMAND_TEXT},
	{"yes", 'y', NULL, N_("the agency is written as it should be"),
		COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

/*
 * A referral stays with the agency it was opened for: one that looks like a
 * slip of the finger is asked about, one that is new is remarked upon.
 */
static int look_at_agency(struct run *r, const char *agency)
{
	bool yes = run_option(r, "yes") != NULL;
	char *question, *safe;
	json_t *ret = NULL;
	const char *near;
	int code;

	/* What is no code at all is refused by whoever signs. */
	if (!wire_agency_ok(bytes_of(agency, strlen(agency))))
		return EXIT_DONE;
	code = remote_call(r,
		json_pack("{s:s,s:s,s:b}", "op", "open", "agency", agency,
			"look", 1),
		&ret);

	if (code != EXIT_DONE || yes || json_flag(ret, "known")) {
		json_decref(ret);
		return code;
	}
	near = json_text(ret, "near");
	safe = ui_safe(&r->ui, agency);
	if (*near != '\0') {
		question = mem_print(
			_("Nobody here is of the agency %s, and it has "
			  "referred no case before. Do you mean %s? Open it "
			  "for %s all the same?"),
			safe, near, safe);
		code = ui_ask(&r->ui, question, "--yes", &yes);
		free(question);
		if (code == EXIT_DONE && !yes)
			code = ui_fail(&r->ui, EXIT_OTHER, NULL,
				_("nothing was done"));
	} else {
		ui_note(&r->ui,
			_("The first referral by %s, of which nobody here has "
			  "a card."),
			safe);
	}
	free(safe);
	json_decref(ret);
	return code;
}

static int open_run(struct run *r)
{
	const char *day_text = run_option(r, "day");
	uint64_t now = clinic_now(r);
	json_t *ret = NULL;
	uint32_t day;
	int code;

	if (!when_day(day_text != NULL ? day_text : "today", now, &day))
		return run_usage(r, _("a day is today, yesterday or "
				      "2026-01-15"));
	/* East of the clinic it is tomorrow already. */
	if (day > now / 86400 + 1)
		return run_usage(r, _("a referral was made already: its day "
				      "is not to come"));
	code = look_at_agency(r, r->argv[0]);
	if (code != EXIT_DONE)
		return code;
	code = do_act(r,
		json_pack("{s:s,s:s,s:i,s:s*}", "op", "open", "agency",
			r->argv[0], "day", (int)day, "alias",
			run_option(r, "alias")),
		NULL, &ret);
	if (code != EXIT_DONE)
		return code;
	ui_say(&r->ui, _("Case %lld, %s"),
		(long long)json_number(ret, "number"), json_text(ret, "case"));
	if (json_flag(ret, "alias_refused"))
		ui_note(&r->ui, _("The alias cannot be: one word that is no "
				  "number and not taken."));
	if (json_flag(ret, "pending"))
		ui_note(&r->ui,
			_("Until then rowan cases does not list it, "
			  "and nobody can be assigned to it. rowan "
			  "status tells of the connection; rowan doctor, "
			  "if it was refused."));
	else
		ui_note(&r->ui,
			_("Next: rowan people, then rowan assign %lld PERSON "
			  "support,team"),
			(long long)json_number(ret, "number"));
	ui_json(&r->ui, ret);
	return EXIT_DONE;
}

static const struct command_option close_options[] = {
	{"reason", 'r', "WORD", N_("resolved, moved, request or other"),
		COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static int close_run(struct run *r)
{
	return do_act(r,
		json_pack("{s:s,s:s,s:s*}", "op", "close", "case", r->argv[0],
			"reason", run_option(r, "reason")),
		_("The case is closed."), NULL);
}

static int reopen_run(struct run *r)
{
	return do_act(r,
		json_pack("{s:s,s:s}", "op", "reopen", "case", r->argv[0]),
		_("The case is open again."), NULL);
}

static int recuse_run(struct run *r)
{
	return do_act(r,
		json_pack("{s:s,s:s}", "op", "recuse", "case", r->argv[0]),
		_("You have stepped out of the case."), NULL);
}

static int reset_run(struct run *r)
{
	return do_act(r,
		json_pack("{s:s,s:s,s:s}", "op", "reset", "case", r->argv[0],
			"channel", r->argv[1]),
		_("The channel begins anew."), NULL);
}

/* ---- assignments -------------------------------------------------------- */

static const struct command_option assign_options[] = {
	{"from", 'f', "TIME", N_("begins then; at once without it"),
		COMMAND_TEXT},
	{"until", 'u', "TIME", N_("ends by itself then"), COMMAND_TEXT},
	{"yes", 'y', NULL, N_("do not ask"), COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static const struct command_option unassign_options[] = {
	{"yes", 'y', NULL, N_("do not ask"), COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

struct assignment {
	const char *of_case, *person, *channels;
	uint64_t from, until;
	bool end; /* unassign */
	bool yes;
};

/* Who ${person} is, for the question and the answer. The caller frees. */
static int who_is(struct run *r, const char *person, char **ret)
{
	json_t *out = NULL, *one, *found = NULL;
	char *words;
	size_t i;
	int code = remote_call(r,
		json_pack("{s:s,s:s}", "op", "person", "person", person), &out);

	*ret = NULL;
	if (code != EXIT_DONE)
		return code;
	if (json_flag(out, "victim")) {
		*ret = mem_text(_("the victim of this case"));
		json_decref(out);
		return EXIT_DONE;
	}
	json_array_foreach (json_object_get(out, "people"), i, one)
		found = one;
	words = person_text(found);
	*ret = mem_print("%s, %s", words,
		*json_text(found, "role") != '\0'
			? words_said(json_text(found, "role"))
			: _("without a valid card"));
	free(words);
	json_decref(out);
	return EXIT_DONE;
}

static int confirm(struct run *r, const struct assignment *a, const char *who)
{
	char until[WHEN_LEN] = "", *safe = ui_safe(&r->ui, who), *question;
	char *channels = ui_safe(&r->ui, a->channels);
	bool yes = a->yes;
	int code = EXIT_DONE;

	when_text(a->until, clinic_now(r), until);
	question = a->end ? mem_print(_("Take %s out of: %s?"), safe, channels)
		   : *until != '\0'
			   ? mem_print(_("Let %s take part in: %s, until %s?"),
				     safe, channels, until)
			   : mem_print(_("Let %s take part in: %s?"), safe,
				     channels);
	if (!yes) {
		if (strstr(a->channels, "support") != NULL && !a->end &&
			strcmp(a->person, "victim") != 0)
			ui_note(&r->ui,
				_("The victim sees who, and of which agency."));
		code = ui_ask(&r->ui, question, "--yes", &yes);
	}
	free(question);
	free(safe);
	free(channels);
	if (code == EXIT_DONE && !yes)
		return ui_fail(&r->ui, EXIT_OTHER, NULL, _("nothing was done"));
	return code;
}

static json_t *assign_request(
	const struct assignment *a, const char *channel, bool look)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:b}", "op",
		a->end ? "unassign" : "assign", "case", a->of_case, "person",
		a->person, "channel", channel, "from", (json_int_t)a->from,
		"until", (json_int_t)a->until, "look", (int)look);
}

/*
 * Each channel of the list; results are added to ${results}. Without: only
 * whether it can be named, which is said before anybody is asked.
 */
static int assign_channels(
	struct run *r, const struct assignment *a, json_t *results)
{
	char *list = mem_text(a->channels), *rest = NULL;
	int code = EXIT_DONE;
	size_t count = 0;

	for (char *one = strtok_r(list, ",", &rest);
		one != NULL && code == EXIT_DONE;
		one = strtok_r(NULL, ",", &rest), count++) {
		json_t *out = NULL;

		code = do_act(
			r, assign_request(a, one, results == NULL), NULL, &out);
		if (code == EXIT_DONE && results != NULL) {
			(void)json_object_set_new(
				out, "channel", json_string(one));
			(void)json_array_append(results, out);
		}
		json_decref(out);
	}
	free(list);
	return code == EXIT_DONE && count == 0
		       ? run_usage(r, _("a channel is support, team or diary"))
		       : code;
}

static int assign_one(struct run *r, const struct assignment *a)
{
	json_t *results = json_array();
	char *who = NULL, *safe;
	int code = assign_channels(r, a, NULL);

	if (code == EXIT_DONE)
		code = who_is(r, a->person, &who);
	if (code == EXIT_DONE)
		code = confirm(r, a, who);
	if (code == EXIT_DONE)
		code = assign_channels(r, a, results);
	if (code == EXIT_DONE) {
		safe = ui_safe(&r->ui, who);
		ui_note(&r->ui,
			a->end ? _("%s takes no part any more: %s")
			       : _("%s takes part: %s"),
			safe, a->channels);
		free(safe);
		ui_json(&r->ui, json_pack("{s:O}", "assignments", results));
	}
	json_decref(results);
	free(who);
	return code;
}

static int times_of(struct run *r, struct assignment *a)
{
	const char *from = run_option(r, "from"),
		   *until = run_option(r, "until");
	uint64_t now = clinic_now(r);

	if ((from != NULL && !when_parse(from, now, &a->from)) ||
		(until != NULL && !when_parse(until, now, &a->until)))
		return run_usage(r, _("a time is 72h, 3d, 12:30, tomorrow "
				      "12:30 or 2026-01-15 12:30"));
	if (a->until != 0 && a->until <= (a->from != 0 ? a->from : now))
		return run_usage(r, _("it would end before it begins"));
	return EXIT_DONE;
}

static int assign_run(struct run *r)
{
	struct assignment a = {.of_case = r->argv[0],
		.person = r->argv[1],
		.channels = r->argv[2],
		.yes = run_option(r, "yes") != NULL};
	int code = times_of(r, &a);

	return code == EXIT_DONE ? assign_one(r, &a) : code;
}

static int unassign_run(struct run *r)
{
	struct assignment a = {.of_case = r->argv[0],
		.person = r->argv[1],
		.channels = r->argv[2],
		.end = true,
		.yes = run_option(r, "yes") != NULL};

	return assign_one(r, &a);
}

static const struct command_option cover_options[] = {
	{"channels", 'c', "LIST", N_("which (support,team)"), COMMAND_CHANNEL},
	{"yes", 'y', NULL, N_("do not ask"), COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static int cover_run(struct run *r)
{
	const char *channels = run_option(r, "channels");
	struct assignment a = {.of_case = r->argv[0],
		.person = r->argv[1],
		.channels = channels != NULL ? channels : "support,team",
		.yes = run_option(r, "yes") != NULL};
	uint64_t now = clinic_now(r);

	if (!when_parse(r->argv[2], now, &a.until) || a.until <= now)
		return run_usage(r, _("an end is 72h, 3d, tomorrow 12:30 or "
				      "2026-01-15 12:30, and lies ahead"));
	return assign_one(r, &a);
}

/* ---- handover ----------------------------------------------------------- */

static const struct command_option handover_options[] = {
	{"from", 'f', "PERSON", N_("whose cases; you, without it"),
		COMMAND_PERSON},
	{"agency", 'a', "CODE", N_("the cases of a whole agency's people"),
		COMMAND_TEXT},
	{"yes", 'y', NULL, N_("do not ask"), COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

struct handover {
	const char *to;
	const char *from; /* member id in hex, or NULL: by agency */
	const char *agency;
	json_t *results;
	size_t cases;
};

static bool leaves(const struct handover *h, const json_t *person)
{
	if (h->agency != NULL)
		return strcmp(json_text(person, "agency"), h->agency) == 0 &&
		       strcmp(json_text(person, "role"), "caseworker") == 0;
	return strcmp(json_text(person, "member"), h->from) == 0;
}

/* Who of those who leave is in the channel: assign the successor first. */
static int hand_channel(struct run *r, const struct handover *h,
	const char *of_case, const json_t *channel)
{
	struct assignment a = {.of_case = of_case,
		.channels = json_text(channel, "kind"),
		.person = h->to};
	json_t *one;
	bool assigned = false;
	char last[40] = "";
	size_t i;
	int code = EXIT_DONE;

	json_array_foreach (json_object_get(channel, "people"), i, one) {
		if (code != EXIT_DONE || !leaves(h, one) ||
			strcmp(json_text(one, "member"), last) == 0 ||
			strcmp(json_text(one, "member"), h->to) == 0)
			continue;
		(void)snprintf(
			last, sizeof last, "%.32s", json_text(one, "member"));
		if (!assigned) {
			a.end = false;
			a.person = h->to;
			code = assign_channels(r, &a, h->results);
			assigned = true;
		}
		a.end = true;
		a.person = last;
		if (code == EXIT_DONE)
			code = assign_channels(r, &a, h->results);
	}
	return code;
}

static int hand_case(struct run *r, struct handover *h, const char *of_case)
{
	json_t *out = NULL, *one;
	size_t i, before = json_array_size(h->results);
	int code = remote_call(
		r, json_pack("{s:s,s:s}", "op", "case", "case", of_case), &out);

	json_array_foreach (json_object_get(out, "channels"), i, one)
		if (code == EXIT_DONE &&
			strcmp(json_text(one, "kind"), "diary") != 0)
			code = hand_channel(r, h, of_case, one);
	json_decref(out);
	if (json_array_size(h->results) > before)
		h->cases++;
	return code;
}

static int hand_all(struct run *r, struct handover *h)
{
	json_t *out = NULL, *one;
	size_t i;
	int code = remote_call(r, json_pack("{s:s}", "op", "cases"), &out);

	json_array_foreach (json_object_get(out, "cases"), i, one)
		if (code == EXIT_DONE)
			code = hand_case(r, h, json_text(one, "case"));
	json_decref(out);
	return code;
}

static int member_of(struct run *r, const char *person, char **ret)
{
	json_t *out = NULL;
	int code = remote_call(r,
		json_pack("{s:s,s:s}", "op", "person", "person", person), &out);

	*ret = mem_text(json_text(
		json_array_get(json_object_get(out, "people"), 0), "member"));
	json_decref(out);
	return code;
}

static int has_case(struct run *r, const char *of_case)
{
	json_t *out = NULL;
	int code = remote_call(
		r, json_pack("{s:s,s:s}", "op", "case", "case", of_case), &out);

	json_decref(out);
	return code;
}

static int handover_run(struct run *r)
{
	const char *from = run_option(r, "from");
	struct handover h = {.agency = run_option(r, "agency")};
	char *to = NULL, *leaver = NULL, *who = NULL, *safe, *question;
	bool yes = run_option(r, "yes") != NULL;
	int code;

	if (from != NULL && h.agency != NULL)
		return run_usage(r, _("--from or --agency, not both"));
	code = who_is(r, r->argv[0], &who);
	if (code == EXIT_DONE)
		code = member_of(r, r->argv[0], &to);
	if (code == EXIT_DONE)
		code = member_of(r, from != NULL ? from : "me", &leaver);
	for (int i = 1; code == EXIT_DONE && i < r->argc; i++)
		code = has_case(r, r->argv[i]);
	safe = ui_safe(&r->ui, who);
	if (code == EXIT_DONE && !yes) {
		question = r->argc > 1 ? mem_print(_("Hand these cases to %s?"),
						 safe)
			   : h.agency != NULL
				   ? mem_print(_("Hand all cases of the agency "
						 "to %s?"),
					     safe)
				   : mem_print(_("Hand the whole caseload to "
						 "%s?"),
					     safe);
		code = ui_ask(&r->ui, question, "--yes", &yes);
		free(question);
	}
	h.to = to;
	h.from = leaver;
	h.results = json_array();
	if (code == EXIT_DONE && !yes)
		code = ui_fail(&r->ui, EXIT_OTHER, NULL, _("nothing was done"));
	for (int i = 1; code == EXIT_DONE && i < r->argc; i++)
		code = hand_case(r, &h, r->argv[i]);
	if (code == EXIT_DONE && r->argc == 1)
		code = hand_all(r, &h);
	if (code == EXIT_DONE && h.cases == 0)
		ui_note(&r->ui, _("There was nothing to hand over."));
	else if (h.cases > 0)
		ui_note(&r->ui,
			ngettext("Handed over to %s: %zu case.",
				"Handed over to %s: %zu cases.", h.cases),
			safe, h.cases);
	if (code == EXIT_DONE)
		ui_json(&r->ui,
			json_pack("{s:I,s:O}", "cases", (json_int_t)h.cases,
				"assignments", h.results));
	json_decref(h.results);
	free(safe);
	free(who);
	free(to);
	free(leaver);
	return code;
}

/* ---- the bar list ------------------------------------------------------- */

static const struct command_option bar_options[] = {
	{"reason", 'r', "TEXT", N_("why; read by the team only"), COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static int bar(struct run *r, bool barred, const char *reason)
{
	json_t *out = NULL;
	char *who, *safe;
	int code = remote_call(r,
		json_pack("{s:s,s:s,s:s,s:b,s:s*}", "op", "bar", "case",
			r->argv[0], "person", r->argv[1], "barred", (int)barred,
			"reason", reason),
		&out);

	if (code != EXIT_DONE)
		return code;
	who = person_text(json_object_get(out, "person"));
	safe = ui_safe(&r->ui, who);
	ui_note(&r->ui,
		barred ? _("%s is barred. They were not told; who is assigned "
			   "already stays until unassigned.")
		       : _("%s is no longer barred."),
		safe);
	free(who);
	free(safe);
	ui_json(&r->ui, out);
	return EXIT_DONE;
}

static int bar_run(struct run *r)
{
	return bar(r, true, run_option(r, "reason"));
}

static int unbar_run(struct run *r)
{
	return bar(r, false, run_option(r, "reason"));
}

static int bar_list_run(struct run *r)
{
	json_t *out = NULL, *one;
	struct table *t;
	size_t i;
	int code = remote_call(r,
		json_pack("{s:s,s:s}", "op", "barred", "case", r->argv[0]),
		&out);

	if (code != EXIT_DONE)
		return code;
	t = table_new(&r->ui);
	table_column(t, _("WHO"), TABLE_FLEX);
	table_column(t, _("ROLE"), 0);
	json_array_foreach (json_object_get(out, "people"), i, one) {
		char *who = person_text(one);

		table_cell(t, who);
		table_cell(t, words_said(json_text(one, "role")));
		free(who);
	}
	table_print(t, _("Nobody is barred from this case."));
	table_free(t);
	ui_json(&r->ui, out);
	return EXIT_DONE;
}

static const struct command_option none[] = {
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

const struct command act_commands[] = {
	{"open", "AGENCY", 1, 1, COMMAND_TEXT,
		N_("open a referral that AGENCY made"), NULL,
		ROWAN_RIGHT_COORDINATE, open_options, open_run},
	{"assign", "CASE PERSON CHANNELS", 3, 3, COMMAND_CASE,
		N_("let a person take part in support, team or diary"),
		N_("CHANNELS is support, team, diary, or several with commas. "
		   "PERSON is a number of rowan people, an alias, me, or "
		   "victim for whoever enrolled as the victim. "
		   "Being on the team never means reading the victim. Who it "
		   "is, with role and agency, is shown first."),
		ROWAN_RIGHT_COORDINATE, assign_options, assign_run},
	{"unassign", "CASE PERSON CHANNELS", 3, 3, COMMAND_CASE,
		N_("end that; they are out before the next word"), NULL,
		ROWAN_RIGHT_COORDINATE, unassign_options, unassign_run},
	{"cover", "CASE PERSON END", 3, 3, COMMAND_CASE,
		N_("let a colleague stand in until END"),
		N_("END is 72h, 3d, tomorrow 12:30 or 2026-01-15 12:30. The "
		   "right ends then although nobody is at a keyboard."),
		ROWAN_RIGHT_COORDINATE, cover_options, cover_run},
	{"handover", "PERSON [CASE...]", 1, -1, COMMAND_PERSON,
		N_("hand cases to PERSON for good: some, a caseload, an "
		   "agency"),
		N_("Without CASE the whole caseload of --from. In each channel "
		   "the successor is assigned first, then the other leaves. "
		   "The diary is the victim's to share."),
		ROWAN_RIGHT_COORDINATE, handover_options, handover_run},
	{"recuse", "CASE", 1, 1, COMMAND_CASE,
		N_("step out of a case for a conflict of interest"), NULL, 0,
		none, recuse_run},
	{"close", "CASE", 1, 1, COMMAND_CASE, N_("close a case"), NULL,
		ROWAN_RIGHT_COORDINATE, close_options, close_run},
	{"reopen", "CASE", 1, 1, COMMAND_CASE,
		N_("open a closed case again: a repeat referral"), NULL,
		ROWAN_RIGHT_COORDINATE, none, reopen_run},
	{"hold", "CASE STATE FILE", 3, 3, COMMAND_CASE,
		N_("ask for a legal hold on a case, or for its end"),
		N_("STATE is on or off. Writes FILE with your signature; it "
		   "takes effect with that of the authority (rowan authority "
		   "countersign) once rowan put has brought it. While a legal "
		   "hold is on the case cannot be erased."),
		ROWAN_RIGHT_COORDINATE, erase_options, hold_run},
	{"erase", "CASE FILE", 2, 2, COMMAND_CASE,
		N_("ask for a case to be erased, for good"),
		N_("Writes FILE with your signature; it takes effect with that "
		   "of the authority (rowan authority countersign) once rowan "
		   "put has brought it. Then the relay destroys the case's "
		   "messages, files, diary and history, and revokes the "
		   "victim's devices. Nobody can undo it. What people's "
		   "devices, exports and older backups hold stays there. A "
		   "case under legal hold is not erased."),
		ROWAN_RIGHT_COORDINATE, erase_options, erase_run},
	{"put", "FILE", 1, 1, COMMAND_FILE,
		N_("bring an erasure or a legal hold that the authority "
		   "signed"),
		N_("FILE is what rowan authority countersign wrote. It is "
		   "refused when anything was done in the case since it was "
		   "asked for, or after 7 days: begin again then."),
		ROWAN_RIGHT_COORDINATE, put_options, put_run},
	{"bar add", "CASE PERSON", 2, 2, COMMAND_CASE,
		N_("keep a person out of a case"),
		N_("The list is sealed in the team channel, and checked by the "
		   "device of whoever signs an assignment."),
		0, bar_options, bar_run},
	{"bar remove", "CASE PERSON", 2, 2, COMMAND_CASE,
		N_("take a person off the bar list"), NULL, 0, bar_options,
		unbar_run},
	{"bar list", "CASE", 1, 1, COMMAND_CASE, N_("who is barred"),
		N_("The reasons stand in the team channel, where they were "
		   "given."),
		0, none, bar_list_run},
	{"reset", "CASE CHANNEL", 2, 2, COMMAND_CASE,
		N_("let a channel that is stuck begin anew"),
		N_("Shown to everybody in it and logged. What was not "
		   "delivered is sent again."),
		0, none, reset_run},
	{NULL, NULL, 0, 0, COMMAND_TEXT, NULL, NULL, 0, NULL, NULL}};
