/*
 * Channels' groups over the wire: see group.h.
 */
#include <string.h>

#include "wire/codec.h"
#include "wire/group.h"

#define HEADS_VERSION 1

#define GROUP_FLAGS                                                            \
	(WIRE_GROUP_FROZEN | WIRE_GROUP_MUST_GO | WIRE_GROUP_MISSING |         \
		WIRE_GROUP_DESERTED | WIRE_GROUP_MEMBER)

static int hash_read(struct reader *r, struct wire_hash *ret)
{
	return reader_array(r, ret->b, sizeof ret->b);
}

int wire_group_create_decode(
	const struct wire_message *m, struct wire_group_create *ret)
{
	struct reader r;
	int rc;

	reader_init(&r, m->body);
	if ((rc = m->frame_count == 2 ? 0 : ROWAN_E_MALFORMED) != 0 ||
		(rc = codec_id(&r, &ret->channel)) != 0 ||
		(rc = reader_u32(&r, &ret->generation)) != 0)
		goto out;
	ret->group_info = m->frames[0];
	ret->tree = m->frames[1];
	if (ret->generation == 0 || ret->group_info.len == 0 ||
		ret->tree.len == 0)
		rc = ROWAN_E_MALFORMED;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_group_create_encode(
	const struct wire_group_create *g, struct writer *w)
{
	if (g->generation == 0)
		return ROWAN_E_INVAL;
	writer_raw(w, g->channel.b, ID16_LEN);
	writer_u32(w, g->generation);
	return writer_status(w);
}

int wire_heads_put(struct writer *w, const struct wire_heads *h)
{
	writer_u16(w, HEADS_VERSION);
	writer_u64(w, h->clinic_number);
	writer_raw(w, h->clinic.b, WIRE_HASH_LEN);
	writer_u64(w, h->case_number);
	writer_raw(w, h->of_case.b, WIRE_HASH_LEN);
	return writer_status(w);
}

int wire_heads_read(struct reader *r, struct wire_heads *ret)
{
	uint16_t version = 0;
	int rc;

	(void)((rc = reader_u16(r, &version)) ||
		(rc = reader_u64(r, &ret->clinic_number)) ||
		(rc = hash_read(r, &ret->clinic)) ||
		(rc = reader_u64(r, &ret->case_number)) ||
		(rc = hash_read(r, &ret->of_case)));
	return rc == 0 && version != HEADS_VERSION ? ROWAN_E_MALFORMED : rc;
}

int wire_heads_get(struct bytes input, struct wire_heads *ret)
{
	struct reader r;
	int rc;

	reader_init(&r, input);
	rc = wire_heads_read(&r, ret);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_commit_decode(const struct wire_message *m, struct wire_commit *ret)
{
	struct reader r;
	bool adds;
	int rc;

	reader_init(&r, m->body);
	ret->welcome = bytes_of(NULL, 0);
	if ((rc = codec_id(&r, &ret->channel)) != 0 ||
		(rc = codec_bool(&r, &adds)) != 0)
		goto out;
	if (m->frame_count != (adds ? 2 : 1)) {
		rc = ROWAN_E_MALFORMED;
		goto out;
	}
	ret->commit = m->frames[0];
	if (adds)
		ret->welcome = m->frames[1];
	if (ret->commit.len == 0 || (adds && ret->welcome.len == 0))
		rc = ROWAN_E_MALFORMED;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_commit_encode(const struct wire_commit *c, struct writer *w)
{
	writer_raw(w, c->channel.b, ID16_LEN);
	writer_u8(w, c->welcome.len > 0 ? 1 : 0);
	return writer_status(w);
}

int wire_group_id_decode(
	const struct wire_message *m, struct wire_group_id *ret)
{
	struct reader r;
	int rc = codec_open(m, &r);

	if (rc == 0)
		rc = codec_id(&r, &ret->channel);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_group_id_encode(const struct wire_group_id *g, struct writer *w)
{
	writer_raw(w, g->channel.b, ID16_LEN);
	return writer_status(w);
}

/* Before it exists a group has a generation and nothing else. */
static bool state_ok(const struct wire_group_state *g)
{
	static const struct wire_hash zero;

	return g->generation != 0 && !(g->flags & ~GROUP_FLAGS) &&
	       (g->exists ||
		       (g->flags == 0 && g->epoch == 0 &&
			       g->replace_count == 0 && g->away_count == 0 &&
			       memcmp(&g->confirmed, &zero, sizeof zero) == 0 &&
			       memcmp(&g->commit, &zero, sizeof zero) == 0));
}

/* Ascending, perhaps none. */
static int marks_read(struct reader *r, struct id16 *ret, size_t *ret_count)
{
	struct bytes list;
	int rc = reader_vec(r, WIRE_GROUP_MARKS_MAX * ID16_LEN, &list);

	*ret_count = 0;
	if (rc == 0 && list.len % ID16_LEN != 0)
		rc = ROWAN_E_MALFORMED;
	if (rc != 0 || list.len == 0)
		return rc;
	memcpy(ret, list.data, list.len);
	*ret_count = list.len / ID16_LEN;
	for (size_t i = 1; i < *ret_count; i++)
		if (id16_cmp(&ret[i - 1], &ret[i]) >= 0)
			return ROWAN_E_MALFORMED;
	return 0;
}

static int marks_write(struct writer *w, const struct id16 *ids, size_t count)
{
	if (count == 0) {
		writer_vec(w, bytes_of(NULL, 0));
		return writer_status(w);
	}
	return codec_ids_write(ids, count, WIRE_GROUP_MARKS_MAX, w);
}

int wire_group_state_decode(
	const struct wire_message *m, struct wire_group_state *ret)
{
	struct reader r;
	int rc;

	memset(ret, 0, sizeof *ret);
	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_u32(&r, &ret->generation)) != 0 ||
		(rc = codec_bool(&r, &ret->exists)) != 0 ||
		(rc = codec_flags(&r, GROUP_FLAGS, &ret->flags)) != 0 ||
		(rc = reader_u64(&r, &ret->epoch)) != 0 ||
		(rc = hash_read(&r, &ret->confirmed)) != 0 ||
		(rc = hash_read(&r, &ret->commit)) != 0 ||
		(rc = marks_read(&r, ret->replace, &ret->replace_count)) != 0 ||
		(rc = marks_read(&r, ret->away, &ret->away_count)) != 0)
		goto out;
	if (!state_ok(ret))
		rc = ROWAN_E_MALFORMED;
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_group_state_encode(const struct wire_group_state *g, struct writer *w)
{
	int rc;

	if (!state_ok(g))
		return ROWAN_E_INVAL;
	writer_u32(w, g->generation);
	writer_u8(w, g->exists ? 1 : 0);
	writer_u8(w, g->flags);
	writer_u64(w, g->epoch);
	writer_raw(w, g->confirmed.b, sizeof g->confirmed.b);
	writer_raw(w, g->commit.b, sizeof g->commit.b);
	rc = marks_write(w, g->replace, g->replace_count);
	return rc == 0 ? marks_write(w, g->away, g->away_count) : rc;
}

static int nack_read(struct reader *r, struct wire_nack *ret)
{
	int rc;

	if ((rc = codec_id(r, &ret->channel)) != 0 ||
		(rc = reader_u32(r, &ret->generation)) != 0 ||
		(rc = reader_u64(r, &ret->epoch)) != 0 ||
		(rc = hash_read(r, &ret->commit)) != 0 ||
		(rc = reader_array(
			 r, ret->signature.b, sizeof ret->signature.b)) != 0)
		return rc;
	return ret->generation == 0 ? ROWAN_E_MALFORMED : 0;
}

int wire_nack_decode(const struct wire_message *m, struct wire_nack *ret)
{
	struct reader r;
	int rc = codec_open(m, &r);

	if (rc == 0)
		rc = nack_read(&r, ret);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_nacked_decode(struct bytes envelope, struct wire_nacked *ret)
{
	struct reader r;
	int rc;

	reader_init(&r, envelope);
	rc = codec_id(&r, &ret->device);
	if (rc == 0)
		rc = nack_read(&r, &ret->nack);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_nacked_encode(const struct wire_nacked *n, struct writer *w)
{
	writer_raw(w, n->device.b, ID16_LEN);
	return wire_nack_encode(&n->nack, w);
}

int wire_nack_signed(const struct wire_nack *n, struct writer *w)
{
	if (n->generation == 0)
		return ROWAN_E_INVAL;
	writer_raw(w, n->channel.b, ID16_LEN);
	writer_u32(w, n->generation);
	writer_u64(w, n->epoch);
	writer_raw(w, n->commit.b, sizeof n->commit.b);
	return writer_status(w);
}

int wire_nack_encode(const struct wire_nack *n, struct writer *w)
{
	int rc = wire_nack_signed(n, w);

	writer_raw(w, n->signature.b, sizeof n->signature.b);
	return rc != 0 ? rc : writer_status(w);
}
