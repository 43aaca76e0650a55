/*
 * Enrolment by files: what is taken, in which order, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/double_line.h"
#include "lib/enrolment_sides.h"
#include "trust/attest.h"
#include "trust/issue.h"
#include "wire/armour.h"

/* ---- by files ---- */

static void wish(struct guest *x, struct wire_request *ret, struct buf *ret_raw)
{
	const struct enrolment_wish as = {
		.role = WIRE_ROLE_CASEWORKER, .agency = bytes_of("health", 6)};
	struct writer w;

	writer_init(&w, 1 << 16);
	assert_int_equal(enrolment_request(x->e, &as, &w), 0);
	assert_int_equal(
		armour_read(writer_view(&w), ARMOUR_CARD_REQUEST, ret_raw), 0);
	assert_int_equal(wire_request_decode(buf_view(ret_raw), ret), 0);
	assert_int_equal(issue_check(ret), 0);
	writer_wipe(&w);
}

/* The card a request asks for, signed by the authority. */
static void sign_for(
	const struct wire_request *q, struct buf *ret, unsigned more)
{
	struct issuer by = {.kind = WIRE_SIGNER_AUTHORITY,
		.hash = sides.t->w.clinic.record,
		.seed = sides.t->w.authority};
	struct wire_card card;
	struct writer w;

	issue_begin(q, &card);
	card.not_before = card.issued_at = sides.t->w.now;
	card.not_after = sides.t->w.now + 86400 * (1 + (uint64_t)more);
	writer_init(&w, WIRE_CARD_MAX);
	assert_int_equal(issue_sign(&by, &card, &w), 0);
	assert_int_equal(writer_finish(&w, ret), 0);
}

static void sign(const struct wire_request *q, struct buf *ret)
{
	sign_for(q, ret, 0);
}

static int install(struct guest *x, struct writer *w)
{
	int rc = enrolment_install(x->e, writer_view(w));

	w->len = 0;
	return rc;
}

static void pin(struct guest *x)
{
	struct writer w;

	writer_init(&w, 4096);
	sides_add(&w, ARMOUR_AUTHORITY_RECORD, buf_view(&sides.t->w.record));
	assert_int_equal(install(x, &w), 0);
	writer_wipe(&w);
}

/* With all that comes with it. */
static int install_card(struct writer *w, const struct buf *card)
{
	sides_add(w, ARMOUR_CARD, buf_view(card));
	sides_add_daemon(w);
	sides_add_servers(w, &sides.daemon_person.transport_key);
	return install(&sides.g, w);
}

static void by_files(void **state)
{
	struct wire_request q;
	struct wire_card own;
	struct buf raw, card, other;
	struct writer w;

	writer_init(&w, 1 << 16);
	sides_add_daemon(&w);
	assert_int_equal(install(&sides.g, &w), ROWAN_E_STATE);
	pin(&sides.g);
	pin(&sides.g);
	wish(&sides.g, &q, &raw);
	q.rights = WIRE_RIGHT_AUDIT;
	sign(&q, &card);
	/* Not all of it. */
	sides_add(&w, ARMOUR_CARD, buf_view(&card));
	assert_int_equal(install(&sides.g, &w), ROWAN_E_NOT_FOUND);
	sides_add(&w, ARMOUR_CARD, buf_view(&card));
	sides_add_daemon(&w);
	assert_int_equal(install(&sides.g, &w), ROWAN_E_NOT_FOUND);
	sides_add_daemon(&w);
	sides_add_servers(&w, &sides.daemon_person.transport_key);
	assert_int_equal(install(&sides.g, &w), ROWAN_E_NOT_FOUND);
	/* Another server than the daemon's card binds. */
	sides_add(&w, ARMOUR_CARD, buf_view(&card));
	sides_add_daemon(&w);
	sides_add_servers(&w, &sides.t->officer.transport_key);
	assert_int_equal(install(&sides.g, &w), ROWAN_E_CRYPTO);
	assert_int_equal(sides.g.called, 0);
	/* In any order. */
	sides_add_servers(&w, &sides.daemon_person.transport_key);
	sides_add_daemon(&w);
	sides_add(&w, ARMOUR_CARD, buf_view(&card));
	sides_add(&w, ARMOUR_AUTHORITY_RECORD, buf_view(&sides.t->w.record));
	assert_int_equal(install(&sides.g, &w), 0);
	assert_int_equal(sides.g.called, 1);
	sides_hear(sides.g.events, &sides.theirs);
	assert_int_equal(sides.theirs.enrolled, 1);
	assert_int_equal(sides.g.me.server_count, 1);
	/* The daemon has moved. */
	sides_add_servers(&w, &sides.daemon_person.transport_key);
	assert_int_equal(install(&sides.g, &w), ROWAN_E_NOT_FOUND);
	sides_add_servers(&w, &sides.daemon_person.transport_key);
	sides_add_daemon(&w);
	assert_int_equal(install(&sides.g, &w), 0);
	sides_hear(sides.g.events, &sides.theirs);
	assert_int_equal(sides.theirs.enrolled, 1);
	/* Its card is over: the one that renews it comes by file, too. */
	other = card;
	sign_for(&q, &card, 1);
	assert_int_equal(install_card(&w, &card), 0);
	assert_int_equal(identity_card(&sides.g.me, &own), 0);
	assert_true(bytes_eq(own.raw, buf_view(&card)));
	/* The first does not come back, nor one that has lost its right. */
	assert_int_equal(install_card(&w, &other), ROWAN_E_EXISTS);
	buf_wipe(&other);
	q.rights = 0;
	sign_for(&q, &other, 2);
	assert_int_equal(install_card(&w, &other), ROWAN_E_EXISTS);
	assert_int_equal(identity_card(&sides.g.me, &own), 0);
	assert_true(bytes_eq(own.raw, buf_view(&card)));
	writer_wipe(&w);
	buf_wipe(&raw);
	buf_wipe(&other);
	buf_wipe(&card);
}

