/*
 * The secret tree: see secret_tree.h.
 *
 * Invariant: from every leaf upwards there is exactly one thing that holds
 * its secrets: its ratchets, or the nearest node whose secret is present.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "crypto/label.h"
#include "mls/member/keys/secret_tree.h"
#include "mls/public/object/limits.h"
#include "mls/public/tree/tree_math.h"

#define RATCHETS 2

struct skipped {
	uint32_t generation;
	struct message_key key;
};

struct ratchet {
	uint32_t generation;	 /* the next one to derive */
	struct secret secret;	 /* it comes from this */
	struct skipped *skipped; /* older ones, oldest first */
	size_t n;
};

struct ratchets {
	struct ratchet r[RATCHETS];
};

struct secret_tree {
	const struct suite *suite;
	uint32_t leaves;
	uint8_t *nodes;		/* a secret a node, hash_len bytes each */
	uint8_t *present;	/* per node: 1 iff its secret is there */
	struct ratchets **leaf; /* NULL: not derived yet */
};

/* What the first key of a leaf derives on the way down. */
struct descent {
	uint32_t top;	/* the node it starts from */
	unsigned depth; /* nodes below it, the leaf included */
	uint32_t path[TREE_MATH_PATH_MAX];
	uint8_t copath[TREE_MATH_PATH_MAX][HASH_MAX];
	struct ratchets *ratchets;
};

struct secret_tree_step {
	struct secret_tree_place place;
	struct message_key key;
	struct ratchet next;	 /* what the ratchet becomes */
	struct descent *descent; /* NULL: the leaf had ratchets */
};

static void ratchet_wipe(struct ratchet *r)
{
	mem_free(r->skipped, r->n * sizeof *r->skipped);
	sodium_memzero(r, sizeof *r);
}

static void ratchets_free(struct ratchets *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < RATCHETS; i++)
		ratchet_wipe(&r->r[i]);
	mem_free(r, sizeof *r);
}

static void descent_free(struct descent *d)
{
	if (d == NULL)
		return;
	ratchets_free(d->ratchets);
	mem_free(d, sizeof *d);
}

static uint8_t *node_secret(const struct secret_tree *t, uint32_t node)
{
	return t->nodes + (size_t)node * t->suite->hash->len;
}

static int tree_alloc(
	const struct suite *s, uint32_t leaves, struct secret_tree **ret)
{
	size_t width = tree_math_width(leaves);
	struct secret_tree *t = calloc(1, sizeof *t);

	*ret = NULL;
	if (t == NULL)
		return ROWAN_E_NOMEM;
	t->suite = s;
	t->leaves = leaves;
	t->nodes = calloc(width, s->hash->len);
	t->present = calloc(width, 1);
	t->leaf = calloc(leaves, sizeof *t->leaf);
	if (t->nodes == NULL || t->present == NULL || t->leaf == NULL) {
		secret_tree_free(t);
		return ROWAN_E_NOMEM;
	}
	*ret = t;
	return 0;
}

int secret_tree_new(const struct suite *s, const struct secret *encryption,
	uint32_t leaves, struct secret_tree **ret)
{
	uint32_t root = tree_math_root(leaves);
	int rc;

	rc = tree_alloc(s, leaves, ret);
	if (rc != 0)
		return rc;
	memcpy(node_secret(*ret, root), encryption->b, s->hash->len);
	(*ret)->present[root] = 1;
	return 0;
}

void secret_tree_free(struct secret_tree *t)
{
	uint32_t i;

	if (t == NULL)
		return;
	for (i = 0; t->leaf != NULL && i < t->leaves; i++)
		ratchets_free(t->leaf[i]);
	free(t->leaf);
	mem_free(t->nodes, tree_math_width(t->leaves) * t->suite->hash->len);
	free(t->present);
	free(t);
}

uint32_t secret_tree_leaves(const struct secret_tree *t)
{
	return t->leaves;
}

/* DeriveTreeSecret, section 9.1. */
static int tree_secret(const struct label_source *src, uint32_t generation,
	const char *label, uint8_t *ret, size_t len)
{
	const uint8_t context[4] = {
		(uint8_t)(generation >> 24),
		(uint8_t)(generation >> 16),
		(uint8_t)(generation >> 8),
		(uint8_t)generation,
	};

	return label_source_expand(
		src, label, bytes_of(context, sizeof context), ret, len);
}

/*
 * Move the ratchet one generation on and, unless NULL, give the key of the
 * one it leaves.
 */
