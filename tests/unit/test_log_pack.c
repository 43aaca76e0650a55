/*
 * Details in a row of the log: what is packed comes out again, in any order,
 * erased ones or not; and no damaged row leads out of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "store/internal.h"

#include "store/log.h"

#define ROOM (LOG_ROW_MAX * LOG_PACKED_MAX)

struct row {
	uint8_t detail[LOG_ROW_MAX][WIRE_DETAIL_MAX];
	size_t len[LOG_ROW_MAX]; /* 0: erased */
	uint8_t mem[ROOM];
	size_t packed;
};

static uint32_t below(uint32_t n)
{
	return randombytes_uniform(n);
}

/* One of a few ids, or none; such as fall into one slot too. */
static struct id16 some_id(uint8_t kind)
{
	struct id16 ret;

	memset(&ret, 0, sizeof ret);
	if (below(5) == 0)
		return ret;
	ret.b[0] = (uint8_t)below(3);
	ret.b[1] = kind;
	ret.b[15] = (uint8_t)(1 + below(4));
	return ret;
}

/* Of random bytes, or of one that is not zero. */
static void some_hash(struct wire_hash *ret)
{
	if (below(2))
		randombytes_buf(ret, sizeof *ret);
	else
		ret->b[below(sizeof ret->b)] = 1;
}

static size_t some_detail(uint8_t mem[WIRE_DETAIL_MAX])
{
	static const struct id16 none;
	struct wire_detail d = {.act = (uint8_t)(1 + below(4)),
		.grain = WIRE_GRAIN_HOUR,
		.time = 3600 * (uint64_t)(1 + below(2)),
		.op = (uint16_t)(0x20 + below(3)),
		.code = (uint16_t)below(2),
		.device = some_id('d'),
		.case_id = some_id('c'),
		.number = (uint64_t)below(UINT32_MAX) << below(32)};
	struct writer w;

	if (!id16_eq(&d.case_id, &none))
		d.channel = some_id('h');
	if (below(2))
		some_hash(&d.exact);
	if (below(2))
		some_hash(&d.content);
	if (below(3) == 0)
		d.leaf_count = below(2) ? 1 + below(10) : WIRE_READS_MAX;
	for (size_t i = 0; i < d.leaf_count; i++)
		d.leaves[i] = (i > 0 ? d.leaves[i - 1] : 0) + 1 + below(1000);
	writer_init_fixed(&w, mem, WIRE_DETAIL_MAX);
	assert_int_equal(wire_detail_write(&d, &w), 0);
	return w.len;
}

static void pack_row(struct row *row)
{
	struct log_packer p;
	struct writer w;

	writer_init_fixed(&w, row->mem, sizeof row->mem);
	log_packer_init(&p, &w);
	for (size_t i = 0; i < LOG_ROW_MAX; i++)
		log_pack(&p, bytes_of(row->detail[i], row->len[i]));
	assert_int_equal(writer_status(&w), 0);
	row->packed = w.len;
}

static void make_row(struct row *row)
{
	for (size_t i = 0; i < LOG_ROW_MAX; i++)
		row->len[i] = below(8) ? some_detail(row->detail[i]) : 0;
	pack_row(row);
}

static void take(const struct row *row, size_t i, struct log_cursor *at,
	struct log_parts *parts)
{
	uint8_t mem[WIRE_DETAIL_MAX];
	struct bytes got;

	assert_int_equal(log_unpack(at, parts, mem, &got), 0);
	assert_int_equal(got.len, row->len[i]);
	if (got.len > 0)
		assert_memory_equal(got.data, row->detail[i], got.len);
}

