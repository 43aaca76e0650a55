/*
 * The configuration: every default parses, what is printed reads back, and
 * every mistake of a file is reported at once with its line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"
#include "config/setting.h"
#include "config/value.h"

#define FORM_OF_LIST                                                           \
	"listen: must be a list of tcp://ADDRESS:PORT, the address in "        \
	"numbers, such as [ \"tcp://[::]:7410\" ]"

static struct config_report report;

static int parse(const char *text, struct config *ret)
{
	return config_parse(bytes_of(text, strlen(text)), ret, &report);
}

/* The report must hold exactly ${text} at ${line}, as entry ${i}. */
static void expect(size_t i, unsigned line, const char *text)
{
	assert_true(i < report.count);
	assert_string_equal(report.problems[i].text, text);
	assert_int_equal(report.problems[i].line, line);
}

/* ${text} has one mistake; and the result is then the defaults. */
static void one_mistake(const char *text, unsigned line, const char *message)
{
	struct config c, defaults;

	config_defaults(&defaults);
	assert_int_equal(parse(text, &c), ROWAN_E_INVAL);
	expect(0, line, message);
	assert_int_equal(report.count, 1);
	assert_memory_equal(&c, &defaults, sizeof c);
}

static void every_default_is_valid(void **state)
{
	const struct setting *key;
	struct config c;
	size_t i;

	memset(&c, 0, sizeof c);
	for (i = 0; (key = setting_at(i)) != NULL; i++) {
		if (value_set_default(key, &c) != 0)
			fail_msg("default of %s", key->name);
		assert_ptr_equal(
			setting_find(key->name, strlen(key->name)), key);
		assert_true(strlen(key->help) > 0);
	}
	assert_true(i <= 128);
	for (i = 0; setting_order_at(i) != NULL; i++) {
		const struct setting_order *o = setting_order_at(i);

		assert_non_null(setting_find(o->low, strlen(o->low)));
		assert_non_null(setting_find(o->high, strlen(o->high)));
	}
	assert_int_equal(parse("", &c), 0);
	assert_int_equal(c.lifetime, 60ULL * 86400000);
	assert_int_equal(c.message_bytes, 1024 * 1024);
	assert_true(c.clock_need_sync);
	assert_int_equal(c.listen.count, 1);
	assert_string_equal(c.listen.item[0], "tcp://[::]:7410");
	assert_string_equal(c.store_key, "store-key");
}

/* Every field of the struct belongs to exactly one key. */
static void the_table_covers_the_struct(void **state)
{
	const struct setting *key;
	size_t sum = 0;

	for (size_t i = 0; (key = setting_at(i)) != NULL; i++)
		switch (key->type) {
		case SETTING_COUNT:
		case SETTING_SIZE:
		case SETTING_DURATION: sum += sizeof(uint64_t); break;
		case SETTING_SWITCH: sum += sizeof(uint64_t); break;
		case SETTING_ENDPOINTS:
			sum += sizeof(struct config_list);
			break;
		default: sum += CONFIG_TEXT_MAX; break;
		}
	assert_int_equal(sum, sizeof(struct config));
}

static void what_is_printed_reads_back(void **state)
{
	struct config c, again;
	struct writer w, w2;

	assert_int_equal(parse("lifetime = \"90 min\"; credit: 7\n"
			       "listen = [ \"tcp://127.0.0.1:0\",\n"
			       "  \"tcp://[::1]:7000\" ], listen_enrol = ();\n"
			       "clock_need_sync = false; store_key = \"/a/b\"\n"
			       "state_dir = \"/a\" # two strings\n \"/b\";\n"
			       "message_bytes = \"1048575 B\"",
				 &c),
		0);
	assert_int_equal(c.lifetime, 5400000);
	assert_int_equal(c.credit, 7);
	assert_int_equal(c.listen.count, 2);
	assert_int_equal(c.listen_enrol.count, 0);
	assert_false(c.clock_need_sync);
	assert_string_equal(c.state_dir, "/a/b");
	assert_int_equal(c.message_bytes, 1048575);

	writer_init(&w, CONFIG_FILE_MAX);
	writer_init(&w2, CONFIG_FILE_MAX);
	config_print(&c, &w);
	assert_int_equal(writer_status(&w), 0);
	assert_int_equal(config_parse(writer_view(&w), &again, &report), 0);
	assert_memory_equal(&c, &again, sizeof c);
	config_print(&again, &w2);
	assert_true(bytes_eq(writer_view(&w), writer_view(&w2)));
	writer_wipe(&w);
	writer_wipe(&w2);
}

