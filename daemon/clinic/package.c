/*
 * Key packages at the door: see package.h.
 */
#include "clinic/group_policy.h"
#include "clinic/package.h"
#include "mls/public/object/extension.h"
#include "mls/public/framing/mls_message.h"
#include "mls/public/tree/tree_validate.h"

#define LIFETIME (28u * 24 * 3600)

/* A leaf of this very device, under a card that was logged for it. */
static int judge(void *cookie, const struct leaf_node *leaf,
	const struct leaf_node *replaced)
{
	const struct package_publisher *by = cookie;
	const struct rowan_mls_credential c = {leaf->credential.type,
		{leaf->credential.content.data, leaf->credential.content.len}};
	struct id16 device;
	int rc = group_identity(&c, &device);

	if (rc == 0 && !id16_eq(&device, by->device))
		rc = ROWAN_E_REFUSED;
	return rc == 0 ? group_as_logged(by->view, leaf->credential.content,
				 leaf->signature_key)
		       : rc;
}

/* The leaf by itself: as if it came into a group of nobody. */
static int check_leaf(
	const struct package_publisher *by, const struct leaf_node *leaf)
{
	const struct leaf_policy policy = {.credential = judge,
		/* Only ever read through. */
		.cookie = (void *)(uintptr_t)by,
		.check_time = true,
		.now = by->now,
		.lifetime_max = PACKAGE_LIFETIME_MAX};
	struct leaf_group alone = {.policy = &policy};
	struct tree *nobody;
	int rc = tree_new(&suite_0003, &nobody);

	if (rc != 0)
		return rc;
	alone.tree = nobody;
	rc = leaf_check(&alone, leaf, LEAF_IN_KEY_PACKAGE, 0);
	tree_free(nobody);
	return rc;
}

static int check(const struct package_publisher *by,
	const struct key_package *kp, bool last_resort)
{
	struct bytes data;
	int rc = key_package_check(&suite_0003, kp);

	if (rc == 0 && extension_find(kp->extensions, EXTENSION_LAST_RESORT,
			       &data) != last_resort)
		rc = ROWAN_E_REFUSED;
	if (rc == 0)
		rc = check_leaf(by, kp->leaf_node);
	/* MLS's own verdicts are one here. */
	return rc <= -300 ? ROWAN_E_REFUSED : rc;
}

int package_check(const struct package_publisher *by, struct bytes raw,
	bool last_resort, uint64_t *ret_until)
{
	struct store_standing at;
	struct mls_message m;
	int rc = store_standing_get(by->view, by->device, &at);

	*ret_until = by->now + LIFETIME;
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	rc = mls_message_decode(raw, &m);
	if (rc != 0)
		return rc == ROWAN_E_NOMEM || rc == ROWAN_E_LIMIT
			       ? rc
			       : ROWAN_E_MALFORMED;
	rc = m.wire_format == WIRE_FORMAT_KEY_PACKAGE
		     ? check(by, &m.key_package, last_resort)
		     : ROWAN_E_MALFORMED;
	if (rc == 0 && m.key_package.leaf_node->not_after < *ret_until)
		*ret_until = m.key_package.leaf_node->not_after;
	mls_message_wipe(&m);
	return rc;
}
