/* The control socket's forms: round trips, and bytes that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "ctl/call.h"
#include "ctl/form.h"
#include "ctl/health.h"
#include "ctl/log_look.h"
#include "ctl/metrics.h"
#include "tlog/checkpoint.h"
#include "tlog/cosignature.h"

static void encode(const struct ctl_request *q, struct buf *ret)
{
	struct writer w;

	writer_init(&w, CTL_REQUEST_MAX);
	assert_int_equal(ctl_request_encode(q, &w), 0);
	assert_int_equal(writer_finish(&w, ret), 0);
}

/* A witness whose clock is days ahead does not hide that it stays away. */
static void cosigned_in_the_future(void **state)
{
	static const uint64_t told[] = {900, 1000, 1001, INT64_MAX};
	static const uint64_t seen[] = {900, 1000, 500, 500};
	struct checkpoint c = {.origin = bytes_of("log", 3),
		.size = 7,
		.extension = bytes_of("time 500\n", 9)};
	uint8_t pk[32], sk[64], seed[32] = {1};
	struct note_key key, by;

	(void)crypto_sign_seed_keypair(pk, sk, seed);
	assert_int_equal(note_key_init(&key, "log", NOTE_ED25519, pk), 0);
	assert_int_equal(note_key_init(&by, "w", NOTE_COSIGNATURE, pk), 0);
	for (size_t i = 0; i < 4; i++) {
		struct log_look l = {.size = 0};
		struct writer w;
		struct note n;

		writer_init(&w, 2048);
		assert_int_equal(checkpoint_sign(&w, &c, &key, sk), 0);
		assert_int_equal(note_parse(&n, writer_view(&w)), 0);
		assert_int_equal(
			cosignature_sign(&w, n.text, told[i], &by, sk), 0);
		log_look_cosigned(writer_view(&w), 1000, &l);
		assert_int_equal(l.cosigned_at, seen[i]);
		assert_int_equal(l.cosigned, 7);
		writer_wipe(&w);
	}
}

static void requests(void **state)
{
	struct ctl_request q = {.op = CTL_IMPORT,
		.uid = 1000,
		.flags = CTL_DRY_RUN,
		.number = 7,
		.name = bytes_of("name", 4),
		.content = bytes_of("content", 7)};
	struct ctl_request back;
	struct buf raw, more;

	encode(&q, &raw);
	assert_int_equal(ctl_request_decode(buf_view(&raw), &back), 0);
	assert_int_equal(back.op, CTL_IMPORT);
	assert_int_equal(back.uid, 1000);
	assert_int_equal(back.number, 7);
	assert_true(bytes_eq(back.name, q.name));
	assert_true(bytes_eq(back.content, q.content));
	/* Cut short anywhere, or longer by a byte. */
	for (size_t n = 0; n < raw.len; n++)
		assert_int_not_equal(
			ctl_request_decode(bytes_of(raw.data, n), &back), 0);
	assert_int_equal(buf_alloc(&more, raw.len + 1), 0);
	memcpy(more.data, raw.data, raw.len);
	assert_int_equal(
		ctl_request_decode(buf_view(&more), &back), ROWAN_E_MALFORMED);
	/* Another version; a flag nobody knows; a name that is no text. */
	raw.data[1] = 2;
	assert_int_equal(
		ctl_request_decode(buf_view(&raw), &back), ROWAN_E_VERSION);
	raw.data[1] = 1;
	raw.data[8] = 0x80;
	assert_int_equal(
		ctl_request_decode(buf_view(&raw), &back), ROWAN_E_MALFORMED);
	raw.data[8] = 0;
	raw.data[18] = '\x1b';
	assert_int_equal(
		ctl_request_decode(buf_view(&raw), &back), ROWAN_E_MALFORMED);
	buf_wipe(&raw);
	buf_wipe(&more);
}

static void fill(struct ctl_answer *a)
{
	ctl_answer_init(a);
	ctl_row(a);
	ctl_text(a, "text", "hello\nthere");
	ctl_number(a, "number", 1u << 31);
	ctl_row(a);
	ctl_flag(a, "flag", true);
	ctl_time(a, "time", 0);
	/* Nothing of it drives a terminal. */
	ctl_text(a, "wild", "\x1b[31m");
	ctl_say(a, 75, "later%c", 7);
}

