/*
 * Two devices and their transfers: see transfer_pair.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/transfer_pair.h"
#include "wire/blob.h"
#include "wire/hello.h"
#include "wire/op.h"

struct double_pair pair;
struct pair_side pair_a, pair_b;
uint8_t *pair_big;

static void pushed(void *ctx, const struct wire_message *m)
{
}

static void greeted(void *ctx, const struct requests_outcome *o)
{
	struct pair_side *s = ctx;

	if (o->rc == 0)
		requests_version(s->q, 1);
}

static void sent(void *ctx, const struct id16 *blob, int rc)
{
	struct pair_side *s = ctx;

	s->sent++;
	s->sent_rc = rc;
}

static void given(
	void *ctx, const struct transfer_what *what, int rc, struct bytes data)
{
	struct pair_side *s = ctx;

	s->given++;
	s->given_rc = rc;
	s->memory_len = data.len;
	if (data.len > 0 && data.len <= sizeof s->memory)
		memcpy(s->memory, data.data, data.len);
}

static void start(struct pair_side *s)
{
	struct transfer_options o = {
		.vault = s->kit.vault, .sent = sent, .got = given, .ctx = s};

	assert_int_equal(events_new(&s->events, s->kit.vault), 0);
	assert_int_equal(
		requests_new(&s->q, relay_double_transport(pair.d, &s->device),
			pushed, s),
		0);
	s->greeted = 0;
	relay_double_cut(pair.d, &s->device);
	o.events = s->events;
	o.requests = s->q;
	assert_int_equal(transfer_new(&s->x, &o), 0);
}

static void stop(struct pair_side *s)
{
	transfer_free(s->x);
	requests_free(s->q);
	events_free(s->events);
}

void pair_restart(struct pair_side *s)
{
	stop(s);
	vault_kit_again(&s->kit);
	start(s);
}

int pair_step(struct pair_side *s)
{
	static const struct wire_hello hello = {{1, 1}};
	const struct transport *t = relay_double_transport(pair.d, &s->device);
	struct requests_new n = {
		.op = WIRE_OP_HELLO, .done = greeted, .ctx = s};
	struct writer w;
	int rc;

	(void)requests_step(s->q, relay_double_ms(pair.d));
	if (t->connection(t->ctx) != s->greeted) {
		s->greeted = t->connection(t->ctx);
		writer_init(&w, 64);
		assert_int_equal(wire_hello_encode(&hello, &w), 0);
		n.body = writer_view(&w);
		assert_int_equal(requests_start(s->q, &n), 0);
		writer_wipe(&w);
	}
	rc = transfer_step(s->x, relay_double_ms(pair.d));
	(void)requests_step(s->q, relay_double_ms(pair.d));
	return rc;
}

/* Until nothing is due within a minute. */
void pair_run(struct pair_side *s)
{
	for (int i = 0; i < 20000; i++) {
		uint64_t now = relay_double_ms(pair.d), wait, wait2;

		assert_int_equal(pair_step(s), 0);
		wait = transfer_wait(s->x, now);
		wait2 = requests_wait(s->q, now);
		wait = wait < wait2 ? wait : wait2;
		if (wait > 60000)
			return;
		relay_double_pass(pair.d, wait);
	}
	fail_msg("%s", "never at rest");
}

int pair_setup(void **state)
{
	struct config config;

	config_defaults(&config);
	double_pair_begin(&pair, &config);
	memset(&pair_a, 0, sizeof pair_a);
	memset(&pair_b, 0, sizeof pair_b);
	pair_a.device = pair.alice.id;
	pair_b.device = pair.bob.id;
	vault_kit_begin(&pair_a.kit);
	vault_kit_begin(&pair_b.kit);
	start(&pair_a);
	start(&pair_b);
	pair_big = malloc(PAIR_BIG);
	assert_non_null(pair_big);
	for (size_t i = 0; i < PAIR_BIG; i++)
		pair_big[i] = (uint8_t)(i * 31 + i / 1000);
	return 0;
}

