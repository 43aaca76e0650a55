/*
 * Objects of RFC 9420 as hostile bytes: only the canonical form is read, and
 * nothing that is torn, long-winded, doubled or followed by something.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/mls_encode.h"
#include "mls/public/object/extension.h"
#include "mls/public/object/node.h"
#include "mls/public/tree/tree_codec.h"

static const uint8_t zeros[64];
static const uint8_t init_key[32] = {9};

/* --- Objects to start from ------------------------------------------------ */

struct made {
	uint8_t sk[SIG_SK_MAX];
	uint8_t pk[SIG_PK_MAX];
	uint8_t key[32];
	struct capabilities caps;
	struct leaf_node_params params;
};

static const uint8_t versions[] = {0, 1}, suites[] = {0, 3, 0x0a, 0x0a};
static const uint8_t grease[] = {0x1a, 0x1a, 0xff, 0xfe};
static const uint8_t credentials[] = {0, 1, 0x2a, 0x2a};

static void setup(struct made *m, uint8_t source)
{
	uint8_t seed[32] = {1};

	*m = (struct made){0};
	assert_int_equal(suite_sign_keys(&suite_0003,
				 bytes_of(seed, sizeof seed), m->sk, m->pk),
		0);
	memset(m->key, 5, sizeof m->key);
	m->caps = (struct capabilities){bytes_of(versions, 2),
		bytes_of(suites, 4), bytes_of(grease, 4), bytes_of(grease, 4),
		bytes_of(credentials, 4)};
	m->params = (struct leaf_node_params){
		.encryption_key = bytes_of(m->key, 32),
		.signature_key = bytes_of(m->pk, 32),
		.credential_type = CREDENTIAL_BASIC,
		.credential = bytes_of("somebody", 8),
		.capabilities = &m->caps,
		.source = source,
		.not_before = 1,
		.not_after = 2,
		.parent_hash = bytes_of(zeros, 32),
		.place = {bytes_of("group", 5), 7},
	};
}

static struct leaf_node *leaf(struct made *m)
{
	struct leaf_node *ret;

	assert_int_equal(leaf_node_new(&suite_0003, &m->params,
				 bytes_of(m->sk, 64), &ret),
		0);
	return ret;
}

/* Decodes and forgets; the code it gives. */
typedef int decode_fn(struct bytes raw);

static int read_leaf(struct bytes raw)
{
	struct leaf_node *n;
	int rc = leaf_node_decode(raw, &n);

	assert_true(rc == 0 || n == NULL);
	leaf_node_unref(n);
	return rc;
}

static int read_package(struct bytes raw)
{
	struct key_package kp;
	int rc = key_package_decode(raw, &kp);

	assert_true(rc == 0 || kp.leaf_node == NULL);
	key_package_wipe(&kp);
	return rc;
}

static int read_proposal(struct bytes raw)
{
	struct proposal p;
	int rc = proposal_decode(raw, &p);

	proposal_wipe(&p);
	return rc;
}

static int read_commit(struct bytes raw)
{
	struct commit *c;
	int rc = commit_decode(raw, &c);

	assert_true(rc == 0 || c == NULL);
	commit_free(c);
	return rc;
}

static int read_message(struct bytes raw)
{
	struct mls_message m;
	int rc = mls_message_decode(raw, &m);

	mls_message_wipe(&m);
	return rc;
}

static int read_tree(struct bytes raw)
{
	struct tree *t;
	int rc = tree_decode(&suite_0003, raw, &t);

	assert_true(rc == 0 || t == NULL);
	tree_free(t);
	return rc;
}

