/*
 * What commands of rowanctl need that work on the files while no rowand runs.
 */
#ifndef CTL_OFFLINE_H
#define CTL_OFFLINE_H

#include "ctl/tool.h"
#include "process/process.h"

/**
 * offline_begin(t, p), offline_end(p):
 * The configuration and the store key; no core files. EX_OK, or a code of
 * sysexits with the reason said. offline_end also closes the store.
 */
ROWAN_MUST int offline_begin(struct tool *t, struct process *p);
void offline_end(struct process *p);

/**
 * offline_note(t, c, op):
 * An act on files is about to be done, enum ctl_op ${op}: the daemon that runs
 * makes its leaf; while none does, or does not answer, it is noted in the state
 * folder of ${c} for the next start (process/noted.h). EX_OK, or a code with
 * the reason said: the act must not be done.
 */
ROWAN_MUST int offline_note(
	struct tool *t, const struct config *c, uint16_t op);

/**
 * offline_note_here(t, op):
 * The same for a command that needs no configuration: without one there is
 * no relay here, and nothing to note.
 */
ROWAN_MUST int offline_note_here(struct tool *t, uint16_t op);

/**
 * offline_busy(t):
 * Whether a rowand serves the control socket now.
 */
bool offline_busy(const struct tool *t);

/**
 * offline_store_in(p, dir):
 * Open the store in ${dir} instead of the configured folder. EX_OK, or a code
 * with the reason said.
 */
ROWAN_MUST int offline_store_in(struct process *p, const char *dir);

/**
 * offline_answer(t, code, words):
 * Show these alone; returns ${code}.
 */
int offline_answer(struct tool *t, int code, const char *words);

#endif
