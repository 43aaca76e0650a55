/*
 * A QR code on a terminal: two rows of modules in each line of half blocks,
 * dark on light whatever the terminal's colours, or letters in ASCII.
 */
#ifndef UI_QR_H
#define UI_QR_H

#include "ui/ui.h"

/**
 * qr_print(ui, text):
 * To stdout. False, and nothing printed, where it does not fit or ${text}
 * cannot be a code in alphanumeric mode.
 */
bool qr_print(const struct ui *ui, const char *text);

#endif
