/*
 * GroupInfo: see group_info.h.
 */
#include "crypto/label.h"
#include "mls/public/object/extension.h"
#include "mls/public/object/group_info.h"
#include "mls/public/object/limits.h"

static const char group_info_label[] = "GroupInfoTBS";

static int read_fields(struct reader *r, struct group_info *gi)
{
	const uint8_t *start = r->pos;
	int rc;

	if ((rc = group_context_read(r, &gi->context)) != 0 ||
		(rc = extension_list_read(r, &gi->extensions)) != 0 ||
		(rc = reader_vec(r, MLS_MAC_MAX, &gi->confirmation_tag)) != 0 ||
		(rc = reader_u32(r, &gi->signer)) != 0)
		return rc;
	gi->tbs = bytes_of(start, (size_t)(r->pos - start));
	if ((rc = reader_vec(r, MLS_SIGNATURE_MAX, &gi->signature)) != 0)
		return rc;
	gi->raw = bytes_of(start, (size_t)(r->pos - start));
	return 0;
}

static int read_group_info(struct reader *r, struct group_info *ret)
{
	struct reader ahead = *r;
	int rc;

	*ret = (struct group_info){0};
	if ((rc = read_fields(&ahead, ret)) != 0) {
		group_info_wipe(ret);
		return rc;
	}
	*r = ahead;
	return 0;
}

int group_info_decode(struct bytes raw, struct group_info *ret)
{
	struct reader r;
	int rc;

	reader_init(&r, raw);
	if ((rc = read_group_info(&r, ret)) != 0)
		return rc;
	if ((rc = reader_end(&r)) != 0)
		group_info_wipe(ret);
	return rc;
}

void group_info_wipe(struct group_info *gi)
{
	group_context_unref(gi->context);
	*gi = (struct group_info){0};
}

int group_info_verify(const struct suite *suite, const struct group_info *gi,
	struct bytes signature_key)
{
	return label_verify(
		suite, signature_key, group_info_label, gi->tbs, gi->signature);
}

int group_info_new(const struct suite *suite, const struct group_info *fields,
	struct bytes signature_priv, struct buf *ret)
{
	uint8_t signature[SIG_MAX];
	struct writer w;
	int rc;

	*ret = (struct buf){0};
	writer_init(&w, MLS_MESSAGE_MAX);
	writer_raw(&w, fields->context->raw.data, fields->context->raw.len);
	writer_vec(&w, fields->extensions);
	writer_vec(&w, fields->confirmation_tag);
	writer_u32(&w, fields->signer);
	if ((rc = writer_status(&w)) == 0)
		rc = label_sign(suite, signature_priv, group_info_label,
			writer_view(&w), signature);
	if (rc != 0) {
		writer_wipe(&w);
		return rc;
	}
	writer_vec(&w, bytes_of(signature, suite->sig->sig_len));
	return writer_finish(&w, ret);
}
