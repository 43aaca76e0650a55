/*
 * Connections as descriptors: how many there are, who goes.
 *
 * libzmq has no cap on connections, gathers the frames of an unfinished
 * message without bound, and cannot close one connection of a ROUTER. So this
 * follows the monitors' events and shuts a descriptor down where it must:
 * above the cap, after a revocation, and when a connection has taken in more
 * than two messages' worth of bytes without completing one. A newcomer above
 * the cap takes the place of the oldest connection on which nothing was said,
 * on the enrolment port of the oldest stranger who has not named an invite: so
 * connections that are only held keep nobody out. A device with too many
 * connections loses its oldest one: a phone that comes back has left it
 * behind.
 *
 * A descriptor may have been reused between the event and the shutdown: then a
 * newcomer has to connect again, and nothing else happens (shutdown of what is
 * no socket is refused by the kernel).
 */
#include <stdlib.h>

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "net/inner.h"

/* Handshake, heartbeats and what libzmq has read ahead. */
#define SLACK (64 * 1024)
/* What may wait for one connection, in libzmq and in the kernel. */
#define UNREAD_MAX (4u << 20)

int guard_init(struct server *r, size_t fds)
{
	r->watched = calloc(fds, sizeof *r->watched);
	r->watched_len = fds;
	r->ends = calloc(fds, sizeof *r->ends);
	for (size_t i = 0; i < 2; i++)
		r->line[i] = (struct guard_line){-1, -1};
	return r->watched == NULL || r->ends == NULL ? ROWAN_E_NOMEM : 0;
}

void guard_wipe(struct server *r)
{
	free(r->watched);
	free(r->ends);
	r->watched = NULL;
	r->ends = NULL;
	r->watched_len = 0;
}

static struct watched *at(struct server *r, int fd)
{
	return fd < 0 || (size_t)fd >= r->watched_len ? NULL : &r->watched[fd];
}

static struct guard_line *line_of(struct server *r, const struct watched *w)
{
	return &r->line[w->port == ZAP_ENROL];
}

static void join_line(struct server *r, int fd)
{
	struct watched *w = &r->watched[fd];
	struct guard_line *l = line_of(r, w);

	w->lined = true;
	w->older = l->newest;
	w->newer = -1;
	if (l->newest >= 0)
		r->watched[l->newest].newer = fd;
	else
		l->oldest = fd;
	l->newest = fd;
}

static void leave_line(struct server *r, struct watched *w)
{
	struct guard_line *l = line_of(r, w);

	if (!w->lined)
		return;
	w->lined = false;
	if (w->older >= 0)
		r->watched[w->older].newer = w->newer;
	else
		l->oldest = w->newer;
	if (w->newer >= 0)
		r->watched[w->newer].older = w->older;
	else
		l->newest = w->older;
}

void guard_cut(struct server *r, int fd)
{
	struct watched *w = at(r, fd);

	if (w != NULL && w->open) {
		leave_line(r, w);
		w->cut = true;
		shutdown(fd, SHUT_RDWR);
	}
}

/*
 * What was handed to libzmq and has not arrived. Only the kernel knows, and it
 * is asked when there may be too much. What libzmq says by itself arrives too,
 * so that may be more than was handed over: then nothing waits.
 */
