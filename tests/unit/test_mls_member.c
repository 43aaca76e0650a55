/*
 * A member and a Welcome against what a malicious member or delivery service
 * sends: a typed error, and group and client saved as before, byte for byte.
 * What needs no secret to find is in the tests of the public group.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "crypto/hpke.h"
#include "mls/member/group/group.h"
#include "mls/public/object/extension.h"

/* Ann is the malicious one; Bob is her victim, Eve stands outside. */
struct cast {
	struct rowan_mls *ann, *bob, *eve;
	struct rowan_mls_group *a, *b;
};

static struct rowan_mls_bytes view(const struct rowan_mls_buf *b)
{
	return (struct rowan_mls_bytes){b->data, b->len};
}

static struct rowan_mls *client(const char *name)
{
	struct rowan_mls_options o = {
		.credential = {ROWAN_MLS_BASIC,
			{(const uint8_t *)name, strlen(name)}},
		.max_forward = 5,
		.keep_generations = 3};
	struct rowan_mls *c;

	rowan_mls_host_init(&o.host);
	assert_int_equal(rowan_mls_new(&o, &c), 0);
	return c;
}

/* Ann's commit that adds ${c}, merged; the tree inside the Welcome or not. */
static void invite(struct cast *t, struct rowan_mls *c, bool tree,
	struct rowan_mls_committed *ret)
{
	struct rowan_mls_proposal p = {.type = ROWAN_MLS_ADD};
	const struct rowan_mls_commit_options o = {
		.proposals = &p, .n = 1, .tree = tree};
	struct rowan_mls_buf package;

	assert_int_equal(rowan_mls_key_package(c, NULL, &package, NULL), 0);
	p.key_package = view(&package);
	assert_int_equal(rowan_mls_commit(t->a, &o, ret), 0);
	assert_int_equal(rowan_mls_merge_commit(t->a), 0);
	rowan_mls_buf_free(&package);
}

static int setup(void **state)
{
	static struct cast t;
	struct rowan_mls_committed made;

	t = (struct cast){
		client("ann"), client("bob"), client("eve"), NULL, NULL};
	assert_int_equal(
		rowan_mls_group_create(t.ann, (struct rowan_mls_bytes){NULL, 0},
			(struct rowan_mls_extensions){NULL, 0}, &t.a),
		0);
	invite(&t, t.bob, true, &made);
	assert_int_equal(
		rowan_mls_join(t.bob, view(&made.welcome), NULL, &t.b), 0);
	rowan_mls_committed_free(&made);
	*state = &t;
	return 0;
}

static int teardown(void **state)
{
	struct cast *t = *state;

	rowan_mls_group_free(t->a);
	rowan_mls_group_free(t->b);
	rowan_mls_free(t->ann);
	rowan_mls_free(t->bob);
	rowan_mls_free(t->eve);
	return 0;
}

/* What Bob says to a message; his group is saved as before. */
static int refuse(struct cast *t, struct bytes message)
{
	struct rowan_mls_received *r;
	struct rowan_mls_buf before;
	struct rowan_mls_buf after;
	int rc;

	assert_int_equal(rowan_mls_group_save(t->b, &before), 0);
	rc = rowan_mls_process(t->b, host_out(message), &r);
	rowan_mls_received_free(r);
	assert_int_equal(rowan_mls_group_save(t->b, &after), 0);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, before.len);
	rowan_mls_buf_free(&before);
	rowan_mls_buf_free(&after);
	return rc;
}

/* --- Commits ----------------------------------------------------------- */

/* An honest public commit of Ann's, taken apart. */
struct honest {
	struct rowan_mls_committed made;
	struct mls_message m;
	struct authenticated_content *ac;
	struct commit_stage *stage; /* what it leads to */
};

static void honest(struct cast *t, struct honest *h)
{
	const struct rowan_mls_commit_options o = {.wire.is_public = true};
	struct leaf_policy policy;
	struct epoch_view epoch;

	assert_int_equal(rowan_mls_commit(t->a, &o, &h->made), 0);
	assert_int_equal(
		mls_message_decode(host_in(view(&h->made.commit)), &h->m), 0);
	h->ac = h->m.public_message;
	group_view(t->a, &policy, &epoch);
	assert_int_equal(commit_stage_receive(&epoch, hash_view(&t->a->interim),
				 h->ac, &t->a->cache, &h->stage),
		0);
}

