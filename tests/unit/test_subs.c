/*
 * Subscriptions by themselves: who gets what was just submitted, who what
 * waits, and who nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/store_kit.h"
#include "ops/batch.h"
#include "ops/subs_inner.h"

#define CREDIT_MAX 64

static struct kit k;
static struct subs s;
static struct batch *b;
static struct store_batch *fetched;
static struct request from; /* of device 1, all that is submitted */
static uint64_t counter;
static bool over[4]; /* whose card has ended */
static size_t asked, told, told_of, looks;
static bool kept_back; /* all that waits */

static int setup(void **state)
{
	kit_start(&k, NULL);
	kit_people(&k, 3, 3);
	subs_init(&s, 65536, CREDIT_MAX);
	assert_int_equal(batch_new(&b, 16), 0);
	assert_int_equal(store_batch_new(&fetched), 0);
	memset(&from, 0, sizeof from);
	memset(over, 0, sizeof over);
	counter = 0;
	asked = told = told_of = looks = 0;
	kept_back = false;
	return 0;
}

static int teardown(void **state)
{
	subs_wipe(&s);
	batch_free(b);
	store_batch_free(fetched);
	kit_stop(&k);
	return 0;
}

/* ---- one turn of the writer ---- */

static int is_over(void *ctx, const struct id16 *device, bool *ret)
{
	asked++;
	*ret = over[device->b[4]];
	return 0;
}

static int tell(void *ctx, const struct sub_reading *reading)
{
	told++;
	told_of += reading->count;
	return 0;
}

/* Whoever's mailbox is looked into comes here. */
static size_t look(void *ctx, const struct store_item *items, size_t len)
{
	looks++;
	return kept_back ? 0 : len;
}

static void begin(void)
{
	kit_begin(&k);
	batch_clear(b);
	from.body.submit.count = 0;
}

static void submit(void)
{
	struct id16 sender = kit_id('d', 1);
	struct store_envelope e = kit_envelope(1, ++counter, "sealed");
	size_t i = from.body.submit.count++;
	struct planned of = {.request = &from, .item = i, .leaf = counter};
	struct store_submitted done;

	from.body.submit.items[i] = (struct wire_submit_item){
		.channel = e.channel, .counter = counter, .envelope = e.body};
	assert_int_equal(store_submit(k.st, &sender, &e, &done), 0);
	subs_plan(&s, &of, done.deliveries, done.deliveries_len);
}

static void serve(void)
{
	struct subs_slice slice = {.rd = store_view(k.st),
		.fetched = fetched,
		.now = k.now,
		.budget = 1 << 20,
		.read = tell,
		.first = look};

	assert_int_equal(subs_cards(&s, k.now, is_over, NULL), 0);
	assert_int_equal(subs_serve(&s, b, &slice), 0);
}

static void end(void)
{
	assert_int_equal(subs_cards(&s, k.now, is_over, NULL), 0);
	assert_int_equal(subs_ready(&s, tell, NULL), 0);
	kit_commit(&k);
	subs_push(&s, b);
}

static void undo(void)
{
	assert_int_equal(subs_ready(&s, tell, NULL), 0);
	store_abort(k.st);
	subs_forget(&s, b);
}

/* ---- looking ---- */

static struct sub *sub_of(uint32_t n)
{
	struct sub *sub = idmap_get(&s.map, kit_at('d', n));

	assert_non_null(sub);
	return sub;
}

static struct sub_options options(uint32_t n, uint32_t credit)
{
	return (struct sub_options){.device = kit_id('d', n),
		.member = kit_id('m', n),
		.peer = {n, 1},
		.id = 7,
		.version = 1,
		.credit = credit};
}

static void subscribe(uint32_t n, uint32_t credit)
{
	struct sub_options o = options(n, credit);

	assert_int_equal(subs_put(&s, &o), 0);
}

/* The sequences pushed to the connection of device ${n} are first..last. */
static void pushed(uint32_t n, uint64_t first, uint64_t last)
{
	uint64_t next = first;

	for (size_t i = 0; i < b->push_count; i++) {
		const struct push *p = &b->pushes[i];
		struct wire_message m = {
			.body = bytes_of(
				b->bytes.data + p->body_at, p->body_len),
			.frame_count = p->frame_count};
		struct bytes frames[WIRE_ENVELOPES_MAX];
		struct wire_push msg;

		if (p->to.slot != n || p->op != WIRE_OP_PUSH)
			continue;
		for (size_t f = 0; f < p->frame_count; f++)
			frames[f] = bytes_of("sealed", 6);
		m.frames = frames;
		assert_int_equal(wire_push_decode(&m, &msg), 0);
		for (size_t f = 0; f < msg.count; f++)
			assert_int_equal(msg.items[f].sequence, next++);
	}
	assert_int_equal(next, last + 1);
}

