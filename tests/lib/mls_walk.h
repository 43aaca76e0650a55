/*
 * A random walk through the life of a group: 2 to 32 members in one process
 * do everything the protocol has, over a delivery service that orders
 * handshakes, delays messages and loses commits. Whoever reaches an epoch
 * must have its epoch authenticator; a public group follows where handshakes
 * are public.
 *
 * Built on the public headers only. The same seed walks the same way.
 */
#ifndef TESTS_LIB_MLS_WALK_H
#define TESTS_LIB_MLS_WALK_H

#include <rowan/mls.h>
#include <rowan/mls_public.h>

#include "base/bytes.h"
#include "lib/mls_rng.h"

#define WALK_PARTIES 32
#define WALK_LATE    8	/* messages a party may hold back */
#define WALK_EPOCHS  64 /* epochs whose authenticator is remembered */
#define WALK_KEEP    3	/* past epochs a member can still read */

/* Where nobody of the walk is the sender. */
#define WALK_OUTSIDE WALK_PARTIES

/* One message of the delivery service. */
struct walk_entry {
	struct buf bytes;
	enum rowan_mls_kind kind;
	unsigned sender;
	uint64_t epoch;
	uint64_t number; /* application data: what it says */
};

struct walk_late {
	struct buf bytes;
	uint64_t epoch;
	uint64_t number;
	uint32_t sender_leaf;
};

struct walk_party {
	unsigned id;
	struct rowan_mls *client;
	struct rowan_mls_group *group; /* NULL: not a member */
	uint64_t joined;	       /* in this epoch */
	size_t next;		       /* entry to read */
	bool asked; /* an Add of it is under way in this epoch */
	struct walk_late late[WALK_LATE];
	size_t n_late;
};

/* How often what was done. */
struct walk_count {
	unsigned epochs, proposals, adds, removes, updates, psks, resumptions;
	unsigned contexts, customs, outside, asked, lost, races, external;
	unsigned resyncs, reinits, branches, messages, late, damaged, reloads;
	unsigned followed, most;
};

struct walk {
	struct mls_rng rng;
	struct walk_party party[WALK_PARTIES];
	struct rowan_mls *outside;    /* external sender */
	struct rowan_mls_buf senders; /* its extension */
	struct rowan_mls_public *beside;
	struct walk_entry *entry;
	size_t n_entries;
	size_t dropped; /* entries before this one are freed */
	struct {
		uint64_t epoch;
		uint8_t authenticator[32];
	} seen[WALK_EPOCHS];
	bool all_public; /* handshakes, for a while */
	uint64_t epoch;	 /* newest */
	uint64_t numbers;
	unsigned generation; /* of the group: counts ReInits */
	struct walk_count count;
	bool failed;
	char why[200];
};

/**
 * walk_run(seed, epochs, ret):
 * Walk ${epochs} epochs. ${ret} tells what happened; failed and why say
 * whether and where it went wrong. Nothing is left to free.
 */
void walk_run(uint64_t seed, unsigned epochs, struct walk *ret);

/* --- For the walk's own files ------------------------------------------- */

/**
 * walk_want(w, ok, what, rc):
 * The first time ${ok} is false the walk has failed. Returns ${ok}.
 */
bool walk_want(struct walk *w, bool ok, const char *what, int rc);

/**
 * walk_post(w, kind, sender, epoch, message):
 * The delivery service takes ${message}, whose bytes move to it.
 */
void walk_post(struct walk *w, enum rowan_mls_kind kind, unsigned sender,
	uint64_t epoch, struct rowan_mls_buf *message);

/**
 * walk_sync(w, p):
 * ${p} reads everything there is; it may find itself removed.
 */
void walk_sync(struct walk *w, struct walk_party *p);

/**
 * walk_member(w):
 * Some member, in the newest epoch; NULL only when the walk has failed.
 */
struct walk_party *walk_member(struct walk *w);

/**
 * walk_stranger(w):
 * Somebody who is not a member and not about to be one, or NULL.
 */
struct walk_party *walk_stranger(struct walk *w);

/**
 * walk_leave(p):
 * ${p} forgets the group and what it held back.
 */
void walk_leave(struct walk_party *p);

/**
 * walk_joined(w, p, group):
 * ${p} is a member from the newest epoch on; checks the authenticator.
 */
void walk_joined(
	struct walk *w, struct walk_party *p, struct rowan_mls_group *group);

/**
 * walk_new_epoch(w, group):
 * Remember the authenticator of the epoch ${group} is now the first to be in.
 */
void walk_new_epoch(struct walk *w, const struct rowan_mls_group *group);

/**
 * walk_look_on(w, p):
 * Start the public group again on ${p}'s epoch.
 */
void walk_look_on(struct walk *w, struct walk_party *p);

/**
 * walk_act(w):
 * Do one epoch's worth of things, ending in a new epoch.
 */
void walk_act(struct walk *w);

/* The rarer acts; false: not possible now. */
bool walk_external_join(struct walk *w);
bool walk_resync(struct walk *w);
bool walk_reinit(struct walk *w);
void walk_branch(struct walk *w);

static inline struct rowan_mls_bytes walk_in(struct bytes b)
{
	return (struct rowan_mls_bytes){b.data, b.len};
}

static inline struct bytes walk_out(struct rowan_mls_bytes b)
{
	return (struct bytes){b.data, b.len};
}

static inline struct rowan_mls_bytes walk_held(const struct rowan_mls_buf *b)
{
	return (struct rowan_mls_bytes){b->data, b->len};
}

#endif
