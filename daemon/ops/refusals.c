/*
 * Refused attempts: see refusals.h.
 */
#include <stdlib.h>
#include <string.h>

#include "ops/refusals.h"

/* Devices remembered between two minutes: those with something untold. */
#define DEVICES_MAX 4096

struct tally {
	uint32_t told; /* in this minute */
	uint64_t more; /* not told yet */
};

void refusals_init(struct refusals *f)
{
	memset(f, 0, sizeof *f);
	idmap_init(&f->map);
}

void refusals_wipe(struct refusals *f)
{
	size_t pos = 0;
	void *t;

	while ((t = idmap_next(&f->map, &pos)) != NULL)
		free(t);
	idmap_wipe(&f->map);
}

static void next_minute(struct refusals *f, uint64_t minute)
{
	struct tally *t;
	size_t pos = 0;

	if (f->map.n > DEVICES_MAX) {
		refusals_wipe(f);
		idmap_init(&f->map);
	}
	while ((t = idmap_next(&f->map, &pos)) != NULL)
		t->told = 0;
	f->minute = minute;
	f->all = 0;
}

bool refusals_take(struct refusals *f, const struct id16 *device, uint64_t now,
	uint64_t *ret_more)
{
	struct tally *t;

	*ret_more = 0;
	if (now / 60 != f->minute)
		next_minute(f, now / 60);
	t = idmap_get(&f->map, device);
	if (t == NULL) {
		t = calloc(1, sizeof *t);
		if (t != NULL && idmap_put(&f->map, device, t) != 0) {
			free(t);
			t = NULL;
		}
	}
	if (f->all == REFUSALS_ALL ||
		(t != NULL && t->told == REFUSALS_MINUTE)) {
		if (t != NULL)
			t->more++;
		return false;
	}
	f->all++;
	if (t != NULL) {
		*ret_more = t->more;
		t->told++;
		t->more = 0;
	}
	return true;
}
