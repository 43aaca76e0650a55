/*
 * Chunks of a blob: what opens is exactly what was sealed, in its place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "session/transfer/chunk.h"
#include "wire/blob.h"

#define CHUNKS 4

static uint8_t plain[CHUNKS * CHUNK_PLAIN_LEN];
static uint8_t sealed[CHUNKS][WIRE_CHUNK_LEN], out[CHUNK_PLAIN_LEN];
static struct chunk_plan plan;
static struct content_blob blob;

/* Seal ${size} bytes. */
static void seal(uint64_t size)
{
	memset(&blob, 0, sizeof blob);
	blob.blob.b[3] = 1;
	blob.key.b[4] = 2;
	blob.size = size;
	for (size_t i = 0; i < sizeof plain; i++)
		plain[i] = (uint8_t)(i * 7 + i / 255 + 1);
	assert_int_equal(chunk_plan(size, &plan), 0);
	assert_true(plan.count <= CHUNKS);
	for (uint32_t i = 0; i < plan.count; i++)
		assert_int_equal(chunk_seal(&blob, i,
					 bytes_of(plain + i * CHUNK_PLAIN_LEN,
						 chunk_plain(&plan, i)),
					 sealed[i]),
			0);
}

static struct bytes at(uint32_t i)
{
	return bytes_of(sealed[i], chunk_sealed(&plan, i));
}

static void test_round(void **state)
{
	static const uint64_t sizes[] = {0, 1, 4096, 4097, CHUNK_PLAIN_LEN - 1,
		CHUNK_PLAIN_LEN, CHUNK_PLAIN_LEN + 1, 2 * CHUNK_PLAIN_LEN,
		200000};

	for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
		uint64_t total = 0, sent = 0;

		seal(sizes[s]);
		assert_int_equal(wire_blob_chunks(plan.sealed), plan.count);
		for (uint32_t i = 0; i < plan.count; i++) {
			if (i + 1 < plan.count)
				assert_int_equal(at(i).len, WIRE_CHUNK_LEN);
			assert_int_equal(chunk_open(&blob, i, at(i), out), 0);
			assert_memory_equal(
				out, plain + total, chunk_plain(&plan, i));
			total += chunk_plain(&plan, i);
			sent += at(i).len;
		}
		assert_int_equal(total, sizes[s]);
		assert_int_equal(sent, plan.sealed);
	}
}

static void refused(uint32_t i, struct bytes what)
{
	memset(out, 1, sizeof out);
	assert_int_equal(chunk_open(&blob, i, what, out), ROWAN_E_CRYPTO);
	for (size_t n = 0; n < sizeof out; n++)
		assert_int_equal(out[n], 0);
}

static void test_hostile(void **state)
{
	struct content_blob good;

	seal(3 * CHUNK_PLAIN_LEN);
	assert_int_equal(plan.count, 4);
	/* Swapped, repeated. */
	refused(0, at(1));
	refused(1, at(0));
	refused(2, at(1));
	/* Cut, longer, not there. */
	refused(0, bytes_of(sealed[0], at(0).len - 1));
	refused(3, bytes_of(sealed[3], at(3).len + 1));
	refused(0, bytes_of(NULL, 0));
	refused(4, at(3));
	refused(UINT32_MAX, at(3));
	/* Another blob's, key, size. */
	good = blob;
	blob.blob.b[15] ^= 1;
	refused(0, at(0));
	blob = good;
	blob.key.b[31] ^= 1;
	refused(0, at(0));
	blob = good;
	blob.size--;
	refused(0, at(0));
	blob.size = CHUNK_SIZE_MAX + 1;
	refused(0, at(0));
	blob = good;
	sealed[2][100] ^= 1;
	refused(2, at(2));
}

static void test_misuse(void **state)
{
	seal(100);
	assert_int_equal(chunk_seal(&blob, 1, bytes_of(plain, 0), sealed[0]),
		ROWAN_E_INVAL);
	assert_int_equal(chunk_seal(&blob, 0, bytes_of(plain, 99), sealed[0]),
		ROWAN_E_INVAL);
	assert_int_equal(chunk_plan(CHUNK_SIZE_MAX + 1, &plan), ROWAN_E_LIMIT);
	assert_int_equal(plan.count, 0);
	assert_int_equal(chunk_plan(CHUNK_SIZE_MAX, &plan), 0);
}

/* Sizes tell little, and cost little. */
static void test_padding(void **state)
{
	uint64_t last = 0, kinds = 0;

	for (uint64_t size = 0; size < 1u << 20; size++) {
		assert_int_equal(chunk_plan(size, &plan), 0);
		assert_true(plan.padded >= size && plan.padded >= last);
		if (size > CHUNK_SIZE_MIN)
			assert_true((plan.padded - size) * 100 <= size * 12);
		kinds += plan.padded != last;
		last = plan.padded;
	}
	assert_true(kinds < 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_misuse),
		cmocka_unit_test(test_padding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
