/*
 * The log's building blocks: RFC 6962 hashes and proofs against the
 * definition written out recursively, C2SP notes, checkpoints, cosignatures
 * and offline proofs, and what each of them refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "tlog/checkpoint.h"
#include "tlog/cosignature.h"
#include "tlog/merkle_proof.h"
#include "tlog/text.h"
#include "tlog/tlog_proof.h"

#define LEAVES 10000

/* Every complete subtree, as a log's store would keep it. */
struct log {
	struct merkle state;
	struct merkle_hash *level[15];
	struct merkle_hash root[LEAVES + 1]; /* by size */
};

static int fetch(
	void *ctx, uint8_t level, uint64_t index, struct merkle_hash *ret)
{
	struct log *log = ctx;

	/* Only what is complete at the size of the log may be asked for. */
	if (level >= 15 || (index + 1) << level > log->state.size)
		return ROWAN_E_NOT_FOUND;
	*ret = log->level[level][index];
	return 0;
}

static void log_append(struct log *log, const struct merkle_hash *leaf)
{
	struct merkle_node nodes[MERKLE_LEVELS];
	size_t n;

	assert_int_equal(merkle_append(&log->state, leaf, nodes, &n), 0);
	for (size_t i = 0; i < n; i++)
		log->level[nodes[i].level][nodes[i].index] = nodes[i].hash;
	merkle_root(&log->state, &log->root[log->state.size]);
}

static void leaf_of(uint64_t i, struct merkle_hash *ret)
{
	uint8_t data[8];

	for (size_t k = 0; k < sizeof data; k++)
		data[k] = (uint8_t)(i >> (8 * k));
	merkle_leaf(bytes_of(data, (size_t)(i % 9)), ret);
}

static int setup(void **state)
{
	struct log *log = calloc(1, sizeof *log);
	struct merkle_hash leaf;

	assert_non_null(log);
	merkle_init(&log->state);
	merkle_root(&log->state, &log->root[0]);
	for (size_t k = 0; k < 15; k++) {
		log->level[k] =
			calloc((LEAVES >> k) + 1, sizeof *log->level[k]);
		assert_non_null(log->level[k]);
	}
	for (uint64_t i = 0; i < LEAVES; i++) {
		leaf_of(i, &leaf);
		log_append(log, &leaf);
	}
	*state = log;
	return 0;
}

static int teardown(void **state)
{
	struct log *log = *state;

	for (size_t k = 0; k < 15; k++)
		free(log->level[k]);
	free(log);
	return 0;
}

/* MTH of RFC 6962 section 2.1, word for word. */
static void mth(uint64_t begin, uint64_t end, struct merkle_hash *ret)
{
	struct merkle_hash left, right;
	uint64_t k = 1;

	if (end - begin == 1) {
		leaf_of(begin, ret);
		return;
	}
	while (k * 2 < end - begin)
		k *= 2;
	mth(begin, begin + k, &left);
	mth(begin + k, end, &right);
	merkle_parent(&left, &right, ret);
}

static void roots_follow_the_definition(void **state)
{
	struct log *log = *state;
	struct merkle_hash root;

	for (uint64_t n = 1; n <= LEAVES; n += n < 300 ? 1 : 977) {
		mth(0, n, &root);
		assert_true(merkle_eq(&root, &log->root[n]));
	}
}

static void known_hashes(void **state)
{
	struct log *log = *state;
	struct merkle_hash leaf;
	char hex[65];

	/* SHA-256 of nothing, and of a single zero byte. */
	sodium_bin2hex(hex, sizeof hex, log->root[0].b, 32);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b"
				 "934ca495991b7852b855");
	merkle_leaf(bytes_of(NULL, 0), &leaf);
	sodium_bin2hex(hex, sizeof hex, leaf.b, 32);
	assert_string_equal(hex, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb337"
				 "38768511a30617afa01d");
}

/* One bit changed anywhere in a proof, or a hash more or less. */
static void assert_tamper_evident(struct merkle_proof *p, uint64_t index,
	uint64_t size, const struct merkle_hash *leaf,
	const struct merkle_hash *root)
{
	for (size_t i = 0; i < p->len; i++) {
		p->hash[i].b[i % 32] ^= 1;
		assert_int_equal(merkle_proof_check_inclusion(
					 p, leaf, index, size, root),
			ROWAN_E_CRYPTO);
		p->hash[i].b[i % 32] ^= 1;
	}
	if (p->len > 0) {
		p->len--;
		assert_int_equal(merkle_proof_check_inclusion(
					 p, leaf, index, size, root),
			ROWAN_E_CRYPTO);
		p->len++;
	}
	p->hash[p->len++] = *leaf;
	assert_int_equal(
		merkle_proof_check_inclusion(p, leaf, index, size, root),
		ROWAN_E_CRYPTO);
	p->len--;
}

