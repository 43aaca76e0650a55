/*
 * PublicMessage: see public_message.h.
 */
#include "mls/public/framing/framing_open.h"
#include "mls/public/framing/public_message.h"

int public_message_decode(struct bytes raw, struct authenticated_content **ret)
{
	static const uint8_t wire_format[2] = {0, WIRE_FORMAT_PUBLIC_MESSAGE};
	const struct bytes parts[2] = {
		bytes_of(wire_format, sizeof wire_format), raw};

	return framing_open(parts, 2, FRAMING_TAIL_MEMBERSHIP_TAG, ret);
}

void public_message_write(struct writer *w,
	const struct authenticated_content *ac, struct bytes membership_tag)
{
	/* Behind the wire format. */
	writer_raw(w, ac->raw.data + 2, ac->raw.len - 2);
	if (ac->content.sender.type == SENDER_MEMBER)
		writer_vec(w, membership_tag);
}
