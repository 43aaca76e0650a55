/*
 * Freed memory is wiped: what a client sent and what was read from the store
 * does not linger in the heap, whichever library held it. Linked into rowand
 * alone, in front of the C library; the sanitizers bring allocators of their
 * own and do without.
 *
 * Whole pages are given back to the kernel instead, which wipes them too: what
 * libzmq asked for and never used (most of a connection's queues) does not
 * become resident by being freed, and the next owner begins without it.
 *
 * Trusts glibc, which exports the functions it stands before. Where there is
 * another C library this file is empty.
 */
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) &&                    \
	!defined(__SANITIZE_THREAD__)

void *__libc_malloc(size_t len);
void __libc_free(void *p);

#define PAGE	  ((uintptr_t)4096)
#define GIVE_BACK (2 * PAGE) /* less is cheaper to overwrite */

static void wipe(void *p, size_t len)
{
	uint8_t *from = p, *to = from + len;
	uint8_t *first = (uint8_t *)(((uintptr_t)p + PAGE - 1) & ~(PAGE - 1));
	uint8_t *end = (uint8_t *)((uintptr_t)to & ~(PAGE - 1));

	/* A kernel with larger pages refuses, or takes what is whole of them.
	 */
	if (len < GIVE_BACK + PAGE || end < first + GIVE_BACK ||
		madvise(first, (size_t)(end - first), MADV_DONTNEED) != 0) {
		explicit_bzero(p, len);
		return;
	}
	explicit_bzero(from, (size_t)(first - from));
	explicit_bzero(end, (size_t)(to - end));
}

/* Exported, so that every library in the process finds these first. */
__attribute__((visibility("default"))) void free(void *p)
{
	if (p == NULL)
		return;
	wipe(p, malloc_usable_size(p));
	__libc_free(p);
}

__attribute__((visibility("default"))) void *realloc(void *p, size_t len)
{
	size_t had = p == NULL ? 0 : malloc_usable_size(p);
	void *q;

	/* Never moved behind our back: the old place is wiped too. */
	if (p != NULL && len > 0 && len <= had && len >= had / 2)
		return p;
	if (p != NULL && len == 0) {
		free(p);
		return NULL;
	}
	q = __libc_malloc(len);
	if (q != NULL && p != NULL) {
		memcpy(q, p, had < len ? had : len);
		free(p);
	}
	return q;
}

#else
typedef int wipe_is_empty;
#endif
