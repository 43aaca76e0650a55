/*
 * The daemon's time over a source that does what it likes: jumps, reboots,
 * crashes, a time source that comes late or never.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock/clock.h"

#define SEC   1000ULL
#define HOUR  (3600 * SEC)
#define DAY   (24 * HOUR)
#define START (20000 * DAY)

struct world {
	struct clock_sample now;
	int rc;
	struct clock_source source;
	struct clock_options options;
	struct clock *clock;
	uint64_t last;
	char folder[64];
	char path[80];
};

static int read_world(void *ctx, struct clock_sample *ret)
{
	struct world *w = ctx;

	*ret = w->now;
	return w->rc;
}

static int open_clock(struct world *w)
{
	return clock_open(w->path, &w->options, &w->source, &w->clock);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	if (w == NULL)
		return -1;
	*w = (struct world){.now = {START, 50 * SEC, true},
		.options = {120 * SEC, 10 * SEC, true},
		.folder = "/tmp/test_clock.XXXXXX"};
	if (mkdtemp(w->folder) == NULL) {
		free(w);
		return -1;
	}
	snprintf(w->path, sizeof w->path, "%s/clock", w->folder);
	w->source = (struct clock_source){read_world, w};
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char beside[100];

	clock_close(w->clock);
	snprintf(beside, sizeof beside, "%s.new", w->path);
	unlink(beside);
	unlink(w->path);
	rmdir(w->folder);
	free(w);
	return 0;
}

/* Let ${ms} pass on both clocks, in steps of a second; look at each. */
static void pass(struct world *w, uint64_t ms)
{
	while (ms > 0) {
		uint64_t step = ms < SEC ? ms : SEC;
		struct clock_reading r;

		w->now.wall += step;
		w->now.boot += step;
		ms -= step;
		assert_int_equal(clock_tick(w->clock), 0);
		r = clock_read(w->clock);
		assert_true(r.now >= w->last);
		w->last = r.now;
		if (clock_save_due(w->clock))
			assert_int_equal(clock_save(w->clock), 0);
	}
}

/* The process dies: nothing is written any more. */
static void crash(struct world *w)
{
	char kept[100];

	snprintf(kept, sizeof kept, "%s.kept", w->path);
	(void)rename(w->path, kept);
	clock_close(w->clock);
	w->clock = NULL;
	unlink(w->path);
	(void)rename(kept, w->path);
}

static void reboot(struct world *w, uint64_t off)
{
	w->now.boot = 20 * SEC;
	w->now.wall += off;
	w->now.synced = false;
}

static uint64_t now(const struct world *w)
{
	return clock_read(w->clock).now;
}

static void a_sound_clock_is_the_wall_clock(void **state)
{
	struct world *w = *state;

	assert_int_equal(open_clock(w), 0);
	pass(w, HOUR);
	assert_int_equal(now(w), START + HOUR);
	assert_false(clock_read(w->clock).doubtful);
	/* Small corrections are followed. */
	w->now.wall += 5 * SEC;
	pass(w, SEC);
	assert_int_equal(now(w), START + HOUR + 6 * SEC);
	assert_int_equal(clock_doubt(w->clock), 0);
}

static void small_steps_back_slow_time_down(void **state)
{
	struct world *w = *state;
	uint64_t before;

	assert_int_equal(open_clock(w), 0);
	pass(w, 60 * SEC);
	before = now(w);
	w->now.wall -= 10 * SEC;
	pass(w, 10 * SEC);
	assert_int_equal(now(w), before + 5 * SEC);
	pass(w, 30 * SEC);
	assert_int_equal(now(w), w->now.wall);
	assert_int_equal(clock_doubt(w->clock), 0);
}

static void a_jump_is_doubtful_and_time_runs_on(void **state)
{
	static const int64_t jumps[] = {
		(int64_t)DAY, -(int64_t)DAY, 121 * 1000, -121 * 1000};

	for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
		struct world *w = *state;
		uint64_t before;

		assert_int_equal(open_clock(w), 0);
		pass(w, 60 * SEC);
		before = now(w);
		w->now.wall += (uint64_t)jumps[i];
		pass(w, HOUR);
		assert_int_equal(clock_doubt(w->clock), CLOCK_JUMPED);
		assert_int_equal(now(w), before + HOUR);
		/* Nothing has started since. */
		assert_int_equal(clock_read(w->clock).sure, before);
		/* It comes back by itself: the doubt was about that only. */
		w->now.wall -= (uint64_t)jumps[i];
		pass(w, 10 * SEC);
		assert_int_equal(clock_doubt(w->clock), 0);
		assert_int_equal(now(w), before + HOUR + 10 * SEC);
		assert_int_equal(clock_close(w->clock), 0);
		w->clock = NULL;
	}
}

