/* Who goes on and on with what is of no use is cut off; nobody else is. */
#include "net/kit.h"
#include "wire/op.h"

#define MUCH 10000 /* ten times what a second may bring */

/* The end may come meanwhile. */
static void goes_on(
	struct relay_client *c, const struct bytes *frames, size_t count)
{
	for (int i = 0; i < MUCH; i++)
		if (relay_link_send(relay_link(c), frames, count) != 0)
			break;
	(void)!relay_link_flush(relay_link(c));
	kit_closed(c);
	relay_close(c);
}

/* What is beyond the frames of a message is no less of a sender's bytes. */
static void too_many_frames(struct relay_client *c)
{
	static const uint8_t part[60 * 1024];
	struct wire_header h = {WIRE_VERSION_HIGH, WIRE_OP_SUBMIT, 5};
	struct bytes frames[WIRE_FRAMES_MAX + 20] = {{0}};
	uint8_t head[WIRE_HEADER_LEN];

	wire_header_encode(&h, head);
	frames[0] = bytes_of(head, sizeof head);
	for (size_t i = WIRE_FRAMES_MAX; i < WIRE_FRAMES_MAX + 20; i++)
		frames[i] = bytes_of(part, sizeof part);
	kit_frames(c, frames, WIRE_FRAMES_MAX + 20);
	KIT_CHECK(kit_refusal(c).code == WIRE_LIMIT);
	kit_frames(c, frames, WIRE_FRAMES_MAX + 20);
	KIT_CHECK(kit_refusal(c).code == WIRE_QUOTA);
	relay_close(c);
}

int main(void)
{
	struct wire_header h = {WIRE_VERSION_HIGH, WIRE_OP_PING, 1};
	struct bytes short_one = bytes_of("no header", 9), ping[2] = {{0}};
	struct relay_client *honest, *c;
	uint8_t head[WIRE_HEADER_LEN];

	kit_start("rate_requests = 600; rate_bytes = \"1 MiB\";\n"
		  "burst = \"1 min\";\n");
	honest = kit_hello(SEED_SENDER, 1);
	c = kit_hello(SEED_SENDER, 0);
	/* A few hundred are nothing. */
	for (int i = 0; i < 500; i++)
		kit_frames(c, &short_one, 1);
	KIT_CHECK(kit_ping(c));
	goes_on(c, &short_one, 1);
	/* Nor is it of use to ask again and again above one's rate. */
	wire_header_encode(&h, head);
	ping[0] = bytes_of(head, sizeof head);
	goes_on(kit_hello(SEED_MAILBOX, 0), ping, 2);
	too_many_frames(kit_hello(SEED_MAILBOX, 1));
	KIT_CHECK(kit_ping(honest));
	relay_close(honest);
	return kit_end();
}
