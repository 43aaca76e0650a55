/*
 * Where the daemon listens, as a file says: one form and no other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "wire/servers.h"

static struct bytes text(const char *s)
{
	return bytes_of(s, strlen(s));
}

static struct wire_servers some(void)
{
	struct wire_servers s = {.main_count = 2,
		.main = {{text("tcp://clinic.example:7410"), {{1}}},
			{text("tcp://[2001:db8::1]:7410"), {{1}}}},
		.enrol_count = 1,
		.enrol = {{text("tcp://clinic.example:7411"), {{2}}}}};

	return s;
}

static void one_form(void **state)
{
	struct wire_servers s = some(), got;
	struct writer w;
	uint8_t was;

	writer_init(&w, WIRE_SERVERS_MAX);
	assert_int_equal(wire_servers_encode(&s, &w), 0);
	assert_int_equal(wire_servers_decode(writer_view(&w), &got), 0);
	assert_int_equal(got.main_count, 2);
	assert_int_equal(got.enrol_count, 1);
	assert_true(bytes_eq(got.main[1].endpoint, s.main[1].endpoint));
	assert_memory_equal(&got.enrol[0].key, &s.enrol[0].key, 32);
	/* Torn, or longer. */
	for (size_t cut = 0; cut < w.len; cut++) {
		assert_int_not_equal(
			wire_servers_decode(bytes_of(w.data, cut), &got), 0);
		assert_int_equal(got.main_count, 0);
	}
	writer_u8(&w, 0);
	assert_int_equal(
		wire_servers_decode(writer_view(&w), &got), ROWAN_E_MALFORMED);
	w.len--;
	/* A later version, and endpoints that are none. */
	w.data[1] = 2;
	assert_int_equal(
		wire_servers_decode(writer_view(&w), &got), ROWAN_E_VERSION);
	w.data[1] = 1;
	for (size_t i = 0; i < w.len; i++) {
		if (w.data[i] != ':')
			continue;
		was = w.data[i];
		w.data[i] = ' ';
		assert_int_equal(wire_servers_decode(writer_view(&w), &got),
			ROWAN_E_MALFORMED);
		w.data[i] = was;
	}
	writer_wipe(&w);
}

static void what_would_not_decode_is_not_written(void **state)
{
	struct wire_servers s = some();
	struct writer w;

	writer_init(&w, WIRE_SERVERS_MAX);
	s.main_count = 0;
	assert_int_equal(wire_servers_encode(&s, &w), ROWAN_E_INVAL);
	s.main_count = WIRE_SERVERS_MAIN_MAX + 1;
	assert_int_equal(wire_servers_encode(&s, &w), ROWAN_E_INVAL);
	s = some();
	s.enrol[0].endpoint = text("ipc:///tmp/x");
	assert_int_equal(wire_servers_encode(&s, &w), ROWAN_E_INVAL);
	s.enrol[0].endpoint = text("tcp://");
	assert_int_equal(wire_servers_encode(&s, &w), ROWAN_E_INVAL);
	writer_wipe(&w);
}

static void more_than_is_allowed(void **state)
{
	struct wire_servers got;
	struct writer w;
	size_t mark;

	writer_init(&w, WIRE_SERVERS_MAX);
	writer_u16(&w, 1);
	mark = writer_open(&w);
	for (int i = 0; i < WIRE_SERVERS_MAIN_MAX + 1; i++) {
		writer_vec(&w, text("tcp://a:1"));
		writer_raw(&w, (const uint8_t[32]){0}, 32);
	}
	writer_close(&w, mark);
	writer_vec(&w, text(""));
	assert_int_equal(
		wire_servers_decode(writer_view(&w), &got), ROWAN_E_LIMIT);
	writer_wipe(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_form),
		cmocka_unit_test(what_would_not_decode_is_not_written),
		cmocka_unit_test(more_than_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
