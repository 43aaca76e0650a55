/*
 * The reader for untrusted bytes: see reader.h.
 */
#include <string.h>

#include "base/reader.h"

void reader_init(struct reader *r, struct bytes input)
{
	static const uint8_t nothing[1];

	r->pos = input.len == 0 ? nothing : input.data;
	r->end = r->pos + input.len;
}

/* Read a big-endian integer of ${len} bytes, at most 8. */
static int read_uint(struct reader *r, size_t len, uint64_t *ret)
{
	uint64_t value = 0;

	*ret = 0;
	if (len > reader_left(r))
		return ROWAN_E_MALFORMED;
	for (size_t i = 0; i < len; i++)
		value = value << 8 | r->pos[i];
	r->pos += len;
	*ret = value;
	return 0;
}

int reader_u8(struct reader *r, uint8_t *ret)
{
	uint64_t value;
	int rc = read_uint(r, sizeof *ret, &value);

	*ret = (uint8_t)value;
	return rc;
}

int reader_u16(struct reader *r, uint16_t *ret)
{
	uint64_t value;
	int rc = read_uint(r, sizeof *ret, &value);

	*ret = (uint16_t)value;
	return rc;
}

int reader_version(struct reader *r, uint16_t want)
{
	uint16_t version;
	int rc = reader_u16(r, &version);

	return rc == 0 && version != want ? ROWAN_E_VERSION : rc;
}

int reader_u32(struct reader *r, uint32_t *ret)
{
	uint64_t value;
	int rc = read_uint(r, sizeof *ret, &value);

	*ret = (uint32_t)value;
	return rc;
}

int reader_u64(struct reader *r, uint64_t *ret)
{
	return read_uint(r, sizeof *ret, ret);
}

int reader_view(struct reader *r, size_t len, struct bytes *ret)
{
	*ret = bytes_of(NULL, 0);
	if (len > reader_left(r))
		return ROWAN_E_MALFORMED;
	*ret = bytes_of(r->pos, len);
	r->pos += len;
	return 0;
}

int reader_array(struct reader *r, uint8_t *ret, size_t len)
{
	struct bytes view;
	int rc = reader_view(r, len, &view);

	if (rc != 0)
		memset(ret, 0, len);
	else if (len > 0)
		memcpy(ret, view.data, len);
	return rc;
}

/* RFC 9420 section 2.1.2: two bits of length class, then 6, 14 or 30 bits. */
static int read_header(struct reader *r, size_t *ret)
{
	static const uint32_t least[3] = {0, 1u << 6, 1u << 14};
	uint64_t value;
	size_t len;
	unsigned class;

	*ret = 0;
	if (reader_left(r) == 0)
		return ROWAN_E_MALFORMED;
	class = *r->pos >> 6;
	if (class == 3)
		return ROWAN_E_MALFORMED;
	len = (size_t)1 << class;
	if (read_uint(r, len, &value) != 0)
		return ROWAN_E_MALFORMED;
	value &= ((uint64_t)1 << (8 * len - 2)) - 1;
	/* "MUST be encoded in the minimum number of bits" */
	if (value < least[class])
		return ROWAN_E_MALFORMED;
	*ret = (size_t)value;
	return 0;
}

int reader_vec(struct reader *r, size_t max, struct bytes *ret)
{
	struct reader ahead = *r;
	size_t len;

	*ret = bytes_of(NULL, 0);
	if (read_header(&ahead, &len) != 0)
		return ROWAN_E_MALFORMED;
	if (len > reader_left(&ahead))
		return ROWAN_E_MALFORMED;
	if (len > max)
		return ROWAN_E_LIMIT;
	*ret = bytes_of(ahead.pos, len);
	r->pos = ahead.pos + len;
	return 0;
}

int reader_sub(struct reader *r, size_t max, struct reader *ret)
{
	struct bytes view;
	int rc = reader_vec(r, max, &view);

	reader_init(ret, view);
	return rc;
}

int reader_end(const struct reader *r)
{
	return r->pos == r->end ? 0 : ROWAN_E_MALFORMED;
}
