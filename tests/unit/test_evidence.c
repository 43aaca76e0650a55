/*
 * Receipts as files, and the model of an adversary who may change one bit
 * anywhere: in the log, a checkpoint or a receipt. Every change is found, and
 * the kinds of tampering that people think of are named.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/trust_world.h"
#include "tlog/cosignature.h"
#include "tlog/origin.h"
#include "tlog/policy.h"
#include "tlog/text.h"
#include "tlog/watch.h"
#include "trust/attest.h"
#include "trust/evidence.h"

#define LEAVES 37
#define MINE   20
#define NOON   1763985600

static const char text[] = "the sealed envelope";

static struct world world;
static struct world_person server;
static struct anchor anchor;
static struct wire_key authority;
static struct buf card, file;

/* A log in memory, all of whose leaves but one are noise. */
static struct {
	uint8_t leaf[LEAVES][WIRE_LEAF_LEN];
	struct merkle_hash hash[7][LEAVES];
	struct merkle tree;
	struct buf note, opening;
} made;

static int fetch(
	void *ctx, uint8_t level, uint64_t index, struct merkle_hash *ret)
{
	*ret = made.hash[level][index];
	return 0;
}

static struct bytes content(void)
{
	return bytes_of(text, sizeof text - 1);
}

static void make_mine(uint8_t grain)
{
	struct wire_opening o = {.has_time = grain == WIRE_GRAIN_HOUR};
	struct wire_detail d = {.act = WIRE_ACT_SUBMIT,
		.grain = grain,
		.time = NOON,
		.op = 0x20,
		.number = 3};
	struct key32 secret = {{9}};
	uint8_t mem[WIRE_DETAIL_MAX];
	struct writer w;

	memset(&d.device, 0xd1, ID16_LEN);
	memset(&d.case_id, 0xca, ID16_LEN);
	leaf_content(content(), &d.content);
	if (o.has_time) {
		memset(&o.time_salt, 5, sizeof o.time_salt);
		o.time = NOON + 754;
		leaf_exact(&o.time_salt, o.time, &d.exact);
	}
	writer_init_fixed(&w, mem, sizeof mem);
	assert_int_equal(wire_detail_write(&d, &w), 0);
	o.detail = writer_view(&w);
	leaf_salt(&secret, MINE, &o.salt);
	assert_int_equal(leaf_rebuild(&o, made.leaf[MINE], &d), 0);
	writer_init(&w, WIRE_OPENING_MAX);
	assert_int_equal(wire_opening_write(&o, &w), 0);
	assert_int_equal(writer_finish(&w, &made.opening), 0);
}

static const char *extension = "time 1763987400\n";

static void sign(const struct merkle *tree, const uint8_t seed[32],
	const struct id16 *clinic, struct buf *ret)
{
	uint8_t pk[32], sk[64];
	struct checkpoint c;
	struct note_key key;
	struct writer w;

	(void)crypto_sign_seed_keypair(pk, sk, seed);
	assert_int_equal(origin_log(clinic, pk, &key), 0);
	c = (struct checkpoint){.origin = bytes_of(key.name, strlen(key.name)),
		.size = tree->size,
		.extension = bytes_of(extension, strlen(extension))};
	merkle_root(tree, &c.root);
	writer_init(&w, 4096);
	assert_int_equal(checkpoint_sign(&w, &c, &key, sk), 0);
	assert_int_equal(writer_finish(&w, ret), 0);
}

static void grow(void)
{
	struct merkle_node nodes[MERKLE_LEVELS];
	struct merkle_hash hash;
	size_t n;

	merkle_init(&made.tree);
	for (size_t i = 0; i < LEAVES; i++) {
		merkle_leaf(bytes_of(made.leaf[i], WIRE_LEAF_LEN), &hash);
		assert_int_equal(
			merkle_append(&made.tree, &hash, nodes, &n), 0);
		for (size_t k = 0; k < n; k++)
			made.hash[nodes[k].level][nodes[k].index] =
				nodes[k].hash;
	}
}

static const struct bytes *records; /* what write_file puts in */
static size_t record_count;

static void write_file(struct bytes note, struct bytes a_card, struct buf *ret)
{
	struct merkle_source src = {fetch, NULL};
	struct merkle_proof path;
	struct evidence_parts p = {.leaf = MINE,
		.opening = buf_view(&made.opening),
		.path = &path,
		.note = note,
		.card = a_card,
		.records = records,
		.record_count = record_count};
	struct writer w;

	assert_int_equal(merkle_proof_inclusion(&src, MINE, LEAVES, &path), 0);
	writer_init(&w, EVIDENCE_MAX);
	assert_int_equal(evidence_write(&p, &w), 0);
	assert_int_equal(writer_finish(&w, ret), 0);
}

