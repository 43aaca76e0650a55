/*
 * The reader and writer: canonical headers, bounds, caps, sticky errors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/reader.h"
#include "base/secret.h"
#include "base/writer.h"

static struct reader over(const void *data, size_t len)
{
	struct reader r;

	reader_init(&r, bytes_of(data, len));
	return r;
}

static void integers_are_big_endian_and_bounded(void **state)
{
	const uint8_t in[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
	struct reader r = over(in, sizeof in);
	uint8_t a;
	uint16_t b;
	uint32_t c;
	uint64_t d;

	assert_int_equal(reader_u8(&r, &a), 0);
	assert_int_equal(reader_u16(&r, &b), 0);
	assert_int_equal(reader_u32(&r, &c), 0);
	assert_int_equal(a, 1);
	assert_int_equal(b, 0x0203);
	assert_int_equal(c, 0x04050607);
	assert_int_equal(reader_u64(&r, &d), ROWAN_E_MALFORMED);
	assert_int_equal(d, 0);
	assert_int_equal(reader_left(&r), 7);
	assert_int_equal(reader_end(&r), ROWAN_E_MALFORMED);
	reader_init(&r, bytes_of("\x00\x01\x00\x02\x00", 5));
	assert_int_equal(reader_version(&r, 1), 0);
	assert_int_equal(reader_version(&r, 1), ROWAN_E_VERSION);
	assert_int_equal(reader_version(&r, 0), ROWAN_E_MALFORMED);
}

static void headers_must_be_minimal(void **state)
{
	static const struct {
		uint8_t in[5];
		size_t len;
		int rc;
	} cases[] = {
		{{0x00}, 1, 0},
		{{0x01, 0xaa}, 2, 0},
		{{0x01}, 1, ROWAN_E_MALFORMED},
		{{0x40, 0x01, 0xaa}, 3, ROWAN_E_MALFORMED},
		{{0x40, 0x3f}, 2, ROWAN_E_MALFORMED},
		{{0x80, 0x00, 0x00, 0x01, 0xaa}, 5, ROWAN_E_MALFORMED},
		{{0x80, 0x00, 0x3f, 0xff}, 4, ROWAN_E_MALFORMED},
		{{0xc0, 0x00}, 2, ROWAN_E_MALFORMED},
		{{0x40}, 1, ROWAN_E_MALFORMED},
		{{0}, 0, ROWAN_E_MALFORMED},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct reader r = over(cases[i].in, cases[i].len);
		struct bytes v = bytes_of("x", 1);

		assert_int_equal(reader_vec(&r, 100, &v), cases[i].rc);
		if (cases[i].rc != 0) {
			assert_int_equal(v.len, 0);
			assert_int_equal(reader_left(&r), cases[i].len);
		}
	}
}

static void vector_over_its_cap_is_refused(void **state)
{
	const uint8_t in[] = {3, 'a', 'b', 'c'};
	struct reader r = over(in, sizeof in);
	struct bytes v;

	assert_int_equal(reader_vec(&r, 2, &v), ROWAN_E_LIMIT);
	assert_int_equal(reader_left(&r), 4);
	assert_int_equal(reader_vec(&r, 3, &v), 0);
	assert_int_equal(v.len, 3);
	assert_int_equal(reader_end(&r), 0);
}

static void every_length_round_trips(void **state)
{
	static const size_t lengths[] = {0, 1, 63, 64, 16383, 16384, 70000};
	static uint8_t data[70000];

	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct buf out, nested;
		struct reader r, in;
		struct writer w;
		struct bytes v;
		size_t mark;

		writer_init(&w, 80000);
		writer_vec(&w, bytes_of(data, lengths[i]));
		assert_int_equal(writer_finish(&w, &out), 0);
		writer_init(&w, 80000);
		mark = writer_open(&w);
		writer_raw(&w, data, lengths[i]);
		writer_close(&w, mark);
		assert_int_equal(writer_finish(&w, &nested), 0);
		assert_true(bytes_eq(buf_view(&out), buf_view(&nested)));

		reader_init(&r, buf_view(&out));
		assert_int_equal(reader_sub(&r, sizeof data, &in), 0);
		assert_int_equal(reader_end(&r), 0);
		assert_int_equal(reader_view(&in, lengths[i], &v), 0);
		assert_int_equal(reader_end(&in), 0);
		buf_wipe(&out);
		buf_wipe(&nested);
	}
}

static void writer_error_sticks(void **state)
{
	struct writer w;
	struct buf out;

	writer_init(&w, 4);
	writer_u32(&w, 7);
	writer_u8(&w, 1);
	writer_raw(&w, "", 0);
	assert_int_equal(writer_status(&w), ROWAN_E_LIMIT);
	assert_int_equal(writer_finish(&w, &out), ROWAN_E_LIMIT);
	assert_null(out.data);
}

static void writer_in_fixed_memory_never_grows(void **state)
{
	uint8_t mem[66];
	struct writer w;
	size_t mark;

	writer_init_fixed(&w, mem, sizeof mem);
	mark = writer_open(&w);
	for (int i = 0; i < 64; i++)
		writer_u8(&w, (uint8_t)i);
	writer_close(&w, mark);
	assert_int_equal(writer_status(&w), 0);
	assert_int_equal(w.len, 66);
	assert_int_equal(mem[0], 0x40);
	assert_int_equal(mem[65], 63);
	writer_u8(&w, 0);
	assert_int_equal(writer_status(&w), ROWAN_E_LIMIT);
}

static void comparisons_agree(void **state)
{
	assert_true(secret_eq(bytes_of("abc", 3), bytes_of("abc", 3)));
	assert_false(secret_eq(bytes_of("abc", 3), bytes_of("abd", 3)));
	assert_false(secret_eq(bytes_of("abc", 3), bytes_of("ab", 2)));
	assert_true(bytes_cmp(bytes_of("ab", 2), bytes_of("abc", 3)) < 0);
	assert_true(bytes_cmp(bytes_of("b", 1), bytes_of("abc", 3)) > 0);
	assert_int_equal(bytes_cmp(bytes_of("", 0), bytes_of(NULL, 0)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_big_endian_and_bounded),
		cmocka_unit_test(headers_must_be_minimal),
		cmocka_unit_test(vector_over_its_cap_is_refused),
		cmocka_unit_test(every_length_round_trips),
		cmocka_unit_test(writer_error_sticks),
		cmocka_unit_test(writer_in_fixed_memory_never_grows),
		cmocka_unit_test(comparisons_agree),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
