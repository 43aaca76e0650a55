/*
 * The text of an invite and its bundle: what is read is what was written,
 * every slip is found where it was made, and nothing is swapped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/enrol_kit.h"
#include "trust/authority.h"
#include "trust/invite.h"

static struct bytes text(const char *s)
{
	return bytes_of(s, strlen(s));
}

static struct invite make(const char *first, const char *second)
{
	struct invite i = {.endpoint_count = second != NULL ? 2 : 1};

	for (size_t k = 0; k < sizeof i.secret.b; k++)
		i.secret.b[k] = (uint8_t)(k * 29 + 200);
	for (size_t k = 0; k < sizeof i.server.b; k++)
		i.server.b[k] = (uint8_t)(k * 31 + 3);
	snprintf(i.endpoint[0], sizeof i.endpoint[0], "%s", first);
	if (second != NULL)
		snprintf(i.endpoint[1], sizeof i.endpoint[1], "%s", second);
	return i;
}

static void assert_same(const struct invite *a, const struct invite *b)
{
	assert_memory_equal(&a->secret, &b->secret, sizeof a->secret);
	assert_memory_equal(&a->server, &b->server, sizeof a->server);
	assert_int_equal(a->endpoint_count, b->endpoint_count);
	for (size_t i = 0; i < a->endpoint_count; i++)
		assert_string_equal(a->endpoint[i], b->endpoint[i]);
}

#define ONION                                                                  \
	"abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwx.onion:7411"

static void both_forms_are_read_back(void **state)
{
	static const char *const endpoints[][2] = {
		{"enrol.clinic.example:7411", NULL},
		{"192.0.2.7:7411", "2001:db8::7:7411"},
		{ONION, NULL},
		{ONION, "192.0.2.7:65535"},
		{"a:1", "b:2"},
	};
	/* Of QR's alphanumeric mode. */
	static const char qr[] =
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

	for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
		struct invite in = make(endpoints[i][0], endpoints[i][1]), out;
		char scan[INVITE_TEXT_MAX + 1], typed[INVITE_TYPED_MAX + 1];
		size_t group;

		assert_int_equal(invite_write(&in, scan), 0);
		assert_in_range(strlen(scan), 90, INVITE_TEXT_MAX);
		assert_int_equal(strspn(scan, qr), strlen(scan));
		assert_int_equal(invite_read(text(scan), &out, &group), 0);
		assert_int_equal(group, 0);
		assert_same(&in, &out);
		assert_int_equal(invite_write_typed(&in, typed), 0);
		assert_int_equal(invite_read(text(typed), &out, NULL), 0);
		assert_same(&in, &out);
		/* As people type. */
		for (char *p = typed; *p != '\0'; p++)
			if (*p >= 'A' && *p <= 'Z')
				*p = (char)(*p - 'A' + 'a');
			else if (*p == ' ')
				*p = '\n';
		assert_int_equal(invite_read(text(typed), &out, NULL), 0);
		assert_same(&in, &out);
	}
}

static void the_text_is_fixed(void **state)
{
	struct invite i = make("enrol.clinic.example:7411", NULL);
	char scan[INVITE_TEXT_MAX + 1], typed[INVITE_TYPED_MAX + 1];

	/* Printed invites must be read by later versions. */
	assert_int_equal(invite_write(&i, scan), 0);
	assert_string_equal(scan,
		"ROWAN:074EA0GZ7HCQD4XGSQN0E921BSXG68J1C1ZSXFEWZCD3JP3QJTTX9WR"
		"J6586Z3NDSKNGMAA8CY3ABH07F810/ENROL.CLINIC.EXAMPLE:7411");
	assert_int_equal(invite_write_typed(&i, typed), 0);
	assert_memory_equal(typed, "074EA", 5);
	assert_int_equal(typed[6], ' ');
}

static void no_endpoint_that_is_none(void **state)
{
	static const char *const bad[] = {"", "host", "host:", ":7411",
		"host:0", "host:07411", "host:65536", "host:999999",
		"ho st:7411", "h/a:7411", "h_a:7411", "host:74a1", "[::1]:7411",
		"host:7411/"};
	char scan[INVITE_TEXT_MAX + 1];
	struct invite i;

	for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
		i = make(bad[k], NULL);
		assert_int_equal(invite_write(&i, scan), ROWAN_E_INVAL);
		assert_int_equal(scan[0], '\0');
	}
	i = make("host:7411", NULL);
	i.endpoint_count = 0;
	assert_int_equal(invite_write(&i, scan), ROWAN_E_INVAL);
	i.endpoint_count = 3;
	assert_int_equal(invite_write(&i, scan), ROWAN_E_INVAL);
	i = make(ONION, "twenty.characters.and.more:7411");
	assert_int_equal(invite_write(&i, scan), ROWAN_E_LIMIT);
	assert_int_equal(scan[0], '\0');
}

