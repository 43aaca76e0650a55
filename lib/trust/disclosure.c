/*
 * What is let out of a diary, checked: see disclosure.h.
 */
#include <string.h>

#include "base/reader.h"
#include "trust/attest.h"
#include "trust/disclosure.h"

#define VERSION	     1
#define CONSENT_ROOM (DISCLOSURE_PURPOSE + 512)
#define CARDS_ROOM   (WIRE_CHAIN_MAX * (WIRE_CARD_MAX + 8) + 8)
#define ENVELOPE_MAX (96 * 1024)

#define READ(r, field)	reader_array((r), (field).b, sizeof(field).b)
#define WRITE(w, field) writer_raw((w), (field).b, sizeof(field).b)

int consent_write(const struct consent *c, struct writer *w)
{
	writer_u8(w, VERSION);
	WRITE(w, c->clinic);
	WRITE(w, c->case_id);
	WRITE(w, c->channel);
	WRITE(w, c->member);
	WRITE(w, c->device);
	WRITE(w, c->batch);
	writer_u64(w, c->time);
	writer_u32(w, c->number);
	writer_u32(w, c->count);
	writer_u32(w, c->withheld);
	writer_vec(w, c->purpose);
	WRITE(w, c->said);
	WRITE(w, c->envelope);
	return writer_status(w);
}

int consent_read(struct bytes input, struct consent *ret)
{
	uint8_t version = 0;
	struct reader r;
	int rc;

	memset(ret, 0, sizeof *ret);
	reader_init(&r, input);
	if ((rc = reader_u8(&r, &version)) != 0 ||
		(rc = version == VERSION ? 0 : ROWAN_E_VERSION) != 0 ||
		(rc = READ(&r, ret->clinic)) != 0 ||
		(rc = READ(&r, ret->case_id)) != 0 ||
		(rc = READ(&r, ret->channel)) != 0 ||
		(rc = READ(&r, ret->member)) != 0 ||
		(rc = READ(&r, ret->device)) != 0 ||
		(rc = READ(&r, ret->batch)) != 0 ||
		(rc = reader_u64(&r, &ret->time)) != 0 ||
		(rc = reader_u32(&r, &ret->number)) != 0 ||
		(rc = reader_u32(&r, &ret->count)) != 0 ||
		(rc = reader_u32(&r, &ret->withheld)) != 0 ||
		(rc = reader_vec(&r, DISCLOSURE_PURPOSE, &ret->purpose)) != 0 ||
		(rc = READ(&r, ret->said)) != 0 ||
		(rc = READ(&r, ret->envelope)) != 0 ||
		(rc = reader_end(&r)) != 0)
		goto out;
	if (ret->number == 0 || ret->number > ret->count)
		rc = ROWAN_E_MALFORMED;
out:
	if (rc != 0)
		memset(ret, 0, sizeof *ret);
	return rc;
}

int disclosure_write(const struct disclosure *d, struct writer *w)
{
	writer_vec(w, d->consent);
	WRITE(w, d->signature);
	writer_vec(w, d->cards);
	writer_vec(w, d->said);
	writer_vec(w, d->envelope);
	writer_vec(w, d->receipt);
	return writer_status(w);
}

int disclosure_read(struct bytes input, struct disclosure *ret)
{
	struct reader r;
	int rc;

	memset(ret, 0, sizeof *ret);
	reader_init(&r, input);
	if ((rc = reader_vec(&r, CONSENT_ROOM, &ret->consent)) != 0 ||
		(rc = READ(&r, ret->signature)) != 0 ||
		(rc = reader_vec(&r, CARDS_ROOM, &ret->cards)) != 0 ||
		(rc = reader_vec(&r, SAID_MAX + 64, &ret->said)) != 0 ||
		(rc = reader_vec(&r, ENVELOPE_MAX, &ret->envelope)) != 0 ||
		(rc = reader_vec(&r, EVIDENCE_MAX, &ret->receipt)) != 0 ||
		(rc = reader_end(&r)) != 0)
		memset(ret, 0, sizeof *ret);
	return rc;
}

/* ---- checking --------------------------------------------------------------
 */

static bool has_ended(const struct wire_card *card, uint64_t time)
{
	return card->not_after != 0 && time >= card->not_after;
}

/* A registrar signs within its agency and what its own card names, as long as
 * that lasts. */
static int by_registrar(
	const struct wire_card *card, const struct wire_card *registrar)
{
	struct wire_hash hash;

	attest_hash(registrar->raw, &hash);
	if (card->issuer_kind != WIRE_SIGNER_DEVICE ||
		!id16_eq(&card->issuer, &registrar->device) ||
		memcmp(&card->issuer_hash, &hash, sizeof hash) != 0 ||
		!id16_eq(&card->clinic, &registrar->clinic) ||
		(registrar->rights & WIRE_RIGHT_ENROL) == 0 ||
		(registrar->scope.roles >> card->role & 1) == 0 ||
		!bytes_eq(card->agency, registrar->agency) ||
		has_ended(registrar, card->issued_at))
		return ROWAN_E_SIGNER;
	return attest_verify(ATTEST_CARD, card->tbs, &registrar->signature_key,
		&card->signature);
}

