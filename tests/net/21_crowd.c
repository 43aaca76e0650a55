/*
 * Connections that are only held keep nobody out: above the cap of the main
 * port the one that has said nothing for longest goes. Those that have said
 * something stay.
 */
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/kit.h"

#define CAP   16 /* the least that can be set */
#define CROWD (4 * CAP)

/* Read to the end of a connection; false when it does not end. */
static bool ended(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};
	uint8_t b[128];

	while (poll(&p, 1, RELAY_PATIENCE_MS) > 0)
		if (recv(fd, b, sizeof b, 0) <= 0)
			return true;
	return false;
}

static size_t alive(const int *fds)
{
	size_t n = 0;

	for (size_t i = 0; i < CROWD; i++) {
		uint8_t b[128];
		ssize_t got;

		while ((got = recv(fds[i], b, sizeof b, MSG_DONTWAIT)) > 0)
			;
		n += got < 0;
	}
	return n;
}

int main(void)
{
	struct relay_client *c[CAP];
	int fds[CROWD];

	/* So that nobody goes for having said nothing in time. */
	kit_start("connections = 16; connections_device = 16;\n"
		  "handshake_time = \"1 min\";\n");
	/* Somebody was there before, and does not suffer. */
	c[0] = kit_hello(SEED_SENDER, 0);
	for (size_t i = 0; i < CROWD; i++)
		fds[i] = kit_dial();
	/* The oldest go; the newest stay, as many as there are places. */
	for (size_t i = 0; i < CROWD - (CAP - 1); i++)
		KIT_CHECK(ended(fds[i]));
	KIT_CHECK(alive(fds) == CAP - 1);
	/* Who says something gets in, and each takes a silent one's place. */
	for (size_t i = 1; i < CAP; i++) {
		c[i] = kit_hello(SEED_SENDER, i % 2);
		KIT_CHECK(ended(fds[CROWD - CAP + i]));
	}
	/* Full of those who spoke: a newcomer has to come again. */
	close(fds[0]);
	fds[0] = kit_dial();
	KIT_CHECK(ended(fds[0]));
	for (size_t i = 0; i < CAP; i++) {
		KIT_CHECK(kit_ping(c[i]));
		relay_close(c[i]);
	}
	for (size_t i = 0; i < CROWD; i++)
		close(fds[i]);
	return kit_end();
}
