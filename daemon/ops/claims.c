/*
 * What one device may use up: see claims.h.
 */
#include <stdlib.h>

#include "ops/bucket.h"
#include "ops/claims.h"

#define SETS 512
#define WAYS 8

/* To catch up with a large clinic, for the first time. */
#define LEAVES_FIRST 4096

/* Counted in one transaction, and given back when it comes to nothing. */
#define TAKEN_MAX 4096

struct entry {
	struct id16 id;
	struct bucket bucket;
	bool used;
};

struct side {
	struct bucket_rate rate;
	struct entry entry[SETS][WAYS];
};

/* Who is forgotten meanwhile leaves a full bucket, which stays full. */
struct taken {
	struct bucket *bucket;
	const struct side *side;
	uint64_t n;
};

struct claims {
	struct side by, of, leaves;
	struct taken taken[TAKEN_MAX];
	size_t taken_count;
};

/*
 * A bucket counts by the minute of a clock in milliseconds. This one counts
 * by the hour of a clock in seconds: its hour is given as that minute.
 */
static uint64_t ticks(uint64_t seconds)
{
	return seconds * 1000 / 60;
}

int claims_new(uint64_t by, uint64_t of, struct claims **ret)
{
	struct claims *c = calloc(1, sizeof *c);

	*ret = c;
	if (c == NULL)
		return ROWAN_E_NOMEM;
	claims_rates(c, by, of);
	return 0;
}

void claims_rates(struct claims *c, uint64_t by, uint64_t of)
{
	c->by.rate = (struct bucket_rate){by, by};
	c->of.rate = (struct bucket_rate){of, of};
}

void claims_free(struct claims *c)
{
	free(c);
}

/* The entry of ${id}; a new one takes the place of the fullest. */
static struct bucket *find(struct side *s, const struct id16 *id, uint64_t now)
{
	struct entry *set = s->entry[(id->b[0] << 8 | id->b[1]) % SETS];
	struct entry *best = &set[0];

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].used && id16_eq(&set[i].id, id))
			return &set[i].bucket;
		/* Brings its level up to now. */
		if (set[i].used)
			(void)bucket_wait(&set[i].bucket, &s->rate, 1, now);
		if (best->used && (!set[i].used || set[i].bucket.level >
							   best->bucket.level))
			best = &set[i];
	}
	best->id = *id;
	best->used = true;
	bucket_init(&best->bucket, &s->rate, now);
	return &best->bucket;
}

static void take(
	struct claims *c, struct bucket *b, const struct side *s, uint64_t n)
{
	bucket_take(b, &s->rate, n);
	if (c->taken_count < TAKEN_MAX)
		c->taken[c->taken_count++] = (struct taken){b, s, n};
}

void claims_kept(struct claims *c)
{
	c->taken_count = 0;
}

void claims_undone(struct claims *c)
{
	for (size_t i = 0; i < c->taken_count; i++) {
		const struct taken *t = &c->taken[i];

		bucket_give(t->bucket, &t->side->rate, t->n);
	}
	c->taken_count = 0;
}

uint64_t claims_take(struct claims *c, const struct id16 *by,
	const struct id16 *of, uint64_t now)
{
	uint64_t at = ticks(now), wait, wait_of;
	struct bucket *b = find(&c->by, by, at);
	struct bucket *o = find(&c->of, of, at);

	wait = bucket_wait(b, &c->by.rate, 1, at);
	wait_of = bucket_wait(o, &c->of.rate, 1, at);
	if (wait_of > wait)
		wait = wait_of;
	if (wait > 0)
		return (wait * 60 + 999) / 1000;
	take(c, b, &c->by, 1);
	take(c, o, &c->of, 1);
	return 0;
}

void claims_leaf_rate(struct claims *c, uint64_t per_minute, uint64_t mailbox)
{
	c->leaves.rate =
		(struct bucket_rate){per_minute, LEAVES_FIRST + 2 * mailbox};
}

uint64_t claims_leaves(
	struct claims *c, const struct id16 *device, uint64_t n, uint64_t now)
{
	uint64_t at = now * 1000, wait;
	struct bucket *b;

	if (n == 0 || c->leaves.rate.per_minute == 0)
		return 0;
	b = find(&c->leaves, device, at);
	wait = bucket_wait(b, &c->leaves.rate, n, at);
	if (wait == 0)
		take(c, b, &c->leaves, n);
	return wait;
}

uint64_t claims_some_leaves(
	struct claims *c, const struct id16 *device, uint64_t n, uint64_t now)
{
	while (n > 0 && claims_leaves(c, device, n, now) != 0)
		n--;
	return n;
}
