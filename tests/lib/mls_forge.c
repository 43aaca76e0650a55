/*
 * A malicious member: see mls_forge.h.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "lib/mls_forge.h"
#include "lib/suites.h"
#include "mls/public/object/extension.h"
#include "mls/public/tree/tree_codec.h"
#include "mls/public/tree/tree_hash.h"
#include "mls/public/tree/tree_path.h"

static const uint8_t versions[] = {0, 1}, suites[] = {0, 1, 0, 3};
static const uint8_t extensions[] = {0xf0, 0x01}, proposals[] = {0xf0, 0x02};
static const uint8_t credentials[] = {0, 1, 0, 3};
static const uint8_t group_id[] = "forged";

static void must(int rc)
{
	if (rc != 0)
		abort();
}

struct bytes forge_key(struct forge *f)
{
	memset(f->key, 0xf0, sizeof f->key);
	f->fresh++;
	memcpy(f->key, &f->fresh, sizeof f->fresh);
	return bytes_of(f->key, f->suite->kem_pk_len);
}

struct leaf_node *forge_leaf(struct forge *f, const struct forge_leaf *l)
{
	static const char name[] = "person";
	struct bytes id = f->group == NULL ? bytes_of(group_id, sizeof group_id)
					   : f->group->context->group_id;
	uint8_t identity[sizeof name] = "person";
	struct leaf_node_params params = {
		.encryption_key = l->key.len > 0 ? l->key : forge_key(f),
		.signature_key = bytes_of(f->person[l->person].pk, 32),
		.credential_type = l->credential_type != 0 ? l->credential_type
							   : CREDENTIAL_BASIC,
		.credential = bytes_of(identity, sizeof identity),
		.capabilities = l->caps != NULL ? l->caps : &f->caps,
		.source = l->source != 0 ? l->source : LEAF_NODE_KEY_PACKAGE,
		.not_before = l->not_before,
		.not_after = l->not_after != 0 ? l->not_after : UINT64_MAX,
		.parent_hash = l->parent_hash,
		.extensions = l->extensions,
		.place = {l->group_id.len > 0 ? l->group_id : id, l->index},
	};
	struct leaf_node *ret, *bad;
	uint8_t *raw;

	identity[sizeof name - 1] = (uint8_t)l->person;
	must(leaf_node_new(f->suite, &params,
		bytes_of(f->person[l->person].sk, f->suite->sig->sk_len),
		&ret));
	if (!l->bad_signature)
		return ret;
	raw = malloc(ret->raw.len);
	if (raw == NULL)
		abort();
	memcpy(raw, ret->raw.data, ret->raw.len);
	raw[ret->raw.len - 1] ^= 1;
	must(leaf_node_decode(bytes_of(raw, ret->raw.len), &bad));
	leaf_node_unref(ret);
	free(raw);
	return bad;
}

void forge_package(struct forge *f, const struct forge_leaf *leaf,
	struct bytes init_key, struct buf *ret)
{
	struct leaf_node *node = forge_leaf(f, leaf);
	struct key_package_params params = {
		.init_key = init_key.len > 0 ? init_key : forge_key(f),
		.leaf_node = node};

	must(key_package_new(f->suite, &params,
		bytes_of(f->person[leaf->person].sk, f->suite->sig->sk_len),
		ret));
	leaf_node_unref(node);
}

/* A GroupInfo of the first epoch, signed by leaf 0. */
static void info(struct forge *f, const struct tree *t, struct bytes ext,
	struct buf *ret)
{
	uint8_t tag[HASH_MAX] = {1};
	struct hash_value hash;
	struct group_context fields = {.cipher_suite = f->suite->id,
		.group_id = bytes_of(group_id, sizeof group_id),
		.epoch = 5,
		.extensions = ext};
	struct group_info gi = {
		.confirmation_tag = bytes_of(tag, f->suite->hash->len)};
	struct buf body;

	tree_hash(t, &hash);
	fields.tree_hash = hash_view(&hash);
	fields.confirmed_transcript_hash = hash_view(&hash);
	must(group_context_new(&fields, &gi.context));
	must(group_info_new(f->suite, &gi,
		bytes_of(f->person[0].sk, f->suite->sig->sk_len), &body));
	must(mls_message_wrap(WIRE_FORMAT_GROUP_INFO, buf_view(&body), ret));
	group_context_unref(gi.context);
	buf_wipe(&body);
}

