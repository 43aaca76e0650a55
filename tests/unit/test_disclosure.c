/*
 * What is let out, made up by people who have keys of their own: another
 * member's consent, a registrar beyond what its card says, words that were not
 * handed in, the receipt of somebody else's. Everything in it is signed and
 * well formed, so that each check stands alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/trust_world.h"
#include "tlog/origin.h"
#include "trust/attest.h"
#include "trust/disclosure.h"

#define NOON 1800003600

static struct world world;
static struct world_person victim, registrar, server, other;

/* What a disclosure is made of; a test changes one thing. */
static struct {
	struct wire_card card, boss;
	bool by_authority; /* her card; else by the registrar */
	const uint8_t *card_by, *boss_by;
	struct id16 issuer;
	bool other_hash; /* of the registrar's card, in hers */
	struct consent c;
	const uint8_t *consent_by;
	enum attest_purpose purpose;
	struct said said, marked;
	bool no_mark, handshake;
	uint8_t version; /* of the consent */
	bool longer;	 /* by a byte */
	bool longer_said;
	uint16_t mls, format;
	bool succeeded; /* the receipt leads to the next authority */
	struct wire_detail d;
	bool same_content, other_clinic; /* of the receipt */
	struct disclosed x;		 /* what is made of it */
} s;

static struct buf file;

static const uint8_t words[] = "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2\4call\3No.";

static int setup(void **state)
{
	world_init(&world);
	world_person(&victim, "victim");
	world_person(&registrar, "registrar");
	world_person(&server, "the daemon");
	world_person(&other, "another");
	memset(&s, 0, sizeof s);
	world_card(&world, &victim, WIRE_ROLE_VICTIM, "advocacy", &s.card);
	memset(&s.card.case_id, 0xca, ID16_LEN);
	world_card(
		&world, &registrar, WIRE_ROLE_CASEWORKER, "advocacy", &s.boss);
	s.boss.rights = WIRE_RIGHT_ENROL;
	s.boss.scope.roles = 1 << WIRE_ROLE_VICTIM;
	s.boss.scope.validity_max = 86400;
	s.card_by = registrar.seed;
	s.boss_by = world.authority;
	s.issuer = registrar.device;
	s.c = (struct consent){.clinic = world.clinic.id,
		.case_id = s.card.case_id,
		.channel = {{0xc4}},
		.member = victim.member,
		.device = victim.device,
		.batch = {{1}},
		.time = NOON,
		.number = 1,
		.count = 1};
	s.consent_by = victim.seed;
	s.purpose = ATTEST_DISCLOSURE;
	s.said = (struct said){.id = {{7}},
		.sent = NOON,
		.type = SAID_DIARY,
		.body = bytes_of(words, sizeof words - 1)};
	s.marked = s.said;
	s.same_content = true;
	s.version = 1;
	s.mls = 1;
	s.format = 2;
	s.d = (struct wire_detail){.act = WIRE_ACT_SUBMIT,
		.grain = WIRE_GRAIN_SECOND,
		.time = NOON,
		.op = 0x20,
		.device = victim.device,
		.case_id = s.card.case_id,
		.channel = {{0xc4}}};
	return 0;
}

static int teardown(void **state)
{
	buf_wipe(&file);
	world_wipe(&world);
	return 0;
}

static void sign_card(struct wire_card *c, const struct world_person *p,
	const uint8_t *by, struct buf *ret)
{
	struct writer w;

	writer_init(&w, 4096);
	assert_int_equal(wire_card_request(c, &w), 0);
	assert_int_equal(attest_sign(ATTEST_POSSESSION, writer_view(&w),
				 p->seed, &c->possession),
		0);
	w.len = 0;
	assert_int_equal(wire_card_encode_tbs(c, &w), 0);
	assert_int_equal(
		attest_sign(ATTEST_CARD, writer_view(&w), by, &c->signature),
		0);
	w.len = 0;
	assert_int_equal(wire_card_encode(c, &w), 0);
	assert_int_equal(writer_finish(&w, ret), 0);
}

