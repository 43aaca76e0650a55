/*
 * What is consumed or given up is gone (RFC 9420 section 9.2): no block of
 * memory that is handed back holds a secret the library had, and no later
 * save holds one that was used. Every free and realloc of this program looks
 * through the block before it goes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <malloc.h>
#include <sodium.h>

#include "mls/member/group/group.h"

#define SECRETS_MAX 400
#define LEN	    32

void __real_free(void *p);
void __wrap_free(void *p);
void *__real_realloc(void *p, size_t len);
void *__wrap_realloc(void *p, size_t len);

/* What must not be found, and how often it was. */
static struct {
	uint8_t secret[SECRETS_MAX][LEN];
	size_t n;
	unsigned found;
} watch;

static size_t holds(const uint8_t *block, size_t len)
{
	for (size_t at = 0; at + LEN <= len; at++)
		for (size_t i = 0; i < watch.n; i++)
			if (block[at] == watch.secret[i][0] &&
				memcmp(block + at, watch.secret[i], LEN) == 0)
				return i + 1;
	return 0;
}

void __wrap_free(void *p)
{
	if (p != NULL && holds(p, malloc_usable_size(p)) != 0)
		watch.found++;
	__real_free(p);
}

void *__wrap_realloc(void *p, size_t len)
{
	if (p != NULL && holds(p, malloc_usable_size(p)) != 0)
		watch.found++;
	return __real_realloc(p, len);
}

static void watch_for(const struct secret *s)
{
	if (s->len != LEN)
		return;
	assert_true(watch.n < SECRETS_MAX);
	memcpy(watch.secret[watch.n++], s->b, LEN);
}

/* Every secret of an epoch but those of its message keys. */
static void watch_epoch(const struct rowan_mls_group *g)
{
	const struct epoch_secrets *e = &g->secrets;

	watch_for(&e->init);
	watch_for(&e->sender_data);
	watch_for(&e->exporter);
	watch_for(&e->external);
	watch_for(&e->confirmation);
	watch_for(&e->membership);
	watch_for(&e->resumption);
	watch_for(&e->authenticator);
	for (size_t i = 0; i < g->keys->n; i++)
		watch_for(&g->keys->keys[i].sk);
}

/* The next key of a leaf, in either ratchet. */
static void watch_keys(const struct rowan_mls_group *g, uint32_t leaf)
{
	for (int kind = RATCHET_HANDSHAKE; kind <= RATCHET_APPLICATION;
		kind++) {
		struct secret_tree_step *step;
		struct secret key = {.len = LEN};

		assert_int_equal(secret_tree_find_next(g->message_keys, leaf,
					 (enum ratchet_kind)kind, &step),
			0);
		memcpy(key.b, secret_tree_step_key(step)->key, LEN);
		secret_tree_drop(step);
		watch_for(&key);
	}
}

struct cast {
	struct rowan_mls *ann, *bob;
	struct rowan_mls_group *a, *b;
};

static struct rowan_mls_bytes view(const struct rowan_mls_buf *b)
{
	return (struct rowan_mls_bytes){b->data, b->len};
}

static void client(const char *name, struct rowan_mls **ret)
{
	struct rowan_mls_options o = {
		.credential = {ROWAN_MLS_BASIC, {(const uint8_t *)name, 3}}};

	rowan_mls_host_init(&o.host);
	assert_int_equal(rowan_mls_new(&o, ret), 0);
}

static int setup(void **state)
{
	static struct cast t;

	watch.n = watch.found = 0;
	client("ann", &t.ann);
	client("bob", &t.bob);
	assert_int_equal(
		rowan_mls_group_create(t.ann, (struct rowan_mls_bytes){NULL, 0},
			(struct rowan_mls_extensions){NULL, 0}, &t.a),
		0);
	t.b = NULL;
	*state = &t;
	return 0;
}

static int teardown(void **state)
{
	struct cast *t = *state;

	rowan_mls_group_free(t->a);
	rowan_mls_group_free(t->b);
	rowan_mls_free(t->ann);
	rowan_mls_free(t->bob);
	return 0;
}

/* Bob joins; his package's private keys are used up. */
static void join(struct cast *t)
{
	struct rowan_mls_proposal p = {.type = ROWAN_MLS_ADD};
	const struct rowan_mls_commit_options o = {
		.proposals = &p, .n = 1, .tree = true};
	struct rowan_mls_committed made;
	struct rowan_mls_buf package;

	assert_int_equal(
		rowan_mls_key_package(t->bob, NULL, &package, NULL), 0);
	watch_for(&t->bob->packages->init_sk);
	watch_for(&t->bob->packages->leaf_sk);
	p.key_package = view(&package);
	watch_epoch(t->a);
	assert_int_equal(rowan_mls_commit(t->a, &o, &made), 0);
	watch_epoch(t->a->staged);
	watch_keys(t->a->staged, 1);
	assert_int_equal(rowan_mls_merge_commit(t->a), 0);
	assert_int_equal(
		rowan_mls_join(t->bob, view(&made.welcome), NULL, &t->b), 0);
	watch_epoch(t->b);
	rowan_mls_committed_free(&made);
	rowan_mls_buf_free(&package);
}

