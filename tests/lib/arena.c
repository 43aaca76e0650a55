/*
 * Memory for one case or request: see arena.h.
 */
#include <stdlib.h>

#include <sodium.h>

#include "lib/arena.h"

struct arena_block {
	struct arena_block *next;
	max_align_t data[];
};

void *arena_alloc(struct arena *a, size_t len)
{
	struct arena_block *b = calloc(1, sizeof *b + len + 1);

	if (b == NULL)
		abort();
	b->next = a->first;
	a->first = b;
	return b->data;
}

bool arena_hex(struct arena *a, const json_t *value, struct bytes *ret)
{
	const char *hex = json_string_value(value);
	size_t digits = json_string_length(value), len = 0;
	uint8_t *data;

	*ret = bytes_of(NULL, 0);
	if (hex == NULL || digits % 2 != 0)
		return false;
	data = arena_alloc(a, digits / 2);
	if (digits > 0 && sodium_hex2bin(data, digits / 2, hex, digits, NULL,
				  &len, NULL) != 0)
		return false;
	if (len != digits / 2)
		return false;
	*ret = bytes_of(data, len);
	return true;
}

void arena_free(struct arena *a)
{
	while (a->first != NULL) {
		struct arena_block *b = a->first;

		a->first = b->next;
		free(b);
	}
}

json_t *arena_json_hex(struct bytes view)
{
	char *hex = malloc(view.len * 2 + 1);
	json_t *ret;

	if (hex == NULL)
		abort();
	(void)sodium_bin2hex(hex, view.len * 2 + 1, view.data, view.len);
	ret = json_stringn(hex, view.len * 2);
	free(hex);
	return ret;
}
