/*
 * A public group as bytes: see public_group.h.
 *
 *     uint16 format = 1;
 *     GroupContext context<V>;
 *     optional<Node> ratchet_tree<V>;       as in section 12.4.3.3
 *     opaque interim_transcript_hash<V>;
 *     uint8 closed;
 *     AuthenticatedContent proposals<V>;    each a vector
 */
#include <stdlib.h>
#include <string.h>

#include "mls/public/group/public_group.h"
#include "mls/public/tree/tree_codec.h"
#include "mls/public/tree/tree_hash.h"

#define FORMAT 1

/* Context, tree and the proposals of a full cache. */
#define SAVE_MAX (3 * (size_t)MLS_MESSAGE_MAX)

int public_group_save(const struct public_group *group, struct buf *ret)
{
	struct buf tree = {0};
	struct writer w;
	int rc;

	*ret = (struct buf){0};
	if ((rc = tree_encode(group->tree, &tree)) != 0)
		return rc;
	writer_init(&w, SAVE_MAX);
	writer_u16(&w, FORMAT);
	writer_vec(&w, group->context->raw);
	writer_raw(&w, tree.data, tree.len);
	writer_vec(&w, hash_view(&group->interim));
	writer_u8(&w, group->closed);
	proposal_cache_write(&w, &group->cache);
	buf_wipe(&tree);
	return writer_finish(&w, ret);
}

static int load_context(struct reader *r, struct public_group *group)
{
	struct bytes raw;
	int rc;

	if ((rc = reader_vec(r, MLS_MESSAGE_MAX, &raw)) != 0)
		return rc;
	return group_context_decode(raw, &group->context);
}

/* The tree is a vector: its data begins with the header. */
static int load_tree(struct reader *r, struct public_group *group)
{
	const uint8_t *start = r->pos;
	struct hash_value hash;
	struct bytes nodes;
	int rc;

	if ((rc = reader_vec(r, MLS_MESSAGE_MAX, &nodes)) != 0 ||
		(rc = tree_decode(group->suite,
			 bytes_of(start, (size_t)(r->pos - start)),
			 &group->tree)) != 0)
		return rc;
	tree_hash(group->tree, &hash);
	return bytes_eq(hash_view(&hash), group->context->tree_hash)
		       ? 0
		       : ROWAN_E_CORRUPT;
}

static int load_rest(struct reader *r, struct public_group *group)
{
	struct bytes interim;
	uint8_t closed;
	int rc;

	if ((rc = reader_vec(r, HASH_MAX, &interim)) != 0 ||
		(rc = reader_u8(r, &closed)) != 0 ||
		(rc = proposal_cache_read(group->suite, r, &group->cache)) !=
			0 ||
		(rc = reader_end(r)) != 0)
		return rc;
	if (interim.len != group->suite->hash->len || closed > 1)
		return ROWAN_E_CORRUPT;
	memcpy(group->interim.b, interim.data, interim.len);
	group->interim.len = interim.len;
	group->closed = closed == 1;
	return 0;
}

static int load(const struct suite *const *suites, struct reader *r,
	struct public_group *group)
{
	uint16_t format;
	int rc;

	if ((rc = reader_u16(r, &format)) != 0)
		return rc;
	if (format > FORMAT)
		return ROWAN_E_TOO_NEW;
	if (format != FORMAT)
		return ROWAN_E_CORRUPT;
	if ((rc = load_context(r, group)) != 0)
		return rc;
	group->suite = suite_find(suites, group->context->cipher_suite);
	if (group->suite == NULL)
		return ROWAN_E_MLS_SUITE;
	if ((rc = load_tree(r, group)) != 0)
		return rc;
	return load_rest(r, group);
}

int public_group_load(const struct suite *const *suites, struct bytes saved,
	struct public_group **ret)
{
	struct public_group *group;
	struct reader r;
	int rc;

	*ret = NULL;
	if ((group = calloc(1, sizeof *group)) == NULL)
		return ROWAN_E_NOMEM;
	reader_init(&r, saved);
	if ((rc = load(suites, &r, group)) == 0) {
		*ret = group;
		return 0;
	}
	public_group_free(group);
	/* These bytes are our own: whatever is wrong with them, they are
	 * damaged. */
	if (rc == ROWAN_E_NOMEM || rc == ROWAN_E_TOO_NEW ||
		rc == ROWAN_E_MLS_SUITE)
		return rc;
	return ROWAN_E_CORRUPT;
}
