/*
 * What somebody with a key can sign that their client would not: statements
 * and cards, in the place where the clinic's chains are now.
 *
 * For tests only: what cannot fail ends the program.
 */
#ifndef TESTS_SESSION_FORGE_H
#define TESTS_SESSION_FORGE_H

#include "session/scene.h"
#include "trust/attest.h"

/* A device that no vault has. */
struct forged {
	uint8_t seed[ATTEST_SEED_LEN];
	uint8_t transport_secret[32];
	struct id16 member, device;
	struct wire_key signature_key, transport_key;
};

void forge_device(struct forged *ret);

/**
 * forge_statement(case_id, kind, ret):
 * The next statement of a case, or with NULL of the clinic, as the
 * coordinator knows them now.
 */
void forge_statement(
	const struct id16 *case_id, uint8_t kind, struct wire_statement *ret);

/**
 * forge_sign(by, seed, s, ret):
 * Sign as the device of ${by}, with its key or with ${seed} in its place; the
 * caller owns ${ret}.
 */
void forge_sign(struct person *by, const uint8_t *seed,
	struct wire_statement *s, struct buf *ret);

/**
 * forge_card(d, role, agency, ret), forge_issue(by, d, card, ret):
 * A card for ${d}, to be changed; signed by ${by} as a registrar would.
 */
void forge_card(const struct forged *d, uint8_t role, const char *agency,
	struct wire_card *ret);
void forge_issue(struct person *by, const struct forged *d,
	struct wire_card *card, struct buf *ret);

/**
 * forge_put(by, raw):
 * Put a statement over the open connection of ${by}: the daemon's word.
 */
uint16_t forge_put(struct person *by, struct bytes raw);

/* ---- the authority ---- */

/**
 * forge_fresh_import(name), forge_import():
 * What is imported from now on goes into a file of its own; let the daemon
 * import it, and go on.
 */
void forge_fresh_import(const char *name);
void forge_import(void);

/**
 * forge_succeed(lost, ret):
 * The promised key takes over, and promises another: a statement to be
 * imported, which ${ret} gets, too, unless it is NULL. The former key has
 * signed, or is ${lost}.
 */
void forge_succeed(bool lost, struct buf *ret);

/* ---- a daemon that lies about a chain ---- */

/* Changes a true answer. */
typedef void forge_lie(struct wire_chain_answer *a);

struct forge_liar {
	struct person *whom;
	struct id16 chain; /* the zero id: the clinic's */
	forge_lie *lie;	   /* NULL: the truth */
	bool deaf;	   /* and ${whom} gets no notices */
	unsigned told;
};

extern struct forge_liar liar;

/* A middle_hook. */
enum middle_fate forge_hook(void *ctx, struct middle_message *m);

/**
 * forge_ask(p):
 * Let ${p} ask for everything anew, and wait until it was answered.
 */
void forge_ask(struct person *p);

/**
 * forge_keep(b):
 * A copy that lasts as long as the program.
 */
struct bytes forge_keep(struct bytes b);

#endif
