/*
 * A clinic from files, and its people at a running daemon: the authority's
 * record is pinned by configuration, the first statements are imported, the
 * others are put over the wire.
 *
 * The world of the cast keeps step with the daemon: what the daemon accepts
 * the world accepts, and the two come to the same heads. For tests only:
 * failures end the program.
 */
#ifndef TESTS_CLINIC_KIT_H
#define TESTS_CLINIC_KIT_H

#include "lib/relay_client.h"
#include "lib/rowand_proc.h"
#include "lib/trust_cast.h"

struct clinic_kit {
	struct cast cast;
	struct rowand_proc *d;
	char path[ROWAND_PATH_MAX]; /* of the file of statements */
};

/**
 * clinic_kit_begin(k, d, now):
 * Write authority.txt and statements.txt into the folder of ${d}, which is
 * rowand_init and not running; let the people of the cast enter at ${now} and
 * the daemon import them.
 */
void clinic_kit_begin(
	struct clinic_kit *k, struct rowand_proc *d, uint64_t now);
void clinic_kit_wipe(struct clinic_kit *k);

/**
 * clinic_kit_device(p, ret):
 * A person's device as the clients of tests take it.
 */
void clinic_kit_device(const struct world_person *p, struct seed_device *ret);

/**
 * clinic_kit_connect(k, p):
 * A person's connection to the main port, with hello said.
 */
struct relay_client *clinic_kit_connect(
	struct clinic_kit *k, const struct world_person *p);

/**
 * clinic_kit_put(c, raw, ret):
 * Put an encoded statement and return the code of the answer; ${ret} may be
 * NULL.
 */
uint16_t clinic_kit_put(
	struct relay_client *c, struct bytes raw, struct wire_chain_head *ret);

/**
 * clinic_kit_act(k, c, of_case, s, signer):
 * Sign ${s} (world_statement; ${of_case} NULL: the clinic's), put it, and
 * take it into the world if the daemon did.
 */
uint16_t clinic_kit_act(struct clinic_kit *k, struct relay_client *c,
	struct case_state *of_case, struct wire_statement *s,
	const struct world_person *signer);

/**
 * clinic_kit_fetch(c, chain, after, ret):
 * One answer of a chain; the code. Views live until the next call on ${c}.
 */
uint16_t clinic_kit_fetch(struct relay_client *c, const struct id16 *chain,
	uint64_t after, struct wire_chain_answer *ret);

/**
 * clinic_kit_in_step(k, c):
 * Whether both chains, as the coordinator's connection ${c} is told, have the
 * heads of the world.
 */
bool clinic_kit_in_step(struct clinic_kit *k, struct relay_client *c);

#endif
