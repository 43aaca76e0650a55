/*
 * The rules for proposals: see proposal_rules.h.
 *
 * The rules of lists come before those of single proposals, because they are
 * cheap and the latter check signatures.
 */
#include <stdlib.h>

#include "mls/public/group/proposal_rules.h"

/* Section 12.1.1, without the leaf: see commit_stage.c. */
static int check_add(
	const struct epoch_view *view, const struct key_package *kp)
{
	return key_package_check(view->suite, kp);
}

/* Section 12.1.2, as far as it looks at the old leaf and not at the group. */
static int check_update(
	const struct epoch_view *view, const struct proposal_item *item)
{
	const struct leaf_node *leaf = item->proposal->update;
	const struct leaf_node *old;

	if (item->sender.type != SENDER_MEMBER ||
		(old = tree_leaf(view->tree, item->sender.index)) == NULL)
		return ROWAN_E_MLS_SENDER;
	/* 7.3: in an Update "verify that leaf_node_source is set to update
	 * and that encryption_key represents a different public key" */
	if (leaf->source != LEAF_NODE_UPDATE ||
		bytes_eq(leaf->encryption_key, old->encryption_key))
		return ROWAN_E_MLS_LEAF_NODE;
	return 0;
}

/* Section 12.1.4. */
static int check_psk(const struct epoch_view *view, const struct psk_id *psk)
{
	if (psk->type == PSK_RESUMPTION) {
		/* 11.2: usage reinit "MUST NOT be used in other contexts" */
		if (psk->usage == PSK_USAGE_REINIT && !view->allow_reinit_psk)
			return ROWAN_E_MLS_PSK;
		/* 11.3: usage branch "MUST NOT be used in other contexts" */
		if (psk->usage == PSK_USAGE_BRANCH && !view->allow_branch_psk)
			return ROWAN_E_MLS_PSK;
	}
	/* 12.1.4: invalid if "psk_nonce is not of length KDF.Nh" */
	if (psk->nonce.len != view->suite->hash->len)
		return ROWAN_E_MLS_PSK;
	return 0;
}

static int check_external_init(
	const struct epoch_view *view, const struct proposal_item *item)
{
	/* 12.1.6: "can only be used in that context", an external commit */
	if (item->sender.type != SENDER_NEW_MEMBER_COMMIT ||
		item->proposal->kem_output.len != view->suite->kem_enc_len)
		return ROWAN_E_MLS_PROPOSAL;
	return 0;
}

/* One proposal, without the signature of its leaf. */
static int check_item(
	const struct epoch_view *view, const struct proposal_item *item)
{
	const struct proposal *p = item->proposal;

	/* 12.1.8: other types from external senders "MUST be rejected" */
	if (item->sender.type == SENDER_EXTERNAL &&
		!proposal_external_may_send(p->type))
		return ROWAN_E_MLS_SENDER;
	if (item->sender.type == SENDER_NEW_MEMBER_PROPOSAL &&
		p->type != PROPOSAL_ADD)
		return ROWAN_E_MLS_SENDER;
	switch (p->type) {
	case PROPOSAL_ADD: return check_add(view, &p->add);
	case PROPOSAL_UPDATE: return check_update(view, item);
	case PROPOSAL_REMOVE:
		/* 12.1.3: "does not identify a non-blank leaf node" */
		return tree_leaf(view->tree, p->removed) != NULL
			       ? 0
			       : ROWAN_E_MLS_PROPOSAL;
	case PROPOSAL_PSK: return check_psk(view, &p->psk);
	case PROPOSAL_REINIT:
		/* 12.1.5: invalid if version "is less than the version" */
		return p->reinit.version >= view->context->version
			       ? 0
			       : ROWAN_E_MLS_PROPOSAL;
	case PROPOSAL_EXTERNAL_INIT: return check_external_init(view, item);
	case PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
		/* 12.1.7: whether all support them is asked of the new tree */
		return epoch_extensions_check(view->policy, p->extensions);
	default: return 0;
	}
}

