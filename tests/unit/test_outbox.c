/*
 * What the outbox costs: a device that comes into a group makes it read no row
 * but those that may await that device, and those who come one after the other
 * have a word sealed again ever more seldom, up to once an hour, the last of
 * them all the same; and what it says of a word that has arrived before the
 * daemon's answer. Channels and requests are played here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/writer.h"
#include "lib/vault_kit.h"
#include "session/message/outbox_inner.h"

#define NOW	   1700000000
#define LATECOMERS 40
#define EVERY_MS   (10 * 60 * 1000) /* one of them */
#define HOUR_MS	   (60 * 60 * 1000)

static const struct id16 channel = {{0xc0}}, self = {{0xff}},
			 friend_of = {{0xee}}, without = {{0xdd}};

/* ---- the group, as channels tell of it ------------------------------------
 */

static struct {
	struct id16 in[LATECOMERS + 2];
	size_t in_count;
	struct id16 away[LATECOMERS + 2];
	size_t away_count;
	uint64_t epoch;
	uint64_t sealed;
} group;

static struct {
	requests_done *done;
	void *ctx;
	size_t count;
} asked;

struct channel_at channels_at(struct channels *x, const struct id16 *c)
{
	return (struct channel_at){1, group.epoch, {{0x99}}};
}

int channels_devices(struct channels *x, const struct id16 *c, struct id16 *ret,
	size_t max, size_t *ret_len)
{
	assert_true(group.in_count <= max);
	memcpy(ret, group.in, group.in_count * sizeof *ret);
	*ret_len = group.in_count;
	return 0;
}

int channels_missing(struct channels *x, const struct id16 *c,
	const struct id16 *members, size_t count,
	struct id16 ret[CHANNEL_DEVICES_MAX], size_t *ret_len)
{
	memcpy(ret, group.away, group.away_count * sizeof *ret);
	*ret_len = group.away_count;
	return 0;
}

int channels_others(struct channels *x, const struct id16 *c,
	const struct id16 *members, size_t count, bool *ret)
{
	*ret = false;
	return 0;
}

struct id16 channels_member(struct channels *x, const struct id16 *device)
{
	return id16_eq(device, &self) ? self : friend_of;
}

const struct id16 *channels_self(const struct channels *x)
{
	return &self;
}

uint64_t channels_now(const struct channels *x)
{
	return NOW;
}

int channels_ready(struct channels *x, const struct id16 *c)
{
	return 0;
}

int channels_heads(
	struct channels *x, const struct id16 *c, struct content_heads *ret)
{
	memset(ret, 0, sizeof *ret);
	return 0;
}

int channels_seal(struct channels *x, const struct id16 *c, struct bytes plain,
	uint32_t pad, struct buf *ret)
{
	group.sealed++;
	return buf_copy(ret, plain);
}

int channels_keep(struct channels *x)
{
	return 0;
}

void channels_aborted(struct channels *x)
{
}

void channels_refused(struct channels *x, const struct id16 *c,
	const struct channel_at *at, uint16_t code)
{
	fail();
}

int transfer_state(struct transfer *t, const struct id16 *blob,
	enum transfer_state *ret, int *ret_code)
{
	return ROWAN_E_NOT_FOUND;
}

int requests_start(struct requests *q, const struct requests_new *n)
{
	assert_null(asked.done);
	asked.done = n->done;
	asked.ctx = n->ctx;
	asked.count = n->frame_count;
	return 0;
}

void requests_cancel(struct requests *q, const void *ctx)
{
}

/* ---- the outbox beside it -------------------------------------------------
 */

static struct vault_kit kit;
static struct outbox *x;

static size_t told_sent, told_unreached;

static int sent(void *ctx, const struct id16 *message, uint64_t time)
{
	told_sent++;
	return 0;
}

static int unreached(void *ctx, const struct outbox_unreached *u)
{
	assert_true(id16_eq(&u->member, &without));
	assert_false(u->nobody);
	told_unreached++;
	return 0;
}

static int unsent(void *ctx, const struct id16 *message, int code)
{
	fail();
	return 0;
}

static int setup(void **state)
{
	vault_kit_begin(&kit);
	memset(&group, 0, sizeof group);
	memset(&asked, 0, sizeof asked);
	told_sent = told_unreached = 0;
	group.in[group.in_count++] = self;
	group.epoch = 1;
	assert_int_equal(
		outbox_new(&x, &(struct outbox_options){.vault = kit.vault,
				       .sent = sent,
				       .unsent = unsent,
				       .unreached = unreached}),
		0);
	outbox_online(x, true);
	return 0;
}

static int teardown(void **state)
{
	outbox_free(x);
	vault_kit_end(&kit);
	return 0;
}

/* To a friend; to one without a device, too. */
static void say_to(uint8_t first, size_t members_count)
{
	const struct id16 members[] = {self, friend_of, without};
	struct content c = {.id = {{first}}, .type = CONTENT_TEXT, .sent = NOW};
	struct writer w;

	c.u.text = bytes_of("x", 1);
	writer_init(&w, CONTENT_MAX);
	assert_int_equal(content_encode(&c, &w), 0);
	assert_int_equal(vault_begin(kit.vault), 0);
	assert_int_equal(outbox_put(x, &(struct outbox_post){.channel = channel,
					       .content = writer_view(&w),
					       .kept = true,
					       .members = members,
					       .member_count = members_count}),
		0);
	assert_int_equal(vault_commit(kit.vault), 0);
	writer_wipe(&w);
}

