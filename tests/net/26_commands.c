/* Commands of ZMTP after the handshake, of any kind, end nothing but theirs. */
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include <sys/socket.h>

#include "net/kit.h"
#include "wire/op.h"

#define MORE	1 /* of a sealed frame, and of one that is not */
#define COMMAND 2 /* of a sealed frame */
#define PLAIN	4 /* a command, of a frame that is not sealed */

#define WORD(text)                                                             \
	{                                                                      \
		(const uint8_t *)(text), sizeof(text) - 1                      \
	}

static const struct bytes words[] = {WORD(""), WORD("\0"), WORD("\377"),
	WORD("\4PIN"), WORD("\4PING"), WORD("\4PING\0"), WORD("\4PING\377\377"),
	WORD("\4PING\0\0more than sixteen bytes of context"), WORD("\4PONG"),
	WORD("\11SUBSCRIBE"), WORD("\11SUBSCRIBEtopic"), WORD("\6CANCEL"),
	WORD("\6CANCELtopic"), WORD("\5ERROR\377"), WORD("\5READY"),
	WORD("\5HELLO"), WORD("\10INITIATE"), WORD("\4JOINgroup"),
	WORD("\5LEAVEgroup"), WORD("\7MESSAGE"),
	WORD("\7MESSAGE and what nobody has sealed with any key of ours")};

#define WORDS (sizeof words / sizeof *words)

/* A device may connect once a second, so several take turns. */
static struct zmtp *dial(size_t turn, int *ret_fd)
{
	struct zmtp *z;

	*ret_fd = kit_dial();
	z = kit_zmtp(SEED_MAILBOX, turn % 2, 0);
	KIT_CHECK(kit_pump(*ret_fd, z, NULL));
	return z;
}

static void send_ping(struct zmtp *z)
{
	struct wire_header h = {WIRE_VERSION_HIGH, WIRE_OP_PING, 1};
	uint8_t head[WIRE_HEADER_LEN];

	wire_header_encode(&h, head);
	KIT_CHECK(zmtp_send(z, bytes_of(head, sizeof head), true) == 0);
	KIT_CHECK(zmtp_send(z, bytes_of("", 0), false) == 0);
}

/* Sealed, a command is the peer's own affair: what comes behind is answered. */
static void sealed(uint8_t flags)
{
	struct bytes frame;
	struct zmtp *z;
	int fd;

	z = dial(0, &fd);
	for (size_t i = 0; i < WORDS; i++) {
		KIT_CHECK(zmtp_flags(z, flags, words[i]) == 0);
		/* The end of what may now be a message. */
		KIT_CHECK(zmtp_send(z, bytes_of("x", 1), false) == 0);
	}
	send_ping(z);
	KIT_CHECK(kit_pump(fd, z, &frame) && frame.len == WIRE_HEADER_LEN);
	zmtp_free(z);
	close(fd);
}

/* Not sealed, anything at all ends the connection. */
static void plain(size_t turn, uint8_t flags, struct bytes word)
{
	struct bytes frame;
	struct zmtp *z;
	uint8_t end;
	int fd;

	z = dial(turn, &fd);
	KIT_CHECK(zmtp_plain(z, flags, word) == 0);
	send_ping(z);
	KIT_CHECK(!kit_pump(fd, z, &frame));
	KIT_CHECK(recv(fd, &end, 1, MSG_DONTWAIT) == 0 || errno != EAGAIN);
	zmtp_free(z);
	close(fd);
}

int main(void)
{
	static const uint8_t kinds[] = {PLAIN, PLAIN | MORE, 0, MORE};
	struct timespec beats = {.tv_sec = 1, .tv_nsec = 500000000};
	struct relay_client *honest;

	kit_start("heartbeat_interval = \"1 s\";\n");
	honest = kit_hello(SEED_SENDER, 1);
	sealed(COMMAND);
	sealed(COMMAND | MORE);
	sealed(COMMAND | 0xfc);
	for (size_t i = 0; i < WORDS; i++)
		plain(i, kinds[i % 4], words[i]);
	KIT_CHECK(kit_ping(honest));
	/* A heartbeat was due on whatever the daemon may have kept. */
	nanosleep(&beats, NULL);
	KIT_CHECK(kit_ping(honest));
	relay_close(honest);
	return kit_end();
}
