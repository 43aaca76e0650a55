/*
 * How many key packages may be claimed: by one device, and of one device.
 *
 * Memory is fixed: a table forgets first whoever has the most left. One who
 * is forgotten starts with a full allowance.
 */
#ifndef OPS_CLAIMS_H
#define OPS_CLAIMS_H

#include "base/id.h"

struct claims;

/**
 * claims_new(by, of, ret):
 * So many claims an hour by each claimer and of each target, and as many at
 * once after an hour without. ROWAN_E_NOMEM. Ends with claims_free.
 */
ROWAN_MUST int claims_new(uint64_t by, uint64_t of, struct claims **ret);
void claims_free(struct claims *c);

/**
 * claims_rates(c, by, of):
 * Other numbers from now on.
 */
void claims_rates(struct claims *c, uint64_t by, uint64_t of);

/**
 * claims_take(c, by, of, now):
 * Count one claim at ${now} (seconds, not backwards). Returns 0, or in how
 * many seconds it would be allowed; then nothing is counted.
 */
uint64_t claims_take(struct claims *c, const struct id16 *by,
	const struct id16 *of, uint64_t now);

#endif
