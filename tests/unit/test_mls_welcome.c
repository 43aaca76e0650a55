/*
 * Welcomes a malicious member makes: well sealed and well signed, and each
 * wrong in one thing (RFC 9420 sections 11.2, 11.3, 12.4.3.1). The newcomer's
 * client is saved as before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "crypto/hpke.h"
#include "lib/suites.h"
#include "mls/member/group/group.h"
#include "mls/public/object/extension.h"
#include "mls/public/tree/tree_codec.h"
#include "mls/public/tree/tree_hash.h"
#include "mls/public/tree/tree_path.h"
#include "mls/public/object/welcome.h"

/* Ann makes the Welcomes. Bob was in a group with her before. */
struct cast {
	struct rowan_mls *ann, *bob, *cid;
	struct rowan_mls_group *a, *b;
};

static struct bytes held(const struct rowan_mls_buf *b)
{
	return bytes_of(b->data, b->len);
}

/* The one external PSK that everybody knows. */
static const char psk_name[] = "known";
static uint8_t psk_value[32] = {7, 7, 7};

static int host_psk(
	void *ctx, struct rowan_mls_bytes id, uint8_t *ret, size_t *len)
{
	if (!bytes_eq(host_in(id), bytes_of(psk_name, strlen(psk_name))))
		return 1;
	memcpy(ret, psk_value, sizeof psk_value);
	*len = sizeof psk_value;
	return 0;
}

static struct rowan_mls *client(const char *name)
{
	struct rowan_mls_options o = {
		.credential = {ROWAN_MLS_BASIC, {(const uint8_t *)name, 3}}};
	struct rowan_mls *c;

	rowan_mls_host_init(&o.host);
	o.host.psk = host_psk;
	assert_int_equal(client_new(&o, suites_all(), &c), 0);
	return c;
}

static int setup(void **state)
{
	static struct cast t;
	struct rowan_mls_proposal p = {.type = ROWAN_MLS_ADD};
	const struct rowan_mls_commit_options o = {
		.proposals = &p, .n = 1, .tree = true};
	struct rowan_mls_committed made;
	struct rowan_mls_buf package;

	t = (struct cast){
		client("ann"), client("bob"), client("cid"), NULL, NULL};
	assert_int_equal(rowan_mls_key_package(t.bob, NULL, &package, NULL), 0);
	p.key_package = host_out(held(&package));
	assert_int_equal(
		rowan_mls_group_create(t.ann,
			(struct rowan_mls_bytes){(const uint8_t *)"old", 3},
			(struct rowan_mls_extensions){NULL, 0}, &t.a),
		0);
	assert_int_equal(rowan_mls_commit(t.a, &o, &made), 0);
	assert_int_equal(rowan_mls_merge_commit(t.a), 0);
	assert_int_equal(rowan_mls_join(t.bob, host_out(held(&made.welcome)),
				 NULL, &t.b),
		0);
	rowan_mls_committed_free(&made);
	rowan_mls_buf_free(&package);
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
	rowan_mls_free(t->cid);
	return 0;
}

/* How a Welcome departs from a good one; zero means not at all. */
struct craft {
	uint64_t epoch; /* 1 */
	const char *group_id;
	uint16_t suite;
	uint16_t outer_suite; /* the Welcome's own */
	bool extended; /* the group requires something, if nothing much */
	bool no_tree_hash;
	bool confirmation;   /* wrong tag */
	bool without_bob;    /* he is not in the tree */
	bool with_cid;	     /* he is */
	bool short_info;     /* sealed GroupInfo shorter than a tag */
	bool torn_info;	     /* one bit of it */
	bool long_joiner;    /* a joiner secret longer than any hash */
	struct bytes path;   /* a path secret */
	bool empty_path;     /* one of no bytes */
	bool with_path;	     /* which the root's key is derived from */
	struct psk_id id[2]; /* PSKs named; their value is the resumption's */
	size_t ids;
	bool resume; /* Bob says what group is resumed */
};

