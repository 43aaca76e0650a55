/*
 * What the relay counts: one struct, and one table with its names.
 *
 * Counts only, of kinds of events: never who, never what, never from where.
 */
#ifndef NET_COUNTERS_H
#define NET_COUNTERS_H

#include "base/writer.h"
#include "net/zap.h"

struct server_counters {
	uint64_t connections[ZAP_PORTS]; /* now */
	uint64_t zap[ZAP_VERDICTS];
	uint64_t bad_handshakes;
	uint64_t accept_failures;
	uint64_t turned_away; /* connections above the cap */
	uint64_t cut_off;     /* connections that gathered too much */
	uint64_t mute;	      /* connections that said nothing */
	uint64_t bad_routing; /* routing ids chosen by the peer */
	uint64_t received;    /* messages */
	uint64_t dropped;     /* without a readable header */
	uint64_t malformed;   /* refusals of whole requests, by kind... */
	uint64_t over_limit;
	uint64_t bad_version;
	uint64_t bad_operation;
	uint64_t over_rate;	 /* ...by what was spent in a minute */
	uint64_t not_authorised; /* ...the writer's "refused" */
	uint64_t over_quota;	 /* ...by what is stored */
	uint64_t full;
	uint64_t held;
	uint64_t exists;
	uint64_t stale;		/* another came first, or a leaf must go */
	uint64_t again;		/* our own fault: a failed commit, draining */
	uint64_t items_refused; /* envelopes of submissions, any kind */
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

/* One count, by the name it is shown under. */
struct counter {
	const char *name;
	size_t offset; /* in struct server_counters, a uint64_t */
};

/**
 * counters_at(i):
 * Return the ${i}th entry of the table, which names every count once, or NULL
 * past the end.
 */
const struct counter *counters_at(size_t i);

/**
 * counters_get(c, counter):
 * Return the value of that count.
 */
uint64_t counters_get(
	const struct server_counters *c, const struct counter *counter);

/**
 * counters_of_code(c, code):
 * Return the count of requests refused with an answer code.
 */
uint64_t *counters_of_code(struct server_counters *c, uint16_t code);

/**
 * counters_write(c, w):
 * All of them as "name=value", separated by spaces, on one line without end.
 */
void counters_write(const struct server_counters *c, struct writer *w);

#endif
