/*
 * client/ui: nothing from elsewhere drives a terminal; widths, folds and
 * tables are right for wide characters; times, exit codes and passphrases.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <rowan/error.h>
#include <sodium.h>

#include "ui/exits.h"
#include "ui/file.h"
#include "ui/hex.h"
#include "ui/mem.h"
#include "ui/pass.h"
#include "ui/progress.h"
#include "ui/table.h"
#include "ui/text.h"
#include "ui/when.h"

static void expect_safe(
	const char *in, size_t len, unsigned flags, const char *want)
{
	char *have = text_safe(in, len, flags);

	assert_string_equal(have, want);
	free(have);
}

#define SAFE(in, want) expect_safe(in, sizeof(in) - 1, 0, want)

static void hostile_text_is_shown_not_obeyed(void **state)
{
	(void)state;
	SAFE("plain", "plain");
	SAFE("", "");
	SAFE("\033[2J\033]0;x\007", "<U+001B>[2J<U+001B>]0;x<U+0007>");
	SAFE("\r\b\x7f", "<U+000D><U+0008><U+007F>");
	SAFE("a\0b", "a<U+0000>b");
	SAFE("\xc2\x9b"
	     "31m",
		"<U+009B>31m"); /* C1 CSI */
	SAFE("\xe2\x80\xae"
	     "cod.exe",
		"<U+202E>cod.exe");
	SAFE("\xe2\x81\xa6\xe2\x81\xa9", "<U+2066><U+2069>");
	SAFE("a\xe2\x80\x8b"
	     "b\xe2\x80\x8d\xef\xbb\xbf",
		"a<U+200B>b<U+200D><U+FEFF>");
	SAFE("\xe2\x80\xa8\xe2\x80\xa9", "<U+2028><U+2029>");
	SAFE("\xf3\xa0\x81\x81", "<U+E0041>"); /* tag letters */
	SAFE("one\ntwo", "one<U+000A>two");
	SAFE("a\tb", "a b");
	expect_safe("one\ntwo", 7, TEXT_LINES, "one\ntwo");
	expect_safe("a\tb\r\n", 5, TEXT_LINES, "a    b<U+000D>\n");
}

static void broken_text_is_shown_byte_by_byte(void **state)
{
	(void)state;
	SAFE("\xff\xfe", "<FF><FE>");
	SAFE("\xc0\xaf", "<C0><AF>"); /* overlong / */
	SAFE("\xe0\x80\xaf", "<E0><80><AF>");
	SAFE("\xed\xa0\x80", "<ED><A0><80>"); /* a surrogate */
	SAFE("\xf4\x90\x80\x80", "<F4><90><80><80>");
	SAFE("caf\xc3", "caf<C3>"); /* cut off */
	SAFE("\x80x", "<80>x");
	expect_safe("caf\xc3\xa9", 5, TEXT_ASCII, "caf<U+00E9>");
}

static void expect_json(const char *in, const char *want)
{
	char *have = text_json(in);

	assert_string_equal(have, want);
	free(have);
}

static void json_drives_no_terminal(void **state)
{
	(void)state;
	expect_json("{\"a\":\"\xc3\xa9 \xe6\x9d\xb1\"}",
		"{\"a\":\"\xc3\xa9 \xe6\x9d\xb1\"}");
	expect_json("\"\xe2\x80\xae\"", "\"\\u202e\"");
	expect_json("\"\xc2\x9b"
		    "31m\"",
		"\"\\u009b31m\"");
	expect_json("\"\x7f\xe2\x80\x8b\"", "\"\\u007f\\u200b\"");
	/* A tag beyond the first plane, as two halves. */
	expect_json("\"\xf3\xa0\x81\xa1\"", "\"\\udb40\\udc61\"");
	expect_json("{\"n\":\"\\u001b\"}", "{\"n\":\"\\u001b\"}");
}

static bool blank(const char *s)
{
	return text_blank(s, strlen(s));
}

