/*
 * Restoring: see restore.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>
#include <sys/stat.h>

#include "backup/restore.h"
#include "base/folder.h"
#include "clinic/group_row.h"
#include "clinic/returning.h"
#include "log/entry.h"
#include "log/guard.h"
#include "wire/armour.h"

#define PATH_LEN 4096
#define TEXT_LEN 1024
#define HEX	 64
#define SWEEP	 512 /* rows at a time */

/* ---- the note ---- */

static int path_in(const char *dir, const char *name, char ret[PATH_LEN])
{
	return snprintf(ret, PATH_LEN, "%s/%s", dir, name) < PATH_LEN
		       ? 0
		       : ROWAN_E_INVAL;
}

int restore_pending_write(
	const char *dir, const struct restore_pending *p, struct bytes chain)
{
	char path[PATH_LEN], part[PATH_LEN], root[HEX + 1], lost[HEX + 1];
	int fd, rc = path_in(dir, RESTORE_PENDING, path);

	if (rc == 0)
		rc = path_in(dir, RESTORE_PENDING ".part", part);
	if (rc != 0)
		return rc;
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return ROWAN_E_IO;
	(void)sodium_bin2hex(root, sizeof root, p->heads.root.b, 32);
	(void)sodium_bin2hex(lost, sizeof lost, p->heads.lost_root.b, 32);
	rc = dprintf(fd,
		     "rowan restore 1\nmade %llu\nsize %llu\nroot %s\n"
		     "lost_size %llu\nlost_root %s\n",
		     (unsigned long long)p->made,
		     (unsigned long long)p->heads.size, root,
		     (unsigned long long)p->heads.lost_size, lost) > 0 &&
			     write(fd, chain.data, chain.len) ==
				     (ssize_t)chain.len &&
			     fsync(fd) == 0 && rename(part, path) == 0
		     ? 0
		     : ROWAN_E_IO;
	close(fd);
	return rc;
}

/* An empty note: no rowand serves the folder, whatever happens next. */
static int bar(const char *dir)
{
	char path[PATH_LEN];
	int fd, rc = path_in(dir, RESTORE_PENDING, path);

	if (rc != 0)
		return rc;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return ROWAN_E_IO;
	close(fd);
	return folder_sync(dir);
}

static void unbar(const char *dir)
{
	char path[PATH_LEN];

	if (path_in(dir, RESTORE_PENDING, path) == 0)
		(void)unlink(path);
}

static bool hex_to(const char *text, uint8_t ret[32])
{
	size_t len;

	return sodium_hex2bin(ret, 32, text, HEX, NULL, &len, NULL) == 0 &&
	       len == 32;
}

int restore_pending_read(const char *dir, struct restore_pending *ret)
{
	char path[PATH_LEN], root[HEX + 1], lost[HEX + 1], end[2];
	unsigned long long made, size, lost_size;
	int n, rc = path_in(dir, RESTORE_PENDING, path);
	FILE *f;

	memset(ret, 0, sizeof *ret);
	if (rc != 0)
		return rc;
	f = fopen(path, "re");
	if (f == NULL)
		return errno == ENOENT ? ROWAN_E_NOT_FOUND : ROWAN_E_IO;
	n = fscanf(f,
		"rowan restore 1 made %llu size %llu root %64[0-9a-f] "
		"lost_size %llu lost_root %64[0-9a-f] %1s",
		&made, &size, root, &lost_size, lost, end);
	fclose(f);
	if (n < 5 || (n == 6 && end[0] != '-') ||
		!hex_to(root, ret->heads.root.b) ||
		!hex_to(lost, ret->heads.lost_root.b))
		return ROWAN_E_CORRUPT;
	ret->made = made;
	ret->heads.size = size;
	ret->heads.lost_size = lost_size;
	return 0;
}

/* ---- unpacking ---- */

static bool is_empty(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	bool empty = d != NULL;

	while (empty && (e = readdir(d)) != NULL)
		empty = strcmp(e->d_name, ".") == 0 ||
			strcmp(e->d_name, "..") == 0;
	if (d != NULL)
		closedir(d);
	return empty;
}

int restore_unpack(const char *file, const char *dir,
	const struct key32 *secret, struct backup_manifest *ret)
{
	char path[PATH_LEN];
	int from, to, rc = path_in(dir, "rowan.db", path);

	memset(ret, 0, sizeof *ret);
	if (rc != 0)
		return rc;
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return ROWAN_E_IO;
	if (!is_empty(dir))
		return ROWAN_E_EXISTS;
	from = open(file, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return errno == ENOENT ? ROWAN_E_NOT_FOUND : ROWAN_E_IO;
	rc = bar(dir);
	to = rc == 0 ? open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)
		     : -1;
	rc = to < 0 ? ROWAN_E_IO : backup_open(from, to, secret, ret);
	close(from);
	if (to >= 0)
		close(to);
	if (rc != 0 && to >= 0)
		(void)unlink(path);
	if (rc != 0)
		unbar(dir);
	return rc;
}

