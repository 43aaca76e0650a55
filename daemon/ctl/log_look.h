/*
 * What only the writer can tell: the audit log's signed head, when a witness
 * last cosigned one, and since when somebody waits for something urgent.
 */
#ifndef CTL_LOG_LOOK_H
#define CTL_LOG_LOOK_H

#include "ctl/call.h"
#include "tlog/merkle.h"

struct log_look {
	uint64_t size; /* leaves under the newest signed checkpoint; 0: none */
	struct merkle_hash root;
	uint64_t cosigned_at; /* seconds since 1970; 0: never */
	uint64_t cosigned;    /* leaves under that checkpoint */
	uint64_t urgent; /* since when an urgent envelope waits; 0: none does */
};

/**
 * log_look(c, ret):
 * Ask the writer. ROWAN_E_STATE when the relay has ended.
 */
ROWAN_MUST int log_look(struct ctl_call *c, struct log_look *ret);

/**
 * log_look_cosigned(note, now, ret):
 * The newest time at which a cosignature on ${note} says it was made; of one
 * that says it is later than ${now}, the time of the checkpoint.
 */
void log_look_cosigned(struct bytes note, uint64_t now, struct log_look *ret);

#endif