static void inclusion_is_proved_and_nothing_else(void **state)
{
	struct log *log = *state;
	struct merkle_source src = {fetch, log};
	struct merkle_proof p;
	struct merkle_hash leaf, other;

	for (uint64_t size = 1; size <= LEAVES; size += size < 70 ? 1 : 709) {
		for (uint64_t i = 0; i < size; i += 1 + size / 40) {
			leaf_of(i, &leaf);
			leaf_of(i + 1, &other);
			assert_int_equal(
				merkle_proof_inclusion(&src, i, size, &p), 0);
			assert_int_equal(merkle_proof_check_inclusion(&p, &leaf,
						 i, size, &log->root[size]),
				0);
			assert_int_equal(
				merkle_proof_check_inclusion(
					&p, &other, i, size, &log->root[size]),
				ROWAN_E_CRYPTO);
			assert_int_equal(merkle_proof_check_inclusion(&p, &leaf,
						 i + 1, size, &log->root[size]),
				ROWAN_E_CRYPTO);
			assert_tamper_evident(
				&p, i, size, &leaf, &log->root[size]);
		}
	}
	assert_int_equal(merkle_proof_inclusion(&src, 5, 5, &p), ROWAN_E_INVAL);
	assert_int_equal(merkle_proof_inclusion(&src, 0, 0, &p), ROWAN_E_INVAL);
	/* A source that cannot give a hash: the proof is empty, not partial. */
	assert_int_equal(merkle_proof_inclusion(&src, 0, LEAVES + 9, &p),
		ROWAN_E_NOT_FOUND);
	assert_int_equal(p.len, 0);
}

static void consistency_is_proved_and_nothing_else(void **state)
{
	struct log *log = *state;
	struct merkle_source src = {fetch, log};
	struct merkle_proof p;
	const struct merkle_hash *root = log->root;

	for (uint64_t n = 0; n <= LEAVES; n += n < 70 ? 1 : 1409) {
		for (uint64_t m = 0; m <= n; m += 1 + n / 40) {
			assert_int_equal(
				merkle_proof_consistency(&src, m, n, &p), 0);
			assert_int_equal(merkle_proof_check_consistency(
						 &p, m, &root[m], n, &root[n]),
				0);
			/* Another past, another present. */
			assert_int_equal(
				merkle_proof_check_consistency(&p, m,
					&root[m + 1 > n ? 0 : m + 1], n,
					m == n && n == 0 ? &root[1] : &root[n]),
				ROWAN_E_CRYPTO);
			if (m > 0)
				assert_int_equal(
					merkle_proof_check_consistency(&p, m,
						&root[m], n, &root[n - 1]),
					ROWAN_E_CRYPTO);
			for (size_t i = 0; i < p.len; i++) {
				p.hash[i].b[31 - i % 32] ^= 0x80;
				assert_int_equal(
					merkle_proof_check_consistency(
						&p, m, &root[m], n, &root[n]),
					ROWAN_E_CRYPTO);
				p.hash[i].b[31 - i % 32] ^= 0x80;
			}
			p.hash[p.len++] = root[0];
			assert_int_equal(merkle_proof_check_consistency(
						 &p, m, &root[m], n, &root[n]),
				ROWAN_E_CRYPTO);
		}
	}
	assert_int_equal(
		merkle_proof_consistency(&src, 3, 2, &p), ROWAN_E_INVAL);
	p.len = 0;
	assert_int_equal(
		merkle_proof_check_consistency(&p, 3, &root[3], 2, &root[2]),
		ROWAN_E_CRYPTO);
}

static void a_tree_does_not_outgrow_its_numbers(void **state)
{
	struct merkle_node nodes[MERKLE_LEVELS];
	struct merkle m;
	size_t n;

	merkle_init(&m);
	m.size = (UINT64_C(1) << 63) - 1;
	assert_int_equal(
		merkle_append(&m, &(struct merkle_hash){0}, nodes, &n), 0);
	assert_int_equal(n, 64);
	assert_int_equal(merkle_append(&m, &(struct merkle_hash){0}, nodes, &n),
		ROWAN_E_LIMIT);
	assert_true(m.size == UINT64_C(1) << 63);
}

