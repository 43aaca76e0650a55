/*
 * The journal of events: see evlog.h.
 *
 * A file of entries, each: length (4 bytes, big-endian), cursor (8), sealed
 * JSON with the cursor as the row of its place. When it has twice as many as
 * are kept it is written anew.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/evlog.h"
#include "base/reader.h"
#include "base/writer.h"
#include "crypto/seal.h"
#include "ui/mem.h"

#define TABLE	  2
#define HEAD_LEN  12
#define ENTRY_MAX ((size_t)16 * 1024)

struct entry {
	uint64_t cursor;
	off_t at; /* of the sealed bytes */
	uint32_t len;
};

struct evlog {
	char *path;
	int fd;
	struct seal *seal;
	struct entry *entries;
	size_t count, cap;
	off_t end;
};

static int disk_error(void)
{
	return errno == ENOSPC || errno == EDQUOT ? ROWAN_E_FULL : ROWAN_E_IO;
}

static void note(struct evlog *j, uint64_t cursor, uint32_t len)
{
	if (j->count == j->cap) {
		j->cap = j->cap * 2 + 256;
		j->entries = mem_more(j->entries, j->cap * sizeof *j->entries);
	}
	j->entries[j->count++] = (struct entry){
		.cursor = cursor, .at = j->end + HEAD_LEN, .len = len};
	j->end += HEAD_LEN + (off_t)len;
}

/* Find every whole entry; the rest is a write that was cut off. */
static int scan(struct evlog *j)
{
	uint8_t head[HEAD_LEN];
	struct stat st;

	if (fstat(j->fd, &st) != 0)
		return ROWAN_E_IO;
	while (j->end + HEAD_LEN <= st.st_size) {
		struct reader r;
		uint32_t len = 0;
		uint64_t cursor = 0;

		if (pread(j->fd, head, sizeof head, j->end) != HEAD_LEN)
			return ROWAN_E_IO;
		reader_init(&r, bytes_of(head, sizeof head));
		if (reader_u32(&r, &len) != 0 || reader_u64(&r, &cursor) != 0)
			return ROWAN_E_CORRUPT;
		if (len < SEAL_OVERHEAD || len > ENTRY_MAX ||
			cursor <= evlog_last(j))
			return ROWAN_E_CORRUPT;
		if (j->end + HEAD_LEN + (off_t)len > st.st_size)
			break;
		note(j, cursor, len);
	}
	return j->end < st.st_size && ftruncate(j->fd, j->end) != 0 ? ROWAN_E_IO
								    : 0;
}

int evlog_open(const char *path, const struct key32 *key, struct evlog **ret)
{
	struct evlog *j = mem_get(sizeof *j);
	int rc = seal_new(&j->seal, key);

	*ret = NULL;
	j->path = mem_text(path);
	j->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (rc == 0 && j->fd < 0)
		rc = ROWAN_E_IO;
	if (rc == 0)
		rc = scan(j);
	if (rc != 0) {
		evlog_close(j);
		return rc;
	}
	*ret = j;
	return 0;
}

void evlog_close(struct evlog *j)
{
	if (j == NULL)
		return;
	if (j->fd >= 0)
		(void)close(j->fd);
	seal_free(j->seal);
	free(j->entries);
	free(j->path);
	free(j);
}

/* Append one entry to ${fd}, which has ${end} bytes. */
static int append(
	struct evlog *j, int fd, off_t end, uint64_t cursor, struct bytes plain)
{
	const struct seal_place place = {.table = TABLE, .row = cursor};
	uint32_t len = (uint32_t)(plain.len + SEAL_OVERHEAD);
	uint8_t *sealed = mem_get(len);
	struct writer w;
	ssize_t n;
	int rc;

	seal_put(j->seal, place, plain, sealed);
	writer_init(&w, HEAD_LEN + (size_t)len);
	writer_u32(&w, len);
	writer_u64(&w, cursor);
	writer_raw(&w, sealed, len);
	free(sealed);
	rc = writer_status(&w);
	if (rc == 0) {
		n = pwrite(fd, w.data, w.len, end);
		if (n != (ssize_t)w.len) {
			rc = n < 0 ? disk_error() : ROWAN_E_FULL;
			(void)!ftruncate(fd, end);
		}
	}
	writer_wipe(&w);
	return rc;
}

/* Both hold at least the entry's bytes. */
static bool open_entry(const struct evlog *j, const struct entry *e,
	uint8_t *sealed, uint8_t *plain)
{
	const struct seal_place place = {.table = TABLE, .row = e->cursor};

	return pread(j->fd, sealed, e->len, e->at) == (ssize_t)e->len &&
	       seal_get(j->seal, place, bytes_of(sealed, e->len), plain) == 0;
}

