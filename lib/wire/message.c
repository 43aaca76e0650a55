/*
 * Headers and the assembly of frames: see message.h.
 *
 * Trusts nothing it is given; never looks into a body.
 */
#include <string.h>

#include "wire/codec.h"
#include "wire/op.h"

int wire_header_decode(struct bytes frame, struct wire_header *ret)
{
	struct reader r;
	int rc;

	reader_init(&r, frame);
	if ((rc = reader_u16(&r, &ret->version)) != 0 ||
		(rc = reader_u16(&r, &ret->op)) != 0)
		goto out;
	rc = reader_u64(&r, &ret->id);
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

void wire_header_encode(
	const struct wire_header *h, uint8_t ret[WIRE_HEADER_LEN])
{
	struct writer w;

	writer_init_fixed(&w, ret, WIRE_HEADER_LEN);
	writer_u16(&w, h->version);
	writer_u16(&w, h->op);
	writer_u64(&w, h->id);
}

/* No frame, and not all of them together, larger than allowed. */
static int check_sizes(const struct bytes *frames, size_t count)
{
	size_t total = 0;

	for (size_t i = 0; i < count; i++) {
		if (frames[i].len > WIRE_FRAME_MAX)
			return ROWAN_E_LIMIT;
		total += frames[i].len;
	}
	return total > WIRE_MESSAGE_MAX ? ROWAN_E_LIMIT : 0;
}

/* hello and errors must be understood before a version is agreed on. */
static int check_version(const struct wire_header *h)
{
	bool frozen = h->version == WIRE_VERSION_HELLO;

	if (h->op == WIRE_OP_HELLO)
		return frozen ? 0 : ROWAN_E_VERSION;
	if (h->op == WIRE_OP_ERROR && frozen)
		return 0;
	return wire_version_served(h->version) ? 0 : ROWAN_E_VERSION;
}

/* Does the operation exist, in that direction, with so many frames? */
static int check_op(const struct wire_header *h, size_t frame_count)
{
	const struct wire_op_info *info = wire_op_find(h->op);
	bool answer = (h->op & WIRE_ANSWER) != 0;
	size_t max;

	if (h->op == WIRE_OP_ERROR)
		return frame_count == 0 ? 0 : ROWAN_E_MALFORMED;
	if (info == NULL || (answer && info->answer == NULL))
		return ROWAN_E_NOT_FOUND;
	if (h->id == 0 && (answer || (info->flags & WIRE_OP_QUIET) == 0))
		return ROWAN_E_MALFORMED;
	max = answer ? info->answer_frames : info->request_frames;
	if (frame_count <= max)
		return 0;
	return max == 0 ? ROWAN_E_MALFORMED : ROWAN_E_LIMIT;
}

int wire_message_assemble(
	const struct bytes *frames, size_t count, struct wire_message *ret)
{
	int rc;

	*ret = (struct wire_message){.frames = NULL};
	if (count == 0)
		return ROWAN_E_MALFORMED;
	if (wire_header_decode(frames[0], &ret->header) != 0 || count < 2)
		return ROWAN_E_MALFORMED;
	if (count > WIRE_FRAMES_MAX)
		return ROWAN_E_LIMIT;
	if ((rc = check_version(&ret->header)) != 0 ||
		(rc = check_op(&ret->header, count - 2)) != 0 ||
		(rc = check_sizes(frames, count)) != 0)
		return rc;
	ret->body = frames[1];
	ret->frames = frames + 2;
	ret->frame_count = count - 2;
	return 0;
}

int wire_version_choose(const struct wire_versions *ours,
	const struct wire_versions *theirs, uint16_t *ret)
{
	uint16_t lowest =
		ours->lowest > theirs->lowest ? ours->lowest : theirs->lowest;
	uint16_t highest = ours->highest < theirs->highest ? ours->highest
							   : theirs->highest;

	*ret = lowest <= highest ? highest : 0;
	return lowest <= highest ? 0 : ROWAN_E_VERSION;
}

int wire_empty_decode(const struct wire_message *m, struct wire_empty *ret)
{
	struct reader r;
	int rc = codec_open(m, &r);

	*ret = (struct wire_empty){0};
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_empty_encode(const struct wire_empty *e, struct writer *w)
{
	return writer_status(w);
}