/* The example of C2SP signed-note. */
static const char vkey[] =
	"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
static const char note_text[] =
	"This is an example message.\n\n"
	"\xe2\x80\x94 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi"
	"2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

static struct bytes text_of(const char *s)
{
	return bytes_of(s, strlen(s));
}

static void the_example_note_verifies(void **state)
{
	struct note_key k;
	struct note n;
	struct writer w;
	uint8_t mem[NOTE_VKEY_MAX];
	char bad[sizeof note_text];

	assert_int_equal(note_key_parse(&k, text_of(vkey)), 0);
	assert_string_equal(k.name, "example.com/foo");
	writer_init_fixed(&w, mem, sizeof mem);
	note_key_format(&k, &w);
	assert_true(bytes_eq(writer_view(&w), text_of(vkey)));

	assert_int_equal(note_parse(&n, text_of(note_text)), 0);
	assert_int_equal(n.count, 1);
	assert_int_equal(note_verify(&n, &k), 0);

	/* Any byte of the text: the signature no longer fits. */
	for (size_t i = 0; i < 27; i++) {
		memcpy(bad, note_text, sizeof bad);
		bad[i] ^= 1;
		assert_int_equal(note_parse(&n, text_of(bad)), 0);
		assert_int_equal(note_verify(&n, &k), ROWAN_E_CRYPTO);
	}
	/* Another name, or another id: not this key's signature. */
	memcpy(bad, note_text, sizeof bad);
	*strchr(bad, 'f') = 'g';
	assert_int_equal(note_parse(&n, text_of(bad)), 0);
	assert_int_equal(note_verify(&n, &k), ROWAN_E_NOT_FOUND);
	memcpy(bad, note_text, sizeof bad);
	*strstr(bad, "Uw2Q") = 'V';
	assert_int_equal(note_parse(&n, text_of(bad)), 0);
	assert_int_equal(note_verify(&n, &k), ROWAN_E_NOT_FOUND);
}

static void malformed_notes_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"\n",
		"\n\n",
		"text\n",
		"text\n\n",
		"text\n\nno dash\n",
		"text\n\n\xe2\x80\x94 name\n",
		"text\n\n\xe2\x80\x94 name \n",
		"text\n\n\xe2\x80\x94  AAAA\n",
		"text\n\n\xe2\x80\x94 na+me AAAA\n",
		"text\n\n\xe2\x80\x94 na\xc2\xa0me AAAA\n",
		"text\n\n\xe2\x80\x94 na\xe2\x80\x84me AAAA\n",
		"text\n\n\xe2\x80\x94 name AAAA",
		"text\n\n\xe2\x80\x94 name AAAA more\n",
		"te\txt\n\n\xe2\x80\x94 name AAAA\n",
		"te\xc0\xafxt\n\n\xe2\x80\x94 name AAAA\n",
		"te\xed\xa0\x80xt\n\n\xe2\x80\x94 name AAAA\n",
		"te\xf4\x90\x80\x80xt\n\n\xe2\x80\x94 name AAAA\n",
	};
	struct note n;
	struct buf big;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(
			note_parse(&n, text_of(bad[i])), ROWAN_E_MALFORMED);
		assert_int_equal(n.count, 0);
	}
	/* Carried, though nobody here could verify it: not base64. */
	assert_int_equal(
		note_parse(&n, text_of("text\n\n\xe2\x80\x94 name A?\n")), 0);

	assert_int_equal(buf_alloc(&big, NOTE_MAX + 1), 0);
	memset(big.data, 'a', big.len);
	assert_int_equal(note_parse(&n, buf_view(&big)), ROWAN_E_LIMIT);
	buf_wipe(&big);
}

static void too_many_signatures_are_refused(void **state)
{
	struct writer w;
	struct note n;

	writer_init(&w, NOTE_MAX);
	text_write(&w, "text\n\n");
	for (size_t i = 0; i < NOTE_SIGNATURES_MAX; i++)
		text_write(&w, "\xe2\x80\x94 name AAAA\n");
	assert_int_equal(note_parse(&n, writer_view(&w)), 0);
	assert_int_equal(n.count, NOTE_SIGNATURES_MAX);
	text_write(&w, "\xe2\x80\x94 name AAAA\n");
	assert_int_equal(note_parse(&n, writer_view(&w)), ROWAN_E_LIMIT);
	writer_wipe(&w);
}

static void malformed_verifier_keys_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"name",
		"name+530d903a",
		"+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903b+"
		"AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530D903A+"
		"AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903a+"
		"AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKa",
	};
	struct note_key k;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(
			note_key_parse(&k, text_of(bad[i])), ROWAN_E_MALFORMED);
}

