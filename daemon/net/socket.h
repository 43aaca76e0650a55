/*
 * The ROUTER sockets and their monitors.
 *
 * Knows what of libzmq 4.3.4 a peer or a shortage can turn into an abort, and
 * keeps away from it: the list stands in socket.c. Never blocks.
 */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include "base/secret.h"
#include "net/zap.h"

struct socket_options {
	void *ctx;
	enum zap_port port;
	const struct key32 *secret;
	const char *const *endpoints; /* "tcp://[::]:7410" */
	size_t endpoint_count;
	const int *fds; /* listening sockets handed over: instead of those */
	size_t fd_count;
	int backlog;
	int handshake_ms;
	int heartbeat_ms;
	int heartbeat_timeout_ms;
	int send_hwm;	   /* messages per connection */
	int64_t max_frame; /* bytes of one frame */
};

struct socket {
	void *router;
	void *monitor;	    /* the reading end of its events */
	char endpoint[128]; /* the last one, as bound */
};

/**
 * socket_open(o, ret):
 * Make, set and bind one port's socket. ROWAN_E_IO when an endpoint cannot be
 * bound, which it says, ROWAN_E_INTERNAL when libzmq refuses a setting. On
 * success the descriptor is libzmq's. Ends with socket_close.
 */
ROWAN_MUST int socket_open(const struct socket_options *o, struct socket *ret);

/**
 * socket_close(s, linger_ms):
 * Stop accepting, give what was sent up to ${linger_ms} to leave, close.
 */
void socket_close(struct socket *s, int linger_ms);

/* What a monitor tells. */
enum socket_event {
	SOCKET_NONE,
	SOCKET_ACCEPTED,
	SOCKET_ACCEPT_FAILED,
	SOCKET_DISCONNECTED,
	SOCKET_OTHER
};

/**
 * socket_event(s, ret_fd):
 * Take the next event of ${s}; SOCKET_NONE when there is none. ${ret_fd} is
 * the connection's descriptor for SOCKET_ACCEPTED and SOCKET_DISCONNECTED.
 */
enum socket_event socket_event(struct socket *s, int *ret_fd);

/**
 * socket_poll_fd(sock):
 * The descriptor that announces activity of a ZeroMQ socket, once: read until
 * nothing is left, and look again after sending.
 */
int socket_poll_fd(void *sock);

#endif