static void nothing(void)
{
	assert_int_equal(b->push_count, 0);
}

/* Subscribed, and nothing waits. */
static void level(uint32_t n, uint32_t credit)
{
	subscribe(n, credit);
	begin();
	serve();
	end();
	nothing();
	assert_true(sub_of(n)->level);
}

/* ---- who gets what was just submitted ---- */

/* What is served in the same turn is not pushed once more. */
static void nothing_comes_twice(void **state)
{
	subscribe(2, 10);
	begin();
	submit();
	submit();
	serve();
	assert_true(sub_of(2)->level);
	end();
	pushed(2, 1, 2);
	assert_int_equal(sub_of(2)->o.credit, 8);
}

/* What came before goes before. */
static void nothing_overtakes_what_waits(void **state)
{
	level(2, 2);
	begin();
	submit();
	submit();
	submit();
	end();
	pushed(2, 1, 2);
	subs_credit(&s, kit_at('d', 2), (struct peer_ref){2, 1}, 5);
	begin();
	submit();
	end();
	nothing();
	begin();
	serve();
	end();
	pushed(2, 3, 4);
}

static void without_credit_it_waits(void **state)
{
	level(2, 1);
	begin();
	submit();
	submit();
	end();
	pushed(2, 1, 1);
	assert_int_equal(sub_of(2)->o.credit, 0);
	assert_false(sub_of(2)->level);
	begin();
	serve();
	submit();
	serve();
	end();
	nothing();
	assert_false(subs_hungry(&s));
	/* Nor does it find a way when it is said to be behind. */
	subs_behind(&s, kit_at('d', 2));
	begin();
	serve();
	end();
	nothing();
	assert_int_equal(sub_of(2)->o.credit, 0);
}

/* News take the last of the credit: then there is none for what waits. */
static void notices_leave_no_credit(void **state)
{
	struct notice n = {.chain = kit_id('s', 1), .all = true};

	subscribe(2, 0);
	begin();
	submit();
	assert_int_equal(subs_notice(&s, &n), 0);
	end();
	nothing();
	subs_credit(&s, kit_at('d', 2), (struct peer_ref){2, 1}, 1);
	begin();
	serve();
	end();
	assert_int_equal(b->push_count, 1);
	assert_int_equal(b->pushes[0].op, WIRE_OP_NOTICE);
	assert_int_equal(sub_of(2)->o.credit, 0);
	assert_int_equal(looks, 0);
}

/* A mailbox in which nothing is new is left alone, news or not. */
static void whoever_is_level_is_left_alone(void **state)
{
	const struct peer_ref peer = {2, 1};
	struct notice n = {.chain = kit_id('s', 1), .all = true};

	level(2, 1);
	assert_int_equal(looks, 1);
	begin();
	submit();
	assert_int_equal(subs_notice(&s, &n), 0);
	end();
	pushed(2, 1, 1);
	assert_int_equal(b->push_count, 1);
	assert_false(subs_hungry(&s));
	subs_credit(&s, &sub_of(2)->o.device, peer, 2);
	assert_true(subs_hungry(&s));
	begin();
	serve();
	end();
	assert_int_equal(b->push_count, 1);
	assert_int_equal(b->pushes[0].op, WIRE_OP_NOTICE);
	assert_int_equal(looks, 1);
	subs_credit(&s, &sub_of(2)->o.device, peer, 1);
	assert_false(subs_hungry(&s));
}

/* So is what is kept back, until it is said to be tried again. */
static void what_stands_is_left_alone(void **state)
{
	const struct peer_ref peer = {2, 1};
	struct notice n = {.chain = kit_id('s', 1), .all = true};

	kept_back = true;
	subscribe(2, 1);
	begin();
	submit();
	serve();
	assert_int_equal(subs_notice(&s, &n), 0);
	end();
	assert_int_equal(b->push_count, 1);
	assert_int_equal(looks, 1);
	begin();
	assert_int_equal(subs_notice(&s, &n), 0);
	end();
	nothing();
	subs_credit(&s, &sub_of(2)->o.device, peer, 2);
	begin();
	serve();
	end();
	assert_int_equal(b->push_count, 1);
	assert_int_equal(looks, 1);
	subs_credit(&s, &sub_of(2)->o.device, peer, 1);
	assert_false(subs_hungry(&s));
	kept_back = false;
	subs_awake(&s);
	begin();
	serve();
	end();
	pushed(2, 1, 1);
	assert_int_equal(looks, 2);
}

/* ---- the end of a subscription ---- */

