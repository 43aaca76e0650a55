/*
 * Memory runs out at every possible place while the chains are followed and
 * while something is done to the clinic: it is said, nothing is half known or
 * half done, and the same goes well afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/device_kit.h"
#include "lib/faulty_memory.h"

#define MOST	 3000
#define AGAIN_MS 31000 /* an answer that was lost is asked for again */

static struct double_clinic clinic;
static struct cast *t;
static struct device_kit d;

static int setup(void **state)
{
	double_clinic_begin(&clinic);
	t = &clinic.cast;
	return 0;
}

static int teardown(void **state)
{
	faulty_memory_after(0);
	device_kit_end(&d);
	double_clinic_end(&clinic);
	return 0;
}

static enum double_fate hold(void *ctx, struct double_message *m)
{
	return m->way == DOUBLE_REQUEST ? DOUBLE_PASS : DOUBLE_HOLD;
}

/*
 * One step in which the ${n}th allocation fails while the answers are taken
 * in; the double, which shares our memory, works before that. True when it did
 * fail.
 */
static bool step(uint64_t n)
{
	uint64_t ms = relay_double_ms(clinic.d);
	bool hit;
	int rc;

	(void)requests_step(d.q, ms);
	relay_double_release(clinic.d);
	faulty_memory_after(n);
	(void)requests_step(d.q, ms);
	hit = faulty_memory_hit();
	faulty_memory_after(0);
	rc = follow_step(d.follow, ms);
	assert_true(rc == 0 || (hit && rc == ROWAN_E_NOMEM));
	if (d.acts == NULL)
		return hit;
	acts_online(d.acts, d.up && !follow_busy(d.follow));
	rc = acts_step(d.acts, ms);
	assert_true(rc == 0 || (hit && rc == ROWAN_E_NOMEM));
	return hit;
}

static bool idle(void)
{
	return !follow_busy(d.follow) &&
	       (d.acts == NULL || acts_pending(d.acts, 0, NULL) == 0);
}

/* Each answer fails at its 1st, 2nd, ... allocation until it is taken. */
static unsigned work(void)
{
	unsigned failed = 0;
	uint64_t n = 1;

	relay_double_hook(clinic.d, hold, NULL);
	for (int i = 0; !idle(); i++) {
		size_t open = requests_open(d.q);

		assert_true(i < MOST);
		if (step(n)) {
			failed++;
			n++;
			relay_double_pass(clinic.d, AGAIN_MS);
		} else {
			n = requests_open(d.q) < open ? 1 : n;
			relay_double_pass(clinic.d, 100);
		}
	}
	relay_double_hook(clinic.d, NULL, NULL);
	return failed;
}

/* Greeted, and nothing followed. */
static void begin(const struct world_person *p, bool with_acts)
{
	device_kit_begin(&d, &clinic, p, with_acts);
	for (int i = 0; i < 4 && !d.up; i++)
		(void)device_kit_step(&d);
	assert_true(d.up);
}

static unsigned count(uint16_t type)
{
	struct event e;
	unsigned n = 0;

	while (device_kit_event(&d, 0, &e)) {
		assert_int_not_equal(e.type, ROWAN_EVENT_ALARM);
		n += e.type == type;
	}
	return n;
}

static void chains_are_followed_or_not(void **state)
{
	const struct clinic *c;
	const struct case_state *of;

	begin(&t->advocate, false);
	follow_time(d.follow, relay_double_now(clinic.d), false);
	follow_catch_up(d.follow, NULL);
	assert_true(work() > 50);
	c = follow_clinic(d.follow);
	of = follow_case(d.follow, &t->c->id);
	assert_int_equal(c->number, t->w.clinic.number);
	assert_memory_equal(&c->head, &t->w.clinic.head, sizeof c->head);
	assert_non_null(of);
	assert_int_equal(of->number, t->c->number);
	assert_memory_equal(&of->head, &t->c->head, sizeof of->head);
	/* Told once, however often it was begun. */
	assert_int_equal(count(ROWAN_EVENT_CASE), 1);
	/* And what the vault has is the same. */
	device_kit_again(&d);
	assert_int_equal(follow_clinic(d.follow)->number, t->w.clinic.number);
	assert_int_equal(
		follow_case(d.follow, &t->c->id)->number, t->c->number);
}

static int open_follow(struct follow **ret)
{
	const struct follow_options o = {
		.vault = d.kit.vault, .events = d.events, .requests = d.q};

	return follow_new(ret, &o);
}

static int open_acts(struct acts **ret)
{
	const struct acts_options o = {.vault = d.kit.vault,
		.events = d.events,
		.requests = d.q,
		.follow = d.follow,
		.me = &d.me};

	return acts_new(ret, &o);
}

static void opened_or_not(void **state)
{
	struct follow *f = NULL;
	struct acts *a = NULL;
	unsigned failed = 0;
	int rc;

	begin(&t->coordinator, true);
	device_kit_settle(&d);
	follow_catch_up(d.follow, &t->c->id);
	device_kit_settle(&d);
	for (uint64_t n = 1; f == NULL || a == NULL; n++) {
		bool hit;

		assert_true(n < MOST);
		faulty_memory_after(n);
		rc = f == NULL ? open_follow(&f) : open_acts(&a);
		hit = faulty_memory_hit();
		faulty_memory_after(0);
		/* SQLite does without some of it. */
		assert_true(rc == 0 || (hit && rc == ROWAN_E_NOMEM));
		failed += rc != 0;
		if (rc == 0)
			n = 0;
	}
	assert_true(failed > 20);
	acts_free(a);
	follow_free(f);
}

static void an_act_happens_once(void **state)
{
	struct acts_assignment what = {.member = t->stranger.member};
	unsigned failed = 0;
	uint64_t act = 0;
	int rc;

	begin(&t->coordinator, true);
	device_kit_settle(&d);
	follow_catch_up(d.follow, &t->c->id);
	device_kit_settle(&d);
	what.channel = case_channel(t->c, WIRE_CHANNEL_TEAM)->channel;
	for (uint64_t n = 1;; n++) {
		bool hit;

		assert_true(n < MOST);
		faulty_memory_after(n);
		rc = acts_assign(d.acts, &what, &act);
		hit = faulty_memory_hit();
		faulty_memory_after(0);
		if (rc == 0)
			break;
		assert_true(hit);
		assert_int_equal(rc, ROWAN_E_NOMEM);
		assert_int_equal(acts_pending(d.acts, 0, NULL), 0);
		failed++;
	}
	assert_true(failed > 20);
	(void)count(0);
	assert_true(work() > 20);
	assert_int_equal(count(ROWAN_EVENT_DONE), 1);
	assert_int_equal(
		follow_case(d.follow, &t->c->id)->number, t->c->number + 1);
	assert_true(case_assigned(follow_case(d.follow, &t->c->id),
		&t->stranger.member, WIRE_CHANNEL_TEAM,
		relay_double_now(clinic.d)));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(chains_are_followed_or_not),
		T(opened_or_not),
		T(an_act_happens_once),
	};
#undef T

	faulty_memory_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
