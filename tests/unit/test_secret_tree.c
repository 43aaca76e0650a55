/*
 * The secret tree's two edges (RFC 9420 section 9): the last generation is
 * never used, for sending or for receiving, and what lies before it still is;
 * skipped keys are kept within their window and no longer; what is consumed is
 * wiped; what is loaded is a tree.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "mls/member/keys/secret_tree.h"

/* Where a saved tree of one leaf has its two generations. */
static const size_t generation_at[] = {11, 48};

/* A tree of one leaf whose ratchets both stand at ${generation}. */
static struct secret_tree *tree_at(uint32_t generation)
{
	struct secret encryption = {.len = 32};
	struct secret_tree_step *step;
	struct secret_tree *t;
	struct reader r;
	struct writer w;
	struct buf saved;

	assert_int_equal(secret_tree_new(&suite_0003, &encryption, 1, &t), 0);
	assert_int_equal(
		secret_tree_find_next(t, 0, RATCHET_HANDSHAKE, &step), 0);
	secret_tree_take(t, step);
	writer_init(&w, 4096);
	secret_tree_write(&w, t);
	secret_tree_free(t);
	assert_int_equal(writer_finish(&w, &saved), 0);
	assert_int_equal(saved.len, 85);
	assert_int_equal(saved.data[generation_at[0] + 3], 1);
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < 4; k++)
			saved.data[generation_at[i] + k] =
				(uint8_t)(generation >> (24 - 8 * k));
	reader_init(&r, buf_view(&saved));
	assert_int_equal(secret_tree_read(&r, &suite_0003, &t), 0);
	buf_wipe(&saved);
	return t;
}

static void the_last_generation(void **state)
{
	static const struct secret_tree_limits limits = {64, 1000};
	static const enum ratchet_kind kinds[] = {
		RATCHET_HANDSHAKE, RATCHET_APPLICATION};

	for (size_t i = 0; i < 2; i++) {
		struct secret_tree_place place = {0, kinds[i], UINT32_MAX};
		struct secret_tree *t = tree_at(UINT32_MAX - 1);
		struct secret_tree_step *step;

		assert_int_equal(secret_tree_find(t, &limits, &place, &step),
			ROWAN_E_MLS_TOO_FAR);
		assert_null(step);
		assert_int_equal(
			secret_tree_find_next(t, 0, kinds[i], &step), 0);
		assert_int_equal(secret_tree_step_place(step)->generation,
			UINT32_MAX - 1);
		secret_tree_take(t, step);
		assert_int_equal(secret_tree_find_next(t, 0, kinds[i], &step),
			ROWAN_E_MLS_TOO_FAR);
		assert_null(step);
		assert_int_equal(secret_tree_find(t, &limits, &place, &step),
			ROWAN_E_MLS_TOO_FAR);
		place.generation--;
		assert_int_equal(secret_tree_find(t, &limits, &place, &step),
			ROWAN_E_MLS_REPLAY);
		secret_tree_free(t);
	}
}

static int take(struct secret_tree *t, uint32_t generation)
{
	static const struct secret_tree_limits limits = {2, 10};
	const struct secret_tree_place place = {
		0, RATCHET_APPLICATION, generation};
	struct secret_tree_step *step;
	int rc = secret_tree_find(t, &limits, &place, &step);

	if (rc == 0)
		secret_tree_take(t, step);
	return rc;
}

/* Skipped keys go with their window, and each serves once. */
static void the_window(void **state)
{
	struct secret_tree *t = tree_at(0);

	assert_int_equal(take(t, 11), ROWAN_E_MLS_TOO_FAR);
	assert_int_equal(take(t, 5), 0);
	assert_int_equal(take(t, 2), ROWAN_E_MLS_REPLAY);
	assert_int_equal(take(t, 3), 0);
	assert_int_equal(take(t, 3), ROWAN_E_MLS_REPLAY);
	assert_int_equal(take(t, 8), 0);
	assert_int_equal(take(t, 4), ROWAN_E_MLS_REPLAY);
	assert_int_equal(take(t, 7), 0);
	assert_int_equal(take(t, 6), 0);
	assert_int_equal(take(t, 6), ROWAN_E_MLS_REPLAY);
	secret_tree_free(t);
	/* One that was skipped before stays to the window's last place. */
	t = tree_at(0);
	assert_int_equal(take(t, 5), 0);
	assert_int_equal(take(t, 6), 0);
	assert_int_equal(take(t, 3), ROWAN_E_MLS_REPLAY);
	assert_int_equal(take(t, 4), 0);
	secret_tree_free(t);
}

/* A leaf beyond the tree has no keys, and nothing is read there. */
static void leaves_that_are_not_there(void **state)
{
	static const uint32_t none[] = {2, 3, UINT32_C(1) << 31, UINT32_MAX};
	static const struct secret_tree_limits limits = {2, 10};
	struct secret encryption = {.len = 32};
	struct secret_tree_step *step;
	struct secret_tree *t;

	assert_int_equal(secret_tree_new(&suite_0003, &encryption, 2, &t), 0);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		const struct secret_tree_place place = {
			none[i], RATCHET_HANDSHAKE, 0};

		assert_int_equal(secret_tree_find(t, &limits, &place, &step),
			ROWAN_E_MLS_SENDER);
		assert_null(step);
		assert_int_equal(secret_tree_find_next(
					 t, none[i], RATCHET_HANDSHAKE, &step),
			ROWAN_E_MLS_SENDER);
	}
	secret_tree_free(t);
}

