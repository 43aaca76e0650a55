/*
 * How many refused attempts of each device the log is told of: a few a minute
 * each by itself, the rest as a number with the next one.
 */
#ifndef OPS_REFUSALS_H
#define OPS_REFUSALS_H

#include "base/bytes.h"
#include "base/idmap.h"

#define REFUSALS_MINUTE 10   /* leaves of one device in a minute */
#define REFUSALS_ALL	1000 /* of all together */

struct refusals {
	struct idmap map;
	uint64_t minute;
	uint32_t all;
};

void refusals_init(struct refusals *f);
void refusals_wipe(struct refusals *f);

/**
 * refusals_take(f, device, now, ret_more):
 * Return true iff this attempt is to have a leaf; ${ret_more} then counts
 * those before it that have none. Without memory it has one.
 */
bool refusals_take(struct refusals *f, const struct id16 *device, uint64_t now,
	uint64_t *ret_more);

#endif