static void what_is_packed_comes_out_again(void **state)
{
	struct row *row = malloc(sizeof *row);
	struct log_cursor at[LOG_ROW_MAX], next;
	struct log_parts parts;

	assert_non_null(row);
	for (int turn = 0; turn < 50; turn++) {
		make_row(row);
		log_cursor_init(&next, bytes_of(row->mem, row->packed));
		for (size_t i = 0; i < LOG_ROW_MAX; i++) {
			at[i] = next;
			take(row, i, &next, &parts);
		}
		assert_int_equal(reader_left(&next.in), 0);
		/* From where one was before, in any order. */
		for (size_t n = 0; n < LOG_ROW_MAX; n++) {
			size_t i = below(LOG_ROW_MAX);
			struct log_cursor c = at[i];

			take(row, i, &c, &parts);
		}
	}
	free(row);
}

/* Who acts again, in the same case, costs a few bytes. */
static void what_was_said_is_not_said_again(void **state)
{
	struct row *row = malloc(sizeof *row);
	struct wire_detail d = {.act = WIRE_ACT_SUBMIT,
		.grain = WIRE_GRAIN_SECOND,
		.time = 1800000000,
		.op = 0x20,
		.device = {{1}},
		.case_id = {{2}},
		.channel = {{3}},
		.number = 1};
	struct writer w;

	assert_non_null(row);
	for (size_t i = 0; i < LOG_ROW_MAX; i++) {
		writer_init_fixed(&w, row->detail[i], WIRE_DETAIL_MAX);
		assert_int_equal(wire_detail_write(&d, &w), 0);
		row->len[i] = w.len;
	}
	pack_row(row);
	assert_true(row->packed < 128 + 6 * LOG_ROW_MAX);
	free(row);
}

/* Whatever bytes there are: refused, or a detail, and nothing read beyond. */
static void damage_stays_in_its_row(void **state)
{
	struct row *row = malloc(sizeof *row);
	uint8_t mem[WIRE_DETAIL_MAX], *copy;
	size_t refused = 0;

	assert_non_null(row);
	for (int turn = 0; turn < 400; turn++) {
		struct log_parts parts;
		struct log_cursor at;
		struct bytes got;
		size_t len;
		int rc = 0;

		make_row(row);
		len = 1 + below((uint32_t)row->packed);
		copy = malloc(len);
		assert_non_null(copy);
		memcpy(copy, row->mem, len);
		for (int i = 0; i < 4; i++)
			copy[below((uint32_t)len)] = (uint8_t)below(256);
		log_cursor_init(&at, bytes_of(copy, len));
		while (rc == 0 && reader_left(&at.in) > 0) {
			rc = log_unpack(&at, &parts, mem, &got);
			assert_true(rc == 0 || rc == ROWAN_E_CORRUPT);
			assert_true(got.len <= WIRE_DETAIL_MAX);
		}
		refused += rc != 0;
		free(copy);
	}
	assert_true(refused > 200);
	free(row);
}

/* More than a row may hold is refused, however little room it takes. */
static void a_row_has_its_most(void **state)
{
	struct row *row = malloc(sizeof *row);
	struct wire_detail d = {.act = WIRE_ACT_SUBMIT,
		.grain = WIRE_GRAIN_SECOND,
		.time = 1800000000,
		.op = 0x20,
		.device = {{1}}};
	uint8_t mem[WIRE_DETAIL_MAX];
	struct log_packer p;
	struct writer w, one;

	assert_non_null(row);
	writer_init_fixed(&w, row->mem, sizeof row->mem);
	log_packer_init(&p, &w);
	for (size_t i = 0; i < 3 * LOG_ROW_MAX; i++) {
		d.device.b[1] = (uint8_t)i;
		d.device.b[2] = (uint8_t)(i >> 8);
		writer_init_fixed(&one, mem, sizeof mem);
		assert_int_equal(wire_detail_write(&d, &one), 0);
		log_pack(&p, writer_view(&one));
		assert_int_equal(
			writer_status(&w), i < LOG_ROW_MAX ? 0 : ROWAN_E_LIMIT);
	}
	free(row);
}

#define HEAD_14 "\1\2\0\0\0\0\0\0\0\1\0\40\0\0"

#define ZEROS_13 "\0\0\0\0\0\0\0\0\0\0\0\0\0"

