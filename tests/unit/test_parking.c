/*
 * Devices that are away for sixty days: their leaves go, the channel goes on
 * without them, and they come back when they ask for it, in everybody's
 * sight. Nobody is silenced by it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "clinic/group_row.h"
#include "lib/channel_kit.h"
#include "lib/groups_kit.h"
#include "wire/code.h"
#include "wire/key.h"
#include "wire/op.h"

#define DAY_MS	 (24ull * 60 * 60 * 1000)
#define WHILE_MS 20000

/* ---- at the daemon ---- */

static void here(struct member *m)
{
	struct writer none;
	struct wire_message answer;
	uint8_t mem[1];

	writer_init_fixed(&none, mem, sizeof mem);
	assert_int_equal(member_call(m,
				 &(struct member_request){
					 .op = WIRE_OP_PING, .body = &none},
				 &answer),
		WIRE_OK);
}

/* Days on which both of the staff were here, and she was not. */
static void days(struct groups_kit *t, unsigned n)
{
	while (n-- > 0) {
		relay_double_pass(t->c.d, DAY_MS);
		here(&t->advocate);
		here(&t->registrar);
	}
	t->c.cast.w.now = relay_double_now(t->c.d);
}

static void everybody(struct groups_kit *t)
{
	here(&t->victim);
	member_publish(&t->victim, 1);
	member_publish(&t->registrar, 1);
	assert_int_equal(member_create(&t->advocate, 1, &t->group), WIRE_OK);
	assert_int_equal(member_add(&t->advocate, &t->victim), WIRE_OK);
	member_read(&t->advocate);
	member_read(&t->victim);
	assert_int_equal(member_add(&t->advocate, &t->registrar), WIRE_OK);
	member_read(&t->advocate);
	member_read(&t->victim);
	member_read(&t->registrar);
}

/* How it stands, but for who asks. */
static struct wire_group_state look(struct member *m)
{
	struct wire_group_state s;

	assert_int_equal(member_state(m, &s), WIRE_OK);
	s.flags &= ~WIRE_GROUP_MEMBER;
	return s;
}

static bool is_away(struct groups_kit *t, const struct wire_group_state *s)
{
	return s->away_count == 1 &&
	       id16_eq(&s->away[0], &t->c.cast.victim.device);
}

static uint16_t remove_her(struct groups_kit *t)
{
	uint16_t code = member_remove(
		&t->advocate, member_leaf(&t->advocate, &t->c.cast.victim));

	if (code != WIRE_OK)
		rowan_mls_discard_commit(t->advocate.group);
	member_read(&t->advocate);
	member_read(&t->registrar);
	return code;
}

static uint16_t claim_her(struct groups_kit *t)
{
	struct buf package;
	uint16_t code =
		member_claim(&t->advocate, &t->c.cast.victim.device, &package);

	buf_wipe(&package);
	return code;
}

static void readmit(struct groups_kit *t)
{
	struct wire_statement s;

	t->c.cast.w.now = relay_double_now(t->c.d);
	world_statement(&t->c.cast.w, t->c.cast.c, WIRE_ST_READMIT, &s);
	assert_int_equal(
		world_act(&t->c.cast.w, t->c.cast.c, &s, &t->c.cast.victim), 0);
}

static void sixty_days_and_no_less(void **state)
{
	struct groups_kit *t = *state;
	struct wire_group_state s;

	everybody(t);
	days(t, 59);
	s = look(&t->advocate);
	assert_int_equal(s.away_count, 0);
	assert_int_equal(remove_her(t), WIRE_REFUSED);
	/* One request in time is enough. */
	here(&t->victim);
	days(t, 59);
	assert_int_equal(remove_her(t), WIRE_REFUSED);
	days(t, 1);
	s = look(&t->advocate);
	assert_true(is_away(t, &s));
	assert_int_equal(s.flags, 0);
	/* Who is here may not be removed beside. */
	assert_int_equal(
		member_remove(&t->advocate,
			member_leaf(&t->advocate, &t->c.cast.registrar)),
		WIRE_REFUSED);
	rowan_mls_discard_commit(t->advocate.group);
	assert_int_equal(remove_her(t), WIRE_OK);
	s = look(&t->advocate);
	assert_true(is_away(t, &s));
	/* Nobody is missed, and they go on. */
	assert_int_equal(s.flags, 0);
	assert_int_equal(member_say(&t->advocate, "without her"), WIRE_OK);
	member_read(&t->registrar);
	assert_string_equal(t->registrar.heard[0], "without her");
}

