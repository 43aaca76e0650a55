/*
 * hello and ping.
 */
#ifndef OPS_GREETING_H
#define OPS_GREETING_H

#include "config/config.h"
#include "ops/table.h"

/**
 * greeting_hello, greeting_ping(o, r):
 * Handlers: versions, limits and the high-water mark; the time.
 */
ROWAN_MUST int greeting_hello(struct ops *o, struct request *r);
ROWAN_MUST int greeting_ping(struct ops *o, struct request *r);
ROWAN_MUST int greeting_next_key(struct ops *o, struct request *r);

/**
 * greeting_answer(config, hello, ret):
 * What hello says to anybody: version, limits, buckets. ROWAN_E_VERSION.
 * Time, counter and waiting stay 0.
 */
ROWAN_MUST int greeting_answer(const struct config *config,
	const struct wire_hello *hello, struct wire_hello_answer *ret);

#endif