static void build(uint8_t grain)
{
	struct wire_card c;

	world_init(&world);
	attest_key(world.authority, &authority);
	anchor_init(&anchor);
	anchor_pin(&anchor, &authority);
	world_person(&server, "the daemon");
	world_card(&world, &server, WIRE_ROLE_DAEMON, "clinic", &c);
	world_issue(&world, &server, NULL, &c, &card);
	randombytes_buf(made.leaf, sizeof made.leaf);
	make_mine(grain);
	grow();
	sign(&made.tree, server.seed, &world.clinic.id, &made.note);
	write_file(buf_view(&made.note), buf_view(&card), &file);
}

static int setup(void **state)
{
	build(WIRE_GRAIN_HOUR);
	return 0;
}

static int teardown(void **state)
{
	buf_wipe(&card);
	buf_wipe(&file);
	buf_wipe(&made.note);
	buf_wipe(&made.opening);
	world_wipe(&world);
	return 0;
}

static enum evidence_fault check(struct bytes f)
{
	struct bytes what = content();
	struct evidence e;

	return evidence_check(&e, f, &anchor, &what);
}

static void a_receipt_says_what_it_proves(void **state)
{
	struct bytes what = content(), other = bytes_of("another", 7);
	struct anchor strangers = {.count = 1, .key = {{{1}}}};
	struct evidence e;

	assert_int_equal(evidence_check(&e, buf_view(&file), &anchor, &what),
		EVIDENCE_GOOD);
	assert_int_equal(e.time, NOON + 754);
	assert_true(e.exact);
	assert_int_equal(e.size, LEAVES);
	assert_int_equal(e.signed_at, 1763987400);
	assert_int_equal(e.detail.number, 3);
	assert_int_equal(evidence_check(&e, buf_view(&file), &anchor, &other),
		EVIDENCE_CONTENT);
	assert_int_equal(evidence_check(&e, buf_view(&file), &strangers, &what),
		EVIDENCE_CARD);
}