static void make_key(const char *name, enum note_type type, struct note_key *k,
	uint8_t sk[crypto_sign_SECRETKEYBYTES])
{
	uint8_t seed[crypto_sign_SEEDBYTES] = {0};
	uint8_t pk[crypto_sign_PUBLICKEYBYTES];

	memcpy(seed, name, strlen(name));
	crypto_sign_seed_keypair(pk, sk, seed);
	assert_int_equal(note_key_init(k, name, type, pk), 0);
}

static void checkpoints_say_one_thing(void **state)
{
	struct log *log = *state;
	uint8_t sk[crypto_sign_SECRETKEYBYTES], sk2[crypto_sign_SECRETKEYBYTES];
	struct note_key k, other;
	struct checkpoint c, got;
	struct note n;
	struct writer w;

	make_key("clinic.example/log", NOTE_ED25519, &k, sk);
	make_key("other.example/log", NOTE_ED25519, &other, sk2);
	c = (struct checkpoint){text_of(k.name), 77, log->root[77], {0}};
	writer_init(&w, NOTE_MAX);
	assert_int_equal(checkpoint_sign(&w, &c, &k, sk), 0);
	assert_int_equal(checkpoint_open(&got, &n, writer_view(&w), &k), 0);
	assert_int_equal(got.size, 77);
	assert_true(merkle_eq(&got.root, &log->root[77]));
	assert_int_equal(got.extension.len, 0);
	assert_int_equal(checkpoint_open(&got, &n, writer_view(&w), &other),
		ROWAN_E_CRYPTO);
	writer_wipe(&w);

	/* A valid signature over another log's name. */
	c.origin = text_of(other.name);
	writer_init(&w, NOTE_MAX);
	assert_int_equal(checkpoint_sign(&w, &c, &k, sk), 0);
	assert_int_equal(
		checkpoint_open(&got, &n, writer_view(&w), &k), ROWAN_E_CRYPTO);
	assert_int_equal(got.size, 0);
	writer_wipe(&w);

	/* A line smuggled into the origin. */
	c.origin = text_of("a\n5");
	writer_init(&w, NOTE_MAX);
	assert_int_equal(checkpoint_sign(&w, &c, &k, sk), ROWAN_E_INVAL);
	writer_wipe(&w);
}

static void malformed_checkpoints_are_refused(void **state)
{
#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
	static const char *const bad[] = {"o\n1\n" ROOT, "\n1\n" ROOT "\n",
		"o\n01\n" ROOT "\n", "o\n\n" ROOT "\n", "o\n-1\n" ROOT "\n",
		"o\n9223372036854775808\n" ROOT "\n",
		"o\n18446744073709551617\n" ROOT "\n", "o\n1\nCsUY\n",
		"o\n1\n" ROOT "\n\n", "o\n1\n" ROOT "\nx\n\n", "o\n1\n",
		"o\n1\n" ROOT "AAAA\n", "o\n1 \n" ROOT "\n",
		/* the same root with a bit set that base64 ignores */
		"o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n"};
	struct checkpoint c;

	assert_int_equal(
		checkpoint_parse(&c, text_of("o\n0\n" ROOT "\next\n")), 0);
	assert_int_equal(c.extension.len, 4);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(checkpoint_parse(&c, text_of(bad[i])),
			ROWAN_E_MALFORMED);
		assert_null(c.origin.data);
	}
}

