/*
 * Envelopes: see envelope.h.
 *
 * Items have a fixed size, so a count follows from a length; each item has
 * its frame, and a frame without an item is refused.
 */
#include <string.h>

#include "wire/codec.h"
#include "wire/envelope.h"

#define SUBMIT_ITEM_LEN (16 + 8 + 1 + 4)
#define DELIVERY_LEN	(8 + 16 + 1 + 1 + 8)
#define RANGE_LEN	16
#define RESULT_MAX	(WIRE_ERROR_LEN + 8 + 8 + 32)

static int submit_item_read(struct reader *r, struct wire_submit_item *ret)
{
	int rc;

	if ((rc = codec_id(r, &ret->channel)) != 0 ||
		(rc = reader_u64(r, &ret->counter)) != 0 ||
		(rc = codec_flags(r, WIRE_URGENT, &ret->flags)) != 0 ||
		(rc = reader_u32(r, &ret->lifetime)) != 0)
		return rc;
	return 0;
}

/* Counters ascend strictly from above ${before}; envelopes are not empty. */
static int submit_item_check(
	const struct wire_submit_item *item, uint64_t before)
{
	if (item->counter <= before || item->envelope.len == 0)
		return ROWAN_E_MALFORMED;
	return item->envelope.len > WIRE_ENVELOPE_MAX ? ROWAN_E_LIMIT : 0;
}

int wire_submit_decode(const struct wire_message *m, struct wire_submit *ret)
{
	struct reader r, list;
	uint64_t before = 0;
	size_t count;
	int rc;

	reader_init(&r, m->body);
	rc = codec_list(&r, SUBMIT_ITEM_LEN, WIRE_ENVELOPES_MAX, &list, &count);
	if (rc == 0 && count != m->frame_count)
		rc = ROWAN_E_MALFORMED;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		struct wire_submit_item *item = &ret->items[i];

		rc = submit_item_read(&list, item);
		item->envelope = m->frames[i];
		if (rc == 0)
			rc = submit_item_check(item, before);
		before = item->counter;
	}
	ret->count = count;
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_submit_encode(const struct wire_submit *s, struct writer *w)
{
	uint64_t before = 0;
	size_t mark;

	if (s->count == 0 || s->count > WIRE_ENVELOPES_MAX)
		return ROWAN_E_INVAL;
	mark = writer_open(w);
	for (size_t i = 0; i < s->count; i++) {
		const struct wire_submit_item *item = &s->items[i];

		if (submit_item_check(item, before) != 0 ||
			(item->flags & ~WIRE_URGENT) != 0)
			return ROWAN_E_INVAL;
		writer_raw(w, item->channel.b, ID16_LEN);
		writer_u64(w, item->counter);
		writer_u8(w, item->flags);
		writer_u32(w, item->lifetime);
		before = item->counter;
	}
	writer_close(w, mark);
	return writer_status(w);
}

/* What is accepted says where the log has it. */
static int result_read(struct reader *r, struct wire_submit_answer *ret)
{
	size_t i = ret->count;
	int rc;

	if (i == WIRE_ENVELOPES_MAX)
		return ROWAN_E_LIMIT;
	rc = wire_error_read(r, true, &ret->results[i]);
	if (rc == 0 && ret->results[i].code == WIRE_OK) {
		rc = reader_u64(r, &ret->logged[i].leaf);
		if (rc == 0)
			rc = reader_u64(r, &ret->logged[i].time);
		if (rc == 0)
			rc = reader_array(r, ret->logged[i].time_salt,
				sizeof ret->logged[i].time_salt);
	}
	ret->count++;
	return rc;
}

