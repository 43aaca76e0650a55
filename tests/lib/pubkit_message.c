/*
 * Messages of the kit, good and bad: see pubkit.h.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/pubkit.h"
#include "lib/pubkit_internal.h"
#include "mls/public/tree/tree_path.h"

static const struct pubkit_client *signer_of(const struct pubkit *k,
	struct sender sender, const struct pubkit_wrong *wrong)
{
	if (wrong->signer != NULL)
		return wrong->signer;
	if (sender.type != SENDER_MEMBER) {
		fprintf(stderr, "pubkit: whose signature?\n");
		abort();
	}
	return &k->client[sender.index];
}

/* Sign the content; the result is as that of framing_sign. */
static struct buf sign(struct pubkit *k, struct sender sender,
	uint8_t content_type, struct bytes body,
	const struct pubkit_wrong *wrong)
{
	const struct group_context *context = k->group->context;
	struct framing_params p = {
		.wire_format = wrong->wire_format == 0
				       ? WIRE_FORMAT_PUBLIC_MESSAGE
				       : wrong->wire_format,
		.sender = sender,
		.content_type = content_type,
		.body = body,
		.group_id = wrong->group ? bytes_of("another", 7)
					 : context->group_id,
		.epoch = context->epoch + (uint64_t)wrong->epoch,
		.context = context};
	struct group_context *other = NULL;
	struct buf ret;

	if (wrong->no_context) {
		struct group_context fields = *context;

		fields.tree_hash = bytes_of(pubkit_zeros, 32);
		MUST(group_context_new(&fields, &other));
		p.context = other;
	}
	MUST(framing_sign(k->suite, &p,
		pubkit_priv(k, signer_of(k, sender, wrong)), &ret));
	group_context_unref(other);
	if (wrong->signature)
		ret.data[ret.len - 1] ^= 1;
	/* Signed for another wire format than it travels in. */
	ret.data[1] = WIRE_FORMAT_PUBLIC_MESSAGE;
	return ret;
}

struct buf pubkit_message(struct pubkit *k, struct sender sender,
	uint8_t content_type, struct bytes body,
	const struct pubkit_wrong *wrong)
{
	static const struct pubkit_wrong nothing;
	struct bytes tag = bytes_of(pubkit_zeros, k->suite->hash->len);
	struct bytes confirmation = tag;
	struct buf content;
	struct writer w;

	wrong = wrong == NULL ? &nothing : wrong;
	content = sign(k, sender, content_type, body, wrong);
	if (wrong->no_tag || wrong->short_tag)
		tag.len = wrong->no_tag ? 0 : tag.len - 1;
	if (wrong->confirmation)
		confirmation.len--;
	if (wrong->no_confirmation)
		confirmation.len = 0;
	writer_init(&w, MLS_MESSAGE_MAX);
	writer_u16(&w, MLS_VERSION_10);
	writer_raw(&w, content.data, content.len);
	if (content_type == CONTENT_COMMIT)
		writer_vec(&w, confirmation);
	if (sender.type == SENDER_MEMBER)
		writer_vec(&w, tag);
	buf_wipe(&content);
	return pubkit_finish(&w);
}

/* --- Commits ----------------------------------------------------------- */

static struct writer *entries_of(struct pubkit_entries *e)
{
	if (!e->open)
		writer_init(&e->w, MLS_MESSAGE_MAX);
	e->open = true;
	return &e->w;
}

void pubkit_by_value(struct pubkit_entries *e, struct buf proposal)
{
	commit_write_proposal(entries_of(e), buf_view(&proposal));
	buf_wipe(&proposal);
}

void pubkit_by_ref(
	struct pubkit *k, struct pubkit_entries *e, struct bytes message)
{
	struct mls_message m;
	struct hash_value ref;

	MUST(mls_message_decode(message, &m));
	transcript_proposal_ref(k->suite, m.public_message, &ref);
	commit_write_reference(entries_of(e), hash_view(&ref));
	mls_message_wipe(&m);
}

static struct buf commit_body(struct bytes entries, struct bytes path)
{
	struct writer w;

	writer_init(&w, MLS_MESSAGE_MAX);
	writer_vec(&w, entries);
	commit_write_path(&w, path);
	return pubkit_finish(&w);
}

/*
 * The tree a path goes into: after the proposals where these are valid, else
 * as it is, for what is refused for another reason.
 */
struct ground {
	struct commit_stage *stage;
	struct tree *tree;
	uint32_t leaf;
	struct leaf_set added;
};

static void ground_of(struct pubkit *k, struct sender sender,
	struct bytes entries, struct ground *ret)
{
	const struct epoch_view view = {.suite = k->suite,
		.context = k->group->context,
		.tree = k->group->tree,
		.policy = &k->policy};
	struct pubkit_wrong signer = {.signer = &k->client[0]};
	struct buf body = commit_body(entries, bytes_of(NULL, 0));
	struct buf content =
		sign(k, sender, CONTENT_COMMIT, buf_view(&body), &signer);
	struct bytes tag = bytes_of(pubkit_zeros, k->suite->hash->len);
	struct authenticated_content *ac;
	struct proposal_list list = {0};

