/*
 * A vault in memory: see memory_vault.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "fuzz/memory_vault.h"

#define ROWS_MAX 65536

struct row {
	uint8_t kind, len;
	uint8_t name[VAULT_NAME_MAX];
	uint64_t n;
	struct buf value;
};

struct vault {
	struct row *row; /* in order */
	size_t count, cap;
	bool busy;
};

static struct bytes filling;

/* ---- rows ---- */

static int compare(const struct row *a, const struct row *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int c = a->kind - b->kind;

	if (c == 0)
		c = memcmp(a->name, b->name, len);
	if (c == 0)
		c = a->len - b->len;
	return c != 0 ? c : a->n < b->n ? -1 : a->n > b->n;
}

static bool same_list(const struct row *a, const struct row *b)
{
	return a->kind == b->kind && a->len == b->len &&
	       memcmp(a->name, b->name, a->len) == 0;
}

/* The first row that is not before ${key}. */
static size_t place(const struct vault *v, const struct row *key)
{
	size_t low = 0, high = v->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare(&v->row[mid], key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct row key_of(enum vault_kind kind, struct bytes name, uint64_t n)
{
	struct row r = {
		.kind = (uint8_t)kind, .len = (uint8_t)name.len, .n = n};

	if (name.len > VAULT_NAME_MAX)
		abort();
	if (name.len > 0)
		memcpy(r.name, name.data, name.len);
	return r;
}

static bool is_at(const struct vault *v, size_t at, const struct row *key)
{
	return at < v->count && compare(&v->row[at], key) == 0;
}

static int put(struct vault *v, struct row *r, struct bytes value)
{
	size_t at = place(v, r);

	if (is_at(v, at, r))
		return buf_set(&v->row[at].value, value);
	if (v->count == ROWS_MAX)
		return ROWAN_E_FULL;
	if (v->count == v->cap) {
		size_t cap = v->cap == 0 ? 64 : 2 * v->cap;
		struct row *rows = realloc(v->row, cap * sizeof *rows);

		if (rows == NULL)
			return ROWAN_E_NOMEM;
		v->row = rows;
		v->cap = cap;
	}
	if (buf_copy(&r->value, value) != 0)
		return ROWAN_E_NOMEM;
	memmove(v->row + at + 1, v->row + at, (v->count - at) * sizeof *v->row);
	v->row[at] = *r;
	v->count++;
	return 0;
}

static void take_out(struct vault *v, size_t at)
{
	buf_wipe(&v->row[at].value);
	v->count--;
	memmove(v->row + at, v->row + at + 1, (v->count - at) * sizeof *v->row);
}

/* ---- from and to bytes ---- */

void memory_vault_fill(struct bytes rows)
{
	filling = rows;
}

static bool read_row(struct reader *r, struct row *ret, struct bytes *value)
{
	uint8_t len[3];

	memset(ret, 0, sizeof *ret);
	if (reader_u8(r, &ret->kind) != 0 || reader_u8(r, &ret->len) != 0 ||
		ret->len > VAULT_NAME_MAX ||
		reader_array(r, ret->name, ret->len) != 0 ||
		reader_u64(r, &ret->n) != 0 || reader_array(r, len, 3) != 0)
		return false;
	return reader_view(r, (size_t)len[0] << 16 | len[1] << 8 | len[2],
		       value) == 0;
}

static void fill(struct vault *v)
{
	struct bytes value;
	struct reader r;
	struct row row;

	reader_init(&r, filling);
	while (read_row(&r, &row, &value))
		if (put(v, &row, value) != 0)
			abort();
}

/* ---- session/vault/vault.h ---- */

static int make(struct vault **ret)
{
	struct vault *v = calloc(1, sizeof *v);

	*ret = NULL;
	if (v == NULL)
		return ROWAN_E_NOMEM;
	fill(v);
	*ret = v;
	return 0;
}

int vault_create(
	struct vault **ret, const char *path, const struct vault_unlock *unlock)
{
	return make(ret);
}

int vault_open(
	struct vault **ret, const char *path, const struct vault_unlock *unlock)
{
	return make(ret);
}

void vault_close(struct vault *v)
{
	if (v == NULL)
		return;
	while (v->count > 0)
		take_out(v, v->count - 1);
	free(v->row);
	free(v);
}

int vault_relock(struct vault *v, const struct vault_unlock *unlock)
{
	return 0;
}

int vault_destroy(const char *path)
{
	return 0;
}

int vault_begin(struct vault *v)
{
	if (v->busy)
		return ROWAN_E_STATE;
	v->busy = true;
	return 0;
}

int vault_commit(struct vault *v)
{
	if (!v->busy)
		return ROWAN_E_STATE;
	v->busy = false;
	return 0;
}

void vault_abort(struct vault *v)
{
	v->busy = false;
}

bool vault_busy(const struct vault *v)
{
	return v->busy;
}

int vault_put(struct vault *v, enum vault_kind kind, struct bytes name,
	uint64_t n, struct bytes value)
{
	struct row r = key_of(kind, name, n);

	if (!v->busy)
		return ROWAN_E_STATE;
	if (value.len > VAULT_VALUE_MAX)
		return ROWAN_E_LIMIT;
	return put(v, &r, value);
}

int vault_get(struct vault *v, enum vault_kind kind, struct bytes name,
	uint64_t n, struct buf *ret)
{
	struct row key = key_of(kind, name, n);
	size_t at = place(v, &key);

	*ret = (struct buf){0};
	if (!is_at(v, at, &key))
		return ROWAN_E_NOT_FOUND;
	return buf_copy(ret, buf_view(&v->row[at].value));
}

int vault_delete(
	struct vault *v, enum vault_kind kind, struct bytes name, uint64_t n)
{
	struct row key = key_of(kind, name, n);
	size_t at = place(v, &key);

	if (!v->busy)
		return ROWAN_E_STATE;
	if (is_at(v, at, &key))
		take_out(v, at);
	return 0;
}

int vault_delete_all(struct vault *v, enum vault_kind kind, struct bytes name)
{
	struct row key = key_of(kind, name, 0);
	size_t at = place(v, &key);

	if (!v->busy)
		return ROWAN_E_STATE;
	while (at < v->count && same_list(&v->row[at], &key))
		take_out(v, at);
	return 0;
}

static int give(const struct vault *v, size_t at, const struct row *key,
	uint64_t *ret_n, struct buf *ret)
{
	if (ret != NULL)
		*ret = (struct buf){0};
	if (at >= v->count || !same_list(&v->row[at], key))
		return ROWAN_E_NOT_FOUND;
	if (ret_n != NULL)
		*ret_n = v->row[at].n;
	return ret != NULL ? buf_copy(ret, buf_view(&v->row[at].value)) : 0;
}

int vault_next(struct vault *v, enum vault_kind kind, struct bytes name,
	uint64_t from, uint64_t *ret_n, struct buf *ret)
{
	struct row key = key_of(kind, name, from);

	return give(v, place(v, &key), &key, ret_n, ret);
}

int vault_last(struct vault *v, enum vault_kind kind, struct bytes name,
	uint64_t below, uint64_t *ret_n, struct buf *ret)
{
	struct row key = key_of(kind, name, below);
	size_t at = place(v, &key);

	return give(v, at == 0 ? SIZE_MAX : at - 1, &key, ret_n, ret);
}
