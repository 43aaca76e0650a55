/*
 * A revocation in the middle of one batch: what the revoked device said before
 * counts, what it says after does not, and nothing that waits is handed to it.
 */
#include <pthread.h>
#include <time.h>

#include "net/inside.h"
#include "wire/envelope.h"
#include "wire/op.h"

static struct inside in;

static int revoke(void *cookie, struct ops *o)
{
	const struct seed_device *d = cookie;
	int rc = store_device_revoke(o->store, &d->id);

	return rc == 0 ? ops_revoked(o, &d->id) : rc;
}

static void *run_revoke(void *device)
{
	KIT_CHECK(server_job(in.server, revoke, device) == 0);
	return NULL;
}

static void submit(struct relay_client *c, uint64_t counter)
{
	static const uint8_t envelope[1024];
	static struct wire_submit s = {.count = 1};

	s.items[0] = (struct wire_submit_item){.channel = seed_channel(0, 1),
		.counter = counter,
		.envelope = bytes_of(envelope, sizeof envelope)};
	KIT_CHECK(relay_submit_send(c, &s, NULL) == 0);
}

static void subscribe(struct relay_client *c)
{
	struct wire_subscribe s = {.after = 0, .credit = 10};
	struct relay_request r = {.op = WIRE_OP_SUBSCRIBE};
	static uint8_t mem[64];
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	KIT_CHECK(wire_subscribe_encode(&s, &w) == 0);
	r.body = &w;
	KIT_CHECK(relay_send(c, &r, NULL) == 0);
}

int main(void)
{
	struct relay_client *sender, *gone, *other;
	struct seed_device revoked[2];
	pthread_t thread[2];
	static struct wire_push p;

	seed_device(SEED_SENDER, 0, &revoked[0]);
	seed_device(SEED_MAILBOX, 0, &revoked[1]);
	inside_prepare(&in);
	/* All that waits is one batch. */
	in.config.batch_time = 600000;
	inside_run(&in);
	sender = kit_hello(SEED_SENDER, 0);
	gone = kit_hello(SEED_MAILBOX, 0);
	other = kit_hello(SEED_MAILBOX, 1);
	KIT_CHECK(relay_subscribe(other, 0, 10, NULL) == 0);
	KIT_CHECK(kit_submit(sender, seed_channel(0, 0), 1, 1, 1024).code ==
		  WIRE_OK);

	inside_hold(&in);
	subscribe(gone);
	inside_until_waiting(&in, 1);
	submit(sender, 2);
	inside_until_waiting(&in, 2);
	for (int i = 0; i < 2; i++) {
		KIT_CHECK(pthread_create(&thread[i], NULL, run_revoke,
				  &revoked[i]) == 0);
		inside_until_waiting(&in, 3 + (uint64_t)i);
	}
	submit(sender, 3);
	inside_until_waiting(&in, 5);
	KIT_CHECK(inside_release(&in) == 0);
	for (int i = 0; i < 2; i++)
		KIT_CHECK(pthread_join(thread[i], NULL) == 0);

	KIT_CHECK(relay_push(other, RELAY_PATIENCE_MS, &p) == 0);
	KIT_CHECK(p.count == 1);
	kit_no_push(other, 300);
	while (relay_push(gone, RELAY_PATIENCE_MS, &p) == 0)
		KIT_CHECK(!"handed to a revoked device");
	kit_closed(sender);
	inside_stop(&in);
	relay_close(sender);
	relay_close(gone);
	relay_close(other);
	return inside_end(&in);
}