/*
 * Signature and credential of a leaf that comes with a proposal. The group's
 * demands on it depend on the other proposals of the commit.
 */
static int check_leaf(const struct epoch_view *view,
	const struct leaf_node *leaf, const struct leaf_node *replaced,
	const struct leaf_place *place)
{
	const struct leaf_policy *policy = view->policy;
	int rc;

	if ((rc = leaf_node_verify(view->suite, leaf, place)) != 0)
		return rc;
	/* 5.3.1: "MUST be validated with the AS", when a member "receives an
	 * Add proposal" or "an Update proposal" */
	if (policy->credential != NULL &&
		policy->credential(policy->cookie, leaf, replaced) != 0)
		return ROWAN_E_MLS_CREDENTIAL;
	return 0;
}

int proposal_check(
	const struct epoch_view *view, const struct proposal_item *item)
{
	const struct leaf_place place = {
		view->context->group_id, item->sender.index};
	const struct proposal *p = item->proposal;
	int rc;

	if ((rc = check_item(view, item)) != 0)
		return rc;
	if (p->type == PROPOSAL_ADD)
		return check_leaf(view, p->add.leaf_node, NULL, NULL);
	if (p->type == PROPOSAL_UPDATE)
		return check_leaf(view, p->update,
			tree_leaf(view->tree, item->sender.index), &place);
	return 0;
}

/* What the rules of a list look at. */
struct list_case {
	const struct epoch_view *view;
	struct sender committer;
	const struct proposal_list *list;
	struct bytes *added; /* signature keys of the Adds, sorted */
	size_t added_n;
	uint8_t *touched; /* per leaf: 1 Update, 2 Remove */
};

enum { TOUCHED_UPDATE = 1, TOUCHED_REMOVE = 2 };

/* The leaf an Update or Remove is about, or false. */
static bool touches(const struct proposal_item *item, uint32_t *ret)
{
	if (item->proposal->type == PROPOSAL_REMOVE)
		*ret = item->proposal->removed;
	else if (item->proposal->type == PROPOSAL_UPDATE &&
		 item->sender.type == SENDER_MEMBER)
		*ret = item->sender.index;
	else
		return false;
	return true;
}

/* 12.2: "Update proposal generated by the committer" */
static int rule_own_update(const struct list_case *c)
{
	size_t i = 0;

	while ((i = proposal_list_next(c->list, PROPOSAL_UPDATE, i)) <
		c->list->n) {
		const struct sender *sender = &c->list->v[i++].sender;

		if (sender->type == c->committer.type &&
			sender->index == c->committer.index)
			return ROWAN_E_MLS_PROPOSAL_LIST;
	}
	return 0;
}

/* 12.2: "Remove proposal that removes the committer" */
static int rule_own_remove(const struct list_case *c)
{
	size_t i = 0;

	while ((i = proposal_list_next(c->list, PROPOSAL_REMOVE, i)) <
		c->list->n) {
		if (c->list->v[i++].proposal->removed == c->committer.index)
			return ROWAN_E_MLS_PROPOSAL_LIST;
	}
	return 0;
}

/* 12.2: "multiple Update and/or Remove proposals that apply to the same leaf"
 */
static int rule_same_leaf(const struct list_case *c)
{
	uint32_t leaf;

	for (size_t i = 0; i < c->list->n; i++) {
		/* A leaf outside the tree is refused by its own rule. */
		if (!touches(&c->list->v[i], &leaf) ||
			leaf >= tree_leaves(c->view->tree))
			continue;
		if (c->touched[leaf] != 0)
			return ROWAN_E_MLS_PROPOSAL_LIST;
		c->touched[leaf] =
			c->list->v[i].proposal->type == PROPOSAL_REMOVE
				? TOUCHED_REMOVE
				: TOUCHED_UPDATE;
	}
	return 0;
}