/* Reads as it is, and not with a byte more or with any number less. */
static void assert_whole_only(struct bytes raw, decode_fn *decode)
{
	uint8_t *copy = malloc(raw.len + 1);

	assert_non_null(copy);
	memcpy(copy, raw.data, raw.len);
	copy[raw.len] = 0;
	assert_int_equal(decode(raw), 0);
	assert_int_equal(
		decode(bytes_of(copy, raw.len + 1)), ROWAN_E_MALFORMED);
	for (size_t n = 0; n < raw.len; n++) {
		/* Of its own size, so that reading past it shows. */
		uint8_t *torn = malloc(n > 0 ? n : 1);

		assert_non_null(torn);
		memcpy(torn, raw.data, n);
		assert_int_not_equal(decode(bytes_of(torn, n)), 0);
		free(torn);
	}
	free(copy);
}

static void package_of(struct made *m, struct buf *ret)
{
	struct leaf_node *n = leaf(m);
	struct key_package_params params = {
		.init_key = bytes_of(init_key, 32), .leaf_node = n};

	assert_int_equal(
		key_package_new(&suite_0003, &params, bytes_of(m->sk, 64), ret),
		0);
	leaf_node_unref(n);
}

/* --- Torn, followed, long-winded ------------------------------------------ */

static void objects_are_read_whole_or_not_at_all(void **state)
{
	static const uint8_t sources[] = {
		LEAF_NODE_KEY_PACKAGE, LEAF_NODE_UPDATE, LEAF_NODE_COMMIT};
	struct buf package, framed;
	struct writer w;
	struct made m;
	size_t mark;

	for (size_t i = 0; i < sizeof sources; i++) {
		struct leaf_node *n;

		setup(&m, sources[i]);
		n = leaf(&m);
		assert_whole_only(n->raw, read_leaf);
		leaf_node_unref(n);
	}
	setup(&m, LEAF_NODE_KEY_PACKAGE);
	package_of(&m, &package);
	assert_whole_only(buf_view(&package), read_package);
	assert_int_equal(mls_message_wrap(WIRE_FORMAT_KEY_PACKAGE,
				 buf_view(&package), &framed),
		0);
	assert_whole_only(buf_view(&framed), read_message);

	writer_init(&w, MLS_MESSAGE_MAX);
	proposal_write_add(&w, buf_view(&package));
	assert_whole_only(writer_view(&w), read_proposal);
	writer_wipe(&w);

	writer_init(&w, MLS_MESSAGE_MAX);
	mark = writer_open(&w);
	commit_write_reference(&w, bytes_of(zeros, 32));
	writer_close(&w, mark);
	commit_write_path(&w, bytes_of(NULL, 0));
	assert_whole_only(writer_view(&w), read_commit);
	writer_wipe(&w);
	buf_wipe(&package);
	buf_wipe(&framed);
}

/* 2.1.2: lengths "MUST" be in the fewest bytes; longer headers are refused. */
static void long_winded_headers_are_refused(void **state)
{
	struct made m;
	struct leaf_node *n;
	uint8_t *wide;

	setup(&m, LEAF_NODE_UPDATE);
	n = leaf(&m);
	assert_int_equal(n->raw.data[0], 32);
	wide = malloc(n->raw.len + 3);
	assert_non_null(wide);
	memcpy(wide + 2, n->raw.data + 1, n->raw.len - 1);
	wide[0] = 0x40;
	wide[1] = 32;
	assert_int_equal(
		read_leaf(bytes_of(wide, n->raw.len + 1)), ROWAN_E_MALFORMED);
	memcpy(wide + 4, n->raw.data + 1, n->raw.len - 1);
	memcpy(wide, "\x80\0\0\x20", 4);
	assert_int_equal(
		read_leaf(bytes_of(wide, n->raw.len + 3)), ROWAN_E_MALFORMED);
	free(wide);
	leaf_node_unref(n);
}

/* 2.1.1: the presence octet is 0 or 1, all else "MUST be rejected". */
static void presence_octet_is_zero_or_one(void **state)
{
	uint8_t commit[] = {0, 0};
	uint8_t tree[] = {1, 2};

	assert_int_equal(read_commit(bytes_of(commit, 2)), 0);
	commit[1] = 2;
	assert_int_equal(read_commit(bytes_of(commit, 2)), ROWAN_E_MALFORMED);
	assert_int_equal(read_tree(bytes_of(tree, 2)), ROWAN_E_MALFORMED);
}

