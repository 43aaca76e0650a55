/*
 * Transfers from the daemon: get, open, write, until all is there; then the
 * digest, then the name. See transfer.h.
 *
 *	         file open        all chunks       digest right
 *	(row) ------------> getting -------> hashing -------> named, row gone
 *	                      |                 |
 *	                      +--- wrong -------+--> FETCH_FAILED, file gone
 *
 * The row says how many chunks are synced to the file; a crash loses at most
 * what came after. Trusts neither the daemon nor what lies in the file: the
 * digest over all of it is taken at the end, from the disk.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "session/transfer/transfer_file.h"
#include "session/transfer/transfer_inner.h"
#include "wire/blob.h"
#include "wire/op.h"

#define HASH_LEN   65536
#define HASH_SLICE (64 * HASH_LEN) /* in one step */

/* The download for ${message}, if there is one. */
static int find_download(struct transfer *x, const struct id16 *message,
	uint64_t *ret_n, struct transfer_download *ret)
{
	int rc;

	*ret_n = 0;
	for (; (rc = transfer_read(&x->down, ret_n, ret)) == 0; ++*ret_n)
		if (id16_eq(&ret->what.message, message))
			return 0;
	return rc;
}

static int put_download(struct transfer *x, const struct transfer_download *row)
{
	struct vault *v = x->o.vault;
	struct writer w;
	uint64_t last = 0;
	int rc = vault_last(v, VAULT_BLOB, transfer_name(&x->down), UINT64_MAX,
		&last, NULL);

	if (rc != 0 && rc != ROWAN_E_NOT_FOUND)
		return rc;
	writer_init(&w, 2 * TRANSFER_PATH_MAX + 1024);
	rc = transfer_row_put_download(&w, row);
	if (rc == 0)
		rc = vault_put(v, VAULT_BLOB, transfer_name(&x->down), last + 1,
			writer_view(&w));
	writer_wipe(&w);
	x->down.looked = false;
	return rc;
}

static int new_download(struct transfer *x, const struct transfer_what *what,
	const struct content_blob *blob, const char *path)
{
	struct transfer_download row = {.what = *what, .blob = *blob};
	size_t count;
	int rc;

	if (blob->size > (path != NULL ? TRANSFER_FILE_MAX
				       : TRANSFER_MEMORY_MAX) ||
		(path != NULL && strlen(path) > TRANSFER_PATH_MAX))
		return ROWAN_E_LIMIT;
	rc = transfer_count(&x->down, &count);
	if (rc == 0 && count >= TRANSFER_MAX)
		rc = ROWAN_E_QUOTA;
	if (rc == 0 && path != NULL) {
		memcpy(row.path, path, strlen(path));
		rc = transfer_file_part(path, row.part, sizeof row.part);
	}
	if (rc == 0)
		rc = put_download(x, &row);
	sodium_memzero(&row, sizeof row);
	return rc;
}

int transfer_fetch(struct transfer *x, const struct transfer_what *what,
	const struct content_blob *blob, const char *path)
{
	struct transfer_download row;
	uint64_t n;
	int rc = find_download(x, &what->message, &n, &row);

	if (rc == ROWAN_E_NOT_FOUND)
		return new_download(x, what, blob, path);
	if (rc == 0 && strcmp(row.path, path != NULL ? path : "") != 0)
		rc = ROWAN_E_STATE;
	sodium_memzero(&row, sizeof row);
	return rc;
}

int transfer_fetch_cancel(struct transfer *x, const struct id16 *message)
{
	struct transfer_download row;
	uint64_t n;
	int rc = find_download(x, message, &n, &row);

	if (rc == 0)
		rc = vault_delete(
			x->o.vault, VAULT_BLOB, transfer_name(&x->down), n);
	if (rc == 0) {
		transfer_not_aside(&x->down, n);
		if (x->down.active && x->down.n == n)
			transfer_stop(&x->down);
		if (row.part[0] != 0)
			(void)unlink(row.part);
	}
	sodium_memzero(&row, sizeof row);
	return rc;
}

/* ---- the end ---- */

void transfer_down_close(struct transfer *x)
{
	if (x->fd >= 0)
		close(x->fd);
	x->fd = -1;
	buf_wipe(&x->memory);
	x->hashed = 0;
	sodium_memzero(&x->hash, sizeof x->hash);
	sodium_memzero(&x->download, sizeof x->download);
}

static bool into_memory(const struct transfer *x)
{
	return x->download.path[0] == 0;
}

/* Into memory: the caller has it, or the refusal. The row is the caller's. */
static void give(struct transfer *x, int code)
{
	const struct transfer_what what = x->download.what;
	struct buf data = x->memory;

	x->memory = (struct buf){0};
	transfer_aside(&x->down, TRANSFER_FOREVER);
	if (x->o.got != NULL)
		x->o.got(x->o.ctx, &what, code, buf_view(&data));
	buf_wipe(&data);
}

