/*
 * How many witnesses are waited for at once, how often each is asked, for how
 * long, and how many words stand on one checkpoint: each bound alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/store_kit.h"
#include "log/head.h"
#include "log/witnessed.h"
#include "tlog/checkpoint.h"
#include "tlog/origin.h"

#define PEOPLE (HEAD_WITNESS_MAX + 2)

static const struct id16 clinic = {{0xc1}};

static struct kit kit;
static struct witnessed *w;
static struct {
	struct note_key key;
	uint8_t sk[crypto_sign_SECRETKEYBYTES];
} people[PEOPLE];
static uint64_t size; /* of the log now */

static int setup(void **state)
{
	kit_start(&kit, NULL);
	for (uint8_t i = 0; i < PEOPLE; i++) {
		uint8_t pk[crypto_sign_PUBLICKEYBYTES], seed[32] = {i + 1};
		struct id16 id = {{i + 1}};

		(void)crypto_sign_seed_keypair(pk, people[i].sk, seed);
		assert_int_equal(origin_witness(&id, pk, &people[i].key), 0);
	}
	size = 1;
	assert_int_equal(witnessed_load(&w, kit.st), 0);
	return 0;
}

static int teardown(void **state)
{
	witnessed_free(w);
	kit_stop(&kit);
	return 0;
}

/* What the daemon has signed now. */
static void signed_now(struct buf *ret)
{
	uint8_t pk[crypto_sign_PUBLICKEYBYTES];
	uint8_t sk[crypto_sign_SECRETKEYBYTES], seed[32] = {99};
	struct checkpoint c = {.size = size};
	struct note_key key;
	struct writer note;
	char time[64];

	(void)crypto_sign_seed_keypair(pk, sk, seed);
	assert_int_equal(origin_log(&clinic, pk, &key), 0);
	snprintf(time, sizeof time, "time %llu\n", (unsigned long long)kit.now);
	c.origin = bytes_of(key.name, strlen(key.name));
	c.extension = bytes_of(time, strlen(time));
	memset(c.root.b, (int)size, sizeof c.root.b);
	writer_init(&note, 2048);
	assert_int_equal(checkpoint_sign(&note, &c, &key, sk), 0);
	assert_int_equal(buf_set(ret, writer_view(&note)), 0);
	writer_wipe(&note);
}

/* Somebody looks, and the log has grown before: how large what is given is. */
static uint64_t looks(size_t who, uint64_t seconds, struct buf *ret)
{
	struct buf newest = {NULL, 0};
	struct checkpoint c;
	struct bytes given;
	struct note n;

	kit.now += seconds;
	size++;
	signed_now(&newest);
	given = buf_view(&newest);
	assert_int_equal(
		witnessed_meet(w, &people[who].key, kit.now, size, &given), 0);
	assert_int_equal(note_parse(&n, given), 0);
	assert_int_equal(checkpoint_parse(&c, n.text), 0);
	if (ret != NULL)
		assert_int_equal(buf_copy(ret, given), 0);
	buf_wipe(&newest);
	return c.size;
}

/* Given is the newest, and so becomes the meeting. */
static uint64_t is_given_newest(size_t who, uint64_t seconds)
{
	uint64_t given = looks(who, seconds, NULL);

	assert_int_equal(given, size);
	return given;
}

/* Its word for what it was given; ${lost}: the commit fails. */
static int says(size_t who, const struct buf *note, bool lost)
{
	struct checkpoint c;
	struct writer line;
	struct note n;
	int rc;

	assert_int_equal(note_parse(&n, buf_view(note)), 0);
	assert_int_equal(checkpoint_parse(&c, n.text), 0);
	writer_init(&line, 1024);
	assert_int_equal(cosignature_sign(&line, n.text, kit.now,
				 &people[who].key, people[who].sk),
		0);
	kit_begin(&kit);
	rc = witnessed_add(w, c.size, writer_view(&line), &people[who].key);
	if (lost)
		store_abort(kit.st);
	else
		kit_commit(&kit);
	writer_wipe(&line);
	return rc;
}

static int cosigns(size_t who, const struct buf *note)
{
	return says(who, note, false);
}

