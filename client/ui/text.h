/*
 * Text from elsewhere on a terminal: how wide it is, and made harmless.
 *
 * Trusts no byte. What comes out never holds a control character, a bidi or
 * zero-width character, a piece of broken UTF-8 or a pile of combining marks:
 * each stands there in ASCII, as <U+202E> or <FF>. Needs setlocale for
 * nothing but widths (a UTF-8 LC_CTYPE), and what has none there is escaped,
 * too: another on a machine that knows more or less of Unicode, but for
 * TEXT_FIXED.
 */
#ifndef UI_TEXT_H
#define UI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum text_flag {
	TEXT_LINES = 1, /* line ends are kept; else shown as an arrow */
	TEXT_ASCII = 2, /* everything beyond ASCII is escaped, too */
	TEXT_FIXED = 4	/* the same bytes on every machine: asks no locale */
};

#define TEXT_COMBINING_MAX 4 /* marks in a row on one character */

/**
 * text_next(s, len, ret):
 * Decode one character of ${len} > 0 bytes; returns how many bytes it has, or
 * 0 when they are not UTF-8 in its shortest form.
 */
size_t text_next(const char *s, size_t len, uint32_t *ret);

/**
 * text_width_of(c):
 * Columns of one character: 0 for a combining mark, 1, 2; -1 for what is
 * escaped.
 */
int text_width_of(uint32_t c);

/**
 * text_safe(s, len, flags):
 * A harmless copy, ended by a zero byte; the caller frees.
 */
char *text_safe(const char *s, size_t len, unsigned flags);

/**
 * text_json(json):
 * The same JSON, in which every character that text_safe escapes is written
 * as \uXXXX: whatever reads it gets it back as it was. The caller frees.
 */
char *text_json(const char *json);

/**
 * text_blank(s, len):
 * Whether nobody would see anything: no character at all but blanks.
 */
bool text_blank(const char *s, size_t len);

/**
 * text_distance(a, b):
 * How many letters of one short word to change, add or leave out for the
 * other; 99 for words that are not short.
 */
size_t text_distance(const char *a, const char *b);

/**
 * text_width(safe):
 * Columns of one line of text_safe.
 */
size_t text_width(const char *safe);

/**
 * text_cut(safe, columns):
 * The longest beginning of one line that fits, in bytes; ${ret_columns}, if
 * not NULL, is how wide it is. Never splits a character from its marks.
 */
size_t text_cut(const char *safe, size_t columns, size_t *ret_columns);

/**
 * text_fold(safe, columns, ret_len):
 * How many bytes of ${safe} make the next line of at most ${columns}: up to a
 * line end or a blank (not counted in ${ret_len}, but in the result). 0 at
 * the end of the text.
 */
size_t text_fold(const char *safe, size_t columns, size_t *ret_len);

#endif