static void make_cards(struct writer *w)
{
	struct buf raw[2];
	struct bytes both[2];

	s.boss.issuer_kind = WIRE_SIGNER_AUTHORITY;
	s.boss.issuer_hash = world.clinic.record;
	sign_card(&s.boss, &registrar, s.boss_by, &raw[1]);
	s.card.issuer_kind =
		s.by_authority ? WIRE_SIGNER_AUTHORITY : WIRE_SIGNER_DEVICE;
	s.card.issuer_hash = world.clinic.record;
	if (!s.by_authority) {
		s.card.issuer = s.issuer;
		attest_hash(buf_view(&raw[1]), &s.card.issuer_hash);
	}
	s.card.issuer_hash.b[0] ^= s.other_hash;
	sign_card(&s.card, &victim, s.card_by, &raw[0]);
	both[0] = buf_view(&raw[0]);
	both[1] = buf_view(&raw[1]);
	assert_int_equal(wire_chain_encode(both, s.by_authority ? 1 : 2, w), 0);
	buf_wipe(&raw[0]);
	buf_wipe(&raw[1]);
}

static void make_envelope(struct writer *w)
{
	uint8_t mark[SAID_MARKED_LEN];

	assert_int_equal(said_mark(&s.marked, mark), 0);
	writer_u16(w, s.mls);
	writer_u16(w, s.format);
	writer_vec(w, bytes_of("group", 5));
	writer_u64(w, 3);
	writer_u8(w, s.handshake ? 3 : 1);
	writer_vec(w, bytes_of(mark, s.no_mark ? 0 : sizeof mark));
	writer_vec(w, bytes_of("sender", 6));
	writer_vec(w, bytes_of("sealed", 6));
}

/* What the authority's successor says of itself. */
static void make_record(struct buf *ret)
{
	struct wire_record r = {.clinic = world.clinic.id, .created_at = NOON};
	struct wire_key next;
	struct writer w;

	attest_key(world.successor, &r.key);
	attest_key(other.seed, &next);
	attest_hash(bytes_of(next.b, sizeof next.b), &r.successor_hash);
	writer_init(&w, 4096);
	assert_int_equal(wire_record_encode_tbs(&r, &w), 0);
	assert_int_equal(attest_sign(ATTEST_RECORD, writer_view(&w),
				 world.successor, &r.signature),
		0);
	w.len = 0;
	assert_int_equal(wire_record_encode(&r, &w), 0);
	assert_int_equal(writer_finish(&w, ret), 0);
}

/* A log of this one entry, by the daemon's key. */
static void make_receipt(struct bytes envelope, struct writer *w)
{
	struct merkle_proof path = {.len = 0};
	uint8_t mem[WIRE_DETAIL_MAX], leaf[WIRE_LEAF_LEN], pk[32], sk[64];
	struct checkpoint c = {.size = 1};
	struct wire_opening o = {.salt = {{5}}};
	struct wire_card daemon;
	struct wire_detail d;
	struct evidence_parts p;
	struct note_key key;
	struct writer detail, opening, note;
	struct buf card, next;
	struct bytes both[2];

	leaf_content(
		s.same_content ? envelope : bytes_of("else", 4), &s.d.content);
	writer_init_fixed(&detail, mem, sizeof mem);
	assert_int_equal(wire_detail_write(&s.d, &detail), 0);
	o.detail = writer_view(&detail);
	assert_int_equal(leaf_rebuild(&o, leaf, &d), 0);
	writer_init(&opening, WIRE_OPENING_MAX);
	assert_int_equal(wire_opening_write(&o, &opening), 0);
	merkle_leaf(bytes_of(leaf, sizeof leaf), &c.root);
	world_card(&world, &server, WIRE_ROLE_DAEMON, "clinic", &daemon);
	daemon.clinic.b[0] ^= s.other_clinic;
	world_issue(&world, &server, NULL, &daemon, &card);
	(void)crypto_sign_seed_keypair(pk, sk, server.seed);
	assert_int_equal(origin_log(&daemon.clinic, pk, &key), 0);
	c.origin = bytes_of(key.name, strlen(key.name));
	c.extension = bytes_of("time 1800009999\n", 16);
	writer_init(&note, 4096);
	assert_int_equal(checkpoint_sign(&note, &c, &key, sk), 0);
	make_record(&next);
	both[0] = buf_view(&world.record);
	both[1] = buf_view(&next);
	p = (struct evidence_parts){.opening = writer_view(&opening),
		.path = &path,
		.note = writer_view(&note),
		.card = buf_view(&card),
		.records = both,
		.record_count = s.succeeded ? 2 : 0};
	assert_int_equal(evidence_write(&p, w), 0);
	buf_wipe(&next);
	writer_wipe(&opening);
	writer_wipe(&note);
	buf_wipe(&card);
}

