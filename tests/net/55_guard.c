/*
 * Each bound on connections alone: what is counted and how often, when
 * something is too much and when it is not yet, and that nothing is shut that
 * is no connection of the relay's.
 */
#include <limits.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "net/inner.h"
#include "net/inside.h"

#define UNREAD (4u << 20)   /* UNREAD_MAX in guard.c */
#define SLACK  (64 * 1024)  /* there */
#define ALL    (UNREAD * 2) /* more than may wait */
#define CAP    3

static struct inside in;
static struct server_counters seen;

static void look(void *cookie)
{
	(void)cookie;
	server_counters(in.server, &seen);
}

static void moment(void)
{
	static const struct timespec t = {.tv_nsec = 5000000};

	nanosleep(&t, NULL);
	KIT_CHECK(server_here(in.server, look, NULL) == 0);
}

/* Until the relay has so many connections. */
static void until(uint64_t n)
{
	moment();
	for (int i = 0; seen.connections[ZAP_MAIN] != n; i++) {
		KIT_CHECK(i < RELAY_PATIENCE_MS / 5);
		moment();
	}
}

/* Until one more was counted. */
static void until_more(const uint64_t *count)
{
	uint64_t have = *count;

	for (int i = 0; *count == have; i++) {
		KIT_CHECK(i < RELAY_PATIENCE_MS / 5);
		moment();
	}
}

static bool counted(
	uint64_t turned_away, uint64_t bad, uint64_t mute, uint64_t cut_off)
{
	moment();
	return seen.turned_away == turned_away && seen.bad_handshakes == bad &&
	       seen.mute == mute && seen.cut_off == cut_off;
}

/* The connection on which nothing was said, or was. */
static int find(bool spoke)
{
	struct server *r = in.server;
	int ret = -1;

	for (int fd = 0; fd <= r->highest_fd; fd++)
		if (r->watched[fd].open && r->watched[fd].spoke == spoke) {
			KIT_CHECK(ret < 0);
			ret = fd;
		}
	KIT_CHECK(ret >= 0);
	return ret;
}

/* ---- counts ---- */

/* Of those that are turned away none is one that did not get through. */
static void what_is_counted(void)
{
	struct relay_client *c = kit_hello(SEED_SENDER, 0);
	int fds[CAP];

	KIT_CHECK(counted(0, 0, 0, 0));
	fds[0] = kit_dial();
	until(2);
	close(fds[0]);
	until(1);
	KIT_CHECK(counted(0, 1, 0, 0));
	for (size_t i = 0; i < CAP; i++) {
		fds[i] = kit_dial();
		until(i + 2 < CAP ? i + 2 : CAP);
	}
	/* The first of them has made room for the last. */
	if (seen.turned_away == 0)
		until_more(&seen.turned_away);
	until(CAP);
	KIT_CHECK(counted(1, 1, 0, 0));
	close(fds[1]);
	until(CAP - 1);
	close(fds[2]);
	until(1);
	KIT_CHECK(counted(1, 3, 0, 0));
	KIT_CHECK(kit_ping(c));
	relay_close(c);
	until(0);
	/* Whoever has said something is through. */
	KIT_CHECK(counted(1, 3, 0, 0));
	close(fds[0]);
}

/* Another one on its descriptor, before its end was told. */
static void reuse(void *fds)
{
	static const struct timespec t = {.tv_nsec = 50000000};
	int *fd = fds;

	close(fd[0]);
	/* As long as libzmq may need to see it. */
	nanosleep(&t, NULL);
	fd[1] = kit_dial();
	nanosleep(&t, NULL);
}

static void none_is_late(void *cookie)
{
	(void)cookie;
	KIT_CHECK(in.server->watched[find(false)].late == 0);
}

static void a_descriptor_comes_again(void)
{
	uint64_t bad = seen.bad_handshakes;
	int fd[2];

	fd[0] = kit_dial();
	until(1);
	KIT_CHECK(server_here(in.server, reuse, fd) == 0);
	until_more(&seen.bad_handshakes);
	until(1);
	KIT_CHECK(seen.bad_handshakes == bad + 1);
	KIT_CHECK(server_here(in.server, none_is_late, NULL) == 0);
	close(fd[1]);
	until(0);
	KIT_CHECK(seen.bad_handshakes == bad + 2);
}

static void others(void *count)
{
	in.server->connected[ZAP_NEXT] = *(uint64_t *)count;
}

/* The present key's port and the next one's have one cap. */
static void both_ports_count(void)
{
	uint64_t next = CAP, none = 0;
	int fd;

	KIT_CHECK(server_here(in.server, others, &next) == 0);
	fd = kit_dial();
	until_more(&seen.turned_away);
	until(0);
	KIT_CHECK(server_here(in.server, others, &none) == 0);
	close(fd);
}

/* It has been closed by the relay. */
static void has_ended(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char b;

	do
		KIT_CHECK(poll(&p, 1, RELAY_PATIENCE_MS) == 1);
	while (recv(fd, &b, 1, 0) > 0);
}

