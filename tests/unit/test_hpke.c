/*
 * HPKE against keys and ciphertexts that are not what they should be: a typed
 * error and no output. That it agrees with others is for the vectors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/reader.h"
#include "crypto/hkdf.h"
#include "crypto/hpke.h"

#define KEY_LEN 32
#define TAG_LEN 16

static const uint8_t seed[HPKE_SEED_LEN] = {1, 2, 3};
static const uint8_t nothing[2 * KEY_LEN]; /* the point of order 1 */

struct pair {
	const struct suite *suite;
	struct secret sk;
	uint8_t pk[KEY_LEN];
};

static struct bytes view(const uint8_t *p, size_t len)
{
	return bytes_of(p, len);
}

static int setup(void **state)
{
	static struct pair p;

	p.suite = suite_find(suite_default, 0x0003);
	assert_non_null(p.suite);
	assert_int_equal(
		hpke_key_pair(p.suite, view(seed, sizeof seed), &p.sk, p.pk),
		0);
	*state = &p;
	return 0;
}

/* One sealed message, decoded; the views borrow from ${w}. */
static void seal(
	const struct pair *p, struct writer *w, struct hpke_ciphertext *ret)
{
	const struct hpke_to to = {p->suite, view(p->pk, KEY_LEN), "Test",
		view(seed, 3), view(seed, sizeof seed)};
	struct reader r;

	writer_init(w, 4096);
	assert_int_equal(hpke_encrypt_label(&to, bytes_of("hello", 5), w), 0);
	reader_init(&r, writer_view(w));
	/* 7.6: kem_output<V>, ciphertext<V> */
	assert_int_equal(reader_vec(&r, 4096, &ret->kem_output), 0);
	assert_int_equal(reader_vec(&r, 4096, &ret->ciphertext), 0);
	assert_int_equal(reader_end(&r), 0);
}

static int open_as(const struct pair *p, struct bytes sk,
	const struct hpke_ciphertext *sealed)
{
	const struct hpke_from from = {
		p->suite, sk, view(p->pk, KEY_LEN), "Test", view(seed, 3)};
	struct buf plain;
	int rc = hpke_decrypt_label(&from, sealed, &plain);

	if (rc != 0)
		assert_null(plain.data);
	else
		assert_int_equal(plain.len, 5);
	buf_wipe(&plain);
	return rc;
}

static void ciphertexts_are_whole(void **state)
{
	const struct pair *p = *state;
	struct hpke_ciphertext c, bad;
	struct writer w;

	seal(p, &w, &c);
	assert_int_equal(open_as(p, secret_view(&p->sk), &c), 0);
	/* shorter than a tag, down to nothing */
	for (size_t len = 0; len < c.ciphertext.len; len++) {
		bad = c;
		bad.ciphertext.len = len;
		assert_int_equal(open_as(p, secret_view(&p->sk), &bad),
			ROWAN_E_MLS_DECRYPT);
	}
	/* a KEM output of another length, and the point of order 1 */
	for (size_t len = 0; len < c.kem_output.len; len++) {
		bad = c;
		bad.kem_output.len = len;
		assert_int_equal(open_as(p, secret_view(&p->sk), &bad),
			ROWAN_E_MLS_DECRYPT);
	}
	bad = c;
	bad.kem_output = view(nothing, KEY_LEN);
	assert_int_equal(
		open_as(p, secret_view(&p->sk), &bad), ROWAN_E_MLS_DECRYPT);
	bad.kem_output.len = KEY_LEN + 1;
	assert_int_equal(
		open_as(p, secret_view(&p->sk), &bad), ROWAN_E_MLS_DECRYPT);
	/* a private key that is too short */
	assert_int_not_equal(
		open_as(p, bytes_of(p->sk.b, p->sk.len - 1), &c), 0);
	writer_wipe(&w);
}

static void keys_have_their_length(void **state)
{
	const struct pair *p = *state;
	uint8_t enc[KEY_LEN];
	struct secret out;
	uint8_t pk[KEY_LEN];

	assert_int_equal(hpke_key_pair(p->suite, view(seed, HPKE_SEED_LEN - 1),
				 &out, pk),
		ROWAN_E_INVAL);
	assert_int_equal(
		hpke_public(p->suite, bytes_of(p->sk.b, p->sk.len - 1), pk),
		ROWAN_E_CRYPTO);
	assert_int_equal(hpke_public(p->suite, secret_view(&p->sk), pk), 0);
	assert_memory_equal(pk, p->pk, KEY_LEN);
	assert_int_equal(hpke_export_to(p->suite, view(p->pk, KEY_LEN - 1),
				 view(seed, sizeof seed), enc, &out),
		ROWAN_E_CRYPTO);
	assert_int_equal(hpke_export_to(p->suite, view(nothing, KEY_LEN),
				 view(seed, sizeof seed), enc, &out),
		ROWAN_E_CRYPTO);
	assert_int_equal(hpke_export_to(p->suite, view(p->pk, KEY_LEN),
				 view(seed, sizeof seed - 1), enc, &out),
		ROWAN_E_INVAL);
	assert_int_equal(hpke_export_from(p->suite, secret_view(&p->sk),
				 view(nothing, KEY_LEN), &out),
		ROWAN_E_MLS_DECRYPT);
}

/* RFC 5869 section 2.3: at most 255 blocks. */
static void expansion_has_an_end(void **state)
{
	const struct pair *p = *state;
	static uint8_t out[255 * 32 + 1];
	const struct bytes prk = view(seed, sizeof seed);

	assert_int_equal(
		hkdf_expand(p->suite, prk, prk, out, sizeof out - 1), 0);
	assert_int_equal(hkdf_expand(p->suite, prk, prk, out, sizeof out),
		ROWAN_E_INVAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(ciphertexts_are_whole),
		TEST(keys_have_their_length),
		TEST(expansion_has_an_end),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
