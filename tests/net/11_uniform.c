/* Unknown and not yours are the same bytes, whatever the operation. */
#include "net/kit.h"
#include "wire/key.h"
#include "wire/lookup.h"

/* The answer to ${q}, header's id aside, as one string of bytes. */
static size_t ask(struct relay_client *c, const struct relay_request *q,
	uint8_t *ret, size_t size)
{
	struct wire_message m;
	size_t n = 0;
	uint64_t id = 0;

	KIT_CHECK(relay_send(c, q, &id) == 0);
	KIT_CHECK(relay_next(c, RELAY_PATIENCE_MS, &m) == 0);
	KIT_CHECK(m.header.id == id && m.body.len + 2 <= size);
	ret[n++] = (uint8_t)(m.header.op >> 8);
	ret[n++] = (uint8_t)m.header.op;
	memcpy(ret + n, m.body.data, m.body.len);
	return n + m.body.len;
}

/* What op says about ${a} and about ${b} must not differ. */
static void same(struct relay_client *c, uint16_t op, const struct writer *a,
	const struct writer *b, const struct bytes *frame)
{
	struct relay_request q = {.op = op, .body = a};
	uint8_t one[512], two[512];
	size_t n, m;

	q.frames = frame;
	q.frame_count = frame != NULL ? 1 : 0;
	n = ask(c, &q, one, sizeof one);
	q.body = b;
	m = ask(c, &q, two, sizeof two);
	KIT_CHECK(n == m && memcmp(one, two, n) == 0);
	/* And it is a refusal: the code stands in the error or in the item. */
	KIT_CHECK(memmem(one, n, "\x03\x05\0\0\0\0", 6) != NULL);
}

#define BOTH(encode, value, field, foreign, unknown)                           \
	do {                                                                   \
		writer_init_fixed(&wa, mem_a, sizeof mem_a);                   \
		writer_init_fixed(&wb, mem_b, sizeof mem_b);                   \
		(value).field = foreign;                                       \
		KIT_CHECK(encode(&(value), &wa) == 0);                         \
		(value).field = unknown;                                       \
		KIT_CHECK(encode(&(value), &wb) == 0);                         \
	} while (0)

int main(void)
{
	static struct wire_submit s;
	static struct wire_key_claim k;
	struct wire_blob_begin b = {.size = 10};
	struct wire_blob_id bi;
	struct wire_devices d = {.count = 1};
	struct wire_case cs;
	struct id16 theirs = seed_channel(1, 0), nobody = {{9}};
	struct id16 case1 = seed_case(1), blob = {{7}};
	struct seed_device other;
	struct bytes body = bytes_of("sealed", 6);
	uint8_t mem_a[256], mem_b[256];
	struct writer wa, wb;
	struct relay_client *c, *owner;
	struct wire_message m;
	struct relay_request q = {.op = WIRE_OP_BLOB_BEGIN, .body = &wa};

	kit_start("");
	seed_device(SEED_SENDER, 1, &other);
	/* A blob that is there, in a channel that is not the asker's. */
	owner = kit_hello(SEED_SENDER, 1);
	b.channel = theirs;
	b.blob = blob;
	writer_init_fixed(&wa, mem_a, sizeof mem_a);
	KIT_CHECK(wire_blob_begin_encode(&b, &wa) == 0);
	KIT_CHECK(relay_call(owner, &q, &m) == 0);

	c = kit_hello(SEED_SENDER, 0);
	s.count = 1;
	s.items[0] = (struct wire_submit_item){.counter = 1, .envelope = body};
	BOTH(wire_submit_encode, s, items[0].channel, theirs, nobody);
	same(c, WIRE_OP_SUBMIT, &wa, &wb, &body);
	k.count = 1;
	k.devices[0] = other.id;
	BOTH(wire_key_claim_encode, k, channel, theirs, nobody);
	same(c, WIRE_OP_KEY_CLAIM, &wa, &wb, NULL);
	b.blob = (struct id16){{8}};
	BOTH(wire_blob_begin_encode, b, channel, theirs, nobody);
	same(c, WIRE_OP_BLOB_BEGIN, &wa, &wb, NULL);
	BOTH(wire_blob_id_encode, bi, blob, blob, nobody);
	same(c, WIRE_OP_BLOB_STATUS, &wa, &wb, NULL);
	same(c, WIRE_OP_BLOB_DELETE, &wa, &wb, NULL);
	BOTH(wire_devices_encode, d, devices[0], other.id, nobody);
	same(c, WIRE_OP_DEVICES, &wa, &wb, NULL);
	BOTH(wire_case_encode, cs, case_id, case1, nobody);
	same(c, WIRE_OP_CASE, &wa, &wb, NULL);
	relay_close(c);
	relay_close(owner);
	return kit_end();
}
