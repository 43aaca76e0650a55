/*
 * Token buckets: see bucket.h.
 */
#include "net/bucket.h"

#define MILLI 1000

static uint64_t brim(const struct bucket_rate *r)
{
	uint64_t burst = r->burst > r->per_second ? r->burst : r->per_second;

	return burst * MILLI;
}

void bucket_init(struct bucket *b, const struct bucket_rate *rate, uint64_t now)
{
	b->level = brim(rate);
	b->at = now;
}

uint64_t bucket_wait(struct bucket *b, const struct bucket_rate *rate,
	uint64_t n, uint64_t now)
{
	uint64_t full = brim(rate), passed, need;

	if (rate->per_second == 0)
		return 0;
	passed = now > b->at ? now - b->at : 0;
	b->at = now > b->at ? now : b->at;
	/* per_second tokens a second are as many thousandths a ms. */
	if (passed >= full / rate->per_second ||
		b->level + passed * rate->per_second > full)
		b->level = full;
	else
		b->level += passed * rate->per_second;
	need = n > full / MILLI ? full : n * MILLI;
	if (b->level >= need)
		return 0;
	return (need - b->level + rate->per_second - 1) / rate->per_second;
}

void bucket_take(struct bucket *b, const struct bucket_rate *rate, uint64_t n)
{
	uint64_t full = brim(rate);
	uint64_t need = n > full / MILLI ? full : n * MILLI;

	if (rate->per_second == 0)
		return;
	b->level = b->level > need ? b->level - need : 0;
}