/* Whoever looks and says nothing is asked thrice more, and then no more. */
static void who_says_nothing_is_asked_thrice(void **state)
{
	uint64_t first = looks(0, 0, NULL);

	for (int i = 0; i < 3; i++)
		assert_int_equal(looks(0, 60, NULL), first);
	/* All that was waited for is over: the newest is the next meeting. */
	first = is_given_newest(0, 60);
	assert_int_equal(looks(1, 1, NULL), first);
}

/* Counted for each meeting anew: one who is slow each time is waited for. */
static void who_is_slow_is_asked_each_time(void **state)
{
	struct buf note;

	for (int i = 0; i < 6; i++) {
		uint64_t m = looks(0, 60, &note);

		assert_int_equal(m, size);
		assert_int_equal(cosigns(0, &note), 0);
		assert_int_equal(looks(1, 1, NULL), m);
		assert_int_equal(looks(1, 1, NULL), m);
		assert_int_equal(cosigns(1, &note), 0);
		buf_wipe(&note);
	}
}

/* One who comes so seldom that the time is over before the third time. */
static void a_meeting_ends_with_its_time(void **state)
{
	uint64_t first = looks(0, 0, NULL);

	/* Awaited the whole time, and asked once. */
	assert_int_equal(looks(0, HEAD_SELDOM - 10, NULL), first);
	assert_int_equal(looks(1, 5, NULL), first);
	assert_int_equal(looks(1, 5, NULL), first);
	/* A second later it is over, for both of them. */
	first = is_given_newest(0, 1);
	assert_int_equal(looks(1, 1, NULL), first);
}

/* So does the short one, with those who look often. */
static void a_short_meeting_ends_with_its_time(void **state)
{
	struct buf note;
	uint64_t first = looks(0, 0, &note), second;

	/* One who comes seldom holds the long one up. */
	assert_int_equal(looks(1, 1, NULL), first);
	assert_int_equal(cosigns(0, &note), 0);
	buf_wipe(&note);
	/* Asked once more, and nobody is often here: the short one moves. */
	second = looks(0, HEAD_OFTEN + 1, &note);
	assert_int_equal(second, size);
	assert_int_equal(cosigns(0, &note), 0);
	buf_wipe(&note);
	/* Another one who comes often has cosigned the long one alone. */
	assert_int_equal(looks(2, 1, &note), first);
	assert_int_equal(cosigns(2, &note), 0);
	buf_wipe(&note);
	assert_int_equal(looks(2, HEAD_OFTEN - 2, NULL), second);
	/* It is awaited, and was asked once, when the time is over. */
	second = is_given_newest(0, 2);
	assert_int_equal(looks(2, 1, NULL), second);
}

/*
 * Of too many the one who looked longest ago is not waited for; of the others
 * everybody is.
 */
static void the_longest_ago_is_not_waited_for(void **state)
{
	uint64_t first = 0, second;
	struct buf note;

	for (size_t i = 0; i < HEAD_WITNESS_MAX; i++) {
		uint64_t given = looks(i, i, i == 0 ? &note : NULL);

		first = i == 0 ? given : first;
		assert_int_equal(given, first);
	}
	/* Then the first one again: the second looked longest ago. */
	assert_int_equal(looks(0, 1, NULL), first);
	/* The new one is asked thrice for each of the two, and then no more. */
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(looks(HEAD_WITNESS_MAX, 1, NULL), first);
	(void)is_given_newest(HEAD_WITNESS_MAX, 1);
	for (size_t i = 2; i < HEAD_WITNESS_MAX; i++)
		assert_int_equal(cosigns(i, &note), 0);
	/* The first is still waited for. */
	(void)is_given_newest(2, 1);
	(void)is_given_newest(3, 1);
	assert_int_equal(cosigns(0, &note), 0);
	buf_wipe(&note);
	/* Now nobody is: the next one to look begins another. */
	second = is_given_newest(2, 1);
	assert_int_equal(looks(3, 1, NULL), second);
	assert_int_equal(looks(0, 1, NULL), second);
}