static json_t *read_entry(const struct evlog *j, const struct entry *e)
{
	uint8_t *sealed = mem_get(e->len), *plain = mem_get(e->len);
	json_t *ret = NULL;

	if (open_entry(j, e, sealed, plain))
		ret = json_loadb(
			(const char *)plain, e->len - SEAL_OVERHEAD, 0, NULL);
	mem_free(plain, e->len);
	free(sealed);
	return ret;
}

/* Only the newest EVLOG_KEEP, in a new file that takes the old one's place.
 */
static int rewrite(struct evlog *j)
{
	char *part = mem_print("%s.new", j->path);
	int fd = open(part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t from = j->count - EVLOG_KEEP, left = EVLOG_KEEP;
	struct entry *kept = mem_get(left * sizeof *kept);
	uint8_t *copy = mem_get(HEAD_LEN + ENTRY_MAX);
	off_t end = 0;
	int rc = fd < 0 ? disk_error() : 0;

	for (size_t i = 0; rc == 0 && i < left; i++) {
		const struct entry *e = &j->entries[from + i];
		size_t len = HEAD_LEN + e->len;

		if (pread(j->fd, copy, len, e->at - HEAD_LEN) != (ssize_t)len)
			rc = ROWAN_E_IO;
		else if (pwrite(fd, copy, len, end) != (ssize_t)len)
			rc = disk_error();
		kept[i] = *e;
		kept[i].at = end + HEAD_LEN;
		end += (off_t)len;
	}
	if (rc == 0 && (fsync(fd) != 0 || rename(part, j->path) != 0))
		rc = disk_error();
	if (rc == 0) {
		(void)close(j->fd);
		j->fd = fd;
		memcpy(j->entries, kept, left * sizeof *kept);
		j->count = left;
		j->end = end;
	} else if (fd >= 0) {
		(void)close(fd);
		(void)unlink(part);
	}
	free(kept);
	free(copy);
	free(part);
	return rc;
}

int evlog_add(struct evlog *j, const json_t *event, uint64_t *ret_cursor)
{
	uint64_t cursor = evlog_last(j) + 1;
	char *text = json_dumps(event, JSON_COMPACT);
	size_t len;
	int rc = 0;

	*ret_cursor = 0;
	if (text == NULL)
		return ROWAN_E_NOMEM;
	len = strlen(text);
	if (len + SEAL_OVERHEAD > ENTRY_MAX)
		rc = ROWAN_E_LIMIT;
	if (rc == 0 && j->count >= 2 * (size_t)EVLOG_KEEP)
		rc = rewrite(j);
	if (rc == 0)
		rc = append(j, j->fd, j->end, cursor, bytes_of(text, len));
	mem_free(text, len);
	if (rc != 0)
		return rc;
	note(j, cursor, (uint32_t)(len + SEAL_OVERHEAD));
	*ret_cursor = cursor;
	return 0;
}

int evlog_sync(struct evlog *j)
{
	return fdatasync(j->fd) == 0 ? 0 : disk_error();
}

json_t *evlog_next(struct evlog *j, uint64_t after, uint64_t *ret_cursor)
{
	size_t low = 0, high = j->count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (j->entries[mid].cursor <= after)
			low = mid + 1;
		else
			high = mid;
	}
	*ret_cursor = after;
	if (low == j->count)
		return NULL;
	*ret_cursor = j->entries[low].cursor;
	return read_entry(j, &j->entries[low]);
}

/* To take each of them apart would take ten times as long. */
json_t *evlog_newest(struct evlog *j, const char *id)
{
	uint8_t *sealed = mem_get(ENTRY_MAX), *plain = mem_get(ENTRY_MAX);
	size_t i = j->count, len = strlen(id);
	json_t *ret = NULL;

	for (; i > 0; i--) {
		const struct entry *e = &j->entries[i - 1];

		if (open_entry(j, e, sealed, plain) &&
			memmem(plain, e->len - SEAL_OVERHEAD, id, len) != NULL)
			break;
	}
	if (i > 0)
		ret = json_loadb((const char *)plain,
			j->entries[i - 1].len - SEAL_OVERHEAD, 0, NULL);
	mem_free(plain, ENTRY_MAX);
	free(sealed);
	return ret;
}

uint64_t evlog_last(const struct evlog *j)
{
	return j->count > 0 ? j->entries[j->count - 1].cursor : 0;
}
