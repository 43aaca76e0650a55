/*
 * The signed head: notes, the guard that a put-back database is found out by,
 * torn and damaged records, and cosignatures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/head_kit.h"
#include "log/entry.h"
#include "tlog/origin.h"
#include "tlog/watch.h"

static void refused(enum head_verdict want)
{
	struct head_found found;
	struct head *h;

	assert_int_equal(head_kit_open(false, &h, &found), ROWAN_E_REFUSED);
	assert_int_equal(found.verdict, want);
	assert_null(h);
}

static void keep(char *name, size_t size, const char *what)
{
	char command[300];

	snprintf(name, size, "%s/%s", kit.dir, what);
	snprintf(command, sizeof command, "cp '%s' '%s'", kit.path, name);
	store_close(kit.st);
	assert_int_equal(system(command), 0);
	assert_int_equal(store_open(&kit.st, &kit.options), 0);
}

/* As an operator would with a copy: the file, and no log beside it. */
static void put_back(const char *name)
{
	char command[600];

	store_close(kit.st);
	snprintf(command, sizeof command,
		"rm -f '%s-wal' '%s-shm' && cp '%s' '%s'", kit.path, kit.path,
		name, kit.path);
	assert_int_equal(system(command), 0);
	assert_int_equal(store_open(&kit.st, &kit.options), 0);
}

static void test_an_older_copy_is_found_out(void **state)
{
	char older[128];
	struct head_found found;
	struct head *h = head_kit_good();

	head_kit_leaves(5);
	assert_int_equal(head_settle(h, ++kit.now), 0);
	head_close(h);
	keep(older, sizeof older, "older");
	h = head_kit_good();
	head_kit_leaves(3);
	assert_int_equal(head_settle(h, ++kit.now), 0);
	head_close(h);
	put_back(older);
	refused(HEAD_BEHIND);
	refused(HEAD_BEHIND); /* looking changes nothing */
	/* It grows again, and is another history. */
	head_kit_leaves(4);
	refused(HEAD_FORK);
	/* The authority's word, or the operator's, and it goes on from there.
	 */
	head_kit_named = true;
	assert_int_equal(head_kit_open(false, &h, &found), 0);
	assert_int_equal(found.verdict, HEAD_FORK);
	head_close(h);
	head_kit_named = false;
	head_close(head_kit_good());
	unlink(older);
}

static void test_a_lost_record_is_noticed(void **state)
{
	struct head_found found;
	struct head *h = head_kit_good();

	head_kit_leaves(1);
	assert_int_equal(head_settle(h, ++kit.now), 0);
	head_close(h);
	assert_int_equal(unlink(head_kit_guard), 0);
	refused(HEAD_MISSING);
	head_kit_named = true; /* there is nothing it could name */
	refused(HEAD_MISSING);
	assert_int_equal(head_kit_open(true, &h, &found), 0);
	head_close(h);
	head_close(head_kit_good());
}

/* Any bit of the older place, and all of a torn newer one. */
static void test_torn_and_damaged_records(void **state)
{
	uint8_t mem[4096], bad[4096];
	struct guard_state s;
	struct guard *g;
	struct head *h = head_kit_good();
	bool found;
	FILE *f;

	for (int i = 0; i < 3; i++) {
		head_kit_leaves(2);
		assert_int_equal(head_settle(h, ++kit.now), 0);
	}
	head_close(h);
	f = fopen(head_kit_guard, "r+b");
	assert_non_null(f);
	assert_int_equal(fread(mem, 1, sizeof mem, f), sizeof mem);
	for (size_t bit = 0; bit < 8 * 300; bit++) {
		memcpy(bad, mem, sizeof bad);
		/* Both places damaged in the same bit: nothing is believed. */
		bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
		bad[2048 + bit / 8] ^= (uint8_t)(1 << bit % 8);
		rewind(f);
		assert_int_equal(fwrite(bad, 1, sizeof bad, f), sizeof bad);
		fflush(f);
		if (guard_open(&g, head_kit_guard, &found, &s) == 0) {
			/* Beyond the checksum there is nothing. */
			assert_true(bit / 8 > 150 && found);
			guard_close(g);
		}
	}
	/* One of them torn: the other counts. */
	memcpy(bad, mem, sizeof bad);
	memset(bad + 100, 0, 1948);
	rewind(f);
	assert_int_equal(fwrite(bad, 1, sizeof bad, f), sizeof bad);
	fclose(f);
	assert_int_equal(guard_open(&g, head_kit_guard, &found, &s), 0);
	assert_true(found && s.size >= 4);
	guard_close(g);
}