static void build(void)
{
	struct writer cards, said, envelope, receipt, consent, out;
	struct disclosure d;

	writer_init(&cards, 16384);
	writer_init(&said, SAID_MAX);
	writer_init(&envelope, 4096);
	writer_init(&receipt, EVIDENCE_MAX);
	writer_init(&consent, 4096);
	writer_init(&out, DISCLOSURE_MAX);
	make_cards(&cards);
	assert_int_equal(said_write(&s.said, &said), 0);
	if (s.longer_said)
		writer_u8(&said, 0);
	make_envelope(&envelope);
	make_receipt(writer_view(&envelope), &receipt);
	if (s.c.said.b[0] == 0)
		attest_hash(writer_view(&said), &s.c.said);
	if (s.c.envelope.b[0] == 0)
		leaf_content(writer_view(&envelope), &s.c.envelope);
	assert_int_equal(consent_write(&s.c, &consent), 0);
	consent.data[0] = s.version;
	if (s.longer)
		writer_u8(&consent, 0);
	assert_int_equal(attest_sign(s.purpose, writer_view(&consent),
				 s.consent_by, &d.signature),
		0);
	d.consent = writer_view(&consent);
	d.cards = writer_view(&cards);
	d.said = writer_view(&said);
	d.envelope = writer_view(&envelope);
	d.receipt = writer_view(&receipt);
	assert_int_equal(disclosure_write(&d, &out), 0);
	buf_wipe(&file);
	assert_int_equal(writer_finish(&out, &file), 0);
	writer_wipe(&cards);
	writer_wipe(&said);
	writer_wipe(&envelope);
	writer_wipe(&receipt);
	writer_wipe(&consent);
}

static enum disclosure_fault found(void)
{
	struct anchor anchor;
	struct wire_key key;

	build();
	attest_key(world.authority, &key);
	anchor_init(&anchor);
	anchor_pin(&anchor, &key);
	return disclosure_check(&s.x, buf_view(&file), &anchor);
}

/* With this one change it is found; without any it is good. */
#define FOUND(change, want)                                                    \
	do {                                                                   \
		(void)teardown(state);                                         \
		(void)setup(state);                                            \
		change;                                                        \
		assert_int_equal(found(), want);                               \
	} while (0)

static void what_is_hers_is_good(void **state)
{
	FOUND((void)0, DISCLOSURE_GOOD);
	assert_true(id16_eq(&s.x.consent.device, &victim.device));
	assert_true(bytes_eq(s.x.entry.text, bytes_of("No.", 3)));
	assert_int_equal(s.x.evidence.time, NOON);
	/* By the authority itself, too. */
	FOUND((s.by_authority = true, s.card_by = world.authority),
		DISCLOSURE_GOOD);
	FOUND(s.said.type = s.marked.type = 5, DISCLOSURE_FORM);
}

static void a_card_is_the_authoritys(void **state)
{
	FOUND((s.by_authority = true, s.card_by = other.seed), DISCLOSURE_CARD);
	FOUND(s.boss_by = other.seed, DISCLOSURE_CARD);
	FOUND(s.card_by = other.seed, DISCLOSURE_CARD);
	/* The authority's own signature, under a card that names a registrar:
	 * not the one who signs. */
	FOUND(s.card_by = world.authority, DISCLOSURE_CARD);
	/* Whoever followed the authority may card, if the receipt shows it. */
	FOUND(s.boss_by = world.successor, DISCLOSURE_CARD);
	FOUND((s.boss_by = world.successor, s.succeeded = true),
		DISCLOSURE_GOOD);
	FOUND((s.boss_by = other.seed, s.succeeded = true), DISCLOSURE_CARD);
}

