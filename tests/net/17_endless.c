/* A message that never ends is cut off; everybody else goes on. */
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <sys/socket.h>

#include "net/kit.h"

/* From a stranger much less is taken: 200 KiB are too much. */
static void stranger(void)
{
	static uint8_t part[4000];
	struct relay_client *first = kit_hello(SEED_SENDER, 1);
	int main_port = kit_daemon.port, fd;
	struct zmtp *z = kit_zmtp(SEED_STRANGER, 0, 1);
	struct pollfd p = {.events = POLLIN};
	ssize_t n;

	kit_daemon.port = kit_daemon.enrol_port;
	fd = kit_dial();
	kit_daemon.port = main_port;
	KIT_CHECK(kit_pump(fd, z, NULL));
	for (int i = 0; i < 50; i++)
		KIT_CHECK(zmtp_send(z, bytes_of(part, sizeof part), true) == 0);
	do {
		struct bytes out = zmtp_out(z);

		n = out.len == 0 ? 0
				 : send(fd, out.data, out.len, MSG_NOSIGNAL);
		if (n > 0)
			zmtp_sent(z, (size_t)n);
	} while (n > 0);
	/* The end, or a reset: nothing is said to it. */
	p.fd = fd;
	KIT_CHECK(poll(&p, 1, RELAY_PATIENCE_MS) == 1);
	KIT_CHECK(recv(fd, part, sizeof part, 0) <= 0);
	KIT_CHECK(kit_ping(first));
	relay_close(first);
	zmtp_free(z);
	close(fd);
}

int main(void)
{
	static uint8_t part[64 * 1024];
	struct relay_client *honest;
	struct zmtp *z;
	size_t sent = 0;
	ssize_t n = 0;
	int fd;

	/* So that it is not for saying nothing whole in time. */
	kit_start("rate_bytes = \"1 TiB\"; handshake_time = \"1 min\";\n");
	honest = kit_hello(SEED_SENDER, 1);
	fd = kit_dial();
	z = kit_zmtp(SEED_SENDER, 0, 0);
	KIT_CHECK(kit_pump(fd, z, NULL));
	/* Slowly enough that the daemon looks several times meanwhile. */
	while (n >= 0) {
		struct timespec t = {.tv_nsec = 10000000};
		struct bytes out;

		KIT_CHECK(zmtp_send(z, bytes_of(part, sizeof part), true) == 0);
		out = zmtp_out(z);
		n = send(fd, out.data, out.len, MSG_NOSIGNAL);
		if (n > 0) {
			zmtp_sent(z, (size_t)n);
			sent += (size_t)n;
		}
		KIT_CHECK(sent < 64u << 20);
		nanosleep(&t, NULL);
	}
	/* Not before two whole messages' worth. */
	KIT_CHECK(sent > 2u << 20);
	KIT_CHECK(kit_ping(honest));
	stranger();
	zmtp_free(z);
	close(fd);
	relay_close(honest);
	return kit_end();
}
