/*
 * The connection: whom it tries, when, what it refuses to do, and the largest
 * frame that it takes. The peers here are bare TCP listeners and one that says
 * a frame; tests/session has the real daemon.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>
#include <zmq.h>

#include "session/link/link.h"

#define PATIENCE_MS 120000

struct host {
	int fd;
	int port;
	unsigned visits;
};

static const struct key32 secret = {{7, 8, 9}};
static struct host host[2];
static struct wake *w;
static struct link *l;
static const struct transport *t;

static void listen_on(struct host *h)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t len = sizeof a;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	h->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	h->visits = 0;
	assert_true(h->fd >= 0);
	assert_int_equal(bind(h->fd, (void *)&a, sizeof a), 0);
	assert_int_equal(listen(h->fd, 8), 0);
	assert_int_equal(getsockname(h->fd, (void *)&a, &len), 0);
	h->port = ntohs(a.sin_port);
}

static int setup(void **state)
{
	listen_on(&host[0]);
	listen_on(&host[1]);
	return wake_new(&w);
}

static int teardown(void **state)
{
	link_free(l);
	l = NULL;
	wake_free(w);
	close(host[0].fd);
	close(host[1].fd);
	return 0;
}

/* The longest pause there may be. */
static uint32_t most(void *ctx, uint32_t n)
{
	return n - 1;
}

static void make(size_t servers)
{
	struct identity_server s[2] = {0};
	const struct link_options o = {.secret = &secret,
		.servers = s,
		.server_count = servers,
		.wake = w,
		.below = most};

	for (size_t i = 0; i < servers; i++) {
		snprintf(s[i].endpoint, sizeof s[i].endpoint,
			"tcp://127.0.0.1:%d", host[i].port);
		s[i].key.b[0] = 9;
	}
	assert_int_equal(link_new(&l, &o), 0);
	t = link_transport(l);
}

/* Wait for a visitor of ${h} and send it away. */
static void turn_away(struct host *h)
{
	struct pollfd p = {.fd = h->fd, .events = POLLIN};
	int fd;

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	fd = accept(h->fd, NULL, NULL);
	assert_true(fd >= 0);
	close(fd);
	h->visits++;
}

/* Step at ${now} until this attempt is over; return when the next is due. */
static uint64_t until_failed(uint64_t now)
{
	struct pollfd p = {.fd = wake_fd(w), .events = POLLIN};
	uint64_t wait = t->wait(t->ctx, now);

	for (int i = 0; i < 100 && (wait == 0 || wait == LINK_ATTEMPT_MS);
		i++) {
		if (wait != 0)
			assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
		assert_int_equal(t->step(t->ctx, now), TRANSPORT_TRYING);
		wait = t->wait(t->ctx, now);
	}
	return wait;
}

static void test_backoff(void **state)
{
	uint64_t now = 1000000, expected = LINK_BACKOFF_MIN_MS, wait;

	make(1);
	assert_int_equal(t->step(t->ctx, now), TRANSPORT_DOWN);
	assert_true(t->wait(t->ctx, now) == UINT64_MAX);
	link_open(l);
	assert_int_equal(t->wait(t->ctx, now), 0);
	for (int i = 0; i < 11; i++) {
		assert_int_equal(t->step(t->ctx, now), TRANSPORT_TRYING);
		turn_away(&host[0]);
		wait = until_failed(now);
		assert_int_equal(wait, expected);
		/* Not a moment earlier. */
		now += wait;
		assert_int_equal(t->step(t->ctx, now - 1), TRANSPORT_TRYING);
		expected = expected * 2 < LINK_BACKOFF_MAX_MS
				   ? expected * 2
				   : LINK_BACKOFF_MAX_MS;
	}
	assert_int_equal(expected, LINK_BACKOFF_MAX_MS);
	assert_int_equal(t->connection(t->ctx), 0);
	/* Asked to anew, it begins anew. */
	link_close(l);
	assert_int_equal(t->step(t->ctx, now), TRANSPORT_DOWN);
	link_open(l);
	assert_int_equal(t->step(t->ctx, now), TRANSPORT_TRYING);
	turn_away(&host[0]);
	assert_int_equal(until_failed(now), LINK_BACKOFF_MIN_MS);
}

static void test_rotation(void **state)
{
	uint64_t now = 0;

	make(2);
	link_open(l);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(t->step(t->ctx, now), TRANSPORT_TRYING);
		turn_away(&host[i % 2]);
		now += until_failed(now);
	}
	assert_int_equal(host[0].visits, 2);
	assert_int_equal(host[1].visits, 2);
}

/* A host that takes the connection and says nothing. */
static void test_silent(void **state)
{
	uint64_t now = 50;

	make(2);
	link_open(l);
	assert_int_equal(t->step(t->ctx, now), TRANSPORT_TRYING);
	assert_int_equal(t->wait(t->ctx, now), LINK_ATTEMPT_MS);
	now += LINK_ATTEMPT_MS;
	assert_int_equal(t->step(t->ctx, now), TRANSPORT_TRYING);
	assert_int_equal(t->wait(t->ctx, now), LINK_BACKOFF_MIN_MS);
	now += LINK_BACKOFF_MIN_MS;
	assert_int_equal(t->step(t->ctx, now), TRANSPORT_TRYING);
	turn_away(&host[1]);
}

