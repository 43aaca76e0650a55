/*
 * Looking for bytes where they must not be: files, and the memory of a
 * process as a core file would show it.
 *
 * Linux only; reading another process's memory needs its user or root. Reads
 * only.
 */
#ifndef TESTS_CAMPAIGN_HAYSTACK_H
#define TESTS_CAMPAIGN_HAYSTACK_H

#include "base/bytes.h"

struct haystack;

/**
 * haystack_each:
 * Called for each piece of the haystack: a file or a mapping.
 */
typedef void haystack_each(void *cookie, const char *name, struct bytes hay);

/**
 * haystack_dir(dir, each, cookie):
 * Show every file under ${dir}. ROWAN_E_IO.
 */
ROWAN_MUST int haystack_dir(const char *dir, haystack_each *each, void *cookie);

/**
 * haystack_core(pid, each, cookie):
 * Show every readable mapping of ${pid} that a core file would hold; those
 * marked as not to be dumped are left out. ROWAN_E_IO when it may not be
 * read.
 */
ROWAN_MUST int haystack_core(int pid, haystack_each *each, void *cookie);

/**
 * haystack_count(hay, needle):
 * Return how often ${needle} stands in ${hay}.
 */
size_t haystack_count(struct bytes hay, struct bytes needle);

#endif
