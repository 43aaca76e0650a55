/*
 * Aliases and numbers: see book.h. One JSON object, sealed under a key of the
 * keyring, with the file's place as associated data.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/book.h"
#include "base/utf8.h"
#include "crypto/seal.h"
#include "ui/file.h"
#include "ui/hex.h"
#include "ui/mem.h"

#define TABLE	 1
#define BOOK_MAX ((size_t)4 * 1024 * 1024)

struct book {
	char *path;
	struct seal *seal;
	json_t *root;
	bool dirty; /* numbers of a listing */
	struct id16 *list[BOOK_KINDS];
	size_t count[BOOK_KINDS];
};

static const char *const names[BOOK_KINDS] = {
	"case", "person", "device", "message"};

static const char *const marks[BOOK_MARKS] = {"old copy", "revoked"};

/* The object of aliases of one kind: id in hex -> alias. */
static json_t *aliases(const struct book *b, enum book_kind kind)
{
	return json_object_get(
		json_object_get(b->root, "aliases"), names[kind]);
}

/* The next number, for an id that has none. */
static size_t append(struct book *b, enum book_kind kind, const struct id16 *id)
{
	size_t n = b->count[kind];

	if (n == BOOK_LIST_MAX) {
		if (kind != BOOK_MESSAGE)
			return 0;
		free(b->list[kind]);
		b->list[kind] = NULL;
		n = 0;
	}
	if ((n & (n - 1)) == 0)
		b->list[kind] = mem_more(b->list[kind],
			(n > 0 ? 2 * n : 1) * sizeof *b->list[kind]);
	b->list[kind][n] = *id;
	b->count[kind] = n + 1;
	b->dirty = true;
	return n + 1;
}

static void load_list(struct book *b, enum book_kind kind)
{
	json_t *list =
		json_object_get(json_object_get(b->root, "last"), names[kind]);
	json_t *one;
	size_t i;

	json_array_foreach (list, i, one) {
		struct id16 id;

		if (json_is_string(one) &&
			hex_read(json_string_value(one), id.b, ID16_LEN))
			(void)append(b, kind, &id);
	}
}

static int begin(struct book *b)
{
	if (b->root == NULL)
		b->root = json_object();
	if (!json_is_object(json_object_get(b->root, "aliases")))
		(void)json_object_set_new(b->root, "aliases", json_object());
	for (size_t i = 0; i < BOOK_KINDS; i++) {
		if (!json_is_object(aliases(b, (enum book_kind)i)))
			(void)json_object_set_new(
				json_object_get(b->root, "aliases"), names[i],
				json_object());
		load_list(b, (enum book_kind)i);
	}
	b->dirty = false;
	return 0;
}

static int unseal(struct book *b, const uint8_t *file, size_t len)
{
	const struct seal_place place = {.table = TABLE};
	uint8_t *plain;
	int rc;

	if (len < SEAL_OVERHEAD)
		return ROWAN_E_CORRUPT;
	plain = mem_get(len);
	rc = seal_get(b->seal, place, bytes_of(file, len), plain);
	if (rc == 0) {
		b->root = json_loadb(
			(const char *)plain, len - SEAL_OVERHEAD, 0, NULL);
		rc = json_is_object(b->root) ? 0 : ROWAN_E_CORRUPT;
	}
	mem_free(plain, len);
	return rc == 0 ? 0 : ROWAN_E_CORRUPT;
}

