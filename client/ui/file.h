/*
 * Files whole: read up to a cap, written so that they are there complete or
 * not at all, and never over something else.
 */
#ifndef UI_FILE_H
#define UI_FILE_H

#include "base/bytes.h"
#include "ui/ui.h"

enum file_flag {
	FILE_REPLACE = 1, /* an older one may go */
	FILE_SECRET = 2,  /* 0600, else 0644 by umask */
	FILE_SOON = 4	  /* need not survive a power cut */
};

/**
 * file_read(ui, path, max, ret), file_read_or(..., hint, ...):
 * The file, or stdin for "-". The caller owns ${ret}. EXIT_DONE, or said:
 * EXIT_NOT_FOUND, EXIT_INPUT for more than ${max} bytes (with ${hint}),
 * EXIT_MACHINE.
 */
int file_read(
	const struct ui *ui, const char *path, size_t max, struct buf *ret);
int file_read_or(const struct ui *ui, const char *path, size_t max,
	const char *hint, struct buf *ret);

/**
 * file_write(ui, path, data, flags):
 * A new file, on disk when it returns; stdout for "-". EXIT_DONE, or said:
 * EXIT_TAKEN, EXIT_MACHINE.
 */
int file_write(const struct ui *ui, const char *path, struct bytes data,
	unsigned flags);

/**
 * file_give(ui, path, data):
 * What a command makes: a new file, with --json named in its answer, or on
 * stdout where ${path} is NULL. As file_write.
 */
int file_give(const struct ui *ui, const char *path, struct bytes data);

/**
 * file_there(ui, path), file_free(ui, path):
 * For refusing before a passphrase is asked for: whether file_read, file_write
 * of a new file can be. EXIT_DONE, or said as they would.
 */
int file_there(const struct ui *ui, const char *path);
int file_free(const struct ui *ui, const char *path);

/**
 * file_put(path, data, flags):
 * The same without words: 0, ROWAN_E_EXISTS, ROWAN_E_FULL, ROWAN_E_IO.
 */
ROWAN_MUST int file_put(const char *path, struct bytes data, unsigned flags);

/**
 * file_unmake(folder):
 * Of a folder that this command has made and could not finish nothing stays,
 * so that the same command can be given again. Follows no link.
 */
void file_unmake(const char *folder);

#endif
