/*
 * What a snapshot means: one state a check, in the words and with the codes
 * that monitoring systems know. No I/O.
 */
#ifndef CTL_HEALTH_H
#define CTL_HEALTH_H

#include "ctl/snapshot.h"

enum health_state { HEALTH_OK, HEALTH_WARN, HEALTH_BAD, HEALTH_UNKNOWN };

#define HEALTH_CHECKS 12

struct health {
	size_t count;
	enum health_state worst;
	struct {
		const char *name;
		enum health_state state;
		char words[128];
	} at[HEALTH_CHECKS];
};

/**
 * health_judge(s, ret):
 * Judge every check.
 */
void health_judge(const struct ctl_snapshot *s, struct health *ret);

/**
 * health_word(state):
 * "ok", "warning", "critical" or "unknown".
 */
const char *health_word(enum health_state state);

#endif
