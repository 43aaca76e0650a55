/*
 * Messages: what two people write to each other, what each is shown, once and
 * in order, and what is believed of what others say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/messages_kit.h"

static struct messages_kit a, b, c;

#define SUPPORT (&messages_kit_support)
#define TEAM	(&messages_kit_team)
#define DIARY	(&messages_kit_diary)

static int setup(void **state)
{
	messages_kit_begin(&a, 1, ROWAN_ROLE_CASEWORKER);
	messages_kit_begin(&b, 2, ROWAN_ROLE_VICTIM);
	messages_kit_begin(&c, 3, ROWAN_ROLE_CASEWORKER);
	return 0;
}

static int teardown(void **state)
{
	messages_kit_end(&a);
	messages_kit_end(&b);
	messages_kit_end(&c);
	return 0;
}

static void text_at(struct messages_kit *k, uint64_t *place, const char *text)
{
	struct messages_row m;

	assert_int_equal(messages_next(k->x, SUPPORT, *place, &m), 0);
	assert_true(m.place > *place);
	assert_true(bytes_eq(m.content.u.text, bytes_of(text, strlen(text))));
	*place = m.place;
	messages_row_wipe(&m);
}

/* What gathered is sent. */
static void receipts(struct messages_kit *k)
{
	k->now_ms += 60000;
	assert_int_equal(messages_step(k->x, k->now_ms), 0);
}

static void test_there_and_back(void **state)
{
	struct id16 id = messages_kit_text(&a, SUPPORT, "how are you");
	struct messages_row m;
	struct event e;

	assert_int_equal(messages_kit_state(&a, &id), ROWAN_STATE_WAITING);
	messages_kit_bring(&b, &a);
	assert_int_equal(messages_kit_state(&a, &id), ROWAN_STATE_SENT);
	assert_int_equal(messages_kit_events(&a, ROWAN_EVENT_SENT, &e), 1);
	assert_true(id16_eq(&e.message, &id));

	assert_int_equal(messages_kit_events(&b, ROWAN_EVENT_MESSAGE, &e), 1);
	assert_true(id16_eq(&e.message, &id));
	assert_true(id16_eq(&e.member, &a.member));
	assert_int_equal(messages_get(b.x, &id, &m), 0);
	assert_int_equal(m.state, ROWAN_STATE_NEW);
	assert_int_equal(m.flags, 0);
	assert_int_equal(m.received, b.now);
	assert_true(id16_eq(&m.case_id, &messages_kit_case));
	assert_true(bytes_eq(m.content.u.text, bytes_of("how are you", 11)));
	messages_row_wipe(&m);
	assert_int_equal(messages_unread(b.x, SUPPORT), 1);
	assert_int_equal(messages_unread(b.x, NULL), 1);
	assert_int_equal(messages_unread(b.x, TEAM), 0);

	/* That it came is said by itself; that it was read is not, by her. */
	receipts(&b);
	messages_kit_bring(&a, &b);
	assert_int_equal(messages_kit_state(&a, &id), ROWAN_STATE_DELIVERED);
	assert_int_equal(a.delivered, 1);
	assert_int_equal(messages_kit_events(&a, ROWAN_EVENT_DELIVERED, &e), 1);
	assert_true(id16_eq(&e.device, &b.device));
	assert_int_equal(messages_mark_read(b.x, &id), 0);
	assert_int_equal(messages_kit_state(&b, &id), ROWAN_STATE_SEEN);
	assert_int_equal(messages_unread(b.x, NULL), 0);
	receipts(&b);
	assert_int_equal(b.post_count, 0);
}

