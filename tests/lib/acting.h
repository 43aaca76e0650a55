/*
 * People of a clinic who act at the daemon's operations: they sign statements
 * and put them as requests, and the world of trust_world.h stays in step.
 *
 * For tests only: failures end the test.
 */
#ifndef TESTS_LIB_ACTING_H
#define TESTS_LIB_ACTING_H

#include "lib/ops_kit.h"
#include "lib/trust_cast.h"

extern struct ops_kit acting_ops;
extern struct cast acting_cast;
extern const struct id16 acting_clinic;	   /* names the clinic's chain */
extern struct wire_chain_head acting_head; /* what a put answered last */

/**
 * acting_setup(state), acting_teardown(state):
 * Fixtures for cmocka: a store in which the cast's statements stand.
 */
int acting_setup(void **state);
int acting_teardown(void **state);

/**
 * acting_put_as(who, raw), acting_act_as(who, c, s):
 * Put an encoded statement; sign one and put it, and let the world know.
 * Returns the code of the answer.
 */
uint16_t acting_put_as(const struct world_person *who, struct bytes raw);
uint16_t acting_act_as(const struct world_person *who, struct case_state *c,
	struct wire_statement *s);

/**
 * acting_assigns(member, channel, ret), acting_unassigns(member, channel,
 * ret):
 * A statement about a member and a channel of the cast's case, from now on.
 */
void acting_assigns(const struct world_person *member, uint8_t channel,
	struct wire_statement *ret);
void acting_unassigns(const struct world_person *member, uint8_t channel,
	struct wire_statement *ret);

#endif
