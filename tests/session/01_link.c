/*
 * A link to the running relay comes up, says so, sleeps without spinning,
 * survives a restart, and speaks to nobody but the daemon it knows.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "net/kit.h"
#include "session/link/link.h"
#include "session/link/requests.h"
#include "wire/hello.h"

#define PATIENCE_MS 120000
#define PINGS	    1000

struct side {
	struct wake *wake;
	struct link *link;
	struct requests *q;
	unsigned answers, woken;
	bool greeting;
	uint64_t greeted; /* the last connection that was */
};

static uint64_t monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void pushed(void *ctx, const struct wire_message *m)
{
	kit_fail(__FILE__, __LINE__, "no push was asked for");
}

static void greeted(void *ctx, const struct requests_outcome *o)
{
	struct side *s = ctx;

	s->greeting = false;
	if (o->rc == 0)
		requests_version(s->q, 1);
}

static void ponged(void *ctx, const struct requests_outcome *o)
{
	struct side *s = ctx;

	KIT_CHECK(o->rc == 0);
	s->answers++;
}

static void start(struct side *s, uint16_t op, requests_done *done)
{
	const struct wire_hello hello = {{1, 1}};
	struct requests_new n = {.op = op, .done = done, .ctx = s};
	struct writer w;

	writer_init(&w, 64);
	if (op == WIRE_OP_HELLO)
		KIT_CHECK(wire_hello_encode(&hello, &w) == 0);
	n.body = writer_view(&w);
	KIT_CHECK(requests_start(s->q, &n) == 0);
	wake_set(s->wake, 0);
	writer_wipe(&w);
}

static void begin(struct side *s, const struct seed_device *who,
	const struct identity_server *servers, size_t count)
{
	struct link_options o = {.servers = servers, .server_count = count};
	struct key32 secret;

	memset(s, 0, sizeof *s);
	memcpy(secret.b, who->secret, sizeof secret.b);
	o.secret = &secret;
	KIT_CHECK(wake_new(&s->wake) == 0);
	o.wake = s->wake;
	KIT_CHECK(link_new(&s->link, &o) == 0);
	KIT_CHECK(requests_new(&s->q, link_transport(s->link), pushed, s) == 0);
	link_open(s->link);
	wake_set(s->wake, 0);
}

static void end(struct side *s)
{
	requests_free(s->q);
	link_free(s->link);
	wake_free(s->wake);
}

/* What an application does: wait for the one descriptor, then work. */
static enum transport_state turn(struct side *s, int ms)
{
	struct pollfd p = {.fd = wake_fd(s->wake), .events = POLLIN};
	enum transport_state state;

	if (poll(&p, 1, ms) == 1)
		s->woken++;
	state = requests_step(s->q, monotonic_ms());
	wake_set(s->wake, requests_wait(s->q, monotonic_ms()));
	return state;
}

/* Until there are so many answers, greeting where that is needed. */
static void until_answered(struct side *s, unsigned answers)
{
	uint64_t end = monotonic_ms() + PATIENCE_MS;
	const struct transport *t = link_transport(s->link);

	while (s->answers < answers) {
		if (turn(s, PATIENCE_MS) == TRANSPORT_UP &&
			t->connection(t->ctx) != s->greeted && !s->greeting) {
			s->greeted = t->connection(t->ctx);
			s->greeting = true;
			start(s, WIRE_OP_HELLO, greeted);
		}
		KIT_CHECK(monotonic_ms() < end);
	}
}

static enum transport_state settle(
	struct side *s, enum transport_state wanted, int ms)
{
	uint64_t end = monotonic_ms() + (uint64_t)ms;
	enum transport_state state;

	do
		state = turn(s, 100);
	while (state != wanted && monotonic_ms() < end);
	return state;
}

static struct identity_server server(int port, int key)
{
	struct identity_server s;
	struct seed_server k;

	memset(&s, 0, sizeof s);
	seed_server(key, &k);
	memcpy(s.key.b, k.public, sizeof s.key.b);
	snprintf(s.endpoint, sizeof s.endpoint, "tcp://127.0.0.1:%d", port);
	return s;
}

/* Each answer wakes; nothing else does. */
static void sleeps(struct side *s)
{
	uint64_t since;

	s->woken = 0;
	for (unsigned i = 1; i <= PINGS; i++) {
		start(s, WIRE_OP_PING, ponged);
		since = monotonic_ms();
		until_answered(s, s->answers + 1);
		KIT_CHECK(monotonic_ms() - since < PATIENCE_MS / 2);
	}
	/* Sending, an answer, and now and then one for nothing. */
	KIT_CHECK(s->woken < 4 * PINGS);
	s->woken = 0;
	for (int i = 0; i < 10; i++)
		(void)turn(s, 100);
	KIT_CHECK(s->woken < 5);
}

static void survives_restart(struct side *s)
{
	unsigned before = s->answers;

	rowand_kill(&kit_daemon, SIGKILL);
	KIT_CHECK(settle(s, TRANSPORT_TRYING, PATIENCE_MS) == TRANSPORT_TRYING);
	start(s, WIRE_OP_PING, ponged);
	kit_run();
	until_answered(s, before + 1);
}

int main(void)
{
	struct identity_server s[2];
	struct seed_device me, stranger;
	struct side x;

	kit_start(ROWAND_NO_LIMITS);
	seed_device(SEED_SENDER, 0, &me);
	seed_device(SEED_STRANGER, 0, &stranger);
	s[0] = server(kit_daemon.port, 0);
	begin(&x, &me, s, 1);
	start(&x, WIRE_OP_PING, ponged);
	until_answered(&x, 1);
	sleeps(&x);
	survives_restart(&x);
	end(&x);

	/* Whom the daemon does not know. */
	begin(&x, &stranger, s, 1);
	KIT_CHECK(settle(&x, TRANSPORT_REFUSED, PATIENCE_MS) ==
		  TRANSPORT_REFUSED);
	end(&x);

	/* A daemon that has not the key we know. */
	s[0] = server(kit_daemon.port, 2);
	begin(&x, &me, s, 1);
	KIT_CHECK(settle(&x, TRANSPORT_UP, 1500) == TRANSPORT_TRYING);
	end(&x);

	/* The first server is not there: the second is asked. */
	s[0] = server(kit_free_port(), 0);
	s[1] = server(kit_daemon.port, 0);
	begin(&x, &me, s, 2);
	start(&x, WIRE_OP_PING, ponged);
	until_answered(&x, 1);
	end(&x);
	return kit_end();
}
