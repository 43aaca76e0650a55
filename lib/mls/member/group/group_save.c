/*
 * Groups at rest. See rowan/mls.h: rowan_mls_group_save, _load.
 *
 * One versioned encoding, the same bytes while nothing has changed. It is in
 * the clear; sealing it is the application's work. What was consumed is not
 * in memory any more, so it cannot be in here.
 */
#include <stdlib.h>

#include "crypto/hpke.h"
#include "mls/member/group/group.h"
#include "mls/public/tree/tree_codec.h"

#define SAVED_VERSION 1
#define SAVED_MAX     (256u << 20)

/* ---- writing ------------------------------------------------------------ */

static int write_tree(struct writer *w, const struct tree *t)
{
	struct buf raw;
	int rc = tree_encode(t, &raw);

	if (rc == 0)
		writer_vec(w, buf_view(&raw));
	buf_wipe(&raw);
	return rc;
}

static void write_secret(struct writer *w, const struct secret *s)
{
	writer_vec(w, secret_view(s));
}

static void write_message_keys(struct writer *w, const struct secret_tree *t)
{
	size_t mark = writer_open(w);

	/* The removed have none any more. */
	if (t != NULL)
		secret_tree_write(w, t);
	writer_close(w, mark);
}

static void write_keys(struct writer *w, const struct treekem *keys)
{
	size_t mark = writer_open(w);

	for (size_t i = 0; i < keys->n; i++) {
		writer_u32(w, keys->keys[i].node);
		write_secret(w, &keys->keys[i].sk);
	}
	writer_close(w, mark);
}

static void write_secrets(struct writer *w, const struct epoch_secrets *e)
{
	write_secret(w, &e->init);
	write_secret(w, &e->sender_data);
	write_secret(w, &e->exporter);
	write_secret(w, &e->external);
	write_secret(w, &e->confirmation);
	write_secret(w, &e->membership);
	write_secret(w, &e->resumption);
	write_secret(w, &e->authenticator);
}

static int write_past(struct writer *w, const struct rowan_mls_group *g)
{
	size_t mark = writer_open(w);
	int rc = 0;

	for (const struct past_epoch *p = g->past; rc == 0 && p != NULL;
		p = p->next) {
		writer_vec(w, p->context->raw);
		rc = write_tree(w, p->tree);
		write_secret(w, &p->sender_data);
		write_message_keys(w, p->message_keys);
	}
	writer_close(w, mark);
	mark = writer_open(w);
	for (const struct past_resumption *p = g->resumptions; p != NULL;
		p = p->next) {
		writer_u64(w, p->epoch);
		write_secret(w, &p->psk);
	}
	writer_close(w, mark);
	return rc;
}

static void write_updates(struct writer *w, const struct rowan_mls_group *g)
{
	size_t mark = writer_open(w);

	for (const struct own_update *u = g->updates; u != NULL; u = u->next) {
		writer_vec(w, u->leaf->raw);
		write_secret(w, &u->sk);
	}
	writer_close(w, mark);
}

/* The epoch alone: what a staged commit is, too. */
static int write_epoch(struct writer *w, const struct rowan_mls_group *g)
{
	int rc;

	writer_u32(w, g->leaf);
	writer_u8(w, g->removed);
	writer_vec(w, g->context->raw);
	rc = write_tree(w, g->tree);
	write_keys(w, g->keys);
	write_secrets(w, &g->secrets);
	write_message_keys(w, g->message_keys);
	writer_vec(w, hash_view(&g->confirmation_tag));
	writer_vec(w, hash_view(&g->interim));
	writer_vec(w, buf_view(&g->reinit));
	return rc;
}

int rowan_mls_group_save(
	const struct rowan_mls_group *group, struct rowan_mls_buf *ret)
{
	struct writer w;
	struct buf out;
	int rc;

	*ret = (struct rowan_mls_buf){NULL, 0};
	writer_init(&w, SAVED_MAX);
	writer_u16(&w, SAVED_VERSION);
	writer_u16(&w, group->suite->id);
	rc = write_epoch(&w, group);
	proposal_cache_write(&w, &group->cache);
	write_updates(&w, group);
	if (rc == 0)
		rc = write_past(&w, group);
	writer_u8(&w, group->staged != NULL);
	if (rc == 0 && group->staged != NULL) {
		writer_vec(&w, hash_view(&group->staged_message));
		rc = write_epoch(&w, group->staged);
	}
	if (rc == 0)
		rc = writer_finish(&w, &out);
	if (rc == 0)
		*ret = client_give(out);
	writer_wipe(&w);
	return rc;
}

/* ---- reading: everything wrong with it is damage ------------------------ */

/* Keep what says something about this machine; the rest is damage. */
static int damage(int rc)
{
	return rc == 0 || rc == ROWAN_E_NOMEM ? rc : ROWAN_E_CORRUPT;
}

static int read_secret(struct reader *r, struct secret *ret)
{
	struct bytes view;

	if (reader_vec(r, SECRET_MAX, &view) != 0 || secret_set(ret, view) != 0)
		return ROWAN_E_CORRUPT;
	return 0;
}

