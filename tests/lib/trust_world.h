/*
 * A clinic in memory for tests: an authority, people with cards, chains of
 * statements, and a struct trust_source over all of it.
 */
#ifndef TESTS_TRUST_WORLD_H
#define TESTS_TRUST_WORLD_H

#include "trust/chain.h"
#include "trust/rules.h"

#define WORLD_CARDS 256
#define WORLD_LINKS 512
#define WORLD_CASES 24

struct world_person {
	uint8_t seed[32];
	struct id16 member;
	struct id16 device;
	struct wire_key signature_key;
	struct wire_key transport_key;
	uint8_t transport_secret[32];
};

/* Told of every statement that was accepted. */
typedef void world_sink(void *ctx, struct bytes statement);

struct world {
	uint8_t authority[32], successor[32];
	struct buf record;
	struct clinic clinic;
	struct trust_source source;
	uint64_t now;
	world_sink *sink; /* or NULL */
	void *sink_ctx;

	size_t card_count;
	struct buf raw[WORLD_CARDS];
	struct trust_card card[WORLD_CARDS];
	struct wire_hash head[WORLD_LINKS];
	size_t case_count;
	struct case_state cases[WORLD_CASES];
};

/* All ids and keys come from ${name}: the same name is the same person. */
void world_person(struct world_person *p, const char *name);

/* At a fixed time; at another one. */
void world_init(struct world *w);
void world_init_at(struct world *w, uint64_t now);
void world_wipe(struct world *w);

/* A card for ${p}, to be changed before world_issue signs it. */
void world_card(const struct world *w, const struct world_person *p,
	uint8_t role, const char *agency, struct wire_card *ret);

/* Sign possession and card; ${issuer} NULL: the authority. */
void world_issue(const struct world *w, const struct world_person *p,
	const struct world_person *issuer, struct wire_card *card,
	struct buf *ret);

/* Begin the next statement of the clinic's chain, or of ${c}'s. */
void world_statement(const struct world *w, const struct case_state *c,
	uint8_t kind, struct wire_statement *ret);

/* Sign as one: NULL is the authority. */
void world_sign(const struct world *w, const struct world_person *signer,
	struct wire_statement *s, struct buf *ret);

/* Decode, check as the daemon would, and apply. ${c} NULL: the clinic. */
int world_submit(struct world *w, struct case_state *c, struct bytes raw);

/* The two together. */
int world_act(struct world *w, struct case_state *c, struct wire_statement *s,
	const struct world_person *signer);

/* Issue a card by ${issuer} and log it; returns what world_submit does. */
int world_enrol(struct world *w, const struct world_person *p,
	const struct world_person *issuer, struct wire_card *card);

/* Open a case with three channels; the state is the world's. */
struct case_state *world_open(struct world *w, const char *name,
	const struct world_person *coordinator, int *ret_rc);

int world_assign(struct world *w, struct case_state *c, uint8_t channel,
	const struct world_person *member, const struct world_person *signer);

#endif
