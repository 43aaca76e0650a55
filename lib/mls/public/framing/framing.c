/*
 * Message framing: see framing.h.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/label.h"
#include "mls/public/framing/framing_open.h"

static const char framing_label[] = "FramedContentTBS";

int sender_read(struct reader *r, struct sender *ret)
{
	struct reader ahead = *r;
	struct sender sender = {0};
	int rc;

	*ret = sender;
	if ((rc = reader_u8(&ahead, &sender.type)) != 0)
		return rc;
	switch (sender.type) {
	case SENDER_MEMBER:
	case SENDER_EXTERNAL:
		if ((rc = reader_u32(&ahead, &sender.index)) != 0)
			return rc;
		break;
	case SENDER_NEW_MEMBER_PROPOSAL:
	case SENDER_NEW_MEMBER_COMMIT: break;
	default: return ROWAN_E_MALFORMED;
	}
	*r = ahead;
	*ret = sender;
	return 0;
}

void sender_write(struct writer *w, struct sender sender)
{
	writer_u8(w, sender.type);
	if (sender.type == SENDER_MEMBER || sender.type == SENDER_EXTERNAL)
		writer_u32(w, sender.index);
}

static int read_body(
	struct reader *r, uint8_t type, struct framed_content *content)
{
	int rc;

	switch (type) {
	case CONTENT_APPLICATION:
		rc = reader_vec(r, MLS_MESSAGE_MAX, &content->application_data);
		break;
	case CONTENT_PROPOSAL: rc = proposal_read(r, &content->proposal); break;
	case CONTENT_COMMIT: rc = commit_read(r, &content->commit); break;
	default: return ROWAN_E_MALFORMED;
	}
	/* Known only once there is something to drop. */
	if (rc == 0)
		content->content_type = type;
	return rc;
}

static int read_content(struct reader *r, struct authenticated_content *ac)
{
	struct framed_content *content = &ac->content;
	const uint8_t *body;
	uint8_t type;
	int rc;

	if ((rc = reader_vec(r, MLS_GROUP_ID_MAX, &content->group_id)) != 0 ||
		(rc = reader_u64(r, &content->epoch)) != 0 ||
		(rc = sender_read(r, &content->sender)) != 0 ||
		(rc = reader_vec(
			 r, MLS_AAD_MAX, &content->authenticated_data)) != 0 ||
		(rc = reader_u8(r, &type)) != 0)
		return rc;
	body = r->pos;
	if ((rc = read_body(r, type, content)) != 0)
		return rc;
	ac->body_raw = bytes_of(body, (size_t)(r->pos - body));
	return 0;
}

static int read_tail(struct reader *r, enum framing_tail tail,
	struct authenticated_content *ac)
{
	uint8_t pad;
	int rc;

	switch (tail) {
	case FRAMING_TAIL_MEMBERSHIP_TAG:
		if (ac->content.sender.type != SENDER_MEMBER)
			break;
		ac->has_membership_tag = true;
		if ((rc = reader_vec(r, MLS_MAC_MAX, &ac->membership_tag)) != 0)
			return rc;
		break;
	case FRAMING_TAIL_PADDING:
		/* 6.3.1: padding "MUST" be all zero */
		while (reader_left(r) > 0) {
			if ((rc = reader_u8(r, &pad)) != 0)
				return rc;
			if (pad != 0)
				return ROWAN_E_MALFORMED;
		}
		break;
	case FRAMING_TAIL_NONE: break;
	}
	return reader_end(r);
}

static int read_fields(struct bytes block, enum framing_tail tail,
	struct authenticated_content *ac)
{
	const uint8_t *start;
	const uint8_t *auth;
	struct reader r;
	int rc;

	reader_init(&r, block);
	start = r.pos;
	if ((rc = reader_u16(&r, &ac->wire_format)) != 0)
		return rc;
	if (ac->wire_format != WIRE_FORMAT_PUBLIC_MESSAGE &&
		ac->wire_format != WIRE_FORMAT_PRIVATE_MESSAGE)
		return ROWAN_E_MALFORMED;
	if ((rc = read_content(&r, ac)) != 0)
		return rc;
	auth = r.pos;
	ac->content_raw = bytes_of(start, (size_t)(auth - start));
	if ((rc = reader_vec(&r, MLS_SIGNATURE_MAX, &ac->signature)) != 0)
		return rc;
	ac->signed_raw = bytes_of(start, (size_t)(r.pos - start));
	if (ac->content.content_type == CONTENT_COMMIT &&
		(rc = reader_vec(&r, MLS_MAC_MAX, &ac->confirmation_tag)) != 0)
		return rc;
	ac->auth_raw = bytes_of(auth, (size_t)(r.pos - auth));
	ac->raw = bytes_of(start, (size_t)(r.pos - start));
	return read_tail(&r, tail, ac);
}

/* The views and the bytes they look at share one block. */
struct block {
	struct authenticated_content ac;
	size_t len;
	uint8_t data[];
};

int framing_open(const struct bytes *parts, size_t n, enum framing_tail tail,
	struct authenticated_content **ret)
{
	struct block *block;
	size_t len = 0;
	int rc;