static void add_cid(struct cast *t, struct tree *tree)
{
	struct rowan_mls_buf package;
	struct key_package kp;
	uint32_t at;

	assert_int_equal(
		rowan_mls_key_package(t->cid, NULL, &package, NULL), 0);
	/* without MLSMessage around it */
	assert_int_equal(
		key_package_decode(
			bytes_of(package.data + 4, package.len - 4), &kp),
		0);
	assert_int_equal(tree_add(tree, kp.leaf_node, &at), 0);
	key_package_wipe(&kp);
	rowan_mls_buf_free(&package);
}

/* Ann's path: one node, the root, from a secret of any length. */
static void put_path(struct cast *t, const struct craft *c, struct tree *tree)
{
	const struct suite *s = t->ann->suite;
	struct leaf_node *old = tree_leaf(tree, 0), *leaf;
	uint8_t leaf_pk[HPKE_PK_MAX], pk[HPKE_PK_MAX];
	struct bytes key = bytes_of(pk, s->kem_pk_len);
	struct leaf_node_params params = {
		.encryption_key = bytes_of(leaf_pk, s->kem_pk_len),
		.signature_key = old->signature_key,
		.credential_type = old->credential.type,
		.credential = old->credential.content,
		.capabilities = &old->capabilities,
		.source = LEAF_NODE_COMMIT,
		.place = {bytes_of("new", 3), 0}};
	struct secret secret, sk;
	struct tree_path plan;

	assert_int_equal(secret_set(&secret, c->path), 0);
	assert_int_equal(treekem_derive(s, &secret, &sk, pk), 0);
	secret = (struct secret){.b = {1}, .len = 32};
	assert_int_equal(treekem_derive(s, &secret, &sk, leaf_pk), 0);
	assert_int_equal(tree_path_plan(tree, 0, &key, 1, &plan), 0);
	params.parent_hash = hash_view(&plan.leaf_parent_hash);
	assert_int_equal(
		leaf_node_new(s, &params, client_sk(t->ann), &leaf), 0);
	tree_path_apply(tree, &plan, leaf);
	leaf_node_unref(leaf);
	tree_path_free(&plan);
}

/* A tree of Ann and, mostly, Bob. */
static struct tree *make_tree(
	struct cast *t, const struct craft *c, struct leaf_node *bob)
{
	struct rowan_mls_group *g;
	struct tree *tree;
	uint32_t at;

	assert_int_equal(rowan_mls_group_create(t->ann,
				 (struct rowan_mls_bytes){NULL, 0},
				 (struct rowan_mls_extensions){NULL, 0}, &g),
		0);
	assert_int_equal(tree_copy(g->tree, &tree), 0);
	rowan_mls_group_free(g);
	if (!c->without_bob)
		assert_int_equal(tree_add(tree, bob, &at), 0);
	if (c->with_cid)
		add_cid(t, tree);
	if (c->with_path)
		put_path(t, c, tree);
	return tree;
}

/* required_capabilities with three empty lists */
static const uint8_t require_nothing[] = {0, 3, 3, 0, 0, 0};

static struct group_context *make_context(
	const struct craft *c, const struct tree *tree)
{
	const char *id = c->group_id != NULL ? c->group_id : "new";
	struct group_context fields = {
		.cipher_suite = c->suite != 0 ? c->suite : 3,
		.group_id = bytes_of(id, strlen(id)),
		.epoch = c->epoch != 0 ? c->epoch : 1,
		.confirmed_transcript_hash = bytes_of(id, 1)};
	struct group_context *context;
	struct hash_value hash;

	if (c->extended)
		fields.extensions = bytes_of(require_nothing, 6);
	tree_hash(tree, &hash);
	if (!c->no_tree_hash)
		fields.tree_hash = hash_view(&hash);
	assert_int_equal(group_context_new(&fields, &context), 0);
	return context;
}

/* All the secrets a Welcome is about. */
struct keys {
	struct secret joiner, psk, welcome;
	struct epoch_secrets epoch;
	struct epoch_start start;
	uint8_t key[AEAD_KEY_MAX], nonce[AEAD_NONCE_MAX];
};

static struct buf psk_of(struct cast *t, const struct psk_id *id)
{
	if (id->type == PSK_EXTERNAL)
		return (struct buf){psk_value, sizeof psk_value};
	return (struct buf){id->psk_epoch < t->a->context->epoch
				    ? t->a->resumptions->psk.b
				    : t->a->secrets.resumption.b,
		t->ann->suite->hash->len};
}

