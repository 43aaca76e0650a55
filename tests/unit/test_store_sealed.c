/*
 * The check of the store opens every sealed value there is: the columns are
 * asked of the schema, so that a new one cannot be forgotten.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/store_kit.h"
#include "store/internal.h"

/* Blobs that are not sealed: keyed hashes, and what everybody may know. */
static bool is_open(const char *table, const char *column)
{
	return strcmp(column, "name") == 0 ||
	       (strcmp(table, "device") == 0 &&
		       strcmp(column, "transport") == 0) ||
	       (strcmp(table, "log") == 0 && strcmp(column, "tree") == 0);
}

static sqlite3_stmt *ask(sqlite3 *h, const char *text, const char *table)
{
	sqlite3_stmt *q;

	assert_int_equal(sqlite3_prepare_v2(h, text, -1, &q, NULL), SQLITE_OK);
	if (table != NULL)
		sqlite3_bind_text(q, 1, table, -1, SQLITE_STATIC);
	return q;
}

#define COLUMNS "SELECT name, type FROM pragma_table_info(?1)"

/* A detail that opens, in row 1. */
static void detail(struct kit *k, const char *table, uint8_t *ret)
{
	struct seal_place place = {
		strcmp(table, "device") == 0 ? TABLE_DEVICE : TABLE_INVITE,
		COLUMN_DETAIL, 1};

	seal_put(k->st->seal, place, bytes_of(NULL, 0), ret);
}

/*
 * One row: numbers are 1, blobs empty, ${column} is ${value}, which is no
 * sealed value; a detail beside it is one.
 */
static void plant(
	struct kit *k, const char *table, const char *column, const char *value)
{
	sqlite3 *h = k->st->view.db.h;
	uint8_t beside[SEAL_OVERHEAD];
	char text[512] = "";
	sqlite3_stmt *q = ask(h, COLUMNS, table);
	int n = snprintf(text, sizeof text, "INSERT INTO %s VALUES", table);

	for (char c = '('; sqlite3_step(q) == SQLITE_ROW; c = ',') {
		const char *name = (const char *)sqlite3_column_text(q, 0);
		const char *type = (const char *)sqlite3_column_text(q, 1);

		n += snprintf(text + n, sizeof text - (size_t)n, "%c%s", c,
			strcmp(name, column) == 0     ? value
			: strcmp(name, "detail") == 0 ? "?1"
			: strcmp(type, "BLOB") == 0   ? "x''"
						      : "1");
	}
	sqlite3_finalize(q);
	snprintf(text + n, sizeof text - (size_t)n, ")");
	q = ask(h, text, NULL);
	detail(k, table, beside);
	sqlite3_bind_blob(q, 1, beside, sizeof beside, SQLITE_STATIC);
	if (sqlite3_step(q) != SQLITE_DONE)
		fail_msg("%s: %s", text, sqlite3_errmsg(h));
	sqlite3_finalize(q);
}

/* Whether the check finds it, and says where. */
static void look(
	struct kit *k, const char *table, const char *column, const char *value)
{
	struct store_reader *rd = store_view(k->st);
	sqlite3 *h = k->st->view.db.h;
	char place[96];

	assert_int_equal(sqlite3_exec(h, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
	if (sqlite3_exec(h, "PRAGMA defer_foreign_keys=ON", NULL, NULL, NULL) !=
		SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(h));
	plant(k, table, column, value);
	snprintf(place, sizeof place, "%s.%s of row 1 ", table, column);
	rd->problem[0] = '\0';
	if (check_seals(rd) != ROWAN_E_CORRUPT ||
		strstr(rd->problem, place) == NULL)
		fail_msg("the check looks at no %s.%s %s: '%s'", table, column,
			value, rd->problem);
	assert_int_equal(
		sqlite3_exec(h, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
}

static size_t look_at_table(struct kit *k, sqlite3 *h, const char *table)
{
	sqlite3_stmt *q = ask(h, COLUMNS, table);
	char names[16][32];
	size_t n = 0;

	while (sqlite3_step(q) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(q, 0);
		const char *type = (const char *)sqlite3_column_text(q, 1);

		if (strcmp(type, "BLOB") != 0 || is_open(table, name))
			continue;
		assert_true(n < 16);
		snprintf(names[n++], sizeof names[0], "%s", name);
	}
	sqlite3_finalize(q);
	for (size_t i = 0; i < n; i++) {
		look(k, table, names[i], "zeroblob(64)");
		/* The secret of an erased case is empty. */
		if (strcmp(table, "log_secret") != 0)
			look(k, table, names[i], "x''");
	}
	return n;
}

static void every_sealed_column_is_opened(void **state)
{
	struct kit kit, *k = &kit;
	char tables[64][32];
	size_t n = 0, columns = 0;
	sqlite3_stmt *q;
	sqlite3 *h;

	kit_start(k, NULL);
	h = k->st->view.db.h;
	assert_int_equal(check_seals(store_view(k->st)), 0);
	q = ask(h, "SELECT name FROM sqlite_schema WHERE type='table'", NULL);
	while (sqlite3_step(q) == SQLITE_ROW) {
		assert_true(n < 64);
		snprintf(tables[n++], sizeof tables[0], "%s",
			(const char *)sqlite3_column_text(q, 0));
	}
	sqlite3_finalize(q);
	for (size_t i = 0; i < n; i++)
		columns += look_at_table(k, h, tables[i]);
	assert_true(columns >= 19);
	kit_stop(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sealed_column_is_opened)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
