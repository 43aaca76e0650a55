/*
 * rowan diary: the incidents a victim has recorded and shares, as a list and
 * as a picture of how often they happen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rowan.h>

#include "cmd/families.h"
#include "cmd/remote.h"
#include "ui/file.h"
#include "ui/mem.h"
#include "ui/message.h"
#include "ui/plot.h"
#include "ui/when.h"
#include "ui/words.h"

#define DAY	 86400
#define BARS_MAX 60

static const struct command_option diary_options[] = {
	{"svg", 's', "FILE", N_("write the picture to FILE"), COMMAND_FILE},
	{"by", 'b', "SPAN", N_("count by day, week or month (week)"),
		COMMAND_TEXT},
	{"plot", 'p', NULL, N_("only the picture"), COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static const struct command_option export_options[] = {
	{"authority", 'a', "FILE",
		N_("the authority's record, or its key in hexadecimal"),
		COMMAND_FILE},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

/* All entries of the diary, page by page. */
static int all_entries(struct run *r, const char *of_case, json_t **ret)
{
	json_t *page = NULL, *all = json_array();
	json_int_t after = 0;
	bool more = true;
	int code = EXIT_DONE;

	while (code == EXIT_DONE && more) {
		code = remote_call(r,
			json_pack("{s:s,s:s,s:s,s:I}", "op", "read", "case",
				of_case, "channel", "diary", "after", after),
			&page);
		if (code != EXIT_DONE)
			break;
		(void)json_array_extend(all, json_object_get(page, "messages"));
		more = json_flag(page, "more");
		after = json_number(page, "place");
		if (!more) {
			(void)json_object_set_new(page, "messages", all);
			*ret = page;
			return EXIT_DONE;
		}
		json_decref(page);
		page = NULL;
	}
	json_decref(all);
	return code;
}

struct series {
	struct plot_bar bars[BARS_MAX];
	size_t count, earlier; /* incidents that the picture has no room for */
	int span;	       /* days; 0: calendar months */
	uint32_t first;
};

static size_t bar_of(const struct series *s, uint32_t day)
{
	char a[WHEN_LEN], b[WHEN_LEN];

	if (s->span > 0)
		return (day - s->first) / (uint32_t)s->span;
	when_day_text(s->first, a);
	when_day_text(day, b);
	return (size_t)((atoi(b) - atoi(a)) * 12 + atoi(b + 5) - atoi(a + 5));
}

static bool is_entry(const json_t *m)
{
	return strcmp(json_text(m, "type"), "diary") == 0 &&
	       json_number(m, "happened") > 0;
}

static void label(struct series *s, size_t i)
{
	char text[WHEN_LEN];
	uint32_t day = s->first + (uint32_t)i * (uint32_t)s->span;

	if (s->span > 0) {
		when_day_text(day, text);
	} else {
		int month;

		when_day_text(s->first, text);
		month = atoi(text) * 12 + atoi(text + 5) - 1 + (int)i;
		(void)snprintf(text, sizeof text, "%04d-%02d", month / 12,
			month % 12 + 1);
	}
	s->bars[i].label = mem_text(text);
}

/* Counts from the first incident to the last; a too long series is cut. */
static void count_entries(const json_t *list, int span, struct series *ret)
{
	uint32_t first = UINT32_MAX, last = 0;
	json_t *m;
	size_t i;

	*ret = (struct series){.span = span};
	json_array_foreach (list, i, m) {
		uint32_t day = (uint32_t)(json_number(m, "happened") / DAY);

		if (!is_entry(m))
			continue;
		first = day < first ? day : first;
		last = day > last ? day : last;
	}
	if (last == 0)
		return;
	ret->first = first;
	while (bar_of(ret, last) >= BARS_MAX)
		ret->first += span > 0 ? (uint32_t)span : 28;
	ret->count = bar_of(ret, last) + 1;
	for (i = 0; i < ret->count; i++)
		label(ret, i);
	json_array_foreach (list, i, m) {
		uint32_t day = (uint32_t)(json_number(m, "happened") / DAY);

		if (!is_entry(m))
			continue;
		if (day >= ret->first)
			ret->bars[bar_of(ret, day)].value++;
		else
			ret->earlier++;
	}
}