/* conf/rowand.conf is what the table says (make conf writes it). */
static void the_installed_file_is_current(void **state)
{
	static uint8_t file[CONFIG_FILE_MAX];
	FILE *f = fopen("conf/rowand.conf", "rb");
	struct writer w;
	size_t len;

	assert_non_null(f);
	len = fread(file, 1, sizeof file, f);
	fclose(f);
	writer_init(&w, CONFIG_FILE_MAX);
	config_print_sample(&w);
	assert_int_equal(writer_status(&w), 0);
	assert_true(bytes_eq(writer_view(&w), bytes_of(file, len)));
	writer_wipe(&w);
}

/* With its settings uncommented it is the defaults. */
static void the_installed_file_parses(void **state)
{
	struct config c, defaults;
	struct writer w, plain;

	writer_init(&w, CONFIG_FILE_MAX);
	writer_init(&plain, CONFIG_FILE_MAX);
	config_print_sample(&w);
	for (size_t i = 0; i < w.len; i++)
		if (w.data[i] != '#' || w.data[i + 1] == ' ' ||
			w.data[i + 1] == '\n')
			writer_u8(&plain, w.data[i]);
	config_defaults(&defaults);
	if (config_parse(writer_view(&plain), &c, &report) != 0)
		fail_msg("line %u: %s", report.problems[0].line,
			report.problems[0].text);
	assert_memory_equal(&c, &defaults, sizeof c);
	assert_int_equal(config_parse(writer_view(&w), &c, &report), 0);
	writer_wipe(&w);
	writer_wipe(&plain);
}

static void all_mistakes_are_reported_at_once(void **state)
{
	struct config c, defaults;

	config_defaults(&defaults);
	assert_int_equal(parse("colour = \"blue\";\n"
			       "credit = 0;\n"
			       "lifetime = 30;\n"
			       "/* a comment\n over two lines */ credit = 8;\n"
			       "connections = true;\n"
			       "@include \"other.conf\"\n"
			       "transport_key = \"a b/c\";\n"
			       "message_bytes = \"1 MB\";\n"
			       "listen = [ \"tcp://localhost:7410\" ];\n"
			       "credit = 9;\n"
			       "backlog 7;\n"
			       "store_key = \"../etc/key\";\n"
			       "= 5;\n"
			       "state_dir = \"relative\";\n"
			       "mailbox = 99 99;\n"
			       "drain_time = \"18446744073709551615 d\";\n",
				 &c),
		ROWAN_E_INVAL);
	expect(0, 1, "unknown setting colour");
	expect(1, 2, "credit: out of range, allowed is 1 to 1024");
	expect(2, 3, "lifetime: must be a duration such as \"30 s\"");
	expect(3, 5, "credit: set before in line 2");
	expect(4, 6, "connections: must be a number such as 100");
	expect(5, 7, "includes are not allowed");
	expect(6, 8,
		"transport_key: must be the name of a credential, as \"name\"");
	expect(7, 9, "message_bytes: must be a size such as \"64 KiB\"");
	expect(8, 10, FORM_OF_LIST);
	expect(9, 11, "credit: set before in line 2");
	expect(10, 12, "'=' is missing after the name");
	expect(11, 13,
		"store_key: must be the name of a credential, as \"name\"");
	expect(12, 14, "a setting is expected here");
	expect(13, 15, "state_dir: must be an absolute path, as \"/folder\"");
	expect(14, 16, "'=' is missing after the name");
	expect(15, 16, "mailbox_urgent must be less than mailbox");
	expect(16, 17, "drain_time: must be a duration such as \"30 s\"");
	assert_int_equal(report.count, 17);
	assert_memory_equal(&c, &defaults, sizeof c);
}

