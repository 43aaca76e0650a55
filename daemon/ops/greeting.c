/*
 * hello and ping: see greeting.h.
 */
#include "ops/greeting.h"
#include "ops/ops.h"

/* Content is padded to one of these (DESIGN section 4). */
static const uint32_t buckets[] = {1024, 4096, 16384, 65536};

static uint32_t seconds(uint64_t ms)
{
	uint64_t s = ms / 1000;

	return s < UINT32_MAX ? (uint32_t)s : UINT32_MAX;
}

static uint32_t capped32(uint64_t n)
{
	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static uint16_t capped16(uint64_t n)
{
	return n < UINT16_MAX ? (uint16_t)n : UINT16_MAX;
}

int greeting_answer(const struct config *config, const struct wire_hello *hello,
	struct wire_hello_answer *ret)
{
	static const struct wire_versions ours = {
		WIRE_VERSION_LOW, WIRE_VERSION_HIGH};
	int rc;

	memset(ret, 0, sizeof *ret);
	rc = wire_version_choose(&ours, &hello->versions, &ret->version);
	if (rc != 0)
		return rc;
	ret->limits = (struct wire_hello_limits){
		.message_bytes = capped32(config->message_bytes),
		.envelopes = WIRE_ENVELOPES_MAX,
		.credit = capped32(config->credit),
		.rate_messages = capped32(config->rate_messages),
		.rate_bytes = config->rate_bytes,
		.mailbox = capped32(config->mailbox),
		.key_packages = capped16(config->key_packages),
		.lifetime = seconds(config->lifetime),
		.lifetime_max = seconds(config->lifetime_max),
		.blob_bytes = config->blob_bytes,
		.blob_lifetime_max = seconds(config->blob_lifetime_max),
		.hold_max = seconds(config->hold_max)};
	ret->overhead = WIRE_ENVELOPE_OVERHEAD;
	ret->bucket_count = sizeof buckets / sizeof buckets[0];
	memcpy(ret->buckets, buckets, sizeof buckets);
	return 0;
}

int greeting_hello(struct ops *o, struct request *r)
{
	struct wire_hello_answer a;
	uint64_t waiting = 0;
	int rc = greeting_answer(o->config, &r->body.hello, &a);

	if (rc == 0)
		rc = store_counter(o->view, &r->device, &a.counter);
	if (rc == 0)
		rc = store_waiting(o->view, &r->device, &waiting);
	if (rc != 0)
		return rc;
	a.waiting = capped32(waiting);
	a.time = (struct wire_time){o->now, o->doubtful};
	/* The answer is the first message of the version chosen. */
	r->header.version = a.version;
	return wire_hello_answer_encode(&a, &r->out);
}

int greeting_next_key(struct ops *o, struct request *r)
{
	return wire_next_key_encode(&o->next, &r->out);
}

int greeting_ping(struct ops *o, struct request *r)
{
	struct wire_time t = {o->now, o->doubtful};

	return wire_time_encode(&t, &r->out);
}
