/*
 * The way through a proxy, against a proxy that does as RFC 1928 says, byte by
 * byte, and ones that do not.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "session/link/tunnel.h"

#define TURNS 20000 /* a millisecond each, if nothing is there */
#define MUCH  (1 << 20)

static int listener, proxy, ours;
static char place[32];
static struct tunnel *t;

/* A port that is ours, whether anybody listens at it or not. */
static void take_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof at;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&at, len), 0);
	assert_int_equal(
		getsockname(listener, (struct sockaddr *)&at, &len), 0);
	snprintf(place, sizeof place, "127.0.0.1:%u", ntohs(at.sin_port));
}

static int setup(void **state)
{
	assert_true(sodium_init() >= 0);
	take_port();
	assert_int_equal(listen(listener, 4), 0);
	proxy = ours = -1;
	t = NULL;
	return 0;
}

static int teardown(void **state)
{
	tunnel_free(t);
	close(listener);
	if (proxy >= 0)
		close(proxy);
	if (ours >= 0)
		close(ours);
	return 0;
}

/* As libzmq connects. */
static void connect_here(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	const char *name = tunnel_local(t) + strlen("ipc://@");

	memcpy(at.sun_path + 1, name, strlen(name));
	ours = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
		connect(ours, (struct sockaddr *)&at,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				    strlen(name))),
		0);
}

static void begin(const char *endpoint)
{
	assert_int_equal(tunnel_new(&t, place, endpoint, NULL), 0);
	connect_here();
	proxy = accept(listener, NULL, NULL);
	assert_true(proxy >= 0);
	assert_true(tunnel_step(t));
}

/*
 * A turn of what the session does: a step. Then whatever is on its way through
 * the kernel gets a moment, for it may wait for an acknowledgement.
 */
static bool turn(void)
{
	struct pollfd end[2] = {{.fd = ours, .events = POLLIN},
		{.fd = proxy, .events = POLLIN}};
	bool goes_on = tunnel_step(t);

	(void)poll(end, 2, 1);
	return goes_on;
}

/* The proxy is to hear exactly this. */
static void hears(const void *what, size_t len)
{
	uint8_t got[512];
	size_t have = 0;

	assert_true(len <= sizeof got);
	for (int i = 0; i < TURNS && have < len; i++) {
		ssize_t n;

		assert_true(turn());
		n = recv(proxy, got + have, sizeof got - have, MSG_DONTWAIT);
		have += n > 0 ? (size_t)n : 0;
	}
	assert_int_equal(have, len);
	assert_memory_equal(got, what, len);
}

static void says(const void *what, size_t len)
{
	assert_int_equal(send(proxy, what, len, MSG_NOSIGNAL), len);
}

static bool lost(void)
{
	for (int i = 0; i < TURNS; i++)
		if (!turn())
			return true;
	return false;
}

static const uint8_t hello[] = {5, 1, 0}, welcome[] = {5, 0};
static const uint8_t by_name[] = {
	5, 1, 0, 3, 7, 'a', '.', 'o', 'n', 'i', 'o', 'n', 0x1c, 0xf2};

static void byte_by_byte(void **state)
{
	uint8_t reply[7 + 255] = {5, 0, 0, 3, 255};

	begin("tcp://a.onion:7410");
	hears(hello, sizeof hello);
	for (size_t i = 0; i < sizeof welcome; i++) {
		says(welcome + i, 1);
		assert_true(tunnel_step(t));
	}
	hears(by_name, sizeof by_name);
	for (size_t i = 0; i < sizeof reply; i++) {
		says(reply + i, 1);
		assert_true(tunnel_step(t));
	}
	says("after", 5);
	for (int i = 0; i < TURNS; i++) {
		char got[8];

		assert_true(turn());
		if (recv(ours, got, sizeof got, MSG_DONTWAIT) == 5) {
			assert_memory_equal(got, "after", 5);
			return;
		}
	}
	fail();
}

static void open_way(void)
{
	static const uint8_t by_address[] = {
		5, 1, 0, 1, 10, 0, 0, 1, 0x1c, 0xf2};
	static const uint8_t reply[] = {5, 0, 0, 1, 0, 0, 0, 0, 0, 0};

	begin("tcp://10.0.0.1:7410");
	hears(hello, sizeof hello);
	says(welcome, sizeof welcome);
	hears(by_address, sizeof by_address);
	says(reply, sizeof reply);
	assert_true(tunnel_step(t));
}