static void what_was_planned_ends_with_it(void **state)
{
	level(2, 10);
	level(3, 10);
	begin();
	submit();
	submit();
	assert_int_equal(subs_ready(&s, tell, NULL), 0);
	subs_drop(&s, kit_at('d', 2), NULL);
	end();
	pushed(3, 1, 2);
	pushed(2, 1, 0);
}

static void only_its_own_connection_ends_it(void **state)
{
	const struct peer_ref other = {2, 2}, own = {2, 1};

	level(2, 10);
	subs_drop(&s, kit_at('d', 2), &other);
	assert_int_equal(s.count, 1);
	subs_drop(&s, kit_at('d', 2), &own);
	assert_int_equal(s.count, 0);
}

/* Whoever stands in line and goes leaves the others in it. */
static void the_line_closes(void **state)
{
	for (uint32_t n = 1; n <= 3; n++)
		subscribe(n, 10);
	subs_drop(&s, kit_at('d', 1), NULL);
	subs_drop(&s, kit_at('d', 3), NULL);
	begin();
	submit();
	serve();
	end();
	pushed(2, 1, 1);
	subscribe(3, 10);
	subs_drop(&s, kit_at('d', 3), NULL);
	assert_false(subs_hungry(&s));
}

/* A later subscription is not told what the earlier one was to hear. */
static void a_later_one_begins_anew(void **state)
{
	struct notice n = {.chain = kit_id('s', 1), .all = true};

	subscribe(2, 0);
	begin();
	assert_int_equal(subs_notice(&s, &n), 0);
	end();
	nothing();
	subscribe(2, 5);
	begin();
	serve();
	end();
	nothing();
}

/* ---- the end of a card ---- */

static void an_ended_card_gets_nothing(void **state)
{
	struct sub_options o = options(2, 10);
	struct notice n = {.chain = kit_id('s', 1), .all = true};

	o.until = k.now + 10;
	o.staff = true;
	assert_int_equal(subs_put(&s, &o), 0);
	begin();
	submit();
	serve();
	end();
	pushed(2, 1, 1);
	assert_int_equal(asked, 0);
	told = 0;
	over[2] = true;
	k.now += 10;
	/* Not what is submitted, nor what waits, nor news. */
	begin();
	submit();
	assert_int_equal(subs_notice(&s, &n), 0);
	end();
	nothing();
	begin();
	serve();
	end();
	nothing();
	/* Whatever it says or is told. */
	subs_credit(&s, &o.device, o.peer, 5);
	subs_behind(&s, &o.device);
	begin();
	serve();
	submit();
	end();
	nothing();
	assert_int_equal(told, 0);
	assert_int_equal(asked, 1);
	/* A subscription that is made again is with a card in force. */
	o.until = 0;
	o.after = 1;
	assert_int_equal(subs_put(&s, &o), 0);
	begin();
	serve();
	end();
	pushed(2, 2, 3);
	/* And a card without an end is not asked about. */
	k.now += 1000;
	begin();
	submit();
	end();
	pushed(2, 4, 4);
	assert_int_equal(asked, 1);
}

/* Nor whoever is already in line for what waits. */
static void an_ended_card_leaves_the_line(void **state)
{
	struct sub_options o = options(2, 10);

	o.until = k.now + 10;
	assert_int_equal(subs_put(&s, &o), 0);
	assert_true(subs_hungry(&s));
	begin();
	submit();
	end();
	over[2] = true;
	k.now += 10;
	begin();
	serve();
	end();
	nothing();
	assert_false(subs_hungry(&s));
}

static int cannot_say(void *ctx, const struct id16 *device, bool *ret)
{
	*ret = true;
	return ROWAN_E_AGAIN;
}

/* While that cannot be found out nobody is served, and it is asked again. */
static void whether_it_has_ended_must_be_known(void **state)
{
	struct sub_options o = options(2, 10);

	o.until = k.now;
	assert_int_equal(subs_put(&s, &o), 0);
	assert_int_equal(
		subs_cards(&s, k.now, cannot_say, NULL), ROWAN_E_AGAIN);
	assert_int_equal(asked, 0);
	assert_int_equal(subs_cards(&s, k.now, is_over, NULL), 0);
	assert_int_equal(asked, 1);
}

/* On the connection that subscribed before. */
static void a_renewed_card_goes_on(void **state)
{
	struct sub_options o = options(2, 10);

	o.until = k.now + 10;
	assert_int_equal(subs_put(&s, &o), 0);
	begin();
	serve();
	end();
	/* Renewed in time. */
	k.now += 10;
	begin();
	submit();
	end();
	pushed(2, 1, 1);
	/* Too late: it goes on when it is. */
	over[2] = true;
	k.now += 10;
	begin();
	submit();
	serve();
	end();
	nothing();
	over[2] = false;
	k.now++;
	begin();
	serve();
	end();
	pushed(2, 2, 2);
	begin();
	submit();
	end();
	pushed(2, 3, 3);
	/* Asked once a second, and again when a transaction failed. */
	asked = 0;
	begin();
	serve();
	undo();
	assert_int_equal(asked, 0);
	begin();
	serve();
	end();
	assert_int_equal(asked, 1);
}

