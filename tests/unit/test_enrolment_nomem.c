/*
 * Memory runs out at every possible place of an enrolment: ROWAN_E_NOMEM, and
 * nothing was invited, redeemed, consented to, confirmed or installed; the
 * same goes well afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/enrolment_sides.h"
#include "lib/faulty_memory.h"
#include "trust/issue.h"
#include "wire/armour.h"

#define MOST 3000

/*
 * Try ${call} with the 1st, 2nd, ... allocation failing until none does.
 * ${after} is what must hold after each failure. SQLite does without some.
 */
#define EXHAUST(call, after)                                                   \
	for (uint64_t n = 1, failed = 0;; n++) {                               \
		bool hit;                                                      \
		int rc;                                                        \
                                                                               \
		assert_true(n < MOST);                                         \
		faulty_memory_after(n);                                        \
		rc = (call);                                                   \
		hit = faulty_memory_hit();                                     \
		faulty_memory_after(0);                                        \
		if (rc == 0) {                                                 \
			assert_true(failed > 0);                               \
			break;                                                 \
		}                                                              \
		assert_true(hit);                                              \
		assert_int_equal(rc, ROWAN_E_NOMEM);                           \
		failed++;                                                      \
		after;                                                         \
	}

static struct writer w;

static int setup(void **state)
{
	writer_init(&w, 1 << 16);
	return sides_setup(state);
}

static int teardown(void **state)
{
	faulty_memory_after(0);
	writer_wipe(&w);
	return sides_teardown(state);
}

static int invite(struct id16 *id)
{
	w.len = 0;
	w.error = 0;
	return sides_invite(&sides.t->c->id, id, &w);
}

static int confirm(const struct id16 *id)
{
	return enrolment_confirm(sides.desk, id, true);
}

static void by_invite(void **state)
{
	static const struct id16 zero;
	struct id16 id;

	EXHAUST(invite(&id), {
		assert_true(id16_eq(&id, &zero));
		assert_int_equal(w.len, 0);
	});
	EXHAUST(enrolment_redeem(sides.g.e, writer_view(&w)),
		assert_int_equal(
			enrolment_redeeming(sides.g.e, &w), ROWAN_E_STATE));
	for (int i = 0; i < 60; i++)
		sides_step(NULL);
	assert_int_equal(sides.ours.compares, 1);
	assert_int_equal(sides.theirs.compares, 1);
	assert_string_equal(sides.ours.code, sides.theirs.code);
	EXHAUST(confirm(&id),
		assert_int_equal(acts_pending(sides.d.acts, 0, NULL), 0));
	for (int i = 0; i < 60 && sides.theirs.enrolled == 0; i++)
		sides_step(NULL);
	assert_int_equal(sides.theirs.enrolled, 1);
	assert_int_equal(sides.theirs.failed + sides.ours.failed, 0);
}

static int request(void)
{
	const struct enrolment_wish as = {.role = WIRE_ROLE_CASEWORKER,
		.agency = bytes_of("advocacy", 8),
		.member = sides.d.me.member};

	w.len = 0;
	w.error = 0;
	return enrolment_request(sides.g.e, &as, &w);
}

static int consent(struct bytes file)
{
	w.len = 0;
	w.error = 0;
	return enrolment_consent(sides.desk, file, &w);
}

/* The answer to a request of this device. */
static void answer(struct bytes raw, struct writer *ret)
{
	struct issuer by = {.kind = WIRE_SIGNER_AUTHORITY,
		.hash = sides.t->w.clinic.record,
		.seed = sides.t->w.authority};
	struct wire_request q;
	struct wire_card card;
	struct writer c;

	assert_int_equal(wire_request_decode(raw, &q), 0);
	issue_begin(&q, &card);
	card.not_before = card.issued_at = sides.t->w.now;
	card.not_after = sides.t->w.now + 86400;
	writer_init(&c, WIRE_CARD_MAX);
	assert_int_equal(issue_sign(&by, &card, &c), 0);
	sides_add(ret, ARMOUR_CARD, writer_view(&c));
	sides_add_daemon(ret);
	sides_add_servers(ret, &sides.daemon_person.transport_key);
	writer_wipe(&c);
}

static void by_files(void **state)
{
	struct id16 was = sides.g.me.member;
	struct writer file;
	struct buf raw;

	writer_init(&file, 1 << 16);
	sides_add(&file, ARMOUR_AUTHORITY_RECORD, buf_view(&sides.t->w.record));
	EXHAUST(enrolment_install(sides.g.e, writer_view(&file)),
		assert_int_equal(sides.g.me.record.len, 0));
	EXHAUST(request(),
		assert_true(id16_eq(&sides.g.me.member, &was) ||
			    id16_eq(&sides.g.me.member, &sides.d.me.member)));
	file.len = 0;
	writer_raw(&file, w.data, w.len);
	assert_int_equal(
		armour_read(writer_view(&file), ARMOUR_CARD_REQUEST, &raw), 0);
	EXHAUST(consent(writer_view(&file)), assert_int_equal(w.len, 0));
	file.len = 0;
	answer(buf_view(&raw), &file);
	EXHAUST(enrolment_install(sides.g.e, writer_view(&file)), {
		assert_int_equal(sides.g.me.chain.len, 0);
		assert_int_equal(sides.g.called, 0);
	});
	assert_int_equal(sides.g.called, 1);
	assert_true(id16_eq(&sides.g.me.member, &sides.d.me.member));
	buf_wipe(&raw);
	writer_wipe(&file);
}

static int open_again(struct enrolment **ret)
{
	const struct enrolment_options o = {.vault = sides.d.kit.vault,
		.events = sides.d.events,
		.me = &sides.d.me};

	return enrolment_new(ret, &o);
}

static void opened_or_not(void **state)
{
	struct enrolment *e = NULL;
	struct id16 id;

	assert_int_equal(invite(&id), 0);
	EXHAUST(open_again(&e), assert_null(e));
	enrolment_free(e);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(by_invite),
		T(by_files),
		T(opened_or_not),
	};
#undef T

	faulty_memory_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
