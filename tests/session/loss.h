/*
 * For tests of sessions: the daemon's folder is lost and a backup comes back,
 * with the real rowanctl and the authority's word; and whom it happens to: a
 * case with a team of four, one of whom will be shut out and one revoked, and
 * a nurse who comes later. What goes wrong ends the test.
 */
#ifndef TESTS_SESSION_LOSS_H
#define TESTS_SESSION_LOSS_H

#include "session/scene.h"

struct loss {
	struct person coordinator, advocate, officer, thief, nurse;
	struct id16 case_id, team;
};

extern struct loss loss;

/* Who somebody is, while they are away. */
struct loss_who {
	struct id16 member, device;
};

/**
 * loss_begin(settings), loss_run(also):
 * Everybody is carded, and more can be; the daemon runs, and the coordinator,
 * the advocate, the officer, the thief and ${also} (or NULL) are in the team.
 */
void loss_begin(const char *settings);
void loss_run(struct person *also);

/**
 * loss_who(p), loss_may(at, who):
 * Who ${p} is; whether they may be in the team, as ${at} knows it (0, or what
 * follow_may says).
 */
struct loss_who loss_who(struct person *p);
int loss_may(struct person *at, const struct loss_who *who);

/**
 * loss_take_out(who), loss_revoke(who), loss_log_card(card):
 * The coordinator does it, to the end of the act.
 */
void loss_take_out(const struct loss_who *who);
void loss_revoke(const struct loss_who *who);
void loss_log_card(struct bytes card);

/**
 * loss_unread(p):
 * Is there anything in the team that ${p} has not read? For sessions_until.
 */
bool loss_unread(void *p);

/**
 * loss_ctl(args), loss_at(name):
 * Run rowanctl in the daemon's folder; a path there, until the next call.
 */
void loss_ctl(const char *args);
const char *loss_at(const char *name);

/**
 * loss_restore(then):
 * The daemon ends, nothing is left of its state but the record of the last
 * head, and the one backup in "backups" comes back, signed behind the chain of
 * ${then}; its key is "backup.key". Then the daemon runs again.
 */
void loss_restore(const struct clinic *then);

#endif
