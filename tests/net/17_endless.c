/* A message that never ends is cut off; everybody else goes on. */
#include <time.h>
#include <unistd.h>

#include <sys/socket.h>

#include "net/kit.h"

int main(void)
{
	static uint8_t part[64 * 1024];
	struct relay_client *honest;
	struct zmtp *z;
	size_t sent = 0;
	ssize_t n = 0;
	int fd;

	kit_start("rate_bytes = \"1 TiB\";\n");
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
	zmtp_free(z);
	close(fd);
	relay_close(honest);
	return kit_end();
}
