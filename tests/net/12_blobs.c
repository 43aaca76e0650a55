/* A blob is put in pieces, resumed, read by its channel, held, and deleted. */
#include "net/kit.h"

static uint8_t chunk[WIRE_CHUNK_LEN];
static uint8_t mem[512];
static struct writer w;
static struct wire_message m;

/* The error code of one request with the body in ${w}. */
static uint16_t ask(struct relay_client *c, uint16_t op,
	const struct bytes *frames, size_t count)
{
	struct relay_request q = {
		.op = op, .body = &w, .frames = frames, .frame_count = count};
	int rc = relay_call(c, &q, &m);

	return rc == 0 ? WIRE_OK : relay_error(c).code;
}

static uint16_t begin(struct relay_client *c, const struct wire_blob_begin *b)
{
	writer_init_fixed(&w, mem, sizeof mem);
	KIT_CHECK(wire_blob_begin_encode(b, &w) == 0);
	return ask(c, WIRE_OP_BLOB_BEGIN, NULL, 0);
}

static uint32_t next_chunk(void)
{
	struct wire_blob_next n;

	KIT_CHECK(wire_blob_next_decode(&m, &n) == 0);
	return n.next;
}

static uint16_t put(struct relay_client *c, struct id16 blob, uint32_t first,
	const size_t *len, size_t count)
{
	static struct wire_blob_put p;
	struct bytes f[WIRE_CHUNKS_MAX];

	p.blob = blob;
	p.first = first;
	p.count = count;
	for (size_t i = 0; i < count; i++)
		p.chunks[i] = f[i] = bytes_of(chunk, len[i]);
	writer_init_fixed(&w, mem, sizeof mem);
	KIT_CHECK(wire_blob_put_encode(&p, &w) == 0);
	return ask(c, WIRE_OP_BLOB_PUT, f, count);
}

static uint16_t get(struct relay_client *c, struct id16 blob, uint32_t first,
	struct wire_blob_get_answer *ret)
{
	struct wire_blob_get g = {blob, first, 8};
	uint16_t code;

	writer_init_fixed(&w, mem, sizeof mem);
	KIT_CHECK(wire_blob_get_encode(&g, &w) == 0);
	code = ask(c, WIRE_OP_BLOB_GET, NULL, 0);
	if (code == WIRE_OK)
		KIT_CHECK(wire_blob_get_answer_decode(&m, ret) == 0);
	return code;
}

static uint16_t erase(struct relay_client *c, struct id16 blob)
{
	struct wire_blob_id b = {blob};

	writer_init_fixed(&w, mem, sizeof mem);
	KIT_CHECK(wire_blob_id_encode(&b, &w) == 0);
	return ask(c, WIRE_OP_BLOB_DELETE, NULL, 0);
}

int main(void)
{
	const size_t whole = WIRE_CHUNK_LEN, three[] = {whole, whole, 100};
	struct wire_blob_begin b = {.channel = seed_channel(0, 0),
		.blob = {{1}},
		.size = 2 * WIRE_CHUNK_LEN + 100};
	static struct wire_blob_get_answer a;
	struct relay_client *s, *r, *stranger;
	struct wire_hello_answer h;

	kit_start("");
	s = kit_open(SEED_SENDER, 0);
	KIT_CHECK(relay_hello(s, &h) == 0);
	r = kit_hello(SEED_MAILBOX, 0);
	stranger = kit_hello(SEED_MAILBOX, 1);
	memset(chunk, 'c', sizeof chunk);
	KIT_CHECK(begin(s, &b) == WIRE_OK && next_chunk() == 0);
	KIT_CHECK(get(r, b.blob, 0, &a) == WIRE_AGAIN);
	/* Wrong lengths and places store nothing. */
	KIT_CHECK(put(s, b.blob, 0, &three[2], 1) == WIRE_MALFORMED);
	KIT_CHECK(put(s, b.blob, 1, three, 3) == WIRE_MALFORMED);
	KIT_CHECK(put(s, b.blob, 3, &whole, 1) == WIRE_LIMIT);
	KIT_CHECK(put(r, b.blob, 0, three, 3) == WIRE_REFUSED);
	/* In two pieces, with a repeat between them. */
	KIT_CHECK(put(s, b.blob, 0, &whole, 1) == WIRE_OK && next_chunk() == 1);
	KIT_CHECK(begin(s, &b) == WIRE_OK && next_chunk() == 1);
	KIT_CHECK(put(s, b.blob, 0, three, 3) == WIRE_OK && next_chunk() == 3);
	KIT_CHECK(get(r, b.blob, 1, &a) == WIRE_OK);
	KIT_CHECK(a.size == b.size && a.count == 2 && a.chunks[1].len == 100);
	KIT_CHECK(get(r, b.blob, 3, &a) == WIRE_LIMIT);
	KIT_CHECK(get(stranger, b.blob, 0, &a) == WIRE_REFUSED);
	/* The id is taken: by another size, another device. */
	b.size++;
	KIT_CHECK(begin(s, &b) == WIRE_EXISTS);
	b.size--;
	KIT_CHECK(begin(r, &b) == WIRE_EXISTS);
	KIT_CHECK(erase(r, b.blob) == WIRE_REFUSED);
	KIT_CHECK(erase(s, b.blob) == WIRE_OK);
	KIT_CHECK(erase(s, b.blob) == WIRE_REFUSED);
	KIT_CHECK(get(r, b.blob, 0, &a) == WIRE_REFUSED);
	/* Held until its time, also for whoever sent it. */
	b.blob = (struct id16){{2}};
	b.size = 100;
	b.hold_until = h.time.now + 3600;
	KIT_CHECK(begin(s, &b) == WIRE_OK);
	KIT_CHECK(put(s, b.blob, 0, &three[2], 1) == WIRE_OK);
	KIT_CHECK(get(r, b.blob, 0, &a) == WIRE_HELD);
	KIT_CHECK(relay_error(r).retry_ms > 3500000);
	KIT_CHECK(get(s, b.blob, 0, &a) == WIRE_HELD);
	b.blob = (struct id16){{3}};
	b.hold_until = h.time.now + 400 * 86400;
	KIT_CHECK(begin(s, &b) == WIRE_LIMIT);
	relay_close(s);
	relay_close(r);
	relay_close(stranger);
	return kit_end();
}
