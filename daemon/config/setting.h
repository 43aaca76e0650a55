/*
 * The table of configuration keys: name, type, range, default, help.
 */
#ifndef CONFIG_SETTING_H
#define CONFIG_SETTING_H

#include "config/config.h"

enum setting_type {
	SETTING_COUNT,	  /* min and max as they are */
	SETTING_SIZE,	  /* min and max in bytes */
	SETTING_DURATION, /* min and max in milliseconds */
	SETTING_SWITCH,
	SETTING_PATH,	    /* absolute */
	SETTING_CREDENTIAL, /* name of a credential or absolute path */
	SETTING_ENDPOINTS   /* min and max are how many */
};

struct setting {
	const char *name;
	enum setting_type type;
	size_t offset;	   /* in struct config */
	uint64_t min;	   /* for a credential 0: may be empty */
	uint64_t max;	   /* of text: its longest, 0: as long as any may be */
	const char *value; /* default; of a list separated by spaces */
	const char *help;
	const char *section; /* heading before this key, else NULL */
	bool live;	     /* may change while the daemon runs */
};

/* ${low} must be less than ${high}, or equal to it. */
struct setting_order {
	const char *low;
	const char *high;
	bool equal;
};

/**
 * setting_at(i), setting_order_at(i):
 * Return the ${i}th entry or NULL past the end.
 */
const struct setting *setting_at(size_t i);
const struct setting_order *setting_order_at(size_t i);

/**
 * setting_find(name, len):
 * Return the entry called ${name} (${len} bytes), or NULL.
 */
const struct setting *setting_find(const char *name, size_t len);

/**
 * setting_type_name(type):
 * Return what a value of ${type} looks like, in words.
 */
const char *setting_type_name(enum setting_type type);

#endif
