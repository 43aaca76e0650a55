/*
 * Arithmetic of array-based trees (RFC 9420 appendix C).
 *
 * Node x of a perfect binary tree with n leaves, n a power of two: leaf L
 * stands at 2 * L, parents at odd numbers. Trusts its callers that n is a
 * power of two between 1 and 2^31, that nodes are inside the tree and have
 * the asked relative; touches no memory. In a perfect tree only the root
 * depends on n.
 */
#ifndef MLS_TREE_MATH_H
#define MLS_TREE_MATH_H

#include <stdbool.h>
#include <stdint.h>

/* No direct path is longer. */
#define TREE_MATH_PATH_MAX 32

/**
 * tree_math_width(leaves), tree_math_root(leaves):
 * Return the number of nodes, and the root, of a tree of ${leaves} leaves.
 */
uint32_t tree_math_width(uint32_t leaves);
uint32_t tree_math_root(uint32_t leaves);

/**
 * tree_math_level(node):
 * Return the height of ${node}: 0 for leaves.
 */
unsigned tree_math_level(uint32_t node);

/**
 * tree_math_left(node), tree_math_right(node):
 * Return a child of ${node}, which is not a leaf.
 */
uint32_t tree_math_left(uint32_t node);
uint32_t tree_math_right(uint32_t node);

/**
 * tree_math_parent(node), tree_math_sibling(node):
 * Return a relative of ${node}, which is not the root.
 */
uint32_t tree_math_parent(uint32_t node);
uint32_t tree_math_sibling(uint32_t node);

/**
 * tree_math_node(leaf), tree_math_leaf(node), tree_math_is_leaf(node):
 * Leaf number to node number and back.
 */
static inline uint32_t tree_math_node(uint32_t leaf)
{
	return leaf * 2;
}

static inline uint32_t tree_math_leaf(uint32_t node)
{
	return node / 2;
}

static inline bool tree_math_is_leaf(uint32_t node)
{
	return (node & 1) == 0;
}

/**
 * tree_math_first_leaf(node), tree_math_last_leaf(node):
 * Return the outermost leaves (leaf numbers) of the subtree under ${node}.
 */
uint32_t tree_math_first_leaf(uint32_t node);
uint32_t tree_math_last_leaf(uint32_t node);

/**
 * tree_math_covers(node, leaf):
 * Return true iff leaf number ${leaf} is in the subtree under ${node}.
 */
bool tree_math_covers(uint32_t node, uint32_t leaf);

/**
 * tree_math_ancestor(leaf_a, leaf_b):
 * Return the lowest node whose subtree contains both leaves (leaf numbers).
 */
uint32_t tree_math_ancestor(uint32_t leaf_a, uint32_t leaf_b);

/**
 * tree_math_path(leaf, leaves, ret):
 * Write the direct path of leaf number ${leaf}, from its parent to the root,
 * to ${ret} (room for TREE_MATH_PATH_MAX) and return its length.
 */
unsigned tree_math_path(uint32_t leaf, uint32_t leaves, uint32_t *ret);

#endif
