/*
 * Which key an envelope was sealed under, as every member of its epoch can
 * see (RFC 9420 section 6.3.2). For tests only.
 */
#ifndef TESTS_SESSION_SNIFF_H
#define TESTS_SESSION_SNIFF_H

#include <rowan/mls.h>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/suite.h"

/* What opens the sender data of one epoch, also when it is over. */
struct sniffer {
	uint64_t epoch;
	const struct suite *suite;
	struct secret sender_data;
};

struct sniffed {
	uint64_t epoch;
	uint32_t leaf, generation;
};

/**
 * sniffer_of(g):
 * For the epoch that ${g} is in.
 */
struct sniffer sniffer_of(const struct rowan_mls_group *g);

/**
 * sniff(s, envelope, ret):
 * True iff it is a PrivateMessage of that epoch.
 */
bool sniff(const struct sniffer *s, struct bytes envelope, struct sniffed *ret);

#endif
