/*
 * What the message driver knows, and what its commands share: see peer.h.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "peer/peer.h"

static uint64_t host_clock(void *ctx)
{
	const struct peer *p = ctx;

	return p->now != 0 ? p->now : (uint64_t)time(NULL);
}

static int host_random(void *ctx, uint8_t *ret, size_t len)
{
	randombytes_buf(ret, len);
	return 0;
}

static int host_validate(void *ctx, const struct rowan_mls_claim *claim)
{
	return 0;
}

static int host_psk(
	void *ctx, struct rowan_mls_bytes id, uint8_t *ret, size_t *len)
{
	const struct peer *p = ctx;
	const struct peer_psk *psk;

	for (psk = p->psks; psk != NULL; psk = psk->next)
		if (bytes_eq(buf_view(&psk->id), peer_out(id)))
			break;
	if (psk == NULL || psk->value.len > *len)
		return -1;
	if (psk->value.len > 0)
		memcpy(ret, psk->value.data, psk->value.len);
	*len = psk->value.len;
	return 0;
}

void peer_init(struct peer *p)
{
	*p = (struct peer){0};
	p->options.host = (struct rowan_mls_host){
		.ctx = p,
		.clock = host_clock,
		.random = host_random,
		.validate = host_validate,
		.psk = host_psk,
	};
}

static void psk_free(struct peer_psk *psk)
{
	buf_wipe(&psk->id);
	buf_wipe(&psk->value);
	free(psk);
}

void peer_wipe(struct peer *p)
{
	while (p->groups != NULL)
		peer_drop(p, p->groups->group);
	while (p->publics != NULL) {
		struct peer_public *next = p->publics->next;

		rowan_mls_public_free(p->publics->group);
		free(p->publics);
		p->publics = next;
	}
	while (p->psks != NULL) {
		struct peer_psk *next = p->psks->next;

		psk_free(p->psks);
		p->psks = next;
	}
	rowan_mls_free(p->client);
	rowan_mls_free(p->outside);
	peer_init(p);
}

struct rowan_mls *peer_client(struct peer *p, struct req *r)
{
	if (p->client == NULL)
		req_fail(r, "state", "init comes first");
	return req_ok(r) ? p->client : NULL;
}

struct rowan_mls_group *peer_group(
	struct peer *p, struct req *r, const char *key)
{
	struct bytes id = req_hex_opt(r, key);
	struct peer_group *g = p->groups;

	if (!req_ok(r) || peer_client(p, r) == NULL)
		return NULL;
	if (!req_has(r, key) && g != NULL && g->next == NULL)
		return g->group;
	if (!req_has(r, key) && g != NULL) {
		req_fail(r, "which-group", "there are several groups");
		return NULL;
	}
	for (; g != NULL; g = g->next)
		if (bytes_eq(peer_out(rowan_mls_group_id(g->group)), id))
			return g->group;
	req_fail(r, "no-group", "no such group");
	return NULL;
}

void peer_drop(struct peer *p, struct rowan_mls_group *group)
{
	struct peer_group **at = &p->groups;

	while (*at != NULL && (*at)->group != group)
		at = &(*at)->next;
	if (*at != NULL) {
		struct peer_group *old = *at;

		*at = old->next;
		rowan_mls_group_free(old->group);
		free(old);
	}
}

void peer_keep(struct peer *p, struct req *r, struct rowan_mls_group *group)
{
	struct peer_group *g;

	for (g = p->groups; g != NULL; g = g->next) {
		if (bytes_eq(peer_out(rowan_mls_group_id(g->group)),
			    peer_out(rowan_mls_group_id(group)))) {
			rowan_mls_group_free(g->group);
			g->group = group;
			return;
		}
	}
	g = calloc(1, sizeof *g);
	if (g == NULL)
		abort();
	g->group = group;
	g->next = p->groups;
	p->groups = g;
}

int peer_take(struct peer *p, struct req *r, struct peer *from)
{
	const struct peer_psk *psk;
	int rc = 0;

	for (psk = from->psks; rc == 0 && psk != NULL; psk = psk->next)
		rc = peer_psk_add(p, buf_view(&psk->id), buf_view(&psk->value));
	if (rc != 0)
		return rc;
	p->options = from->options;
	if (p->groups == NULL) {
		rowan_mls_free(p->client);
		p->client = from->client;
		from->client = NULL;
	}
	while (from->groups != NULL) {
		struct peer_group *one = from->groups;

		from->groups = one->next;
		peer_keep(p, r, one->group);
		free(one);
	}
	return 0;
}

int peer_psk_add(struct peer *p, struct bytes id, struct bytes value)
{
	struct peer_psk *psk;
	int rc;

	for (psk = p->psks; psk != NULL; psk = psk->next)
		if (bytes_eq(buf_view(&psk->id), id))
			return buf_set(&psk->value, value);
	psk = calloc(1, sizeof *psk);
	if (psk == NULL)
		return ROWAN_E_NOMEM;
	if ((rc = buf_copy(&psk->id, id)) != 0 ||
		(rc = buf_copy(&psk->value, value)) != 0) {
		psk_free(psk);
		return rc;
	}
	psk->next = p->psks;
	p->psks = psk;
	return 0;
}

void peer_put_buf(struct req *r, const char *key, struct rowan_mls_buf *buf)
{
	if (buf->len > 0)
		req_put_hex(r, key, peer_buf(buf));
	rowan_mls_buf_free(buf);
}

static void set_hex(json_t *obj, const char *key, struct rowan_mls_bytes b)
{
	json_object_set_new(obj, key, arena_json_hex(peer_out(b)));
}

json_t *peer_summary(const struct rowan_mls_group *group)
{
	json_t *s = json_object();

	set_hex(s, "group", rowan_mls_group_id(group));
	json_object_set_new(s, "epoch",
		json_integer((json_int_t)rowan_mls_group_epoch(group)));
	json_object_set_new(
		s, "leaf", json_integer(rowan_mls_group_leaf(group)));
	json_object_set_new(s, "members",
		json_integer(rowan_mls_group_member_count(group)));
	json_object_set_new(
		s, "active", json_boolean(rowan_mls_group_active(group)));
	set_hex(s, "tree_hash", rowan_mls_group_tree_hash(group));
	set_hex(s, "epoch_authenticator",
		rowan_mls_group_epoch_authenticator(group));
	set_hex(s, "confirmed_transcript_hash",
		rowan_mls_group_confirmed_transcript_hash(group));
	return s;
}

void peer_put_state(struct req *r, const struct rowan_mls_group *group)
{
	json_t *s = peer_summary(group);

	json_object_update(r->out, s);
	req_put(r, "state", s);
}

struct rowan_mls_extensions peer_extensions(
	struct req *r, const json_t *obj, const char *key)
{
	const json_t *list = req_list_opt(r, obj, key);
	size_t n = json_array_size(list);
	struct rowan_mls_extension *v;

	v = arena_alloc(&r->arena, n * sizeof *v);
	for (size_t i = 0; i < n && req_ok(r); i++) {
		const json_t *e = json_array_get(list, i);

		v[i].type = (uint16_t)req_uint_of(r, e, "type", UINT16_MAX);
		v[i].data = peer_in(req_hex_of(r, e, "data"));
	}
	return (struct rowan_mls_extensions){v, n};
}

const struct rowan_mls_bytes *peer_key_packages(struct req *r, size_t *ret_n)
{
	const json_t *list = req_list_opt(r, r->in, "key_packages");
	size_t n = json_array_size(list);
	struct rowan_mls_bytes *v;
	struct bytes one;

	v = arena_alloc(&r->arena, n * sizeof *v);
	for (size_t i = 0; i < n; i++) {
		if (!arena_hex(&r->arena, json_array_get(list, i), &one))
			req_fail(r, "bad-request",
				"key_packages must hold strings of hex digits");
		v[i] = peer_in(one);
	}
	*ret_n = n;
	return v;
}
