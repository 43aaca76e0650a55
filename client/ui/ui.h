/*
 * What one run of a program knows of its terminal and says through it.
 *
 * Data goes to stdout, words and progress to stderr; with --json both are
 * JSON (docs/cli.md). A reader that went away (closed pipe) ends the program
 * quietly. Colour is never the only signal.
 */
#ifndef UI_UI_H
#define UI_UI_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "ui/exits.h"

struct ui {
	bool json;
	bool no_input;
	bool quiet;
	bool out_tty, err_tty, in_tty;
	bool dumb;	   /* a terminal that cannot move its cursor */
	bool ascii;	   /* a terminal whose locale is not UTF-8 */
	bool colour;	   /* on stdout */
	size_t width;	   /* columns of stdout; SIZE_MAX where it is none */
	size_t err_width;  /* the same of stderr: words are folded to it */
	int passphrase_fd; /* -1: none */
	const char *passphrase_file, *askpass;
};

/**
 * ui_begin(ui):
 * Look at the terminal, the locale, NO_COLOR, TERM, COLUMNS.
 */
void ui_begin(struct ui *ui);

/**
 * ui_safe(ui, text):
 * Text of one line from elsewhere for this terminal; "" for NULL. The caller
 * frees.
 */
char *ui_safe(const struct ui *ui, const char *text);

/**
 * ui_say(ui, format, ...), ui_note(ui, format, ...):
 * A line of data on stdout, nothing with --json; words on stderr, nothing with
 * --json or --quiet. Arguments are already safe.
 */
void ui_say(const struct ui *ui, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void ui_note(const struct ui *ui, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * ui_beside(ui, indent, text):
 * As ui_say, on stdout where ${indent} columns are taken: folded between words
 * to what is left of the terminal, the lines after the first below it.
 */
void ui_beside(const struct ui *ui, size_t indent, const char *text);

/**
 * ui_json(ui, object):
 * With --json print ${object} as one line on stdout; takes it in either case.
 */
void ui_json(const struct ui *ui, json_t *object);

/**
 * ui_json_line(object):
 * One of many lines of JSON on stdout, which it flushes; false when that
 * failed.
 */
bool ui_json_line(const json_t *object);

/**
 * ui_fail(ui, code, hint, format, ...):
 * "error: ..." and, if ${hint} is not NULL, "hint: ..." on stderr, or both as
 * JSON. Returns ${code}, an enum exit_code. Texts are made safe here.
 */
int ui_fail(const struct ui *ui, int code, const char *hint, const char *format,
	...) __attribute__((format(printf, 4, 5)));

/**
 * ui_end(ui, code):
 * Flush stdout; what the disk or pipe did not take changes ${code}.
 */
int ui_end(const struct ui *ui, int code);

/* Emphasis on stdout: "" where there is no colour. */
enum ui_style { UI_PLAIN, UI_BOLD, UI_DIM, UI_WARN, UI_GOOD };
const char *ui_style(const struct ui *ui, enum ui_style style);

/**
 * ui_lead(ui, format, ...):
 * Words without which the next question cannot be answered: as ui_note, and
 * with --json and --quiet, too, where there is somebody to ask.
 */
void ui_lead(const struct ui *ui, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * ui_ask(ui, question, option, ret):
 * Ask a yes or no on the terminal. ${option} answers it without: "--yes".
 * EXIT_DONE, EXIT_NEEDS_INPUT (said).
 */
int ui_ask(const struct ui *ui, const char *question, const char *option,
	bool *ret);

/**
 * ui_line(ui, prompt, option, ret):
 * One line from stdin, after a prompt where there is a person. The caller
 * frees. EXIT_DONE, EXIT_NEEDS_INPUT, EXIT_INPUT for more than 64 KiB or what
 * is not text (both said).
 */
int ui_line(const struct ui *ui, const char *prompt, const char *option,
	char **ret);

#endif
