/*
 * A clinic with its people, for the tests of trust. Failures end the test.
 */
#ifndef TESTS_TRUST_CAST_H
#define TESTS_TRUST_CAST_H

#include "lib/trust_world.h"

/* The people of the tests. */
struct cast {
	struct world w;
	struct world_person coordinator; /* police */
	struct world_person registrar;	 /* advocacy, may enrol */
	struct world_person advocate;	 /* advocacy, on support and team */
	struct world_person officer;	 /* police, on the team only */
	struct world_person stranger;	 /* police, on nothing */
	struct world_person victim;
	struct case_state *c;
};

/*
 * The world of ${t} is begun (world_init), nobody is in it: let the people
 * enter and the case open. Failures end the program.
 */
void cast_enter(struct cast *t);

/* Before and after each test. */
int cast_setup(void **state);
int cast_teardown(void **state);

/* A card for the victim of the case, to be changed and issued. */
void cast_victim_card(
	struct cast *t, struct world_person *p, struct wire_card *ret);

/* Everything a refusal must not change; and that it has not. Wipes. */
void cast_snapshot(const struct cast *t, struct buf *ret);
void cast_unchanged(const struct cast *t, struct buf *before);

/* What rules_entitled says of a person at a time. */
int cast_entitled(const struct cast *t, const struct world_person *p,
	uint8_t channel, uint64_t time);

/* A possible statement of each kind. */
void cast_fill(struct cast *t, uint8_t kind, uint8_t channel,
	struct wire_statement *s);

#endif
