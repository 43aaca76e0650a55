/*
 * The screen: see screen.h.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "screen.h"

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

void prompt(const char *text)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return;
	fputs(text, stdout);
	fflush(stdout);
}

void clear_screen(void)
{
	if (!isatty(STDOUT_FILENO))
		return;
	fputs("\033[H\033[2J\033[3J", stdout);
	fflush(stdout);
}

/* One code point and how many bytes it takes; 0 bytes: not UTF-8. */
static size_t decode(const unsigned char *s, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = s[0] < 0x80	  ? 1
		   : s[0] >= 0xf0 ? 4
		   : s[0] >= 0xe0 ? 3
		   : s[0] >= 0xc0 ? 2
				  : 0;

	*ret = s[0];
	if (n < 2)
		return n;
	*ret = s[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*ret = *ret << 6 | (s[i] & 0x3f);
	}
	return *ret < least[n] || *ret > 0x10ffff ? 0 : n;
}

/*
 * Controls, marks that change the direction of writing, and what takes no
 * room: none of them is needed to read, all of them can mislead.
 */
static bool visible(uint32_t c)
{
	return !(c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad ||
		 c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
		 (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
		 c == 0xfeff || (c >= 0xd800 && c <= 0xdfff) ||
		 (c >= 0xfff0 && c <= 0xfffb) || c >= 0xe0000);
}

/* The next piece of ${*text} into ${ret}, whose size is 16. */
static size_t piece(const char **text, char *ret)
{
	uint32_t c;
	size_t n = decode((const unsigned char *)*text, &c);

	if (n > 0 && visible(c)) {
		memcpy(ret, *text, n);
		ret[n] = '\0';
		*text += n;
		return n;
	}
	*text += n > 0 ? n : 1;
	return (size_t)snprintf(ret, 16, "<%02X>", (unsigned)c);
}

void show(const char *text, const char *first, const char *next)
{
	char p[16];

	fputs(first, stdout);
	while (*text != '\0') {
		if (*text == '\n') {
			printf("\n%s", next);
			text++;
			continue;
		}
		(void)piece(&text, p);
		fputs(p, stdout);
	}
	putchar('\n');
	fflush(stdout);
}

void plain(const char *text, char *ret, size_t size)
{
	size_t len = 0;
	char p[16];

	ret[0] = '\0';
	while (*text != '\0') {
		size_t n = piece(&text, p);

		if (len + n + 1 > size)
			break;
		memcpy(ret + len, p, n + 1);
		len += n;
	}
}