void forge_begin(struct forge *f, unsigned members, struct bytes ext)
{
	struct public_group_params params = {.suites = suites_all()};
	struct buf raw, gi;
	struct tree *t;
	uint32_t leaf;

	*f = (struct forge){.suite = suites_find(3)};
	f->caps = (struct capabilities){bytes_of(versions, 2),
		bytes_of(suites, 4), bytes_of(extensions, 2),
		bytes_of(proposals, 2), bytes_of(credentials, 4)};
	for (unsigned i = 0; i < FORGE_PEOPLE; i++) {
		uint8_t seed[32] = {9, (uint8_t)i};

		must(suite_sign_keys(f->suite, bytes_of(seed, sizeof seed),
			f->person[i].sk, f->person[i].pk));
	}
	must(tree_new(f->suite, &t));
	for (unsigned i = 0; i < members; i++) {
		struct leaf_node *node =
			forge_leaf(f, &(struct forge_leaf){.person = i});

		must(tree_add(t, node, &leaf));
		leaf_node_unref(node);
	}
	info(f, t, ext, &gi);
	must(tree_encode(t, &raw));
	params.policy = &f->policy;
	params.group_info = buf_view(&gi);
	params.tree = buf_view(&raw);
	must(public_group_new(&params, &f->group));
	buf_wipe(&gi);
	buf_wipe(&raw);
	tree_free(t);
}

void forge_end(struct forge *f)
{
	public_group_free(f->group);
	f->group = NULL;
}

/* Over the content: an honest tag, or one of any other length. */
static struct bytes membership_tag(struct forge *f,
	const struct forge_message *m, const struct authenticated_content *ac,
	struct hash_value *mem)
{
	struct buf tbm;

	*mem = (struct hash_value){.len = f->suite->hash->len};
	if (f->membership != NULL) {
		must(framing_tbm(ac, f->group->context, &tbm));
		suite_hmac(f->suite, secret_view(f->membership), buf_view(&tbm),
			mem);
		buf_wipe(&tbm);
	}
	if (m->bad_membership)
		mem->b[0] ^= 1;
	if (m->membership != SIZE_MAX)
		mem->len = m->membership;
	return hash_view(mem);
}

void forge_message(
	struct forge *f, const struct forge_message *m, struct buf *ret)
{
	const struct group_context *gc = f->group->context;
	uint8_t mem[HASH_MAX] = {3};
	struct bytes tag =
		bytes_of(mem, m->confirmation == SIZE_MAX ? f->suite->hash->len
							  : m->confirmation);
	struct framing_params params = {
		.wire_format = WIRE_FORMAT_PUBLIC_MESSAGE,
		.sender = m->sender,
		.content_type =
			m->content_type != 0 ? m->content_type : CONTENT_COMMIT,
		.body = m->body,
		.group_id = m->group_id.len > 0 ? m->group_id : gc->group_id,
		.epoch = m->other_epoch ? m->epoch : gc->epoch,
		.context = gc,
	};
	struct authenticated_content *ac;
	struct hash_value member;
	struct buf signed_raw;
	struct writer w;

	must(framing_sign(f->suite, &params,
		bytes_of(f->person[m->signer].sk, f->suite->sig->sk_len),
		&signed_raw));
	if (m->bad_signature)
		signed_raw.data[signed_raw.len - 1] ^= 1;
	must(framing_finish(buf_view(&signed_raw),
		params.content_type == CONTENT_COMMIT ? &tag : NULL, &ac));
	writer_init(&w, MLS_MESSAGE_MAX);
	mls_message_open(&w, WIRE_FORMAT_PUBLIC_MESSAGE);
	public_message_write(&w, ac, membership_tag(f, m, ac, &member));
	must(writer_finish(&w, ret));
	authenticated_content_unref(ac);
	buf_wipe(&signed_raw);
}

/* Rubbish for everybody in the resolution, and ${more} others. */
static void ciphertexts(struct writer *w, const struct tree *t, uint32_t node,
	const struct leaf_set *without, int more)
{
	struct node_list res = {0};
	struct hpke_ciphertext c = {
		bytes_of(extensions, 2), bytes_of(extensions, 2)};

	must(tree_resolution(t, node, without, &res));
	for (int i = 0; i < (int)res.len + more; i++)
		hpke_ciphertext_write(w, &c);
	node_list_free(&res);
}

