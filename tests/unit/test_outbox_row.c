/*
 * Rows of the outbox as vaults have them: every version that was ever written
 * is read, and nothing that is torn, too long or too new.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "session/message/outbox_row.h"

#define FIXED 68 /* up to the lists */

static const uint8_t fixed[FIXED] = {0, 0, /* version */
	3, 14,				   /* sent; kept, closed, owed */
	0xc0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, /* channel */
	0xd0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, /* message */
	0, 0, 0x0e, 0x10,					 /* lifetime */
	0, 0, 0, 0, 0, 0, 1, 2,					 /* counter */
	0, 0, 0, 7,			     /* generation */
	0, 0, 0, 0, 0, 0, 0, 9,		     /* epoch */
	0, 0, 0, 0, 0x65, 0x53, 0xf1, 0x00}; /* sent */

struct raw {
	uint8_t b[512];
	size_t len;
};

static void put_id(struct raw *r, uint8_t first)
{
	memset(r->b + r->len, 0, ID16_LEN);
	r->b[r->len] = first;
	r->len += ID16_LEN;
}

static void put_list(struct raw *r, size_t count, uint8_t first)
{
	/* A length below 64 is one byte, else two. */
	if (count * ID16_LEN >= 64)
		r->b[r->len++] = 0x40;
	r->b[r->len++] = (uint8_t)(count * ID16_LEN);
	for (size_t i = 0; i < count; i++)
		put_id(r, (uint8_t)(first + i));
}

static struct raw of_version(uint8_t version)
{
	struct raw r = {.len = FIXED};

	memcpy(r.b, fixed, FIXED);
	r.b[1] = version;
	put_list(&r, 1, 0x10);
	put_list(&r, 2, 0x20);
	if (version > 1)
		put_list(&r, 3, 0x30);
	if (version > 2)
		put_list(&r, 4, 0x40);
	if (version > 3)
		put_id(&r, 0x50);
	return r;
}

static void check_list(
	const struct id16 *list, size_t count, size_t expected, uint8_t first)
{
	assert_int_equal(count, expected);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(list[i].b[0], first + i);
}

static void each_version_is_read(void **state)
{
	(void)state;
	for (uint8_t v = 1; v <= 4; v++) {
		const struct raw r = of_version(v);
		static struct outbox_row row;

		assert_int_equal(outbox_row_get(bytes_of(r.b, r.len), &row), 0);
		assert_int_equal(row.state, OUTBOX_SENT);
		assert_int_equal(
			row.flags, OUTBOX_KEPT | OUTBOX_CLOSED | OUTBOX_OWED);
		assert_int_equal(row.channel.b[0], 0xc0);
		assert_int_equal(row.channel.b[15], 15);
		assert_int_equal(row.message.b[0], 0xd0);
		assert_int_equal(row.message.b[15], 15);
		assert_int_equal(row.lifetime, 3600);
		assert_int_equal(row.counter, 258);
		assert_int_equal(row.generation, 7);
		assert_int_equal(row.epoch, 9);
		assert_int_equal(row.sent, 0x6553f100);
		check_list(row.blobs, row.blob_count, 1, 0x10);
		check_list(row.awaited, row.awaited_count, 2, 0x20);
		check_list(row.members, row.member_count, v > 1 ? 3 : 0, 0x30);
		check_list(row.missed, row.missed_count, v > 2 ? 4 : 0, 0x40);
		assert_int_equal(row.group_id.b[0], v > 3 ? 0x50 : 0);
	}
}

static void the_newest_is_written(void **state)
{
	const struct raw r = of_version(4);
	static struct outbox_row row;
	struct writer w;

	(void)state;
	assert_int_equal(outbox_row_get(bytes_of(r.b, r.len), &row), 0);
	writer_init(&w, OUTBOX_ROW_MAX);
	assert_int_equal(outbox_row_put(&w, &row), 0);
	assert_int_equal(w.len, r.len);
	assert_memory_equal(w.data, r.b, r.len);
	writer_wipe(&w);
}

static int read_as(const struct raw *r, size_t len)
{
	static struct outbox_row row, none;
	int rc = outbox_row_get(bytes_of(r->b, len), &row);

	if (rc != 0)
		assert_memory_equal(&row, &none, sizeof row);
	return rc;
}

static void nothing_that_is_torn(void **state)
{
	(void)state;
	for (uint8_t v = 1; v <= 4; v++) {
		struct raw r = of_version(v);

		for (size_t len = 0; len < r.len; len++)
			assert_int_equal(read_as(&r, len), ROWAN_E_CORRUPT);
		assert_int_equal(read_as(&r, r.len + 1), ROWAN_E_CORRUPT);
	}
}

static void nothing_that_cannot_be(void **state)
{
	struct raw r = of_version(4);

	(void)state;
	r.b[1] = 0;
	assert_int_equal(read_as(&r, r.len), ROWAN_E_CORRUPT);
	r.b[1] = 5;
	assert_int_equal(read_as(&r, r.len), ROWAN_E_TOO_NEW);
	r.b[1] = 4;
	r.b[2] = 0;
	assert_int_equal(read_as(&r, r.len), ROWAN_E_CORRUPT);
	r.b[2] = 4;
	assert_int_equal(read_as(&r, r.len), ROWAN_E_CORRUPT);
	/* A list that ends within an id. */
	r = of_version(1);
	r.b[FIXED]--;
	memmove(r.b + FIXED + 1, r.b + FIXED + 2, r.len - FIXED - 2);
	assert_int_equal(read_as(&r, r.len - 1), ROWAN_E_CORRUPT);
}

static void the_largest_fits(void **state)
{
	static struct outbox_row row, back;
	struct writer w;

	(void)state;
	memset(&row, 0xa5, sizeof row);
	row.state = OUTBOX_WAITING;
	row.blob_count = OUTBOX_BLOBS_MAX;
	row.awaited_count = row.missed_count = CHANNEL_DEVICES_MAX;
	row.member_count = CASE_ASSIGNMENTS_MAX;
	writer_init(&w, OUTBOX_ROW_MAX);
	assert_int_equal(outbox_row_put(&w, &row), 0);
	assert_int_equal(outbox_row_get(writer_view(&w), &back), 0);
	assert_int_equal(back.missed_count, CHANNEL_DEVICES_MAX);
	assert_memory_equal(back.missed, row.missed, sizeof row.missed);
	assert_memory_equal(back.members, row.members, sizeof row.members);
	writer_wipe(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_version_is_read),
		cmocka_unit_test(the_newest_is_written),
		cmocka_unit_test(nothing_that_is_torn),
		cmocka_unit_test(nothing_that_cannot_be),
		cmocka_unit_test(the_largest_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
