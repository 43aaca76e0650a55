/*
 * One person with one device, in a process of its own: MLS on one side, the
 * relay on the other.
 */
#ifndef TESTS_DEMO_PERSON_H
#define TESTS_DEMO_PERSON_H

#include <rowan/mls.h>

#include "lib/relay_client.h"

struct person {
	const char *name;
	struct rowan_mls *mls;
	struct rowan_mls_group *group;
	struct relay_client *relay;
	struct seed_device device;
	struct id16 channel;
	uint64_t counter;
};

/* Everything below ends the process with a sentence when it fails. */

/**
 * person_start(p, name, role, port):
 * Connect as the first seeded device of that role, and say hello.
 */
void person_start(
	struct person *p, const char *name, enum seed_role role, int port);
void person_end(struct person *p);

/**
 * person_publish(p):
 * Leave a key package with the daemon.
 */
void person_publish(struct person *p);

/**
 * person_invite(p, other):
 * Create the group, claim a key package of ${other}, add it, and send the
 * Welcome.
 */
void person_invite(struct person *p, const struct id16 *other);

/**
 * person_join(p):
 * Wait for the Welcome and join.
 */
void person_join(struct person *p);

/**
 * person_say(p, words), person_hear(p):
 * Seal and send; wait, open, acknowledge, and print.
 */
void person_say(struct person *p, const char *words);
void person_hear(struct person *p);

#endif
