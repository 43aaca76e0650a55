/*
 * Attachments from a daemon that lies about them.
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
#include "wire/op.h"

static void set_answer(struct double_message *m, struct wire_blob_get_answer *g)
{
	struct writer w;

	writer_init(&w, 256);
	assert_int_equal(wire_blob_get_answer_encode(g, &w), 0);
	assert_int_equal(buf_set(&m->frame[1], writer_view(&w)), 0);
	writer_wipe(&w);
}

static void get_answer(struct double_message *m, struct wire_blob_get_answer *g)
{
	static struct bytes frames[WIRE_FRAMES_MAX];
	struct wire_message wm;

	for (size_t i = 0; i < m->count; i++)
		frames[i] = buf_view(&m->frame[i]);
	assert_int_equal(wire_message_assemble(frames, m->count, &wm), 0);
	assert_int_equal(wire_blob_get_answer_decode(&wm, g), 0);
}

static void swap(struct double_message *m)
{
	struct buf one = m->frame[2];

	m->frame[2] = m->frame[3];
	m->frame[3] = one;
}

static void repeat(struct double_message *m)
{
	assert_int_equal(buf_set(&m->frame[3], buf_view(&m->frame[2])), 0);
}

static void flip(struct double_message *m)
{
	m->frame[4].data[77] ^= 1;
}

static void grow(struct double_message *m)
{
	struct wire_blob_get_answer g;

	get_answer(m, &g);
	g.size += 10 * WIRE_CHUNK_LEN;
	set_answer(m, &g);
}

static void shrink(struct double_message *m)
{
	struct wire_blob_get_answer g;

	get_answer(m, &g);
	buf_wipe(&m->frame[--m->count]);
	g.count--;
	g.size = g.count * (uint64_t)WIRE_CHUNK_LEN;
	set_answer(m, &g);
}

static void elsewhere(struct double_message *m)
{
	struct wire_blob_get_answer g;

	get_answer(m, &g);
	g.first = 1;
	buf_wipe(&m->frame[--m->count]);
	g.count--;
	set_answer(m, &g);
}

static enum double_fate lie(void *ctx, struct double_message *m)
{
	void (*const *alter)(struct double_message *) = ctx;

	if (m->header.op == (WIRE_OP_BLOB_GET | WIRE_ANSWER))
		(*alter)(m);
	return DOUBLE_PASS;
}

static void test_lies(void **state)
{
	static void (*lies[])(struct double_message *) = {
		swap, repeat, flip, grow, shrink, elsewhere};
	struct content_blob blob = pair_upload(pair_big, PAIR_BIG);

	for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
		relay_double_hook(pair.d, lie, &lies[i]);
		assert_int_equal(pair_fetch(2, &blob, pair_out_path()), 0);
		pair_run(&pair_b);
		pair_assert_failed(ROWAN_E_CRYPTO);
	}
	relay_double_hook(pair.d, NULL, NULL);
	assert_int_equal(pair_fetch(2, &blob, pair_out_path()), 0);
	pair_run(&pair_b);
	pair_assert_file(pair_out_path(), pair_big, PAIR_BIG);
}

/* The message promised something else than what the blob holds. */
static void test_false_digest(void **state)
{
	struct content_blob blob = pair_upload(pair_big, PAIR_BIG);

	blob.digest.b[0] ^= 1;
	assert_int_equal(pair_fetch(2, &blob, pair_out_path()), 0);
	pair_run(&pair_b);
	pair_assert_failed(ROWAN_E_CRYPTO);
	assert_int_equal(pair_fetch(2, &blob, NULL), ROWAN_E_LIMIT);
}

static void test_other_blob(void **state)
{
	struct content_blob one = pair_upload(pair_big, PAIR_BIG), two, mixed;

	pair_a.sent = 0;
	two = pair_upload(pair_big, PAIR_BIG);
	mixed = one;
	mixed.blob = two.blob;
	assert_int_equal(pair_fetch(2, &mixed, pair_out_path()), 0);
	pair_run(&pair_b);
	pair_assert_failed(ROWAN_E_CRYPTO);
	mixed = one;
	mixed.size -= 100000;
	assert_int_equal(pair_fetch(2, &mixed, pair_out_path()), 0);
	pair_run(&pair_b);
	pair_assert_failed(ROWAN_E_CRYPTO);
	mixed = one;
	mixed.blob.b[0] ^= 1;
	assert_int_equal(pair_fetch(2, &mixed, pair_out_path()), 0);
	pair_run(&pair_b);
	pair_assert_failed(ROWAN_E_REFUSED);
}

static enum double_fate stuck(void *ctx, struct double_message *m)
{
	if (m->header.op == (WIRE_OP_BLOB_PUT | WIRE_ANSWER))
		memset(m->frame[1].data, 0, m->frame[1].len);
	return DOUBLE_PASS;
}

static enum double_fate beyond(void *ctx, struct double_message *m)
{
	if (m->header.op == (WIRE_OP_BLOB_BEGIN | WIRE_ANSWER))
		m->frame[1].data[m->frame[1].len - 1] = 100;
	return DOUBLE_PASS;
}

/* An upload that never gets further, or too far, is given up. */
static void test_false_progress(void **state)
{
	double_hook *const hooks[] = {stuck, beyond};
	enum transfer_state now;
	int code;

	for (unsigned i = 0; i < 2; i++) {
		struct content_blob blob = pair_keep(pair_big, PAIR_BIG);

		relay_double_hook(pair.d, hooks[i], NULL);
		pair_run(&pair_a);
		assert_int_equal(
			transfer_state(pair_a.x, &blob.blob, &now, &code), 0);
		assert_int_equal(now, TRANSFER_FAILED);
		assert_int_equal(code, ROWAN_E_MALFORMED);
		assert_int_equal(pair_a.sent, i + 1);
		assert_int_equal(pair_a.sent_rc, ROWAN_E_MALFORMED);
	}
}

/* ---- this machine ---- */

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, pair_setup, pair_teardown)
	const struct CMUnitTest tests[] = {
		T(test_lies),
		T(test_false_digest),
		T(test_other_blob),
		T(test_false_progress),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
