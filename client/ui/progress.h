/*
 * Progress of something long on stderr: a bar on a terminal, elsewhere a line
 * now and then, nothing with --json or --quiet.
 */
#ifndef UI_PROGRESS_H
#define UI_PROGRESS_H

#include <stdint.h>

#include "ui/ui.h"

struct progress;

struct progress *progress_new(const struct ui *ui, const char *what);
void progress_set(struct progress *p, uint64_t done, uint64_t total);
/* Clears the bar. NULL is harmless. */
void progress_free(struct progress *p);

#endif
