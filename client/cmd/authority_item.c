/*
 * Items of the clinic's chain as text: statements in armour, and of erased ones
 * a line with their link, in one order.
 *
 * Trusts no byte; what stands around them is passed over.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/authority.h"
#include "ui/hex.h"
#include "wire/armour.h"

#define WITHHELD "withheld "
#define BEGIN	 "-----BEGIN"
#define TEXT_MAX 256

static bool begins(struct bytes text, const char *what)
{
	size_t len = strlen(what);

	return text.len >= len && memcmp(text.data, what, len) == 0;
}

static struct bytes line_of(struct bytes text)
{
	const uint8_t *end = memchr(text.data, '\n', text.len);

	return bytes_of(text.data,
		end == NULL ? text.len : (size_t)(end - text.data) + 1);
}

static int read_link(struct bytes line, struct authority_item *ret)
{
	char text[TEXT_MAX], subject[65], content[65], end;
	unsigned long long number, time;

	if (line.len >= sizeof text)
		return ROWAN_E_MALFORMED;
	memcpy(text, line.data, line.len);
	text[line.len] = '\0';
	if (sscanf(text, "withheld %llu %llu %64[0-9a-f] %64[0-9a-f]%c",
		    &number, &time, subject, content, &end) != 5 ||
		end != '\n' ||
		!hex_read(subject, ret->link.subject.b, WIRE_HASH_LEN) ||
		!hex_read(content, ret->link.content.b, WIRE_HASH_LEN))
		return ROWAN_E_MALFORMED;
	ret->number = number;
	ret->time = time;
	return 0;
}

static int read_statement(struct bytes *text, struct authority_item *ret)
{
	struct wire_statement s;
	uint8_t kind;
	int rc = armour_next(text, &kind, &ret->raw);

	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_MALFORMED : rc;
	rc = kind == ARMOUR_STATEMENT ? 0 : ROWAN_E_MALFORMED;
	if (rc == 0)
		rc = wire_statement_decode(buf_view(&ret->raw), &s);
	if (rc == 0 && wire_statement_of_case(s.kind))
		rc = ROWAN_E_CHAIN;
	if (rc != 0) {
		buf_wipe(&ret->raw);
		return rc;
	}
	ret->number = s.number;
	ret->time = s.time;
	return 0;
}

int authority_item_next(struct bytes *text, struct authority_item *ret)
{
	*ret = (struct authority_item){.raw = {NULL, 0}};
	while (text->len > 0) {
		struct bytes line = line_of(*text);

		if (begins(line, BEGIN))
			return read_statement(text, ret);
		*text = bytes_of(text->data + line.len, text->len - line.len);
		if (begins(line, WITHHELD))
			return read_link(line, ret);
	}
	return ROWAN_E_NOT_FOUND;
}

int authority_item_copy(
	struct authority_item *ret, const struct authority_item *from)
{
	*ret = *from;
	ret->raw = (struct buf){NULL, 0};
	return from->raw.len == 0 ? 0
				  : buf_copy(&ret->raw, buf_view(&from->raw));
}
