/* A device has so many connections: the oldest goes; the mute go as well. */
#include <time.h>

#include "net/kit.h"

#define HAVE 40

int main(void)
{
	struct relay_client *c[HAVE], *other, *mute[HAVE], *stranger = NULL;
	struct seed_device d;
	struct relay_options enrol = {
		.kind = RELAY_LINK_RAW, .server = 1, .device = &d};
	size_t alive = 0;

	kit_start("connections_device = 3; handshake_time = \"3 s\";\n");
	other = kit_hello(SEED_MAILBOX, 0);
	for (size_t i = 0; i < HAVE; i++)
		c[i] = kit_hello(SEED_SENDER, 0);
	/* The newest three stay, all the others were closed. */
	for (size_t i = 0; i + 3 < HAVE; i++)
		kit_closed(c[i]);
	for (size_t i = HAVE - 3; i < HAVE; i++)
		alive += kit_ping(c[i]);
	KIT_CHECK(alive == 3);
	/* Somebody else's is not touched. */
	KIT_CHECK(kit_ping(other));
	/* Handshakes alone are no way around it. */
	for (size_t i = 0; i < HAVE; i++)
		mute[i] = kit_open(SEED_SENDER, 1);
	seed_device(SEED_STRANGER, 0, &d);
	enrol.port = kit_daemon.enrol_port;
	KIT_CHECK(relay_open(&stranger, &enrol) == 0);
	for (size_t i = 0; i < HAVE; i++)
		kit_closed(mute[i]);
	kit_closed(stranger);
	KIT_CHECK(kit_ping(other) && kit_ping(c[HAVE - 1]));
	for (size_t i = 0; i < HAVE; i++) {
		relay_close(c[i]);
		relay_close(mute[i]);
	}
	relay_close(stranger);
	relay_close(other);
	return kit_end();
}
