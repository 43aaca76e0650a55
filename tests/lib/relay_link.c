/*
 * One connection to a relay, of either kind.
 *
 * Trusts nothing it receives: a message of too many frames is an error. Never
 * blocks but in relay_link_open.
 */
#include "lib/relay_link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include "lib/zmtp.h"

#define READ_LEN 65536

struct relay_context {
	void *zmq;
};

struct relay_link {
	enum relay_link_kind kind;
	int fd;

	/* DEALER */
	struct relay_context *own;
	void *socket;
	zmq_msg_t msg[WIRE_FRAMES_MAX];
	size_t msgs;

	/* raw */
	struct zmtp *z;
	bool fresh; /* read something since the last ROWAN_E_AGAIN */
	struct relay_frames part;
	struct buf copy[WIRE_FRAMES_MAX];
	size_t copied;
};

struct relay_context *relay_context_new(void)
{
	struct relay_context *x = calloc(1, sizeof *x);

	if (x == NULL)
		return NULL;
	x->zmq = zmq_ctx_new();
	if (x->zmq == NULL || zmq_ctx_set(x->zmq, ZMQ_MAX_SOCKETS, 60000)) {
		relay_context_free(x);
		return NULL;
	}
	return x;
}

void relay_context_free(struct relay_context *x)
{
	if (x == NULL)
		return;
	if (x->zmq != NULL)
		zmq_ctx_term(x->zmq);
	free(x);
}

static int open_dealer(struct relay_link *l, const struct relay_address *a)
{
	struct relay_context *x;
	char endpoint[128];
	size_t len = sizeof l->fd;
	int zero = 0;

	if (a->context == NULL)
		l->own = relay_context_new();
	x = a->context ? a->context : l->own;
	l->socket = x ? zmq_socket(x->zmq, ZMQ_DEALER) : NULL;
	if (l->socket == NULL)
		return ROWAN_E_NOMEM;
	snprintf(endpoint, sizeof endpoint, "tcp://%s:%d", a->host, a->port);
	if (zmq_setsockopt(l->socket, ZMQ_LINGER, &zero, sizeof zero) ||
		zmq_setsockopt(l->socket, ZMQ_SNDHWM, &zero, sizeof zero) ||
		zmq_setsockopt(l->socket, ZMQ_RCVHWM, &zero, sizeof zero) ||
		zmq_setsockopt(l->socket, ZMQ_CURVE_SERVERKEY, a->server, 32) ||
		zmq_setsockopt(l->socket, ZMQ_CURVE_PUBLICKEY, a->public, 32) ||
		zmq_setsockopt(l->socket, ZMQ_CURVE_SECRETKEY, a->secret, 32) ||
		zmq_connect(l->socket, endpoint) ||
		zmq_getsockopt(l->socket, ZMQ_FD, &l->fd, &len))
		return ROWAN_E_IO;
	return 0;
}

static int open_raw(struct relay_link *l, const struct relay_address *a)
{
	struct sockaddr_in in = {.sin_family = AF_INET}, from = {0};
	struct zmtp_keys keys;
	int one = 1;

	memcpy(keys.server, a->server, 32);
	memcpy(keys.public, a->public, 32);
	memcpy(keys.secret, a->secret, 32);
	l->z = zmtp_new(&keys);
	if (l->z == NULL)
		return ROWAN_E_NOMEM;
	in.sin_port = htons((uint16_t)a->port);
	if (inet_pton(AF_INET, a->host, &in.sin_addr) != 1)
		return ROWAN_E_INVAL;
	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd >= 0 && a->source != NULL) {
		from.sin_family = AF_INET;
		if (inet_pton(AF_INET, a->source, &from.sin_addr) != 1 ||
			bind(l->fd, (void *)&from, sizeof from))
			return ROWAN_E_IO;
	}
	if (l->fd < 0 || connect(l->fd, (void *)&in, sizeof in) ||
		setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) ||
		fcntl(l->fd, F_SETFL, O_NONBLOCK))
		return ROWAN_E_IO;
	return 0;
}

int relay_link_open(struct relay_link **ret, const struct relay_address *a)
{
	struct relay_address addr = *a;
	struct relay_link *l = calloc(1, sizeof *l);
	int r;

	*ret = NULL;
	if (l == NULL)
		return ROWAN_E_NOMEM;
	if (addr.host == NULL)
		addr.host = "127.0.0.1";
	l->kind = addr.kind;
	l->fd = -1;
	r = l->kind == RELAY_LINK_RAW ? open_raw(l, &addr)
				      : open_dealer(l, &addr);
	if (r) {
		relay_link_close(l);
		return r;
	}
	*ret = l;
	return 0;
}

