/*
 * One connection to a relay: messages of frames in and out, nothing of what
 * they mean. Two kinds that say the same on the wire: a DEALER of libzmq, as
 * clients use, and our own ZMTP on a plain socket, which costs a load
 * generator a fraction.
 *
 * Never blocks but in relay_link_open. One handle, one thread.
 */
#ifndef TESTS_LIB_RELAY_LINK_H
#define TESTS_LIB_RELAY_LINK_H

#include "wire/message.h"

enum relay_link_kind { RELAY_LINK_DEALER, RELAY_LINK_RAW };

/* What DEALERs share: the threads of libzmq. */
struct relay_context;

struct relay_address {
	enum relay_link_kind kind;
	struct relay_context *context; /* NULL: one of its own */
	const char *host;	       /* NULL: 127.0.0.1 */
	const char *source; /* come from there; NULL: any (raw only) */
	int port;
	const uint8_t *server; /* the daemon's public key, 32 bytes */
	const uint8_t *public; /* ours */
	const uint8_t *secret;
};

/* A whole message; the frames borrow from the link. */
struct relay_frames {
	struct bytes frame[WIRE_FRAMES_MAX];
	size_t count;
};

struct relay_link;

/**
 * relay_context_new(), relay_context_free(x):
 * For many DEALERs in one process; freed after the last link is closed.
 */
struct relay_context *relay_context_new(void);
void relay_context_free(struct relay_context *x);

/**
 * relay_link_open(ret, address):
 * Connect. The handshake goes on by itself while the link is used.
 * ROWAN_E_IO when nobody listens (of the raw kind only).
 */
ROWAN_MUST int relay_link_open(
	struct relay_link **ret, const struct relay_address *address);
void relay_link_close(struct relay_link *l);

/**
 * relay_link_fd(l):
 * Descriptor to poll for reading. Readiness is edge-triggered for a DEALER:
 * after polling, receive until ROWAN_E_AGAIN.
 */
int relay_link_fd(const struct relay_link *l);

/**
 * relay_link_send(l, frames, count):
 * Queue one message. Raw links need relay_link_flush to make it leave.
 */
ROWAN_MUST int relay_link_send(
	struct relay_link *l, const struct bytes *frames, size_t count);

/**
 * relay_link_flush(l):
 * Write what the socket takes now. ROWAN_E_AGAIN when some is left,
 * ROWAN_E_IO when the connection is gone.
 */
ROWAN_MUST int relay_link_flush(struct relay_link *l);

/**
 * relay_link_recv(l, ret):
 * The next whole message, valid until the next relay_link_recv.
 * ROWAN_E_AGAIN when there is none, ROWAN_E_IO when the connection is gone
 * (raw links; a DEALER connects again and says nothing), else what zmtp_feed
 * said.
 */
ROWAN_MUST int relay_link_recv(struct relay_link *l, struct relay_frames *ret);

/**
 * relay_link_ready(l):
 * Return true once the handshake is over; always true for a DEALER.
 */
bool relay_link_ready(const struct relay_link *l);

#endif
