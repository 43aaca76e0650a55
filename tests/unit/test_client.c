/*
 * The table of commands and what the agent keeps: keys, book, events, lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rowan/error.h>
#include <sodium.h>

#include "agent/book.h"
#include "agent/evlog.h"
#include "agent/keyring.h"
#include "agent/line.h"
#include "agent/places.h"
#include "cmd/command.h"
#include "cmd/help.h"
#include "ui/edit.h"
#include "ui/mem.h"

static char dir[] = "/tmp/rowan-client.XXXXXX";

static char *in_dir(const char *name)
{
	return mem_print("%s/%s", dir, name);
}

/* ---- the table ---------------------------------------------------------- */

static void check_options(const struct command *c)
{
	const struct command_option *o = c->options;
	int n;

	for (n = 0; o != NULL && o[n].name != NULL; n++) {
		assert_non_null(o[n].help);
		for (int k = 0; k < n; k++) {
			assert_string_not_equal(o[n].name, o[k].name);
			if (o[n].letter != 0)
				assert_int_not_equal(o[n].letter, o[k].letter);
		}
		for (int k = 0; command_globals[k].name != NULL; k++) {
			assert_string_not_equal(
				o[n].name, command_globals[k].name);
			if (o[n].letter != 0)
				assert_int_not_equal(
					o[n].letter, command_globals[k].letter);
		}
	}
	assert_true(n <= COMMAND_OPTIONS_MAX);
}

static void the_table_is_whole(void **state)
{
	const struct command *seen[256];
	size_t count = 0;

	(void)state;
	for (const struct command_group *g = command_groups; g->title != NULL;
		g++)
		for (const struct command *c = g->commands; c->name != NULL;
			c++) {
			char *words[3], *name = mem_text(c->name), *rest;
			int n = 0, used;

			assert_non_null(c->run);
			assert_non_null(c->help);
			assert_non_null(c->args);
			assert_true(c->max == -1 || c->max >= c->min);
			/* A line of help fits on a terminal. */
			assert_true(strlen(c->help) <= 60);
			check_options(c);
			for (size_t i = 0; i < count; i++)
				assert_string_not_equal(c->name, seen[i]->name);
			seen[count++] = c;
			for (char *w = strtok_r(name, " ", &rest); w != NULL;
				w = strtok_r(NULL, " ", &rest))
				words[n++] = w;
			assert_ptr_equal(command_find(words, n, &used), c);
			assert_int_equal(used, n);
			free(name);
		}
	assert_true(count > 40);
	assert_string_equal(help_nearest("inbx"), "inbox");
	assert_null(help_nearest("zzzzzzzz"));
	assert_true(help_is_group("authority"));
	assert_false(help_is_group("inbox"));
}

/* ---- keys --------------------------------------------------------------- */

static void keys_open_with_their_passphrase(void **state)
{
	struct bytes pass = bytes_of("open sesame", 11);
	struct bytes other = bytes_of("open barley", 11);
	struct keyring made, opened;
	char *path = in_dir("keys");
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(keyring_open(path, pass, &opened), ROWAN_E_NOT_FOUND);
	assert_int_equal(keyring_make(path, pass, &made), 0);
	assert_int_equal(keyring_make(path, pass, &opened), ROWAN_E_EXISTS);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 077, 0);
	assert_int_equal(keyring_open(path, pass, &opened), 0);
	assert_memory_equal(&made, &opened, sizeof made);
	assert_memory_not_equal(&made.vault, &made.book, sizeof made.vault);
	assert_int_equal(keyring_open(path, other, &opened), ROWAN_E_CRYPTO);
	assert_int_equal(keyring_change(path, other, pass), ROWAN_E_CRYPTO);
	assert_int_equal(keyring_change(path, pass, other), 0);
	assert_int_equal(keyring_open(path, pass, &opened), ROWAN_E_CRYPTO);
	assert_int_equal(keyring_open(path, other, &opened), 0);
	assert_memory_equal(&made, &opened, sizeof made);
	fd = open(path, O_WRONLY | O_TRUNC);
	assert_int_equal(write(fd, "rubbish", 7), 7);
	(void)close(fd);
	assert_int_equal(keyring_open(path, other, &opened), ROWAN_E_CORRUPT);
	free(path);
}

/* ---- the book ----------------------------------------------------------- */

static const struct key32 key = {{7}}, wrong_key = {{8}};

static struct id16 id_of(uint8_t n)
{
	struct id16 id = {{0}};

	id.b[0] = n;
	return id;
}

