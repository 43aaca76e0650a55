/*
 * Time for tests of sessions: one clock for the sessions and the real daemon,
 * which goes on by a second whenever nobody has anything to do and nothing is
 * unanswered. What waits for a minute is there at once, and a test can let
 * two months pass.
 *
 * The daemon's clock is moved by tests/acceptance/clock_preload.c. Needs
 * MIDDLE (session.mk).
 */
#ifndef TESTS_SESSION_PACE_H
#define TESTS_SESSION_PACE_H

#include "session/middle.h"

/**
 * pace_begin():
 * After sessions_begin, before anybody is created.
 */
void pace_begin(void);

/**
 * pace_join():
 * In another process of the same test: its clock, which goes on by itself.
 */
void pace_join(void);

/**
 * pace_pass(seconds):
 * Let so much time pass at once, for everybody.
 */
void pace_pass(uint64_t seconds);

/**
 * pace_live(seconds):
 * Let everybody work for so long; the clock goes on as fast as they let it.
 */
void pace_live(uint64_t seconds);

/**
 * pace_day():
 * A day and an hour, in which the log is signed anew.
 */
void pace_day(void);

/**
 * pace_now():
 * What the daemon's clock shows.
 */
uint64_t pace_now(void);

#endif