	*ret = (struct ground){.leaf = sender.index};
	MUST(framing_finish(buf_view(&content), &tag, &ac));
	if (proposal_list_resolve(&list, ac, &k->group->cache) == 0 &&
		commit_stage_begin(&view, sender, &list, &ret->stage) == 0) {
		MUST(tree_copy(ret->stage->tree, &ret->tree));
		ret->leaf = ret->stage->leaf;
		ret->added.v = ret->stage->added.v;
		ret->added.len = ret->stage->added.len;
	} else {
		MUST(tree_copy(k->group->tree, &ret->tree));
		if (sender.type != SENDER_MEMBER)
			MUST(tree_reserve(ret->tree, &ret->leaf));
	}
	proposal_list_free(&list);
	authenticated_content_unref(ac);
	buf_wipe(&content);
	buf_wipe(&body);
}

/* As many ciphertexts as the copath node's resolution has nodes. */
static void write_secrets(
	struct writer *w, const struct ground *g, uint32_t copath, bool missing)
{
	const struct hpke_ciphertext secret = {
		bytes_of(pubkit_zeros, 32), bytes_of(pubkit_zeros, 48)};
	struct node_list nodes = {0};
	size_t mark = writer_open(w);

	MUST(tree_resolution(g->tree, copath, &g->added, &nodes));
	for (size_t i = missing ? 1 : 0; i < nodes.len; i++)
		hpke_ciphertext_write(w, &secret);
	writer_close(w, mark);
	node_list_free(&nodes);
}

static struct buf make_path(struct pubkit *k, struct sender sender,
	struct bytes entries, const struct pubkit_path *o)
{
	uint8_t keys[TREE_MATH_PATH_MAX + 1][32];
	struct bytes views[TREE_MATH_PATH_MAX];
	struct pubkit_leaf leaf = o->leaf;
	struct leaf_node *node;
	struct tree_path plan;
	struct ground g;
	struct writer w;
	size_t mark;

	ground_of(k, sender, entries, &g);
	tree_filtered_path(g.tree, g.leaf, &plan.path);
	for (unsigned i = 0; i < plan.path.len; i++) {
		pubkit_bytes(k, keys[i]);
		views[i] = bytes_of(keys[i], 32);
	}
	if (o->twin_nodes)
		views[plan.path.len - 1] = views[0];
	if (o->leaf_is_node)
		leaf.encryption = views[0];
	if (o->taken_key)
		views[0] = tree_encryption_key(g.tree, 0);
	MUST(tree_path_plan(g.tree, g.leaf, views, plan.path.len, &plan));
	if (!o->leaf_source)
		leaf.source = LEAF_NODE_COMMIT;
	leaf.index = g.leaf;
	leaf.parent_hash = o->parent_hash ? bytes_of(pubkit_zeros, 32)
					  : hash_view(&plan.leaf_parent_hash);
	node = pubkit_leaf(k,
		o->client != NULL ? o->client : &k->client[sender.index],
		&leaf);
	writer_init(&w, MLS_MESSAGE_MAX);
	writer_raw(&w, node->raw.data, node->raw.len);
	mark = writer_open(&w);
	for (unsigned i = o->missing_node ? 1 : 0; i < plan.path.len; i++) {
		writer_vec(&w, views[i]);
		write_secrets(&w, &g, plan.path.copath[i],
			o->missing_secret && i == 0);
	}
	if (o->extra_node) {
		pubkit_bytes(k, keys[0]);
		writer_vec(&w, bytes_of(keys[0], 32));
		writer_vec(&w, bytes_of(NULL, 0));
	}
	writer_close(&w, mark);
	leaf_node_unref(node);
	tree_path_free(&plan);
	tree_free(g.tree);
	commit_stage_free(g.stage);
	return pubkit_finish(&w);
}

struct buf pubkit_commit(struct pubkit *k, struct sender sender,
	struct pubkit_entries *e, const struct pubkit_path *path,
	const struct pubkit_wrong *wrong)
{
	static const struct pubkit_path usual;
	struct pubkit_entries none = {0};
	struct buf made = {0};
	struct bytes entries;
	struct buf message;
	struct buf body;

	e = e == NULL ? &none : e;
	path = path == NULL ? &usual : path;
	entries = writer_view(entries_of(e));
	if (!path->none)
		made = make_path(k, sender, entries, path);
	body = commit_body(entries, buf_view(&made));
	message = pubkit_message(
		k, sender, CONTENT_COMMIT, buf_view(&body), wrong);
	buf_wipe(&body);
	buf_wipe(&made);
	writer_wipe(&e->w);
	e->open = false;
	return message;
}

struct buf pubkit_proposal(
	struct pubkit *k, struct buf body, const struct pubkit_wrong *wrong)
{
	struct buf message = pubkit_message(
		k, pubkit_member(1), CONTENT_PROPOSAL, buf_view(&body), wrong);

	buf_wipe(&body);
	return message;
}
