/*
 * A device may connect so often and no oftener, whether it says anything or
 * not; somebody else is not held up. Who is gone is in no line.
 */
#include <time.h>
#include <unistd.h>

#include "net/inner.h"
#include "net/inside.h"

#define TRIES 130 /* 60 at once and one a second */
#define MUTE  8

static struct inside in;

static void later(void *ret)
{
	struct server_counters seen;

	server_counters(in.server, &seen);
	*(uint64_t *)ret = seen.zap[ZAP_LATER];
}

/* Whoever has to come later is not told so: the daemon counts it. */
static bool greeted(void)
{
	struct relay_client *c = kit_open(SEED_SENDER, 0);
	uint64_t before, now;
	struct wire_message m;
	bool ret;

	KIT_CHECK(server_here(in.server, later, &before) == 0);
	do {
		(void)!relay_next(c, 5, &m);
		KIT_CHECK(server_here(in.server, later, &now) == 0);
	} while (now == before && !relay_link_ready(relay_link(c)));
	ret = relay_link_ready(relay_link(c));
	relay_close(c);
	return ret;
}

static void line(void *ret)
{
	const struct guard_line *l = &in.server->line[0];

	*(bool *)ret = in.server->connected[ZAP_MAIN] == 0 && l->oldest < 0 &&
		       l->newest < 0;
}

static void empty(void)
{
	static const struct timespec moment = {.tv_nsec = 5000000};
	bool ret = false;

	for (int i = 0; !ret; i++) {
		KIT_CHECK(i < RELAY_PATIENCE_MS / 5);
		nanosleep(&moment, NULL);
		KIT_CHECK(server_here(in.server, line, &ret) == 0);
	}
}

int main(void)
{
	struct server_counters seen;
	struct relay_client *other;
	int fds[MUTE], ready = 0;

	inside_prepare(&in);
	inside_run(&in);
	for (int i = 0; i < MUTE; i++)
		fds[i] = kit_dial();
	/* Not in the order in which they came. */
	for (int i = 0; i < MUTE; i++)
		close(fds[(i * 3 + 1) % MUTE]);
	empty();
	for (int i = 0; i < TRIES; i++) {
		ready += greeted();
		KIT_CHECK(i >= 60 || ready == i + 1);
	}
	KIT_CHECK(ready < TRIES);
	other = kit_hello(SEED_SENDER, 1);
	KIT_CHECK(kit_ping(other));
	relay_close(other);
	empty();
	inside_stop(&in);
	server_counters(in.server, &seen);
	KIT_CHECK(seen.zap[ZAP_LATER] == (uint64_t)(TRIES - ready));
	return inside_end(&in);
}