static int ratchet_advance(
	const struct suite *s, struct ratchet *r, struct message_key *ret)
{
	struct secret next = {.len = s->hash->len};
	struct label_source src;
	int rc = 0;

	label_source_init(&src, s, secret_view(&r->secret));
	if (ret != NULL)
		rc = tree_secret(
			&src, r->generation, "key", ret->key, s->aead->key_len);
	if (ret != NULL && rc == 0)
		rc = tree_secret(&src, r->generation, "nonce", ret->nonce,
			s->aead->nonce_len);
	if (rc == 0)
		rc = tree_secret(
			&src, r->generation, "secret", next.b, next.len);
	if (rc == 0) {
		r->secret = next;
		r->generation++;
	}
	label_source_wipe(&src);
	secret_wipe(&next);
	return rc;
}

/*
 * Fill next->skipped with what of ${old} lies within the window behind
 * ${newest}, without generation ${used}, leaving room for ${more}.
 */
static int keep_skipped(const struct ratchet *old, struct ratchet *next,
	uint32_t oldest, uint32_t used, size_t more)
{
	size_t i;

	next->n = 0;
	next->skipped = NULL;
	if (old->n + more == 0)
		return 0;
	next->skipped = calloc(old->n + more, sizeof *next->skipped);
	if (next->skipped == NULL)
		return ROWAN_E_NOMEM;
	for (i = 0; i < old->n; i++) {
		if (old->skipped[i].generation >= oldest &&
			old->skipped[i].generation != used)
			next->skipped[next->n++] = old->skipped[i];
	}
	return 0;
}

/* A key behind the newest generation: there if it was skipped and kept. */
static int find_skipped(
	const struct ratchet *old, struct secret_tree_step *step)
{
	uint32_t generation = step->place.generation;
	size_t i;

	for (i = 0; i < old->n; i++) {
		if (old->skipped[i].generation == generation)
			break;
	}
	if (i == old->n)
		return ROWAN_E_MLS_REPLAY;
	step->key = old->skipped[i].key;
	return keep_skipped(old, &step->next, 0, generation, 0);
}

/* A key at or ahead of the newest generation. */
static int find_ahead(const struct suite *s, const struct ratchet *old,
	const struct secret_tree_limits *limits, struct secret_tree_step *step)
{
	struct ratchet *next = &step->next;
	uint32_t generation = step->place.generation;
	uint32_t jump = generation - old->generation;
	uint32_t keep = limits->keep_generations;
	uint32_t oldest = generation > keep ? generation - keep : 0;
	int rc;

	/* Section 9.1: generations past 2^32 - 1 do not exist. */
	if (jump > limits->max_forward || generation == UINT32_MAX)
		return ROWAN_E_MLS_TOO_FAR;
	rc = keep_skipped(
		old, next, oldest, generation, jump < keep ? jump : keep);
	while (rc == 0 && next->generation < generation) {
		struct skipped *k = NULL;

		if (next->generation >= oldest) {
			k = &next->skipped[next->n++];
			k->generation = next->generation;
		}
		rc = ratchet_advance(s, next, k != NULL ? &k->key : NULL);
	}
	if (rc == 0)
		rc = ratchet_advance(s, next, &step->key);
	return rc;
}

/* One level down: ${secret} becomes the child towards ${d}'s leaf. */
static int descend(
	const struct suite *s, struct descent *d, unsigned i, uint8_t *secret)
{
	uint32_t from = i == 0 ? d->top : d->path[i - 1];
	bool left = d->path[i] == tree_math_left(from);
	uint8_t *l = left ? secret : d->copath[i];
	uint8_t *r = left ? d->copath[i] : secret;
	size_t len = s->hash->len;
	struct label_source parent;
	int rc;

	label_source_init(&parent, s, bytes_of(secret, len));
	rc = label_source_expand(&parent, "tree", bytes_of("left", 4), l, len);
	if (rc == 0)
		rc = label_source_expand(
			&parent, "tree", bytes_of("right", 5), r, len);
	label_source_wipe(&parent);
	return rc;
}

/* Both ratchets of a leaf from its node secret. */
static int leaf_ratchets(
	const struct suite *s, struct secret *leaf, struct ratchets **ret)
{
	static const char *const label[RATCHETS] = {"handshake", "application"};
	struct label_source src;
	size_t i;
	int rc = 0;

	*ret = calloc(1, sizeof **ret);
	if (*ret == NULL)
		return ROWAN_E_NOMEM;
	label_source_init(&src, s, secret_view(leaf));
	for (i = 0; rc == 0 && i < RATCHETS; i++)
		rc = label_source_derive(&src, label[i], &(*ret)->r[i].secret);
	label_source_wipe(&src);
	return rc;
}

