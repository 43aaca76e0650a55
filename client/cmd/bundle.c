/*
 * The list of an exported diary: see bundle.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "cmd/bundle.h"
#include "tlog/text.h"
#include "ui/hex.h"
#include "ui/mem.h"

#define MAGIC	    "rowan bundle 1"
#define NAME_ROOM   200 /* bytes; a file is fetched under a longer name */
#define ENDING_ROOM 12

void bundle_free(struct bundle *b)
{
	for (size_t i = 0; i < b->entry_count; i++) {
		free(b->entries[i].file);
		free(b->entries[i].x);
		buf_wipe(&b->entries[i].data);
	}
	for (size_t i = 0; i < b->file_count; i++)
		free(b->files[i].path);
	free(b->entries);
	free(b->files);
	memset(b, 0, sizeof *b);
}

int bundle_entry_add(struct bundle *b, struct bundle_entry **ret)
{
	struct bundle_entry *more;

	if (b->entry_count == BUNDLE_ENTRIES_MAX)
		return ROWAN_E_LIMIT;
	more = realloc(b->entries, (b->entry_count + 1) * sizeof *more);
	if (more == NULL)
		return ROWAN_E_NOMEM;
	b->entries = more;
	*ret = &more[b->entry_count++];
	memset(*ret, 0, sizeof **ret);
	(*ret)->n = (unsigned)b->entry_count;
	return 0;
}

static int file_new(struct bundle *b, struct bundle_file **ret)
{
	struct bundle_file *more;

	if (b->file_count == BUNDLE_FILES_MAX)
		return ROWAN_E_LIMIT;
	more = realloc(b->files, (b->file_count + 1) * sizeof *more);
	if (more == NULL)
		return ROWAN_E_NOMEM;
	b->files = more;
	*ret = &more[b->file_count++];
	memset(*ret, 0, sizeof **ret);
	return 0;
}

int bundle_file_add(struct bundle *b, const char *path, struct bytes data)
{
	struct bundle_file *f;
	int rc = file_new(b, &f);

	if (rc != 0)
		return rc;
	(void)crypto_hash_sha256(f->hash, data.data, data.len);
	f->size = data.len;
	f->path = mem_text(path);
	return 0;
}

bool bundle_again(const struct bundle *b, const struct bundle_entry *e)
{
	for (const struct bundle_entry *at = b->entries; at < e; at++)
		if (at->leaf == e->leaf)
			return true;
	return false;
}

size_t bundle_count(const struct bundle *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->entry_count; i++)
		n += bundle_again(b, &b->entries[i]) ? 0 : 1;
	return n;
}

/* As much of a name as every file system takes: whole characters of its
 * beginning, and its ending, which says what the file is. */
static char *short_name(struct bytes name)
{
	const char *s = name.len > 0 ? (const char *)name.data : "";
	size_t keep = name.len, rest = 0;

	for (size_t i = 1; name.len > NAME_ROOM && i <= ENDING_ROOM; i++)
		if (s[name.len - i] == '.')
			rest = i;
	if (name.len > NAME_ROOM)
		keep = NAME_ROOM - rest;
	while (keep < name.len && keep > 0 && (s[keep] & 0xc0) == 0x80)
		keep--;
	return mem_print(
		"%.*s%.*s", (int)keep, s, (int)rest, s + name.len - rest);
}

/* A name somebody else chose: no folder of its own, no line of the list. */
char *bundle_file_name(unsigned n, struct bytes name)
{
	char *cut = short_name(name);
	char *path = mem_print("files/%04u-%s", n, cut);

	free(cut);
	for (char *at = path + strlen("files/"); *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f || *at == '/' ||
			*at == '\\')
			*at = '_';
	return path;
}

/* ---- writing ---------------------------------------------------------------
 */

static void put_hex(struct writer *w, const uint8_t *data, size_t len)
{
	char hex[2 * 32 + 1];

	hex_write(data, len, hex);
	text_write(w, hex);
}

int bundle_write(const struct bundle *b, struct writer *w)
{
	text_write(w, MAGIC "\nclinic ");
	put_hex(w, b->clinic.b, ID16_LEN);
	text_write(w, "\ncase ");
	put_hex(w, b->case_id.b, ID16_LEN);
	text_write(w, "\nexported ");
	text_write_u64(w, b->exported);
	text_write(w, "\nlog ");
	text_write_u64(w, b->size);
	for (size_t i = 0; i < b->entry_count; i++) {
		const struct bundle_entry *e = &b->entries[i];

		text_write(w, "\nentry ");
		text_write_u64(w, e->n);
		text_write(w, " ");
		text_write_u64(w, e->leaf);
		text_write(w, " ");
		text_write_u64(w, e->time);
		text_write(w, e->exact ? " second" : " hour");
	}
	for (size_t i = 0; i < b->entry_count; i++) {
		if (!b->entries[i].omitted)
			continue;
		text_write(w, "\nomitted ");
		text_write_u64(w, b->entries[i].n);
		text_write(w, " attachment");
	}
	for (size_t i = 0; i < b->file_count; i++) {
		text_write(w, "\nfile ");
		put_hex(w, b->files[i].hash, sizeof b->files[i].hash);
		text_write(w, " ");
		text_write_u64(w, b->files[i].size);
		text_write(w, " ");
		text_write(w, b->files[i].path);
	}
	text_write(w, "\n");
	return writer_status(w);
}