static void the_book_keeps_aliases_and_numbers(void **state)
{
	static const char *const bad[] = {"", "12", "1a2b", "two words", "-x",
		"\x1b[2J", "a\xff", "deadbeef"};
	struct id16 one = id_of(1), two = id_of(2), found;
	char *path = in_dir("book");
	struct book *b;

	(void)state;
	assert_int_equal(book_open(path, &key, &b), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(book_set_alias(b, BOOK_CASE, &one, bad[i]),
			ROWAN_E_INVAL);
	assert_int_equal(book_set_alias(b, BOOK_CASE, &one, "bluebell"), 0);
	assert_int_equal(
		book_set_alias(b, BOOK_CASE, &two, "bluebell"), ROWAN_E_EXISTS);
	/* The same word may name a person. */
	assert_int_equal(book_set_alias(b, BOOK_PERSON, &two, "bluebell"), 0);
	assert_int_equal(book_list_add(b, BOOK_CASE, &two), 1);
	assert_int_equal(book_list_add(b, BOOK_CASE, &one), 2);
	book_close(b);

	assert_int_equal(book_open(path, &wrong_key, &b), ROWAN_E_CORRUPT);
	assert_int_equal(book_open(path, &key, &b), 0);
	assert_string_equal(book_alias(b, BOOK_CASE, &one), "bluebell");
	assert_int_equal(book_find(b, BOOK_CASE, "bluebell", &found), 0);
	assert_true(id16_eq(&found, &one));
	assert_int_equal(book_find(b, BOOK_CASE, "1", &found), 0);
	assert_true(id16_eq(&found, &two));
	assert_int_equal(book_find(b, BOOK_CASE, "2", &found), 0);
	assert_int_equal(
		book_find(b, BOOK_CASE, "3", &found), ROWAN_E_NOT_FOUND);
	assert_int_equal(
		book_find(b, BOOK_CASE, "0", &found), ROWAN_E_NOT_FOUND);
	assert_int_equal(
		book_find(b, BOOK_CASE, "1x", &found), ROWAN_E_NOT_FOUND);
	assert_int_equal(book_set_alias(b, BOOK_CASE, &one, NULL), 0);
	assert_null(book_alias(b, BOOK_CASE, &one));
	book_close(b);
	free(path);
}

/* Of what did not come to all: who, and whether it was told; the newest. */
static void what_did_not_arrive_is_kept(void **state)
{
	struct id16 in = id_of(1), other = id_of(2), who = id_of(3), got;
	struct book_missed m = {.channel = in, .message = id_of(4)};
	char *path = in_dir("missed");
	struct book *b;

	(void)state;
	assert_int_equal(book_open(path, &key, &b), 0);
	assert_false(book_untold(b, &in, 0, &got));
	assert_int_equal(book_missed_add(b, &m), 0);
	m = (struct book_missed){in, id_of(5), &who, true};
	assert_int_equal(book_missed_add(b, &m), 0);
	assert_int_equal(book_missed_add(b, &m), 0);
	book_close(b);
	assert_int_equal(book_open(path, &key, &b), 0);
	assert_true(book_untold(b, &in, 0, &got));
	m.message = id_of(4);
	assert_true(id16_eq(&got, &m.message));
	assert_false(book_untold(b, &in, 1, &got));
	assert_false(book_untold(b, &other, 0, &got));
	assert_false(book_missed_by(b, &m.message, 0, &got));
	m.message = id_of(5);
	assert_true(book_missed_by(b, &m.message, 0, &got));
	assert_true(id16_eq(&got, &who));
	assert_false(book_missed_by(b, &m.message, 1, &got));
	book_told(b, &other, NULL);
	assert_true(book_untold(b, &in, 0, &got));
	book_told(b, &in, NULL);
	assert_false(book_untold(b, &in, 0, &got));
	book_close(b);
	free(path);
}

/* What one terminal shows stays true whatever another lists. */
static void numbers_stay(void **state)
{
	struct id16 id = {0}, found;
	char *path = in_dir("numbers");
	struct book *b;

	(void)state;
	assert_int_equal(book_open(path, &key, &b), 0);
	for (size_t i = 1; i <= BOOK_LIST_MAX; i++) {
		memcpy(id.b, &i, sizeof i);
		assert_int_equal(book_list_add(b, BOOK_MESSAGE, &id), i);
		assert_int_equal(book_list_add(b, BOOK_MESSAGE, &id), i);
	}
	book_close(b);
	assert_int_equal(book_open(path, &key, &b), 0);
	assert_int_equal(book_list_add(b, BOOK_MESSAGE, &id), BOOK_LIST_MAX);
	/* All are given: from 1 again, and the old ones name nothing. */
	id.b[ID16_LEN - 1] = 1;
	assert_int_equal(book_list_add(b, BOOK_MESSAGE, &id), 1);
	assert_int_equal(book_find(b, BOOK_MESSAGE, "1", &found), 0);
	assert_true(id16_eq(&found, &id));
	assert_int_equal(
		book_find(b, BOOK_MESSAGE, "2", &found), ROWAN_E_NOT_FOUND);
	book_close(b);
	free(path);
}

static void the_book_shows_nothing_to_others(void **state)
{
	struct id16 one = id_of(1);
	char *path = in_dir("sealed"), file[4096];
	struct book *b;
	int fd;
	ssize_t n;

	(void)state;
	assert_int_equal(book_open(path, &key, &b), 0);
	assert_int_equal(
		book_set_alias(b, BOOK_CASE, &one, "planted-alias"), 0);
	book_close(b);
	fd = open(path, O_RDWR);
	n = read(fd, file, sizeof file);
	assert_true(n > 0);
	assert_null(memmem(file, (size_t)n, "planted", 7));
	/* One bit, and it is refused rather than believed. */
	file[n / 2] ^= 1;
	assert_int_equal(pwrite(fd, file, (size_t)n, 0), n);
	(void)close(fd);
	assert_int_equal(book_open(path, &key, &b), ROWAN_E_CORRUPT);
	free(path);
}

/* ---- events ------------------------------------------------------------- */

static uint64_t add_event(struct evlog *j, int n)
{
	json_t *e = json_pack("{s:i}", "n", n);
	uint64_t cursor;

	assert_int_equal(evlog_add(j, e, &cursor), 0);
	json_decref(e);
	return cursor;
}

static void expect_event(
	struct evlog *j, uint64_t after, uint64_t cursor, int n)
{
	uint64_t at;
	json_t *e = evlog_next(j, after, &at);

	assert_non_null(e);
	assert_int_equal(at, cursor);
	assert_int_equal(json_integer_value(json_object_get(e, "n")), n);
	json_decref(e);
}

/* 0: there is none. */
static void expect_newest(struct evlog *j, const char *id, int n)
{
	json_t *e = evlog_newest(j, id);

	assert_true((e != NULL) == (n != 0));
	assert_int_equal(json_integer_value(json_object_get(e, "n")), n);
	json_decref(e);
}

static void events_are_there_again(void **state)
{
	char *path = in_dir("events");
	struct evlog *j;
	struct stat st;
	uint64_t at;

	(void)state;
	assert_int_equal(evlog_open(path, &key, &j), 0);
	assert_int_equal(evlog_last(j), 0);
	assert_null(evlog_next(j, 0, &at));
	expect_newest(j, "n", 0);
	for (int i = 1; i <= 5; i++)
		assert_int_equal(add_event(j, i), i);
	evlog_close(j);
	/* A write that a power cut left half done. */
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size - 3), 0);
	assert_int_equal(evlog_open(path, &key, &j), 0);
	assert_int_equal(evlog_last(j), 4);
	expect_event(j, 0, 1, 1);
	expect_event(j, 3, 4, 4);
	assert_int_equal(add_event(j, 6), 5);
	expect_event(j, 4, 5, 6);
	assert_null(evlog_next(j, 5, &at));
	expect_newest(j, "\"n\"", 6);
	expect_newest(j, ":1", 1);
	expect_newest(j, ":5", 0);
	evlog_close(j);
	free(path);
}