static void witnesses_cosign(void **state)
{
	struct log *log = *state;
	uint8_t sk[crypto_sign_SECRETKEYBYTES], wsk[3][64];
	struct note_key k, wk[3];
	struct checkpoint c;
	struct note n;
	struct writer w;
	struct buf b;
	uint64_t time;

	make_key("clinic.example/log", NOTE_ED25519, &k, sk);
	make_key("police.example/w", NOTE_COSIGNATURE, &wk[0], wsk[0]);
	make_key("health.example/w", NOTE_COSIGNATURE, &wk[1], wsk[1]);
	make_key("cps.example/w", NOTE_COSIGNATURE, &wk[2], wsk[2]);
	c = (struct checkpoint){text_of(k.name), 9, log->root[9], {0}};
	writer_init(&w, NOTE_MAX);
	assert_int_equal(checkpoint_sign(&w, &c, &k, sk), 0);
	assert_int_equal(note_parse(&n, writer_view(&w)), 0);
	assert_int_equal(buf_copy(&b, n.text), 0);
	assert_int_equal(
		cosignature_sign(&w, buf_view(&b), 1000, &wk[0], wsk[0]), 0);
	assert_int_equal(
		cosignature_sign(&w, buf_view(&b), 2000, &wk[1], wsk[1]), 0);

	assert_int_equal(note_parse(&n, writer_view(&w)), 0);
	assert_int_equal(note_verify(&n, &k), 0);
	assert_int_equal(cosignature_verify(&n, &wk[0], &time), 0);
	assert_int_equal(time, 1000);
	assert_int_equal(
		cosignature_verify(&n, &wk[2], &time), ROWAN_E_NOT_FOUND);
	assert_int_equal(cosignature_verify(&n, &wk[1], &time), 0);
	assert_int_equal(time, 2000);

	/* Signed in another's name. */
	assert_int_equal(
		cosignature_sign(&w, buf_view(&b), 3000, &wk[2], wsk[0]), 0);
	assert_int_equal(note_parse(&n, writer_view(&w)), 0);
	assert_int_equal(cosignature_verify(&n, &wk[2], &time), ROWAN_E_CRYPTO);
	buf_wipe(&b);
	writer_wipe(&w);
}

/* Whether the text of a proof shows the leaf in the log of that key. */
static bool shows(struct bytes text, const struct merkle_hash *leaf,
	const struct note_key *k, struct checkpoint *ret)
{
	struct tlog_proof p;
	struct note n;

	return tlog_proof_parse(&p, text) == 0 &&
	       checkpoint_open(ret, &n, p.checkpoint, k) == 0 &&
	       merkle_proof_check_inclusion(
		       &p.path, leaf, p.index, ret->size, &ret->root) == 0;
}

static void offline_proofs_hold_alone(void **state)
{
	struct log *log = *state;
	struct merkle_source src = {fetch, log};
	uint8_t sk[crypto_sign_SECRETKEYBYTES];
	struct tlog_proof p, got;
	struct merkle_hash leaf;
	struct checkpoint c;
	struct note_key k;
	struct writer note, w;
	size_t flips = 0;

	make_key("clinic.example/log", NOTE_ED25519, &k, sk);
	c = (struct checkpoint){text_of(k.name), 100, log->root[100], {0}};
	writer_init(&note, NOTE_MAX);
	assert_int_equal(checkpoint_sign(&note, &c, &k, sk), 0);
	memset(&p, 0, sizeof p);
	p.index = 42;
	p.checkpoint = writer_view(&note);
	p.extra_len = 3;
	memcpy(p.extra, "abc", 3);
	assert_int_equal(merkle_proof_inclusion(&src, 42, 100, &p.path), 0);
	writer_init(&w, NOTE_MAX);
	assert_int_equal(tlog_proof_write(&w, &p), 0);

	leaf_of(42, &leaf);
	assert_int_equal(tlog_proof_parse(&got, writer_view(&w)), 0);
	assert_int_equal(got.extra_len, 3);
	assert_true(shows(writer_view(&w), &leaf, &k, &c));
	assert_int_equal(c.size, 100);

	/* One bit anywhere but in the line that proves nothing. */
	for (size_t i = 0; i < w.len; i++) {
		if (i >= 22 && i < 33)
			continue;
		for (uint8_t bit = 1; bit != 0; bit = (uint8_t)(bit << 1)) {
			w.data[i] ^= bit;
			assert_false(shows(writer_view(&w), &leaf, &k, &c));
			w.data[i] ^= bit;
			flips++;
		}
	}
	assert_true(flips > 3000);
	for (size_t len = 0; len < w.len; len++)
		assert_false(shows(bytes_of(w.data, len), &leaf, &k, &c));
	writer_wipe(&note);
	writer_wipe(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_hashes),
		cmocka_unit_test(roots_follow_the_definition),
		cmocka_unit_test(inclusion_is_proved_and_nothing_else),
		cmocka_unit_test(consistency_is_proved_and_nothing_else),
		cmocka_unit_test(a_tree_does_not_outgrow_its_numbers),
		cmocka_unit_test(the_example_note_verifies),
		cmocka_unit_test(malformed_notes_are_refused),
		cmocka_unit_test(too_many_signatures_are_refused),
		cmocka_unit_test(malformed_verifier_keys_are_refused),
		cmocka_unit_test(checkpoints_say_one_thing),
		cmocka_unit_test(malformed_checkpoints_are_refused),
		cmocka_unit_test(witnesses_cosign),
		cmocka_unit_test(offline_proofs_hold_alone),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