static void test_read_receipts(void **state)
{
	struct id16 id = messages_kit_text(&b, SUPPORT, "call me");
	struct id16 second;

	messages_kit_bring(&a, &b);
	assert_int_equal(messages_mark_read(a.x, &id), 0);
	receipts(&a);
	assert_int_equal(a.post_count, 2);
	messages_kit_bring(&b, &a);
	assert_int_equal(messages_kit_state(&b, &id), ROWAN_STATE_READ);
	assert_int_equal(messages_kit_events(&b, ROWAN_EVENT_READ, NULL), 1);

	/* Opted in; kept over a restart. */
	second = messages_kit_text(&a, SUPPORT, "in an hour");
	messages_kit_bring(&b, &a);
	assert_int_equal(messages_read_receipts(b.x, true), 0);
	messages_kit_again(&b);
	assert_int_equal(messages_mark_read(b.x, &second), 0);
	receipts(&b);
	messages_kit_bring(&a, &b);
	assert_int_equal(messages_kit_state(&a, &second), ROWAN_STATE_READ);

	assert_int_equal(messages_read_receipts(a.x, false), 0);
	id = messages_kit_text(&b, SUPPORT, "thanks");
	messages_kit_bring(&a, &b);
	assert_int_equal(messages_mark_read(a.x, &id), 0);
	receipts(&a);
	assert_int_equal(a.post_count, 1);
	messages_kit_bring(&b, &a);
	assert_int_equal(messages_kit_state(&b, &id), ROWAN_STATE_DELIVERED);
}

/* A receipt is worth something for one's own message in its channel only. */
static void test_receipts_not_believed(void **state)
{
	struct id16 id = messages_kit_text(&a, SUPPORT, "one"), other;

	messages_kit_bring(&b, &a);
	receipts(&b);
	/* Said in another channel. */
	assert_int_equal(
		messages_kit_take(&a, &b, TEAM, buf_view(&b.posts[0].raw)), 0);
	assert_int_equal(messages_kit_state(&a, &id), ROWAN_STATE_SENT);
	/* To somebody who did not write it. */
	other = messages_kit_text(&c, SUPPORT, "two");
	messages_kit_bring(&a, &c);
	messages_kit_events(&a, ROWAN_EVENT_MESSAGE, NULL);
	receipts(&a);
	for (size_t i = 0; i < b.post_count; i++)
		assert_int_equal(messages_kit_take(&a, &b, SUPPORT,
					 buf_view(&b.posts[i].raw)),
			0);
	assert_int_equal(messages_kit_state(&a, &id), ROWAN_STATE_DELIVERED);
	assert_int_equal(messages_kit_state(&a, &other), ROWAN_STATE_NEW);
	/* Twice is once. */
	assert_int_equal(
		messages_kit_events(&a, ROWAN_EVENT_DELIVERED, NULL), 1);
	assert_int_equal(
		messages_kit_take(&a, &b, SUPPORT, buf_view(&b.posts[0].raw)),
		0);
	assert_int_equal(
		messages_kit_events(&a, ROWAN_EVENT_DELIVERED, NULL), 0);
	/* Our own words about our own messages. */
	assert_int_equal(
		messages_kit_take(&b, &b, SUPPORT, buf_view(&b.posts[0].raw)),
		0);
}

/* A receipt may be quicker than the daemon's word that it was sent. */
static void test_receipt_first(void **state)
{
	struct id16 id = messages_kit_text(&a, SUPPORT, "one");

	assert_int_equal(
		messages_kit_take(&b, &a, SUPPORT, buf_view(&a.posts[0].raw)),
		0);
	receipts(&b);
	assert_int_equal(
		messages_kit_take(&a, &b, SUPPORT, buf_view(&b.posts[0].raw)),
		0);
	assert_int_equal(messages_kit_state(&a, &id), ROWAN_STATE_WAITING);
	messages_kit_bring(&c, &a);
	assert_int_equal(messages_kit_state(&a, &id), ROWAN_STATE_DELIVERED);
}

