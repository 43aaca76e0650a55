/*
 * The inside of relay_double: connections, and what its files share.
 */
#ifndef TESTS_LIB_DOUBLE_LINE_H
#define TESTS_LIB_DOUBLE_LINE_H

#include "lib/relay_double.h"
#include "ops/batch.h"
#include "ops/ops.h"

/* One device's side. */
struct double_line {
	struct relay_double *d;
	struct id16 device;
	uint32_t slot;
	struct transport transport;
	bool up, offline;
	bool stranger; /* on the enrolment port, with this key */
	struct key32 key;
	uint64_t connection;
	struct double_message *first, **last; /* waiting to be received */
	struct double_message *taken;	      /* lent by recv */
	struct double_line *next;
};

struct relay_double {
	char dir[64], path[96], copy[96], guard[96];
	struct key32 key;
	struct config config;
	struct ops_counters counters;
	struct ops ops;
	uint64_t ms;
	bool doubtful, serving;
	double_hook *hook;
	void *hook_ctx;
	struct double_line *lines;
	uint32_t line_count;
	struct double_message *held, **held_last;
	uint64_t total;
	uint32_t count[0x10000];
};

void double_must(int rc);
/* Sign the log of the clinic that the store knows now. */
void double_head(struct relay_double *d);
void double_begin(struct relay_double *d);

/* Run a request and deliver what follows. */
void double_run(struct relay_double *d, const struct double_message *m);

/* A message with copies of the frames; double_deliver takes it over. */
struct double_message *double_message_of(enum double_way way,
	const struct id16 *device, const struct bytes *frames, size_t count);
void double_deliver(struct relay_double *d, struct double_message *m);

struct double_line *double_line_of(
	struct relay_double *d, const struct id16 *device);
void double_lines_free(struct relay_double *d);
void double_line_cut(struct relay_double *d, struct double_line *l);

#endif
