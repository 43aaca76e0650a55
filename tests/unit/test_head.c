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

#include "lib/store_kit.h"
#include "log/entry.h"
#include "log/head.h"
#include "tlog/origin.h"
#include "tlog/watch.h"

static struct kit kit;
static struct key32 seed = {{3}};
static char guard[96];
static bool named; /* what the authority's word says */

static int restored(struct store_reader *rd, uint64_t lost_size,
	const struct merkle_hash *lost_root)
{
	return named ? 0 : ROWAN_E_NOT_FOUND;
}

static int head(bool accept, struct head **ret, struct head_found *found)
{
	static const struct id16 clinic = {{0xc1}};
	struct head_options o = {.store = kit.st,
		.seed = &seed,
		.clinic = &clinic,
		.restored = restored,
		.guard = guard,
		.accept = accept,
		.now = kit.now};

	return head_open(ret, &o, found);
}

static struct head *good(void)
{
	struct head_found found;
	struct head *h;

	assert_int_equal(head(false, &h, &found), 0);
	assert_int_equal(found.verdict, HEAD_GOOD);
	return h;
}

static void refused(enum head_verdict want)
{
	struct head_found found;
	struct head *h;

	assert_int_equal(head(false, &h, &found), ROWAN_E_REFUSED);
	assert_int_equal(found.verdict, want);
	assert_null(h);
}

static void leaves(size_t n)
{
	struct log_entry e = {.act = WIRE_ACT_ADMIN, .time = kit.now};

	kit_begin(&kit);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(entry_add(kit.st, &e, NULL), 0);
	kit_commit(&kit);
}

static int setup(void **state)
{
	kit_start(&kit, NULL);
	snprintf(guard, sizeof guard, "%s/guard", kit.dir);
	named = false;
	return 0;
}

static int teardown(void **state)
{
	unlink(guard);
	kit_stop(&kit);
	return 0;
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
	struct head *h = good();

	leaves(5);
	assert_int_equal(head_settle(h, ++kit.now), 0);
	head_close(h);
	keep(older, sizeof older, "older");
	h = good();
	leaves(3);
	assert_int_equal(head_settle(h, ++kit.now), 0);
	head_close(h);
	put_back(older);
	refused(HEAD_BEHIND);
	refused(HEAD_BEHIND); /* looking changes nothing */
	/* It grows again, and is another history. */
	leaves(4);
	refused(HEAD_FORK);
	/* The authority's word, or the operator's, and it goes on from there.
	 */
	named = true;
	assert_int_equal(head(false, &h, &found), 0);
	assert_int_equal(found.verdict, HEAD_FORK);
	head_close(h);
	named = false;
	head_close(good());
	unlink(older);
}

static void test_a_lost_record_is_noticed(void **state)
{
	struct head_found found;
	struct head *h = good();

	leaves(1);
	assert_int_equal(head_settle(h, ++kit.now), 0);
	head_close(h);
	assert_int_equal(unlink(guard), 0);
	refused(HEAD_MISSING);
	named = true; /* there is nothing it could name */
	refused(HEAD_MISSING);
	assert_int_equal(head(true, &h, &found), 0);
	head_close(h);
	head_close(good());
}

