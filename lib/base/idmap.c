/*
 * Id map: see idmap.h. Open addressing, linear probing, at most 3/4 full;
 * deletion moves the followers back, so there are no tombstones.
 */
#include <stdlib.h>

#include <sodium.h>

#include "base/idmap.h"

void idmap_init(struct idmap *m)
{
	memset(m, 0, sizeof *m);
	randombytes_buf(m->key, sizeof m->key);
}

void idmap_wipe(struct idmap *m)
{
	free(m->slot);
	m->slot = NULL;
	m->cap = m->n = 0;
}

static size_t home(const struct idmap *m, const struct id16 *id)
{
	uint8_t h[crypto_shorthash_BYTES];
	uint64_t v;

	crypto_shorthash(h, id->b, ID16_LEN, m->key);
	memcpy(&v, h, sizeof v);
	return (size_t)v & (m->cap - 1);
}

/* The slot that holds ${id}, or the free one where it would go. */
static struct idmap_slot *find(const struct idmap *m, const struct id16 *id)
{
	size_t i = home(m, id);

	while (m->slot[i].p != NULL && !id16_eq(&m->slot[i].id, id))
		i = (i + 1) & (m->cap - 1);
	return &m->slot[i];
}

void *idmap_get(const struct idmap *m, const struct id16 *id)
{
	return m->n == 0 ? NULL : find(m, id)->p;
}

static int grow(struct idmap *m)
{
	struct idmap bigger = *m;

	bigger.cap = m->cap == 0 ? 64 : m->cap * 2;
	bigger.slot = calloc(bigger.cap, sizeof *bigger.slot);
	if (bigger.slot == NULL)
		return ROWAN_E_NOMEM;
	for (size_t i = 0; i < m->cap; i++)
		if (m->slot[i].p != NULL)
			*find(&bigger, &m->slot[i].id) = m->slot[i];
	free(m->slot);
	*m = bigger;
	return 0;
}

int idmap_put(struct idmap *m, const struct id16 *id, void *p)
{
	struct idmap_slot *s;

	if (m->n >= m->cap / 4 * 3) {
		int rc = grow(m);

		if (rc != 0)
			return rc;
	}
	s = find(m, id);
	m->n += s->p == NULL;
	s->id = *id;
	s->p = p;
	return 0;
}

void idmap_del(struct idmap *m, const struct id16 *id)
{
	struct idmap_slot *s;
	size_t hole, i;

	if (m->n == 0)
		return;
	s = find(m, id);
	if (s->p == NULL)
		return;
	hole = (size_t)(s - m->slot);
	m->slot[hole].p = NULL;
	m->n--;
	for (i = (hole + 1) & (m->cap - 1); m->slot[i].p != NULL;
		i = (i + 1) & (m->cap - 1)) {
		size_t h = home(m, &m->slot[i].id);

		/* Moves unless its home lies cyclically in (hole, i]. */
		if (((i - h) & (m->cap - 1)) >= ((i - hole) & (m->cap - 1))) {
			m->slot[hole] = m->slot[i];
			m->slot[i].p = NULL;
			hole = i;
		}
	}
}

void *idmap_next(const struct idmap *m, size_t *pos)
{
	while (*pos < m->cap) {
		void *p = m->slot[(*pos)++].p;

		if (p != NULL)
			return p;
	}
	return NULL;
}
