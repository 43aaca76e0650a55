/*
 * Splits a configuration file into settings, so that every mistake can be
 * reported and not only the first, and so that duplicates are seen.
 *
 * Knows where a setting begins and ends; values are read by libconfig, one
 * setting at a time. Refuses includes. Allocates nothing.
 */
#ifndef CONFIG_SCAN_H
#define CONFIG_SCAN_H

#include "base/bytes.h"

struct scan {
	const char *pos;
	const char *end;
	unsigned line;
};

/* One "name = value", or a place that is none. */
struct scan_setting {
	unsigned line;
	const char *error; /* NULL, or what is wrong: static text */
	struct bytes name;
	struct bytes text; /* from name to the end of the value */
};

/**
 * scan_init(s, text):
 * Start at the first byte of ${text}, which must outlive ${s}.
 */
void scan_init(struct scan *s, struct bytes text);

/**
 * scan_next(s, ret):
 * Find the next setting or mistake. Returns false at the end.
 */
bool scan_next(struct scan *s, struct scan_setting *ret);

#endif