static void old_events_make_room(void **state)
{
	char *path = in_dir("many");
	struct evlog *j;

	(void)state;
	assert_int_equal(evlog_open(path, &key, &j), 0);
	for (int i = 1; i <= 2 * EVLOG_KEEP + 1; i++)
		(void)add_event(j, i);
	/* A cursor from long ago goes on with the oldest there is. */
	expect_event(j, 1, EVLOG_KEEP + 1, EVLOG_KEEP + 1);
	expect_event(j, 2 * EVLOG_KEEP, 2 * EVLOG_KEEP + 1, 2 * EVLOG_KEEP + 1);
	evlog_close(j);
	assert_int_equal(evlog_open(path, &key, &j), 0);
	assert_int_equal(evlog_last(j), 2 * EVLOG_KEEP + 1);
	evlog_close(j);
	free(path);
}

/* ---- lines -------------------------------------------------------------- */

static struct line make_line(int *ret_other)
{
	struct line l;
	int ends[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	line_init(&l, ends[0]);
	*ret_other = ends[1];
	return l;
}

/* Write, reading on our side whenever the socket is full. */
static void feed(struct line *l, int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
		(void)!line_fill(l);
	}
}

static void lines_are_whole_objects(void **state)
{
	static const char *const bad[] = {"rubbish\n", "[1]\n", "{\"a\":1\n",
		"\n", "{\"a\":1}x\n", "{\"a\":1,\"a\":2}\n", "\xff\xfe\n"};
	struct line l;
	json_t *o;
	int fd;

	(void)state;
	l = make_line(&fd);
	feed(&l, fd, "{\"a\":1}\n{\"b\"", 12);
	assert_int_equal(line_take(&l, &o), 0);
	json_decref(o);
	assert_int_equal(line_take(&l, &o), ROWAN_E_NOT_FOUND);
	feed(&l, fd, ":2}\n", 4);
	assert_int_equal(line_take(&l, &o), 0);
	assert_int_equal(json_integer_value(json_object_get(o, "b")), 2);
	json_decref(o);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		feed(&l, fd, bad[i], strlen(bad[i]));
		assert_int_equal(line_take(&l, &o), ROWAN_E_MALFORMED);
	}
	(void)close(fd);
	assert_int_equal(line_fill(&l), 0);
	assert_true(l.ended);
	line_close(&l);
}