static void back_by_asking_for_it(void **state)
{
	struct groups_kit *t = *state;
	struct wire_group_state s;

	everybody(t);
	days(t, 60);
	assert_int_equal(remove_her(t), WIRE_OK);
	/* Being here is not enough, nor is a package of hers. */
	here(&t->victim);
	member_publish(&t->victim, 1);
	s = look(&t->victim);
	assert_true(is_away(t, &s));
	assert_int_equal(s.flags, 0);
	assert_int_equal(claim_her(t), WIRE_REFUSED);
	assert_int_equal(member_add(&t->advocate, &t->victim), WIRE_REFUSED);
	relay_double_restart(t->c.d);
	here(&t->advocate);
	assert_int_equal(claim_her(t), WIRE_REFUSED);
	readmit(t);
	s = look(&t->advocate);
	assert_int_equal(s.away_count, 0);
	assert_int_equal(s.flags, WIRE_GROUP_MISSING);
	/* What she had published opens nothing after it. */
	member_publish(&t->victim, 1);
	assert_int_equal(member_add(&t->advocate, &t->victim), WIRE_OK);
	member_read(&t->advocate);
	assert_int_equal(look(&t->advocate).flags, 0);
	assert_int_equal(member_say(&t->advocate, "welcome back"), WIRE_OK);
	member_read(&t->victim);
	assert_string_equal(t->victim.heard[0], "welcome back");
}

/* A package of hers that comes to a member by another way. */
static void publish_one(struct member *m, struct rowan_mls_buf *ret)
{
	const struct rowan_mls_key_package_options o = {.last_resort = false};
	struct wire_key_publish p = {.count = 1};
	struct wire_message answer;
	struct writer w;

	assert_int_equal(rowan_mls_key_package(m->mls, &o, ret, NULL), 0);
	p.packages[0].data = bytes_of(ret->data, ret->len);
	writer_init(&w, WIRE_FRAME_MAX);
	assert_int_equal(wire_key_publish_encode(&p, &w), 0);
	assert_int_equal(member_call(m,
				 &(struct member_request){
					 .op = WIRE_OP_KEY_PUBLISH, .body = &w},
				 &answer),
		WIRE_OK);
	writer_wipe(&w);
}

static void not_by_a_patched_client(void **state)
{
	struct groups_kit *t = *state;
	struct rowan_mls_proposal p = {.type = ROWAN_MLS_ADD};
	struct rowan_mls_committed made;
	struct wire_group_state s;
	struct rowan_mls_buf package;

	everybody(t);
	days(t, 60);
	assert_int_equal(remove_her(t), WIRE_OK);
	here(&t->victim);
	publish_one(&t->victim, &package);
	p.key_package = (struct rowan_mls_bytes){package.data, package.len};
	member_commit(&t->advocate, &p, 1, &made);
	assert_int_equal(member_send(&t->advocate, &made, &s), WIRE_REFUSED);
	rowan_mls_committed_free(&made);
	readmit(t);
	member_commit(&t->advocate, &p, 1, &made);
	assert_int_equal(member_send(&t->advocate, &made, &s), WIRE_OK);
	rowan_mls_committed_free(&made);
	rowan_mls_buf_free(&package);
}

static void who_comes_back_in_time_stays(void **state)
{
	struct groups_kit *t = *state;

	everybody(t);
	days(t, 70);
	/* Nobody took her leaf out: nothing has happened. */
	here(&t->victim);
	assert_int_equal(look(&t->advocate).away_count, 0);
	assert_int_equal(remove_her(t), WIRE_REFUSED);
	assert_int_equal(member_say(&t->victim, "still here"), WIRE_OK);
	member_read(&t->advocate);
	assert_string_equal(t->advocate.heard[0], "still here");
}