static void each_mistake_alone(void **state)
{
	one_mistake("credit = 1025;", 1,
		"credit: out of range, allowed is 1 to 1024");
	one_mistake("credit = -1;", 1,
		"credit: out of range, allowed is 1 to 1024");
	one_mistake("\n\ncredit = 99999999999999;", 3,
		"credit: out of range, allowed is 1 to 1024");
	one_mistake("credit = 1.5;", 1, "credit: must be a number such as 100");
	one_mistake(
		"credit = \"1\";", 1, "credit: must be a number such as 100");
	one_mistake("credit = yes;", 1, "credit: syntax error");
	one_mistake("credit = ;", 1, "a value is missing");
	one_mistake("credit =", 1, "a value is missing");
	one_mistake("credit", 1, "'=' is missing after the name");
	one_mistake(
		"state_dir = \"/info", 1, "a string without its closing quote");
	one_mistake("listen = [ \"tcp://[::]:1\"", 1,
		"a bracket that is not closed");
	one_mistake("listen = [ \n@include \"x\"\n];", 1,
		"includes are not allowed");
	one_mistake("listen = [];", 1,
		"listen: out of range, allowed is 1 to 4 endpoints");
	one_mistake("listen = [ 7410 ];", 1, FORM_OF_LIST);
	one_mistake("listen = \"tcp://[::]:7410\";", 1, FORM_OF_LIST);
	one_mistake("credit = { a = 1; };", 1,
		"credit: must be a number such as 100");
	one_mistake("listen = ((((((1))))));", 1, "brackets nested too deep");
	one_mistake("handshake_time = \"61 s\";", 1,
		"handshake_time: out of range, allowed is 1 s to 1 min");
	one_mistake("handshake_time = \"10s x\";", 1,
		"handshake_time: must be a duration such as \"30 s\"");
	one_mistake("store_key = \"\";", 1,
		"store_key: must be the name of a credential, as \"name\"");
	one_mistake("store_key = \"a\\nb\";", 1,
		"store_key: must be the name of a credential, as \"name\"");
	one_mistake("clock_need_sync = 1;", 1,
		"clock_need_sync: must be true or false");
	one_mistake(
		"credit = 5; credit = 5;", 1, "credit: set before in line 1");
}

/* ${name} may be ${most} characters long, and not one more. */
static void at_most(const char *name, size_t most)
{
	char text[512], path[300], message[128];
	struct config c;

	memset(path, 'a', sizeof path);
	path[0] = '/';
	path[most] = '\0';
	snprintf(text, sizeof text, "%s = \"%s\";", name, path);
	assert_int_equal(parse(text, &c), 0);
	snprintf(text, sizeof text, "%s = \"%sa\";", name, path);
	snprintf(message, sizeof message,
		"%s: out of range, allowed is at most %zu characters", name,
		most);
	one_mistake(text, 1, message);
}

/* A local socket's path is shorter than a file's may be. */
static void texts_too_long(void **state)
{
	at_most("state_dir", 255);
	at_most("store_key", 255);
	at_most("control", 107);
}

static void values_wrong_together(void **state)
{
	one_mistake("lifetime = \"20 d\";\nlifetime_max = \"10 d\";", 2,
		"lifetime must be at most lifetime_max");
	one_mistake("\nheartbeat_timeout = \"30 s\";", 2,
		"heartbeat_interval must be less than heartbeat_timeout");
	one_mistake("\nlisten_enrol = [ \"tcp://[::]:7410\" ];", 2,
		"tcp://[::]:7410 is listed twice");
	one_mistake("listen_enrol = [ \"tcp://*:1\" ];\n"
		    "listen = [ \"tcp://*:0\", \"tcp://*:1\", \"tcp://*:0\" ];",
		2, "tcp://*:1 is listed twice");
	one_mistake("listen = [ \"tcp://*:1\", \"tcp://*:1\" ];", 1,
		"tcp://*:1 is listed twice");
	one_mistake("\nlisten_next = [ \"tcp://[::]:7412\" ];", 2,
		"listen_next needs transport_key_next too");
}

/* Beside other mistakes, but not with what has no value because of one. */
static void values_wrong_together_are_reported_at_once(void **state)
{
	struct config c;

	assert_int_equal(parse("credit = 0;\n"
			       "lifetime = \"20 d\"; lifetime_max = \"10 d\";\n"
			       "mailbox = 0; mailbox_urgent = 10000;\n"
			       "listen_enrol = [ \"tcp://[::]:7410\" ];\n"
			       "listen_next = [ \"tcp://[::]:7412\" ];\n",
				 &c),
		ROWAN_E_INVAL);
	expect(0, 1, "credit: out of range, allowed is 1 to 1024");
	expect(1, 2, "lifetime must be at most lifetime_max");
	assert_int_equal(report.problems[2].line, 3);
	expect(3, 4, "tcp://[::]:7410 is listed twice");
	expect(4, 5, "listen_next needs transport_key_next too");
	assert_int_equal(report.count, 5);
	assert_int_equal(parse("transport_key_next = \"a b/\";\n"
			       "listen_next = [ \"tcp://[::]:7410\", 7 ];",
				 &c),
		ROWAN_E_INVAL);
	assert_int_equal(report.count, 2);
}

