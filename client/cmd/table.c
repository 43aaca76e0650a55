/*
 * All commands of rowan, in the order in which help shows them: see
 * command.h.
 */
#include "cmd/authority.h"
#include "cmd/complete.h"
#include "ui/words.h"

const struct command_group command_groups[] = {
	{N_("The offline authority"), authority_commands},
	{N_("This program"), complete_commands}, {NULL, NULL}};