/* ---- reading ---------------------------------------------------------------
 */

/* The word before the next space, or the rest. */
static struct bytes word(struct bytes *line)
{
	const uint8_t *space =
		line->len > 0 ? memchr(line->data, ' ', line->len) : NULL;
	struct bytes ret = *line;

	if (space != NULL)
		ret.len = (size_t)(space - line->data);
	line->data += ret.len + (space != NULL ? 1 : 0);
	line->len -= ret.len + (space != NULL ? 1 : 0);
	return ret;
}

static int get_hex(struct bytes text, uint8_t *ret, size_t len)
{
	size_t got = 0;

	if (text.len != 2 * len ||
		sodium_hex2bin(ret, len, (const char *)text.data, text.len,
			NULL, &got, NULL) != 0 ||
		got != len)
		return ROWAN_E_MALFORMED;
	/* One spelling. */
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] >= 'A' && text.data[i] <= 'F')
			return ROWAN_E_MALFORMED;
	return 0;
}

static bool path_ok(struct bytes p)
{
	if (p.len == 0 || p.len >= BUNDLE_PATH_MAX || p.data[0] == '/' ||
		p.data[0] == '.')
		return false;
	for (size_t i = 0; i < p.len; i++)
		if (p.data[i] < ' ' || p.data[i] == 0x7f || p.data[i] == '\\' ||
			(p.data[i] == '/' &&
				(i + 1 == p.len || p.data[i + 1] == '.' ||
					p.data[i + 1] == '/')))
			return false;
	return true;
}

static bool is(struct bytes a, const char *s)
{
	return bytes_eq(a, bytes_of(s, strlen(s)));
}

static int read_entry(struct bundle *b, struct bytes line)
{
	struct bundle_entry *e;
	uint64_t n = 0;
	int rc = bundle_entry_add(b, &e);

	if (rc == 0)
		rc = text_u64(word(&line), &n);
	if (rc == 0 && n != e->n)
		rc = ROWAN_E_MALFORMED;
	if (rc == 0)
		rc = text_u64(word(&line), &e->leaf);
	if (rc == 0)
		rc = text_u64(word(&line), &e->time);
	if (rc != 0)
		return rc;
	e->exact = is(line, "second");
	return e->exact || is(line, "hour") ? 0 : ROWAN_E_MALFORMED;
}

static int read_omitted(struct bundle *b, struct bytes line)
{
	uint64_t n = 0;
	int rc = text_u64(word(&line), &n);

	if (rc != 0 || n == 0 || n > b->entry_count || !is(line, "attachment"))
		return ROWAN_E_MALFORMED;
	b->entries[n - 1].omitted = true;
	return 0;
}

static int read_file(struct bundle *b, struct bytes line)
{
	struct bundle_file *f;
	int rc = file_new(b, &f);

	if (rc == 0)
		rc = get_hex(word(&line), f->hash, sizeof f->hash);
	if (rc == 0)
		rc = text_u64(word(&line), &f->size);
	if (rc == 0 && !path_ok(line))
		rc = ROWAN_E_MALFORMED;
	if (rc == 0)
		f->path = mem_print("%.*s", (int)line.len, line.data);
	return rc;
}

static int read_head(struct bundle *b, struct bytes *text)
{
	struct bytes line;
	int rc = text_line(text, &line);

	if (rc == 0 && !is(line, MAGIC))
		rc = ROWAN_E_MALFORMED;
	if (rc == 0 && (rc = text_line(text, &line)) == 0)
		rc = is(word(&line), "clinic")
			     ? get_hex(line, b->clinic.b, ID16_LEN)
			     : ROWAN_E_MALFORMED;
	if (rc == 0 && (rc = text_line(text, &line)) == 0)
		rc = is(word(&line), "case")
			     ? get_hex(line, b->case_id.b, ID16_LEN)
			     : ROWAN_E_MALFORMED;
	if (rc == 0 && (rc = text_line(text, &line)) == 0)
		rc = is(word(&line), "exported") ? text_u64(line, &b->exported)
						 : ROWAN_E_MALFORMED;
	if (rc == 0 && (rc = text_line(text, &line)) == 0)
		rc = is(word(&line), "log") ? text_u64(line, &b->size)
					    : ROWAN_E_MALFORMED;
	return rc;
}

int bundle_read(struct bundle *b, struct bytes text)
{
	int rc;

	memset(b, 0, sizeof *b);
	rc = read_head(b, &text);
	while (rc == 0 && text.len > 0) {
		struct bytes line, first;

		rc = text_line(&text, &line);
		if (rc != 0)
			break;
		first = word(&line);
		if (is(first, "entry"))
			rc = read_entry(b, line);
		else if (is(first, "omitted"))
			rc = read_omitted(b, line);
		else if (is(first, "file"))
			rc = read_file(b, line);
		else
			rc = ROWAN_E_MALFORMED;
	}
	if (rc != 0)
		bundle_free(b);
	return rc == 0 || rc == ROWAN_E_NOMEM ? rc : ROWAN_E_MALFORMED;
}
