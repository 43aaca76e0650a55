/*
 * The tests' own ZMTP client against libzmq's ROUTER over loopback: it speaks
 * the protocol it claims, and notices a server that does not.
 *
 * Trusts libzmq to be the reference. Never leaves the machine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include "lib/zmtp.h"

struct pair {
	void *ctx;
	void *router;
	struct zmtp *z;
	int fd;
};

static void open_pair(struct pair *p, int heartbeat_ms)
{
	int patience_ms = 600000;
	struct zmtp_keys keys;
	char z85[41], secret[41], ep[256];
	uint8_t server_secret[32];
	size_t len = sizeof ep;
	int one = 1;
	struct sockaddr_in a = {.sin_family = AF_INET};

	p->ctx = zmq_ctx_new();
	p->router = zmq_socket(p->ctx, ZMQ_ROUTER);
	assert_int_equal(zmq_curve_keypair(z85, secret), 0);
	zmq_z85_decode(keys.server, z85);
	zmq_z85_decode(server_secret, secret);
	zmq_setsockopt(p->router, ZMQ_CURVE_SERVER, &one, sizeof one);
	zmq_setsockopt(p->router, ZMQ_CURVE_SECRETKEY, server_secret, 32);
	zmq_setsockopt(p->router, ZMQ_HEARTBEAT_IVL, &heartbeat_ms,
		sizeof heartbeat_ms);
	/* However late we answer. */
	zmq_setsockopt(p->router, ZMQ_HEARTBEAT_TIMEOUT, &patience_ms,
		sizeof patience_ms);
	assert_int_equal(zmq_bind(p->router, "tcp://127.0.0.1:*"), 0);
	zmq_getsockopt(p->router, ZMQ_LAST_ENDPOINT, ep, &len);

	assert_int_equal(zmq_curve_keypair(z85, secret), 0);
	zmq_z85_decode(keys.public, z85);
	zmq_z85_decode(keys.secret, secret);
	p->z = zmtp_new(&keys);
	assert_non_null(p->z);
	p->fd = socket(AF_INET, SOCK_STREAM, 0);
	a.sin_port = htons((uint16_t)atoi(strrchr(ep, ':') + 1));
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(p->fd, (void *)&a, sizeof a), 0);
}

static void close_pair(struct pair *p)
{
	zmtp_free(p->z);
	close(p->fd);
	zmq_close(p->router);
	zmq_ctx_term(p->ctx);
}

static void flush(struct pair *p)
{
	struct bytes o = zmtp_out(p->z);

	while (o.len > 0) {
		ssize_t n = write(p->fd, o.data, o.len);

		assert_true(n > 0);
		zmtp_sent(p->z, (size_t)n);
		o = zmtp_out(p->z);
	}
}

/* Write what waits, read once, feed it in pieces of ${step} bytes. */
static int turn(struct pair *p, size_t step)
{
	uint8_t b[4096];
	ssize_t n;
	int r = 0;

	flush(p);
	n = read(p->fd, b, sizeof b);
	if (n <= 0)
		return ROWAN_E_IO;
	for (size_t i = 0; r == 0 && i < (size_t)n; i += step) {
		size_t k = (size_t)n - i < step ? (size_t)n - i : step;

		r = zmtp_feed(p->z, bytes_of(b + i, k));
	}
	return r;
}

static void make_ready(struct pair *p)
{
	while (!zmtp_ready(p->z))
		assert_int_equal(turn(p, 1), 0);
}

static void test_echo(void **state)
{
	static uint8_t big[70000];
	struct pair p;
	zmq_msg_t id, m;
	struct bytes f;
	bool more;
	int r;

	for (size_t i = 0; i < sizeof big; i++)
		big[i] = (uint8_t)(i * 7);
	open_pair(&p, 0);
	assert_int_equal(
		zmtp_send(p.z, bytes_of(big, 1), false), ROWAN_E_STATE);
	make_ready(&p);
	assert_int_equal(zmtp_send(p.z, bytes_of("head", 4), true), 0);
	assert_int_equal(zmtp_send(p.z, bytes_of(NULL, 0), true), 0);
	assert_int_equal(zmtp_send(p.z, bytes_of(big, sizeof big), false), 0);
	flush(&p);

	zmq_msg_init(&id);
	zmq_msg_init(&m);
	assert_true(zmq_msg_recv(&id, p.router, 0) > 0);
	assert_int_equal(zmq_msg_recv(&m, p.router, 0), 4);
	assert_memory_equal(zmq_msg_data(&m), "head", 4);
	assert_int_equal(zmq_msg_recv(&m, p.router, 0), 0);
	assert_int_equal(zmq_msg_recv(&m, p.router, 0), sizeof big);
	assert_memory_equal(zmq_msg_data(&m), big, sizeof big);
	assert_false(zmq_msg_more(&m));

	zmq_msg_send(&id, p.router, ZMQ_SNDMORE);
	zmq_send(p.router, "", 0, ZMQ_SNDMORE);
	zmq_msg_send(&m, p.router, 0);
	while ((r = zmtp_recv(p.z, &f, &more)) == ROWAN_E_AGAIN)
		assert_int_equal(turn(&p, 999), 0);
	assert_int_equal(r, 0);
	assert_int_equal(f.len, 0);
	assert_true(more);
	while ((r = zmtp_recv(p.z, &f, &more)) == ROWAN_E_AGAIN)
		assert_int_equal(turn(&p, 999), 0);
	assert_int_equal(r, 0);
	assert_int_equal(f.len, sizeof big);
	assert_memory_equal(f.data, big, sizeof big);
	assert_false(more);
	close_pair(&p);
}

/* A ping is answered and never shown; the connection goes on. */
static void test_ping(void **state)
{
	struct pair p;
	struct bytes f;
	bool more;

	open_pair(&p, 5);
	make_ready(&p);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(turn(&p, 64), 0);
		assert_int_equal(zmtp_recv(p.z, &f, &more), ROWAN_E_AGAIN);
	}
	assert_true(zmtp_out(p.z).len > 0);
	close_pair(&p);
}

static void test_wrong_server(void **state)
{
	struct pair p;
	uint8_t junk[ZMTP_GREETING_LEN] = {0xff};

	open_pair(&p, 0);
	assert_int_equal(
		zmtp_feed(p.z, bytes_of(junk, sizeof junk)), ROWAN_E_MALFORMED);
	zmtp_free(p.z);
	p.z = zmtp_new(&(struct zmtp_keys){.server = {9}});
	zmtp_greeting(junk, "CURVE");
	assert_int_equal(zmtp_feed(p.z, bytes_of(junk, sizeof junk)), 0);
	/* A WELCOME nobody sealed. */
	{
		uint8_t w[2 + ZMTP_WELCOME_LEN] = {4, ZMTP_WELCOME_LEN};

		memcpy(w + 2, "\x07WELCOME", 8);
		assert_int_equal(
			zmtp_feed(p.z, bytes_of(w, sizeof w)), ROWAN_E_CRYPTO);
	}
	close_pair(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_ping),
		cmocka_unit_test(test_wrong_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
