/*
 * Which checkpoint each witness is given: they meet, whatever their rhythms,
 * and what most have cosigned is kept.
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
#include "tlog/watch.h"

#define CROWD 4

struct rhythm {
	struct witness w;
	uint64_t every; /* seconds between two looks; 0: it stays away */
	uint64_t next;
	uint64_t last; /* size that it cosigned last */
	bool mute;     /* it looks, and never cosigns */
};

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
	size = head_kit_size_of(buf_view(&note));
	assert_true(size > r->last);
	r->last = size;
	assert_int_equal(head_kit_cosign(h, &r->w, buf_view(&note), size), 0);
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
		crowd[i].w = head_kit_witness((uint8_t)(i + 1));
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
		struct head *h = head_kit_good();
		size_t all = every[i][CROWD - 1] != 0 ? 4 : 3;
		uint64_t seldom = every[i][all - 1], often = every[i][1];
		uint64_t third = every[i][2];

		head_kit_leaves(1);
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
	struct head *h = head_kit_good();

	head_kit_leaves(1);
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
	h = head_kit_good();
	days(h, crowd, 3600, 600, worst);
	assert_in_range(worst[3], 1, 600);
	head_close(h);
}

/* One who seldom looks begins what all are to meet on; others look later. */
static uint64_t late(struct head *h, struct rhythm *crowd, uint64_t seconds)
{
	uint64_t size;

	do
		look_as(h, &crowd[2]);
	while (crowd[2].last < crowd[0].last);
	size = crowd[2].last;
	kit.now += seconds;
	look_as(h, &crowd[1]);
	assert_int_equal(crowd[1].last, size);
	kit.now += 4;
	look_as(h, &crowd[1]);
	assert_true(crowd[1].last > size);
	return size;
}

/*
 * A machine that was held for three quarters of a minute is waited for, however
 * often it looks otherwise; for longer than HEAD_PATIENCE it is not.
 */
static void test_who_is_late_once_is_waited_for(void **state)
{
	static const uint64_t every[CROWD] = {1, 4, 600, 0};
	uint64_t worst[CROWD], size;
	struct rhythm crowd[CROWD];
	struct head *h = head_kit_good();

	head_kit_leaves(1);
	crowd_of(crowd, every);
	days(h, crowd, 3000, 0, worst);
	size = late(h, crowd, 45);
	look_as(h, &crowd[0]);
	assert_int_equal(crowd[0].last, size);
	days(h, crowd, 3000, 0, worst);
	size = late(h, crowd, HEAD_PATIENCE + 1);
	look_as(h, &crowd[0]);
	assert_true(crowd[0].last > size);
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
	struct head *h = head_kit_good();
	struct buf note;
	size_t i;

	head_kit_leaves(1);
	crowd_of(crowd, every);
	for (i = 0; i < 3; i++)
		look_as(h, &crowd[i]);
	assert_int_equal(head_cosigned(h, 3, &note), 0);
	size = head_kit_size_of(buf_view(&note));
	buf_wipe(&note);
	days(h, crowd, 100 * 5, 0, worst);
	assert_int_equal(head_cosigned(h, 3, &note), 0);
	assert_int_equal(head_kit_size_of(buf_view(&note)), size);
	buf_wipe(&note);
	/* By number the largest is first, and what all have is the last. */
	for (worst[0] = UINT64_MAX, i = 0; head_kept(h, i, &note) == 0; i++) {
		assert_true(head_kit_size_of(buf_view(&note)) < worst[0]);
		worst[0] = head_kit_size_of(buf_view(&note));
		buf_wipe(&note);
	}
	assert_int_equal(i, HEAD_COSIGNED);
	assert_int_equal(worst[0], size);
	head_close(h);
	kit_reopen(&kit);
	h = head_kit_good();
	assert_int_equal(head_cosigned(h, 3, &note), 0);
	assert_int_equal(head_kit_size_of(buf_view(&note)), size);
	buf_wipe(&note);
	head_close(h);
}

/* As many words, but others': what two stand on is not let go for that. */
static void test_others_words_do_not_push_ours_out(void **state)
{
	static const uint64_t every[CROWD] = {0};
	struct rhythm crowd[CROWD];
	struct head *h = head_kit_good();
	struct buf note;
	bool found = false;

	head_kit_leaves(1);
	crowd_of(crowd, every);
	look_as(h, &crowd[0]);
	look_as(h, &crowd[1]);
	for (size_t i = 0; i < HEAD_COSIGNED + 4; i++) {
		look_as(h, &crowd[0]);
		assert_int_equal(head_kept(h, 0, &note), 0);
		assert_int_equal(
			head_kit_cosign(h, &crowd[2].w, buf_view(&note),
				head_kit_size_of(buf_view(&note))),
			0);
		buf_wipe(&note);
	}
	for (size_t i = 0; head_kept(h, i, &note) == 0; i++) {
		found = found || head_kit_has_both(buf_view(&note), &crowd[0].w,
					 &crowd[1].w);
		buf_wipe(&note);
	}
	assert_true(found);
	head_close(h);
}

/* What all are to cosign comes back by file before one of them has: those who
 * have cosigned it then are given the next. */
static void test_by_file_and_at_once(void **state)
{
	struct witness a = head_kit_witness(1), b = head_kit_witness(2);
	struct head_taken *t = malloc(sizeof *t);
	struct head *h = head_kit_good();
	struct bytes given;
	struct buf note;
	uint64_t size;

	head_kit_leaves(5);
	assert_int_equal(head_renew(h, kit.now), 0);
	assert_int_equal(head_offer(h, &a.key, kit.now, &given), 0);
	assert_int_equal(buf_copy(&note, given), 0);
	size = head_kit_size_of(given);
	head_kit_leaves(9);
	assert_int_equal(head_renew(h, kit.now), 0);
	assert_int_equal(head_take(h, head_note(h, NULL), t), 0);
	assert_int_equal(head_take(h, buf_view(&note), t), 0);
	assert_int_equal(head_kit_cosign(h, &b, buf_view(&note), size), 0);
	assert_int_equal(head_kit_cosign(h, &a, buf_view(&note), size), 0);
	assert_int_equal(head_renew(h, kit.now), 0);
	assert_int_equal(head_offer(h, &a.key, kit.now, &given), 0);
	assert_true(head_kit_size_of(given) > size);
	buf_wipe(&note);
	head_close(h);
	free(t);
}

int main(void)
{
#define T(f)                                                                   \
	cmocka_unit_test_setup_teardown(f, head_kit_setup, head_kit_teardown)
	const struct CMUnitTest tests[] = {
		T(test_uneven_witnesses_meet),
		T(test_nobody_waits_for_who_stays_away),
		T(test_who_is_late_once_is_waited_for),
		T(test_what_more_have_cosigned_is_kept),
		T(test_others_words_do_not_push_ours_out),
		T(test_by_file_and_at_once),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
