/*
 * The writer: the one thread that changes the store. Takes what the network
 * thread handed over, commits it as one group, and hands back answers and
 * pushes once the disk has said so.
 *
 *	requests: network -> writer       batches: writer -> network
 *	used batches: network -> writer
 *
 * A group is whatever came while the one before was being committed, up to a
 * number of operations; it never waits for more. Answers leave last: when a
 * commit fails, every answer of its group becomes "try again".
 */
#ifndef OPS_COMMITTER_H
#define OPS_COMMITTER_H

#include "ops/ops.h"
#include "ops/ring.h"

struct committer;
struct clock;

/* The rings and bells between the two threads. */
struct lanes {
	struct ring requests;
	struct ring batches;
	struct ring used;
	struct wake writer; /* rung by the network thread */
	struct wake network;
	_Atomic uint64_t beats; /* turns of the writer, at least one a second */
	_Atomic(struct config *) fresh; /* for the writer, who frees it */
};

struct committer_options {
	struct store *store;
	struct clock *clock;
	struct head *head; /* of the log; NULL: nothing is signed */
	const struct config *config;
	struct lanes *lanes;
	struct ops_counters *counters;
	struct wire_next_key next; /* that clients are told of */
	bool unburied;		   /* an erased case has no tombstone */
};

/**
 * lanes_init(l, requests), lanes_wipe(l):
 * Lanes for up to ${requests} requests on the way. ROWAN_E_NOMEM, ROWAN_E_IO.
 */
ROWAN_MUST int lanes_init(struct lanes *l, size_t requests);
void lanes_wipe(struct lanes *l);

/**
 * lanes_config(l, config):
 * Have the writer take in the settings of ${config} that may change while it
 * runs; copied. From the network thread. ROWAN_E_NOMEM.
 */
ROWAN_MUST int lanes_config(struct lanes *l, const struct config *config);

/**
 * committer_start(ret, options):
 * Start the thread; everything in ${options} is borrowed until
 * committer_join. The store belongs to the thread from now on. ROWAN_E_NOMEM,
 * ROWAN_E_INTERNAL.
 */
ROWAN_MUST int committer_start(
	struct committer **ret, const struct committer_options *options);

/**
 * committer_join(c):
 * Wait for the thread, which ends after a REQUEST_STOP or on a damaged store
 * (its last batch says so), and free. NULL is harmless.
 */
void committer_join(struct committer *c);

#endif
