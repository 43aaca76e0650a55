/* Whoever asks something of a running relay at the same time is answered. */
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "net/inside.h"

#define EACH 4

static struct inside in;
static sem_t held, go;
static _Atomic int called, done;

static void hold(void *cookie)
{
	(void)cookie;
	(void)sem_post(&held);
	while (sem_wait(&go) != 0)
		;
}

static void here(void *cookie)
{
	(void)cookie;
	called++;
}

static int job(void *cookie, struct ops *o)
{
	(void)cookie;
	(void)o;
	called++;
	return 0;
}

static void *call(void *number)
{
	/* One half each. */
	if ((intptr_t)number % 2 == 0)
		KIT_CHECK(server_here(in.server, here, NULL) == 0);
	else
		KIT_CHECK(server_job(in.server, job, NULL) == 0);
	done++;
	return NULL;
}

int main(void)
{
	static const struct timespec moment = {.tv_nsec = 50000000};
	pthread_t thread[2 * EACH];

	KIT_CHECK(sem_init(&held, 0, 0) == 0 && sem_init(&go, 0, 0) == 0);
	inside_prepare(&in);
	in.options.called = hold;
	inside_run(&in);
	server_call(in.server);
	KIT_CHECK(sem_wait(&held) == 0);
	for (intptr_t i = 0; i < 2 * EACH; i++)
		KIT_CHECK(
			pthread_create(&thread[i], NULL, call, (void *)i) == 0);
	nanosleep(&moment, NULL);
	KIT_CHECK(sem_post(&go) == 0);
	for (int i = 0; done < 2 * EACH; i++) {
		KIT_CHECK(i < RELAY_PATIENCE_MS / 50);
		nanosleep(&moment, NULL);
	}
	KIT_CHECK(called == 2 * EACH);
	for (int i = 0; i < 2 * EACH; i++)
		KIT_CHECK(pthread_join(thread[i], NULL) == 0);
	inside_stop(&in);
	return inside_end(&in);
}
