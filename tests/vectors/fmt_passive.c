/*
 * Format "passive-client": a member that joins by Welcome and follows the
 * group through every epoch, and, where the handshakes are public, a public
 * group that follows beside it. Every commit is looked at, saved and loaded
 * before it is accepted; a commit with one bit changed is refused first and
 * changes nothing.
 */
#include <string.h>

#include <sodium.h>

#include <rowan/mls.h>
#include <rowan/mls_public.h>

#include "crypto/suite.h"
#include "lib/suites.h"
#include "mls/member/client/client.h"
#include "mls/public/framing/mls_message.h"
#include "vectors/vec.h"

struct passive {
	struct vec *v;
	struct rowan_mls *client;
	struct rowan_mls_group *group;
	struct rowan_mls_public *beside; /* NULL: cannot follow */
};

static struct rowan_mls_bytes in(struct bytes b)
{
	return (struct rowan_mls_bytes){b.data, b.len};
}

static struct bytes out(struct rowan_mls_bytes b)
{
	return (struct bytes){b.data, b.len};
}

static struct bytes held(const struct rowan_mls_buf *b)
{
	return (struct bytes){b->data, b->len};
}

static uint64_t no_clock(void *ctx)
{
	return 0;
}

static int host_random(void *ctx, uint8_t *ret, size_t len)
{
	randombytes_buf(ret, len);
	return 0;
}

static int accept_all(void *ctx, const struct rowan_mls_claim *claim)
{
	return 0;
}

/* The case's own list of external PSKs. */
static int find_psk(
	void *ctx, struct rowan_mls_bytes id, uint8_t *ret, size_t *len)
{
	struct vec *v = ctx;
	const json_t *list = json_object_get(v->json, "external_psks");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);
		struct bytes value = vec_hex(v, o, "psk");

		if (!bytes_eq(vec_hex(v, o, "psk_id"), out(id)))
			continue;
		if (value.len > *len)
			return -1;
		memcpy(ret, value.data, value.len);
		*len = value.len;
		return 0;
	}
	return -1;
}

static struct rowan_mls_host host(struct vec *v)
{
	return (struct rowan_mls_host){
		.ctx = v,
		.clock = no_clock,
		.random = host_random,
		.validate = accept_all,
		.psk = find_psk,
	};
}

/*
 * The Ed25519 seed: as it is, with its public key behind it, or wrapped in
 * PKCS #8 (RFC 8410), as implementations write it.
 */
static struct bytes seed_of(struct bytes priv)
{
	static const uint8_t pkcs8[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30,
		0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};

	if (priv.len == sizeof pkcs8 + 32 &&
		memcmp(priv.data, pkcs8, sizeof pkcs8) == 0)
		return bytes_of(priv.data + sizeof pkcs8, 32);
	return priv.len == 64 ? bytes_of(priv.data, 32) : priv;
}

/* The key package as MLSMessage: files hold it with or without that frame. */
static struct bytes framed(struct vec *v, struct bytes raw)
{
	static const uint8_t frame[] = {0, 1, 0, WIRE_FORMAT_KEY_PACKAGE};
	struct mls_message m;
	uint8_t *whole;
	int rc = mls_message_decode(raw, &m);

	mls_message_wipe(&m);
	if (rc == 0)
		return raw;
	whole = arena_alloc(&v->arena, sizeof frame + raw.len);
	memcpy(whole, frame, sizeof frame);
	memcpy(whole + sizeof frame, raw.data, raw.len);
	return bytes_of(whole, sizeof frame + raw.len);
}

/* A client with the case's identity and its one key package. */
static bool make_client(struct passive *p)
{
	struct vec *v = p->v;
	struct bytes raw = framed(v, vec_hex(v, v->json, "key_package"));
	struct rowan_mls_options o = {
		.host = host(v),
		.suite = v->suite->id,
		.signature_seed =
			in(seed_of(vec_hex(v, v->json, "signature_priv"))),
		.ignore_lifetimes = true,
	};
	struct mls_message m;
	bool ok;

	if (!vec_zero(v, mls_message_decode(raw, &m), "key_package"))
		return false;
	o.credential.type = m.key_package.leaf_node->credential.type;
	o.credential.content = in(m.key_package.leaf_node->credential.content);
	ok = vec_zero(v, client_new(&o, suites_all(), &p->client), "client") &&
	     vec_same(v, out(rowan_mls_signature_key(p->client)),
		     m.key_package.leaf_node->signature_key,
		     "signature_priv is not the package's") &&
	     vec_zero(v,
		     rowan_mls_key_package_import(p->client, in(raw),
			     in(vec_hex(v, v->json, "init_priv")),
			     in(vec_hex(v, v->json, "encryption_priv"))),
		     "private keys do not fit the key package");
	mls_message_wipe(&m);
	return ok;
}

static bool join(struct passive *p)
{
	struct vec *v = p->v;
	struct bytes welcome = vec_hex(v, v->json, "welcome");
	struct rowan_mls_join_options o = {0};

	if (!vec_is_null(v->json, "ratchet_tree")) {
		(void)vec_want(v,
			rowan_mls_join(p->client, in(welcome), NULL,
				&p->group) == ROWAN_E_MLS_NO_TREE,
			"joined without the tree");
		o.tree = in(vec_hex(v, v->json, "ratchet_tree"));
	}
	return vec_zero(v,
		       rowan_mls_join(p->client, in(welcome), &o, &p->group),
		       "join") &&
	       vec_same(v, out(rowan_mls_group_epoch_authenticator(p->group)),
		       vec_hex(v, v->json, "initial_epoch_authenticator"),
		       "initial_epoch_authenticator");
}

