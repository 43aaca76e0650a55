/*
 * Channels at a daemon that is not honest, and beside a member whose client
 * was patched: each is found out, and nothing of theirs is taken in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/channel_kit.h"
#include "session/channel/channel_row.h"
#include "wire/key.h"
#include "wire/op.h"

#define WHILE_MS 20000
#define LONG_MS	 (15 * 60 * 1000)

struct test {
	struct double_clinic c;
	struct channel_kit advocate, victim;
	struct channel_kit *all[2];
	struct id16 channel, group;
	/* what the hook does, to whom, how often */
	struct id16 whom;
	uint8_t kind;
	unsigned times;
	struct buf kept;
	uint64_t subscription; /* that it came under */
};

static int setup(void **state)
{
	static struct test t;
	const struct case_channel *support;

	memset(&t, 0, sizeof t);
	double_clinic_begin(&t.c);
	support = case_channel(t.c.cast.c, WIRE_CHANNEL_SUPPORT);
	t.channel = support->channel;
	t.group = support->group_id;
	t.all[0] = &t.advocate;
	t.all[1] = &t.victim;
	*state = &t;
	return 0;
}

static int teardown(void **state)
{
	struct test *t = *state;

	for (size_t i = 0; i < 2; i++)
		if (t->all[i]->clinic != NULL)
			channel_kit_end(t->all[i]);
	buf_wipe(&t->kept);
	double_clinic_end(&t->c);
	return 0;
}

static void run(struct test *t, uint64_t ms)
{
	channel_kit_run(t->all, 2, ms);
}

static void together(struct test *t)
{
	channel_kit_begin(&t->advocate, &t->c, &t->c.cast.advocate);
	channel_kit_begin(&t->victim, &t->c, &t->c.cast.victim);
	run(t, WHILE_MS);
	assert_true(channel_kit_info(&t->victim, &t->channel).joined);
	assert_true(channel_kit_info(&t->advocate, &t->channel).joined);
}

/* ---- envelopes dropped, repeated, altered ----------------------------------
 */

static bool aimed(const struct test *t, const struct double_message *m)
{
	struct wire_message w;
	struct wire_push p;
	struct bytes frames[WIRE_FRAMES_MAX];

	if (t->times == 0 || m->way != DOUBLE_PUSH ||
		m->header.op != WIRE_OP_PUSH || !id16_eq(&m->device, &t->whom))
		return false;
	for (size_t i = 0; i < m->count; i++)
		frames[i] = buf_view(&m->frame[i]);
	return wire_message_assemble(frames, m->count, &w) == 0 &&
	       wire_push_decode(&w, &p) == 0 && p.items[0].kind == t->kind &&
	       id16_eq(&p.items[0].channel, &t->channel);
}

static enum double_fate drop(void *ctx, struct double_message *m)
{
	struct test *t = ctx;

	if (!aimed(t, m))
		return DOUBLE_PASS;
	t->times--;
	return DOUBLE_DROP;
}

static void aim(struct test *t, const struct channel_kit *k, uint8_t kind,
	double_hook *hook)
{
	t->whom = k->person->device;
	t->kind = kind;
	t->times = 1;
	relay_double_hook(t->c.d, hook, t);
}

/*
 * The daemon loses one for good: it is acknowledged with what came after.
 */
static void a_dropped_message_is_missed(void **state)
{
	struct test *t = *state;

	together(t);
	channel_kit_say(&t->victim, &t->channel, "one");
	run(t, WHILE_MS);
	aim(t, &t->advocate, WIRE_KIND_APPLICATION, drop);
	channel_kit_say(&t->victim, &t->channel, "two");
	run(t, 2000);
	channel_kit_say(&t->victim, &t->channel, "three");
	run(t, WHILE_MS);
	assert_int_equal(channel_kit_heard(&t->advocate, "two"), 0);
	assert_int_equal(channel_kit_heard(&t->advocate, "three"), 1);
	assert_int_equal(
		channel_kit_alarms(&t->advocate, ROWAN_ALARM_DROPPED), 1);
	assert_int_equal(
		channel_kit_events(&t->advocate, ROWAN_EVENT_MISSING, 0), 1);
}