void forge_path(struct forge *f, const struct tree *tree, uint32_t leaf,
	const struct forge_path *path, struct buf *ret)
{
	uint8_t mem[TREE_MATH_PATH_MAX][32];
	struct bytes keys[TREE_MATH_PATH_MAX];
	struct update_path_node nodes[TREE_MATH_PATH_MAX] = {0};
	struct writer lists[TREE_MATH_PATH_MAX];
	struct forge_leaf want = path->leaf;
	struct filtered_path fp;
	struct tree_path plan;
	struct leaf_node *node;
	struct writer w;
	size_t n;

	tree_filtered_path(tree, leaf, &fp);
	for (unsigned i = 0; i < fp.len; i++) {
		memcpy(mem[i], forge_key(f).data, sizeof mem[i]);
		keys[i] = bytes_of(mem[i], sizeof mem[i]);
	}
	if (path->first_key.len > 0 && fp.len > 0)
		keys[0] = path->first_key;
	must(tree_path_plan(tree, leaf, keys, fp.len, &plan));
	if (path->bad_parent_hash)
		plan.leaf_parent_hash.b[0] ^= 1;
	if (path->no_parent_hash)
		plan.leaf_parent_hash.len = 0;
	want.parent_hash = hash_view(&plan.leaf_parent_hash);
	if (want.source == 0)
		want.source = LEAF_NODE_COMMIT;
	node = forge_leaf(f, &want);

	n = (size_t)((int)fp.len + path->nodes);
	for (size_t i = 0; i < n; i++) {
		writer_init(&lists[i], MLS_MESSAGE_MAX);
		nodes[i].encryption_key =
			i < fp.len ? keys[i] : bytes_of(extensions, 2);
		if (i < fp.len)
			ciphertexts(&lists[i], tree, fp.copath[i],
				path->for_added ? NULL : path->added,
				i == 0 ? path->ciphertexts : 0);
		nodes[i].encrypted = writer_view(&lists[i]);
	}
	writer_init(&w, MLS_MESSAGE_MAX);
	update_path_write(&w, node, nodes, n);
	must(writer_finish(&w, ret));
	for (size_t i = 0; i < n; i++)
		writer_wipe(&lists[i]);
	leaf_node_unref(node);
	tree_path_free(&plan);
}

/* The Commit's bytes. */
static void body(struct bytes list, struct bytes path, struct buf *ret)
{
	struct writer w;

	writer_init(&w, MLS_MESSAGE_MAX);
	writer_vec(&w, list);
	commit_write_path(&w, path);
	must(writer_finish(&w, ret));
}

/* What the proposals make of the tree; NULL when they are refused. */
static struct commit_stage *stage_of(
	struct forge *f, struct sender sender, struct bytes raw)
{
	const struct epoch_view view = {.suite = f->suite,
		.context = f->group->context,
		.tree = f->group->tree,
		.policy = &f->policy};
	struct authenticated_content *ac;
	struct commit_stage *ret = NULL;
	struct proposal_list list = {0};
	struct writer w;
	int rc;

	writer_init(&w, MLS_MESSAGE_MAX);
	writer_u16(&w, WIRE_FORMAT_PUBLIC_MESSAGE);
	writer_vec(&w, bytes_of(NULL, 0));
	writer_u64(&w, 0);
	sender_write(&w, sender);
	writer_vec(&w, bytes_of(NULL, 0));
	writer_u8(&w, CONTENT_COMMIT);
	writer_raw(&w, raw.data, raw.len);
	writer_vec(&w, bytes_of(NULL, 0));
	writer_vec(&w, bytes_of(NULL, 0));
	must(authenticated_content_decode(writer_view(&w), &ac));
	rc = proposal_list_resolve(&list, ac, &f->group->cache);
	if (rc == 0)
		rc = commit_stage_begin(&view, sender, &list, &ret);
	proposal_list_free(&list);
	authenticated_content_unref(ac);
	writer_wipe(&w);
	return ret;
}

void forge_commit_body(struct forge *f, struct sender sender, struct bytes list,
	const struct forge_path *path, struct buf *ret)
{
	struct leaf_set added = {NULL, 0};
	struct commit_stage *stage;
	struct forge_path own;
	struct buf bare, update;

	body(list, bytes_of(NULL, 0), ret);
	if (path == NULL)
		return;
	bare = *ret;
	own = *path;
	stage = stage_of(f, sender, buf_view(&bare));
	if (stage != NULL)
		added = (struct leaf_set){stage->added.v, stage->added.len};
	own.added = &added;
	if (stage != NULL && own.leaf.index == 0)
		own.leaf.index = stage->leaf;
	forge_path(f, stage != NULL ? stage->tree : f->group->tree,
		stage != NULL ? stage->leaf : 0, &own, &update);
	body(list, buf_view(&update), ret);
	commit_stage_free(stage);
	buf_wipe(&bare);
	buf_wipe(&update);
}

int forge_receive(struct forge *f, struct bytes message)
{
	struct public_staged *staged;
	struct buf before, after;
	int rc;

	must(public_group_save(f->group, &before));
	rc = public_group_process(f->group, &f->policy, message, &staged);
	must(public_group_save(f->group, &after));
	/* Looking changes nothing, whatever comes of it. */
	if (!bytes_eq(buf_view(&before), buf_view(&after)))
		abort();
	if (rc == 0)
		rc = public_group_merge(f->group, staged);
	public_staged_free(staged);
	buf_wipe(&before);
	buf_wipe(&after);
	return rc;
}