int restore_mark(struct store *st)
{
	int rc = store_begin(st, 0);

	if (rc != 0)
		return rc;
	rc = store_meta_put(st, STORE_META_PENDING, bytes_of("1", 1));
	if (rc == 0)
		return store_commit(st);
	store_abort(st);
	return rc;
}

/* ---- the last head ---- */

static int copy_file(const char *from, const char *to)
{
	struct buf all;
	int fd, rc = import_read(from, &all);

	if (rc != 0)
		return rc;
	fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	rc = fd >= 0 && write(fd, all.data, all.len) == (ssize_t)all.len &&
			     fsync(fd) == 0
		     ? 0
		     : ROWAN_E_IO;
	if (fd >= 0)
		close(fd);
	buf_wipe(&all);
	return rc;
}

static int from_guard(const char *path, struct guard_state *ret)
{
	struct guard *g;
	bool found = false;
	int rc = guard_open(&g, path, &found, ret);

	if (rc == 0)
		guard_close(g);
	return rc == 0 && !found ? ROWAN_E_NOT_FOUND : rc;
}

static int from_checkpoint(const char *path, struct guard_state *ret)
{
	struct checkpoint c;
	struct buf text;
	struct note n;
	int rc = import_read(path, &text);

	if (rc == 0)
		rc = note_parse(&n, buf_view(&text));
	if (rc == 0)
		rc = checkpoint_parse(&c, n.text);
	if (rc == 0)
		*ret = (struct guard_state){.size = c.size, .root = c.root};
	buf_wipe(&text);
	return rc;
}

int restore_last(const char *from, const char *to, uint64_t *ret_size,
	uint8_t ret_root[32])
{
	struct guard_state last;
	int rc = from_checkpoint(from, &last);

	if (rc != 0) {
		rc = copy_file(from, to);
		if (rc == 0)
			rc = from_guard(to, &last);
		if (rc != 0)
			(void)unlink(to);
	}
	if (rc != 0)
		return rc == ROWAN_E_IO ? rc : ROWAN_E_NOT_FOUND;
	*ret_size = last.size;
	memcpy(ret_root, last.root.b, 32);
	return 0;
}

/* ---- finishing ---- */

static bool same_heads(
	const struct wire_st_restore *a, const struct wire_st_restore *b)
{
	return a->size == b->size && a->lost_size == b->lost_size &&
	       memcmp(a->root.b, b->root.b, sizeof a->root.b) == 0 &&
	       memcmp(a->lost_root.b, b->lost_root.b, sizeof a->lost_root.b) ==
		       0;
}

/* Stands still until somebody assigned signs a reset. */
static int freeze(void *ctx, struct bytes state, struct buf *fresh)
{
	struct group_row *row = ctx;
	struct writer w;
	int rc = group_row_read(state, row);

	if (rc != 0)
		return rc;
	row->frozen = true;
	writer_init(&w, STORE_GROUP_MAX);
	rc = group_row_write(row, &w);
	if (rc == 0)
		return writer_finish(&w, fresh);
	writer_wipe(&w);
	return rc;
}

/* The last statement of ${text} is a restore of these heads. */
static int check_last(const struct restore_pending *p, struct bytes text)
{
	struct buf raw, last = {NULL, 0};
	struct wire_statement s;
	uint8_t kind = 0, of_last = 0;
	int rc;

	while ((rc = armour_next(&text, &kind, &raw)) == 0) {
		buf_wipe(&last);
		last = raw;
		of_last = kind;
	}
	if (rc == ROWAN_E_NOT_FOUND)
		rc = of_last == ARMOUR_STATEMENT ? 0 : ROWAN_E_RULE;
	if (rc == 0)
		rc = wire_statement_decode(buf_view(&last), &s);
	if (rc == 0 && (s.kind != WIRE_ST_RESTORE ||
			       !same_heads(&s.u.restore, &p->heads)))
		rc = ROWAN_E_RULE;
	buf_wipe(&last);
	return rc;
}

/* Before anything else: what was erased is erased again. */
static int erase_again(struct store *st, const struct restore_finishing *f,
	struct restore_done *ret)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < f->erased_count; i++)
		rc = acts_erase(st, &f->erased[i]);
	ret->erased = f->erased_count;
	return rc;
}

/* One statement: 0, a refusal of it, or what costs the transaction. */
static int witnessed_one(struct store *st, uint8_t kind, struct bytes raw,
	struct restore_done *ret)
{
	bool erased = false;
	int rc = kind == ARMOUR_STATEMENT ? acts_witnessed(st, raw, &erased)
					  : ROWAN_E_RULE;

	ret->witnessed += erased;
	return rc;
}

