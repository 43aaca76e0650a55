/*
 * What one member can make all others hold, and do: pending proposals and
 * leaves that are each as large as may be, and as many. There is an end to
 * it, and what is held at that end can be saved, loaded and gone on from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include <rowan/mls.h>

#include "lib/mls_scene.h"
#include "mls/public/object/limits.h"

#define CUSTOM 0xfff1
#define MIB    ((size_t)1 << 20)

static uint8_t much[MIB];
static const uint16_t supported = CUSTOM;

static struct rowan_mls_bytes view(const struct rowan_mls_buf *b)
{
	return (struct rowan_mls_bytes){b->data, b->len};
}

/* A client whose credential is of ${len} bytes. */
static struct rowan_mls *client(size_t len)
{
	struct rowan_mls_options o = {
		.credential = {ROWAN_MLS_BASIC, {much, len}},
		.proposals = {&supported, 1}};
	struct rowan_mls *ret;

	rowan_mls_host_init(&o.host);
	assert_int_equal(rowan_mls_new(&o, &ret), 0);
	return ret;
}

static struct rowan_mls_group *group(struct rowan_mls *c)
{
	struct rowan_mls_group *ret;

	assert_int_equal(
		rowan_mls_group_create(c, (struct rowan_mls_bytes){NULL, 0},
			(struct rowan_mls_extensions){NULL, 0}, &ret),
		0);
	return ret;
}

/* The group is saved, loaded, and the same when saved again. */
static void assert_lives(struct rowan_mls *c, struct rowan_mls_group **g)
{
	struct rowan_mls_buf before, after;

	assert_int_equal(rowan_mls_group_save(*g, &before), 0);
	rowan_mls_group_free(*g);
	assert_int_equal(rowan_mls_group_load(c, view(&before), g), 0);
	assert_int_equal(rowan_mls_group_save(*g, &after), 0);
	assert_int_equal(after.len, before.len);
	assert_memory_equal(after.data, before.data, after.len);
	rowan_mls_buf_free(&before);
	rowan_mls_buf_free(&after);
}

/* What was proposed is no more than MLS_CACHE_BYTES_MAX in one epoch. */
static void test_own_proposals(void **state)
{
	const struct rowan_mls_proposal p = {
		.type = CUSTOM, .data = {much, MIB - 200}};
	struct rowan_mls *c = client(1);
	struct rowan_mls_group *g = group(c);
	struct rowan_mls_committed made;
	struct rowan_mls_buf m;

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < MLS_CACHE_BYTES_MAX / MIB; i++) {
			much[0] = (uint8_t)i;
			assert_int_equal(
				rowan_mls_propose(g, &p, NULL, &m, NULL), 0);
			rowan_mls_buf_free(&m);
		}
		much[0] = UINT8_MAX;
		assert_int_equal(rowan_mls_propose(g, &p, NULL, &m, NULL),
			ROWAN_E_LIMIT);
		assert_null(m.data);
		assert_lives(c, &g);
		/* A loaded cache has not forgotten how much it holds. */
		assert_int_equal(rowan_mls_propose(g, &p, NULL, &m, NULL),
			ROWAN_E_LIMIT);
		/* An epoch later there is room again. */
		assert_int_equal(rowan_mls_commit(g, NULL, &made), 0);
		assert_int_equal(rowan_mls_merge_commit(g), 0);
		rowan_mls_committed_free(&made);
	}
	rowan_mls_group_free(g);
	rowan_mls_free(c);
}

/* A member who does not count, and who looks on from outside. */
static void test_their_proposals(void **state)
{
	struct public_group *again;
	struct scene s;
	struct writer w;
	struct buf saved;

	scene_begin(&s);
	writer_init(&w, 2 * MIB);
	for (size_t i = 0; i <= MLS_CACHE_BYTES_MAX / MIB; i++) {
		w.len = 0;
		much[0] = (uint8_t)i;
		proposal_write_other(&w, CUSTOM, bytes_of(much, MIB - 400));
		assert_int_equal(scene_propose(&s, 1, writer_view(&w)),
			i < MLS_CACHE_BYTES_MAX / MIB ? 0 : ROWAN_E_LIMIT);
	}
	/* What little fits is still taken. */
	assert_int_equal(scene_propose(&s, 1, scene_update(&s, 1)), 0);
	assert_int_equal(public_group_save(s.f.group, &saved), 0);
	assert_int_equal(
		public_group_load(suite_default, buf_view(&saved), &again), 0);
	public_group_free(again);
	buf_wipe(&saved);
	writer_wipe(&w);
	scene_end(&s);
}

