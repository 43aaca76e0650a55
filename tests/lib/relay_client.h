/*
 * A client of the relay for tests: it says exactly what it is told to, right
 * or wrong, and waits with a patience of its own. No vault, no retries.
 *
 * Trusts nothing it receives. One handle, one thread.
 */
#ifndef TESTS_LIB_RELAY_CLIENT_H
#define TESTS_LIB_RELAY_CLIENT_H

#include "lib/relay_link.h"
#include "lib/seed.h"
#include "wire/blob.h"
#include "wire/chain.h"
#include "wire/envelope.h"
#include "wire/hello.h"
#include "wire/op.h"

#define RELAY_PATIENCE_MS 180000

struct relay_client;

struct relay_options {
	enum relay_link_kind kind;
	int port;
	int server; /* which key: number of seed_server */
	const struct seed_device *device;
	const char *source; /* as in struct relay_address */
};

/* What to send: an operation, a written body, opaque frames. */
struct relay_request {
	uint16_t op;
	uint64_t id; /* 0: the client counts; see quiet */
	bool quiet;  /* send id 0 */
	const struct writer *body;
	const struct bytes *frames;
	size_t frame_count;
};

/**
 * relay_open(ret, options):
 * Connect; says nothing yet. relay_close ends it; NULL is harmless.
 */
ROWAN_MUST int relay_open(
	struct relay_client **ret, const struct relay_options *options);
void relay_close(struct relay_client *c);
struct relay_link *relay_link(struct relay_client *c);

/**
 * relay_send(c, request, ret_id):
 * Send and go on; ${ret_id} may be NULL.
 */
ROWAN_MUST int relay_send(struct relay_client *c,
	const struct relay_request *request, uint64_t *ret_id);

/**
 * relay_next(c, timeout_ms, ret):
 * The next message of any kind, valid until the next call on ${c}.
 * ROWAN_E_AGAIN when none came in time.
 */
ROWAN_MUST int relay_next(
	struct relay_client *c, int timeout_ms, struct wire_message *ret);

/**
 * relay_answer(c, id, ret):
 * Wait for the answer to request ${id}. Pushes that come before it are kept
 * for relay_push, other answers are dropped. An error answer gives the code
 * that wire_code_error translates it to, and stands in relay_error.
 */
ROWAN_MUST int relay_answer(
	struct relay_client *c, uint64_t id, struct wire_message *ret);

/**
 * relay_error(c):
 * The last error answer relay_answer saw, as it stood on the wire.
 */
struct wire_error relay_error(const struct relay_client *c);

/**
 * relay_call(c, request, ret):
 * relay_send and relay_answer.
 */
ROWAN_MUST int relay_call(struct relay_client *c,
	const struct relay_request *request, struct wire_message *ret);

/**
 * relay_hello(c, ret):
 * ${ret} may be NULL.
 */
ROWAN_MUST int relay_hello(
	struct relay_client *c, struct wire_hello_answer *ret);

/**
 * relay_submit_send(c, submit, ret_id), relay_submit(c, submit, ret):
 * Submit without and with waiting for the results.
 */
ROWAN_MUST int relay_submit_send(struct relay_client *c,
	const struct wire_submit *submit, uint64_t *ret_id);
ROWAN_MUST int relay_submit(struct relay_client *c,
	const struct wire_submit *submit, struct wire_submit_answer *ret);

/**
 * relay_subscribe(c, after, credit, ret_waiting):
 * Ask for pushes; ${ret_waiting} may be NULL.
 */
ROWAN_MUST int relay_subscribe(struct relay_client *c, uint64_t after,
	uint32_t credit, uint32_t *ret_waiting);

/**
 * relay_push(c, timeout_ms, ret):
 * The next push. ROWAN_E_AGAIN when none came in time. Answers that come
 * meanwhile are dropped.
 */
ROWAN_MUST int relay_push(
	struct relay_client *c, int timeout_ms, struct wire_push *ret);

/**
 * relay_notice(c, timeout_ms, ret):
 * The next notice. Answers and envelopes that come meanwhile are dropped, as
 * relay_push drops notices.
 */
ROWAN_MUST int relay_notice(
	struct relay_client *c, int timeout_ms, struct wire_notice *ret);

/**
 * relay_ack_send(c, ack, ret_id), relay_ack(c, ack):
 * Acknowledge without and with waiting. A NULL ${ret_id} asks for no answer.
 */
ROWAN_MUST int relay_ack_send(
	struct relay_client *c, const struct wire_ack *ack, uint64_t *ret_id);
ROWAN_MUST int relay_ack(struct relay_client *c, const struct wire_ack *ack);

/**
 * relay_ack_one(c, sequence, credit):
 * relay_ack of one envelope.
 */
ROWAN_MUST int relay_ack_one(
	struct relay_client *c, uint64_t sequence, uint32_t credit);

/**
 * relay_fetch(c, fetch, ret):
 * Fetch and wait.
 */
ROWAN_MUST int relay_fetch(struct relay_client *c,
	const struct wire_fetch *fetch, struct wire_fetch_answer *ret);

#endif
