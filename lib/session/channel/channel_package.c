/*
 * Key packages of this device: made, published, thrown away. See
 * channel_inner.h.
 *
 * A package's private keys are in the vault before it is published. They go
 * when it is used (lib/mls does that), or when it is too old to be claimed
 * and the mailbox has no Welcome for it any more.
 */
#include <stdlib.h>

#include "session/channel/channel_inner.h"
#include "wire/op.h"

#define LIFE_S	   (28 * 24 * 3600)
#define GRACE_S	   (24 * 3600)	    /* of clocks, and of what is under way */
#define REPLACED_S (3 * 24 * 3600)  /* of a last resort after the next */
#define RENEW_S	   (14 * 24 * 3600) /* a last resort is not older */
#define LOW	   16
#define TARGET	   32
#define DAILY_MS   (24 * 60 * 60 * 1000)
#define ROWS	   bytes_of("packages", 8)

static int next_row(struct channels *x, uint64_t *ret)
{
	int rc = vault_last(x->o.vault, VAULT_MLS, ROWS, UINT64_MAX, ret, NULL);

	*ret = rc == 0 ? *ret + 1 : 0;
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

static int put_row(
	struct channels *x, uint64_t n, const struct channel_package *p)
{
	uint8_t mem[128];
	struct writer w;
	int rc;

	writer_init_fixed(&w, mem, sizeof mem);
	rc = channel_package_put(&w, p);
	return rc == 0 ? vault_put(x->o.vault, VAULT_MLS, ROWS, n,
				 writer_view(&w))
		       : rc;
}

/* ---- what is too old ---- */

static int forget(
	struct channels *x, uint64_t n, const struct channel_package *p)
{
	int rc = rowan_mls_key_package_forget(x->client, channel_mls(p->ref));

	if (rc == 0)
		x->client_dirty = true;
	else if (rc != ROWAN_E_NOT_FOUND)
		return rc;
	return vault_delete(x->o.vault, VAULT_MLS, ROWS, n);
}

/*
 * Inside a transaction. ${replace}: the last resort there is will be another;
 * ${ret_old}: it should be.
 */
static int tidy(struct channels *x, bool replace, bool *ret_old)
{
	uint64_t n = 0;
	int rc;

	*ret_old = true;
	for (;; n++) {
		struct channel_package p;
		struct buf raw = {0};

		rc = vault_next(x->o.vault, VAULT_MLS, ROWS, n, &n, &raw);
		if (rc != 0)
			return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
		rc = channel_package_get(buf_view(&raw), &p);
		if (rc == 0 && p.until <= x->now) {
			rc = forget(x, n, &p);
		} else if (rc == 0 && p.last_resort) {
			if (p.until > x->now + RENEW_S)
				*ret_old = false;
			if (replace && p.until > x->now + REPLACED_S) {
				p.until = x->now + REPLACED_S;
				rc = put_row(x, n, &p);
			}
		}
		buf_wipe(&raw);
		if (rc != 0)
			return rc;
	}
}

/* ---- publishing ---- */

struct fresh {
	struct wire_key_publish body;
	struct rowan_mls_buf data[WIRE_KEY_PACKAGES_MAX];
};

static int make_one(struct channels *x, bool last, struct fresh *f)
{
	const struct rowan_mls_key_package_options o = {
		.not_before = x->now > 3600 ? x->now - 3600 : 1,
		.not_after = x->now + LIFE_S,
		.last_resort = last};
	struct wire_key_package *p = &f->body.packages[f->body.count];
	struct rowan_mls_buf ref = {NULL, 0};
	uint64_t n;
	int rc = rowan_mls_key_package(
		x->client, &o, &f->data[f->body.count], &ref);

	if (rc == 0)
		rc = next_row(x, &n);
	if (rc == 0)
		rc = put_row(x, n,
			&(struct channel_package){bytes_of(ref.data, ref.len),
				x->now + LIFE_S + GRACE_S, last});
	if (rc == 0) {
		p->flags = last ? WIRE_KEY_LAST_RESORT : 0;
		p->data = bytes_of(f->data[f->body.count].data,
			f->data[f->body.count].len);
		f->body.count++;
	}
	x->client_dirty = true;
	rowan_mls_buf_free(&ref);
	return rc;
}

static void got_stock(void *ctx, const struct requests_outcome *o)
{
	struct channels *x = ctx;
	struct channel_packages *p = &x->packages;
	int rc = o->rc;

	p->asked = false;
	if (x->ending)
		return;
	p->due_ms = x->now_ms + CHANNEL_PAUSE_MS;
	if (rc == 0)
		rc = wire_key_stock_decode(o->answer, &p->stock);
	if (rc == 0) {
		p->known = true;
		p->due_ms = 0;
	} else if (rc == ROWAN_E_QUOTA || rc == ROWAN_E_REFUSED) {
		p->due_ms = x->now_ms + CHANNEL_HOLD_MS;
	}
}

static int ask(struct channels *x, const struct requests_new *n)
{
	struct requests_new own = *n;
	int rc;

	own.ctx = x;
	own.done = got_stock;
	rc = requests_start(x->o.requests, &own);
	if (rc == 0)
		x->packages.asked = true;
	if (rc != ROWAN_E_AGAIN)
		return rc;
	x->packages.due_ms = x->now_ms + 1000;
	return 0;
}

static int publish(struct channels *x, struct fresh *f)
{
	struct writer w;
	int rc;

	writer_init(&w, WIRE_FRAME_MAX);
	rc = wire_key_publish_encode(&f->body, &w);
	if (rc == 0)
		rc = ask(x, &(struct requests_new){.op = WIRE_OP_KEY_PUBLISH,
				    .body = writer_view(&w)});
	writer_wipe(&w);
	x->packages.known = false;
	return rc;
}

static int make(struct channels *x, size_t count, bool last, struct fresh *f)
{
	bool old;
	int rc = vault_begin(x->o.vault);

	if (rc != 0)
		return rc;
	rc = tidy(x, last, &old);
	last = last || (rc == 0 && old);
	if (last && count == WIRE_KEY_PACKAGES_MAX)
		count--;
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = make_one(x, false, f);
	if (rc == 0 && last)
		rc = make_one(x, true, f);
	return channel_commit(x, rc);
}

static int refill(struct channels *x)
{
	const struct wire_key_stock *s = &x->packages.stock;
	size_t count = s->available < LOW ? TARGET - s->available : 0;
	struct fresh *f = calloc(1, sizeof *f);
	int rc = f == NULL ? ROWAN_E_NOMEM : 0;

	if (count > WIRE_KEY_PACKAGES_MAX)
		count = WIRE_KEY_PACKAGES_MAX;
	x->packages.due_ms = x->now_ms + DAILY_MS;
	if (rc == 0)
		rc = make(x, count, !s->last_resort || s->last_resort_used, f);
	if (rc == 0 && f->body.count > 0)
		rc = publish(x, f);
	for (size_t i = 0; f != NULL && i < WIRE_KEY_PACKAGES_MAX; i++)
		rowan_mls_buf_free(&f->data[i]);
	free(f);
	return rc;
}

int channel_packages_step(struct channels *x)
{
	struct channel_packages *p = &x->packages;
	int rc = 0;

	if (p->asked || p->due_ms > x->now_ms)
		return 0;
	rc = channel_client(x);
	if (rc == 0 && !p->known)
		return ask(x, &(struct requests_new){.op = WIRE_OP_KEY_COUNT});
	if (rc == 0)
		rc = refill(x);
	if (rc == 0 && !p->asked)
		p->known = false;
	if (rc != 0)
		p->due_ms = x->now_ms + CHANNEL_PAUSE_MS;
	return rc;
}

uint64_t channel_packages_wait(const struct channels *x)
{
	const struct channel_packages *p = &x->packages;

	if (p->asked)
		return UINT64_MAX;
	return p->due_ms > x->now_ms ? p->due_ms - x->now_ms : 0;
}

int channel_packages_used(struct channels *x)
{
	x->packages.known = false;
	x->packages.due_ms = x->now_ms + 1000;
	return 0;
}

int channel_packages_forget(struct channels *x)
{
	x->packages.known = false;
	x->packages.due_ms = x->now_ms;
	return vault_delete_all(x->o.vault, VAULT_MLS, ROWS);
}
