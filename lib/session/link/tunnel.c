/*
 * Through a SOCKS5 proxy: see tunnel.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <sodium.h>

#include "base/writer.h"
#include "session/link/tunnel.h"

#define VERSION	 5
#define NO_AUTH	 0
#define CONNECT	 1
#define IS_IPV4	 1
#define IS_NAME	 3
#define IS_IPV6	 4
#define HOST_MAX 255
#define HEAD_MAX (7 + HOST_MAX)
#define BUFFER	 (64 * 1024) /* bytes, each way */
#define TURNS	 16	     /* buffers moved in one step */
#define RANDOM	 16

enum stage { CONNECTING, GREETED, ASKED, OPEN, LOST };

/* Bytes on their way from one side to the other. */
struct lane {
	uint8_t b[BUFFER];
	size_t begin, end;
	bool closed; /* nothing more comes */
};

struct tunnel {
	enum stage stage;
	struct wake *wake;
	int listener, inner, outer;
	char local[TUNNEL_LOCAL_MAX];
	uint8_t request[HEAD_MAX];
	size_t request_len;
	struct lane up, down; /* to the proxy; from it */
};

/* ---- addresses ----------------------------------------------------------- */

struct place {
	struct sockaddr_storage at;
	socklen_t len;
};

/* "host:port" in two; a host in brackets without them. */
static bool split(const char *from, char host[HOST_MAX + 1], uint16_t *port)
{
	const char *colon = strrchr(from, ':');
	size_t len = colon == NULL ? 0 : (size_t)(colon - from);
	unsigned n = 0;

	if (len == 0 || len > HOST_MAX)
		return false;
	for (const char *c = colon + 1; *c != '\0'; c++) {
		if (*c < '0' || *c > '9' || n > 6553)
			return false;
		n = 10 * n + (unsigned)(*c - '0');
	}
	if (from[0] == '[' && from[len - 1] == ']' && len > 2) {
		from++;
		len -= 2;
	}
	memcpy(host, from, len);
	host[len] = '\0';
	*port = (uint16_t)n;
	return n > 0 && n <= 65535;
}

static bool proxy_place(const char *from, struct place *ret)
{
	char host[HOST_MAX + 1];
	struct sockaddr_in *v4 = (struct sockaddr_in *)&ret->at;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&ret->at;
	uint16_t port;

	memset(ret, 0, sizeof *ret);
	if (!split(from, host, &port))
		return false;
	if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		ret->len = sizeof *v6;
		return true;
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons(port);
	ret->len = sizeof *v4;
	return inet_pton(AF_INET,
		       strcmp(host, "localhost") == 0 ? "127.0.0.1" : host,
		       &v4->sin_addr) == 1;
}

bool tunnel_is_proxy(const char *place)
{
	struct place p;

	return proxy_place(place, &p);
}

/* CONNECT to the endpoint. */
static bool make_request(struct tunnel *t, const char *endpoint)
{
	char host[HOST_MAX + 1];
	uint8_t address[16];
	struct writer w;
	uint16_t port;

	if (strncmp(endpoint, "tcp://", 6) != 0 ||
		!split(endpoint + 6, host, &port))
		return false;
	writer_init_fixed(&w, t->request, sizeof t->request);
	writer_u8(&w, VERSION);
	writer_u8(&w, CONNECT);
	writer_u8(&w, 0);
	if (inet_pton(AF_INET, host, address) == 1) {
		writer_u8(&w, IS_IPV4);
		writer_raw(&w, address, 4);
	} else if (inet_pton(AF_INET6, host, address) == 1) {
		writer_u8(&w, IS_IPV6);
		writer_raw(&w, address, 16);
	} else {
		writer_u8(&w, IS_NAME);
		writer_u8(&w, (uint8_t)strlen(host));
		writer_raw(&w, host, strlen(host));
	}
	writer_u16(&w, port);
	t->request_len = w.len;
	return writer_status(&w) == 0;
}

/* ---- beginning and end --------------------------------------------------- */

