/*
 * A member's further device: see enrolment.h. The registrar alone could give
 * itself a place in a colleague's name, so a device that the colleague has
 * says that the new one is theirs.
 *
 * Trusts the person at that device to have seen on the new one what they
 * consent to; the file may have come any way.
 */
#include <string.h>

#include "session/enrolment/enrolment_inner.h"
#include "wire/armour.h"

int enrolment_redeeming(struct enrolment *e, struct writer *w)
{
	const struct redeem *r = &e->redeem;

	/* Before the registrar's nonce has come nothing of it is shown. */
	if (!r->active || r->enrol.step != ENROL_ANSWERED)
		return ROWAN_E_STATE;
	return armour_write(
		ARMOUR_CARD_REQUEST, buf_view(&r->enrol.request), w);
}

/* A device of ours that the clinic does not know yet. */
static int check_request(
	const struct enrolment *e, const struct wire_request *q)
{
	const struct identity *me = e->o.me;
	struct trust_card card;
	struct wire_card own;
	struct buf raw;
	int rc = identity_card(me, &own);

	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_STATE : rc;
	if (!id16_eq(&q->clinic, &own.clinic))
		return ROWAN_E_UNKNOWN;
	if (!id16_eq(&q->member, &own.member) || q->role != own.role ||
		!bytes_eq(q->agency, own.agency))
		return ROWAN_E_RULE;
	rc = issue_check(q);
	if (rc != 0)
		return rc;
	rc = follow_card(e->parts.follow, &q->device, &card, &raw);
	buf_wipe(&raw);
	return rc == 0 ? ROWAN_E_EXISTS : rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

int enrolment_consent(
	struct enrolment *e, struct bytes request, struct writer *w)
{
	const struct identity *me = e->o.me;
	struct wire_consent_file c;
	uint8_t mem[WIRE_CONSENT_MAX];
	struct writer file;
	struct buf raw;
	int rc;

	if (e->parts.follow == NULL)
		return ROWAN_E_STATE;
	rc = armour_read(request, ARMOUR_CARD_REQUEST, &raw);
	if (rc != 0)
		return rc;
	writer_init_fixed(&file, mem, sizeof mem);
	if ((rc = wire_request_decode(buf_view(&raw), &c.request)) == 0 &&
		(rc = check_request(e, &c.request)) == 0 &&
		(rc = issue_consent(&c.request, &me->device,
			 me->signature_seed.b, &c.consent)) == 0 &&
		(rc = wire_consent_encode(&c, &file)) == 0)
		rc = armour_write(ARMOUR_CARD_CONSENT, writer_view(&file), w);
	buf_wipe(&raw);
	return rc;
}

int enrolment_confirm_with(
	struct enrolment *e, const struct id16 *id, struct bytes consent)
{
	struct offer *x = offer_find(e, id);
	struct wire_consent_file c;
	struct buf raw;
	int rc = armour_read(consent, ARMOUR_CARD_CONSENT, &raw);

	if (rc != 0)
		return rc;
	rc = wire_consent_decode(buf_view(&raw), &c);
	if (rc == 0 && x != NULL && x->enrol.step == ENROL_REVEALED &&
		!bytes_eq(c.request.raw, buf_view(&x->enrol.request)))
		rc = ROWAN_E_CRYPTO;
	if (rc == 0)
		rc = offer_conclude(e, x, true, &c.consent);
	buf_wipe(&raw);
	return rc;
}
