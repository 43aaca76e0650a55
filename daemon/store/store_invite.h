/*
 * The store's part in enrolment: invites, each with a small detail that is
 * remembered for a while after its end, and a content that is erased with it.
 *
 * Opened by store.h. Both are opaque here; what they mean is daemon/ops.
 */
#ifndef STORE_STORE_INVITE_H
#define STORE_STORE_INVITE_H

#include "base/bytes.h"
#include "base/id.h"

#define STORE_INVITE_DETAIL_MAX 256
#define STORE_INVITE_BODY_MAX	(16 * 1024)
#define STORE_INVITE_MEMORY	(30 * 24 * 3600) /* seconds after its end */

struct store;
struct store_reader;

struct store_invite {
	struct id16 id;
	struct id16 owner; /* device that made it */
	uint64_t until;	   /* ends then, to the hour, if it has not before */
	bool ended;	   /* then without a body */
	struct bytes detail;
	struct bytes body;
};

/**
 * store_invite_put(st, invite):
 * Add or replace. What has ended is erased, and forgotten
 * STORE_INVITE_MEMORY after ${until}; owner and ${until} of one that is there
 * already stay. ROWAN_E_REFUSED for an unknown owner, ROWAN_E_INVAL for an
 * end with a body, ROWAN_E_FULL for a new one.
 */
ROWAN_MUST int store_invite_put(
	struct store *st, const struct store_invite *invite);

/**
 * store_invite_get(rd, id, ret, ret_raw):
 * Read; ${ret} borrows from ${ret_raw}, two buffers which the caller owns.
 * ${ret}->until is 0: who asks knows better. ROWAN_E_NOT_FOUND.
 */
ROWAN_MUST int store_invite_get(struct store_reader *rd, const struct id16 *id,
	struct store_invite *ret, struct buf ret_raw[2]);

/**
 * store_invite_count(rd, owner, ret):
 * How many invites of ${owner} have not ended; 0 for an unknown device.
 */
ROWAN_MUST int store_invite_count(
	struct store_reader *rd, const struct id16 *owner, uint32_t *ret);

#endif