static void test_order(void **state)
{
	struct messages_row m;
	uint64_t place = 0;
	char text[16];

	for (unsigned i = 0; i < 20; i++) {
		snprintf(text, sizeof text, "m%u", i);
		messages_kit_text(i % 3 == 0 ? &b : &a, SUPPORT, text);
		messages_kit_bring(i % 3 == 0 ? &a : &b, i % 3 == 0 ? &b : &a);
		/* A victim's time is the hour: it must not move the order. */
		a.now += i % 2 == 0 ? 60 : 0;
		if (i == 10) {
			a.now -= 1800;
			messages_kit_again(&a);
		}
		messages_time(a.x, a.now);
	}
	for (unsigned i = 0; i < 20; i++) {
		snprintf(text, sizeof text, "m%u", i);
		text_at(&a, &place, text);
	}
	assert_int_equal(
		messages_next(a.x, SUPPORT, place, &m), ROWAN_E_NOT_FOUND);
	for (unsigned i = 20; i-- > 0; place = m.place) {
		messages_row_wipe(&m);
		assert_int_equal(
			messages_last(a.x, SUPPORT, i == 19 ? 0 : place, &m),
			0);
		snprintf(text, sizeof text, "m%u", i);
		assert_true(bytes_eq(
			m.content.u.text, bytes_of(text, strlen(text))));
	}
	messages_row_wipe(&m);
	assert_int_equal(
		messages_next(a.x, SUPPORT, UINT64_MAX, &m), ROWAN_E_NOT_FOUND);
	assert_int_equal(messages_next(a.x, TEAM, 0, &m), ROWAN_E_NOT_FOUND);
}

/* What comes twice is shown once, and confirmed again. */
static void test_twice(void **state)
{
	struct id16 id = messages_kit_text(&a, SUPPORT, "one");

	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(messages_kit_take(&b, &a, SUPPORT,
					 buf_view(&a.posts[0].raw)),
			0);
		if (i == 1)
			messages_kit_again(&b);
		receipts(&b);
		assert_int_equal(b.post_count, i + 1);
	}
	assert_int_equal(messages_kit_events(&b, ROWAN_EVENT_MESSAGE, NULL), 1);
	assert_int_equal(messages_unread(b.x, SUPPORT), 1);
	/* Not after it was deleted either; and deleting is not reading. */
	assert_int_equal(messages_forget(b.x, &id), 0);
	assert_int_equal(messages_unread(b.x, SUPPORT), 0);
	assert_int_equal(
		messages_kit_take(&b, &a, SUPPORT, buf_view(&a.posts[0].raw)),
		0);
	assert_int_equal(messages_kit_events(&b, ROWAN_EVENT_MESSAGE, NULL), 0);
	assert_int_equal(messages_forget(b.x, &id), ROWAN_E_NOT_FOUND);
	assert_int_equal(messages_mark_read(b.x, &id), ROWAN_E_NOT_FOUND);
}

/* Nobody takes another's id, here or in another channel. */
static void test_stolen_id(void **state)
{
	struct event e;
	struct id16 id = messages_kit_text(&a, SUPPORT, "mine");
	const struct buf *raw = &a.posts[0].raw;

	assert_int_equal(messages_kit_take(&b, &a, SUPPORT, buf_view(raw)), 0);
	messages_kit_events(&b, ROWAN_EVENT_MESSAGE, NULL);
	assert_int_equal(messages_kit_take(&b, &c, SUPPORT, buf_view(raw)), 0);
	assert_int_equal(
		messages_kit_events(&b, ROWAN_EVENT_UNREADABLE, &e), 1);
	assert_int_equal(e.code, ROWAN_E_EXISTS);
	assert_true(id16_eq(&e.member, &c.member));
	assert_int_equal(messages_kit_take(&b, &a, TEAM, buf_view(raw)), 0);
	assert_int_equal(
		messages_kit_events(&b, ROWAN_EVENT_UNREADABLE, &e), 1);
	assert_int_equal(messages_kit_take(&a, &c, SUPPORT, buf_view(raw)), 0);
	assert_int_equal(messages_kit_state(&a, &id), ROWAN_STATE_WAITING);
	assert_int_equal(messages_unread(b.x, NULL), 1);
}

static void test_unreadable(void **state)
{
	struct event e;

	messages_kit_text(&a, SUPPORT, "one");
	for (size_t i = 0; i < a.posts[0].raw.len; i++) {
		assert_int_equal(messages_kit_take(&b, &a, SUPPORT,
					 bytes_of(a.posts[0].raw.data, i)),
			0);
		assert_int_equal(
			messages_kit_events(&b, ROWAN_EVENT_UNREADABLE, &e), 1);
		assert_int_equal(e.code, ROWAN_E_MALFORMED);
	}
	assert_int_equal(messages_unread(b.x, NULL), 0);
}

