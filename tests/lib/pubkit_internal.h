/*
 * What the files of the kit share.
 */
#ifndef TESTS_LIB_PUBKIT_INTERNAL_H
#define TESTS_LIB_PUBKIT_INTERNAL_H

#include "lib/pubkit.h"

#define MUST(expression) pubkit_must((expression), #expression)

/* Abort, naming the expression, unless ${rc} is 0. */
void pubkit_must(int rc, const char *what);

struct bytes pubkit_priv(const struct pubkit *k, const struct pubkit_client *c);

/* Hand over what was written. */
struct buf pubkit_finish(struct writer *w);

extern const uint8_t pubkit_zeros[HASH_MAX];

#endif