/* And as many as there is room for are. */
static void so_many_are_waited_for(void **state)
{
	struct buf note;
	uint64_t first = looks(0, 0, &note), second;

	for (size_t i = 1; i < HEAD_WITNESS_MAX; i++)
		assert_int_equal(looks(i, 1, NULL), first);
	for (size_t i = 1; i < HEAD_WITNESS_MAX; i++)
		assert_int_equal(cosigns(i, &note), 0);
	/* The first, who looked longest ago, is missing. */
	second = is_given_newest(1, 1);
	assert_true(is_given_newest(2, 1) > second);
	assert_int_equal(cosigns(0, &note), 0);
	buf_wipe(&note);
	second = is_given_newest(1, 1);
	assert_int_equal(looks(2, 1, NULL), second);
}

/* So many words stand on one checkpoint, and it waits for no more. */
static void so_many_words_and_no_more(void **state)
{
	struct buf note, found;
	struct note n;

	(void)looks(0, 0, &note);
	for (size_t i = 0; i < HEAD_WITNESS_MAX; i++) {
		assert_int_equal(
			witnessed_find(w, i + 1, &found), ROWAN_E_NOT_FOUND);
		assert_int_equal(cosigns(i, &note), 0);
	}
	assert_int_equal(cosigns(HEAD_WITNESS_MAX, &note), ROWAN_E_LIMIT);
	/* A repeat is harmless. */
	assert_int_equal(cosigns(3, &note), 0);
	assert_int_equal(witnessed_find(w, HEAD_WITNESS_MAX, &found), 0);
	assert_int_equal(note_parse(&n, buf_view(&found)), 0);
	assert_int_equal(n.count, 1 + HEAD_WITNESS_MAX);
	buf_wipe(&found);
	assert_int_equal(witnessed_find(w, HEAD_WITNESS_MAX + 1, &found),
		ROWAN_E_NOT_FOUND);
	/* Whoever comes now is not asked for it. */
	(void)is_given_newest(HEAD_WITNESS_MAX, 0);
	buf_wipe(&note);
	/* It is the same after a restart. */
	witnessed_free(w);
	kit_reopen(&kit);
	assert_int_equal(witnessed_load(&w, kit.st), 0);
	(void)is_given_newest(HEAD_WITNESS_MAX, 0);
}

/* Its witness was told to try again, and does. */
static void what_a_commit_lost_is_stored_when_it_comes_again(void **state)
{
	struct buf note, found;

	(void)looks(0, 0, &note);
	assert_int_equal(says(0, &note, true), 0);
	assert_int_equal(cosigns(0, &note), 0);
	buf_wipe(&note);
	witnessed_free(w);
	kit_reopen(&kit);
	assert_int_equal(witnessed_load(&w, kit.st), 0);
	assert_int_equal(witnessed_find(w, 1, &found), 0);
	buf_wipe(&found);
}

/* What is kept is bounded, and so is what is read back. */
static void what_is_read_back_is_bounded(void **state)
{
	struct buf note = {NULL, 0};
	struct writer all;

	signed_now(&note);
	writer_init(&all, STORE_META_MAX);
	for (size_t i = 0; i <= HEAD_COSIGNED; i++) {
		writer_u64(&all, i + 1);
		writer_vec(&all, buf_view(&note));
		kit_begin(&kit);
		assert_int_equal(store_meta_put(kit.st, STORE_META_COSIGNED,
					 writer_view(&all)),
			0);
		kit_commit(&kit);
		witnessed_free(w);
		assert_int_equal(witnessed_load(&w, kit.st),
			i < HEAD_COSIGNED ? 0 : ROWAN_E_CORRUPT);
	}
	writer_wipe(&all);
	buf_wipe(&note);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(who_says_nothing_is_asked_thrice),
		T(who_is_slow_is_asked_each_time),
		T(a_meeting_ends_with_its_time),
		T(a_short_meeting_ends_with_its_time),
		T(the_longest_ago_is_not_waited_for),
		T(so_many_are_waited_for),
		T(so_many_words_and_no_more),
		T(what_a_commit_lost_is_stored_when_it_comes_again),
		T(what_is_read_back_is_bounded),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