/* --- Lists ------------------------------------------------------------------
 */

/* 13.4: "MUST NOT have more than one extension of any given type". */
static void doubled_extension_is_refused(void **state)
{
	struct made m;
	struct writer w;
	struct leaf_node *n;

	setup(&m, LEAF_NODE_UPDATE);
	writer_init(&w, 100);
	extension_write(&w, 0xf001, bytes_of("a", 1));
	extension_write(&w, 0xf002, bytes_of("b", 1));
	m.params.extensions = writer_view(&w);
	n = leaf(&m);
	assert_int_equal(read_leaf(n->raw), 0);
	leaf_node_unref(n);
	extension_write(&w, 0xf001, bytes_of("c", 1));
	m.params.extensions = writer_view(&w);
	assert_int_equal(
		leaf_node_new(&suite_0003, &m.params, bytes_of(m.sk, 64), &n),
		ROWAN_E_MLS_EXTENSION);
	assert_null(n);
	writer_wipe(&w);
}

static void half_a_type_is_refused(void **state)
{
	struct made m;
	struct leaf_node *n;

	setup(&m, LEAF_NODE_UPDATE);
	m.caps.proposals = bytes_of(grease, 3);
	assert_int_not_equal(
		leaf_node_new(&suite_0003, &m.params, bytes_of(m.sk, 64), &n),
		0);
	assert_null(n);
}

/* 13.5: GREASE and what nobody knows is carried, never refused. */
static void unknown_values_are_carried(void **state)
{
	static const uint16_t types[] = {0, 8, 0x0a0a, 0xeaea, 0xffff};
	struct proposal p;
	struct writer w;
	struct made m;
	struct leaf_node *n;

	setup(&m, LEAF_NODE_UPDATE);
	m.params.credential_type = 0x3a3a;
	writer_init(&w, 1000);
	extension_write(&w, 0x4a4a, bytes_of(zeros, 9));
	extension_write(&w, 0, bytes_of(NULL, 0));
	m.params.extensions = writer_view(&w);
	n = leaf(&m);
	assert_int_equal(n->credential.type, 0x3a3a);
	assert_true(bytes_eq(n->extensions, writer_view(&w)));
	assert_true(type_list_has(n->capabilities.cipher_suites, 0x0a0a));
	leaf_node_unref(n);
	writer_wipe(&w);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		writer_init(&w, 100);
		proposal_write_other(&w, types[i], bytes_of("data", 4));
		assert_int_equal(proposal_decode(writer_view(&w), &p), 0);
		assert_int_equal(p.type, types[i]);
		assert_true(bytes_eq(p.data, bytes_of("data", 4)));
		proposal_wipe(&p);
		writer_wipe(&w);
	}
}

/* ---- Trees -------------------------------------------------------------- */

static int read_parent(const uint8_t *unmerged, size_t len)
{
	struct parent_node *n = NULL;
	struct reader r;
	struct writer w;
	int rc;

	writer_init(&w, 1000);
	writer_vec(&w, bytes_of(zeros, 32));
	writer_vec(&w, bytes_of(NULL, 0));
	writer_vec(&w, bytes_of(unmerged, len));
	reader_init(&r, writer_view(&w));
	rc = parent_node_read(&r, &n);
	assert_true(rc == 0 || n == NULL);
	parent_node_unref(n);
	writer_wipe(&w);
	return rc;
}

/* 7.1: unmerged leaves "MUST be sorted in increasing order". */
static void unmerged_leaves_are_in_order(void **state)
{
	static const uint8_t good[] = {0, 0, 0, 1, 0, 0, 0, 3};
	static const uint8_t back[] = {0, 0, 0, 3, 0, 0, 0, 1};
	static const uint8_t twice[] = {0, 0, 0, 3, 0, 0, 0, 3};

	assert_int_equal(read_parent(good, 8), 0);
	assert_int_equal(read_parent(back, 8), ROWAN_E_MALFORMED);
	assert_int_equal(read_parent(twice, 8), ROWAN_E_MALFORMED);
	assert_int_equal(read_parent(good, 7), ROWAN_E_MALFORMED);
}

