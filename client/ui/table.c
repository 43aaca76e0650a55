/*
 * Tables: see table.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/mem.h"
#include "ui/table.h"
#include "ui/text.h"

#define GAP	 2
#define FLEX_MIN 6

struct column {
	char *title;
	unsigned flags;
	size_t width;
};

struct table {
	const struct ui *ui;
	size_t columns, cells, cap;
	struct column column[TABLE_COLUMNS_MAX];
	char **cell;
	enum ui_style *style; /* a row's, as many as cells: simple */
};

struct table *table_new(const struct ui *ui)
{
	struct table *t = mem_get(sizeof *t);

	t->ui = ui;
	return t;
}

void table_free(struct table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->columns; i++)
		free(t->column[i].title);
	for (size_t i = 0; i < t->cells; i++)
		free(t->cell[i]);
	free(t->cell);
	free(t->style);
	free(t);
}

void table_column(struct table *t, const char *title, unsigned flags)
{
	struct column *c;

	if (t->columns == TABLE_COLUMNS_MAX || t->cells > 0)
		abort();
	c = &t->column[t->columns++];
	c->title = ui_safe(t->ui, title);
	c->flags = flags;
	c->width = text_width(c->title);
}

void table_cell(struct table *t, const char *text)
{
	struct column *c = &t->column[t->cells % t->columns];
	size_t width;

	if (t->cells == t->cap) {
		t->cap = t->cap * 2 + 64;
		t->cell = mem_more(t->cell, t->cap * sizeof *t->cell);
		t->style = mem_more(t->style, t->cap * sizeof *t->style);
	}
	t->cell[t->cells] = ui_safe(t->ui, text);
	t->style[t->cells] = UI_PLAIN;
	width = text_width(t->cell[t->cells++]);
	if (width > c->width)
		c->width = width;
}

void table_number(struct table *t, long long value)
{
	char s[24];

	(void)snprintf(s, sizeof s, "%lld", value);
	table_cell(t, s);
}

void table_mark(struct table *t, enum ui_style style)
{
	if (t->cells > 0)
		t->style[(t->cells - 1) / t->columns * t->columns] = style;
}

/* Take from the widest flexible column until all fit; false: they cannot. */
static bool fit(struct table *t)
{
	size_t total = GAP * (t->columns - 1);

	for (size_t i = 0; i < t->columns; i++)
		total += t->column[i].width;
	while (total > t->ui->width) {
		struct column *widest = NULL;

		for (size_t i = 0; i < t->columns; i++) {
			struct column *c = &t->column[i];

			if ((c->flags & TABLE_FLEX) != 0 &&
				c->width > FLEX_MIN &&
				(widest == NULL || c->width > widest->width))
				widest = c;
		}
		if (widest == NULL)
			return false;
		widest->width--;
		total--;
	}
	return true;
}

static void pad(size_t n)
{
	while (n-- > 0)
		(void)putchar(' ');
}

static void print_cell(const struct table *t, size_t i, const char *text)
{
	const struct column *c = &t->column[i];
	const char *dots = t->ui->ascii ? "." : "\xe2\x80\xa6";
	size_t width = text_width(text), len = strlen(text);
	bool cut = width > c->width;

	if (cut) {
		len = text_cut(text, c->width - 1, &width);
		width++;
	}
	if ((c->flags & TABLE_RIGHT) != 0)
		pad(c->width - width);
	(void)fwrite(text, 1, len, stdout);
	if (cut)
		(void)fputs(dots, stdout);
	if (i + 1 == t->columns)
		return;
	if ((c->flags & TABLE_RIGHT) == 0)
		pad(c->width - width);
	pad(GAP);
}

/* One value of a block: its title, then as many lines as it needs. */
static void print_value(const struct table *t, const char *title,
	const char *text, size_t titles)
{
	size_t at = titles + GAP, n, len;
	size_t room = t->ui->width > at ? t->ui->width - at : 1;

	(void)fputs(title, stdout);
	pad(at - text_width(title));
	for (; (n = text_fold(text, room, &len)) > 0; text += n) {
		(void)fwrite(text, 1, len, stdout);
		(void)putchar('\n');
		if (text[n] != '\0')
			pad(at);
	}
}

/* Where a row does not fit it is a block, a line of it a column. */
static void print_blocks(const struct table *t)
{
	size_t titles = 0;

	for (size_t k = 0; k < t->columns; k++) {
		size_t width = text_width(t->column[k].title);

		titles = width > titles ? width : titles;
	}
	for (size_t i = 0; i < t->cells; i += t->columns) {
		bool marked = t->style[i] != UI_PLAIN;

		if (i > 0)
			(void)putchar('\n');
		if (marked)
			(void)fputs(ui_style(t->ui, t->style[i]), stdout);
		for (size_t k = 0; k < t->columns; k++)
			if (*t->cell[i + k] != '\0')
				print_value(t, t->column[k].title,
					t->cell[i + k], titles);
		if (marked)
			(void)fputs(ui_style(t->ui, UI_PLAIN), stdout);
	}
}

void table_print(struct table *t, const char *empty)
{
	if (t->ui->json)
		return;
	if (t->cells == 0) {
		ui_note(t->ui, "%s", empty);
		return;
	}
	if (!fit(t)) {
		print_blocks(t);
		return;
	}
	(void)fputs(ui_style(t->ui, UI_BOLD), stdout);
	for (size_t i = 0; i < t->columns; i++)
		print_cell(t, i, t->column[i].title);
	(void)printf("%s\n", ui_style(t->ui, UI_PLAIN));
	for (size_t i = 0; i < t->cells; i += t->columns) {
		bool marked = t->style[i] != UI_PLAIN;

		if (marked)
			(void)fputs(ui_style(t->ui, t->style[i]), stdout);
		for (size_t k = 0; k < t->columns; k++)
			print_cell(t, k, t->cell[i + k]);
		(void)printf("%s\n", marked ? ui_style(t->ui, UI_PLAIN) : "");
	}
}
