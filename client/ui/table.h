/*
 * Tables that fit: columns as wide as what is in them, the flexible ones cut
 * with an ellipsis where the terminal is narrower; where that is not enough
 * each row is a block of lines, title and value. In a pipe nothing is cut.
 *
 * Cells are made safe here; whoever fills them need not.
 */
#ifndef UI_TABLE_H
#define UI_TABLE_H

#include "ui/ui.h"

#define TABLE_COLUMNS_MAX 12

enum table_flag {
	TABLE_RIGHT = 1, /* numbers */
	TABLE_FLEX = 2	 /* may be cut */
};

struct table;

struct table *table_new(const struct ui *ui);
void table_free(struct table *t);

/**
 * table_column(t, title, flags):
 * One more column, before the first cell; at most TABLE_COLUMNS_MAX.
 */
void table_column(struct table *t, const char *title, unsigned flags);

/**
 * table_cell(t, text), table_number(t, value), table_mark(t, style):
 * The next cell, row after row; NULL is empty. The style of the row.
 */
void table_cell(struct table *t, const char *text);
void table_number(struct table *t, long long value);
void table_mark(struct table *t, enum ui_style style);

/**
 * table_print(t):
 * To stdout, unless --json was given. Without a row only ${empty}, as words.
 */
void table_print(struct table *t, const char *empty);

#endif
