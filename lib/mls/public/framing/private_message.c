/*
 * PrivateMessage as an object: see private_message.h.
 */
#include "mls/public/framing/framing_open.h"
#include "mls/public/framing/private_message.h"

static int read_message(struct reader *r, struct private_message *ret)
{
	struct private_message m = {0};
	struct reader ahead = *r;
	int rc;

	*ret = m;
	if ((rc = reader_vec(&ahead, MLS_GROUP_ID_MAX, &m.group_id)) != 0 ||
		(rc = reader_u64(&ahead, &m.epoch)) != 0 ||
		(rc = reader_u8(&ahead, &m.content_type)) != 0)
		return rc;
	if (m.content_type < CONTENT_APPLICATION ||
		m.content_type > CONTENT_COMMIT)
		return ROWAN_E_MALFORMED;
	if ((rc = reader_vec(&ahead, MLS_AAD_MAX, &m.authenticated_data)) !=
			0 ||
		(rc = reader_vec(&ahead, MLS_SENDER_DATA_MAX,
			 &m.encrypted_sender_data)) != 0 ||
		(rc = reader_vec(&ahead, MLS_MESSAGE_MAX, &m.ciphertext)) != 0)
		return rc;
	m.raw = bytes_of(r->pos, (size_t)(ahead.pos - r->pos));
	*r = ahead;
	*ret = m;
	return 0;
}

int private_message_decode(struct bytes raw, struct private_message *ret)
{
	struct reader r;
	int rc;

	reader_init(&r, raw);
	if ((rc = read_message(&r, ret)) != 0)
		return rc;
	if ((rc = reader_end(&r)) != 0)
		*ret = (struct private_message){0};
	return rc;
}

void private_message_write(struct writer *w, const struct private_message *m)
{
	private_content_aad_write(w, m);
	writer_vec(w, m->encrypted_sender_data);
	writer_vec(w, m->ciphertext);
}

void sender_data_aad_write(struct writer *w, const struct private_message *m)
{
	writer_vec(w, m->group_id);
	writer_u64(w, m->epoch);
	writer_u8(w, m->content_type);
}

void private_content_aad_write(
	struct writer *w, const struct private_message *m)
{
	sender_data_aad_write(w, m);
	writer_vec(w, m->authenticated_data);
}

void private_content_write(struct writer *w,
	const struct authenticated_content *ac, size_t padding)
{
	static const uint8_t zeros[64];

	writer_raw(w, ac->body_raw.data, ac->body_raw.len);
	writer_raw(w, ac->auth_raw.data, ac->auth_raw.len);
	while (padding > 0) {
		size_t n = padding < sizeof zeros ? padding : sizeof zeros;

		writer_raw(w, zeros, n);
		padding -= n;
	}
}

int private_content_decode(const struct private_message *m, uint32_t leaf,
	struct bytes plain, struct authenticated_content **ret)
{
	const struct sender sender = {SENDER_MEMBER, leaf};
	struct bytes parts[2] = {{0}, plain};
	struct writer w;
	int rc;

	*ret = NULL;
	writer_init(&w, MLS_MESSAGE_MAX);
	writer_u16(&w, WIRE_FORMAT_PRIVATE_MESSAGE);
	writer_vec(&w, m->group_id);
	writer_u64(&w, m->epoch);
	sender_write(&w, sender);
	writer_vec(&w, m->authenticated_data);
	writer_u8(&w, m->content_type);
	parts[0] = writer_view(&w);
	if ((rc = writer_status(&w)) == 0)
		rc = framing_open(parts, 2, FRAMING_TAIL_PADDING, ret);
	writer_wipe(&w);
	return rc;
}