/* Append a leaf, a blank, or a parent to a ratchet tree. */
static void put(struct writer *w, char what, const struct leaf_node *n)
{
	writer_u8(w, what != '_');
	if (what == 'L') {
		writer_u8(w, NODE_LEAF);
		writer_raw(w, n->raw.data, n->raw.len);
	} else if (what == 'P') {
		writer_u8(w, NODE_PARENT);
		writer_vec(w, bytes_of(zeros, 32));
		writer_vec(w, bytes_of(NULL, 0));
		writer_vec(w, bytes_of(NULL, 0));
	} else if (what == '?') {
		writer_u8(w, 3);
	}
}

/*
 * 12.4.3.3: "The receiver MUST check that the last node in ratchet_tree is
 * non-blank"; leaves stand at even places and parents at odd ones.
 */
static void trees_have_their_shape(void **state)
{
	static const struct {
		const char *shape;
		int rc;
	} cases[] = {
		{"L", 0},
		{"L_L", 0},
		{"LPL", 0},
		{"_PL", 0},
		{"LPL_L", 0},
		{"", ROWAN_E_MALFORMED},
		{"_", ROWAN_E_MLS_TREE},
		{"L_", ROWAN_E_MLS_TREE},
		{"LPL__", ROWAN_E_MLS_TREE},
		{"P", ROWAN_E_MLS_TREE},
		{"LL", ROWAN_E_MLS_TREE},
		{"LPP", ROWAN_E_MLS_TREE},
		{"L?L", ROWAN_E_MALFORMED},
	};
	struct made m;
	struct leaf_node *n;

	setup(&m, LEAF_NODE_COMMIT);
	n = leaf(&m);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct writer w;
		size_t mark;
		int rc;

		writer_init(&w, 100000);
		mark = writer_open(&w);
		for (const char *c = cases[i].shape; *c != '\0'; c++)
			put(&w, *c, n);
		writer_close(&w, mark);
		rc = read_tree(writer_view(&w));
		/* Empty: any refusal will do. */
		if (cases[i].shape[0] == '\0')
			assert_int_not_equal(rc, 0);
		else
			assert_int_equal(rc, cases[i].rc);
		if (rc == 0)
			assert_whole_only(writer_view(&w), read_tree);
		writer_wipe(&w);
	}
	leaf_node_unref(n);
}

/* A tree that ends in a parent has no rightmost leaf: not a tree. */
static void tree_does_not_end_in_a_parent(void **state)
{
	struct made m;
	struct leaf_node *n;
	struct writer w;
	size_t mark;

	setup(&m, LEAF_NODE_COMMIT);
	n = leaf(&m);
	writer_init(&w, 100000);
	mark = writer_open(&w);
	put(&w, 'L', n);
	put(&w, 'P', n);
	writer_close(&w, mark);
	assert_int_not_equal(read_tree(writer_view(&w)), 0);
	writer_wipe(&w);
	leaf_node_unref(n);
}

/* ---- Key packages ------------------------------------------------------- */

static int verify(struct bytes raw)
{
	struct key_package kp;
	int rc = key_package_decode(raw, &kp);

	assert_int_equal(rc, 0);
	rc = key_package_check(&suite_0003, &kp);
	if (rc == 0)
		rc = leaf_node_verify(&suite_0003, kp.leaf_node, NULL);
	key_package_wipe(&kp);
	return rc;
}

/*
 * 10: leaf_node_source "MUST be set to key_package"; 10: "init_key MUST be a
 * public key for" the suite's KEM; 10: "An invalid signature ... MUST be
 * considered malformed"; 10.1: init_key is not encryption_key.
 */
