/*
 * The writer without a network: each turn takes one group of requests, over a
 * store with three devices in channel 1, and a clock in the test's hand.
 *
 *	turn_begin();
 *	turn_submit(1, 1);
 *	turn_job(f, cookie);
 *	turn_end();
 *
 * The first request of a group is the kit's own: turn_at[1] is the first of
 * the test. For tests only: failures end the test.
 */
#ifndef TESTS_LIB_TURN_KIT_H
#define TESTS_LIB_TURN_KIT_H

#include "clock/clock.h"
#include "ops/batch.h"
#include "ops/committer.h"
#include "wire/card.h"

#define TURN_MOST 16 /* requests of one group */

extern struct request turn_at[TURN_MOST];
extern struct batch *turn_last; /* is the test's until the next group */
extern struct lanes turn_lanes;
extern struct ops_counters turn_counters;
extern struct clock_sample turn_wall; /* what the clock reads */
extern struct clock *turn_clock;
extern struct head *turn_head; /* of the log; the writer's while it runs */

/* Around each test: it is begun, and ends well. */
int turn_setup(void **state);
int turn_teardown(void **state);

/**
 * turn_begin(), turn_end(), turn_next():
 * Whatever is put between the first two is one group, answered in
 * ${turn_last}; wait for a batch that nobody asked for.
 */
void turn_begin(void);
void turn_end(void);
struct batch *turn_next(void);

/**
 * turn_over():
 * The last batch was the writer's last: wait for its end.
 */
void turn_over(void);

/**
 * turn_say(kind), turn_ask(op, n), turn_put(r):
 * A request of that kind, a message of device ${n}, whose connection is number
 * ${n}, to be filled; put it into the group.
 */
struct request *turn_say(enum request_kind kind);
struct request *turn_ask(uint16_t op, uint32_t n);
void turn_put(struct request *r);

/**
 * turn_job(f, cookie):
 * Put a job into the group.
 */
struct request *turn_job(request_job *f, void *cookie);

/**
 * turn_submit(n, counter), turn_submitted(r):
 * Device ${n} submits an envelope to channel 1; what became of it.
 */
struct request *turn_submit(uint32_t n, uint64_t counter);
uint16_t turn_submitted(const struct request *r);

/**
 * turn_subscribe(n, credit), turn_all_subscribe(credit):
 * Device ${n} subscribes; all three do in a group of their own, as everybody
 * who is connected and has seen all.
 */
void turn_subscribe(uint32_t n, uint32_t credit);
void turn_all_subscribe(uint32_t credit);

/**
 * turn_pushed(n):
 * Messages pushed to the connection of device ${n} by the last group.
 */
size_t turn_pushed(uint32_t n);

/**
 * turn_leaves():
 * How many leaves the log has, asked in a group of its own.
 */
uint64_t turn_leaves(void);

/**
 * turn_revoke(device, o), turn_erase(case_id, o):
 * Jobs for turn_job.
 */
int turn_revoke(void *device, struct ops *o);
int turn_erase(void *case_id, struct ops *o);

#endif
