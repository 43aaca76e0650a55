/*
 * The authority's files: armour, the sealed key, requests, cards, succession;
 * and what a damaged, swapped or foreign file is refused as.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/trust_world.h"
#include "trust/authority.h"
#include "wire/armour.h"

static const struct passphrase_cost cheap = {1, 8192};

static struct bytes text(const char *s)
{
	return bytes_of(s, strlen(s));
}

/* ---- armour ---- */

static void armour(uint8_t kind, struct bytes object, struct buf *ret)
{
	struct writer w;

	writer_init(&w, 1 << 20);
	assert_int_equal(armour_write(kind, object, &w), 0);
	assert_int_equal(writer_finish(&w, ret), 0);
}

static void armour_of_every_length(void **state)
{
	uint8_t object[200];
	struct buf file, got;

	for (size_t i = 0; i < sizeof object; i++)
		object[i] = (uint8_t)(7 * i);
	for (size_t len = 1; len <= sizeof object; len++) {
		armour(ARMOUR_CARD, bytes_of(object, len), &file);
		assert_int_equal(
			armour_read(buf_view(&file), ARMOUR_CARD, &got), 0);
		assert_true(bytes_eq(buf_view(&got), bytes_of(object, len)));
		buf_wipe(&got);
		/* Torn anywhere it is no block. */
		for (size_t cut = 0; cut + 1 < file.len; cut++) {
			assert_int_not_equal(
				armour_read(bytes_of(file.data, cut),
					ARMOUR_CARD, &got),
				0);
			assert_null(got.data);
		}
		buf_wipe(&file);
	}
}

static void armour_survives_mail(void **state)
{
	static const char mail[] = "Dear authority,\r\nplease sign:\r\n\r\n"
				   "-----BEGIN ROWAN CARD REQUEST-----\r\n"
				   "aGVsbG8sIHRoaXMgaXM=\r\n"
				   "-----END ROWAN CARD REQUEST-----  \r\n"
				   "-----BEGIN ROWAN CARD-----\n"
				   "Y\nX\nI\nj\n"
				   "-----END ROWAN CARD-----\n"
				   "-- \r\nregards";
	struct bytes in = text(mail);
	struct buf got;
	uint8_t kind;

	assert_int_equal(armour_next(&in, &kind, &got), 0);
	assert_int_equal(kind, ARMOUR_CARD_REQUEST);
	assert_true(bytes_eq(buf_view(&got), text("hello, this is")));
	buf_wipe(&got);
	assert_int_equal(armour_next(&in, &kind, &got), 0);
	assert_int_equal(kind, ARMOUR_CARD);
	assert_true(bytes_eq(buf_view(&got), text("ar#")));
	buf_wipe(&got);
	assert_int_equal(armour_next(&in, &kind, &got), ROWAN_E_NOT_FOUND);
	/* Two blocks are not one file. */
	assert_int_equal(armour_read(text(mail), ARMOUR_CARD_REQUEST, &got),
		ROWAN_E_MALFORMED);
	assert_null(got.data);
}

