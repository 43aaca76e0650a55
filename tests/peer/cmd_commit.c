/*
 * Commands that change a group: propose, commit, add, remove, update, merge,
 * discard; and the proposals of the language.
 */
#include <string.h>

#include "peer/peer.h"

/* Which PSK: an external id, or an epoch of this group. */
static void psk_of(
	struct req *r, const json_t *obj, struct rowan_mls_proposal *ret)
{
	ret->type = ROWAN_MLS_PSK;
	if (json_object_get(obj, "psk_id") != NULL) {
		ret->psk.type = ROWAN_MLS_PSK_EXTERNAL;
		ret->psk.id = peer_in(req_hex_of(r, obj, "psk_id"));
	} else {
		ret->psk.type = ROWAN_MLS_PSK_RESUMPTION;
		ret->psk.epoch = req_uint_of(r, obj, "epoch", INT64_MAX);
	}
}

static void reinit_of(
	struct req *r, const json_t *obj, struct rowan_mls_proposal *ret)
{
	ret->type = ROWAN_MLS_REINIT;
	ret->group_id = peer_in(req_hex_of(r, obj, "group_id"));
	ret->extensions = peer_extensions(r, obj, "extensions");
	if (json_object_get(obj, "cipher_suite") != NULL)
		ret->suite = (uint16_t)req_uint_of(
			r, obj, "cipher_suite", UINT16_MAX);
}

void peer_proposal(
	struct req *r, const json_t *obj, struct rowan_mls_proposal *ret)
{
	const char *type = json_string_value(json_object_get(obj, "type"));

	*ret = (struct rowan_mls_proposal){0};
	if (type == NULL) {
		req_fail(r, "bad-request",
			"a proposal is an object with a text called type");
	} else if (strcmp(type, "add") == 0) {
		ret->type = ROWAN_MLS_ADD;
		ret->key_package = peer_in(req_hex_of(r, obj, "key_package"));
	} else if (strcmp(type, "remove") == 0) {
		ret->type = ROWAN_MLS_REMOVE;
		ret->leaf = (uint32_t)req_uint_of(r, obj, "leaf", UINT32_MAX);
	} else if (strcmp(type, "update") == 0) {
		ret->type = ROWAN_MLS_UPDATE;
	} else if (strcmp(type, "psk") == 0) {
		psk_of(r, obj, ret);
	} else if (strcmp(type, "group_context_extensions") == 0) {
		ret->type = ROWAN_MLS_GROUP_CONTEXT_EXTENSIONS;
		ret->extensions = peer_extensions(r, obj, "extensions");
	} else if (strcmp(type, "reinit") == 0) {
		reinit_of(r, obj, ret);
	} else if (strcmp(type, "custom") == 0) {
		ret->type = (uint16_t)req_uint_of(
			r, obj, "proposal_type", UINT16_MAX);
		ret->data = peer_in(req_hex_of(r, obj, "data"));
	} else {
		req_fail(r, "bad-request", "no proposal type is called so");
	}
}

struct rowan_mls_wire peer_wire(struct req *r)
{
	const char *wire = req_text_opt(r, "wire", "private");

	if (strcmp(wire, "private") != 0 && strcmp(wire, "public") != 0)
		req_fail(r, "bad-request", "wire is private or public");
	return (struct rowan_mls_wire){
		.is_public = strcmp(wire, "public") == 0,
		.aad = peer_in(req_hex_opt(r, "aad")),
	};
}

void cmd_propose(struct peer *p, struct req *r)
{
	struct rowan_mls_wire wire = peer_wire(r);
	struct rowan_mls_group *group = peer_group(p, r, "group");
	struct rowan_mls_proposal proposal;
	struct rowan_mls_buf message, ref;

	peer_proposal(r, json_object_get(r->in, "proposal"), &proposal);
	if (!req_ok(r) || !req_code(r, rowan_mls_propose(group, &proposal,
					       &wire, &message, &ref)))
		return;
	peer_put_buf(r, "proposal", &message);
	peer_put_buf(r, "ref", &ref);
}