/* One push is lost, and nothing is said after it: it is asked for again. */
static void a_lost_push_comes_again(void **state)
{
	struct test *t = *state;

	together(t);
	aim(t, &t->advocate, WIRE_KIND_APPLICATION, drop);
	channel_kit_say(&t->victim, &t->channel, "the last word");
	run(t, LONG_MS);
	assert_int_equal(t->times, 0);
	assert_int_equal(channel_kit_heard(&t->advocate, "the last word"), 1);
	assert_int_equal(channel_kit_alarms(&t->advocate, 0), 0);
}

/* Without a commit nothing more can be read: the device asks to come back. */
static void a_dropped_commit_is_missed(void **state)
{
	struct test *t = *state;

	together(t);
	aim(t, &t->advocate, WIRE_KIND_HANDSHAKE, drop);
	relay_double_pass(t->c.d, CHANNEL_UPDATE_S * 1000ull);
	run(t, 5000);
	channel_kit_say(&t->victim, &t->channel, "after it");
	run(t, LONG_MS);
	assert_int_equal(t->times, 0);
	assert_true(channel_kit_alarms(&t->advocate, ROWAN_ALARM_DROPPED) > 0);
	run(t, LONG_MS);
	channel_kit_say(&t->victim, &t->channel, "still there?");
	run(t, WHILE_MS);
	assert_int_equal(channel_kit_heard(&t->advocate, "still there?"), 1);
}

/* As the daemon could: the same envelope in another place. */
static void push_again(
	struct test *t, const struct channel_kit *k, uint64_t sequence)
{
	const struct wire_header h = {1, WIRE_OP_PUSH, t->subscription};
	struct wire_push p = {.count = 1};
	uint8_t head[WIRE_HEADER_LEN];
	struct bytes frames[3];
	struct writer w;

	p.items[0] = (struct wire_delivery){.sequence = sequence,
		.channel = t->channel,
		.kind = t->kind,
		.received = relay_double_now(t->c.d) / 3600 * 3600,
		.envelope = buf_view(&t->kept)};
	wire_header_encode(&h, head);
	writer_init(&w, WIRE_FRAME_MAX);
	assert_int_equal(wire_push_encode(&p, &w), 0);
	frames[0] = bytes_of(head, sizeof head);
	frames[1] = writer_view(&w);
	frames[2] = buf_view(&t->kept);
	relay_double_say(t->c.d, &k->person->device, frames, 3);
	writer_wipe(&w);
}

static enum double_fate keep(void *ctx, struct double_message *m)
{
	struct test *t = ctx;

	if (aimed(t, m)) {
		t->times--;
		t->subscription = m->header.id;
		assert_int_equal(buf_copy(&t->kept, buf_view(&m->frame[2])), 0);
	}
	return DOUBLE_PASS;
}

static void a_repeated_message_is_shown_once(void **state)
{
	struct test *t = *state;

	together(t);
	aim(t, &t->advocate, WIRE_KIND_APPLICATION, keep);
	channel_kit_say(&t->victim, &t->channel, "once");
	run(t, WHILE_MS);
	push_again(t, &t->advocate, 1000);
	run(t, WHILE_MS);
	assert_int_equal(channel_kit_heard(&t->advocate, "once"), 1);
	assert_int_equal(
		channel_kit_alarms(&t->advocate, ROWAN_ALARM_REPLAYED), 1);
}

static void nor_in_a_later_epoch(void **state)
{
	struct test *t = *state;

	together(t);
	aim(t, &t->advocate, WIRE_KIND_APPLICATION, keep);
	channel_kit_say(&t->victim, &t->channel, "once");
	run(t, WHILE_MS);
	relay_double_pass(t->c.d, CHANNEL_UPDATE_S * 1000ull);
	run(t, LONG_MS);
	push_again(t, &t->advocate, 1000);
	run(t, WHILE_MS);
	assert_int_equal(channel_kit_heard(&t->advocate, "once"), 1);
	assert_int_equal(
		channel_kit_alarms(&t->advocate, ROWAN_ALARM_REPLAYED), 1);
}

