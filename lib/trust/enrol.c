/*
 * Both sides of an enrolment: see enrol.h.
 *
 * Trusts nothing that comes in; a side that has seen two contents of one step
 * never goes on.
 */
#include <string.h>

#include <sodium.h>

#include "trust/enrol.h"

#define SAVED_VERSION 1

void enrol_wipe(struct enrol *e)
{
	buf_wipe(&e->plain);
	buf_wipe(&e->request);
	sodium_memzero(e, sizeof *e);
}

static int spoil(struct enrol *e, int rc)
{
	e->step = ENROL_SPOILED;
	return rc;
}

int enrol_code(const struct enrol *e, char ret[COMPARE_CODE_LEN])
{
	struct compare c = {.invite = e->invite,
		.bundle = buf_view(&e->plain),
		.request = buf_view(&e->request),
		.commitment = e->commitment,
		.device = e->device,
		.registrar = e->registrar};
	struct wire_hash transcript;

	memset(ret, 0, COMPARE_CODE_LEN);
	if (e->step != ENROL_ANSWERED && e->step != ENROL_REVEALED &&
		e->step != ENROL_FINISHED)
		return ROWAN_E_STATE;
	compare_transcript(&c, &transcript);
	compare_code(&transcript, ret);
	return 0;
}

/* ---- at rest ------------------------------------------------------------ */

void enrol_save(const struct enrol *e, struct writer *w)
{
	writer_u16(w, SAVED_VERSION);
	writer_u8(w, e->step);
	writer_raw(w, e->invite.b, sizeof e->invite.b);
	writer_vec(w, buf_view(&e->plain));
	writer_vec(w, buf_view(&e->request));
	writer_raw(w, e->commitment.b, sizeof e->commitment.b);
	writer_raw(w, e->device.b, sizeof e->device.b);
	writer_raw(w, e->registrar.b, sizeof e->registrar.b);
	writer_u64(w, e->expires);
}

static int load_fields(struct reader *r, struct enrol *e)
{
	struct bytes plain, request;
	int rc;

	if ((rc = reader_u8(r, &e->step)) ||
		(rc = reader_array(r, e->invite.b, sizeof e->invite.b)) ||
		(rc = reader_vec(r, BUNDLE_PLAIN_MAX, &plain)) ||
		(rc = reader_vec(r, WIRE_REQUEST_MAX, &request)) ||
		(rc = reader_array(
			 r, e->commitment.b, sizeof e->commitment.b)) ||
		(rc = reader_array(r, e->device.b, sizeof e->device.b)) ||
		(rc = reader_array(r, e->registrar.b, sizeof e->registrar.b)) ||
		(rc = reader_u64(r, &e->expires)) || (rc = reader_end(r)))
		return ROWAN_E_CORRUPT;
	if (e->step == ENROL_NONE || e->step > ENROL_SPOILED)
		return ROWAN_E_CORRUPT;
	rc = buf_copy(&e->plain, plain);
	if (rc == 0)
		rc = buf_copy(&e->request, request);
	if (rc == 0 && bundle_decode(buf_view(&e->plain), &e->bundle) != 0)
		rc = ROWAN_E_CORRUPT;
	return rc;
}

int enrol_load(struct enrol *e, struct bytes input)
{
	uint16_t version = 0;
	struct reader r;
	int rc;

	memset(e, 0, sizeof *e);
	reader_init(&r, input);
	rc = reader_u16(&r, &version);
	if (rc != 0 || version == 0)
		return ROWAN_E_CORRUPT;
	if (version > SAVED_VERSION)
		return ROWAN_E_TOO_NEW;
	rc = load_fields(&r, e);
	if (rc != 0)
		enrol_wipe(e);
	return rc;
}

/* ---- the device --------------------------------------------------------- */

static int make_request(struct enrol *e, const struct enrol_self *self)
{
	const struct bundle *b = &e->bundle;
	struct wire_request q = {.clinic = b->record[0].clinic,
		.member = b->member,
		.device = self->device,
		.role = b->role,
		.agency = b->agency,
		.case_id = b->case_id,
		.transport_key = self->transport_key};
	struct writer w;
	int rc;

	writer_init(&w, WIRE_REQUEST_MAX);
	rc = issue_request(&q, self->seed, &w);
	if (rc == 0)
		rc = writer_finish(&w, &e->request);
	writer_wipe(&w);
	return rc;
}

