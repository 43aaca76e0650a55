/*
 * Bytes as hexadecimal text, for public values.
 */
#ifndef UI_HEX_H
#define UI_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * hex_write(data, len, ret):
 * 2 * ${len} small letters and a zero byte.
 */
void hex_write(const uint8_t *data, size_t len, char *ret);

/**
 * hex_read(text, ret, len):
 * True iff ${text} is exactly ${len} bytes; blanks and hyphens between them
 * are passed over.
 */
bool hex_read(const char *text, uint8_t *ret, size_t len);

#endif
