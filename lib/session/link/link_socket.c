/*
 * The socket of one attempt: see link_socket.h. The one place of the session
 * where zmq.h is spoken to.
 *
 * Trusts libzmq for CURVE and for whole messages, nothing it brings.
 */
#include <stdio.h>
#include <string.h>

#include "session/link/link_socket.h"

/*
 * Not protocol errors, which end in DISCONNECTED as everything does: telling a
 * monitor of one loses libzmq the error, and the connection would be neither
 * closed nor read, until a heartbeat on it is an assertion.
 */
#define EVENTS                                                                 \
	(ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED |                           \
		ZMQ_EVENT_HANDSHAKE_SUCCEEDED |                                \
		ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |                         \
		ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)

#define NOT_KNOWN    400 /* ZAP's status for a key the daemon does not know */
#define QUEUE	     64	 /* messages to be sent */
#define HEARTBEAT_MS 60000
#define PONG_MS	     30000

static bool set(void *sock, int option, int value)
{
	return zmq_setsockopt(sock, option, &value, sizeof value) == 0;
}

static bool set_bytes(void *sock, int option, const void *p, size_t len)
{
	return zmq_setsockopt(sock, option, p, len) == 0;
}

static bool set_all(void *sock, const struct link_target *t)
{
	int64_t frame = WIRE_FRAME_MAX + WIRE_FRAME_SEAL;
	const struct identity_server *s = t->server;

	/*
	 * No mark on what waits to be read, which the credit bounds: a
	 * heartbeat on a connection that has ended while it was held back by
	 * one is an assertion of libzmq.
	 */
	return set(sock, ZMQ_LINGER, 0) && set(sock, ZMQ_RECONNECT_IVL, -1) &&
	       set(sock, ZMQ_SNDHWM, QUEUE) && set(sock, ZMQ_RCVHWM, 0) &&
	       set(sock, ZMQ_CONNECT_TIMEOUT, t->patience_ms) &&
	       set(sock, ZMQ_HANDSHAKE_IVL, t->patience_ms) &&
	       set(sock, ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS) &&
	       set(sock, ZMQ_HEARTBEAT_TIMEOUT, PONG_MS) &&
	       set(sock, ZMQ_IPV6, t->ipv6) &&
	       set_bytes(sock, ZMQ_MAXMSGSIZE, &frame, sizeof frame) &&
	       set_bytes(sock, ZMQ_CURVE_SERVERKEY, s->key.b, KEY32_LEN) &&
	       set_bytes(sock, ZMQ_CURVE_PUBLICKEY, t->public, KEY32_LEN) &&
	       set_bytes(sock, ZMQ_CURVE_SECRETKEY, t->secret->b, KEY32_LEN);
}

/* Descriptors are noted only once they are watched. */
static bool watch_fd(struct link_socket *s, void *sock, int *ret)
{
	size_t len = sizeof *ret;
	int fd = -1;

	if (zmq_getsockopt(sock, ZMQ_FD, &fd, &len) != 0 ||
		(s->wake != NULL && wake_watch(s->wake, fd) != 0))
		return false;
	*ret = fd;
	return true;
}

static bool watch(struct link_socket *s)
{
	char name[48];

	snprintf(name, sizeof name, "inproc://monitor-%u", s->count);
	if (zmq_socket_monitor(s->dealer, name, EVENTS) != 0)
		return false;
	s->monitor = zmq_socket(s->zmq, ZMQ_PAIR);
	return s->monitor != NULL && set(s->monitor, ZMQ_LINGER, 0) &&
	       zmq_connect(s->monitor, name) == 0 &&
	       watch_fd(s, s->dealer, &s->dealer_fd) &&
	       watch_fd(s, s->monitor, &s->monitor_fd);
}

/* Where libzmq is to connect to; NULL: there is no way. */
static const char *way(struct link_socket *s, const struct link_target *t)
{
	if (t->proxy == NULL)
		return t->server->endpoint;
	return tunnel_new(&s->tunnel, t->proxy, t->server->endpoint, s->wake) ==
			       0
		       ? tunnel_local(s->tunnel)
		       : NULL;
}

int link_socket_open(struct link_socket *s, const struct link_target *t)
{
	const char *to = way(s, t);

	s->count++;
	if (s->zmq == NULL)
		s->zmq = zmq_ctx_new();
	if (s->zmq != NULL)
		s->dealer = zmq_socket(s->zmq, ZMQ_DEALER);
	if (s->dealer != NULL && set_all(s->dealer, t) && watch(s) &&
		to != NULL && zmq_connect(s->dealer, to) == 0)
		return 0;
	link_socket_close(s);
	return ROWAN_E_IO;
}

static void give_back(struct link_socket *s)
{
	for (size_t i = 0; i < s->msgs; i++)
		zmq_msg_close(&s->msg[i]);
	s->msgs = 0;
}

