/*
 * Single values of the configuration: read from text, checked, written.
 */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "config/setting.h"

/**
 * value_units(type, text, ret):
 * Read a SETTING_SIZE or SETTING_DURATION with its unit. ROWAN_E_INVAL when it
 * is none, has no unit, or does not fit 64 bits.
 */
ROWAN_MUST int value_units(
	enum setting_type type, const char *text, uint64_t *ret);

/**
 * value_set_number(key, value, ret), value_set_text(key, text, ret),
 * value_add_item(key, text, ret):
 * Check against the range or form of ${key} and set its field of ${ret}.
 * ROWAN_E_LIMIT out of range or too long, ROWAN_E_INVAL for a wrong form.
 */
ROWAN_MUST int value_set_number(
	const struct setting *key, uint64_t value, struct config *ret);
ROWAN_MUST int value_set_text(
	const struct setting *key, const char *text, struct config *ret);
ROWAN_MUST int value_add_item(
	const struct setting *key, const char *text, struct config *ret);

/**
 * value_set_default(key, ret):
 * Set the field of ${key} to its default. ROWAN_E_INVAL would be a mistake
 * in the table; a test looks for it.
 */
ROWAN_MUST int value_set_default(const struct setting *key, struct config *ret);

/**
 * value_write(key, c, w):
 * Write the field of ${key} as it would stand in a file.
 */
void value_write(
	const struct setting *key, const struct config *c, struct writer *w);

/**
 * value_write_range(key, w):
 * Write the allowed values of a number, a choice or a list, in words.
 */
void value_write_range(const struct setting *key, struct writer *w);

/**
 * value_number(key, c):
 * Return a count, size or duration.
 */
uint64_t value_number(const struct setting *key, const struct config *c);

#endif
