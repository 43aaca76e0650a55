/*
 * Key package operations: see packages.h.
 *
 * The packages are opaque here: their form and lifetime are judged when cards
 * are (an MLS object is not this family's business).
 */
#include <sodium.h>

#include "ops/ops.h"
#include "ops/packages.h"

/* 28 days (DESIGN section 4). */
#define LIFETIME (28u * 24 * 3600)

static int tell_stock(struct ops *o, struct request *r)
{
	struct store_stock s;
	struct wire_key_stock a;
	int rc = store_package_count(o->view, &r->device, &s);

	if (rc != 0)
		return rc;
	a = (struct wire_key_stock){.available = s.available < UINT16_MAX
							 ? (uint16_t)s.available
							 : UINT16_MAX,
		.last_resort = s.last_resort,
		.last_resort_used = s.last_resort_used};
	return wire_key_stock_encode(&a, &r->out);
}

int packages_publish(struct ops *o, struct request *r)
{
	const struct wire_key_publish *p = &r->body.key_publish;

	for (size_t i = 0; i < p->count; i++) {
		const struct wire_key_package *k = &p->packages[i];
		struct store_package s = {.body = k->data,
			.until = o->now + LIFETIME,
			.last_resort = (k->flags & WIRE_KEY_LAST_RESORT) != 0};
		int rc;

		crypto_generichash(s.hash, sizeof s.hash, k->data.data,
			k->data.len, NULL, 0);
		rc = store_package_put(o->store, &r->device, &s,
			(uint32_t)o->config->key_packages);
		if (rc != 0)
			return rc;
	}
	return tell_stock(o, r);
}

int packages_count(struct ops *o, struct request *r)
{
	return tell_stock(o, r);
}

static int claim_one(struct ops *o, const struct wire_key_claim *c, size_t i,
	struct request *r, struct buf *ret, bool *ret_last)
{
	const struct id16 *target = &c->devices[i];
	int rc;

	if (id16_eq(target, &r->device))
		return ROWAN_E_REFUSED;
	rc = store_channel_access(o->store, &c->channel, target);
	return rc != 0 ? rc
		       : store_package_claim(o->store, target, ret, ret_last);
}

int packages_claim(struct ops *o, struct request *r)
{
	const struct wire_key_claim *c = &r->body.key_claim;
	struct wire_key_claim_answer a = {.count = c->count};
	struct buf got[WIRE_CLAIMS_MAX] = {{NULL, 0}};
	int rc = ops_allow_channel(o, r, &c->channel);

	for (size_t i = 0; rc == 0 && i < c->count; i++) {
		struct wire_key_claimed *k = &a.results[i];
		bool last = false;
		int one, marked = store_mark(o->store);

		if (marked != 0) {
			rc = marked;
			break;
		}
		one = claim_one(o, c, i, r, &got[i], &last);
		rc = one == 0 ? store_keep(o->store) : store_undo(o->store);
		if (rc == 0 && ops_fatal(one))
			rc = one;
		/* Without a package, unknown, not assigned: all the same. */
		ops_code(one, &k->error);
		k->flags = one == 0 && last ? WIRE_KEY_LAST_RESORT : 0;
		k->data = one == 0 ? buf_view(&got[i]) : bytes_of(NULL, 0);
	}
	if (rc == 0)
		rc = wire_key_claim_answer_encode(&a, &r->out);
	for (size_t i = 0; i < c->count; i++)
		buf_wipe(&got[i]);
	return rc;
}
