/* Who brings a routing id of its own choice is cut off, whatever its form. */
#include <errno.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "net/kit.h"
#include "wire/op.h"

/* Is a ping answered on a connection that asks for the name? */
static bool answered(struct bytes name)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct wire_header h = {WIRE_VERSION_HIGH, WIRE_OP_PING, 1};
	uint8_t head[WIRE_HEADER_LEN];
	struct zmtp_keys keys;
	struct seed_device d;
	struct seed_server s;
	struct bytes frame;
	struct zmtp *z;
	uint8_t end;
	bool ret;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_port = htons((uint16_t)kit_daemon.port);
	KIT_CHECK(connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
	seed_device(SEED_SENDER, 0, &d);
	seed_server(0, &s);
	memcpy(keys.public, d.public, 32);
	memcpy(keys.secret, d.secret, 32);
	memcpy(keys.server, s.public, 32);
	z = zmtp_new(&keys);
	KIT_CHECK(z != NULL);
	zmtp_name(z, name);
	KIT_CHECK(kit_pump(fd, z, NULL));
	wire_header_encode(&h, head);
	KIT_CHECK(zmtp_send(z, bytes_of(head, sizeof head), true) == 0);
	KIT_CHECK(zmtp_send(z, bytes_of("", 0), false) == 0);
	ret = kit_pump(fd, z, &frame);
	/* Not only without an answer: closed. */
	KIT_CHECK(
		ret || recv(fd, &end, 1, MSG_DONTWAIT) == 0 || errno != EAGAIN);
	zmtp_free(z);
	close(fd);
	return ret;
}

int main(void)
{
	struct relay_client *honest;

	kit_start("");
	honest = kit_hello(SEED_SENDER, 1);
	KIT_CHECK(answered(bytes_of("", 0)));
	/* As long as a generated one; as it begins; neither. */
	KIT_CHECK(!answered(bytes_of("mine!", 5)));
	KIT_CHECK(!answered(bytes_of("\0longer", 7)));
	KIT_CHECK(!answered(bytes_of("x", 1)));
	KIT_CHECK(kit_ping(honest));
	relay_close(honest);
	return kit_end();
}
