/*
 * Look-ups: see lookup.h.
 */
#include <string.h>

#include "wire/card.h"
#include "wire/codec.h"
#include "wire/lookup.h"

#define DEVICE_MAX                                                             \
	(WIRE_ERROR_LEN + 16 + 1 + 1 + 1 + WIRE_AGENCY_MAX + 2 + WIRE_CARD_MAX)
#define CHANNEL_MAX (16 + 1 + 4 + 2 + 16 * WIRE_CHANNEL_DEVICES_MAX)

int wire_devices_decode(const struct wire_message *m, struct wire_devices *ret)
{
	struct reader r;
	int rc = codec_open(m, &r);

	if (rc == 0)
		rc = codec_ids(&r, WIRE_LOOKUP_MAX, ret->devices, &ret->count);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_devices_encode(const struct wire_devices *d, struct writer *w)
{
	return codec_ids_write(d->devices, d->count, WIRE_LOOKUP_MAX, w);
}

static int device_read(struct reader *r, struct wire_device *ret)
{
	int rc;

	memset(ret, 0, sizeof *ret);
	rc = wire_error_read(r, true, &ret->error);
	if (rc != 0 || ret->error.code != WIRE_OK)
		return rc;
	if ((rc = codec_id(r, &ret->member)) != 0 ||
		(rc = codec_choice(r, WIRE_ROLE_WITNESS, &ret->role)) != 0 ||
		(rc = codec_flags(r, WIRE_DEVICE_REVOKED, &ret->flags)) != 0 ||
		(rc = reader_vec(r, WIRE_AGENCY_MAX, &ret->agency)) != 0 ||
		(rc = reader_vec(r, WIRE_CARD_MAX, &ret->card)) != 0)
		return rc;
	return wire_agency_ok(ret->agency) ? 0 : ROWAN_E_MALFORMED;
}

static int device_write(const struct wire_device *d, struct writer *w)
{
	int rc = wire_error_write(&d->error, true, w);

	if (rc != 0 || d->error.code != WIRE_OK)
		return rc;
	if (d->role == 0 || d->role > WIRE_ROLE_WITNESS ||
		(d->flags & ~WIRE_DEVICE_REVOKED) != 0 ||
		!wire_agency_ok(d->agency) || d->card.len > WIRE_CARD_MAX)
		return ROWAN_E_INVAL;
	writer_raw(w, d->member.b, ID16_LEN);
	writer_u8(w, d->role);
	writer_u8(w, d->flags);
	writer_vec(w, d->agency);
	writer_vec(w, d->card);
	return writer_status(w);
}

int wire_devices_answer_decode(
	const struct wire_message *m, struct wire_devices_answer *ret)
{
	struct reader r, list;
	int rc;

	ret->count = 0;
	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_sub(&r, DEVICE_MAX * WIRE_LOOKUP_MAX, &list)) != 0)
		goto out;
	if (reader_left(&list) == 0)
		rc = ROWAN_E_MALFORMED;
	while (rc == 0 && reader_left(&list) > 0) {
		if (ret->count == WIRE_LOOKUP_MAX)
			rc = ROWAN_E_LIMIT;
		else if ((rc = device_read(&list, &ret->devices[ret->count])) ==
			 0)
			ret->count++;
	}
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_devices_answer_encode(
	const struct wire_devices_answer *d, struct writer *w)
{
	size_t mark;

	if (d->count == 0 || d->count > WIRE_LOOKUP_MAX)
		return ROWAN_E_INVAL;
	mark = writer_open(w);
	for (size_t i = 0; i < d->count; i++) {
		int rc = device_write(&d->devices[i], w);

		if (rc != 0)
			return rc;
	}
	writer_close(w, mark);
	return writer_status(w);
}

int wire_case_decode(const struct wire_message *m, struct wire_case *ret)
{
	struct reader r;
	int rc = codec_open(m, &r);

	if (rc == 0)
		rc = codec_id(&r, &ret->case_id);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_case_encode(const struct wire_case *c, struct writer *w)
{
	writer_raw(w, c->case_id.b, ID16_LEN);
	return writer_status(w);
}

/* Devices ascend strictly. */
static bool devices_valid(const uint8_t *devices, size_t count)
{
	if (count == 0 || count > WIRE_CHANNEL_DEVICES_MAX)
		return false;
	for (size_t i = 1; i < count; i++, devices += ID16_LEN)
		if (memcmp(devices, devices + ID16_LEN, ID16_LEN) >= 0)
			return false;
	return true;
}

static int channel_read(struct reader *r, struct wire_channel *ret)
{
	struct reader list;
	int rc;

	if ((rc = codec_id(r, &ret->channel)) != 0 ||
		(rc = codec_choice(r, WIRE_CHANNEL_DIARY, &ret->kind)) != 0 ||
		(rc = reader_u32(r, &ret->generation)) != 0 ||
		(rc = codec_list(r, ID16_LEN, WIRE_CHANNEL_DEVICES_MAX, &list,
			 &ret->device_count)) != 0)
		return rc;
	ret->devices = list.pos;
	return devices_valid(ret->devices, ret->device_count)
		       ? 0
		       : ROWAN_E_MALFORMED;
}

static int channel_write(const struct wire_channel *c, struct writer *w)
{
	if (c->kind == 0 || c->kind > WIRE_CHANNEL_DIARY ||
		!devices_valid(c->devices, c->device_count))
		return ROWAN_E_INVAL;
	writer_raw(w, c->channel.b, ID16_LEN);
	writer_u8(w, c->kind);
	writer_u32(w, c->generation);
	writer_vec(w, bytes_of(c->devices, c->device_count * ID16_LEN));
	return writer_status(w);
}

int wire_case_answer_decode(
	const struct wire_message *m, struct wire_case_answer *ret)
{
	struct reader r, list;
	uint8_t before = 0;
	int rc;

	ret->count = 0;
	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = codec_choice(&r, WIRE_CASE_CLOSED, &ret->state)) != 0 ||
		(rc = reader_sub(
			 &r, CHANNEL_MAX * WIRE_CASE_CHANNELS_MAX, &list)) != 0)
		goto out;
	if (reader_left(&list) == 0)
		rc = ROWAN_E_MALFORMED;
	while (rc == 0 && reader_left(&list) > 0) {
		struct wire_channel *c = &ret->channels[ret->count];

		if (ret->count == WIRE_CASE_CHANNELS_MAX)
			rc = ROWAN_E_LIMIT;
		else if ((rc = channel_read(&list, c)) == 0) {
			if (c->kind <= before)
				rc = ROWAN_E_MALFORMED;
			before = c->kind;
			ret->count++;
		}
	}
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_case_answer_encode(const struct wire_case_answer *c, struct writer *w)
{
	size_t mark;

	if (c->state == 0 || c->state > WIRE_CASE_CLOSED || c->count == 0 ||
		c->count > WIRE_CASE_CHANNELS_MAX)
		return ROWAN_E_INVAL;
	writer_u8(w, c->state);
	mark = writer_open(w);
	for (size_t i = 0; i < c->count; i++) {
		int rc = channel_write(&c->channels[i], w);

		if (rc != 0)
			return rc;
		if (i > 0 && c->channels[i].kind <= c->channels[i - 1].kind)
			return ROWAN_E_INVAL;
	}
	writer_close(w, mark);
	return writer_status(w);
}
