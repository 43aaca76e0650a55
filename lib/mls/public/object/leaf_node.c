/*
 * Leaf nodes: see leaf_node.h.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/label.h"
#include "mls/public/object/extension.h"
#include "mls/public/object/leaf_node.h"
#include "mls/public/object/limits.h"

static const char leaf_node_label[] = "LeafNodeTBS";

static int read_source(struct reader *r, struct leaf_node *node)
{
	int rc;

	if ((rc = reader_u8(r, &node->source)) != 0)
		return rc;
	switch (node->source) {
	case LEAF_NODE_KEY_PACKAGE:
		if ((rc = reader_u64(r, &node->not_before)) != 0)
			return rc;
		return reader_u64(r, &node->not_after);
	case LEAF_NODE_UPDATE: return 0;
	case LEAF_NODE_COMMIT:
		return reader_vec(r, MLS_MAC_MAX, &node->parent_hash);
	default: return ROWAN_E_MALFORMED;
	}
}

/* Set every view of ${node}; they borrow from the input of ${r}. */
static int read_fields(struct reader *r, struct leaf_node *node)
{
	const uint8_t *start = r->pos;
	int rc;

	if ((rc = reader_vec(r, MLS_KEY_MAX, &node->encryption_key)) != 0 ||
		(rc = reader_vec(r, MLS_KEY_MAX, &node->signature_key)) != 0 ||
		(rc = credential_read(r, &node->credential)) != 0 ||
		(rc = capabilities_read(r, &node->capabilities)) != 0 ||
		(rc = read_source(r, node)) != 0 ||
		(rc = extension_list_read(r, &node->extensions)) != 0)
		return rc;
	node->tbs = bytes_of(start, (size_t)(r->pos - start));
	if ((rc = reader_vec(r, MLS_SIGNATURE_MAX, &node->signature)) != 0)
		return rc;
	node->raw = bytes_of(start, (size_t)(r->pos - start));
	return 0;
}

int leaf_node_read(struct reader *r, struct leaf_node **ret)
{
	struct leaf_node seen = {0};
	struct reader ahead = *r;
	struct reader own;
	struct leaf_node *node;
	uint8_t *raw;
	int rc;

	*ret = NULL;
	if ((rc = read_fields(&ahead, &seen)) != 0)
		return rc;
	/* One block for the views and the bytes they look at. */
	if ((node = calloc(1, sizeof *node + seen.raw.len)) == NULL)
		return ROWAN_E_NOMEM;
	raw = (uint8_t *)(node + 1);
	memcpy(raw, seen.raw.data, seen.raw.len);
	reader_init(&own, bytes_of(raw, seen.raw.len));
	if ((rc = read_fields(&own, node)) != 0) {
		free(node);
		return rc;
	}
	node->refs = 1;
	*r = ahead;
	*ret = node;
	return 0;
}

int leaf_node_decode(struct bytes raw, struct leaf_node **ret)
{
	struct leaf_node *node;
	struct reader r;
	int rc;

	*ret = NULL;
	reader_init(&r, raw);
	if ((rc = leaf_node_read(&r, &node)) != 0)
		return rc;
	if ((rc = reader_end(&r)) != 0) {
		leaf_node_unref(node);
		return rc;
	}
	*ret = node;
	return 0;
}

struct leaf_node *leaf_node_ref(struct leaf_node *node)
{
	if (node != NULL)
		node->refs++;
	return node;
}

void leaf_node_unref(struct leaf_node *node)
{
	if (node != NULL && --node->refs == 0)
		free(node);
}

static int write_tbs(struct bytes tbs, uint8_t source,
	const struct leaf_place *place, struct buf *ret)
{
	struct writer w;

	writer_init(&w, MLS_MESSAGE_MAX);
	writer_raw(&w, tbs.data, tbs.len);
	if (source != LEAF_NODE_KEY_PACKAGE) {
		if (place == NULL) {
			writer_wipe(&w);
			return ROWAN_E_INVAL;
		}
		writer_vec(&w, place->group_id);
		writer_u32(&w, place->leaf_index);
	}
	return writer_finish(&w, ret);
}

static int encode_tbs(const struct leaf_node *node,
	const struct leaf_place *place, struct buf *ret)
{
	*ret = (struct buf){0};
	return write_tbs(node->tbs, node->source, place, ret);
}

int leaf_node_verify(const struct suite *suite, const struct leaf_node *node,
	const struct leaf_place *place)
{
	struct buf tbs = {0};
	int rc;

	if ((rc = encode_tbs(node, place, &tbs)) == 0)
		rc = label_verify(suite, node->signature_key, leaf_node_label,
			buf_view(&tbs), node->signature);
	buf_wipe(&tbs);
	return rc;
}

static void write_params(struct writer *w, const struct leaf_node_params *p)
{
	writer_vec(w, p->encryption_key);
	writer_vec(w, p->signature_key);
	credential_write(w, p->credential_type, p->credential);
	capabilities_write(w, p->capabilities);
	writer_u8(w, p->source);
	if (p->source == LEAF_NODE_KEY_PACKAGE) {
		writer_u64(w, p->not_before);
		writer_u64(w, p->not_after);
	} else if (p->source == LEAF_NODE_COMMIT) {
		writer_vec(w, p->parent_hash);
	}
	writer_vec(w, p->extensions);
}

int leaf_node_new(const struct suite *suite,
	const struct leaf_node_params *params, struct bytes signature_priv,
	struct leaf_node **ret)
{
	uint8_t signature[SIG_MAX];
	struct buf tbs = {0};
	struct writer w;
	int rc;

	*ret = NULL;
	writer_init(&w, MLS_MESSAGE_MAX);
	write_params(&w, params);
	if ((rc = writer_status(&w)) != 0 ||
		(rc = write_tbs(writer_view(&w), params->source, &params->place,
			 &tbs)) != 0 ||
		(rc = label_sign(suite, signature_priv, leaf_node_label,
			 buf_view(&tbs), signature)) != 0)
		goto out;
	writer_vec(&w, bytes_of(signature, suite->sig->sig_len));
	if ((rc = writer_status(&w)) == 0)
		rc = leaf_node_decode(writer_view(&w), ret);
out:
	writer_wipe(&w);
	buf_wipe(&tbs);
	return rc;
}
