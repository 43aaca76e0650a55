/*
 * Commands that look at a group or make one: create, state, members, tree,
 * tree-hash, epoch-authenticator, export, group-info, forget.
 */
#include <string.h>

#include "peer/peer.h"

#define EXPORT_MAX (255 * 32)

void cmd_create(struct peer *p, struct req *r)
{
	struct rowan_mls_extensions ext =
		peer_extensions(r, r->in, "extensions");
	struct bytes id = req_hex_opt(r, "group_id");
	struct rowan_mls *client = peer_client(p, r);
	struct rowan_mls_group *group;

	for (struct peer_group *g = p->groups; g != NULL; g = g->next)
		if (id.len > 0 &&
			bytes_eq(id, peer_out(rowan_mls_group_id(g->group))))
			req_fail(r, "exists", "there is such a group already");
	if (!req_ok(r) || !req_code(r, rowan_mls_group_create(client,
					       peer_in(id), ext, &group)))
		return;
	peer_keep(p, r, group);
	peer_put_state(r, group);
}

void cmd_state(struct peer *p, struct req *r)
{
	struct rowan_mls_group *group = peer_group(p, r, "group");

	if (group == NULL)
		return;
	peer_put_state(r, group);
	req_put(r, "staged",
		json_boolean(rowan_mls_staged_commit(group) != NULL));
	req_put_uint(r, "pending", rowan_mls_pending_count(group));
}

void cmd_members(struct peer *p, struct req *r)
{
	struct rowan_mls_group *group = peer_group(p, r, "group");
	json_t *list;
	uint32_t leaf;
	struct rowan_mls_member m;

	if (group == NULL)
		return;
	list = json_array();
	for (leaf = 0; rowan_mls_group_next_member(group, &leaf, &m); leaf++)
		json_array_append_new(list,
			json_pack("{s:I, s:o, s:i, s:o}", "leaf",
				(json_int_t)m.leaf, "identity",
				arena_json_hex(peer_out(m.credential.content)),
				"credential_type", (int)m.credential.type,
				"signature_key",
				arena_json_hex(peer_out(m.signature_key))));
	req_put(r, "members", list);
}

void cmd_tree(struct peer *p, struct req *r)
{
	struct rowan_mls_group *group = peer_group(p, r, "group");
	struct rowan_mls_buf tree;

	if (group != NULL && req_code(r, rowan_mls_group_tree(group, &tree)))
		peer_put_buf(r, "ratchet_tree", &tree);
}

void cmd_tree_hash(struct peer *p, struct req *r)
{
	struct rowan_mls_group *group = peer_group(p, r, "group");

	if (group != NULL)
		req_put_hex(r, "tree_hash",
			peer_out(rowan_mls_group_tree_hash(group)));
}

void cmd_epoch_authenticator(struct peer *p, struct req *r)
{
	struct rowan_mls_group *group = peer_group(p, r, "group");

	if (group != NULL)
		req_put_hex(r, "epoch_authenticator",
			peer_out(rowan_mls_group_epoch_authenticator(group)));
}

void cmd_export(struct peer *p, struct req *r)
{
	const char *label = req_text_opt(r, "label", "");
	struct bytes context = req_hex_opt(r, "context");
	size_t len = (size_t)req_uint_opt(r, "length", 32, EXPORT_MAX);
	struct rowan_mls_group *group = peer_group(p, r, "group");
	struct rowan_mls_buf secret;

	if (group == NULL || !req_ok(r))
		return;
	if (req_code(r, rowan_mls_group_export(group,
				peer_in(bytes_of(label, strlen(label))),
				peer_in(context), len, &secret)))
		peer_put_buf(r, "secret", &secret);
}

void cmd_group_info(struct peer *p, struct req *r)
{
	struct rowan_mls_group_info_options o = {
		.external_pub = req_bool_opt(r, "external_pub", true),
		.tree = req_bool_opt(r, "tree", true),
	};
	struct rowan_mls_group *group = peer_group(p, r, "group");
	struct rowan_mls_buf info;

	if (group != NULL && req_ok(r) &&
		req_code(r, rowan_mls_group_info(group, &o, &info)))
		peer_put_buf(r, "group_info", &info);
}

void cmd_forget(struct peer *p, struct req *r)
{
	struct rowan_mls_group *group = peer_group(p, r, "group");

	if (group != NULL)
		peer_drop(p, group);
}
