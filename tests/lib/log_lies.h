/*
 * Answers about the log as a daemon might make them up, in the place of the
 * double's true ones: well formed and false, of another question, or of no
 * form.
 *
 * For tests only: what cannot fail ends the test.
 */
#ifndef TESTS_LIB_LOG_LIES_H
#define TESTS_LIB_LOG_LIES_H

#include "lib/relay_double.h"

/* Change the answer ${m}; ${true_} is a decoded copy of it. */
typedef void log_lie_tell(
	struct double_message *m, const struct wire_message *true_);

struct log_lie {
	const char *name;
	uint16_t op; /* every answer to it */
	log_lie_tell *tell;
};

/* What they are made of. */
extern struct log_lies {
	struct relay_double *d;
	unsigned told;	       /* how often; the test's to reset */
	uint16_t code;	       /* of log_lie_refusal */
	struct bytes old_note; /* of log_lie_an_old_one */
	struct buf kept;       /* of log_lie_the_first_again; to be wiped */
} log_lies;

/**
 * log_lie_hook(lie, m):
 * For relay_double_hook: tell ${lie}, a struct log_lie.
 */
double_hook log_lie_hook;

/* To any: those of no use */
log_lie_tell log_lie_to_another_request;
log_lie_tell log_lie_of_another_operation;
log_lie_tell log_lie_truncated;
log_lie_tell log_lie_too_long;
log_lie_tell log_lie_a_frame_more;
log_lie_tell log_lie_noise;
log_lie_tell log_lie_refusal;

/* Paths */
log_lie_tell log_lie_a_bit_of_it;
log_lie_tell log_lie_a_hash_less;
log_lie_tell log_lie_no_hash;
log_lie_tell log_lie_a_hash_more;
log_lie_tell log_lie_all_the_hashes;
log_lie_tell log_lie_other_way_round;
log_lie_tell log_lie_of_another_leaf;
log_lie_tell log_lie_of_another_size;

/* Leaves */
log_lie_tell log_lie_leaves_flipped;
log_lie_tell log_lie_leaves_of_no_form;
log_lie_tell log_lie_leaves_swapped;
log_lie_tell log_lie_leaves_missing;
log_lie_tell log_lie_the_last_missing;
log_lie_tell log_lie_no_leaves;

/* Openings */
log_lie_tell log_lie_always_more;
log_lie_tell log_lie_further_each_time;
log_lie_tell log_lie_back_again;
log_lie_tell log_lie_one_twice;
log_lie_tell log_lie_under_another_number;
log_lie_tell log_lie_an_opening_flipped;
log_lie_tell log_lie_before_what_was_asked;
log_lie_tell log_lie_the_first_again;
log_lie_tell log_lie_some_left_out;

/* Checkpoints */
log_lie_tell log_lie_an_old_one;
log_lie_tell log_lie_a_bit_of_the_note;
log_lie_tell log_lie_no_note;

#endif
