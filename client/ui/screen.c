/*
 * The screen of a conversation: see screen.h.
 */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NCURSES_WIDECHAR 1
#include <curses.h>

#include "ui/mem.h"
#include "ui/screen.h"
#include "ui/text.h"
#include "ui/words.h"

#define ENTRIES_MAX 2000 /* older ones are in rowan read --last */
#define INDENT	    4

struct entry {
	unsigned long long key;
	char *head, *body;
};

struct screen {
	const struct ui *ui;
	SCREEN *terminal;
	char *head, *state;
	struct entry *entries;
	size_t count;
	size_t scroll; /* lines from the end */
	struct edit line;
	bool changed;
};

struct screen *screen_begin(const struct ui *ui)
{
	struct screen *s;
	SCREEN *terminal = newterm(NULL, stdout, stdin);

	if (terminal == NULL)
		return NULL;
	s = mem_get(sizeof *s);
	s->ui = ui;
	s->terminal = terminal;
	s->head = mem_text("");
	s->state = mem_text("");
	s->changed = true;
	edit_init(&s->line);
	(void)raw();
	(void)noecho();
	(void)nonl();
	(void)keypad(stdscr, TRUE);
	(void)nodelay(stdscr, TRUE);
	(void)intrflush(stdscr, FALSE);
	set_escdelay(50);
	return s;
}

static void free_entry(struct entry *e)
{
	mem_wipe_text(e->head);
	mem_wipe_text(e->body);
}

void screen_end(struct screen *s)
{
	if (s == NULL)
		return;
	/* Nothing of the conversation stays on the terminal. */
	(void)erase();
	(void)refresh();
	(void)endwin();
	delscreen(s->terminal);
	for (size_t i = 0; i < s->count; i++)
		free_entry(&s->entries[i]);
	free(s->entries);
	edit_wipe(&s->line);
	free(s->head);
	free(s->state);
	free(s);
}

static void set(struct screen *s, char **to, const char *text)
{
	if (strcmp(*to, text) == 0)
		return;
	free(*to);
	*to = mem_text(text);
	s->changed = true;
}

void screen_head(struct screen *s, const char *text)
{
	set(s, &s->head, text);
}

void screen_state(struct screen *s, const char *text)
{
	set(s, &s->state, text);
}

struct edit *screen_line(struct screen *s)
{
	return &s->line;
}

void screen_say(struct screen *s, unsigned long long key, const char *head,
	const char *body)
{
	struct entry *e = NULL;

	for (size_t i = s->count; key != 0 && i > 0; i--)
		if (s->entries[i - 1].key == key)
			e = &s->entries[i - 1];
	if (e == NULL && s->count == ENTRIES_MAX) {
		free_entry(&s->entries[0]);
		memmove(s->entries, s->entries + 1,
			--s->count * sizeof *s->entries);
	}
	if (e == NULL) {
		s->entries = mem_more(
			s->entries, (s->count + 1) * sizeof *s->entries);
		e = &s->entries[s->count++];
	} else {
		free_entry(e);
	}
	*e = (struct entry){key, mem_text(head), mem_text(body)};
	s->changed = true;
}

/* ---- drawing ------------------------------------------------------------ */

static void put_line(int y, int x, const char *text, size_t columns)
{
	size_t len = text_cut(text, columns, NULL);

	(void)mvaddnstr(y, x, text, (int)len);
}

static size_t indent(void)
{
	return (size_t)COLS > 2 * INDENT ? INDENT : 0;
}

static size_t folds(const char *text, size_t columns)
{
	size_t n, len, lines = 0;

	for (; (n = text_fold(text, columns, &len)) > 0; text += n)
		lines++;
	return lines;
}

static size_t lines_of(const struct entry *e)
{
	size_t lines = folds(e->head, (size_t)COLS);

	if (e->body != NULL)
		lines += folds(e->body, (size_t)COLS - indent());
	return lines;
}

/* Rows above ${top} and below the last are cut off; the row behind it. */
static int draw_text(const char *text, int y, size_t x, int top)
{
	size_t n, len;

	for (; (n = text_fold(text, (size_t)COLS - x, &len)) > 0; text += n) {
		if (y >= top && y < LINES - 2)
			(void)mvaddnstr(y, (int)x, text, (int)len);
		y++;
	}
	return y;
}

/*
 * One entry whose last line belongs on row ${bottom} - 1; returns the row of
 * its first line.
 */
static int draw_entry(const struct entry *e, int top, int bottom)
{
	attr_t style = e->body != NULL ? A_BOLD : A_DIM;
	int first = bottom - (int)lines_of(e), y;

	(void)attron(style);
	y = draw_text(e->head, first, 0, top);
	(void)attroff(style);
	if (e->body != NULL)
		(void)draw_text(e->body, y, indent(), top);
	return first;
}

static void draw_entries(const struct screen *s)
{
	int bottom = LINES - 2 + (int)s->scroll;

	for (size_t i = s->count; i > 0 && bottom > 1; i--)
		bottom = draw_entry(&s->entries[i - 1], 1, bottom);
}

