/* Whoever asked for a job waits for its end, also when serving is to end. */
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "net/inside.h"

static struct inside in;
static sem_t held, go;

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

int main(void)
{
	pthread_t asks, helps;
	int rc = -1;

	KIT_CHECK(sem_init(&held, 0, 0) == 0 && sem_init(&go, 0, 0) == 0);
	inside_prepare(&in);
	in.config.drain_time = 0;
	inside_run(&in);
	KIT_CHECK(pthread_create(&asks, NULL, run_hold, &rc) == 0);
	KIT_CHECK(sem_wait(&held) == 0);
	KIT_CHECK(pthread_create(&helps, NULL, let_go, NULL) == 0);
	inside_stop(&in);
	KIT_CHECK(pthread_join(asks, NULL) == 0 && rc == 0);
	KIT_CHECK(pthread_join(helps, NULL) == 0);
	/* Nothing is taken any more. */
	KIT_CHECK(server_job(in.server, hold, &rc) == ROWAN_E_STATE);
	return inside_end(&in);
}
