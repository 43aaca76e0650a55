/*
 * Rowan: what every public header needs. Marks the symbols of the shared
 * library and the functions whose result must be looked at.
 */
#ifndef ROWAN_API_H
#define ROWAN_API_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define ROWAN_API  __attribute__((visibility("default")))
#define ROWAN_MUST __attribute__((warn_unused_result))
#else
#define ROWAN_API
#define ROWAN_MUST
#endif

#endif
