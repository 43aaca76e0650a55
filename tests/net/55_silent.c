/*
 * Who is silent does not stay: a handshake that is not gone on with ends by
 * its own time, before anybody looks for the mute; so does a connection whose
 * client answers no PING, after the time that is set for it and no earlier.
 */
#include <poll.h>
#include <unistd.h>

#include "net/inner.h"
#include "net/inside.h"

#define PINGS 3

static struct inside in;

/* The mute are looked for later, but before libzmq's own time is over. */
static void be_patient(void *cookie)
{
	in.server->live.handshake_time = 10000;
}

static void begin(uint64_t timeout)
{
	inside_prepare(&in);
	in.config.handshake_time = 1000;
	in.config.heartbeat_interval = 1000;
	in.config.heartbeat_timeout = timeout;
	inside_run(&in);
	KIT_CHECK(server_here(in.server, be_patient, NULL) == 0);
}

static int end(struct server_counters *ret)
{
	inside_stop(&in);
	server_counters(in.server, ret);
	return inside_end(&in);
}

static void say(int fd, struct zmtp *z)
{
	struct bytes out = zmtp_out(z);

	KIT_CHECK(write(fd, out.data, out.len) == (ssize_t)out.len);
	zmtp_sent(z, out.len);
}

/* What is read is not answered. False once the daemon has closed. */
static bool hears(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint8_t bytes[4096];

	KIT_CHECK(poll(&p, 1, RELAY_PATIENCE_MS) == 1);
	return read(fd, bytes, sizeof bytes) > 0;
}

/* A client that has said something, which is nonsense. */
static int silent(struct zmtp **ret)
{
	int fd = kit_dial();

	*ret = kit_zmtp(SEED_SENDER, 0, 0);
	KIT_CHECK(kit_pump(fd, *ret, NULL));
	KIT_CHECK(zmtp_send(*ret, bytes_of("x", 1), false) == 0);
	say(fd, *ret);
	return fd;
}

static void handshake(void)
{
	struct zmtp *z = kit_zmtp(SEED_SENDER, 0, 0);
	int fd = kit_dial();

	say(fd, z);
	while (hears(fd))
		;
	close(fd);
	zmtp_free(z);
}

int main(void)
{
	struct server_counters seen;
	struct zmtp *z;
	int fd;

	begin(2000);
	handshake();
	fd = silent(&z);
	while (hears(fd))
		;
	close(fd);
	zmtp_free(z);
	KIT_CHECK(end(&seen) == 0);
	KIT_CHECK(seen.bad_handshakes == 1 && seen.mute == 0);
	KIT_CHECK(seen.cut_off == 0 && seen.dropped == 1);

	begin(3600 * 1000);
	fd = silent(&z);
	for (int i = 0; i < PINGS; i++)
		KIT_CHECK(hears(fd));
	close(fd);
	zmtp_free(z);
	return end(&seen);
}