/* Start a public group on this epoch. */
static void look_on(struct passive *p)
{
	struct rowan_mls_public_options o = {
		.host = host(p->v), .ignore_lifetimes = true};
	struct rowan_mls_group_info_options info = {.tree = true};
	struct rowan_mls_buf gi;

	rowan_mls_public_free(p->beside);
	p->beside = NULL;
	if (p->v->suite->id != suite_0003.id ||
		!vec_zero(p->v, rowan_mls_group_info(p->group, &info, &gi),
			"group info"))
		return;
	(void)vec_zero(p->v,
		rowan_mls_public_new(&o, in(held(&gi)),
			(struct rowan_mls_bytes){NULL, 0}, &p->beside),
		"public group");
	rowan_mls_buf_free(&gi);
}

/* The public group takes the message too, if it can be read at all. */
static void beside(struct passive *p, struct bytes message)
{
	struct rowan_mls_public_received *r;
	struct rowan_mls_peeked peek;

	if (p->beside == NULL || rowan_mls_peek(in(message), &peek) != 0)
		return;
	if (peek.wire_format != ROWAN_MLS_PUBLIC_MESSAGE) {
		rowan_mls_public_free(p->beside);
		p->beside = NULL;
		return;
	}
	if (vec_zero(p->v, rowan_mls_public_process(p->beside, in(message), &r),
		    "public group: process"))
		(void)vec_zero(p->v, rowan_mls_public_accept(p->beside, r),
			"public group: accept");
	rowan_mls_public_received_free(r);
}

/* The message with a bit changed in its last byte changes nothing. */
static void refuse_damaged(struct passive *p, struct bytes message)
{
	uint8_t *bad = arena_alloc(&p->v->arena, message.len);
	struct rowan_mls_buf before = {0}, after = {0};
	struct rowan_mls_received *r;

	if (message.len == 0 ||
		!vec_zero(
			p->v, rowan_mls_group_save(p->group, &before), "save"))
		return;
	memcpy(bad, message.data, message.len);
	bad[message.len - 1] ^= 1;
	(void)vec_want(p->v,
		rowan_mls_process(
			p->group, in(bytes_of(bad, message.len)), &r) != 0,
		"a damaged message was accepted");
	rowan_mls_received_free(r);
	(void)vec_zero(
		p->v, rowan_mls_group_save(p->group, &after), "save again");
	(void)vec_same(p->v, held(&before), held(&after),
		"a refused message changed the group");
	rowan_mls_buf_free(&before);
	rowan_mls_buf_free(&after);
}

/* Save, and go on with what was loaded. */
static void reload(struct passive *p)
{
	struct rowan_mls_buf blob;
	struct rowan_mls_group *again;

	if (!vec_zero(p->v, rowan_mls_group_save(p->group, &blob), "save"))
		return;
	if (vec_zero(p->v,
		    rowan_mls_group_load(p->client, in(held(&blob)), &again),
		    "load")) {
		rowan_mls_group_free(p->group);
		p->group = again;
	}
	rowan_mls_buf_free(&blob);
}

static bool take(
	struct passive *p, struct bytes message, enum rowan_mls_kind kind)
{
	struct rowan_mls_received *r;
	bool ok;

	refuse_damaged(p, message);
	beside(p, message);
	if (!vec_zero(p->v, rowan_mls_process(p->group, in(message), &r),
		    "process"))
		return false;
	ok = vec_want(p->v, rowan_mls_received_kind(r) == kind,
		     "a message of another kind") &&
	     vec_zero(p->v, rowan_mls_accept(p->group, r), "accept");
	rowan_mls_received_free(r);
	reload(p);
	return ok;
}

static void follow(struct passive *p, const json_t *epoch)
{
	struct vec *v = p->v;
	const json_t *proposals = vec_array(v, epoch, "proposals");

	look_on(p);
	for (size_t i = 0; i < json_array_size(proposals); i++)
		if (!take(p, vec_hex_value(v, json_array_get(proposals, i)),
			    ROWAN_MLS_KIND_PROPOSAL))
			return;
	if (!take(p, vec_hex(v, epoch, "commit"), ROWAN_MLS_KIND_COMMIT))
		return;
	(void)vec_same(v, out(rowan_mls_group_epoch_authenticator(p->group)),
		vec_hex(v, epoch, "epoch_authenticator"),
		"epoch_authenticator");
	if (p->beside != NULL)
		(void)vec_same(v, out(rowan_mls_public_context(p->beside)),
			out(rowan_mls_group_context(p->group)),
			"public group: another context");
}

void fmt_passive(struct vec *v)
{
	const json_t *epochs = vec_array(v, v->json, "epochs");
	struct passive p = {.v = v};

	if (make_client(&p) && join(&p)) {
		reload(&p);
		for (size_t i = 0; i < json_array_size(epochs) && !v->failed;
			i++)
			follow(&p, json_array_get(epochs, i));
	}
	rowan_mls_public_free(p.beside);
	rowan_mls_group_free(p.group);
	rowan_mls_free(p.client);
}
