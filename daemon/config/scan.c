/*
 * Splits a configuration file into settings: see scan.h.
 */
#include <string.h>

#include "config/scan.h"

#define DEPTH_MAX 4

void scan_init(struct scan *s, struct bytes text)
{
	s->pos = (const char *)text.data;
	s->end = s->pos + text.len;
	s->line = 1;
}

static bool at_end(const struct scan *s)
{
	return s->pos == s->end;
}

/* The next character, or 0 at the end; the text holds no zero. */
static char peek(const struct scan *s, size_t ahead)
{
	return (size_t)(s->end - s->pos) > ahead ? s->pos[ahead] : '\0';
}

static void step(struct scan *s)
{
	if (*s->pos == '\n')
		s->line++;
	s->pos++;
}

static void skip_line(struct scan *s)
{
	while (!at_end(s) && *s->pos != '\n')
		step(s);
}

static void skip_block(struct scan *s)
{
	step(s);
	step(s);
	while (!at_end(s) && !(peek(s, 0) == '*' && peek(s, 1) == '/'))
		step(s);
	for (int i = 0; i < 2 && !at_end(s); i++)
		step(s);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* White space and the three kinds of comment. */
static void skip_blank(struct scan *s)
{
	for (;;) {
		if (is_space(peek(s, 0)))
			step(s);
		else if (peek(s, 0) == '#' ||
			 (peek(s, 0) == '/' && peek(s, 1) == '/'))
			skip_line(s);
		else if (peek(s, 0) == '/' && peek(s, 1) == '*')
			skip_block(s);
		else
			return;
	}
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+' ||
	       c == '.' || c == '*';
}

static struct bytes take_word(struct scan *s)
{
	const char *start = s->pos;

	while (is_word(peek(s, 0)))
		step(s);
	return bytes_of(start, (size_t)(s->pos - start));
}

static const char *take_string(struct scan *s)
{
	step(s);
	while (!at_end(s) && *s->pos != '"') {
		if (*s->pos == '\\' && peek(s, 1) != '\0')
			step(s);
		step(s);
	}
	if (at_end(s))
		return "a string without its closing quote";
	step(s);
	return NULL;
}

/* A list or group with everything in it; brackets are not matched by kind. */
static const char *take_brackets(struct scan *s)
{
	const char *error = NULL;
	unsigned depth = 0;

	do {
		char c = peek(s, 0);

		if (c == '\0')
			return "a bracket that is not closed";
		if (c == '"' && take_string(s) != NULL)
			return "a string without its closing quote";
		if (c != '"')
			step(s);
		depth += c == '[' || c == '(' || c == '{';
		depth -= c == ']' || c == ')' || c == '}';
		if (c == '@')
			error = "includes are not allowed";
		if (depth > DEPTH_MAX)
			error = "brackets nested too deep";
		skip_blank(s);
	} while (depth > 0);
	return error;
}

static const char *take_value(struct scan *s)
{
	const char *error = NULL;
	char c = peek(s, 0);

	if (c == '[' || c == '(' || c == '{')
		return take_brackets(s);
	if (is_word(c)) {
		take_word(s);
		return NULL;
	}
	if (c != '"')
		return "a value is missing";
	/* Strings side by side are one string. */
	while (error == NULL && peek(s, 0) == '"') {
		const char *after;
		unsigned line;

		error = take_string(s);
		after = s->pos;
		line = s->line;
		skip_blank(s);
		if (peek(s, 0) != '"') {
			s->pos = after;
			s->line = line;
		}
	}
	return error;
}

/* After a mistake: go on behind the next semicolon or line end. */
static void resume(struct scan *s)
{
	while (!at_end(s) && *s->pos != ';' && *s->pos != '\n')
		step(s);
}

static const char *take_setting(struct scan *s, struct scan_setting *ret)
{
	const char *start = s->pos;
	const char *error;

	if (*s->pos == '@')
		return "includes are not allowed";
	ret->name = take_word(s);
	if (ret->name.len == 0)
		return "a setting is expected here";
	skip_blank(s);
	if (peek(s, 0) != '=' && peek(s, 0) != ':')
		return "'=' is missing after the name";
	step(s);
	skip_blank(s);
	error = take_value(s);
	ret->text = bytes_of(start, (size_t)(s->pos - start));
	return error;
}

bool scan_next(struct scan *s, struct scan_setting *ret)
{
	memset(ret, 0, sizeof *ret);
	skip_blank(s);
	while (peek(s, 0) == ';' || peek(s, 0) == ',') {
		step(s);
		skip_blank(s);
	}
	if (at_end(s))
		return false;
	ret->line = s->line;
	ret->error = take_setting(s, ret);
	if (ret->error != NULL)
		resume(s);
	return true;
}