static void make_keys(struct cast *t, const struct craft *c,
	const struct group_context *context, struct keys *k)
{
	const struct suite *s = t->ann->suite;
	const struct key_schedule_input in = {
		&k->joiner, &k->psk, context->raw};
	struct psk psks[2] = {{.id = c->id[0]}, {.id = c->id[1]}};

	*k = (struct keys){.joiner = {{1, 2, 3}, 32}};
	for (size_t i = 0; i < c->ids; i++)
		psks[i].value = psk_of(t, &c->id[i]);
	assert_int_equal(psk_secret(s, psks, c->ids, &k->psk), 0);
	assert_int_equal(
		key_schedule_welcome(s, &k->joiner, &k->psk, &k->welcome), 0);
	assert_int_equal(
		key_schedule_welcome_key(s, &k->welcome, k->key, k->nonce), 0);
	assert_int_equal(key_schedule_epoch(s, &in, &k->epoch, &k->start), 0);
}

static struct buf seal_info(struct cast *t, const struct craft *c,
	const struct keys *k, struct group_context *context,
	const struct tree *tree)
{
	const struct aead *aead = t->ann->suite->aead;
	struct group_info fields = {.context = context};
	struct hash_value tag;
	struct buf nodes, info, sealed;
	struct writer w;

	key_schedule_tag(t->ann->suite, &k->epoch.confirmation,
		context->confirmed_transcript_hash, &tag);
	tag.b[0] ^= c->confirmation;
	assert_int_equal(tree_encode(tree, &nodes), 0);
	writer_init(&w, 100000);
	extension_write(&w, EXTENSION_RATCHET_TREE, buf_view(&nodes));
	fields.extensions = writer_view(&w);
	fields.confirmation_tag = hash_view(&tag);
	assert_int_equal(group_info_new(t->ann->suite, &fields,
				 client_sk(t->ann), &info),
		0);
	assert_int_equal(buf_alloc(&sealed, info.len + aead->tag_len), 0);
	assert_int_equal(aead->seal(k->key, k->nonce, bytes_of(NULL, 0),
				 buf_view(&info), sealed.data),
		0);
	sealed.data[sealed.len - 1] ^= c->torn_info;
	if (c->short_info)
		sealed.len = aead->tag_len - 1;
	writer_wipe(&w);
	buf_wipe(&nodes);
	buf_wipe(&info);
	return sealed;
}

static const uint8_t endless[SECRET_MAX + 1];

static struct buf make_welcome(
	struct cast *t, const struct craft *c, const struct key_package *kp)
{
	const uint8_t seed[HPKE_SEED_LEN] = {5};
	struct hpke_to to = {.suite = t->ann->suite,
		.pk = kp->init_key,
		.label = "Welcome",
		.seed = bytes_of(seed, sizeof seed)};
	struct welcome fields = {
		.cipher_suite = c->outer_suite != 0 ? c->outer_suite : 3};
	struct group_secrets secrets = {
		.has_path_secret = c->path.len > 0 || c->empty_path,
		.path_secret = c->path};
	struct tree *tree = make_tree(t, c, kp->leaf_node);
	struct group_context *context = make_context(c, tree);
	struct writer psks, plain, list, all;
	struct hash_value ref;
	struct buf sealed, ret;
	struct keys k;

	make_keys(t, c, context, &k);
	sealed = seal_info(t, c, &k, context, tree);
	writer_init(&psks, 1000);
	writer_init(&plain, 1000);
	writer_init(&list, 10000);
	writer_init(&all, 100000);
	for (size_t i = 0; i < c->ids; i++)
		psk_id_write(&psks, &c->id[i]);
	secrets.joiner_secret = c->long_joiner
					? bytes_of(endless, SECRET_MAX + 1)
					: secret_view(&k.joiner);
	secrets.psks = writer_view(&psks);
	group_secrets_write(&plain, &secrets);
	key_package_ref(t->ann->suite, kp, &ref);
	writer_vec(&list, hash_view(&ref));
	to.context = buf_view(&sealed);
	assert_int_equal(
		hpke_encrypt_label(&to, writer_view(&plain), &list), 0);
	fields.secrets = writer_view(&list);
	fields.encrypted_group_info = buf_view(&sealed);
	mls_message_open(&all, WIRE_FORMAT_WELCOME);
	welcome_write(&all, &fields);
	assert_int_equal(writer_finish(&all, &ret), 0);
	writer_wipe(&psks);
	writer_wipe(&plain);
	writer_wipe(&list);
	buf_wipe(&sealed);
	group_context_unref(context);
	tree_free(tree);
	return ret;
}