int wire_submit_answer_decode(
	const struct wire_message *m, struct wire_submit_answer *ret)
{
	struct reader r, list;
	int rc;

	memset(ret, 0, sizeof *ret);
	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_sub(&r, RESULT_MAX * WIRE_ENVELOPES_MAX, &list)) !=
			0)
		goto out;
	if (reader_left(&list) == 0)
		rc = ROWAN_E_MALFORMED;
	while (rc == 0 && reader_left(&list) > 0)
		rc = result_read(&list, ret);
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_submit_answer_encode(
	const struct wire_submit_answer *s, struct writer *w)
{
	size_t mark;

	if (s->count == 0 || s->count > WIRE_ENVELOPES_MAX)
		return ROWAN_E_INVAL;
	mark = writer_open(w);
	for (size_t i = 0; i < s->count; i++) {
		int rc = wire_error_write(&s->results[i], true, w);

		if (rc != 0)
			return rc;
		if (s->results[i].code != WIRE_OK)
			continue;
		writer_u64(w, s->logged[i].leaf);
		writer_u64(w, s->logged[i].time);
		writer_raw(w, s->logged[i].time_salt,
			sizeof s->logged[i].time_salt);
	}
	writer_close(w, mark);
	return writer_status(w);
}

int wire_subscribe_decode(
	const struct wire_message *m, struct wire_subscribe *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_u64(&r, &ret->after)) != 0 ||
		(rc = reader_u32(&r, &ret->credit)) != 0)
		goto out;
	if (ret->credit > WIRE_CREDIT_MAX)
		rc = ROWAN_E_LIMIT;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_subscribe_encode(const struct wire_subscribe *s, struct writer *w)
{
	if (s->credit > WIRE_CREDIT_MAX)
		return ROWAN_E_INVAL;
	writer_u64(w, s->after);
	writer_u32(w, s->credit);
	return writer_status(w);
}

int wire_waiting_decode(const struct wire_message *m, struct wire_waiting *ret)
{
	struct reader r;
	int rc = codec_open(m, &r);

	if (rc == 0)
		rc = reader_u32(&r, &ret->waiting);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_waiting_encode(const struct wire_waiting *a, struct writer *w)
{
	writer_u32(w, a->waiting);
	return writer_status(w);
}

int wire_credit_decode(const struct wire_message *m, struct wire_credit *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_u32(&r, &ret->credit)) != 0)
		goto out;
	if (ret->credit == 0)
		rc = ROWAN_E_MALFORMED;
	else if (ret->credit > WIRE_CREDIT_MAX)
		rc = ROWAN_E_LIMIT;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_credit_encode(const struct wire_credit *c, struct writer *w)
{
	if (c->credit == 0 || c->credit > WIRE_CREDIT_MAX)
		return ROWAN_E_INVAL;
	writer_u32(w, c->credit);
	return writer_status(w);
}

static int delivery_read(struct reader *r, struct wire_delivery *ret)
{
	int rc;

	if ((rc = reader_u64(r, &ret->sequence)) != 0 ||
		(rc = codec_id(r, &ret->channel)) != 0 ||
		(rc = codec_choice(r, WIRE_KIND_NACK, &ret->kind)) != 0 ||
		(rc = codec_flags(r, WIRE_URGENT, &ret->flags)) != 0 ||
		(rc = reader_u64(r, &ret->received)) != 0)
		return rc;
	return 0;
}

/* Read items until ${r} ends; sequences ascend strictly from above 0. */
static int deliveries_read(struct reader *r, const struct wire_message *m,
	struct wire_delivery *ret)
{
	uint64_t before = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < m->frame_count; i++) {
		rc = delivery_read(r, &ret[i]);
		ret[i].envelope = m->frames[i];
		if (rc == 0 &&
			(ret[i].sequence <= before || ret[i].envelope.len == 0))
			rc = ROWAN_E_MALFORMED;
		before = ret[i].sequence;
	}
	return rc;
}

static int deliveries_write(
	const struct wire_delivery *items, size_t count, struct writer *w)
{
	uint64_t before = 0;
	size_t mark = writer_open(w);

	for (size_t i = 0; i < count; i++) {
		const struct wire_delivery *item = &items[i];

		if (item->sequence <= before || item->envelope.len == 0 ||
			item->kind == 0 || item->kind > WIRE_KIND_NACK ||
			(item->flags & ~WIRE_URGENT) != 0)
			return ROWAN_E_INVAL;
		writer_u64(w, item->sequence);
		writer_raw(w, item->channel.b, ID16_LEN);
		writer_u8(w, item->kind);
		writer_u8(w, item->flags);
		writer_u64(w, item->received);
		before = item->sequence;
	}
	writer_close(w, mark);
	return writer_status(w);
}

