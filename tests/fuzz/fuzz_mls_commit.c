/*
 * A malicious member's commits, well signed, of any proposals in any order:
 * the input says which. Whatever is refused leaves the group's saved state as
 * it was; whatever is taken leads to a group that a newcomer would believe:
 * its tree passes every rule of section 12.4.3.1, and it is saved and loaded
 * as it is.
 */
#include <stdlib.h>

#include "lib/mls_scene.h"
#include "mls/public/object/extension.h"

#define COMMITS 3
#define ENTRIES 6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next number below ${below}; 0 where the input ends. */
static unsigned pick(struct reader *r, unsigned below)
{
	uint8_t value;

	return reader_u8(r, &value) == 0 ? value % below : 0;
}

enum { SOURCE = 1, TAKEN = 2, TYPE = 4, BARE = 8, SIGNED = 16, PLACE = 32 };

/* Make a leaf worse by the bits of ${how}. */
static void spoil(struct scene *s, unsigned how, struct forge_leaf *leaf)
{
	static struct capabilities bare;
	const struct tree *t = s->f.group->tree;

	bare = s->f.caps;
	bare.extensions = bare.proposals = scene_none;
	if ((how & SOURCE) != 0)
		leaf->source = leaf->source == LEAF_NODE_UPDATE
				       ? LEAF_NODE_KEY_PACKAGE
				       : LEAF_NODE_UPDATE;
	if ((how & TAKEN) != 0)
		leaf->key = tree_encryption_key(t, how % tree_width(t));
	if ((how & TYPE) != 0)
		leaf->credential_type = 3;
	if ((how & BARE) != 0)
		leaf->caps = &bare;
	leaf->bad_signature = (how & SIGNED) != 0;
	leaf->index += (how & PLACE) != 0;
}

static struct bytes extensions(struct scene *s, struct reader *r)
{
	static const uint16_t types[] = {1, 3, 5, 0xf001, 0xf00f};
	unsigned type = types[pick(r, sizeof types / sizeof *types)];
	struct bytes data;

	if (pick(r, 2) == 0)
		return scene_require(s, (uint16_t)type);
	if (reader_vec(r, 200, &data) != 0)
		data = scene_none;
	return scene_extensions(s, (uint16_t)type, data);
}

/* Bytes as they come, if they are a proposal at all. */
static struct bytes any(struct reader *r)
{
	struct proposal p;
	struct bytes raw;

	if (reader_vec(r, 1000, &raw) != 0 || proposal_decode(raw, &p) != 0)
		return scene_none;
	proposal_wipe(&p);
	return raw;
}

static struct bytes proposal(struct scene *s, struct reader *r, unsigned by)
{
	struct forge_leaf leaf = {.person = by, .index = by};
	unsigned what = pick(r, 10);

	switch (what) {
	case 0:
		leaf.person = pick(r, FORGE_PEOPLE);
		spoil(s, pick(r, 256), &leaf);
		return scene_add_with(s, &leaf, scene_none);
	case 1: return scene_remove(s, pick(r, 10));
	case 2:
		leaf.source = LEAF_NODE_UPDATE;
		spoil(s, pick(r, 256), &leaf);
		return scene_update_with(s, &leaf);
	case 3:
		return scene_psk(
			s, (char)('a' + (int)pick(r, 3)), (uint8_t)pick(r, 2));
	case 4: return extensions(s, r);
	case 5: return scene_reinit(s, (uint16_t)pick(r, 3));
	case 6: return scene_custom(s, (uint16_t)(0xf001 + pick(r, 3)));
	case 7: return scene_external_init(s, pick(r, 2) == 0 ? 32 : 31);
	case 8: return scene_add(s, pick(r, FORGE_PEOPLE));
	default: return any(r);
	}
}

static void entry(struct scene *s, struct reader *r, unsigned by)
{
	unsigned who = pick(r, 2) == 0 ? by : pick(r, SCENE_MEMBERS);
	bool by_value = pick(r, 2) == 0;
	struct bytes p = proposal(s, r, who);

	if (p.len == 0)
		return;
	if (by_value)
		scene_by_value(s, p);
	else if (scene_propose(s, who, p) == 0)
		commit_write_reference(
			&s->list, hash_view(&s->f.group->cache.last->ref));
}

static int commit(struct scene *s, struct reader *r)
{
	struct forge_path path = {.nodes = 0};
	unsigned by = pick(r, FORGE_PEOPLE);
	unsigned how;

	for (unsigned n = pick(r, ENTRIES); n > 0; n--)
		entry(s, r, by);
	how = pick(r, 64);
	path.nodes = (how & 2) != 0 && pick(r, 4) == 0;
	path.ciphertexts = (how & 4) != 0 ? (int)pick(r, 3) - 1 : 0;
	path.bad_parent_hash = (how & 8) != 0;
	path.no_parent_hash = (how & 16) != 0;
	path.for_added = (how & 32) != 0 && pick(r, 2) == 0;
	spoil(s, pick(r, 4) == 0 ? pick(r, 256) & ~(unsigned)SOURCE : 0,
		&path.leaf);
	if (by >= SCENE_MEMBERS)
		return scene_external(s, by, &path);
	return scene_commit(s, by, (how & 1) != 0 ? NULL : &path);
}

/* What was taken is a group one could join, and keep. */
static void believe(struct scene *s)
{
	struct public_group *g = s->f.group, *again;
	const struct leaf_group group = {.tree = g->tree,
		.group_id = g->context->group_id,
		.extensions = g->context->extensions,
		.policy = &s->f.policy};
	struct buf one, two;

	if (tree_validate(&group, g->context->tree_hash) != 0 ||
		!tree_supports(g->tree, g->context->extensions))
		abort();
	if (public_group_save(g, &one) != 0 ||
		public_group_load(suite_default, buf_view(&one), &again) != 0 ||
		public_group_save(again, &two) != 0 ||
		!bytes_eq(buf_view(&one), buf_view(&two)))
		abort();
	public_group_free(again);
	buf_wipe(&one);
	buf_wipe(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r;
	struct scene s;

	reader_init(&r, bytes_of(data, size));
	scene_begin(&s);
	for (int i = 0; i < COMMITS && reader_left(&r) > 0; i++)
		if (commit(&s, &r) == 0)
			believe(&s);
	scene_end(&s);
	return 0;
}