/* What Bob says. */
static int joins(struct cast *t, const struct craft *c)
{
	const struct rowan_mls_join_options o = {
		.resuming = c->resume ? t->b : NULL};
	struct rowan_mls_buf before, after, package;
	struct rowan_mls_group *g;
	struct key_package kp;
	struct buf welcome;
	int rc;

	assert_int_equal(
		rowan_mls_key_package(t->bob, NULL, &package, NULL), 0);
	assert_int_equal(rowan_mls_save(t->bob, &before), 0);
	/* without MLSMessage around it */
	assert_int_equal(
		key_package_decode(
			bytes_of(package.data + 4, package.len - 4), &kp),
		0);
	welcome = make_welcome(t, c, &kp);
	rc = rowan_mls_join(t->bob, host_out(buf_view(&welcome)), &o, &g);
	if (rc == 0) {
		rowan_mls_group_free(g);
	} else {
		assert_null(g);
		assert_int_equal(rowan_mls_save(t->bob, &after), 0);
		assert_true(bytes_eq(held(&before), held(&after)));
		rowan_mls_buf_free(&after);
	}
	buf_wipe(&welcome);
	key_package_wipe(&kp);
	rowan_mls_buf_free(&package);
	rowan_mls_buf_free(&before);
	return rc;
}

static void what_a_newcomer_checks(void **state)
{
	const uint8_t secret[32] = {9};
	struct cast *t = *state;

	assert_int_equal(joins(t, &(struct craft){0}), 0);
	assert_int_equal(joins(t, &(struct craft){.extended = true}), 0);
	assert_int_equal(joins(t, &(struct craft){.confirmation = true}),
		ROWAN_E_MLS_CONFIRMATION);
	assert_int_equal(
		joins(t, &(struct craft){.suite = 1}), ROWAN_E_MLS_SUITE);
	/* the Welcome's: not one of Bob's, and one for another of his keys */
	assert_int_equal(
		joins(t, &(struct craft){.outer_suite = 7}), ROWAN_E_MLS_SUITE);
	assert_int_equal(joins(t, &(struct craft){.outer_suite = 1}),
		ROWAN_E_MLS_NOT_FOR_US);
	assert_int_equal(joins(t, &(struct craft){.no_tree_hash = true}),
		ROWAN_E_MLS_TREE);
	assert_int_equal(joins(t, &(struct craft){.without_bob = true}),
		ROWAN_E_MLS_NOT_FOR_US);
	assert_int_equal(joins(t, &(struct craft){.short_info = true}),
		ROWAN_E_MLS_DECRYPT);
	assert_int_equal(joins(t, &(struct craft){.torn_info = true}),
		ROWAN_E_MLS_DECRYPT);
	assert_int_equal(joins(t, &(struct craft){.long_joiner = true}),
		ROWAN_E_MALFORMED);
	/* a path secret, where there was no path; of a wrong length */
	assert_int_equal(
		joins(t, &(struct craft){.path = bytes_of(secret, 32)}),
		ROWAN_E_MLS_PATH);
	assert_int_equal(
		joins(t, &(struct craft){.path = bytes_of(secret, 31)}),
		ROWAN_E_MLS_PATH);
	/* Bob expects the successor of his group, and this one is none. */
	assert_int_equal(
		joins(t, &(struct craft){.resume = true}), ROWAN_E_MLS_PSK);
}

/*
 * 7.4: a path secret is KDF.Nh bytes. One of another length derives a key
 * all the same, and Ann has put that key into the tree.
 */
