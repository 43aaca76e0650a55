/*
 * A relay inside the test's own process: see inside.h.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "clock/clock.h"
#include "net/inside.h"

static int read_clock(void *ctx, struct clock_sample *ret)
{
	*ret = (struct clock_sample){1800000000000u, 1000, true};
	return 0;
}

static void *serve(void *cookie)
{
	struct inside *in = cookie;

	in->result = server_run(in->server);
	return NULL;
}

static void path_of(const struct inside *in, const char *name, char ret[64])
{
	snprintf(ret, 64, "%s/%s", in->dir, name);
}

void inside_prepare(struct inside *in)
{
	struct seed_clinic clinic = {.senders = 2, .mailboxes = 2};
	struct store_options so = {.mailbox_max = 1000};
	struct clock_options co = {.jump = 1000, .ahead = 1000};
	struct clock_source source = {read_clock, NULL};
	struct seed_server key;
	struct key32 store_key;
	char path[64];

	memset(in, 0, sizeof *in);
	strcpy(in->dir, "/tmp/inside.XXXXXX");
	KIT_CHECK(sodium_init() >= 0 && mkdtemp(in->dir) != NULL);
	path_of(in, "db", path);
	seed_store_key(&store_key);
	so.path = path;
	so.key = &store_key;
	KIT_CHECK(store_open(&in->store, &so) == 0);
	KIT_CHECK(seed_put(in->store, &clinic) == 0);
	path_of(in, "clock", path);
	KIT_CHECK(clock_open(path, &co, &source, &in->clock) == 0);
	config_defaults(&in->config);
	in->config.connections = 64;
	in->config.connections_enrol = 16;
	in->config.listen.count = 1;
	strcpy(in->config.listen.item[0], "tcp://127.0.0.1:*");
	in->config.listen_enrol.count = 0;
	seed_server(0, &key);
	memcpy(in->transport.b, key.secret, KEY32_LEN);
	in->options = (struct server_options){.config = &in->config,
		.store = in->store,
		.clock = in->clock,
		.keys[ZAP_MAIN] = &in->transport};
}

void inside_run(struct inside *in)
{
	KIT_CHECK(server_open(&in->server, &in->options) == 0);
	KIT_CHECK(sscanf(strrchr(server_endpoint(in->server, ZAP_MAIN), ':'),
			  ":%d", &kit_daemon.port) == 1);
	KIT_CHECK(pthread_create(&in->thread, NULL, serve, in) == 0);
}

static int hold(void *cookie, struct ops *o)
{
	struct inside *in = cookie;

	(void)o;
	(void)sem_post(&in->held);
	while (sem_wait(&in->go) != 0)
		;
	return 0;
}

static void *ask_to_hold(void *cookie)
{
	struct inside *in = cookie;

	in->held_result = server_job(in->server, hold, in);
	return NULL;
}

void inside_hold(struct inside *in)
{
	KIT_CHECK(
		sem_init(&in->held, 0, 0) == 0 && sem_init(&in->go, 0, 0) == 0);
	KIT_CHECK(pthread_create(&in->holder, NULL, ask_to_hold, in) == 0);
	KIT_CHECK(sem_wait(&in->held) == 0);
}

int inside_release(struct inside *in)
{
	KIT_CHECK(sem_post(&in->go) == 0);
	KIT_CHECK(pthread_join(in->holder, NULL) == 0);
	return in->held_result;
}

struct queue {
	struct inside *in;
	uint64_t len;
};

static void look(void *cookie)
{
	struct queue *q = cookie;
	struct server_state s;

	server_state(q->in->server, &s);
	q->len = s.queue;
}

void inside_until_waiting(struct inside *in, uint64_t n)
{
	static const struct timespec moment = {.tv_nsec = 5000000};
	struct queue q = {in, 0};

	KIT_CHECK(server_here(in->server, look, &q) == 0);
	for (int i = 0; q.len != n; i++) {
		KIT_CHECK(i < RELAY_PATIENCE_MS / 5);
		nanosleep(&moment, NULL);
		KIT_CHECK(server_here(in->server, look, &q) == 0);
	}
}

void inside_stop(struct inside *in)
{
	server_stop(in->server);
	pthread_join(in->thread, NULL);
	KIT_CHECK(in->result == 0);
}

int inside_end(struct inside *in)
{
	static const char *const files[] = {
		"db", "db-wal", "db-shm", "db-reserve", "clock"};
	char path[64];

	server_free(in->server);
	store_close(in->store);
	KIT_CHECK(clock_close(in->clock) == 0);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		path_of(in, files[i], path);
		(void)unlink(path);
	}
	KIT_CHECK(rmdir(in->dir) == 0);
	return 0;
}
