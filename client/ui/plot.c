/*
 * Plots: see plot.h.
 */
#include <stdlib.h>
#include <string.h>

#include "ui/mem.h"
#include "ui/plot.h"
#include "ui/text.h"
#include "ui/words.h"

#define LABEL_MAX 24
#define BAR_MAX	  50

static size_t largest(const struct plot_bar *bars, size_t count)
{
	size_t max = 1;

	for (size_t i = 0; i < count; i++)
		if (!bars[i].hidden && bars[i].value > max)
			max = bars[i].value;
	return max;
}

void plot_text(const struct ui *ui, const struct plot_bar *bars, size_t count)
{
	size_t max = largest(bars, count), left = 0, room;

	if (ui->json)
		return;
	for (size_t i = 0; i < count; i++) {
		char *safe = ui_safe(ui, bars[i].label);
		size_t w = text_width(safe);

		left = w > left ? w : left;
		free(safe);
	}
	if (left > LABEL_MAX)
		left = LABEL_MAX;
	if (left > ui->width / 2)
		left = ui->width / 2;
	room = ui->width - left < BAR_MAX + 8 ? ui->width - left - 8 : BAR_MAX;
	for (size_t i = 0; i < count; i++) {
		char *safe = ui_safe(ui, bars[i].label);
		size_t w, len = text_cut(safe, left, &w);
		size_t full = bars[i].hidden
				      ? 0
				      : (bars[i].value * room + max - 1) / max;

		(void)printf("%.*s%*s  ", (int)len, safe, (int)(left - w), "");
		if (bars[i].hidden)
			(void)printf("%4s", "<5");
		else
			(void)printf("%4zu", bars[i].value);
		(void)printf("%s", full > 0 ? " " : "");
		for (size_t k = 0; k < full; k++)
			(void)fputs(ui->ascii ? "#" : "\xe2\x96\x88", stdout);
		(void)putchar('\n');
		free(safe);
	}
}

/* Text inside an element. */
static void xml(FILE *f, const char *text)
{
	char *safe = text_safe(text, strlen(text), 0);

	for (const char *s = safe; *s != '\0'; s++)
		switch (*s) {
		case '<': (void)fputs("&lt;", f); break;
		case '>': (void)fputs("&gt;", f); break;
		case '&': (void)fputs("&amp;", f); break;
		case '"': (void)fputs("&quot;", f); break;
		default: (void)fputc(*s, f); break;
		}
	free(safe);
}

#define HEIGHT 200 /* of the bars */
#define STEP   48
#define LEFT   50
#define TOP    50

static void svg_bar(FILE *f, const struct plot_bar *bar, size_t i, size_t max)
{
	size_t h = bar->hidden ? 0 : bar->value * HEIGHT / max;
	size_t x = LEFT + i * STEP + 8;

	(void)fprintf(f,
		"<rect x=\"%zu\" y=\"%zu\" width=\"32\" height=\"%zu\" "
		"fill=\"#3b6ea5\"/>\n",
		x, TOP + HEIGHT - h, h);
	(void)fprintf(f, "<text x=\"%zu\" y=\"%zu\" text-anchor=\"middle\">",
		x + 16, TOP + HEIGHT - h - 5);
	if (bar->hidden)
		(void)fprintf(f, "&lt;5");
	else
		(void)fprintf(f, "%zu", bar->value);
	(void)fprintf(f,
		"</text>\n<text transform=\"translate(%zu,%d) rotate(-40)\" "
		"text-anchor=\"end\">",
		x + 20, TOP + HEIGHT + 16);
	xml(f, bar->label);
	(void)fprintf(f, "</text>\n");
}

void plot_svg(
	FILE *f, const char *title, const struct plot_bar *bars, size_t count)
{
	size_t max = largest(bars, count), width = LEFT + count * STEP + 20;

	if (width < 320)
		width = 320;
	(void)fprintf(f,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
		"viewBox=\"0 0 %zu %d\" width=\"%zu\" height=\"%d\" "
		"font-family=\"sans-serif\" font-size=\"12\">\n<title>",
		width, TOP + HEIGHT + 100, width, TOP + HEIGHT + 100);
	xml(f, title);
	(void)fprintf(f,
		"</title>\n<rect width=\"100%%\" height=\"100%%\" "
		"fill=\"white\"/>\n<text x=\"%d\" y=\"24\" "
		"font-size=\"15\">",
		LEFT);
	xml(f, title);
	(void)fprintf(f,
		"</text>\n<line x1=\"%d\" y1=\"%d\" x2=\"%zu\" y2=\"%d\" "
		"stroke=\"black\"/>\n<text x=\"%d\" y=\"%d\" "
		"text-anchor=\"end\">0</text>\n<text x=\"%d\" y=\"%d\" "
		"text-anchor=\"end\">%zu</text>\n",
		LEFT, TOP + HEIGHT, width - 10, TOP + HEIGHT, LEFT - 6,
		TOP + HEIGHT, LEFT - 6, TOP + 10, max);
	for (size_t i = 0; i < count; i++)
		svg_bar(f, &bars[i], i, max);
	(void)fprintf(f, "</svg>\n");
}
