/*
 * One message for a person, as rowan read, chat and diary show it.
 */
#ifndef UI_MESSAGE_H
#define UI_MESSAGE_H

#include <stdint.h>

#include "ui/ui.h"

/**
 * message_print(ui, message, now):
 * A head line and the text, folded and indented, to stdout; nothing with
 * --json. ${message} as in docs/cli.md; all of it is made safe.
 */
void message_print(const struct ui *ui, const json_t *message, uint64_t now);

/**
 * message_head(ui, message, now), message_body(ui, message):
 * "#3 12:05 Sam (police) [urgent]"; what it says, of several lines. Safe; the
 * caller frees.
 */
char *message_head(const struct ui *ui, const json_t *message, uint64_t now);
char *message_body(const struct ui *ui, const json_t *message);

#endif
