/*
 * How the daemon stands, gathered at one moment for status, health and
 * metrics: counts, sizes, times.
 */
#ifndef CTL_SNAPSHOT_H
#define CTL_SNAPSHOT_H

#include "ctl/log_look.h"

struct ctl_snapshot {
	struct server_state relay;
	struct store_stats store;
	uint64_t now;	     /* seconds since 1970, the daemon's */
	uint64_t up;	     /* seconds since the start */
	uint64_t failed_ago; /* seconds since a commit failed; 0: none did */
	bool room;	     /* an envelope of some size is taken */
	unsigned doubt;	     /* enum clock_doubt */
	uint64_t disk_free;  /* bytes of the state folder's volume */
	uint64_t disk_size;
	struct log_look log;
	uint64_t card_until; /* of the daemon; 0: no card */
	bool card_revoked;
	uint64_t backup_at; /* the newest; 0: none */
	uint64_t backup_bytes;
	bool backup_wanted; /* there is a key to seal it to */
	uint64_t drill_at;  /* of the last restore drill here; 0: none */
};

/**
 * snapshot_take(c, ret):
 * Gather. ROWAN_E_STATE when the relay has ended, or the store's failure.
 */
ROWAN_MUST int snapshot_take(struct ctl_call *c, struct ctl_snapshot *ret);

/**
 * restoring_word(s), restoring_until(s):
 * What a restore waits for: "no", "clinic" (the clinic's chain), "cases" (a
 * case at a time), "refused" (clinic/returning.h); and when it is over at the
 * latest, 0 where nothing waits or the clock is doubtful.
 */
const char *restoring_word(const struct ctl_snapshot *s);
uint64_t restoring_until(const struct ctl_snapshot *s);

#endif
