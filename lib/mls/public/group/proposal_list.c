/*
 * Resolved proposals: see proposal_list.h.
 */
#include <stdlib.h>

#include "mls/public/group/proposal_list.h"

int proposal_list_add(
	struct proposal_list *list, const struct proposal_item *item)
{
	if (list->n == list->cap) {
		size_t cap = list->cap == 0 ? 8 : list->cap * 2;
		struct proposal_item *v;

		if (list->n >= MLS_PROPOSALS_MAX)
			return ROWAN_E_LIMIT;
		if ((v = realloc(list->v, cap * sizeof *v)) == NULL)
			return ROWAN_E_NOMEM;
		list->v = v;
		list->cap = cap;
	}
	list->v[list->n] = *item;
	(void)authenticated_content_ref(item->content);
	list->n++;
	return 0;
}

static int resolve(struct authenticated_content *ac,
	const struct proposal_cache *cache, const struct proposal_or_ref *entry,
	struct proposal_item *ret)
{
	struct authenticated_content *sent;

	if (entry->type == PROPOSAL_OR_REF_PROPOSAL) {
		*ret = (struct proposal_item){.proposal = &entry->proposal,
			.sender = ac->content.sender,
			.content = ac};
		return 0;
	}
	/* 12.4.3.2: an external Commit "MUST NOT include any proposals by
	 * reference" */
	if (ac->content.sender.type == SENDER_NEW_MEMBER_COMMIT)
		return ROWAN_E_MLS_PROPOSAL_LIST;
	if ((sent = proposal_cache_find(cache, entry->reference)) == NULL)
		return ROWAN_E_MLS_UNKNOWN_PROPOSAL;
	*ret = (struct proposal_item){.proposal = &sent->content.proposal,
		.sender = sent->content.sender,
		.by_reference = true,
		.content = sent};
	return 0;
}

int proposal_list_resolve(struct proposal_list *list,
	struct authenticated_content *ac, const struct proposal_cache *cache)
{
	const struct commit *commit = ac->content.commit;
	struct proposal_item item;
	int rc;

	for (size_t i = 0; i < commit->n; i++) {
		if ((rc = resolve(ac, cache, &commit->proposals[i], &item)) !=
				0 ||
			(rc = proposal_list_add(list, &item)) != 0)
			return rc;
	}
	return 0;
}

size_t proposal_list_next(
	const struct proposal_list *list, uint16_t type, size_t i)
{
	while (i < list->n && list->v[i].proposal->type != type)
		i++;
	return i;
}

size_t proposal_list_count(const struct proposal_list *list, uint16_t type)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += list->v[i].proposal->type == type;
	return n;
}

void proposal_list_free(struct proposal_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		authenticated_content_unref(list->v[i].content);
	free(list->v);
	*list = (struct proposal_list){0};
}