/* ---- a transaction that fails ---- */

static void what_failed_is_as_it_was(void **state)
{
	level(2, 10);
	subscribe(3, 10);
	begin();
	submit();
	serve();
	undo();
	nothing();
	counter--;
	assert_int_equal(sub_of(2)->o.credit, 10);
	assert_int_equal(sub_of(3)->o.credit, 10);
	begin();
	end();
	nothing();
	begin();
	submit();
	serve();
	end();
	pushed(2, 1, 1);
	pushed(3, 1, 1);
}

/* News that a failed transaction had in line are due again. */
static void news_of_a_failed_one_come_again(void **state)
{
	const struct peer_ref peer = {2, 1};
	struct notice n = {.chain = kit_id('s', 1), .all = true};

	subscribe(2, 0);
	begin();
	assert_int_equal(subs_notice(&s, &n), 0);
	end();
	subs_credit(&s, &sub_of(2)->o.device, peer, 1);
	begin();
	serve();
	assert_int_equal(b->push_count, 1);
	undo();
	nothing();
	assert_int_equal(sub_of(2)->o.credit, 1);
	begin();
	serve();
	end();
	assert_int_equal(b->push_count, 1);
	assert_int_equal(b->pushes[0].op, WIRE_OP_NOTICE);
}

/* Nor is a later subscription set back by what went to the earlier one. */
static void a_later_one_is_not_set_back(void **state)
{
	struct sub_options o = options(2, 5);

	subscribe(2, 5);
	begin();
	submit();
	submit();
	serve();
	assert_int_equal(b->push_count, 1);
	o.id = 8;
	o.after = 2;
	assert_int_equal(subs_put(&s, &o), 0);
	undo();
	assert_int_equal(sub_of(2)->o.after, 2);
	assert_int_equal(sub_of(2)->o.credit, 5);
}

/* ---- pushes that did not leave ---- */

static void only_its_own_pushes_set_it_back(void **state)
{
	struct request back = {.kind = REQUEST_UNSENT,
		.from = {2, 1},
		.header.id = 7,
		.credit = 2};

	back.device = kit_id('d', 2);
	level(2, 4);
	begin();
	submit();
	submit();
	submit();
	end();
	pushed(2, 1, 3);
	/* Of an earlier subscription of the connection; of another one. */
	back.header.id = 6;
	back.unsent_after = 0;
	subs_back(&s, &back);
	back.header.id = 7;
	back.from.generation = 2;
	subs_back(&s, &back);
	begin();
	serve();
	end();
	nothing();
	back.from.generation = 1;
	back.unsent_after = 1;
	subs_back(&s, &back);
	/* A later one does not take that back. */
	back.unsent_after = 2;
	back.credit = 0;
	subs_back(&s, &back);
	begin();
	serve();
	end();
	pushed(2, 2, 3);
	assert_int_equal(sub_of(2)->o.credit, 1);
}

/* ---- what members of staff are given ---- */

static void what_staff_gets_is_told_before(void **state)
{
	struct sub_options o = options(2, 10);

	o.staff = true;
	assert_int_equal(subs_put(&s, &o), 0);
	level(3, 10);
	begin();
	submit();
	serve();
	end();
	pushed(2, 1, 1);
	assert_int_equal(told, 1);
	assert_int_equal(told_of, 1);
	begin();
	submit();
	submit();
	end();
	pushed(2, 2, 3);
	pushed(3, 2, 3);
	assert_int_equal(told, 2);
	assert_int_equal(told_of, 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_comes_twice),
		TEST(nothing_overtakes_what_waits),
		TEST(without_credit_it_waits),
		TEST(notices_leave_no_credit),
		TEST(whoever_is_level_is_left_alone),
		TEST(what_stands_is_left_alone),
		TEST(what_was_planned_ends_with_it),
		TEST(only_its_own_connection_ends_it),
		TEST(the_line_closes),
		TEST(a_later_one_begins_anew),
		TEST(an_ended_card_gets_nothing),
		TEST(an_ended_card_leaves_the_line),
		TEST(whether_it_has_ended_must_be_known),
		TEST(a_renewed_card_goes_on),
		TEST(what_failed_is_as_it_was),
		TEST(news_of_a_failed_one_come_again),
		TEST(a_later_one_is_not_set_back),
		TEST(only_its_own_pushes_set_it_back),
		TEST(what_staff_gets_is_told_before),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