static void test_down_does_nothing(void **state)
{
	struct pollfd p = {.fd = host[0].fd, .events = POLLIN};
	struct bytes frame = bytes_of("x", 1);
	struct transport_frames f;

	make(1);
	assert_int_equal(t->step(t->ctx, 1), TRANSPORT_DOWN);
	assert_int_equal(t->send(t->ctx, &frame, 1), ROWAN_E_AGAIN);
	assert_int_equal(t->recv(t->ctx, &f), ROWAN_E_AGAIN);
	assert_int_equal(poll(&p, 1, 50), 0);
	link_open(l);
	assert_int_equal(t->step(t->ctx, 1), TRANSPORT_TRYING);
	/* Nothing is queued for a daemon that has not shown its key. */
	assert_int_equal(t->send(t->ctx, &frame, 1), ROWAN_E_AGAIN);
}

/* ---- the largest frame -----------------------------------------------------
 */

struct peer {
	void *zmq, *sock;
};

static void set(void *sock, int option, const void *p, size_t len)
{
	assert_int_equal(zmq_setsockopt(sock, option, p, len), 0);
}

static void peer_begin(struct peer *p)
{
	struct identity_server s = {0};
	const struct link_options o = {.secret = &secret,
		.servers = &s,
		.server_count = 1,
		.wake = w,
		.below = most};
	uint8_t key[KEY32_LEN];
	size_t len = sizeof s.endpoint;
	const int yes = 1, no = 0;

	crypto_box_keypair(s.key.b, key);
	p->zmq = zmq_ctx_new();
	p->sock = zmq_socket(p->zmq, ZMQ_DEALER);
	assert_non_null(p->sock);
	set(p->sock, ZMQ_LINGER, &no, sizeof no);
	set(p->sock, ZMQ_CURVE_SERVER, &yes, sizeof yes);
	set(p->sock, ZMQ_CURVE_SECRETKEY, key, sizeof key);
	assert_int_equal(zmq_bind(p->sock, "tcp://127.0.0.1:*"), 0);
	assert_int_equal(
		zmq_getsockopt(p->sock, ZMQ_LAST_ENDPOINT, s.endpoint, &len),
		0);
	assert_int_equal(link_new(&l, &o), 0);
	t = link_transport(l);
	link_open(l);
}

static void peer_end(struct peer *p)
{
	link_free(l);
	l = NULL;
	zmq_close(p->sock);
	zmq_ctx_term(p->zmq);
}

/* Until there is something to do. */
static void pause_link(void)
{
	struct pollfd p = {.fd = wake_fd(w), .events = POLLIN};

	if (t->wait(t->ctx, 1) != 0)
		assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
}

/* A frame of ${len} is sent: its length as it came; 0: the connection ended. */
static size_t sent(size_t len)
{
	static uint8_t mem[WIRE_FRAME_MAX + 1];
	struct transport_frames f;
	struct peer peer;

	peer_begin(&peer);
	while (t->step(t->ctx, 1) != TRANSPORT_UP)
		pause_link();
	assert_int_equal(zmq_send(peer.sock, mem, len, 0), len);
	f.count = 0;
	while (t->step(t->ctx, 1) == TRANSPORT_UP && t->recv(t->ctx, &f) != 0)
		pause_link();
	len = f.count == 0 ? 0 : f.frame[0].len;
	peer_end(&peer);
	return len;
}

static void test_largest_frame(void **state)
{
	assert_int_equal(sent(WIRE_FRAME_MAX), WIRE_FRAME_MAX);
	assert_int_equal(sent(WIRE_FRAME_MAX + 1), 0);
}

static int try(const char *endpoint, size_t count)
{
	struct identity_server s[IDENTITY_SERVERS_MAX + 1] = {0};
	const struct link_options o = {
		.secret = &secret, .servers = s, .server_count = count};
	int rc;

	for (size_t i = 0; i < count; i++)
		snprintf(s[i].endpoint, sizeof s[i].endpoint, "%s", endpoint);
	rc = link_new(&l, &o);
	assert_int_equal(rc == 0, l != NULL);
	link_free(l);
	l = NULL;
	return rc;
}

static void test_options(void **state)
{
	static const char *const endpoints[] = {"", "tcp://", "tcp://host",
		"ipc:///tmp/x", "inproc://x", "host:1", "tcp://eth0:1;host:2",
		"udp://host:1"};
	static const char good[] = "tcp://host.example:7410";

	for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++)
		assert_int_equal(try(endpoints[i], 1), ROWAN_E_INVAL);
	assert_int_equal(try(good, 0), ROWAN_E_INVAL);
	assert_int_equal(try(good, IDENTITY_SERVERS_MAX + 1), ROWAN_E_INVAL);
	assert_int_equal(try(good, IDENTITY_SERVERS_MAX), 0);
	assert_int_equal(try("tcp://[::1]:1", 1), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_backoff),
		T(test_rotation),
		T(test_silent),
		T(test_down_does_nothing),
		T(test_options),
		T(test_largest_frame),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
