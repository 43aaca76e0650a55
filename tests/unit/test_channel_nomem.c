/*
 * A device that runs out of memory while it opens, keeps and begins: it says
 * so, nothing is half done, and the same goes well afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/channel_kit.h"
#include "lib/faulty_memory.h"
#include "wire/op.h"

#define WHILE_MS 20000

struct test {
	struct double_clinic c;
	struct channel_kit advocate, victim;
	struct channel_kit *all[2];
	struct id16 channel;
	struct buf kept;
	uint8_t kind;
};

static struct test t;

/* Keeps an envelope for the advocate, and from her. */
static enum double_fate keep(void *ctx, struct double_message *m)
{
	struct bytes frames[WIRE_FRAMES_MAX];
	struct wire_message w;
	struct wire_push p;

	if (m->way != DOUBLE_PUSH || m->header.op != WIRE_OP_PUSH ||
		!id16_eq(&m->device, &t.c.cast.advocate.device))
		return DOUBLE_PASS;
	if (t.kept.len > 0)
		return DOUBLE_DROP;
	for (size_t i = 0; i < m->count; i++)
		frames[i] = buf_view(&m->frame[i]);
	assert_int_equal(wire_message_assemble(frames, m->count, &w), 0);
	assert_int_equal(wire_push_decode(&w, &p), 0);
	if (p.items[0].kind != t.kind ||
		!id16_eq(&p.items[0].channel, &t.channel))
		return DOUBLE_PASS;
	assert_int_equal(buf_copy(&t.kept, buf_view(&m->frame[2])), 0);
	return DOUBLE_DROP;
}

static int setup(void **state)
{
	memset(&t, 0, sizeof t);
	double_clinic_begin(&t.c);
	t.channel = case_channel(t.c.cast.c, WIRE_CHANNEL_SUPPORT)->channel;
	channel_kit_begin(&t.advocate, &t.c, &t.c.cast.advocate);
	channel_kit_begin(&t.victim, &t.c, &t.c.cast.victim);
	t.all[0] = &t.advocate;
	t.all[1] = &t.victim;
	channel_kit_run(t.all, 2, WHILE_MS);
	assert_true(channel_kit_info(&t.victim, &t.channel).joined);
	relay_double_hook(t.c.d, keep, NULL);
	return 0;
}

static int teardown(void **state)
{
	faulty_memory_after(0);
	channel_kit_end(&t.advocate);
	channel_kit_end(&t.victim);
	buf_wipe(&t.kept);
	double_clinic_end(&t.c);
	return 0;
}

/* One envelope in a transaction, as the mailbox does it. */
static int open_once(struct channel_opened *ret)
{
	const struct wire_delivery d = {.sequence = 1000,
		.channel = t.channel,
		.kind = t.kind,
		.received = relay_double_now(t.c.d),
		.envelope = buf_view(&t.kept)};
	struct vault *v = t.advocate.vault.vault;
	int rc = vault_begin(v);

	memset(ret, 0, sizeof *ret);
	if (rc != 0)
		return rc;
	rc = channels_open(t.advocate.channels, &d, ret);
	if (rc == 0)
		rc = channels_keep(t.advocate.channels);
	if (rc == 0)
		rc = vault_commit(v);
	else
		vault_abort(v);
	if (rc != 0) {
		buf_wipe(&ret->content);
		channels_aborted(t.advocate.channels);
		events_aborted(t.advocate.events);
	}
	return rc;
}

static void until_opened(struct channel_opened *ret)
{
	unsigned failed = 0;
	int rc;

	for (uint64_t n = 1;; n++) {
		bool hit;

		faulty_memory_after(n);
		rc = open_once(ret);
		hit = faulty_memory_hit();
		faulty_memory_after(0);
		if (rc == 0)
			break;
		assert_true(hit);
		assert_int_equal(rc, ROWAN_E_NOMEM);
		failed++;
	}
	assert_true(failed > 10);
}

static void a_message_is_opened_or_not(void **state)
{
	struct channel_opened opened;
	struct content c;

	t.kind = WIRE_KIND_APPLICATION;
	channel_kit_say(&t.victim, &t.channel, "words");
	channel_kit_run(t.all, 2, 3000);
	assert_true(t.kept.len > 0);
	until_opened(&opened);
	assert_true(opened.said);
	assert_int_equal(opened.code, 0);
	assert_int_equal(content_decode(buf_view(&opened.content), &c), 0);
	assert_true(bytes_eq(c.u.text, bytes_of("words", 5)));
	buf_wipe(&opened.content);
	assert_int_equal(channel_kit_alarms(&t.advocate, 0), 0);
}

static void a_commit_is_applied_or_not(void **state)
{
	struct channel_opened opened;
	uint64_t epoch = channel_kit_info(&t.advocate, &t.channel).epoch;

	t.kind = WIRE_KIND_HANDSHAKE;
	relay_double_pass(t.c.d, CHANNEL_UPDATE_S * 1000ull);
	channel_kit_run(t.all, 2, 5000);
	assert_true(t.kept.len > 0);
	until_opened(&opened);
	assert_int_equal(
		channel_kit_info(&t.advocate, &t.channel).epoch, epoch + 1);
	assert_int_equal(channel_kit_alarms(&t.advocate, 0), 0);
}

static void a_word_is_kept_or_not(void **state)
{
	unsigned failed = 0;

	t.kind = WIRE_KIND_WELCOME; /* nothing is kept from anybody */
	for (uint64_t n = 1;; n++) {
		struct content c = {
			.type = CONTENT_TEXT, .u.text = bytes_of("kept", 4)};
		struct outbox_post post = {.channel = t.channel, .kept = true};
		uint8_t mem[256];
		struct writer w;
		int rc;

		writer_init_fixed(&w, mem, sizeof mem);
		assert_int_equal(content_encode(&c, &w), 0);
		post.content = writer_view(&w);
		assert_int_equal(vault_begin(t.victim.vault.vault), 0);
		faulty_memory_after(n);
		rc = outbox_put(t.victim.outbox, &post);
		faulty_memory_after(0);
		if (rc == 0) {
			assert_int_equal(vault_commit(t.victim.vault.vault), 0);
			break;
		}
		assert_int_equal(rc, ROWAN_E_NOMEM);
		vault_abort(t.victim.vault.vault);
		outbox_aborted(t.victim.outbox);
		failed++;
	}
	assert_true(failed > 3);
	channel_kit_run(t.all, 2, WHILE_MS);
	assert_int_equal(channel_kit_heard(&t.advocate, "kept"), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_message_is_opened_or_not),
		TEST(a_commit_is_applied_or_not),
		TEST(a_word_is_kept_or_not),
	};

	faulty_memory_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
