/*
 * docs/protocol.md says what the code does: its generated parts are current,
 * every operation has a section and every sample message an example.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/content_samples.h"
#include "lib/protocol_doc.h"
#include "lib/wire_samples.h"
#include "ops/table.h"
#include "wire/code.h"
#include "wire/op.h"

static char doc[PROTOCOL_DOC_MAX];
static size_t doc_len;

static int setup(void **state)
{
	FILE *f = fopen(PROTOCOL_DOC_PATH, "rb");

	if (f == NULL)
		return -1;
	doc_len = fread(doc, 1, sizeof doc - 1, f);
	fclose(f);
	return 0;
}

static void generated_parts_are_current(void **state)
{
	struct writer w;
	size_t unknown;

	writer_init(&w, PROTOCOL_DOC_MAX);
	protocol_doc_render(bytes_of(doc, doc_len), &w, &unknown);
	assert_int_equal(writer_status(&w), 0);
	assert_int_equal(unknown, 0);
	/* If not: make protocol-examples. */
	assert_true(bytes_eq(writer_view(&w), bytes_of(doc, doc_len)));
	writer_wipe(&w);
}

static void every_sample_is_an_example(void **state)
{
	struct wire_sample s;
	char marker[100];

	for (size_t i = 0; wire_sample_make(i, &s) == 0; i++) {
		snprintf(marker, sizeof marker, "\n<!-- example: %s -->\n",
			s.name);
		if (strstr(doc, marker) == NULL)
			fail_msg("no example of %s", s.name);
	}
}

/* Of every type there is, and one there is not; each can be read. */
static void every_type_of_content_is_an_example(void **state)
{
	bool seen[CONTENT_CONSENT + 1] = {false};
	struct content c, again;
	const char *name;
	char marker[100];
	struct writer w;

	for (size_t i = 0; (name = content_sample(i, &c)) != NULL; i++) {
		snprintf(marker, sizeof marker, "\n<!-- content: %s -->\n",
			name);
		if (strstr(doc, marker) == NULL)
			fail_msg("no example of %s", name);
		writer_init(&w, CONTENT_MAX);
		assert_int_equal(content_encode(&c, &w), 0);
		assert_int_equal(content_decode(writer_view(&w), &again), 0);
		assert_int_equal(again.type, c.type);
		writer_wipe(&w);
		if (c.type <= CONTENT_CONSENT)
			seen[c.type] = true;
	}
	/* The last is an object of the log. */
	for (size_t type = CONTENT_TEXT; type < CONTENT_CONSENT; type++)
		assert_true(seen[type]);
}

static void every_operation_has_a_section(void **state)
{
	const struct wire_op_info *info;
	char heading[100];

	for (size_t i = 0; (info = wire_op_at(i)) != NULL; i++) {
		snprintf(heading, sizeof heading, "\n### %s\n", info->name);
		if (strstr(doc, heading) == NULL)
			fail_msg("no section %s", info->name);
	}
}

/* Those of which few are given at a time, all of them and no other. */
static void large_answers_are_named(void **state)
{
	const char *from = strstr(doc, "Answers that may be large (");
	const char *to = from != NULL ? strchr(from, ')') : NULL;
	const struct table_entry *e;
	char name[100], list[400];

	assert_non_null(to);
	snprintf(list, sizeof list, "%.*s", (int)(to - from), from);
	for (size_t i = 0; (e = table_at(i)) != NULL; i++) {
		snprintf(name, sizeof name, "`%s`", wire_op_find(e->op)->name);
		if ((e->cost == TABLE_LARGE) != (strstr(list, name) != NULL))
			fail_msg("%s is large in one place only", name);
	}
}

static void every_code_has_a_row(void **state)
{
	char row[20];
	size_t codes = 0;

	for (uint16_t code = 1; code < 0x1000; code++) {
		if (strcmp(wire_code_name(code), "unknown") == 0)
			continue;
		codes++;
		snprintf(row, sizeof row, "\n| 0x%04x | `", code);
		if (strstr(doc, row) == NULL)
			fail_msg("no code %s", wire_code_name(code));
	}
	assert_true(codes >= 15);
}

static void a_stale_document_is_noticed(void **state)
{
	static const char stale[] = "a\n\n<!-- example: ping answer -->\n\n"
				    "Example: ping answer\n\n    old\n\nb\n"
				    "\n<!-- example: nonsense -->\n";
	struct writer w;
	size_t unknown;

	writer_init(&w, PROTOCOL_DOC_MAX);
	protocol_doc_render(bytes_of(stale, sizeof stale - 1), &w, &unknown);
	assert_int_equal(unknown, 1);
	writer_u8(&w, 0);
	assert_null(strstr((char *)w.data, "old"));
	assert_non_null(strstr((char *)w.data, "    header  00 01 80 02"));
	assert_non_null(strstr((char *)w.data, "\n\nb\n"));
	writer_wipe(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(generated_parts_are_current),
		cmocka_unit_test(every_sample_is_an_example),
		cmocka_unit_test(every_type_of_content_is_an_example),
		cmocka_unit_test(every_operation_has_a_section),
		cmocka_unit_test(large_answers_are_named),
		cmocka_unit_test(every_code_has_a_row),
		cmocka_unit_test(a_stale_document_is_noticed),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
