/*
 * A witness asked by file: it signs what only grows, keeps that before it
 * says it, and never says two things, killed in between or not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/proofs_kit.h"
#include "lib/seed.h"
#include "tlog/cosignature.h"
#include "tlog/origin.h"
#include "tlog/text.h"
#include "tlog/witness.h"

#define LEAVES 40

static struct proofs_kit kit;
static uint8_t log_pk[crypto_sign_PUBLICKEYBYTES];
static uint8_t log_sk[crypto_sign_SECRETKEYBYTES];
static struct note_key log_key;

/* Two histories of the same log, apart from leaf 10 on. */
static struct merkle trees[2][LEAVES + 1];
static struct merkle_hash nodes[2][8][LEAVES + 1];

static int fetch(
	void *ctx, uint8_t level, uint64_t index, struct merkle_hash *ret)
{
	size_t which = *(const size_t *)ctx;

	*ret = nodes[which][level][index];
	return 0;
}

static void grow(size_t which)
{
	struct merkle_node made[MERKLE_LEVELS];
	struct merkle m;
	size_t n;

	merkle_init(&m);
	for (uint8_t i = 0; i < LEAVES; i++) {
		uint8_t leaf[2] = {i, i >= 10 ? (uint8_t)which : 0};
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

/* ---- killed there ----------------------------------------------------------
 */

static bool killed;

int __real_cosignature_sign(struct writer *w, struct bytes text, uint64_t time,
	const struct note_key *k, const uint8_t *sk);
int __wrap_cosignature_sign(struct writer *w, struct bytes text, uint64_t time,
	const struct note_key *k, const uint8_t *sk);

int __wrap_cosignature_sign(struct writer *w, struct bytes text, uint64_t time,
	const struct note_key *k, const uint8_t *sk)
{
	if (killed)
		return ROWAN_E_IO;
	return __real_cosignature_sign(w, text, time, k, sk);
}

/* ---- the clinic ------------------------------------------------------------
 */

static int setup(void **state)
{
	struct key32 key;

	proofs_kit_begin(&kit);
	proofs_kit_as(&kit, &kit.witness);
	seed_log_key(&key);
	assert_int_equal(crypto_sign_seed_keypair(log_pk, log_sk, key.b), 0);
	assert_int_equal(
		origin_log(&follow_clinic(kit.d.follow)->id, log_pk, &log_key),
		0);
	grow(0);
	grow(1);
	return 0;
}

static int teardown(void **state)
{
	proofs_kit_end(&kit);
	return 0;
}

/* ---- requests --------------------------------------------------------------
 */

struct asked {
	size_t which;
	uint64_t old, size, time;
	const struct note_key *name; /* NULL: the log's */
	bool unsigned_;
};

static char request[8192];

static size_t ask(const struct asked *q)
{
	struct merkle_source src = {fetch, (void *)(uintptr_t)&q->which};
	struct checkpoint c = {.size = q->size};
	struct merkle_proof p = {.len = 0};
	const struct note_key *k = q->name != NULL ? q->name : &log_key;
	uint8_t sk[crypto_sign_SECRETKEYBYTES], pk[32];
	char when[64];
	struct writer w;

	if (q->old <= q->size)
		assert_int_equal(
			merkle_proof_consistency(&src, q->old, q->size, &p), 0);
	merkle_root(&trees[q->which][q->size], &c.root);
	c.origin = bytes_of(k->name, strlen(k->name));
	snprintf(when, sizeof when, "time %llu\n", (unsigned long long)q->time);
	c.extension = bytes_of(when, strlen(when));
	memcpy(sk, log_sk, sizeof sk);
	if (q->unsigned_)
		crypto_sign_keypair(pk, sk);
	writer_init_fixed(&w, request, sizeof request);
	text_write(&w, "old ");
	text_write_u64(&w, q->old);
	text_write(&w, "\n");
	for (size_t i = 0; i < p.len; i++) {
		text_write_base64(&w, bytes_of(p.hash[i].b, 32));
		text_write(&w, "\n");
	}
	text_write(&w, "\n");
	assert_int_equal(checkpoint_sign(&w, &c, k, sk), 0);
	return w.len;
}

static int answer(const struct asked *q)
{
	struct buf line;
	size_t len = ask(q);
	int rc = proofs_witness(kit.proofs, bytes_of(request, len), &line);

	if (rc == 0) {
		struct note_key key;
		struct writer w;
		uint64_t time;
		struct note n;
		char all[8192];
		const char *note = strstr(request, "\n\n") + 2;

		/* It is this witness's word for this checkpoint. */
		writer_init_fixed(&w, all, sizeof all);
		writer_raw(&w, note, len - (size_t)(note - request));
		writer_raw(&w, line.data, line.len);
		assert_int_equal(note_parse(&n, writer_view(&w)), 0);
		assert_int_equal(origin_witness(&kit.witness.device,
					 kit.witness.signature_key.b, &key),
			0);
		assert_int_equal(cosignature_verify(&n, &key, &time), 0);
	}
	buf_wipe(&line);
	return rc;
}

static void it_signs_what_grows(void **state)
{
	assert_int_equal(answer(&(struct asked){.size = 7, .time = 100}), 0);
	assert_int_equal(proofs_kit_seen(&kit), 7);
	/* What it said it knows, after a restart, too. */
	proofs_kit_again(&kit);
	assert_int_equal(proofs_kit_seen(&kit), 7);
	for (uint64_t size = 7; size <= LEAVES; size += 3)
		assert_int_equal(
			answer(&(struct asked){.old = proofs_kit_seen(&kit),
				.size = size,
				.time = 100 + size}),
			0);
	assert_int_equal(device_kit_alarms(&kit.d, 0), 0);
}

static void it_refuses_and_says_why(void **state)
{
	struct note_key other;
	struct id16 id = {{9}};

	assert_int_equal(origin_log(&id, log_pk, &other), 0);
	assert_int_equal(answer(&(struct asked){.size = 20, .time = 100}), 0);
	/* Begins elsewhere: nothing is signed, nobody is alarmed. */
	assert_int_equal(
		answer(&(struct asked){.old = 19, .size = 30, .time = 200}),
		ROWAN_E_STALE);
	assert_int_equal(answer(&(struct asked){.size = 30, .time = 200}),
		ROWAN_E_STALE);
	assert_int_equal(
		answer(&(struct asked){
			.old = 20, .size = 30, .time = 200, .name = &other}),
		ROWAN_E_UNKNOWN);
	assert_int_equal(
		answer(&(struct asked){
			.old = 20, .size = 30, .time = 200, .unsigned_ = true}),
		ROWAN_E_CRYPTO);
	assert_int_equal(
		answer(&(struct asked){.old = 31, .size = 30, .time = 9}),
		ROWAN_E_MALFORMED);
	assert_int_equal(device_kit_alarms(&kit.d, 0), 0);
	assert_int_equal(proofs_kit_seen(&kit), 20);
	/* Another history of the same length, a longer one, a shorter one. */
	assert_int_equal(
		answer(&(struct asked){
			.which = 1, .old = 20, .size = 20, .time = 200}),
		ROWAN_E_CHAIN);
	assert_int_equal(
		answer(&(struct asked){
			.which = 1, .old = 20, .size = 30, .time = 200}),
		ROWAN_E_CHAIN);
	assert_int_equal(
		answer(&(struct asked){.old = 10, .size = 10, .time = 300}),
		ROWAN_E_CHAIN);
	assert_int_equal(device_kit_alarms(&kit.d, ROWAN_ALARM_FORK), 1);
	assert_int_equal(proofs_kit_seen(&kit), 20);
	/* What was signed of it is kept, and proves it to others. */
	assert_int_equal(proofs_kit_kept(&kit, 0), CONFLICT_FORK);
	assert_int_equal(proofs_kit_kept(&kit, 1), CONFLICT_PAST);
	assert_int_equal(proofs_kit_kept(&kit, 2), CONFLICT_BACK);
	assert_int_equal(proofs_kit_kept(&kit, 3), CONFLICT_FORM);
	/* And goes on with the log it knows. */
	assert_int_equal(
		answer(&(struct asked){.old = 20, .size = 30, .time = 400}), 0);
}

/*
 * Of 2^n entries the proof does not tell what the other log begins with: it is
 * refused and kept, and proved with a request that begins with the next one.
 */
static void a_fork_at_a_power_of_two_is_proved(void **state)
{
	assert_int_equal(answer(&(struct asked){.size = 16, .time = 100}), 0);
	assert_int_equal(
		answer(&(struct asked){
			.which = 1, .old = 16, .size = 30, .time = 200}),
		ROWAN_E_CHAIN);
	assert_int_equal(device_kit_alarms(&kit.d, ROWAN_ALARM_FORK), 1);
	assert_int_equal(proofs_kit_kept(&kit, 0), CONFLICT_OPEN);
	assert_int_equal(proofs_kit_kept(&kit, 1), CONFLICT_FORM);
	assert_int_equal(
		answer(&(struct asked){
			.which = 1, .old = 17, .size = 30, .time = 200}),
		ROWAN_E_CHAIN);
	assert_int_equal(proofs_kit_kept(&kit, 1), CONFLICT_PAST);
	assert_int_equal(proofs_kit_kept(&kit, 2), CONFLICT_FORM);
	/* The log it knows, asked in the same way, only begins elsewhere. */
	assert_int_equal(
		answer(&(struct asked){.old = 17, .size = 30, .time = 300}),
		ROWAN_E_STALE);
	assert_int_equal(
		answer(&(struct asked){
			.which = 1, .old = 18, .size = 30, .time = 300}),
		ROWAN_E_STALE);
	assert_int_equal(proofs_kit_seen(&kit), 16);
	assert_int_equal(proofs_kit_kept(&kit, 2), CONFLICT_FORM);
	assert_int_equal(
		answer(&(struct asked){.old = 16, .size = 30, .time = 400}), 0);
}

/* Every bit of a request counts. */
static void no_bit_of_a_request_may_change(void **state)
{
	struct asked q = {.old = 9, .size = 30, .time = 200};
	size_t len;

	assert_int_equal(answer(&(struct asked){.size = 9, .time = 100}), 0);
	len = ask(&q);
	for (size_t i = 0; i < 8 * len; i++) {
		struct buf line;

		request[i / 8] ^= (char)(1 << i % 8);
		assert_int_not_equal(proofs_witness(kit.proofs,
					     bytes_of(request, len), &line),
			0);
		request[i / 8] ^= (char)(1 << i % 8);
		buf_wipe(&line);
	}
	for (size_t i = 0; i < len; i++) {
		struct buf line;

		assert_int_not_equal(
			proofs_witness(kit.proofs, bytes_of(request, i), &line),
			0);
		buf_wipe(&line);
	}
	assert_int_equal(proofs_kit_seen(&kit), 9);
	assert_int_equal(answer(&q), 0);
}

static void only_a_witness_answers(void **state)
{
	struct writer w;

	proofs_kit_leave(&kit);
	proofs_kit_as(&kit, &kit.clinic.cast.advocate);
	assert_int_equal(answer(&(struct asked){.size = 9, .time = 100}),
		ROWAN_E_SIGNER);
	writer_init(&w, NOTE_VKEY_MAX);
	assert_int_equal(proofs_witness_key(kit.proofs, &w), ROWAN_E_SIGNER);
	writer_wipe(&w);
}

/* Kept and not said yet: it has said nothing, and will say nothing else. */
static void ended_between_keeping_and_answering(void **state)
{
	const struct asked q = {.old = 9, .size = 30, .time = 200};

	assert_int_equal(answer(&(struct asked){.size = 9, .time = 100}), 0);
	killed = true;
	assert_int_equal(answer(&q), ROWAN_E_IO);
	killed = false;
	proofs_kit_again(&kit);
	assert_int_equal(proofs_kit_seen(&kit), 30);
	assert_int_equal(
		answer(&(struct asked){
			.which = 1, .old = 30, .size = 30, .time = 300}),
		ROWAN_E_CHAIN);
	assert_int_equal(
		answer(&(struct asked){
			.which = 1, .old = 9, .size = 25, .time = 300}),
		ROWAN_E_CHAIN);
	assert_int_equal(answer(&q), ROWAN_E_STALE);
	assert_int_equal(
		answer(&(struct asked){.old = 30, .size = 30, .time = 200}), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(it_signs_what_grows),
		T(it_refuses_and_says_why),
		T(a_fork_at_a_power_of_two_is_proved),
		T(no_bit_of_a_request_may_change),
		T(only_a_witness_answers),
		T(ended_between_keeping_and_answering),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
