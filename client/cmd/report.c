/*
 * rowan report: the commissioner's figures. Counts, never content; small ones
 * are not told, so that nobody is recognised in them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/families.h"
#include "cmd/remote.h"
#include "ui/file.h"
#include "ui/mem.h"
#include "ui/plot.h"
#include "ui/table.h"
#include "ui/when.h"
#include "ui/words.h"

#define AGENCIES_MAX 64
#define SMALL	     5 /* below it a count is not told */

struct figures {
	char *agency;
	size_t value[3]; /* referrals, open, closed */
	bool hidden[3];
	uint64_t *waits; /* seconds to the first answer */
	size_t wait_count;
	size_t unreadable; /* cases whose conversation is not this device's */
};

struct report {
	struct figures of[AGENCIES_MAX + 1]; /* the last one: all */
	size_t count;
};

static struct figures *agency_of(struct report *p, const char *agency)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->of[i].agency, agency) == 0)
			return &p->of[i];
	if (p->count == AGENCIES_MAX)
		return &p->of[AGENCIES_MAX - 1];
	p->of[p->count].agency = mem_text(agency);
	return &p->of[p->count++];
}

static void add_case(struct figures *f, const json_t *c)
{
	json_int_t first = json_number(c, "first_message");
	json_int_t answer = json_number(c, "first_answer");

	f->value[0]++;
	if (strcmp(json_text(c, "status"), "open") == 0)
		f->value[1]++;
	else
		f->value[2]++;
	if (json_flag(c, "unreadable"))
		f->unreadable++;
	if (answer < first || answer == 0)
		return;
	f->waits = mem_more(f->waits, (f->wait_count + 1) * sizeof *f->waits);
	f->waits[f->wait_count++] = (uint64_t)(answer - first);
}

