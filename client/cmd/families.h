/*
 * The families of commands, a file each, and the little they share.
 */
#ifndef CMD_FAMILIES_H
#define CMD_FAMILIES_H

#include "cmd/command.h"

extern const struct command self_commands[], case_commands[], act_commands[],
	message_commands[], people_commands[], stream_commands[],
	diary_commands[], evidence_commands[], report_commands[],
	doctor_commands[], chat_commands[], audit_commands[],
	witness_commands[], bundle_commands[], conflict_commands[];

struct anchor;
struct evidence;
struct policy;

/**
 * authority_read(r, what, ret):
 * Whom to believe: the authority's record in the file ${what}, or all of its
 * records, or ${what} itself, a key in hexadecimal. EXIT_DONE, or said.
 */
int authority_read(struct run *r, const char *what, struct anchor *ret);

/**
 * policy_read(r, path, ret), policy_holds(p, e):
 * A policy file, the caller frees ${ret}; whether a checked receipt's log is
 * one that it names, and cosigned as it asks. EXIT_DONE, or said.
 */
int policy_read(struct run *r, const char *path, struct policy **ret);
bool policy_holds(const struct policy *p, const struct evidence *e);

/* rowan setup, in a file of its own. */
extern const struct command_option setup_options[];
int setup_run(struct run *r);

/* rowan diary export, in a file of its own. */
int diary_export_run(struct run *r);

/* rowan erase, hold and put, in a file of their own: both.c. */
extern const struct command_option erase_options[], put_options[];
int erase_run(struct run *r);
int hold_run(struct run *r);
int put_run(struct run *r);

/**
 * both_read(ui, path, ret_raw, ret), both_words(s):
 * A legal hold or an erasure in a file, its signatures not yet judged; views
 * borrow from ${ret_raw}, which the caller frees. EXIT_DONE, or said. What it
 * does, in words; the caller frees.
 */
struct buf;
struct wire_statement;
int both_read(const struct ui *ui, const char *path, struct buf *ret_raw,
	struct wire_statement *ret);
char *both_words(const struct wire_statement *s);

/**
 * request_fingerprint(text, ret):
 * The fingerprint of an armoured card request; false where there is none.
 */
bool request_fingerprint(const char *text, char ret[48]);

#endif