/* Whoever takes the picture for the whole would think too little of it. */
static void say_earlier(const struct run *r, const struct series *s)
{
	char day[WHEN_LEN];

	when_day_text(s->first, day);
	if (s->earlier > 0)
		ui_note(&r->ui,
			ngettext("The picture begins with %s: %zu earlier "
				 "incident is not in it. --by month reaches "
				 "further back.",
				"The picture begins with %s: %zu earlier "
				"incidents are not in it. --by month reaches "
				"further back.",
				s->earlier),
			day, s->earlier);
}

static char *svg_title(const struct series *s)
{
	char day[WHEN_LEN];

	when_day_text(s->first, day);
	return s->earlier == 0
		       ? mem_text(_("Recorded incidents"))
		       : mem_print(_("Recorded incidents since %s"), day);
}

static void free_series(struct series *s)
{
	for (size_t i = 0; i < s->count; i++)
		free((char *)(uintptr_t)s->bars[i].label);
}

static int write_svg(
	const struct run *r, const struct series *s, const char *path)
{
	char *data = NULL, *title;
	size_t len = 0;
	FILE *f = open_memstream(&data, &len);
	int code;

	if (f == NULL)
		return ui_fail(&r->ui, EXIT_MACHINE, NULL, _("out of memory"));
	title = svg_title(s);
	plot_svg(f, title, s->bars, s->count);
	free(title);
	(void)fclose(f);
	code = file_write(&r->ui, path, bytes_of(data, len), 0);
	free(data);
	return code;
}

static int diary_run(struct run *r)
{
	const char *by = run_option(r, "by"), *svg = run_option(r, "svg");
	int span = 7;
	struct series s = {.count = 0};
	json_t *ret = NULL, *m;
	uint64_t now;
	size_t i;
	int code;

	if (by != NULL && strcmp(by, "day") == 0)
		span = 1;
	else if (by != NULL && strcmp(by, "month") == 0)
		span = 0;
	else if (by != NULL && strcmp(by, "week") != 0)
		return run_usage(r, _("--by is day, week or month"));
	code = all_entries(r, r->argv[0], &ret);
	if (code != EXIT_DONE)
		return code;
	now = (uint64_t)json_number(ret, "now");
	if (run_option(r, "plot") == NULL)
		json_array_foreach (json_object_get(ret, "messages"), i, m) {
			message_print(&r->ui, m, now);
		}
	count_entries(json_object_get(ret, "messages"), span, &s);
	if (s.count == 0)
		ui_note(&r->ui, _("No incident is recorded, or shared."));
	plot_text(&r->ui, s.bars, s.count);
	say_earlier(r, &s);
	if (svg != NULL)
		code = write_svg(r, &s, svg);
	free_series(&s);
	ui_json(&r->ui, ret);
	return code;
}

const struct command diary_commands[] = {
	{"diary", "CASE", 1, 1, COMMAND_CASE,
		N_("the victim's incidents, and how often they happen"),
		N_("Only what the victim shares with you. The time shown is "
		   "the one they gave; when it was received stands beside it "
		   "in --json."),
		0, diary_options, diary_run},
	{"diary export", "CASE FOLDER", 2, 2, COMMAND_FOLDER,
		N_("what the victim has let out, with what proves it"),
		N_("A folder with a page to read, her words and files, and the "
		   "proofs that they were handed in by her and when. Only what "
		   "she has signed for goes out; what is left out is said. "
		   "rowan verify-bundle checks it anywhere."),
		0, export_options, diary_export_run},
	{NULL, NULL, 0, 0, COMMAND_TEXT, NULL, NULL, 0, NULL, NULL}};
