/*
 * A public group and whatever arrives: the first byte chooses between a
 * message for a group, the state it was saved in, a GroupInfo, and a tree.
 * A state that loads is saved again as it was; a refused message changes
 * nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/pubkit.h"
#include "mls/public/tree/tree_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pubkit *kit(void)
{
	static struct pubkit k;
	struct buf remove;

	if (k.group != NULL)
		return &k;
	pubkit_init(&k, 5, bytes_of(NULL, 0));
	if (pubkit_process(&k,
		    pubkit_commit(&k, pubkit_member(2), NULL, NULL, NULL)) != 0)
		abort();
	remove = pubkit_remove(3);
	if (pubkit_process(
		    &k, pubkit_message(&k, pubkit_member(1), CONTENT_PROPOSAL,
				buf_view(&remove), NULL)) != 0)
		abort();
	buf_wipe(&remove);
	return &k;
}

static void message(struct bytes in)
{
	struct buf copy;

	if (buf_copy(&copy, in) == 0)
		(void)pubkit_refuse(kit(), copy);
}

static void state(struct bytes in)
{
	struct public_group *group;
	struct buf again;

	if (public_group_load(suite_default, in, &group) != 0)
		return;
	if (public_group_save(group, &again) != 0 ||
		!bytes_eq(buf_view(&again), in))
		abort();
	buf_wipe(&again);
	public_group_free(group);
}

static void info(struct bytes in)
{
	const struct public_group_params params = {.suites = suite_default,
		.policy = &kit()->policy,
		.group_info = in};
	struct public_group *group;

	if (public_group_new(&params, &group) == 0)
		public_group_free(group);
}

static void tree(struct bytes in)
{
	const struct suite *suite = suite_default[0];
	struct leaf_group group = {.policy = &kit()->policy};
	struct buf again;
	struct tree *t;

	if (tree_decode(suite, in, &t) != 0)
		return;
	group.tree = t;
	if (tree_validate(&group, bytes_of(NULL, 0)) == 0 &&
		tree_members(t) == 0)
		abort();
	if (tree_encode(t, &again) != 0 || !bytes_eq(buf_view(&again), in))
		abort();
	buf_wipe(&again);
	tree_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const what[])(struct bytes) = {
		message, state, info, tree};

	if (size > 0)
		what[data[0] % 4](bytes_of(data + 1, size - 1));
	return 0;
}
