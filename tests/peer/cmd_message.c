/*
 * Commands around messages: welcome-in, process, send, inspect,
 * external-join, reinit, branch.
 */
#include <string.h>

#include "peer/peer.h"

static const char *const type_names[] = {"custom", "add", "update", "remove",
	"psk", "reinit", "external_init", "group_context_extensions"};

static const char *const sender_names[] = {"unknown", "member", "external",
	"new_member_proposal", "new_member_commit"};

static const char *const kind_names[] = {
	"unknown", "application", "proposal", "commit"};

/* The ${i}th of ${n} names, or the first. */
static const char *name_of(const char *const *names, size_t n, size_t i)
{
	return names[i < n ? i : 0];
}

json_t *peer_proposal_json(const struct rowan_mls_proposal_view *view)
{
	json_t *o = json_object();

	json_object_set_new(
		o, "type", json_string(name_of(type_names, 8, view->type)));
	json_object_set_new(o, "proposal_type", json_integer(view->type));
	json_object_set_new(
		o, "by_reference", json_boolean(view->by_reference));
	json_object_set_new(o, "sender_type",
		json_string(name_of(sender_names, 5, view->sender_type)));
	json_object_set_new(o, "sender", json_integer(view->sender));
	if (view->type == ROWAN_MLS_REMOVE || view->type == ROWAN_MLS_UPDATE)
		json_object_set_new(o, "leaf", json_integer(view->leaf));
	if (view->type == ROWAN_MLS_ADD || view->type == ROWAN_MLS_UPDATE)
		json_object_set_new(o, "identity",
			arena_json_hex(
				peer_out(view->member.credential.content)));
	json_object_set_new(o, "data", arena_json_hex(peer_out(view->data)));
	return o;
}

static void put_proposals(
	struct req *r, const struct rowan_mls_received *received)
{
	struct rowan_mls_proposal_view view;
	json_t *list = json_array();

	for (size_t i = 0; rowan_mls_received_proposal(received, i, &view) == 0;
		i++)
		json_array_append_new(list, peer_proposal_json(&view));
	req_put(r, "proposals", list);
}

static void put_received(
	struct req *r, const struct rowan_mls_received *received)
{
	enum rowan_mls_kind kind = rowan_mls_received_kind(received);

	req_put(r, "kind", json_string(name_of(kind_names, 4, kind)));
	req_put_uint(r, "sender", rowan_mls_received_sender(received));
	req_put(r, "sender_type",
		json_string(name_of(sender_names, 5,
			rowan_mls_received_sender_type(received))));
	req_put_uint(r, "generation", rowan_mls_received_generation(received));
	req_put_hex(r, "aad", peer_out(rowan_mls_received_aad(received)));
	if (kind == ROWAN_MLS_KIND_APPLICATION) {
		struct bytes data = peer_out(rowan_mls_received_data(received));
		json_t *text = json_stringn((const char *)data.data, data.len);

		req_put_hex(r, "data", data);
		if (text != NULL)
			req_put(r, "text", text);
		return;
	}
	if (kind == ROWAN_MLS_KIND_PROPOSAL)
		req_put_hex(
			r, "ref", peer_out(rowan_mls_received_ref(received)));
	put_proposals(r, received);
	req_put(r, "own", json_boolean(rowan_mls_received_own(received)));
	if (rowan_mls_received_removed(received))
		req_put(r, "removed", json_true());
}

void cmd_process(struct peer *p, struct req *r)
{
	struct bytes message = req_hex(r, "message");
	struct rowan_mls_group *group = peer_group(p, r, "group");
	struct rowan_mls_received *received;

	if (!req_ok(r) || !req_code(r, rowan_mls_process(group,
					       peer_in(message), &received)))
		return;
	put_received(r, received);
	if (req_code(r, rowan_mls_accept(group, received)))
		peer_put_state(r, group);
	rowan_mls_received_free(received);
}

void cmd_send(struct peer *p, struct req *r)
{
	struct rowan_mls_wire wire = peer_wire(r);
	const json_t *text = json_object_get(r->in, "text");
	struct bytes data =
		bytes_of(json_string_value(text), json_string_length(text));
	struct rowan_mls_group *group = peer_group(p, r, "group");
	struct rowan_mls_buf message;

	if (req_has(r, "data"))
		data = req_hex(r, "data");
	else if (!json_is_string(text))
		req_fail(r, "bad-request", "text or data is missing");
	if (req_ok(r) && req_code(r, rowan_mls_send(group, peer_in(data), &wire,
					     &message)))
		peer_put_buf(r, "message", &message);
}

/*
 * RFC 9420 section 12.4.3.1: the group id "is unique among the groups that
 * the client is currently participating in". Who was removed and added again
 * without having heard of either comes in at a later epoch.
 */
static bool stale(const struct peer *p, const struct rowan_mls_group *joined)
{
	const struct peer_group *g = p->groups;

	while (g != NULL && !bytes_eq(peer_out(rowan_mls_group_id(g->group)),
				    peer_out(rowan_mls_group_id(joined))))
		g = g->next;
	return g != NULL && rowan_mls_group_active(g->group) &&
	       rowan_mls_group_epoch(joined) <= rowan_mls_group_epoch(g->group);
}

