/*
 * A head over a store of its own, witnesses that cosign what it hands out, and
 * the clock in the hands of the test.
 */
#ifndef TESTS_HEAD_KIT_H
#define TESTS_HEAD_KIT_H

#include "lib/store_kit.h"
#include "log/head.h"

extern struct kit kit;		   /* the store, and what time it is */
extern struct key32 head_kit_seed; /* of the log key */
extern char head_kit_guard[96];	   /* path of the record */
extern bool head_kit_named;	   /* does the authority name the lost head? */

struct witness {
	struct note_key key;
	uint8_t sk[64];
};

/* Around each test. */
int head_kit_setup(void **state);
int head_kit_teardown(void **state);

ROWAN_MUST int head_kit_open(
	bool accept, struct head **ret, struct head_found *found);
/* It must be good. */
struct head *head_kit_good(void);

/* So many entries, in one batch. */
void head_kit_leaves(size_t n);

struct witness head_kit_witness(uint8_t n);

/* Its word for ${note}, brought as one for ${size}; that is an entry, too. */
ROWAN_MUST int head_kit_cosign(struct head *h, const struct witness *w,
	struct bytes note, uint64_t size);

/* Have both cosigned it? */
bool head_kit_has_both(
	struct bytes note, const struct witness *a, const struct witness *b);

/* Of a checkpoint, which it must be. */
uint64_t head_kit_size_of(struct bytes note);

#endif
