/*
 * Commands from outside a group: external-sender, external-propose,
 * external-add, public-load, public-process.
 */
#include <stdlib.h>

#include "peer/peer.h"

#define EXTERNAL_SENDERS 5 /* extension type, section 12.1.8.1 */

void cmd_external_sender(struct peer *p, struct req *r)
{
	static const char nobody[] = "external sender";
	struct rowan_mls_options o = p->options;
	struct rowan_mls_claim claim = {.external = true};
	struct rowan_mls_buf data;
	struct rowan_mls *outside;
	json_t *ext;

	o.credential.type = ROWAN_MLS_BASIC;
	o.credential.content = peer_in(
		req_has(r, "identity") ? req_hex(r, "identity")
				       : bytes_of(nobody, sizeof nobody - 1));
	if (req_has(r, "signature_priv"))
		o.signature_seed = peer_in(req_hex(r, "signature_priv"));
	if (!req_ok(r) || !req_code(r, rowan_mls_new(&o, &outside)))
		return;
	claim.credential = o.credential;
	claim.signature_key = rowan_mls_signature_key(outside);
	if (!req_code(r, rowan_mls_external_senders(&claim, 1, &data))) {
		rowan_mls_free(outside);
		return;
	}
	rowan_mls_free(p->outside);
	p->outside = outside;
	ext = json_pack("{s:i, s:o}", "type", EXTERNAL_SENDERS, "data",
		arena_json_hex(peer_buf(&data)));
	rowan_mls_buf_free(&data);
	req_put(r, "extension", ext);
	req_put_hex(r, "signature_key", peer_out(claim.signature_key));
}

/* Find epoch and group id: from a GroupInfo, by name, or of our own group. */
static void where(struct peer *p, struct req *r, struct rowan_mls_outside *ret)
{
	struct rowan_mls_peeked peek;
	struct rowan_mls_group *group;

	ret->sender = (uint32_t)req_uint_opt(r, "sender", 0, UINT32_MAX);
	ret->aad = peer_in(req_hex_opt(r, "aad"));
	if (req_has(r, "group_info")) {
		struct bytes info = req_hex(r, "group_info");

		if (req_ok(r) &&
			req_code(r, rowan_mls_peek(peer_in(info), &peek))) {
			ret->group_id = peek.group_id;
			ret->epoch = peek.epoch;
		}
	} else if (req_has(r, "epoch")) {
		ret->group_id = peer_in(req_hex(r, "group"));
		ret->epoch = req_uint_opt(r, "epoch", 0, INT64_MAX);
	} else if ((group = peer_group(p, r, "group")) != NULL) {
		ret->group_id = rowan_mls_group_id(group);
		ret->epoch = rowan_mls_group_epoch(group);
	}
}

void cmd_external_propose(struct peer *p, struct req *r)
{
	struct rowan_mls_outside o = {0};
	struct rowan_mls_proposal proposal;
	struct rowan_mls_buf message;

	if (p->outside == NULL)
		req_fail(r, "state", "external-sender comes first");
	where(p, r, &o);
	peer_proposal(r, json_object_get(r->in, "proposal"), &proposal);
	if (req_ok(r) && req_code(r, rowan_mls_external_propose(p->outside, &o,
					     &proposal, &message)))
		peer_put_buf(r, "proposal", &message);
}

void cmd_external_add(struct peer *p, struct req *r)
{
	struct rowan_mls *client = peer_client(p, r);
	struct rowan_mls_buf own = {0}, ref = {0}, message;
	struct rowan_mls_bytes package;
	struct rowan_mls_outside o = {0};

	where(p, r, &o);
	package = peer_in(req_hex_opt(r, "key_package"));
	if (!req_ok(r))
		return;
	if (package.len == 0) {
		if (!req_code(
			    r, rowan_mls_key_package(client, NULL, &own, &ref)))
			return;
		package = peer_in(peer_buf(&own));
	}
	if (req_code(r, rowan_mls_external_add(client, &o, package, &message)))
		peer_put_buf(r, "proposal", &message);
	peer_put_buf(r, "key_package", &own);
	peer_put_buf(r, "ref", &ref);
}

static void put_public(struct req *r, const struct rowan_mls_public *group)
{
	json_t *s = json_object();

	json_object_set_new(s, "group",
		arena_json_hex(peer_out(rowan_mls_public_id(group))));
	json_object_set_new(s, "epoch",
		json_integer((json_int_t)rowan_mls_public_epoch(group)));
	json_object_set_new(s, "members",
		json_integer(rowan_mls_public_member_count(group)));
	json_object_set_new(s, "tree_hash",
		arena_json_hex(peer_out(rowan_mls_public_tree_hash(group))));
	json_object_set_new(s, "confirmed_transcript_hash",
		arena_json_hex(peer_out(
			rowan_mls_public_confirmed_transcript_hash(group))));
	json_object_update(r->out, s);
	req_put(r, "state", s);
}

/* The public group of that id, or NULL. */
static struct peer_public *find(struct peer *p, struct bytes id)
{
	struct peer_public *g = p->publics;

	while (g != NULL &&
		!bytes_eq(peer_out(rowan_mls_public_id(g->group)), id))
		g = g->next;
	return g;
}

void cmd_public_load(struct peer *p, struct req *r)
{
	struct rowan_mls_public_options o = {.host = p->options.host};
	struct bytes info = req_hex(r, "group_info");
	struct bytes tree = req_hex_opt(r, "ratchet_tree");
	struct rowan_mls_public *group;
	struct peer_public *g;

	if (!req_ok(r) || !req_code(r, rowan_mls_public_new(&o, peer_in(info),
					       peer_in(tree), &group)))
		return;
	g = find(p, peer_out(rowan_mls_public_id(group)));
	if (g == NULL) {
		g = calloc(1, sizeof *g);
		if (g == NULL)
			abort();
		g->next = p->publics;
		p->publics = g;
	}
	rowan_mls_public_free(g->group);
	g->group = group;
	put_public(r, group);
}

void cmd_public_process(struct peer *p, struct req *r)
{
	struct bytes message = req_hex(r, "message");
	struct rowan_mls_public_received *received;
	struct peer_public *g = p->publics;

	if (req_has(r, "group"))
		g = find(p, req_hex(r, "group"));
	else if (g != NULL && g->next != NULL)
		req_fail(r, "which-group", "there are several public groups");
	if (g == NULL)
		req_fail(r, "no-group", "no such public group");
	if (!req_ok(r) || !req_code(r, rowan_mls_public_process(g->group,
					       peer_in(message), &received)))
		return;
	req_put(r, "kind",
		json_string(rowan_mls_public_received_kind(received) ==
					    ROWAN_MLS_KIND_COMMIT
				    ? "commit"
				    : "proposal"));
	req_put_uint(r, "sender", rowan_mls_public_received_sender(received));
	req_put_hex(
		r, "aad", peer_out(rowan_mls_public_received_aad(received)));
	if (req_code(r, rowan_mls_public_accept(g->group, received)))
		put_public(r, g->group);
	rowan_mls_public_received_free(received);
}
