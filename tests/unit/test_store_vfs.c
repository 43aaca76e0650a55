/* The gaps of pages: found where they are, and never more than the gap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>
#include <sqlite3.h>

#include "store/vfs.h"

enum { PAGE = 4096 };

static void header(uint8_t *page, size_t at, uint8_t type, uint16_t cells,
	uint16_t content)
{
	page[at] = type;
	page[at + 3] = (uint8_t)(cells >> 8);
	page[at + 4] = (uint8_t)cells;
	page[at + 5] = (uint8_t)(content >> 8);
	page[at + 6] = (uint8_t)content;
}

static void test_gap(void **state)
{
	static const struct {
		uint8_t type;
		bool first;
		uint16_t cells, content;
		size_t at, len;
	} cases[] = {
		{13, false, 0, PAGE, 8, PAGE - 8},
		{13, false, 3, 1000, 14, 986},
		{10, false, 3, 1000, 14, 986},
		{5, false, 3, 1000, 18, 982},
		{2, false, 3, 1000, 18, 982},
		{13, true, 3, 1000, 114, 886},
		/* Full to the last byte. */
		{13, false, 496, 1000, 0, 0},
		/* Cells over each other, beyond the page, no b-tree page. */
		{13, false, 500, 1000, 0, 0},
		{13, false, 60000, 1000, 0, 0},
		{13, false, 3, PAGE + 1, 0, 0},
		{13, false, 3, 0, 0, 0},
		{0, false, 3, 1000, 0, 0},
		{1, false, 3, 1000, 0, 0},
		{14, false, 3, 1000, 0, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t page[PAGE] = {0};
		size_t at, len;

		header(page, cases[i].first ? 100 : 0, cases[i].type,
			cases[i].cells, cases[i].content);
		vfs_gap(page, PAGE, cases[i].first, &at, &len);
		assert_int_equal(at, cases[i].at);
		assert_int_equal(len, cases[i].len);
	}
}

static void test_anything(void **state)
{
	uint8_t page[PAGE];
	size_t at, len;

	for (int i = 0; i < 20000; i++) {
		size_t size = randombytes_uniform(PAGE + 1);
		bool first = randombytes_uniform(2);

		randombytes_buf(page, 128);
		page[first ? 100 : 0] = (uint8_t)randombytes_uniform(16);
		vfs_gap(page, size, first, &at, &len);
		assert_true(at + len <= size);
		assert_true(len == 0 || at >= 8);
	}
}

/* Pages that the engine leaves old bytes in, written through ours. */
static void write_pages(const char *path)
{
	struct vfs *v;
	sqlite3 *h;

	assert_int_equal(vfs_new(&v, NULL), 0);
	assert_int_equal(sqlite3_open_v2(path, &h,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
				 vfs_name(v)),
		SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(h,
			"PRAGMA page_size=4096; PRAGMA journal_mode=WAL;"
			"PRAGMA secure_delete=OFF; CREATE TABLE t(a, b);"
			"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
			" SELECT i+1 FROM n WHERE i<400)"
			" INSERT INTO t SELECT i, randomblob(300) FROM n;"
			"DELETE FROM t WHERE a%3<>0; VACUUM;"
			"PRAGMA wal_checkpoint(TRUNCATE);"
			"DELETE FROM t WHERE a%2<>0;"
			"INSERT INTO t SELECT a, randomblob(700) FROM t;"
			"PRAGMA wal_checkpoint(TRUNCATE)",
			NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(h);
	vfs_free(v);
}

static void test_file_has_none(void **state)
{
	static const uint8_t nothing[PAGE];
	char path[] = "/tmp/gaps.XXXXXX";
	int fd = mkstemp(path);
	uint8_t page[PAGE];
	size_t at, len, gaps = 0;

	assert_true(fd >= 0);
	write_pages(path);
	for (off_t i = 0; pread(fd, page, PAGE, i) == PAGE; i += PAGE) {
		vfs_gap(page, PAGE, i == 0, &at, &len);
		assert_memory_equal(page + at, nothing, len);
		gaps += len > 0;
	}
	assert_true(gaps > 10);
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_anything),
		cmocka_unit_test(test_file_has_none),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
