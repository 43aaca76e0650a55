/*
 * What appears on the screen. Text that came from elsewhere never drives the
 * terminal: whatever is not plain, visible text is written as its number.
 */
#ifndef COMPANION_SCREEN_H
#define COMPANION_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

/* A line of our own, as printf. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Text from elsewhere: ${first} before its first line, ${next} before others.
 */
void show(const char *text, const char *first, const char *next);

/* The same in one line, to be put into a sentence; at most ${size} bytes. */
void plain(const char *text, char *ret, size_t size);

/* Nothing that was said stays on the screen or can be scrolled back to. */
void clear_screen(void);

/* A question or prompt, without a line end; only to a person. */
void prompt(const char *text);

#endif
