/*
 * What the fuzz targets of the wire share: see wire_fuzz.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "lib/wire_fuzz.h"
#include "wire/op.h"

/* Assemble, recode, compare. */
static void try_message(const struct bytes *frames, size_t count)
{
	static uint8_t mem[WIRE_FRAME_MAX];
	struct wire_message m;
	struct writer w;

	if (wire_message_assemble(frames, count, &m) != 0)
		return;
	writer_init_fixed(&w, mem, sizeof mem);
	if (wire_op_recode(&m, &w) != 0)
		return;
	if (!bytes_eq(writer_view(&w), m.body))
		abort();
}

/* The ${n}th operation from ${low} to ${high}, round and round. */
static uint16_t choose(uint16_t low, uint16_t high, unsigned n)
{
	const struct wire_op_info *info;
	uint16_t found[32];
	size_t count = 0;

	for (size_t i = 0; (info = wire_op_at(i)) != NULL; i++)
		if (info->op >= low && info->op <= high && count < 32)
			found[count++] = info->op;
	if (count == 0)
		abort();
	return found[n % count];
}

void wire_fuzz(uint16_t low, uint16_t high, const uint8_t *data, size_t len)
{
	static const uint8_t opaque[WIRE_ENVELOPE_MAX + 1];
	struct bytes frames[WIRE_FRAMES_MAX + 1];
	uint8_t header[WIRE_HEADER_LEN];
	struct wire_header h = {WIRE_VERSION_HIGH, 0, 1};
	size_t count = 2;
	struct reader r;
	uint8_t op, extra, size;

	reader_init(&r, bytes_of(data, len));
	if (reader_u8(&r, &op) != 0 || reader_u8(&r, &extra) != 0)
		return;
	h.op = choose(low, high, op & 0x7f);
	if (h.op == WIRE_OP_HELLO && (op & 0x80) == 0)
		h.version = WIRE_VERSION_HELLO;
	h.op |= (op & 0x80) != 0 ? WIRE_ANSWER : 0;
	while (count < 2u + extra && count < WIRE_FRAMES_MAX + 1 &&
		reader_u8(&r, &size) == 0)
		frames[count++] =
			bytes_of(opaque, size == 255   ? sizeof opaque
					 : size == 254 ? WIRE_CHUNK_LEN
						       : size);
	wire_header_encode(&h, header);
	frames[0] = bytes_of(header, sizeof header);
	frames[1] = bytes_of(r.pos, reader_left(&r));
	try_message(frames, count);
}

void wire_fuzz_frames(const uint8_t *data, size_t len)
{
	struct bytes frames[WIRE_FRAMES_MAX + 2];
	size_t count = 0;
	struct reader r;
	uint16_t size;

	reader_init(&r, bytes_of(data, len));
	while (count < WIRE_FRAMES_MAX + 2 && reader_u16(&r, &size) == 0) {
		if (size > reader_left(&r))
			size = (uint16_t)reader_left(&r);
		if (reader_view(&r, size, &frames[count]) != 0)
			return;
		count++;
	}
	try_message(frames, count);
}
