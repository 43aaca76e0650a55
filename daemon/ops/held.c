/*
 * An invite as the daemon holds it: see held.h.
 */
#include <sodium.h>

#include "ops/held.h"

#define VERSION	   1
#define DETAIL_LEN (1 + 1 + 1 + 2 + 8 + 1 + 32 + 32 + 32 + 32)

#define READ_ARRAY(r, field)  reader_array((r), (field).b, sizeof(field).b)
#define WRITE_ARRAY(w, field) writer_raw((w), (field).b, sizeof(field).b)

bool held_live(const struct held *h)
{
	return h->state >= WIRE_INVITE_OPEN && h->state <= WIRE_INVITE_REVEALED;
}

void held_wipe(struct held *h)
{
	buf_wipe(&h->raw[0]);
	buf_wipe(&h->raw[1]);
	sodium_memzero(h, sizeof *h);
}

static int read_detail(struct bytes in, struct held *h)
{
	uint8_t version, redeemed;
	struct reader r;
	int rc;

	reader_init(&r, in);
	if ((rc = reader_u8(&r, &version)) || version != VERSION ||
		(rc = reader_u8(&r, &h->state)) ||
		(rc = reader_u8(&r, &h->flags)) ||
		(rc = reader_u16(&r, &h->attempts)) ||
		(rc = reader_u64(&r, &h->expires)) ||
		(rc = reader_u8(&r, &redeemed)) ||
		(rc = READ_ARRAY(&r, h->key)) ||
		(rc = READ_ARRAY(&r, h->commitment)) ||
		(rc = READ_ARRAY(&r, h->registrar)) ||
		(rc = READ_ARRAY(&r, h->device)) || (rc = reader_end(&r)))
		return ROWAN_E_CORRUPT;
	h->redeemed = redeemed != 0;
	return 0;
}

static int read_body(struct bytes in, struct held *h)
{
	struct reader r;

	if (in.len == 0)
		return 0;
	reader_init(&r, in);
	if (reader_vec(&r, WIRE_BUNDLE_MAX, &h->bundle) != 0 ||
		reader_vec(&r, WIRE_REQUEST_MAX, &h->request) != 0 ||
		reader_end(&r) != 0)
		return ROWAN_E_CORRUPT;
	return 0;
}

/* The maker of an invite stands behind it while its card does. */
static int maker_stands(struct ops *o, const struct id16 *owner, bool *ret)
{
	struct store_device d;
	int rc = store_device_by_id(o->view, owner, &d);

	*ret = rc == 0 && !d.revoked && d.from <= o->sure &&
	       (d.until == 0 || o->now < d.until) &&
	       (d.rights & WIRE_RIGHT_ENROL) != 0;
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

int held_get(struct ops *o, const struct id16 *id, struct held *ret)
{
	struct store_invite i;
	bool stands;
	int rc;

	memset(ret, 0, sizeof *ret);
	rc = store_invite_get(o->view, id, &i, ret->raw);
	if (rc == 0)
		rc = read_detail(i.detail, ret);
	if (rc == 0)
		rc = read_body(i.body, ret);
	if (rc == 0)
		rc = maker_stands(o, &i.owner, &stands);
	if (rc != 0)
		return rc;
	ret->id = *id;
	ret->owner = i.owner;
	if (held_live(ret) && (i.ended || o->now >= ret->expires || !stands))
		ret->state = WIRE_INVITE_EXPIRED;
	return 0;
}

int held_put(struct ops *o, const struct held *h)
{
	uint8_t detail[DETAIL_LEN];
	struct store_invite i = {.id = h->id,
		.owner = h->owner,
		.until = h->expires,
		.ended = !held_live(h)};
	struct writer d, w;
	int rc;

	writer_init_fixed(&d, detail, sizeof detail);
	writer_u8(&d, VERSION);
	writer_u8(&d, h->state);
	writer_u8(&d, h->flags);
	writer_u16(&d, h->attempts);
	writer_u64(&d, h->expires);
	writer_u8(&d, h->redeemed ? 1 : 0);
	WRITE_ARRAY(&d, h->key);
	WRITE_ARRAY(&d, h->commitment);
	WRITE_ARRAY(&d, h->registrar);
	WRITE_ARRAY(&d, h->device);
	i.detail = writer_view(&d);
	writer_init(&w, STORE_INVITE_BODY_MAX);
	if (!i.ended) {
		writer_vec(&w, h->bundle);
		writer_vec(&w, h->request);
		i.body = writer_view(&w);
	}
	rc = writer_status(&w);
	if (rc == 0)
		rc = writer_status(&d);
	if (rc == 0)
		rc = store_invite_put(o->store, &i);
	writer_wipe(&w);
	return rc;
}

int held_end(struct ops *o, struct held *h, uint8_t state)
{
	if (held_live(h))
		h->state = state;
	return held_put(o, h);
}
