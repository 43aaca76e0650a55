/*
 * A device and the log of its clinic, at the daemon's double: what a session
 * makes of the log, without the session. The daemon has a card and signs its
 * log; there is a witness.
 *
 * For tests only: what cannot fail aborts.
 */
#ifndef TESTS_LIB_PROOFS_KIT_H
#define TESTS_LIB_PROOFS_KIT_H

#include "lib/device_kit.h"
#include "session/proof/proofs.h"
#include "trust/conflict.h"

struct proofs_kit {
	struct double_clinic clinic;
	struct world_person server, witness;
	struct device_kit d; /* of whoever is there */
	struct proofs *proofs;
	uint64_t now_ms;
	bool full; /* the disk: a transaction may fail */
};

/**
 * proofs_kit_begin(k), proofs_kit_end(k):
 * Nobody is there yet; end takes whoever is.
 */
void proofs_kit_begin(struct proofs_kit *k);
void proofs_kit_end(struct proofs_kit *k);

/**
 * proofs_kit_witness(k, p, name):
 * One more witness with a card.
 */
void proofs_kit_witness(
	struct proofs_kit *k, struct world_person *p, const char *name);

/**
 * proofs_kit_as(k, p), proofs_kit_leave(k), proofs_kit_again(k):
 * Be the device of ${p}, with an empty vault, to whom the clinic is current;
 * be nobody; restart the program, so that all is gone but the vault.
 */
void proofs_kit_as(struct proofs_kit *k, const struct world_person *p);
void proofs_kit_leave(struct proofs_kit *k);
void proofs_kit_again(struct proofs_kit *k);

/**
 * proofs_kit_setup(state), proofs_kit_teardown(state):
 * Begin the kit ${*state} as the advocate, and end it, for each test.
 */
int proofs_kit_setup(void **state);
int proofs_kit_teardown(void **state);

/**
 * proofs_kit_settle(k), proofs_kit_look(k), proofs_kit_turn(k):
 * Work until nothing is to be done within a minute; look at the log, and
 * settle; let the time to the next look pass, and settle.
 */
void proofs_kit_settle(struct proofs_kit *k);
void proofs_kit_look(struct proofs_kit *k);
void proofs_kit_turn(struct proofs_kit *k);

/**
 * proofs_kit_log(k, n), proofs_kit_happen(k):
 * So many more entries at the daemon; twenty, two seconds pass, and the device
 * hears of it.
 */
void proofs_kit_log(struct proofs_kit *k, int n);
void proofs_kit_happen(struct proofs_kit *k);

/**
 * proofs_kit_seen(k):
 * How long the log is that the device has verified; 0: none.
 */
uint64_t proofs_kit_seen(struct proofs_kit *k);

/**
 * proofs_kit_kept(k, n):
 * What a third person who has the authority's key makes of the conflict number
 * ${n} that was kept; CONFLICT_FORM when there is none.
 */
enum conflict_verdict proofs_kit_kept(struct proofs_kit *k, uint64_t n);

/**
 * proofs_kit_policy(k, p):
 * The device asks for the cosignature of ${p} from now on.
 */
void proofs_kit_policy(struct proofs_kit *k, const struct world_person *p);

#endif
