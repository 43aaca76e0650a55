/*
 * Progress: see progress.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ui/mem.h"
#include "ui/progress.h"
#include "ui/text.h"

#define BAR	30
#define BAR_MIN 4
#define EVERY_S 10 /* seconds between lines where there is no terminal */

struct progress {
	const struct ui *ui;
	const char *what;
	bool shown;
	unsigned percent;
	time_t said;
};

struct progress *progress_new(const struct ui *ui, const char *what)
{
	struct progress *p = mem_get(sizeof *p);

	p->ui = ui;
	p->what = what;
	p->percent = 101;
	p->said = time(NULL);
	return p;
}

/* On one line, and not in its last column: there a terminal goes on below. */
static void bar(struct progress *p, unsigned percent)
{
	size_t taken = text_width(p->what) + sizeof " [] 100 %";
	size_t room = p->ui->err_width > taken ? p->ui->err_width - taken : 0;
	size_t wide = room < BAR ? room : BAR, full = percent * wide / 100;

	(void)fprintf(stderr, "\r%s", p->what);
	if (wide >= BAR_MIN) {
		(void)fputs(" [", stderr);
		for (size_t i = 0; i < wide; i++)
			(void)fputc(i < full ? '#' : '.', stderr);
		(void)fputc(']', stderr);
	}
	(void)fprintf(stderr, " %3u %%", percent);
	(void)fflush(stderr);
	p->shown = true;
}

void progress_set(struct progress *p, uint64_t done, uint64_t total)
{
	unsigned percent = total == 0	   ? 100
			   : done >= total ? 100
					   : (unsigned)(done * 100 / total);
	time_t now;

	if (p->ui->json || p->ui->quiet || percent == p->percent)
		return;
	p->percent = percent;
	if (p->ui->err_tty && !p->ui->dumb) {
		bar(p, percent);
		return;
	}
	now = time(NULL);
	if (now - p->said < EVERY_S)
		return;
	p->said = now;
	(void)fprintf(stderr, "%s: %u %%\n", p->what, percent);
}

void progress_free(struct progress *p)
{
	if (p == NULL)
		return;
	if (p->shown)
		(void)fprintf(stderr, "\r\033[K");
	free(p);
}