/* The oldest goes, though the one behind it had gone before. */
static void who_left_leaves_no_gap(void)
{
	int fds[CAP + 3];

	for (size_t i = 0; i < CAP; i++) {
		fds[i] = kit_dial();
		until(i + 1);
	}
	close(fds[1]);
	until(CAP - 1);
	for (size_t i = CAP; i < CAP + 3; i++) {
		fds[i] = kit_dial();
		if (i > CAP)
			until_more(&seen.turned_away);
		until(CAP);
	}
	has_ended(fds[0]);
	has_ended(fds[2]);
	for (size_t i = CAP; i < CAP + 3; i++) {
		close(fds[i]);
		until(2 + CAP - i);
	}
	close(fds[0]);
	close(fds[2]);
}

/* ---- a device's ---- */

static void one_too_many(void *cookie)
{
	struct server *r = in.server;
	struct device *device = r->peers.at[0]->device;
	uint64_t have = r->count.turned_away;

	for (uint32_t i = 0; i < r->peers.cap; i++)
		if (r->peers.at[i]->ref.generation != 0)
			device = r->peers.at[i]->device;
	KIT_CHECK(device->connections == 2);
	((struct config *)r->config)->connections_device = 1;
	/* Who goes is gone, though its end is not told yet. */
	guard_device(r, device);
	guard_device(r, device);
	KIT_CHECK(r->count.turned_away == have + 1);
	((struct config *)r->config)->connections_device = 2;
	(void)cookie;
}

static void a_device_has_so_many(void)
{
	struct relay_client *c[2];

	for (size_t i = 0; i < 2; i++)
		c[i] = kit_hello(SEED_SENDER, 0);
	KIT_CHECK(server_here(in.server, one_too_many, NULL) == 0);
	kit_closed(c[0]);
	KIT_CHECK(kit_ping(c[1]));
	for (size_t i = 0; i < 2; i++)
		relay_close(c[i]);
	until(0);
}

/* ---- what waits ---- */

/* Within a bound nothing is asked; above it, a little may have arrived. */
static void unread(void *cookie)
{
	struct server *r = in.server;
	struct peer *peer = r->peers.at[0];
	int fd;

	(void)cookie;
	for (uint32_t i = 0; i < r->peers.cap; i++)
		if (r->peers.at[i]->ref.generation != 0)
			peer = r->peers.at[i];
	peer->handed = peer->acked + UNREAD;
	KIT_CHECK(!guard_full(peer));
	peer->handed = peer->acked + UNREAD + 4096;
	KIT_CHECK(guard_full(peer));
	peer->handed = peer->acked + UNREAD / 2;
	KIT_CHECK(guard_drained(peer));
	peer->handed = peer->acked + UNREAD / 2 + 4096;
	KIT_CHECK(!guard_drained(peer));
	/* What libzmq says by itself arrives, too. */
	peer->handed = 0;
	KIT_CHECK(!guard_full(peer) && peer->handed == peer->acked);
	/* Of one that is gone nothing waits. */
	fd = peer->fd;
	peer->fd = -1;
	peer->handed = peer->acked + ALL;
	KIT_CHECK(!guard_full(peer) && guard_drained(peer));
	peer->fd = fd;
	peer->handed = peer->acked;
}

/* ---- what never ends ---- */

static uint64_t received(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof info;

	KIT_CHECK(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0);
	return info.tcpi_bytes_received;
}

/* So many bytes came without the end of a message; it is cut off or not. */
static bool is_cut(uint64_t bytes, bool complete, bool pressed)
{
	struct server *r = in.server;
	uint64_t before = r->count.cut_off;
	int fd = find(true);
	struct watched *w = &r->watched[fd];

	w->base = received(fd) - bytes;
	w->complete = complete;
	r->pressed = pressed;
	guard_look(r);
	KIT_CHECK(!r->pressed && !w->complete);
	/* What came before does not count again. */
	KIT_CHECK(!(complete || pressed) || w->base == received(fd));
	KIT_CHECK(w->cut == (r->count.cut_off == before + 1));
	return w->cut;
}

static void endless(void *cookie)
{
	struct server *r = in.server;
	uint64_t most = 2 * r->config->message_bytes + SLACK;
	struct watched *w = &r->watched[find(true)];

	(void)cookie;
	KIT_CHECK(!is_cut(most, false, false));
	KIT_CHECK(!is_cut(most + 1, true, false));
	KIT_CHECK(!is_cut(most + 1, false, true));
	guard_complete(r, find(true));
	KIT_CHECK(w->complete);
	/* A stranger's message is shorter. */
	w->port = ZAP_ENROL;
	KIT_CHECK(!is_cut(2 * ENROL_MESSAGE_MAX + SLACK, false, false));
	w->port = ZAP_MAIN;
	KIT_CHECK(is_cut(most + 1, false, false));
}

static void an_endless_stranger(void *cookie)
{
	(void)cookie;
	in.server->watched[find(true)].port = ZAP_ENROL;
	KIT_CHECK(is_cut(2 * ENROL_MESSAGE_MAX + SLACK + 1, false, false));
}

