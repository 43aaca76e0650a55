/*
 * What handlers work with, and what runs them: the decisions of the daemon.
 *
 * Everything here belongs to the writer's thread. Trusts the request's device
 * (the transport authenticated it) and nothing else of it; every right is
 * judged inside the transaction that holds the effect.
 */
#ifndef OPS_OPS_H
#define OPS_OPS_H

#include <stdatomic.h>

#include "config/config.h"
#include "clinic/returning.h"
#include "log/head.h"
#include "ops/claims.h"
#include "ops/gates.h"
#include "ops/meter.h"
#include "ops/refusals.h"
#include "ops/request.h"
#include "ops/subs.h"
#include "ops/table.h"
#include "store/store.h"

/* Cases erased in one transaction, at most; more are refused till the next. */
#define OPS_ERASED_MAX 16

/* Read by the network thread; written by the writer. */
struct ops_counters {
	_Atomic uint64_t items_refused; /* envelopes of submissions */
	_Atomic uint64_t batches;
	_Atomic uint64_t operations;
	_Atomic uint64_t failed_commits;
	_Atomic uint64_t pushed;    /* envelopes */
	_Atomic uint64_t failed_at; /* second, monotonic, of the last failure */
	_Atomic bool unburied;	    /* an erased case has no tombstone */
	_Atomic uint64_t erasures;  /* of cases */
	_Atomic bool full;	    /* nothing new is taken */
	_Atomic uint8_t restoring;  /* enum returning_phase; 0: nothing waits */
	_Atomic bool restore_refused;
	_Atomic uint64_t restoring_missing, restoring_since;
	struct meter batch_size;  /* operations in a transaction */
	struct meter commit_time; /* microseconds, the sync included */
	_Atomic uint64_t unnoted; /* checkpoints not noted in the guard */
};

/*
 * What a handler says of its request for the log, beside what is known of
 * every one: set with record_... (record.h) before it returns.
 */
struct record {
	struct id16 case_id, channel;
	uint64_t number;
	struct wire_hash content;
	bool done; /* it has its leaves, or nothing was read */
};

struct ops {
	struct store *store;
	struct store_reader *view;
	const struct config *config;
	struct subs subs;
	struct claims *claims;
	struct gates gates;
	struct returning returning; /* what a restore waits for */
	struct store_batch *fetched;
	struct ops_counters *counters;
	struct head *head; /* NULL: nothing is signed */
	struct refusals refusals;
	struct wire_next_key next; /* served beside the present one */

	/* Of the open transaction. */
	uint64_t now;
	uint64_t sure; /* what starts or is released later is not yet */
	bool doubtful; /* the clock is */
	struct store_device sender;
	struct record record; /* of the request being run */
	bool allowed;	      /* an ops_allow_* said yes */
	bool lost;	      /* the transaction is: only store_abort helps */
	bool damaged;	      /* the store is: stop serving */
	struct id16 *revoked; /* take effect with the commit */
	size_t revoked_count, revoked_cap;
	struct id16 erased[OPS_ERASED_MAX]; /* cases; noted after the commit */
	size_t erased_count;
};

/**
 * ops_run(o, r):
 * Authorise and apply one client's request inside the open transaction and
 * leave the answer in it. Sets ${o->lost} or ${o->damaged} when the
 * transaction cannot go on.
 */
void ops_run(struct ops *o, struct request *r);

/**
 * ops_ended(ctx, device, ret):
 * A subs_ended whose ${ctx} is the struct ops.
 */
ROWAN_MUST int ops_ended(void *ctx, const struct id16 *device, bool *ret);

/**
 * ops_job(o, r):
 * Run an administrative job inside the open transaction, all of it or nothing.
 */
void ops_job(struct ops *o, struct request *r);

/**
 * ops_settle(o, rc):
 * End what store_mark began: keep it when ${rc} is 0, else take it back.
 * Returns ${rc}, or why it could not be kept.
 */
ROWAN_MUST int ops_settle(struct ops *o, int rc);

/**
 * ops_refuse(r, code, retry_ms):
 * Make the answer a refusal. The time is dropped where the code has none.
 */
void ops_refuse(struct request *r, uint16_t code, uint32_t retry_ms);

/**
 * ops_code(error, ret):
 * Set ${ret} to what a client is told of ${error}, 0 included.
 */
void ops_code(int error, struct wire_error *ret);

/**
 * ops_allow_channel(o, r, channel):
 * Return 0 iff the request's device takes part in ${channel} now; else the
 * one ROWAN_E_REFUSED, or the store's failure. ROWAN_E_RESTORING while its
 * case waits for what a restore has lost.
 */
ROWAN_MUST int ops_allow_channel(
	struct ops *o, const struct request *r, const struct id16 *channel);

/**
 * ops_allow_case(o, r, case_id, ret, max, ret_len):
 * Copy those channels of the case in which the request's device takes part.
 * ROWAN_E_REFUSED when there are none, known case or not.
 */
ROWAN_MUST int ops_allow_case(struct ops *o, const struct request *r,
	const struct id16 *case_id, struct store_channel *ret, size_t max,
	size_t *ret_len);

/**
 * ops_erased(o, case_id):
 * Say that the open transaction erases a case: with its commit it gets its
 * tombstone (clinic/tombstones.h). ROWAN_E_AGAIN when there are too many.
 */
ROWAN_MUST int ops_erased(struct ops *o, const struct id16 *case_id);

/**
 * ops_revoked(o, device):
 * Say that the open transaction ends the rights of ${device}: with its commit
 * pushes stop and connections are closed. ROWAN_E_NOMEM.
 */
ROWAN_MUST int ops_revoked(struct ops *o, const struct id16 *device);

#endif
