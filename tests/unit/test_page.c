/*
 * The page and the file names of an exported diary: the same bytes on every
 * machine, no incident left out of the chart, no name that a disk refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/bundle.h"

#define DAY  ((uint64_t)86400)
#define WEEK (7 * DAY)
#define WORDS                                                                  \
	"caf\xc3\xa9 \xf0\x9f\xab\xa8 \xf0\x9f\xab\xa9 "                       \
	"\xe2\x80\xaegate\xff"

static struct bundle b;

/* An incident ${from} seconds after 1970. */
static void add(uint64_t from, const char *words)
{
	struct bundle_entry *e;

	assert_int_equal(bundle_entry_add(&b, &e), 0);
	e->leaf = e->n;
	e->exact = true;
	e->x = calloc(1, sizeof *e->x);
	e->x->said.type = SAID_DIARY;
	e->x->entry.from = e->x->entry.until = from;
	e->x->entry.text = bytes_of(words, strlen(words));
}

static char *page(void)
{
	char *ret = bundle_page(&b);

	assert_non_null(ret);
	return ret;
}

static int done(void **state)
{
	(void)state;
	bundle_free(&b);
	return 0;
}

/* A court's machine may have no locale, and knows no newer letters. */
static void it_asks_no_locale(void **state)
{
	char *utf8, *none;

	(void)state;
	add(WEEK, WORDS);
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	utf8 = page();
	assert_non_null(setlocale(LC_CTYPE, "C"));
	none = page();
	assert_string_equal(utf8, none);
	assert_non_null(strstr(utf8, "<pre>caf\xc3\xa9 \xf0\x9f\xab\xa8 "
				     "\xf0\x9f\xab\xa9 &lt;U+202E&gt;gate"
				     "&lt;FF&gt;</pre>"));
	free(utf8);
	free(none);
}

/* Nor does anything cover what stands above it. */
static void marks_do_not_pile_up(void **state)
{
	char pile[64] = "a", *have;

	(void)state;
	for (int i = 0; i < 5; i++)
		strcat(pile, "\xcc\x81");
	add(WEEK, pile);
	have = page();
	assert_non_null(strstr(have, "a\xcc\x81\xcc\x81\xcc\x81\xcc\x81"
				     "&lt;U+0301&gt;</pre>"));
	free(have);
}

static size_t bars(const char *have)
{
	size_t n = 0;

	for (const char *p = have; (p = strstr(p, "height=\"200\"")); p++)
		n++;
	return n;
}

/* Years of it: no week, the first least of all, is left out. */
static void no_incident_is_left_out(void **state)
{
	char *have;

	(void)state;
	for (uint64_t i = 0; i < 60; i++)
		add(DAY + i * WEEK, "he was there");
	have = page();
	assert_int_equal(bars(have), 60);
	assert_non_null(strstr(have, "<title>Recorded incidents by week<"));
	free(have);
	for (uint64_t i = 60; i < 180; i++)
		add(DAY + i * WEEK, "he was there");
	have = page();
	assert_int_equal(bars(have), 60);
	assert_non_null(strstr(have, ">1970-01-02</text>"));
	assert_non_null(strstr(have, ">3</text>"));
	assert_non_null(strstr(have, "<title>Recorded incidents by 3 weeks<"));
	free(have);
}

static void names_fit_on_a_disk(void **state)
{
	char name[256], *path;

	(void)state;
	for (size_t i = 0; i + 2 < sizeof name; i += 2)
		memcpy(name + i, "\xd1\x84", 2);
	memcpy(name + 250, ".jpeg", 6);
	path = bundle_file_name(7, bytes_of(name, strlen(name)));
	assert_int_equal(strncmp(path, "files/0007-\xd1\x84", 13), 0);
	/* Its ending, and before it no half of a letter. */
	assert_string_equal(path + strlen(path) - 7, "\xd1\x84.jpeg");
	assert_in_range(strlen(path), 190, 220);
	free(path);
	path = bundle_file_name(7, bytes_of(name, 200));
	assert_int_equal(strlen(path), strlen("files/0007-") + 200);
	free(path);
	memset(name, 'x', 255);
	path = bundle_file_name(7, bytes_of(name, 255));
	assert_int_equal(strlen(path), strlen("files/0007-") + 200);
	free(path);
	path = bundle_file_name(7, bytes_of("a/..\\\nb", 7));
	assert_string_equal(path, "files/0007-a_..__b");
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(it_asks_no_locale, done),
		cmocka_unit_test_teardown(marks_do_not_pile_up, done),
		cmocka_unit_test_teardown(no_incident_is_left_out, done),
		cmocka_unit_test(names_fit_on_a_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
