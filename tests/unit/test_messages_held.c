/*
 * Held messages, attachments and what was handed over: what must not be seen
 * before its time, and whose word is whose.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/messages_kit.h"
#include "session/message/outbox.h"
#include "session/transfer/chunk.h"

static struct messages_kit a, b, c;

#define SUPPORT (&messages_kit_support)
#define TEAM	(&messages_kit_team)

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

static void step(struct messages_kit *k)
{
	k->now_ms += 60000;
	messages_time(k->x, k->now);
	assert_int_equal(messages_step(k->x, k->now_ms), 0);
}

/* ---- held ---- */

static struct id16 hold(
	struct messages_kit *k, const char *text, uint64_t until)
{
	const struct messages_draft d = {
		.text = bytes_of(text, strlen(text)), .hold = until};
	struct id16 id;

	assert_int_equal(messages_write(k->x, SUPPORT, &d, &id), 0);
	return id;
}

/* What the daemon would give back: the one chunk that ${k} has kept. */
static void opened(
	struct messages_kit *k, const struct content_held *h, struct buf *ret)
{
	uint8_t name[1 + ID16_LEN] = {'c'}, plain[CHUNK_PLAIN_LEN];
	struct buf sealed;

	memcpy(name + 1, h->blob.blob.b, ID16_LEN);
	assert_int_equal(vault_get(k->kit.vault, VAULT_BLOB,
				 bytes_of(name, sizeof name), 0, &sealed),
		0);
	assert_int_equal(chunk_open(&h->blob, 0, buf_view(&sealed), plain), 0);
	assert_int_equal(buf_copy(ret, bytes_of(plain, h->blob.size)), 0);
	buf_wipe(&sealed);
}

static void test_held(void **state)
{
	const uint64_t until = 1800000000 + 1800;
	struct id16 id = hold(&a, "ring at two", until);
	struct messages_row m;
	struct content content;
	struct transfer_what what;
	struct buf data;
	struct event e;

	assert_int_equal(a.posts[0].type, CONTENT_HELD);
	assert_int_equal(a.posts[0].post.blob_count, 1);
	assert_int_equal(
		content_decode(buf_view(&a.posts[0].raw), &content), 0);
	assert_true(id16_eq(&content.id, &id));
	opened(&a, &content.u.held, &data);
	/* Its writer sees it, with its time. */
	assert_int_equal(messages_get(a.x, &id, &m), 0);
	assert_int_equal(m.held, until);
	assert_true(bytes_eq(m.content.u.text, bytes_of("ring at two", 11)));
	messages_row_wipe(&m);

	/* On her phone there is nothing to see, whatever one asks. */
	assert_int_equal(
		messages_kit_take(&b, &a, SUPPORT, buf_view(&a.posts[0].raw)),
		0);
	for (unsigned i = 0; i < 2; i++) {
		step(&b);
		assert_int_equal(messages_unread(b.x, NULL), 0);
		assert_int_equal(messages_get(b.x, &id, &m), ROWAN_E_NOT_FOUND);
		assert_int_equal(
			messages_next(b.x, SUPPORT, 0, &m), ROWAN_E_NOT_FOUND);
		assert_int_equal(
			messages_mark_read(b.x, &id), ROWAN_E_NOT_FOUND);
		assert_int_equal(messages_forget(b.x, &id), ROWAN_E_NOT_FOUND);
		assert_int_equal(
			messages_fetch(b.x, &id, "x"), ROWAN_E_NOT_FOUND);
		assert_int_equal(messages_kit_events(&b, 0, NULL), 0);
		messages_kit_again(&b);
	}
	/* It came: that is said. What comes twice is held once. */
	assert_int_equal(b.posts[0].type, CONTENT_RECEIPT);
	assert_int_equal(
		messages_kit_take(&b, &a, SUPPORT, buf_view(&a.posts[0].raw)),
		0);
	step(&b);
	assert_int_equal(messages_wait(b.x, b.now_ms + 60000), 1800 * 1000);

	/* At its time it is fetched, and nothing is seen before it is here. */
	b.now = until;
	step(&b);
	assert_int_equal(messages_kit_events(&b, 0, NULL), 0);
	assert_int_equal(transfer_fetch_cancel(b.transfer, &id), ROWAN_E_STATE);
	memset(&what, 0, sizeof what);
	what.message = id;
	messages_got(b.x, &what, 0, buf_view(&data));
	assert_int_equal(messages_kit_events(&b, ROWAN_EVENT_MESSAGE, &e), 1);
	assert_true(id16_eq(&e.message, &id));
	assert_int_equal(messages_get(b.x, &id, &m), 0);
	assert_int_equal(m.state, ROWAN_STATE_NEW);
	assert_true(bytes_eq(m.content.u.text, bytes_of("ring at two", 11)));
	messages_row_wipe(&m);
	assert_int_equal(messages_unread(b.x, SUPPORT), 1);

	/* Once. */
	messages_got(b.x, &what, 0, buf_view(&data));
	assert_int_equal(
		messages_kit_take(&b, &a, SUPPORT, buf_view(&a.posts[0].raw)),
		0);
	b.now += 3600;
	step(&b);
	assert_int_equal(messages_kit_events(&b, ROWAN_EVENT_MESSAGE, NULL), 0);
	assert_int_equal(messages_unread(b.x, NULL), 1);
	buf_wipe(&data);
}

