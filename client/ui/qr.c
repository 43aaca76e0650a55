/*
 * QR codes: see qr.h.
 */
#include <stdio.h>

#include <qrencode.h>

#include "ui/qr.h"

#define QUIET 2 /* modules of margin */

static bool dark(const QRcode *c, int x, int y)
{
	if (x < 0 || y < 0 || x >= c->width || y >= c->width)
		return false;
	return (c->data[y * c->width + x] & 1) != 0;
}

static void row(const struct ui *ui, const QRcode *c, int y)
{
	/* Light modules are drawn, so that a dark terminal shows it right. */
	static const char *const blocks[] = {
		"\xe2\x96\x88", "\xe2\x96\x80", "\xe2\x96\x84", " "};

	if (ui->colour)
		(void)fputs("\033[37;40m", stdout);
	for (int x = -QUIET; x < c->width + QUIET; x++)
		(void)fputs(
			blocks[dark(c, x, y) * 2 + dark(c, x, y + 1)], stdout);
	(void)fputs(ui->colour ? "\033[0m\n" : "\n", stdout);
}

bool qr_print(const struct ui *ui, const char *text)
{
	QRcode *c = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
	bool fits = c != NULL && !ui->ascii &&
		    (size_t)c->width + 2 * QUIET <= ui->width;

	if (fits)
		for (int y = -QUIET; y < c->width + QUIET; y += 2)
			row(ui, c, y);
	QRcode_free(c);
	return fits;
}
