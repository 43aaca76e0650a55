/*
 * Counts over time, for people: bars of letters on a terminal (and for a
 * screen reader, with every number as text), or an SVG picture.
 */
#ifndef UI_PLOT_H
#define UI_PLOT_H

#include <stdio.h>

#include "ui/ui.h"

struct plot_bar {
	const char *label;
	size_t value;
	bool hidden; /* too small to be told: shown as "< 5" without a bar */
};

/**
 * plot_text(ui, bars, count):
 * A line for each bar to stdout; nothing with --json.
 */
void plot_text(const struct ui *ui, const struct plot_bar *bars, size_t count);

/**
 * plot_svg(f, title, bars, count):
 * A standing bar chart with labels, a scale and a title for screen readers.
 */
void plot_svg(
	FILE *f, const char *title, const struct plot_bar *bars, size_t count);

#endif
