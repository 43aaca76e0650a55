/*
 * Commands about the client itself: init, keypackage, psk-add, save, load.
 */
#include <stdlib.h>

#include "base/reader.h"
#include "base/writer.h"
#include "peer/peer.h"

#define BLOB_MAX     (64u << 20)
#define BLOB_VERSION 1

void cmd_init(struct peer *p, struct req *r)
{
	struct rowan_mls_options o = p->options;
	struct rowan_mls *client;
	uint64_t now = req_uint_opt(r, "now", 0, INT64_MAX);

	o.credential.type = (uint16_t)req_uint_opt(
		r, "credential_type", ROWAN_MLS_BASIC, UINT16_MAX);
	o.credential.content = peer_in(req_hex(r, "identity"));
	if (req_has(r, "signature_priv"))
		o.signature_seed = peer_in(req_hex(r, "signature_priv"));
	o.extensions.v = req_types(r, "extensions", &o.extensions.n);
	o.proposals.v = req_types(r, "proposals", &o.proposals.n);
	o.credentials.v = req_types(r, "credentials", &o.credentials.n);
	o.pad_until = (uint32_t)req_uint_opt(r, "pad_until", 0, UINT32_MAX);
	o.keep_generations =
		(uint32_t)req_uint_opt(r, "keep_generations", 0, UINT32_MAX);
	o.keep_epochs = (uint32_t)req_uint_opt(r, "keep_epochs", 0, UINT32_MAX);
	o.max_forward = (uint32_t)req_uint_opt(r, "max_forward", 0, UINT32_MAX);
	o.suite = (uint16_t)req_uint_opt(r, "cipher_suite", 0, UINT16_MAX);
	if (!req_ok(r) || !req_code(r, rowan_mls_new(&o, &client)))
		return;
	if (req_has(r, "signature_key") &&
		!bytes_eq(req_hex(r, "signature_key"),
			peer_out(rowan_mls_signature_key(client)))) {
		req_fail(r, "invalid", "signature_key is not signature_priv's");
		rowan_mls_free(client);
		return;
	}
	/* Whoever starts again starts from nothing. */
	peer_wipe(p);
	p->client = client;
	p->now = now;
	p->options.pad_until = o.pad_until;
	p->options.keep_generations = o.keep_generations;
	p->options.keep_epochs = o.keep_epochs;
	p->options.max_forward = o.max_forward;
	req_put_hex(
		r, "signature_key", peer_out(rowan_mls_signature_key(client)));
}

void cmd_keypackage(struct peer *p, struct req *r)
{
	struct rowan_mls_key_package_options o = {
		.not_before = req_uint_opt(r, "not_before", 0, INT64_MAX),
		.not_after = req_uint_opt(r, "not_after", 0, INT64_MAX),
		.last_resort = req_bool_opt(r, "last_resort", false),
		.leaf_extensions = peer_extensions(r, r->in, "extensions"),
	};
	struct rowan_mls *client = peer_client(p, r);
	struct rowan_mls_buf package, ref;

	if (!req_ok(r) ||
		!req_code(r, rowan_mls_key_package(client, &o, &package, &ref)))
		return;
	peer_put_buf(r, "key_package", &package);
	peer_put_buf(r, "ref", &ref);
}

void cmd_psk_add(struct peer *p, struct req *r)
{
	struct bytes id = req_hex(r, "psk_id"), value = req_hex(r, "psk");

	if (req_ok(r) && value.len > ROWAN_MLS_PSK_MAX)
		req_fail(r, "limit", "psk is too long");
	if (req_ok(r))
		(void)req_code(r, peer_psk_add(p, id, value));
}

/*
 * The blob: version, limits, PSKs, the client, and one group or all of them.
 */
static void write_settings(struct writer *w, const struct peer *p)
{
	const struct peer_psk *psk;
	size_t mark;

	writer_u8(w, BLOB_VERSION);
	writer_u32(w, p->options.pad_until);
	writer_u32(w, p->options.keep_generations);
	writer_u32(w, p->options.keep_epochs);
	writer_u32(w, p->options.max_forward);
	mark = writer_open(w);
	for (psk = p->psks; psk != NULL; psk = psk->next) {
		writer_vec(w, buf_view(&psk->id));
		writer_vec(w, buf_view(&psk->value));
	}
	writer_close(w, mark);
}

static void write_group(
	struct req *r, struct writer *w, const struct rowan_mls_group *group)
{
	struct rowan_mls_buf blob;

