/*
 * A machine that runs out of memory. See faulty_memory.h.
 */
#include "lib/faulty_memory.h"

#include <stdlib.h>

#include <sqlite3.h>

static uint64_t left;
static bool hit;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static bool fails(void)
{
	if (left == 0 || --left > 0)
		return false;
	hit = true;
	return true;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

static sqlite3_mem_methods under;

static void *engine_malloc(int n)
{
	return fails() ? NULL : under.xMalloc(n);
}

static void *engine_realloc(void *p, int n)
{
	return fails() ? NULL : under.xRealloc(p, n);
}

void faulty_memory_install(void)
{
	sqlite3_mem_methods over;

	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &under) != SQLITE_OK)
		abort();
	over = under;
	over.xMalloc = engine_malloc;
	over.xRealloc = engine_realloc;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &over) != SQLITE_OK)
		abort();
}

void faulty_memory_after(uint64_t n)
{
	left = n;
	hit = false;
}

bool faulty_memory_hit(void)
{
	return hit;
}
