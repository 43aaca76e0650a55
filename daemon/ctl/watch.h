/*
 * What changed since the last look and is worth a message: a full disk, a
 * doubtful clock, failing commits, a card or a backup that grows old. Each is
 * said when it begins and when it ends, not every few seconds.
 */
#ifndef CTL_WATCH_H
#define CTL_WATCH_H

#include "ctl/snapshot.h"

struct watch {
	bool full, doubtful, expired, soon, old, late, waits, refused, unburied;
	uint64_t failed; /* commits, as last said */
};

/**
 * watch_step(w, s):
 * Compare and say. Begin with ${w} zeroed.
 */
void watch_step(struct watch *w, const struct ctl_snapshot *s);

#endif
