/*
 * Passphrases: from --passphrase-fd, --passphrase-file, --askpass (or
 * $ROWAN_ASKPASS, a program), or the terminal, in this order. Never from an
 * argument or the environment.
 *
 * Trusts the file's owner only: a file that others may read is refused. What
 * is returned is in locked memory; nothing is echoed.
 */
#ifndef UI_PASS_H
#define UI_PASS_H

#include "base/bytes.h"
#include "ui/ui.h"

#define PASS_MAX 1024 /* bytes */
#define PASS_MIN 8    /* characters of a new one */

/* One passphrase; .b is guarded memory (base/secret.h). */
struct pass {
	char *b;
	size_t len;
};

/**
 * pass_get(ui, prompt, ret):
 * Ask for one. EXIT_DONE, or a code that was said: EXIT_NEEDS_INPUT,
 * EXIT_INPUT for an empty or too long one, EXIT_MACHINE.
 */
int pass_get(const struct ui *ui, const char *prompt, struct pass *ret);

/**
 * pass_new(ui, prompt, ret):
 * As pass_get for one that is being chosen: on a terminal asked twice, and at
 * least PASS_MIN characters wherever it comes from.
 */
int pass_new(const struct ui *ui, const char *prompt, struct pass *ret);

/**
 * pass_wipe(p):
 * {NULL, 0} is harmless.
 */
void pass_wipe(struct pass *p);

#endif
