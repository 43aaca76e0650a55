/*
 * Text armour: see armour.h.
 */
#include <string.h>

#include <sodium.h>

#include "wire/armour.h"

#define BEGIN "-----BEGIN ROWAN "
#define END   "-----END ROWAN "
#define TAIL  "-----"

#define BASE64 sodium_base64_VARIANT_ORIGINAL
/* Three bytes are four characters; an object and its line ends. */
#define CHARS_MAX ((ARMOUR_OBJECT_MAX + 2) / 3 * 4)
/* Bytes that fill a line. */
#define LINE_BYTES (ARMOUR_LINE / 4 * 3)

static const char *const names[ARMOUR_KINDS] = {
	[ARMOUR_AUTHORITY_KEY] = "AUTHORITY KEY",
	[ARMOUR_AUTHORITY_RECORD] = "AUTHORITY RECORD",
	[ARMOUR_CARD_REQUEST] = "CARD REQUEST",
	[ARMOUR_CARD] = "CARD",
	[ARMOUR_STATEMENT] = "STATEMENT",
	[ARMOUR_SERVERS] = "SERVERS",
	[ARMOUR_CARD_CONSENT] = "CARD CONSENT",
};

static const char *name_of(uint8_t kind)
{
	return kind < ARMOUR_KINDS ? names[kind] : NULL;
}

static void write_text(struct writer *w, const char *text)
{
	writer_raw(w, text, strlen(text));
}

static void write_mark(struct writer *w, const char *begin, uint8_t kind)
{
	write_text(w, begin);
	write_text(w, names[kind]);
	write_text(w, TAIL "\n");
}

int armour_write(uint8_t kind, struct bytes object, struct writer *w)
{
	char line[ARMOUR_LINE + 1];

	if (name_of(kind) == NULL)
		return ROWAN_E_INVAL;
	if (object.len == 0 || object.len > ARMOUR_OBJECT_MAX)
		return ROWAN_E_LIMIT;
	write_mark(w, BEGIN, kind);
	for (size_t at = 0; at < object.len; at += LINE_BYTES) {
		size_t n = object.len - at;

		if (n > LINE_BYTES)
			n = LINE_BYTES;
		sodium_bin2base64(
			line, sizeof line, object.data + at, n, BASE64);
		write_text(w, line);
		write_text(w, "\n");
	}
	write_mark(w, END, kind);
	sodium_memzero(line, sizeof line);
	return writer_status(w);
}

/* Cut the next line off, without its end and what is blank before that. */
static bool next_line(struct bytes *text, struct bytes *ret)
{
	const uint8_t *end;
	size_t len;

	if (text->len == 0)
		return false;
	end = memchr(text->data, '\n', text->len);
	len = end != NULL ? (size_t)(end - text->data) : text->len;
	*ret = bytes_of(text->data, len);
	if (end != NULL)
		len++;
	text->data += len;
	text->len -= len;
	while (ret->len > 0 && (ret->data[ret->len - 1] == '\r' ||
				       ret->data[ret->len - 1] == ' ' ||
				       ret->data[ret->len - 1] == '\t'))
		ret->len--;
	return true;
}

static bool starts(struct bytes line, const char *text)
{
	size_t len = strlen(text);

	return line.len >= len && memcmp(line.data, text, len) == 0;
}

/* The kind a mark names; 0 when it names none. */
static uint8_t kind_of(struct bytes line, const char *begin)
{
	size_t head = strlen(begin), tail = strlen(TAIL);
	struct bytes name;

	if (!starts(line, begin) || line.len < head + tail ||
		memcmp(line.data + line.len - tail, TAIL, tail) != 0)
		return 0;
	name = bytes_of(line.data + head, line.len - head - tail);
	for (uint8_t i = 1; i < ARMOUR_KINDS; i++)
		if (bytes_eq(name, bytes_of(names[i], strlen(names[i]))))
			return i;
	return 0;
}

/* Everything up to the end mark of ${kind}, as one string of characters. */
static int gather(struct bytes *text, uint8_t kind, struct writer *w)
{
	struct bytes line;

	while (next_line(text, &line)) {
		if (starts(line, END))
			return kind_of(line, END) == kind ? writer_status(w)
							  : ROWAN_E_MALFORMED;
		if (line.len == 0 || line.len > ARMOUR_LINE_MAX)
			return ROWAN_E_MALFORMED;
		writer_raw(w, line.data, line.len);
		if (writer_status(w) != 0)
			return writer_status(w);
	}
	return ROWAN_E_MALFORMED;
}

static int decode(struct bytes chars, struct buf *ret)
{
	size_t len = 0;
	int rc = chars.len == 0 ? ROWAN_E_MALFORMED
				: buf_alloc(ret, chars.len / 4 * 3 + 3);

	if (rc != 0)
		return rc;
	/* All of it, padded, and no bit left over. */
	if (sodium_base642bin(ret->data, ret->len, (const char *)chars.data,
		    chars.len, NULL, &len, NULL, BASE64) != 0 ||
		len == 0) {
		buf_wipe(ret);
		return ROWAN_E_MALFORMED;
	}
	ret->len = len;
	return len <= ARMOUR_OBJECT_MAX ? 0 : ROWAN_E_LIMIT;
}

int armour_next(struct bytes *text, uint8_t *ret_kind, struct buf *ret)
{
	struct bytes rest = *text, line;
	struct writer w;
	uint8_t kind;
	int rc;

	*ret_kind = 0;
	*ret = (struct buf){NULL, 0};
	do {
		if (!next_line(&rest, &line))
			return ROWAN_E_NOT_FOUND;
	} while (!starts(line, BEGIN));
	kind = kind_of(line, BEGIN);
	if (kind == 0)
		return ROWAN_E_MALFORMED;
	writer_init(&w, CHARS_MAX);
	rc = gather(&rest, kind, &w);
	if (rc == 0)
		rc = decode(writer_view(&w), ret);
	writer_wipe(&w);
	if (rc != 0) {
		buf_wipe(ret);
		return rc;
	}
	*ret_kind = kind;
	*text = rest;
	return 0;
}

int armour_read(struct bytes text, uint8_t kind, struct buf *ret)
{
	struct buf more = {NULL, 0};
	uint8_t found, other;
	int rc = armour_next(&text, &found, ret);

	if (rc == 0 && found != kind)
		rc = ROWAN_E_MALFORMED;
	if (rc == 0 && armour_next(&text, &other, &more) != ROWAN_E_NOT_FOUND)
		rc = ROWAN_E_MALFORMED;
	buf_wipe(&more);
	if (rc != 0)
		buf_wipe(ret);
	return rc;
}
