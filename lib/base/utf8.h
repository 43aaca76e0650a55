/*
 * UTF-8 as text that came from elsewhere must be.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/bytes.h"

/**
 * utf8_valid(view):
 * Return true iff ${view} is UTF-8 in its shortest form, without surrogates.
 */
bool utf8_valid(struct bytes view);

#endif