/* One bit, anywhere in the file. */
static void no_bit_of_a_receipt_can_be_changed(void **state)
{
	for (size_t bit = 0; bit < 8 * file.len; bit++) {
		file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (check(buf_view(&file)) == EVIDENCE_GOOD)
			fail_msg("bit %zu of byte %zu", bit % 8, bit / 8);
		file.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	/* Nor can it be cut, nor go on. */
	for (size_t len = 0; len < file.len; len++)
		assert_int_not_equal(
			check(bytes_of(file.data, len)), EVIDENCE_GOOD);
	assert_int_equal(check(buf_view(&file)), EVIDENCE_GOOD);
}

static void no_bit_of_a_checkpoint_can_be_changed(void **state)
{
	uint8_t pk[32], sk[64];
	struct note_key key;
	struct checkpoint c;
	struct note n;

	(void)crypto_sign_seed_keypair(pk, sk, server.seed);
	assert_int_equal(origin_log(&world.clinic.id, pk, &key), 0);
	assert_int_equal(
		checkpoint_open(&c, &n, buf_view(&made.note), &key), 0);
	for (size_t bit = 0; bit < 8 * made.note.len; bit++) {
		made.note.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(
			checkpoint_open(&c, &n, buf_view(&made.note), &key), 0);
		made.note.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

/* Whoever computes the tree anew finds any bit of any leaf. */
static void no_bit_of_the_log_can_be_changed(void **state)
{
	struct merkle_hash root, now;

	merkle_root(&made.tree, &root);
	for (size_t bit = 0; bit < 8 * sizeof made.leaf; bit++) {
		uint8_t *at = &made.leaf[0][0] + bit / 8;

		*at ^= (uint8_t)(1 << bit % 8);
		grow();
		merkle_root(&made.tree, &now);
		assert_false(merkle_eq(&root, &now));
		*at ^= (uint8_t)(1 << bit % 8);
	}
	grow();
	merkle_root(&made.tree, &now);
	assert_true(merkle_eq(&root, &now));
}

/* Signed anew by somebody with a card and a log of their own. */
static void a_foreign_daemon_is_told(void **state)
{
	struct world_person other;
	struct buf note, other_card, forged;
	struct wire_card c;

	world_person(&other, "another daemon");
	sign(&made.tree, other.seed, &world.clinic.id, &note);
	write_file(buf_view(&note), buf_view(&card), &forged);
	assert_int_equal(check(buf_view(&forged)), EVIDENCE_CHECKPOINT);
	buf_wipe(&forged);
	/* A card of its own making. */
	world_card(&world, &other, WIRE_ROLE_DAEMON, "clinic", &c);
	world_issue(&world, &other, &other, &c, &other_card);
	write_file(buf_view(&note), buf_view(&other_card), &forged);
	assert_int_equal(check(buf_view(&forged)), EVIDENCE_CARD);
	buf_wipe(&forged);
	buf_wipe(&other_card);
	/* The authority's word, but not for a daemon. */
	world_card(&world, &other, WIRE_ROLE_WITNESS, "police", &c);
	world_issue(&world, &other, NULL, &c, &other_card);
	write_file(buf_view(&note), buf_view(&other_card), &forged);
	assert_int_equal(check(buf_view(&forged)), EVIDENCE_CARD);
	buf_wipe(&forged);
	buf_wipe(&other_card);
	buf_wipe(&note);
}

/* Backdated by whoever holds the receipt: the opening says otherwise. */
static void a_changed_time_is_told(void **state)
{
	struct wire_opening o;
	struct buf was = made.opening, forged;
	struct writer w;

	assert_int_equal(wire_opening_read(buf_view(&was), &o), 0);
	o.time -= 60;
	writer_init(&w, WIRE_OPENING_MAX);
	assert_int_equal(wire_opening_write(&o, &w), 0);
	assert_int_equal(writer_finish(&w, &made.opening), 0);
	write_file(buf_view(&made.note), buf_view(&card), &forged);
	assert_int_equal(check(buf_view(&forged)), EVIDENCE_TIME);
	buf_wipe(&forged);
	buf_wipe(&made.opening);
	/* Without the exact time it proves the hour. */
	o.has_time = false;
	writer_init(&w, WIRE_OPENING_MAX);
	assert_int_equal(wire_opening_write(&o, &w), 0);
	assert_int_equal(writer_finish(&w, &made.opening), 0);
	write_file(buf_view(&made.note), buf_view(&card), &forged);
	assert_int_equal(check(buf_view(&forged)), EVIDENCE_GOOD);
	buf_wipe(&forged);
	buf_wipe(&made.opening);
	made.opening = was;
}

/* By whoever has the log's key: under a checkpoint that says it is older. */
static void what_was_entered_later_is_told(void **state)
{
	static const struct {
		const char *extension;
		enum evidence_fault fault;
	} rows[] = {{"time 1763986353\n", EVIDENCE_BACKDATED},
		{"time 1763986354\n", EVIDENCE_GOOD}, {"", EVIDENCE_GOOD}};
	const char *was = extension;
	struct buf note, forged;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		extension = rows[i].extension;
		sign(&made.tree, server.seed, &world.clinic.id, &note);
		write_file(buf_view(&note), buf_view(&card), &forged);
		assert_int_equal(check(buf_view(&forged)), rows[i].fault);
		buf_wipe(&forged);
		buf_wipe(&note);
	}
	extension = was;
}

/* The log goes back and is signed again. */
static void a_truncated_log_is_told(void **state)
{
	struct merkle_node nodes[MERKLE_LEVELS];
	struct merkle_hash hash;
	struct merkle tree;
	struct buf note, forged;
	size_t n;

	merkle_init(&tree);
	for (size_t i = 0; i < MINE; i++) {
		merkle_leaf(bytes_of(made.leaf[i], WIRE_LEAF_LEN), &hash);
		assert_int_equal(merkle_append(&tree, &hash, nodes, &n), 0);
	}
	sign(&tree, server.seed, &world.clinic.id, &note);
	write_file(buf_view(&note), buf_view(&card), &forged);
	assert_int_equal(check(buf_view(&forged)), EVIDENCE_LEAF);
	buf_wipe(&forged);
	buf_wipe(&note);
}

/* ---- the authority is followed by another --------------------------------
 */

/* A record of the key of ${seed}, which promises that of ${next}. */
static void make_record(
	const uint8_t seed[32], const uint8_t next[32], struct buf *ret)
{
	struct wire_record r = {
		.clinic = world.clinic.id, .created_at = world.now};
	struct wire_key key;
	struct writer w;

	attest_key(next, &key);
	attest_hash(bytes_of(key.b, sizeof key.b), &r.successor_hash);
	attest_key(seed, &r.key);
	writer_init(&w, 1024);
	assert_int_equal(wire_record_encode_tbs(&r, &w), 0);
	assert_int_equal(
		attest_sign(ATTEST_RECORD, writer_view(&w), seed, &r.signature),
		0);
	w.len = 0;
	assert_int_equal(wire_record_encode(&r, &w), 0);
	assert_int_equal(writer_finish(&w, ret), 0);
}

/* The daemon's card under the key of ${seed}. */
static void card_by(
	const uint8_t seed[32], const struct buf *record, struct buf *ret)
{
	struct world other = world;
	struct wire_card c;

	memcpy(other.authority, seed, 32);
	attest_hash(buf_view(record), &other.clinic.record);
	attest_key(seed, &other.clinic.authority);
	world_card(&other, &server, WIRE_ROLE_DAEMON, "clinic", &c);
	world_issue(&other, &server, NULL, &c, ret);
}

static enum evidence_fault judge(struct bytes a_card, const struct bytes *list,
	size_t count, const struct anchor *who, bool *ret_succeeded)
{
	static struct evidence e;
	enum evidence_fault fault;
	struct buf made_file;

	records = list;
	record_count = count;
	write_file(buf_view(&made.note), a_card, &made_file);
	records = NULL;
	record_count = 0;
	fault = evidence_check(&e, buf_view(&made_file), who, NULL);
	*ret_succeeded = e.succeeded;
	buf_wipe(&made_file);
	return fault;
}

static void a_succession_is_shown(void **state)
{
	static const uint8_t third[32] = {3}, thief[32] = {66};
	struct anchor first, second, both;
	struct buf r1, r2, later, stolen, stolen_card;
	struct wire_key key;
	bool succeeded;

	make_record(world.authority, world.successor, &r1);
	make_record(world.successor, third, &r2);
	make_record(thief, world.successor, &stolen);
	card_by(world.successor, &r2, &later);
	card_by(thief, &stolen, &stolen_card);
	attest_key(world.successor, &key);
	anchor_init(&second);
	anchor_pin(&second, &key);
	first = anchor;
	both = anchor;
	anchor_pin(&both, &key);
	{
		const struct bytes two[] = {buf_view(&r1), buf_view(&r2)};
		const struct bytes swapped[] = {two[1], two[0]};
		const struct bytes claim[] = {buf_view(&stolen), two[1]};
		const struct bytes usurp[] = {two[0], buf_view(&stolen)};
		const struct bytes five[] = {
			two[0], two[1], two[1], two[1], two[1]};

		assert_int_equal(
			judge(buf_view(&card), five, 5, &first, &succeeded),
			EVIDENCE_FORM);

		/* Made before; whoever knows the first key, or both. */
		assert_int_equal(
			judge(buf_view(&card), two, 2, &first, &succeeded),
			EVIDENCE_GOOD);
		assert_true(succeeded);
		assert_int_equal(
			judge(buf_view(&card), NULL, 0, &both, &succeeded),
			EVIDENCE_GOOD);
		assert_true(succeeded);
		/* Whoever knows the second alone is told what is missing. */
		assert_int_equal(
			judge(buf_view(&card), two, 2, &second, &succeeded),
			EVIDENCE_EARLIER);
		/* Made after: the first leads to the second. */
		assert_int_equal(
			judge(buf_view(&later), two, 2, &first, &succeeded),
			EVIDENCE_GOOD);
		assert_false(succeeded);
		assert_int_equal(
			judge(buf_view(&later), NULL, 0, &second, &succeeded),
			EVIDENCE_GOOD);
		assert_int_equal(
			judge(buf_view(&later), NULL, 0, &first, &succeeded),
			EVIDENCE_CARD);
		assert_int_equal(
			judge(buf_view(&later), swapped, 2, &first, &succeeded),
			EVIDENCE_CARD);
		/* Anybody can promise the second key; nobody is its past. */
		assert_int_equal(judge(buf_view(&stolen_card), claim, 2,
					 &second, &succeeded),
			EVIDENCE_EARLIER);
		/* And nobody follows who was not promised. */
		assert_int_equal(judge(buf_view(&stolen_card), usurp, 2, &first,
					 &succeeded),
			EVIDENCE_CARD);
	}
	buf_wipe(&r1);
	buf_wipe(&r2);
	buf_wipe(&later);
	buf_wipe(&stolen);
	buf_wipe(&stolen_card);
}

/* ---- whoever holds the log's key -----------------------------------------
 */

/*
 * Ops writes another history: one leaf is another, and the daemon's own key
 * signs it. What everybody held before does not go with it.
 */
static void another_history_under_the_same_key_is_told(void **state)
{
	struct merkle_source src = {fetch, NULL};
	struct merkle_proof growth;
	struct checkpoint before, after;
	struct note old_note, new_note;
	struct note_key key, witness;
	struct policy *p = malloc(sizeof *p);
	struct buf rewritten, cosigned, pasted;
	uint8_t pk[32], sk[64], wpk[32], wsk[64];
	struct watch seen, next;
	struct evidence e;
	struct writer w, line;
	size_t n;

	assert_non_null(p);
	(void)crypto_sign_seed_keypair(pk, sk, server.seed);
	assert_int_equal(origin_log(&world.clinic.id, pk, &key), 0);
	(void)crypto_sign_seed_keypair(wpk, wsk, world.successor);
	assert_int_equal(origin_witness(&(struct id16){{7}}, wpk, &witness), 0);
	assert_int_equal(
		checkpoint_open(&before, &old_note, buf_view(&made.note), &key),
		0);
	watch_init(&seen);
	assert_int_equal(
		watch_grow(&seen, &before, &(struct merkle_proof){0}), 0);
	/* A witness has cosigned what was there. */
	writer_init(&w, 4096);
	writer_raw(&w, made.note.data, made.note.len);
	writer_init(&line, 512);
	assert_int_equal(
		cosignature_sign(&line, old_note.text, 77, &witness, wsk), 0);
	writer_raw(&w, line.data, line.len);
	assert_int_equal(writer_finish(&w, &cosigned), 0);

	made.leaf[3][7] ^= 1;
	grow();
	sign(&made.tree, server.seed, &world.clinic.id, &rewritten);
	assert_int_equal(
		checkpoint_open(&after, &new_note, buf_view(&rewritten), &key),
		0);
	/* Every client, witness and auditor: of the same size, a fork. */
	assert_int_equal(watch_judge(&seen, &after, 0, 0), WATCH_FORK);
	/* And no proof leads from the one to the other, grown or not. */
	seen.size = before.size - 1;
	assert_int_equal(
		merkle_proof_consistency(&src, seen.size, LEAVES, &growth), 0);
	next = seen;
	assert_int_equal(watch_grow(&next, &after, &growth), ROWAN_E_CHAIN);
	/* Receipts made before stand by themselves, and against it. */
	assert_int_equal(check(buf_view(&file)), EVIDENCE_GOOD);
	assert_int_equal(evidence_check(&e, buf_view(&file), &anchor, NULL), 0);
	assert_int_equal(e.size, after.size);
	assert_int_not_equal(
		merkle_proof_check_inclusion(&e.proof.path, &made.hash[0][MINE],
			MINE, after.size, &after.root),
		0);
	/* A policy: the witness has not signed it, and its word is of another.
	 */
	writer_init(&w, 4096);
	text_write(&w, "witness a ");
	note_key_format(&witness, &w);
	text_write(&w, "\nquorum a\n");
	assert_int_equal(policy_parse(p, writer_view(&w), &n), 0);
	writer_wipe(&w);
	assert_int_equal(note_parse(&old_note, buf_view(&cosigned)), 0);
	assert_int_equal(policy_check(p, &old_note, 0), 0);
	assert_int_equal(policy_check(p, &new_note, 0), ROWAN_E_NOT_FOUND);
	writer_init(&w, 4096);
	writer_raw(&w, rewritten.data, rewritten.len);
	writer_raw(&w, line.data, line.len);
	assert_int_equal(writer_finish(&w, &pasted), 0);
	assert_int_equal(note_parse(&new_note, buf_view(&pasted)), 0);
	assert_int_equal(policy_check(p, &new_note, 0), ROWAN_E_CRYPTO);
	writer_wipe(&line);
	buf_wipe(&pasted);
	buf_wipe(&cosigned);
	buf_wipe(&rewritten);
	free(p);
}

static void every_fault_has_its_sentence(void **state)
{
	for (int f = EVIDENCE_GOOD; f <= EVIDENCE_EARLIER; f++)
		assert_string_not_equal(evidence_fault_name(f), "unknown");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_receipt_says_what_it_proves),
		T(no_bit_of_a_receipt_can_be_changed),
		T(no_bit_of_a_checkpoint_can_be_changed),
		T(no_bit_of_the_log_can_be_changed),
		T(a_foreign_daemon_is_told),
		T(a_changed_time_is_told),
		T(what_was_entered_later_is_told),
		T(a_truncated_log_is_told),
		T(a_succession_is_shown),
		T(another_history_under_the_same_key_is_told),
		cmocka_unit_test(every_fault_has_its_sentence),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
