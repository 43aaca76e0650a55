/*
 * Editing a line: see edit.h.
 */
#include <string.h>

#include "base/bytes.h"
#include "ui/edit.h"
#include "ui/mem.h"
#include "ui/text.h"

void edit_init(struct edit *e)
{
	*e = (struct edit){.text = mem_get(64), .cap = 64};
}

void edit_wipe(struct edit *e)
{
	mem_free(e->text, e->cap);
	*e = (struct edit){.text = NULL};
}

static size_t encode(uint32_t c, char ret[4])
{
	if (c < 0x80) {
		ret[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		ret[0] = (char)(0xc0 | c >> 6);
		ret[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		ret[0] = (char)(0xe0 | c >> 12);
		ret[1] = (char)(0x80 | (c >> 6 & 0x3f));
		ret[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	ret[0] = (char)(0xf0 | c >> 18);
	ret[1] = (char)(0x80 | (c >> 12 & 0x3f));
	ret[2] = (char)(0x80 | (c >> 6 & 0x3f));
	ret[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

bool edit_insert(struct edit *e, uint32_t c)
{
	char bytes[4], *more;
	size_t n;

	if (c < ' ' || (c >= 0x7f && c < 0xa0) || c > 0x10ffff ||
		(c >= 0xd800 && c <= 0xdfff))
		return false;
	n = encode(c, bytes);
	if (e->len + n > EDIT_MAX)
		return false;
	if (e->len + n + 1 > e->cap) {
		/* Not realloc: what was written may be nobody's business. */
		more = mem_get(2 * e->cap + n);
		memcpy(more, e->text, e->len + 1);
		mem_free(e->text, e->cap);
		e->text = more;
		e->cap = 2 * e->cap + n;
	}
	memmove(e->text + e->at + n, e->text + e->at, e->len - e->at + 1);
	memcpy(e->text + e->at, bytes, n);
	e->len += n;
	e->at += n;
	return true;
}

static bool inside(const struct edit *e, size_t at)
{
	return ((unsigned char)e->text[at] & 0xc0) == 0x80;
}

/* Does a mark or joiner stand at ${at}, which belongs to what is before? */
static bool is_mark(const struct edit *e, size_t at)
{
	uint32_t c;

	return at < e->len && text_next(e->text + at, e->len - at, &c) > 0 &&
	       text_width_of(c) == 0;
}

void edit_left(struct edit *e)
{
	do {
		if (e->at == 0)
			return;
		e->at--;
	} while (inside(e, e->at) || is_mark(e, e->at));
}

void edit_right(struct edit *e)
{
	do {
		if (e->at == e->len)
			return;
		e->at++;
	} while (inside(e, e->at) || is_mark(e, e->at));
}

void edit_home(struct edit *e)
{
	e->at = 0;
}

void edit_end(struct edit *e)
{
	e->at = e->len;
}

/* Take out from ${from} up to the cursor. */
static void cut(struct edit *e, size_t from)
{
	size_t n = e->at - from;

	memmove(e->text + from, e->text + e->at, e->len - e->at + 1);
	e->len -= n;
	e->at = from;
}

void edit_backspace(struct edit *e)
{
	size_t end = e->at, from;

	edit_left(e);
	from = e->at;
	e->at = end;
	cut(e, from);
}

void edit_delete(struct edit *e)
{
	size_t from = e->at;

	edit_right(e);
	cut(e, from);
}

void edit_word(struct edit *e)
{
	size_t from = e->at;

	while (from > 0 && e->text[from - 1] == ' ')
		from--;
	while (from > 0 && e->text[from - 1] != ' ')
		from--;
	cut(e, from);
}

void edit_kill(struct edit *e)
{
	cut(e, 0);
}

char *edit_take(struct edit *e)
{
	char *ret = e->text;

	edit_init(e);
	return ret;
}