/* Any bit of the older place, and all of a torn newer one. */
static void test_torn_and_damaged_records(void **state)
{
	uint8_t mem[4096], bad[4096];
	struct guard_state s;
	struct guard *g;
	struct head *h = good();
	bool found;
	FILE *f;

	for (int i = 0; i < 3; i++) {
		leaves(2);
		assert_int_equal(head_settle(h, ++kit.now), 0);
	}
	head_close(h);
	f = fopen(guard, "r+b");
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
		if (guard_open(&g, guard, &found, &s) == 0) {
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
	assert_int_equal(guard_open(&g, guard, &found, &s), 0);
	assert_true(found && s.size >= 4);
	guard_close(g);
}

static void test_signs_what_there_is(void **state)
{
	struct head *h = good();
	uint8_t pk[32], sk[64];
	struct note_key key;
	struct checkpoint c;
	struct merkle tree;
	struct merkle_hash root;
	struct bytes first;
	struct note n;
	uint64_t size;
	struct buf old;

	(void)crypto_sign_seed_keypair(pk, sk, seed.b);
	assert_int_equal(origin_log(&(struct id16){{0xc1}}, pk, &key), 0);
	first = head_note(h, &size);
	assert_int_equal(checkpoint_open(&c, &n, first, &key), 0);
	assert_int_equal(c.size, 0);
	assert_int_equal(buf_copy(&old, first), 0);
	/* Nothing new within the minute: the same note. */
	assert_int_equal(head_settle(h, kit.now + HEAD_FRESH - 1), 0);
	assert_true(bytes_eq(head_note(h, NULL), buf_view(&old)));
	leaves(7);
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
	struct head *h = good();
	uint64_t before = kit.now;
	struct head_found found;

	leaves(3);
	/* As at the end of a process: a second ahead. */
	assert_int_equal(head_settle(h, kit.now + 1), 0);
	assert_int_equal(signed_at(h), before + 1);
	head_close(h);
	assert_int_equal(guard_time(guard), before + 1);
	/* Started again in the same second, or with a clock a day behind. */
	for (int i = 0; i < 2; i++) {
		h = good();
		assert_int_equal(signed_at(h), before + 1);
		leaves(3);
		assert_int_equal(head_settle(h, kit.now), 0);
		assert_int_equal(signed_at(h), before + 1);
		leaves(3);
		assert_int_equal(head_renew(h, kit.now), 0);
		assert_int_equal(signed_at(h), before + 1);
		head_close(h);
		assert_int_equal(guard_time(guard), before + 1);
		kit.now -= 86400;
	}
	kit.now = before + 100;
	assert_int_equal(head(true, &h, &found), 0);
	assert_int_equal(found.last.time, before + 1);
	assert_int_equal(signed_at(h), before + 100);
	/* Of two places the later one counts, whichever is behind. */
	for (int i = 1; i < 4; i++) {
		assert_int_equal(
			head_settle(h, before + 100 + i * HEAD_FRESH), 0);
		assert_int_equal(
			guard_time(guard), before + 100 + i * HEAD_FRESH);
	}
	head_close(h);
	assert_int_equal(unlink(guard), 0);
	assert_int_equal(guard_time(guard), 0);
}

/* ---- witnesses ------------------------------------------------------------
 */

struct witness {
	struct note_key key;
	uint8_t sk[64];
};

static struct witness witness(uint8_t n)
{
	struct witness w;
	uint8_t pk[32], wseed[32] = {n};
	struct id16 id = {{n}};

	(void)crypto_sign_seed_keypair(pk, w.sk, wseed);
	assert_int_equal(origin_witness(&id, pk, &w.key), 0);
	return w;
}

static int cosign(struct head *h, const struct witness *w, struct bytes note,
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

static bool has_both(
	struct bytes note, const struct witness *a, const struct witness *b)
{
	struct note n;
	uint64_t time;

	return note_parse(&n, note) == 0 &&
	       cosignature_verify(&n, &a->key, &time) == 0 &&
	       cosignature_verify(&n, &b->key, &time) == 0;
}

static void test_witnesses_cosign(void **state)
{
	struct witness a = witness(1), b = witness(2), c = witness(3);
	struct head *h = good();
	struct buf note, found;
	struct bytes given;
	struct note n;
	uint64_t size;

	leaves(5);
	assert_int_equal(head_renew(h, kit.now), 0);
	assert_int_equal(buf_copy(&note, head_note(h, &size)), 0);
	/* Never handed to a witness: not to be cosigned. */
	assert_int_equal(cosign(h, &a, buf_view(&note), size), ROWAN_E_STALE);
	assert_int_equal(head_offer(h, &a.key, kit.now, &given), 0);
	assert_int_equal(cosign(h, &a, buf_view(&note), 4), ROWAN_E_STALE);
	assert_int_equal(cosign(h, &a, buf_view(&note), size), 0);
	assert_int_equal(cosign(h, &a, buf_view(&note), size), 0);
	/* The log goes on; the second one comes late. */
	leaves(9);
	assert_int_equal(head_renew(h, kit.now), 0);
	assert_int_equal(cosign(h, &b, buf_view(&note), size), 0);
	assert_int_equal(head_cosigned(h, 3, &found), ROWAN_E_NOT_FOUND);
	assert_int_equal(head_cosigned(h, 2, &found), 0);
	assert_int_equal(note_parse(&n, buf_view(&found)), 0);
	assert_int_equal(n.count, 3);
	assert_true(has_both(buf_view(&found), &a, &b));
	buf_wipe(&found);
	head_close(h);
	/* Kept over a restart. */
	kit_reopen(&kit);
	h = good();
	assert_int_equal(head_cosigned(h, 2, &found), 0);
	assert_int_equal(cosign(h, &c, buf_view(&note), size), 0);
	buf_wipe(&found);
	assert_int_equal(head_cosigned(h, 3, &found), 0);
	buf_wipe(&found);
	buf_wipe(&note);
	head_close(h);
}

/* ---- meeting --------------------------------------------------------------
 */

#define CROWD 4

struct rhythm {
	struct witness w;
	uint64_t every; /* seconds between two looks; 0: it stays away */
	uint64_t next;
	uint64_t last; /* size that it cosigned last */
	bool mute;     /* it looks, and never cosigns */
};

static uint64_t size_of(struct bytes note)
{
	struct checkpoint c;
	struct note n;

	assert_int_equal(note_parse(&n, note), 0);
	assert_int_equal(checkpoint_parse(&c, n.text), 0);
	return c.size;
}

/* It looks, and cosigns what it is given: never less than before. */
static void look_as(struct head *h, struct rhythm *r)
{
	struct bytes given;
	struct buf note;
	uint64_t size;

	assert_int_equal(head_renew(h, kit.now), 0);
	assert_int_equal(head_offer(h, &r->w.key, kit.now, &given), 0);
	if (r->mute)
		return;
	assert_int_equal(buf_copy(&note, given), 0);
	size = size_of(buf_view(&note));
	assert_true(size > r->last);
	r->last = size;
	assert_int_equal(cosign(h, &r->w, buf_view(&note), size), 0);
	buf_wipe(&note);
}

static uint64_t time_of(struct bytes note)
{
	struct checkpoint c;
	struct note n;
	uint64_t time;

	assert_int_equal(note_parse(&n, note), 0);
	assert_int_equal(checkpoint_parse(&c, n.text), 0);
	assert_int_equal(watch_time(&c, &time), 0);
	return time;
}

/* How old what so many have cosigned is; all that has passed: there is none. */
static uint64_t age(struct head *h, size_t need, uint64_t begun)
{
	struct buf note;
	uint64_t time = begun;

	if (head_cosigned(h, need, &note) == 0) {
		time = time_of(buf_view(&note));
		buf_wipe(&note);
	}
	return kit.now - time;
}

/*
 * For so long; ${worst} is how old what 1, 2, ... have cosigned ever was, after
 * ${grace} seconds.
 */
static void days(struct head *h, struct rhythm *crowd, uint64_t seconds,
	uint64_t grace, uint64_t *worst)
{
	uint64_t begun = kit.now, end = kit.now + seconds, next;

	memset(worst, 0, CROWD * sizeof *worst);
	for (size_t i = 0; i < CROWD; i++)
		if (crowd[i].every != 0 && crowd[i].next <= kit.now)
			crowd[i].next = kit.now + 1 + i;
	for (; kit.now < end; kit.now = next) {
		next = end;
		for (size_t i = 0; i < CROWD; i++) {
			struct rhythm *r = &crowd[i];

			if (r->every == 0)
				continue;
			if (r->next == kit.now) {
				look_as(h, r);
				r->next += r->every;
			}
			next = r->next < next ? r->next : next;
		}
		for (size_t n = 1; n <= CROWD; n++) {
			uint64_t old = age(h, n, begun);

			if (kit.now >= begun + grace && old > worst[n - 1])
				worst[n - 1] = old;
		}
	}
}

static void crowd_of(struct rhythm *crowd, const uint64_t *every)
{
	memset(crowd, 0, CROWD * sizeof *crowd);
	for (size_t i = 0; i < CROWD; i++) {
		crowd[i].w = witness((uint8_t)(i + 1));
		crowd[i].every = every[i];
	}
}

/*
 * Whatever their rhythms, all who look stand on one checkpoint, and what they
 * stand on is as new as the one who looks most seldom allows; for those who
 * look often a quarter of an hour, and for one alone its own rhythm.
 */
static void test_uneven_witnesses_meet(void **state)
{
	static const uint64_t every[][CROWD] = {
		{10, 60, 300, 0},
		{60, 60, 60, 0},
		{47, 1201, 3600, 0},
		{60, 60, 3607, 0},
		{60, 1500, 3600, 10800},
		{3600, 5400, 10800, 21000},
	};
	uint64_t worst[CROWD];
	struct rhythm crowd[CROWD];

	for (size_t i = 0; i < sizeof every / sizeof *every; i++) {
		struct head *h = good();
		size_t all = every[i][CROWD - 1] != 0 ? 4 : 3;
		uint64_t seldom = every[i][all - 1], often = every[i][1];
		uint64_t third = every[i][2];

		leaves(1);
		crowd_of(crowd, every[i]);
		/* The first time they come they do not know of each other. */
		days(h, crowd, 8 * seldom, 3 * seldom, worst);
		assert_in_range(worst[all - 1], 1, 2 * seldom + 2 * often);
		assert_in_range(worst[0], 1, 3 * every[i][0]);
		if (often < HEAD_OFTEN)
			assert_in_range(worst[1], 1,
				3 * (third < HEAD_OFTEN ? third : often));
		head_close(h);
		kit.now += 2 * HEAD_SELDOM;
	}
}

/* Those who go on are not held up by one who does not, or cannot. */
static void test_nobody_waits_for_who_stays_away(void **state)
{
	static const uint64_t every[CROWD] = {20, 60, 90, 120};
	uint64_t worst[CROWD];
	struct rhythm crowd[CROWD];
	struct head *h = good();

	leaves(1);
	crowd_of(crowd, every);
	days(h, crowd, 7200, 600, worst);
	assert_in_range(worst[3], 1, 300);
	crowd[3].every = 0;
	days(h, crowd, 7200, 600, worst);
	assert_in_range(worst[2], 1, 300);
	assert_in_range(worst[3], 7200, 7200 + 600);
	/* It looks again and says nothing: what it knows is larger. */
	crowd[3].every = 120;
	crowd[3].mute = true;
	days(h, crowd, 7200, 600, worst);
	assert_in_range(worst[2], 1, 1200);
	/* And again with its words. */
	crowd[3].mute = false;
	days(h, crowd, 7200, 600, worst);
	assert_in_range(worst[3], 1, 600);
	/* After a restart of the daemon, too. */
	head_close(h);
	kit_reopen(&kit);
	h = good();
	days(h, crowd, 3600, 600, worst);
	assert_in_range(worst[3], 1, 600);
	head_close(h);
}

/*
 * What two cosigned who seldom come is kept, however often a third comes; and
 * what all have cosigned outlives what was cosigned since by less.
 */
static void test_what_more_have_cosigned_is_kept(void **state)
{
	static const uint64_t every[CROWD] = {5, 0, 0, 0};
	uint64_t worst[CROWD], size;
	struct rhythm crowd[CROWD];
	struct head *h = good();
	struct buf note;
	size_t i;

	leaves(1);
	crowd_of(crowd, every);
	for (i = 0; i < 3; i++)
		look_as(h, &crowd[i]);
	assert_int_equal(head_cosigned(h, 3, &note), 0);
	size = size_of(buf_view(&note));
	buf_wipe(&note);
	days(h, crowd, 100 * 5, 0, worst);
	assert_int_equal(head_cosigned(h, 3, &note), 0);
	assert_int_equal(size_of(buf_view(&note)), size);
	buf_wipe(&note);
	/* By number the largest is first, and what all have is the last. */
	for (worst[0] = UINT64_MAX, i = 0; head_kept(h, i, &note) == 0; i++) {
		assert_true(size_of(buf_view(&note)) < worst[0]);
		worst[0] = size_of(buf_view(&note));
		buf_wipe(&note);
	}
	assert_int_equal(i, HEAD_COSIGNED);
	assert_int_equal(worst[0], size);
	head_close(h);
	kit_reopen(&kit);
	h = good();
	assert_int_equal(head_cosigned(h, 3, &note), 0);
	assert_int_equal(size_of(buf_view(&note)), size);
	buf_wipe(&note);
	head_close(h);
}

/* As many words, but others': what two stand on is not let go for that. */
static void test_others_words_do_not_push_ours_out(void **state)
{
	static const uint64_t every[CROWD] = {0};
	struct rhythm crowd[CROWD];
	struct head *h = good();
	struct buf note;
	bool found = false;

	leaves(1);
	crowd_of(crowd, every);
	look_as(h, &crowd[0]);
	look_as(h, &crowd[1]);
	for (size_t i = 0; i < HEAD_COSIGNED + 4; i++) {
		look_as(h, &crowd[0]);
		assert_int_equal(head_kept(h, 0, &note), 0);
		assert_int_equal(cosign(h, &crowd[2].w, buf_view(&note),
					 size_of(buf_view(&note))),
			0);
		buf_wipe(&note);
	}
	for (size_t i = 0; head_kept(h, i, &note) == 0; i++) {
		found = found ||
			has_both(buf_view(&note), &crowd[0].w, &crowd[1].w);
		buf_wipe(&note);
	}
	assert_true(found);
	head_close(h);
}

/* What all are to cosign comes back by file before one of them has: those who
 * have cosigned it then are given the next. */
static void test_by_file_and_at_once(void **state)
{
	struct witness a = witness(1), b = witness(2);
	struct head_taken *t = malloc(sizeof *t);
	struct head *h = good();
	struct bytes given;
	struct buf note;
	uint64_t size;

	leaves(5);
	assert_int_equal(head_renew(h, kit.now), 0);
	assert_int_equal(head_offer(h, &a.key, kit.now, &given), 0);
	assert_int_equal(buf_copy(&note, given), 0);
	size = size_of(given);
	leaves(9);
	assert_int_equal(head_renew(h, kit.now), 0);
	assert_int_equal(head_take(h, head_note(h, NULL), t), 0);
	assert_int_equal(head_take(h, buf_view(&note), t), 0);
	assert_int_equal(cosign(h, &b, buf_view(&note), size), 0);
	assert_int_equal(cosign(h, &a, buf_view(&note), size), 0);
	assert_int_equal(head_renew(h, kit.now), 0);
	assert_int_equal(head_offer(h, &a.key, kit.now, &given), 0);
	assert_true(size_of(given) > size);
	buf_wipe(&note);
	head_close(h);
	free(t);
}

/* What the log's key would sign for somebody who holds it. */
static void foreign(uint64_t size, struct buf *ret)
{
	static const struct id16 clinic = {{0xc1}};
	uint8_t pk[32], sk[64];
	struct checkpoint c = {.size = size, .root = {{1}}};
	struct note_key key;
	struct writer w;

	(void)crypto_sign_seed_keypair(pk, sk, seed.b);
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
	struct witness a = witness(1);
	struct head_taken *t = malloc(sizeof *t);
	struct head *h = good();
	struct buf note, found;
	uint64_t size;

	assert_non_null(t);
	leaves(5);
	assert_int_equal(head_renew(h, kit.now), 0);
	assert_int_equal(buf_copy(&note, head_note(h, &size)), 0);
	leaves(9);
	head_close(h);
	kit_reopen(&kit);
	h = good();
	assert_int_equal(cosign(h, &a, buf_view(&note), size), ROWAN_E_STALE);
	assert_int_equal(head_take(h, buf_view(&note), t), 0);
	assert_int_equal(t->size, size);
	assert_int_equal(cosign(h, &a, buf_view(&note), size), 0);
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
	struct witness a = witness(1), b = witness(2);
	struct head *h = good();
	struct writer line;
	struct note n;
	struct buf note;
	struct bytes given;
	uint64_t size;

	leaves(5);
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
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_an_older_copy_is_found_out),
		T(test_a_lost_record_is_noticed),
		T(test_torn_and_damaged_records),
		T(test_signs_what_there_is),
		T(test_no_checkpoint_says_an_earlier_time),
		T(test_witnesses_cosign),
		T(test_others_words_do_not_push_ours_out),
		T(test_by_file_and_at_once),
		T(test_uneven_witnesses_meet),
		T(test_nobody_waits_for_who_stays_away),
		T(test_what_more_have_cosigned_is_kept),
		T(test_what_comes_back_is_known_again),
		T(test_foreign_lines_are_refused),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
