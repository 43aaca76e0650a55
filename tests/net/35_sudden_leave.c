/* What was said before a sudden end is heard, and nothing of who said it stays.
 */
#include <semaphore.h>
#include <time.h>
#include <unistd.h>

#include <sys/socket.h>

#include "net/inner.h"
#include "net/inside.h"
#include "wire/envelope.h"
#include "wire/op.h"

#define TRIES 6

static sem_t held, go;

/* The network thread stands still: a word and the end are there together. */
static void hold(void *cookie)
{
	(void)cookie;
	(void)sem_post(&held);
	while (sem_wait(&go) != 0)
		;
}

/* Sender 0, without libzmq: what was sent is in the kernel. */
static struct zmtp *come(int *ret_fd)
{
	struct zmtp *z;
	int fd = kit_dial();

	z = kit_zmtp(SEED_SENDER, 0, 0);
	KIT_CHECK(kit_pump(fd, z, NULL));
	*ret_fd = fd;
	return z;
}

static void say(struct zmtp *z, int fd, uint16_t op, const struct writer *w,
	struct bytes envelope)
{
	struct wire_header h = {WIRE_VERSION_HIGH, op, 77};
	uint8_t head[WIRE_HEADER_LEN];
	bool more = envelope.len > 0;
	struct bytes out;

	wire_header_encode(&h, head);
	KIT_CHECK(zmtp_send(z, bytes_of(head, sizeof head), true) == 0);
	KIT_CHECK(zmtp_send(z, writer_view(w), more) == 0);
	if (more)
		KIT_CHECK(zmtp_send(z, envelope, false) == 0);
	out = zmtp_out(z);
	KIT_CHECK(
		send(fd, out.data, out.len, MSG_NOSIGNAL) == (ssize_t)out.len);
	zmtp_sent(z, out.len);
}

static void greet(struct zmtp *z, int fd)
{
	struct wire_empty nothing = {0};
	struct bytes answer;
	struct writer w;
	uint8_t mem[16];

	writer_init_fixed(&w, mem, sizeof mem);
	KIT_CHECK(wire_empty_encode(&nothing, &w) == 0);
	say(z, fd, WIRE_OP_PING, &w, bytes_of(NULL, 0));
	KIT_CHECK(kit_pump(fd, z, &answer));
}

/* Once as somebody who was known, once with its first word. */
static void leave(struct inside *in, uint64_t counter)
{
	static const struct timespec moment = {.tv_nsec = 100000000};
	static const uint8_t envelope[1024];
	static struct wire_submit s = {.count = 1};
	static uint8_t mem[256];
	struct writer w;
	struct zmtp *z;
	int fd;

	z = come(&fd);
	if (counter % 2 == 0)
		greet(z, fd);
	server_call(in->server);
	KIT_CHECK(sem_wait(&held) == 0);
	s.items[0] = (struct wire_submit_item){.channel = seed_channel(0, 0),
		.counter = counter,
		.envelope = bytes_of(envelope, sizeof envelope)};
	writer_init_fixed(&w, mem, sizeof mem);
	KIT_CHECK(wire_submit_encode(&s, &w) == 0);
	say(z, fd, WIRE_OP_SUBMIT, &w, s.items[0].envelope);
	close(fd);
	zmtp_free(z);
	/* libzmq's own thread reads both. */
	nanosleep(&moment, NULL);
	KIT_CHECK(sem_post(&go) == 0);
}

static struct inside in;
static uint32_t known;

static void count(void *cookie)
{
	(void)cookie;
	known = in.server->peers.count;
}

int main(void)
{
	static const struct timespec moment = {.tv_nsec = 20000000};
	struct relay_client *mailbox;
	static struct wire_push p;

	KIT_CHECK(sem_init(&held, 0, 0) == 0 && sem_init(&go, 0, 0) == 0);
	inside_prepare(&in);
	in.options.called = hold;
	inside_run(&in);
	mailbox = kit_hello(SEED_MAILBOX, 0);
	KIT_CHECK(relay_subscribe(mailbox, 0, 2 * TRIES, NULL) == 0);
	for (uint64_t i = 1; i <= TRIES; i++) {
		leave(&in, i);
		KIT_CHECK(relay_push(mailbox, RELAY_PATIENCE_MS, &p) == 0);
		KIT_CHECK(p.count == 1 && p.items[0].sequence == i);
	}
	/* The mailbox's own one is left. */
	for (int i = 0; known != 1; i++) {
		KIT_CHECK(i < RELAY_PATIENCE_MS / 20);
		nanosleep(&moment, NULL);
		KIT_CHECK(server_here(in.server, count, NULL) == 0);
	}
	relay_close(mailbox);
	inside_stop(&in);
	return inside_end(&in);
}