/* A type of a later version is kept and shown as such. */
static void test_unknown_type(void **state)
{
	struct content content = {.id = {{7, 7}},
		.sent = 5,
		.type = 4711,
		.body = bytes_of("\1\2\3", 3)};
	struct messages_row m;
	struct writer w;

	writer_init(&w, 1024);
	assert_int_equal(content_encode(&content, &w), 0);
	assert_int_equal(
		messages_kit_take(&b, &a, SUPPORT, writer_view(&w)), 0);
	writer_wipe(&w);
	assert_int_equal(messages_kit_events(&b, ROWAN_EVENT_MESSAGE, NULL), 1);
	messages_kit_again(&b);
	assert_int_equal(messages_get(b.x, &content.id, &m), 0);
	assert_int_equal(messages_row_type(&m), 4711);
	assert_true(bytes_eq(m.content.body, bytes_of("\1\2\3", 3)));
	messages_row_wipe(&m);
	assert_int_equal(messages_unread(b.x, NULL), 1);
}

static void test_names(void **state)
{
	struct messages_row m;
	struct buf name;
	struct event e;

	assert_int_equal(
		messages_set_name(a.x, SUPPORT, bytes_of("Ann", 3)), 0);
	messages_kit_bring(&b, &a);
	assert_int_equal(messages_kit_events(&b, ROWAN_EVENT_NAME, &e), 1);
	assert_int_equal(e.text.len, 3);
	assert_int_equal(messages_name(b.x, SUPPORT, &a.member, &name), 0);
	assert_true(bytes_eq(buf_view(&name), bytes_of("Ann", 3)));
	buf_wipe(&name);
	/* In its channel only, and no news to be read. */
	assert_int_equal(
		messages_name(b.x, TEAM, &a.member, &name), ROWAN_E_NOT_FOUND);
	assert_int_equal(messages_unread(b.x, NULL), 0);
	assert_int_equal(messages_get(b.x, &e.message, &m), 0);
	assert_int_equal(messages_row_type(&m), ROWAN_MESSAGE_NAME);
	messages_row_wipe(&m);

	/* Said again for somebody who came later: no news to those here. */
	assert_int_equal(vault_begin(a.kit.vault), 0);
	assert_int_equal(messages_joined(a.x, SUPPORT, false), 0);
	assert_int_equal(messages_joined(a.x, TEAM, true), 0);
	assert_int_equal(vault_commit(a.kit.vault), 0);
	assert_int_equal(a.post_count, 1);
	assert_false(a.posts[0].post.kept);
	assert_int_equal(
		messages_kit_take(&b, &a, SUPPORT, buf_view(&a.posts[0].raw)),
		0);
	assert_int_equal(messages_kit_events(&b, ROWAN_EVENT_NAME, NULL), 0);
	messages_kit_bring(&c, &a);
	assert_int_equal(messages_kit_events(&c, ROWAN_EVENT_NAME, NULL), 1);
	assert_int_equal(messages_set_name(a.x, SUPPORT, bytes_of("", 0)),
		ROWAN_E_INVAL);
	assert_int_equal(
		messages_set_name(a.x, &(struct id16){{9}}, bytes_of("x", 1)),
		ROWAN_E_REFUSED);
}

static bool barred(struct messages_kit *k, const struct id16 *member)
{
	bool ret = true;

	assert_int_equal(
		messages_barred(k->x, &messages_kit_case, member, &ret), 0);
	return ret;
}