int pair_teardown(void **state)
{
	stop(&pair_a);
	stop(&pair_b);
	vault_kit_end(&pair_a.kit);
	vault_kit_end(&pair_b.kit);
	double_pair_end(&pair);
	free(pair_big);
	return 0;
}

/* ---- what the tests say ---- */

struct transfer_what pair_what(uint8_t message)
{
	struct transfer_what w = {.channel = pair.channel};

	w.message.b[0] = message;
	return w;
}

void pair_write_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

void pair_assert_file(const char *path, const void *data, size_t len)
{
	uint8_t *mem = malloc(len + 1);
	FILE *f = fopen(path, "rb");
	struct stat st;

	assert_non_null(f);
	assert_non_null(mem);
	assert_int_equal(fread(mem, 1, len + 1, f), len);
	if (len > 0)
		assert_memory_equal(mem, data, len);
	assert_int_equal(fstat(fileno(f), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_nlink, 1);
	fclose(f);
	free(mem);
}

size_t pair_files(const struct pair_side *s)
{
	char command[128];
	unsigned n = 0;
	FILE *f;

	snprintf(command, sizeof command, "ls -A %s | grep -vc '^vault'",
		s->kit.dir);
	f = popen(command, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%u", &n), 1);
	pclose(f);
	return n;
}

struct content_blob pair_keep(const void *data, size_t len)
{
	struct content_blob blob;
	char path[128];
	struct transfer_what w = pair_what(1);

	vault_kit_path(&pair_a.kit, "in", path, sizeof path);
	pair_write_file(path, data, len);
	assert_int_equal(vault_begin(pair_a.kit.vault), 0);
	assert_int_equal(transfer_keep_file(pair_a.x, &w, path, &blob), 0);
	assert_int_equal(vault_commit(pair_a.kit.vault), 0);
	unlink(path);
	return blob;
}

struct content_blob pair_upload(const void *data, size_t len)
{
	struct content_blob blob = pair_keep(data, len);
	enum transfer_state state;
	int code;

	pair_run(&pair_a);
	assert_int_equal(
		transfer_state(pair_a.x, &blob.blob, &state, &code), 0);
	assert_int_equal(state, TRANSFER_DONE);
	assert_int_equal(pair_a.sent, 1);
	assert_int_equal(pair_a.sent_rc, 0);
	return blob;
}

char *pair_out_path(void)
{
	static char path[128];

	vault_kit_path(&pair_b.kit, "out", path, sizeof path);
	return path;
}

int pair_fetch(
	uint8_t message, const struct content_blob *blob, const char *path)
{
	struct transfer_what w = pair_what(message);
	int rc;

	assert_int_equal(vault_begin(pair_b.kit.vault), 0);
	rc = transfer_fetch(pair_b.x, &w, blob, path);
	if (rc == 0) {
		assert_int_equal(vault_commit(pair_b.kit.vault), 0);
	} else {
		vault_abort(pair_b.kit.vault);
		transfer_aborted(pair_b.x);
	}
	return rc;
}

/* The last event of a side, and how many there were of its type. */
struct event pair_last_event(struct pair_side *s, unsigned *ret_count)
{
	unsigned count[100] = {0};
	struct event e, last = {0};
	struct buf mem;

	while (events_next(s->events, &e, &mem) == 0) {
		assert_int_equal(events_done(s->events, e.number), 0);
		assert_true(e.type < 100);
		count[e.type]++;
		last = e;
		buf_wipe(&mem);
	}
	if (ret_count != NULL)
		*ret_count = count[last.type];
	return last;
}

void pair_assert_failed(int code)
{
	struct event e = pair_last_event(&pair_b, NULL);
	struct transfer_what w = pair_what(2);

	assert_int_equal(e.type, ROWAN_EVENT_FETCH_FAILED);
	assert_int_equal(e.code, code);
	assert_int_equal(pair_files(&pair_b), 0);
	assert_int_equal(vault_begin(pair_b.kit.vault), 0);
	assert_int_equal(
		transfer_fetch_cancel(pair_b.x, &w.message), ROWAN_E_NOT_FOUND);
	vault_abort(pair_b.kit.vault);
}