int disclosure_cards(
	struct bytes cards, const struct anchor *anchor, struct wire_chain *ret)
{
	int rc = wire_chain_decode(cards, ret);

	if (rc != 0)
		return rc;
	rc = anchor_signed(anchor, &ret->card[ret->count - 1], NULL);
	return rc == 0 && ret->count == 2
		       ? by_registrar(&ret->card[0], &ret->card[1])
		       : rc;
}

bool disclosure_exporter(const struct wire_card *card,
	const struct id16 *clinic, const struct id16 *case_id, uint64_t time)
{
	if (!id16_eq(&card->clinic, clinic) || has_ended(card, time))
		return false;
	return card->role == WIRE_ROLE_CASEWORKER ||
	       (card->role == WIRE_ROLE_VICTIM &&
		       id16_eq(&card->case_id, case_id));
}

static enum disclosure_fault check_consent(
	struct disclosed *x, const struct anchor *anchor)
{
	const struct consent *c = &x->consent;
	const struct wire_card *card = &x->cards.card[0];

	if (disclosure_cards(x->d.cards, anchor, &x->cards) != 0)
		return DISCLOSURE_CARD;
	if (card->role != WIRE_ROLE_VICTIM ||
		!id16_eq(&card->case_id, &c->case_id) ||
		!id16_eq(&card->member, &c->member) ||
		!id16_eq(&card->device, &c->device) ||
		!id16_eq(&card->clinic, &c->clinic))
		return DISCLOSURE_SIGNATURE;
	return attest_verify(ATTEST_DISCLOSURE, x->d.consent,
		       &card->signature_key, &x->d.signature) == 0
		       ? DISCLOSURE_GOOD
		       : DISCLOSURE_SIGNATURE;
}

/* The words are the ones in the envelope, and both are consented to. */
static enum disclosure_fault check_said(struct disclosed *x)
{
	struct wire_hash hash;
	struct bytes marked;

	attest_hash(x->d.said, &hash);
	if (memcmp(&hash, &x->consent.said, sizeof hash) != 0)
		return DISCLOSURE_SAID;
	leaf_content(x->d.envelope, &hash);
	if (memcmp(&hash, &x->consent.envelope, sizeof hash) != 0 ||
		said_of_envelope(x->d.envelope, &marked) != 0 ||
		!said_marked(&x->said, marked))
		return DISCLOSURE_ENVELOPE;
	return DISCLOSURE_GOOD;
}

/* And her clinic's log has it, as this device's, in this diary. */
static enum disclosure_fault check_receipt(const struct disclosed *x)
{
	const struct wire_detail *d = &x->evidence.detail;

	if (x->evidence_fault != EVIDENCE_GOOD)
		return DISCLOSURE_RECEIPT;
	return d->act == WIRE_ACT_SUBMIT &&
			       id16_eq(&x->evidence.card.clinic,
				       &x->consent.clinic) &&
			       id16_eq(&d->device, &x->consent.device) &&
			       id16_eq(&d->case_id, &x->consent.case_id) &&
			       id16_eq(&d->channel, &x->consent.channel)
		       ? DISCLOSURE_GOOD
		       : DISCLOSURE_OTHER;
}

enum disclosure_fault disclosure_check(
	struct disclosed *x, struct bytes file, const struct anchor *anchor)
{
	enum disclosure_fault fault;

	memset(x, 0, sizeof *x);
	if (file.len > DISCLOSURE_MAX || disclosure_read(file, &x->d) != 0 ||
		consent_read(x->d.consent, &x->consent) != 0 ||
		said_read(x->d.said, &x->said) != 0 ||
		said_entry_read(&x->said, &x->entry) != 0)
		return DISCLOSURE_FORM;
	/* Its records say who followed the authority, for the cards, too. */
	x->evidence_fault = evidence_check(
		&x->evidence, x->d.receipt, anchor, &x->d.envelope);
	/* Said first: what helps is another file of the authority's records. */
	if (x->evidence_fault == EVIDENCE_EARLIER)
		return DISCLOSURE_RECEIPT;
	fault = check_consent(x, x->evidence_fault == EVIDENCE_GOOD
					 ? &x->evidence.anchor
					 : anchor);
	if (fault == DISCLOSURE_GOOD)
		fault = check_said(x);
	return fault == DISCLOSURE_GOOD ? check_receipt(x) : fault;
}

const char *disclosure_fault_name(enum disclosure_fault fault)
{
	switch (fault) {
	case DISCLOSURE_GOOD: return "as it was written";
	case DISCLOSURE_FORM: return "altered: it cannot be read";
	case DISCLOSURE_CARD:
		return "a foreign card: not issued under this authority";
	case DISCLOSURE_SIGNATURE:
		return "a foreign signature: the consent is not the victim's";
	case DISCLOSURE_SAID:
		return "altered: other words than were consented to";
	case DISCLOSURE_ENVELOPE: return "altered: not what was handed in";
	case DISCLOSURE_RECEIPT: return "its receipt is not genuine";
	case DISCLOSURE_OTHER:
		return "the receipt is of another device or diary";
	}
	return "unknown";
}
