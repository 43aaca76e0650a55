/*
 * Three members of one channel and the daemon's double: real members, real
 * statements. One at a time.
 */
#ifndef LIB_GROUPS_KIT_H
#define LIB_GROUPS_KIT_H

#include "lib/double_clinic.h"

struct groups_kit {
	struct double_clinic c;
	struct member advocate, registrar, victim;
	struct id16 channel, group;
};

/*
 * For cmocka: ${state} is a struct groups_kit. At first nobody has key packages
 * at the daemon, or everybody has two.
 */
int groups_kit_setup(void **state);
int groups_kit_setup_published(void **state);
int groups_kit_teardown(void **state);

/* The advocate founds the group; the victim and the registrar are added. */
void groups_kit_everybody(struct groups_kit *t);

/* What the daemon says of the group to this member, but for membership. */
uint8_t groups_kit_flags(struct member *m);

void groups_kit_unassign(struct groups_kit *t, const struct world_person *p);

/* A commit the daemon must not take; the group stays where it is. */
void groups_kit_refused(struct member *m, const struct rowan_mls_proposal *p,
	size_t n, uint16_t code);

#endif
