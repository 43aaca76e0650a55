/*
 * Keys nobody can encrypt to: what suite_kem_key refuses is what X25519
 * itself refuses, and nothing else. Keys and signatures of another length
 * are refused before a byte of them is read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "crypto/suite.h"

/* What X25519 says: the product with any scalar is zero. */
static bool small(const uint8_t *pk)
{
	uint8_t scalar[32];
	uint8_t product[32];

	randombytes_buf(scalar, sizeof scalar);
	return crypto_scalarmult(product, scalar, pk) != 0;
}

static void agree(const uint8_t *pk)
{
	assert_int_equal(
		suite_kem_key(&suite_0003, bytes_of(pk, 32)), !small(pk));
}

/* Every number near 0, p and 2^255, with the highest bit on and off. */
static void test_numbers_near_the_ends(void **state)
{
	unsigned refused = 0;

	for (unsigned top = 0; top < 2; top++) {
		for (unsigned low = 0; low < 256; low++) {
			uint8_t pk[32] = {(uint8_t)low};

			pk[31] = (uint8_t)(top << 7);
			agree(pk);
			refused +=
				!suite_kem_key(&suite_0003, bytes_of(pk, 32));
			memset(pk + 1, 0xff, 31);
			pk[31] = (uint8_t)(0x7f | top << 7);
			agree(pk);
			refused +=
				!suite_kem_key(&suite_0003, bytes_of(pk, 32));
		}
	}
	/* 0, 1, p - 1, p, p + 1 */
	assert_int_equal(refused, 10);
}

/* The two of order eight, and their neighbours. */
static void test_order_eight(void **state)
{
	static const char *const points[] = {"e0eb7a7c3b41b8ae1656e3faf19fc46a"
					     "da098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b"
		"04445cc4581c8e86d8224eddd09f1157"};

	for (size_t i = 0; i < 2; i++) {
		uint8_t pk[32];

		assert_int_equal(sodium_hex2bin(pk, sizeof pk, points[i], 64,
					 NULL, NULL, NULL),
			0);
		assert_true(small(pk));
		agree(pk);
		pk[31] |= 0x80;
		agree(pk);
		pk[0] ^= 1;
		assert_false(small(pk));
		agree(pk);
	}
}

static void test_lengths(void **state)
{
	const uint8_t pk[33] = {9};

	assert_true(suite_kem_key(&suite_0003, bytes_of(pk, 32)));
	assert_false(suite_kem_key(&suite_0003, bytes_of(pk, 31)));
	assert_false(suite_kem_key(&suite_0003, bytes_of(pk, 33)));
	assert_false(suite_kem_key(&suite_0003, bytes_of(NULL, 0)));
}

/* Good in their first bytes: what is refused is the length. */
static void test_signatures_of_another_length(void **state)
{
	const struct suite *s = &suite_0003;
	const struct bytes said = bytes_of((const uint8_t *)"said", 4);
	uint8_t seed[33] = {7}, sk[65] = {0}, pk[33] = {0}, sig[65] = {0};

	assert_int_equal(suite_sign_keys(s, bytes_of(seed, 32), sk, pk), 0);
	assert_int_equal(suite_sign(s, bytes_of(sk, 64), said, sig), 0);
	assert_int_equal(
		suite_verify(s, bytes_of(pk, 32), said, bytes_of(sig, 64)), 0);
	for (size_t off = 0; off < 2; off++) {
		size_t n = off == 0 ? 31 : 33;

		assert_int_equal(suite_sign_keys(s, bytes_of(seed, n), sk, pk),
			ROWAN_E_INVAL);
		assert_int_equal(suite_sign(s, bytes_of(sk, 32 + n), said, sig),
			ROWAN_E_INVAL);
		assert_int_equal(suite_verify(s, bytes_of(pk, n), said,
					 bytes_of(sig, 64)),
			ROWAN_E_CRYPTO);
		assert_int_equal(suite_verify(s, bytes_of(pk, 32), said,
					 bytes_of(sig, 32 + n)),
			ROWAN_E_CRYPTO);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_near_the_ends),
		cmocka_unit_test(test_order_eight),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_signatures_of_another_length),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