static void a_repeated_commit_changes_nothing(void **state)
{
	struct test *t = *state;
	uint64_t epoch;

	together(t);
	aim(t, &t->advocate, WIRE_KIND_HANDSHAKE, keep);
	relay_double_pass(t->c.d, CHANNEL_UPDATE_S * 1000ull);
	run(t, LONG_MS);
	assert_true(t->kept.len > 0);
	epoch = channel_kit_info(&t->advocate, &t->channel).epoch;
	push_again(t, &t->advocate, 1000);
	run(t, WHILE_MS);
	assert_int_equal(
		channel_kit_info(&t->advocate, &t->channel).epoch, epoch);
	assert_int_equal(
		channel_kit_alarms(&t->advocate, ROWAN_ALARM_REPLAYED), 1);
	assert_true(channel_kit_info(&t->advocate, &t->channel).joined);
}

static void an_altered_message_is_unreadable(void **state)
{
	struct test *t = *state;

	together(t);
	aim(t, &t->advocate, WIRE_KIND_APPLICATION, keep);
	channel_kit_say(&t->victim, &t->channel, "words");
	run(t, WHILE_MS);
	for (size_t at = 0; at < t->kept.len; at += 97) {
		t->kept.data[at] ^= 0x10;
		push_again(t, &t->advocate, 1000 + at);
		run(t, 1000);
		t->kept.data[at] ^= 0x10;
	}
	run(t, WHILE_MS);
	assert_int_equal(channel_kit_count(&t->advocate), 1);
	assert_int_equal(t->advocate.errors, 0);
	/* it does no harm */
	channel_kit_say(&t->advocate, &t->channel, "go on");
	run(t, WHILE_MS);
	assert_int_equal(channel_kit_heard(&t->victim, "go on"), 1);
}

/* ---- Welcomes, packages, forks ---------------------------------------------
 */

/* Rubbish instead of a Welcome; the next one is right. */
static enum double_fate swap(void *ctx, struct double_message *m)
{
	struct test *t = ctx;

	if (aimed(t, m)) {
		t->times--;
		m->frame[2].data[m->frame[2].len / 2] ^= 1;
	}
	return DOUBLE_PASS;
}

static void a_swapped_welcome_is_an_alarm(void **state)
{
	struct test *t = *state;

	channel_kit_begin(&t->advocate, &t->c, &t->c.cast.advocate);
	channel_kit_run(&t->all[0], 1, WHILE_MS);
	channel_kit_begin(&t->victim, &t->c, &t->c.cast.victim);
	aim(t, &t->victim, WIRE_KIND_WELCOME, swap);
	run(t, LONG_MS);
	assert_int_equal(t->times, 0);
	assert_int_equal(
		channel_kit_alarms(&t->victim, ROWAN_ALARM_WELCOME), 1);
	/* and comes in all the same, by asking */
	run(t, LONG_MS);
	assert_true(channel_kit_info(&t->victim, &t->channel).joined);
}

/* A package of somebody else's, or an old one, in the answer to a claim. */
static enum double_fate other_package(void *ctx, struct double_message *m)
{
	struct test *t = ctx;
	struct wire_key_claim_answer a = {.count = 1};
	struct writer w;

	if (m->way != DOUBLE_ANSWER || t->kept.len == 0 ||
		m->header.op != (WIRE_OP_KEY_CLAIM | WIRE_ANSWER))
		return DOUBLE_PASS;
	a.results[0].data = buf_view(&t->kept);
	writer_init(&w, WIRE_FRAME_MAX);
	assert_int_equal(wire_key_claim_answer_encode(&a, &w), 0);
	assert_int_equal(buf_set(&m->frame[1], writer_view(&w)), 0);
	writer_wipe(&w);
	t->times++;
	return DOUBLE_PASS;
}