static void test_signs_what_there_is(void **state)
{
	struct head *h = head_kit_good();
	uint8_t pk[32], sk[64];
	struct note_key key;
	struct checkpoint c;
	struct merkle tree;
	struct merkle_hash root;
	struct bytes first;
	struct note n;
	uint64_t size;
	struct buf old;

	(void)crypto_sign_seed_keypair(pk, sk, head_kit_seed.b);
	assert_int_equal(origin_log(&(struct id16){{0xc1}}, pk, &key), 0);
	first = head_note(h, &size);
	assert_int_equal(checkpoint_open(&c, &n, first, &key), 0);
	assert_int_equal(c.size, 0);
	assert_int_equal(buf_copy(&old, first), 0);
	/* Nothing new within the minute: the same note. */
	assert_int_equal(head_settle(h, kit.now + HEAD_FRESH - 1), 0);
	assert_true(bytes_eq(head_note(h, NULL), buf_view(&old)));
	head_kit_leaves(7);
	/* Within the second only when asked. */
	assert_int_equal(head_settle(h, kit.now), 0);
	assert_true(bytes_eq(head_note(h, NULL), buf_view(&old)));
	assert_int_equal(head_renew(h, kit.now), 0);
	assert_int_equal(checkpoint_open(&c, &n, head_note(h, &size), &key), 0);
	assert_int_equal(c.size, 7);
	store_log_tree(kit.st, &tree);
	merkle_root(&tree, &root);
	assert_true(merkle_eq(&root, &c.root));
	/* A minute later a fresh one of the same tree. */
	assert_int_equal(head_settle(h, kit.now + HEAD_FRESH), 0);
	assert_int_equal(checkpoint_open(&c, &n, head_note(h, &size), &key), 0);
	assert_int_equal(c.size, 7);
	buf_wipe(&old);
	head_close(h);
}

static uint64_t signed_at(struct head *h)
{
	struct checkpoint c;
	struct note n;
	uint64_t time;

	assert_int_equal(note_parse(&n, head_note(h, NULL)), 0);
	assert_int_equal(checkpoint_parse(&c, n.text), 0);
	assert_int_equal(watch_time(&c, &time), 0);
	return time;
}

/* A longer tree that says it is older would be proof against this log. */
static void test_no_checkpoint_says_an_earlier_time(void **state)
{
	struct head *h = head_kit_good();
	uint64_t before = kit.now;
	struct head_found found;

	head_kit_leaves(3);
	/* As at the end of a process: a second ahead. */
	assert_int_equal(head_settle(h, kit.now + 1), 0);
	assert_int_equal(signed_at(h), before + 1);
	head_close(h);
	assert_int_equal(guard_time(head_kit_guard), before + 1);
	/* Started again in the same second, or with a clock a day behind. */
	for (int i = 0; i < 2; i++) {
		h = head_kit_good();
		assert_int_equal(signed_at(h), before + 1);
		head_kit_leaves(3);
		assert_int_equal(head_settle(h, kit.now), 0);
		assert_int_equal(signed_at(h), before + 1);
		head_kit_leaves(3);
		assert_int_equal(head_renew(h, kit.now), 0);
		assert_int_equal(signed_at(h), before + 1);
		head_close(h);
		assert_int_equal(guard_time(head_kit_guard), before + 1);
		kit.now -= 86400;
	}
	kit.now = before + 100;
	assert_int_equal(head_kit_open(true, &h, &found), 0);
	assert_int_equal(found.last.time, before + 1);
	assert_int_equal(signed_at(h), before + 100);
	/* Of two places the later one counts, whichever is behind. */
	for (int i = 1; i < 4; i++) {
		assert_int_equal(
			head_settle(h, before + 100 + i * HEAD_FRESH), 0);
		assert_int_equal(guard_time(head_kit_guard),
			before + 100 + i * HEAD_FRESH);
	}
	head_close(h);
	assert_int_equal(unlink(head_kit_guard), 0);
	assert_int_equal(guard_time(head_kit_guard), 0);
}

