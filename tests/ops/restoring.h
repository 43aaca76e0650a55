/*
 * What the tests of a restore share: a clinic with a backup, rowanctl, and the
 * authority's word. Everything ends the program when it fails.
 */
#ifndef TESTS_OPS_RESTORING_H
#define TESTS_OPS_RESTORING_H

#include "lib/clinic_kit.h"
#include "net/kit.h"

extern struct clinic_kit restoring;

/**
 * restoring_begin():
 * kit_daemon runs, has the people of the cast, a key for backups, and one
 * backup.
 */
void restoring_begin(void);

/**
 * restoring_run(args), restoring_run_with(before, args):
 * rowanctl with these arguments, for a shell, and words ${before} it; its exit
 * code. What it says goes to the daemon's log.
 */
int restoring_run(const char *args);
int restoring_run_with(const char *before, const char *args);

/**
 * restoring_args(folder, ret, size):
 * The arguments that restore the backup into ${folder}.
 */
void restoring_args(const char *folder, char *ret, size_t size);

/**
 * restoring_finish(folder, path):
 * rowanctl backup finish with the statement in ${path}; the exit code.
 */
int restoring_finish(const char *folder, const char *path);

/**
 * restoring_sign(path, heads, signer):
 * Write to ${path} a restore of ${heads}; ${signer} NULL: the authority's.
 */
void restoring_sign(const char *path, const struct wire_st_restore *heads,
	const struct world_person *signer);

/**
 * restoring_swap(folder):
 * The restored folder takes the place of the old one, which is state.lost.
 */
void restoring_swap(const char *folder);

/**
 * restoring_in_step():
 * Whether both chains are what the coordinator knows.
 */
bool restoring_in_step(void);

/**
 * restoring_close(), restoring_erase():
 * The case is closed; erased by the coordinator and the authority. The code.
 */
uint16_t restoring_close(void);
uint16_t restoring_erase(void);

/**
 * restoring_soon(args, words):
 * Whether rowanctl with ${args}, asked again and again, says ${words}.
 */
bool restoring_soon(const char *args, const char *words);

/**
 * restoring_said(words), restoring_in_file(name, words):
 * Whether rowanctl or rowand has said that; whether a file of the daemon's
 * folder has it in it.
 */
bool restoring_said(const char *words);
bool restoring_in_file(const char *name, const char *words);

#endif