static void what_a_path_secret_is(void **state)
{
	static const uint8_t secret[SECRET_MAX] = {9};
	static const size_t wrong[] = {0, 1, 31, 33, SECRET_MAX};
	struct craft c = {.path = bytes_of(secret, 32), .with_path = true};
	struct cast *t = *state;

	assert_int_equal(joins(t, &c), 0);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		c.path.len = wrong[i];
		c.empty_path = wrong[i] == 0;
		assert_int_equal(joins(t, &c), ROWAN_E_MLS_PATH);
	}
}

static const uint8_t nonce[32] = {4};

/* The resumption PSK of the group Bob was in. */
static struct psk_id resumption(const struct cast *t, enum psk_usage usage)
{
	return (struct psk_id){.type = PSK_RESUMPTION,
		.usage = (uint8_t)usage,
		.id = t->b->context->group_id,
		.psk_epoch = t->b->context->epoch,
		.nonce = bytes_of(nonce, sizeof nonce)};
}

static void what_psks_may_be_named(void **state)
{
	struct cast *t = *state;
	struct craft c = {.ids = 1, .resume = true};

	/* not ours; of an epoch and a group we do not know */
	c.id[0] = (struct psk_id){.type = PSK_EXTERNAL,
		.id = bytes_of("x", 1),
		.nonce = bytes_of(nonce, sizeof nonce)};
	assert_int_equal(joins(t, &c), ROWAN_E_MLS_PSK);
	c.id[0] = resumption(t, PSK_USAGE_APPLICATION);
	c.id[0].psk_epoch += 7;
	assert_int_equal(joins(t, &c), ROWAN_E_MLS_PSK);
	c.id[0] = resumption(t, PSK_USAGE_APPLICATION);
	c.id[0].id = bytes_of("elsewhere", 9);
	assert_int_equal(joins(t, &c), ROWAN_E_MLS_PSK);
	/* 12.1.4: psk_nonce not "of length KDF.Nh" */
	c.id[0] = resumption(t, PSK_USAGE_APPLICATION);
	assert_int_equal(joins(t, &c), 0);
	c.id[0].nonce.len--;
	assert_int_equal(joins(t, &c), ROWAN_E_MLS_PSK);
	/* the same one twice */
	c.id[0] = c.id[1] = resumption(t, PSK_USAGE_APPLICATION);
	c.ids = 2;
	assert_int_equal(joins(t, &c), ROWAN_E_MLS_PSK);
	/* 12.4.3.1: with usage branch, "the only such PSK" */
	c.id[0] = resumption(t, PSK_USAGE_BRANCH);
	c.id[1] = resumption(t, PSK_USAGE_REINIT);
	assert_int_equal(joins(t, &c), ROWAN_E_MLS_PSK);
}

/* PSKs that link the new group to no old one. */
static void what_psks_are_taken(void **state)
{
	static const uint8_t other[32] = {5};
	struct cast *t = *state;
	struct craft c = {.ids = 1};

	c.id[0] = (struct psk_id){.type = PSK_EXTERNAL,
		.id = bytes_of(psk_name, strlen(psk_name)),
		.nonce = bytes_of(nonce, sizeof nonce)};
	assert_int_equal(joins(t, &c), 0);
	/* Bob expects the successor of his group. */
	c.resume = true;
	assert_int_equal(joins(t, &c), ROWAN_E_MLS_PSK);
	/* two that are for the application's use, not to resume with */
	c.id[0] = c.id[1] = resumption(t, PSK_USAGE_APPLICATION);
	c.id[1].nonce = bytes_of(other, sizeof other);
	c.ids = 2;
	assert_int_equal(joins(t, &c), 0);
}

static void what_a_branch_is(void **state)
{
	struct cast *t = *state;
	struct craft c = {.ids = 1, .resume = true};

	c.id[0] = resumption(t, PSK_USAGE_BRANCH);
	assert_int_equal(joins(t, &c), 0);
	/* not asked for */
	c.resume = false;
	assert_int_equal(joins(t, &c), ROWAN_E_MLS_PSK);
	c.resume = true;
	/* 11.3: "The epoch in the Welcome message MUST be 1" */
	c.epoch = 2;
	assert_int_equal(joins(t, &c), ROWAN_E_MLS_PSK);
	c.epoch = 1;
	/* the group it branches from */
	c.group_id = "old";
	assert_int_equal(joins(t, &c), ROWAN_E_MLS_PSK);
	c.group_id = NULL;
	/* 11.3: each leaf in it "MUST match some LeafNode in the original" */
	c.with_cid = true;
	assert_int_equal(joins(t, &c), ROWAN_E_MLS_PSK);
	c.with_cid = false;
	/* a reinitialization nobody has committed */
	c.id[0] = resumption(t, PSK_USAGE_REINIT);
	assert_int_equal(joins(t, &c), ROWAN_E_MLS_PSK);
}

