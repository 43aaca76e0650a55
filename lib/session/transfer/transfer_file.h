/*
 * The files of transfers: one that is read once while it may change, and one
 * that is written beside its place and named only when it is whole.
 *
 * Never overwrites, never follows a link to write, gives nobody else the
 * right to read.
 */
#ifndef SESSION_TRANSFER_FILE_H
#define SESSION_TRANSFER_FILE_H

#include "wire/card.h"

/* A file being read. */
struct transfer_source {
	int fd;
	uint64_t size;
	uint64_t changed[4]; /* times, as they were at first */
};

/**
 * transfer_file_open(s, path), transfer_file_read(s, ret, len),
 * transfer_file_close(s):
 * Open a plain file; read exactly so many bytes; close. transfer_file_same
 * returns 0 iff all was read and the file is as it was. ROWAN_E_NOT_FOUND,
 * ROWAN_E_INVAL, ROWAN_E_IO; ROWAN_E_AGAIN when it has changed.
 */
ROWAN_MUST int transfer_file_open(struct transfer_source *s, const char *path);
ROWAN_MUST int transfer_file_read(
	struct transfer_source *s, uint8_t *ret, size_t len);
ROWAN_MUST int transfer_file_same(struct transfer_source *s);
void transfer_file_close(struct transfer_source *s);

/**
 * transfer_file_part(path, ret, size):
 * Make up a name beside ${path}. ROWAN_E_LIMIT when there is no room,
 * ROWAN_E_EXISTS when there is something at ${path}.
 */
ROWAN_MUST int transfer_file_part(const char *path, char *ret, size_t size);

/**
 * transfer_file_begin(part, have, ret_fd):
 * Open ${part} with its first ${have} bytes kept, or make it.
 * ROWAN_E_NOT_FOUND, with no file made, when there are not so many.
 */
ROWAN_MUST int transfer_file_begin(
	const char *part, uint64_t have, int *ret_fd);

/**
 * transfer_file_write(fd, at, data):
 * Write and sync. ROWAN_E_FULL, ROWAN_E_IO.
 */
ROWAN_MUST int transfer_file_write(int fd, uint64_t at, struct bytes data);

/**
 * transfer_file_name(part, path):
 * Give the synced file its name. ROWAN_E_EXISTS, ROWAN_E_IO.
 */
ROWAN_MUST int transfer_file_name(const char *part, const char *path);

/**
 * transfer_file_is(path, size, digest):
 * Return true iff ${path} is a plain file of that size and digest.
 */
bool transfer_file_is(
	const char *path, uint64_t size, const struct wire_hash *digest);

#endif