static void armour_refuses(void **state)
{
#define HEAD "-----BEGIN ROWAN CARD-----\n"
#define FOOT "-----END ROWAN CARD-----\n"
	static const struct {
		const char *file;
		int code;
	} cases[] = {
		{"", ROWAN_E_NOT_FOUND}, {"YXIj\n" FOOT, ROWAN_E_NOT_FOUND},
		{"> " HEAD "YXIj\n" FOOT, ROWAN_E_NOT_FOUND},
		{HEAD FOOT, ROWAN_E_MALFORMED},
		{HEAD "\n" FOOT, ROWAN_E_MALFORMED},
		{HEAD "YXIj\n\n" FOOT, ROWAN_E_MALFORMED},
		{HEAD "YXI\n" FOOT, ROWAN_E_MALFORMED},
		{HEAD "YX I\n" FOOT, ROWAN_E_MALFORMED},
		{HEAD " YXIj\n" FOOT, ROWAN_E_MALFORMED},
		{HEAD "YX_j\n" FOOT, ROWAN_E_MALFORMED},
		{HEAD "YXJ=\n" FOOT, ROWAN_E_MALFORMED}, /* bits left over */
		{HEAD "YXI=\nYXIj\n" FOOT, ROWAN_E_MALFORMED},
		{HEAD "YXIj\n", ROWAN_E_MALFORMED},
		{HEAD HEAD "YXIj\n" FOOT, ROWAN_E_MALFORMED},
		{HEAD "YXIj\n-----END ROWAN STATEMENT-----\n",
			ROWAN_E_MALFORMED},
		{"-----BEGIN ROWAN CAR-----\nYXIj\n" FOOT, ROWAN_E_MALFORMED},
		{"-----BEGIN ROWAN CARD----\nYXIj\n" FOOT, ROWAN_E_MALFORMED},
		{"-----BEGIN ROWAN STATEMENT-----\nYXIj\n"
		 "-----END ROWAN STATEMENT-----\n",
			ROWAN_E_MALFORMED}, /* another kind than asked for */
		{HEAD "YXIjYXIjYXIjYXIjYXIjYXIjYXIjYXIjYXIjYXIjYXIjYXIjYXIjYXIj"
		      "YXIjYXIjYXIjYXIjYXIjYXIj\n" FOOT,
			ROWAN_E_MALFORMED}, /* a line of 80 */
	};
	struct buf got;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int rc = armour_read(text(cases[i].file), ARMOUR_CARD, &got);

		if (rc != cases[i].code)
			fail_msg("case %zu: %d", i, rc);
		assert_null(got.data);
	}
}

static void armour_has_a_limit(void **state)
{
	static uint8_t object[ARMOUR_OBJECT_MAX + 1];
	struct buf file, got;
	struct writer w;

	armour(ARMOUR_CARD, bytes_of(object, ARMOUR_OBJECT_MAX), &file);
	assert_int_equal(armour_read(buf_view(&file), ARMOUR_CARD, &got), 0);
	assert_int_equal(got.len, ARMOUR_OBJECT_MAX);
	buf_wipe(&got);
	buf_wipe(&file);
	writer_init(&w, 1 << 20);
	assert_int_equal(
		armour_write(ARMOUR_CARD, bytes_of(object, sizeof object), &w),
		ROWAN_E_LIMIT);
	assert_int_equal(armour_write(ARMOUR_CARD, bytes_of(object, 0), &w),
		ROWAN_E_LIMIT);
	assert_int_equal(
		armour_write(0, bytes_of(object, 1), &w), ROWAN_E_INVAL);
	assert_int_equal(armour_write(ARMOUR_KINDS, bytes_of(object, 1), &w),
		ROWAN_E_INVAL);
	assert_int_equal(w.len, 0);

	/* A block that goes on and on costs no more than the limit. */
	writer_raw(&w, HEAD, strlen(HEAD));
	for (int i = 0; i < 4096; i++)
		writer_raw(&w, "YXIjYXIj\n", 9);
	writer_raw(&w, FOOT, strlen(FOOT));
	assert_int_equal(
		armour_read(writer_view(&w), ARMOUR_CARD, &got), ROWAN_E_LIMIT);
	assert_null(got.data);
	writer_wipe(&w);
}

/* ---- the key file ---- */

static void seal(const struct authority_key *k, struct buf *ret)
{
	struct writer w;

	writer_init(&w, 1 << 16);
	assert_int_equal(
		authority_seal(k, text("a passphrase"), &cheap, &w), 0);
	assert_int_equal(writer_finish(&w, ret), 0);
}