static void a_registrar_keeps_to_its_card(void **state)
{
	FOUND((s.boss.rights = WIRE_RIGHT_COORDINATE,
		      memset(&s.boss.scope, 0, sizeof s.boss.scope)),
		DISCLOSURE_CARD);
	FOUND(s.boss.scope.roles = 1 << WIRE_ROLE_CASEWORKER, DISCLOSURE_CARD);
	FOUND(s.boss.agency = bytes_of("police", 6), DISCLOSURE_CARD);
	FOUND(s.boss.clinic.b[0] ^= 1, DISCLOSURE_CARD);
	FOUND(s.issuer = other.device, DISCLOSURE_CARD);
	FOUND(s.other_hash = true, DISCLOSURE_CARD);
	/* Nor does it sign once that has ended. */
	FOUND(s.card.issued_at = s.boss.not_after, DISCLOSURE_CARD);
	FOUND(s.card.issued_at = s.boss.not_after - 1, DISCLOSURE_GOOD);
}

static void a_consent_is_hers(void **state)
{
	FOUND(s.consent_by = registrar.seed, DISCLOSURE_SIGNATURE);
	/* What she signed for another purpose. */
	FOUND(s.purpose = ATTEST_BUNDLE, DISCLOSURE_SIGNATURE);
	FOUND(s.c.device = other.device, DISCLOSURE_SIGNATURE);
	FOUND(s.c.member = other.member, DISCLOSURE_SIGNATURE);
	FOUND(s.c.case_id.b[0] ^= 1, DISCLOSURE_SIGNATURE);
	FOUND(s.c.clinic.b[0] ^= 1, DISCLOSURE_SIGNATURE);
	/* A member of staff lets nothing out in her name. */
	FOUND((s.card.role = WIRE_ROLE_CASEWORKER,
		      memset(&s.card.case_id, 0, ID16_LEN),
		      s.card.not_after = world.now + 1000,
		      s.boss.scope.roles = 1 << WIRE_ROLE_CASEWORKER,
		      memset(&s.c.case_id, 0, ID16_LEN)),
		DISCLOSURE_SIGNATURE);
	FOUND(s.c.number = 2, DISCLOSURE_FORM);
	FOUND(s.c.number = 0, DISCLOSURE_FORM);
	FOUND(s.version = 2, DISCLOSURE_FORM);
	FOUND(s.longer = true, DISCLOSURE_FORM);
}

static void the_words_are_those_handed_in(void **state)
{
	static const uint8_t no[] =
		"\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2\4call\3Yes";

	FOUND(s.c.said.b[0] = 1, DISCLOSURE_SAID);
	FOUND(s.c.envelope.b[0] = 1, DISCLOSURE_ENVELOPE);
	/* She signs other words later, for the same envelope. */
	FOUND(s.said.body = bytes_of(no, sizeof no - 1), DISCLOSURE_ENVELOPE);
	FOUND(s.said.id.b[0] ^= 1, DISCLOSURE_ENVELOPE);
	FOUND(s.said.sent--, DISCLOSURE_ENVELOPE);
	FOUND(s.no_mark = true, DISCLOSURE_ENVELOPE);
	FOUND(s.handshake = true, DISCLOSURE_ENVELOPE);
	FOUND(s.mls = 2, DISCLOSURE_ENVELOPE);
	FOUND(s.format = 1, DISCLOSURE_ENVELOPE);
	FOUND(s.longer_said = true, DISCLOSURE_FORM);
	FOUND(s.said.body = s.marked.body = bytes_of(words, sizeof words),
		DISCLOSURE_FORM);
}