/* 12.2: "multiple Add proposals that contain KeyPackages that represent the
 * same client", which is to us the same signature key */
static int rule_same_client(const struct list_case *c)
{
	for (size_t i = 1; i < c->added_n; i++) {
		if (bytes_eq(c->added[i - 1], c->added[i]))
			return ROWAN_E_MLS_PROPOSAL_LIST;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	return bytes_cmp(*(const struct bytes *)a, *(const struct bytes *)b);
}

/* 12.2: "a client already in the group ... unless there is a Remove" */
static int rule_client_present(const struct list_case *c)
{
	const struct tree *t = c->view->tree;

	if (c->added_n == 0)
		return 0;
	for (uint32_t i = tree_next_leaf(t, 0); i < tree_leaves(t);
		i = tree_next_leaf(t, i + 1)) {
		const struct bytes *key = &tree_leaf(t, i)->signature_key;

		if (c->touched[i] != TOUCHED_REMOVE &&
			bsearch(key, c->added, c->added_n, sizeof *key,
				compare) != NULL)
			return ROWAN_E_MLS_PROPOSAL_LIST;
	}
	return 0;
}

/* 12.2: "multiple PreSharedKey proposals that reference the same
 * PreSharedKeyID" */
static int rule_same_psk(const struct list_case *c)
{
	const struct proposal_list *list = c->list;
	size_t i = 0;

	if (proposal_list_count(list, PROPOSAL_PSK) > MLS_PSKS_MAX)
		return ROWAN_E_LIMIT;
	while ((i = proposal_list_next(list, PROPOSAL_PSK, i)) < list->n) {
		size_t k = i++;

		while ((k = proposal_list_next(list, PROPOSAL_PSK, k + 1)) <
			list->n) {
			if (bytes_eq(list->v[i - 1].proposal->psk.raw,
				    list->v[k].proposal->psk.raw))
				return ROWAN_E_MLS_PROPOSAL_LIST;
		}
	}
	return 0;
}

/* 12.2: "multiple GroupContextExtensions proposals" */
static int rule_one_extensions(const struct list_case *c)
{
	return proposal_list_count(c->list, PROPOSAL_GROUP_CONTEXT_EXTENSIONS) >
			       1
		       ? ROWAN_E_MLS_PROPOSAL_LIST
		       : 0;
}

/* 12.2: "a ReInit proposal together with any other proposal" */
static int rule_lone_reinit(const struct list_case *c)
{
	return c->list->n > 1 &&
			       proposal_list_count(c->list, PROPOSAL_REINIT) > 0
		       ? ROWAN_E_MLS_PROPOSAL_LIST
		       : 0;
}

/* 12.2: "It contains an ExternalInit proposal" */
static int rule_no_external_init(const struct list_case *c)
{
	return proposal_list_count(c->list, PROPOSAL_EXTERNAL_INIT) > 0
		       ? ROWAN_E_MLS_PROPOSAL_LIST
		       : 0;
}

static bool all_support(const struct list_case *c, uint16_t type)
{
	const struct tree *t = c->view->tree;

	for (uint32_t i = tree_next_leaf(t, 0); i < tree_leaves(t);
		i = tree_next_leaf(t, i + 1)) {
		/* "members being added or removed by the Commit do not need
		 * to support the proposal type" */
		if (c->touched[i] != TOUCHED_REMOVE &&
			!capabilities_proposal(
				&tree_leaf(t, i)->capabilities, type))
			return false;
	}
	return true;
}

/* 12.2: "a non-default proposal type that is not supported by some members" */
static int rule_supported(const struct list_case *c)
{
	uint16_t last = PROPOSAL_ADD;

	for (size_t i = 0; i < c->list->n; i++) {
		uint16_t type = c->list->v[i].proposal->type;

		if (proposal_is_default(type) || type == last)
			continue;
		if (!all_support(c, type))
			return ROWAN_E_MLS_PROPOSAL_LIST;
		last = type;
	}
	return 0;
}

/* 12.2, external: "Exactly one ExternalInit" */
static int rule_external_init(const struct list_case *c)
{
	return proposal_list_count(c->list, PROPOSAL_EXTERNAL_INIT) == 1
		       ? 0
		       : ROWAN_E_MLS_PROPOSAL_LIST;
}

/* 12.2, external: "At most one Remove proposal" */
static int rule_one_remove(const struct list_case *c)
{
	return proposal_list_count(c->list, PROPOSAL_REMOVE) > 1
		       ? ROWAN_E_MLS_PROPOSAL_LIST
		       : 0;
}

/* 12.2, external: "No other proposals" */
static int rule_external_types(const struct list_case *c)
{
	for (size_t i = 0; i < c->list->n; i++) {
		uint16_t type = c->list->v[i].proposal->type;

		if (type != PROPOSAL_EXTERNAL_INIT && type != PROPOSAL_REMOVE &&
			type != PROPOSAL_PSK)
			return ROWAN_E_MLS_PROPOSAL_LIST;
	}
	return 0;
}

/* 12.2: "an individual proposal that is invalid" */
static int rule_each(const struct list_case *c)
{
	int rc = 0;

	for (size_t i = 0; i < c->list->n && rc == 0; i++)
		rc = check_item(c->view, &c->list->v[i]);
	return rc;
}

enum { REGULAR = 1, EXTERNAL = 2, BOTH = 3 };

static const struct list_rule {
	unsigned where; /* kind of commit */
	int (*check)(const struct list_case *c);
} list_rules[] = {
	{REGULAR, rule_own_update},
	{REGULAR, rule_own_remove},
	{REGULAR, rule_same_leaf}, /* fills ${touched} for those below */
	{REGULAR, rule_same_client},
	{REGULAR, rule_client_present},
	{BOTH, rule_same_psk},
	{REGULAR, rule_one_extensions},
	{REGULAR, rule_lone_reinit},
	{REGULAR, rule_no_external_init},
	{REGULAR, rule_supported},
	{EXTERNAL, rule_external_init},
	{EXTERNAL, rule_one_remove},
	{EXTERNAL, rule_external_types},
	{BOTH, rule_each},
};

static int prepare(struct list_case *c)
{
	size_t adds = proposal_list_count(c->list, PROPOSAL_ADD);
	size_t i = 0;

	c->touched = calloc(tree_leaves(c->view->tree), 1);
	c->added = calloc(adds + 1, sizeof *c->added);
	if (c->touched == NULL || c->added == NULL)
		return ROWAN_E_NOMEM;
	while ((i = proposal_list_next(c->list, PROPOSAL_ADD, i)) < c->list->n)
		c->added[c->added_n++] =
			c->list->v[i++].proposal->add.leaf_node->signature_key;
	qsort(c->added, c->added_n, sizeof *c->added, compare);
	return 0;
}

int proposal_rules_check(const struct epoch_view *view, struct sender committer,
	const struct proposal_list *list)
{
	unsigned kind = committer.type == SENDER_MEMBER ? REGULAR : EXTERNAL;
	struct list_case c = {
		.view = view, .committer = committer, .list = list};
	int rc = prepare(&c);

	for (size_t i = 0;
		rc == 0 && i < sizeof list_rules / sizeof *list_rules; i++) {
		if ((list_rules[i].where & kind) != 0)
			rc = list_rules[i].check(&c);
	}
	free(c.touched);
	free(c.added);
	return rc;
}

bool proposal_rules_path_required(const struct proposal_list *list)
{
	/* 12.4: "if len(commit.proposals) == 0 || pathRequired" */
	if (list->n == 0)
		return true;
	for (size_t i = 0; i < list->n; i++) {
		if (proposal_needs_path(list->v[i].proposal->type))
			return true;
	}
	return false;
}