static void a_line_without_end_is_refused(void **state)
{
	char *part = mem_get(65536);
	struct line l;
	json_t *o;
	int fd, rc = ROWAN_E_NOT_FOUND;
	size_t sent = 0;

	(void)state;
	memset(part, 'x', 65536);
	l = make_line(&fd);
	while (rc == ROWAN_E_NOT_FOUND && sent < 10 * LINE_CAP) {
		feed(&l, fd, part, 65536);
		sent += 65536;
		rc = line_take(&l, &o);
	}
	assert_int_equal(rc, ROWAN_E_LIMIT);
	assert_true(sent <= LINE_CAP + 2 * 65536);
	line_close(&l);
	(void)close(fd);
	free(part);
}

static void a_long_home_has_no_socket(void **state)
{
	char home[300];
	struct places p;

	(void)state;
	(void)unsetenv("XDG_RUNTIME_DIR");
	memset(home, 'x', sizeof home - 1);
	home[0] = '/';
	home[sizeof home - 1] = '\0';
	assert_int_equal(places_set(&p, home), ROWAN_E_LIMIT);
	places_free(&p);
	assert_int_equal(places_set(&p, "/tmp/x"), 0);
	places_free(&p);
}

/* ---- editing ------------------------------------------------------------ */

static void lines_are_edited_by_character(void **state)
{
	struct edit e;
	char *text;

	(void)state;
	edit_init(&e);
	assert_false(edit_insert(&e, 0x1b));
	assert_false(edit_insert(&e, 0x9b));
	assert_false(edit_insert(&e, 0xd800));
	assert_true(edit_insert(&e, 'a'));
	assert_true(edit_insert(&e, 0x6771)); /* wide */
	assert_true(edit_insert(&e, 'e'));
	assert_true(edit_insert(&e, 0x301)); /* a mark on it */
	edit_left(&e);
	assert_int_equal(e.at, 4);
	edit_backspace(&e);
	assert_string_equal(e.text, "ae\xcc\x81");
	edit_delete(&e);
	assert_string_equal(e.text, "a");
	edit_delete(&e);
	edit_home(&e);
	edit_left(&e);
	edit_backspace(&e);
	assert_string_equal(e.text, "a");
	edit_end(&e);
	for (const char *s = " two words"; *s != '\0'; s++)
		assert_true(edit_insert(&e, (uint32_t)*s));
	edit_word(&e);
	assert_string_equal(e.text, "a two ");
	text = edit_take(&e);
	assert_string_equal(text, "a two ");
	assert_int_equal(e.len, 0);
	mem_wipe_text(text);
	for (size_t i = 0; i < EDIT_MAX; i++)
		assert_true(edit_insert(&e, 'x'));
	assert_false(edit_insert(&e, 'x'));
	edit_kill(&e);
	assert_int_equal(e.len, 0);
	edit_wipe(&e);
}

static int remove_dir(void **state)
{
	static const char *const names[] = {"keys", "book", "missed", "numbers",
		"sealed", "events", "many"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char *path = in_dir(names[i]);

		(void)unlink(path);
		free(path);
	}
	/* Nothing else was left lying about. */
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_whole),
		cmocka_unit_test(keys_open_with_their_passphrase),
		cmocka_unit_test(the_book_keeps_aliases_and_numbers),
		cmocka_unit_test(what_did_not_arrive_is_kept),
		cmocka_unit_test(numbers_stay),
		cmocka_unit_test(the_book_shows_nothing_to_others),
		cmocka_unit_test(events_are_there_again),
		cmocka_unit_test(old_events_make_room),
		cmocka_unit_test(lines_are_whole_objects),
		cmocka_unit_test(a_line_without_end_is_refused),
		cmocka_unit_test(a_long_home_has_no_socket),
		cmocka_unit_test(lines_are_edited_by_character),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	if (sodium_init() < 0 || mkdtemp(dir) == NULL)
		return 1;
	line_wipe_memory();
	return cmocka_run_group_tests(tests, NULL, remove_dir);
}
