/*
 * ROUTER sockets: see socket.h.
 *
 * What libzmq 4.3.4 turns into an abort or worse, and what is done about it:
 *
 *   zmq_socket without descriptors     all sockets are made at the start, after
 *                                      the descriptor limit was checked
 *   accept without descriptors         not an abort but a busy loop: the loop
 *                                      closes connections above a cap that is
 *                                      below the limit (loop.c)
 *   accept on a blocking descriptor    blocks the whole I/O thread: O_NONBLOCK
 *   a message of endless frames        is gathered without bound: the loop
 *                                      closes a connection that takes in far
 *                                      more bytes than it completes (guard.c)
 *   a routing id chosen by the peer    may collide with a generated one, an
 *                                      assertion; 2^-32 a try, and only
 *                                      after a handshake; the loop closes any
 *                                      connection that shows a chosen one
 *   a ZAP reply libzmq cannot parse    the reply has one fixed shape (zap.c)
 *   no ZAP handler                     it closes last (loop.c)
 *   a frame that does not open         libzmq tells the monitor, which loses
 *                                      the error: the connection is neither
 *                                      closed nor read, and once it ends the
 *                                      next heartbeat is an assertion. So the
 *                                      monitor is not told of such (EVENTS)
 *   a connection that ends while what  the next heartbeat, or one asked for in
 *   it said is held back by a mark     what is held back, is an assertion: no
 *                                      mark; the loop reads whatever comes and
 *                                      cuts off who speaks in vain (receive.c)
 *   sched_setscheduler refused         the unit allows it
 *   ZMTP 1.0 and 2.0                   refused by libzmq where CURVE is set
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <zmq.h>

#include "journal/journal.h"
#include "net/socket.h"

#define EVENTS                                                                 \
	(ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_ACCEPT_FAILED | ZMQ_EVENT_DISCONNECTED)

static bool set(void *sock, int option, int value)
{
	return zmq_setsockopt(sock, option, &value, sizeof value) == 0;
}

static int set_all(void *sock, const struct socket_options *o)
{
	const char *domain = zap_domain(o->port);

	if (!set(sock, ZMQ_LINGER, 0) || !set(sock, ZMQ_ROUTER_MANDATORY, 1) ||
		!set(sock, ZMQ_BACKLOG, o->backlog) ||
		!set(sock, ZMQ_HANDSHAKE_IVL, o->handshake_ms) ||
		!set(sock, ZMQ_HEARTBEAT_IVL, o->heartbeat_ms) ||
		!set(sock, ZMQ_HEARTBEAT_TIMEOUT, o->heartbeat_timeout_ms) ||
		!set(sock, ZMQ_SNDHWM, o->send_hwm) ||
		!set(sock, ZMQ_RCVHWM, 0) || !set(sock, ZMQ_CURVE_SERVER, 1))
		return ROWAN_E_INTERNAL;
	if (zmq_setsockopt(sock, ZMQ_MAXMSGSIZE, &o->max_frame,
		    sizeof o->max_frame) != 0 ||
		zmq_setsockopt(sock, ZMQ_ZAP_DOMAIN, domain, strlen(domain)) !=
			0 ||
		zmq_setsockopt(sock, ZMQ_CURVE_SECRETKEY, o->secret->b,
			KEY32_LEN) != 0)
		return ROWAN_E_INTERNAL;
	return 0;
}

static int watch(void *ctx, void *router, enum zap_port port, void **ret)
{
	char name[32];
	void *m;

	snprintf(name, sizeof name, "inproc://monitor-%s", zap_domain(port));
	if (zmq_socket_monitor(router, name, EVENTS) != 0)
		return ROWAN_E_INTERNAL;
	m = zmq_socket(ctx, ZMQ_PAIR);
	if (m == NULL)
		return ROWAN_E_INTERNAL;
	/* No mark: an I/O thread must never wait for the network thread. */
	if (!set(m, ZMQ_RCVHWM, 0) || !set(m, ZMQ_LINGER, 0) ||
		zmq_connect(m, name) != 0) {
		zmq_close(m);
		return ROWAN_E_INTERNAL;
	}
	*ret = m;
	return 0;
}

static int unbound(const char *endpoint)
{
	SAY(MSG_ENDPOINT, JOURNAL_TEXT("endpoint", endpoint),
		JOURNAL_TEXT("why", zmq_strerror(errno)));
	return ROWAN_E_IO;
}