static void test_bars(void **state)
{
	struct content_bar bar = {
		.member = {{0x99}}, .barred = 1, .reason = bytes_of("kin", 3)};
	struct event e;

	assert_false(barred(&a, &bar.member));
	assert_int_equal(messages_bar(a.x, SUPPORT, &bar), ROWAN_E_RULE);
	assert_int_equal(messages_bar(a.x, TEAM, &bar), 0);
	assert_true(barred(&a, &bar.member));
	/* Not from a channel where anybody but the team may write. */
	assert_int_equal(
		messages_kit_take(&c, &a, SUPPORT, buf_view(&a.posts[0].raw)),
		0);
	assert_int_equal(
		messages_kit_events(&c, ROWAN_EVENT_UNREADABLE, &e), 1);
	assert_int_equal(e.code, ROWAN_E_RULE);
	assert_false(barred(&c, &bar.member));
	messages_kit_bring(&c, &a);
	assert_true(barred(&c, &bar.member));
	assert_int_equal(messages_kit_events(&c, ROWAN_EVENT_BAR, &e), 1);
	assert_true(id16_eq(&e.member, &bar.member));
	assert_int_equal(e.count, 1);

	/* Who comes later gets the list from whoever let them in. */
	bar.member.b[1] = 1;
	assert_int_equal(messages_bar(c.x, TEAM, &bar), 0);
	messages_kit_bring(&a, &c);
	bar.barred = 0;
	assert_int_equal(messages_bar(c.x, TEAM, &bar), 0);
	messages_kit_bring(&a, &c);
	assert_int_equal(messages_kit_events(&a, ROWAN_EVENT_BAR, &e), 2);
	assert_int_equal(e.count, 0);
	messages_kit_again(&a);
	assert_int_equal(vault_begin(a.kit.vault), 0);
	assert_int_equal(messages_joined(a.x, TEAM, false), 0);
	assert_int_equal(a.post_count, 0);
	assert_int_equal(messages_joined(a.x, SUPPORT, true), 0);
	assert_int_equal(a.post_count, 0);
	assert_int_equal(messages_joined(a.x, TEAM, true), 0);
	assert_int_equal(vault_commit(a.kit.vault), 0);
	assert_int_equal(a.post_count, 1);
	assert_int_equal(
		messages_kit_take(&b, &a, TEAM, buf_view(&a.posts[0].raw)), 0);
	assert_false(barred(&b, &bar.member));
	bar.member.b[1] = 0;
	assert_true(barred(&b, &bar.member));
	messages_kit_bring(&c, &a);
	assert_int_equal(messages_kit_events(&c, ROWAN_EVENT_BAR, NULL), 0);
}

static void test_diary(void **state)
{
	struct messages_draft d = {.text = bytes_of("by the gate", 11),
		.incident = true,
		.from = 100,
		.until = 200,
		.kind = "following"};
	struct messages_row m;
	struct id16 id;

	assert_int_equal(messages_write(b.x, SUPPORT, &d, &id), ROWAN_E_INVAL);
	assert_int_equal(messages_write(b.x, DIARY, &d, &id), 0);
	messages_kit_bring(&a, &b);
	assert_int_equal(messages_get(a.x, &id, &m), 0);
	assert_int_equal(m.content.u.diary.from, 100);
	assert_int_equal(m.content.u.diary.until, 200);
	assert_true(bytes_eq(m.content.u.diary.kind, bytes_of("following", 9)));
	assert_true(
		bytes_eq(m.content.u.diary.text, bytes_of("by the gate", 11)));
	messages_row_wipe(&m);
	d.until = 99;
	assert_int_equal(messages_write(b.x, DIARY, &d, &id), ROWAN_E_INVAL);
}

static void test_refusals(void **state)
{
	static char text[CONTENT_TEXT_MAX + 1];
	struct messages_draft d = {.text = bytes_of(text, sizeof text)};
	struct id16 id;

	memset(text, 'x', sizeof text);
	assert_int_not_equal(messages_write(a.x, SUPPORT, &d, &id), 0);
	d.text.len = 0;
	assert_int_equal(messages_write(a.x, SUPPORT, &d, &id), ROWAN_E_INVAL);
	d.text.len = CONTENT_TEXT_MAX;
	a.post_rc = ROWAN_E_QUOTA;
	assert_int_equal(messages_write(a.x, SUPPORT, &d, &id), ROWAN_E_QUOTA);
	a.post_rc = 0;
	/* Nothing was kept of any of them. */
	assert_int_equal(
		messages_last(a.x, SUPPORT, 0, &(struct messages_row){0}),
		ROWAN_E_NOT_FOUND);
	assert_int_equal(messages_write(a.x, SUPPORT, &d, &id), 0);
	assert_int_equal(messages_write(a.x, &(struct id16){{5}}, &d, &id),
		ROWAN_E_REFUSED);
	messages_kit_bring(&b, &a);
	assert_int_equal(messages_kit_state(&b, &id), ROWAN_STATE_NEW);
}