static int by_time(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int by_agency(const void *a, const void *b)
{
	const struct figures *x = a, *y = b;

	return strcmp(x->agency, y->agency);
}

/*
 * Small counts of a column; and if only one is hidden, the smallest of the
 * others too, because the sum would give it away.
 */
static void suppress(struct report *p, int column)
{
	size_t hidden = 0, least = 0;
	struct figures *with = NULL;

	for (size_t i = 0; i < p->count; i++) {
		struct figures *f = &p->of[i];
		size_t v = f->value[column];

		f->hidden[column] = v > 0 && v < SMALL;
		if (f->hidden[column])
			hidden++;
		else if (v > 0 && (with == NULL || v < least)) {
			with = f;
			least = v;
		}
	}
	if (hidden == 1 && with != NULL)
		with->hidden[column] = true;
	p->of[p->count].hidden[column] = p->of[p->count].value[column] > 0 &&
					 p->of[p->count].value[column] < SMALL;
}

/* Open and closed give away a hidden sum, and each other. */
static void suppress_rows(struct report *p)
{
	for (size_t i = 0; i <= p->count; i++) {
		struct figures *f = &p->of[i];

		if (f->hidden[0] || f->hidden[1] || f->hidden[2]) {
			f->hidden[1] = f->hidden[1] || f->value[1] > 0;
			f->hidden[2] = f->hidden[2] || f->value[2] > 0;
		}
	}
}

static void count_cases(const json_t *list, bool exact, struct report *ret)
{
	json_t *c;
	size_t i;

	*ret = (struct report){.count = 0};
	json_array_foreach (list, i, c) {
		add_case(agency_of(ret, json_text(c, "agency")), c);
	}
	qsort(ret->of, ret->count, sizeof *ret->of, by_agency);
	ret->of[ret->count].agency = mem_text(_("all"));
	json_array_foreach (list, i, c) {
		add_case(&ret->of[ret->count], c);
	}
	for (i = 0; i <= ret->count; i++)
		if (ret->of[i].wait_count > 0)
			qsort(ret->of[i].waits, ret->of[i].wait_count,
				sizeof *ret->of[i].waits, by_time);
	if (exact)
		return;
	for (int k = 0; k < 3; k++)
		suppress(ret, k);
	suppress_rows(ret);
}

static void free_report(struct report *p)
{
	for (size_t i = 0; i <= p->count; i++) {
		free(p->of[i].agency);
		free(p->of[i].waits);
	}
}

/* The median; told only where at least SMALL cases stand behind it. */
static bool median(const struct figures *f, bool exact, uint64_t *ret)
{
	*ret = 0;
	if (f->wait_count == 0 || (!exact && f->wait_count < SMALL))
		return false;
	*ret = (f->waits[(f->wait_count - 1) / 2] +
		       f->waits[f->wait_count / 2]) /
	       2;
	return true;
}

/* How many are left out of it; a small number is not told either. */
static bool left_out(const struct figures *f, bool exact, size_t *ret)
{
	*ret = f->unreadable;
	return exact || *ret == 0 || (*ret >= SMALL && !f->hidden[0]);
}

/* ---- forms -------------------------------------------------------------- */

static void cell_text(const struct figures *f, int k, char ret[24])
{
	if (f->hidden[k])
		(void)snprintf(ret, 24, "<%d", SMALL);
	else
		(void)snprintf(ret, 24, "%zu", f->value[k]);
}

static void print_text(const struct run *r, const struct report *p, bool exact)
{
	struct table *t = table_new(&r->ui);
	struct plot_bar bars[AGENCIES_MAX];

	table_column(t, _("AGENCY"), TABLE_FLEX);
	table_column(t, _("REFERRALS"), TABLE_RIGHT);
	table_column(t, _("OPEN"), TABLE_RIGHT);
	table_column(t, _("CLOSED"), TABLE_RIGHT);
	table_column(t, _("FIRST ANSWER"), TABLE_RIGHT);
	for (size_t i = 0; i <= p->count; i++) {
		char text[24], span[WHEN_LEN] = "";
		uint64_t wait;

		table_cell(t, p->of[i].agency);
		for (int k = 0; k < 3; k++) {
			cell_text(&p->of[i], k, text);
			table_cell(t, text);
		}
		if (median(&p->of[i], exact, &wait))
			when_span(wait, span);
		table_cell(t, span);
	}
	table_print(t, "");
	table_free(t);
	for (size_t i = 0; i < p->count; i++)
		bars[i] = (struct plot_bar){
			p->of[i].agency, p->of[i].value[0], p->of[i].hidden[0]};
	ui_say(&r->ui, _("\nReferrals:"));
	plot_text(&r->ui, bars, p->count);
}

static json_t *figures_json(const struct figures *f, bool exact)
{
	static const char *const names[] = {"referrals", "open", "closed"};
	json_t *o = json_pack("{s:s}", "agency", f->agency);
	uint64_t wait;
	size_t out;

	for (int k = 0; k < 3; k++)
		(void)json_object_set_new(o, names[k],
			f->hidden[k] ? json_null()
				     : json_integer((json_int_t)f->value[k]));
	(void)json_object_set_new(o, "first_answer_seconds",
		median(f, exact, &wait) ? json_integer((json_int_t)wait)
					: json_null());
	(void)json_object_set_new(o, "left_out",
		left_out(f, exact, &out) ? json_integer((json_int_t)out)
					 : json_null());
	return o;
}

static void print_json(const struct run *r, const struct report *p, bool exact,
	const char *from, const char *to)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->count; i++)
		(void)json_array_append_new(
			list, figures_json(&p->of[i], exact));
	ui_json(&r->ui, json_pack("{s:s,s:s,s:o,s:o,s:i}", "from", from, "to",
				to, "agencies", list, "all",
				figures_json(&p->of[p->count], exact),
				"suppressed_below", exact ? 0 : SMALL));
}

static void print_csv(const struct report *p, bool exact)
{
	(void)printf("agency,referrals,open,closed,first_answer_seconds,"
		     "left_out\n");
	for (size_t i = 0; i <= p->count; i++) {
		uint64_t wait;
		size_t out;

		(void)printf("%s", p->of[i].agency);
		for (int k = 0; k < 3; k++) {
			char text[24];

			cell_text(&p->of[i], k, text);
			(void)printf(",%s", text);
		}
		if (median(&p->of[i], exact, &wait))
			(void)printf(",%llu,", (unsigned long long)wait);
		else
			(void)printf(",,");
		if (left_out(&p->of[i], exact, &out))
			(void)printf("%zu\n", out);
		else
			(void)printf("\n");
	}
}

