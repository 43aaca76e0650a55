/*
 * Showing an answer: see client.h. What is shown was checked by the decoder:
 * printable text and line ends only.
 */
#include <string.h>
#include <time.h>

#include "ctl/client.h"

#define COLUMNS_MAX 24
#define CELL_MAX    80

/* ---- JSON ---- */

static void json_string(struct bytes s, FILE *to)
{
	fputc('"', to);
	for (size_t i = 0; i < s.len; i++) {
		char c = (char)s.data[i];

		if (c == '\n')
			fputs("\\n", to);
		else if (c == '"' || c == '\\')
			fprintf(to, "\\%c", c);
		else
			fputc(c, to);
	}
	fputc('"', to);
}

static void json_field(const struct ctl_field *f, FILE *to)
{
	json_string(f->name, to);
	fputc(':', to);
	switch (f->type) {
	case CTL_TEXT: json_string(f->text, to); break;
	case CTL_FLAG: fputs(f->number ? "true" : "false", to); break;
	default: fprintf(to, "%llu", (unsigned long long)f->number);
	}
}

void client_json(struct ctl_view v, FILE *to)
{
	struct reader row;
	struct ctl_field f;
	bool first_row = true;

	fprintf(to, "{\"code\":%u,\"words\":", v.code);
	json_string(v.words, to);
	fputs(",\"rows\":[", to);
	while (ctl_next_row(&v, &row)) {
		bool first = true;

		fputs(first_row ? "{" : ",{", to);
		first_row = false;
		while (ctl_next_field(&row, &f)) {
			if (!first)
				fputc(',', to);
			first = false;
			json_field(&f, to);
		}
		fputc('}', to);
	}
	fputs("]}\n", to);
}

/* ---- text ---- */

static void cell(const struct ctl_field *f, char ret[CELL_MAX])
{
	time_t t = (time_t)f->number;
	struct tm tm;

	ret[0] = '\0';
	switch (f->type) {
	case CTL_TEXT:
		snprintf(ret, CELL_MAX, "%.*s", (int)f->text.len,
			(const char *)f->text.data);
		break;
	case CTL_FLAG:
		snprintf(ret, CELL_MAX, "%s", f->number ? "yes" : "no");
		break;
	case CTL_TIME:
		if (f->number == 0)
			snprintf(ret, CELL_MAX, "-");
		else if (gmtime_r(&t, &tm) != NULL)
			(void)strftime(
				ret, CELL_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm);
		break;
	default: snprintf(ret, CELL_MAX, "%llu", (unsigned long long)f->number);
	}
}

static size_t count_rows(struct ctl_view v)
{
	struct reader row;
	size_t n = 0;

	while (ctl_next_row(&v, &row))
		n++;
	return n;
}

static bool has_lines(struct bytes text)
{
	return text.len > 0 && memchr(text.data, '\n', text.len) != NULL;
}

/* One row: a line a field. Text of several lines, the metrics, as it is. */
static void one_row(struct ctl_view v, FILE *to)
{
	struct reader row;
	struct ctl_field f;
	char text[CELL_MAX];

	if (!ctl_next_row(&v, &row))
		return;
	while (ctl_next_field(&row, &f)) {
		cell(&f, text);
		if (f.type == CTL_TEXT && has_lines(f.text)) {
			(void)fwrite(f.text.data, 1, f.text.len, to);
			continue;
		}
		fprintf(to, "%-18.*s %s\n", (int)f.name.len,
			(const char *)f.name.data, text);
	}
}

struct columns {
	size_t count;
	size_t width[COLUMNS_MAX];
};

static void measure(struct ctl_view v, struct columns *ret)
{
	struct reader row;
	struct ctl_field f;
	char text[CELL_MAX];

	memset(ret, 0, sizeof *ret);
	while (ctl_next_row(&v, &row)) {
		for (size_t i = 0; i < COLUMNS_MAX && ctl_next_field(&row, &f);
			i++) {
			size_t len;

			cell(&f, text);
			len = strlen(text);
			if (f.name.len > len)
				len = f.name.len;
			if (len > ret->width[i])
				ret->width[i] = len;
			if (i >= ret->count)
				ret->count = i + 1;
		}
	}
}

static void heading(struct reader row, const struct columns *c, FILE *to)
{
	struct ctl_field f;

	for (size_t i = 0; i < c->count && ctl_next_field(&row, &f); i++)
		fprintf(to, "%-*.*s%s",
			reader_left(&row) ? (int)c->width[i] : 0,
			(int)f.name.len, (const char *)f.name.data,
			reader_left(&row) ? "  " : "");
	fputc('\n', to);
}

static void table(struct ctl_view v, FILE *to)
{
	struct columns c;
	struct reader row;
	struct ctl_field f;
	char text[CELL_MAX];
	bool begun = false;

	measure(v, &c);
	while (ctl_next_row(&v, &row)) {
		if (!begun)
			heading(row, &c, to);
		begun = true;
		for (size_t i = 0; i < c.count && ctl_next_field(&row, &f);
			i++) {
			cell(&f, text);
			fprintf(to, "%-*s%s",
				reader_left(&row) ? (int)c.width[i] : 0, text,
				reader_left(&row) ? "  " : "");
		}
		fputc('\n', to);
	}
}

void client_text(struct ctl_view v, FILE *to, FILE *words)
{
	if (count_rows(v) == 1)
		one_row(v, to);
	else
		table(v, to);
	if (v.words.len > 0)
		fprintf(words, "%.*s\n", (int)v.words.len,
			(const char *)v.words.data);
}