static void honest_free(struct honest *h)
{
	commit_stage_free(h->stage);
	mls_message_wipe(&h->m);
	rowan_mls_committed_free(&h->made);
}

/* Ann's content with this tag, in a PublicMessage with a good membership tag;
 * what Bob says. */
static int send(struct cast *t, struct bytes signed_raw, struct bytes tag)
{
	struct authenticated_content *ac;
	struct hash_value membership;
	struct writer w;
	int rc;

	assert_int_equal(framing_finish(signed_raw, &tag, &ac), 0);
	assert_int_equal(group_membership_tag(t->a, ac, &membership), 0);
	writer_init(&w, MLS_MESSAGE_MAX);
	mls_message_open(&w, WIRE_FORMAT_PUBLIC_MESSAGE);
	public_message_write(&w, ac, hash_view(&membership));
	rc = refuse(t, writer_view(&w));
	writer_wipe(&w);
	authenticated_content_unref(ac);
	return rc;
}

static void wrong_confirmation_tag(void **state)
{
	struct cast *t = *state;
	struct hash_value tag;
	struct honest h;

	honest(t, &h);
	tag.len = h.ac->confirmation_tag.len;
	memcpy(tag.b, h.ac->confirmation_tag.data, tag.len);
	assert_int_equal(send(t, h.ac->signed_raw, hash_view(&tag)), 0);
	tag.b[0] ^= 1;
	assert_int_equal(send(t, h.ac->signed_raw, hash_view(&tag)),
		ROWAN_E_MLS_CONFIRMATION);
	tag.b[0] ^= 1;
	/* "shorter than expected", and empty */
	tag.len--;
	assert_int_equal(send(t, h.ac->signed_raw, hash_view(&tag)),
		ROWAN_E_MLS_CONFIRMATION);
	tag.len = 0;
	assert_int_equal(send(t, h.ac->signed_raw, hash_view(&tag)),
		ROWAN_E_MLS_CONFIRMATION);
	honest_free(&h);
}

/* 6.2: the receiver "MUST check" the membership tag */
static void wrong_membership_tag(void **state)
{
	struct cast *t = *state;
	struct bytes message;
	struct honest h;

	honest(t, &h);
	message = host_in(view(&h.made.commit));
	/* the last 33 bytes are the tag and its header */
	h.made.commit.data[message.len - 1] ^= 1;
	assert_int_equal(refuse(t, message), ROWAN_E_MLS_MEMBERSHIP);
	h.made.commit.data[message.len - 1] ^= 1;
	message.len -= 33;
	assert_int_equal(refuse(t, message), ROWAN_E_MALFORMED);
	/* an empty one */
	h.made.commit.data[message.len] = 0;
	message.len++;
	assert_int_equal(refuse(t, message), ROWAN_E_MLS_MEMBERSHIP);
	honest_free(&h);
}

/* The honest commit with another path secret for Bob; what he says. */
static int with_secret(struct cast *t, const struct honest *h,
	struct bytes secret, bool other_context)
{
	const struct update_path *path = &h->ac->content.commit->path;
	struct update_path_node node = path->nodes[0];
	const uint8_t seed[HPKE_SEED_LEN] = {7};
	const struct hpke_to to = {.suite = t->a->suite,
		.pk = tree_leaf(t->a->tree, t->b->leaf)->encryption_key,
		.label = "UpdatePathNode",
		.context = other_context ? t->a->context->raw
					 : h->stage->provisional->raw,
		.seed = bytes_of(seed, sizeof seed)};
	struct framing_params params = {
		.wire_format = WIRE_FORMAT_PUBLIC_MESSAGE,
		.sender = h->ac->content.sender,
		.content_type = CONTENT_COMMIT,
		.group_id = t->a->context->group_id,
		.epoch = t->a->context->epoch,
		.context = t->a->context};
	struct writer sealed, raw, body;
	struct buf signed_raw;
	int rc;

