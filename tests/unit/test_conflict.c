/*
 * Two checkpoints that contradict each other, as a file: what proves to a
 * stranger that a log has signed two histories, and that nothing proves it of
 * an honest one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/trust_world.h"
#include "tlog/origin.h"
#include "trust/attest.h"
#include "trust/conflict.h"

#define LEAVES 40
#define APART  10 /* from this leaf on the two histories differ */

static struct world world;
static struct world_person server, colleague;
static struct anchor anchor;
static struct buf card, second_card, staff_card;
static struct conflict c;

static struct merkle trees[2][LEAVES + 1];
static struct merkle_hash nodes[2][8][LEAVES + 1];

static int fetch(
	void *ctx, uint8_t level, uint64_t index, struct merkle_hash *ret)
{
	*ret = nodes[*(const size_t *)ctx][level][index];
	return 0;
}

static void grow(size_t which)
{
	struct merkle_node made[MERKLE_LEVELS];
	struct merkle m;
	size_t n;

	merkle_init(&m);
	for (uint8_t i = 0; i < LEAVES; i++) {
		uint8_t leaf[2] = {i, i >= APART ? (uint8_t)which : 0};
		struct merkle_hash hash;

		trees[which][i] = m;
		merkle_leaf(bytes_of(leaf, sizeof leaf), &hash);
		assert_int_equal(merkle_append(&m, &hash, made, &n), 0);
		for (size_t k = 0; k < n; k++)
			nodes[which][made[k].level][made[k].index] =
				made[k].hash;
	}
	trees[which][LEAVES] = m;
}

static int setup(void **state)
{
	struct wire_key authority;
	struct wire_card made;

	world_init(&world);
	attest_key(world.authority, &authority);
	anchor_init(&anchor);
	anchor_pin(&anchor, &authority);
	world_person(&server, "the daemon");
	world_card(&world, &server, WIRE_ROLE_DAEMON, "clinic", &made);
	world_issue(&world, &server, NULL, &made, &card);
	world_person(&colleague, "a colleague");
	world_card(&world, &colleague, WIRE_ROLE_CASEWORKER, "police", &made);
	world_issue(&world, &colleague, NULL, &made, &staff_card);
	return 0;
}

static int teardown(void **state)
{
	buf_wipe(&card);
	buf_wipe(&second_card);
	buf_wipe(&staff_card);
	world_wipe(&world);
	return 0;
}

struct tree {
	size_t which;
	uint64_t size, time; /* 0: it does not say when */
};

static void sign(const struct tree *t, const uint8_t seed[32],
	const struct id16 *clinic, struct buf *ret)
{
	struct checkpoint p = {.size = t->size};
	uint8_t pk[32], sk[64];
	struct note_key key;
	struct writer w;
	char when[64];

	(void)crypto_sign_seed_keypair(pk, sk, seed);
	assert_int_equal(origin_log(clinic, pk, &key), 0);
	p.origin = bytes_of(key.name, strlen(key.name));
	snprintf(when, sizeof when, "time %llu\n", (unsigned long long)t->time);
	if (t->time > 0)
		p.extension = bytes_of(when, strlen(when));
	merkle_root(&trees[t->which][t->size], &p.root);
	writer_init(&w, 4096);
	assert_int_equal(checkpoint_sign(&w, &p, &key, sk), 0);
	assert_int_equal(writer_finish(&w, ret), 0);
}

static void write(struct bytes a, struct bytes b, struct bytes b_card,
	const struct merkle_proof *proof, struct buf *ret)
{
	struct conflict_parts p = {
		.side = {{a, buf_view(&card)}, {b, b_card}}, .proof = proof};
	struct writer w;

	writer_init(&w, CONFLICT_MAX);
	assert_int_equal(conflict_write(&p, &w), 0);
	assert_int_equal(writer_finish(&w, ret), 0);
}

static uint64_t told(uint64_t size)
{
	return merkle_proof_told(size);
}

static uint64_t same(uint64_t size)
{
	return size;
}

/* For which size the proof is asked that shall tell of the shorter one. */
static uint64_t (*asked)(uint64_t size) = told;

/* ${from}: whose proof is given; 2: none. */
static enum conflict_verdict judge(struct tree a, struct tree b, size_t from)
{
	struct merkle_source src = {fetch, &from};
	struct merkle_proof proof = {.len = 0};
	struct buf one, two, file;
	enum conflict_verdict v;
	uint64_t small = a.size < b.size ? a.size : b.size;
	uint64_t large = a.size + b.size - small;
	uint64_t of =
		asked(small) > 0 && asked(small) < large ? asked(small) : small;