/* Much more than it holds, both ways at once, in pieces of any size. */
static void much_goes_through(void **state)
{
	static uint8_t out[MUCH], got[2][MUCH];
	size_t sent[2] = {0}, have[2] = {0};
	int fd[2];

	randombytes_buf(out, sizeof out);
	open_way();
	fd[0] = ours;
	fd[1] = proxy;
	for (int i = 0; i < TURNS && have[0] + have[1] < 2 * MUCH; i++) {
		assert_true(turn());
		for (int k = 0; k < 2; k++) {
			ssize_t n = send(fd[k], out + sent[k], MUCH - sent[k],
				MSG_DONTWAIT | MSG_NOSIGNAL);

			sent[k] += n > 0 ? (size_t)n : 0;
			n = recv(fd[k], got[k] + have[k],
				randombytes_uniform(40000) + 1 < MUCH - have[k]
					? 4096
					: MUCH - have[k],
				MSG_DONTWAIT);
			have[k] += n > 0 ? (size_t)n : 0;
		}
	}
	assert_int_equal(have[0], MUCH);
	assert_int_equal(have[1], MUCH);
	assert_memory_equal(got[0], out, MUCH);
	assert_memory_equal(got[1], out, MUCH);
}

/* What came before the end is handed on, and then it is the end. */
static void the_end_is_told(void **state)
{
	char got[8];

	open_way();
	says("last", 4);
	close(proxy);
	proxy = -1;
	assert_true(lost());
	assert_int_equal(recv(ours, got, sizeof got, MSG_DONTWAIT), 4);
}

static void what_is_no_proxy(void **state)
{
	static const struct {
		uint8_t greeting[2], reply[6];
	} bad[] = {
		{{4, 0}, {0}},		   /* another version */
		{{5, 0xff}, {0}},	   /* no method that we have */
		{{5, 2}, {0}},		   /* a password, not asked for */
		{{5, 0}, {5, 1, 0, 1, 0}}, /* failed */
		{{5, 0}, {5, 5, 0, 1, 0}}, /* refused */
		{{5, 0}, {4, 0, 0, 1, 0}},
		{{5, 0}, {5, 0, 0, 9, 0}}, /* an address of no kind */
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		begin("tcp://a.onion:7410");
		hears(hello, sizeof hello);
		says(bad[i].greeting, 2);
		if (bad[i].reply[0] != 0) {
			hears(by_name, sizeof by_name);
			says(bad[i].reply, 6);
		}
		assert_true(lost());
		(void)teardown(NULL);
		(void)setup(NULL);
	}
	/* Nothing more is said, at each step. */
	for (int i = 0; i < 3; i++) {
		begin("tcp://a.onion:7410");
		if (i > 0)
			says(welcome, (size_t)i);
		close(proxy);
		proxy = -1;
		assert_true(lost());
		(void)teardown(NULL);
		(void)setup(NULL);
	}
}

static void nobody_is_there(void **state)
{
	close(listener);
	take_port();
	assert_int_equal(tunnel_new(&t, place, "tcp://a:1", NULL), 0);
	assert_true(lost());
}

static void places(void **state)
{
	static const char *const good[] = {
		"127.0.0.1:9050", "localhost:1", "[::1]:65535", "10.1.2.3:80"};
	static const char *const bad[] = {"", ":1", "1.2.3.4",
		"1.2.3.4:", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3.4:99999999999",
		"1.2.3.4:1x", "tor.example:9050", "[::1:9050", "1.2.3.4;x:1"};
	static const char *const ends[] = {"", "a:1", "tcp://", "tcp://a",
		"tcp://:1", "tcp://a:0", "ipc://a:1"};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(tunnel_is_proxy(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(tunnel_is_proxy(bad[i]));
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		assert_int_equal(
			tunnel_new(&t, place, ends[i], NULL), ROWAN_E_INVAL);
		assert_null(t);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(byte_by_byte),
		T(much_goes_through),
		T(the_end_is_told),
		T(what_is_no_proxy),
		T(nobody_is_there),
		T(places),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
