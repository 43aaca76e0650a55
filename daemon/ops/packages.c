/*
 * Key package operations: see packages.h.
 *
 * What a package must be is daemon/clinic's.
 */
#include <sodium.h>

#include "clinic/package.h"
#include "ops/packages.h"
#include "ops/record.h"

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
	const struct package_publisher by = {o->view, &r->device, o->now};

	for (size_t i = 0; i < p->count; i++) {
		const struct wire_key_package *k = &p->packages[i];
		struct store_package s = {.body = k->data,
			.last_resort = (k->flags & WIRE_KEY_LAST_RESORT) != 0};
		int rc = package_check(&by, k->data, s.last_resort, &s.until);

		if (rc != 0)
			return rc;
		crypto_generichash(s.hash, sizeof s.hash, k->data.data,
			k->data.len, NULL, 0);
		rc = store_package_put(o->store, &r->device, &s,
			(uint32_t)o->config->key_packages);
		/* Seen before: a repeat, nothing to do. */
		if (rc != 0 && rc != ROWAN_E_EXISTS)
			return rc;
	}
	o->record.number = p->count;
	return tell_stock(o, r);
}

int packages_count(struct ops *o, struct request *r)
{
	return tell_stock(o, r);
}

/* Sets ${ret_wait}, in seconds, with ROWAN_E_QUOTA. */
static int claim_one(struct ops *o, const struct request *r, size_t i,
	struct wire_key_claimed *ret, struct buf *got, uint64_t *ret_wait)
{
	const struct wire_key_claim *c = &r->body.key_claim;
	const struct id16 *target = &c->devices[i];
	bool last = false;
	int rc;

	if (id16_eq(target, &r->device))
		return ROWAN_E_REFUSED;
	rc = store_channel_access(o->store, &c->channel, target);
	if (rc == 0)
		rc = gates_claim(
			&o->gates, o->store, &c->channel, &r->device, target);
	if (rc != 0)
		return rc;
	*ret_wait = claims_take(o->claims, &r->device, target, o->now);
	if (*ret_wait != 0)
		return ROWAN_E_QUOTA;
	rc = store_package_claim(o->store, target, got, &last);
	if (rc == 0) {
		ret->flags = last ? WIRE_KEY_LAST_RESORT : 0;
		ret->data = buf_view(got);
	}
	return rc;
}

/* One device of the claim: all of it or nothing. */
static void claim_item(struct ops *o, struct request *r, size_t i,
	struct buf *got, struct wire_key_claimed *ret)
{
	uint64_t wait = 0;
	int rc = store_mark(o->store);

	*ret = (struct wire_key_claimed){.flags = 0};
	if (rc != 0)
		o->lost = true;
	else
		rc = ops_settle(o, claim_one(o, r, i, ret, got, &wait));
	if (rc != 0)
		*ret = (struct wire_key_claimed){.flags = 0};
	/* Without a package, unknown, not assigned: all the same. */
	ops_code(rc, &ret->error);
	if (wait > 0 && wait < UINT32_MAX / 1000)
		ret->error.retry_ms = (uint32_t)wait * 1000;
}

int packages_claim(struct ops *o, struct request *r)
{
	const struct wire_key_claim *c = &r->body.key_claim;
	struct wire_key_claim_answer a;
	struct buf got[WIRE_CLAIMS_MAX] = {{NULL, 0}};
	int rc = ops_allow_channel(o, r, &c->channel);

	if (rc == 0)
		rc = record_channel(o, &c->channel);
	if (rc != 0)
		return rc;
	o->record.number = c->count;
	for (a.count = 0; a.count < c->count; a.count++)
		claim_item(o, r, a.count, &got[a.count], &a.results[a.count]);
	rc = wire_key_claim_answer_encode(&a, &r->out);
	for (size_t i = 0; i < c->count; i++)
		buf_wipe(&got[i]);
	return rc;
}
