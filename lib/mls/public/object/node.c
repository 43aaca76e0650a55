/*
 * Parent nodes: see node.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/writer.h"
#include "mls/public/object/limits.h"
#include "mls/public/object/node.h"

#define ENTRY_LEN 4 /* one unmerged leaf */

/* What an encoded parent node says, before it has memory of its own. */
struct fields {
	struct bytes encryption_key;
	struct bytes parent_hash;
	struct bytes unmerged_leaves;
};

static uint32_t entry(struct bytes unmerged, size_t i)
{
	const uint8_t *at = unmerged.data + i * ENTRY_LEN;

	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
}

static int read_fields(struct reader *r, struct fields *ret)
{
	int rc;

	if ((rc = reader_vec(r, MLS_KEY_MAX, &ret->encryption_key)) != 0 ||
		(rc = reader_vec(r, MLS_MAC_MAX, &ret->parent_hash)) != 0 ||
		(rc = reader_vec(r, MLS_LEAVES_MAX * ENTRY_LEN,
			 &ret->unmerged_leaves)) != 0)
		return rc;
	if (ret->unmerged_leaves.len % ENTRY_LEN != 0)
		return ROWAN_E_MALFORMED;
	/* 7.1: unmerged leaves "MUST be sorted in increasing order" */
	for (size_t i = 1; i < ret->unmerged_leaves.len / ENTRY_LEN; i++)
		if (entry(ret->unmerged_leaves, i - 1) >=
			entry(ret->unmerged_leaves, i))
			return ROWAN_E_MALFORMED;
	return 0;
}

int parent_node_read(struct reader *r, struct parent_node **ret)
{
	struct reader ahead = *r, own;
	struct parent_node *node;
	struct fields f;
	size_t len;
	uint8_t *mem;
	int rc;

	*ret = NULL;
	rc = read_fields(&ahead, &f);
	if (rc != 0)
		return rc;
	len = (size_t)(ahead.pos - r->pos);
	/* Node and bytes in one piece. */
	node = malloc(sizeof *node + len);
	if (node == NULL)
		return ROWAN_E_NOMEM;
	mem = (uint8_t *)(node + 1);
	memcpy(mem, r->pos, len);
	reader_init(&own, bytes_of(mem, len));
	rc = read_fields(&own, &f);
	if (rc != 0) {
		free(node);
		return ROWAN_E_INTERNAL;
	}
	*node = (struct parent_node){.refs = 1,
		.encryption_key = f.encryption_key,
		.parent_hash = f.parent_hash,
		.unmerged_leaves = f.unmerged_leaves,
		.raw = bytes_of(mem, len)};
	*r = ahead;
	*ret = node;
	return 0;
}

/* Turn what was written into a node: there is one definition of validity. */
static int finish(struct writer *w, struct parent_node **ret)
{
	struct reader r;
	int rc = writer_status(w);

	*ret = NULL;
	reader_init(&r, writer_view(w));
	if (rc == 0)
		rc = parent_node_read(&r, ret);
	writer_wipe(w);
	return rc;
}

int parent_node_new(struct bytes encryption_key, struct bytes parent_hash,
	struct parent_node **ret)
{
	struct writer w;

	writer_init(&w, MLS_KEY_MAX + MLS_MAC_MAX + 16);
	writer_vec(&w, encryption_key);
	writer_vec(&w, parent_hash);
	writer_vec(&w, bytes_of(NULL, 0));
	return finish(&w, ret);
}

int parent_node_with_unmerged(
	const struct parent_node *node, uint32_t leaf, struct parent_node **ret)
{
	struct bytes old = node->unmerged_leaves;
	size_t before = parent_node_unmerged_from(node, leaf) * ENTRY_LEN;
	struct writer w;
	size_t mark;

	*ret = NULL;
	if (parent_node_is_unmerged(node, leaf))
		return ROWAN_E_EXISTS;
	writer_init(&w, node->raw.len + ENTRY_LEN + 4);
	writer_vec(&w, node->encryption_key);
	writer_vec(&w, node->parent_hash);
	mark = writer_open(&w);
	if (before > 0)
		writer_raw(&w, old.data, before);
	writer_u32(&w, leaf);
	if (before < old.len)
		writer_raw(&w, old.data + before, old.len - before);
	writer_close(&w, mark);
	return finish(&w, ret);
}

uint32_t parent_node_unmerged(const struct parent_node *node, size_t i)
{
	return entry(node->unmerged_leaves, i);
}

size_t parent_node_unmerged_count(const struct parent_node *node)
{
	return node->unmerged_leaves.len / ENTRY_LEN;
}

size_t parent_node_unmerged_from(const struct parent_node *node, uint32_t leaf)
{
	size_t lo = 0, hi = parent_node_unmerged_count(node);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (parent_node_unmerged(node, mid) < leaf)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool parent_node_is_unmerged(const struct parent_node *node, uint32_t leaf)
{
	size_t i = parent_node_unmerged_from(node, leaf);

	return i < parent_node_unmerged_count(node) &&
	       parent_node_unmerged(node, i) == leaf;
}

struct parent_node *parent_node_ref(struct parent_node *node)
{
	if (node != NULL)
		node->refs++;
	return node;
}

void parent_node_unref(struct parent_node *node)
{
	if (node != NULL && --node->refs == 0)
		free(node);
}