static void a_package_of_another_is_an_alarm(void **state)
{
	struct test *t = *state;
	struct rowan_mls_buf kp;
	struct member stranger;

	member_begin(&stranger, &t->c, &t->c.cast.stranger, &t->channel);
	assert_int_equal(
		rowan_mls_key_package(stranger.mls, NULL, &kp, NULL), 0);
	assert_int_equal(buf_copy(&t->kept, bytes_of(kp.data, kp.len)), 0);
	rowan_mls_buf_free(&kp);
	channel_kit_begin(&t->advocate, &t->c, &t->c.cast.advocate);
	relay_double_hook(t->c.d, other_package, t);
	channel_kit_begin(&t->victim, &t->c, &t->c.cast.victim);
	run(t, WHILE_MS);
	assert_true(t->times > 0);
	assert_true(channel_kit_alarms(&t->advocate, ROWAN_ALARM_KEY_PACKAGE) +
			    channel_kit_alarms(
				    &t->victim, ROWAN_ALARM_KEY_PACKAGE) >
		    0);
	assert_false(
		channel_kit_in(&t->advocate, &t->channel, &t->c.cast.stranger));
	member_end(&stranger);
}

/* The daemon says that the channel's history is another one. */
static enum double_fate other_history(void *ctx, struct double_message *m)
{
	struct test *t = ctx;

	/* generation, exists, flags, epoch, then the hash */
	if (m->way == DOUBLE_ANSWER && t->times > 0 &&
		m->header.op == (WIRE_OP_GROUP_STATE | WIRE_ANSWER) &&
		m->frame[1].data[4] == 1)
		m->frame[1].data[4 + 1 + 1 + 8] ^= 1;
	return DOUBLE_PASS;
}

static void another_history_is_a_fork(void **state)
{
	struct test *t = *state;

	together(t);
	t->times = 1;
	relay_double_hook(t->c.d, other_history, t);
	relay_double_pass(t->c.d, CHANNEL_UPDATE_S * 1000ull);
	run(t, LONG_MS);
	run(t, LONG_MS);
	assert_true(channel_kit_alarms(&t->advocate, ROWAN_ALARM_FORK) +
			    channel_kit_alarms(&t->victim, ROWAN_ALARM_FORK) >
		    0);
}

/* ---- a patched client ------------------------------------------------------
 */

static uint16_t commit(struct test *t, struct member *m,
	const struct rowan_mls_proposal *p, size_t n)
{
	struct rowan_mls_committed made;
	struct wire_group_state s;
	uint16_t code;

	member_commit(m, p, n, &made);
	code = member_send(m, &made, &s);
	rowan_mls_committed_free(&made);
	return code;
}

static uint16_t add(
	struct test *t, struct member *m, const struct world_person *who)
{
	struct rowan_mls_proposal p = {.type = ROWAN_MLS_ADD};
	struct buf package;
	uint16_t code = member_claim(m, &who->device, &package);

	if (code == WIRE_OK) {
		p.key_package =
			(struct rowan_mls_bytes){package.data, package.len};
		code = commit(t, m, &p, 1);
	}
	buf_wipe(&package);
	return code;
}

/* The advocate's client is not ours; the victim's is. */
static void patched(struct test *t, struct member *m, struct member *stranger)
{
	member_begin(m, &t->c, &t->c.cast.advocate, &t->channel);
	member_begin(stranger, &t->c, &t->c.cast.stranger, &t->channel);
	member_publish(stranger, 3);
	member_publish(m, 3);
	assert_int_equal(member_create(m, 1, &t->group), WIRE_OK);
	channel_kit_begin(&t->victim, &t->c, &t->c.cast.victim);
	channel_kit_run(&t->all[1], 1, WHILE_MS);
	assert_int_equal(add(t, m, &t->c.cast.victim), WIRE_OK);
	member_read(m);
	channel_kit_run(&t->all[1], 1, WHILE_MS);
	assert_true(channel_kit_info(&t->victim, &t->channel).joined);
}

