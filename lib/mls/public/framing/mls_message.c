/*
 * MLSMessage: see mls_message.h.
 */
#include "mls/public/framing/mls_message.h"

static int read_header(struct reader *r, uint16_t *ret)
{
	uint16_t version;
	uint16_t wire_format;
	int rc;

	*ret = 0;
	if ((rc = reader_u16(r, &version)) != 0)
		return rc;
	if (version != MLS_VERSION_10)
		return ROWAN_E_VERSION;
	if ((rc = reader_u16(r, &wire_format)) != 0)
		return rc;
	if (wire_format < WIRE_FORMAT_PUBLIC_MESSAGE ||
		wire_format > WIRE_FORMAT_KEY_PACKAGE)
		return ROWAN_E_MALFORMED;
	*ret = wire_format;
	return 0;
}

static int decode_key_package(struct bytes body, struct key_package *ret)
{
	int rc;

	if ((rc = key_package_decode(body, ret)) != 0)
		return rc;
	/* 10: the version "MUST" be that of the MLSMessage */
	if (ret->version != MLS_VERSION_10) {
		key_package_wipe(ret);
		return ROWAN_E_VERSION;
	}
	return 0;
}

static int decode_body(struct mls_message *m)
{
	switch (m->wire_format) {
	case WIRE_FORMAT_PUBLIC_MESSAGE:
		return public_message_decode(m->body, &m->public_message);
	case WIRE_FORMAT_PRIVATE_MESSAGE:
		return private_message_decode(m->body, &m->private_message);
	case WIRE_FORMAT_WELCOME: return welcome_decode(m->body, &m->welcome);
	case WIRE_FORMAT_GROUP_INFO:
		return group_info_decode(m->body, &m->group_info);
	case WIRE_FORMAT_KEY_PACKAGE:
		return decode_key_package(m->body, &m->key_package);
	default: return ROWAN_E_MALFORMED;
	}
}

int mls_message_decode(struct bytes raw, struct mls_message *ret)
{
	struct mls_message m = {0};
	struct reader r;
	int rc;

	*ret = m;
	if (raw.len > MLS_MESSAGE_MAX)
		return ROWAN_E_LIMIT;
	reader_init(&r, raw);
	if ((rc = read_header(&r, &m.wire_format)) != 0)
		return rc;
	m.body = bytes_of(r.pos, reader_left(&r));
	if ((rc = decode_body(&m)) != 0)
		return rc;
	*ret = m;
	return 0;
}

void mls_message_wipe(struct mls_message *m)
{
	switch (m->wire_format) {
	case WIRE_FORMAT_PUBLIC_MESSAGE:
		authenticated_content_unref(m->public_message);
		break;
	case WIRE_FORMAT_GROUP_INFO: group_info_wipe(&m->group_info); break;
	case WIRE_FORMAT_KEY_PACKAGE: key_package_wipe(&m->key_package); break;
	default: break;
	}
	*m = (struct mls_message){0};
}

static int peek_content(struct reader *r, struct mls_message_peek *peek)
{
	struct bytes skipped;
	int rc;

	if ((rc = reader_vec(r, MLS_GROUP_ID_MAX, &peek->group_id)) != 0 ||
		(rc = reader_u64(r, &peek->epoch)) != 0)
		return rc;
	if (peek->wire_format == WIRE_FORMAT_PUBLIC_MESSAGE &&
		((rc = sender_read(r, &peek->sender)) != 0 ||
			(rc = reader_vec(r, MLS_AAD_MAX, &skipped)) != 0))
		return rc;
	if ((rc = reader_u8(r, &peek->content_type)) != 0)
		return rc;
	if (peek->content_type < CONTENT_APPLICATION ||
		peek->content_type > CONTENT_COMMIT)
		return ROWAN_E_MALFORMED;
	return 0;
}

static int peek_group_info(struct reader *r, struct mls_message_peek *peek)
{
	uint16_t version;
	uint16_t suite;
	int rc;

	if ((rc = reader_u16(r, &version)) != 0 ||
		(rc = reader_u16(r, &suite)) != 0 ||
		(rc = reader_vec(r, MLS_GROUP_ID_MAX, &peek->group_id)) != 0)
		return rc;
	return reader_u64(r, &peek->epoch);
}

int mls_message_peek(struct bytes raw, struct mls_message_peek *ret)
{
	struct mls_message_peek peek = {0};
	struct reader r;
	int rc;

	*ret = peek;
	if (raw.len > MLS_MESSAGE_MAX)
		return ROWAN_E_LIMIT;
	reader_init(&r, raw);
	if ((rc = read_header(&r, &peek.wire_format)) != 0)
		return rc;
	if (peek.wire_format == WIRE_FORMAT_PUBLIC_MESSAGE ||
		peek.wire_format == WIRE_FORMAT_PRIVATE_MESSAGE)
		rc = peek_content(&r, &peek);
	else if (peek.wire_format == WIRE_FORMAT_GROUP_INFO)
		rc = peek_group_info(&r, &peek);
	if (rc == 0)
		*ret = peek;
	return rc;
}

void mls_message_open(struct writer *w, uint16_t wire_format)
{
	writer_u16(w, MLS_VERSION_10);
	writer_u16(w, wire_format);
}

int mls_message_wrap(uint16_t wire_format, struct bytes body, struct buf *ret)
{
	struct writer w;

	*ret = (struct buf){0};
	writer_init(&w, MLS_MESSAGE_MAX);
	mls_message_open(&w, wire_format);
	writer_raw(&w, body.data, body.len);
	return writer_finish(&w, ret);
}