/*
 * One witness's file. What does not hold is passed over at first: whoever has
 * signed it may be known only when what was lost is back.
 */
static int witnessed_file(struct store *st, struct bytes text, bool last,
	struct restore_done *ret)
{
	struct buf raw;
	uint8_t kind;
	size_t at = 0;
	int rc;

	while ((rc = armour_next(&text, &kind, &raw)) == 0) {
		at++;
		rc = witnessed_one(st, kind, buf_view(&raw), ret);
		buf_wipe(&raw);
		if (rc != 0 && (last || store_failed(rc))) {
			ret->bad_at = at;
			return rc;
		}
	}
	if (store_failed(rc) || (rc == ROWAN_E_NOT_FOUND && at > 0))
		return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	/* Its end, or all of it, is missing. */
	ret->bad_at = at + 1;
	return last ? ROWAN_E_MALFORMED : 0;
}

static int erase_witnessed(struct store *st, const struct restore_finishing *f,
	bool last, struct restore_done *ret)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < f->witnessed_count; i++) {
		rc = witnessed_file(st, f->witnessed[i], last, ret);
		if (rc != 0 && !store_failed(rc))
			ret->bad_file = i + 1;
	}
	return rc;
}

/* The statements themselves, for everybody to see that it went rightly. */
static int keep_witnessed(struct import *in, const struct restore_finishing *f)
{
	struct import_result done;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < f->witnessed_count; i++) {
		rc = import_each(in, f->witnessed[i], &done);
		rc = store_failed(rc) ? rc : 0;
	}
	return rc;
}

/* What does not go in any more is counted and left out. */
static int bring_lost(
	struct import *in, struct bytes text, struct restore_done *ret)
{
	struct import_result done;
	int rc = import_each(in, text, &done);

	if (rc != 0)
		return rc;
	ret->found = done.taken;
	ret->refused = done.at - done.taken - done.known;
	return 0;
}

/* What is known to be all is all; else the restore waits for the rest. */
static int bring_rest(const struct import *in,
	const struct restore_finishing *f, struct restore_done *ret)
{
	struct buf restore = {NULL, 0};
	struct import rest = *in;
	int rc;

	if (!f->all || ret->refused > 0)
		rest.floats = &restore;
	rc = import_text(&rest, f->text, &ret->brought);
	/* One that went in before is known, and waits for nobody. */
	ret->waits = restore.len > 0;
	if (rc == 0 && ret->waits)
		rc = returning_begin(in->store, buf_view(&restore), in->now);
	/* The restore itself is none of them. */
	ret->found += ret->brought.taken;
	if (rest.floats == NULL && ret->brought.taken > 0)
		ret->found--;
	buf_wipe(&restore);
	return rc;
}

static int finish(struct store *st, const struct restore_finishing *f,
	struct restore_done *ret)
{
	struct import in = {.store = st, .now = f->now};
	struct group_row *row = calloc(1, sizeof *row);
	int rc = row == NULL ? ROWAN_E_NOMEM : 0;

	if (rc == 0)
		rc = erase_again(st, f, ret);
	if (rc == 0)
		rc = erase_witnessed(st, f, false, ret);
	if (rc == 0)
		rc = bring_lost(&in, f->lost, ret);
	if (rc == 0)
		rc = bring_rest(&in, f, ret);
	if (rc == 0)
		rc = erase_witnessed(st, f, true, ret);
	if (rc == 0)
		rc = keep_witnessed(&in, f);
	if (rc == 0)
		rc = store_void(st, &ret->voided);
	if (rc == 0)
		rc = store_groups_rewrite(st, freeze, row, &ret->channels);
	if (rc == 0)
		rc = store_meta_put(st, STORE_META_PENDING, bytes_of(NULL, 0));
	if (rc == 0)
		rc = entry_admin(st, f->now, f->act, f->who);
	free(row);
	return rc;
}

/* Details of erased cases go in slices; here they go at once. */
static int sweep(struct store *st, uint64_t now)
{
	struct store_slice s = {.more = true};
	int rc = 0;

	while (rc == 0 && s.more) {
		rc = store_begin(st, now);
		if (rc == 0)
			rc = store_sweep(st, SWEEP, &s);
		if (rc == 0)
			rc = entry_erased(st, now, &s);
		if (rc == 0)
			rc = store_commit(st);
		else
			store_abort(st);
	}
	return rc;
}

int restore_finish(struct store *st, const struct restore_finishing *f,
	struct restore_done *ret)
{
	int rc = check_last(f->pending, f->text);

	memset(ret, 0, sizeof *ret);
	if (rc == 0)
		rc = store_begin(st, f->now);
	if (rc != 0)
		return rc;
	rc = finish(st, f, ret);
	if (rc != 0) {
		store_abort(st);
		return rc;
	}
	rc = store_commit(st);
	return rc == 0 ? sweep(st, f->now) : rc;
}
