/*
 * A relay inside the test's own process, for what cannot be asked of a daemon
 * from outside: a writer that hangs, counters, settings that change.
 */
#ifndef TESTS_NET_INSIDE_H
#define TESTS_NET_INSIDE_H

#include <pthread.h>
#include <semaphore.h>

#include "net/kit.h"
#include "net/server.h"
#include "ops/ops.h"
#include "store/store.h"

struct inside {
	char dir[32];
	struct config config; /* what the server was opened with */
	struct key32 transport;
	struct server_options options;
	struct store *store;
	struct clock *clock;
	struct server *server;
	pthread_t thread;
	int result;	/* of server_run */
	sem_t held, go; /* of a writer that stands still */
	pthread_t holder;
	int held_result;
};

/**
 * inside_prepare(in):
 * A seeded store (two senders, two mailboxes), a clock that stands, settings
 * of a small relay. What is in ${in} may be changed before inside_run.
 */
void inside_prepare(struct inside *in);

/**
 * inside_run(in):
 * Open the server and serve in a thread; kit_open and kit_hello reach it.
 */
void inside_run(struct inside *in);

/**
 * inside_hold(in), inside_release(in):
 * Between them the writer stands still, in a job; what that returned is
 * inside_release's.
 */
void inside_hold(struct inside *in);
int inside_release(struct inside *in);

/**
 * inside_until_waiting(in, n):
 * So many requests wait for the writer, which stands still.
 */
void inside_until_waiting(struct inside *in, uint64_t n);

/**
 * inside_stop(in):
 * Stop serving; the server is still there to be looked at.
 */
void inside_stop(struct inside *in);

/**
 * inside_end(in):
 * Free everything and remove the folder. Returns 0, for main.
 */
int inside_end(struct inside *in);

#endif
