/*
 * What the vault keeps of transfers.
 *
 *	struct {
 *		uint16 version = 1;
 *		opaque case_id[16], channel[16], message[16], blob[16];
 *		uint64 size;		of the plaintext
 *		uint64 hold_until;
 *		uint32 lifetime;
 *		uint8 state;		enum transfer_state
 *		uint32 code;		two's complement; if failed
 *	} Upload;
 *
 *	struct {
 *		uint16 version = 1;
 *		opaque case_id[16], channel[16], message[16], blob[16];
 *		opaque key[32];
 *		uint64 size;
 *		opaque digest[32];
 *		uint32 next;		chunk
 *		opaque path<V>;		empty: into memory
 *		opaque part<V>;		the file until it is whole
 *	} Download;
 */
#ifndef SESSION_TRANSFER_ROW_H
#define SESSION_TRANSFER_ROW_H

#include "base/reader.h"
#include "base/writer.h"
#include "session/transfer/transfer.h"

struct transfer_upload {
	struct transfer_what what;
	struct id16 blob;
	uint64_t size;
	enum transfer_state state;
	int32_t code;
};

struct transfer_download {
	struct transfer_what what; /* hold_until and lifetime unused */
	struct content_blob blob;
	uint32_t next;
	char path[TRANSFER_PATH_MAX + 1]; /* "": into memory */
	char part[TRANSFER_PATH_MAX + 1]; /* "": none yet */
};

/**
 * transfer_row_put_upload, transfer_row_put_download(w, row),
 * transfer_row_get_upload, transfer_row_get_download(input, ret):
 * Write and read. ROWAN_E_TOO_NEW, ROWAN_E_MALFORMED, ROWAN_E_LIMIT.
 */
ROWAN_MUST int transfer_row_put_upload(
	struct writer *w, const struct transfer_upload *row);
ROWAN_MUST int transfer_row_get_upload(
	struct bytes input, struct transfer_upload *ret);
ROWAN_MUST int transfer_row_put_download(
	struct writer *w, const struct transfer_download *row);
ROWAN_MUST int transfer_row_get_download(
	struct bytes input, struct transfer_download *ret);

#endif