static void answers(void **state)
{
	struct ctl_answer a;
	struct ctl_view v;
	struct reader row;
	struct ctl_field f;
	struct writer w;

	fill(&a);
	writer_init(&w, CTL_ANSWER_MAX);
	assert_int_equal(ctl_answer_encode(&a, &w), 0);
	assert_int_equal(ctl_answer_decode(writer_view(&w), &v), 0);
	assert_int_equal(v.code, 75);
	assert_memory_equal(v.words.data, "later?", v.words.len);
	assert_true(ctl_next_row(&v, &row));
	assert_true(ctl_next_field(&row, &f));
	assert_memory_equal(f.text.data, "hello\nthere", f.text.len);
	assert_true(ctl_next_field(&row, &f));
	assert_int_equal(f.number, 1u << 31);
	assert_false(ctl_next_field(&row, &f));
	assert_true(ctl_next_row(&v, &row));
	assert_true(ctl_next_field(&row, &f) && f.type == CTL_FLAG);
	assert_true(ctl_next_field(&row, &f) && f.type == CTL_TIME);
	assert_true(ctl_next_field(&row, &f));
	assert_memory_equal(f.text.data, "?", f.text.len);
	assert_false(ctl_next_row(&v, &row));
	for (size_t n = 0; n < w.len; n++)
		assert_int_not_equal(
			ctl_answer_decode(bytes_of(w.data, n), &v), 0);
	/* Any byte may be another: an error or another answer, never a fault.
	 */
	for (size_t i = 0; i < w.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			w.data[i] ^= (uint8_t)(1 << bit);
			if (ctl_answer_decode(writer_view(&w), &v) == 0)
				while (ctl_next_row(&v, &row))
					while (ctl_next_field(&row, &f))
						assert_true(f.name.len > 0);
			w.data[i] ^= (uint8_t)(1 << bit);
		}
	}
	writer_wipe(&w);
	ctl_answer_wipe(&a);
}

static void who_may(void **state)
{
	assert_true(ctl_allowed(&(struct ctl_peer){0, false}, 100));
	assert_true(ctl_allowed(&(struct ctl_peer){100, false}, 100));
	assert_true(ctl_allowed(&(struct ctl_peer){7, true}, 100));
	assert_false(ctl_allowed(&(struct ctl_peer){7, false}, 100));
}

static void every_op_has_an_entry(void **state)
{
	for (uint16_t op = CTL_STATUS; op <= CTL_EXPORT; op++) {
		assert_non_null(ctl_find(op));
		assert_int_equal(ctl_find(op)->op, op);
	}
	assert_null(ctl_find(0));
	assert_null(ctl_find(CTL_EXPORT + 1));
}

static enum health_state state_of(
	const struct ctl_snapshot *s, const char *check)
{
	struct health h;

	health_judge(s, &h);
	for (size_t i = 0; i < h.count; i++)
		if (strcmp(h.at[i].name, check) == 0)
			return h.at[i].state;
	fail_msg("no check %s", check);
	return HEALTH_UNKNOWN;
}

/* A daemon that is well. */
static void well(struct ctl_snapshot *s)
{
	memset(s, 0, sizeof *s);
	s->room = true;
	s->relay.config.store_bytes = 1000 * 4096;
	s->relay.config.request_queue = 100;
	s->store.page_size = 4096;
	s->now = 1700000000;
	s->disk_free = 1u << 30;
	s->card_until = s->now + 100 * 86400;
	s->backup_wanted = true;
	s->backup_at = s->now - 3600;
}