/* A new generation begins without those who are away. */
static void a_reset_does_not_bring_back(void **state)
{
	struct groups_kit *t = *state;
	const struct id16 next = {{77}};
	struct wire_group_state s;
	struct wire_statement st;

	everybody(t);
	days(t, 61);
	world_statement(&t->c.cast.w, t->c.cast.c, WIRE_ST_RESET, &st);
	st.u.reset.channel = WIRE_CHANNEL_SUPPORT;
	st.u.reset.generation = 2;
	st.u.reset.group_id = next;
	assert_int_equal(
		world_act(&t->c.cast.w, t->c.cast.c, &st, &t->c.cast.advocate),
		0);
	assert_int_equal(member_create(&t->advocate, 2, &next), WIRE_OK);
	here(&t->victim);
	member_publish(&t->victim, 1);
	s = look(&t->advocate);
	assert_true(is_away(t, &s));
	assert_int_equal(claim_her(t), WIRE_REFUSED);
	readmit(t);
	member_publish(&t->victim, 1);
	assert_int_equal(member_add(&t->advocate, &t->victim), WIRE_OK);
}

static void a_doubtful_clock_parks_nobody(void **state)
{
	struct groups_kit *t = *state;

	everybody(t);
	days(t, 30);
	relay_double_doubt(t->c.d, true);
	relay_double_pass(t->c.d, 300 * DAY_MS / 2);
	assert_int_equal(look(&t->advocate).away_count, 0);
	assert_int_equal(remove_her(t), WIRE_REFUSED);
	relay_double_doubt(t->c.d, false);
	assert_true(look(&t->advocate).away_count > 0);
}

/* ---- the row ---- */

static void rows_keep_who_is_parked(void **state)
{
	static struct group_row row, got;
	const struct id16 a = {{1}}, b = {{2}}, c = {{3}};
	struct writer w;
	size_t first;

	memset(&row, 0, sizeof row);
	row.generation = 1;
	row.group_id = bytes_of("id", 2);
	row.mls = bytes_of("mls", 3);
	group_row_park(&row, &b);
	group_row_park(&row, &a);
	group_row_park(&row, &c);
	group_row_park(&row, &b);
	assert_int_equal(row.parked_count, 3);
	writer_init(&w, 4096);
	assert_int_equal(group_row_write(&row, &w), 0);
	assert_int_equal(group_row_read(writer_view(&w), &got), 0);
	assert_int_equal(got.parked_count, 3);
	assert_true(group_row_parked(&got, &b));
	assert_true(group_row_unpark(&got, &b));
	assert_false(group_row_unpark(&got, &b));
	assert_false(group_row_parked(&got, &b));
	assert_true(group_row_parked(&got, &a));
	assert_true(group_row_parked(&got, &c));
	/* Not in order, and torn. */
	first = w.len - 4 - 3 * ID16_LEN;
	assert_int_equal(w.data[first], 1);
	w.data[first] = 9;
	assert_int_equal(
		group_row_read(writer_view(&w), &got), ROWAN_E_CORRUPT);
	w.data[first] = 1;
	for (size_t n = 0; n < w.len; n++)
		assert_int_equal(group_row_read(bytes_of(w.data, n), &got),
			ROWAN_E_CORRUPT);
	/* Before there were parked ones. */
	row.parked_count = 0;
	w.len = 0;
	assert_int_equal(group_row_write(&row, &w), 0);
	w.data[1] = 1;
	memmove(w.data + w.len - 5, w.data + w.len - 4, 4);
	w.len--;
	assert_int_equal(group_row_read(writer_view(&w), &got), 0);
	assert_int_equal(got.parked_count, 0);
	assert_true(bytes_eq(got.mls, bytes_of("mls", 3)));
	w.data[1] = 3;
	assert_int_equal(
		group_row_read(writer_view(&w), &got), ROWAN_E_TOO_NEW);
	writer_wipe(&w);
}

/* ---- with real devices ---- */

static struct double_clinic clinic;
static struct channel_kit advocate, registrar, victim;

