/*
 * Large answers and pushes wait for nobody who does not read: a few for a
 * device at a time, none while too much is unread; whoever reads again is
 * served again, from where it was.
 */
#include <time.h>

#include <sys/socket.h>

#include "net/inside.h"

#define LETTERS	  8
#define LETTER	  (60 * 1024)
#define MORE	  160 /* 9 MiB */
#define TRIES	  60  /* 28 MiB of answers */
#define AT_A_TIME 16  /* LARGE_MAX in receive.c */

static struct inside in;
static struct server_counters seen;

static void look(void *cookie)
{
	(void)cookie;
	server_counters(in.server, &seen);
}

static void ask(struct relay_client *c)
{
	static const struct wire_fetch f = {.max = WIRE_FETCH_MAX};
	struct relay_request r = {.op = WIRE_OP_FETCH};
	uint8_t mem[32];
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	KIT_CHECK(wire_fetch_encode(&f, &w) == 0);
	r.body = &w;
	KIT_CHECK(relay_send(c, &r, NULL) == 0);
}

/* The next message of ${c}: true for an answer, false when told to wait. */
static bool is_answer(struct relay_client *c)
{
	struct wire_message m;
	struct wire_error e;

	KIT_CHECK(relay_next(c, RELAY_PATIENCE_MS, &m) == 0);
	if (m.header.op == (WIRE_OP_FETCH | WIRE_ANSWER)) {
		KIT_CHECK(m.frame_count == LETTERS);
		return true;
	}
	KIT_CHECK(m.header.op == WIRE_OP_ERROR);
	KIT_CHECK(wire_error_decode(&m, &e) == 0);
	KIT_CHECK(e.code == WIRE_QUOTA && e.retry_ms > 0);
	return false;
}

/* One that does not read: as much is answered as may wait, and no more. */
static void unread(struct relay_client *c)
{
	static const struct timespec moment = {.tv_nsec = 2000000};
	uint64_t answers, refused;
	size_t n = 0;

	KIT_CHECK(server_here(in.server, look, NULL) == 0);
	answers = seen.answers;
	refused = seen.over_rate;
	while (seen.over_rate == refused) {
		uint64_t before = seen.answers + seen.over_rate;

		KIT_CHECK(n++ < TRIES);
		ask(c);
		for (int i = 0; seen.answers + seen.over_rate == before; i++) {
			KIT_CHECK(i < RELAY_PATIENCE_MS / 2);
			nanosleep(&moment, NULL);
			KIT_CHECK(server_here(in.server, look, NULL) == 0);
		}
	}
	n = seen.answers - answers;
	KIT_CHECK(n * LETTERS * LETTER > 4 << 20);
	for (size_t i = 0; i < n; i++)
		KIT_CHECK(is_answer(c));
	KIT_CHECK(!is_answer(c));
	ask(c);
	KIT_CHECK(is_answer(c));
}

/* Credit for all of it, in fewer messages than libzmq's mark would hold. */
static void pushed(struct relay_client *sender, struct relay_client *c)
{
	static struct wire_push p;
	uint64_t last = LETTERS;

	KIT_CHECK(relay_subscribe(c, LETTERS, MORE, NULL) == 0);
	for (uint64_t i = 1; i <= MORE; i++)
		KIT_CHECK(kit_submit(sender, seed_channel(0, 0), LETTERS + i, 1,
				  LETTER)
				  .code == WIRE_OK);
	KIT_CHECK(server_here(in.server, look, NULL) == 0);
	KIT_CHECK(seen.unsent_pushes > 0);
	while (last < LETTERS + MORE) {
		KIT_CHECK(relay_push(c, RELAY_PATIENCE_MS, &p) == 0);
		for (size_t i = 0; i < p.count; i++)
			KIT_CHECK(p.items[i].sequence == ++last);
	}
	kit_no_push(c, 100);
}

static struct relay_client *little(uint32_t mailbox)
{
	struct relay_client *c = kit_hello(SEED_MAILBOX, mailbox);
	int small = 32 * 1024;

	/* What its kernel takes in has left. */
	KIT_CHECK(setsockopt(relay_link_fd(relay_link(c)), SOL_SOCKET,
			  SO_RCVBUF, &small, sizeof small) == 0);
	return c;
}

/* Until so many connections are left. */
static void left(uint64_t n)
{
	static const struct timespec moment = {.tv_nsec = 2000000};

	for (int i = 0;; i++) {
		KIT_CHECK(server_here(in.server, look, NULL) == 0);
		if (seen.connections[ZAP_MAIN] == n)
			return;
		KIT_CHECK(i < RELAY_PATIENCE_MS / 2);
		nanosleep(&moment, NULL);
	}
}

/*
 * Two that do not read, of whom one goes, and one that had read all goes too:
 * the other is served when it reads, from where it was.
 */
static void one_leaves(struct relay_client *sender, struct relay_client *c)
{
	struct relay_client *other = little(1), *idle;
	uint64_t last = LETTERS + MORE, n = last, have;
	static struct wire_push p;

	KIT_CHECK(relay_subscribe(c, last, MORE, NULL) == 0);
	KIT_CHECK(relay_subscribe(other, 0, MORE, NULL) == 0);
	for (int to = 1; to >= 0; to--) {
		KIT_CHECK(server_here(in.server, look, NULL) == 0);
		have = seen.unsent_pushes;
		for (int i = 0; i < MORE; i++)
			KIT_CHECK(kit_submit(sender, seed_channel(0, to), ++n,
					  1, LETTER)
					  .code == WIRE_OK);
		KIT_CHECK(server_here(in.server, look, NULL) == 0);
		KIT_CHECK(seen.unsent_pushes > have);
	}
	idle = kit_hello(SEED_MAILBOX, 1);
	KIT_CHECK(server_here(in.server, look, NULL) == 0);
	have = seen.connections[ZAP_MAIN];
	relay_close(other);
	left(have - 1);
	relay_close(idle);
	left(have - 2);
	while (last < LETTERS + 2 * MORE) {
		KIT_CHECK(relay_push(c, RELAY_PATIENCE_MS, &p) == 0);
		for (size_t i = 0; i < p.count; i++)
			KIT_CHECK(p.items[i].sequence == ++last);
	}
}

/* One that asks for many at once, on two connections. */
static void at_once(struct relay_client *c, struct relay_client *second)
{
	inside_hold(&in);
	for (int i = 0; i < AT_A_TIME; i++)
		ask(c);
	KIT_CHECK(server_here(in.server, look, NULL) == 0);
	for (int i = 0; i < 3; i++)
		ask(c);
	for (int i = 0; i < 3; i++)
		KIT_CHECK(!is_answer(c));
	ask(second);
	KIT_CHECK(!is_answer(second));
	KIT_CHECK(inside_release(&in) == 0);
	for (int i = 0; i < AT_A_TIME; i++)
		KIT_CHECK(is_answer(c));
	ask(second);
	KIT_CHECK(is_answer(second));
}

int main(void)
{
	struct relay_client *sender, *reader, *second;

	inside_prepare(&in);
	inside_run(&in);
	sender = kit_hello(SEED_SENDER, 0);
	reader = little(0);
	second = kit_hello(SEED_MAILBOX, 0);
	for (uint64_t i = 1; i <= LETTERS; i++)
		KIT_CHECK(kit_submit(sender, seed_channel(0, 0), i, 1, LETTER)
				  .code == WIRE_OK);
	at_once(reader, second);
	unread(reader);
	pushed(sender, reader);
	one_leaves(sender, reader);
	inside_stop(&in);
	relay_close(sender);
	relay_close(reader);
	relay_close(second);
	return inside_end(&in);
}
