/*
 * The full screen of a conversation: a head line, what was said, a state
 * line, and the line being written. ncurses draws; nothing unsafe is given to
 * it.
 *
 *	Case bluebell - support: Sam (police), Vic (victim)
 *	#1  12:05  Vic (victim)
 *	    Are you there?
 *	 Ctrl-C leaves, /help -------------------- connected
 *	> Yes, I am
 */
#ifndef UI_SCREEN_H
#define UI_SCREEN_H

#include "ui/edit.h"
#include "ui/ui.h"

struct screen;

enum screen_key {
	SCREEN_NOTHING = 0,
	SCREEN_SEND, /* Enter */
	SCREEN_LEAVE /* Ctrl-D on an empty line, Ctrl-C, /quit is the caller's
		      */
};

/**
 * screen_begin(ui), screen_end(s):
 * Take over the terminal and give it back as it was. NULL where it cannot be
 * had. Ending NULL is harmless.
 */
struct screen *screen_begin(const struct ui *ui);
void screen_end(struct screen *s);

/**
 * screen_head(s, text), screen_state(s, text):
 * Safe text of one line; copied.
 */
void screen_head(struct screen *s, const char *text);
void screen_state(struct screen *s, const char *text);

/**
 * screen_say(s, head, body):
 * Append a message: safe text; copied. ${body} NULL: a remark, dim. With the
 * same
 * ${key} (not 0) the earlier one is replaced.
 */
void screen_say(struct screen *s, unsigned long long key, const char *head,
	const char *body);

/**
 * screen_draw(s), screen_key(s):
 * Draw what changed; take the keys that were pressed.
 */
void screen_draw(struct screen *s);
enum screen_key screen_key(struct screen *s);

/**
 * screen_line(s):
 * The line being written.
 */
struct edit *screen_line(struct screen *s);

#endif
