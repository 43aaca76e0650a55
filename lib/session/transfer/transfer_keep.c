/*
 * What is kept to be sent: sealed into the vault, chunk by chunk, in the
 * transaction that also keeps the message. See transfer.h.
 */
#include <string.h>

#include <sodium.h>

#include "session/transfer/transfer_file.h"
#include "session/transfer/transfer_inner.h"
#include "wire/blob.h"
#include "wire/op.h"

struct bytes transfer_chunks(
	const struct id16 *blob, uint8_t mem[TRANSFER_CHUNK_NAME])
{
	mem[0] = 'c';
	memcpy(mem + 1, blob->b, ID16_LEN);
	return bytes_of(mem, TRANSFER_CHUNK_NAME);
}

int transfer_put_upload(
	struct transfer *x, const struct transfer_upload *row, uint64_t n)
{
	struct writer w;
	int rc;

	writer_init(&w, 1024);
	rc = transfer_row_put_upload(&w, row);
	if (rc == 0)
		rc = vault_put(x->o.vault, VAULT_BLOB, transfer_name(&x->up), n,
			writer_view(&w));
	writer_wipe(&w);
	return rc;
}

/* Where plaintext comes from: a file, or memory. */
struct origin {
	struct transfer_source *file; /* or NULL */
	struct bytes data;
};

/* Two chunks' room. */
struct room {
	uint8_t plain[CHUNK_PLAIN_LEN];
	uint8_t sealed[WIRE_CHUNK_LEN];
};

static int seal_all(struct transfer *x, struct content_blob *blob,
	const struct origin *from, struct room *room)
{
	uint8_t mem[TRANSFER_CHUNK_NAME];
	crypto_generichash_state hash;
	struct chunk_plan plan;
	uint64_t at = 0;
	int rc = chunk_plan(blob->size, &plan);

	crypto_generichash_init(&hash, NULL, 0, sizeof blob->digest.b);
	for (uint32_t i = 0; rc == 0 && i < plan.count; i++) {
		size_t len = chunk_plain(&plan, i);

		if (from->file != NULL)
			rc = transfer_file_read(from->file, room->plain, len);
		else if (len > 0)
			memcpy(room->plain, from->data.data + at, len);
		if (rc != 0)
			break;
		at += len;
		crypto_generichash_update(&hash, room->plain, len);
		rc = chunk_seal(
			blob, i, bytes_of(room->plain, len), room->sealed);
		if (rc == 0)
			rc = vault_put(x->o.vault, VAULT_BLOB,
				transfer_chunks(&blob->blob, mem), i,
				bytes_of(room->sealed, chunk_sealed(&plan, i)));
	}
	crypto_generichash_final(&hash, blob->digest.b, sizeof blob->digest.b);
	sodium_memzero(&hash, sizeof hash);
	return rc;
}

static int next_number(struct transfer *x, uint64_t *ret)
{
	size_t count;
	int rc = transfer_count(&x->up, &count);

	*ret = 0;
	if (rc == 0 && count >= TRANSFER_MAX)
		rc = ROWAN_E_QUOTA;
	if (rc == 0)
		rc = vault_last(x->o.vault, VAULT_BLOB, transfer_name(&x->up),
			UINT64_MAX, ret, NULL);
	++*ret;
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

static int keep(struct transfer *x, const struct transfer_what *what,
	const struct origin *from, struct content_blob *ret)
{
	struct transfer_upload row = {.what = *what, .state = TRANSFER_WAITING};
	struct content_blob blob;
	struct room *room;
	uint64_t n;
	int rc;

	memset(ret, 0, sizeof *ret);
	memset(&blob, 0, sizeof blob);
	blob.size = from->file != NULL ? from->file->size : from->data.len;
	if (blob.size > TRANSFER_FILE_MAX)
		return ROWAN_E_LIMIT;
	rc = next_number(x, &n);
	if (rc != 0)
		return rc;
	room = secret_new(sizeof *room);
	if (room == NULL)
		return ROWAN_E_NOMEM;
	randombytes_buf(blob.blob.b, ID16_LEN);
	randombytes_buf(blob.key.b, sizeof blob.key.b);
	row.blob = blob.blob;
	row.size = blob.size;
	rc = seal_all(x, &blob, from, room);
	secret_free(room);
	if (rc == 0)
		rc = transfer_put_upload(x, &row, n);
	if (rc == 0) {
		*ret = blob;
		x->up.looked = false;
	}
	sodium_memzero(&blob, sizeof blob);
	return rc;
}

int transfer_keep_file(struct transfer *x, const struct transfer_what *what,
	const char *path, struct content_blob *ret)
{
	struct transfer_source s;
	const struct origin from = {.file = &s};
	int rc = transfer_file_open(&s, path);

	memset(ret, 0, sizeof *ret);
	if (rc != 0)
		return rc;
	rc = keep(x, what, &from, ret);
	if (rc == 0)
		rc = transfer_file_same(&s);
	/* The caller takes the rest back with its transaction. */
	if (rc != 0)
		sodium_memzero(ret, sizeof *ret);
	transfer_file_close(&s);
	return rc;
}

int transfer_keep_bytes(struct transfer *x, const struct transfer_what *what,
	struct bytes data, struct content_blob *ret)
{
	const struct origin from = {.data = data};

	return keep(x, what, &from, ret);
}

int transfer_state(struct transfer *x, const struct id16 *blob,
	enum transfer_state *ret, int *ret_code)
{
	struct transfer_upload row;
	uint64_t n = 0;
	int rc;

	for (; (rc = transfer_read(&x->up, &n, &row)) == 0; n++) {
		if (!id16_eq(&row.blob, blob))
			continue;
		*ret = row.state;
		*ret_code = row.code;
		return 0;
	}
	return rc;
}

/* Nobody waits for it. */
static void ignore(void *ctx, const struct requests_outcome *o)
{
}

static void delete_there(struct transfer *x, const struct id16 *blob)
{
	const struct requests_new n = {.op = WIRE_OP_BLOB_DELETE,
		.body = id16_view(blob),
		.done = ignore};

	/* One that stays is gone with its lifetime. */
	(void)!requests_start(x->o.requests, &n);
}

int transfer_drop(struct transfer *x, const struct id16 *blob)
{
	uint8_t mem[TRANSFER_CHUNK_NAME];
	struct transfer_upload row;
	uint64_t n = 0;
	int rc;

	for (; (rc = transfer_read(&x->up, &n, &row)) == 0; n++)
		if (id16_eq(&row.blob, blob))
			break;
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	rc = vault_delete(x->o.vault, VAULT_BLOB, transfer_name(&x->up), n);
	if (rc == 0)
		rc = vault_delete_all(
			x->o.vault, VAULT_BLOB, transfer_chunks(blob, mem));
	if (rc != 0)
		return rc;
	transfer_not_aside(&x->up, n);
	if (x->up.active && x->up.n == n)
		transfer_stop(&x->up);
	if (row.state == TRANSFER_WAITING)
		delete_there(x, blob);
	return 0;
}
