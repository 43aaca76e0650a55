/*
 * The rules for leaf nodes, RFC 9420 section 7.3: see tree_validate.h.
 *
 * Cheap rules first, the signature and the application's judgement last.
 */
#include "mls/public/object/extension.h"
#include "mls/public/object/limits.h"
#include "mls/public/tree/tree_validate.h"

/* What every rule looks at. */
struct leaf_case {
	const struct leaf_group *group;
	const struct suite *suite;
	const struct leaf_node *leaf;
	const struct leaf_node *replaced; /* what stands at ${index} now */
	enum leaf_origin origin;
	uint32_t index;
};

/* 7.3: source as the place demands; a tree holds leaves of every source. */
static int rule_source(const struct leaf_case *c)
{
	static const struct {
		enum leaf_origin origin;
		enum leaf_node_source source;
	} want[] = {
		{LEAF_IN_KEY_PACKAGE, LEAF_NODE_KEY_PACKAGE},
		{LEAF_IN_UPDATE, LEAF_NODE_UPDATE},
		/* 12.4.2: "MUST be set to commit" */
		{LEAF_IN_PATH, LEAF_NODE_COMMIT},
	};

	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		if (want[i].origin == c->origin)
			return c->leaf->source == want[i].source
				       ? 0
				       : ROWAN_E_MLS_LEAF_NODE;
	return 0;
}

/* 5.1: keys are of the group's algorithms. */
static int rule_keys(const struct leaf_case *c)
{
	if (!suite_kem_key(c->suite, c->leaf->encryption_key) ||
		c->leaf->signature_key.len != c->suite->sig->pk_len)
		return ROWAN_E_MLS_LEAF_NODE;
	return 0;
}

/* 11.1: all members "need to support the cipher suite and protocol version" */
static int rule_suite(const struct leaf_case *c)
{
	const struct capabilities *caps = &c->leaf->capabilities;

	if (!type_list_has(caps->versions, MLS_VERSION_10) ||
		!type_list_has(caps->cipher_suites, c->suite->id))
		return ROWAN_E_MLS_LEAF_NODE;
	return 0;
}

/* 7.2: "the credential type used in the LeafNode MUST be included" */
static int rule_own_credential(const struct leaf_case *c)
{
	if (!capabilities_credential(
		    &c->leaf->capabilities, c->leaf->credential.type))
		return ROWAN_E_MLS_LEAF_NODE;
	return 0;
}

/* 7.3: each extension of the leaf is in its capabilities. */
static int rule_own_extensions(const struct leaf_case *c)
{
	struct bytes list = c->leaf->extensions;
	struct extension ext;

	while (extension_next(&list, &ext))
		if (!capabilities_extension(&c->leaf->capabilities, ext.type))
			return ROWAN_E_MLS_LEAF_NODE;
	return 0;
}

static bool leaf_supports(const struct leaf_node *leaf, struct bytes extensions)
{
	struct required_capabilities required;
	struct extension ext;

	while (extension_next(&extensions, &ext)) {
		if (!capabilities_extension(&leaf->capabilities, ext.type))
			return false;
		if (ext.type != EXTENSION_REQUIRED_CAPABILITIES)
			continue;
		if (required_capabilities_decode(ext.data, &required) != 0 ||
			!capabilities_meet(&leaf->capabilities, &required))
			return false;
	}
	return true;
}

/*
 * 7.3: required capabilities "MUST be listed"; 13.4: "The capabilities field
 * MUST indicate support for each extension in the GroupContext".
 */
static int rule_group(const struct leaf_case *c)
{
	return leaf_supports(c->leaf, c->group->extensions)
		       ? 0
		       : ROWAN_E_MLS_LEAF_NODE;
}

/* 7.3: credential types are supported by all, in both directions. */
static int rule_credential_types(const struct leaf_case *c)
{
	const struct tree *t = c->group->tree;
	uint16_t type = c->leaf->credential.type, last = type;

	for (uint32_t i = tree_next_leaf(t, 0); i < tree_leaves(t);
		i = tree_next_leaf(t, i + 1)) {
		const struct leaf_node *other = tree_leaf(t, i);

		if (other == c->replaced)
			continue;
		if (!capabilities_credential(&other->capabilities, type))
			return ROWAN_E_MLS_LEAF_NODE;
		/* Neighbours mostly use the same type: ask once. */
		if (other->credential.type == last)
			continue;
		last = other->credential.type;
		if (!capabilities_credential(&c->leaf->capabilities, last))
			return ROWAN_E_MLS_LEAF_NODE;
	}
	return 0;
}