/* Each kind of damage by itself; the first one is none. */
static void every_damage_is_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		int rc;
	} rows[] = {
#define ROW(bytes, rc) {bytes, sizeof bytes - 1, rc}
		ROW("\x01" HEAD_14 "\1\7", 0),
		ROW("\x09" HEAD_14 "\1\7\1\0", 0),
		/* a head that was not said, the device, the place */
		ROW("\x00\0\1\7", ROWAN_E_CORRUPT),
		ROW("\x21" HEAD_14 "\0\1\7", ROWAN_E_CORRUPT),
		ROW("\x81" HEAD_14 "\0\1\7", ROWAN_E_CORRUPT),
		/* neither new nor again */
		ROW("\x31" HEAD_14 "0123456789abcdef\1\7", ROWAN_E_CORRUPT),
		/* a number of nine bytes, one that ends early */
		ROW("\x01" HEAD_14 "\11\1\2\3\4\5\6\7\10\11", ROWAN_E_CORRUPT),
		ROW("\x01" HEAD_14 "\2\7", ROWAN_E_CORRUPT),
		/* no leaf in a list, too many, too few */
		ROW("\x09" HEAD_14 "\1\7\0", ROWAN_E_CORRUPT),
		ROW("\x09" HEAD_14
		    "\1\7\x41" ZEROS_13 ZEROS_13 ZEROS_13 ZEROS_13 ZEROS_13,
			ROWAN_E_CORRUPT),
		ROW("\x09" HEAD_14 "\1\7\2\1\1", ROWAN_E_CORRUPT),
		/* hashes that are cut */
		ROW("\x03" HEAD_14 "\1\7", ROWAN_E_CORRUPT),
		ROW("\x05" HEAD_14 "\1\7", ROWAN_E_CORRUPT),
		ROW("", ROWAN_E_CORRUPT),
#undef ROW
	};
	uint8_t mem[WIRE_DETAIL_MAX];
	struct log_parts parts;
	struct log_cursor at;
	struct bytes got;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		/* No byte of another row is taken for one of this. */
		memset(mem, 0xaa, sizeof mem);
		memset(&parts, 0xaa, sizeof parts);
		memset(&at, 0xaa, sizeof at);
		log_cursor_init(&at, bytes_of(rows[i].bytes, rows[i].len));
		if (log_unpack(&at, &parts, mem, &got) != rows[i].rc)
			fail_msg("row %zu", i);
		if (rows[i].rc != 0)
			assert_int_equal(got.len, 0);
	}
}

/* New parts without end: the place for them has one. */
static void parts_have_their_most(void **state)
{
	uint8_t mem[WIRE_DETAIL_MAX], *packed;
	struct log_parts *parts = malloc(sizeof *parts);
	struct log_cursor at;
	struct writer w;
	struct bytes got;
	size_t n = 0;
	int rc = 0;

	packed = malloc(16 * 2 * LOG_ROW_MAX);
	assert_non_null(packed);
	assert_non_null(parts);
	writer_init_fixed(&w, packed, 16 * 2 * LOG_ROW_MAX);
	for (size_t i = 0; i < 2 * LOG_ROW_MAX; i++)
		writer_raw(&w, "\x01" HEAD_14 "\0", 16);
	assert_int_equal(writer_status(&w), 0);
	log_cursor_init(&at, writer_view(&w));
	while (rc == 0 && reader_left(&at.in) > 0) {
		rc = log_unpack(&at, parts, mem, &got);
		n += rc == 0;
	}
	assert_int_equal(rc, ROWAN_E_CORRUPT);
	assert_int_equal(n, LOG_ROW_MAX);
	free(packed);
	free(parts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_packed_comes_out_again),
		cmocka_unit_test(what_was_said_is_not_said_again),
		cmocka_unit_test(damage_stays_in_its_row),
		cmocka_unit_test(a_row_has_its_most),
		cmocka_unit_test(every_damage_is_refused),
		cmocka_unit_test(parts_have_their_most),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
