/*
 * Invites: see invite.h.
 */
#include <string.h>

#include "wire/codec.h"
#include "wire/invite.h"

#define READ_ARRAY(r, field)  reader_array((r), (field).b, sizeof(field).b)
#define WRITE_ARRAY(w, field) writer_raw((w), (field).b, sizeof(field).b)

/* One invite seen, revealed; a card with its chain. */
#define SEEN_MAX  (6 + 2 + 8 + 32 + 32 + 4 + WIRE_REQUEST_MAX)
#define CHAIN_MAX (WIRE_CHAIN_MAX * (WIRE_CARD_MAX + 8))

/* A vector that is not empty. */
static int read_some(struct reader *r, size_t max, struct bytes *ret)
{
	int rc = reader_vec(r, max, ret);

	return rc == 0 && ret->len == 0 ? ROWAN_E_MALFORMED : rc;
}

static int write_some(struct writer *w, size_t max, struct bytes view)
{
	if (view.len == 0 || view.len > max)
		return ROWAN_E_INVAL;
	writer_vec(w, view);
	return writer_status(w);
}

/* ---- the registrar ---- */

int wire_invite_put_decode(
	const struct wire_message *m, struct wire_invite_put *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = codec_id(&r, &ret->invite)) != 0 ||
		(rc = codec_id(&r, &ret->case_id)) != 0 ||
		(rc = reader_u32(&r, &ret->lifetime)) != 0)
		goto out;
	if (ret->lifetime > WIRE_INVITE_LIFE_MAX)
		rc = ROWAN_E_LIMIT;
	else
		rc = read_some(&r, WIRE_BUNDLE_MAX, &ret->bundle);
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_invite_put_encode(const struct wire_invite_put *p, struct writer *w)
{
	if (p->lifetime > WIRE_INVITE_LIFE_MAX)
		return ROWAN_E_INVAL;
	WRITE_ARRAY(w, p->invite);
	WRITE_ARRAY(w, p->case_id);
	writer_u32(w, p->lifetime);
	return write_some(w, WIRE_BUNDLE_MAX, p->bundle);
}

int wire_invite_put_answer_decode(
	const struct wire_message *m, struct wire_invite_put_answer *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) == 0)
		rc = reader_u64(&r, &ret->expires);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_invite_put_answer_encode(
	const struct wire_invite_put_answer *a, struct writer *w)
{
	writer_u64(w, a->expires);
	return writer_status(w);
}

int wire_invite_watch_decode(
	const struct wire_message *m, struct wire_invite_watch *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) == 0)
		rc = codec_ids(&r, WIRE_INVITES_MAX, ret->invites, &ret->count);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_invite_watch_encode(
	const struct wire_invite_watch *q, struct writer *w)
{
	return codec_ids_write(q->invites, q->count, WIRE_INVITES_MAX, w);
}

static bool has_commitment(uint8_t state)
{
	return state >= WIRE_INVITE_COMMITTED && state <= WIRE_INVITE_REVEALED;
}

static int seen_read(struct reader *r, struct wire_invite_seen *ret)
{
	int rc;

	memset(ret, 0, sizeof *ret);
	rc = wire_error_read(r, true, &ret->error);
	if (rc != 0 || ret->error.code != WIRE_OK)
		return rc;
	if ((rc = codec_choice(r, WIRE_INVITE_EXPIRED, &ret->state)) != 0 ||
		(rc = codec_flags(r, WIRE_INVITE_ALARM, &ret->flags)) != 0 ||
		(rc = reader_u64(r, &ret->expires)) != 0)
		return rc;
	if (has_commitment(ret->state))
		rc = READ_ARRAY(r, ret->commitment);
	if (rc == 0 && ret->state == WIRE_INVITE_REVEALED) {
		rc = READ_ARRAY(r, ret->nonce);
		if (rc == 0)
			rc = read_some(r, WIRE_REQUEST_MAX, &ret->request);
	}
	return rc;
}

static int seen_write(const struct wire_invite_seen *s, struct writer *w)
{
	int rc = wire_error_write(&s->error, true, w);

	if (rc != 0 || s->error.code != WIRE_OK)
		return rc;
	if (s->state < WIRE_INVITE_OPEN || s->state > WIRE_INVITE_EXPIRED ||
		(s->flags & ~WIRE_INVITE_ALARM) != 0)
		return ROWAN_E_INVAL;
	writer_u8(w, s->state);
	writer_u8(w, s->flags);
	writer_u64(w, s->expires);
	if (has_commitment(s->state))
		WRITE_ARRAY(w, s->commitment);
	if (s->state == WIRE_INVITE_REVEALED) {
		WRITE_ARRAY(w, s->nonce);
		rc = write_some(w, WIRE_REQUEST_MAX, s->request);
	}
	return rc != 0 ? rc : writer_status(w);
}