static uint64_t unread(struct peer *peer, uint64_t enough)
{
	struct tcp_info info;
	socklen_t len = sizeof info;

	if (peer->handed - peer->acked <= enough)
		return peer->handed - peer->acked;
	if (getsockopt(peer->fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		return 0;
	peer->acked = info.tcpi_bytes_acked;
	if (peer->handed < peer->acked)
		peer->handed = peer->acked;
	return peer->handed - peer->acked;
}

bool guard_full(struct peer *peer)
{
	return unread(peer, UNREAD_MAX) > UNREAD_MAX;
}

bool guard_drained(struct peer *peer)
{
	return unread(peer, UNREAD_MAX / 2) <= UNREAD_MAX / 2;
}

void guard_complete(struct server *r, int fd)
{
	struct watched *w = at(r, fd);

	if (w == NULL)
		return;
	w->complete = w->spoke = true;
	if (w->port != ZAP_ENROL)
		leave_line(r, w);
}

void guard_proven(struct server *r, int fd)
{
	struct watched *w = at(r, fd);

	if (w != NULL)
		leave_line(r, w);
}

void guard_gone(struct server *r, struct peer *peer)
{
	struct inbound *in = NULL;

	if (peer->unsent.credit > 0)
		r->blocked--;
	if (peer->subscribed)
		in = receive_slot(r);
	/*
	 * Without a slot the subscription stays behind. Its pushes find no
	 * connection and its credit runs out; a new one takes its place.
	 */
	if (in != NULL) {
		in->r.kind = REQUEST_GONE;
		in->r.from = peer->ref;
		in->r.device = peer->device->id;
		if (!ring_put(&r->lanes.requests, &in->r))
			receive_done(r, in);
	}
	r->gone++;
	peers_remove(&r->peers, peer);
}

void guard_device(struct server *r, struct device *device)
{
	struct peer *old =
		peers_surplus(&r->peers, device, r->config->connections_device);

	if (old == NULL)
		return;
	r->count.turned_away++;
	old->closing = true;
	guard_cut(r, old->fd);
}

static void turn_away(struct server *r, enum zap_port port, int fd)
{
	int oldest = r->line[port == ZAP_ENROL].oldest;

	r->count.turned_away++;
	guard_cut(r, oldest >= 0 ? oldest : fd);
}

/* It got no further than this, and not because we closed it. */
static void count_bad(struct server *r, const struct watched *w)
{
	if (!w->spoke && !w->cut)
		r->count.bad_handshakes++;
}

static void accepted(struct server *r, enum zap_port port, int fd)
{
	uint64_t cap = port == ZAP_ENROL ? r->config->connections_enrol
					 : r->config->connections;
	uint64_t have = r->connected[port];
	struct watched *w = at(r, fd);

	r->connected[port]++;
	if (w == NULL) {
		/* Above every limit we set. */
		shutdown(fd, SHUT_RDWR);
		r->count.turned_away++;
		return;
	}
	leave_line(r, w);
	if (w->open)
		count_bad(r, w);
	*w = (struct watched){.open = true,
		.late = (uint8_t)(w->late + (w->open ? 1 : 0)),
		.port = (uint8_t)port,
		.since = r->now};
	join_line(r, fd);
	if (fd > r->highest_fd)
		r->highest_fd = fd;
	if (port != ZAP_ENROL)
		have = r->connected[ZAP_MAIN] + r->connected[ZAP_NEXT] - 1;
	if (have >= cap)
		turn_away(r, port, fd);
}

static void disconnected(struct server *r, enum zap_port port, int fd)
{
	struct watched *w = at(r, fd);
	struct peer *peer = peers_disconnected(&r->peers, fd);

	if (r->connected[port] > 0)
		r->connected[port]--;
	if (peer != NULL)
		guard_gone(r, peer);
	/* The end of an earlier owner, told after a new one had come. */
	if (w != NULL && w->late > 0)
		w->late--;
	else if (w != NULL && w->open) {
		leave_line(r, w);
		count_bad(r, w);
		w->open = false;
	}
}

void guard_ends(struct server *r, enum zap_port port)
{
	size_t left = 0;

	for (size_t i = 0; i < r->end_count; i++) {
		if (r->ends[i].port == port)
			disconnected(r, port, r->ends[i].fd);
		else
			r->ends[left++] = r->ends[i];
	}
	r->end_count = left;
}

static void ended(struct server *r, enum zap_port port, int fd)
{
	if (r->end_count == r->watched_len)
		guard_ends(r, port);
	if (r->end_count == r->watched_len)
		disconnected(r, port, fd);
	else
		r->ends[r->end_count++] = (struct guard_end){fd, port};
	r->look[port] = true;
}

void guard_events(struct server *r, enum zap_port port)
{
	struct socket *s = &r->socks[port];
	enum socket_event e;
	int fd;

	if (s->router == NULL)
		return;
	while ((e = socket_event(s, &fd)) != SOCKET_NONE) {
		switch (e) {
		case SOCKET_ACCEPTED: accepted(r, port, fd); break;
		case SOCKET_DISCONNECTED: ended(r, port, fd); break;
		case SOCKET_ACCEPT_FAILED: r->count.accept_failures++; break;
		case SOCKET_NONE:
		case SOCKET_OTHER: break;
		}
	}
}

/*
 * A connection whose device we were not told: nothing was said on it long
 * after its handshake must be over.
 */
static bool is_mute(const struct server *r, const struct watched *w)
{
	return !w->spoke && r->now - w->since > 2 * r->config->handshake_time;
}

void guard_look(struct server *r)
{
	const uint64_t largest = r->config->message_bytes;
	bool pressed = r->pressed;

	r->pressed = false;
	for (int fd = 0; fd <= r->highest_fd; fd++) {
		struct watched *w = &r->watched[fd];
		uint64_t most =
			w->port == ZAP_ENROL ? ENROL_MESSAGE_MAX : largest;
		struct tcp_info info;
		socklen_t len = sizeof info;

		if (w->open && is_mute(r, w)) {
			r->count.mute++;
			guard_cut(r, fd);
			w->spoke = true;
		}
		if (!w->open ||
			getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
			continue;
		/* While we ourselves did not keep up nobody is to blame. */
		if (w->complete || pressed) {
			w->complete = false;
			w->base = info.tcpi_bytes_received;
		} else if (info.tcpi_bytes_received - w->base >
			   2 * most + SLACK) {
			r->count.cut_off++;
			guard_cut(r, fd);
		}
	}
}