static void the_key_opens_with_its_passphrase_only(void **state)
{
	const struct id16 clinic = {{7}};
	struct authority_key *k, *got;
	struct wire_key a, b;
	struct id16 id;
	struct buf file;

	assert_int_equal(authority_new(&clinic, &k), 0);
	seal(k, &file);
	assert_int_equal(
		authority_open(buf_view(&file), text("a passphrase"), &got), 0);
	authority_public(k, &a);
	authority_public(got, &b);
	assert_memory_equal(&a, &b, sizeof a);
	authority_clinic(got, &id);
	assert_true(id16_eq(&id, &clinic));
	authority_free(got);
	assert_int_equal(
		authority_open(buf_view(&file), text("a passphrasE"), &got),
		ROWAN_E_CRYPTO);
	assert_null(got);
	assert_int_equal(authority_open(buf_view(&file), text(""), &got),
		ROWAN_E_CRYPTO);
	assert_int_equal(authority_open(text("nothing"), text("a"), &got),
		ROWAN_E_NOT_FOUND);
	/* No single character can be another one. */
	for (size_t i = 0; i < file.len; i++) {
		uint8_t was = file.data[i];

		if (was == '\n')
			continue;
		file.data[i] = was == 'A' ? 'B' : 'A';
		assert_int_not_equal(authority_open(buf_view(&file),
					     text("a passphrase"), &got),
			0);
		assert_null(got);
		file.data[i] = was;
	}
	buf_wipe(&file);
	authority_free(k);
	authority_free(NULL);
}

/* ---- requests and cards ---- */

struct desk {
	struct world w; /* its clinic is that of ${key} */
	struct authority_key *key, *next, *third;
	struct buf record;
};

static int setup(void **state)
{
	static struct desk d;
	const struct id16 clinic = {{7}};
	struct wire_key next;
	struct writer w;

	memset(&d, 0, sizeof d);
	world_init(&d.w);
	assert_int_equal(authority_new(&clinic, &d.key), 0);
	assert_int_equal(authority_new(&clinic, &d.next), 0);
	assert_int_equal(authority_new(&clinic, &d.third), 0);
	authority_public(d.next, &next);
	writer_init(&w, 1024);
	assert_int_equal(authority_record(d.key, &next, d.w.now - 9, &w), 0);
	assert_int_equal(writer_finish(&w, &d.record), 0);
	assert_int_equal(clinic_init(&d.w.clinic, buf_view(&d.record)), 0);
	d.w.head[0] = d.w.clinic.head;
	*state = &d;
	return 0;
}

static int teardown(void **state)
{
	struct desk *d = *state;

	authority_free(d->key);
	authority_free(d->next);
	authority_free(d->third);
	buf_wipe(&d->record);
	world_wipe(&d->w);
	return 0;
}

/* What a coordinator's device writes to its file. */
static void make_request(struct desk *d, const char *name, struct buf *ret)
{
	struct world_person p;
	struct wire_request q = {.clinic = d->w.clinic.id,
		.role = WIRE_ROLE_CASEWORKER,
		.agency = text("police"),
		.rights = WIRE_RIGHT_COORDINATE};
	struct writer w;

	world_person(&p, name);
	q.member = p.member;
	q.device = p.device;
	q.transport_key = p.transport_key;
	writer_init(&w, 1024);
	assert_int_equal(issue_request(&q, p.seed, &w), 0);
	assert_int_equal(writer_finish(&w, ret), 0);
}

/* The request as a card statement of the authority. */
static void make_statement(struct desk *d, struct bytes raw, struct buf *ret)
{
	struct wire_statement s;
	struct wire_request q;
	struct wire_card card;
	struct writer w, w_card;

	assert_int_equal(wire_request_decode(raw, &q), 0);
	assert_int_equal(issue_check(&q), 0);
	issue_begin(&q, &card);
	card.not_before = card.issued_at = d->w.now;
	card.not_after = d->w.now + 86400;
	writer_init(&w_card, WIRE_CARD_MAX);
	assert_int_equal(
		authority_card(d->key, buf_view(&d->record), &card, &w_card),
		0);
	authority_begin(&d->w.clinic, WIRE_ST_CARD, d->w.now, &s);
	s.u.card = writer_view(&w_card);
	writer_init(&w, WIRE_STATEMENT_MAX);
	assert_int_equal(authority_sign(d->key, NULL, &s, &w), 0);
	assert_int_equal(writer_finish(&w, ret), 0);
	writer_wipe(&w_card);
}

