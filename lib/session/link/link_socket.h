/*
 * The socket of one attempt to connect, and what libzmq tells of it. Only
 * link.c uses it.
 *
 * libzmq never connects again by itself here: what was queued for a
 * connection that is gone must not turn up in the next.
 */
#ifndef SESSION_LINK_SOCKET_H
#define SESSION_LINK_SOCKET_H

#include <zmq.h>

#include "session/vault/identity.h"
#include "session/link/transport.h"
#include "session/link/tunnel.h"
#include "session/link/wake.h"

/* Zeroed but for ${wake}, and with both descriptors -1: closed. */
struct link_socket {
	void *zmq; /* context; made by the first open */
	void *dealer, *monitor;
	int dealer_fd, monitor_fd;
	struct tunnel *tunnel; /* NULL: straight */
	struct wake *wake;
	unsigned count;			/* sockets so far */
	zmq_msg_t msg[WIRE_FRAMES_MAX]; /* lent by recv */
	size_t msgs;
};

struct link_target {
	const struct identity_server *server;
	const uint8_t *public; /* ours */
	const struct key32 *secret;
	bool ipv6;
	const char *proxy; /* "host:port" of SOCKS5, or NULL */
	int patience_ms;   /* to connect, and for the handshake */
};

enum link_news {
	LINK_NOTHING = 0,
	LINK_CONNECTED, /* the handshake is over */
	LINK_UNKNOWN,	/* the daemon does not know our key */
	LINK_LOST	/* no connection, or none any more */
};

/**
 * link_socket_open(s, target):
 * Begin to connect. ROWAN_E_IO; then it is closed.
 */
ROWAN_MUST int link_socket_open(
	struct link_socket *s, const struct link_target *target);

/**
 * link_socket_close(s), link_socket_end(s):
 * Drop the connection; and the context too.
 */
void link_socket_close(struct link_socket *s);
void link_socket_end(struct link_socket *s);

/**
 * link_socket_news(s):
 * What has happened next, LINK_NOTHING when nothing has.
 */
enum link_news link_socket_news(struct link_socket *s);

/**
 * link_socket_send(s, frames, count), link_socket_recv(s, ret):
 * As of struct transport.
 */
ROWAN_MUST int link_socket_send(
	struct link_socket *s, const struct bytes *frames, size_t count);
ROWAN_MUST int link_socket_recv(
	struct link_socket *s, struct transport_frames *ret);

/**
 * link_socket_waits(s):
 * Return true iff there is something to take that its descriptors may not
 * show any more.
 */
bool link_socket_waits(struct link_socket *s);

#endif
