/*
 * A transaction that fails is as if it had never been: all that was asked in
 * it may be asked again, nothing of it is handed to anybody, and what it used
 * up of a limit is given back.
 */
#include <pthread.h>
#include <time.h>

#include "net/inside.h"
#include "wire/envelope.h"
#include "wire/key.h"
#include "wire/op.h"

#define CLAIMS 3 /* an hour */

static struct inside in;
static struct server_state now;

/* As when the disk does not take what was written. */
static int lose(void *cookie, struct ops *o)
{
	(void)cookie;
	o->lost = true;
	return 0;
}

static void *run_lose(void *none)
{
	(void)none;
	KIT_CHECK(server_job(in.server, lose, NULL) != 0);
	return NULL;
}

static void look(void *cookie)
{
	(void)cookie;
	server_state(in.server, &now);
}

static uint64_t claim_send(struct relay_client *c)
{
	struct relay_request r = {.op = WIRE_OP_KEY_CLAIM};
	struct wire_key_claim k = {.channel = seed_channel(0, 0), .count = 1};
	struct seed_device target;
	uint8_t mem[64];
	struct writer w;
	uint64_t id;

	seed_device(SEED_MAILBOX, 0, &target);
	k.devices[0] = target.id;
	writer_init_fixed(&w, mem, sizeof mem);
	KIT_CHECK(wire_key_claim_encode(&k, &w) == 0);
	r.body = &w;
	KIT_CHECK(relay_send(c, &r, &id) == 0);
	return id;
}

/* What became of the one claimed package: there is none. */
static uint16_t claim(struct relay_client *c)
{
	struct wire_key_claim_answer a;
	struct wire_message m;

	KIT_CHECK(relay_answer(c, claim_send(c), &m) == 0);
	KIT_CHECK(wire_key_claim_answer_decode(&m, &a) == 0);
	return a.results[0].error.code;
}

static void must_repeat(struct relay_client *c, uint64_t id)
{
	struct wire_message m;

	KIT_CHECK(relay_answer(c, id, &m) == ROWAN_E_AGAIN);
	KIT_CHECK(relay_error(c).code == WIRE_AGAIN);
	KIT_CHECK(relay_error(c).retry_ms > 0);
}

static uint64_t submit_send(struct relay_client *c)
{
	static const uint8_t envelope[1024];
	static struct wire_submit s = {.count = 1};
	uint64_t id;

	s.items[0] = (struct wire_submit_item){.channel = seed_channel(0, 0),
		.counter = 1,
		.envelope = bytes_of(envelope, sizeof envelope)};
	KIT_CHECK(relay_submit_send(c, &s, &id) == 0);
	return id;
}

int main(void)
{
	struct relay_client *sender, *reader;
	static struct wire_push p;
	pthread_t loser;
	uint64_t id[CLAIMS], submitted;

	inside_prepare(&in);
	/* All that waits is one batch. */
	in.config.batch_time = 600000;
	in.config.claims_of = CLAIMS;
	inside_run(&in);
	sender = kit_hello(SEED_SENDER, 0);
	reader = kit_hello(SEED_MAILBOX, 0);
	KIT_CHECK(relay_subscribe(reader, 0, 10, NULL) == 0);

	inside_hold(&in);
	submitted = submit_send(sender);
	for (int i = 0; i < CLAIMS; i++)
		id[i] = claim_send(sender);
	inside_until_waiting(&in, 1 + CLAIMS);
	KIT_CHECK(pthread_create(&loser, NULL, run_lose, NULL) == 0);
	inside_until_waiting(&in, 2 + CLAIMS);
	KIT_CHECK(inside_release(&in) != 0);
	KIT_CHECK(pthread_join(loser, NULL) == 0);

	must_repeat(sender, submitted);
	for (int i = 0; i < CLAIMS; i++)
		must_repeat(sender, id[i]);
	kit_no_push(reader, 300);
	KIT_CHECK(server_here(in.server, look, NULL) == 0);
	KIT_CHECK(now.failed_at != 0 && now.count.failed_commits == 1);

	for (int i = 0; i < CLAIMS; i++)
		KIT_CHECK(claim(sender) == WIRE_REFUSED);
	KIT_CHECK(claim(sender) == WIRE_QUOTA);
	KIT_CHECK(kit_submit(sender, seed_channel(0, 0), 1, 1, 1024).code ==
		  WIRE_OK);
	KIT_CHECK(relay_push(reader, RELAY_PATIENCE_MS, &p) == 0);
	KIT_CHECK(p.count == 1 && p.items[0].sequence == 1);
	inside_stop(&in);
	relay_close(sender);
	relay_close(reader);
	return inside_end(&in);
}