/* What a commit made: messages, and the state it leads to. */
static void put_committed(struct req *r, struct rowan_mls_group *group,
	struct rowan_mls_committed *c, bool tree)
{
	const struct rowan_mls_group *next = rowan_mls_staged_commit(group);
	struct rowan_mls_buf outside;

	if (next != NULL)
		req_put(r, "next", peer_summary(next));
	/* Who is not given the tree in the Welcome needs it separately. */
	if (!tree && next != NULL &&
		req_code(r, rowan_mls_group_tree(next, &outside)))
		peer_put_buf(r, "ratchet_tree", &outside);
	peer_put_buf(r, "commit", &c->commit);
	peer_put_buf(r, "welcome", &c->welcome);
	peer_put_buf(r, "group_info", &c->group_info);
}

/* Commit what is pending and these ${n} proposals. */
static void commit(struct peer *p, struct req *r,
	const struct rowan_mls_proposal *proposals, size_t n)
{
	bool merge = req_bool_opt(r, "merge", true);
	struct rowan_mls_commit_options o = {
		.proposals = proposals,
		.n = n,
		.wire = peer_wire(r),
		.tree = req_bool_opt(r, "tree", true),
		.group_info = req_bool_opt(r, "group_info", false),
		.external_pub = req_bool_opt(r, "external_pub", true),
	};
	struct rowan_mls_group *group = peer_group(p, r, "group");
	struct rowan_mls_committed c;

	if (!req_ok(r) || !req_code(r, rowan_mls_commit(group, &o, &c)))
		return;
	put_committed(r, group, &c, o.tree);
	if (merge && req_code(r, rowan_mls_merge_commit(group)))
		peer_put_state(r, group);
	req_put(r, "merged", json_boolean(merge));
}

void cmd_commit(struct peer *p, struct req *r)
{
	const json_t *list = req_list_opt(r, r->in, "proposals");
	size_t n = json_array_size(list);
	struct rowan_mls_proposal *v;

	v = arena_alloc(&r->arena, n * sizeof *v);
	for (size_t i = 0; i < n; i++)
		peer_proposal(r, json_array_get(list, i), &v[i]);
	commit(p, r, v, n);
}

void cmd_add(struct peer *p, struct req *r)
{
	struct rowan_mls_proposal *v;
	const struct rowan_mls_bytes *packages;
	size_t n;

	packages = peer_key_packages(r, &n);
	if (n == 0)
		req_fail(r, "bad-request", "key_packages must not be empty");
	v = arena_alloc(&r->arena, n * sizeof *v);
	for (size_t i = 0; i < n; i++) {
		v[i].type = ROWAN_MLS_ADD;
		v[i].key_package = packages[i];
	}
	commit(p, r, v, n);
}

void cmd_remove(struct peer *p, struct req *r)
{
	const json_t *list = req_list_opt(r, r->in, "leaves");
	size_t n = json_array_size(list);
	struct rowan_mls_proposal *v;

	if (n == 0)
		req_fail(r, "bad-request", "leaves must not be empty");
	v = arena_alloc(&r->arena, n * sizeof *v);
	for (size_t i = 0; i < n; i++) {
		json_t *leaf = json_array_get(list, i);

		if (!json_is_integer(leaf) || json_integer_value(leaf) < 0 ||
			json_integer_value(leaf) > UINT32_MAX)
			req_fail(r, "bad-request",
				"leaves must hold leaf numbers");
		v[i].type = ROWAN_MLS_REMOVE;
		v[i].leaf = (uint32_t)json_integer_value(leaf);
	}
	commit(p, r, v, n);
}

void cmd_update(struct peer *p, struct req *r)
{
	commit(p, r, NULL, 0);
}

void cmd_merge(struct peer *p, struct req *r)
{
	struct rowan_mls_group *group = peer_group(p, r, "group");

	if (group != NULL && req_code(r, rowan_mls_merge_commit(group)))
		peer_put_state(r, group);
}

void cmd_discard(struct peer *p, struct req *r)
{
	struct rowan_mls_group *group = peer_group(p, r, "group");

	if (group == NULL)
		return;
	rowan_mls_discard_commit(group);
	peer_put_state(r, group);
}