static void say(uint8_t first)
{
	say_to(first, 2);
}

/* Until it has nothing to do; the daemon takes everything. */
static void run(uint64_t ms)
{
	do {
		assert_int_equal(outbox_step(x, ms), 0);
		if (asked.done != NULL) {
			struct wire_submit_answer a = {.count = asked.count};
			struct wire_message m = {0};
			struct requests_outcome o = {.answer = &m};
			requests_done *done = asked.done;
			struct writer w;

			writer_init(&w, WIRE_FRAME_MAX);
			assert_int_equal(wire_submit_answer_encode(&a, &w), 0);
			m.body = writer_view(&w);
			asked.done = NULL;
			done(asked.ctx, &o);
			writer_wipe(&w);
		}
	} while (outbox_wait(x, ms) == 0);
}

static void come(uint8_t first)
{
	const struct id16 device = {{first}};

	(void)outbox_take_out(group.away, &group.away_count, &device);
	group.in[group.in_count++] = device;
	group.epoch++;
	outbox_moved(x, &channel);
}

/* ---- who comes anew -------------------------------------------------------
 */

static int replaced(uint8_t first)
{
	const struct id16 device = {{first}};
	int rc;

	assert_int_equal(vault_begin(kit.vault), 0);
	rc = outbox_replaced(x, &channel, &device);
	vault_abort(kit.vault);
	outbox_aborted(x);
	return rc;
}

/* Whoever reads the first row from now on fails. */
static void damage_first(void)
{
	assert_int_equal(vault_begin(kit.vault), 0);
	assert_int_equal(vault_put(kit.vault, VAULT_OUTBOX, bytes_of("o", 1), 1,
				 bytes_of("damaged", 7)),
		0);
	assert_int_equal(vault_commit(kit.vault), 0);
}

/* A row that cannot be read shows whether it is. */
static void test_rows_read(void **state)
{
	come(1);
	say(0x21);
	run(1000);
	assert_int_equal(group.sealed, 1);
	group.in_count = 1;
	come(2);
	say(0x22);
	run(2000);
	assert_int_equal(group.sealed, 2);
	assert_int_equal(replaced(1), 0);
	run(3000);
	damage_first();
	assert_int_equal(replaced(2), 0);
	outbox_free(x);
	x = NULL;
}

static void test_row_that_may_await(void **state)
{
	come(1);
	say(0x21);
	run(1000);
	damage_first();
	assert_int_equal(replaced(2), 0);
}

/* ---- who comes late -------------------------------------------------------
 */

static void test_ever_more_seldom(void **state)
{
	uint64_t ms = 1000, last = 0, gap = 0, before;
	size_t again = 0;

	come(1);
	for (uint8_t i = 0; i < LATECOMERS; i++)
		group.away[group.away_count++] =
			(struct id16){{(uint8_t)(0x40 + i)}};
	say(0x21);
	run(ms);
	assert_int_equal(group.sealed, 1);
	for (uint8_t i = 0; i < LATECOMERS; i++) {
		ms += EVERY_MS;
		come((uint8_t)(0x40 + i));
		/* The outbox says itself when it wants to. */
		for (uint64_t end = ms + EVERY_MS; ms < end;) {
			uint64_t wait;

			before = group.sealed;
			run(ms);
			if (group.sealed > before) {
				assert_int_equal(group.sealed, before + 1);
				if (again > 0)
					assert_true(ms - last >= gap);
				gap = gap == 0 ? 60000 : 2 * gap;
				gap = gap > HOUR_MS ? HOUR_MS : gap;
				last = ms;
				again++;
			}
			wait = outbox_wait(x, ms);
			ms = wait > end - ms ? end : ms + wait;
		}
		ms -= EVERY_MS;
	}
	/* Nobody is forgotten. */
	run(last + HOUR_MS);
	assert_true(again < 6 + LATECOMERS * EVERY_MS / HOUR_MS + 2);
	assert_int_equal(x->items[0].missed, false);
	assert_int_equal(outbox_wait(x, last + HOUR_MS), UINT64_MAX);
}

/* ---- who has it before the daemon has said so -----------------------------
 */

static void receive(uint8_t message, uint8_t device)
{
	assert_int_equal(vault_begin(kit.vault), 0);
	assert_int_equal(outbox_delivered(x, &(struct id16){{message}},
				 &(struct id16){{device}}),
		0);
	assert_int_equal(vault_commit(kit.vault), 0);
}

static void test_receipt_first(void **state)
{
	come(1);
	say(0x21);
	assert_int_equal(outbox_step(x, 1000), 0);
	assert_non_null(asked.done);
	receive(0x21, 1);
	run(1000);
	assert_int_equal(told_sent, 1);
	assert_int_equal(told_unreached, 0);
	/* Who has no device is told all the same, and once. */
	say_to(0x22, 3);
	assert_int_equal(outbox_step(x, 2000), 0);
	receive(0x22, 1);
	assert_int_equal(told_unreached, 1);
	run(2000);
	assert_int_equal(told_sent, 2);
	assert_int_equal(told_unreached, 1);
	/* Nobody is awaited any more. */
	assert_int_equal(x->count, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_rows_read),
		T(test_row_that_may_await),
		T(test_ever_more_seldom),
		T(test_receipt_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