static int setup_devices(void **state)
{
	memset(&advocate, 0, sizeof advocate);
	memset(&registrar, 0, sizeof registrar);
	memset(&victim, 0, sizeof victim);
	double_clinic_begin(&clinic);
	channel_kit_begin(&advocate, &clinic, &clinic.cast.advocate);
	channel_kit_begin(&registrar, &clinic, &clinic.cast.registrar);
	channel_kit_begin(&victim, &clinic, &clinic.cast.victim);
	return 0;
}

static int teardown_devices(void **state)
{
	channel_kit_end(&advocate);
	channel_kit_end(&registrar);
	channel_kit_end(&victim);
	double_clinic_end(&clinic);
	return 0;
}

static void two_months_away(void **state)
{
	struct channel_kit *const all[] = {&advocate, &registrar, &victim};
	struct id16 support =
		case_channel(clinic.cast.c, WIRE_CHANNEL_SUPPORT)->channel;

	channel_kit_run(all, 3, WHILE_MS);
	channel_kit_say(&victim, &support, "I am going away");
	channel_kit_run(all, 3, WHILE_MS);
	assert_int_equal(channel_kit_heard(&advocate, "I am going away"), 1);
	for (int day = 0; day < 62; day++) {
		relay_double_pass(clinic.d, DAY_MS);
		/* As a phone that connects once a day. */
		relay_double_cut(clinic.d, NULL);
		channel_kit_run(all, 2, WHILE_MS);
	}
	channel_kit_run(all, 2, 15 * 60 * 1000);
	assert_false(channel_kit_in(&advocate, &support, &clinic.cast.victim));
	assert_true(
		channel_kit_in(&advocate, &support, &clinic.cast.registrar));
	assert_int_equal(channel_kit_info(&advocate, &support).generation, 1);
	assert_int_equal(channel_kit_events(&advocate, ROWAN_EVENT_LEFT, 0), 1);
	channel_kit_say(&registrar, &support, "meanwhile");
	channel_kit_run(all, 2, WHILE_MS);
	assert_int_equal(channel_kit_heard(&advocate, "meanwhile"), 1);

	/* She wrote before she had a connection. */
	channel_kit_say(&victim, &support, "I am back");
	channel_kit_run(all, 3, 15 * 60 * 1000);
	assert_int_equal(victim.readmits, 1);
	assert_true(channel_kit_info(&victim, &support).joined);
	assert_int_equal(channel_kit_info(&advocate, &support).generation, 1);
	assert_int_equal(channel_kit_heard(&advocate, "I am back"), 1);
	assert_int_equal(channel_kit_heard(&registrar, "I am back"), 1);
	/* What was said without her is not hers. */
	assert_int_equal(channel_kit_heard(&victim, "meanwhile"), 0);
	channel_kit_say(&advocate, &support, "welcome");
	channel_kit_run(all, 3, WHILE_MS);
	assert_int_equal(channel_kit_heard(&victim, "welcome"), 1);
	/* Staff are told that a victim's device is back, and nothing else. */
	assert_int_equal(
		channel_kit_alarms(&advocate, ROWAN_ALARM_RETURNED), 1);
	assert_int_equal(
		channel_kit_events(&advocate, ROWAN_EVENT_ALARM, 0), 1);
	assert_int_equal(channel_kit_events(&victim, ROWAN_EVENT_ALARM, 0), 0);
	assert_int_equal(victim.errors + advocate.errors + registrar.errors, 0);
}

int main(void)
{
#define T(f)                                                                   \
	cmocka_unit_test_setup_teardown(                                       \
		f, groups_kit_setup, groups_kit_teardown)
#define D(f) cmocka_unit_test_setup_teardown(f, setup_devices, teardown_devices)
	const struct CMUnitTest tests[] = {
		T(sixty_days_and_no_less),
		T(back_by_asking_for_it),
		T(not_by_a_patched_client),
		T(who_comes_back_in_time_stays),
		T(a_reset_does_not_bring_back),
		T(a_doubtful_clock_parks_nobody),
		cmocka_unit_test(rows_keep_who_is_parked),
		D(two_months_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