	*ret = NULL;
	for (size_t i = 0; i < n; i++) {
		if (parts[i].len > MLS_MESSAGE_MAX - len)
			return ROWAN_E_LIMIT;
		len += parts[i].len;
	}
	if ((block = calloc(1, sizeof *block + len)) == NULL)
		return ROWAN_E_NOMEM;
	for (size_t i = 0; i < n; i++) {
		if (parts[i].len == 0)
			continue;
		memcpy(block->data + block->len, parts[i].data, parts[i].len);
		block->len += parts[i].len;
	}
	block->ac.refs = 1;
	if ((rc = read_fields(bytes_of(block->data, len), tail, &block->ac)) !=
		0) {
		authenticated_content_unref(&block->ac);
		return rc;
	}
	*ret = &block->ac;
	return 0;
}

int authenticated_content_decode(
	struct bytes raw, struct authenticated_content **ret)
{
	return framing_open(&raw, 1, FRAMING_TAIL_NONE, ret);
}

struct authenticated_content *authenticated_content_ref(
	struct authenticated_content *ac)
{
	if (ac != NULL)
		ac->refs++;
	return ac;
}

void authenticated_content_unref(struct authenticated_content *ac)
{
	struct block *block = (struct block *)ac;

	if (ac == NULL || --ac->refs > 0)
		return;
	if (ac->content.content_type == CONTENT_PROPOSAL)
		proposal_wipe(&ac->content.proposal);
	else if (ac->content.content_type == CONTENT_COMMIT)
		commit_free(ac->content.commit);
	/* Application data is a secret. */
	mem_free(block, sizeof *block + block->len);
}

/* Section 6.1: which senders sign the group context. */
static bool signs_context(uint8_t sender_type)
{
	return sender_type == SENDER_MEMBER ||
	       sender_type == SENDER_NEW_MEMBER_COMMIT;
}

static int write_tbs(struct writer *w, struct bytes content_raw,
	uint8_t sender_type, const struct group_context *context)
{
	writer_u16(w, MLS_VERSION_10);
	writer_raw(w, content_raw.data, content_raw.len);
	if (!signs_context(sender_type))
		return 0;
	if (context == NULL)
		return ROWAN_E_INVAL;
	writer_raw(w, context->raw.data, context->raw.len);
	return 0;
}

/* Twice a message: content and context are each at most one. */
#define TBS_MAX (2 * (size_t)MLS_MESSAGE_MAX)

int framing_verify(const struct suite *suite,
	const struct authenticated_content *ac, struct bytes signature_key,
	const struct group_context *context)
{
	struct writer w;
	int rc;

	writer_init(&w, TBS_MAX);
	if ((rc = write_tbs(&w, ac->content_raw, ac->content.sender.type,
		     context)) == 0 &&
		(rc = writer_status(&w)) == 0)
		rc = label_verify(suite, signature_key, framing_label,
			writer_view(&w), ac->signature);
	writer_wipe(&w);
	return rc;
}

int framing_tbm(const struct authenticated_content *ac,
	const struct group_context *context, struct buf *ret)
{
	struct writer w;
	int rc;

	*ret = (struct buf){0};
	writer_init(&w, TBS_MAX);
	if ((rc = write_tbs(&w, ac->content_raw, ac->content.sender.type,
		     context)) != 0) {
		writer_wipe(&w);
		return rc;
	}
	writer_raw(&w, ac->auth_raw.data, ac->auth_raw.len);
	return writer_finish(&w, ret);
}

static void write_content(struct writer *w, const struct framing_params *p)
{
	writer_u16(w, p->wire_format);
	writer_vec(w, p->group_id);
	writer_u64(w, p->epoch);
	sender_write(w, p->sender);
	writer_vec(w, p->authenticated_data);
	writer_u8(w, p->content_type);
	if (p->content_type == CONTENT_APPLICATION)
		writer_vec(w, p->body);
	else
		writer_raw(w, p->body.data, p->body.len);
}

int framing_sign(const struct suite *suite, const struct framing_params *params,
	struct bytes signature_priv, struct buf *ret)
{
	uint8_t signature[SIG_MAX];
	struct writer content;
	struct writer tbs;
	int rc;

	*ret = (struct buf){0};
	writer_init(&content, MLS_MESSAGE_MAX);
	writer_init(&tbs, TBS_MAX);
	write_content(&content, params);
	if ((rc = writer_status(&content)) != 0 ||
		(rc = write_tbs(&tbs, writer_view(&content),
			 params->sender.type, params->context)) != 0 ||
		(rc = writer_status(&tbs)) != 0 ||
		(rc = label_sign(suite, signature_priv, framing_label,
			 writer_view(&tbs), signature)) != 0)
		goto out;
	writer_vec(&content, bytes_of(signature, suite->sig->sig_len));
	rc = writer_finish(&content, ret);
out:
	writer_wipe(&content);
	writer_wipe(&tbs);
	return rc;
}

int framing_finish(struct bytes signed_raw,
	const struct bytes *confirmation_tag,
	struct authenticated_content **ret)
{
	uint8_t tag[MLS_MAC_MAX + 2];
	struct bytes parts[2] = {signed_raw, {0}};
	struct writer w;
	int rc;

	*ret = NULL;
	writer_init_fixed(&w, tag, sizeof tag);
	if (confirmation_tag != NULL)
		writer_vec(&w, *confirmation_tag);
	if ((rc = writer_status(&w)) != 0)
		return rc;
	parts[1] = writer_view(&w);
	return framing_open(parts, 2, FRAMING_TAIL_NONE, ret);
}
