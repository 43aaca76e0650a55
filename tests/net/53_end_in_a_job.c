/*
 * Whoever asked for a job waits for its end, also when serving is to end; what
 * is said meanwhile is not taken any more.
 */
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "net/inner.h"
#include "net/inside.h"
#include "wire/op.h"

static struct inside in;
static sem_t held, go;
static bool draining;
static uint64_t received;

static int hold(void *cookie, struct ops *o)
{
	(void)o;
	(void)sem_post(&held);
	while (sem_wait(&go) != 0)
		;
	*(int *)cookie += 1;
	return 0;
}

static void *run_hold(void *ret)
{
	int done = 0;

	/* What the job has is here, on the stack. */
	*(int *)ret = server_job(in.server, hold, &done);
	KIT_CHECK(done == 1);
	return NULL;
}

static void *let_go(void *none)
{
	static const struct timespec moment = {.tv_nsec = 500000000};

	(void)none;
	nanosleep(&moment, NULL);
	(void)sem_post(&go);
	return NULL;
}

static void look(void *cookie)
{
	(void)cookie;
	draining = in.server->draining;
	received = in.server->count.received;
}

/* Serving is to end, and then somebody says something. */
static void too_late(struct relay_client *c)
{
	static const struct timespec moment = {.tv_nsec = 5000000};
	struct relay_request ping = {.op = WIRE_OP_PING};

	server_stop(in.server);
	for (int i = 0; !draining; i++) {
		KIT_CHECK(i < RELAY_PATIENCE_MS / 5);
		nanosleep(&moment, NULL);
		KIT_CHECK(server_here(in.server, look, NULL) == 0);
	}
	KIT_CHECK(relay_send(c, &ping, NULL) == 0);
}

int main(void)
{
	struct relay_client *c;
	pthread_t asks, helps;
	int rc = -1;

	KIT_CHECK(sem_init(&held, 0, 0) == 0 && sem_init(&go, 0, 0) == 0);
	inside_prepare(&in);
	in.config.drain_time = 0;
	inside_run(&in);
	c = kit_hello(SEED_SENDER, 0);
	KIT_CHECK(pthread_create(&asks, NULL, run_hold, &rc) == 0);
	KIT_CHECK(sem_wait(&held) == 0);
	too_late(c);
	KIT_CHECK(pthread_create(&helps, NULL, let_go, NULL) == 0);
	inside_stop(&in);
	KIT_CHECK(pthread_join(asks, NULL) == 0 && rc == 0);
	KIT_CHECK(pthread_join(helps, NULL) == 0);
	KIT_CHECK(in.server->count.received == received);
	relay_close(c);
	/* Nothing is taken any more. */
	KIT_CHECK(server_job(in.server, hold, &rc) == ROWAN_E_STATE);
	return inside_end(&in);
}