static void a_request_becomes_a_card_that_counts(void **state)
{
	struct desk *d = *state;
	struct buf raw, statement, file, got;

	make_request(d, "coordinator", &raw);
	armour(ARMOUR_CARD_REQUEST, buf_view(&raw), &file);
	assert_int_equal(
		armour_read(buf_view(&file), ARMOUR_CARD_REQUEST, &got), 0);
	make_statement(d, buf_view(&got), &statement);
	assert_int_equal(world_submit(&d->w, NULL, buf_view(&statement)), 0);
	assert_int_equal(d->w.card_count, 1);
	assert_int_equal(d->w.card[0].card.rights, WIRE_RIGHT_COORDINATE);
	/* The same device is carded once. */
	buf_wipe(&statement);
	make_statement(d, buf_view(&got), &statement);
	assert_int_equal(
		world_submit(&d->w, NULL, buf_view(&statement)), ROWAN_E_RULE);
	assert_int_equal(d->w.card_count, 1);
	buf_wipe(&statement);
	buf_wipe(&got);
	buf_wipe(&file);
	buf_wipe(&raw);
}

static void a_changed_request_is_noticed(void **state)
{
	struct desk *d = *state;
	char fine[ISSUE_FINGERPRINT_LEN], other[ISSUE_FINGERPRINT_LEN];
	struct wire_request q;
	struct buf raw;
	size_t wishes = 2 + 3 * 16;

	make_request(d, "coordinator", &raw);
	issue_fingerprint(buf_view(&raw), fine);
	assert_int_equal(strlen(fine), 39);
	for (size_t i = 0; i < raw.len; i++) {
		int rc;

		raw.data[i] ^= 1;
		rc = wire_request_decode(buf_view(&raw), &q);
		if (rc == 0)
			rc = issue_check(&q);
		/* Wishes may differ: only the fingerprint tells. */
		if (i < wishes || i >= wishes + 1 + 7 + 2 + 16)
			assert_int_not_equal(rc, 0);
		issue_fingerprint(buf_view(&raw), other);
		assert_string_not_equal(fine, other);
		raw.data[i] ^= 1;
	}
	for (size_t len = 0; len < raw.len; len++)
		assert_int_not_equal(
			wire_request_decode(bytes_of(raw.data, len), &q), 0);
	buf_wipe(&raw);
}

static void a_request_has_a_shape(void **state)
{
	struct wire_request q = {.role = WIRE_ROLE_VICTIM,
		.agency = text("advocacy"),
		.case_id = {{1}}};
	struct writer w;

	writer_init(&w, 1024);
	assert_int_equal(wire_request_encode(&q, &w), 0);
	q.rights = WIRE_RIGHT_ENROL;
	assert_int_equal(wire_request_encode(&q, &w), ROWAN_E_INVAL);
	q.rights = 0;
	memset(&q.case_id, 0, sizeof q.case_id);
	assert_int_equal(wire_request_encode(&q, &w), ROWAN_E_INVAL);
	q.role = WIRE_ROLE_CASEWORKER;
	assert_int_equal(wire_request_encode(&q, &w), 0);
	q.rights = 0x10;
	assert_int_equal(wire_request_encode(&q, &w), ROWAN_E_INVAL);
	q.rights = 0;
	q.agency = text("Police");
	assert_int_equal(wire_request_encode(&q, &w), ROWAN_E_INVAL);
	q.agency = text("police");
	q.role = 5;
	assert_int_equal(wire_request_encode(&q, &w), ROWAN_E_INVAL);
	writer_wipe(&w);
}

