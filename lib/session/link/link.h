/*
 * The connection to the daemon: a DEALER under CURVE, to one of the
 * identity's servers at a time.
 *
 *	        link_open         attempt due
 *	DOWN ------------> TRYING -----------> TRYING (connecting)
 *	  ^                  ^                   |  |  handshake done
 *	  | link_close       | failed, timed     |  +------------------> UP
 *	  +---- any          | out, lost: next   |                       |
 *	                     | server, backoff <-+-----------------------+
 *	                     +-- REFUSED: the same, key not known
 *
 * Only the server that has the pinned key is ever spoken to. Never blocks the
 *caller, never prints. libzmq's own threads move the bytes; they see no
 *plaintext of a channel.
 *
 * One handle, one thread.
 */
#ifndef SESSION_LINK_H
#define SESSION_LINK_H

#include "session/vault/identity.h"
#include "session/link/transport.h"
#include "session/link/wake.h"

#define LINK_BACKOFF_MIN_MS 1000
#define LINK_BACKOFF_MAX_MS (5 * 60 * 1000)
#define LINK_ATTEMPT_MS	    30000 /* until the handshake must be over */
#define LINK_STEADY_MS	    10000 /* up for so long: the backoff begins anew */

struct link;

struct link_options {
	const struct key32 *secret; /* X25519, of the device; copied */
	const struct identity_server *servers; /* copied */
	size_t server_count;
	struct wake *wake; /* NULL: none; else borrowed */
	/* "socks5://host:port", or NULL; names go through it, too (tunnel.h).
	 */
	const char *proxy;
	/* Tests: a number below the given one, for jitter; NULL: random. */
	uint32_t (*below)(void *ctx, uint32_t n);
	void *ctx;
};

/**
 * link_new(ret, options), link_free(l):
 * A link that is DOWN. ROWAN_E_INVAL without a server, for an endpoint that
 * is not "tcp://host:port", or another kind of proxy. Freeing closes.
 */
ROWAN_MUST int link_new(struct link **ret, const struct link_options *options);
void link_free(struct link *l);

/**
 * link_open(l), link_close(l):
 * Keep a connection up from the next step on, at once and with a fresh
 * backoff; end it.
 */
void link_open(struct link *l);
void link_close(struct link *l);

/**
 * link_next(l, now_ms):
 * This server is not to be spoken with: leave it, and try the next one after
 * a pause.
 */
void link_next(struct link *l, uint64_t now_ms);

/**
 * link_server(l), link_servers(l, servers, count):
 * The server of this connection, or of the next attempt; other servers from
 * the next attempt on, the first of them first. ROWAN_E_INVAL for those that
 * link_new would not take.
 */
const struct identity_server *link_server(const struct link *l);
ROWAN_MUST int link_servers(
	struct link *l, const struct identity_server *servers, size_t count);

/**
 * link_transport(l):
 * To send and receive by; valid while ${l} is.
 */
const struct transport *link_transport(struct link *l);

#endif
