/* Wrong messages get a typed refusal or a drop; the connection goes on. */
#include "net/kit.h"

static uint8_t head[WIRE_HEADER_LEN];

static struct bytes header(uint16_t version, uint16_t op, uint64_t id)
{
	struct wire_header h = {version, op, id};

	wire_header_encode(&h, head);
	return bytes_of(head, sizeof head);
}

static uint16_t refused(struct relay_client *c, const struct bytes *f, size_t n)
{
	struct wire_error e;

	kit_frames(c, f, n);
	e = kit_refusal(c);
	KIT_CHECK(e.retry_ms == 0);
	return e.code;
}

static void test_refusals(struct relay_client *c)
{
	static struct bytes many[WIRE_FRAMES_MAX + 40];
	struct bytes f[3] = {{0}};

	f[1] = bytes_of("", 0);
	f[2] = bytes_of("opaque", 6);
	f[0] = header(1, 0x7777, 5);
	KIT_CHECK(refused(c, f, 2) == WIRE_OPERATION);
	/* In the range of the log, and none of its. */
	f[0] = header(1, WIRE_OP_ERASED + 1, 6);
	KIT_CHECK(refused(c, f, 2) == WIRE_OPERATION);
	f[0] = header(1, WIRE_OP_PUSH, 7);
	KIT_CHECK(refused(c, f, 2) == WIRE_OPERATION);
	f[0] = header(1, WIRE_OP_PING | WIRE_ANSWER, 7);
	KIT_CHECK(refused(c, f, 2) == WIRE_OPERATION);
	f[0] = header(9, WIRE_OP_PING, 8);
	KIT_CHECK(refused(c, f, 2) == WIRE_VERSION);
	/* A body where none belongs, frames where none belong. */
	f[0] = header(1, WIRE_OP_PING, 9);
	f[1] = bytes_of("x", 1);
	KIT_CHECK(refused(c, f, 2) == WIRE_MALFORMED);
	f[1] = bytes_of("", 0);
	KIT_CHECK(refused(c, f, 3) == WIRE_MALFORMED);
	/* No body at all, and an id of 0 where an answer is due. */
	KIT_CHECK(refused(c, f, 1) == WIRE_MALFORMED);
	f[0] = header(1, WIRE_OP_PING, 0);
	KIT_CHECK(refused(c, f, 2) == WIRE_MALFORMED);
	f[0] = header(1, WIRE_OP_SUBMIT, 10);
	KIT_CHECK(refused(c, f, 2) == WIRE_MALFORMED);
	for (size_t i = 0; i < sizeof many / sizeof *many; i++)
		many[i] = bytes_of("y", 1);
	many[0] = header(1, WIRE_OP_SUBMIT, 11);
	KIT_CHECK(refused(c, many, sizeof many / sizeof *many) == WIRE_LIMIT);
}

static void test_drops(struct relay_client *c)
{
	struct bytes f[2] = {bytes_of("short", 5), bytes_of("", 0)};
	struct wire_message m;

	kit_frames(c, f, 2);
	kit_frames(c, f, 1);
	f[0] = bytes_of("", 0);
	kit_frames(c, f, 2);
	KIT_CHECK(relay_next(c, 200, &m) == ROWAN_E_AGAIN);
	KIT_CHECK(kit_ping(c));
}

int main(void)
{
	static uint8_t giant[300 * 1024];
	static uint8_t large[200 * 1024];
	struct relay_client *c, *honest;
	struct bytes f[7];

	kit_start("");
	honest = kit_hello(SEED_SENDER, 1);
	c = kit_hello(SEED_SENDER, 0);
	test_refusals(c);
	test_drops(c);
	/* A message above the limit, every frame below it. */
	f[0] = header(1, WIRE_OP_SUBMIT, 12);
	for (int i = 1; i < 7; i++)
		f[i] = bytes_of(large, sizeof large);
	KIT_CHECK(refused(c, f, 7) == WIRE_LIMIT);
	/* A frame above the limit ends the connection. */
	f[1] = bytes_of(giant, sizeof giant);
	kit_frames(c, f, 2);
	kit_closed(c);
	relay_close(c);
	KIT_CHECK(kit_ping(honest));
	relay_close(honest);
	return kit_end();
}
