/*
 * Pushes that a connection had no room for are told to the writer once, all of
 * them, and those of another subscription are another matter.
 */
#include <time.h>

#include "net/inner.h"
#include "net/inside.h"
#include "ops/batch.h"
#include "wire/op.h"

#define MUCH (8u << 20) /* more than may wait for one connection */

static struct inside in;
static struct peer *peer;

static struct server_counters counters(void)
{
	struct server_counters ret;

	server_counters(in.server, &ret);
	return ret;
}

static size_t places(void)
{
	size_t n = 0;

	for (struct inbound *i = in.server->free; i != NULL; i = i->next)
		n++;
	return n;
}

/* One push of ${count} envelopes for the subscription ${id}. */
static void push(uint16_t op, uint64_t id, size_t count, uint64_t after)
{
	static struct push_frame frames[8];
	struct push p = {.op = op,
		.to = peer->ref,
		.id = id,
		.version = WIRE_VERSION_HIGH,
		.after = after,
		.frame_count = count};
	struct batch b = {.pushes = &p,
		.push_count = 1,
		.frames = frames,
		.frame_count = count};

	send_batch(in.server, &b);
}

/* The writer has begun again, for so many of the subscription ${id}. */
static void told(uint64_t id, uint32_t credit)
{
	struct inbound *i = receive_slot(in.server);
	struct request *q = &i->r;
	struct batch b = {.requests = &q, .request_count = 1};

	q->kind = REQUEST_UNSENT;
	q->from = peer->ref;
	q->header.id = id;
	q->credit = credit;
	send_batch(in.server, &b);
}

static bool blocked(uint64_t id, uint32_t credit, uint64_t after)
{
	const struct unsent *u = &peer->unsent;

	return in.server->blocked == (credit > 0) && u->credit == credit &&
	       (credit == 0 || (u->id == id && u->after == after));
}

static void full(bool yes)
{
	peer->handed = peer->acked + (yes ? MUCH : 0);
}

/* The only connection there is. */
static void find(void)
{
	struct peers *p = &in.server->peers;

	for (uint32_t i = 0; i < p->cap; i++)
		if (p->at[i]->ref.generation != 0)
			peer = p->at[i];
	KIT_CHECK(p->count == 1 && peer != NULL);
}

static void gather(void *cookie)
{
	uint64_t sent;

	(void)cookie;
	find();
	full(true);
	/* A notice takes one, envelopes one each; the first says from where. */
	push(WIRE_OP_NOTICE, 101, 0, 7);
	KIT_CHECK(blocked(101, 1, 7));
	push(WIRE_OP_PUSH, 101, 3, 8);
	KIT_CHECK(blocked(101, 4, 7));
	/* Room again: what was decided later must not overtake it... */
	full(false);
	sent = counters().pushes;
	push(WIRE_OP_PUSH, 101, 1, 11);
	KIT_CHECK(blocked(101, 5, 7) && counters().pushes == sent);
	/* ...but for another subscription. */
	push(WIRE_OP_NOTICE, 102, 0, 0);
	KIT_CHECK(blocked(101, 5, 7) && counters().pushes == sent + 1);
	/* Which is then blocked by itself. */
	full(true);
	push(WIRE_OP_PUSH, 102, 2, 20);
	KIT_CHECK(blocked(102, 2, 20));
}

static void tell(void *cookie)
{
	size_t had;

	(void)cookie;
	/* Not before it has taken most of it; and once. */
	had = places();
	full(true);
	send_unsent(in.server);
	KIT_CHECK(!peer->unsent.told && places() == had);
	full(false);
	send_unsent(in.server);
	KIT_CHECK(peer->unsent.told && places() == had - 1);
	send_unsent(in.server);
	KIT_CHECK(places() == had - 1);

	/* The earlier subscription's answer is not this one's. */
	told(101, 5);
	KIT_CHECK(blocked(102, 2, 20) && peer->unsent.told);
	/* What was blocked since then is told again. */
	full(true);
	push(WIRE_OP_PUSH, 102, 1, 22);
	told(102, 2);
	KIT_CHECK(blocked(102, 1, 20) && !peer->unsent.told);
	told(102, 1);
	KIT_CHECK(blocked(102, 0, 0));
	/* The writer's own answer is about nothing here. */
	peer->unsent = (struct unsent){.credit = 0};
	full(false);
}

/* Who goes has nothing left to be told. */
static void block(void *cookie)
{
	(void)cookie;
	full(true);
	push(WIRE_OP_PUSH, 103, 1, 30);
	KIT_CHECK(blocked(103, 1, 30));
}

static void is_over(void *cookie)
{
	*(bool *)cookie =
		in.server->peers.count == 0 && in.server->blocked == 0;
}

int main(void)
{
	static const struct timespec moment = {.tv_nsec = 5000000};
	struct relay_client *c;
	bool over = false;

	inside_prepare(&in);
	inside_run(&in);
	c = kit_hello(SEED_MAILBOX, 0);
	KIT_CHECK(server_here(in.server, gather, NULL) == 0);
	KIT_CHECK(server_here(in.server, tell, NULL) == 0);
	KIT_CHECK(server_here(in.server, block, NULL) == 0);
	relay_close(c);
	for (int i = 0; !over; i++) {
		KIT_CHECK(i < RELAY_PATIENCE_MS / 5);
		nanosleep(&moment, NULL);
		KIT_CHECK(server_here(in.server, is_over, &over) == 0);
	}
	inside_stop(&in);
	return inside_end(&in);
}
