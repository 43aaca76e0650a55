/* Messages: their table, their forms, and what never gets through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "journal/journal.h"

static void table_is_whole(void **state)
{
	for (int i = 0; i < MSG_COUNT; i++) {
		const struct message *m = message_at((enum message_id)i);

		assert_non_null(m->id);
		assert_int_equal(strlen(m->id), 32);
		assert_int_equal(strspn(m->id, "0123456789abcdef"), 32);
		assert_true(m->level >= 0 && m->level <= 7);
		assert_true(strlen(m->event) > 2);
		assert_true(strlen(m->advice) > 20);
		for (int k = 0; k < i; k++) {
			const struct message *o =
				message_at((enum message_id)k);

			assert_string_not_equal(m->id, o->id);
			assert_string_not_equal(m->event, o->event);
		}
	}
}

/* systemd/rowan.catalog is what the table says now. */
static void catalog_is_fresh(void **state)
{
	char *text = malloc(1u << 20);
	struct writer w;
	size_t n;
	FILE *f = fopen("systemd/rowan.catalog", "r");

	assert_non_null(f);
	n = fread(text, 1, 1u << 20, f);
	fclose(f);
	writer_init(&w, 1u << 20);
	message_catalog(&w);
	if (n != w.len || memcmp(text, w.data, n) != 0)
		fail_msg("systemd/rowan.catalog is stale: make catalog");
	writer_wipe(&w);
	free(text);
}

static void rendering(void **state)
{
	const struct journal_field f[] = {
		JOURNAL_TEXT("a", "x\ny\x1b[31m"), JOURNAL_NUMBER("n", 7)};
	char text[64];

	journal_render("{a} is {n}, {b}", f, 2, text, sizeof text);
	assert_string_equal(text, "x?y?[31m is 7, ?");
	journal_render("{n}{n}{n}{n}", f, 2, text, 4);
	assert_string_equal(text, "777");
	/* A brace that is never closed ends there. */
	journal_render("a {n", f, 2, text, sizeof text);
	assert_string_equal(text, "a 7");
}

/* Of one boot the same, of another one another, and never the id. */
static void pseudonyms(void **state)
{
	const struct key32 secret = {{7}}, other = {{8}};
	const struct id16 id = {{1, 2, 3}}, next = {{1, 2, 4}};
	char ret[5][JOURNAL_PSEUDONYM_LEN];

	journal_key(&secret, "boot");
	journal_pseudonym(&id, ret[0]);
	journal_pseudonym(&next, ret[1]);
	journal_key(&secret, "next boot");
	journal_pseudonym(&id, ret[2]);
	journal_key(&other, "boot");
	journal_pseudonym(&id, ret[3]);
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(ret[i], ret[k]);
	assert_null(strstr(ret[0], "010203"));
	journal_key(&secret, "boot");
	journal_pseudonym(&id, ret[4]);
	assert_string_equal(ret[0], ret[4]);
	assert_int_equal(strlen(ret[4]), JOURNAL_PSEUDONYM_LEN - 1);
}

/* What ${say} writes to stderr. */
static size_t captured(void (*say)(void), char *ret, size_t size)
{
	char path[] = "/tmp/journal.XXXXXX";
	int fd = mkstemp(path), old = dup(2);
	ssize_t n;

	assert_true(fd >= 0 && old >= 0);
	dup2(fd, 2);
	say();
	dup2(old, 2);
	close(old);
	lseek(fd, 0, SEEK_SET);
	n = read(fd, ret, size - 1);
	ret[n > 0 ? n : 0] = '\0';
	close(fd);
	unlink(path);
	return strlen(ret);
}

static void say_one(void)
{
	SAY(MSG_CONFIG_PROBLEM_AT, JOURNAL_TEXT("path", "/a\"b\\c\n"),
		JOURNAL_NUMBER("line", 3), JOURNAL_TEXT("problem", "bad"));
}

static void json_is_json(void **state)
{
	char text[4096];

	journal_open("rowand", JOURNAL_JSON);
	captured(say_one, text, sizeof text);
	assert_non_null(strstr(text, "\"event\":\"config-problem-at\""));
	assert_non_null(strstr(text, "\"line\":3,"));
	assert_non_null(strstr(text, "\"path\":\"/a\\\"b\\\\c?\""));
	/* One line. */
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	journal_open("rowand", JOURNAL_PLAIN);
	captured(say_one, text, sizeof text);
	assert_string_equal(text, "rowand: /a\"b\\c?:3: bad\n");
}

static void say_info(void)
{
	SAY_ONLY(MSG_SERVING);
}

static void levels(void **state)
{
	char text[256];

	journal_open("rowand", JOURNAL_PLAIN);
	journal_set_level(3, 0);
	assert_int_equal(captured(say_info, text, sizeof text), 0);
	assert_int_not_equal(captured(say_one, text, sizeof text), 0);
	/* That second is over: back to the usual. */
	journal_set_level(3, 1);
	assert_int_equal(journal_level(), 6);
	assert_int_not_equal(captured(say_info, text, sizeof text), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_whole),
		cmocka_unit_test(catalog_is_fresh),
		cmocka_unit_test(pseudonyms),
		cmocka_unit_test(rendering),
		cmocka_unit_test(json_is_json),
		cmocka_unit_test(levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
