/*
 * What a hostile client may do.
 *
 * Trusts nothing and checks nothing: the other side is under test, and
 * whatever it answers is thrown away.
 */
#include "campaign/abuses.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/relay_client.h"
#include "lib/zmtp.h"

#define CROWD_MAX 8192
#define GULPS	  8 /* connections a device may have */

static int dial(const struct target *t)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_port = htons((uint16_t)t->port);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd >= 0 && connect(fd, (void *)&a, sizeof a)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void say(int fd, const void *p, size_t n)
{
	(void)!send(fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Read and throw away for ${ms} or until the other side closes. */
static void listen_to(int fd, int ms)
{
	struct pollfd p = {fd, POLLIN, 0};
	uint8_t b[4096];

	while (poll(&p, 1, ms) > 0 && recv(fd, b, sizeof b, 0) > 0)
		;
}

/*
 * Keep a crowd of connections, each of which has said the same; those that
 * were closed come again.
 */
static void crowd(const struct target *t, const void *words, size_t len)
{
	static int fds[CROWD_MAX];
	int n = t->crowd < CROWD_MAX ? t->crowd : CROWD_MAX;

	for (int i = 0; i < n; i++)
		fds[i] = -1;
	for (;;) {
		for (int i = 0; i < n; i++) {
			uint8_t b[512];

			if (fds[i] >= 0 &&
				recv(fds[i], b, sizeof b, MSG_DONTWAIT) == 0) {
				close(fds[i]);
				fds[i] = -1;
			}
			if (fds[i] < 0 && (fds[i] = dial(t)) >= 0)
				say(fds[i], words, len);
		}
		usleep(10000);
	}
}

static void silent(const struct target *t)
{
	crowd(t, "", 0);
}

/* A greeting, and the first half of a HELLO. */
static void half_handshake(const struct target *t)
{
	uint8_t b[ZMTP_GREETING_LEN + 100] = {0};

	zmtp_greeting(b, "CURVE");
	b[64] = 0x04;
	b[65] = ZMTP_HELLO_LEN;
	memcpy(b + 66, "\x05HELLO\x01\x00", 8);
	crowd(t, b, sizeof b);
}

/* Whole HELLOs that nobody sealed: the daemon tries to open each. */
static void false_hello(const struct target *t)
{
	uint8_t b[ZMTP_GREETING_LEN + 2 + ZMTP_HELLO_LEN] = {0};

	zmtp_greeting(b, "CURVE");
	b[64] = 0x04;
	b[65] = ZMTP_HELLO_LEN;
	memcpy(b + 66, "\x05HELLO\x01\x00", 8);
	for (;;) {
		int fd = dial(t);

		randombytes_buf(b + 66 + 80, 120);
		say(fd, b, sizeof b);
		listen_to(fd, 20);
		close(fd);
	}
}

static void wrong_mechanism(const struct target *t)
{
	static const char *const names[] = {
		"NULL", "PLAIN", "GSSAPI", "curve", "", "CURVECURVECURVECURVE"};
	uint8_t b[ZMTP_GREETING_LEN + 64];

	for (unsigned i = 0;; i++) {
		int fd = dial(t);

		randombytes_buf(b, sizeof b);
		if (i % 8 < 6)
			zmtp_greeting(b, names[i % 8]);
		if (i % 3 == 0)
			b[10] = (uint8_t)i; /* another version */
		say(fd, b, sizeof b);
		listen_to(fd, 20);
		close(fd);
	}
}

/* Frames that claim to be as large as the number allows. */
static void giant_frame(const struct target *t)
{
	uint8_t b[ZMTP_GREETING_LEN + 9 + 4096] = {0};

	for (unsigned i = 0;; i++) {
		int fd = dial(t);

		zmtp_greeting(b, "CURVE");
		b[64] = i % 2 ? 0x06 : 0x02;
		memset(b + 65, i % 3 ? 0x7f : 0xff, 8);
		b[65] &= (uint8_t)(i >> 2);
		say(fd, b, sizeof b);
		listen_to(fd, 20);
		close(fd);
	}
}

/* Whole handshakes with keys that the clinic does not know. */
static void stranger(const struct target *t)
{
	for (unsigned i = 0;; i++) {
		struct seed_device d;
		struct relay_client *c = NULL;
		struct relay_frames f;

		seed_device(SEED_STRANGER, i, &d);
		if (relay_open(
			    &c, &(struct relay_options){.kind = RELAY_LINK_RAW,
					.port = t->port,
					.device = &d}))
			continue;
		for (int k = 0; k < 20; k++) {
			struct pollfd p = {
				relay_link_fd(relay_link(c)), POLLIN, 0};

			(void)!relay_link_flush(relay_link(c));
			if (relay_link_recv(relay_link(c), &f) != ROWAN_E_AGAIN)
				break;
			poll(&p, 1, 10);
		}
		relay_close(c);
	}
}

static struct relay_client *member(
	const struct target *t, enum seed_role role, uint32_t index)
{
	struct relay_client *c = NULL;
	struct seed_device d;

	seed_device(role, index, &d);
	while (relay_open(&c, &(struct relay_options){.kind = RELAY_LINK_RAW,
				      .port = t->port,
				      .device = &d}) ||
		relay_hello(c, NULL)) {
		relay_close(c);
		usleep(10000);
	}
	return c;
}

/* A known device that connects, says hello and leaves, again and again. */
static void churn(const struct target *t)
{
	for (;;)
		relay_close(member(t, SEED_SENDER, 1));
}

/* A known device that sends anything: wrong headers, counts, bodies. */
static void babble(const struct target *t)
{
	static uint8_t noise[4096];
	struct relay_client *c = member(t, SEED_SENDER, 2);
	struct bytes frames[80];

	for (unsigned i = 0;; i++) {
		struct wire_header h = {WIRE_VERSION_HIGH, 0, i};
		uint8_t head[WIRE_HEADER_LEN];
		struct relay_frames f;
		size_t n = 1 + randombytes_uniform(i % 16 ? 5 : 80);
		int r;

		randombytes_buf(noise, 64);
		for (size_t k = 0; k < n; k++)
			frames[k] = bytes_of(noise,
				randombytes_uniform(i % 7 ? 48 : sizeof noise));
		h.op = (uint16_t)randombytes_uniform(0x48);
		wire_header_encode(&h, head);
		if (i % 8)
			frames[0] = bytes_of(head, sizeof head);
		r = relay_link_send(relay_link(c), frames, n);
		if (r == 0)
			r = relay_link_flush(relay_link(c));
		while (r == 0 && (r = relay_link_recv(relay_link(c), &f)) == 0)
			;
		if (r == 0 || r == ROWAN_E_AGAIN)
			continue;
		relay_close(c);
		c = member(t, SEED_SENDER, 2);
	}
}

/* A known device that sends frames and messages over every limit. */
static void oversize(const struct target *t)
{
	static uint8_t big[2 * WIRE_MESSAGE_MAX];
	struct relay_client *c = member(t, SEED_SENDER, 3);

	for (;;) {
		struct wire_header h = {WIRE_VERSION_HIGH, WIRE_OP_SUBMIT, 7};
		uint8_t head[WIRE_HEADER_LEN];
		struct bytes frames[66] = {bytes_of(head, sizeof head)};
		size_t n = 1 + randombytes_uniform(65);
		struct relay_frames f;
		int r;

		wire_header_encode(&h, head);
		for (size_t k = 1; k < n; k++)
			frames[k] = bytes_of(
				big, n > 2 ? WIRE_FRAME_MAX - 100 : sizeof big);
		r = relay_link_send(relay_link(c), frames, n);
		while (r == 0 || r == ROWAN_E_AGAIN) {
			struct pollfd p = {relay_link_fd(relay_link(c)),
				POLLIN | POLLOUT, 0};
			int sent = relay_link_flush(relay_link(c));

			r = relay_link_recv(relay_link(c), &f);
			if (sent == ROWAN_E_IO)
				r = ROWAN_E_IO;
			if (sent == 0 && r == ROWAN_E_AGAIN)
				break;
			poll(&p, 1, 50);
		}
		if (r == ROWAN_E_AGAIN)
			continue;
		relay_close(c);
		c = member(t, SEED_SENDER, 3);
	}
}

/* Its mailbox fills, it has credit for all of it, and it never reads. */
static void slow_reader(const struct target *t)
{
	static uint8_t body[1024];
	static struct wire_submit s;
	static struct wire_submit_answer a;
	struct relay_client *reader = member(t, SEED_MAILBOX, 1);
	struct relay_client *writer = member(t, SEED_SENDER, 1);
	struct wire_hello_answer hello;
	uint64_t counter = 0;

	if (relay_hello(writer, &hello) == 0)
		counter = hello.counter;
	(void)!relay_subscribe(reader, 0, WIRE_CREDIT_MAX, NULL);
	for (;;) {
		int r;

		for (s.count = 0; s.count < 32; s.count++) {
			counter++;
			s.items[s.count] = (struct wire_submit_item){
				.channel = seed_channel(1, 1),
				.counter = counter,
				.envelope = bytes_of(body, sizeof body)};
		}
		r = relay_submit(writer, &s, &a);
		if (r || a.results[0].code) {
			counter -= 32;
			usleep(20000);
		}
		if (r == ROWAN_E_IO) {
			relay_close(writer);
			writer = member(t, SEED_SENDER, 1);
		}
	}
}

/* A known device that asks as fast as it can and never reads answers. */
static void deaf(const struct target *t)
{
	struct relay_client *c = member(t, SEED_SENDER, 2);

	for (;;) {
		struct wire_header h = {WIRE_VERSION_HIGH, WIRE_OP_PING, 1};
		uint8_t head[WIRE_HEADER_LEN];
		struct bytes frames[2] = {bytes_of(head, sizeof head)};
		int r;

		wire_header_encode(&h, head);
		for (int i = 0; i < 64; i++)
			if (relay_link_send(relay_link(c), frames, 2))
				break;
		while ((r = relay_link_flush(relay_link(c))) == ROWAN_E_AGAIN)
			usleep(1000);
		if (r == 0)
			continue;
		relay_close(c);
		c = member(t, SEED_SENDER, 2);
	}
}

/* Ask for the whole mailbox, again and again, from ${c} that never reads. */
static int gulp(struct relay_client *c)
{
	static const struct wire_fetch f = {.after = 0, .max = WIRE_FETCH_MAX};
	struct wire_header h = {WIRE_VERSION_HIGH, WIRE_OP_FETCH, 1};
	uint8_t head[WIRE_HEADER_LEN], mem[32];
	struct bytes frames[2] = {bytes_of(head, sizeof head)};
	struct writer w;

	wire_header_encode(&h, head);
	writer_init_fixed(&w, mem, sizeof mem);
	if (wire_fetch_encode(&f, &w))
		return ROWAN_E_INTERNAL;
	frames[1] = writer_view(&w);
	if (relay_link_send(relay_link(c), frames, 2) == ROWAN_E_IO)
		return ROWAN_E_IO;
	return relay_link_flush(relay_link(c));
}

/* A known device with a full mailbox asks for it on all its connections. */
static void glutton(const struct target *t)
{
	static uint8_t body[60 * 1024];
	static struct wire_submit s = {.count = 1};
	static struct wire_submit_answer a;
	struct relay_client *writer = member(t, SEED_SENDER, 2);
	struct relay_client *c[GULPS] = {NULL};
	struct wire_hello_answer hello;

	if (relay_hello(writer, &hello))
		return;
	for (int i = 0; i < 16; i++) {
		s.items[0] =
			(struct wire_submit_item){.channel = seed_channel(2, 2),
				.counter = ++hello.counter,
				.envelope = bytes_of(body, sizeof body)};
		(void)!relay_submit(writer, &s, &a);
	}
	for (int i = 0; i < GULPS; i++)
		c[i] = member(t, SEED_MAILBOX, 2);
	for (;;) {
		for (int i = 0; i < GULPS; i++) {
			if (gulp(c[i]) != ROWAN_E_IO)
				continue;
			relay_close(c[i]);
			c[i] = member(t, SEED_MAILBOX, 2);
		}
		usleep(2000);
	}
}

/* Handshake of sender ${index} on ${fd}, asking for a routing id. */
static struct zmtp *shake(
	const struct target *t, uint32_t index, struct bytes name, int *ret_fd)
{
	struct zmtp_keys keys;
	struct seed_device d;
	struct seed_server s;
	struct zmtp *z;
	int fd = dial(t);

	seed_device(SEED_SENDER, index, &d);
	seed_server(0, &s);
	memcpy(keys.public, d.public, 32);
	memcpy(keys.secret, d.secret, 32);
	memcpy(keys.server, s.public, 32);
	z = zmtp_new(&keys);
	*ret_fd = fd;
	if (z == NULL)
		return NULL;
	zmtp_name(z, name);
	for (int k = 0; k < 50 && !zmtp_ready(z); k++) {
		struct pollfd p = {fd, POLLIN, 0};
		struct bytes out = zmtp_out(z);
		uint8_t b[4096];
		ssize_t n;

		say(fd, out.data, out.len);
		zmtp_sent(z, out.len);
		n = poll(&p, 1, 20) > 0 ? recv(fd, b, sizeof b, 0) : -1;
		if (n == 0 ||
			(n > 0 && zmtp_feed(z, bytes_of(b, (size_t)n)) != 0))
			break;
	}
	return z;
}

/* Write what waits, for as long as the other side takes it. */
static bool pour(struct zmtp *z, int fd)
{
	struct bytes out = zmtp_out(z);
	ssize_t n = send(fd, out.data, out.len, MSG_NOSIGNAL);

	if (n > 0)
		zmtp_sent(z, (size_t)n);
	return n > 0;
}

static void hang_up(struct zmtp *z, int fd)
{
	zmtp_free(z);
	close(fd);
}

/* Messages of empty frames that never end: little on the wire, more inside. */
static void endless(const struct target *t)
{
	for (;;) {
		struct bytes none = bytes_of("", 0);
		int fd;
		struct zmtp *z = shake(t, 1, none, &fd);
		bool on = z != NULL && zmtp_ready(z);

		while (on) {
			for (int i = 0; on && i < 1000; i++)
				on = zmtp_send(z, none, true) == 0;
			on = on && pour(z, fd);
		}
		hang_up(z, fd);
		usleep(10000);
	}
}

/*
 * Several at once under one routing id, of the form the daemon makes itself;
 * what they say next may be taken for another.
 */
static void namesakes(const struct target *t)
{
	static const char *const names[] = {"\0aaaa", "\0aaaa", "\0\0\0\0\1",
		"\0\377\377\377\377", "aaaaa", "\0"};
	const int n = (int)(sizeof names / sizeof names[0]);

	for (;;) {
		struct zmtp *z[6];
		int fd[6];

		for (int i = 0; i < n; i++)
			z[i] = shake(t, (uint32_t)(1 + i % 3),
				bytes_of(names[i], i + 1 < n ? 5 : 1), &fd[i]);
		for (int i = 0; i < n; i++) {
			struct wire_header h = {
				WIRE_VERSION_HIGH, WIRE_OP_PING, 1};
			uint8_t head[WIRE_HEADER_LEN];

			wire_header_encode(&h, head);
			for (int k = 0; z[i] && zmtp_ready(z[i]) && k < 20;
				k++) {
				if (zmtp_send(z[i],
					    bytes_of(names[k % n], k % 6),
					    true) ||
					zmtp_send(z[i],
						bytes_of(head, sizeof head),
						true) ||
					zmtp_send(z[i], bytes_of("", 0), false))
					break;
			}
			if (z[i])
				(void)pour(z[i], fd[i]);
		}
		usleep(20000);
		for (int i = 0; i < n; i++)
			hang_up(z[i], fd[i]);
	}
}

/* One key on many connections at once, each half closed after a question. */
static void half_closed(const struct target *t)
{
	enum { MANY = 100 };
	static struct zmtp *z[MANY];
	static int fd[MANY];

	for (;;) {
		for (int i = 0; i < MANY; i++) {
			struct wire_header h = {
				WIRE_VERSION_HIGH, WIRE_OP_PING, 1};
			uint8_t head[WIRE_HEADER_LEN];

			z[i] = shake(t, 3, bytes_of("", 0), &fd[i]);
			if (z[i] == NULL || !zmtp_ready(z[i]))
				continue;
			wire_header_encode(&h, head);
			if (zmtp_send(z[i], bytes_of(head, sizeof head),
				    true) == 0 &&
				zmtp_send(z[i], bytes_of("", 0), false) == 0)
				(void)pour(z[i], fd[i]);
			shutdown(fd[i], SHUT_WR);
		}
		for (int i = 0; i < MANY; i++)
			hang_up(z[i], fd[i]);
	}
}

const struct abuse *abuse_at(int i)
{
	static const struct abuse abuses[] = {
		{"silent crowd", silent, false},
		{"half handshakes", half_handshake, true},
		{"false hellos", false_hello, false},
		{"wrong mechanisms", wrong_mechanism, false},
		{"giant frames", giant_frame, false},
		{"strangers", stranger, false},
		{"churn", churn, false},
		{"babble", babble, false},
		{"oversize", oversize, true},
		{"slow reader", slow_reader, true},
		{"deaf asker", deaf, true},
		{"glutton", glutton, true},
		{"endless", endless, true},
		{"namesakes", namesakes, false},
		{"half closed", half_closed, false},
	};

	return i >= 0 && (size_t)i < sizeof abuses / sizeof abuses[0]
		       ? &abuses[i]
		       : NULL;
}
