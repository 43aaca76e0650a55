/*
 * Key packages: see key.h. Never looks into one.
 */
#include <string.h>

#include "wire/codec.h"
#include "wire/key.h"

#define PACKAGE_MAX (1 + 2 + WIRE_KEY_PACKAGE_MAX)
#define CLAIMED_MAX (WIRE_ERROR_LEN + PACKAGE_MAX)

/* Not empty, and at most one of a message is the last resort. */
static int package_check(const struct wire_key_package *p, bool *last_resort)
{
	bool last = (p->flags & WIRE_KEY_LAST_RESORT) != 0;

	if (p->data.len == 0 || (last && *last_resort))
		return ROWAN_E_MALFORMED;
	*last_resort = *last_resort || last;
	return 0;
}

static int package_read(
	struct reader *r, bool *last_resort, struct wire_key_package *ret)
{
	int rc;

	if ((rc = codec_flags(r, WIRE_KEY_LAST_RESORT, &ret->flags)) != 0 ||
		(rc = reader_vec(r, WIRE_KEY_PACKAGE_MAX, &ret->data)) != 0)
		return rc;
	return package_check(ret, last_resort);
}

int wire_key_publish_decode(
	const struct wire_message *m, struct wire_key_publish *ret)
{
	struct reader r, list;
	bool last_resort = false;
	int rc;

	ret->count = 0;
	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_sub(
			 &r, PACKAGE_MAX * WIRE_KEY_PACKAGES_MAX, &list)) != 0)
		goto out;
	if (reader_left(&list) == 0)
		rc = ROWAN_E_MALFORMED;
	while (rc == 0 && reader_left(&list) > 0) {
		if (ret->count == WIRE_KEY_PACKAGES_MAX)
			rc = ROWAN_E_LIMIT;
		else if ((rc = package_read(&list, &last_resort,
				  &ret->packages[ret->count])) == 0)
			ret->count++;
	}
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_key_publish_encode(const struct wire_key_publish *p, struct writer *w)
{
	bool last_resort = false;
	size_t mark;

	if (p->count == 0 || p->count > WIRE_KEY_PACKAGES_MAX)
		return ROWAN_E_INVAL;
	mark = writer_open(w);
	for (size_t i = 0; i < p->count; i++) {
		const struct wire_key_package *item = &p->packages[i];

		if (package_check(item, &last_resort) != 0 ||
			(item->flags & ~WIRE_KEY_LAST_RESORT) != 0 ||
			item->data.len > WIRE_KEY_PACKAGE_MAX)
			return ROWAN_E_INVAL;
		writer_u8(w, item->flags);
		writer_vec(w, item->data);
	}
	writer_close(w, mark);
	return writer_status(w);
}

int wire_key_stock_decode(
	const struct wire_message *m, struct wire_key_stock *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_u16(&r, &ret->available)) != 0 ||
		(rc = codec_bool(&r, &ret->last_resort)) != 0 ||
		(rc = codec_bool(&r, &ret->last_resort_used)) != 0)
		goto out;
	if (ret->last_resort_used && !ret->last_resort)
		rc = ROWAN_E_MALFORMED;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_key_stock_encode(const struct wire_key_stock *s, struct writer *w)
{
	if (s->last_resort_used && !s->last_resort)
		return ROWAN_E_INVAL;
	writer_u16(w, s->available);
	writer_u8(w, s->last_resort ? 1 : 0);
	writer_u8(w, s->last_resort_used ? 1 : 0);
	return writer_status(w);
}

int wire_key_claim_decode(
	const struct wire_message *m, struct wire_key_claim *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = codec_id(&r, &ret->channel)) != 0)
		goto out;
	rc = codec_ids(&r, WIRE_CLAIMS_MAX, ret->devices, &ret->count);
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_key_claim_encode(const struct wire_key_claim *c, struct writer *w)
{
	writer_raw(w, c->channel.b, ID16_LEN);
	return codec_ids_write(c->devices, c->count, WIRE_CLAIMS_MAX, w);
}

/* A package if and only if there is no error. */
static int claimed_read(struct reader *r, struct wire_key_claimed *ret)
{
	int rc = wire_error_read(r, true, &ret->error);

	ret->flags = 0;
	ret->data = bytes_of(NULL, 0);
	if (rc != 0 || ret->error.code != WIRE_OK)
		return rc;
	if ((rc = codec_flags(r, WIRE_KEY_LAST_RESORT, &ret->flags)) != 0 ||
		(rc = reader_vec(r, WIRE_KEY_PACKAGE_MAX, &ret->data)) != 0)
		return rc;
	return ret->data.len == 0 ? ROWAN_E_MALFORMED : 0;
}

static int claimed_write(const struct wire_key_claimed *c, struct writer *w)
{
	int rc = wire_error_write(&c->error, true, w);

	if (rc != 0)
		return rc;
	if (c->error.code != WIRE_OK)
		return c->flags != 0 || c->data.len != 0 ? ROWAN_E_INVAL : 0;
	if (c->data.len == 0 || c->data.len > WIRE_KEY_PACKAGE_MAX ||
		(c->flags & ~WIRE_KEY_LAST_RESORT) != 0)
		return ROWAN_E_INVAL;
	writer_u8(w, c->flags);
	writer_vec(w, c->data);
	return writer_status(w);
}

int wire_key_claim_answer_decode(
	const struct wire_message *m, struct wire_key_claim_answer *ret)
{
	struct reader r, list;
	int rc;

	ret->count = 0;
	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_sub(&r, CLAIMED_MAX * WIRE_CLAIMS_MAX, &list)) !=
			0)
		goto out;
	if (reader_left(&list) == 0)
		rc = ROWAN_E_MALFORMED;
	while (rc == 0 && reader_left(&list) > 0) {
		if (ret->count == WIRE_CLAIMS_MAX)
			rc = ROWAN_E_LIMIT;
		else if ((rc = claimed_read(
				  &list, &ret->results[ret->count])) == 0)
			ret->count++;
	}
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_key_claim_answer_encode(
	const struct wire_key_claim_answer *c, struct writer *w)
{
	size_t mark;

	if (c->count == 0 || c->count > WIRE_CLAIMS_MAX)
		return ROWAN_E_INVAL;
	mark = writer_open(w);
	for (size_t i = 0; i < c->count; i++) {
		int rc = claimed_write(&c->results[i], w);

		if (rc != 0)
			return rc;
	}
	writer_close(w, mark);
	return writer_status(w);
}
