/*
 * The MLS client of this device, and whose credential counts: see
 * channel_inner.h.
 *
 * A credential is a chain of cards (wire/card.h); follow.h knows which the
 * clinic has issued. Whether its device may take part is another question,
 * asked of every commit (channel_judge.c).
 */
#include "session/channel/channel_inner.h"

#define FORWARD	       1000 /* generations */
#define CLIENT_NAME    bytes_of("client", 6)
#define LIFETIME_MAX_S (29 * 24 * 3600)

static uint64_t clock_of(void *ctx)
{
	return ((struct channels *)ctx)->now;
}

static int validate(void *ctx, const struct rowan_mls_claim *claim)
{
	struct channels *x = ctx;
	struct wire_key key;
	struct id16 member;
	int rc;

	if (claim->external || claim->credential.type != ROWAN_MLS_BASIC ||
		claim->signature_key.len != sizeof key.b)
		return ROWAN_E_REFUSED;
	/* A leaf stays with its device and its card. */
	if (claim->succeeds &&
		(claim->old_credential.type != ROWAN_MLS_BASIC ||
			!bytes_eq(channel_bytes(claim->credential.content),
				channel_bytes(claim->old_credential.content))))
		return ROWAN_E_REFUSED;
	if (channel_leaf_device(
		    claim->credential.content, &x->judged, &member) != 0)
		return ROWAN_E_REFUSED;
	memcpy(key.b, claim->signature_key.data, sizeof key.b);
	rc = follow_identity(x->o.follow,
		channel_bytes(claim->credential.content), &key, NULL);
	if (rc == ROWAN_E_AGAIN || rc == ROWAN_E_UNKNOWN)
		x->unsure = true;
	return rc;
}

static void options(struct channels *x, struct rowan_mls_options *ret)
{
	*ret = (struct rowan_mls_options){
		.credential = {ROWAN_MLS_BASIC,
			channel_mls(buf_view(&x->o.me->chain))},
		.signature_seed =
			channel_mls(key32_view(&x->o.me->signature_seed)),
		.max_forward = FORWARD,
		.lifetime_max = LIFETIME_MAX_S};
	rowan_mls_host_init(&ret->host);
	ret->host.ctx = x;
	ret->host.clock = clock_of;
	ret->host.validate = validate;
}

int channel_client(struct channels *x)
{
	struct rowan_mls_options o;
	struct buf raw = {0};
	int rc;

	if (x->client != NULL)
		return 0;
	options(x, &o);
	rc = vault_get(x->o.vault, VAULT_MLS, CLIENT_NAME, 0, &raw);
	if (rc == 0)
		rc = rowan_mls_load(
			&o, channel_mls(buf_view(&raw)), &x->client);
	else if (rc == ROWAN_E_NOT_FOUND)
		rc = rowan_mls_new(&o, &x->client);
	buf_wipe(&raw);
	x->client_dirty = false;
	return rc;
}

int channel_client_keep(struct channels *x)
{
	struct rowan_mls_buf raw = {NULL, 0};
	int rc;

	if (!x->client_dirty)
		return 0;
	rc = rowan_mls_save(x->client, &raw);
	if (rc == 0)
		rc = vault_put(x->o.vault, VAULT_MLS, CLIENT_NAME, 0,
			bytes_of(raw.data, raw.len));
	rowan_mls_buf_free(&raw);
	if (rc == 0)
		x->client_dirty = false;
	return rc;
}

void channel_client_drop(struct channels *x)
{
	for (size_t i = 0; i < x->count; i++)
		channel_unload(x->list[i]);
	rowan_mls_free(x->client);
	x->client = NULL;
	x->client_dirty = false;
}

int channel_client_forget(struct channels *x)
{
	channel_client_drop(x);
	return vault_delete(x->o.vault, VAULT_MLS, CLIENT_NAME, 0);
}

/* ---- leaves ---- */

int channel_leaf_device(struct rowan_mls_bytes credential,
	struct id16 *ret_device, struct id16 *ret_member)
{
	struct wire_chain chain;
	int rc = wire_chain_decode(channel_bytes(credential), &chain);

	if (rc == 0) {
		*ret_device = chain.card[0].device;
		*ret_member = chain.card[0].member;
	}
	return rc;
}

bool channel_device_at(struct rowan_mls_group *g, uint32_t leaf,
	struct id16 *ret_device, struct id16 *ret_member)
{
	struct rowan_mls_member m;
	uint32_t at = leaf;

	return rowan_mls_group_next_member(g, &at, &m) && m.leaf == leaf &&
	       channel_leaf_device(
		       m.credential.content, ret_device, ret_member) == 0;
}

struct id16 channel_member_of(struct channels *x, const struct id16 *device)
{
	struct id16 member = {{0}};
	struct trust_card card;
	struct buf raw = {0};

	if (follow_card(x->o.follow, device, &card, &raw) == 0)
		member = card.card.member;
	buf_wipe(&raw);
	return member;
}