static void a_scanned_text_is_whole_or_refused(void **state)
{
	struct invite i = make("enrol.clinic.example:7411", NULL), out;
	char scan[INVITE_TEXT_MAX + 1], longer[2 * INVITE_TEXT_MAX + 2];
	struct invite zero;

	memset(&zero, 0, sizeof zero);
	assert_int_equal(invite_write(&i, scan), 0);
	for (size_t len = 0; len < strlen(scan); len++) {
		assert_int_equal(invite_read(bytes_of(scan, len), &out, NULL),
			ROWAN_E_MALFORMED);
		assert_memory_equal(&out, &zero, sizeof out);
	}
	for (size_t k = 0; scan[k] != '\0'; k++) {
		char was = scan[k];

		for (const char *p = "0A9/:.Z-"; *p != '\0'; p++) {
			if (*p == was)
				continue;
			scan[k] = *p;
			assert_int_not_equal(
				invite_read(text(scan), &out, NULL), 0);
			assert_memory_equal(&out, &zero, sizeof out);
		}
		scan[k] = was;
	}
	snprintf(longer, sizeof longer, "%s/%s", scan, scan);
	assert_int_equal(
		invite_read(text(longer), &out, NULL), ROWAN_E_MALFORMED);
	snprintf(longer, sizeof longer, "%s0", scan);
	assert_int_equal(
		invite_read(text(longer), &out, NULL), ROWAN_E_MALFORMED);
	assert_int_equal(invite_read(text("https://example.org/"), &out, NULL),
		ROWAN_E_MALFORMED);
	memset(longer, ' ', sizeof longer);
	assert_int_equal(
		invite_read(bytes_of(longer, sizeof longer), &out, NULL),
		ROWAN_E_MALFORMED);
	memset(longer, '0', sizeof longer);
	assert_int_equal(
		invite_read(bytes_of(longer, sizeof longer), &out, NULL),
		ROWAN_E_MALFORMED);
}

/* The text of a later version, whole, says that and nothing else. */
static void a_later_version_is_told_apart(void **state)
{
	/* Version 2, secret and key zero, as this form would write it. */
	struct invite i = make("a:1", NULL), out;
	char scan[INVITE_TEXT_MAX + 1];
	int versions = 0;

	assert_int_equal(invite_write(&i, scan), 0);
	/* Without a matching hash a version is just a slip. */
	for (const char *p = "123456789"; *p != '\0'; p++) {
		scan[7] = *p;
		versions +=
			invite_read(text(scan), &out, NULL) == ROWAN_E_VERSION;
	}
	assert_int_equal(versions, 0);
}

static void a_slip_is_found_where_it_was_made(void **state)
{
	static const char others[] = "23456789ABCDEFGHJKMNPQRSTUVWXYZ.:-/+";
	struct invite i = make("enrol.clinic.example:7411", NULL), out;
	char typed[INVITE_TYPED_MAX + 1];
	size_t group, len;

	assert_int_equal(invite_write_typed(&i, typed), 0);
	len = strlen(typed);
	for (size_t k = 0; k < len; k++) {
		char was = typed[k];

		if (was == ' ')
			continue;
		for (const char *p = others; *p != '\0'; p++) {
			if (*p == was)
				continue;
			typed[k] = *p;
			assert_int_equal(invite_read(text(typed), &out, &group),
				ROWAN_E_MALFORMED);
			assert_int_equal(group, k / 7 + 1);
		}
		typed[k] = was;
		/* Neighbours that changed places. */
		if (typed[k + 1] == ' ' || typed[k + 1] == '\0' ||
			typed[k + 1] == was)
			continue;
		typed[k] = typed[k + 1];
		typed[k + 1] = was;
		assert_int_equal(invite_read(text(typed), &out, &group),
			ROWAN_E_MALFORMED);
		assert_int_equal(group, k / 7 + 1);
		typed[k + 1] = typed[k];
		typed[k] = was;
	}
	assert_int_equal(invite_read(text(typed), &out, &group), 0);
	assert_same(&i, &out);
	/* A group left out. */
	memmove(typed + 14, typed + 21, len - 21 + 1);
	assert_int_equal(
		invite_read(text(typed), &out, &group), ROWAN_E_MALFORMED);
	assert_int_equal(group, 3);
}

static void what_looks_alike_is_the_same(void **state)
{
	struct invite i = make("1.0.0.1:7411", NULL), out;
	char typed[INVITE_TYPED_MAX + 1];
	size_t changed = 0;

	assert_int_equal(invite_write_typed(&i, typed), 0);
	for (size_t k = 0; k < INVITE_CODE_LEN / INVITE_GROUP * 7; k++) {
		if (typed[k] == '0')
			typed[k] = "Oo"[k % 2];
		else if (typed[k] == '1')
			typed[k] = "IiLl"[k % 4];
		else
			continue;
		changed++;
	}
	assert_in_range(changed, 5, 100);
	assert_int_equal(invite_read(text(typed), &out, NULL), 0);
	assert_same(&i, &out);
}

