/*
 * The writer: see writer.h.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/writer.h"

/* The largest length a header can count (30 bits). */
#define VEC_MAX ((1u << 30) - 1)

void writer_init(struct writer *w, size_t max)
{
	*w = (struct writer){.max = max};
}

void writer_init_fixed(struct writer *w, void *mem, size_t len)
{
	*w = (struct writer){
		.data = mem, .cap = len, .max = len, .fixed = true};
}

static void grow(struct writer *w, size_t need)
{
	size_t cap = w->cap == 0 ? 64 : w->cap;
	uint8_t *data;

	while (cap < need)
		cap = cap > w->max / 2 ? w->max : cap * 2;
	if (cap > w->max)
		cap = w->max;
	data = malloc(cap);
	if (data == NULL) {
		w->error = ROWAN_E_NOMEM;
		return;
	}
	if (w->len > 0)
		memcpy(data, w->data, w->len);
	mem_free(w->data, w->cap);
	w->data = data;
	w->cap = cap;
}

/* Return room for ${len} more bytes, counted as written, or NULL. */
static uint8_t *extend(struct writer *w, size_t len)
{
	if (w->error == 0 && len > w->max - w->len)
		w->error = ROWAN_E_LIMIT;
	if (w->error == 0 && len > w->cap - w->len)
		grow(w, w->len + len);
	if (w->error != 0)
		return NULL;
	w->len += len;
	return w->data + w->len - len;
}

static void put_uint(uint8_t *at, size_t len, uint64_t value)
{
	while (len-- > 0) {
		at[len] = (uint8_t)value;
		value >>= 8;
	}
}

static void write_uint(struct writer *w, size_t len, uint64_t value)
{
	uint8_t *at = extend(w, len);

	if (at != NULL)
		put_uint(at, len, value);
}

void writer_u8(struct writer *w, uint8_t value)
{
	write_uint(w, sizeof value, value);
}

void writer_u16(struct writer *w, uint16_t value)
{
	write_uint(w, sizeof value, value);
}

void writer_u32(struct writer *w, uint32_t value)
{
	write_uint(w, sizeof value, value);
}

void writer_u64(struct writer *w, uint64_t value)
{
	write_uint(w, sizeof value, value);
}

void writer_raw(struct writer *w, const void *data, size_t len)
{
	uint8_t *at;

	if (len == 0)
		return;
	at = extend(w, len);
	if (at != NULL)
		memcpy(at, data, len);
}

static size_t header_len(size_t len)
{
	return len < 1u << 6 ? 1 : len < 1u << 14 ? 2 : 4;
}

static void put_header(uint8_t *at, size_t len)
{
	size_t size = header_len(len);

	put_uint(at, size, len);
	at[0] |= (uint8_t)(size == 4 ? 0x80 : size == 2 ? 0x40 : 0);
}

void writer_header(struct writer *w, size_t len)
{
	uint8_t *at;

	if (len > VEC_MAX) {
		if (w->error == 0)
			w->error = ROWAN_E_LIMIT;
		return;
	}
	at = extend(w, header_len(len));
	if (at != NULL)
		put_header(at, len);
}

void writer_vec(struct writer *w, struct bytes view)
{
	writer_header(w, view.len);
	writer_raw(w, view.data, view.len);
}

size_t writer_open(struct writer *w)
{
	/* One byte suits most vectors; writer_close widens it if need be. */
	writer_u8(w, 0);
	return w->len;
}

void writer_close(struct writer *w, size_t mark)
{
	size_t len, size;

	if (w->error != 0)
		return;
	len = w->len - mark;
	size = header_len(len);
	if (len > VEC_MAX) {
		w->error = ROWAN_E_LIMIT;
		return;
	}
	if (size > 1 && extend(w, size - 1) == NULL)
		return;
	if (size > 1)
		memmove(w->data + mark + size - 1, w->data + mark, len);
	put_header(w->data + mark - 1, len);
}

int writer_finish(struct writer *w, struct buf *ret)
{
	int rc = w->error;

	*ret = (struct buf){NULL, 0};
	if (rc != 0) {
		writer_wipe(w);
		return rc;
	}
	ret->data = w->data;
	ret->len = w->len;
	writer_init(w, w->max);
	return 0;
}

void writer_wipe(struct writer *w)
{
	if (w->fixed)
		sodium_memzero(w->data, w->cap);
	else
		mem_free(w->data, w->cap);
	writer_init(w, 0);
}