	assert_int_equal(path->n, 1);
	writer_init(&sealed, 1000);
	writer_init(&raw, 10000);
	writer_init(&body, 10000);
	assert_int_equal(hpke_encrypt_label(&to, secret, &sealed), 0);
	node.encrypted = writer_view(&sealed);
	update_path_write(&raw, path->leaf_node, &node, 1);
	writer_vec(&body, bytes_of(NULL, 0));
	commit_write_path(&body, writer_view(&raw));
	params.body = writer_view(&body);
	assert_int_equal(framing_sign(t->a->suite, &params, client_sk(t->ann),
				 &signed_raw),
		0);
	rc = send(t, buf_view(&signed_raw), h->ac->confirmation_tag);
	buf_wipe(&signed_raw);
	writer_wipe(&sealed);
	writer_wipe(&raw);
	writer_wipe(&body);
	return rc;
}

static void wrong_path_secret(void **state)
{
	const uint8_t secret[33] = {1, 2, 3};
	struct cast *t = *state;
	struct honest h;

	honest(t, &h);
	/* 7.5: the derived key is not the one the path shows */
	assert_int_equal(with_secret(t, &h, bytes_of(secret, 32), false),
		ROWAN_E_MLS_PATH);
	/* too short, too long, nothing */
	assert_int_equal(with_secret(t, &h, bytes_of(secret, 31), false),
		ROWAN_E_MLS_PATH);
	assert_int_equal(with_secret(t, &h, bytes_of(secret, 33), false),
		ROWAN_E_MLS_PATH);
	assert_int_equal(with_secret(t, &h, bytes_of(secret, 0), false),
		ROWAN_E_MLS_PATH);
	/* sealed for another epoch */
	assert_int_equal(with_secret(t, &h, bytes_of(secret, 32), true),
		ROWAN_E_MLS_DECRYPT);
	/* and the honest one is still welcome */
	assert_int_equal(refuse(t, host_in(view(&h.made.commit))), 0);
	honest_free(&h);
}

/* --- Application messages ---------------------------------------------- */

static struct rowan_mls_buf say(struct cast *t)
{
	struct rowan_mls_buf m;

	assert_int_equal(
		rowan_mls_send(t->a,
			(struct rowan_mls_bytes){(const uint8_t *)"hello", 5},
			NULL, &m),
		0);
	return m;
}

static void damaged_private_message(void **state)
{
	struct cast *t = *state;
	struct rowan_mls_buf m = say(t);
	struct bytes raw = host_in(view(&m));
	struct mls_message parts;
	size_t sender;

	assert_int_equal(mls_message_decode(raw, &parts), 0);
	sender = (size_t)(parts.private_message.encrypted_sender_data.data -
			  raw.data);
	m.data[sender] ^= 1;
	assert_int_equal(refuse(t, raw), ROWAN_E_MLS_DECRYPT);
	m.data[sender] ^= 1;
	for (size_t i = 0; i < m.len; i++) {
		int rc;

		m.data[i] ^= 1;
		rc = refuse(t, raw);
		m.data[i] ^= 1;
		assert_int_not_equal(rc, 0);
	}
	/* the ciphertext: of the content, and so of the sender data's sample */
	m.data[m.len - 1] ^= 1;
	assert_int_equal(refuse(t, raw), ROWAN_E_MLS_DECRYPT);
	m.data[m.len - 1] ^= 1;
	for (size_t len = 0; len < m.len; len++)
		assert_int_equal(
			refuse(t, bytes_of(m.data, len)), ROWAN_E_MALFORMED);
	rowan_mls_buf_free(&m);
}

static int hear(struct cast *t, const struct rowan_mls_buf *m)
{
	struct rowan_mls_received *r;
	int rc = rowan_mls_process(t->b, view(m), &r);

	rowan_mls_received_free(r);
	return rc;
}

