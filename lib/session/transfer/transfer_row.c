/*
 * What the vault keeps of transfers: see transfer_row.h. Holds no state.
 */
#include <string.h>

#include <sodium.h>

#include "session/transfer/chunk.h"
#include "session/transfer/transfer_row.h"

#define VERSION 1

static void write_what(struct writer *w, const struct transfer_what *what)
{
	writer_u16(w, VERSION);
	writer_raw(w, what->case_id.b, ID16_LEN);
	writer_raw(w, what->channel.b, ID16_LEN);
	writer_raw(w, what->message.b, ID16_LEN);
}

static int read_what(struct reader *r, struct transfer_what *ret)
{
	uint16_t version;
	int rc = reader_u16(r, &version);

	if (rc == 0 && version != VERSION)
		rc = version > VERSION ? ROWAN_E_TOO_NEW : ROWAN_E_MALFORMED;
	if (rc == 0)
		rc = reader_array(r, ret->case_id.b, ID16_LEN);
	if (rc == 0)
		rc = reader_array(r, ret->channel.b, ID16_LEN);
	if (rc == 0)
		rc = reader_array(r, ret->message.b, ID16_LEN);
	return rc;
}

int transfer_row_put_upload(struct writer *w, const struct transfer_upload *row)
{
	write_what(w, &row->what);
	writer_raw(w, row->blob.b, ID16_LEN);
	writer_u64(w, row->size);
	writer_u64(w, row->what.hold_until);
	writer_u32(w, row->what.lifetime);
	writer_u8(w, (uint8_t)row->state);
	writer_u32(w, (uint32_t)row->code);
	return writer_status(w);
}

int transfer_row_get_upload(struct bytes input, struct transfer_upload *ret)
{
	struct reader r;
	uint32_t code = 0;
	uint8_t state = 0;
	int rc;

	memset(ret, 0, sizeof *ret);
	reader_init(&r, input);
	(void)((rc = read_what(&r, &ret->what)) ||
		(rc = reader_array(&r, ret->blob.b, ID16_LEN)) ||
		(rc = reader_u64(&r, &ret->size)) ||
		(rc = reader_u64(&r, &ret->what.hold_until)) ||
		(rc = reader_u32(&r, &ret->what.lifetime)) ||
		(rc = reader_u8(&r, &state)) || (rc = reader_u32(&r, &code)) ||
		(rc = reader_end(&r)));
	memcpy(&ret->code, &code, sizeof code);
	ret->state = (enum transfer_state)state;
	if (rc == 0 && (state < TRANSFER_WAITING || state > TRANSFER_FAILED ||
			       ret->size > CHUNK_SIZE_MAX))
		rc = ROWAN_E_MALFORMED;
	if (rc != 0)
		memset(ret, 0, sizeof *ret);
	return rc;
}

int transfer_row_put_download(
	struct writer *w, const struct transfer_download *row)
{
	write_what(w, &row->what);
	writer_raw(w, row->blob.blob.b, ID16_LEN);
	writer_raw(w, row->blob.key.b, sizeof row->blob.key.b);
	writer_u64(w, row->blob.size);
	writer_raw(w, row->blob.digest.b, sizeof row->blob.digest.b);
	writer_u32(w, row->next);
	writer_vec(w, bytes_of(row->path, strlen(row->path)));
	writer_vec(w, bytes_of(row->part, strlen(row->part)));
	return writer_status(w);
}

static int read_path(struct reader *r, char *ret)
{
	struct bytes path;
	int rc = reader_vec(r, TRANSFER_PATH_MAX, &path);

	if (rc != 0 || path.len == 0)
		return rc;
	if (memchr(path.data, 0, path.len) != NULL)
		return ROWAN_E_MALFORMED;
	memcpy(ret, path.data, path.len);
	return 0;
}

int transfer_row_get_download(struct bytes input, struct transfer_download *ret)
{
	struct reader r;
	int rc;

	memset(ret, 0, sizeof *ret);
	reader_init(&r, input);
	(void)((rc = read_what(&r, &ret->what)) ||
		(rc = reader_array(&r, ret->blob.blob.b, ID16_LEN)) ||
		(rc = reader_array(
			 &r, ret->blob.key.b, sizeof ret->blob.key.b)) ||
		(rc = reader_u64(&r, &ret->blob.size)) ||
		(rc = reader_array(
			 &r, ret->blob.digest.b, sizeof ret->blob.digest.b)) ||
		(rc = reader_u32(&r, &ret->next)) ||
		(rc = read_path(&r, ret->path)) ||
		(rc = read_path(&r, ret->part)) || (rc = reader_end(&r)));
	if (rc == 0 && ret->blob.size > CHUNK_SIZE_MAX)
		rc = ROWAN_E_MALFORMED;
	if (rc != 0)
		sodium_memzero(ret, sizeof *ret);
	return rc;
}