/* What a saved tree says; zero is a sound one. */
struct saved {
	uint32_t leaves; /* 2 */
	uint32_t node;	 /* 2: the second leaf's */
	uint32_t leaf[2];
	size_t n;	/* of those: 1 */
	size_t skipped; /* bytes of skipped keys */
};

static void write_ratchet(struct writer *w, size_t skipped)
{
	static const uint8_t bytes[200];

	writer_u32(w, 9);
	writer_raw(w, bytes, 32);
	writer_vec(w, bytes_of(bytes, skipped));
}

/* Loaded, and the same when it is saved again; or what is said to it. */
static int load(const struct saved *s)
{
	static const uint8_t secret[32];
	struct writer w, again;
	struct secret_tree *t;
	struct reader r;
	size_t mark;
	int rc;

	writer_init(&w, 1000);
	writer_u32(&w, s->leaves);
	mark = writer_open(&w);
	writer_u32(&w, s->node);
	writer_raw(&w, secret, sizeof secret);
	writer_close(&w, mark);
	mark = writer_open(&w);
	for (size_t i = 0; i < s->n; i++) {
		writer_u32(&w, s->leaf[i]);
		write_ratchet(&w, s->skipped);
		write_ratchet(&w, 0);
	}
	writer_close(&w, mark);
	assert_int_equal(writer_status(&w), 0);
	reader_init(&r, writer_view(&w));
	rc = secret_tree_read(&r, &suite_0003, &t);
	assert_int_equal(rc == 0, t != NULL);
	if (rc == 0) {
		writer_init(&again, 1000);
		secret_tree_write(&again, t);
		assert_true(bytes_eq(writer_view(&w), writer_view(&again)));
		writer_wipe(&again);
	}
	secret_tree_free(t);
	writer_wipe(&w);
	return rc;
}

#define KEY_LEN (4 + 32 + 12) /* a skipped key: generation, key, nonce */

static void what_is_loaded_is_a_tree(void **state)
{
	static const struct saved sound = {.leaves = 2, .node = 2, .n = 1};
	static const uint32_t widths[] = {0, 3, 6, 1u << 15, UINT32_MAX};
	static const size_t skipped[] = {1, KEY_LEN - 1, KEY_LEN + 1};
	struct saved s = sound;

	assert_int_equal(load(&s), 0);
	s.leaves = 1u << 14;
	assert_int_equal(load(&s), 0);
	for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
		s.leaves = widths[i];
		assert_int_equal(load(&s), ROWAN_E_CORRUPT);
	}
	s = sound;
	s.node = 3;
	assert_int_equal(load(&s), ROWAN_E_CORRUPT);
	s = sound;
	s.leaf[0] = 2;
	assert_int_equal(load(&s), ROWAN_E_CORRUPT);
	/* one leaf twice */
	s = sound;
	s.n = 2;
	assert_int_equal(load(&s), ROWAN_E_CORRUPT);
	s.leaf[1] = 1;
	assert_int_equal(load(&s), 0);
	s = sound;
	s.skipped = 2 * (size_t)KEY_LEN;
	assert_int_equal(load(&s), 0);
	for (size_t i = 0; i < sizeof skipped / sizeof *skipped; i++) {
		s.skipped = skipped[i];
		assert_int_equal(load(&s), ROWAN_E_CORRUPT);
	}
}

/* How often ${len} times ${byte} stands in the heap. */
static size_t in_heap(uint8_t byte, size_t len)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[256];
	size_t found = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof line, maps) != NULL) {
		uintptr_t from, to;
		size_t run = 0;

		if (strstr(line, "[heap]") == NULL ||
			sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &from, &to) != 2)
			continue;
		for (const uint8_t *p = (const uint8_t *)from;
			p < (const uint8_t *)to; p++) {
			run = *p == byte ? run + 1 : 0;
			found += run == len;
		}
	}
	fclose(maps);
	return found;
}

/*
 * Section 9.2: the secrets from which a used one came are gone from memory
 * while the tree lives on. A sanitizer or valgrind keeps its heap elsewhere;
 * there nothing is found before, and nothing is said.
 */
static void what_is_consumed_is_wiped(void **state)
{
	struct secret encryption = {.len = 32};
	struct secret_tree_step *step;
	struct secret_tree *t;
	uint8_t *probe = malloc(32);
	size_t before, expected;

	assert_non_null(probe);
	memset(probe, 0x5e, 32);
	expected = in_heap(0x5e, 32);
	free(probe);
	memset(encryption.b, 0xe5, encryption.len);
	assert_int_equal(secret_tree_new(&suite_0003, &encryption, 8, &t), 0);
	before = in_heap(0xe5, encryption.len);
	assert_int_equal(
		secret_tree_find_next(t, 5, RATCHET_APPLICATION, &step), 0);
	assert_int_equal(in_heap(0xe5, encryption.len), before);
	secret_tree_take(t, step);
	assert_int_equal(in_heap(0xe5, encryption.len), 0);
	assert_int_equal(before, expected);
	secret_tree_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_generation),
		cmocka_unit_test(the_window),
		cmocka_unit_test(leaves_that_are_not_there),
		cmocka_unit_test(what_is_loaded_is_a_tree),
		cmocka_unit_test(what_is_consumed_is_wiped),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