/* max_forward is 5, keep_generations 3. */
static void generations(void **state)
{
	struct cast *t = *state;
	struct rowan_mls_buf m[13];

	for (size_t i = 0; i < 13; i++)
		m[i] = say(t);
	assert_int_equal(refuse(t, host_in(view(&m[6]))), ROWAN_E_MLS_TOO_FAR);
	assert_int_equal(refuse(t, host_in(view(&m[12]))), ROWAN_E_MLS_TOO_FAR);
	assert_int_equal(hear(t, &m[5]), 0);
	/* used, skipped and kept, skipped and out of the window */
	assert_int_equal(refuse(t, host_in(view(&m[5]))), ROWAN_E_MLS_REPLAY);
	assert_int_equal(hear(t, &m[4]), 0);
	assert_int_equal(refuse(t, host_in(view(&m[4]))), ROWAN_E_MLS_REPLAY);
	assert_int_equal(refuse(t, host_in(view(&m[0]))), ROWAN_E_MLS_REPLAY);
	assert_int_equal(hear(t, &m[9]), 0);
	for (size_t i = 0; i < 13; i++)
		rowan_mls_buf_free(&m[i]);
}

/* Past epochs are not kept here; future ones are not known. */
static void other_epochs(void **state)
{
	struct cast *t = *state;
	struct rowan_mls_buf early = say(t);
	struct rowan_mls_buf late;
	struct honest h;
	struct rowan_mls_received *r;

	honest(t, &h);
	assert_int_equal(rowan_mls_merge_commit(t->a), 0);
	late = say(t);
	assert_int_equal(
		refuse(t, host_in(view(&late))), ROWAN_E_MLS_WRONG_EPOCH);
	assert_int_equal(rowan_mls_process(t->b, view(&h.made.commit), &r), 0);
	assert_int_equal(rowan_mls_accept(t->b, r), 0);
	/* once only */
	assert_int_equal(rowan_mls_accept(t->b, r), ROWAN_E_STATE);
	rowan_mls_received_free(r);
	assert_int_equal(
		refuse(t, host_in(view(&early))), ROWAN_E_MLS_WRONG_EPOCH);
	assert_int_equal(refuse(t, host_in(view(&h.made.commit))),
		ROWAN_E_MLS_WRONG_EPOCH);
	assert_int_equal(hear(t, &late), 0);
	rowan_mls_buf_free(&early);
	rowan_mls_buf_free(&late);
	honest_free(&h);
}

/* --- Welcome ----------------------------------------------------------- */

/* What Eve says; her client is saved as before. */
static int eve_joins(struct cast *t, struct bytes welcome, struct bytes tree)
{
	const struct rowan_mls_join_options o = {.tree = host_out(tree)};
	struct rowan_mls_buf before;
	struct rowan_mls_buf after;
	struct rowan_mls_group *g;
	int rc;

	assert_int_equal(rowan_mls_save(t->eve, &before), 0);
	rc = rowan_mls_join(t->eve, host_out(welcome), &o, &g);
	assert_int_not_equal(rc, 0);
	assert_null(g);
	assert_int_equal(rowan_mls_save(t->eve, &after), 0);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, before.len);
	rowan_mls_buf_free(&before);
	rowan_mls_buf_free(&after);
	return rc;
}