int wire_push_decode(const struct wire_message *m, struct wire_push *ret)
{
	struct reader r, list;
	size_t count;
	int rc;

	reader_init(&r, m->body);
	rc = codec_list(&r, DELIVERY_LEN, WIRE_ENVELOPES_MAX, &list, &count);
	if (rc == 0 && count != m->frame_count)
		rc = ROWAN_E_MALFORMED;
	if (rc == 0)
		rc = deliveries_read(&list, m, ret->items);
	ret->count = count;
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_push_encode(const struct wire_push *p, struct writer *w)
{
	if (p->count == 0 || p->count > WIRE_ENVELOPES_MAX)
		return ROWAN_E_INVAL;
	return deliveries_write(p->items, p->count, w);
}

int wire_fetch_decode(const struct wire_message *m, struct wire_fetch *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_u64(&r, &ret->after)) != 0 ||
		(rc = reader_u16(&r, &ret->max)) != 0)
		goto out;
	if (ret->max == 0)
		rc = ROWAN_E_MALFORMED;
	else if (ret->max > WIRE_FETCH_MAX)
		rc = ROWAN_E_LIMIT;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_fetch_encode(const struct wire_fetch *f, struct writer *w)
{
	if (f->max == 0 || f->max > WIRE_FETCH_MAX)
		return ROWAN_E_INVAL;
	writer_u64(w, f->after);
	writer_u16(w, f->max);
	return writer_status(w);
}

int wire_fetch_answer_decode(
	const struct wire_message *m, struct wire_fetch_answer *ret)
{
	struct reader r, list;
	int rc;

	reader_init(&r, m->body);
	if ((rc = codec_bool(&r, &ret->more)) != 0 ||
		(rc = reader_sub(
			 &r, DELIVERY_LEN * WIRE_ENVELOPES_MAX, &list)) != 0)
		goto out;
	if (reader_left(&list) != m->frame_count * DELIVERY_LEN ||
		m->frame_count > WIRE_ENVELOPES_MAX ||
		(ret->more && m->frame_count == 0))
		rc = ROWAN_E_MALFORMED;
	else
		rc = deliveries_read(&list, m, ret->items);
	ret->count = m->frame_count;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_fetch_answer_encode(
	const struct wire_fetch_answer *f, struct writer *w)
{
	if (f->count > WIRE_ENVELOPES_MAX || (f->more && f->count == 0))
		return ROWAN_E_INVAL;
	writer_u8(w, f->more ? 1 : 0);
	return deliveries_write(f->items, f->count, w);
}

/* Ranges ascend, and touching ranges would have been written as one. */
static bool range_valid(const struct wire_range *ranges, size_t i)
{
	const struct wire_range *range = &ranges[i];

	if (range->first == 0 || range->last < range->first)
		return false;
	return i == 0 || range->first - 1 > ranges[i - 1].last;
}

int wire_ack_decode(const struct wire_message *m, struct wire_ack *ret)
{
	struct reader r, list;
	size_t count = 0;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = codec_list(&r, RANGE_LEN, WIRE_ACK_RANGES_MAX, &list,
			 &count)) != 0 ||
		(rc = reader_u32(&r, &ret->credit)) != 0)
		goto out;
	if (ret->credit > WIRE_CREDIT_MAX)
		rc = ROWAN_E_LIMIT;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		struct wire_range *range = &ret->ranges[i];

		if ((rc = reader_u64(&list, &range->first)) != 0 ||
			(rc = reader_u64(&list, &range->last)) != 0)
			goto out;
		if (!range_valid(ret->ranges, i))
			rc = ROWAN_E_MALFORMED;
	}
	ret->count = count;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_ack_encode(const struct wire_ack *a, struct writer *w)
{
	size_t mark;

	if (a->count == 0 || a->count > WIRE_ACK_RANGES_MAX ||
		a->credit > WIRE_CREDIT_MAX)
		return ROWAN_E_INVAL;
	mark = writer_open(w);
	for (size_t i = 0; i < a->count; i++) {
		if (!range_valid(a->ranges, i))
			return ROWAN_E_INVAL;
		writer_u64(w, a->ranges[i].first);
		writer_u64(w, a->ranges[i].last);
	}
	writer_close(w, mark);
	writer_u32(w, a->credit);
	return writer_status(w);
}