/* The daemon lets in whom no statement has assigned. */
static void patch_daemon(struct test *t, const struct world_person *who)
{
	struct store_assignment a = {.member = who->member};

	assert_int_equal(
		store_assign(relay_double_begin(t->c.d), &t->channel, &a), 0);
	relay_double_commit(t->c.d);
}

static void an_intruder_is_kept_out(void **state)
{
	struct test *t = *state;
	struct member m, stranger;

	patched(t, &m, &stranger);
	/* by the daemon */
	assert_int_equal(add(t, &m, &t->c.cast.stranger), WIRE_REFUSED);
	/* and by her, when the daemon is patched, too */
	patch_daemon(t, &t->c.cast.stranger);
	assert_int_equal(add(t, &m, &t->c.cast.stranger), WIRE_OK);
	channel_kit_say(&t->victim, &t->channel, "not for strangers");
	channel_kit_run(&t->all[1], 1, WHILE_MS);
	assert_int_equal(
		channel_kit_alarms(&t->victim, ROWAN_ALARM_INTRUDER), 1);
	assert_true(channel_kit_info(&t->victim, &t->channel).frozen);
	assert_false(
		channel_kit_in(&t->victim, &t->channel, &t->c.cast.stranger));
	assert_int_equal(t->victim.sent, 0);
	member_read(&stranger);
	assert_int_equal(stranger.heard_count, 0);
	member_end(&m);
	member_end(&stranger);
}

/* ---- before the time, and before the end ----------------------------------
 */

#define HOUR_S	  3600
#define QUARTER_S 900

/* The stranger is assigned, from then until then. */
static void cover(struct test *t, uint64_t from, uint64_t until)
{
	struct wire_statement s;

	t->c.cast.w.now = relay_double_now(t->c.d);
	world_statement(&t->c.cast.w, t->c.cast.c, WIRE_ST_ASSIGN, &s);
	s.u.assign.member = t->c.cast.stranger.member;
	s.u.assign.channel = WIRE_CHANNEL_SUPPORT;
	s.u.assign.from = from;
	s.u.assign.until = until;
	assert_int_equal(
		channel_kit_act(&t->c, t->c.cast.c, &s, &t->c.cast.coordinator),
		0);
}

/* Added so many seconds before the assignment begins. */
static void added_early(struct test *t, uint64_t seconds, bool blamed)
{
	struct member m, stranger;

	patched(t, &m, &stranger);
	cover(t, relay_double_now(t->c.d) + seconds, 0);
	patch_daemon(t, &t->c.cast.stranger);
	channel_kit_run(&t->all[1], 1, 1000);
	assert_int_equal(add(t, &m, &t->c.cast.stranger), WIRE_OK);
	channel_kit_run(&t->all[1], 1, 1000);
	assert_int_equal(
		channel_kit_alarms(&t->victim, ROWAN_ALARM_INTRUDER), blamed);
	assert_int_equal(
		channel_kit_info(&t->victim, &t->channel).frozen, blamed);
	assert_int_equal(
		channel_kit_in(&t->victim, &t->channel, &t->c.cast.stranger),
		!blamed);
	member_end(&m);
	member_end(&stranger);
}

/* Clocks may differ by a quarter of an hour. */
static void nobody_comes_before_their_time(void **state)
{
	added_early(*state, QUARTER_S + 60, true);
}

static void nor_an_hour_before_it(void **state)
{
	added_early(*state, HOUR_S, true);
}

static void clocks_are_not_blamed(void **state)
{
	added_early(*state, QUARTER_S - 60, false);
}

