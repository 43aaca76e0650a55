/*
 * Leaves of the log: see leaf.h.
 */
#include <string.h>

#include "wire/codec.h"
#include "wire/leaf.h"

#define HOUR 3600

const char *wire_act_name(uint8_t act)
{
	static const char *const names[WIRE_ACT_LAST + 1] = {
		[WIRE_ACT_SUBMIT] = "submit",
		[WIRE_ACT_READ] = "read",
		[WIRE_ACT_ACK] = "acknowledge",
		[WIRE_ACT_KEYS] = "keys",
		[WIRE_ACT_CLAIM] = "claim",
		[WIRE_ACT_BLOB] = "blob",
		[WIRE_ACT_BLOB_READ] = "blob-read",
		[WIRE_ACT_CARDS] = "cards",
		[WIRE_ACT_STATEMENT] = "statement",
		[WIRE_ACT_GROUP] = "group",
		[WIRE_ACT_INVITE] = "invite",
		[WIRE_ACT_REDEEM] = "redeem",
		[WIRE_ACT_REFUSED] = "refused",
		[WIRE_ACT_EXPIRE] = "expire",
		[WIRE_ACT_ADMIN] = "admin",
		[WIRE_ACT_AUDIT] = "audit",
		[WIRE_ACT_WITNESS] = "witness",
		[WIRE_ACT_ERASE] = "erase",
	};

	return act <= WIRE_ACT_LAST && names[act] != NULL ? names[act]
							  : "unknown";
}

/* A leaf by the hour shows no minute. */
static bool when_ok(uint8_t act, uint8_t grain, uint64_t time)
{
	return act != 0 &&
	       (grain == WIRE_GRAIN_SECOND ||
		       (grain == WIRE_GRAIN_HOUR && time % HOUR == 0));
}