static void bad_welcomes(void **state)
{
	const struct bytes none = {NULL, 0};
	struct cast *t = *state;
	struct rowan_mls_committed made;
	struct rowan_mls_buf tree;
	struct rowan_mls_group *g;
	struct bytes welcome;

	invite(t, t->eve, false, &made);
	welcome = host_in(view(&made.welcome));
	assert_int_equal(rowan_mls_group_tree(t->a, &tree), 0);
	assert_int_equal(eve_joins(t, welcome, none), ROWAN_E_MLS_NO_TREE);
	/* the tree before Eve */
	{
		struct rowan_mls_buf old;

		assert_int_equal(rowan_mls_group_tree(t->b, &old), 0);
		assert_int_equal(eve_joins(t, welcome, host_in(view(&old))),
			ROWAN_E_MLS_TREE);
		rowan_mls_buf_free(&old);
	}
	/* any bit of the Welcome, any bit of the tree */
	for (size_t i = 0; i < welcome.len; i++) {
		made.welcome.data[i] ^= 1;
		(void)eve_joins(t, welcome, host_in(view(&tree)));
		made.welcome.data[i] ^= 1;
	}
	for (size_t i = 0; i < tree.len; i += 3) {
		tree.data[i] ^= 1;
		(void)eve_joins(t, welcome, host_in(view(&tree)));
		tree.data[i] ^= 1;
	}
	/* the sealed GroupInfo is last */
	made.welcome.data[welcome.len - 1] ^= 1;
	assert_int_equal(eve_joins(t, welcome, host_in(view(&tree))),
		ROWAN_E_MLS_DECRYPT);
	made.welcome.data[welcome.len - 1] ^= 1;
	/* Bob has no part in it */
	assert_int_equal(rowan_mls_join(t->bob, host_out(welcome), NULL, &g),
		ROWAN_E_MLS_NOT_FOR_US);
	/* and the good one opens, once */
	{
		const struct rowan_mls_join_options o = {.tree = view(&tree)};

		assert_int_equal(
			rowan_mls_join(t->eve, host_out(welcome), &o, &g), 0);
		rowan_mls_group_free(g);
		assert_int_equal(eve_joins(t, welcome, host_in(view(&tree))),
			ROWAN_E_MLS_NOT_FOR_US);
	}
	rowan_mls_buf_free(&tree);
	rowan_mls_committed_free(&made);
}

static void bad_group_infos(void **state)
{
	const struct rowan_mls_group_info_options all = {true, true};
	const struct rowan_mls_group_info_options closed = {false, true};
	const struct rowan_mls_group_info_options bare = {true, false};
	struct cast *t = *state;
	struct rowan_mls_group *g;
	struct rowan_mls_buf commit;
	struct rowan_mls_buf info;

	assert_int_equal(rowan_mls_group_info(t->a, &closed, &info), 0);
	assert_int_equal(
		rowan_mls_external_join(t->eve, view(&info), NULL, &g, &commit),
		ROWAN_E_MLS_EXTENSION);
	rowan_mls_buf_free(&info);
	assert_int_equal(rowan_mls_group_info(t->a, &bare, &info), 0);
	assert_int_equal(
		rowan_mls_external_join(t->eve, view(&info), NULL, &g, &commit),
		ROWAN_E_MLS_NO_TREE);
	rowan_mls_buf_free(&info);
	assert_int_equal(rowan_mls_group_info(t->a, &all, &info), 0);
	for (size_t i = 0; i < info.len; i++) {
		info.data[i] ^= 1;
		assert_int_not_equal(rowan_mls_external_join(t->eve,
					     view(&info), NULL, &g, &commit),
			0);
		assert_null(g);
		info.data[i] ^= 1;
	}
	info.data[info.len - 1] ^= 1;
	assert_int_equal(
		rowan_mls_external_join(t->eve, view(&info), NULL, &g, &commit),
		ROWAN_E_MLS_SIGNATURE);
	rowan_mls_buf_free(&info);
}

/*
 * 10: "Extensions included in the extensions or leaf_node.extensions fields
 * MUST be included in the leaf_node.capabilities field."
 */
static void last_resorts_say_so(void **state)
{
	struct cast *t = *state;

	for (int last = 0; last < 2; last++) {
		const struct rowan_mls_key_package_options o = {
			.last_resort = last == 1};
		struct rowan_mls_buf package;
		struct mls_message m;
		struct bytes data;

		assert_int_equal(
			rowan_mls_key_package(t->eve, &o, &package, NULL), 0);
		assert_int_equal(
			mls_message_decode(
				bytes_of(package.data, package.len), &m),
			0);
		assert_int_equal(extension_find(m.key_package.extensions,
					 EXTENSION_LAST_RESORT, &data),
			last == 1);
		assert_int_equal(capabilities_extension(
					 &m.key_package.leaf_node->capabilities,
					 EXTENSION_LAST_RESORT),
			last == 1);
		mls_message_wipe(&m);
		rowan_mls_buf_free(&package);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(wrong_confirmation_tag),
		TEST(wrong_membership_tag),
		TEST(wrong_path_secret),
		TEST(damaged_private_message),
		TEST(generations),
		TEST(other_epochs),
		TEST(bad_welcomes),
		TEST(bad_group_infos),
		TEST(last_resorts_say_so),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
