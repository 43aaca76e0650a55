/*
 * After a restore: what was lost is given back by those who have it, and until
 * it is a case serves statements only.
 *
 *	(none) --finish--> clinic -------------> cases ----------> over
 *	                   statements of the     a case at a time
 *	                   clinic's chain come   opens; over when the
 *	                   back; then the        time is, or the
 *	                   restore stands in it  operator says so
 *
 * What is known of the newest head: whoever may have another than the
 * restored one says so, or says that it has given back all it has. Waited for
 * are every coordinator's devices, who sign in every case, and the devices of
 * those assigned to the case: among them is whoever signed what was lost, and
 * whoever it was shown to. Who was shut out by what was lost may be first to
 * come and gains nothing by it. Devices that have not been seen for long are
 * not waited for, and none for longer than restore_wait.
 *
 * Trusts the word of a device for nothing but its own silence. The state lies
 * in the store; nobody's statement does before it was checked.
 */
#ifndef CLINIC_RETURNING_H
#define CLINIC_RETURNING_H

#include "clinic/acts.h"

/* Devices whose word is remembered; of others it counts until the next start.
 */
#define RETURNING_TOLD_MAX 3800

enum returning_phase {
	RETURNING_NOT = 0, /* there was never a restore, or it is over */
	RETURNING_CLINIC = 1,
	RETURNING_CASES = 2,
	RETURNING_OVER = 3 /* stored as such: the restore is still shown */
};

struct returning_told {
	struct id16 device;
	uint8_t given; /* enum wire_given */
};

struct returning {
	uint8_t phase;	  /* enum returning_phase */
	uint8_t desk;	  /* what every coordinator has given */
	uint64_t before;  /* what is given back was signed before */
	uint64_t since;	  /* waited for; 0: not served yet */
	uint32_t missing; /* devices that are waited for in this phase */
	bool refused;	  /* the restore cannot stand behind what came back */
	struct buf restore;
	bool news;		     /* not stored yet */
	struct returning_told *told; /* ascending */
	size_t told_count;
};

/**
 * returning_load(r, rd), returning_wipe(r):
 * As it is stored; RETURNING_NOT where nothing is. Begin and end.
 */
ROWAN_MUST int returning_load(struct returning *r, struct store_reader *rd);
void returning_wipe(struct returning *r);

/**
 * returning_begin(st, restore, now):
 * A restore that was checked and waits for the clinic's chain.
 */
ROWAN_MUST int returning_begin(
	struct store *st, struct bytes restore, uint64_t now);

/**
 * returning_on(r):
 * Whether something may still be given back.
 */
static inline bool returning_on(const struct returning *r)
{
	return r->phase == RETURNING_CLINIC || r->phase == RETURNING_CASES;
}

/**
 * returning_waits(r):
 * Whether somebody is still waited for. Once nobody is every case is served,
 * though until it is over whoever was given up may still give back.
 */
static inline bool returning_waits(const struct returning *r)
{
	return returning_on(r) &&
	       (r->phase == RETURNING_CLINIC || r->missing > 0 ||
		       r->desk < WIRE_GIVEN_ALL);
}

/**
 * returning_tell(r, device, given):
 * A device has given back what it has; never less than it said before. Stored
 * with the next step. ROWAN_E_NOMEM, ROWAN_E_AGAIN.
 */
ROWAN_MUST int returning_tell(
	struct returning *r, const struct id16 *device, uint8_t given);

/**
 * returning_case(r, st, case_id, now):
 * 0 for a case that is served; ROWAN_E_RESTORING for one that waits.
 */
ROWAN_MUST int returning_case(const struct returning *r, struct store *st,
	const struct id16 *case_id, uint64_t now);

/**
 * returning_step(r, st, now, wait, ret):
 * What is due at ${now}, in an open transaction, inside a mark of the caller:
 * once all coordinators have given theirs, or after ${wait} seconds, the
 * restore goes into the clinic's chain, and ${ret}->head is its place; after
 * ${wait} all is over. ${ret} is zero when nothing went in. A restore that the
 * rules refuse then, because what came back has taken its signer's word away,
 * waits on as ${r}->refused until another of the same heads stands in the
 * chain.
 */
ROWAN_MUST int returning_step(struct returning *r, struct store *st,
	uint64_t now, uint64_t wait, struct acts_result *ret);

#endif