/* What the blob says must be the message that was announced. */
static void test_held_wrong(void **state)
{
	static const char *const texts[] = {"", "not content"};
	static const int codes[] = {ROWAN_E_MALFORMED, ROWAN_E_VERSION,
		ROWAN_E_CRYPTO, ROWAN_E_MALFORMED};
	struct transfer_what what = {.hold_until = 0};
	struct content content;
	struct buf data;
	struct event e;

	for (unsigned i = 0; i < 4; i++) {
		what.message = hold(&a, "later", a.now + 100);
		assert_int_equal(
			content_decode(buf_view(&a.posts[i].raw), &content), 0);
		opened(&a, &content.u.held, &data);
		assert_int_equal(messages_kit_take(&b, &a, SUPPORT,
					 buf_view(&a.posts[i].raw)),
			0);
		b.now = a.now + 100;
		step(&b);
		if (i < 2)
			messages_got(b.x, &what, 0,
				bytes_of(texts[i], strlen(texts[i])));
		else if (i == 2)
			messages_got(
				b.x, &what, ROWAN_E_CRYPTO, bytes_of(NULL, 0));
		else {
			data.data[10] ^= 1; /* its id */
			messages_got(b.x, &what, 0, buf_view(&data));
		}
		assert_int_equal(
			messages_kit_events(&b, ROWAN_EVENT_UNREADABLE, &e), 1);
		assert_int_equal(e.code, codes[i]);
		assert_true(id16_eq(&e.member, &a.member));
		assert_int_equal(messages_unread(b.x, NULL), 0);
		step(&b);
		buf_wipe(&data);
	}
	assert_int_equal(messages_kit_events(&b, 0, NULL), 0);
}

/* A vault that cannot take it now: it is asked for again. */
static void test_held_later(void **state)
{
	struct transfer_what what = {.hold_until = 0};
	struct content content;
	struct buf data;

	what.message = hold(&a, "later", a.now + 100);
	assert_int_equal(
		content_decode(buf_view(&a.posts[0].raw), &content), 0);
	opened(&a, &content.u.held, &data);
	messages_kit_bring(&b, &a);
	b.now += 100;
	step(&b);
	assert_int_equal(vault_begin(b.kit.vault), 0);
	messages_got(b.x, &what, 0, buf_view(&data));
	vault_abort(b.kit.vault);
	assert_int_equal(messages_wait(b.x, b.now_ms), 0);
	assert_int_equal(messages_step(b.x, b.now_ms), ROWAN_E_STATE);
	assert_int_equal(messages_kit_events(&b, 0, NULL), 0);
	messages_got(b.x, &what, 0, buf_view(&data));
	assert_int_equal(messages_kit_events(&b, ROWAN_EVENT_MESSAGE, NULL), 1);
	buf_wipe(&data);
}