int enrol_device_begin(struct enrol *e, const struct bundle_secret *secret,
	struct bytes sealed, const struct enrol_self *self)
{
	int rc;

	memset(e, 0, sizeof *e);
	rc = bundle_invite(secret, &e->invite);
	if (rc == 0)
		rc = bundle_open(secret, sealed, &e->plain);
	if (rc == 0)
		rc = bundle_decode(buf_view(&e->plain), &e->bundle);
	if (rc == 0)
		rc = bundle_check(&e->bundle);
	if (rc == 0)
		rc = make_request(e, self);
	e->device = self->nonce;
	if (rc == 0)
		rc = compare_commit(
			buf_view(&e->request), &e->device, &e->commitment);
	if (rc != 0)
		enrol_wipe(e);
	else
		e->step = ENROL_COMMITTED;
	return rc;
}

int enrol_device_answer(struct enrol *e, const struct wire_nonce *nonce)
{
	if (e->step == ENROL_COMMITTED) {
		e->registrar = *nonce;
		e->step = ENROL_ANSWERED;
		return 0;
	}
	if (e->step != ENROL_ANSWERED && e->step != ENROL_FINISHED)
		return e->step == ENROL_SPOILED ? ROWAN_E_REFUSED
						: ROWAN_E_STATE;
	/*
	 * Ours may be known by now: a second answer would let whoever gives
	 * it choose among codes.
	 */
	if (memcmp(&e->registrar, nonce, sizeof *nonce) != 0)
		return spoil(e, ROWAN_E_REFUSED);
	return 0;
}

int enrol_device_reveal(const struct enrol *e, struct wire_redeem_reveal *ret)
{
	memset(ret, 0, sizeof *ret);
	if (e->step != ENROL_ANSWERED && e->step != ENROL_FINISHED)
		return ROWAN_E_STATE;
	ret->invite = e->invite;
	ret->nonce = e->device;
	ret->request = buf_view(&e->request);
	return 0;
}

/* Is it the card that was asked for? */
static int granted(const struct enrol *e, const struct wire_card *card)
{
	struct wire_request q;

	if (wire_request_decode(buf_view(&e->request), &q) != 0)
		return ROWAN_E_STATE;
	if (!id16_eq(&card->clinic, &q.clinic) ||
		!id16_eq(&card->member, &q.member) ||
		!id16_eq(&card->device, &q.device) || card->role != q.role ||
		!bytes_eq(card->agency, q.agency) || card->rights != 0 ||
		!id16_eq(&card->case_id, &q.case_id) ||
		memcmp(&card->signature_key, &q.signature_key,
			sizeof q.signature_key) != 0 ||
		memcmp(&card->transport_key, &q.transport_key,
			sizeof q.transport_key) != 0 ||
		memcmp(&card->possession, &q.possession, sizeof q.possession) !=
			0)
		return ROWAN_E_RULE;
	return 0;
}

int enrol_device_finish(
	struct enrol *e, struct bytes chain, struct wire_card *ret)
{
	const struct wire_card *registrar = &e->bundle.registrar;
	struct wire_chain c;
	struct wire_hash hash;
	int rc;

	memset(ret, 0, sizeof *ret);
	if (e->step != ENROL_ANSWERED && e->step != ENROL_FINISHED)
		return ROWAN_E_STATE;
	rc = wire_chain_decode(chain, &c);
	if (rc != 0)
		return rc;
	attest_hash(registrar->raw, &hash);
	if (c.count != 2 || !bytes_eq(c.card[1].raw, registrar->raw) ||
		!id16_eq(&c.card[0].issuer, &registrar->device) ||
		memcmp(&c.card[0].issuer_hash, &hash, sizeof hash) != 0)
		return ROWAN_E_SIGNER;
	rc = attest_verify(ATTEST_CARD, c.card[0].tbs,
		&registrar->signature_key, &c.card[0].signature);
	if (rc == 0)
		rc = granted(e, &c.card[0]);
	if (rc != 0)
		return rc;
	e->step = ENROL_FINISHED;
	*ret = c.card[0];
	return 0;
}

/* ---- the registrar ------------------------------------------------------ */