static void conclude(struct transfer *x, int code)
{
	const struct transfer_download *row = &x->download;
	struct event e = {.type = code == 0 ? ROWAN_EVENT_FETCHED
					    : ROWAN_EVENT_FETCH_FAILED,
		.code = code,
		.case_id = row->what.case_id,
		.channel = row->what.channel,
		.message = row->what.message};
	int rc;

	if (into_memory(x)) {
		give(x, code);
		return;
	}
	rc = vault_begin(x->o.vault);
	if (rc == 0) {
		rc = vault_delete(x->o.vault, VAULT_BLOB,
			transfer_name(&x->down), x->down.n);
		if (rc == 0)
			rc = events_add(x->o.events, &e);
		rc = transfer_commit(x, rc);
	}
	if (rc != 0) {
		x->error = rc;
		transfer_aside(&x->down, TRANSFER_PAUSE_MS);
		return;
	}
	if (code != 0 && row->part[0] != 0)
		(void)unlink(row->part);
	transfer_stop(&x->down);
}

/* ---- getting ---- */

static int put_row(struct transfer *x)
{
	struct writer w;
	int rc;

	writer_init(&w, 2 * TRANSFER_PATH_MAX + 1024);
	rc = transfer_row_put_download(&w, &x->download);
	if (rc == 0)
		rc = vault_put(x->o.vault, VAULT_BLOB, transfer_name(&x->down),
			x->down.n, writer_view(&w));
	writer_wipe(&w);
	return rc;
}

/* What is in the file now is counted. */
static int note(struct transfer *x)
{
	int rc;

	x->download.next = x->down.next;
	if (into_memory(x))
		return 0;
	rc = vault_begin(x->o.vault);
	if (rc != 0)
		return rc;
	rc = put_row(x);
	if (rc == 0)
		rc = transfer_tell(&x->down, &x->download.what);
	return transfer_commit(x, rc);
}

/* Open every chunk of an answer; the plaintext goes to the end of ${out}. */
static int open_all(struct transfer *x, const struct wire_blob_get_answer *a,
	uint8_t *plain, struct writer *out)
{
	const struct transfer_lane *l = &x->down;
	int rc = 0;

	if (a->size != l->plan.sealed || a->first != l->next ||
		a->count > l->plan.count - l->next)
		return ROWAN_E_CRYPTO;
	for (size_t i = 0; rc == 0 && i < a->count; i++) {
		uint32_t n = a->first + (uint32_t)i;

		rc = chunk_open(&x->download.blob, n, a->chunks[i], plain);
		if (rc == 0)
			writer_raw(out, plain, chunk_plain(&l->plan, n));
	}
	return rc != 0 ? rc : writer_status(out);
}

static int keep(struct transfer *x, struct bytes plain)
{
	uint64_t at = (uint64_t)x->down.next * CHUNK_PLAIN_LEN;

	if (!into_memory(x))
		return transfer_file_write(x->fd, at, plain);
	/* No room beyond the plaintext: chunks have what they must have. */
	if (plain.len > 0)
		memcpy(x->memory.data + at, plain.data, plain.len);
	return 0;
}

static int take_in(struct transfer *x, const struct wire_message *m)
{
	struct wire_blob_get_answer a;
	struct writer out;
	uint8_t *plain;
	int rc = wire_blob_get_answer_decode(m, &a);

	if (rc != 0)
		return rc;
	plain = secret_new(CHUNK_PLAIN_LEN);
	if (plain == NULL)
		return ROWAN_E_NOMEM;
	writer_init(&out, WIRE_CHUNKS_MAX * CHUNK_PLAIN_LEN);
	rc = open_all(x, &a, plain, &out);
	secret_free(plain);
	if (rc == 0)
		rc = keep(x, writer_view(&out));
	writer_wipe(&out);
	if (rc == 0)
		x->down.next += (uint32_t)a.count;
	return rc;
}

/* When to ask again for what is not there yet. */
static uint64_t later(const struct wire_error *e)
{
	uint64_t ms = e->retry_ms > TRANSFER_PAUSE_MS ? e->retry_ms
						      : TRANSFER_PAUSE_MS;

	return ms < TRANSFER_HELD_MS ? ms : TRANSFER_HELD_MS;
}

static void got(void *ctx, const struct requests_outcome *o)
{
	struct transfer_lane *l = ctx;
	struct transfer *x = l->x;
	int rc;

	l->asked = false;
	if (x->ending)
		return;
	if (o->rc != 0) {
		if (o->rc == ROWAN_E_AGAIN || o->rc == ROWAN_E_QUOTA ||
			o->rc == ROWAN_E_RESTORING || o->rc == ROWAN_E_FULL)
			transfer_aside(l, later(&o->error));
		else
			conclude(x, o->rc);
		return;
	}
	rc = take_in(x, o->answer);
	if (rc != 0 && rc != ROWAN_E_NOMEM) {
		conclude(x, rc);
		return;
	}
	if (rc == 0)
		rc = note(x);
	if (rc != 0) {
		x->error = rc;
		transfer_aside(l, TRANSFER_PAUSE_MS);
	}
}

