/*
 * Details as they lie in a row: without the zeros, of which most have many.
 *
 *	struct {
 *		uint16 len;		of the detail; 0: erased
 *		opaque present[ceil(len / 64)];	a bit for each 8 bytes
 *		opaque words[];		those of which a bit is set
 *	} Packed;
 */
#include "store/internal.h"

#include "store/log.h"

#define WORD 8

static size_t words_of(size_t len)
{
	return (len + WORD - 1) / WORD;
}

/* Word ${i} of ${len} bytes; the last one may be short. */
static size_t word_len(size_t len, size_t i)
{
	return len - i * WORD < WORD ? len - i * WORD : WORD;
}

void log_pack(struct bytes detail, struct writer *w)
{
	static const uint8_t zero[WORD];
	uint8_t present[WIRE_DETAIL_MAX / 64 + 1] = {0};
	size_t words = words_of(detail.len);

	for (size_t i = 0; i < words; i++)
		if (memcmp(detail.data + i * WORD, zero,
			    word_len(detail.len, i)) != 0)
			present[i / 8] |= (uint8_t)(1 << i % 8);
	writer_u16(w, (uint16_t)detail.len);
	writer_raw(w, present, (words + 7) / 8);
	for (size_t i = 0; i < words; i++)
		if (present[i / 8] >> i % 8 & 1)
			writer_raw(w, detail.data + i * WORD,
				word_len(detail.len, i));
}

int log_unpack(
	struct reader *r, uint8_t mem[WIRE_DETAIL_MAX], struct bytes *ret)
{
	struct bytes present, word;
	uint16_t len = 0;
	size_t words;

	*ret = bytes_of(mem, 0);
	if (reader_u16(r, &len) != 0 || len > WIRE_DETAIL_MAX)
		return ROWAN_E_CORRUPT;
	words = words_of(len);
	if (reader_view(r, (words + 7) / 8, &present) != 0)
		return ROWAN_E_CORRUPT;
	memset(mem, 0, len);
	for (size_t i = 0; i < words; i++) {
		if (!(present.data[i / 8] >> i % 8 & 1))
			continue;
		if (reader_view(r, word_len(len, i), &word) != 0)
			return ROWAN_E_CORRUPT;
		memcpy(mem + i * WORD, word.data, word.len);
	}
	ret->len = len;
	return 0;
}
