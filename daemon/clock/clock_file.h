/*
 * The file that keeps the daemon's time. Private to this folder.
 */
#ifndef CLOCK_CLOCK_FILE_H
#define CLOCK_CLOCK_FILE_H

#include "base/bytes.h"

struct clock_file {
	uint64_t time;	/* never to be fallen behind */
	uint64_t sure;	/* when it was last sure */
	uint64_t boot;	/* since boot when it was written */
	int64_t offset; /* wall less boot, as trusted then */
	uint8_t doubt;
};

/**
 * clock_file_read(path, ret):
 * ROWAN_E_NOT_FOUND without a file, ROWAN_E_CORRUPT for any that
 * clock_file_write did not write, ROWAN_E_IO.
 */
ROWAN_MUST int clock_file_read(const char *path, struct clock_file *ret);

/**
 * clock_file_write(path, f):
 * Replace the file in one step and wait for the disk. ROWAN_E_IO leaves the
 * old one.
 */
ROWAN_MUST int clock_file_write(const char *path, const struct clock_file *f);

#endif