static void health(void **state)
{
	struct ctl_snapshot s;
	struct health h;

	well(&s);
	health_judge(&s, &h);
	assert_int_equal(h.worst, HEALTH_OK);
	s.room = false;
	assert_int_equal(state_of(&s, "disk"), HEALTH_BAD);
	well(&s);
	s.store.pages = 900;
	assert_int_equal(state_of(&s, "disk"), HEALTH_WARN);
	well(&s);
	s.failed_ago = 10;
	assert_int_equal(state_of(&s, "commits"), HEALTH_BAD);
	s.failed_ago = 1000;
	assert_int_equal(state_of(&s, "commits"), HEALTH_OK);
	s.relay.queue = 60;
	assert_int_equal(state_of(&s, "queue"), HEALTH_WARN);
	s.doubt = 2;
	assert_int_equal(state_of(&s, "clock"), HEALTH_BAD);
	s.doubt = 1;
	assert_int_equal(state_of(&s, "clock"), HEALTH_WARN);
	s.log.urgent = s.now - 1000;
	assert_int_equal(state_of(&s, "urgent"), HEALTH_WARN);
	s.log.urgent = s.now - 60;
	assert_int_equal(state_of(&s, "urgent"), HEALTH_OK);
	s.card_until = s.now;
	assert_int_equal(state_of(&s, "card"), HEALTH_BAD);
	s.card_until = s.now + 100 * 86400;
	s.card_revoked = true;
	assert_int_equal(state_of(&s, "card"), HEALTH_BAD);
	s.card_revoked = false;
	s.drill_at = s.now - 8 * 86400;
	assert_int_equal(state_of(&s, "drill"), HEALTH_OK);
	s.drill_at = s.now - 10 * 86400;
	assert_int_equal(state_of(&s, "drill"), HEALTH_WARN);
	s.card_until = s.now + 86400;
	assert_int_equal(state_of(&s, "card"), HEALTH_WARN);
	s.backup_at = s.now - 30 * 3600;
	assert_int_equal(state_of(&s, "backup"), HEALTH_WARN);
	s.backup_at = s.now - 80 * 3600;
	assert_int_equal(state_of(&s, "backup"), HEALTH_BAD);
	s.backup_wanted = false;
	assert_int_equal(state_of(&s, "backup"), HEALTH_WARN);
}

static void metrics(void **state)
{
	struct ctl_snapshot s;
	struct writer w;

	well(&s);
	s.relay.answer_time.bucket[0] = 2;
	s.relay.answer_time.bucket[METER_BUCKETS - 1] = 1;
	s.relay.answer_time.sum = 2500001;
	s.relay.count.full = 9;
	s.relay.queue = 7;
	s.relay.batch_size.bucket[1] = 4;
	s.relay.commit_time.sum = 30;
	s.log.urgent = s.now - 75;
	s.log.size = 12;
	s.log.cosigned_at = s.now - 5;
	s.doubt = CLOCK_JUMPED;
	writer_init(&w, CTL_VALUE_MAX);
	metrics_write(&s, false, &w);
	writer_u8(&w, 0);
	assert_int_equal(writer_status(&w), 0);
	assert_non_null(strstr((char *)w.data,
		"rowan_answer_seconds_bucket{le=\"+Inf\"} 3\n"
		"rowan_answer_seconds_sum 2.500001\n"
		"rowan_answer_seconds_count 3\n"));
	assert_non_null(
		strstr((char *)w.data, "# TYPE rowan_refused counter\n"));
	assert_non_null(strstr(
		(char *)w.data, "rowan_refused_total{kind=\"full\"} 9\n"));
	assert_non_null(strstr((char *)w.data, "rowan_queue 7\n"));
	assert_non_null(
		strstr((char *)w.data, "rowan_batch_operations_count 4\n"));
	assert_non_null(
		strstr((char *)w.data, "rowan_commit_seconds_sum 0.000030\n"));
	assert_non_null(
		strstr((char *)w.data, "rowan_urgent_oldest_seconds 75\n"));
	assert_non_null(strstr((char *)w.data, "rowan_log_leaves 12\n"));
	assert_non_null(strstr(
		(char *)w.data, "rowan_log_cosigned_seconds 1699999995\n"));
	assert_non_null(strstr((char *)w.data, "rowan_clock_jumped 1\n"));
	assert_string_equal((char *)w.data + w.len - 7, "# EOF\n");
	writer_wipe(&w);
	writer_init(&w, CTL_VALUE_MAX);
	metrics_write(&s, true, &w);
	writer_u8(&w, 0);
	assert_non_null(
		strstr((char *)w.data, "# TYPE rowan_refused_total counter\n"));
	assert_null(strstr((char *)w.data, "EOF"));
	writer_wipe(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cosigned_in_the_future),
		cmocka_unit_test(requests),
		cmocka_unit_test(answers),
		cmocka_unit_test(who_may),
		cmocka_unit_test(every_op_has_an_entry),
		cmocka_unit_test(health),
		cmocka_unit_test(metrics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