/* Of ${n} proposals every other one is of a type that nobody supports. */
static size_t committed_of(size_t n)
{
	const struct rowan_mls_commit_options o = {.wire = {.is_public = true}};
	struct rowan_mls *c = client(1);
	struct rowan_mls_group *g = group(c);
	struct rowan_mls_committed made;
	struct mls_message m;
	size_t ret;

	for (uint32_t i = 0; i < n; i++) {
		const struct rowan_mls_proposal p = {
			.type = (uint16_t)(CUSTOM + i % 2),
			.data = {(const uint8_t *)&i, sizeof i}};
		struct rowan_mls_buf sent;

		assert_int_equal(
			rowan_mls_propose(g, &p, &o.wire, &sent, NULL), 0);
		rowan_mls_buf_free(&sent);
	}
	assert_int_equal(rowan_mls_pending_count(g), n);
	assert_int_equal(rowan_mls_commit(g, &o, &made), 0);
	assert_int_equal(
		mls_message_decode(
			bytes_of(made.commit.data, made.commit.len), &m),
		0);
	ret = m.public_message->content.commit->n;
	mls_message_wipe(&m);
	assert_int_equal(rowan_mls_merge_commit(g), 0);
	rowan_mls_committed_free(&made);
	rowan_mls_group_free(g);
	rowan_mls_free(c);
	return ret;
}

/*
 * What goes together of the pending proposals is looked for as long as that
 * is cheap; a cache full of what does not go in stops no commit.
 */
static void test_choosing(void **state)
{
	size_t some;

	assert_int_equal(committed_of(100), 50);
	some = committed_of(MLS_CACHE_MAX);
	assert_in_range(some, 50, MLS_CACHE_MAX / 2 - 1);
}

/* Add ${n} members with the largest credentials. */
static int add_large(struct rowan_mls_group *g, size_t n)
{
	struct rowan_mls_proposal *p = calloc(n, sizeof *p);
	struct rowan_mls_buf *package = calloc(n, sizeof *package);
	const struct rowan_mls_commit_options o = {
		.proposals = p, .n = n, .wire = {.is_public = true}};
	struct rowan_mls_committed made;
	int rc;

	assert_non_null(p);
	assert_non_null(package);
	for (size_t i = 0; i < n; i++) {
		struct rowan_mls *c = client(MLS_CREDENTIAL_MAX);

		assert_int_equal(
			rowan_mls_key_package(c, NULL, &package[i], NULL), 0);
		rowan_mls_free(c);
		p[i].type = ROWAN_MLS_ADD;
		p[i].key_package = view(&package[i]);
	}
	rc = rowan_mls_commit(g, &o, &made);
	rowan_mls_committed_free(&made);
	for (size_t i = 0; i < n; i++)
		rowan_mls_buf_free(&package[i]);
	free(package);
	free(p);
	return rc;
}

/* A tree nobody could be sent is not gone on to. */
static void test_tree(void **state)
{
	const size_t half = MLS_TREE_MAX / MLS_CREDENTIAL_MAX / 2 + 2;
	struct rowan_mls *c = client(1);
	struct rowan_mls_group *g = group(c);

	assert_int_equal(add_large(g, half), 0);
	assert_int_equal(rowan_mls_merge_commit(g), 0);
	assert_lives(c, &g);
	assert_int_equal(add_large(g, half), ROWAN_E_LIMIT);
	assert_null(rowan_mls_staged_commit(g));
	assert_int_equal(rowan_mls_group_member_count(g), half + 1);
	assert_lives(c, &g);
	assert_int_equal(add_large(g, 1), 0);
	rowan_mls_group_free(g);
	rowan_mls_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_proposals),
		cmocka_unit_test(test_their_proposals),
		cmocka_unit_test(test_choosing),
		cmocka_unit_test(test_tree),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
