/*
 * Events: kept until they are taken, in order, over restarts, and never made
 * up by a transaction that did not happen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/vault_kit.h"
#include "session/vault/events.h"

static struct vault_kit k;
static struct events *x;

static int setup(void **state)
{
	vault_kit_begin(&k);
	return events_new(&x, k.vault);
}

static int teardown(void **state)
{
	events_free(x);
	vault_kit_end(&k);
	return 0;
}

static void restart(void)
{
	events_free(x);
	vault_kit_again(&k);
	assert_int_equal(events_new(&x, k.vault), 0);
}

static void add(uint16_t type, const char *text)
{
	struct event e = {.type = type,
		.code = -302,
		.time = 7,
		.count = 8,
		.total = 9,
		.text = bytes_of(text, strlen(text))};

	memset(e.case_id.b, 1, ID16_LEN);
	memset(e.message.b, 2, ID16_LEN);
	assert_int_equal(vault_begin(k.vault), 0);
	assert_int_equal(events_add(x, &e), 0);
	assert_int_equal(vault_commit(k.vault), 0);
}

static uint64_t next_is(uint16_t type, const char *text)
{
	struct buf mem;
	struct event e;

	assert_int_equal(events_next(x, &e, &mem), 0);
	assert_int_equal(e.type, type);
	assert_int_equal(e.code, -302);
	assert_int_equal(e.time, 7);
	assert_int_equal(e.count, 8);
	assert_int_equal(e.total, 9);
	assert_int_equal(e.case_id.b[15], 1);
	assert_int_equal(e.message.b[0], 2);
	assert_int_equal(e.member.b[0], 0);
	assert_int_equal(e.text.len, strlen(text));
	assert_memory_equal(e.text.data, text, strlen(text));
	buf_wipe(&mem);
	return e.number;
}

static void none(void)
{
	struct buf mem;
	struct event e;

	assert_int_equal(events_next(x, &e, &mem), ROWAN_E_NOT_FOUND);
	assert_int_equal(e.number, 0);
	assert_null(mem.data);
}

static void test_order(void **state)
{
	uint64_t first;

	none();
	add(1, "one");
	add(2, "two");
	add(3, "");
	first = next_is(1, "one");
	/* Until it is acknowledged. */
	assert_int_equal(next_is(1, "one"), first);
	assert_int_equal(events_done(x, first), 0);
	assert_int_equal(next_is(2, "two"), first + 1);
	restart();
	next_is(2, "two");
	assert_int_equal(events_done(x, first + 2), 0);
	none();
	/* An old word again is harmless. */
	assert_int_equal(events_done(x, first), 0);
}

/* A number is one event's for ever: it may still be in the app's hands. */
static void test_numbers(void **state)
{
	uint64_t n;

	add(1, "a");
	n = next_is(1, "a");
	assert_int_equal(events_done(x, n), 0);
	restart();
	add(2, "b");
	assert_true(next_is(2, "b") > n);
	restart();
	assert_int_equal(events_done(x, n), 0);
	next_is(2, "b");
}

static void test_never_given(void **state)
{
	uint64_t n;

	assert_int_equal(events_done(x, 1), ROWAN_E_INVAL);
	add(1, "a");
	n = next_is(1, "a");
	assert_int_equal(events_done(x, n + 1), ROWAN_E_INVAL);
	assert_int_equal(events_done(x, UINT64_MAX), ROWAN_E_INVAL);
	next_is(1, "a");
}

static void test_aborted(void **state)
{
	struct event e = {.type = 5};
	uint64_t n;

	add(1, "a");
	n = next_is(1, "a");
	assert_int_equal(vault_begin(k.vault), 0);
	assert_int_equal(events_add(x, &e), 0);
	vault_abort(k.vault);
	events_aborted(x);
	assert_int_equal(events_done(x, n + 1), ROWAN_E_INVAL);
	assert_int_equal(events_done(x, n), 0);
	none();
	add(2, "b");
	assert_int_equal(next_is(2, "b"), n + 1);
}

static void test_outside(void **state)
{
	struct event e = {.type = 5};

	assert_int_equal(events_add(x, &e), ROWAN_E_STATE);
	none();
	assert_int_equal(vault_begin(k.vault), 0);
	e.type = 0;
	assert_int_equal(events_add(x, &e), ROWAN_E_INVAL);
	vault_abort(k.vault);
	add(1, "a");
	assert_int_equal(vault_begin(k.vault), 0);
	assert_int_equal(events_done(x, 1), ROWAN_E_STATE);
	vault_abort(k.vault);
	next_is(1, "a");
}

static void test_text_limit(void **state)
{
	static char text[EVENT_TEXT_MAX + 1];
	struct event e = {.type = 5, .text = bytes_of(text, sizeof text)};

	memset(text, 'x', sizeof text);
	assert_int_equal(vault_begin(k.vault), 0);
	assert_int_equal(events_add(x, &e), ROWAN_E_INVAL);
	e.text.len--;
	assert_int_equal(events_add(x, &e), 0);
	assert_int_equal(vault_commit(k.vault), 0);
}

static void test_damaged(void **state)
{
	struct buf mem;
	struct event e;

	add(1, "a");
	assert_int_equal(vault_begin(k.vault), 0);
	assert_int_equal(vault_put(k.vault, VAULT_EVENT, bytes_of("e", 1), 1,
				 bytes_of("\0\1\0", 3)),
		0);
	assert_int_equal(vault_commit(k.vault), 0);
	assert_int_equal(events_next(x, &e, &mem), ROWAN_E_CORRUPT);
	assert_int_equal(e.type, 0);
	assert_int_equal(vault_begin(k.vault), 0);
	assert_int_equal(vault_put(k.vault, VAULT_EVENT, bytes_of("e", 1), 1,
				 bytes_of("\0\2\0", 3)),
		0);
	assert_int_equal(vault_commit(k.vault), 0);
	assert_int_equal(events_next(x, &e, &mem), ROWAN_E_TOO_NEW);
}

/* Every cut of an encoded event, and one byte more, is refused. */
static void test_form(void **state)
{
	struct event e = {.type = 5, .text = bytes_of("abc", 3)}, back;
	uint8_t mem[256];
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	assert_int_equal(events_encode(&e, &w), 0);
	for (size_t i = 0; i < w.len; i++) {
		assert_int_equal(events_decode(bytes_of(mem, i), &back),
			ROWAN_E_MALFORMED);
		assert_int_equal(back.type, 0);
	}
	mem[w.len] = 0;
	assert_int_equal(events_decode(bytes_of(mem, w.len + 1), &back),
		ROWAN_E_MALFORMED);
	assert_int_equal(events_decode(writer_view(&w), &back), 0);
	mem[3] = 0;
	assert_int_equal(
		events_decode(writer_view(&w), &back), ROWAN_E_MALFORMED);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_order),
		T(test_numbers),
		T(test_never_given),
		T(test_aborted),
		T(test_outside),
		T(test_text_limit),
		T(test_damaged),
		T(test_form),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
