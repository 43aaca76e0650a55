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
#include "tlog/origin.h"
#include "tlog/watch.h"
#include "trust/attest.h"
#include "trust/evidence.h"

#define LEAVES 37
#define MINE   20
#define NOON   1763985600

static const char text[] = "the sealed envelope";

static struct world world;
static struct world_person server;
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

static void sign(const struct merkle *tree, const uint8_t seed[32],
	const struct id16 *clinic, struct buf *ret)
{
	static const char extension[] = "time 1763987400\n";
	uint8_t pk[32], sk[64];
	struct checkpoint c;
	struct note_key key;
	struct writer w;

	(void)crypto_sign_seed_keypair(pk, sk, seed);
	assert_int_equal(origin_log(clinic, pk, &key), 0);
	c = (struct checkpoint){.origin = bytes_of(key.name, strlen(key.name)),
		.size = tree->size,
		.extension = bytes_of(extension, sizeof extension - 1)};
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

static void write_file(struct bytes note, struct bytes a_card, struct buf *ret)
{
	struct merkle_source src = {fetch, NULL};
	struct merkle_proof path;
	struct evidence_parts p = {.leaf = MINE,
		.opening = buf_view(&made.opening),
		.path = &path,
		.note = note,
		.card = a_card};
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

	return evidence_check(&e, f, &authority, &what);
}

static void a_receipt_says_what_it_proves(void **state)
{
	struct bytes what = content(), other = bytes_of("another", 7);
	struct wire_key stranger = {{1}};
	struct evidence e;

	assert_int_equal(evidence_check(&e, buf_view(&file), &authority, &what),
		EVIDENCE_GOOD);
	assert_int_equal(e.time, NOON + 754);
	assert_true(e.exact);
	assert_int_equal(e.size, LEAVES);
	assert_int_equal(e.signed_at, 1763987400);
	assert_int_equal(e.detail.number, 3);
	assert_int_equal(
		evidence_check(&e, buf_view(&file), &authority, &other),
		EVIDENCE_CONTENT);
	assert_int_equal(evidence_check(&e, buf_view(&file), &stranger, &what),
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

static void every_fault_has_its_sentence(void **state)
{
	for (int f = EVIDENCE_GOOD; f <= EVIDENCE_CONTENT; f++)
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
		T(a_truncated_log_is_told),
		cmocka_unit_test(every_fault_has_its_sentence),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
