/*
 * Freed memory is wiped: what a client sent and what was read from the store
 * does not linger in the heap, whichever library held it. Linked into rowand
 * alone, in front of the C library; the sanitizers bring allocators of their
 * own and do without.
 *
 * Trusts glibc, which exports the functions it stands before. Where there is
 * another C library this file is empty.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) &&                    \
	!defined(__SANITIZE_THREAD__)

void *__libc_malloc(size_t len);
void __libc_free(void *p);

/* Exported, so that every library in the process finds these first. */
__attribute__((visibility("default"))) void free(void *p)
{
	if (p == NULL)
		return;
	explicit_bzero(p, malloc_usable_size(p));
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
