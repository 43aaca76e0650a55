/*
 * Which key an envelope was sealed under, as every member of its epoch can
 * see (RFC 9420 section 6.3.2). For tests only.
 */
#ifndef TESTS_SESSION_SNIFF_H
#define TESTS_SESSION_SNIFF_H

#include <rowan/mls.h>

#include "base/bytes.h"

struct sniffed {
	uint64_t epoch;
	uint32_t leaf, generation;
};

/**
 * sniff(g, envelope, ret):
 * True iff it is a PrivateMessage of the epoch that ${g} is in.
 */
bool sniff(const struct rowan_mls_group *g, struct bytes envelope,
	struct sniffed *ret);

#endif
