/*
 * The proposals of an epoch: see proposal_cache.h.
 */
#include <stdlib.h>

#include "mls/public/group/proposal_cache.h"

int proposal_cache_entry(const struct suite *suite,
	const struct proposal_cache *cache, struct authenticated_content *ac,
	struct cached_proposal **ret)
{
	struct cached_proposal *entry;
	struct hash_value ref;

	*ret = NULL;
	transcript_proposal_ref(suite, ac, &ref);
	if (proposal_cache_find(cache, hash_view(&ref)) != NULL)
		return ROWAN_E_EXISTS;
	if (cache->n >= MLS_CACHE_MAX ||
		ac->raw.len > MLS_CACHE_BYTES_MAX - cache->bytes)
		return ROWAN_E_LIMIT;
	if ((entry = calloc(1, sizeof *entry)) == NULL)
		return ROWAN_E_NOMEM;
	entry->ref = ref;
	entry->content = authenticated_content_ref(ac);
	*ret = entry;
	return 0;
}

void proposal_cache_put(
	struct proposal_cache *cache, struct cached_proposal *entry)
{
	if (entry == NULL)
		return;
	if (cache->last == NULL)
		cache->first = entry;
	else
		cache->last->next = entry;
	cache->last = entry;
	cache->n++;
	cache->bytes += entry->content->raw.len;
}

void cached_proposal_free(struct cached_proposal *entry)
{
	if (entry == NULL)
		return;
	authenticated_content_unref(entry->content);
	free(entry);
}

struct authenticated_content *proposal_cache_find(
	const struct proposal_cache *cache, struct bytes ref)
{
	const struct cached_proposal *e;

	for (e = cache->first; e != NULL; e = e->next) {
		if (bytes_eq(hash_view(&e->ref), ref))
			return e->content;
	}
	return NULL;
}

void proposal_cache_clear(struct proposal_cache *cache)
{
	struct cached_proposal *next;

	for (struct cached_proposal *e = cache->first; e != NULL; e = next) {
		next = e->next;
		cached_proposal_free(e);
	}
	*cache = (struct proposal_cache){0};
}

void proposal_cache_write(struct writer *w, const struct proposal_cache *cache)
{
	const struct cached_proposal *e;
	size_t mark = writer_open(w);

	for (e = cache->first; e != NULL; e = e->next)
		writer_vec(w, e->content->raw);
	writer_close(w, mark);
}

static int read_entry(const struct suite *suite, struct reader *list,
	struct proposal_cache *cache)
{
	struct authenticated_content *ac = NULL;
	struct cached_proposal *entry;
	struct bytes raw;
	int rc;

	if ((rc = reader_vec(list, MLS_MESSAGE_MAX, &raw)) != 0 ||
		(rc = authenticated_content_decode(raw, &ac)) != 0)
		return rc;
	if (ac->content.content_type != CONTENT_PROPOSAL)
		rc = ROWAN_E_MALFORMED;
	else if ((rc = proposal_cache_entry(suite, cache, ac, &entry)) == 0)
		proposal_cache_put(cache, entry);
	authenticated_content_unref(ac);
	return rc;
}

int proposal_cache_read(const struct suite *suite, struct reader *r,
	struct proposal_cache *cache)
{
	struct reader list;
	int rc;

	rc = reader_sub(r, MLS_MESSAGE_MAX, &list);
	while (rc == 0 && reader_left(&list) > 0)
		rc = read_entry(suite, &list, cache);
	if (rc != 0)
		proposal_cache_clear(cache);
	return rc;
}
