/*
 * A device with a vault at the daemon's double: what a session is made of, as
 * far as a test needs it, without the session.
 *
 * For tests only: what cannot fail aborts.
 */
#ifndef TESTS_LIB_DEVICE_KIT_H
#define TESTS_LIB_DEVICE_KIT_H

#include "lib/double_clinic.h"
#include "lib/vault_kit.h"
#include "session/acts/acts.h"

struct device_kit {
	struct double_clinic *clinic;
	struct vault_kit kit;
	struct identity me;
	struct events *events;
	struct requests *q;
	struct follow *follow;
	struct acts *acts; /* NULL unless asked for */
	bool with_acts;
	uint64_t greeted;
	bool up; /* greeted, on this connection */
	unsigned changes;
	int fault; /* what a step returned last, if not 0 */
	bool (*barred)(void *ctx, const struct id16 *case_id,
		const struct id16 *member);
};

/**
 * device_kit_begin(d, clinic, person), device_kit_end(d):
 * A person with a card, as after enrolment; nothing of the chains is known.
 */
void device_kit_begin(struct device_kit *d, struct double_clinic *clinic,
	const struct world_person *person, bool with_acts);
void device_kit_end(struct device_kit *d);

/**
 * device_kit_again(d):
 * Restart the program: everything is gone but the vault.
 */
void device_kit_again(struct device_kit *d);

/**
 * device_kit_step(d):
 * One step of everything. False when nothing is left to do.
 */
bool device_kit_step(struct device_kit *d);

/**
 * device_kit_settle(d):
 * Step until nothing is left to do now.
 */
void device_kit_settle(struct device_kit *d);

/**
 * device_kit_catch_up(d):
 * Follow everything, as after a new connection.
 */
void device_kit_catch_up(struct device_kit *d);

/**
 * device_kit_event(d, type, ret):
 * Take events until one of ${type} (0: any); false when there is none.
 */
bool device_kit_event(struct device_kit *d, uint16_t type, struct event *ret);

/**
 * device_kit_alarms(d, alarm):
 * Take all events; how many were this alarm (0: any).
 */
unsigned device_kit_alarms(struct device_kit *d, int alarm);

#endif
