/*
 * The inside of session.h, shared by its files.
 *
 *	session.c	beginning, end, one step
 *	session_greet.c	what happens after what on a new connection
 *	session_parts.c	making the parts, and what they ask of each other
 *	session_self.c	this device's own card: its end, its revocation
 */
#ifndef SESSION_SESSION_INNER_H
#define SESSION_SESSION_INNER_H

#include "session/link.h"
#include "session/session_parts.h"
#include "wire/hello.h"

/* Where a connection is. */
enum session_phase {
	PHASE_NONE = 0,	    /* none, or not greeted */
	PHASE_GREETING = 1, /* hello is on its way */
	PHASE_CHAINS = 2,   /* chains are followed */
	PHASE_BETWEEN = 3,  /* subscribed; what happened meanwhile */
	PHASE_GOING = 4	    /* from now on everything comes by itself */
};

struct session {
	struct session_parts parts;
	struct identity me;
	struct wake *wake;
	struct link *link;		   /* NULL with another transport */
	const struct transport *transport; /* NULL before there is a card */
	struct requests *requests;
	char *proxy, *endpoint;
	const struct transport *given; /* tests */
	uint64_t (*monotonic_ms)(void *ctx);
	void *ctx;

	bool wanted;  /* a connection is */
	bool renewed; /* the card, or the servers: make the parts anew */
	enum transport_state state;
	uint64_t connection; /* the one that was greeted last */
	enum session_phase phase;
	uint64_t ping_at; /* monotonic */
	int fault;	  /* of the vault, met in an answer */

	uint64_t heard; /* the daemon's time in seconds, 0: not yet */
	uint64_t heard_at;
	bool doubtful;
	struct self *self;
};

uint64_t session_ms(const struct session *s);

/* ---- session_parts.c ---- */

ROWAN_MUST int session_compose(struct session *s);
void session_decompose(struct session *s);

/* ---- session_greet.c ---- */

ROWAN_MUST int session_greet_step(struct session *s, uint64_t now_ms);
void session_pushed(void *ctx, const struct wire_message *m);
/* The connection is gone. */
void session_lost(struct session *s);

/* ---- session_self.c ---- */

struct self;

ROWAN_MUST int self_new(struct self **ret, struct session *s);
void self_free(struct self *x);
/* The daemon does not know our key any more, or knows it. */
ROWAN_MUST int self_known(struct self *x, bool known);
/* Warn before the card ends. */
ROWAN_MUST int self_step(struct self *x, uint64_t now);

#endif
