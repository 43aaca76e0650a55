/*
 * Look-ups: devices and a case, for those who share it.
 */
#ifndef OPS_LOOKUPS_H
#define OPS_LOOKUPS_H

#include "ops/table.h"

/**
 * lookups_devices, lookups_case(o, r):
 * Handlers of the operations of wire/lookup.h. Whoever shares no channel with
 * what is asked about gets the one refusal.
 */
ROWAN_MUST int lookups_devices(struct ops *o, struct request *r);
ROWAN_MUST int lookups_case(struct ops *o, struct request *r);

#endif