/* ---- witnesses ------------------------------------------------------------
 */

static void test_witnesses_cosign(void **state)
{
	struct witness a = head_kit_witness(1), b = head_kit_witness(2),
		       c = head_kit_witness(3);
	struct head *h = head_kit_good();
	struct buf note, found;
	struct bytes given;
	struct note n;
	uint64_t size;

	head_kit_leaves(5);
	assert_int_equal(head_renew(h, kit.now), 0);
	assert_int_equal(buf_copy(&note, head_note(h, &size)), 0);
	/* Never handed to a witness: not to be cosigned. */
	assert_int_equal(
		head_kit_cosign(h, &a, buf_view(&note), size), ROWAN_E_STALE);
	assert_int_equal(head_offer(h, &a.key, kit.now, &given), 0);
	assert_int_equal(
		head_kit_cosign(h, &a, buf_view(&note), 4), ROWAN_E_STALE);
	assert_int_equal(head_kit_cosign(h, &a, buf_view(&note), size), 0);
	assert_int_equal(head_kit_cosign(h, &a, buf_view(&note), size), 0);
	/* The log goes on; the second one comes late. */
	head_kit_leaves(9);
	assert_int_equal(head_renew(h, kit.now), 0);
	assert_int_equal(head_kit_cosign(h, &b, buf_view(&note), size), 0);
	assert_int_equal(head_cosigned(h, 3, &found), ROWAN_E_NOT_FOUND);
	assert_int_equal(head_cosigned(h, 2, &found), 0);
	assert_int_equal(note_parse(&n, buf_view(&found)), 0);
	assert_int_equal(n.count, 3);
	assert_true(head_kit_has_both(buf_view(&found), &a, &b));
	buf_wipe(&found);
	head_close(h);
	/* Kept over a restart. */
	kit_reopen(&kit);
	h = head_kit_good();
	assert_int_equal(head_cosigned(h, 2, &found), 0);
	assert_int_equal(head_kit_cosign(h, &c, buf_view(&note), size), 0);
	buf_wipe(&found);
	assert_int_equal(head_cosigned(h, 3, &found), 0);
	buf_wipe(&found);
	buf_wipe(&note);
	head_close(h);
}

/* What the log's key would sign for somebody who holds it. */
static void foreign(uint64_t size, struct buf *ret)
{
	static const struct id16 clinic = {{0xc1}};
	uint8_t pk[32], sk[64];
	struct checkpoint c = {.size = size, .root = {{1}}};
	struct note_key key;
	struct writer w;

	(void)crypto_sign_seed_keypair(pk, sk, head_kit_seed.b);
	assert_int_equal(origin_log(&clinic, pk, &key), 0);
	c.origin = bytes_of(key.name, strlen(key.name));
	writer_init(&w, 2048);
	assert_int_equal(checkpoint_sign(&w, &c, &key, sk), 0);
	assert_int_equal(buf_set(ret, writer_view(&w)), 0);
	writer_wipe(&w);
}