static int bind_fd(void *sock, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return unbound("a socket handed over");
	if (!set(sock, ZMQ_USE_FD, fd))
		return ROWAN_E_INTERNAL;
	/* The address is only parsed; the descriptor has its own. */
	return zmq_bind(sock, "tcp://127.0.0.1:1") == 0
		       ? 0
		       : unbound("a socket handed over");
}

/*
 * Of one family each, so that a machine without IPv6 serves. Every address of
 * both is libzmq's asterisk: that one it binds there to those of IPv4.
 */
static int bind_one(void *sock, const char *endpoint)
{
	static const char both[] = "tcp://[::]:";
	const char *bound = endpoint;
	char any[64];

	if (!set(sock, ZMQ_IPV6, strchr(endpoint, '[') != NULL))
		return ROWAN_E_INTERNAL;
	if (strncmp(endpoint, both, strlen(both)) == 0) {
		snprintf(
			any, sizeof any, "tcp://*:%s", endpoint + strlen(both));
		bound = any;
	}
	return zmq_bind(sock, bound) == 0 ? 0 : unbound(endpoint);
}

static int bind_all(void *sock, const struct socket_options *o)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < o->fd_count; i++)
		rc = bind_fd(sock, o->fds[i]);
	if (o->fd_count > 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < o->endpoint_count; i++)
		rc = bind_one(sock, o->endpoints[i]);
	return rc;
}

int socket_open(const struct socket_options *o, struct socket *ret)
{
	struct socket s = {NULL, NULL, ""};
	size_t len = sizeof s.endpoint;
	int rc = ROWAN_E_INTERNAL;

	memset(ret, 0, sizeof *ret);
	s.router = zmq_socket(o->ctx, ZMQ_ROUTER);
	if (s.router == NULL)
		return ROWAN_E_INTERNAL;
	rc = set_all(s.router, o);
	if (rc == 0)
		rc = watch(o->ctx, s.router, o->port, &s.monitor);
	if (rc == 0)
		rc = bind_all(s.router, o);
	if (rc == 0 && zmq_getsockopt(s.router, ZMQ_LAST_ENDPOINT, s.endpoint,
			       &len) != 0)
		rc = ROWAN_E_INTERNAL;
	if (rc != 0) {
		socket_close(&s, 0);
		return rc;
	}
	*ret = s;
	return 0;
}

void socket_close(struct socket *s, int linger_ms)
{
	if (s->router != NULL) {
		/* First, or an I/O thread may wait for its reader. */
		zmq_socket_monitor(s->router, NULL, 0);
		(void)set(s->router, ZMQ_LINGER, linger_ms);
		zmq_close(s->router);
	}
	if (s->monitor != NULL)
		zmq_close(s->monitor);
	s->router = NULL;
	s->monitor = NULL;
}

enum socket_event socket_event(struct socket *s, int *ret_fd)
{
	uint8_t raw[6];
	uint16_t event;
	uint32_t value;
	int n = zmq_recv(s->monitor, raw, sizeof raw, ZMQ_DONTWAIT);

	*ret_fd = -1;
	if (n < 0)
		return SOCKET_NONE;
	/* The second frame is an address: dropped unread. */
	(void)zmq_recv(s->monitor, NULL, 0, ZMQ_DONTWAIT);
	if (n != (int)sizeof raw)
		return SOCKET_OTHER;
	/* libzmq writes both in the machine's byte order. */
	memcpy(&event, raw, sizeof event);
	memcpy(&value, raw + sizeof event, sizeof value);
	switch (event) {
	case ZMQ_EVENT_ACCEPTED: *ret_fd = (int)value; return SOCKET_ACCEPTED;
	case ZMQ_EVENT_DISCONNECTED:
		*ret_fd = (int)value;
		return SOCKET_DISCONNECTED;
	case ZMQ_EVENT_ACCEPT_FAILED: return SOCKET_ACCEPT_FAILED;
	default: return SOCKET_OTHER;
	}
}

int socket_poll_fd(void *sock)
{
	int fd = -1;
	size_t len = sizeof fd;

	return zmq_getsockopt(sock, ZMQ_FD, &fd, &len) == 0 ? fd : -1;
}
