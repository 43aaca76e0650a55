/*
 * The companion's inside: a handle, and what the person is looking at.
 */
#ifndef COMPANION_COMPANION_H
#define COMPANION_COMPANION_H

#include <rowan.h>

#include "input.h"

#define LISTED_MAX 200

struct companion {
	struct rowan *r;
	const char *path;
	struct input in;
	bool person; /* at a terminal, not a pipe */
	bool over;
	bool old_copy; /* to be readmitted, as soon as that is possible */
	/* The last listing: "fetch 3" is about its third line. */
	unsigned char listed[LISTED_MAX][ROWAN_ID_LEN];
	size_t listed_count;
};

/* One line of the person's. */
void command(struct companion *c, char *line);

/* Tell what has happened, and be done with it. */
void tell_events(struct companion *c);

/* Look after the connection for at most ${ms}, or until ${until} says so. */
void work(struct companion *c, int ms, bool (*until)(struct companion *c));

/* Unlock with a passphrase; make the vault when there is none. */
bool unlock(struct companion *c);

/* The id of the channel of a kind; false when there is none for us. */
bool find_channel(struct companion *c, enum rowan_channel_kind kind,
	unsigned char ret[ROWAN_ID_LEN]);

/* What a member is called in a channel, fit for the screen. */
void name_of(struct companion *c, const unsigned char *channel,
	const unsigned char *member, char *ret, size_t size);

/* What went wrong, in words. */
void explain(int code);

#endif