/* Nothing is held that is due already. */
static void test_held_past(void **state)
{
	struct id16 id = hold(&a, "now", a.now);
	struct messages_row m;

	assert_int_equal(a.posts[0].type, CONTENT_TEXT);
	assert_int_equal(messages_get(a.x, &id, &m), 0);
	assert_int_equal(m.held, 0);
	messages_row_wipe(&m);
}

/* ---- attachments ---- */

static char *file(struct messages_kit *k, const char *name, const char *text)
{
	static char path[128];
	FILE *f;

	vault_kit_path(&k->kit, name, path, sizeof path);
	if (text == NULL)
		return path;
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

static void test_attachment(void **state)
{
	struct messages_draft d = {.text = bytes_of("look", 4),
		.name = "photo.jpg",
		.media = "image/jpeg"};
	struct content_attachment *t;
	enum transfer_state s;
	struct messages_row m;
	struct id16 id, blob;
	int code;

	d.path = file(&a, "in", "picture");
	assert_int_equal(messages_write(a.x, SUPPORT, &d, &id), 0);
	assert_int_equal(a.posts[0].post.blob_count, 1);
	blob = a.posts[0].post.blobs[0];
	assert_int_equal(transfer_state(a.transfer, &blob, &s, &code), 0);
	messages_kit_bring(&b, &a);
	/* It has left: what was kept to be sent goes. */
	assert_int_equal(transfer_state(a.transfer, &blob, &s, &code),
		ROWAN_E_NOT_FOUND);
	assert_int_equal(messages_get(b.x, &id, &m), 0);
	t = &m.content.u.attachment;
	assert_true(bytes_eq(t->name, bytes_of("photo.jpg", 9)));
	assert_true(bytes_eq(t->text, bytes_of("look", 4)));
	assert_int_equal(t->blob.size, 7);
	messages_row_wipe(&m);
	assert_int_equal(messages_fetch(b.x, &id, file(&b, "out", NULL)), 0);
	assert_int_equal(messages_fetch(b.x, &id, file(&b, "out", NULL)), 0);
	assert_int_equal(
		messages_fetch(b.x, &id, file(&b, "two", NULL)), ROWAN_E_STATE);
	assert_int_equal(messages_fetch_cancel(b.x, &id), 0);
	assert_int_equal(messages_fetch_cancel(b.x, &id), ROWAN_E_NOT_FOUND);
	assert_int_equal(
		messages_fetch(b.x, &id, file(&b, "out", "x")), ROWAN_E_EXISTS);
	/* Forgetting a message ends its fetch. */
	assert_int_equal(messages_fetch(b.x, &id, file(&b, "two", NULL)), 0);
	assert_int_equal(messages_forget(b.x, &id), 0);
	assert_int_equal(messages_fetch_cancel(b.x, &id), ROWAN_E_NOT_FOUND);

	/* No file, no message. */
	d.path = file(&a, "none", NULL);
	assert_int_equal(
		messages_write(a.x, SUPPORT, &d, &id), ROWAN_E_NOT_FOUND);
	assert_int_equal(a.post_count, 0);
	assert_int_equal(messages_fetch(b.x, &id, "x"), ROWAN_E_NOT_FOUND);
	/* A file held: both go first. */
	d.path = file(&a, "in", "picture");
	d.hold = a.now + 100;
	assert_int_equal(messages_write(a.x, SUPPORT, &d, &id), 0);
	assert_int_equal(a.posts[0].post.blob_count, 2);
	assert_int_equal(messages_cancel(a.x, &id), 0);
	assert_int_equal(transfer_state(a.transfer, &a.posts[0].post.blobs[0],
				 &s, &code),
		ROWAN_E_NOT_FOUND);
	assert_int_equal(transfer_state(a.transfer, &a.posts[0].post.blobs[1],
				 &s, &code),
		ROWAN_E_NOT_FOUND);
}

/* ---- handed over ---- */

static void test_hand_over(void **state)
{
	struct id16 ids[3];
	struct messages_row m;
	struct event e;
	uint64_t place = 0;

	for (unsigned i = 0; i < 3; i++) {
		const char text[2] = {(char)('1' + i), 0};

		ids[i] = messages_kit_text(i == 1 ? &a : &b, SUPPORT, text);
		messages_kit_bring(i == 1 ? &b : &a, i == 1 ? &a : &b);
	}
	messages_kit_events(&a, 0, NULL);
	messages_kit_events(&b, 0, NULL);
	assert_int_equal(messages_hand_over(a.x, ids, 0), ROWAN_E_INVAL);
	assert_int_equal(
		messages_hand_over(a.x, &a.device, 1), ROWAN_E_NOT_FOUND);
	assert_int_equal(messages_hand_over(a.x, ids, 3), 0);
	assert_int_equal(a.post_count, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(messages_kit_take(&b, &a, SUPPORT,
					 buf_view(&a.posts[i].raw)),
			0);
	a.now += 1000;
	c.now += 1000;
	/* Something newer is here first; what is older goes before it. */
	b.now += 1000;
	messages_time(b.x, b.now);
	messages_kit_text(&b, SUPPORT, "new");
	messages_kit_bring(&c, &b);
	messages_kit_bring(&c, &a);
	for (unsigned i = 0; i < 3; i++) {
		const char text[2] = {(char)('1' + i), 0};

		assert_int_equal(messages_next(c.x, SUPPORT, place, &m), 0);
		place = m.place;
		assert_true(bytes_eq(m.content.u.text, bytes_of(text, 1)));
		assert_true(id16_eq(&m.content.id, &ids[i]));
		assert_int_equal(messages_row_type(&m), ROWAN_MESSAGE_HISTORY);
		assert_true(id16_eq(&m.member, &a.member));
		assert_true(id16_eq(&m.author, i == 1 ? &a.member : &b.member));
		assert_int_equal(m.state, ROWAN_STATE_SEEN);
		messages_row_wipe(&m);
	}
	assert_int_equal(messages_unread(c.x, NULL), 1);
	/* One event for all, to those who had them as well. */
	messages_kit_again(&c);
	step(&c);
	assert_int_equal(messages_kit_events(&c, ROWAN_EVENT_HISTORY, &e), 1);
	assert_int_equal(e.count, 3);
	assert_true(id16_eq(&e.member, &a.member));
	step(&b);
	assert_int_equal(messages_kit_events(&b, ROWAN_EVENT_HISTORY, &e), 1);
	assert_int_equal(e.count, 3);
	assert_int_equal(messages_kit_state(&b, &ids[1]), ROWAN_STATE_NEW);
	/* And the giver hears what became of each. */
	assert_int_equal(messages_kit_events(&a, ROWAN_EVENT_SENT, &e), 3);
	assert_true(id16_eq(&e.message, &ids[2]));
	/* One that was handed over can be handed on. */
	assert_int_equal(messages_hand_over(c.x, ids, 1), 0);
}

static int unreached(struct messages_kit *k, const struct outbox_unreached *u)
{
	assert_int_equal(vault_begin(k->kit.vault), 0);
	assert_int_equal(messages_unreached(k->x, u), 0);
	return vault_commit(k->kit.vault);
}

static int outcome(struct messages_kit *k, const struct id16 *id, int code)
{
	assert_int_equal(vault_begin(k->kit.vault), 0);
	assert_int_equal(code == 0 ? messages_sent(k->x, id, k->now)
				   : messages_unsent(k->x, id, code),
		0);
	return vault_commit(k->kit.vault);
}

/* Whom it does not reach is told like of any word, also after it was sent. */
static void test_hand_over_missed(void **state)
{
	struct id16 id = messages_kit_text(&b, SUPPORT, "1"), handing;
	struct outbox_unreached u = {.code = ROWAN_E_STALE};
	struct event e;

	messages_kit_bring(&a, &b);
	for (int code = ROWAN_E_UNKNOWN; code != 0;
		code = code == ROWAN_E_STALE ? 0 : ROWAN_E_STALE) {
		assert_int_equal(messages_hand_over(a.x, &id, 1), 0);
		handing = a.posts[a.post_count - 1].id;
		messages_kit_events(&a, 0, NULL);
		u = (struct outbox_unreached){.message = handing,
			.member = c.member,
			.device = c.device,
			.code = code};
		/* Before it is sent, of who has no device. */
		assert_int_equal(unreached(&a, &u), 0);
		assert_int_equal(
			messages_kit_events(&a, ROWAN_EVENT_UNREACHED, &e), 1);
		assert_true(id16_eq(&e.message, &id));
		assert_true(id16_eq(&e.channel, SUPPORT));
		assert_true(id16_eq(&e.device, &c.device));
		messages_kit_bring(&c, &a);
		assert_int_equal(
			messages_kit_events(&a, ROWAN_EVENT_SENT, &e), 1);
		/* Sealed again for who came later. */
		assert_int_equal(outcome(&a, &handing, 0), 0);
		assert_int_equal(
			messages_kit_events(&a, ROWAN_EVENT_SENT, NULL), 0);
		messages_kit_again(&a);
		u.nobody = code == ROWAN_E_STALE;
		assert_int_equal(unreached(&a, &u), 0);
		if (u.nobody) {
			assert_int_equal(
				messages_kit_events(&a, ROWAN_EVENT_UNSENT, &e),
				1);
			assert_true(id16_eq(&e.message, &id));
			assert_int_equal(e.code, code);
			assert_int_equal(unreached(&a, &u), 0);
			assert_int_equal(messages_kit_events(&a, 0, NULL), 0);
			continue;
		}
		assert_int_equal(
			messages_kit_events(&a, ROWAN_EVENT_UNREACHED, &e), 1);
		assert_true(id16_eq(&e.member, &c.member));
		/* A reset later: others are in it. */
		assert_int_equal(outcome(&a, &handing, ROWAN_E_STALE), 0);
		assert_int_equal(
			messages_kit_events(&a, ROWAN_EVENT_UNSENT, &e), 1);
		assert_true(id16_eq(&e.message, &id));
	}
	/* What was handed over is as it was. */
	assert_int_equal(messages_kit_state(&a, &id), ROWAN_STATE_NEW);
}

static void give(struct messages_kit *to, const struct messages_kit *from,
	const struct content *inner, const struct id16 *author)
{
	struct content outer = {.id = {{0x55}}, .type = CONTENT_HISTORY};
	static uint8_t n;
	struct writer w, v;

	outer.id.b[1] = ++n;
	writer_init(&w, CONTENT_MAX);
	writer_init(&v, CONTENT_MAX);
	assert_int_equal(content_encode(inner, &v), 0);
	outer.u.history = (struct content_history){.member = *author,
		.device = *author,
		.received = UINT64_MAX,
		.message = writer_view(&v)};
	memset(outer.u.history.device.b, author->b[0] + 0x80, ID16_LEN);
	assert_int_equal(content_encode(&outer, &w), 0);
	assert_int_equal(
		messages_kit_take(to, from, SUPPORT, writer_view(&w)), 0);
	writer_wipe(&w);
	writer_wipe(&v);
}

/* A hand-over is a claim: it changes nothing that is known better. */
static void test_claims(void **state)
{
	struct content content = {
		.id = {{1}}, .type = CONTENT_TEXT, .u.text = bytes_of("i", 1)};
	struct id16 id;
	struct messages_row m;
	struct event e;
	struct buf name;

	/* Not a name, not a bar. */
	content.type = CONTENT_NAME;
	give(&c, &a, &content, &b.member);
	assert_int_equal(messages_name(c.x, SUPPORT, &b.member, &name),
		ROWAN_E_NOT_FOUND);
	/* Not what cannot be shown. */
	content.type = CONTENT_HEADS;
	content.id.b[0] = 2;
	give(&c, &a, &content, &b.member);
	assert_int_equal(
		messages_kit_events(&c, ROWAN_EVENT_UNREADABLE, &e), 1);
	assert_int_equal(e.code, ROWAN_E_MALFORMED);
	/* Other words under an id that is here. */
	id = messages_kit_text(&b, SUPPORT, "true");
	assert_int_equal(
		messages_kit_take(&c, &b, SUPPORT, buf_view(&b.posts[0].raw)),
		0);
	content.type = CONTENT_TEXT;
	content.id = id;
	content.u.text = bytes_of("false", 5);
	give(&c, &a, &content, &b.member);
	assert_int_equal(
		messages_kit_events(&c, ROWAN_EVENT_UNREADABLE, &e), 1);
	assert_int_equal(e.code, ROWAN_E_EXISTS);
	assert_int_equal(messages_get(c.x, &id, &m), 0);
	assert_true(bytes_eq(m.content.u.text, bytes_of("true", 4)));
	messages_row_wipe(&m);
	/* The claim came first: the author's word takes its place. */
	give(&a, &c, &content, &b.member);
	assert_int_equal(messages_get(a.x, &id, &m), 0);
	assert_int_equal(messages_row_type(&m), ROWAN_MESSAGE_HISTORY);
	messages_row_wipe(&m);
	messages_kit_bring(&a, &b);
	assert_int_equal(messages_get(a.x, &id, &m), 0);
	assert_int_equal(messages_row_type(&m), ROWAN_MESSAGE_TEXT);
	assert_true(bytes_eq(m.content.u.text, bytes_of("true", 4)));
	messages_row_wipe(&m);
	assert_int_equal(messages_unread(a.x, NULL), 1);
	assert_int_equal(messages_next(a.x, SUPPORT, 0, &m), 0);
	assert_int_equal(messages_row_type(&m), ROWAN_MESSAGE_TEXT);
	/* And a time to come is not believed: later ones follow. */
	assert_true(m.place < UINT64_C(2000000000) << 20);
	messages_row_wipe(&m);
}

/* ---- a vault without its key ---- */

static bool found(const char *path, const char *text)
{
	FILE *f = fopen(path, "rb");
	size_t len = strlen(text), n;
	char *mem = malloc(1 << 24);
	bool ret = false;

	assert_non_null(f);
	assert_non_null(mem);
	n = fread(mem, 1, 1 << 24, f);
	assert_true(n > 1000 && n < 1 << 24);
	for (size_t i = 0; !ret && i + len <= n; i++)
		ret = memcmp(mem + i, text, len) == 0;
	fclose(f);
	free(mem);
	return ret;
}

/* Names, texts and file names are nowhere in the file, open or closed. */
static void test_search(void **state)
{
	static const char *const words[] = {"Wilhelmina", "seventeen past",
		"garden.jpg", "image/x-garden", "by the canal", "loitering",
		"kinship", "quite late"};
	struct messages_draft d = {.text = bytes_of("seventeen past", 14),
		.name = "garden.jpg",
		.media = "image/x-garden"};
	struct messages_draft i = {.text = bytes_of("by the canal", 12),
		.incident = true,
		.from = 1,
		.until = 2,
		.kind = "loitering"};
	struct content_bar bar = {
		.barred = 1, .reason = bytes_of("kinship", 7)};
	char path[128];
	struct id16 id;

	d.path = file(&a, "in", "x");
	assert_int_equal(
		messages_set_name(a.x, SUPPORT, bytes_of("Wilhelmina", 10)), 0);
	assert_int_equal(messages_write(a.x, SUPPORT, &d, &id), 0);
	assert_int_equal(messages_write(a.x, &messages_kit_diary, &i, &id), 0);
	assert_int_equal(messages_bar(a.x, TEAM, &bar), 0);
	hold(&a, "quite late", a.now + 100);
	messages_kit_bring(&b, &a);
	for (unsigned n = 0; n < sizeof words / sizeof *words; n++) {
		for (unsigned k = 0; k < 2; k++) {
			struct messages_kit *side = k == 0 ? &a : &b;

			vault_kit_path(
				&side->kit, "vault-wal", path, sizeof path);
			assert_false(found(path, words[n]));
		}
	}
	messages_kit_again(&a);
	messages_kit_again(&b);
	for (unsigned n = 0; n < sizeof words / sizeof *words; n++) {
		assert_false(found(a.kit.path, words[n]));
		assert_false(found(b.kit.path, words[n]));
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_held),
		T(test_held_wrong),
		T(test_held_later),
		T(test_held_past),
		T(test_attachment),
		T(test_hand_over),
		T(test_hand_over_missed),
		T(test_claims),
		T(test_search),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
