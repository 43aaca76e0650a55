/*
 * Format "deserialization": headers of variable-length vectors (RFC 9420
 * section 2.1.2). Each header counts as many bytes as the case says, is read
 * back, is written the same, and is refused once a byte is missing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "vectors/vec.h"

void fmt_deserialization(struct vec *v)
{
	struct bytes header = vec_hex(v, v->json, "vlbytes_header"), got;
	size_t len = (size_t)vec_uint(v, v->json, "length");
	uint8_t *body;
	struct reader r;
	struct writer w;

	if (v->failed)
		return;
	body = calloc(1, header.len + len);
	if (body == NULL)
		abort();
	memcpy(body, header.data, header.len);
	reader_init(&r, bytes_of(body, header.len + len));
	(void)vec_zero(v, reader_vec(&r, len, &got), "header not read");
	(void)vec_want(v, got.len == len, "length differs");
	(void)vec_zero(v, reader_end(&r), "bytes left over");

	writer_init(&w, header.len + len);
	writer_vec(&w, bytes_of(body + header.len, len));
	(void)vec_same(v, writer_view(&w), bytes_of(body, header.len + len),
		"written differently");
	writer_wipe(&w);

	reader_init(&r, bytes_of(body, header.len + len - 1));
	(void)vec_want(v, reader_vec(&r, len, &got) == ROWAN_E_MALFORMED,
		"a torn vector was read");
	free(body);
}