static void forget(struct relay_link *l)
{
	for (size_t i = 0; i < l->msgs; i++)
		zmq_msg_close(&l->msg[i]);
	for (size_t i = 0; i < l->copied; i++)
		buf_wipe(&l->copy[i]);
	l->msgs = l->copied = l->part.count = 0;
}

void relay_link_close(struct relay_link *l)
{
	if (l == NULL)
		return;
	forget(l);
	if (l->kind == RELAY_LINK_RAW) {
		zmtp_free(l->z);
		if (l->fd >= 0)
			close(l->fd);
	}
	if (l->socket != NULL)
		zmq_close(l->socket);
	relay_context_free(l->own);
	mem_free(l, sizeof *l);
}

int relay_link_fd(const struct relay_link *l)
{
	return l->fd;
}

bool relay_link_ready(const struct relay_link *l)
{
	return l->kind == RELAY_LINK_DEALER || zmtp_ready(l->z);
}

int relay_link_send(
	struct relay_link *l, const struct bytes *frames, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool more = i + 1 < count;

		if (l->kind == RELAY_LINK_RAW) {
			int r = zmtp_send(l->z, frames[i], more);

			if (r)
				return r;
		} else if (zmq_send(l->socket, frames[i].data, frames[i].len,
				   ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)) < 0)
			return errno == EAGAIN ? ROWAN_E_AGAIN : ROWAN_E_IO;
	}
	return 0;
}

int relay_link_flush(struct relay_link *l)
{
	struct bytes o;

	if (l->kind == RELAY_LINK_DEALER)
		return 0;
	for (o = zmtp_out(l->z); o.len > 0; o = zmtp_out(l->z)) {
		ssize_t n = send(l->fd, o.data, o.len, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN ? ROWAN_E_AGAIN : ROWAN_E_IO;
		zmtp_sent(l->z, (size_t)n);
	}
	return 0;
}

static int recv_dealer(struct relay_link *l, struct relay_frames *ret)
{
	int more = 1;

	forget(l);
	while (more) {
		zmq_msg_t *m = &l->msg[l->msgs];

		if (l->msgs == WIRE_FRAMES_MAX)
			return ROWAN_E_LIMIT;
		zmq_msg_init(m);
		l->msgs++;
		if (zmq_msg_recv(m, l->socket, ZMQ_DONTWAIT) < 0)
			return errno == EAGAIN ? ROWAN_E_AGAIN : ROWAN_E_IO;
		ret->frame[ret->count++] =
			bytes_of(zmq_msg_data(m), zmq_msg_size(m));
		more = zmq_msg_more(m);
	}
	return 0;
}

/* Frames taken so far borrow from a buffer that is about to move. */
static int keep_part(struct relay_link *l)
{
	for (; l->copied < l->part.count; l->copied++) {
		struct buf *c = &l->copy[l->copied];
		int r = buf_copy(c, l->part.frame[l->copied]);

		if (r)
			return r;
		l->part.frame[l->copied] = buf_view(c);
	}
	return 0;
}

/* Read once; ROWAN_E_AGAIN when there was nothing. */
static int feed(struct relay_link *l)
{
	uint8_t in[READ_LEN];
	ssize_t n;
	int r;

	/* A read that did not fill the buffer emptied the socket. */
	if (l->fresh) {
		l->fresh = false;
		return ROWAN_E_AGAIN;
	}
	n = recv(l->fd, in, sizeof in, 0);
	if (n < 0)
		return errno == EAGAIN ? ROWAN_E_AGAIN : ROWAN_E_IO;
	if (n == 0)
		return ROWAN_E_IO;
	l->fresh = (size_t)n < sizeof in;
	r = keep_part(l);
	if (r == 0)
		r = zmtp_feed(l->z, bytes_of(in, (size_t)n));
	if (r == 0 && zmtp_out(l->z).len > 0 &&
		relay_link_flush(l) == ROWAN_E_IO)
		r = ROWAN_E_IO;
	return r;
}

static int recv_raw(struct relay_link *l, struct relay_frames *ret)
{
	bool more = true;
	struct bytes f;

	while (more) {
		int r = zmtp_recv(l->z, &f, &more);

		if (r == ROWAN_E_AGAIN) {
			r = feed(l);
			if (r)
				return r;
			more = true;
			continue;
		}
		if (r)
			return r;
		if (l->part.count == WIRE_FRAMES_MAX)
			return ROWAN_E_LIMIT;
		l->part.frame[l->part.count++] = f;
	}
	*ret = l->part;
	/* Copies stay until the next call; only the count starts anew. */
	l->part.count = 0;
	return 0;
}

int relay_link_recv(struct relay_link *l, struct relay_frames *ret)
{
	ret->count = 0;
	if (l->kind == RELAY_LINK_DEALER)
		return recv_dealer(l, ret);
	if (l->part.count == 0)
		forget(l);
	return recv_raw(l, ret);
}