static void many_small_steps_are_a_jump(void **state)
{
	struct world *w = *state;

	assert_int_equal(open_clock(w), 0);
	for (int i = 0; i < 10; i++) {
		w->now.wall += 100 * SEC;
		pass(w, SEC);
	}
	assert_int_equal(clock_doubt(w->clock), CLOCK_JUMPED);
}

static void accept_takes_the_wall_clock(void **state)
{
	struct world *w = *state;
	uint64_t before;

	assert_int_equal(open_clock(w), 0);
	w->now.wall += DAY;
	pass(w, SEC);
	assert_true(clock_read(w->clock).doubtful);
	assert_int_equal(clock_accept(w->clock), 0);
	assert_false(clock_read(w->clock).doubtful);
	assert_int_equal(now(w), w->now.wall);
	/* Backwards: accepted, and still time does not go back. */
	before = now(w);
	w->now.wall -= HOUR;
	pass(w, SEC);
	assert_int_equal(clock_accept(w->clock), 0);
	assert_int_equal(clock_doubt(w->clock), 0);
	assert_true(now(w) >= before);
	pass(w, 2 * HOUR);
	assert_int_equal(now(w), w->now.wall);
}

static void without_a_time_source_nothing_is_sure(void **state)
{
	struct world *w = *state;

	w->now.synced = false;
	assert_int_equal(open_clock(w), 0);
	pass(w, HOUR);
	assert_int_equal(clock_doubt(w->clock), CLOCK_UNSYNCED);
	/* A clock never trusted leaves nothing behind. */
	assert_int_not_equal(access(w->path, F_OK), 0);
	w->now.synced = true;
	pass(w, SEC);
	assert_int_equal(clock_doubt(w->clock), 0);
	/* Once set it stays set, whatever the source says later. */
	w->now.synced = false;
	pass(w, HOUR);
	assert_int_equal(clock_doubt(w->clock), 0);
}

static void a_new_clock_starts_where_the_source_says(void **state)
{
	struct world *w = *state;

	w->now.synced = false;
	w->now.wall = START + 30000 * DAY; /* a dead battery */
	assert_int_equal(open_clock(w), 0);
	w->now.wall = START;
	w->now.synced = true;
	assert_int_equal(clock_tick(w->clock), 0);
	assert_int_equal(now(w), START);
	assert_false(clock_read(w->clock).doubtful);
}

static void the_source_may_be_switched_off(void **state)
{
	struct world *w = *state;

	w->now.synced = false;
	w->options.need_sync = false;
	assert_int_equal(open_clock(w), 0);
	assert_int_equal(clock_doubt(w->clock), 0);
}

static void a_crash_never_turns_time_back(void **state)
{
	struct world *w = *state;

	assert_int_equal(open_clock(w), 0);
	for (int i = 0; i < 40; i++) {
		pass(w, (uint64_t)(1 + i * 7 % 13) * SEC);
		crash(w);
		if (i % 3 == 0)
			w->now.wall -= 3 * SEC;
		assert_int_equal(open_clock(w), 0);
		assert_true(now(w) >= w->last);
		w->last = now(w);
		assert_int_equal(clock_doubt(w->clock), 0);
	}
	pass(w, HOUR);
	assert_int_equal(now(w), w->now.wall);
}

static void a_restart_sees_a_jump_it_slept_through(void **state)
{
	struct world *w = *state;
	uint64_t before;

	assert_int_equal(open_clock(w), 0);
	pass(w, 60 * SEC);
	before = now(w);
	assert_int_equal(clock_close(w->clock), 0);
	w->now.wall += DAY;
	w->now.boot += 5 * SEC;
	assert_int_equal(open_clock(w), 0);
	assert_int_equal(clock_doubt(w->clock), CLOCK_JUMPED);
	assert_int_equal(now(w), before);
	pass(w, HOUR);
	assert_int_equal(clock_close(w->clock), 0);
	assert_int_equal(open_clock(w), 0);
	/* Doubt and the last sure time outlive a restart. */
	assert_true(now(w) >= before + HOUR);
	assert_int_equal(clock_read(w->clock).sure, before);
	assert_int_equal(clock_accept(w->clock), 0);
	assert_int_equal(clock_read(w->clock).sure, now(w));
}

static void a_reboot_waits_for_the_source(void **state)
{
	struct world *w = *state;
	uint64_t before;

	assert_int_equal(open_clock(w), 0);
	pass(w, 60 * SEC);
	before = now(w);
	assert_int_equal(clock_close(w->clock), 0);
	reboot(w, 2 * DAY);
	assert_int_equal(open_clock(w), 0);
	assert_int_equal(clock_doubt(w->clock), CLOCK_UNSYNCED);
	pass(w, 30 * SEC);
	assert_int_equal(now(w), before + 30 * SEC);
	w->now.synced = true;
	pass(w, SEC);
	assert_int_equal(clock_doubt(w->clock), 0);
	assert_int_equal(now(w), w->now.wall);
}