/* Whoever says nothing has twice the time of a handshake; it goes once. */
static void mute(void *cookie)
{
	struct server *r = in.server;
	uint64_t now = r->now, have = r->count.mute;
	struct watched *w = &r->watched[find(false)];

	(void)cookie;
	r->now = w->since + 2 * r->config->handshake_time;
	guard_look(r);
	KIT_CHECK(r->count.mute == have && !w->cut);
	r->now++;
	guard_look(r);
	KIT_CHECK(r->count.mute == have + 1 && w->cut);
	guard_look(r);
	KIT_CHECK(r->count.mute == have + 1);
	r->now = now;
}

static void one_goes(void (*call)(void *), bool speaks)
{
	struct relay_client *c = speaks ? kit_hello(SEED_SENDER, 0) : NULL;
	int fd = speaks ? -1 : kit_dial();

	until(1);
	KIT_CHECK(server_here(in.server, call, NULL) == 0);
	until(0);
	if (c != NULL) {
		kit_closed(c);
		relay_close(c);
	} else {
		close(fd);
	}
}

/* ---- ends, and no beginning ---- */

/* Those of a port are told when all was read on it; nothing goes below none. */
static void ends(void *cookie)
{
	struct server *r = in.server;

	(void)cookie;
	KIT_CHECK(r->end_count == 0 && r->connected[ZAP_MAIN] == 0);
	r->connected[ZAP_NEXT] = 2;
	r->ends[0] = (struct guard_end){INT_MAX, ZAP_NEXT};
	r->ends[1] = (struct guard_end){INT_MAX, ZAP_MAIN};
	r->ends[2] = (struct guard_end){INT_MAX, ZAP_NEXT};
	r->end_count = 3;
	guard_ends(r, ZAP_MAIN);
	KIT_CHECK(r->end_count == 2 && r->connected[ZAP_NEXT] == 2);
	KIT_CHECK(r->connected[ZAP_MAIN] == 0);
	guard_ends(r, ZAP_NEXT);
	KIT_CHECK(r->end_count == 0 && r->connected[ZAP_NEXT] == 0);
}

/* Without a descriptor nobody is let in, and it is told. */
static void no_descriptor(void)
{
	struct rlimit had, less;
	int fd = dup(0);

	KIT_CHECK(fd >= 0 && getrlimit(RLIMIT_NOFILE, &had) == 0);
	close(fd);
	less = had;
	less.rlim_cur = (rlim_t)fd + 1;
	moment();
	KIT_CHECK(seen.accept_failures == 0);
	KIT_CHECK(setrlimit(RLIMIT_NOFILE, &less) == 0);
	fd = kit_dial();
	until_more(&seen.accept_failures);
	KIT_CHECK(setrlimit(RLIMIT_NOFILE, &had) == 0);
	close(fd);
}

/* ---- what is none ---- */

static void not_ours(void *cookie)
{
	int *fds = cookie;
	char b = 0;

	guard_cut(in.server, -1);
	guard_cut(in.server, INT_MAX);
	guard_cut(in.server, fds[0]);
	KIT_CHECK(!in.server->watched[fds[0]].cut);
	KIT_CHECK(send(fds[0], "x", 1, MSG_NOSIGNAL) == 1);
	KIT_CHECK(recv(fds[1], &b, 1, 0) == 1 && b == 'x');
}

static void set_watched(void *len)
{
	in.server->watched_len = *(size_t *)len;
}

/* A descriptor that is above all that are watched. */
static void beyond_what_is_watched(void)
{
	size_t len = in.server->watched_len, none = 3;
	uint64_t away;
	int fd;

	moment();
	away = seen.turned_away;
	KIT_CHECK(server_here(in.server, set_watched, &none) == 0);
	fd = kit_dial();
	has_ended(fd);
	until(0);
	KIT_CHECK(seen.turned_away == away + 1);
	KIT_CHECK(server_here(in.server, set_watched, &len) == 0);
	close(fd);
}

int main(void)
{
	struct relay_client *c;
	int fds[2];

	inside_prepare(&in);
	in.config.connections = CAP;
	in.config.connections_device = 2;
	in.config.handshake_time = 3600 * 1000;
	inside_run(&in);
	what_is_counted();
	a_descriptor_comes_again();
	both_ports_count();
	who_left_leaves_no_gap();
	a_device_has_so_many();
	c = kit_hello(SEED_SENDER, 0);
	KIT_CHECK(server_here(in.server, unread, NULL) == 0);
	KIT_CHECK(kit_ping(c));
	relay_close(c);
	until(0);
	one_goes(endless, true);
	one_goes(an_endless_stranger, true);
	one_goes(mute, false);
	KIT_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	KIT_CHECK(server_here(in.server, not_ours, fds) == 0);
	close(fds[0]);
	close(fds[1]);
	beyond_what_is_watched();
	KIT_CHECK(server_here(in.server, ends, NULL) == 0);
	no_descriptor();
	inside_stop(&in);
	return inside_end(&in);
}
