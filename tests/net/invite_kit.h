/*
 * Enrolment against a running daemon: the clinic in its store, an invitation,
 * and the eight operations as calls that must go through or be refused.
 */
#ifndef TESTS_NET_INVITE_KIT_H
#define TESTS_NET_INVITE_KIT_H

#include "lib/clinic_kit.h"
#include "lib/enrol_kit.h"
#include "net/kit.h"

struct invite_kit {
	struct clinic_kit clinic;
	struct enrol_kit k;
	struct enrol registrar, device; /* both sides' state */
	struct buf sealed;
	struct relay_client *main;  /* the registrar's connection */
	struct relay_client *enrol; /* the newcomer's */
};

/**
 * invite_kit_start(i, settings), invite_kit_end(i):
 * A daemon with the clinic in it, and both connections with hello said. End
 * stops everything and returns 0.
 */
void invite_kit_start(struct invite_kit *i, const char *settings);
int invite_kit_end(struct invite_kit *i);

/**
 * invite_kit_restart(i), invite_kit_kill(i):
 * Stop the daemon, in order or where it is; start it and connect again.
 */
void invite_kit_restart(struct invite_kit *i);
void invite_kit_kill(struct invite_kit *i);

/**
 * invite_kit_connect(p, enrol):
 * Somebody's connection, to the main port or to the enrolment port.
 */
struct relay_client *invite_kit_connect(
	const struct world_person *p, bool enrol);

/**
 * invite_kit_put(i, lifetime), ...:
 * One request; the code of its answer, WIRE_OK or a refusal's. Answers stay
 * valid until the next request on the same connection.
 */
uint16_t invite_kit_put(struct invite_kit *i, uint32_t lifetime);
uint16_t invite_kit_watch(struct invite_kit *i, struct wire_invite_seen *ret);
uint16_t invite_kit_answer(struct invite_kit *i);
uint16_t invite_kit_confirm(struct invite_kit *i, bool accepted);
uint16_t invite_kit_get(struct invite_kit *i, struct relay_client *c,
	struct wire_redeem_get_answer *ret);
uint16_t invite_kit_commit(struct invite_kit *i, struct relay_client *c,
	const struct wire_hash *commitment);
uint16_t invite_kit_reveal(struct invite_kit *i, struct relay_client *c);
uint16_t invite_kit_result(struct invite_kit *i, struct relay_client *c,
	struct wire_redeem_result *ret);

/**
 * invite_kit_log(i):
 * The registrar signs the card that was revealed and puts it into the
 * clinic's chain.
 */
uint16_t invite_kit_log(struct invite_kit *i);

/**
 * invite_kit_state(i):
 * What the registrar sees: the state, plus 0x80 with the alarm.
 */
uint8_t invite_kit_state(struct invite_kit *i);

/**
 * invite_kit_call(c, op, body, ret):
 * Any request.
 */
uint16_t invite_kit_call(struct relay_client *c, uint16_t op,
	const struct writer *body, struct wire_message *ret);

#endif
