/*
 * Memory or the end: see mem.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "ui/exits.h"
#include "ui/mem.h"

static void *have(void *p)
{
	static const char words[] = "error: out of memory\n";

	if (p == NULL) {
		(void)!write(STDERR_FILENO, words, sizeof words - 1);
		_exit(EXIT_MACHINE);
	}
	return p;
}

void *mem_get(size_t size)
{
	return have(calloc(1, size > 0 ? size : 1));
}

void *mem_more(void *p, size_t size)
{
	return have(realloc(p, size > 0 ? size : 1));
}

char *mem_text(const char *text)
{
	return text == NULL ? NULL : have(strdup(text));
}

char *mem_part(const char *text, size_t len)
{
	char *ret = mem_get(len + 1);

	if (len > 0)
		memcpy(ret, text, len);
	return ret;
}

char *mem_print(const char *format, ...)
{
	char *ret = NULL;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&ret, format, ap);
	va_end(ap);
	return have(n < 0 ? NULL : ret);
}

void mem_wipe_text(char *text)
{
	if (text != NULL)
		mem_free(text, strlen(text));
}