/* Of a time that has passed the daemon tells the hour: that, and no more. */
static void added_while_away(struct test *t, uint64_t from, bool blamed)
{
	struct member m, stranger;
	uint64_t hour;

	patched(t, &m, &stranger);
	hour = (relay_double_now(t->c.d) / HOUR_S + 1) * HOUR_S;
	relay_double_pass(t->c.d, (hour - relay_double_now(t->c.d)) * 1000);
	channel_kit_kill(&t->victim);
	cover(t, hour + from, hour + from + 300);
	patch_daemon(t, &t->c.cast.stranger);
	relay_double_pass(t->c.d, 600 * 1000);
	assert_int_equal(relay_double_now(t->c.d) / HOUR_S, hour / HOUR_S);
	assert_int_equal(add(t, &m, &t->c.cast.stranger), WIRE_OK);
	relay_double_pass(t->c.d, 5ull * HOUR_S * 1000);
	channel_kit_again(&t->victim);
	channel_kit_run(&t->all[1], 1, WHILE_MS);
	assert_int_equal(
		channel_kit_alarms(&t->victim, ROWAN_ALARM_INTRUDER), blamed);
	assert_int_equal(
		channel_kit_info(&t->victim, &t->channel).frozen, blamed);
	member_end(&m);
	member_end(&stranger);
}

static void nor_while_others_were_away(void **state)
{
	added_while_away(*state, HOUR_S + 1200, true);
}

static void an_hour_is_what_is_told(void **state)
{
	added_while_away(*state, HOUR_S - 1200, false);
}

/* Removed so many seconds before the assignment ends. */
static void removed_early(struct test *t, uint64_t seconds, bool blamed)
{
	struct rowan_mls_proposal p = {.type = ROWAN_MLS_REMOVE};
	struct member m, stranger;
	uint64_t now;

	patched(t, &m, &stranger);
	now = relay_double_now(t->c.d);
	cover(t, now, now + 2ull * HOUR_S);
	channel_kit_run(&t->all[1], 1, 1000);
	member_read(&m);
	if (member_leaf(&m, &t->c.cast.stranger) == UINT32_MAX)
		assert_int_equal(add(t, &m, &t->c.cast.stranger), WIRE_OK);
	member_read(&m);
	channel_kit_run(&t->all[1], 1, 1000);
	assert_true(
		channel_kit_in(&t->victim, &t->channel, &t->c.cast.stranger));
	now = now + 2ull * HOUR_S - seconds - relay_double_now(t->c.d);
	relay_double_pass(t->c.d, now * 1000);
	channel_kit_run(&t->all[1], 1, 1000);
	assert_int_equal(store_unassign(relay_double_begin(t->c.d), &t->channel,
				 &t->c.cast.stranger.member),
		0);
	relay_double_commit(t->c.d);
	member_read(&m);
	p.leaf = member_leaf(&m, &t->c.cast.stranger);
	assert_int_equal(commit(t, &m, &p, 1), WIRE_OK);
	channel_kit_run(&t->all[1], 1, 1000);
	assert_int_equal(
		channel_kit_alarms(&t->victim, ROWAN_ALARM_COMMIT), blamed);
	assert_int_equal(
		channel_kit_info(&t->victim, &t->channel).frozen, blamed);
	member_end(&m);
	member_end(&stranger);
}

static void nobody_is_put_out_before_the_end(void **state)
{
	removed_early(*state, QUARTER_S + 60, true);
}

static void nor_are_clocks_blamed_then(void **state)
{
	removed_early(*state, QUARTER_S - 60, false);
}

/* Who joins looks at everybody who is in it. */
static void nobody_joins_an_intruder(void **state)
{
	struct test *t = *state;
	struct member m, stranger;

	member_begin(&m, &t->c, &t->c.cast.advocate, &t->channel);
	member_begin(&stranger, &t->c, &t->c.cast.stranger, &t->channel);
	member_publish(&stranger, 3);
	assert_int_equal(member_create(&m, 1, &t->group), WIRE_OK);
	patch_daemon(t, &t->c.cast.stranger);
	assert_int_equal(add(t, &m, &t->c.cast.stranger), WIRE_OK);
	member_read(&m);
	channel_kit_begin(&t->victim, &t->c, &t->c.cast.victim);
	channel_kit_run(&t->all[1], 1, WHILE_MS);
	assert_int_equal(add(t, &m, &t->c.cast.victim), WIRE_OK);
	channel_kit_run(&t->all[1], 1, WHILE_MS);
	assert_int_equal(
		channel_kit_alarms(&t->victim, ROWAN_ALARM_INTRUDER), 1);
	assert_false(channel_kit_info(&t->victim, &t->channel).joined);
	member_end(&m);
	member_end(&stranger);
}

