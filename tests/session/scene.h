/*
 * One case with its people, before something happens to it: a coordinator, an
 * advocate who is a registrar, an officer, a victim, each with one device at
 * the real daemon, on a clock that the test moves (pace.h).
 */
#ifndef TESTS_SESSION_SCENE_H
#define TESTS_SESSION_SCENE_H

#include <rowan/mls.h>

#include "session/pace.h"

enum scene_with {
	SCENE_SUPPORT = 1, /* advocate and victim in support */
	SCENE_TEAM = 2,	   /* advocate and officer in team */
	SCENE_DIARY = 4	   /* the victim in the diary (with SCENE_SUPPORT) */
};

struct scene {
	struct person coordinator, advocate, officer, victim;
	struct id16 case_id, support, team, diary;
};

extern struct scene scene;

/* Called while people are carded by files, for more of them; or NULL. */
extern void (*scene_early)(void);

/**
 * scene_begin(with, settings):
 * Up to where everybody is in their channels and nothing is left to do.
 */
void scene_begin(unsigned with, const char *settings);

/**
 * scene_end():
 * 0, for main.
 */
int scene_end(void);

/**
 * scene_say(p, channel, text), scene_has(p, message):
 * Write, and let it be on its way; is it there to be read?
 */
struct id16 scene_say(
	struct person *p, const struct id16 *channel, const char *text);
bool scene_has(struct person *p, const struct id16 *message);

/**
 * scene_heard(p, message):
 * Wait until it can be read.
 */
void scene_heard(struct person *p, const struct id16 *message);

/**
 * scene_assign(by, channel, who), scene_unassign(by, channel, who):
 * To the end of the act, which must be well.
 */
void scene_assign(struct person *by, const struct id16 *channel,
	const struct id16 *member);
void scene_unassign(struct person *by, const struct id16 *channel,
	const struct id16 *member);

/**
 * scene_revoke(by, who):
 */
void scene_revoke(struct person *by, const struct person *who);

/**
 * scene_reset(by, channel):
 */
void scene_reset(struct person *by, const struct id16 *channel);

/**
 * scene_in(p, channel), scene_info(p, channel):
 * How many devices are in it, as ${p} sees it; how it stands.
 */
size_t scene_in(struct person *p, const struct id16 *channel);
struct channel_info scene_info(struct person *p, const struct id16 *channel);

/**
 * scene_together(p, channel, n):
 * Wait until ${p} sees ${n} devices in it.
 */
void scene_together(struct person *p, const struct id16 *channel, size_t n);

/**
 * scene_alarm(p, alarm):
 * Wait until it was raised at ${p}.
 */
void scene_alarm(struct person *p, enum rowan_alarm alarm);

/**
 * scene_count(p, channel, text):
 * How often a text is there.
 */
size_t scene_count(
	struct person *p, const struct id16 *channel, const char *text);

/**
 * scene_owns(p, group):
 * Is it the group of that person's device? For clients that are patched.
 */
bool scene_owns(struct person *p, const struct rowan_mls_group *group);

/**
 * scene_leapt():
 * The clock went on by more than a log may be silent, and the daemon signs by
 * its own second: that the log was found to be stale meanwhile does not count.
 */
void scene_leapt(void);

/**
 * scene_quiet():
 * Nobody was alarmed.
 */
void scene_quiet(void);

/* Short for the member of a person. */
static inline const struct id16 *member_of(struct person *p)
{
	return &parts_of(p)->me->member;
}

#endif