/* How to leave is always there; of the state as much as there is room for. */
static void draw_state(const struct screen *s)
{
	const char *way = s->scroll > 0 ? _("older; Page Down, Ctrl-C leaves")
					: _("Ctrl-C leaves, /help");
	size_t all = (size_t)COLS, wide = text_width(s->state), room;

	if (text_width(way) + wide + 6 > all)
		way = s->scroll > 0 ? _("older; Page Down")
				    : _("Ctrl-C leaves");
	(void)move(LINES - 2, 0);
	for (size_t i = 0; i < all; i++)
		(void)addstr(s->ui->ascii ? "-" : "\xe2\x94\x80");
	(void)mvaddch(LINES - 2, 0, ' ');
	put_line(LINES - 2, 1, way, all - 1);
	(void)addch(' ');
	room = text_width(way) + 5 < all ? all - text_width(way) - 5 : 0;
	wide = wide < room ? wide : room;
	if (wide == 0)
		return;
	(void)mvaddch(LINES - 2, COLS - (int)wide - 2, ' ');
	put_line(LINES - 2, COLS - (int)wide - 1, s->state, wide);
	(void)addch(' ');
}

/* The line, shifted so that the cursor is seen. */
static void draw_line(const struct screen *s)
{
	char *before = text_safe(s->line.text, s->line.at, 0);
	char *all = text_safe(s->line.text, s->line.len, 0);
	size_t room = COLS > 4 ? (size_t)COLS - 3 : 1;
	size_t at = text_width(before), skip = 0;

	while (at > room) {
		uint32_t c;
		size_t n = text_next(all + skip, strlen(all + skip), &c);
		int w = text_width_of(c);

		if (n == 0)
			break;
		skip += n;
		at -= (size_t)(w > 0 ? w : 0);
	}
	(void)mvaddstr(LINES - 1, 0, "> ");
	put_line(LINES - 1, 2, all + skip, room);
	(void)move(LINES - 1, 2 + (int)at);
	mem_wipe_text(before);
	mem_wipe_text(all);
}

void screen_draw(struct screen *s)
{
	if (!s->changed)
		return;
	s->changed = false;
	(void)erase();
	if (LINES >= 4 && COLS >= 10) {
		draw_entries(s);
		(void)attron(A_REVERSE);
		(void)mvhline(0, 0, ' ', COLS);
		put_line(0, 0, s->head, (size_t)COLS);
		(void)attroff(A_REVERSE);
		draw_state(s);
	}
	draw_line(s);
	(void)refresh();
}

/* ---- keys --------------------------------------------------------------- */

static void scroll_by(struct screen *s, int lines)
{
	size_t total = 0, shown = (size_t)(LINES > 3 ? LINES - 3 : 1), most;

	for (size_t i = 0; i < s->count; i++)
		total += lines_of(&s->entries[i]);
	most = total > shown ? total - shown : 0;
	if (lines < 0 && s->scroll < (size_t)-lines)
		s->scroll = 0;
	else
		s->scroll = (size_t)((long)s->scroll + lines);
	if (s->scroll > most)
		s->scroll = most;
}

static enum screen_key function_key(struct screen *s, wint_t key)
{
	switch (key) {
	case KEY_ENTER: return SCREEN_SEND;
	case KEY_BACKSPACE: edit_backspace(&s->line); break;
	case KEY_DC: edit_delete(&s->line); break;
	case KEY_LEFT: edit_left(&s->line); break;
	case KEY_RIGHT: edit_right(&s->line); break;
	case KEY_HOME: edit_home(&s->line); break;
	case KEY_END: edit_end(&s->line); break;
	case KEY_PPAGE: scroll_by(s, LINES / 2); break;
	case KEY_NPAGE: scroll_by(s, -(LINES / 2)); break;
	default: break; /* KEY_RESIZE: drawn anew */
	}
	return SCREEN_NOTHING;
}

static enum screen_key plain_key(struct screen *s, wint_t key)
{
	switch (key) {
	case '\r':
	case '\n': return SCREEN_SEND;
	case 3: return SCREEN_LEAVE;
	case 4: return s->line.len == 0 ? SCREEN_LEAVE : SCREEN_NOTHING;
	case 8:
	case 127: edit_backspace(&s->line); break;
	case 1: edit_home(&s->line); break;
	case 5: edit_end(&s->line); break;
	case 21: edit_kill(&s->line); break;
	case 23: edit_word(&s->line); break;
	case 12: (void)clearok(stdscr, TRUE); break;
	case '\t': (void)edit_insert(&s->line, ' '); break;
	default: (void)edit_insert(&s->line, (uint32_t)key); break;
	}
	return SCREEN_NOTHING;
}

enum screen_key screen_key(struct screen *s)
{
	wint_t key;
	int kind;

	while ((kind = get_wch(&key)) != ERR) {
		enum screen_key what = kind == KEY_CODE_YES
					       ? function_key(s, key)
					       : plain_key(s, key);

		s->changed = true;
		if (what != SCREEN_NOTHING)
			return what;
	}
	return SCREEN_NOTHING;
}
