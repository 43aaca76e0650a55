/* Nothing is sent to, or taken from, a connection that is being closed. */
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "net/inner.h"
#include "net/inside.h"
#include "ops/batch.h"
#include "wire/op.h"

#define IN_VAIN 3000 /* far more than a second may bring */

static struct inside in;
static struct seed_device device;
static sem_t held, go;
static size_t subscribed;

/* The connection of ${device}. */
static struct peer *its_peer(void)
{
	struct peers *p = &in.server->peers;

	for (uint32_t i = 0; i < p->cap; i++)
		if (p->at[i]->ref.generation != 0 && p->at[i]->device != NULL &&
			id16_eq(&p->at[i]->device->id, &device.id))
			return p->at[i];
	return NULL;
}

static void close_it(void *cookie)
{
	struct peer *peer = its_peer();

	(void)cookie;
	KIT_CHECK(peer != NULL && !peer->closing);
	peer->closing = true;
}

/* A revocation that comes back from the writer holds at once. */
static void revoke_it(void *cookie)
{
	struct batch b = {.revoked = &device.id, .revoked_count = 1};
	struct peer *peer = its_peer();

	(void)cookie;
	KIT_CHECK(peer != NULL && !peer->closing);
	send_batch(in.server, &b);
	KIT_CHECK(peer->closing);
}

static void hold(void *cookie)
{
	(void)cookie;
	(void)sem_post(&held);
	while (sem_wait(&go) != 0)
		;
}

static int count_subscribed(void *cookie, struct ops *o)
{
	(void)cookie;
	subscribed = o->subs.count;
	return 0;
}

static void until_subscribed(size_t n)
{
	static const struct timespec moment = {.tv_nsec = 5000000};

	for (int i = 0;; i++) {
		KIT_CHECK(server_job(in.server, count_subscribed, NULL) == 0);
		if (subscribed == n)
			return;
		KIT_CHECK(i < RELAY_PATIENCE_MS / 5);
		nanosleep(&moment, NULL);
	}
}

/* What was pushed after it is not handed over; when it has gone all is over. */
static void no_pushes(struct relay_client *sender)
{
	struct relay_client *mailbox = kit_hello(SEED_MAILBOX, 0);

	seed_device(SEED_MAILBOX, 0, &device);
	KIT_CHECK(relay_subscribe(mailbox, 0, 10, NULL) == 0);
	KIT_CHECK(server_here(in.server, close_it, NULL) == 0);
	KIT_CHECK(kit_submit(sender, seed_channel(0, 0), 1, 1, 1024).code ==
		  WIRE_OK);
	kit_no_push(mailbox, 300);
	until_subscribed(1);
	relay_close(mailbox);
	until_subscribed(0);
}

static void revoked(void)
{
	struct relay_client *c = kit_hello(SEED_MAILBOX, 1);

	seed_device(SEED_MAILBOX, 1, &device);
	KIT_CHECK(server_here(in.server, revoke_it, NULL) == 0);
	kit_closed(c);
	relay_close(c);
}

/* Cut off for what it said in vain: what it says behind that is not heard. */
static void in_vain(struct relay_client *reader)
{
	static const struct timespec moment = {.tv_sec = 1};
	static const uint8_t envelope[1024];
	static struct wire_submit s = {.count = 1};
	struct bytes junk = bytes_of("no header", 9);
	struct relay_client *c = kit_hello(SEED_SENDER, 1);

	s.items[0] = (struct wire_submit_item){.channel = seed_channel(1, 1),
		.counter = 1,
		.envelope = bytes_of(envelope, sizeof envelope)};
	server_call(in.server);
	KIT_CHECK(sem_wait(&held) == 0);
	for (int i = 0; i < IN_VAIN; i++)
		KIT_CHECK(relay_link_send(relay_link(c), &junk, 1) == 0);
	KIT_CHECK(relay_submit_send(c, &s, NULL) == 0);
	while (relay_link_flush(relay_link(c)) == ROWAN_E_AGAIN)
		;
	/* libzmq's own thread reads all of it. */
	nanosleep(&moment, NULL);
	KIT_CHECK(sem_post(&go) == 0);
	kit_closed(c);
	kit_no_push(reader, 300);
	relay_close(c);
}

int main(void)
{
	struct relay_client *sender, *reader;

	KIT_CHECK(sem_init(&held, 0, 0) == 0 && sem_init(&go, 0, 0) == 0);
	inside_prepare(&in);
	in.options.called = hold;
	inside_run(&in);
	sender = kit_hello(SEED_SENDER, 0);
	no_pushes(sender);
	revoked();
	reader = kit_hello(SEED_MAILBOX, 1);
	KIT_CHECK(relay_subscribe(reader, 0, 10, NULL) == 0);
	in_vain(reader);
	inside_stop(&in);
	relay_close(sender);
	relay_close(reader);
	return inside_end(&in);
}