/* Find the node that holds the leaf's secrets, and derive from it. */
static int derive_leaf(
	const struct secret_tree *t, uint32_t leaf, struct descent **ret)
{
	struct secret secret = {.len = t->suite->hash->len};
	struct descent *d = calloc(1, sizeof *d);
	uint32_t node = tree_math_node(leaf), root = tree_math_root(t->leaves);
	unsigned i;
	int rc = 0;

	*ret = d; /* the step frees it, whatever happens */
	if (d == NULL)
		return ROWAN_E_NOMEM;
	for (d->top = node; !t->present[d->top] && d->top != root; d->depth++)
		d->top = tree_math_parent(d->top);
	if (!t->present[d->top])
		return ROWAN_E_INTERNAL;
	for (i = d->depth; i > 0; i--) {
		d->path[i - 1] = node;
		if (i > 1)
			node = tree_math_parent(node);
	}
	memcpy(secret.b, node_secret(t, d->top), secret.len);
	for (i = 0; rc == 0 && i < d->depth; i++)
		rc = descend(t->suite, d, i, secret.b);
	if (rc == 0)
		rc = leaf_ratchets(t->suite, &secret, &d->ratchets);
	secret_wipe(&secret);
	return rc;
}

/* The generation of ${place} is set by the caller, or is the next one. */
static int find(const struct secret_tree *t,
	const struct secret_tree_limits *limits,
	const struct secret_tree_place *place, bool next,
	struct secret_tree_step **ret)
{
	struct secret_tree_step *step;
	const struct ratchet *old = NULL;
	int rc = 0;

	*ret = NULL;
	if (place->leaf >= t->leaves)
		return ROWAN_E_MLS_SENDER;
	step = calloc(1, sizeof *step);
	if (step == NULL)
		return ROWAN_E_NOMEM;
	step->place = *place;
	if (t->leaf[place->leaf] != NULL) {
		old = &t->leaf[place->leaf]->r[place->kind];
	} else {
		rc = derive_leaf(t, place->leaf, &step->descent);
		if (rc == 0)
			old = &step->descent->ratchets->r[place->kind];
	}
	if (rc == 0) {
		step->next.generation = old->generation;
		step->next.secret = old->secret;
		if (next)
			step->place.generation = old->generation;
		if (step->place.generation < old->generation)
			rc = find_skipped(old, step);
		else
			rc = find_ahead(t->suite, old, limits, step);
	}
	if (rc == 0)
		*ret = step;
	else
		secret_tree_drop(step);
	return rc;
}

int secret_tree_find(const struct secret_tree *t,
	const struct secret_tree_limits *limits,
	const struct secret_tree_place *place, struct secret_tree_step **ret)
{
	return find(t, limits, place, false, ret);
}

int secret_tree_find_next(const struct secret_tree *t, uint32_t leaf,
	enum ratchet_kind kind, struct secret_tree_step **ret)
{
	static const struct secret_tree_limits none;
	const struct secret_tree_place place = {.leaf = leaf, .kind = kind};

	return find(t, &none, &place, true, ret);
}

const struct message_key *secret_tree_step_key(
	const struct secret_tree_step *step)
{
	return &step->key;
}

const struct secret_tree_place *secret_tree_step_place(
	const struct secret_tree_step *step)
{
	return &step->place;
}

void secret_tree_take(struct secret_tree *t, struct secret_tree_step *step)
{
	struct descent *d = step->descent;
	size_t len = t->suite->hash->len;
	struct ratchet *r;
	unsigned i;

	if (d != NULL) {
		/* Section 9.2: all node secrets on the way are consumed. */
		sodium_memzero(node_secret(t, d->top), len);
		t->present[d->top] = 0;
		for (i = 0; i < d->depth; i++) {
			uint32_t sibling = tree_math_sibling(d->path[i]);

			memcpy(node_secret(t, sibling), d->copath[i], len);
			t->present[sibling] = 1;
		}
		t->leaf[step->place.leaf] = d->ratchets;
		d->ratchets = NULL;
	}
	r = &t->leaf[step->place.leaf]->r[step->place.kind];
	ratchet_wipe(r);
	*r = step->next;
	step->next.skipped = NULL;
	step->next.n = 0;
	secret_tree_drop(step);
}

void secret_tree_drop(struct secret_tree_step *step)
{
	if (step == NULL)
		return;
	ratchet_wipe(&step->next);
	descent_free(step->descent);
	mem_free(step, sizeof *step);
}

static void ratchet_write(
	struct writer *w, const struct suite *s, const struct ratchet *r)
{
	size_t i, mark;

