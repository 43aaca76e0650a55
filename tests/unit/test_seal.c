/* Sealing values on disk: what opens, and everything that must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "crypto/seal.h"

static struct seal *make(uint8_t fill)
{
	struct key32 key;
	struct seal *s;

	memset(key.b, fill, sizeof(key.b));
	assert_int_equal(seal_new(&s, &key), 0);
	return s;
}

static const struct seal_place here = {3, 1, 77};

static void test_round_trip(void **state)
{
	struct seal *s = make(1);
	uint8_t plain[300], sealed[300 + SEAL_OVERHEAD], back[300];

	for (size_t len = 0; len <= sizeof(plain); len += 25) {
		randombytes_buf(plain, sizeof(plain));
		seal_put(s, here, bytes_of(plain, len), sealed);
		assert_int_equal(
			seal_get(s, here, bytes_of(sealed, len + SEAL_OVERHEAD),
				back),
			0);
		assert_memory_equal(back, plain, len);
	}
	seal_free(s);
}

static void test_other_place_refused(void **state)
{
	struct seal *s = make(1), *other = make(2);
	const struct seal_place wrong[] = {
		{4, 1, 77},
		{3, 2, 77},
		{3, 1, 78},
		{3, 1, 77ull << 32},
	};
	uint8_t sealed[5 + SEAL_OVERHEAD], back[5], zero[5] = {0};
	struct bytes view = bytes_of(sealed, sizeof(sealed));

	seal_put(s, here, bytes_of("hello", 5), sealed);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		memset(back, 0xaa, sizeof(back));
		assert_int_equal(
			seal_get(s, wrong[i], view, back), ROWAN_E_CRYPTO);
		assert_memory_equal(back, zero, sizeof(back));
	}
	assert_int_equal(seal_get(other, here, view, back), ROWAN_E_CRYPTO);
	assert_int_equal(seal_get(s, here, view, back), 0);
	seal_free(s);
	seal_free(other);
}

static void test_every_bit_counts(void **state)
{
	struct seal *s = make(1);
	uint8_t sealed[5 + SEAL_OVERHEAD], back[5];

	seal_put(s, here, bytes_of("hello", 5), sealed);
	for (size_t i = 0; i < sizeof(sealed) * 8; i++) {
		sealed[i / 8] ^= (uint8_t)(1u << (i % 8));
		assert_int_equal(
			seal_get(s, here, bytes_of(sealed, sizeof(sealed)),
				back),
			ROWAN_E_CRYPTO);
		sealed[i / 8] ^= (uint8_t)(1u << (i % 8));
	}
	for (size_t len = 0; len < sizeof(sealed); len++)
		assert_int_equal(seal_get(s, here, bytes_of(sealed, len), back),
			ROWAN_E_CRYPTO);
	seal_free(s);
}

static void test_nonces_differ(void **state)
{
	enum { N = 1000, LEN = 1 + SEAL_OVERHEAD };
	static uint8_t seen[N][LEN];
	struct seal *s = make(1);

	for (int i = 0; i < N; i++)
		seal_put(s, here, bytes_of("x", 1), seen[i]);
	for (int i = 0; i < N; i++)
		for (int j = i + 1; j < N; j++)
			assert_memory_not_equal(seen[i], seen[j], 24);
	seal_free(s);
}

static void test_hash(void **state)
{
	struct seal *s = make(1), *again = make(1), *other = make(2);
	uint8_t a[SEAL_HASH_LEN], b[SEAL_HASH_LEN];
	struct bytes v = bytes_of("device", 6);

	seal_hash(s, 1, 1, v, a);
	seal_hash(again, 1, 1, v, b);
	assert_memory_equal(a, b, SEAL_HASH_LEN);
	seal_hash(s, 2, 1, v, b);
	assert_memory_not_equal(a, b, SEAL_HASH_LEN);
	seal_hash(s, 1, 2, v, b);
	assert_memory_not_equal(a, b, SEAL_HASH_LEN);
	seal_hash(other, 1, 1, v, b);
	assert_memory_not_equal(a, b, SEAL_HASH_LEN);
	seal_hash(s, 1, 1, bytes_of("devicf", 6), b);
	assert_memory_not_equal(a, b, SEAL_HASH_LEN);
	seal_free(s);
	seal_free(again);
	seal_free(other);
	seal_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_other_place_refused),
		cmocka_unit_test(test_every_bit_counts),
		cmocka_unit_test(test_nonces_differ),
		cmocka_unit_test(test_hash),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
