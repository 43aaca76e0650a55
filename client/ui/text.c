/*
 * Widths and escapes: see text.h.
 */
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "ui/mem.h"
#include "ui/text.h"

struct range {
	uint32_t from, to;
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Characters that are not seen or that move others; ascending. */
static const struct range hidden[] = {
	{0x0000, 0x001f}, {0x007f, 0x009f}, /* controls */
	{0x00ad, 0x00ad},		    /* soft hyphen */
	{0x034f, 0x034f},		    /* grapheme joiner */
	{0x061c, 0x061c},		    /* Arabic letter mark */
	{0x115f, 0x1160},		    /* Hangul fillers */
	{0x17b4, 0x17b5}, {0x180b, 0x180f}, /* Khmer, Mongolian */
	{0x200b, 0x200f}, {0x2028, 0x202e}, /* zero width, bidi, line ends */
	{0x2060, 0x206f},		    /* word joiner, isolates */
	{0x3164, 0x3164},		    /* Hangul filler */
	{0xd800, 0xdfff},		    /* surrogates */
	{0xe000, 0xf8ff},		    /* private use */
	{0xfe00, 0xfe0e},		    /* variation selectors */
	{0xfeff, 0xfeff},		    /* byte order mark */
	{0xffa0, 0xffa0}, {0xfff0, 0xfffb}, /* filler, annotations */
	{0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, /* shorthand, music */
	{0xe0000, 0xe0fff},			/* tags */
	{0xf0000, 0x10ffff},			/* private use */
};

/* Marks that pile up on what stands before them, for TEXT_FIXED; ascending. */
static const struct range piling[] = {
	{0x0300, 0x036f}, {0x0483, 0x0489}, /* combining, Cyrillic */
	{0x0591, 0x05bd}, {0x0610, 0x061a}, /* Hebrew, Arabic */
	{0x064b, 0x065f}, {0x0e34, 0x0e3a}, /* Arabic, Thai */
	{0x0e47, 0x0e4e}, {0x0eb4, 0x0ebc}, /* Thai, Lao */
	{0x0ec8, 0x0ecd}, {0x1ab0, 0x1aff}, /* Lao, combining */
	{0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, /* combining, for symbols */
	{0xfe0f, 0xfe0f}, {0xfe20, 0xfe2f}, /* emoji form, half marks */
};

size_t text_next(const char *s, size_t len, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const uint8_t *b = (const uint8_t *)s;
	uint32_t c = b[0];
	size_t n = c < 0x80		? 1
		   : (c & 0xe0) == 0xc0 ? 2
		   : (c & 0xf0) == 0xe0 ? 3
		   : (c & 0xf8) == 0xf0 ? 4
					: 0;

	*ret = 0;
	if (n == 0 || n > len)
		return 0;
	if (n > 1)
		c &= 0x7fU >> n;
	for (size_t i = 1; i < n; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (b[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return n;
}

static bool is_in(const struct range *list, size_t count, uint32_t c)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (c > list[mid].to)
			low = mid + 1;
		else if (c < list[mid].from)
			high = mid;
		else
			return true;
	}
	return false;
}

int text_width_of(uint32_t c)
{
	int w;

	if (is_in(hidden, COUNT(hidden), c))
		return -1;
	if (c < 0x7f)
		return 1;
	if (c == 0xfe0f) /* the emoji form of what stands before it */
		return 0;
	w = wcwidth((wchar_t)c);
	/* A locale that knows nothing of it: it is shown by number. */
	return w;
}

/* Enough of a width to see what is hidden and what piles up. */
static int fixed_width(uint32_t c)
{
	if (is_in(hidden, COUNT(hidden), c))
		return -1;
	return is_in(piling, COUNT(piling), c) ? 0 : 1;
}

struct out {
	char *data;
	size_t len, cap;
};

static void put(struct out *o, const char *s, size_t len)
{
	if (o->cap - o->len <= len) {
		o->cap = o->cap * 2 + len + 64;
		o->data = mem_more(o->data, o->cap);
	}
	memcpy(o->data + o->len, s, len);
	o->len += len;
}

static void put_byte(struct out *o, uint8_t value)
{
	char s[8];
	int n = snprintf(s, sizeof s, "<%02X>", value);

	put(o, s, (size_t)n);
}

static void put_escape(struct out *o, uint32_t value)
{
	char s[16];
	int n = snprintf(s, sizeof s, "<U+%04X>", (unsigned)value);

	put(o, s, (size_t)n);
}

char *text_safe(const char *s, size_t len, unsigned flags)
{
	struct out o = {NULL, 0, 0};
	size_t marks = TEXT_COMBINING_MAX; /* none may come first */
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		uint32_t c;
		int w;

		n = text_next(s + i, len - i, &c);
		if (n == 0) {
			put_byte(&o, (uint8_t)s[i]);
			marks = TEXT_COMBINING_MAX;
			n = 1;
			continue;
		}
		w = (flags & TEXT_FIXED) != 0 ? fixed_width(c)
					      : text_width_of(c);
		if (c == '\n' && (flags & TEXT_LINES) != 0) {
			put(&o, "\n", 1);
			marks = TEXT_COMBINING_MAX;
			continue;
		}
		if (c == '\t') {
			put(&o, "    ", (flags & TEXT_LINES) != 0 ? 4 : 1);
			marks = 0;
			continue;
		}
		if (w < 0 || (w == 0 && ++marks > TEXT_COMBINING_MAX) ||
			(c > 0x7e && (flags & TEXT_ASCII) != 0)) {
			put_escape(&o, c);
			marks = TEXT_COMBINING_MAX;
			continue;
		}
		if (w > 0)
			marks = 0;
		put(&o, s + i, n);
	}
	put(&o, "", 1);
	return o.data;
}

bool text_blank(const char *s, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		uint32_t c;

		n = text_next(s + i, len - i, &c);
		/* The no-break, the typographic and the wide blanks, too. */
		if (n == 0 || !(c == ' ' || (c >= '\t' && c <= '\r') ||
				      c == 0xa0 || c == 0x3000 || c == 0xfeff ||
				      (c >= 0x2000 && c <= 0x200d)))
			return false;
	}
	return true;
}

size_t text_distance(const char *a, const char *b)
{
	size_t row[32], n = strlen(b);

	if (strlen(a) > 30 || n > 30)
		return 99;
	for (size_t k = 0; k <= n; k++)
		row[k] = k;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t left = row[0]++;

		for (size_t k = 1; k <= n; k++) {
			size_t above = row[k];
			size_t best = left + (a[i] != b[k - 1]);

			if (above + 1 < best)
				best = above + 1;
			if (row[k - 1] + 1 < best)
				best = row[k - 1] + 1;
			left = above;
			row[k] = best;
		}
	}
	return row[n];
}

/* All that is not ASCII stands inside of strings. */
char *text_json(const char *json)
{
	struct out o = {NULL, 0, 0};
	size_t len = strlen(json), n;

	for (size_t i = 0; i < len; i += n) {
		char s[16];
		uint32_t c;
		int k = 0;

		n = text_next(json + i, len - i, &c);
		if (n == 0)
			n = 1; /* jansson writes none */
		else if (c >= 0x7f && text_width_of(c) < 0)
			k = c < 0x10000
				    ? snprintf(s, sizeof s, "\\u%04x",
					      (unsigned)c)
				    : snprintf(s, sizeof s, "\\u%04x\\u%04x",
					      (unsigned)(0xd7c0 + (c >> 10)),
					      (unsigned)(0xdc00 + (c & 0x3ff)));
		put(&o, k > 0 ? s : json + i, k > 0 ? (size_t)k : n);
	}
	put(&o, "", 1);
	return o.data;
}

size_t text_cut(const char *safe, size_t columns, size_t *ret_columns)
{
	size_t len = strlen(safe), at = 0, width = 0;

	while (at < len && safe[at] != '\n') {
		uint32_t c;
		size_t n = text_next(safe + at, len - at, &c);
		int w;

		if (n == 0)
			break;
		w = text_width_of(c);
		if (w < 0)
			w = 0;
		if (width + (size_t)w > columns)
			break;
		width += (size_t)w;
		at += n;
	}
	if (ret_columns != NULL)
		*ret_columns = width;
	return at;
}

size_t text_width(const char *safe)
{
	size_t width;

	(void)text_cut(safe, SIZE_MAX / 2, &width);
	return width;
}

size_t text_fold(const char *safe, size_t columns, size_t *ret_len)
{
	size_t fit = text_cut(safe, columns > 0 ? columns : 1, NULL);

	*ret_len = fit;
	if (safe[fit] == '\0')
		return fit;
	if (safe[fit] == '\n' || safe[fit] == ' ')
		return fit + 1;
	for (size_t at = fit; at > 0; at--)
		if (safe[at - 1] == ' ') {
			*ret_len = at - 1;
			return at;
		}
	if (fit > 0)
		return fit;
	/* Not even one character fits: it is taken all the same. */
	fit = 1;
	while ((safe[fit] & 0xc0) == 0x80)
		fit++;
	*ret_len = fit;
	return fit;
}
