/* The watchdog is fed while both threads move, and not while the writer hangs.
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <semaphore.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/inside.h"

static sem_t begun, go_on;

static int hang(void *cookie, struct ops *o)
{
	sem_post(&begun);
	while (sem_wait(&go_on) != 0)
		;
	return 0;
}

static void *hang_writer(void *cookie)
{
	struct inside *in = cookie;

	KIT_CHECK(server_job(in->server, hang, NULL) == 0);
	return NULL;
}

/* A socket in the abstract name space: nothing to remove. */
static int manager(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	char name[64];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), len;

	len = snprintf(name, sizeof name, "@rowan-watchdog-%d", (int)getpid());
	memcpy(a.sun_path + 1, name + 1, (size_t)len - 1);
	KIT_CHECK(fd >= 0 &&
		  bind(fd, (struct sockaddr *)&a,
			  (socklen_t)(sizeof a.sun_family + (size_t)len)) == 0);
	setenv("NOTIFY_SOCKET", name, 1);
	/* A quarter of a second: an idle writer's own turns are rarer. */
	setenv("WATCHDOG_USEC", "250000", 1);
	unsetenv("WATCHDOG_PID");
	return fd;
}

static bool fed(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char text[64] = "";

	if (poll(&p, 1, ms) != 1)
		return false;
	KIT_CHECK(recv(fd, text, sizeof text - 1, 0) > 0);
	return strcmp(text, "WATCHDOG=1") == 0;
}

int main(void)
{
	static struct inside in;
	struct relay_client *c;
	pthread_t thread;
	int fd = manager();

	KIT_CHECK(sem_init(&begun, 0, 0) == 0 && sem_init(&go_on, 0, 0) == 0);
	inside_prepare(&in);
	inside_run(&in);
	/* Idle, and again and again. */
	for (int i = 0; i < 4; i++)
		KIT_CHECK(fed(fd, RELAY_PATIENCE_MS));
	c = kit_hello(SEED_SENDER, 0);
	KIT_CHECK(fed(fd, RELAY_PATIENCE_MS));
	/* The writer hangs: some may be on their way, then no more. */
	KIT_CHECK(pthread_create(&thread, NULL, hang_writer, &in) == 0);
	KIT_CHECK(sem_wait(&begun) == 0);
	for (int i = 0; fed(fd, 1000); i++)
		KIT_CHECK(i < 10);
	/* It goes on, and so does the feeding. */
	sem_post(&go_on);
	KIT_CHECK(pthread_join(thread, NULL) == 0);
	KIT_CHECK(fed(fd, RELAY_PATIENCE_MS) && fed(fd, RELAY_PATIENCE_MS));
	KIT_CHECK(kit_ping(c));
	relay_close(c);
	inside_stop(&in);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	close(fd);
	return inside_end(&in);
}