void cmd_welcome_in(struct peer *p, struct req *r)
{
	struct bytes welcome = req_hex(r, "welcome");
	struct rowan_mls_join_options o = {
		.tree = peer_in(req_hex_opt(r, "ratchet_tree")),
		.resuming = req_has(r, "resuming")
				    ? peer_group(p, r, "resuming")
				    : NULL,
	};
	struct rowan_mls *client = peer_client(p, r);
	struct rowan_mls_group *group;

	if (!req_ok(r) || !req_code(r, rowan_mls_join(client, peer_in(welcome),
					       &o, &group)))
		return;
	if (stale(p, group)) {
		req_fail(r, "exists", "we are in that group already");
		rowan_mls_group_free(group);
		return;
	}
	peer_keep(p, r, group);
	peer_put_state(r, group);
}

void cmd_external_join(struct peer *p, struct req *r)
{
	struct bytes info = req_hex(r, "group_info");
	const json_t *list = req_list_opt(r, r->in, "psks");
	size_t n = json_array_size(list);
	struct rowan_mls_psk_id *psks;
	struct rowan_mls_external_join_options o = {
		.tree = peer_in(req_hex_opt(r, "ratchet_tree")),
		.resync = req_bool_opt(r, "resync", false),
		.aad = peer_in(req_hex_opt(r, "aad")),
	};
	struct rowan_mls *client = peer_client(p, r);
	struct rowan_mls_group *group;
	struct rowan_mls_buf commit;
	struct bytes id;

	psks = arena_alloc(&r->arena, n * sizeof *psks);
	for (size_t i = 0; i < n; i++) {
		if (!arena_hex(&r->arena, json_array_get(list, i), &id))
			req_fail(r, "bad-request",
				"psks must hold strings of hex digits");
		psks[i].type = ROWAN_MLS_PSK_EXTERNAL;
		psks[i].id = peer_in(id);
	}
	o.psks = psks;
	o.psks_n = n;
	if (!req_ok(r) ||
		!req_code(r, rowan_mls_external_join(client, peer_in(info), &o,
				     &group, &commit)))
		return;
	peer_keep(p, r, group);
	peer_put_buf(r, "commit", &commit);
	peer_put_state(r, group);
}

/* The successor of a group, or a part of it. */
static void resume(
	struct peer *p, struct req *r, struct rowan_mls_resume_options *o)
{
	struct bytes id = req_hex_opt(r, "new_group_id");
	struct rowan_mls_group *old = peer_group(p, r, "group"), *group;
	struct rowan_mls_buf welcome;

	o->key_packages = peer_key_packages(r, &o->n);
	o->tree = req_bool_opt(r, "tree", true);
	o->extensions = peer_extensions(r, r->in, "extensions");
	o->group_id = peer_in(id);
	if (o->kind == ROWAN_MLS_RESUME_REINIT)
		o->group_id = peer_in(bytes_of(NULL, 0));
	if (!req_ok(r) ||
		!req_code(r, rowan_mls_resume(old, o, &group, &welcome)))
		return;
	if (id.len > 0 && !bytes_eq(id, peer_out(rowan_mls_group_id(group)))) {
		req_fail(r, "invalid", "the ReInit names another group id");
		rowan_mls_buf_free(&welcome);
		rowan_mls_group_free(group);
		return;
	}
	if (!o->tree) {
		struct rowan_mls_buf tree;

		if (req_code(r, rowan_mls_group_tree(group, &tree)))
			peer_put_buf(r, "ratchet_tree", &tree);
	}
	peer_keep(p, r, group);
	peer_put_buf(r, "welcome", &welcome);
	peer_put_state(r, group);
}

void cmd_reinit(struct peer *p, struct req *r)
{
	struct rowan_mls_resume_options o = {.kind = ROWAN_MLS_RESUME_REINIT};

	resume(p, r, &o);
}

void cmd_branch(struct peer *p, struct req *r)
{
	struct rowan_mls_resume_options o = {.kind = ROWAN_MLS_RESUME_BRANCH};

	if (!req_has(r, "new_group_id"))
		req_fail(r, "bad-request", "new_group_id is missing");
	resume(p, r, &o);
}

/* Without a message: the group, and how much waits in it. */
static void inspect_group(struct peer *p, struct req *r)
{
	const struct rowan_mls_group *group = peer_group(p, r, "group");

	if (!req_ok(r))
		return;
	peer_put_state(r, group);
	req_put_uint(r, "pending", rowan_mls_pending_count(group));
	req_put(r, "staged",
		json_boolean(rowan_mls_staged_commit(group) != NULL));
}

void cmd_inspect(struct peer *p, struct req *r)
{
	static const char *const formats[] = {"unknown", "public_message",
		"private_message", "welcome", "group_info", "key_package"};
	struct rowan_mls_peeked peek;
	struct bytes message;

	if (json_object_get(r->in, "message") == NULL) {
		inspect_group(p, r);
		return;
	}
	message = req_hex(r, "message");
	if (!req_ok(r) || !req_code(r, rowan_mls_peek(peer_in(message), &peek)))
		return;
	req_put(r, "wire_format",
		json_string(name_of(formats, 6, peek.wire_format)));
	req_put_uint(r, "size", message.len);
	if (peek.wire_format <= ROWAN_MLS_PRIVATE_MESSAGE)
		req_put(r, "kind",
			json_string(name_of(kind_names, 4, peek.content_type)));
	if (peek.group_id.len > 0) {
		req_put_hex(r, "group", peer_out(peek.group_id));
		req_put_uint(r, "epoch", peek.epoch);
	}
	if (peek.suite != 0)
		req_put_uint(r, "cipher_suite", peek.suite);
}