int wire_invite_watch_answer_decode(
	const struct wire_message *m, struct wire_invite_watch_answer *ret)
{
	struct reader r, list;
	int rc;

	ret->count = 0;
	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = reader_sub(&r, SEEN_MAX * WIRE_INVITES_MAX, &list)) != 0)
		goto out;
	if (reader_left(&list) == 0)
		rc = ROWAN_E_MALFORMED;
	while (rc == 0 && reader_left(&list) > 0) {
		if (ret->count == WIRE_INVITES_MAX)
			rc = ROWAN_E_LIMIT;
		else if ((rc = seen_read(&list, &ret->seen[ret->count])) == 0)
			ret->count++;
	}
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_invite_watch_answer_encode(
	const struct wire_invite_watch_answer *a, struct writer *w)
{
	size_t mark;
	int rc = 0;

	if (a->count == 0 || a->count > WIRE_INVITES_MAX)
		return ROWAN_E_INVAL;
	mark = writer_open(w);
	for (size_t i = 0; rc == 0 && i < a->count; i++)
		rc = seen_write(&a->seen[i], w);
	writer_close(w, mark);
	return rc != 0 ? rc : writer_status(w);
}

int wire_invite_answer_decode(
	const struct wire_message *m, struct wire_invite_answer *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = codec_id(&r, &ret->invite)) != 0 ||
		(rc = READ_ARRAY(&r, ret->commitment)) != 0)
		goto out;
	rc = READ_ARRAY(&r, ret->nonce);
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_invite_answer_encode(
	const struct wire_invite_answer *a, struct writer *w)
{
	WRITE_ARRAY(w, a->invite);
	WRITE_ARRAY(w, a->commitment);
	WRITE_ARRAY(w, a->nonce);
	return writer_status(w);
}

int wire_invite_confirm_decode(
	const struct wire_message *m, struct wire_invite_confirm *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) == 0 &&
		(rc = codec_id(&r, &ret->invite)) == 0)
		rc = codec_bool(&r, &ret->accepted);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_invite_confirm_encode(
	const struct wire_invite_confirm *c, struct writer *w)
{
	WRITE_ARRAY(w, c->invite);
	writer_u8(w, c->accepted ? 1 : 0);
	return writer_status(w);
}

/* ---- the device ---- */

int wire_redeem_decode(const struct wire_message *m, struct wire_redeem *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) == 0)
		rc = codec_id(&r, &ret->invite);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_redeem_encode(const struct wire_redeem *q, struct writer *w)
{
	WRITE_ARRAY(w, q->invite);
	return writer_status(w);
}

int wire_redeem_get_answer_decode(
	const struct wire_message *m, struct wire_redeem_get_answer *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) == 0 &&
		(rc = reader_u64(&r, &ret->expires)) == 0)
		rc = read_some(&r, WIRE_BUNDLE_MAX, &ret->bundle);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_redeem_get_answer_encode(
	const struct wire_redeem_get_answer *a, struct writer *w)
{
	writer_u64(w, a->expires);
	return write_some(w, WIRE_BUNDLE_MAX, a->bundle);
}

int wire_redeem_commit_decode(
	const struct wire_message *m, struct wire_redeem_commit *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) == 0 &&
		(rc = codec_id(&r, &ret->invite)) == 0)
		rc = READ_ARRAY(&r, ret->commitment);
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_redeem_commit_encode(
	const struct wire_redeem_commit *q, struct writer *w)
{
	WRITE_ARRAY(w, q->invite);
	WRITE_ARRAY(w, q->commitment);
	return writer_status(w);
}

int wire_redeem_reveal_decode(
	const struct wire_message *m, struct wire_redeem_reveal *ret)
{
	struct reader r;
	int rc;

	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = codec_id(&r, &ret->invite)) != 0 ||
		(rc = READ_ARRAY(&r, ret->nonce)) != 0)
		goto out;
	rc = read_some(&r, WIRE_REQUEST_MAX, &ret->request);
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_redeem_reveal_encode(
	const struct wire_redeem_reveal *q, struct writer *w)
{
	WRITE_ARRAY(w, q->invite);
	WRITE_ARRAY(w, q->nonce);
	return write_some(w, WIRE_REQUEST_MAX, q->request);
}

static bool has_nonce(uint8_t state)
{
	return state == WIRE_INVITE_ANSWERED || state == WIRE_INVITE_REVEALED;
}

int wire_redeem_result_decode(
	const struct wire_message *m, struct wire_redeem_result *ret)
{
	struct reader r;
	int rc;

	ret->chain = bytes_of(NULL, 0);
	memset(&ret->nonce, 0, sizeof ret->nonce);
	if ((rc = codec_open(m, &r)) != 0 ||
		(rc = codec_choice(&r, WIRE_INVITE_EXPIRED, &ret->state)) != 0)
		goto out;
	if (ret->state == WIRE_INVITE_OPEN)
		rc = ROWAN_E_MALFORMED;
	else if (has_nonce(ret->state))
		rc = READ_ARRAY(&r, ret->nonce);
	else if (ret->state == WIRE_INVITE_DONE)
		rc = read_some(&r, CHAIN_MAX, &ret->chain);
out:
	return codec_finish(&r, rc, ret, sizeof *ret);
}

int wire_redeem_result_encode(
	const struct wire_redeem_result *a, struct writer *w)
{
	if (a->state <= WIRE_INVITE_OPEN || a->state > WIRE_INVITE_EXPIRED)
		return ROWAN_E_INVAL;
	writer_u8(w, a->state);
	if (has_nonce(a->state))
		WRITE_ARRAY(w, a->nonce);
	if (a->state == WIRE_INVITE_DONE)
		return write_some(w, CHAIN_MAX, a->chain);
	return writer_status(w);
}
