/*
 * The group context: see group_context.h.
 */
#include <stdlib.h>
#include <string.h>

#include "mls/public/object/extension.h"
#include "mls/public/object/group_context.h"
#include "mls/public/object/limits.h"

static int read_fields(struct reader *r, struct group_context *gc)
{
	const uint8_t *start = r->pos;
	int rc;

	if ((rc = reader_u16(r, &gc->version)) != 0)
		return rc;
	if (gc->version != MLS_VERSION_10)
		return ROWAN_E_VERSION;
	if ((rc = reader_u16(r, &gc->cipher_suite)) != 0 ||
		(rc = reader_vec(r, MLS_GROUP_ID_MAX, &gc->group_id)) != 0 ||
		(rc = reader_u64(r, &gc->epoch)) != 0 ||
		(rc = reader_vec(r, MLS_MAC_MAX, &gc->tree_hash)) != 0 ||
		(rc = reader_vec(r, MLS_MAC_MAX,
			 &gc->confirmed_transcript_hash)) != 0 ||
		(rc = extension_list_read(r, &gc->extensions)) != 0)
		return rc;
	gc->raw = bytes_of(start, (size_t)(r->pos - start));
	return 0;
}

int group_context_read(struct reader *r, struct group_context **ret)
{
	struct group_context seen = {0};
	struct reader ahead = *r;
	struct group_context *gc;
	struct reader own;
	uint8_t *raw;
	int rc;

	*ret = NULL;
	if ((rc = read_fields(&ahead, &seen)) != 0)
		return rc;
	if ((gc = calloc(1, sizeof *gc + seen.raw.len)) == NULL)
		return ROWAN_E_NOMEM;
	raw = (uint8_t *)(gc + 1);
	memcpy(raw, seen.raw.data, seen.raw.len);
	reader_init(&own, bytes_of(raw, seen.raw.len));
	if ((rc = read_fields(&own, gc)) != 0) {
		free(gc);
		return rc;
	}
	gc->refs = 1;
	*r = ahead;
	*ret = gc;
	return 0;
}

int group_context_decode(struct bytes raw, struct group_context **ret)
{
	struct reader r;
	int rc;

	reader_init(&r, raw);
	if ((rc = group_context_read(&r, ret)) != 0)
		return rc;
	if ((rc = reader_end(&r)) != 0) {
		group_context_unref(*ret);
		*ret = NULL;
	}
	return rc;
}

struct group_context *group_context_ref(struct group_context *gc)
{
	if (gc != NULL)
		gc->refs++;
	return gc;
}

void group_context_unref(struct group_context *gc)
{
	if (gc != NULL && --gc->refs == 0)
		free(gc);
}

int group_context_new(
	const struct group_context *fields, struct group_context **ret)
{
	struct writer w;
	int rc;

	*ret = NULL;
	writer_init(&w, MLS_MESSAGE_MAX);
	writer_u16(&w, MLS_VERSION_10);
	writer_u16(&w, fields->cipher_suite);
	writer_vec(&w, fields->group_id);
	writer_u64(&w, fields->epoch);
	writer_vec(&w, fields->tree_hash);
	writer_vec(&w, fields->confirmed_transcript_hash);
	writer_vec(&w, fields->extensions);
	if ((rc = writer_status(&w)) == 0)
		rc = group_context_decode(writer_view(&w), ret);
	writer_wipe(&w);
	return rc;
}

int group_context_required(
	const struct group_context *gc, struct required_capabilities *ret)
{
	struct bytes data;

	*ret = (struct required_capabilities){0};
	if (!extension_find(
		    gc->extensions, EXTENSION_REQUIRED_CAPABILITIES, &data))
		return 0;
	return required_capabilities_decode(data, ret);
}
