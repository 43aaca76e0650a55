/*
 * Key packages at the door: what is taken into the directory can be used.
 *
 * Whoever claims one checks it again; here a device hears of its own mistake,
 * and nobody is kept out of a channel by a package that only looks like one.
 */
#ifndef CLINIC_PACKAGE_H
#define CLINIC_PACKAGE_H

#include "store/store.h"

/* From its beginning to its end at most: 28 days, and a day for clocks. */
#define PACKAGE_LIFETIME_MAX (29u * 24 * 3600)

struct package_publisher {
	struct store_reader *view;
	const struct id16 *device;
	uint64_t now;
};

/**
 * package_check(by, raw, last_resort, ret_until):
 * Check an MLSMessage with a KeyPackage (RFC 9420 section 10): suite 0x0003,
 * signatures of package and leaf, capabilities, a lifetime that has begun, has
 * not ended and is not too long; a credential that is a card of the device as
 * it was logged; marked as last resort exactly when ${last_resort}. Sets
 * ${ret_until} to its end. ROWAN_E_MALFORMED, ROWAN_E_LIMIT for what is no
 * key package, ROWAN_E_REFUSED for one that is not as it must be, or a failure
 * of the store or of memory.
 *
 * A device that no statement carded may publish anything, until a day 28 days
 * on: there are such in stores that were filled by hand (ops/gates.h).
 */
ROWAN_MUST int package_check(const struct package_publisher *by,
	struct bytes raw, bool last_resort, uint64_t *ret_until);

#endif