/* 7.2: applications "MUST define a maximum total lifetime"; 7.3. */
static int rule_lifetime(const struct leaf_case *c)
{
	const struct leaf_policy *policy = c->group->policy;
	const struct leaf_node *leaf = c->leaf;
	bool timed = c->origin == LEAF_IN_TREE ? policy->check_tree_time
					       : policy->check_time;

	if (leaf->source != LEAF_NODE_KEY_PACKAGE)
		return 0;
	if (leaf->not_after < leaf->not_before)
		return ROWAN_E_MLS_LIFETIME;
	if (policy->lifetime_max != 0 &&
		leaf->not_after - leaf->not_before > policy->lifetime_max)
		return ROWAN_E_MLS_LIFETIME;
	if (timed && (policy->now < leaf->not_before ||
			     policy->now > leaf->not_after))
		return ROWAN_E_MLS_LIFETIME;
	return 0;
}

/* 7.3, 12.4.2: the encryption key differs from the replaced leaf's. */
static int rule_fresh_key(const struct leaf_case *c)
{
	if (c->replaced != NULL &&
		bytes_eq(c->replaced->encryption_key, c->leaf->encryption_key))
		return ROWAN_E_MLS_LEAF_NODE;
	return 0;
}

/*
 * 7.3: signature_key and encryption_key are unique among the members. Nor may
 * the latter be a parent's, which no newcomer would believe (12.4.3.1).
 */
static int rule_unique_keys(const struct leaf_case *c)
{
	const struct tree *t = c->group->tree;

	for (uint32_t node = 0; node < tree_width(t); node++) {
		const struct leaf_node *other =
			tree_math_is_leaf(node)
				? tree_leaf(t, tree_math_leaf(node))
				: NULL;

		if (tree_is_blank(t, node) ||
			(other != NULL && other == c->replaced))
			continue;
		if (bytes_eq(tree_encryption_key(t, node),
			    c->leaf->encryption_key) ||
			(other != NULL && bytes_eq(other->signature_key,
						  c->leaf->signature_key)))
			return ROWAN_E_MLS_LEAF_NODE;
	}
	return 0;
}

/* 7.3: "Verify that the signature on the LeafNode is valid" */
static int rule_signature(const struct leaf_case *c)
{
	struct leaf_place place = {c->group->group_id, c->index};

	return leaf_node_verify(c->suite, c->leaf, &place);
}

/* 5.3.1: a new credential "MUST be validated with the AS" */
static int rule_credential(const struct leaf_case *c)
{
	const struct leaf_policy *policy = c->group->policy;

	if (policy->credential != NULL &&
		policy->credential(policy->cookie, c->leaf, c->replaced) != 0)
		return ROWAN_E_MLS_CREDENTIAL;
	return 0;
}

#define EVERYWHERE                                                             \
	(LEAF_IN_KEY_PACKAGE | LEAF_IN_UPDATE | LEAF_IN_PATH | LEAF_IN_TREE)
#define REPLACING (LEAF_IN_UPDATE | LEAF_IN_PATH)
/* A whole tree is asked about these once, not once a leaf. */
#define JOINING (EVERYWHERE & ~LEAF_IN_TREE)

static const struct leaf_rule {
	unsigned where; /* enum leaf_origin */
	int (*check)(const struct leaf_case *c);
} leaf_rules[] = {
	{EVERYWHERE, rule_source},
	{EVERYWHERE, rule_keys},
	{EVERYWHERE, rule_suite},
	{EVERYWHERE, rule_own_credential},
	{EVERYWHERE, rule_own_extensions},
	{EVERYWHERE, rule_group},
	{EVERYWHERE, rule_lifetime},
	{REPLACING, rule_fresh_key},
	{JOINING, rule_unique_keys},
	{JOINING, rule_credential_types},
	{EVERYWHERE, rule_signature},
	{EVERYWHERE, rule_credential},
};

int leaf_check(const struct leaf_group *group, const struct leaf_node *leaf,
	enum leaf_origin origin, uint32_t index)
{
	struct leaf_case c = {.group = group,
		.suite = group->tree->suite,
		.leaf = leaf,
		.origin = origin,
		.index = index};
	int rc = 0;

	if (origin == LEAF_IN_UPDATE || origin == LEAF_IN_PATH)
		c.replaced = tree_leaf(group->tree, index);
	for (size_t i = 0; i < sizeof leaf_rules / sizeof *leaf_rules; i++) {
		if ((leaf_rules[i].where & origin) == 0)
			continue;
		rc = leaf_rules[i].check(&c);
		if (rc != 0)
			break;
	}
	return rc;
}

bool tree_supports(const struct tree *t, struct bytes extensions)
{
	for (uint32_t i = tree_next_leaf(t, 0); i < tree_leaves(t);
		i = tree_next_leaf(t, i + 1))
		if (!leaf_supports(tree_leaf(t, i), extensions))
			return false;
	return true;
}