	if (from < 2)
		assert_int_equal(
			merkle_proof_consistency(&src, of, large, &proof), 0);
	sign(&a, server.seed, &world.clinic.id, &one);
	sign(&b, server.seed, &world.clinic.id, &two);
	write(buf_view(&one), buf_view(&two), buf_view(&card), &proof, &file);
	v = conflict_check(&c, buf_view(&file), &anchor);
	assert_int_equal(c.checkpoint[0].size, a.size);
	assert_int_equal(c.time[1], b.time);
	buf_wipe(&one);
	buf_wipe(&two);
	buf_wipe(&file);
	return v;
}

static void what_proves_it(void **state)
{
	/* One length, two roots. */
	assert_int_equal(
		judge((struct tree){0, 30, 100}, (struct tree){1, 30, 100}, 2),
		CONFLICT_FORK);
	/* A shorter one, signed later; in whichever order they were seen. */
	assert_int_equal(
		judge((struct tree){0, 30, 100}, (struct tree){0, 29, 101}, 2),
		CONFLICT_BACK);
	assert_int_equal(
		judge((struct tree){0, 29, 101}, (struct tree){0, 30, 100}, 0),
		CONFLICT_BACK);
	/* A longer one that begins otherwise: the forger's proof says so. */
	for (uint64_t n = APART + 1; n < LEAVES; n++) {
		struct tree a = {0, n, 100}, b = {1, LEAVES, 200};

		/* Of 2^n the proof has not what it begins with, and the next
		 * one's has. */
		asked = same;
		assert_int_equal(judge(a, b, 1),
			(n & (n - 1)) == 0 ? CONFLICT_OPEN : CONFLICT_PAST);
		assert_int_equal(judge(b, a, 1),
			(n & (n - 1)) == 0 ? CONFLICT_OPEN : CONFLICT_PAST);
		asked = told;
		assert_int_equal(judge(a, b, 1), CONFLICT_PAST);
		assert_int_equal(judge(b, a, 1), CONFLICT_PAST);
	}
	/* With nothing between the two there is none that tells. */
	assert_int_equal(
		judge((struct tree){0, 16, 100}, (struct tree){1, 17, 200}, 1),
		CONFLICT_OPEN);
}

static void of_an_honest_log(void)
{
	for (uint64_t n = 1; n <= LEAVES; n++)
		for (uint64_t m = n; m <= LEAVES; m += 5) {
			struct tree a = {0, n, n}, b = {0, m, m};

			assert_int_equal(judge(a, b, 0), CONFLICT_NONE);
			/* Without a proof, or with one of something else. */
			assert_int_equal(judge(a, b, 2),
				n == m ? CONFLICT_NONE : CONFLICT_OPEN);
			if (n > APART && n < m)
				assert_int_equal(judge(a, b, 1), CONFLICT_OPEN);
			/* Signed in the same second, or not said when. */
			a.time = b.time;
			assert_int_equal(judge(b, a, 0), CONFLICT_NONE);
			a.time = b.time = 0;
			assert_int_equal(judge(b, a, 0), CONFLICT_NONE);
		}
	for (uint64_t n = 1; n < LEAVES; n++)
		assert_int_equal(judge((struct tree){0, n, n},
					 (struct tree){0, LEAVES, n}, 0),
			CONFLICT_NONE);
	/* Apart later only: up to there it is one history. */
	assert_int_equal(judge((struct tree){0, APART, 1},
				 (struct tree){1, LEAVES, 2}, 1),
		CONFLICT_NONE);
}

static void of_an_honest_log_nothing_does(void **state)
{
	asked = same;
	of_an_honest_log();
	asked = told;
	of_an_honest_log();
}

