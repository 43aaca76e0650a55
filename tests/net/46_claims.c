/*
 * A thousand claims in parallel on a hundred key packages: a hundred distinct
 * ones, then the one of last resort, flagged as such.
 */
#include <stdio.h>

#include "net/kit.h"
#include "wire/key.h"

#define CLAIMS	 1000
#define PACKAGES 100
#define SENDERS	 2
/* Connections: on each no more than may be unanswered (docs/protocol.md). */
#define CLAIMERS 10
#define EACH	 (CLAIMS / CLAIMERS)

static unsigned seen[PACKAGES + 1]; /* how often each was handed out */

static size_t name(char *ret, size_t size, unsigned i)
{
	return (size_t)snprintf(ret, size, "key package %u", i);
}

static void publish(struct relay_client *c, unsigned first, unsigned count)
{
	char text[WIRE_KEY_PACKAGES_MAX][32];
	struct wire_key_publish p = {.count = count};
	struct wire_key_stock stock;
	struct wire_message m;
	struct writer w;

	for (unsigned i = 0; i < count; i++) {
		p.packages[i].data = bytes_of(
			text[i], name(text[i], sizeof text[i], first + i));
		p.packages[i].flags =
			first + i == PACKAGES ? WIRE_KEY_LAST_RESORT : 0;
	}
	writer_init(&w, WIRE_FRAME_MAX);
	KIT_CHECK(wire_key_publish_encode(&p, &w) == 0);
	KIT_CHECK(relay_call(c,
			  &(struct relay_request){
				  .op = WIRE_OP_KEY_PUBLISH, .body = &w},
			  &m) == 0);
	KIT_CHECK(wire_key_stock_decode(&m, &stock) == 0);
	writer_wipe(&w);
}

static void count(const struct wire_key_claimed *got)
{
	bool last = (got->flags & WIRE_KEY_LAST_RESORT) != 0, found = false;
	char text[32];

	KIT_CHECK(got->error.code == WIRE_OK);
	for (unsigned i = 0; i <= PACKAGES && !found; i++) {
		found = bytes_eq(
			got->data, bytes_of(text, name(text, sizeof text, i)));
		seen[i] += found;
		KIT_CHECK(!found || last == (i == PACKAGES));
	}
	KIT_CHECK(found);
}

static void take_answers(struct relay_client *c)
{
	struct wire_key_claim_answer a;
	struct wire_message m;

	for (unsigned n = 0; n < EACH; n++) {
		KIT_CHECK(relay_next(c, RELAY_PATIENCE_MS, &m) == 0);
		KIT_CHECK(m.header.op == (WIRE_OP_KEY_CLAIM | WIRE_ANSWER));
		KIT_CHECK(wire_key_claim_answer_decode(&m, &a) == 0);
		KIT_CHECK(a.count == 1);
		count(&a.results[0]);
	}
}

int main(void)
{
	struct relay_client *target, *c[CLAIMERS];
	struct seed_device device;
	struct writer w;

	kit_start(ROWAND_NO_LIMITS "key_packages = 100;\n"
				   "claims_by = 1000000; claims_of = 1000000;"
				   "\n");
	seed_device(SEED_MAILBOX, 0, &device);
	target = kit_hello(SEED_MAILBOX, 0);
	for (unsigned i = 0; i < PACKAGES; i += 10)
		publish(target, i, 10);
	publish(target, PACKAGES, 1);

	for (uint32_t k = 0; k < CLAIMERS; k++)
		c[k] = kit_hello(SEED_SENDER, k % SENDERS);
	/* Nobody waits for an answer. */
	for (unsigned n = 0; n < EACH; n++)
		for (uint32_t k = 0; k < CLAIMERS; k++) {
			const struct wire_key_claim claim = {
				.channel = seed_channel(k % SENDERS, 0),
				.devices = {device.id},
				.count = 1};

			writer_init(&w, 256);
			KIT_CHECK(wire_key_claim_encode(&claim, &w) == 0);
			KIT_CHECK(relay_send(c[k],
					  &(struct relay_request){
						  .op = WIRE_OP_KEY_CLAIM,
						  .body = &w},
					  NULL) == 0);
			writer_wipe(&w);
		}
	for (uint32_t k = 0; k < CLAIMERS; k++)
		take_answers(c[k]);
	for (unsigned i = 0; i < PACKAGES; i++)
		KIT_CHECK(seen[i] == 1);
	KIT_CHECK(seen[PACKAGES] == CLAIMS - PACKAGES);
	for (uint32_t k = 0; k < CLAIMERS; k++)
		relay_close(c[k]);
	relay_close(target);
	return kit_end();
}
