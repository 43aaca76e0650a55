/* A device has so many connections: the oldest goes; the mute go as well. */
#include <time.h>

#include "net/kit.h"

#define HAVE 40

int main(void)
{
	struct relay_client *c[HAVE], *other, *mute[HAVE];
	size_t alive = 0;

	kit_start("connections_device = 3; handshake_time = \"1 s\";\n");
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
	for (size_t i = 0; i < HAVE; i++)
		kit_closed(mute[i]);
	KIT_CHECK(kit_ping(other) && kit_ping(c[HAVE - 1]));
	for (size_t i = 0; i < HAVE; i++) {
		relay_close(c[i]);
		relay_close(mute[i]);
	}
	relay_close(other);
	return kit_end();
}
