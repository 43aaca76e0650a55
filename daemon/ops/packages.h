/*
 * Key packages: publish, claim, count.
 */
#ifndef OPS_PACKAGES_H
#define OPS_PACKAGES_H

#include "ops/table.h"

/**
 * packages_publish(o, r), ...:
 * Handlers of the operations of wire/key.h. A claim judges each device by
 * itself; both sides must take part in the channel.
 */
ROWAN_MUST int packages_publish(struct ops *o, struct request *r);
ROWAN_MUST int packages_claim(struct ops *o, struct request *r);
ROWAN_MUST int packages_count(struct ops *o, struct request *r);

#endif