static int write_svg(const struct run *r, const struct report *p,
	const char *title, const char *path)
{
	struct plot_bar bars[AGENCIES_MAX];
	char *data = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&data, &len);
	int code;

	if (f == NULL)
		return ui_fail(&r->ui, EXIT_MACHINE, NULL, _("out of memory"));
	for (size_t i = 0; i < p->count; i++)
		bars[i] = (struct plot_bar){
			p->of[i].agency, p->of[i].value[0], p->of[i].hidden[0]};
	plot_svg(f, title, bars, p->count);
	(void)fclose(f);
	code = file_write(&r->ui, path, bytes_of(data, len), 0);
	free(data);
	return code;
}

/* A median of some cases must not pass for that of all. */
static void note_left_out(
	const struct run *r, const struct figures *all, bool exact)
{
	size_t out;

	if (!left_out(all, exact, &out))
		ui_note(&r->ui,
			_("A few cases are left out of it: you do not take "
			  "part in their conversation."));
	else if (out > 0)
		ui_note(&r->ui,
			_("Left out of it, because you do not take part in "
			  "the conversation: %zu of %zu."),
			out, all->value[0]);
}

static const struct command_option report_options[] = {
	{"csv", 'c', NULL, N_("comma-separated values"), COMMAND_TEXT},
	{"svg", 's', "FILE", N_("a chart of the referrals in FILE"),
		COMMAND_FILE},
	{"exact", 'x', NULL,
		N_("small counts, too: for the clinic's own eyes only"),
		COMMAND_TEXT},
	{NULL, 0, NULL, NULL, COMMAND_TEXT}};

static int report_run(struct run *r)
{
	const char *svg = run_option(r, "svg");
	bool exact = run_option(r, "exact") != NULL;
	uint64_t now = (uint64_t)time(NULL);
	char from_text[WHEN_LEN], to_text[WHEN_LEN], *title;
	uint32_t from, to;
	struct report p;
	json_t *ret = NULL;
	int code;

	if (!when_day(r->argv[0], now, &from) ||
		!when_day(r->argv[1], now, &to) || from > to)
		return run_usage(r, _("two days, the earlier one first: "
				      "2026-01-15 2026-03-14"));
	code = remote_call(r,
		json_pack("{s:s,s:I,s:I}", "op", "report", "from",
			(json_int_t)from, "to", (json_int_t)to),
		&ret);
	if (code != EXIT_DONE)
		return code;
	when_day_text(from, from_text);
	when_day_text(to, to_text);
	title = mem_print(
		_("Referrals from %s to %s, by agency"), from_text, to_text);
	count_cases(json_object_get(ret, "cases"), exact, &p);
	if (r->ui.json)
		print_json(r, &p, exact, from_text, to_text);
	else if (run_option(r, "csv") != NULL)
		print_csv(&p, exact);
	else {
		ui_beside(&r->ui, 0, title);
		ui_say(&r->ui, "%s", "");
		print_text(r, &p, exact);
		ui_note(&r->ui, _("Open and closed as of now; first answer: "
				  "the median."));
		note_left_out(r, &p.of[p.count], exact);
	}
	if (svg != NULL)
		code = write_svg(r, &p, title, svg);
	free(title);
	free_report(&p);
	json_decref(ret);
	return code;
}

const struct command report_commands[] = {
	{"report", "FROM TO", 2, 2, COMMAND_TEXT,
		N_("the commissioner's figures between two days"),
		N_("Referrals made from FROM to TO, both included, by agency; "
		   "how many are open and closed now; and how long the victim "
		   "waited for a first answer. That time is of the cases in "
		   "whose conversation this device takes part, as it has the "
		   "messages; one of a victim counts from its full hour; how "
		   "many cases are left out is said. Rank gives no access: who "
		   "takes no part in a conversation is not told when it began, "
		   "and collects that figure from those who do (--exact "
		   "--json). Counts below five are not "
		   "told, nor what would give them away."),
		0, report_options, report_run},
	{NULL, NULL, 0, 0, COMMAND_TEXT, NULL, NULL, 0, NULL, NULL}};