static void the_log_has_it_as_hers(void **state)
{
	FOUND(s.same_content = false, DISCLOSURE_RECEIPT);
	assert_int_equal(s.x.evidence_fault, EVIDENCE_CONTENT);
	FOUND(s.d.device = other.device, DISCLOSURE_OTHER);
	FOUND(s.d.case_id.b[0] ^= 1, DISCLOSURE_OTHER);
	FOUND(s.d.channel.b[0] ^= 1, DISCLOSURE_OTHER);
	FOUND(s.c.channel.b[0] ^= 1, DISCLOSURE_OTHER);
	FOUND(s.d.act = WIRE_ACT_READ, DISCLOSURE_OTHER);
	/* By the daemon of another clinic, of the same authority. */
	FOUND(s.other_clinic = true, DISCLOSURE_OTHER);
	/* Received after the checkpoint that has it. */
	FOUND(s.d.time = 1800010000, DISCLOSURE_RECEIPT);
	assert_int_equal(s.x.evidence_fault, EVIDENCE_BACKDATED);
}

/* A bit anywhere, and no more and no less; of a kept one each (tests/tlog). */
static void no_bit_of_it_can_be_changed(void **state)
{
	struct anchor anchor;
	struct wire_key key;
	struct buf longer;

	FOUND((void)0, DISCLOSURE_GOOD);
	attest_key(world.authority, &key);
	anchor_init(&anchor);
	anchor_pin(&anchor, &key);
	for (size_t bit = 0; bit < 8 * file.len; bit += 5) {
		file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (disclosure_check(&s.x, buf_view(&file), &anchor) ==
			DISCLOSURE_GOOD)
			fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
		file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len < file.len; len++)
		assert_int_equal(disclosure_check(&s.x,
					 bytes_of(file.data, len), &anchor),
			DISCLOSURE_FORM);
	assert_int_equal(buf_alloc(&longer, file.len + 1), 0);
	memcpy(longer.data, file.data, file.len);
	longer.data[file.len] = 0;
	assert_int_equal(disclosure_check(&s.x, buf_view(&longer), &anchor),
		DISCLOSURE_FORM);
	buf_wipe(&longer);
}

/* Staff of her clinic, and she; not who runs the log, nor who watches it. */
static void who_can_have_exported(void **state)
{
	struct wire_card c;
	struct id16 here = world.clinic.id, her_case = s.card.case_id;
	struct id16 else_case = her_case, elsewhere = here;

	(void)state;
	elsewhere.b[0] ^= 1;
	else_case.b[0] ^= 1;
	world_card(&world, &registrar, WIRE_ROLE_CASEWORKER, "advocacy", &c);
	assert_true(disclosure_exporter(&c, &here, &her_case, NOON));
	assert_false(disclosure_exporter(&c, &elsewhere, &her_case, NOON));
	assert_true(disclosure_exporter(&c, &here, &her_case, c.not_after - 1));
	assert_false(disclosure_exporter(&c, &here, &her_case, c.not_after));
	assert_true(disclosure_exporter(&c, &here, &her_case, 0));
	assert_true(disclosure_exporter(&s.card, &here, &her_case, NOON));
	assert_false(disclosure_exporter(&s.card, &here, &else_case, NOON));
	for (int i = 0; i < 256; i++) {
		c.role = (uint8_t)i;
		assert_int_equal(
			disclosure_exporter(&c, &here, &her_case, NOON),
			i == WIRE_ROLE_CASEWORKER);
	}
}

static void every_fault_has_its_sentence(void **state)
{
	for (int i = DISCLOSURE_GOOD; i <= DISCLOSURE_OTHER; i++)
		for (int j = i + 1; j <= DISCLOSURE_OTHER + 1; j++)
			assert_string_not_equal(disclosure_fault_name(i),
				disclosure_fault_name(j));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(what_is_hers_is_good),
		T(a_card_is_the_authoritys),
		T(a_registrar_keeps_to_its_card),
		T(a_consent_is_hers),
		T(the_words_are_those_handed_in),
		T(the_log_has_it_as_hers),
		T(no_bit_of_it_can_be_changed),
		T(who_can_have_exported),
		T(every_fault_has_its_sentence),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