void link_socket_close(struct link_socket *s)
{
	give_back(s);
	/* libzmq closes descriptors later, in a thread of its own. */
	if (s->wake != NULL && s->dealer_fd >= 0)
		wake_unwatch(s->wake, s->dealer_fd);
	if (s->wake != NULL && s->monitor_fd >= 0)
		wake_unwatch(s->wake, s->monitor_fd);
	/*
	 * The events end before their reader does: without one libzmq's thread
	 * would wait in the next of them for ever, and no later connection be
	 * made.
	 */
	if (s->dealer != NULL)
		(void)zmq_socket_monitor(s->dealer, NULL, 0);
	if (s->monitor != NULL)
		zmq_close(s->monitor);
	if (s->dealer != NULL)
		zmq_close(s->dealer);
	s->dealer = s->monitor = NULL;
	s->dealer_fd = s->monitor_fd = -1;
	tunnel_free(s->tunnel);
	s->tunnel = NULL;
}

void link_socket_end(struct link_socket *s)
{
	link_socket_close(s);
	if (s->zmq != NULL)
		zmq_ctx_term(s->zmq);
	s->zmq = NULL;
}

/* The rest of a message is of no interest. */
static void skip(void *sock)
{
	zmq_msg_t m;
	int more;

	do {
		zmq_msg_init(&m);
		more = zmq_msg_recv(&m, sock, ZMQ_DONTWAIT) >= 0 &&
		       zmq_msg_more(&m);
		zmq_msg_close(&m);
	} while (more);
}

enum link_news link_socket_news(struct link_socket *s)
{
	uint8_t mem[6];
	uint32_t value;
	uint16_t event;

	if (s->tunnel != NULL && !tunnel_step(s->tunnel)) {
		/* What had come is there still; libzmq hears of the end. */
		tunnel_free(s->tunnel);
		s->tunnel = NULL;
		return LINK_LOST;
	}
	/* Number and value, then an address. */
	if (s->monitor == NULL || zmq_recv(s->monitor, mem, sizeof mem,
					  ZMQ_DONTWAIT) != (int)sizeof mem)
		return LINK_NOTHING;
	skip(s->monitor);
	memcpy(&event, mem, sizeof event);
	memcpy(&value, mem + sizeof event, sizeof value);
	if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
		return LINK_CONNECTED;
	if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH && value == NOT_KNOWN)
		return LINK_UNKNOWN;
	return LINK_LOST;
}

int link_socket_send(
	struct link_socket *s, const struct bytes *frames, size_t count)
{
	if (s->dealer == NULL || count == 0)
		return ROWAN_E_AGAIN;
	for (size_t i = 0; i < count; i++) {
		int more = i + 1 < count ? ZMQ_SNDMORE : 0;

		/* Once the first frame has found room the others do. */
		if (zmq_send(s->dealer, frames[i].data, frames[i].len,
			    ZMQ_DONTWAIT | more) < 0)
			return ROWAN_E_AGAIN;
	}
	return 0;
}

/* One message into ${s}->msg; returns how many frames it had. */
static size_t take(struct link_socket *s)
{
	bool more = true;
	size_t n = 0;

	while (more) {
		zmq_msg_t extra;
		zmq_msg_t *m = n < WIRE_FRAMES_MAX ? &s->msg[n] : &extra;

		zmq_msg_init(m);
		if (zmq_msg_recv(m, s->dealer, ZMQ_DONTWAIT) < 0) {
			zmq_msg_close(m);
			break;
		}
		more = zmq_msg_more(m) != 0;
		if (m == &extra)
			zmq_msg_close(m);
		else
			s->msgs++;
		n++;
	}
	return n;
}

int link_socket_recv(struct link_socket *s, struct transport_frames *ret)
{
	size_t n;

	give_back(s);
	ret->count = 0;
	if (s->dealer == NULL)
		return ROWAN_E_AGAIN;
	/* More frames than a message has: it is passed over. */
	while ((n = take(s)) > WIRE_FRAMES_MAX)
		give_back(s);
	if (n == 0)
		return ROWAN_E_AGAIN;
	for (size_t i = 0; i < n; i++)
		ret->frame[i] = bytes_of(
			zmq_msg_data(&s->msg[i]), zmq_msg_size(&s->msg[i]));
	ret->count = n;
	return 0;
}

/* What libzmq has taken off its descriptor and still holds for us. */
static bool waits(void *sock)
{
	int events = 0;
	size_t len = sizeof events;

	return sock != NULL &&
	       zmq_getsockopt(sock, ZMQ_EVENTS, &events, &len) == 0 &&
	       (events & ZMQ_POLLIN) != 0;
}

bool link_socket_waits(struct link_socket *s)
{
	bool monitor = waits(s->monitor), dealer = waits(s->dealer);

	return monitor || dealer;
}