static void endpoints_are_numeric(void **state)
{
	static const char *const good[] = {"tcp://*:7410", "tcp://[::]:1",
		"tcp://127.0.0.1:0", "tcp://[2001:db8::7]:65535"};
	static const char *const bad[] = {"", "tcp://", "tcp://:1",
		"ipc:///tmp/x", "tcp://host:1", "tcp://[::]",
		"tcp://[::]:", "tcp://[::]:65536", "tcp://[::]:123456",
		"tcp://::1:7", "tcp://1.2.3:7", "tcp://[1.2.3.4]:7",
		"tcp://[::]:7 ", "tcp://[::]:-1", "inproc://x", "tcp://eth0:7"};
	struct config c;
	char text[200];

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		snprintf(text, sizeof text, "listen = [ \"%s\" ];", good[i]);
		assert_int_equal(parse(text, &c), 0);
		assert_string_equal(c.listen.item[0], good[i]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(text, sizeof text, "listen = [ \"%s\" ];", bad[i]);
		assert_int_equal(parse(text, &c), ROWAN_E_INVAL);
	}
}

/* Texts up to their room, lists up to their length. */
static void what_does_not_fit_is_refused(void **state)
{
	struct config c;
	char text[1000], path[CONFIG_TEXT_MAX + 1];

	memset(path, 'x', sizeof path);
	path[0] = '/';
	path[CONFIG_TEXT_MAX - 1] = '\0';
	snprintf(text, sizeof text, "state_dir = \"%s\";", path);
	assert_int_equal(parse(text, &c), 0);
	assert_string_equal(c.state_dir, path);
	path[CONFIG_TEXT_MAX - 1] = 'x';
	path[CONFIG_TEXT_MAX] = '\0';
	snprintf(text, sizeof text, "state_dir = \"%s\";", path);
	assert_int_equal(parse(text, &c), ROWAN_E_INVAL);

	assert_int_equal(parse("listen = [ \"tcp://*:1\", \"tcp://*:2\","
			       " \"tcp://*:3\", \"tcp://*:4\" ];",
				 &c),
		0);
	assert_int_equal(c.listen.count, CONFIG_LIST_MAX);
	one_mistake("listen = [ \"tcp://*:1\", \"tcp://*:2\","
		    " \"tcp://*:3\", \"tcp://*:4\", \"tcp://*:5\" ];",
		1, "listen: out of range, allowed is 1 to 4 endpoints");
	memset(text, '1', sizeof text);
	memcpy(text, "listen = [ \"tcp://", 18);
	strcpy(text + 400, ":7\" ];");
	assert_int_equal(parse(text, &c), ROWAN_E_INVAL);
}

static void mistakes_of_one_line_keep_their_order(void **state)
{
	struct config c;

	assert_int_equal(
		parse("first = 1; second = 2; third = 3;", &c), ROWAN_E_INVAL);
	expect(0, 1, "unknown setting first");
	expect(1, 1, "unknown setting second");
	expect(2, 1, "unknown setting third");
}

static void comments_are_skipped(void **state)
{
	struct config c;

	assert_int_equal(parse("/* a * b / c */ credit = 5; // x\n# y\n"
			       "/**/mailbox/***/=/* 1 */9999;/* open",
				 &c),
		0);
	assert_int_equal(c.credit, 5);
	one_mistake("mailbox = 7;", 1,
		"mailbox: out of range, allowed is 16 to 1000000000");
}

static void units_are_exact(void **state)
{
	uint64_t v;

	assert_int_equal(value_units(SETTING_SIZE, "64 KiB", &v), 0);
	assert_int_equal(v, 65536);
	assert_int_equal(value_units(SETTING_SIZE, "64KiB", &v), 0);
	assert_int_equal(value_units(SETTING_DURATION, "2 d", &v), 0);
	assert_int_equal(v, 172800000);
	assert_int_equal(value_units(SETTING_SIZE, "16777215 TiB", &v), 0);
	assert_int_equal(
		value_units(SETTING_SIZE, "16777216 TiB", &v), ROWAN_E_INVAL);
	assert_int_equal(v, 0);
	assert_int_equal(
		value_units(SETTING_SIZE, "18446744073709551616 B", &v),
		ROWAN_E_INVAL);
	assert_int_equal(value_units(SETTING_SIZE, "64", &v), ROWAN_E_INVAL);
	assert_int_equal(value_units(SETTING_SIZE, "", &v), ROWAN_E_INVAL);
	assert_int_equal(value_units(SETTING_SIZE, "KiB", &v), ROWAN_E_INVAL);
	assert_int_equal(value_units(SETTING_SIZE, "-1 B", &v), ROWAN_E_INVAL);
	assert_int_equal(value_units(SETTING_SIZE, "1 kib", &v), ROWAN_E_INVAL);
	assert_int_equal(value_units(SETTING_SIZE, "1 s", &v), ROWAN_E_INVAL);
	assert_int_equal(
		value_units(SETTING_DURATION, "1 B", &v), ROWAN_E_INVAL);
}