static void blanks_say_nothing(void **state)
{
	(void)state;
	assert_true(blank(""));
	assert_true(blank(" \t\r\n\v"));
	assert_true(blank("\xc2\xa0\xe3\x80\x80\xe2\x80\x8b\xef\xbb\xbf"));
	assert_false(blank(" ."));
	assert_false(blank("\xe2\x80\x8b\xe2\x80\xa6"));
	assert_false(text_blank("\0", 1));
	assert_false(blank("\xff"));
	assert_int_equal(text_distance("polce", "police"), 1);
	assert_int_equal(text_distance("health", "health"), 0);
	assert_int_equal(text_distance("cps", "nhs"), 2);
	assert_int_equal(
		text_distance("a", "0123456789012345678901234567890"), 99);
}

/* ---- progress ----------------------------------------------------------- */

static time_t clock_now;

/* Instead of the library's: the clock of this program is ours. */
time_t time(time_t *ret)
{
	if (ret != NULL)
		*ret = clock_now;
	return clock_now;
}

/* A transfer of a minute and a half, a percent a second; what stderr got. */
static char *ninety_seconds(const struct ui *ui)
{
	char path[] = "/tmp/rowan-progress.XXXXXX";
	int fd = mkstemp(path), kept = dup(STDERR_FILENO);
	char *ret = mem_get(65536);
	struct progress *p;
	ssize_t n;

	assert_true(fd >= 0 && kept >= 0);
	(void)fflush(stderr);
	assert_true(dup2(fd, STDERR_FILENO) >= 0);
	clock_now = 1000;
	p = progress_new(ui, "fetching");
	for (uint64_t i = 0; i <= 90; i++, clock_now++) {
		progress_set(p, i, 100);
		progress_set(p, i, 100);
	}
	progress_free(p);
	(void)fflush(stderr);
	assert_true(dup2(kept, STDERR_FILENO) >= 0);
	(void)close(kept);
	n = pread(fd, ret, 65535, 0);
	assert_true(n >= 0);
	ret[n] = '\0';
	(void)close(fd);
	(void)unlink(path);
	return ret;
}

static size_t times(const char *in, const char *what)
{
	size_t n = 0;

	for (; (in = strstr(in, what)) != NULL; in += strlen(what))
		n++;
	return n;
}

static void progress_is_a_bar_or_a_line_now_and_then(void **state)
{
	struct ui ui = {.err_width = SIZE_MAX, .width = SIZE_MAX};
	char *said = ninety_seconds(&ui);

	(void)state;
	/* No terminal: one line in ten seconds, and nothing that moves. */
	assert_string_equal(said,
		"fetching: 10 %\nfetching: 20 %\nfetching: 30 %\n"
		"fetching: 40 %\nfetching: 50 %\nfetching: 60 %\n"
		"fetching: 70 %\nfetching: 80 %\nfetching: 90 %\n");
	mem_free(said, strlen(said));
	/* A dumb terminal is no better. */
	ui.err_tty = ui.dumb = true;
	ui.err_width = 80;
	said = ninety_seconds(&ui);
	assert_int_equal(times(said, "\n"), 9);
	assert_int_equal(times(said, "\r"), 0);
	mem_free(said, strlen(said));
	/* One that can: each percent once, on the same line, gone at the end.
	 */
	ui.dumb = false;
	said = ninety_seconds(&ui);
	assert_int_equal(times(said, "\n"), 0);
	assert_int_equal(times(said, "\r"), 92);
	assert_non_null(strstr(
		said, "\rfetching [###############...............]  50 %\r"));
	assert_string_equal(said + strlen(said) - 4, "\r\033[K");
	mem_free(said, strlen(said));
	/* However narrow: in one line. */
	ui.err_width = 24;
	said = ninety_seconds(&ui);
	assert_non_null(strstr(said, "\rfetching [###...]  50 %\r"));
	mem_free(said, strlen(said));
	ui.err_width = 20;
	said = ninety_seconds(&ui);
	assert_non_null(strstr(said, "\rfetching  50 %\r"));
	mem_free(said, strlen(said));
	/* Programs are not told at all. */
	ui.json = true;
	said = ninety_seconds(&ui);
	assert_string_equal(said, "");
	mem_free(said, strlen(said));
	ui = (struct ui){.quiet = true, .err_width = SIZE_MAX};
	said = ninety_seconds(&ui);
	assert_string_equal(said, "");
	mem_free(said, strlen(said));
}

