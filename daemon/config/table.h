/*
 * The table of configuration keys: name, type, range, default, help.
 */
#ifndef CONFIG_TABLE_H
#define CONFIG_TABLE_H

#include "config/config.h"

enum table_type {
	TABLE_COUNT,	/* min and max as they are */
	TABLE_SIZE,	/* min and max in bytes */
	TABLE_DURATION, /* min and max in milliseconds */
	TABLE_SWITCH,
	TABLE_CHOICE,	  /* a word of ${choices} */
	TABLE_PATH,	  /* absolute */
	TABLE_CREDENTIAL, /* name of a credential or absolute path */
	TABLE_ENDPOINTS	  /* min and max are how many */
};

struct table_key {
	const char *name;
	enum table_type type;
	size_t offset; /* in struct config */
	uint64_t min;  /* for a credential 0: may be empty */
	uint64_t max;
	const char *value; /* default; of a list separated by spaces */
	const char *help;
	const char *choices; /* separated by spaces, else NULL */
	const char *section; /* heading before this key, else NULL */
};

/* ${low} must be less than ${high}, or equal to it. */
struct table_order {
	const char *low;
	const char *high;
	bool equal;
};

/**
 * table_at(i), table_order_at(i):
 * Return the ${i}th entry or NULL past the end.
 */
const struct table_key *table_at(size_t i);
const struct table_order *table_order_at(size_t i);

/**
 * table_find(name, len):
 * Return the entry called ${name} (${len} bytes), or NULL.
 */
const struct table_key *table_find(const char *name, size_t len);

/**
 * table_type_name(type):
 * Return what a value of ${type} looks like, in words.
 */
const char *table_type_name(enum table_type type);

#endif