static int read_hash(
	const struct suite *s, struct reader *r, struct hash_value *ret)
{
	struct bytes view;

	if (reader_vec(r, HASH_MAX, &view) != 0 || view.len != s->hash->len)
		return ROWAN_E_CORRUPT;
	ret->len = view.len;
	for (size_t i = 0; i < view.len; i++)
		ret->b[i] = view.data[i];
	return 0;
}

static int read_context(
	const struct suite *s, struct reader *r, struct group_context **ret)
{
	struct bytes raw;
	int rc;

	if (reader_vec(r, SAVED_MAX, &raw) != 0)
		return ROWAN_E_CORRUPT;
	rc = damage(group_context_decode(raw, ret));
	return rc == 0 && (*ret)->cipher_suite != s->id ? ROWAN_E_CORRUPT : rc;
}

static int read_tree(const struct suite *s, struct reader *r, struct tree **ret)
{
	struct bytes raw;

	if (reader_vec(r, SAVED_MAX, &raw) != 0)
		return ROWAN_E_CORRUPT;
	return damage(tree_decode(s, raw, ret));
}

/* Of the epoch that has ${tree}; none is NULL. */
static int read_message_keys(
	struct reader *r, const struct tree *tree, struct secret_tree **ret)
{
	struct reader inner;
	int rc;

	*ret = NULL;
	if (reader_sub(r, SAVED_MAX, &inner) != 0)
		return ROWAN_E_CORRUPT;
	if (reader_left(&inner) == 0)
		return 0;
	rc = damage(secret_tree_read(&inner, tree->suite, ret));
	if (rc == 0 && (reader_left(&inner) != 0 ||
			       secret_tree_leaves(*ret) != tree_leaves(tree)))
		rc = ROWAN_E_CORRUPT;
	return rc;
}

static int read_keys(struct reader *r, uint32_t leaf, struct treekem *keys)
{
	struct reader list;

	keys->leaf = leaf;
	if (reader_sub(r, SAVED_MAX, &list) != 0)
		return ROWAN_E_CORRUPT;
	while (reader_left(&list) > 0) {
		struct treekem_key *k = &keys->keys[keys->n];

		if (keys->n == TREEKEM_KEYS_MAX ||
			reader_u32(&list, &k->node) != 0 ||
			read_secret(&list, &k->sk) != 0)
			return ROWAN_E_CORRUPT;
		keys->n++;
	}
	return 0;
}

/* All as long as the hash; the removed have none. */
static int read_secrets(struct reader *r, struct rowan_mls_group *g)
{
	struct epoch_secrets *e = &g->secrets;
	size_t len = g->removed ? 0 : g->suite->hash->len;
	struct secret *const all[] = {&e->init, &e->sender_data, &e->exporter,
		&e->external, &e->confirmation, &e->membership, &e->resumption,
		&e->authenticator};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof all / sizeof *all; i++) {
		rc = read_secret(r, all[i]);
		if (rc == 0 && all[i]->len != len)
			rc = ROWAN_E_CORRUPT;
	}
	return rc;
}

/*
 * Is the leaf of ${g} ours, with the private keys we hold? Each of those
 * belongs to the public key the tree shows; the removed have none.
 */
static bool place_is_ours(const struct rowan_mls_group *g)
{
	const struct leaf_node *leaf = tree_leaf(g->tree, g->leaf);

	if (leaf == NULL || !bytes_eq(leaf->signature_key,
				    buf_view(&g->client->signature_key)))
		return false;
	if (g->removed)
		return g->keys->n == 0 && g->message_keys == NULL;
	return g->message_keys != NULL && treekem_verify(g->keys, g->tree) == 0;
}

static int read_epoch(struct reader *r, struct rowan_mls_group *g)
{
	struct bytes reinit;
	uint8_t removed;
	int rc;

	if (reader_u32(r, &g->leaf) != 0 || reader_u8(r, &removed) != 0 ||
		removed > 1)
		return ROWAN_E_CORRUPT;
	g->removed = removed == 1;
	if ((rc = read_context(g->suite, r, &g->context)) != 0 ||
		(rc = read_tree(g->suite, r, &g->tree)) != 0 ||
		(rc = read_keys(r, g->leaf, g->keys)) != 0 ||
		(rc = read_secrets(r, g)) != 0 ||
		(rc = read_message_keys(r, g->tree, &g->message_keys)) != 0 ||
		(rc = read_hash(g->suite, r, &g->confirmation_tag)) != 0 ||
		(rc = read_hash(g->suite, r, &g->interim)) != 0)
		return rc;
	if (!place_is_ours(g) || reader_vec(r, SAVED_MAX, &reinit) != 0)
		return ROWAN_E_CORRUPT;
	return buf_copy(&g->reinit, reinit);
}

