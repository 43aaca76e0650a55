/*
 * The running relay: sockets, the loop of the network thread, and the writer
 * beside it.
 *
 * A library: no signals, no exit, no printing; rowand.c adds those. Several
 * can live in one process.
 */
#ifndef NET_SERVER_H
#define NET_SERVER_H

#include "config/config.h"
#include "net/counters.h"
#include "net/notify.h"
#include "net/zap.h"
#include "ops/meter.h"
#include "ops/request.h"

struct server;
struct store;
struct clock;
struct head;

/* Called in the thread of server_run, where the relay may be looked at. */
typedef void server_called(void *cookie);

struct server_options {
	const struct config *config;
	struct store *store; /* the relay's until server_free */
	struct clock *clock;
	struct head *head; /* of the log; NULL: nothing is signed */
	const struct key32 *keys[ZAP_PORTS]; /* NULL: that port is not served */
	struct notify_fds *fds; /* handed over; NULL or empty: bind */
	bool unburied; /* an erased case has no tombstone: to be tried again */
	server_called *called; /* NULL: nobody calls */
	void *cookie;	       /* its */
};

/**
 * server_open(ret, options):
 * Bind every port and start the writer. ROWAN_E_LIMIT when the process may not
 * have as many descriptors as connections are configured, ROWAN_E_IO when an
 * endpoint cannot be bound, ROWAN_E_NOMEM, ROWAN_E_INTERNAL. Store, clock and
 * cookie are borrowed until server_free, the rest until the call returns.
 */
ROWAN_MUST int server_open(
	struct server **ret, const struct server_options *options);

/**
 * server_run(r):
 * Serve in the calling thread until server_stop; then finish what was taken
 * and give the answers their time to leave. Returns 0, or ROWAN_E_CORRUPT when
 * the store turned out to be damaged.
 */
ROWAN_MUST int server_run(struct server *r);

/**
 * server_stop(r):
 * End server_run. From any thread, and from a signal handler.
 */
void server_stop(struct server *r);

/**
 * server_call(r):
 * Have the ${called} of the options called soon; several calls may become one.
 * From any thread, and from a signal handler.
 */
void server_call(struct server *r);

/**
 * server_config(r, fresh, ret):
 * Serve from now on with those settings of ${fresh} that may change in a
 * running relay; ${ret} names them and those that would need a restart. From
 * ${called} only. ROWAN_E_NOMEM leaves everything as it was.
 */
ROWAN_MUST int server_config(struct server *r, const struct config *fresh,
	struct config_change *ret);

/**
 * server_job(r, job, cookie):
 * Run ${job} on the writer's thread, inside a transaction, and wait until it
 * is durable. From any thread but the relay's own two. Returns what the job
 * returned, or the commit's failure; ROWAN_E_STATE when the relay stops first.
 */
ROWAN_MUST int server_job(struct server *r, request_job *job, void *cookie);

/**
 * server_here(r, call, cookie):
 * Run ${call} on the network thread, between two turns of its loop, and wait
 * for it. It must be brief and use neither server_job nor server_here. From
 * any other thread than the relay's own two. ROWAN_E_STATE when the relay
 * stops first, ROWAN_E_NOMEM.
 */
ROWAN_MUST int server_here(struct server *r, server_called *call, void *cookie);

/**
 * server_endpoint(r, port):
 * Where ${port} listens, as bound; NULL when it is not served.
 */
const char *server_endpoint(const struct server *r, enum zap_port port);

/**
 * server_counters(r, ret):
 * A snapshot. For the relay's own thread, and for others after server_run
 * returned or through server_job.
 */
void server_counters(const struct server *r, struct server_counters *ret);

/* How the relay stands at this moment. */
struct server_state {
	struct server_counters count;
	struct config config; /* in force */
	uint64_t queue;	      /* requests that wait for the writer */
	uint64_t failed_at;   /* second, monotonic; 0: no commit failed */
	bool room;	      /* new envelopes are taken */
	bool unburied;	      /* an erased case has no tombstone */
	uint64_t erasures;    /* of cases, since the start */
	uint8_t restoring;    /* enum returning_phase; 0: nothing waits */
	bool restore_refused; /* what came back took its signer's word away */
	uint64_t restoring_missing; /* devices */
	uint64_t restoring_since;   /* 0: the clock is doubtful */
	struct meter_view answer_time, batch_size, commit_time;
	bool draining;
};

/**
 * server_state(r, ret):
 * For the relay's own thread.
 */
void server_state(struct server *r, struct server_state *ret);

/**
 * server_free(r):
 * Close everything; not while server_run runs. NULL is harmless.
 */
void server_free(struct server *r);

#endif