	if (req_code(r, rowan_mls_group_save(group, &blob))) {
		writer_vec(w, peer_buf(&blob));
		rowan_mls_buf_free(&blob);
	}
}

void cmd_save(struct peer *p, struct req *r)
{
	struct rowan_mls *client = peer_client(p, r);
	struct rowan_mls_buf blob;
	struct peer_group *g;
	struct writer w;

	if (!req_ok(r) || !req_code(r, rowan_mls_save(client, &blob)))
		return;
	writer_init(&w, BLOB_MAX);
	write_settings(&w, p);
	writer_vec(&w, peer_buf(&blob));
	rowan_mls_buf_free(&blob);
	if (req_has(r, "group")) {
		struct rowan_mls_group *one = peer_group(p, r, "group");

		if (one != NULL)
			write_group(r, &w, one);
	} else {
		for (g = p->groups; g != NULL; g = g->next)
			write_group(r, &w, g->group);
	}
	if (req_code(r, writer_status(&w)))
		req_put_hex(r, "blob", writer_view(&w));
	writer_wipe(&w);
}

static int read_psks(struct peer *p, struct reader *all)
{
	struct bytes id, value;
	int rc = 0;

	while (rc == 0 && reader_left(all) > 0)
		if ((rc = reader_vec(all, PEER_PSK_MAX, &id)) == 0 &&
			(rc = reader_vec(all, ROWAN_MLS_PSK_MAX, &value)) == 0)
			rc = peer_psk_add(p, id, value);
	return rc;
}

static int read_settings(struct peer *p, struct reader *r)
{
	struct reader psks;
	uint8_t version;
	int rc;

	if ((rc = reader_u8(r, &version)) != 0)
		return rc;
	if (version != BLOB_VERSION)
		return ROWAN_E_TOO_NEW;
	if ((rc = reader_u32(r, &p->options.pad_until)) != 0 ||
		(rc = reader_u32(r, &p->options.keep_generations)) != 0 ||
		(rc = reader_u32(r, &p->options.keep_epochs)) != 0 ||
		(rc = reader_u32(r, &p->options.max_forward)) != 0 ||
		(rc = reader_sub(r, BLOB_MAX, &psks)) != 0)
		return rc;
	return read_psks(p, &psks);
}

/* The client: the one we have, if groups hang on it and it is the same. */
static int read_client(
	const struct peer *p, struct peer *fresh, struct reader *r)
{
	struct bytes blob;
	int rc;

	if ((rc = reader_vec(r, BLOB_MAX, &blob)) != 0 ||
		(rc = rowan_mls_load(
			 &fresh->options, peer_in(blob), &fresh->client)) != 0)
		return rc;
	return p->groups == NULL || bytes_eq(peer_out(rowan_mls_signature_key(
						     fresh->client)),
					    peer_out(rowan_mls_signature_key(
						    p->client)))
		       ? 0
		       : ROWAN_E_EXISTS;
}

/* Everything in the blob, beside what we have. */
static bool load(
	struct peer *p, struct req *r, struct bytes blob, struct peer *fresh)
{
	struct rowan_mls_group *group;
	struct reader in;
	struct bytes one;

	reader_init(&in, blob);
	if (!req_code(r, read_settings(fresh, &in)) ||
		!req_code(r, read_client(p, fresh, &in)))
		return false;
	while (reader_left(&in) > 0) {
		if (!req_code(r, reader_vec(&in, BLOB_MAX, &one)) ||
			!req_code(r, rowan_mls_group_load(
					     p->groups == NULL ? fresh->client
							       : p->client,
					     peer_in(one), &group)))
			return false;
		peer_keep(fresh, r, group);
	}
	return true;
}

/* All of it, or nothing. */
void cmd_load(struct peer *p, struct req *r)
{
	struct bytes blob = req_hex(r, "blob");
	const struct rowan_mls_group *last = NULL;
	struct peer fresh;

	peer_init(&fresh);
	fresh.options.host = p->options.host;
	if (req_ok(r) && load(p, r, blob, &fresh)) {
		last = fresh.groups != NULL ? fresh.groups->group : NULL;
		(void)req_code(r, peer_take(p, r, &fresh));
	}
	peer_wipe(&fresh);
	if (!req_ok(r))
		return;
	req_put_hex(r, "signature_key",
		peer_out(rowan_mls_signature_key(p->client)));
	if (last != NULL)
		peer_put_state(r, last);
}