/* Ann commits one proposal in the old group, and Bob follows. */
static void commit(struct cast *t, const struct rowan_mls_proposal *p)
{
	const struct rowan_mls_commit_options o = {.proposals = p, .n = 1};
	struct rowan_mls_received *r;
	struct rowan_mls_committed made;

	assert_int_equal(rowan_mls_commit(t->a, &o, &made), 0);
	assert_int_equal(rowan_mls_merge_commit(t->a), 0);
	assert_int_equal(
		rowan_mls_process(t->b, host_out(held(&made.commit)), &r), 0);
	assert_int_equal(rowan_mls_accept(t->b, r), 0);
	rowan_mls_received_free(r);
	rowan_mls_committed_free(&made);
}

static void what_a_reinit_is(void **state)
{
	const struct rowan_mls_proposal reinit = {.type = ROWAN_MLS_REINIT,
		.group_id = {(const uint8_t *)"new", 3}};
	struct rowan_mls_proposal more = {.type = ROWAN_MLS_ADD};
	struct cast *t = *state;
	struct craft c = {.ids = 1, .resume = true, .with_cid = true};
	struct rowan_mls_buf package;

	assert_int_equal(
		rowan_mls_key_package(t->cid, NULL, &package, NULL), 0);
	more.key_package = host_out(held(&package));
	commit(t, &more);
	commit(t, &reinit);
	c.id[0] = resumption(t, PSK_USAGE_REINIT);
	assert_int_equal(joins(t, &c), 0);
	/* 11.2: group id and the rest "MUST be the same as" in the ReInit */
	c.group_id = "other";
	assert_int_equal(joins(t, &c), ROWAN_E_MLS_PSK);
	c.group_id = NULL;
	c.extended = true;
	assert_int_equal(joins(t, &c), ROWAN_E_MLS_PSK);
	c.extended = false;
	c.epoch = 2;
	assert_int_equal(joins(t, &c), ROWAN_E_MLS_PSK);
	c.epoch = 1;
	/* 11.2: its epoch is "the epoch after the Commit" with the ReInit */
	c.id[0].psk_epoch--;
	assert_int_equal(joins(t, &c), ROWAN_E_MLS_PSK);
	c.id[0].psk_epoch++;
	/* 12.4.3.1: "all the members of the old group are also members" */
	c.with_cid = false;
	assert_int_equal(joins(t, &c), ROWAN_E_MLS_PSK);
	rowan_mls_buf_free(&package);
}

/* What is no Welcome is not joined by, what is no GroupInfo neither. */
static void wrong_kind_of_message(void **state)
{
	struct cast *t = *state;
	struct rowan_mls_buf package, commit;
	struct rowan_mls_received *r;
	struct rowan_mls_group *g;

	assert_int_equal(
		rowan_mls_key_package(t->bob, NULL, &package, NULL), 0);
	assert_int_equal(
		rowan_mls_join(t->bob, host_out(held(&package)), NULL, &g),
		ROWAN_E_REFUSED);
	assert_int_equal(rowan_mls_external_join(t->bob,
				 host_out(held(&package)), NULL, &g, &commit),
		ROWAN_E_REFUSED);
	assert_int_equal(rowan_mls_process(t->b, host_out(held(&package)), &r),
		ROWAN_E_REFUSED);
	rowan_mls_buf_free(&package);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_a_newcomer_checks),
		TEST(what_a_path_secret_is),
		TEST(what_psks_may_be_named),
		TEST(what_psks_are_taken),
		TEST(what_a_branch_is),
		TEST(what_a_reinit_is),
		TEST(wrong_kind_of_message),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