static void another_clinics_record(void **state)
{
	struct world other;
	struct wire_record r;
	struct writer w;

	pin(&sides.g);
	world_init_at(&other, sides.t->w.now + 1);
	assert_int_equal(wire_record_decode(buf_view(&other.record), &r), 0);
	writer_init(&w, 4096);
	sides_add(&w, ARMOUR_AUTHORITY_RECORD, buf_view(&other.record));
	assert_int_equal(install(&sides.g, &w), ROWAN_E_EXISTS);
	/* One that does not follow from ours. */
	sides_add(&w, ARMOUR_AUTHORITY_RECORD, buf_view(&sides.t->w.record));
	sides_add(&w, ARMOUR_AUTHORITY_RECORD, buf_view(&other.record));
	assert_int_equal(install(&sides.g, &w), ROWAN_E_CHAIN);
	writer_wipe(&w);
	world_wipe(&other);
}

/* Each of these must be refused, and nothing be taken. */
static void cards_that_are_not_ours(void **state)
{
	struct wire_request q, theirs_q;
	struct buf raw, card;
	struct guest other;
	struct writer w;

	sides_guest(&other);
	pin(&sides.g);
	pin(&other);
	writer_init(&w, 1 << 16);
	/* Our id with somebody else's keys. */
	wish(&other, &theirs_q, &raw);
	theirs_q.device = sides.g.me.device;
	theirs_q.member = sides.g.me.member;
	sign(&theirs_q, &card);
	sides_add(&w, ARMOUR_CARD, buf_view(&card));
	sides_add_daemon(&w);
	sides_add_servers(&w, &sides.daemon_person.transport_key);
	assert_int_equal(install(&sides.g, &w), ROWAN_E_CRYPTO);
	buf_wipe(&card);
	buf_wipe(&raw);
	/* Our keys as another person. */
	wish(&sides.g, &q, &raw);
	q.member = sides.t->officer.member;
	sign(&q, &card);
	sides_add(&w, ARMOUR_CARD, buf_view(&card));
	sides_add_daemon(&w);
	sides_add_servers(&w, &sides.daemon_person.transport_key);
	assert_int_equal(install(&sides.g, &w), ROWAN_E_CRYPTO);
	buf_wipe(&card);
	/* Signed by nobody. */
	q.member = sides.g.me.member;
	sign(&q, &card);
	card.data[card.len - 1] ^= 1;
	sides_add(&w, ARMOUR_CARD, buf_view(&card));
	sides_add_daemon(&w);
	sides_add_servers(&w, &sides.daemon_person.transport_key);
	assert_int_equal(install(&sides.g, &w), ROWAN_E_CRYPTO);
	assert_int_equal(sides.g.me.chain.len, 0);
	assert_int_equal(sides.g.called, 0);
	buf_wipe(&card);
	buf_wipe(&raw);
	writer_wipe(&w);
	sides_guest_end(&other);
}

static void any_text(void **state)
{
	uint8_t text[400];

	for (unsigned i = 0; i < 300; i++) {
		randombytes_buf(text, sizeof text);
		assert_int_not_equal(
			enrolment_redeem(sides.g.e, bytes_of(text, i)), 0);
		assert_int_not_equal(
			enrolment_install(sides.g.e, bytes_of(text, i)), 0);
	}
	assert_int_equal(enrolment_install(sides.g.e, bytes_of("hello", 5)),
		ROWAN_E_NOT_FOUND);
	assert_int_equal(enrolment_cancel(sides.g.e), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, sides_setup, sides_teardown)
	const struct CMUnitTest tests[] = {
		TEST(by_files),
		TEST(another_clinics_record),
		TEST(cards_that_are_not_ours),
		TEST(any_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
