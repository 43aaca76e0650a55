/*
 * What the chain of a case amounts to: its channels, who is assigned to
 * which, and whether it is open.
 *
 * Built by applying checked statements (rules.h) one by one; saved whole.
 */
#ifndef TRUST_CASE_STATE_H
#define TRUST_CASE_STATE_H

#include "wire/statement.h"

#define CASE_ASSIGNMENTS_MAX 256 /* at one time, all channels */

enum case_status {
	CASE_NONE = 0, /* before its first statement */
	CASE_OPEN = 1,
	CASE_CLOSED = 2,
	CASE_ERASED = 3
};

struct case_channel {
	uint8_t kind; /* enum wire_channel_kind */
	struct id16 channel;
	struct id16 group_id;
	uint32_t generation;
};

struct case_assignment {
	struct id16 member;
	uint8_t channel; /* enum wire_channel_kind */
	uint64_t from;
	uint64_t until; /* 0: until unassigned */
};

struct case_state {
	struct id16 clinic;
	struct id16 id;
	uint8_t status; /* enum case_status */
	bool hold;	/* legal hold */
	char agency[WIRE_AGENCY_MAX + 1];
	uint32_t day;	    /* of the referral, days since 1970 */
	struct id16 victim; /* zero until a victim is assigned */

	uint64_t number; /* of the newest statement */
	struct wire_hash head;
	uint64_t time;
	uint64_t clinic_number; /* that statement's place in the clinic's */

	size_t channel_count;
	struct case_channel channels[WIRE_CASE_CHANNELS_MAX];
	size_t assignment_count;
	struct case_assignment *assignments; /* by channel, then member */
};

/**
 * case_init(c, clinic, id):
 * The case before its first statement. Ends with case_wipe.
 */
void case_init(
	struct case_state *c, const struct id16 *clinic, const struct id16 *id);
void case_wipe(struct case_state *c);

/**
 * case_erase(c):
 * Leave of an erased case that there was one, and where its chain ended.
 */
void case_erase(struct case_state *c);

/**
 * case_copy(ret, c):
 * An independent copy, to try a statement on.
 */
ROWAN_MUST int case_copy(struct case_state *ret, const struct case_state *c);

/**
 * case_channel(c, kind):
 * The channel of ${kind}, or NULL when the case has none.
 */
const struct case_channel *case_channel(
	const struct case_state *c, uint8_t kind);

/**
 * case_assigned(c, member, channel, time):
 * Return true iff ${member} is assigned to ${channel} at ${time}; ${channel}
 * 0 asks for any.
 */
bool case_assigned(const struct case_state *c, const struct id16 *member,
	uint8_t channel, uint64_t time);

/**
 * case_next_change(c, time):
 * When an assignment begins or ends next after ${time}; UINT64_MAX: never.
 */
uint64_t case_next_change(const struct case_state *c, uint64_t time);

/**
 * case_assign(c, a), case_unassign(c, member, channel):
 * Add or replace an assignment; remove one, or with ${channel} 0 all of a
 * member. case_assign returns ROWAN_E_LIMIT beyond CASE_ASSIGNMENTS_MAX,
 * case_unassign whether there was one.
 */
ROWAN_MUST int case_assign(
	struct case_state *c, const struct case_assignment *a);
bool case_unassign(
	struct case_state *c, const struct id16 *member, uint8_t channel);

/**
 * case_save(c, w), case_load(ret, input):
 * The versioned form at rest. ROWAN_E_TOO_NEW, ROWAN_E_CORRUPT, ROWAN_E_NOMEM.
 */
#define CASE_SAVED_MAX (1024 + CASE_ASSIGNMENTS_MAX * 33)
void case_save(const struct case_state *c, struct writer *w);
ROWAN_MUST int case_load(struct case_state *ret, struct bytes input);

#endif