static void marks_do_not_pile_up(void **state)
{
	/* Nothing to stand on, then more than a character may carry. */
	char pile[64] = "a", *have;
	size_t marks = 0;

	(void)state;
	SAFE("\xcc\x81x", "<U+0301>x");
	for (int i = 0; i < 20; i++)
		strcat(pile, "\xcc\x81");
	have = text_safe(pile, strlen(pile), 0);
	for (const char *p = have; (p = strstr(p, "\xcc\x81")) != NULL; p++)
		marks++;
	assert_int_equal(marks, TEXT_COMBINING_MAX);
	free(have);
}

static void widths_are_columns(void **state)
{
	size_t columns, len;

	(void)state;
	assert_int_equal(text_width("caf\xc3\xa9"), 4);
	assert_int_equal(text_width("e\xcc\x81"), 1);
	assert_int_equal(text_width("\xe6\x9d\xb1\xe4\xba\xac"), 4);
	/* A wide character is never cut in half. */
	assert_int_equal(text_cut("\xe6\x9d\xb1\xe4\xba\xac", 3, &columns), 3);
	assert_int_equal(columns, 2);
	/* A mark stays with what it stands on. */
	assert_int_equal(text_cut("e\xcc\x81z", 1, NULL), 3);
	assert_int_equal(text_fold("one two three", 8, &len), 8);
	assert_int_equal(len, 7);
	assert_int_equal(text_fold("unbroken", 4, &len), 4);
	assert_int_equal(text_fold("a\nb", 10, &len), 2);
	assert_int_equal(len, 1);
	assert_int_equal(text_fold("", 10, &len), 0);
	/* Narrower than one character: it goes on all the same. */
	assert_int_equal(text_fold("\xe6\x9d\xb1", 1, &len), 3);
}

/* stdout of what follows, as text. */
static int saved;
static FILE *caught;

static void catch_stdout(void)
{
	(void)fflush(stdout);
	saved = dup(STDOUT_FILENO);
	caught = tmpfile();
	assert_non_null(caught);
	(void)dup2(fileno(caught), STDOUT_FILENO);
}

static void release_stdout(char *ret, size_t size)
{
	size_t n;

	(void)fflush(stdout);
	(void)dup2(saved, STDOUT_FILENO);
	(void)close(saved);
	rewind(caught);
	n = fread(ret, 1, size - 1, caught);
	ret[n] = '\0';
	(void)fclose(caught);
}

static void print_table(const struct ui *ui, char *ret, size_t size)
{
	struct table *t = table_new(ui);

	table_column(t, "#", TABLE_RIGHT);
	table_column(t, "WHO", TABLE_FLEX);
	table_column(t, "END", 0);
	table_number(t, 10);
	table_cell(t, "\xe6\x9d\xb1\xe4\xba\xac\xe6\x9d\xb1\xe4\xba\xac");
	table_cell(t, "x");
	table_number(t, 9);
	table_cell(t, "a rather long\nname");
	table_cell(t, NULL);
	catch_stdout();
	table_print(t, "empty");
	release_stdout(ret, size);
	table_free(t);
}