static void nothing_saved(const struct rowan_mls_group *g, size_t from)
{
	struct rowan_mls_buf blob;

	assert_int_equal(rowan_mls_group_save(g, &blob), 0);
	for (size_t i = from; i < watch.n; i++)
		for (size_t at = 0; at + LEN <= blob.len; at++)
			assert_memory_not_equal(
				blob.data + at, watch.secret[i], LEN);
	rowan_mls_buf_free(&blob);
}

/* The watch sees what is there: else all of this would prove nothing. */
static void the_watch_sees(void **state)
{
	struct cast *t = *state;
	uint8_t *block = malloc(100);

	assert_non_null(block);
	watch_epoch(t->a);
	memcpy(block + 5, watch.secret[0], LEN);
	assert_int_equal(watch.found, 0);
	free(block);
	assert_int_equal(watch.found, 1);
}

static void a_groups_whole_life(void **state)
{
	const struct rowan_mls_proposal update = {.type = ROWAN_MLS_UPDATE};
	const struct rowan_mls_bytes word = {(const uint8_t *)"x", 1};
	struct cast *t = *state;
	struct rowan_mls_committed made;
	struct rowan_mls_received *r;
	struct rowan_mls_buf m;

	join(t);
	/* an update of Bob's, committed by Ann */
	assert_int_equal(rowan_mls_propose(t->b, &update, NULL, &m, NULL), 0);
	watch_for(&t->b->updates->sk);
	assert_int_equal(rowan_mls_process(t->a, view(&m), &r), 0);
	assert_int_equal(rowan_mls_accept(t->a, r), 0);
	rowan_mls_received_free(r);
	rowan_mls_buf_free(&m);
	assert_int_equal(rowan_mls_commit(t->a, NULL, &made), 0);
	watch_epoch(t->a->staged);
	/* given up, made again, taken */
	rowan_mls_discard_commit(t->a);
	rowan_mls_committed_free(&made);
	assert_int_equal(rowan_mls_commit(t->a, NULL, &made), 0);
	assert_int_equal(rowan_mls_process(t->b, view(&made.commit), &r), 0);
	watch_epoch(r->next);
	assert_int_equal(rowan_mls_accept(t->b, r), 0);
	rowan_mls_received_free(r);
	assert_int_equal(rowan_mls_merge_commit(t->a), 0);
	rowan_mls_committed_free(&made);
	/* words */
	watch_keys(t->a, 0);
	assert_int_equal(rowan_mls_send(t->a, word, NULL, &m), 0);
	assert_int_equal(rowan_mls_process(t->b, view(&m), &r), 0);
	rowan_mls_received_free(r);
	rowan_mls_buf_free(&m);
	watch_keys(t->b, 1);
	rowan_mls_group_free(t->b);
	t->b = NULL;
	assert_int_equal(watch.found, 0);
}

/* 9.2: "MUST immediately delete", and so it is in no save. */
static void what_was_used_is_not_saved(void **state)
{
	const struct rowan_mls_bytes word = {(const uint8_t *)"x", 1};
	struct cast *t = *state;
	struct rowan_mls_committed made;
	struct rowan_mls_received *r;
	struct rowan_mls_buf m;
	size_t from;

	join(t);
	/* a message key */
	from = watch.n;
	watch_keys(t->a, 0);
	watch.n--; /* the application's is the second; keep it alone */
	memcpy(watch.secret[from], watch.secret[from + 1], LEN);
	assert_int_equal(rowan_mls_send(t->a, word, NULL, &m), 0);
	nothing_saved(t->a, from);
	assert_int_equal(rowan_mls_process(t->b, view(&m), &r), 0);
	rowan_mls_received_free(r);
	rowan_mls_buf_free(&m);
	nothing_saved(t->b, from);
	/* an epoch: all but its resumption PSK, which is kept */
	from = watch.n;
	watch_epoch(t->b);
	memcpy(watch.secret[from + 6], watch.secret[from], LEN);
	assert_int_equal(rowan_mls_commit(t->a, NULL, &made), 0);
	assert_int_equal(rowan_mls_process(t->b, view(&made.commit), &r), 0);
	assert_int_equal(rowan_mls_accept(t->b, r), 0);
	rowan_mls_received_free(r);
	assert_int_equal(rowan_mls_merge_commit(t->a), 0);
	rowan_mls_committed_free(&made);
	/* Bob's own leaf key, watched behind them, is still his. */
	watch.n = from + 8;
	nothing_saved(t->a, from);
	nothing_saved(t->b, from);
	assert_int_equal(watch.found, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_watch_sees),
		TEST(a_groups_whole_life),
		TEST(what_was_used_is_not_saved),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