	writer_u32(w, r->generation);
	writer_raw(w, r->secret.b, r->secret.len);
	mark = writer_open(w);
	for (i = 0; i < r->n; i++) {
		writer_u32(w, r->skipped[i].generation);
		writer_raw(w, r->skipped[i].key.key, s->aead->key_len);
		writer_raw(w, r->skipped[i].key.nonce, s->aead->nonce_len);
	}
	writer_close(w, mark);
}

void secret_tree_write(struct writer *w, const struct secret_tree *t)
{
	uint32_t i, width = tree_math_width(t->leaves);
	size_t mark;

	writer_u32(w, t->leaves);
	mark = writer_open(w);
	for (i = 0; i < width; i++) {
		if (!t->present[i])
			continue;
		writer_u32(w, i);
		writer_raw(w, node_secret(t, i), t->suite->hash->len);
	}
	writer_close(w, mark);
	mark = writer_open(w);
	for (i = 0; i < t->leaves; i++) {
		if (t->leaf[i] == NULL)
			continue;
		writer_u32(w, i);
		ratchet_write(w, t->suite, &t->leaf[i]->r[0]);
		ratchet_write(w, t->suite, &t->leaf[i]->r[1]);
	}
	writer_close(w, mark);
}

static int ratchet_read(
	struct reader *r, const struct suite *s, struct ratchet *ret)
{
	size_t one = 4 + s->aead->key_len + s->aead->nonce_len, i;
	struct reader sub;
	int rc;

	rc = reader_u32(r, &ret->generation);
	if (rc == 0)
		rc = reader_array(r, ret->secret.b, s->hash->len);
	if (rc == 0)
		rc = reader_sub(r, reader_left(r), &sub);
	if (rc != 0 || reader_left(&sub) == 0)
		goto out;
	if (reader_left(&sub) % one != 0)
		return ROWAN_E_CORRUPT;
	ret->skipped = calloc(reader_left(&sub) / one, sizeof *ret->skipped);
	if (ret->skipped == NULL)
		return ROWAN_E_NOMEM;
	ret->n = reader_left(&sub) / one;
	for (i = 0; rc == 0 && i < ret->n; i++) {
		struct skipped *k = &ret->skipped[i];

		rc = reader_u32(&sub, &k->generation);
		if (rc == 0)
			rc = reader_array(&sub, k->key.key, s->aead->key_len);
		if (rc == 0)
			rc = reader_array(
				&sub, k->key.nonce, s->aead->nonce_len);
	}
out:
	ret->secret.len = s->hash->len;
	return rc;
}

static int nodes_read(struct reader *r, struct secret_tree *t)
{
	uint32_t node;
	int rc = 0;

	while (rc == 0 && reader_left(r) > 0) {
		rc = reader_u32(r, &node);
		if (rc == 0 && node >= tree_math_width(t->leaves))
			rc = ROWAN_E_CORRUPT;
		if (rc == 0) {
			t->present[node] = 1;
			rc = reader_array(
				r, node_secret(t, node), t->suite->hash->len);
		}
	}
	return rc;
}

static int leaves_read(struct reader *r, struct secret_tree *t)
{
	uint32_t leaf;
	size_t i;
	int rc = 0;

	while (rc == 0 && reader_left(r) > 0) {
		rc = reader_u32(r, &leaf);
		if (rc == 0 && (leaf >= t->leaves || t->leaf[leaf] != NULL))
			rc = ROWAN_E_CORRUPT;
		if (rc != 0)
			break;
		t->leaf[leaf] = calloc(1, sizeof **t->leaf);
		if (t->leaf[leaf] == NULL)
			return ROWAN_E_NOMEM;
		for (i = 0; rc == 0 && i < RATCHETS; i++)
			rc = ratchet_read(r, t->suite, &t->leaf[leaf]->r[i]);
	}
	return rc;
}

int secret_tree_read(
	struct reader *r, const struct suite *s, struct secret_tree **ret)
{
	struct secret_tree *t = NULL;
	struct reader nodes, leaves;
	uint32_t n;
	int rc;

	*ret = NULL;
	rc = reader_u32(r, &n);
	if (rc == 0 && (n == 0 || n > MLS_LEAVES_MAX || (n & (n - 1)) != 0))
		rc = ROWAN_E_CORRUPT;
	if (rc == 0)
		rc = reader_sub(r, reader_left(r), &nodes);
	if (rc == 0)
		rc = reader_sub(r, reader_left(r), &leaves);
	if (rc == 0)
		rc = tree_alloc(s, n, &t);
	if (rc == 0)
		rc = nodes_read(&nodes, t);
	if (rc == 0)
		rc = leaves_read(&leaves, t);
	if (rc == 0)
		*ret = t;
	else
		secret_tree_free(t);
	return rc == ROWAN_E_MALFORMED ? ROWAN_E_CORRUPT : rc;
}
