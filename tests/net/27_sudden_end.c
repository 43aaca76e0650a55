/* Many messages, a PING behind them and a sudden end do not end the daemon. */
#include <unistd.h>

#include <sys/socket.h>

#include "net/kit.h"

#define TRIES 40 /* connections; one device may make 60 a minute */
#define WORDS 150

#define COMMAND 2 /* beside sealed data */

static void leave(size_t words)
{
	struct linger sudden = {.l_onoff = 1};
	struct bytes out;
	struct zmtp *z;
	int fd = kit_dial();

	z = kit_zmtp(SEED_SENDER, 0, 0);
	KIT_CHECK(kit_pump(fd, z, NULL));
	/* All of it in what the daemon reads at once. */
	for (size_t i = 0; i < words; i++)
		KIT_CHECK(zmtp_send(z, bytes_of("x", 1), false) == 0);
	KIT_CHECK(zmtp_flags(z, COMMAND, bytes_of("\4PING\0\0", 7)) == 0);
	out = zmtp_out(z);
	KIT_CHECK(
		send(fd, out.data, out.len, MSG_NOSIGNAL) == (ssize_t)out.len);
	KIT_CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &sudden,
			  sizeof sudden) == 0);
	close(fd);
	zmtp_free(z);
}

int main(void)
{
	struct relay_client *honest;

	kit_start("");
	honest = kit_hello(SEED_SENDER, 1);
	for (size_t i = 0; i < TRIES; i++) {
		leave(i * WORDS / TRIES);
		KIT_CHECK(kit_ping(honest));
	}
	relay_close(honest);
	return kit_end();
}
