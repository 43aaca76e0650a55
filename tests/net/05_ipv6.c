/* IPv6 is served: a whole handshake and a ping over ::1. */
#include <stdio.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "net/kit.h"

int main(void)
{
	struct sockaddr_in6 a = {
		.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct wire_header h = {WIRE_VERSION_HIGH, WIRE_OP_PING, 77}, got;
	uint8_t head[WIRE_HEADER_LEN];
	char text[ROWAND_PATH_MAX];
	struct bytes frame;
	struct zmtp *z;
	int fd = socket(AF_INET6, SOCK_STREAM, 0), port = kit_free_port();

	a.sin6_port = 0;
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0) {
		puts("05_ipv6: skipped, this machine has no IPv6 loopback");
		return 0;
	}
	close(fd);
	kit_prepare("");
	snprintf(text, sizeof text,
		"listen_next = [ \"tcp://[::1]:%d\" ];\n"
		"transport_key_next = \"%.1000s/next.key\";\n",
		port, kit_daemon.dir);
	rowand_set(&kit_daemon, text);
	kit_key("next.key", 2);
	kit_run();
	fd = socket(AF_INET6, SOCK_STREAM, 0);
	a.sin6_port = htons((uint16_t)port);
	KIT_CHECK(connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
	z = kit_zmtp(SEED_SENDER, 0, 2);
	KIT_CHECK(kit_pump(fd, z, NULL));
	wire_header_encode(&h, head);
	KIT_CHECK(zmtp_send(z, bytes_of(head, sizeof head), true) == 0);
	KIT_CHECK(zmtp_send(z, bytes_of("", 0), false) == 0);
	KIT_CHECK(kit_pump(fd, z, &frame));
	KIT_CHECK(wire_header_decode(frame, &got) == 0);
	KIT_CHECK(got.id == 77 && got.op == (WIRE_OP_PING | WIRE_ANSWER));
	zmtp_free(z);
	close(fd);
	return kit_end();
}
