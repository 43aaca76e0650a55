/* Who brings a routing id of its own choice is cut off, whatever its form. */
#include <errno.h>
#include <unistd.h>

#include <sys/socket.h>

#include "net/kit.h"
#include "wire/op.h"

/* Is a ping answered on a connection that asks for the name? */
static bool answered(struct bytes name)
{
	struct wire_header h = {WIRE_VERSION_HIGH, WIRE_OP_PING, 1};
	uint8_t head[WIRE_HEADER_LEN];
	struct bytes frame;
	struct zmtp *z;
	uint8_t end;
	bool ret;
	int fd = kit_dial();

	z = kit_zmtp(SEED_SENDER, 0, 0);
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
