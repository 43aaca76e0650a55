/*
 * Both sides of an enrolment at the daemon's double, for the tests of it: a
 * registrar's device and somebody new. Failures end the test.
 */
#ifndef TESTS_LIB_ENROLMENT_SIDES_H
#define TESTS_LIB_ENROLMENT_SIDES_H

#include "lib/device_kit.h"
#include "session/enrolment/enrolment.h"

/* Who enrols. */
struct guest {
	struct vault_kit kit;
	struct identity me;
	struct events *events;
	struct enrolment *e;
	unsigned called;
};

/* What became of a side, from its events. */
struct news {
	char code[16];
	unsigned compares, enrolled, failed, alarms;
	int why;
	struct id16 device;
	uint64_t last;
};

/* The double, its people, the registrar's device, and who comes to it. */
struct sides {
	struct double_clinic clinic;
	struct cast *t;
	struct device_kit d;
	struct enrolment *desk;
	struct guest g;
	struct news ours, theirs;
	struct world_person daemon_person;
};

extern struct sides sides;

/* Before and after each test. */
int sides_setup(void **state);
int sides_teardown(void **state);

/* Another guest, and its end. */
void sides_guest(struct guest *x);
void sides_guest_end(struct guest *x);

/* Everybody's program begins anew; only the registrar's. */
void sides_restart(void);
void sides_open_desk(void);

/* Blocks of a file. */
void sides_add(struct writer *w, uint8_t kind, struct bytes object);
void sides_add_servers(struct writer *w, const struct wire_key *key);
void sides_add_daemon(struct writer *w);

/* Half a second of work, ${also} included unless it is NULL. */
void sides_step(struct guest *also);
void sides_hear(struct events *x, struct news *n);

/* Invite to a case, or with NULL a colleague. */
int sides_invite(
	const struct id16 *case_id, struct id16 *ret, struct writer *w);

/* Invite, and let them come as far as they do in a minute. */
struct id16 sides_meet(const struct id16 *case_id);

#endif
