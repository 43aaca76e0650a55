/*
 * Filling and emptying a batch: see request.h for what it is.
 *
 * A batch keeps its memory from one use to the next. Its frames borrow from
 * the requests in it or from memory of its own.
 */
#ifndef OPS_BATCH_H
#define OPS_BATCH_H

#include "ops/request.h"

/**
 * batch_new(ret, requests), batch_free(b):
 * A batch for up to ${requests} requests. ROWAN_E_NOMEM. Freeing does not free
 * the requests in it; NULL is harmless.
 */
ROWAN_MUST int batch_new(struct batch **ret, size_t requests);
void batch_free(struct batch *b);

/**
 * batch_clear(b):
 * Empty it for another use.
 */
void batch_clear(struct batch *b);

/**
 * batch_push(b, to, msg, frames):
 * Add one push with the body ${msg} and one frame for each of its items.
 * ROWAN_E_NOMEM or ROWAN_E_LIMIT leave the batch as it was.
 */
ROWAN_MUST int batch_push(struct batch *b, const struct push *to,
	const struct wire_push *msg, const struct push_frame *frames);

/**
 * batch_push_copy(b, to, msg):
 * The same with copies of the envelopes in ${msg}.
 */
ROWAN_MUST int batch_push_copy(
	struct batch *b, const struct push *to, const struct wire_push *msg);

/**
 * batch_notice(b, to, msg):
 * Add one notice. ROWAN_E_NOMEM or ROWAN_E_LIMIT leave the batch as it was.
 */
ROWAN_MUST int batch_notice(
	struct batch *b, const struct push *to, const struct wire_notice *msg);

#endif