static void a_key_signs_under_its_own_record_only(void **state)
{
	struct desk *d = *state;
	struct wire_request q;
	struct wire_card card;
	struct writer w;
	struct buf raw;

	make_request(d, "coordinator", &raw);
	assert_int_equal(wire_request_decode(buf_view(&raw), &q), 0);
	issue_begin(&q, &card);
	card.not_after = 1;
	writer_init(&w, WIRE_CARD_MAX);
	assert_int_equal(
		authority_card(d->next, buf_view(&d->record), &card, &w),
		ROWAN_E_INVAL);
	card.clinic.b[3] ^= 1;
	assert_int_equal(
		authority_card(d->key, buf_view(&d->record), &card, &w),
		ROWAN_E_INVAL);
	assert_int_equal(w.len, 0);
	writer_wipe(&w);
	buf_wipe(&raw);
}

/* ---- succession ---- */

static int succeed(struct desk *d, const struct authority_key *old,
	const struct authority_key *fresh, struct buf *ret_record)
{
	struct authority_succession s = {
		&d->w.clinic, old, fresh, NULL, d->w.now};
	struct writer w, record;
	struct wire_key next;
	int rc;

	authority_public(d->third, &next);
	s.next = &next;
	writer_init(&w, WIRE_STATEMENT_MAX);
	writer_init(&record, 1024);
	rc = authority_succeed(&s, &record, &w);
	if (rc == 0)
		rc = world_submit(&d->w, NULL, writer_view(&w));
	writer_wipe(&w);
	if (ret_record != NULL)
		assert_int_equal(writer_finish(&record, ret_record), 0);
	writer_wipe(&record);
	return rc;
}

static void the_next_key_takes_over(void **state)
{
	struct desk *d = *state;
	struct wire_key key;
	struct wire_hash old = d->w.clinic.record;
	struct buf record;

	/* Somebody else's key does not, whoever signs with it. */
	assert_int_equal(succeed(d, d->key, d->third, NULL), ROWAN_E_INVAL);
	assert_int_equal(succeed(d, NULL, d->key, NULL), ROWAN_E_INVAL);
	assert_int_equal(succeed(d, d->third, d->next, NULL), ROWAN_E_INVAL);
	assert_int_equal(d->w.clinic.number, 0);

	assert_int_equal(succeed(d, d->key, d->next, &record), 0);
	authority_public(d->next, &key);
	assert_memory_equal(&key, &d->w.clinic.authority, sizeof key);
	assert_memory_not_equal(&old, &d->w.clinic.record, sizeof old);
	attest_hash(buf_view(&record), &old);
	assert_memory_equal(&old, &d->w.clinic.record, sizeof old);
	buf_wipe(&record);
	/* And the old one is nobody any more. */
	assert_int_equal(succeed(d, d->key, d->third, NULL), ROWAN_E_INVAL);
	assert_int_equal(succeed(d, d->next, d->third, NULL), 0);
}

static void a_lost_key_is_succeeded_by_the_promised_one_alone(void **state)
{
	struct desk *d = *state;

	assert_int_equal(succeed(d, NULL, d->next, NULL), 0);
	assert_int_equal(d->w.clinic.number, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(armour_of_every_length),
		cmocka_unit_test(armour_survives_mail),
		cmocka_unit_test(armour_refuses),
		cmocka_unit_test(armour_has_a_limit),
		cmocka_unit_test(the_key_opens_with_its_passphrase_only),
		cmocka_unit_test_setup_teardown(
			a_request_becomes_a_card_that_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_changed_request_is_noticed, setup, teardown),
		cmocka_unit_test(a_request_has_a_shape),
		cmocka_unit_test_setup_teardown(
			a_key_signs_under_its_own_record_only, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_next_key_takes_over, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_lost_key_is_succeeded_by_the_promised_one_alone,
			setup, teardown),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
