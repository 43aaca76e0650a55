/*
 * A device that dies between any two writes of its vault, as when the power
 * is cut or the process is killed: no message is lost, none is shown twice,
 * and no key is used twice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/channel_kit.h"
#include "lib/faulty_vfs.h"
#include "trust/attest.h"
#include "wire/op.h"

#define WHILE_MS 12000
#define WORDS	 4
#define COUNTERS 1024
#define STRIDE	 7 /* writes between two deaths; KILL_STRIDE in a campaign */

struct test {
	struct double_clinic c;
	struct channel_kit victim, advocate;
	struct channel_kit *all[2];
	struct id16 channel;
	bool said[WORDS];
	bool mute; /* dead from the last write that succeeds: nothing leaves */
	struct wire_hash sealed[COUNTERS]; /* by counter */
};

/* A counter is of one envelope, for ever: a key that is used once. */
static void look_at(struct test *t, const struct double_message *m)
{
	static const struct wire_hash none;
	struct bytes frames[WIRE_FRAMES_MAX];
	struct wire_message w;
	struct wire_submit s;
	struct wire_hash hash;

	for (size_t i = 0; i < m->count; i++)
		frames[i] = buf_view(&m->frame[i]);
	assert_int_equal(wire_message_assemble(frames, m->count, &w), 0);
	assert_int_equal(wire_submit_decode(&w, &s), 0);
	for (size_t i = 0; i < s.count; i++) {
		struct wire_hash *known = &t->sealed[s.items[i].counter];

		assert_true(s.items[i].counter < COUNTERS);
		attest_hash(s.items[i].envelope, &hash);
		if (memcmp(known, &none, sizeof none) != 0)
			assert_memory_equal(known, &hash, sizeof hash);
		*known = hash;
	}
}

static enum double_fate watch(void *ctx, struct double_message *m)
{
	struct test *t = ctx;

	if (m->way != DOUBLE_REQUEST ||
		!id16_eq(&m->device, &t->victim.person->device))
		return DOUBLE_PASS;
	if (t->mute && faulty_left() == 1)
		return DOUBLE_DROP;
	if (m->header.op == WIRE_OP_SUBMIT)
		look_at(t, m);
	return DOUBLE_PASS;
}

static void run(struct test *t, uint64_t ms)
{
	channel_kit_run(t->all, 2, ms);
}

static void begin(struct test *t)
{
	memset(t, 0, sizeof *t);
	double_clinic_begin(&t->c);
	t->channel = case_channel(t->c.cast.c, WIRE_CHANNEL_SUPPORT)->channel;
	faulty_default(true);
	channel_kit_begin(&t->victim, &t->c, &t->c.cast.victim);
	faulty_default(false);
	channel_kit_begin(&t->advocate, &t->c, &t->c.cast.advocate);
	t->all[0] = &t->victim;
	t->all[1] = &t->advocate;
	run(t, WHILE_MS);
	assert_true(channel_kit_info(&t->victim, &t->channel).joined);
	assert_true(channel_kit_info(&t->advocate, &t->channel).joined);
}

static void end(struct test *t)
{
	channel_kit_end(&t->victim);
	channel_kit_end(&t->advocate);
	double_clinic_end(&t->c);
	faulty_clear();
}

/* Says what can be said before the end. */
static void live(struct test *t)
{
	char text[24];

	for (int i = 0; i < WORDS; i++) {
		snprintf(text, sizeof text, "hers %d", i);
		t->said[i] =
			channel_kit_try_say(&t->victim, &t->channel, text) == 0;
		snprintf(text, sizeof text, "his %d", i);
		channel_kit_say(&t->advocate, &t->channel, text);
		run(t, 300);
		/* a commit of each in between */
		if (i == 1)
			channel_kit_unassign(&t->c, WIRE_CHANNEL_SUPPORT,
				&t->c.cast.registrar, &t->c.cast.coordinator);
		if (i == 2)
			channel_kit_assign(&t->c, WIRE_CHANNEL_SUPPORT,
				&t->c.cast.registrar, &t->c.cast.coordinator);
		run(t, 4000);
	}
}

static void resurrect(struct test *t)
{
	channel_kit_kill(&t->victim);
	vault_close(t->victim.vault.vault);
	t->victim.vault.vault = NULL;
	faulty_power_on();
	faulty_default(true);
	channel_kit_again(&t->victim);
	faulty_default(false);
}

static void nothing_is_lost(struct test *t, uint64_t n)
{
	char text[24];

	for (int i = 0; i < WORDS; i++) {
		size_t hers, his;

		snprintf(text, sizeof text, "hers %d", i);
		hers = channel_kit_heard(&t->advocate, text);
		snprintf(text, sizeof text, "his %d", i);
		his = channel_kit_heard(&t->victim, text);
		/* What failed to be kept may have been kept all the same. */
		if ((t->said[i] && hers != 1) || hers > 1 || his != 1)
			fail_msg("death at write %llu: word %d of hers %zu "
				 "times (said: %d), of his %zu times",
				(unsigned long long)n, i, hers, t->said[i],
				his);
	}
	for (size_t i = 0; i < 2; i++)
		for (int code = 1; code < 16; code++)
			if (channel_kit_alarms(t->all[i], code) != 0)
				fail_msg("death at write %llu: alarm %d",
					(unsigned long long)n, code);
	assert_true(channel_kit_info(&t->victim, &t->channel).joined);
	assert_int_equal(t->victim.readmits, 0);
}

static uint64_t die_often(bool mute)
{
	static struct test t;
	const char *env = getenv("KILL_STRIDE");
	uint64_t stride = env != NULL ? strtoull(env, NULL, 10) : STRIDE;
	uint64_t n = 1, deaths = 0;
	bool hit;

	faulty_install();
	do {
		faulty_seed(n);
		begin(&t);
		t.mute = mute;
		relay_double_hook(t.c.d, watch, &t);
		faulty_after(n, FAULTY_POWER);
		live(&t);
		hit = faulty_hit();
		faulty_after(0, FAULTY_POWER);
		if (hit) {
			resurrect(&t);
			deaths++;
		}
		run(&t, 3 * WHILE_MS);
		nothing_is_lost(&t, n);
		end(&t);
		n += stride;
	} while (hit);
	return deaths;
}

static void any_write_may_be_the_last(void **state)
{
	assert_true(die_often(false) > 10);
}

/* What the write was for was not told to anybody. */
static void and_nobody_hears_of_it(void **state)
{
	assert_true(die_often(true) > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_write_may_be_the_last),
		cmocka_unit_test(and_nobody_hears_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