struct exchange {
	struct rowan_mls_committed taken, given;
};

static struct bytes commit_of(const struct rowan_mls_committed *made)
{
	return bytes_of(made->commit.data, made->commit.len);
}

/* The one that the daemon would take is delivered as the other. */
static enum double_fate exchange(void *ctx, struct double_message *m)
{
	struct exchange *s = ctx;

	for (size_t i = 2; m->way == DOUBLE_PUSH && i < m->count; i++)
		if (bytes_eq(buf_view(&m->frame[i]), commit_of(&s->taken)))
			assert_int_equal(
				buf_set(&m->frame[i], commit_of(&s->given)), 0);
	return DOUBLE_PASS;
}

/* A patched member and a patched daemon: a commit with these heads. */
static void commit_with(
	struct test *t, struct member *m, const struct wire_heads *h)
{
	struct wire_group_state state;
	struct exchange s;
	struct writer w;

	member_commit(m, NULL, 0, &s.taken);
	m->no_aad = h == NULL;
	if (h != NULL) {
		writer_init(&w, 128);
		assert_int_equal(wire_heads_put(&w, h), 0);
		assert_int_equal(writer_finish(&w, &m->aad), 0);
	}
	member_commit(m, NULL, 0, &s.given);
	relay_double_hook(t->c.d, exchange, &s);
	assert_int_equal(member_send(m, &s.taken, &state), WIRE_OK);
	channel_kit_run(&t->all[1], 1, WHILE_MS);
	relay_double_hook(t->c.d, NULL, NULL);
	rowan_mls_committed_free(&s.taken);
	rowan_mls_committed_free(&s.given);
	buf_wipe(&m->aad);
}

/* Heads are not there, or of a fantasy. */
static void other_rules_are_kept(void **state)
{
	struct test *t = *state;
	struct member m, stranger;

	patched(t, &m, &stranger);
	commit_with(t, &m, NULL);
	channel_kit_run(&t->all[1], 1, WHILE_MS);
	assert_int_equal(channel_kit_alarms(&t->victim, ROWAN_ALARM_COMMIT), 1);
	assert_true(channel_kit_info(&t->victim, &t->channel).frozen);
	member_end(&m);
	member_end(&stranger);
}

static void heads_of_a_fantasy_are_a_fork(void **state)
{
	struct test *t = *state;
	struct wire_heads h;
	struct member m, stranger;

	patched(t, &m, &stranger);
	member_heads(&m, &h);
	h.of_case.b[0] ^= 1;
	commit_with(t, &m, &h);
	channel_kit_run(&t->all[1], 1, WHILE_MS);
	assert_true(channel_kit_alarms(&t->victim, ROWAN_ALARM_FORK) > 0);
	assert_true(channel_kit_info(&t->victim, &t->channel).frozen);
	member_end(&m);
	member_end(&stranger);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_dropped_message_is_missed),
		TEST(a_lost_push_comes_again),
		TEST(a_dropped_commit_is_missed),
		TEST(a_repeated_message_is_shown_once),
		TEST(nor_in_a_later_epoch),
		TEST(a_repeated_commit_changes_nothing),
		TEST(an_altered_message_is_unreadable),
		TEST(a_swapped_welcome_is_an_alarm),
		TEST(a_package_of_another_is_an_alarm),
		TEST(another_history_is_a_fork),
		TEST(an_intruder_is_kept_out),
		TEST(nobody_comes_before_their_time),
		TEST(nor_an_hour_before_it),
		TEST(clocks_are_not_blamed),
		TEST(nor_while_others_were_away),
		TEST(an_hour_is_what_is_told),
		TEST(nobody_is_put_out_before_the_end),
		TEST(nor_are_clocks_blamed_then),
		TEST(nobody_joins_an_intruder),
		TEST(other_rules_are_kept),
		TEST(heads_of_a_fantasy_are_a_fork),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
