/*
 * An invitation in the clinic of trust_cast.h, for the tests of enrolment.
 *
 * For tests only: failures end the test or, without one, the program.
 */
#ifndef TESTS_ENROL_KIT_H
#define TESTS_ENROL_KIT_H

#include "lib/trust_cast.h"
#include "trust/enrol.h"

struct enrol_kit {
	struct cast *cast;
	struct world_person daemon;
	struct buf daemon_card, registrar_card;
	struct bundle bundle;
	struct bundle_secret secret;
	struct wire_nonce nonce;  /* the registrar's */
	struct world_person self; /* who enrols */
};

/**
 * enrol_kit_start(k, cast, name), enrol_kit_stop(k):
 * The registrar of ${cast} invites ${name} as the victim of its case.
 */
void enrol_kit_start(struct enrol_kit *k, struct cast *cast, const char *name);
void enrol_kit_stop(struct enrol_kit *k);

/**
 * enrol_kit_serve(k, key, endpoint):
 * The daemon has this transport key and listens there; ${endpoint} is
 * borrowed.
 */
void enrol_kit_serve(
	struct enrol_kit *k, const uint8_t key[32], const char *endpoint);

/**
 * enrol_kit_registrar(k, ret, ret_sealed), enrol_kit_device(k, sealed, ret):
 * Begin either side; what the begin returns. Nonces come from the names.
 */
int enrol_kit_registrar(
	struct enrol_kit *k, struct enrol *ret, struct buf *ret_sealed);
int enrol_kit_device(
	struct enrol_kit *k, struct bytes sealed, struct enrol *ret);

/**
 * enrol_kit_card(k, registrar, ret):
 * Sign the card granted by ${registrar}; what issue_sign returns.
 */
int enrol_kit_card(
	struct enrol_kit *k, const struct enrol *registrar, struct buf *ret);

/**
 * enrol_kit_chain(k, card, ret):
 * The card with its registrar's.
 */
void enrol_kit_chain(struct enrol_kit *k, struct bytes card, struct buf *ret);

#endif
