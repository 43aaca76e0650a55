/*
 * What a hostile client may do to the relay's sockets, one kind a function.
 *
 * Each runs until it is killed, in a process of its own. None reads more than
 * it must; none leaves the loopback.
 */
#ifndef TESTS_CAMPAIGN_ABUSES_H
#define TESTS_CAMPAIGN_ABUSES_H

#include <stdbool.h>

struct target {
	int port;
	int crowd; /* connections of those that come in crowds */
};

struct abuse {
	const char *name;
	void (*run)(const struct target *t);
	bool costly; /* of the daemon's memory */
};

/* Senders and mailboxes 1 to 3 of the seeded clinic are the abusers'. */
#define ABUSER_DEVICES 4

/**
 * abuse_at(i):
 * Return the ${i}th abuse, NULL past the end.
 */
const struct abuse *abuse_at(int i);

#endif