/* ---- the bundle --------------------------------------------------------- */

static void a_bundle_opens_under_its_secret_only(void **state)
{
	struct bundle_secret other;
	struct enrol_kit k;
	struct enrol e, d;
	struct buf sealed, got;

	enrol_kit_start(&k, *state, "newcomer");
	assert_int_equal(enrol_kit_registrar(&k, &e, &sealed), 0);
	assert_int_equal(bundle_open(&k.secret, buf_view(&sealed), &got), 0);
	assert_true(bytes_eq(buf_view(&got), buf_view(&e.plain)));
	buf_wipe(&got);
	for (size_t i = 0; i < sizeof other.b; i++) {
		other = k.secret;
		other.b[i] ^= 0x10;
		assert_int_equal(bundle_open(&other, buf_view(&sealed), &got),
			ROWAN_E_CRYPTO);
		assert_null(got.data);
	}
	for (size_t i = 0; i < sealed.len; i++) {
		sealed.data[i] ^= 1;
		assert_int_equal(enrol_kit_device(&k, buf_view(&sealed), &d),
			ROWAN_E_CRYPTO);
		assert_int_equal(d.step, ENROL_NONE);
		assert_null(d.plain.data);
		sealed.data[i] ^= 1;
	}
	for (size_t len = 0; len < sealed.len; len += 7)
		assert_int_equal(bundle_open(&k.secret,
					 bytes_of(sealed.data, len), &got),
			ROWAN_E_CRYPTO);
	buf_wipe(&sealed);
	enrol_wipe(&e);
	enrol_kit_stop(&k);
}

/* What ${k} would invite to is refused with ${want} by both sides. */
static void refused(struct enrol_kit *k, int want)
{
	struct buf sealed = {NULL, 0};
	struct writer plain, w;
	struct enrol e;

	assert_int_equal(enrol_kit_registrar(k, &e, &sealed), want);
	assert_null(sealed.data);
	assert_int_equal(e.step, ENROL_NONE);
	/* A daemon that knows the secret seals it itself. */
	writer_init(&plain, WIRE_BUNDLE_MAX);
	writer_init(&w, WIRE_BUNDLE_MAX);
	assert_int_equal(bundle_encode(&k->bundle, &plain), 0);
	assert_int_equal(bundle_seal(&k->secret, writer_view(&plain), &w), 0);
	assert_int_equal(enrol_kit_device(k, writer_view(&w), &e), want);
	assert_int_equal(e.step, ENROL_NONE);
	writer_wipe(&plain);
	writer_wipe(&w);
}

/* A card of ${p} with this role, signed by the authority or by somebody. */
static void issue(struct enrol_kit *k, const struct world_person *p,
	uint8_t role, const struct world_person *by, struct buf *ret)
{
	struct wire_card card;

	world_card(&k->cast->w, p, role, "advocacy", &card);
	world_issue(&k->cast->w, p, by, &card, ret);
}

static void swapped_cards_are_refused(void **state)
{
	struct enrol_kit k;
	struct buf raw;
	struct wire_card good;

	enrol_kit_start(&k, *state, "newcomer");
	/* A daemon's card that the registrar signed. */
	good = k.bundle.daemon;
	issue(&k, &k.daemon, WIRE_ROLE_DAEMON, &k.cast->registrar, &raw);
	assert_int_equal(wire_card_decode(buf_view(&raw), &k.bundle.daemon), 0);
	refused(&k, ROWAN_E_SIGNER);
	buf_wipe(&raw);
	/* A caseworker's card in its place. */
	issue(&k, &k.daemon, WIRE_ROLE_CASEWORKER, NULL, &raw);
	assert_int_equal(wire_card_decode(buf_view(&raw), &k.bundle.daemon), 0);
	refused(&k, ROWAN_E_RULE);
	/* A signature that is not the authority's. */
	raw.data[raw.len - 1] ^= 1;
	assert_int_equal(wire_card_decode(buf_view(&raw), &k.bundle.daemon), 0);
	refused(&k, ROWAN_E_CRYPTO);
	buf_wipe(&raw);
	/* Under a record that is not there. */
	k.cast->w.clinic.record.b[0] ^= 1;
	issue(&k, &k.daemon, WIRE_ROLE_DAEMON, NULL, &raw);
	k.cast->w.clinic.record.b[0] ^= 1;
	assert_int_equal(wire_card_decode(buf_view(&raw), &k.bundle.daemon), 0);
	refused(&k, ROWAN_E_CHAIN);
	buf_wipe(&raw);
	k.bundle.daemon = good;
	/* Another key than the daemon's to connect to. */
	k.bundle.server[0].key.b[0] ^= 1;
	refused(&k, ROWAN_E_RULE);
	k.bundle.server[0].key.b[0] ^= 1;
	/* Somebody who may not enrol, or not in this agency. */
	good = k.bundle.registrar;
	issue(&k, &k.cast->advocate, WIRE_ROLE_CASEWORKER, NULL, &raw);
	assert_int_equal(
		wire_card_decode(buf_view(&raw), &k.bundle.registrar), 0);
	refused(&k, ROWAN_E_SIGNER);
	buf_wipe(&raw);
	k.bundle.registrar = good;
	k.bundle.agency = bytes_of("police", 6);
	refused(&k, ROWAN_E_SIGNER);
	enrol_kit_stop(&k);
}

