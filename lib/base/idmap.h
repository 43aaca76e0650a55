/*
 * A map from 16-byte ids to pointers.
 *
 * Ids are random and come from cards that the clinic signed, yet the hash is
 * keyed, so nobody can crowd one bucket. Never owns what it points to.
 */
#ifndef BASE_IDMAP_H
#define BASE_IDMAP_H

#include "base/id.h"

struct idmap_slot {
	struct id16 id;
	void *p; /* NULL: free */
};

struct idmap {
	struct idmap_slot *slot;
	size_t cap; /* power of two, or 0 */
	size_t n;
	uint8_t key[16];
};

/**
 * idmap_init(m), idmap_wipe(m):
 * An empty map; its end.
 */
void idmap_init(struct idmap *m);
void idmap_wipe(struct idmap *m);

/**
 * idmap_get(m, id):
 * What was put under ${id}, or NULL.
 */
void *idmap_get(const struct idmap *m, const struct id16 *id);

/**
 * idmap_put(m, id, p):
 * Put ${p}, not NULL, under ${id}, in the place of what was there.
 * ROWAN_E_NOMEM changes nothing.
 */
ROWAN_MUST int idmap_put(struct idmap *m, const struct id16 *id, void *p);

/**
 * idmap_del(m, id):
 * Forget ${id}; harmless when it is not there.
 */
void idmap_del(struct idmap *m, const struct id16 *id);

/**
 * idmap_next(m, pos):
 * Walk: return the next pointer at or after ${*pos} and step past it, NULL at
 * the end. The map must not change meanwhile.
 */
void *idmap_next(const struct idmap *m, size_t *pos);

#endif