/* With a proof in it, which counts to the last bit, too. */
static void no_bit_can_be_changed(void **state)
{
	const struct tree a = {0, 11, 100}, b = {1, 40, 200};
	struct merkle_proof proof;
	struct buf one, two, file;
	size_t from = 1;
	struct merkle_source src = {fetch, &from};

	assert_int_equal(
		merkle_proof_consistency(&src, a.size, b.size, &proof), 0);
	sign(&a, server.seed, &world.clinic.id, &one);
	sign(&b, server.seed, &world.clinic.id, &two);
	write(buf_view(&one), buf_view(&two), buf_view(&card), &proof, &file);
	assert_int_equal(
		conflict_check(&c, buf_view(&file), &anchor), CONFLICT_PAST);
	for (size_t i = 0; i < 8 * file.len; i++) {
		file.data[i / 8] ^= (uint8_t)(1 << i % 8);
		if (conflict_proved(
			    conflict_check(&c, buf_view(&file), &anchor)))
			fail_msg("bit %zu", i);
		file.data[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t i = 0; i < file.len; i++)
		assert_false(conflict_proved(
			conflict_check(&c, bytes_of(file.data, i), &anchor)));
	buf_wipe(&file);
	/* Too many hashes. */
	while (proof.len < MERKLE_PROOF_MAX)
		proof.hash[proof.len++] = proof.hash[0];
	write(buf_view(&one), buf_view(&two), buf_view(&card), &proof, &file);
	assert_int_equal(
		conflict_check(&c, buf_view(&file), &anchor), CONFLICT_OPEN);
	buf_wipe(&one);
	buf_wipe(&two);
	buf_wipe(&file);
}

static void who_signed_counts(void **state)
{
	const struct tree a = {0, 30, 100}, b = {1, 30, 100};
	struct anchor strangers = {.count = 1, .pinned = 1, .key = {{{1}}}};
	struct world_person other;
	struct wire_card made;
	struct buf one, two, file;
	struct id16 id = {{9}};

	sign(&a, server.seed, &world.clinic.id, &one);
	/* Another authority's. */
	sign(&b, server.seed, &world.clinic.id, &two);
	write(buf_view(&one), buf_view(&two), buf_view(&card), NULL, &file);
	assert_int_equal(
		conflict_check(&c, buf_view(&file), &strangers), CONFLICT_CARD);
	/* One's own is not asked whose. */
	assert_int_equal(
		conflict_check(&c, buf_view(&file), NULL), CONFLICT_FORK);
	buf_wipe(&file);
	/* No daemon's, whatever it signed. */
	buf_wipe(&two);
	sign(&b, colleague.seed, &world.clinic.id, &two);
	write(buf_view(&one), buf_view(&two), buf_view(&staff_card), NULL,
		&file);
	assert_int_equal(
		conflict_check(&c, buf_view(&file), &anchor), CONFLICT_CARD);
	buf_wipe(&file);
	/* Signed by another key than the card's. */
	write(buf_view(&one), buf_view(&two), buf_view(&card), NULL, &file);
	assert_int_equal(conflict_check(&c, buf_view(&file), &anchor),
		CONFLICT_CHECKPOINT);
	buf_wipe(&file);
	buf_wipe(&two);
	/* Under another clinic's name. */
	sign(&b, server.seed, &id, &two);
	write(buf_view(&one), buf_view(&two), buf_view(&card), NULL, &file);
	assert_int_equal(conflict_check(&c, buf_view(&file), &anchor),
		CONFLICT_CHECKPOINT);
	buf_wipe(&file);
	buf_wipe(&two);
	/* The daemon's next key, after a rotation: the same log. */
	world_person(&other, "the next daemon");
	world_card(&world, &other, WIRE_ROLE_DAEMON, "clinic", &made);
	world_issue(&world, &other, NULL, &made, &second_card);
	sign(&b, other.seed, &world.clinic.id, &two);
	write(buf_view(&one), buf_view(&two), buf_view(&second_card), NULL,
		&file);
	assert_int_equal(
		conflict_check(&c, buf_view(&file), &anchor), CONFLICT_FORK);
	buf_wipe(&file);
	/* Two logs of one authority contradict nobody. */
	buf_wipe(&two);
	buf_wipe(&second_card);
	made.clinic = id;
	world_issue(&world, &other, NULL, &made, &second_card);
	sign(&b, other.seed, &id, &two);
	write(buf_view(&one), buf_view(&two), buf_view(&second_card), NULL,
		&file);
	assert_int_equal(
		conflict_check(&c, buf_view(&file), &anchor), CONFLICT_CLINICS);
	buf_wipe(&one);
	buf_wipe(&two);
	buf_wipe(&file);
}

static void every_verdict_has_its_words(void **state)
{
	for (int v = CONFLICT_FORK; v <= CONFLICT_CLINICS; v++) {
		assert_string_not_equal(conflict_name(v), "unknown");
		assert_string_not_equal(conflict_word(v), "unknown");
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(what_proves_it),
		T(of_an_honest_log_nothing_does),
		T(no_bit_can_be_changed),
		T(who_signed_counts),
		cmocka_unit_test(every_verdict_has_its_words),
	};

	if (sodium_init() < 0)
		return 1;
	grow(0);
	grow(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
