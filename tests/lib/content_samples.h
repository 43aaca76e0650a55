/*
 * One message of each type of content, always the same bytes: for
 * docs/protocol.md.
 */
#ifndef LIB_CONTENT_SAMPLES_H
#define LIB_CONTENT_SAMPLES_H

#include "session/channel/content.h"

/**
 * content_sample(i, ret):
 * The name of the ${i}th sample and, in ${ret}, what it says; NULL past the
 * end.
 */
const char *content_sample(size_t i, struct content *ret);

#endif