static void a_long_report_says_what_it_dropped(void **state)
{
	struct config c;
	char text[4000] = "";

	for (int i = 0; i < 100; i++)
		strcat(text, "nonsense = 1;\n");
	assert_int_equal(parse(text, &c), ROWAN_E_INVAL);
	assert_int_equal(report.count, CONFIG_PROBLEMS_MAX);
	assert_int_equal(report.dropped, 100 - CONFIG_PROBLEMS_MAX);
	assert_int_equal(report.problems[31].line, 32);
}

static void files_that_are_none(void **state)
{
	char path[] = "/tmp/test_config.XXXXXX";
	static char zeros[CONFIG_FILE_MAX + 1];
	int fd = mkstemp(path);
	struct config c;

	assert_true(fd >= 0);
	memset(zeros, ' ', sizeof zeros);
	assert_int_equal(write(fd, zeros, sizeof zeros), sizeof zeros);
	assert_int_equal(config_load(path, &c, &report), ROWAN_E_IO);
	assert_int_equal(report.count, 1);
	assert_int_equal(ftruncate(fd, CONFIG_FILE_MAX), 0);
	assert_int_equal(config_load(path, &c, &report), 0);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, "credit = 5;\0", 12, 0), 12);
	assert_int_equal(config_load(path, &c, &report), ROWAN_E_INVAL);
	expect(0, 0, "not a text file");
	close(fd);
	unlink(path);
	assert_int_equal(config_load(path, &c, &report), ROWAN_E_IO);
	expect(0, 0, "cannot be read: No such file or directory");
	assert_int_equal(config_load("/tmp", &c, &report), ROWAN_E_IO);
	expect(0, 0, "cannot be read: not a file");
}

static void only_what_may_change_changes(void **state)
{
	struct config_change change;
	struct config c, fresh, was;
	const struct setting *key;
	size_t live = 0, all = 0;

	config_defaults(&c);
	fresh = was = c;
	config_change(&c, &fresh, &change);
	assert_int_equal(change.taken_count + change.left_count, 0);
	fresh.mailbox = 77;
	fresh.connections = 99;
	fresh.listen.count = 0;
	strcpy(fresh.state_dir, "/elsewhere");
	fresh.clock_need_sync = !c.clock_need_sync;
	config_change(&c, &fresh, &change);
	assert_int_equal(change.taken_count, 1);
	assert_string_equal(change.taken[0], "mailbox");
	assert_int_equal(change.left_count, 4);
	assert_string_equal(change.left[0], "listen");
	was.mailbox = 77;
	assert_memory_equal(&c, &was, sizeof c);
	/* Bytes after the end of a text are no difference. */
	fresh = c;
	fresh.state_dir[CONFIG_TEXT_MAX - 1] = 'x';
	config_change(&c, &fresh, &change);
	assert_int_equal(change.left_count, 0);
	for (; (key = setting_at(all)) != NULL; all++)
		live += key->live;
	assert_true(all <= CONFIG_KEYS_MAX && live > 0 && live < all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_may_change_changes),
		cmocka_unit_test(every_default_is_valid),
		cmocka_unit_test(the_table_covers_the_struct),
		cmocka_unit_test(what_is_printed_reads_back),
		cmocka_unit_test(the_installed_file_is_current),
		cmocka_unit_test(the_installed_file_parses),
		cmocka_unit_test(all_mistakes_are_reported_at_once),
		cmocka_unit_test(each_mistake_alone),
		cmocka_unit_test(texts_too_long),
		cmocka_unit_test(values_wrong_together),
		cmocka_unit_test(values_wrong_together_are_reported_at_once),
		cmocka_unit_test(endpoints_are_numeric),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(mistakes_of_one_line_keep_their_order),
		cmocka_unit_test(comments_are_skipped),
		cmocka_unit_test(units_are_exact),
		cmocka_unit_test(a_long_report_says_what_it_dropped),
		cmocka_unit_test(files_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