static void test_cancel(void **state)
{
	struct id16 id = messages_kit_text(&a, SUPPORT, "no"), other;

	assert_int_equal(messages_cancel(a.x, &id), 0);
	assert_int_equal(messages_get(a.x, &id, &(struct messages_row){0}),
		ROWAN_E_NOT_FOUND);
	assert_int_equal(a.post_count, 0);
	id = messages_kit_text(&a, SUPPORT, "no");
	a.unpost_rc = ROWAN_E_STATE;
	assert_int_equal(messages_cancel(a.x, &id), ROWAN_E_STATE);
	assert_int_equal(messages_forget(a.x, &id), ROWAN_E_AGAIN);
	assert_int_equal(messages_kit_state(&a, &id), ROWAN_STATE_WAITING);
	messages_kit_bring(&b, &a);
	assert_int_equal(messages_cancel(a.x, &id), ROWAN_E_STATE);
	assert_int_equal(messages_cancel(b.x, &id), ROWAN_E_STATE);
	assert_int_equal(messages_forget(a.x, &id), 0);
	other = messages_kit_text(&a, SUPPORT, "x");
	a.unpost_rc = 0;
	assert_int_equal(messages_forget(a.x, &other), 0);
	assert_int_equal(a.post_count, 0);
	/* What the outbox says of what is gone is harmless. */
	assert_int_equal(vault_begin(a.kit.vault), 0);
	assert_int_equal(messages_sent(a.x, &other, 1), 0);
	assert_int_equal(messages_unsent(a.x, &id, ROWAN_E_LIMIT), 0);
	assert_int_equal(messages_unsent(a.x, &a.device, ROWAN_E_LIMIT), 0);
	assert_int_equal(vault_commit(a.kit.vault), 0);
	assert_int_equal(messages_kit_events(&a, ROWAN_EVENT_UNSENT, NULL), 0);
}

static void test_unsent(void **state)
{
	struct id16 id = messages_kit_text(&a, SUPPORT, "x");
	struct event e;

	assert_int_equal(vault_begin(a.kit.vault), 0);
	assert_int_equal(messages_unsent(a.x, &id, ROWAN_E_REFUSED), 0);
	assert_int_equal(vault_commit(a.kit.vault), 0);
	assert_int_equal(messages_kit_state(&a, &id), ROWAN_STATE_FAILED);
	assert_int_equal(messages_kit_events(&a, ROWAN_EVENT_UNSENT, &e), 1);
	assert_int_equal(e.code, ROWAN_E_REFUSED);
	assert_true(id16_eq(&e.message, &id));
}

static void test_too_late(void **state)
{
	const struct messages_draft d = {
		.text = bytes_of("now", 3), .lifetime = 60};
	struct event e;
	struct id16 id, sent;

	assert_int_equal(messages_write(a.x, SUPPORT, &d, &sent), 0);
	messages_kit_bring(&b, &a);
	assert_int_equal(messages_write(a.x, SUPPORT, &d, &id), 0);
	assert_int_equal(messages_step(a.x, 0), 0);
	assert_int_equal(messages_kit_state(&a, &id), ROWAN_STATE_WAITING);
	assert_int_equal(messages_wait(a.x, 0), 60000);
	messages_kit_again(&a);
	messages_time(a.x, a.now + 60);
	messages_kit_events(&a, ROWAN_EVENT_UNSENT, NULL);
	assert_int_equal(messages_step(a.x, 0), 0);
	assert_int_equal(messages_kit_state(&a, &id), ROWAN_STATE_FAILED);
	assert_int_equal(messages_kit_state(&a, &sent), ROWAN_STATE_SENT);
	assert_int_equal(messages_kit_events(&a, ROWAN_EVENT_UNSENT, &e), 1);
	assert_int_equal(e.code, ROWAN_E_EXPIRED);
	assert_int_equal(a.post_count, 0);
	assert_int_equal(messages_wait(a.x, 0), UINT64_MAX);
}

