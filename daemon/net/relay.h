/*
 * The running relay: sockets, the loop of the network thread, and the writer
 * beside it.
 *
 * A library: no signals, no exit, no printing; rowand.c adds those. Several
 * can live in one process.
 */
#ifndef NET_RELAY_H
#define NET_RELAY_H

#include "config/config.h"
#include "net/notify.h"
#include "net/zap.h"
#include "ops/request.h"

struct relay;
struct store;
struct clock;

struct relay_options {
	const struct config *config;
	struct store *store; /* the relay's until relay_free */
	struct clock *clock;
	const struct key32 *keys[ZAP_PORTS]; /* NULL: that port is not served */
	struct notify_fds *fds; /* handed over; NULL or empty: bind */
};

/**
 * relay_open(ret, options):
 * Bind every port and start the writer. ROWAN_E_LIMIT when the process may not
 * have as many descriptors as connections are configured, ROWAN_E_IO when an
 * endpoint cannot be bound, ROWAN_E_NOMEM, ROWAN_E_INTERNAL. What ${options}
 * points to is borrowed until relay_free, the keys until the call returns.
 */
ROWAN_MUST int relay_open(
	struct relay **ret, const struct relay_options *options);

/**
 * relay_run(r):
 * Serve in the calling thread until relay_stop; then finish what was taken
 * and give the answers their time to leave. Returns 0, or ROWAN_E_CORRUPT when
 * the store turned out to be damaged.
 */
ROWAN_MUST int relay_run(struct relay *r);

/**
 * relay_stop(r):
 * End relay_run. From any thread, and from a signal handler.
 */
void relay_stop(struct relay *r);

/**
 * relay_job(r, job, cookie):
 * Run ${job} on the writer's thread, inside a transaction, and wait until it
 * is durable. From any thread but the relay's own two. Returns what the job
 * returned, or the commit's failure; ROWAN_E_STATE when the relay stops first.
 */
ROWAN_MUST int relay_job(struct relay *r, request_job *job, void *cookie);

/**
 * relay_endpoint(r, port):
 * Where ${port} listens, as bound; NULL when it is not served.
 */
const char *relay_endpoint(const struct relay *r, enum zap_port port);

/* What is counted, by name; relay_counters fills it in. */
struct relay_counters {
	uint64_t connections[ZAP_PORTS]; /* now */
	uint64_t zap[ZAP_VERDICTS];
	uint64_t bad_handshakes;
	uint64_t accept_failures;
	uint64_t turned_away; /* connections above the cap */
	uint64_t cut_off;     /* connections that gathered too much */
	uint64_t bad_routing; /* routing ids chosen by the peer */
	uint64_t received;    /* messages */
	uint64_t dropped;     /* without a readable header */
	uint64_t malformed;   /* refusals by kind... */
	uint64_t over_limit;
	uint64_t bad_version;
	uint64_t bad_operation;
	uint64_t over_rate;
	uint64_t not_authorised; /* ...the writer's "refused" */
	uint64_t unsent_answers;
	uint64_t unsent_pushes;
	uint64_t answers;
	uint64_t pushes;    /* messages */
	uint64_t envelopes; /* in them */
	uint64_t batches;
	uint64_t operations;
	uint64_t failed_commits;
	uint64_t clock_failures;
};

/**
 * relay_counters(r, ret):
 * A snapshot. For the relay's own thread, and for others after relay_run
 * returned or through relay_job.
 */
void relay_counters(const struct relay *r, struct relay_counters *ret);

/**
 * relay_free(r):
 * Close everything; not while relay_run runs. NULL is harmless.
 */
void relay_free(struct relay *r);

#endif
