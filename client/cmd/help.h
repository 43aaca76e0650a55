/*
 * Help from the table of commands.
 */
#ifndef CMD_HELP_H
#define CMD_HELP_H

#include "cmd/command.h"

/**
 * help_show(ui, words, count):
 * All commands, those of a group, or one.
 */
int help_show(const struct ui *ui, char *const *words, int count);

/**
 * help_begin(ui, home):
 * What rowan alone says: where to begin, and what is done every day.
 */
int help_begin(const struct ui *ui, const char *home);

/**
 * help_is_group(word), help_nearest(word):
 * Whether commands of two words begin with it; the command that is written
 * most like it, or NULL.
 */
bool help_is_group(const char *word);
const char *help_nearest(const char *word);

#endif
