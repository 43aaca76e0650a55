/*
 * Witness cosignatures: see cosignature.h.
 */
#include <string.h>

#include "base/reader.h"
#include "tlog/cosignature.h"
#include "tlog/text.h"

/* What a witness signs: two lines of its own, then the checkpoint. */
static int message(struct bytes text, uint64_t time, struct buf *ret)
{
	struct writer w;

	writer_init(&w, NOTE_MAX + 64);
	text_write(&w, "cosignature/v1\ntime ");
	text_write_u64(&w, time);
	text_write(&w, "\n");
	writer_raw(&w, text.data, text.len);
	return writer_finish(&w, ret);
}

int cosignature_sign(struct writer *w, struct bytes text, uint64_t time,
	const struct note_key *k, const uint8_t sk[crypto_sign_SECRETKEYBYTES])
{
	uint8_t raw[COSIGNATURE_LEN];
	struct writer stamp;
	struct buf msg = {0};
	int rc;

	if (k->type != NOTE_COSIGNATURE || time > INT64_MAX)
		return ROWAN_E_INVAL;
	rc = message(text, time, &msg);
	if (rc != 0)
		return rc;
	writer_init_fixed(&stamp, raw, sizeof raw);
	writer_u64(&stamp, time);
	(void)crypto_sign_detached(raw + 8, NULL, msg.data, msg.len, sk);
	note_signature_line(w, k, bytes_of(raw, sizeof raw));
	buf_wipe(&msg);
	return writer_status(w);
}

int cosignature_verify(
	const struct note *n, const struct note_key *k, uint64_t *ret_time)
{
	uint8_t raw[COSIGNATURE_LEN];
	struct reader r;
	struct buf msg = {0};
	uint64_t time;
	size_t len;
	int rc;

	*ret_time = 0;
	if (k->type != NOTE_COSIGNATURE)
		return ROWAN_E_INVAL;
	rc = note_signature_find(n, k, raw, sizeof raw, &len);
	if (rc != 0)
		return rc;
	reader_init(&r, bytes_of(raw, len));
	if (len != sizeof raw || reader_u64(&r, &time) != 0 || time > INT64_MAX)
		return ROWAN_E_CRYPTO;
	rc = message(n->text, time, &msg);
	if (rc == 0 && crypto_sign_verify_detached(
			       raw + 8, msg.data, msg.len, k->pk) != 0)
		rc = ROWAN_E_CRYPTO;
	if (rc == 0)
		*ret_time = time;
	buf_wipe(&msg);
	return rc;
}