static int load(struct book *b)
{
	uint8_t *file;
	ssize_t n;
	int fd = open(b->path, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return errno == ENOENT ? 0 : ROWAN_E_IO;
	file = mem_get(BOOK_MAX);
	n = read(fd, file, BOOK_MAX);
	(void)close(fd);
	rc = n < 0 ? ROWAN_E_IO : unseal(b, file, (size_t)n);
	mem_free(file, BOOK_MAX);
	return rc;
}

int book_open(const char *path, const struct key32 *key, struct book **ret)
{
	struct book *b = mem_get(sizeof *b);
	int rc = seal_new(&b->seal, key);

	*ret = NULL;
	b->path = mem_text(path);
	if (rc == 0)
		rc = load(b);
	if (rc == 0)
		rc = begin(b);
	if (rc == 0) {
		*ret = b;
		return 0;
	}
	b->dirty = false;
	book_close(b);
	return rc;
}

static void save_lists(struct book *b)
{
	json_t *last = json_object();

	for (size_t k = 0; k < BOOK_KINDS; k++) {
		json_t *list = json_array();

		for (size_t i = 0; i < b->count[k]; i++) {
			char hex[2 * ID16_LEN + 1];

			hex_write(b->list[k][i].b, ID16_LEN, hex);
			(void)json_array_append_new(list, json_string(hex));
		}
		(void)json_object_set_new(last, names[k], list);
	}
	(void)json_object_set_new(b->root, "last", last);
}

static int save(struct book *b, unsigned flags)
{
	const struct seal_place place = {.table = TABLE};
	uint8_t *sealed;
	size_t len;
	char *text;
	int rc;

	save_lists(b);
	text = json_dumps(b->root, JSON_COMPACT);
	if (text == NULL)
		return ROWAN_E_NOMEM;
	len = strlen(text);
	sealed = mem_get(len + SEAL_OVERHEAD);
	seal_put(b->seal, place, bytes_of(text, len), sealed);
	rc = file_put(b->path, bytes_of(sealed, len + SEAL_OVERHEAD),
		FILE_REPLACE | FILE_SECRET | flags);
	mem_free(text, len);
	free(sealed);
	if (rc == 0)
		b->dirty = false;
	return rc;
}

void book_keep(struct book *b)
{
	if (b->dirty && b->root != NULL)
		(void)!save(b, FILE_SOON);
}

void book_close(struct book *b)
{
	if (b == NULL)
		return;
	book_keep(b);
	json_decref(b->root);
	seal_free(b->seal);
	for (size_t k = 0; k < BOOK_KINDS; k++)
		free(b->list[k]);
	free(b->path);
	free(b);
}

const char *book_alias(
	const struct book *b, enum book_kind kind, const struct id16 *id)
{
	char hex[2 * ID16_LEN + 1];

	hex_write(id->b, ID16_LEN, hex);
	return json_string_value(json_object_get(aliases(b, kind), hex));
}

/* Not to be taken for a number or an id, nor for two words. */
static bool alias_ok(const char *alias)
{
	size_t len = strlen(alias), digits = 0;

	/* They name somebody else everywhere. */
	if (strcmp(alias, "me") == 0 || strcmp(alias, "victim") == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)alias[i];

		if (c <= ' ' || c == 0x7f)
			return false;
		if (isdigit(c))
			digits++;
	}
	return len > 0 && len <= BOOK_ALIAS_MAX && digits < len &&
	       alias[0] != '-' && strspn(alias, "0123456789abcdef") < len &&
	       utf8_valid(bytes_of(alias, len));
}

int book_set_alias(struct book *b, enum book_kind kind, const struct id16 *id,
	const char *alias)
{
	char hex[2 * ID16_LEN + 1];
	const char *other;
	json_t *of = aliases(b, kind), *value;

	hex_write(id->b, ID16_LEN, hex);
	if (alias == NULL) {
		(void)json_object_del(of, hex);
		return save(b, 0);
	}
	if (!alias_ok(alias))
		return ROWAN_E_INVAL;
	json_object_foreach (of, other, value)
		if (strcmp(json_string_value(value), alias) == 0 &&
			strcmp(other, hex) != 0)
			return ROWAN_E_EXISTS;
	if (json_object_set_new(of, hex, json_string(alias)) != 0)
		return ROWAN_E_NOMEM;
	return save(b, 0);
}

/* ---- what did not come to everybody ------------------------------------- */

/*
 * "missed": id of a message -> {"in": its channel, "by": members, "untold"},
 * in the order in which they were kept.
 */
static json_t *missed(const struct book *b, const struct id16 *message)
{
	char hex[2 * ID16_LEN + 1];

	hex_write(message->b, ID16_LEN, hex);
	return json_object_get(json_object_get(b->root, "missed"), hex);
}

static json_t *missed_new(struct book *b, const struct book_missed *m)
{
	char hex[2 * ID16_LEN + 1];
	json_t *all = json_object_get(b->root, "missed"), *one;

	if (!json_is_object(all)) {
		all = json_object();
		(void)json_object_set_new(b->root, "missed", all);
	}
	if (json_object_size(all) >= BOOK_MISSED_MAX)
		(void)json_object_del(
			all, json_object_iter_key(json_object_iter(all)));
	hex_write(m->channel.b, ID16_LEN, hex);
	one = json_pack("{s:s,s:[]}", "in", hex, "by");
	hex_write(m->message.b, ID16_LEN, hex);
	(void)json_object_set_new(all, hex, one);
	return one;
}

