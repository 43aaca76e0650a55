/*
 * Completion for bash and zsh, written from the table of commands.
 */
#ifndef CMD_COMPLETE_H
#define CMD_COMPLETE_H

#include "cmd/command.h"

extern const struct command complete_commands[];

#endif
