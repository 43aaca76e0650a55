/*
 * Memory runs out at every possible place of writing, taking in, reading and
 * handing over: the answer is ROWAN_E_NOMEM, nothing is half done, and the
 * same call works as soon as there is memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/faulty_memory.h"
#include "lib/messages_kit.h"

#define MOST 3000

static struct messages_kit a, b;

#define SUPPORT (&messages_kit_support)

/*
 * Try ${call} with the 1st, 2nd, ... allocation failing until none does.
 * ${after} is what must hold after each failure.
 */
#define EXHAUST(call, after)                                                   \
	for (uint64_t n = 1;; n++) {                                           \
		bool hit;                                                      \
		int rc;                                                        \
                                                                               \
		assert_true(n < MOST);                                         \
		a.mark = a.post_count;                                         \
		b.mark = b.post_count;                                         \
		faulty_memory_after(n);                                        \
		rc = (call);                                                   \
		hit = faulty_memory_hit();                                     \
		faulty_memory_after(0);                                        \
		if (!hit || rc == 0) {                                         \
			assert_int_equal(rc, 0);                               \
			assert_true(n > 1);                                    \
			break;                                                 \
		}                                                              \
		assert_int_equal(rc, ROWAN_E_NOMEM);                           \
		after;                                                         \
	}

static int setup(void **state)
{
	messages_kit_begin(&a, 1, ROWAN_ROLE_CASEWORKER);
	messages_kit_begin(&b, 2, ROWAN_ROLE_CASEWORKER);
	return 0;
}

static int teardown(void **state)
{
	messages_kit_end(&a);
	messages_kit_end(&b);
	return 0;
}

static int look(const struct id16 *id)
{
	struct messages_row m;
	int rc = messages_get(b.x, id, &m);

	messages_row_wipe(&m);
	return rc;
}

static void none(struct messages_kit *k)
{
	assert_int_equal(
		messages_last(k->x, SUPPORT, 0, &(struct messages_row){0}),
		ROWAN_E_NOT_FOUND);
	assert_int_equal(messages_unread(k->x, NULL), 0);
}

static void test_texts(void **state)
{
	const struct messages_draft d = {
		.text = bytes_of("x", 1), .lifetime = 50, .hold = 0};
	struct id16 id;

	EXHAUST(messages_write(a.x, SUPPORT, &d, &id), {
		none(&a);
		assert_int_equal(a.post_count, 0);
	});
	EXHAUST(messages_kit_take(&b, &a, SUPPORT, buf_view(&a.posts[0].raw)),
		none(&b));
	assert_int_equal(messages_kit_events(&b, ROWAN_EVENT_MESSAGE, NULL), 1);
	EXHAUST(look(&id), (void)0);
	EXHAUST(messages_mark_read(b.x, &id),
		assert_int_equal(messages_unread(b.x, NULL), 1));
	assert_int_equal(messages_unread(b.x, NULL), 0);
	b.now_ms = 60000;
	EXHAUST(messages_step(b.x, b.now_ms), {
		assert_int_equal(b.post_count, 0);
		b.now_ms += 60000;
	});
	assert_int_equal(b.post_count, 2);
	EXHAUST(messages_kit_take(&a, &b, SUPPORT, buf_view(&b.posts[0].raw)),
		(void)0);
	assert_int_equal(
		messages_kit_events(&a, ROWAN_EVENT_DELIVERED, NULL), 1);
	EXHAUST(messages_forget(b.x, &id), assert_int_equal(look(&id), 0));
	none(&b);
}

static void test_more(void **state)
{
	const struct messages_draft d = {
		.text = bytes_of("x", 1), .hold = 1800000100};
	struct content_bar bar = {.member = {{9}}, .barred = 1};
	struct transfer_what what = {.hold_until = 0};
	struct id16 id;

	EXHAUST(messages_set_name(a.x, SUPPORT, bytes_of("A", 1)), none(&a));
	EXHAUST(messages_bar(a.x, &messages_kit_team, &bar), (void)0);
	EXHAUST(messages_write(a.x, SUPPORT, &d, &id),
		assert_int_equal(a.post_count, 2));
	for (size_t i = 0; i < 3; i++)
		EXHAUST(messages_kit_take(&b, &a, &a.posts[i].post.channel,
				buf_view(&a.posts[i].raw)),
			(void)0);
	assert_int_equal(messages_kit_events(&b, ROWAN_EVENT_NAME, NULL), 1);
	b.now += 100;
	messages_time(b.x, b.now);
	EXHAUST(messages_step(b.x, b.now_ms), b.now_ms += 60000);
	/* Given something else than announced, in memory that is short. */
	what.message = id;
	for (uint64_t n = 1; n < MOST; n++) {
		faulty_memory_after(n);
		messages_got(b.x, &what, 0, bytes_of("x", 1));
		if (!faulty_memory_hit())
			break;
		faulty_memory_after(0);
		if (messages_step(b.x, b.now_ms) == 0)
			break;
	}
	faulty_memory_after(0);
	assert_int_equal(
		messages_kit_events(&b, ROWAN_EVENT_UNREADABLE, NULL), 1);
}

static void test_hand_over(void **state)
{
	struct id16 id = messages_kit_text(&a, SUPPORT, "x");
	struct messages_kit_post *p = &a.posts[0];

	assert_int_equal(vault_begin(a.kit.vault), 0);
	assert_int_equal(messages_sent(a.x, &id, 1), 0);
	assert_int_equal(vault_commit(a.kit.vault), 0);
	buf_wipe(&p->raw);
	a.post_count = 0;
	EXHAUST(messages_hand_over(a.x, &id, 1),
		assert_int_equal(a.post_count, 0));
	EXHAUST(messages_kit_take(&b, &a, SUPPORT, buf_view(&p->raw)),
		none(&b));
	b.now_ms = 60000;
	EXHAUST(messages_step(b.x, b.now_ms), b.now_ms += 60000);
	assert_int_equal(messages_kit_events(&b, ROWAN_EVENT_HISTORY, NULL), 1);
}

static int open_again(void)
{
	struct messages_options o = {.vault = b.kit.vault,
		.events = b.events,
		.transfer = b.transfer};
	struct messages *x;
	int rc = messages_new(&x, &o);

	if (rc == 0)
		messages_free(x);
	else
		assert_null(x);
	return rc;
}

static void test_opening(void **state)
{
	messages_kit_text(&a, SUPPORT, "x");
	messages_kit_bring(&b, &a);
	assert_int_equal(messages_read_receipts(b.x, false), 0);
	EXHAUST(open_again(), (void)0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_texts),
		T(test_more),
		T(test_hand_over),
		T(test_opening),
	};
#undef T

	faulty_memory_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
