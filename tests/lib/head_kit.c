/* See head_kit.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/head_kit.h"
#include "log/entry.h"
#include "tlog/origin.h"

struct kit kit;
struct key32 head_kit_seed = {{3}};
char head_kit_guard[96];
bool head_kit_named;

static int restored(struct store_reader *rd, uint64_t lost_size,
	const struct merkle_hash *lost_root)
{
	return head_kit_named ? 0 : ROWAN_E_NOT_FOUND;
}

int head_kit_open(bool accept, struct head **ret, struct head_found *found)
{
	static const struct id16 clinic = {{0xc1}};
	struct head_options o = {.store = kit.st,
		.seed = &head_kit_seed,
		.clinic = &clinic,
		.restored = restored,
		.guard = head_kit_guard,
		.accept = accept,
		.now = kit.now};

	return head_open(ret, &o, found);
}

struct head *head_kit_good(void)
{
	struct head_found found;
	struct head *h;

	assert_int_equal(head_kit_open(false, &h, &found), 0);
	assert_int_equal(found.verdict, HEAD_GOOD);
	return h;
}

void head_kit_leaves(size_t n)
{
	struct log_entry e = {.act = WIRE_ACT_ADMIN, .time = kit.now};

	kit_begin(&kit);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(entry_add(kit.st, &e, NULL), 0);
	kit_commit(&kit);
}

int head_kit_setup(void **state)
{
	kit_start(&kit, NULL);
	snprintf(head_kit_guard, sizeof head_kit_guard, "%s/guard", kit.dir);
	head_kit_named = false;
	return 0;
}

int head_kit_teardown(void **state)
{
	unlink(head_kit_guard);
	kit_stop(&kit);
	return 0;
}

struct witness head_kit_witness(uint8_t n)
{
	struct witness w;
	uint8_t pk[32], wseed[32] = {n};
	struct id16 id = {{n}};

	(void)crypto_sign_seed_keypair(pk, w.sk, wseed);
	assert_int_equal(origin_witness(&id, pk, &w.key), 0);
	return w;
}

int head_kit_cosign(struct head *h, const struct witness *w, struct bytes note,
	uint64_t size)
{
	const struct log_entry e = {.act = WIRE_ACT_WITNESS, .time = kit.now};
	struct writer line;
	struct note n;
	int rc;

	assert_int_equal(note_parse(&n, note), 0);
	writer_init(&line, 1024);
	assert_int_equal(
		cosignature_sign(&line, n.text, kit.now, &w->key, w->sk), 0);
	kit_begin(&kit);
	rc = head_cosign(h, size, writer_view(&line), &w->key);
	/* That is an entry, too. */
	assert_int_equal(entry_add(kit.st, &e, NULL), 0);
	kit_commit(&kit);
	writer_wipe(&line);
	return rc;
}

bool head_kit_has_both(
	struct bytes note, const struct witness *a, const struct witness *b)
{
	struct note n;
	uint64_t time;

	return note_parse(&n, note) == 0 &&
	       cosignature_verify(&n, &a->key, &time) == 0 &&
	       cosignature_verify(&n, &b->key, &time) == 0;
}

uint64_t head_kit_size_of(struct bytes note)
{
	struct checkpoint c;
	struct note n;

	assert_int_equal(note_parse(&n, note), 0);
	assert_int_equal(checkpoint_parse(&c, n.text), 0);
	return c.size;
}