static void an_implausible_boot_needs_a_person(void **state)
{
	static const int64_t offs[] = {31 * (int64_t)DAY, -(int64_t)HOUR};

	for (size_t i = 0; i < 2; i++) {
		struct world *w = *state;
		uint64_t before;

		assert_int_equal(open_clock(w), 0);
		assert_int_equal(clock_accept(w->clock), 0);
		pass(w, 60 * SEC);
		before = now(w);
		assert_int_equal(clock_close(w->clock), 0);
		reboot(w, (uint64_t)offs[i]);
		w->now.synced = true;
		assert_int_equal(open_clock(w), 0);
		assert_int_equal(clock_doubt(w->clock), CLOCK_JUMPED);
		pass(w, 60 * SEC);
		assert_int_equal(now(w), before + 60 * SEC);
		/* Neither a restart nor another boot makes it go away. */
		assert_int_equal(clock_close(w->clock), 0);
		w->now.boot += SEC;
		assert_int_equal(open_clock(w), 0);
		assert_int_equal(clock_doubt(w->clock), CLOCK_JUMPED);
		assert_int_equal(clock_close(w->clock), 0);
		reboot(w, 0);
		w->now.synced = true;
		assert_int_equal(open_clock(w), 0);
		assert_int_equal(clock_doubt(w->clock), CLOCK_JUMPED);
		assert_int_equal(clock_accept(w->clock), 0);
		pass(w, SEC);
		assert_int_equal(clock_doubt(w->clock), 0);
		assert_int_equal(clock_close(w->clock), 0);
		w->clock = NULL;
		w->now.boot += DAY;
		w->now.wall += DAY;
	}
}

static void a_failing_source_changes_nothing(void **state)
{
	struct world *w = *state;
	uint64_t before;

	assert_int_equal(open_clock(w), 0);
	pass(w, 60 * SEC);
	before = now(w);
	w->rc = ROWAN_E_IO;
	w->now.wall += DAY;
	assert_int_equal(clock_tick(w->clock), ROWAN_E_IO);
	assert_int_equal(clock_accept(w->clock), ROWAN_E_IO);
	assert_int_equal(now(w), before);
	assert_int_equal(clock_doubt(w->clock), 0);
}

static void a_damaged_file_is_refused(void **state)
{
	struct world *w = *state;
	uint8_t data[200];
	size_t len;
	FILE *f;

	assert_int_equal(open_clock(w), 0);
	assert_int_equal(clock_close(w->clock), 0);
	w->clock = NULL;
	f = fopen(w->path, "rb");
	assert_non_null(f);
	len = fread(data, 1, sizeof data, f);
	fclose(f);
	for (size_t i = 0; i <= len; i++) {
		f = fopen(w->path, "wb");
		data[i % len] ^= 0x40;
		/* Every changed byte; at last a file cut short. */
		fwrite(data, 1, i < len ? len : len - 1, f);
		fclose(f);
		assert_int_equal(open_clock(w), ROWAN_E_CORRUPT);
		assert_null(w->clock);
		data[i % len] ^= 0x40;
	}
	unlink(w->path);
}

static void a_disk_that_refuses_keeps_time_running(void **state)
{
	struct world *w = *state;

	assert_int_equal(open_clock(w), 0);
	pass(w, SEC);
	snprintf(w->path, sizeof w->path, "/proc/self/none/clock");
	assert_int_equal(clock_close(w->clock), 0);
	assert_int_equal(open_clock(w), 0);
	assert_int_equal(clock_save(w->clock), ROWAN_E_IO);
	w->now.wall += SEC;
	w->now.boot += SEC;
	assert_int_equal(clock_tick(w->clock), 0);
	assert_int_equal(now(w), w->now.wall);
	assert_true(clock_save_due(w->clock));
	assert_int_equal(clock_close(w->clock), ROWAN_E_IO);
	w->clock = NULL;
	snprintf(w->path, sizeof w->path, "%s/clock", w->folder);
}