/* The same member's other device wrote it: not unread, yet shown. */
static void test_other_device(void **state)
{
	struct id16 id = messages_kit_text(&a, SUPPORT, "mine");
	struct messages_row m;

	c.member = a.member;
	messages_kit_again(&c);
	assert_int_equal(
		messages_kit_take(&c, &a, SUPPORT, buf_view(&a.posts[0].raw)),
		0);
	assert_int_equal(messages_unread(c.x, NULL), 0);
	assert_int_equal(messages_get(c.x, &id, &m), 0);
	assert_int_equal(m.flags, MESSAGES_OWN);
	assert_int_equal(m.state, ROWAN_STATE_SENT);
	messages_row_wipe(&m);
	assert_int_equal(messages_kit_events(&c, ROWAN_EVENT_MESSAGE, NULL), 1);
	assert_int_equal(messages_mark_read(c.x, &id), 0);
	receipts(&c);
	assert_int_equal(c.post_count, 1);
}

/* A transaction that did not happen leaves nothing, in memory either. */
static void test_aborted(void **state)
{
	struct messages_from f = {.case_id = messages_kit_case,
		.channel = messages_kit_support,
		.member = a.member,
		.device = a.device};
	struct id16 id = messages_kit_text(&a, SUPPORT, "one");

	assert_int_equal(vault_begin(b.kit.vault), 0);
	assert_int_equal(messages_take(b.x, &f, buf_view(&a.posts[0].raw)), 0);
	assert_int_equal(messages_unread(b.x, NULL), 1);
	vault_abort(b.kit.vault);
	messages_aborted(b.x);
	events_aborted(b.events);
	assert_int_equal(messages_unread(b.x, NULL), 0);
	assert_int_equal(messages_unread(b.x, SUPPORT), 0);
	receipts(&b);
	assert_int_equal(b.post_count, 0);
	messages_kit_bring(&b, &a);
	assert_int_equal(messages_kit_state(&b, &id), ROWAN_STATE_NEW);
	assert_int_equal(messages_kit_events(&b, ROWAN_EVENT_MESSAGE, NULL), 1);
}

/* Many receipts travel in few messages, and survive a restart. */
static void test_many_receipts(void **state)
{
	for (unsigned i = 0; i < 600; i++) {
		messages_kit_text(&a, SUPPORT, "x");
		messages_kit_bring(&b, &a);
	}
	messages_kit_again(&b);
	b.post_rc = ROWAN_E_QUOTA;
	receipts(&b);
	b.post_rc = 0;
	assert_true(messages_wait(b.x, b.now_ms) <= 10000);
	receipts(&b);
	assert_int_equal(b.post_count, 3);
	messages_kit_events(&a, ROWAN_EVENT_SENT, NULL);
	messages_kit_bring(&a, &b);
	assert_int_equal(
		messages_kit_events(&a, ROWAN_EVENT_DELIVERED, NULL), 600);
	receipts(&b);
	assert_int_equal(b.post_count, 0);
	assert_int_equal(messages_wait(b.x, b.now_ms), UINT64_MAX);
	/* Out of the channel there is nobody to tell. */
	messages_kit_text(&a, SUPPORT, "x");
	messages_kit_bring(&b, &a);
	b.post_rc = ROWAN_E_REFUSED;
	receipts(&b);
	b.post_rc = 0;
	receipts(&b);
	assert_int_equal(b.post_count, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_there_and_back),
		T(test_read_receipts),
		T(test_receipts_not_believed),
		T(test_receipt_first),
		T(test_order),
		T(test_twice),
		T(test_stolen_id),
		T(test_unreadable),
		T(test_unknown_type),
		T(test_names),
		T(test_bars),
		T(test_diary),
		T(test_refusals),
		T(test_cancel),
		T(test_unsent),
		T(test_too_late),
		T(test_other_device),
		T(test_aborted),
		T(test_many_receipts),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
