/*
 * A clinic in a daemon's store: see clinic_seed.h.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "clinic/acts.h"
#include "lib/clinic_seed.h"

static void must(int rc)
{
	if (rc != 0)
		abort();
}

static void sink(void *ctx, struct bytes statement)
{
	struct clinic_seed *c = ctx;
	struct acts_result result;

	must(store_begin(c->st, c->cast.w.now));
	must(store_mark(c->st));
	must(acts_put(c->st, statement, c->cast.w.now, &result));
	must(store_keep(c->st));
	must(store_commit(c->st));
}

void clinic_seed_open(struct clinic_seed *c, const char *path)
{
	struct store_options o = {.path = path,
		.mailbox_max = 1000,
		.mailbox_reserve = 10,
		.skip_check = true};
	struct key32 key;

	if (sodium_init() < 0)
		abort();
	seed_store_key(&key);
	o.key = &key;
	must(store_open(&c->st, &o));
}

void clinic_seed_close(struct clinic_seed *c)
{
	store_close(c->st);
	c->st = NULL;
}

void clinic_seed_begin(struct clinic_seed *c, const char *path, uint64_t now)
{
	memset(c, 0, sizeof *c);
	clinic_seed_open(c, path);
	world_init_at(&c->cast.w, now);
	must(store_begin(c->st, now));
	must(acts_begin(c->st, buf_view(&c->cast.w.record)));
	must(store_commit(c->st));
	c->cast.w.sink = sink;
	c->cast.w.sink_ctx = c;
	cast_enter(&c->cast);
}

void clinic_seed_wipe(struct clinic_seed *c)
{
	clinic_seed_close(c);
	world_wipe(&c->cast.w);
}

void clinic_seed_device(const struct world_person *p, struct seed_device *ret)
{
	memset(ret, 0, sizeof *ret);
	ret->id = p->device;
	ret->member = p->member;
	memcpy(ret->public, p->transport_key.b, sizeof ret->public);
	memcpy(ret->secret, p->transport_secret, sizeof ret->secret);
}