int book_missed_add(struct book *b, const struct book_missed *m)
{
	json_t *one = missed(b, &m->message), *by, *has;
	char hex[2 * ID16_LEN + 1];
	bool known = false;
	size_t i;

	if (one == NULL)
		one = missed_new(b, m);
	by = json_object_get(one, "by");
	if (m->member != NULL) {
		hex_write(m->member->b, ID16_LEN, hex);
		json_array_foreach (by, i, has)
			known = known ||
				strcmp(json_string_value(has), hex) == 0;
		if (!known)
			(void)json_array_append_new(by, json_string(hex));
	}
	if (!m->told)
		(void)json_object_set_new(one, "untold", json_true());
	return save(b, 0);
}

bool book_missed_by(const struct book *b, const struct id16 *message, size_t at,
	struct id16 *ret)
{
	const char *hex = json_string_value(
		json_array_get(json_object_get(missed(b, message), "by"), at));

	return hex != NULL && hex_read(hex, ret->b, ID16_LEN);
}

static bool is_untold(const json_t *one, const struct id16 *channel)
{
	const char *in = json_string_value(json_object_get(one, "in"));
	struct id16 id;

	return json_is_true(json_object_get(one, "untold")) && in != NULL &&
	       hex_read(in, id.b, ID16_LEN) && id16_eq(&id, channel);
}

bool book_untold(const struct book *b, const struct id16 *channel, size_t at,
	struct id16 *ret)
{
	const char *hex;
	json_t *one;

	json_object_foreach (json_object_get(b->root, "missed"), hex, one)
		if (is_untold(one, channel) && at-- == 0)
			return hex_read(hex, ret->b, ID16_LEN);
	return false;
}

void book_told(
	struct book *b, const struct id16 *channel, const struct id16 *message)
{
	json_t *of = message != NULL ? missed(b, message) : NULL, *one;
	const char *hex;

	json_object_foreach (json_object_get(b->root, "missed"), hex, one) {
		if (!is_untold(one, channel) || (message != NULL && one != of))
			continue;
		(void)json_object_del(one, "untold");
		b->dirty = true;
	}
}

bool book_mark(const struct book *b, enum book_mark mark)
{
	return json_is_true(json_object_get(b->root, marks[mark]));
}

int book_set_mark(struct book *b, enum book_mark mark, bool on)
{
	if (book_mark(b, mark) == on)
		return 0;
	if (json_object_set_new(b->root, marks[mark], json_boolean(on)) != 0)
		return ROWAN_E_NOMEM;
	return save(b, 0);
}

const char *book_name(const struct book *b)
{
	return json_string_value(json_object_get(b->root, "name"));
}

int book_set_name(struct book *b, const char *name)
{
	if (name == NULL)
		(void)json_object_del(b->root, "name");
	else if (json_object_set_new(b->root, "name", json_string(name)) != 0)
		return ROWAN_E_INVAL;
	return save(b, 0);
}

/* The number; 0: it has none. */
static size_t number_of(
	const struct book *b, enum book_kind kind, const struct id16 *id)
{
	/* Backwards: what is listed again is mostly of late. */
	for (size_t n = b->count[kind]; n > 0; n--)
		if (id16_eq(&b->list[kind][n - 1], id))
			return n;
	return 0;
}

size_t book_list_add(struct book *b, enum book_kind kind, const struct id16 *id)
{
	size_t n = number_of(b, kind, id);

	return n > 0 ? n : append(b, kind, id);
}

bool book_has(const struct book *b, enum book_kind kind, const struct id16 *id)
{
	return number_of(b, kind, id) > 0;
}

bool book_listed(const struct book *b, enum book_kind kind)
{
	return b->count[kind] > 0;
}

int book_find(const struct book *b, enum book_kind kind, const char *text,
	struct id16 *ret)
{
	const char *hex;
	json_t *value;
	unsigned long n;
	char *end;

	json_object_foreach (aliases(b, kind), hex, value)
		if (strcmp(json_string_value(value), text) == 0)
			return hex_read(hex, ret->b, ID16_LEN)
				       ? 0
				       : ROWAN_E_CORRUPT;
	if (!isdigit((unsigned char)*text))
		return ROWAN_E_NOT_FOUND;
	n = strtoul(text, &end, 10);
	if (*end != '\0' || n == 0 || n > b->count[kind])
		return ROWAN_E_NOT_FOUND;
	*ret = b->list[kind][n - 1];
	return 0;
}