/* A name that nobody else can guess, in no folder. */
static bool listen_here(struct tunnel *t)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	uint8_t random[RANDOM];
	char hex[2 * RANDOM + 1];
	int len;

	randombytes_buf(random, sizeof random);
	sodium_bin2hex(hex, sizeof hex, random, sizeof random);
	snprintf(t->local, sizeof t->local, "ipc://@rowan-%s", hex);
	len = snprintf(
		at.sun_path + 1, sizeof at.sun_path - 1, "rowan-%s", hex);
	t->listener =
		socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return t->listener >= 0 &&
	       bind(t->listener, (struct sockaddr *)&at,
		       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				   (size_t)len)) == 0 &&
	       listen(t->listener, 1) == 0 &&
	       (t->wake == NULL || wake_watch(t->wake, t->listener) == 0);
}

static bool reach_proxy(struct tunnel *t, const struct place *p)
{
	int on = 1;

	t->outer = socket(
		p->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (t->outer < 0)
		return false;
	(void)setsockopt(t->outer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(t->outer, (const struct sockaddr *)&p->at, p->len) != 0 &&
		errno != EINPROGRESS)
		t->stage = LOST;
	return t->wake == NULL ||
	       (wake_watch(t->wake, t->outer) == 0 &&
		       wake_want(t->wake, t->outer, true, true) == 0);
}

int tunnel_new(struct tunnel **ret, const char *proxy, const char *endpoint,
	struct wake *wake)
{
	struct place p;
	struct tunnel *t;

	*ret = NULL;
	if (!proxy_place(proxy, &p))
		return ROWAN_E_INVAL;
	t = calloc(1, sizeof *t);
	if (t == NULL)
		return ROWAN_E_NOMEM;
	t->listener = t->inner = t->outer = -1;
	t->wake = wake;
	if (!make_request(t, endpoint)) {
		tunnel_free(t);
		return ROWAN_E_INVAL;
	}
	if (!listen_here(t) || !reach_proxy(t, &p)) {
		tunnel_free(t);
		return ROWAN_E_IO;
	}
	*ret = t;
	return 0;
}

static void shut(struct tunnel *t, int *fd)
{
	if (*fd < 0)
		return;
	if (t->wake != NULL)
		wake_unwatch(t->wake, *fd);
	close(*fd);
	*fd = -1;
}

void tunnel_free(struct tunnel *t)
{
	if (t == NULL)
		return;
	shut(t, &t->listener);
	shut(t, &t->inner);
	shut(t, &t->outer);
	free(t);
}

const char *tunnel_local(const struct tunnel *t)
{
	return t->local;
}

/* ---- bytes --------------------------------------------------------------- */

/* Also what a process of ours at the other end would say. */
static bool is_ours(int fd)
{
	struct ucred who;
	socklen_t len = sizeof who;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
	       who.pid == getpid();
}

static void take_inner(struct tunnel *t)
{
	int fd;

	if (t->listener < 0)
		return;
	fd = accept4(t->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	if (!is_ours(fd)) {
		close(fd);
		return;
	}
	t->inner = fd;
	shut(t, &t->listener);
	if (t->wake != NULL && wake_watch(t->wake, fd) != 0)
		t->stage = LOST;
}

static bool would_wait(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* As much as there is room for; true when something came. */
static bool fill(struct lane *l, int fd)
{
	ssize_t n;

	if (l->begin == l->end)
		l->begin = l->end = 0;
	if (fd < 0 || l->closed || l->end == BUFFER)
		return false;
	n = recv(fd, l->b + l->end, BUFFER - l->end, 0);
	if (n > 0)
		l->end += (size_t)n;
	else if (n == 0 || !would_wait())
		l->closed = true;
	return n > 0;
}

/* False when ${fd} takes nothing any more. */
static bool drain(struct lane *l, int fd, bool *moved)
{
	ssize_t n;

	if (fd < 0 || l->begin == l->end)
		return true;
	n = send(fd, l->b + l->begin, l->end - l->begin, MSG_NOSIGNAL);
	if (n < 0)
		return would_wait();
	l->begin += (size_t)n;
	*moved = true;
	return true;
}

static size_t held(const struct lane *l)
{
	return l->end - l->begin;
}

static void carry(struct tunnel *t)
{
	bool moved = true;

	for (int i = 0; i < TURNS && moved; i++) {
		moved = fill(&t->up, t->inner);
		moved = fill(&t->down, t->outer) || moved;
		if (!drain(&t->up, t->outer, &moved) ||
			!drain(&t->down, t->inner, &moved)) {
			t->stage = LOST;
			return;
		}
	}
	/* What came before the end is still handed on. */
	if ((t->up.closed && held(&t->up) == 0) ||
		(t->down.closed && held(&t->down) == 0))
		t->stage = LOST;
}

/* ---- asking the proxy ---------------------------------------------------- */

static void say(struct tunnel *t, const uint8_t *b, size_t len)
{
	/* A few bytes into a socket that has taken next to none. */
	if (send(t->outer, b, len, MSG_NOSIGNAL) != (ssize_t)len)
		t->stage = LOST;
}

static void connected(struct tunnel *t)
{
	static const uint8_t greeting[] = {VERSION, 1, NO_AUTH};
	int error = 0;
	socklen_t len = sizeof error;
	struct sockaddr_storage peer;
	socklen_t peer_len = sizeof peer;

	if (getsockopt(t->outer, SOL_SOCKET, SO_ERROR, &error, &len) != 0 ||
		error != 0) {
		t->stage = LOST;
		return;
	}
	/* Not yet. */
	if (getpeername(t->outer, (struct sockaddr *)&peer, &peer_len) != 0)
		return;
	t->stage = GREETED;
	say(t, greeting, sizeof greeting);
}

/* The next ${len} bytes of an answer are there. */
static const uint8_t *look(struct tunnel *t, size_t len)
{
	if (held(&t->down) >= len)
		return t->down.b + t->down.begin;
	(void)fill(&t->down, t->outer);
	if (held(&t->down) >= len)
		return t->down.b + t->down.begin;
	if (t->down.closed)
		t->stage = LOST;
	return NULL;
}

static void greeted(struct tunnel *t)
{
	const uint8_t *b = look(t, 2);

	if (b == NULL)
		return;
	if (b[0] != VERSION || b[1] != NO_AUTH) {
		t->stage = LOST;
		return;
	}
	t->down.begin += 2;
	t->stage = ASKED;
	say(t, t->request, t->request_len);
}

/* Version, result, nothing, and an address that says nothing to us. */
static void answered(struct tunnel *t)
{
	const uint8_t *b = look(t, 5);
	size_t len;

	if (b == NULL)
		return;
	len = b[3] == IS_IPV4	? 10
	      : b[3] == IS_IPV6 ? 22
	      : b[3] == IS_NAME ? 7 + (size_t)b[4]
				: 0;
	if (b[0] != VERSION || b[1] != 0 || len == 0) {
		t->stage = LOST;
		return;
	}
	if (look(t, len) == NULL)
		return;
	t->down.begin += len;
	t->stage = OPEN;
}

/* ---- a step -------------------------------------------------------------- */

/* What is full is not read, what is empty not written. */
static bool want(struct tunnel *t)
{
	bool open = t->stage == OPEN;

	if (t->wake == NULL)
		return true;
	if (t->inner >= 0 &&
		wake_want(t->wake, t->inner,
			open && t->up.end < BUFFER && !t->up.closed,
			open && held(&t->down) > 0) != 0)
		return false;
	return wake_want(t->wake, t->outer,
		       t->down.end < BUFFER && !t->down.closed,
		       t->stage == CONNECTING || (open && held(&t->up) > 0)) ==
	       0;
}

bool tunnel_step(struct tunnel *t)
{
	if (t->stage != LOST)
		take_inner(t);
	if (t->stage == CONNECTING)
		connected(t);
	if (t->stage == GREETED)
		greeted(t);
	if (t->stage == ASKED)
		answered(t);
	if (t->stage == OPEN)
		carry(t);
	if (t->stage != LOST && !want(t))
		t->stage = LOST;
	return t->stage != LOST;
}