static void key_packages_are_judged(void **state)
{
	struct key_package_params params = {.init_key = bytes_of(zeros, 32)};
	struct buf package;
	struct made m;
	struct leaf_node *n;

	setup(&m, LEAF_NODE_KEY_PACKAGE);
	package_of(&m, &package);
	assert_int_equal(verify(buf_view(&package)), 0);
	package.data[package.len - 1] ^= 1;
	assert_int_equal(verify(buf_view(&package)), ROWAN_E_MLS_SIGNATURE);
	package.data[package.len - 1] ^= 1;
	package.data[3] = 1;
	assert_int_equal(verify(buf_view(&package)), ROWAN_E_MLS_SUITE);
	package.data[3] = 3;
	package.data[1] = 2;
	assert_int_equal(verify(buf_view(&package)), ROWAN_E_MLS_KEY_PACKAGE);
	package.data[1] = 1;
	/* In the leaf, which has its own signature. */
	package.data[4 + 33 + 1] ^= 1;
	assert_int_equal(verify(buf_view(&package)), ROWAN_E_MLS_SIGNATURE);
	buf_wipe(&package);

	params.leaf_node = n = leaf(&m);
	params.init_key = bytes_of(m.key, 32);
	assert_int_equal(key_package_new(&suite_0003, &params,
				 bytes_of(m.sk, 64), &package),
		0);
	assert_int_equal(verify(buf_view(&package)), ROWAN_E_MLS_KEY_PACKAGE);
	buf_wipe(&package);
	/* Too short, and of small order. */
	for (size_t len = 31; len <= 32; len++) {
		params.init_key = bytes_of(zeros, len);
		assert_int_equal(key_package_new(&suite_0003, &params,
					 bytes_of(m.sk, 64), &package),
			0);
		assert_int_equal(
			verify(buf_view(&package)), ROWAN_E_MLS_KEY_PACKAGE);
		buf_wipe(&package);
	}
	leaf_node_unref(n);

	setup(&m, LEAF_NODE_UPDATE);
	package_of(&m, &package);
	assert_int_equal(verify(buf_view(&package)), ROWAN_E_MLS_LEAF_NODE);
	buf_wipe(&package);
}

/* ---- Messages ----------------------------------------------------------- */

/* 6.3.1: padding "MUST" be all zero. */
static void padding_is_zero(void **state)
{
	uint8_t plain[] = {4, 't', 'e', 'x', 't', 0, 0, 0, 0, 0};
	struct private_message m = {.group_id = bytes_of("group", 5),
		.epoch = 3,
		.content_type = CONTENT_APPLICATION};
	struct authenticated_content *ac;

	assert_int_equal(private_content_decode(
				 &m, 1, bytes_of(plain, sizeof plain), &ac),
		0);
	assert_true(
		bytes_eq(ac->content.application_data, bytes_of("text", 4)));
	authenticated_content_unref(ac);
	plain[sizeof plain - 1] = 1;
	assert_int_equal(private_content_decode(
				 &m, 1, bytes_of(plain, sizeof plain), &ac),
		ROWAN_E_MALFORMED);
	assert_null(ac);
	assert_int_not_equal(
		private_content_decode(&m, 1, bytes_of(plain, 3), &ac), 0);
}

static void messages_of_other_versions_and_formats(void **state)
{
	static const uint8_t cases[][5] = {{0, 2, 0, 1, 0}, {0, 0, 0, 1, 0},
		{0, 1, 0, 0, 0}, {0, 1, 0, 6, 0}, {0, 1, 0xfa, 0xfa, 0}};
	struct mls_message_peek peek;

	for (size_t i = 0; i < 5; i++) {
		int rc = read_message(bytes_of(cases[i], 5));

		assert_int_equal(
			rc, i < 2 ? ROWAN_E_VERSION : ROWAN_E_MALFORMED);
		assert_int_equal(
			mls_message_peek(bytes_of(cases[i], 5), &peek), rc);
		assert_int_equal(peek.wire_format, 0);
	}
}