static void tables_fit(void **state)
{
	struct ui ui = {.width = SIZE_MAX};
	char out[1024];

	(void)state;
	print_table(&ui, out, sizeof out);
	assert_string_equal(out,
		" #  WHO                        END\n"
		"10  \xe6\x9d\xb1\xe4\xba\xac\xe6\x9d\xb1\xe4\xba\xac"
		"                   x\n"
		" 9  a rather long<U+000A>name  \n");
	ui.width = 16;
	print_table(&ui, out, sizeof out);
	assert_string_equal(out,
		" #  WHO      END\n"
		"10  \xe6\x9d\xb1\xe4\xba\xac\xe6\x9d\xb1\xe2\x80\xa6  x\n"
		" 9  a rath\xe2\x80\xa6  \n");
	for (char *line = strtok(out, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(text_width(line) <= ui.width);
}

static void exit_codes_are_distinct(void **state)
{
	(void)state;
	for (int i = 0; i < EXIT_CODES; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(exit_name(i), exit_name(k));
	assert_int_equal(exit_of(0), EXIT_DONE);
	assert_int_equal(exit_of(ROWAN_E_FULL), EXIT_MACHINE);
	assert_int_equal(exit_of(ROWAN_E_EXPIRED), EXIT_CARD);
	assert_int_equal(exit_of(ROWAN_E_REFUSED), EXIT_NOT_ALLOWED);
	assert_int_equal(exit_of(ROWAN_E_NOT_FOUND), EXIT_NOT_FOUND);
	for (int e = -1; e > -500; e--)
		assert_int_not_equal(exit_of(e), EXIT_DONE);
}

#define NOW 1768480500 /* Thursday 2026-01-15 12:35:00 UTC */

static void expect_time(const char *text, uint64_t want)
{
	uint64_t have;

	assert_true(when_parse(text, NOW, &have));
	assert_int_equal(have, want);
}

static void times_are_understood(void **state)
{
	static const char *const wrong[] = {"", "soon", "25:00", "12:60", "12",
		"12:3", "2026-13-01", "2026-02-29", "2026-01-15 12", "-3h", "3",
		"3x", "99999999999h", "2026-1-5", "12:30x", "tomorrow",
		"2026-01-15x"};
	uint64_t t;
	uint32_t day;
	char text[WHEN_LEN];

	(void)state;
	expect_time("now", NOW);
	expect_time("72h", NOW + 72 * 3600);
	expect_time("+3d", NOW + 3 * 86400);
	expect_time("30m", NOW + 1800);
	expect_time("13:00", NOW + 25 * 60);
	/* The next time it is half past twelve is tomorrow. */
	expect_time("12:30", NOW - 300 + 86400);
	expect_time("tomorrow 12:30", NOW - 300 + 86400);
	expect_time("2026-01-15", 1768435200);
	expect_time("2026-01-15 12:35", NOW);
	expect_time("2026-01-15T12:35", NOW);
	expect_time("2024-02-29", 1709164800);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(when_parse(wrong[i], NOW, &t));
	assert_true(when_day("2026-01-15", NOW, &day));
	assert_int_equal(day, 20468);
	when_day_text(day, text);
	assert_string_equal(text, "2026-01-15");
	assert_true(when_day("yesterday", NOW, &day));
	assert_int_equal(day, 20467);
	assert_false(when_day("2026-01-15 12:00", NOW, &day));
	when_text(NOW - 60, NOW, text);
	assert_string_equal(text, "12:34");
	when_text(NOW - 86400, NOW, text);
	assert_string_equal(text, "Wed 12:35");
	when_text(NOW - 30 * 86400, NOW, text);
	assert_string_equal(text, "2025-12-16 12:35");
	when_text(0, NOW, text);
	assert_string_equal(text, "");
	when_iso(NOW, text);
	assert_string_equal(text, "2026-01-15T12:35:00Z");
	when_span(3 * 86400 + 4 * 3600, text);
	assert_string_equal(text, "3 d 4 h");
}

/* The last hour of summer comes twice: which one it was is to be seen. */
static void times_are_exact(void **state)
{
	char text[WHEN_LEN];

	(void)state;
	(void)setenv("TZ", "GMT0BST,M3.5.0/1,M10.5.0", 1);
	tzset();
	when_exact(1792888205, text);
	assert_string_equal(text, "2026-10-25 01:30:05 +0100");
	when_exact(1792891805, text);
	assert_string_equal(text, "2026-10-25 01:30:05 +0000");
	(void)setenv("TZ", "UTC", 1);
	tzset();
}

static void hexadecimal(void **state)
{
	uint8_t b[3];
	char text[7];

	(void)state;
	assert_true(hex_read("0aFf 01", b, 3));
	hex_write(b, 3, text);
	assert_string_equal(text, "0aff01");
	assert_false(hex_read("0aff0", b, 3));
	assert_false(hex_read("0aff0123", b, 3));
	assert_false(hex_read("0aff0g", b, 3));
}

/* A passphrase from a file of this content. */
static int pass_from(
	const char *content, size_t len, mode_t mode, struct pass *ret)
{
	char path[] = "/tmp/rowan-pass.XXXXXX";
	struct ui ui = {
		.passphrase_fd = -1, .passphrase_file = path, .json = true};
	int fd = mkstemp(path), code;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	(void)close(fd);
	code = pass_get(&ui, "?", ret);
	(void)unlink(path);
	return code;
}

static void passphrases_from_files(void **state)
{
	char *big = mem_get(4096);
	struct pass p;

	(void)state;
	assert_int_equal(pass_from("two words\nrest", 14, 0600, &p), 0);
	assert_int_equal(p.len, 9);
	assert_memory_equal(p.b, "two words", 9);
	pass_wipe(&p);
	assert_int_equal(pass_from("no end", 6, 0400, &p), 0);
	pass_wipe(&p);
	assert_int_equal(pass_from("crlf\r\n", 6, 0600, &p), 0);
	assert_int_equal(p.len, 4);
	pass_wipe(&p);
	assert_int_equal(pass_from("", 0, 0600, &p), EXIT_INPUT);
	assert_int_equal(pass_from("a\0b\n", 4, 0600, &p), EXIT_INPUT);
	assert_int_equal(pass_from("\xff\n", 2, 0600, &p), EXIT_INPUT);
	memset(big, 'x', 4096);
	assert_int_equal(pass_from(big, 4096, 0600, &p), EXIT_INPUT);
	assert_int_equal(pass_from("others read", 11, 0644, &p), EXIT_INPUT);
	free(big);
}

static void files_are_whole_or_not_there(void **state)
{
	char dir[] = "/tmp/rowan-file.XXXXXX", *path;
	struct buf have;
	struct ui ui = {.json = true};

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = mem_print("%s/a\n..", dir);
	assert_int_equal(file_put(path, bytes_of("one", 3), 0), 0);
	assert_int_equal(file_put(path, bytes_of("two", 3), 0), ROWAN_E_EXISTS);
	assert_int_equal(file_read(&ui, path, 10, &have), 0);
	assert_int_equal(have.len, 3);
	assert_memory_equal(have.data, "one", 3);
	buf_wipe(&have);
	assert_int_equal(file_put(path, bytes_of("two", 3), FILE_REPLACE), 0);
	assert_int_equal(file_read(&ui, path, 2, &have), EXIT_INPUT);
	assert_int_equal(unlink(path), 0);
	/* Nothing of an unsuccessful attempt is left. */
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(file_put(path, bytes_of("one", 3), 0), ROWAN_E_IO);
	assert_int_equal(file_read(&ui, path, 10, &have), EXIT_NOT_FOUND);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_text_is_shown_not_obeyed),
		cmocka_unit_test(broken_text_is_shown_byte_by_byte),
		cmocka_unit_test(json_drives_no_terminal),
		cmocka_unit_test(blanks_say_nothing),
		cmocka_unit_test(progress_is_a_bar_or_a_line_now_and_then),
		cmocka_unit_test(marks_do_not_pile_up),
		cmocka_unit_test(widths_are_columns),
		cmocka_unit_test(tables_fit),
		cmocka_unit_test(exit_codes_are_distinct),
		cmocka_unit_test(times_are_understood),
		cmocka_unit_test(times_are_exact),
		cmocka_unit_test(hexadecimal),
		cmocka_unit_test(passphrases_from_files),
		cmocka_unit_test(files_are_whole_or_not_there),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	(void)setenv("TZ", "UTC", 1);
	tzset();
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
