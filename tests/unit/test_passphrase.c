/*
 * Passphrase files: what opens, and what does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/passphrase.h"

static const struct passphrase_cost cheap = {1, 8192};

static struct bytes text(const char *s)
{
	return bytes_of(s, strlen(s));
}

static void seal(struct buf *ret, const char *plain)
{
	struct writer w;

	writer_init(&w, 4096);
	assert_int_equal(passphrase_seal(&w, "authority key", text("correct"),
				 &cheap, text(plain)),
		0);
	assert_int_equal(writer_finish(&w, ret), 0);
}

static void opens_with_the_passphrase_only(void **state)
{
	struct buf file, got;

	seal(&file, "a secret");
	assert_int_equal(passphrase_open(buf_view(&file), "authority key",
				 text("correct"), &got),
		0);
	assert_true(bytes_eq(buf_view(&got), text("a secret")));
	buf_wipe(&got);
	assert_int_equal(passphrase_open(buf_view(&file), "authority key",
				 text("Correct"), &got),
		ROWAN_E_CRYPTO);
	assert_null(got.data);
	assert_int_equal(passphrase_open(buf_view(&file), "history",
				 text("correct"), &got),
		ROWAN_E_CRYPTO);
	buf_wipe(&file);

	seal(&file, "");
	assert_int_equal(passphrase_open(buf_view(&file), "authority key",
				 text("correct"), &got),
		0);
	assert_int_equal(got.len, 0);
	buf_wipe(&file);
}

static void no_byte_can_be_changed(void **state)
{
	struct buf file, got;

	seal(&file, "a secret");
	for (size_t i = 0; i < file.len; i++) {
		/* The two cost fields would cost time before they fail. */
		if (i >= 22 && i < 38)
			continue;
		file.data[i] ^= 1;
		assert_int_not_equal(
			passphrase_open(buf_view(&file), "authority key",
				text("correct"), &got),
			0);
		assert_null(got.data);
		file.data[i] ^= 1;
	}
	for (size_t len = 0; len < file.len; len++)
		assert_int_equal(
			passphrase_open(bytes_of(file.data, len),
				"authority key", text("correct"), &got),
			ROWAN_E_MALFORMED);
	file.data[29] = 2; /* operations: 1 becomes 2 */
	assert_int_equal(passphrase_open(buf_view(&file), "authority key",
				 text("correct"), &got),
		ROWAN_E_CRYPTO);
	buf_wipe(&file);
}

static void hostile_costs_are_refused_unpaid(void **state)
{
	struct buf file, got;
	struct writer w;

	seal(&file, "a secret");
	file.data[30] = 0x7f; /* memory: exabytes */
	assert_int_equal(passphrase_open(buf_view(&file), "authority key",
				 text("correct"), &got),
		ROWAN_E_LIMIT);
	buf_wipe(&file);
	seal(&file, "a secret");
	file.data[22] = 1; /* operations: 2^56 */
	assert_int_equal(passphrase_open(buf_view(&file), "authority key",
				 text("correct"), &got),
		ROWAN_E_LIMIT);
	buf_wipe(&file);

	writer_init(&w, 4096);
	assert_int_equal(
		passphrase_seal(&w, "x", text(""), &cheap, text("plain")),
		ROWAN_E_INVAL);
	assert_int_equal(
		passphrase_seal(&w, "x", text("p"),
			&(struct passphrase_cost){0, 8192}, text("plain")),
		ROWAN_E_INVAL);
	assert_int_equal(
		passphrase_seal(&w, "x", text("p"),
			&(struct passphrase_cost){1, 8191}, text("plain")),
		ROWAN_E_INVAL);
	assert_int_equal(w.len, 0);
	writer_wipe(&w);
}

static void no_two_files_are_alike(void **state)
{
	struct buf a, b;

	seal(&a, "a secret");
	seal(&b, "a secret");
	assert_false(bytes_eq(buf_view(&a), buf_view(&b)));
	buf_wipe(&a);
	buf_wipe(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_with_the_passphrase_only),
		cmocka_unit_test(no_byte_can_be_changed),
		cmocka_unit_test(hostile_costs_are_refused_unpaid),
		cmocka_unit_test(no_two_files_are_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
