/*
 * What the fuzz targets of the wire share.
 */
#ifndef LIB_WIRE_FUZZ_H
#define LIB_WIRE_FUZZ_H

#include "base/bytes.h"

/**
 * wire_fuzz(low, high, data, len):
 * One message of an operation from ${low} to ${high}: a byte chooses the
 * operation and whether it is the answer, a byte counts the opaque frames,
 * a byte for each says how long it is, the rest is the body. What decodes
 * must encode to the same bytes, else abort.
 */
void wire_fuzz(uint16_t low, uint16_t high, const uint8_t *data, size_t len);

/**
 * wire_fuzz_frames(data, len):
 * A whole message: each frame a length of two bytes and its bytes.
 */
void wire_fuzz_frames(const uint8_t *data, size_t len);

#endif
