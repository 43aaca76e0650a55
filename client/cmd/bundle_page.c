/*
 * The page of an exported diary: see bundle.h. English whatever the locale,
 * times in UTC, so that a verifier makes the same bytes; no incident is left
 * out of its chart.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/bundle.h"
#include "ui/mem.h"
#include "ui/plot.h"
#include "ui/text.h"
#include "ui/when.h"

#define DAY  86400
#define BARS 60

/* Text of others: nothing in it is markup, and nothing hides. */
static void escaped(FILE *f, struct bytes text)
{
	char *safe = text_safe(
		(const char *)text.data, text.len, TEXT_LINES | TEXT_FIXED);

	for (const char *s = safe; *s != '\0'; s++)
		switch (*s) {
		case '<': (void)fputs("&lt;", f); break;
		case '>': (void)fputs("&gt;", f); break;
		case '&': (void)fputs("&amp;", f); break;
		case '"': (void)fputs("&quot;", f); break;
		case '\'': (void)fputs("&#39;", f); break;
		default: (void)fputc(*s, f);
		}
	free(safe);
}

static void when(FILE *f, uint64_t time)
{
	char iso[WHEN_LEN];

	when_iso(time, iso);
	(void)fputs(iso, f);
}

static const struct said_entry *said(const struct bundle_entry *e)
{
	return &e->x->entry;
}

/* By week from the first incident to the last; a long series by more weeks. */
static void chart(FILE *f, const struct bundle *b)
{
	struct plot_bar bars[BARS] = {{0}};
	uint64_t first = UINT64_MAX, last = 0, span = 7;
	char title[64] = "Recorded incidents by week";
	size_t count;

	for (size_t i = 0; i < b->entry_count; i++) {
		uint64_t day = said(&b->entries[i])->from / DAY;

		if (b->entries[i].x->said.type != SAID_DIARY)
			continue;
		first = day < first ? day : first;
		last = day > last ? day : last;
	}
	if (last < first || last > UINT32_MAX)
		return;
	while ((last - first) / span >= BARS)
		span += 7;
	if (span > 7)
		(void)snprintf(title, sizeof title,
			"Recorded incidents by %u weeks", (unsigned)(span / 7));
	count = (size_t)((last - first) / span) + 1;
	for (size_t i = 0; i < b->entry_count; i++) {
		uint64_t day = said(&b->entries[i])->from / DAY;

		if (b->entries[i].x->said.type == SAID_DIARY &&
			!bundle_again(b, &b->entries[i]))
			bars[(day - first) / span].value++;
	}
	for (size_t i = 0; i < count; i++) {
		char text[WHEN_LEN];

		when_day_text((uint32_t)(first + span * i), text);
		bars[i].label = mem_text(text);
	}
	plot_svg(f, title, bars, count);
	for (size_t i = 0; i < count; i++)
		free((char *)(uintptr_t)bars[i].label);
}

static void entry(FILE *f, const struct bundle_entry *e)
{
	const struct said_entry *s = said(e);

	(void)fprintf(f, "<section><h2>%u. ", e->n);
	if (e->x->said.type == SAID_DIARY) {
		escaped(f, s->kind);
		(void)fputs("</h2><dl><dt>Happened, as she says</dt><dd>", f);
		when(f, s->from);
		if (s->until != s->from) {
			(void)fputs(" to ", f);
			when(f, s->until);
		}
		(void)fputs("</dd>", f);
	} else {
		escaped(f, s->name);
		(void)fprintf(f, "</h2><dl><dt>File</dt><dd>%llu bytes%s</dd>",
			(unsigned long long)s->size,
			e->omitted ? ", not in this export" : "");
	}
	(void)fputs("<dt>Written, by her device's clock</dt><dd>", f);
	when(f, e->x->said.sent);
	(void)fputs(e->exact ? "</dd><dt>Received</dt><dd>"
			     : "</dd><dt>Received, in the hour from</dt><dd>",
		f);
	when(f, e->time);
	(void)fprintf(f,
		"</dd><dt>Entry of the log</dt><dd>%llu</dd></dl><pre>",
		(unsigned long long)e->leaf);
	escaped(f, s->text);
	(void)fputs("</pre></section>\n", f);
}

static void head(FILE *f, const struct bundle *b)
{
	(void)fputs("<!DOCTYPE html>\n<html lang=\"en\"><head>"
		    "<meta charset=\"utf-8\">"
		    "<meta http-equiv=\"Content-Security-Policy\" content=\""
		    "default-src 'none'; style-src 'unsafe-inline'\">"
		    "<title>Incident diary</title><style>"
		    "body{font:16px/1.5 sans-serif;max-width:50em;margin:2em "
		    "auto;padding:0 1em}dt{font-weight:bold}pre{white-space:"
		    "pre-wrap;font:inherit;border-left:4px solid;padding-left:"
		    "1em}svg{max-width:100%}</style></head><body>\n"
		    "<h1>Incident diary</h1>\n<p>Exported ",
		f);
	when(f, b->exported);
	(void)fprintf(f, ", %zu entries, proved under a log of %llu.</p>\n",
		bundle_count(b), (unsigned long long)b->size);
}

/* What she lets out, for what, and how much she keeps back. */
static void consents(FILE *f, const struct bundle *b)
{
	const struct id16 *last = NULL;

	for (size_t i = 0; i < b->entry_count; i++) {
		const struct consent *c = &b->entries[i].x->consent;

		if (last != NULL && id16_eq(last, &c->batch))
			continue;
		last = &c->batch;
		(void)fputs("<p>Let out by the victim on ", f);
		when(f, c->time);
		(void)fprintf(f, ", %u entries, %u kept back, for: ", c->count,
			c->withheld);
		escaped(f, c->purpose);
		(void)fputs("</p>\n", f);
	}
}

static void repeated(FILE *f, const struct bundle *b)
{
	size_t n = b->entry_count - bundle_count(b);

	if (n > 0)
		(void)fprintf(f,
			"<p>Let out more than once, and shown once: %zu.</p>\n",
			n);
}

char *bundle_page(const struct bundle *b)
{
	char *data = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&data, &len);

	if (f == NULL)
		return NULL;
	head(f, b);
	consents(f, b);
	repeated(f, b);
	chart(f, b);
	for (size_t i = 0; i < b->entry_count; i++)
		if (!bundle_again(b, &b->entries[i]))
			entry(f, &b->entries[i]);
	(void)fputs("<p>This page proves nothing by itself: rowan "
		    "verify-bundle does. In danger, call 999.</p>\n"
		    "</body></html>\n",
		f);
	(void)fclose(f);
	return data;
}