/* Are both keys of a proposed leaf ours? */
static bool update_is_ours(
	const struct rowan_mls_group *g, const struct own_update *u)
{
	uint8_t pk[HPKE_PK_MAX];

	return hpke_public(g->suite, secret_view(&u->sk), pk) == 0 &&
	       bytes_eq(u->leaf->encryption_key,
		       bytes_of(pk, g->suite->kem_pk_len)) &&
	       bytes_eq(u->leaf->signature_key,
		       buf_view(&g->client->signature_key));
}

static int read_updates(struct reader *r, struct rowan_mls_group *g)
{
	struct own_update **at = &g->updates;
	struct reader list;
	struct bytes raw;
	int rc;

	if (reader_sub(r, SAVED_MAX, &list) != 0)
		return ROWAN_E_CORRUPT;
	while (reader_left(&list) > 0) {
		if ((*at = calloc(1, sizeof **at)) == NULL)
			return ROWAN_E_NOMEM;
		if (reader_vec(&list, SAVED_MAX, &raw) != 0 ||
			read_secret(&list, &(*at)->sk) != 0)
			return ROWAN_E_CORRUPT;
		if ((rc = damage(leaf_node_decode(raw, &(*at)->leaf))) != 0)
			return rc;
		if (!update_is_ours(g, *at))
			return ROWAN_E_CORRUPT;
		at = &(*at)->next;
	}
	return 0;
}

static int read_past(struct reader *r, struct rowan_mls_group *g)
{
	struct past_epoch **past = &g->past;
	struct past_resumption **resumption = &g->resumptions;
	struct reader list;
	int rc;

	if (reader_sub(r, SAVED_MAX, &list) != 0)
		return ROWAN_E_CORRUPT;
	while (reader_left(&list) > 0) {
		struct past_epoch *p = calloc(1, sizeof *p);

		if ((*past = p) == NULL)
			return ROWAN_E_NOMEM;
		if ((rc = read_context(g->suite, &list, &p->context)) != 0 ||
			(rc = read_tree(g->suite, &list, &p->tree)) != 0 ||
			(rc = read_secret(&list, &p->sender_data)) != 0 ||
			(rc = read_message_keys(
				 &list, p->tree, &p->message_keys)) != 0)
			return rc;
		if (p->message_keys == NULL)
			return ROWAN_E_CORRUPT;
		past = &p->next;
	}
	if (reader_sub(r, SAVED_MAX, &list) != 0)
		return ROWAN_E_CORRUPT;
	while (reader_left(&list) > 0) {
		struct past_resumption *p = calloc(1, sizeof *p);

		if ((*resumption = p) == NULL)
			return ROWAN_E_NOMEM;
		if (reader_u64(&list, &p->epoch) != 0 ||
			read_secret(&list, &p->psk) != 0)
			return ROWAN_E_CORRUPT;
		resumption = &p->next;
	}
	return 0;
}

static int read_staged(struct reader *r, struct rowan_mls_group *g)
{
	struct rowan_mls_group *next;
	uint8_t present;
	int rc;

	if (reader_u8(r, &present) != 0 || present > 1)
		return ROWAN_E_CORRUPT;
	if (present == 0)
		return 0;
	if ((rc = read_hash(g->suite, r, &g->staged_message)) != 0 ||
		(rc = group_new(g->client, &next)) != 0)
		return rc;
	g->staged = next;
	next->spare_resumption = calloc(1, sizeof *next->spare_resumption);
	if (g->client->keep_epochs > 0)
		next->spare_past = calloc(1, sizeof *next->spare_past);
	if (next->spare_resumption == NULL ||
		(g->client->keep_epochs > 0 && next->spare_past == NULL))
		return ROWAN_E_NOMEM;
	return read_epoch(r, next);
}

static int load(struct rowan_mls_group *g, struct reader *r)
{
	int rc;

	if ((rc = read_epoch(r, g)) != 0 ||
		(rc = damage(proposal_cache_read(g->suite, r, &g->cache))) !=
			0 ||
		(rc = read_updates(r, g)) != 0 || (rc = read_past(r, g)) != 0 ||
		(rc = read_staged(r, g)) != 0)
		return rc;
	return reader_end(r) != 0 ? ROWAN_E_CORRUPT : 0;
}

int rowan_mls_group_load(struct rowan_mls *client, struct rowan_mls_bytes blob,
	struct rowan_mls_group **ret)
{
	uint16_t version = 0, suite = 0;
	struct rowan_mls_group *g;
	struct reader r;
	int rc;

	*ret = NULL;
	reader_init(&r, host_in(blob));
	if (reader_u16(&r, &version) != 0 || version == 0)
		return ROWAN_E_CORRUPT;
	if (version > SAVED_VERSION)
		return ROWAN_E_TOO_NEW;
	if (reader_u16(&r, &suite) != 0 || suite != client->suite->id)
		return ROWAN_E_CORRUPT;
	if ((rc = group_new(client, &g)) != 0)
		return rc;
	rc = load(g, &r);
	if (rc != 0)
		rowan_mls_group_free(g);
	else
		*ret = g;
	return rc;
}
