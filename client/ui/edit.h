/*
 * A line of text being written: UTF-8, a cursor between characters, a cap.
 * Pure: no terminal in it.
 */
#ifndef UI_EDIT_H
#define UI_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EDIT_MAX ((size_t)60 * 1024) /* bytes, as of a message */

struct edit {
	char *text; /* always ended by a zero byte */
	size_t len, cap, at;
};

void edit_init(struct edit *e);
void edit_wipe(struct edit *e);

/**
 * edit_insert(e, c):
 * One character at the cursor; false when it is full or ${c} is a control.
 */
bool edit_insert(struct edit *e, uint32_t c);

/* Before the cursor; at it; the word before it; everything before it. */
void edit_backspace(struct edit *e);
void edit_delete(struct edit *e);
void edit_word(struct edit *e);
void edit_kill(struct edit *e);

void edit_left(struct edit *e);
void edit_right(struct edit *e);
void edit_home(struct edit *e);
void edit_end(struct edit *e);

/**
 * edit_take(e):
 * The text, owned by the caller; the line is empty afterwards.
 */
char *edit_take(struct edit *e);

#endif