/* The file is gone, or an older copy; what the log has signed is not. */
static void what_was_signed_is_past(void **state)
{
	struct world *w = *state;

	assert_int_equal(open_clock(w), 0);
	pass(w, SEC);
	/* Nothing new. */
	assert_int_equal(clock_hold(w->clock, START), 0);
	assert_int_equal(now(w), w->now.wall);
	/* Less than a jump ahead: no doubt, and the wall catches up. */
	assert_int_equal(clock_hold(w->clock, w->now.wall + 10 * SEC), 0);
	assert_int_equal(now(w), w->now.wall + 10 * SEC);
	assert_int_equal(clock_doubt(w->clock), 0);
	pass(w, 30 * SEC);
	assert_int_equal(now(w), w->now.wall);
	crash(w);
	unlink(w->path);
	/* A machine whose clock has lost a year begins without a file. */
	w->now.wall -= 365 * DAY;
	w->last = 0;
	assert_int_equal(open_clock(w), 0);
	assert_int_equal(clock_hold(w->clock, START + DAY), 0);
	assert_int_equal(now(w), START + DAY);
	assert_int_equal(clock_doubt(w->clock), CLOCK_JUMPED);
	pass(w, 10 * SEC);
	assert_int_equal(now(w), START + DAY + 10 * SEC);
	/* Nor does a person turn it back; and it was kept. */
	assert_int_equal(clock_accept(w->clock), 0);
	assert_true(now(w) >= START + DAY + 10 * SEC);
	assert_int_equal(clock_save(w->clock), 0);
	crash(w);
	assert_int_equal(open_clock(w), 0);
	assert_true(now(w) >= START + DAY + 10 * SEC);
	/* A source that is not heard yet is doubtful as it was. */
	clock_close(w->clock);
	unlink(w->path);
	w->now.synced = false;
	assert_int_equal(open_clock(w), 0);
	assert_int_equal(clock_hold(w->clock, START + 2 * DAY), 0);
	assert_int_equal(clock_doubt(w->clock), CLOCK_UNSYNCED);
	assert_int_equal(now(w), START + 2 * DAY);
	w->now.synced = true;
	pass(w, SEC);
	assert_int_equal(clock_doubt(w->clock), CLOCK_JUMPED);
	w->rc = -1;
	assert_int_equal(clock_hold(w->clock, START), ROWAN_E_IO);
	w->rc = 0;
}

/* A wrong clock that was accepted: time stays ahead, and goes on. */
static void a_year_ahead_by_mistake_is_lived_with(void **state)
{
	struct world *w = *state;
	uint64_t ahead;

	assert_int_equal(open_clock(w), 0);
	pass(w, SEC);
	w->now.wall += 365 * DAY;
	pass(w, SEC);
	assert_int_equal(clock_accept(w->clock), 0);
	w->now.wall -= 365 * DAY;
	pass(w, SEC);
	assert_int_equal(clock_doubt(w->clock), CLOCK_JUMPED);
	assert_int_equal(clock_accept(w->clock), 0);
	ahead = now(w);
	assert_true(ahead >= START + 365 * DAY);
	pass(w, HOUR);
	assert_true(now(w) >= ahead + HOUR / 2 - SEC);
	assert_true(now(w) <= ahead + HOUR / 2 + SEC);
	/* The last that is signed when it stops is of the next second. */
	for (int i = 0; i < 3; i++) {
		ahead = now(w);
		assert_int_equal(clock_close(w->clock), 0);
		assert_int_equal(open_clock(w), 0);
		assert_int_equal(clock_hold(w->clock, ahead + SEC), 0);
		assert_int_equal(clock_doubt(w->clock), 0);
		assert_int_equal(now(w), ahead + SEC);
		pass(w, SEC);
		assert_int_equal(clock_doubt(w->clock), 0);
	}
	/* Who knows after the machine was off? Somebody does. */
	w->now.boot = 0;
	crash(w);
	assert_int_equal(open_clock(w), 0);
	assert_int_equal(clock_doubt(w->clock), CLOCK_JUMPED);
	assert_int_equal(clock_accept(w->clock), 0);
	assert_int_equal(clock_doubt(w->clock), 0);
	assert_true(now(w) >= ahead);
}

static void the_machine_has_clocks(void **state)
{
	struct clock_source source;
	struct clock_sample s;

	clock_system(&source);
	assert_int_equal(source.read(source.ctx, &s), 0);
	assert_true(s.wall > 1700000000000);
	assert_true(s.boot > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sound_clock_is_the_wall_clock),
		TEST(small_steps_back_slow_time_down),
		TEST(a_jump_is_doubtful_and_time_runs_on),
		TEST(many_small_steps_are_a_jump),
		TEST(accept_takes_the_wall_clock),
		TEST(without_a_time_source_nothing_is_sure),
		TEST(a_new_clock_starts_where_the_source_says),
		TEST(the_source_may_be_switched_off),
		TEST(a_crash_never_turns_time_back),
		TEST(a_restart_sees_a_jump_it_slept_through),
		TEST(a_reboot_waits_for_the_source),
		TEST(an_implausible_boot_needs_a_person),
		TEST(a_failing_source_changes_nothing),
		TEST(a_damaged_file_is_refused),
		TEST(a_disk_that_refuses_keeps_time_running),
		TEST(what_was_signed_is_past),
		TEST(a_year_ahead_by_mistake_is_lived_with),
		TEST(the_machine_has_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