int enrol_registrar_begin(struct enrol *e, const struct enrol_offer *offer,
	struct buf *ret_sealed)
{
	struct writer w;
	int rc;

	memset(e, 0, sizeof *e);
	*ret_sealed = (struct buf){NULL, 0};
	writer_init(&w, WIRE_BUNDLE_MAX);
	rc = bundle_invite(offer->secret, &e->invite);
	if (rc == 0)
		rc = bundle_check(offer->bundle);
	if (rc == 0)
		rc = bundle_encode(offer->bundle, &w);
	if (rc == 0)
		rc = writer_finish(&w, &e->plain);
	if (rc == 0)
		rc = bundle_decode(buf_view(&e->plain), &e->bundle);
	writer_wipe(&w);
	writer_init(&w, WIRE_BUNDLE_MAX);
	if (rc == 0)
		rc = bundle_seal(offer->secret, buf_view(&e->plain), &w);
	if (rc == 0)
		rc = writer_finish(&w, ret_sealed);
	writer_wipe(&w);
	if (rc != 0) {
		enrol_wipe(e);
		return rc;
	}
	e->registrar = offer->nonce;
	e->expires = offer->expires;
	e->step = ENROL_BEGUN;
	return 0;
}

int enrol_registrar_commitment(
	struct enrol *e, const struct wire_hash *commitment, uint64_t now)
{
	if (e->step == ENROL_BEGUN) {
		if (now >= e->expires)
			return ROWAN_E_EXPIRED;
		e->commitment = *commitment;
		e->step = ENROL_COMMITTED;
		return 0;
	}
	if (e->step != ENROL_COMMITTED && e->step != ENROL_REVEALED)
		return e->step == ENROL_SPOILED ? ROWAN_E_REFUSED
						: ROWAN_E_STATE;
	/* One guess is all that anybody gets. */
	if (memcmp(&e->commitment, commitment, sizeof *commitment) != 0)
		return spoil(e, ROWAN_E_REFUSED);
	return 0;
}

int enrol_registrar_answer(
	const struct enrol *e, struct wire_invite_answer *ret)
{
	memset(ret, 0, sizeof *ret);
	if (e->step != ENROL_COMMITTED && e->step != ENROL_REVEALED)
		return ROWAN_E_STATE;
	ret->invite = e->invite;
	ret->commitment = e->commitment;
	ret->nonce = e->registrar;
	return 0;
}

/* Is it who was invited? */
static int invited(const struct enrol *e, const struct wire_request *q)
{
	const struct bundle *b = &e->bundle;

	if (!id16_eq(&q->clinic, &b->record[0].clinic) ||
		!id16_eq(&q->member, &b->member) || q->role != b->role ||
		!bytes_eq(q->agency, b->agency) || q->rights != 0 ||
		!id16_eq(&q->case_id, &b->case_id))
		return ROWAN_E_RULE;
	return issue_check(q);
}

int enrol_registrar_reveal(struct enrol *e, struct bytes request,
	const struct wire_nonce *nonce, uint64_t now)
{
	struct wire_hash commitment;
	struct wire_request q;
	int rc;

	if (e->step != ENROL_COMMITTED && e->step != ENROL_REVEALED)
		return e->step == ENROL_SPOILED ? ROWAN_E_REFUSED
						: ROWAN_E_STATE;
	rc = compare_commit(request, nonce, &commitment);
	if (rc != 0 || memcmp(&commitment, &e->commitment, sizeof commitment))
		return spoil(e, ROWAN_E_CRYPTO);
	if (e->step == ENROL_REVEALED)
		return 0;
	if (now >= e->expires)
		return ROWAN_E_EXPIRED;
	rc = wire_request_decode(request, &q);
	if (rc == 0)
		rc = invited(e, &q);
	if (rc != 0)
		return spoil(e, rc);
	rc = buf_copy(&e->request, request);
	if (rc != 0)
		return rc;
	e->device = *nonce;
	e->step = ENROL_REVEALED;
	return 0;
}

int enrol_registrar_grant(const struct enrol *e, struct wire_card *ret)
{
	struct wire_request q;

	memset(ret, 0, sizeof *ret);
	if (e->step != ENROL_REVEALED ||
		wire_request_decode(buf_view(&e->request), &q) != 0)
		return ROWAN_E_STATE;
	issue_begin(&q, ret);
	return 0;
}