int wire_leaf_read(struct bytes input, struct wire_leaf *ret)
{
	struct reader r;
	uint8_t version = 0;
	int rc;

	memset(ret, 0, sizeof *ret);
	reader_init(&r, input);
	if ((rc = reader_u8(&r, &version)) != 0)
		goto out;
	if (version != WIRE_LEAF_VERSION) {
		rc = ROWAN_E_VERSION;
		goto out;
	}
	if ((rc = reader_u8(&r, &ret->act)) != 0 ||
		(rc = reader_u8(&r, &ret->grain)) != 0 ||
		(rc = reader_u64(&r, &ret->time)) != 0 ||
		(rc = reader_array(
			 &r, ret->commitment.b, sizeof ret->commitment.b)) != 0)
		goto out;
	if (!when_ok(ret->act, ret->grain, ret->time))
		rc = ROWAN_E_MALFORMED;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_leaf_write(const struct wire_leaf *l, uint8_t ret[WIRE_LEAF_LEN])
{
	struct writer w;

	if (!when_ok(l->act, l->grain, l->time))
		return ROWAN_E_INVAL;
	writer_init_fixed(&w, ret, WIRE_LEAF_LEN);
	writer_u8(&w, WIRE_LEAF_VERSION);
	writer_u8(&w, l->act);
	writer_u8(&w, l->grain);
	writer_u64(&w, l->time);
	writer_raw(&w, l->commitment.b, sizeof l->commitment.b);
	return writer_status(&w);
}

/* What belongs to a case stands and falls with it. */
static bool detail_ok(const struct wire_detail *d)
{
	static const struct id16 none;
	static const struct wire_hash zero;

	if (!when_ok(d->act, d->grain, d->time) ||
		d->leaf_count > WIRE_READS_MAX)
		return false;
	if (d->grain == WIRE_GRAIN_SECOND &&
		memcmp(&d->exact, &zero, sizeof zero) != 0)
		return false;
	if (id16_eq(&d->case_id, &none) && !id16_eq(&d->channel, &none))
		return false;
	for (size_t i = 1; i < d->leaf_count; i++)
		if (d->leaves[i - 1] >= d->leaves[i])
			return false;
	return true;
}

static int leaves_read(struct reader *r, struct wire_detail *ret)
{
	struct reader list;
	int rc = reader_sub(r, 8 * WIRE_READS_MAX, &list);

	if (rc == 0 && reader_left(&list) % 8 != 0)
		rc = ROWAN_E_MALFORMED;
	while (rc == 0 && reader_left(&list) > 0)
		rc = reader_u64(&list, &ret->leaves[ret->leaf_count++]);
	return rc;
}

int wire_detail_read(struct bytes input, struct wire_detail *ret)
{
	struct reader r;
	int rc;

	memset(ret, 0, sizeof *ret);
	reader_init(&r, input);
	if ((rc = reader_u8(&r, &ret->act)) != 0 ||
		(rc = reader_u8(&r, &ret->grain)) != 0 ||
		(rc = reader_u64(&r, &ret->time)) != 0 ||
		(rc = reader_array(&r, ret->exact.b, sizeof ret->exact.b)) !=
			0 ||
		(rc = reader_u16(&r, &ret->op)) != 0 ||
		(rc = reader_u16(&r, &ret->code)) != 0 ||
		(rc = codec_id(&r, &ret->device)) != 0 ||
		(rc = codec_id(&r, &ret->case_id)) != 0 ||
		(rc = codec_id(&r, &ret->channel)) != 0 ||
		(rc = reader_u64(&r, &ret->number)) != 0 ||
		(rc = reader_array(
			 &r, ret->content.b, sizeof ret->content.b)) != 0 ||
		(rc = leaves_read(&r, ret)) != 0)
		goto out;
	if (!detail_ok(ret))
		rc = ROWAN_E_MALFORMED;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_detail_write(const struct wire_detail *d, struct writer *w)
{
	if (!detail_ok(d))
		return ROWAN_E_INVAL;
	writer_u8(w, d->act);
	writer_u8(w, d->grain);
	writer_u64(w, d->time);
	writer_raw(w, d->exact.b, sizeof d->exact.b);
	writer_u16(w, d->op);
	writer_u16(w, d->code);
	writer_raw(w, d->device.b, ID16_LEN);
	writer_raw(w, d->case_id.b, ID16_LEN);
	writer_raw(w, d->channel.b, ID16_LEN);
	writer_u64(w, d->number);
	writer_raw(w, d->content.b, sizeof d->content.b);
	writer_header(w, 8 * d->leaf_count);
	for (size_t i = 0; i < d->leaf_count; i++)
		writer_u64(w, d->leaves[i]);
	return writer_status(w);
}

int wire_opening_read(struct bytes input, struct wire_opening *ret)
{
	struct reader r;
	int rc;

	memset(ret, 0, sizeof *ret);
	reader_init(&r, input);
	if ((rc = reader_vec(&r, WIRE_DETAIL_MAX, &ret->detail)) != 0 ||
		(rc = reader_array(&r, ret->salt.b, sizeof ret->salt.b)) != 0 ||
		(rc = codec_bool(&r, &ret->has_time)) != 0)
		goto out;
	if (ret->detail.len < WIRE_DETAIL_LEN) {
		rc = ROWAN_E_MALFORMED;
	} else if (ret->has_time) {
		rc = reader_u64(&r, &ret->time);
		if (rc == 0)
			rc = reader_array(
				&r, ret->time_salt.b, sizeof ret->time_salt.b);
	}
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_opening_write(const struct wire_opening *o, struct writer *w)
{
	if (o->detail.len < WIRE_DETAIL_LEN || o->detail.len > WIRE_DETAIL_MAX)
		return ROWAN_E_INVAL;
	writer_vec(w, o->detail);
	writer_raw(w, o->salt.b, sizeof o->salt.b);
	writer_u8(w, o->has_time ? 1 : 0);
	if (o->has_time) {
		writer_u64(w, o->time);
		writer_raw(w, o->time_salt.b, sizeof o->time_salt.b);
	}
	return writer_status(w);
}
