/*
 * All commands of rowan, in the order in which help shows them: see
 * command.h.
 */
#include "cmd/authority.h"
#include "cmd/complete.h"
#include "cmd/families.h"
#include "ui/words.h"

const struct command_group command_groups[] = {
	{N_("This device"), self_commands},
	{N_("Cases and people"), case_commands},
	{N_("Messages and files"), message_commands},
	{N_("Conversation"), chat_commands},
	{N_("The incident diary"), diary_commands},
	{N_("Evidence"), evidence_commands},
	{N_("Exported diaries"), bundle_commands},
	{N_("The clinic's log"), audit_commands},
	{N_("Witnessing the log"), witness_commands},
	{N_("A log that contradicts itself"), conflict_commands},
	{N_("Coordinating"), act_commands},
	{N_("Invites, devices, verification"), people_commands},
	{N_("Figures"), report_commands}, {N_("For programs"), stream_commands},
	{N_("When something is wrong"), doctor_commands},
	{N_("The offline authority"), authority_commands},
	{N_("This program"), complete_commands}, {NULL, NULL}};
