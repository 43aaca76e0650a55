/*
 * The store's part in trust: chains of statements, how cards stand in them,
 * who took part in which case, and the public state of channels' groups.
 *
 * Opened by store.h. Statements, cards and group states are opaque here; what
 * they mean is lib/trust and lib/mls/public.
 */
#ifndef STORE_STORE_CHAIN_H
#define STORE_STORE_CHAIN_H

#include "base/bytes.h"
#include "base/id.h"
#include "base/secret.h"

#define STORE_ACT_MAX	(16 * 1024)	  /* bytes of one statement */
#define STORE_STATE_MAX (64 * 1024)	  /* bytes of a chain's state */
#define STORE_GROUP_MAX (4 * 1024 * 1024) /* bytes of a group's state */
#define STORE_CASES_MAX 4096		  /* cases of one member */

struct store;
struct store_reader;

/* ---- chains ------------------------------------------------------------- */

/* A statement in its chain; the zero id names the clinic's chain. */
struct store_act {
	uint64_t number; /* from 1, without gaps */
	uint64_t time;
	uint8_t subject[32];
	uint8_t content[32];
	uint8_t head[32]; /* of the chain, this one included */
	struct bytes raw; /* empty once it was erased with its case */
};

/**
 * store_act_add(st, chain, act, state):
 * Append to a chain, which is begun when new, and replace the chain's state.
 * ROWAN_E_EXISTS unless its number is one above the newest. ROWAN_E_FULL.
 */
ROWAN_MUST int store_act_add(struct store *st, const struct id16 *chain,
	const struct store_act *act, struct bytes state);

/**
 * store_act_get(rd, chain, number, ret, ret_raw):
 * Read one statement; ${ret}->raw borrows from ${ret_raw}, which the caller
 * owns. ROWAN_E_NOT_FOUND.
 */
ROWAN_MUST int store_act_get(struct store_reader *rd, const struct id16 *chain,
	uint64_t number, struct store_act *ret, struct buf *ret_raw);

/**
 * store_chain_state(rd, chain, ret):
 * The state that came with the newest statement; the caller owns ${ret}.
 * ROWAN_E_NOT_FOUND for a chain that was never begun.
 */
ROWAN_MUST int store_chain_state(
	struct store_reader *rd, const struct id16 *chain, struct buf *ret);

/**
 * store_chain_begin(st, chain, state):
 * Begin a chain that has a state before its first statement (the clinic's).
 * ROWAN_E_EXISTS.
 */
ROWAN_MUST int store_chain_begin(
	struct store *st, const struct id16 *chain, struct bytes state);

/**
 * store_chain_erase(st, chain, last, state):
 * Leave of a chain its length, ${last} (NULL: not even that) and ${state}:
 * every other statement reads as zeros with an empty "raw". ${last} may stand
 * up to STORE_GAP_MAX behind what is known. A chain that was never begun is
 * begun. ROWAN_E_INVAL for a place that is taken.
 */
#define STORE_GAP_MAX 65536
ROWAN_MUST int store_chain_erase(struct store *st, const struct id16 *chain,
	const struct store_act *last, struct bytes state);

/**
 * store_case_erase(st, case_id, role):
 * A case is erased: the secret of its leaves goes, and the cards of devices of
 * ${role} that took part, with the statements that issued them, of which the
 * link stays ("raw" is empty then); they are revoked. In slices of store_sweep
 * go all envelopes, blobs and assignments of its channels and the details of
 * its leaves. Nothing is taken into its channels any more. Harmless for a case
 * that is not there, and a second time.
 */
ROWAN_MUST int store_case_erase(
	struct store *st, const struct id16 *case_id, uint8_t role);

/* ---- cards --------------------------------------------------------------- */

/* Cards of one device before the present one that are remembered. */
#define STORE_EARLIER_MAX 16

/* How a device's card stands in the clinic's chain. */
struct store_standing {
	uint64_t logged; /* number of the statement that issued it */
	uint64_t logged_at;
	uint64_t revoked; /* 0: not */
	uint64_t revoked_at;
	size_t earlier_count;		     /* cards it renewed */
	uint64_t earlier[STORE_EARLIER_MAX]; /* their numbers, ascending */
};

/**
 * store_standing_put(st, device, standing), store_standing_get(rd, ...):
 * Put or replace; read. ROWAN_E_NOT_FOUND for an unknown device, or one
 * without a standing.
 */
ROWAN_MUST int store_standing_put(struct store *st, const struct id16 *device,
	const struct store_standing *standing);
ROWAN_MUST int store_standing_get(struct store_reader *rd,
	const struct id16 *device, struct store_standing *ret);

/**
 * store_key_add(st, key), store_key_known(rd, key):
 * Remember for ever that a public key is somebody's. Known: 0, else
 * ROWAN_E_NOT_FOUND.
 */
ROWAN_MUST int store_key_add(struct store *st, const struct key32 *key);
ROWAN_MUST int store_key_known(
	struct store_reader *rd, const struct key32 *key);

/* ---- who took part --------------------------------------------------------
 */

/* ${last} 0: takes part now; else the newest statement the member may see. */
struct store_part {
	struct id16 case_id;
	uint64_t last;
};

/**
 * store_part_put(st, member, part), store_part_get(rd, member, case_id, ret):
 * Put or replace; read. ROWAN_E_NOT_FOUND.
 */
ROWAN_MUST int store_part_put(struct store *st, const struct id16 *member,
	const struct store_part *part);
ROWAN_MUST int store_part_get(struct store_reader *rd,
	const struct id16 *member, const struct id16 *case_id,
	struct store_part *ret);

/**
 * store_part_list(rd, member, ret, max, ret_len):
 * Copy up to ${max} cases of a member, by case id. ROWAN_E_LIMIT when there
 * are more.
 */
ROWAN_MUST int store_part_list(struct store_reader *rd,
	const struct id16 *member, struct store_part *ret, size_t max,
	size_t *ret_len);

/* ---- groups ---------------------------------------------------------------
 */

/**
 * store_group_put(st, channel, state), store_group_get(rd, channel, ret):
 * Replace the public state of a channel's group; an empty one removes it.
 * ROWAN_E_NOT_FOUND for an unknown channel, or one without a group.
 */
ROWAN_MUST int store_group_put(
	struct store *st, const struct id16 *channel, struct bytes state);
ROWAN_MUST int store_group_get(
	struct store_reader *rd, const struct id16 *channel, struct buf *ret);

/**
 * store_group_changes(st), store_seat_changes(st):
 * Count what may have changed a channel's group; who may take part where. For
 * those who remember what they have read.
 */
uint64_t store_group_changes(const struct store *st);
uint64_t store_seat_changes(const struct store *st);

#endif