/* By file, and days later: nothing of it was kept here. */
static void test_what_comes_back_is_known_again(void **state)
{
	struct witness a = head_kit_witness(1);
	struct head_taken *t = malloc(sizeof *t);
	struct head *h = head_kit_good();
	struct buf note, found;
	uint64_t size;

	assert_non_null(t);
	head_kit_leaves(5);
	assert_int_equal(head_renew(h, kit.now), 0);
	assert_int_equal(buf_copy(&note, head_note(h, &size)), 0);
	head_kit_leaves(9);
	head_close(h);
	kit_reopen(&kit);
	h = head_kit_good();
	assert_int_equal(
		head_kit_cosign(h, &a, buf_view(&note), size), ROWAN_E_STALE);
	assert_int_equal(head_take(h, buf_view(&note), t), 0);
	assert_int_equal(t->size, size);
	assert_int_equal(head_kit_cosign(h, &a, buf_view(&note), size), 0);
	assert_int_equal(head_cosigned(h, 1, &found), 0);
	assert_true(found.len > note.len);
	/* As it was with the witness's line behind it, too. */
	assert_int_equal(head_take(h, buf_view(&found), t), 0);
	assert_int_equal(t->note.count, 2);
	buf_wipe(&found);
	/* Any other text was never signed here. */
	for (size_t i = 0; i < note.len; i++) {
		note.data[i] ^= 1;
		assert_int_not_equal(head_take(h, buf_view(&note), t), 0);
		note.data[i] ^= 1;
	}
	/* Signed by its key, and of another tree, or of one it is not yet. */
	for (uint64_t n = 5; n < 100; n += 90) {
		foreign(n, &note);
		assert_int_equal(
			head_take(h, buf_view(&note), t), ROWAN_E_STALE);
	}
	head_close(h);
	buf_wipe(&note);
	free(t);
}

/* A line that is not this witness's word for that checkpoint. */
static void test_foreign_lines_are_refused(void **state)
{
	struct witness a = head_kit_witness(1), b = head_kit_witness(2);
	struct head *h = head_kit_good();
	struct writer line;
	struct note n;
	struct buf note;
	struct bytes given;
	uint64_t size;

	head_kit_leaves(5);
	assert_int_equal(head_renew(h, kit.now), 0);
	assert_int_equal(head_offer(h, &a.key, kit.now, &given), 0);
	assert_int_equal(buf_copy(&note, head_note(h, &size)), 0);
	assert_int_equal(note_parse(&n, buf_view(&note)), 0);
	writer_init(&line, 2048);
	assert_int_equal(cosignature_sign(&line, n.text, 5, &b.key, b.sk), 0);
	kit_begin(&kit);
	/* Another's line under one's own card; two lines; none. */
	assert_int_not_equal(
		head_cosign(h, size, writer_view(&line), &a.key), 0);
	assert_int_equal(cosignature_sign(&line, n.text, 5, &a.key, a.sk), 0);
	assert_int_not_equal(
		head_cosign(h, size, writer_view(&line), &a.key), 0);
	assert_int_not_equal(
		head_cosign(h, size, bytes_of("\n", 1), &a.key), 0);
	line.len = 0;
	assert_int_equal(cosignature_sign(&line, n.text, 5, &a.key, a.sk), 0);
	line.data[line.len - 10] ^= 1;
	assert_int_not_equal(
		head_cosign(h, size, writer_view(&line), &a.key), 0);
	kit_commit(&kit);
	writer_wipe(&line);
	buf_wipe(&note);
	head_close(h);
}

int main(void)
{
#define T(f)                                                                   \
	cmocka_unit_test_setup_teardown(f, head_kit_setup, head_kit_teardown)
	const struct CMUnitTest tests[] = {
		T(test_an_older_copy_is_found_out),
		T(test_a_lost_record_is_noticed),
		T(test_torn_and_damaged_records),
		T(test_signs_what_there_is),
		T(test_no_checkpoint_says_an_earlier_time),
		T(test_witnesses_cosign),
		T(test_what_comes_back_is_known_again),
		T(test_foreign_lines_are_refused),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
