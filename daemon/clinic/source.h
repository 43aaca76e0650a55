/*
 * The clinic as the store knows it, for the rules of lib/trust.
 *
 * Borrows the reader; what a look-up lends lives until the next look-up of
 * the same kind. Belongs to the reader's thread.
 */
#ifndef CLINIC_SOURCE_H
#define CLINIC_SOURCE_H

#include "store/store.h"
#include "trust/case_state.h"
#include "trust/clinic.h"

/* The name of the clinic's chain. */
extern const struct id16 source_clinic_chain;

struct source {
	struct trust_source source; /* what the rules take */
	struct store_reader *view;
	struct buf cards[2]; /* of the last two look-ups */
	size_t next;
	struct case_state of_case;
};

/**
 * source_init(s, view), source_wipe(s):
 * Begin and end. ${s} must stay where it is.
 */
void source_init(struct source *s, struct store_reader *view);
void source_wipe(struct source *s);

/**
 * source_clinic(s, ret):
 * Load the clinic's state. ROWAN_E_NOT_FOUND before it has an authority.
 */
ROWAN_MUST int source_clinic(struct source *s, struct clinic *ret);

/**
 * source_case(s, case_id, ret):
 * Load a case's state; the caller ends it with case_wipe. ROWAN_E_NOT_FOUND.
 */
ROWAN_MUST int source_case(
	struct source *s, const struct id16 *case_id, struct case_state *ret);

#endif
