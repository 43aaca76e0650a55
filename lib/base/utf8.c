/*
 * UTF-8: see utf8.h.
 */
#include "base/utf8.h"

/* The length of the sequence at ${p}, or 0 when it is not UTF-8. */
static size_t utf8_len(const uint8_t *p, size_t left)
{
	static const struct {
		uint8_t mask, lead;
		uint32_t least;
	} forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800},
		{0xf8, 0xf0, 0x10000}};
	uint32_t point;
	size_t n = 0;

	while (n < 4 && (p[0] & forms[n].mask) != forms[n].lead)
		n++;
	if (n == 4 || n >= left)
		return 0;
	point = p[0] & (uint8_t)~forms[n].mask;
	for (size_t i = 1; i <= n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (p[i] & 0x3f);
	}
	if (point < forms[n].least || point > 0x10ffff ||
		(point >= 0xd800 && point <= 0xdfff))
		return 0;
	return n + 1;
}

bool utf8_valid(struct bytes view)
{
	size_t at = 0, n;

	while (at < view.len) {
		n = utf8_len(view.data + at, view.len - at);
		if (n == 0)
			return false;
		at += n;
	}
	return true;
}