static void records_follow_from_each_other(void **state)
{
	struct cast *t = *state;
	const struct id16 clinic = t->w.clinic.id;
	struct authority_key *stranger;
	struct enrol_kit k;
	struct wire_key next;
	struct writer w;

	enrol_kit_start(&k, t, "newcomer");
	assert_int_equal(authority_new(&clinic, &stranger), 0);
	authority_public(stranger, &next);
	writer_init(&w, 1024);
	assert_int_equal(authority_record(stranger, &next, t->w.now, &w), 0);
	k.bundle.record_count = 2;
	assert_int_equal(
		wire_record_decode(writer_view(&w), &k.bundle.record[1]), 0);
	refused(&k, ROWAN_E_CHAIN);
	w.data[w.len - 1] ^= 1;
	assert_int_equal(
		wire_record_decode(writer_view(&w), &k.bundle.record[1]), 0);
	refused(&k, ROWAN_E_CRYPTO);
	k.bundle.record_count = 1;
	k.bundle.record[0] = k.bundle.record[1];
	refused(&k, ROWAN_E_CRYPTO);
	writer_wipe(&w);
	authority_free(stranger);
	enrol_kit_stop(&k);
}

static void a_bundle_has_a_shape(void **state)
{
	struct enrol_kit k;
	struct bundle b;
	struct writer w;
	struct buf plain;

	enrol_kit_start(&k, *state, "newcomer");
	b = k.bundle;
	writer_init(&w, WIRE_BUNDLE_MAX);
#define SHAPE(change)                                                          \
	do {                                                                   \
		k.bundle = b;                                                  \
		change;                                                        \
		assert_int_equal(bundle_encode(&k.bundle, &w), ROWAN_E_INVAL); \
	} while (0)
	SHAPE(k.bundle.role = WIRE_ROLE_DAEMON);
	SHAPE(k.bundle.role = WIRE_ROLE_CASEWORKER);
	SHAPE(memset(&k.bundle.case_id, 0, 16));
	SHAPE(k.bundle.agency.len = 0);
	SHAPE(k.bundle.record_count = 0);
	SHAPE(k.bundle.record_count = BUNDLE_RECORDS_MAX + 1);
	SHAPE(k.bundle.server_count = 0);
	SHAPE(k.bundle.server_count = BUNDLE_SERVERS_MAX + 1);
	SHAPE(k.bundle.server[0].endpoint = bytes_of("a\nb", 3));
	SHAPE(k.bundle.server[0].endpoint.len = 0);
	assert_int_equal(w.len, 0);
	assert_int_equal(bundle_encode(&b, &w), 0);
	assert_int_equal(buf_copy(&plain, writer_view(&w)), 0);
	for (size_t len = 0; len < plain.len; len++)
		assert_int_not_equal(
			bundle_decode(bytes_of(plain.data, len), &k.bundle), 0);
	assert_int_equal(k.bundle.record_count, 0);
	plain.data[1] = 2;
	assert_int_equal(
		bundle_decode(buf_view(&plain), &k.bundle), ROWAN_E_VERSION);
	buf_wipe(&plain);
	writer_u8(&w, 0);
	assert_int_equal(
		bundle_decode(writer_view(&w), &k.bundle), ROWAN_E_MALFORMED);
	writer_wipe(&w);
	enrol_kit_stop(&k);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, cast_setup, cast_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms_are_read_back),
		cmocka_unit_test(the_text_is_fixed),
		cmocka_unit_test(no_endpoint_that_is_none),
		cmocka_unit_test(a_scanned_text_is_whole_or_refused),
		cmocka_unit_test(a_later_version_is_told_apart),
		cmocka_unit_test(a_slip_is_found_where_it_was_made),
		cmocka_unit_test(what_looks_alike_is_the_same),
		T(a_bundle_opens_under_its_secret_only),
		T(swapped_cards_are_refused),
		T(records_follow_from_each_other),
		T(a_bundle_has_a_shape),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
