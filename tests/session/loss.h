/*
 * For tests of sessions: the daemon's folder is lost and a backup comes back,
 * with the real rowanctl and the authority's word. What goes wrong ends the
 * test.
 */
#ifndef TESTS_SESSION_LOSS_H
#define TESTS_SESSION_LOSS_H

#include "session/kit.h"

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
