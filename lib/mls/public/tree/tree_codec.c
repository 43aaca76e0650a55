/*
 * The ratchet_tree extension: see tree_codec.h.
 */
#include "mls/public/object/limits.h"
#include "mls/public/tree/tree_codec.h"

/* Skip one optional node and say whether it is there. */
static int read_present(struct reader *r, bool *ret)
{
	uint8_t present;
	int rc = reader_u8(r, &present);

	*ret = present == 1;
	if (rc == 0 && present > 1)
		rc = ROWAN_E_MALFORMED;
	return rc;
}

/* One entry of the vector, for place ${node}. */
static int read_slot(struct reader *r, uint32_t node, union tree_slot *ret)
{
	uint8_t type;
	bool present;
	int rc;

	ret->any = NULL;
	rc = read_present(r, &present);
	if (rc != 0 || !present)
		return rc;
	rc = reader_u8(r, &type);
	if (rc != 0)
		return rc;
	if (type != NODE_LEAF && type != NODE_PARENT)
		return ROWAN_E_MALFORMED;
	/* 12.4.3.3: leaves "are stored in even-numbered entries" */
	if ((type == NODE_LEAF) != tree_math_is_leaf(node))
		return ROWAN_E_MLS_TREE;
	if (type == NODE_LEAF)
		return leaf_node_read(r, &ret->leaf);
	return parent_node_read(r, &ret->parent);
}

int tree_decode(const struct suite *suite, struct bytes data, struct tree **ret)
{
	struct tree *t = NULL;
	struct reader outer, r;
	bool ends_in_leaf = false;
	int rc;

	*ret = NULL;
	reader_init(&outer, data);
	if ((rc = reader_sub(&outer, MLS_MESSAGE_MAX, &r)) != 0 ||
		(rc = reader_end(&outer)) != 0 ||
		(rc = tree_new(suite, &t)) != 0)
		goto out;
	for (uint32_t node = 0; reader_left(&r) > 0; node++) {
		union tree_slot slot;

		if (node >= tree_width(t) && (rc = tree_extend(t)) != 0)
			goto out;
		if ((rc = read_slot(&r, node, &slot)) != 0)
			goto out;
		ends_in_leaf = slot.any != NULL && tree_math_is_leaf(node);
		if (slot.any != NULL)
			tree_put(t, node, slot);
	}
	/* 12.4.3.3: "The receiver MUST check that the last node in
	 * ratchet_tree is non-blank". Nor can it be a parent: with nothing
	 * below its right child no path has ever set it (4.1.2, 7.5). */
	if (!ends_in_leaf) {
		rc = ROWAN_E_MLS_TREE;
		goto out;
	}
	*ret = t;
	t = NULL;
out:
	tree_free(t);
	return rc;
}

size_t tree_encoded_len(const struct tree *t)
{
	size_t len = 0;

	for (uint32_t node = 0; node < tree_width(t); node++) {
		len++;
		if (tree_is_blank(t, node))
			continue;
		len += 1 + (tree_math_is_leaf(node)
					   ? tree_leaf(t, tree_math_leaf(node))
						     ->raw.len
					   : tree_parent(t, node)->raw.len);
	}
	return len;
}

int tree_encode(const struct tree *t, struct buf *ret)
{
	uint32_t width = tree_width(t);
	struct writer w;
	size_t mark;

	*ret = (struct buf){0};
	/* 12.4.3.3: the sender "MUST NOT include blank nodes after the last
	 * non-blank node" */
	while (width > 0 && tree_is_blank(t, width - 1))
		width--;
	if (width == 0)
		return ROWAN_E_STATE;
	writer_init(&w, MLS_MESSAGE_MAX);
	mark = writer_open(&w);
	for (uint32_t node = 0; node < width; node++) {
		bool blank = tree_is_blank(t, node);
		struct bytes raw;

		writer_u8(&w, !blank);
		if (blank)
			continue;
		if (tree_math_is_leaf(node)) {
			writer_u8(&w, NODE_LEAF);
			raw = tree_leaf(t, tree_math_leaf(node))->raw;
		} else {
			writer_u8(&w, NODE_PARENT);
			raw = tree_parent(t, node)->raw;
		}
		writer_raw(&w, raw.data, raw.len);
	}
	writer_close(&w, mark);
	return writer_finish(&w, ret);
}