static void contexts_of_other_versions(void **state)
{
	const struct group_context fields = {
		.cipher_suite = 3, .group_id = bytes_of("g", 1)};
	struct group_context *context;
	uint8_t raw[64];
	size_t len;

	assert_int_equal(group_context_new(&fields, &context), 0);
	len = context->raw.len;
	assert_true(len <= sizeof raw);
	memcpy(raw, context->raw.data, len);
	group_context_unref(context);
	raw[1]++;
	assert_int_equal(group_context_decode(bytes_of(raw, len), &context),
		ROWAN_E_VERSION);
	assert_null(context);
}

static void private_messages_have_content(void **state)
{
	struct private_message m = {.group_id = bytes_of("group", 5)};
	struct writer w;

	for (unsigned type = 0; type <= CONTENT_COMMIT + 1; type++) {
		m.content_type = (uint8_t)type;
		writer_init(&w, 1000);
		mls_message_open(&w, WIRE_FORMAT_PRIVATE_MESSAGE);
		private_message_write(&w, &m);
		assert_int_equal(read_message(writer_view(&w)),
			type < CONTENT_APPLICATION || type > CONTENT_COMMIT
				? ROWAN_E_MALFORMED
				: 0);
		writer_wipe(&w);
	}
}

/* Whatever a sender may repeat has an end, and just before it, none. */
static void repetition_has_its_limits(void **state)
{
	struct credential credential;
	struct commit *commit;
	struct writer list, w;
	struct reader r;
	struct bytes raw;

	for (unsigned n = MLS_CERTIFICATES_MAX; n < MLS_CERTIFICATES_MAX + 2;
		n++) {
		writer_init(&list, 1000);
		for (unsigned i = 0; i < n; i++)
			writer_vec(&list, bytes_of("c", 1));
		writer_init(&w, 1000);
		credential_write(&w, CREDENTIAL_X509, writer_view(&list));
		reader_init(&r, writer_view(&w));
		assert_int_equal(credential_read(&r, &credential),
			n > MLS_CERTIFICATES_MAX ? ROWAN_E_LIMIT : 0);
		writer_wipe(&list);
		writer_wipe(&w);
	}
	for (unsigned n = MLS_PROPOSALS_MAX; n < MLS_PROPOSALS_MAX + 2; n++) {
		writer_init(&list, 1000000);
		for (unsigned i = 0; i < n; i++)
			commit_write_reference(&list, bytes_of(NULL, 0));
		writer_init(&w, 1000000);
		writer_vec(&w, writer_view(&list));
		commit_write_path(&w, bytes_of(NULL, 0));
		raw = writer_view(&w);
		assert_int_equal(commit_decode(raw, &commit),
			n > MLS_PROPOSALS_MAX ? ROWAN_E_LIMIT : 0);
		commit_free(commit);
		writer_wipe(&list);
		writer_wipe(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_read_whole_or_not_at_all),
		cmocka_unit_test(long_winded_headers_are_refused),
		cmocka_unit_test(presence_octet_is_zero_or_one),
		cmocka_unit_test(doubled_extension_is_refused),
		cmocka_unit_test(half_a_type_is_refused),
		cmocka_unit_test(unknown_values_are_carried),
		cmocka_unit_test(unmerged_leaves_are_in_order),
		cmocka_unit_test(trees_have_their_shape),
		cmocka_unit_test(tree_does_not_end_in_a_parent),
		cmocka_unit_test(key_packages_are_judged),
		cmocka_unit_test(padding_is_zero),
		cmocka_unit_test(messages_of_other_versions_and_formats),
		cmocka_unit_test(contexts_of_other_versions),
		cmocka_unit_test(private_messages_have_content),
		cmocka_unit_test(repetition_has_its_limits),
	};

	return cmocka_run_group_tests_name("mls_codec", tests, NULL, NULL);
}
