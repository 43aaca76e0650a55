/*
 * Typed content: every type comes back as it went, unknown ones are carried,
 * and what is not right is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "session/channel/content.h"

static struct bytes text(const char *s)
{
	return bytes_of(s, strlen(s));
}

/* One of each, by number; false past the last. */
static bool sample(size_t i, struct content *c)
{
	static const uint8_t ids[32] = {1, 2, 3};

	memset(c, 0, sizeof *c);
	c->id.b[0] = 7;
	c->sent = 1800000000;
	c->heads.clinic_number = 5;
	c->heads.epoch = 9;
	c->heads.authenticator.b[3] = 1;
	c->type = (uint16_t)(i + 1);
	switch (c->type) {
	case CONTENT_TEXT: c->u.text = text("Dw i yma."); return true;
	case CONTENT_ATTACHMENT:
		c->u.attachment.blob.size = 77;
		c->u.attachment.name = text("photo of the car.jpg");
		c->u.attachment.media = text("image/jpeg");
		return true;
	case CONTENT_NAME: c->u.name = text("Si\xc3\xa2n"); return true;
	case CONTENT_RECEIPT:
		c->u.receipt.kind = CONTENT_READ;
		c->u.receipt.ids = ids;
		c->u.receipt.count = 2;
		return true;
	case CONTENT_HEADS: return true;
	case CONTENT_HELD: c->u.held.release = 5; return true;
	case CONTENT_DIARY:
		c->u.diary.from = 10;
		c->u.diary.until = 10;
		c->u.diary.text = text("He was outside again.");
		return true;
	case CONTENT_HISTORY:
		c->u.history.message = text("a whole message");
		return true;
	case CONTENT_BAR: c->u.bar.barred = 1; return true;
	case CONTENT_BAR + 1:
		c->type = 0xabcd;
		c->body = text("what comes after us");
		return true;
	default: return false;
	}
}

static int encode(const struct content *c, struct buf *ret)
{
	struct writer w;
	int rc;

	writer_init(&w, 1 << 17);
	rc = content_encode(c, &w);
	if (rc == 0)
		return writer_finish(&w, ret);
	writer_wipe(&w);
	return rc;
}

static void every_type_comes_back(void **state)
{
	struct content c, got;
	struct buf raw, again;
	size_t i;

	for (i = 0; sample(i, &c); i++) {
		assert_int_equal(encode(&c, &raw), 0);
		assert_int_equal(content_decode(buf_view(&raw), &got), 0);
		assert_int_equal(got.type, c.type);
		assert_int_equal(encode(&got, &again), 0);
		assert_true(bytes_eq(buf_view(&raw), buf_view(&again)));
		buf_wipe(&again);
		for (size_t len = 0; len < raw.len; len++)
			assert_int_equal(
				content_decode(bytes_of(raw.data, len), &got),
				ROWAN_E_MALFORMED);
		raw.data[1] = 2;
		assert_int_equal(
			content_decode(buf_view(&raw), &got), ROWAN_E_VERSION);
		buf_wipe(&raw);
	}
	assert_int_equal(i, 10);
}

static void assert_refused(const struct content *c)
{
	struct buf raw;

	assert_int_equal(encode(c, &raw), ROWAN_E_INVAL);
}

static void what_is_not_right_is_refused(void **state)
{
	static const char *const names[] = {"", ".", "..", "../x", "/etc/x",
		"a/b", "a\\b", "a\nb", "a\x1b[2J", ".hidden", "a\x7f"};
	struct content c;
	uint8_t ids[16] = {0};

	(void)sample(CONTENT_TEXT - 1, &c);
	c.u.text = text("");
	assert_refused(&c);
	c.u.text = bytes_of("a\0b", 3);
	assert_refused(&c);
	c.u.text = text("\xff");
	assert_refused(&c);
	c.type = 0;
	assert_refused(&c);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		(void)sample(CONTENT_ATTACHMENT - 1, &c);
		c.u.attachment.name = text(names[i]);
		assert_refused(&c);
	}
	(void)sample(CONTENT_RECEIPT - 1, &c);
	c.u.receipt.kind = 3;
	assert_refused(&c);
	c.u.receipt.kind = CONTENT_READ;
	c.u.receipt.count = 0;
	assert_refused(&c);
	c.u.receipt.ids = ids;
	c.u.receipt.count = 1;
	c.u.receipt.kind = 0;
	assert_refused(&c);
	(void)sample(CONTENT_DIARY - 1, &c);
	c.u.diary.until = c.u.diary.from - 1;
	assert_refused(&c);
	(void)sample(CONTENT_BAR - 1, &c);
	c.u.bar.barred = 2;
	assert_refused(&c);
	(void)sample(CONTENT_HISTORY - 1, &c);
	c.u.history.message = text("");
	assert_refused(&c);
}

static void limits_hold(void **state)
{
	struct content c, got;
	struct buf raw, big;

	assert_int_equal(buf_alloc(&big, CONTENT_MAX + 1), 0);
	memset(big.data, 'a', big.len);
	(void)sample(CONTENT_TEXT - 1, &c);
	c.u.text = bytes_of(big.data, CONTENT_TEXT_MAX);
	assert_int_equal(encode(&c, &raw), 0);
	buf_wipe(&raw);
	c.u.text.len++;
	assert_refused(&c);
	assert_int_equal(content_decode(buf_view(&big), &got), ROWAN_E_LIMIT);
	buf_wipe(&big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_comes_back),
		cmocka_unit_test(what_is_not_right_is_refused),
		cmocka_unit_test(limits_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
