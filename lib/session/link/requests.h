/*
 * Requests and their answers: numbered, sent again after a lost connection,
 * repeated when the daemon says "later", given up after a time.
 *
 * Safe because every operation may be repeated: reads change nothing, and
 * what changes something is answered the same the second time
 * (docs/protocol.md). Trusts no byte it receives: an answer that does not
 * decode, or to a question that was not asked, is dropped and counted.
 *
 * Belongs to the session's thread. Nothing here touches the vault.
 */
#ifndef SESSION_REQUESTS_H
#define SESSION_REQUESTS_H

#include "session/link/transport.h"
#include "wire/code.h"

#define REQUESTS_OPEN_MAX    64	   /* unanswered at a time */
#define REQUESTS_PATIENCE_MS 30000 /* per try, while connected */
#define REQUESTS_TRIES	     4	   /* without an answer, then given up */
#define REQUESTS_LOST_MAX    16	   /* connections lost over one request */

/* "Later" is never later than this, whatever the daemon says. */
#define REQUESTS_LATER_MAX_MS (10 * 60 * 1000)

struct requests;

/* How a request ended. */
struct requests_outcome {
	int rc; /* 0; of the daemon's refusal; ROWAN_E_AGAIN: given up */
	const struct wire_message *answer; /* iff rc is 0; borrowed */
	struct wire_error error;	   /* the daemon's, else zero */
};

/*
 * Called once, from requests_take or requests_step or requests_cancel, never
 * from requests_start. May start further requests.
 */
typedef void requests_done(void *ctx, const struct requests_outcome *o);

struct requests_new {
	uint16_t op;
	struct bytes body;	    /* copied */
	const struct bytes *frames; /* copied */
	size_t frame_count;
	bool once;	     /* no repeat after "later": tell at once */
	requests_done *done; /* NULL: quiet, id 0, gone with the connection */
	void *ctx;
};

/* Pushes go here, as they came. */
typedef void requests_push(void *ctx, const struct wire_message *m);

/**
 * requests_new(ret, transport, push, ctx), requests_free(q):
 * ${transport} is borrowed. Free calls no done.
 */
ROWAN_MUST int requests_new(struct requests **ret,
	const struct transport *transport, requests_push *push, void *ctx);
void requests_free(struct requests *q);

/**
 * requests_start(q, n):
 * Queue a request. One that the daemon puts off is repeated until it does
 * not. ROWAN_E_AGAIN with REQUESTS_OPEN_MAX open, ROWAN_E_LIMIT
 * for a message larger than the daemon takes, ROWAN_E_NOMEM.
 */
ROWAN_MUST int requests_start(struct requests *q, const struct requests_new *n);

/**
 * requests_last(q):
 * The id of the request that was started last: pushes come under that of the
 * subscription they belong to.
 */
uint64_t requests_last(const struct requests *q);

/**
 * requests_version(q, version):
 * The protocol version that hello chose; before it only hello is sent, and
 * after a new connection again.
 */
void requests_version(struct requests *q, uint16_t version);

/**
 * requests_step(q, now_ms):
 * Receive, send and repeat what is due. Returns the transport's state.
 */
enum transport_state requests_step(struct requests *q, uint64_t now_ms);

/**
 * requests_wait(q, now_ms):
 * Milliseconds until requests_step has something to do without being woken.
 */
uint64_t requests_wait(const struct requests *q, uint64_t now_ms);

/**
 * requests_cancel(q, ctx):
 * Give up every request with this ctx; their done is called with
 * ROWAN_E_STATE.
 */
void requests_cancel(struct requests *q, const void *ctx);

/**
 * requests_open(q), requests_dropped(q):
 * How many are unanswered; how many messages of the daemon were dropped.
 */
size_t requests_open(const struct requests *q);
uint64_t requests_dropped(const struct requests *q);

#endif
