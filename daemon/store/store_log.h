/*
 * The store's part in the log: leaves, the hashes of the tree over them, the
 * secrets their salts come from, and the details of acts.
 *
 * Opened by store.h. Leaves are opaque here but for their length; details are
 * opaque but for the case they belong to, with which they are erased. A leaf
 * rides in the transaction of what it records: it is gathered in memory and
 * written by store_commit, all leaves of a transaction in as few rows as
 * possible, and taken back by store_undo.
 *
 * Secrets never leave the store; salts do, one leaf's at a time.
 */
#ifndef STORE_STORE_LOG_H
#define STORE_STORE_LOG_H

#include "base/bytes.h"
#include "base/id.h"
#include "tlog/leaf.h"
#include "tlog/merkle_proof.h"

struct store;
struct store_reader;

/**
 * store_log_next(st):
 * The number of the next leaf, in the open transaction.
 */
uint64_t store_log_next(const struct store *st);

/**
 * store_log_salt(st, scope, ret):
 * The salt of the next leaf if it belongs to the case ${scope}, or with the
 * zero id to none. The first leaf of a case makes its secret.
 * ROWAN_E_NOT_FOUND when the case was erased.
 */
ROWAN_MUST int store_log_salt(
	struct store *st, const struct id16 *scope, struct wire_salt *ret);

/**
 * store_log_append(st, leaf, detail):
 * Append a leaf of WIRE_LEAF_LEN bytes with its detail, at most
 * WIRE_DETAIL_MAX bytes. ROWAN_E_NOMEM costs the transaction.
 */
ROWAN_MUST int store_log_append(struct store *st,
	const uint8_t leaf[WIRE_LEAF_LEN], struct bytes detail);

/**
 * store_log_back(st, next):
 * Take back the leaves from number ${next} on, which are of the open
 * transaction; for operations that set no mark.
 */
void store_log_back(struct store *st, uint64_t next);

/**
 * store_log_erase(st, case_id):
 * Destroy the secret of a case and, in slices of store_sweep, its details:
 * its leaves stay and open no more. Harmless when it has none.
 */
ROWAN_MUST int store_log_erase(struct store *st, const struct id16 *case_id);

/**
 * store_log_tree(st, ret):
 * Size and roots of the committed tree; for the writer's thread.
 */
void store_log_tree(const struct store *st, struct merkle *ret);

/**
 * store_log_latest(st):
 * The time of the latest leaf, the open transaction's too; 0 without any. No
 * later leaf may be earlier. For the writer's thread.
 */
uint64_t store_log_latest(const struct store *st);

/**
 * store_log_size(rd, ret):
 * How many leaves are committed.
 */
ROWAN_MUST int store_log_size(struct store_reader *rd, uint64_t *ret);

/**
 * store_log_source(rd):
 * Hashes of committed complete subtrees, for proofs. ROWAN_E_NOT_FOUND for
 * one that is not there.
 */
struct merkle_source store_log_source(struct store_reader *rd);

/**
 * store_log_leaves(rd, from, max, w, ret_count):
 * Write up to ${max} committed leaves from ${from} on, one after the other.
 */
ROWAN_MUST int store_log_leaves(struct store_reader *rd, uint64_t from,
	size_t max, struct writer *w, size_t *ret_count);

/**
 * store_log_detail(rd, leaf, ret):
 * The detail of a committed leaf; the caller owns ${ret}. ROWAN_E_NOT_FOUND
 * when there is no such leaf or it was erased.
 */
ROWAN_MUST int store_log_detail(
	struct store_reader *rd, uint64_t leaf, struct buf *ret);

/**
 * store_log_open(rd, leaf, detail, ret):
 * What opens a leaf to its ${detail}, without the exact time; borrows from
 * ${detail}. ROWAN_E_NOT_FOUND when erased.
 */
ROWAN_MUST int store_log_open(struct store_reader *rd, uint64_t leaf,
	struct bytes detail, struct wire_opening *ret);

/*
 * Walks details; return true to go on. ${detail} is empty when erased. Reads
 * nothing else of the log but store_log_open.
 */
typedef bool store_log_visit(void *ctx, uint64_t leaf, struct bytes detail);

/**
 * store_log_walk(rd, from, rows, visit, ctx), store_log_walk_back(...):
 * Visit the details of the leaves from ${from} on, or of those before
 * ${from}, the last one first, in at most ${rows} rows of up to 96 leaves.
 * Returns the number where to go on in ${ret_next}: past the last leaf
 * visited, or the lowest one.
 */
struct store_log_range {
	uint64_t from;
	size_t rows;
};
ROWAN_MUST int store_log_walk(struct store_reader *rd,
	const struct store_log_range *range, store_log_visit *visit, void *ctx,
	uint64_t *ret_next);
ROWAN_MUST int store_log_walk_back(struct store_reader *rd,
	const struct store_log_range *range, store_log_visit *visit, void *ctx,
	uint64_t *ret_next);

/* The whole log, as its leaves have it. */
struct store_log_whole {
	struct merkle_hash root;
	uint64_t size;
	struct leaf_times times;
};

/**
 * store_log_verify(rd, ret):
 * Compute the whole tree anew from its leaves, in bounded memory, and compare
 * every stored hash. ROWAN_E_CORRUPT; a leaf whose time is not as late as of
 * one before it is told in ${ret} alone.
 */
ROWAN_MUST int store_log_verify(
	struct store_reader *rd, struct store_log_whole *ret);

#endif
