/*
 * Hexadecimal: see hex.h.
 */
#include "ui/hex.h"

void hex_write(const uint8_t *data, size_t len, char *ret)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*ret++ = digits[data[i] >> 4];
		*ret++ = digits[data[i] & 15];
	}
	*ret = '\0';
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_read(const char *text, uint8_t *ret, size_t len)
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		int d = digit(*text);

		if (*text == ' ' || *text == '-')
			continue;
		if (d < 0 || n == 2 * len)
			return false;
		ret[n / 2] = (uint8_t)(n % 2 == 0 ? d << 4 : ret[n / 2] | d);
		n++;
	}
	return n == 2 * len;
}
