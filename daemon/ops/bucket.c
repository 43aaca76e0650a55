/*
 * Token buckets: see bucket.h.
 */
#include "ops/bucket.h"

#define UNIT 60000

static uint64_t brim(const struct bucket_rate *r)
{
	return (r->burst > 0 ? r->burst : 1) * UNIT;
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

	if (rate->per_minute == 0)
		return 0;
	passed = now > b->at ? now - b->at : 0;
	b->at = now > b->at ? now : b->at;
	/* So many tokens a minute are as many units a millisecond. */
	if (passed >= full / rate->per_minute ||
		b->level + passed * rate->per_minute > full)
		b->level = full;
	else
		b->level += passed * rate->per_minute;
	need = n > full / UNIT ? full : n * UNIT;
	if (b->level >= need)
		return 0;
	return (need - b->level + rate->per_minute - 1) / rate->per_minute;
}

void bucket_take(struct bucket *b, const struct bucket_rate *rate, uint64_t n)
{
	uint64_t full = brim(rate);
	uint64_t need = n > full / UNIT ? full : n * UNIT;

	if (rate->per_minute == 0)
		return;
	b->level = b->level > need ? b->level - need : 0;
}

void bucket_give(struct bucket *b, const struct bucket_rate *rate, uint64_t n)
{
	uint64_t full = brim(rate);
	uint64_t more = n > full / UNIT ? full : n * UNIT;

	b->level = more < full - b->level ? b->level + more : full;
}
