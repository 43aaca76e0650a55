/*
 * Memory for a program that cannot go on without: each call returns it or
 * ends the program with words and exit code EXIT_MACHINE. What the vault has
 * is safe then; nothing else is kept in memory only.
 */
#ifndef UI_MEM_H
#define UI_MEM_H

#include <stddef.h>

/**
 * mem_get(size), mem_more(p, size), mem_text(text), mem_part(text, len):
 * Zeroed bytes; more of them (not zeroed); a copy of text, NULL for NULL; a
 * copy of its first ${len} bytes. The caller frees.
 */
void *mem_get(size_t size);
void *mem_more(void *p, size_t size);
char *mem_text(const char *text);
char *mem_part(const char *text, size_t len);

/**
 * mem_print(format, ...):
 * As asprintf.
 */
char *mem_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * mem_wipe_text(text):
 * Overwrite and free. NULL is harmless.
 */
void mem_wipe_text(char *text);

#endif
