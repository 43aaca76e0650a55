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
