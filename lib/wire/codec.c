/*
 * What the encoders and decoders share: see codec.h.
 */
#include <string.h>

#include "wire/codec.h"

int codec_finish(const struct reader *r, int rc, void *ret, size_t len)
{
	if (rc == 0)
		rc = reader_end(r);
	if (rc != 0)
		memset(ret, 0, len);
	return rc;
}

int codec_open(const struct wire_message *m, struct reader *r)
{
	reader_init(r, m->body);
	return codec_no_frames(m);
}

int codec_flags(struct reader *r, uint8_t known, uint8_t *ret)
{
	int rc = reader_u8(r, ret);

	if (rc == 0 && (*ret & ~known) != 0) {
		*ret = 0;
		rc = ROWAN_E_MALFORMED;
	}
	return rc;
}

int codec_bool(struct reader *r, bool *ret)
{
	uint8_t value;
	int rc = codec_flags(r, 1, &value);

	*ret = value != 0;
	return rc;
}

int codec_choice(struct reader *r, uint8_t last, uint8_t *ret)
{
	int rc = reader_u8(r, ret);

	if (rc == 0 && (*ret == 0 || *ret > last)) {
		*ret = 0;
		rc = ROWAN_E_MALFORMED;
	}
	return rc;
}

int codec_list(struct reader *r, size_t item, size_t max, struct reader *ret,
	size_t *ret_count)
{
	int rc = reader_sub(r, item * max, ret);
	size_t len = reader_left(ret);

	*ret_count = 0;
	if (rc != 0)
		return rc;
	if (len == 0 || len % item != 0)
		return ROWAN_E_MALFORMED;
	*ret_count = len / item;
	return 0;
}

/* Ids must ascend strictly: one encoding of a set, and no duplicates. */
int codec_ids(struct reader *r, size_t max, struct id16 *ret, size_t *ret_count)
{
	struct reader list;
	size_t count;
	int rc = codec_list(r, ID16_LEN, max, &list, &count);

	*ret_count = 0;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		rc = codec_id(&list, &ret[i]);
		if (rc == 0 && i > 0 && id16_cmp(&ret[i - 1], &ret[i]) >= 0)
			rc = ROWAN_E_MALFORMED;
	}
	if (rc == 0)
		*ret_count = count;
	return rc;
}

int codec_ids_write(
	const struct id16 *ids, size_t count, size_t max, struct writer *w)
{
	if (count == 0 || count > max)
		return ROWAN_E_INVAL;
	for (size_t i = 1; i < count; i++)
		if (id16_cmp(&ids[i - 1], &ids[i]) >= 0)
			return ROWAN_E_INVAL;
	writer_vec(w, bytes_of(ids, count * sizeof *ids));
	return writer_status(w);
}
