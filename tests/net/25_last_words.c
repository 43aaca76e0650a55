/* What a connection said before it was closed for another is not heard. */
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "net/inside.h"
#include "wire/envelope.h"
#include "wire/hello.h"
#include "wire/op.h"

static sem_t held, go;

/* The network thread stands still, and what is sent gathers. */
static void hold(void *cookie)
{
	(void)cookie;
	(void)sem_post(&held);
	while (sem_wait(&go) != 0)
		;
}

static void say(struct relay_client *c, uint16_t op, const struct writer *w,
	int envelope)
{
	struct wire_header h = {WIRE_VERSION_HIGH, op, 77};
	static uint8_t body[1024];
	uint8_t head[WIRE_HEADER_LEN];
	struct bytes frames[3] = {bytes_of(head, sizeof head), writer_view(w),
		bytes_of(body, sizeof body)};

	wire_header_encode(&h, head);
	kit_frames(c, frames, envelope ? 3 : 2);
}

int main(void)
{
	struct timespec moment = {.tv_sec = 1};
	static struct wire_submit s = {.count = 1};
	struct relay_client *first, *second, *mailbox;
	static uint8_t mem[256], envelope[1024];
	struct wire_empty nothing = {0};
	struct wire_message m;
	struct inside in;
	struct writer w;

	KIT_CHECK(sem_init(&held, 0, 0) == 0 && sem_init(&go, 0, 0) == 0);
	inside_prepare(&in);
	in.config.connections_device = 1;
	in.options.called = hold;
	inside_run(&in);
	mailbox = kit_hello(SEED_MAILBOX, 0);
	KIT_CHECK(relay_subscribe(mailbox, 0, 10, NULL) == 0);
	first = kit_hello(SEED_SENDER, 0);
	second = kit_open(SEED_SENDER, 0);
	/* Its handshake, and no word. */
	while (!relay_link_ready(relay_link(second)))
		KIT_CHECK(relay_next(second, 20, &m) == ROWAN_E_AGAIN);
	server_call(in.server);
	KIT_CHECK(sem_wait(&held) == 0);

	/* The newer one speaks, so the older one goes, with what it says. */
	writer_init_fixed(&w, mem, sizeof mem);
	KIT_CHECK(wire_empty_encode(&nothing, &w) == 0);
	say(second, WIRE_OP_PING, &w, 0);
	nanosleep(&moment, NULL);
	s.items[0] = (struct wire_submit_item){.channel = seed_channel(0, 0),
		.counter = 1,
		.envelope = bytes_of(envelope, sizeof envelope)};
	writer_init_fixed(&w, mem, sizeof mem);
	KIT_CHECK(wire_submit_encode(&s, &w) == 0);
	say(first, WIRE_OP_SUBMIT, &w, 1);
	nanosleep(&moment, NULL);
	KIT_CHECK(sem_post(&go) == 0);

	kit_closed(first);
	kit_no_push(mailbox, 300);
	inside_stop(&in);
	relay_close(first);
	relay_close(second);
	relay_close(mailbox);
	return inside_end(&in);
}
