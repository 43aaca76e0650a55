/*
 * hello and ping: see hello.h.
 */
#include <string.h>

#include "wire/codec.h"
#include "wire/hello.h"

static bool versions_valid(const struct wire_versions *v)
{
	return v->lowest > WIRE_VERSION_HELLO && v->lowest <= v->highest;
}

int wire_hello_decode(const struct wire_message *m, struct wire_hello *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_u16(&r, &ret->versions.lowest)) != 0 ||
		(rc = reader_u16(&r, &ret->versions.highest)) != 0)
		goto out;
	if (!versions_valid(&ret->versions))
		rc = ROWAN_E_MALFORMED;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_hello_encode(const struct wire_hello *h, struct writer *w)
{
	if (!versions_valid(&h->versions))
		return ROWAN_E_INVAL;
	writer_u16(w, h->versions.lowest);
	writer_u16(w, h->versions.highest);
	return writer_status(w);
}

static int time_read(struct reader *r, struct wire_time *ret)
{
	int rc = reader_u64(r, &ret->now);

	return rc != 0 ? rc : codec_bool(r, &ret->doubtful);
}

static void time_write(const struct wire_time *t, struct writer *w)
{
	writer_u64(w, t->now);
	writer_u8(w, t->doubtful ? 1 : 0);
}

static int limits_read(struct reader *r, struct wire_hello_limits *ret)
{
	int rc;

	if ((rc = reader_u32(r, &ret->message_bytes)) != 0 ||
		(rc = reader_u16(r, &ret->envelopes)) != 0 ||
		(rc = reader_u32(r, &ret->credit)) != 0 ||
		(rc = reader_u32(r, &ret->rate_messages)) != 0 ||
		(rc = reader_u64(r, &ret->rate_bytes)) != 0 ||
		(rc = reader_u32(r, &ret->mailbox)) != 0 ||
		(rc = reader_u16(r, &ret->key_packages)) != 0 ||
		(rc = reader_u32(r, &ret->lifetime)) != 0 ||
		(rc = reader_u32(r, &ret->lifetime_max)) != 0 ||
		(rc = reader_u64(r, &ret->blob_bytes)) != 0 ||
		(rc = reader_u32(r, &ret->blob_lifetime_max)) != 0 ||
		(rc = reader_u32(r, &ret->hold_max)) != 0)
		return rc;
	return 0;
}

static void limits_write(const struct wire_hello_limits *l, struct writer *w)
{
	writer_u32(w, l->message_bytes);
	writer_u16(w, l->envelopes);
	writer_u32(w, l->credit);
	writer_u32(w, l->rate_messages);
	writer_u64(w, l->rate_bytes);
	writer_u32(w, l->mailbox);
	writer_u16(w, l->key_packages);
	writer_u32(w, l->lifetime);
	writer_u32(w, l->lifetime_max);
	writer_u64(w, l->blob_bytes);
	writer_u32(w, l->blob_lifetime_max);
	writer_u32(w, l->hold_max);
}

/* Nothing announced may exceed what the wire allows. */
static bool limits_valid(const struct wire_hello_limits *l)
{
	return l->message_bytes <= WIRE_MESSAGE_MAX && l->envelopes > 0 &&
	       l->envelopes <= WIRE_ENVELOPES_MAX && l->credit > 0 &&
	       l->credit <= WIRE_CREDIT_MAX && l->lifetime <= l->lifetime_max &&
	       l->blob_bytes <= WIRE_BLOB_MAX;
}

static bool buckets_valid(const uint32_t *buckets, size_t count)
{
	if (count == 0 || count > WIRE_BUCKETS_MAX || buckets[0] == 0)
		return false;
	for (size_t i = 1; i < count; i++)
		if (buckets[i - 1] >= buckets[i])
			return false;
	return true;
}

static int buckets_read(struct reader *r, struct wire_hello_answer *ret)
{
	struct reader list;
	size_t count;
	int rc = codec_list(
		r, sizeof *ret->buckets, WIRE_BUCKETS_MAX, &list, &count);

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = reader_u32(&list, &ret->buckets[i]);
	if (rc != 0)
		return rc;
	ret->bucket_count = count;
	return buckets_valid(ret->buckets, count) ? 0 : ROWAN_E_MALFORMED;
}

int wire_hello_answer_decode(
	const struct wire_message *m, struct wire_hello_answer *ret)
{
	struct reader r;
	int rc;

	memset(ret, 0, sizeof *ret);
	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_u16(&r, &ret->version)) != 0 ||
		(rc = time_read(&r, &ret->time)) != 0 ||
		(rc = reader_u64(&r, &ret->counter)) != 0 ||
		(rc = reader_u32(&r, &ret->waiting)) != 0 ||
		(rc = limits_read(&r, &ret->limits)) != 0 ||
		(rc = reader_u32(&r, &ret->overhead)) != 0 ||
		(rc = buckets_read(&r, ret)) != 0)
		goto out;
	if (ret->version == WIRE_VERSION_HELLO || !limits_valid(&ret->limits))
		rc = ROWAN_E_MALFORMED;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_hello_answer_encode(
	const struct wire_hello_answer *h, struct writer *w)
{
	size_t mark;

	if (h->version == WIRE_VERSION_HELLO || !limits_valid(&h->limits) ||
		!buckets_valid(h->buckets, h->bucket_count))
		return ROWAN_E_INVAL;
	writer_u16(w, h->version);
	time_write(&h->time, w);
	writer_u64(w, h->counter);
	writer_u32(w, h->waiting);
	limits_write(&h->limits, w);
	writer_u32(w, h->overhead);
	mark = writer_open(w);
	for (size_t i = 0; i < h->bucket_count; i++)
		writer_u32(w, h->buckets[i]);
	writer_close(w, mark);
	return writer_status(w);
}

int wire_time_decode(const struct wire_message *m, struct wire_time *ret)
{
	struct reader r;
	int rc = codec_open(m, &r);

	if (rc == 0)
		rc = time_read(&r, ret);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_time_encode(const struct wire_time *t, struct writer *w)
{
	time_write(t, w);
	return writer_status(w);
}

/* Both or neither. */
static bool next_key_ok(const struct wire_next_key *k)
{
	static const uint8_t none[sizeof k->key];

	return (k->port == 0) == (memcmp(k->key, none, sizeof none) == 0);
}

int wire_next_key_decode(
	const struct wire_message *m, struct wire_next_key *ret)
{
	struct reader r;
	int rc = codec_open(m, &r);

	if (rc == 0)
		rc = reader_u16(&r, &ret->port);
	if (rc == 0)
		rc = reader_array(&r, ret->key, sizeof ret->key);
	if (rc == 0 && !next_key_ok(ret))
		rc = ROWAN_E_MALFORMED;
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_next_key_encode(const struct wire_next_key *k, struct writer *w)
{
	if (!next_key_ok(k))
		return ROWAN_E_INVAL;
	writer_u16(w, k->port);
	writer_raw(w, k->key, sizeof k->key);
	return writer_status(w);
}