static int ask(struct transfer *x)
{
	struct transfer_lane *l = &x->down;
	const struct wire_blob_get g = {.blob = x->download.blob.blob,
		.first = l->next,
		.max = WIRE_CHUNKS_MAX};
	/* "Later" may be weeks: others go on meanwhile. */
	struct requests_new n = {
		.op = WIRE_OP_BLOB_GET, .once = true, .done = got, .ctx = l};
	struct writer w;
	int rc;

	writer_init(&w, 64);
	rc = wire_blob_get_encode(&g, &w);
	n.body = writer_view(&w);
	if (rc == 0)
		rc = transfer_ask(l, &n);
	writer_wipe(&w);
	return rc;
}

/* ---- beginning, again or for the first time ---- */

/* The crash came after the file got its name. */
static bool named_already(const struct transfer *x)
{
	const struct transfer_download *row = &x->download;

	return row->next == x->down.plan.count &&
	       transfer_file_is(row->path, row->blob.size, &row->blob.digest);
}

static int open_file(struct transfer *x)
{
	struct transfer_download *row = &x->download;
	uint64_t have = (uint64_t)row->next * CHUNK_PLAIN_LEN;
	int rc;

	if (have > row->blob.size)
		have = row->blob.size;
	rc = transfer_file_begin(row->part, have, &x->fd);
	if (rc == ROWAN_E_NOT_FOUND && row->next > 0) {
		/* Somebody took it away: from the beginning. */
		row->next = 0;
		rc = transfer_file_begin(row->part, 0, &x->fd);
	}
	return rc;
}

static int begin(struct transfer *x)
{
	struct transfer_download *row = &x->download;
	int rc;

	if (row->next > x->down.plan.count)
		return ROWAN_E_CORRUPT;
	if (into_memory(x)) {
		row->next = 0;
		rc = row->blob.size > TRANSFER_MEMORY_MAX
			     ? ROWAN_E_CORRUPT
			     : buf_alloc(&x->memory, row->blob.size);
		if (rc != 0)
			return rc;
	} else if (named_already(x)) {
		conclude(x, 0);
		return 0;
	} else {
		rc = open_file(x);
		if (rc != 0) {
			/* No folder, no right, no room: the person's matter. */
			conclude(x, rc);
			return 0;
		}
	}
	crypto_generichash_init(&x->hash, NULL, 0, WIRE_HASH_LEN);
	x->hashed = 0;
	x->down.next = row->next;
	x->down.begun = true;
	return 0;
}

/* ---- hashing ---- */

static int read_part(struct transfer *x, uint8_t *mem, size_t len)
{
	for (size_t have = 0; have < len;) {
		ssize_t n = pread(x->fd, mem + have, len - have,
			(off_t)(x->hashed + have));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ROWAN_E_IO;
		have += (size_t)n;
	}
	return 0;
}

static int hash_some(struct transfer *x)
{
	uint64_t size = x->download.blob.size, end = x->hashed + HASH_SLICE;
	uint8_t mem[HASH_LEN];
	int rc = 0;

	if (into_memory(x)) {
		crypto_generichash_update(
			&x->hash, x->memory.data, x->memory.len);
		x->hashed = size;
	}
	while (rc == 0 && x->hashed < size && x->hashed < end) {
		size_t n = size - x->hashed < HASH_LEN
				   ? (size_t)(size - x->hashed)
				   : HASH_LEN;

		rc = read_part(x, mem, n);
		if (rc == 0) {
			crypto_generichash_update(&x->hash, mem, n);
			x->hashed += n;
		}
	}
	sodium_memzero(mem, sizeof mem);
	return rc;
}

static void finish(struct transfer *x)
{
	const struct transfer_download *row = &x->download;
	uint8_t hash[WIRE_HASH_LEN];
	int rc = hash_some(x);

	if (rc == 0 && x->hashed < row->blob.size)
		return;
	crypto_generichash_final(&x->hash, hash, sizeof hash);
	if (rc == 0 && memcmp(hash, row->blob.digest.b, sizeof hash) != 0)
		rc = ROWAN_E_CRYPTO;
	if (rc == 0 && !into_memory(x))
		rc = transfer_file_name(row->part, row->path);
	conclude(x, rc);
}

int transfer_down_step(struct transfer *x)
{
	if (!x->down.begun)
		return begin(x);
	if (x->down.next < x->down.plan.count)
		return ask(x);
	finish(x);
	return 0;
}
